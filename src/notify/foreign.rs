//! Words from outside, made fit to print: what an outlet or a page wrote must not steer a reader's screen or mail.

use url::Url;

/// A foreign text on one line: line breaks and tabs become spaces; control characters, direction marks and invisible
/// characters go, since they could hide a word or turn a number around.
pub fn clean(text: &str) -> String {
    let printable: String =
        text.chars().map(|c| if is_break(c) { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As [`clean`], but keeps the spaces at both ends: for the pieces of a sentence that are put side by side again.
pub(super) fn clean_piece(text: &str) -> String {
    let whole = clean(text);
    if whole.is_empty() {
        return if text.contains(char::is_whitespace) { " ".to_owned() } else { whole };
    }
    let before = if text.starts_with(|c: char| c.is_whitespace()) { " " } else { "" };
    let after = if text.ends_with(|c: char| c.is_whitespace()) { " " } else { "" };
    format!("{before}{whole}{after}")
}

/// As [`clean`], cut at the end of a word so that at most `most` characters remain, the ellipsis among them.
pub fn clean_short(text: &str, most: usize) -> String {
    shorten(&clean(text), most)
}

/// A text of at most `most` characters: the whole of it, or its beginning up to the end of a word and an ellipsis.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    let cut = match head.rfind(' ') {
        Some(space) if space * 2 > head.len() => &head[..space],
        _ => &head,
    };
    format!("{}…", cut.trim_end_matches([' ', ',', ';', ':', '–', '-']))
}

/// The address as a link, if it is one that a browser may follow: `http` or `https`, without a login in it, and not
/// longer than 2,000 characters, which is more than any mail program is known to need.
pub fn link(url: &Url) -> Option<&str> {
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (plain && url.as_str().len() <= 2_000).then(|| url.as_str())
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Zero-width joiner and non-joiner stay: Persian and the Indic scripts are misspelt without them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_screen_is_gone() {
        assert_eq!(clean("Coast\u{202e} yliaD\r\nBcc: a@b\u{0}\u{1b}[31m"), "Coast yliaD Bcc: a@b[31m");
        assert_eq!(clean("  a\u{2028}b\u{200b}c \u{7f}"), "a bc");
        assert_eq!(clean("کتاب\u{200c}ها"), "کتاب\u{200c}ها");
    }

    #[test]
    fn pieces_keep_the_spaces_between_them() {
        assert_eq!(clean_piece("identified "), "identified ");
        assert_eq!(clean_piece("\n of them"), " of them");
        assert_eq!(clean_piece(" \n"), " ");
        assert_eq!(clean_piece(""), "");
    }

    #[test]
    fn a_long_text_ends_at_a_word() {
        assert_eq!(shorten("one two three", 13), "one two three");
        assert_eq!(shorten("one two three", 12), "one two…");
        assert_eq!(shorten("onetwothreefour", 6), "onetw…");
    }

    #[test]
    fn only_web_addresses_are_links() {
        let passes = |text: &str| link(&Url::parse(text).unwrap()).is_some();
        assert!(passes("https://example.org/a?b=c#d"));
        assert!(!passes("javascript:alert(1)"));
        assert!(!passes("data:text/html,x"));
        assert!(!passes("https://user:secret@example.org/"));
        assert!(!passes("file:///etc/passwd"));
    }
}
