//! Pages in, articles out: every folder of `tests/cases/pages` holds a page as its server sends it (`page.html`), the
//! text a reader would take from it (`expected.txt`) and what is known of it (`expected.json`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tollwatch::config;
use tollwatch::extract;
use tollwatch::model::{Article, FeedItem, Figure, Flag, Identity, Page, Text, Validators};
use tollwatch::scrape::{self, NotAnArticle, Selectors};

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

/// A page with what a reader takes from it.
struct Case {
    name: String,
    page: Page,
    /// What the feed says of it.
    item: Option<FeedItem>,
    expected: Value,
    text: String,
}

fn cases() -> Vec<Case> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pages");
    let mut folders: Vec<_> = fs::read_dir(cases).expect("the cases").map(|e| e.expect("a case").path()).collect();
    folders.sort();
    assert!(folders.len() >= 30, "only {} cases found", folders.len());
    let case = |folder: PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{name}/{file}: {e}"));
        let expected: Value = serde_json::from_str(&text("expected.json")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let body = fs::read(folder.join("page.html")).unwrap_or_else(|e| panic!("{name}: {e}"));
        let given = &expected["given"];
        let (url, told) = (given["url"].as_str().expect("given.url"), &given["item"]);
        let item = told.is_object().then(|| FeedItem {
            link: Some(url.parse().expect("an address")),
            title: told["title"].as_str().expect("given.item.title").to_owned(),
            published: told["published"].as_str().map(|at| at.parse().expect("a time")),
            ..item(told["content"].as_str(), None)
        });
        let page = page(url, given["content_type"].as_str(), body);
        Case { page, item, text: text("expected.txt"), expected, name }
    };
    folders.into_iter().map(case).collect()
}

/// What is read of a page: its article, or the one that the feed holds where the page is none.
fn read(case: &Case) -> Result<Article, NotAnArticle> {
    scrape::article(&case.page, case.item.as_ref())
        .or_else(|refused| case.item.as_ref().and_then(|item| scrape::from_feed(item, "")).ok_or(refused))
}

#[test]
fn pages_give_the_articles_that_a_reader_would_take_from_them() {
    let mut faults = Vec::new();
    for case in cases() {
        let name = &case.name;
        let article = match read(&case) {
            Ok(article) => article,
            Err(refused) => {
                faults.push(format!("{name}: {refused}"));
                continue;
            }
        };
        let (is, should) = (article.text.as_str().trim_end(), case.text.trim_end());
        for (mark, from, other) in [("+", is, should), ("-", should, is)] {
            let beside = from.lines().filter(|line| !other.lines().any(|l| l == *line));
            faults.extend(beside.map(|line| format!("{name}: {mark} {line}")));
        }
        if is != should && is.lines().count() == should.lines().count() {
            faults.push(format!("{name}: its lines or their order differ"));
        }
        let told = scrape::to_json(name, &article);
        for key in ["url", "outlet", "language", "published", "modified", "flags", "entries"] {
            if told[key] != case.expected[key] {
                faults.push(format!("{name}: {key} is {} and should be {}", told[key], case.expected[key]));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What `scrape` lets through, `extract` reads: the figures of each page are those of the text without the page.
#[test]
#[allow(clippy::print_stdout, reason = "the table is what a person looks at, with --nocapture")]
fn figures_read_from_pages_are_those_of_their_clean_texts() {
    let (mut pages, mut told, mut faults) = (0, 0, Vec::new());
    println!("{:<34} {:>4} {:>4}", "page", "page", "text");
    for case in cases() {
        let Ok(article) = read(&case) else { continue };
        let clean = Article { text: Text::from_plain(case.text.trim_end().to_owned()), ..article.clone() };
        let (is, should) = (figures(&article), figures(&clean));
        let differ = if is == should { "" } else { "  differ" };
        println!("{:<34} {:>4} {:>4}{differ}", case.name, is.len(), should.len());
        (pages, told) = (pages + usize::from(!should.is_empty()), told + should.len());
        if is != should {
            faults.push(format!("{}:\n  page {}\n  text {}", case.name, is.join("; "), should.join("; ")));
        }
    }
    println!("{pages} pages with {told} figures");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(pages >= 30 && told >= 100, "{pages} pages with {told} figures: too few to tell anything");
}

fn figures(article: &Article) -> Vec<String> {
    let shown = |figure: &Figure| {
        let words = &article.text.as_str()[figure.span.start..figure.span.end];
        format!("{words:?} {:?} {:?} {:?} {:?}", figure.quantity, figure.measure, figure.group, figure.status)
    };
    extract::read(article).figures.iter().map(shown).collect()
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

/// A page in no known shape: its paragraphs are in boxes, and one with other news stands among them.
const STRANGE_PAGE: &str = "<html lang=en><title>Ferry sinks off Velm, 14 dead</title><body><h1>Ferry sinks off Velm, 14 dead</h1>\
    <div class=zz><div class=l>Fourteen people drowned when a ferry sank off Velm in a storm on Tuesday, the coast guard said.</div>\
    <div class=q><p>In Marn, 61 people drowned in the floods of last week, the governor said in a statement on Monday.</p></div>\
    <div class=l>It had saved 61 others and was looking for three more; the search would go on through the night.</div>\
    <div class=l>The ship had left the port at noon, though the weather service had warned of a storm, sailors said.</div></div>";

#[test]
fn a_feeds_selectors_say_what_is_the_body_and_what_is_not() {
    let body = |body: Option<&str>, remove: Option<&str>| {
        let selectors = Selectors::new(body, remove).expect("selectors");
        let article = scrape::article_by(&selectors, &html(STRANGE_PAGE), None).expect("an article");
        article.text.body().to_owned()
    };
    assert!(body(None, None).contains("In Marn"), "without selectors the box is taken for a paragraph");
    let right = body(None, Some(".q"));
    assert!(!right.contains("In Marn") && right.lines().count() == 3, "{right}");
    assert_eq!(body(Some("div.l"), None), right);
    // Where a site has changed and the selector meets little or nothing, the page is read as any other.
    assert_eq!(body(Some(".story"), None), body(None, None));
    assert!(Selectors::new(Some("p["), None).expect_err("no selector").contains("p["));
}

/// What a site's line in the table does, by a domain of the table and a page in our own words.
#[test]
fn a_site_of_the_table_is_read_by_its_markup() {
    let cards = STRANGE_PAGE.replace("class=q", "class='rollover-people-block'");
    let article = |url: &str| scrape::article(&page(url, Some("text/html; charset=utf-8"), cards.as_str()), None);
    assert!(article("https://coastdaily.example/a").expect("an article").text.body().contains("In Marn"));
    assert!(!article("https://thehill.com/a").expect("an article").text.body().contains("In Marn"));
}

const SELECTOR_PIECES: &[&str] = &[
    "p",
    "div",
    ".a",
    "#b",
    "[c]",
    "[d=e]",
    "[f^=\"g h\"]",
    "[i~='j']",
    " ",
    ",",
    ">",
    "+",
    "~",
    "*",
    "-",
    "_",
    "9",
    ":",
    "(",
    ")",
    "é",
    "|",
    "=",
    "]",
    "[",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// What passes as a selector in a config can be read by the parser of pages.
    #[test]
    fn selectors_that_a_config_accepts_can_be_read(
        pieces in prop::collection::vec(prop::sample::select(SELECTOR_PIECES), 1..10),
    ) {
        let selector = pieces.concat().replace('"', "\\\"");
        let text = format!("[[feed]]\nname = \"a\"\nurl = \"https://a.example/f\"\nbody = \"{selector}\"\n");
        if let Ok(config) = config::parse("a.toml", &text) {
            let body = config.feeds[0].body.as_deref();
            prop_assert!(Selectors::new(body, None).is_ok(), "{selector:?} passed and cannot be read");
        }
    }

    /// A copy of a text with another dateline, byline and agency's line, and up to four words of some hundreds changed, is
    /// much nearer to it than any other text.
    #[test]
    fn a_copy_has_nearly_the_same_sketch(
        words in prop::collection::vec("[a-z]{3,9}", 200..500),
        changed in prop::collection::vec((any::<prop::sample::Index>(), "[a-z]{3,9}"), 0..4),
        day in 1..28_u8,
    ) {
        let text = words.join(" ");
        let mut copy = words.clone();
        for (place, word) in &changed {
            let place = place.index(copy.len());
            copy[place].clone_from(word);
        }
        let copy = format!("LATEM, {day} November 2026 (Wire) - {} (Reporting by Ana Orro)", copy.join(" "));
        let near = scrape::fingerprint(&text).distance(scrape::fingerprint(&copy));
        let other: String = words.iter().rev().map(|w| w.chars().rev().collect::<String>() + " ").collect();
        let far = scrape::fingerprint(&text).distance(scrape::fingerprint(&other));
        prop_assert!(near <= 20 && near < far, "the copy is {near} bits away, another text {far}");
    }
}

/// Each way in which a page tells its encoding, and each in which it tells it wrongly.
#[test]
fn no_page_is_read_with_replacement_characters_where_a_decoder_exists() {
    let (russian, arabic) = (
        "При обрушении мельницы в Тарвике погиб 31 человек, сообщили в управлении. Ещё 52 человека ранены.",
        "قال المكتب الصحي إن عدد قتلى انهيار المطحنة ارتفع إلى 31 شخصا، وأصيب 52 آخرون بجروح خطيرة.",
    );
    let (japanese, french) = (
        "製粉所が倒壊し、31人が死亡、52人がけがをしたと保健当局が発表した。消防は行方不明の17人を捜している。",
        "L'effondrement d'un moulin à Tarvik a fait 31 morts et 52 blessés, a annoncé l'office régional de la santé.",
    );
    let old_meta = "<meta http-equiv=content-type content='text/html; charset=windows-1256'>";
    let cases = [
        ("header", "windows-1251", Some("windows-1251"), "", russian, false),
        ("header in quotes", "koi8-r", Some("\"KOI8-R\""), "", russian, false),
        ("meta", "koi8-r", None, "<meta charset=koi8-r>", russian, false),
        ("old meta", "windows-1256", None, old_meta, arabic, false),
        ("header before meta", "windows-1251", Some("windows-1251"), "<meta charset=koi8-r>", russian, false),
        ("wrong header, right meta", "koi8-r", Some("utf-8"), "<meta charset=koi8-r>", russian, true),
        ("wrong meta", "windows-1256", None, "<meta charset=utf-8>", arabic, true),
        ("both wrong", "windows-1251", Some("utf-8"), "<meta charset=utf-8>", russian, true),
        ("nothing", "koi8-r", None, "", russian, true),
        ("nothing, Arabic", "windows-1256", None, "", arabic, true),
        ("the default of old servers", "windows-1251", Some("iso-8859-1"), "", russian, true),
        ("Shift_JIS undeclared", "shift_jis", None, "", japanese, true),
        ("EUC-JP by meta", "euc-jp", None, "<meta charset=euc-jp>", japanese, false),
        ("Latin-1", "windows-1252", Some("iso-8859-1"), "", french, false),
        ("UTF-8 called Latin-1", "utf-8", Some("iso-8859-1"), "", french, true),
        ("UTF-8 undeclared", "utf-8", None, "", arabic, false),
    ];
    for (name, encoding, header, meta, sentence, repaired) in cases {
        let html =
            format!("<html><head>{meta}<title>31</title></head><body><article><p>{sentence}</p><p>{sentence} .</p>");
        let encoding = encoding_rs::Encoding::for_label(encoding.as_bytes()).expect("an encoding");
        let (bytes, _, unmappable) = encoding.encode(&html);
        assert!(!unmappable, "{name}");
        let content_type = format!("text/html{}", header.map_or(String::new(), |h| format!("; charset={h}")));
        let page = page("https://coastdaily.example/a", Some(&content_type), bytes.into_owned());
        let article = scrape::article(&page, None).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(article.text.body().contains(sentence), "{name}: {}", article.text.body());
        assert_eq!(article.flags.contains(&Flag::RepairedEncoding), repaired, "{name}");
    }
    // A byte order mark goes before all else, and a stray byte costs one character.
    let html = format!("<title>31</title><article><p>{russian}</p><p>{russian}</p>");
    let utf16: Vec<u8> = format!("\u{feff}{html}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut stray = html.clone().into_bytes();
    stray.insert(html.len() - 4, 0xE9);
    for (name, bytes) in [("UTF-16 by its mark", utf16), ("a stray byte", stray)] {
        let page = page("https://coastdaily.example/a", Some("text/html; charset=utf-8"), bytes);
        let article = scrape::article(&page, None).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(article.text.body().starts_with(russian), "{name}: {}", article.text.body());
        assert!(!article.flags.contains(&Flag::RepairedEncoding), "{name}");
    }
}

/// Pages made to cost time or stack. A debug build on a machine with much else to do gets a minute for what takes a tenth of
/// a second in a release build (`benches/scraping.rs` measures it); html5ever alone would take many, and the extraction
/// library would overflow the stack.
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
        ("a million deep", "<div>".repeat(1_000_000) + report),
        ("entities", "&amp;&#8203;&lt;".repeat(250_000) + report),
        ("rows", format!("<table>{}</table>{report}", "<tr><td>1<td>2".repeat(200_000))),
        ("a comment without an end", format!("{report}<!-- {}", "x".repeat(4 << 20))),
        ("times", "<time datetime=2026-11-14></time>".repeat(100_000) + report),
        ("deep text", format!("{}{}", "<div>".repeat(120), report.repeat(5_000))),
    ];
    for (name, markup) in pages {
        let start = Instant::now();
        let read = scrape::article(&html(&format!("<title>Ferry sinks</title><body>{markup}")), None);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(60), "{name}: {took:?}");
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
