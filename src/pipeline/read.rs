//! One article: fetch the page, scrape it, read its figures, link, track, and store it all at once.

use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{Desk, Event, Memory, Outcome, Rules, Taken, Watched, off_thread, place_to_read, schedule, sha256};
use crate::extract;
use crate::http::{self, Manner, Unfetched};
use crate::model::{Article, ArticleId, Change, FeedItem, Flag, Page, Reading, Validators, Verdict};
use crate::notify;
use crate::scrape;
use crate::store::{Fetched, Intake, ItemId, Look, PackedPage, Store, StoreError, StoredArticle, WaitingItem};
use crate::track;

/// A page on which scraping takes longer than this is given up; the thread ends when it ends.
const SCRAPE_LIMIT: Duration = Duration::from_secs(20);

/// While our own network is down, pages are put off for so long.
const WAIT_FOR_NETWORK: SignedDuration = SignedDuration::from_mins(5);

/// An item that so many readings in a row have begun and none has ended is given up: reading it ends the program. Before that
/// it waits, since the program may have died of something else.
const MOST_CUT_SHORT: u32 = 6;

/// An article on its way into the store.
#[derive(Debug)]
pub struct Incoming {
    /// The feed's item that led to it, where one did.
    pub item: Option<ItemId>,
    /// The article.
    pub article: Article,
    /// When it was fetched, and the SHA-256 of its page.
    pub fetched: Fetched,
    /// The page that it was read from, where it was read from one.
    pub page: Option<FetchedPage>,
    /// Whether it belongs to the past of its feed, which is taken in silently.
    pub baseline: bool,
}

/// What is remembered of a page beside its article.
#[derive(Debug, Clone)]
pub struct FetchedPage {
    /// Where it was had, after all redirects.
    pub url: Url,
    /// What the server wants to be asked with the next time.
    pub validators: Validators,
    /// The page itself, where pages are kept.
    pub packed: Option<PackedPage>,
}

/// Reads one waiting item and stores what came of it. A page that cannot be had or read is an outcome, not an error.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn read(desk: &Desk, waiting: WaitingItem, feed: Option<&Watched>) -> anyhow::Result<()> {
    let told = (waiting.item.feed.clone(), waiting.item.title.clone());
    let last_attempt = schedule::page_retry(desk.clock.now(), waiting.attempts + 1).is_none();
    let outcome = match article(desk, &waiting, feed, last_attempt).await? {
        Ok((mut article, fetched, page)) => {
            if let Some(feed) = feed {
                fill_in(&mut article, feed);
            }
            let incoming = Incoming { item: Some(waiting.id), article, fetched, page, baseline: waiting.baseline };
            let (taken, id) = (desk.take_in(incoming).await, waiting.id);
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
pub(super) struct Missing {
    pub(super) why: String,
    pub(super) passing: bool,
}

/// The article of an item: from its page or, where the page will not be had, from what the feed itself says.
async fn article(
    desk: &Desk,
    waiting: &WaitingItem,
    feed: Option<&Watched>,
    last_attempt: bool,
) -> anyhow::Result<Result<(Article, Fetched, Option<FetchedPage>), Missing>> {
    if waiting.cut_short >= MOST_CUT_SHORT {
        let why = format!("each of {} readings ended the program", waiting.cut_short);
        return Ok(Err(Missing { why, passing: false }));
    }
    let (item, at) = (&waiting.item, desk.clock.now());
    let page = page(desk, item, feed).await?;
    let id = waiting.id;
    let if_it_dies = schedule::after_death(at, waiting.cut_short + 1);
    let begun = desk.with_store(move |store| store.begin_reading(&[id], if_it_dies)).await;
    begun.context("storing that an item is being read")?;
    let missing = match page {
        Err(missing) => missing,
        Ok(page) => match scraped(desk, page, Some(item), feed).await {
            Ok((article, page_sha256, page)) => {
                return Ok(Ok((article, Fetched { at, page_sha256: Some(page_sha256) }, Some(page))));
            }
            Err(missing) => missing,
        },
    };
    Ok(match scrape::from_feed(item, "") {
        Some(article) if !missing.passing || last_attempt && !desk.is_cut_off() => {
            Ok((article, Fetched { at, page_sha256: None }, None))
        }
        _ => Err(missing),
    })
}

/// The article of a page, the SHA-256 of the page, and what else is remembered of it.
pub(super) async fn scraped(
    desk: &Desk,
    page: Page,
    item: Option<&FeedItem>,
    feed: Option<&Watched>,
) -> Result<(Article, String, FetchedPage), Missing> {
    let selectors = feed.map(|feed| feed.selectors.clone()).unwrap_or_default();
    let (item, keep) = (item.cloned(), desk.rules.keep_pages > SignedDuration::ZERO);
    let _place = place_to_read().await;
    let scraping = off_thread(move || {
        let article = scrape::article_by(&selectors, &page, item.as_ref())?;
        let packed = keep.then(|| PackedPage::of(&page));
        let page_sha256 = sha256(&page.body);
        let page = FetchedPage { url: page.url, validators: page.validators, packed };
        Ok::<_, scrape::NotAnArticle>((article, page_sha256, page))
    });
    let why = match tokio::time::timeout(SCRAPE_LIMIT, scraping).await {
        Ok(Ok(Ok(scraped))) => return Ok(scraped),
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
pub(super) fn manner_for(page: &Url, feed: &Watched) -> Manner {
    if page.origin() == feed.url.origin() {
        return feed.manner.clone();
    }
    Manner { headers: Vec::new(), login: None, ..feed.manner.clone() }
}

/// Whether asking again may help.
pub(super) fn is_passing(unfetched: &Unfetched) -> bool {
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
pub(super) fn fill_in(article: &mut Article, feed: &Watched) {
    if let Some(outlet) = &feed.outlet {
        article.outlet.clone_from(outlet);
    }
    if article.language.is_none() {
        article.language.clone_from(&feed.language);
    }
}

/// Reads the figures of an article and takes it in, in one transaction: its text, its figures as claims, the story, the
/// changes, the alerts, its page.
///
/// The text decides what is new: an article whose address and text are known leaves all but its next look as it is.
///
/// # Errors
/// Those of the database; then nothing of it is stored, and `kept` is empty.
pub fn take_in(store: &mut Store, kept: &mut Memory, rules: &Rules, incoming: &Incoming) -> Result<Taken, StoreError> {
    take_in_as_read(store, kept, rules, incoming, &extract::read(&incoming.article))
}

/// [`take_in`] with the figures that somebody else read in the article.
///
/// # Errors
/// As [`take_in`].
pub fn take_in_as_read(
    store: &mut Store,
    kept: &mut Memory,
    rules: &Rules,
    incoming: &Incoming,
    reading: &Reading,
) -> Result<Taken, StoreError> {
    let (article, seen) = (&incoming.article, incoming.fetched.at);
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
    // Given back only with the commit: what it has learnt of an article that is not stored is wrong.
    let mut memory = std::mem::take(kept).at_version(intake.version()?);
    let known = intake.article_at(&article.url)?;
    if let Some(known) = known.as_ref().filter(|known| known.article.text == article.text) {
        taken.story = intake.story_of(known.id)?;
        if taken.story.is_some() {
            plan_look(&intake, rules, incoming, known.id, Some(known))?;
        }
        if let Some(item) = incoming.item {
            intake.item_read(item, Some(known.id), "known", seen)?;
        }
        intake.commit()?;
        *kept = memory;
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
            let stories = memory.stories(&intake, at)?;
            match track::link(article, reading, at, stories, &rules.named) {
                track::Link::Nothing => None,
                track::Link::Opens(draft) => {
                    taken.opened = true;
                    let story = intake.open_story(&draft)?;
                    stories.add(&story);
                    Some(story)
                }
                track::Link::Joins(joined) => {
                    let mut story = intake.story(joined)?;
                    if let Some(story) = &mut story {
                        stories.join(story, article, reading, at);
                        intake.save_story(story)?;
                    }
                    story
                }
            }
        }
    };
    if let Some(story) = story {
        let past = memory.past(&intake, story.id, seen)?;
        let observed = past.take_in(
            &track::Incoming { story: story.id, id, version, article, reading, seen, baseline: incoming.baseline },
            &rules.tracking,
        );
        intake.add_claims(&observed.claims)?;
        let numbers = intake.add_changes(&observed.changes, seen)?;
        let numbered: Vec<(i64, Change)> = numbers.into_iter().zip(observed.changes.iter().cloned()).collect();
        let alerts = notify::alerts(&story, &numbered, &article.outlet, &rules.subscriptions, seen);
        intake.add_alerts(&alerts)?;
        // What a page without any count of people said is evidence of nothing, and need not be looked at again.
        if let Some(packed) = incoming.page.as_ref().and_then(|page| page.packed.as_ref()) {
            intake.keep_page(packed, seen)?;
        }
        plan_look(&intake, rules, incoming, id, known.as_ref())?;
        taken.story = Some(story);
        taken.claims = observed.claims;
        taken.changes = observed.changes;
    }
    if let Some(item) = incoming.item {
        intake.item_read(item, Some(id), &in_words(&taken), seen)?;
    }
    intake.commit()?;
    *kept = memory;
    Ok(taken)
}

/// Plans when the page of an article is looked at again; a text that the feed had to complete is not found there.
fn plan_look(
    intake: &Intake<'_>,
    rules: &Rules,
    incoming: &Incoming,
    id: ArticleId,
    known: Option<&StoredArticle>,
) -> Result<(), StoreError> {
    let (Some(page), Some(page_sha256)) = (&incoming.page, &incoming.fetched.page_sha256) else { return Ok(()) };
    if rules.look_again.is_empty() || incoming.article.flags.contains(&Flag::FromFeed) {
        return Ok(());
    }
    let now = incoming.fetched.at;
    let published = match intake.looked_at_since(id)? {
        Some(published) => published,
        None => publication(incoming, known).min(now),
    };
    let look = Look {
        article: id,
        item: incoming.item,
        url: page.url.clone(),
        validators: page.validators.clone(),
        page_sha256: page_sha256.clone(),
        published,
    };
    intake.plan_look(&look, schedule::next_look(published, now, &rules.look_again))
}

/// When an article was first published; where nobody tells, when it was first seen.
fn publication(incoming: &Incoming, known: Option<&StoredArticle>) -> Timestamp {
    let dated = known.and_then(|known| known.article.published).or(incoming.article.published);
    dated.unwrap_or_else(|| known.map_or(incoming.fetched.at, |known| known.fetched.at))
}

fn in_words(taken: &Taken) -> String {
    match (&taken.unread, taken.figures) {
        (Some(unread), _) => unread.clone(),
        (None, 0) => "no figure".to_owned(),
        (None, figures) => format!("{figures} figures, {} changes", taken.changes.len()),
    }
}

/// What an article has changed, and what waits for a second voice.
pub(super) fn news(outcome: &Outcome) -> Vec<Event> {
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
