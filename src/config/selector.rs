//! CSS selectors in a config: the part of CSS that names elements of a page by their name, class, id, attributes and place.

use toml::de::DeValue;

use super::reader::Wrong;
use super::value;

/// How long a list of selectors may be, in characters.
const LONGEST: usize = 500;

/// Selectors with commas between them: `".story p, #live > li[data-entry]"`. Each is one or more compounds with a space,
/// `>`, `+` or `~` between them; a compound is a name or `*` or nothing, then any number of `.class`, `#id`, `[attribute]`
/// and `[attribute="value"]` (also `^=`, `$=`, `*=`, `~=`, `|=`). Whatever passes here can be read by the parser of pages.
pub(super) fn list(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = value::text(LONGEST)(value)?;
    match fault(&text) {
        None => Ok(text),
        Some((at, what)) => {
            let rest: String = text[at..].chars().take(20).collect();
            let where_ = if rest.is_empty() { "at its end".to_owned() } else { format!("at `{rest}`") };
            Err(Wrong::new(
                "is no CSS selector",
                format!(r#"{where_} {what}; as in ".story p, #live > li[data-entry]""#),
            ))
        }
    }
}

/// What is wrong, and from which byte on.
fn fault(text: &str) -> Option<(usize, &'static str)> {
    let mut at = 0;
    loop {
        at += spaces(&text[at..]);
        let Some(length) = compound(&text[at..]) else { return Some((at, "an element is expected")) };
        at += length;
        let gap = spaces(&text[at..]);
        let rest = &text[at + gap..];
        at += match rest.chars().next() {
            None => return None,
            Some(',' | '>' | '+' | '~') => gap + 1,
            Some(_) if gap > 0 => gap,
            Some(_) => return Some((at, "stands what is not understood here")),
        };
    }
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// The length of the compound that a text starts with.
fn compound(text: &str) -> Option<usize> {
    let mut at = if text.starts_with('*') { 1 } else { name(text).unwrap_or(0) };
    loop {
        let rest = &text[at..];
        at += match rest.chars().next() {
            Some('.' | '#') => 1 + name(&rest[1..])?,
            Some('[') => attribute(rest)?,
            _ => return (at > 0).then_some(at),
        };
    }
}

/// The length of `[name]` or `[name="value"]`.
fn attribute(text: &str) -> Option<usize> {
    let mut at = 1 + name(&text[1..])?;
    let rest = &text[at..];
    if let Some(operator) = ["=", "^=", "$=", "*=", "~=", "|="].into_iter().find(|o| rest.starts_with(o)) {
        at += operator.len();
        let quote = text[at..].chars().next().filter(|c| matches!(c, '"' | '\''));
        at += match quote {
            Some(quote) => {
                let value = &text[at + 1..][..text[at + 1..].find(quote)?];
                if value.contains('\\') {
                    return None;
                }
                value.len() + 2
            }
            None => name(&text[at..])?,
        };
    }
    text[at..].starts_with(']').then_some(at + 1)
}

/// The length of a name: letters, digits, `-` and `_`, not beginning with a digit.
fn name(text: &str) -> Option<usize> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let body = text.strip_prefix('-').unwrap_or(text);
    if !body.starts_with(is_first) {
        return None;
    }
    let end = body.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
    Some(text.len() - body.len() + end.unwrap_or(body.len()))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn selectors_are_told_from_what_is_none() {
        for text in [
            "p",
            ".story p, #live > li[data-entry]",
            "div.article-body > p + p ~ ul li",
            "*[itemprop='articleBody']",
            "[data-testid^=\"paragraph-\"]",
            "a[rel=nofollow].x#y",
            "-moz-box",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
        for (text, at) in [
            ("", 0),
            ("p,", 2),
            (".", 0),
            ("p[", 0),
            ("p[a=]", 0),
            (".2x", 0),
            ("p:first-child", 1),
            ("p > > a", 4),
            ("p{", 1),
        ] {
            assert_eq!(fault(text).map(|(at, _)| at), Some(at), "{text}");
        }
    }
}
