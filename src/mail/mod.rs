//! Sending: SMTP and Maildir.
