//! Telling people: changes and subscriptions become alerts, alerts become mails. Pure: nothing is sent here.
//!
//! [`alerts()`] says who is told what and when; [`letter()`] writes the mail about one story, [`digest()`] the one about
//! several, [`chart()`] draws the counts. What a mail says is decided first (`briefing` and the files it names: `moved`,
//! `evidence`, `voices`, `so_far`) and set twice, as plain text and as HTML, so that both parts say the same.

mod ailing;
mod alerts;
mod briefing;
mod chart;
mod digest;
mod evidence;
mod foreign;
mod letter;
mod moved;
mod naming;
mod plain;
mod so_far;
mod trial;
mod voices;
mod wording;

pub use ailing::about_feed;
pub use alerts::{alerts, wants};
pub use briefing::Briefing;
pub use chart::{Form, chart};
pub use digest::{FeedReport, digest};
pub use evidence::version_before;
pub use letter::letter;
pub use trial::sign_of_test;
