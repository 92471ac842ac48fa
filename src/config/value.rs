//! How the single values of a config are written: durations, sizes, addresses, times. Each reader says what it
//! expected.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, tz};
use toml::de::DeValue;
use url::{Host, Url};

use super::reader::Wrong;
use super::spelling::nearest;
use crate::model::{Address, Alarm, Confidence, Secret, Timing, UnknownWord};

/// Some text, without control characters, not empty, of at most so many characters.
pub(super) fn text(longest: usize) -> impl Fn(&DeValue<'_>) -> Result<String, Wrong> {
    move |value| {
        let text = value.as_str().ok_or_else(|| Wrong::new("is no text", "put it in quotes"))?.trim();
        if text.is_empty() {
            return Err(Wrong::new("is empty", "write something, or leave the line out"));
        }
        if text.chars().any(char::is_control) {
            return Err(Wrong::new("holds a control character", "keep it on one line, without tabs"));
        }
        if text.chars().count() > longest {
            return Err(Wrong::new("is too long", format!("at most {longest} characters")));
        }
        Ok(text.to_owned())
    }
}

/// The name of a feed, as it is used on the command line.
pub(super) fn feed_name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = text(64)(value)?;
    if name.starts_with('-') || !name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
        return Err(Wrong::new("is no name for a feed", "one word of letters, digits, \"-\", \"_\" and \".\""));
    }
    Ok(name)
}

/// `true` or `false`.
pub(super) fn flag(value: &DeValue<'_>) -> Result<bool, Wrong> {
    value.as_bool().ok_or_else(|| Wrong::new("is neither true nor false", "write true or false, without quotes"))
}

/// A whole number within bounds.
pub(super) fn whole(least: u64, most: u64) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        let advice = || format!("a whole number from {least} to {most}, without quotes");
        let written = value.as_integer().ok_or_else(|| Wrong::new("is no whole number", advice()))?;
        let number = u64::from_str_radix(written.as_str(), written.radix());
        number.ok().filter(|n| (least..=most).contains(n)).ok_or_else(|| Wrong::new("is out of bounds", advice()))
    }
}

/// A duration within bounds: `"90s"`, `"10m"`, `"1h 30m"`, `"2d"`.
pub(super) fn duration(least: Duration, most: Duration) -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    move |value| {
        let no_duration = || Wrong::new("is no duration", r#"write a number and a unit: "10m", "2h", "1d""#);
        let duration = value.as_str().and_then(parse_duration).ok_or_else(no_duration)?;
        if duration < least {
            let shortest = show_duration(least);
            return Err(Wrong::new("is too short", format!("write \"{shortest}\" or more")));
        }
        if duration > most {
            let longest = show_duration(most);
            return Err(Wrong::new("is too long", format!("write \"{longest}\" or less")));
        }
        Ok(duration)
    }
}

/// [`duration`], or none at all: `"none"` or zero.
pub(super) fn duration_or_none(least: Duration, most: Duration) -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    move |value| match value.as_str().map(str::trim) {
        Some("none") => Ok(Duration::ZERO),
        Some(text) if parse_duration(text) == Some(Duration::ZERO) => Ok(Duration::ZERO),
        _ => duration(least, most)(value)
            .map_err(|wrong| Wrong { mend: format!("{}; or \"none\"", wrong.mend), ..wrong }),
    }
}

/// Numbers, each with a unit, the larger first: s, m, h, d.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0_u64;
    let mut larger = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().ok()?;
        let after = rest[digits..].trim_start();
        let unit = match after.chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        if unit >= larger {
            return None;
        }
        larger = unit;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = after[1..].trim_start();
    }
    (larger < u64::MAX).then(|| Duration::from_secs(seconds))
}

/// A duration as it is written in a config, in the largest unit that divides it.
pub(super) fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit))
    {
        Some((unit, letter)) => format!("{}{letter}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

/// A number of bytes within bounds: `"512 KiB"`, `"4 MiB"`.
pub(super) fn size(least: u64, most: u64) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        let bytes = value.as_str().and_then(|text| {
            let text = text.trim();
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let unit: u64 = match text[digits..].trim() {
                "KiB" => 1 << 10,
                "MiB" => 1 << 20,
                "kB" => 1_000,
                "MB" => 1_000_000,
                _ => return None,
            };
            text[..digits].parse::<u64>().ok()?.checked_mul(unit)
        });
        let bytes =
            bytes.ok_or_else(|| Wrong::new("is no size", r#"write a number and a unit: "512 KiB", "4 MiB""#))?;
        if (least..=most).contains(&bytes) {
            return Ok(bytes);
        }
        Err(Wrong::new("is out of bounds", format!("from {} KiB to {} MiB", least >> 10, most >> 20)))
    }
}

/// A share in whole percent: `"10%"`.
pub(super) fn percent(most: u8) -> impl Fn(&DeValue<'_>) -> Result<u8, Wrong> {
    move |value| {
        let number = value.as_str().and_then(|text| text.trim().strip_suffix('%')?.trim_end().parse::<u8>().ok());
        number
            .filter(|n| *n <= most)
            .ok_or_else(|| Wrong::new("is no percentage", format!("write \"0%\" to \"{most}%\", in quotes")))
    }
}

/// A confidence, from `0.0` to `1.0`.
pub(super) fn confidence(value: &DeValue<'_>) -> Result<Confidence, Wrong> {
    let written = match value {
        DeValue::Float(float) => Some(float.as_str().to_owned()),
        DeValue::Integer(integer) => Some(integer.as_str().to_owned()),
        _ => None,
    };
    let share = written.and_then(|text| text.parse::<f64>().ok()).filter(|share| (0.0..=1.0).contains(share));
    let share = share.ok_or_else(|| Wrong::new("is no confidence", "a number from 0.0 to 1.0, without quotes"))?;
    // Within 0 and 1,000 after the check above, so that nothing is cut off.
    Ok(Confidence::per_mille((share * 1_000.0).round() as u16))
}

/// One of the words of an enum.
pub(super) fn word<T: FromStr<Err = UnknownWord>>(value: &DeValue<'_>) -> Result<T, Wrong> {
    let word = text(64)(value)?;
    word.parse().map_err(|unknown: UnknownWord| {
        let choice = unknown.known.join(", ");
        match nearest(&word, unknown.known.iter().copied()) {
            Some(meant) => Wrong::new("is not known", format!("did you mean \"{meant}\"? There are {choice}")),
            None => Wrong::new("is not known", format!("one of {choice}")),
        }
    })
}

/// One of some words, each with what it stands for.
pub(super) fn choice<T: Copy>(words: &[(&str, T)]) -> impl Fn(&DeValue<'_>) -> Result<T, Wrong> {
    move |value| {
        let word = text(64)(value)?;
        let known = words.iter().find(|(known, _)| *known == word);
        known.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let choice: Vec<String> = words.iter().map(|(known, _)| format!("\"{known}\"")).collect();
            Wrong::new("is not known", format!("write {}", choice.join(" or ")))
        })
    }
}

/// A language as a BCP 47 primary tag: `"en"`.
pub(super) fn language(value: &DeValue<'_>) -> Result<String, Wrong> {
    let tag = text(35)(value)?.to_lowercase();
    if (2..=3).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_lowercase()) {
        return Ok(tag);
    }
    Err(Wrong::new("is no language", r#"write its code of two or three letters: "en", "ar""#))
}

/// The address of something on the web. A user and a password in it are refused, since addresses are printed.
pub(super) fn web_address(value: &DeValue<'_>) -> Result<Url, Wrong> {
    let written = text(2_000)(value)?;
    let url = Url::parse(&written).map_err(|_| match Url::parse(&format!("https://{written}")) {
        Ok(meant) if written.contains('.') => Wrong::new("is no web address", format!("did you mean \"{meant}\"?")),
        _ => Wrong::new("is no web address", "write the whole address: \"https://example.org/feed.xml\""),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Wrong::new("is no web address", "only http and https are fetched"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new("holds a user name", "leave it out: addresses stand in mails and in the journal"));
    }
    Ok(url)
}

/// A header of a request by its name: what is settled elsewhere is refused.
pub(super) fn header(name: &str, value: &DeValue<'_>) -> Result<(String, Secret), Wrong> {
    /// Set by us, and where that can be changed.
    const OURS: &[(&str, &str)] = &[
        ("user-agent", "set `user_agent`"),
        ("authorization", "set `user` and `password_file`"),
        ("if-none-match", "leave it out: what is known of the feed is sent"),
        ("if-modified-since", "leave it out: what is known of the feed is sent"),
        ("host", "leave it out: the address says it"),
        ("accept-encoding", "leave it out: what can be opened is asked for"),
        ("content-length", "leave it out: nothing is sent"),
        ("transfer-encoding", "leave it out: nothing is sent"),
        ("connection", "leave it out"),
        ("proxy-authorization", "leave it out"),
    ];
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(is_token) {
        return Err(Wrong::new("is no name of a header", "letters, digits and \"-\": \"X-Api-Key\""));
    }
    if let Some((_, mend)) = OURS.iter().find(|(ours, _)| name.eq_ignore_ascii_case(ours)) {
        return Err(Wrong::new("cannot be set here", *mend));
    }
    let value = text(2_000)(value)?;
    if !value.is_ascii() {
        return Err(Wrong::new("holds letters that no header may hold", "only ASCII"));
    }
    Ok((name.to_owned(), Secret::new(&value)))
}

/// The name or address of a host: `"localhost"`, `"mail.example.org"`, `"[::1]"`; in the form that addresses on the
/// web have it.
pub(super) fn host(value: &DeValue<'_>) -> Result<String, Wrong> {
    let advice = "the name alone, without scheme or port: \"mail.example.org\"";
    let host = Host::parse(&text(253)(value)?).map_err(|_| Wrong::new("is no host name", advice))?;
    Ok(host.to_string())
}

/// A host, or one port of it: `"intranet.example.org"`, `"localhost:8080"`.
pub(super) fn host_or_port(value: &DeValue<'_>) -> Result<String, Wrong> {
    let written = text(260)(value)?;
    let (name, port) = match written.rsplit_once(':') {
        // A colon inside brackets belongs to the address.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (written.as_str(), None),
    };
    let port = port.map(|port| port.parse::<u16>().map(|port| format!(":{port}")));
    match (Host::parse(name), port.transpose()) {
        (Ok(host), Ok(port)) => Ok(format!("{host}{}", port.unwrap_or_default())),
        _ => Err(Wrong::new("is no host", r#"write "intranet.example.org" or "localhost:8080""#)),
    }
}

/// The name of a host, which is no address: `"example.org"`.
pub(super) fn domain(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = host(value)?;
    match Host::parse(&name) {
        Ok(Host::Domain(name)) => Ok(name),
        _ => Err(Wrong::new("is no name", "write a domain name: \"example.org\"")),
    }
}

/// A mail address with or without a name: `"Desk <desk@example.org>"`, `"desk@example.org"`. A domain in other letters
/// is brought to its ASCII form, which every mail server takes.
pub(super) fn address(value: &DeValue<'_>) -> Result<Address, Wrong> {
    let written = text(320)(value)?;
    let (name, email) = split_address(&written);
    let no_address = || Wrong::new("is no mail address", r#"write "desk@example.org" or "Desk <desk@example.org>""#);
    let (local, domain) = email.split_once('@').filter(|_| !name.contains(['<', '>', '"'])).ok_or_else(no_address)?;
    if !local.is_ascii() {
        return Err(Wrong::new("cannot be sent to", "only ASCII before the @ is taken by every mail server"));
    }
    let domain = Host::parse(domain).map_or_else(|_| String::new(), |host| host.to_string());
    if !is_local_part(local) || !is_mail_domain(&domain) {
        return Err(no_address());
    }
    Ok(Address { name: name.to_owned(), email: format!("{local}@{domain}") })
}

/// The name, which may be empty, and what stands in angle brackets.
fn split_address(written: &str) -> (&str, &str) {
    match written.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, email)) => (name.trim().trim_matches('"').trim(), email),
        None => ("", written),
    }
}

/// RFC 5322, section 3.2.3 (dot-atom), and RFC 5321, section 4.5.3.1.1 (64 octets). Quoted local parts are legal too, and
/// nobody has one.
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty() && atom.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    local.len() <= 64 && local.split('.').all(is_atom)
}

/// RFC 5321, section 4.1.2, without address literals.
fn is_mail_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    domain.len() <= 253 && domain.split('.').all(is_label) && !domain.split('.').all(|l| l.parse::<u8>().is_ok())
}

/// A path.
pub(super) fn path(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    let path = text(4_000)(value)?;
    if path.starts_with('~') {
        return Err(Wrong::new("begins with `~`", "only a shell knows what that is: write the whole path"));
    }
    Ok(PathBuf::from(path))
}

/// A time zone of the IANA database: `"Europe/Berlin"`.
pub(super) fn zone(value: &DeValue<'_>) -> Result<TimeZone, Wrong> {
    let name = text(64)(value)?;
    TimeZone::get(&name).map_err(|_| {
        let known: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
        let mend = match nearest(&name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => "write it as continent and city: \"Asia/Damascus\", or \"UTC\"".to_owned(),
        };
        Wrong::new("is no time zone", mend)
    })
}

/// A moment: a date (its first second, UTC), or a date and a time with or without an offset (without: UTC).
pub(super) fn moment(value: &DeValue<'_>) -> Result<Timestamp, Wrong> {
    let written = match value {
        DeValue::Datetime(datetime) => datetime.to_string(),
        DeValue::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let in_utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let moment = written.parse::<Timestamp>().ok().or_else(|| match written.contains([':', 'T']) {
        true => written.parse::<DateTime>().ok().and_then(in_utc),
        false => written.parse::<Date>().ok().and_then(|date| in_utc(date.at(0, 0, 0, 0))),
    });
    moment.ok_or_else(|| Wrong::new("is no date", "write 2025-03-06 or 2025-03-06T18:00:00Z, without quotes"))
}

/// `"at once"`, `"hourly"`, `"daily 07:00"`, `"weekly monday 07:00"`.
pub(super) fn timing(value: &DeValue<'_>) -> Result<Timing, Wrong> {
    let written = text(40)(value)?;
    let timing = match written.split_once(' ') {
        Some(("at", "once")) => Some(Timing::AtOnce),
        Some(("daily", time)) => parse_time(time).map(Timing::Daily),
        Some(("weekly", slot)) => parse_weekly(slot).map(|(day, time)| Timing::Weekly(day, time)),
        None if written == "hourly" => Some(Timing::Hourly),
        _ => None,
    };
    let advice = r#"write "at once", "hourly", "daily 07:00" or "weekly monday 07:00""#;
    timing.ok_or_else(|| Wrong::new("is no time to mail", advice))
}

/// A time of the week: `"monday 09:00"`.
pub(super) fn weekly(value: &DeValue<'_>) -> Result<(Weekday, Time), Wrong> {
    let written = text(32)(value)?;
    parse_weekly(&written).ok_or_else(|| Wrong::new("is no time of the week", r#"write day and time: "monday 09:00""#))
}

fn parse_weekly(text: &str) -> Option<(Weekday, Time)> {
    let (day, time) = text.trim().split_once(' ')?;
    let day = match day.to_lowercase().as_str() {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    };
    Some((day, parse_time(time)?))
}

/// A span of the day, which may go over midnight: `"22:00-06:00"`.
pub(super) fn time_span(value: &DeValue<'_>) -> Result<(Time, Time), Wrong> {
    let written = text(32)(value)?;
    let span = written.split_once('-').and_then(|(from, to)| Some((parse_time(from)?, parse_time(to)?)));
    match span {
        None => Err(Wrong::new("is no span of the day", r#"write from and to: "22:00-06:00""#)),
        Some((from, to)) if from == to => Err(Wrong::new(
            "begins when it ends",
            "leave the line out where no hours are quiet; the whole day cannot be",
        )),
        Some(span) => Ok(span),
    }
}

/// A rise that is sent in quiet hours: `"+50"` people or more, `"x2"` twice as many or more, or both.
pub(super) fn alarm(value: &DeValue<'_>) -> Result<Alarm, Wrong> {
    let no_alarm = || {
        Wrong::new(
            "is no rise",
            r#"write "+50" for 50 people or more, "x2" for twice as many, "+50 x2" for both at once"#,
        )
    };
    let written = text(32)(value)?;
    let mut alarm = Alarm { by: None, times: None };
    for part in written.split_whitespace() {
        match (part.strip_prefix('+'), part.strip_prefix('x')) {
            (Some(people), _) if alarm.by.is_none() => {
                alarm.by = people.parse().ok().filter(|by| (1..=1_000_000).contains(by));
            }
            (_, Some(times)) if alarm.times.is_none() => alarm.times = parse_hundredths(times),
            _ => return Err(no_alarm()),
        }
        if part.starts_with('+') && alarm.by.is_none() || part.starts_with('x') && alarm.times.is_none() {
            return Err(no_alarm());
        }
    }
    Ok(alarm)
}

/// "2", "1.5" or "1.25", above 1 and up to 1,000, in hundredths.
fn parse_hundredths(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 || whole.len() > 4 {
        return None;
    }
    let hundredths = whole.parse::<u32>().ok()? * 100 + format!("{part:0<2}").parse::<u32>().ok()?;
    (101..=100_000).contains(&hundredths).then_some(hundredths)
}

/// An https address in which `{recipient}` and `{story}` may stand.
pub(super) fn stop_address(value: &DeValue<'_>) -> Result<String, Wrong> {
    let written = text(300)(value)?;
    let plain = written.replace("{recipient}", "a").replace("{story}", "1");
    let is_https = Url::parse(&plain).is_ok_and(|url| url.scheme() == "https");
    let fit = |c: char| c.is_ascii_graphic() && !"<>,\"{}".contains(c);
    if !is_https || !plain.chars().all(fit) {
        let advice = r#"write an https address: "https://example.org/stop?to={recipient}&story={story}""#;
        return Err(Wrong::new("is no address where mails can be stopped", advice));
    }
    Ok(written)
}

/// `HH:MM`
fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str| part.len() <= 2 && part.chars().all(|c| c.is_ascii_digit());
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str) -> DeValue<'_> {
        DeValue::String(Cow::Borrowed(text))
    }

    #[test]
    fn durations_are_numbers_with_units() {
        let seconds = |text| parse_duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("1h 30m"), Some(5_400));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("2 d"), Some(172_800));
        for odd in [
            "",
            "10",
            "m",
            "10m 5m",
            "30m 1h",
            "10 minutes",
            "-5m",
            "1.5h",
            "99999999999999999999d",
            "9999999999999999d",
            "10m,",
        ] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }

    #[test]
    fn addresses_may_have_a_name() {
        let read = |text| address(&quoted(text)).map(|a| a.to_string()).map_err(|wrong| wrong.what);
        assert_eq!(read("desk@example.org"), Ok("desk@example.org".to_owned()));
        assert_eq!(read("Desk, night <desk@example.org>"), Ok("Desk, night <desk@example.org>".to_owned()));
        assert_eq!(read("\"Desk\" <desk+tolls@localhost>"), Ok("Desk <desk+tolls@localhost>".to_owned()));
        for odd in [
            "Desk",
            "desk@",
            "@example.org",
            "a@b@c",
            "Desk <desk@example.org",
            "a b@example.org",
            "x@-y.org",
            "x@a..b",
        ] {
            assert_eq!(read(odd), Err("is no mail address".to_owned()), "{odd}");
        }
        assert!(read("desk@example.org\nBcc: all@example.org").is_err());
    }

    #[test]
    fn moments_without_an_offset_are_in_utc() {
        let read = |text| moment(&quoted(text)).map(|m| m.to_string()).ok();
        assert_eq!(read("2025-03-06"), Some("2025-03-06T00:00:00Z".to_owned()));
        assert_eq!(read("2025-03-06T18:00:00"), Some("2025-03-06T18:00:00Z".to_owned()));
        assert_eq!(read("2025-03-06 18:00:00+03:00"), Some("2025-03-06T15:00:00Z".to_owned()));
        assert_eq!(read("6 March"), None);
    }

    #[test]
    fn times_of_mailing_are_words() {
        let read = |text| timing(&quoted(text)).ok();
        assert_eq!(read("at once"), Some(Timing::AtOnce));
        assert_eq!(read("hourly"), Some(Timing::Hourly));
        assert_eq!(read("daily 07:30"), Some(Timing::Daily(Time::constant(7, 30, 0, 0))));
        assert_eq!(read("weekly Monday 07:30"), Some(Timing::Weekly(Weekday::Monday, Time::constant(7, 30, 0, 0))));
        for odd in [
            "daily",
            "daily 25:00",
            "daily 7",
            "daily 7:5",
            "weekly",
            "weekly 07:00",
            "weekly someday 07:00",
            "at last",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn rises_that_break_through_are_counts_and_factors() {
        let read = |text| alarm(&quoted(text)).ok().map(|alarm| (alarm.by, alarm.times));
        assert_eq!(read("+50"), Some((Some(50), None)));
        assert_eq!(read("x1.5"), Some((None, Some(150))));
        assert_eq!(read("x2 +50"), Some((Some(50), Some(200))));
        for odd in ["", "50", "+", "+0", "x1", "x0.5", "x2 x3", "+5 +6", "x1.255", "+-5", "x99999", "+50%"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn a_duration_reads_as_it_was_written(seconds in 0_u64..1 << 40) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse_duration(&show_duration(duration)), Some(duration));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,40}") {
            let value = quoted(&text);
            let _ = (address(&value), moment(&value), timing(&value), time_span(&value), host(&value), parse_duration(&text));
            let _ = (alarm(&value), weekly(&value), stop_address(&value));
            let _ = (size(0, 1)(&value), percent(9)(&value), web_address(&value), feed_name(&value));
        }
    }
}
