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
    let mut found = Vec::with_capacity(whole.len() / USUAL);
    let mut start = 0;
    for (paragraph, line) in whole.split('\n').enumerate() {
        let headline = start < body && !line.trim().is_empty();
        let mut take = |from, to| {
            found.push(Sentence { span: Span { start: start + from, end: start + to }, headline, paragraph });
        };
        split(line, lexicon, &mut take);
        start += line.len() + 1;
    }
    found
}

/// Where the sentences of one line begin and end. A full stop ends a sentence where white space and then no small
/// letter follow, unless it belongs to an abbreviation or an initial.
fn split(line: &str, lexicon: &Lexicon, take: &mut impl FnMut(usize, usize)) {
    let (mut start, mut from) = (0, 0);
    while let Some(far) = line.as_bytes()[from..].iter().position(|byte| MAY_PART[usize::from(*byte)]) {
        let at = from + far;
        from = at + 1;
        let Some(mark) = line[at..].chars().next().filter(|c| matches!(c, '.' | '!' | '?' | ';' | '•' | '…'))
        else {
            continue;
        };
        let mut end = at + mark.len_utf8();
        let closing = |c: char| matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '.' | '!' | '?');
        let closing = line[end..].chars().take(MOST_CLOSING).take_while(|c| closing(*c));
        end += closing.map(char::len_utf8).sum::<usize>();
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
        tidy(line, start, end, take);
        start = end + (after.len() - next.len());
    }
    tidy(line, start, line.len(), take);
}

/// Whether each byte may begin a mark at which sentences part. All bytes of a text are asked, and most are letters.
const MAY_PART: [bool; 256] = {
    const BULLET_OR_ELLIPSIS: u8 = 0xe2;
    let (mut may, mut at) = ([false; 256], 0);
    let marks = [b'.', b'!', b'?', b';', BULLET_OR_ELLIPSIS];
    while at < marks.len() {
        may[marks[at] as usize] = true;
        at += 1;
    }
    may
};

/// The most marks that close a sentence together. Each of a row of full stops looks at those behind it.
const MOST_CLOSING: usize = 16;
/// Few texts have shorter sentences, in bytes.
const USUAL: usize = 50;
/// The most bytes of a sentence; the longest that people write have half of them. Rules and facts look from a count as
/// far as its sentence goes, so that without a bound a text that never ends a sentence would cost its length squared.
const LONGEST: usize = 2_000;

/// Takes a sentence without the white space around it, in pieces where it is too long.
fn tidy(line: &str, start: usize, end: usize, take: &mut impl FnMut(usize, usize)) {
    let part = &line[start..end];
    let mut from = start + (part.len() - part.trim_start().len());
    let to = from + part.trim().len();
    while from < to {
        let rest = &line[from..to];
        let piece = if rest.len() <= LONGEST { rest } else { rest[..cut(rest)].trim_end() };
        take(from, from + piece.len());
        from = to - rest[piece.len()..].trim_start().len();
    }
}

/// Where a text that is too long is cut: at its last white space within the bound, else between two characters.
fn cut(text: &str) -> usize {
    let longest = text.floor_char_boundary(LONGEST);
    text[..longest].rfind(char::is_whitespace).unwrap_or(longest)
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
            word.chars().next().is_some_and(char::is_uppercase)
                && lexicon.word(word.to_lowercase().as_str()).any(ABBREVIATION)
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

    #[test]
    fn a_sentence_without_end_is_cut_between_words() {
        let just = format!("{} x", "nine ".repeat(399));
        assert_eq!(split_text(&format!("Fire\n\n{just}")).len(), 2, "{} bytes are a sentence", just.len());
        let found = split_text(&format!("Fire\n\n{}", "nine ".repeat(1_000)));
        assert_eq!(found[1..].iter().map(String::len).collect::<Vec<_>>(), [1_999, 1_999, 999]);
        assert!(found[1..].iter().all(|piece| piece.starts_with("nine ") && piece.ends_with(" nine")));
        // One word without end, of characters of three bytes.
        let found = split_text(&format!("Fire\n\n{}", "九".repeat(1_000)));
        assert_eq!(found[1..].iter().map(String::len).collect::<Vec<_>>(), [1_998, 1_002]);
    }

    #[test]
    fn a_row_of_full_stops_ends_one_sentence() {
        assert_eq!(split_text("Fire\n\nThey waited.................... Then it rained.").len(), 3);
    }
}
