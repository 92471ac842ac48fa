//! What the headers of an answer say about the next request.

use std::time::Duration;

use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, RETRY_AFTER,
};

use crate::model::Validators;

/// A server that wants to be left alone, or calls its answer fresh, for longer than this is asked again all the same:
/// such values are mostly mistakes, and a feed must not fall silent over one.
pub(super) const LONGEST_REST: Duration = Duration::from_secs(24 * 60 * 60);

/// As many as hyper takes from a server.
const MOST_HEADERS: usize = 100;

/// Longer validators are not worth keeping; real ones have less than a hundred bytes.
const MAX_VALIDATOR: usize = 1024;

/// What the headers of an answer say about the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What to ask with.
    pub validators: Validators,
    /// For how long the server asks to be left alone; at most a day.
    pub retry_after: Option<Duration>,
    /// For how long the answer stays fresh; at most a day.
    pub fresh_for: Option<Duration>,
}

/// What headers of these names and values say; what is no header is passed over. A fetch reads them by the same rules;
/// this is for whoever has headers and no server, such as a fuzzer.
pub fn said<'a>(headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>, now: Timestamp) -> Said {
    let mut map = HeaderMap::new();
    for (name, value) in headers.into_iter().take(MOST_HEADERS) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    Said { validators: validators(&map), retry_after: retry_after(&map, now), fresh_for: fresh_for(&map, now) }
}

/// The validators, exactly as sent.
pub(super) fn validators(headers: &HeaderMap) -> Validators {
    let opaque = |name| text(headers, name).filter(|v| !v.is_empty() && v.len() <= MAX_VALIDATOR).map(str::to_owned);
    Validators { etag: opaque(ETAG), last_modified: opaque(LAST_MODIFIED) }
}

/// What to keep after a 304: the fields that it brings replace those sent, the others stay (RFC 9111, section 3.2).
pub(super) fn refreshed(sent: &Validators, headers: &HeaderMap) -> Validators {
    let new = validators(headers);
    Validators {
        etag: new.etag.or_else(|| sent.etag.clone()),
        last_modified: new.last_modified.or_else(|| sent.last_modified.clone()),
    }
}

/// For how long the server asks to be left alone: seconds or a date (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?.trim();
    seconds(value).or_else(|| from_to(base(headers, now), http_date(value)?)).and_then(sensible)
}

/// For how long the answer stays fresh (RFC 9111, section 4.2.1): max-age less the age already reached, else Expires.
pub(super) fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let directives: Vec<&str> = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    if directives.iter().any(|d| d.eq_ignore_ascii_case("no-cache") || d.eq_ignore_ascii_case("no-store")) {
        return None;
    }
    let max_age = directives.iter().find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| value.trim().trim_matches('"'))
    });
    match max_age {
        // A max-age, even a senseless one, overrides Expires.
        Some(max_age) => {
            let age = text(headers, AGE).and_then(|age| seconds(age.trim())).unwrap_or_default();
            sensible(seconds(max_age)?.saturating_sub(age))
        }
        None => sensible(from_to(base(headers, now), http_date(text(headers, EXPIRES)?.trim())?)?),
    }
}

/// A guard before the site that lets browsers through and nothing else: Cloudflare's and Amazon's way of saying so.
pub(super) fn is_challenge(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    };
    says("cf-mitigated", "challenge") || says("x-amzn-waf-action", "challenge") || says("x-amzn-waf-action", "captcha")
}

/// One header as text. A validator may hold bytes beyond ASCII; as long as they are UTF-8 they go back unchanged.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

/// A whole number of seconds; digits alone, as the grammar wants, and saturating, as RFC 9111 section 1.2.2 advises.
fn seconds(value: &str) -> Option<Duration> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)))
}

/// What the server's dates count from: its own idea of the time (RFC 9111, section 4.2.1), so that a clock that is wrong
/// on either side does no harm.
fn base(headers: &HeaderMap, now: Timestamp) -> Timestamp {
    text(headers, DATE).and_then(|date| http_date(date.trim())).unwrap_or(now)
}

/// From one moment to a later one; nothing when it is not later.
fn from_to(from: Timestamp, to: Timestamp) -> Option<Duration> {
    Duration::try_from(to.duration_since(from)).ok()
}

/// Zero asks for nothing, and more than the longest rest is cut to it.
fn sensible(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then(|| duration.min(LONGEST_REST))
}

/// The three forms of a date that RFC 9110, section 5.6.7, wants understood.
fn http_date(value: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = rfc2822::DateTimeParser::new().parse_timestamp(value) {
        return Some(timestamp);
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].iter().find_map(|format| {
        let datetime = strtime::parse(format, value).ok()?.to_datetime().ok()?;
        let zoned: Zoned = datetime.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-11-20T10:15:00Z";

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        lines.iter().map(line).collect()
    }

    fn rest(value: &str) -> Option<u64> {
        retry_after(&headers(&[("retry-after", value)]), NOW.parse().unwrap()).map(|d| d.as_secs())
    }

    fn fresh(lines: &[(&str, &str)]) -> Option<u64> {
        fresh_for(&headers(lines), NOW.parse().unwrap()).map(|d| d.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(rest("120"), Some(120));
        assert_eq!(rest("Fri, 20 Nov 2026 10:17:00 GMT"), Some(120));
        assert_eq!(rest("Friday, 20-Nov-26 10:17:00 GMT"), Some(120));
        assert_eq!(rest("Fri Nov 20 10:17:00 2026"), Some(120));
    }

    #[test]
    fn retry_after_is_capped_and_nonsense_ignored() {
        assert_eq!(rest("99999999"), Some(86_400));
        assert_eq!(rest("99999999999999999999999999"), Some(86_400));
        assert_eq!(rest("Fri, 20 Nov 2099 10:17:00 GMT"), Some(86_400));
        for nonsense in ["", "0", "-5", "1.5", "soon", "+60", "Fri, 20 Nov 2026 10:14:59 GMT", "Fri, 99 Nov 2026"] {
            assert_eq!(rest(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn freshness_is_max_age_less_age_else_expires() {
        assert_eq!(fresh(&[("cache-control", "public, max-age=600")]), Some(600));
        assert_eq!(fresh(&[("cache-control", "public, Max-Age=\"600\""), ("age", "100")]), Some(500));
        assert_eq!(fresh(&[("cache-control", "max-age=600"), ("age", "900")]), None, "already stale");
        assert_eq!(fresh(&[("expires", "Fri, 20 Nov 2026 10:25:00 GMT")]), Some(600));
        let both = [("cache-control", "max-age=60"), ("expires", "Fri, 20 Nov 2026 10:25:00 GMT")];
        assert_eq!(fresh(&both), Some(60), "max-age wins");
        assert_eq!(fresh(&[("cache-control", "max-age=31536000")]), Some(86_400));
        assert_eq!(fresh(&[("cache-control", "no-cache, max-age=600")]), None);
        for nonsense in ["max-age", "max-age=", "max-age=-1", "max-age=0", "max-age=ten", "s-maxage=600"] {
            assert_eq!(fresh(&[("cache-control", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(fresh(&[("expires", "0")]), None);
    }

    #[test]
    fn dates_count_from_the_server_s_own_time() {
        let wrong_clock = ("date", "Sat, 01 Jan 2000 00:00:00 GMT");
        assert_eq!(fresh(&[wrong_clock, ("expires", "Sat, 01 Jan 2000 00:10:00 GMT")]), Some(600));
        let headers = headers(&[wrong_clock, ("retry-after", "Sat, 01 Jan 2000 00:10:00 GMT")]);
        assert_eq!(retry_after(&headers, NOW.parse().unwrap()), Some(Duration::from_secs(600)));
    }

    #[test]
    fn validators_stay_as_they_came() {
        let headers = headers(&[("etag", "W/\"5f-é\""), ("last-modified", "some time in 2041")]);
        let kept = validators(&headers);
        assert_eq!(kept.etag.as_deref(), Some("W/\"5f-é\""));
        assert_eq!(kept.last_modified.as_deref(), Some("some time in 2041"));
    }

    #[test]
    fn a_304_refreshes_what_it_brings() {
        let sent = Validators { etag: Some("\"1\"".to_owned()), last_modified: Some("Monday".to_owned()) };
        let kept = refreshed(&sent, &headers(&[("etag", "\"2\"")]));
        assert_eq!(kept.etag.as_deref(), Some("\"2\""));
        assert_eq!(kept.last_modified.as_deref(), Some("Monday"));
    }

    #[test]
    fn a_challenge_is_recognised() {
        assert!(is_challenge(&headers(&[("cf-mitigated", "challenge")])));
        assert!(!is_challenge(&headers(&[("server", "cloudflare")])));
    }

    proptest! {
        #[test]
        fn no_header_silences_a_feed_for_longer_than_a_day(bytes: Vec<u8>, digits in "[0-9]{1,30}", year in 1900..9999_u32) {
            let date = format!("Fri, 20 Nov {year} 10:17:00 GMT");
            for value in [&bytes[..], digits.as_bytes(), date.as_bytes(), format!("max-age={digits}").as_bytes()] {
                let Ok(value) = HeaderValue::from_bytes(value) else { continue };
                let names = [RETRY_AFTER, CACHE_CONTROL, EXPIRES, AGE, DATE];
                let headers: HeaderMap = names.map(|name| (name, value.clone())).into_iter().collect();
                let now = NOW.parse().unwrap();
                for told in [retry_after(&headers, now), fresh_for(&headers, now)].into_iter().flatten() {
                    prop_assert!(told > Duration::ZERO && told <= LONGEST_REST);
                }
            }
        }
    }
}
