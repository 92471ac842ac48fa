//! Pages in, articles out: every folder of `tests/cases/pages` holds a page as its server sends it (`page.html`), the
//! text a reader would take from it (`expected.txt`) and what is known of it (`expected.json`).

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tollwatch::model::{FeedItem, Flag, Identity, Page, Validators};
use tollwatch::scrape::{self, NotAnArticle};

const FETCHED: &str = "2026-11-21T00:00:00Z";

fn page(url: &str, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Page {
    Page {
        url: url.parse().expect("a test's address"),
        fetched: FETCHED.parse().expect("a test's time"),
        content_type: content_type.map(str::to_owned),
        body: body.into(),
        validators: Validators::default(),
    }
}

fn html(body: &str) -> Page {
    page("https://coastdaily.example/a/1", Some("text/html; charset=utf-8"), body)
}

#[test]
fn pages_give_the_articles_that_a_reader_would_take_from_them() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pages");
    let mut folders: Vec<_> = fs::read_dir(cases).expect("the cases").map(|e| e.expect("a case").path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no cases found");
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{name}/{file}: {e}"));
        let expected: Value = serde_json::from_str(&text("expected.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let given = &expected["given"];
        let body = fs::read(folder.join("page.html")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let page = page(given["url"].as_str().expect("given.url"), given["content_type"].as_str(), body);
        let article = scrape::article(&page, None).unwrap_or_else(|e| panic!("{name}: {e}"));

        assert_eq!(article.text.as_str().trim_end(), text("expected.txt").trim_end(), "the text of {name}");
        let read = scrape::to_json(&name, &article);
        for key in ["url", "outlet", "language", "published", "modified", "flags"] {
            assert_eq!(read[key], expected[key], "{key} of {name}");
        }
    }
}

#[test]
fn the_printed_form_has_the_agreed_keys_in_order() {
    let article = scrape::article(&html(TWO_PARAGRAPHS), None).expect("an article");
    let printed = scrape::to_json("a.html", &article);
    let keys: Vec<&str> = printed.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["file", "url", "title", "outlet", "language", "published", "modified", "text", "flags"]);
    assert_eq!(printed["title"], "Ferry sinks off Velm, 14 dead");
    assert!(
        printed["text"].as_str().is_some_and(|t| t.starts_with("Fourteen people drowned") && t.lines().count() == 2)
    );
}

const TWO_PARAGRAPHS: &str = "<html lang=en><title>Ferry sinks off Velm, 14 dead</title><article>\
    <h1>Ferry sinks off Velm, 14 dead</h1>\
    <p>Fourteen people drowned when a ferry sank off Velm in a storm on Tuesday, the coast guard said in a statement.</p>\
    <p>It had saved 61 others and was looking for three more, it said; the search would go on through the night.</p></article>";

#[test]
fn what_is_no_article_is_refused_with_its_reason() {
    let refused = |page: Page| scrape::article(&page, None).expect_err("no article").to_string();
    let url = "https://coastdaily.example/a/1";
    assert_eq!(refused(page(url, Some("application/pdf"), "%PDF-1.7")), "the page is application/pdf, not HTML");
    let feed = "<?xml version='1.0'?>\n<rss version='2.0'><channel></channel></rss>";
    assert_eq!(refused(page(url, Some("text/xml"), feed)), "the page is application/rss+xml, not HTML");
    assert_eq!(refused(page(url, None, "{\"a\":1}")), "the page is application/json, not HTML");
    assert_eq!(refused(page(url, Some("text/html"), vec![0_u8; 4_000])), "the page is binary data, not HTML");
    assert_eq!(refused(html("")), "the page holds no text of an article");
    assert_eq!(refused(html(&"<p>".repeat(2 << 20))), "the page has 6291456 bytes; pages of up to 5242880 are read");
    let challenge = "<title>Just a moment...</title><body><p>Verify you are human by completing the action below.</p>\
        <p>coastdaily.example needs to review the security of your connection before proceeding.</p>";
    assert_eq!(
        scrape::article(&html(challenge), None),
        Err(NotAnArticle::Challenge { title: "Just a moment...".to_owned() })
    );
}

fn item(content: Option<&str>, summary: Option<&str>) -> FeedItem {
    FeedItem {
        feed: "coast".to_owned(),
        identity: Identity::new("guid:1".to_owned(), []),
        guid: None,
        link: Some("https://www.coastdaily.example/a/1".parse().expect("a test's address")),
        title: "Ferry sinks off\u{202e} Velm, 14 dead".to_owned(),
        published: Some("2026-11-17T20:15:00Z".parse().expect("a test's time")),
        updated: None,
        summary: summary.map(str::to_owned),
        content: content.map(str::to_owned),
    }
}

#[test]
fn the_feed_fills_what_the_page_does_not_tell() {
    let article = scrape::article(&html(TWO_PARAGRAPHS), Some(&item(None, None))).expect("an article");
    assert_eq!(article.published, Some("2026-11-17T20:15:00Z".parse::<Timestamp>().expect("a test's time")));
}

#[test]
fn the_feeds_text_is_taken_where_the_page_is_a_stub() {
    let stub = "<title>Ferry sinks off Velm, 14 dead</title><article><h1>Ferry sinks off Velm, 14 dead</h1>\
        <p>Fourteen people drowned when a ferry sank off Velm.</p></article>";
    let content = "<p>Fourteen people drowned when a ferry sank off Velm.</p><p>The coast guard saved 61 others and was \
        looking for three more; the search would go on through the night, with two more ships from the mainland.</p>";
    let article = scrape::article(&html(stub), Some(&item(Some(content), None))).expect("an article");
    assert_eq!((article.text.body().lines().count(), &article.flags[..]), (2, &[Flag::FromFeed][..]));
    let alone = scrape::article(&html(stub), None).expect("an article");
    assert_eq!((alone.text.body().lines().count(), &alone.flags[..]), (1, &[Flag::Partial][..]));
}

#[test]
fn the_feeds_own_text_stands_in_for_a_page() {
    let content = "<p>Fourteen people drowned when a ferry sank off Velm.</p><ul><li>61 saved</li><li>3 missing</li></ul>\
        <p>Read more: Harbour deaths</p><p>The coast guard said that the search would go on through the night, and that \
        two more ships had joined it from the mainland since noon.</p>";
    let article = scrape::from_feed(&item(Some(content), Some("Fourteen drowned.")), "").expect("an article");
    assert_eq!(
        article.text.as_str(),
        "Ferry sinks off Velm, 14 dead\n\nFourteen people drowned when a ferry sank off Velm.\n61 saved\n3 missing\n\
        The coast guard said that the search would go on through the night, and that two more ships had joined it from \
        the mainland since noon."
    );
    assert_eq!((article.outlet.as_str(), &article.flags[..]), ("coastdaily.example", &[Flag::FromFeed][..]));

    let short =
        scrape::from_feed(&item(None, Some("Fourteen drowned &amp; 61 were saved.")), "Coast Daily").expect("one");
    assert_eq!(short.text.body(), "Fourteen drowned & 61 were saved.");
    assert_eq!(short.flags, [Flag::Partial, Flag::FromFeed]);
    assert_eq!(scrape::from_feed(&item(None, None), ""), None);
}

/// Pages made to cost time or stack. A debug build on a busy machine gets ten seconds for what takes a tenth of one in a
/// release build; html5ever alone would take minutes, and the extraction library would overflow the stack.
#[test]
fn hostile_pages_are_read_in_bounded_time() {
    let report =
        "<p>Fourteen people drowned when a ferry sank off Velm in a storm on Tuesday, the coast guard said.</p>";
    let attributes = |n: usize| (0..n).map(|i| format!("a{i}='{i}>' ")).collect::<String>();
    let pages = [
        ("nested divs", "<div>".repeat(100_000) + report),
        ("nested spans", "<span>".repeat(100_000) + report),
        ("nested lists", "<ul><li>".repeat(60_000) + report),
        ("nested tables", "<table><tr><td>".repeat(40_000) + report),
        ("attributes", format!("<div {}>{report}", attributes(200_000))),
        ("paragraphs", "<p>".repeat((5 << 20) / 3 - 100) + report),
        (
            "reopened formatting",
            format!("{}{report}", format!("<div>{}</div>", "<font size=1><b>".repeat(200)).repeat(300)),
        ),
        ("links around blocks", "<a><div>".repeat(50_000) + report),
        ("drawing without an end", "<svg>".repeat(200_000) + report),
        ("comments without an end", "<!--".repeat(500_000)),
        ("open quotes", "<a href=\"".repeat(200_000)),
        ("deep data", format!("<script type='application/ld+json'>{}</script>{report}", "[".repeat(500_000))),
        ("deep text", format!("{}{}", "<div>".repeat(120), report.repeat(5_000))),
    ];
    for (name, markup) in pages {
        let start = Instant::now();
        let read = scrape::article(&html(&format!("<title>Ferry sinks</title><body>{markup}")), None);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(10), "{name}: {took:?}");
        if let Ok(article) = read {
            assert!(article.text.body().contains("Fourteen people drowned"), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..2_000), typed in any::<bool>()) {
        let content_type = if typed { Some("text/html; charset=shift_jis") } else { None };
        let _ = scrape::article(&page("https://xn--e1afmkfd.xn--p1ai/a", content_type, body), None);
    }

    /// Markup of all sorts, well and badly nested; whatever comes out is plain text.
    #[test]
    fn no_markup_gets_through(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..120)) {
        if let Ok(article) = scrape::article(&html(&pieces.concat()), None) {
            let text = article.text.as_str();
            for mark in ["<p", "<b", "</", "&amp;", "\u{200b}", "\u{202e}", "\u{0}", "  "] {
                prop_assert!(!text.contains(mark), "{mark:?} in {text:?}");
            }
        }
    }
}

const PIECES: &[&str] = &[
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href='x'>",
    "</a>",
    "<div class=related>",
    "<div>",
    "</div>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<li>",
    "<ul>",
    "</ul>",
    "<h1>",
    "</h2>",
    "<script>",
    "</script>",
    "<!-- ",
    "-->",
    "<svg>",
    "</svg>",
    "<title>",
    "</title>",
    "<br>",
    "<form>",
    "<article>",
    "</article>",
    "<span hidden>",
    "</span>",
    "<",
    ">",
    "Nine people died in the fire, the mayor said. ",
    "At least 31 are dead, and 52 were hurt & taken to hospital. ",
    "\u{200b}",
    "\u{202e}",
    "\u{0}",
    "&nbsp;&nbsp;",
    "&#8238;",
    "&#0;",
    "<meta name=date content='2026-11-11'>",
    "<time datetime='x'>",
    "</time>",
    "<script type='application/ld+json'>{\"@type\":\"NewsArticle\"",
    "}</script>",
    "\n\n",
];

#[test]
fn a_reading_is_the_same_each_time() {
    let read = || scrape::article(&html(TWO_PARAGRAPHS), None).map(|a| scrape::to_json("a", &a)).unwrap_or(json!(null));
    assert_eq!(read(), read());
}
