//! Makes the program fail in every way but its own, starts it again on what is left, and counts what was lost, doubled or
//! damaged: nothing may be, but for a mail whose last answer from the mail server was lost.
//!
//! ```text
//! cargo test --features crash --test crash                  200 kills
//! cargo test --features crash --test crash -- 2000          the short form of the checks
//! cargo test --features crash --test crash -- 10000         the long form
//! cargo test --features crash --test crash -- faults        power, disk, clock, names; 400 states of a disk
//! cargo test --features crash --test crash -- faults 10000  the long form
//! ```

mod daemon;
mod disk;
mod hours;
mod inside;
mod judge;
mod kills;
mod names;
mod outlet;
mod post;
mod power;
mod table;
mod trace;
mod upgrade;
mod volume;
mod world;

// Of the other tests: a daemon under a clock that jumps, and what it does when the clock is set.
#[allow(dead_code, reason = "not all of it is asked for here")]
#[path = "../suite/server.rs"]
mod server;
#[allow(dead_code, reason = "not all of it is asked for here")]
#[path = "../suite/watch.rs"]
mod watch;
#[path = "../suite/clocks.rs"]
mod clocks;

use std::process::ExitCode;

use table::Row;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [names::INSIDE, _] => return names::run(),
        [word @ (volume::FULL | volume::READ_ONLY), disk] => return volume::run(word, disk.as_ref()),
        _ => {}
    }
    let number = words.iter().find_map(|word| word.parse().ok());
    if words.iter().any(|word| word == "faults") {
        return faults(number.unwrap_or(400) as usize);
    }
    kills::run(number.unwrap_or(200))
}

/// Every fault but a kill, and the table of what became of each.
fn faults(states: usize) -> ExitCode {
    // Most of the others' time is waiting.
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let others = [scope.spawn(volume::rows), scope.spawn(hours::rows), scope.spawn(|| vec![names::row()])];
        let mut rows = match power::hindrance() {
            None => power::rows(states),
            Some(hindrance) => vec![Row::skipped("power loss", &hindrance)],
        };
        for other in others {
            rows.extend(other.join().expect("it tells its faults and does not panic"));
        }
        rows
    });
    say(&table::print(&rows));
    let amiss: Vec<&String> = rows.iter().flat_map(|row| &row.faults).collect();
    if amiss.is_empty() {
        return ExitCode::SUCCESS;
    }
    say(&format!("\n{} FAULTS:", amiss.len()));
    amiss.iter().take(40).for_each(|fault| say(fault));
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "this is a program of its own")]
fn say(text: &str) {
    println!("{text}");
}

/// A number that looks random and is the same in every run (D. Lehmer's generator, modulus and factor of S. Park and
/// K. Miller, 1988).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.max(1) * 48_271 % 2_147_483_647;
        self.0 % below
    }
}
