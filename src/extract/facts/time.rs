//! The facts that lie in when a count was told: on the article's own day or on another, in the newest entry of a live
//! report or in an older one, before something else had happened.

use crate::extract::discourse::Line;
use crate::extract::facts::{Facts, fact};
use crate::extract::hashed::{Hashed, hashed};
use crate::extract::head::Count;
use crate::extract::lexicon::{EARLIER, PREPOSITION, SUBORDINATOR, TIME, WEEKDAY};
use crate::extract::token::{Kind, Token};

/// What an article says of its own time.
#[derive(Debug)]
pub struct Times {
    /// The day of the week that its opening names first.
    day: Option<String>,
    /// The lines that open with a clock, as entries of live reports do.
    entries: Vec<usize>,
    /// Whether the newest entry comes first.
    falling: bool,
}

/// So many lines are the opening.
const OPENING: usize = 5;
/// So many entries make a live report.
const LEAST_ENTRIES: usize = 3;
/// How far before and behind a count words of time belong to it, in tokens.
const BEFORE: usize = 14;
const BEHIND: usize = 8;

impl Times {
    /// What the lines of an article say.
    pub fn of(lines: &[Line]) -> Self {
        let opening = lines.iter().take(OPENING).flat_map(|line| &line.tokens);
        let day = opening.filter(|t| t.is(WEEKDAY)).map(|t| t.lower.to_string()).next();
        let opens = |at: usize| at == 0 || lines[at - 1].sentence.paragraph != lines[at].sentence.paragraph;
        let clocks: Vec<(usize, u32)> = (0..lines.len())
            .filter(|at| opens(*at))
            .filter_map(|at| Some((at, lines[at].tokens.iter().take(4).find_map(clock)?)))
            .collect();
        let falls = clocks.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
        Self { day, falling: falls * 2 >= clocks.len(), entries: clocks.into_iter().map(|(line, _)| line).collect() }
    }

    /// The facts of a count in a line; `among` is how its value compares with the others of its kind.
    pub fn facts(&self, lines: &[Line], line: usize, count: &Count, among: Hashed, facts: &mut Facts) {
        let mut add = |name: Hashed, value: Hashed| {
            fact!(facts, "when-", name, "=", value);
            fact!(facts, "when-", name, "=", value, "+", among);
        };
        if self.entries.len() >= LEAST_ENTRIES {
            let order = if self.falling { hashed!("falling") } else { hashed!("rising") };
            let entry = self.entries.partition_point(|at| *at <= line);
            let place = match entry {
                0 => hashed!("above"),
                1 => hashed!("first"),
                n if n == self.entries.len() => hashed!("last"),
                2 => hashed!("second"),
                _ => hashed!("later"),
            };
            add(order, place);
        }
        let tokens = &lines[line].tokens;
        let from = count.first.saturating_sub(BEFORE);
        let near = &tokens[from..(count.end + BEHIND).min(tokens.len())];
        let day = near.iter().rfind(|t| t.is(WEEKDAY));
        add(
            hashed!("day"),
            match (day, &self.day) {
                (None, _) => hashed!("none"),
                (Some(_), None) => hashed!("only"),
                (Some(day), Some(own)) if *day.lower == **own => hashed!("own"),
                _ => hashed!("other"),
            },
        );
        let before = &tokens[from..count.first];
        if before.iter().chain(tokens.iter().skip(count.end + 1).take(4)).any(|t| t.reads("had")) {
            add(hashed!("tense"), hashed!("had"));
        }
        for pair in near.windows(3) {
            let at_time =
                pair[0].is(PREPOSITION | SUBORDINATOR) && pair[1..].iter().any(|t| t.is(TIME) || clock(t).is_some());
            if at_time {
                add(hashed!("at"), pair[0].lower.hashed());
            }
        }
        if near.iter().any(|t| t.is(EARLIER)) {
            add(hashed!("earlier"), hashed!("yes"));
        }
        let opening = tokens.iter().take(BEHIND).find(|t| t.kind == Kind::Word);
        if let Some(word) = opening.filter(|t| t.is(PREPOSITION | SUBORDINATOR | EARLIER | WEEKDAY)) {
            add(hashed!("opens"), if word.is(WEEKDAY) { hashed!("weekday") } else { word.lower.hashed() });
        }
    }
}

/// The minutes of a day that a clock shows: "09:30", "9.30".
fn clock(token: &Token) -> Option<u32> {
    if !matches!(token.kind, Kind::Digits | Kind::Mixed) {
        return None;
    }
    let (hours, minutes) = token.lower.split_once([':', '.'])?;
    let fits = matches!(hours.len(), 1 | 2) && minutes.len() == 2;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (fits && hours < 24 && minutes < 60).then(|| hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::article;
    use crate::extract::{lexicon, work};

    #[test]
    fn the_entries_of_a_live_report_are_known_by_their_clocks() {
        let text = "Fire in Tarsa\n\n14:20 Nine are dead.\n\n13:05 Six are dead.\n\n12:40 A fire burns.\n";
        let lines = work::lines(&article(text), lexicon::for_language("en").expect("a lexicon of English"));
        let times = Times::of(&lines);
        assert!(times.falling && times.entries.len() == 3, "{times:?}");
    }

    #[test]
    fn what_no_clock_shows_is_no_time() {
        let text = "Fire in Tarsa\n\n2000000002:00 Nine are dead.\n\n25:61 Six are dead.\n";
        let lines = work::lines(&article(text), lexicon::for_language("en").expect("a lexicon of English"));
        assert!(Times::of(&lines).entries.is_empty());
    }
}
