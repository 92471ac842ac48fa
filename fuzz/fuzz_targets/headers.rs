//! Reads any bytes at all as the headers of an answer, a line each. Whatever they are, reading ends without a panic, and no
//! server can make a feed rest, or an answer be fresh, for longer than a day.
#![no_main]

use std::time::Duration;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

use tollwatch::http;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    });
    let now: Timestamp = "2026-11-20T10:15:00Z".parse().expect("a valid time");
    let said = http::said(lines, now);
    assert!(said.retry_after.is_none_or(|wait| wait <= DAY), "{said:?}");
    assert!(said.fresh_for.is_none_or(|fresh| fresh <= DAY), "{said:?}");
    let validators = [said.validators.etag, said.validators.last_modified];
    assert!(validators.iter().flatten().all(|value| !value.is_empty() && value.len() <= 1024));
});
