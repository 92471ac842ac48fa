//! The sign of life: a mail that says that nothing has moved, and that this is no fault of the program.

use askama::Template;
use jiff::Timestamp;

use crate::model::{Address, Email, Subscription};
use crate::notify::digest::{FeedReport, feed_lines};
use crate::notify::evidence::when;
use crate::notify::foreign::clean_short;
use crate::notify::naming::{domain, message_id_of};
use crate::notify::plain::Page;

/// The mail of a week in which nothing was mailed to the recipient of this wish. `feeds` is how many feeds there are.
pub fn sign_of_life(
    subscription: &Subscription,
    from: &Address,
    host: &str,
    feeds: usize,
    report: &FeedReport,
    now: Timestamp,
) -> Email {
    let recipient = &subscription.recipient;
    let date = now.to_zoned(subscription.zone.clone()).strftime("%-d %B %Y").to_string();
    let subject = format!("All is well: nothing to tell in the week to {date}");
    let watched = match feeds {
        1 => "1 feed".to_owned(),
        feeds => format!("{feeds} feeds"),
    };
    let since =
        report.since.map_or_else(String::new, |since| format!(" since {}", when(since, &subscription.zone, now)));
    let mut lines =
        vec![format!("Nothing that you ask for has moved{since}. tollwatch is running and watches {watched}.")];
    lines.extend(feed_lines(&FeedReport { since: None, ..*report }, subscription, now));
    let why = format!(
        "You get this in a week without any other mail, since the config asks for a sign of life for {}.",
        clean_short(&recipient.email, 254)
    );
    let stop = ["To stop it: take the line `sign_of_life` out of the config".to_owned()];
    let mut page = Page::default();
    lines.iter().for_each(|line| page.wrapped(line, "", "  "));
    page.gap();
    page.wrapped(&why, "", "");
    stop.iter().for_each(|line| page.wrapped(line, "", "  "));
    let html = HtmlPage { title: &subject, preheader: &lines[0], lines: &lines, why: &why, stop: &stop };
    Email {
        message_id: message_id_of("well", &[now.to_string()], &recipient.email, host),
        references: vec![],
        from: from.clone(),
        to: recipient.clone(),
        date: now,
        list_id: format!("digest.tollwatch.{}", domain(host)),
        extra: vec![("X-Tollwatch-Event", "well".to_owned())],
        text: page.text,
        html: html.render().expect("the template only writes to a String, which does not fail"),
        subject,
        chart: None,
    }
}

#[derive(Template)]
#[template(path = "well.html")]
struct HtmlPage<'a> {
    title: &'a str,
    preheader: &'a str,
    lines: &'a [String],
    why: &'a str,
    stop: &'a [String],
}
