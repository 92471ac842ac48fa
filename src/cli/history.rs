//! `tollwatch history`: how a story's counts have moved, as a table, as data, as a chart.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, print, stories};
use crate::model::{Change, Claim, Group, Measure, Story, Verdict};
use crate::notify;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch history syria-coast-killings-march-2025
  tollwatch history 12 --format csv > coast.csv
  tollwatch history 12 --chart coast.png

The table holds the changes that were told; csv and json hold every claim, with the words it came from.")]
pub struct Arguments {
    /// The story's number or short name; `tollwatch stories list` shows them
    story: String,

    /// How to print
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,

    /// Draw the counts into this file, .png or .svg
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The changes, for people
    Table,
    /// Every claim, for spreadsheets
    Csv,
    /// Every claim, one JSON object a line
    Json,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let store = place.store_to_read()?;
    let story = stories::find(&store, &arguments.story)?;
    let claims = store.claims(story.id).map_err(store_failure)?;
    if let Some(path) = &arguments.chart {
        draw(&story, &claims, path)?;
        return print::line(format!("{} is drawn in {}", story.name, path.display()));
    }
    match arguments.format {
        Form::Table => {
            let changes = store.changes(story.id).map_err(store_failure)?;
            let changes: Vec<Change> = changes.into_iter().map(|stored| stored.change).collect();
            print::out(|out| out.write_all(table(&changes, &claims).as_bytes()))
        }
        Form::Csv => print::out(|out| {
            writeln!(out, "{}", COLUMNS.join(","))?;
            for claim in &claims {
                writeln!(out, "{}", cells(claim).map(|cell| csv(&cell)).join(","))?;
            }
            Ok(())
        }),
        Form::Json => print::out(|out| {
            for claim in &claims {
                writeln!(out, "{}", claim_json(claim))?;
            }
            Ok(())
        }),
    }
}

/// The size of a chart for people, in pixels.
const CHART_SIZE: (u32, u32) = (1_200, 700);

/// Draws the killed, or else what the story counts most.
pub fn draw(story: &Story, claims: &[Claim], path: &Path) -> Done {
    let form = match path.extension().and_then(|ending| ending.to_str()) {
        Some("png") => notify::Form::Png,
        Some("svg") => notify::Form::Svg,
        _ => return Err(Failure::say(Exit::Usage, format!("{}: a chart's name ends in .png or .svg", path.display()))),
    };
    let told =
        |measure: Measure| claims.iter().filter(|claim| claim.series.measure == measure && is_told(claim)).count();
    let most = Measure::ALL.iter().copied().max_by_key(|measure| (told(*measure), std::cmp::Reverse(*measure)));
    let Some(measure) = most.filter(|measure| told(*measure) > 0) else {
        return Err(Failure::say(Exit::NoInput, format!("{} has no counts to draw yet", story.name)));
    };
    let chart = notify::chart(story, claims, measure, form, CHART_SIZE);
    std::fs::write(path, chart).map_err(|error| Failure::say(Exit::CantCreate, format!("{}: {error}", path.display())))
}

fn is_told(claim: &Claim) -> bool {
    matches!(claim.verdict, Verdict::Told | Verdict::Baseline)
}

/// The changes of a story, oldest first.
pub fn table(changes: &[Change], claims: &[Claim]) -> String {
    let rows: Vec<Vec<String>> = changes
        .iter()
        .map(|change| {
            let claim = claims.iter().find(|claim| claim.id == change.claim);
            vec![
                print::time(change.at),
                change.series.measure.to_string(),
                if change.series.group == Group::People {
                    "all".to_owned()
                } else {
                    change.series.group.label().to_owned()
                },
                change.after.to_string(),
                change.series.source.clone().unwrap_or_else(|| print::NO_SOURCE.to_owned()),
                claim.map_or_else(String::new, |claim| claim.outlet.clone()),
                also(change, claims).to_string(),
                format!(
                    "{}{}",
                    change.kind,
                    change.before.map_or_else(String::new, |before| format!(" from {before}"))
                ),
            ]
        })
        .collect();
    print::table(&["when (UTC)", "measure", "group", "count", "by", "first in", "also", "change"], &rows)
}

/// How many other outlets carry the same count.
fn also(change: &Change, claims: &[Claim]) -> usize {
    let first = claims.iter().find(|claim| claim.id == change.claim).map(|claim| &claim.outlet);
    let outlets: BTreeSet<&str> = claims
        .iter()
        .filter(|claim| claim.series.measure == change.series.measure && claim.series.group == change.series.group)
        .filter(|claim| claim.quantity.told() == change.after.told())
        .filter(|claim| matches!(claim.verdict, Verdict::Restated | Verdict::Copied | Verdict::Told))
        .filter(|claim| Some(&claim.outlet) != first)
        .map(|claim| claim.outlet.as_str())
        .collect();
    outlets.len()
}

const COLUMNS: [&str; 21] = [
    "claim",
    "published",
    "seen",
    "measure",
    "group",
    "count",
    "low",
    "high",
    "bound",
    "source",
    "said_by",
    "outlet",
    "url",
    "place",
    "period",
    "status",
    "scope",
    "verdict",
    "rule",
    "confidence",
    "quote",
];

fn cells(claim: &Claim) -> [String; 21] {
    let number = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        claim.id.to_string(),
        claim.published.to_string(),
        claim.seen.to_string(),
        claim.series.measure.to_string(),
        claim.series.group.to_string(),
        claim.quantity.told().to_string(),
        number(claim.quantity.low()),
        number(claim.quantity.high()),
        claim.quantity.bound().to_string(),
        text(&claim.series.source),
        text(&claim.said_by),
        claim.outlet.clone(),
        claim.url.to_string(),
        text(&claim.place),
        text(&claim.period),
        claim.status.to_string(),
        claim.scope.to_string(),
        claim.verdict.to_string(),
        claim.rule.clone(),
        claim.confidence.to_string(),
        claim.quote.clone(),
    ]
}

fn claim_json(claim: &Claim) -> serde_json::Value {
    json!({
        "claim": claim.id.to_string(),
        "published": claim.published,
        "seen": claim.seen,
        "measure": claim.series.measure,
        "group": claim.series.group,
        "count": claim.quantity.told(),
        "low": claim.quantity.low(),
        "high": claim.quantity.high(),
        "bound": claim.quantity.bound(),
        "source": claim.series.source,
        "said_by": claim.said_by,
        "outlet": claim.outlet,
        "url": claim.url,
        "place": claim.place,
        "period": claim.period,
        "status": claim.status,
        "scope": claim.scope,
        "verdict": claim.verdict,
        "rule": claim.rule,
        "confidence": f64::from(claim.confidence.as_per_mille()) / 1_000.0,
        "quote": claim.quote,
    })
}

/// A cell by RFC 4180. A cell that a spreadsheet would run as a formula is made text by an apostrophe, since quotes and
/// outlets are foreign words.
fn csv(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_cells_hold_anything_and_run_nothing() {
        assert_eq!(csv("1,018 dead"), "\"1,018 dead\"");
        assert_eq!(csv("the \"toll\""), "\"the \"\"toll\"\"\"");
        assert_eq!(csv("=cmd|' /c calc'!A1"), "'=cmd|' /c calc'!A1");
        assert_eq!(csv("745"), "745");
    }
}
