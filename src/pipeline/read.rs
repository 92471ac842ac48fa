//! One article: fetch the page, scrape it, read its figures, link, track, and store it all at once.

use std::time::Duration;

use anyhow::Context as _;
use jiff::SignedDuration;
use url::Url;

use super::{Desk, Event, Outcome, Rules, Taken, Watched, off_thread, schedule, sha256};
use crate::extract;
use crate::http::{self, Manner, Unfetched};
use crate::model::{Article, Change, FeedItem, Page, Verdict};
use crate::notify;
use crate::scrape;
use crate::store::{Fetched, ItemId, Store, StoreError, WaitingItem};
use crate::track;

/// A page on which scraping takes longer than this is given up; the thread ends when it ends.
const SCRAPE_LIMIT: Duration = Duration::from_secs(20);

/// While our own network is down, pages are put off for so long.
const WAIT_FOR_NETWORK: SignedDuration = SignedDuration::from_mins(5);

/// An item that so many readings in a row have begun and none has ended is given up: reading it ends the program.
const MOST_CUT_SHORT: u32 = 3;

/// An article on its way into the store.
#[derive(Debug)]
pub struct Incoming {
    /// The feed's item that led to it, where one did.
    pub item: Option<ItemId>,
    /// The article.
    pub article: Article,
    /// When it was fetched, and the SHA-256 of its page.
    pub fetched: Fetched,
    /// Whether it belongs to the past of its feed, which is taken in silently.
    pub baseline: bool,
}

/// Reads one waiting item and stores what came of it. A page that cannot be had or read is an outcome, not an error.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn read(desk: &Desk, waiting: WaitingItem, feed: Option<&Watched>) -> anyhow::Result<()> {
    let told = (waiting.item.feed.clone(), waiting.item.title.clone());
    let last_attempt = schedule::page_retry(desk.clock.now(), waiting.attempts + 1).is_none();
    let outcome = match article(desk, &waiting, feed, last_attempt).await? {
        Ok((mut article, fetched)) => {
            if let Some(feed) = feed {
                fill_in(&mut article, feed);
            }
            let incoming = Incoming { item: Some(waiting.id), article, fetched, baseline: waiting.baseline };
            let rules = desk.rules.clone();
            let (taken, id) = (desk.with_store(move |store| take_in(store, &rules, &incoming)).await, waiting.id);
            if taken.is_err() {
                // The program lives, so it was not this item's doing. Where this fails too, so will the next mark.
                let _ = desk.with_store(move |store| store.put_back(&[id])).await;
            }
            let taken = taken.context("taking in an article")?;
            Outcome::Taken(Box::new(taken))
        }
        Err(missing) => give_up_or_wait(desk, &waiting, missing).await?,
    };
    let news = news(&outcome);
    desk.tell(Event::Read { feed: told.0, title: told.1, at: desk.clock.now(), outcome });
    news.into_iter().for_each(|event| desk.tell(event));
    Ok(())
}

/// Why there is no article, and whether there may be one later.
struct Missing {
    why: String,
    passing: bool,
}

/// The article of an item: from its page or, where the page will not be had, from what the feed itself says.
async fn article(
    desk: &Desk,
    waiting: &WaitingItem,
    feed: Option<&Watched>,
    last_attempt: bool,
) -> anyhow::Result<Result<(Article, Fetched), Missing>> {
    if waiting.cut_short >= MOST_CUT_SHORT {
        let why = format!("each of {} readings ended the program", waiting.cut_short);
        return Ok(Err(Missing { why, passing: false }));
    }
    let (item, at) = (&waiting.item, desk.clock.now());
    let page = page(desk, item, feed).await?;
    let id = waiting.id;
    desk.with_store(move |store| store.begin_reading(&[id])).await.context("storing that an item is being read")?;
    let missing = match page {
        Err(missing) => missing,
        Ok(page) => match scraped(page, item).await {
            Ok((article, page_sha256)) => return Ok(Ok((article, Fetched { at, page_sha256: Some(page_sha256) }))),
            Err(missing) => missing,
        },
    };
    Ok(match scrape::from_feed(item, "") {
        Some(article) if !missing.passing || last_attempt && !desk.is_cut_off() => {
            Ok((article, Fetched { at, page_sha256: None }))
        }
        _ => Err(missing),
    })
}

async fn scraped(page: Page, item: &FeedItem) -> Result<(Article, String), Missing> {
    let (page_sha256, item) = (sha256(&page.body), item.clone());
    let scraping = off_thread(move || scrape::article(&page, Some(&item)));
    let why = match tokio::time::timeout(SCRAPE_LIMIT, scraping).await {
        Ok(Ok(Ok(article))) => return Ok((article, page_sha256)),
        Ok(Ok(Err(not_an_article))) => not_an_article.to_string(),
        Ok(Err(fault)) => format!("{fault:#}"),
        Err(_) => "the page takes too long to read".to_owned(),
    };
    Err(Missing { why, passing: false })
}

async fn page(desk: &Desk, item: &FeedItem, feed: Option<&Watched>) -> anyhow::Result<Result<Page, Missing>> {
    let Some(link) = &item.link else {
        return Ok(Err(Missing { why: "the item has no link".to_owned(), passing: false }));
    };
    let manner = feed.map(|feed| manner_for(link, feed)).unwrap_or_default();
    let outcome = desk.http.get(&http::Request { manner, ..http::Request::page(link.clone()) }, desk.clock.now()).await;
    desk.heard(link, outcome.as_ref().err()).await?;
    Ok(match outcome {
        Ok(http::Answer { fetched: http::Fetched::Page(page), .. }) => Ok(page),
        Ok(_) => Err(Missing { why: "not modified, though nothing was compared".to_owned(), passing: false }),
        Err(unfetched) => Err(Missing { passing: is_passing(&unfetched), why: unfetched.to_string() }),
    })
}

/// The pages of a feed are asked for as the feed is; its keys are for its own origin.
fn manner_for(page: &Url, feed: &Watched) -> Manner {
    if page.origin() == feed.url.origin() {
        return feed.manner.clone();
    }
    Manner { headers: Vec::new(), login: None, ..feed.manner.clone() }
}

/// Whether asking again may help.
fn is_passing(unfetched: &Unfetched) -> bool {
    match unfetched {
        Unfetched::TooManyRequests { .. }
        | Unfetched::Unavailable { .. }
        | Unfetched::TimedOut { .. }
        | Unfetched::Unreachable { .. }
        | Unfetched::BadAnswer { .. } => true,
        Unfetched::Status { code, .. } => *code >= 500,
        Unfetched::Gone
        | Unfetched::NotFound
        | Unfetched::Forbidden { .. }
        | Unfetched::TooLarge { .. }
        | Unfetched::Refused { .. }
        | Unfetched::TooManyRedirects { .. }
        | Unfetched::Robots => false,
    }
}

async fn give_up_or_wait(desk: &Desk, waiting: &WaitingItem, missing: Missing) -> anyhow::Result<Outcome> {
    let now = desk.clock.now();
    if missing.passing && desk.is_cut_off() {
        // Our own network is down: that is no failure of the page's, however long it lasts.
        let then = now + WAIT_FOR_NETWORK;
        let (id, reason) = (waiting.id, missing.why.clone());
        desk.with_store(move |store| store.item_put_off(id, &reason, then)).await.context("putting an item off")?;
        return Ok(Outcome::Later { why: missing.why, then });
    }
    let then = if missing.passing { schedule::page_retry(now, waiting.attempts + 1) } else { None };
    let (id, reason) = (waiting.id, missing.why.clone());
    desk.with_store(move |store| store.item_failed(id, &reason, then, now))
        .await
        .context("storing an item's outcome")?;
    Ok(match then {
        Some(then) => Outcome::Later { why: missing.why, then },
        None => Outcome::GivenUp { why: missing.why },
    })
}

/// What the config knows of a feed holds where the page does not tell.
fn fill_in(article: &mut Article, feed: &Watched) {
    if let Some(outlet) = &feed.outlet {
        article.outlet.clone_from(outlet);
    }
    if article.language.is_none() {
        article.language.clone_from(&feed.language);
    }
}

/// Takes an article in, in one transaction: its text, its figures as claims, the story, the changes, the alerts.
///
/// The text decides what is new: an article whose address and text are known leaves everything as it is.
///
/// # Errors
/// Those of the database; then nothing of it is stored.
pub fn take_in(store: &mut Store, rules: &Rules, incoming: &Incoming) -> Result<Taken, StoreError> {
    let (article, seen) = (&incoming.article, incoming.fetched.at);
    let reading = extract::read(article);
    let mut taken = Taken {
        outlet: article.outlet.clone(),
        story: None,
        opened: false,
        figures: reading.figures.len(),
        claims: Vec::new(),
        changes: Vec::new(),
        version: None,
        unread: reading
            .unsupported_language
            .as_ref()
            .map(|language| format!("no lexicon for the language `{language}`")),
    };

    let intake = store.intake()?;
    let known = intake.article_at(&article.url)?;
    if let Some(known) = known.as_ref().filter(|known| known.article.text == article.text) {
        taken.story = intake.story_of(known.id)?;
        if let Some(item) = incoming.item {
            intake.item_read(item, Some(known.id), "known", seen)?;
        }
        intake.commit()?;
        return Ok(taken);
    }
    let (id, version) = match &known {
        None => (intake.add_article(article, &incoming.fetched)?, 1),
        Some(known) => (known.id, intake.add_version(known.id, article, &incoming.fetched)?),
    };
    taken.version = Some(version);

    // What an article says now holds as of its last change, if it tells one; else as of its publication.
    let at = match version {
        1 => article.published.unwrap_or(seen),
        _ => article.modified.unwrap_or(seen),
    };
    // A new version stays in the story that the first one joined.
    let story = match intake.story_of(id)? {
        Some(story) => Some(story),
        None => {
            let mut candidates = intake.active_stories(at - track::window())?;
            match track::link(article, &reading, at, &candidates, &rules.named) {
                track::Link::Nothing => None,
                track::Link::Opens(draft) => {
                    taken.opened = true;
                    Some(intake.open_story(&draft)?)
                }
                track::Link::Joins(joined) => {
                    candidates.retain(|story| story.id == joined);
                    let mut story = candidates.pop();
                    if let Some(story) = &mut story {
                        track::join(story, article, &reading, at);
                        intake.save_story(story)?;
                    }
                    story
                }
            }
        }
    };
    if let Some(story) = story {
        let past = intake.claims(story.id)?;
        let observed = track::observe(
            &track::Incoming {
                story: story.id,
                id,
                version,
                article,
                figures: &reading.figures,
                seen,
                baseline: incoming.baseline,
            },
            &past,
            &rules.tracking,
        );
        intake.add_claims(&observed.claims)?;
        let before: Vec<(i64, Change)> =
            intake.changes(story.id)?.into_iter().map(|stored| (stored.id, stored.change)).collect();
        let numbers = intake.add_changes(&observed.changes, seen)?;
        let numbered: Vec<(i64, Change)> = numbers.into_iter().zip(observed.changes.iter().cloned()).collect();
        intake.add_alerts(&notify::alerts(&story, &before, &numbered, &rules.subscriptions, seen, rules.collect))?;
        taken.story = Some(story);
        taken.claims = observed.claims;
        taken.changes = observed.changes;
    }
    if let Some(item) = incoming.item {
        intake.item_read(item, Some(id), &in_words(&taken), seen)?;
    }
    intake.commit()?;
    Ok(taken)
}

fn in_words(taken: &Taken) -> String {
    match (&taken.unread, taken.figures) {
        (Some(unread), _) => unread.clone(),
        (None, 0) => "no figure".to_owned(),
        (None, figures) => format!("{figures} figures, {} changes", taken.changes.len()),
    }
}

/// What an article has changed, and what waits for a second voice.
fn news(outcome: &Outcome) -> Vec<Event> {
    let Outcome::Taken(taken) = outcome else { return Vec::new() };
    let Some(story) = &taken.story else { return Vec::new() };
    let changed = taken.changes.iter().map(|change| Event::Changed {
        story: Box::new(story.clone()),
        change: Box::new(change.clone()),
        outlet: taken.outlet.clone(),
    });
    let held = taken.claims.iter().filter(|claim| claim.verdict == Verdict::Held);
    let held = held.map(|claim| Event::Held { story: Box::new(story.clone()), claim: Box::new(claim.clone()) });
    changed.chain(held).collect()
}
