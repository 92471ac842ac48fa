//! Signing (DKIM, RFC 6376): by this a server that gets a mail knows that it comes from the domain it names, and that
//! nobody has changed it on the way.
//!
//! Our own hundred lines over the cryptography that TLS has brought along: the library's own signing would add the `rsa`
//! crate, which leaks keys by its timing (RUSTSEC-2023-0071).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest, Sha256};

use crate::model::Secret;

/// The headers that are signed where a mail has them (RFC 6376, section 5.4.1, and RFC 8058 for the ways to unsubscribe).
const SIGNED: [&str; 14] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "reply-to",
];

/// Shorter RSA keys are refused: receivers need not take less than 1024 bits, and should sign with 2048 (RFC 8301).
const SHORTEST_RSA_KEY: usize = 1024 / 8;

/// A key that cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the DKIM key cannot be used: {0}")]
pub struct BadKey(String);

/// Signs mails for a domain.
#[derive(Clone)]
pub struct Signer {
    domain: String,
    selector: String,
    key: std::sync::Arc<Key>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The key stays out of it.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

impl Signer {
    /// Takes a private key in PEM: RSA (PKCS#8 or PKCS#1) or Ed25519 (PKCS#8), as `openssl genpkey` writes them. The public
    /// key is asked for by receivers in the DNS, at `selector._domainkey.domain`.
    ///
    /// # Errors
    /// When it is no such key, or too short.
    pub fn new(domain: &str, selector: &str, pem: &Secret) -> Result<Self, BadKey> {
        let bad = |what: &str| BadKey(what.to_owned());
        let der = PrivateKeyDer::from_pem_slice(pem.reveal().as_bytes())
            .map_err(|_| bad("it holds no private key in PEM; `openssl genpkey -algorithm rsa` writes one"))?;
        let rsa = match &der {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => return Err(bad("it is neither an RSA nor an Ed25519 key")),
        };
        let key = match (rsa, &der) {
            (Ok(key), _) if key.public_modulus_len() < SHORTEST_RSA_KEY => {
                return Err(bad("it has less than 1024 bits, which receivers refuse"));
            }
            (Ok(key), _) => Key::Rsa(key),
            (Err(_), PrivateKeyDer::Pkcs8(key)) => Key::Ed25519(
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.secret_pkcs8_der())
                    .map_err(|_| bad("it is neither an RSA nor an Ed25519 key"))?,
            ),
            (Err(error), _) => return Err(BadKey(error.to_string())),
        };
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key: std::sync::Arc::new(key) })
    }

    /// What has to stand in the DNS for receivers to believe the signatures: a name, and the text at it.
    pub fn dns_record(&self) -> (String, String) {
        let (kind, public) = match self.key.as_ref() {
            Key::Rsa(key) => ("rsa", subject_public_key_info(key.public_key().as_ref())),
            Key::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={kind}; p={}", BASE64.encode(public)))
    }

    /// The message with its signature before it: the same for the same message. Every line ends with CRLF.
    pub(super) fn signed(&self, message: &[u8]) -> Vec<u8> {
        let header = self.signature(message);
        [header.as_bytes(), message].concat()
    }

    fn signature(&self, message: &[u8]) -> String {
        let text = String::from_utf8_lossy(message);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let fields = fields(head);
        let named = |name: &str| fields.iter().rev().find(|field| field.0 == name);
        let present: Vec<&str> = SIGNED.into_iter().filter(|name| named(name).is_some()).collect();
        let algorithm = match self.key.as_ref() {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        // From is named once more than it stands there: so nobody can add a second one (section 5.4.2).
        let template = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n h=from:{};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            present.join(":\r\n  "),
            BASE64.encode(Sha256::digest(relaxed_body(body)))
        );
        let mut signed = String::new();
        for (name, value) in present.iter().filter_map(|name| named(name)) {
            signed.push_str(&format!("{name}:{}\r\n", relaxed(value)));
        }
        let own = template.split_once(':').map_or("", |(_, value)| value);
        signed.push_str(&format!("dkim-signature:{}", relaxed(own)));
        let signature = BASE64.encode(self.sign(signed.as_bytes()));
        let folded: Vec<&str> =
            signature.as_bytes().chunks(72).map(|part| std::str::from_utf8(part).unwrap_or_default()).collect();
        format!("{template}{}\r\n", folded.join("\r\n  "))
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        match self.key.as_ref() {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .expect("a buffer of the modulus' length takes every signature");
                signature
            }
            // RFC 8463, section 3: what is signed is the hash.
            Key::Ed25519(key) => key.sign(&Sha256::digest(text)).as_ref().to_vec(),
        }
    }
}

/// The fields of a head, each with its name in small letters and its value, folds included.
fn fields(head: &str) -> Vec<(String, &str)> {
    let mut fields: Vec<(String, &str)> = Vec::new();
    let mut start = 0;
    let bytes = head.as_bytes();
    let ends =
        head.match_indices("\r\n").map(|(at, _)| at).filter(|at| !matches!(bytes.get(at + 2), Some(b' ' | b'\t')));
    for end in ends.chain([head.len()]) {
        if let Some((name, value)) = head[start..end].split_once(':') {
            fields.push((name.trim_end().to_ascii_lowercase(), value));
        }
        start = (end + 2).min(head.len());
    }
    fields
}

/// Section 3.4.2: unfolded, runs of blanks as one space, none at the ends.
fn relaxed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Section 3.4.4: no blanks at the ends of lines, runs of them as one space, no empty lines at the end.
fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    for line in body.split("\r\n") {
        let mut blank = false;
        for letter in line.trim_end_matches([' ', '\t']).chars() {
            if matches!(letter, ' ' | '\t') {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                relaxed.push(' ');
            }
            relaxed.push(letter);
        }
        relaxed.push_str("\r\n");
    }
    while relaxed.ends_with("\r\n\r\n") {
        relaxed.truncate(relaxed.len() - 2);
    }
    if relaxed == "\r\n" { String::new() } else { relaxed }
}

/// An RSA public key (PKCS#1) in the envelope that names its algorithm (RFC 5280, SubjectPublicKeyInfo; DER).
fn subject_public_key_info(key: &[u8]) -> Vec<u8> {
    /// rsaEncryption (1.2.840.113549.1.1.1) without parameters.
    const ALGORITHM: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let bits = der(3, &[&[0], key].concat());
    der(0x30, &[&ALGORITHM, bits.as_slice()].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut value = vec![tag];
    match u8::try_from(length) {
        Ok(short @ ..0x80) => value.push(short),
        Ok(long) => value.extend([0x81, long]),
        Err(_) => value.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    value.extend(content);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms_are_those_of_the_standard() {
        // The example of RFC 6376, section 3.4.5.
        let message = "A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        let canonical: String =
            fields(head).iter().map(|(name, value)| format!("{name}:{}\r\n", relaxed(value))).collect();
        assert_eq!(canonical, "a:X\r\nb:Y Z\r\n");
        assert_eq!(relaxed_body(body), " C\r\nD E\r\n");
        assert_eq!(relaxed_body(""), "");
        assert_eq!(relaxed_body("\r\n\r\n"), "");
    }

    #[test]
    fn a_key_that_is_none_is_refused_without_being_shown() {
        for text in ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            let bad = Signer::new("example.org", "toll", &Secret::new(text)).unwrap_err().to_string();
            assert!(bad.starts_with("the DKIM key cannot be used") && !bad.contains("AAAA"), "{bad}");
        }
    }
}
