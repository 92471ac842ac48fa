//! Whole feeds, as servers send them, to what is read out of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use tollwatch::feeds::{self, Feed, Limits, NotAFeed, Repair};
use tollwatch::model::{Page, Validators};
use url::Url;

/// Each `NAME.expected` tells what is read out of the document `NAME.*` beside it.
#[test]
fn every_case_reads_as_expected() {
    let cases = cases();
    assert!(cases.len() > 30, "only {} cases were found", cases.len());
    let mut wrong = String::new();
    for (document, expected) in cases {
        let told = told(&read(&document));
        if told != expected {
            let _ = writeln!(wrong, "{}\n--- expected\n{expected}--- read\n{told}", document.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What alerts go by: the same document has the same identities each time, even where it gives its items none.
#[test]
fn every_case_has_the_same_identities_at_each_reading() {
    for (document, _) in cases() {
        let keys = || read(&document).map(|feed| feed.items.into_iter().map(|item| item.identity).collect::<Vec<_>>());
        assert_eq!(keys(), keys(), "{}", document.display());
    }
}

#[test]
fn the_charset_of_the_header_counts_where_the_document_declares_none() {
    let (body, _, _) = encoding_rs::WINDOWS_1256.encode(
        "<rss version='2.0'><channel><item><title>ارتفاع حصيلة الزلزال إلى 52 قتيلا</title></item></channel></rss>",
    );
    let feed =
        feeds::parse(&page(&body, Some("text/xml; charset = 'windows-1256'")), "wire", Limits::default()).unwrap();
    assert_eq!(feed.items[0].title, "ارتفاع حصيلة الزلزال إلى 52 قتيلا");
    assert_eq!(feed.repairs, []);
}

#[test]
fn a_feed_is_read_up_to_the_limits() {
    let item = "<item><title>Toll rises</title><guid>1</guid></item>";
    let body = format!("<rss version=\"2.0\"><channel>{}</channel></rss>", item.repeat(100));
    let limits = |bytes, items| feeds::parse(&page(body.as_bytes(), None), "wire", Limits { bytes, items });
    assert_eq!(limits(body.len(), 100).map(|feed| (feed.items.len(), feed.repairs)), Ok((100, vec![])));
    assert_eq!(
        limits(body.len(), 99).map(|feed| (feed.items.len(), feed.repairs)),
        Ok((99, vec![Repair::TooManyItems]))
    );
    assert_eq!(limits(body.len() - 1, 100), Err(NotAFeed::TooLarge { limit: body.len() - 1 }));
}

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_is_refused() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        std::io::Write::write_all(&mut packer, &[b' '; 1 << 20]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 100_000);
    let outcome = feeds::parse(&page(&bomb, None), "wire", Limits { bytes: 1 << 20, items: 10 });
    assert_eq!(outcome, Err(NotAFeed::TooLarge { limit: 1 << 20 }));
}

#[test]
fn the_wish_to_be_left_alone_is_passed_on() {
    let body = b"<rss version='2.0'><channel><title>Wire</title><ttl> 30 </ttl></channel></rss>";
    let feed = feeds::parse(&page(body, None), "wire", Limits::default()).unwrap();
    assert_eq!(feed.wishes.ttl, Some(jiff::SignedDuration::from_mins(30)));
}

proptest! {
    /// A body is whatever a server sends.
    #[test]
    fn no_bytes_make_it_panic(body in vec(any::<u8>(), 0..2_000), content_type in proptest::option::of(".{0,40}")) {
        let _ = feeds::parse(&page(&body, content_type.as_deref()), "wire", Limits::default());
    }

    /// Documents that are nearly feeds reach further than noise does.
    #[test]
    fn no_heap_of_tags_makes_it_panic_or_lose_items_in_silence(pieces in vec(piece(), 0..60)) {
        let body = pieces.concat();
        check(body.as_bytes())?;
    }

    #[test]
    fn no_damage_to_a_feed_makes_it_panic_or_lose_items_in_silence(
        at in any::<prop::sample::Index>(),
        damage in vec((any::<prop::sample::Index>(), 0_usize..40, vec(any::<u8>(), 0..4)), 1..6),
    ) {
        let (document, _) = cases().swap_remove(at.index(cases().len()));
        let mut body = fs::read(document).unwrap();
        for (place, removed, inserted) in damage {
            let start = place.index(body.len() + 1);
            let end = (start + removed).min(body.len());
            body.splice(start..end, inserted);
        }
        check(&body)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever is broken around them: items that are whole in themselves are all read, or it is said why not.
    #[test]
    fn items_are_read_whatever_is_broken_around_them(
        before in vec(around(), 0..5),
        (open, close) in item(),
        after in vec(vec(around(), 0..2), 1..5),
    ) {
        let mut text = before.concat();
        for (nth, after) in after.iter().enumerate() {
            let said = format!("<title>Note {nth}</title><guid>{nth}</guid><id>{nth}</id>");
            text.push_str(&format!("{open}{said}{close}{}", after.concat()));
        }
        if let Ok(feed) = feeds::parse(&page(text.as_bytes(), None), "wire", Limits::default()) {
            let titles: Vec<&str> = feed.items.iter().map(|item| item.title.as_str()).collect();
            let expected: Vec<String> = (0..after.len()).map(|nth| format!("Note {nth}")).collect();
            prop_assert_eq!(titles, expected, "{}", text);
        }
    }
}

/// How an item begins and ends.
fn item() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("<item>", "</item>"),
        ("<ITEM>", "</ITEM>"),
        ("<entry>", "</entry>"),
        ("<item rdf:about='/a'>", "</item>"),
        ("<item><![CDATA[ ]]>", "</item>"),
        ("<item xmlns='urn:other'>", "</item>"),
    ])
}

/// What may stand around items: frames of feeds, whole, broken and misplaced, and what never belongs there.
fn around() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "<rss version='2.0'>",
        "<rss>",
        "<rss/>",
        "<RSS VERSION=2>",
        "<rss version='2.0'",
        "</rss>",
        "<channel>",
        "</channel>",
        "<channel/>",
        "<feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<feed xmlns='urn:other'>",
        "</feed>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>",
        "</rdf:RDF>",
        "<x:rss xmlns:x='urn:other'>",
        "<data>",
        "</data>",
        "<title>Wire",
        "<title>Wire</title>",
        "<image><title>",
        "<description>",
        "</description>",
        "<description><![CDATA[a",
        "<![CDATA[",
        "<![CDATA[a]]>",
        // Never closed: a comment that is hides what stands in it, as its author wants.
        "<!-- a",
        "<!DOCTYPE rss [",
        "<!DOCTYPE rss>",
        "<?xml version='1.0'?>",
        "<br/><b>Warning</b>: in <b>feed.php</b>",
        "<p>",
        "</p>",
        "<div class='a'>",
        "<br>",
        "<script>if (a < b)</script>",
        "& ",
        "&nbsp;",
        "&#0;",
        " < ",
        " > ",
        "52 dead\n",
        "\u{feff}",
    ])
}

/// What holds for any document: no panic, no more items than wished, texts fit for one line, and never an empty feed
/// where items stand in plain sight.
fn check(body: &[u8]) -> Result<(), TestCaseError> {
    let limits = Limits { bytes: 1 << 20, items: 20 };
    let Ok(feed) = feeds::parse(&page(body, None), "wire", limits) else { return Ok(()) };
    prop_assert!(feed.items.len() <= limits.items);
    for item in &feed.items {
        prop_assert!(!item.title.contains(char::is_control));
        prop_assert!(!item.identity.keys().is_empty());
    }
    let again = feeds::parse(&page(body, None), "wire", limits);
    prop_assert_eq!(Ok(&feed), again.as_ref());
    if feed.items.is_empty() {
        let text = String::from_utf8_lossy(body);
        let visible = text.contains("<item>") || text.contains("<entry>");
        let hidden =
            text.contains("<!--") || text.contains("CDATA") || text.contains("<?") || text.contains(['"', '\'']);
        let cut = feed.repairs.contains(&Repair::Truncated);
        prop_assert!(!visible || hidden || cut, "no items of {text}");
    }
    Ok(())
}

/// Pieces of feeds, whole and broken.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "<rss version=\"2.0\">",
        "<rss>",
        "</rss>",
        "<channel>",
        "</channel>",
        "<feed>",
        "</feed>",
        "<rdf:RDF>",
        "<item>",
        "</item>",
        "<entry>",
        "</entry>",
        "<title>",
        "</title>",
        "<TITLE>",
        "<link>",
        "</link>",
        "<link href='/a'/>",
        "<guid>",
        "</guid>",
        "<description>",
        "</description>",
        "<content type='xhtml'>",
        "</content>",
        "<p>",
        "</p>",
        "<br>",
        "<source>",
        "</source>",
        "<pubDate>20 Nov 2026</pubDate>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<!DOCTYPE rss [",
        "]>",
        "<?xml version='1.0'?>",
        "&",
        "&amp;",
        "&#0;",
        "&x",
        "<",
        ">",
        "\"",
        "'",
        "52 dead",
        "é",
        "\u{202e}",
        "xmlns=\"http://a\"",
        "<a b=\"",
        "/>",
        "{\"items\":[",
        "]}",
        "\u{0}",
    ])
}

fn cases() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/feeds");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let is_expected = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "expected");
    let documents = |expected: &PathBuf| {
        let name = expected.with_extension("").file_name().unwrap().to_string_lossy().into_owned();
        let is_document = |file: &&PathBuf| {
            let file = file.file_name().unwrap().to_string_lossy().into_owned();
            ["xml", "xml.gz", "rdf", "json", "html"].iter().any(|ending| file == format!("{name}.{ending}"))
        };
        files.iter().find(is_document).unwrap_or_else(|| panic!("no document beside {}", expected.display())).clone()
    };
    files.iter().filter(is_expected).map(|file| (documents(file), fs::read_to_string(file).unwrap())).collect()
}

fn read(document: &Path) -> Result<Feed, NotAFeed> {
    feeds::parse(&page(&fs::read(document).unwrap(), None), "wire", Limits::default())
}

fn page(body: &[u8], content_type: Option<&str>) -> Page {
    Page {
        url: Url::parse("https://feeds.wire.example/all.xml").unwrap(),
        fetched: Timestamp::UNIX_EPOCH,
        content_type: content_type.map(str::to_owned),
        body: body.to_vec(),
        validators: Validators::default(),
    }
}

/// A reading in a few lines: the feed's title, the repairs, then date, title, link and guid of each item.
fn told(outcome: &Result<Feed, NotAFeed>) -> String {
    let feed = match outcome {
        Ok(feed) => feed,
        Err(error) => return format!("error: {error}\n"),
    };
    let repairs: Vec<&str> = feed.repairs.iter().map(|repair| repair.as_str()).collect();
    let repairs = if repairs.is_empty() { "none".to_owned() } else { repairs.join(", ") };
    let mut told = format!("title: {}\nrepairs: {repairs}\n", feed.title);
    for item in &feed.items {
        let date = item.published.or(item.updated).map_or("-".to_owned(), |moment| moment.to_string());
        let link = item.link.as_ref().map_or("-", Url::as_str);
        let _ = writeln!(told, "{date} | {} | {link} | {}", item.title, item.guid.as_deref().unwrap_or("-"));
    }
    told
}
