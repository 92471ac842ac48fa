//! When to try again: plain arithmetic over times.

use jiff::tz::TimeZone;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use crate::model::Wishes;

/// How often a feed is polled while it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// After this time, whatever its pace.
    Fixed(SignedDuration),
    /// The oftener, the oftener it brings news.
    Paced {
        /// The interval as long as its pace is not known.
        usual: SignedDuration,
        /// No interval is shorter.
        shortest: SignedDuration,
        /// No interval is longer.
        longest: SignedDuration,
    },
}

/// How polls are spread and spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spacing {
    /// By how much, at most, an interval is made longer or shorter, in percent.
    pub jitter: u8,
    /// The longest wait before a feed is asked again, whatever its server asks for and however often it failed.
    pub longest_wait: SignedDuration,
    /// The least time between two requests to its host.
    pub host_pause: SignedDuration,
}

impl Default for Spacing {
    fn default() -> Self {
        Self { jitter: 10, longest_wait: SignedDuration::from_hours(24), host_pause: SignedDuration::from_secs(1) }
    }
}

/// How often a feed is asked between two of its items, on average. So an item is seen a sixteenth of the usual gap after it
/// has appeared: a feed of one item a day is asked every three hours, one of an item in forty minutes every five.
const ASKED_BETWEEN_ITEMS: i32 = 8;

/// A feed that has fallen silent is asked more rarely, by this part of its silence: after a night as before, after a week
/// each two and a half hours, after two months once a day.
const PART_OF_SILENCE: i32 = 64;

/// So many dates are needed to tell a pace from, and so many of the newest are looked at.
const DATES: std::ops::RangeInclusive<usize> = 3..=20;

/// A feed that refuses us (403) twice in a row is left alone for at least this long: some sites use the status as others
/// use 429 (reddit among them), and lengthen the ban of who comes again.
pub const REST_AFTER_REFUSALS: SignedDuration = SignedDuration::from_hours(4);

/// A feed that has not answered as a feed for so long is told of.
pub const FAILING_FOR_LONG: SignedDuration = SignedDuration::from_hours(24);

/// So many answers in a row, over so long, must name an address as the permanent one before it is taken for that: a
/// mistake of a server's setup seldom lasts for a week.
pub const ANSWERS_BEFORE_MOVING: u32 = 10;
/// See [`ANSWERS_BEFORE_MOVING`].
pub const TIME_BEFORE_MOVING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A message that could not be sent for so long is set aside (RFC 5321, section 4.5.4.1: give up after 4 to 5 days).
pub const GIVE_UP_ON_MAIL: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A page is not looked at again sooner than this after it was read.
const SHORTEST_LOOK: SignedDuration = SignedDuration::from_mins(2);

/// How often the page of an article is asked for before the feed's own words must do.
pub const PAGE_ATTEMPTS: u32 = 5;

/// The time between two polls of a feed that has brought its items at this pace and its last one so long ago.
pub fn interval(rhythm: Rhythm, pace: Option<SignedDuration>, silence: Option<SignedDuration>) -> SignedDuration {
    match (rhythm, pace) {
        (Rhythm::Fixed(interval), _) => interval,
        (Rhythm::Paced { usual, .. }, None) => usual,
        (Rhythm::Paced { shortest, longest, .. }, Some(pace)) => {
            let by_silence = silence.unwrap_or_default() / PART_OF_SILENCE;
            (pace / ASKED_BETWEEN_ITEMS).max(by_silence).clamp(shortest, longest.max(shortest))
        }
    }
}

/// The pace that the dates of a feed's items tell at its first poll: the mean gap up to now. Dates to come tell nothing.
pub fn pace_of(dates: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Option<SignedDuration> {
    let mut dates: Vec<Timestamp> = dates.into_iter().filter(|date| *date <= now).collect();
    dates.sort_unstable_by(|a, b| b.cmp(a));
    dates.truncate(*DATES.end());
    let oldest = dates.last().filter(|_| dates.len() >= *DATES.start())?;
    Some(now.duration_since(*oldest) / i32::try_from(dates.len()).unwrap_or(i32::MAX))
}

/// The pace after a poll that brought so many new items, the last ones before it so long ago. Dates are not asked any
/// more: what counts is what a poll finds. A fourth of the weight is the newest gap's.
pub fn pace_after(pace: Option<SignedDuration>, gap: SignedDuration, new: usize) -> SignedDuration {
    let gap = gap / i32::try_from(new.max(1)).unwrap_or(i32::MAX);
    pace.map_or(gap, |pace| (pace * 3 + gap) / 4)
}

/// How long a feed of this pace may be silent before people are told: some keep the weekend, few miss ten of their gaps.
pub fn quiet_after(pace: SignedDuration) -> SignedDuration {
    pace.saturating_mul(10).max(SignedDuration::from_hours(4 * 24))
}

/// The least time until the next poll: what the document and the answer's headers ask for. A period of change says how
/// often it is worth asking, and yields to an interval that the config sets for this feed.
pub fn least_wait(rhythm: Rhythm, wishes: &Wishes, fresh_for: Option<SignedDuration>) -> SignedDuration {
    let (period, floor) = match rhythm {
        Rhythm::Fixed(_) => (None, SignedDuration::ZERO),
        Rhythm::Paced { shortest, .. } => (wishes.period, shortest),
    };
    [wishes.ttl, period, fresh_for].into_iter().flatten().max().unwrap_or_default().max(floor)
}

/// The first moment from `then` on that lies in no hour and on no day in which the feed wants rest, but no later than the
/// longest wait after it; within the hour it depends on the feed, so that not all come at its stroke. A feed that never
/// wants to be polled has made a mistake.
pub fn outside_rest(feed: &str, then: Timestamp, wishes: &Wishes, spacing: Spacing) -> Timestamp {
    let rests = |at: Timestamp| {
        let at = at.to_zoned(TimeZone::UTC);
        let day = at.weekday().to_monday_zero_offset();
        wishes.skip_hours >> at.hour() & 1 == 1 || wishes.skip_days >> day & 1 == 1
    };
    if !rests(then) {
        return then;
    }
    let hour = SignedDuration::from_hours(1);
    let start = then.as_second() - then.as_second().rem_euclid(3_600);
    let Ok(start) = Timestamp::from_second(start) else { return then };
    let hours = (1..=8 * 24).map(|n| start + hour * n);
    let Some(free) = hours.into_iter().find(|at| !rests(*at)) else { return then };
    let into_the_hour = jitter(feed, free, SignedDuration::from_mins(5), 100) + SignedDuration::from_mins(5);
    (free + into_the_hour).min(then + spacing.longest_wait)
}

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
    whole_millis(now + (wait + jitter(feed, now, wait, spacing.jitter)).max(asked))
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
    whole_millis(now + (wait + jitter(feed, now, wait, spacing.jitter)).max(asked))
}

/// The next whole millisecond: the database keeps no parts of one, and none shall be missing from a wait.
fn whole_millis(at: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Ceil);
    at.round(up).unwrap_or(at)
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

/// While all mails wait, when one of them is tried again. A server that is away is asked after 1 minute, 2, 4 … 15 at most:
/// it is usually our own, and alerts should go as soon as it is back. One that refuses us as we are set up is asked after a
/// quarter of an hour, half of one, and then each hour: each time may count as an attack against the login.
pub fn mail_trial(now: Timestamp, is_setup_refused: bool, trials: u32) -> Timestamp {
    let doubled = 1 << trials.saturating_sub(1).min(10);
    let (first, longest) = if is_setup_refused { (15, 60) } else { (1, 15) };
    now + SignedDuration::from_mins(first).saturating_mul(doubled).min(SignedDuration::from_mins(longest))
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

    const PACED: Rhythm = Rhythm::Paced {
        usual: SignedDuration::from_mins(15),
        shortest: SignedDuration::from_mins(5),
        longest: SignedDuration::from_hours(24),
    };

    #[test]
    fn the_interval_follows_the_pace_and_the_silence() {
        let told = |pace: i64, silence: i64| {
            let hours = SignedDuration::from_hours;
            interval(PACED, Some(hours(pace)), Some(hours(silence))).as_mins()
        };
        assert_eq!(interval(PACED, None, None), SignedDuration::from_mins(15), "nothing is known yet");
        assert_eq!(told(0, 0), 5, "never oftener");
        assert_eq!([told(1, 1), told(24, 24), told(7 * 24, 0)], [7, 180, 21 * 60]);
        assert_eq!(told(1, 10), 9, "after a night");
        assert_eq!(told(1, 7 * 24), 157, "after a week");
        assert_eq!([told(1, 90 * 24), told(90 * 24, 0)], [24 * 60; 2], "never more rarely");
        let fixed = Rhythm::Fixed(SignedDuration::from_mins(10));
        assert_eq!(interval(fixed, Some(SignedDuration::from_hours(90)), None).as_mins(), 10);
    }

    #[test]
    fn the_pace_is_told_by_dates_first_and_by_what_polls_find_then() {
        let hours = |n: i64| at(n * 3_600);
        assert_eq!(pace_of([hours(1), hours(2), hours(3)], hours(4)), Some(SignedDuration::from_hours(1)));
        assert_eq!(pace_of([hours(1), hours(2), hours(300)], hours(4)), None, "a date to come tells nothing");
        let pace = pace_after(Some(SignedDuration::from_hours(1)), SignedDuration::from_hours(10), 2);
        assert_eq!(pace, SignedDuration::from_hours(2));
        assert_eq!(pace_after(None, SignedDuration::from_hours(10), 2), SignedDuration::from_hours(5));
    }

    #[test]
    fn hours_and_days_of_rest_are_kept_up_to_the_longest_wait() {
        let time = |text: &str| text.parse::<Timestamp>().expect("a date");
        let wishes = |skip_hours, skip_days| Wishes { skip_hours, skip_days, ..Wishes::default() };
        let told = |then: &str, wishes: Wishes| {
            outside_rest("a", time(then), &wishes, Spacing::default()).strftime("%a %H").to_string()
        };
        // 2025-03-08 is a Saturday.
        assert_eq!(told("2025-03-07T10:30:00Z", wishes(0b111, 0)), "Fri 10");
        assert_eq!(told("2025-03-07T01:30:00Z", wishes(0b111, 0)), "Fri 03");
        assert_eq!(told("2025-03-07T23:30:00Z", wishes(1 << 23 | 1, 0)), "Sat 01");
        assert_eq!(told("2025-03-09T12:30:00Z", wishes(0, 0b110_0000)), "Mon 00");
        assert_eq!(told("2025-03-08T12:30:00Z", wishes(0, 0b110_0000)), "Sun 12", "a day, and no longer");
        assert_eq!(told("2025-03-08T12:30:00Z", wishes(0x00ff_ffff, 0)), "Sat 12", "who never wants to be polled");
    }

    #[test]
    fn the_longest_of_what_is_asked_for_counts() {
        let mins = SignedDuration::from_mins;
        let wishes = Wishes { ttl: Some(mins(30)), period: Some(mins(60)), ..Wishes::default() };
        assert_eq!(least_wait(PACED, &wishes, Some(mins(45))), mins(60));
        let fixed = Rhythm::Fixed(mins(10));
        assert_eq!(least_wait(fixed, &wishes, Some(mins(45))), mins(45), "a period is no wish");
        assert_eq!(least_wait(fixed, &wishes, None), mins(30));
        assert_eq!(least_wait(PACED, &Wishes::default(), None), mins(5));
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
