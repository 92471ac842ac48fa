//! `tollwatch check`: is the config fine?

use clap::Args;

use super::settings::{self, Place};
use super::{Done, print};
use crate::config::{Config, NoSecret, Transport};
use crate::mail;

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
        Err(failure) if matches!(failure.error.downcast_ref(), Some(NoSecret::NoCredentials(_))) => {
            print::complain(&format!("not looked at: {failure}"));
        }
        tried => drop(tried?),
    }
    if let Some(warning) = sendmail_warning(&config, mail::new_privileges_are_barred()) {
        print::complain(&format!("warning: {warning}"));
    }
    print::line(format!("{} is fine: {}", place.path().display(), config.summary()))?;
    if let Some(signer) = settings::signer(&config)? {
        let (name, text) = signer.dns_record();
        print::line(format!("mails are signed; the DNS must hold this TXT record:\n{name}\n{text}"))?;
    }
    Ok(())
}

/// What is likely to keep mails from going through `sendmail`; `is_barred`: whether this process may not gain rights.
fn sendmail_warning(config: &Config, is_barred: bool) -> Option<String> {
    let Transport::Sendmail(program) = &config.outgoing.transport else { return None };
    let program = program.display();
    Some(if is_barred {
        format!(
            "{program} will not work here: this process may not gain rights (NoNewPrivileges), which that program needs to \
             hand mails over; write transport = \"smtp\", or loosen the unit in a drop-in"
        )
    } else {
        format!(
            "{program} needs rights that a hardened unit takes away (NoNewPrivileges and all that imply it); under the \
             unit that comes with tollwatch write transport = \"smtp\""
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sendmail_is_warned_of() {
        let config =
            |transport| crate::config::parse("a", &format!("[delivery]\ntransport = \"{transport}\"")).unwrap();
        assert_eq!(sendmail_warning(&config("maildir"), true), None);
        assert!(sendmail_warning(&config("sendmail"), true).unwrap().contains("will not work here"));
        assert!(sendmail_warning(&config("sendmail"), false).unwrap().contains("hardened unit"));
    }
}
