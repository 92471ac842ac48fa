//! The hours of a recipient's day: when the next digest is due, and when nothing may be sent.
//!
//! All of it goes by what the clocks in the recipient's zone show, in any zone and at any change of the clocks.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::model::Timing;

/// A zone may leave out or repeat a day (Samoa left out 30 December 2011); more than so many in a row never.
const DAYS_LOOKED_AT: i32 = 16;

/// The first time after `after` at which a digest is due, in this rhythm; `None` for what is told at once, and where the
/// calendar ends (in the year 9999).
pub(super) fn next_slot(timing: Timing, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    match timing {
        Timing::AtOnce => None,
        Timing::Hourly => next_full_hour(after, zone),
        Timing::Daily(time) => next_on(|_| true, time, after, zone),
        Timing::Weekly(day, time) => next_on(|date| date.weekday() == day, time, after, zone),
    }
}

/// The last time at or before `now` at which a week's mail was due.
pub(super) fn last_weekly(day: Weekday, time: Time, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    let dates = (-1..DAYS_LOOKED_AT).filter_map(|back| today.checked_sub(back.days()).ok());
    dates.filter(|date| date.weekday() == day).map(|date| moment(date, time, zone)).find(|slot| *slot <= now)
}

/// The first full hour after `after` that a clock in the zone shows. Where clocks are set by half an hour, the hour before
/// or after is shorter or longer by that.
fn next_full_hour(after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    const HOUR: i64 = 3_600;
    let mut at = after;
    // Each round gets past at most one change of the clocks, of which there are never many within hours.
    for _ in 0..8 {
        let offset = i64::from(zone.to_offset(at).seconds());
        let local = at.as_second() + offset;
        at = Timestamp::from_second((local.div_euclid(HOUR) + 1) * HOUR - offset).ok()?;
        if (at.as_second() + i64::from(zone.to_offset(at).seconds())).rem_euclid(HOUR) == 0 {
            return Some(at);
        }
    }
    Some(at)
}

/// The first time after `after` that clocks in the zone show this time on a day that fits. Where summer time skips it, the
/// moment that it would have been without; where it comes twice, the first: once a day, then, on every day of the year.
fn next_on(fits: impl Fn(Date) -> bool, time: Time, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = after.to_zoned(zone.clone()).date();
    // From yesterday on: a time that is skipped at midnight is shown on the next day.
    let dates = (-1..DAYS_LOOKED_AT).filter_map(|ahead| today.checked_add(ahead.days()).ok());
    dates.filter(|date| fits(*date)).map(|date| moment(date, time, zone)).find(|slot| *slot > after)
}

/// When clocks show this date and time, or would show it.
fn moment(date: Date, time: Time, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// Whether clocks in the zone show a time within quiet hours. These may span midnight, and hold from their first minute
/// until before their last.
pub(super) fn is_quiet(at: Timestamp, quiet: Option<(Time, Time)>, zone: &TimeZone) -> bool {
    quiet.is_some_and(|(from, to)| {
        let time = at.to_zoned(zone.clone()).time();
        if from <= to { from <= time && time < to } else { from <= time || time < to }
    })
}

/// The time itself, or the end of the quiet hours that it falls into.
pub(super) fn after_quiet(at: Timestamp, quiet: Option<(Time, Time)>, zone: &TimeZone) -> Timestamp {
    let Some((_, to)) = quiet.filter(|_| is_quiet(at, quiet, zone)) else { return at };
    let today = at.to_zoned(zone.clone()).date();
    let dates = (-1..DAYS_LOOKED_AT).filter_map(|ahead| today.checked_add(ahead.days()).ok());
    // Where the end comes twice, the second counts: after the first, clocks show quiet hours again.
    let ends = dates.filter_map(|date| zone.to_ambiguous_zoned(date.to_datetime(to)).later().ok());
    let ends = ends.map(|end| end.timestamp()).filter(|end| *end > at);
    // Clocks that skip the end of the quiet hours may land in them again, where hardly any of the day is not quiet.
    ends.into_iter().find(|end| !is_quiet(*end, quiet, zone)).unwrap_or(at + SignedDuration::from_hours(24))
}
