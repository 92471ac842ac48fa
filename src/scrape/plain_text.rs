//! Text as it may stand in an article: no control characters, no marks that cannot be seen, single spaces.

/// Takes out what a reader cannot see and brings white space to single spaces. Direction marks and zero-width characters
/// can hide or reorder digits on a screen, so they never reach a figure or a mail.
pub fn clean(text: &str) -> String {
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
