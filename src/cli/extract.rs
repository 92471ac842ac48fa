//! `tollwatch extract`: the figures of articles, with where they stand and why.

use std::fmt::Write;

use clap::Args;

use super::input::{self, Given, Input};
use super::settings::Place;
use super::{Done, Exit, Failure, Format, print};
use crate::extract;
use crate::model::Article;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch extract article.txt
  tollwatch extract --why article.txt
  tollwatch extract --format json articles/*.txt > figures.jsonl
  cat stream.jsonl | tollwatch extract --format json -

A .txt file holds the title on its first line, a blank line, then the body. A .jsonl file holds an object a line with \
\"id\", \"text\" and, if there is one, \"title\". Offsets in JSON count Unicode code points.")]
pub struct Arguments {
    /// Texts, .jsonl files, saved pages, addresses, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Also tell what decided on each number: the facts that weigh most, each with its weight
    #[arg(long, conflicts_with = "format")]
    why: bool,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let input = Input::new(place);
    let all = arguments.files.len();
    let bar = print::progress_beside_output(all);
    let mut failures = Vec::new();
    let mut told = 0;
    print::out(|out| {
        for file in &arguments.files {
            let mut written = Ok(());
            let read = input.articles(file, &mut |given| {
                let reading = extract::read(&given.article);
                written = match arguments.format {
                    Format::Text => {
                        let heading = heading(&given, all, told);
                        let explained = extract::explain(&given.article, &reading);
                        let why = if arguments.why { why(&given.article) } else { String::new() };
                        write!(out, "{}", print::shown(&format!("{heading}{explained}{why}")))
                    }
                    Format::Json => writeln!(
                        out,
                        "{}",
                        extract::to_json(&given.file, given.id.as_deref(), &given.article, &reading)
                    ),
                };
                told += 1;
                if written.is_ok() { Ok(()) } else { Err(Failure::say(Exit::CantCreate, "the output has gone away")) }
            });
            written?;
            if let Err(failure) = read {
                failures.push(input::told(failure, all));
            }
            bar.inc(1);
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    input::ended(failures, all)
}

/// Which of several articles it is that follows; nothing above the only one.
fn heading(given: &Given, files: usize, told: usize) -> String {
    let gap = if told > 0 { "\n" } else { "" };
    match &given.id {
        Some(id) => format!("{gap}==> {}: {id} <==\n", given.file),
        None if files > 1 => format!("{gap}==> {} <==\n", given.file),
        None => String::new(),
    }
}

/// What decided on each number, a paragraph a number: "27: measure killed (0.97), not none: were-killed +1.20, …".
fn why(article: &Article) -> String {
    let mut out = String::new();
    for (span, decisions) in extract::decisions(article) {
        let _ = writeln!(out, "\n{}", span.of(article.text.as_str()));
        for decision in decisions {
            let rival = if decision.rival.is_empty() { String::new() } else { format!(", not {}", decision.rival) };
            let facts: Vec<String> =
                decision.facts.iter().map(|(fact, weight)| format!("{fact} {weight:+.2}")).collect();
            let facts = facts.join("  ");
            let _ = writeln!(out, "  {} {} ({:.2}){rival}\n      {facts}", decision.on, decision.answer, decision.sure);
        }
    }
    out
}
