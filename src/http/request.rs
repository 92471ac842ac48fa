//! What to ask for.

use std::fmt;

use url::Url;

use crate::model::Validators;

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
    /// A User-Agent header for this request alone, where a site insists on one.
    pub user_agent: Option<String>,
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
        Self { url, validators, kind: Kind::Feed, user_agent: None }
    }

    /// A page, unconditionally.
    pub fn page(url: Url) -> Self {
        Self { url, validators: Validators::default(), kind: Kind::Page, user_agent: None }
    }
}

/// The credentials within the address are left out.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &without_credentials(&self.url).as_str())
            .field("validators", &self.validators)
            .field("kind", &self.kind)
            .field("user_agent", &self.user_agent)
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
    }
}
