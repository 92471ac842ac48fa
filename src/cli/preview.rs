//! `tollwatch mail preview`: the mails that would go, without sending any.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, print};
use crate::clock::Clock;
use crate::mail;
use crate::model::Email;
use crate::pipeline::{self, Sample};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch mail preview
  tollwatch mail preview --to desk@example.org
  tollwatch mail preview --story 12 --format html --out mails")]
pub struct Arguments {
    /// The mail about the last changes of this story, though it may have gone, by number or name
    #[arg(long)]
    story: Option<String>,
    /// Only what goes to this recipient of the config
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Which part: the whole message, its HTML or its text
    #[arg(long, value_enum, default_value_t = Part::Text)]
    format: Part,
    /// Write each mail into a file in this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The whole message, as it is sent
    Eml,
    /// The HTML part
    Html,
    /// The main headers and the text part
    Text,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let config = place.load()?;
    let rules = settings::rules(&config);
    if rules.subscriptions.is_empty() {
        return Err(Failure::say(Exit::Config, "the config names no recipient: add a [[mail]] table"));
    }
    if let Some(to) = &arguments.to
        && !rules.subscriptions.iter().any(|wish| wish.recipient.email.eq_ignore_ascii_case(to))
    {
        return Err(Failure::say(Exit::NoInput, format!("the config has no [[mail]] for {to}")));
    }
    let store = place.store_to_read()?;
    let sample = match &arguments.story {
        None => Sample::Next,
        Some(name) => match store.find_story(name).map_err(store_failure)? {
            Some(story) => Sample::Story(story.id),
            None => {
                let message = format!("there is no story `{name}`; `tollwatch stories list` shows them");
                return Err(Failure::say(Exit::NoInput, message));
            }
        },
    };
    let mut emails = pipeline::preview(&store, &rules, sample, Clock::System.now()).map_err(store_failure)?;
    emails.retain(|email| arguments.to.as_ref().is_none_or(|to| email.to.email.eq_ignore_ascii_case(to)));
    if emails.is_empty() {
        return print::line(match sample {
            Sample::Next => "nothing waits to be mailed",
            Sample::Story(_) => "no recipient asks for what has changed last in this story",
        });
    }
    match &arguments.out {
        Some(directory) => write(&emails, arguments.format, directory),
        None if arguments.format != Part::Text && emails.len() > 1 => {
            let message =
                format!("these are {} mails: name a directory with --out DIR, or one recipient", emails.len());
            Err(Failure::say(Exit::Usage, message))
        }
        None => {
            let parts = emails.iter().map(|email| part(email, arguments.format)).collect::<Result<Vec<_>, _>>()?;
            print::out(|out| out.write_all(&parts.join(&b"\n----\n\n"[..])))
        }
    }
}

fn part(email: &Email, format: Part) -> Result<Vec<u8>, Failure> {
    Ok(match format {
        Part::Eml => mail::render(email).map_err(|error| Failure::new(Exit::Config, error))?,
        Part::Html => email.html.clone().into_bytes(),
        Part::Text => {
            let when = print::time(email.date);
            let head = format!("To: {}\nSubject: {}\nGoes: {when} UTC\n\n", email.to, email.subject);
            format!("{head}{}", email.text).into_bytes()
        }
    })
}

fn write(emails: &[Email], format: Part, directory: &PathBuf) -> Done {
    let cannot = |error: std::io::Error, path: &PathBuf| {
        Failure::say(Exit::CantCreate, format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(directory).map_err(|error| cannot(error, directory))?;
    let ending = match format {
        Part::Eml => "eml",
        Part::Html => "html",
        Part::Text => "txt",
    };
    for email in emails {
        let path = directory.join(format!("{}.{ending}", email.message_id));
        std::fs::write(&path, part(email, format)?).map_err(|error| cannot(error, &path))?;
        print::line(format!("{}: {}, {}", path.display(), email.to, email.subject))?;
    }
    Ok(())
}
