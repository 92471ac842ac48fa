//! Delivery to a mail server over SMTP.
//!
//! A connection is kept for the mails that follow, until [`Smtp::hang_up`]: greeting, encryption and login are made once
//! for a batch, and not fifty times.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;

use tokio::sync::Mutex;

use crate::mail::dkim::Signer;
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
    /// The longest that one attempt may take from connecting to the server's last word; a minute of it at most goes to
    /// connecting and logging in. RFC 5321, section 4.5.3.2, has clients wait ten minutes for the answer to the final dot.
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
    signer: Option<Signer>,
    /// The connection that the next mail goes over, when one is open.
    open: Mutex<Option<Open>>,
}

/// A connection that is ready for a mail.
struct Open {
    connection: AsyncSmtpConnection,
    /// How many mails have gone over it.
    mails: u32,
}

/// After so many mails a new connection is made: some servers close one after a hundred.
const MAILS_A_CONNECTION: u32 = 50;

/// Connecting, encryption and login take no longer than this, nor than half of the whole: a server that is up answers at
/// once, and one that does not is not there.
const LONGEST_GREETING: Duration = Duration::from_secs(60);

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
            return Ok(Self::with(setup, None));
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
            Ok(tls) => Ok(Self::with(setup, Some(tls))),
            Err(error) => Err(SetupError::Tls(setup.host, error.to_string())),
        }
    }

    fn with(setup: Setup, tls: Option<TlsParameters>) -> Self {
        Self { setup, tls, signer: None, open: Mutex::default() }
    }

    /// The same server; what goes to it is signed.
    #[must_use]
    pub fn signing(self, signer: Option<Signer>) -> Self {
        Self { signer, ..self }
    }

    /// One attempt, within the time limit. lettre's own limit covers connecting only, so the whole is limited here; when
    /// time is up the connection is dropped.
    pub(super) async fn send(&self, from: &str, to: &str, bytes: &[u8]) -> Delivery {
        let signed = self.signer.as_ref().map(|signer| signer.signed(bytes));
        // While it is being talked to, the connection belongs to this attempt alone, and ends with one that is given up.
        let mut open = self.open.lock().await.take();
        let attempt = self.attempt(&mut open, from, to, signed.as_deref().unwrap_or(bytes));
        let Ok(outcome) = tokio::time::timeout(self.setup.timeout, attempt).await else {
            let reason = format!("{} did not finish within {:?}", self.server(), self.setup.timeout);
            return Delivery::Later { reason };
        };
        // What has been decided stands, however long the server takes from here on.
        if let Some(open) = open {
            self.keep(open, &outcome).await;
        }
        outcome.map_or_else(|broken_off| broken_off.delivery(&self.server()), |()| Delivery::Sent)
    }

    /// Says goodbye, where a connection is open.
    pub(super) async fn hang_up(&self) {
        if let Some(open) = self.open.lock().await.take() {
            goodbye(open.connection).await;
        }
    }

    /// Hands a mail over, over the connection that is open or a new one, which stays in `open`.
    async fn attempt(&self, open: &mut Option<Open>, from: &str, to: &str, bytes: &[u8]) -> Result<(), BrokenOff> {
        if let Some(used) = open {
            used.mails += 1;
            match hand_over(&mut used.connection, from, to, bytes).await {
                // The server has let go of a connection that had served: that says nothing about this mail.
                Err(BrokenOff { step: Step::Sender, .. }) => *open = None,
                outcome => return outcome,
            }
        }
        let new = open.insert(Open { connection: self.begin().await?, mails: 1 });
        hand_over(&mut new.connection, from, to, bytes).await
    }

    /// Keeps a connection for the next mail, where it can serve it.
    async fn keep(&self, mut open: Open, outcome: &Result<(), BrokenOff>) {
        let is_clean = match outcome {
            Ok(()) => true,
            // RFC 5321, section 4.1.1.5: the next mail begins afresh.
            Err(broken_off) if broken_off.leaves_connection() => {
                let reset = tokio::time::timeout(GOODBYE, open.connection.command(Rset)).await;
                matches!(reset, Ok(Ok(_)))
            }
            Err(_) => false,
        };
        if is_clean && open.mails < MAILS_A_CONNECTION {
            *self.open.lock().await = Some(open);
        } else {
            goodbye(open.connection).await;
        }
    }

    async fn begin(&self) -> Result<AsyncSmtpConnection, BrokenOff> {
        let limit = (self.setup.timeout / 2).min(LONGEST_GREETING);
        let greeting = async {
            let mut connection = self.connect().await?;
            self.log_in(&mut connection).await?;
            Ok(connection)
        };
        match tokio::time::timeout(limit, greeting).await {
            Ok(begun) => begun,
            Err(_) => Err(BrokenOff { step: Step::Connect, cause: Cause::Lost(format!("no answer within {limit:?}")) }),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, BrokenOff> {
        let hello = self.hello();
        let implicit = self.tls.clone().filter(|_| self.setup.tls == Tls::Implicit);
        let server = (self.setup.host.trim_matches(['[', ']']), self.setup.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &hello, implicit, None)
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
    connection.command(Rcpt::new(recipient, vec![])).await.map_err(at(Step::Recipient))?;
    connection.command(Data).await.map_err(at(Step::Message))?;
    connection.command(with_its_end(bytes)).await.map_err(at(Step::Message))?;
    Ok(())
}

/// A message as it goes over the wire (RFC 5321, section 4.5.2): a dot at the head of a line is doubled, and a line with
/// a dot alone ends it. In one piece, since a second write would wait for the first to be acknowledged: on Linux a
/// twenty-fifth of a second for each mail. That every line ends with CRLF has been found before.
fn with_its_end(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let mut wire = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive("\r\n") {
        if line.starts_with('.') {
            wire.push('.');
        }
        wire.push_str(line);
    }
    if !wire.is_empty() && !wire.ends_with("\r\n") {
        wire.push_str("\r\n");
    }
    wire.push_str(".\r\n");
    wire
}

/// Ends a connection in a civil way; nothing depends on it.
async fn goodbye(mut connection: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
}

/// How long a server may take to answer our RSET or QUIT; nothing depends on it.
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

    /// Whether the connection can serve the next mail: the server has answered, and not with "closing" (421).
    fn leaves_connection(&self) -> bool {
        let is_answer = matches!(self.cause, Cause::Answer(code, _) if code != 421);
        is_answer && matches!(self.step, Step::Recipient | Step::Message)
    }

    /// What is to be done with the message. Whatever ends a conversation before the recipient is named says nothing about
    /// this message: then every message waits. After a connection lost while the message was under way nobody knows whether
    /// it arrived; it is sent again under the same Message-ID.
    fn delivery(self, server: &str) -> Delivery {
        use Step::{Message, Recipient};
        let told = |reason: &str| format!("{server}: {}: {reason}", self.step.words());
        match (self.step, &self.cause) {
            // RFC 4954, section 6: 530, 534, 535 and 538 speak of authentication at whatever step.
            (_, Cause::Answer(530 | 534 | 535 | 538, reason)) | (_, Cause::Encryption(reason)) => {
                Delivery::Misconfigured { reason: told(reason) }
            }
            (Recipient | Message, Cause::Answer(400..=499, reason) | Cause::Lost(reason)) => {
                Delivery::Later { reason: told(reason) }
            }
            (Recipient | Message, Cause::Answer(_, reason) | Cause::Ours(reason)) => {
                Delivery::Refused { reason: told(reason) }
            }
            (_, Cause::Answer(400..=499, reason) | Cause::Lost(reason)) => {
                Delivery::Unreachable { reason: told(reason) }
            }
            (_, Cause::Answer(_, reason) | Cause::Ours(reason)) => Delivery::Misconfigured { reason: told(reason) },
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
    fn a_message_cannot_end_before_its_end() {
        assert_eq!(with_its_end(b"a\r\n.\r\n..\r\nb"), "a\r\n..\r\n...\r\nb\r\n.\r\n");
        assert_eq!(with_its_end(b".\r\nQUIT\r\n"), "..\r\nQUIT\r\n.\r\n");
        assert_eq!(with_its_end(b""), ".\r\n");
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
