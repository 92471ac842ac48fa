//! When to try again: plain arithmetic over times.

use jiff::{SignedDuration, Timestamp};

/// How polls are spread and spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// By how much, at most, an interval is made longer or shorter, in percent.
    pub jitter: u8,
    /// The longest wait before a feed is asked again, whatever its server asks for and however often it failed.
    pub longest_wait: SignedDuration,
}

impl Default for Spacing {
    fn default() -> Self {
        Self { jitter: 10, longest_wait: SignedDuration::from_hours(24) }
    }
}

/// A message that could not be sent for so long is set aside (RFC 5321, section 4.5.4.1: give up after 4 to 5 days).
pub const GIVE_UP_ON_MAIL: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A page is not looked at again sooner than this after it was read.
const SHORTEST_LOOK: SignedDuration = SignedDuration::from_mins(2);

/// How often the page of an article is asked for before the feed's own words must do.
pub const PAGE_ATTEMPTS: u32 = 5;

/// When a feed that has answered is asked again: after its interval or, where the server says that its answer stays
/// fresh for longer, after that; give or take the jitter, so that feeds started together drift apart.
pub fn after_success(
    feed: &str,
    now: Timestamp,
    interval: SignedDuration,
    fresh_for: Option<SignedDuration>,
    spacing: Spacing,
) -> Timestamp {
    let asked = fresh_for.unwrap_or(SignedDuration::ZERO).min(spacing.longest_wait);
    let wait = interval.max(asked);
    now + (wait + jitter(feed, now, wait, spacing.jitter)).max(asked)
}

/// When a feed that has failed is asked again: its interval doubled for each failure in a row, to the longest wait at most, and
/// never before the time that the server has asked for.
pub fn after_failure(
    feed: &str,
    now: Timestamp,
    interval: SignedDuration,
    failures: u32,
    wait_asked: Option<SignedDuration>,
    spacing: Spacing,
) -> Timestamp {
    let longest = spacing.longest_wait.max(interval);
    let doubled = interval.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest);
    let asked = wait_asked.unwrap_or(SignedDuration::ZERO).min(spacing.longest_wait);
    let wait = doubled.max(asked);
    now + (wait + jitter(feed, now, wait, spacing.jitter)).max(asked)
}

/// When a page that could not be fetched is asked for again: after 5, 10, 20, 40 minutes; `None` when it has been
/// asked for often enough.
pub fn page_retry(now: Timestamp, attempts: u32) -> Option<Timestamp> {
    (attempts < PAGE_ATTEMPTS).then(|| now + SignedDuration::from_mins(5) * (1 << attempts.saturating_sub(1).min(10)))
}

/// When an article is looked at again: at the first of the times after its publication that is still to come. What was
/// missed while the program did not run is made up for by that one look. `None` when all of them are over.
pub fn next_look(published: Timestamp, now: Timestamp, after: &[SignedDuration]) -> Option<Timestamp> {
    let mut times: Vec<Timestamp> = after.iter().filter_map(|wait| published.checked_add(*wait).ok()).collect();
    times.sort_unstable();
    times.into_iter().find(|at| *at > now + SHORTEST_LOOK)
}

/// When a message that was put off is tried again: after 5 minutes (greylisting asks for that much), 10, 20 … to
/// 4 hours at most.
pub fn mail_retry(now: Timestamp, attempts: u32) -> Timestamp {
    let wait = SignedDuration::from_mins(5).saturating_mul(1 << attempts.saturating_sub(1).min(10));
    now + wait.min(SignedDuration::from_hours(4))
}

/// Between minus and plus so many percent of the wait, decided by the feed's name and the time: the same in every run over the
/// same times.
fn jitter(feed: &str, now: Timestamp, wait: SignedDuration, percent: u8) -> SignedDuration {
    // FNV-1a, then a final mix: spread is all that is asked of it.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in feed.bytes().chain(now.as_millisecond().to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    let most = wait.as_millis() * i128::from(percent) / 100;
    let spread = u128::try_from(2 * most + 1).unwrap_or(1);
    let offset = i128::try_from(u128::from(hash) % spread).unwrap_or(0) - most;
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
            let wait = after_failure("a", at(0), interval, failures, None, Spacing::default()).duration_since(at(0));
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

    #[test]
    fn an_article_is_looked_at_ever_more_rarely() {
        let after = [30, 120, 480, 1_440].map(SignedDuration::from_mins);
        let looks = |read: i64| {
            let next = |now: &Timestamp| next_look(at(0), *now, &after);
            let times = std::iter::successors(next_look(at(0), at(60 * read), &after), next);
            times.map(|look| look.duration_since(at(0)).as_mins()).collect::<Vec<_>>()
        };
        assert_eq!(looks(2), [30, 120, 480, 1_440]);
        assert_eq!(looks(29), [120, 480, 1_440], "just read");
        assert_eq!(looks(600), [1_440], "what was missed is not made up for one by one");
        assert_eq!(looks(2_000), [0; 0]);
        assert_eq!(next_look(at(0), at(0), &[]), None);
    }

    proptest! {
        #[test]
        fn looks_are_planned_in_the_future_and_end(
            published in 0i64..4_000_000_000, late in 0i64..2_000_000, after in prop::collection::vec(1i64..1_000_000, 0..8),
        ) {
            let after: Vec<_> = after.into_iter().map(SignedDuration::from_secs).collect();
            let (mut now, mut looks) = (at(published + late), 0);
            while let Some(next) = next_look(at(published), now, &after) {
                prop_assert!(next > now);
                prop_assert!(after.contains(&next.duration_since(at(published))));
                (now, looks) = (next, looks + 1);
            }
            prop_assert!(looks <= after.len());
        }

        #[test]
        fn nobody_is_asked_before_the_time_that_was_asked_for(
            name in "[a-z]{1,12}", now in 0i64..4_000_000_000, asked in 0i64..200_000, failures in 1u32..40, interval in 1i64..86_400,
        ) {
            let interval = SignedDuration::from_secs(interval);
            let asked = SignedDuration::from_secs(asked);
            let spacing = Spacing { jitter: 50, ..Spacing::default() };
            let then = after_failure(&name, at(now), interval, failures, Some(asked), spacing);
            prop_assert!(then.duration_since(at(now)) >= asked.min(spacing.longest_wait));
            let then = after_success(&name, at(now), interval, Some(asked), spacing);
            prop_assert!(then.duration_since(at(now)) >= asked.min(spacing.longest_wait));
            prop_assert!(then > at(now));
        }
    }
}
