//! What is remembered of feeds between polls.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, named_params, params};
use url::Url;

use crate::model::{FeedState, Moving, Validators, Wishes};
use crate::store::sql::{Link, Millis, Span, Word, all, first, millis, one, optional_time, run, time};
use crate::store::{NewMail, Store, StoreError, outbox};

/// No wait that the config, a document or a server can ask for is longer.
const LONGEST_EVER: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Two halves, for with an OR between the conditions all feeds would be looked at.
const DUE_FEEDS: &str = "SELECT name, next_check FROM feeds WHERE configured AND ended IS NULL AND next_check <= ?1
     UNION ALL SELECT name, next_check FROM feeds WHERE configured AND ended IS NULL AND next_check > ?2
     ORDER BY 2, 1";

impl Store {
    /// Tells the store which feeds the config lists, at start and after a reload. A feed not seen before is due at once;
    /// one that is no longer listed keeps its memory, and neither wakes the daemon nor counts in the status. One that
    /// is listed at another address is due at once, however ill it was, and so is one that was over and is listed anew.
    ///
    /// # Errors
    /// Those of the database.
    pub fn configure_feeds(&mut self, feeds: &[(String, Url)], now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let sql = "SELECT name FROM feeds WHERE configured";
        let listed: HashSet<String> = all(&transaction, sql, [], |row| row.get(0))?.into_iter().collect();
        run(&transaction, "UPDATE feeds SET configured = 0", [])?;
        for (name, url) in feeds {
            let sql = "UPDATE feeds SET next_check = ?3, ended = NULL
                       WHERE name = ?1 AND (url <> ?2 OR ended IS NOT NULL AND ?4)";
            run(&transaction, sql, params![name, url.as_str(), Millis(now), !listed.contains(name)])?;
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

    /// The names of the feeds to be polled now, the longest overdue first. One that is not due for months was put off by a
    /// clock that was wrong then, and is due too.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_feeds(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        all(&self.connection, DUE_FEEDS, [Millis(now), Millis(now + LONGEST_EVER)], |row| row.get(0))
    }

    /// Of the feeds to be polled now the one that answered last, if any is due.
    ///
    /// # Errors
    /// Those of the database.
    pub fn likeliest_due_feed(&self, now: Timestamp) -> Result<Option<String>, StoreError> {
        let sql = "SELECT name FROM feeds WHERE configured AND ended IS NULL AND next_check <= ?1
                   ORDER BY last_success DESC, next_check, name LIMIT 1";
        first(&self.connection, sql, [Millis(now)], |row| row.get(0))
    }

    /// Spreads the feeds that are due now evenly over the time to come, the longest overdue first, so far apart that all
    /// feeds there are would fit into `within`, and at most `apart`: after an outage nobody shall be met by all of them at
    /// once, and after a short rest nobody shall wait for long. Nor is what has failed meanwhile held against a feed. How
    /// many there were.
    ///
    /// # Errors
    /// Those of the database.
    pub fn spread_due(
        &mut self,
        now: Timestamp,
        apart: SignedDuration,
        within: SignedDuration,
    ) -> Result<usize, StoreError> {
        let transaction = self.write()?;
        let sql = "SELECT name FROM feeds WHERE configured AND ended IS NULL AND next_check <= ?1 ORDER BY next_check";
        let names: Vec<String> = all(&transaction, sql, [Millis(now)], |row| row.get(0))?;
        let feeds: i64 = transaction.query_row("SELECT count(*) FROM feeds WHERE configured", [], |row| row.get(0))?;
        for (name, nth) in names.iter().zip(0..) {
            let apart = apart.as_millis_f64().min(within.as_millis_f64() / feeds.max(1) as f64);
            let later = SignedDuration::from_millis((apart * f64::from(nth)) as i64);
            let sql = "UPDATE feeds SET next_check = ?2, failing_since = iif(failures = 0, NULL, failing_since)
                       WHERE name = ?1";
            run(&transaction, sql, params![name, Millis(now + later)])?;
        }
        transaction.commit()?;
        Ok(names.len())
    }

    /// Remembers a poll that brought no entries to look at: it failed, or nothing had changed. A poll that was answered
    /// with a feed goes to [`Store::save_poll`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn save_feed(&mut self, state: &FeedState) -> Result<(), StoreError> {
        write(&self.connection, state)
    }

    /// The feeds of which people are still to be told something.
    ///
    /// # Errors
    /// Those of the database.
    pub fn feeds_to_tell(&self) -> Result<Vec<FeedState>, StoreError> {
        all(&self.connection, "SELECT * FROM feeds WHERE notice IS NOT NULL ORDER BY name", [], state)
    }

    /// Puts the mails that tell of a feed into the outbox and marks it as told, in one transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub fn tell_of_feed(&mut self, name: &str, mails: &[NewMail], now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for mail in mails {
            outbox::queue(&transaction, mail, now)?;
        }
        run(&transaction, "UPDATE feeds SET notice = NULL WHERE name = ?1", [name])?;
        Ok(transaction.commit()?)
    }

    /// Random characters, others each time, to salt a hash with.
    ///
    /// # Errors
    /// Those of the database.
    pub fn salt(&self) -> Result<String, StoreError> {
        one(&self.connection, "SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))
    }

    /// Remembers that a host has asked to be left alone until then, and forgets the rests that are over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn rest_host(&mut self, host: &str, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.write()?;
        run(&transaction, "DELETE FROM host_rests WHERE until <= ?1", [Millis(now)])?;
        let sql = "INSERT INTO host_rests (host, until) VALUES (?1, ?2)
                   ON CONFLICT (host) DO UPDATE SET until = max(until, ?2)";
        run(&transaction, sql, params![host, Millis(until)])?;
        Ok(transaction.commit()?)
    }

    /// The hosts that have asked to be left alone for some time yet.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resting_hosts(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let sql = "SELECT host, until FROM host_rests WHERE until > ?1 ORDER BY host";
        all(&self.connection, sql, [Millis(now)], |row| Ok((row.get("host")?, time(row, "until")?)))
    }
}

pub(super) fn write(connection: &Connection, feed: &FeedState) -> Result<(), StoreError> {
    run(
        connection,
        "INSERT INTO feeds (name, url, moved, moving_to, moving_since, moving_answers, etag, last_modified, manner,
             body_hash, next_check, last_poll, last_success, last_new, pace, ttl, period, skip_hours, skip_days,
             failing_since, ended, told, notice, failures, trouble)
         VALUES (:name, :url, :moved, :moving_to, :moving_since, :moving_answers, :etag, :last_modified, :manner,
             :body_hash, :next_check, :last_poll, :last_success, :last_new, :pace, :ttl, :period, :skip_hours, :skip_days,
             :failing_since, :ended, :told, :notice, :failures, :trouble)
         ON CONFLICT (name) DO UPDATE SET url = :url, moved = :moved, moving_to = :moving_to,
             moving_since = :moving_since, moving_answers = :moving_answers, etag = :etag,
             last_modified = :last_modified, manner = :manner, body_hash = :body_hash, next_check = :next_check,
             last_poll = :last_poll, last_success = :last_success, last_new = :last_new, pace = :pace, ttl = :ttl,
             period = :period, skip_hours = :skip_hours, skip_days = :skip_days, failing_since = :failing_since,
             ended = :ended, told = :told, notice = :notice, failures = :failures, trouble = :trouble",
        named_params! {
            ":name": feed.name,
            ":url": feed.url.as_str(),
            ":moved": feed.moved.as_ref().map(Url::as_str),
            ":moving_to": feed.moving.as_ref().map(|moving| moving.to.as_str()),
            ":moving_since": feed.moving.as_ref().map(|moving| Millis(moving.since)),
            ":moving_answers": feed.moving.as_ref().map(|moving| moving.answers),
            ":etag": feed.validators.etag,
            ":last_modified": feed.validators.last_modified,
            ":manner": feed.manner,
            ":body_hash": feed.body_hash,
            ":next_check": Millis(feed.next_check),
            ":last_poll": millis(feed.last_poll),
            ":last_success": millis(feed.last_success),
            ":last_new": millis(feed.last_new),
            ":pace": feed.pace.map(Span),
            ":ttl": feed.wishes.ttl.map(Span),
            ":period": feed.wishes.period.map(Span),
            ":skip_hours": feed.wishes.skip_hours,
            ":skip_days": feed.wishes.skip_days,
            ":failing_since": millis(feed.failing_since),
            ":ended": millis(feed.ended),
            ":told": feed.told.map(Word),
            ":notice": feed.notice.map(Word),
            ":failures": feed.failures,
            ":trouble": feed.trouble,
        },
    )?;
    Ok(())
}

fn state(row: &Row<'_>) -> rusqlite::Result<FeedState> {
    let link = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<Link>>(column)?.map(|Link(url)| url));
    let span = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<Span>>(column)?.map(|Span(span)| span));
    let notice = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<Word<_>>>(column)?.map(|Word(w)| w));
    let moving = match link("moving_to")? {
        Some(to) => Some(Moving { to, since: time(row, "moving_since")?, answers: row.get("moving_answers")? }),
        None => None,
    };
    Ok(FeedState {
        name: row.get("name")?,
        url: row.get::<_, Link>("url")?.0,
        moved: link("moved")?,
        moving,
        validators: Validators { etag: row.get("etag")?, last_modified: row.get("last_modified")? },
        manner: row.get("manner")?,
        body_hash: row.get("body_hash")?,
        next_check: time(row, "next_check")?,
        last_poll: optional_time(row, "last_poll")?,
        last_success: optional_time(row, "last_success")?,
        last_new: optional_time(row, "last_new")?,
        pace: span("pace")?,
        wishes: Wishes {
            ttl: span("ttl")?,
            period: span("period")?,
            skip_hours: row.get("skip_hours")?,
            skip_days: row.get("skip_days")?,
        },
        failing_since: optional_time(row, "failing_since")?,
        ended: optional_time(row, "ended")?,
        told: notice("told")?,
        notice: notice("notice")?,
        failures: row.get("failures")?,
        trouble: row.get("trouble")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Notice;
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
    fn all_that_was_learnt_of_a_feed_is_remembered() {
        let mut store = Store::in_memory().unwrap();
        let learnt = FeedState {
            moved: Some(url("https://new.example/feed.xml")),
            moving: Some(Moving { to: url("https://newer.example/"), since: minute(3), answers: 4 }),
            manner: Some("aa".to_owned()),
            pace: Some(SignedDuration::from_mins(90)),
            wishes: Wishes {
                ttl: Some(SignedDuration::from_mins(30)),
                period: Some(SignedDuration::from_hours(1)),
                skip_hours: 0x00ff_ffff,
                skip_days: 0x7f,
            },
            failing_since: Some(minute(7)),
            ended: Some(minute(8)),
            told: Some(Notice::Failing),
            notice: Some(Notice::Gone),
            ..feed("daily")
        };
        store.save_feed(&learnt).unwrap();
        assert_eq!(store.feed_state("daily").unwrap(), Some(learnt.clone()));
        assert_eq!(store.feeds_to_tell().unwrap(), [learnt]);
        store.tell_of_feed("daily", &[], minute(9)).unwrap();
        assert_eq!(store.feeds_to_tell().unwrap(), []);
    }

    #[test]
    fn a_feed_that_is_over_sleeps_until_it_is_listed_anew() {
        let mut store = Store::in_memory().unwrap();
        let listed = |address: &str| vec![("daily".to_owned(), url(address))];
        let address = "https://daily.example/feed.xml";
        store.configure_feeds(&listed(address), minute(0)).unwrap();
        let due = |store: &Store, n| store.due_feeds(minute(n)).unwrap().len();
        let over = FeedState { ended: Some(minute(1)), ..feed("daily") };
        store.save_feed(&over).unwrap();
        store.configure_feeds(&listed(address), minute(30)).unwrap();
        assert_eq!(
            (due(&store, 60), store.next_wake(minute(0)).unwrap()),
            (0, None),
            "a reload alone does not wake it"
        );

        store.configure_feeds(&[], minute(61)).unwrap();
        store.configure_feeds(&listed(address), minute(62)).unwrap();
        assert_eq!(due(&store, 62), 1);
        store.save_feed(&over).unwrap();
        store.configure_feeds(&listed("https://daily.example/rss.xml"), minute(63)).unwrap();
        assert_eq!(due(&store, 63), 1);
        store.save_feed(&FeedState { failures: 9, next_check: minute(1_440), ..feed("daily") }).unwrap();
        assert_eq!(due(&store, 64), 0);
        store.configure_feeds(&listed("https://daily.example/rss.xml"), minute(64)).unwrap();
        assert_eq!(due(&store, 64), 1, "the address has been mended");
    }

    #[test]
    fn a_feed_that_a_wrong_clock_has_put_off_for_years_is_due() {
        let mut store = Store::in_memory().unwrap();
        store.save_feed(&FeedState { next_check: minute(10 * 365 * 1_440), ..feed("daily") }).unwrap();
        store.save_feed(&FeedState { next_check: minute(45 * 1_440), ..feed("rare") }).unwrap();
        assert_eq!(store.due_feeds(minute(0)).unwrap(), ["daily"]);
    }

    /// The daemon asks this whenever a job ends: with many feeds it must not look at them all.
    #[test]
    fn what_is_due_is_found_by_the_index() {
        let store = Store::in_memory().unwrap();
        for asked in [DUE_FEEDS, crate::store::status::NEXT_WAKE] {
            let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {asked}")).unwrap();
            let given = vec![0; plan.parameter_count()];
            let steps: Vec<String> = plan
                .query_map(rusqlite::params_from_iter(given), |row| row.get("detail"))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert!(!steps.iter().any(|step| step.starts_with("SCAN feeds")), "{steps:#?}");
        }
    }

    #[test]
    fn what_is_overdue_is_spread() {
        let mut store = Store::in_memory().unwrap();
        let names: Vec<_> = (0..100).map(|n| (format!("f{n:02}"), url(&format!("https://f{n}.example/")))).collect();
        store.configure_feeds(&names, minute(0)).unwrap();
        let apart = SignedDuration::from_secs(1);
        assert_eq!(store.spread_due(minute(5), apart, SignedDuration::from_mins(15)).unwrap(), 100);
        let due_at = |seconds| store.due_feeds(minute(5) + SignedDuration::from_secs(seconds)).unwrap().len();
        assert_eq!([0, 1, 50, 99].map(due_at), [1, 2, 51, 100]);
        assert_eq!(store.spread_due(minute(10), apart, SignedDuration::from_secs(10)).unwrap(), 100);
        let due_at = |seconds| store.due_feeds(minute(10) + SignedDuration::from_secs(seconds)).unwrap().len();
        assert_eq!([0, 1, 10].map(due_at), [1, 11, 100]);
        let ten = minute(10) + SignedDuration::from_millis(950);
        assert_eq!(store.spread_due(ten, apart, SignedDuration::from_secs(10)).unwrap(), 10, "the others are not due");
        assert_eq!(store.due_feeds(ten + SignedDuration::from_secs(1)).unwrap().len(), 20, "both go on side by side");
    }

    #[test]
    fn a_host_s_rest_is_remembered_until_it_is_over() {
        let mut store = Store::in_memory().unwrap();
        store.rest_host("a.example", minute(60), minute(0)).unwrap();
        store.rest_host("a.example", minute(30), minute(1)).unwrap();
        assert_eq!(store.resting_hosts(minute(2)).unwrap(), [("a.example".to_owned(), minute(60))]);
        store.rest_host("b.example", minute(90), minute(60)).unwrap();
        assert_eq!(store.resting_hosts(minute(60)).unwrap(), [("b.example".to_owned(), minute(90))]);
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
