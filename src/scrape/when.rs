//! When an article was published and last changed: what the page, its address and the feed say, in one order of trust.
//!
//! 1. JSON-LD of the article, then of the page; 2. `<meta>`; 3. microdata; 4. `<time>`; 5. the address; 6. lines that a
//!    reader sees near the title ("Updated at 6:00 pm"); 7. the feed.
//!
//! The first statement that can be true counts, and a later one that may be the same date told more exactly makes it
//! exact. Statements that cannot be the same date are a conflict, which the article is marked with.

use jiff::Timestamp;
use url::Url;

use super::blocks::{Block, Kind};
use super::dates::{self, Written};
use super::json_ld::Facts;
use super::said::Said;
use super::stated::{self, Of};
use crate::model::FeedItem;

/// Names of `<meta>` that hold the first publication, most trusted first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "datepublished",
    "og:article:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "publicationdate",
    "article.published",
    "article:published",
    "published-date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "bt:pubdate",
    "rnews:datepublished",
    "og:published_time",
    "og:pubdate",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "dc.date.created",
    "displaydate",
    "date",
    "article_date_original",
    "originalpublicationdate",
    "ptime",
    "timestamp",
];

/// Names of `<meta>` that hold the last change.
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "datemodified",
    "og:article:modified_time",
    "og:updated_time",
    "article:updated_time",
    "lastmod",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "article.updated",
    "article:modified",
    "revised",
];

/// How many lines before the title, and after the body, may tell a date.
const LINES_BEFORE: usize = 4;
const LINES_AFTER: usize = 8;

/// How many lines between the title and the body are looked at.
const MOST_LINES: usize = 40;

/// The dates of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct When {
    /// First publication.
    pub published: Option<Timestamp>,
    /// Last change.
    pub modified: Option<Timestamp>,
    /// Whether statements of the publication lie more than a day apart.
    pub disagree: bool,
}

/// What else is known when dates are read.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// Where the page was had, and its canonical address.
    pub urls: [&'a Url; 2],
    /// The lines near the title, see [`byline`].
    pub lines: &'a [&'a str],
    /// Whether dates of three numbers have the day before the month.
    pub day_first: bool,
    /// What the feed says.
    pub item: Option<&'a FeedItem>,
    /// When the page was fetched: what lies after it is not believed.
    pub fetched: Timestamp,
}

/// Reads the dates of an article.
pub fn when(said: &Said, facts: &Facts, around: Around<'_>) -> When {
    let parse = |text: &str| dates::parse(text, around.day_first);
    let latest = dates::latest(around.fetched);
    let lines: Vec<_> = around.lines.iter().flat_map(|line| stated::dates_in(line, around.day_first)).collect();
    let in_lines = |of: Of| lines.iter().filter(move |stated| stated.of == of).map(|stated| stated.written);

    let mut published: Vec<(Weight, Written)> = Vec::new();
    let mut say = |weight: Weight, written: &mut dyn Iterator<Item = Written>| {
        published.extend(written.map(|written| (weight, written)));
    };
    say(Weight::Says, &mut facts.published.as_deref().and_then(parse).into_iter());
    say(Weight::May, &mut facts.page_published.as_deref().and_then(parse).into_iter());
    // Of several under one name, the further ones may be those of teasers and comments.
    for (nth, content) in said.all(PUBLISHED) {
        say(if nth == 0 { Weight::Says } else { Weight::May }, &mut parse(content).into_iter());
    }
    for (nth, (trust, time)) in said.times.iter().enumerate() {
        say(if nth == 0 && *trust == 0 { Weight::Says } else { Weight::May }, &mut parse(time).into_iter());
    }
    say(Weight::Says, &mut around.urls.iter().filter_map(|url| dates::in_path(url.path())).map(Written::Day));
    say(Weight::Says, &mut in_lines(Of::Publication));
    say(Weight::May, &mut in_lines(Of::Untold));
    // Some tell only when they changed it.
    say(Weight::May, &mut around.item.and_then(|item| item.published).map(moment).into_iter());
    say(Weight::May, &mut in_lines(Of::Change));
    published.retain(|(_, written)| written.timestamp().is_some_and(|at| at <= latest));
    let first = most_exact(&published);

    let mut modified: Vec<(Weight, Written)> = Vec::new();
    let mut say =
        |written: &mut dyn Iterator<Item = Written>| modified.extend(written.map(|written| (Weight::Says, written)));
    say(&mut facts.modified.as_deref().and_then(parse).into_iter());
    say(&mut facts.page_modified.as_deref().and_then(parse).into_iter());
    say(&mut said.all(MODIFIED).filter_map(|(_, content)| parse(content)));
    say(&mut said.modified.iter().filter_map(|time| parse(time)));
    say(&mut in_lines(Of::Change));
    say(&mut around.lines.iter().filter_map(|line| later_that_day(line, first?)));
    say(&mut around.item.and_then(|item| item.updated).map(moment).into_iter());
    // A change before the publication is a template's date, not the article's.
    let is_after = |written: &Written| first.is_none_or(|first| written.timestamp() >= first.timestamp());
    modified.retain(|(_, written)| written.timestamp().is_some_and(|at| at <= latest) && is_after(written));

    let feed = around.item.and_then(|item| item.published).map(moment);
    let others =
        published.iter().filter(|(weight, _)| *weight == Weight::Says).map(|(_, written)| *written).chain(feed);
    When {
        published: first.and_then(Written::timestamp),
        modified: most_exact(&modified).and_then(Written::timestamp),
        disagree: first.is_some_and(|first| others.into_iter().any(|other| first.contradicts(other))),
    }
}

/// Whether a statement is of the article's publication, or may be of something else on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Says,
    May,
}

fn moment(at: Timestamp) -> Written {
    Written::Moment { at, offset: jiff::tz::Offset::UTC }
}

/// The first date, or a later one that tells the same more exactly.
fn most_exact(written: &[(Weight, Written)]) -> Option<Written> {
    let (_, mut best) = *written.first()?;
    for (_, other) in written {
        if best.is_refined_by(*other) {
            best = *other;
        }
    }
    Some(best)
}

/// The change that a line tells by its time of day only: on the day of the publication, by its clock where the line names
/// no zone.
fn later_that_day(line: &str, published: Written) -> Option<Written> {
    let (time, zone) = stated::change_at(line)?;
    let local = published.day().to_datetime(time);
    match (Written::at(local, zone.as_deref().unwrap_or(""))?, published) {
        (Written::Local(local), Written::Moment { offset, .. }) => {
            Some(Written::Moment { at: offset.to_timestamp(local).ok()?, offset })
        }
        (written, _) => Some(written),
    }
}

/// The lines of a page that may tell the article's dates: from the title to the first paragraph of the body, then what
/// follows the body directly, then what stands directly before the title, where mastheads have the day of the visit.
pub fn byline<'a>(page: &'a [Block], title: &str, body: &[String]) -> Vec<&'a str> {
    let place = |text: &String| page.iter().position(|block| block.text == *text);
    let start = body.iter().take(3).find_map(place).unwrap_or(page.len().min(MOST_LINES));
    let end = body.iter().rev().take(3).find_map(|text| page.iter().rposition(|block| block.text == *text));
    let is_title = |block: &Block| block.kind == Kind::Title || block.text == title;
    let head = page[..start].iter().rposition(is_title).unwrap_or(start.saturating_sub(LINES_AFTER));
    let between = &page[head.max(start.saturating_sub(MOST_LINES))..start];
    let after = end.map_or(&[][..], |end| &page[end + 1..page.len().min(end + 1 + LINES_AFTER)]);
    let before = &page[head.saturating_sub(LINES_BEFORE)..head];
    between.iter().chain(after).chain(before).map(|block| &*block.text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::blocks::blocks;
    use super::super::guard::guard;
    use super::super::json_ld;
    use super::*;

    fn read(html: &str) -> When {
        let guarded = guard(html);
        let (parsed, facts) = (guarded.parse(), json_ld::facts(&guarded.json_ld));
        let url = "https://www.coastdaily.example/2026/11/16/mill?ref=rss#top".parse().unwrap();
        let page = blocks(&parsed, &[]);
        let body: Vec<String> = page.iter().filter(|b| b.text.starts_with("Crews")).map(|b| b.text.clone()).collect();
        let around = Around {
            urls: [&url, &url],
            lines: &byline(&page, "", &body),
            day_first: false,
            item: None,
            fetched: "2026-11-21T00:00:00Z".parse().unwrap(),
        };
        when(&Said::by(&parsed), &facts, around)
    }

    fn published(html: &str) -> Option<String> {
        read(html).published.map(|t| t.to_string())
    }

    fn data(published: &str) -> String {
        format!(
            "<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"datePublished\":\"{published}\"}}</script>"
        )
    }

    #[test]
    fn dates_are_taken_in_the_order_of_trust_and_made_exact() {
        let meta = "<meta property='article:published_time' content='2026-11-16T10:00:00Z'>";
        let data = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-11-15T09:00:00Z\"}</script>";
        let day =
            "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-11-16\"}</script>";
        assert_eq!(published(&format!("{meta}{data}")).as_deref(), Some("2026-11-15T09:00:00Z"));
        assert_eq!(published(&format!("{meta}{day}")).as_deref(), Some("2026-11-16T10:00:00Z"));
        assert_eq!(published("<time datetime='2026-11-16T08:30+02:00'>").as_deref(), Some("2026-11-16T06:30:00Z"));
        assert_eq!(published("<p>no word of it").as_deref(), Some("2026-11-16T00:00:00Z"), "by the address");
        // A date to come is a template's or an event's.
        assert_eq!(
            published("<meta name=date content='2027-01-01T00:00:00Z'>").as_deref(),
            Some("2026-11-16T00:00:00Z")
        );
    }

    #[test]
    fn the_time_of_another_article_is_not_taken() {
        let page = "<aside><time datetime='2026-11-01T00:00:00Z'></time></aside>\
            <article><time datetime='2026-11-16T07:00:00Z'></time></article>";
        assert_eq!(published(page).as_deref(), Some("2026-11-16T07:00:00Z"));
    }

    #[test]
    fn dates_that_lie_apart_are_a_conflict() {
        let meta = "<meta property='article:published_time' content='2026-11-16T10:00:00Z'>";
        assert!(!read(meta).disagree);
        assert!(!read(&format!("{meta}{}", data("2026-11-15T23:00:00-05:00"))).disagree);
        assert!(read(&format!("{meta}{}", data("2026-11-12T09:00:00Z"))).disagree);
        assert!(read(&data("2026-11-02")).disagree, "the address says otherwise");
        let time = "<time datetime='2026-11-02'></time>";
        assert!(!read(&format!("{meta}{time}")).disagree, "of something else, perhaps");
        assert!(read(time).disagree, "taken, though the address says otherwise");
    }

    #[test]
    fn the_lines_near_the_title_tell_what_the_markup_does_not() {
        let page = "<div>Friday, November 20, 2026</div><div>Mon</div><div>Home</div><div>World</div><div>Sport</div>\
            <h1>Toll at 31</h1><div>By Ana Orro</div><div>Published 2:16 AM EST Nov 16, 2026</div>\
            <div>Updated at 6:00 pm</div><p>Crews found 31 bodies on 12 November 2026 in Tarvik.</p>";
        let read = read(page);
        assert_eq!(read.published, Some("2026-11-16T07:16:00Z".parse().unwrap()));
        assert_eq!(read.modified, Some("2026-11-16T23:00:00Z".parse().unwrap()));
    }
}
