//! Which story an article belongs to: one that is told already, or a new one.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Article, NamedStory, Reading, StoryDraft, StoryId, StoryProfile};
use crate::track::index::{Alike, Index};
use crate::track::naming;
use crate::track::profile::{self, IN_LEAD, IN_TITLE, Words};

/// A story is over when nothing has been published about it for so long. Longer than a year, since anniversaries bring
/// the final counts.
const WINDOW: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Within this time of a story's latest article the next one is expected.
const FRESH: SignedDuration = SignedDuration::from_hours(4 * 24);
/// After this time without an article a story is out of the news.
const SILENT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// From so like on (1 is the same) an article joins a fresh story. This and the next three were tried out on labelled
/// stories of disasters and wars, and on local news where most stories are a shooting in the same few cities.
const ENOUGH: f64 = 0.10;
/// The same for a story that is out of the news.
const ENOUGH_AFTER_SILENCE: f64 = 0.28;
/// The same for an attack: the next shooting in a city is more likely than news of the last.
const ENOUGH_OF_MANY_AFTER_SILENCE: f64 = 0.45;
/// The same for an article that repeats a number of the story.
const ENOUGH_WITH_NUMBER: f64 = 0.15;
const ENOUGH_WITH_NUMBER_AFTER_SILENCE: f64 = 0.20;

/// Counts of the dead that lie this far apart are not of one event, but of one day and of a whole war.
const ANOTHER_SCALE: u64 = 300;
/// Below this many dead, an event can still grow so far.
const SCALE_FROM: u64 = 100;

/// Where an article belongs.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// To a story that is known.
    Joins(StoryId),
    /// To a story that it opens.
    Opens(StoryDraft),
    /// To none, since it counts nobody.
    Nothing,
}

/// How long after its latest article a story can still be joined. An [`Index`] is to hold all stories whose time, from
/// [`first`](crate::model::Story::first) to [`last`](crate::model::Story::last), is no further than this from an article's.
pub fn window() -> SignedDuration {
    WINDOW
}

/// Finds the story of an article published at `at`, among those that are still going on.
///
/// A story that the config names comes before all others. Else the article joins the story that it is most like in
/// what happened, where, and who is named, if it is like enough.
pub fn link(article: &Article, reading: &Reading, at: Timestamp, stories: &Index, named: &[NamedStory]) -> Link {
    if reading.figures.is_empty() {
        return Link::Nothing;
    }
    let words = profile::words(article, &reading.figures);
    if let Some(named) = named.iter().find(|named| fits(named, article, at)) {
        return match stories.configured(&named.name) {
            Some(id) => Link::Joins(id),
            None => Link::Opens(draft(named.name.clone(), Some(named.name.clone()), at, &words)),
        };
    }
    best(&words, at, stories)
        .map_or_else(|| Link::Opens(draft(naming::name(article, &words, at), None, at, &words)), Link::Joins)
}

fn draft(name: String, configured: Option<String>, at: Timestamp, words: &Words) -> StoryDraft {
    let mut profile = StoryProfile::default();
    profile::add_to(&mut profile, words);
    StoryDraft { name, configured, at, profile }
}

/// Whether an article is one of a story that the config names.
fn fits(named: &NamedStory, article: &Article, at: Timestamp) -> bool {
    let text = article.text.as_str().to_lowercase();
    let holds = |words: &[String]| words.is_empty() || words.iter().any(|word| holds_word(&text, &word.to_lowercase()));
    (!named.places.is_empty() || !named.words.is_empty())
        && named.since.is_none_or(|since| at >= since)
        && named.until.is_none_or(|until| at < until)
        && holds(&named.places)
        && holds(&named.words)
}

/// Whether a word, or several in a row, stand in a text, not as a part of longer words.
fn holds_word(text: &str, word: &str) -> bool {
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            !text[..at].ends_with(char::is_alphanumeric) && !text[at + word.len()..].starts_with(char::is_alphanumeric)
        })
}

/// The story that an article is most like, if it is like enough.
fn best(words: &Words, at: Timestamp, stories: &Index) -> Option<StoryId> {
    let mut best: Option<(f64, StoryId)> = None;
    for story in stories.alike(words) {
        let gap = story.distance(at);
        if gap > WINDOW {
            continue;
        }
        // Of two stories that are about equally like, the one that is still in the news asks for less.
        let margin = story.likeness + same_disaster(words, &story) - enough(gap, words, &story);
        let is_another = is_of_another_scale(words, story.dead()) || is_next_of_many(gap, words, &story);
        if margin >= 0.0 && best.is_none_or(|(most, _)| margin > most) && !is_another {
            best = Some((margin, story.id()));
        }
    }
    best.map(|(_, id)| id)
}

/// Whether every count of the dead in an article is out of all proportion to those of the story: "more than half a
/// million since 2011" is the toll of a war, and no news of the 700 killed on one coast.
fn is_of_another_scale(words: &Words, known: &[u64]) -> bool {
    let apart = |new: u64, known: u64| {
        let (less, more) = (new.min(known), new.max(known));
        less >= SCALE_FROM && more / less >= ANOTHER_SCALE
    };
    let mut new = words.terms.keys().filter_map(|term| profile::dead(term)).peekable();
    new.peek().is_some() && !known.is_empty() && new.all(|new| known.iter().all(|known| apart(new, *known)))
}

/// A bonus where article and story speak of the same rare kind of event in the same place: a ferry, a flood, a fire. Of
/// shootings and raids there are many in one city.
fn same_disaster(words: &Words, story: &Alike<'_>) -> f64 {
    // The title may leave out what the lead speaks of: "Governor reads out a list of 3,077".
    let most = words.events.values().copied().max().unwrap_or_default();
    let shared = words.events.iter().any(|(name, weight)| {
        let foremost = *weight >= IN_TITLE || *weight == most && *weight >= IN_LEAD;
        story.is_about(name) && foremost && profile::event(name).is_some_and(|event| event.telling == 3)
    });
    let town = words.places.keys().any(|place| !profile::is_large(place) && story.has_place(place));
    let country = words.places.keys().any(|place| story.has_place(place));
    match (shared, town, country) {
        (true, true, _) => 0.08,
        (true, false, true) => 0.03,
        _ => 0.0,
    }
}

/// Whether what an article speaks of most is no rare thing: attacks come in numbers, ferries seldom sink.
fn is_one_of_many(words: &Words) -> bool {
    let most = words.events.values().max();
    let mut foremost = words.events.iter().filter(|(_, weight)| Some(*weight) == most);
    foremost.all(|(name, _)| profile::event(name).is_some_and(|event| event.telling < 3))
}

/// Whether an article tells of the next attack in a place: that shares the city and the gun with the last one, and no name.
fn is_next_of_many(gap: SignedDuration, words: &Words, story: &Alike<'_>) -> bool {
    gap > FRESH
        && is_one_of_many(words)
        && !repeats_a_number(words, story)
        && !words.names.keys().any(|name| story.has_name(name))
}

fn repeats_a_number(words: &Words, story: &Alike<'_>) -> bool {
    words.terms.keys().any(|term| profile::is_number(term) && story.has_term(term))
}

/// How like a story an article must be to join it. The longer the story has been silent the more; less where the
/// article repeats one of its larger numbers, as late articles do that look back.
fn enough(gap: SignedDuration, words: &Words, story: &Alike<'_>) -> f64 {
    if gap <= FRESH {
        return ENOUGH;
    }
    let days = |duration: SignedDuration| duration.as_secs_f64() / 86_400.0;
    let silent = (days(gap) / days(FRESH)).ln() / (days(SILENT) / days(FRESH)).ln();
    let after_silence = if is_one_of_many(words) { ENOUGH_OF_MANY_AFTER_SILENCE } else { ENOUGH_AFTER_SILENCE };
    let enough = ENOUGH + (after_silence - ENOUGH) * silent.min(1.0);
    match (repeats_a_number(words, story), gap <= SILENT) {
        (true, true) => enough.min(ENOUGH_WITH_NUMBER),
        (true, false) => enough.min(ENOUGH_WITH_NUMBER_AFTER_SILENCE),
        (false, _) => enough,
    }
}
