//! The page of one story: what is counted now, the chart, sources side by side, what has changed, what is held, every
//! number with its words.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use jiff::Timestamp;

use super::answer::Answer;
use super::look::{ClaimLook, Moment, Move, TollLook, count, days, name, source, whom};
use crate::model::{Change, Claim, Group, Measure, Scope, Series, Status, Story, Verdict};
use crate::notify;
use crate::store::{Store, StoreError};
use crate::track::{self, Standing, Toll};

/// The sizes of the charts, in pixels: on wide screens and on phones.
const WIDE: (u32, u32) = (880, 380);
/// See [`WIDE`].
const NARROW: (u32, u32) = (350, 320);

/// So many charts, changes, sources and numbers are shown; the commands for the hand show all.
const MOST_CHARTS: usize = 3;
const MOST_CHANGES: usize = 60;
const MOST_SOURCES: usize = 12;
const MOST_CLAIMS: usize = 150;

#[derive(Template)]
#[template(path = "story.html")]
struct Page {
    title: String,
    section: &'static str,
    now: Moment,
    id: i64,
    facts: String,
    muted: bool,
    tolls: Vec<TollLook>,
    charts: Vec<Chart>,
    tables: Vec<Table>,
    conflicts: Vec<Conflict>,
    held: Vec<ClaimLook>,
    changes: Vec<Told>,
    more_changes: usize,
    claims: Vec<ClaimLook>,
    more_claims: usize,
}

struct Chart {
    says: String,
    wide: String,
    narrow: String,
}

/// The counts of one measure: a row a source, a column a group.
struct Table {
    measure: String,
    groups: Vec<&'static str>,
    rows: Vec<(String, Vec<Option<Cell>>)>,
}

struct Cell {
    count: String,
    day: String,
    /// The outlet.
    outlet: String,
    anchor: String,
    /// Whether it is not the count that is told.
    differs: bool,
}

/// Counts of the same that cannot be squared.
struct Conflict {
    what: &'static str,
    sides: Vec<ClaimLook>,
}

/// A change with the words behind it.
struct Told {
    id: i64,
    moved: Move,
    claim: Option<ClaimLook>,
}

pub(super) fn page(store: &Store, story: &Story, now: Timestamp) -> Result<Answer, StoreError> {
    let claims = store.claims(story.id)?;
    let stored = store.changes(story.id)?;
    let changes: Vec<Change> = stored.iter().map(|stored| stored.change.clone()).collect();
    let tolls = track::tolls(&claims);
    let outlets: BTreeSet<&str> = claims.iter().map(|claim| claim.outlet.as_str()).collect();
    let of_claim = |id| claims.iter().find(|claim| claim.id == id).map(|claim| ClaimLook::of(claim, &claims));
    let told = stored.iter().rev().take(MOST_CHANGES).map(|stored| Told {
        id: stored.id,
        moved: Move::from(&stored.change),
        claim: of_claim(stored.change.claim),
    });
    let page = Page {
        title: name(&story.name),
        section: "",
        now: now.into(),
        id: story.id.0,
        facts: format!(
            "{} · {} with figures · {}",
            count(story.profile.articles as usize, "article"),
            count(outlets.len(), "outlet"),
            days(story.first, story.last)
        ),
        muted: story.muted,
        tolls: tolls.iter().filter(|toll| toll.standing == Standing::Told).map(TollLook::from).collect(),
        charts: charts(story, &claims, &changes),
        tables: tables(&claims, &tolls),
        conflicts: conflicts(&tolls, &claims),
        held: notify::waiting(&claims).into_iter().map(|claim| ClaimLook::of(claim, &claims)).collect(),
        changes: told.collect(),
        more_changes: stored.len().saturating_sub(MOST_CHANGES),
        more_claims: claims.len().saturating_sub(MOST_CLAIMS),
        claims: shown(&claims, &tolls).into_iter().map(|claim| ClaimLook::of(claim, &claims)).collect(),
    };
    Ok(Answer::html(&page))
}

/// The latest claims, the newest first, and those that the present counts rest on, however old.
fn shown<'a>(claims: &'a [Claim], tolls: &[Toll]) -> Vec<&'a Claim> {
    let first = claims.len().saturating_sub(MOST_CLAIMS);
    let rests_on = |claim: &Claim| tolls.iter().any(|toll| toll.claim == claim.id);
    let shown = claims.iter().enumerate().filter(|(at, claim)| *at >= first || rests_on(claim));
    shown.map(|(_, claim)| claim).rev().collect()
}

/// A chart of each measure that has moved.
fn charts(story: &Story, claims: &[Claim], changes: &[Change]) -> Vec<Chart> {
    let moved = Measure::ALL.iter().filter(|measure| notify::has_something_to_show(claims, **measure));
    moved
        .take(MOST_CHARTS)
        .map(|measure| Chart {
            says: format!("Chart: {} over time, by source", measure_name(*measure)),
            wide: notify::drawing(story, claims, changes, *measure, WIDE),
            narrow: notify::drawing(story, claims, changes, *measure, NARROW),
        })
        .collect()
}

fn measure_name(measure: Measure) -> String {
    notify::count_name(measure, Group::People).to_lowercase()
}

/// What each source counted last, of the whole story.
fn tables(claims: &[Claim], tolls: &[Toll]) -> Vec<Table> {
    let mut latest: BTreeMap<&Series, &Claim> = BTreeMap::new();
    let counts = claims.iter().filter(|claim| {
        (claim.scope, claim.status) == (Scope::Story, Status::Current)
            && matches!(claim.verdict, Verdict::Told | Verdict::Baseline | Verdict::Restated)
    });
    for claim in counts {
        let known = latest.entry(&claim.series).or_insert(claim);
        if (known.published, known.id) <= (claim.published, claim.id) {
            *known = claim;
        }
    }
    let told = |series: &Series| {
        let same = |toll: &&Toll| (toll.series.measure, toll.series.group) == (series.measure, series.group);
        tolls.iter().filter(same).find(|toll| toll.standing == Standing::Told)
    };
    let mut tables = Vec::new();
    for measure in Measure::ALL {
        let of_measure: Vec<&&Claim> = latest.values().filter(|claim| claim.series.measure == *measure).collect();
        let groups: BTreeSet<Group> = of_measure.iter().map(|claim| claim.series.group).collect();
        let mut sources: Vec<&Option<String>> = of_measure.iter().map(|claim| &claim.series.source).collect();
        sources.sort_unstable();
        sources.dedup();
        let last = |source: &Option<String>| {
            of_measure.iter().filter(|claim| claim.series.source == *source).map(|claim| claim.published).max()
        };
        sources.sort_by_key(|source| std::cmp::Reverse(last(source)));
        sources.truncate(MOST_SOURCES);
        if sources.is_empty() {
            continue;
        }
        let cell = |source: &Option<String>, group: Group| {
            let claim = of_measure.iter().find(|c| c.series.source == *source && c.series.group == group)?;
            Some(Cell {
                count: notify::in_a_cell(claim.quantity),
                day: days(claim.published, claim.published),
                outlet: name(&claim.outlet),
                anchor: format!("claim-{}", claim.id),
                differs: told(&claim.series).is_some_and(|toll| toll.quantity.told() != claim.quantity.told()),
            })
        };
        let row = |of: &&Option<String>| {
            let series = Series { measure: *measure, group: Group::People, source: (*of).clone() };
            (source(&series), groups.iter().map(|group| cell(of, *group)).collect())
        };
        tables.push(Table {
            measure: notify::count_name(*measure, Group::People).to_owned(),
            groups: groups.iter().map(|group| whom(*group)).collect(),
            rows: sources.iter().map(row).collect(),
        });
    }
    tables
}

fn conflicts(tolls: &[Toll], claims: &[Claim]) -> Vec<Conflict> {
    let of = |toll: &Toll| claims.iter().find(|claim| claim.id == toll.claim).map(|claim| ClaimLook::of(claim, claims));
    let same = |a: &Toll, b: &Toll| (a.series.measure, a.series.group) == (b.series.measure, b.series.group);
    tolls
        .chunk_by(same)
        .filter(|sides| sides.len() > 1)
        .map(|sides| Conflict {
            what: super::look::what(&sides[0].series),
            sides: sides.iter().filter_map(of).collect(),
        })
        .collect()
}
