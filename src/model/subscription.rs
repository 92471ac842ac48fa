//! Who wants to be told what, and when.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::model::{Address, Group, Measure, words};

/// One recipient's wish. A recipient may have several; what any of them asks for is told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// To whom.
    pub recipient: Address,
    /// What the wish is called in the mails that it brings, where it has a name.
    pub name: Option<String>,
    /// Which stories, by a part of their name or slug; empty: all.
    pub stories: Vec<String>,
    /// Which measures; empty: all.
    pub measures: Vec<Measure>,
    /// Which groups; empty: all.
    pub groups: Vec<Group>,
    /// Counts by whom, by a part of the source's name; empty: anybody's.
    pub sources: Vec<String>,
    /// From which feeds, by their names; empty: all.
    pub feeds: Vec<String>,
    /// From which publishers, by a part of their names; empty: all.
    pub outlets: Vec<String>,
    /// No count below this is told, in people, unless a higher one has been.
    pub least_count: u64,
    /// The least rise that is told, in people, above what this recipient was told last; falls are told however small.
    pub least_change: u64,
    /// The least rise that is told, in percent of what this recipient was told last. Both must be reached.
    pub least_percent: u32,
    /// Whether contradictions between sources are told.
    pub conflicts: bool,
    /// Whether mails name the counts that wait for a second voice.
    pub unconfirmed: bool,
    /// Whether mails list the counts of parts, places and single days.
    pub parts: bool,
    /// When.
    pub timing: Timing,
    /// The zone in which times are told and the times of mails and quiet hours are reckoned.
    pub zone: TimeZone,
    /// From when to when (may span midnight) nothing is sent; what comes in waits for the end.
    pub quiet: Option<(Time, Time)>,
    /// Which rises are sent in quiet hours all the same; `None`: none.
    pub quiet_unless: Option<Alarm>,
    /// At most so many mails of changes within any hour; `None`: as many as there are.
    pub most_an_hour: Option<u32>,
    /// When a mail says that all is well, in a week without any other.
    pub sign_of_life: Option<(Weekday, Time)>,
    /// What stands in the subject of the mails.
    pub subject: SubjectForm,
}

impl Subscription {
    /// The wish to be told everything at once.
    pub fn to(recipient: Address) -> Self {
        Self {
            recipient,
            name: None,
            stories: Vec::new(),
            measures: Vec::new(),
            groups: Vec::new(),
            sources: Vec::new(),
            feeds: Vec::new(),
            outlets: Vec::new(),
            least_count: 0,
            least_change: 1,
            least_percent: 0,
            conflicts: true,
            unconfirmed: true,
            parts: false,
            timing: Timing::AtOnce,
            zone: TimeZone::UTC,
            quiet: None,
            quiet_unless: None,
            most_an_hour: None,
            sign_of_life: None,
            subject: SubjectForm::Story,
        }
    }
}

/// When a change is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// As soon as the changes of a story have been collected for a short while.
    AtOnce,
    /// One digest at each full hour with anything new.
    Hourly,
    /// One digest a day at this time, when anything is new.
    Daily(Time),
    /// One digest a week on this day at this time, when anything is new.
    Weekly(Weekday, Time),
}

/// A rise that is sent in quiet hours. What is given must be reached, where both are, both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// By at least so many people.
    pub by: Option<u64>,
    /// To at least so many hundredths of what this recipient was told last: 200 is twice as many. A first count reaches
    /// any.
    pub times: Option<u32>,
}

words! {
    /// What stands in the subject of the mails about a story.
    SubjectForm {
        /// The story's name, always the same: mail programs then show one thread.
        Story = "story",
        /// What moved, then the story's name; Gmail then shows each mail by itself.
        Figure = "figure",
    }
}
