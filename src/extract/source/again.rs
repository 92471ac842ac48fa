//! The facts about who may have counted a figure that lie in who is thought to have counted the others.

use crate::extract::discourse::{Finding, Line, alike, how_near};
use crate::extract::facts::{Candidates, Facts, MOST_LISTS, fact, facts, few};
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
    /// That of one to the one who counted another finding.
    fn of(it: Option<usize>, other: Option<usize>) -> Self {
        match other {
            other if other == it => Self::Same,
            None => Self::Nobody,
            Some(_) => Self::Another,
        }
    }

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
    let counted_by: Vec<Option<usize>> =
        chosen.iter().enumerate().map(|(at, candidate)| sources.names(at)[*candidate]).collect();
    let place = |name: Option<usize>| name.map_or(0, |name| name + 1);
    let mut times = vec![0_usize; voices.names.len() + 1];
    counted_by.iter().for_each(|name| times[place(*name)] += 1);
    let same = alike(findings);
    let mut found = Candidates::new(findings.len(), 72, named);
    let mut stances: Vec<Stance> = Vec::with_capacity(MOST_LISTS);
    for (at, finding) in findings.iter().enumerate() {
        let equal = same.with(at);
        let equal = equal.iter().take(MOST_FINDINGS).copied().find(|other| *other != at && finding.quantity.told() > 2);
        let told = voices.of_line(finding.line).iter().any(|(_, v)| v.mention.way.tells());
        let previous = at.checked_sub(1);
        let next = Some(at + 1).filter(|i| *i < findings.len());
        let neighbour = |other: usize| Neighbour::of(lines, finding, &findings[other]);
        let view = View {
            finding,
            previous: previous.map(neighbour),
            next: next.map(neighbour),
            opening: opening(&lines[finding.line]),
            told: if told { hashed!("told") } else { hashed!("untold") },
            others: findings.len() - 1,
        };
        let by = [previous, next, finding.antecedent, equal].map(|other| other.map(|other| counted_by[other]));
        stances.clear();
        for (index, it) in sources.names(at).iter().enumerate() {
            let [previous, next, antecedent, equal] = by.map(|by| by.map(|by| Relation::of(*it, by)));
            let own = chosen[at] == index;
            let times = times[place(*it)] - usize::from(own);
            let stance = Stance { somebody: it.is_some(), own, previous, next, antecedent, equal, times };
            let list = stances.iter().position(|known| *known == stance).unwrap_or(stances.len());
            found.add(list);
            if list == stances.len() {
                stances.push(stance);
                of_stance(&view, &stance, &mut found.facts);
                found.end_list();
            }
        }
        found.end();
    }
    found
}

/// A finding as those who may have counted it are compared with the ones thought to have counted the others.
struct View<'a> {
    finding: &'a Finding,
    previous: Option<Neighbour>,
    next: Option<Neighbour>,
    opening: Hashed<'static>,
    /// Whether somebody is said to tell something in the sentence.
    told: Hashed<'static>,
    /// How many other findings there are.
    others: usize,
}

/// The finding before another, or behind it.
struct Neighbour {
    near: Hashed<'static>,
    /// Whether it is of the same measure.
    kin: Hashed<'static>,
}

impl Neighbour {
    fn of(lines: &[Line], finding: &Finding, other: &Finding) -> Self {
        let kin = if other.measure == finding.measure { hashed!("same") } else { hashed!("other") };
        Self { near: how_near(lines, finding, other), kin }
    }
}

/// The facts that lie in a stance to a finding.
fn of_stance(view: &View, stance: &Stance, facts: &mut Facts) {
    let View { opening, told, .. } = *view;
    let tie = view.finding.tie.name();
    let kind = if stance.somebody { hashed!("somebody") } else { hashed!("nobody") };
    if stance.own {
        facts!(facts, [kind, "+own"], [kind, "+own+", opening, "+", told]);
    }
    let sides = [(&view.previous, stance.previous), (&view.next, stance.next)];
    for ((other, relation), side) in sides.iter().zip(&[hashed!("previous"), hashed!("next")]) {
        let side = *side;
        let (Some(Neighbour { near, kin }), Some(relation)) = (other, relation) else {
            fact!(facts, side, "=none+", kind);
            continue;
        };
        let (near, kin, relation) = (*near, *kin, relation.name());
        facts!(
            facts,
            [side, "=", kind, "+", relation, "+", near],
            [side, "=", kind, "+", relation, "+", near, "+", told],
            [side, "=", kind, "+", relation, "+", near, "+", opening],
            [side, "=", kind, "+", relation, "+", near, "+", tie, "+", kin],
        );
    }
    if let (Some(previous), Some(next)) = (stance.previous, stance.next) {
        fact!(facts, "between=", kind, "+", previous.name(), "+", next.name(), "+", told);
    }
    if let Some(antecedent) = stance.antecedent {
        fact!(facts, "antecedent=", kind, "+", antecedent.name(), "+", tie, "+", told);
    }
    if let Some(equal) = stance.equal {
        fact!(facts, "same-value=", kind, "+", equal.name(), "+", told);
    }
    let share = (stance.times * 4).checked_div(view.others).unwrap_or_default();
    facts!(
        facts,
        ["chosen=", kind, "+", few(stance.times.min(3)), "+", told],
        ["chosen=", kind, "+of-all-", few(share), "+", told],
    );
}
