//! What can be set about fetching.

use std::fmt;
use std::time::Duration;

use url::Url;

/// How to fetch. The defaults are those of a well-behaved client.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name and version, as in `tollwatch/1.2`; what stands before the slash is also the name in `robots.txt`.
    pub user_agent: String,
    /// Where a webmaster can complain: an address of a page or `mailto:`; sent within the User-Agent header.
    pub contact: Option<String>,
    /// How long connecting may take: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// How long a server may stay silent, before its answer and within it.
    pub idle_timeout: Duration,
    /// How long one fetch may take, all redirects together; waiting for the host's turn does not count.
    pub total_timeout: Duration,
    /// The largest feed, in bytes after decompression. Parsing takes about thirty times as much memory.
    pub max_feed: u64,
    /// The largest page, in bytes after decompression.
    pub max_page: u64,
    /// The least time between the end of one request to a host and the start of the next.
    pub pause: Duration,
    /// Hosts that want a longer (or stand a shorter) pause than [`Settings::pause`].
    pub pauses: Vec<Pause>,
    /// Whether the hosts of one registrable domain are asked as one: one request at a time, with the pause between two,
    /// and with the rest that one of them asks for.
    pub by_domain: bool,
    /// How many requests may be under way at once, over all hosts.
    pub max_parallel: usize,
    /// The only way out, where there is one: an `http` or `https` proxy. Proxies named in the environment are not used.
    pub proxy: Option<Url>,
    /// Further proxies that a request may name as its own ([`Manner::proxy`](super::Manner::proxy)).
    pub proxies: Vec<Url>,
    /// Hosts inside private networks that may be asked all the same, as `host` or `host:port`.
    pub allow_private: Vec<String>,
    /// Whether pages are left alone that a site's `robots.txt` asks us to leave alone. Feeds are listed by their
    /// reader and are fetched without asking.
    pub obey_robots: bool,
}

/// A pause of its own for a host and all hosts below it, which then share one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// A host name, as in `example.org`; `news.example.org` is below it.
    pub host: String,
    /// The least time between two requests.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("tollwatch/", env!("CARGO_PKG_VERSION")).to_owned(),
            contact: None,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_secs(60),
            max_feed: 4 << 20,
            max_page: 5 << 20,
            pause: Duration::from_secs(1),
            pauses: Vec::new(),
            by_domain: true,
            max_parallel: 32,
            proxy: None,
            proxies: Vec::new(),
            allow_private: Vec::new(),
            obey_robots: true,
        }
    }
}

impl Settings {
    /// The User-Agent header: name, version and contact.
    pub fn signature(&self) -> String {
        match &self.contact {
            Some(contact) => format!("{} (+{contact})", self.user_agent),
            None => self.user_agent.clone(),
        }
    }
}

/// The proxy's user and password are left out.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user_agent,
            contact,
            connect_timeout,
            idle_timeout,
            total_timeout,
            max_feed,
            max_page,
            pause,
            pauses,
            by_domain,
            max_parallel,
            proxy,
            proxies,
            allow_private,
            obey_robots,
        } = self;
        f.debug_struct("Settings")
            .field("user_agent", user_agent)
            .field("contact", contact)
            .field("connect_timeout", connect_timeout)
            .field("idle_timeout", idle_timeout)
            .field("total_timeout", total_timeout)
            .field("max_feed", max_feed)
            .field("max_page", max_page)
            .field("pause", pause)
            .field("pauses", pauses)
            .field("by_domain", by_domain)
            .field("max_parallel", max_parallel)
            .field("proxy", &proxy.as_ref().map(|proxy| without_credentials(proxy).to_string()))
            .field("proxies", &proxies.iter().map(|proxy| without_credentials(proxy).to_string()).collect::<Vec<_>>())
            .field("allow_private", allow_private)
            .field("obey_robots", obey_robots)
            .finish()
    }
}

/// A setting that nothing can be fetched with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// The name or the contact cannot stand in a header.
    #[error("the user agent `{}` holds characters that no header may hold", .0.escape_debug())]
    UserAgent(String),
    /// Not a name that `robots.txt` could call us by.
    #[error("the user agent `{}` does not start with a name of letters, `-` or `_`", .0.escape_debug())]
    Nameless(String),
    /// Not an entry of the form `host` or `host:port`.
    #[error("`{}` is neither a host nor a host:port", .0.escape_debug())]
    AllowPrivate(String),
    /// A pause for something that is no host.
    #[error("`{}` is not a host name", .0.escape_debug())]
    Pause(String),
    /// Not a proxy that can be used; its address is not repeated, since it may hold a password.
    #[error("the proxy must be an http:// or https:// address")]
    Proxy,
    /// No request could ever be made.
    #[error("max_parallel must be at least 1")]
    NoneParallel,
    /// The TLS library could not be set up; mostly because the machine has no certificates to trust.
    #[error("cannot set up secure connections ({0}); are the system's CA certificates installed?")]
    Tls(String),
}

/// The address without user name and password: fit to be printed, stored and sent on.
pub(super) fn without_credentials(url: &Url) -> Url {
    let mut bare = url.clone();
    // Both fail only for an address that cannot have credentials in the first place.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_names_a_contact() {
        let mut settings = Settings { user_agent: "tollwatch/1.2".to_owned(), ..Settings::default() };
        assert_eq!(settings.signature(), "tollwatch/1.2");
        settings.contact = Some("https://example.org/bot".to_owned());
        assert_eq!(settings.signature(), "tollwatch/1.2 (+https://example.org/bot)");
    }

    #[test]
    fn the_proxy_s_password_is_not_printed() {
        let proxy = Some("http://desk:hunter2@proxy.example:3128".parse().unwrap());
        let printed = format!("{:?}", Settings { proxy, ..Settings::default() });
        assert!(printed.contains("http://proxy.example:3128/"), "{printed}");
        assert!(!printed.contains("hunter2") && !printed.contains("desk"), "{printed}");
    }
}
