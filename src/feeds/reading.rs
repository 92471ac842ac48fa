//! The parser's reading of a mended feed, and what it read as items of ours. The only place that names feed-rs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use feed_rs::model::{Content, Entry, FeedType, Link, Text};
use feed_rs::parser::Builder;
use jiff::Timestamp;
use url::Url;

use super::identity::{self, Candidate};
use super::mend::Mended;
use super::repair::{Repair, Repairs};
use super::{dates, title};
use crate::model::FeedItem;

/// What was read of a document.
pub(super) struct Read {
    /// The feed's name, as plain text on one line.
    pub(super) title: String,
    /// Its items, in the order of the document.
    pub(super) items: Vec<Candidate>,
}

/// Why the parser gave nothing.
pub(super) struct Broken {
    pub(super) reason: String,
}

/// Reads a mended feed. Where the whole fails, item by item: then those that fail alone are left out.
pub(super) fn read_xml(mended: &Mended, url: &Url, repairs: &mut Repairs) -> Result<Read, Broken> {
    let whole = guarded(&mended.document(), url);
    let reason = match whole {
        Ok(read) if read.items.len() >= mended.items.len() => return Ok(read),
        Ok(_) => "the parser dropped items".to_owned(),
        Err(broken) => broken.reason,
    };
    let mut read = guarded(&mended.document_of(&[]), url)?;
    for item in &mended.items {
        match guarded(&mended.document_of(std::slice::from_ref(item)), url) {
            Ok(single) if !single.items.is_empty() => read.items.extend(single.items),
            _ => repairs.note(Repair::ItemsLeftOut),
        }
    }
    if read.items.is_empty() { Err(Broken { reason }) } else { Ok(read) }
}

/// The items of a feed, each with an identity that no other item of it has.
pub(super) fn identified(candidates: Vec<Candidate>, feed: &str) -> Vec<FeedItem> {
    let identities = identity::of_all(feed, &candidates);
    let items = candidates.into_iter().zip(identities).map(|(candidate, identity)| FeedItem {
        feed: feed.to_owned(),
        identity,
        guid: candidate.guid,
        link: candidate.link,
        title: candidate.title,
        published: candidate.published,
        updated: candidate.updated,
        summary: candidate.summary,
        content: candidate.content,
    });
    items.collect()
}

/// Parses with our dates and without made-up ids. A panic of the parser is an outcome like any other error.
fn guarded(document: &str, url: &Url) -> Result<Read, Broken> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let parser = Builder::new()
            .base_uri(Some(url))
            .sanitize_content(false)
            // The parser would make up a random id where there is none, and the item would be new at each poll.
            .id_generator(|_, _, _| String::new())
            .timestamp_parser(|text| dates::parse(text).map(|moment| SystemTime::from(moment).into()))
            .build();
        parser.parse(document.as_bytes())
    }));
    match outcome {
        Ok(Ok(feed)) => Ok(Read {
            title: feed.title.map(|text| headline(&text, &feed.feed_type)).unwrap_or_default(),
            items: feed.entries.into_iter().map(|entry| candidate(entry, &feed.feed_type, url)).collect(),
        }),
        Ok(Err(error)) => Err(Broken { reason: error.to_string() }),
        Err(_) => Err(Broken { reason: "the parser broke off".to_owned() }),
    }
}

fn candidate(entry: Entry, kind: &FeedType, url: &Url) -> Candidate {
    let published = entry.published.and_then(moment);
    // The parser fills a missing change with the publication.
    let updated =
        entry.updated.and_then(moment).filter(|updated| *kind == FeedType::Atom || Some(*updated) != published);
    Candidate {
        guid: Some(entry.id.trim().to_owned()).filter(|id| !id.is_empty()),
        link: best_link(&entry.links, kind).and_then(|link| url.join(link.href.trim()).ok()),
        title: entry.title.as_ref().map(|text| headline(text, kind)).unwrap_or_default(),
        published,
        updated,
        summary: entry.summary.map(|text| text.content).and_then(filled),
        content: entry.content.and_then(|Content { body, .. }| body).and_then(filled),
    }
}

/// Titles of RSS may hold HTML, those of Atom say what they hold.
fn headline(text: &Text, kind: &FeedType) -> String {
    let is_html = match kind {
        FeedType::Atom => text.content_type.subty() == "html",
        FeedType::RSS0 | FeedType::RSS1 | FeedType::RSS2 | FeedType::JSON => true,
    };
    title::plain(&text.content, is_html)
}

/// The link to the article's page; in Atom the alternate one, in HTML if there is a choice.
fn best_link<'a>(links: &'a [Link], kind: &FeedType) -> Option<&'a Link> {
    if *kind != FeedType::Atom {
        return links.iter().find(|link| link.target.is_none());
    }
    let alternates =
        || links.iter().filter(|link| link.rel.as_deref().is_none_or(|rel| rel.eq_ignore_ascii_case("alternate")));
    let is_page = |link: &&Link| link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    alternates().find(is_page).or_else(|| alternates().next())
}

/// The text, where it holds more than white space.
pub(super) fn filled(text: String) -> Option<String> {
    if text.trim().is_empty() { None } else { Some(text) }
}

fn moment<T>(time: T) -> Option<Timestamp>
where
    SystemTime: From<T>,
{
    Timestamp::try_from(SystemTime::from(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::mend::mend;

    /// No document is known whose mended copy the parser refuses; the item here is broken after the mending.
    #[test]
    fn an_item_that_the_parser_refuses_costs_no_other() {
        let mut repairs = Repairs::default();
        let document = "<rss version='2.0'><channel><item><title>One</title></item><item><title>Two</title></item></channel></rss>";
        let mut mended = mend(document, 10, &mut repairs).expect("it has a root");
        mended.items[0] = "<item><title>One</wrong></item>".to_owned();
        let url = Url::parse("https://wire.example/").expect("a fixed address");
        let Ok(read) = read_xml(&mended, &url, &mut repairs) else { panic!("the second item is whole") };
        let items = identified(read.items, "wire");
        assert_eq!(items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["Two"]);
        assert_eq!(repairs.into_list(), [Repair::ItemsLeftOut]);
    }
}
