//! `/healthz`: whether the scheduler and the database make progress. For monitors; systemd has its own watchdog.

use std::time::Duration;

use hyper::StatusCode;

use super::answer::Answer;
use crate::pipeline::Beat;

/// The daemon's loop asks the database at each turn, and a disk may be busy for a while.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What is answered: 200 where the loop has answered within [`PATIENCE`] and works, and the database can be read.
pub(super) fn answer(beat: Option<Beat>, unreadable: Option<&str>) -> Answer {
    let trouble = match (beat, unreadable) {
        (None, _) => Some(format!("the scheduler did not answer within {} seconds", PATIENCE.as_secs())),
        (Some(Beat { resting_until: Some(until) }), _) => {
            Some(format!("after a fault of the database, told in the log, nothing is started before {until}"))
        }
        (_, Some(why)) => Some(format!("the database cannot be read: {why}")),
        _ => None,
    };
    match trouble {
        None => Answer::text(StatusCode::OK, "ok\n"),
        Some(trouble) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, &format!("{trouble}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_only_where_scheduler_and_database_are() {
        let words = |beat, unreadable| {
            let answer = answer(beat, unreadable);
            format!("{} {}", answer.status.as_u16(), String::from_utf8(answer.body).unwrap())
        };
        let resting = Beat { resting_until: Some("2025-03-09T12:01:00Z".parse().unwrap()) };
        assert_eq!(words(Some(Beat::default()), None), "200 ok\n");
        assert_eq!(words(None, None), "503 the scheduler did not answer within 5 seconds\n");
        assert_eq!(
            words(Some(resting), None),
            "503 after a fault of the database, told in the log, nothing is started before 2025-03-09T12:01:00Z\n"
        );
        assert_eq!(words(Some(Beat::default()), Some("it is gone")), "503 the database cannot be read: it is gone\n");
    }
}
