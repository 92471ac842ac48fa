//! The elements of HTML, as far as their nesting matters to the guard.

/// What the HTML standard says of an element, as far as it matters here; a set of the bits below.
pub type Nature = u32;

/// Has no content and no end tag.
pub const VOID: Nature = 1 << 0;
/// Is left out with all it holds: there are no words of the article in it.
pub const LEFT_OUT: Nature = 1 << 1;
/// Its content is text up to its end tag, whatever it looks like; without that end it takes the rest of the page.
pub const RAW: Nature = 1 << 2;
/// A link, or changes how words look.
pub const FORMATTING: Nature = 1 << 3;
/// An end tag of something ordinary does not reach across it.
pub const SPECIAL: Nature = 1 << 4;
/// Ends an open paragraph when it starts.
pub const BLOCK: Nature = 1 << 5;
/// A heading.
pub const HEADING: Nature = 1 << 6;
/// A paragraph.
pub const PARAGRAPH: Nature = 1 << 7;
/// An item of a list.
pub const ITEM: Nature = 1 << 8;
/// A term or its description.
pub const TERM: Nature = 1 << 9;
/// A cell of a table.
pub const CELL: Nature = 1 << 10;
/// A row of a table.
pub const ROW: Nature = 1 << 11;
/// A group of rows.
pub const ROWS: Nature = 1 << 12;
/// What stands in a table before its rows.
pub const TABLE_HEAD: Nature = 1 << 13;
/// A table.
pub const TABLE: Nature = 1 << 14;
/// The page itself, its head or its body.
pub const FRAME: Nature = 1 << 15;
/// Does not lie within its like.
pub const ALONE: Nature = 1 << 16;
/// A list's next item reaches across it.
pub const LOOSE: Nature = 1 << 17;
/// The page's title, which holds text only.
pub const TITLE: Nature = 1 << 18;
/// What an end tag or an implied end does not reach out of.
pub const TABLE_EDGE: Nature = TABLE | CELL | TABLE_HEAD;

/// The elements that are treated in a way of their own, in alphabetical order; all others are like `span`.
const ELEMENTS: &[(&str, Nature)] = &[
    ("a", FORMATTING | ALONE),
    ("address", SPECIAL | BLOCK | LOOSE),
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
    ("body", FRAME),
    ("br", VOID),
    ("button", SPECIAL | ALONE),
    ("canvas", LEFT_OUT),
    ("caption", SPECIAL | TABLE_HEAD),
    ("center", SPECIAL | BLOCK),
    ("code", FORMATTING),
    ("col", VOID),
    ("colgroup", SPECIAL | TABLE_HEAD),
    ("datalist", LEFT_OUT),
    ("dd", SPECIAL | BLOCK | TERM),
    ("details", SPECIAL | BLOCK),
    ("dialog", BLOCK),
    ("dir", SPECIAL | BLOCK),
    ("div", SPECIAL | BLOCK | LOOSE),
    ("dl", SPECIAL | BLOCK),
    ("dt", SPECIAL | BLOCK | TERM),
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
    ("head", FRAME),
    ("header", SPECIAL | BLOCK),
    ("hgroup", SPECIAL | BLOCK),
    ("hr", VOID | BLOCK),
    ("html", FRAME),
    ("i", FORMATTING),
    ("iframe", LEFT_OUT | RAW),
    ("img", VOID),
    ("input", VOID),
    ("keygen", VOID),
    ("li", SPECIAL | BLOCK | ITEM),
    ("link", VOID),
    ("listing", SPECIAL),
    ("main", SPECIAL | BLOCK),
    ("marquee", SPECIAL),
    ("math", LEFT_OUT),
    ("menu", SPECIAL | BLOCK),
    ("meta", VOID),
    ("nav", SPECIAL | BLOCK),
    ("nobr", FORMATTING | ALONE),
    ("noembed", LEFT_OUT | RAW),
    ("noframes", LEFT_OUT | RAW),
    ("noscript", LEFT_OUT),
    ("object", LEFT_OUT),
    ("ol", SPECIAL | BLOCK),
    ("p", SPECIAL | BLOCK | PARAGRAPH | LOOSE),
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
    ("table", SPECIAL | BLOCK | TABLE),
    ("tbody", SPECIAL | ROWS),
    ("td", SPECIAL | CELL),
    ("template", LEFT_OUT),
    ("textarea", LEFT_OUT | RAW),
    ("tfoot", SPECIAL | ROWS),
    ("th", SPECIAL | CELL),
    ("thead", SPECIAL | ROWS),
    ("title", SPECIAL | TITLE),
    ("tr", SPECIAL | ROW),
    ("track", VOID),
    ("tt", FORMATTING),
    ("u", FORMATTING),
    ("ul", SPECIAL | BLOCK),
    ("wbr", VOID),
    ("xmp", LEFT_OUT | RAW),
];

/// An element by its name as the page writes it.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    /// Its name, in the page's own case.
    pub name: &'a str,
    /// What the standard says of it.
    pub nature: Nature,
}

impl<'a> Element<'a> {
    /// The element of a name in any case.
    pub fn named(name: &'a str) -> Self {
        let mut small = [0_u8; 12];
        let nature = match small.get_mut(..name.len()) {
            Some(small) => {
                small.copy_from_slice(name.as_bytes());
                small.make_ascii_lowercase();
                ELEMENTS.binary_search_by(|(known, _)| known.as_bytes().cmp(small)).map_or(0, |i| ELEMENTS[i].1)
            }
            None => 0,
        };
        Self { name, nature }
    }

    /// Whether it is of any of these natures.
    pub fn has(self, nature: Nature) -> bool {
        self.nature & nature != 0
    }

    /// Whether it has this name, in whatever case.
    pub fn is_named(self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_elements_can_be_searched() {
        assert!(ELEMENTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(ELEMENTS.iter().all(|(name, _)| name.len() <= 12));
    }
}
