//! The mail about one story.

use askama::Template;

use crate::model::{Email, Measure, Picture, SubjectForm};
use crate::notify::briefing::{Account, Briefing};
use crate::notify::chart::{Form, chart, has_something_to_show};
use crate::notify::foreign::clean_short;
use crate::notify::naming::{domain, filter_headers, message_id, stop_address, unsubscribe};
use crate::notify::plain;
use crate::notify::so_far::DayTable;

/// How many message ids are named as references: the first and the latest ones.
const MOST_REFERENCES: usize = 10;

/// The picture's size in pixels: more than it is shown at, so that it is sharp on a phone, and so narrow that its letters
/// can still be read there.
pub(super) const CHART_SIZE: (u32, u32) = (880, 640);

/// The greatest width that it is shown at: that of the text.
const CHART_WIDTH: u32 = 582;

/// The mail that tells one recipient of one story's changes. The same briefing gives the same mail, to the byte.
pub fn letter(briefing: &Briefing) -> Email {
    let story = briefing.story;
    let recipient = &briefing.subscription.recipient;
    let account = Account::of(briefing);
    let id = message_id(story.id, briefing.changes, &recipient.email, briefing.host);
    let references = references(briefing.thread, &id);
    let name = clean_short(&story.name, 150);
    let picture = picture(briefing, &id);
    let mut extra = filter_headers(story.id, &story.slug, briefing.changes, briefing.feeds);
    let address = stop_address(briefing.unsubscribe, &recipient.email, &story.id.to_string());
    extra.extend(unsubscribe(briefing.operator, &format!("mute%20story%20{}", story.id), address.as_deref()));
    let subject = match (briefing.subscription.subject, references.is_empty()) {
        (SubjectForm::Figure, _) => subject_of_figure(&account, &name),
        (SubjectForm::Story, true) => name.clone(),
        (SubjectForm::Story, false) => format!("Re: {name}"),
    };
    Email {
        text: plain::letter(&account),
        html: html(&account, &name, picture.as_ref()),
        subject,
        message_id: id,
        references,
        from: briefing.from.clone(),
        to: recipient.clone(),
        date: briefing.now,
        list_id: format!("stories.tollwatch.{}", domain(briefing.host)),
        extra,
        chart: picture.map(|picture| picture.file),
    }
}

/// What moved first, then the story: "Civilians killed: 745 → 830 (Syria coast killings, March 2025)".
fn subject_of_figure(account: &Account, name: &str) -> String {
    match account.moved.first() {
        Some(moved) => clean_short(&format!("{}: {} ({name})", moved.head, moved.path), 200),
        None => name.to_owned(),
    }
}

/// The root of the thread and the latest mails in it. The mail's own id is no reference: it may stand in the thread when
/// a mail is made again.
fn references(thread: &[String], own: &str) -> Vec<String> {
    let mut ids: Vec<String> = thread.iter().filter(|id| *id != own).cloned().collect();
    if ids.len() > MOST_REFERENCES {
        ids.drain(1..=ids.len() - MOST_REFERENCES);
    }
    ids
}

/// The chart as the HTML part shows it.
struct ShownPicture {
    file: Picture,
    alt: String,
}

fn picture(briefing: &Briefing, message_id: &str) -> Option<ShownPicture> {
    let measure: Measure = briefing.changes.iter().map(|change| change.series.measure).min()?;
    if !has_something_to_show(briefing.claims, measure) {
        return None;
    }
    let png = chart(briefing.story, briefing.claims, briefing.all_changes, measure, Form::Png, CHART_SIZE);
    Some(ShownPicture { file: Picture { cid: format!("chart.{message_id}"), png }, alt: alt(briefing) })
}

/// The figures of the chart in words, for those who do not see it.
fn alt(briefing: &Briefing) -> String {
    let tables = crate::notify::so_far::so_far(briefing);
    let Some(table) = tables.first() else { return "The counts as a chart".to_owned() };
    let rows = table.rows.iter().map(|(name, cells)| {
        let steps: Vec<String> = table.days.iter().zip(cells).map(|(day, cell)| format!("{cell} ({day})")).collect();
        format!("{name}: {}", steps.join(", "))
    });
    clean_short(&format!("Chart of the {}. {}", table.measure, rows.collect::<Vec<_>>().join("; ")), 600)
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Page<'a> {
    title: &'a str,
    preheader: String,
    account: &'a Account,
    tables: &'a [DayTable],
    chart: Option<&'a ShownPicture>,
    width: u32,
}

fn html(account: &Account, title: &str, chart: Option<&ShownPicture>) -> String {
    let preheader = account.moved.first().map_or_else(String::new, |moved| moved.line());
    let page = Page { title, preheader, account, tables: &account.so_far, chart, width: CHART_WIDTH };
    page.render().expect("the template only writes to a String, which does not fail")
}
