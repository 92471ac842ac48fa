//! From a checked config to what the parts are given: the one place that knows both.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tokio::sync::mpsc;
use url::Url;

use super::{Done, Exit, Failure};
use crate::clock::Clock;
use crate::config::{self, Config, Tls, Transport};
use crate::daemon;
use crate::http;
use crate::mail::{self, Mailer};
use crate::model::Secret;
use crate::pipeline::{Desk, Event, Keep, Rhythm, Rules, Spacing, Watched};
use crate::scrape::Selectors;
use crate::store::{self, Store, StoreError};
use crate::track;

/// Where the config is looked for when the command line does not say.
const USUAL_PLACES: [&str; 2] = ["config/tollwatch.toml", "/etc/tollwatch/tollwatch.toml"];

/// What is said where a feed is wanted and the config names none.
pub const NO_FEED: &str = "the config names no feed; `tollwatch feeds add URL` adds one";

/// A program on this machine that only takes a mail over has no reason to need longer.
const SENDMAIL_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a service manager is told that a long start goes on.
const BETWEEN_WORDS: Duration = Duration::from_secs(10);

/// Threads that drive what waits, at most.
const WORKERS: usize = 4;

/// Which config file a command goes by.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    named: bool,
}

impl Place {
    /// The file that was named, else the first of the usual places that exists, else the first.
    pub fn new(named: Option<PathBuf>) -> Self {
        let usual = || USUAL_PLACES.iter().map(PathBuf::from).find(|path| path.exists());
        let is_named = named.is_some();
        Self { path: named.or_else(usual).unwrap_or_else(|| PathBuf::from(USUAL_PLACES[0])), named: is_named }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The checked config.
    pub fn load(&self) -> Result<Config, Failure> {
        config::load(&self.path).map_err(|problems| {
            let message = format!("{problems}\n{}; nothing was started", problems.count());
            Failure::say(Exit::Config, message)
        })
    }

    /// The database of the config, for reading beside a daemon that may be running.
    pub fn store_to_read(&self) -> Result<Store, Failure> {
        let database = self.load()?.general.database;
        if !database.exists() {
            let message = format!(
                "there is no database {} yet; `tollwatch run` or `tollwatch poll` makes it",
                database.display()
            );
            return Err(Failure::say(Exit::NoInput, message));
        }
        Store::open_to_read(&database).map_err(store_failure)
    }

    /// The database of the config, to be written by a person's hand.
    pub fn store(&self) -> Result<Store, Failure> {
        open_store(&self.load()?)
    }
}

/// Opens the config's database, making its folder where it is missing.
fn open_store(config: &Config) -> Result<Store, Failure> {
    make_folder(config)?;
    let mut told = Instant::now();
    let goes_on = move || {
        if told.elapsed() > BETWEEN_WORDS {
            daemon::starting("the database is checked");
            told = Instant::now();
        }
    };
    Store::open_telling(&config.general.database, goes_on).map_err(store_failure)
}

fn make_folder(config: &Config) -> Done {
    let Some(folder) = config.general.database.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| refused(folder, &error, format!("cannot make the folder {}: {error}", folder.display())))
}

/// What hinders a file from being made: a disk that is full or read-only may be so for a while, all else is told.
fn refused(path: &Path, error: &io::Error, message: String) -> Failure {
    let otherwise = || StoreError::CannotOpen { path: path.to_owned(), cause: error.to_string() };
    match StoreError::of_disk(path, error, otherwise) {
        disk if disk.may_pass() => store_failure(disk),
        _ => Failure::say(Exit::CantCreate, message),
    }
}

/// Makes this process the only one that polls and mails from the config's database, as long as the value lives: two of
/// them would send every mail twice. The commands that only look, or change a single thing, need not be alone.
pub fn alone(config: &Config) -> Result<File, Failure> {
    make_folder(config)?;
    let mut path = config.general.database.clone().into_os_string();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file = File::create(&path).map_err(|error| refused(&path, &error, format!("{}: {error}", path.display())))?;
    // Made by a person's hand, it must not lock out the daemon, which is mostly another user.
    if let Err(error) = store::own_like_neighbours(&path, &config.general.database) {
        tracing::debug!("{} stays as it is: {error}", path.display());
    }
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        let message = format!("another tollwatch polls and mails from {} just now", config.general.database.display());
        return Err(Failure::say(Exit::TempFail, message));
    }
    // A file system that knows no locks is no reason not to start.
    Ok(file)
}

/// A fault of the store as a command's failure.
pub fn store_failure(error: StoreError) -> Failure {
    let exit = match error {
        StoreError::Newer { .. } | StoreError::Older { .. } | StoreError::NoFolder(_) => Exit::Config,
        StoreError::CannotOpen { .. } | StoreError::NoSuch { .. } => Exit::NoInput,
        StoreError::NotADatabase | StoreError::Foreign | StoreError::Corrupt(_) | StoreError::DamagedBackup(_) => {
            Exit::Data
        }
        StoreError::Busy | StoreError::Full | StoreError::ReadOnly(_) | StoreError::Disk(_) => Exit::TempFail,
        StoreError::Other(_) => Exit::Software,
    };
    Failure::new(exit, error)
}

/// Puts a desk together.
pub fn desk(config: &Config, clock: Clock, events: mpsc::UnboundedSender<Event>) -> Result<Desk, Failure> {
    let store = open_store(config)?;
    Ok(Desk::new(store, client(config)?, mailer(config)?, clock, rules(config), events))
}

/// The same desk under a new config. The database stays the one that was opened at the start.
pub fn desk_under(desk: &Desk, config: &Config) -> Result<Desk, Failure> {
    Ok(desk.under(client(config)?, mailer(config)?, rules(config)))
}

/// The feeds to poll.
///
/// # Errors
/// When a password of a feed cannot be read.
pub fn watched(config: &Config) -> Result<Vec<Watched>, Failure> {
    config.feeds.iter().map(|feed| Ok(Watched { manner: manner(feed)?, ..without_secrets(config, feed) })).collect()
}

/// The feeds, to look at how they do: no password is read, and nothing can be asked with them.
pub fn looked_at(config: &Config) -> Vec<Watched> {
    config.feeds.iter().map(|feed| without_secrets(config, feed)).collect()
}

fn without_secrets(config: &Config, feed: &config::Feed) -> Watched {
    let polling = &config.polling;
    Watched {
        name: feed.name.clone(),
        url: feed.url.clone(),
        rhythm: match (feed.interval, polling.pace) {
            (Some(interval), _) => Rhythm::Fixed(signed(interval)),
            (None, None) => Rhythm::Fixed(signed(polling.interval)),
            (None, Some(bounds)) => Rhythm::Paced {
                usual: signed(polling.interval),
                shortest: signed(bounds.shortest),
                longest: signed(bounds.longest),
            },
        },
        outlet: feed.outlet.clone(),
        language: feed.language.clone(),
        spacing: Spacing {
            jitter: polling.jitter,
            longest_wait: signed(polling.longest_wait),
            host_pause: signed(host_pause(config, &feed.url)),
        },
        first_poll: polling.first_poll,
        manner: http::Manner::default(),
        keep: Keep { with: feed.with.clone(), without: feed.without.clone() },
        // What the config lets pass can be read; a test compares the two.
        selectors: Selectors::new(feed.body.as_deref(), feed.remove.as_deref()).unwrap_or_default(),
    }
}

/// The least time between two requests to the host of an address: that of the longest name it is below.
fn host_pause(config: &Config, url: &Url) -> Duration {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let is_within =
        |domain: &str| host.strip_suffix(domain).is_some_and(|above| above.is_empty() || above.ends_with('.'));
    let named = config.http.spacing_of.iter().filter(|(domain, _)| is_within(domain));
    named.max_by_key(|(domain, _)| domain.len()).map_or(config.http.host_spacing, |(_, pause)| *pause)
}

fn manner(feed: &config::Feed) -> Result<http::Manner, Failure> {
    let login = match &feed.login {
        None => None,
        Some(login) => Some((login.user.clone(), password(login)?)),
    };
    Ok(http::Manner {
        user_agent: feed.user_agent.clone(),
        headers: feed.headers.clone(),
        login,
        proxy: feed.proxy.clone(),
    })
}

fn password(login: &config::Login) -> Result<Secret, Failure> {
    login.password.read(credentials().as_deref()).map_err(|error| Failure::new(Exit::Config, error))
}

fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// The way out for addresses that a person names: the config's where there is one, else the usual settings.
pub fn client_by_hand(place: &Place) -> Result<http::Client, Failure> {
    if place.named || place.path.exists() {
        return client(&place.load()?);
    }
    http::Client::new(http::Settings::default()).map_err(|error| Failure::new(Exit::Software, error))
}

fn client(config: &Config) -> Result<http::Client, Failure> {
    let settings = http::Settings {
        contact: config.http.contact.clone(),
        connect_timeout: config.http.connect_timeout,
        idle_timeout: config.http.idle_timeout,
        total_timeout: config.http.total_timeout,
        max_feed: config.http.feed_size,
        max_page: config.http.page_size,
        pause: config.http.host_spacing,
        pauses: config
            .http
            .spacing_of
            .iter()
            .map(|(host, pause)| http::Pause { host: host.clone(), pause: *pause })
            .collect(),
        by_domain: config.http.spacing_by_domain,
        max_parallel: config.http.parallel,
        proxy: config.http.proxy.clone(),
        proxies: config
            .feeds
            .iter()
            .filter_map(|feed| feed.proxy.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        allow_private: config.http.allow_private.clone(),
        obey_robots: config.http.robots,
        ..http::Settings::default()
    };
    http::Client::new(settings).map_err(|error| Failure::new(Exit::Config, error))
}

/// What the config settles about reading, tracking and telling.
pub fn rules(config: &Config) -> Rules {
    let names = config.sources.iter().flat_map(|source| {
        let aliases = source.aliases.iter().map(|alias| (alias.as_str(), source.name.as_str()));
        aliases.chain([(source.name.as_str(), source.name.as_str())])
    });
    let aliases = track::Aliases::built_in().with(names);
    Rules {
        named: config.stories.clone(),
        tracking: track::Settings { least_confidence: config.general.least_confidence, aliases },
        subscriptions: config.subscriptions.clone(),
        collect: signed(config.outgoing.collect),
        keep_pages: signed(config.general.keep_pages),
        look_again: config.polling.look_again.iter().copied().map(signed).collect(),
        from: config.outgoing.from.clone(),
        host: config.outgoing.host.clone(),
        operator: config.outgoing.operator.as_ref().map(|person| person.email.clone()),
        unsubscribe: config.outgoing.unsubscribe.clone(),
        tell_of_feeds: config.polling.notices,
    }
}

/// The way out for mails, with its password read from where the config says and all addresses found to be usable.
pub fn mailer(config: &Config) -> Result<Mailer, Failure> {
    let recipients = config.subscriptions.iter().map(|wish| &wish.recipient.email);
    for address in recipients.chain([&config.outgoing.from.email]) {
        mail::check_address(address).map_err(|error| Failure::new(Exit::Config, error))?;
    }
    let signer = signer(config)?;
    let smtp = match &config.outgoing.transport {
        Transport::Maildir(path) => return Ok(Mailer::Maildir(mail::Maildir { path: path.clone() })),
        Transport::Sendmail(program) => {
            let timeout = config.outgoing.timeout.min(SENDMAIL_TIMEOUT);
            return Ok(Mailer::Sendmail(mail::Sendmail { program: program.clone(), timeout, signer }));
        }
        Transport::Smtp(smtp) => smtp,
    };
    let login = match &smtp.login {
        None => None,
        Some(login) => Some(mail::Login { user: login.user.clone(), password: password(login)? }),
    };
    let tls = match smtp.tls {
        Tls::None => mail::Tls::None,
        Tls::StartTls => mail::Tls::StartTls,
        Tls::Implicit => mail::Tls::Implicit,
    };
    let setup = mail::Setup {
        host: smtp.host.clone(),
        port: smtp.port,
        tls,
        login,
        hello: config.outgoing.host.clone(),
        timeout: config.outgoing.timeout,
        root_certificate: match &smtp.ca_file {
            None => None,
            Some(path) => Some(std::fs::read(path).map_err(|error| {
                Failure::say(Exit::Config, format!("cannot read the certificates in {}: {error}", path.display()))
            })?),
        },
    };
    let smtp = mail::Smtp::new(setup).map_err(|error| Failure::new(Exit::Config, error))?;
    Ok(Mailer::Smtp(Box::new(smtp.signing(signer))))
}

/// What signs the mails, with its key read from where the config says.
pub fn signer(config: &Config) -> Result<Option<mail::Signer>, Failure> {
    let Some(dkim) = &config.outgoing.dkim else { return Ok(None) };
    let key = dkim.key.read_whole(credentials().as_deref()).map_err(|error| Failure::new(Exit::Config, error))?;
    let signer = mail::Signer::new(&dkim.domain, &dkim.selector, &key);
    signer.map(Some).map_err(|error| Failure::new(Exit::Config, error))
}

/// The runtime of a command.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    // However many cores there are: the work is waiting, and the unit bounds the threads (`TasksMax=`).
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(WORKERS))
        .max_blocking_threads(daemon::BLOCKING)
        .enable_all()
        .build()
        .map_err(|error| Failure::say(Exit::Software, format!("cannot start the runtime: {error}")))
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
