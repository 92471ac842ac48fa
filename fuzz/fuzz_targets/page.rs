//! Reads any bytes at all as a page, under any content type. Whatever they are, reading ends without a panic and in time,
//! twice with the same result, and the text that comes of it holds nothing that a reader cannot see.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::{Corpus, fuzz_target};

use tollwatch::model::{Page, Validators};
use tollwatch::scrape;

/// Longer pages are left alone: the benchmark has those of 5 MB.
const LONGEST: usize = 64 * 1024;
/// What no page of this size may take, with checks of arithmetic and beside other programs.
const LIMIT: Duration = Duration::from_millis(1_500);
const CONTENT_TYPES: &[Option<&str>] = &[
    None,
    Some("text/html"),
    Some("text/html; charset=utf-8"),
    Some("text/html; charset=windows-1256"),
    Some("text/html; charset=koi8-r"),
    Some("text/html; charset=\"shift_jis\""),
    Some("application/xhtml+xml; charset=iso-8859-1"),
    Some("text/plain; charset=utf-16le"),
];

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((first, body)) = bytes.split_first() else { return Corpus::Reject };
    if body.len() > LONGEST {
        return Corpus::Reject;
    }
    let page = Page {
        url: "https://www.coastdaily.example/2026/11/16/mill".parse().expect("a valid address"),
        fetched: "2026-11-20T10:15:00Z".parse().expect("a valid time"),
        content_type: CONTENT_TYPES[usize::from(*first) % CONTENT_TYPES.len()].map(str::to_owned),
        body: body.to_vec(),
        validators: Validators::default(),
    };
    let start = Instant::now();
    let read = scrape::article(&page, None);
    let took = start.elapsed();
    assert!(took < LIMIT, "{took:?} for {} bytes", body.len());
    let Ok(article) = read else { return Corpus::Keep };
    let text = article.text.as_str();
    let unseen = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
    assert!(!text.contains(unseen), "what cannot be seen is in {text:?}");
    assert!(!article.text.body().is_empty() && !article.outlet.contains(unseen));
    assert!(article.text.entries().iter().all(|entry| text.is_char_boundary(entry.start)));
    assert!(article.published.is_none_or(|at| at <= page.fetched + std::time::Duration::from_secs(26 * 3_600)));
    assert!(scrape::to_json("fuzz.html", &article).is_object());
    Corpus::Keep
});
