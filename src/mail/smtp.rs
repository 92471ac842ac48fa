//! Delivery to a mail server over SMTP, one connection a mail.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use crate::crash;
use crate::mail::render::parse;
use crate::model::{Delivery, Secret};

/// How to reach a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Its name or address; the certificate must be for it.
    pub host: String,
    /// Usually 587 with STARTTLS, 465 with implicit TLS, 25 on this machine.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Who we are to the server, where it asks.
    pub login: Option<Login>,
    /// By what name we introduce ourselves: the domain name of this machine.
    pub hello: String,
    /// The longest that one attempt may take from connecting to the server's last word. RFC 5321, section 4.5.3.2, has
    /// clients wait ten minutes for the answer to the final dot.
    pub timeout: Duration,
    /// A certificate in PEM that is trusted besides the public ones: a house's own authority.
    pub root_certificate: Option<Vec<u8>>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// The connection starts in plain text and goes on encrypted, or not at all.
    StartTls,
    /// Encrypted from the first byte.
    Implicit,
    /// Plain text; only to this machine itself.
    None,
}

/// A user and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A setup that cannot work or would not be safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Plain text would leave this machine.
    #[error("mail to `{0}` would go unencrypted; use STARTTLS or implicit TLS, or a server on this machine")]
    PlainTextAbroad(String),
    /// The name for the greeting is none.
    #[error("`{0:?}` is no name to introduce this machine by; write its domain name")]
    Hello(String),
    /// The root certificate is no PEM certificate.
    #[error("the root certificate cannot be used: {0}")]
    RootCertificate(String),
    /// TLS cannot be set up for that host.
    #[error("TLS for `{0}` cannot be set up: {1}")]
    Tls(String, String),
}

/// A mail server, ready to be talked to.
pub struct Smtp {
    setup: Setup,
    /// `None` without TLS.
    tls: Option<TlsParameters>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.setup.fmt(f)
    }
}

impl Smtp {
    /// Checks the setup; nothing is connected yet.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-.[]:".contains(c);
        if setup.hello.is_empty() || !setup.hello.chars().all(fits) {
            return Err(SetupError::Hello(setup.hello));
        }
        if setup.tls == Tls::None {
            if !is_this_machine(&setup.host) {
                return Err(SetupError::PlainTextAbroad(setup.host));
            }
            return Ok(Self { setup, tls: None });
        }
        let mut tls = TlsParameters::builder(setup.host.clone());
        if let Some(pem) = &setup.root_certificate {
            // The library takes any bytes and finds the lack of a certificate only when it connects.
            if !String::from_utf8_lossy(pem).contains("-----BEGIN CERTIFICATE-----") {
                return Err(SetupError::RootCertificate("there is no certificate in it".to_owned()));
            }
            let root = Certificate::from_pem(pem).map_err(|error| SetupError::RootCertificate(error.to_string()))?;
            tls = tls.add_root_certificate(root);
        }
        match tls.build() {
            Ok(tls) => Ok(Self { setup, tls: Some(tls) }),
            Err(error) => Err(SetupError::Tls(setup.host, error.to_string())),
        }
    }

    /// One attempt, within the time limit. lettre's own limit covers connecting only, so the whole is limited here; when
    /// time is up the connection is dropped.
    pub(super) async fn send(&self, from: &str, to: &str, bytes: &[u8]) -> Delivery {
        let mut connection = None;
        let attempt = async {
            let open = connection.insert(self.connect().await?);
            crash::point("after connect");
            self.log_in(open).await?;
            hand_over(open, from, to, bytes).await
        };
        let delivery = match tokio::time::timeout(self.setup.timeout, attempt).await {
            Ok(Ok(())) => Delivery::Sent,
            Ok(Err(broken_off)) => broken_off.delivery(&self.server()),
            Err(_) => {
                let reason = format!("{} did not finish within {:?}", self.server(), self.setup.timeout);
                return Delivery::Later { reason };
            }
        };
        // What has been decided stands, whatever the server has to say to our goodbye.
        if let Some(mut open) = connection {
            let _ = tokio::time::timeout(GOODBYE, open.abort()).await;
        }
        delivery
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, BrokenOff> {
        let hello = self.hello();
        let implicit = self.tls.clone().filter(|_| self.setup.tls == Tls::Implicit);
        let server = (self.setup.host.as_str(), self.setup.port);
        let limit = Some(self.setup.timeout);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, limit, &hello, implicit, None)
            .await
            .map_err(at(Step::Connect))?;
        if let (Tls::StartTls, Some(tls)) = (self.setup.tls, self.tls.clone()) {
            if !connection.can_starttls() {
                return Err(BrokenOff::by_us(Step::StartTls, "the server offers no STARTTLS".to_owned()));
            }
            connection.starttls(tls, &hello).await.map_err(at(Step::StartTls))?;
        }
        Ok(connection)
    }

    async fn log_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), BrokenOff> {
        let Some(login) = &self.setup.login else { return Ok(()) };
        let credentials = Credentials::new(login.user.clone(), login.password.reveal().to_owned());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(at(Step::Login))?;
        Ok(())
    }

    fn hello(&self) -> ClientId {
        ClientId::Domain(self.setup.hello.clone())
    }

    fn server(&self) -> String {
        format!("{}:{}", self.setup.host, self.setup.port)
    }
}

/// The envelope and the message: MAIL, RCPT, DATA. Step by step, so that a refusal is known to be of the sender, of the
/// recipient or of the message.
async fn hand_over(connection: &mut AsyncSmtpConnection, from: &str, to: &str, bytes: &[u8]) -> Result<(), BrokenOff> {
    let sender = parse(from).map_err(|bad| BrokenOff::by_us(Step::Sender, bad.to_string()))?;
    let recipient = parse(to).map_err(|bad| BrokenOff::by_us(Step::Recipient, bad.to_string()))?;
    connection.command(Mail::new(Some(sender), vec![])).await.map_err(at(Step::Sender))?;
    crash::point("after MAIL");
    connection.command(Rcpt::new(recipient, vec![])).await.map_err(at(Step::Recipient))?;
    crash::point("after RCPT");
    connection.command(Data).await.map_err(at(Step::Message))?;
    crash::point("after DATA");
    connection.message(bytes).await.map_err(at(Step::Message))?;
    Ok(())
}

/// How long a server may take to answer our QUIT; nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(5);

/// Where in the conversation we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    StartTls,
    Login,
    Sender,
    Recipient,
    Message,
}

/// A conversation that ended before the server took the message.
struct BrokenOff {
    step: Step,
    cause: Cause,
}

enum Cause {
    /// The server answered with this code.
    Answer(u16, String),
    /// The encryption could not be agreed on: a certificate that is not trusted, no TLS where it must be.
    Encryption(String),
    /// We broke off ourselves.
    Ours(String),
    /// The connection could not be made, was dropped, or spoke nonsense.
    Lost(String),
}

impl BrokenOff {
    fn by_us(step: Step, reason: String) -> Self {
        Self { step, cause: Cause::Ours(reason) }
    }

    /// What is to be done with the message. A refusal of the login, of the sender or of the connection as a whole says
    /// nothing about this recipient: then every message waits. After a connection lost while the message was under way
    /// nobody knows whether it arrived; it is sent again under the same Message-ID.
    fn delivery(self, server: &str) -> Delivery {
        use Step::{Connect, Login, Message, Recipient, Sender, StartTls};
        let told = |reason: &str| format!("{server}: {}: {reason}", self.step.words());
        match (self.step, &self.cause) {
            (_, Cause::Answer(400..=499, reason)) | (_, Cause::Lost(reason)) => {
                Delivery::Later { reason: told(reason) }
            }
            // RFC 4954, section 6: 530, 534, 535 and 538 speak of authentication at whatever step.
            (_, Cause::Answer(530 | 534 | 535 | 538, reason))
            | (Connect | StartTls | Login | Sender, Cause::Answer(_, reason) | Cause::Ours(reason))
            | (_, Cause::Encryption(reason)) => Delivery::Misconfigured { reason: told(reason) },
            (Recipient | Message, Cause::Answer(_, reason) | Cause::Ours(reason)) => {
                Delivery::Refused { reason: told(reason) }
            }
        }
    }
}

impl Step {
    fn words(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::StartTls => "starting TLS",
            Self::Login => "logging in",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Message => "handing over the message",
        }
    }
}

/// Sorts lettre's errors, of which several have no class of their own there: what went wrong, at this step.
fn at(step: Step) -> impl Fn(Error) -> BrokenOff {
    move |error| {
        let words = words_of(&error);
        let cause = match error.status() {
            Some(code) => Cause::Answer(code.into(), words),
            None if error.is_client() => Cause::Ours(words),
            None if error.is_tls() || is_encryption(&error) => Cause::Encryption(words),
            None => Cause::Lost(words),
        };
        BrokenOff { step, cause }
    }
}

/// rustls reports what is wrong with a certificate or a handshake as an I/O error of the kind `InvalidData`; lettre hands
/// it on as a failed connection.
fn is_encryption(error: &Error) -> bool {
    causes(error)
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::InvalidData))
}

/// The words of an error and its causes, each once, fit for a log line.
fn words_of(error: &Error) -> String {
    let mut words = String::new();
    for cause in causes(error) {
        let text: String = cause.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
        if !words.contains(&text) {
            words.push_str(if words.is_empty() { "" } else { ": " });
            words.push_str(&text);
        }
    }
    words
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(host: &str, tls: Tls) -> Setup {
        Setup {
            host: host.to_owned(),
            port: 25,
            tls,
            login: None,
            hello: "tollwatch.example.org".to_owned(),
            timeout: Duration::from_secs(5),
            root_certificate: None,
        }
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for here in ["localhost", "127.0.0.1", "::1", "[::1]"] {
            assert!(Smtp::new(setup(here, Tls::None)).is_ok(), "{here}");
        }
        for abroad in ["mail.example.org", "192.0.2.7", "localhost.example.org"] {
            let refused = Smtp::new(setup(abroad, Tls::None)).unwrap_err();
            assert_eq!(refused, SetupError::PlainTextAbroad(abroad.to_owned()));
        }
    }

    #[test]
    fn a_root_certificate_must_be_one() {
        let bad = Setup { root_certificate: Some(b"hello".to_vec()), ..setup("mail.example.org", Tls::StartTls) };
        assert!(matches!(Smtp::new(bad), Err(SetupError::RootCertificate(_))));
    }

    #[test]
    fn a_name_that_would_break_the_greeting_is_refused() {
        let bad = Setup { hello: "a\r\nMAIL FROM:<x@y>".to_owned(), ..setup("localhost", Tls::None) };
        assert!(matches!(Smtp::new(bad), Err(SetupError::Hello(_))));
    }
}
