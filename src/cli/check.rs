//! `tollwatch check`: is the config fine?

use clap::Args;

use super::settings::{self, Place};
use super::{Done, print};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollwatch check --config /etc/tollwatch/tollwatch.toml

Ends with 0 when the config is fine and with 78 when it is not; then every problem is shown with its place and remedy.")]
pub struct Arguments {}

pub fn run(_: &Arguments, place: &Place) -> Done {
    let config = place.load()?;
    // A password that cannot be read would stop the daemon as surely as a wrong key.
    settings::mailer(&config)?;
    print::line(format!("{} is fine: {}", place.path().display(), config.summary()))
}
