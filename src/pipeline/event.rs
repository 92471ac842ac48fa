//! What has just happened: told while it happens, to the journal, to a progress bar or to the demo's screen.

use jiff::Timestamp;

use crate::model::{Change, Claim, Delivery, Story};

/// Something that a person who watches would want to see.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A feed has been asked.
    Polled {
        /// The feed's name.
        feed: String,
        /// When.
        at: Timestamp,
        /// What came of it.
        answer: Answer,
        /// Whether with that it has fallen ill, or is well again.
        turn: Option<Turn>,
        /// When it will be asked again.
        next: Timestamp,
    },
    /// Our own network has gone down, or is up again, for all that is known.
    Network {
        /// When it was found.
        at: Timestamp,
        /// Whether it is up.
        is_up: bool,
    },
    /// An item's page has been read, or could not be.
    Read {
        /// The feed's name.
        feed: String,
        /// The headline.
        title: String,
        /// When.
        at: Timestamp,
        /// What came of it.
        outcome: Outcome,
    },
    /// A count has moved.
    Changed {
        /// The story.
        story: Box<Story>,
        /// The change.
        change: Box<Change>,
        /// The outlet that brought it.
        outlet: String,
    },
    /// A count waits for a second voice.
    Held {
        /// The story.
        story: Box<Story>,
        /// The claim.
        claim: Box<Claim>,
    },
    /// A mail was tried.
    Mailed {
        /// To whom.
        recipient: String,
        /// Its subject and first line.
        subject: String,
        /// What came of it.
        delivery: Delivery,
    },
}

/// That a feed does otherwise than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was well and has failed, or is over.
    Down,
    /// It had failed and has answered.
    Up,
}

/// What came of asking a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing has changed since the last time.
    Unchanged,
    /// A feed.
    Items {
        /// How many items it holds.
        all: usize,
        /// How many of them are new or have changed.
        new: usize,
        /// What had to be repaired before it could be parsed.
        repairs: Vec<String>,
    },
    /// The server, or the feed's host, asks for rest.
    Resting {
        /// In whose words.
        why: String,
    },
    /// No feed was had.
    Failed {
        /// Why.
        why: String,
    },
    /// The feed is gone for good, and is not asked any more.
    Ended {
        /// In whose words.
        why: String,
    },
}

/// What came of reading an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The article is stored.
    Taken(Box<Taken>),
    /// The page will be asked for again.
    Later {
        /// Why.
        why: String,
        /// When.
        then: Timestamp,
    },
    /// There is nothing to read, and there will not be.
    GivenUp {
        /// Why.
        why: String,
    },
}

/// What was made of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The publisher.
    pub outlet: String,
    /// The story it joined.
    pub story: Option<Story>,
    /// Whether the story was opened by it.
    pub opened: bool,
    /// How many figures were read.
    pub figures: usize,
    /// The claims made of them, with their verdicts.
    pub claims: Vec<Claim>,
    /// The changes they brought.
    pub changes: Vec<Change>,
    /// 1 for a new article, more for one that was changed in place; `None` when the text was known already.
    pub version: Option<u32>,
    /// Why nothing was read, where nothing could be: a language without a lexicon.
    pub unread: Option<String>,
}
