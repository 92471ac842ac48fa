//! The stories that an article may join, found by the words that they share with it: what a new article costs does not
//! grow with the stories that have nothing in common with it.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Article, Reading, Story, StoryId, StoryProfile};
use crate::track::packed::PackedSet;
use crate::track::profile::{self, Words};

/// What a word of each kind tells: place, name, event, other.
const TELLS: [f64; KINDS] = [1.6, 1.2, 0.8, 0.5];
/// What a country tells, or a state of one.
const LARGE_TELLS: f64 = 0.7;
/// In how many stories a word of each kind stands before any have been seen.
const EXPECTED: [f64; KINDS] = [2.0, 1.0, 6.0, 3.0];
/// From how many stories that expectation comes.
const EXPECTED_OF: f64 = 60.0;
/// The kinds of words.
const KINDS: usize = 4;
const PLACES: usize = 0;
const NAMES: usize = 1;
const EVENTS: usize = 2;
const TERMS: usize = 3;

/// The stories that are still going on, as far as is needed to find the one that an article joins. A story of a few
/// articles takes some 900 bytes here, since of its words only marks are kept; the store has the words themselves.
#[derive(Debug, Clone, Default)]
pub struct Index {
    stories: Vec<Known>,
    /// Where a story stands in the list.
    places: HashMap<StoryId, u32>,
    /// Which stories have which words. Those that the config names are left out: they are joined by its words alone.
    having: PackedSet,
    /// In how many articles of a story a word stands, where that is more than one.
    often: BTreeMap<Posting, u32>,
    /// How many of the stories the config does not name.
    unnamed: usize,
    marker: RandomState,
}

/// What is kept of a story.
#[derive(Debug, Clone)]
struct Known {
    id: StoryId,
    configured: Option<String>,
    first: Timestamp,
    last: Timestamp,
    articles: u32,
    /// How long it is: for each kind of words the sum of the shares of its articles that have them.
    lengths: [f64; KINDS],
    /// The counts of the dead that its articles give.
    dead: Box<[u64]>,
}

/// What stands for a word, in the upper 38 bits of a number. A word shares it with one of a million others in four cases of a
/// million, and then a story is a little more like an article than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark(u64);

/// That a story has a word: the word's mark, and below it the place of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Posting(u64);

/// How many bits are the place: 67 million stories.
const PLACE_BITS: u32 = 26;
const LAST_PLACE: u64 = (1 << PLACE_BITS) - 1;

impl Mark {
    fn at(self, place: u32) -> Posting {
        Posting(self.0 | u64::from(place))
    }
}

impl Posting {
    fn place(self) -> u32 {
        u32::try_from(self.0 & LAST_PLACE).expect("a place has 26 bits")
    }
}

/// A story that shares words with an article.
pub(super) struct Alike<'a> {
    index: &'a Index,
    place: u32,
    /// From 0 to about 1: the cosine of the angle between article and story.
    pub(super) likeness: f64,
}

impl Index {
    /// Adds a story that was opened, or is known from before.
    pub fn add(&mut self, story: &Story) {
        let place = u32::try_from(self.stories.len()).ok().filter(|place| u64::from(*place) <= LAST_PLACE);
        let place = place.expect("nobody has 67 million stories");
        self.places.insert(story.id, place);
        if story.configured.is_none() {
            self.unnamed += 1;
            self.put(story, place);
        }
        self.stories.push(known(story));
    }

    /// Takes an article that joins a story into what is known of it, here and in the story itself, which is to be as the
    /// store has it.
    pub fn join(&mut self, story: &mut Story, article: &Article, reading: &Reading, at: Timestamp) {
        let before = story.clone();
        profile::add_to(&mut story.profile, &profile::words(article, &reading.figures));
        story.first = story.first.min(at);
        story.last = story.last.max(at);
        let Some(place) = self.places.get(&story.id).copied() else { return };
        if story.configured.is_none() {
            for (posting, _) in self.postings(&before, place) {
                self.having.remove(posting.0);
                self.often.remove(&posting);
            }
            self.put(story, place);
        }
        self.stories[place as usize] = known(story);
    }

    /// Puts the words of a story in.
    fn put(&mut self, story: &Story, place: u32) {
        for (posting, count) in self.postings(story, place) {
            self.having.insert(posting.0);
            if count > 1 {
                self.often.insert(posting, count);
            }
        }
    }

    /// The words of a story, each with the number of its articles that have it.
    fn postings(&self, story: &Story, place: u32) -> Vec<(Posting, u32)> {
        let kinds = kinds(&story.profile).into_iter().enumerate();
        kinds
            .flat_map(|(kind, words)| words.iter().map(move |(word, count)| (self.mark(kind, word).at(place), *count)))
            .collect()
    }

    fn mark(&self, kind: usize, word: &str) -> Mark {
        Mark(self.marker.hash_one((kind, word)) & !LAST_PLACE)
    }

    /// The stories that have a word, in the order in which they were added.
    fn having(&self, mark: Mark) -> impl Iterator<Item = Posting> {
        self.having.range(mark.0..=mark.0 | LAST_PLACE).map(Posting)
    }

    /// In how many articles of a story a word stands.
    fn count(&self, posting: Posting) -> u32 {
        if self.having.contains(posting.0) { self.often.get(&posting).copied().unwrap_or(1) } else { 0 }
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
        let mut shared: BTreeMap<u32, f64> = BTreeMap::new();
        let mut whole = 0.0;
        for (kind, words) in [&words.places, &words.names, &words.events, &words.terms].into_iter().enumerate() {
            for (word, weight) in words {
                let mark = self.mark(kind, word);
                let tells = if kind == PLACES && profile::is_large(word) { LARGE_TELLS } else { TELLS[kind] };
                let rarity = (of / (self.having(mark).count() as f64 + EXPECTED[kind])).ln().max(0.1);
                let weight = tells * rarity * f64::from((*weight).min(30)).sqrt();
                whole += weight * weight;
                for posting in self.having(mark) {
                    let articles = self.stories[posting.place() as usize].articles.max(1);
                    let share = f64::from(self.often.get(&posting).copied().unwrap_or(1)) / f64::from(articles);
                    *shared.entry(posting.place()).or_default() += weight * TELLS[kind] * rare[kind] * share.sqrt();
                }
            }
        }
        shared.into_iter().map(move |(place, shared)| {
            let story = &self.stories[place as usize];
            let scaled = story.lengths.iter().zip(TELLS).zip(rare);
            let length: f64 = scaled.map(|((length, tells), rare)| length * (tells * rare).powi(2)).sum();
            Alike { index: self, place, likeness: shared / (whole * length).sqrt() }
        })
    }
}

impl<'a> Alike<'a> {
    fn story(&self) -> &'a Known {
        &self.index.stories[self.place as usize]
    }

    pub(super) fn id(&self) -> StoryId {
        self.story().id
    }

    /// How far a time lies outside the time of the story.
    pub(super) fn distance(&self, at: Timestamp) -> SignedDuration {
        let Known { first, last, .. } = self.story();
        at.duration_since(*last).max(first.duration_since(at)).max(SignedDuration::ZERO)
    }

    fn count(&self, kind: usize, word: &str) -> u32 {
        self.index.count(self.index.mark(kind, word).at(self.place))
    }

    /// Whether an article of the story names a place.
    pub(super) fn has_place(&self, place: &str) -> bool {
        self.count(PLACES, place) > 0
    }

    /// Whether an article of the story has a name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.count(NAMES, name) > 0
    }

    /// Whether an article of the story has a term.
    pub(super) fn has_term(&self, term: &str) -> bool {
        self.count(TERMS, term) > 0
    }

    /// Whether at least half of the story's articles speak of an event of this kind.
    pub(super) fn is_about(&self, event: &str) -> bool {
        let count = self.count(EVENTS, event);
        count > 0 && 2 * u64::from(count) >= u64::from(self.story().articles)
    }

    /// The counts of the dead that the story's articles give.
    pub(super) fn dead(&self) -> &'a [u64] {
        &self.story().dead
    }
}

fn known(story: &Story) -> Known {
    Known {
        id: story.id,
        configured: story.configured.clone(),
        first: story.first,
        last: story.last,
        articles: story.profile.articles,
        lengths: lengths(&story.profile),
        dead: dead(&story.profile),
    }
}

fn kinds(profile: &StoryProfile) -> [&BTreeMap<String, u32>; KINDS] {
    [&profile.places, &profile.names, &profile.events, &profile.terms]
}

fn lengths(profile: &StoryProfile) -> [f64; KINDS] {
    let articles = f64::from(profile.articles.max(1));
    kinds(profile).map(|words| words.values().map(|count| f64::from(*count) / articles).sum())
}

fn dead(profile: &StoryProfile) -> Box<[u64]> {
    profile.terms.keys().filter_map(|term| profile::dead(term)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, Text};

    /// So many reports, of which every third is of the same event; each has some words of its own.
    fn reports() -> impl Iterator<Item = (i64, Article)> {
        (0..200).map(|n| {
            let event = if n % 3 == 0 { 0 } else { n };
            let own: String = (0..30).map(|word| format!(" Qa{}n{word}e", n * 7 + word)).collect();
            let text = Text::from_parts(
                &format!("{} killed as ferry sinks off Port Ardo{event}", 20 + n),
                [&*format!("The coast guard of Port Ardo{event} counted {} dead, said{own}.", 20 + n)],
            );
            let article = Article {
                url: "https://ardo.example/a".parse().expect("an address"),
                outlet: "Ardo Daily".to_owned(),
                language: Some("en".to_owned()),
                published: None,
                modified: None,
                text,
                flags: Vec::new(),
                fingerprint: Fingerprint(0),
            };
            (event, article)
        })
    }

    fn opened(id: i64, words: &Words) -> Story {
        let mut profile = StoryProfile::default();
        profile::add_to(&mut profile, words);
        Story {
            id: StoryId(id),
            slug: id.to_string(),
            name: id.to_string(),
            configured: None,
            muted: false,
            first: Timestamp::UNIX_EPOCH,
            last: Timestamp::UNIX_EPOCH,
            profile,
        }
    }

    /// What a grown index tells is what one tells that was made of the stories as they are now, to the last bit: after a
    /// restart no article goes elsewhere.
    #[test]
    fn a_grown_index_is_like_a_fresh_one() {
        let (mut grown, mut stories) = (Index::default(), BTreeMap::<i64, Story>::new());
        let mut joined = 0;
        for (event, article) in reports() {
            let reading = Reading::default();
            match stories.get_mut(&event) {
                Some(story) => {
                    grown.join(story, &article, &reading, Timestamp::UNIX_EPOCH);
                    joined += 1;
                }
                None => {
                    let story = opened(event, &profile::words(&article, &[]));
                    grown.add(&story);
                    stories.insert(event, story);
                }
            }
        }
        assert!(joined > 60, "the words of a story must have been more than are kept of one");
        let mut fresh = Index::default();
        // In the order in which they were added.
        stories.values().for_each(|story| fresh.add(story));
        let told = |index: &Index, article: &Article| -> Vec<(StoryId, u64, bool)> {
            let words = profile::words(article, &[]);
            let told = index.alike(&words);
            told.map(|alike| (alike.id(), alike.likeness.to_bits(), alike.has_place("Syria"))).collect()
        };
        for (_, article) in reports() {
            let alike = told(&grown, &article);
            assert!(!alike.is_empty());
            assert_eq!(alike, told(&fresh, &article));
        }
        let kept = |index: &Index| index.having.range(0..=u64::MAX).count();
        assert_eq!(kept(&grown), kept(&fresh), "no word is kept that no story has");
        assert_eq!(grown.often.len(), fresh.often.len());
    }
}
