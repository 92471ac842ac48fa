//! What mailing costs: an outbox of 100, 1,000 and 10,000 mails of 25 KB, to a hundred recipients, emptied by the daemon's
//! own steps through a mail server on the loopback interface that is a process of its own.
//!
//! ```text
//! cargo bench --bench mailing                      # all three
//! cargo bench --bench mailing -- --size 10000      # one
//! ```
//!
//! Each size is a process of its own. Memory is the greatest resident size while mails are sent; the outbox is filled by
//! another process. The order is that in which the server has taken the mails of each recipient.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tollwatch::clock::Clock;
use tollwatch::http;
use tollwatch::mail::{Mailer, Setup, Smtp, Tls};
use tollwatch::pipeline::{self, Desk, Rules};
use tollwatch::store::{NewMail, Store};

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const RECIPIENTS: usize = 100;
/// What a letter with its chart has.
const BYTES: usize = 25_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let size = || after("--size").and_then(|size| size.parse().ok());
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve();
    }
    if let Some(database) = after("--fill") {
        return fill(Path::new(&database), size().expect("how many mails"));
    }
    match size() {
        Some(size) => measure(size),
        None => SIZES.iter().for_each(|size| {
            let done = own().args(["--size", &size.to_string()]).status();
            assert!(done.is_ok_and(|status| status.success()), "the measurement ended in a fault");
        }),
    }
}

fn own() -> Command {
    Command::new(std::env::current_exe().expect("the benchmark's own file"))
}

fn measure(size: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = folder.path().join("tollwatch.db");
    let filled = own().args(["--fill", &database.display().to_string(), "--size", &size.to_string()]).status();
    assert!(filled.is_ok_and(|status| status.success()), "the outbox could not be filled");
    let (mut server, address) = start_server();

    let (events, _nobody_listens) = mpsc::unbounded_channel();
    let setup = Setup {
        host: address.ip().to_string(),
        port: address.port(),
        tls: Tls::None,
        login: None,
        hello: "tollwatch.example.org".to_owned(),
        timeout: Duration::from_secs(60),
        root_certificate: None,
    };
    let store = Store::open(&database).expect("the database is there");
    let http = http::Client::new(http::Settings::default()).expect("the settings are valid");
    let mailer = Mailer::Smtp(Box::new(Smtp::new(setup).expect("a server on this machine")));
    let desk = Desk::new(store, http, mailer, Clock::System, Rules::default(), events);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let began = Instant::now();
    let goes = runtime.expect("a runtime can be made").block_on(async {
        let mut goes = 0;
        while desk.status().await.expect("the database answers").outbox > 0 {
            pipeline::send_due(&desk).await.expect("the mails go");
            goes += 1;
        }
        goes
    });
    let took = began.elapsed().as_secs_f64();
    let memory = memory("VmHWM:");
    let (took_in, in_order, connections) = report(address);
    let _ = server.kill();
    let _ = server.wait();
    println!(
        "{size:>6} mails: {took:.2} s, {:.0} mails/s; at most {memory} MiB resident; {took_in} taken by the server over \
         {connections} connections in {goes} goes, the order of each recipient's {}",
        size as f64 / took,
        if in_order { "kept" } else { "BROKEN" }
    );
    assert!(in_order && took_in == size, "a mail is lost, doubled or out of its order");
}

fn fill(database: &Path, size: usize) {
    let mut store = Store::open(database).expect("a database can be made");
    let line = "U29tZSBsaW5lIG9mIGEgcGljdHVyZSBpbiBiYXNlNjQsIGFzIGEgY2hhcnQgaXMgc2VudC4uLi4u\r\n";
    let body = line.repeat(BYTES / line.len());
    for n in 0..size {
        let recipient = format!("reader{}@example.org", n % RECIPIENTS);
        let mail = NewMail {
            message_id: format!("m{n}@example.org"),
            sender: "tollwatch@example.org".to_owned(),
            bytes: format!("Message-ID: <m{n}@example.org>\r\nTo: {recipient}\r\n\r\n{body}").into_bytes(),
            recipient,
            subject: "Ferry".to_owned(),
            story: None,
        };
        store.compose(&[], &mail, Timestamp::UNIX_EPOCH).expect("the outbox takes it");
    }
}

/// A figure of /proc/self/status, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of its processes");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1_024
}

fn start_server() -> (Child, SocketAddr) {
    let mut child = own().arg("--serve").stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output is piped");
    BufReader::new(out).read_line(&mut line).expect("it says where it is");
    (child, line.trim().parse().expect("an address"))
}

/// What the server has taken, whether each recipient's mails came in their order, and over how many connections.
fn report(address: SocketAddr) -> (usize, bool, usize) {
    let mut stream = BufReader::new(TcpStream::connect(address).expect("the server runs"));
    stream.get_mut().write_all(b"REPORT\r\n").expect("the server listens");
    let mut line = String::new();
    // Its greeting, then the answer.
    stream.read_line(&mut line).expect("a greeting");
    line.clear();
    stream.read_line(&mut line).expect("an answer");
    let figures: Vec<usize> = line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    (figures[0], figures[1] == 1, figures[2])
}

/// A server that takes everything, one client after the other.
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("a bound listener has an address"));
    std::io::stdout().flush().expect("the output is read");
    let mut latest: HashMap<String, usize> = HashMap::new();
    let (mut taken, mut in_order, mut connections) = (0, true, 0);
    for stream in listener.incoming().flatten() {
        connections += 1;
        let mut answers = stream.try_clone().expect("a socket can be had twice");
        let mut say = |words: &str| answers.write_all(format!("{words}\r\n").as_bytes()).is_ok();
        say("220 ready");
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut to = String::new();
        while let Some(line) = lines.next() {
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => say("250 here"),
                "RCPT" => {
                    to = line;
                    say("250 ok")
                }
                "DATA" => {
                    say("354 go on");
                    let id = lines.next().unwrap_or_default();
                    let number = id.trim_start_matches("Message-ID: <m").split('@').next().map(str::parse::<usize>);
                    let Some(Ok(number)) = number else { break };
                    in_order &= latest.insert(to.clone(), number).is_none_or(|before| before < number);
                    taken += 1;
                    lines.by_ref().find(|line| line == ".");
                    say("250 taken")
                }
                "REPORT" => say(&format!("250 {taken} {} {}", usize::from(in_order), connections - 1)),
                "QUIT" => {
                    say("221 bye");
                    break;
                }
                _ => say("250 ok"),
            };
        }
    }
}
