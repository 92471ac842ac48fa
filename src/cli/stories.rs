//! `tollwatch stories`: what a person does to stories by hand.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::model::{ArticleId, Claim, Story, StoryId};
use crate::store::Store;
use crate::track::{self, Standing, Toll};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch stories list
  tollwatch stories show 12
  tollwatch stories rename 12 \"Lake Orvane ferry, March 2025\"
  tollwatch stories merge 15 --into 12
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
    /// Show what a story is known by, what it counts now, and its articles
    Show {
        /// Its number or short name
        story: String,
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
    /// Count what two stories tell as one: they are about one event
    Merge {
        /// The number or short name of the story that goes
        story: String,
        /// The number or short name of the one that stays
        #[arg(long, value_name = "STORY")]
        into: String,
    },
    /// Make a story that was merged into another a story of its own again
    Split {
        /// The number that it had
        story: i64,
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
        Action::Show { story, format } => show(&place.store_to_read()?, story, *format),
        Action::Rename { story, name } => {
            // What people type goes into subjects of mails: one line, and something to read on it.
            let name = name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
            let name = name.collect::<Vec<_>>().join(" ");
            if name.is_empty() {
                return Err(Failure::say(Exit::Usage, "a story needs a name of at least one character"));
            }
            let mut store = place.store()?;
            let found = find(&store, story)?;
            store.rename_story(found.id, &name).map_err(store_failure)?;
            print::line(format!("story {} is now called {name}", found.id))
        }
        Action::Merge { story, into } => {
            let mut store = place.store()?;
            let (goes, stays) = (find(&store, story)?, find(&store, into)?);
            if goes.id == stays.id {
                return Err(Failure::say(Exit::Usage, format!("{story} and {into} are one story already")));
            }
            store.merge_story(goes.id, stays.id).map_err(store_failure)?;
            let (goes, stays) = (goes.id, print::shown(&stays.name));
            print::line(format!("story {goes} counts as {stays} now; `tollwatch stories split {goes}` undoes it"))
        }
        Action::Split { story } => {
            place.store()?.split_story(StoryId(*story)).map_err(store_failure)?;
            print::line(format!("story {story} is a story of its own again"))
        }
        Action::Mute { story } => mute(place, story, true),
        Action::Unmute { story } => mute(place, story, false),
    }
}

fn mute(place: &Place, story: &str, muted: bool) -> Done {
    let mut store = place.store()?;
    let found = find(&store, story)?;
    store.mute_story(found.id, muted).map_err(store_failure)?;
    print::line(format!("{} is {}", print::shown(&found.name), if muted { "muted" } else { "told again" }))
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
        return print::json_lines(stories.iter().map(|story| {
            json!({
                "id": story.id.0, "slug": story.slug, "name": story.name, "muted": story.muted,
                "first": story.first, "last": story.last, "articles": story.profile.articles,
            })
        }));
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
    print::list(
        &["no", "name", "first (UTC)", "last (UTC)", "articles", "", "short name"],
        &rows,
        "no story yet: no article with a figure has been read",
    )
}

/// The telling words of a story that are shown of each kind.
const MOST_WORDS: usize = 12;

/// An article of a story, as far as its claims tell.
struct Piece {
    published: Timestamp,
    outlet: String,
    url: Url,
    title: String,
    claims: usize,
}

fn show(store: &Store, reference: &str, format: Format) -> Done {
    let story = find(store, reference)?;
    let claims = store.claims(story.id).map_err(store_failure)?;
    let tolls = track::tolls(&claims);
    let pieces = pieces(store, &claims)?;
    let profile = &story.profile;
    let kinds = [
        ("places", &profile.places),
        ("names", &profile.names),
        ("events", &profile.events),
        ("words", &profile.terms),
    ];
    if format == Format::Json {
        let mut object = json!({
            "id": story.id.0, "slug": story.slug, "name": story.name, "configured": story.configured,
            "muted": story.muted, "first": story.first, "last": story.last, "articles": profile.articles,
        });
        for (kind, words) in kinds {
            object[kind] = json!(words);
        }
        object["tolls"] = tolls.iter().map(toll_json).collect();
        object["with_figures"] = pieces.iter().map(piece_json).collect();
        return print::line(object);
    }
    print::out(|out| {
        let muted = if story.muted { ", muted" } else { "" };
        writeln!(out, "{}", print::shown(&format!("{} (story {}, {}{muted})", story.name, story.id, story.slug)))?;
        let (articles, first) = (print::count(profile.articles as usize, "article"), print::time(story.first));
        let to = if story.last == story.first { String::new() } else { format!(" to {}", print::time(story.last)) };
        writeln!(out, "{articles}, published {first}{to} UTC")?;
        for (kind, words) in kinds.iter().filter(|(_, words)| !words.is_empty()) {
            writeln!(out, "{kind:<7} {}", print::shown(&most_frequent(words)))?;
        }
        if tolls.is_empty() {
            return writeln!(out, "\nno counts yet");
        }
        let rows: Vec<Vec<String>> = tolls.iter().map(toll_row).collect();
        let header = ["counted now", "", "by", "since (UTC)", "outlets", ""];
        write!(out, "\n{}", print::table(&header, &rows))?;
        let rows: Vec<Vec<String>> = pieces.iter().map(piece_row).collect();
        let header = ["published (UTC)", "outlet", "figures", "title", "address"];
        write!(out, "\n{}", print::table(&header, &rows))
    })
}

/// "Latakia (12), Tartous (9), and 3 more", by how many articles hold them.
fn most_frequent(words: &BTreeMap<String, u32>) -> String {
    let mut ranked: Vec<(&String, &u32)> = words.iter().collect();
    ranked.sort_by_key(|(word, articles)| (Reverse(**articles), *word));
    let shown: Vec<String> =
        ranked.iter().take(MOST_WORDS).map(|(word, articles)| format!("{word} ({articles})")).collect();
    let more = words.len().saturating_sub(MOST_WORDS);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn toll_row(toll: &Toll) -> Vec<String> {
    vec![
        print::series_name(&toll.series),
        toll.quantity.to_string(),
        toll.series.source.clone().unwrap_or_else(|| print::NO_SOURCE.to_owned()),
        print::time(toll.since),
        toll.outlets.len().to_string(),
        match toll.standing {
            Standing::Told => String::new(),
            Standing::Dissenting => "differs".to_owned(),
        },
    ]
}

fn toll_json(toll: &Toll) -> Value {
    json!({
        "measure": toll.series.measure,
        "group": toll.series.group,
        "source": toll.series.source,
        "low": toll.quantity.low(),
        "high": toll.quantity.high(),
        "bound": toll.quantity.bound(),
        "dissenting": toll.standing == Standing::Dissenting,
        "since": toll.since,
        "outlets": toll.outlets,
        "claim": toll.claim.to_string(),
    })
}

/// The articles that the claims come from, in the order of publication, each in its latest version that has any.
fn pieces(store: &Store, claims: &[Claim]) -> Result<Vec<Piece>, Failure> {
    let mut of_article: BTreeMap<ArticleId, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        of_article.entry(claim.id.article).or_default().push(claim);
    }
    let mut pieces = Vec::with_capacity(of_article.len());
    for (article, claims) in of_article {
        let Some(latest) = claims.iter().max_by_key(|claim| claim.id.version) else { continue };
        let versions = store.article_versions(article).map_err(store_failure)?;
        let version = versions.iter().find(|stored| stored.version == latest.id.version);
        pieces.push(Piece {
            published: latest.published,
            outlet: latest.outlet.clone(),
            url: latest.url.clone(),
            title: version.map_or_else(String::new, |stored| stored.article.text.title().to_owned()),
            claims: claims.iter().filter(|claim| claim.id.version == latest.id.version).count(),
        });
    }
    pieces.sort_by(|a, b| (a.published, &a.url).cmp(&(b.published, &b.url)));
    Ok(pieces)
}

fn piece_row(piece: &Piece) -> Vec<String> {
    vec![
        print::time(piece.published),
        piece.outlet.clone(),
        piece.claims.to_string(),
        piece.title.clone(),
        piece.url.to_string(),
    ]
}

fn piece_json(piece: &Piece) -> Value {
    json!({
        "published": piece.published,
        "outlet": piece.outlet,
        "url": piece.url,
        "title": piece.title,
        "figures": piece.claims,
    })
}
