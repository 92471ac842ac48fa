//! Makes one of our failures of one of the library's, whose only way of telling what happened is its chain of causes.

use std::error::Error;
use std::io;
use std::iter::successors;

use super::resolver::Unresolved;
use super::unfetched::{Obstacle, Oddity, Refusal, Unfetched, Waiting};

/// What went wrong while a request was sent or its answer read.
pub(super) fn told(error: &reqwest::Error, proxied: bool) -> Unfetched {
    if error.is_connect() {
        return unconnected(error, proxied);
    }
    // A connection that breaks ends in this kind too, but with the break among its causes.
    let broken = causes(error).any(|cause| cause.is::<hyper::Error>());
    if error.is_decode() && !broken {
        return Unfetched::BadAnswer { oddity: Oddity::Damaged };
    }
    let unparsable = causes(error).filter_map(|cause| cause.downcast_ref()).any(hyper::Error::is_parse);
    Unfetched::Unreachable { obstacle: if unparsable { Obstacle::Protocol } else { Obstacle::BrokenOff } }
}

fn unconnected(error: &reqwest::Error, proxied: bool) -> Unfetched {
    if error.is_timeout() {
        return Unfetched::TimedOut { waiting: Waiting::Connection };
    }
    let unresolved = causes(error).find_map(|cause| cause.downcast_ref::<Unresolved>());
    let kind = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind);
    let obstacle = match (unresolved, kind) {
        (Some(Unresolved::Private(what)), _) => return Unfetched::Refused { why: Refusal::Private(what) },
        (Some(Unresolved::Silent), _) if !proxied => return Unfetched::TimedOut { waiting: Waiting::Name },
        // What the TLS library objects to arrives as invalid data.
        (None, Some(io::ErrorKind::InvalidData)) => Obstacle::Tls(root(error)),
        // With a proxy the only name resolved and the only connection made are its own.
        (Some(Unresolved::Unknown(_) | Unresolved::Silent), _) | (None, Some(_)) if proxied => Obstacle::Proxy,
        // The library keeps the type of this error to itself; its words are held by a test.
        (None, None) if proxied && root(error).ends_with("proxy authorization required") => Obstacle::Proxy,
        (Some(Unresolved::Unknown(_) | Unresolved::Silent), _) => Obstacle::Name,
        (None, Some(io::ErrorKind::ConnectionRefused)) => Obstacle::Closed,
        (None, Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable)) => Obstacle::Route,
        (None, _) => Obstacle::BrokenOff,
    };
    Unfetched::Unreachable { obstacle }
}

/// The message at the root of an error, made fit for a log: the outer ones repeat it or name the address.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let message = causes(error).last().map(ToString::to_string).unwrap_or_default();
    message.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| {
        // An I/O error that wraps another passes over it when asked for its source.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}
