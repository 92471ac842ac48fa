//! The outbox: complete messages, stored before the first attempt to send them, marked only after.

use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

use crate::model::{StoryId, words};
use crate::store::sql::{Millis, all, first, optional_time, run, time, word};
use crate::store::{AlertId, Store, StoreError};

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
}

impl Store {
    /// Puts a message into the outbox and marks the alerts it tells, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where an alert is not waiting, or is another recipient's: nothing is told twice.
    pub fn compose(&mut self, alerts: &[AlertId], mail: &NewMail, now: Timestamp) -> Result<MailId, StoreError> {
        let transaction = self.write()?;
        run(
            &transaction,
            "INSERT INTO mails (message_id, sender, recipient, story, bytes, state, next_at, made)
             VALUES (:message_id, :sender, :recipient, :story, :bytes, 'queued', :now, :now)",
            named_params! {
                ":message_id": mail.message_id,
                ":sender": mail.sender,
                ":recipient": mail.recipient,
                ":story": mail.story.map(|story| story.0),
                ":bytes": mail.bytes,
                ":now": Millis(now),
            },
        )?;
        let id = MailId(transaction.last_insert_rowid());
        for alert in alerts {
            let sql = "UPDATE alerts SET mail = ?2 WHERE id = ?1 AND mail IS NULL AND recipient = ?3";
            if run(&transaction, sql, params![alert.0, id.0, mail.recipient])? == 0 {
                return Err(StoreError::NoSuch { what: "waiting alert", id: alert.0 });
            }
        }
        transaction.commit()?;
        Ok(id)
    }

    /// The mails to be sent now, at most `limit` of them, in the order in which they were composed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<DueMail>, StoreError> {
        let sql = "SELECT * FROM mails WHERE state = 'queued' AND next_at <= ?1 ORDER BY id LIMIT ?2";
        all(&self.connection, sql, params![Millis(now), limit], due)
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
    pub fn mail_dead(&mut self, id: MailId, reason: &str) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET state = 'dead', attempts = attempts + 1, last_reason = ?2
                   WHERE id = ?1 AND state = 'queued'";
        found(run(&self.connection, sql, params![id.0, reason])?, id)
    }

    /// Queues a mail that was set aside, as if it had never been tried; a queued one is due at once.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where there is no such mail, or it has been sent.
    pub fn mail_again(&mut self, id: MailId, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET state = 'queued', attempts = 0, next_at = ?2 WHERE id = ?1 AND state <> 'sent'";
        found(run(&self.connection, sql, params![id.0, Millis(now)])?, id)
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
        let sql = "SELECT id, message_id, recipient, story, state, attempts, next_at, last_reason, made, sent_at
                   FROM mails WHERE state = ?1 ORDER BY id DESC LIMIT ?2";
        all(&self.connection, sql, params![state.as_str(), limit], entry)
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
            story: row.get::<_, Option<i64>>("story")?.map(StoryId),
            bytes: row.get("bytes")?,
        },
        attempts: row.get("attempts")?,
    })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<MailEntry> {
    Ok(MailEntry {
        id: MailId(row.get("id")?),
        message_id: row.get("message_id")?,
        recipient: row.get("recipient")?,
        story: row.get::<_, Option<i64>>("story")?.map(StoryId),
        state: word(row, "state")?,
        attempts: row.get("attempts")?,
        next_at: time(row, "next_at")?,
        last_reason: row.get("last_reason")?,
        made: time(row, "made")?,
        sent_at: optional_time(row, "sent_at")?,
    })
}
