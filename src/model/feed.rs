//! What a feed says about one of its items.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{Validators, words};

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
    /// The address of the config that the rest of this was learnt at; where the config's differs, the validators are void.
    pub url: Url,
    /// Where the feed has moved for good, or where the page at `url` says that it is: asked in place of `url`.
    pub moved: Option<Url>,
    /// Where it may be moving to.
    pub moving: Option<Moving>,
    /// What the next request is made conditional with.
    pub validators: Validators,
    /// By this it is known whether it is still asked in the same manner: answers to other requests have other validators.
    /// Salted, and too short to tell a password from others by.
    pub manner: Option<String>,
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
    /// The mean time between two of its items, as far as it has been seen.
    pub pace: Option<SignedDuration>,
    /// What its document has asked for last.
    pub wishes: Wishes,
    /// Since when it has not answered as a feed; an outage of our own network does not count.
    pub failing_since: Option<Timestamp>,
    /// Since when it is over (410): it is not asked any more.
    pub ended: Option<Timestamp>,
    /// What people have been told of it last; `None` where they may take it to be well.
    pub told: Option<Notice>,
    /// What people are still to be told of it.
    pub notice: Option<Notice>,
    /// How many polls in a row have failed.
    pub failures: u32,
    /// What the last failure was; `None` after a success.
    pub trouble: Option<String>,
}

/// An address to which a feed's own redirects, always for good. One such answer is no proof; many, over days, are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moving {
    /// The address.
    pub to: Url,
    /// When it was named first.
    pub since: Timestamp,
    /// How many answers in a row have named it.
    pub answers: u32,
}

/// When a feed's document asks to be polled, and when not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// For how long it asks not to be polled again (RSS 2.0, `ttl`).
    pub ttl: Option<SignedDuration>,
    /// How often it says that it changes (the syndication module, `updatePeriod` over `updateFrequency`).
    pub period: Option<SignedDuration>,
    /// The hours of the day, UTC, in which it asks not to be polled (`skipHours`): bit 0 is the hour after midnight.
    pub skip_hours: u32,
    /// The days, UTC, on which it asks not to be polled (`skipDays`): bit 0 is Monday.
    pub skip_days: u8,
}

words! {
    /// What people are told about a feed.
    Notice {
        /// It has not answered as a feed for long.
        Failing = "failing",
        /// It answers again.
        Recovered = "recovered",
        /// It answers, and has brought nothing for far longer than is its habit.
        Quiet = "quiet",
        /// Its server says that it is gone for good.
        Gone = "gone",
        /// It is asked at another address than the config's, to which that one leads.
        Moved = "moved",
    }
}

impl FeedState {
    /// The address to be asked.
    pub fn address(&self) -> &Url {
        self.moved.as_ref().unwrap_or(&self.url)
    }

    /// A feed that has never been polled and is due at once.
    pub fn unpolled(name: &str, url: Url, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            url,
            moved: None,
            moving: None,
            validators: Validators::default(),
            manner: None,
            body_hash: None,
            next_check: now,
            last_poll: None,
            last_success: None,
            last_new: None,
            pace: None,
            wishes: Wishes::default(),
            failing_since: None,
            ended: None,
            told: None,
            notice: None,
            failures: 0,
            trouble: None,
        }
    }
}
