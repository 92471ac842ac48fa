//! The mail about a feed: that it has failed for long, is well again, has fallen silent, is gone, or is asked elsewhere.

use askama::Template;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Address, Email, FeedState, Notice};
use crate::notify::evidence::when;
use crate::notify::naming::{domain, message_id_of};
use crate::notify::plain::Page;

/// The mail that tells one person of one feed; `patience` is how long a feed of its pace may be silent. Whenever it is
/// composed for the same poll, it is the same mail.
pub fn about_feed(
    state: &FeedState,
    notice: Notice,
    patience: SignedDuration,
    (from, to): (&Address, &Address),
    host: &str,
    now: Timestamp,
) -> Email {
    let keys = [state.name.clone(), notice.to_string(), state.last_poll.unwrap_or(now).to_string()];
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| when(at, &TimeZone::UTC, now));
    let (subject, said) = words(state, notice, patience, moment);
    let lines = [
        said,
        format!("Address: {}", state.address()),
        format!("Last answer: {}", moment(state.last_success)),
        format!("Last new article: {}", moment(state.last_new)),
        "All feeds and how they do: tollwatch feeds list".to_owned(),
    ];
    let mut page = Page::default();
    for line in &lines {
        page.wrapped(line, "", "  ");
    }
    let html = HtmlPage { title: &subject, preheader: &lines[0], lines: &lines };
    Email {
        message_id: message_id_of("feed", &keys, &to.email, host),
        references: Vec::new(),
        from: from.clone(),
        to: to.clone(),
        date: now,
        list_id: format!("feeds.tollwatch.{}", domain(host)),
        extra: vec![("X-Tollwatch-Feed", state.name.clone()), ("X-Tollwatch-Notice", notice.to_string())],
        text: page.text,
        html: html.render().expect("the template only writes to a String, which does not fail"),
        subject,
        chart: None,
    }
}

#[derive(Template)]
#[template(path = "ailing.html")]
struct HtmlPage<'a> {
    title: &'a str,
    preheader: &'a str,
    lines: &'a [String],
}

/// The subject, and what has happened.
fn words(
    state: &FeedState,
    notice: Notice,
    patience: SignedDuration,
    moment: impl Fn(Option<Timestamp>) -> String,
) -> (String, String) {
    let name = &state.name;
    match notice {
        Notice::Failing => {
            let why = state.trouble.as_deref().unwrap_or("without a reason that is known");
            let since = moment(state.failing_since);
            let said = format!(
                "The feed {name} has not answered as a feed since {since}: {why}. It is asked again, ever more rarely, but \
                 at least once a day; when it is well again you will hear of it."
            );
            (format!("Feed {name} has failed for long"), said)
        }
        Notice::Recovered => {
            let since = moment(state.last_poll);
            let said = format!("The feed {name} answers again since {since}. What it still holds is being read.");
            (format!("Feed {name} is well again"), said)
        }
        Notice::Quiet => {
            let habit = state.pace.map_or_else(String::new, |pace| {
                let hours = pace.as_hours();
                let usual =
                    if hours < 2 { format!("{} minutes", pace.as_mins().max(1)) } else { format!("{hours} hours") };
                format!(" Before, it brought one in {usual} on average.")
            });
            let (since, days) = (moment(state.last_new), patience.as_hours() / 24);
            let said = format!(
                "The feed {name} answers, but has brought nothing new since {since}, for more than {days} days.{habit} \
                 Perhaps it has been given up, or lives at another address."
            );
            (format!("Feed {name} has fallen silent"), said)
        }
        Notice::Gone => {
            let said = format!(
                "The server of the feed {name} says that it is gone for good (410), and it is not asked any more. Give it \
                 another address in the config, or take it out. If it should be asked again at this address, take it out, \
                 reload, put it in again and reload."
            );
            (format!("Feed {name} is gone for good"), said)
        }
        Notice::Moved => {
            let said = format!(
                "The feed {name} is asked at another address from now on, since that of the config, {}, leads there: its \
                 redirects have for a week, or it is a web page that names this one feed. The config stays as it is; you \
                 may put the new address into it. If the new one fails, the old one is asked again.",
                state.url
            );
            (format!("Feed {name} is asked at another address"), said)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(notice: Notice, trouble: &str) -> Email {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let url = "https://wire.example/".parse().expect("an address");
        let state = FeedState {
            moved: "https://wire.example/rss.xml".parse().ok(),
            pace: Some(SignedDuration::from_hours(3)),
            last_poll: Some(at("2025-03-11T10:00:00Z")),
            last_new: Some(at("2025-03-01T10:00:00Z")),
            failing_since: Some(at("2025-03-10T09:00:00Z")),
            trouble: Some(trouble.to_owned()),
            ..FeedState::unpolled("wire", url, at("2025-03-11T10:15:00Z"))
        };
        let person = Address { name: String::new(), email: "desk@example.org".to_owned() };
        let patience = SignedDuration::from_hours(96);
        about_feed(&state, notice, patience, (&person, &person), "example.org", at("2025-03-11T10:01:00Z"))
    }

    #[test]
    fn both_parts_of_the_mail_say_what_has_happened_and_what_to_do() {
        for notice in [Notice::Failing, Notice::Recovered, Notice::Quiet, Notice::Gone, Notice::Moved] {
            let mail = mail(notice, "a <b>404</b> & more");
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(&mail.text).contains("Address: https://wire.example/rss.xml"), "{}", mail.text);
            assert!(mail.html.contains(&mail.subject) && mail.html.contains("tollwatch feeds list"), "{}", mail.html);
            assert!(!mail.html.contains("<b>404"), "{}", mail.html);
        }
        let told = mail(Notice::Failing, "404").text;
        assert!(told.starts_with("The feed wire has not answered as a feed since 10 March, 09:00 UTC: 404."), "{told}");
        let told = mail(Notice::Moved, "").text;
        assert!(told.contains("https://wire.example/,") && told.contains("The config stays as it is"), "{told}");
    }

    #[test]
    fn a_notice_is_one_mail_however_often_it_is_composed() {
        assert_eq!(mail(Notice::Gone, "410"), mail(Notice::Gone, "410"));
        assert_ne!(mail(Notice::Gone, "410").message_id, mail(Notice::Failing, "410").message_id);
    }
}
