//! The mails that tell people of a feed: that it has failed for long, is well again, has fallen silent, or is gone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Rules, schedule, sha256};
use crate::model::{Address, Email, FeedState, Notice};

/// The mails about one feed: to the operator where there is one, else to everybody who is told of changes.
pub(super) fn mails(state: &FeedState, notice: Notice, rules: &Rules, now: Timestamp) -> Vec<Email> {
    let operator = rules.operator.iter().map(|email| Address { name: String::new(), email: email.clone() });
    let everybody = rules.subscriptions.iter().map(|wish| wish.recipient.clone());
    let mut to: Vec<Address> = match rules.operator {
        Some(_) => operator.collect(),
        None => everybody.collect(),
    };
    // Whoever has several wishes is told once.
    to.sort_by(|a, b| a.email.cmp(&b.email));
    to.dedup_by(|a, b| a.email == b.email);
    to.into_iter().map(|to| mail(state, notice, rules, to, now)).collect()
}

fn mail(state: &FeedState, notice: Notice, rules: &Rules, to: Address, now: Timestamp) -> Email {
    let (subject, said) = words(state, notice);
    // One mail for each time that something befalls the feed, however often it is composed.
    let seed = format!("{}\n{notice}\n{}\n{}", state.name, state.last_poll.unwrap_or(now), to.email);
    let lines = [
        said,
        format!("Address: {}", state.address()),
        format!("Last answer: {}", state.last_success.map_or_else(|| "never".to_owned(), when)),
        format!("Last new article: {}", state.last_new.map_or_else(|| "never".to_owned(), when)),
        "All feeds and how they do: tollwatch feeds list".to_owned(),
    ];
    let paragraphs: String = lines.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    Email {
        message_id: format!("feed-{}@{}", &sha256(seed.as_bytes())[..24], rules.host),
        references: Vec::new(),
        from: rules.from.clone(),
        to,
        date: now,
        list_id: format!("feeds.tollwatch.{}", rules.host),
        extra: vec![("X-Tollwatch-Feed", state.name.clone()), ("X-Tollwatch-Notice", notice.to_string())],
        text: lines.join("\n") + "\n",
        html: format!("<!doctype html>\n<html lang=\"en\"><title>{}</title>\n{paragraphs}</html>\n", escaped(&subject)),
        subject,
        chart: None,
    }
}

/// The subject, and what has happened.
fn words(state: &FeedState, notice: Notice) -> (String, String) {
    let name = &state.name;
    let why = state.trouble.as_deref().unwrap_or("without a reason that is known");
    let since = |at: Option<Timestamp>| at.map_or_else(|| "an unknown time".to_owned(), when);
    match notice {
        Notice::Failing => (
            format!("Feed {name} has failed for long"),
            format!(
                "The feed {name} has not answered as a feed since {}: {why}. It is asked again, ever more rarely, but at \
                 least once a day; when it is well again you will hear of it.",
                since(state.failing_since)
            ),
        ),
        Notice::Recovered => (
            format!("Feed {name} is well again"),
            format!(
                "The feed {name} answers again since {}. What it still holds is being read.",
                since(state.last_poll)
            ),
        ),
        Notice::Quiet => {
            let habit = state.pace.map_or_else(String::new, |pace| {
                let hours = pace.as_hours();
                let usual =
                    if hours < 2 { format!("{} minutes", pace.as_mins().max(1)) } else { format!("{hours} hours") };
                format!(" Before, it brought one in {usual} on average.")
            });
            let waited = state.pace.map_or(0, |pace| schedule::quiet_after(pace).as_hours() / 24);
            (
                format!("Feed {name} has fallen silent"),
                format!(
                    "The feed {name} answers, but has brought nothing new since {}, for more than {waited} days.{habit} \
                     Perhaps it has been given up, or lives at another address.",
                    since(state.last_new)
                ),
            )
        }
        Notice::Gone => (
            format!("Feed {name} is gone for good"),
            format!(
                "The server of the feed {name} says that it is gone for good (410), and it is not asked any more. Give it \
                 another address in the config, or take it out. If it should be asked again at this address, take it out, \
                 reload, put it in again and reload."
            ),
        ),
    }
}

fn when(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Subscription;

    #[test]
    fn whoever_has_several_wishes_is_told_once() {
        let wish = |email: &str| Subscription::to(Address { name: String::new(), email: email.to_owned() });
        let rules = Rules {
            subscriptions: ["b@example.org", "a@example.org", "b@example.org"].map(wish).to_vec(),
            host: "example.org".to_owned(),
            tell_of_feeds: true,
            ..Rules::default()
        };
        let url = "https://wire.example/feed".parse().expect("an address");
        let state = FeedState::unpolled("wire", url, Timestamp::UNIX_EPOCH);
        let told = |rules: &Rules| -> Vec<String> {
            mails(&state, Notice::Gone, rules, Timestamp::UNIX_EPOCH).into_iter().map(|mail| mail.to.email).collect()
        };
        assert_eq!(told(&rules), ["a@example.org", "b@example.org"]);
        assert_eq!(told(&Rules { operator: Some("desk@example.org".to_owned()), ..rules }), ["desk@example.org"]);
    }
}
