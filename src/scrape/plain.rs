//! The plain reading of a page that is too deep or too large for the extraction library: long lines outside of the
//! page's furniture, in one pass and without a tree.

use super::paragraphs;

/// Elements that hold no part of an article.
const FURNITURE: &[&str] =
    &["nav", "header", "footer", "aside", "form", "button", "figure", "figcaption", "menu", "title"];

/// A line of an article has at least so many characters besides spaces; menus and buttons have fewer.
const SHORTEST_LINE: usize = 40;

/// How much text is taken, in bytes: more than the longest articles have.
const MOST_TEXT: usize = 256 << 10;

/// Reads a page that the guard has written. Time is linear in its length.
pub fn plain_reading(html: &str) -> Vec<String> {
    let mut kept = String::new();
    let mut line = Line::default();
    let mut furniture: Vec<&str> = Vec::new();
    let mut link = false;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        if furniture.is_empty() {
            line.text(&rest[..start], link);
        }
        let Some(length) = rest[start..].find('>') else { break };
        let tag = &rest[start + 1..start + length];
        rest = &rest[start + length + 1..];
        let (end, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name = tag.split(' ').next().unwrap_or(tag);
        if FURNITURE.contains(&name) {
            if !end {
                furniture.push(name);
            } else if furniture.last() == Some(&name) {
                furniture.pop();
            }
        }
        if name == "a" {
            link = !end;
        } else if !paragraphs::INLINE.contains(&name) {
            line.end(&mut kept);
        }
        if kept.len() > MOST_TEXT {
            break;
        }
    }
    line.end(&mut kept);
    // What is left is flat, so that the parser can be asked to read the character references.
    paragraphs::of_html(&kept)
}

#[derive(Default)]
struct Line {
    text: String,
    letters: usize,
    letters_in_links: usize,
}

impl Line {
    fn text(&mut self, text: &str, link: bool) {
        let room = MOST_TEXT.saturating_sub(self.text.len());
        let text = &text[..text.floor_char_boundary(room)];
        if !text.is_empty() {
            self.text.push_str(text);
            let letters = text.chars().filter(|c| !c.is_whitespace()).count();
            self.letters += letters;
            self.letters_in_links += if link { letters } else { 0 };
        }
    }

    fn end(&mut self, kept: &mut String) {
        if self.letters >= SHORTEST_LINE && self.letters_in_links * 2 < self.letters {
            kept.push_str("<p>");
            kept.push_str(&self.text);
            kept.push_str("</p>");
        }
        self.text.clear();
        self.letters = 0;
        self.letters_in_links = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::guard::guard;
    use super::*;

    #[test]
    fn a_page_too_deep_still_gives_its_paragraphs() {
        let page = format!(
            "<nav><p>A long line of the menu that nobody wants to read in an article at all, ever.</p></nav>{}<p>Crews found \
             31 bodies in the mill, the health office said &amp; added that nine were missing.</p><p>Share</p>",
            "<div>".repeat(20_000)
        );
        let guarded = guard(&page);
        assert!(guarded.too_deep);
        assert_eq!(
            plain_reading(&guarded.html),
            ["Crews found 31 bodies in the mill, the health office said & added that nine were missing."]
        );
    }
}
