//! Stands between a page and the HTML parser: rewrites any markup into a shallow, well-formed page of bounded cost.
//!
//! A limit on bytes does not protect. html5ever takes time quadratic in the depth of nesting and in the attributes of
//! one tag (half a megabyte of `<div>` costs it a quarter of a minute), reopens formatting elements for each block, and
//! the extraction library overflows its stack, which nothing can catch, at a depth of some thousands. So the page is
//! read here once, in linear time, and written out anew: every tag has few attributes, every element is closed, nothing
//! lies deeper than [`MAX_DEPTH`]. Since the parser sees only what is written here, a page that the two would read
//! differently (scripts in drawings, unclosed quotes) can lose text but cannot get past the limits.

/// How deep elements may lie; browsers stop at 512, and news pages stay below 60.
pub const MAX_DEPTH: usize = 192;

/// How many elements a page may have before it is read plainly; the largest news pages seen have about 20,000.
pub const MAX_ELEMENTS: usize = 40_000;

/// How much of a page may be left after scripts, styles and drawings are gone, in bytes, before it is read plainly.
pub const MAX_MARKUP: usize = 2 << 20;

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
}

impl Guarded {
    /// Whether the extraction library can take the page within its time.
    pub fn is_moderate(&self) -> bool {
        !self.too_deep && self.elements <= MAX_ELEMENTS && self.html.len() <= MAX_MARKUP
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

/// What the HTML standard says of an element, as far as it matters here; a set of the bits below.
type Nature = u8;

/// Has no content and no end tag.
const VOID: Nature = 1;
/// Is left out with all it holds: there are no words of the article in it.
const LEFT_OUT: Nature = 2;
/// Its content is text up to its end tag, whatever it looks like; without that end it takes the rest of the page.
const RAW: Nature = 4;
/// A link, or changes how words look: closed where the block around it is closed.
const FORMATTING: Nature = 8;
/// An end tag of something ordinary does not reach across it ("special" in the standard).
const SPECIAL: Nature = 16;
/// Ends an open paragraph when it starts.
const BLOCK: Nature = 32;
/// A heading.
const HEADING: Nature = 64;

/// The elements that are treated in a way of their own, in alphabetical order; all others are like `span`.
const ELEMENTS: &[(&str, Nature)] = &[
    ("a", FORMATTING),
    ("address", SPECIAL | BLOCK),
    ("applet", SPECIAL),
    ("area", VOID),
    ("article", SPECIAL | BLOCK),
    ("aside", SPECIAL | BLOCK),
    ("b", FORMATTING),
    ("base", VOID),
    ("basefont", VOID),
    ("bgsound", VOID),
    ("big", FORMATTING),
    ("blockquote", SPECIAL | BLOCK),
    ("br", VOID),
    ("button", SPECIAL),
    ("canvas", LEFT_OUT),
    ("caption", SPECIAL),
    ("center", SPECIAL | BLOCK),
    ("code", FORMATTING),
    ("col", VOID),
    ("colgroup", SPECIAL),
    ("datalist", LEFT_OUT),
    ("dd", SPECIAL | BLOCK),
    ("details", SPECIAL | BLOCK),
    ("dialog", BLOCK),
    ("dir", SPECIAL | BLOCK),
    ("div", SPECIAL | BLOCK),
    ("dl", SPECIAL | BLOCK),
    ("dt", SPECIAL | BLOCK),
    ("em", FORMATTING),
    ("embed", VOID),
    ("fieldset", SPECIAL | BLOCK),
    ("figcaption", SPECIAL | BLOCK),
    ("figure", SPECIAL | BLOCK),
    ("font", FORMATTING),
    ("footer", SPECIAL | BLOCK),
    ("form", SPECIAL | BLOCK),
    ("frame", VOID),
    ("frameset", SPECIAL),
    ("h1", SPECIAL | BLOCK | HEADING),
    ("h2", SPECIAL | BLOCK | HEADING),
    ("h3", SPECIAL | BLOCK | HEADING),
    ("h4", SPECIAL | BLOCK | HEADING),
    ("h5", SPECIAL | BLOCK | HEADING),
    ("h6", SPECIAL | BLOCK | HEADING),
    ("header", SPECIAL | BLOCK),
    ("hgroup", SPECIAL | BLOCK),
    ("hr", VOID | BLOCK),
    ("i", FORMATTING),
    ("iframe", LEFT_OUT | RAW),
    ("img", VOID),
    ("input", VOID),
    ("keygen", VOID),
    ("li", SPECIAL | BLOCK),
    ("link", VOID),
    ("listing", SPECIAL),
    ("main", SPECIAL | BLOCK),
    ("marquee", SPECIAL),
    ("math", LEFT_OUT),
    ("menu", SPECIAL | BLOCK),
    ("meta", VOID),
    ("nav", SPECIAL | BLOCK),
    ("nobr", FORMATTING),
    ("noembed", LEFT_OUT | RAW),
    ("noframes", LEFT_OUT | RAW),
    ("noscript", LEFT_OUT),
    ("object", LEFT_OUT),
    ("ol", SPECIAL | BLOCK),
    ("p", SPECIAL | BLOCK),
    ("param", VOID),
    ("plaintext", LEFT_OUT | RAW),
    ("pre", SPECIAL | BLOCK),
    ("s", FORMATTING),
    ("script", LEFT_OUT | RAW),
    ("search", SPECIAL | BLOCK),
    ("section", SPECIAL | BLOCK),
    ("select", LEFT_OUT),
    ("small", FORMATTING),
    ("source", VOID),
    ("strike", FORMATTING),
    ("strong", FORMATTING),
    ("style", LEFT_OUT | RAW),
    ("summary", SPECIAL | BLOCK),
    ("svg", LEFT_OUT),
    ("table", SPECIAL | BLOCK),
    ("tbody", SPECIAL),
    ("td", SPECIAL),
    ("template", LEFT_OUT),
    ("textarea", LEFT_OUT | RAW),
    ("tfoot", SPECIAL),
    ("th", SPECIAL),
    ("thead", SPECIAL),
    ("title", SPECIAL),
    ("tr", SPECIAL),
    ("track", VOID),
    ("tt", FORMATTING),
    ("u", FORMATTING),
    ("ul", SPECIAL | BLOCK),
    ("wbr", VOID),
    ("xmp", LEFT_OUT | RAW),
];

/// An element by its name as the page writes it.
#[derive(Debug, Clone, Copy)]
struct Element<'a> {
    name: &'a str,
    nature: Nature,
}

impl<'a> Element<'a> {
    fn named(name: &'a str) -> Self {
        let order = |known: &str| known.bytes().cmp(name.bytes().map(|b| b.to_ascii_lowercase()));
        let nature = ELEMENTS.binary_search_by(|(known, _)| order(known)).map_or(0, |i| ELEMENTS[i].1);
        Self { name, nature }
    }

    fn has(self, nature: Nature) -> bool {
        self.nature & nature != 0
    }

    fn is_one_of(self, names: &[&str]) -> bool {
        names.iter().any(|n| n.eq_ignore_ascii_case(self.name))
    }
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
        while self.at < self.page.len() {
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
        if !text.trim().is_empty() {
            self.broke = false;
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
        if element.is_one_of(&["title"]) {
            self.title();
            return;
        }
        if element.is_one_of(&["html", "head", "body"]) {
            // They stand where the parser puts them anyway; their attributes matter (the language, for one).
            self.write_start(element, attributes);
            return;
        }
        self.imply_ends(element);
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
        if element.is_one_of(&["script"])
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
        if element.is_one_of(&["li"]) {
            self.close_item(&["li"]);
        } else if element.is_one_of(&["dd", "dt"]) {
            self.close_item(&["dd", "dt"]);
        } else if element.is_one_of(&["td", "th"]) {
            self.close_within(&["td", "th"], &["table", "tr"]);
        } else if element.is_one_of(&["tr"]) {
            self.close_within(&["tr", "caption", "colgroup"], &["table", "tbody", "thead", "tfoot"]);
        } else if element.is_one_of(&["tbody", "thead", "tfoot"]) {
            self.close_within(&["tbody", "thead", "tfoot", "caption", "colgroup"], &["table"]);
        } else if element.is_one_of(&["a", "nobr", "button"]) {
            self.end_inline(element);
        }
        if element.has(BLOCK) {
            self.close_within(&["p"], &["button", "table", "td", "th", "caption", "marquee", "applet"]);
        }
        if element.has(HEADING) && self.open.last().is_some_and(|last| last.has(HEADING)) {
            self.close_down_to(self.open.len() - 1);
        }
    }

    /// Closes an item of a list that is still open when the next one starts.
    fn close_item(&mut self, items: &[&str]) {
        for i in (0..self.open.len()).rev() {
            let open = self.open[i];
            if open.is_one_of(items) {
                self.close_down_to(i);
                return;
            }
            if open.has(SPECIAL) && !open.is_one_of(&["address", "div", "p"]) {
                return;
            }
        }
    }

    /// Closes the innermost of the named elements, if it lies within the nearest barrier.
    fn close_within(&mut self, names: &[&str], barriers: &[&str]) {
        for i in (0..self.open.len()).rev() {
            if self.open[i].is_one_of(names) {
                self.close_down_to(i);
                return;
            }
            if self.open[i].is_one_of(barriers) {
                return;
            }
        }
    }

    fn end(&mut self, element: Element<'a>) {
        if element.is_one_of(&["table", "tr", "td", "th", "tbody", "thead", "tfoot", "caption"]) {
            let barrier: &[&str] = if element.is_one_of(&["table"]) { &[] } else { &["table"] };
            self.close_within(&[element.name], barrier);
        } else if element.has(HEADING) {
            self.close_within(&["h1", "h2", "h3", "h4", "h5", "h6"], &["table", "td", "th", "caption"]);
        } else if element.has(SPECIAL) {
            self.close_within(&[element.name], &["table", "td", "th", "caption"]);
        } else if element.is_one_of(&["br"]) {
            self.out.html.push_str("<br>");
        } else {
            self.end_inline(element);
        }
    }

    /// Ends an element that is no block. A link or a mark-up of words that a block has been opened in, and that ends
    /// before the block does, is ended alone: the parser sorts that out, and its cost is bounded by the depth.
    fn end_inline(&mut self, element: Element<'_>) {
        let mut across_block = false;
        for i in (0..self.open.len()).rev() {
            let open = self.open[i];
            if open.name.eq_ignore_ascii_case(element.name) {
                if !across_block {
                    self.close_down_to(i);
                } else if open.has(FORMATTING) {
                    self.open.remove(i);
                    self.write_end(open);
                }
                return;
            }
            if open.is_one_of(&["table", "td", "th", "caption"]) {
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
