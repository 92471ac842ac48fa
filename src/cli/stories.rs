//! `tollwatch stories`: what a person does to stories by hand.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;
use crate::model::{ArticleId, Claim, Story, StoryId};
use crate::pipeline::{self, NotSplit};
use crate::store::{Store, StoreError};
use crate::track::{self, Standing, Toll};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch stories list
  tollwatch stories show 12
  tollwatch stories rename 12 \"Lake Orvane ferry, March 2025\"
  tollwatch stories merge 15 --into 12
  tollwatch stories split 15
  tollwatch stories split 12 1932 1940 --name \"Homs raid, March 2025\"
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
    /// Move articles out of a story into one of their own; without articles, undo a merger
    #[command(long_about = "\
Moves the articles that are named, with all they count, out of a story into a new one. Later articles join whichever of the \
two they are more like, or a story of the config that they fit; the articles that were moved stay where they were put. Without articles, makes a story that was \
merged into another a story of its own again.")]
    Split {
        /// The story's number or short name; without articles, the number of the story that was merged
        story: String,
        /// The articles' numbers or addresses; `tollwatch stories show` lists them
        #[arg(value_name = "ARTICLE")]
        articles: Vec<String>,
        /// What the new story is called [default: as the earliest of the articles would be]
        #[arg(long, value_name = "NAME", requires = "articles")]
        name: Option<String>,
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
            let name = one_line(name)?;
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
        Action::Split { story, articles, .. } if articles.is_empty() => undo_merger(&mut place.store()?, story),
        Action::Split { story, articles, name } => {
            let name = name.as_deref().map(one_line).transpose()?;
            split(&mut place.store()?, story, articles, name.as_deref())
        }
        Action::Mute { story } => mute(place, story, true),
        Action::Unmute { story } => mute(place, story, false),
    }
}

/// What people type goes into subjects of mails: one line, and something to read on it.
fn one_line(name: &str) -> Result<String, Failure> {
    let words = name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Failure::say(Exit::Usage, "a story needs a name of at least one character"));
    }
    Ok(name)
}

fn undo_merger(store: &mut Store, story: &str) -> Done {
    let none = || {
        let message = format!(
            "`{story}` is no number of a story that was merged; to move articles out of a story, name them: `tollwatch \
             stories show {story}` lists them"
        );
        Failure::say(Exit::Usage, message)
    };
    let number: i64 = story.parse().map_err(|_| none())?;
    match store.split_story(StoryId(number)) {
        Err(StoreError::NoSuch { what: "merged story", .. }) => Err(none()),
        other => other.map_err(store_failure),
    }?;
    print::line(format!("story {number} is a story of its own again"))
}

fn split(store: &mut Store, story: &str, articles: &[String], name: Option<&str>) -> Done {
    let story = find(store, story)?;
    let claims = store.claims(story.id).map_err(store_failure)?;
    let articles = articles.iter().map(|named| article(&claims, named, &story)).collect::<Result<Vec<_>, _>>()?;
    let new = pipeline::split(store, &story, &articles, name, Clock::System.now()).map_err(|error| match error {
        NotSplit::Store(error) => store_failure(error),
        NotSplit::NotOfStory(_) | NotSplit::NothingLeft => Failure::new(Exit::Usage, error),
    })?;
    let (moved, new, left) = (new.profile.articles as usize, new, print::shown(&story.name));
    print::line(format!(
        "{} of {left} moved to story {}, {}; `tollwatch stories merge {} --into {}` undoes it",
        print::count(moved, "article"),
        new.id,
        print::shown(&new.name),
        new.id,
        story.id
    ))
}

/// The article of a story that a person means by its number or its address.
fn article(claims: &[Claim], named: &str, story: &Story) -> Result<ArticleId, Failure> {
    let is_meant = |claim: &&Claim| named.parse() == Ok(claim.id.article.0) || claim.url.as_str() == named.trim();
    claims.iter().find(is_meant).map(|claim| claim.id.article).ok_or_else(|| {
        let message = format!(
            "there is no article `{named}` in story {}; `tollwatch stories show {}` lists its articles",
            story.id, story.id
        );
        Failure::say(Exit::NoInput, message)
    })
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
    article: ArticleId,
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
        let header = ["article", "published (UTC)", "outlet", "figures", "title", "address"];
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
            article,
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
        piece.article.0.to_string(),
        print::time(piece.published),
        piece.outlet.clone(),
        piece.claims.to_string(),
        piece.title.clone(),
        piece.url.to_string(),
    ]
}

fn piece_json(piece: &Piece) -> Value {
    json!({
        "article": piece.article.0,
        "published": piece.published,
        "outlet": piece.outlet,
        "url": piece.url,
        "title": piece.title,
        "figures": piece.claims,
    })
}
