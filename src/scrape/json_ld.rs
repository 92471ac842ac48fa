//! What a page says about its article in schema.org terms, in its `<script type="application/ld+json">`.

use serde_json::{Map, Value};

/// Types of things that are an article (<https://schema.org/Article> and what is below it).
const ARTICLES: &[&str] = &[
    "Article",
    "NewsArticle",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "AskPublicNewsArticle",
    "BackgroundNewsArticle",
    "OpinionNewsArticle",
    "ReviewNewsArticle",
    "AdvertiserContentArticle",
    "SatiricalArticle",
    "ScholarlyArticle",
    "TechArticle",
    "BlogPosting",
    "SocialMediaPosting",
    "LiveBlogPosting",
    "Report",
    "DiscussionForumPosting",
];

/// Types of things whose dates are not the article's.
const ASIDE: &[&str] = &[
    "Comment",
    "VideoObject",
    "ImageObject",
    "AudioObject",
    "Product",
    "Offer",
    "Person",
    "Organization",
    "NewsMediaOrganization",
    "BreadcrumbList",
    "ItemList",
    "WebSite",
    "Review",
    "Event",
    "SearchAction",
];

/// How deep objects are looked for within objects.
const DEEPEST: usize = 6;

/// What is said about the page's article; empty where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether there is an object of an article type.
    pub is_article: bool,
    /// Whether it is a live blog.
    pub live: bool,
    /// `isAccessibleForFree`, of the article or of a part of it.
    pub free: Option<bool>,
    /// `headline`, or the name of an article without one.
    pub headline: Option<String>,
    /// `articleBody`; may hold HTML.
    pub body: Option<String>,
    /// `liveBlogUpdate`: the entries of a live blog, in the order of the data.
    pub updates: Vec<Update>,
    /// `datePublished`, as written.
    pub published: Option<String>,
    /// `dateModified`, as written.
    pub modified: Option<String>,
    /// `datePublished` of a page or another thing that is no article.
    pub page_published: Option<String>,
    /// `dateModified` of the same.
    pub page_modified: Option<String>,
    /// The address of the article.
    pub url: Option<String>,
    /// The publisher's name.
    pub publisher: Option<String>,
    /// `inLanguage`.
    pub language: Option<String>,
}

/// An entry of a live blog.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// `headline`.
    pub headline: Option<String>,
    /// `articleBody`; may hold HTML.
    pub body: String,
    /// `datePublished`, as written.
    pub published: Option<String>,
}

/// Reads the islands of a page. What cannot be read is passed over.
pub fn facts(islands: &[String]) -> Facts {
    let values: Vec<Value> = islands.iter().filter_map(|island| parse(island)).collect();
    let mut objects = Vec::new();
    for value in &values {
        collect(value, 0, &mut objects);
    }
    let mut facts = Facts::default();
    // A page may describe teasers too; its own article comes first or is the one that is told at most length.
    let article = objects.iter().copied().filter(|o| is_a(o, ARTICLES)).max_by_key(|o| weight(o));
    if let Some(article) = article {
        facts.is_article = true;
        facts.live = is_a(article, &["LiveBlogPosting"]);
        facts.free = free(article);
        facts.headline = text(article, "headline").or_else(|| text(article, "name"));
        facts.body = text(article, "articleBody");
        facts.updates = updates(article);
        facts.published = text(article, "datePublished").or_else(|| text(article, "dateCreated"));
        facts.modified = text(article, "dateModified");
        facts.url = text(article, "url").or_else(|| named(article, "mainEntityOfPage", "@id"));
        facts.publisher = named(article, "publisher", "name").or_else(|| by_id(article, "publisher", &objects));
        facts.language = named(article, "inLanguage", "name");
    }
    for object in objects.iter().filter(|o| !is_a(o, ARTICLES) && !is_a(o, ASIDE)) {
        facts.page_published = facts.page_published.or_else(|| text(object, "datePublished"));
        facts.page_modified = facts.page_modified.or_else(|| text(object, "dateModified"));
        facts.language = facts.language.or_else(|| text(object, "inLanguage"));
        facts.free = facts.free.or_else(|| free(object));
    }
    facts
}

/// How many entries of a live blog are read.
const MOST_UPDATES: usize = 2_000;

fn updates(article: &Map<String, Value>) -> Vec<Update> {
    let told = match article.get("liveBlogUpdate") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let update = |object: &Map<String, Value>| {
        let body = text(object, "articleBody").or_else(|| text(object, "text"))?;
        Some(Update { headline: text(object, "headline"), body, published: text(object, "datePublished") })
    };
    told.iter().filter_map(Value::as_object).filter_map(update).take(MOST_UPDATES).collect()
}

/// Parses an island, forgiving what pages get wrong: comment marks around it, raw line breaks in texts, a semicolon
/// after it.
fn parse(island: &str) -> Option<Value> {
    let island = island.trim().trim_start_matches("<!--").trim_start_matches("//").trim_start();
    let island = island.trim_start_matches("<![CDATA[").trim_end_matches("-->").trim_end_matches("//]]>");
    let island = island.trim().trim_end_matches("]]>").trim_end_matches(';');
    serde_json::from_str(island).ok().or_else(|| {
        let tame: String = island.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        serde_json::from_str(&tame).ok()
    })
}

/// Gathers the objects that speak of the page: at the top, in a list or graph, or as the page's main entity.
fn collect<'a>(value: &'a Value, depth: usize, into: &mut Vec<&'a Map<String, Value>>) {
    if depth > DEEPEST || into.len() >= 200 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth + 1, into)),
        Value::Object(object) => {
            into.push(object);
            for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                if let Some(inner) = object.get(key) {
                    collect(inner, depth + 1, into);
                }
            }
        }
        _ => {}
    }
}

/// How much an object tells: the one with a headline, a body and dates is the page's article. Of equals the last would
/// win, so that an early place in the page does not count against the fuller one.
fn weight(object: &Map<String, Value>) -> (bool, bool, usize) {
    (object.contains_key("datePublished"), object.contains_key("articleBody"), object.len())
}

fn is_a(object: &Map<String, Value>, types: &[&str]) -> bool {
    let is_one = |value: &Value| {
        value.as_str().is_some_and(|name| types.contains(&name.rsplit(['/', ':']).next().unwrap_or(name)))
    };
    match object.get("@type") {
        Some(Value::Array(names)) => names.iter().any(is_one),
        Some(name) => is_one(name),
        None => false,
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    let value = match object.get(key)? {
        Value::Array(items) => items.first()?,
        value => value,
    };
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A text, or the part of an object that stands in its place: `"publisher": {"name": …}`.
fn named(object: &Map<String, Value>, key: &str, part: &str) -> Option<String> {
    text(object, key).or_else(|| {
        let value = match object.get(key)? {
            Value::Array(items) => items.first()?,
            value => value,
        };
        text(value.as_object()?, part)
    })
}

/// The name of an object that is only referred to: `"publisher": {"@id": "#org"}`.
fn by_id(object: &Map<String, Value>, key: &str, objects: &[&Map<String, Value>]) -> Option<String> {
    let id = text(object.get(key)?.as_object()?, "@id")?;
    objects.iter().find(|o| text(o, "@id").as_deref() == Some(&*id)).and_then(|o| text(o, "name"))
}

/// Whether the text may be read without paying: false where the article or any part of it may not.
fn free(object: &Map<String, Value>) -> Option<bool> {
    let own = object.get("isAccessibleForFree").and_then(|value| match value {
        Value::Bool(free) => Some(*free),
        Value::String(word) => match word.to_ascii_lowercase().rsplit('/').next() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        },
        _ => None,
    });
    let part = match object.get("hasPart") {
        Some(Value::Object(part)) => free(part),
        Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_object).filter_map(free).min(),
        _ => None,
    };
    own.or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(island: &str) -> Facts {
        facts(&[island.to_owned()])
    }

    #[test]
    fn an_article_in_a_graph_is_found_with_its_publisher() {
        let facts = read(
            r##"{"@context":"https://schema.org","@graph":[
            {"@type":"NewsMediaOrganization","@id":"#org","name":"Coast Daily"},
            {"@type":"WebPage","datePublished":"2026-11-01"},
            {"@type":["NewsArticle"],"headline":"Mill toll rises to 31","datePublished":"2026-11-20T14:05:00+01:00",
             "dateModified":"2026-11-20T16:00:00+01:00","publisher":{"@id":"#org"},"isAccessibleForFree":"False"}]}"##,
        );
        assert!(facts.is_article && !facts.live);
        assert_eq!(facts.headline.as_deref(), Some("Mill toll rises to 31"));
        assert_eq!(facts.published.as_deref(), Some("2026-11-20T14:05:00+01:00"));
        assert_eq!(facts.page_published.as_deref(), Some("2026-11-01"));
        assert_eq!(facts.publisher.as_deref(), Some("Coast Daily"));
        assert_eq!(facts.free, Some(false));
    }

    #[test]
    fn faults_that_pages_make_are_forgiven() {
        let facts = read("<!-- {\"@type\":\"http://schema.org/LiveBlogPosting\",\"headline\":\"Storm:\nlive\"}; -->");
        assert!(facts.live);
        assert_eq!(facts.headline.as_deref(), Some("Storm: live"));
        assert_eq!(read("{\"@type\":"), Facts::default());
    }

    #[test]
    fn a_teaser_or_a_video_is_not_the_article() {
        let facts = read(
            r#"[{"@type":"VideoObject","datePublished":"2020-01-01"},
            {"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"Other"}]}]"#,
        );
        assert_eq!(facts, Facts::default());
    }
}
