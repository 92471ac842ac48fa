//! Reads any bytes at all as a feed. Whatever they are, reading ends without a panic and within a second, twice with the
//! same result; what is read is bounded, and no document that holds items reads as an empty feed.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use libfuzzer_sys::{Corpus, fuzz_target};
use url::Url;

// The sources themselves, not the program: its other parts would only be more to look over after each input.
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../../../src/feeds/mod.rs"]
mod feeds;
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../../../src/model/mod.rs"]
mod model;

use feeds::Limits;
use model::{Page, Validators};

/// Longer documents are left alone: bounded work shows in short ones already.
const LONGEST: usize = 64 * 1024;
/// What no document may take.
const LIMIT: Duration = Duration::from_secs(1);
static ADDRESS: LazyLock<Url> = LazyLock::new(|| "https://wire.example/feed".parse().expect("a valid address"));
const LIMITS: Limits = Limits { bytes: 1 << 20, items: 200 };

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if bytes.len() > LONGEST {
        return Corpus::Reject;
    }
    let page = Page {
        url: ADDRESS.clone(),
        fetched: Timestamp::UNIX_EPOCH,
        content_type: None,
        body: bytes.to_vec(),
        validators: Validators::default(),
    };
    let start = Instant::now();
    // A panic of the parser's is caught, and is found by its words.
    let read = feeds::parse(&page, "wire", LIMITS);
    let mut took = start.elapsed();
    // A machine that is busy elsewhere makes anything slow; what is slow by itself is so each time.
    for _ in 0..5 {
        if took > LIMIT / 10 {
            let start = Instant::now();
            let _ = feeds::parse(&page, "wire", LIMITS);
            took = took.min(start.elapsed());
        }
    }
    assert!(took < LIMIT, "{took:?} for {} bytes", bytes.len());
    let _ = feeds::to_json(&read);
    let _ = feeds::read_opml(bytes);
    let feed = match read {
        Ok(feed) => feed,
        Err(error) => {
            assert!(!error.to_string().contains("broke off"), "{error}");
            return Corpus::Keep;
        }
    };
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
