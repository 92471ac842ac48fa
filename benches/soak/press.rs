//! The server of the soak, in a process of its own: a proxy that answers for all outlets as they stand at the time that
//! the daemon's clock shows. It has no memory; it asks the other process for the time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::time::Sleep;

use crate::MARK;
use crate::news;
use crate::world::{Dice, Habit, Piece, World};

/// Connections that are kept open are closed after so long, so that at the end of a day few are left.
const KEPT_OPEN: Duration = Duration::from_millis(250);
/// A day's mark is answered so late that all other work of its time has ended, and connections are closed.
const MARK_WAITS: Duration = Duration::from_millis(750);
/// A server that is asked for nothing for so long has been left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(600);
/// A slow server sends so many pieces, each so late.
const SLOWLY: (usize, Duration) = (5, Duration::from_millis(4));
/// Longer than anybody waits here.
const FOR_EVER: Duration = Duration::from_secs(10);
/// So much of a page is what scripts and styles take.
const BESIDE_THE_TEXT: usize = 24_000;

pub async fn serve(world: World) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("a bound listener has an address"));
    std::io::stdout().flush().expect("the output is read");
    let world = Arc::new(world);
    while let Ok(accepted) = tokio::time::timeout(LEFT_BEHIND, listener.accept()).await {
        let Ok((stream, _)) = accepted else { continue };
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let world = Arc::clone(&world);
                async move { Ok::<_, Infallible>(answer(&world, &request).await) }
            });
            let mut server = hyper::server::conn::http1::Builder::new();
            let server = server.timer(TokioTimer::new()).header_read_timeout(KEPT_OPEN);
            // Some break off by their habit, and clients that go away are no trouble of a server's.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// What the daemon's clock shows.
fn now() -> Timestamp {
    let mut millis = [0; 8];
    let mut out = std::io::stdout().lock();
    let asked = out.write_all(b"?").and_then(|()| out.flush());
    if asked.and_then(|()| std::io::stdin().lock().read_exact(&mut millis)).is_err() {
        // Nobody is left to answer for.
        std::process::exit(0);
    }
    Timestamp::from_millisecond(i64::from_le_bytes(millis)).expect("the clock shows a time in range")
}

/// What comes over the wire.
struct Sent {
    pieces: VecDeque<Bytes>,
    length: Option<u64>,
    /// How long each piece is waited for.
    pause: Option<(Duration, Pin<Box<Sleep>>)>,
    breaks_off: bool,
}

impl Sent {
    fn whole(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { length: Some(body.len() as u64), pieces: VecDeque::from([body]), pause: None, breaks_off: false }
    }

    fn slowly(body: &str) -> Self {
        let (pieces, pause) = SLOWLY;
        let pieces = body.as_bytes().chunks(body.len() / pieces + 1).map(Bytes::copy_from_slice).collect();
        Self { pieces, length: None, pause: Some((pause, Box::pin(tokio::time::sleep(pause)))), breaks_off: false }
    }

    fn breaking_off() -> Self {
        Self { length: Some(5_000), breaks_off: true, ..Self::whole("<rss version=\"2.0\"><channel>") }
    }
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if let Some((pause, sleep)) = &mut self.pause {
            ready!(sleep.as_mut().poll(cx));
            *sleep = Box::pin(tokio::time::sleep(*pause));
        }
        Poll::Ready(match self.pieces.pop_front() {
            Some(piece) => Some(Ok(Frame::data(piece))),
            None if self.breaks_off => Some(Err(std::io::ErrorKind::ConnectionAborted.into())),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A status, headers and a body.
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    fn of(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn sent(self, how: impl FnOnce(String) -> Sent) -> Response<Sent> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(how(self.body)).expect("the headers are valid")
    }
}

async fn answer(world: &World, request: &Request<Incoming>) -> Response<Sent> {
    let (host, path) = (request.uri().host().unwrap_or_default(), request.uri().path());
    let now = now();
    if host.starts_with(MARK) {
        tokio::time::sleep(MARK_WAITS).await;
        return Reply::of(200, "<rss version=\"2.0\"><channel><title>Midnight</title></channel></rss>")
            .sent(Sent::whole);
    }
    let reply = match address(path) {
        Address::Robots => robots(host),
        Address::Feed(feed) => match world.habit(feed) {
            Habit::Silent if world.has_a_spell(feed, now) => {
                tokio::time::sleep(FOR_EVER).await;
                Reply::of(504, "")
            }
            Habit::Breaking if world.has_a_spell(feed, now) => {
                return Reply::of(200, "").sent(|_| Sent::breaking_off());
            }
            Habit::Slow => return feed_reply(world, feed, now, request.headers()).sent(|body| Sent::slowly(&body)),
            habit => with_habit(world, feed, habit, now, request.headers()),
        },
        Address::Elsewhere(feed) => feed_reply(world, feed, now, request.headers()),
        Address::Piece(piece) => match world.page_status(piece, now) {
            200 => page(world, piece, now, request.headers()),
            status => Reply::of(status, "no page"),
        },
        Address::Unknown => Reply::of(404, "no page"),
    };
    // Half of the servers close the connection, and half keep it.
    let closes = host.len() % 2 == 1;
    let reply = if closes { reply.with("connection", "close") } else { reply };
    reply.sent(Sent::whole)
}

/// What is asked for.
enum Address {
    Robots,
    Feed(u64),
    /// Where a feed that has moved is now.
    Elsewhere(u64),
    Piece(Piece),
    Unknown,
}

fn address(path: &str) -> Address {
    let number = |text: &str| text.parse().ok();
    if path == "/robots.txt" {
        return Address::Robots;
    }
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let known = match (parts.next(), parts.next(), parts.next()) {
        (Some("feed"), Some(feed), None) => number(feed).map(Address::Feed),
        (Some("elsewhere"), Some(feed), None) => number(feed).map(Address::Elsewhere),
        (Some("news"), Some(feed), Some(nth)) => number(feed).and_then(|feed| {
            Some(Address::Piece(Piece { feed, nth: nth.split('-').next()?.parse::<i64>().ok()? - FIRST }))
        }),
        _ => None,
    };
    known.unwrap_or(Address::Unknown)
}

/// Added to the numbers of pieces, so that those from before the beginning have one too.
const FIRST: i64 = 1_000_000;

fn link(world: &World, piece: Piece) -> String {
    let at = world.published(piece).strftime("%Y%m%d").to_string();
    format!("http://{}/news/{}/{}-{at}", World::host(piece.feed), piece.feed, piece.nth + FIRST)
}

fn robots(host: &str) -> Reply {
    let mut dice = Dice::of(&host.bytes().map(u64::from).collect::<Vec<_>>());
    match dice.below(100) {
        0 => Reply::of(200, "User-agent: *\nDisallow: /news/\n"),
        1..40 => Reply::of(200, "User-agent: *\nDisallow: /search\nDisallow: /login\nCrawl-delay: 1\n"),
        _ => Reply::of(404, "no page"),
    }
}

fn with_habit(world: &World, feed: u64, habit: Habit, now: Timestamp, asked: &HeaderMap) -> Reply {
    let elsewhere = || format!("http://{}/elsewhere/{feed}", World::host(feed));
    match habit {
        Habit::Away => Reply::of(302, "").with("location", elsewhere()),
        Habit::Moved => Reply::of(301, "").with("location", elsewhere()),
        Habit::Limited if world.is_limited(feed, now) => Reply::of(429, "").with("retry-after", "3600"),
        Habit::Failing if world.has_a_spell(feed, now) => Reply::of(500, "an error"),
        Habit::Captive if world.has_a_spell(feed, now) => {
            Reply::of(200, "<!doctype html><html><body><h1>Log in</h1><form><input></form></body></html>")
        }
        Habit::Gone if now.duration_since(world.begin) > SignedDuration::from_hours(12 * 24) => Reply::of(410, ""),
        _ => feed_reply(world, feed, now, asked),
    }
}

/// The feed, or a 304 where what was sent along fits.
fn feed_reply(world: &World, feed: u64, now: Timestamp, asked: &HeaderMap) -> Reply {
    let habit = world.habit(feed);
    let pieces = world.pieces(feed, now);
    let newest = pieces.iter().map(|piece| piece.nth).max().unwrap_or_default();
    let main = World::main_feed(feed);
    let shared = pieces.iter().filter(|piece| piece.feed == main).map(|piece| piece.nth).max().unwrap_or_default();
    let touched = if habit == Habit::Touched { now.as_second() } else { 0 };
    let etag = format!("\"{newest}.{shared}.{touched}\"");
    if habit != Habit::Bare && fits(asked, &etag) {
        return Reply::of(304, "").with("etag", etag);
    }
    let mut body = match feed % 7 {
        0 => atom(world, feed, &pieces, now),
        1 => json_feed(world, feed, &pieces, now),
        _ => rss(world, feed, &pieces, now),
    };
    match habit {
        Habit::Touched => body = body.replace("</channel>", &format!("<!-- {touched} --></channel>")),
        Habit::Garbled => body = body.replace("</channel>", "<note>Salt & pepper<br></channel>"),
        _ => {}
    }
    let reply = Reply::of(200, body);
    if habit == Habit::Bare { reply } else { reply.with("etag", etag) }
}

fn fits(asked: &HeaderMap, etag: &str) -> bool {
    asked.get("if-none-match").is_some_and(|known| known.as_bytes() == etag.as_bytes())
}

fn rss(world: &World, feed: u64, pieces: &[Piece], now: Timestamp) -> String {
    let host = World::host(feed);
    let content = "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"";
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" {content}><channel><title>Outlet {feed}</title>\
         <link>http://{host}/</link>\n"
    );
    for piece in pieces {
        let report = news::write(world, *piece, now);
        let at = world.published(*piece).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let link = link(world, *piece);
        let _ = write!(
            out,
            "<item><title>{}</title><link>{link}</link><guid isPermaLink=\"true\">{link}</guid><pubDate>{at}</pubDate>\
             <description>{}</description>",
            escape(&report.title),
            escape(&report.paragraphs[0]),
        );
        // Some put the whole text into the feed.
        if feed % 10 == 4 {
            let text: String = report.paragraphs.iter().map(|paragraph| format!("<p>{paragraph}</p>")).collect();
            let _ = write!(out, "<content:encoded><![CDATA[{text}]]></content:encoded>");
        }
        out += "</item>\n";
    }
    out + "</channel></rss>\n"
}

fn atom(world: &World, feed: u64, pieces: &[Piece], now: Timestamp) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Outlet {feed}</title>\
         <id>tag:{},2031:feed</id>\n",
        World::host(feed)
    );
    for piece in pieces {
        let report = news::write(world, *piece, now);
        let published = world.published(*piece);
        let link = link(world, *piece);
        let _ = writeln!(
            out,
            "<entry><title>{}</title><link href=\"{link}\"/><id>{link}</id><published>{published}</published>\
             <updated>{}</updated><summary>{}</summary></entry>",
            escape(&report.title),
            world.amended(*piece, now).unwrap_or(published),
            escape(&report.paragraphs[0]),
        );
    }
    out + "</feed>\n"
}

fn json_feed(world: &World, feed: u64, pieces: &[Piece], now: Timestamp) -> String {
    let item = |piece: &Piece| {
        let report = news::write(world, *piece, now);
        let link = link(world, *piece);
        json!({
            "id": link,
            "url": link,
            "title": report.title,
            "summary": report.paragraphs[0],
            "date_published": world.published(*piece),
        })
    };
    let items: Vec<_> = pieces.iter().map(item).collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": format!("Outlet {feed}"), "items": items })
        .to_string()
}

/// A page as outlets make them: the text among a menu, teasers, and what scripts and styles take.
fn page(world: &World, piece: Piece, now: Timestamp, asked: &HeaderMap) -> Reply {
    let amended = world.amended(piece, now);
    // Every third outlet's pages have no ETag.
    let etag = format!("\"{}-{}\"", piece.nth + FIRST, u8::from(amended.is_some()));
    let has_etag = !World::main_feed(piece.feed).is_multiple_of(3);
    if has_etag && fits(asked, &etag) {
        return Reply::of(304, "").with("etag", etag);
    }
    let report = news::write(world, piece, now);
    let (title, host) = (escape(&report.title), World::host(piece.feed));
    let published = world.published(piece);
    let metadata = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": report.title,
        "datePublished": published,
        "dateModified": amended.unwrap_or(published),
        "publisher": { "@type": "Organization", "name": format!("Outlet {}", World::main_feed(piece.feed)) },
    });
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <link rel=\"canonical\" href=\"{link}\">\n<script type=\"application/ld+json\">{metadata}</script>\n\
         <script>window.state = \"{state}\";</script></head>\n<body><header><nav><ul><li><a href=\"/\">Home</a></li>\
         <li><a href=\"/world\">World</a></li><li><a href=\"/weather\">Weather</a></li></ul></nav></header>\n\
         <main><article><h1>{title}</h1>\n<p class=\"byline\"><time datetime=\"{published}\">{published}</time></p>\n",
        link = link(world, piece),
        state = beside_the_text(world, piece),
    );
    for paragraph in &report.paragraphs {
        let _ = writeln!(out, "<p>{}</p>", escape(paragraph));
    }
    out += "</article></main>\n<aside class=\"related\"><h2>More from this outlet</h2><ul>\n";
    for n in 1..=6 {
        let other = Piece { nth: piece.nth - n, ..piece };
        let headline = escape(&news::write(world, other, published).title);
        let _ = writeln!(out, "<li><a href=\"{}\">{headline}</a></li>", link(world, other));
    }
    let _ = write!(out, "</ul></aside>\n<footer><p>All rights reserved, {host}.</p></footer></body></html>\n");
    let reply = Reply::of(200, out).with("content-type", "text/html; charset=utf-8");
    if has_etag { reply.with("etag", etag) } else { reply }
}

/// Half of it can be packed well and half cannot, as with the pages of the press.
fn beside_the_text(world: &World, piece: Piece) -> String {
    let mut dice = world.words_of(&[1, piece.feed, piece.nth as u64]);
    let mut out = String::with_capacity(BESIDE_THE_TEXT + 200);
    while out.len() < BESIDE_THE_TEXT {
        let hash = Sha256::digest(dice.next().to_le_bytes());
        for byte in hash {
            let _ = write!(out, "{byte:02x}");
        }
        out.push_str("/static/fonts/serif-regular.woff2 margin:0;padding:0;display:flex; ");
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
