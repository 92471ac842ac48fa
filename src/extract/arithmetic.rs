//! The article's own check: parts against totals, an earlier count plus an increment against the new one.

use crate::extract::discourse::Finding;
use crate::model::quantity::grouped;
use crate::model::{Figure, Group, Scope, Span, Status};

/// Groups that add up to a whole count are whole counts themselves: "1,018, among them 745 civilians; 125 of the security
/// forces, 148 loyalists". They take its scope and its status.
pub fn add_up(findings: &[Finding], standings: &mut [(Scope, Status)]) {
    for (at, whole) in findings.iter().enumerate() {
        let total = whole.quantity.told();
        if whole.group != Group::People || standings[at].0 != Scope::Story || total < LEAST_TOTAL {
            continue;
        }
        let near = at.saturating_sub(NEAR_FINDINGS)..(at + NEAR_FINDINGS + 1).min(findings.len());
        let mut parts: Vec<usize> = Vec::new();
        for i in near {
            let part = &findings[i];
            let kin = part.measure == whole.measure && part.line.abs_diff(whole.line) <= NEAR_LINES;
            let counted = matches!(part.group, Group::Civilians | Group::SecurityForces | Group::Fighters);
            if kin && counted && !parts.iter().any(|known| findings[*known].group == part.group) {
                parts.push(i);
            }
        }
        let sum = parts.iter().map(|i| findings[*i].quantity.told()).fold(0, u64::saturating_add);
        if parts.len() > 1 && sum == total {
            parts.iter().for_each(|i| standings[*i] = standings[at]);
        }
    }
}

/// Small sums come true by chance.
const LEAST_TOTAL: u64 = 20;
/// How far from a whole its parts are looked for, in figures and in sentences.
const NEAR_FINDINGS: usize = 6;
const NEAR_LINES: usize = 3;

/// What adds up, with the sentence it is told under.
pub fn sums(figures: &[Figure]) -> Vec<(Span, String)> {
    let figures = &figures[..figures.len().min(MOST_FIGURES)];
    let mut found = Vec::new();
    for total in
        figures.iter().filter(|f| f.group == Group::People && f.scope == Scope::Story && f.status == Status::Current)
    {
        let mut parts: Vec<&Figure> = Vec::new();
        for figure in figures
            .iter()
            .filter(|f| f.measure == total.measure && f.scope == Scope::Story && f.status == Status::Current)
        {
            let group = matches!(figure.group, Group::Civilians | Group::SecurityForces | Group::Fighters);
            if group && !parts.iter().any(|p| p.group == figure.group) {
                parts.push(figure);
            }
        }
        let sum = parts.iter().map(|p| p.quantity.told()).fold(0, u64::saturating_add);
        if parts.len() > 1 && sum == total.quantity.told() {
            let terms = parts.iter().map(|p| grouped(p.quantity.told())).collect::<Vec<_>>().join(" + ");
            let last = parts.iter().map(|p| p.sentence).max().unwrap_or(total.sentence);
            found.push((last, format!("{terms} = {}: adds up", grouped(sum))));
            break;
        }
    }
    let of_status = |status| figures.iter().filter(move |f| f.status == status);
    let earlier: Vec<&Figure> = of_status(Status::Previous).collect();
    for (new, old) in of_status(Status::Current).flat_map(|new| earlier.iter().map(move |old| (new, *old))) {
        let pair = new.measure == old.measure && new.group == old.group;
        let Some(difference) = new.quantity.told().checked_sub(old.quantity.told()).filter(|d| pair && *d > 0) else {
            continue;
        };
        let more = figures
            .iter()
            .find(|f| f.measure == new.measure && f.scope == Scope::Part && f.quantity.told() == difference);
        if let Some(more) = more {
            let line = format!(
                "{} + {} = {}: adds up",
                grouped(old.quantity.told()),
                grouped(difference),
                grouped(new.quantity.told())
            );
            let last = new.sentence.max(old.sentence).max(more.sentence);
            if !found.iter().any(|(_, known)| *known == line) {
                found.push((last, line));
            }
        }
    }
    found
}

/// How many figures are tried with one another, the first of the article: each pair is compared with all of them.
const MOST_FIGURES: usize = 100;
