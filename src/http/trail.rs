//! Where a fetch has got to, redirect by redirect.

use url::Url;

use super::settings::without_credentials;
use super::unfetched::{Refusal, Unfetched};

/// RFC 9309, section 2.3.1.2, wants five followed for `robots.txt`; feeds that need more are broken.
const MAX_REDIRECTS: usize = 5;

/// The address to ask next, and what has become of the one that was asked for.
#[derive(Clone)]
pub(super) struct Trail {
    /// Without credentials.
    url: Url,
    /// User and password of the first address, percent-encoded as they stand there, until its origin is left.
    credentials: Option<(String, Option<String>)>,
    redirects: usize,
    all_permanent: bool,
}

impl Trail {
    pub(super) fn starting(url: &Url) -> Self {
        let credentials = Some((url.username().to_owned(), url.password().map(str::to_owned)));
        Self { url: without_credentials(url), credentials, redirects: 0, all_permanent: true }
    }

    /// The address to ask, fit to be printed and stored.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The address to ask, with the credentials that may be sent there.
    pub(super) fn url_with_credentials(&self) -> Url {
        let mut url = self.url.clone();
        if let Some((user, password)) = &self.credentials {
            // Both fail only for an address without a host, which is never asked.
            let _ = url.set_username(user);
            let _ = url.set_password(password.as_deref());
        }
        url
    }

    /// Whether a redirect has led to another origin, even if a later one has led back.
    pub(super) fn has_left_its_origin(&self) -> bool {
        self.credentials.is_none()
    }

    /// Takes a redirect. Credentials are never taken from it, and are left behind for good with the first origin.
    ///
    /// # Errors
    /// One redirect too many, and one from `https` to `http`.
    pub(super) fn follow(&mut self, target: &Url, permanent: bool) -> Result<(), Unfetched> {
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

    /// Where the first address has moved for good, if it has.
    pub(super) fn moved_to(&self) -> Option<Url> {
        (self.redirects > 0 && self.all_permanent).then(|| self.url.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_secure_address_is_not_given_up() {
        let mut trail = Trail::starting(&url("http://news.example/feed"));
        assert_eq!(trail.follow(&url("https://news.example/feed"), true), Ok(()));
        let downgrade = trail.follow(&url("http://news.example/feed"), true);
        assert_eq!(downgrade, Err(Unfetched::Refused { why: Refusal::Downgrade }));
    }

    #[test]
    fn credentials_do_not_change_their_scheme_either() {
        let mut trail = Trail::starting(&url("http://desk:p%40ss@news.example/feed"));
        assert_eq!(trail.url().as_str(), "http://news.example/feed");
        assert_eq!(trail.url_with_credentials().as_str(), "http://desk:p%40ss@news.example/feed");
        trail.follow(&url("http://news.example:80/new"), false).unwrap();
        assert_eq!(trail.url_with_credentials().as_str(), "http://desk:p%40ss@news.example/new");
        trail.follow(&url("https://eve:x@news.example/new"), false).unwrap();
        assert_eq!(trail.url_with_credentials().as_str(), "https://news.example/new");
    }

    #[test]
    fn only_permanent_redirects_all_the_way_move_an_address() {
        let mut trail = Trail::starting(&url("https://news.example/feed"));
        assert_eq!(trail.moved_to(), None);
        trail.follow(&url("https://news.example/rss"), true).unwrap();
        assert_eq!(trail.moved_to(), Some(url("https://news.example/rss")));
        trail.follow(&url("https://news.example/today"), false).unwrap();
        trail.follow(&url("https://news.example/end"), true).unwrap();
        assert_eq!(trail.moved_to(), None);
    }
}
