//! Bytes to text: decompression, and the encoding that the bytes are really in.
//!
//! Declarations lie often, valid UTF-8 hardly ever does. So the bytes are asked first, then the header, then the
//! document's own declaration; what nobody declares is guessed.

use std::borrow::Cow;
use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, WINDOWS_1252};
use flate2::read::MultiGzDecoder;

use super::NotAFeed;
use super::repair::{Repair, Repairs};

/// A document as text, without byte order marks and without characters that no document may hold.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) repairs: Repairs,
}

/// Decodes a body of at most `limit` bytes (counted after decompression).
pub(super) fn decode(body: &[u8], content_type: Option<&str>, limit: usize) -> Result<Text, NotAFeed> {
    let mut repairs = Repairs::default();
    let bytes = gunzip(body, limit, &mut repairs)?;
    if bytes.len() > limit {
        return Err(NotAFeed::TooLarge { limit });
    }
    let text = to_text(&bytes, content_type, &mut repairs);
    let legal = text.chars().all(is_legal);
    if !legal {
        repairs.note(Repair::ControlCharacters);
    }
    let text = text.chars().filter(|&c| is_legal(c) && c != '\u{FEFF}').collect();
    Ok(Text { text, repairs })
}

/// Whether XML 1.0 (section 2.2) allows the character, less the C1 controls, which are never meant.
pub(super) fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..) || c == '\u{85}'
}

fn gunzip<'a>(body: &'a [u8], limit: usize, repairs: &mut Repairs) -> Result<Cow<'a, [u8]>, NotAFeed> {
    if !body.starts_with(&[0x1F, 0x8B]) {
        return Ok(Cow::Borrowed(body));
    }
    repairs.note(Repair::Gunzipped);
    let mut bytes = Vec::new();
    let outcome = MultiGzDecoder::new(body).take(limit as u64 + 1).read_to_end(&mut bytes);
    match outcome {
        // A stream that breaks off has still given what came before.
        Err(error) if bytes.is_empty() => Err(NotAFeed::Unreadable { reason: format!("broken gzip: {error}") }),
        Err(_) => {
            repairs.note(Repair::Truncated);
            Ok(Cow::Owned(bytes))
        }
        Ok(_) => Ok(Cow::Owned(bytes)),
    }
}

fn to_text(bytes: &[u8], content_type: Option<&str>, repairs: &mut Repairs) -> String {
    let declared = declared_in(bytes);
    if let Some(text) = utf32(bytes).or_else(|| utf16(bytes)).filter(|_| !has_items_in_single_bytes(bytes)) {
        if declared.is_some_and(|encoding| encoding == UTF_8) {
            repairs.note(Repair::Encoding);
        }
        if text.contains('\u{FFFD}') {
            repairs.note(Repair::BadBytes);
        }
        return text;
    }
    let header = content_type.and_then(charset).and_then(|label| Encoding::for_label(label.as_bytes()));
    if header != Some(ISO_2022_JP)
        && declared != Some(ISO_2022_JP)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let said = declared.or(header).unwrap_or(UTF_8);
        if said != UTF_8 && !text.is_ascii() {
            repairs.note(Repair::Encoding);
        }
        return text.to_owned();
    }
    for encoding in [header, declared].into_iter().flatten() {
        // What is declared as UTF-8 or UTF-16 has just been seen to be neither.
        if encoding.is_single_byte() || (encoding != UTF_8 && encoding.is_ascii_compatible()) || encoding == ISO_2022_JP
        {
            let (text, _, bad) = encoding.decode(bytes);
            if !bad {
                return text.into_owned();
            }
        }
    }
    repairs.note(Repair::Encoding);
    let lossy = String::from_utf8_lossy(bytes);
    let replaced = lossy.chars().filter(|&c| c == '\u{FFFD}').count();
    let wide = lossy.chars().filter(|&c| !c.is_ascii() && c != '\u{FFFD}').count();
    if replaced <= wide {
        repairs.note(Repair::BadBytes);
        return lossy.into_owned();
    }
    let encoding = match declared.or(header) {
        Some(encoding) if encoding != UTF_8 && encoding.is_ascii_compatible() => encoding,
        _ => guess(bytes),
    };
    let (text, _, bad) = encoding.decode(bytes);
    if bad {
        repairs.note(Repair::BadBytes);
    }
    text.into_owned()
}

/// Whether items begin in letters of one byte each: then those of two or four around them are what is damaged, and less
/// their empty bytes they are read with the others.
fn has_items_in_single_bytes(bytes: &[u8]) -> bool {
    bytes.windows(5).any(|bytes| bytes == b"<item") || bytes.windows(6).any(|bytes| bytes == b"<entry")
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    if encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some() { encoding } else { WINDOWS_1252 }
}

/// The encoding in the XML declaration, which may come after a comment or a warning.
fn declared_in(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(1024)];
    let start = head.windows(5).position(|window| window == b"<?xml")?;
    let declaration = &head[start..];
    let end = declaration.iter().position(|&b| b == b'>').unwrap_or(declaration.len());
    let declaration = String::from_utf8_lossy(&declaration[..end]);
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let label = value.trim_start_matches(['"', '\'']).split(['"', '\'', ' ', '?']).next()?;
    Encoding::for_label(label.as_bytes())
}

/// The charset parameter of a Content-Type, quoted in any way.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'', ' ']);
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

/// UTF-32 by its mark or by the zero bytes beside the first `<`; `encoding_rs` leaves it out, as the web has.
fn utf32(bytes: &[u8]) -> Option<String> {
    let big = bytes.starts_with(&[0, 0, 0xFE, 0xFF]) || bytes.starts_with(&[0, 0, 0, b'<']);
    let little = bytes.starts_with(&[0xFF, 0xFE, 0, 0]) || bytes.starts_with(&[b'<', 0, 0, 0]);
    (big || little).then(|| {
        let characters = bytes.chunks(4).map(|unit| {
            let Ok(unit) = <[u8; 4]>::try_from(unit) else { return '\u{FFFD}' };
            let number = if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) };
            char::from_u32(number).unwrap_or('\u{FFFD}')
        });
        characters.collect()
    })
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let encoding = match bytes {
        [0xFE, 0xFF, ..] | [0, b'<' | b'{' | b' ' | b'\n', ..] => encoding_rs::UTF_16BE,
        [0xFF, 0xFE, ..] | [b'<' | b'{' | b' ' | b'\n', 0, ..] => encoding_rs::UTF_16LE,
        _ => return None,
    };
    Some(encoding.decode(bytes).0.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEWS: &str = "Наводнение: число погибших выросло до 52 человек, пропали без вести ещё 30";

    fn decoded(bytes: &[u8], content_type: Option<&str>) -> (String, Vec<Repair>) {
        let Ok(Text { text, repairs }) = decode(bytes, content_type, 1 << 20) else {
            panic!("it is neither gzip nor large")
        };
        (text, repairs.into_list())
    }

    fn in_windows_1251(text: &str) -> Vec<u8> {
        encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
    }

    #[test]
    fn valid_utf_8_is_utf_8_whatever_is_declared() {
        let text = format!("<?xml version='1.0' encoding='windows-1251'?>{NEWS}");
        assert_eq!(decoded(text.as_bytes(), Some("text/xml; charset=koi8-r")), (text, vec![Repair::Encoding]));
    }

    #[test]
    fn the_header_comes_before_the_declaration() {
        let text = format!("<?xml version='1.0' encoding='koi8-r'?>{NEWS}");
        assert_eq!(decoded(&in_windows_1251(&text), Some("text/xml;charset=\"windows-1251\"")), (text, vec![]));
    }

    #[test]
    fn what_nobody_declares_is_guessed() {
        assert_eq!(decoded(&in_windows_1251(NEWS), None), (NEWS.to_owned(), vec![Repair::Encoding]));
    }

    #[test]
    fn one_bad_byte_costs_one_character() {
        let mut bytes = NEWS.as_bytes().to_vec();
        bytes.push(0xC3);
        assert_eq!(decoded(&bytes, None), (format!("{NEWS}\u{FFFD}"), vec![Repair::Encoding, Repair::BadBytes]));
    }

    #[test]
    fn wide_encodings_are_seen_by_their_zeros() {
        let text = "<rss>é</rss>";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf32: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        assert_eq!(decoded(&utf16, None).0, text);
        assert_eq!(decoded(&utf32, None).0, text);
    }

    #[test]
    fn items_in_single_bytes_are_read_with_the_wide_letters_around_them() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        let item = "<item><title>Flood on the Esk: 7 dead</title></item>";
        let bytes = [&wide("<rss><channel>")[..], item.as_bytes(), &wide("</channel></rss>")].concat();
        assert_eq!(decoded(&bytes, None).0, format!("<rss><channel>{item}</channel></rss>"));
    }

    #[test]
    fn marks_are_dropped_wherever_they_stand() {
        assert_eq!(decoded("\u{FEFF}\u{FEFF}<rss>\u{FEFF}".as_bytes(), None), ("<rss>".to_owned(), vec![]));
    }
}
