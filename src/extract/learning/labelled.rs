//! Labelled articles: what a careful reader found in a text.

use crate::model::{Article, Fingerprint, Group, Measure, Scope, Status, Text};

/// An article with its labels.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Its name.
    pub id: String,
    /// The set it is reported under.
    pub set: String,
    /// The story it belongs to: articles of one story are never split between learning and measuring.
    pub story: String,
    /// The article.
    pub article: Article,
    /// Its figures.
    pub labels: Vec<Label>,
    /// How much an error in it teaches: more than 1 where few of its kind are labelled.
    pub weight: f32,
    /// How much an error about who counted teaches. Newsrooms tell of their sources otherwise than monitors and writers of
    /// examples do, and theirs are a small share of what is learnt from.
    pub source_weight: f32,
}

/// One figure as a careful reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where its number begins, in bytes of the article's text.
    pub start: usize,
    /// The least number of people.
    pub low: Option<u64>,
    /// The greatest.
    pub high: Option<u64>,
    /// What happened.
    pub measure: Measure,
    /// To whom.
    pub group: Group,
    /// Who counted; empty for the outlet's own voice.
    pub source: String,
    /// Whether the text stands by it.
    pub status: Status,
    /// Which count it is.
    pub scope: Scope,
}

impl Label {
    /// Reads `value|measure|group|source|status|scope`; the number stands at `start`.
    ///
    /// # Errors
    /// What is wrong in it.
    pub fn parse(fields: &str, start: usize) -> Result<Self, String> {
        let cells: Vec<&str> = fields.split('|').map(str::trim).collect();
        let [value, measure, group, source, status, scope] = cells.as_slice() else {
            return Err(format!("{} fields", cells.len()));
        };
        let (low, high) = ends(value).ok_or(format!("no value: {value}"))?;
        let problem = |error: crate::model::UnknownWord| error.to_string();
        Ok(Self {
            start,
            low,
            high,
            measure: measure.parse().map_err(problem)?,
            group: group.parse().map_err(problem)?,
            source: (*source).to_owned(),
            status: status.parse().map_err(problem)?,
            scope: scope.parse().map_err(problem)?,
        })
    }
}

impl Labelled {
    /// An article of a plain text with its labels.
    pub fn new(
        set: &str,
        id: &str,
        story: &str,
        published: Option<jiff::Timestamp>,
        text: &str,
        labels: Vec<Label>,
    ) -> Self {
        let article = Article {
            url: "https://example.org/".parse().expect("a valid address"),
            outlet: String::new(),
            language: Some("en".to_owned()),
            published,
            modified: None,
            text: Text::from_plain(text.to_owned()),
            flags: Vec::new(),
            fingerprint: Fingerprint(0),
        };
        Self {
            set: set.to_owned(),
            id: id.to_owned(),
            story: story.to_owned(),
            article,
            labels,
            weight: 1.0,
            source_weight: 1.0,
        }
    }
}

/// Reads articles with their labels marked in the text:
///
/// ```text
/// === an-id | kind of outlet | 2024-05-11
/// [[Nineteen|=19|killed|people||current|story]] killed in fire
///
/// [[more than 40|>=40|injured|people|health ministry|current|story]] were hurt, the health ministry said.
/// ```
/// A value is `=n`, `>=n`, `<=n`, `~n` (about), `a-b` (a range) or `?n` (vague, from n). Articles whose ids differ only in
/// a number at the end are of one story.
///
/// # Errors
/// The article and what is wrong in it.
pub fn from_markup(text: &str) -> Result<Vec<Labelled>, String> {
    text.split("\n=== ")
        .map(|part| part.strip_prefix("=== ").unwrap_or(part))
        .filter(|p| !p.trim().is_empty())
        .map(one)
        .collect()
}

fn one(part: &str) -> Result<Labelled, String> {
    let (header, body) = part.split_once('\n').ok_or("a header alone")?;
    let mut cells = header.split('|').map(str::trim);
    let id = cells.next().unwrap_or_default();
    let date = cells.nth(1).ok_or(format!("{id}: no date"))?;
    let published = format!("{date}T12:00:00Z").parse().map_err(|error| format!("{id}: {date}: {error}"))?;
    let mut text = String::with_capacity(body.len());
    let mut labels = Vec::new();
    let mut rest = body.trim();
    while let Some((before, marked)) = rest.split_once("[[") {
        let (label, after) = marked.split_once("]]").ok_or(format!("{id}: a mark without end"))?;
        text.push_str(before);
        let (number, fields) = label.split_once('|').ok_or(format!("{id}: {label}: no fields"))?;
        labels.push(Label::parse(fields, text.len()).map_err(|error| format!("{id}: {label}: {error}"))?);
        text.push_str(number);
        rest = after;
    }
    text.push_str(rest);
    let story = id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
    let mut labelled =
        Labelled::new("own", id, if story.is_empty() { id } else { story }, Some(published), &text, labels);
    // The text may have been tidied: the labels go along.
    labelled.realign(&text);
    Ok(labelled)
}

impl Labelled {
    /// Moves the labels from their places in `original` to those in the article's text, which differ in white space.
    pub fn realign(&mut self, original: &str) {
        let tidied = self.article.text.as_str();
        let solid = |text: &str| -> Vec<usize> {
            text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, _)| at).collect()
        };
        let (from, to) = (solid(original), solid(tidied));
        for label in &mut self.labels {
            let nth = from.partition_point(|at| *at < label.start);
            label.start = to.get(nth).copied().unwrap_or(tidied.len());
        }
    }
}

/// The ends of a value as it is marked.
fn ends(value: &str) -> Option<(Option<u64>, Option<u64>)> {
    let number = |text: &str| text.parse::<u64>().ok();
    if let Some(n) = value.strip_prefix(">=").or(value.strip_prefix('?')) {
        Some((Some(number(n)?), None))
    } else if let Some(n) = value.strip_prefix("<=") {
        Some((None, Some(number(n)?)))
    } else if let Some(n) = value.strip_prefix(['=', '~']) {
        Some((Some(number(n)?), Some(number(n)?)))
    } else {
        let (low, high) = value.split_once('-')?;
        Some((Some(number(low)?), Some(number(high)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_labels_at_their_places() {
        let text = "=== fire-1 | wire | 2024-05-11\nFire kills [[nine|=9|killed|people||current|story]]\n\n\
                    Some [[20-30|20-30|injured|people|medics|current|part]] were hurt.\n";
        let found = from_markup(text).expect("well-formed markup");
        assert_eq!((found.len(), found[0].story.as_str()), (1, "fire"));
        let text = found[0].article.text.as_str();
        let starts: Vec<&str> = found[0].labels.iter().map(|l| &text[l.start..l.start + 4]).collect();
        assert_eq!(starts, ["nine", "20-3"]);
        assert!(from_markup("=== x | y | 2024-05-11\nA [[b|=1|killed|dogs||current|story]]\n").is_err());
    }
}
