//! What had to be put right in a document before it could be read.

use crate::model::words;

words! {
    /// One kind of repair.
    Repair {
        /// The body was compressed though no header said so.
        Gunzipped = "gunzipped",
        /// The declared encoding was missing or wrong, and another was used.
        Encoding = "encoding",
        /// Some bytes stand for no character of the encoding, and U+FFFD stands in their place.
        BadBytes = "bad-bytes",
        /// Something stood before the feed: a warning of the server's program, a piece of a web page.
        TextBefore = "text-before",
        /// Control characters, or references to them, were left out.
        ControlCharacters = "control-characters",
        /// Bare ampersands and references that XML does not know were resolved or taken as text.
        References = "references",
        /// HTML stood in a field as if it were part of the feed, and was taken as the field's text.
        MarkupInText = "markup-in-text",
        /// An element was never closed, and was closed where the next began.
        UnclosedElement = "unclosed-element",
        /// A CDATA section was never closed.
        UnclosedCdata = "unclosed-cdata",
        /// The document ends before the feed does.
        Truncated = "truncated",
        /// Items stood after the end of the feed.
        AfterTheEnd = "after-the-end",
        /// The document around the items was not understood, and they were read where they stood.
        ItemsAlone = "items-alone",
        /// A version of RSS that the parser does not know, or none.
        Version = "version",
        /// An old, missing or unexpected namespace.
        Namespace = "namespace",
        /// Element names were in the wrong case.
        Case = "case",
        /// A base address that is none was left out.
        Base = "base",
        /// An item's link was taken from its guid, its `rdf:about` or an Atom link.
        Link = "link",
        /// JSON values of another type than JSON Feed asks for.
        JsonTypes = "json-types",
        /// Items that could not be read were left out, so that the rest could.
        ItemsLeftOut = "items-left-out",
        /// The feed has more items than are read.
        TooManyItems = "too-many-items",
    }
}

/// The repairs of one document, each kind once, in the order of their first use.
#[derive(Debug, Clone, Default)]
pub(super) struct Repairs(Vec<Repair>);

impl Repairs {
    pub(super) fn note(&mut self, repair: Repair) {
        if !self.0.contains(&repair) {
            self.0.push(repair);
        }
    }

    pub(super) fn into_list(self) -> Vec<Repair> {
        self.0
    }
}
