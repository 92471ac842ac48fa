//! References such as `&amp;`, `&nbsp;` and `&#8217;` to the characters they stand for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use encoding_rs::WINDOWS_1252;

use super::encoding::is_legal;

/// Name to text; one list is HTML's, another what the document's own type declaration adds.
pub(super) type Declared = HashMap<String, String>;

/// More declarations than any feed has.
const MOST_DECLARED: usize = 256;

/// The longest value that a declared entity may have, in bytes: they are for characters and phrases.
const LONGEST_VALUE: usize = 1024;

static HTML: LazyLock<HashMap<&'static str, char>> = LazyLock::new(|| {
    let rows = include_str!("data/entities.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let (name, code) = row.split_once('\t')?;
        Some((name, char::from_u32(u32::from_str_radix(code, 16).ok()?)?))
    })
    .collect()
});

/// A text whose references are resolved, and whether any of them was at fault.
pub(super) struct Resolved<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) faults: Faults,
}

/// What was at fault with the references of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// A bare ampersand, a name that XML does not know, a missing semicolon.
    pub(super) references: bool,
    /// A reference to a character that no document may hold.
    pub(super) control: bool,
}

/// Resolves every reference once; what stands for nothing stays as it is written.
pub(super) fn resolve<'a>(text: &'a str, declared: &Declared) -> Resolved<'a> {
    let mut faults = Faults::default();
    let Some(first) = text.find('&') else { return Resolved { text: Cow::Borrowed(text), faults } };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        let taken = match reference(after) {
            Some((Name::Number(number), length, closed)) => {
                faults.references |= !closed;
                match character(number) {
                    Some(c) => out.push(c),
                    None => faults.control = true,
                }
                length
            }
            Some((Name::Word(word), length, closed)) => {
                let found = declared.get(word).map(|value| Cow::Borrowed(value.as_str()));
                let found = found.or_else(|| HTML.get(word).map(|c| Cow::Owned(c.to_string())));
                faults.references |= !closed || !matches!(word, "amp" | "lt" | "gt" | "quot" | "apos");
                match found {
                    Some(value) if closed || word == "amp" => {
                        out.push_str(&value);
                        length
                    }
                    _ => {
                        out.push('&');
                        0
                    }
                }
            }
            None => {
                faults.references = true;
                out.push('&');
                0
            }
        };
        rest = &after[taken..];
        let next = rest.find('&').unwrap_or(rest.len());
        out.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Resolved { text: Cow::Owned(out), faults }
}

/// The same with HTML's names alone.
pub(super) fn resolve_html(text: &str) -> Cow<'_, str> {
    static NONE: LazyLock<Declared> = LazyLock::new(Declared::new);
    resolve(text, &NONE).text
}

/// The entities that a document type declares, each value resolved once and never again: nothing grows.
pub(super) fn declared_in(doctype: &str) -> Declared {
    let mut declared = Declared::new();
    for declaration in doctype.split("<!ENTITY").skip(1).take(MOST_DECLARED) {
        let declaration = declaration.trim_start();
        let Some((name, value)) = declaration.split_once(char::is_whitespace) else { continue };
        let value = value.trim_start();
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some(end) = value[1..].find(quote).filter(|&end| end <= LONGEST_VALUE) else { continue };
        declared.insert(name.to_owned(), resolve_html(&value[1..=end]).into_owned());
    }
    declared
}

/// Writes text so that an XML reader gives it back unchanged.
pub(super) fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if is_legal(c) => out.push(c),
            _ => {}
        }
    }
}

enum Name<'a> {
    Number(u32),
    Word(&'a str),
}

/// The reference behind an ampersand, its length, and whether a semicolon ends it.
fn reference(text: &str) -> Option<(Name<'_>, usize, bool)> {
    let ended = |length: usize| if text[length..].starts_with(';') { (length + 1, true) } else { (length, false) };
    if let Some(number) = text.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16),
            None => (number, 10),
        };
        let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        if length == 0 {
            return None;
        }
        // A number beyond all characters stands for none of them.
        let number = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
        let (length, closed) = ended(text.len() - digits.len() + length);
        return Some((Name::Number(number), length, closed));
    }
    let length = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(text.len());
    let (whole, closed) = ended(length);
    (length > 0).then(|| (Name::Word(&text[..length]), whole, closed))
}

/// The numbers of the C1 controls mean the characters of windows-1252, as in HTML (WHATWG, numeric character references).
fn character(number: u32) -> Option<char> {
    if let 0x80..=0x9F = number {
        let byte = [u8::try_from(number).ok()?];
        return WINDOWS_1252.decode_without_bom_handling(&byte).0.chars().next().filter(|&c| is_legal(c));
    }
    char::from_u32(number).filter(|&c| is_legal(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_once() {
        assert_eq!(resolve_html("a &amp;lt; b &eacute;&#xE9;&#233; &hellip;"), "a &lt; b ééé …");
        assert_eq!(resolve_html("&#146; &#0;&#31;&#xD800;&#99999999999;|"), "’ |");
    }

    #[test]
    fn what_stands_for_nothing_stays() {
        assert_eq!(resolve_html("a?x=1&y=2&copy=3 & &; &nosuch; AT&T &amp"), "a?x=1&y=2&copy=3 & &; &nosuch; AT&T &");
    }

    #[test]
    fn declared_entities_never_grow() {
        let doctype = r#"<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b '&a;&a;'><!ENTITY % c SYSTEM "file:///etc/passwd">"#;
        let declared = declared_in(doctype);
        assert_eq!(resolve("&b; &c;", &declared).text, "&a;&a; &c;");
    }

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = include_str!("data/entities.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(HTML.len(), rows);
        assert_eq!((HTML["nbsp"], HTML["euro"], HTML["amp"]), ('\u{A0}', '€', '&'));
    }
}
