//! What is known of single sites, where reading any page alike goes wrong.

use std::sync::LazyLock;

use scraper::{ElementRef, Selector};
use serde::Deserialize;

/// The sites by domain, as `sites.toml` has them.
static SITES: LazyLock<Vec<Site>> =
    LazyLock::new(|| load(include_str!("sites.toml")).expect("a test reads the embedded table"));

/// Which elements of a page are its article and which are not, by CSS selectors; the default knows neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selectors {
    body: Option<Selector>,
    remove: Option<Selector>,
}

/// A site of the table.
#[derive(Debug)]
struct Site {
    domain: String,
    selectors: Selectors,
}

/// A site as the table writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    domain: String,
    body: Option<String>,
    remove: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    site: Vec<Entry>,
}

/// What is known of the site at a host: its own entry or that of a domain above it.
pub fn site(host: &str) -> Option<&'static Selectors> {
    let host = host.to_ascii_lowercase();
    let is_of = |site: &&Site| host.strip_suffix(&*site.domain).is_some_and(|h| h.is_empty() || h.ends_with('.'));
    SITES.iter().find(is_of).map(|site| &site.selectors)
}

impl Selectors {
    /// By selectors of elements that hold body text and nothing else, and of elements that are no part of the article,
    /// wherever they stand.
    ///
    /// # Errors
    /// Names the selector that cannot be read.
    pub fn new(body: Option<&str>, remove: Option<&str>) -> Result<Self, String> {
        let selector =
            |css: Option<&str>| css.map(|css| Selector::parse(css).map_err(|e| format!("`{css}`: {e}"))).transpose();
        Ok(Self { body: selector(body)?, remove: selector(remove)? })
    }

    /// Whether an element and all in it is no part of the article.
    pub fn removes(&self, element: ElementRef<'_>) -> bool {
        self.remove.as_ref().is_some_and(|remove| remove.matches(&element))
    }

    /// Whether an element holds body text of the article and nothing else.
    pub fn is_body(&self, element: ElementRef<'_>) -> bool {
        self.body.as_ref().is_some_and(|body| body.matches(&element))
    }

    /// Whether bodies are known by their markup.
    pub fn knows_body(&self) -> bool {
        self.body.is_some()
    }
}

fn load(table: &str) -> Result<Vec<Site>, String> {
    let table: Table = toml::from_str(table).map_err(|e| e.to_string())?;
    let site = |Entry { domain, body, remove }: Entry| {
        let selectors = Selectors::new(body.as_deref(), remove.as_deref()).map_err(|e| format!("{domain}: {e}"))?;
        Ok(Site { domain, selectors })
    };
    table.site.into_iter().map(site).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let sites = load(include_str!("sites.toml")).unwrap();
        assert!(!sites.is_empty());
        for (i, site) in sites.iter().enumerate() {
            let domain = &site.domain;
            assert!(domain.contains('.') && *domain == domain.to_ascii_lowercase(), "{domain} is no domain");
            assert!(!domain.starts_with("www."), "{domain}: without www., so that other hosts of the site are met");
            assert!(site.selectors != Selectors::default(), "{domain} says nothing");
            assert!(sites[..i].iter().all(|other| other.domain != *domain), "{domain} stands twice");
        }
    }

    #[test]
    fn faults_in_a_table_are_named() {
        assert!(load("[[site]]\ndomain = 'a.example'\nbodi = 'p'").unwrap_err().contains("bodi"));
        assert!(load("[[site]]\ndomain = 'a.example'\nbody = 'p['").unwrap_err().contains("a.example: `p[`"));
    }

    #[test]
    fn a_host_has_the_entry_of_its_domain() {
        assert!(site("www.thehill.com").is_some() && site("TheHill.com").is_some());
        assert!(site("notthehill.com").is_none());
    }
}
