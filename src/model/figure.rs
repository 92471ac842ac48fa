//! A figure: one statement in an article of how many people something happened to.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::model::{Quantity, words};

/// One count in one article, pointing at the exact words it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// How many.
    pub quantity: Quantity,
    /// What happened to them.
    pub measure: Measure,
    /// Who was counted.
    pub group: Group,
    /// Who is said to have counted, as the text names them; `None` where the outlet speaks in its own voice.
    pub source: Option<String>,
    /// Where, as the text names it, when the clause tells.
    pub place: Option<String>,
    /// Over which time, as the text names it, when the clause tells.
    pub period: Option<String>,
    /// Whether the text gives it as the count of now.
    pub status: Status,
    /// Which count it is: of the article's event, of a piece of it, or of something else.
    pub scope: Scope,
    /// The words of the number, qualifier included.
    pub span: Span,
    /// The sentence that holds it.
    pub sentence: Span,
    /// How sure value and measure are.
    pub confidence: Confidence,
    /// How likely all of it is right that makes it news: value, measure, group, and that it is the whole count of the
    /// article's event as of now. Of a figure that is likelier a piece or an earlier count it is low, seldom nought.
    pub headline: Confidence,
    /// The name of the rule that found it.
    pub rule: Cow<'static, str>,
    /// Whether the value is calculated (a sum, "all 62 aboard") and stands nowhere as such; then how.
    pub derived: Option<String>,
}

words! {
    /// What happened to the people counted.
    Measure {
        /// Died, by whatever cause.
        Killed = "killed",
        /// Wounded, hurt, taken to hospital.
        Injured = "injured",
        /// Missing, trapped, unaccounted for.
        Missing = "missing",
        /// Fled, evacuated, made homeless.
        Displaced = "displaced",
        /// Arrested, held, captured.
        Detained = "detained",
        /// Kidnapped, taken hostage.
        Abducted = "abducted",
        /// Killed or wounded, not told apart.
        Casualties = "casualties",
    }
}

words! {
    /// Who was counted.
    Group {
        /// No kind told, or one that has no group of its own.
        People = "people",
        /// Civilians, where the text says so.
        Civilians = "civilians",
        /// Women.
        Women = "women",
        /// Children and infants.
        Children = "children",
        /// Soldiers, police, government troops and their allies.
        SecurityForces = "security_forces",
        /// Militants, rebels, gunmen, attackers, loyalists of a fallen government.
        Fighters = "fighters",
        /// Journalists and media workers.
        Journalists = "journalists",
        /// Medics, rescuers, aid and UN staff.
        AidWorkers = "aid_workers",
    }
}

impl Group {
    /// The group as it stands in a sentence: "security forces".
    pub fn label(self) -> &'static str {
        match self {
            Self::SecurityForces => "security forces",
            Self::AidWorkers => "aid workers",
            other => other.as_str(),
        }
    }
}

words! {
    /// Whether the text stands by a count.
    Status {
        /// Given as the count of now.
        Current = "current",
        /// An earlier count that the text itself marks as such.
        Previous = "previous",
        /// Feared, expected, modelled.
        Projected = "projected",
        /// Quoted in order to deny it.
        Disputed = "disputed",
    }
}

words! {
    /// Which count it is.
    Scope {
        /// The whole count, so far, of the event that the article is about, for that group.
        Story = "story",
        /// A piece of that event: one town, one day, an increment.
        Part = "part",
        /// Another event.
        Other = "other",
    }
}

/// A range of bytes in an article's text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The words at this span of the text it was made for.
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// How sure a reading is, in thousandths: 0 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u16);

impl Confidence {
    /// That of figures which a person has read: a program is never so sure.
    pub const CERTAIN: Self = Self(1_000);

    /// No confidence at all.
    pub const NONE: Self = Self(0);

    /// A confidence of so many thousandths; more than 1,000 counts as 1,000.
    pub const fn per_mille(thousandths: u16) -> Self {
        Self(if thousandths > 1_000 { 1_000 } else { thousandths })
    }

    /// The thousandths, 0 to 1,000.
    pub const fn as_per_mille(self) -> u16 {
        self.0
    }
}

/// As a fraction with two digits: `0.93`.
impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 1_000, self.0 % 1_000 / 10)
    }
}

/// All that was made of one article.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The figures, in the order of the text.
    pub figures: Vec<Figure>,
    /// The numbers that are no figures, and why, in the order of the text.
    pub set_aside: Vec<SetAside>,
    /// What the arithmetic of the article shows: "745 + 125 + 148 = 1,018", with the sentence it stands under.
    pub arithmetic: Vec<(Span, String)>,
    /// What a careful reader would say the article reports.
    pub tolls: Vec<ReportedToll>,
    /// The language that the article is in when there is no lexicon for it; then nothing was read.
    pub unsupported_language: Option<String>,
}

/// A number that counts no casualties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The words of the number.
    pub span: Span,
    /// Why: "age", "date", "things, not people: homes".
    pub reason: Cow<'static, str>,
}

/// What an article as a whole reports for one measure, group and source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedToll {
    /// What happened.
    pub measure: Measure,
    /// To whom.
    pub group: Group,
    /// How many.
    pub quantity: Quantity,
    /// Who counted.
    pub source: Option<String>,
    /// The words it rests on: its number, or the first of those that give it.
    pub span: Span,
    /// The sentence that holds them.
    pub sentence: Span,
    /// How it was worked out, where it stands nowhere as such: the sum of the groups, those told of without a number.
    pub derived: Option<String>,
}
