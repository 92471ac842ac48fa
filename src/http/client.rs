//! The client that the whole process shares: checked settings, connections, queues, and what is known of sites.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;
use url::Url;

use super::answer::{Answer, Fetched};
use super::failure;
use super::fetch::{Clock, Fetch, Wanted};
use super::guard::Allowed;
use super::lanes::Lanes;
use super::permission::Permissions;
use super::request::{Kind, Manner, Request};
use super::resolver::Resolver;
use super::robots::{self, Robots};
use super::settings::{BadSetting, Settings, without_credentials};
use super::unfetched::{Obstacle, Unfetched};

/// Fetches for the whole process; clones share queues, connections and what is known of sites.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What the clones of a client share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// The User-Agent header.
    pub(super) signature: HeaderValue,
    pub(super) allowed: Allowed,
    pub(super) lanes: Lanes,
    /// The name that `robots.txt` may call us by.
    name: String,
    permissions: Permissions,
    /// Connects to public addresses only.
    guarded: reqwest::Client,
    /// Connects anywhere: to hosts that are allowed.
    open: reqwest::Client,
    /// Those through the proxies that a request may name.
    by_proxy: Vec<(Url, reqwest::Client)>,
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
        // With a proxy the only name resolved is its own, and it may well be inside.
        let (guarded, open) = Resolver::guarded_and_open(settings.connect_timeout);
        let guarded = if settings.proxy.is_some() { open.clone() } else { guarded };
        let through = |proxy: &Url| {
            let settings = Settings { proxy: Some(proxy.clone()), ..settings.clone() };
            Ok((proxy.clone(), connector(&settings, open.clone())?))
        };
        let by_proxy = settings.proxies.iter().map(through).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Shared {
            signature,
            name,
            allowed: Allowed::parse(&settings.allow_private)?,
            lanes: Lanes::new(&settings)?,
            permissions: Permissions::default(),
            guarded: connector(&settings, guarded)?,
            open: connector(&settings, open)?,
            by_proxy,
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
        Fetch::new(&self.0, request, wanted, Clock::starting(now)).run().await
    }

    /// What an answer may depend on beside the address: user agent (or else the contact in ours), proxy, login and headers.
    /// The version in our user agent is left out, for a new one of ours is no reason to ask for everything anew. Only to
    /// be compared: secrets are among them.
    pub fn traits_of<'a>(&'a self, manner: &'a Manner) -> Vec<Option<&'a str>> {
        let settings = &self.0.settings;
        let agent = manner.user_agent.as_deref().or(settings.contact.as_deref());
        let proxy = manner.proxy.as_ref().or(settings.proxy.as_ref()).map(Url::as_str);
        let keys = manner.login.iter().chain(&manner.headers);
        let keys = keys.flat_map(|(name, value)| [Some(name.as_str()), Some(value.reveal())]);
        [agent, proxy].into_iter().chain(keys).collect()
    }

    /// The largest feed that is read, in bytes after decompression.
    pub fn largest_feed(&self) -> usize {
        usize::try_from(self.0.settings.max_feed).unwrap_or(usize::MAX)
    }

    /// The queue that requests to this address wait in: mostly its host, or the domain that shares a pause of its own.
    pub fn lane(&self, url: &Url) -> String {
        self.0.lanes.host_and_pause(url).0.to_owned()
    }

    /// Until when the host of this address has asked to be left alone, where that lies ahead, with the name of its queue.
    pub fn resting(&self, url: &Url, now: Timestamp) -> Option<(String, Timestamp)> {
        self.0.lanes.resting(url, now)
    }

    /// Leaves the hosts of a queue alone until then, as they had asked before the process was started.
    pub fn rest(&self, lane: &str, until: Timestamp) {
        self.0.lanes.rest(lane, until);
    }

    /// The clock of those who ask was set back by so much and shows `now`: what rests, rests no longer for that.
    pub fn clock_set_back(&self, by: SignedDuration, now: Timestamp) {
        self.0.lanes.clock_set_back(by, now);
    }
}

impl Shared {
    /// The connections on which this address may be asked. They are kept apart, so that an address is never reached
    /// over a connection that was made under a laxer rule.
    pub(super) fn connections(&self, url: &Url, proxy: Option<&Url>) -> Result<&reqwest::Client, Unfetched> {
        match proxy {
            Some(proxy) => self
                .by_proxy
                .iter()
                .find_map(|(known, client)| (known == proxy).then_some(client))
                .ok_or(Unfetched::Unreachable { obstacle: Obstacle::Proxy }),
            None if self.allowed.covers(url) => Ok(&self.open),
            None => Ok(&self.guarded),
        }
    }

    /// Asks the page's site whether the page may be fetched, unless that is known.
    pub(super) async fn permission(&self, page: &Url, clock: Clock) -> Result<(), Unfetched> {
        match self.permissions.of(page, self.fetch_robots(page, clock)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unfetched::Robots),
            Err(unknown) => Err(unknown),
        }
    }

    /// RFC 9309, section 2.3.1: a site that has no such file permits everything, one that fails permits nothing for
    /// the time being. A 429 is a failure here, since whoever asks too often should not ask for more.
    async fn fetch_robots(&self, page: &Url, clock: Clock) -> Result<Robots, Unfetched> {
        let mut url = without_credentials(page);
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let request = Request::page(url);
        // Boxed, since a fetch asks for permission and asking for permission is a fetch.
        match Box::pin(Fetch::new(self, &request, Wanted::Robots, clock).run()).await {
            Ok(Answer { fetched: Fetched::Page(page), .. }) => Ok(Robots::parse(&page.body, &self.name)),
            Ok(Answer { fetched: Fetched::NotModified { .. }, .. })
            | Err(
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
}

fn connector(settings: &Settings, resolver: Resolver) -> Result<reqwest::Client, BadSetting> {
    let builder = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        // Redirects are followed in `fetch`, where each is checked, waits for its host's turn and is told.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(resolver)
        // One request at a time needs one connection, kept just long enough for a burst of pages: ten thousand feeds
        // polled at the start would else hold as many connections, more than a service may have files open.
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(Duration::from_secs(3));
    let builder = match &settings.proxy {
        Some(proxy) => builder.proxy(way_through(proxy)?),
        None => builder,
    };
    builder.build().map_err(|error| BadSetting::Tls(failure::root(&error)))
}

fn way_through(proxy: &Url) -> Result<reqwest::Proxy, BadSetting> {
    if !matches!(proxy.scheme(), "http" | "https") {
        return Err(BadSetting::Proxy);
    }
    reqwest::Proxy::all(proxy.clone()).map_err(|_| BadSetting::Proxy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Pause, Refusal};

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let told = |settings: Settings| Client::new(settings).unwrap_err().to_string();
        let good = Settings::default;
        let proxy = Some("socks5://desk:hunter2@proxy.example".parse().unwrap());
        let pauses = vec![Pause { host: "not a host".to_owned(), pause: Duration::ZERO }];
        insta::assert_snapshot!(
            [
                told(Settings { user_agent: "tollwatch\n/1".to_owned(), ..good() }),
                told(Settings { user_agent: "1.0".to_owned(), ..good() }),
                told(Settings { max_parallel: 0, ..good() }),
                told(Settings { proxy, ..good() }),
                told(Settings { allow_private: vec!["10.0.0.0/8".to_owned()], ..good() }),
                told(Settings { pauses, ..good() }),
            ]
            .join("\n"),
            @r"
        the user agent `tollwatch\n/1` holds characters that no header may hold
        the user agent `1.0` does not start with a name of letters, `-` or `_`
        max_parallel must be at least 1
        the proxy must be an http:// or https:// address
        `10.0.0.0/8` is neither a host nor a host:port
        `not a host` is not a host name
        "
        );
    }

    /// The check of the address knows the name `localhost`; any other name that leads inwards meets the resolver only.
    #[tokio::test]
    async fn a_name_that_leads_inwards_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let (guarded, _) = Resolver::guarded_and_open(Duration::from_secs(10));
        let guarded = connector(&Settings::default(), guarded).unwrap();
        let error = guarded.get(url).send().await.unwrap_err();
        let refused = Unfetched::Refused { why: Refusal::Private("a loopback address") };
        assert_eq!(failure::told(&error, false), refused);
        assert!(listener.accept().is_err(), "nobody has knocked");
    }
}
