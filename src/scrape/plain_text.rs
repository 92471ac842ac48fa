//! Text as it may stand in an article: no control characters, no marks that cannot be seen, single spaces.

use std::borrow::Cow;

/// How long a tag that was left in a text may be, in bytes.
const LONGEST_TAG: usize = 300;

/// Takes out what a reader cannot see and brings white space to single spaces. Direction marks and zero-width characters
/// can hide or reorder digits on a screen, so they never reach a figure or a mail; tags that were escaped into the
/// text go too.
pub fn clean(text: &str) -> String {
    let text = &*without_tags(text);
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || is_space_of_control(c) {
            space = true;
        } else if !is_unseen(c) {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            out.push(c);
        }
    }
    out
}

/// Takes out what still reads as a tag: pages escape their markup once too often, and no news text means `<em>`.
fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        out.push_str(before);
        let name = tag[1..].trim_start_matches(['/', '!']);
        // Longer than this it is a comparison of numbers, or the text was cut.
        let within = &tag[..tag.floor_char_boundary(LONGEST_TAG)];
        match within.find('>') {
            Some(end) if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-') => rest = &tag[end + 1..],
            _ => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Controls that separate words: line and paragraph marks and the old field separators.
fn is_space_of_control(c: char) -> bool {
    matches!(c, '\u{1c}'..='\u{1f}' | '\u{2028}' | '\u{2029}' | '\u{0085}')
}

/// Controls, direction marks, zero-width characters, soft hyphens, tags, and characters of private use (icon fonts).
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_cannot_be_seen_is_taken_out_and_white_space_is_single() {
        assert_eq!(clean(" At\u{a0}least\n\t1\u{200b}9\u{202e} are\u{ad} dead.\u{0} "), "At least 19 are dead.");
        assert_eq!(clean("one\u{2028}two"), "one two");
        assert_eq!(clean("\u{feff}"), "");
    }

    #[test]
    fn tags_are_taken_out_and_comparisons_stay() {
        assert_eq!(clean("<em>Ten</em> dead<br/>"), "Ten dead");
        assert_eq!(clean("5 < 10 and a <b"), "5 < 10 and a <b");
    }
}
