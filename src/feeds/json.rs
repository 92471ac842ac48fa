//! A JSON Feed (jsonfeed.org/version/1.1) to the items that it gives.
//!
//! Values stay where they are in the text until one is wanted, and of the items only as many are kept as are read: a tree of
//! the whole would take thirty times the memory of the text.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use url::Url;

use super::identity::Candidate;
use super::reading::{Read, filled};
use super::repair::{Repair, Repairs};
use super::{NotAFeed, dates, title};

/// What is read of a document.
const HEAD: &[&str] = &["version", "title", "items"];

/// What is read of an item.
const ITEM: &[&str] = &[
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
];

/// Reads a document served at `url`, and of its items the first `most`. What is of another type than the format asks for is
/// left out, but for ids that are numbers.
pub(super) fn read(text: &str, most: usize, url: &Url, repairs: &mut Repairs) -> Result<Read, NotAFeed> {
    let holds_items = text.contains("\"items\"");
    let broken = |reason: String| {
        if holds_items { NotAFeed::LostItems { reason } } else { NotAFeed::Unreadable { reason } }
    };
    let (head, items, all) = match object(text, HEAD) {
        Ok(head) => {
            let Some(items) = head.get("items") else {
                return Err(NotAFeed::Unreadable { reason: "JSON without \"items\"".to_owned() });
            };
            let version = head.text("version").unwrap_or_default();
            if !is_of_the_format(&version) {
                return Err(no_json_feed());
            }
            if !version.starts_with("https://jsonfeed.org/version/1") {
                repairs.note(Repair::Version);
            }
            let listed = list(items, most).map_err(|_| broken("JSON whose \"items\" is no list".to_owned()))?;
            (head, listed.0, listed.1)
        }
        Err(error) => {
            let whole = items_before_the_fault(text, most);
            if whole.is_empty() {
                return Err(broken(format!("JSON: {error}")));
            }
            if !text.contains("jsonfeed.org") {
                return Err(no_json_feed());
            }
            repairs.note(Repair::Truncated);
            let all = whole.len();
            (Object(Vec::new()), whole, all)
        }
    };
    if all > most {
        repairs.note(Repair::TooManyItems);
    }
    let items: Vec<Candidate> = items
        .iter()
        .filter_map(|item| match object(item.get(), ITEM) {
            Ok(item) => Some(candidate(&item, url, repairs)),
            Err(_) => {
                repairs.note(Repair::ItemsLeftOut);
                None
            }
        })
        .collect();
    if items.is_empty() && all > 0 {
        return Err(broken("JSON whose items are no objects".to_owned()));
    }
    Ok(Read { title: title::plain(&head.text("title").unwrap_or_default(), false), items })
}

/// Whether a version is one of JSON Feed. It is required, and "the URL of the version of the format the feed uses"
/// (jsonfeed.org/version/1.1, "Top-level"): without it a feed cannot be told from whatever else an interface lists as "items".
fn is_of_the_format(version: &str) -> bool {
    Url::parse(version).is_ok_and(|url| url.host_str() == Some("jsonfeed.org") && url.path().starts_with("/version/"))
}

fn no_json_feed() -> NotAFeed {
    NotAFeed::Unreadable {
        reason: "JSON whose \"version\" is not that of a JSON Feed, https://jsonfeed.org/version/1.1".to_owned(),
    }
}

fn candidate(item: &Object<'_>, url: &Url, repairs: &mut Repairs) -> Candidate {
    let mut text = |name| match item.text(name) {
        Ok(text) => filled(text),
        Err(OtherType) => {
            repairs.note(Repair::JsonTypes);
            (name == "id").then(|| item.number(name)).flatten()
        }
    };
    let link = [text("url"), text("external_url")].into_iter().flatten().find_map(|link| url.join(link.trim()).ok());
    let published = text("date_published").and_then(|date| dates::parse(&date));
    let updated = text("date_modified").and_then(|date| dates::parse(&date));
    let (html, plain, summary) = (text("content_html"), text("content_text"), text("summary"));
    let (content, summary) = match (html, plain) {
        (Some(html), plain) => (Some(html), summary.or(plain)),
        (None, plain) => (plain, summary),
    };
    Candidate {
        guid: text("id").map(|id| id.trim().to_owned()),
        link,
        title: title::plain(&text("title").unwrap_or_default(), false),
        published,
        updated: updated.filter(|updated| Some(*updated) != published),
        summary,
        content: content.map(|content| content.trim().to_owned()),
    }
}

/// Some of the members of an object, as they stand in the text.
struct Object<'t>(Vec<(&'static str, &'t RawValue)>);

/// A value is there, and is no text.
struct OtherType;

impl<'t> Object<'t> {
    fn get(&self, name: &str) -> Option<&'t RawValue> {
        self.0.iter().find_map(|(known, value)| (*known == name).then_some(*value))
    }

    /// The member as a text; an empty one where it is missing or null.
    fn text(&self, name: &str) -> Result<String, OtherType> {
        match self.get(name).map(RawValue::get) {
            None | Some("null") => Ok(String::new()),
            Some(value) => serde_json::from_str(value).map_err(|_| OtherType),
        }
    }

    /// The member where it is a number, in its own digits.
    fn number(&self, name: &str) -> Option<String> {
        let value = self.get(name)?.get();
        value.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| value.to_owned())
    }
}

/// The object that the text begins with. What follows it is left alone: servers append comments about caching.
fn object<'t>(text: &'t str, wanted: &'static [&'static str]) -> serde_json::Result<Object<'t>> {
    serde_json::Deserializer::from_str(text).deserialize_map(Members { wanted })
}

/// The first items of a list, and how many there are in all.
fn list(value: &RawValue, most: usize) -> serde_json::Result<(Vec<&RawValue>, usize)> {
    serde_json::Deserializer::from_str(value.get()).deserialize_seq(First { most })
}

/// The items of a document that breaks off or is damaged, up to where it is.
fn items_before_the_fault(text: &str, most: usize) -> Vec<&RawValue> {
    let mut items = Vec::new();
    let Some((_, rest)) = text.split_once("\"items\"") else { return items };
    let Some(rest) = rest.trim_start().strip_prefix(':') else { return items };
    let Some(mut rest) = rest.trim_start().strip_prefix('[') else { return items };
    while items.len() < most {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let Some(Ok(item)) = values.next() else { break };
        items.push(item);
        match rest[values.byte_offset()..].trim_start().strip_prefix(',') {
            Some(after) => rest = after,
            None => break,
        }
    }
    items
}

struct Members {
    wanted: &'static [&'static str],
}

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// Where a name is given twice, the last value counts, as in most readers (RFC 8259, section 4).
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
        let mut members: Vec<(&'static str, &RawValue)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match self.wanted.iter().find(|name| **name == key) {
                Some(name) => {
                    members.retain(|(known, _)| known != name);
                    members.push((name, map.next_value()?));
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Object(members))
    }
}

struct First {
    most: usize,
}

impl<'de> Visitor<'de> for First {
    type Value = (Vec<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut first = Vec::new();
        while first.len() < self.most {
            match seq.next_element()? {
                Some(item) => first.push(item),
                None => break,
            }
        }
        let mut all = first.len();
        while seq.next_element::<IgnoredAny>()?.is_some() {
            all += 1;
        }
        Ok((first, all))
    }
}
