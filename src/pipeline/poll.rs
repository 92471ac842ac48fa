//! One poll of one feed: ask, parse, store what is new, say when to come again.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Desk, Event, Watched, off_thread, schedule, sha256, signed};
use crate::feeds;
use crate::http;
use crate::model::{FeedItem, FeedState, Page, Validators};

/// Asks a feed once and stores what came of it. What the feed or its server does wrong is an outcome, not an error.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn poll(desk: &Desk, feed: &Watched) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let state = stored_state(desk, feed, now).await.with_context(|| format!("feed {}", feed.name))?;
    let request = http::Request::feed(feed.url.clone(), state.validators.clone());

    let (answer, next) = match desk.http.get(&request, now).await {
        Err(unfetched) => failed(desk, feed, state, &unfetched.to_string(), unfetched.retry_after()).await?,
        Ok(answer) => {
            let fresh_for = answer.fresh_for.max(answer.retry_after).map(signed);
            match answer.fetched {
                http::Fetched::NotModified { validators } => {
                    unchanged(desk, feed, state, validators, fresh_for).await?
                }
                http::Fetched::Page(page) if state.body_hash.as_deref() == Some(&sha256(&page.body)) => {
                    unchanged(desk, feed, state, page.validators, fresh_for).await?
                }
                http::Fetched::Page(page) => parsed(desk, feed, state, page, fresh_for).await?,
            }
        }
    };
    desk.tell(Event::Polled { feed: feed.name.clone(), at: now, answer, next });
    Ok(())
}

/// What is remembered of the feed. What was learnt at another address does not hold at this one.
async fn stored_state(desk: &Desk, feed: &Watched, now: Timestamp) -> anyhow::Result<FeedState> {
    let name = feed.name.clone();
    let stored = desk.with_store(move |store| store.feed_state(&name)).await?;
    let fresh = FeedState::unpolled(&feed.name, feed.url.clone(), now);
    Ok(match stored {
        None => fresh,
        Some(known) if known.url == feed.url => known,
        Some(moved) => FeedState { last_new: moved.last_new, last_success: moved.last_success, ..fresh },
    })
}

async fn unchanged(
    desk: &Desk,
    feed: &Watched,
    state: FeedState,
    validators: Validators,
    fresh_for: Option<SignedDuration>,
) -> anyhow::Result<(Answer, Timestamp)> {
    let state = succeeded(desk.clock.now(), feed, FeedState { validators, ..state }, fresh_for);
    let next = state.next_check;
    desk.with_store(move |store| store.save_feed(&state)).await?;
    Ok((Answer::Unchanged, next))
}

async fn parsed(
    desk: &Desk,
    feed: &Watched,
    state: FeedState,
    page: Page,
    fresh_for: Option<SignedDuration>,
) -> anyhow::Result<(Answer, Timestamp)> {
    let (validators, body_hash) = (page.validators.clone(), sha256(&page.body));
    let name = feed.name.clone();
    // A parser that panics has failed at this feed; the other feeds go on.
    let parsed = match off_thread(move || feeds::parse(&page, &name, feeds::Limits::default())).await {
        Ok(parsed) => parsed.map_err(|not_a_feed| not_a_feed.to_string()),
        Err(fault) => Err(format!("{fault:#}")),
    };
    let mut parsed = match parsed {
        Ok(parsed) => parsed,
        // The validators belong to what is no feed, and are not kept.
        Err(why) => return failed(desk, feed, state, &why, None).await,
    };
    let first_poll = state.last_success.is_none();
    if first_poll {
        keep_newest(&mut parsed.items, feed.first_poll);
    }
    let fresh_for = fresh_for.max(parsed.ttl.map(signed));
    let state = FeedState { validators, body_hash: Some(body_hash), ..state };
    let state = succeeded(desk.clock.now(), feed, state, fresh_for);
    let (next, now, all) = (state.next_check, desk.clock.now(), parsed.items.len());
    let items = parsed.items;
    let saved = desk.with_store(move |store| store.save_poll(&state, &items, now)).await?;
    let repairs = parsed.repairs.iter().map(ToString::to_string).collect();
    Ok((Answer::Items { all, new: saved.new.len() + saved.changed.len(), repairs }, next))
}

/// The past of a feed is taken in only so far: its newest items, and those without a date, which may be new.
fn keep_newest(items: &mut Vec<FeedItem>, most: usize) {
    if items.len() > most {
        items.sort_by_key(|item| std::cmp::Reverse(item.published.unwrap_or(Timestamp::MAX)));
        items.truncate(most);
    }
}

fn succeeded(now: Timestamp, feed: &Watched, state: FeedState, fresh_for: Option<SignedDuration>) -> FeedState {
    FeedState {
        url: feed.url.clone(),
        next_check: schedule::after_success(&feed.name, now, feed.interval, fresh_for, feed.spacing),
        last_poll: Some(now),
        last_success: Some(now),
        failures: 0,
        trouble: None,
        ..state
    }
}

async fn failed(
    desk: &Desk,
    feed: &Watched,
    state: FeedState,
    why: &str,
    wait_asked: Option<std::time::Duration>,
) -> anyhow::Result<(Answer, Timestamp)> {
    let now = desk.clock.now();
    // A server that says when to come again has answered: it rests, and has not failed.
    let failures = if wait_asked.is_some() { 0 } else { state.failures.saturating_add(1) };
    let next = schedule::after_failure(&feed.name, now, feed.interval, failures, wait_asked.map(signed), feed.spacing);
    let state = FeedState {
        url: feed.url.clone(),
        next_check: next,
        last_poll: Some(now),
        failures,
        trouble: Some(why.to_owned()),
        ..state
    };
    desk.with_store(move |store| store.save_feed(&state)).await?;
    let why = why.to_owned();
    Ok((if wait_asked.is_some() { Answer::Resting { why } } else { Answer::Failed { why } }, next))
}
