//! The stories that an article may join, found by the words that they share with it: what a new article costs does not
//! grow with the stories that have nothing in common with it.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;

use jiff::{SignedDuration, Timestamp};

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
const PLACES: usize = 0;
const EVENTS: usize = 2;
const TERMS: usize = 3;

/// The stories that are still going on, as far as is needed to find the one that an article joins. A story of a few
/// articles takes some 2 KB here, since its words are kept as marks; the store has the words themselves.
#[derive(Debug, Clone, Default)]
pub struct Index {
    stories: Vec<Known>,
    /// Where a story stands in the list.
    places: HashMap<StoryId, u32>,
    /// By the mark of a word: which stories have it, by their places. Those that the config names are left out: they are
    /// joined by its words alone.
    having: HashMap<u64, Having>,
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
    /// The marks of its words, ascending, and in how many of its articles each stands.
    marks: Box<[u64]>,
    counts: Box<[u32]>,
    /// How long it is: for each kind of words the sum of the shares of its articles that have them.
    lengths: [f64; KINDS],
    /// The counts of the dead that its articles give.
    dead: Box<[u64]>,
}

/// Which stories have a word. Most words stand in one story alone.
#[derive(Debug, Clone)]
enum Having {
    One(u32),
    Many(Vec<u32>),
}

/// A story that shares words with an article.
pub(super) struct Alike<'a> {
    story: &'a Known,
    /// From 0 to about 1: the cosine of the angle between article and story.
    pub(super) likeness: f64,
    marker: &'a RandomState,
}

impl Index {
    /// Adds a story that was opened, or is known from before.
    pub fn add(&mut self, story: &Story) {
        let place = u32::try_from(self.stories.len()).expect("nobody has four thousand million stories");
        let known = self.known(story);
        self.places.insert(story.id, place);
        if known.configured.is_none() {
            self.unnamed += 1;
            known.marks.iter().for_each(|mark| self.put(*mark, place));
        }
        self.stories.push(known);
    }

    /// Takes an article that joins a story into what is known of it, here and in the story itself, which is to be as the
    /// store has it.
    pub fn join(&mut self, story: &mut Story, article: &Article, reading: &Reading, at: Timestamp) {
        profile::add_to(&mut story.profile, &profile::words(article, &reading.figures));
        story.first = story.first.min(at);
        story.last = story.last.max(at);
        let Some(place) = self.places.get(&story.id).copied() else { return };
        let known = self.known(story);
        let before = &self.stories[place as usize].marks;
        let lacks = |marks: &[u64], mark: &u64| marks.binary_search(mark).is_err();
        let new: Vec<u64> = known.marks.iter().copied().filter(|mark| lacks(before, mark)).collect();
        let gone: Vec<u64> = before.iter().copied().filter(|mark| lacks(&known.marks, mark)).collect();
        if known.configured.is_none() {
            new.into_iter().for_each(|mark| self.put(mark, place));
            gone.into_iter().for_each(|mark| self.take_away(mark, place));
        }
        self.stories[place as usize] = known;
    }

    fn known(&self, story: &Story) -> Known {
        let words = kinds(&story.profile).into_iter().enumerate();
        let mut words: Vec<(u64, u32)> = words
            .flat_map(|(kind, words)| words.iter().map(move |(word, count)| (mark(&self.marker, kind, word), *count)))
            .collect();
        words.sort_unstable();
        Known {
            id: story.id,
            configured: story.configured.clone(),
            first: story.first,
            last: story.last,
            articles: story.profile.articles,
            marks: words.iter().map(|(mark, _)| *mark).collect(),
            counts: words.iter().map(|(_, count)| *count).collect(),
            lengths: lengths(&story.profile),
            dead: dead(&story.profile),
        }
    }

    fn put(&mut self, mark: u64, place: u32) {
        match self.having.entry(mark) {
            Entry::Vacant(free) => {
                free.insert(Having::One(place));
            }
            Entry::Occupied(mut known) => match known.get_mut() {
                Having::Many(places) => places.push(place),
                Having::One(other) => {
                    let places = vec![*other, place];
                    known.insert(Having::Many(places));
                }
            },
        }
    }

    fn take_away(&mut self, mark: u64, place: u32) {
        match self.having.get_mut(&mark) {
            Some(Having::Many(places)) if places.len() > 1 => places.retain(|other| *other != place),
            _ => {
                self.having.remove(&mark);
            }
        }
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
                let mark = mark(&self.marker, kind, word);
                let having = self.having.get(&mark).map_or(&[][..], Having::places);
                let tells = if kind == PLACES && profile::is_country(word) { COUNTRY_TELLS } else { TELLS[kind] };
                let rarity = (of / (having.len() as f64 + EXPECTED[kind])).ln().max(0.1);
                let weight = tells * rarity * f64::from((*weight).min(30)).sqrt();
                whole += weight * weight;
                for place in having {
                    let story = &self.stories[*place as usize];
                    let share = f64::from(story.count(mark)) / f64::from(story.articles.max(1));
                    *shared.entry(*place).or_default() += weight * TELLS[kind] * rare[kind] * share.sqrt();
                }
            }
        }
        shared.into_iter().map(move |(place, shared)| {
            let story = &self.stories[place as usize];
            let scaled = story.lengths.iter().zip(TELLS).zip(rare);
            let length: f64 = scaled.map(|((length, tells), rare)| length * (tells * rare).powi(2)).sum();
            Alike { story, likeness: shared / (whole * length).sqrt(), marker: &self.marker }
        })
    }
}

impl Having {
    fn places(&self) -> &[u32] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Many(places) => places,
        }
    }
}

impl Known {
    fn count(&self, mark: u64) -> u32 {
        self.marks.binary_search(&mark).map_or(0, |at| self.counts[at])
    }
}

impl Alike<'_> {
    pub(super) fn id(&self) -> StoryId {
        self.story.id
    }

    /// How far a time lies outside the time of the story.
    pub(super) fn distance(&self, at: Timestamp) -> SignedDuration {
        let Known { first, last, .. } = self.story;
        at.duration_since(*last).max(first.duration_since(at)).max(SignedDuration::ZERO)
    }

    /// Whether an article of the story names a place.
    pub(super) fn has_place(&self, place: &str) -> bool {
        self.story.count(mark(self.marker, PLACES, place)) > 0
    }

    /// Whether an article of the story has a term.
    pub(super) fn has_term(&self, term: &str) -> bool {
        self.story.count(mark(self.marker, TERMS, term)) > 0
    }

    /// Whether at least half of the story's articles speak of an event of this kind.
    pub(super) fn is_about(&self, event: &str) -> bool {
        let count = self.story.count(mark(self.marker, EVENTS, event));
        count > 0 && 2 * u64::from(count) >= u64::from(self.story.articles)
    }

    /// The counts of the dead that the story's articles give.
    pub(super) fn dead(&self) -> &[u64] {
        &self.story.dead
    }
}

/// What stands for a word. Two words share one in 64 bits about never, and then a story is a little more like another.
fn mark(marker: &RandomState, kind: usize, word: &str) -> u64 {
    marker.hash_one((kind, word))
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
        assert_eq!(grown.having.len(), fresh.having.len(), "no word is kept that no story has");
    }
}
