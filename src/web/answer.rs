//! From a path to an answer.

use askama::Template;
use hyper::StatusCode;
use jiff::Timestamp;

use super::{Site, changes, feeds, metrics, overview, story};
use crate::store::{Store, StoreError};

const HTML: &str = "text/html; charset=utf-8";

/// No page is larger, in bytes: what would be is a fault of ours, and is not sent.
const LARGEST: usize = 4 << 20;

/// What is answered.
pub(super) struct Answer {
    pub status: StatusCode,
    pub kind: &'static str,
    pub body: Vec<u8>,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The so-many-th page of the stories, from 1.
    Overview(usize),
    /// A story by its number or short name.
    Story(String),
    Feeds,
    Changes,
    Metrics,
    Health,
    Style,
    Icon,
    Nothing,
}

impl Asked {
    pub(super) fn of(path: &str, query: Option<&str>) -> Self {
        let page = query.and_then(|query| query.strip_prefix("page=")).and_then(|page| page.parse().ok());
        match path {
            "/" => Self::Overview(page.unwrap_or(1).clamp(1, 100_000)),
            "/feeds" => Self::Feeds,
            "/changes.atom" => Self::Changes,
            "/metrics" => Self::Metrics,
            "/healthz" => Self::Health,
            "/style.css" => Self::Style,
            "/icon.svg" => Self::Icon,
            _ => match path.strip_prefix("/stories/").filter(|name| is_plain(name)) {
                Some(name) => Self::Story(name.to_owned()),
                None => Self::Nothing,
            },
        }
    }
}

/// As numbers and short names of stories are.
fn is_plain(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

impl Answer {
    pub(super) fn text(status: StatusCode, text: &str) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: text.as_bytes().to_vec() }
    }

    pub(super) fn html(page: &impl Template) -> Self {
        Self::of(StatusCode::OK, HTML, page.render())
    }

    pub(super) fn of(status: StatusCode, kind: &'static str, made: askama::Result<String>) -> Self {
        match made {
            Ok(text) if text.len() <= LARGEST => Self { status, kind, body: text.into_bytes() },
            Ok(_) => Self::text(StatusCode::INTERNAL_SERVER_ERROR, "The page grew too large to be shown.\n"),
            Err(error) => {
                Self::text(StatusCode::INTERNAL_SERVER_ERROR, &format!("The page could not be made: {error}\n"))
            }
        }
    }
}

/// What is the same at any time.
pub(super) fn fixed(asked: &Asked) -> Option<Answer> {
    let ok = |kind, text: &str| Some(Answer { status: StatusCode::OK, kind, body: text.as_bytes().to_vec() });
    match asked {
        Asked::Style => ok("text/css; charset=utf-8", include_str!("templates/style.css")),
        Asked::Icon => ok("image/svg+xml", include_str!("templates/icon.svg")),
        _ => None,
    }
}

/// What is made of what the store holds now.
pub(super) fn of_store(
    site: &Site,
    store: &Store,
    asked: &Asked,
    host: &str,
    now: Timestamp,
) -> Result<Answer, StoreError> {
    match asked {
        Asked::Overview(page) => overview::page(store, *page, now),
        Asked::Story(name) => match store.find_story(name)? {
            Some(found) => story::page(store, &found, now),
            None => Ok(missing(now)),
        },
        Asked::Feeds => feeds::page(store, now),
        Asked::Changes => changes::feed(store, &site.host, host, site.started),
        Asked::Metrics => metrics::page(site, store, now),
        Asked::Health | Asked::Style | Asked::Icon | Asked::Nothing => Ok(missing(now)),
    }
}

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing {
    title: &'static str,
    section: &'static str,
    now: super::look::Moment,
}

fn missing(now: Timestamp) -> Answer {
    let page = Missing { title: "Not here", section: "", now: now.into() };
    Answer::of(StatusCode::NOT_FOUND, HTML, page.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_page_or_nothing() {
        let of = |path| Asked::of(path, None);
        assert_eq!(Asked::of("/", Some("page=3")), Asked::Overview(3));
        assert_eq!(Asked::of("/", Some("page=-1")), Asked::Overview(1));
        assert_eq!(of("/stories/port-ardo-ferry"), Asked::Story("port-ardo-ferry".to_owned()));
        for odd in ["/stories/", "/stories/../x", "/stories/a%20b", "/stories/a/b", "/admin", "//", ""] {
            assert_eq!(of(odd), Asked::Nothing, "{odd}");
        }
    }
}
