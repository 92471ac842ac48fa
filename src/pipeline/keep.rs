//! Which items of a feed are kept: by the words that its config wants, or does not want, in them.

use crate::model::FeedItem;

/// Words and phrases, compared without case and as whole words, in an item's title, summary and text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keep {
    /// An item must hold at least one of these; where there are none, it need not.
    pub with: Vec<String>,
    /// An item that holds one of these is left out.
    pub without: Vec<String>,
}

impl Keep {
    /// Whether this item is kept.
    pub fn keeps(&self, item: &FeedItem) -> bool {
        if self.with.is_empty() && self.without.is_empty() {
            return true;
        }
        let parts = [Some(&item.title), item.summary.as_ref(), item.content.as_ref()];
        let text: String = parts.into_iter().flatten().map(|part| words(part)).collect();
        let holds = |phrase: &String| text.contains(&words(phrase));
        (self.with.is_empty() || self.with.iter().any(holds)) && !self.without.iter().any(holds)
    }
}

/// The words of a text in lower case, a space on both sides of each; what stands in tags is left out.
fn words(text: &str) -> String {
    let mut words = String::from(" ");
    let mut in_tag = false;
    for c in text.chars() {
        in_tag = c == '<' || in_tag && c != '>';
        if !in_tag && c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Identity;

    fn item(title: &str, summary: &str) -> FeedItem {
        FeedItem {
            feed: "wire".to_owned(),
            identity: Identity::new("guid:1".to_owned(), []),
            guid: None,
            link: None,
            title: title.to_owned(),
            published: None,
            updated: None,
            summary: Some(summary.to_owned()),
            content: None,
        }
    }

    #[test]
    fn words_are_looked_for_as_whole_words() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let keep = |with: &[&str], without: &[&str]| Keep { with: list(with), without: list(without) };
        let ferry = item("Ferry sinks: 14 dead", "<a href=\"/war\">The harbour</a> police said");
        assert!(keep(&[], &[]).keeps(&ferry));
        assert!(keep(&["FERRY"], &[]).keeps(&ferry) && keep(&["14 dead"], &[]).keeps(&ferry));
        assert!(keep(&["quake", "harbour police"], &[]).keeps(&ferry), "one of them will do");
        assert!(!keep(&["ferr"], &[]).keeps(&ferry), "half a word will not");
        assert!(!keep(&["war"], &[]).keeps(&ferry), "nor what stands in a tag");
        assert!(!keep(&["ferry"], &["police"]).keeps(&ferry));
    }
}
