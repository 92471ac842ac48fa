//! Bytes of a feed to its items.
//!
//! Of the feeds in the wild one in twenty-five to one in a hundred is broken at any time, and a parser that insists on
//! the rules loses the whole feed with it. So the way goes over a mended copy:
//!
//! ```text
//! bytes → text (encoding) → tokens (markup) → a well-formed feed (mend) → feed-rs (reading) → items (identity, dates, title)
//! ```
//!
//! Every departure from the document as it came is told as a [`Repair`]. What is no feed is told as a [`NotAFeed`];
//! a document that holds items never reads as an empty feed.

mod repair;
mod encoding;
mod markup;
mod entities;
mod vocabulary;
mod field;
mod mend;
mod json;
mod reading;
mod wishes;
mod dates;
mod title;
mod identity;
mod discovery;
mod report;
mod opml;

use url::Url;

use crate::model::{FeedItem, Page, Wishes};

pub use dates::parse as parse_date;
pub use opml::{Listed, read_opml, write_opml};
pub use repair::Repair;
pub use report::{NOWHERE, link_to_print, to_json};

use encoding::Text;
use mend::Mended;
use reading::Broken;

/// What a document that is a feed says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The feed's name, as plain text on one line; empty where it gives none.
    pub title: String,
    /// Its items, in the order of the document.
    pub items: Vec<FeedItem>,
    /// What had to be put right before it could be read, each kind once.
    pub repairs: Vec<Repair>,
    /// When the feed asks to be polled, and when not.
    pub wishes: Wishes,
}

/// Why a document gives no items.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    /// A web page, with the feeds that it names, in its order; those of comments only where there are no others.
    #[error("a web page, not a feed{}", named(.feeds))]
    Html {
        /// The addresses in its `<link rel="alternate">`, made absolute.
        feeds: Vec<Url>,
    },
    /// Nothing, or nothing but white space.
    #[error("an empty document")]
    Empty,
    /// More than the limit after decompression.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Neither a feed nor a web page.
    #[error("not readable as a feed: {reason}")]
    Unreadable {
        /// What was met, in words.
        reason: String,
    },
    /// The document holds items, and none of them could be read.
    #[error("it holds items, but none could be read: {reason}")]
    LostItems {
        /// What was met, in words.
        reason: String,
    },
}

impl NotAFeed {
    /// The feed that a web page names, where it names one alone.
    pub fn only_feed(&self) -> Option<&Url> {
        match self {
            Self::Html { feeds } => feeds.first().filter(|_| feeds.len() == 1),
            _ => None,
        }
    }
}

/// How much of a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, after decompression. The mended copy and the parser's tree come on top: about thirtyfold in the worst case.
    pub bytes: usize,
    /// Items; those after are left out. Feeds have their newest items first.
    pub items: usize,
}

impl Default for Limits {
    /// 8 MiB and 2,000 items: the largest feeds of newsrooms are near 2 MiB and 500 items.
    fn default() -> Self {
        Self { bytes: 8 << 20, items: 2_000 }
    }
}

/// Reads the items of the feed called `feed` out of what its server answered.
///
/// Never panics and takes time linear in the size of the body.
pub fn parse(page: &Page, feed: &str, limits: Limits) -> Result<Feed, NotAFeed> {
    let Text { text, mut repairs } = encoding::decode(&page.body, page.content_type.as_deref(), limits.bytes)?;
    let text = text.trim_start();
    if text.trim_end().is_empty() {
        return Err(NotAFeed::Empty);
    }
    let is_json = text.starts_with('{');
    let read = if is_json {
        json::read(text, limits.items, &page.url, &mut repairs)?
    } else {
        let whole = mend::mend(text, limits.items, &mut repairs);
        if whole.is_none() && discovery::is_html(text) {
            return Err(NotAFeed::Html { feeds: discovery::feeds_named_in(text, &page.url) });
        }
        // A second reading, of the items alone, where the first finds none and the text holds some.
        let mended = match whole.filter(|whole| !whole.items.is_empty() || markup::first_item(text).is_none()) {
            Some(whole) => whole,
            None => mend::mend_items(text, limits.items, &mut repairs).ok_or_else(no_root)?,
        };
        if mended.items.is_empty() && markup::first_item(text).is_some() {
            return Err(NotAFeed::LostItems { reason: "it breaks off before the first of them is whole".to_owned() });
        }
        reading::read_xml(&mended, &page.url, &mut repairs).map_err(|Broken { reason }| unreadable(&mended, reason))?
    };
    let wishes = if is_json { Wishes::default() } else { wishes::of(text) };
    let items = reading::identified(read.items, feed);
    Ok(Feed { title: read.title, items, repairs: repairs.into_list(), wishes })
}

fn unreadable(mended: &Mended, reason: String) -> NotAFeed {
    if mended.items.is_empty() { NotAFeed::Unreadable { reason } } else { NotAFeed::LostItems { reason } }
}

fn no_root() -> NotAFeed {
    NotAFeed::Unreadable { reason: "no root element of a feed".to_owned() }
}

/// So many of the feeds that a page names are told.
const MOST_NAMED: usize = 5;

fn named(feeds: &[Url]) -> String {
    match feeds {
        [] => String::new(),
        [one] => format!("; it names one: {one}"),
        [..] => {
            let listed: Vec<&str> = feeds.iter().take(MOST_NAMED).map(Url::as_str).collect();
            let more = if feeds.len() > MOST_NAMED { ", …" } else { "" };
            format!("; it names {}: {}{more}", feeds.len(), listed.join(", "))
        }
    }
}
