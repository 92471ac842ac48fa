//! Stands between a page and the HTML parser: rewrites any markup into a shallow, well-formed page of bounded cost.
//!
//! A limit on bytes does not protect. html5ever takes time quadratic in the depth of nesting and in the attributes of
//! one tag (half a megabyte of `<div>` costs it a quarter of a minute), reopens formatting elements for each block, and
//! the extraction library overflows its stack, which nothing can catch, at a depth of some thousands. So the page is
//! read here once, in linear time, and written out anew: every tag has few attributes, every element is closed, nothing
//! lies deeper than [`MAX_DEPTH`]. Since the parser sees only what is written here, a page that the two would read
//! differently (scripts in drawings, unclosed quotes) can lose text but cannot get past the limits.

use scraper::Html;

use super::elements::*;

/// How deep elements may lie; browsers stop at 512, and news pages stay below 60.
pub const MAX_DEPTH: usize = 128;

/// How many elements a page may have before it is read plainly. News pages have seven hundred, few more than two thousand;
/// the extraction library takes some 20 µs for each.
pub const MAX_ELEMENTS: usize = 6_000;

/// How much of a page may be left after scripts, styles and drawings are gone, in bytes, before it is read plainly.
pub const MAX_MARKUP: usize = 600 << 10;

/// How much text times its depth a page may have, in bytes, before it is read plainly: the extraction library gathers
/// text anew for every element around it. News pages stay below 3 million.
pub const MAX_TEXT_BY_DEPTH: usize = 8_000_000;

/// After how many elements the rest of a page is left unread: no article starts there.
const MOST_ELEMENTS: usize = 250_000;

/// How much of a page that is read plainly is looked through for metadata, in bytes.
const HEAD: usize = 128 << 10;

/// How many attributes a tag keeps.
const MAX_ATTRIBUTES: usize = 48;

/// How long a value may be to be kept, in bytes; longer ones are pictures or state of scripts.
const MAX_VALUE: usize = 8 << 10;

/// How many data islands are kept, and how long one may be, in bytes.
const MAX_ISLANDS: usize = 32;
const MAX_ISLAND: usize = 1 << 20;

/// A page as the parser may see it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Guarded {
    /// The page, written anew.
    pub html: String,
    /// What stood in `<script type="application/ld+json">`, in order.
    pub json_ld: Vec<String>,
    /// Whether anything lay too deep and was moved up.
    pub too_deep: bool,
    /// How many elements are in `html`.
    pub elements: usize,
    /// The length of each piece of text times its depth, added up.
    pub text_by_depth: usize,
}

impl Guarded {
    /// The page as a tree; of one that is not moderate only the head, for its metadata.
    pub fn parse(&self) -> Html {
        if self.is_moderate() {
            return Html::parse_document(&self.html);
        }
        let within = self.html.floor_char_boundary(HEAD);
        let end = self.html[..within].rfind('>').map_or(0, |end| end + 1);
        Html::parse_document(&self.html[..end])
    }

    /// Whether the extraction library can take the page within its time.
    pub fn is_moderate(&self) -> bool {
        !self.too_deep
            && self.elements <= MAX_ELEMENTS
            && self.html.len() <= MAX_MARKUP
            && self.text_by_depth <= MAX_TEXT_BY_DEPTH
    }
}

/// Reads a page of any shape and writes it anew, in time linear in its length.
pub fn guard(page: &str) -> Guarded {
    let mut rewriter =
        Rewriter { page, at: 0, out: Guarded::default(), open: Vec::new(), without_end: Vec::new(), broke: false };
    rewriter.out.html.reserve(page.len() / 2);
    rewriter.rewrite();
    rewriter.out
}

struct Rewriter<'a> {
    page: &'a str,
    at: usize,
    out: Guarded,
    /// The elements that are open, outermost first; at most [`MAX_DEPTH`].
    open: Vec<Element<'a>>,
    /// Elements whose end tag does not occur in the rest of the page, so that it is looked for once only.
    without_end: Vec<&'a str>,
    /// Whether the last thing written was a line break for an element that was moved up.
    broke: bool,
}

impl<'a> Rewriter<'a> {
    fn rewrite(&mut self) {
        while self.at < self.page.len() && self.out.elements < MOST_ELEMENTS {
            let rest = &self.page[self.at..];
            let Some(text) = rest.find('<') else {
                self.text(rest);
                break;
            };
            self.text(&rest[..text]);
            self.at += text;
            self.markup(&rest[text..]);
        }
        self.close_down_to(0);
    }

    /// Takes what starts with `<`: a tag, a comment, or just that character.
    fn markup(&mut self, rest: &'a str) {
        let bytes = rest.as_bytes();
        match bytes.get(1) {
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.tag(&rest[1..], false),
            Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => self.tag(&rest[2..], true),
            Some(b'!') if rest.starts_with("<!--") => {
                let inner = &rest[4..];
                let end = match inner.as_bytes() {
                    [b'>', ..] => 1,
                    [b'-', b'>', ..] => 2,
                    _ => inner.find("-->").map_or(inner.len(), |end| end + 3),
                };
                self.at += 4 + end;
            }
            Some(b'!' | b'?' | b'/') => self.at += rest.find('>').map_or(rest.len(), |end| end + 1),
            _ => {
                self.text("<");
                self.at += 1;
            }
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !text.trim_ascii().is_empty() {
            self.broke = false;
            self.out.text_by_depth += text.len() * self.open.len();
        }
        for (i, part) in text.split('<').enumerate() {
            if i > 0 {
                self.out.html.push_str("&lt;");
            }
            self.out.html.push_str(part);
        }
    }

    /// Takes a tag from its name on.
    fn tag(&mut self, rest: &'a str, end: bool) {
        let start = self.page.len() - rest.len();
        let length = rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(rest.len());
        let name = &rest[..length];
        let (attributes, after) = attributes(&rest[length..]);
        let Some(after) = after else {
            // The page ends within the tag: as in browsers, there is no such tag.
            self.at = self.page.len();
            return;
        };
        self.at = start + length + after;
        if name.len() > 32 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b':') {
            return;
        }
        let element = Element::named(name);
        if end { self.end(element) } else { self.start(element, &attributes) }
    }

    fn start(&mut self, element: Element<'a>, attributes: &[(&'a str, &'a str)]) {
        if element.has(LEFT_OUT) {
            self.leave_out(element, attributes);
            return;
        }
        if element.has(TITLE) {
            self.title();
            return;
        }
        if element.has(FRAME) {
            // They stand where the parser puts them anyway; their attributes matter (the language, for one).
            self.write_start(element, attributes);
            return;
        }
        // What lies too deep is not put in order, which would take time for each tag.
        if !self.out.too_deep {
            self.imply_ends(element);
        }
        if element.has(VOID) {
            self.write_start(element, attributes);
        } else if self.open.len() < MAX_DEPTH {
            self.write_start(element, attributes);
            self.open.push(element);
        } else {
            self.out.too_deep = true;
            if element.has(SPECIAL) && !self.broke {
                self.out.html.push_str("<br>");
                self.broke = true;
            }
        }
    }

    /// Skips an element with its content; a data island is kept aside.
    fn leave_out(&mut self, element: Element<'a>, attributes: &[(&'a str, &'a str)]) {
        let content = &self.page[self.at..];
        let Some(length) = self.content_length(element.name) else {
            if element.has(RAW) {
                self.at = self.page.len();
            }
            return;
        };
        let is_data = |(name, value): &(&str, &str)| {
            name.eq_ignore_ascii_case("type") && value.to_ascii_lowercase().contains("ld+json")
        };
        if element.is_named("script")
            && attributes.iter().any(is_data)
            && self.out.json_ld.len() < MAX_ISLANDS
            && length <= MAX_ISLAND
        {
            self.out.json_ld.push(content[..length].to_owned());
        }
        self.skip_past_end_tag(length);
    }

    /// How long the content of an element is that holds only text, from here to its end tag.
    fn content_length(&mut self, name: &'a str) -> Option<usize> {
        if self.without_end.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return None;
        }
        let length = find_end_tag(&self.page[self.at..], name);
        if length.is_none() {
            self.without_end.push(name);
        }
        length
    }

    fn skip_past_end_tag(&mut self, content_length: usize) {
        let end_tag = &self.page[self.at + content_length..];
        self.at += content_length + end_tag.find('>').map_or(end_tag.len(), |end| end + 1);
    }

    /// Copies a title, which holds text only, to its end tag.
    fn title(&mut self) {
        let Some(length) = self.content_length("title") else { return };
        let content = &self.page[self.at..][..length];
        self.out.html.push_str("<title>");
        self.text(content);
        self.out.html.push_str("</title>");
        self.out.elements += 1;
        self.skip_past_end_tag(length);
    }

    /// Closes what a start tag closes without saying so.
    fn imply_ends(&mut self, element: Element<'_>) {
        if element.has(ITEM) {
            self.close_item(ITEM);
        } else if element.has(TERM) {
            self.close_item(TERM);
        } else if element.has(CELL) {
            self.close_within(CELL, TABLE | ROW);
        } else if element.has(ROW) {
            self.close_within(ROW | TABLE_HEAD, TABLE | ROWS);
        } else if element.has(ROWS) {
            self.close_within(ROWS | TABLE_HEAD, TABLE);
        } else if element.has(ALONE) {
            self.end_inline(element);
        }
        if element.has(BLOCK) {
            self.close_within(PARAGRAPH, TABLE_EDGE);
        }
        if element.has(HEADING) && self.open.last().is_some_and(|last| last.has(HEADING)) {
            self.close_down_to(self.open.len() - 1);
        }
    }

    /// Closes an item of a list that is still open when the next one starts.
    fn close_item(&mut self, item: Nature) {
        for i in (0..self.open.len()).rev() {
            let open = self.open[i];
            if open.has(item) {
                self.close_down_to(i);
                return;
            }
            if open.has(SPECIAL) && !open.has(LOOSE) {
                return;
            }
        }
    }

    /// Closes the innermost element of a nature, if it lies within the nearest barrier.
    fn close_within(&mut self, nature: Nature, barrier: Nature) {
        for i in (0..self.open.len()).rev() {
            if self.open[i].has(nature) {
                self.close_down_to(i);
                return;
            }
            if self.open[i].has(barrier) {
                return;
            }
        }
    }

    fn end(&mut self, element: Element<'a>) {
        if element.has(HEADING) {
            self.close_within(HEADING, TABLE_EDGE);
        } else if element.has(TABLE) {
            self.close_within(TABLE, 0);
        } else if element.has(SPECIAL) {
            let barrier = if element.has(CELL | ROW | ROWS | TABLE_HEAD) { TABLE } else { TABLE_EDGE };
            self.end_block(element, barrier);
        } else if element.is_named("br") {
            self.out.html.push_str("<br>");
        } else {
            self.end_inline(element);
        }
    }

    /// Closes the innermost element of a name with all that is open in it, if it lies within the nearest barrier.
    fn end_block(&mut self, element: Element<'_>, barrier: Nature) {
        for i in (0..self.open.len()).rev() {
            if self.open[i].nature == element.nature && self.open[i].is_named(element.name) {
                self.close_down_to(i);
                return;
            }
            if self.open[i].has(barrier) {
                return;
            }
        }
    }

    /// Ends an element that is no block. A link or a mark-up of words that a block has been opened in, and that ends
    /// before the block does, is ended alone: the parser sorts that out, and its cost is bounded by the depth.
    fn end_inline(&mut self, element: Element<'_>) {
        let mut across_block = false;
        for i in (0..self.open.len()).rev() {
            let open = self.open[i];
            if open.nature == element.nature && open.is_named(element.name) {
                if !across_block {
                    self.close_down_to(i);
                } else if open.has(FORMATTING) {
                    self.open.remove(i);
                    self.write_end(open);
                }
                return;
            }
            if open.has(TABLE_EDGE) {
                return;
            }
            across_block |= open.has(SPECIAL);
        }
    }

    fn close_down_to(&mut self, length: usize) {
        while self.open.len() > length {
            if let Some(element) = self.open.pop() {
                self.write_end(element);
            }
        }
    }

    fn write_start(&mut self, element: Element<'_>, attributes: &[(&str, &str)]) {
        let html = &mut self.out.html;
        html.push('<');
        html.push_str(element.name);
        for (key, value) in attributes {
            html.push(' ');
            html.push_str(key);
            html.push_str("=\"");
            for c in value.chars() {
                match c {
                    '"' => html.push_str("&quot;"),
                    '<' => html.push_str("&lt;"),
                    '>' => html.push_str("&gt;"),
                    c => html.push(c),
                }
            }
            html.push('"');
        }
        html.push('>');
        self.out.elements += 1;
        self.broke = false;
    }

    fn write_end(&mut self, element: Element<'_>) {
        self.out.html.push_str("</");
        self.out.html.push_str(element.name);
        self.out.html.push('>');
    }
}

/// Reads the attributes of a tag. The second value is the offset after the closing `>`; `None` where there is none.
fn attributes(tag: &str) -> (Vec<(&str, &str)>, Option<usize>) {
    let bytes = tag.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
            at += 1;
        }
        match bytes.get(at) {
            None => return (found, None),
            Some(b'>') => return (found, Some(at + 1)),
            Some(_) => {}
        }
        let name_start = at;
        at += 1; // An equals sign in the first place is part of the name.
        while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>' | b'=')) {
            at += 1;
        }
        let name = &tag[name_start..at];
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let mut value = "";
        if bytes.get(at) == Some(&b'=') {
            at += 1;
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            match bytes.get(at) {
                Some(quote @ (b'"' | b'\'')) => {
                    let Some(length) = tag[at + 1..].find(char::from(*quote)) else { return (found, None) };
                    value = &tag[at + 1..at + 1 + length];
                    at += length + 2;
                }
                _ => {
                    let start = at;
                    while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace() && *b != b'>') {
                        at += 1;
                    }
                    value = &tag[start..at];
                }
            }
        }
        if found.len() < MAX_ATTRIBUTES && value.len() <= MAX_VALUE && is_plain_name(name) {
            found.push((name, value));
        }
    }
}

fn is_plain_name(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
}

/// The offset of `</name` in `content`, whatever its case.
fn find_end_tag(content: &str, name: &str) -> Option<usize> {
    let bytes = content.as_bytes();
    let mut from = 0;
    while let Some(at) = content[from..].find("</") {
        let start = from + at;
        let end = start + 2 + name.len();
        if bytes.len() >= end
            && bytes[start + 2..end].eq_ignore_ascii_case(name.as_bytes())
            && bytes.get(end).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
        {
            return Some(start);
        }
        from = start + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(page: &str) -> String {
        guard(page).html
    }

    #[test]
    fn a_page_is_written_anew_with_every_element_closed() {
        assert_eq!(written("<p>one<p>two"), "<p>one</p><p>two</p>");
        assert_eq!(written("<ul><li>a<li>b</ul>c"), "<ul><li>a</li><li>b</li></ul>c");
        assert_eq!(
            written("<table><tr><td>1<td>2<tr><td>3</table>"),
            "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"
        );
        assert_eq!(written("<div><b>x</div>y</b>"), "<div><b>x</b></div>y");
        assert_eq!(written("</p></div>a < b &amp; c"), "a &lt; b &amp; c");
        // A link that ends before the block in it is ended alone, or the rest of the page would be a link.
        assert_eq!(written("<a href=x><div></a>text</div>"), "<a href=\"x\"><div></a>text</div>");
    }

    #[test]
    fn attributes_are_written_in_quotes_and_are_few() {
        assert_eq!(
            written("<p class=\"a > b\" id='c\"d' hidden DATA-x=1>t"),
            "<p class=\"a &gt; b\" id=\"c&quot;d\" hidden=\"\" DATA-x=\"1\">t</p>"
        );
        let many: String = (0..500).map(|i| format!(" a{i}")).collect();
        assert_eq!(written(&format!("<p{many}>")).matches('=').count(), MAX_ATTRIBUTES);
        assert_eq!(written(&format!("<img src='{}'>", "x".repeat(MAX_VALUE + 1))), "<img>");
    }

    #[test]
    fn what_holds_no_words_of_the_article_is_left_out() {
        let page = "a<!-- <p> --><script>if (1<p) '</div>'</script><style>p{}</style><svg><style></style><a b></svg>b";
        assert_eq!(written(page), "ab");
        let guarded = guard("<script type='application/ld+json'>{\"a\":\"<b>\"}</script>x");
        assert_eq!((guarded.json_ld, guarded.html.as_str()), (vec!["{\"a\":\"<b>\"}".to_owned()], "x"));
        // What is opened and never closed takes the rest with it only where a browser would do the same.
        assert_eq!(written("a<svg>b"), "ab");
        assert_eq!(written("a<script>b"), "a");
    }

    #[test]
    fn depth_is_bounded_and_no_text_is_lost() {
        let guarded = guard(&format!("{}deep{}", "<div>".repeat(1_000), "</div>".repeat(1_000)));
        assert!(guarded.too_deep && !guarded.is_moderate());
        assert_eq!(guarded.html.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(guarded.html.matches("</div>").count(), MAX_DEPTH);
        assert!(guarded.html.contains("deep"));
    }
}
