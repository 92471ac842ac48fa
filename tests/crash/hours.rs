//! Clocks that are set, and clocks that change: what the tests of the daemon under a simulated clock see, as rows.

use jiff::SignedDuration;

use crate::clocks::{self, Nights, Told};
use crate::table::Row;

/// The rows.
pub fn rows() -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("threads can be started");
    runtime.block_on(async {
        vec![
            set(
                "the clock goes back by a day, while it runs",
                &clocks::set_back().await,
                (5, 24),
                "set with an answer that brings news",
            ),
            set("… while it does not run", &clocks::set_back_while_away().await, (5, 24), "set between two runs"),
            set(
                "the clock goes ahead by a day, while it runs",
                &clocks::set_ahead().await,
                (200, clocks::HOURS_AFTER_A_JUMP_AHEAD as usize),
                "set with an answer that brings news",
            ),
            changed("summer time begins", &clocks::spring().await, "02:30 does not come"),
            changed("summer time ends", &clocks::autumn().await, "02:30 comes twice"),
        ]
    })
}

fn set(fault: &str, told: &Told, (feeds, hours): (usize, usize), how: &str) -> Row {
    let mut faults = Vec::new();
    if told.gaps.0 < 59 || told.gaps.1 > 61 {
        faults.push(format!("{fault}: {} to {} minutes between two polls of a feed", told.gaps.0, told.gaps.1));
    }
    if told.polls < feeds * hours {
        faults.push(format!("{fault}: {} polls of {feeds} hourly feeds in {hours} hours", told.polls));
    }
    if told.most_a_minute > 75 {
        faults.push(format!("{fault}: {} polls in a minute", told.most_a_minute));
    }
    let in_time = told.mail_after.filter(|after| *after <= SignedDuration::from_mins(2));
    if told.mails.len() != 1 || in_time.is_none() {
        faults.push(format!("{fault}: {} mails instead of one, after {:?}", told.mails.len(), told.mail_after));
    }
    Row {
        fault: fault.to_owned(),
        done: format!("{feeds} hourly feeds, {how}; {hours} hours more"),
        daemon: format!(
            "{} polls, {} to {} minutes between two of a feed, {} a minute at most",
            told.polls, told.gaps.0, told.gaps.1, told.most_a_minute
        ),
        lost: format!("{} mail for 1 change", told.mails.len()),
        then: format!("mailed {} minutes after the news", told.mail_after.map_or(-1, |after| after.as_mins())),
        faults,
    }
}

fn changed(fault: &str, nights: &Nights, how: &str) -> Row {
    let mut once = nights.told.clone();
    once.sort_unstable();
    once.dedup();
    let is_right = nights.digests.len() == 4 && nights.told == [28, 29, 30, 31];
    Row {
        fault: fault.to_owned(),
        done: format!("a digest at 02:30 in Berlin, quiet hours until then, a change each noon: {how}"),
        daemon: format!("digests at {}", nights.digests.join(", ")),
        lost: format!(
            "{} digests tell {} changes, {} of them once",
            nights.digests.len(),
            nights.told.len(),
            once.len()
        ),
        then: "in the same hour each night".to_owned(),
        faults: if is_right { Vec::new() } else { vec![format!("{fault}: {nights:?}")] },
    }
}
