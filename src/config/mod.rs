//! The config: what the operator writes, checked as a whole before anything starts.
//!
//! [`load`] reads a file and the files of `conf.d` beside it. What comes back is either a [`Config`], in which every
//! value is in bounds and every default filled in, or all [`Problems`] at once, each with its place and how to mend
//! it. [`add_feed`], [`import_feeds`] and [`remove_feed`] change a config's text and leave all the rest of it as it
//! stands.

mod check;
mod edit;
mod file;
mod problem;
mod reader;
mod selector;
mod source;
mod spelling;
mod value;

use std::fmt;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::model::{Address, Confidence, NamedStory, Secret, Subscription, words};

pub use edit::{EditError, Edited, Imported, add_feed, import_feeds, remove_feed};
pub use problem::{Problem, Problems};

use source::Source;

/// The largest config file that is read, in bytes: room for 100,000 feeds.
const MAX_FILE: u64 = 16 << 20;

/// A config in its checked form: all values are in bounds, all defaults filled in, all names unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `[general]`
    pub general: General,
    /// `[http]`
    pub http: Http,
    /// `[polling]`
    pub polling: Polling,
    /// `[[feed]]`, in the order of the files; no two share a name or an address.
    pub feeds: Vec<Feed>,
    /// `[[story]]`
    pub stories: Vec<NamedStory>,
    /// `[[source]]`
    pub sources: Vec<SourceNames>,
    /// `[delivery]` and `[smtp]`
    pub outgoing: Outgoing,
    /// `[[mail]]`: one for each recipient.
    pub subscriptions: Vec<Subscription>,
    /// `[web]`
    pub web: Web,
}

/// The page and the counters, for whoever is on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Web {
    /// Where they are served; always a loopback address. `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// The names, besides those of this machine itself, by which they may be asked for: a reverse proxy's.
    pub names: Vec<String>,
}

/// What concerns the process as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct General {
    /// The database file. Relative to the state directory, as every path of a config.
    pub database: PathBuf,
    /// The least severe messages that are logged.
    pub log: LogLevel,
    /// Figures that are read with less confidence than this are kept as evidence and never told.
    pub least_confidence: Confidence,
    /// How long the pages behind claims are kept; zero: none is.
    pub keep_pages: Duration,
}

words! {
    /// How much is logged.
    LogLevel {
        /// Only what must be mended.
        Error = "error",
        /// Also what went wrong and will be tried again.
        Warn = "warn",
        /// Also what was done.
        Info = "info",
        /// Also why.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

/// How pages and feeds are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// What the user agent names beside the version, for the owners of the sites: a web or mail address.
    pub contact: Option<String>,
    /// For the connection to stand.
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub idle_timeout: Duration,
    /// For the whole answer, redirects included.
    pub total_timeout: Duration,
    /// The largest feed that is read, in bytes after decompression.
    pub feed_size: u64,
    /// The largest page that is read, in bytes after decompression.
    pub page_size: u64,
    /// Between the start of two requests to one host.
    pub host_spacing: Duration,
    /// Hosts, with all the hosts below them, that want another time between two requests.
    pub spacing_of: Vec<(String, Duration)>,
    /// Whether the hosts of one registrable domain share that time, and the rest that one of them asks for.
    pub spacing_by_domain: bool,
    /// How many requests are under way at once, to all hosts together.
    pub parallel: usize,
    /// The proxy for all requests; `None`: straight to the site, whatever the environment says.
    pub proxy: Option<Url>,
    /// Hosts that may be at a private or loopback address, as `host` or `host:port`; all others may not.
    pub allow_private: Vec<String>,
    /// Whether robots.txt decides which articles are fetched.
    pub robots: bool,
}

/// When feeds are polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polling {
    /// The time between two polls of a feed that has no interval of its own, as long as its pace is not known or is not
    /// followed.
    pub interval: Duration,
    /// Between which intervals a feed's own pace is followed, where it is.
    pub pace: Option<PaceBounds>,
    /// By how much of it each interval is lengthened or shortened at random, in percent.
    pub jitter: u8,
    /// The longest wait before a feed is asked again, whatever the server asks for and however often it failed.
    pub longest_wait: Duration,
    /// How many articles of a feed's first poll, the newest, are read and taken in silently.
    pub first_poll: usize,
    /// How long after its publication an article is looked at again, ascending; empty: never.
    pub look_again: Vec<Duration>,
    /// Whether people are told of feeds that fail for long, are well again, fall silent or are gone.
    pub notices: bool,
}

/// The bounds of the intervals of feeds whose pace is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceBounds {
    /// No interval is shorter.
    pub shortest: Duration,
    /// No interval is longer.
    pub longest: Duration,
}

/// The shortest interval that is accepted: what hosted feed readers allow at most (FeedMail; Miniflux's adaptive
/// scheduler), so that no site is asked more often by us than by them.
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// A feed to poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// One word, unique.
    pub name: String,
    /// Where it is.
    pub url: Url,
    /// The time between two polls, whatever its pace; `None`: as `[polling]` says.
    pub interval: Option<Duration>,
    /// The publisher's name, for pages that do not tell it.
    pub outlet: Option<String>,
    /// The language of its articles as a BCP 47 primary tag, for pages that do not tell it.
    pub language: Option<String>,
    /// A User-Agent header of its own.
    pub user_agent: Option<String>,
    /// Further headers for its requests, by name.
    pub headers: Vec<(String, Secret)>,
    /// Who we are to its server, where it wants to know.
    pub login: Option<Login>,
    /// A proxy of its own.
    pub proxy: Option<Url>,
    /// Only items with one of these words or phrases are kept; none: all.
    pub with: Vec<String>,
    /// Items with one of these words or phrases are left out.
    pub without: Vec<String>,
    /// CSS selectors of the elements of its pages that hold body text and nothing else.
    pub body: Option<String>,
    /// CSS selectors of the elements of its pages that are no part of the article.
    pub remove: Option<String>,
}

/// A source of figures and the other names it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceNames {
    /// The one name it is told under.
    pub name: String,
    /// The other names, without the first.
    pub aliases: Vec<String>,
}

/// How mails leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The sender.
    pub from: Address,
    /// The name after the @ of a Message-ID and at the end of a List-Id.
    pub host: String,
    /// A person who can stop the mails, where recipients shall be able to write to one.
    pub operator: Option<Address>,
    /// A web address where mails can be stopped; `{recipient}` and `{story}` in it stand for them.
    pub unsubscribe: Option<String>,
    /// How long the changes of a story are collected before a mail goes out.
    pub collect: Duration,
    /// Where to.
    pub transport: Transport,
    /// How long one mail may take on its way out, from connecting to the last word.
    pub timeout: Duration,
    /// The key that mails are signed with, where they are.
    pub dkim: Option<Dkim>,
}

/// What mails are signed with (DKIM, RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    /// The domain that signs: that of the sender, or one above it.
    pub domain: String,
    /// Under which name the domain publishes the key.
    pub selector: String,
    /// Where the private key is kept.
    pub key: SecretFile,
}

/// Where mails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Into this directory, for any mail reader.
    Maildir(PathBuf),
    /// To a mail server.
    Smtp(Smtp),
    /// To this program, as all mail servers for Unix bring one along.
    Sendmail(PathBuf),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub tls: Tls,
    /// Who we are to it, where it wants to know. Never without TLS, except on this machine.
    pub login: Option<Login>,
    /// Certificates in PEM that are trusted besides the public ones.
    pub ca_file: Option<PathBuf>,
}

words! {
    /// How a connection to a mail server is kept private.
    Tls {
        /// Not at all.
        None = "none",
        /// By STARTTLS, which the server must offer (RFC 3207).
        StartTls = "starttls",
        /// From the first byte (RFC 8314).
        Implicit = "implicit",
    }
}

/// A user of a mail server or of a feed's server. The password itself is never part of a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The file with the password.
    pub password: SecretFile,
}

/// Where a password or a key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFile {
    /// In this file.
    Path(PathBuf),
    /// In the systemd credential of this name (`LoadCredential=` in the unit).
    Credential(String),
}

/// A password or a key that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NoSecret {
    /// There is no directory of credentials: the process was not started by a unit that loads any.
    #[error("the secret is the systemd credential `{0}`, but $CREDENTIALS_DIRECTORY is not set")]
    NoCredentials(String),
    /// The file cannot be read.
    #[error("cannot read the secret from {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is empty.
    #[error("the secret in {0} is empty")]
    Empty(PathBuf),
}

impl SecretFile {
    /// Reads a password: the first line of the file. `credentials` is where systemd has put the credentials
    /// (`$CREDENTIALS_DIRECTORY`).
    ///
    /// # Errors
    /// When the file is missing, unreadable or empty.
    pub fn read(&self, credentials: Option<&Path>) -> Result<Secret, NoSecret> {
        let (path, text) = self.text(credentials)?;
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Secret::new(line)),
            _ => Err(NoSecret::Empty(path)),
        }
    }

    /// Reads a key: the whole file.
    ///
    /// # Errors
    /// When the file is missing, unreadable or empty.
    pub fn read_whole(&self, credentials: Option<&Path>) -> Result<Secret, NoSecret> {
        let (path, text) = self.text(credentials)?;
        if text.trim().is_empty() { Err(NoSecret::Empty(path)) } else { Ok(Secret::new(&text)) }
    }

    fn text(&self, credentials: Option<&Path>) -> Result<(PathBuf, String), NoSecret> {
        let path = match (self, credentials) {
            (Self::Path(path), _) => path.clone(),
            (Self::Credential(name), Some(directory)) => directory.join(name),
            (Self::Credential(name), None) => return Err(NoSecret::NoCredentials(name.clone())),
        };
        match read_bounded(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(NoSecret::Unreadable { path, error }),
        }
    }
}

/// Reads the config at `path` and, in lexical order, the `*.toml` files of the directory `conf.d` beside it. A key of
/// a later file replaces that of an earlier one; feeds, stories and sources are matched by `name`, mails by
/// `recipient`.
///
/// Relative paths in a config are relative to `$STATE_DIRECTORY`, which systemd sets, and without it to the current
/// directory: what they name is written, and the config's own directory is usually not to be written to.
///
/// # Errors
/// Everything that is wrong, in all the files.
pub fn load(path: &Path) -> Result<Config, Problems> {
    // systemd lists several directories with colons between them (systemd.exec, StateDirectory=); the first is ours.
    let state = std::env::var("STATE_DIRECTORY").unwrap_or_default();
    load_with_state(path, Path::new(state.split(':').next().unwrap_or_default()))
}

/// [`load`], with the directory that relative paths are relative to; the empty path stands for the current directory.
///
/// # Errors
/// Everything that is wrong, in all the files.
pub fn load_with_state(path: &Path, state: &Path) -> Result<Config, Problems> {
    load_as(path, read_bounded(path), state)
}

/// What [`load`] would say if the file at `path` held this text: an edit is checked, together with the files of
/// `conf.d`, before it is written.
///
/// # Errors
/// Everything that would be wrong, in all the files.
pub fn load_edited(path: &Path, text: String) -> Result<Config, Problems> {
    load_as(path, Ok(text), Path::new(""))
}

fn load_as(path: &Path, text: std::io::Result<String>, state: &Path) -> Result<Config, Problems> {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    let directory = path.parent().unwrap_or(Path::new("")).join("conf.d");
    let more = drop_ins(&directory).unwrap_or_else(|error| {
        problems.push(Problem::of_file(directory.display().to_string(), unreadable(&error)));
        Vec::new()
    });
    let more = more.into_iter().map(|path| (path.display().to_string(), read_bounded(&path)));
    for (name, text) in std::iter::once((path.display().to_string(), text)).chain(more) {
        match text {
            Ok(text) => sources.push(Source::new(name, text)),
            Err(error) => problems.push(Problem::of_file(name, unreadable(&error))),
        }
    }
    if problems.is_empty() { check::check(&sources, state) } else { Err(Problems::new(problems)) }
}

/// Checks one text as if it were a file of that name; relative paths are kept as they stand.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(name: &str, text: &str) -> Result<Config, Problems> {
    check::check(&[Source::new(name.to_owned(), text.to_owned())], Path::new(""))
}

impl Config {
    /// "6 feeds, 1 recipient, mail to Maildir mail/, database state/tollwatch.db"
    pub fn summary(&self) -> String {
        let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        format!(
            "{}, {}, mail to {}, database {}",
            count(self.feeds.len(), "feed"),
            count(self.subscriptions.len(), "recipient"),
            self.outgoing.transport,
            self.general.database.display()
        )
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maildir(path) => write!(f, "Maildir {}/", path.display().to_string().trim_end_matches('/')),
            Self::Smtp(smtp) => write!(f, "{}:{}", smtp.host, smtp.port),
            Self::Sendmail(program) => write!(f, "{}", program.display()),
        }
    }
}

/// The `*.toml` files of a directory, in lexical order; none, when there is no such directory.
fn drop_ins(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

fn read_bounded(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", MAX_FILE >> 20)));
    }
    Ok(text)
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            "there is no such file; copy config/tollwatch.toml of the project there, or name another with --config"
                .to_owned()
        }
        std::io::ErrorKind::InvalidData => "this is no text in UTF-8; save it as UTF-8".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
