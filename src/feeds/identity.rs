//! By what an item is known again: keys that survive a changed guid, scheme, host, tracking parameter or title.
//!
//! Each item gets every key that it alone has in its document; a guid or a link that two items of one document share
//! tells neither of them from the other.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::model::Identity;

/// An item that has no identity yet.
pub(super) struct Candidate {
    pub(super) guid: Option<String>,
    pub(super) link: Option<Url>,
    pub(super) title: String,
    pub(super) published: Option<Timestamp>,
    pub(super) updated: Option<Timestamp>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
}

/// Below this many characters two different items may well have the same words: "Morning briefing".
const TELLING_WORDS: usize = 80;

/// Below this many characters two different items of a site may well have the same path: `/news`.
const TELLING_PATH: usize = 8;

/// Patterns for `name=value`: those that must fit whole, and those that a parameter need only begin with.
struct Tracking {
    whole: HashSet<&'static str>,
    starts: Vec<&'static str>,
}

static TRACKING: LazyLock<Tracking> = LazyLock::new(|| {
    let rows = include_str!("data/tracking.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let (starts, whole): (Vec<_>, Vec<_>) = rows.partition(|row| row.ends_with('*'));
    let starts = starts.into_iter().map(|row| row.trim_end_matches('*')).collect();
    Tracking { whole: whole.into_iter().collect(), starts }
});

/// The identities of all items of one document of the feed called `feed`.
pub(super) fn of_all(feed: &str, items: &[Candidate]) -> Vec<Identity> {
    let one_site = hosts(items).len() <= 1;
    let keys: Vec<Vec<String>> = items.iter().map(|item| keys(feed, item, one_site)).collect();
    let mut owners: HashMap<&str, Owner<'_>> = HashMap::new();
    for (item, keys) in items.iter().zip(&keys) {
        for key in keys {
            let one = Owner::One(item);
            owners.entry(key).and_modify(|owner| *owner = owner.joined_by(item)).or_insert(one);
        }
    }
    let identities = items.iter().zip(&keys).map(|(item, keys)| {
        let own = |key: &&String| matches!(owners.get(key.as_str()), Some(Owner::One(_)));
        let mut own = keys.iter().filter(own).cloned();
        match own.next() {
            Some(strongest) => Identity::new(strongest, own),
            None => Identity::new(format!("item:{feed}:{}", whole_fingerprint(item)), []),
        }
    });
    identities.collect()
}

/// Who has a key in a document.
#[derive(Clone, Copy)]
enum Owner<'a> {
    One(&'a Candidate),
    Several,
}

impl<'a> Owner<'a> {
    /// A verbatim repetition of an item is the same item.
    fn joined_by(self, item: &'a Candidate) -> Self {
        let same = |one: &Candidate| (&one.guid, &one.link, &one.title) == (&item.guid, &item.link, &item.title);
        match self {
            Owner::One(one) if same(one) => self,
            _ => Owner::Several,
        }
    }
}

/// The keys that an item could have, strongest first.
fn keys(feed: &str, item: &Candidate, one_site: bool) -> Vec<String> {
    let mut keys = Vec::new();
    let guid = item.guid.as_deref();
    let guid_address = guid.and_then(|guid| Url::parse(guid).ok()).filter(Url::has_host);
    if let Some(guid) = guid {
        keys.push(format!("guid:{feed}:{}", shortened(guid)));
    }
    if let Some(link) = item.link.as_ref().map(canonical).filter(|link| link.leads_to_an_article()) {
        keys.push(format!("link:{}", shortened(&format!("{}{}", link.host, link.path))));
    }
    for address in [guid_address.as_ref(), item.link.as_ref()].into_iter().flatten().map(canonical) {
        if one_site && address.leads_to_an_article() && address.path.chars().count() >= TELLING_PATH {
            keys.push(format!("path:{feed}:{}", shortened(&address.path)));
        }
    }
    if let Some(fingerprint) = words_fingerprint(item) {
        keys.push(format!("text:{feed}:{fingerprint}"));
    }
    keys
}

/// An address without what may change while the page stays the same.
struct Canonical {
    host: String,
    /// Path, query and fragment.
    path: String,
}

impl Canonical {
    /// A front page is no article: feeds without pages of their own link it from every item.
    fn leads_to_an_article(&self) -> bool {
        !self.path.is_empty()
    }
}

fn canonical(url: &Url) -> Canonical {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    let mut path = url.path().trim_end_matches('/').to_owned();
    let mut pairs: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, value)| !is_tracking(name, value)).collect();
    pairs.sort();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{mark}{name}={value}");
    }
    // A fragment with `=` is a tracker's or marks words of the text; another one may be an entry of a live blog.
    if let Some(fragment) = url.fragment().filter(|fragment| !fragment.is_empty() && !fragment.contains('=')) {
        let _ = write!(path, "#{fragment}");
    }
    Canonical { host, path }
}

fn is_tracking(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let pair = format!("{name}={}", value.to_ascii_lowercase());
    TRACKING.whole.contains(name.as_str())
        || TRACKING.whole.contains(pair.as_str())
        || TRACKING.starts.iter().any(|start| pair.starts_with(start))
}

fn hosts(items: &[Candidate]) -> HashSet<String> {
    items.iter().filter_map(|item| item.link.as_ref()).map(|link| canonical(link).host).collect()
}

/// The item's words as a key: alone where they are many, with the date where they are few, not at all where there are none.
fn words_fingerprint(item: &Candidate) -> Option<String> {
    let words = words_of(item);
    if words.is_empty() {
        return None;
    }
    let nameless = item.guid.is_none() && item.link.is_none();
    if words.chars().count() >= TELLING_WORDS || nameless {
        return Some(fingerprint(&[&words]));
    }
    item.published.map(|published| fingerprint(&[&words, &published.to_string()]))
}

fn whole_fingerprint(item: &Candidate) -> String {
    let published = item.published.or(item.updated).map(|moment| moment.to_string()).unwrap_or_default();
    let link = item.link.as_ref().map(Url::as_str).unwrap_or_default();
    fingerprint(&[item.guid.as_deref().unwrap_or_default(), link, &published, &words_of(item)])
}

fn words_of(item: &Candidate) -> String {
    let text = item.content.as_deref().or(item.summary.as_deref()).unwrap_or_default();
    let words = item.title.split_whitespace().chain(text.split_whitespace());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Long keys are kept as their hash, so that no feed can fill the database with names.
fn shortened(key: &str) -> String {
    if key.len() <= 300 { key.to_owned() } else { fingerprint(&[key]) }
}

/// SHA-256 in hex, to 128 bits; the parts are kept apart.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(guid: &str, link: &str, title: &str) -> Candidate {
        Candidate {
            guid: Some(guid.to_owned()).filter(|guid| !guid.is_empty()),
            link: Url::parse(link).ok(),
            title: title.to_owned(),
            published: "2026-11-20T10:15:00Z".parse().ok(),
            updated: None,
            summary: None,
            content: None,
        }
    }

    fn of(item: Candidate) -> Identity {
        of_all("wire", &[item]).remove(0)
    }

    fn are_one(before: &Identity, after: &Identity) -> bool {
        before.keys().iter().any(|key| after.keys().contains(key))
    }

    #[test]
    fn an_item_stays_itself_when_one_thing_about_it_changes() {
        let before = of(item("q-1", "http://www.wire.example/world/harun-quake", "Toll rises to 52"));
        let after = [
            ("a new guid", item("q-1b", "http://www.wire.example/world/harun-quake", "Toll rises to 52")),
            ("https", item("q-1", "https://www.wire.example/world/harun-quake", "Toll rises to 52")),
            ("no www", item("", "http://wire.example/world/harun-quake/", "Toll rises to 53")),
            (
                "tracking",
                item(
                    "",
                    "http://www.wire.example/world/harun-quake?utm_source=rss&at_medium=RSS#xtor=RSS-1",
                    "Toll rises",
                ),
            ),
            ("a new host", item("", "https://news.example/world/harun-quake", "Toll rises to 53")),
            ("a new title", item("q-1", "http://www.wire.example/world/harun-quake", "Toll in Harun rises to 53")),
            ("a volatile link", item("q-1", "http://www.wire.example/s/83712", "Toll rises to 52")),
            ("nothing but its words", item("", "http://www.wire.example/s/83712", "Toll rises to 52")),
        ];
        for (change, after) in after {
            assert!(are_one(&before, &of(after)), "{change}");
        }
    }

    #[test]
    fn a_guid_that_is_an_address_survives_a_change_of_scheme_and_host() {
        let before = of(item("http://wire.example/node/48151", "", "Toll rises"));
        assert!(are_one(&before, &of(item("https://www.news.example/node/48151", "", "Toll rises to 53"))));
    }

    #[test]
    fn other_items_are_other_items() {
        let one = of(item("q-1", "https://wire.example/article?id=7", "Morning briefing"));
        let mut next_day = item("q-2", "https://wire.example/article?id=8", "Morning briefing");
        next_day.published = "2026-11-21T10:15:00Z".parse().ok();
        assert!(!are_one(&one, &of(next_day)));
        let mut shop = item("q-3", "https://wire.example/", "Evening briefing");
        shop.published = None;
        let mut shop_again = item("q-4", "https://wire.example/", "Night briefing");
        shop_again.published = None;
        assert!(!are_one(&of(shop), &of(shop_again)), "a link to the front page is no identity");
    }

    #[test]
    fn the_same_guid_means_nothing_in_another_feed() {
        let one = of_all("wire", &[item("1", "", "Toll rises")]).remove(0);
        let other = of_all("post", &[item("1", "", "Flood recedes")]).remove(0);
        assert!(!are_one(&one, &other));
    }

    #[test]
    fn a_guid_used_twice_leaves_two_items() {
        let both = of_all(
            "wire",
            &[
                item("1", "https://wire.example/world/quake", "Quake"),
                item("1", "https://wire.example/world/flood", "Flood"),
            ],
        );
        assert!(!are_one(&both[0], &both[1]));
        let live = of_all(
            "wire",
            &[
                item("live", "https://wire.example/live/harun", "10:15 Toll rises"),
                item("live", "https://wire.example/live/harun", "10:05 Army arrives"),
            ],
        );
        assert!(!are_one(&live[0], &live[1]));
    }

    #[test]
    fn an_item_repeated_word_for_word_is_one_item() {
        let quake = || item("1", "https://wire.example/world/quake", "Quake");
        let both = of_all("wire", &[quake(), quake()]);
        assert_eq!(both[0], both[1]);
    }

    #[test]
    fn an_item_with_neither_guid_nor_link_is_known_by_its_words() {
        let mut later = item("", "", "Toll  rises to 52");
        later.published = "2026-11-20T11:00:00Z".parse().ok();
        assert!(are_one(&of(item("", "", "Toll rises to 52")), &of(later)), "whatever date the poll finds on it");
    }

    #[test]
    fn every_tracking_pattern_is_in_the_form_that_is_compared() {
        let rows = include_str!("data/tracking.txt").lines().filter(|line| !line.starts_with('#'));
        for row in rows {
            assert_eq!(row, row.trim().to_ascii_lowercase());
            assert!(row.trim_end_matches('*').len() >= 3 && !row.trim_end_matches('*').contains('*'), "{row}");
        }
        assert!(is_tracking("UTM_Source", "x") && is_tracking("ref", "rss_home") && !is_tracking("ref", "48151"));
    }

    proptest! {
        #[test]
        fn identities_depend_on_nothing_but_the_items(
            rows in proptest::collection::vec(("[ab1]{0,2}", "[ab/?=#]{0,6}", "[a-c ]{0,8}"), 1..8),
        ) {
            let items = || rows.iter().map(|(guid, path, title)| {
                item(guid, &if path.is_empty() { String::new() } else { format!("https://wire.example/{path}") }, title)
            }).collect::<Vec<_>>();
            let identities = of_all("wire", &items());
            prop_assert_eq!(&identities, &of_all("wire", &items()));
            // Two items share a key only where one repeats the other.
            for (at, one) in identities.iter().enumerate() {
                for (other_at, other) in identities.iter().enumerate().skip(at + 1) {
                    let (a, b) = (&items()[at], &items()[other_at]);
                    let same = (&a.guid, &a.link, &a.title) == (&b.guid, &b.link, &b.title);
                    prop_assert!(same || words_of(a) == words_of(b) || !are_one(one, other));
                }
            }
        }
    }
}
