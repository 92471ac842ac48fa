//! A page without what the extraction library takes out first. The library copies and searches the whole page several
//! times over; what it will not read is half of most pages, and half of the time.

use scraper::{ElementRef, Html, Node};

/// Elements that the library takes out with all they hold before it looks for an article (trafilatura 0.6,
/// `TAGS_TO_CLEAN`), and those that hold no words. A figure with a table in it stays.
const TAKEN_OUT: &[&str] = &[
    "applet", "area", "aside", "audio", "blink", "button", "canvas", "datalist", "dialog", "embed", "fieldset",
    "figure", "footer", "form", "frame", "frameset", "head", "iframe", "img", "input", "label", "legend", "link",
    "map", "marquee", "math", "menu", "menuitem", "meta", "nav", "noscript", "object", "optgroup", "option", "output",
    "param", "picture", "progress", "rp", "rt", "rtc", "script", "select", "source", "style", "svg", "textarea",
    "time", "track", "use", "video",
];

/// The attributes by which the library knows what an element is.
const TELLING: &[&str] = &[
    "aria-hidden",
    "class",
    "data-component",
    "data-lp-replacement-content",
    "data-testid",
    "hidden",
    "href",
    "id",
    "itemprop",
    "lang",
    "rel",
    "role",
    "style",
    "target",
    "type",
];

/// Elements without content.
const VOID: &[&str] = &["br", "col", "hr", "wbr"];

/// What the library would otherwise look for all over the page. Nothing of it is used.
const HEAD: &str = "<head><title>-</title><meta name=\"author\" content=\"-\"><meta name=\"keywords\" content=\"-\">\
    <meta property=\"article:section\" content=\"-\"><meta property=\"og:title\" content=\"-\">\
    <meta property=\"og:site_name\" content=\"-\"><meta property=\"og:description\" content=\"-\">\
    <meta property=\"og:type\" content=\"article\"></head>";

/// The body of a page without all that, written anew. Its depth must have been bounded by the guard.
pub fn lean(page: &Html) -> String {
    let mut html = format!("<!DOCTYPE html><html>{HEAD}");
    let body = page.root_element().child_elements().find(|element| element.value().name() == "body");
    if let Some(body) = body {
        write(body, &mut html);
    }
    html + "</html>"
}

fn write(element: ElementRef<'_>, html: &mut String) {
    let name = element.value().name();
    let is_table = || name == "figure" && element.descendent_elements().any(|inner| inner.value().name() == "table");
    if TAKEN_OUT.contains(&name) && !is_table() {
        return;
    }
    html.push('<');
    html.push_str(name);
    for (key, value) in element.value().attrs().filter(|(key, _)| TELLING.contains(key)) {
        html.push(' ');
        html.push_str(key);
        html.push_str("=\"");
        value.chars().for_each(|c| escape(c, html));
        html.push('"');
    }
    html.push('>');
    if VOID.contains(&name) {
        return;
    }
    for child in element.children() {
        match child.value() {
            Node::Text(text) if name == "pre" => text.chars().for_each(|c| escape(c, html)),
            Node::Text(text) => close_up(text, html),
            _ => {
                if let Some(inner) = ElementRef::wrap(child) {
                    write(inner, html);
                }
            }
        }
    }
    html.push_str("</");
    html.push_str(name);
    html.push('>');
}

/// Writes text with one space for each run of them: most runs are there for the eye of who wrote the page.
fn close_up(text: &str, html: &mut String) {
    let mut spaced = false;
    for c in text.chars() {
        let space = c.is_ascii_whitespace();
        if !space {
            escape(c, html);
        } else if !spaced {
            html.push(if c == '\n' { '\n' } else { ' ' });
        }
        spaced = space;
    }
}

fn escape(c: char, html: &mut String) {
    match c {
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '&' => html.push_str("&amp;"),
        '"' => html.push_str("&quot;"),
        c => html.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_article_is_in_is_left_out_and_the_rest_says_the_same() {
        let page = Html::parse_document(
            "<html lang=en><head><title>Toll</title></head><body class=story onload=start()><nav><a href=/>Home</a></nav>\
             <p data-tracked=1>31   dead &amp; 17\n\n   missing <img src=a.png>in <b id='x\"y'>Tarvik</b> &lt;sic&gt;</p>\
             <figure><img src=b.png><figcaption>Boats</figcaption></figure>\
             <figure><table><tr><td>Tarvik</td><td>24</td></tr></table></figure><pre>a  b</pre><br></body></html>",
        );
        let html = lean(&page);
        let body = &html[html.find("<body").unwrap()..];
        assert_eq!(
            body,
            "<body class=\"story\"><p>31 dead &amp; 17\nmissing in <b id=\"x&quot;y\">Tarvik</b> &lt;sic&gt;</p>\
             <figure><table><tbody><tr><td>Tarvik</td><td>24</td></tr></tbody></table></figure>\
             <pre>a  b</pre><br></body></html>"
        );
    }
}
