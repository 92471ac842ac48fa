//! An article as it is read: plain text and what is known about it.

use std::ops::Range;

use jiff::Timestamp;
use url::Url;

use crate::model::words;

/// The number of an article in the store; its versions share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArticleId(pub i64);

/// A page reduced to what its author wrote. There is no HTML in it, nor to the right of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The canonical address.
    pub url: Url,
    /// The publisher's name: "Coast Daily".
    pub outlet: String,
    /// The language as a BCP 47 primary tag ("en"), where the page tells or the text shows it.
    pub language: Option<String>,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// When it was last changed, where the page tells.
    pub modified: Option<Timestamp>,
    /// Title and body.
    pub text: Text,
    /// What is unusual about the page or its reading.
    pub flags: Vec<Flag>,
    /// By what copies of the same text are found.
    pub fingerprint: Fingerprint,
}

words! {
    /// Something a reader of the article should know about how it was read.
    Flag {
        /// A stream of timed entries, newest first.
        LiveBlog = "live-blog",
        /// A teaser or paywall stub: the page does not hold the whole text.
        Partial = "partial",
        /// The declared encoding was missing or wrong and another was used.
        RepairedEncoding = "repaired-encoding",
        /// The text comes from the feed, since the page could not be read.
        FromFeed = "from-feed",
        /// The page was too deep or too large for the extraction library and was read plainly.
        PlainReading = "plain-reading",
        /// Page, address and feed tell publication dates more than a day apart; the most trusted was taken.
        DatesDisagree = "dates-disagree",
        /// The page gives an address on another site as its own, as copies do; it is known by where it was had.
        CanonicalElsewhere = "canonical-elsewhere",
        /// The page says that it is in another language than its text is in; the text was believed.
        LanguageDisagrees = "language-disagrees",
        /// Two ways to find the body found different texts; the likelier was taken.
        BodyUncertain = "body-uncertain",
    }
}

/// A title and a body in one string: the title on the first line, a blank line, then one paragraph a line.
///
/// This is the form of the labelled `.txt` files too, which are taken as they stand, so that offsets agree.
#[derive(Debug, Clone)]
pub struct Text {
    whole: String,
    /// Where the body starts in `whole`, in bytes, on a character boundary.
    body: usize,
    entries: Vec<Entry>,
}

/// A timed entry of a live blog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where its first line starts in [`Text::as_str`], in bytes. It goes as far as the next one.
    pub start: usize,
    /// When it was published.
    pub at: Timestamp,
}

/// Texts are the same by their words: that a page tells the times of its entries otherwise makes no new version.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body && self.whole == other.whole
    }
}

impl Eq for Text {}

impl Text {
    /// Puts a title and paragraphs together; line breaks inside them become spaces, empty paragraphs fall away.
    pub fn from_parts<'a>(title: &str, paragraphs: impl IntoIterator<Item = &'a str>) -> Self {
        let mut whole = one_line(title);
        whole.push_str("\n\n");
        let body = whole.len();
        for paragraph in paragraphs.into_iter().map(one_line).filter(|p| !p.is_empty()) {
            if whole.len() > body {
                whole.push('\n');
            }
            whole.push_str(&paragraph);
        }
        Self { whole, body, entries: Vec::new() }
    }

    /// The same text with the times of its entries, of which each is given with the number of its first line in the body,
    /// from zero on, in ascending order. What lies outside of the body falls away.
    pub fn with_entries(mut self, entries: impl IntoIterator<Item = (usize, Timestamp)>) -> Self {
        let starts: Vec<usize> = std::iter::once(self.body)
            .chain(self.body().match_indices('\n').map(|(at, _)| self.body + at + 1))
            .collect();
        let entries = entries.into_iter().filter_map(|(line, at)| Some(Entry { start: *starts.get(line)?, at }));
        self.entries = entries.collect();
        self
    }

    /// Takes a plain text as it stands: title on the first line, the body after it.
    pub fn from_plain(whole: String) -> Self {
        let title_end = whole.find('\n').unwrap_or(whole.len());
        let body = title_end + whole[title_end..].len() - whole[title_end..].trim_start_matches(['\n', '\r']).len();
        Self { whole, body, entries: Vec::new() }
    }

    /// The timed entries of a live blog, in the order of the text; none where the page tells no times, and none once the
    /// text has been stored.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Title and body, as one string. Spans of figures count bytes of this.
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The title, on one line.
    pub fn title(&self) -> &str {
        self.whole[..self.body].trim_end()
    }

    /// The paragraphs after the title, one a line.
    pub fn body(&self) -> &str {
        &self.whole[self.body..]
    }

    /// The byte range of the body in [`Text::as_str`].
    pub fn body_range(&self) -> Range<usize> {
        self.body..self.whole.len()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A sketch of a text's words: equal for the same text, near for a lightly edited copy (SimHash, 64 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// How many of the 64 bits differ; copies of one text differ in few, unrelated texts in about half.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_title_and_body_apart() {
        let text = Text::from_parts("Nine dead\nin fire", ["  First  line. ", "", "Second."]);
        assert_eq!(text.as_str(), "Nine dead in fire\n\nFirst line.\nSecond.");
        assert_eq!(text.title(), "Nine dead in fire");
        assert_eq!(text.body(), "First line.\nSecond.");
    }

    #[test]
    fn entries_are_known_by_their_first_line() {
        let at: Timestamp = "2026-11-14T15:30:00Z".parse().unwrap();
        let text = Text::from_parts("Live", ["Twelve dead.", "Nine missing."]).with_entries([(1, at), (5, at)]);
        assert_eq!(text.entries(), [Entry { start: text.as_str().find("Nine").unwrap(), at }]);
        assert_eq!(text, Text::from_parts("Live", ["Twelve dead.", "Nine missing."]));
    }

    #[test]
    fn a_plain_text_is_taken_as_it_stands() {
        let text = Text::from_plain("Nine  dead\n\nFirst  line.\n".to_owned());
        assert_eq!(text.title(), "Nine  dead");
        assert_eq!(text.body(), "First  line.\n");
        let bare = Text::from_plain("Nine dead".to_owned());
        assert_eq!((bare.title(), bare.body()), ("Nine dead", ""));
    }
}
