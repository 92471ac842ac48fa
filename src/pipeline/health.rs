//! What a poll makes of a feed's memory: when it is asked next, whether it is ill, well again, silent, moving or over.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{Watched, schedule};
use crate::model::{FeedState, Moving, Notice};

/// Why a poll brought no feed, by what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server asks to be left alone for so long: it rests, and has not failed.
    Rests(SignedDuration),
    /// It refuses us (403).
    Refuses,
    /// It says that the feed is gone for good (410).
    Gone,
    /// It was out of reach, and the fault may well be our own.
    PerhapsOurs,
    /// Anything else.
    Failed,
}

/// The memory of a feed that has answered, as a feed or with the word that nothing has changed, and brought so many new
/// items. `fresh_for` is what the answer's headers ask for, `moved_to` where its redirects led, all of them permanent.
pub(super) fn answered(
    feed: &Watched,
    state: FeedState,
    new: usize,
    fresh_for: Option<SignedDuration>,
    moved_to: Option<Url>,
    now: Timestamp,
) -> FeedState {
    let (moving, moved) = moved(&state, moved_to, now);
    let silence = if new > 0 { None } else { state.last_new.map(|last| now.duration_since(last)) };
    let pace = match state.last_new {
        // Where the clock was set back just now, the last ones came tomorrow, and tell no pace.
        Some(last) if new > 0 && last <= now => Some(schedule::pace_after(state.pace, now.duration_since(last), new)),
        _ => state.pace,
    };
    let interval = schedule::interval(feed.rhythm, pace, silence);
    let least = schedule::least_wait(feed.rhythm, &state.wishes, fresh_for);
    let next = schedule::after_success(&feed.name, now, interval, Some(least), feed.spacing);
    let next_check = schedule::outside_rest(&feed.name, next, &state.wishes, feed.spacing);

    let is_quiet = silence.zip(pace).is_some_and(|(silence, pace)| silence > schedule::quiet_after(pace));
    let has_just_moved = moved.is_some() && moved != state.moved || state.notice == Some(Notice::Moved);
    let condition = match state.told {
        _ if has_just_moved => Condition::Moved,
        Some(Notice::Failing) => Condition::Recovered,
        _ if is_quiet => Condition::Quiet,
        _ => Condition::Well,
    };
    let (told, notice) = condition.told_after(&state);
    FeedState {
        url: feed.url.clone(),
        moved,
        moving,
        next_check,
        last_poll: Some(now),
        last_success: Some(now),
        pace,
        failing_since: None,
        ended: None,
        told,
        notice,
        failures: 0,
        trouble: None,
        ..state
    }
}

/// The memory of a feed that has not answered as one.
pub(super) fn failed(feed: &Watched, state: FeedState, why: &str, fault: Fault, now: Timestamp) -> FeedState {
    // An address that was only taken over must prove itself; the config's word is the last.
    let has_moved_astray = state.moved.is_some() && (fault == Fault::Gone || state.failures >= 2);
    let fault = if has_moved_astray && fault == Fault::Gone { Fault::Failed } else { fault };
    let failures = match fault {
        Fault::Rests(_) => 0,
        Fault::PerhapsOurs => state.failures,
        Fault::Refuses | Fault::Gone | Fault::Failed => state.failures.saturating_add(1),
    };
    let silence = state.last_new.map(|last| now.duration_since(last));
    let interval = match (feed.rhythm, schedule::interval(feed.rhythm, state.pace, silence)) {
        (schedule::Rhythm::Fixed(_), interval) => interval,
        (schedule::Rhythm::Paced { usual, .. }, interval) => interval.min(usual),
    };
    let (failures_in_a_row, asked) = match fault {
        Fault::Rests(asked) => (0, Some(asked)),
        Fault::Refuses if failures > 1 => (failures, Some(schedule::REST_AFTER_REFUSALS)),
        Fault::PerhapsOurs => (0, None),
        Fault::Refuses | Fault::Gone | Fault::Failed => (failures, None),
    };
    let next_check = schedule::after_failure(&feed.name, now, interval, failures_in_a_row, asked, feed.spacing);

    let failing_since = state.failing_since.or(Some(now));
    let long = failing_since.is_some_and(|since| now.duration_since(since) >= schedule::FAILING_FOR_LONG);
    let condition = match fault {
        Fault::Gone => Condition::Gone,
        Fault::Rests(_) | Fault::Refuses | Fault::Failed if long => Condition::FailingForLong,
        Fault::Rests(_) | Fault::Refuses | Fault::Failed | Fault::PerhapsOurs => Condition::Unsure,
    };
    let (told, notice) = condition.told_after(&state);
    let state = FeedState {
        url: feed.url.clone(),
        next_check,
        last_poll: Some(now),
        failing_since,
        ended: (fault == Fault::Gone).then_some(now),
        told,
        notice,
        failures,
        trouble: Some(why.to_owned()),
        ..state
    };
    if has_moved_astray {
        let (validators, body_hash) = Default::default();
        return FeedState { moved: None, moving: None, validators, body_hash, ..state };
    }
    state
}

/// How a feed does, as people would put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// It answers, and brings what it is used to bring.
    Well,
    /// It answers, for the first time since people were told that it does not.
    Recovered,
    /// It answers, and has brought nothing for far longer than is its habit.
    Quiet,
    /// It answers, at another address from now on.
    Moved,
    /// It has not answered; but not for long yet, or the fault is perhaps our own.
    Unsure,
    /// It has not answered for long.
    FailingForLong,
    /// It is over.
    Gone,
}

impl Condition {
    /// What people have been told of the feed afterwards, and what they are still to be told. Of a condition they are told
    /// once, and of one that has passed before they were told not at all.
    fn told_after(self, before: &FeedState) -> (Option<Notice>, Option<Notice>) {
        let once = |notice| match before.told {
            Some(told) if told == notice => (before.told, before.notice),
            _ => (Some(notice), Some(notice)),
        };
        match self {
            Self::Well => (None, before.notice.filter(|notice| *notice == Notice::Recovered)),
            Self::Recovered => (None, Some(Notice::Recovered)),
            Self::Quiet => once(Notice::Quiet),
            Self::Moved => (None, Some(Notice::Moved)),
            Self::Unsure => (before.told, before.notice),
            Self::FailingForLong => once(Notice::Failing),
            Self::Gone => once(Notice::Gone),
        }
    }
}

/// Where the feed may be moving to, and where it has moved.
fn moved(state: &FeedState, moved_to: Option<Url>, now: Timestamp) -> (Option<Moving>, Option<Url>) {
    let Some(to) = moved_to else { return (None, state.moved.clone()) };
    let moving = match &state.moving {
        Some(known) if known.to == to => Moving { answers: known.answers.saturating_add(1), ..known.clone() },
        _ => Moving { to, since: now, answers: 1 },
    };
    let for_long = now.duration_since(moving.since) >= schedule::TIME_BEFORE_MOVING;
    if moving.answers >= schedule::ANSWERS_BEFORE_MOVING && for_long {
        return (None, Some(moving.to));
    }
    (Some(moving), state.moved.clone())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::http::Manner;
    use crate::pipeline::{Keep, Rhythm, Spacing};

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_741_500_000 + hour * 3_600).expect("a time in range")
    }

    /// A feed that is asked once an hour.
    pub fn feed() -> Watched {
        Watched {
            name: "wire".to_owned(),
            url: "https://wire.example/feed".parse().expect("an address"),
            rhythm: Rhythm::Fixed(SignedDuration::from_hours(1)),
            outlet: None,
            language: None,
            spacing: Spacing { jitter: 0, ..Spacing::default() },
            first_poll: 50,
            manner: Manner::default(),
            keep: Keep::default(),
            selectors: crate::scrape::Selectors::default(),
        }
    }

    fn fresh() -> FeedState {
        let feed = feed();
        FeedState::unpolled(&feed.name, feed.url, at(0))
    }

    /// The notices that are given while a feed is polled by these faults (`None`: it answers), an hour apart unless it
    /// is asked later; each with the hour.
    fn notices(mut state: FeedState, faults: impl IntoIterator<Item = Option<Fault>>) -> Vec<(i64, Notice)> {
        let mut given = Vec::new();
        for fault in faults {
            let now = state.next_check;
            state = match fault {
                None => answered(&feed(), state, 0, None, None, now),
                Some(fault) => failed(&feed(), state, "a fault", fault, now),
            };
            given.extend(state.notice.take().map(|notice| (now.duration_since(at(0)).as_hours(), notice)));
        }
        given
    }

    #[test]
    fn a_feed_that_fails_for_a_day_is_told_of_once_and_once_when_it_is_well() {
        let faults = [Some(Fault::Failed); 12].into_iter().chain([None; 3]);
        let told = notices(fresh(), faults);
        assert_eq!(told.iter().map(|(_, notice)| *notice).collect::<Vec<_>>(), [Notice::Failing, Notice::Recovered]);
        assert!((24..48).contains(&told[0].0), "{told:?}");
        let blip = [Some(Fault::Failed), None, Some(Fault::Failed), Some(Fault::Failed), None];
        assert_eq!(notices(fresh(), blip), [], "nobody is told of a blip");
    }

    #[test]
    fn a_server_that_asks_for_rest_again_and_again_is_told_of_too() {
        let told = notices(fresh(), [Some(Fault::Rests(SignedDuration::from_hours(6))); 6]);
        assert_eq!(told, [(24, Notice::Failing)]);
    }

    #[test]
    fn what_may_be_our_own_fault_is_not_told_of_the_feed() {
        assert_eq!(notices(fresh(), [Some(Fault::PerhapsOurs); 100]), []);
    }

    #[test]
    fn a_feed_that_is_gone_is_told_of_and_not_asked_again() {
        let state = failed(&feed(), fresh(), "410", Fault::Gone, at(0));
        assert_eq!((state.ended, state.notice), (Some(at(0)), Some(Notice::Gone)));
    }

    #[test]
    fn a_feed_that_is_silent_against_its_habit_is_told_of_once() {
        let hourly = FeedState { pace: Some(SignedDuration::from_hours(1)), last_new: Some(at(0)), ..fresh() };
        assert_eq!(notices(hourly, [None; 200]), [(97, Notice::Quiet)]);
        let weekly = FeedState { pace: Some(SignedDuration::from_hours(168)), last_new: Some(at(0)), ..fresh() };
        assert_eq!(notices(weekly, [None; 200]), [], "that is its habit");
    }

    #[test]
    fn refusals_are_met_with_four_hours_of_rest_from_the_second_on() {
        let once = failed(&feed(), fresh(), "403", Fault::Refuses, at(0));
        assert_eq!(once.next_check, at(1));
        let twice = failed(&feed(), once, "403", Fault::Refuses, at(1));
        assert_eq!(twice.next_check, at(5));
    }

    #[test]
    fn an_address_moves_after_ten_answers_over_a_week_that_all_say_so() {
        let new: Url = "https://new.example/feed".parse().expect("an address");
        let mut state = fresh();
        let mut answer = |hour: i64, to: Option<&Url>| {
            state = answered(&feed(), state.clone(), 0, None, to.cloned(), at(hour));
            state.moved.clone()
        };
        for hour in 0..100 {
            assert_eq!(answer(hour, Some(&new)), None);
        }
        assert_eq!(answer(100, None), None, "one answer of the old address begins the count anew");
        for hour in (110..270).step_by(16) {
            assert_eq!(answer(hour, Some(&new)), None);
        }
        assert_eq!(answer(278, Some(&new)), Some(new));
        assert_eq!(state.notice, Some(Notice::Moved), "and that is told");
    }

    #[test]
    fn an_address_that_leads_astray_is_given_up_for_that_of_the_config() {
        let new: Url = "https://new.example/feed".parse().expect("an address");
        let state = FeedState { moved: Some(new), ..fresh() };
        let gone = failed(&feed(), state.clone(), "410", Fault::Gone, at(0));
        assert_eq!((gone.moved, gone.ended), (None, None));
        let mut failing = state;
        for hour in 0..3 {
            assert!(failing.moved.is_some());
            failing = failed(&feed(), failing, "404", Fault::Failed, at(hour));
        }
        assert_eq!(failing.moved, None);
    }
}
