//! Lines that stand among an article's paragraphs and are none: pointers to other articles, captions, sign-up lines.

use std::sync::LazyLock;

/// The words, a line each: how they match, then the words in small letters.
static CHAFF: LazyLock<Vec<(Match, &str)>> =
    LazyLock::new(|| include_str!("chaff.tsv").lines().filter_map(entry).collect());

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    /// The line is these words and nothing else.
    Whole,
    /// The line starts with these words.
    Start,
    /// The line starts with these words, and is short: no sentence of a report.
    ShortStart,
    /// The line ends with these words.
    End,
    /// The line holds these words, and is short.
    ShortHolds,
}

/// How long a short line may be, in characters.
const SHORT: usize = 140;

fn entry(line: &'static str) -> Option<(Match, &'static str)> {
    let (how, words) = line.split_once('\t')?;
    let how = match how {
        "whole" => Match::Whole,
        "start" => Match::Start,
        "short-start" => Match::ShortStart,
        "end" => Match::End,
        "short-holds" => Match::ShortHolds,
        _ => return None,
    };
    Some((how, words))
}

/// Whether a paragraph is no part of the article.
pub fn is_chaff(paragraph: &str) -> bool {
    let line = paragraph.to_lowercase().replace('’', "'");
    let line = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '»' | '›' | '>' | '→' | '•' | '*' | '|'));
    if line.is_empty() || !line.chars().any(char::is_alphanumeric) {
        return true;
    }
    let short = line.chars().count() <= SHORT;
    if short && line.starts_with('©') {
        return true;
    }
    CHAFF.iter().any(|(how, words)| match how {
        Match::Whole => line.trim_end_matches([':', '.', '!', '…']) == *words,
        Match::Start => line.starts_with(words),
        Match::ShortStart => short && line.starts_with(words),
        Match::End => line.ends_with(words),
        Match::ShortHolds => short && line.contains(words),
    })
}

/// Titles of pages that stand before the page that was asked for, in small letters.
const CHALLENGES: &[&str] = &[
    "just a moment",
    "attention required",
    "access denied",
    "access to this page has been denied",
    "are you a robot",
    "are you human",
    "verify you are human",
    "verifying you are human",
    "checking your browser",
    "please verify",
    "pardon our interruption",
    "ddos-guard",
    "security check",
    "robot check",
    "403 forbidden",
    "forbidden",
    "page not found",
    "404 not found",
    "service unavailable",
    "too many requests",
];

/// Whether a title is that of a check for robots or of a refusal.
pub fn is_challenge(title: &str) -> bool {
    let title = title.to_lowercase();
    let title = title.trim_end_matches(['.', '…', '!', '?']);
    CHALLENGES.iter().any(|c| title == *c || (title.starts_with(c) && c.contains(' ') && title.len() <= c.len() + 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        for line in include_str!("chaff.tsv").lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
            let (_, words) = entry(line).unwrap_or_else(|| panic!("not read: {line:?}"));
            assert_eq!(words, words.to_lowercase().trim_end_matches(['\n', '\r']), "in small letters");
            assert!(words.trim().chars().count() >= 4, "too short to be safe: {line:?}");
        }
        assert!(CHAFF.len() > 30);
    }

    #[test]
    fn pointers_and_captions_go_and_sentences_stay() {
        for line in [
            "Related: Storm kills 40 in Velm",
            "READ MORE: Ferry sinks, 112 dead",
            "Also read | Quake toll tops 2,000",
            "Sign up for our newsletter",
            "Advertisement",
            "File photo: Reuters",
            "» More on this story",
        ] {
            assert!(is_chaff(line), "{line}");
        }
        for line in [
            "Related charges were filed against nine men over the deaths of 14 workers.",
            "Read more than 20 names aloud, the mourners did, one for each of the dead.",
            "The advertisement for the ferry had promised room for 112 people.",
            "Photographs showed at least 20 bodies on the quay.",
            "“More people will die,” the minister said.",
        ] {
            assert!(!is_chaff(line), "{line}");
        }
    }
}
