//! The body of an article out of its page.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use scraper::Html;
use trafilatura::{ExtractionFocus, HtmlDateMode, Options};
use url::Url;

use super::blocks::Block;
use super::chaff::is_chaff;
use super::choose::{holds_most, likeness, set_right};
use super::dates::{self, Written};
use super::guard::{Guarded, guard};
use super::json_ld::{Facts, Update};
use super::lean::lean;
use super::paragraphs;
use super::plain::plain_reading;
use super::plain_text::clean;

/// The paragraphs of a body, and how they were come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Clean text, in order, none empty.
    pub paragraphs: Vec<String>,
    /// The language that the text looks to be in (ISO 639-1), where there is enough of it to tell.
    pub language: Option<String>,
    /// Whether the extraction library was not used, since the page is too deep or too large for it.
    pub plain: bool,
    /// Whether two ways to find it found texts that have less than half in common.
    pub uncertain: bool,
    /// The entries of a live blog: the number of the first paragraph and the time of each.
    pub entries: Vec<(usize, Timestamp)>,
}

/// Two readings with less in common, in hundredths, are different texts.
const ALIKE: usize = 50;

/// A body of fewer characters is distrusted when the page's data holds one twice as long: the page may be filled in by
/// a script.
const SHORT_BODY: usize = 1_200;

/// From how many characters on what a site's own markup calls the body is believed.
const MARKED_BODY: usize = 250;

/// From how many characters on the language of a text can be told from it.
const TELLING: usize = 200;

/// How many elements a page may have to be read twice by the library.
const MOST_TWICE: usize = 3_000;

/// What is known of a page when its body is read.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its address.
    pub url: &'a Url,
    /// Its title.
    pub title: &'a str,
    /// Its data, which may hold the body too (schema.org `articleBody`). Few pages have it, and it is often cut: it is taken
    /// only where the page itself gives little and the data much more.
    pub facts: &'a Facts,
    /// Whether the lines are marked by what is known of the site or feed.
    pub marked: bool,
}

/// Reads the body of an article; `tree` is the page as [`Guarded::parse`] has it, `lines` are its lines.
pub fn body(page: &Guarded, tree: &Html, lines: &[Block], known: Known<'_>) -> Body {
    let facts = known.facts;
    let plain = !page.is_moderate();
    let Found { lines: found, right, language } =
        if plain { Found::plainly(page) } else { found(page, tree, lines, &known) };
    let marked = if known.marked && !plain { marked(lines) } else { Vec::new() };
    let (mut paragraphs, mut uncertain) = if plain {
        (right, false)
    } else if length(&marked) >= MARKED_BODY {
        (marked, false)
    } else {
        // Two ways: the library's, and that over the page's own lines; the data is a third where it holds the body.
        let told = facts.body.as_deref().map(told_body).filter(|told| length(told) >= SHORT_BODY);
        let against_data = told.is_some_and(|told| likeness(&told, &right) < ALIKE);
        let uncertain = likeness(&tidy(&found), &right) < ALIKE || (against_data && !facts.live);
        (right, uncertain)
    };
    let mut entries = if facts.live { entries(&paragraphs, lines) } else { Vec::new() };
    if let Some(told) = facts.body.as_deref()
        && length(&paragraphs) < SHORT_BODY
    {
        let told = told_body(told);
        if length(&told) > 2 * length(&paragraphs) {
            (paragraphs, uncertain, entries) = (told, false, Vec::new());
        }
    }
    if length(&paragraphs) < SHORT_BODY && !facts.updates.is_empty() {
        let (told, times) = told_entries(&facts.updates);
        if length(&told) > 2 * length(&paragraphs) {
            (paragraphs, uncertain, entries) = (told, false, times);
        }
    }
    let language = language.filter(|_| length(&paragraphs) >= TELLING);
    Body { paragraphs, language, plain, uncertain, entries }
}

/// What the markup that is known of the site or feed calls the body.
fn marked(lines: &[Block]) -> Vec<String> {
    let is_body = |b: &&Block| b.body && !b.removed && b.furniture == 0;
    tidy(&lines.iter().filter(is_body).map(|b| b.text.clone()).collect::<Vec<_>>())
}

/// The entries of a live blog as its page shows them: where the time of the lines changes, one begins.
fn entries(paragraphs: &[String], lines: &[Block]) -> Vec<(usize, Timestamp)> {
    let mut entries: Vec<(usize, Timestamp)> = Vec::new();
    let mut from = 0;
    for (number, paragraph) in paragraphs.iter().enumerate() {
        // Lists of key events repeat the headings as links.
        let is_it = |line: &Block| line.text == *paragraph && line.furniture == 0 && line.link_share() < 90;
        let Some(place) = lines[from..].iter().position(is_it) else { continue };
        from += place + 1;
        if let Some(at) = lines[from - 1].at
            && entries.last().is_none_or(|(_, last)| *last != at)
        {
            entries.push((number, at));
        }
    }
    // One time alone is that of the page.
    if entries.len() < 2 { Vec::new() } else { entries }
}

/// The entries of a live blog as its data tells them: the headline of each, then its text.
fn told_entries(updates: &[Update]) -> (Vec<String>, Vec<(usize, Timestamp)>) {
    let (mut paragraphs, mut times) = (Vec::new(), Vec::new());
    for update in updates {
        let start = paragraphs.len();
        paragraphs.extend(tidy(update.headline.as_slice()));
        paragraphs.extend(told_body(&update.body));
        let at = update.published.as_deref().and_then(|text| dates::parse(text, false)).and_then(Written::timestamp);
        times.extend(at.filter(|_| paragraphs.len() > start).map(|at| (start, at)));
    }
    (paragraphs, times)
}

/// How long a body is, in characters.
pub fn length(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(|p| p.chars().count()).sum()
}

/// The text of a body that is told as data: with HTML in it, or with line breaks.
pub fn told_body(told: &str) -> Vec<String> {
    if told.contains("</") || told.contains("<br") || told.contains('&') {
        let guarded = guard(told);
        let lines =
            if guarded.is_moderate() { paragraphs::of_html(&guarded.html) } else { plain_reading(&guarded.html) };
        tidy(&lines)
    } else {
        tidy(&told.lines().map(str::to_owned).collect::<Vec<_>>())
    }
}

/// What the extraction library found.
struct Found {
    lines: Vec<String>,
    /// The same, set right by the lines of the page.
    right: Vec<String>,
    language: Option<String>,
}

impl Found {
    /// A page that the library cannot take, read without it.
    fn plainly(page: &Guarded) -> Self {
        let lines = plain_reading(&page.html);
        Self { right: tidy(&lines), lines, language: None }
    }
}

/// Asks the library for the article: at first quickly, and where that leaves out much of what the page says in sentences,
/// thoroughly, with the two further readers that it can compare itself with. That takes it twice the time, and changes
/// little where its own reading found the article.
fn found(page: &Guarded, tree: &Html, lines: &[Block], known: &Known<'_>) -> Found {
    let whole = |(found, language): (Vec<String>, Option<String>)| Found {
        right: set_right(&found, lines, known.title, known.facts.live),
        lines: found,
        language,
    };
    let quick = extracted(&lean(tree), known.url, Manner::Quick).map(whole);
    if quick.as_ref().is_some_and(|quick| holds_most(&quick.right, lines)) || page.elements > MOST_TWICE {
        return quick.unwrap_or_else(|| whole((plain_reading(&page.html), None)));
    }
    whole(extracted(&page.html, known.url, Manner::Thorough).unwrap_or_else(|| (plain_reading(&page.html), None)))
}

/// How the library reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// By its own rules alone.
    Quick,
    /// By those, by Readability's and by jusText's; it decides which has it right.
    Thorough,
}

/// The lines of an article and their language, by the library; `None` where it finds none.
fn extracted(html: &str, url: &Url, manner: Manner) -> Option<(Vec<String>, Option<String>)> {
    let options = Options::default()
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_fallback(manner == Manner::Thorough)
        .with_exclude_comments(true)
        .with_html_date_mode(HtmlDateMode::Disabled)
        .with_url(url.clone());
    // The library is large and reads what anyone has written: should it panic, the page is read plainly instead.
    let found = catch_unwind(AssertUnwindSafe(|| trafilatura::extract(html, &options))).ok()?.ok()?;
    // Its `content_text` is one line; the paragraphs are in its HTML.
    let language = Some(found.metadata.language).filter(|language| !language.is_empty());
    Some((paragraphs::of_html(&found.content_html), language))
}

/// Cleans paragraphs and leaves out those that are none.
pub fn tidy(found: &[String]) -> Vec<String> {
    found.iter().map(|paragraph| clean(paragraph)).filter(|paragraph| !is_chaff(paragraph)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    #[test]
    fn the_data_of_a_page_stands_in_where_the_page_says_little() {
        let page = guard("<body><div id=app><p>Loading the story of the mill for you, please wait a little.</p></div>");
        let told =
            format!("<p>Thirty-one people died in Tarvik.</p><p>{}</p>", "Nine are in a grave state. ".repeat(20));
        let url = "https://coastdaily.example/a".parse().unwrap();
        let facts = Facts { body: Some(told), ..Facts::default() };
        let tree = page.parse();
        let lines = blocks(&tree, &[]);
        let body = body(&page, &tree, &lines, Known { url: &url, title: "", facts: &facts, marked: false });
        assert_eq!(body.paragraphs.len(), 2);
        assert_eq!(body.paragraphs[0], "Thirty-one people died in Tarvik.");
    }
}
