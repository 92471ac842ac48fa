//! `tollwatch history`: how a story's counts have moved, as a table, as data, as a chart.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, period, print, stories};
use crate::model::{Change, ChangeKind, Claim, Measure, Reason, Scope, Status, Story, Verdict};
use crate::notify;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch history syria-coast-killings-march-2025
  tollwatch history 12 --format csv > coast.csv
  tollwatch history 12 --chart coast.png
  tollwatch history 12 --format json | jq .quote

The table holds the changes that were told; csv and json hold every claim, with the words it came from. \
`daily` is the count of one day, `cumulative` that of the whole story so far, where a claim is one or the other; `formerly` \
is what stood there before the article was changed in place. `tollwatch evidence CLAIM` shows what stands behind a claim.")]
pub struct Arguments {
    /// The story's number or short name; `tollwatch stories list` shows them
    story: String,

    /// How to print
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,

    /// Draw the counts into this file too, .png or .svg
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
    let changes = store.changes(story.id).map_err(store_failure)?;
    let changes: Vec<Change> = changes.into_iter().map(|stored| stored.change).collect();
    if let Some(path) = &arguments.chart {
        draw(&story, &claims, &changes, path)?;
    }
    match arguments.format {
        Form::Table => {
            let mut shown = if changes.is_empty() { nothing_told(&story, &claims) } else { table(&changes, &claims) };
            shown.push_str(&edited(&changes, &claims));
            if let Some(path) = &arguments.chart {
                shown.push_str(&format!("chart: {}\n", path.display()));
            }
            print::text(&shown)
        }
        Form::Csv => print::out(|out| {
            writeln!(out, "{}", COLUMNS.join(","))?;
            for claim in &claims {
                writeln!(out, "{}", values(claim, &claims).map(|value| csv(&value)).join(","))?;
            }
            Ok(())
        }),
        Form::Json => print::json_lines(claims.iter().map(|claim| {
            let columns = COLUMNS.iter().map(|column| (*column).to_owned());
            Value::Object(columns.zip(values(claim, &claims)).collect())
        })),
    }
}

/// What the past of a feed brings is taken in without a word, so that a story may have counts and no changes.
fn nothing_told(story: &Story, claims: &[Claim]) -> String {
    let counts = print::count(claims.len(), "count");
    format!(
        "Nothing has moved in {} yet; {counts} of it are known: see `tollwatch stories show {}`\n",
        print::shown(&story.name),
        story.id
    )
}

/// The size of a chart for people, in pixels.
const CHART_SIZE: (u32, u32) = (1_200, 700);

/// Draws the killed, or else what the story counts most.
pub fn draw(story: &Story, claims: &[Claim], changes: &[Change], path: &Path) -> Done {
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
    let chart = notify::chart(story, claims, changes, measure, form, CHART_SIZE);
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
                print::group(change.series.group).to_owned(),
                change.after.to_string(),
                change.series.source.clone().unwrap_or_else(|| print::NO_SOURCE.to_owned()),
                claim.map_or_else(String::new, |claim| claim.outlet.clone()),
                also(change, claims).to_string(),
                change.claim.to_string(),
                reason(change, claims),
            ]
        })
        .collect();
    print::table(&["when (UTC)", "measure", "group", "count", "by", "first in", "also", "claim", "reason"], &rows)
}

/// "rise from 745", "conflict with 125 by the Syrian Observatory for Human Rights", "fall from 27: corrected".
fn reason(change: &Change, claims: &[Claim]) -> String {
    let Some(before) = change.before else { return change.kind.to_string() };
    if change.kind == ChangeKind::Conflict {
        let contradicted = claims.iter().filter(|claim| {
            is_told(claim)
                && claim.quantity == before
                && (claim.series.measure, claim.series.group) == (change.series.measure, change.series.group)
                && claim.id != change.claim
        });
        let source = contradicted.max_by_key(|claim| claim.published).and_then(|claim| claim.series.source.as_deref());
        let by = source.map_or_else(String::new, |source| format!(" by {source}"));
        return format!("{} with {before}{by}", change.kind);
    }
    let why = match change.reason {
        Reason::Corrected
        | Reason::SameSourceAgain
        | Reason::SecondOutlet
        | Reason::Confirmed
        | Reason::EditedInPlace => format!(": {}", change.reason),
        Reason::NewCount | Reason::Higher | Reason::AboveBound | Reason::Fewer | Reason::SourcesDisagree => {
            String::new()
        }
    };
    format!("{} from {before}{why}", change.kind)
}

/// What was counted otherwise in an article until it was changed in place, with the words before and after.
fn edited(changes: &[Change], claims: &[Claim]) -> String {
    let mut out = String::new();
    for change in changes.iter().filter(|change| change.reason == Reason::EditedInPlace) {
        let Some(claim) = claims.iter().find(|claim| claim.id == change.claim) else { continue };
        let Some(before) = notify::version_before(claim, claims) else { continue };
        let head = format!(
            "{}, {}: {}: {} → {}",
            print::time(claim.published),
            claim.outlet,
            print::series_name(&change.series),
            before.quantity,
            claim.quantity
        );
        out.push_str(&print::shown(&format!(
            "\n{}\n  before ({})  “{}”\n  after ({})   “{}”\n",
            one_line(&head),
            before.id,
            one_line(&before.quote),
            claim.id,
            one_line(&claim.quote)
        )));
    }
    if out.is_empty() { out } else { format!("\nChanged in place\n{}", out.trim_start_matches('\n')) }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

const COLUMNS: [&str; 24] = [
    "claim",
    "published",
    "seen",
    "measure",
    "group",
    "count",
    "daily",
    "cumulative",
    "low",
    "high",
    "bound",
    "source",
    "said_by",
    "outlet",
    "link",
    "place",
    "period",
    "status",
    "scope",
    "verdict",
    "rule",
    "confidence",
    "quote",
    "formerly",
];

/// What csv and json say of a claim, in the order of the columns.
fn values(claim: &Claim, claims: &[Claim]) -> [Value; COLUMNS.len()] {
    let current = claim.status == Status::Current;
    let daily = current && claim.scope == Scope::Part && claim.period.as_deref().is_some_and(period::is_one_day);
    let cumulative = current && claim.scope == Scope::Story;
    let before = if claim.id.version > 1 { notify::version_before(claim, claims) } else { None };
    [
        json!(claim.id.to_string()),
        json!(claim.published),
        json!(claim.seen),
        json!(claim.series.measure),
        json!(claim.series.group),
        json!(claim.quantity.told()),
        json!(daily.then(|| claim.quantity.told())),
        json!(cumulative.then(|| claim.quantity.told())),
        json!(claim.quantity.low()),
        json!(claim.quantity.high()),
        json!(claim.quantity.bound()),
        json!(claim.series.source),
        json!(claim.said_by),
        json!(claim.outlet),
        json!(claim.url),
        json!(claim.place),
        json!(claim.period),
        json!(claim.status),
        json!(claim.scope),
        json!(claim.verdict),
        json!(claim.rule),
        json!(f64::from(claim.confidence.as_per_mille()) / 1_000.0),
        json!(claim.quote),
        json!(before.map(|before| before.quote.as_str())),
    ]
}

/// A cell by RFC 4180. A cell that a spreadsheet would run as a formula is made text by an apostrophe, since quotes and
/// outlets are foreign words.
fn csv(value: &Value) -> String {
    let cell = match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Confidence, Fingerprint, Group, Quantity, Series, Span, StoryId};

    #[test]
    fn a_claim_counts_a_day_or_the_whole_or_neither() {
        let claim = |scope: Scope, status: Status, period: Option<&str>| Claim {
            id: "7.1.1".parse().unwrap(),
            story: StoryId(1),
            series: Series { measure: Measure::Killed, group: Group::People, source: None },
            quantity: Quantity::Exactly(24),
            status,
            scope,
            place: None,
            period: period.map(str::to_owned),
            said_by: None,
            quote: "24 died.".to_owned(),
            number: Span { start: 0, end: 2 },
            span: Span { start: 0, end: 2 },
            derived: None,
            rule: "died".to_owned(),
            confidence: Confidence::per_mille(900),
            outlet: "Ardo Daily".to_owned(),
            url: "https://daily.example/a".parse().unwrap(),
            published: jiff::Timestamp::UNIX_EPOCH,
            seen: jiff::Timestamp::UNIX_EPOCH,
            fingerprint: Fingerprint(0),
            verdict: Verdict::Kept,
        };
        let columns = |claim: &Claim| {
            let of = |name: &str| COLUMNS.iter().position(|column| *column == name).unwrap();
            let values = values(claim, &[]);
            (values[of("daily")].clone(), values[of("cumulative")].clone())
        };
        let (none, count) = (Value::Null, json!(24));
        assert_eq!(columns(&claim(Scope::Part, Status::Current, Some("on Monday"))), (count.clone(), none.clone()));
        assert_eq!(columns(&claim(Scope::Part, Status::Current, Some("since Monday"))), (none.clone(), none.clone()));
        assert_eq!(columns(&claim(Scope::Part, Status::Current, None)), (none.clone(), none.clone()));
        assert_eq!(columns(&claim(Scope::Story, Status::Current, Some("on Monday"))), (none.clone(), count));
        assert_eq!(columns(&claim(Scope::Story, Status::Previous, None)), (none.clone(), none));
    }

    #[test]
    fn csv_cells_hold_anything_and_run_nothing() {
        assert_eq!(csv(&json!("1,018 dead")), "\"1,018 dead\"");
        assert_eq!(csv(&json!("the \"toll\"")), "\"the \"\"toll\"\"\"");
        assert_eq!(csv(&json!("=cmd|' /c calc'!A1")), "'=cmd|' /c calc'!A1");
        assert_eq!(csv(&json!(745)), "745");
        assert_eq!(csv(&Value::Null), "");
    }
}
