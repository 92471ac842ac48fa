//! One fetch from start to end.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LOCATION, USER_AGENT,
};
use reqwest::{Response, StatusCode};
use tokio::time::Instant;
use url::Url;

use crate::model::{Page, Secret, Validators};

use super::answer::{Answer, Fetched};
use super::client::Shared;
use super::failure;
use super::guard;
use super::headers;
use super::lanes::Turn;
use super::patience::Patience;
use super::request::Request;
use super::robots::MAX_ROBOTS;
use super::settings::Settings;
use super::trail::Trail;
use super::unfetched::{Obstacle, Oddity, Refusal, Unfetched, Waiting};

/// How long a host is left alone that answers 429 and does not say for how long (as FreshRSS does).
const USUAL_REST: Duration = Duration::from_secs(10 * 60);

/// The state of one fetch.
pub(super) struct Fetch<'a> {
    shared: &'a Shared,
    request: &'a Request,
    wanted: Wanted,
    clock: Clock,
    patience: Patience,
    trail: Trail,
}

/// What is expected: one kind more than callers can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Feed,
    Page,
    Robots,
}

/// The time of the call and what has passed since, so that the wall clock is read by the caller alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: Instant,
    at: Timestamp,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(shared: &'a Shared, request: &'a Request, wanted: Wanted, clock: Clock) -> Self {
        let patience = Patience::of(shared.settings.total_timeout);
        let trail = Trail::starting(&request.url_with_login());
        Self { shared, request, wanted, clock, patience, trail }
    }

    /// Asks hop by hop until something other than a redirect comes back.
    pub(super) async fn run(mut self) -> Result<Answer, Unfetched> {
        let shared = self.shared;
        loop {
            let url = self.trail.url().clone();
            guard::check(&url, &shared.allowed).map_err(|why| Unfetched::Refused { why })?;
            if self.wanted == Wanted::Page && shared.settings.obey_robots {
                shared.permission(&url, self.clock).await?;
            }
            let resting = |after| Unfetched::TooManyRequests { after: Some(after) };
            let mut turn = shared.lanes.turn(&url, || self.clock.now()).await.map_err(resting)?;
            let response = self.ask().await?;
            let status = response.status();
            tracing::debug!(host = url.host_str(), path = url.path(), status = status.as_u16(), "answered");
            if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.receive(response, &mut turn).await;
            }
            self.trail.follow(&target(&url, response.headers())?, matches!(status.as_u16(), 301 | 308))?;
        }
    }

    /// Sends one request and waits for the head of its answer.
    async fn ask(&mut self) -> Result<Response, Unfetched> {
        let settings = &self.shared.settings;
        let asking = self
            .shared
            .connections(self.trail.url(), self.request.manner.proxy.as_ref())?
            .get(self.trail.url_with_credentials())
            .header(USER_AGENT, self.signature()?)
            .header(ACCEPT, self.wanted.accept())
            .headers(self.own_headers()?)
            .headers(conditions(&self.request.validators));
        // Connecting has its own limit inside; this one leaves the answer its time after that.
        let limit = settings.connect_timeout.saturating_add(settings.idle_timeout);
        let sent = self.patience.wait(Waiting::Answer, limit, asking.send()).await?;
        sent.map_err(|error| failure::told(&error, self.is_proxied()))
    }

    fn signature(&self) -> Result<HeaderValue, Unfetched> {
        match &self.request.manner.user_agent {
            Some(own) => HeaderValue::from_str(own).map_err(|_| Unfetched::Refused { why: Refusal::UserAgent }),
            None => Ok(self.shared.signature.clone()),
        }
    }

    /// The headers set for this address, as long as its origin has not been left: they may well hold a key.
    fn own_headers(&self) -> Result<HeaderMap, Unfetched> {
        if self.trail.has_left_its_origin() {
            return Ok(HeaderMap::new());
        }
        let header = |(name, value): &(String, Secret)| {
            let mut value = HeaderValue::from_str(value.reveal()).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
        };
        let headers = self.request.manner.headers.iter().map(header).collect::<Option<HeaderMap>>();
        headers.ok_or(Unfetched::Refused { why: Refusal::Header })
    }

    fn is_proxied(&self) -> bool {
        self.shared.settings.proxy.is_some() || self.request.manner.proxy.is_some()
    }

    /// Reads what follows the head, and makes an answer or a failure of it.
    async fn receive(&mut self, mut response: Response, turn: &mut Turn) -> Result<Answer, Unfetched> {
        let retry_after = headers::retry_after(response.headers(), self.clock.now());
        let sent = &self.request.validators;
        let fetched = match response.status() {
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
                let body = self.read(&mut response).await?;
                Fetched::Page(Page {
                    url: self.trail.url().clone(),
                    fetched: self.clock.now(),
                    content_type: headers::text(response.headers(), CONTENT_TYPE).map(str::to_owned),
                    body,
                    validators: headers::validators(response.headers()),
                })
            }
            StatusCode::NOT_MODIFIED if *sent == Validators::default() => {
                return Err(Unfetched::BadAnswer { oddity: Oddity::NotModified });
            }
            StatusCode::NOT_MODIFIED => {
                Fetched::NotModified { validators: headers::refreshed(sent, response.headers()) }
            }
            StatusCode::TOO_MANY_REQUESTS => {
                // The rest is the whole host's: pages and feeds of one site are refused together. Not so for hosts of
                // our own network, where one machine often stands for many sites, each with a limit of its own.
                if !self.shared.allowed.covers(self.trail.url()) {
                    let rest = self.clock.now().checked_add(retry_after.unwrap_or(USUAL_REST));
                    turn.rest(rest.unwrap_or(Timestamp::MAX));
                }
                return Err(refusal(&response, retry_after));
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED if self.is_proxied() => {
                return Err(Unfetched::Unreachable { obstacle: Obstacle::Proxy });
            }
            _ => return Err(refusal(&response, retry_after)),
        };
        let fresh_for = headers::fresh_for(response.headers(), self.clock.now());
        Ok(Answer { fetched, moved_to: self.trail.moved_to(), fresh_for, retry_after })
    }

    /// Reads the body piece by piece and stops at the limit, so that neither an endless nor a highly compressed one
    /// takes more memory than was allowed.
    async fn read(&mut self, response: &mut Response) -> Result<Vec<u8>, Unfetched> {
        // The header is gone where the body is being decompressed; what is left was not understood.
        let encodings = response.headers().get_all(CONTENT_ENCODING);
        if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Unfetched::BadAnswer { oddity: Oddity::Encoding });
        }
        let limit = self.wanted.limit(&self.shared.settings);
        let too_large = Unfetched::TooLarge { limit };
        // Of robots.txt the part within the limit counts (RFC 9309, section 2.5), even if there is nothing in it.
        let lenient = self.wanted == Wanted::Robots;
        if response.content_length().is_some_and(|announced| announced > limit) && !lenient {
            return Err(too_large);
        }
        let mut body = Vec::new();
        loop {
            let piece = self.patience.wait(Waiting::Body, self.shared.settings.idle_timeout, response.chunk()).await?;
            let Some(piece) = piece.map_err(|error| failure::told(&error, false))? else { break };
            if (body.len() + piece.len()) as u64 > limit {
                if lenient {
                    break;
                }
                return Err(too_large);
            }
            body.extend_from_slice(&piece);
        }
        if body.is_empty() && !lenient {
            return Err(Unfetched::BadAnswer { oddity: Oddity::Empty });
        }
        Ok(body)
    }
}

impl Wanted {
    fn accept(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
            }
            Self::Page => "text/html, application/xhtml+xml, */*;q=0.1",
            Self::Robots => "text/plain, */*;q=0.1",
        }
    }

    fn limit(self, settings: &Settings) -> u64 {
        match self {
            Self::Feed => settings.max_feed,
            Self::Page => settings.max_page,
            Self::Robots => MAX_ROBOTS as u64,
        }
    }
}

impl Clock {
    pub(super) fn starting(now: Timestamp) -> Self {
        Self { began: Instant::now(), at: now }
    }

    fn now(&self) -> Timestamp {
        self.at.checked_add(self.began.elapsed()).unwrap_or(self.at)
    }
}

/// A stored validator that no header can hold is left out: the request is less conditional then, not wrong.
fn conditions(validators: &Validators) -> HeaderMap {
    [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value.as_ref()?.as_bytes()).ok()?)))
        .collect()
}

fn target(from: &Url, headers: &HeaderMap) -> Result<Url, Unfetched> {
    let target = headers::text(headers, LOCATION).and_then(|location| from.join(location).ok());
    target.ok_or(Unfetched::BadAnswer { oddity: Oddity::Redirect })
}

fn refusal(response: &Response, after: Option<Duration>) -> Unfetched {
    if headers::is_challenge(response.headers()) {
        return Unfetched::Forbidden { challenge: true, after };
    }
    match response.status() {
        StatusCode::FORBIDDEN => Unfetched::Forbidden { challenge: false, after },
        StatusCode::NOT_FOUND if after.is_none() => Unfetched::NotFound,
        StatusCode::GONE => Unfetched::Gone,
        StatusCode::TOO_MANY_REQUESTS => Unfetched::TooManyRequests { after },
        StatusCode::SERVICE_UNAVAILABLE => Unfetched::Unavailable { after },
        status => Unfetched::Status { code: status.as_u16(), after },
    }
}
