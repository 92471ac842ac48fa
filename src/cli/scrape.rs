//! `tollwatch scrape`: what is kept of a page.

use clap::Args;

use super::input::{self, Input};
use super::settings::Place;
use super::{Done, Format, print};
use crate::model::Article;
use crate::scrape;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch scrape https://www.example.org/world/article-1932
  tollwatch scrape --format json pages/*.html.gz > pages.jsonl")]
pub struct Arguments {
    /// Saved pages (.html, .html.gz) or addresses
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let input = Input::new(place);
    let mut failures = Vec::new();
    print::out(|out| {
        for (nth, file) in arguments.files.iter().enumerate() {
            match (input.page(file), arguments.format) {
                (Ok(article), Format::Json) => writeln!(out, "{}", scrape::to_json(file, &article))?,
                (Ok(article), Format::Text) => {
                    let gap = if nth > 0 { "\n" } else { "" };
                    write!(out, "{gap}{}", print::shown(&for_people(&article)))?;
                }
                (Err(failure), _) => failures.push(input::told(failure, arguments.files.len())),
            }
        }
        Ok(())
    })?;
    input::ended(failures, arguments.files.len())
}

fn for_people(article: &Article) -> String {
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "not told".to_owned(), |at| at.to_string());
    let flags: Vec<&str> = article.flags.iter().map(|flag| flag.as_str()).collect();
    let mut out = format!(
        "{}\n{}\n{} · published {} · modified {} · language {}",
        article.text.title(),
        article.url,
        article.outlet,
        time(article.published),
        time(article.modified),
        article.language.as_deref().unwrap_or("not told"),
    );
    if !flags.is_empty() {
        out.push_str(&format!(" · {}", flags.join(", ")));
    }
    let (mut start, mut entries) = (article.text.body_range().start, article.text.entries().iter().peekable());
    for paragraph in article.text.body().lines() {
        out.push_str("\n\n");
        if let Some(entry) = entries.next_if(|entry| entry.start <= start) {
            out.push_str(&format!("[{}]\n", entry.at));
        }
        out.push_str(paragraph);
        start += paragraph.len() + 1;
    }
    out.push('\n');
    out
}
