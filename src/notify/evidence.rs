//! The sentences behind a change: quote with its numbers marked, outlet, time, link, and who else carries the count.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{Claim, Span};
use crate::notify::briefing::Briefing;
use crate::notify::foreign::{clean_piece, clean_short, link, shorten};
use crate::notify::moved::by_series;

/// One mail quotes at most this many sentences; more would be a bulletin that nobody reads on a phone.
const MOST_QUOTES: usize = 6;
/// A quote is cut to about so many characters around its numbers.
const LONGEST_QUOTE: usize = 320;
/// So many other outlets are named.
const MOST_OUTLETS: usize = 6;
/// More of an outlet's name is not told.
const LONGEST_OUTLET: usize = 60;

/// A sentence of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The sentence, in pieces.
    pub quote: Vec<Piece>,
    /// The sentence with the number in the version of the article before, when the article was changed in place.
    pub formerly: Option<Vec<Piece>>,
    /// The publisher.
    pub outlet: String,
    /// "9 March, 21:30 UTC"
    pub when: String,
    /// The article, when its address may be followed.
    pub url: Option<String>,
    /// "Coast Daily, Levant Monitor and 3 more"
    pub also: Option<String>,
}

/// A part of a quote: a number that is told, or the words between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Whether they are a number that is told.
    pub marked: bool,
}

/// The quotes for the changes of a briefing, in the order of its lines; one for each sentence.
pub(super) fn evidence(briefing: &Briefing) -> Vec<Evidence> {
    let mut sentences: Vec<Vec<&Claim>> = Vec::new();
    for (_, steps) in by_series(briefing.changes) {
        let last = steps[steps.len() - 1];
        let Some(claim) = briefing.claims.iter().find(|claim| claim.id == last.claim) else { continue };
        let same = |claims: &&mut Vec<&Claim>| {
            let known = claims[0];
            (known.id.article, known.id.version, &known.quote) == (claim.id.article, claim.id.version, &claim.quote)
        };
        match sentences.iter_mut().find(same) {
            Some(claims) => claims.push(claim),
            None => sentences.push(vec![claim]),
        }
    }
    sentences.iter().take(MOST_QUOTES).map(|claims| of_sentence(claims, briefing)).collect()
}

fn of_sentence(claims: &[&Claim], briefing: &Briefing) -> Evidence {
    let claim = claims[0];
    let zone = &briefing.subscription.zone;
    Evidence {
        quote: pieces(&claim.quote, claims.iter().map(|claim| claim.number).collect()),
        formerly: version_before(claim, briefing.claims).map(|old| pieces(&old.quote, vec![old.number])),
        outlet: clean_short(&claim.outlet, LONGEST_OUTLET),
        when: when(claim.published, zone, briefing.now),
        url: link(&claim.url).map(str::to_owned),
        also: also(claims, briefing.claims),
    }
}

/// The same article's claim of the same count in the version before, if that counted differently: what stood there until
/// the article was changed in place.
pub fn version_before<'a>(claim: &Claim, claims: &'a [Claim]) -> Option<&'a Claim> {
    let same_count = |old: &&Claim| {
        old.id.article == claim.id.article
            && old.id.version < claim.id.version
            && (old.series.measure, old.series.group) == (claim.series.measure, claim.series.group)
    };
    // Of several, the one that claimed the same thing: the whole count of now, by the same source, and not a part of it.
    let likeness = |old: &&Claim| {
        let alike = (old.scope == claim.scope, old.status == claim.status, old.series.source == claim.series.source);
        (old.id.version, alike, old.quantity.told(), old.id.nth)
    };
    claims.iter().filter(same_count).max_by_key(likeness).filter(|old| old.quantity != claim.quantity)
}

/// The other outlets that carry one of these counts, in the order in which they brought it.
fn also(claims: &[&Claim], all: &[Claim]) -> Option<String> {
    let same_count = |other: &&Claim| {
        claims.iter().any(|claim| {
            other.outlet != claim.outlet
                && other.quantity == claim.quantity
                && (other.series.measure, other.series.group) == (claim.series.measure, claim.series.group)
        })
    };
    let mut others: Vec<&Claim> = all.iter().filter(same_count).collect();
    others.sort_by_key(|other| (other.published, other.id));
    let mut outlets: Vec<String> = Vec::new();
    for other in others {
        let outlet = clean_short(&other.outlet, LONGEST_OUTLET);
        if !outlets.contains(&outlet) {
            outlets.push(outlet);
        }
    }
    let more = outlets.len().saturating_sub(MOST_OUTLETS);
    outlets.truncate(MOST_OUTLETS);
    match (outlets.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(outlets.join(", ")),
        (false, more) => Some(format!("{} and {more} more", outlets.join(", "))),
    }
}

/// A date and a time as the recipient's clock shows it; the year only where it is not this year.
pub(super) fn when(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let day = if at.year() == now.year() { at.strftime("%-d %B") } else { at.strftime("%-d %B %Y") };
    let zone_name = at.strftime("%Z").to_string();
    let utc = if zone_name.starts_with(['+', '-']) { "UTC" } else { "" };
    format!("{day}, {} {utc}{zone_name}", at.strftime("%H:%M"))
}

/// A quote cut into its numbers and the words between, shortened around the numbers, fit to print.
pub fn pieces(quote: &str, mut numbers: Vec<Span>) -> Vec<Piece> {
    numbers.retain(|span| span.start < span.end && quote.get(span.start..span.end).is_some());
    numbers.sort_unstable();
    let mut pieces = Vec::new();
    let mut done = 0;
    let mut add = |text: &str, marked: bool| {
        let text = clean_piece(text);
        if !text.is_empty() {
            pieces.push(Piece { text, marked });
        }
    };
    for span in numbers {
        if span.start >= done {
            add(&quote[done..span.start], false);
            add(&quote[span.start..span.end], true);
            done = span.end;
        }
    }
    add(&quote[done..], false);
    shorten_around_numbers(&mut pieces);
    pieces
}

/// Takes words away from between and around the numbers, longest stretch first, until the quote is short enough.
fn shorten_around_numbers(pieces: &mut [Piece]) {
    let last = pieces.len().saturating_sub(1);
    let marked = pieces.iter().any(|piece| piece.marked);
    while pieces.iter().map(|piece| piece.text.chars().count()).sum::<usize>() > LONGEST_QUOTE {
        let words = pieces.iter_mut().enumerate().filter(|(_, piece)| !piece.marked);
        let Some((at, longest)) = words.max_by_key(|(_, piece)| piece.text.chars().count()) else { return };
        let length = longest.text.chars().count();
        if length < 60 {
            return;
        }
        let keep = (length * 2 / 3).min(LONGEST_QUOTE);
        longest.text = if !marked || at == last {
            shorten(&longest.text, keep)
        } else if at == 0 {
            shorten_front(&longest.text, keep)
        } else {
            format!(
                "{}{}",
                shorten(&longest.text, keep / 2),
                shorten_front(&longest.text, keep / 2).replacen('…', "", 1)
            )
        };
    }
}

/// The end of a text, from the start of a word, after an ellipsis.
fn shorten_front(text: &str, most: usize) -> String {
    let skip = text.chars().count().saturating_sub(most);
    let tail: String = text.chars().skip(skip).collect();
    match tail.find(' ') {
        Some(space) if space < tail.len() / 2 => format!("…{}", &tail[space..]),
        _ => format!("…{tail}"),
    }
}
