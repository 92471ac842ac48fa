//! What the elements of the many kinds of feed are called, and what is made of each.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A vocabulary that an element belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of any version; its elements mostly have no namespace.
    Rss,
    /// Atom 0.3 and 1.0.
    Atom,
    /// RDF, the frame of RSS 0.90 and 1.0.
    Rdf,
    /// Dublin Core.
    Dc,
    /// The newer Dublin Core terms.
    DcTerms,
    /// RSS 1.0's module for full contents.
    Content,
    /// Media RSS.
    Media,
    /// Everything from which nothing is read.
    Other,
}

/// The two forms that a mended feed is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0.
    Atom,
}

/// How the inside of an element is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text that may hold HTML. The first one that is not empty counts.
    Text,
    /// A moment. The last one that can be read counts.
    Date,
    /// An address: in the text (RSS) or in `href` (Atom).
    Link,
    /// What the item is known by.
    Id,
}

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// The name under which it is written.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

static NAMESPACES: LazyLock<HashMap<&'static str, Space>> = LazyLock::new(|| {
    let rows = include_str!("data/namespaces.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t')).map(|(address, word)| (address, space_called(word))).collect()
});

/// The name of a field that is written only where an item has no title of its own.
pub(super) const MEDIA_TITLE: &str = "media:title";

/// The vocabulary that a namespace address stands for.
pub(super) fn space_of(address: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    NAMESPACES.get(address.trim_end_matches(['/', '#'])).copied().unwrap_or(Space::Other)
}

/// The vocabulary that a prefix usually stands for: where it is not declared, or declared as something unknown.
pub(super) fn space_called(prefix: &str) -> Space {
    match prefix {
        "rss" => Space::Rss,
        "atom" | "atom10" | "a10" => Space::Atom,
        "rdf" => Space::Rdf,
        "dc" => Space::Dc,
        "dcterms" => Space::DcTerms,
        "content" => Space::Content,
        "media" => Space::Media,
        _ => Space::Other,
    }
}

/// What is made of an element of an item; `local` is its name in lower case, without its prefix.
pub(super) fn item_field(form: Form, space: Space, local: &str) -> Option<Field> {
    use Kind::{Date, Id, Link, Text};
    let field = |name, kind| Some(Field { name, kind });
    match (form, space, local) {
        (_, Space::Rss | Space::Atom, "title") => field("title", Text),
        (_, Space::Rss | Space::Atom, "link") => field("link", Link),
        // Of a picture or a film; an item that has nothing else is called by it.
        (_, Space::Media, "title") => field(MEDIA_TITLE, Text),

        (Form::Rss, Space::Rss, "description") => field("description", Text),
        (Form::Rss, Space::Rss | Space::Dc, "abstract") => field("description", Text),
        (Form::Rss, Space::Dc, "description") => field("description", Text),
        (Form::Rss, Space::Content, "encoded") => field("content:encoded", Text),
        (Form::Rss, Space::Rss, "guid") | (Form::Rss, Space::Atom, "id") => field("guid", Id),
        (Form::Rss, Space::Rss, "pubdate") | (Form::Rss, Space::Atom, "published") => field("pubDate", Date),
        (Form::Rss, Space::Dc, "date") => field("pubDate", Date),
        (Form::Rss, Space::DcTerms, "created" | "issued" | "date") => field("pubDate", Date),
        (Form::Rss, Space::Rss | Space::Atom, "updated") => field("updated", Date),
        (Form::Rss, Space::DcTerms, "modified") => field("updated", Date),

        (Form::Atom, Space::Atom, "id") => field("id", Id),
        (Form::Atom, Space::Atom, "summary") => field("summary", Text),
        (Form::Atom, Space::Atom, "content") => field("content", Text),
        (Form::Atom, Space::Atom, "published" | "issued" | "created" | "pubdate") => field("published", Date),
        (Form::Atom, Space::Dc, "date") => field("published", Date),
        (Form::Atom, Space::Atom, "updated" | "modified") => field("updated", Date),
        _ => None,
    }
}

/// What is made of an element of the feed itself.
pub(super) fn feed_field(form: Form, space: Space, local: &str) -> Option<Field> {
    let field = |name, kind| Some(Field { name, kind });
    match (form, space, local) {
        (_, Space::Rss | Space::Atom, "title") => field("title", Kind::Text),
        (Form::Rss, Space::Rss, "link") => field("link", Kind::Link),
        (Form::Atom, Space::Atom, "link") => field("link", Kind::Link),
        _ => None,
    }
}
