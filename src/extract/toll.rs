//! What a careful reader would say the article reports: a row for each measure, group and source.

use crate::model::{Figure, Group, Measure, Quantity, ReportedToll, Scope, Status};

/// The reported tolls of an article. Current counts go before earlier ones, whole ones before parts.
pub fn tolls(figures: &[Figure]) -> Vec<ReportedToll> {
    let mut rows: Vec<ReportedToll> = Vec::new();
    for measure in Measure::ALL {
        let of_measure: Vec<&Figure> =
            figures.iter().filter(|f| f.measure == *measure && f.scope != Scope::Other).collect();
        for group in Group::ALL {
            let of_group: Vec<&Figure> = of_measure.iter().copied().filter(|f| f.group == *group).collect();
            let best = of_group.iter().map(|f| rank(f)).max();
            let mut chosen: Vec<&Figure> = of_group.into_iter().filter(|f| Some(rank(f)) == best).collect();
            chosen.sort_by_key(|f| std::cmp::Reverse(f.quantity.told()));
            for figure in chosen {
                if !rows.iter().any(|r| {
                    r.measure == *measure && r.group == *group && (r.source == figure.source || figure.source.is_none())
                }) {
                    rows.push(ReportedToll {
                        measure: *measure,
                        group: *group,
                        quantity: figure.quantity,
                        source: figure.source.clone(),
                        derived: figure.derived.clone(),
                    });
                }
            }
        }
        if !rows.iter().any(|r| r.measure == *measure && r.group == Group::People) {
            rows.extend(summed(&rows, *measure));
        }
    }
    rows
}

fn rank(figure: &Figure) -> u8 {
    match (figure.status, figure.scope) {
        (Status::Current, Scope::Story) => 4,
        (Status::Current, _) => 3,
        (Status::Projected, _) => 2,
        (Status::Previous, _) => 1,
        (Status::Disputed, _) => 0,
    }
}

/// The whole count where the article gives groups only. Women and children are taken for groups of their own only where
/// nothing else is told.
fn summed(rows: &[ReportedToll], measure: Measure) -> Option<ReportedToll> {
    let mut parts: Vec<&ReportedToll> = Vec::new();
    for row in rows.iter().filter(|r| r.measure == measure) {
        if !parts.iter().any(|p| p.group == row.group) {
            parts.push(row);
        }
    }
    if parts.iter().any(|p| p.group == Group::Civilians) {
        parts.retain(|p| !matches!(p.group, Group::Women | Group::Children | Group::Journalists | Group::AidWorkers));
    }
    let total: u64 = parts.iter().map(|p| p.quantity.told()).sum();
    let exact = parts.iter().all(|p| matches!(p.quantity, Quantity::Exactly(_)));
    let sum = parts.iter().map(|p| p.quantity.told().to_string()).collect::<Vec<_>>().join(" + ");
    Some(ReportedToll {
        measure,
        group: Group::People,
        quantity: if exact { Quantity::Exactly(total) } else { Quantity::AtLeast(total) },
        source: parts.first()?.source.clone(),
        derived: Some(if parts.len() > 1 {
            format!("{sum} = {total}")
        } else {
            format!("only {} are told of", parts[0].group.label())
        }),
    })
}
