//! A mail as bytes (RFC 5322): `multipart/alternative { text, multipart/related { html, png } }`.

use std::time::SystemTime;

use lettre::message::header::{
    ContentTransferEncoding, ContentType, Date, HeaderName, HeaderValue, MIME_VERSION_1_0, MessageId,
};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use crate::model::{Address, Email, Picture};

/// An address that no mail can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` is no mail address: {reason}")]
pub struct BadAddress {
    /// The address as it was given.
    pub address: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The bytes of a mail: the same for the same mail, every line ended by CRLF, ASCII only.
///
/// Text and HTML are quoted-printable and the picture is base64 whatever is in them, so that no byte of theirs can stand
/// for the end of a line or of the message. The boundaries come from the Message-ID and the Date from the mail: neither
/// chance nor the clock has a part in it.
pub fn render(email: &Email) -> Result<Vec<u8>, BadAddress> {
    let boundary = |part: &str| format!("=_{part}_{}", hash(&email.message_id));
    let parts = MultiPart::alternative()
        .boundary(boundary("alternative"))
        .singlepart(text_part(ContentType::TEXT_PLAIN, &email.text));
    let html = text_part(ContentType::TEXT_HTML, &email.html);
    let parts = match &email.chart {
        None => parts.singlepart(html),
        Some(chart) => parts.multipart(
            MultiPart::related().boundary(boundary("related")).singlepart(html).singlepart(picture_part(chart)),
        ),
    };
    let mut builder = Message::builder()
        .from(mailbox(&email.from)?)
        .to(mailbox(&email.to)?)
        .subject(printable(&email.subject))
        .header(Date::new(SystemTime::from(email.date)))
        .header(MessageId::from(id(&email.message_id)))
        .header(MIME_VERSION_1_0);
    if let Some(last) = email.references.last() {
        builder = builder.in_reply_to(id(last));
        let references: Vec<String> = email.references.iter().map(|reference| id(reference)).collect();
        builder = builder.references(references.join(" "));
    }
    let headers = [
        ("List-Id", id(&email.list_id)),
        // RFC 3834: so that nobody's holiday notice answers.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()),
    ];
    let extra = email.extra.iter().map(|(name, value)| (*name, printable(value)));
    for (name, value) in headers.into_iter().chain(extra) {
        let name = HeaderName::new_from_ascii(name.to_owned()).expect("the names of headers stand in our own code");
        builder = builder.raw_header(HeaderValue::new(name, value));
    }
    let message = builder.multipart(parts).expect("From and To are there, and nothing else can be missing");
    Ok(message.formatted())
}

/// Whether mails can be sent from or to this address: `local@domain`, ASCII, as the setup should find out at the start.
pub fn check_address(address: &str) -> Result<(), BadAddress> {
    parse(address).map(|_| ())
}

pub(super) fn parse(address: &str) -> Result<lettre::Address, BadAddress> {
    let bad = |reason: &str| BadAddress { address: printable(address), reason: reason.to_owned() };
    if !address.is_ascii() {
        return Err(bad("only ASCII can be sent everywhere; write a domain name in its xn-- form"));
    }
    if address.chars().any(char::is_control) {
        return Err(bad("it has control characters"));
    }
    address.parse().map_err(|error: lettre::address::AddressError| bad(&error.to_string()))
}

fn mailbox(address: &Address) -> Result<Mailbox, BadAddress> {
    let name = printable(&address.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), parse(&address.email)?))
}

fn text_part(kind: ContentType, text: &str) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let body = Body::new_with_encoding(lines(text), encoding).expect("quoted-printable can carry every text");
    SinglePart::builder().header(kind).body(body)
}

fn picture_part(picture: &Picture) -> SinglePart {
    let encoding = ContentTransferEncoding::Base64;
    let body = Body::new_with_encoding(picture.png.clone(), encoding).expect("base64 can carry all bytes");
    let png = ContentType::parse("image/png").expect("image/png is a media type");
    let cid = ids_only(&picture.cid);
    Attachment::new_inline_with_name(cid, "chart.png".to_owned()).body(body, png)
}

/// A text with CRLF at the end of every line, however its lines ended before, and without other control characters.
fn lines(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let clean: String = unix.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    clean.replace('\n', "\r\n")
}

/// A header's value without control characters: lettre would encode them, but a reader's program would decode them again.
fn printable(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

fn id(id: &str) -> String {
    format!("<{}>", ids_only(id))
}

/// An id without what could end it: spaces, brackets, everything outside ASCII.
fn ids_only(id: &str) -> String {
    id.chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"' | '\\'))
        .collect()
}

/// As many hexadecimal digits as a boundary wants.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
