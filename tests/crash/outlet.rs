//! An outlet whose feed grows: a proxy on loopback that answers for `wire.example`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The outlet. It ends with the process.
pub struct Outlet {
    articles: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
    address: AtomicU64,
    port: u16,
}

impl Outlet {
    pub fn start() -> Self {
        Self::with(0)
    }

    /// An outlet that has published so many articles.
    pub fn with(articles: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let articles = Arc::new(AtomicU64::new(articles));
        let asked = Arc::<AtomicU64>::default();
        let (known, counted) = (Arc::clone(&articles), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let articles = Arc::clone(&known);
                // A daemon that is killed goes away in the middle.
                std::thread::spawn(move || drop(answer(&stream, &articles)));
            }
        });
        Self { articles, asked, address: AtomicU64::new(0), port }
    }

    /// Publishes one article more.
    pub fn grow(&self) {
        self.articles.fetch_add(1, Ordering::SeqCst);
    }

    pub fn articles(&self) -> u64 {
        self.articles.load(Ordering::SeqCst)
    }

    /// How often it was asked for anything.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// A number for an address at which the feed has not been before.
    pub fn next_address(&self) -> u64 {
        self.address.fetch_add(1, Ordering::SeqCst)
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

fn answer(stream: &TcpStream, articles: &AtomicU64) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut known = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("if-none-match")
        {
            known = Some(value.to_owned());
        }
    }
    let path = first.split(' ').nth(1).and_then(|target| target.rsplit('/').next()).unwrap_or_default();
    let articles = articles.load(Ordering::SeqCst);
    let (status, validator, kind, body) = match path.parse() {
        Ok(number) => ("200 OK", String::new(), "text/html; charset=utf-8", page(number)),
        // The validator is the number of articles, so that it can be held against what was kept.
        Err(_) => match format!("\"{articles}\"") {
            same if known.as_ref() == Some(&same) => ("304 Not Modified", same, "application/rss+xml", String::new()),
            other => ("200 OK", other, "application/rss+xml", feed(articles)),
        },
    };
    let validator = if validator.is_empty() { validator } else { format!("ETag: {validator}\r\n") };
    let head = format!(
        "HTTP/1.1 {status}\r\n{validator}Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all((head + &body).as_bytes())
}

/// A number in letters, so that a headline holds no count and each is another.
fn letters(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(b'k' + (digit - b'0'))).collect()
}

/// An article a minute, long ago.
fn published(number: u64) -> String {
    format!("Mon, 10 Mar 2025 {:02}:{:02}:00 +0000", number / 60, number % 60)
}

fn feed(articles: u64) -> String {
    let items: String = (1..=articles)
        .rev()
        .map(|number| {
            format!(
                "<item><title>Ferry off Port Ardo: report {}</title><link>http://wire.example/{number}</link><guid>{number}</guid><pubDate>{}</pubDate></item>",
                letters(number),
                published(number)
            )
        })
        .collect();
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Wire</title>{items}</channel></rss>")
}

fn page(number: u64) -> String {
    let (toll, report) = (99 + number, letters(number));
    format!(
        "<!doctype html><html lang=\"en\"><head><title>Ferry off Port Ardo: report {report}</title>\
         <meta property=\"og:site_name\" content=\"Wire\"></head><body><article><h1>Ferry off Port Ardo: report {report}</h1>\
         <p>The harbour police said on Monday that {toll} people were killed when the ferry sank off Port Ardo.</p>\
         <p>Divers went on searching the hull on the sea floor, and relatives waited at the quay of Port Ardo for news \
         of the passengers of the ferry.</p></article></body></html>"
    )
}
