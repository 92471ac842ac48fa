//! A page as the lines that a reader sees: each with where it stands, so that an extraction can be checked against it.

use std::collections::HashSet;
use std::sync::LazyLock;

use scraper::{ElementRef, Html, Node};

use super::paragraphs::{INLINE, SILENT, is_data_row};
use super::plain_text::clean;
use super::sites::Site;

/// Elements that stand beside an article rather than in it.
const FURNITURE: &[&str] =
    &["nav", "aside", "footer", "form", "button", "figure", "figcaption", "dialog", "menu", "object", "label"];

/// Words in the class or id of what stands beside an article.
static FURNITURE_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("furniture.txt").lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
});

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Clean text, not empty.
    pub text: String,
    /// What kind of line it is.
    pub kind: Kind,
    /// The number of the element that holds it and its like: lines with the same number are siblings.
    pub group: usize,
    /// The number of the group that this group's holder is in: wrappers side by side have the same.
    pub outer: usize,
    /// The innermost element that is beside the article by its name or class, as a number; zero: none.
    pub furniture: usize,
    /// Whether the site's own markup says that it is body text.
    pub body: bool,
    /// How many characters are part of a link, of how many (spaces left out).
    pub linked: (usize, usize),
}

/// The kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A paragraph, or bare text between line breaks.
    Paragraph,
    /// The heading of the page.
    Title,
    /// Another heading.
    Heading,
    /// An item of a list.
    Item,
    /// A row of a table.
    Row,
}

impl Block {
    /// The share of characters in links, in hundredths.
    pub fn link_share(&self) -> usize {
        self.linked.0 * 100 / self.linked.1.max(1)
    }
}

/// The lines of a page in order. Its depth must have been bounded by the guard.
pub fn blocks(page: &Html, site: Option<&Site>) -> Vec<Block> {
    let mut reader = Reader { site, done: Vec::new(), line: String::new(), linked: (0, 0), in_row: false, groups: 0 };
    let root = Place { kind: Kind::Paragraph, group: 0, outer: 0, here: 0, furniture: 0, link: false, body: false };
    reader.read(page.root_element(), root);
    reader.end(root);
    reader.done
}

/// Where the reader stands.
#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    group: usize,
    outer: usize,
    /// The number of the element itself.
    here: usize,
    furniture: usize,
    link: bool,
    body: bool,
}

struct Reader<'a> {
    site: Option<&'a Site>,
    done: Vec<Block>,
    line: String,
    linked: (usize, usize),
    in_row: bool,
    groups: usize,
}

impl Reader<'_> {
    fn read(&mut self, parent: ElementRef<'_>, mut place: Place) {
        // The number by which the children of this element know each other.
        self.groups += 1;
        let here = self.groups;
        let around = std::mem::replace(&mut place.here, here);
        for child in parent.children() {
            if let Node::Text(text) = child.value() {
                let letters = text.chars().filter(|c| !c.is_whitespace()).count();
                self.linked.0 += if place.link { letters } else { 0 };
                self.linked.1 += letters;
                self.line.push_str(text);
            }
            let Some(element) = ElementRef::wrap(child) else { continue };
            let name = element.value().name();
            if SILENT.contains(&name) || is_hidden(element) || self.site.is_some_and(|s| s.drops(element)) {
                continue;
            }
            let mut inner = place;
            inner.link |= name == "a";
            inner.body |= self.site.is_some_and(|s| s.is_body(element));
            if INLINE.contains(&name) {
                self.read(element, inner);
                continue;
            }
            if name == "br" || name == "hr" {
                self.end(place);
                continue;
            }
            if matches!(name, "td" | "th") && self.in_row {
                if !self.line.trim().is_empty() {
                    self.line.push_str(" | ");
                }
                self.read(element, inner);
                continue;
            }
            self.end(place);
            if FURNITURE.contains(&name) || is_furniture_by_class(element) {
                // The number that the element gets when it is read.
                inner.furniture = self.groups + 1;
            }
            inner.kind = match name {
                "h1" => Kind::Title,
                "h2" | "h3" | "h4" | "h5" | "h6" => Kind::Heading,
                "li" | "dt" | "dd" => Kind::Item,
                "tr" => Kind::Row,
                "p" | "pre" | "blockquote" if matches!(place.kind, Kind::Item) => Kind::Item,
                _ => Kind::Paragraph,
            };
            // A paragraph belongs with its siblings; bare text in a container with what else is in the container.
            (inner.group, inner.outer) = match name {
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "li" | "tr" => (here, around),
                _ => (self.groups + 1, here),
            };
            let row = name == "tr" && !self.in_row && is_data_row(element);
            self.in_row |= row;
            self.read(element, inner);
            self.in_row &= !row;
            self.end(inner);
        }
    }

    fn end(&mut self, place: Place) {
        if self.in_row {
            self.line.push(' ');
            return;
        }
        let text = clean(&std::mem::take(&mut self.line));
        let linked = std::mem::take(&mut self.linked);
        if !text.is_empty() {
            let Place { kind, group, outer, furniture, body, .. } = place;
            self.done.push(Block { text, kind, group, outer, furniture, body, linked });
        }
    }
}

/// Classes of texts that are only for screen readers: "opens new tab", "Image caption".
const UNSEEN: &[&str] = &["sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "screenreader-only"];

/// Whether an element is there but not shown: copies for other screens, texts for scripts.
fn is_hidden(element: ElementRef<'_>) -> bool {
    let value = element.value();
    value.attr("hidden").is_some()
        || value.classes().any(|class| UNSEEN.contains(&class))
        || value.attr("style").is_some_and(|style| {
            let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

fn is_furniture_by_class(element: ElementRef<'_>) -> bool {
    let value = element.value();
    ["class", "id", "data-component", "data-testid", "role"].iter().filter_map(|key| value.attr(key)).any(|names| {
        names.split_whitespace().any(|name| {
            let name = name.to_ascii_lowercase();
            FURNITURE_WORDS.contains(&*name) || name.split(['-', '_']).any(|word| FURNITURE_WORDS.contains(word))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Vec<Block> {
        blocks(&Html::parse_document(html), None)
    }

    #[test]
    fn lines_know_their_siblings_and_what_is_beside_the_article() {
        let page = read(
            "<div class=story><h1>Toll</h1><p>One <a href=x>two</a>.</p><div class='box related-stories'><p>Other</p></div>\
             <p>Three.</p></div>",
        );
        let shown: Vec<_> = page.iter().map(|b| (b.text.as_str(), b.kind, b.furniture > 0, b.link_share())).collect();
        assert_eq!(
            shown,
            [
                ("Toll", Kind::Title, false, 0),
                ("One two.", Kind::Paragraph, false, 42),
                ("Other", Kind::Paragraph, true, 0),
                ("Three.", Kind::Paragraph, false, 0),
            ]
        );
        assert_eq!(page[1].group, page[3].group);
        assert_eq!(page[2].outer, page[1].group);
    }

    #[test]
    fn rows_stay_lines_and_what_is_hidden_is_not_read() {
        let page = read(
            "<table><tr><td>Latakia<td><b>401</b></table><p style='display: none'>x</p><p hidden>y</p>\
             a<span class=sr-only> opens new tab</span><br>b",
        );
        assert_eq!(page.iter().map(|b| &*b.text).collect::<Vec<_>>(), ["Latakia | 401", "a", "b"]);
    }
}
