//! What came back, and what its headers ask of the next request.

use std::time::Duration;

use url::Url;

use crate::model::{Page, Validators};

/// A server's answer that can be worked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The body, or the word that the one we have is still good.
    pub fetched: Fetched,
    /// Where the address has moved for good: set when there were redirects and all of them were permanent (301, 308).
    /// Without credentials. One such answer is no proof; many, over days, are.
    pub moved_to: Option<Url>,
    /// For how long the answer stays fresh (Cache-Control max-age less Age, else Expires): asking earlier is
    /// pointless. At most a day, whatever the server says.
    pub fresh_for: Option<Duration>,
    /// How long the server asks to be left alone (Retry-After, which may come with a success too). At most a day.
    pub retry_after: Option<Duration>,
}

/// The two ways in which a fetch succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// A body, complete and within the limits.
    Page(Page),
    /// Nothing has changed since the validators sent were given (304).
    NotModified {
        /// To be stored in place of those sent: what the answer brought, and what it left out as it was.
        validators: Validators,
    },
}
