//! What one article says of one measure and group, brought down to its different voices.

use crate::model::{Claim, Confidence, Group, Quantity};
use crate::track::fit::{can_be_one, says_more};
use crate::track::sources::same_voice;

/// Below this a count is small: one person more or fewer is often a misreading, and every text is full of such numbers.
pub(super) const SMALL: u64 = 10;

/// A lone small number that is read less surely than this needs a second voice where it would be the first count of a kind.
const SURE: Confidence = Confidence::per_mille(900);

/// A small number moves a count only if it stands at the head of an article, or is said twice, and is read as surely as
/// this; else it needs a second voice. On dated reports of 200 shootings this leaves a quarter of the changes, and more of
/// the last counts are right.
const SURE_MOVE: Confidence = Confidence::per_mille(990);

/// A lone number that is read less surely than this needs a second voice where it would stand below
/// the told count, as parts and earlier numbers do.
const PLAIN: Confidence = Confidence::per_mille(950);

/// So many bytes from the start stand the title and the lead, where what counts is said.
const HEAD: usize = 400;

const CORRECTIONS: &str = include_str!("corrections.tsv");
const ANEW: &str = include_str!("anew.tsv");

/// What one article says of one measure and group in one voice: the most telling of the claims that agree.
pub(super) struct Saying<'a> {
    pub(super) claim: &'a Claim,
    /// The places in the report of the claims that say the same.
    pub(super) all: Vec<usize>,
    /// Where in the text it is first said.
    pub(super) first_said: usize,
    /// The surest reading of it.
    pub(super) confidence: Confidence,
    /// Whether the words beside it speak of a correction.
    pub(super) corrects: bool,
    /// Whether they say that the count began again.
    pub(super) begins_anew: bool,
}

impl Saying<'_> {
    /// Whether it is said once and not at the head: the way parts and earlier numbers are told.
    pub(super) fn is_in_passing(&self) -> bool {
        self.all.len() == 1 && self.first_said >= HEAD
    }

    /// Whether an article bears a count out by itself: it is said twice, at the head, or plainly enough.
    pub(super) fn is_credible(&self) -> bool {
        !self.is_in_passing() || self.claim.series.group != Group::People || !self.is_small() || self.confidence >= SURE
    }

    fn is_small(&self) -> bool {
        self.claim.quantity.told() < SMALL
    }

    /// Whether one article is enough for it to take the place of the count `told`.
    pub(super) fn moves_alone(&self, told: Quantity) -> bool {
        let small = self.is_small() || told.told() < SMALL;
        !small || !self.is_in_passing() && self.confidence >= SURE_MOVE || self.confidence == Confidence::CERTAIN
    }

    /// Whether one article is enough for it to stand as another's count below the told one: no small number is.
    pub(super) fn may_stand_below(&self) -> bool {
        !self.is_small() || self.confidence == Confidence::CERTAIN
    }

    /// Whether an article bears it out against a higher count that is told.
    pub(super) fn is_plain(&self) -> bool {
        !self.is_in_passing() || self.confidence >= PLAIN
    }
}

/// Brings the claims of an article on one measure and group down to what it says in different voices.
///
/// A headline names no source, the lead gives a bound, the body the number and who counted: claims that agree are one
/// saying, and the most telling of them stands for all.
pub(super) fn sayings<'a>(mut claims: Vec<(usize, &'a Claim)>) -> Vec<Saying<'a>> {
    claims.sort_by_key(|(_, claim)| (claim.series.source.is_none(), claim.span));

    let mut sayings: Vec<Saying> = Vec::new();
    for (place, claim) in claims {
        match sayings.iter_mut().find(|saying| is_said_again(claim, saying.claim)) {
            Some(saying) => {
                let named_first = (claim.series.source.is_some(), says_more(claim.quantity, saying.claim.quantity));
                let agree = can_be_one(claim.quantity, saying.claim.quantity);
                if agree && named_first.1 && (named_first.0 || saying.claim.series.source.is_none())
                    || !agree && claim.quantity.told() > saying.claim.quantity.told()
                {
                    saying.claim = claim;
                }
                saying.all.push(place);
                saying.first_said = saying.first_said.min(claim.span.start);
                saying.confidence = saying.confidence.max(claim.confidence);
                saying.corrects |= speaks_of(CORRECTIONS, &claim.quote);
                saying.begins_anew |= speaks_of(ANEW, &claim.quote);
            }
            None => sayings.push(Saying {
                claim,
                all: vec![place],
                first_said: claim.span.start,
                confidence: claim.confidence,
                corrects: speaks_of(CORRECTIONS, &claim.quote),
                begins_anew: speaks_of(ANEW, &claim.quote),
            }),
        }
    }
    sayings
}

fn is_said_again(claim: &Claim, before: &Claim) -> bool {
    let same_number = claim.quantity.told() == before.quantity.told();
    match (claim.series.source.as_deref(), before.series.source.as_deref()) {
        (Some(a), Some(b)) => same_number || same_voice(a, b),
        _ => same_number || can_be_one(claim.quantity, before.quantity),
    }
}

/// Whether one of some cues begins a word of a quote.
fn speaks_of(cues: &str, quote: &str) -> bool {
    let quote = quote.to_lowercase();
    let starts_a_word = |at: usize| !quote[..at].ends_with(char::is_alphanumeric);
    cues.lines()
        .filter(|cue| !cue.starts_with('#') && !cue.is_empty())
        .any(|cue| quote.match_indices(cue).any(|(at, _)| starts_a_word(at)))
}
