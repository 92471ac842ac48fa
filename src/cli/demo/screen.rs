//! What the demo shows while it runs: a line for each thing that happens.

use tokio::sync::mpsc;

use super::super::{Done, print};
use crate::model::{Delivery, Verdict};
use crate::pipeline::{Answer, Event, Outcome};

/// Prints what happens until nobody is left to tell.
pub async fn show(mut happened: mpsc::UnboundedReceiver<Event>) -> Done {
    let mut quiet_polls = 0_u32;
    while let Some(event) = happened.recv().await {
        if matches!(&event, Event::Polled { answer: Answer::Unchanged | Answer::Items { new: 0, .. }, .. }) {
            quiet_polls += 1;
            continue;
        }
        for line in lines(&event, &mut quiet_polls) {
            print::line(line)?;
        }
    }
    Ok(())
}

fn lines(event: &Event, quiet_polls: &mut u32) -> Vec<String> {
    match event {
        Event::Polled { feed, at, answer, .. } => {
            let between = match std::mem::take(quiet_polls) {
                0 => String::new(),
                polls => format!("   (after {polls} polls with nothing new)"),
            };
            let what = match answer {
                Answer::Unchanged => "unchanged".to_owned(),
                Answer::Items { all, new, .. } => format!("{all} items, {new} new"),
                Answer::Resting { why } => format!("resting: {why}"),
                Answer::Failed { why } => format!("failed: {why}"),
                Answer::Ended { why } => format!("over: {why}"),
            };
            vec![format!("\n{}  poll     {feed}: {what}{between}", print::time(*at))]
        }
        Event::Network { .. } => Vec::new(),
        Event::Read { title, outcome, .. } => match outcome {
            Outcome::Taken(taken) => {
                let mut lines = vec![format!("{:19}article  {title}", "")];
                for claim in &taken.claims {
                    let verdict = match claim.verdict {
                        Verdict::Told => "told".to_owned(),
                        Verdict::Kept => format!("kept: {} {}", claim.status, claim.scope),
                        other => other.to_string(),
                    };
                    lines.push(format!(
                        "{:19}figure   {:<24} {:<14} {}  [{}]",
                        "",
                        print::series_name(&claim.series),
                        claim.quantity.to_string(),
                        claim.series.source.as_deref().unwrap_or("(no source named)"),
                        verdict
                    ));
                }
                lines
            }
            Outcome::Later { why, .. } => vec![format!("{:19}article  {title}: put off: {why}", "")],
            Outcome::GivenUp { why } => vec![format!("{:19}article  {title}: not read: {why}", "")],
        },
        Event::Changed { story, change, .. } => {
            vec![format!("{:19}CHANGE   {}: {}", "", story.name, print::change_line(change))]
        }
        Event::Held { story, claim } => {
            vec![format!("{:19}held     {}: {} {}", "", story.name, print::series_name(&claim.series), claim.quantity)]
        }
        Event::Mailed { recipient, subject, delivery } => {
            let what = match delivery {
                Delivery::Sent => "MAIL    ".to_owned(),
                Delivery::Later { reason } | Delivery::Unreachable { reason } | Delivery::Misconfigured { reason } => {
                    format!("mail waits ({reason})")
                }
                Delivery::Refused { reason } => format!("mail set aside ({reason})"),
            };
            vec![format!("{:19}{what} to {recipient}: {subject}", "")]
        }
    }
}
