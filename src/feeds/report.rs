//! What was read, as the JSON that the command line prints.

use serde_json::{Value, json};
use url::Url;

use super::{Feed, NotAFeed};
use crate::model::FeedItem;

/// `{"title", "entries": [{"id", "link", "title", "published", "updated"}], "repairs": […], "error"}`.
///
/// An entry's id is its guid, or its strongest key where it has none; `error` is null where the document is a feed.
pub fn to_json(outcome: &Result<Feed, NotAFeed>) -> Value {
    match outcome {
        Ok(feed) => {
            let entries: Vec<Value> = feed.items.iter().map(entry).collect();
            let repairs: Vec<&str> = feed.repairs.iter().map(|repair| repair.as_str()).collect();
            json!({ "title": feed.title, "entries": entries, "repairs": repairs, "error": null })
        }
        Err(error) => json!({ "title": null, "entries": [], "repairs": [], "error": error.to_string() }),
    }
}

/// The address under which a document is read whose own is not known: no host has this name (RFC 2606).
pub const NOWHERE: &str = "http://feed.invalid/-/";

/// A link as it is printed: relative, as it stands there, in a document whose address is not known.
pub fn link_to_print(link: &Url) -> String {
    let address = link.as_str();
    match address.strip_prefix(NOWHERE).or_else(|| address.strip_prefix("http://feed.invalid")) {
        Some(relative) => with_its_letters(relative),
        None => address.to_owned(),
    }
}

/// The address with letters beyond ASCII in place of their percent-encoding (RFC 3987, section 3.2).
fn with_its_letters(address: &str) -> String {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = if *first == b'%' { after.get(..2) } else { None };
        let byte = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match byte {
            Some(byte) if !byte.is_ascii() => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| address.to_owned())
}

fn entry(item: &FeedItem) -> Value {
    json!({
        "id": item.guid.as_ref().or(item.identity.keys().first()),
        "link": item.link.as_ref().map(link_to_print),
        "title": item.title,
        "published": item.published.map(|moment| moment.to_string()),
        "updated": item.updated.map(|moment| moment.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_of_a_document_without_an_address_are_printed_as_they_stand() {
        let base = Url::parse(NOWHERE).expect("a fixed address");
        for link in ["/blog/1", "blog/1?a=1#b", "/été", "50%25", "https://wire.example/%C3%A9t%C3%A9", "/%FF"] {
            assert_eq!(link_to_print(&base.join(link).expect("an address")), link);
        }
    }
}
