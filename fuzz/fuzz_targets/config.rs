//! Checks any text at all as a config. Whatever it is, checking ends without a panic and within a second; problems can be
//! printed and name their place, and no two feeds of what is fine share a name.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::{Corpus, fuzz_target};

use tollwatch::config;

/// What no text of a few kilobytes may take.
const LIMIT: Duration = Duration::from_secs(1);

fuzz_target!(|text: &str| -> Corpus {
    if text.len() > 64 * 1024 {
        return Corpus::Reject;
    }
    let start = Instant::now();
    let checked = config::parse("fuzzed.toml", text);
    assert!(start.elapsed() < LIMIT, "{:?} for {} bytes", start.elapsed(), text.len());
    let config = match checked {
        Ok(config) => config,
        Err(problems) => {
            assert!(problems.to_string().contains("fuzzed.toml"), "a problem without its place");
            return Corpus::Keep;
        }
    };
    assert!(!config.summary().is_empty() && !format!("{config:?}").is_empty());
    let names: Vec<&str> = config.feeds.iter().map(|feed| feed.name.as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len(), "two feeds with one name");
    Corpus::Keep
});
