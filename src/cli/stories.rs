//! `tollwatch stories`: what a person does to stories by hand.

use clap::{Args, Subcommand};
use serde_json::json;

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::model::Story;
use crate::store::Store;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch stories list
  tollwatch stories rename 12 \"Lake Orvane ferry, March 2025\"
  tollwatch stories mute syria-coast-killings-march-2025")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the stories, the latest first
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Give a story another name; it keeps it
    Rename {
        /// Its number or short name
        story: String,
        /// The new name
        name: String,
    },
    /// Mail nothing more about a story; its counts are still kept
    Mute {
        /// Its number or short name
        story: String,
    },
    /// Mail about a story again
    Unmute {
        /// Its number or short name
        story: String,
    },
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    match &arguments.action {
        Action::List { format } => list(&place.store_to_read()?, *format),
        Action::Rename { story, name } => {
            let mut store = place.store()?;
            let found = find(&store, story)?;
            store.rename_story(found.id, name).map_err(store_failure)?;
            print::line(format!("story {} is now called {name}", found.id))
        }
        Action::Mute { story } => mute(place, story, true),
        Action::Unmute { story } => mute(place, story, false),
    }
}

fn mute(place: &Place, story: &str, muted: bool) -> Done {
    let mut store = place.store()?;
    let found = find(&store, story)?;
    store.mute_story(found.id, muted).map_err(store_failure)?;
    print::line(format!("{} is {}", found.name, if muted { "muted" } else { "told again" }))
}

/// The story that a person means.
pub fn find(store: &Store, reference: &str) -> Result<Story, Failure> {
    store.find_story(reference).map_err(store_failure)?.ok_or_else(|| {
        Failure::say(Exit::NoInput, format!("there is no story `{reference}`; `tollwatch stories list` shows them"))
    })
}

fn list(store: &Store, format: Format) -> Done {
    let stories = store.stories().map_err(store_failure)?;
    if format == Format::Json {
        return print::out(|out| {
            for story in &stories {
                let line = json!({
                    "id": story.id.0, "slug": story.slug, "name": story.name, "muted": story.muted,
                    "first": story.first, "last": story.last, "articles": story.profile.articles,
                });
                writeln!(out, "{line}")?;
            }
            Ok(())
        });
    }
    let rows: Vec<Vec<String>> = stories
        .iter()
        .map(|story| {
            vec![
                story.id.to_string(),
                story.name.clone(),
                print::time(story.first),
                print::time(story.last),
                story.profile.articles.to_string(),
                if story.muted { "muted".to_owned() } else { String::new() },
                story.slug.clone(),
            ]
        })
        .collect();
    print::out(|out| {
        out.write_all(
            print::table(&["no", "name", "first (UTC)", "last (UTC)", "articles", "", "short name"], &rows).as_bytes(),
        )
    })
}
