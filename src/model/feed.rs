//! What a feed says about one of its items.

use jiff::Timestamp;
use url::Url;

use crate::model::Validators;

/// One entry of a feed, before its page has been fetched. Texts may still hold HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    /// The name of the feed in the config.
    pub feed: String,
    /// By what the item is recognised when it comes again.
    pub identity: Identity,
    /// The guid or id as the feed gives it.
    pub guid: Option<String>,
    /// The address of the article's page, made absolute.
    pub link: Option<Url>,
    /// The headline, as plain text on one line; empty where the feed gives none.
    pub title: String,
    /// When the feed says it was published.
    pub published: Option<Timestamp>,
    /// When the feed says it was changed.
    pub updated: Option<Timestamp>,
    /// The summary, as the feed gives it.
    pub summary: Option<String>,
    /// The full text, as the feed gives it: what is read when the page cannot be.
    pub content: Option<String>,
}

/// The keys under which an item is known, strongest first; two items are one when they share any key.
///
/// A key survives a changed scheme, host or tracking parameter, and an item has keys of more than one kind (its guid,
/// its link, its words), so that it stays the same item when one of them changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(Vec<String>);

impl Identity {
    /// An identity of one key and, after it, weaker ones.
    pub fn new(strongest: String, weaker: impl IntoIterator<Item = String>) -> Self {
        let mut keys = vec![strongest];
        for key in weaker {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Self(keys)
    }

    /// The keys, strongest first; never empty.
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

/// What is remembered of a feed between polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// The name in the config.
    pub name: String,
    /// The address that the rest of this was learnt at; where the config's differs, the validators are void.
    pub url: Url,
    /// What the next request is made conditional with.
    pub validators: Validators,
    /// SHA-256 of the last body that was parsed, in hex: by this, not by the validators, "unchanged" is decided.
    pub body_hash: Option<String>,
    /// Not to be polled before this.
    pub next_check: Timestamp,
    /// When it was last asked.
    pub last_poll: Option<Timestamp>,
    /// When it last answered as a feed.
    pub last_success: Option<Timestamp>,
    /// When it last brought an item that was new.
    pub last_new: Option<Timestamp>,
    /// How many polls in a row have failed.
    pub failures: u32,
    /// What the last failure was; `None` after a success.
    pub trouble: Option<String>,
}

impl FeedState {
    /// A feed that has never been polled and is due at once.
    pub fn unpolled(name: &str, url: Url, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            url,
            validators: Validators::default(),
            body_hash: None,
            next_check: now,
            last_poll: None,
            last_success: None,
            last_new: None,
            failures: 0,
            trouble: None,
        }
    }
}
