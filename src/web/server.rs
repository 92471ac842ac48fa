//! Connections: how many, for how long, and what every answer carries.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, ETAG, HOST, HeaderName, HeaderValue, IF_NONE_MATCH};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::warn;

use super::answer::{self, Answer, Asked};
use super::{Counters, health};
use crate::clock::Clock;
use crate::pipeline::Pulse;
use crate::store::{Store, StoreError};

/// So many connections are open at once; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 32;

/// A head that takes longer is not waited for.
const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// A connection is closed after this, however busy: so that no slow reader keeps another's place.
const CONNECTION_LIMIT: Duration = Duration::from_secs(60);

/// The most that a request's head may take, in bytes.
const HEAD_SIZE: usize = 16 << 10;

/// So many answers are made at once; each may hold a story's claims in memory.
const READERS: usize = 2;

/// What goes with every answer.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        hyper::header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (hyper::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (hyper::header::X_FRAME_OPTIONS, "DENY"),
    (hyper::header::REFERRER_POLICY, "no-referrer"),
    (hyper::header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// All that the answers are made of.
#[derive(Debug)]
pub struct Site {
    /// The database.
    pub database: PathBuf,
    /// The names, besides those of this machine itself, by which the site may be asked for.
    pub names: Vec<String>,
    /// The name of this installation, for the ids of the Atom feed.
    pub host: String,
    /// The line to the daemon's loop.
    pub pulse: Pulse,
    /// What has happened since the start.
    pub counters: Counters,
    /// The clock.
    pub clock: Clock,
    /// When the program was started.
    pub started: Timestamp,
}

struct Shared {
    site: Site,
    readers: Semaphore,
}

/// Answers on a listener until the future is dropped; open connections are dropped with it.
pub async fn serve(listener: TcpListener, site: Site) {
    let shared = Arc::new(Shared { site, readers: Semaphore::new(READERS) });
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!("a connection to the page could not be taken: {error}");
                // Out of file handles: some are given back soon.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(respond(&shared, request).await) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(HEAD_SIZE);
            // A client that goes away, or that is too slow, is no trouble of ours.
            let _ =
                tokio::time::timeout(CONNECTION_LIMIT, builder.serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn respond(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = header(HOST).unwrap_or_default().to_owned();
    let known = header(IF_NONE_MATCH).unwrap_or_default().to_owned();
    let mut answer = if !is_ours(&host, &shared.site.names) {
        let message = "This page is for this machine alone and was asked for by another name. Ask for localhost or \
                       127.0.0.1, or put the name into `names` of [web] in the config.\n";
        Answer::text(StatusCode::MISDIRECTED_REQUEST, message)
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        Answer::text(StatusCode::METHOD_NOT_ALLOWED, "There is nothing here but to look at: GET and HEAD.\n")
    } else {
        match Asked::of(request.uri().path(), request.uri().query()) {
            Asked::Health => health(shared).await,
            asked => from_store(shared, asked, host).await,
        }
    };
    let etag = format!("\"{}\"", hex(&Sha256::digest(&answer.body)[..12]));
    if answer.status == StatusCode::OK && known.split(',').any(|tag| tag.trim() == etag) {
        answer = Answer { status: StatusCode::NOT_MODIFIED, body: Vec::new(), ..answer };
    }
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    response
}

/// Whether a Host header names this machine, at whatever port (a tunnel may have another), or one of the config's names.
/// A page elsewhere whose name was bent to 127.0.0.1 sends its own name here.
fn is_ours(host: &str, names: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    is("localhost") || is("127.0.0.1") || is("[::1]") || names.iter().any(|known| is(known))
}

async fn health(shared: &Arc<Shared>) -> Answer {
    let beat = tokio::time::timeout(health::PATIENCE, shared.site.pulse.ask()).await.ok();
    let readable = read(shared, |store, now| store.gauges(now)).await;
    health::answer(beat, readable.as_ref().err().map(String::as_str))
}

async fn from_store(shared: &Arc<Shared>, asked: Asked, host: String) -> Answer {
    if let Some(fixed) = answer::fixed(&asked) {
        return fixed;
    }
    let site = Arc::clone(shared);
    match read(shared, move |store, now| answer::of_store(&site.site, store, &asked, &host, now)).await {
        Ok(answer) => answer,
        Err(why) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, &format!("The database cannot be read: {why}\n")),
    }
}

/// Runs work on a read-only connection of its own, off the async threads. One that is opened anew sees the database that is
/// there now, also after a restored backup.
async fn read<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Store, Timestamp) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, String> {
    let _turn = shared.readers.acquire().await.map_err(|closed| closed.to_string())?;
    let shared = Arc::clone(shared);
    let reading = tokio::task::spawn_blocking(move || {
        work(&Store::open_to_read(&shared.site.database)?, shared.site.clock.now())
    });
    match reading.await {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(fault) => Err(format!("a fault of the program: {fault}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_s_names_are_ours() {
        let names = ["tolls.example.org".to_owned()];
        for host in ["localhost", "LOCALHOST:8089", "127.0.0.1:1", "[::1]:8089", "[::1]", "tolls.example.org:443"] {
            assert!(is_ours(host, &names), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "::1", "a:b"]
        {
            assert!(!is_ours(host, &names), "{host}");
        }
    }
}
