//! Remembers what each site's `robots.txt` permits, for a bounded time and a bounded number of sites.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as FairMutex;
use tokio::time::Instant;
use url::Url;

use super::robots::Robots;
use super::unfetched::Unfetched;

/// RFC 9309, section 2.4: no copy is to be used for longer than a day.
const GOOD_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A site that failed to answer is asked again after this long, unless it has named a time itself; until then its
/// pages fail alike.
const FAILURE_GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// How many sites are remembered.
const MAX_SITES: usize = 512;

/// How much memory all rules together may take, in bytes; a usual file has about a thousand.
const MAX_WEIGHT: usize = 8 << 20;

/// What is known of the sites asked lately.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    sites: Mutex<HashMap<String, Site>>,
}

#[derive(Debug)]
struct Site {
    /// Held while the site is being asked, so that a burst of pages asks only once.
    verdict: Arc<FairMutex<Option<Verdict>>>,
    weight: usize,
    good_until: Instant,
}

#[derive(Debug, Clone)]
struct Verdict {
    robots: Result<Arc<Robots>, Unfetched>,
    good_until: Instant,
}

impl Permissions {
    /// Whether the site permits this page; `ask` is only awaited when nothing is known.
    ///
    /// The error is the one that asking the site has ended in: then nothing is known, and nothing may be fetched.
    pub(super) async fn of(
        &self,
        page: &Url,
        ask: impl Future<Output = Result<Robots, Unfetched>>,
    ) -> Result<bool, Unfetched> {
        let origin = page.origin().ascii_serialization();
        let site = self.site(&origin);
        let mut verdict = site.lock().await;
        if let Some(known) = verdict.as_ref().filter(|known| known.good_until > Instant::now()) {
            return known.robots.clone().map(|robots| robots.allows(page));
        }
        let robots = ask.await.map(Arc::new);
        // A failure that may be our own is not held against the site.
        if !robots.as_ref().is_err_and(Unfetched::may_be_ours) {
            let weight = robots.as_ref().map_or(0, |robots| robots.weight());
            let good_for = match &robots {
                Ok(_) => GOOD_FOR,
                Err(failure) => failure.retry_after().unwrap_or(FAILURE_GOOD_FOR),
            };
            let good_until = Instant::now() + good_for;
            *verdict = Some(Verdict { robots: robots.clone(), good_until });
            self.remember(&origin, weight, good_until);
        }
        robots.map(|robots| robots.allows(page))
    }

    fn site(&self, origin: &str) -> Arc<FairMutex<Option<Verdict>>> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = sites.get(origin) {
            return Arc::clone(&site.verdict);
        }
        let verdict = Arc::default();
        let site = Site { verdict: Arc::clone(&verdict), weight: 0, good_until: Instant::now() };
        sites.insert(origin.to_owned(), site);
        verdict
    }

    /// Notes how heavy a site is and forgets those that expire first until the bounds hold.
    fn remember(&self, origin: &str, weight: usize, good_until: Instant) {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = sites.get_mut(origin) {
            (site.weight, site.good_until) = (weight, good_until);
        }
        let mut total: usize = sites.values().map(|site| site.weight).sum();
        while sites.len() > MAX_SITES || total > MAX_WEIGHT {
            // Whoever is asking a site holds a reference; forgetting it then would only make it be asked twice.
            let idle = sites.iter().filter(|(_, site)| Arc::strong_count(&site.verdict) == 1);
            let Some(first) = idle.min_by_key(|(_, site)| site.good_until).map(|(origin, _)| origin.clone()) else {
                break;
            };
            total -= sites.remove(&first).map_or(0, |site| site.weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::http::Obstacle;

    fn page(origin: &str) -> Url {
        format!("{origin}/news/1").parse().unwrap()
    }

    fn forbidding() -> Robots {
        Robots::parse(b"User-agent: *\nDisallow: /news/", "tollwatch")
    }

    async fn unasked() -> Result<Robots, Unfetched> {
        panic!("the site is asked although it is known")
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_is_asked_once_a_day() {
        let permissions = Permissions::default();
        let page = page("https://news.example");
        assert_eq!(permissions.of(&page, ready(Ok(forbidding()))).await, Ok(false));
        tokio::time::advance(GOOD_FOR / 2).await;
        assert_eq!(permissions.of(&page, unasked()).await, Ok(false));
        tokio::time::advance(GOOD_FOR / 2).await;
        assert_eq!(permissions.of(&page, ready(Ok(Robots::default()))).await, Ok(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_site_is_left_alone_for_a_while_but_not_for_our_own_fault() {
        let permissions = Permissions::default();
        let page = page("https://news.example");
        let ours = Unfetched::Unreachable { obstacle: Obstacle::Name };
        assert_eq!(permissions.of(&page, ready(Err(ours.clone()))).await, Err(ours));
        let theirs = Unfetched::Unavailable { after: None };
        assert_eq!(permissions.of(&page, ready(Err(theirs.clone()))).await, Err(theirs.clone()));
        assert_eq!(permissions.of(&page, unasked()).await, Err(theirs));
        tokio::time::advance(FAILURE_GOOD_FOR).await;
        assert_eq!(permissions.of(&page, ready(Ok(Robots::default()))).await, Ok(true));
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_sites_are_forgotten() {
        let permissions = Permissions::default();
        for n in 0..MAX_SITES + 10 {
            let page = page(&format!("https://site{n}.example"));
            permissions.of(&page, ready(Ok(forbidding()))).await.unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // The site being asked is not counted out while it is in use.
        assert!(permissions.sites.lock().unwrap().len() <= MAX_SITES + 1);
        let latest = page(&format!("https://site{}.example", MAX_SITES + 9));
        assert_eq!(permissions.of(&latest, unasked()).await, Ok(false));
    }

    #[tokio::test(start_paused = true)]
    async fn heavy_sites_are_forgotten_sooner() {
        let permissions = Permissions::default();
        let heavy = format!("User-agent: *\n{}", "Disallow: /a\n".repeat(40_000));
        let heavy = Robots::parse(heavy.as_bytes(), "tollwatch");
        assert!(heavy.weight() > 1 << 20);
        for n in 0..12 {
            let page = page(&format!("https://site{n}.example"));
            permissions.of(&page, ready(Ok(heavy.clone()))).await.unwrap();
        }
        let total: usize = permissions.sites.lock().unwrap().values().map(|site| site.weight).sum();
        assert!(total <= MAX_WEIGHT, "{total}");
    }
}
