//! The told counts of a story day by day, as a table: a row for each series, a column for each day something moved.

use jiff::civil::Date;

use crate::model::{Claim, Measure, Series};
use crate::notify::briefing::Briefing;
use crate::notify::foreign::{clean_short, shorten};
use crate::notify::moved::{by_series, told};
use crate::notify::wording::{in_a_cell, measure_words, words_for};

/// Columns that fit beside the names in 78 characters; the latest days are shown.
const MOST_DAYS: usize = 6;
/// Rows of one table; the series that moved come first, then the latest.
const MOST_ROWS: usize = 8;
/// Tables of one mail.
const MOST_TABLES: usize = 3;
/// A source's name in a row; longer names are told by their initials or cut.
const LONGEST_SOURCE: usize = 20;

/// The counts of one measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DayTable {
    /// "killed"
    pub measure: String,
    /// "6 Mar"
    pub days: Vec<String>,
    /// The series and its count at the end of each day, "–" before the first.
    pub rows: Vec<(String, Vec<String>)>,
    /// What the initials in the rows stand for.
    pub legend: Vec<String>,
}

/// A table for each measure that moved, where there is more than one day to show.
pub(super) fn so_far(briefing: &Briefing) -> Vec<DayTable> {
    let moved = by_series(briefing.changes);
    let mut measures: Vec<Measure> = moved.iter().map(|(series, _)| series.measure).collect();
    measures.dedup();
    let moved: Vec<&Series> = moved.into_iter().map(|(series, _)| series).collect();
    measures.into_iter().take(MOST_TABLES).filter_map(|measure| table(briefing, measure, &moved)).collect()
}

fn table(briefing: &Briefing, measure: Measure, moved: &[&Series]) -> Option<DayTable> {
    let day_of = |claim: &Claim| claim.published.to_zoned(briefing.subscription.zone.clone()).date();
    let rows = rows(briefing.claims, measure, moved);
    let mut days: Vec<Date> = rows.iter().flat_map(|(_, claims)| claims.iter().map(|claim| day_of(claim))).collect();
    days.sort_unstable();
    days.dedup();
    if days.len() < 2 {
        return None;
    }
    days.drain(..days.len().saturating_sub(MOST_DAYS));
    let one_year = days.iter().all(|day| day.year() == days[0].year());
    let label = |day: &Date| day.strftime(if one_year { "%-d %b" } else { "%-d %b %y" }).to_string();

    let mut legend = Vec::new();
    let rows = rows.iter().map(|(series, claims)| {
        let cells = days.iter().map(|day| {
            let latest = claims.iter().rev().find(|claim| day_of(claim) <= *day);
            latest.map_or_else(|| "–".to_owned(), |claim| in_a_cell(claim.quantity))
        });
        (row_name(series, &mut legend), cells.collect())
    });
    Some(DayTable {
        measure: measure_words(measure),
        rows: rows.collect(),
        days: days.iter().map(label).collect(),
        legend,
    })
}

/// The series of a measure that were told, each with its claims in the order of their publication.
fn rows<'a>(claims: &'a [Claim], measure: Measure, moved: &[&Series]) -> Vec<(&'a Series, Vec<&'a Claim>)> {
    let mut rows: Vec<(&Series, Vec<&Claim>)> = Vec::new();
    for claim in told(claims).filter(|claim| claim.series.measure == measure) {
        match rows.iter_mut().find(|(series, _)| *series == &claim.series) {
            Some((_, claims)) => claims.push(claim),
            None => rows.push((&claim.series, vec![claim])),
        }
    }
    for (_, claims) in &mut rows {
        claims.sort_by_key(|claim| (claim.published, claim.id));
    }
    let latest = |claims: &[&Claim]| claims.last().map(|claim| claim.published);
    rows.sort_by_key(|(series, claims)| (!moved.contains(series), std::cmp::Reverse(latest(claims)), *series));
    rows.truncate(MOST_ROWS);
    rows.sort_by_key(|(series, _)| *series);
    rows
}

/// "civilians, SOHR"; what initials stand for is added to the legend.
fn row_name(series: &Series, legend: &mut Vec<String>) -> String {
    let group = words_for(series.measure, series.group).row;
    let Some(source) = &series.source else { return format!("{group}, unnamed") };
    let (short, meaning) = short_source(source);
    let Some(meaning) = meaning else { return format!("{group}, {short}") };
    let line = format!("{short}: {meaning}");
    if legend.iter().any(|known| known.starts_with(&format!("{short}: ")) && *known != line) {
        return format!("{group}, {}", shorten(&meaning, LONGEST_SOURCE));
    }
    if !legend.contains(&line) {
        legend.push(line);
    }
    format!("{group}, {short}")
}

/// A source's name for a narrow place; where that is its initials, also what they stand for.
pub fn short_source(source: &str) -> (String, Option<String>) {
    let name = clean_short(source, 90);
    if name.chars().count() <= LONGEST_SOURCE {
        return (name, None);
    }
    let initials: String =
        name.split(' ').filter_map(|word| word.chars().next()).filter(|first| first.is_uppercase()).collect();
    if (3..=8).contains(&initials.chars().count()) {
        (initials, Some(name))
    } else {
        (shorten(&name, LONGEST_SOURCE), None)
    }
}
