//! `tollwatch poll`: the feeds that are due, once, in the foreground.

use std::collections::{BTreeMap, HashSet};

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::settings::{self, Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::clock::Clock;
use crate::model::{Change, Claim, Delivery, FeedState, Quantity, Story};
use crate::pipeline::{self, Answer, Desk, Event, Outcome, Watched};
use crate::store::DueLook;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch poll
  tollwatch poll example-wire coast-daily
  tollwatch poll --format json

Polls what is due, reads what is new and looks again at what may have changed, as the daemon does, and sends what is to be mailed now. It does not start beside \
a running daemon. A feed that is not due yet is left alone: its next poll is what its interval and its server ask for.")]
pub struct Arguments {
    /// Only these feeds [default: all that are due]
    feeds: Vec<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let config = place.load()?;
    let mut feeds = settings::watched(&config)?;
    let all = feeds.clone();
    if feeds.is_empty() {
        // What waits in the outbox is sent all the same.
        print::complain(settings::NO_FEED);
    }
    if let Some(unknown) = arguments.feeds.iter().find(|name| feeds.iter().all(|feed| feed.name != **name)) {
        return Err(Failure::say(Exit::Usage, format!("there is no feed `{unknown}` in {}", place.path().display())));
    }
    if !arguments.feeds.is_empty() {
        feeds.retain(|feed| arguments.feeds.contains(&feed.name));
    }
    let (events, happened) = mpsc::unbounded_channel();
    let _alone = settings::alone(&config)?;
    let desk = settings::desk(&config, Clock::System, events)?;
    let before = place.store_to_read()?.feed_states().map_err(store_failure)?;
    let told = settings::runtime()?.block_on(async {
        desk.watch(&all).await?;
        let (told, ()) =
            tokio::try_join!(listen(happened, &feeds, arguments.format), work(desk, &feeds, config.http.parallel))?;
        Ok::<Told, anyhow::Error>(told)
    });
    let told = told.map_err(|error| Failure::new(Exit::Software, error))?;
    let told = Told { before, ..told };
    match arguments.format {
        Format::Json => print::line(told.to_json(&feeds))?,
        Format::Text => print::text(&told.for_people(&feeds))?,
    }
    let failed =
        told.polled.values().filter(|answer| matches!(answer, Answer::Failed { .. } | Answer::Ended { .. })).count();
    if failed > 0 && failed == told.polled.len() {
        return Err(Failure::say(Exit::Unavailable, "no feed could be had"));
    }
    Ok(())
}

/// Polls, reads and mails; the desk is dropped at the end, which ends the listening.
async fn work(desk: Desk, feeds: &[Watched], parallel: usize) -> anyhow::Result<()> {
    let names: HashSet<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
    let due = desk.due().await?.feeds;
    let mut polls = feeds.iter().filter(|feed| due.contains(&feed.name)).cloned();
    in_parallel(parallel, || {
        let (desk, feed) = (desk.clone(), polls.next()?);
        Some(async move { pipeline::poll(&desk, &feed).await })
    })
    .await?;
    let waiting = desk.due().await?.items;
    let mut items = waiting.into_iter().filter(|item| names.contains(item.item.feed.as_str()));
    in_parallel(parallel, || {
        let (desk, item) = (desk.clone(), items.next()?);
        let feed = feeds.iter().find(|feed| feed.name == item.item.feed).cloned();
        Some(async move { pipeline::read(&desk, item, feed.as_ref()).await })
    })
    .await?;
    let due = desk.due().await?;
    let of_these = |look: &DueLook| look.item.as_ref().is_none_or(|item| names.contains(item.feed.as_str()));
    let mut looks = due.looks.into_iter().filter(of_these);
    in_parallel(parallel, || {
        let (desk, look) = (desk.clone(), looks.next()?);
        let feed = look.item.as_ref().and_then(|item| feeds.iter().find(|feed| feed.name == item.feed)).cloned();
        Some(async move { pipeline::look_again(&desk, look, feed.as_ref()).await })
    })
    .await?;
    if due.pages {
        desk.prune_pages().await?;
    }
    pipeline::send_due(&desk).await?;
    desk.close().await
}

async fn in_parallel<F>(parallel: usize, mut next: impl FnMut() -> Option<F>) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < parallel.max(1) {
            let Some(work) = next() else { break };
            tasks.spawn(work);
        }
        match tasks.join_next().await {
            Some(ended) => ended??,
            None => return Ok(()),
        }
    }
}

/// All that happened, in the order in which it did.
#[derive(Default)]
struct Told {
    /// How the feeds stood before.
    before: Vec<FeedState>,
    polled: BTreeMap<String, Answer>,
    next: BTreeMap<String, jiff::Timestamp>,
    read: BTreeMap<String, Counts>,
    changes: Vec<(Story, Change)>,
    held: Vec<(Story, Claim)>,
    /// The articles that were not read, with the reason.
    unread: Vec<String>,
    mails: usize,
}

#[derive(Default)]
struct Counts {
    articles: usize,
    figures: usize,
    changes: usize,
    put_off: usize,
    given_up: usize,
}

async fn listen(
    mut happened: mpsc::UnboundedReceiver<Event>,
    feeds: &[Watched],
    format: Format,
) -> anyhow::Result<Told> {
    let bars = MultiProgress::new();
    if format == Format::Json {
        bars.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{msg:<9} {bar:30} {pos}/{len}")?;
    let polls = bars.add(ProgressBar::new(feeds.len() as u64).with_style(style.clone()).with_message("feeds"));
    let reads = bars.add(ProgressBar::new(0).with_style(style).with_message("articles"));
    let mut told = Told::default();
    while let Some(event) = happened.recv().await {
        match event {
            Event::Polled { feed, answer, next, .. } => {
                polls.inc(1);
                if let Answer::Items { new, .. } = answer {
                    reads.inc_length(new as u64);
                }
                told.next.insert(feed.clone(), next);
                told.polled.insert(feed, answer);
            }
            Event::Read { feed, title, outcome, .. } => {
                reads.inc(1);
                let counts = told.read.entry(feed).or_default();
                match outcome {
                    Outcome::Taken(taken) => {
                        counts.articles += 1;
                        counts.figures += taken.figures;
                        counts.changes += taken.changes.len();
                    }
                    Outcome::Later { why, then } => {
                        counts.put_off += 1;
                        told.unread.push(format!("{title}: {why}; again at {} UTC", print::time(then)));
                    }
                    Outcome::GivenUp { why } => {
                        counts.given_up += 1;
                        told.unread.push(format!("{title}: {why}"));
                    }
                }
            }
            Event::Asked { .. } | Event::Network { .. } => {}
            Event::Changed { story, change, .. } => told.changes.push((*story, *change)),
            Event::Held { story, claim } => told.held.push((*story, *claim)),
            Event::Mailed { delivery, .. } => told.mails += usize::from(delivery == Delivery::Sent),
        }
    }
    polls.finish_and_clear();
    reads.finish_and_clear();
    Ok(told)
}

impl Told {
    fn for_people(&self, feeds: &[Watched]) -> String {
        let some = |n: usize, noun: &str| if n == 0 { String::new() } else { print::count(n, noun) };
        let rows: Vec<Vec<String>> = feeds
            .iter()
            .map(|feed| {
                let none = Counts::default();
                let counts = self.read.get(&feed.name).unwrap_or(&none);
                let notes = [
                    (counts.put_off > 0).then(|| format!("{} put off", counts.put_off)),
                    (counts.given_up > 0).then(|| format!("{} not to be had", counts.given_up)),
                    (counts.articles > 0 && self.is_first(&feed.name))
                        .then(|| "first poll: its past is taken in without mails".to_owned()),
                ];
                vec![
                    feed.name.clone(),
                    self.answer(&feed.name),
                    some(counts.articles, "article"),
                    some(counts.figures, "figure"),
                    some(counts.changes, "change"),
                    notes.into_iter().flatten().collect::<Vec<_>>().join(", "),
                ]
            })
            .collect();
        let mut out = print::columns(rows.iter());
        for unread in &self.unread {
            out.push_str(&format!("  not read: {}\n", print::shown(unread)));
        }
        let mut last = None;
        for (story, change) in &self.changes {
            if last != Some(story.id) {
                out.push_str(&format!("\n{}\n", print::shown(&story.name)));
                last = Some(story.id);
            }
            out.push_str(&format!("  {}\n", print::change_line(change)));
        }
        for (story, claim) in &self.held {
            out.push_str(&format!(
                "\n{}\n  held: {}: {}\n",
                print::shown(&story.name),
                print::series_name(&claim.series),
                claim.quantity
            ));
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{gap}{} sent\n", print::count(self.mails, "mail")));
        out
    }

    fn stood(&self, feed: &str) -> Option<&FeedState> {
        self.before.iter().find(|state| state.name == feed)
    }

    fn is_first(&self, feed: &str) -> bool {
        self.stood(feed).is_none_or(|state| state.last_success.is_none())
    }

    fn answer(&self, feed: &str) -> String {
        match self.polled.get(feed) {
            None => match self.stood(feed) {
                Some(state) => format!("not due before {}", print::time(state.next_check)),
                None => "not due".to_owned(),
            },
            Some(Answer::Unchanged) => "unchanged".to_owned(),
            Some(Answer::Items { all, new, .. }) => format!("{}, {new} new", print::count(*all, "item")),
            Some(Answer::Resting { why }) => {
                let until = self.next.get(feed).map_or_else(String::new, |next| print::time(*next));
                format!("resting until {until} ({why})")
            }
            Some(Answer::Failed { why }) => format!("failed: {why}"),
            Some(Answer::Ended { why }) => format!("over: {why}"),
        }
    }

    fn to_json(&self, feeds: &[Watched]) -> serde_json::Value {
        let feeds: Vec<_> = feeds
            .iter()
            .map(|feed| {
                let polled = self.polled.get(&feed.name);
                let (items, new) = match polled {
                    Some(Answer::Items { all, new, .. }) => (Some(*all), Some(*new)),
                    _ => (None, None),
                };
                let (answer, why) = match polled {
                    None => ("not-due", None),
                    Some(Answer::Unchanged) => ("unchanged", None),
                    Some(Answer::Items { .. }) => ("items", None),
                    Some(Answer::Resting { why }) => ("resting", Some(why)),
                    Some(Answer::Failed { why }) => ("failed", Some(why)),
                    Some(Answer::Ended { why }) => ("ended", Some(why)),
                };
                let counts = self.read.get(&feed.name);
                json!({
                    "feed": feed.name, "answer": answer, "why": why, "items": items, "new": new,
                    "next_poll": self.next.get(&feed.name).copied().or(self.stood(&feed.name).map(|s| s.next_check)),
                    "articles": counts.map_or(0, |c| c.articles), "figures": counts.map_or(0, |c| c.figures),
                    "changes": counts.map_or(0, |c| c.changes), "put_off": counts.map_or(0, |c| c.put_off),
                    "given_up": counts.map_or(0, |c| c.given_up),
                })
            })
            .collect();
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|(story, change)| {
                json!({
                    "story": story.name, "measure": change.series.measure, "group": change.series.group,
                    "kind": change.kind, "from": change.before.map(Quantity::told), "to": change.after.told(),
                    "source": change.series.source.as_deref().unwrap_or_default(),
                })
            })
            .collect();
        json!({ "feeds": feeds, "changes": changes, "mails": self.mails })
    }
}
