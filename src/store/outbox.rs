//! The outbox: complete messages, stored before the first attempt to send them, marked only after.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, named_params, params};

use crate::model::{StoryId, words};
use crate::store::sql::{Millis, all, first, one, optional_time, run, time, word};
use crate::store::{Store, StoreError};

/// The number of a mail in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub i64);

/// A message to be put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Without angle brackets; unique.
    pub message_id: String,
    /// The sender's address on the envelope.
    pub sender: String,
    /// The recipient's address on the envelope.
    pub recipient: String,
    /// Its subject, for lists.
    pub subject: String,
    /// The story whose thread it belongs to; `None` for a digest.
    pub story: Option<StoryId>,
    /// The whole message.
    pub bytes: Vec<u8>,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    /// Its number.
    pub id: MailId,
    /// What is sent, the same at every attempt.
    pub mail: NewMail,
    /// How many attempts have failed.
    pub attempts: u32,
    /// When it was composed.
    pub made: Timestamp,
}

words! {
    /// What has become of a mail.
    MailState {
        /// It waits to be sent, for the first time or again.
        Queued = "queued",
        /// A server has taken it.
        Sent = "sent",
        /// It is set aside: the server refuses it for good, or a person dropped it.
        Dead = "dead",
    }
}

/// A line of the outbox, without the message itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEntry {
    /// Its number.
    pub id: MailId,
    /// Without angle brackets.
    pub message_id: String,
    /// The recipient's address.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// The story, where it tells of one.
    pub story: Option<StoryId>,
    /// What has become of it.
    pub state: MailState,
    /// How many attempts have failed.
    pub attempts: u32,
    /// Not to be tried before this, while it is queued.
    pub next_at: Timestamp,
    /// Why the last attempt failed.
    pub last_reason: Option<String>,
    /// When it was composed.
    pub made: Timestamp,
    /// When a server took it.
    pub sent_at: Option<Timestamp>,
    /// When it was set aside, where that is known.
    pub set_aside: Option<Timestamp>,
}

/// The columns of a [`MailEntry`].
pub(super) const ENTRY: &str =
    "id, message_id, recipient, subject, story, state, attempts, next_at, last_reason, made, sent_at, set_aside";

/// The reason of a mail that a person has set aside.
pub const DROPPED_BY_HAND: &str = "dropped by hand";

words! {
    /// Why all mails wait.
    PauseKind {
        /// There is no mail server to talk to.
        Unreachable = "unreachable",
        /// The mail server takes nothing from us as we are set up: somebody must look.
        Misconfigured = "misconfigured",
    }
}

/// What keeps all mails waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPause {
    /// Which of the two.
    pub kind: PauseKind,
    /// The server's words, or what happened instead.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When one mail is tried, to see whether it is over.
    pub until: Timestamp,
    /// How many trials have failed in a row, from 1.
    pub trials: u32,
}

/// A mail that was put off holds back the later ones to its recipient, so that a thread arrives in its order; but no
/// longer than this after it was composed: then news is worth more than order.
const HOLDS_BACK: SignedDuration = SignedDuration::from_hours(6);

/// The numbers of the mails to be sent at ?1; ?2 is [`HOLDS_BACK`] before that. All that is asked for stands in the two
/// indices, and no message is read.
const DUE: &str = "SELECT id FROM mails INDEXED BY mails_in_order
    WHERE state = 'queued' AND next_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM mail_pause WHERE until > ?1)
        AND NOT EXISTS (SELECT 1 FROM mails AS earlier INDEXED BY mails_in_turn
                        WHERE earlier.recipient = mails.recipient AND earlier.id < mails.id
                            AND earlier.state = 'queued' AND earlier.next_at > ?1 AND earlier.made > ?2)
    ORDER BY id";

impl Store {
    /// Puts a message into the outbox and marks the changes it tells, by their numbers, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where a change does not wait for this recipient: nothing is told twice.
    pub fn compose(&mut self, changes: &[i64], mail: &NewMail, now: Timestamp) -> Result<MailId, StoreError> {
        let transaction = self.write()?;
        let id = queue(&transaction, mail, now)?;
        mark_told(&transaction, &mail.recipient, changes, id)?;
        transaction.commit()?;
        Ok(id)
    }

    /// The mails to be sent now, at most `limit` of them, in the order in which they were composed; none while all of them
    /// wait. Of one recipient's mails the earlier goes first: while it is put off, the later ones wait for it, for six hours
    /// at most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<DueMail>, StoreError> {
        let sql = format!("SELECT * FROM mails WHERE id IN ({DUE} LIMIT ?3) ORDER BY id");
        all(&self.connection, &sql, params![Millis(now), Millis(held_back_since(now)), limit], due)
    }

    /// Whether there is a mail to be sent now.
    pub(super) fn has_due_mail(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS ({DUE})");
        one(&self.connection, &sql, params![Millis(now), Millis(held_back_since(now))], |row| row.get(0))
    }

    /// What keeps all mails waiting, if anything does.
    ///
    /// # Errors
    /// Those of the database.
    pub fn mail_pause(&self) -> Result<Option<MailPause>, StoreError> {
        first(&self.connection, "SELECT kind, reason, since, until, trials FROM mail_pause", [], pause)
    }

    /// Makes all mails wait, or wait on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn pause_mails(&mut self, pause: &MailPause) -> Result<(), StoreError> {
        run(
            &self.connection,
            "INSERT OR REPLACE INTO mail_pause (only_one, kind, reason, since, until, trials)
             VALUES (1, :kind, :reason, :since, :until, :trials)",
            named_params! {
                ":kind": pause.kind.as_str(),
                ":reason": pause.reason,
                ":since": Millis(pause.since),
                ":until": Millis(pause.until),
                ":trials": pause.trials,
            },
        )
        .map(drop)
    }

    /// Nothing keeps the mails waiting any more. Those that are put off by themselves stay so.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resume_mails(&mut self) -> Result<(), StoreError> {
        run(&self.connection, "DELETE FROM mail_pause", []).map(drop)
    }

    /// Makes the trial that a pause waits for due now: something has changed that may have ended it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn try_mails_now(&mut self, now: Timestamp) -> Result<(), StoreError> {
        run(&self.connection, "UPDATE mail_pause SET until = min(until, ?1)", [Millis(now)]).map(drop)
    }

    /// Sets aside all queued mails that were composed before a time. How many there were.
    ///
    /// # Errors
    /// Those of the database.
    pub fn give_up_mails(&mut self, before: Timestamp, reason: &str, now: Timestamp) -> Result<usize, StoreError> {
        let sql = "UPDATE mails SET state = 'dead', last_reason = ?2, set_aside = ?3
                   WHERE state = 'queued' AND made < ?1";
        run(&self.connection, sql, params![Millis(before), reason, Millis(now)])
    }

    /// Marks a mail as taken by a server.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where there is no such mail.
    pub fn mail_sent(&mut self, id: MailId, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET state = 'sent', sent_at = ?2, last_reason = NULL WHERE id = ?1";
        found(run(&self.connection, sql, params![id.0, Millis(now)])?, id)
    }

    /// Records that a mail was not taken now, and when it is to be tried again.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where it does not wait to be sent.
    pub fn mail_later(&mut self, id: MailId, reason: &str, next_at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET attempts = attempts + 1, last_reason = ?2, next_at = ?3
                   WHERE id = ?1 AND state = 'queued'";
        found(run(&self.connection, sql, params![id.0, reason, Millis(next_at)])?, id)
    }

    /// Sets a mail aside for good: it is refused, or a person drops it.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where it does not wait to be sent.
    pub fn mail_dead(&mut self, id: MailId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET state = 'dead', attempts = attempts + 1, last_reason = ?2, set_aside = ?3
                   WHERE id = ?1 AND state = 'queued'";
        found(run(&self.connection, sql, params![id.0, reason, Millis(now)])?, id)
    }

    /// Queues a mail that was set aside, as if it had never been tried; a queued one is due at once. Where all mails wait,
    /// that they do is tried now.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where there is no such mail, or it has been sent.
    pub fn mail_again(&mut self, id: MailId, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET state = 'queued', attempts = 0, next_at = ?2, set_aside = NULL
                   WHERE id = ?1 AND state <> 'sent'";
        found(run(&self.connection, sql, params![id.0, Millis(now)])?, id)?;
        self.try_mails_now(now)
    }

    /// The message ids of the mails that a recipient was or will be sent about a story, oldest first: the thread that
    /// the next one joins. Those set aside are left out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn thread(&self, recipient: &str, story: StoryId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT message_id FROM mails WHERE recipient = ?1 AND state <> 'dead'
                   AND story IN (SELECT id FROM stories WHERE id = ?2 OR merged_into = ?2) ORDER BY id";
        all(&self.connection, sql, params![recipient, story.0], |row| row.get(0))
    }

    /// The mails in a state, the latest first, at most `limit` of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn mails(&self, state: MailState, limit: u32) -> Result<Vec<MailEntry>, StoreError> {
        let sql = format!("SELECT {ENTRY} FROM mails WHERE state = ?1 ORDER BY id DESC LIMIT ?2");
        all(&self.connection, &sql, params![state.as_str(), limit], entry)
    }

    /// Empties the messages of mails sent before a time, which nobody will send again; their lines stay, for the thread.
    /// How many there were.
    ///
    /// # Errors
    /// Those of the database.
    pub fn empty_sent_mails(&mut self, before: Timestamp) -> Result<usize, StoreError> {
        let sql = "UPDATE mails SET bytes = x'' WHERE state = 'sent' AND sent_at < ?1 AND length(bytes) > 0";
        run(&self.connection, sql, [Millis(before)])
    }

    /// The whole message of a mail; empty where [`Store::empty_sent_mails`] has been.
    ///
    /// # Errors
    /// Those of the database.
    pub fn mail_bytes(&self, id: MailId) -> Result<Option<Vec<u8>>, StoreError> {
        first(&self.connection, "SELECT bytes FROM mails WHERE id = ?1", [id.0], |row| row.get(0))
    }
}

fn found(rows: usize, id: MailId) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NoSuch { what: "mail that this could be done to,", id: id.0 }) } else { Ok(()) }
}

fn due(row: &Row<'_>) -> rusqlite::Result<DueMail> {
    Ok(DueMail {
        id: MailId(row.get("id")?),
        mail: NewMail {
            message_id: row.get("message_id")?,
            sender: row.get("sender")?,
            recipient: row.get("recipient")?,
            subject: row.get("subject")?,
            story: row.get::<_, Option<i64>>("story")?.map(StoryId),
            bytes: row.get("bytes")?,
        },
        attempts: row.get("attempts")?,
        made: time(row, "made")?,
    })
}

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<MailEntry> {
    Ok(MailEntry {
        id: MailId(row.get("id")?),
        message_id: row.get("message_id")?,
        recipient: row.get("recipient")?,
        subject: row.get("subject")?,
        story: row.get::<_, Option<i64>>("story")?.map(StoryId),
        state: word(row, "state")?,
        attempts: row.get("attempts")?,
        next_at: time(row, "next_at")?,
        last_reason: row.get("last_reason")?,
        made: time(row, "made")?,
        sent_at: optional_time(row, "sent_at")?,
        set_aside: optional_time(row, "set_aside")?,
    })
}

fn pause(row: &Row<'_>) -> rusqlite::Result<MailPause> {
    Ok(MailPause {
        kind: word(row, "kind")?,
        reason: row.get("reason")?,
        since: time(row, "since")?,
        until: time(row, "until")?,
        trials: row.get("trials")?,
    })
}

fn held_back_since(now: Timestamp) -> Timestamp {
    now.checked_sub(HOLDS_BACK).unwrap_or(Timestamp::MIN)
}

/// Marks changes as told to a recipient by a mail.
pub(super) fn mark_told(
    connection: &Connection,
    recipient: &str,
    changes: &[i64],
    mail: MailId,
) -> Result<(), StoreError> {
    for change in changes {
        let sql = "UPDATE alert_changes SET mail = ?3 WHERE recipient = ?1 AND change = ?2 AND mail IS NULL";
        if run(connection, sql, params![recipient, change, mail.0])? == 0 {
            return Err(StoreError::NoSuch { what: "change that waits for this recipient,", id: *change });
        }
    }
    Ok(())
}

/// Puts a message into the outbox.
pub(super) fn queue(connection: &Connection, mail: &NewMail, now: Timestamp) -> Result<MailId, StoreError> {
    run(
        connection,
        "INSERT INTO mails (message_id, sender, recipient, subject, story, bytes, state, next_at, made)
         VALUES (:message_id, :sender, :recipient, :subject, :story, :bytes, 'queued', :now, :now)",
        named_params! {
            ":message_id": mail.message_id,
            ":sender": mail.sender,
            ":recipient": mail.recipient,
            ":subject": mail.subject,
            ":story": mail.story.map(|story| story.0),
            ":bytes": mail.bytes,
            ":now": Millis(now),
        },
    )?;
    Ok(MailId(connection.last_insert_rowid()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::samples::{minute, one_story};

    const DESK: &str = "desk@example.org";

    fn mail(message_id: &str, story: StoryId) -> NewMail {
        NewMail {
            message_id: message_id.to_owned(),
            sender: "tollwatch@example.org".to_owned(),
            recipient: DESK.to_owned(),
            subject: "Ferry off Port Ardo".to_owned(),
            story: Some(story),
            bytes: b"Subject: Port Ardo ferry\r\n\r\n31 dead\0\xff".to_vec(),
        }
    }

    /// A store with one story, and the mail that tells it.
    fn composed() -> (Store, StoryId, MailId) {
        let mut store = Store::in_memory().unwrap();
        let (story, change) = one_story(&mut store, "daily.example/a", &[DESK], minute(5));
        store.look_at_recipient(DESK, None).unwrap();
        let id = store.compose(&[change], &mail("a@example.org", story), minute(5)).unwrap();
        (store, story, id)
    }

    #[test]
    fn a_change_is_told_by_one_mail() {
        let (mut store, story, id) = composed();
        assert_eq!(store.waiting(DESK).unwrap(), []);
        let due = DueMail { id, mail: mail("a@example.org", story), attempts: 0, made: minute(5) };
        assert_eq!(store.due_mails(minute(5), 10).unwrap(), [due]);

        let again = store.compose(&[1], &mail("b@example.org", story), minute(6));
        assert!(matches!(again, Err(StoreError::NoSuch { id: 1, .. })), "{again:?}");
        assert_eq!(store.due_mails(minute(9), 10).unwrap().len(), 1, "the second mail was not kept either");
        assert!(store.compose(&[], &mail("a@example.org", story), minute(6)).is_err(), "one message id, one mail");
    }

    #[test]
    fn a_mail_waits_and_is_sent_with_the_same_bytes() {
        let (mut store, story, id) = composed();
        store.mail_later(id, "451 4.7.1 greylisted", minute(10)).unwrap();
        assert_eq!(store.due_mails(minute(9), 10).unwrap(), []);
        assert_eq!(store.next_wake(Timestamp::MIN).unwrap(), Some(minute(10)));
        let due = store.due_mails(minute(10), 10).unwrap().remove(0);
        assert_eq!((due.attempts, due.mail), (1, mail("a@example.org", story)));
        let waiting = store.mails(MailState::Queued, 10).unwrap().remove(0);
        assert_eq!(waiting.last_reason.as_deref(), Some("451 4.7.1 greylisted"));

        store.mail_sent(id, minute(10)).unwrap();
        assert_eq!(store.due_mails(minute(99), 10).unwrap(), []);
        assert_eq!(store.mails(MailState::Sent, 10).unwrap()[0].sent_at, Some(minute(10)));
        assert!(store.mail_later(id, "", minute(11)).is_err() && store.mail_again(id, minute(11)).is_err());
    }

    #[test]
    fn a_mail_waits_for_the_earlier_ones_to_its_recipient() {
        let (mut store, story, first) = composed();
        store.mail_later(first, "no answer", minute(80)).unwrap();
        let elsewhere = NewMail { recipient: "watch@example.org".to_owned(), ..mail("w@example.org", story) };
        store.compose(&[], &elsewhere, minute(6)).unwrap();
        store.compose(&[], &mail("b@example.org", story), minute(60)).unwrap();
        let due = |store: &Store, now| -> Vec<String> {
            store.due_mails(now, 10).unwrap().into_iter().map(|due| due.mail.message_id).collect()
        };
        assert_eq!(due(&store, minute(60)), ["w@example.org"]);
        assert_eq!(due(&store, minute(80)), ["a@example.org", "w@example.org", "b@example.org"]);
        store.mail_later(first, "still none", minute(600)).unwrap();
        assert_eq!(due(&store, minute(300)), ["w@example.org"]);
        // Six hours after the first was composed, the second does not wait for it any more.
        assert_eq!(due(&store, minute(366)), ["w@example.org", "b@example.org"]);
    }

    #[test]
    fn no_message_is_read_to_know_what_is_due() {
        let store = Store::in_memory().unwrap();
        let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {DUE}")).unwrap();
        let steps: Vec<String> = plan.query_map([0, 0], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        let of_mails: Vec<&String> = steps.iter().filter(|step| step.contains("mails_in")).collect();
        assert!(of_mails.len() == 2 && of_mails.iter().all(|step| step.contains("COVERING INDEX")), "{steps:?}");
    }

    #[test]
    fn while_all_mails_wait_none_is_due_until_the_trial() {
        let (mut store, _, id) = composed();
        let pause = MailPause {
            kind: PauseKind::Misconfigured,
            reason: "535 5.7.8 wrong password".to_owned(),
            since: minute(5),
            until: minute(20),
            trials: 1,
        };
        store.pause_mails(&pause).unwrap();
        assert_eq!(store.mail_pause().unwrap(), Some(pause.clone()));
        assert_eq!((store.due_mails(minute(19), 10).unwrap(), store.outbox_due(minute(19)).unwrap()), (vec![], false));
        assert_eq!(store.next_wake(minute(19)).unwrap(), Some(minute(20)));
        assert_eq!(store.due_mails(minute(20), 10).unwrap().len(), 1);

        store.pause_mails(&MailPause { until: minute(50), trials: 2, ..pause }).unwrap();
        store.try_mails_now(minute(21)).unwrap();
        assert_eq!(store.due_mails(minute(21), 10).unwrap()[0].attempts, 0, "it has not failed");
        store.resume_mails().unwrap();
        assert_eq!(store.mail_pause().unwrap(), None);
        assert_eq!(store.give_up_mails(minute(5), "nobody there", minute(30)).unwrap(), 0);
        assert_eq!(store.give_up_mails(minute(6), "nobody there", minute(30)).unwrap(), 1);
        assert_eq!(store.mails(MailState::Dead, 10).unwrap()[0].id, id);
    }

    #[test]
    fn a_refused_mail_is_set_aside_and_can_be_sent_again_by_hand() {
        let (mut store, story, id) = composed();
        store.mail_dead(id, "550 5.1.1 no such user", minute(6)).unwrap();
        assert_eq!(store.mails(MailState::Dead, 10).unwrap()[0].set_aside, Some(minute(6)));
        assert_eq!(store.due_mails(minute(99), 10).unwrap(), []);
        assert_eq!((store.status().unwrap().outbox, store.status().unwrap().mails_dead), (0, 1));
        assert_eq!(store.thread(DESK, story).unwrap(), [""; 0], "nobody has it: no thread begins with it");
        store.mail_again(id, minute(20)).unwrap();
        assert_eq!(store.due_mails(minute(20), 10).unwrap()[0].attempts, 0);
    }

    #[test]
    fn the_mails_of_a_story_are_one_thread_for_each_recipient() {
        let (mut store, story, first) = composed();
        let (other, _) = one_story(&mut store, "daily.example/b", &[], minute(5));
        store.mail_sent(first, minute(6)).unwrap();
        store.compose(&[], &mail("b@example.org", story), minute(7)).unwrap();
        store.compose(&[], &mail("c@example.org", other), minute(7)).unwrap();
        let to_night = NewMail { recipient: "night@example.org".to_owned(), ..mail("d@example.org", story) };
        store.compose(&[], &to_night, minute(7)).unwrap();
        assert_eq!(store.thread(DESK, story).unwrap(), ["a@example.org", "b@example.org"]);
    }

    #[test]
    fn the_bytes_of_mails_sent_long_ago_are_let_go() {
        let (mut store, story, id) = composed();
        store.compose(&[], &mail("b@example.org", story), minute(7)).unwrap();
        store.mail_sent(id, minute(8)).unwrap();
        assert_eq!(store.empty_sent_mails(minute(8)).unwrap(), 0);
        assert_eq!(store.empty_sent_mails(minute(9)).unwrap(), 1);
        assert_eq!(store.mail_bytes(id).unwrap(), Some(Vec::new()));
        assert_eq!(store.thread(DESK, story).unwrap().len(), 2);
        assert_eq!(store.due_mails(minute(9), 10).unwrap()[0].mail.bytes, mail("", story).bytes);
    }
}
