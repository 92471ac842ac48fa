//! The demo's outlets and pages, read from `scenario.toml`.

use jiff::Timestamp;
use serde::Deserialize;

/// Who publishes what, and when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// When the simulated clock starts.
    pub begins: Timestamp,
    /// When the demo ends.
    pub ends: Timestamp,
    /// The outlets.
    #[serde(rename = "outlet")]
    pub outlets: Vec<Outlet>,
    /// The pages, in the order of their going up.
    #[serde(rename = "page")]
    pages: Vec<Posting>,
}

/// A publisher with a feed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlet {
    /// "Coast Daily"
    pub name: String,
    /// "coast-daily.example"
    pub host: String,
    /// The format of its feed.
    pub feed: FeedFormat,
}

/// The format of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedFormat {
    /// RSS 2.0
    Rss,
    /// Atom 1.0
    Atom,
    /// JSON Feed 1.1
    Json,
}

/// A page that goes up, or replaces the one of the same outlet and slug.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// The outlet's name.
    pub outlet: String,
    /// The last part of its address.
    pub slug: String,
    /// When it goes up.
    pub at: Timestamp,
    /// The headline.
    pub title: String,
    /// The paragraphs, with blank lines between them.
    pub text: String,
}

/// A page as it stands at some time.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// Its latest form.
    pub posting: &'a Posting,
    /// When its first form went up.
    pub published: Timestamp,
}

impl Scenario {
    /// The scenario that is built in.
    pub fn built_in() -> Self {
        toml::from_str(include_str!("scenario.toml")).expect("the scenario is part of the program and tested")
    }

    /// The outlet at a host.
    pub fn outlet_at(&self, host: &str) -> Option<&Outlet> {
        self.outlets.iter().find(|outlet| outlet.host == host)
    }

    /// What an outlet has up at a time, newest first.
    pub fn standing(&self, outlet: &str, now: Timestamp) -> Vec<Standing<'_>> {
        let mut standing: Vec<Standing<'_>> = Vec::new();
        for posting in self.pages.iter().filter(|p| p.outlet == outlet && p.at <= now) {
            match standing.iter_mut().find(|s| s.posting.slug == posting.slug) {
                Some(earlier) => earlier.posting = posting,
                None => standing.push(Standing { posting, published: posting.at }),
            }
        }
        standing.reverse();
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_is_whole() {
        let scenario = Scenario::built_in();
        assert!(scenario.outlets.len() >= 3 && scenario.pages.len() >= 15);
        for page in &scenario.pages {
            assert!(scenario.outlets.iter().any(|o| o.name == page.outlet), "{} has no outlet", page.slug);
            assert!(page.at < scenario.ends, "{} goes up after the end", page.slug);
        }
    }

    #[test]
    fn a_page_is_replaced_in_place() {
        let scenario = Scenario::built_in();
        let at = |time: &str| {
            let now = time.parse().expect("a date");
            let standing = scenario.standing("Levant Monitor", now);
            let page = standing.iter().find(|s| s.posting.slug == "coast-day-six").expect("the page is up");
            (page.posting.title.clone(), page.published.to_string())
        };
        let (before, first) = at("2025-03-11T12:00:00Z");
        let (after, still) = at("2025-03-12T12:00:00Z");
        assert!(before.contains("1,225") && after.contains("1,383"));
        assert_eq!(first, still);
    }
}
