//! Power that fails: a run of the program is written down call by call (`trace`), and from that, for any moment of it, what
//! a disk may hold that was only sure of what was synced (`disk`). Each such state is opened by the program and compared with
//! what had been acknowledged until then (`judge`); some are run on to the end.
//!
//! Offline, since one run so gives any number of states, the same ones in every try, and needs neither root nor a file system
//! of its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::daemon::{Daemon, GUARD, PROGRAM};
use crate::disk::{Deaf, Disk, Image, Kept, found_in, put};
use crate::judge::{Acknowledged, Contents, DATABASE, UNOPENED, Wire, judge};
use crate::outlet::Outlet;
use crate::post::Post;
use crate::table::Row;
use crate::trace::{self, Act};
use crate::world::{self, By};
use crate::{Dice, upgrade};

/// What is kept of that which nobody has synced, in turn.
const VARIANTS: [Kept; 5] =
    [Kept::Nothing, Kept::Pieces(4_096), Kept::Pieces(512), Kept::Pieces(4_096), Kept::Everything];

/// So many states are run on to the end.
const RUN_ON: usize = 24;

/// Why nothing can be written down here, if so.
pub fn hindrance() -> Option<String> {
    let tried = Command::new("strace").args(["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]).output();
    match tried {
        Ok(tried) if tried.status.success() => None,
        Ok(tried) => Some(format!("strace may not trace here: {}", String::from_utf8_lossy(&tried.stderr).trim())),
        Err(error) => Some(format!("strace cannot be started: {error}")),
    }
}

/// Runs, and examines about so many states.
pub fn rows(wanted: usize) -> Vec<Row> {
    let worlds = [polling, maildir, upgrading].map(|run| run());
    let mut rows = Vec::new();
    let mut states = Vec::new();
    for (world, wanted) in worlds.iter().zip([wanted * 6 / 10, wanted / 10, wanted * 3 / 10]) {
        match world {
            Ok(world) => {
                let mut found = examine(world, Deaf::No, wanted);
                let (ends, doubled) = run_on(world, &mut found);
                rows.push(row(world, &found, ends, doubled));
                states.push(found);
            }
            Err(fault) => rows.push(Row::failed("power loss", fault.clone())),
        }
    }
    if let [Ok(world), ..] = &worlds {
        for (deaf, what) in [(Deaf::Files, "file"), (Deaf::Folders, "folder")] {
            rows.push(planted(what, &examine(world, deaf, (wanted / 10).max(100))));
        }
    }
    rows
}

fn row(world: &World, found: &Found, ends: usize, doubled: u64) -> Row {
    let mut daemon = format!("opens {} of {}", found.states - found.unopened, found.states);
    let mut lost = format!("in {} states; {} commits, {} mails", found.faults.len(), found.commits, found.mails);
    if ends > 0 {
        daemon += &format!("; {ends} of them run on to the last mail");
        lost += &format!("; {doubled} mails twice, whose answer's commit was lost");
    }
    Row {
        fault: "power loss".to_owned(),
        done: format!("{}: {} states at {} writes, syncs and renames", world.what, found.states, found.points),
        daemon,
        lost,
        then: if ends > 0 { "reads and mails the rest" } else { "–" }.to_owned(),
        faults: found.faults.clone(),
    }
}

/// What is not synced is lost: if this finds nothing, the states above say nothing.
fn planted(what: &str, found: &Found) -> Row {
    let faults = match found.faults.len() {
        0 => vec![format!("syncing no {what} was not found to lose anything")],
        _ => Vec::new(),
    };
    Row {
        fault: "(planted) power loss".to_owned(),
        done: format!("a disk that syncs no {what}: {} states", found.states),
        daemon: "–".to_owned(),
        lost: format!("in {} states, as must be", found.faults.len()),
        then: "–".to_owned(),
        faults,
    }
}

/// A run that was written down.
struct World {
    what: &'static str,
    folder: tempfile::TempDir,
    by: By,
    outlet: Outlet,
    post: Arc<Post>,
    before: Image,
    acts: Vec<Act>,
}

impl World {
    fn new(what: &'static str, by: By) -> Self {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        fs::create_dir(folder.path().join("state")).expect("the folder can be written");
        let (outlet, post) = (Outlet::start(), Post::start());
        Self { what, folder, by, outlet, post, before: Image::new(), acts: Vec::new() }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn database(&self) -> PathBuf {
        self.root().join(DATABASE)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("tollwatch.toml")
    }

    fn set_up(&self) {
        let address = self.outlet.next_address();
        world::write_config(&self.config(), &self.database(), &self.outlet, address, &self.post, self.by);
    }

    /// The program, with all that it asks of the system written down.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("strace");
        // With -D the program itself is our child, and strace its grandchild.
        command.args(["-D", "-f", "-xx", "--seccomp-bpf", "-s", "16777216", "-e", trace::CALLS, "-o"]);
        command.arg(self.folder.path().join("log")).arg(PROGRAM).args(arguments);
        command.arg("--config").arg(self.config()).current_dir(self.folder.path());
        command
    }

    fn start(&self) -> Daemon {
        Daemon::of(self.command(&["run"]))
    }

    fn run(&mut self, name: &'static str, arguments: &[&str]) -> Result<(), String> {
        let mut child = self.command(arguments);
        let mut child = child.stdout(std::process::Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let process = child.id();
        let ended = child.wait().map_err(|error| error.to_string())?;
        if !ended.success() {
            return Err(format!("tollwatch {name} ended with {ended}"));
        }
        self.note(process)?;
        self.acts.push(Act::Done(name));
        Ok(())
    }

    /// Takes over what was written down of a process that has ended.
    fn note(&mut self, process: u32) -> Result<(), String> {
        let path = self.folder.path().join("log");
        let process = process.to_string();
        let is_end = |line: &str| {
            line.split_once(' ').is_some_and(|(of, call)| of == process && call.trim_start().starts_with("+++"))
        };
        let until = Instant::now() + GUARD;
        // strace writes the last line after its child is gone.
        let log = loop {
            let log = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            if log.lines().next_back().is_some_and(is_end) {
                break log;
            }
            if Instant::now() > until {
                return Err("strace did not come to an end".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.acts.extend(trace::read(&log)?);
        Ok(())
    }

    /// Runs until all is read and mailed; then it ends, or is killed.
    fn round(&mut self, is_killed: bool) -> Result<(), String> {
        self.set_up();
        let daemon = world::rest(self.start(), &self.database(), &self.outlet)?;
        let process = daemon.process();
        if is_killed {
            daemon.kill();
        } else {
            daemon.end().map_err(|error| error.to_string())?;
        }
        self.note(process)
    }

    /// What was written down explains all that is on the disk.
    fn checked(self) -> Result<Self, String> {
        let mut disk = Disk::new(&self.root(), &self.before, Deaf::No);
        for act in &self.acts {
            disk.follow(act);
        }
        let (model, found) = (disk.after_power_loss(Kept::Everything, &mut Dice(1)), found_in(&self.root()));
        let differs: Vec<&String> =
            model.keys().chain(found.keys()).filter(|path| model.get(*path) != found.get(*path)).collect();
        match differs[..] {
            [] => Ok(self),
            _ => Err(format!("what strace wrote does not explain what is in {differs:?}")),
        }
    }
}

/// From the first start on: articles are read, mails sent, the config loaded anew; the program ends or is killed.
fn polling() -> Result<World, String> {
    let mut world = World::new("poll, read, mail by SMTP, reload, end, kill", By::Post);
    world.outlet.grow();
    world.round(false)?;
    for nth in 0..6 {
        (0..3).for_each(|_| world.outlet.grow());
        world.round(nth % 2 == 0)?;
    }
    world.set_up();
    let daemon = world::rest(world.start(), &world.database(), &world.outlet)?;
    for _ in 0..2 {
        (0..2).for_each(|_| world.outlet.grow());
        world.set_up();
        daemon.signal("HUP");
        world::wait_for_rest(&world.database(), &world.outlet, GUARD)?;
    }
    let process = daemon.process();
    daemon.end().map_err(|error| error.to_string())?;
    world.note(process)?;
    world.checked()
}

fn maildir() -> Result<World, String> {
    let mut world = World::new("mail by Maildir", By::Maildir);
    world.outlet.grow();
    for nth in 0..3 {
        (0..2).for_each(|_| world.outlet.grow());
        world.round(nth == 1)?;
    }
    world.checked()
}

/// The first start on an old database; a backup, and a later one in its place; the restore of it.
fn upgrading() -> Result<World, String> {
    let mut world = World::new("upgrade, backup, restore", By::Maildir);
    upgrade::old_database(&world.database());
    fs::create_dir(world.root().join("backups")).expect("the folder can be written");
    world.before = found_in(&world.root());
    let backup = world.root().join("backups/copy.db");
    let backup = backup.to_str().expect("an ordinary name");
    world.set_up();
    let daemon = world.start();
    daemon.says("started", GUARD);
    let process = daemon.process();
    daemon.end().map_err(|error| error.to_string())?;
    world.note(process)?;
    world.run("backup", &["backup", backup])?;
    world.run("backup", &["backup", backup])?;
    world.run("restore", &["restore", backup])?;
    world.checked()
}

/// What was found in the states of a world.
#[derive(Debug, Default)]
struct Found {
    points: usize,
    states: usize,
    /// States that the program did not open.
    unopened: usize,
    commits: usize,
    mails: usize,
    faults: Vec<String>,
    /// States to be run on: each with the mails that the server has had until then.
    to_run_on: Vec<(Image, Vec<String>)>,
}

/// Goes through a run and examines so many states, spread over all of it.
fn examine(world: &World, deaf: Deaf, wanted: usize) -> Found {
    let (root, database) = (world.root(), world.database());
    let database = database.to_str().expect("an ordinary name");
    let new_disk = || Disk::new(&root, &world.before, deaf);
    let mut counting = new_disk();
    let points = world.acts.iter().filter(|act| counting.follow(act)).count();
    let mails = world.post.received().into_iter().map(|(id, copies)| (id, copies[0].bytes.clone())).collect();

    let mut found = Found { points, mails: mails_of(world), ..Found::default() };
    let mut disk = new_disk();
    let mut wire = Wire::to(world.post.port());
    let mut done = BTreeSet::new();
    let mut dice = Dice(wanted as u64 * 31 + deaf as u64 + 7);
    let mut contents = Contents::new();
    let mut synced = contents.of(&world.before);
    let mut point = 0;
    for act in &world.acts {
        let is_sync = disk.is_sync_of(act, database);
        wire.follow(act);
        if let Act::Done(name) = act {
            done.insert(*name);
        }
        if !disk.follow(act) {
            continue;
        }
        let everything = is_sync.then(|| disk.after_power_loss(Kept::Everything, &mut dice));
        if let Some(all) = &everything {
            let now = contents.of(all);
            found.commits += usize::from(now != synced);
            synced = now;
        }
        point += 1;
        let states = point * wanted / points - (point - 1) * wanted / points;
        if states == 0 {
            continue;
        }
        let all = everything.unwrap_or_else(|| disk.after_power_loss(Kept::Everything, &mut dice));
        let acknowledged = Acknowledged {
            by: world.by,
            contents: [synced, contents.of(&all)],
            wire: &wire,
            done: &done,
            mails: &mails,
        };
        for _ in 0..states {
            let kept = VARIANTS[found.states % VARIANTS.len()];
            let image = disk.after_power_loss(kept, &mut dice);
            let judged = judge(&image, &acknowledged);
            found.states += 1;
            match judged {
                Ok(articles) => {
                    let every = (wanted / RUN_ON).max(1);
                    if world.by == By::Post && articles > 0 && found.states.is_multiple_of(every) {
                        found.to_run_on.push((image, wire.kept.clone()));
                    }
                }
                Err(fault) => {
                    found.unopened += usize::from(fault.starts_with(UNOPENED));
                    found.faults.push(format!("{}, act {point}, kept {kept:?}: {fault}", world.what));
                }
            }
        }
    }
    found
}

/// How many mails there are at the end.
fn mails_of(world: &World) -> usize {
    let connection = Connection::open_with_flags(world.database(), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let number = connection.and_then(|it| it.query_row("SELECT count(*) FROM mails", [], |row| row.get::<_, i64>(0)));
    number.unwrap_or_default() as usize
}

/// Runs states on until nothing is left to do; how many, and how many mails came twice.
fn run_on(world: &World, found: &mut Found) -> (usize, u64) {
    let all = std::mem::take(&mut found.to_run_on);
    let mails = world.post.received();
    let mut doubled = 0;
    for four in all.chunks(4) {
        let ends: Vec<_> = std::thread::scope(|scope| {
            let runs: Vec<_> = four
                .iter()
                .map(|(image, kept)| {
                    let kept = kept.iter().filter_map(|id| Some((id.clone(), mails.get(id)?[0].bytes.clone())));
                    let kept = kept.collect();
                    scope.spawn(move || to_the_end(image, kept, world.outlet.articles()))
                })
                .collect();
            runs.into_iter().map(|run| run.join().expect("it tells its faults and does not panic")).collect()
        });
        for (faults, twice) in ends {
            found.faults.extend(faults);
            doubled += twice;
        }
    }
    (all.len(), doubled)
}

fn to_the_end(image: &Image, kept: Vec<(String, Vec<u8>)>, articles: u64) -> (Vec<String>, u64) {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    put(image, folder.path());
    let (database, config) = (folder.path().join(DATABASE), folder.path().join("tollwatch.toml"));
    let (outlet, post) = (Outlet::with(articles), Post::after(kept));
    // The feed at the address where it was, so that its validator is sent, and as if its time had come.
    let address: Result<String, _> = Connection::open(&database).and_then(|connection| {
        connection.execute("UPDATE feeds SET next_check = 0", [])?;
        connection.query_row("SELECT url FROM feeds", [], |row| row.get(0))
    });
    let address = address.ok().and_then(|url| url.rsplit('?').next()?.parse().ok()).unwrap_or_default();
    world::write_config(&config, &database, &outlet, address, &post, By::Post);
    if let Err(fault) = world::run_to_rest(Daemon::start(&config, None), &database, &outlet) {
        return (vec![fault], 0);
    }
    let tally = world::examine(&database, &outlet, &post);
    (tally.faults, tally.doubled)
}
