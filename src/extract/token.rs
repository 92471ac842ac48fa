//! Tokens: words, numbers and marks with their spans, each with all that the lexicon says it can be.

use std::ops::Deref;

use smol_str::{SmolStr, SmolStrBuilder, StrExt};

use crate::extract::hashed::{Hash, Hashed};
use crate::extract::lexicon::kin::without_article;
use crate::extract::lexicon::{CASUALTY, Lexicon, MULTIPLIER, NUMBER, Senses, ZERO, small_number};
use crate::model::Span;

/// A word, a phrase of the lexicon, a number in digits or a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Where it stands in the text.
    pub span: Span,
    /// In lower case, with plain apostrophes and hyphens.
    pub lower: Lower,
    /// What it is made of.
    pub kind: Kind,
    /// What the lexicon says it can be.
    pub senses: Senses,
    /// Whether it begins with a capital letter, behind the article of an Arabic name too: "al-Rashid".
    pub capital: bool,
    /// Whether white space stands before it.
    pub spaced: bool,
}

/// The words of a token in lower case, hashed once for all the facts that are made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lower {
    text: SmolStr,
    outline: Outline,
    hyphened: bool,
    hash: Hash,
    /// How many bytes the stem has, and its hash.
    stem_end: u8,
    stem: Hash,
}

/// How many bytes a word has, up to 255, with the first two and the last of them: by this most words differ, and all of up to
/// three. The rules ask a hundred times a token whether it is this word or that, and for a word of the program the outline
/// is worked out when it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outline(u32);

impl Outline {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "no more than 255 are told")]
    const fn of(word: &str) -> Self {
        let length = if word.len() < 255 { word.len() as u8 } else { 255 };
        let (first, second, last) = match word.as_bytes() {
            [] => (0, 0, 0),
            [only] => (*only, 0, 0),
            [first, second @ last] | [first, second, .., last] => (*first, *second, *last),
        };
        Self(u32::from_le_bytes([length, first, second, last]))
    }
}

/// Words of so many bytes are one where their outlines are.
const OUTLINED: usize = 3;

/// So many characters of a word are its stem.
const STEM: usize = 7;

impl Lower {
    #[expect(clippy::cast_possible_truncation, reason = "no seven characters have more than 28 bytes")]
    fn of(text: SmolStr) -> Self {
        let word: &str = &text;
        let end = match word.as_bytes().get(..STEM) {
            None => word.len(),
            Some(start) if start.is_ascii() => STEM,
            Some(_) => word.char_indices().nth(STEM).map_or(word.len(), |(at, _)| at),
        };
        let (stem, rest) = word.as_bytes().split_at(end);
        let stem = Hash::NOTHING.and_all(stem);
        let hash = stem.and_all(rest);
        let hyphened = word.bytes().any(|byte| byte == b'-');
        let outline = Outline::of(word);
        Self { outline, hyphened, hash, stem_end: end as u8, stem, text }
    }

    /// Whether it is this word, to the last letter. Apart from where it is asked, which is everywhere.
    #[inline(never)]
    fn is(&self, word: &str) -> bool {
        *self.text == *word
    }

    /// Whether there is a hyphen in it.
    pub fn is_hyphened(&self) -> bool {
        self.hyphened
    }

    /// The words, shared where they are long.
    pub fn text(&self) -> SmolStr {
        self.text.clone()
    }

    /// The words with their hash.
    pub fn hashed(&self) -> Hashed<'_> {
        Hashed::known(&self.text, self.hash)
    }

    /// The beginning, so that the forms of a word are one.
    pub fn stem(&self) -> Hashed<'_> {
        Hashed::known(self.text.get(..usize::from(self.stem_end)).unwrap_or_default(), self.stem)
    }
}

impl Deref for Lower {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<'a> From<&'a Lower> for Hashed<'a> {
    fn from(lower: &'a Lower) -> Self {
        lower.hashed()
    }
}

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, perhaps with hyphens and digits inside; or a phrase of such words.
    Word,
    /// Digits, perhaps with separators.
    Digits,
    /// Digits with letters or a colon: "22-year-old", "5am", "10:30", "1.2m".
    Mixed,
    /// Anything else.
    Mark,
}

impl Token {
    /// Whether the lexicon gives it one of these classes.
    pub fn is(&self, classes: u64) -> bool {
        self.senses.any(classes)
    }

    /// Whether it is this word or mark.
    #[inline]
    pub fn reads(&self, word: &str) -> bool {
        self.lower.outline == Outline::of(word) && (word.len() <= OUTLINED || self.lower.is(word))
    }

    /// Whether it is one of these words or marks.
    #[inline]
    pub fn reads_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.reads(word))
    }

    /// Whether it is a dash with space around it, or a long one.
    pub fn is_dash(&self) -> bool {
        self.kind == Kind::Mark && (self.reads_any(&["–", "—", "--", "|"]) || (self.reads("-") && self.spaced))
    }

    /// Whether it is a quotation mark.
    pub fn is_quote(&self) -> bool {
        self.kind == Kind::Mark && self.reads_any(&["\"", "“", "”", "'", "‘", "«", "»"])
    }
}

/// The classes of tokens together.
pub fn said(tokens: &[Token]) -> u64 {
    tokens.iter().fold(0, |all, token| all | token.senses.classes | token.senses.circumstances)
}

/// The tokens of the sentence at `span`, phrases of the lexicon joined.
pub fn tokens(text: &str, span: Span, lexicon: &Lexicon) -> Vec<Token> {
    let mut tokens = raw(text, span);
    let (mut kept, mut at) = (0, 0);
    while let Some((first, behind)) = tokens.get_mut(at..).and_then(<[Token]>::split_first_mut) {
        let following = |i: usize| behind.get(i - 1).map(|token: &Token| token.lower.hash.id());
        let (mut length, senses) = lexicon.longest(first.lower.hash.id(), following);
        let mut senses = *senses;
        if length > 1 && behind[length - 2].reads("one") && is_counted(behind.get(length - 1), &senses, lexicon) {
            (length, senses) = (1, lexicon.word(&first.lower));
        }
        first.senses = senses;
        if length > 1 {
            first.span.end = behind[length - 2].span.end;
            first.lower = Lower::of(joined(first, &behind[..length - 1]));
        }
        if senses.classes == 0 {
            first.senses = compound(&first.lower, lexicon).unwrap_or(senses);
        }
        if kept < at {
            tokens.swap(kept, at);
        }
        kept += 1;
        at += length;
    }
    tokens.truncate(kept);
    tokens
}

/// Whether the "one" of a phrase is a number of its own, by the token behind it: "took in one hundred", "it stands at one.", but
/// "in one town" and "not one."
fn is_counted(next: Option<&Token>, phrase: &Senses, lexicon: &Lexicon) -> bool {
    match next {
        Some(next) if next.kind == Kind::Word => lexicon.word(&next.lower).any(MULTIPLIER),
        _ => !phrase.any(ZERO),
    }
}

/// The words of a phrase, with spaces between them.
fn joined(first: &Token, rest: &[Token]) -> SmolStr {
    let mut found = SmolStrBuilder::new();
    found.push_str(&first.lower);
    for word in rest {
        found.push(' ');
        found.push_str(&word.lower);
    }
    found.finish()
}

/// What a number and a noun joined by a hyphen are: "12-fatality", "three-death", "74-strong", "nine-member".
fn compound(word: &Lower, lexicon: &Lexicon) -> Option<Senses> {
    if !word.is_hyphened() {
        return None;
    }
    let hyphen = word.bytes().rposition(|byte| byte == b'-')?;
    let (number, noun) = (&word[..hyphen], &word[hyphen + 1..]);
    let digits = || number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok()).flatten();
    let value: u64 = small_number(number).or_else(digits).filter(|value| *value > 1)?;
    let noun = match noun {
        "strong" | "member" => Senses::default(),
        _ => lexicon.word(noun),
    };
    let fits = noun.any(CASUALTY) || noun.classes == 0;
    let counts = fits && (noun.any(CASUALTY) || word.ends_with("-strong") || word.ends_with("-member"));
    counts.then_some(Senses { classes: noun.classes & CASUALTY | NUMBER, value: Some(value), ..noun })
}

fn raw(text: &str, span: Span) -> Vec<Token> {
    let part = span.of(text);
    let mut found = Vec::with_capacity(part.len() / 4);
    let mut spaced = true;
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() || first == '\u{200b}' {
            spaced = true;
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (length, lower, kind) = match plain_word(rest) {
            Some((length, lower)) => (length, lower, Kind::Word),
            None => {
                let (length, kind) = piece(rest, first);
                (length, Lower::of(lowered(&rest[..length])), kind)
            }
        };
        let start = span.end - rest.len();
        found.push(Token {
            span: Span { start, end: start + length },
            lower,
            kind,
            senses: Senses::default(),
            capital: first.is_uppercase() || is_joined_name(&rest[..length]),
            spaced,
        });
        spaced = false;
        rest = &rest[length..];
    }
    found
}

/// "al-Rashid": a name behind its article, joined by a hyphen.
fn is_joined_name(word: &str) -> bool {
    without_article(word).is_some_and(|name| name.starts_with(char::is_uppercase))
}

/// The word that `rest` begins with, as most are: letters and digits of ASCII, and nothing behind them that may be part of
/// it. It is read once for its end, its small letters and its hashes.
#[expect(clippy::cast_possible_truncation, reason = "no stem of ASCII has more than seven bytes")]
fn plain_word(rest: &str) -> Option<(usize, Lower)> {
    let bytes = rest.as_bytes();
    if bytes[0].is_ascii_digit() || (matches!(bytes[0], b'h' | b'w') && address(rest).is_some()) {
        return None;
    }
    let (mut length, mut small) = (0, true);
    let (mut hash, mut stem) = (Hash::NOTHING, None);
    while let Some(byte) = bytes.get(length) {
        let letter = SMALL[usize::from(*byte)];
        if letter == 0 {
            break;
        }
        hash = hash.and(letter);
        small &= letter == *byte;
        length += 1;
        if length == STEM {
            stem = Some(hash);
        }
    }
    let goes_on = bytes.get(length).is_some_and(|byte| match byte {
        b'-' | b'\'' => true,
        b'.' => length == 1,
        byte => !byte.is_ascii(),
    });
    if length == 0 || goes_on {
        return None;
    }
    let word = &rest[..length];
    let stem = stem.unwrap_or(hash);
    let (text, outline) = if small {
        let text = if length <= INLINE { SmolStr::new_inline(word) } else { word.into() };
        (text, Outline::of(word))
    } else {
        let text = word.to_ascii_lowercase_smolstr();
        let outline = Outline::of(&text);
        (text, outline)
    };
    Some((length, Lower { text, outline, hyphened: false, hash, stem_end: length.min(STEM) as u8, stem }))
}

/// So many bytes a text of its kind holds without asking for memory.
const INLINE: usize = 23;

/// Each letter and digit of ASCII as it stands in a word in lower case; 0 for all other bytes.
const SMALL: [u8; 256] = {
    let (mut small, mut byte) = ([0; 256], 0_u8);
    while byte.is_ascii() {
        if byte.is_ascii_alphanumeric() {
            small[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    small
};

/// The length of the token that `rest` begins with, and what it is made of.
fn piece(rest: &str, first: char) -> (usize, Kind) {
    if first.is_ascii_digit() {
        digits(rest)
    } else if first.is_alphanumeric() {
        address(rest).map_or_else(|| (word(rest), Kind::Word), |length| (length, Kind::Mark))
    } else if matches!(first, '\'' | '’') && is_possessive(&rest[first.len_utf8()..]) {
        (first.len_utf8() + 1, Kind::Word)
    } else {
        (first.len_utf8(), Kind::Mark)
    }
}

/// The length of the web address that `rest` begins with: the words and numbers in it are none.
fn address(rest: &str) -> Option<usize> {
    if !["https://", "http://", "www."].iter().any(|opening| rest.starts_with(opening)) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '”' | '»' | '<' | '>' | '(' | ')' | '[' | ']');
    let address = &rest[..rest.find(ends).unwrap_or(rest.len())];
    Some(address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’']).len())
}

/// In lower case, with plain apostrophes and hyphens. Most words stand so in the text.
fn lowered(text: &str) -> SmolStr {
    let small = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(small) {
        text.into()
    } else if text.is_ascii() {
        text.to_ascii_lowercase_smolstr()
    } else {
        text.chars().map(plain).flat_map(char::to_lowercase).collect()
    }
}

fn plain(c: char) -> char {
    match c {
        '’' | '‘' | 'ʼ' => '\'',
        '‑' | '‐' | '\u{ad}' => '-',
        _ => c,
    }
}

/// "s" and no letter after it: what stands behind the apostrophe of a genitive.
fn is_possessive(rest: &str) -> bool {
    let mut letters = rest.chars();
    letters.next().is_some_and(|c| c == 's') && !letters.next().is_some_and(char::is_alphanumeric)
}

/// The length of the word that `rest` begins with: letters and digits, hyphens and apostrophes between them, and the
/// dots of an abbreviation such as "U.N.".
fn word(rest: &str) -> usize {
    let mut end = 0;
    let mut run = 0; // letters since the last dot
    let mut dotted = false;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let letter_follows = next.is_some_and(char::is_alphanumeric);
        let goes_on = match c {
            _ if c.is_alphanumeric() => {
                run += 1;
                true
            }
            '-' | '‑' | '‐' => letter_follows,
            '\'' | '’' => letter_follows && !is_possessive(&rest[at + c.len_utf8()..]),
            '.' if run == 1 && (dotted || letter_follows) => {
                let abbreviates = dotted || rest[at + 1..].chars().nth(1).is_none_or(|c| !c.is_alphanumeric());
                dotted = true;
                run = 0;
                abbreviates
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// The length of the number that `rest` begins with, and whether letters or a clock's colon are part of it.
fn digits(rest: &str) -> (usize, Kind) {
    let bytes = rest.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    let mut kind = Kind::Digits;
    loop {
        while digit(end) {
            end += 1;
        }
        let group = [("\u{a0}", 3), ("\u{202f}", 3), ("\u{2009}", 3)].into_iter().find(|(space, length)| {
            rest[end..].starts_with(space)
                && (0..*length).all(|i| digit(end + space.len() + i))
                && !digit(end + space.len() + length)
        });
        match (bytes.get(end), group) {
            (Some(b',' | b'.'), _) if digit(end + 1) => end += 1,
            (Some(b':'), _) if digit(end + 1) => {
                end += 1;
                kind = Kind::Mixed;
            }
            (_, Some((space, _))) => end += space.len(),
            _ => break,
        }
    }
    let tail = &rest[end..];
    let hyphened = tail.strip_prefix(['-', '‑', '‐']).filter(|t| t.starts_with(char::is_alphabetic));
    if tail.starts_with(char::is_alphabetic) {
        return (end + word(tail), Kind::Mixed);
    }
    if let Some(after) = hyphened {
        return (rest.len() - after.len() + word(after), Kind::Mixed);
    }
    (end, kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::lexicon::for_language;

    fn read(text: &str) -> Vec<(String, Kind)> {
        let english = for_language("en").expect("English is there");
        tokens(text, Span { start: 0, end: text.len() }, english)
            .into_iter()
            .map(|t| (t.lower.to_string(), t.kind))
            .collect()
    }

    #[test]
    fn an_address_is_one_mark_up_to_what_closes_it() {
        let found = read("See (https://img.example/12-dead.jpg?w=640&h=480) and www.wire.example/40.");
        let words: Vec<&str> = found.iter().map(|(word, _)| word.as_str()).collect();
        let addresses = ["https://img.example/12-dead.jpg?w=640&h=480", "www.wire.example/40"];
        assert_eq!(words, ["see", "(", addresses[0], ")", "and", addresses[1], "."]);
    }

    #[test]
    fn digits_keep_their_separators_and_their_letters() {
        use Kind::{Digits, Mark, Mixed, Word};
        let found = read("A 22-year-old, 1,018 at 10:30 and 12-15, 52,000-plus, the U.N.'s 1.2m.");
        let expected = [
            ("a", Word),
            ("22-year-old", Mixed),
            (",", Mark),
            ("1,018", Digits),
            ("at", Word),
            ("10:30", Mixed),
            ("and", Word),
            ("12", Digits),
            ("-", Mark),
            ("15", Digits),
            (",", Mark),
            ("52,000-plus", Mixed),
            (",", Mark),
            ("the", Word),
            ("u.n.", Word),
            ("'s", Word),
            ("1.2m", Mixed),
            (".", Mark),
        ];
        assert_eq!(found, expected.map(|(text, kind)| (text.to_owned(), kind)));
    }

    #[test]
    fn phrases_of_the_lexicon_are_one_token() {
        let found: Vec<_> = read("More than 12 lost their lives").into_iter().map(|(lower, _)| lower).collect();
        assert_eq!(found, ["more than", "12", "lost their lives"]);
    }
}
