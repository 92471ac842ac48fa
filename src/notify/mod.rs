//! Telling people: changes and subscriptions become alerts, alerts become mails. Pure: nothing is sent here.
//!
//! [`alerts()`] says who is told what and when; [`letter()`] writes the mail about one story, [`digest()`] the one about
//! several, [`chart()`] draws the counts. What a mail says is decided first (`briefing` and the files it names: `moved`,
//! `evidence`, `voices`, `so_far`) and set twice, as plain text and as HTML, so that both parts say the same.

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

pub use alerts::{alerts, wants};
pub use briefing::Briefing;
pub use chart::{Form, chart, drawing, has_something_to_show};
pub use digest::{FeedReport, digest};
pub use evidence::{Piece, pieces, version_before};
pub use foreign::{clean, clean_short, link};
pub use letter::letter;
pub use so_far::short_source;
pub use trial::sign_of_test;
pub use voices::waiting;
pub use wording::{count_name, in_a_cell};
