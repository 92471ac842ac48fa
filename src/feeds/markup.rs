//! A document's text cut into tags and text, whatever its faults.
//!
//! Unlike an XML reader this never fails: what is not markup is text. Each byte is looked at a bounded number of times.

/// One piece of a document. Comments and processing instructions are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text, its references not yet resolved.
    Text(&'a str),
    /// The inside of a CDATA section, and whether the section was closed.
    Data { text: &'a str, closed: bool },
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag.
    End { name: &'a str, source: &'a str },
    /// The inside of a document type declaration.
    Doctype(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// The name with its prefix, as written.
    pub(super) name: &'a str,
    /// Names and values of the attributes, references not yet resolved.
    pub(super) attributes: Vec<(&'a str, &'a str)>,
    /// Whether it ends itself: `<link/>`.
    pub(super) empty: bool,
    /// The whole tag, as written.
    pub(super) source: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of the attribute, its name compared without case.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|&(_, value)| value)
    }
}

/// More attributes than any tag of a feed has; the rest are dropped.
const MOST_ATTRIBUTES: usize = 64;

/// The tokens of `text`.
pub(super) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, comments_end: true, data_end: None, subset_seen: false, opened: "" }
}

/// Where the first element called `item` or `entry` begins, under any prefix and whatever stands around it. Comments and
/// CDATA sections hide what is in them only where they end.
pub(super) fn first_item(text: &str) -> Option<usize> {
    // What is searched for is searched for once, so that many open marks do not each search the whole rest.
    let (mut at, mut comments_end, mut section_end) = (0, true, Some(0));
    loop {
        let start = at + text[at..].find('<')?;
        let rest = &text[start..];
        let hidden = if let Some(inside) = rest.strip_prefix("<!--") {
            let end = if comments_end { inside.find("-->") } else { None };
            comments_end = end.is_some();
            end.map(|end| "<!--".len() + end)
        } else if let Some(inside) = rest.strip_prefix("<![CDATA[") {
            let begin = text.len() - inside.len();
            if section_end.is_some_and(|end| end < begin) {
                section_end = inside.find("]]>").map(|end| begin + end);
            }
            // Where another section begins before this one ends, this one was probably never closed.
            let end = section_end.filter(|end| !text[begin..*end].contains("<![CDATA["));
            end.map(|end| end - start)
        } else if begins_item(rest) {
            return Some(start);
        } else {
            None
        };
        at = start + hidden.unwrap_or(1);
    }
}

/// Whether a document type is that of a web page.
pub(super) fn is_page(doctype: &str) -> bool {
    doctype.split_whitespace().nth(1).is_some_and(|name| name.eq_ignore_ascii_case("html"))
}

/// A name without its prefix.
pub(super) fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Whether an element of this name, its prefix left out, is an item.
pub(super) fn is_item(local: &str) -> bool {
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

/// An iterator over the tokens of a document.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// Whether `-->` still occurs; asked once, so that many open comments do not each search the whole rest.
    comments_end: bool,
    /// Where the next `]]>` is known to be; `None` when not yet asked, the length of the text when there is none.
    data_end: Option<usize>,
    /// Whether a document type with an internal subset has gone by: there is one at most, and it is searched for once.
    subset_seen: bool,
    /// The last start tag, whose end tag ends a CDATA section that was never closed.
    opened: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() {
                return None;
            }
            if !starts_markup(rest) {
                return Some(self.plain_text());
            }
            if rest.starts_with("<!--") {
                self.skip_comment();
            } else if let Some(inside) = rest.strip_prefix("<![CDATA[") {
                return Some(self.data(self.text.len() - inside.len()));
            } else if rest.starts_with("<?") {
                self.at += end_of_declaration(rest).1;
            } else if rest.starts_with("<!") {
                if let Some(token) = self.declaration() {
                    return Some(token);
                }
            } else if rest.starts_with("</") {
                return Some(self.end_tag());
            } else {
                return Some(self.start_tag());
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn plain_text(&mut self) -> Token<'a> {
        let start = self.at;
        // The first character is text even if it is a `<`.
        let mut from = start + self.text[start..].chars().next().map_or(0, char::len_utf8);
        let end = loop {
            match self.text[from..].find('<') {
                None => break self.text.len(),
                Some(found) if starts_markup(&self.text[from + found..]) => break from + found,
                Some(found) => from += found + 1,
            }
        };
        self.at = end;
        Token::Text(&self.text[start..end])
    }

    fn skip_comment(&mut self) {
        let inside = self.at + "<!--".len();
        let end = if self.comments_end { self.text[inside..].find("-->") } else { None };
        match end {
            Some(end) => self.at = inside + end + "-->".len(),
            None => {
                self.comments_end = false;
                self.at = inside;
            }
        }
    }

    fn data(&mut self, inside: usize) -> Token<'a> {
        let end = match self.data_end {
            Some(end) if end >= inside => end,
            _ => self.text[inside..].find("]]>").map_or(self.text.len(), |end| inside + end),
        };
        self.data_end = Some(end);
        let content = &self.text[inside..end];
        let closed = end < self.text.len();
        // Where another section begins before this one ends, this one was probably never closed.
        let suspicious = !closed || content.contains("<![CDATA[");
        if suspicious
            && let Some(cut) = find_end_of_open_section(content, self.opened)
            && (!closed || content[cut..].contains("<![CDATA["))
        {
            self.at = inside + cut;
            return Token::Data { text: &content[..cut], closed: false };
        }
        self.at = (end + "]]>".len()).min(self.text.len());
        Token::Data { text: content, closed }
    }

    fn declaration(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        let is_doctype = rest.get(2..9).is_some_and(|word| word.eq_ignore_ascii_case("doctype"));
        let (plain_end, past) = end_of_declaration(rest);
        let subset = if is_doctype && !self.subset_seen { rest[..plain_end].find('[') } else { None };
        self.subset_seen |= subset.is_some();
        // A subset that reaches into an item has no end of its own.
        let closed = subset.and_then(|open| Some(open + rest[open..].find(']')?));
        let (end, past) = match closed.filter(|close| first_item(&rest[..*close]).is_none()) {
            Some(close) => {
                let (end, past) = end_of_declaration(&rest[close..]);
                (close + end, close + past)
            }
            None => (plain_end, past),
        };
        self.at += past;
        is_doctype.then(|| Token::Doctype(&rest[..end]))
    }

    fn end_tag(&mut self) -> Token<'a> {
        let rest = &self.text[self.at..];
        let name = name_at(&rest[2..]);
        let after = 2 + name.len();
        let end = match rest[after..].find(['<', '>']) {
            Some(found) if rest.as_bytes()[after + found] == b'>' => after + found + 1,
            Some(found) => after + found,
            None => rest.len(),
        };
        self.at += end;
        Token::End { name, source: &rest[..end] }
    }

    fn start_tag(&mut self) -> Token<'a> {
        let rest = &self.text[self.at..];
        let name = name_at(&rest[1..]);
        let mut attributes = Vec::new();
        let mut at = 1 + name.len();
        let mut empty = false;
        let end = loop {
            let here = rest[at..].trim_start();
            at = rest.len() - here.len();
            match here.chars().next() {
                None | Some('<') => break at,
                Some('>') => break at + 1,
                Some('/') => {
                    empty = here[1..].trim_start().starts_with('>');
                    at += 1;
                }
                Some(_) => {
                    let (attribute, length) = attribute_at(here);
                    if let Some(attribute) = attribute
                        && attributes.len() < MOST_ATTRIBUTES
                    {
                        attributes.push(attribute);
                    }
                    at += length;
                }
            }
        };
        self.at += end;
        self.opened = name;
        Token::Start(Tag { name, attributes, empty, source: &rest[..end] })
    }
}

/// Whether what begins with `<` is a tag, a comment, a declaration or an instruction, and not a "less than".
fn starts_markup(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('<') else { return false };
    let starts_name = |text: &str| text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    match rest.as_bytes().first() {
        Some(b'/') => starts_name(&rest[1..]),
        Some(b'!') => rest[1..].starts_with("--") || rest[1..].starts_with("[CDATA[") || starts_name(&rest[1..]),
        Some(b'?') => starts_name(&rest[1..]),
        _ => starts_name(rest),
    }
}

/// Where a declaration or an instruction ends, and how long it is with its end mark, which is missing where a tag begins
/// before it.
fn end_of_declaration(text: &str) -> (usize, usize) {
    let ends = |(at, mark): &(usize, &str)| *at > 0 && (*mark == ">" || starts_markup(&text[*at..]));
    match text.match_indices(['<', '>']).find(ends) {
        Some((end, ">")) => (end, end + 1),
        Some((end, _)) => (end, end),
        None => (text.len(), text.len()),
    }
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')));
    &text[..end.unwrap_or(text.len())]
}

/// The attribute at the start of `text`, where it has a value, and how many bytes it takes (at least one character).
fn attribute_at(text: &str) -> (Option<(&str, &str)>, usize) {
    let name_end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '<' | '/' | '"' | '\''));
    let name_end = name_end.unwrap_or(text.len());
    if name_end == 0 {
        let length = text.chars().next().map_or(0, char::len_utf8);
        return (None, length);
    }
    let name = &text[..name_end];
    let Some(value) = text[name_end..].trim_start().strip_prefix('=') else { return (None, name_end) };
    let value = value.trim_start();
    let start = text.len() - value.len();
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = &value[1..];
            let length = quoted_length(inside, quote);
            let closing = usize::from(inside[length..].starts_with(quote));
            (Some((name, &inside[..length])), start + 1 + length + closing)
        }
        _ => {
            let length = value.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<')).unwrap_or(value.len());
            // In `<a href=http://x.example/>` the slash ends the tag.
            let length =
                if value[length..].starts_with('>') { value[..length].trim_end_matches('/').len() } else { length };
            (Some((name, &value[..length])), start + length)
        }
    }
}

/// Up to the closing quote; where a tag begins before it, the quote is missing and the value ends with its own tag.
fn quoted_length(inside: &str, quote: char) -> usize {
    let mut tag_end = None;
    for (at, c) in inside.char_indices() {
        if c == quote {
            return at;
        } else if c == '>' && tag_end.is_none() {
            tag_end = Some(at);
        } else if c == '<' && tag_end.is_some() && starts_markup(&inside[at..]) {
            break;
        }
    }
    tag_end.unwrap_or(inside.len())
}

/// Where a CDATA section that was never closed ends: with the element that it stands in, or with an item's begin or end.
fn find_end_of_open_section(text: &str, element: &str) -> Option<usize> {
    text.match_indices('<').map(|(at, _)| at).find(|&at| match text[at + 1..].strip_prefix('/') {
        Some(name) => {
            let name = name_at(name);
            is_item(local_name(name)) || !name.is_empty() && name.eq_ignore_ascii_case(element)
        }
        None => begins_item(&text[at..]),
    })
}

/// Whether the text begins with the start tag of an item.
fn begins_item(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| is_item(local_name(name_at(rest))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tokens in short: `T` text, `D` data, `<` and `>` tags.
    fn told(text: &str) -> Vec<String> {
        let told = tokens(text).map(|token| match token {
            Token::Text(text) => format!("T {text}"),
            Token::Data { text, closed } => format!("D {text}{}", if closed { "" } else { " (open)" }),
            Token::Start(tag) => format!("< {}{:?}{}", tag.name, tag.attributes, if tag.empty { "/" } else { "" }),
            Token::End { name, .. } => format!("> {name}"),
            Token::Doctype(_) => "doctype".to_owned(),
        });
        told.collect()
    }

    #[test]
    fn a_less_than_is_text() {
        assert_eq!(told("3 < 5 <3 <</a>"), ["T 3 < 5 <3 <", "> a"]);
    }

    #[test]
    fn attributes_need_no_quotes() {
        assert_eq!(
            told("<a b='1>2' c = \"x\" d=http://e.example/ f/>"),
            [r#"< a[("b", "1>2"), ("c", "x"), ("d", "http://e.example/")]/"#]
        );
    }

    #[test]
    fn a_missing_quote_costs_one_tag() {
        assert_eq!(
            told("<a b=\"1>text</a><c d=\"2\"/>"),
            [r#"< a[("b", "1")]"#, "T text", "> a", r#"< c[("d", "2")]/"#]
        );
    }

    #[test]
    fn an_open_section_ends_with_its_element() {
        assert_eq!(
            told("<t><![CDATA[one</t><t><![CDATA[two]]></t>"),
            ["< t[]", "D one (open)", "> t", "< t[]", "D two", "> t"]
        );
        assert_eq!(told("<t><![CDATA[a <![CDATA[ b]]></t>"), ["< t[]", "D a <![CDATA[ b", "> t"]);
        assert_eq!(told("<t><![CDATA[one"), ["< t[]", "D one (open)"]);
        assert_eq!(told("<![CDATA[one<item>"), ["D one (open)", "< item[]"]);
    }

    #[test]
    fn items_are_seen_wherever_they_are_not_hidden() {
        let found = |text: &str| first_item(text).map(|at| text[at..].to_owned());
        assert_eq!(found("<!-- <item> --><![CDATA[<item>]]><x:entry a='1'>"), Some("<x:entry a='1'>".to_owned()));
        assert_eq!(found("<!-- <item>"), Some("<item>".to_owned()));
        assert_eq!(found("<![CDATA[<item><![CDATA[a]]>"), Some("<item><![CDATA[a]]>".to_owned()));
        assert_eq!(found("<items/> &lt;item>"), None);
    }

    #[test]
    fn an_open_comment_hides_nothing() {
        assert_eq!(told("<!-- a --><!-- b <t>"), ["T  b ", "< t[]"]);
    }

    proptest! {
        #[test]
        fn nothing_is_read_twice(text in "[<>!/?a-c\\[\\]\"'= &;é-]{0,80}") {
            let sizes = tokens(&text).map(|token| match token {
                Token::Text(text) | Token::Doctype(text) => text.len(),
                Token::Data { text, .. } => text.len(),
                Token::Start(tag) => tag.source.len(),
                Token::End { source, .. } => source.len(),
            });
            prop_assert!(sizes.sum::<usize>() <= text.len());
        }
    }
}
