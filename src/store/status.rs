//! What `status` and the service manager are told, and when the daemon must wake.

use jiff::Timestamp;
use rusqlite::Row;

use crate::store::changes::{self, StoredChange};
use crate::store::check::Checked;
use crate::store::sql::{Millis, first, one, optional_time};
use crate::store::{Store, StoreError};

/// When something is due next.
pub(super) const NEXT_WAKE: &str = "SELECT min(at) FROM (
     SELECT min(next_check) AS at FROM feeds WHERE configured AND ended IS NULL AND next_check > ?1
     UNION ALL SELECT min(next_try) FROM items WHERE state = 'waiting' AND next_try > ?1
     UNION ALL SELECT min(next) FROM looks WHERE next > ?1
     UNION ALL SELECT min(next_look) FROM recipients WHERE next_look > ?1
     UNION ALL SELECT min(next_at) FROM mails WHERE state = 'queued' AND next_at > ?1
     UNION ALL SELECT min(until) FROM mail_pause WHERE until > ?1)";

/// How things stand, in counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Feeds in the config.
    pub feeds: u32,
    /// Of them, those whose last poll failed, and those that are gone for good.
    pub failing: u32,
    /// Of them, those that have trouble but no failure: the server asked us to wait, or our own network was down.
    pub resting: u32,
    /// When a feed was last asked.
    pub last_poll: Option<Timestamp>,
    /// Items that wait to be read, now or later.
    pub items_waiting: u32,
    /// Items that could not be read and were given up.
    pub items_failed: u32,
    /// Articles.
    pub articles: u32,
    /// Stories, those merged into another not counted.
    pub stories: u32,
    /// Claims.
    pub claims: u32,
    /// Alerts of which no mail has been composed yet.
    pub alerts_pending: u32,
    /// Mails that wait to be sent.
    pub outbox: u32,
    /// Mails that were set aside.
    pub mails_dead: u32,
    /// Mails that were sent.
    pub mails_sent: u32,
    /// The change that was found last.
    pub last_change: Option<LastChange>,
    /// What the last checks of the database have found, one of each kind.
    pub checks: Vec<Checked>,
}

impl Status {
    /// The damage that the last checks have found in the database.
    pub fn damage(&self) -> Option<&str> {
        self.checks.iter().find_map(|checked| checked.found.as_deref())
    }
}

/// A change, with the name of its story.
#[derive(Debug, Clone, PartialEq)]
pub struct LastChange {
    /// The change.
    pub change: StoredChange,
    /// The name of its story.
    pub story: String,
}

impl Store {
    /// How things stand.
    ///
    /// # Errors
    /// Those of the database.
    pub fn status(&self) -> Result<Status, StoreError> {
        let mut status = self.connection.query_row(
            "SELECT
                 (SELECT count(*) FROM feeds WHERE configured) AS feeds,
                 (SELECT count(*) FROM feeds WHERE configured AND (failures > 0 OR ended IS NOT NULL)) AS failing,
                 (SELECT count(*) FROM feeds WHERE configured AND failures = 0 AND ended IS NULL AND trouble IS NOT NULL)
                     AS resting,
                 (SELECT max(last_poll) FROM feeds WHERE configured) AS last_poll,
                 (SELECT count(*) FROM items WHERE state = 'waiting') AS items_waiting,
                 (SELECT count(*) FROM items WHERE state = 'failed') AS items_failed,
                 (SELECT count(*) FROM articles) AS articles,
                 (SELECT count(*) FROM stories WHERE merged_into IS NULL) AS stories,
                 (SELECT count(*) FROM claims) AS claims,
                 (SELECT count(DISTINCT alert) FROM alert_changes WHERE mail IS NULL) AS alerts_pending,
                 (SELECT count(*) FROM mails WHERE state = 'queued') AS outbox,
                 (SELECT count(*) FROM mails WHERE state = 'dead') AS mails_dead,
                 (SELECT count(*) FROM mails WHERE state = 'sent') AS mails_sent",
            [],
            counts,
        )?;
        status.checks = self.checks()?;
        let sql = format!("{} ORDER BY c.id DESC LIMIT 1", changes::SELECT);
        if let Some(change) = first(&self.connection, &sql, [], changes::stored)? {
            let story = self.story(change.change.story)?.map_or_else(String::new, |story| story.name);
            status.last_change = Some(LastChange { change, story });
        }
        Ok(status)
    }

    /// When, after `now`, there is next something to do: a feed to be polled, an item to be read, a page to be looked at
    /// again, a recipient's mails to be decided on, or a mail to be sent. What is due already does not count; `None` where nothing will ever be due later.
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_wake(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let time: Option<Millis> = one(&self.connection, NEXT_WAKE, [Millis(now)], |row| row.get(0))?;
        Ok(time.map(|Millis(time)| time))
    }

    /// Whether it is to be decided what a recipient is mailed, or a notice to be composed, or a mail to be sent now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn outbox_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let to_compose: bool = one(
            &self.connection,
            "SELECT EXISTS (SELECT 1 FROM recipients WHERE next_look <= ?1)
                 OR EXISTS (SELECT 1 FROM feeds WHERE notice IS NOT NULL)",
            [Millis(now)],
            |row| row.get(0),
        )?;
        Ok(to_compose || self.has_due_mail(now)?)
    }
}

fn counts(row: &Row<'_>) -> rusqlite::Result<Status> {
    Ok(Status {
        feeds: row.get("feeds")?,
        failing: row.get("failing")?,
        resting: row.get("resting")?,
        last_poll: optional_time(row, "last_poll")?,
        items_waiting: row.get("items_waiting")?,
        items_failed: row.get("items_failed")?,
        articles: row.get("articles")?,
        stories: row.get("stories")?,
        claims: row.get("claims")?,
        alerts_pending: row.get("alerts_pending")?,
        outbox: row.get("outbox")?,
        mails_dead: row.get("mails_dead")?,
        mails_sent: row.get("mails_sent")?,
        last_change: None,
        checks: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeedState;
    use crate::store::samples::{feed, minute, one_story};

    #[test]
    fn the_status_counts_what_is_there() {
        let mut store = Store::in_memory().unwrap();
        let (story, change) = one_story(&mut store, "daily.example/a", &["desk@example.org"], minute(9));
        let failing = FeedState { failures: 2, trouble: Some("500".to_owned()), ..feed("wire") };
        let resting = FeedState { trouble: Some("429: wait an hour".to_owned()), ..feed("post") };
        store.save_feed(&failing).unwrap();
        store.save_feed(&resting).unwrap();
        let status = store.status().unwrap();
        let last = LastChange { change: store.changes(story).unwrap().remove(0), story: "Port Ardo ferry".to_owned() };
        assert_eq!(last.change.id, change);
        let expected = Status {
            feeds: 3,
            failing: 1,
            resting: 1,
            last_poll: Some(minute(0)),
            items_waiting: 0,
            items_failed: 0,
            articles: 1,
            stories: 1,
            claims: 1,
            alerts_pending: 1,
            outbox: 0,
            mails_dead: 0,
            mails_sent: 0,
            last_change: Some(last),
            checks: Vec::new(),
        };
        assert_eq!(status, expected);
    }
}
