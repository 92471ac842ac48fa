//! Title, outlet, language, dates and canonical address of an article.

use jiff::Timestamp;
use scraper::{ElementRef, Html};
use url::Url;

use super::dates::{self, Written};
use super::json_ld::Facts;
use super::plain_text::clean;
use crate::model::FeedItem;

/// What is known of an article besides its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The canonical address.
    pub url: Url,
    /// Without the site's name.
    pub title: String,
    /// The publisher's name, or the host where the page does not tell.
    pub outlet: String,
    /// A BCP 47 primary tag.
    pub language: Option<String>,
    /// First publication.
    pub published: Option<Timestamp>,
    /// Last change.
    pub modified: Option<Timestamp>,
}

/// Names of `<meta>` that hold the first publication, most trusted first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "datepublished",
    "og:article:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "publicationdate",
    "article.published",
    "published-date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "bt:pubdate",
    "rnews:datepublished",
    "og:published_time",
    "og:pubdate",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "dc.date.created",
    "displaydate",
    "date",
    "article_date_original",
    "originalpublicationdate",
    "ptime",
    "timestamp",
];

/// Names of `<meta>` that hold the last change.
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "datemodified",
    "og:article:modified_time",
    "og:updated_time",
    "article:updated_time",
    "lastmod",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "article.updated",
    "revised",
];

/// How long a title may be, in bytes; the rest is cut.
const LONGEST_TITLE: usize = 1_000;

/// The page's own statements, gathered in one walk.
#[derive(Debug, Default)]
struct Said {
    /// Names in small letters with their contents, in order.
    meta: Vec<(String, String)>,
    canonical: Option<String>,
    language: Option<String>,
    title: Option<String>,
    headings: Vec<String>,
    /// `<time>` and microdata dates, with how much each is trusted (less is more).
    times: Vec<(u8, String)>,
    modified: Vec<String>,
}

/// Reads what the page says, in this order of trust: JSON-LD, meta, microdata and `<time>`, the address, the feed.
/// Dates later than the fetch are not believed.
pub fn metadata(page: &Html, facts: &Facts, url: &Url, fetched: Timestamp, item: Option<&FeedItem>) -> Metadata {
    let said = Said::by(page);
    let canonical = canonical(&said, facts, url);
    let outlet = outlet(&said, facts, &canonical);
    let latest = dates::latest(fetched);

    let mut published: Vec<Written> = Vec::new();
    published.extend(facts.published.as_deref().and_then(dates::parse));
    published.extend(facts.page_published.as_deref().and_then(dates::parse));
    published.extend(said.all(PUBLISHED).filter_map(dates::parse));
    published.extend(said.times.iter().filter_map(|(_, time)| dates::parse(time)));
    published.extend(dates::in_path(url.path()).map(Written::Day));
    published.extend(item.and_then(|item| item.published).map(Written::Moment));
    let published = most_exact(&published, latest);

    let mut modified: Vec<Written> = Vec::new();
    modified.extend(facts.modified.as_deref().and_then(dates::parse));
    modified.extend(facts.page_modified.as_deref().and_then(dates::parse));
    modified.extend(said.all(MODIFIED).filter_map(dates::parse));
    modified.extend(said.modified.iter().filter_map(|time| dates::parse(time)));
    modified.extend(item.and_then(|item| item.updated).map(Written::Moment));
    let modified = most_exact(&modified, latest)
        // A change before the publication is a template's date, not the article's.
        .filter(|modified| published.is_none_or(|published| *modified >= published));

    Metadata {
        title: title(&said, facts, &outlet, item),
        language: language(&said, facts),
        url: canonical,
        outlet,
        published,
        modified,
    }
}

impl Said {
    fn by(page: &Html) -> Self {
        let mut said = Self::default();
        let root = page.root_element();
        said.language = root.value().attr("lang").or_else(|| root.value().attr("xml:lang")).map(str::to_owned);
        for element in root.descendent_elements() {
            let value = element.value();
            match value.name() {
                "meta" => {
                    let name = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| value.attr(key));
                    if let (Some(name), Some(content)) = (name, value.attr("content"))
                        && !content.trim().is_empty()
                    {
                        said.meta.push((name.trim().to_ascii_lowercase(), content.trim().to_owned()));
                    }
                }
                "link" if value.attr("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                    said.canonical = said.canonical.or_else(|| value.attr("href").map(str::to_owned));
                }
                "title" => said.title = said.title.or_else(|| Some(clean(&element.text().collect::<String>()))),
                "h1" => said.headings.push(clean(&element.text().collect::<String>())),
                _ => said.time(element),
            }
        }
        said.times.sort_by_key(|(trust, _)| *trust);
        said
    }

    /// Notes an element that holds a date.
    fn time(&mut self, element: ElementRef<'_>) {
        let value = element.value();
        let property = value.attr("itemprop").unwrap_or("").to_ascii_lowercase();
        let is_time = value.name() == "time";
        if !is_time && !property.contains("date") {
            return;
        }
        let written = value.attr("datetime").or_else(|| value.attr("content")).map(str::to_owned);
        let written = written.unwrap_or_else(|| clean(&element.text().collect::<String>()));
        if property.contains("modified") {
            self.modified.push(written);
        } else if property.contains("published") || property.contains("created") || value.attr("pubdate").is_some() {
            self.times.push((0, written));
        } else if is_time && !self.times.iter().any(|(trust, _)| *trust > 0) {
            // Of the times without a meaning the first one counts, and best one in an article's own frame.
            let within = |names: &[&str]| {
                element.ancestors().filter_map(ElementRef::wrap).any(|e| names.contains(&e.value().name()))
            };
            if !within(&["aside", "footer", "nav"]) {
                self.times.push((if within(&["article", "main"]) { 1 } else { 2 }, written));
            }
        }
    }

    fn all(&self, names: &'static [&'static str]) -> impl Iterator<Item = &str> {
        names.iter().flat_map(|name| self.meta.iter().filter(move |(n, _)| n == name)).map(|(_, content)| &**content)
    }

    fn meta(&self, name: &str) -> Option<&str> {
        self.meta.iter().find(|(n, _)| n == name).map(|(_, content)| &**content)
    }
}

/// The first date that can be true, or a later one that tells the same more exactly.
fn most_exact(written: &[Written], latest: Timestamp) -> Option<Timestamp> {
    let possible = |w: &&Written| w.timestamp().is_some_and(|t| t <= latest);
    let mut best = *written.iter().find(possible)?;
    for other in written.iter().filter(possible) {
        if best.is_refined_by(*other) {
            best = *other;
        }
    }
    best.timestamp()
}

/// The address that the page gives as its own, if it is on the same site and not that of the front page.
fn canonical(said: &Said, facts: &Facts, url: &Url) -> Url {
    let told = [said.canonical.as_deref(), said.meta("og:url"), facts.url.as_deref()];
    for address in told.into_iter().flatten() {
        let Ok(mut address) = url.join(address.trim()) else { continue };
        let is_web = matches!(address.scheme(), "http" | "https");
        let is_front = matches!(address.path(), "" | "/") && !matches!(url.path(), "" | "/");
        // A page from a file has no address of its own.
        let is_own = same_site(&address, url) || !matches!(url.scheme(), "http" | "https");
        if is_web && is_own && !is_front {
            address.set_fragment(None);
            return address;
        }
    }
    let mut own = url.clone();
    own.set_fragment(None);
    own
}

/// Whether two hosts share their last two labels ("www.coast.example" and "amp.coast.example"): good enough to refuse a
/// canonical address that points to another publisher, which syndicated copies have.
fn same_site(a: &Url, b: &Url) -> bool {
    let last_two = |url: &Url| {
        let host = url.host_str().unwrap_or("").to_ascii_lowercase();
        let labels: Vec<&str> = host.rsplit('.').take(2).collect();
        labels.join(".")
    };
    last_two(a) == last_two(b)
}

/// The publisher's name: of those that the page gives, the first that its host bears out ("U.S." is a section), else
/// the first at all.
fn outlet(said: &Said, facts: &Facts, url: &Url) -> String {
    let told = [said.meta("og:site_name"), facts.publisher.as_deref(), said.meta("application-name")];
    let names: Vec<String> = told
        .into_iter()
        .flatten()
        .map(|name| clean(name.split(" | ").next().unwrap_or(name)))
        .filter(|name| !letters(name).is_empty() && name.chars().count() <= 80)
        .filter(|name| !name.starts_with('@') && !name.contains("://"))
        .collect();
    let host = letters(&host_name(url));
    let initials = |name: &str| name.split_whitespace().filter_map(|w| w.chars().next()).collect::<String>();
    let borne_out = |name: &&String| {
        let initials = letters(&initials(name));
        name.split_whitespace().map(letters).all(|word| host.contains(&word))
            || initials.len() >= 3 && host.starts_with(&initials)
    };
    let plausible = |name: &&String| letters(name).chars().count() > 3;
    names.iter().find(borne_out).or(names.iter().find(plausible)).cloned().unwrap_or_else(|| host_name(url))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The host without "www.".
pub fn host_name(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

fn title(said: &Said, facts: &Facts, outlet: &str, item: Option<&FeedItem>) -> String {
    let told = [
        facts.headline.clone(),
        said.meta("og:title").map(clean),
        said.meta("twitter:title").map(clean),
        said.headings.iter().find(|h| !h.is_empty()).cloned(),
        said.title.clone(),
        item.map(|item| item.title.clone()),
    ];
    let titles: Vec<String> = told
        .into_iter()
        .flatten()
        .map(|title| without_site(&clean(&plain(&title)), outlet))
        .filter(|title| !title.is_empty() && !title.eq_ignore_ascii_case(outlet))
        .collect();
    let Some(first) = titles.first() else { return String::new() };
    // schema.org headlines are often cut at 110 characters; another statement then has the whole.
    let stem = first.trim_end_matches(['…', '.']).trim_end();
    let whole = titles.iter().find(|t| t.len() > first.len() && t.starts_with(stem) && stem.len() < first.len());
    whole.unwrap_or(first).clone()
}

/// A headline that was written as HTML ("Storm&#8217;s toll") as the text it stands for.
fn plain(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LONGEST_TITLE)];
    if text.contains('&') || text.contains('<') {
        super::paragraphs::of_html(&super::guard::guard(text).html).join(" ")
    } else {
        text.to_owned()
    }
}

/// Takes the name of the site off a title: "Mill toll rises | Coast Daily".
fn without_site(title: &str, outlet: &str) -> String {
    let site = letters(outlet);
    let mut title = title;
    for separator in [" | ", " - ", " – ", " — ", " :: ", " · ", " • ", " « ", " » "] {
        while let Some((head, tail)) = title.rsplit_once(separator) {
            let tail_bare = letters(tail);
            let is_site = !tail_bare.is_empty()
                && (tail_bare == site
                    || site.starts_with(&tail_bare)
                    || tail_bare.starts_with(&site) && site.len() > 3);
            // After a bar only a site's name or a section stands.
            let is_section = separator == " | " && tail.split_whitespace().count() <= 4;
            if head.split_whitespace().count() < 2 || !(is_site || is_section) {
                break;
            }
            title = head.trim_end();
        }
    }
    title.to_owned()
}

/// The language by the page's own word, as a primary tag: "en" of "en-GB".
fn language(said: &Said, facts: &Facts) -> Option<String> {
    let told = [
        said.language.as_deref(),
        facts.language.as_deref(),
        said.meta("content-language"),
        said.meta("og:locale"),
        said.meta("language"),
        said.meta("dc.language"),
    ];
    told.into_iter().flatten().find_map(primary_tag)
}

/// The language by the page's word and by the look of its text. The page is believed, except that templates call any
/// page English: a text in another script is not.
pub fn language_of(told: Option<String>, looks: Option<String>) -> Option<String> {
    const OTHER_SCRIPTS: &[&str] = &[
        "ar", "fa", "ur", "he", "ru", "uk", "bg", "sr", "mk", "be", "el", "hi", "bn", "ta", "te", "th", "zh", "ja",
        "ko", "ka", "hy", "am", "my", "km", "gu", "pa", "kn", "ml", "mr", "ne",
    ];
    match (told, looks) {
        (Some(told), Some(looks)) if told == "en" && OTHER_SCRIPTS.contains(&&*looks) => Some(looks),
        (Some(told), _) => Some(told),
        (None, looks) => looks.as_deref().and_then(primary_tag),
    }
}

fn primary_tag(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_', ',', ';', ' ']).next()?.to_ascii_lowercase();
    let is_tag = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    // Some write the name of the language.
    let by_name =
        [("english", "en"), ("arabic", "ar"), ("russian", "ru"), ("french", "fr"), ("spanish", "es"), ("german", "de")];
    if is_tag { Some(primary) } else { by_name.iter().find(|(n, _)| *n == primary).map(|(_, t)| (*t).to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::guard::guard;
    use super::super::json_ld;
    use super::*;

    fn read(head: &str) -> Metadata {
        let guarded = guard(head);
        let url = "https://www.coastdaily.example/2026/11/16/mill?ref=rss#top".parse().unwrap();
        let fetched = "2026-11-21T00:00:00Z".parse().unwrap();
        metadata(&guarded.parse(), &json_ld::facts(&guarded.json_ld), &url, fetched, None)
    }

    fn published(head: &str) -> Option<String> {
        read(head).published.map(|t| t.to_string())
    }

    #[test]
    fn the_name_of_the_site_is_no_part_of_a_title() {
        for (title, site, expected) in [
            ("Mill toll rises to 31 | Coast Daily", "Coast Daily", "Mill toll rises to 31"),
            ("Mill toll rises to 31 - World - Coast Daily", "Coast Daily", "Mill toll rises to 31 - World"),
            ("Mill toll rises to 31 | World | Coast Daily", "Coast Daily", "Mill toll rises to 31"),
            ("Tarvik mill: 31 dead - officials", "Coast Daily", "Tarvik mill: 31 dead - officials"),
            ("Coast Daily", "Coast Daily", "Coast Daily"),
            ("Dead – 31", "Coast Daily", "Dead – 31"),
        ] {
            assert_eq!(without_site(title, site), expected);
        }
    }

    #[test]
    fn a_headline_that_was_cut_is_told_whole() {
        let head = "<meta property='og:title' content='Mill toll rises to 31 as crews dig on'>\
            <script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"Mill toll rises to 31…\"}</script>";
        assert_eq!(read(head).title, "Mill toll rises to 31 as crews dig on");
    }

    #[test]
    fn dates_are_taken_in_the_order_of_trust_and_made_exact() {
        let meta = "<meta property='article:published_time' content='2026-11-16T10:00:00Z'>";
        let data = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-11-15T09:00:00Z\"}</script>";
        let day =
            "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-11-16\"}</script>";
        assert_eq!(published(&format!("{meta}{data}")).as_deref(), Some("2026-11-15T09:00:00Z"));
        assert_eq!(published(&format!("{meta}{day}")).as_deref(), Some("2026-11-16T10:00:00Z"));
        assert_eq!(published("<time datetime='2026-11-16T08:30+02:00'>").as_deref(), Some("2026-11-16T06:30:00Z"));
        assert_eq!(published("<p>no word of it").as_deref(), Some("2026-11-16T00:00:00Z"), "by the address");
        // A date to come is a template's or an event's.
        assert_eq!(
            published("<meta name=date content='2027-01-01T00:00:00Z'>").as_deref(),
            Some("2026-11-16T00:00:00Z")
        );
    }

    #[test]
    fn the_time_of_another_article_is_not_taken() {
        let page = "<aside><time datetime='2026-11-01T00:00:00Z'></time></aside>\
            <article><time datetime='2026-11-16T07:00:00Z'></time></article>";
        assert_eq!(published(page).as_deref(), Some("2026-11-16T07:00:00Z"));
    }

    #[test]
    fn a_canonical_address_is_believed_on_the_same_site() {
        let url = |href: &str| read(&format!("<link rel=canonical href='{href}'>")).url.to_string();
        assert_eq!(url("/2026/11/16/mill"), "https://www.coastdaily.example/2026/11/16/mill");
        assert_eq!(url("https://m.coastdaily.example/mill#x"), "https://m.coastdaily.example/mill");
        for elsewhere in ["https://agency.example/mill", "https://www.coastdaily.example/", "javascript:void(0)"] {
            assert_eq!(url(elsewhere), "https://www.coastdaily.example/2026/11/16/mill?ref=rss", "{elsewhere}");
        }
    }

    #[test]
    fn an_outlet_is_the_name_that_its_host_bears_out() {
        let named = |name: &str| read(&format!("<meta property='og:site_name' content='{name}'>")).outlet;
        assert_eq!(named("The Coast Daily"), "The Coast Daily");
        assert_eq!(named("@coastdaily"), "coastdaily.example");
        assert_eq!(named("U.S."), "coastdaily.example");
    }

    #[test]
    fn a_language_is_told_by_its_primary_tag() {
        assert_eq!(read("<html lang=en-GB><p>x").language.as_deref(), Some("en"));
        assert_eq!(read("<meta property='og:locale' content='ar_SY'>").language.as_deref(), Some("ar"));
        assert_eq!(language_of(Some("en".into()), Some("ar".into())).as_deref(), Some("ar"));
        assert_eq!(language_of(Some("en".into()), Some("fr".into())).as_deref(), Some("en"));
    }
}
