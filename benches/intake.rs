//! What it costs to take in one more article when much is kept already: link, track and commit, without reading its words
//! off a page. Also shows that stories which have ended cost nothing.

#![allow(clippy::print_stdout)] // What it prints is what it is for.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tollwatch::model::{Article, Fingerprint, Text};
use tollwatch::pipeline::{self, Incoming, Memory, Rules};
use tollwatch::store::{Fetched, Store};

/// So many articles are timed at each size.
const TIMED: usize = 200;

fn main() {
    // `cargo test --benches` runs this too: then once, small.
    let sizes: &[(usize, usize, usize)] = if std::env::args().any(|argument| argument == "--bench") {
        &[(1_000, 200, 0), (10_000, 2_000, 0), (10_000, 2_000, 10_000), (100_000, 2_000, 0)]
    } else {
        &[(40, 10, 10)]
    };
    println!("articles   stories   ended   first      cold       warm       warm p95   of which reading");
    for &(articles, stories, ended) in sizes {
        measure(articles, stories, ended);
    }
}

/// Fills a store and takes in some more articles, each of one of the stories that are going on.
fn measure(articles: usize, stories: usize, ended: usize) {
    let folder = tempfile::tempdir().expect("a folder of our own");
    let path = folder.path().join("tollwatch.db");
    let rules = Rules::default();
    let start: Timestamp = "2031-01-01T00:00Z".parse().expect("a time");
    let long_ago = start - SignedDuration::from_hours(24 * 800);
    let mut memory = Memory::default();
    {
        let mut store = Store::in_memory().expect("a database in memory");
        for nth in 0..ended {
            take_in(&mut store, &mut memory, &rules, &report(nth + 1_000_000, 1, long_ago + minutes(nth)));
        }
        for nth in 0..articles {
            take_in(&mut store, &mut memory, &rules, &report(nth % stories, nth / stories, start + minutes(nth)));
        }
        store.back_up(&path).expect("a folder with room");
    }
    let mut store = Store::open(&path).expect("the database just made");
    // After a start nothing is at hand: the first article pays for the index, the first of each story for its ledger.
    let mut memory = Memory::default();
    let mut round = |from: usize| -> Vec<Duration> {
        let timed = (from..from + TIMED).map(|nth| {
            let report = report(
                nth % TIMED * 7 % stories,
                articles / stories + (nth - articles) / TIMED + 1,
                start + minutes(nth),
            );
            let begun = Instant::now();
            take_in(&mut store, &mut memory, &rules, &report);
            begun.elapsed()
        });
        timed.collect()
    };
    let mut cold = round(articles);
    let mut warm = round(articles + TIMED * 2);
    let first = cold[0];
    cold.sort_unstable();
    warm.sort_unstable();
    let reading = report(0, 0, start);
    let begun = Instant::now();
    (0..TIMED).for_each(|_| drop(divan::black_box(tollwatch::extract::read(&reading.article))));
    let reading = begun.elapsed() / TIMED as u32;
    let told = store.status().expect("the store can be asked");
    println!(
        "{:<10} {:<9} {ended:<7} {:<10} {:<10} {:<10} {:<10} {}",
        told.articles,
        told.stories,
        shown(first),
        shown(cold[TIMED / 2]),
        shown(warm[TIMED / 2]),
        shown(warm[TIMED * 95 / 100]),
        shown(reading),
    );
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn minutes(nth: usize) -> SignedDuration {
    SignedDuration::from_mins(nth as i64)
}

fn take_in(store: &mut Store, memory: &mut Memory, rules: &Rules, incoming: &Incoming) {
    let taken = pipeline::take_in(store, memory, rules, incoming).expect("an article that can be stored");
    assert!(taken.story.is_some(), "{}", incoming.article.text.as_str());
}

/// The so-and-so many report on one of many made-up events, each with names and words of its own.
fn report(story: usize, nth: usize, at: Timestamp) -> Incoming {
    let own: Vec<String> = (0..24).map(|word| name(story * 24 + word)).collect();
    let (town, dead) = (&own[0], 100 + story * 37 % 9_000 + nth);
    let title = format!("{dead} dead at {} in {town}", own[1]);
    let body = format!(
        "At least {dead} people were killed in {town}, {} said. {} of them were children.\n\
         {}.\n\
         It had been {} before, and {} are wounded, said {} of {}.",
        own[2],
        dead / 4,
        own[3..20].join(" "),
        dead - 1,
        2 * dead,
        own[20],
        own[21],
    );
    let text = Text::from_parts(&title, body.lines());
    let url = format!("https://outlet-{}.example/{story}/{nth}", nth % 40);
    let article = Article {
        url: url.parse().expect("an address"),
        outlet: format!("Outlet {}", nth % 40),
        language: Some("en".to_owned()),
        published: Some(at),
        modified: None,
        text,
        flags: Vec::new(),
        fingerprint: Fingerprint((story as u64 ^ (nth as u64) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
    };
    Incoming { item: None, article, fetched: Fetched { at, page_sha256: None }, page: None, baseline: false }
}

/// A name for every number, of syllables.
fn name(mut nth: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "do", "fe", "gu", "hi", "ka", "lo", "me", "nu", "pi", "ra", "so", "te", "vu", "wi", "za"];
    let mut name = "Q".to_owned();
    for _ in 0..6 {
        name.push_str(SYLLABLES[nth % 16]);
        nth /= 16;
    }
    name
}
