//! `/metrics`: counters and gauges in Prometheus' text format 0.0.4.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use hyper::StatusCode;
use jiff::Timestamp;

use super::answer::Answer;
use super::counters::LAG_BOUNDS;
use super::{Site, feeds};
use crate::store::{Store, StoreError};

/// Fixed by Prometheus' "Exposition formats".
const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a scraper is given: the counters of this process, and what the store holds now.
pub(super) fn page(site: &Site, store: &Store, now: Timestamp) -> Result<Answer, StoreError> {
    let (counts, status, gauges) = (site.counters.counts(), store.status()?, store.gauges(now)?);
    let since = |then: Option<Timestamp>| then.map_or(0.0, |then| now.duration_since(then).as_secs_f64().max(0.0));
    let mut states: BTreeMap<&str, u64> =
        ["fine", "new", "quiet", "resting", "failing", "over"].into_iter().map(|word| (word, 0)).collect();
    for state in store.feed_states()? {
        *states.entry(feeds::word(&state)).or_default() += 1;
    }
    let mails = BTreeMap::from([
        ("to_be_written", u64::from(status.alerts_pending)),
        ("queued", u64::from(status.outbox)),
        ("sent", u64::from(status.mails_sent)),
        ("dead", u64::from(status.mails_dead)),
    ]);

    let mut out = Exposition::default();
    out.family("tollwatch_build_info", "gauge", "The version that runs.");
    out.sample("tollwatch_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    out.one("tollwatch_start_time_seconds", "gauge", "When the program was started, in Unix time.", {
        site.started.as_millisecond() as f64 / 1_000.0
    });
    out.each("tollwatch_polls_total", "counter", "Polls of feeds, by what came of them.", "outcome", &counts.polls);
    out.family("tollwatch_poll_lag_seconds", "histogram", "How much later than due feeds were polled.");
    let mut below = 0;
    for (bound, lags) in LAG_BOUNDS.iter().zip(counts.lags) {
        below += lags;
        out.sample("tollwatch_poll_lag_seconds_bucket", &[("le", &bound.to_string())], below);
    }
    let all = counts.lags.iter().sum::<u64>();
    out.sample("tollwatch_poll_lag_seconds_bucket", &[("le", "+Inf")], all);
    out.sample("tollwatch_poll_lag_seconds_sum", &[], counts.lag_sum);
    out.sample("tollwatch_poll_lag_seconds_count", &[], all);
    out.one(
        "tollwatch_poll_overdue_seconds",
        "gauge",
        "For how long the feed that has waited longest has been due; 0 where none is.",
        since(gauges.feeds_due_since),
    );
    out.each(
        "tollwatch_fetches_total",
        "counter",
        "Requests for feeds and pages: answered, or the kind of failure.",
        "outcome",
        &counts.fetches,
    );
    out.one("tollwatch_network_down", "gauge", "1 while no host can be reached.", u8::from(counts.network_down));
    out.each("tollwatch_feeds", "gauge", "Feeds of the config, by how they do.", "state", &states);
    out.one("tollwatch_items_total", "counter", "Items of feeds that were new or had changed.", counts.items);
    out.one("tollwatch_items_waiting", "gauge", "Items whose pages are still to be read.", status.items_waiting);
    out.each("tollwatch_reads_total", "counter", "Articles read, by what came of it.", "outcome", &counts.articles);
    out.one("tollwatch_figures_total", "counter", "Figures read from articles.", counts.figures);
    out.each("tollwatch_changes_total", "counter", "Counts that have moved, by kind.", "kind", &counts.changes);
    out.one("tollwatch_held_total", "counter", "Counts that were held for a second voice.", counts.held);
    out.each("tollwatch_deliveries_total", "counter", "Attempts to send a mail, by outcome.", "outcome", &counts.mails);
    out.one("tollwatch_articles", "gauge", "Articles in the database.", status.articles);
    out.one("tollwatch_stories", "gauge", "Stories in the database.", status.stories);
    out.one("tollwatch_claims", "gauge", "Counts in the database, with whose they are.", status.claims);
    out.one("tollwatch_changes", "gauge", "Changes in the database.", gauges.changes);
    out.one("tollwatch_held", "gauge", "Counts in the database that were held when they came.", gauges.held);
    out.each("tollwatch_mails", "gauge", "Mails in the database, by state.", "state", &mails);
    out.one(
        "tollwatch_outbox_age_seconds",
        "gauge",
        "For how long the oldest mail has waited; 0 where none waits.",
        since(gauges.outbox_since),
    );
    out.one("tollwatch_database_bytes", "gauge", "Size of the database, its log not counted.", gauges.bytes);
    let log = std::fs::metadata(format!("{}-wal", site.database.display())).map_or(0, |log| log.len());
    out.one("tollwatch_database_log_bytes", "gauge", "Size of the database's write-ahead log.", log);
    if let Some(resident) = resident_bytes() {
        out.one("tollwatch_resident_bytes", "gauge", "Memory of the process.", resident);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // The folder itself is open while it is counted.
        out.one("tollwatch_open_files", "gauge", "Open file handles.", open.count().saturating_sub(1));
    }
    Ok(Answer { status: StatusCode::OK, kind: KIND, body: out.0.into_bytes() })
}

/// Resident memory from `/proc/self/status`, which is there under `ProcSubset=pid` too.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// The text in the making.
#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    fn each(&mut self, name: &str, kind: &str, help: &str, label: &str, values: &BTreeMap<&str, u64>) {
        self.family(name, kind, help);
        for (word, value) in values {
            self.sample(name, &[(label, word)], value);
        }
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        // All labels are words of ours: nothing in them wants escaping.
        let labels: Vec<String> = labels.iter().map(|(label, word)| format!("{label}=\"{word}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
