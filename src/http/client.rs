//! One fetch from start to end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, USER_AGENT,
};
use reqwest::{Response, StatusCode};
use tokio::time::Instant;
use url::Url;

use crate::model::{Page, Validators};

use super::answer::{Answer, Fetched};
use super::failure;
use super::guard::{self, Allowed};
use super::headers;
use super::lanes::{Lanes, Turn};
use super::patience::Patience;
use super::permission::Permissions;
use super::request::{Kind, Request};
use super::resolver::Resolver;
use super::robots::{self, MAX_ROBOTS, Robots};
use super::settings::{BadSetting, Settings, without_credentials};
use super::unfetched::{Oddity, Refusal, Unfetched, Waiting};

/// RFC 9309, section 2.3.1.2, wants five followed for `robots.txt`; feeds that need more are broken.
const MAX_REDIRECTS: usize = 5;

/// Fetches for the whole process; clones share queues, connections and what is known of sites.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    settings: Settings,
    signature: HeaderValue,
    /// The name that `robots.txt` may call us by.
    name: String,
    allowed: Allowed,
    /// Connects to public addresses only.
    guarded: reqwest::Client,
    /// Connects anywhere: for hosts that are allowed, and through the proxy.
    open: reqwest::Client,
    lanes: Lanes,
    permissions: Permissions,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client with empty queues.
    ///
    /// # Errors
    /// Settings that nothing could be fetched with, and a machine without certificates to trust.
    pub fn new(settings: Settings) -> Result<Self, BadSetting> {
        let signature = settings.signature();
        let signature = HeaderValue::from_str(&signature).map_err(|_| BadSetting::UserAgent(signature))?;
        let name = robots::product(&settings.user_agent).to_owned();
        if name.is_empty() {
            return Err(BadSetting::Nameless(settings.user_agent));
        }
        if settings.max_parallel == 0 {
            return Err(BadSetting::NoneParallel);
        }
        Ok(Self(Arc::new(Inner {
            signature,
            name,
            allowed: Allowed::parse(&settings.allow_private)?,
            guarded: connector(&settings, Resolver::Guarded)?,
            open: connector(&settings, Resolver::Open)?,
            lanes: Lanes::new(&settings),
            permissions: Permissions::default(),
            settings,
        })))
    }

    /// Asks for one address and follows where it leads; `now` is the time of the call.
    ///
    /// Waits for the host's turn first, which may take long where many ask for the same host. Dropping the future
    /// ends the request.
    ///
    /// # Errors
    /// Everything but a body and a justified 304: see [`Unfetched`].
    pub async fn get(&self, request: &Request, now: Timestamp) -> Result<Answer, Unfetched> {
        let wanted = match request.kind {
            Kind::Feed => Wanted::Feed,
            Kind::Page => Wanted::Page,
        };
        self.fetch(request, wanted, &Clock::starting(now)).await
    }

    async fn fetch(&self, request: &Request, wanted: Wanted, clock: &Clock) -> Result<Answer, Unfetched> {
        let settings = &self.0.settings;
        let mut patience = Patience::of(settings.total_timeout);
        let mut trail = Trail::starting(&request.url);
        loop {
            self.check(&trail.url)?;
            if wanted == Wanted::Page && settings.obey_robots {
                self.ask_permission(&trail.url, clock).await?;
            }
            let resting = |after| Unfetched::TooManyRequests { after: Some(after) };
            let mut turn = self.0.lanes.turn(&trail.url).await.map_err(resting)?;
            let response = self.ask(request, &trail, wanted, &mut patience).await?;
            tracing::debug!(
                host = trail.url.host_str(),
                path = trail.url.path(),
                status = response.status().as_u16(),
                "answered"
            );
            if matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                let permanent = matches!(response.status().as_u16(), 301 | 308);
                trail.follow(&target(&trail.url, &response)?, permanent)?;
                continue;
            }
            return self.receive(request, trail, response, wanted, &mut patience, &mut turn, clock).await;
        }
    }

    /// With a proxy, names are resolved by the proxy, which has its own view of the network; what the address itself
    /// tells is judged all the same.
    fn check(&self, url: &Url) -> Result<(), Unfetched> {
        guard::check(url, &self.0.allowed).map_err(|why| Unfetched::Refused { why })
    }

    async fn ask_permission(&self, page: &Url, clock: &Clock) -> Result<(), Unfetched> {
        match self.0.permissions.of(page, self.fetch_robots(page, clock)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unfetched::Robots),
            Err(unknown) => Err(unknown),
        }
    }

    /// RFC 9309, section 2.3.1: a site that has no such file permits everything, one that fails permits nothing for
    /// the time being. A 429 is a failure here, since whoever asks too often should not ask for more.
    async fn fetch_robots(&self, page: &Url, clock: &Clock) -> Result<Robots, Unfetched> {
        let mut url = without_credentials(page);
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let request = Request { url, validators: Validators::default(), kind: Kind::Page, user_agent: None };
        // Boxed, since a fetch asks for permission and asking for permission is a fetch.
        match Box::pin(self.fetch(&request, Wanted::Robots, clock)).await {
            Ok(Answer { fetched: Fetched::Page(page), .. }) => Ok(Robots::parse(&page.body, &self.0.name)),
            Ok(Answer { fetched: Fetched::NotModified { .. }, .. }) => Ok(Robots::default()),
            Err(
                Unfetched::Gone
                | Unfetched::NotFound
                | Unfetched::Forbidden { .. }
                | Unfetched::Refused { .. }
                | Unfetched::TooManyRedirects { .. }
                | Unfetched::BadAnswer { .. }
                | Unfetched::Status { code: 100..500, .. },
            ) => Ok(Robots::default()),
            Err(unknown) => Err(unknown),
        }
    }

    /// Sends one request and waits for the head of its answer.
    async fn ask(
        &self,
        request: &Request,
        trail: &Trail,
        wanted: Wanted,
        patience: &mut Patience,
    ) -> Result<Response, Unfetched> {
        let Inner { settings, allowed, open, guarded, signature, .. } = &*self.0;
        let client = if allowed.covers(&trail.url) { open } else { guarded };
        let own = request.user_agent.as_deref().and_then(|own| HeaderValue::from_str(own).ok());
        let mut asking = client
            .get(trail.url_with_credentials())
            .header(USER_AGENT, own.unwrap_or_else(|| signature.clone()))
            .header(ACCEPT, wanted.accept());
        for (name, validator) in
            [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)]
        {
            // A stored validator that no header can hold is left out: the request is less conditional then, not wrong.
            if let Some(value) = validator.as_ref().and_then(|v| HeaderValue::from_bytes(v.as_bytes()).ok()) {
                asking = asking.header(name, value);
            }
        }
        // Connecting has its own limit inside; this one adds the time until the answer begins.
        let limit = settings.connect_timeout + settings.idle_timeout;
        let sent = patience.wait(Waiting::Answer, limit, asking.send()).await?;
        sent.map_err(|error| failure::told(&error, settings.proxy.is_some()))
    }

    /// Reads what follows the head, and makes an answer or a failure of it.
    #[expect(clippy::too_many_arguments, reason = "the state of one fetch, which lives in `fetch` and nowhere else")]
    async fn receive(
        &self,
        request: &Request,
        trail: Trail,
        mut response: Response,
        wanted: Wanted,
        patience: &mut Patience,
        turn: &mut Turn,
        clock: &Clock,
    ) -> Result<Answer, Unfetched> {
        let retry_after = headers::retry_after(response.headers(), clock.now());
        let answer = |fetched, response: &Response| Answer {
            fetched,
            moved_to: trail.moved_to(),
            fresh_for: headers::fresh_for(response.headers(), clock.now()),
            retry_after,
        };
        match response.status() {
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
                let body = self.read(&mut response, wanted, patience).await?;
                let text = |name| headers::text(response.headers(), name).map(str::to_owned);
                let page = Page {
                    url: trail.url.clone(),
                    fetched: clock.now(),
                    content_type: text(CONTENT_TYPE),
                    body,
                    validators: headers::validators(response.headers()),
                };
                Ok(answer(Fetched::Page(page), &response))
            }
            StatusCode::NOT_MODIFIED if request.validators == Validators::default() => {
                Err(Unfetched::BadAnswer { oddity: Oddity::NotModified })
            }
            StatusCode::NOT_MODIFIED => {
                let validators = headers::refreshed(&request.validators, response.headers());
                Ok(answer(Fetched::NotModified { validators }, &response))
            }
            status => {
                // The rest is the whole host's: pages and feeds of one site are refused together. Not so for hosts of
                // our own network, where one machine often stands for many sites, each with a limit of its own.
                if status == StatusCode::TOO_MANY_REQUESTS
                    && !self.0.allowed.covers(&trail.url)
                    && let Some(rest) = retry_after
                {
                    turn.rest(rest);
                }
                Err(refusal(&response, retry_after))
            }
        }
    }

    /// Reads the body piece by piece and stops at the limit, so that neither an endless nor a highly compressed one
    /// takes more memory than was allowed.
    async fn read(
        &self,
        response: &mut Response,
        wanted: Wanted,
        patience: &mut Patience,
    ) -> Result<Vec<u8>, Unfetched> {
        // The header is gone where the body is being decompressed; what is left was not understood.
        let encodings = response.headers().get_all(CONTENT_ENCODING);
        if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Unfetched::BadAnswer { oddity: Oddity::Encoding });
        }
        let settings = &self.0.settings;
        let limit = match wanted {
            Wanted::Feed => settings.max_feed,
            Wanted::Page => settings.max_page,
            Wanted::Robots => MAX_ROBOTS as u64,
        };
        let announced = response.content_length().unwrap_or_default();
        if announced > limit && wanted != Wanted::Robots {
            return Err(Unfetched::TooLarge { limit });
        }
        let mut body = Vec::new();
        loop {
            let chunk = patience.wait(Waiting::Body, settings.idle_timeout, response.chunk()).await?;
            let chunk = chunk.map_err(|error| failure::told(&error, false))?;
            let Some(chunk) = chunk else { break };
            if (body.len() + chunk.len()) as u64 > limit {
                // Of robots.txt the part within the limit counts (RFC 9309, section 2.5).
                if wanted == Wanted::Robots {
                    break;
                }
                return Err(Unfetched::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        if body.is_empty() && wanted != Wanted::Robots {
            return Err(Unfetched::BadAnswer { oddity: Oddity::Empty });
        }
        Ok(body)
    }
}

/// What a request is for: one kind more than callers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Feed,
    Page,
    Robots,
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
}

/// Where a fetch has got to.
struct Trail {
    /// The address to ask next, without credentials.
    url: Url,
    /// User and password of the first address, percent-encoded as they stand there, as long as its origin has not been
    /// left.
    credentials: Option<(String, Option<String>)>,
    redirects: usize,
    all_permanent: bool,
}

impl Trail {
    fn starting(url: &Url) -> Self {
        let credentials = (url.username().to_owned(), url.password().map(str::to_owned));
        Self { url: without_credentials(url), credentials: Some(credentials), redirects: 0, all_permanent: true }
    }

    /// Takes a redirect. Credentials are never taken from it, and are left behind for good with the first origin.
    fn follow(&mut self, target: &Url, permanent: bool) -> Result<(), Unfetched> {
        if self.redirects == MAX_REDIRECTS {
            return Err(Unfetched::TooManyRedirects { limit: MAX_REDIRECTS });
        }
        if self.url.scheme() == "https" && target.scheme() == "http" {
            return Err(Unfetched::Refused { why: Refusal::Downgrade });
        }
        if target.origin() != self.url.origin() {
            self.credentials = None;
        }
        self.url = without_credentials(target);
        self.redirects += 1;
        self.all_permanent &= permanent;
        Ok(())
    }

    /// The address for the library, which turns user and password into a header.
    fn url_with_credentials(&self) -> Url {
        let mut url = self.url.clone();
        if let Some((user, password)) = &self.credentials {
            // Both fail only for an address without a host, which has been refused before.
            let _ = url.set_username(user);
            let _ = url.set_password(password.as_deref());
        }
        url
    }

    fn moved_to(&self) -> Option<Url> {
        (self.redirects > 0 && self.all_permanent).then(|| self.url.clone())
    }
}

/// The time of the call and what has passed since, so that the wall clock is read by the caller alone.
struct Clock {
    began: Instant,
    at: Timestamp,
}

impl Clock {
    fn starting(now: Timestamp) -> Self {
        Self { began: Instant::now(), at: now }
    }

    fn now(&self) -> Timestamp {
        self.at.checked_add(self.began.elapsed()).unwrap_or(self.at)
    }
}

fn connector(settings: &Settings, resolver: Resolver) -> Result<reqwest::Client, BadSetting> {
    let builder = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        // One request at a time needs one connection, for a burst of pages; the next poll is too far off to keep it.
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(Duration::from_secs(30));
    let builder = match &settings.proxy {
        Some(proxy) => builder.proxy(through(proxy)?).dns_resolver(Resolver::Open),
        None => builder.dns_resolver(resolver),
    };
    builder.build().map_err(|error| BadSetting::Tls(failure::root(&error)))
}

fn through(proxy: &Url) -> Result<reqwest::Proxy, BadSetting> {
    if !matches!(proxy.scheme(), "http" | "https") || proxy.host().is_none() {
        return Err(BadSetting::Proxy);
    }
    reqwest::Proxy::all(proxy.clone()).map_err(|_| BadSetting::Proxy)
}

fn target(from: &Url, response: &Response) -> Result<Url, Unfetched> {
    let nowhere = Unfetched::BadAnswer { oddity: Oddity::Redirect };
    let location = headers::text(response.headers(), LOCATION).ok_or(nowhere.clone())?;
    from.join(location).map_err(|_| nowhere)
}

fn refusal(response: &Response, after: Option<Duration>) -> Unfetched {
    if headers::is_challenge(response.headers()) {
        return Unfetched::Forbidden { challenge: true, after };
    }
    match response.status() {
        StatusCode::FORBIDDEN => Unfetched::Forbidden { challenge: false, after },
        StatusCode::NOT_FOUND => Unfetched::NotFound,
        StatusCode::GONE => Unfetched::Gone,
        StatusCode::TOO_MANY_REQUESTS => Unfetched::TooManyRequests { after },
        StatusCode::SERVICE_UNAVAILABLE => Unfetched::Unavailable { after },
        status => Unfetched::Status { code: status.as_u16(), after },
    }
}
