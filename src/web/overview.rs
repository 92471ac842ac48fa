//! The first page: how things stand, the stories, the latest changes.

use askama::Template;
use jiff::Timestamp;

use super::answer::Answer;
use super::look::{Moment, Move, TollLook, count, days, name};
use super::spark;
use crate::model::{Claim, Story};
use crate::notify;
use crate::store::{Store, StoreError};
use crate::track::{self, Standing, Toll};

/// So many stories stand on a page.
const ON_A_PAGE: usize = 20;
/// So many counts of a story are shown, the dead first.
const MOST_TOLLS: usize = 4;
/// So many changes are listed.
const LATEST: u32 = 8;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    title: &'static str,
    section: &'static str,
    now: Moment,
    standing: Vec<(&'static str, String, &'static str)>,
    stories: Vec<Card>,
    latest: Vec<(String, String, Move)>,
    page: usize,
    newer: Option<usize>,
    older: Option<usize>,
}

struct Card {
    slug: String,
    name: String,
    facts: String,
    muted: bool,
    tolls: Vec<TollLook>,
    spark: Option<String>,
    spark_says: String,
    conflicts: usize,
    held: usize,
}

pub(super) fn page(store: &Store, page: usize, now: Timestamp) -> Result<Answer, StoreError> {
    let stories = store.stories()?;
    let skipped = (page - 1) * ON_A_PAGE;
    let cards = stories.iter().skip(skipped).take(ON_A_PAGE).map(|story| Ok(card(story, &store.claims(story.id)?)));
    let cards = cards.collect::<Result<Vec<_>, StoreError>>()?;
    let mut latest = Vec::new();
    for stored in if page == 1 { store.latest_changes(LATEST)? } else { Vec::new() } {
        if let Some(story) = stories.iter().find(|story| story.id == stored.change.story) {
            latest.push((story.slug.clone(), name(&story.name), Move::from(&stored.change)));
        }
    }
    let page = Overview {
        title: "Stories",
        section: "stories",
        now: now.into(),
        standing: standing(store)?,
        stories: cards,
        latest,
        page,
        newer: (page > 1).then(|| page - 1),
        older: (skipped + ON_A_PAGE < stories.len()).then_some(page + 1),
    };
    Ok(Answer::html(&page))
}

/// Name, words, and the class that a trouble is shown in.
fn standing(store: &Store) -> Result<Vec<(&'static str, String, &'static str)>, StoreError> {
    let status = store.status()?;
    let feeds = match (status.failing, status.resting) {
        (0, 0) => format!("{}, all well", status.feeds),
        (0, resting) => format!("{}, {resting} resting", status.feeds),
        (failing, _) => format!("{}, {failing} failing", status.feeds),
    };
    let mails = match (status.mails_dead, status.outbox + status.alerts_pending) {
        (0, 0) => format!("{} sent", status.mails_sent),
        (0, waiting) => format!("{} sent, {waiting} waiting", status.mails_sent),
        (dead, waiting) => format!("{} sent, {waiting} waiting, {dead} set aside", status.mails_sent),
    };
    let polled = status.last_poll.map_or_else(|| "never".to_owned(), |at| Moment::from(at).shown);
    let trouble = |is: bool| if is { "trouble" } else { "" };
    Ok(vec![
        ("Feeds", feeds, trouble(status.failing > 0)),
        ("Last poll", polled, ""),
        ("Articles", format!("{}, {} waiting", status.articles, status.items_waiting), ""),
        ("Mails", mails, trouble(status.mails_dead > 0)),
    ])
}

fn card(story: &Story, claims: &[Claim]) -> Card {
    let tolls = track::tolls(claims);
    let told: Vec<&Toll> = tolls.iter().filter(|toll| toll.standing == Standing::Told).collect();
    // The dead before the injured, and everybody before a group of them, as the measures and groups are declared.
    let main = told.iter().max_by_key(|toll| (toll.history.len() > 1, std::cmp::Reverse(&toll.series)));
    Card {
        slug: story.slug.clone(),
        name: name(&story.name),
        facts: format!("{} · {}", count(story.profile.articles as usize, "article"), days(story.first, story.last)),
        muted: story.muted,
        spark: main.and_then(|toll| spark::points(&toll.history)),
        spark_says: main.map_or_else(String::new, |toll| {
            let steps: Vec<String> = toll.history.iter().map(|step| notify::in_a_cell(step.quantity)).collect();
            format!("{}: {}", super::look::what(&toll.series), steps.join(", "))
        }),
        conflicts: tolls.len() - told.len(),
        held: notify::waiting(claims).len(),
        tolls: told.into_iter().take(MOST_TOLLS).map(TollLook::from).collect(),
    }
}
