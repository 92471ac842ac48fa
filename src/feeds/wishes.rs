//! What a feed asks of those who poll it: its `ttl`, the hours and days in which it wants rest, how often it changes.

use jiff::SignedDuration;

use super::markup::{Token, is_item, local_name, tokens};
use crate::model::Wishes;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The wishes in the head of a document of XML; what is nonsense is passed over.
///
/// They stand before the first item in every feed that is known to have any, so that nothing beyond it is looked at.
pub(super) fn of(text: &str) -> Wishes {
    let mut wishes = Wishes::default();
    let (mut open, mut inside) = (String::new(), String::new());
    let (mut period, mut frequency) = (None, 1);
    for token in tokens(text) {
        match token {
            Token::Start(tag) if is_item(local_name(tag.name)) => break,
            Token::Start(tag) => (open, inside) = (tag.name.to_ascii_lowercase(), String::new()),
            Token::Text(text) | Token::Data { text, .. } if inside.len() + text.len() <= 100 => inside.push_str(text),
            Token::End { .. } => {
                let said = inside.trim().to_ascii_lowercase();
                match (open.as_str(), local_name(&open)) {
                    ("ttl", _) => wishes.ttl = number(&said).and_then(minutes),
                    ("hour", _) => wishes.skip_hours |= hour(&said),
                    ("day", _) => wishes.skip_days |= day(&said),
                    (name, "updateperiod") if name.contains(':') => period = hours_of(&said),
                    (name, "updatefrequency") if name.contains(':') => frequency = number(&said).unwrap_or(1),
                    _ => {}
                }
                open.clear();
            }
            _ => {}
        }
    }
    let frequency = i32::try_from(frequency).unwrap_or(i32::MAX);
    wishes.period = period.map(|hours| SignedDuration::from_hours(hours) / frequency);
    wishes
}

/// A whole number above zero.
fn number(said: &str) -> Option<i64> {
    said.parse().ok().filter(|number| *number > 0)
}

fn minutes(number: i64) -> Option<SignedDuration> {
    number.checked_mul(60).map(SignedDuration::from_secs)
}

/// An hour as a bit; some number the hours from 1 to 24.
fn hour(said: &str) -> u32 {
    match said.parse::<u32>() {
        Ok(hour @ 0..=24) => 1 << (hour % 24),
        _ => 0,
    }
}

/// A day of the week as a bit.
fn day(said: &str) -> u8 {
    DAYS.iter().position(|day| *day == said).map_or(0, |day| 1 << day)
}

/// The hours of a period, as the syndication module names it; its default is a day.
fn hours_of(said: &str) -> Option<i64> {
    match said {
        "hourly" => Some(1),
        "daily" => Some(24),
        "weekly" => Some(7 * 24),
        "monthly" => Some(30 * 24),
        "yearly" => Some(365 * 24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(head: &str) -> String {
        let wishes = of(&format!("<rss><channel>{head}<item><ttl>7</ttl></item></channel></rss>"));
        let minutes = |span: Option<SignedDuration>| span.map_or_else(|| "-".to_owned(), |s| s.as_mins().to_string());
        format!(
            "ttl {} period {} hours {:b} days {:b}",
            minutes(wishes.ttl),
            minutes(wishes.period),
            wishes.skip_hours,
            wishes.skip_days
        )
    }

    #[test]
    fn wishes_are_read_as_they_are_written() {
        insta::assert_snapshot!([
            told("<ttl> 30 </ttl>"),
            told("<skipHours><hour>0</hour><hour> 2 </hour><hour>24</hour></skipHours>"),
            told("<skipDays><day>Saturday</day><day>sunday</day></skipDays>"),
            told("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"),
            told("<x:updatePeriod><![CDATA[ daily ]]></x:updatePeriod>"),
        ].join("\n"), @r"
        ttl 30 period - hours 0 days 0
        ttl - period - hours 101 days 0
        ttl - period - hours 0 days 1100000
        ttl - period 15 hours 0 days 0
        ttl - period 1440 hours 0 days 0
        ");
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        let nothing = told("");
        for head in [
            "<ttl>soon</ttl>",
            "<ttl>-5</ttl>",
            "<ttl>0</ttl>",
            "<ttl>9999999999999999999</ttl>",
            "<hour>25</hour><hour>x</hour><day>Caturday</day>",
            "<updatePeriod>hourly</updatePeriod>",
            "<sy:updatePeriod>often</sy:updatePeriod>",
            "<ttl>",
        ] {
            assert_eq!(told(head), nothing, "{head}");
        }
    }
}
