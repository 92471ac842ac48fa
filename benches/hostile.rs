//! What hostile servers cost: each of their tricks against the client and the reader of feeds as the daemon has them, in a
//! process of its own, with the time and the greatest memory that it took. The servers are on the loopback interface, in
//! another process.
//!
//! ```text
//! cargo bench --bench hostile
//! ```
//!
//! Time limits are a hundredth of the usual ones; the limits of size are the usual ones, but where a line says otherwise.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tollwatch::feeds::{self, Limits};
use tollwatch::http::{Client, Fetched, Request, Settings};
use tollwatch::model::Validators;

/// Each trick with the largest feed that is read of it, where that is not the usual.
const TRICKS: [(&str, Option<u64>); 10] = [
    ("a good feed, to compare with", None),
    ("endless body", None),
    ("one byte at a time", None),
    ("gzip bomb of 1 GiB", None),
    ("redirect loop", None),
    ("redirect inwards", None),
    ("endless headers", None),
    ("feed of a million items", None),
    ("feed of a million items", Some(32 << 20)),
    ("JSON feed of a million items", Some(32 << 20)),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve();
    }
    if let (Some(trick), Some(server)) = (after("--trick"), after("--server")) {
        let trick = trick.parse().expect("a number");
        return endure(trick, server.parse().expect("an address"));
    }
    let (mut server, address) = start_server();
    for trick in 0..TRICKS.len() {
        let own = std::env::current_exe().expect("the benchmark's own file");
        let done = Command::new(own).args(["--trick", &trick.to_string(), "--server", &address.to_string()]).status();
        assert!(done.is_ok_and(|status| status.success()), "the client did not live through it");
    }
    let _ = server.kill();
    let _ = server.wait();
}

fn endure(trick: usize, server: SocketAddr) {
    let (name, largest) = TRICKS[trick];
    let usual = Settings::default();
    let settings = Settings {
        connect_timeout: usual.connect_timeout / 100,
        idle_timeout: usual.idle_timeout / 100,
        total_timeout: usual.total_timeout / 100,
        max_feed: largest.unwrap_or(usual.max_feed),
        pause: Duration::ZERO,
        allow_private: vec!["127.0.0.1".to_owned()],
        ..usual
    };
    // A million items take their time on the way.
    let settings =
        if largest.is_some() { Settings { total_timeout: Duration::from_secs(60), ..settings } } else { settings };
    let limits = Limits { bytes: usize::try_from(settings.max_feed).expect("it fits"), ..Limits::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let client = Client::new(settings).expect("the settings are valid");
    let began = Instant::now();
    let url = format!("http://{server}/{trick}").parse().expect("an address");
    let answer = runtime.block_on(client.get(&Request::feed(url, Validators::default()), Timestamp::now()));
    let told = match answer.map(|answer| answer.fetched) {
        Ok(Fetched::Page(page)) => match feeds::parse(&page, "hostile", limits) {
            Ok(feed) => format!("{} items of {:.1} MB", feed.items.len(), page.body.len() as f64 / 1e6),
            Err(not_a_feed) => not_a_feed.to_string(),
        },
        Ok(Fetched::NotModified { .. }) => "not modified".to_owned(),
        Err(unfetched) => unfetched.to_string(),
    };
    let name = largest.map_or_else(|| name.to_owned(), |bytes| format!("{name}, {} MiB allowed", bytes >> 20));
    let took = began.elapsed().as_secs_f64();
    println!("{name:<46} {took:>6.2} s  at most {:>3} MiB  {told}", greatest_memory());
}

/// The greatest resident size of this process, in MiB.
fn greatest_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of its processes");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1_024
}

fn start_server() -> (Child, SocketAddr) {
    let own = std::env::current_exe().expect("the benchmark's own file");
    let mut child = Command::new(own).arg("--serve").stdout(Stdio::piped()).spawn().expect("the server starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output is piped");
    BufReader::new(out).read_line(&mut line).expect("it says where it is");
    (child, line.trim().parse().expect("an address"))
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("a bound listener has an address"));
    std::io::stdout().flush().expect("the output is read");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || {
            // Clients leave in the middle: that is what they are to do.
            let _ = play(stream);
        });
    }
}

/// Plays the trick whose number is the path.
fn play(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = [0; 4_096];
    let length = stream.read(&mut request)?;
    let head = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = head.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('/');
    let trick: usize = path.parse().unwrap_or_default();
    let plain = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let moved = |to: &str| format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    match trick {
        0 => stream.write_all(format!("{plain}<rss version=\"2.0\"><channel>{}</channel></rss>", item(0)).as_bytes()),
        1 => {
            stream.write_all(format!("{plain}<rss version=\"2.0\"><channel>").as_bytes())?;
            let piece = item(1).repeat(1_000);
            loop {
                stream.write_all(piece.as_bytes())?;
            }
        }
        2 => {
            stream.write_all(plain.as_bytes())?;
            loop {
                stream.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        3 => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n")?;
            let mut bomb = GzEncoder::new(&mut stream, Compression::fast());
            let zeros = vec![0; 1 << 20];
            for _ in 0..1_024 {
                bomb.write_all(&zeros)?;
            }
            bomb.finish().map(drop)
        }
        4 => stream.write_all(moved("/4").as_bytes()),
        5 => stream.write_all(moved("http://169.254.169.254/latest/meta-data/").as_bytes()),
        6 => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all("a: b\r\n".repeat(1_000).as_bytes())?;
            }
        }
        _ => {
            stream.write_all(plain.as_bytes())?;
            let is_json = trick + 1 == TRICKS.len();
            let (begin, end) = if is_json {
                ("{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"\",\"items\":[", "{}]}")
            } else {
                ("<rss version=\"2.0\"><channel>", "</channel></rss>")
            };
            let mut out = std::io::BufWriter::new(&mut stream);
            out.write_all(begin.as_bytes())?;
            for n in 0..1_000_000 {
                if is_json {
                    write!(out, "{{\"id\":\"{n}\",\"title\":\"{n}\"}},")?;
                } else {
                    out.write_all(item(n).as_bytes())?;
                }
            }
            out.write_all(end.as_bytes())
        }
    }
}

/// The smallest item there is with a title: 29 bytes and its number.
fn item(n: usize) -> String {
    format!("<item><title>{n:x}</title></item>")
}
