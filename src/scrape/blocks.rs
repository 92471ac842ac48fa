//! A page as the lines that a reader sees: each with where it stands, so that an extraction can be checked against it.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::dates;
use super::paragraphs::{INLINE, SILENT, is_data_row};
use super::plain_text::clean;
use super::sites::Selectors;

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
    /// Whether the markup that is known of the site or feed says that it is body text.
    pub body: bool,
    /// Whether the same says that it is no part of the article.
    pub removed: bool,
    /// The time of the entry of a live blog that it is in, where there is one.
    pub at: Option<Timestamp>,
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

/// The lines of a page in order. Its depth must have been bounded by the guard. Of `known`, those first named say what is
/// body text; all of them, what is no part of the article.
pub fn blocks(page: &Html, known: &[&Selectors]) -> Vec<Block> {
    let mut reader = Reader {
        known,
        knows_body: known.iter().copied().find(|selectors| selectors.knows_body()),
        entries: entries(page),
        passed: None,
        done: Vec::new(),
        line: String::new(),
        linked: (0, 0),
        in_row: false,
        groups: 0,
    };
    let root = Place {
        kind: Kind::Paragraph,
        group: 0,
        outer: 0,
        here: 0,
        furniture: 0,
        link: false,
        body: false,
        removed: false,
        at: None,
    };
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
    removed: bool,
    at: Option<Timestamp>,
}

struct Reader<'a> {
    known: &'a [&'a Selectors],
    knows_body: Option<&'a Selectors>,
    entries: HashMap<*const Element, Entry>,
    /// The last time of an entry that has no element of its own.
    passed: Option<Timestamp>,
    done: Vec<Block>,
    line: String,
    linked: (usize, usize),
    in_row: bool,
    groups: usize,
}

/// The time of an entry, and whether its element holds the entry or only the time, before it.
#[derive(Clone, Copy)]
struct Entry {
    at: Timestamp,
    holds: bool,
}

/// How much text, in characters, an element may hold that is a time and no entry.
const LONGEST_TIME: usize = 60;

/// The elements that hold one time each, of the outermost kind: in a page of timed entries, the entries.
fn entries(page: &Html) -> HashMap<*const Element, Entry> {
    let times: Vec<(ElementRef<'_>, Timestamp)> = page
        .root_element()
        .descendent_elements()
        .filter(|element| element.value().name() == "time")
        .filter_map(|element| {
            let written = element.value().attr("datetime").and_then(|text| dates::parse(text, false))?;
            Some((element, written.timestamp()?))
        })
        .take(MOST_ENTRIES)
        .collect();
    let mut around: HashMap<*const Element, usize> = HashMap::new();
    for (time, _) in &times {
        for above in time.ancestors().filter_map(ElementRef::wrap) {
            *around.entry(key(above)).or_default() += 1;
        }
    }
    let entry = |(time, at): &(ElementRef<'_>, Timestamp)| {
        let above = time.ancestors().filter_map(ElementRef::wrap);
        let holder = above.take_while(|above| around.get(&key(*above)) == Some(&1)).last().unwrap_or(*time);
        let letters: usize = holder.text().take(100).map(|text| text.trim().chars().count()).sum();
        (key(holder), Entry { at: *at, holds: letters > LONGEST_TIME })
    };
    times.iter().map(entry).collect()
}

/// What an element is known by as long as its page is.
fn key(element: ElementRef<'_>) -> *const Element {
    element.value()
}

/// How many times of a page are looked at; live blogs of a day have some hundreds.
const MOST_ENTRIES: usize = 2_000;

impl Reader<'_> {
    fn read(&mut self, parent: ElementRef<'_>, mut place: Place) {
        // The number by which the children of this element know each other.
        self.groups += 1;
        let here = self.groups;
        let around = std::mem::replace(&mut place.here, here);
        self.read_children(parent, place, around);
    }

    /// Reads what an element holds; `around` is the number of the element that it is in.
    fn read_children(&mut self, parent: ElementRef<'_>, place: Place, around: usize) {
        let here = place.here;
        for child in parent.children() {
            if let Node::Text(text) = child.value() {
                let letters = text.chars().filter(|c| !c.is_whitespace()).count();
                self.linked.0 += if place.link { letters } else { 0 };
                self.linked.1 += letters;
                self.line.push_str(text);
            }
            let Some(element) = ElementRef::wrap(child) else { continue };
            let name = element.value().name();
            if SILENT.contains(&name) || is_hidden(element) {
                continue;
            }
            let mut inner = place;
            inner.link |= name == "a";
            inner.body |= self.knows_body.is_some_and(|known| known.is_body(element));
            if !place.removed && self.known.iter().any(|known| known.removes(element)) {
                inner.removed = true;
                self.read_aside(element, inner);
                continue;
            }
            match self.entries.get(&key(element)).copied() {
                Some(Entry { at, holds: true }) => inner.at = Some(at),
                Some(Entry { at, holds: false }) => self.passed = Some(at),
                None => {}
            }
            if INLINE.contains(&name) {
                // What is within a line has no place of its own: a heading within a link is a sibling of what follows it.
                self.read_children(element, inner, around);
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
            // Some put a table of the report into a figure.
            let is_table = name == "figure" && element.descendent_elements().any(|e| e.value().name() == "tr");
            if (FURNITURE.contains(&name) && !is_table) || is_furniture_by_class(element) {
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

    /// Reads what is no part of the article into lines of its own; the line that it stands in goes on behind it.
    fn read_aside(&mut self, element: ElementRef<'_>, place: Place) {
        let around =
            (std::mem::take(&mut self.line), std::mem::take(&mut self.linked), std::mem::take(&mut self.in_row));
        self.read(element, place);
        self.end(place);
        (self.line, self.linked, self.in_row) = around;
    }

    fn end(&mut self, place: Place) {
        if self.in_row {
            self.line.push(' ');
            return;
        }
        let text = clean(&std::mem::take(&mut self.line));
        let linked = std::mem::take(&mut self.linked);
        if !text.is_empty() {
            let Place { kind, group, outer, furniture, body, removed, at, .. } = place;
            let at = at.or(self.passed);
            self.done.push(Block { text, kind, group, outer, furniture, body, removed, at, linked });
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
    ["class", "id", "data-component", "data-testid", "role"]
        .iter()
        .filter_map(|key| value.attr(key))
        .any(|names| names.split_whitespace().any(names_furniture))
}

/// Whether a class is called like what stands beside an article: "related", "box-related", "PagePromo", "sign-in-gate".
fn names_furniture(name: &str) -> bool {
    if name.len() > 100 {
        return false;
    }
    let mut spelt = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            spelt.push('-');
        }
        spelt.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
        before = c;
    }
    let is = |word: &str| FURNITURE_WORDS.contains(word);
    let ends: Vec<usize> = spelt.match_indices('-').map(|(at, _)| at).chain([spelt.len()]).collect();
    let starts = || std::iter::once(0).chain(ends.iter().map(|end| end + 1));
    let single = starts().zip(&ends).any(|(start, end)| is(&spelt[start..*end]));
    let double = || starts().zip(ends.iter().skip(1)).any(|(start, end)| is(&spelt[start..*end]));
    is(&name.to_ascii_lowercase()) || is(&spelt) || single || double()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Vec<Block> {
        blocks(&Html::parse_document(html), &[])
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
    fn entries_know_their_times_in_boxes_of_their_own_and_in_a_row() {
        let long = "Twelve people are now known to have died in the floods, the governor told reporters.";
        let in_boxes = format!(
            "<div><div><h2>Twelve dead</h2><time datetime=2026-11-14T15:30Z></time><p>{long}</p></div>\
             <div><h2>Bridge closed</h2><time datetime=2026-11-14T11:10Z></time><p>{long}</p></div></div>"
        );
        let in_a_row = format!(
            "<div><p><time datetime=2026-11-14T15:30Z>15:30</time></p><p>{long}</p><p>{long}</p>\
             <p><time datetime=2026-11-14T11:10Z>11:10</time></p><p>{long}</p></div>"
        );
        let hours = |html: &str| {
            let page = read(html);
            let of = |b: &Block| b.at.map_or("none".to_owned(), |at| at.to_string()[11..16].to_owned());
            page.iter().filter(|b| b.text.len() > 5).map(of).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(hours(&in_boxes), "15:30 15:30 11:10 11:10");
        assert_eq!(hours(&in_a_row), "15:30 15:30 11:10");
    }

    #[test]
    fn a_line_goes_on_behind_what_is_no_part_of_it() {
        let selectors = Selectors::new(None, Some(".card")).unwrap();
        let html = "<p>The governor<span class=card>Age: 61</span> said <b class=card>Party: none</b></p><p>so.</p>";
        let page = blocks(&Html::parse_document(html), &[&selectors]);
        let shown: Vec<_> = page.iter().map(|b| (b.text.as_str(), b.removed)).collect();
        assert_eq!(shown, [("Age: 61", true), ("Party: none", true), ("The governor said", false), ("so.", false)]);
    }

    #[test]
    fn furniture_is_known_by_words_and_pairs_of_words() {
        for name in
            ["related", "box-related", "PagePromo", "sign-in-gate", "article__more-on", "jp_relatedposts-related"]
        {
            assert!(names_furniture(name), "{name}");
        }
        for name in ["story", "correlated", "RichTextBody", "sign-of-life", "more", "--", ""] {
            assert!(!names_furniture(name), "{name}");
        }
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
