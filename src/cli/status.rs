//! `tollwatch status`: how things stand.

use clap::Args;
use serde_json::json;

use super::settings::{Place, store_failure};
use super::{Done, Format, print};
use crate::store::{MailEntry, MailPause, MailState, PauseKind};

/// So many of the mails that were set aside are shown, the latest.
const MOST_SET_ASIDE: u32 = 10;

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
    let pause = store.mail_pause().map_err(store_failure)?;
    let set_aside = store.mails(MailState::Dead, MOST_SET_ASIDE).map_err(store_failure)?;
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
            "mail_pause": pause.as_ref().map(|pause| json!({
                "kind": pause.kind, "reason": pause.reason, "since": pause.since, "next": pause.until,
                "trials": pause.trials,
            })),
            "mails_set_aside": set_aside.iter().map(|mail| json!({
                "id": mail.id.0, "recipient": mail.recipient, "subject": mail.subject, "why": mail.last_reason,
                "at": mail.set_aside,
            })).collect::<Vec<_>>(),
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
        if let Some(pause) = &pause {
            writeln!(out, "{}", pause_line(pause))?;
        }
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
        if !set_aside.is_empty() {
            writeln!(out, "\nmails set aside; `tollwatch mail outbox retry NO` queues one again")?;
        }
        for mail in &set_aside {
            writeln!(out, "  {}", set_aside_line(mail))?;
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

fn pause_line(pause: &MailPause) -> String {
    let what = match pause.kind {
        PauseKind::Unreachable => "the mail server cannot be reached",
        PauseKind::Misconfigured => "the mail server refuses us as we are set up; please put that right",
    };
    let (since, next, reason) = (print::time(pause.since), print::time(pause.until), print::shown(&pause.reason));
    format!("all mails wait since {since} UTC: {what}; next trial {next} UTC\n  {reason}")
}

fn set_aside_line(mail: &MailEntry) -> String {
    let (recipient, reason) =
        (print::shown(&mail.recipient), mail.last_reason.as_deref().unwrap_or("no reason is known"));
    let at = mail.set_aside.map_or_else(String::new, |at| format!(", {} UTC", print::time(at)));
    format!("{} to {recipient}{at}: {}", mail.id.0, print::shown(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MailId;

    #[test]
    fn what_keeps_mails_back_is_told_with_its_reason() {
        let at = |text: &str| text.parse().expect("a moment");
        let pause = MailPause {
            kind: PauseKind::Misconfigured,
            reason: "mail.example.org:587: logging in: permanent error (535): 5.7.8 wrong\u{7} password".to_owned(),
            since: at("2025-03-10T06:00:00Z"),
            until: at("2025-03-10T06:15:00Z"),
            trials: 1,
        };
        let mail = MailEntry {
            id: MailId(17),
            message_id: "a@example.org".to_owned(),
            recipient: "gone@example.org".to_owned(),
            subject: "Ferry".to_owned(),
            story: None,
            state: MailState::Dead,
            attempts: 1,
            next_at: at("2025-03-10T06:00:00Z"),
            last_reason: Some("550 5.1.1 no such user".to_owned()),
            made: at("2025-03-10T06:00:00Z"),
            sent_at: None,
            set_aside: Some(at("2025-03-10T06:01:00Z")),
        };
        insta::assert_snapshot!(format!("{}\n{}", pause_line(&pause), set_aside_line(&mail)), @r"
        all mails wait since 10 Mar 2025 06:00 UTC: the mail server refuses us as we are set up; please put that right; next trial 10 Mar 2025 06:15 UTC
          mail.example.org:587: logging in: permanent error (535): 5.7.8 wrong  password
        17 to gone@example.org, 10 Mar 2025 06:01 UTC: 550 5.1.1 no such user
        ");
    }
}
