//! Measures the dates, outlets and languages that are read from saved pages against what a person read from them.
//!
//! ```text
//! cargo run --release --example metadata -- PAGES tests/cases/metadata/benchmark.tsv
//! ```
//! PAGES is a folder of `<page>.html` or `<page>.html.gz`; the table has a line a page: its name, when it was published and
//! changed, its language, its outlet, with tabs between. A moment is right to the minute; a local time without a zone, and
//! a day, if what was read lies on the same day somewhere on Earth. The second figure counts the day alone for all.

#![allow(clippy::print_stdout)] // A command for developers: what it prints is what it is for.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use tollwatch::model::{Article, Page, Validators};
use tollwatch::scrape;

#[derive(Default)]
struct Share {
    exact: usize,
    same_day: usize,
    told: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pages, table] = arguments.as_slice() else {
        println!("usage: metadata PAGES TABLE.tsv");
        return;
    };
    let table = std::fs::read_to_string(table).expect("the table can be read");
    let lines: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(!lines.is_empty(), "the table is empty");
    let (mut published, mut modified) = (Share::default(), Share::default());
    let (mut outlets, mut languages, mut conflicts) = ((0, 0), (0, 0), 0);
    for line in &lines {
        let [name, at, changed, language, outlet] = line[..] else { panic!("five columns: {line:?}") };
        let article = match scrape::article(&page(Path::new(pages), name), None) {
            Ok(article) => article,
            Err(error) => {
                println!("{name}: no article: {error}");
                published.told += 1;
                continue;
            }
        };
        published.count(name, "published", at, article.published);
        modified.count(name, "modified", changed, article.modified);
        compare(&mut outlets, name, "outlet", outlet, &article.outlet);
        compare(&mut languages, name, "language", language, article.language.as_deref().unwrap_or(""));
        conflicts += usize::from(disagrees(name, &article));
    }
    println!("{} pages, {conflicts} with dates that disagree", lines.len());
    for (what, share) in [("published", published), ("modified", modified)] {
        let percent = |n: usize| 100.0 * n as f64 / share.told.max(1) as f64;
        println!(
            "{what}: right to the minute {:.1} %, to the day {:.1} % of {} that tell it",
            percent(share.exact),
            percent(share.same_day),
            share.told
        );
    }
    println!("outlet: {} of {}; language: {} of {}", outlets.0, outlets.1, languages.0, languages.1);
}

impl Share {
    fn count(&mut self, name: &str, what: &str, told: &str, read: Option<Timestamp>) {
        if told == "-" {
            return;
        }
        self.told += 1;
        let (exact, same_day) = read.map_or((false, false), |read| is_right(told, read));
        self.exact += usize::from(exact);
        self.same_day += usize::from(same_day);
        if !exact {
            let read = read.map_or("nothing".to_owned(), |read| read.to_string());
            println!("{name}: {what} {told}, read {read}{}", if same_day { " (same day)" } else { "" });
        }
    }
}

/// Whether a reading is right to the minute, and whether it is on the right day.
fn is_right(told: &str, read: Timestamp) -> (bool, bool) {
    let within = |from: Timestamp, until: Timestamp| (from..=until).contains(&read);
    if let Ok(moment) = told.parse::<Timestamp>() {
        let near = read.duration_since(moment).abs().as_secs();
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        return (near < 60, near < 60 || day(read) == day(moment));
    }
    let utc = |local: DateTime| local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).expect("a time");
    if let Some(local) = told.contains('T').then(|| told.parse::<DateTime>().expect("a date and time")) {
        // A clock that is ahead of UTC by up to 14 hours, or behind it by up to 12.
        let right = within(utc(local) - 14.hours(), utc(local) + 12.hours());
        return (right, right);
    }
    let day = utc(told.parse::<Date>().expect("a date").to_datetime(jiff::civil::Time::midnight()));
    let right = within(day - 14.hours(), day + 36.hours());
    (right, right)
}

fn compare(count: &mut (usize, usize), name: &str, what: &str, told: &str, read: &str) {
    if told == "-" {
        return;
    }
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let right = letters(told) == letters(read)
        || letters(told).trim_start_matches("the") == letters(read).trim_start_matches("the");
    *count = (count.0 + usize::from(right), count.1 + 1);
    if !right {
        println!("{name}: {what} {told:?}, read {read:?}");
    }
}

fn disagrees(name: &str, article: &Article) -> bool {
    let disagrees = article.flags.iter().any(|flag| flag.as_str() == "dates-disagree");
    if disagrees {
        println!("{name}: its dates disagree");
    }
    disagrees
}

fn page(folder: &Path, name: &str) -> Page {
    let plain = folder.join(format!("{name}.html"));
    let packed = folder.join(format!("{name}.html.gz"));
    let mut body = Vec::new();
    match std::fs::File::open(&packed) {
        Ok(file) => drop(GzDecoder::new(file).read_to_end(&mut body).expect("it can be unpacked")),
        Err(_) => body = std::fs::read(&plain).unwrap_or_else(|error| panic!("{}: {error}", plain.display())),
    }
    Page {
        // The pages are saved: where they were had is not known, but they may tell it themselves.
        url: format!("file:///{name}.html").parse().expect("an address"),
        fetched: "2026-11-20T00:00:00Z".parse().expect("a time"),
        content_type: None,
        body,
        validators: Validators::default(),
    }
}
