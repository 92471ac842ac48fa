//! The nouns of tollwatch: plain values that the stages hand to each other. No I/O, no decisions.
//!
//! ```text
//! FeedItem → Page → Article → Figure → Claim → Change → Alert → Email → Delivery
//! ```

pub mod feed;
pub mod page;
pub mod article;
pub mod quantity;
pub mod figure;
pub mod story;
pub mod claim;
pub mod change;
pub mod subscription;
pub mod email;
pub mod secret;

pub use article::{Article, ArticleId, Entry, Fingerprint, Flag, Text};
pub use change::{Change, ChangeKind, Reason};
pub use claim::{Claim, ClaimId, Series, Verdict};
pub use email::{Address, Alert, Delivery, Email, Picture};
pub use feed::{FeedItem, FeedState, Identity, Moving, Notice, Wishes};
pub use figure::{Confidence, Figure, Group, Measure, Reading, ReportedToll, Scope, SetAside, Span, Status};
pub use page::{Page, Validators};
pub use quantity::{Bound, Quantity};
pub use secret::Secret;
pub use story::{NamedStory, Story, StoryDraft, StoryId, StoryProfile};
pub use subscription::{Alarm, SubjectForm, Subscription, Timing};

/// Declares an enum whose every value has one fixed word, used alike in JSON, in the database and in print.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for this value in JSON, in the database and in print.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::model::UnknownWord { word: word.to_owned(), known: &[$($word),+] }),
                }
            }
        }
    };
}
pub(crate) use words;

/// A word that stands for no value of the enum it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", .known.join(", "))]
pub struct UnknownWord {
    /// The word as it was found.
    pub word: String,
    /// The words that would have been understood.
    pub known: &'static [&'static str],
}
