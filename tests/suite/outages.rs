//! Many hosts out of reach at once, as when a name server hangs: those that can be reached must not suffer for it.

use jiff::{SignedDuration, Timestamp};
use tollwatch::pipeline::{Answer as Polling, Event, Rhythm};

use crate::server::Answer;
use crate::watch::{Watch, clock, press, rss, time};

/// A hundred feeds that are out of reach look like an outage of our own network, in which one feed is tried now and then.
/// If that were the longest overdue, it would be one of the hundred each time.
#[tokio::test]
async fn feeds_that_answer_are_polled_in_time_beside_many_that_do_not() {
    let clock = clock();
    let server = press(|address| match address.starts_with("coast") {
        true => Some(rss("coast.example", &[])),
        // What a proxy says reads as if our own way out were closed, and needs no waiting.
        false => Some(Answer::status(407)),
    });
    let names: Vec<String> = (0..100).map(|nth| format!("silent{nth}")).chain(["coast".to_owned()]).collect();
    let hosts: Vec<String> = names.iter().map(|name| format!("{name}.example")).collect();
    let feeds: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(hosts.iter().map(String::as_str)).collect();
    let mut watch = Watch::new(&clock, &server, &feeds);
    watch.parallel = 8;
    watch.feeds.iter_mut().for_each(|feed| feed.rhythm = Rhythm::Fixed(SignedDuration::from_mins(15)));
    watch.rules.tell_of_feeds = false;
    let happened = watch.until("2025-03-10T18:00:00Z").await;
    let answered: Vec<Timestamp> = happened
        .iter()
        .filter_map(|event| match event {
            Event::Polled { feed, at, answer: Polling::Items { .. } | Polling::Unchanged, .. } if feed == "coast" => {
                Some(*at)
            }
            _ => None,
        })
        .collect();
    // Each quarter of an hour, give or take the jitter and the time until the next trial.
    let times = [&[time(crate::watch::BEGIN)], answered.as_slice(), &[time("2025-03-10T18:00:00Z")]].concat();
    let longest = times.windows(2).map(|two| two[1].duration_since(two[0])).max().unwrap();
    assert!(longest < SignedDuration::from_mins(18), "{longest:#}, at {answered:?}");
}
