//! `tollwatch feeds`: the list of feeds, and how a feed document is parsed.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use serde_json::json;
use url::Url;

use super::input::{self, Input};
use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;
use crate::config::{self, Config, EditError, Edited};
use crate::feeds::{self, NotAFeed};
use crate::model::{FeedState, Notice};
use crate::pipeline::{Watched, schedule};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch feeds list
  tollwatch feeds add https://www.example.org/world/rss.xml --name example-world --interval 10m
  tollwatch feeds remove example-world
  tollwatch feeds parse --format json feed.xml
  tollwatch feeds import reader.opml
  tollwatch feeds export > feeds.opml")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the feeds with how they are doing
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Add a feed to the config file; its comments stay
    ///
    /// The address is asked first: of a web page that names one feed, that feed is added. What cannot be reached is added
    /// as it is.
    Add {
        /// The feed's address, or that of a web page that names it
        url: String,
        /// A name of one word [default: made from the host]
        #[arg(long)]
        name: Option<String>,
        /// How often it is polled, as in 10m or 2h
        #[arg(long)]
        interval: Option<String>,
        /// Add the address as it is, without asking it
        #[arg(long)]
        unseen: bool,
    },
    /// Remove a feed from the config file; what it brought stays in the database
    Remove {
        /// Its name or address
        feed: String,
    },
    /// Add the feeds of an OPML file, as feed readers export it, to the config file
    Import {
        /// The file, or - for standard input
        file: String,
    },
    /// Print the feeds as OPML, for feed readers
    Export,
    /// Show what is made of a feed document
    Parse {
        /// A saved document, an address, or - for standard input
        #[arg(value_name = "FILE")]
        document: String,
        /// The Content-Type it was served with
        #[arg(long, value_name = "TYPE")]
        content_type: Option<String>,
        /// The address it was served at, for its relative links
        #[arg(long, value_name = "URL")]
        base: Option<Url>,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    match &arguments.action {
        Action::List { format } => list(place, *format),
        Action::Add { url, name, interval, unseen } => add(place, url, name.as_deref(), interval.as_deref(), *unseen),
        Action::Remove { feed } => change(place, |text| config::remove_feed(text, feed), Edit::Remove),
        Action::Import { file } => import(place, file),
        Action::Export => export(place),
        Action::Parse { document, content_type, base, format } => {
            parse(place, document, content_type.clone(), base.clone(), *format)
        }
    }
}

/// Adds a feed, or the one feed that the page at its address names.
fn add(place: &Place, url: &str, name: Option<&str>, interval: Option<&str>, unseen: bool) -> Done {
    let edit = |text: &str, url: &str| config::add_feed(text, url, name, interval);
    if unseen {
        return change(place, |text| edit(text, url), Edit::Add);
    }
    // Nobody is asked for what would be refused.
    edit(&read_config(place)?, url).map_err(|error| refusal(place, error))?;
    let url = found_at(place, url)?;
    change(place, |text| edit(text, &url), Edit::Add)
}

/// The address of the feed that an address leads to: its own where it is a feed, or cannot be asked just now.
fn found_at(place: &Place, url: &str) -> Result<String, Failure> {
    let page = match Input::new(place).feed(url) {
        Ok(page) => page,
        Err(failure) if failure.exit == Exit::Unavailable => {
            print::complain(&format!("{failure}; it is added unseen"));
            return Ok(url.to_owned());
        }
        Err(failure) => return Err(failure),
    };
    let Err(not_a_feed) = feeds::parse(&page, url, feeds::Limits::default()) else { return Ok(url.to_owned()) };
    match (not_a_feed.only_feed(), &not_a_feed) {
        (Some(named), _) => {
            print::complain(&format!("{url} is a web page; the one feed that it names is added"));
            Ok(named.to_string())
        }
        (None, NotAFeed::Html { feeds }) if !feeds.is_empty() => {
            let listed: String = feeds.iter().map(|feed| format!("\n  {feed}")).collect();
            let message = format!("{url} is a web page that names several feeds; add one of them:{listed}");
            Err(Failure::say(Exit::Data, message))
        }
        _ => Err(Failure::say(Exit::Data, format!("{url}: {not_a_feed}; --unseen adds it all the same"))),
    }
}

fn read_config(place: &Place) -> Result<String, Failure> {
    let path = place.path();
    std::fs::read_to_string(path).map_err(|error| input::unreadable(path, &error))
}

/// Edits the config file. What the daemon would load after the edit, drop-ins included, is checked before the new text
/// replaces the old one in one step.
fn change(place: &Place, edit: impl FnOnce(&str) -> Result<Edited, EditError>, what: Edit) -> Done {
    let path = place.path();
    let name = path.display();
    let text = read_config(place)?;
    let edited = edit(&text).map_err(|error| refusal(place, error))?;
    // Feeds of one name in several files count as one, so that a clash with a drop-in is no problem of the config.
    let has_it = |config: Config| config.feeds.iter().any(|feed| feed.name == edited.name);
    let before = config::load(path).is_ok_and(has_it);
    let after = config::load_edited(path, edited.text.clone()).map(has_it).map_err(|problems| {
        Failure::say(Exit::Config, format!("{problems}\n{}; {name} was not changed", problems.count()))
    })?;
    let done = match (what, before, after) {
        (Edit::Add, true, _) => {
            let message =
                format!("feed \"{}\" stands in a file of {}; choose another name", edited.name, drop_ins(path));
            return Err(Failure::say(Exit::Data, message));
        }
        (Edit::Remove, _, true) => {
            let message =
                format!("feed \"{}\" stands in a file of {} too; remove it there first", edited.name, drop_ins(path));
            return Err(Failure::say(Exit::Data, message));
        }
        (Edit::Add, ..) => "added",
        (Edit::Remove, ..) => "removed",
    };
    replace(path, &edited.text).map_err(|error| Failure::say(Exit::CantCreate, format!("{name}: {error}")))?;
    print::line(format!(
        "{done} {} ({}); a running daemon takes it over with `systemctl reload tollwatch`",
        edited.name, edited.url
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Add,
    Remove,
}

fn refusal(place: &Place, error: EditError) -> Failure {
    let path = place.path();
    let exit = match &error {
        EditError::Refused { .. } => return Failure::new(Exit::Usage, error),
        EditError::NotFound { given, .. } => {
            let elsewhere = |config: Config| config.feeds.iter().any(|feed| is_meant(given, &feed.name, &feed.url));
            if config::load(path).is_ok_and(elsewhere) {
                let message = format!("feed \"{given}\" stands in a file of {}; remove it there", drop_ins(path));
                return Failure::say(Exit::Data, message);
            }
            Exit::NoInput
        }
        EditError::Broken(_) | EditError::NoTables => Exit::Config,
        EditError::NameTaken { .. } | EditError::AddressTaken { .. } => Exit::Data,
    };
    Failure::say(exit, format!("{}: {error}", path.display()))
}

fn is_meant(given: &str, name: &str, url: &Url) -> bool {
    given == name || Url::parse(given).is_ok_and(|given| given == *url)
}

fn drop_ins(config: &Path) -> String {
    config.with_file_name("conf.d").display().to_string()
}

/// Puts a text in a file's place, so that there is the old one or the new one at any time; owner and mode stay, for the
/// daemon may run as another user than the one who edits. A link stays a link.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let before = path.metadata()?;
    let beside = path.with_extension("toml.new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(before.permissions())?;
    if (before.uid(), before.gid()) != file.metadata().map(|new| (new.uid(), new.gid()))? {
        std::os::unix::fs::fchown(&file, Some(before.uid()), Some(before.gid()))?;
    }
    file.sync_all()?;
    std::fs::rename(&beside, &path)?;
    // The text is on the disk; that it is the config is only once the folder is.
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

/// Adds the feeds of an OPML file that the config does not have yet. The config is checked before it is replaced.
fn import(place: &Place, file: &str) -> Done {
    let bytes = input::bytes(file)?;
    let not_a_list = |error| Failure::say(Exit::Data, format!("{file}: {error}; an OPML file is wanted"));
    let listed: Vec<(String, String)> =
        feeds::read_opml(&bytes).map_err(not_a_list)?.into_iter().map(|feed| (feed.title, feed.url)).collect();
    let path = place.path();
    let name = path.display();
    let text = read_config(place)?;
    let elsewhere: Vec<(String, Url)> = config::load(path)
        .map(|config| config.feeds)
        .unwrap_or_default()
        .into_iter()
        .map(|f| (f.name, f.url))
        .collect();
    let imported = config::import_feeds(&text, &listed, &elsewhere).map_err(|error| refusal(place, error))?;
    for (address, why) in &imported.refused {
        print::line(format!("not added: `{address}` {why}"))?;
    }
    if !imported.added.is_empty() {
        config::load_edited(path, imported.text.clone()).map_err(|problems| {
            Failure::say(Exit::Config, format!("{problems}\n{}; {name} was not changed", problems.count()))
        })?;
        replace(path, &imported.text).map_err(|error| Failure::say(Exit::CantCreate, format!("{name}: {error}")))?;
    }
    for (added, url) in &imported.added {
        print::line(format!("added {added} ({url})"))?;
    }
    print::line(format!(
        "{} added, {} known already, {} refused; a running daemon takes them over with `systemctl reload tollwatch`",
        print::count(imported.added.len(), "feed"),
        imported.known,
        imported.refused.len()
    ))
}

fn export(place: &Place) -> Done {
    let listed = |feed: config::Feed| feeds::Listed { title: feed.name, url: feed.url.to_string() };
    let listed: Vec<_> = place.load()?.feeds.into_iter().map(listed).collect();
    print::text(&feeds::write_opml("tollwatch", &listed))
}

fn list(place: &Place, format: Format) -> Done {
    let config = place.load()?;
    let states = if config.general.database.exists() {
        place.store_to_read()?.feed_states().map_err(store_failure)?
    } else {
        Vec::new()
    };
    let now = Clock::System.now();
    let feeds = settings::looked_at(&config);
    let states: HashMap<&str, &FeedState> = states.iter().map(|state| (state.name.as_str(), state)).collect();
    let state = |feed: &Watched| states.get(feed.name.as_str()).copied();
    let interval = |feed: &Watched| {
        let silence = state(feed).and_then(|s| s.last_new).map(|last| now.duration_since(last));
        schedule::interval(feed.rhythm, state(feed).and_then(|s| s.pace), silence)
    };
    if format == Format::Json {
        return print::json_lines(feeds.iter().map(|feed| {
            let state = state(feed);
            json!({
                "name": feed.name,
                "url": feed.url,
                "moved_to": state.and_then(|s| s.moved.as_ref()),
                "status": health(state).word(),
                "interval_seconds": interval(feed).as_secs(),
                "pace_seconds": state.and_then(|s| s.pace).map(|pace| pace.as_secs()),
                "last_poll": state.and_then(|s| s.last_poll),
                "last_success": state.and_then(|s| s.last_success),
                "last_new": state.and_then(|s| s.last_new),
                "next_poll": state.filter(|s| s.ended.is_none()).map(|s| s.next_check),
                "failures": state.map_or(0, |s| s.failures),
                "failing_since": state.and_then(|s| s.failing_since),
                "ended": state.and_then(|s| s.ended),
                "trouble": state.and_then(|s| s.trouble.clone()),
            })
        }));
    }
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), print::time);
    let next = |state: Option<&FeedState>| match state {
        Some(FeedState { ended: Some(_), .. }) => "never".to_owned(),
        Some(state) if state.next_check > now => print::time(state.next_check),
        _ => "due".to_owned(),
    };
    let rows: Vec<Vec<String>> = feeds
        .iter()
        .map(|feed| {
            let state = state(feed);
            let moved = state.and_then(|s| s.moved.as_ref()).map_or_else(String::new, |to| format!(" → {to}"));
            vec![
                feed.name.clone(),
                time(state.and_then(|s| s.last_poll)),
                time(state.and_then(|s| s.last_new)),
                next(state),
                state.and_then(|s| s.pace).map_or_else(|| "-".to_owned(), span),
                span(interval(feed)),
                health(state).to_string(),
                format!("{}{moved}", feed.url),
            ]
        })
        .collect();
    let header = ["feed", "last poll (UTC)", "last new", "next poll", "pace", "every", "health", "address"];
    print::list(&header, &rows, settings::NO_FEED)
}

/// How a feed does.
enum Health<'a> {
    New,
    Fine,
    Quiet,
    /// The server asks for rest, or our own network was down.
    Resting(&'a str),
    Failing(&'a str, u32),
    Over(&'a str),
}

fn health(state: Option<&FeedState>) -> Health<'_> {
    match state {
        Some(FeedState { ended: Some(_), trouble, .. }) => Health::Over(trouble.as_deref().unwrap_or("gone for good")),
        Some(FeedState { trouble: Some(why), failures: 0, .. }) => Health::Resting(why),
        Some(FeedState { trouble: Some(why), failures, .. }) => Health::Failing(why, *failures),
        None | Some(FeedState { last_poll: None, .. }) => Health::New,
        Some(FeedState { told: Some(Notice::Quiet), .. }) => Health::Quiet,
        Some(_) => Health::Fine,
    }
}

impl Health<'_> {
    fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Fine => "fine",
            Self::Quiet => "quiet",
            Self::Resting(_) => "resting",
            Self::Failing(..) => "failing",
            Self::Over(_) => "over",
        }
    }
}

impl fmt::Display for Health<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("not polled yet"),
            Self::Fine => f.write_str("fine"),
            Self::Quiet => f.write_str("fine, but silent against its habit"),
            Self::Resting(why) => f.write_str(&print::trouble(why, 0)),
            Self::Failing(why, failures) => f.write_str(&print::trouble(why, *failures)),
            Self::Over(why) => write!(f, "over: {why}"),
        }
    }
}

/// A span of time in its largest unit: `40 min`, `3 h`, `9 d`.
fn span(span: SignedDuration) -> String {
    match span.as_mins() {
        minutes if minutes < 120 => format!("{minutes} min"),
        minutes if minutes < 48 * 60 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / (24 * 60)),
    }
}

fn parse(place: &Place, document: &str, content_type: Option<String>, base: Option<Url>, format: Format) -> Done {
    let mut page = Input::new(place).feed(document)?;
    page.content_type = content_type.or(page.content_type);
    page.url = base.unwrap_or(page.url);
    let name = document;
    let parsed = feeds::parse(&page, name, feeds::Limits::default());
    let not_a_feed = |error| Failure::say(Exit::Data, format!("{name}: {error}"));
    if format == Format::Json {
        print::line(feeds::to_json(&parsed))?;
        return parsed.map(drop).map_err(not_a_feed);
    }
    let feed = parsed.map_err(not_a_feed)?;
    let title = if feed.title.is_empty() { "(no title)" } else { &feed.title };
    let mut out = format!("{title}: {}\n", print::count(feed.items.len(), "item"));
    for repair in &feed.repairs {
        out.push_str(&format!("repaired: {repair}\n"));
    }
    for item in &feed.items {
        let date = item.published.or(item.updated).map_or_else(|| "no date".to_owned(), print::time);
        let link = item.link.as_ref().map_or_else(|| "no link".to_owned(), feeds::link_to_print);
        out.push_str(&format!("{date:<18} {}\n{:<18} {link}\n", item.title, ""));
    }
    print::text(&print::shown(&out))
}
