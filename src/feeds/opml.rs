//! OPML, in which feed readers hand each other their lists of feeds: read tolerantly, written plainly.

use super::entities::resolve_html;
use super::markup::{Token, local_name, tokens};
use super::{NotAFeed, encoding, title};

/// A list is read up to this size, in bytes; ten thousand feeds have about two million.
const LARGEST: usize = 16 << 20;

/// A feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name there, as plain text on one line; empty where it has none.
    pub title: String,
    /// Its address, as it stands there.
    pub url: String,
}

/// The feeds of an OPML document, in its order, folders left aside.
///
/// # Errors
/// What is too large, empty, or no OPML.
pub fn read_opml(bytes: &[u8]) -> Result<Vec<Listed>, NotAFeed> {
    let text = encoding::decode(bytes, None, LARGEST)?.text;
    let mut is_opml = false;
    let mut feeds = Vec::new();
    for token in tokens(&text) {
        let Token::Start(tag) = token else { continue };
        is_opml |= local_name(tag.name).eq_ignore_ascii_case("opml");
        if !is_opml || !local_name(tag.name).eq_ignore_ascii_case("outline") {
            continue;
        }
        let said = |name: &str| tag.attribute(name).map(|value| resolve_html(value).trim().to_owned());
        if let Some(url) = said("xmlUrl").filter(|url| !url.is_empty()) {
            let name = [said("text"), said("title")].into_iter().flatten().find(|name| !name.is_empty());
            feeds.push(Listed { title: title::plain(&name.unwrap_or_default(), false), url });
        }
    }
    if is_opml { Ok(feeds) } else { Err(NotAFeed::Unreadable { reason: "no <opml> in it".to_owned() }) }
}

/// An OPML 2.0 document.
pub fn write_opml(name: &str, feeds: &[Listed]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>{}</title>\n  </head>\n  \
         <body>\n",
        escaped(name)
    );
    for Listed { title, url } in feeds {
        let (title, url) = (escaped(title), escaped(url));
        out.push_str(&format!("    <outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{url}\"/>\n"));
    }
    out + "  </body>\n</opml>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(title: &str, url: &str) -> Listed {
        Listed { title: title.to_owned(), url: url.to_owned() }
    }

    #[test]
    fn lists_of_other_readers_are_read() {
        let text = "\u{feff}<?xml version='1.0'?><!-- exported --><OPML version=1.1><body>\
            <outline text='World &amp; conflict'>\
            <outline type='rss' text='Coast Daily' xmlUrl='https://coast.example/feed?a=1&amp;b=2' htmlUrl='https://coast.example/'/>\
            <outline TEXT='' title='Wire' xmlurl=' https://wire.example/rss '>\
            </outline><outline text='A note'/></body></opml>";
        let expected =
            [listed("Coast Daily", "https://coast.example/feed?a=1&b=2"), listed("Wire", "https://wire.example/rss")];
        assert_eq!(read_opml(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let feeds =
            [listed("A \"quoted\" <name> & more", "https://a.example/?x=1&y=2"), listed("", "https://b.example/")];
        assert_eq!(read_opml(write_opml("Mine & yours", &feeds).as_bytes()).unwrap(), feeds);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(read_opml(b"<rss><channel/></rss>").is_err());
        assert!(read_opml(b"").is_err());
        assert_eq!(read_opml(b"<opml/>").unwrap(), []);
    }
}
