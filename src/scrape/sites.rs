//! What is known of single sites, where reading any page alike goes wrong.

use std::sync::LazyLock;

use scraper::{ElementRef, Selector};
use serde::Deserialize;

/// The sites by domain, as `sites.toml` has them.
static SITES: LazyLock<Vec<Site>> =
    LazyLock::new(|| load(include_str!("sites.toml")).expect("a test reads the embedded table"));

/// What is known of a site.
#[derive(Debug)]
pub struct Site {
    domain: String,
    body: Option<Selector>,
    drop: Option<Selector>,
}

/// A site as the table writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    domain: String,
    body: Option<String>,
    drop: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    site: Vec<Entry>,
}

/// What is known of the site at a host: its own entry or that of a domain above it.
pub fn site(host: &str) -> Option<&'static Site> {
    let host = host.to_ascii_lowercase();
    SITES.iter().find(|site| host == site.domain || host.strip_suffix(&*site.domain).is_some_and(|h| h.ends_with('.')))
}

impl Site {
    /// Whether an element and all in it is no part of the article.
    pub fn drops(&self, element: ElementRef<'_>) -> bool {
        self.drop.as_ref().is_some_and(|drop| drop.matches(&element))
    }

    /// Whether an element holds body text of the article and nothing else.
    pub fn is_body(&self, element: ElementRef<'_>) -> bool {
        self.body.as_ref().is_some_and(|body| body.matches(&element))
    }

    /// Whether the site's bodies are known by their markup.
    pub fn knows_body(&self) -> bool {
        self.body.is_some()
    }
}

fn load(table: &str) -> Result<Vec<Site>, String> {
    let table: Table = toml::from_str(table).map_err(|e| e.to_string())?;
    let selector = |domain: &str, css: Option<String>| {
        css.map(|css| Selector::parse(&css).map_err(|e| format!("{domain}: `{css}`: {e}"))).transpose()
    };
    let site = |Entry { domain, body, drop }: Entry| {
        let (body, drop) = (selector(&domain, body)?, selector(&domain, drop)?);
        Ok(Site { domain, body, drop })
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
            assert!(site.body.is_some() || site.drop.is_some(), "{domain} says nothing");
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
        assert_eq!(site("edition.cnn.com").map(|s| &*s.domain), Some("cnn.com"));
        assert!(site("notcnn.com").is_none());
    }
}
