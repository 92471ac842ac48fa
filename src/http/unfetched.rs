//! Why there is nothing to work with.

use std::time::Duration;

/// A fetch that brought nothing, by what the caller may want to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfetched {
    /// 410: removed for good; not to be asked again.
    #[error("gone for good (status 410)")]
    Gone,
    /// 404.
    #[error("not found (status 404)")]
    NotFound,
    /// 429, or a host that is still resting after one.
    #[error("asked too often (status 429)")]
    TooManyRequests {
        /// How long the host asks to be left alone, at most a day.
        after: Option<Duration>,
    },
    /// 503.
    #[error("unavailable for now (status 503)")]
    Unavailable {
        /// How long the server asks to be left alone, at most a day.
        after: Option<Duration>,
    },
    /// 403, or any status that comes with a challenge to browsers.
    #[error("{}", if *.challenge { "refused: the site challenges browsers and shuts out programs" } else { "refused (status 403)" })]
    Forbidden {
        /// The site has a guard before it that only lets browsers through. It is not to be bypassed.
        challenge: bool,
        /// How long the server asks to be left alone, at most a day; some use 403 as others use 429.
        after: Option<Duration>,
    },
    /// Any other status that brings no body of use.
    #[error("answered with status {code}")]
    Status {
        /// The status code.
        code: u16,
        /// How long the server asks to be left alone, at most a day.
        after: Option<Duration>,
    },
    /// The body is larger than allowed, after decompression.
    #[error("larger than the {limit} bytes allowed")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A limit of time has passed.
    #[error("gave up waiting for {waiting}")]
    TimedOut {
        /// What was waited for.
        waiting: Waiting,
    },
    /// No answer could be had.
    #[error("unreachable: {obstacle}")]
    Unreachable {
        /// What stood in the way.
        obstacle: Obstacle,
    },
    /// We do not make such requests.
    #[error("not asked: {why}")]
    Refused {
        /// The rule of ours that forbids it.
        why: Refusal,
    },
    /// A loop, or something as good as one.
    #[error("redirected more than {limit} times")]
    TooManyRedirects {
        /// How many redirects are followed.
        limit: usize,
    },
    /// The server does not keep to the protocol.
    #[error("answered strangely: {oddity}")]
    BadAnswer {
        /// In what respect.
        oddity: Oddity,
    },
    /// The site's `robots.txt` asks us to leave this page alone.
    #[error("the site's robots.txt asks not to fetch this")]
    Robots,
}

/// What was being waited for when time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Waiting {
    /// The address of the host, from a name server.
    #[error("the host name to be resolved")]
    Name,
    /// The connection or its encryption.
    #[error("a connection")]
    Connection,
    /// The first line of the answer.
    #[error("an answer")]
    Answer,
    /// The next bytes of the body.
    #[error("more of the body")]
    Body,
    /// The end of the whole fetch, which was moving, but too slowly.
    #[error("the whole to end")]
    End,
}

/// What stood between us and an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The host name could not be resolved.
    #[error("the host name cannot be resolved")]
    Name,
    /// Our machine knows no way to the address.
    #[error("there is no route to the host")]
    Route,
    /// The host does not listen there.
    #[error("the host refuses the connection")]
    Closed,
    /// The proxy of the settings cannot be reached, or asks for a password that it has not been given.
    #[error("the proxy cannot be reached or does not let us through")]
    Proxy,
    /// The secure connection failed, as with a certificate that has expired.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// The connection broke before the answer was complete.
    #[error("the connection broke off")]
    BrokenOff,
    /// What came over the connection is not HTTP.
    #[error("the answer is not HTTP")]
    Protocol,
}

/// Why we do not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither `http` nor `https`.
    #[error("only http and https addresses are fetched")]
    Scheme,
    /// The address is longer than any honest one.
    #[error("the address is too long")]
    TooLong,
    /// The host is, or resolves to nothing but, an address that is not on the public internet.
    #[error("the host is {0}, not on the public internet; allow_private would permit it")]
    Private(&'static str),
    /// The user agent of the request cannot stand in a header.
    #[error("the user agent set for it holds characters that no header may hold")]
    UserAgent,
    /// A header set for the feed cannot be one.
    #[error("a header set for it holds characters that no header may hold")]
    Header,
    /// A redirect from a secure to an insecure address.
    #[error("it redirects from https to http")]
    Downgrade,
}

/// In what respect an answer is strange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
    /// 304 to a request without validators.
    #[error("`not modified`, though nothing was compared")]
    NotModified,
    /// A success with no body at all.
    #[error("a success without a body")]
    Empty,
    /// A redirect without a usable target.
    #[error("a redirect that leads nowhere")]
    Redirect,
    /// A body in an encoding that was not asked for, or in several at once.
    #[error("an encoding that was not asked for")]
    Encoding,
    /// A body that cannot be decompressed.
    #[error("a compressed body that is damaged")]
    Damaged,
}

impl Unfetched {
    /// The kind in one word, for counting.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::NotFound => "not_found",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Unavailable { .. } => "unavailable",
            Self::Forbidden { .. } => "forbidden",
            Self::Status { .. } => "status",
            Self::TooLarge { .. } => "too_large",
            Self::TimedOut { .. } => "timed_out",
            Self::Unreachable { .. } => "unreachable",
            Self::Refused { .. } => "refused_by_us",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::BadAnswer { .. } => "bad_answer",
            Self::Robots => "robots",
        }
    }

    /// How long the server asks to be left alone, where it says so; at most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { after }
            | Self::Unavailable { after }
            | Self::Forbidden { after, .. }
            | Self::Status { after, .. } => *after,
            _ => None,
        }
    }

    /// Whether this is what every fetch ends in while our own network is down.
    ///
    /// One such failure says little. Where all fetches of a while end like this and none succeeds, the fault is ours
    /// and should count against no feed.
    pub fn may_be_ours(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { obstacle: Obstacle::Name | Obstacle::Route | Obstacle::Proxy }
                | Self::TimedOut { waiting: Waiting::Name | Waiting::Connection }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_read_as_sentences() {
        let told = [
            Unfetched::Refused { why: Refusal::Private("a loopback address") },
            Unfetched::TimedOut { waiting: Waiting::Body },
            Unfetched::Forbidden { challenge: true, after: None },
            Unfetched::BadAnswer { oddity: Oddity::NotModified },
        ]
        .map(|failure| failure.to_string());
        insta::assert_snapshot!(told.join("\n"), @r"
        not asked: the host is a loopback address, not on the public internet; allow_private would permit it
        gave up waiting for more of the body
        refused: the site challenges browsers and shuts out programs
        answered strangely: `not modified`, though nothing was compared
        ");
    }

    #[test]
    fn a_server_that_answers_is_proof_of_a_working_network() {
        assert!(Unfetched::Unreachable { obstacle: Obstacle::Name }.may_be_ours());
        assert!(Unfetched::TimedOut { waiting: Waiting::Connection }.may_be_ours());
        assert!(Unfetched::TimedOut { waiting: Waiting::Name }.may_be_ours());
        assert!(!Unfetched::Unreachable { obstacle: Obstacle::Closed }.may_be_ours());
        assert!(!Unfetched::TimedOut { waiting: Waiting::Body }.may_be_ours());
        assert!(!Unfetched::Unavailable { after: None }.may_be_ours());
    }
}
