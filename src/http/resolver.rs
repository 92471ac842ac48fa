//! Turns host names into addresses and drops those that must not be asked.
//!
//! The connection is made to the very addresses handed out here, so a name that answers differently the second time
//! (DNS rebinding) gains nothing.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard;

/// The system's resolver, with or without the guard.
#[derive(Debug, Clone, Copy)]
pub(super) enum Resolver {
    /// Public addresses only.
    Guarded,
    /// Any address: for hosts that the settings allow, and for the way to a proxy.
    Open,
}

/// Why a name has no address for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unresolved {
    /// The system knows none.
    #[error("cannot resolve the name: {0}")]
    Unknown(io::Error),
    /// All that it has are inside.
    #[error("resolves to nothing but {0}")]
    Private(&'static str),
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        Box::pin(async move {
            // The port is put in by whoever connects.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(Unresolved::Unknown)?;
            let permitted = permitted(resolver, found)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

fn permitted(resolver: Resolver, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Unresolved> {
    let mut permitted = Vec::new();
    let mut inside = None;
    for address in found {
        match (resolver, guard::private(address.ip())) {
            (Resolver::Open, _) | (Resolver::Guarded, None) => permitted.push(address),
            (Resolver::Guarded, Some(what)) => inside = Some(what),
        }
    }
    match inside {
        Some(what) if permitted.is_empty() => Err(Unresolved::Private(what)),
        _ if permitted.is_empty() => Err(Unresolved::Unknown(io::ErrorKind::NotFound.into())),
        _ => Ok(permitted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(resolver: Resolver, found: &[&str]) -> String {
        let found = found.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
        match permitted(resolver, found) {
            Ok(permitted) => permitted.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>().join(" "),
            Err(unresolved) => unresolved.to_string(),
        }
    }

    #[test]
    fn addresses_inside_are_dropped() {
        assert_eq!(after(Resolver::Guarded, &["8.8.8.8", "10.0.0.1", "2606:4700::1"]), "8.8.8.8 2606:4700::1");
        assert_eq!(after(Resolver::Guarded, &["127.0.0.1", "::1"]), "resolves to nothing but a loopback address");
        assert_eq!(after(Resolver::Guarded, &[]), "cannot resolve the name: entity not found");
        assert_eq!(after(Resolver::Open, &["127.0.0.1", "8.8.8.8"]), "127.0.0.1 8.8.8.8");
    }
}
