//! How counts, changes and claims look on every page.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::quantity::grouped;
use crate::model::{Change, ChangeKind, Claim, Group, Quantity, Series, Verdict};
use crate::notify::{self, Piece};
use crate::track::Toll;

/// More of a source's or an outlet's name is not shown.
const LONGEST_NAME: usize = 90;

/// Who counted, where nobody is named.
pub(super) const NO_SOURCE: &str = "no source named";

/// A time, for programs and for people.
pub(super) struct Moment {
    /// RFC 3339.
    pub iso: String,
    /// `9 Mar 2025, 21:30`, UTC.
    pub shown: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let shown = at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y, %H:%M").to_string();
        Self { iso: at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), shown }
    }
}

/// `6 – 16 Mar 2025`, `28 Feb – 3 Mar 2025`.
pub(super) fn days(first: Timestamp, last: Timestamp) -> String {
    let (first, last) = (first.to_zoned(TimeZone::UTC), last.to_zoned(TimeZone::UTC));
    let to = last.strftime("%-d %b %Y");
    if first.date() == last.date() {
        to.to_string()
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{} – {to}", first.strftime("%-d"))
    } else if first.year() == last.year() {
        format!("{} – {to}", first.strftime("%-d %b"))
    } else {
        format!("{} – {to}", first.strftime("%-d %b %Y"))
    }
}

/// `1 article`, `2 articles`.
pub(super) fn count(n: usize, noun: &str) -> String {
    let shown = grouped(n as u64);
    format!("{shown} {noun}{}", if n == 1 { "" } else { "s" })
}

/// What a series counts: `Civilians killed`.
pub(super) fn what(series: &Series) -> &'static str {
    notify::count_name(series.measure, series.group)
}

/// Who is counted, at the head of a column.
pub(super) fn whom(group: Group) -> &'static str {
    if group == Group::People { "all" } else { group.label() }
}

/// A name from outside, fit to be shown.
pub(super) fn name(text: &str) -> String {
    notify::clean_short(text, LONGEST_NAME)
}

/// Who counted.
pub(super) fn source(series: &Series) -> String {
    series.source.as_deref().map_or_else(|| NO_SOURCE.to_owned(), name)
}

/// What stands before a number, where it is not the number itself.
fn bound(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::AtLeast(_) | Quantity::Vague(_) => "at least",
        Quantity::AtMost(_) => "up to",
        Quantity::About(_) => "about",
        Quantity::Exactly(_) | Quantity::Between(..) => "",
    }
}

/// The number alone.
fn number(quantity: Quantity) -> String {
    match quantity {
        Quantity::Between(..) => notify::in_a_cell(quantity),
        _ => grouped(quantity.told()),
    }
}

/// A count that stands now.
pub(super) struct TollLook {
    pub what: &'static str,
    /// `at least`, `about` or nothing.
    pub bound: &'static str,
    pub count: String,
    pub source: String,
    pub since: Moment,
    pub outlets: String,
    /// The place on the story's page where its words stand.
    pub anchor: String,
}

impl From<&Toll> for TollLook {
    fn from(toll: &Toll) -> Self {
        Self {
            what: what(&toll.series),
            bound: bound(toll.quantity),
            count: number(toll.quantity),
            source: source(&toll.series),
            since: toll.since.into(),
            outlets: count(toll.outlets.len(), "outlet"),
            anchor: format!("claim-{}", toll.claim),
        }
    }
}

/// A count that has moved.
pub(super) struct Move {
    pub what: &'static str,
    pub kind: &'static str,
    pub word: &'static str,
    pub before: Option<String>,
    pub after: String,
    /// `+85`, with a true minus sign.
    pub difference: Option<String>,
    pub source: String,
    pub reason: String,
    pub at: Moment,
}

impl From<&Change> for Move {
    fn from(change: &Change) -> Self {
        let difference = change.before.filter(|_| change.kind != ChangeKind::Conflict).map(|before| {
            let difference = i128::from(change.after.told()) - i128::from(before.told());
            let sign = if difference < 0 { "−" } else { "+" };
            let size = u64::try_from(difference.unsigned_abs()).unwrap_or(u64::MAX);
            format!("{sign}{}", grouped(size))
        });
        Self {
            what: what(&change.series),
            kind: change.kind.as_str(),
            word: match change.kind {
                ChangeKind::First => "first count",
                ChangeKind::Rise => "up",
                ChangeKind::Fall => "down",
                ChangeKind::Conflict => "conflict",
            },
            before: change.before.map(|before| before.to_string()),
            after: change.after.to_string(),
            difference,
            source: source(&change.series),
            reason: change.reason.to_string(),
            at: change.at.into(),
        }
    }
}

impl Move {
    /// `Civilians killed: 745 → 830 (+85)`
    pub(super) fn line(&self) -> String {
        let difference = self.difference.as_ref().map_or_else(String::new, |by| format!(" ({by})"));
        match (&self.before, self.kind) {
            (Some(before), "conflict") => format!("{}: {}, against {before}", self.what, self.after),
            (Some(before), _) => format!("{}: {before} → {}{difference}", self.what, self.after),
            (None, _) => format!("{}: {}", self.what, self.after),
        }
    }
}

/// A number with all that stands behind it.
pub(super) struct ClaimLook {
    pub id: String,
    pub what: &'static str,
    pub count: String,
    pub source: String,
    pub outlet: String,
    pub at: Moment,
    pub link: Option<String>,
    pub quote: Vec<Piece>,
    /// What stood there before the article was changed in place.
    pub formerly: Option<Vec<Piece>>,
    /// How it was worked out, where the article does not give it as such.
    pub derived: Option<String>,
    pub verdict: &'static str,
}

impl ClaimLook {
    pub(super) fn of(claim: &Claim, all: &[Claim]) -> Self {
        let before = if claim.id.version > 1 { notify::version_before(claim, all) } else { None };
        Self {
            id: claim.id.to_string(),
            what: what(&claim.series),
            count: claim.quantity.to_string(),
            source: source(&claim.series),
            outlet: name(&claim.outlet),
            at: claim.published.into(),
            link: notify::link(&claim.url).map(str::to_owned),
            quote: notify::pieces(&claim.quote, vec![claim.number]),
            formerly: before.map(|before| notify::pieces(&before.quote, vec![before.number])),
            derived: claim.derived.as_deref().map(notify::clean),
            verdict: match claim.verdict {
                Verdict::Told => "told",
                Verdict::Baseline => "known from the feed’s past",
                Verdict::Restated => "restated",
                Verdict::Copied => "copy of a report",
                Verdict::Stale => "older than what was told",
                Verdict::Held => "held",
                Verdict::Kept => "not the whole count",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_say_no_more_than_they_must() {
        let at = |day: &str| -> Timestamp { format!("{day}T12:00:00Z").parse().unwrap() };
        assert_eq!(days(at("2025-03-06"), at("2025-03-06")), "6 Mar 2025");
        assert_eq!(days(at("2025-03-06"), at("2025-03-16")), "6 – 16 Mar 2025");
        assert_eq!(days(at("2025-02-28"), at("2025-03-03")), "28 Feb – 3 Mar 2025");
        assert_eq!(days(at("2024-12-30"), at("2025-01-02")), "30 Dec 2024 – 2 Jan 2025");
    }
}
