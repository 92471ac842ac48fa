//! What the service manager is told: readiness, status, reloads, and that work goes on. Without one this does nothing.

use jiff::Timestamp;
use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use super::Setup;

/// From when on the daemon's own state decides what the status says, before what the database counts.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Whether the last reload was refused, so that an older config is in force.
    pub config_refused: bool,
    /// Why nothing is started, and until when.
    pub resting: Option<(Timestamp, String)>,
}

/// Tells the service manager that the start takes its time but goes on, and why: it may take two more minutes.
///
/// To be called at least each minute while a database is checked and brought up to date, which takes longer the larger it
/// is, or while a full disk is waited for.
pub fn starting(why: &str) {
    let why = why.replace(char::is_control, " ");
    tell(&[NotifyState::ExtendTimeoutUsec(120_000_000), NotifyState::Status(&why)]);
}

/// Tells the service manager that a reload has begun; the loop tells it when the new config is in force, or refused.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(fault) => warn!("the service manager could not be told: {fault}"),
    }
}

/// Tells the service manager something; without one this does nothing.
pub(super) fn tell(states: &[NotifyState<'_>]) {
    if let Err(fault) = sd_notify::notify(states) {
        warn!("the service manager could not be told: {fault}");
    }
}

/// How things stand, on one line.
pub(super) async fn status(setup: &Setup, standing: &Standing) -> String {
    let mut parts = Vec::new();
    if let Some((until, why)) = &standing.resting {
        // The database may not even answer.
        parts.push(format!("{why}; tried again at {}", until.strftime("%H:%M:%S UTC")));
    } else {
        match setup.desk.status().await {
            Err(fault) => parts.push(format!("the database does not answer: {fault:#}")),
            Ok(status) => {
                if let Some(found) = status.damage() {
                    parts.push(format!("the database is damaged ({found}): restore a backup"));
                }
                if status.feeds == 0 {
                    parts.push("no feed is configured yet".to_owned());
                } else {
                    parts.push(format!(
                        "{} feeds, {} resting, {} failing",
                        status.feeds, status.resting, status.failing
                    ));
                }
                parts.push(format!("outbox {}", status.outbox));
                parts.extend(status.last_poll.map(|at| format!("last poll {}", at.strftime("%H:%M UTC"))));
                parts.extend(status.last_change.map(|last| format!("last change: {}", last.story)));
            }
        }
    }
    if standing.config_refused {
        parts.insert(0, "the new config was refused; the old one is in force (see the log)".to_owned());
    }
    // A line break would end the status and begin another message.
    parts.join(" · ").replace(char::is_control, " ")
}

/// The service manager's watchdog, fed at half of its time.
pub(super) struct Watchdog(Option<tokio::time::Interval>);

impl Watchdog {
    pub(super) fn from_environment() -> Self {
        Self(sd_notify::watchdog_enabled().map(|limit| {
            let mut interval = tokio::time::interval(limit / 2);
            // What was missed while the store was stuck is not made up for.
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        }))
    }

    pub(super) async fn due(&mut self) {
        match &mut self.0 {
            Some(interval) => {
                interval.tick().await;
            }
            None => std::future::pending().await,
        }
    }
}
