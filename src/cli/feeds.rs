//! `tollwatch feeds`: the list of feeds, and how a feed document is parsed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use url::Url;

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;
use crate::config;
use crate::feeds;
use crate::model::{FeedState, Page, Validators};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch feeds list
  tollwatch feeds add https://www.example.org/world/rss.xml --name example-world --interval 10m
  tollwatch feeds remove example-world
  tollwatch feeds parse --format json feed.xml")]
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
    Add {
        /// The feed's address
        url: String,
        /// A name of one word [default: made from the host]
        #[arg(long)]
        name: Option<String>,
        /// How often it is polled, as in 10m or 2h
        #[arg(long)]
        interval: Option<String>,
    },
    /// Remove a feed from the config file; what it brought stays in the database
    Remove {
        /// Its name or address
        feed: String,
    },
    /// Show what is made of a feed document
    Parse {
        /// The document
        file: PathBuf,
        /// The Content-Type it was served with
        #[arg(long, value_name = "TYPE")]
        content_type: Option<String>,
        /// The address it was served at, for its relative links
        #[arg(long, default_value = "http://feed.invalid/")]
        base: Url,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    match &arguments.action {
        Action::List { format } => list(place, *format),
        Action::Add { url, name, interval } => {
            change(place, |text| config::add_feed(text, url, name.as_deref(), interval.as_deref()), "added")
        }
        Action::Remove { feed } => change(place, |text| config::remove_feed(text, feed), "removed"),
        Action::Parse { file, content_type, base, format } => parse(file, content_type.clone(), base.clone(), *format),
    }
}

/// Edits the config file. The new text is checked as a whole before it replaces the old one in one step.
fn change(place: &Place, edit: impl FnOnce(&str) -> Result<config::Edited, config::EditError>, done: &str) -> Done {
    let path = place.path();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::say(Exit::NoInput, format!("{}: {error}", path.display())))?;
    let edited = edit(&text).map_err(|error| Failure::say(Exit::Data, format!("{}: {error}", path.display())))?;
    config::parse(&path.display().to_string(), &edited.text).map_err(|problems| {
        Failure::say(Exit::Config, format!("{problems}\n{}; the file was not changed", problems.count()))
    })?;
    let beside = path.with_extension("toml.new");
    let written = std::fs::write(&beside, &edited.text)
        .and_then(|()| std::fs::set_permissions(&beside, std::fs::metadata(path)?.permissions()))
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| Failure::say(Exit::CantCreate, format!("{}: {error}", path.display())))?;
    print::line(format!(
        "{done} {} ({}); a running daemon takes it over with `systemctl reload tollwatch`",
        edited.name, edited.url
    ))
}

fn list(place: &Place, format: Format) -> Done {
    let config = place.load()?;
    let states = if config.general.database.exists() {
        place.store_to_read()?.feed_states().map_err(store_failure)?
    } else {
        Vec::new()
    };
    let now = Clock::System.now();
    let feeds = settings::watched(&config);
    let state = |name: &str| states.iter().find(|state| state.name == name);
    if format == Format::Json {
        return print::out(|out| {
            for feed in &feeds {
                let state = state(&feed.name);
                let line = json!({
                    "name": feed.name,
                    "url": feed.url,
                    "interval_seconds": feed.interval.as_secs(),
                    "last_poll": state.and_then(|s| s.last_poll),
                    "last_success": state.and_then(|s| s.last_success),
                    "last_new": state.and_then(|s| s.last_new),
                    "next_poll": state.map(|s| s.next_check),
                    "failures": state.map_or(0, |s| s.failures),
                    "trouble": state.and_then(|s| s.trouble.clone()),
                });
                writeln!(out, "{line}")?;
            }
            Ok(())
        });
    }
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), print::time);
    let rows: Vec<Vec<String>> = feeds
        .iter()
        .map(|feed| {
            let state = state(&feed.name);
            vec![
                feed.name.clone(),
                time(state.and_then(|s| s.last_poll)),
                time(state.and_then(|s| s.last_new)),
                time(state.map(|s| s.next_check).filter(|next| *next > now)),
                health(state),
                feed.url.to_string(),
            ]
        })
        .collect();
    let header = ["feed", "last poll (UTC)", "last new", "next poll", "health", "address"];
    print::out(|out| out.write_all(print::table(&header, &rows).as_bytes()))
}

fn health(state: Option<&FeedState>) -> String {
    match state {
        None => "not polled yet".to_owned(),
        Some(FeedState { trouble: Some(why), failures, .. }) => format!("{why} ({failures} in a row)"),
        Some(FeedState { last_poll: None, .. }) => "not polled yet".to_owned(),
        Some(_) => "fine".to_owned(),
    }
}

fn parse(file: &std::path::Path, content_type: Option<String>, base: Url, format: Format) -> Done {
    let name = file.display().to_string();
    let body = std::fs::read(file).map_err(|error| Failure::say(Exit::NoInput, format!("{name}: {error}")))?;
    let page = Page { url: base, fetched: Clock::System.now(), content_type, body, validators: Validators::default() };
    let parsed = feeds::parse(&page, &name, feeds::Limits::default());
    if format == Format::Json {
        return print::line(feeds::to_json(&parsed));
    }
    let feed = parsed.map_err(|error| Failure::say(Exit::Data, format!("{name}: {error}")))?;
    print::out(|out| {
        writeln!(
            out,
            "{}: {} items",
            if feed.title.is_empty() { "(no title)" } else { &feed.title },
            feed.items.len()
        )?;
        for repair in &feed.repairs {
            writeln!(out, "repaired: {repair}")?;
        }
        for item in &feed.items {
            let date = item.published.or(item.updated).map_or_else(|| "no date".to_owned(), print::time);
            let link = item.link.as_ref().map_or("no link", Url::as_str);
            writeln!(out, "{date:<18} {}\n{:<18} {link}", item.title, "")?;
        }
        Ok(())
    })
}
