//! The program as a process of its own, told from outside by its lines, its signals and its end.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// No test waits for longer than this; none needs a tenth of it.
pub const GUARD: Duration = Duration::from_secs(30);

/// A running `tollwatch`. It is killed with the value.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Process {
    /// The program, to be given arguments and an environment. What a service manager may have told to whoever runs the
    /// tests is none of its business.
    pub fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollwatch"));
        Self::alone(&mut command);
        command
    }

    /// The same, started by a shell after these commands.
    pub fn command_after(commands: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{commands}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_tollwatch")]);
        Self::alone(&mut command);
        command
    }

    fn alone(command: &mut Command) {
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "STATE_DIRECTORY"] {
            command.env_remove(name);
        }
    }

    /// Starts this command.
    pub fn from(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let (told, lines) = channel();
        listen(child.stdout.take().expect("stdout is piped"), told.clone());
        listen(child.stderr.take().expect("stderr is piped"), told);
        Self { child, lines, seen: String::new() }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line, on either output, with this text.
    pub fn wait_for(&mut self, text: &str) -> String {
        loop {
            match self.next_line() {
                Some(line) if line.contains(text) => return line,
                Some(_) => {}
                None => panic!("it ended and never said {text:?}:\n{}", self.seen),
            }
        }
    }

    /// Sends a signal, as in `HUP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status();
        assert!(sent.expect("there is a shell").success());
    }

    /// Ends it without a warning, wherever it is.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("it is ours to kill");
        while self.next_line().is_some() {}
        std::mem::take(&mut self.seen)
    }

    /// Waits for its end; returns how it ended and all that it has said.
    pub fn end(mut self) -> (ExitStatus, String) {
        while self.next_line().is_some() {}
        let status = self.child.wait().expect("it is ours to wait for");
        (status, std::mem::take(&mut self.seen))
    }

    /// Waits for an end that is a success; returns all that it has said.
    pub fn success(self) -> String {
        let (status, said) = self.end();
        assert!(status.success(), "{status}:\n{said}");
        said
    }

    /// The next line; `None` at the end.
    fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(GUARD) {
            Ok(line) => {
                let _ = writeln!(self.seen, "{line}");
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing more was heard of it:\n{}", self.seen),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(output: impl Read + Send + 'static, told: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if told.send(line).is_err() {
                break;
            }
        }
    });
}
