//! One field of an item, and the item that it goes into: how each is written in the mended copy.

use url::Url;

use super::dates;
use super::entities::{self, Declared, escape_into, resolve_html};
use super::markup::{Tag, local_name};
use super::repair::{Repair, Repairs};
use super::vocabulary::{Field, Form, Kind, MEDIA_TITLE, Space};

/// An item while its fields come in.
pub(super) struct Item<'t> {
    /// Its element's name, as written.
    pub(super) name: &'t str,
    form: Form,
    base: String,
    written: String,
    /// The fields that it has.
    has: Vec<&'static str>,
    /// Where its link may be found when it has none: `rdf:about`, `href`, an Atom link, a guid that is a permalink.
    fallbacks: Vec<String>,
    about: Option<String>,
    /// What the item is called where it has no title.
    media_title: Option<String>,
}

impl<'t> Item<'t> {
    pub(super) fn open(tag: &Tag<'t>, form: Form, repairs: &mut Repairs) -> Self {
        let about = tag.attributes.iter().find(|(name, _)| local_name(name).eq_ignore_ascii_case("about"));
        let about = about.map(|(_, value)| resolve_html(value).trim().to_owned()).filter(|about| !about.is_empty());
        let href = tag.attribute("href").map(|value| resolve_html(value).trim().to_owned());
        Self {
            name: tag.name,
            form,
            base: base_of(tag, repairs),
            written: String::new(),
            has: Vec::new(),
            fallbacks: about.iter().cloned().chain(href).collect(),
            about,
            media_title: None,
        }
    }

    /// Whether there is anything in it that can be told or followed.
    pub(super) fn says_something(&self) -> bool {
        self.about.is_some() || self.has.iter().any(|name| matches!(*name, "title" | "link" | "guid" | "id"))
    }

    /// The whole element.
    pub(super) fn close(mut self, repairs: &mut Repairs) -> String {
        if let Some(title) = self.media_title.take().filter(|_| !self.has.contains(&"title")) {
            element(&mut self.written, "title", "", &title);
        }
        if self.form == Form::Rss {
            if !self.has.contains(&"guid")
                && let Some(about) = self.about.take()
            {
                element(&mut self.written, "guid", "", &about);
            }
            let web = |address: &&String| address.starts_with("http://") || address.starts_with("https://");
            if !self.has.contains(&"link")
                && let Some(link) = self.fallbacks.iter().find(web)
            {
                element(&mut self.written, "link", "", link);
                repairs.note(Repair::Link);
            }
        }
        let name = match self.form {
            Form::Rss => "item",
            Form::Atom => "entry",
        };
        format!("<{name}{}>{}</{name}>", self.base, self.written)
    }
}

/// A piece of a field's inside.
pub(super) enum Piece<'t> {
    /// Text with references.
    Text(&'t str),
    /// Text as it stands.
    Data(&'t str),
    /// A tag, as written.
    Markup(&'t str),
}

/// A field whose end has not come yet.
pub(super) struct OpenField<'t> {
    tag: Tag<'t>,
    space: Space,
    field: Field,
    pub(super) pieces: Vec<Piece<'t>>,
    /// How many elements of HTML are open in it.
    pub(super) nested: usize,
    /// How many of them bear the field's own name.
    namesakes: usize,
}

impl<'t> OpenField<'t> {
    pub(super) fn new(tag: Tag<'t>, space: Space, field: Field) -> Self {
        Self { tag, space, field, pieces: Vec::new(), nested: 0, namesakes: 0 }
    }

    pub(super) fn push_tag(&mut self, tag: &Tag<'t>) {
        self.pieces.push(Piece::Markup(tag.source));
        if !tag.empty && !is_void(&tag.name.to_ascii_lowercase()) {
            self.nested += 1;
            self.namesakes += usize::from(tag.name.eq_ignore_ascii_case(self.tag.name));
        }
    }

    /// An end tag of what was never begun in here, such as a misspelt one of the field itself, is no part of it.
    pub(super) fn push_end(&mut self, source: &'t str) {
        if self.nested > 0 {
            self.pieces.push(Piece::Markup(source));
            self.nested -= 1;
        }
    }

    /// Whether an end tag is the field's own; an end tag of a namesake inside it is not.
    pub(super) fn is_ended_by(&mut self, name: &str) -> bool {
        if !name.eq_ignore_ascii_case(self.tag.name) {
            return false;
        }
        let own = self.namesakes == 0;
        self.namesakes = self.namesakes.saturating_sub(1);
        own
    }

    pub(super) fn write_into_item(self, item: &mut Item<'t>, form: Form, declared: &Declared, repairs: &mut Repairs) {
        let content = self.content(declared, repairs);
        let trimmed = content.text.trim();
        let name = self.field.name;
        if self.field.kind == Kind::Link {
            let Some(href) = self.address(trimmed) else { return };
            match (form, self.space) {
                (Form::Atom, _) => self.write_atom_link(&mut item.written, &href, repairs),
                (Form::Rss, Space::Atom) => {
                    if self.is_alternate() {
                        item.fallbacks.insert(0, href);
                    }
                    return;
                }
                (Form::Rss, _) => element(&mut item.written, name, &base_of(&self.tag, repairs), &href),
            }
            item.has.push(name);
            return;
        }
        let again = self.field.kind != Kind::Date && item.has.contains(&name);
        if trimmed.is_empty() || again || (self.field.kind == Kind::Date && dates::parse(trimmed).is_none()) {
            return;
        }
        if name == MEDIA_TITLE {
            item.media_title.get_or_insert(trimmed.to_owned());
            return;
        }
        if name == "guid" && self.tag.attribute("isPermaLink").is_none_or(|word| !word.eq_ignore_ascii_case("false")) {
            item.fallbacks.push(trimmed.to_owned());
        }
        match form {
            Form::Atom if self.field.kind == Kind::Text => {
                let Some(kind) = self.atom_type(content.has_markup) else { return };
                let attributes = format!(" type=\"{kind}\"{}", base_of(&self.tag, repairs));
                element(&mut item.written, name, &attributes, trimmed);
            }
            _ => element(&mut item.written, name, "", trimmed),
        }
        item.has.push(name);
    }

    pub(super) fn write_into_head(
        self,
        head: &mut String,
        has: &mut Vec<&'static str>,
        form: Form,
        declared: &Declared,
        repairs: &mut Repairs,
    ) {
        let content = self.content(declared, repairs);
        let trimmed = content.text.trim();
        let name = self.field.name;
        match (self.field.kind, form) {
            (Kind::Link, form) => {
                let Some(href) = self.address(trimmed) else { return };
                match form {
                    Form::Atom => self.write_atom_link(head, &href, repairs),
                    Form::Rss => element(head, name, "", &href),
                }
            }
            _ if trimmed.is_empty() || has.contains(&name) => return,
            (Kind::Text, Form::Atom) => {
                let kind = self.atom_type(content.has_markup).unwrap_or("text");
                element(head, name, &format!(" type=\"{kind}\""), trimmed);
            }
            _ => element(head, name, "", trimmed),
        }
        has.push(name);
    }

    fn content(&self, declared: &Declared, repairs: &mut Repairs) -> Content {
        let has_markup = self.pieces.iter().any(|piece| matches!(piece, Piece::Markup(_)));
        // In Atom's XHTML the markup is meant to stand there.
        if has_markup && self.field.kind == Kind::Text && self.space != Space::Atom {
            repairs.note(Repair::MarkupInText);
        }
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Markup(tag) if self.field.kind == Kind::Text => text.push_str(tag),
                Piece::Markup(_) => {}
                Piece::Data(data) => text.push_str(data),
                Piece::Text(raw) => {
                    let resolved = entities::resolve(raw, declared);
                    if resolved.faults.references {
                        repairs.note(Repair::References);
                    }
                    if resolved.faults.control {
                        repairs.note(Repair::ControlCharacters);
                    }
                    if has_markup && self.field.kind == Kind::Text {
                        escape_into(&mut text, &resolved.text);
                    } else {
                        text.push_str(&resolved.text);
                    }
                }
            }
        }
        Content { text, has_markup }
    }

    /// What a text of Atom is: HTML or plain; `None` where it is data of another kind. Atom 0.3 gives media types.
    fn atom_type(&self, has_markup: bool) -> Option<&'static str> {
        let kind = self.tag.attribute("type").unwrap_or("text").trim().to_ascii_lowercase();
        match kind.as_str() {
            _ if has_markup => Some("html"),
            "" | "text" | "text/plain" | "plain" => Some("text"),
            kind if kind.contains("html") || kind.contains("xml") || kind.starts_with("text") => Some("html"),
            kind if kind.contains('/') => None,
            _ => Some("text"),
        }
    }

    /// The address in a link's `href` or in its text.
    fn address(&self, text: &str) -> Option<String> {
        let href = self.tag.attribute("href").map(|href| resolve_html(href).trim().to_owned());
        let text = Some(text.to_owned());
        let in_order =
            if self.space == Space::Atom { [href, text] } else { [text, href.filter(|_| self.is_alternate())] };
        in_order.into_iter().flatten().find(|address| !address.is_empty())
    }

    fn is_alternate(&self) -> bool {
        self.tag.attribute("rel").is_none_or(|rel| rel.trim().eq_ignore_ascii_case("alternate"))
    }

    fn write_atom_link(&self, out: &mut String, href: &str, repairs: &mut Repairs) {
        out.push_str("<link");
        for name in ["rel", "type"] {
            if let Some(value) = self.tag.attribute(name) {
                attribute(out, name, resolve_html(value).trim());
            }
        }
        attribute(out, "href", href);
        out.push_str(&base_of(&self.tag, repairs));
        out.push_str("/>");
    }
}

struct Content {
    text: String,
    has_markup: bool,
}

/// A tag's `xml:base` as an attribute to be written; nothing where it has none, or one that is no address.
pub(super) fn base_of(tag: &Tag<'_>, repairs: &mut Repairs) -> String {
    let Some(base) = tag.attribute("xml:base").map(resolve_html) else { return String::new() };
    if let Err(error) = Url::parse(&base)
        && error != url::ParseError::RelativeUrlWithoutBase
    {
        repairs.note(Repair::Base);
        return String::new();
    }
    let mut written = String::new();
    attribute(&mut written, "xml:base", &base);
    written
}

/// Whether an element of HTML has no end tag (WHATWG, void elements).
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "wbr")
}

fn element(out: &mut String, name: &str, attributes: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push_str(attributes);
    out.push('>');
    escape_into(out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_into(out, value);
    out.push('"');
}
