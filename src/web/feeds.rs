//! The page of the feeds: how each does.

use askama::Template;
use jiff::Timestamp;

use super::answer::Answer;
use super::look::{Moment, count};
use crate::model::{FeedState, Notice};
use crate::notify;
use crate::store::{Store, StoreError};

/// So many feeds are shown, those in trouble first.
const MOST_FEEDS: usize = 1_000;

#[derive(Template)]
#[template(path = "feeds.html")]
struct Page {
    title: &'static str,
    section: &'static str,
    now: Moment,
    facts: String,
    feeds: Vec<Row>,
    more: usize,
}

struct Row {
    name: String,
    /// The host alone: the rest of an address may hold a key.
    host: String,
    state: &'static str,
    why: String,
    last_poll: Option<Moment>,
    last_new: Option<Moment>,
    next: Option<Moment>,
}

pub(super) fn page(store: &Store, now: Timestamp) -> Result<Answer, StoreError> {
    let mut states = store.feed_states()?;
    states.sort_by_key(|state| std::cmp::Reverse(urgency(word(state))));
    let of_word = |wanted: &str| states.iter().filter(|state| word(state) == wanted).count();
    let mut facts = vec![count(states.len(), "feed")];
    for word in ["failing", "over", "resting", "quiet"] {
        match of_word(word) {
            0 => {}
            n => facts.push(format!("{n} {word}")),
        }
    }
    let page = Page {
        title: "Feeds",
        section: "feeds",
        now: now.into(),
        facts: facts.join(" · "),
        more: states.len().saturating_sub(MOST_FEEDS),
        feeds: states.iter().take(MOST_FEEDS).map(row).collect(),
    };
    Ok(Answer::html(&page))
}

/// How a feed does, in one word.
pub(super) fn word(state: &FeedState) -> &'static str {
    match state {
        FeedState { ended: Some(_), .. } => "over",
        FeedState { failures: 1.., .. } => "failing",
        FeedState { trouble: Some(_), .. } => "resting",
        FeedState { last_poll: None, .. } => "new",
        FeedState { told: Some(Notice::Quiet), .. } => "quiet",
        _ => "fine",
    }
}

fn urgency(word: &str) -> usize {
    ["fine", "new", "quiet", "resting", "over", "failing"].iter().position(|known| *known == word).unwrap_or_default()
}

fn row(state: &FeedState) -> Row {
    let times = if state.failures > 1 { format!(" ({} times in a row)", state.failures) } else { String::new() };
    Row {
        name: state.name.clone(),
        host: state.address().host_str().unwrap_or_default().to_owned(),
        state: word(state),
        why: state.trouble.as_ref().map_or_else(String::new, |why| format!("{}{times}", notify::clean_short(why, 300))),
        last_poll: state.last_poll.map(Moment::from),
        last_new: state.last_new.map(Moment::from),
        next: state.ended.is_none().then(|| state.next_check.into()),
    }
}
