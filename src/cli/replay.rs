//! `tollwatch replay`: articles from a file through stories and tracking, as if they came in one by one.

use clap::Args;

use super::settings::store_failure;
use super::{Done, Exit, Failure, Format, input, print};
use crate::model::{Address, Verdict};
use crate::pipeline::{self, Rules, Taken};
use crate::store::{Fetched, Store};
use crate::track;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch replay stream.jsonl
  tollwatch replay --format json stream.jsonl > told.jsonl

A line holds {\"id\", \"url\", \"outlet\", \"published\", \"title\", \"text\"}. The articles are run in the order of their \
publication, with an empty store that is forgotten afterwards.")]
pub struct Arguments {
    /// A .jsonl file, or - for standard input
    file: String,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Done {
    let mut lines = input::lines(&arguments.file, &input::bytes(&arguments.file)?)?;
    if let Some(undated) = lines.iter().find(|line| line.published.is_none()) {
        let message = format!(
            "{}: `{}` has no \"published\": a replay runs in the order of publication, so give every line its time",
            arguments.file, undated.id
        );
        return Err(Failure::say(Exit::Data, message));
    }
    lines.sort_by(|a, b| (a.published, &a.id).cmp(&(b.published, &b.id)));

    let mut store = Store::in_memory().map_err(store_failure)?;
    let rules = rules();
    let progress = print::progress(lines.len());
    let mut told = Vec::with_capacity(lines.len());
    for line in &lines {
        let article = line.article();
        let seen = article.published.expect("every line was found to be dated");
        let fetched = Fetched { at: seen, page_sha256: None };
        let incoming = pipeline::Incoming { item: None, article, fetched, baseline: false };
        told.push(pipeline::take_in(&mut store, &rules, &incoming).map_err(store_failure)?);
        progress.inc(1);
    }
    progress.finish_and_clear();

    print::out(|out| {
        for (line, taken) in lines.iter().zip(told) {
            match arguments.format {
                Format::Json => {
                    let slug = taken.story.map(|story| story.slug);
                    let observed = track::Observed { claims: taken.claims, changes: taken.changes };
                    writeln!(out, "{}", track::to_json(&line.id, slug.as_deref(), &observed))?;
                }
                Format::Text => write!(out, "{}", print::shown(&for_people(&line.id, &line.outlet, &taken)))?,
            }
        }
        Ok(())
    })
}

fn for_people(id: &str, outlet: &str, taken: &Taken) -> String {
    let story = taken.story.as_ref().map_or("no story", |story| story.name.as_str());
    let note = match taken.version {
        None => ", known already",
        Some(_) if taken.opened => ", opened",
        Some(1) => "",
        Some(_) => ", changed in place",
    };
    let mut out = format!("{id}  {outlet}  [{story}{note}]\n");
    for change in &taken.changes {
        out.push_str(&format!("    {}\n", print::change_line(change)));
    }
    for claim in taken.claims.iter().filter(|claim| claim.verdict == Verdict::Held) {
        out.push_str(&format!("    held: {}: {}\n", print::series_name(&claim.series), claim.quantity));
    }
    out
}

/// Nobody is mailed in a replay.
fn rules() -> Rules {
    Rules {
        named: Vec::new(),
        tracking: track::Settings::default(),
        subscriptions: Vec::new(),
        collect: jiff::SignedDuration::ZERO,
        from: Address { name: String::new(), email: String::new() },
        host: String::new(),
        operator: None,
        tell_of_feeds: false,
    }
}
