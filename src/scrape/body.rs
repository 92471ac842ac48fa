//! The body of an article out of its page.

use std::panic::{AssertUnwindSafe, catch_unwind};

use trafilatura::{ExtractionFocus, HtmlDateMode, Options};
use url::Url;

use super::chaff::is_chaff;
use super::guard::{Guarded, guard};
use super::paragraphs;
use super::plain::plain_reading;
use super::plain_text::clean;

/// The paragraphs of a body, and how they were come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Clean text, in order, none empty.
    pub paragraphs: Vec<String>,
    /// Whether the extraction library was not used, since the page is too deep or too large for it.
    pub plain: bool,
}

/// A body of fewer characters is distrusted when the page's data holds a longer one.
const SHORT_BODY: usize = 250;

/// Reads the body of an article. `told` is the body that the page's data holds (schema.org `articleBody`), which few
/// pages have and which is often cut: it is taken only where the page itself gives next to nothing.
pub fn body(page: &Guarded, url: &Url, told: Option<&str>) -> Body {
    let plain = !page.is_moderate();
    let found = if plain { plain_reading(&page.html) } else { extracted(page, url) };
    let mut paragraphs = tidy(&found);
    if let Some(told) = told
        && length(&paragraphs) < SHORT_BODY
    {
        let told = told_body(told);
        if length(&told) > 2 * length(&paragraphs) {
            paragraphs = told;
        }
    }
    Body { paragraphs, plain }
}

/// How long a body is, in characters.
pub fn length(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(|p| p.chars().count()).sum()
}

/// The text of a body that is told as data: with HTML in it, or with line breaks.
pub fn told_body(told: &str) -> Vec<String> {
    if told.contains("</") || told.contains("<br") || told.contains('&') {
        tidy(&paragraphs::of_html(&guard(told).html))
    } else {
        tidy(&told.lines().map(str::to_owned).collect::<Vec<_>>())
    }
}

fn extracted(page: &Guarded, url: &Url) -> Vec<String> {
    let options = Options::default()
        .with_focus(ExtractionFocus::FavorPrecision)
        .with_fallback(true)
        .with_exclude_comments(true)
        .with_html_date_mode(HtmlDateMode::Disabled)
        .with_url(url.clone());
    // The library is large and reads what anyone has written: should it panic, the page is read plainly instead.
    match catch_unwind(AssertUnwindSafe(|| trafilatura::extract(&page.html, &options))) {
        // Its `content_text` is one line; the paragraphs are in its HTML.
        Ok(Ok(found)) => paragraphs::of_html(&found.content_html),
        Ok(Err(_)) | Err(_) => plain_reading(&page.html),
    }
}

/// Cleans paragraphs and leaves out those that are none.
fn tidy(found: &[String]) -> Vec<String> {
    found.iter().map(|paragraph| clean(paragraph)).filter(|paragraph| !is_chaff(paragraph)).collect()
}
