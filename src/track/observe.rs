//! From an article's figures and a story's past to claims, and to what a reader of all earlier articles would be told.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::model::{
    Article, ArticleId, Change, Claim, ClaimId, Confidence, Figure, Group, Reading, ReportedToll, Scope, Series, Span,
    Status, StoryId, Verdict,
};
use crate::track::fit::can_be_one;
use crate::track::ledger::Ledger;
use crate::track::saying::SMALL;
use crate::track::sources::{Aliases, canonical};

/// From this factor on, a count that one voice gives is held until a second one confirms it.
pub(super) const JUMP: u64 = 8;

/// A figure that is less likely than this to be a whole count of now, of its group, moves nothing; from here on it is taken
/// for one, even if a piece or an earlier count is a little likelier. On stories whose labels the weights had not seen, what
/// is told was best from here to .35: F1 .660, where it was .641 by scope and status alone, with precision and recall both
/// higher.
const LEAST_HEADLINE: Confidence = Confidence::per_mille(300);

/// A quote is kept up to this many bytes on either side of its number.
const QUOTE: usize = 400;

/// What is settled in the config.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Figures that are read less surely than this are kept as evidence and move nothing.
    pub least_confidence: Confidence,
    /// The names of sources.
    pub aliases: Aliases,
}

impl Default for Settings {
    fn default() -> Self {
        Self { least_confidence: Confidence::per_mille(500), aliases: Aliases::built_in() }
    }
}

/// One version of an article that has joined a story, with its figures.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The story it joined.
    pub story: StoryId,
    /// The article's number in the store.
    pub id: ArticleId,
    /// Which version of it this is, from 1.
    pub version: u32,
    /// The article as it reads in this version.
    pub article: &'a Article,
    /// What was read in it.
    pub reading: &'a Reading,
    /// When tollwatch fetched it.
    pub seen: Timestamp,
    /// Whether it comes with a feed's first poll, when the past is taken in silently.
    pub baseline: bool,
}

/// What an article adds to a story.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// A claim for each figure, with what was made of it; none when this version was taken in before.
    pub claims: Vec<Claim>,
    /// What is to be told, in the order of the text.
    pub changes: Vec<Change>,
}

/// Judges one article version against all earlier claims of its story, which may come in any order; a [`Ledger`] does so for
/// one article after another.
pub fn observe(incoming: &Incoming, past: &[Claim], settings: &Settings) -> Observed {
    Ledger::of(past.to_vec()).take_in(incoming, settings)
}

/// A claim for each figure, and one for each whole count that follows from them. The verdict is still open, save for
/// figures that are not surely enough read, and for those that are not what the article reports.
pub(super) fn claims(incoming: &Incoming, settings: &Settings) -> Vec<Claim> {
    let Reading { figures, tolls, .. } = incoming.reading;
    let given = figures.iter().map(|figure| {
        if !is_news(figure, settings) || !is_reported(figure, tolls) {
            return (Cow::Borrowed(figure), Verdict::Kept);
        }
        let taken = Figure { scope: Scope::Story, status: Status::Current, ..figure.clone() };
        (Cow::Owned(taken), Verdict::Restated)
    });
    let worked_out = tolls.iter().filter(|toll| is_whole_by_kind(toll, tolls)).filter_map(|toll| {
        let part = figures.iter().find(|figure| figure.span == toll.span)?;
        let (group, quantity) = (toll.group, toll.quantity);
        let whole = Figure { group, quantity, derived: toll.derived.clone(), ..part.clone() };
        Some((Cow::Owned(whole), if is_news(part, settings) { Verdict::Restated } else { Verdict::Kept }))
    });
    (1..)
        .zip(given.chain(worked_out))
        .map(|(nth, (figure, verdict))| claim(incoming, nth, &figure, verdict, settings))
        .collect()
}

fn claim(incoming: &Incoming, nth: u32, figure: &Figure, verdict: Verdict, settings: &Settings) -> Claim {
    let article = incoming.article;
    let (quote, number) = quote(article.text.as_str(), figure.sentence, figure.span);
    Claim {
        id: ClaimId { article: incoming.id, version: incoming.version, nth },
        story: incoming.story,
        series: Series {
            measure: figure.measure,
            group: figure.group,
            source: canonical(figure.source.as_deref(), &settings.aliases),
        },
        quantity: figure.quantity,
        status: figure.status,
        scope: figure.scope,
        place: figure.place.clone(),
        period: figure.period.clone(),
        said_by: figure.source.clone(),
        quote,
        number,
        span: figure.span,
        derived: figure.derived.clone(),
        rule: figure.rule.to_string(),
        confidence: figure.confidence,
        outlet: article.outlet.clone(),
        url: article.url.clone(),
        published: published(incoming),
        seen: incoming.seen,
        fingerprint: article.fingerprint,
        verdict,
    }
}

/// Whether the whole count of people is not given as such, but follows since only women or only children are told of: "a
/// girl was killed" is one killed. Other groups are sides of an event, and there may be dead on the others.
fn is_whole_by_kind(toll: &ReportedToll, tolls: &[ReportedToll]) -> bool {
    let mut parts = tolls.iter().filter(|other| other.measure == toll.measure && other.derived.is_none());
    let first = parts.next();
    toll.derived.is_some()
        && toll.group == Group::People
        && first.is_some_and(|part| {
            matches!(part.group, Group::Women | Group::Children) && parts.all(|other| other.group == part.group)
        })
}

/// Whether a figure is read surely enough to count.
fn is_sure(figure: &Figure, settings: &Settings) -> bool {
    figure.confidence >= settings.least_confidence
}

/// Whether a figure may move a count of the story.
fn is_news(figure: &Figure, settings: &Settings) -> bool {
    is_sure(figure, settings) && figure.headline >= LEAST_HEADLINE
}

/// Whether a figure is among what the article as a whole reports. Only small numbers are asked: of those a text holds many.
fn is_reported(figure: &Figure, tolls: &[ReportedToll]) -> bool {
    let says = |toll: &ReportedToll| {
        (toll.measure, toll.group) == (figure.measure, figure.group) && can_be_one(figure.quantity, toll.quantity)
    };
    figure.quantity.told() >= SMALL || figure.confidence == Confidence::CERTAIN || tolls.iter().any(says)
}

/// When this version was published. A date in the future would make all that follows look old, so the time of fetching
/// is the latest that is believed; it also stands in for a date that is missing.
fn published(incoming: &Incoming) -> Timestamp {
    let article = incoming.article;
    let dated = if incoming.version > 1 { article.modified } else { article.published };
    dated.map_or(incoming.seen, |date| date.min(incoming.seen))
}

/// The sentence with the number, shortened around it where it is very long, and where the number stands in it.
fn quote(text: &str, sentence: Span, number: Span) -> (String, Span) {
    let start = sentence.start.min(number.start).max(number.start.saturating_sub(QUOTE));
    let end = sentence.end.max(number.end).min(number.end.saturating_add(QUOTE)).min(text.len());
    let start = (start..=number.start).find(|&at| text.is_char_boundary(at)).unwrap_or(number.start);
    let end = (number.end..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(number.end);
    match text.get(start..end) {
        Some(quote) => (quote.to_owned(), Span { start: number.start - start, end: number.end - start }),
        None => (String::new(), Span { start: 0, end: 0 }),
    }
}
