//! Telling people: changes and subscriptions become alerts, alerts become mails. Pure: nothing is sent here.
//!
//! [`alerts()`] says whom a change may concern, [`plan()`] what each of them is mailed and when; [`letter()`] writes the mail about one story, [`digest()`] the one about
//! several, [`chart()`] draws the counts. What a mail says is decided first (`briefing` and the files it names: `moved`,
//! `evidence`, `voices`, `so_far`) and set twice, as plain text and as HTML, so that both parts say the same.

mod rules;
mod hours;
mod weigh;
mod plan;
mod briefing;
mod chart;
mod digest;
mod well;
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

pub use briefing::Briefing;
pub use chart::{Form, chart};
pub use digest::{FeedReport, Refusal, digest};
pub use evidence::version_before;
pub use letter::letter;
pub use plan::{Due, Mark, Plan, Standing, Step, StorySoFar, Telling, plan};
pub use rules::{Origin, alerts, wants};
pub use trial::sign_of_test;
pub use well::sign_of_life;
