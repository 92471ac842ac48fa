//! What is sent, and what came of it.

use std::fmt;

use jiff::Timestamp;

use crate::model::StoryId;

/// A mail address with an optional display name. Holds no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The name to show, or empty.
    pub name: String,
    /// `local@domain`.
    pub email: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { f.write_str(&self.email) } else { write!(f, "{} <{}>", self.name, self.email) }
    }
}

/// What one recipient may be told of one story: stored in the transaction of its changes, before anything is sent. Whether
/// and when it is mailed is decided later, by what else comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The recipient's address.
    pub recipient: String,
    /// The story.
    pub story: StoryId,
    /// The numbers of the changes in the store, ascending.
    pub changes: Vec<i64>,
    /// When they came in.
    pub heard: Timestamp,
}

/// A complete message. What is printed or sent is made of nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Without angle brackets; the same for every attempt.
    pub message_id: String,
    /// The message ids of the thread, oldest first; empty for the first mail of a story.
    pub references: Vec<String>,
    /// The sender.
    pub from: Address,
    /// The one recipient.
    pub to: Address,
    /// The subject, the same for all mails of a story.
    pub subject: String,
    /// The Date header.
    pub date: Timestamp,
    /// The List-Id header's id, without angle brackets.
    pub list_id: String,
    /// Further headers for filters (`X-Tollwatch-Story` and the like), in order.
    pub extra: Vec<(&'static str, String)>,
    /// The plain part, lines ended by `\n`.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// A picture that the HTML part shows by its content id.
    pub chart: Option<Picture>,
}

/// A PNG within a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its Content-ID, without angle brackets.
    pub cid: String,
    /// The PNG file.
    pub png: Vec<u8>,
}

/// What came of one attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Accepted for this recipient.
    Sent,
    /// Not now: the message waits and is tried again.
    Later {
        /// The server's words, or what happened instead.
        reason: String,
    },
    /// There is no server to talk to just now, which says nothing about this message: every message waits.
    Unreachable {
        /// What happened instead.
        reason: String,
    },
    /// The server will take nothing from us as we are set up (login refused, TLS missing): every message waits, and
    /// somebody must look.
    Misconfigured {
        /// The server's words.
        reason: String,
    },
    /// Never: this message is set aside and reported.
    Refused {
        /// The server's words.
        reason: String,
    },
}
