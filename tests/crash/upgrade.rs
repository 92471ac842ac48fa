//! Kills during the first start on an older database: in the migration, and around the rename of its backup.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::Dice;
use crate::daemon::{Daemon, GUARD};
use crate::kills::Counts;

/// Where, and whether the program stops there or goes on and is killed a little later.
const POINTS: [&str; 3] = ["before the backup's rename", "after the backup's rename", "~in migration"];

/// Upgrades a database so many times at each point.
pub fn kills(each: u64) -> Counts {
    let mut counts = Counts::default();
    let mut dice = Dice(4_711);
    for round in 0..each {
        for point in POINTS {
            let folder = tempfile::tempdir().expect("there is a folder for temporary files");
            let database = folder.path().join("tollwatch.db");
            old_database(&database);
            let config = folder.path().join("tollwatch.toml");
            let text =
                format!("[general]\ndatabase = {database:?}\n[delivery]\nmaildir = {:?}\n", folder.path().join("mail"));
            std::fs::write(&config, text).expect("the folder can be written");
            let daemon = Daemon::start(&config, Some(point));
            let reached = daemon.says("crash point:", GUARD);
            if point.starts_with('~') {
                std::thread::sleep(Duration::from_micros(dice.roll(8_000)));
            }
            daemon.kill();
            if reached {
                *counts.kills.entry(point.trim_start_matches('~')).or_default() += 1;
            } else {
                counts.missed += 1;
            }
            let again = Daemon::start(&config, None);
            if !again.says("started", GUARD) {
                counts.found.faults.push(format!("round {round}: it did not start again after a death {point}"));
            }
            let _ = again.end();
            for (what, file) in
                [("the database", database.clone()), ("its backup", folder.path().join("tollwatch.db.form-1.backup"))]
            {
                if let Err(fault) = still_there(&file) {
                    counts.found.faults.push(format!("round {round}, {point}: {what}: {fault}"));
                }
            }
        }
    }
    counts
}

/// A database of the first form with a story in it.
pub fn old_database(path: &Path) {
    let connection = Connection::open(path).expect("the folder can be written");
    for sql in [
        include_str!("../../migrations/0001_initial.sql"),
        include_str!("../cases/databases/first-form.sql"),
        "PRAGMA user_version = 1;",
    ] {
        connection.execute_batch(sql).expect("the first form is sound");
    }
}

fn still_there(path: &Path) -> Result<(), String> {
    let connection = Connection::open(path).map_err(|error| error.to_string())?;
    let words =
        |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(|error| error.to_string());
    let sound = words("PRAGMA integrity_check")?;
    let counts = words("SELECT (SELECT count(*) FROM claims) || ' ' || (SELECT count(*) FROM changes)")?;
    if (sound.as_str(), counts.as_str()) == ("ok", "1 1") {
        Ok(())
    } else {
        Err(format!("integrity: {sound}; claims and changes: {counts}, instead of 1 1"))
    }
}
