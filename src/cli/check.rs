//! `tollwatch check`: is the config fine?

use clap::Args;

use super::settings::{self, Place};
use super::{Done, print};
use crate::config::NoPassword;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollwatch check --config /etc/tollwatch/tollwatch.toml

Ends with 0 when the config is fine and with 78 when it is not; then every problem is shown with its place and remedy.")]
pub struct Arguments {}

pub fn run(_: &Arguments, place: &Place) -> Done {
    let config = place.load()?;
    // A password that cannot be read would stop the daemon as surely as a wrong key. By hand there are no credentials of
    // systemd: whether they are there is seen at the start.
    match settings::mailer(&config) {
        Err(failure) if matches!(failure.error.downcast_ref(), Some(NoPassword::NoCredentials(_))) => {
            print::complain(&format!("not looked at: {failure}"));
        }
        tried => drop(tried?),
    }
    print::line(format!("{} is fine: {}", place.path().display(), config.summary()))
}
