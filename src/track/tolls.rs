//! What a story's claims add up to. Derived: the same claims give the same tolls, in whatever order they came in.

use jiff::Timestamp;

use crate::model::{Claim, ClaimId, Quantity, Series};
use crate::track::count::Counts;
use crate::track::observe::JUMP;

/// A count that stands now, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Toll {
    /// Whose count of what. The source is the one that gave the latest number.
    pub series: Series,
    /// Whether this is the told count of its measure and group, or one that dissents from it.
    pub standing: Standing,
    /// How many.
    pub quantity: Quantity,
    /// The publication of the article that first gave it.
    pub since: Timestamp,
    /// The claim it rests on.
    pub claim: ClaimId,
    /// The outlets that carry it, in alphabetical order.
    pub outlets: Vec<String>,
    /// All counts of this line, the oldest first; the last of them is the present one.
    pub history: Vec<Step>,
}

/// How a count stands to others of its measure and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is the count that readers are told.
    Told,
    /// Another source's count, which cannot be squared with the told one.
    Dissenting,
}

/// One step in the history of a count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The publication of the article that gave it.
    pub at: Timestamp,
    /// The count from then on.
    pub quantity: Quantity,
    /// Who counted.
    pub source: Option<String>,
    /// The claim.
    pub claim: ClaimId,
}

/// Adds up the claims of one story, by the publication of their articles. For each measure and group the told count
/// comes first, then those that dissent from it.
pub fn tolls(claims: &[Claim]) -> Vec<Toll> {
    let mut in_order = claims.to_vec();
    in_order.sort_by(|a, b| (a.published, a.url.as_str(), a.id).cmp(&(b.published, b.url.as_str(), b.id)));
    let mut counts = Counts::default();
    for report in in_order.chunk_by(|a, b| (a.id.article, a.id.version) == (b.id.article, b.id.version)) {
        counts.take_in(report, JUMP);
    }

    let mut tolls = Vec::new();
    for ((measure, group), count) in counts.by_kind {
        for (place, line) in count.lines.into_iter().enumerate() {
            let Some(last) = line.steps.last() else { continue };
            tolls.push(Toll {
                series: Series { measure, group, source: last.source.clone() },
                standing: if place == 0 { Standing::Told } else { Standing::Dissenting },
                quantity: line.quantity,
                since: last.at,
                claim: last.claim,
                outlets: line.outlets.into_iter().collect(),
                history: line.steps,
            });
        }
    }
    tolls
}
