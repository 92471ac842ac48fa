//! Who wants to be told what, and when.

use jiff::civil;
use jiff::tz::TimeZone;

use crate::model::{Address, Group, Measure};

/// One recipient's wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// To whom.
    pub recipient: Address,
    /// Which stories, by a part of their name or slug; empty: all.
    pub stories: Vec<String>,
    /// Which measures; empty: all.
    pub measures: Vec<Measure>,
    /// Which groups; empty: all.
    pub groups: Vec<Group>,
    /// The least difference of a rise that is told, in people; falls and conflicts are always told.
    pub least_change: u64,
    /// When.
    pub timing: Timing,
    /// The zone in which times are told and daily mails and quiet hours are reckoned.
    pub zone: TimeZone,
    /// From when to when (may span midnight) nothing is sent; what comes in waits for the end.
    pub quiet: Option<(civil::Time, civil::Time)>,
}

/// When a change is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// As soon as the changes of a story have been collected for a short while.
    AtOnce,
    /// One mail at each full hour with anything new.
    Hourly,
    /// One digest a day at this time, when anything is new.
    Daily(civil::Time),
}
