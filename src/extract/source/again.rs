//! The facts about who may have counted a figure that lie in who is thought to have counted the others.

use crate::extract::discourse::{Finding, Line, alike, how_near};
use crate::extract::facts::{Candidates, Facts, MOST_LISTS, fact, few};
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::source::facts::{MOST_FINDINGS, opening};
use crate::extract::source::{Sources, Voices};
/// How one who may have counted a finding stands to the one who is thought to have counted another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Same,
    Another,
    /// Nobody is thought to have counted that one.
    Nobody,
}

impl Relation {
    fn name(self) -> Hashed<'static> {
        match self {
            Self::Same => hashed!("same"),
            Self::Another => hashed!("another"),
            Self::Nobody => hashed!("nobody"),
        }
    }
}

/// All that who counted the others says of one who may have counted a finding: of most of them it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stance {
    somebody: bool,
    /// Whether this one is thought to have counted the finding.
    own: bool,
    previous: Option<Relation>,
    next: Option<Relation>,
    antecedent: Option<Relation>,
    /// To the one of another finding with the same value.
    equal: Option<Relation>,
    /// How many of the others this one is thought to have counted.
    times: usize,
}

/// The facts of those who may have counted each finding that lie in who is thought to have counted the others: of each
/// finding the place of that one among its candidates.
pub fn again(
    lines: &[Line],
    findings: &[Finding],
    voices: &Voices,
    sources: &Sources,
    chosen: &[usize],
    named: bool,
) -> Candidates {
    let name = |at: usize| sources.names(at)[chosen[at]];
    let place = |name: Option<usize>| name.map_or(0, |name| name + 1);
    let mut times = vec![0_usize; voices.names.len() + 1];
    (0..findings.len()).for_each(|at| times[place(name(at))] += 1);
    let same = alike(findings);
    let mut found = Candidates::new(findings.len(), 128, named);
    let mut stances: Vec<Stance> = Vec::with_capacity(MOST_LISTS);
    for (at, finding) in findings.iter().enumerate() {
        let previous = at.checked_sub(1);
        let next = Some(at + 1).filter(|i| *i < findings.len());
        let equal = same.with(at);
        let equal = equal.iter().take(MOST_FINDINGS).copied().find(|other| *other != at && finding.quantity.told() > 2);
        let told = voices.of_line(finding.line).iter().any(|(_, v)| v.mention.way.tells());
        let told = if told { hashed!("told") } else { hashed!("untold") };
        let opening = opening(&lines[finding.line]);
        stances.clear();
        for (index, it) in sources.names(at).iter().enumerate() {
            let relation = |other: usize| match name(other) {
                other if other == *it => Relation::Same,
                None => Relation::Nobody,
                Some(_) => Relation::Another,
            };
            let own = chosen[at] == index;
            let stance = Stance {
                somebody: it.is_some(),
                own,
                previous: previous.map(relation),
                next: next.map(relation),
                antecedent: finding.antecedent.map(relation),
                equal: equal.map(relation),
                times: times[place(*it)] - usize::from(own),
            };
            let list = stances.iter().position(|known| *known == stance).unwrap_or(stances.len());
            found.add(list);
            if list == stances.len() {
                stances.push(stance);
                let others = [(hashed!("previous"), previous), (hashed!("next"), next)];
                of_stance(lines, findings, at, stance, others, (opening, told), &mut found.facts);
                found.end_list();
            }
        }
        found.end();
    }
    found
}

/// The facts that lie in a stance to the finding at `at`; `others` are the finding before and the one behind.
fn of_stance(
    lines: &[Line],
    findings: &[Finding],
    at: usize,
    stance: Stance,
    others: [(Hashed, Option<usize>); 2],
    (opening, told): (Hashed, Hashed),
    facts: &mut Facts,
) {
    let finding = &findings[at];
    let kind = if stance.somebody { hashed!("somebody") } else { hashed!("nobody") };
    if stance.own {
        fact!(facts, kind, "+own");
        fact!(facts, kind, "+own+", opening, "+", told);
    }
    for ((side, other), relation) in others.into_iter().zip([stance.previous, stance.next]) {
        let (Some(other), Some(relation)) = (other, relation) else {
            fact!(facts, side, "=none+", kind);
            continue;
        };
        let f = &findings[other];
        let near = how_near(lines, finding, f);
        let relation = relation.name();
        let kin = if f.measure == finding.measure { hashed!("same") } else { hashed!("other") };
        fact!(facts, side, "=", kind, "+", relation, "+", near);
        fact!(facts, side, "=", kind, "+", relation, "+", near, "+", told);
        fact!(facts, side, "=", kind, "+", relation, "+", near, "+", opening);
        fact!(facts, side, "=", kind, "+", relation, "+", near, "+", finding.tie.name(), "+", kin);
    }
    if let (Some(previous), Some(next)) = (stance.previous, stance.next) {
        fact!(facts, "between=", kind, "+", previous.name(), "+", next.name(), "+", told);
    }
    if let Some(antecedent) = stance.antecedent {
        fact!(facts, "antecedent=", kind, "+", antecedent.name(), "+", finding.tie.name(), "+", told);
    }
    if let Some(equal) = stance.equal {
        fact!(facts, "same-value=", kind, "+", equal.name(), "+", told);
    }
    let share = (stance.times * 4).checked_div(findings.len().saturating_sub(1)).unwrap_or_default();
    fact!(facts, "chosen=", kind, "+", few(stance.times.min(3)), "+", told);
    fact!(facts, "chosen=", kind, "+of-all-", few(share), "+", told);
}
