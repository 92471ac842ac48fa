//! Polite, bounded, guarded fetching: the only place that talks to web servers.
//!
//! One [`Client::get`] asks for one address and hands back what the server said. On the way it
//!
//! * keeps one request at a time and a pause between requests for every host (`lanes`),
//! * follows redirects itself, so that each hop is checked, spaced and stripped of credentials (`fetch`, `trail`),
//! * refuses addresses inside private networks, in the URL and in what names resolve to (`guard`, `resolver`),
//! * obeys `robots.txt` for article pages (`robots`, `permission`),
//! * counts bytes after decompression and time while waiting, and gives up at stated limits (`fetch`, `patience`).
//!
//! What a server answers is never an error of ours: it comes back as [`Fetched`] or as [`Unfetched`].

mod settings;
mod request;
mod answer;
mod unfetched;
mod client;
mod fetch;
mod trail;
mod patience;
mod failure;
mod lanes;
mod guard;
mod resolver;
mod headers;
mod robots;
mod permission;

pub use answer::{Answer, Fetched};
pub use client::Client;
pub use headers::{Said, said};
pub use request::{Kind, Manner, Request};
pub use settings::{BadSetting, Pause, Settings};
pub use unfetched::{Obstacle, Oddity, Refusal, Unfetched, Waiting};
