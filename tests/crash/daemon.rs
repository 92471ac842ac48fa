//! The program, run as the service manager would run it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tollwatch");

/// Nothing is waited for longer.
pub const GUARD: Duration = Duration::from_secs(60);

/// A daemon, and what it says.
pub struct Daemon {
    child: Child,
    lines: Receiver<String>,
}

impl Daemon {
    pub fn start(config: &Path, crash_at: Option<&str>) -> Self {
        let mut command = Command::new(PROGRAM);
        if let Some(point) = crash_at {
            command.env("TOLLWATCH_CRASH_AT", point);
        }
        command.args(["run", "--config"]).arg(config);
        Self::of(command)
    }

    /// A daemon that tells a service manager how it does, at this socket.
    pub fn told(config: &Path, socket: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["run", "--config"]).arg(config);
        Self::spawned(command, Some(socket))
    }

    /// A daemon that is started by this command and gets its signals.
    pub fn of(command: Command) -> Self {
        Self::spawned(command, None)
    }

    fn spawned(mut command: Command, socket: Option<&Path>) -> Self {
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "STATE_DIRECTORY"] {
            command.env_remove(name);
        }
        if let Some(socket) = socket {
            command.env("NOTIFY_SOCKET", socket);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (told, lines) = channel();
        let errors = child.stderr.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line with this text; `false` where it does not come in time or the daemon has ended.
    pub fn says(&self, text: &str, within: Duration) -> bool {
        let until = Instant::now() + within;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    pub fn kill(mut self) {
        // SIGKILL; it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits for that.
    pub fn end(mut self) -> std::io::Result<ExitStatus> {
        self.signal("TERM");
        self.child.wait()
    }

    pub fn signal(&self, name: &str) {
        let _ = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
    }
}
