//! Title, outlet, language and canonical address of an article.

use url::Url;

use super::json_ld::Facts;
use super::plain_text::clean;
use super::said::Said;
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
    /// Whether the page names an address on another site as its own, as copies of a text do.
    pub elsewhere: bool,
    /// Whether its dates of three numbers have the day before the month.
    pub day_first: bool,
}

/// How long a title may be, in bytes; the rest is cut.
const LONGEST_TITLE: usize = 1_000;

/// Reads what the page says of itself. Each value has one order of trust, the first statement that can be true counts,
/// and what the feed says fills the gaps:
///
/// | value | order |
/// | --- | --- |
/// | title | JSON-LD `headline`, `og:title`, `twitter:title`, `h1`, `title`, the feed |
/// | address | `link rel=canonical`, `og:url`, JSON-LD `url`, where on the same site; else where the page was had |
/// | outlet | `og:site_name`, JSON-LD `publisher`, `application-name`, the end of `title`, where its host bears it out; else the host |
/// | language | `html lang`, JSON-LD, `content-language`, `og:locale`; the look of the text where they cannot be true |
/// | dates | see [`super::when`] |
pub fn metadata(said: &Said, facts: &Facts, url: &Url, item: Option<&FeedItem>) -> Metadata {
    let (canonical, elsewhere) = canonical(said, facts, url);
    let outlet = outlet(said, facts, &canonical);
    Metadata {
        title: title(said, facts, &outlet, item),
        language: language(said, facts),
        day_first: is_day_first(said, &canonical),
        url: canonical,
        elsewhere,
        outlet,
    }
}

/// Whether "05/10/2026" is the fifth of October here: everywhere but where English is written as in America, by the
/// region that the page's language names, or by the country of its address.
fn is_day_first(said: &Said, url: &Url) -> bool {
    let told = said.language.as_deref().or(said.meta("og:locale")).unwrap_or("").to_ascii_lowercase();
    let mut parts = told.split(['-', '_']);
    let (language, region) = (parts.next().unwrap_or(""), parts.next().filter(|r| r.len() == 2));
    let country = url.host_str().and_then(|host| host.rsplit('.').next()).filter(|label| label.len() == 2);
    let month_first = |place: &str| matches!(place, "us" | "ca" | "ph");
    match region.or(country) {
        Some(place) => !month_first(place),
        None => !matches!(language, "" | "en"),
    }
}

/// The address that the page gives as its own, if it is on the same site and not that of the front page; and whether it
/// gives one on another site.
fn canonical(said: &Said, facts: &Facts, url: &Url) -> (Url, bool) {
    let mut elsewhere = false;
    let told = [said.canonical.as_deref(), said.meta("og:url"), facts.url.as_deref()];
    for address in told.into_iter().flatten() {
        let Ok(mut address) = url.join(address.trim()) else { continue };
        let is_web = matches!(address.scheme(), "http" | "https");
        let is_front = matches!(address.path(), "" | "/") && !matches!(url.path(), "" | "/");
        // A page from a file has no address of its own.
        let is_own = same_site(&address, url) || !matches!(url.scheme(), "http" | "https");
        if is_web && is_own && !is_front {
            address.set_fragment(None);
            return (address, elsewhere);
        }
        elsewhere |= is_web && !is_own;
    }
    let mut own = url.clone();
    own.set_fragment(None);
    (own, elsewhere)
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
    // Titles end or begin with the name of the site, or with anything else: it is the name if the host is spelt like it.
    let title = said.title.as_deref().unwrap_or("");
    let end = SEPARATORS.iter().filter_map(|separator| title.rsplit_once(separator)).map(|(_, end)| end.trim());
    let end =
        end.chain(SEPARATORS.iter().chain(&[": "]).filter_map(|s| title.split_once(s)).map(|(start, _)| start.trim()));
    let is_host = |name: &&str| {
        let name = letters(name);
        let labels = host_name(url).to_lowercase();
        labels.split('.').any(|label| {
            let label = label.replace('-', "");
            !name.is_empty() && (label == name || Some(&*label) == name.strip_prefix("the"))
        })
    };
    let named = names.iter().find(borne_out).or(names.iter().find(plausible)).cloned();
    named.or_else(|| end.map(str::to_owned).find(|name| is_host(&&**name))).unwrap_or_else(|| host_name(url))
}

/// What stands between a headline and the name of its site.
const SEPARATORS: &[&str] = &[" | ", " - ", " – ", " — ", " :: ", " · ", " • ", " « ", " » "];

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
    let start = SEPARATORS.iter().chain(&[": "]).find_map(|separator| {
        title
            .split_once(separator)
            .filter(|(start, rest)| letters(start) == site && rest.split_whitespace().count() > 1)
    });
    let mut title = start.map_or(title, |(_, rest)| rest.trim_start());
    for separator in SEPARATORS {
        while let Some((head, tail)) = title.rsplit_once(*separator) {
            let tail_bare = letters(tail);
            let is_site = !tail_bare.is_empty()
                && (tail_bare == site
                    || site.starts_with(&tail_bare)
                    || tail_bare.starts_with(&site) && site.len() > 3);
            // After a bar only a site's name or a section stands.
            let is_section = *separator == " | " && tail.split_whitespace().count() <= 4;
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
        metadata(&Said::by(&guarded.parse()), &json_ld::facts(&guarded.json_ld), &url, None)
    }

    #[test]
    fn the_name_of_the_site_is_no_part_of_a_title() {
        for (title, site, expected) in [
            ("Mill toll rises to 31 | Coast Daily", "Coast Daily", "Mill toll rises to 31"),
            ("Mill toll rises to 31 - World - Coast Daily", "Coast Daily", "Mill toll rises to 31 - World"),
            ("Mill toll rises to 31 | World | Coast Daily", "Coast Daily", "Mill toll rises to 31"),
            ("Tarvik mill: 31 dead - officials", "Coast Daily", "Tarvik mill: 31 dead - officials"),
            ("Coast Daily: Mill toll rises to 31", "Coast Daily", "Mill toll rises to 31"),
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
    fn a_canonical_address_is_believed_on_the_same_site() {
        let url = |href: &str| read(&format!("<link rel=canonical href='{href}'>")).url.to_string();
        assert_eq!(url("/2026/11/16/mill"), "https://www.coastdaily.example/2026/11/16/mill");
        assert_eq!(url("https://m.coastdaily.example/mill#x"), "https://m.coastdaily.example/mill");
        for elsewhere in ["https://agency.example/mill", "https://www.coastdaily.example/", "javascript:void(0)"] {
            assert_eq!(url(elsewhere), "https://www.coastdaily.example/2026/11/16/mill?ref=rss", "{elsewhere}");
        }
        let elsewhere = |href: &str| read(&format!("<link rel=canonical href='{href}'>")).elsewhere;
        assert!(elsewhere("https://agency.example/mill") && !elsewhere("/mill") && !elsewhere("/"));
    }

    #[test]
    fn an_outlet_is_the_name_that_its_host_bears_out() {
        let named = |name: &str| read(&format!("<meta property='og:site_name' content='{name}'>")).outlet;
        assert_eq!(named("The Coast Daily"), "The Coast Daily");
        assert_eq!(named("@coastdaily"), "coastdaily.example");
        assert_eq!(named("U.S."), "coastdaily.example");
        assert_eq!(read("<title>Toll at 31 - The Coast Daily</title>").outlet, "The Coast Daily");
        assert_eq!(read("<title>Toll at 31 - World</title>").outlet, "coastdaily.example");
    }

    #[test]
    fn the_order_of_day_and_month_goes_by_the_place() {
        let day_first = |html: &str| read(html).day_first;
        assert!(day_first("<html lang=en-GB>") && day_first("<html lang=pt>"));
        assert!(!day_first("<html lang=en-US>") && !day_first("<html lang=en>") && !day_first("<p>"));
    }

    #[test]
    fn a_language_is_told_by_its_primary_tag() {
        assert_eq!(read("<html lang=en-GB><p>x").language.as_deref(), Some("en"));
        assert_eq!(read("<meta property='og:locale' content='ar_SY'>").language.as_deref(), Some("ar"));
        assert_eq!(language_of(Some("en".into()), Some("ar".into())).as_deref(), Some("ar"));
        assert_eq!(language_of(Some("en".into()), Some("fr".into())).as_deref(), Some("en"));
    }
}
