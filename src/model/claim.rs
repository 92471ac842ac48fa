//! A claim: what one version of one article says that one source counted, for one story. Append-only.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use url::Url;

use crate::model::{ArticleId, Confidence, Fingerprint, Group, Measure, Quantity, Scope, Span, Status, StoryId, words};

/// Names a claim for good: the figure so-and-so many of a version of an article. Written `1932.1.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimId {
    /// The article.
    pub article: ArticleId,
    /// The version of the article, from 1.
    pub version: u32,
    /// The place of the figure among the figures of that version, from 1.
    pub nth: u32,
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.article.0, self.version, self.nth)
    }
}

impl FromStr for ClaimId {
    type Err = NoClaimId;

    fn from_str(text: &str) -> Result<Self, NoClaimId> {
        let mut parts = text.split('.');
        let mut next = || parts.next().and_then(|p| p.parse::<u32>().ok());
        match (next(), next(), next(), parts.next()) {
            (Some(article), Some(version), Some(nth), None) => {
                Ok(Self { article: ArticleId(article.into()), version, nth })
            }
            _ => Err(NoClaimId(text.to_owned())),
        }
    }
}

/// A text that names no claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no claim; a claim is written article.version.figure, as in 1932.1.3")]
pub struct NoClaimId(String);

/// What is compared with what: counts of one measure and group by one source, within a story.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// What happened.
    pub measure: Measure,
    /// To whom.
    pub group: Group,
    /// Who counted, under the one name that all aliases are brought to; `None` for the outlets' own voice.
    pub source: Option<String>,
}

/// A source's figure for a story, with the article version and the times. Never altered once made.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its name.
    pub id: ClaimId,
    /// The story it belongs to.
    pub story: StoryId,
    /// The series it belongs to.
    pub series: Series,
    /// The count.
    pub quantity: Quantity,
    /// As [`crate::model::Figure::status`].
    pub status: Status,
    /// As [`crate::model::Figure::scope`].
    pub scope: Scope,
    /// As [`crate::model::Figure::place`].
    pub place: Option<String>,
    /// As [`crate::model::Figure::period`].
    pub period: Option<String>,
    /// The source as this article names it.
    pub said_by: Option<String>,
    /// The sentence with the number.
    pub quote: String,
    /// Where the number stands within the quote, in bytes.
    pub number: Span,
    /// Where the number stands in the text of the article version, in bytes.
    pub span: Span,
    /// How the count was worked out from what the article says, where it stands nowhere as such: "1 + 1 = 2". It is then
    /// never shown as a number that the article gives.
    pub derived: Option<String>,
    /// The rule that read it.
    pub rule: String,
    /// How sure the reading is.
    pub confidence: Confidence,
    /// The publisher.
    pub outlet: String,
    /// The article's canonical address.
    pub url: Url,
    /// The publication of this version: by this, never by `seen`, claims are put in order.
    pub published: Timestamp,
    /// When tollwatch fetched it.
    pub seen: Timestamp,
    /// The sketch of the article's text, by which syndicated copies count as one voice.
    pub fingerprint: Fingerprint,
    /// What was made of it when it came in.
    pub verdict: Verdict,
}

words! {
    /// What a claim was taken for when it came in.
    Verdict {
        /// It moved a count, and was told.
        Told = "told",
        /// It moved a count on a feed's first poll, when the past is taken in silently.
        Baseline = "baseline",
        /// It repeats, rounds or bounds a count already told.
        Restated = "restated",
        /// It comes from a copy of a report already taken in.
        Copied = "copied",
        /// It is older than the count told, or lower without a sign of a correction.
        Stale = "stale",
        /// It is out of proportion and waits for a second voice.
        Held = "held",
        /// It counts a part, another event, an earlier or a feared number: evidence, not told.
        Kept = "kept",
    }
}
