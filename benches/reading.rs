//! How fast an article is read, a page scraped, a feed parsed: the stages that every item passes.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use jiff::Timestamp;
use tollwatch::model::{Article, Fingerprint, Page, Text, Validators};
use tollwatch::{extract, feeds, scrape};

fn main() {
    divan::main();
}

/// About 300 words with a dozen figures.
const BODY: &str = "\
At least 47 people were killed and 120 injured on Tuesday when a bridge collapsed near Port Merrow, officials said.
The governor's office said that 12 of the dead were children. Rescuers are still looking for 31 people who are missing.
\"We have pulled 19 bodies out of the river since dawn,\" said a spokesman for the fire service, who asked not to be named.
The toll was up from 33 on Monday evening. Hospitals in the city treated 88 wounded, 14 of them in critical condition.
More than 2,000 people who live along the banks have been evacuated to schools and a sports hall on higher ground.
The bridge, built in 1974, is 240 metres long and carries 18,000 vehicles a day. It had been inspected two years ago.
Police arrested three engineers of the company that had repaired it. The company, which has 600 employees, said nothing.
In 2011 a ferry sank at the same place; 26 passengers drowned. The Orvane Red Cross put the number of dead at 51.
A minister said that the figure could rise to 80. The opposition asked for an inquiry and for the minister to go.
Among the injured are five firefighters who were hurt when a second span fell. Two of them were discharged on Tuesday.
Volunteers brought bread and blankets. \"My brother was on the bus,\" said a 34-year-old teacher. \"Nobody tells us anything.\"
Search dogs from two neighbouring countries arrived in the night. Work will go on until Friday, the governor's office said.";

fn article(copies: usize) -> Article {
    let paragraphs = BODY.lines().cycle().take(12 * copies);
    article_of(Text::from_parts("47 dead as bridge collapses near Port Merrow", paragraphs))
}

fn article_of(text: Text) -> Article {
    Article {
        url: "https://coast-daily.example/bridge".parse().expect("an address"),
        outlet: "Coast Daily".to_owned(),
        language: Some("en".to_owned()),
        published: Some(Timestamp::UNIX_EPOCH),
        modified: None,
        text,
        flags: Vec::new(),
        fingerprint: Fingerprint(0),
    }
}

#[divan::bench(args = [1, 10, 100])]
fn read(bencher: Bencher, copies: usize) {
    let article = article(copies);
    bencher
        .counter(ItemsCount::new(copies))
        .counter(BytesCount::new(article.text.as_str().len()))
        .bench(|| extract::read(divan::black_box(&article)));
}

/// Texts that nobody would write, each a piece told again and again, by what they try: ten times the text should take
/// ten times as long.
const HOSTILE: &[(&str, &str)] = &[
    ("digits", "7"),
    ("numbers", "12 "),
    ("including", "including "),
    ("quotes", "\""),
    ("one-word", "dead"),
    ("12-of", "12 of "),
    ("brackets", "("),
    ("and-12", "and 12 "),
    ("sources", "Police (UN) said 12 people and "),
    ("full-stops", "."),
    ("newlines", "\n"),
    ("short-lines", "12 dead\n"),
];

/// Digits, words and marks in a body without end.
#[divan::bench(args = HOSTILE.iter().map(|(name, _)| name), consts = [100_000, 1_000_000], max_time = 2)]
fn read_hostile<const LENGTH: usize>(bencher: Bencher, name: &str) {
    let piece = HOSTILE.iter().find(|(known, _)| *known == name).expect("a name of the list").1;
    let article = article_of(Text::from_plain(format!("Notes\n\n{}", piece.repeat(LENGTH / piece.len()))));
    bencher.counter(BytesCount::new(LENGTH)).bench(|| extract::read(divan::black_box(&article)));
}

/// The same as a headline.
#[divan::bench(args = [100_000, 1_000_000], max_time = 2)]
fn read_headline(bencher: Bencher, length: usize) {
    let piece = "Police (UN): 12 people dead and ";
    let article = article_of(Text::from_plain(piece.repeat(length / piece.len())));
    bencher.counter(BytesCount::new(length)).bench(|| extract::read(divan::black_box(&article)));
}

#[divan::bench]
fn scrape_page(bencher: Bencher) {
    let paragraphs: String = BODY.lines().map(|line| format!("<p>{line}</p>\n")).collect();
    let teasers: String =
        (0..40).map(|n| format!("<li><a href=\"/{n}\">{n} dead in another story</a></li>\n")).collect();
    let html = format!(
        "<!doctype html><html lang=en><head><title>Bridge | Coast Daily</title></head><body><nav><ul>{teasers}</ul></nav>\
         <article><h1>Bridge</h1>{paragraphs}</article><aside><ul>{teasers}</ul></aside></body></html>"
    );
    let page = page("text/html", html);
    bencher.counter(BytesCount::new(page.body.len())).bench(|| scrape::article(divan::black_box(&page), None));
}

#[divan::bench]
fn parse_feed(bencher: Bencher) {
    let items: String = (0..25)
        .map(|n| {
            format!(
                "<item><title>Story {n}</title><link>https://coast-daily.example/{n}</link><guid>{n}</guid>\
                 <pubDate>Tue, 11 Mar 2025 10:{n:02}:00 +0000</pubDate><description>{BODY}</description></item>"
            )
        })
        .collect();
    let xml = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Coast Daily</title>{items}</channel></rss>"
    );
    let page = page("application/rss+xml", xml);
    bencher
        .counter(BytesCount::new(page.body.len()))
        .bench(|| feeds::parse(divan::black_box(&page), "coast-daily", feeds::Limits::default()));
}

fn page(content_type: &str, body: String) -> Page {
    Page {
        url: "https://coast-daily.example/bridge".parse().expect("an address"),
        fetched: Timestamp::UNIX_EPOCH,
        content_type: Some(content_type.to_owned()),
        body: body.into_bytes(),
        validators: Validators::default(),
    }
}
