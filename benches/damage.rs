//! The reader of feeds under damaged documents, as many as wanted: each is one of the project's own cases with some bytes
//! changed, cut out, doubled or replaced by pieces of markup and of other cases. Whatever comes of it, reading must end
//! without a panic (one of the parser's that is caught is counted), within a second, and never as an empty feed where an
//! item stands in plain sight. The same seed gives the same documents.
//!
//! ```text
//! cargo bench --bench damage                             # a million
//! cargo bench --bench damage -- --inputs 12000000 --seed 7
//! ```
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::Path;
use std::time::{Duration, Instant};

use tollwatch::feeds::{self, Limits, NotAFeed, Repair};
use tollwatch::model::{Page, Validators};

const LIMITS: Limits = Limits { bytes: 1 << 20, items: 2_000 };
/// What no document may take.
const LIMIT: Duration = Duration::from_secs(1);
/// How often a document that took long is read again.
const TIMES: usize = 5;

/// What is put into documents.
const PIECES: [&str; 30] = [
    "<item>",
    "</item>",
    "<entry>",
    "</entry>",
    "<title>",
    "</title>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE rss [",
    "]>",
    "<rss>",
    "</rss>",
    "<channel>",
    "</channel>",
    "<feed>",
    "&",
    "&#0;",
    "&#x1F;",
    "<",
    ">",
    "\"",
    "'",
    "\u{0}",
    "\u{feff}",
    "é",
    "<webMaster>é news@example.org</webMaster>",
    "xmlns=\"",
    "{\"items\":[",
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let (inputs, seed) = (number("--inputs").unwrap_or(1_000_000), number("--seed").unwrap_or(1));
    let cases = cases();
    let mut chance = Chance(seed);
    let mut tally = Tally::default();
    let began = Instant::now();
    for nth in 0..inputs {
        let body = damaged(&cases, &mut chance);
        tally.take(&body, nth);
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "{inputs} damaged documents of {} cases in {took:.0} s ({:.0} a second, {:.1} GB): {} feeds with {} items, {} errors",
        cases.len(),
        inputs as f64 / took,
        tally.bytes as f64 / 1e9,
        tally.feeds,
        tally.items,
        inputs - tally.feeds,
    );
    println!(
        "slowest {:.0} ms ({} bytes); over a second: {}; panics of the parser caught: {}; silent zeros: {}",
        1_000.0 * tally.slowest.as_secs_f64(),
        tally.slowest_bytes,
        tally.too_slow,
        tally.caught,
        tally.silent,
    );
    assert!(tally.too_slow == 0 && tally.caught == 0 && tally.silent == 0, "see above");
}

#[derive(Default)]
struct Tally {
    bytes: u64,
    feeds: u64,
    items: u64,
    slowest: Duration,
    slowest_bytes: usize,
    too_slow: u64,
    caught: u64,
    silent: u64,
}

impl Tally {
    fn take(&mut self, body: &[u8], nth: u64) {
        let page = Page {
            url: "https://wire.example/feed".parse().expect("an address"),
            fetched: jiff::Timestamp::UNIX_EPOCH,
            content_type: None,
            body: body.to_vec(),
            validators: Validators::default(),
        };
        let timed = || {
            let began = Instant::now();
            let read = feeds::parse(&page, "wire", LIMITS);
            (read, began.elapsed())
        };
        let (read, mut took) = timed();
        // A machine that is busy elsewhere makes anything slow; what is slow by itself is so each time.
        for _ in 0..TIMES {
            if took > LIMIT / 10 {
                took = took.min(timed().1);
            }
        }
        self.bytes += body.len() as u64;
        if took > self.slowest {
            (self.slowest, self.slowest_bytes) = (took, body.len());
        }
        self.too_slow += u64::from(took > LIMIT);
        match read {
            Ok(feed) => {
                self.feeds += 1;
                self.items += feed.items.len() as u64;
                if feed.items.is_empty() && shows_an_item(body) && !feed.repairs.contains(&Repair::TooManyItems) {
                    self.silent += 1;
                    println!("a silent zero, the {nth}th: {}", String::from_utf8_lossy(body));
                }
            }
            Err(NotAFeed::Unreadable { reason } | NotAFeed::LostItems { reason }) if reason.contains("broke off") => {
                self.caught += 1;
                println!("a panic that was caught, the {nth}th: {}", String::from_utf8_lossy(body));
            }
            Err(_) => {}
        }
    }
}

/// Whether an item begins where nothing can hide it: in plain bytes, not in JSON, a comment, a CDATA section or a quote.
fn shows_an_item(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let before = ["<item>", "<entry>"].iter().filter_map(|mark| text.find(mark)).min().map(|at| &text[..at]);
    before.is_some_and(|before| {
        !before.trim_start().starts_with('{') && !["<!", "<?", "\"", "'"].iter().any(|mark| before.contains(mark))
    })
}

fn cases() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/feeds");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the cases are there").flatten().map(|e| e.path()).collect();
    files.retain(|file| file.extension().is_none_or(|ending| ending != "expected"));
    files.sort();
    let cases: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).expect("a case can be read")).collect();
    assert!(cases.len() > 20, "only {} cases", cases.len());
    cases
}

/// One of the cases with up to eight faults.
fn damaged(cases: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut body = cases[chance.below(cases.len())].clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(body.len() + 1);
        let end = (at + chance.below(64)).min(body.len());
        match chance.below(8) {
            0 | 1 => body.iter_mut().skip(at).take(1).for_each(|byte| *byte = chance.next() as u8),
            2 => drop(body.drain(at..end)),
            3 => {
                let again = body[at..end].to_vec();
                body.splice(at..at, again);
            }
            4 => body.truncate(at.max(1)),
            5 | 6 => drop(body.splice(at..at, PIECES[chance.below(PIECES.len())].bytes())),
            _ => {
                let other = &cases[chance.below(cases.len())];
                let from = chance.below(other.len());
                let to = (from + chance.below(512)).min(other.len());
                body.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    body
}

/// SplitMix64 (Steele, Lea, Flood, 2014): even, quick, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }
}
