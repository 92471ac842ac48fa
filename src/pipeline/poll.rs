//! One poll of one feed: ask, parse, store what is new, say when to come again.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::health::Fault;
use super::{Answer, Desk, Event, Turn, Watched, health, off_thread, place_to_read, schedule, sha256, signed};
use crate::crash;
use crate::feeds;
use crate::http::{self, Manner, Unfetched};
use crate::model::{FeedItem, FeedState, Notice, Page, Validators};

/// Asks a feed once and stores what came of it. What the feed or its server does wrong is an outcome, not an error.
///
/// Where the address has never given a feed and is a web page that names one, and only one, that one is asked in its place
/// from then on. A page in place of what has been a feed is more likely somebody's mistake, and is told as a failure.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn poll(desk: &Desk, feed: &Watched) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let (mut state, was_down) = stored_state(desk, feed, now).await.with_context(|| format!("feed {}", feed.name))?;
    let mut came = ask(desk, feed, &state).await?;
    if let Came::NoFeed { names: Some(named), .. } = &came
        && state.body_hash.is_none()
        && named != state.address()
    {
        let elsewhere = at_the_named_address(&state, named);
        match ask(desk, feed, &elsewhere).await? {
            found @ Came::Feed(_) => (state, came) = (elsewhere, found),
            Came::NoFeed { why, fault, .. } => {
                // That this one is gone says nothing of the address that was configured.
                let fault = if fault == Fault::Gone { Fault::Failed } else { fault };
                came = Came::NoFeed {
                    why: format!("a web page, not a feed; {named}, which it names: {why}"),
                    fault,
                    names: None,
                };
            }
            Came::Unchanged { .. } => {}
        }
    }
    let perhaps_ours = matches!(came, Came::NoFeed { fault: Fault::PerhapsOurs, .. });
    let (answer, next) = keep(desk, feed, state, came).await?;
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

/// What came of one request.
enum Came {
    /// Nothing has changed.
    Unchanged { validators: Validators, asked: Asked },
    /// A feed.
    Feed(Box<Read>),
    /// Anything else; with the one feed that it names, where it is a web page that names one.
    NoFeed { why: String, fault: Fault, names: Option<Url> },
}

/// A feed that has been read.
struct Read {
    feed: feeds::Feed,
    validators: Validators,
    body_hash: String,
    asked: Asked,
}

/// What an answer's head says about the next request.
struct Asked {
    fresh_for: Option<SignedDuration>,
    moved_to: Option<Url>,
}

/// Asks once, at the address that is remembered.
async fn ask(desk: &Desk, feed: &Watched, state: &FeedState) -> anyhow::Result<Came> {
    let now = desk.clock.now();
    let address = state.address();
    let request = http::Request {
        manner: manner_at(feed, address),
        ..http::Request::feed(address.clone(), state.validators.clone())
    };
    let outcome = desk.http.get(&request, now).await;
    crash::point("after fetch");
    desk.heard(&request.url, outcome.as_ref().err()).await?;
    let http::Answer { fetched, moved_to, fresh_for, retry_after } = match outcome {
        Ok(answer) => answer,
        Err(unfetched) => {
            keep_rest(desk, &request.url, &unfetched).await?;
            let fault = fault(desk, state, &unfetched);
            return Ok(Came::NoFeed { why: unfetched.to_string(), fault, names: None });
        }
    };
    let asked = Asked { fresh_for: fresh_for.max(retry_after).map(signed), moved_to };
    match fetched {
        http::Fetched::NotModified { validators } => Ok(Came::Unchanged { validators, asked }),
        http::Fetched::Page(page) => {
            let body_hash = sha256(&page.body);
            if state.body_hash.as_ref() == Some(&body_hash) {
                return Ok(Came::Unchanged { validators: page.validators, asked });
            }
            Ok(parse(desk, feed, page, body_hash, asked).await)
        }
    }
}

/// Headers and login stay with the origin that the config gives them for: no page and no redirect can name another that
/// gets them.
fn manner_at(feed: &Watched, address: &Url) -> Manner {
    if address.origin() == feed.url.origin() {
        return feed.manner.clone();
    }
    Manner { headers: Vec::new(), login: None, ..feed.manner.clone() }
}

async fn parse(desk: &Desk, feed: &Watched, page: Page, body_hash: String, asked: Asked) -> Came {
    let validators = page.validators.clone();
    let name = feed.name.clone();
    let limits = feeds::Limits { bytes: desk.http.largest_feed(), ..feeds::Limits::default() };
    // A parser that panics has failed at this feed; the other feeds go on.
    let place = place_to_read().await;
    let parsed = off_thread(move || feeds::parse(&page, &name, limits)).await;
    drop(place);
    crash::point("after parse");
    match parsed {
        Ok(Ok(feed)) => Came::Feed(Box::new(Read { feed, validators, body_hash, asked })),
        // The validators belong to what is no feed, and are not kept.
        Ok(Err(not_a_feed)) => {
            let names = not_a_feed.only_feed().cloned();
            Came::NoFeed { why: not_a_feed.to_string(), fault: Fault::Failed, names }
        }
        Err(fault) => Came::NoFeed { why: format!("{fault:#}"), fault: Fault::Failed, names: None },
    }
}

/// The memory of a feed that the page at its address names; people are told that it is asked there.
fn at_the_named_address(state: &FeedState, named: &Url) -> FeedState {
    FeedState {
        moved: Some(named.clone()),
        moving: None,
        validators: Validators::default(),
        notice: Some(Notice::Moved),
        ..state.clone()
    }
}

/// What is remembered of the feed, and whether it was down, at this address or another. What was learnt at another address
/// does not hold at this one, and validators that were given for another kind of request do not hold for this kind.
async fn stored_state(desk: &Desk, feed: &Watched, now: Timestamp) -> anyhow::Result<(FeedState, bool)> {
    let name = feed.name.clone();
    let (stored, salt) = desk.with_store(move |store| Ok((store.feed_state(&name)?, store.salt()?))).await?;
    let was_down = stored.as_ref().is_some_and(|state| state.failures > 0 || state.ended.is_some());
    let fresh = FeedState::unpolled(&feed.name, feed.url.clone(), now);
    let state = match stored {
        None => fresh,
        Some(known) if known.url == feed.url => known,
        Some(moved) => FeedState { last_new: moved.last_new, last_success: moved.last_success, ..fresh },
    };
    let traits = desk.http.traits_of(&feed.manner);
    if is_known_by(state.manner.as_deref(), &traits) {
        return Ok((state, was_down));
    }
    let manner = traits.iter().any(Option::is_some).then(|| mark(&salt, &traits));
    Ok((FeedState { manner, validators: Validators::default(), ..state }, was_down))
}

/// Whether the manner of asking is that of which this mark was made; no mark is that of the usual manner.
fn is_known_by(known: Option<&str>, traits: &[Option<&str>]) -> bool {
    match known.map(|known| known.split_once(':')) {
        None => traits.iter().all(Option::is_none),
        Some(Some((salt, _))) => known == Some(mark(salt, traits).as_str()),
        Some(None) => false,
    }
}

/// A mark by which a manner of asking is known again, as `salt:hash`. Whoever reads the database cannot look passwords up by
/// it, nor be sure of one that fits: of the hash there are 24 bits, and one change in 16 million would go unnoticed.
fn mark(salt: &str, traits: &[Option<&str>]) -> String {
    let parts: Vec<String> = traits.iter().map(|part| format!("{part:?}")).collect();
    format!("{salt}:{}", &sha256(format!("{salt}\n{}", parts.join("\n")).as_bytes())[..6])
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

/// Stores what came, with what follows for the next request.
async fn keep(desk: &Desk, feed: &Watched, state: FeedState, came: Came) -> anyhow::Result<(Answer, Timestamp)> {
    match came {
        Came::Unchanged { validators, asked } => {
            let state = FeedState { validators, ..state };
            let state = health::answered(feed, state, 0, asked.fresh_for, asked.moved_to, desk.clock.now());
            let next = state.next_check;
            desk.with_store(move |store| store.save_feed(&state)).await?;
            Ok((Answer::Unchanged, next))
        }
        Came::Feed(read) => items(desk, feed, state, *read).await,
        Came::NoFeed { why, fault, .. } => failed(desk, feed, state, why, fault).await,
    }
}

async fn items(desk: &Desk, feed: &Watched, state: FeedState, read: Read) -> anyhow::Result<(Answer, Timestamp)> {
    let Read { feed: mut parsed, validators, body_hash, asked } = read;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn feed() -> Watched {
        Watched {
            manner: Manner {
                user_agent: Some("desk/1".to_owned()),
                headers: vec![("x-key".to_owned(), Secret::new("k-17"))],
                login: Some(("desk".to_owned(), Secret::new("hunter2"))),
                proxy: None,
            },
            ..health::tests::feed()
        }
    }

    #[test]
    fn keys_are_not_taken_to_an_address_of_another_origin() {
        let feed = feed();
        let at = |address: &str| manner_at(&feed, &address.parse().expect("an address"));
        assert_eq!(at("https://wire.example/new"), feed.manner);
        let bare = Manner { user_agent: feed.manner.user_agent.clone(), ..Manner::default() };
        for elsewhere in ["https://feeds.wire.example/feed", "http://wire.example/feed", "https://wire.example:8443/"] {
            assert_eq!(at(elsewhere), bare, "{elsewhere}");
        }
    }

    #[test]
    fn a_manner_is_known_again_and_tells_no_secret() {
        let usual = [None, None];
        let own = [None, None, Some("desk"), Some("hunter2")];
        assert!(is_known_by(None, &usual) && !is_known_by(None, &own));
        let known = mark("5a17", &own);
        assert!(is_known_by(Some(&known), &own) && !is_known_by(Some(&known), &usual));
        assert!(!is_known_by(Some(&known), &[None, None, Some("desk"), Some("hunter3")]));
        assert_ne!(mark("5a18", &own)[5..], known[5..], "the same secret looks different under another salt");
        assert_eq!(known.len(), "5a17:".len() + 6);
        assert!(!is_known_by(Some("ab".repeat(32).as_str()), &own), "what an earlier version has kept");
    }
}
