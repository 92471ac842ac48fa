//! What is remembered of those who are mailed: since when, when to look at them again, and what they had last.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::store::outbox::{self, MailEntry, NewMail};
use crate::store::sql::{Json, Millis, all, first, optional_time, run, time};
use crate::store::{MailId, Store, StoreError};

/// What a recipient had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// When the config named them first.
    pub since: Timestamp,
    /// When the mails of the last hour were made that told them changes, the latest first.
    pub mails: Vec<Timestamp>,
    /// When the last mail was made that told them a change.
    pub last_news: Option<Timestamp>,
    /// When their last digest was made.
    pub last_digest: Option<Timestamp>,
    /// When they were last told that all is well.
    pub last_sign: Option<Timestamp>,
}

/// The mails that tell a recipient of changes, the latest first. To be left after the first few: over the index of the
/// changes, since mails themselves are long, and to look through those of a year takes seconds.
pub(super) const TELLING_MAILS: &str = "SELECT m.id, m.made, m.state = 'dead' AS is_dead
     FROM alert_changes c INDEXED BY alert_changes_mail CROSS JOIN mails m ON m.id = c.mail
     WHERE c.mail IS NOT NULL AND c.recipient = ?1 ORDER BY c.mail DESC";

impl Store {
    /// Makes the store know who is mailed by the config in force. What they are mailed is decided anew, since their wishes may
    /// have changed, and so it is for all others of whom something waits.
    ///
    /// # Errors
    /// Those of the database.
    pub fn configure_recipients(&mut self, recipients: &[&str], now: Timestamp) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let sql = "UPDATE recipients SET next_look = ?1
                   WHERE EXISTS (SELECT 1 FROM alert_changes c WHERE c.recipient = recipients.recipient AND mail IS NULL)";
        run(&transaction, sql, [Millis(now)])?;
        for recipient in recipients {
            let sql = "INSERT INTO recipients (recipient, since, next_look) VALUES (?1, ?2, ?2)
                       ON CONFLICT (recipient) DO UPDATE SET next_look = ?2";
            run(&transaction, sql, params![recipient, Millis(now)])?;
        }
        Ok(transaction.commit()?)
    }

    /// For whom it is to be decided now what they are mailed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn recipients_to_look_at(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT recipient FROM recipients WHERE next_look <= ?1 ORDER BY recipient";
        all(&self.connection, sql, [Millis(now)], |row| row.get(0))
    }

    /// Sets when a recipient is to be looked at again; `None`: not before something comes in for them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn look_at_recipient(&mut self, recipient: &str, next: Option<Timestamp>) -> Result<(), StoreError> {
        let sql = "UPDATE recipients SET next_look = ?2 WHERE recipient = ?1";
        run(&self.connection, sql, params![recipient, next.map(Millis)]).map(drop)
    }

    /// What a recipient had; `now` for the beginning where nothing is known of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn recipient(&self, recipient: &str, now: Timestamp) -> Result<Recipient, StoreError> {
        let sql = "SELECT since, last_digest, last_sign FROM recipients WHERE recipient = ?1";
        let known = first(&self.connection, sql, [recipient], |row| {
            Ok((time(row, "since")?, optional_time(row, "last_digest")?, optional_time(row, "last_sign")?))
        })?;
        let (since, last_digest, last_sign) = known.unwrap_or((now, None, None));
        let hour_ago = now - SignedDuration::from_hours(1);
        let (mut mails, mut last_news, mut last_read) = (Vec::new(), None, None);
        let mut statement = self.connection.prepare_cached(TELLING_MAILS)?;
        let mut rows = statement.query([recipient])?;
        while let Some(row) = rows.next()? {
            let (id, made, is_dead): (i64, _, bool) = (row.get("id")?, time(row, "made")?, row.get("is_dead")?);
            // A mail stands here once for each change that it tells.
            if last_read.replace(id) == Some(id) {
                continue;
            }
            if !is_dead && last_news.is_none() {
                last_news = Some(made);
            }
            if made > hour_ago {
                mails.push(made);
            } else if last_news.is_some() {
                break;
            }
        }
        mails.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Recipient { since, mails, last_news, last_digest, last_sign })
    }

    /// Puts a digest into the outbox and marks the changes and the refused mails that it tells, in one transaction.
    ///
    /// # Errors
    /// As [`Store::compose`].
    pub fn compose_digest(
        &mut self,
        changes: &[i64],
        refused: &[MailId],
        mail: &NewMail,
        now: Timestamp,
    ) -> Result<MailId, StoreError> {
        let transaction = self.write()?;
        let id = outbox::queue(&transaction, mail, now)?;
        outbox::mark_told(&transaction, &mail.recipient, changes, id)?;
        tell_refused(&transaction, &mail.recipient, refused)?;
        let sql = "UPDATE recipients SET last_digest = ?2 WHERE recipient = ?1";
        run(&transaction, sql, params![mail.recipient, Millis(now)])?;
        transaction.commit()?;
        Ok(id)
    }

    /// Puts a sign of life into the outbox, and remembers that it was made.
    ///
    /// # Errors
    /// Those of the database.
    pub fn compose_sign(&mut self, refused: &[MailId], mail: &NewMail, now: Timestamp) -> Result<MailId, StoreError> {
        let transaction = self.write()?;
        let id = outbox::queue(&transaction, mail, now)?;
        tell_refused(&transaction, &mail.recipient, refused)?;
        let sql = "UPDATE recipients SET last_sign = ?2 WHERE recipient = ?1";
        run(&transaction, sql, params![mail.recipient, Millis(now)])?;
        transaction.commit()?;
        Ok(id)
    }

    /// The refused mails that a recipient has not been told of in a digest: their own or, for whoever looks after the
    /// program, everybody's. Those that a person dropped are no news.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refused_mails(&self, recipient: &str, everybodys: bool) -> Result<Vec<MailEntry>, StoreError> {
        let sql = format!(
            "SELECT {} FROM mails WHERE state = 'dead' AND (recipient = ?1 OR ?2) AND last_reason IS NOT ?3
             AND NOT EXISTS (SELECT 1 FROM refusals_told t WHERE t.mail = mails.id AND t.recipient = ?1)
             ORDER BY id DESC LIMIT 100",
            outbox::ENTRY
        );
        all(&self.connection, &sql, params![recipient, everybodys, outbox::DROPPED_BY_HAND], outbox::entry)
    }

    /// How many articles came in after a time and until another, and how many of them hold nothing but counts that were
    /// told before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn articles_between(&self, after: Timestamp, until: Timestamp) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT
            (SELECT count(*) FROM articles WHERE made > ?1 AND made <= ?2),
            (SELECT count(*) FROM articles a WHERE a.made > ?1 AND a.made <= ?2
             AND EXISTS (SELECT 1 FROM claims c WHERE c.article = a.id AND c.verdict IN ('restated', 'copied'))
             AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.article = a.id AND c.verdict IN ('told', 'held')))";
        let counts = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?.into(), row.get::<_, u32>(1)?.into()));
        Ok(self.connection.query_row(sql, [Millis(after), Millis(until)], counts)?)
    }
}

fn tell_refused(connection: &Connection, recipient: &str, refused: &[MailId]) -> Result<(), StoreError> {
    let ids: Vec<i64> = refused.iter().map(|mail| mail.0).collect();
    let sql = "INSERT OR IGNORE INTO refusals_told (recipient, mail) SELECT ?1, value FROM json_each(?2)";
    run(connection, sql, params![recipient, Json(ids)]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{minute, one_story};

    const DESK: &str = "desk@example.org";

    fn mail(id: &str, to: &str) -> NewMail {
        NewMail {
            message_id: format!("{id}@example.org"),
            sender: "tollwatch@example.org".to_owned(),
            recipient: to.to_owned(),
            subject: "Ferry off Port Ardo".to_owned(),
            story: None,
            bytes: b"31 dead".to_vec(),
        }
    }

    #[test]
    fn who_is_in_the_config_is_remembered_since_when() {
        let mut store = Store::in_memory().unwrap();
        store.configure_recipients(&[DESK], minute(1)).unwrap();
        assert_eq!(store.recipients_to_look_at(minute(1)).unwrap(), [DESK]);
        store.look_at_recipient(DESK, None).unwrap();
        assert_eq!(store.next_wake(minute(1)).unwrap(), None);
        store.configure_recipients(&[DESK], minute(9)).unwrap();
        assert_eq!(store.recipient(DESK, minute(9)).unwrap().since, minute(1));
        assert_eq!(store.recipient("night@example.org", minute(9)).unwrap().since, minute(9));
        store.look_at_recipient(DESK, Some(minute(30))).unwrap();
        assert_eq!(store.next_wake(minute(9)).unwrap(), Some(minute(30)));
        assert!(!store.outbox_due(minute(29)).unwrap() && store.outbox_due(minute(30)).unwrap());
    }

    #[test]
    fn who_has_left_the_config_is_looked_at_once_more_when_something_waits() {
        let mut store = Store::in_memory().unwrap();
        let (_, change) = one_story(&mut store, "daily.example/a", &[DESK], minute(5));
        store.look_at_recipient(DESK, None).unwrap();
        store.configure_recipients(&[], minute(9)).unwrap();
        assert_eq!(store.recipients_to_look_at(minute(9)).unwrap(), [DESK]);
        store.let_go(DESK, &[change]).unwrap();
        store.look_at_recipient(DESK, None).unwrap();
        store.configure_recipients(&[], minute(10)).unwrap();
        assert_eq!(store.recipients_to_look_at(minute(10)).unwrap(), [""; 0]);
    }

    #[test]
    fn mails_that_tell_changes_count_for_the_cap_and_others_do_not() {
        let mut store = Store::in_memory().unwrap();
        let (_, change) = one_story(&mut store, "daily.example/a", &[DESK], minute(5));
        store.compose_digest(&[change], &[], &mail("a", DESK), minute(10)).unwrap();
        store.compose_sign(&[], &mail("b", DESK), minute(11)).unwrap();
        let had = store.recipient(DESK, minute(69)).unwrap();
        assert_eq!((&*had.mails, had.last_news), (&[minute(10)][..], Some(minute(10))));
        assert_eq!((had.last_digest, had.last_sign), (Some(minute(10)), Some(minute(11))));
        assert_eq!(store.recipient(DESK, minute(70)).unwrap().mails, []);
        assert_eq!(store.told(DESK, &[change, 99]).unwrap(), [change]);
        assert_eq!(store.articles_between(minute(2), minute(9)).unwrap(), (1, 0));
        assert_eq!(store.articles_between(minute(3), minute(9)).unwrap(), (0, 0));
    }

    #[test]
    fn the_latest_mails_are_found_among_many() {
        let mut store = Store::in_memory().unwrap();
        for n in 0..200 {
            let to = if n % 3 == 0 { DESK } else { "night@example.org" };
            let changes =
                ["a", "b"].map(|half| one_story(&mut store, &format!("daily.example/{n}{half}"), &[to], minute(n)).1);
            let mail = store.compose(&changes, &mail(&n.to_string(), to), minute(n)).unwrap();
            // The last two to the desk, of minutes 195 and 198, are refused.
            if n >= 195 && to == DESK {
                store.mail_dead(mail, "554 5.7.1 looks like spam", minute(n)).unwrap();
            }
        }
        let had = store.recipient(DESK, minute(200)).unwrap();
        // What was refused counts for the cap all the same.
        let expected: Vec<Timestamp> = (141..200).rev().filter(|n| n % 3 == 0).map(minute).collect();
        assert_eq!(had.mails, expected);
        assert_eq!(had.last_news, Some(minute(192)));
        let long_after = store.recipient(DESK, minute(9_999)).unwrap();
        assert_eq!((long_after.mails.len(), long_after.last_news), (0, Some(minute(192))));
        let nobody = store.recipient("new@example.org", minute(200)).unwrap();
        assert_eq!((nobody.mails.len(), nobody.last_news), (0, None));
    }

    /// Mails are long and are kept for a year: what is asked for each recipient whenever something comes in must not read
    /// through them.
    #[test]
    fn no_message_is_read_to_know_what_a_recipient_had() {
        let store = Store::in_memory().unwrap();
        for asked in [TELLING_MAILS, crate::store::alerts::TOLD] {
            let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {asked}")).unwrap();
            let given = vec![""; plan.parameter_count()];
            let steps = plan.query_map(rusqlite::params_from_iter(given), |row| row.get("detail")).unwrap();
            let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
            let is_bad =
                |step: &String| step.starts_with("SCAN") && !step.contains("json_each") || step.contains("TEMP B-TREE");
            assert!(!steps.iter().any(is_bad), "{steps:#?}");
            // Of those that were sent at most the few that are asked for are looked up, each by its number.
            let of_mails =
                |step: &&String| step.contains(" m USING INTEGER PRIMARY KEY") || step.contains("mails_by_state");
            assert_eq!(steps.iter().filter(of_mails).count(), 1, "{steps:#?}");
        }
    }

    #[test]
    fn a_refused_mail_is_news_once_to_its_recipient_and_to_whoever_looks_after_all() {
        let mut store = Store::in_memory().unwrap();
        let (_, change) = one_story(&mut store, "daily.example/a", &[DESK], minute(5));
        let refused = store.compose(&[change], &mail("a", DESK), minute(10)).unwrap();
        let dropped = store.compose(&[], &mail("b", DESK), minute(10)).unwrap();
        store.mail_dead(refused, "554 5.7.1 looks like spam", minute(11)).unwrap();
        store.mail_dead(dropped, outbox::DROPPED_BY_HAND, minute(11)).unwrap();
        assert!(store.told(DESK, &[change]).unwrap().is_empty(), "nobody has been told by it");
        let news = |store: &Store, to: &str, all: bool| -> Vec<MailId> {
            store.refused_mails(to, all).unwrap().into_iter().map(|mail| mail.id).collect()
        };
        assert_eq!(news(&store, DESK, false), [refused]);
        assert_eq!(news(&store, "ops@example.org", false), []);
        assert_eq!(news(&store, "ops@example.org", true), [refused]);
        store.compose_digest(&[], &[refused], &mail("c", DESK), minute(20)).unwrap();
        assert_eq!(news(&store, DESK, false), []);
        assert_eq!(news(&store, "ops@example.org", true), [refused]);
    }
}
