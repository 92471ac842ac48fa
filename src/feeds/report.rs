//! What was read, as the JSON that the command line prints.

use serde_json::{Value, json};

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

fn entry(item: &FeedItem) -> Value {
    json!({
        "id": item.guid.as_ref().or(item.identity.keys().first()),
        "link": item.link.as_ref().map(url::Url::as_str),
        "title": item.title,
        "published": item.published.map(|moment| moment.to_string()),
        "updated": item.updated.map(|moment| moment.to_string()),
    })
}
