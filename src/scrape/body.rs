//! The body of an article out of its page.

use std::panic::{AssertUnwindSafe, catch_unwind};

use scraper::Html;
use trafilatura::{ExtractionFocus, HtmlDateMode, Options};
use url::Url;

use super::blocks::blocks;
use super::chaff::is_chaff;
use super::choose::set_right;
use super::guard::{Guarded, guard};
use super::json_ld::Facts;
use super::paragraphs;
use super::plain::plain_reading;
use super::plain_text::clean;
use super::sites::{Site, site};

/// The paragraphs of a body, and how they were come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Clean text, in order, none empty.
    pub paragraphs: Vec<String>,
    /// The language that the text looks to be in (ISO 639-1), where there is enough of it to tell.
    pub language: Option<String>,
    /// Whether the extraction library was not used, since the page is too deep or too large for it.
    pub plain: bool,
}

/// A body of fewer characters is distrusted when the page's data holds one twice as long: the page may be filled in by
/// a script.
const SHORT_BODY: usize = 1_200;

/// From how many characters on what a site's own markup calls the body is believed.
const MARKED_BODY: usize = 250;

/// From how many characters on the language of a text can be told from it.
const TELLING: usize = 200;

/// Reads the body of an article. `facts` may hold the body too (schema.org `articleBody`), which few pages have
/// and which is often cut: it is taken only where the page itself gives little and the data much more.
pub fn body(page: &Guarded, parsed: &Html, url: &Url, title: &str, facts: &Facts) -> Body {
    let plain = !page.is_moderate();
    let Found { lines, language } =
        if plain { Found { lines: plain_reading(&page.html), language: None } } else { extracted(page, url) };
    let mut paragraphs = if plain { tidy(&lines) } else { by_site(parsed, url, &lines, title, facts.live) };
    if let Some(told) = facts.body.as_deref()
        && length(&paragraphs) < SHORT_BODY
    {
        let told = told_body(told);
        if length(&told) > 2 * length(&paragraphs) {
            paragraphs = told;
        }
    }
    let language = language.filter(|_| length(&paragraphs) >= TELLING);
    Body { paragraphs, language, plain }
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
    language: Option<String>,
}

fn extracted(page: &Guarded, url: &Url) -> Found {
    let options = Options::default()
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_fallback(true)
        .with_exclude_comments(true)
        .with_html_date_mode(HtmlDateMode::Disabled)
        .with_url(url.clone());
    // The library is large and reads what anyone has written: should it panic, the page is read plainly instead.
    match catch_unwind(AssertUnwindSafe(|| trafilatura::extract(&page.html, &options))) {
        // Its `content_text` is one line; the paragraphs are in its HTML.
        Ok(Ok(found)) => Found {
            lines: paragraphs::of_html(&found.content_html),
            language: Some(found.metadata.language).filter(|l| !l.is_empty()),
        },
        Ok(Err(_)) | Err(_) => Found { lines: plain_reading(&page.html), language: None },
    }
}

/// Cleans paragraphs and leaves out those that are none.
pub fn tidy(found: &[String]) -> Vec<String> {
    found.iter().map(|paragraph| clean(paragraph)).filter(|paragraph| !is_chaff(paragraph)).collect()
}

/// Reads the body by the markup of its site, where that is known, and by what the extraction library found otherwise.
fn by_site(parsed: &Html, url: &Url, found: &[String], title: &str, live: bool) -> Vec<String> {
    let site = url.host_str().and_then(site);
    let page = blocks(parsed, site);
    if site.is_some_and(Site::knows_body) {
        let marked: Vec<String> = page.iter().filter(|b| b.body && b.furniture == 0).map(|b| b.text.clone()).collect();
        if length(&marked) >= MARKED_BODY {
            return tidy(&marked);
        }
    }
    set_right(found, &page, title, live)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_a_page_stands_in_where_the_page_says_little() {
        let page = guard("<body><div id=app><p>Loading the story of the mill for you, please wait a little.</p></div>");
        let told =
            format!("<p>Thirty-one people died in Tarvik.</p><p>{}</p>", "Nine are in a grave state. ".repeat(20));
        let url = "https://coastdaily.example/a".parse().unwrap();
        let facts = Facts { body: Some(told), ..Facts::default() };
        let body = body(&page, &page.parse(), &url, "", &facts);
        assert_eq!(body.paragraphs.len(), 2);
        assert_eq!(body.paragraphs[0], "Thirty-one people died in Tarvik.");
    }
}
