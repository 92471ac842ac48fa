//! A JSON Feed made to fit the types that the format asks for.
//!
//! Only what an item is made of is kept while the document is read, and of the items only as many as are wanted: a tree of
//! the whole would take thirty times the memory of the text.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};

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
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let document = Head { most }.deserialize(&mut deserializer).map_err(|error| broken(format!("JSON: {error}")))?;
    let (items, all) = match document.items {
        None => return Err(NotAFeed::Unreadable { reason: "JSON without \"items\"".to_owned() }),
        Some(Items::NoList) => return Err(broken("JSON whose \"items\" is no list".to_owned())),
        Some(Items::List { first, all }) => (first, all),
    };
    if all > most {
        repairs.note(Repair::TooManyItems);
    }
    let read: Vec<Value> = items.into_iter().filter_map(|item| Some(item_of(item?, repairs))).collect();
    if read.len() < all.min(most) {
        repairs.note(Repair::ItemsLeftOut);
    }
    if read.is_empty() && all > 0 {
        return Err(broken("JSON whose items are no objects".to_owned()));
    }
    if !matches!(&document.version, Scalar::Text(version) if version.starts_with("https://jsonfeed.org/version/1")) {
        repairs.note(Repair::Version);
    }
    let title = if let Scalar::Text(title) = document.title { title } else { String::new() };
    Ok(json!({ "version": "https://jsonfeed.org/version/1.1", "title": title, "items": read }).to_string())
}

fn item_of(item: Item, repairs: &mut Repairs) -> Value {
    let mut read = Map::new();
    for (name, value) in item {
        let text = match value {
            Scalar::Nothing => continue,
            Scalar::Text(text) => text,
            Scalar::Number(number) if name == "id" => {
                repairs.note(Repair::JsonTypes);
                number.to_string()
            }
            Scalar::Number(_) | Scalar::Other => {
                repairs.note(Repair::JsonTypes);
                continue;
            }
        };
        read.insert(name.to_owned(), Value::String(text));
    }
    Value::Object(read)
}

/// What is kept of a document.
struct Document {
    version: Scalar,
    title: Scalar,
    items: Option<Items>,
}

enum Items {
    /// The first items, `None` for one that is no object, and how many there are in all.
    List { first: Vec<Option<Item>>, all: usize },
    /// Something else.
    NoList,
}

type Item = Vec<(&'static str, Scalar)>;

/// A value that may be what is wanted.
enum Scalar {
    Nothing,
    Text(String),
    Number(Number),
    /// Yes, no, a list or an object, which is not kept.
    Other,
}

/// Reads a document, and of its items the first `most`.
struct Head {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Head {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Head {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Feed")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Document, M::Error> {
        let mut document = Document { version: Scalar::Nothing, title: Scalar::Nothing, items: None };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => document.version = map.next_value()?,
                "title" => document.title = map.next_value()?,
                "items" => document.items = Some(map.next_value_seed(List { most: self.most })?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(document)
    }
}

/// Declares that texts, numbers, yes and no are not what a visitor waits for.
macro_rules! no_scalar {
    ($value:ty, $other:expr) => {
        fn visit_unit<E>(self) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_str<E>(self, _: &str) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            Ok($other)
        }
    };
}

struct List {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for List {
    type Value = Items;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Items, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Items, S::Error> {
        let (mut first, mut all) = (Vec::new(), 0);
        while first.len() < self.most {
            match seq.next_element::<Fields>()? {
                Some(Fields(item)) => first.push(item),
                None => break,
            }
        }
        all += first.len();
        while seq.next_element::<IgnoredAny>()?.is_some() {
            all += 1;
        }
        Ok(Items::List { first, all })
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Items, M::Error> {
        pass_over(map)?;
        Ok(Items::NoList)
    }

    no_scalar!(Items, Items::NoList);
}

/// The wanted fields of an item, where it is an object.
struct Fields(Option<Item>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Wanted;

        impl<'de> Visitor<'de> for Wanted {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an item")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
                let mut item = Item::new();
                while let Some(key) = map.next_key::<String>()? {
                    match TEXTS.into_iter().find(|name| *name == key) {
                        Some(name) => {
                            item.retain(|(known, _)| *known != name);
                            item.push((name, map.next_value()?));
                        }
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Fields(Some(item)))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Fields, S::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Fields(None))
            }

            no_scalar!(Fields, Fields(None));
        }

        deserializer.deserialize_any(Wanted)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Nothing)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Number::from_f64(number).map_or(Scalar::Other, Scalar::Number))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Scalar, S::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Scalar, M::Error> {
                pass_over(map)?;
                Ok(Scalar::Other)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

fn pass_over<'de, M: MapAccess<'de>>(mut map: M) -> Result<(), M::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}
