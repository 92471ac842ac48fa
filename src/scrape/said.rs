//! What a page says of itself in its head and in the attributes of its elements, gathered in one walk.

use scraper::{ElementRef, Html};

use super::plain_text::clean;

/// The page's own statements, gathered in one walk.
#[derive(Debug, Default)]
pub struct Said {
    /// Names in small letters with their contents, in order.
    pub meta: Vec<(String, String)>,
    /// `<link rel=canonical>`.
    pub canonical: Option<String>,
    /// The language of the whole.
    pub language: Option<String>,
    /// `<title>`.
    pub title: Option<String>,
    /// Each `<h1>`.
    pub headings: Vec<String>,
    /// `<time>` and microdata dates, with how much each is trusted (less is more).
    pub times: Vec<(u8, String)>,
    /// `<time>` and microdata that hold the last change.
    pub modified: Vec<String>,
}

impl Said {
    /// Walks the page.
    pub fn by(page: &Html) -> Self {
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

    /// What the `<meta>` of these names hold, by the order of the names; with each its number among those of one name.
    pub fn all(&self, names: &'static [&'static str]) -> impl Iterator<Item = (usize, &str)> {
        let of =
            move |name| self.meta.iter().filter(move |(n, _)| n == name).map(|(_, content)| &**content).enumerate();
        names.iter().flat_map(of)
    }

    /// What the first `<meta>` of a name holds.
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta.iter().find(|(n, _)| n == name).map(|(_, content)| &**content)
    }
}
