//! A disk that is full, and one that cannot be written, from the start or while the program runs: it stops taking in, says so,
//! and goes on by itself when the disk does.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::inside;
use crate::outlet::Outlet;
use crate::post::Post;
use crate::table::Row;
use crate::world::{self, By};

/// The words by which this program runs itself within.
pub const FULL: &str = "full-inside";
pub const READ_ONLY: &str = "read-only-inside";

/// The program tries again after a minute.
const PATIENCE: Duration = Duration::from_secs(100);

/// For so long it is watched that nobody is asked.
const WATCHED: Duration = Duration::from_secs(3);

/// A disk in memory, mounted over `$1`; the loopback of the new network is up.
const PREPARED: &str = "ip link set lo up && mount -t tmpfs -o size=6m tmpfs \"$1\"";

/// The rows, each tried beside the others, since most of their time is the program's minute of rest.
pub fn rows() -> Vec<Row> {
    let of = |fault: &'static str, word: &'static str| {
        move || {
            let folder = tempfile::tempdir().expect("there is a folder for temporary files");
            inside::run(fault, word, PREPARED, folder.path())
        }
    };
    std::thread::scope(|scope| {
        let rows = [
            scope.spawn(of("a full disk", FULL)),
            scope.spawn(of("a read-only disk, from the start", READ_ONLY)),
            scope.spawn(read_only_while_it_runs),
        ];
        rows.into_iter().map(|row| row.join().expect("it tells its faults and does not panic")).collect()
    })
}

/// A world whose database lies on the disk that is to fail, and all else elsewhere.
struct Place {
    elsewhere: tempfile::TempDir,
    database: PathBuf,
    outlet: Outlet,
    post: Arc<Post>,
    /// What the service manager is told, a status each.
    statuses: Arc<Mutex<Vec<String>>>,
}

impl Place {
    fn new(disk: &Path) -> Self {
        let elsewhere = tempfile::tempdir().expect("there is a folder for temporary files");
        let statuses = Arc::<Mutex<Vec<String>>>::default();
        let (socket, told) =
            (UnixDatagram::bind(elsewhere.path().join("notify")).expect("a socket"), Arc::clone(&statuses));
        std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(length) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let status = text.lines().filter_map(|line| line.strip_prefix("STATUS=")).map(str::to_owned);
                told.lock().expect("no thread panics with it").extend(status);
            }
        });
        let (outlet, post) = (Outlet::start(), Post::start());
        Self { elsewhere, database: disk.join("tollwatch.db"), outlet, post, statuses }
    }

    fn config(&self) -> PathBuf {
        self.elsewhere.path().join("tollwatch.toml")
    }

    fn set_up(&self) {
        let address = self.outlet.next_address();
        world::write_config(&self.config(), &self.database, &self.outlet, address, &self.post, By::Post);
    }

    fn start(&self) -> Daemon {
        self.set_up();
        Daemon::told(&self.config(), &self.elsewhere.path().join("notify"))
    }

    /// So many articles more, which the program hears of when it loads its config.
    fn news(&self, daemon: &Daemon, articles: usize) {
        (0..articles).for_each(|_| self.outlet.grow());
        self.set_up();
        daemon.signal("HUP");
    }

    /// The first status that holds this text, within the time that the program needs for a trial.
    fn status(&self, text: &str) -> Result<String, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let statuses = self.statuses.lock().expect("no thread panics with it");
            if let Some(status) = statuses.iter().find(|status| status.contains(text)) {
                return Ok(status.clone());
            }
            if Instant::now() > until {
                return Err(format!("no status says \"{text}\": {:?}", statuses.last()));
            }
            drop(statuses);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Nobody is asked while the disk is as it is.
    fn asks_nobody(&self) -> Result<(), String> {
        let before = self.outlet.asked();
        std::thread::sleep(WATCHED);
        match self.outlet.asked() - before {
            0 => Ok(()),
            asked => Err(format!("the outlet was asked {asked} times, and nothing could be kept")),
        }
    }

    /// Without the time of the next trial, and with a folder as the unit has it.
    fn in_short(&self, status: &str) -> String {
        let folder = self.database.parent().expect("it lies in a folder").display().to_string();
        status.split("; tried again").next().unwrap_or(status).replace('|', "/").replace(&folder, "/var/lib/tollwatch")
    }

    /// Waits until all is read and mailed, and makes the row.
    fn goes_on(&self, daemon: Daemon, done: String, status: &str) -> Result<Row, String> {
        let began = Instant::now();
        world::wait_for_rest(&self.database, &self.outlet, PATIENCE)?;
        let took = began.elapsed();
        let ended = daemon.end().map_err(|error| error.to_string())?;
        let tally = world::examine(&self.database, &self.outlet, &self.post);
        let mut faults = tally.faults;
        if !ended.success() {
            faults.push(format!("it ended with {ended}"));
        }
        Ok(Row {
            done,
            daemon: format!("asks nobody; STATUS: `{}`", self.in_short(status)),
            lost: format!(
                "{} of {} articles; {} changes told in {} mails, {} doubled",
                self.outlet.articles().saturating_sub(tally.articles),
                self.outlet.articles(),
                tally.changes,
                tally.mails,
                tally.doubled
            ),
            then: format!("by itself, {:.0} s after", took.as_secs_f64()),
            faults,
            ..Row::default()
        })
    }
}

/// What is done within [`inside`].
pub fn run(word: &str, disk: &Path) -> ExitCode {
    inside::begun();
    let row = match word {
        FULL => full(disk),
        _ => read_only_from_the_start(disk),
    };
    inside::tell(&row.unwrap_or_else(|fault| Row::failed("", fault)));
    ExitCode::SUCCESS
}

fn full(disk: &Path) -> Result<Row, String> {
    let place = Place::new(disk);
    place.outlet.grow();
    let daemon = world::rest(place.start(), &place.database, &place.outlet)?;
    // The last bytes too: what SQLite has in its log already it may write again.
    let ballast = disk.join("ballast");
    let mut zeros = fs::File::create(&ballast).map_err(|error| error.to_string())?;
    while std::io::Write::write_all(&mut zeros, &[0; 4_096]).is_ok() {}
    drop(zeros);
    place.news(&daemon, 3);
    let status = place.status("no room")?;
    place.asks_nobody()?;
    fs::remove_file(&ballast).map_err(|error| error.to_string())?;
    place.goes_on(daemon, "tmpfs of 6 MiB filled to the last byte while it runs; then room again".to_owned(), &status)
}

fn read_only_from_the_start(disk: &Path) -> Result<Row, String> {
    let place = Place::new(disk);
    place.outlet.grow();
    let daemon = world::rest(place.start(), &place.database, &place.outlet)?;
    daemon.end().map_err(|error| error.to_string())?;
    (0..3).for_each(|_| place.outlet.grow());
    mount(disk, "remount,ro")?;
    let daemon = place.start();
    let status = place.status("read-only")?;
    place.asks_nobody()?;
    mount(disk, "remount,rw")?;
    place.goes_on(daemon, "tmpfs mounted read-only, started; then mounted for writing".to_owned(), &status)
}

fn mount(disk: &Path, options: &str) -> Result<(), String> {
    let done = Command::new("mount").args(["-o", options]).arg(disk).status().map_err(|error| error.to_string())?;
    if done.success() { Ok(()) } else { Err(format!("mount -o {options} ended with {done}")) }
}

/// A kernel does not let a disk be mounted read-only under files that are open for writing, but makes it so by itself when
/// it meets a fault of it: every call that would write fails with EROFS. strace makes them fail so, and stop doing so.
fn read_only_while_it_runs() -> Row {
    const FAULT: &str = "a read-only disk, while it runs";
    if let Some(hindrance) = crate::power::hindrance() {
        return Row::skipped(FAULT, &hindrance);
    }
    let disk = tempfile::tempdir().expect("there is a folder for temporary files");
    match refused_by(disk.path()) {
        Ok(row) => Row { fault: FAULT.to_owned(), ..row },
        Err(fault) if fault.contains("attach") => Row::skipped(FAULT, &fault),
        Err(fault) => Row::failed(FAULT, fault),
    }
}

fn refused_by(disk: &Path) -> Result<Row, String> {
    let place = Place::new(disk);
    place.outlet.grow();
    let daemon = world::rest(place.start(), &place.database, &place.outlet)?;
    let refusal = refuse(daemon.process(), &place.database)?;
    place.news(&daemon, 3);
    let status = place.status("refuses")?;
    place.asks_nobody()?;
    relent(refusal)?;
    let done = "every write and sync of the database fails with EROFS; then they succeed".to_owned();
    place.goes_on(daemon, done, &status)
}

/// From its return on the program's calls that would write to the database fail.
fn refuse(process: u32, database: &Path) -> Result<Child, String> {
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-p", &process.to_string()]);
    for file in ["", "-wal", "-journal", ".room"] {
        command.arg("-P").arg(format!("{}{file}", database.display()));
    }
    command.args(["-e", "trace=openat,pwrite64,write,ftruncate,fdatasync,fsync"]);
    command.args(["-e", "inject=pwrite64,write,ftruncate,fdatasync,fsync:error=EROFS"]);
    let mut strace = command.stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let errors = strace.stderr.take().expect("it is piped");
    let first = std::io::BufRead::lines(std::io::BufReader::new(errors)).next();
    match first {
        Some(Ok(line)) if line.contains("attached") => Ok(strace),
        other => Err(format!("strace cannot attach here: {other:?}")),
    }
}

fn relent(mut strace: Child) -> Result<(), String> {
    // It lets go of the program when it is asked to end.
    let asked = Command::new("kill").args(["-INT", &strace.id().to_string()]).status();
    asked.and_then(|_| strace.wait()).map(drop).map_err(|error| error.to_string())
}
