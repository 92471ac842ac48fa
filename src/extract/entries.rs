//! Entries with the time of day before them, as live blogs and bulletins have: what an older one counts is outdated by what
//! a newer one does.

use foldhash::HashMap;

use crate::extract::discourse::{Finding, Line};
use crate::extract::lexicon::WEEKDAY;
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Measure, Scope, Status};

/// Makes the counts of older entries earlier ones, where a newer entry has another number for the same people. On labelled
/// articles 150 of 151 such counts are earlier ones, those that the text doubts or foresees left aside.
pub fn outdate(lines: &[Line], findings: &[Finding], standings: &mut [(Scope, Status)]) {
    let entries = entries(lines);
    let told = |at: usize| {
        let (scope, status) = standings[at];
        let whole = scope == Scope::Story && matches!(status, Status::Current | Status::Previous);
        let finding = &findings[at];
        let entry = entries.get(finding.line).copied().flatten()?;
        whole.then(|| ((finding.measure, finding.group), entry, finding.quantity.told()))
    };
    let mut newest: HashMap<(Measure, Group), Newest> = HashMap::default();
    for (series, entry, value) in (0..findings.len()).filter_map(told) {
        newest.entry(series).or_default().take_in(entry, value);
    }
    let outdated = |at: &usize| {
        told(*at).is_some_and(|(series, entry, value)| newest.get(&series).is_some_and(|n| n.outdates(entry, value)))
    };
    let outdated: Vec<usize> = (0..findings.len()).filter(outdated).collect();
    outdated.into_iter().for_each(|at| standings[at].1 = Status::Previous);
}

/// The newest entry that counts some people, and the newest that has another number for them.
#[derive(Debug, Default)]
struct Newest {
    entry: Option<(usize, u64)>,
    other: Option<(usize, u64)>,
}

impl Newest {
    fn take_in(&mut self, entry: usize, value: u64) {
        let newer = |known: Option<(usize, u64)>| known.is_none_or(|(known, _)| entry > known);
        if self.entry.is_some_and(|(_, known)| known == value) {
            self.entry = self.entry.max(Some((entry, value)));
        } else if newer(self.entry) {
            (self.entry, self.other) = (Some((entry, value)), self.entry);
        } else if newer(self.other) {
            self.other = Some((entry, value));
        }
    }

    /// Whether an entry newer than this one has another number.
    fn outdates(&self, entry: usize, value: u64) -> bool {
        [self.entry, self.other].into_iter().flatten().any(|(newer, number)| newer > entry && number != value)
    }
}

/// Of every line the entry that it belongs to, counted from the oldest; none above the first, and none in a text with one.
fn entries(lines: &[Line]) -> Vec<Option<usize>> {
    let opens = |at: usize| at == 0 || lines[at - 1].sentence.paragraph != lines[at].sentence.paragraph;
    let mut times: Vec<i32> = Vec::new();
    let mut found: Vec<Option<usize>> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        if let Some(time) = time(&line.tokens).filter(|_| opens(at) && !line.sentence.headline) {
            times.push(time);
        }
        found.push(times.len().checked_sub(1));
    }
    if times.len() < 2 {
        return Vec::new();
    }
    let later = times.windows(2).map(|pair| minutes_between(pair[0], pair[1]).signum()).sum::<i32>();
    if later < 0 {
        found.iter_mut().flatten().for_each(|entry| *entry = times.len() - 1 - *entry);
    }
    found
}

/// From one time of day to the next one told, in minutes: the shorter way round, since an entry after midnight follows one
/// before it.
fn minutes_between(from: i32, to: i32) -> i32 {
    (to - from + DAY + DAY / 2) % DAY - DAY / 2
}

/// The minutes of a day.
const DAY: i32 = 24 * 60;

/// The time of day that a line opens with, in minutes: "10:30", "13.45 –", "2.02pm:", "Friday, 18h40".
fn time(tokens: &[Token]) -> Option<i32> {
    let skipped = |t: &&Token| t.kind == Kind::Mark && !t.is_quote() || t.is(WEEKDAY);
    let at = tokens.iter().take(3).take_while(skipped).count();
    let token = tokens.get(at).filter(|t| matches!(t.kind, Kind::Digits | Kind::Mixed))?;
    let (hours, rest) = token.lower.split_once([':', '.', 'h'])?;
    let minutes = rest.get(..2)?;
    let half = match &rest[2..] {
        "" => tokens.get(at + 1).and_then(|t| half_of_day(&t.lower)),
        half => Some(half_of_day(half)?),
    };
    let two = |digits: &str| digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    let (hours, minutes): (i32, i32) = (two(hours)?, two(minutes)?);
    // "13.30 million people": what is no time goes on with a small letter.
    let dotted = token.lower.contains('.') && half.is_none();
    let goes_on = tokens.get(at + 1).is_some_and(|t| t.kind != Kind::Mark && !t.capital);
    if hours > 23 || minutes > 59 || (dotted && goes_on) {
        return None;
    }
    let hours = match half {
        Some(Half::Morning) => hours % 12,
        Some(Half::Evening) => hours % 12 + 12,
        None => hours,
    };
    Some(60 * hours + minutes)
}

enum Half {
    Morning,
    Evening,
}

fn half_of_day(word: &str) -> Option<Half> {
    match word {
        "am" | "a.m" | "a.m." => Some(Half::Morning),
        "pm" | "p.m" | "p.m." => Some(Half::Evening),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::lexicon::for_language;
    use crate::extract::tests::article;
    use crate::extract::{read, work};

    fn times(text: &str) -> Vec<Option<i32>> {
        let lines = work::lines(&article(text), for_language("en").expect("a lexicon of English"));
        lines.iter().skip(1).map(|line| time(&line.tokens)).collect()
    }

    #[test]
    fn a_time_is_told_from_other_numbers() {
        let text = "Live\n\n10:30 Fog.\n\n13.45 – Fog.\n\n2.02pm: Fog.\n\n12.10 am, fog.\n\nFriday, 18h40: Fog.\n\n* 09:05 Fog.";
        assert_eq!(times(text), [630, 825, 842, 10, 1_120, 545].map(Some));
        let text =
            "Live\n\n13.30 million people live here.\n\n24.11 metres.\n\n3:1 was the score.\n\nAt noon 10:30 was far.";
        assert_eq!(times(text), [None; 4]);
    }

    fn read_of(text: &str) -> Vec<(String, Status)> {
        read(&article(text)).figures.iter().map(|f| (f.quantity.to_string(), f.status)).collect()
    }

    #[test]
    fn the_count_of_an_older_entry_is_an_earlier_one_whichever_way_they_run() {
        let entries = [
            "00:40 The death toll of the ferry sinking is 14, the coastguard says.",
            "23:10 The death toll is nine, the coastguard says.",
            "21:55 The death toll is four, the coastguard says.",
        ];
        let told = |order: [usize; 3]| {
            let body: Vec<&str> = order.iter().map(|at| entries[*at]).collect();
            let mut read = read_of(&format!("Ferry sinks\n\n{}\n", body.join("\n\n")));
            read.sort_unstable_by_key(|(number, _)| number.clone());
            read
        };
        let expected = [("14", Status::Current), ("4", Status::Previous), ("9", Status::Previous)];
        let expected = expected.map(|(number, status)| (number.to_owned(), status));
        assert_eq!(told([0, 1, 2]), expected, "the newest first");
        assert_eq!(told([2, 1, 0]), expected, "the oldest first");
    }

    #[test]
    fn the_same_number_again_and_another_measure_outdate_nothing() {
        let text =
            "Ferry sinks\n\n18:40 The sinking has killed nine people.\n\n15:10 Nine people were killed and 30 hurt.\n";
        let current = |number: &str| (number.to_owned(), Status::Current);
        assert_eq!(read_of(text), [current("9"), current("9"), current("30")]);
    }
}
