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
