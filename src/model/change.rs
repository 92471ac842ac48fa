//! A change: what a reader of all earlier articles would be told.

use jiff::Timestamp;

use crate::model::{ClaimId, Quantity, Series, StoryId, words};

/// A count that has moved, with the claim that moved it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The story.
    pub story: StoryId,
    /// Whose count of what.
    pub series: Series,
    /// What kind of change.
    pub kind: ChangeKind,
    /// The count told until now; `None` for the first.
    pub before: Option<Quantity>,
    /// The count from now on.
    pub after: Quantity,
    /// Why it counts as a change.
    pub reason: Reason,
    /// The claim behind it.
    pub claim: ClaimId,
    /// The publication of the article that brought it.
    pub at: Timestamp,
}

words! {
    /// The kinds of change.
    ChangeKind {
        /// The first count of that measure and group in the story.
        First = "first",
        /// The count has gone up.
        Rise = "rise",
        /// The count has gone down.
        Fall = "fall",
        /// Another source that cannot be squared with those told; both stand.
        Conflict = "conflict",
    }
}

words! {
    /// Why a claim counts as a change.
    Reason {
        /// Nothing of the kind had been told, or its source has begun to count again for a new phase.
        NewCount = "new count",
        /// Higher than what was told, in a report as new or newer.
        Higher = "higher",
        /// A number above a bound told before.
        AboveBound = "above the bound told before",
        /// The text says that an earlier count was corrected.
        Corrected = "corrected",
        /// Lower, from the same source again.
        SameSourceAgain = "lower, from the same source again",
        /// Lower, of a kind that falls by itself: the missing are found.
        Fewer = "fewer than before",
        /// Lower, and a second outlet says so.
        SecondOutlet = "a second outlet",
        /// Two sources differ.
        SourcesDisagree = "sources disagree",
        /// A count that was held is confirmed by a second voice.
        Confirmed = "confirmed by a second voice",
        /// The article was changed in place.
        EditedInPlace = "the article was changed in place",
    }
}
