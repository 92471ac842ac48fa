//! What is kept: one SQLite database, and all that is asked of it.
//!
//! The promises: a poll's entries and the feed's validators are stored in one transaction; so are an article, its
//! claims, the changes and the alerts made of them ([`Intake`]), and so are a mail and the alerts it tells. Claims,
//! changes and article versions are never altered, and a page is kept as it was fetched or not at all. When the disk is full ([`StoreError::Full`]) nothing is lost and
//! the same call works once there is room.
//!
//! All methods block, on the disk and for up to five seconds on another writer: call them off the async threads.

mod open;
mod check;
mod backup;
mod error;
mod sql;
mod feeds;
mod items;
mod intake;
mod articles;
mod pages;
mod looks;
mod stories;
mod assignments;
mod claims;
mod changes;
mod alerts;
mod recipients;
mod outbox;
mod setback;
mod status;
mod gauges;

#[cfg(test)]
mod samples;

use rusqlite::{Connection, TransactionBehavior};

pub use alerts::Waiting;
pub use articles::{Fetched, StoredArticle};
pub use backup::{Restored, own_like_neighbours};
pub use changes::StoredChange;
pub use check::{CheckKind, Checked};
pub use error::StoreError;
pub use gauges::Gauges;
pub use intake::Intake;
pub use items::{ItemId, SavedPoll, WaitingItem};
pub use looks::{DueLook, Look};
pub use outbox::{DROPPED_BY_HAND, DueMail, MailEntry, MailId, MailPause, MailState, NewMail, PauseKind};
pub use pages::{KeptPage, PackedPage};
pub use recipients::Recipient;
pub use status::{LastChange, Status};

/// The database. One value, one connection; a second process may read beside it.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Starts a transaction that may write: it takes the write lock at once, so that it cannot fail on it half-way.
    fn write(&mut self) -> Result<rusqlite::Transaction<'_>, StoreError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}
