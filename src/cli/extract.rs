//! `tollwatch extract`: the figures of articles, with where they stand and why.

use clap::Args;

use super::{Done, Exit, Failure, Format, input, print};
use crate::extract;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch extract article.txt
  tollwatch extract --format json articles/*.txt > figures.jsonl
  cat stream.jsonl | tollwatch extract --format json -

A .txt file holds the title on its first line, a blank line, then the body. A .jsonl file holds an object a line with
\"id\", \"text\" and, if there is one, \"title\". Offsets in JSON count Unicode code points.")]
pub struct Arguments {
    /// Texts, .jsonl files, saved pages, addresses, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Done {
    let mut trouble = None;
    print::out(|out| {
        for file in &arguments.files {
            let mut written = Ok(());
            let read = input::articles(file, &mut |given| {
                let reading = extract::read(&given.article);
                written = match arguments.format {
                    Format::Text => writeln!(out, "{}", extract::explain(&given.article, &reading)),
                    Format::Json => writeln!(
                        out,
                        "{}",
                        extract::to_json(&given.file, given.id.as_deref(), &given.article, &reading)
                    ),
                };
                if written.is_ok() { Ok(()) } else { Err(Failure::say(Exit::CantCreate, "the output has gone away")) }
            });
            written?;
            if let Err(failure) = read {
                print::complain(&failure.to_string());
                trouble = Some(failure);
            }
        }
        Ok(())
    })?;
    match trouble {
        None => Ok(()),
        Some(failure) => Err(Failure::say(failure.exit, "not everything could be read")),
    }
}
