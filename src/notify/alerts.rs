//! Who is told of which changes, and when.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, Unit, Zoned, ZonedRound};

use crate::model::{Alert, Change, ChangeKind, Reason, Series, Story, Subscription, Timing};

/// The alerts that `changes` of `story` give rise to: at most one for each recipient and time.
///
/// `past` holds all earlier changes of the story, oldest first: a rise too small for a subscription is not lost but
/// waits for the next, so that 100, 103, 106, … is told once it adds up to the least change asked for. Both lists carry
/// the changes' numbers in the store. A change goes to a recipient once, at the earliest time that any of their
/// subscriptions wants it. `collect` is how long the changes of a story are gathered before a mail "at once".
pub fn alerts(
    story: &Story,
    past: &[(i64, Change)],
    changes: &[(i64, Change)],
    subscriptions: &[Subscription],
    now: Timestamp,
    collect: SignedDuration,
) -> Vec<Alert> {
    let mut wanted: BTreeMap<&str, BTreeMap<Timestamp, BTreeSet<i64>>> = BTreeMap::new();
    for subscription in subscriptions {
        let told = told_to(subscription, story, past, changes);
        if !told.is_empty() {
            let due = due(subscription, now, collect);
            wanted.entry(&subscription.recipient.email).or_default().entry(due).or_default().extend(told);
        }
    }
    let mut alerts = Vec::new();
    for (recipient, by_time) in wanted {
        let mut already = BTreeSet::new();
        for (due, ids) in by_time {
            let changes: Vec<i64> = ids.into_iter().filter(|id| already.insert(*id)).collect();
            if !changes.is_empty() {
                alerts.push(Alert { recipient: recipient.to_owned(), story: story.id, changes, due });
            }
        }
    }
    alerts
}

/// Whether a subscription asks for the changes of this kind in this story, whatever their size.
pub fn wants(subscription: &Subscription, story: &Story, change: &Change) -> bool {
    let (name, slug) = (story.name.to_lowercase(), story.slug.to_lowercase());
    let of_story = |part: &String| {
        let part = part.to_lowercase();
        name.contains(&part) || slug.contains(&part)
    };
    !story.muted
        && (subscription.stories.is_empty() || subscription.stories.iter().any(of_story))
        && (subscription.measures.is_empty() || subscription.measures.contains(&change.series.measure))
        && (subscription.groups.is_empty() || subscription.groups.contains(&change.series.group))
}

/// The numbers of the changes that this subscription is now told: those of `changes` that are large enough, and with
/// them the small ones before them that were passed over.
fn told_to(subscription: &Subscription, story: &Story, past: &[(i64, Change)], changes: &[(i64, Change)]) -> Vec<i64> {
    /// What a subscription knows of one series.
    #[derive(Default)]
    struct Known {
        /// The count it was last told, or that stood when it first heard of the series.
        count: Option<u64>,
        /// The rises passed over since.
        waiting: Vec<i64>,
    }
    let mut series: BTreeMap<&Series, Known> = BTreeMap::new();
    let mut told = Vec::new();
    let steps = past.iter().map(|step| (step, false)).chain(changes.iter().map(|step| (step, true)));
    for ((id, change), new) in steps.filter(|((_, change), _)| wants(subscription, story, change)) {
        let known = series.entry(&change.series).or_default();
        let count = known.count.or(change.before.map(|before| before.told())).unwrap_or(0);
        let after = change.after.told();
        if always_told(change) || after.saturating_sub(count) >= subscription.least_change {
            if new {
                told.append(&mut known.waiting);
                told.push(*id);
            }
            *known = Known { count: Some(after), waiting: Vec::new() };
        } else {
            known.count = Some(count);
            known.waiting.push(*id);
        }
    }
    told
}

/// First counts, falls, corrections and contradictions are told however small: they change what is believed.
fn always_told(change: &Change) -> bool {
    match change.kind {
        ChangeKind::First | ChangeKind::Fall | ChangeKind::Conflict => true,
        ChangeKind::Rise => change.reason == Reason::Corrected,
    }
}

/// When a change that came in at `now` is mailed to this subscription.
fn due(subscription: &Subscription, now: Timestamp, collect: SignedDuration) -> Timestamp {
    let here = now.to_zoned(subscription.zone.clone());
    let due = match subscription.timing {
        Timing::AtOnce => here.checked_add(collect),
        Timing::Hourly => next_full_hour(&here),
        Timing::Daily(time) => next_time_of_day(&here, time),
    };
    // Out of range only at the end of jiff's calendar, in the year 9999: then the mail is due at once.
    due.and_then(|due| after_quiet_hours(&due, subscription.quiet)).map_or(now, |due| due.timestamp())
}

fn next_full_hour(now: &Zoned) -> Result<Zoned, jiff::Error> {
    let hour = now.round(ZonedRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Ceil))?;
    if hour > *now { Ok(hour) } else { hour.checked_add(SignedDuration::from_hours(1)) }
}

/// The next time that clocks in the recipient's zone show `time`. Where summer time skips it, the moment that it would
/// have been without; where it comes twice, the first. Once a day, then, on every day of the year.
fn next_time_of_day(now: &Zoned, time: Time) -> Result<Zoned, jiff::Error> {
    let today = now.date().to_datetime(time).to_zoned(now.time_zone().clone())?;
    if &today > now {
        return Ok(today);
    }
    now.date().tomorrow()?.to_datetime(time).to_zoned(now.time_zone().clone())
}

/// A time within quiet hours moves to their end; they may span midnight, and are none where both ends are the same.
fn after_quiet_hours(due: &Zoned, quiet: Option<(Time, Time)>) -> Result<Zoned, jiff::Error> {
    let Some((from, to)) = quiet else { return Ok(due.clone()) };
    let time = due.time();
    let inside = if from <= to { from <= time && time < to } else { from <= time || time < to };
    if !inside {
        return Ok(due.clone());
    }
    let date = if from > to && from <= time { due.date().tomorrow()? } else { due.date() };
    // Where the end comes twice, the second counts: the first may be over already.
    due.time_zone().to_ambiguous_zoned(date.to_datetime(to)).later()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::Address;

    fn subscription(timing: Timing, zone: &str, quiet: Option<(&str, &str)>) -> Subscription {
        let time = |text: &str| text.parse::<Time>().unwrap();
        Subscription {
            recipient: Address { name: String::new(), email: "desk@example.org".to_owned() },
            stories: vec![],
            measures: vec![],
            groups: vec![],
            least_change: 0,
            timing,
            zone: TimeZone::get(zone).unwrap(),
            quiet: quiet.map(|(from, to)| (time(from), time(to))),
        }
    }

    fn due_at(subscription: &Subscription, now: &str) -> String {
        due(subscription, now.parse().unwrap(), SignedDuration::from_secs(90)).to_string()
    }

    #[test]
    fn at_once_means_after_collecting() {
        let at_once = subscription(Timing::AtOnce, "UTC", None);
        assert_eq!(due_at(&at_once, "2025-03-09T21:31:00Z"), "2025-03-09T21:32:30Z");
    }

    #[test]
    fn hourly_means_the_next_full_hour_of_the_recipients_clock() {
        let hourly = subscription(Timing::Hourly, "Asia/Kolkata", None); // UTC+05:30
        assert_eq!(due_at(&hourly, "2025-03-09T21:31:00Z"), "2025-03-09T22:30:00Z");
        assert_eq!(due_at(&hourly, "2025-03-09T21:30:00Z"), "2025-03-09T22:30:00Z");
    }

    #[test]
    fn daily_follows_summer_time() {
        let at_seven = subscription(Timing::Daily("07:00".parse().unwrap()), "Europe/Berlin", None);
        // Clocks went from 02:00 to 03:00 on 30 March 2025, and back from 03:00 to 02:00 on 26 October.
        assert_eq!(due_at(&at_seven, "2025-03-29T03:00:00Z"), "2025-03-29T06:00:00Z");
        assert_eq!(due_at(&at_seven, "2025-03-29T07:00:00Z"), "2025-03-30T05:00:00Z");
        assert_eq!(due_at(&at_seven, "2025-10-25T07:00:00Z"), "2025-10-26T06:00:00Z");
        let skipped = subscription(Timing::Daily("02:30".parse().unwrap()), "Europe/Berlin", None);
        assert_eq!(due_at(&skipped, "2025-03-29T23:30:00Z"), "2025-03-30T01:30:00Z"); // shown as 03:30
        let twice = subscription(Timing::Daily("02:30".parse().unwrap()), "Europe/Berlin", None);
        assert_eq!(due_at(&twice, "2025-10-25T23:30:00Z"), "2025-10-26T00:30:00Z");
        // Between the two half past twos nothing is due again before tomorrow.
        assert_eq!(due_at(&twice, "2025-10-26T00:30:00Z"), "2025-10-27T01:30:00Z");
    }

    #[test]
    fn quiet_hours_may_span_midnight() {
        let quiet = subscription(Timing::AtOnce, "Europe/Berlin", Some(("22:00", "06:30")));
        assert_eq!(due_at(&quiet, "2025-03-09T20:50:00Z"), "2025-03-09T20:51:30Z");
        assert_eq!(due_at(&quiet, "2025-03-09T20:59:00Z"), "2025-03-10T05:30:00Z");
        assert_eq!(due_at(&quiet, "2025-03-10T02:00:00Z"), "2025-03-10T05:30:00Z");
        assert_eq!(due_at(&quiet, "2025-03-10T05:30:00Z"), "2025-03-10T05:31:30Z");
        // The night in which the clocks go forward.
        assert_eq!(due_at(&quiet, "2025-03-29T22:00:00Z"), "2025-03-30T04:30:00Z");
    }

    #[test]
    fn a_daily_mail_within_quiet_hours_waits_for_their_end() {
        let daily = subscription(Timing::Daily("05:00".parse().unwrap()), "Europe/Berlin", Some(("22:00", "06:30")));
        assert_eq!(due_at(&daily, "2025-01-09T20:50:00Z"), "2025-01-10T05:30:00Z");
    }
}
