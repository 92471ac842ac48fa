//! `tollwatch replay`: articles from a file through stories and tracking, as if they came in one by one.

use clap::Args;

use super::labelled::Labels;
use super::settings::store_failure;
use super::{Done, Exit, Failure, Format, input, print};
use crate::model::{Reading, Verdict};
use crate::pipeline::{self, Memory, Rules, Taken};
use crate::store::{Fetched, Store};
use crate::track;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch replay stream.jsonl
  tollwatch replay --format json stream.jsonl > told.jsonl
  tollwatch replay --format json --figures labels.jsonl stream.jsonl > told.jsonl

A line holds {\"id\", \"url\", \"outlet\", \"published\", \"title\", \"text\"}. The articles are run in the order of their \
publication, with an empty store that is forgotten afterwards. With --figures the figures of each article are taken from labelled files instead of being read, which \
measures the tracking by itself; a line holds {\"id\", \"figures\"}.")]
pub struct Arguments {
    /// A .jsonl file, or - for standard input
    file: String,

    /// Take the figures from this .jsonl file of labels instead of reading them; may be given several times
    #[arg(long, value_name = "FILE")]
    figures: Vec<String>,

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

    let labels = if arguments.figures.is_empty() { None } else { Some(Labels::read(&arguments.figures)?) };

    let mut store = Store::in_memory().map_err(store_failure)?;
    let mut memory = Memory::default();
    let rules = Rules::default();
    let progress = print::progress(lines.len());
    let mut told = Vec::with_capacity(lines.len());
    for line in &lines {
        let article = line.article();
        let seen = article.published.expect("every line was found to be dated");
        let fetched = Fetched { at: seen, page_sha256: None };
        let incoming = pipeline::Incoming { item: None, article, fetched, page: None, baseline: false };
        let taken = match &labels {
            None => pipeline::take_in(&mut store, &mut memory, &rules, &incoming),
            Some(labels) => {
                let figures = labels.figures(&line.id, incoming.article.text.as_str()).ok_or_else(|| {
                    let message = format!(
                        "no labels for `{}`, which is in {}: name the file that has them with another --figures",
                        line.id, arguments.file
                    );
                    Failure::say(Exit::Data, message)
                })?;
                // What a person has read is taken as it is: nothing is worked out.
                let reading = Reading { figures, ..Reading::default() };
                pipeline::take_in_as_read(&mut store, &mut memory, &rules, &incoming, &reading)
            }
        };
        told.push(taken.map_err(store_failure)?);
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
