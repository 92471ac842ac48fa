//! This program once more, within a network and a view of the disks of its own, so that a fault may be made there without
//! anybody else meeting it. Linux lets every user do so, unless it was forbidden.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::say;
use crate::table::Row;

/// What is prepared by a shell before this program is started with a word: `$1` is what it is given.
pub fn run(fault: &str, word: &str, prepared: &str, given: &Path) -> Row {
    let script = format!("{prepared} && exec \"$2\" \"$3\" \"$1\"");
    let this = std::env::current_exe().expect("this program is a file");
    let ran = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount", "sh", "-c", &script, "sh"])
        .args([given, this.as_path(), Path::new(word)])
        .output();
    let (said, trouble) = match ran {
        Ok(ran) => (ran.stdout, String::from_utf8_lossy(&ran.stderr).trim().to_owned()),
        Err(error) => (Vec::new(), error.to_string()),
    };
    let said = String::from_utf8_lossy(&said);
    let told: BTreeMap<&str, &str> = said.lines().filter_map(|line| line.split_once('\t')).collect();
    let column = |name: &str| told.get(name).map(|text| (*text).to_owned()).unwrap_or_default();
    if !told.contains_key("begun") {
        return Row::skipped(fault, &format!("no network and mounts of its own can be had here ({trouble})"));
    }
    if !told.contains_key("done") {
        return Row::failed(fault, format!("it broke off: {trouble:.600}"));
    }
    Row {
        fault: fault.to_owned(),
        done: column("done"),
        daemon: column("daemon"),
        lost: column("lost"),
        then: column("then"),
        faults: said.lines().filter_map(|line| line.strip_prefix("fault\t")).map(str::to_owned).collect(),
    }
}

/// Says that all is prepared: from here on, to break off is a fault.
pub fn begun() {
    say("begun\t");
}

/// Says what [`run`] makes a row of.
pub fn tell(row: &Row) {
    for (name, text) in [("done", &row.done), ("daemon", &row.daemon), ("lost", &row.lost), ("then", &row.then)] {
        say(&format!("{name}\t{text}"));
    }
    row.faults.iter().for_each(|fault| say(&format!("fault\t{}", fault.replace('\n', " "))));
}
