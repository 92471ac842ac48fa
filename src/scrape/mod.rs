//! A page to an article: its body, title, dates and canonical address as plain text and values.
//!
//! ```text
//! Page ─decode→ characters ─guard→ bounded HTML ─metadata, body→ Article
//! ```
//!
//! Pure, and the only user of the HTML libraries. Nothing here panics on any input, and the time taken is bounded by the
//! size of the page; see `guard.rs` for how.

mod plain_text;
mod decode;
mod elements;
mod guard;
mod json_ld;
mod said;
mod metadata;
mod sites;
mod blocks;
mod dates;
mod stated;
mod when;
mod choose;
mod lean;
mod body;
mod paragraphs;
mod plain;
mod chaff;
mod fingerprint;

use serde_json::{Value, json};

use crate::model::{Article, Entry, FeedItem, Flag, Page, Text};
pub use fingerprint::fingerprint;
pub use sites::Selectors;

use body::{Body, Known};
use plain_text::clean;
use said::Said;

/// How large a page may be, in bytes.
pub const MAX_PAGE: usize = 5 << 20;

/// A body of fewer characters is called partial: a report has at least a few sentences.
const STUB: usize = 200;

/// A page with the title of a check for robots is none if its text, in characters, is longer than this.
const LONGEST_CHALLENGE: usize = 3_000;

/// Why a page gives no article.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnArticle {
    /// It is something else: a picture, a PDF, JSON.
    #[error("the page is {content_type}, not HTML")]
    NotHtml {
        /// What it says it is, or looks like.
        content_type: String,
    },
    /// It is larger than any article.
    #[error("the page has {bytes} bytes; pages of up to {MAX_PAGE} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It asks the visitor to prove being human, or refuses access.
    #[error("the page is a check for robots or a refusal ({title:?})")]
    Challenge {
        /// Its title.
        title: String,
    },
    /// No text of an article was found.
    #[error("the page holds no text of an article")]
    Empty,
}

/// Reads the article of a page. `item` is what the feed said of it: its values fill gaps, and its text stands in for that
/// of a page that holds only the start of the article.
///
/// # Errors
/// Says why there is no article; [`from_feed`] may still make one of what the feed holds.
pub fn article(page: &Page, item: Option<&FeedItem>) -> Result<Article, NotAnArticle> {
    article_by(&Selectors::default(), page, item)
}

/// [`article`], by what is known of the pages of its feed, which goes before what is known of its site.
///
/// # Errors
/// As [`article`].
pub fn article_by(own: &Selectors, page: &Page, item: Option<&FeedItem>) -> Result<Article, NotAnArticle> {
    if page.body.len() > MAX_PAGE {
        return Err(NotAnArticle::TooLarge { bytes: page.body.len() });
    }
    if let Some(content_type) = other_than_html(page) {
        return Err(NotAnArticle::NotHtml { content_type });
    }
    let tld = page.url.host_str().and_then(|host| host.rsplit('.').next());
    let decoded = decode::decode(&page.body, page.content_type.as_deref(), tld);
    if decode::is_junk(&decoded.text) {
        return Err(NotAnArticle::NotHtml { content_type: "binary data".to_owned() });
    }
    let guarded = guard::guard(&decoded.text);
    let facts = json_ld::facts(&guarded.json_ld);
    let parsed = guarded.parse();
    let said = Said::by(&parsed);
    let known = metadata::metadata(&said, &facts, &page.url, item);
    let selectors: Vec<&Selectors> = std::iter::once(own).chain(known.url.host_str().and_then(sites::site)).collect();
    let lines = blocks::blocks(&parsed, &selectors);
    let marked = selectors.iter().any(|selectors| selectors.knows_body());
    let around = Known { url: &known.url, title: &known.title, facts: &facts, marked };
    let Body { mut paragraphs, language, plain, uncertain, mut entries } =
        body::body(&guarded, &parsed, &lines, around);

    let length = body::length(&paragraphs);
    if chaff::is_challenge(&known.title) && length < LONGEST_CHALLENGE {
        return Err(NotAnArticle::Challenge { title: known.title });
    }
    if length == 0 {
        return Err(NotAnArticle::Empty);
    }
    let mut partial = facts.free == Some(false) || length < STUB;
    let mut from_feed = false;
    if partial && let Some(fuller) = item.and_then(content_of).filter(|fuller| body::length(fuller) > 2 * length) {
        (paragraphs, partial, from_feed, entries) = (fuller, false, true, Vec::new());
    }
    let when = when::when(
        &said,
        &facts,
        when::Around {
            urls: [&page.url, &known.url],
            lines: &when::byline(&lines, &known.title, &paragraphs),
            day_first: known.day_first,
            item,
            fetched: page.fetched,
        },
    );
    let told = known.language.clone();
    let language = metadata::language_of(known.language, language);
    let flags = [
        (facts.live, Flag::LiveBlog),
        (partial, Flag::Partial),
        (decoded.repaired, Flag::RepairedEncoding),
        (from_feed, Flag::FromFeed),
        (plain && !from_feed, Flag::PlainReading),
        (when.disagree, Flag::DatesDisagree),
        (known.elsewhere, Flag::CanonicalElsewhere),
        (told.is_some() && told != language, Flag::LanguageDisagrees),
        (uncertain && !from_feed, Flag::BodyUncertain),
    ];
    let text = Text::from_parts(&known.title, paragraphs.iter().map(String::as_str)).with_entries(entries);
    Ok(Article {
        url: known.url,
        outlet: known.outlet,
        language,
        published: when.published,
        modified: when.modified,
        fingerprint: fingerprint(text.body()),
        text,
        flags: flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).collect(),
    })
}

/// Makes an article of what the feed itself holds, for when its page was refused, was a stub or cannot be read.
/// `None` where the item has no address or no text. `outlet` is the publisher's name; empty: the host's.
pub fn from_feed(item: &FeedItem, outlet: &str) -> Option<Article> {
    let url = item.link.clone()?;
    let content = content_of(item);
    let mut flags = vec![Flag::FromFeed];
    if content.as_deref().is_none_or(|p| body::length(p) < STUB) {
        flags.insert(0, Flag::Partial);
    }
    let paragraphs = content.or_else(|| paragraphs_of(item.summary.as_deref()?))?;
    let text = Text::from_parts(&clean(&item.title), paragraphs.iter().map(String::as_str));
    Some(Article {
        outlet: if outlet.trim().is_empty() { metadata::host_name(&url) } else { clean(outlet) },
        url,
        language: None,
        published: item.published,
        modified: item.updated,
        fingerprint: fingerprint(text.body()),
        text,
        flags,
    })
}

/// The full text of a feed's item.
fn content_of(item: &FeedItem) -> Option<Vec<String>> {
    paragraphs_of(item.content.as_deref()?)
}

fn paragraphs_of(html: &str) -> Option<Vec<String>> {
    Some(body::told_body(html)).filter(|paragraphs| !paragraphs.is_empty())
}

/// What `tollwatch scrape --format json` prints of an article: body paragraphs a line each, without the title. A live blog
/// has the times of its entries too, each with the number of its first line, from one on.
pub fn to_json(file: &str, article: &Article) -> Value {
    let mut told = json!({
        "file": file,
        "url": article.url.as_str(),
        "title": article.text.title(),
        "outlet": article.outlet,
        "language": article.language,
        "published": article.published.map(|t| t.to_string()),
        "modified": article.modified.map(|t| t.to_string()),
        "text": article.text.body(),
        "flags": article.flags,
    });
    if !article.text.entries().is_empty() {
        let before = |start: usize| &article.text.as_str()[article.text.body_range().start..start];
        let entry =
            |entry: &Entry| json!({ "line": before(entry.start).lines().count() + 1, "at": entry.at.to_string() });
        told["entries"] = article.text.entries().iter().map(entry).collect();
    }
    told
}

/// What the page is if it is not HTML: by its type where one is sent, and by its first bytes in any case.
fn other_than_html(page: &Page) -> Option<String> {
    let told = page.content_type.as_deref().map(|t| t.split(';').next().unwrap_or(t).trim().to_ascii_lowercase());
    let told = told.filter(|t| !t.is_empty());
    let is_html = |t: &str| matches!(t, "text/html" | "application/xhtml+xml");
    // These say nothing: servers that do not know better send them.
    let is_vague = |t: &str| matches!(t, "text/plain" | "application/octet-stream" | "text/xml" | "application/xml");
    match told {
        Some(t) if !is_html(&t) && !is_vague(&t) => return Some(t),
        _ => {}
    }
    let mut start = page.body.trim_ascii_start();
    if start.starts_with(b"<?xml") {
        let end = start.windows(2).position(|pair| pair == b"?>").map_or(0, |end| end + 2);
        start = start[end..].trim_ascii_start();
    }
    let magic: &[(&[u8], &str)] = &[
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"<rss", "application/rss+xml"),
        (b"<feed", "application/atom+xml"),
        (b"<rdf:RDF", "application/rdf+xml"),
        (b"{", "application/json"),
    ];
    magic.iter().find(|(bytes, _)| start.starts_with(bytes)).map(|(_, name)| (*name).to_owned())
}
