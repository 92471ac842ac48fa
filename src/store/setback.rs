//! What the store does when the clock was set back: all that it remembers was written by a clock that ran ahead.

use jiff::{SignedDuration, Timestamp};
use rusqlite::named_params;

use crate::store::sql::{Millis, first, optional_time, run};
use crate::store::{Store, StoreError};

/// Times to come, each of which would otherwise be waited for so much longer. None of them is moved into the past. A feed
/// that was polled after the clock was set stays as it is.
const TO_COME: [&str; 6] = [
    "UPDATE feeds SET next_check = max(:now, next_check - :by)
     WHERE next_check > :from AND (last_poll IS NULL OR last_poll > :now)",
    "UPDATE items SET next_try = max(:now, next_try - :by) WHERE state = 'waiting' AND next_try > :from",
    "UPDATE looks SET next = max(:now, next - :by) WHERE next > :from",
    "UPDATE mails SET next_at = max(:now, next_at - :by) WHERE state = 'queued' AND next_at > :from",
    "UPDATE mail_pause SET until = max(:now, until - :by) WHERE until > :from",
    "UPDATE host_rests SET until = max(:now, until - :by) WHERE until > :from",
];

/// Times that have passed and would now lie ahead: waits are reckoned from them, and periods between them. What stands in
/// articles, claims and changes is evidence, and stays as it was written.
const PASSED: [&str; 11] = [
    // After the waits of feeds, which go by it.
    "UPDATE feeds SET last_poll = min(:now, last_poll - :by) WHERE last_poll > :now",
    "UPDATE feeds SET last_success = min(:now, last_success - :by) WHERE last_success > :now",
    "UPDATE feeds SET last_new = min(:now, last_new - :by) WHERE last_new > :now",
    "UPDATE feeds SET failing_since = min(:now, failing_since - :by) WHERE failing_since > :now",
    "UPDATE feeds SET moving_since = min(:now, moving_since - :by) WHERE moving_since > :now",
    "UPDATE items SET ended = min(:now, ended - :by) WHERE ended > :now",
    "UPDATE mails SET made = min(:now, made - :by) WHERE made > :now",
    "UPDATE mail_pause SET since = min(:now, since - :by) WHERE since > :now",
    "UPDATE alerts SET heard = min(:now, heard - :by) WHERE heard > :now",
    "UPDATE recipients SET since = min(:now, since - :by) WHERE since > :now",
    "UPDATE recipients SET last_digest = iif(last_digest > :now, min(:now, last_digest - :by), last_digest),
                           last_sign = iif(last_sign > :now, min(:now, last_sign - :by), last_sign),
                           next_look = iif(next_look IS NULL, NULL, :now)",
];

impl Store {
    /// Moves all waits to a clock that was set back by so much and shows `now`: they end when they would have ended, and
    /// nothing that has happened lies ahead. Of the waits those are moved that end after `from`, which is `now` where nothing
    /// can have been written since. What recipients are mailed is decided anew, since it goes by the hours of their day.
    ///
    /// # Errors
    /// Those of the database.
    pub fn clock_set_back(&mut self, by: SignedDuration, from: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 2);
        for sql in TO_COME {
            run(&transaction, sql, named_params! { ":now": Millis(now), ":by": by, ":from": Millis(from) })?;
        }
        for sql in PASSED {
            run(&transaction, sql, named_params! { ":now": Millis(now), ":by": by })?;
        }
        Ok(transaction.commit()?)
    }

    /// When a feed was asked last, by the clock of then; `None` where none was.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_poll(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT max(last_poll) AS last_poll FROM feeds";
        Ok(first(&self.connection, sql, [], |row| optional_time(row, "last_poll"))?.flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeedState;
    use crate::store::samples::{feed, minute, one_story};

    #[test]
    fn waits_end_when_they_would_have_ended_and_nothing_past_lies_ahead() {
        let mut store = Store::in_memory().unwrap();
        let day = SignedDuration::from_hours(24);
        let ahead = |minutes| minute(minutes) + day;
        one_story(&mut store, "daily.example/a", &["desk@example.org"], ahead(5));
        let state = store.feed_states().unwrap().pop().unwrap_or_else(|| feed("wire"));
        let state =
            FeedState { next_check: ahead(25), last_poll: Some(ahead(10)), last_success: Some(minute(1)), ..state };
        store.save_feed(&state).unwrap();
        store.rest_host("rests.example", ahead(40), ahead(10)).unwrap();

        store.clock_set_back(day, minute(11), minute(11)).unwrap();
        let after = store.feed_state(&state.name).unwrap().unwrap();
        assert_eq!((after.next_check, after.last_poll), (minute(25), Some(minute(10))));
        assert_eq!(after.last_success, Some(minute(1)), "it lies in the past, and stays");
        assert_eq!(store.resting_hosts(minute(11)).unwrap(), [("rests.example".to_owned(), minute(40))]);
        assert_eq!(store.recipients_to_look_at(minute(11)).unwrap(), ["desk@example.org"]);
        let heard: i64 =
            store.connection.query_row("SELECT max(heard) FROM alerts", [], |row| row.get(0)).unwrap_or_default();
        assert!(heard <= minute(11).as_millisecond(), "it waits since then, and not until tomorrow");

        // Whoever was polled since is left alone; and again, after work that was under way has ended.
        let polled = FeedState { next_check: minute(70), last_poll: Some(minute(11)), ..after };
        store.save_feed(&polled).unwrap();
        let late = minute(12) + day;
        store.rest_host("late.example", late, minute(11)).unwrap();
        store.clock_set_back(day, minute(10) + day, minute(13)).unwrap();
        assert_eq!(store.feed_state(&polled.name).unwrap().unwrap().next_check, minute(70));
        let rests = store.resting_hosts(minute(11)).unwrap();
        assert_eq!(rests, [("late.example".to_owned(), minute(13)), ("rests.example".to_owned(), minute(40))]);
    }
}
