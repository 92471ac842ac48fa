//! `tollwatch status`: how things stand.

use clap::Args;
use serde_json::json;

use super::settings::{Place, store_failure};
use super::{Done, Format, print};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch status
  tollwatch status --format json | jq .outbox")]
pub struct Arguments {
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let store = place.store_to_read()?;
    let status = store.status().map_err(store_failure)?;
    let feeds = store.feed_states().map_err(store_failure)?;
    let trouble: Vec<_> = feeds.iter().filter_map(|feed| Some((feed, feed.trouble.as_ref()?))).collect();
    if arguments.format == Format::Json {
        return print::line(json!({
            "feeds": status.feeds,
            "failing": status.failing,
            "resting": status.resting,
            "last_poll": status.last_poll,
            "items_waiting": status.items_waiting,
            "items_failed": status.items_failed,
            "articles": status.articles,
            "stories": status.stories,
            "claims": status.claims,
            "alerts_pending": status.alerts_pending,
            "outbox": status.outbox,
            "mails_sent": status.mails_sent,
            "mails_dead": status.mails_dead,
            "last_change": status.last_change.as_ref().map(|last| json!({
                "at": last.change.change.at,
                "story": last.story,
                "line": print::change_line(&last.change.change),
            })),
            "checks": status.checks.iter().map(|check| json!({
                "kind": check.kind, "at": check.at, "found": check.found,
            })).collect::<Vec<_>>(),
            "trouble": trouble.iter().map(|(feed, why)| json!({
                "feed": feed.name, "why": why, "failures": feed.failures, "next": feed.next_check,
            })).collect::<Vec<_>>(),
        }));
    }
    print::out(|out| {
        let polled = status.last_poll.map_or_else(|| "never".to_owned(), |at| format!("{} UTC", print::time(at)));
        writeln!(out, "feeds        {}, {} resting, {} failing", status.feeds, status.resting, status.failing)?;
        writeln!(out, "last poll    {polled}")?;
        writeln!(
            out,
            "articles     {}, {} waiting, {} not to be had",
            status.articles, status.items_waiting, status.items_failed
        )?;
        writeln!(out, "stories      {}, {} claims", status.stories, status.claims)?;
        writeln!(
            out,
            "mails        {} to be written, {} queued, {} sent, {} set aside",
            status.alerts_pending, status.outbox, status.mails_sent, status.mails_dead
        )?;
        if let Some(last) = &status.last_change {
            let change = &last.change.change;
            let (at, story) = (print::time(change.at), print::shown(&last.story));
            writeln!(out, "last change  {at} UTC, {story}: {}", print::change_line(change))?;
        }
        if !status.checks.is_empty() {
            let told = status.checks.iter().map(|check| {
                let found = check.found.as_deref().unwrap_or("sound");
                format!("{found} ({}, {} UTC)", check.kind, print::time(check.at))
            });
            writeln!(out, "database     {}", told.collect::<Vec<_>>().join(", "))?;
        }
        if !trouble.is_empty() {
            writeln!(out, "\nfeeds in trouble")?;
        }
        for (feed, why) in &trouble {
            let (why, next) = (print::trouble(why, feed.failures), print::time(feed.next_check));
            writeln!(out, "  {}: {why}; next poll {next} UTC", feed.name)?;
        }
        Ok(())
    })
}
