//! What is remembered of feeds between polls.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params};
use url::Url;

use crate::model::{FeedState, Validators};
use crate::store::sql::{Link, Millis, all, first, millis, optional_time, run, time};
use crate::store::{Store, StoreError};

impl Store {
    /// Tells the store which feeds the config lists, at start and after a reload. A feed not seen before is due at once;
    /// one that is no longer listed keeps its memory, and neither wakes the daemon nor counts in the status.
    ///
    /// # Errors
    /// Those of the database.
    pub fn configure_feeds(&mut self, feeds: &[(String, Url)], now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.write()?;
        run(&transaction, "UPDATE feeds SET configured = 0", [])?;
        for (name, url) in feeds {
            let known = run(&transaction, "UPDATE feeds SET configured = 1 WHERE name = ?1", [name])?;
            if known == 0 {
                write(&transaction, &FeedState::unpolled(name, url.clone(), now))?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// What is remembered of every feed that the config lists, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn feed_states(&self) -> Result<Vec<FeedState>, StoreError> {
        all(&self.connection, "SELECT * FROM feeds WHERE configured ORDER BY name", [], state)
    }

    /// What is remembered of a feed; `None` for one never seen.
    ///
    /// # Errors
    /// Those of the database.
    pub fn feed_state(&self, name: &str) -> Result<Option<FeedState>, StoreError> {
        first(&self.connection, "SELECT * FROM feeds WHERE name = ?1", [name], state)
    }

    /// Remembers a poll that brought no entries to look at: it failed, or nothing had changed. A poll that was answered
    /// with a feed goes to [`Store::save_poll`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn save_feed(&mut self, state: &FeedState) -> Result<(), StoreError> {
        write(&self.connection, state)
    }
}

pub(super) fn write(connection: &Connection, feed: &FeedState) -> Result<(), StoreError> {
    run(
        connection,
        "INSERT INTO feeds (name, url, etag, last_modified, body_hash, next_check, last_poll, last_success, last_new,
             failures, trouble)
         VALUES (:name, :url, :etag, :last_modified, :body_hash, :next_check, :last_poll, :last_success, :last_new,
             :failures, :trouble)
         ON CONFLICT (name) DO UPDATE SET url = :url, etag = :etag, last_modified = :last_modified,
             body_hash = :body_hash, next_check = :next_check, last_poll = :last_poll, last_success = :last_success,
             last_new = :last_new, failures = :failures, trouble = :trouble",
        named_params! {
            ":name": feed.name,
            ":url": feed.url.as_str(),
            ":etag": feed.validators.etag,
            ":last_modified": feed.validators.last_modified,
            ":body_hash": feed.body_hash,
            ":next_check": Millis(feed.next_check),
            ":last_poll": millis(feed.last_poll),
            ":last_success": millis(feed.last_success),
            ":last_new": millis(feed.last_new),
            ":failures": feed.failures,
            ":trouble": feed.trouble,
        },
    )?;
    Ok(())
}

fn state(row: &Row<'_>) -> rusqlite::Result<FeedState> {
    Ok(FeedState {
        name: row.get("name")?,
        url: row.get::<_, Link>("url")?.0,
        validators: Validators { etag: row.get("etag")?, last_modified: row.get("last_modified")? },
        body_hash: row.get("body_hash")?,
        next_check: time(row, "next_check")?,
        last_poll: optional_time(row, "last_poll")?,
        last_success: optional_time(row, "last_success")?,
        last_new: optional_time(row, "last_new")?,
        failures: row.get("failures")?,
        trouble: row.get("trouble")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{feed, item, minute, url};

    #[test]
    fn a_feed_is_remembered_as_it_was_left() {
        let mut store = Store::in_memory().unwrap();
        let failed = FeedState { failures: 3, trouble: Some("404 Not Found".to_owned()), ..feed("daily") };
        store.save_feed(&failed).unwrap();
        assert_eq!(store.feed_state("daily").unwrap(), Some(failed));
        assert_eq!(store.feed_state("wire").unwrap(), None);
    }

    #[test]
    fn a_feed_taken_out_of_the_config_sleeps_and_keeps_its_memory() {
        let mut store = Store::in_memory().unwrap();
        let config = |names: &[&str]| -> Vec<(String, Url)> {
            names.iter().map(|name| ((*name).to_owned(), url(&format!("https://{name}.example/feed.xml")))).collect()
        };
        store.configure_feeds(&config(&["daily", "wire"]), minute(0)).unwrap();
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), Some(minute(0)), "new feeds are due at once");
        let polled = FeedState { next_check: minute(20), ..feed("wire") };
        store.save_poll(&polled, &[], minute(5)).unwrap();

        store.configure_feeds(&config(&["wire"]), minute(6)).unwrap();
        assert_eq!(store.feed_states().unwrap(), std::slice::from_ref(&polled));
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), Some(minute(20)), "the feed that is gone wakes nobody");

        store.configure_feeds(&[], minute(7)).unwrap();
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), None);
        store.configure_feeds(&config(&["wire"]), minute(8)).unwrap();
        assert_eq!(store.feed_states().unwrap(), std::slice::from_ref(&polled));
        let again = store.save_poll(&polled, &[item("wire", "1", "wire.example/1", "One")], minute(9)).unwrap();
        assert!(!again.baseline, "its past was taken in before it left");
    }
}
