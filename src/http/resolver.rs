//! Turns host names into addresses and drops those that must not be asked.
//!
//! The connection is made to the very addresses handed out here, so a name that answers differently the second time
//! (DNS rebinding) gains nothing.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::guard;

/// How many names are looked up at once. The system's resolver holds a thread for each until it answers, long after
/// whoever asked has given up; without a limit an outage of it would take all the threads that a service may have.
const MAX_LOOKUPS: usize = 16;

/// The threads on which names are looked up, apart from all others: a lookup that hangs holds up no other work, nor the end
/// of the program.
static LOOKUPS: LazyLock<Runtime> = LazyLock::new(|| {
    let threads = Builder::new_current_thread().max_blocking_threads(MAX_LOOKUPS).thread_name("lookup").build();
    threads.expect("a runtime that drives nothing needs nothing of the system")
});

/// The system's resolver, with or without the guard.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    rule: Rule,
    patience: Duration,
    lookups: Arc<Semaphore>,
}

/// Which addresses are handed out.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// Public ones only.
    Guarded,
    /// Any: for hosts that the settings allow, and for the way to a proxy.
    Open,
}

impl Resolver {
    /// One that hands out public addresses only, and one that hands out any; they share the limit of lookups. A name is
    /// waited for a little less long than all of connecting may take, so that what was waited for can be told.
    pub(super) fn guarded_and_open(connect_timeout: Duration) -> (Self, Self) {
        let (lookups, patience) = (Arc::new(Semaphore::new(MAX_LOOKUPS)), connect_timeout * 9 / 10);
        let of = |rule| Self { rule, patience, lookups: Arc::clone(&lookups) };
        (of(Rule::Guarded), of(Rule::Open))
    }
}

/// Why a name has no address for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unresolved {
    /// The system knows none.
    #[error("cannot resolve the name: {0}")]
    Unknown(io::Error),
    /// No name server has answered in time.
    #[error("no name server answers")]
    Silent,
    /// All that it has are inside.
    #[error("resolves to nothing but {0}")]
    Private(&'static str),
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { rule, patience, lookups } = self.clone();
        let found = async move {
            let slot = lookups.acquire_owned().await?;
            // A task of its own, so that the slot is only given back when the system has answered.
            let lookup = tokio::spawn(async move {
                // The port is put in by whoever connects.
                let look_up = move || (name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
                let found = LOOKUPS.spawn_blocking(look_up).await;
                drop(slot);
                found
            });
            let found = lookup.await??.map_err(Unresolved::Unknown)?;
            Ok(Box::new(permitted(rule, found)?.into_iter()) as Addrs)
        };
        Box::pin(async move { timeout(patience, found).await.unwrap_or_else(|_| Err(Unresolved::Silent.into())) })
    }
}

fn permitted(rule: Rule, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Unresolved> {
    let mut permitted = Vec::new();
    let mut inside = None;
    for address in found {
        match (rule, guard::private(address.ip())) {
            (Rule::Open, _) | (Rule::Guarded, None) => permitted.push(address),
            (Rule::Guarded, Some(what)) => inside = Some(what),
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

    fn after(rule: Rule, found: &[&str]) -> String {
        let found = found.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
        match permitted(rule, found.collect()) {
            Ok(permitted) => permitted.iter().map(|a| a.ip().to_string()).collect::<Vec<_>>().join(" "),
            Err(unresolved) => unresolved.to_string(),
        }
    }

    #[test]
    fn addresses_inside_are_dropped() {
        assert_eq!(after(Rule::Guarded, &["8.8.8.8", "10.0.0.1", "2606:4700::1"]), "8.8.8.8 2606:4700::1");
        assert_eq!(after(Rule::Guarded, &["127.0.0.1", "::1"]), "resolves to nothing but a loopback address");
        assert_eq!(after(Rule::Guarded, &[]), "cannot resolve the name: entity not found");
        assert_eq!(after(Rule::Open, &["127.0.0.1", "8.8.8.8"]), "127.0.0.1 8.8.8.8");
    }
}
