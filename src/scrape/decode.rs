//! Bytes to characters: which encoding a page is really in.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a page a `<meta>` is looked for, in bytes. The standard says 1,024; real pages put scripts before it.
const META_WITHIN: usize = 8 << 10;

/// From how much of a page an encoding is guessed, in bytes.
const GUESSED_FROM: usize = 256 << 10;

/// How much of a page is looked at to tell text from other data, in characters.
const SAMPLE: usize = 64 << 10;

/// The characters of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The page as text, without a byte order mark.
    pub text: String,
    /// Whether the declared encoding was wrong, or none was declared and the page is not in UTF-8.
    pub repaired: bool,
}

/// Decodes a page. In this order: byte order mark, charset of the Content-Type header, valid UTF-8, `<meta>`, and what
/// the bytes look like. A declaration that the bytes contradict is passed over. `tld` is the last label of the page's
/// host, a hint for guessing ("ru", "jp").
pub fn decode(bytes: &[u8], content_type: Option<&str>, tld: Option<&str>) -> Decoded {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return as_declared(encoding, &bytes[length..]);
    }
    let declared = content_type.and_then(charset_of_header).or_else(|| charset_of_meta(bytes));
    match (std::str::from_utf8(bytes), declared) {
        // UTF-8 of any length cannot come about by chance, whatever the label says. ASCII is read as labelled, since
        // it may be ISO-2022-JP.
        (Ok(text), None) => Decoded { text: text.to_owned(), repaired: false },
        (Ok(text), Some(encoding)) if encoding == UTF_8 || !bytes.is_ascii() => {
            Decoded { text: text.to_owned(), repaired: encoding != UTF_8 }
        }
        (_, Some(encoding)) if encoding == UTF_8 => {
            if is_nearly_utf8(bytes) {
                as_declared(UTF_8, bytes)
            } else {
                guessed(bytes, tld)
            }
        }
        (_, Some(encoding)) if encoding == WINDOWS_1252 && looks_foreign(bytes) => guessed(bytes, tld),
        (_, Some(encoding)) => match fitting(encoding, bytes) {
            Some(text) => Decoded { text, repaired: false },
            None => guessed(bytes, tld),
        },
        (Err(_), None) if is_nearly_utf8(bytes) => as_declared(UTF_8, bytes),
        (Err(_), None) => guessed(bytes, tld),
    }
}

/// Whether what was decoded is no text: more than one in fifty characters is a control or could not be decoded.
pub fn is_junk(text: &str) -> bool {
    let (mut all, mut odd) = (0_usize, 0_usize);
    for c in text.chars().take(SAMPLE) {
        all += 1;
        odd += usize::from(c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_ascii_whitespace()));
    }
    odd * 50 > all
}

fn as_declared(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: text.into_owned(), repaired: false }
}

/// Reads a page whose first declaration is wrong or missing: as its `<meta>` says, if that can be, else as it looks.
fn guessed(bytes: &[u8], tld: Option<&str>) -> Decoded {
    if let Some(meta) = charset_of_meta(bytes).filter(|meta| *meta != UTF_8)
        && !(meta == WINDOWS_1252 && looks_foreign(bytes))
        && let Some(text) = fitting(meta, bytes)
    {
        return Decoded { text, repaired: true };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESSED_FROM)], true);
    // The detector panics at a label that is not plain lower case, such as one of an internationalised name.
    let tld = tld.filter(|t| t.len() <= 24 && t.bytes().all(|b| b.is_ascii_lowercase())).map(str::as_bytes);
    let encoding = detector.guess(tld, Utf8Detection::Allow);
    Decoded { text: encoding.decode_without_bom_handling(bytes).0.into_owned(), repaired: true }
}

/// The text in an encoding, unless more than one in a hundred characters has no meaning in it.
fn fitting(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    let fits = !malformed || replaced(&text) * 100 <= text.chars().count();
    fits.then(|| text.into_owned())
}

/// The encoding that `text/html; charset="…"` names.
fn charset_of_header(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let value = lower.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset"))?;
    let label = value.trim_start().strip_prefix('=')?.trim().trim_matches(['"', '\'']);
    Encoding::for_label(label.as_bytes())
}

/// The encoding that a `<meta>` near the top names, in either of its forms.
fn charset_of_meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(META_WITHIN)].to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head);
    let mut rest = &head[..];
    while let Some(start) = rest.find("<meta") {
        let tag = &rest[start..];
        let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
        if let Some((_, value)) = tag.split_once("charset") {
            let value = value.trim_start().strip_prefix('=').unwrap_or("").trim_start().trim_start_matches(['"', '\'']);
            let end =
                value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/')).unwrap_or(value.len());
            if let Some(encoding) = Encoding::for_label(&value.as_bytes()[..end]) {
                // A page whose meta can be read byte by byte is not in UTF-16, says the standard.
                return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
            }
        }
        rest = &rest[start + 5..];
    }
    None
}

/// Whether the bytes are UTF-8 with a stray byte here and there, or cut off within a character.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let bad = replaced(&text);
    let good = text.chars().filter(|c| !c.is_ascii()).count() - bad;
    good >= 10 * bad
}

fn replaced(text: &str) -> usize {
    text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count()
}

/// Whether the bytes above ASCII mostly stand in runs, as in Cyrillic, Greek or Arabic text. In the Western languages
/// that a wrong default of "ISO-8859-1" would fit, they stand alone among ASCII letters.
fn looks_foreign(bytes: &[u8]) -> bool {
    let (mut in_runs, mut all, mut run) = (0_usize, 0_usize, 0_usize);
    for &byte in bytes.iter().chain(b" ") {
        if byte >= 0x80 {
            run += 1;
        } else {
            all += run;
            in_runs += if run >= 4 { run } else { 0 };
            run = 0;
        }
    }
    in_runs * 2 > all
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, WINDOWS_1251, WINDOWS_1256};

    const RUSSIAN: &str = "При взрыве на шахте погибли 12 человек, сообщили в министерстве. Ещё девять ранены.";
    const ARABIC: &str = "قالت السلطات إن عدد القتلى ارتفع إلى 17 شخصا بعد انهيار المبنى في المدينة.";

    fn read(bytes: &[u8], content_type: Option<&str>) -> (String, bool) {
        let decoded = decode(bytes, content_type, None);
        (decoded.text, decoded.repaired)
    }

    #[test]
    fn a_header_or_a_meta_is_believed() {
        let (bytes, ..) = WINDOWS_1251.encode(RUSSIAN);
        assert_eq!(read(&bytes, Some("text/html; charset=windows-1251")), (RUSSIAN.to_owned(), false));
        let page =
            format!("<html><head><meta http-equiv=Content-Type content='text/html; charset=windows-1256'>{ARABIC}");
        let (bytes, ..) = WINDOWS_1256.encode(&page);
        assert_eq!(read(&bytes, Some("text/html")), (page, false));
    }

    #[test]
    fn a_missing_or_wrong_declaration_is_repaired() {
        let (bytes, ..) = WINDOWS_1251.encode(RUSSIAN);
        assert_eq!(read(&bytes, None), (RUSSIAN.to_owned(), true));
        assert_eq!(read(&bytes, Some("text/html; charset=utf-8")), (RUSSIAN.to_owned(), true));
        assert_eq!(read(&bytes, Some("text/html; charset=ISO-8859-1")), (RUSSIAN.to_owned(), true));
        let (bytes, ..) = WINDOWS_1256.encode(ARABIC);
        assert_eq!(read(&bytes, None), (ARABIC.to_owned(), true));
    }

    #[test]
    fn a_meta_is_asked_where_the_header_is_wrong() {
        let page = format!("<meta charset=windows-1251><p>{RUSSIAN}");
        let (bytes, ..) = WINDOWS_1251.encode(&page);
        assert_eq!(read(&bytes, Some("text/html; charset=utf-8")), (page, true));
    }

    #[test]
    fn utf8_wins_over_a_label_that_fits_any_bytes() {
        assert_eq!(read("Zürich – 5 Tote".as_bytes(), Some("text/html; charset=iso-8859-1")).0, "Zürich – 5 Tote");
        assert_eq!(read("Zürich".as_bytes(), None), ("Zürich".to_owned(), false));
    }

    #[test]
    fn a_stray_byte_does_not_spoil_a_page() {
        let mut bytes = RUSSIAN.repeat(3).into_bytes();
        bytes.push(0xE9);
        let (text, repaired) = read(&bytes, Some("text/html; charset=utf-8"));
        assert!(text.starts_with(RUSSIAN) && !repaired, "{text}");
    }

    #[test]
    fn a_byte_order_mark_wins() {
        let bytes: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("Nine dead".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(read(&bytes, Some("text/html; charset=utf-8")).0, "Nine dead");
        let (bytes, ..) = SHIFT_JIS.encode("地震で9人が死亡し、30人がけがをした。");
        assert_eq!(read(&bytes, Some("text/html; charset=Shift_JIS")).0, "地震で9人が死亡し、30人がけがをした。");
    }
}
