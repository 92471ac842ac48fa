//! A well-formed copy of a feed, made out of whatever the document holds.
//!
//! The copy is written in one of two forms, RSS 2.0 or Atom 1.0, in the present namespaces, and holds only what an item
//! is made of. So the parser behind it meets no old version, no unclosed tag, no foreign element and none of the
//! persons' names that make it panic. Where an element ends is decided by the structure: an item ends where the next
//! begins, a field where the item or the next field does.

use std::collections::HashMap;

use super::entities::{self, Declared};
use super::field::{self, Item, OpenField, Piece};
use super::markup::{Tag, Token, first_item, is_page, local_name, tokens};
use super::repair::{Repair, Repairs};
use super::vocabulary::{Form, Space, feed_field, item_field, space_called, space_of};

/// A feed in well-formed pieces.
pub(super) struct Mended {
    pub(super) form: Form,
    /// `xml:base` of the root and of the channel, each ready to be written as an attribute.
    bases: [String; 2],
    head: String,
    /// One element each.
    pub(super) items: Vec<String>,
}

impl Mended {
    /// The whole feed as one document.
    pub(super) fn document(&self) -> String {
        self.document_of(&self.items)
    }

    /// A document with some of the items.
    pub(super) fn document_of(&self, items: &[String]) -> String {
        let [root, channel] = &self.bases;
        let (head, items) = (&self.head, items.concat());
        match self.form {
            Form::Rss => format!(
                "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"{root}>\
                 <channel{channel}>{head}{items}</channel></rss>"
            ),
            Form::Atom => format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"{root}>{head}{items}</feed>"),
        }
    }
}

/// Mends a document; `None` where it holds no feed. Of more than `most` items the first are kept.
pub(super) fn mend(text: &str, most: usize, repairs: &mut Repairs) -> Option<Mended> {
    let mut tokens = tokens(text);
    let (root, declared) = find_root(&mut tokens, repairs)?;
    Some(mend_from(&root, &mut tokens, declared, most, repairs))
}

/// Mends the items of a document that is not understood as a whole, from the first on and whatever vocabulary they are in;
/// `None` where there are none.
pub(super) fn mend_items(text: &str, most: usize, repairs: &mut Repairs) -> Option<Mended> {
    let mut tokens = tokens(&text[first_item(text)?..]);
    let Some(Token::Start(tag)) = tokens.next() else { return None };
    let form = if local_name(tag.name).eq_ignore_ascii_case("entry") { Form::Atom } else { Form::Rss };
    let root = Root { tag, form, is_item: true };
    let mended = mend_from(&root, &mut tokens, Declared::new(), most, repairs);
    repairs.note(Repair::ItemsAlone);
    Some(mended)
}

fn mend_from<'t>(
    root: &Root<'t>,
    tokens: &mut impl Iterator<Item = Token<'t>>,
    declared: Declared,
    most: usize,
    repairs: &mut Repairs,
) -> Mended {
    let mut mender = Mender::new(root, declared, most, repairs);
    if root.is_item {
        mender.open_item(&root.tag);
    }
    for token in tokens {
        if mender.take(token) {
            return mender.mended;
        }
    }
    mender.close();
    mender.mended
}

struct Root<'t> {
    tag: Tag<'t>,
    form: Form,
    /// The document is a bare item without a feed around it, or several.
    is_item: bool,
}

/// Goes on to the first element that a feed can begin with.
fn find_root<'t>(tokens: &mut impl Iterator<Item = Token<'t>>, repairs: &mut Repairs) -> Option<(Root<'t>, Declared)> {
    let mut declared = Declared::new();
    let mut in_page = false;
    for token in tokens {
        match token {
            Token::Doctype(inside) => {
                in_page |= is_page(inside);
                declared.extend(entities::declared_in(inside));
            }
            Token::Text(text) if text.trim().is_empty() => {}
            Token::Text(_) | Token::Data { .. } | Token::End { .. } => repairs.note(Repair::TextBefore),
            Token::Start(tag) => {
                let local = local_name(tag.name).to_ascii_lowercase();
                let (form, is_item) = match local.as_str() {
                    "rss" | "rdf" => (Form::Rss, false),
                    "feed" => (Form::Atom, false),
                    // Feeds that lost their root; in a web page these names mean something else.
                    "channel" if !in_page => (Form::Rss, false),
                    "item" if !in_page => (Form::Rss, true),
                    "entry" if !in_page => (Form::Atom, true),
                    _ => {
                        in_page |= matches!(local.as_str(), "html" | "head" | "body");
                        repairs.note(Repair::TextBefore);
                        continue;
                    }
                };
                if !matches!(local_name(tag.name), "rss" | "RDF" | "feed" | "channel" | "item" | "entry") {
                    repairs.note(Repair::Case);
                }
                if local == "rss" && !matches!(tag.attribute("version"), Some("2.0" | "0.91" | "0.92")) {
                    repairs.note(Repair::Version);
                }
                return Some((Root { tag, form, is_item }, declared));
            }
        }
    }
    None
}

/// An element from which nothing is read, until it ends.
struct Skipped<'t> {
    name: &'t str,
    /// How many elements of the same name are open.
    depth: usize,
}

struct Mender<'t, 'r> {
    mended: Mended,
    repairs: &'r mut Repairs,
    most: usize,
    declared: Declared,
    /// The vocabulary of each prefix; that of no prefix under the empty one.
    spaces: HashMap<&'t str, Space>,
    /// Where the document has no feed around its items: the prefix and the vocabulary that they are taken to be in.
    bare: Option<(&'t str, Space)>,
    /// The root's name; empty where there is none.
    root: &'t str,
    has_ended: bool,
    head_written: Vec<&'static str>,
    item: Option<Item<'t>>,
    field: Option<OpenField<'t>>,
    skipped: Option<Skipped<'t>>,
}

impl<'t, 'r> Mender<'t, 'r> {
    fn new(root: &Root<'t>, declared: Declared, most: usize, repairs: &'r mut Repairs) -> Self {
        let own = match root.form {
            Form::Rss => Space::Rss,
            Form::Atom => Space::Atom,
        };
        let mended = Mended { form: root.form, bases: Default::default(), head: String::new(), items: Vec::new() };
        let mut mender = Self {
            mended,
            repairs,
            most,
            declared,
            spaces: HashMap::from([("", own)]),
            bare: root.is_item.then(|| (prefix_of(root.tag.name), own)),
            root: if root.is_item { "" } else { root.tag.name },
            has_ended: root.is_item || root.tag.empty,
            head_written: Vec::new(),
            item: None,
            field: None,
            skipped: None,
        };
        mender.learn_prefixes(&root.tag);
        if let Some((prefix, _)) = root.tag.name.split_once(':') {
            // The root's own prefix means its vocabulary, whatever address it is bound to; RDF is only the frame of RSS.
            if own == Space::Atom {
                mender.spaces.insert(prefix, own);
            }
            if let Some(address) = root.tag.attribute("xmlns").filter(|address| space_of(address) != Space::Rdf) {
                let space = space_of(address);
                mender.spaces.insert("", if space == Space::Other && own == Space::Rss { own } else { space });
            }
        }
        if is_odd_namespace(root) {
            mender.repairs.note(Repair::Namespace);
        }
        mender.mended.bases[0] = field::base_of(&root.tag, mender.repairs);
        mender
    }

    /// Takes one token; true when no more are wanted.
    fn take(&mut self, token: Token<'t>) -> bool {
        match token {
            Token::Doctype(_) => false,
            Token::Text(text) => {
                if let Some(field) = &mut self.field {
                    field.pieces.push(Piece::Text(text));
                }
                false
            }
            Token::Data { text, closed } => {
                if !closed {
                    self.repairs.note(Repair::UnclosedCdata);
                }
                if let Some(field) = &mut self.field {
                    field.pieces.push(Piece::Data(text));
                }
                false
            }
            Token::Start(tag) => self.start(tag),
            Token::End { name, source } => {
                self.end(name, source);
                false
            }
        }
    }

    fn start(&mut self, tag: Tag<'t>) -> bool {
        let space = self.space(&tag);
        let local = local_name(tag.name).to_ascii_lowercase();
        // Some feeds of one form have the items of the other.
        let is_item = matches!(local.as_str(), "item" | "entry") && matches!(space, Space::Rss | Space::Atom);
        let found = if self.item.is_some() {
            item_field(self.mended.form, space, &local)
        } else {
            feed_field(self.mended.form, space, &local)
        };
        if let Some(field) = &mut self.field {
            if !is_item && (found.is_none() || field.nested > 0) {
                field.push_tag(&tag);
                return false;
            }
            self.repairs.note(Repair::UnclosedElement);
            self.close_field();
        }
        if is_item {
            self.skipped = None;
            self.learn_prefixes(&tag);
            if self.has_ended && self.bare.is_none() {
                self.repairs.note(Repair::AfterTheEnd);
            }
            return self.open_item(&tag);
        }
        if let Some(skipped) = &mut self.skipped {
            if skipped.name.eq_ignore_ascii_case(tag.name) && !tag.empty {
                skipped.depth += 1;
            }
            return false;
        }
        self.learn_prefixes(&tag);
        if let Some(found) = found {
            let empty = tag.empty;
            self.field = Some(OpenField::new(tag, space, found));
            if empty {
                self.close_field();
            }
        } else if local == "channel" {
            self.mended.bases[1] = field::base_of(&tag, self.repairs);
        } else if !tag.empty && !field::is_void(&local) && !tag.name.eq_ignore_ascii_case(self.root) {
            self.skipped = Some(Skipped { name: tag.name, depth: 1 });
        }
        false
    }

    fn end(&mut self, name: &'t str, source: &'t str) {
        let ends_root = name.eq_ignore_ascii_case(self.root);
        let ends_item = self.item.as_ref().is_some_and(|item| name.eq_ignore_ascii_case(item.name));
        let ends_channel = local_name(name).eq_ignore_ascii_case("channel");
        let structural = ends_root || ends_item || ends_channel;
        if let Some(field) = &mut self.field {
            if field.is_ended_by(name) {
                self.close_field();
                return;
            }
            if !structural {
                field.push_end(source);
                return;
            }
            self.repairs.note(Repair::UnclosedElement);
            self.close_field();
        }
        if let Some(skipped) = &mut self.skipped {
            if skipped.name.eq_ignore_ascii_case(name) {
                skipped.depth -= 1;
            }
            if skipped.depth == 0 || structural {
                self.skipped = None;
            }
        }
        if structural && self.item.is_some() {
            if !ends_item {
                self.repairs.note(Repair::UnclosedElement);
            }
            self.close_item();
        }
        self.has_ended |= ends_root;
    }

    /// Opens an item; true when it is one more than is read.
    fn open_item(&mut self, tag: &Tag<'t>) -> bool {
        if self.item.is_some() {
            self.repairs.note(Repair::UnclosedElement);
            self.close_item();
        }
        if self.mended.items.len() == self.most {
            self.repairs.note(Repair::TooManyItems);
            return true;
        }
        self.item = Some(Item::open(tag, self.mended.form, self.repairs));
        if tag.empty {
            self.close_item();
        }
        false
    }

    fn close_item(&mut self) {
        if let Some(item) = self.item.take() {
            self.mended.items.push(item.close(self.repairs));
        }
    }

    fn close_field(&mut self) {
        let Some(field) = self.field.take() else { return };
        let form = self.mended.form;
        match &mut self.item {
            Some(item) => field.write_into_item(item, form, &self.declared, self.repairs),
            None => {
                field.write_into_head(
                    &mut self.mended.head,
                    &mut self.head_written,
                    form,
                    &self.declared,
                    self.repairs,
                );
            }
        }
    }

    /// The document ends here.
    fn close(&mut self) {
        if self.has_ended && self.item.is_none() {
            return;
        }
        self.repairs.note(Repair::Truncated);
        // Half a title or half an address would make another item of it; the whole comes with the next poll.
        self.field = None;
        if let Some(item) = self.item.take()
            && item.says_something()
        {
            self.mended.items.push(item.close(self.repairs));
        }
    }

    fn learn_prefixes(&mut self, tag: &Tag<'t>) {
        for &(name, address) in &tag.attributes {
            if let Some(prefix) = name.strip_prefix("xmlns:") {
                let space = space_of(address);
                self.spaces.insert(prefix, if space == Space::Other { space_called(prefix) } else { space });
            }
        }
    }

    fn space(&self, tag: &Tag<'_>) -> Space {
        let told = self.told_space(tag);
        match self.bare {
            Some((prefix, own)) if told == Space::Other && prefix_of(tag.name) == prefix => own,
            _ => told,
        }
    }

    fn told_space(&self, tag: &Tag<'_>) -> Space {
        let declared_here = |name: &str| tag.attributes.iter().find(|(key, _)| *key == name).map(|&(_, value)| value);
        match tag.name.split_once(':') {
            Some((prefix, _)) => match declared_here(&format!("xmlns:{prefix}")).map(space_of) {
                Some(space) if space != Space::Other => space,
                _ => self.spaces.get(prefix).copied().unwrap_or_else(|| space_called(&prefix.to_ascii_lowercase())),
            },
            None => match declared_here("xmlns").filter(|address| !address.trim().is_empty()) {
                Some(address) => space_of(address),
                None => self.spaces.get("").copied().unwrap_or(Space::Other),
            },
        }
    }
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// Whether the root is bound to no address, or to one that is not that of its form today.
fn is_odd_namespace(root: &Root<'_>) -> bool {
    let address = root.tag.attribute("xmlns");
    let prefixed = root.tag.name.contains(':');
    match (local_name(root.tag.name).to_ascii_lowercase().as_str(), address) {
        ("feed" | "entry", address) => !prefixed && address != Some("http://www.w3.org/2005/Atom"),
        ("rss", address) => address.is_some_and(|address| !address.is_empty()),
        ("rdf", Some(address)) => address != "http://purl.org/rss/1.0/",
        _ => false,
    }
}
