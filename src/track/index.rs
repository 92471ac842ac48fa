//! The stories that an article may join, found by the words that they share with it: what a new article costs does not
//! grow with the stories that have nothing in common with it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::model::{Article, Reading, Story, StoryId, StoryProfile};
use crate::track::profile::{self, Words};

/// What a word of each kind tells: place, name, event, other.
const TELLS: [f64; KINDS] = [1.6, 1.2, 0.8, 0.5];
/// What a country tells.
const COUNTRY_TELLS: f64 = 0.7;
/// In how many stories a word of each kind stands before any have been seen.
const EXPECTED: [f64; KINDS] = [2.0, 1.0, 6.0, 3.0];
/// From how many stories that expectation comes.
const EXPECTED_OF: f64 = 60.0;
/// The kinds of words.
const KINDS: usize = 4;

/// The stories that are still going on.
#[derive(Debug, Clone, Default)]
pub struct Index {
    stories: Vec<Story>,
    /// Where a story stands in the list.
    places: HashMap<StoryId, usize>,
    /// For each kind of words: which stories, by their places, have a word. Those that the config names are left out: they
    /// are joined by its words alone.
    having: [HashMap<String, Vec<usize>>; KINDS],
    /// How long each story is: for each kind of words the sum of the shares of its articles that have them.
    lengths: Vec<[f64; KINDS]>,
    /// The counts of the dead in each story.
    dead: Vec<Vec<u64>>,
    /// How many of the stories the config does not name.
    unnamed: usize,
}

/// A story that shares words with an article.
pub(super) struct Alike<'a> {
    pub(super) story: &'a Story,
    /// From 0 to about 1: the cosine of the angle between article and story.
    pub(super) likeness: f64,
    /// The counts of the dead that its articles give.
    pub(super) dead: &'a [u64],
}

impl Index {
    /// An index of these stories.
    pub fn of(stories: impl IntoIterator<Item = Story>) -> Self {
        let mut index = Self::default();
        stories.into_iter().for_each(|story| index.add(story));
        index
    }

    /// Adds a story that was opened.
    pub fn add(&mut self, story: Story) {
        let place = self.stories.len();
        self.places.insert(story.id, place);
        if story.configured.is_none() {
            self.unnamed += 1;
            for (having, words) in self.having.iter_mut().zip(kinds(&story.profile)) {
                words.keys().for_each(|word| having.entry(word.clone()).or_default().push(place));
            }
        }
        self.lengths.push(lengths(&story.profile));
        self.dead.push(dead(&story.profile));
        self.stories.push(story);
    }

    /// Takes an article that has joined a story into what is known of it; the story as it is now.
    pub fn join(&mut self, id: StoryId, article: &Article, reading: &Reading, at: Timestamp) -> Option<&Story> {
        let place = *self.places.get(&id)?;
        let story = &mut self.stories[place];
        let before = story.profile.clone();
        profile::add_to(&mut story.profile, &profile::words(article, &reading.figures));
        story.first = story.first.min(at);
        story.last = story.last.max(at);
        self.lengths[place] = lengths(&story.profile);
        self.dead[place] = dead(&story.profile);
        if story.configured.is_none() {
            for ((having, old), new) in self.having.iter_mut().zip(kinds(&before)).zip(kinds(&story.profile)) {
                for word in new.keys().filter(|word| !old.contains_key(*word)) {
                    having.entry(word.clone()).or_default().push(place);
                }
                for word in old.keys().filter(|word| !new.contains_key(*word)) {
                    having.entry(word.clone()).or_default().retain(|other| *other != place);
                }
            }
        }
        Some(&self.stories[place])
    }

    /// The story that stands for one of the config.
    pub(super) fn configured(&self, name: &str) -> Option<StoryId> {
        self.stories.iter().find(|story| story.configured.as_deref() == Some(name)).map(|story| story.id)
    }

    /// The stories that share a word with an article, in the order in which they were added.
    pub(super) fn alike(&self, words: &Words) -> impl Iterator<Item = Alike<'_>> {
        let of = self.unnamed as f64 + EXPECTED_OF;
        // How much a word of each kind tells that no other story has.
        let rare = EXPECTED.map(|expected| (of / (1.0 + expected)).ln());
        let mut shared: BTreeMap<usize, f64> = BTreeMap::new();
        let mut whole = 0.0;
        for (kind, words) in [&words.places, &words.names, &words.events, &words.terms].into_iter().enumerate() {
            for (word, weight) in words {
                let having = self.having[kind].get(word).map_or(&[][..], Vec::as_slice);
                let tells = if kind == 0 && profile::is_country(word) { COUNTRY_TELLS } else { TELLS[kind] };
                let rarity = (of / (having.len() as f64 + EXPECTED[kind])).ln().max(0.1);
                let weight = tells * rarity * f64::from((*weight).min(30)).sqrt();
                whole += weight * weight;
                for place in having {
                    let profile = &self.stories[*place].profile;
                    let count = kinds(profile)[kind].get(word).copied().unwrap_or_default();
                    let share = f64::from(count) / f64::from(profile.articles.max(1));
                    *shared.entry(*place).or_default() += weight * TELLS[kind] * rare[kind] * share.sqrt();
                }
            }
        }
        shared.into_iter().map(move |(place, shared)| {
            let scaled = self.lengths[place].iter().zip(TELLS).zip(rare);
            let length: f64 = scaled.map(|((length, tells), rare)| length * (tells * rare).powi(2)).sum();
            Alike { story: &self.stories[place], likeness: shared / (whole * length).sqrt(), dead: &self.dead[place] }
        })
    }
}

fn kinds(profile: &StoryProfile) -> [&BTreeMap<String, u32>; KINDS] {
    [&profile.places, &profile.names, &profile.events, &profile.terms]
}

fn lengths(profile: &StoryProfile) -> [f64; KINDS] {
    let articles = f64::from(profile.articles.max(1));
    kinds(profile).map(|words| words.values().map(|count| f64::from(*count) / articles).sum())
}

fn dead(profile: &StoryProfile) -> Vec<u64> {
    profile.terms.keys().filter_map(|term| profile::dead(term)).collect()
}
