//! A JSON Feed made to fit the types that the format asks for.

use serde_json::{Map, Value, json};

use super::NotAFeed;
use super::repair::{Repair, Repairs};

/// The texts of an item that anything is read from.
const TEXTS: [&str; 9] = [
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

/// The document written anew: ids are strings, what is of another type is left out, of the items the first `most`.
pub(super) fn normalise(text: &str, most: usize, repairs: &mut Repairs) -> Result<String, NotAFeed> {
    let holds_items = text.contains("\"items\"");
    let broken = |reason: String| {
        if holds_items { NotAFeed::LostItems { reason } } else { NotAFeed::Unreadable { reason } }
    };
    // What follows the first value is left alone: servers append comments about caching.
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next();
    let document = match first {
        Some(Ok(document)) => document,
        Some(Err(error)) => return Err(broken(format!("JSON: {error}"))),
        None => return Err(NotAFeed::Empty),
    };
    let Some(items) = document.get("items") else {
        return Err(NotAFeed::Unreadable { reason: "JSON without \"items\"".to_owned() });
    };
    let Some(items) = items.as_array() else {
        return Err(broken("JSON whose \"items\" is no list".to_owned()));
    };
    if items.len() > most {
        repairs.note(Repair::TooManyItems);
    }
    let read: Vec<Value> = items.iter().take(most).filter_map(|item| item_of(item, repairs)).collect();
    if read.len() < items.len().min(most) {
        repairs.note(Repair::ItemsLeftOut);
    }
    if read.is_empty() && !items.is_empty() {
        return Err(broken("JSON whose items are no objects".to_owned()));
    }
    let version = document.get("version").and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("https://jsonfeed.org/version/1")) {
        repairs.note(Repair::Version);
    }
    let title = document.get("title").and_then(Value::as_str).unwrap_or_default();
    Ok(json!({ "version": "https://jsonfeed.org/version/1.1", "title": title, "items": read }).to_string())
}

fn item_of(item: &Value, repairs: &mut Repairs) -> Option<Value> {
    let item = item.as_object()?;
    let mut read = Map::new();
    for name in TEXTS {
        let text = match item.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if name == "id" => {
                repairs.note(Repair::JsonTypes);
                number.to_string()
            }
            Some(_) => {
                repairs.note(Repair::JsonTypes);
                continue;
            }
        };
        read.insert(name.to_owned(), Value::String(text));
    }
    Some(Value::Object(read))
}
