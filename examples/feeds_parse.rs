//! Prints what is read out of a feed in a file: `feeds_parse feeds parse --format json [--content-type TYPE] FILE`.

use std::process::ExitCode;

use jiff::Timestamp;
use tollwatch::feeds::{Limits, parse, to_json};
use tollwatch::model::{Page, Validators};
use url::Url;

#[allow(clippy::print_stdout, reason = "printing is what the example is for")]
fn main() -> ExitCode {
    let mut content_type = None;
    let mut file = None;
    let mut arguments = std::env::args().skip(1).skip_while(|word| word == "feeds" || word == "parse");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--format" => drop(arguments.next()),
            "--content-type" => content_type = arguments.next(),
            _ => file = Some(argument),
        }
    }
    let body = match file.map(std::fs::read) {
        Some(Ok(body)) => body,
        Some(Err(error)) => {
            println!("{}", serde_json::json!({ "error": error.to_string() }));
            return ExitCode::FAILURE;
        }
        None => return ExitCode::from(64),
    };
    let url = Url::parse("https://feed.invalid/").expect("the address is fixed and well-formed");
    let page = Page { url, fetched: Timestamp::UNIX_EPOCH, content_type, body, validators: Validators::default() };
    println!("{}", to_json(&parse(&page, "file", Limits::default())));
    ExitCode::SUCCESS
}
