//! One poll of one feed: ask, parse, store what is new, say when to come again.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::health::Fault;
use super::{Answer, Desk, Event, Turn, Watched, health, off_thread, place_to_read, schedule, sha256, signed};
use crate::feeds;
use crate::http::{self, Manner, Unfetched};
use crate::model::{FeedItem, FeedState, Page, Validators};

/// Asks a feed once and stores what came of it. What the feed or its server does wrong is an outcome, not an error.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn poll(desk: &Desk, feed: &Watched) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let (state, was_down) = stored_state(desk, feed, now).await.with_context(|| format!("feed {}", feed.name))?;
    let request = http::Request {
        manner: feed.manner.clone(),
        ..http::Request::feed(state.address().clone(), state.validators.clone())
    };

    let outcome = desk.http.get(&request, now).await;
    desk.heard(&request.url, outcome.as_ref().err()).await?;
    let mut perhaps_ours = false;
    let (answer, next) = match outcome {
        Err(unfetched) => {
            keep_rest(desk, &request.url, &unfetched).await?;
            let fault = fault(desk, &state, &unfetched);
            perhaps_ours = matches!(fault, Fault::PerhapsOurs);
            failed(desk, feed, state, unfetched.to_string(), fault).await?
        }
        Ok(http::Answer { fetched, moved_to, fresh_for, retry_after }) => {
            let asked = Asked { fresh_for: fresh_for.max(retry_after).map(signed), moved_to };
            match fetched {
                http::Fetched::NotModified { validators } => unchanged(desk, feed, state, validators, asked).await?,
                http::Fetched::Page(page) if state.body_hash.as_deref() == Some(&sha256(&page.body)) => {
                    unchanged(desk, feed, state, page.validators, asked).await?
                }
                http::Fetched::Page(page) => parsed(desk, feed, state, page, asked).await?,
            }
        }
    };
    let turn = turn(was_down, &answer, perhaps_ours);
    desk.tell(Event::Polled { feed: feed.name.clone(), at: now, answer, turn, next });
    Ok(())
}

/// A feed that is asked to rest, or that may have been kept from us by our own network, does as before.
fn turn(was_down: bool, answer: &Answer, perhaps_ours: bool) -> Option<Turn> {
    match answer {
        Answer::Failed { .. } | Answer::Ended { .. } => (!was_down && !perhaps_ours).then_some(Turn::Down),
        Answer::Unchanged | Answer::Items { .. } => was_down.then_some(Turn::Up),
        Answer::Resting { .. } => None,
    }
}

/// What an answer's head says about the next request.
struct Asked {
    fresh_for: Option<SignedDuration>,
    moved_to: Option<Url>,
}

/// What is remembered of the feed, and whether it was down, at this address or another. What was learnt at another address
/// does not hold at this one, and validators that were given for another kind of request do not hold for this kind.
async fn stored_state(desk: &Desk, feed: &Watched, now: Timestamp) -> anyhow::Result<(FeedState, bool)> {
    let name = feed.name.clone();
    let stored = desk.with_store(move |store| store.feed_state(&name)).await?;
    let was_down = stored.as_ref().is_some_and(|state| state.failures > 0 || state.ended.is_some());
    let fresh = FeedState::unpolled(&feed.name, feed.url.clone(), now);
    let state = match stored {
        None => fresh,
        Some(known) if known.url == feed.url => known,
        Some(moved) => FeedState { last_new: moved.last_new, last_success: moved.last_success, ..fresh },
    };
    let manner = fingerprint(&feed.manner);
    if state.manner == manner {
        return Ok((state, was_down));
    }
    Ok((FeedState { manner, validators: Validators::default(), ..state }, was_down))
}

/// By what two manners of asking are told apart; `None` for the usual one.
fn fingerprint(manner: &Manner) -> Option<String> {
    if *manner == Manner::default() {
        return None;
    }
    let secrets = manner.headers.iter().chain(&manner.login).flat_map(|(name, value)| [name.as_str(), value.reveal()]);
    let open = [manner.user_agent.as_deref(), manner.proxy.as_ref().map(Url::as_str)];
    let parts: Vec<&str> = open.map(Option::unwrap_or_default).into_iter().chain(secrets).collect();
    Some(sha256(parts.join("\n").as_bytes()))
}

/// A host that asks for rest gets it after a restart too.
async fn keep_rest(desk: &Desk, address: &Url, unfetched: &Unfetched) -> anyhow::Result<()> {
    let now = desk.clock.now();
    match desk.http.resting(address, now).filter(|_| matches!(unfetched, Unfetched::TooManyRequests { .. })) {
        Some((host, until)) => desk.with_store(move |store| store.rest_host(&host, until, now)).await,
        None => Ok(()),
    }
}

fn fault(desk: &Desk, state: &FeedState, unfetched: &Unfetched) -> Fault {
    match (unfetched, unfetched.retry_after()) {
        (Unfetched::Gone, _) => Fault::Gone,
        (_, Some(after)) => Fault::Rests(signed(after)),
        (Unfetched::Forbidden { .. }, None) => Fault::Refuses,
        _ if unfetched.may_be_ours() && !desk.is_the_feed_s_fault(state) => Fault::PerhapsOurs,
        _ => Fault::Failed,
    }
}

async fn unchanged(
    desk: &Desk,
    feed: &Watched,
    state: FeedState,
    validators: Validators,
    asked: Asked,
) -> anyhow::Result<(Answer, Timestamp)> {
    let state = FeedState { validators, ..state };
    let state = health::answered(feed, state, 0, asked.fresh_for, asked.moved_to, desk.clock.now());
    let next = state.next_check;
    desk.with_store(move |store| store.save_feed(&state)).await?;
    Ok((Answer::Unchanged, next))
}

async fn parsed(
    desk: &Desk,
    feed: &Watched,
    state: FeedState,
    page: Page,
    asked: Asked,
) -> anyhow::Result<(Answer, Timestamp)> {
    let (validators, body_hash) = (page.validators.clone(), sha256(&page.body));
    let name = feed.name.clone();
    let limits = feeds::Limits { bytes: desk.http.largest_feed(), ..feeds::Limits::default() };
    // A parser that panics has failed at this feed; the other feeds go on.
    let place = place_to_read().await;
    let parsed = match off_thread(move || feeds::parse(&page, &name, limits)).await {
        Ok(parsed) => parsed.map_err(|not_a_feed| not_a_feed.to_string()),
        Err(fault) => Err(format!("{fault:#}")),
    };
    drop(place);
    let mut parsed = match parsed {
        Ok(parsed) => parsed,
        // The validators belong to what is no feed, and are not kept.
        Err(why) => return failed(desk, feed, state, why, Fault::Failed).await,
    };
    let now = desk.clock.now();
    let dates = parsed.items.iter().filter_map(|item| item.published);
    let pace = state.pace.or_else(|| schedule::pace_of(dates, now));
    let all = parsed.items.len();
    parsed.items.retain(|item| feed.keep.keeps(item));
    if state.last_success.is_none() {
        keep_newest(&mut parsed.items, feed.first_poll);
    }
    let state = FeedState { validators, body_hash: Some(body_hash), pace, wishes: parsed.wishes, ..state };
    let (items, feed) = (parsed.items, feed.clone());
    let (saved, next) = desk
        .with_store(move |store| {
            let mut next = now;
            let saved = store.save_poll_as((&feed.name, &feed.url), &items, now, |saved| {
                let state = health::answered(&feed, state, saved.new.len(), asked.fresh_for, asked.moved_to, now);
                next = state.next_check;
                state
            })?;
            Ok((saved, next))
        })
        .await?;
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

async fn failed(
    desk: &Desk,
    feed: &Watched,
    state: FeedState,
    why: String,
    fault: Fault,
) -> anyhow::Result<(Answer, Timestamp)> {
    let state = health::failed(feed, state, &why, fault, desk.clock.now());
    let (next, has_ended) = (state.next_check, state.ended.is_some());
    desk.with_store(move |store| store.save_feed(&state)).await?;
    let answer = match fault {
        Fault::Rests(_) => Answer::Resting { why },
        _ if has_ended => Answer::Ended { why },
        _ => Answer::Failed { why },
    };
    Ok((answer, next))
}
