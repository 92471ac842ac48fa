//! The moment that a date in a feed means, in any of the forms that feeds use.
//!
//! The order of day, month and year is taken from the shape, the month from its name in a dozen languages, and names of
//! weekdays are not read at all: they are often wrong and never needed. A date without a zone is in UTC.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 100;

/// The years that a feed can speak of; `0001-01-01` is what some programs write for "unknown".
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

static MONTHS: LazyLock<HashMap<&'static str, i8>> = LazyLock::new(|| {
    let rows = include_str!("data/months.tsv").lines().filter(|line| !line.starts_with('#'));
    let cells = rows.filter_map(|row| {
        let mut cells = row.split('\t');
        Some((cells.next()?.parse().ok()?, cells.nth(1)?))
    });
    cells.flat_map(|(number, words): (i8, &str)| words.split(' ').map(move |word| (word, number))).collect()
});

static ZONES: LazyLock<HashMap<&'static str, i32>> = LazyLock::new(|| {
    let rows = include_str!("data/zones.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t'))
        .filter_map(|(name, minutes)| Some((name, minutes.parse().ok()?)))
        .collect()
});

/// The moment that the text means; `None` where it means none, or one outside the years 1900 to 2199.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let text: String = text.chars().map(ascii_digit).collect();
    seconds_since_1970(&text).or_else(|| year_first(&text)).or_else(|| in_words(&text))
}

/// `1795169700`, or the same in milliseconds.
fn seconds_since_1970(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    let moment = match text.len() {
        9 | 10 => Timestamp::from_second(number),
        12 | 13 => Timestamp::from_millisecond(number),
        _ => return None,
    };
    moment.ok()
}

/// `2026-11-20T10:15:00Z` and its shorter and looser forms, down to `2026`; also `20261120T101500Z`.
fn year_first(text: &str) -> Option<Timestamp> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (run, rest) = text.split_at(digits);
    let (date, rest) = match digits {
        4 if rest.is_empty() => (date(run, "1", "1")?, ""),
        4 => {
            let rest = rest.strip_prefix(['-', '/', '.'])?;
            let (month, rest) = leading_number(rest)?;
            match rest.strip_prefix(['-', '/', '.']) {
                Some(rest) => {
                    let (day, rest) = leading_number(rest)?;
                    (date(run, month, day)?, rest)
                }
                None => (date(run, month, "1")?, rest),
            }
        }
        8 => (date(&run[..4], &run[4..6], &run[6..])?, rest),
        14 => return at(date(&run[..4], &run[4..6], &run[6..8])?, clock(&run[8..])?, zone(rest)?),
        _ => return None,
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(['T', 't', '_', ',']).unwrap_or(rest).trim_start();
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        // `2026-11-20`, perhaps with a zone behind it.
        return at(date, Clock::MIDNIGHT, zone(rest)?);
    }
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ','))).unwrap_or(rest.len());
    let (time, rest) = rest.split_at(end);
    at(date, clock(time)?, zone(rest)?)
}

/// Everything in which the words stand apart: RFC 822 and its kin, `date` of Unix, long forms with names of months.
fn in_words(text: &str) -> Option<Timestamp> {
    let mut month = None;
    let mut time = None;
    let mut afternoon = None;
    let mut numbers: Vec<&str> = Vec::new();
    let mut dated = None;
    let mut offset = None;
    for word in words(text) {
        let lower = word.trim_end_matches('.').to_lowercase();
        let starts_with_digit = word.starts_with(|c: char| c.is_ascii_digit());
        if starts_with_digit && word.contains(':') && time.is_none() {
            // A zone may follow without a space: `12:15:00+02:00`.
            let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(word.len());
            time = Some(clock(&word[..end])?);
            match word[end..].to_ascii_lowercase().as_str() {
                "am" | "pm" => afternoon = Some(word[end..].eq_ignore_ascii_case("pm")),
                "" => {}
                _ => offset = offset.or(offset_of(&word[end..])),
            }
        } else if let Some(&number) = MONTHS.get(lower.as_str()).filter(|_| month.is_none()) {
            month = Some(number);
        } else if matches!(lower.replace('.', "").as_str(), "am" | "pm") {
            afternoon = Some(lower.starts_with('p'));
        } else if starts_with_digit {
            match word.split(['/', '.', '-']).filter(|part| !part.is_empty()).collect::<Vec<_>>()[..] {
                [day, name, year] if dated.is_none() => dated = Some(three_parts(day, name, year)?),
                [number] => numbers.push(number.trim_end_matches(char::is_alphabetic)),
                _ => return None,
            }
        } else if time.is_some() && offset.is_none() {
            offset = offset_of(word);
        }
    }
    let date = match (dated, month, &numbers[..]) {
        (Some(date), _, []) => date,
        (None, Some(month), [first, second]) => {
            // `20 Nov 2026`, `November 20, 2026`, and `2026 Nov 20`.
            let (day, year) = if first.len() == 4 { (second, first) } else { (first, second) };
            date(year, &month.to_string(), day)?
        }
        _ => return None,
    };
    let time = time.unwrap_or(Clock::MIDNIGHT);
    at(date, afternoon.map_or(Some(time), |afternoon| time.in_half(afternoon))?, offset.unwrap_or(Offset::UTC))
}

/// Words of a date; `Fri,20` is two of them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | ';' | '،')).filter(|word| !word.is_empty())
}

/// `20/11/2026`, `20.11.2026`, `20-Nov-2026`, `11/20/2026`. What can be read both ways is read day first, as all but
/// American feeds write it.
fn three_parts(first: &str, second: &str, third: &str) -> Option<Date> {
    if let Some(month) = MONTHS.get(second.to_lowercase().as_str()) {
        return date(third, &month.to_string(), first);
    }
    date(third, second, first).or_else(|| date(third, first, second))
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let number: i16 = year.parse().ok()?;
    let year = match (year.len(), number) {
        // RFC 2822, section 4.3.
        (1 | 2, 0..=49) => 2000 + number,
        (1..=3, _) => 1900 + number,
        _ => number,
    };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok().filter(|_| YEARS.contains(&year))
}

/// A time of day; 24:00 is the next day's midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    time: Time,
    next_day: bool,
}

impl Clock {
    const MIDNIGHT: Self = Self { time: Time::midnight(), next_day: false };

    /// The time with "am" or "pm" behind it.
    fn in_half(self, afternoon: bool) -> Option<Self> {
        let hour = match (self.time.hour(), afternoon) {
            (12, false) => 0,
            (hour @ 1..=11, true) => hour + 12,
            (hour, _) => hour,
        };
        let time = self.time.with().hour(hour).build().ok()?;
        Some(Self { time, ..self })
    }
}

/// `10:15:00.123456`, `10:15`, `10`, `101500`, `1015`.
fn clock(text: &str) -> Option<Clock> {
    let whole = text.find(['.', ',']).map_or(text, |point| &text[..point]);
    let parts: Vec<&str> = match (whole.contains(':'), whole.len()) {
        (true, _) => whole.split(':').collect(),
        (false, 6) => vec![&whole[..2], &whole[2..4], &whole[4..]],
        (false, 4) => vec![&whole[..2], &whole[2..]],
        _ => vec![whole],
    };
    let number = |at: usize| parts.get(at).map_or(Some(0), |part| part.parse::<i8>().ok());
    let (hour, minute, second) = (number(0)?, number(1)?, number(2)?);
    if hour == 24 && minute == 0 && second == 0 {
        return Some(Clock { next_day: true, ..Clock::MIDNIGHT });
    }
    // A leap second is told as the second before it.
    let second = if second == 60 { 59 } else { second };
    // The fraction is dropped: nobody publishes by it.
    Some(Clock { time: Time::new(hour, minute, second, 0).ok()?, next_day: false })
}

/// The zone that stands alone behind a date; none is UTC.
fn zone(text: &str) -> Option<Offset> {
    let text = text.trim();
    if text.is_empty() { Some(Offset::UTC) } else { Some(words(text).find_map(offset_of).unwrap_or(Offset::UTC)) }
}

/// `Z`, `CEST`, `+02:00`, `+0200`, `+02`, `GMT+00:00`.
fn offset_of(word: &str) -> Option<Offset> {
    let sign = word.find(['+', '-', '\u{2212}']);
    let (name, number) = word.split_at(sign.unwrap_or(word.len()));
    let named = ZONES.get(name.to_ascii_uppercase().as_str()).copied();
    if number.is_empty() {
        return Offset::from_seconds(named? * 60).ok();
    }
    if !name.is_empty() && named.is_none() {
        return None;
    }
    let mut characters = number.chars();
    let west = characters.next()? != '+';
    let digits: String = characters.filter(|&c| c != ':').collect();
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(if digits.len() <= 2 { digits.len() } else { digits.len() - 2 });
    let minutes = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().unwrap_or(0);
    let seconds = if west { -minutes } else { minutes } * 60;
    Offset::from_seconds(seconds).ok().filter(|_| minutes <= 14 * 60)
}

fn at(date: Date, clock: Clock, offset: Offset) -> Option<Timestamp> {
    let date = if clock.next_day { date.tomorrow().ok()? } else { date };
    TimeZone::fixed(offset).to_timestamp(date.to_datetime(clock.time)).ok()
}

fn leading_number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The Arabic, Persian and Indian digits stand in ten places in a row, as ours do.
fn ascii_digit(c: char) -> char {
    let zeros = ['\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{FF10}'];
    let digit = zeros.iter().find_map(|&zero| (c as u32).checked_sub(zero as u32).filter(|&digit| digit < 10));
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> String {
        parse(text).map_or("-".to_owned(), |moment| moment.to_string())
    }

    #[test]
    fn forms_that_feeds_use_for_one_moment() {
        let forms = [
            "Fri, 20 Nov 2026 10:15:00 +0000",
            "Fri, 20 Nov 2026 10:15 GMT",
            "2026-11-20T10:15:00Z",
            "2026-11-20T10:15:00.123456Z",
            "Fri, 20 Nov 26 10:15:00 GMT",
            "Fri, 20 Nov 2026 12:15:00 +02:00",
            "Fri, 20 Nov 2026 05:15:00 EST",
            "20 Nov 2026 10:15:00 Z",
            "Fri,20 Nov 2026 10:15:00 GMT",
            "\n  Fri, 20 Nov 2026 10:15:00 GMT\t",
            "Fri,  20  Nov  2026  10:15:00  GMT",
            "vie, 20 nov 2026 10:15:00 GMT",
            "2026-11-20 10:15:00",
            "2026-11-20T10:15:00",
            "2026-11-20T10:15Z",
            "20261120T101500Z",
            "1795169700",
            "Fri, 20 Nov 2026 12:15:00 CEST",
            "Fri, 20 Nov 2026 15:45:00 IST",
            "Fri, 20 Nov 2026 18:15:00 +08",
            "Fri, 20 Nov 2026 10:15:00 GMT+00:00",
            "Fri Nov 20 10:15:00 UTC 2026",
            "20/11/2026 10:15",
            "Friday, November 20, 2026 10:15:00 AM",
            "Fr, 20 Nov 2026 10:15:00 GMT",
            // Beyond the forms of the survey.
            "2026-11-20T12:15:00+0200",
            "2026-11-20 12:15:00 +02:00",
            "20261120101500",
            "1795169700000",
            "20.11.2026, 10:15 Uhr",
            "20-Nov-2026 10:15:00",
            "Nov 20, 2026 5:15 a.m. EST",
            "11/20/2026 10:15",
            "Пт, 20 ноября 2026 13:15:00 MSK",
            "٢٠ نوفمبر ٢٠٢٦ ١٠:١٥",
            "Fri, 20 Nov 2026 10:15:00 +0000 (UTC)",
        ];
        for form in forms {
            assert_eq!(told(form), "2026-11-20T10:15:00Z", "{form}");
        }
    }

    #[test]
    fn forms_that_mean_other_moments() {
        assert_eq!(told("2026-11-20"), "2026-11-20T00:00:00Z");
        assert_eq!(told("Fri, 20 Dez 2026 10:15:00 GMT"), "2026-12-20T10:15:00Z");
        assert_eq!(told("20 Nov 2026 12:15 am"), "2026-11-20T00:15:00Z");
        assert_eq!(told("20 Nov 2026 12:15 pm"), "2026-11-20T12:15:00Z");
        assert_eq!(told("2026-12-31T24:00:00Z"), "2027-01-01T00:00:00Z");
        assert_eq!(told("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59Z");
        assert_eq!(told("Mon, 20 Nov 95 10:15:00 GMT"), "1995-11-20T10:15:00Z");
    }

    #[test]
    fn a_date_that_can_be_read_both_ways_is_read_day_first() {
        assert_eq!(told("03/04/2026"), "2026-04-03T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_none() {
        let texts = [
            "",
            "yesterday",
            "52 dead",
            "0001-01-01T00:00:00Z",
            "2026-13-01",
            "31 Feb 2026",
            "2026-11-20T25:00:00Z",
            "Nov",
        ];
        for text in texts {
            assert_eq!(told(text), "-", "{text}");
        }
        assert_eq!(told(&"2".repeat(1_000_000)), "-");
    }

    #[test]
    fn every_row_of_the_tables_is_read() {
        let rows = |table: &str| table.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(ZONES.len(), rows(include_str!("data/zones.tsv")));
        assert!(ZONES.values().all(|minutes| (-12 * 60..=14 * 60).contains(minutes)));
        let words: Vec<&str> = include_str!("data/months.tsv").lines().filter(|line| !line.starts_with('#')).collect();
        for row in &words {
            let cells: Vec<&str> = row.split('\t').collect();
            let number: i8 = cells[0].parse().unwrap();
            assert!((1..=12).contains(&number), "{row}");
            for word in cells[2].split(' ') {
                assert_eq!(MONTHS[word], number, "`{word}` means two months, or its row is broken: {row}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_none(text in ".{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn heaps_of_a_dates_parts_are_a_date_or_none(text in "([0-9]{1,4}|[-/.:, +]|T|Z|am|PM|Nov|mars|GMT|IST|é|٣){0,16}") {
            if let Some(moment) = parse(&text) {
                let year = moment.to_zoned(TimeZone::UTC).year();
                prop_assert!((1899..=2200).contains(&year));
            }
        }

        #[test]
        fn a_moment_comes_back_from_each_form(second in 0_i64..4_000_000_000, offset in -12_i8..=14) {
            let moment = Timestamp::from_second(second).unwrap();
            let there = moment.to_zoned(TimeZone::fixed(Offset::constant(offset)));
            for form in ["%Y-%m-%dT%H:%M:%S%:z", "%a, %d %b %Y %H:%M:%S %z", "%Y%m%dT%H%M%S%z", "%A, %B %d, %Y %I:%M:%S %p %:z", "%d/%m/%Y %H:%M:%S %z"] {
                let text = there.strftime(form).to_string();
                prop_assert_eq!(parse(&text), Some(moment), "{}", text);
            }
        }
    }
}
