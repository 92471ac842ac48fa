//! Figures and a story's past to claims and changes.
//!
//! [`link()`] finds the story of an article in an [`Index`], a [`Ledger`] tells a change from a restatement, [`tolls()`]
//! adds a story's claims up. All three depend on what they are given alone; nothing here knows the clock or the store.

mod link;
mod index;
mod packed;
mod ledger;
mod profile;
mod naming;
mod gazetteer;
mod observe;
mod count;
mod saying;
mod line;
mod fit;
mod sources;
mod tolls;
mod json;

pub use index::Index;
pub use json::to_json;
pub use ledger::Ledger;
pub use link::{Link, link, window};
pub use naming::slug;
pub use observe::{Incoming, Observed, Settings, observe};
pub use sources::{Aliases, canonical};
pub use tolls::{Standing, Step, Toll, tolls};
