//! A headline as plain text on one line.

use super::entities::resolve_html;
use super::markup::{Token, tokens};

/// More than any headline has, in characters; the rest is cut.
const LONGEST: usize = 1_000;

/// Elements that occur in headlines; anything else in angle brackets is text, as in "the `<blink>` tag".
const INLINE: [&str; 33] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "center", "cite", "code", "del", "div", "em", "font", "h1",
    "h2", "h3", "i", "img", "ins", "mark", "nobr", "p", "q", "small", "span", "strike", "strong", "sub", "sup", "u",
    "wbr",
];

/// Takes tags and references away where the text is HTML, and from any text what would not print on one line.
pub(super) fn plain(text: &str, is_html: bool) -> String {
    if is_html { one_line(&without_markup(text)) } else { one_line(text) }
}

fn without_markup(text: &str) -> String {
    let mut out = String::new();
    for token in tokens(text) {
        match token {
            Token::Text(text) => out.push_str(&resolve_html(text)),
            Token::Data { text, .. } => out.push_str(text),
            Token::Start(tag) if is_inline(tag.name) => out.push_str(space_for(tag.name)),
            Token::End { name, .. } if is_inline(name) => out.push_str(space_for(name)),
            Token::Start(tag) => out.push_str(&resolve_html(tag.source)),
            Token::End { source, .. } => out.push_str(source),
            Token::Doctype(_) => {}
        }
    }
    out
}

fn is_inline(name: &str) -> bool {
    INLINE.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Words on both sides of a break are two words; those on both sides of a bold letter are one.
fn space_for(name: &str) -> &'static str {
    if ["br", "div", "p"].iter().any(|breaks| name.eq_ignore_ascii_case(breaks)) { " " } else { "" }
}

fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let start = line.len();
        if start > 0 {
            line.push(' ');
        }
        line.extend(word.chars().filter(|&c| !is_invisible(c)));
        if line.len() == start + usize::from(start > 0) {
            line.truncate(start);
        }
    }
    if let Some((cut, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(cut);
    }
    line
}

/// Controls, marks and overrides of direction, and characters of no width; a headline goes into the subject of a mail,
/// where they could show other words than they hold. The joiners of Persian and of Indian scripts stay.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_loses_its_markup_and_keeps_its_words() {
        assert_eq!(plain("<b>52</b> dead<br/>in Harun &amp; &#8217;round", true), "52 dead in Harun & ’round");
        assert_eq!(plain("x<sup>2</sup> <a href='/a>b'>why</a>", true), "x2 why");
    }

    #[test]
    fn what_only_looks_like_markup_stays() {
        assert_eq!(plain("Why <3 works, 4 < 5", true), "Why <3 works, 4 < 5");
        assert_eq!(plain("The <template> tag", true), "The <template> tag");
        assert_eq!(plain("The <b> tag &amp; more", false), "The <b> tag &amp; more");
    }

    #[test]
    fn nothing_is_left_that_breaks_the_line_or_turns_it_round() {
        assert_eq!(
            plain("\u{202e}52\u{7} dead\r\nSubject:\u{2028}x \u{200b} y\u{85}z", false),
            "52 dead Subject: x y z"
        );
        assert_eq!(plain("می\u{200c}خواهم", false), "می\u{200c}خواهم");
        assert_eq!(plain(&"a".repeat(5_000), false).len(), LONGEST);
    }
}
