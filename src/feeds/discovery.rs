//! The feeds that a web page names.

use url::Url;

use super::entities::resolve_html;
use super::markup::{Tag, Token, is_page, tokens};

/// More feeds than a page offers to choose from.
const MOST_FEEDS: usize = 20;

/// How many tokens of a page are looked at; the links stand in its head.
const MOST_TOKENS: usize = 20_000;

/// The media types of feeds, best first.
const TYPES: [&str; 4] =
    ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"];

/// Whether the text is a web page.
pub(super) fn is_html(text: &str) -> bool {
    tokens(text).take(MOST_TOKENS).any(|token| match token {
        Token::Doctype(inside) => is_page(inside),
        Token::Start(tag) => ["html", "head"].iter().any(|name| tag.name.eq_ignore_ascii_case(name)),
        _ => false,
    })
}

/// The addresses in `<link rel="alternate">` of feeds' types, made absolute. Feeds of comments count where there are no
/// others: most blogs name theirs beside that of their articles.
pub(super) fn feeds_named_in(page: &str, url: &Url) -> Vec<Url> {
    let mut base = url.clone();
    let mut found: Vec<(bool, Url)> = Vec::new();
    for token in tokens(page).take(MOST_TOKENS) {
        let Token::Start(tag) = token else { continue };
        if tag.name.eq_ignore_ascii_case("base")
            && let Some(href) = tag.attribute("href")
        {
            base = url.join(&resolve_html(href)).unwrap_or(base);
        } else if tag.name.eq_ignore_ascii_case("link")
            && names_a_feed(&tag)
            && let Some(href) = tag.attribute("href")
            && let Ok(address) = base.join(resolve_html(href).trim())
            && matches!(address.scheme(), "http" | "https")
            && found.iter().all(|(_, known)| *known != address)
            && found.len() < MOST_FEEDS
        {
            let of_comments = [tag.attribute("title").unwrap_or_default(), address.path()]
                .iter()
                .any(|text| text.to_ascii_lowercase().contains("comment"));
            found.push((of_comments, address));
        }
    }
    if found.iter().any(|(of_comments, _)| !of_comments) {
        found.retain(|(of_comments, _)| !of_comments);
    }
    // The order of the page is its author's choice and stays.
    found.into_iter().map(|(_, address)| address).collect()
}

fn names_a_feed(tag: &Tag<'_>) -> bool {
    let alternate =
        tag.attribute("rel").unwrap_or_default().split_whitespace().any(|rel| rel.eq_ignore_ascii_case("alternate"));
    let kind = tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
    // `application/json` is not among them: it is mostly an interface for programs.
    alternate && TYPES.contains(&kind.split(';').next().unwrap_or_default().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let url = Url::parse("https://wire.example/news/").expect("a fixed address");
        feeds_named_in(page, &url).into_iter().map(String::from).collect()
    }

    #[test]
    fn links_are_made_absolute_and_comments_count_alone() {
        let page = r#"<html><head>
            <LINK REL="alternate" TYPE="application/rss+xml" TITLE="Comments" HREF="/c.xml">
            <link rel="alternate nofollow" type="application/atom+xml; charset=utf-8" href="all.atom?a=1&amp;b=2"/>
            <link href=https://wire.example/news/all.atom?a=1&b=2 type=application/atom+xml rel=alternate>"#;
        assert_eq!(found(page), ["https://wire.example/news/all.atom?a=1&b=2"]);
        let comments = page.lines().take(2).collect::<String>();
        assert_eq!(found(&comments), ["https://wire.example/c.xml"]);
    }

    #[test]
    fn other_links_are_no_feeds() {
        let page = r#"<link rel="stylesheet" href="a.css"><link rel="alternate" hreflang="fr" href="/fr">
            <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
            <!-- <link rel="alternate" type="application/rss+xml" href="/old.xml"> -->"#;
        assert_eq!(found(page), Vec::<String>::new());
    }

    #[test]
    fn a_base_counts() {
        let page =
            r#"<base href="https://other.example/x/"><link rel="alternate" type="application/rss+xml" href="feed">"#;
        assert_eq!(found(page), ["https://other.example/x/feed"]);
    }
}
