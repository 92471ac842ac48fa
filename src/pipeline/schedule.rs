//! When to try again: plain arithmetic over times.

use jiff::{SignedDuration, Timestamp};

/// No feed and no mail waits longer than this before it is tried again.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// A message that could not be sent for so long is set aside (RFC 5321, section 4.5.4.1: give up after 4 to 5 days).
pub const GIVE_UP_ON_MAIL: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How often the page of an article is asked for before the feed's own words must do.
pub const PAGE_ATTEMPTS: u32 = 5;

/// When a feed that has answered is asked again: after its interval or, where the server says that its answer stays
/// fresh for longer, after that; give or take a tenth, so that feeds started together drift apart.
pub fn after_success(
    feed: &str,
    now: Timestamp,
    interval: SignedDuration,
    fresh_for: Option<SignedDuration>,
) -> Timestamp {
    let asked = fresh_for.unwrap_or(SignedDuration::ZERO).min(LONGEST_WAIT);
    let wait = interval.max(asked);
    now + (wait + jitter(feed, now, wait)).max(asked)
}

/// When a feed that has failed is asked again: its interval doubled for each failure in a row, to a day at most, and
/// never before the time that the server has asked for.
pub fn after_failure(
    feed: &str,
    now: Timestamp,
    interval: SignedDuration,
    failures: u32,
    wait_asked: Option<SignedDuration>,
) -> Timestamp {
    let doubled = interval.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_WAIT.max(interval));
    let asked = wait_asked.unwrap_or(SignedDuration::ZERO).min(LONGEST_WAIT);
    let wait = doubled.max(asked);
    now + (wait + jitter(feed, now, wait)).max(asked)
}

/// When a page that could not be fetched is asked for again: after 5, 10, 20, 40 minutes; `None` when it has been
/// asked for often enough.
pub fn page_retry(now: Timestamp, attempts: u32) -> Option<Timestamp> {
    (attempts < PAGE_ATTEMPTS).then(|| now + SignedDuration::from_mins(5) * (1 << attempts.saturating_sub(1).min(10)))
}

/// When a message that was put off is tried again: after 5 minutes (greylisting asks for that much), 10, 20 … to
/// 4 hours at most.
pub fn mail_retry(now: Timestamp, attempts: u32) -> Timestamp {
    let wait = SignedDuration::from_mins(5).saturating_mul(1 << attempts.saturating_sub(1).min(10));
    now + wait.min(SignedDuration::from_hours(4))
}

/// Between minus and plus a tenth of the wait, decided by the feed's name and the time: the same in every run over the
/// same times.
fn jitter(feed: &str, now: Timestamp, wait: SignedDuration) -> SignedDuration {
    // FNV-1a, then a final mix: spread is all that is asked of it.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in feed.bytes().chain(now.as_millisecond().to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    let tenth = wait.as_millis() / 10;
    let spread = u128::try_from(2 * tenth + 1).unwrap_or(1);
    let offset = i128::try_from(u128::from(hash) % spread).unwrap_or(0) - tenth;
    SignedDuration::from_millis(i64::try_from(offset).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("a time in range")
    }

    #[test]
    fn a_failing_feed_is_asked_ever_more_rarely_but_once_a_day() {
        let interval = SignedDuration::from_mins(15);
        let minutes = |failures| {
            let wait = after_failure("a", at(0), interval, failures, None).duration_since(at(0));
            wait.as_mins()
        };
        assert!((13..=16).contains(&minutes(1)));
        assert!((27..=33).contains(&minutes(2)));
        assert!((54..=66).contains(&minutes(3)));
        assert!((24 * 54..=24 * 66).contains(&minutes(40)));
    }

    #[test]
    fn a_page_is_given_up_after_five_attempts() {
        let minutes: Vec<_> =
            (1..=5).map(|n| page_retry(at(0), n).map(|then| then.duration_since(at(0)).as_mins())).collect();
        assert_eq!(minutes, [Some(5), Some(10), Some(20), Some(40), None]);
    }

    proptest! {
        #[test]
        fn nobody_is_asked_before_the_time_that_was_asked_for(
            name in "[a-z]{1,12}", now in 0i64..4_000_000_000, asked in 0i64..200_000, failures in 1u32..40, interval in 1i64..86_400,
        ) {
            let interval = SignedDuration::from_secs(interval);
            let asked = SignedDuration::from_secs(asked);
            let then = after_failure(&name, at(now), interval, failures, Some(asked));
            prop_assert!(then.duration_since(at(now)) >= asked.min(LONGEST_WAIT));
            let then = after_success(&name, at(now), interval, Some(asked));
            prop_assert!(then.duration_since(at(now)) >= asked.min(LONGEST_WAIT));
            prop_assert!(then > at(now));
        }
    }
}
