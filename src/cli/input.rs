//! What the commands are given to read: texts, lines of JSON, saved pages, addresses.

use std::cell::OnceCell;
use std::io::{ErrorKind, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;
use url::Url;

use super::settings::{self, Place};
use super::{Done, Exit, Failure, print};
use crate::clock::Clock;
use crate::feeds;
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
        let url = self.url.clone().unwrap_or_else(|| address_of_id(&self.id));
        Article { outlet: self.outlet.clone(), published: self.published, ..plain(url, text) }
    }
}

/// Reads what the arguments name. Addresses are fetched by the config's `[http]`, with one client for all of them, so
/// that a host is asked as seldom as the daemon would ask it.
pub struct Input<'a> {
    place: &'a Place,
    way_out: OnceCell<(Runtime, http::Client)>,
}

impl<'a> Input<'a> {
    /// For the arguments of one command.
    pub fn new(place: &'a Place) -> Self {
        Self { place, way_out: OnceCell::new() }
    }

    /// Calls `each` for every article that an argument names: a `.txt` file (title on the first line, a blank line, the
    /// body), a `.jsonl` file, a saved page (`.html`, `.html.gz`), an address, or `-` for standard input in any of these
    /// forms.
    pub fn articles(&self, argument: &str, each: &mut dyn FnMut(Given) -> Result<(), Failure>) -> Result<(), Failure> {
        let given = |article| Given { file: argument.to_owned(), id: None, article };
        if let Some(url) = address(argument)? {
            return each(given(scraped(argument, &self.fetched(&http::Request::page(url))?)?));
        }
        let bytes = bytes(argument)?;
        match form(argument, &bytes) {
            Form::Page => each(given(scraped(argument, &saved(argument, bytes))?)),
            Form::Lines => {
                for line in lines(argument, &bytes)? {
                    each(Given { file: argument.to_owned(), id: Some(line.id.clone()), article: line.article() })?;
                }
                Ok(())
            }
            Form::Text => each(given(plain(address_of_file(argument), Text::from_plain(utf8(argument, bytes)?)))),
        }
    }

    /// The article of the page that an argument names: an address is fetched, a file read.
    pub fn page(&self, argument: &str) -> Result<Article, Failure> {
        let page = match address(argument)? {
            Some(url) => self.fetched(&http::Request::page(url))?,
            None => saved(argument, bytes(argument)?),
        };
        scraped(argument, &page)
    }

    /// The document that an argument names, to be parsed as a feed.
    pub fn feed(&self, argument: &str) -> Result<Page, Failure> {
        match address(argument)? {
            Some(url) => self.fetched(&http::Request::feed(url, Validators::default())),
            None => {
                let url = Url::parse(feeds::NOWHERE).expect("a fixed address");
                Ok(Page { url, ..saved(argument, bytes(argument)?) })
            }
        }
    }

    fn fetched(&self, request: &http::Request) -> Result<Page, Failure> {
        let way_out = match self.way_out.get() {
            Some(way_out) => way_out,
            None => {
                let way_out = (settings::runtime()?, settings::client_by_hand(self.place)?);
                self.way_out.get_or_init(|| way_out)
            }
        };
        let (runtime, client) = way_out;
        let url = &request.url;
        let answer = runtime
            .block_on(client.get(request, Clock::System.now()))
            .map_err(|error| Failure::say(Exit::Unavailable, format!("{url}: {error}")))?;
        match answer.fetched {
            http::Fetched::Page(page) => Ok(page),
            http::Fetched::NotModified { .. } => {
                Err(Failure::say(Exit::Unavailable, format!("{url}: answered with nothing")))
            }
        }
    }
}

/// Tells at once which of several arguments could not be read; the only one is told by how the command ends.
pub fn told(failure: Failure, arguments: usize) -> Failure {
    if arguments > 1 {
        print::complain(&failure.to_string());
    }
    failure
}

/// Whether all was read, by the failures that were told on the way: how a command over several arguments ends.
pub fn ended(mut failures: Vec<Failure>, arguments: usize) -> Done {
    match (failures.pop(), arguments) {
        (None, _) => Ok(()),
        (Some(only), 1) => Err(only),
        (Some(last), _) => {
            let failed = failures.len() + 1;
            Err(Failure::say(last.exit, format!("{failed} of {arguments} could not be read")))
        }
    }
}

const FORM_OF_A_LINE: &str = "A line holds one object with \"id\" and \"text\", and may hold \"title\", \"url\", \"outlet\" \
     and \"published\" (as in 2025-03-09T21:30:00Z).";

/// The lines of a `.jsonl` input.
pub fn lines(name: &str, bytes: &[u8]) -> Result<Vec<Line>, Failure> {
    Ok(objects(name, bytes, FORM_OF_A_LINE)?.into_iter().map(|(_, line)| line).collect())
}

/// The objects of an input with one a line, each with the number of its line; `form` says what a line is to hold.
pub fn objects<T: DeserializeOwned>(name: &str, bytes: &[u8], form: &str) -> Result<Vec<(usize, T)>, Failure> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| Failure::say(Exit::Data, format!("{name}: not UTF-8: {error}")))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let object = serde_json::from_str(line).map(|object| (number + 1, object));
            object.map_err(|error| {
                // The library's place counts lines from this line on.
                let what = error.to_string();
                let what = what.split(" at line ").next().unwrap_or_default();
                let (line, column) = (number + 1, error.column());
                Failure::say(Exit::Data, format!("{name}:{line}:{column}: {what}\n{form}"))
            })
        })
        .collect()
}

/// The bytes of a file, or of standard input for `-`; what is compressed with gzip is unpacked.
pub fn bytes(name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if name == "-" {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(name).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    read.map_err(|error| unreadable(Path::new(name), &error))?;
    let is_compressed = has_ending(name, "gz") || (name == "-" && bytes.starts_with(&GZIP));
    if !is_compressed {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    match GzDecoder::new(bytes.as_slice()).take(MOST_BYTES).read_to_end(&mut unpacked) {
        Ok(_) => Ok(unpacked),
        Err(error) => Err(Failure::say(Exit::Data, format!("{name}: cannot be unpacked as gzip: {error}"))),
    }
}

/// How gzip begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let name = path.display();
    let message = match error.kind() {
        ErrorKind::NotFound => format!("{name}: there is no such file"),
        ErrorKind::IsADirectory => format!("{name}: is a folder; name the files in it"),
        _ => format!("{name}: {error}"),
    };
    Failure::say(Exit::NoInput, message)
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

/// The argument as an address, where it is one.
fn address(argument: &str) -> Result<Option<Url>, Failure> {
    let web = |scheme: &str| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if !argument.split_once("://").is_some_and(|(scheme, _)| web(scheme)) {
        return Ok(None);
    }
    let url = Url::parse(argument).map_err(|error| Failure::say(Exit::Usage, format!("{argument}: {error}")))?;
    Ok(Some(url))
}

fn scraped(name: &str, page: &Page) -> Result<Article, Failure> {
    scrape::article(page, None).map_err(|error| Failure::say(Exit::Data, format!("{name}: {error}")))
}

fn saved(name: &str, body: Vec<u8>) -> Page {
    Page {
        url: address_of_file(name),
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

fn address_of_file(name: &str) -> Url {
    let path = std::path::absolute(if name == "-" { "/dev/stdin" } else { name }).ok();
    path.and_then(|path| Url::from_file_path(path).ok()).unwrap_or_else(|| address_of_id(name))
}

/// An address for what has none of its own.
fn address_of_id(id: &str) -> Url {
    let mut url = Url::parse("file:///").expect("a fixed address");
    url.set_path(id);
    url
}

fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes)
        .map_err(|error| Failure::say(Exit::Data, format!("{name}: not UTF-8 ({error}); save it as UTF-8")))
}
