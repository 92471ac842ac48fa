//! The demo's outlets on loopback: a forward proxy that answers for all their hosts, with the pages that are up at
//! the time its clock shows.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::scenario::{FeedFormat, Outlet, Scenario, Standing};
use crate::clock::Clock;

/// Starts the server on a free port of 127.0.0.1; it runs until the handle is aborted.
///
/// # Errors
/// When no port can be had.
pub async fn serve(scenario: Arc<Scenario>, clock: Clock) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let handle = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (scenario, clock) = (Arc::clone(&scenario), clock.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer(&scenario, &request, clock.now());
                async move { Ok::<_, Infallible>(answer) }
            });
            tokio::spawn(async move {
                // A client that goes away in the middle is no trouble of the server's.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok((address, handle))
}

fn answer(scenario: &Scenario, request: &Request<Incoming>, now: Timestamp) -> Response<Full<Bytes>> {
    // A proxy is asked with the whole address; a plain server with a Host header.
    let named = request.headers().get(HOST).and_then(|h| h.to_str().ok());
    let host = request.uri().host().or(named).unwrap_or_default();
    let Some(outlet) = scenario.outlet_at(host.split(':').next().unwrap_or_default()) else { return not_found() };
    let standing = scenario.standing(&outlet.name, now);
    let (kind, body) = match request.uri().path().trim_start_matches('/') {
        "feed" => feed(outlet, &standing),
        slug => match standing.iter().find(|s| s.posting.slug == slug) {
            Some(page) => ("text/html; charset=utf-8", page_html(outlet, page, &standing)),
            None => return not_found(),
        },
    };
    let etag = format!("\"{}\"", &hex(&Sha256::digest(&body))[..16]);
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
    let (status, body) = if known { (StatusCode::NOT_MODIFIED, String::new()) } else { (StatusCode::OK, body) };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind.parse().expect("a fixed header value"));
    response.headers_mut().insert(ETAG, etag.parse().expect("hex digits in quotes"));
    response
}

fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"not found")));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn feed(outlet: &Outlet, standing: &[Standing<'_>]) -> (&'static str, String) {
    match outlet.feed {
        FeedFormat::Rss => ("application/rss+xml", rss(outlet, standing)),
        FeedFormat::Atom => ("application/atom+xml", atom(outlet, standing)),
        FeedFormat::Json => ("application/feed+json", json_feed(outlet, standing)),
    }
}

fn rss(outlet: &Outlet, standing: &[Standing<'_>]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>http://{}/</link>\n",
        escape(&outlet.name),
        outlet.host
    );
    for page in standing {
        let date = page.published.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
        let _ = writeln!(
            out,
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}/{}</guid><pubDate>{date}</pubDate><description>{}</description></item>",
            escape(&page.posting.title),
            address(outlet, page),
            outlet.host,
            page.posting.slug,
            escape(first_paragraph(page)),
        );
    }
    out + "</channel></rss>\n"
}

fn atom(outlet: &Outlet, standing: &[Standing<'_>]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>{}</title><id>tag:{},2025:feed</id>\n",
        escape(&outlet.name),
        outlet.host
    );
    for page in standing {
        let _ = writeln!(
            out,
            "<entry><title>{}</title><link href=\"{}\"/><id>tag:{},2025:{}</id><published>{}</published><updated>{}</updated><summary>{}</summary></entry>",
            escape(&page.posting.title),
            address(outlet, page),
            outlet.host,
            page.posting.slug,
            page.published,
            page.posting.at,
            escape(first_paragraph(page)),
        );
    }
    out + "</feed>\n"
}

fn json_feed(outlet: &Outlet, standing: &[Standing<'_>]) -> String {
    let items: Vec<_> = standing
        .iter()
        .map(|page| {
            json!({
                "id": format!("{}/{}", outlet.host, page.posting.slug),
                "url": address(outlet, page),
                "title": page.posting.title,
                "summary": first_paragraph(page),
                "date_published": page.published,
                "date_modified": page.posting.at,
            })
        })
        .collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": outlet.name, "items": items }).to_string()
}

/// A page as outlets make them: the text among a menu, a cookie notice and teasers with other stories' numbers.
fn page_html(outlet: &Outlet, page: &Standing<'_>, standing: &[Standing<'_>]) -> String {
    let title = escape(&page.posting.title);
    let metadata = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.posting.title,
        "datePublished": page.published,
        "dateModified": page.posting.at,
        "publisher": { "@type": "Organization", "name": outlet.name },
    });
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} | {name}</title>\n\
         <link rel=\"canonical\" href=\"{address}\"><meta property=\"og:site_name\" content=\"{name}\">\n\
         <script type=\"application/ld+json\">{metadata}</script></head>\n\
         <body><header><nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/world\">World</a></li></ul></nav></header>\n\
         <div class=\"cookie-notice\"><p>We and our 412 partners keep cookies.</p></div>\n<main><article><h1>{title}</h1>\n",
        name = escape(&outlet.name),
        address = address(outlet, page),
    );
    for paragraph in page.posting.text.split("\n\n") {
        let _ = writeln!(out, "<p>{}</p>", escape(paragraph.trim()));
    }
    out += "</article></main>\n<aside class=\"related\"><h2>More from the desk</h2><ul>\n";
    for other in standing.iter().filter(|other| other.posting.slug != page.posting.slug).take(4) {
        let _ = writeln!(out, "<li><a href=\"{}\">{}</a></li>", address(outlet, other), escape(&other.posting.title));
    }
    out + "</ul></aside>\n<footer><p>All rights reserved.</p></footer></body></html>\n"
}

fn address(outlet: &Outlet, page: &Standing<'_>) -> String {
    format!("http://{}/{}", outlet.host, page.posting.slug)
}

fn first_paragraph<'a>(page: &Standing<'a>) -> &'a str {
    page.posting.text.trim().split("\n\n").next().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
