//! What is measured of the store from outside, beside the counts of the status.

use jiff::Timestamp;

use crate::store::sql::{Millis, optional_time};
use crate::store::{Store, StoreError};

/// How far behind the daemon is, and how much room it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    /// Since when the feed that has waited longest for its poll has been due.
    pub feeds_due_since: Option<Timestamp>,
    /// Since when a mail has waited to be decided on or sent, the oldest, its own delay not counted.
    pub outbox_since: Option<Timestamp>,
    /// Claims that came in as out of proportion, whatever has become of them.
    pub held: u64,
    /// Changes.
    pub changes: u64,
    /// The room that the database takes, in bytes, its free pages included and its write-ahead log not.
    pub bytes: u64,
}

impl Store {
    /// How far behind the daemon is, and how much room it takes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn gauges(&self, now: Timestamp) -> Result<Gauges, StoreError> {
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        let pages: i64 = self.connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let page: i64 = self.connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        Ok(self.connection.query_row(
            "SELECT
                 (SELECT min(next_check) FROM feeds WHERE configured AND ended IS NULL AND next_check <= ?1) AS due,
                 (SELECT min(at) FROM (
                     SELECT min(next_look) AS at FROM recipients WHERE next_look <= ?1
                     UNION ALL SELECT min(made) FROM mails WHERE state = 'queued')) AS outbox,
                 (SELECT count(*) FROM claims WHERE verdict = 'held') AS held,
                 (SELECT count(*) FROM changes) AS changes",
            [Millis(now)],
            |row| {
                Ok(Gauges {
                    feeds_due_since: optional_time(row, "due")?,
                    outbox_since: optional_time(row, "outbox")?,
                    held: number(row.get("held")?),
                    changes: number(row.get("changes")?),
                    bytes: number(pages.saturating_mul(page)),
                })
            },
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{feed, minute, one_story};

    #[test]
    fn what_waits_is_known_by_its_oldest() {
        let mut store = Store::in_memory().unwrap();
        one_story(&mut store, "daily.example/a", &["desk@example.org"], minute(9));
        store.save_feed(&feed("wire")).unwrap();
        let early = store.gauges(minute(8)).unwrap();
        assert_eq!((early.feeds_due_since, early.outbox_since, early.changes), (None, None, 1));
        assert!(early.bytes > 10_000, "{early:?}");
        let late = store.gauges(minute(30)).unwrap();
        assert_eq!((late.feeds_due_since, late.outbox_since), (Some(minute(15)), Some(minute(9))));
    }
}
