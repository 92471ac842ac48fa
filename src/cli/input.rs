//! What the commands are given to read: texts, lines of JSON, saved pages, addresses.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use super::{Exit, Failure};
use crate::clock::Clock;
use crate::http;
use crate::model::{Article, Page, Text, Validators};
use crate::scrape;

/// The most that is read of one file; a page is bounded again, and lower, where it is scraped.
const MOST_BYTES: u64 = 1 << 30;

/// An article and where it came from.
pub struct Given {
    /// The file, `-`, or the address, as it was named.
    pub file: String,
    /// The id, where the input gives one.
    pub id: Option<String>,
    /// The article.
    pub article: Article,
}

/// A line of a `.jsonl` file.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// What the line is known by.
    pub id: String,
    /// The address of the article.
    #[serde(default)]
    pub url: Option<Url>,
    /// The publisher.
    #[serde(default)]
    pub outlet: String,
    /// When it was published.
    #[serde(default)]
    pub published: Option<Timestamp>,
    /// The headline; where there is none, the first line of the text.
    #[serde(default)]
    pub title: Option<String>,
    /// The body.
    pub text: String,
}

impl Line {
    /// The article on the line.
    pub fn article(&self) -> Article {
        let text = match &self.title {
            Some(title) => Text::from_plain(format!("{}\n\n{}", title.replace('\n', " "), self.text)),
            None => Text::from_plain(self.text.clone()),
        };
        let url = self.url.clone().unwrap_or_else(|| named_address(&self.id));
        Article { outlet: self.outlet.clone(), published: self.published, ..plain(url, text) }
    }
}

/// Calls `each` for every article that an argument names: a `.txt` file (title on the first line, a blank line, the
/// body), a `.jsonl` file, a saved page (`.html`, `.html.gz`), an address, or `-` for standard input in any of these forms.
pub fn articles(argument: &str, each: &mut dyn FnMut(Given) -> Result<(), Failure>) -> Result<(), Failure> {
    if let Some(page) = fetched(argument)? {
        let article = scraped(argument, &page)?;
        return each(Given { file: argument.to_owned(), id: None, article });
    }
    let bytes = bytes(argument)?;
    match form(argument, &bytes) {
        Form::Page => {
            let article = scraped(argument, &saved_page(argument, bytes))?;
            each(Given { file: argument.to_owned(), id: None, article })
        }
        Form::Lines => {
            for line in lines(argument, &bytes)? {
                each(Given { file: argument.to_owned(), id: Some(line.id.clone()), article: line.article() })?;
            }
            Ok(())
        }
        Form::Text => {
            let text = Text::from_plain(utf8(argument, bytes)?);
            each(Given { file: argument.to_owned(), id: None, article: plain(named_address(argument), text) })
        }
    }
}

/// The lines of a `.jsonl` input.
pub fn lines(name: &str, bytes: &[u8]) -> Result<Vec<Line>, Failure> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| Failure::say(Exit::Data, format!("{name}: not UTF-8: {error}")))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                Failure::say(
                    Exit::Data,
                    format!(
                        "{name}:{}: {error}\nA line holds one object with \"id\" and \"text\", and may hold \"title\", \"url\", \"outlet\" and \"published\".",
                        number + 1
                    ),
                )
            })
        })
        .collect()
}

/// The page that an argument names: an address is fetched, a file read.
pub fn page(argument: &str) -> Result<Page, Failure> {
    match fetched(argument)? {
        Some(page) => Ok(page),
        None => Ok(saved_page(argument, bytes(argument)?)),
    }
}

/// The bytes of a file, or of standard input for `-`; `.gz` is unpacked.
pub fn bytes(name: &str) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| Failure::say(Exit::NoInput, format!("{name}: {error}"));
    let mut bytes = Vec::new();
    let read = if name == "-" {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        let file = std::fs::File::open(name).map_err(unreadable)?;
        if has_ending(name, "gz") {
            GzDecoder::new(file).take(MOST_BYTES).read_to_end(&mut bytes)
        } else {
            file.take(MOST_BYTES).read_to_end(&mut bytes)
        }
    };
    read.map_err(unreadable)?;
    Ok(bytes)
}

enum Form {
    Text,
    Lines,
    Page,
}

fn form(name: &str, bytes: &[u8]) -> Form {
    let inner = name.strip_suffix(".gz").unwrap_or(name);
    if has_ending(inner, "jsonl") || has_ending(inner, "json") {
        return Form::Lines;
    }
    if has_ending(inner, "html") || has_ending(inner, "htm") {
        return Form::Page;
    }
    if name != "-" {
        return Form::Text;
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Form::Lines,
        Some(b'<') => Form::Page,
        _ => Form::Text,
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

fn fetched(argument: &str) -> Result<Option<Page>, Failure> {
    if !argument.starts_with("http://") && !argument.starts_with("https://") {
        return Ok(None);
    }
    let url = Url::parse(argument).map_err(|error| Failure::say(Exit::Usage, format!("{argument}: {error}")))?;
    let runtime = super::settings::runtime()?;
    let client = http::Client::new(http::Settings::default()).map_err(|error| Failure::new(Exit::Software, error))?;
    let answer = runtime
        .block_on(client.get(&http::Request::page(url), Clock::System.now()))
        .map_err(|error| Failure::say(Exit::Unavailable, format!("{argument}: {error}")))?;
    match answer.fetched {
        http::Fetched::Page(page) => Ok(Some(page)),
        http::Fetched::NotModified { .. } => {
            Err(Failure::say(Exit::Unavailable, format!("{argument}: answered with nothing")))
        }
    }
}

fn scraped(name: &str, page: &Page) -> Result<Article, Failure> {
    scrape::article(page, None).map_err(|error| Failure::say(Exit::Data, format!("{name}: {error}")))
}

fn saved_page(name: &str, body: Vec<u8>) -> Page {
    Page {
        url: named_address(name),
        fetched: Clock::System.now(),
        content_type: None,
        body,
        validators: Validators::default(),
    }
}

fn plain(url: Url, text: Text) -> Article {
    Article {
        url,
        outlet: String::new(),
        language: None,
        published: None,
        modified: None,
        fingerprint: scrape::fingerprint(text.body()),
        text,
        flags: Vec::new(),
    }
}

/// An address for what has none of its own.
fn named_address(name: &str) -> Url {
    let mut url = Url::parse("file:///").expect("a fixed address");
    url.set_path(name);
    url
}

fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes)
        .map_err(|error| Failure::say(Exit::Data, format!("{name}: not UTF-8 ({error}); save it as UTF-8")))
}
