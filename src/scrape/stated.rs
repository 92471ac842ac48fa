//! Dates in the lines that a reader sees: "Published 2:16 AM EST Nov 20, 2019", "05/10/2018 - Publicado por …",
//! "Updated at 6:00 pm".

use std::sync::LazyLock;

use jiff::civil::{Date, Time};

use super::dates::{self, Written};

/// How long a line with a date may be, in characters; longer ones are text.
const LONGEST_LINE: usize = 220;

/// How much else a line without a word for it may say beside its date, in words: the author's name, the section.
const MOST_WORDS_BESIDE: usize = 7;

/// What a date in a line is the date of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The line says that it was published then.
    Publication,
    /// The line says that it was changed then.
    Change,
    /// The line does not say.
    Untold,
}

/// A date in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// What it is the date of.
    pub of: Of,
    /// The date, as exactly as it is written.
    pub written: Written,
}

/// The words of bylines, by kind; see `bylines.tsv`.
#[derive(Debug, Default)]
struct Words {
    published: Vec<&'static str>,
    changed: Vec<&'static str>,
    between: Vec<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    let rows = include_str!("bylines.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, word) in rows.filter_map(|row| row.split_once('\t')) {
        match kind {
            "published" => words.published.push(word),
            "changed" => words.changed.push(word),
            "between" => words.between.push(word),
            _ => {}
        }
    }
    words
});

/// The dates that a line of a byline states, in order; none where the line is a sentence that only mentions one.
/// `day_first` decides "05/10/2018" where both readings are possible.
pub fn dates_in(line: &str, day_first: bool) -> Vec<Stated> {
    if line.chars().count() > LONGEST_LINE || !line.chars().any(char::is_numeric) {
        return Vec::new();
    }
    let line = western_digits(line);
    let tokens = tokens(&line);
    let mut found = Vec::new();
    let (mut from, mut beside, mut told) = (0, 0, false);
    let mut at = 0;
    while at < tokens.len() {
        let Some((date, end)) = date_at(&tokens[at..], day_first) else {
            at += 1;
            continue;
        };
        let end = at + end;
        let (time, start) = clock_before(&tokens[from..at]).map_or((None, at), |(clock, at)| (Some(clock), from + at));
        let (time, end) = match time {
            Some(time) => (Some(time), end),
            None => clock_after(&tokens[end..]).map_or((None, end), |(clock, length)| (Some(clock), end + length)),
        };
        let words = &tokens[from..start];
        beside += words.iter().filter(|t| is_content(t)).count();
        let mut of = label(words);
        if of == Of::Untold && found.is_empty() {
            // "05/10/2018 - published by …"
            let after = &tokens[end..];
            of = match label(&after[..after.len().min(3)]) {
                Of::Publication => Of::Publication,
                _ => Of::Untold,
            };
        }
        told |= of != Of::Untold;
        if let Some(written) = written(date, time) {
            found.push(Stated { of, written });
        }
        (from, at) = (end, end);
    }
    beside += tokens[from..].iter().filter(|t| is_content(t)).count();
    if !told && beside > MOST_WORDS_BESIDE { Vec::new() } else { found }
}

/// The time of a change that a line tells without its day, with the zone as it is written: "Updated at 6:00 pm", "Last
/// updated: 18:05 GMT".
pub fn change_at(line: &str) -> Option<(Time, Option<String>)> {
    if line.chars().count() > 60 {
        return None;
    }
    let line = western_digits(line);
    let tokens = tokens(&line);
    let place = (0..tokens.len()).find(|&i| clock_at(&tokens[i..]).is_some())?;
    let (clock, length) = clock_at(&tokens[place..])?;
    let (before, after) = (&tokens[..place], &tokens[place + length..]);
    let is_bare = |words: &[&str], most| words.iter().filter(|t| is_content(t)).count() <= most;
    (label(before) == Of::Change && is_bare(before, 4) && is_bare(after, 2))
        .then(|| (clock.0, clock.1.map(str::to_owned)))
}

/// Words, numbers and marks; white space falls away.
fn tokens(line: &str) -> Vec<&str> {
    let class = |c: char| {
        if c.is_ascii_digit() {
            1
        } else if matches!(c, '年' | '月' | '日' | '년' | '월' | '일') {
            4
        } else if c.is_alphabetic() || c == '\'' {
            2
        } else if c.is_whitespace() {
            0
        } else {
            3
        }
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = 0;
    for (at, c) in line.char_indices() {
        let now = class(c);
        // Marks stand alone; letters and digits hold together with their like.
        if at > start && (now != before || now >= 3) {
            if before != 0 {
                tokens.push(&line[start..at]);
            }
            start = at;
        }
        before = now;
    }
    if before != 0 && start < line.len() {
        tokens.push(&line[start..]);
    }
    tokens
}

/// Whether a token says something besides a date.
fn is_content(token: &&str) -> bool {
    token.chars().next().is_some_and(char::is_alphabetic) && !is_between(token) && label(&[token]) == Of::Untold
}

/// The last announcement among some words.
fn label(words: &[&str]) -> Of {
    let is =
        |word: &str, list: &[&str]| list.iter().any(|start| word.contains(start) && word.starts_with(first(start)));
    words.iter().rev().map(|word| word.to_lowercase()).fold(Of::Untold, |of, word| match of {
        Of::Untold if is(&word, &WORDS.changed) => Of::Change,
        Of::Untold if is(&word, &WORDS.published) => Of::Publication,
        of => of,
    })
}

/// The first letter of a beginning, so that "update" begins with "updat" and "unmodified" does not begin with "modif";
/// scripts that join words ("기사입력") may have it anywhere.
fn first(start: &str) -> &str {
    let end = start.chars().next().map_or(0, char::len_utf8);
    if end == 1 { &start[..1] } else { "" }
}

/// Arabic and Persian digits as European ones.
fn western_digits(line: &str) -> String {
    let digit = |c: char| match c {
        '٠'..='٩' => char::from_digit(c as u32 - '٠' as u32, 10).unwrap_or(c),
        '۰'..='۹' => char::from_digit(c as u32 - '۰' as u32, 10).unwrap_or(c),
        c => c,
    };
    line.chars().map(digit).collect()
}

/// The date that starts at the first token, with the number of tokens that it takes.
fn date_at(tokens: &[&str], day_first: bool) -> Option<(Date, usize)> {
    let get = |i: usize| tokens.get(i).copied().unwrap_or("");
    let skip = |i: usize, marks: &[&str]| {
        if marks.iter().any(|mark| get(i).eq_ignore_ascii_case(mark)) { i + 1 } else { i }
    };
    // 2018-08-25, 05/10/2018, 18.11.2019, 11/18/19
    if matches!(get(1), "-" | "/" | ".") && get(3) == get(1) {
        return dates::of_numbers([get(0), get(2), get(4)], day_first || get(1) == ".").map(|date| (date, 5));
    }
    // 2018年8月25日
    if matches!(get(1), "年" | "년") && matches!(get(3), "月" | "월") && matches!(get(5), "日" | "일") {
        return dates::date(get(0), get(2), get(4)).map(|date| (date, 6));
    }
    // 18 November 2019, 18th of November, 2019
    if is_number(get(0), 2) {
        let named = skip(skip(skip(1, &["st", "nd", "rd", "th"]), &["."]), &["of", "de", "-"]);
        let month = month(get(named))?;
        let year = skip(skip(named + 1, &[".", "-"]), &[",", "de"]);
        return dates::date(get(year), &month.to_string(), get(0)).map(|date| (date, year + 1));
    }
    // November 18th, 2019
    let month = month(get(0))?;
    let day = skip(1, &["."]);
    let year = skip(skip(day + 1, &["st", "nd", "rd", "th"]), &[","]);
    dates::date(get(year), &month.to_string(), get(day)).map(|date| (date, year + 1))
}

fn is_number(token: &str, longest: usize) -> bool {
    (1..=longest).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_digit())
}

/// The number of a month by its name in one of several languages.
fn month(word: &str) -> Option<i8> {
    if let Some(month) = dates::month(word) {
        return Some(month);
    }
    let word = word.to_lowercase();
    let lines = include_str!("months.txt").lines().filter(|line| !line.starts_with('#'));
    let at = lines.zip(1_i8..).find(|(names, _)| names.split(' ').any(|name| name == word));
    at.map(|(_, number)| number)
}

/// A time of day, and the zone where one is named with it.
type Clock<'a> = (Time, Option<&'a str>);

/// The time that starts at the first token: "6:00 pm", "18:05 GMT", "14h30".
fn clock_at<'a>(tokens: &[&'a str]) -> Option<(Clock<'a>, usize)> {
    let get = |i: usize| tokens.get(i).copied().unwrap_or("");
    if !is_number(get(0), 2) {
        return None;
    }
    let has_minutes = matches!(get(1), ":" | "." | "h") && is_number(get(2), 2) && get(2).len() == 2;
    let mut next = if has_minutes { 3 } else { 1 };
    let mut second = "0";
    if has_minutes && get(3) == ":" && is_number(get(4), 2) {
        (second, next) = (get(4), 5);
    }
    let mut hour: i8 = get(0).parse().ok()?;
    let half = get(next).to_ascii_lowercase();
    let (half, length) = match (&*half, get(next + 1), get(next + 2)) {
        ("am" | "pm", ..) => (Some(half == "pm"), 1),
        ("a" | "p", ".", m) if m.eq_ignore_ascii_case("m") => {
            (Some(half == "p"), 3 + usize::from(get(next + 3) == "."))
        }
        _ => (None, 0),
    };
    next += length;
    match half {
        Some(after_noon) if (1..=12).contains(&hour) => hour = hour % 12 + if after_noon { 12 } else { 0 },
        None if has_minutes && get(1) != "." => {}
        _ => return None,
    }
    let minute = if has_minutes { get(2).parse().ok()? } else { 0 };
    let time = Time::new(hour, minute, second.parse().ok()?, 0).ok()?;
    let zone = Some(get(next)).filter(|word| dates::is_zone(word));
    Some(((time, zone), next + usize::from(zone.is_some())))
}

/// The time that ends directly before a date: "2:16 AM EST Nov 20", "6:45 PM, Feb 16", with its place.
fn clock_before<'a>(tokens: &[&'a str]) -> Option<(Clock<'a>, usize)> {
    let least = tokens.len().saturating_sub(12);
    (least..tokens.len()).find_map(|at| {
        let (clock, length) = clock_at(&tokens[at..])?;
        tokens[at + length..].iter().all(|token| is_between(token)).then_some((clock, at))
    })
}

/// The time that follows directly after a date.
fn clock_after<'a>(tokens: &[&'a str]) -> Option<(Clock<'a>, usize)> {
    let gap = tokens.iter().take(4).take_while(|token| is_between(token)).count();
    let (clock, length) = clock_at(&tokens[gap..])?;
    Some((clock, gap + length))
}

/// Marks and words between a date and its time: commas, weekdays, "at", a zone.
fn is_between(token: &str) -> bool {
    let is_mark = token.chars().all(|c| matches!(c, ',' | '.' | '-' | '–' | '—' | '•' | '·' | '/' | '(' | '['));
    is_mark || dates::is_weekday(token) || WORDS.between.contains(&&*token.to_lowercase()) || dates::is_zone(token)
}

fn written(date: Date, clock: Option<Clock<'_>>) -> Option<Written> {
    match clock {
        None => Some(Written::Day(date)),
        Some((time, zone)) => Written::at(date.to_datetime(time), zone.unwrap_or("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_words_is_read() {
        let rows = include_str!("bylines.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert!(rows > 30);
        assert_eq!(rows, WORDS.published.len() + WORDS.changed.len() + WORDS.between.len());
    }

    fn shown(line: &str, day_first: bool) -> String {
        let show = |stated: &Stated| {
            let of = match stated.of {
                Of::Publication => "published ",
                Of::Change => "changed ",
                Of::Untold => "",
            };
            match stated.written {
                Written::Moment { at, .. } => format!("{of}{at}"),
                Written::Local(local) => format!("{of}{local}"),
                Written::Day(day) => format!("{of}{day}"),
            }
        };
        dates_in(line, day_first).iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_lines_of_bylines_are_read() {
        for (line, expected) in [
            ("Published 2:16 AM EST Nov 20, 2026", "published 2026-11-20T07:16:00Z"),
            (
                "Posted: Fri 6:45 PM, Feb 20, 2026 | Updated: Sat 8:31 PM, Feb 21, 2026",
                "published 2026-02-20T18:45:00, changed 2026-02-21T20:31:00",
            ),
            ("By Ana Orro | Coast Daily | 18 NOV 2026", "2026-11-18"),
            ("18.11.2026, 23:06", "2026-11-18T23:06:00"),
            ("기사입력 :[ 2026-08-25 15:24 ]", "published 2026-08-25T15:24:00"),
            ("Published: Monday, November 18th, 2026 at 11:08 a.m.", "published 2026-11-18T11:08:00"),
            ("Опубликовано 18 ноября 2026 года в 14:05", "published 2026-11-18"),
            ("نُشر: ١٨ نوفمبر ٢٠٢٦", "2026-11-18"),
            ("2026年11月18日 14:05", "2026-11-18T14:05:00"),
            ("11/18/26 11:04 PM EST", "2026-11-19T04:04:00Z"),
            ("Nov. 18, 2026, 6:18 p.m.", "2026-11-18T18:18:00"),
        ] {
            assert_eq!(shown(line, false), expected, "{line}");
        }
        assert_eq!(shown("05/10/2026 - Publicado por: Clara Dias - Categoria: Cidade", true), "published 2026-10-05");
        assert_eq!(shown("05/10/2026", false), "2026-05-10");
    }

    #[test]
    fn a_sentence_with_a_date_in_it_is_no_byline() {
        for line in [
            "The mill of Tarvik, which had been inspected on 18 November 2026, fell in during the night.",
            "Ten people died on 12.11.2026 when the old bridge at Sern fell into the river, police said.",
            "31 dead, 17 missing",
            "May 2026 was worse",
        ] {
            assert_eq!(shown(line, false), "", "{line}");
        }
    }

    #[test]
    fn the_time_of_a_change_may_stand_alone() {
        let shown = |line: &str| change_at(line).map(|(time, zone)| (time.to_string(), zone));
        assert_eq!(shown("Updated at 6:00 pm"), Some(("18:00:00".into(), None)));
        assert_eq!(shown("Last updated: 18:05 GMT"), Some(("18:05:00".into(), Some("GMT".into()))));
        assert_eq!(shown("Published at 6:00 pm"), None);
        assert_eq!(shown("The toll was updated at 6:00 pm to 31 dead and 17 missing people"), None);
        assert_eq!(shown("Updated"), None);
    }
}
