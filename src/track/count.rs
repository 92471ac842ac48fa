//! The told count of one measure and group in a story, the counts that dissent from it, and what moves them.
//!
//! All that is decided here is decided from claims alone, one article at a time, so that the same claims can be gone
//! through again at any time: in the order of arrival to see what is news, in the order of publication for the tolls.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::model::{
    ArticleId, ChangeKind, Claim, Fingerprint, Group, Measure, Quantity, Reason, Scope, Status, Verdict,
};
use crate::track::fit::{Fit, can_be_one, fit};
use crate::track::line::Line;
use crate::track::saying::{Saying, sayings};

/// Two texts whose sketches differ in no more bits than this are one report, sold to several outlets. Unrelated texts
/// differ in about 32 of the 64.
const COPY_DISTANCE: u32 = 6;

/// A higher count may still be news in an article that is this much older than the told one: outlets publish late.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// Below this many people a tenfold jump is how tolls grow in the first hours, not a sign of a misreading.
const JUMPS_FROM: u64 = 100;

/// A jump that nobody is named for is held from this factor on.
const UNNAMED_JUMP: u64 = 3;

/// What became of one claim of a report.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It moved a count.
    Moved { kind: ChangeKind, before: Option<Quantity>, reason: Reason },
    /// It did not; the verdict says why.
    Quiet(Verdict),
}

/// The counts of one story.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) by_kind: BTreeMap<(Measure, Group), Count>,
    reports: Vec<(ArticleId, Fingerprint)>,
}

/// The counts of one measure and group: the told one first, then those that dissent from it.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) lines: Vec<Line>,
    waiting: Vec<Waiting>,
}

/// A count that needs a second voice before it is told.
#[derive(Debug)]
struct Waiting {
    quantity: Quantity,
    outlet: String,
    fingerprint: Fingerprint,
    /// Whether it was said in one article with the told count, and against it.
    beside: bool,
}

/// What surrounds a saying: the rest of the article, and what is told of others.
struct Around<'a> {
    report: &'a [Claim],
    kind: (Measure, Group),
    /// Told counts of the same measure, of other groups.
    others: Vec<(Group, Quantity)>,
    jump: u64,
}

impl Counts {
    /// Takes in the claims of one version of one article; gives the outcome of each, in their order.
    ///
    /// `jump`: from this factor on a count that one voice gives is held.
    pub(super) fn take_in(&mut self, report: &[Claim], jump: u64) -> Vec<Outcome> {
        let mut outcomes = vec![Outcome::Quiet(Verdict::Kept); report.len()];
        let Some(first) = report.first() else { return outcomes };
        let copy = self.reports.iter().any(|&(article, fingerprint)| {
            article != first.id.article && fingerprint.distance(first.fingerprint) <= COPY_DISTANCE
        });
        self.reports.push((first.id.article, first.fingerprint));

        let kinds: BTreeSet<_> =
            report.iter().filter(|c| counts(c)).map(|c| (c.series.measure, c.series.group)).collect();
        for kind in kinds {
            let around = Around { report, kind, others: self.told_of_others(kind), jump };
            for (place, outcome) in self.by_kind.entry(kind).or_default().take_in(&around) {
                outcomes[place] = match outcome {
                    Outcome::Quiet(Verdict::Restated) if copy => Outcome::Quiet(Verdict::Copied),
                    outcome => outcome,
                };
            }
        }
        outcomes
    }

    fn told_of_others(&self, (measure, group): (Measure, Group)) -> Vec<(Group, Quantity)> {
        let same_measure = self.by_kind.iter().filter(|((m, g), _)| *m == measure && *g != group);
        same_measure.filter_map(|((_, g), count)| Some((*g, count.lines.first()?.quantity))).collect()
    }
}

/// Whether a claim can move a count: the whole count of the story, as of now, surely enough read.
fn counts(claim: &Claim) -> bool {
    claim.scope == Scope::Story && claim.status == Status::Current && claim.verdict != Verdict::Kept
}

impl Count {
    fn take_in(&mut self, around: &Around) -> Vec<(usize, Outcome)> {
        let report = around.report.iter().enumerate();
        let of_kind = report.filter(|(_, c)| counts(c) && (c.series.measure, c.series.group) == around.kind);
        // Beside its new count a source is given with the one that has ended.
        let (ended, going_on): (Vec<_>, Vec<_>) = of_kind.partition(|(_, c)| self.is_of_an_ended_count(c));
        let mut sayings = sayings(going_on);
        // Those who hold a line speak first: their new number is a step of that line, and only what remains can be
        // another's. Among the rest, those that are higher than the told count are more likely its next step, and else
        // the order of the text decides.
        sayings.sort_by_key(|s| {
            let lower = self.lines.first().is_some_and(|main| fit(s.claim.quantity, main.quantity) == Fit::Lower);
            let falls = falls_by_itself(around.kind.0);
            (self.line_of(s.claim).is_none(), lower && !falls, s.is_in_passing(), s.first_said)
        });

        let mut main_is_settled = false;
        let mut outcomes: Vec<_> = ended.iter().map(|(place, _)| (*place, Outcome::Quiet(Verdict::Stale))).collect();
        for saying in &sayings {
            let outcome = self.weigh(saying, around, &mut main_is_settled);
            if !matches!(outcome, Outcome::Quiet(Verdict::Stale | Verdict::Held)) {
                for &place in &saying.all {
                    self.hear(&around.report[place]);
                }
            }
            for &place in &saying.all {
                let quiet = match &outcome {
                    Outcome::Moved { .. } => Verdict::Restated,
                    Outcome::Quiet(verdict) => *verdict,
                };
                outcomes.push((place, Outcome::Quiet(quiet)));
            }
            let told = around.report.iter().position(|c| c.id == saying.claim.id);
            outcomes.extend(told.map(|place| (place, outcome)));
        }
        outcomes
    }

    fn is_of_an_ended_count(&self, claim: &Claim) -> bool {
        self.lines.iter().any(|line| line.is_of_an_ended_count(claim.quantity))
    }

    /// Notes who else in an article gives a count that stands: the number is theirs too.
    fn hear(&mut self, claim: &Claim) {
        if let Some(line) = self.agreeing_line(claim) {
            self.lines[line].supported_by(claim);
        }
    }

    /// The line that a source holds: it gave the number that stands there, or no other named source did.
    fn line_of(&self, claim: &Claim) -> Option<usize> {
        self.lines.iter().position(|line| line.is_held_by_source_of(claim))
    }

    fn weigh(&mut self, saying: &Saying, around: &Around, main_is_settled: &mut bool) -> Outcome {
        let claim = saying.claim;
        if self.lines.is_empty() {
            if let Some((_, all)) = around.others.iter().find(|(group, _)| *group == Group::People)
                && self.is_out_of_proportion(saying, *all, around)
            {
                return self.wait(claim, Verdict::Held);
            }
            if !saying.is_credible() && !self.is_seconded(claim) {
                return self.wait(claim, Verdict::Held);
            }
            self.lines.push(Line::begun_by(claim));
            *main_is_settled = true;
            return moved(claim, ChangeKind::First, None, Reason::NewCount);
        }

        let own = self.line_of(claim);
        if own.is_none() && *main_is_settled || own.is_none() && self.agreeing_line(claim).is_some() {
            return match self.agreeing_line(claim) {
                Some(line) => {
                    let same = fit(claim.quantity, self.lines[line].quantity) == Fit::Same;
                    *main_is_settled |= line == 0 && same;
                    self.lines[line].supported_by(claim);
                    Outcome::Quiet(Verdict::Restated)
                }
                None => self.dissent(saying, around),
            };
        }

        let line = own.unwrap_or(0);
        let told = self.lines[line].quantity;
        let outcome = match fit(claim.quantity, told) {
            Fit::Same | Fit::Satisfied => {
                self.lines[line].supported_by(claim);
                Outcome::Quiet(Verdict::Restated)
            }
            Fit::Higher => self.higher(saying, line, around),
            Fit::Lower => self.lower(saying, line, own.is_some(), around),
        };
        *main_is_settled |= line == 0 && (own.is_some() || matches!(outcome, Outcome::Moved { .. }));
        outcome
    }

    /// The line that already says what a claim says. A bound is satisfied by any larger number, so for bounds only the
    /// told count is asked.
    fn agreeing_line(&self, claim: &Claim) -> Option<usize> {
        let open = claim.quantity.high().is_none();
        self.lines.iter().enumerate().position(|(i, line)| match fit(claim.quantity, line.quantity) {
            Fit::Same => true,
            Fit::Satisfied => i == 0 || !open,
            Fit::Higher | Fit::Lower => false,
        })
    }

    fn higher(&mut self, saying: &Saying, line: usize, around: &Around) -> Outcome {
        let claim = saying.claim;
        let told = &self.lines[line];
        let older = claim.published < told.at;
        if claim.published + LATE < told.at || older && falls_by_itself(claim.series.measure) {
            return Outcome::Quiet(Verdict::Stale);
        }
        // A number that was told once and has been lowered since lives on in late and careless articles.
        if told.has_told(claim.quantity) && (older || !told.is_held_by_source_of(claim)) {
            return Outcome::Quiet(Verdict::Stale);
        }
        if is_of_another_group(claim.quantity, around) {
            return Outcome::Quiet(Verdict::Restated);
        }
        if self.is_second_dissent(claim) {
            return self.dissent(saying, around);
        }
        if self.is_out_of_proportion(saying, told.quantity, around) {
            if !self.is_seconded(claim) {
                return self.wait(claim, Verdict::Held);
            }
            return self.step(claim, line, ChangeKind::Rise, Reason::Confirmed);
        }
        if !saying.moves_alone(told.quantity) {
            if !self.is_seconded(claim) {
                return self.wait(claim, Verdict::Held);
            }
            return self.step(claim, line, ChangeKind::Rise, Reason::Confirmed);
        }
        let reason = match told.quantity {
            Quantity::AtLeast(_) | Quantity::Vague(_) => Reason::AboveBound,
            _ => Reason::Higher,
        };
        self.step(claim, line, ChangeKind::Rise, reason)
    }

    fn lower(&mut self, saying: &Saying, line: usize, same_source: bool, around: &Around) -> Outcome {
        let claim = saying.claim;
        let told = &self.lines[line];
        let corrected = saying.corrects || around.names_as_earlier(told.quantity);
        let edited = claim.id.version > 1 && told.steps.last().is_some_and(|s| s.claim.article == claim.id.article);
        if claim.published < told.at || (told.has_told(claim.quantity) && !corrected && !edited) {
            return Outcome::Quiet(Verdict::Stale);
        }
        if edited {
            return self.step(claim, line, ChangeKind::Fall, Reason::EditedInPlace);
        }
        let much_lower = claim.quantity.told() <= told.quantity.told() / 2;
        if saying.begins_anew && same_source && much_lower {
            return self.begin_anew(claim, line);
        }
        if corrected {
            return self.step(claim, line, ChangeKind::Fall, Reason::Corrected);
        }
        if !saying.moves_alone(told.quantity) && !self.is_seconded(claim) {
            return self.wait(claim, Verdict::Stale);
        }
        if same_source {
            return self.step(claim, line, ChangeKind::Fall, Reason::SameSourceAgain);
        }
        if falls_by_itself(claim.series.measure) {
            return self.step(claim, line, ChangeKind::Fall, Reason::Fewer);
        }
        if is_of_another_group(claim.quantity, around) {
            return Outcome::Quiet(Verdict::Restated);
        }
        if claim.series.source.is_some() {
            return self.dissent(saying, around);
        }
        if self.is_seconded(claim) {
            return self.step(claim, line, ChangeKind::Fall, Reason::SecondOutlet);
        }
        self.wait(claim, Verdict::Stale)
    }

    /// A count that cannot be squared with the told one, and does not replace it.
    fn dissent(&mut self, saying: &Saying, around: &Around) -> Outcome {
        let claim = saying.claim;
        let main = &self.lines[0];
        let of_the_past = claim.published < main.at || main.has_told(claim.quantity);
        if of_the_past && fit(claim.quantity, main.quantity) == Fit::Lower {
            return Outcome::Quiet(Verdict::Stale);
        }
        if is_of_another_group(claim.quantity, around) {
            return Outcome::Quiet(Verdict::Restated);
        }
        // Where nobody is named for a second count, it is more often a part or an earlier number than a dispute; hardly so
        // a large one above that of the source.
        let higher = fit(claim.quantity, main.quantity) == Fit::Higher;
        let large = claim.quantity.told() >= JUMPS_FROM;
        // Two of three wounded are a part of them far more often than another's count, whoever is named beside it.
        let disputes = (higher || saying.may_stand_below())
            && (claim.series.source.is_some() || higher && large && saying.is_plain())
            && (saying.is_plain() || higher)
            && saying.moves_alone(main.quantity)
            && !self.is_out_of_proportion(saying, main.quantity, around);
        if !disputes && !self.is_seconded(claim) {
            self.note(claim, true);
            return Outcome::Quiet(Verdict::Held);
        }
        let before = main.quantity;
        self.lines.push(Line::begun_by(claim));
        moved(claim, ChangeKind::Conflict, Some(before), Reason::SourcesDisagree)
    }

    fn step(&mut self, claim: &Claim, line: usize, kind: ChangeKind, reason: Reason) -> Outcome {
        let before = self.lines[line].quantity;
        self.lines[line].moved_by(claim);
        // A dissenting count that the line has come to is no dissent any more.
        let now = self.lines[line].quantity;
        let mut at = 0;
        self.lines.retain(|other| {
            let keep = at == line || at == 0 || fit(other.quantity, now) != Fit::Same;
            at += 1;
            keep
        });
        moved(claim, kind, Some(before), reason)
    }

    /// A source counts from nought again, for a new phase: its number is a first one, and those of the count that has ended
    /// are of the past.
    fn begin_anew(&mut self, claim: &Claim, line: usize) -> Outcome {
        if line == 0 {
            self.lines.truncate(1);
        }
        self.lines[line].begun_anew_by(claim);
        moved(claim, ChangeKind::First, None, Reason::NewCount)
    }

    fn wait(&mut self, claim: &Claim, verdict: Verdict) -> Outcome {
        self.note(claim, false);
        Outcome::Quiet(verdict)
    }

    fn note(&mut self, claim: &Claim, beside: bool) {
        self.waiting.push(Waiting {
            quantity: claim.quantity,
            outlet: claim.outlet.clone(),
            fingerprint: claim.fingerprint,
            beside,
        });
    }

    /// Whether another outlet, in words of its own, has said the same and is waiting.
    fn is_seconded(&self, claim: &Claim) -> bool {
        self.seconds(claim).next().is_some()
    }

    /// Whether another outlet has said the same as a second count beside the told one, which therefore still stands.
    fn is_second_dissent(&self, claim: &Claim) -> bool {
        claim.series.source.is_none() && self.seconds(claim).any(|waiting| waiting.beside)
    }

    fn seconds(&self, claim: &Claim) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter().filter(|w| {
            w.outlet != claim.outlet
                && w.fingerprint.distance(claim.fingerprint) > COPY_DISTANCE
                && can_be_one(w.quantity, claim.quantity)
        })
    }

    /// Whether a count is so far above another that one voice is not enough, and the article itself does not bear it out.
    fn is_out_of_proportion(&self, saying: &Saying, told: Quantity, around: &Around) -> bool {
        let claim = saying.claim;
        let grows_by_leaps = matches!(claim.series.measure, Measure::Missing | Measure::Displaced);
        let vague = matches!(told, Quantity::Vague(_));
        let base = told.told();
        let may_leap = claim.series.source.is_some() || vague || base < JUMPS_FROM;
        let factor = if may_leap { around.jump } else { UNNAMED_JUMP.min(around.jump) };
        !grows_by_leaps
            && (base >= JUMPS_FROM || base > 0 && claim.series.source.is_none() && saying.is_in_passing())
            && claim.quantity.told() >= base.saturating_mul(factor)
            && !around.names_as_earlier(told)
            && !around.adds_up(claim.quantity, told)
    }
}

impl Around<'_> {
    /// Whether the article itself gives the told count as an earlier one: "up from 70".
    fn names_as_earlier(&self, told: Quantity) -> bool {
        self.report.iter().any(|claim| {
            (claim.series.measure, claim.series.group) == self.kind
                && claim.status == Status::Previous
                && claim.scope == Scope::Story
                && claim.quantity.told() == told.told()
        })
    }

    /// Whether the article's own numbers lead to a count: the old one and the increment, or the groups it is made of.
    fn adds_up(&self, new: Quantity, told: Quantity) -> bool {
        let mine = |claim: &&Claim| claim.series.measure == self.kind.0 && claim.status == Status::Current;
        let increment = self.report.iter().filter(mine).any(|claim| {
            claim.scope == Scope::Part
                && claim.series.group == self.kind.1
                && told.told().checked_add(claim.quantity.told()) == Some(new.told())
        });
        let groups: BTreeMap<Group, u64> = self
            .report
            .iter()
            .filter(mine)
            .filter(|claim| claim.scope == Scope::Story && claim.series.group != Group::People)
            .map(|claim| (claim.series.group, claim.quantity.told()))
            .collect();
        let sum = groups.values().try_fold(0_u64, |sum, n| sum.checked_add(*n));
        increment || self.kind.1 == Group::People && groups.len() > 1 && sum == Some(new.told())
    }
}

/// Whether a number is the told count of another group, so that this article most likely mixed the groups up: "1,018
/// civilians" where 1,018 are all the dead. Small numbers meet by chance.
fn is_of_another_group(quantity: Quantity, around: &Around) -> bool {
    quantity.told() >= JUMPS_FROM && around.others.iter().any(|(_, told)| quantity.told() == told.told())
}

/// Those still missing become fewer as they are found; that needs no sign of a correction.
fn falls_by_itself(measure: Measure) -> bool {
    measure == Measure::Missing
}

fn moved(claim: &Claim, kind: ChangeKind, before: Option<Quantity>, reason: Reason) -> Outcome {
    let reason = if claim.id.version > 1 { Reason::EditedInPlace } else { reason };
    Outcome::Moved { kind, before, reason }
}
