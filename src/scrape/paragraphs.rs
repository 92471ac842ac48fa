//! The text of a piece of HTML as paragraphs: blocks, list items and table rows stay apart and in their order.

use scraper::{ElementRef, Html, Node};

/// Elements that hold no text of the article, should any be left.
pub const SILENT: &[&str] = &["script", "style", "noscript", "template", "head", "iframe", "svg", "select", "textarea"];

/// Elements within a line; all others start and end one.
pub const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "ruby", "rb",
];

/// What stands between the cells of a table row.
const BETWEEN_CELLS: &str = " | ";

/// Elements that make a table row a piece of layout rather than a row of data.
const LAYOUT: &[&str] = &["table", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "section", "article"];

/// How long a row of data may be, in characters; what is longer is layout.
const LONGEST_ROW: usize = 400;

/// The paragraphs of a whole page or a fragment of one. Its depth must have been bounded by the guard.
pub fn of_html(html: &str) -> Vec<String> {
    let mut lines = Lines { done: Vec::new(), line: String::new(), in_row: false };
    lines.read(Html::parse_document(html).root_element());
    lines.end();
    lines.done
}

struct Lines {
    done: Vec<String>,
    line: String,
    /// Whether we are within a table row of data, which stays one line.
    in_row: bool,
}

impl Lines {
    /// Reads what is below an element; goes as deep as the page, which the guard has bounded.
    fn read(&mut self, parent: ElementRef<'_>) {
        for child in parent.children() {
            if let Node::Text(text) = child.value() {
                self.line.push_str(text);
            }
            let Some(element) = ElementRef::wrap(child) else { continue };
            let name = element.value().name();
            if SILENT.contains(&name) {
                continue;
            }
            if INLINE.contains(&name) {
                self.read(element);
            } else if name == "tr" && !self.in_row && is_data_row(element) {
                self.end();
                self.in_row = true;
                self.read(element);
                self.in_row = false;
                self.end();
            } else if matches!(name, "td" | "th") && self.in_row {
                if !self.line.trim().is_empty() {
                    self.line.push_str(BETWEEN_CELLS);
                }
                self.read(element);
            } else {
                self.end();
                self.read(element);
                self.end();
            }
        }
    }

    fn end(&mut self) {
        if self.in_row {
            self.line.push(' ');
        } else if self.line.trim().is_empty() {
            self.line.clear();
        } else {
            self.done.push(std::mem::take(&mut self.line));
        }
    }
}

/// Whether a table row holds data, which is read as one line, rather than a piece of the layout.
pub fn is_data_row(row: ElementRef<'_>) -> bool {
    row.text().map(|text| text.trim().chars().count()).sum::<usize>() <= LONGEST_ROW
        && !row.descendent_elements().any(|e| LAYOUT.contains(&e.value().name()))
}
