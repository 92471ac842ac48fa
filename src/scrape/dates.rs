//! Dates as pages write them, in and outside ISO 8601.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// A point in time as exactly as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// With an offset or zone.
    Moment {
        /// The moment.
        at: Timestamp,
        /// The offset that was written with it.
        offset: Offset,
    },
    /// With a time of day, but no zone.
    Local(DateTime),
    /// A day only.
    Day(Date),
}

impl Written {
    /// A time of day with what is written after it: a zone, an offset, or something else, which tells none.
    pub fn at(local: DateTime, zone: &str) -> Option<Self> {
        Some(match offset(zone, local.date()) {
            Some(offset) => Self::Moment { at: offset.to_timestamp(local).ok()?, offset },
            None => Self::Local(local),
        })
    }

    /// The day where it was written, by its own clock.
    pub fn day(self) -> Date {
        match self {
            Self::Moment { at, offset } => offset.to_datetime(at).date(),
            Self::Local(local) => local.date(),
            Self::Day(day) => day,
        }
    }

    /// As a point in time, taking UTC where no zone was written and midnight where no time was.
    pub fn timestamp(self) -> Option<Timestamp> {
        let local = match self {
            Self::Moment { at, .. } => return Some(at),
            Self::Local(local) => local,
            Self::Day(day) => day.to_datetime(Time::midnight()),
        };
        TimeZone::UTC.to_timestamp(local).ok()
    }

    /// Whether `finer` may be the same date, told more exactly: zones lie within 14 hours of UTC, days within a day more.
    pub fn is_refined_by(self, finer: Self) -> bool {
        let hours = match (self, finer) {
            (Self::Local(_), Self::Moment { .. }) => 14,
            (Self::Day(_), Self::Local(_)) => 24,
            (Self::Day(_), Self::Moment { .. }) => 38,
            _ => return false,
        };
        self.hours_from(finer).is_some_and(|apart| apart <= hours)
    }

    /// Whether the two cannot be the same date: they lie more than a day apart, whatever zones are meant.
    pub fn contradicts(self, other: Self) -> bool {
        let leeway = |written| match written {
            Self::Moment { .. } => 0,
            Self::Local(_) => 14,
            Self::Day(_) => 24,
        };
        self.hours_from(other).is_some_and(|apart| apart > 24 + leeway(self) + leeway(other))
    }

    fn hours_from(self, other: Self) -> Option<i64> {
        Some(self.timestamp()?.duration_until(other.timestamp()?).abs().as_hours())
    }
}

/// Reads a date in any of the forms that pages use. Years before 1990 are refused, since they are faults ("1970-01-01").
/// `day_first` decides "05/10/2026", which may be either.
pub fn parse(text: &str, day_first: bool) -> Option<Written> {
    let text = text.trim();
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    let written = epoch(text)
        .or_else(|| clock_first(text, day_first))
        .or_else(|| numbers_first(text, day_first))
        .or_else(|| words(text))?;
    (1990..=2200).contains(&written.day().year()).then_some(written)
}

/// Whether a word names a day of the week, in full or short, in whatever case.
pub(super) fn is_weekday(word: &str) -> bool {
    const SHORT: [&str; 10] = ["mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun"];
    const FULL: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    SHORT.iter().chain(&FULL).any(|day| word.eq_ignore_ascii_case(day))
}

/// Whether a line says when, and nothing else: "Updated: 9 March 2025, 21:30 GMT".
pub fn is_date_line(line: &str) -> bool {
    const AROUND: &[&str] = &[
        "at",
        "on",
        "am",
        "pm",
        "t",
        "published",
        "updated",
        "posted",
        "last",
        "modified",
        "first",
        "date",
        "time",
        "st",
        "nd",
        "rd",
        "th",
        "local",
    ];
    let is_around = |word: &str| {
        let word = word.to_ascii_uppercase();
        month(&word).is_some() || is_zone(&word) || is_weekday(&word) || AROUND.contains(&&*word.to_ascii_lowercase())
    };
    let digits = line.chars().filter(char::is_ascii_digit).count();
    (3..=24).contains(&digits)
        && line.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).all(is_around)
        && (line.chars().any(char::is_alphabetic) || parse(line, true).is_some())
}

/// The date in an address: `/2026/11/20/`, `/2026/nov/20/`, `/20261120/`, `2026-11-20`.
pub fn in_path(path: &str) -> Option<Date> {
    let parts: Vec<&str> = path.split('/').collect();
    let day_of = |y: &str, m: &str, d: &str| {
        let year = digits(y, 4..=4).and_then(|y| i16::try_from(y).ok())?;
        let month = digits(m, 1..=2).and_then(|m| i8::try_from(m).ok()).or_else(|| month(m))?;
        let day = digits(d, 1..=2).and_then(|d| i8::try_from(d).ok())?;
        Date::new(year, month, day).ok().filter(|date| (1990..=2200).contains(&date.year()))
    };
    for part in &parts {
        // A slug may start or end with the day: "2026-11-20-quake-toll".
        let pieces: Vec<&str> = part.split(['-', '_', '.']).collect();
        if let Some(date) = pieces.windows(3).find_map(|w| day_of(w[0], w[1], w[2]).filter(|_| w[1].len() == 2)) {
            return Some(date);
        }
        let compact = pieces.iter().filter(|p| p.len() == 8 && p.bytes().all(|b| b.is_ascii_digit()));
        for p in compact {
            if let Some(date) = day_of(&p[..4], &p[4..6], &p[6..]) {
                return Some(date);
            }
        }
    }
    parts.windows(3).find_map(|w| day_of(w[0], w[1], w[2]))
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Written> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
    .map(|at| Written::Moment { at, offset: Offset::UTC })
}

/// `01:38:07 PM IST Nov 20, 2019`, `21:17 18.11.2019`: what else stands in a line is no matter here.
fn clock_first(text: &str, day_first: bool) -> Option<Written> {
    text.split_once(':').filter(|(hour, _)| hour.len() <= 2)?;
    super::stated::dates_in(text, day_first).first().map(|stated| stated.written)
}

/// `2026-11-20T14:05:00+01:00` and its looser kin: spaces, no seconds, no colon in the offset, slashes, a zone's letters;
/// `20261120`; `12/20/2023 20:41:43`, which is month first unless that cannot be.
fn numbers_first(text: &str, day_first: bool) -> Option<Written> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '/' | '.')).unwrap_or(text.len());
    let (day, rest) = text.split_at(end);
    let numbers: Vec<&str> = day.trim_end_matches(['-', '.', '/']).split(['-', '/', '.']).collect();
    let date = match numbers[..] {
        [a, b, c] => of_numbers([a, b, c], day_first || day.contains('.'))?,
        [c] if c.len() == 8 => date(&c[..4], &c[4..6], &c[6..])?,
        _ => return None,
    };
    with_time(date, rest.trim_start_matches(['T', 't', ' ', ',', '\u{a0}']))
}

/// `Sat, 23 Dec 2023 05:42:00 PST`, `December 23, 2023 5:42 PM EST`, `23 December 2023`.
fn words(text: &str) -> Option<Written> {
    let mut pieces: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for piece in text.split([' ', ',', '\u{a0}', '-', '|']) {
        if !piece.is_empty() {
            pieces.push((at, piece));
        }
        at += piece.len() + text[at + piece.len()..].chars().next().map_or(0, char::len_utf8);
    }
    let named = pieces.iter().position(|(_, p)| month(p).is_some())?;
    let month = month(pieces[named].1)?;
    let number = |i: usize| {
        let piece = pieces.get(i)?.1;
        let bare = piece.trim_end_matches(['.']).trim_end_matches(|c: char| c.is_ascii_lowercase());
        bare.parse::<i16>().ok()
    };
    let before = named.checked_sub(1).and_then(number).filter(|n| (1..=31).contains(n));
    let (day, year_at) = match before {
        Some(day) => (day, named + 1),
        None => (number(named + 1)?, named + 2),
    };
    let date = Date::new(number(year_at)?, month, i8::try_from(day).ok()?).ok()?;
    let (start, year) = pieces[year_at];
    let rest = text[start + year.len()..].trim_start_matches([' ', ',', '\u{a0}', '-', '|']);
    with_time(date, rest.strip_prefix("at ").unwrap_or(rest))
}

/// A date with what is written after it: nothing, a time, a time and a zone.
fn with_time(date: Date, rest: &str) -> Option<Written> {
    let rest = rest.trim();
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.')).unwrap_or(rest.len());
    let mut clock = rest[..end].trim_end_matches('.').splitn(3, ':');
    let Some(hour) = clock.next().and_then(|h| digits(h, 1..=2)) else { return Some(Written::Day(date)) };
    let Some(minute) = clock.next().and_then(|m| digits(m, 2..=2)) else { return Some(Written::Day(date)) };
    let second = clock.next().and_then(|s| digits(s.split('.').next()?, 2..=2)).unwrap_or(0);
    let mut zone = rest[end..].trim();
    let mut hour = hour;
    let half = zone.get(..2).map(str::to_ascii_lowercase);
    if let Some(half @ ("am" | "pm")) = half.as_deref() {
        hour = hour % 12 + if half == "pm" { 12 } else { 0 };
        zone = zone[2..].trim();
    }
    let narrow = |n: u32| i8::try_from(n).ok();
    let Ok(time) = Time::new(narrow(hour)?, narrow(minute)?, narrow(second.min(59))?, 0) else {
        return Some(Written::Day(date));
    };
    Written::at(date.to_datetime(time), zone)
}

/// Whether a word is the name of a zone.
pub fn is_zone(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    matches!(&*upper, "UTC" | "GMT" | "UK" | "ET" | "CT" | "MT" | "PT") || ZONES.iter().any(|(name, _)| *name == upper)
}

/// The offset of what changes its clocks and is written without saying how: American time ("ET", "PT") from the second
/// Sunday of March to the first of November, British ("UK") from the last of March to the last of October, by the day.
fn by_season(name: &str, day: Date) -> Option<Offset> {
    let sunday = |month, nth| Date::new(day.year(), month, 1).ok()?.nth_weekday_of_month(nth, Weekday::Sunday).ok();
    let (hours, from, until) = match name {
        "ET" => (-5, sunday(3, 2)?, sunday(11, 1)?),
        "CT" => (-6, sunday(3, 2)?, sunday(11, 1)?),
        "MT" => (-7, sunday(3, 2)?, sunday(11, 1)?),
        "PT" => (-8, sunday(3, 2)?, sunday(11, 1)?),
        "UK" => (0, sunday(3, -1)?, sunday(10, -1)?),
        _ => return None,
    };
    Offset::from_hours(hours + i8::from((from..until).contains(&day))).ok()
}

/// `Z`, `+01:00`, `-0500`, `GMT+2`, `EST`, and `ET` of a day.
fn offset(zone: &str, day: Date) -> Option<Offset> {
    let zone = zone.split(['(', '[']).next()?.trim();
    let upper = zone.to_ascii_uppercase();
    let (name, signed) = match upper.find(['+', '-', '\u{2212}']) {
        Some(sign) => upper.split_at(sign),
        None => (upper.as_str(), ""),
    };
    if let Some(offset) = by_season(name.trim(), day) {
        return Some(offset);
    }
    if !matches!(name.trim(), "" | "UTC" | "GMT") {
        return ZONES.iter().find(|(n, _)| *n == name.trim()).and_then(|(_, h)| Offset::from_hours(*h).ok());
    }
    let Some(sign) = signed.chars().next() else {
        return (!name.is_empty()).then_some(Offset::UTC);
    };
    let figures: String = signed.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match figures.len() {
        1 | 2 => (figures.parse::<i32>().ok()?, 0),
        4 => (figures[..2].parse::<i32>().ok()?, figures[2..].parse::<i32>().ok()?),
        _ => return None,
    };
    let seconds = (hours * 60 + minutes) * 60;
    Offset::from_seconds(if sign == '+' { seconds } else { -seconds }).ok()
}

/// The zone letters that news pages use, in hours from UTC. Those with two meanings (IST, CST of China) are taken as
/// American where RFC 2822 says so and left out otherwise.
const ZONES: &[(&str, i8)] = &[
    ("Z", 0),
    ("UT", 0),
    ("WET", 0),
    ("BST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("SAST", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("TRT", 3),
    ("GST", 4),
    ("PKT", 5),
    ("ICT", 7),
    ("WIB", 7),
    ("SGT", 8),
    ("HKT", 8),
    ("JST", 9),
    ("KST", 9),
    ("AEST", 10),
    ("AEDT", 11),
    ("NZST", 12),
    ("NZDT", 13),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// A date of three numbers: the year first, or last and then of two or four digits. Of day and month that stands first
/// which `day_first` says, unless it cannot be.
pub fn of_numbers(numbers: [&str; 3], day_first: bool) -> Option<Date> {
    let [a, b, c] = numbers;
    if a.len() == 4 {
        return date(a, b, c);
    }
    let century = if c.len() == 2 { "20" } else { "" };
    let year = format!("{century}{c}");
    let (month_first, other) = (date(&year, a, b), date(&year, b, a));
    if day_first { other.or(month_first) } else { month_first.or(other) }
}

/// A date by its numbers, the year with four digits.
pub fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let narrow = |text: &str| digits(text, 1..=2).and_then(|n| i8::try_from(n).ok());
    Date::new(i16::try_from(digits(year, 4..=4)?).ok()?, narrow(month)?, narrow(day)?).ok()
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    (length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The number of a month by its English name or the first three letters of it.
pub fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    if word.len() < 3 {
        return None;
    }
    let at = MONTHS
        .iter()
        .position(|name| *name == word || (name[..3] == word[..]) || (word == "sept" && name[..3] == *"sep"))?;
    i8::try_from(at + 1).ok()
}

/// The latest moment that a page fetched at `fetched` can have been published: clocks and zones may be a day off.
pub fn latest(fetched: Timestamp) -> Timestamp {
    fetched.checked_add(26.hours()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match parse(text, false) {
            Some(Written::Moment { at, .. }) => at.to_string(),
            Some(Written::Local(local)) => format!("{local} somewhere"),
            Some(Written::Day(day)) => day.to_string(),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn dates_are_read_in_the_forms_that_pages_use() {
        for (text, expected) in [
            ("2026-11-20T14:05:00+01:00", "2026-11-20T13:05:00Z"),
            ("2026-11-20T14:05:00.123Z", "2026-11-20T14:05:00Z"),
            ("2026-11-20T14:05:00-0500", "2026-11-20T19:05:00Z"),
            ("2026-11-20 14:05", "2026-11-20T14:05:00 somewhere"),
            ("2026-11-20", "2026-11-20"),
            ("2026/11/20", "2026-11-20"),
            ("20261120", "2026-11-20"),
            ("1795183500", "2026-11-20T14:05:00Z"),
            ("1795183500000", "2026-11-20T14:05:00Z"),
            ("12/20/2023 20:41:43", "2023-12-20T20:41:43 somewhere"),
            ("20/12/2023", "2023-12-20"),
            ("05.03.2025 09:30", "2025-03-05T09:30:00 somewhere"),
            ("Sat, 23 Dec 2023 05:42:00 PST", "2023-12-23T13:42:00Z"),
            ("Sun, 9 Mar 2025 21:30:00 +0300", "2025-03-09T18:30:00Z"),
            ("December 20, 2023 8:41 PM EST", "2023-12-21T01:41:00Z"),
            ("01:38:07 PM GMT Nov 20, 2019", "2019-11-20T13:38:07Z"),
            ("21:17 18.11.2019", "2019-11-18T21:17:00 somewhere"),
            ("July 9, 2025 8:00 am ET", "2025-07-09T12:00:00Z"),
            ("Nov. 9, 2025 8:00 am ET", "2025-11-09T13:00:00Z"),
            ("Tue Nov 19 2019 03:05:46 GMT+0000 (UTC)", "2019-11-19T03:05:46Z"),
            ("March 9th, 2025", "2025-03-09"),
            ("9 March 2025, 12:05 am", "2025-03-09T00:05:00 somewhere"),
            ("1970-01-01T00:00:00Z", "none"),
            ("yesterday", "none"),
            ("2026-13-40", "none"),
            ("", "none"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_that_only_says_when_is_told_from_a_sentence() {
        for line in [
            "Updated: 9 March 2025, 21:30 GMT",
            "December 20, 2023 8:41 PM EST",
            "2026-11-20 14:05",
            "Posted on March 9th, 2025",
        ] {
            assert!(is_date_line(line), "{line}");
        }
        for line in ["Ten died on March 9, 2025", "1,018", "31", "May 2025 was worse", "830", "12-14"] {
            assert!(!is_date_line(line), "{line}");
        }
    }

    #[test]
    fn a_path_may_hold_the_day() {
        for path in [
            "/2026/11/20/quake",
            "/news/2026/nov/20/quake",
            "/a/20261120",
            "/news/2026-11-20-quake",
            "/quake-2026-11-20.html",
        ] {
            assert_eq!(in_path(path).map(|d| d.to_string()).as_deref(), Some("2026-11-20"), "{path}");
        }
        assert_eq!(in_path("/news/quake-kills-2026/11"), None);
        assert_eq!(in_path("/article/84512345"), None);
    }

    #[test]
    fn a_day_is_refined_by_a_moment_near_it() {
        let day = parse("2025-03-09", false).unwrap();
        assert!(day.is_refined_by(parse("2025-03-09T18:30:00Z", false).unwrap()));
        assert!(!day.is_refined_by(parse("2025-03-12T18:30:00Z", false).unwrap()));
        assert!(!parse("2025-03-09T18:30:00Z", false).unwrap().is_refined_by(day));
    }
}
