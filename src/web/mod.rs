//! What the daemon shows of itself on this machine: `/healthz`, `/metrics`, pages to look at, an Atom feed of changes.
//!
//! Only looked at, never written to: each answer is made of a read-only connection of its own, off the async threads, so
//! that no reader holds up the daemon. There is no login, hence only loopback addresses, and a check of the Host header so
//! that no page elsewhere can have a browser read this one (DNS rebinding). No script, nothing from elsewhere.

mod server;
mod answer;
mod health;
mod counters;
mod metrics;
mod overview;
mod story;
mod feeds;
mod changes;
mod look;
mod spark;

pub use counters::Counters;
pub use server::{Site, serve};
