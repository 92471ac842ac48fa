//! A story: one event as many articles tell it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The number of a story in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoryId(pub i64);

impl std::fmt::Display for StoryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An event that articles report, with what is needed to recognise the next article about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Its number.
    pub id: StoryId,
    /// Its short name for the command line: "syria-coast-killings-march-2025". Unique.
    pub slug: String,
    /// Its name for people, stable once given: "Syria coast killings, March 2025".
    pub name: String,
    /// The name of the story in the config, when the config names it.
    pub configured: Option<String>,
    /// Whether a person asked not to be told of it.
    pub muted: bool,
    /// The publication of its earliest article.
    pub first: Timestamp,
    /// The publication of its latest article.
    pub last: Timestamp,
    /// What its articles are about.
    pub profile: StoryProfile,
}

/// A story that is about to be opened; the store gives it its number and makes the slug unique.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryDraft {
    /// As [`Story::name`].
    pub name: String,
    /// As [`Story::configured`].
    pub configured: Option<String>,
    /// As [`Story::first`] and, until another article joins, [`Story::last`].
    pub at: Timestamp,
    /// As [`Story::profile`].
    pub profile: StoryProfile,
}

/// The words by which a story's articles are known: in how many of them each stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StoryProfile {
    /// How many articles have joined.
    pub articles: u32,
    /// Places named.
    pub places: BTreeMap<String, u32>,
    /// Persons, bodies and peoples named.
    pub names: BTreeMap<String, u32>,
    /// What happened: "earthquake", "shooting".
    pub events: BTreeMap<String, u32>,
    /// Other telling words.
    pub terms: BTreeMap<String, u32>,
}

/// A story that the config names in advance: an article that fits it joins it before any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStory {
    /// The name it is told under.
    pub name: String,
    /// An article must hold at least one of these places; empty: any place.
    pub places: Vec<String>,
    /// An article must hold at least one of these words; empty: any.
    pub words: Vec<String>,
    /// Only articles published at or after this.
    pub since: Option<Timestamp>,
    /// Only articles published before this.
    pub until: Option<Timestamp>,
}
