//! One look at a page that has been read before: outlets change their articles in place and tell nobody.

use anyhow::Context as _;
use jiff::SignedDuration;

use super::read::{self, Incoming, Missing};
use super::{Desk, Event, Outcome, Watched, schedule, sha256, signed};
use crate::http;
use crate::model::{Article, FeedItem, Flag, Page, Validators};
use crate::store::{DueLook, Fetched, Look};

/// The next look is the next that is planned.
const AT_ITS_TIME: Option<SignedDuration> = Some(SignedDuration::ZERO);

/// Asks for the page of an article again, if it has changed, and takes in what it says now. A page that cannot be had or
/// read any more is an outcome, not an error: what it said before stands.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn look_again(desk: &Desk, due: DueLook, feed: Option<&Watched>) -> anyhow::Result<()> {
    let DueLook { look, item } = due;
    let at = desk.clock.now();
    let manner = feed.map(|feed| read::manner_for(&look.url, feed)).unwrap_or_default();
    let request =
        http::Request { validators: look.validators.clone(), manner, ..http::Request::page(look.url.clone()) };
    let outcome = desk.http.get(&request, at).await;
    desk.heard(&look.url, outcome.as_ref().err()).await?;
    let page = match outcome {
        Ok(http::Answer { fetched: http::Fetched::Page(page), .. }) => page,
        Ok(http::Answer { fetched: http::Fetched::NotModified { validators }, .. }) => {
            return record(desk, &look, "not modified", &validators, AT_ITS_TIME).await;
        }
        Err(unfetched) => {
            // A page that is gone, or that nobody may ask for, is not asked for any more.
            let wait = unfetched.retry_after().map_or(SignedDuration::ZERO, signed);
            let wait = read::is_passing(&unfetched).then_some(wait);
            return record(desk, &look, &unfetched.to_string(), &look.validators, wait).await;
        }
    };
    if sha256(&page.body) == look.page_sha256 {
        return record(desk, &look, "the page is the same", &page.validators, AT_ITS_TIME).await;
    }
    // Before it is read, so that a page that ends the program is not read at once after the next start.
    record(desk, &look, "the page is being read", &look.validators, AT_ITS_TIME).await?;
    let id = look.article;
    let known = desk.with_store(move |store| Ok(store.article_versions(id)?.pop())).await;
    let known = known.context("looking up what an article said before")?;
    let Some(known) = known else { return Ok(()) };
    match article(desk, page, item.as_ref(), &known.article, feed).await {
        Ok((article, page_sha256, page)) => {
            let fetched = Fetched { at, page_sha256: Some(page_sha256) };
            let incoming = Incoming { item: None, article, fetched, page: Some(page), baseline: false };
            let title = incoming.article.text.title().to_owned();
            let taken = desk.take_in(incoming).await.context("taking in an article that was looked at again")?;
            if taken.version.is_some() {
                let feed = item.map_or_else(|| taken.outlet.clone(), |item| item.feed);
                let outcome = Outcome::Taken(Box::new(taken));
                let news = read::news(&outcome);
                desk.tell(Event::Read { feed, title, at: desk.clock.now(), outcome });
                news.into_iter().for_each(|event| desk.tell(event));
            }
            Ok(())
        }
        Err(missing) => record(desk, &look, &missing.why, &look.validators, AT_ITS_TIME).await,
    }
}

/// What the page says now, under the address that the article is known by.
async fn article(
    desk: &Desk,
    page: Page,
    item: Option<&FeedItem>,
    known: &Article,
    feed: Option<&Watched>,
) -> Result<(Article, String, read::FetchedPage), Missing> {
    let (mut article, page_sha256, page) = read::scraped(desk, page, item, feed).await?;
    if let Some(feed) = feed {
        read::fill_in(&mut article, feed);
    }
    let is_whole =
        |article: &Article| !article.flags.contains(&Flag::Partial) && !article.flags.contains(&Flag::FromFeed);
    if is_whole(known) && !is_whole(&article) {
        // A wall that came down before the text is no edit of it.
        let why = "the page holds only the start of the article now".to_owned();
        return Err(Missing { why, passing: true });
    }
    article.url = known.url.clone();
    Ok((article, page_sha256, page))
}

/// Records a look that brought nothing new, and plans the next one, not before `wait` has passed; without it there is none.
async fn record(
    desk: &Desk,
    look: &Look,
    outcome: &str,
    validators: &Validators,
    wait: Option<SignedDuration>,
) -> anyhow::Result<()> {
    let then = wait.and_then(|wait| desk.clock.now().checked_add(wait).ok());
    let next = then.and_then(|then| schedule::next_look(look.published, then, &desk.rules.look_again));
    let (article, outcome, validators) = (look.article, outcome.to_owned(), validators.clone());
    desk.with_store(move |store| store.looked(article, &outcome, &validators, next))
        .await
        .context("storing what came of looking at a page again")
}
