//! What to ask for.

use std::fmt;

use url::Url;

use crate::model::{Secret, Validators};

use super::settings::without_credentials;

/// One thing to fetch.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The address. A user name and password in it are sent to its own origin only, and never printed.
    pub url: Url,
    /// From the last answer of this address; empty for an unconditional request.
    pub validators: Validators,
    /// What is expected there.
    pub kind: Kind,
    /// What is unusual about the request, where a site insists on it.
    pub manner: Manner,
}

/// What is unusual about the requests for one address. Nothing of it goes to another origin, but for the user agent and
/// the way through the proxy.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Manner {
    /// A User-Agent header of its own.
    pub user_agent: Option<String>,
    /// Further headers, by name; their values may be keys.
    pub headers: Vec<(String, Secret)>,
    /// A user and a password (RFC 7617, Basic).
    pub login: Option<(String, Secret)>,
    /// A proxy of its own: one of [`Settings::proxies`](super::Settings::proxies).
    pub proxy: Option<Url>,
}

/// What is expected at an address: decides the size allowed, the Accept header and whether `robots.txt` is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A feed that somebody listed.
    Feed,
    /// An article's page that a feed linked to.
    Page,
}

impl Request {
    /// A feed, asked for only if it has changed since `validators` were given.
    pub fn feed(url: Url, validators: Validators) -> Self {
        Self { url, validators, kind: Kind::Feed, manner: Manner::default() }
    }

    /// A page, unconditionally.
    pub fn page(url: Url) -> Self {
        Self { url, validators: Validators::default(), kind: Kind::Page, manner: Manner::default() }
    }

    /// The address with the user and password that may be sent there.
    pub(super) fn url_with_login(&self) -> Url {
        let mut url = self.url.clone();
        if let Some((user, password)) = &self.manner.login {
            // Both fail only for an address without a host, which is never asked.
            let _ = url.set_username(user);
            let _ = url.set_password(Some(password.reveal()));
        }
        url
    }
}

/// The credentials within the address are left out.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &without_credentials(&self.url).as_str())
            .field("validators", &self.validators)
            .field("kind", &self.kind)
            .field("manner", &self.manner)
            .finish()
    }
}

/// The values of headers, the password and the proxy's credentials are left out.
impl fmt::Debug for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manner")
            .field("user_agent", &self.user_agent)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("login", &self.login.as_ref().map(|(user, _)| user))
            .field("proxy", &self.proxy.as_ref().map(|proxy| without_credentials(proxy).to_string()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_printed() {
        let request = Request::page("https://desk:hunter2@example.org/a".parse().unwrap());
        let printed = format!("{request:?}");
        assert!(printed.contains("https://example.org/a"), "{printed}");
        assert!(!printed.contains("hunter2") && !printed.contains("desk"), "{printed}");
        let manner = Manner {
            user_agent: None,
            headers: vec![("X-Key".to_owned(), Secret::new("k-17"))],
            login: Some(("desk".to_owned(), Secret::new("hunter2"))),
            proxy: "http://gate:pass@proxy.example:3128".parse().ok(),
        };
        let printed = format!("{manner:?}");
        assert!(printed.contains("X-Key") && printed.contains("proxy.example"), "{printed}");
        assert!(!["k-17", "hunter2", "gate", "pass"].iter().any(|secret| printed.contains(secret)), "{printed}");
    }
}
