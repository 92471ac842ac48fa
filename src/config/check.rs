//! From the file form to the checked form: bounds, defaults, and what must fit together.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use toml::de::DeValue;
use url::{Host, Url};

use super::file::{Document, Section, parse};
use super::problem::{Problems, Report};
use super::reader::{Reader, Wrong};
use super::selector;
use super::source::{Place, Source};
use super::spelling::nearest;
use super::value;
use super::{
    Config, Dkim, Feed, General, Http, LogLevel, Login, Outgoing, PaceBounds, Polling, SHORTEST_INTERVAL, SecretFile,
    Smtp, SourceNames, Tls, Transport, Web,
};
use crate::model::{Address, Confidence, NamedStory, SubjectForm, Subscription};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// When articles are looked at again after their publication, without a word in the config: most corrections come within
/// hours, some within a week.
const LOOK_AGAIN: [Duration; 6] = [
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(8 * 3_600),
    DAY,
    Duration::from_secs(3 * 86_400),
    Duration::from_secs(7 * 86_400),
];

/// More looks than this at one article are impolite.
const MOST_LOOKS: usize = 24;

/// Checks the files as one config; relative paths are put below `state`.
pub(super) fn check(sources: &[Source], state: &Path) -> Result<Config, Problems> {
    let (trees, broken) = parse(sources);
    if !broken.is_empty() {
        // What a broken file says cannot be told for sure, nor what is missing from it.
        return Err(Problems::new(broken));
    }
    let mut report = Report::new(sources);
    let config = read(Document::merge(&trees, &mut report), state, &mut report);
    let problems = report.into_problems();
    if problems.is_empty() { Ok(config) } else { Err(Problems::new(problems)) }
}

/// Every option that exists: the head of its table and its key.
#[cfg(test)]
pub(super) fn options() -> Vec<(String, &'static str)> {
    let text = "[[feed]]\n[[story]]\n[[source]]\n[[mail]]\n".to_owned();
    let sources = [Source::new(String::new(), text)];
    let (trees, _) = parse(&sources);
    let mut report = Report::new(&sources);
    read(Document::merge(&trees, &mut report), Path::new(""), &mut report);
    report.options.into_iter().collect()
}

fn read(mut document: Document<'_>, state: &Path, report: &mut Report<'_>) -> Config {
    let polling = polling(document.table("polling"), report);
    let feeds = feeds(document.list("feed"), state, report);
    Config {
        subscriptions: subscriptions(document.list("mail"), &feeds, report),
        feeds,
        general: general(document.table("general"), state, report),
        http: http(document.table("http"), report),
        stories: document.list("story").into_iter().filter_map(|section| story(section, report)).collect(),
        sources: source_names(document.list("source"), report),
        outgoing: outgoing([document.table("delivery"), document.table("smtp"), document.table("dkim")], state, report),
        web: web(document.table("web"), report),
        polling,
    }
}

fn general(section: Section<'_>, state: &Path, report: &mut Report<'_>) -> General {
    let mut keys = Reader::new(section, report);
    let general = General {
        database: state.join(keys.read("database", value::path).unwrap_or_else(|| PathBuf::from("state/tollwatch.db"))),
        log: keys.read("log", value::word).unwrap_or(LogLevel::Info),
        least_confidence: keys.read("least_confidence", value::confidence).unwrap_or(Confidence::per_mille(500)),
        keep_pages: keys.read("keep_pages", value::duration_or_none(DAY, 36_500 * DAY)).unwrap_or(365 * DAY),
    };
    keys.finish();
    general
}

fn http(section: Section<'_>, report: &mut Report<'_>) -> Http {
    let mut keys = Reader::new(section, report);
    let timeout = || value::duration(SECOND, 10 * MINUTE);
    let http = Http {
        contact: keys.read("contact", value::text(200)),
        connect_timeout: keys.read("connect_timeout", timeout()).unwrap_or(10 * SECOND),
        idle_timeout: keys.read("idle_timeout", timeout()).unwrap_or(15 * SECOND),
        total_timeout: keys.read("total_timeout", timeout()).unwrap_or(60 * SECOND),
        // A parsed feed takes about thirty times its bytes in memory, hence the low ceiling.
        feed_size: keys.read("feed_size", value::size(64 << 10, 16 << 20)).unwrap_or(4 << 20),
        page_size: keys.read("page_size", value::size(64 << 10, 64 << 20)).unwrap_or(5 << 20),
        host_spacing: keys.read("host_spacing", value::duration(SECOND, HOUR)).unwrap_or(SECOND),
        spacing_of: keys.read_table("spacing_of", |host, spacing| {
            let host = value::domain(&DeValue::String(host.into()))?;
            Ok((host, value::duration(Duration::ZERO, DAY)(spacing)?))
        }),
        spacing_by_domain: keys.read("spacing_by_domain", value::flag).unwrap_or(true),
        parallel: keys.read("parallel", value::whole(1, 256)).map_or(32, |n| n as usize),
        proxy: keys.read("proxy", value::web_address),
        allow_private: keys.read_list("allow_private", value::host_or_port),
        robots: keys.read("robots", value::flag).unwrap_or(true),
    };
    for (key, part) in [("connect_timeout", http.connect_timeout), ("idle_timeout", http.idle_timeout)] {
        if part > http.total_timeout {
            let total = value::show_duration(http.total_timeout);
            keys.wrong(key, Wrong::new("is longer than the whole", format!("total_timeout is \"{total}\"")));
        }
    }
    keys.finish();
    http
}

fn polling(section: Section<'_>, report: &mut Report<'_>) -> Polling {
    let mut keys = Reader::new(section, report);
    let usual = keys.read("interval", interval()).unwrap_or(15 * MINUTE);
    let follows_pace = keys.read("follow_pace", value::flag).unwrap_or(true);
    let shortest = keys.read("shortest_interval", interval()).unwrap_or(SHORTEST_INTERVAL);
    let longest = keys.read("longest_interval", interval()).unwrap_or(DAY);
    if shortest > longest {
        let key = if keys.has("longest_interval") { "longest_interval" } else { "shortest_interval" };
        let bound = format!("shortest_interval is \"{}\"", value::show_duration(shortest));
        let other = format!("longest_interval is \"{}\"", value::show_duration(longest));
        keys.wrong(key, Wrong::new("leaves no interval", if key == "longest_interval" { bound } else { other }));
    }
    let polling = Polling {
        interval: usual,
        pace: follows_pace.then_some(PaceBounds { shortest, longest }),
        jitter: keys.read("jitter", value::percent(50)).unwrap_or(10),
        longest_wait: keys.read("longest_wait", value::duration(HOUR, 7 * DAY)).unwrap_or(DAY),
        first_poll: keys.read("first_poll", value::whole(0, 1_000)).map_or(50, |n| n as usize),
        look_again: look_again(&mut keys),
        notices: keys.read("notices", value::flag).unwrap_or(true),
    };
    keys.finish();
    polling
}

/// When articles are looked at again. A list of nothing is the way to turn it off.
fn look_again(keys: &mut Reader<'_, '_, '_>) -> Vec<Duration> {
    let times = keys.read_list("look_again", value::duration(SHORTEST_INTERVAL, 365 * DAY));
    if !keys.has("look_again") {
        return LOOK_AGAIN.to_vec();
    }
    if times.len() > MOST_LOOKS {
        keys.wrong("look_again", Wrong::new("holds too many times", format!("at most {MOST_LOOKS}")));
    }
    if !times.is_sorted_by(|earlier, later| earlier < later) {
        keys.wrong(
            "look_again",
            Wrong::new("is out of order", "each time after the publication is longer than the one before"),
        );
    }
    times
}

pub(super) fn interval() -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    value::duration(SHORTEST_INTERVAL, 30 * DAY)
}

fn feeds(sections: Vec<Section<'_>>, state: &Path, report: &mut Report<'_>) -> Vec<Feed> {
    let mut feeds = Vec::new();
    let mut addresses: HashMap<String, (String, Place)> = HashMap::new();
    for section in sections {
        let mut keys = Reader::new(section, report);
        let name = keys.require("name", r#""example-wire""#, value::feed_name);
        if let Some(name) = &name {
            keys.label = format!("feed \"{name}\"");
        }
        let url = keys.require("url", r#""https://example.org/feed.xml""#, value::web_address);
        let interval = keys.read("interval", interval());
        let outlet = keys.read("outlet", value::text(100));
        let language = keys.read("language", value::language);
        let user_agent = keys.read("user_agent", value::text(200));
        let headers = keys.read_secret_table("headers", value::header);
        let proxy = keys.read("proxy", value::web_address);
        let login = login(&mut keys, state);
        let in_the_clear =
            url.as_ref().is_some_and(|url| url.scheme() == "http" && !is_here(url.host_str().unwrap_or("")));
        if in_the_clear && login.is_some() {
            keys.wrong("user", Wrong::new("would go over the network in the clear", "write https:// in `url`"));
        }
        let with = keys.read_list("with", value::text(100));
        let without = keys.read_list("without", value::text(100));
        let body = keys.read("body", selector::list);
        let remove = keys.read("remove", selector::list);
        if let (Some(name), Some(url)) = (name, url) {
            match addresses.get(&same_address(&url)) {
                Some((other, place)) => {
                    let mend = format!("feed \"{other}\" has it at {}", keys.line_of(place));
                    keys.wrong("url", Wrong::new("is polled already", mend));
                }
                None => {
                    addresses.insert(same_address(&url), (name.clone(), keys.place_of("url")));
                    feeds.push(Feed {
                        name,
                        url,
                        interval,
                        outlet,
                        language,
                        user_agent,
                        headers,
                        login,
                        proxy,
                        with,
                        without,
                        body,
                        remove,
                    });
                }
            }
        }
        keys.finish();
    }
    feeds
}

/// What two addresses of one feed have in common: all but scheme, default port, fragment and a slash at the end.
pub(super) fn same_address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{host}{port}{}{query}", url.path().trim_end_matches('/'))
}

fn story(section: Section<'_>, report: &mut Report<'_>) -> Option<NamedStory> {
    let mut keys = Reader::new(section, report);
    let name = keys.require("name", r#""Coast killings, March 2025""#, value::text(200));
    if let Some(name) = &name {
        keys.label = format!("story \"{name}\"");
    }
    let places = keys.read_list("places", value::text(100));
    let words = keys.read_list("words", value::text(100));
    let since = keys.read("since", value::moment);
    let until = keys.read("until", value::moment);
    if !keys.has("places") && !keys.has("words") {
        keys.missing("there are neither places nor words", "without them every article would belong to it");
    }
    for (key, list) in [("places", &places), ("words", &words)] {
        if keys.is_empty_list(key) && list.is_empty() {
            keys.wrong(key, Wrong::new("is empty", "name some, or leave the line out"));
        }
    }
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        keys.wrong("until", Wrong::new("is not after `since`", "the first moment that no longer belongs to the story"));
    }
    keys.finish();
    Some(NamedStory { name: name?, places, words, since, until })
}

fn source_names(sections: Vec<Section<'_>>, report: &mut Report<'_>) -> Vec<SourceNames> {
    let mut sources: Vec<SourceNames> = Vec::new();
    for section in sections {
        let mut keys = Reader::new(section, report);
        let name = keys.require("name", r#""Syrian Observatory for Human Rights""#, value::text(200));
        if let Some(name) = &name {
            keys.label = format!("source \"{name}\"");
        }
        let aliases = keys.read_list("aliases", value::text(200));
        if !keys.has("aliases") {
            keys.missing("`aliases` is missing", r#"add a line: aliases = ["SOHR", "the Observatory"]"#);
        }
        let taken = |alias: &String| {
            let same = |other: &String| other.to_lowercase() == alias.to_lowercase();
            sources.iter().find(|source| same(&source.name) || source.aliases.iter().any(same))
        };
        let advice = |other: &SourceNames| format!("it stands for \"{}\" already", other.name);
        if let Some(other) = name.as_ref().and_then(taken) {
            keys.wrong("name", Wrong::new("is taken", advice(other)));
        }
        if let Some((alias, other)) = aliases.iter().find_map(|alias| Some((alias, taken(alias)?))) {
            keys.wrong("aliases", Wrong::new(format!("holds \"{alias}\""), advice(other)));
        }
        keys.finish();
        if let Some(name) = name {
            sources.push(SourceNames { aliases: aliases.into_iter().filter(|alias| *alias != name).collect(), name });
        }
    }
    sources
}

/// The ways that mails can go.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Maildir,
    Smtp,
    Sendmail,
}

fn outgoing([delivery, smtp, dkim]: [Section<'_>; 3], state: &Path, report: &mut Report<'_>) -> Outgoing {
    let (server, timeout) = self::smtp(smtp, state, report);
    let mut keys = Reader::new(delivery, report);
    let ways = [("maildir", Way::Maildir), ("smtp", Way::Smtp), ("sendmail", Way::Sendmail)];
    let way = keys.read("transport", value::choice(&ways)).unwrap_or(Way::Maildir);
    let maildir = state.join(keys.read("maildir", value::path).unwrap_or_else(|| PathBuf::from("mail")));
    let program = keys.read("sendmail", value::path).unwrap_or_else(|| PathBuf::from("/usr/sbin/sendmail"));
    if way == Way::Sendmail && !program.is_absolute() {
        keys.wrong("sendmail", Wrong::new("is no absolute path", "write /usr/sbin/sendmail, or where it is"));
    }
    if way == Way::Smtp && !keys.has("from") && !is_here(&server.host) {
        keys.missing("`from` is missing", r#"servers refuse senders at localhost: add from = "tolls@example.org""#);
    }
    let default_from = || Address { name: "tollwatch".to_owned(), email: "tollwatch@localhost".to_owned() };
    let from = keys.read("from", value::address).unwrap_or_else(default_from);
    let domain = from.email.rsplit('@').next().unwrap_or_default().to_owned();
    let outgoing = Outgoing {
        host: keys.read("host", value::domain).unwrap_or_else(|| domain.clone()),
        operator: keys.read("operator", value::address),
        unsubscribe: keys.read("unsubscribe", value::stop_address),
        collect: keys.read("collect", value::duration(Duration::ZERO, HOUR)).unwrap_or(MINUTE),
        transport: match way {
            Way::Maildir => Transport::Maildir(maildir),
            Way::Smtp => Transport::Smtp(server),
            Way::Sendmail => Transport::Sendmail(program),
        },
        timeout,
        dkim: None,
        from,
    };
    keys.finish();
    Outgoing { dkim: self::dkim(dkim, &domain, state, report), ..outgoing }
}

/// The key that mails are signed with: none where the table is not there.
fn dkim(section: Section<'_>, sender: &str, state: &Path, report: &mut Report<'_>) -> Option<Dkim> {
    let is_there = !section.entries.is_empty();
    let mut keys = Reader::new(section, report);
    let domain = keys.read("domain", value::domain).unwrap_or_else(|| sender.to_owned());
    let selector = keys.read("selector", value::domain);
    let file = keys.read("key_file", value::path).map(|path| SecretFile::Path(state.join(path)));
    let credential = keys.read("credential", value::feed_name).map(SecretFile::Credential);
    if file.is_some() && credential.is_some() {
        keys.wrong("credential", Wrong::new("is one key too many", "keep this line or `key_file`"));
    }
    // RFC 7489, section 3.1.1: by another domain's signature a receiver learns nothing about the sender.
    let above = sender.strip_suffix(domain.as_str());
    if !above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) {
        let mend = format!("the sender is at {sender}; name that, or a domain above it");
        keys.wrong("domain", Wrong::new("is not the sender's", mend));
    }
    if is_there && !keys.has("selector") {
        keys.missing("`selector` is missing", r#"add a line with the name of the key in the DNS: selector = "tolls""#);
    }
    if is_there && !keys.has("key_file") && !keys.has("credential") {
        keys.missing("the key is missing", r#"add a line: key_file = "/etc/tollwatch/dkim.pem""#);
    }
    keys.finish();
    Some(Dkim { domain, selector: selector?, key: file.or(credential)? })
}

/// Whether a mail server is on this machine.
fn is_here(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

/// The server, and how long one mail may take.
fn smtp(section: Section<'_>, state: &Path, report: &mut Report<'_>) -> (Smtp, Duration) {
    let mut keys = Reader::new(section, report);
    let host = keys.read("host", value::host).unwrap_or_else(|| "localhost".to_owned());
    let tls = keys.read("tls", value::word).unwrap_or(Tls::None);
    // RFC 5321, RFC 6409 and RFC 8314.
    let usual_port = match tls {
        Tls::None => 25,
        Tls::StartTls => 587,
        Tls::Implicit => 465,
    };
    let port = keys.read("port", value::whole(1, u16::MAX.into())).map_or(usual_port, |port| port as u16);
    let login = login(&mut keys, state);
    let ca_file = keys.read("ca_file", value::path).map(|path| state.join(path));
    // RFC 5321, section 4.5.3.2: ten minutes for the last answer alone; the mail is tried again, with the same
    // Message-ID, where it comes later.
    let timeout = keys.read("timeout", value::duration(SECOND, HOUR)).unwrap_or(10 * MINUTE);
    let key = if keys.has("password_file") { "password_file" } else { "credential" };
    if (keys.has("password_file") || keys.has("credential")) && tls == Tls::None && !is_here(&host) {
        keys.wrong(key, Wrong::new("would go over the network in the clear", r#"add a line: tls = "starttls""#));
    }
    keys.finish();
    (Smtp { host, port, tls, login, ca_file }, timeout)
}

/// A user and where the password is kept.
fn login(keys: &mut Reader<'_, '_, '_>, state: &Path) -> Option<Login> {
    keys.refuse(
        "password",
        "a password in the config can be read by whoever may read the config",
        "put it into a file of its own and name that: password_file = \"/etc/tollwatch/smtp.password\"",
    );
    let user = keys.read("user", value::text(200));
    let file = keys.read("password_file", value::path).map(|path| SecretFile::Path(state.join(path)));
    let credential = keys.read("credential", value::feed_name).map(SecretFile::Credential);
    if file.is_some() && credential.is_some() {
        keys.wrong("credential", Wrong::new("is one password too many", "keep this line or `password_file`"));
    }
    let password = file.or(credential);
    if user.is_some() && !keys.has("password_file") && !keys.has("credential") {
        keys.wrong("user", Wrong::new("has no password", "add a line: password_file = \"…\" or credential = \"…\""));
    }
    let key = if keys.has("password_file") { "password_file" } else { "credential" };
    if password.is_some() && !keys.has("user") {
        keys.wrong(key, Wrong::new("is nobody's password", "add a line: user = \"…\""));
    }
    user.zip(password).map(|(user, password)| Login { user, password })
}

fn subscriptions(sections: Vec<Section<'_>>, feeds: &[Feed], report: &mut Report<'_>) -> Vec<Subscription> {
    let mut subscriptions: Vec<(Subscription, Place)> = Vec::new();
    for section in sections {
        let mut keys = Reader::new(section, report);
        let recipient = keys.require("recipient", r#""Desk <desk@example.org>""#, value::address);
        if let Some(recipient) = &recipient {
            keys.label = format!("mail to {}", recipient.email);
        }
        let wish = subscription(&mut keys, recipient.clone(), feeds);
        if recipient.is_some() {
            let email = |wish: &Subscription| wish.recipient.email.to_lowercase();
            let same = |other: &Subscription| (email(other), &other.name) == (email(&wish), &wish.name);
            match subscriptions.iter().find(|(other, _)| same(other)) {
                Some((_, place)) => {
                    let other = keys.line_of(place);
                    let mend =
                        format!("the other stands at {other}; put both into one, or give one a `name` of its own");
                    keys.wrong("recipient", Wrong::new("has two [[mail]] tables", mend));
                }
                None => subscriptions.push((wish, keys.place_of("recipient"))),
            }
        }
        keys.finish();
    }
    // What is remembered of recipients goes by their addresses: one way of writing for all wishes of one.
    let emails: Vec<String> = subscriptions.iter().map(|(wish, _)| wish.recipient.email.clone()).collect();
    for (wish, _) in &mut subscriptions {
        let first = emails.iter().find(|email| email.eq_ignore_ascii_case(&wish.recipient.email));
        wish.recipient.email = first.unwrap_or(&wish.recipient.email).clone();
    }
    subscriptions.into_iter().map(|(subscription, _)| subscription).collect()
}

fn web(section: Section<'_>, report: &mut Report<'_>) -> Web {
    let mut keys = Reader::new(section, report);
    let web = Web { listen: keys.read("listen", value::loopback), names: keys.read_list("names", value::domain) };
    keys.finish();
    web
}

fn subscription(keys: &mut Reader<'_, '_, '_>, recipient: Option<Address>, feeds: &[Feed]) -> Subscription {
    let nobody = || Address { name: String::new(), email: String::new() };
    let usual = Subscription::to(recipient.unwrap_or_else(nobody));
    keys.refuse("at", "the time of a mail stands in `when`", r#"write: when = "daily 07:00""#);
    let known_feed = |value: &DeValue<'_>| {
        let name = value::feed_name(value)?;
        if feeds.iter().any(|feed| feed.name == name) {
            return Ok(name);
        }
        let mend = match nearest(&name, feeds.iter().map(|feed| feed.name.as_str())) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => "name a feed of this config, as its [[feed]] does".to_owned(),
        };
        Err(Wrong::new("is no feed", mend))
    };
    let wish = Subscription {
        name: keys.read("name", value::text(60)),
        stories: keys.read_list("stories", value::text(200)),
        measures: keys.read_list("measures", value::word),
        groups: keys.read_list("groups", value::word),
        sources: keys.read_list("sources", value::text(200)),
        feeds: keys.read_list("feeds", known_feed),
        outlets: keys.read_list("outlets", value::text(200)),
        least_count: keys.read("least_count", value::whole(0, 1_000_000)).unwrap_or(usual.least_count),
        least_change: keys.read("least_change", value::whole(1, 1_000_000)).unwrap_or(usual.least_change),
        least_percent: keys.read("least_percent", value::percent(200)).map_or(usual.least_percent, u32::from),
        conflicts: keys.read("conflicts", value::flag).unwrap_or(usual.conflicts),
        unconfirmed: keys.read("unconfirmed", value::flag).unwrap_or(usual.unconfirmed),
        parts: keys.read("parts", value::flag).unwrap_or(usual.parts),
        timing: keys.read("when", value::timing).unwrap_or(usual.timing),
        zone: keys.read("zone", value::zone).unwrap_or(TimeZone::UTC),
        quiet: keys.read("quiet", value::time_span),
        quiet_unless: keys.read("quiet_unless", value::alarm),
        most_an_hour: keys.read("most_an_hour", value::whole(1, 1_000)).map(|most| most as u32),
        sign_of_life: keys.read("sign_of_life", value::weekly),
        subject: keys.read("subject", value::word).unwrap_or(SubjectForm::Story),
        ..usual
    };
    if keys.has("quiet_unless") && !keys.has("quiet") {
        keys.wrong("quiet_unless", Wrong::new("has no quiet hours", "add a line: quiet = \"22:00-06:00\""));
    }
    wish
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The options of the shipped config, behind a comment mark or not.
    fn shipped() -> Vec<(String, String)> {
        let mut title = String::new();
        let mut options = Vec::new();
        for line in include_str!("../../config/tollwatch.toml").lines() {
            if line.starts_with('[') {
                title = line.to_owned();
            } else if let Some((key, _)) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ") {
                options.push((title.clone(), key.to_owned()));
            }
        }
        options
    }

    #[test]
    fn every_option_stands_in_the_shipped_config() {
        let (shipped, options) = (shipped(), options());
        assert!(options.len() > 40, "only {} options", options.len());
        for (title, key) in options {
            assert!(shipped.contains(&(title.clone(), key.to_owned())), "{title} {key} is missing");
        }
    }
}
