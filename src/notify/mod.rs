//! Changes to alerts to mails.
