//! What reading pages costs: each page of a folder, and pages made to cost time, memory or stack.
//!
//! ```text
//! cargo bench --bench scraping                                  # our own pages, then the hostile ones
//! cargo bench --bench scraping -- --pages /path/to/saved/pages  # *.html, *.html.gz, or folders with page.html
//! cargo bench --bench scraping -- --hostile                     # only the hostile ones
//! ```
//! A page's time is the median of its runs. Each hostile page is read in a process of its own, once: what is told is the time
//! of that first reading, and the greatest resident size of the process over what it holds before reading.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use tollwatch::model::{Page, Validators};
use tollwatch::scrape;

/// How often each page of a folder is read.
const RUNS: usize = 7;
/// What no page of up to 5 MB may take.
const MOST_TIME: Duration = Duration::from_millis(250);
const MOST_MEMORY: u64 = 150 << 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pages"));
    match words.as_slice() {
        ["--one", name] => one(name),
        ["--hostile"] => all_hostile(),
        ["--pages", folder] => folder_of_pages(Path::new(folder)),
        [] => {
            folder_of_pages(&std::env::var_os("TOLLWATCH_PAGES").map_or_else(own, PathBuf::from));
            all_hostile();
        }
        _ => println!("usage: scraping [--pages FOLDER | --hostile]"),
    }
}

fn folder_of_pages(folder: &Path) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| if path.is_dir() { path.join("page.html") } else { path })
        .filter(|path| path.to_string_lossy().contains(".html") && path.exists())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no pages in {}", folder.display());
    let mut times: Vec<(Duration, usize, PathBuf)> = files.into_iter().map(measured).collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].0;
    println!(
        "{} pages: median {:.1} ms, p99 {:.1} ms, all {:.0} ms",
        times.len(),
        milliseconds(at(0.5)),
        milliseconds(at(0.99)),
        milliseconds(times.iter().map(|(took, ..)| *took).sum()),
    );
    for (took, bytes, path) in times.iter().rev().take(5) {
        let name = path.strip_prefix(folder).unwrap_or(path).display();
        println!("  {:>7.1} ms  {:>8} bytes  {name}", milliseconds(*took), bytes);
    }
}

/// The median time of reading a saved page.
fn measured(path: PathBuf) -> (Duration, usize, PathBuf) {
    let mut body = std::fs::read(&path).expect("a page can be read");
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut unpacked = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut unpacked).expect("a page can be unpacked");
        body = unpacked;
    }
    let page = page(body);
    let mut times: Vec<Duration> = (0..RUNS).map(|_| timed(&page)).collect();
    times.sort();
    (times[RUNS / 2], page.body.len(), path)
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

fn timed(page: &Page) -> Duration {
    let start = Instant::now();
    let _ = std::hint::black_box(scrape::article(std::hint::black_box(page), None));
    start.elapsed()
}

fn page(body: Vec<u8>) -> Page {
    Page {
        url: "https://coastdaily.example/a/1".parse().expect("an address"),
        fetched: "2026-11-21T00:00:00Z".parse().expect("a time"),
        content_type: Some("text/html".to_owned()),
        body,
        validators: Validators::default(),
    }
}

fn all_hostile() {
    let own = std::env::current_exe().expect("the benchmark's own file");
    println!("{:<46} {:>9} {:>9} {:>9}", "hostile page", "bytes", "ms", "MiB");
    let mut over = 0;
    for (name, ..) in HOSTILE {
        let done = Command::new(&own).args(["--one", name]).output().expect("the page's process can be started");
        if !done.status.success() {
            println!("{name:<46} ENDED ITS PROCESS: {}", done.status);
            over += 1;
            continue;
        }
        let told = String::from_utf8_lossy(&done.stdout);
        let numbers: Vec<u64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [bytes, micros, kib] = numbers[..] else { panic!("{name}: three numbers, not {told:?}") };
        let is_over = Duration::from_micros(micros) > MOST_TIME || kib > MOST_MEMORY;
        over += usize::from(is_over);
        println!(
            "{name:<46} {bytes:>9} {:>9.1} {:>9.1}{}",
            micros as f64 / 1_000.0,
            kib as f64 / 1_024.0,
            if is_over { "  over" } else { "" }
        );
    }
    println!("{over} of {} over {} ms or {} MiB", HOSTILE.len(), MOST_TIME.as_millis(), MOST_MEMORY >> 10);
}

/// Reads one hostile page and tells its size, the microseconds, and the KiB at most beside what was held before.
fn one(name: &str) {
    let (_, piece, end) = HOSTILE.iter().find(|(known, ..)| *known == name).expect("a name of the list");
    let page = page(hostile(name, piece, end));
    let before = memory("VmRSS:");
    let took = timed(&page);
    println!("{} {} {}", page.body.len(), took.as_micros(), memory("VmHWM:").saturating_sub(before));
}

/// KiB, as the kernel counts them for this process.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a kernel that tells it");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("a line of its status");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}

/// What is repeated up to 5 MB, and what follows once. A few are made in a way of their own, see [`hostile`].
const HOSTILE: &[(&str, &str, &str)] = &[
    ("divs", "<div>", ""),
    ("100,000 divs", "<div>", ""),
    ("spans", "<span>", ""),
    ("ul li", "<ul><li>", ""),
    ("dl dd", "<dl><dd>", ""),
    ("tables in tables", "<table><tr><td>", ""),
    ("rows", "<tr><td>1<td>2", ""),
    ("rows of a table", "<table><tr><td>12 dead</table>", ""),
    ("paragraphs", "<p>", ""),
    ("paragraphs of text", "<p>At least 12 people died in Sern, police said.", ""),
    ("links", "<a href=/x>Twelve die</a>", ""),
    ("links in blocks", "<a><div>", ""),
    ("formatting", "<b><i><font size=1>", "<p>x"),
    ("formatting and blocks", "<b><p>", ""),
    ("misnested formatting", "<a><b></a><p></b>", ""),
    ("formatting reopened", "<div><font size=1><b></div>", ""),
    ("headings", "<h1>Twelve dead</h2>", ""),
    ("end tags", "</p></b></div>", ""),
    ("200,000 attributes", "", ""),
    ("tags of attributes", "<p class='related x' id=a data-b=c>", ""),
    ("an attribute of 5 MB", "x", "\">12 dead"),
    ("unclosed comments", "<!--", ""),
    ("comments", "<!-- 12 -->", ""),
    ("entities", "&amp;&#8203;&lt;&notit;", ""),
    ("character references", "&#12345678901234567890;", ""),
    ("less-than signs", "<", ""),
    ("open quotes", "<a href=\"", ""),
    ("svg", "<svg>", ""),
    ("scripts", "<script>1</script>", ""),
    ("unclosed scripts", "<script>", ""),
    ("titles", "<title>12 dead</title>", ""),
    ("times", "<time datetime=2026-11-14T10:00:00Z></time>", ""),
    ("dated lines", "<p>Updated: 9 March 2025, 21:30 GMT</p>", ""),
    ("metas", "<meta name=date content=2026-11-14>", ""),
    ("brackets in data", "[", "</script>"),
    ("entries in data", "{\"articleBody\":\"12 dead\"},", "{}]}</script>"),
    ("text without tags", "At least 12 people died in Sern. ", ""),
    ("one word", "dead", ""),
    ("text at a depth of 120", "At least 12 people died in Sern. ", ""),
    ("custom elements", "<x-y>", ""),
    ("forms", "<form><input><select><option>", ""),
    ("frames", "<iframe>", ""),
    ("random bytes", "", ""),
    ("random markup", "", ""),
    // As large as pages may be that the extraction library reads: quickly, and thoroughly.
    ("5,900 paragraphs", "<p>At least 12 people died in Sern on Sunday, police said.", ""),
    ("5,900 boxes of paragraphs", "<div><p>At least 12 people died in Sern on Sunday, police said.</p></div>", ""),
    ("5,900 elements of lists", "<ul><li><a href=/x>Twelve die in Sern as a ferry sinks</a></ul>", ""),
    ("2,900 paragraphs, of which half are comments", "<p>At least 12 people died in Sern, police said.", ""),
];

fn hostile(name: &str, piece: &str, end: &str) -> Vec<u8> {
    let divs = "<div>".repeat(120);
    let head = match name {
        "200,000 attributes" => {
            let attributes: String = (0..200_000).map(|n| format!("a{n}='{n}>' ")).collect();
            return format!("<body><div {attributes}><p>Twelve people died in Sern, police said.").into_bytes();
        }
        "an attribute of 5 MB" => "<p title=\"",
        "brackets in data" => "<script type='application/ld+json'>",
        "entries in data" => "<script type='application/ld+json'>{\"@type\":\"LiveBlogPosting\",\"liveBlogUpdate\":[",
        "text at a depth of 120" => &*divs,
        "random bytes" => return random().take(scrape::MAX_PAGE).map(|n| (n >> 32) as u8).collect(),
        "random markup" => {
            let pieces: Vec<&str> = HOSTILE.iter().map(|(_, piece, _)| *piece).collect();
            let mut body = Vec::new();
            for n in random() {
                body.extend_from_slice(pieces[(n >> 33) as usize % pieces.len()].as_bytes());
                if body.len() > scrape::MAX_PAGE - 100 {
                    return body;
                }
            }
            return body;
        }
        "2,900 paragraphs, of which half are comments" => {
            let half = piece.repeat(1_450);
            return format!("<body><article>{half}</article><div class=comments>{half}</div>").into_bytes();
        }
        _ => "<title>Ferry sinks</title><body>",
    };
    if let Ok(elements) = name.split(' ').next().unwrap_or_default().replace(',', "").parse::<usize>() {
        let tags = piece.matches('<').count() - piece.matches("</").count();
        let pieces = elements / tags.max(1);
        return format!("{head}{}", piece.repeat(pieces)).into_bytes();
    }
    let room = scrape::MAX_PAGE - head.len() - end.len();
    // Data islands of more than a mebibyte are not read at all: these stay below.
    let room = if name.ends_with("in data") { room.min(900_000) } else { room };
    format!("{head}{}{end}", piece.repeat(room / piece.len())).into_bytes()
}

/// Numbers that look random and are the same in each run (Knuth's MMIX generator).
fn random() -> impl Iterator<Item = u64> {
    let step = |n: &u64| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    std::iter::successors(Some(42_u64), step)
}
