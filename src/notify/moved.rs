//! What moved, in one line a series: "Civilians killed: 745 → 830 (+85), says the Syrian Observatory for Human Rights."

use crate::model::quantity::grouped;
use crate::model::{Change, ChangeKind, Claim, Group, Measure, Quantity, Reason, Series, Verdict};
use crate::notify::foreign::clean_short;
use crate::notify::wording::{Voice, in_a_sentence, words_for};

/// What stands between two counts.
const ARROW: &str = " → ";

/// A series that moved, with all its steps that one mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    /// "Civilians killed"
    pub head: &'static str,
    /// "745 → 830"
    pub path: String,
    /// "+85", "first count", "a correction"
    pub notes: Vec<String>,
    /// "says the Syrian Observatory for Human Rights"; `None` where the line before says so already.
    pub said: Option<String>,
    /// "125, says the health ministry": the counts that this one contradicts.
    pub against: Vec<String>,
    /// By how many people it moved; the whole count for a first one.
    pub size: u64,
    /// "rise", "fall" or "note": the name of the colour that the difference has in the HTML part.
    pub tone: &'static str,
}

impl Moved {
    /// The whole line.
    pub(super) fn line(&self) -> String {
        format!("{}: {}{}", self.head, self.path, self.rest())
    }

    /// "70 → 1,018": the counts before the one that stands now; `None` where it is the first.
    pub(super) fn before(&self) -> Option<&str> {
        self.path.rsplit_once(ARROW).map(|(before, _)| before)
    }

    /// The count that stands now.
    pub(super) fn now(&self) -> &str {
        self.path.rsplit_once(ARROW).map_or(&self.path, |(_, now)| now)
    }

    /// Who says so and who does not, as a sentence of its own; `None` where the line before says so already.
    pub(super) fn voice(&self) -> Option<String> {
        let mut voice = self.said.clone();
        if !self.against.is_empty() {
            let stand = if self.against.len() == 1 { "Both stand" } else { "All stand" };
            let against = format!("but {}. {stand}", self.against.join("; "));
            voice = Some(voice.map_or_else(|| against.clone(), |said| format!("{said}; {against}")));
        }
        let voice = voice?;
        let mut letters = voice.chars();
        letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
    }

    /// What follows the counts.
    pub(super) fn rest(&self) -> String {
        let mut rest = String::new();
        if !self.notes.is_empty() {
            rest.push_str(&format!(" ({})", self.notes.join(", ")));
        }
        if let Some(said) = &self.said {
            rest.push_str(", ");
            rest.push_str(said);
        }
        if !self.against.is_empty() {
            rest.push_str("; but ");
            rest.push_str(&self.against.join("; "));
            rest.push_str(if self.against.len() == 1 { ". Both stand" } else { ". All stand" });
        }
        rest.push('.');
        rest
    }
}

/// What the changes say, one line for each series: by measure, the whole count first, then the groups.
pub(super) fn moved(changes: &[Change], claims: &[Claim]) -> Vec<Moved> {
    let mut lines: Vec<Moved> =
        by_series(changes).iter().map(|(series, steps)| line(series, steps, changes, claims)).collect();
    for at in (1..lines.len()).rev() {
        if lines[at].said == lines[at - 1].said && lines[at - 1].against.is_empty() {
            lines[at].said = None;
        }
    }
    lines
}

/// The changes of each series, oldest first; the series in the order in which they are told.
pub(super) fn by_series(changes: &[Change]) -> Vec<(&Series, Vec<&Change>)> {
    let mut all: Vec<(&Series, Vec<&Change>)> = Vec::new();
    for change in changes {
        match all.iter_mut().find(|(series, _)| *series == &change.series) {
            Some((_, steps)) => steps.push(change),
            None => all.push((&change.series, vec![change])),
        }
    }
    for (_, steps) in &mut all {
        steps.sort_by_key(|step| step.at);
    }
    all.sort_by_key(|(series, _)| *series);
    all
}

fn line(series: &Series, steps: &[&Change], changes: &[Change], claims: &[Claim]) -> Moved {
    let words = words_for(series.measure, series.group);
    let in_groups = changes.iter().map(|change| &change.series).chain(told(claims).map(|claim| &claim.series));
    let has_groups = in_groups.into_iter().any(|s| s.measure == series.measure && s.group != Group::People);
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    let before = stood_before(first).or((steps.len() > 1).then_some(first.after));
    let against = if steps.iter().any(|step| step.kind == ChangeKind::Conflict) {
        contradicted(series, last.after, claims)
    } else {
        Vec::new()
    };
    Moved {
        head: if has_groups { words.head } else { words.alone },
        path: path(series, steps, claims),
        notes: notes(steps, before)
            .into_iter()
            .chain(worked_out(last, claims))
            .chain(steps.iter().find_map(|step| counted_elsewhere(step, changes)).map(str::to_owned))
            .collect(),
        said: said(series, last, claims),
        against,
        tone: match last.kind {
            ChangeKind::First | ChangeKind::Conflict => "note",
            ChangeKind::Rise => "rise",
            ChangeKind::Fall => "fall",
        },
        size: last.after.told().abs_diff(before.map_or(0, Quantity::told)),
    }
}

/// The counts that the series went through: "12 → 13 → 12". Of more than four, the first and the last two.
fn path(series: &Series, steps: &[&Change], claims: &[Claim]) -> String {
    let mut counts = Vec::new();
    if let Some(before) = stood_before(steps[0]) {
        let words = told(claims).filter(|claim| &claim.series == series && claim.quantity == before);
        counts.push(in_a_sentence(before, words.max_by_key(|claim| claim.published).and_then(number)));
    }
    for step in steps {
        let claim = claims.iter().find(|claim| claim.id == step.claim && claim.quantity == step.after);
        counts.push(in_a_sentence(step.after, claim.and_then(number)));
    }
    counts.dedup();
    if counts.len() > 4 {
        let last = counts.split_off(counts.len() - 2);
        counts.truncate(1);
        counts.push("…".to_owned());
        counts.extend(last);
    }
    counts.join(ARROW)
}

/// The count that a step moved away from. What contradicts another count does not move it.
fn stood_before(step: &Change) -> Option<Quantity> {
    step.before.filter(|_| step.kind != ChangeKind::Conflict)
}

/// The words of a claim's number.
fn number(claim: &Claim) -> Option<&str> {
    claim.quote.get(claim.number.start..claim.number.end)
}

/// What stands in parentheses after the counts: the difference, where both ends are exact, and what kind of move it is.
fn notes(steps: &[&Change], before: Option<Quantity>) -> Vec<String> {
    let last = steps[steps.len() - 1];
    let mut notes = Vec::new();
    if let (Some(Quantity::Exactly(from)), Quantity::Exactly(to)) = (before, last.after) {
        let sign = if to < from { '−' } else { '+' };
        if to != from {
            notes.push(format!("{sign}{}", grouped(to.abs_diff(from))));
        }
    }
    if steps.len() == 1 && last.kind == ChangeKind::First {
        notes.push("first count".to_owned());
    }
    let note = match last.reason {
        Reason::Corrected => Some("a correction"),
        Reason::SameSourceAgain => Some("a lower count from the same source"),
        Reason::SecondOutlet => Some("a second outlet agrees"),
        Reason::Confirmed => Some("confirmed by a second voice"),
        Reason::EditedInPlace => Some("the article was changed in place"),
        Reason::NewCount | Reason::Higher | Reason::AboveBound | Reason::Fewer | Reason::SourcesDisagree => None,
    };
    notes.extend(note.map(str::to_owned));
    notes
}

/// How a count was worked out that stands nowhere as such: it is never shown as a number that somebody gave.
fn worked_out(change: &Change, claims: &[Claim]) -> Option<String> {
    let claim = claims.iter().find(|claim| claim.id == change.claim)?;
    claim.derived.as_ref().map(|how| format!("worked out: {}", clean_short(how, 160)))
}

/// Whether one article counts as many more dead as it counts fewer missing or injured: then they may be the same people.
fn counted_elsewhere(change: &Change, changes: &[Change]) -> Option<&'static str> {
    let difference = |change: &Change| match (change.before, change.after) {
        (Some(Quantity::Exactly(from)), Quantity::Exactly(to)) => Some(i128::from(to) - i128::from(from)),
        _ => None,
    };
    let by = difference(change).filter(|by| *by != 0)?;
    let turned = |into: Measure| {
        changes.iter().any(|other| {
            other.claim.article == change.claim.article
                && (other.series.measure, other.series.group) == (into, change.series.group)
                && difference(other) == Some(-by)
        })
    };
    match change.series.measure {
        Measure::Killed if by > 0 && turned(Measure::Missing) => Some("as many fewer are missing"),
        Measure::Killed if by > 0 && turned(Measure::Injured) => Some("as many fewer are injured"),
        Measure::Missing | Measure::Injured if by < 0 && turned(Measure::Killed) => Some("as many more are dead"),
        _ => None,
    }
}

fn said(series: &Series, change: &Change, claims: &[Claim]) -> Option<String> {
    let outlet = || claims.iter().find(|claim| claim.id == change.claim).map(|claim| Voice::of_outlet(&claim.outlet));
    series.source.as_deref().map(Voice::of_source).or_else(outlet).map(|voice| voice.said())
}

/// The latest counts of the same by other sources, at most two: those that a conflict is with.
fn contradicted(series: &Series, count: Quantity, claims: &[Claim]) -> Vec<String> {
    let others = told(claims).filter(|claim| {
        let other = &claim.series;
        other.measure == series.measure && other.group == series.group && other.source != series.source
    });
    let mut latest: Vec<&Claim> = Vec::new();
    for claim in others {
        match latest.iter_mut().find(|known| known.series == claim.series) {
            Some(known) if known.published < claim.published => *known = claim,
            Some(_) => {}
            None => latest.push(claim),
        }
    }
    latest.retain(|claim| claim.quantity != count);
    latest.sort_by_key(|claim| std::cmp::Reverse(claim.published));
    latest
        .iter()
        .take(2)
        .map(|claim| {
            let voice = match &claim.series.source {
                Some(source) => Voice::of_source(source),
                None => Voice::of_outlet(&claim.outlet),
            };
            format!("{}, {}", in_a_sentence(claim.quantity, number(claim)), voice.said())
        })
        .collect()
}

/// The claims that made up the told counts.
pub(super) fn told(claims: &[Claim]) -> impl Iterator<Item = &Claim> {
    claims.iter().filter(|claim| matches!(claim.verdict, Verdict::Told | Verdict::Baseline))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArticleId, ClaimId, StoryId};

    fn change(measure: Measure, from: u64, to: u64, article: i64) -> Change {
        Change {
            story: StoryId(1),
            series: Series { measure, group: Group::People, source: None },
            kind: if to > from { ChangeKind::Rise } else { ChangeKind::Fall },
            before: Some(Quantity::Exactly(from)),
            after: Quantity::Exactly(to),
            reason: Reason::Higher,
            claim: ClaimId { article: ArticleId(article), version: 1, nth: 1 },
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_missing_that_turn_into_dead_are_said_to() {
        let notes = |changes: &[Change]| -> Vec<String> { moved(changes, &[]).iter().map(Moved::line).collect() };
        let found = [change(Measure::Killed, 14, 27, 7), change(Measure::Missing, 23, 10, 7)];
        assert_eq!(
            notes(&found),
            ["Killed: 14 → 27 (+13, as many fewer are missing).", "Missing: 23 → 10 (−13, as many more are dead)."]
        );
        // Two articles, or two numbers that differ, tell nothing of each other.
        let apart = [change(Measure::Killed, 14, 27, 7), change(Measure::Missing, 23, 10, 8)];
        assert_eq!(notes(&apart), ["Killed: 14 → 27 (+13).", "Missing: 23 → 10 (−13)."]);
        let other = [change(Measure::Killed, 14, 27, 7), change(Measure::Missing, 23, 11, 7)];
        assert_eq!(notes(&other), ["Killed: 14 → 27 (+13).", "Missing: 23 → 11 (−12)."]);
    }
}
