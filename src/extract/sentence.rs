//! Paragraphs and sentences, with the headline marked as such.

use crate::extract::lexicon::{ABBREVIATION, Lexicon};
use crate::model::{Span, Text};

/// A sentence of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands in the text.
    pub span: Span,
    /// Whether it belongs to the title.
    pub headline: bool,
    /// The paragraph it stands in, counted from the title, which is 0.
    pub paragraph: usize,
}

/// The sentences of a text, in their order. A paragraph is a line.
pub fn sentences(text: &Text, lexicon: &Lexicon) -> Vec<Sentence> {
    let whole = text.as_str();
    let body = text.body_range().start;
    let mut found = Vec::new();
    let mut start = 0;
    for (paragraph, line) in whole.split('\n').enumerate() {
        let headline = start < body && !line.trim().is_empty();
        for (from, to) in split(line, lexicon) {
            found.push(Sentence { span: Span { start: start + from, end: start + to }, headline, paragraph });
        }
        start += line.len() + 1;
    }
    found
}

/// Where the sentences of one line begin and end. A full stop ends a sentence where white space and then no small
/// letter follow, unless it belongs to an abbreviation or an initial.
fn split(line: &str, lexicon: &Lexicon) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in line.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | ';' | '•' | '…')) {
        let mut end = at + mark.len_utf8();
        let closing = |c: char| matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '.' | '!' | '?');
        end += line[end..].chars().take_while(|c| closing(*c)).map(char::len_utf8).sum::<usize>();
        let after = &line[end..];
        let next = after.trim_start();
        if at < start || next.is_empty() || next.len() == after.len() {
            continue;
        }
        let opens_sentence = next.chars().next().is_some_and(|c| !c.is_lowercase());
        let opens_list = matches!(mark, ';' | '•');
        if !opens_list && (!opens_sentence || (mark == '.' && belongs_to_word(&line[start..at], next, lexicon))) {
            continue;
        }
        if mark == ';' {
            continue; // Clauses are the rules' business: one source often holds for both halves.
        }
        push(&mut found, line, start, end);
        start = end + (after.len() - next.len());
    }
    push(&mut found, line, start, line.len());
    found
}

fn push(found: &mut Vec<(usize, usize)>, line: &str, start: usize, end: usize) {
    let part = &line[start..end];
    let from = start + (part.len() - part.trim_start().len());
    let to = from + part.trim().len();
    if from < to {
        found.push((from, to));
    }
}

fn belongs_to_word(before: &str, next: &str, lexicon: &Lexicon) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (None, _) => false,
        // An initial, unless it closes an abbreviation such as "p.m." or "U.S.".
        (Some(letter), None) => letter.is_uppercase() && !before[..before.len() - word.len()].ends_with('.'),
        _ if word.eq_ignore_ascii_case("no") => next.starts_with(|c: char| c.is_ascii_digit()),
        _ => {
            word.chars().next().is_some_and(char::is_uppercase) && lexicon.word(&word.to_lowercase()).any(ABBREVIATION)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::lexicon::for_language;

    fn split_text(text: &str) -> Vec<String> {
        let text = Text::from_plain(text.to_owned());
        let english = for_language("en").expect("English is there");
        sentences(&text, english).iter().map(|s| s.span.of(text.as_str()).to_owned()).collect()
    }

    #[test]
    fn a_full_stop_in_a_name_or_a_number_ends_nothing() {
        let found = split_text(
            "Nine die\n\nDr. A. Moreau of St. Brenn counted 1.2 million. \"It hurts.\" No. 3 burned at 5 p.m. Then it rained.",
        );
        assert_eq!(
            found,
            [
                "Nine die",
                "Dr. A. Moreau of St. Brenn counted 1.2 million.",
                "\"It hurts.\"",
                "No. 3 burned at 5 p.m.",
                "Then it rained."
            ]
        );
    }
}
