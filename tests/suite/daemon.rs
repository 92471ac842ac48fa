//! The daemon and whatever feeds and pages can be: each trouble has its outcome, the other feeds go on, and when the
//! trouble is over nothing has been lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tollwatch::clock::Simulated;
use tollwatch::pipeline::{Answer as Polling, Event, Outcome};

use crate::server::{Answer, Body, Server};
use crate::watch::{Item, Watch, clock, ferry_press, page, press, rss, subscription, time, told};

const OLIVES: Item<'_> = ("olives", "Olive prices climb", "2025-03-10T05:00:00Z", "A litre costs more.");
const BRIDGE: Item<'_> = ("bridge", "Bridge of Ard reopens", "2025-03-10T05:30:00Z", "");

fn quiet_page(title: &str) -> Answer {
    page(
        "en",
        title,
        "The growers of the valley met on Thursday to talk about the price of oil, which has climbed for three months \
         without a pause and may climb on.\n\nThey will meet again when the harvest is in, a spokeswoman said, and \
         decide what to hold back for the winter.",
    )
}

/// A press with one feed in trouble, until the clock shows 09:30, beside one that is well.
fn troubled(clock: &Simulated, trouble: impl Fn() -> Answer + Send + Sync + 'static) -> Server {
    let clock = clock.clone();
    press(move |address| match address {
        "troubled.example/feed" if clock.now() < time("2025-03-10T09:30:00Z") => Some(trouble()),
        "troubled.example/feed" => Some(rss("troubled.example", &[BRIDGE])),
        "well.example/feed" => Some(rss("well.example", &[OLIVES])),
        _ => Some(quiet_page("A page")),
    })
}

/// The life of a feed that is in trouble for three and a half hours, beside one that is well.
async fn life_of_a_feed(trouble: impl Fn() -> Answer + Send + Sync + 'static) -> String {
    let clock = clock();
    let server = troubled(&clock, trouble);
    let mut watch = Watch::new(&clock, &server, &[("troubled", "troubled.example"), ("well", "well.example")]);
    watch.hurry();
    let happened = watch.until("2025-03-10T16:00:00Z").await;
    let status = watch.store().status().unwrap();
    assert_eq!((status.articles, status.items_waiting, status.failing), (2, 0, 0), "{}", told(&happened));
    told(&happened)
}

#[tokio::test]
async fn a_web_page_is_no_feed_and_the_feeds_it_names_are_told() {
    let with = "<!doctype html><html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/rss.xml\"></head>\
                <body><h1>The Troubled Times</h1></body></html>";
    insta::assert_snapshot!(life_of_a_feed(move || Answer::ok(with)).await, @r#"
    10 06:00 troubled: failed: a web page, not a feed; http://troubled.example/rss.xml, which it names: a web page, not a feed
    10 06:00 well: 1 items, 1 new
    10 06:00 "Olive prices climb": 0 figures
    10 06:56 troubled: failed: a web page, not a feed; http://troubled.example/rss.xml, which it names: a web page, not a feed
    10 09:02 troubled: failed: a web page, not a feed; http://troubled.example/rss.xml, which it names: a web page, not a feed
    10 13:09 troubled: 1 items, 1 new
    10 13:09 "Bridge of Ard reopens": 0 figures
    "#);
    let without = "<!doctype html><html><body><h1>The Troubled Times</h1></body></html>";
    insta::assert_snapshot!(life_of_a_feed(move || Answer::ok(without)).await, @r#"
    10 06:00 troubled: failed: a web page, not a feed
    10 06:00 well: 1 items, 1 new
    10 06:00 "Olive prices climb": 0 figures
    10 06:56 troubled: failed: a web page, not a feed
    10 09:02 troubled: failed: a web page, not a feed
    10 13:09 troubled: 1 items, 1 new
    10 13:09 "Bridge of Ard reopens": 0 figures
    "#);
}

#[tokio::test]
async fn a_server_that_fails_is_asked_ever_more_rarely() {
    insta::assert_snapshot!(life_of_a_feed(|| Answer::status(500)).await, @r#"
    10 06:00 troubled: failed: answered with status 500
    10 06:00 well: 1 items, 1 new
    10 06:00 "Olive prices climb": 0 figures
    10 06:56 troubled: failed: answered with status 500
    10 09:02 troubled: failed: answered with status 500
    10 13:09 troubled: 1 items, 1 new
    10 13:09 "Bridge of Ard reopens": 0 figures
    "#);
}

#[tokio::test]
async fn a_server_that_never_answers_holds_nobody_up() {
    insta::assert_snapshot!(life_of_a_feed(|| Answer::of(200, Body::Silence)).await, @r#"
    10 06:00 troubled: failed: gave up waiting for an answer
    10 06:00 well: 1 items, 1 new
    10 06:00 "Olive prices climb": 0 figures
    10 06:56 troubled: failed: gave up waiting for an answer
    10 09:02 troubled: failed: gave up waiting for an answer
    10 13:09 troubled: 1 items, 1 new
    10 13:09 "Bridge of Ard reopens": 0 figures
    "#);
}

#[tokio::test]
async fn a_feed_that_is_too_large_is_not_read() {
    insta::assert_snapshot!(life_of_a_feed(|| Answer::of(200, Body::Endless(vec![b'x'; 1 << 16]))).await, @r#"
    10 06:00 troubled: failed: larger than the 4194304 bytes allowed
    10 06:00 well: 1 items, 1 new
    10 06:00 "Olive prices climb": 0 figures
    10 06:56 troubled: failed: larger than the 4194304 bytes allowed
    10 09:02 troubled: failed: larger than the 4194304 bytes allowed
    10 13:09 troubled: 1 items, 1 new
    10 13:09 "Bridge of Ard reopens": 0 figures
    "#);
}

#[tokio::test]
async fn a_server_that_asks_for_rest_gets_it_and_has_not_failed() {
    let clock = clock();
    let server = troubled(&clock, || Answer::status(429).header("retry-after", "7200"));
    let watch = Watch::new(&clock, &server, &[("troubled", "troubled.example")]);
    let happened = watch.until("2025-03-10T06:30:00Z").await;
    let [Event::Polled { answer: Polling::Resting { .. }, next, .. }] = happened.as_slice() else {
        panic!("{}", told(&happened))
    };
    assert!(*next >= time("2025-03-10T08:00:00Z"), "{next}");
    let status = watch.store().status().unwrap();
    assert_eq!((status.resting, status.failing), (1, 0));
}

/// What becomes of one article whose page answers like this until the clock shows 06:12.
async fn life_of_an_article(item: Item<'static>, trouble: impl Fn() -> Answer + Send + Sync + 'static) -> String {
    let clock = clock();
    let shown = clock.clone();
    let server = press(move |address| match address {
        "coast.example/feed" => Some(rss("coast.example", &[item])),
        _ if shown.now() < time("2025-03-10T06:12:00Z") => Some(trouble()),
        _ => Some(quiet_page("Bridge of Ard reopens")),
    });
    let mut watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    watch.hurry();
    let happened = watch.until("2025-03-10T12:00:00Z").await;
    assert_eq!(watch.store().status().unwrap().items_waiting, 0);
    told(&happened)
}

#[tokio::test]
async fn a_page_that_fails_is_asked_for_again() {
    insta::assert_snapshot!(life_of_an_article(BRIDGE, || Answer::status(503)).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": put off: unavailable for now (status 503)
    10 06:05 "Bridge of Ard reopens": put off: unavailable for now (status 503)
    10 06:15 "Bridge of Ard reopens": 0 figures
    "#);
    insta::assert_snapshot!(life_of_an_article(BRIDGE, || Answer::of(200, Body::Silence)).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": put off: gave up waiting for an answer
    10 06:05 "Bridge of Ard reopens": put off: gave up waiting for an answer
    10 06:15 "Bridge of Ard reopens": 0 figures
    "#);
    insta::assert_snapshot!(life_of_an_article(BRIDGE, || Answer::of(200, Body::BreakingOff(b"<p>".to_vec()))).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": put off: unreachable: the connection broke off
    10 06:05 "Bridge of Ard reopens": put off: unreachable: the connection broke off
    10 06:15 "Bridge of Ard reopens": 0 figures
    "#);
}

#[tokio::test]
async fn a_page_of_twenty_megabytes_is_not_read() {
    let huge = || Answer::ok(vec![b' '; 20 << 20]);
    insta::assert_snapshot!(life_of_an_article(BRIDGE, huge).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": given up: larger than the 5242880 bytes allowed
    "#);
    // Where the feed itself says something, that is read.
    insta::assert_snapshot!(life_of_an_article(OLIVES, huge).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Olive prices climb": 0 figures
    "#);
}

#[tokio::test]
async fn a_page_that_is_gone_or_no_page_is_given_up() {
    insta::assert_snapshot!(life_of_an_article(BRIDGE, || Answer::status(404)).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": given up: not found (status 404)
    "#);
    insta::assert_snapshot!(life_of_an_article(BRIDGE, || Answer::ok("%PDF-1.4").header("content-type", "application/pdf")).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": given up: the page is application/pdf, not HTML
    "#);
    insta::assert_snapshot!(life_of_an_article(BRIDGE, || Answer::ok("<html></html>")).await, @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": given up: the page holds no text of an article
    "#);
}

#[tokio::test]
async fn a_page_that_stays_away_is_read_from_what_the_feed_says() {
    let clock = clock();
    let server = press(|address| match address {
        "coast.example/feed" => Some(rss("coast.example", &[BRIDGE, OLIVES])),
        _ => Some(Answer::status(500)),
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    insta::assert_snapshot!(told(&watch.until("2025-03-10T12:00:00Z").await), @r#"
    10 06:00 coast: 2 items, 2 new
    10 06:00 "Olive prices climb": put off: answered with status 500
    10 06:00 "Bridge of Ard reopens": put off: answered with status 500
    10 06:05 "Olive prices climb": put off: answered with status 500
    10 06:05 "Bridge of Ard reopens": put off: answered with status 500
    10 06:15 "Olive prices climb": put off: answered with status 500
    10 06:15 "Bridge of Ard reopens": put off: answered with status 500
    10 06:35 "Olive prices climb": put off: answered with status 500
    10 06:35 "Bridge of Ard reopens": put off: answered with status 500
    10 07:15 "Olive prices climb": 0 figures
    10 07:15 "Bridge of Ard reopens": given up: answered with status 500
    "#);
}

#[tokio::test]
async fn an_article_without_figures_is_kept_and_nobody_is_told() {
    let clock = clock();
    let server = press(|address| match address {
        "coast.example/feed" => Some(rss("coast.example", &[BRIDGE])),
        _ => Some(quiet_page("Bridge of Ard reopens")),
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    let happened = watch.until("2025-03-10T12:00:00Z").await;
    insta::assert_snapshot!(told(&happened), @r#"
    10 06:00 coast: 1 items, 1 new
    10 06:00 "Bridge of Ard reopens": 0 figures
    "#);
    let status = watch.store().status().unwrap();
    assert_eq!((status.articles, status.stories, status.alerts_pending, status.outbox), (1, 0, 0, 0));
}

#[tokio::test]
async fn an_article_in_a_language_without_a_lexicon_is_kept_unread() {
    let clock = clock();
    let server = press(|address| match address {
        "see.example/feed" => Some(rss("see.example", &[("f", "Fähre gesunken", "2025-03-10T05:30:00Z", "")])),
        _ => Some(page(
            "de",
            "Fähre gesunken",
            "Beim Untergang einer Fähre auf dem Orvanesee sind am Sonntag vierzehn Menschen ums Leben gekommen, wie die \
             Hafenpolizei mitteilte.\n\nWeitere 23 Fahrgäste wurden am Abend noch vermisst, die Suche nach ihnen soll bis \
             zum Einbruch der Dunkelheit fortgesetzt werden.",
        )),
    });
    let watch = Watch::new(&clock, &server, &[("see", "see.example")]);
    insta::assert_snapshot!(told(&watch.until("2025-03-10T12:00:00Z").await), @r#"
    10 06:00 see: 1 items, 1 new
    10 06:00 "Fähre gesunken": kept unread: no lexicon for the language `de`
    "#);
    let status = watch.store().status().unwrap();
    assert_eq!((status.articles, status.claims, status.outbox), (1, 0, 0));
}

#[tokio::test]
async fn the_past_of_a_feed_is_silent_and_what_comes_after_it_is_mailed_to_everybody_once() {
    let clock = clock();
    let server = ferry_press(&clock);
    let mut watch = Watch::new(&clock, &server, &[("harbour", "harbour.example")]);
    watch.rules.subscriptions.push(subscription("watch@example.org"));
    watch.until("2025-03-10T06:30:00Z").await;
    assert_eq!(watch.mails(), [""; 0]);
    watch.until("2025-03-12T06:30:00Z").await;
    let change = "rise killed people 27";
    assert_eq!(watch.mails(), [format!("desk@example.org: {change}"), format!("watch@example.org: {change}")]);
    assert_eq!(watch.store().status().unwrap().mails_sent, 2);
}

#[tokio::test]
async fn a_restart_asks_for_nothing_twice() {
    let clock = clock();
    let server = press(|address| match address {
        "coast.example/feed" => Some(rss("coast.example", &[BRIDGE, OLIVES]).header("etag", "\"a\"")),
        _ => Some(quiet_page("Bridge of Ard reopens")),
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    let first = watch.until("2025-03-10T06:10:00Z").await;
    assert_eq!(first.iter().filter(|event| matches!(event, Event::Read { .. })).count(), 2);
    for end in ["2025-03-10T06:20:00Z", "2025-03-10T06:30:00Z"] {
        assert_eq!(told(&watch.until(end).await), "");
    }
    assert_eq!(server.count("/feed"), 1, "the next poll is not due before the hour is over");
    watch.until("2025-03-10T07:30:00Z").await;
    let polls: Vec<_> = server.asked().into_iter().filter(|asked| asked.path == "/feed").collect();
    assert_eq!(polls.len(), 2);
    assert_eq!(polls[1].header("if-none-match"), "\"a\"");
    assert_eq!(server.count("/bridge"), 1);
}

#[tokio::test]
async fn an_unchanged_article_is_known_and_a_changed_one_has_a_new_version() {
    let clock = clock();
    let (shown, asked) = (clock.clone(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&asked);
    let server = press(move |address| match address {
        "coast.example/feed" if shown.now() < time("2025-03-10T06:30:00Z") => Some(rss("coast.example", &[BRIDGE])),
        "coast.example/feed" => Some(rss("coast.example", &[(BRIDGE.0, "The bridge is open", BRIDGE.2, "")])),
        _ => {
            counted.fetch_add(1, Ordering::Relaxed);
            Some(quiet_page(if shown.now() < time("2025-03-10T06:30:00Z") { BRIDGE.1 } else { "The bridge is open" }))
        }
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    let happened = watch.until("2025-03-10T09:00:00Z").await;
    let versions: Vec<_> = happened
        .iter()
        .filter_map(|event| match event {
            Event::Read { outcome: Outcome::Taken(taken), .. } => Some(taken.version),
            _ => None,
        })
        .collect();
    assert_eq!(versions, [Some(1), Some(2)]);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_item_whose_readings_end_the_program_is_given_up() {
    let clock = clock();
    let server = press(|address| match address {
        "coast.example/feed" => {
            Some(rss("coast.example", &[("bridge", "Bridge of Ard reopens", "2025-03-10T05:30:00Z", "")]))
        }
        _ => Some(Answer::status(503)),
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example")]);
    watch.until("2025-03-10T06:01:00Z").await;
    let mut store = watch.store();
    let waiting = store.waiting_items(time("2025-03-10T07:00:00Z"), 10).unwrap();
    assert_eq!(waiting[0].cut_short, 0, "a reading that ended takes its mark away");
    for _ in 0..6 {
        store.begin_reading(&[waiting[0].id], time("2025-03-10T06:05:00Z")).unwrap();
    }
    drop(store);
    insta::assert_snapshot!(told(&watch.until("2025-03-10T12:00:00Z").await), @r#"10 06:05 "Bridge of Ard reopens": given up: each of 6 readings ended the program"#);
    assert_eq!(server.count("/bridge"), 1);
}

/// What each feed asks for holds over the whole time, and one thing about it may change at any poll: the guid, the scheme,
/// what trackers put behind the address, the headline, the link.
#[tokio::test]
async fn an_item_of_which_one_thing_changes_is_told_once() {
    let items = |n: usize| {
        let (guid, link, title) = [
            ("q-1", "http://coast.example/quake-harun", "Quake in Harun: 52 dead"),
            ("q-1b", "http://coast.example/quake-harun", "Quake in Harun: 52 dead"),
            ("q-1b", "https://www.coast.example/quake-harun?utm_source=rss", "Quake in Harun: 52 dead"),
            ("q-1b", "https://www.coast.example/quake-harun/", "At least 52 dead as quake hits Harun"),
            ("q-1b", "https://coast.example/s/83712", "At least 52 dead as quake hits Harun"),
            ("", "https://coast.example/s/99120", "At least 52 dead as quake hits Harun"),
        ][n];
        let guid = if guid.is_empty() { String::new() } else { format!("<guid isPermaLink=\"false\">{guid}</guid>") };
        Answer::ok(format!(
            "<rss version=\"2.0\"><channel><title>Coast</title><item><title>{title}</title>{guid}<link>{link}</link>\
             <pubDate>Mon, 10 Mar 2025 05:30:00 +0000</pubDate></item></channel></rss>"
        ))
    };
    let clock = clock();
    let (shown, began) = (clock.clone(), time("2025-03-10T06:00:00Z"));
    let server = press(move |address| {
        let hours = shown.now().duration_since(began).as_hours().clamp(0, 5);
        address.ends_with("/feed").then(|| items(usize::try_from(hours).unwrap_or(0)))
    });
    let watch = Watch::new(&clock, &server, &[("coast", "coast.example"), ("mirror", "mirror.example")]);
    let happened = watch.until("2025-03-10T13:00:00Z").await;
    let new: usize = happened
        .iter()
        .filter_map(|event| match event {
            Event::Polled { answer: Polling::Items { all, .. }, .. } => Some(*all),
            _ => None,
        })
        .sum();
    assert!(new > 10, "both feeds were read again and again: {new}");
    let known = rusqlite::Connection::open(watch.database())
        .unwrap()
        .query_row("SELECT count(*) FROM items", [], |row| row.get::<_, i64>(0))
        .unwrap();
    assert_eq!(known, 1, "{}", told(&happened));
}

#[tokio::test]
async fn a_host_that_asked_for_rest_gets_it_after_a_restart_too_from_all_its_feeds() {
    let clock = clock();
    let shown = clock.clone();
    let server = press(move |address| match address {
        "busy.example/feed" if shown.now() < time("2025-03-10T07:00:00Z") => {
            Some(Answer::status(429).header("retry-after", "7200"))
        }
        _ => Some(rss("busy.example", &[])),
    });
    let mut watch = Watch::new(&clock, &server, &[("one", "busy.example"), ("two", "busy.example")]);
    watch.feeds[1].url = "http://busy.example/other".parse().unwrap();
    watch.until("2025-03-10T06:01:00Z").await;
    for end in ["2025-03-10T06:30:00Z", "2025-03-10T07:59:00Z"] {
        watch.until(end).await;
        assert_eq!(server.asked().len(), 1, "{end}");
    }
    watch.until("2025-03-10T08:30:00Z").await;
    assert_eq!(server.count("/other"), 1);
}

/// A host with many pages that wait, one at a time, does not keep its feeds from being polled, nor those of other hosts:
/// after a page it is the turn of a feed.
#[tokio::test]
async fn a_host_with_many_pages_keeps_nobody_waiting() {
    let clock = clock();
    let slugs: Vec<String> = (0..30).map(|n| format!("p{n}")).collect();
    let server = press(move |address| match address.split_once('/') {
        Some((host, "feed")) => {
            let items: Vec<Item<'_>> =
                slugs.iter().map(|slug| (slug.as_str(), slug.as_str(), "2025-03-10T05:00:00Z", "")).collect();
            Some(rss(host, if host == "many.example" { &items } else { &[] }))
        }
        _ => Some(quiet_page("A page")),
    });
    let mut watch =
        Watch::new(&clock, &server, &[("many", "many.example"), ("other", "many.example"), ("well", "well.example")]);
    watch.feeds[1].url = "http://many.example/more/feed".parse().unwrap();
    watch.feeds.iter_mut().for_each(|feed| feed.spacing.host_pause = jiff::SignedDuration::from_mins(1));
    let happened = watch.until("2025-03-10T06:45:00Z").await;
    let first_polls: Vec<String> = happened
        .iter()
        .filter_map(|event| match event {
            Event::Polled { feed, at, .. } => Some(format!("{feed} {}", at.strftime("%H:%M"))),
            _ => None,
        })
        .collect();
    assert_eq!(first_polls, ["many 06:00", "well 06:00", "other 06:02"]);
    assert_eq!(happened.iter().filter(|event| matches!(event, Event::Read { .. })).count(), 30, "each in its minute");
    assert_eq!(server.most_at_once_of_a_host(), 1);
}
