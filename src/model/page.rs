//! What a server answered.

use jiff::Timestamp;
use url::Url;

/// The body of a successful answer: bounded in size, in any encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The address after all redirects.
    pub url: Url,
    /// When the answer was complete.
    pub fetched: Timestamp,
    /// The Content-Type header, as sent.
    pub content_type: Option<String>,
    /// The body after decompression.
    pub body: Vec<u8>,
    /// What the server wants to be asked with the next time.
    pub validators: Validators,
}

/// The validators of a conditional request: opaque, sent back exactly as they came (RFC 9110, section 8.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The ETag header, quotes and weakness mark included.
    pub etag: Option<String>,
    /// The Last-Modified header.
    pub last_modified: Option<String>,
}
