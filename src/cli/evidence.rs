//! `tollwatch evidence`: what stands behind a claim, down to the page as it was fetched.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::settings::{Place, store_failure};
use super::{Done, Exit, Failure, Format, print};
use crate::model::{Claim, ClaimId, Scope, Span, Story};
use crate::store::{KeptPage, Store, StoredArticle};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollwatch evidence 1932.1.3
  tollwatch evidence 1932.1.3 --page page.html
  tollwatch evidence 1932.1.3 --format json

A claim is named by its article, the version of the article, and its place among the figures of that version; \
`tollwatch history STORY --format csv` lists the claims of a story. Pages are kept for as long as `keep_pages` in the \
config says; their SHA-256 is kept for good.")]
pub struct Arguments {
    /// The claim, as in 1932.1.3
    claim: String,

    /// Write the page that the claim was read from into this file, as it was fetched
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// All that is known of a claim.
struct Evidence {
    claim: Claim,
    story: Story,
    /// Every version of the article, oldest first.
    versions: Vec<StoredArticle>,
    /// All claims of the article.
    of_article: Vec<Claim>,
    page: PageState,
}

/// What there is of the page behind a claim.
enum PageState {
    /// The text came from the feed.
    None,
    /// The page is not kept, or not any more.
    NotKept,
    /// The page is kept and still has its hash.
    Kept(KeptPage),
    /// What is kept has another hash now.
    Damaged,
}

/// So many bytes are shown on either side of the number, at most.
const AROUND: usize = 320;

pub fn run(arguments: &Arguments, place: &Place) -> Done {
    let id: ClaimId = arguments.claim.trim().parse().map_err(|error| Failure::new(Exit::Usage, error))?;
    let evidence = Evidence::of(&place.store_to_read()?, id)?;
    if let Some(file) = &arguments.page {
        write_page(&evidence, file)?;
    }
    match arguments.format {
        Format::Json => print::line(evidence.to_json()),
        Format::Text => {
            let mut shown = evidence.for_people();
            if let Some(file) = &arguments.page {
                shown.push_str(&format!("the page as fetched: {}\n", file.display()));
            }
            print::text(&shown)
        }
    }
}

impl Evidence {
    fn of(store: &Store, id: ClaimId) -> Result<Self, Failure> {
        let unknown = || {
            let message =
                format!("there is no claim `{id}`; `tollwatch history STORY --format csv` lists the claims of a story");
            Failure::say(Exit::NoInput, message)
        };
        let claim = store.claim(id).map_err(store_failure)?.ok_or_else(unknown)?;
        let story = store.story(claim.story).map_err(store_failure)?.ok_or_else(unknown)?;
        let mut of_article = store.claims(story.id).map_err(store_failure)?;
        of_article.retain(|other| other.id.article == id.article);
        let versions = store.article_versions(id.article).map_err(store_failure)?;
        let version = versions.iter().find(|stored| stored.version == id.version).ok_or_else(unknown)?;
        let page = match &version.fetched.page_sha256 {
            None => PageState::None,
            Some(sha256) => match store.page(sha256).map_err(store_failure)? {
                None => PageState::NotKept,
                Some(page) if page.sound => PageState::Kept(page),
                Some(_) => PageState::Damaged,
            },
        };
        Ok(Self { claim, story, versions, of_article, page })
    }

    /// The version that the claim was read from.
    fn version(&self) -> &StoredArticle {
        let own = self.versions.iter().find(|stored| stored.version == self.claim.id.version);
        own.expect("it was looked up when this was made")
    }

    /// The words before the number, the number, and the words after it, from the paragraph around it.
    fn words(&self) -> [&str; 3] {
        let text = self.version().article.text.as_str();
        let Span { start, end } = self.claim.span;
        let (Some(before), Some(number), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..))
        else {
            return ["", "", ""];
        };
        let before = before.rfind('\n').map_or(before, |line_end| &before[line_end + 1..]);
        let after = after.find('\n').map_or(after, |line_end| &after[..line_end]);
        [last_words(before), number, first_words(after)]
    }

    fn for_people(&self) -> String {
        let claim = &self.claim;
        let source = claim.series.source.as_deref().unwrap_or(print::NO_SOURCE);
        let [before, number, after] = self.words();
        let mut out = format!("{}: {}, {source}\n", print::series_name(&claim.series), claim.quantity);
        out.push_str(&format!("{} (story {}, {})\n\n", self.story.name, self.story.id, self.story.slug));
        out.push_str(&format!("  “{before}[{number}]{after}”\n\n"));
        let mut rows: Vec<(&str, String)> = vec![("claim", claim.id.to_string())];
        if let Some(said_by) = &claim.said_by {
            rows.push(("said by", said_by.clone()));
        }
        rows.push(("outlet", claim.outlet.clone()));
        rows.push(("link", claim.url.to_string()));
        rows.push(("published", format!("{} UTC", print::time(claim.published))));
        rows.push(("fetched", format!("{} UTC", print::time(claim.seen))));
        rows.push(("read as", self.read_as()));
        rows.push(("rule", format!("{}, confidence {}", claim.rule, claim.confidence)));
        rows.push(("taken as", claim.verdict.to_string()));
        if let Some(sha256) = &self.version().fetched.page_sha256 {
            rows.push(("SHA-256", sha256.clone()));
        }
        rows.push(("page", self.page_in_words()));
        for (name, words) in rows {
            out.push_str(&format!("{name:<11}{words}\n"));
        }
        if self.versions.len() > 1 {
            let rows: Vec<Vec<String>> = self.versions.iter().map(|version| self.version_row(version)).collect();
            let table = print::table(&["version", "published (UTC)", "fetched (UTC)", "count", "words"], &rows);
            out.push_str(&format!("\nThe article was changed in place:\n{table}"));
        }
        print::shown(&out)
    }

    /// "the count of now, of the whole story" and where and when it holds.
    fn read_as(&self) -> String {
        let claim = &self.claim;
        let scope = match claim.scope {
            Scope::Story => "of the whole story",
            Scope::Part => "of a part of the story",
            Scope::Other => "of another event",
        };
        let mut words = format!("{} count {scope}", claim.status);
        for (name, told) in [("place", &claim.place), ("period", &claim.period)] {
            if let Some(told) = told {
                words.push_str(&format!(", {name}: {told}"));
            }
        }
        words
    }

    fn page_in_words(&self) -> String {
        match &self.page {
            PageState::None => "none: the text came from the feed itself".to_owned(),
            PageState::NotKept => "not kept, or not any more".to_owned(),
            PageState::Kept(page) => {
                let kind = page.content_type.as_deref().unwrap_or("of no stated type");
                format!("kept, {} bytes, {kind}; it still has this hash", page.body.len())
            }
            PageState::Damaged => "kept, but it does NOT have this hash any more: the database is damaged".to_owned(),
        }
    }

    fn version_row(&self, version: &StoredArticle) -> Vec<String> {
        let claim = self.same_count_in(version.version);
        let mark = if version.version == self.claim.id.version { " (this)" } else { "" };
        let published = if version.version == 1 { version.article.published } else { version.article.modified };
        vec![
            format!("{}{mark}", version.version),
            published.map_or_else(|| "not told".to_owned(), print::time),
            print::time(version.fetched.at),
            claim.map_or_else(|| "no such count".to_owned(), |claim| claim.quantity.to_string()),
            claim.map_or_else(String::new, |claim| format!("“{}”", claim.quote)),
        ]
    }

    /// What a version counts of the same; of several, what is most like the claim.
    fn same_count_in(&self, version: u32) -> Option<&Claim> {
        let claim = &self.claim;
        if version == claim.id.version {
            return Some(claim);
        }
        let same = |other: &&Claim| {
            other.id.version == version
                && (other.series.measure, other.series.group) == (claim.series.measure, claim.series.group)
        };
        self.of_article.iter().filter(same).max_by_key(|other| {
            let alike = (other.scope == claim.scope, other.status == claim.status);
            (alike, other.series.source == claim.series.source, Reverse(other.id.nth))
        })
    }

    fn to_json(&self) -> Value {
        let claim = &self.claim;
        let [before, number, after] = self.words();
        let (state, bytes) = match &self.page {
            PageState::None => ("none", None),
            PageState::NotKept => ("not-kept", None),
            PageState::Kept(page) => ("kept", Some(page.body.len())),
            PageState::Damaged => ("damaged", None),
        };
        let versions: Vec<Value> = self
            .versions
            .iter()
            .map(|version| {
                let same = self.same_count_in(version.version);
                json!({
                    "version": version.version,
                    "published": version.article.published,
                    "modified": version.article.modified,
                    "fetched": version.fetched.at,
                    "page_sha256": version.fetched.page_sha256,
                    "claim": same.map(|claim| claim.id.to_string()),
                    "count": same.map(|claim| claim.quantity.told()),
                    "quote": same.map(|claim| claim.quote.as_str()),
                })
            })
            .collect();
        json!({
            "claim": claim.id.to_string(),
            "story": self.story.id.0,
            "name": self.story.name,
            "measure": claim.series.measure,
            "group": claim.series.group,
            "count": claim.quantity.told(),
            "low": claim.quantity.low(),
            "high": claim.quantity.high(),
            "bound": claim.quantity.bound(),
            "source": claim.series.source,
            "said_by": claim.said_by,
            "before": before,
            "number": number,
            "after": after,
            "quote": claim.quote,
            "outlet": claim.outlet,
            "link": claim.url,
            "published": claim.published,
            "seen": claim.seen,
            "place": claim.place,
            "period": claim.period,
            "status": claim.status,
            "scope": claim.scope,
            "rule": claim.rule,
            "confidence": f64::from(claim.confidence.as_per_mille()) / 1_000.0,
            "verdict": claim.verdict,
            "page_sha256": self.version().fetched.page_sha256,
            "page": state,
            "page_bytes": bytes,
            "versions": versions,
        })
    }
}

/// Writes the page out, once its bytes have been found to have their hash still.
fn write_page(evidence: &Evidence, file: &Path) -> Done {
    let id = evidence.claim.id;
    let (exit, message) = match &evidence.page {
        PageState::Kept(page) => match std::fs::write(file, &page.body) {
            Ok(()) => return Ok(()),
            Err(error) => (Exit::CantCreate, format!("{}: {error}", file.display())),
        },
        PageState::None => (
            Exit::NoInput,
            format!(
                "claim {id} was read from what the feed itself said, so there is no page; its words stand in `tollwatch evidence {id}`"
            ),
        ),
        PageState::NotKept => (
            Exit::NoInput,
            format!(
                "the page behind claim {id} is not kept, or not any more: a longer `keep_pages` in [general] of the config keeps \
                 those to come; whether a copy found elsewhere is the same page, its SHA-256 tells: {}",
                evidence.version().fetched.page_sha256.as_deref().unwrap_or_default()
            ),
        ),
        PageState::Damaged => (
            Exit::Data,
            format!("the page kept for claim {id} is damaged and was not written: restore a backup of the database"),
        ),
    };
    Err(Failure::say(exit, message))
}

/// The end of a text, from the start of a word.
fn last_words(text: &str) -> &str {
    let cut = text.len().saturating_sub(AROUND);
    if cut == 0 {
        return text;
    }
    let start = text.char_indices().find(|(at, c)| *at >= cut && c.is_whitespace());
    start.map_or("", |(at, _)| text[at..].trim_start())
}

/// The start of a text, to the end of a word.
fn first_words(text: &str) -> &str {
    if text.len() <= AROUND {
        return text;
    }
    let end = text.char_indices().take_while(|(at, _)| *at <= AROUND).filter(|(_, c)| c.is_whitespace()).last();
    end.map_or("", |(at, _)| text[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_around_a_number_are_cut_between_words() {
        assert_eq!((last_words("killed "), first_words(" people")), ("killed ", " people"));
        let long = "é word ".repeat(100);
        assert!(last_words(&long).len() <= AROUND && last_words(&long).starts_with(['é', 'w']));
        assert!(first_words(&long).len() <= AROUND && first_words(&long).ends_with(['é', 'd']));
        assert_eq!((last_words(&"é".repeat(900)), first_words(&"é".repeat(900))), ("", ""));
    }
}
