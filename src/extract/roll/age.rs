//! Ages as the press writes them: "9-year-old", "aged nine", "18 months", "(9)", ", 86,".

use crate::extract::hashed::Hashed;
use crate::extract::lexicon::small_number;
use crate::extract::token::{Kind, Token};

/// An age at `at`: in months, and its last token.
pub fn age(tokens: &[Token], at: usize) -> Option<(u64, usize)> {
    let token = tokens.get(at).filter(|token| may_open(token))?;
    let unit = |word: &str| -> Option<u64> {
        let word = word.trim_end_matches('s');
        match word {
            "year" | "yr" => Some(12),
            "month" => Some(1),
            "week" | "day" => Some(0),
            _ => None,
        }
    };
    let is_old = |i: usize| tokens.get(i).is_some_and(|t| t.reads("old"));
    // "9-year-old", "nine-year-old"
    if let Some((number, rest)) = token.lower.split_once('-') {
        let mut parts = rest.split('-');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        if let (Some(value), Some(months)) = (number_of(number), unit(first)) {
            if second == Some("old") {
                return Some((value * months, at));
            }
            if second.is_none() && is_old(at + 1) {
                return Some((value * months, at + 1));
            }
        }
    }
    if token.reads_any(&["aged", "age"]) {
        let value = tokens.get(at + 1)?;
        let years = number_of(value.lower.hashed())?;
        let months = tokens.get(at + 2).and_then(|t| unit(&t.lower));
        return Some((years * months.unwrap_or(12), at + 1 + usize::from(months.is_some())));
    }
    let value = number_of(token.lower.hashed())?;
    // "6 or 7 years old", "59 to 63 years old"
    let ranged = tokens.get(at + 1).is_some_and(|t| t.reads_any(&["or", "to", "-", "–"]));
    let at_unit = if ranged && tokens.get(at + 2).is_some_and(|t| number_of(t.lower.hashed()).is_some()) {
        at + 3
    } else {
        at + 1
    };
    let word = tokens.get(at_unit)?;
    let (first, old) = match word.lower.split_once([' ', '-']) {
        Some((first, "old")) => (first, true),
        Some(_) => return None,
        None => (&*word.lower, false),
    };
    let months = unit(first)?;
    if old {
        return Some((value * months, at_unit));
    }
    if is_old(at_unit + 1) {
        return Some((value * months, at_unit + 1));
    }
    // "Ida, 18 months", "(3 years)"
    let led = at.checked_sub(1).is_some_and(|i| tokens[i].reads_any(&[",", "("]));
    let ends = tokens.get(at_unit + 1).is_none_or(|t| t.kind == Kind::Mark || t.reads("and"));
    (led && ends).then_some((value * months, at_unit))
}

/// A number alone that stands behind a name, between brackets or commas: "(9)", ", 86,".
pub fn years_alone(tokens: &[Token], at: usize) -> Option<(u64, usize)> {
    let token = tokens.get(at).filter(|token| token.kind == Kind::Digits)?;
    let value = number_of(token.lower.hashed()).filter(|value| *value < 115)?;
    let led = at.checked_sub(1).is_some_and(|i| tokens[i].reads_any(&["(", ","]));
    let ends = tokens.get(at + 1).is_none_or(|t| t.reads_any(&[")", ",", ".", ";", "and"]));
    (led && ends).then_some((value * 12, at))
}

/// Whether an age may begin with a token: most are neither numbers nor joined by hyphens, and need not be looked at.
pub fn may_open(token: &Token) -> bool {
    let number = matches!(token.kind, Kind::Digits | Kind::Mixed) || token.senses.value.is_some();
    number || token.reads_any(&["aged", "age"]) || token.lower.is_hyphened()
}

/// A number of years: "nine", "70", "two-and-a-half".
fn number_of<'a>(word: impl Into<Hashed<'a>>) -> Option<u64> {
    let word = word.into();
    let text = word.text();
    let plain = || text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let half = || text.strip_suffix("-and-a-half").and_then(small_number);
    plain().or_else(|| small_number(word)).or_else(half).filter(|value| *value < 130)
}
