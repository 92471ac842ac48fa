//! Configs as operators write them: the one that is shipped, some that are right, and one for each thing that can be
//! wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use tollwatch::config::{self, EditError, SecretFile, Tls, Transport};
use tollwatch::model::{Confidence, Measure, Timing};

const SHIPPED: &str = "config/tollwatch.toml";

fn cases(kind: &str) -> Vec<PathBuf> {
    let directory = Path::new("tests/cases/configs").join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no cases in {}", directory.display());
    files
}

fn problems(text: &str) -> String {
    let problems = config::parse("broken.toml", text).expect_err("this config is broken");
    format!("{problems}\n{}", problems.count())
}

#[test]
fn each_broken_config_is_refused_with_the_expected_words() {
    for path in cases("invalid") {
        let name = path.file_name().unwrap().to_string_lossy();
        let expected = fs::read_to_string(path.with_extension("expected")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!expected.contains("swordfish"), "{} prints a password", path.display());
        match config::parse(&name, &text) {
            Ok(_) => panic!("{} was accepted", path.display()),
            Err(found) => assert_eq!(format!("{found}\n"), expected, "{}", path.display()),
        }
    }
}

#[test]
fn each_right_config_is_accepted() {
    for path in cases("valid") {
        if let Err(problems) = config::load_with_state(&path, Path::new("")) {
            panic!("{} was refused:\n{problems}", path.display());
        }
    }
}

#[test]
fn pages_and_looks_have_defaults_and_off_switches() {
    let days = |days: u64| Duration::from_secs(days * 86_400);
    let config = config::parse("t.toml", "").unwrap();
    assert_eq!((config.general.keep_pages, config.polling.look_again.len()), (days(365), 6));
    assert_eq!(config.polling.look_again.last(), Some(&days(7)));
    for none in ["none", "0d", "0s"] {
        let text = format!("[general]\nkeep_pages = \"{none}\"\n[polling]\nlook_again = []\n");
        let config = config::parse("t.toml", &text).unwrap();
        assert_eq!((config.general.keep_pages, config.polling.look_again), (Duration::ZERO, vec![]), "{none}");
    }
}

#[test]
fn the_shipped_config_is_told_in_one_line() {
    let config = config::load_with_state(Path::new(SHIPPED), Path::new("")).unwrap();
    assert_eq!(config.summary(), "6 feeds, 1 recipient, mail to Maildir mail/, database state/tollwatch.db");
}

#[test]
fn the_shipped_config_states_the_defaults() {
    let text = fs::read_to_string(SHIPPED).unwrap();
    let stated = config::parse(SHIPPED, &text).unwrap();
    let mut bare: toml_edit::DocumentMut = text.parse().unwrap();
    for table in ["general", "http", "polling", "delivery", "smtp"] {
        bare.remove(table);
    }
    let mails = bare["mail"].as_array_of_tables_mut().unwrap();
    mails.iter_mut().for_each(|mail| mail.retain(|key, _| key == "recipient"));
    let first_feed = bare["feed"].as_array_of_tables_mut().unwrap().get_mut(0).unwrap();
    first_feed.retain(|key, _| key == "name" || key == "url");
    assert_eq!(config::parse(SHIPPED, &bare.to_string()).unwrap(), stated);
}

#[test]
fn the_examples_behind_comment_marks_can_be_used() {
    let text = fs::read_to_string(SHIPPED).unwrap();
    let mut shown = 0;
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(option) if option.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => {
                shown += 1;
                // Of the two places for a password only one can be used.
                if option.starts_with("credential") { String::new() } else { format!("{option}\n") }
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(shown > 5, "only {shown} options are shown behind comment marks");
    let config = config::parse(SHIPPED, &uncommented).unwrap();
    assert_eq!(config.feeds[0].outlet.as_deref(), Some("Example Wire"));
    assert_eq!(config.stories[0].until.unwrap().to_string(), "2025-04-01T00:00:00Z");
    assert!(config.subscriptions[0].quiet.is_some());
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[test]
fn problems_read_as_an_operator_meets_them() {
    let text = r#"
[[feed]]
name = "rudaw"
url = "https://rudaw.example.org/feed"
interval = "10"

[[mail]]
recipient = "Desk <desk@example.org>"
zone = "Europe/Berln"

[[mail]]
recipent = "night@example.org"
"#;
    insta::assert_snapshot!(problems(text), @r#"
    broken.toml:5:12: feed "rudaw": `interval = "10"` is no duration
        5 | interval = "10"
          |            ^^^^ write a number and a unit: "10m", "2h", "1d"
    broken.toml:9:8: mail to desk@example.org: `zone = "Europe/Berln"` is no time zone
        9 | zone = "Europe/Berln"
          |        ^^^^^^^^^^^^^^ did you mean "Europe/Berlin"?
    broken.toml:12:1: unknown key `recipent` in [[mail]]; did you mean `recipient`?
    3 errors
    "#);
}

#[test]
fn all_files_are_checked_at_once_and_later_ones_win() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    fs::create_dir(directory.path().join("conf.d")).unwrap();
    write(
        "tollwatch.toml",
        "[polling]\ninterval = \"20m\"\n[[feed]]\nname = \"a\"\nurl = \"https://a.example.org/\"\n",
    );
    write("conf.d/20-night.toml", "[polling]\ninterval = \"40m\"\n[[feed]]\nname = \"a\"\ninterval = \"1h\"\n");
    write(
        "conf.d/10-more.toml",
        "[polling]\ninterval = \"30m\"\n[[feed]]\nname = \"b\"\nurl = \"https://b.example.org/\"\n",
    );
    write("conf.d/ignored.txt", "this is no config");
    let main = directory.path().join("tollwatch.toml");

    let config = config::load_with_state(&main, Path::new("/var/lib/tollwatch")).unwrap();
    assert_eq!(config.general.database, Path::new("/var/lib/tollwatch/state/tollwatch.db"));
    let minutes = |interval: Duration| interval.as_secs() / 60;
    let feeds: Vec<_> = config.feeds.iter().map(|feed| (feed.name.as_str(), feed.interval.map(minutes))).collect();
    assert_eq!(feeds, [("a", Some(60)), ("b", None)]);
    assert_eq!(minutes(config.polling.interval), 40);

    write("tollwatch.toml", "[polling]\nintervall = \"20m\"\n");
    let problems = config::load_with_state(&main, Path::new("")).unwrap_err().to_string();
    let here = |text: &str| problems.replace(&format!("{}/", directory.path().display()), "") == text;
    assert!(
        here(
            "tollwatch.toml:2:1: unknown key `intervall` in [polling]; did you mean `interval`?\n\
             conf.d/20-night.toml:3:1: feed \"a\": `url` is missing\n    \
                 3 | [[feed]]\n      | ^^^^^^^^ add a line: url = \"https://example.org/feed.xml\""
        ),
        "{problems}"
    );
}

#[test]
fn a_missing_file_says_what_to_do() {
    let problems = config::load_with_state(Path::new("no/such.toml"), Path::new("")).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "no/such.toml: there is no such file; copy config/tollwatch.toml of the project there, or name another with \
         --config"
    );
}

#[test]
fn a_full_config_is_read_as_it_is_meant() {
    let config = config::load_with_state(Path::new("tests/cases/configs/valid/newsroom.toml"), Path::new("")).unwrap();
    assert_eq!(config.general.least_confidence, Confidence::per_mille(650));
    assert_eq!(config.http.total_timeout, Duration::from_secs(90));
    assert_eq!(config.http.allow_private, ["feeds.newsroom.internal"]);
    let Transport::Smtp(smtp) = &config.outgoing.transport else { panic!("mail goes to a server") };
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("mail.example.org", 587, Tls::StartTls));
    let login = smtp.login.as_ref().unwrap();
    assert_eq!(login.password, SecretFile::Credential("smtp.password".to_owned()));
    assert_eq!((config.outgoing.host.as_str(), config.outgoing.timeout), ("example.org", Duration::from_secs(120)));
    assert_eq!(smtp.ca_file.as_deref(), Some(Path::new("/etc/ssl/newsroom.pem")));
    let dkim = config.outgoing.dkim.as_ref().unwrap();
    assert_eq!((dkim.domain.as_str(), dkim.selector.as_str()), ("example.org", "tolls-2026"));
    let night = &config.subscriptions[1];
    assert_eq!(night.measures, [Measure::Killed, Measure::Injured]);
    assert_eq!(night.timing, Timing::Daily(jiff::civil::time(7, 0, 0, 0)));
    assert_eq!(night.zone.iana_name(), Some("Asia/Damascus"));
    assert_eq!(config.sources[0].aliases, ["SOHR"]);
}

#[test]
fn a_password_is_read_from_its_file_and_never_printed() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("smtp.password"), "hunter2\n").unwrap();
    let credential = SecretFile::Credential("smtp.password".to_owned());
    let secret = credential.read(Some(directory.path())).unwrap();
    assert_eq!(secret.reveal(), "hunter2");
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    assert_eq!(
        credential.read(None).unwrap_err().to_string(),
        "the secret is the systemd credential `smtp.password`, but $CREDENTIALS_DIRECTORY is not set"
    );
}

#[test]
fn a_feed_that_is_added_stands_behind_the_others_and_disturbs_nothing() {
    let text = "# ours\n[[feed]]\nname = \"a\" # first\nurl = \"https://a.example.org/\"\n\n# the mails\n[[mail]]\nrecipient = \"x@example.org\"\n";
    let edited = config::add_feed(text, "https://www.b-times.example.org/rss", None, Some("1h")).unwrap();
    assert_eq!(edited.name, "b-times-example");
    insta::assert_snapshot!(edited.text, @r#"
    # ours
    [[feed]]
    name = "a" # first
    url = "https://a.example.org/"

    [[feed]]
    name = "b-times-example"
    url = "https://www.b-times.example.org/rss"
    interval = "1h"

    # the mails
    [[mail]]
    recipient = "x@example.org"
    "#);
    assert_eq!(config::remove_feed(&edited.text, "b-times-example").unwrap().text, text);
}

#[test]
fn a_feed_is_not_added_twice() {
    let text = "[[feed]]\nname = \"a\"\nurl = \"https://a.example.org/feed/\"\n";
    let again = config::add_feed(text, "http://A.example.org:80/feed", Some("b"), None);
    assert_eq!(again.unwrap_err(), EditError::AddressTaken { name: "a".to_owned() });
    let same_name = config::add_feed(text, "https://b.example.org/", Some("a"), None).unwrap_err();
    assert_eq!(
        same_name.to_string(),
        "there is a feed \"a\" already, at https://a.example.org/feed/; choose another name"
    );
    let too_often = config::add_feed(text, "https://b.example.org/", None, Some("1m")).unwrap_err();
    assert_eq!(too_often.to_string(), "the interval `1m` is too short; write \"5m\" or more");
}

#[test]
fn the_comments_of_a_feed_go_with_it_and_those_of_its_neighbours_stay() {
    let text = "# All our feeds.\n\n# The wire: ask Ana.\n[[feed]]\nname = \"wire\"\nurl = \"https://wire.example.org/\"\n\
                # interval = \"1h\"\n\n# The post.\n[[feed]]\nname = \"post\"\nurl = \"https://post.example.org/\"\n";
    let without_wire =
        "# All our feeds.\n\n# The post.\n[[feed]]\nname = \"post\"\nurl = \"https://post.example.org/\"\n";
    assert_eq!(config::remove_feed(text, "wire").unwrap().text, without_wire);
    assert_eq!(config::remove_feed(without_wire, "https://post.example.org").unwrap().text, "# All our feeds.\n");

    let as_on_windows = |text: &str| text.replace('\n', "\r\n");
    let edited = config::remove_feed(&as_on_windows(text), "wire").unwrap();
    assert_eq!(edited.text, as_on_windows(without_wire));
}

proptest! {
    /// A slip of the hand anywhere in the shipped config is accepted or refused, and every refusal can be printed.
    #[test]
    fn no_slip_of_the_hand_is_too_strange(
        slips in proptest::collection::vec((0.0..1.0_f64, 0..40_usize, "[\\PC\n\r\"\\[\\]{}=#.]{0,6}"), 1..4)
    ) {
        let mut text: Vec<char> = fs::read_to_string(SHIPPED).unwrap().chars().collect();
        for (at, cut, put) in slips {
            let start = (at * text.len() as f64) as usize;
            let end = (start + cut).min(text.len());
            text.splice(start..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(problems) = config::parse("slip.toml", &text) {
            prop_assert!(!problems.as_slice().is_empty());
            prop_assert!(problems.to_string().lines().all(|line| !line.contains('\r')));
        }
        let _ = config::remove_feed(&text, "coast-daily");
        let _ = config::add_feed(&text, "https://new.example.org/feed", None, None);
    }

    /// What is added is there, what is removed is gone, and everything else is as it was.
    #[test]
    fn adding_and_removing_changes_one_feed(names in proptest::collection::hash_set("[a-z]{1,8}", 1..6), gone in 0..6_usize) {
        let names: Vec<String> = names.into_iter().collect();
        let feeds = |text: &str| -> Vec<String> {
            config::parse("feeds.toml", text).unwrap().feeds.into_iter().map(|feed| feed.name).collect()
        };
        let mut text = String::from("# mine\n[polling]\ninterval = \"20m\"\n");
        for name in &names {
            let url = format!("https://{name}.example.org/feed");
            text = config::add_feed(&text, &url, Some(name), None).unwrap().text;
        }
        prop_assert_eq!(&feeds(&text), &names);
        let gone = &names[gone % names.len()];
        let less = config::remove_feed(&text, gone).unwrap().text;
        let expected: Vec<String> = names.iter().filter(|name| *name != gone).cloned().collect();
        prop_assert_eq!(feeds(&less), expected);
        prop_assert!(less.starts_with("# mine\n[polling]\ninterval = \"20m\"\n"));
        prop_assert!(!less.contains("\n\n\n"), "{}", less);
    }
}

#[test]
fn every_shipped_feed_can_be_removed_and_nothing_else_goes() {
    let shipped = fs::read_to_string(SHIPPED).unwrap();
    let before = config::parse(SHIPPED, &shipped).unwrap();
    for feed in &before.feeds {
        let edited = config::remove_feed(&shipped, feed.url.as_str()).unwrap();
        assert_eq!(edited.name, feed.name);
        let mut expected = before.clone();
        expected.feeds.retain(|other| other.name != feed.name);
        assert_eq!(config::parse(SHIPPED, &edited.text).unwrap(), expected);
        assert!(edited.text.contains("# The feeds. Each needs a name"));
    }
    let unknown = config::remove_feed(&shipped, "coast-dayly").unwrap_err();
    assert_eq!(unknown.to_string(), "there is no feed `coast-dayly`; did you mean `coast-daily`?");
}
