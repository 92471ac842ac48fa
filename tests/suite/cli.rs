//! The commands as a person or a script meets them: what stands on standard output and standard error, and how they end.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tollwatch::model::{Address, Article, Fingerprint, Subscription, Text};
use tollwatch::pipeline::{self, Incoming, Memory, Rules};
use tollwatch::store::{Fetched, NewMail, Store};

use crate::process::Process;
use crate::server::{Answer, Server};

/// A folder to work in, and the program in it.
struct Desk(TempDir);

/// How a command ended and what it said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, b"")
    }

    fn run_with(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut command = Process::command();
        command.args(arguments).current_dir(self.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        Said {
            code: status.code().unwrap_or_else(|| panic!("{arguments:?} was ended by a signal")),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Standard output of a command that succeeds and has nothing to complain about.
    fn out(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}: {}", said.out);
        said.out
    }

    /// The objects of a command that prints one a line.
    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        self.out(arguments).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs a command that fails with this code; what it says on standard error.
    fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, code, "{arguments:?} said: {}{}", said.out, said.err);
        said.err
    }
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

const FERRY: &str = "Ferry sinks on Lake Orvane\n\nThe harbour police said 27 people were killed.\n";

#[test]
fn extract_shows_figures_under_their_sentences() {
    let desk = Desk::new();
    desk.write("ferry.txt", FERRY);
    let told = desk.out(&["extract", "ferry.txt"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "The harbour police said 27 people were killed.");
    assert!(lines[1].starts_with("                        ^^  killed, people: 27 "), "{told}");
    assert!(lines[1].contains("by: harbour police"), "{told}");
    assert_eq!(lines.last(), Some(&"Reported: killed 27, by harbour police"));
    assert_eq!(desk.run_with(&["extract", "-"], FERRY.as_bytes()).out, told);
}

#[test]
fn extract_tells_what_decided_on_each_number() {
    let desk = Desk::new();
    desk.write("ferry.txt", FERRY);
    let told = desk.out(&["extract", "--why", "ferry.txt"]);
    for decision in
        ["measure killed (", "group people (", "scope story (", "status current (", "source harbour police ("]
    {
        assert!(told.contains(decision), "{decision}\n{told}");
    }
    let facts = told.lines().skip_while(|line| !line.contains("measure killed")).nth(1).unwrap();
    assert!(facts.contains("predicate") && facts.contains(" +0."), "facts with their weights: {facts}");
}

#[test]
fn several_articles_are_told_apart() {
    let desk = Desk::new();
    desk.write("a.txt", "All is calm\n\n");
    desk.write("b.jsonl", "{\"id\": \"first\", \"text\": \"All is calm\"}\n\n{\"id\": \"second\", \"text\": \"\"}\n");
    assert_eq!(
        desk.out(&["extract", "a.txt", "b.jsonl"]),
        "==> a.txt <==\nReported: no figures\n\n\
         ==> b.jsonl: first <==\nReported: no figures\n\n\
         ==> b.jsonl: second <==\nReported: no figures\n"
    );
}

#[test]
fn a_text_in_a_language_without_a_lexicon_is_said_to_be_unread() {
    let desk = Desk::new();
    let text = "Le bilan s'alourdit\n\nAu moins vingt-sept personnes ont été tuées dans le naufrage du ferry sur le \
                lac, selon la police du port, qui parle aussi de dix disparus et de plusieurs blessés dans la ville.\n";
    desk.write("fr.txt", text);
    assert!(desk.out(&["extract", "fr.txt"]).starts_with("Not read: there is no lexicon"));
    let line = desk.json(&["extract", "--format", "json", "fr.txt"]).remove(0);
    assert!(line["unsupported_language"].is_string(), "{line}");
    assert_eq!(line["figures"], serde_json::json!([]));
}

#[test]
fn offsets_in_json_count_code_points() {
    let desk = Desk::new();
    // Letters of two, three and four bytes stand before the number, and Windows line ends between title and body.
    let text = "Zażółć — 🚢 sinks\r\n\r\nIn Ōrvåne, police said 27 people were killed.\r\n";
    desk.write("ferry.txt", text);
    let line = desk.json(&["extract", "--format", "json", "ferry.txt"]).remove(0);
    assert_eq!(keys(&line), ["file", "title", "published", "language", "figures", "tolls"]);
    assert_eq!((line["file"].as_str(), line["title"].as_str()), (Some("ferry.txt"), Some("Zażółć — 🚢 sinks")));
    let figure = &line["figures"][0];
    let expected = [
        "start",
        "end",
        "number",
        "low",
        "high",
        "bound",
        "measure",
        "group",
        "source",
        "place",
        "period",
        "status",
        "scope",
        "confidence",
        "headline",
        "rule",
        "quote",
    ];
    assert_eq!(keys(figure), expected);
    let at = |key: &str| figure[key].as_u64().unwrap() as usize;
    let number: String = text.chars().skip(at("start")).take(at("end") - at("start")).collect();
    assert_eq!((number.as_str(), figure["number"].as_str(), figure["low"].as_u64()), ("27", Some("27"), Some(27)));
    assert_eq!(line["tolls"][0]["measure"], "killed");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_read() {
    let desk = Desk::new();
    desk.write("ferry.txt", FERRY);
    desk.write("latin.txt", b"T\xe9l\xe9gramme\n\n5 dead\n");
    desk.write("empty.txt", "");
    desk.write("broken.jsonl", "{\"id\": \"a\", \"text\": \"b\"}\n{\"id\": 1}\n");
    desk.write("not.gz", "not compressed");
    desk.write("folder/x", "");
    assert_eq!(desk.out(&["extract", "empty.txt"]), "Reported: no figures\n");
    assert_eq!(desk.fails(66, &["extract", "nope.txt"]), "nope.txt: there is no such file\n");
    assert_eq!(desk.fails(66, &["extract", "folder"]), "folder: is a folder; name the files in it\n");
    assert!(desk.fails(65, &["extract", "latin.txt"]).contains("not UTF-8"));
    assert!(desk.fails(65, &["extract", "not.gz"]).contains("cannot be unpacked as gzip"));
    assert!(desk.fails(65, &["extract", "broken.jsonl"]).starts_with("broken.jsonl:2:8: invalid type"));
    assert_eq!(desk.fails(64, &["extract", "http://"]), "http://: empty host\n");
    assert!(desk.fails(64, &["extract"]).contains("--help"));

    let said = desk.run(&["extract", "--format", "json", "nope.txt", "ferry.txt", "latin.txt"]);
    assert_eq!((said.code, said.out.lines().count()), (65, 1));
    assert!(said.err.ends_with("2 of 3 could not be read\n"), "{}", said.err);
}

#[test]
fn no_foreign_text_commands_the_terminal() {
    let desk = Desk::new();
    desk.write("ferry.txt", "Ferry \u{1b}[31msinks\n\nPolice said 27 people\u{7} were killed\u{1b}]0;x\u{7} there.\n");
    desk.write(
        "page.html",
        format!("<h1>Ferry\u{1b}[2J</h1><article>{}</article>", "<p>Many words \u{9b}31m.</p>".repeat(20)),
    );
    desk.write("feed.xml", "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"A\\u001b[2J\",\"items\":[]}");
    for arguments in [["extract", "ferry.txt"].as_slice(), &["scrape", "page.html"], &["feeds", "parse", "feed.xml"]] {
        let said = desk.run(arguments);
        let strange: Vec<char> = said.out.chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert!(strange.is_empty(), "{arguments:?}: {:?}", said.out);
    }
}

/// Two reports, the later one first.
const STREAM: &str = r#"{"id": "b", "url": "https://coast.example/2", "outlet": "Coast Daily", "published": "2025-03-10T10:00:00Z", "title": "Ferry toll rises to 27", "text": "The police said 27 people were killed when a ferry sank on Lake Orvane on Sunday."}
{"id": "a", "url": "https://harbour.example/1", "outlet": "Harbour Post", "published": "2025-03-09T10:00:00Z", "title": "Ferry sinks on Lake Orvane", "text": "The police said 14 people were killed when a ferry sank on Lake Orvane on Sunday."}
"#;

#[test]
fn replay_runs_in_the_order_of_publication() {
    let desk = Desk::new();
    // A line that comes twice is known the second time.
    desk.write("stream.jsonl", STREAM.repeat(2));
    let told = desk.json(&["replay", "--format", "json", "stream.jsonl"]);
    let ids: Vec<&str> = told.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "a", "b", "b"]);
    assert!(told.iter().all(|line| keys(line) == ["id", "story", "changes", "held"]));
    assert!(told.iter().all(|line| line["story"] == told[0]["story"] && line["story"].is_string()));
    assert_eq!(
        told[2]["changes"].to_string(),
        r#"[{"measure":"killed","group":"people","kind":"rise","from":14,"to":27,"source":"police"}]"#
    );
    assert_eq!((told[1]["changes"].to_string(), told[3]["changes"].to_string()), ("[]".into(), "[]".into()));
    let text = desk.out(&["replay", "stream.jsonl"]);
    assert!(text.contains("\n    all killed: 14 → 27 (+13), police, rise\n"), "{text}");
    assert_eq!(text.matches("known already").count(), 2, "{text}");
}

#[test]
fn replay_takes_labelled_figures_in_place_of_those_it_would_read() {
    let desk = Desk::new();
    desk.write("stream.jsonl", STREAM);
    let label = |id: &str, number: &str, count: u64| {
        format!(
            "{{\"id\": \"{id}\", \"story\": \"ferry\", \"figures\": [{{\"number\": \"{number}\", \"bound\": \"exact\", \"low\": {count}, \
             \"high\": {count}, \"measure\": \"missing\", \"group\": \"people\", \"source\": \"\", \"status\": \"current\", \
             \"scope\": \"story\"}}]}}\n"
        )
    };
    desk.write("one.jsonl", label("a", "14", 14));
    desk.write("two.jsonl", label("b", "27", 27));
    let replay = ["replay", "--format", "json", "--figures", "one.jsonl", "stream.jsonl"];
    assert_eq!(
        desk.fails(65, &replay),
        "no labels for `b`, which is in stream.jsonl: name the file that has them with another --figures\n"
    );
    let told = desk.json(&[&replay[..5], &["--figures", "two.jsonl", "stream.jsonl"]].concat());
    assert_eq!(
        told[1]["changes"].to_string(),
        r#"[{"measure":"missing","group":"people","kind":"rise","from":14,"to":27,"source":""}]"#
    );
    let twice = desk.fails(65, &[&replay[..5], &["--figures", "one.jsonl", "stream.jsonl"]].concat());
    assert_eq!(twice, "one.jsonl:1: `a` is labelled twice\n");
    desk.write("two.jsonl", label("b", "27", 27).replace("\"high\": 27", "\"high\": 26"));
    let wrong = desk.fails(65, &[&replay[..5], &["--figures", "two.jsonl", "stream.jsonl"]].concat());
    assert_eq!(wrong, "two.jsonl:1: `b`: \"bound\", \"low\" and \"high\" of \"27\" contradict each other\n");
    desk.write("two.jsonl", "{\"id\": \"b\"}\n");
    assert!(
        desk.fails(65, &[&replay[..5], &["--figures", "two.jsonl", "stream.jsonl"]].concat()).contains("two.jsonl:1:")
    );
}

#[test]
fn replay_wants_times() {
    let desk = Desk::new();
    desk.write("undated.jsonl", "{\"id\": \"a\", \"text\": \"b\"}\n");
    assert!(desk.fails(65, &["replay", "undated.jsonl"]).contains("`a` has no \"published\""));
    assert_eq!(desk.out(&["replay", "/dev/null"]), "");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let desk = Desk::new();
    desk.write("stream.jsonl", STREAM.repeat(500));
    let program = env!("CARGO_BIN_EXE_tollwatch");
    let folder = desk.path().display();
    let piped =
        format!("('{program}' extract --format json '{folder}/stream.jsonl'; echo \"ended with $?\" >&2) | head -n 1");
    let said = Process::from(Process::command_after(&piped).arg("--version")).success();
    let said: Vec<&str> = said.lines().map(|line| line.get(..12).unwrap_or(line)).collect();
    assert!(said.contains(&"ended with 0"), "{said:?}");
    assert_eq!(said.len(), 3, "a line of JSON, the end, the version: {said:?}");
}

const CONFIG: &str = "# Kept.\n[general]\ndatabase = \"state/t.db\"\n\n[delivery]\nmaildir = \"mail\"\n\n\
                      [[feed]]\nname = \"wire\"\nurl = \"https://wire.example/rss\" # the best\n";

#[test]
fn feeds_are_added_and_removed_beside_comments() {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG);
    let said =
        desk.out(&["feeds", "add", "--unseen", "https://coast.example.org/feed", "-c", "t.toml", "--interval", "10m"]);
    assert!(said.starts_with("added coast-example (https://coast.example.org/feed)"), "{said}");
    assert!(desk.read("t.toml").starts_with(CONFIG));
    let names: Vec<Value> = desk.json(&["feeds", "list", "--format", "json", "-c", "t.toml"]);
    let names: Vec<&str> = names.iter().map(|feed| feed["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["wire", "coast-example"]);
    desk.out(&["feeds", "remove", "coast-example", "-c", "t.toml"]);
    assert_eq!(desk.read("t.toml"), CONFIG);
}

#[test]
fn an_address_is_asked_before_it_is_added() {
    let desk = Desk::new();
    let link = |path: &str| format!("<link rel='alternate' type='application/rss+xml' href='{path}'>");
    let server = Server::start(move |asked| match asked.target.as_str() {
        "/feed" => Answer::ok("<rss version='2.0'><channel><title>Wire</title></channel></rss>"),
        "/one" => Answer::ok(format!("<html><head>{}{}</head>", link("/feed"), link("/comments"))),
        "/two" => Answer::ok(format!("<html><head>{}{}</head>", link("/feed"), link("/world"))),
        "/none" => Answer::ok("<html><head></head>"),
        _ => Answer::status(404),
    });
    let config = CONFIG.replace("[delivery]", "[http]\nallow_private = [\"127.0.0.1\"]\n\n[delivery]");
    let add = |path: &str| {
        desk.write("t.toml", &config);
        let url = server.url(path).to_string();
        let said = desk.run(&["feeds", "add", "-c", "t.toml", "--name", "new", &url]);
        let place = server.url("/").to_string();
        format!("{} {}{}", said.code, said.err, said.out).replace(&place, "http://wire.example/")
    };
    let told = [add("/feed"), add("/one"), add("/two"), add("/none"), add("/missing")].concat();
    insta::assert_snapshot!(told, @r"
    0 added new (http://wire.example/feed); a running daemon takes it over with `systemctl reload tollwatch`
    0 http://wire.example/one is a web page; the one feed that it names is added
    added new (http://wire.example/feed); a running daemon takes it over with `systemctl reload tollwatch`
    65 http://wire.example/two is a web page that names several feeds; add one of them:
      http://wire.example/feed
      http://wire.example/world
    65 http://wire.example/none: a web page, not a feed; --unseen adds it all the same
    0 http://wire.example/missing: not found (status 404); it is added unseen
    added new (http://wire.example/missing); a running daemon takes it over with `systemctl reload tollwatch`
    ");
}

#[test]
fn feeds_come_from_other_readers_and_go_to_them() {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG);
    desk.write("conf.d/10.toml", "[[feed]]\nname = \"drop\"\nurl = \"https://drop.example/rss\"\n");
    desk.write(
        "reader.opml",
        "<opml version='2.0'><body><outline text='World'>\
         <outline text='Coast &amp; Harbour: News!' xmlUrl='https://coast.example/feed?a=1&amp;b=2'/>\
         <outline text='Wire' xmlUrl='https://other.example/rss'/>\
         <outline text='The wire' xmlUrl='http://wire.example/rss/'/>\
         <outline text='Dropped' xmlUrl='https://drop.example/rss'/>\
         <outline text='' xmlUrl='https://feeds.post.example/all'/>\
         <outline text='Local' xmlUrl='file:///etc/passwd'/></outline></body></opml>",
    );
    let said = desk.out(&["feeds", "import", "reader.opml", "-c", "t.toml"]);
    insta::assert_snapshot!(said, @r"
    not added: `file:///etc/passwd` is no web address; only http and https are fetched
    added coast-harbour-news (https://coast.example/feed?a=1&b=2)
    added wire-2 (https://other.example/rss)
    added post (https://feeds.post.example/all)
    3 feeds added, 2 known already, 1 refused; a running daemon takes them over with `systemctl reload tollwatch`
    ");
    assert!(desk.read("t.toml").starts_with(CONFIG), "what stood there stays");
    let known = desk.read("t.toml");
    let again = desk.out(&["feeds", "import", "reader.opml", "-c", "t.toml"]);
    assert!(again.contains("\n0 feeds added, 5 known already, 1 refused"), "{again}");
    assert_eq!(desk.read("t.toml"), known);

    let exported = desk.out(&["feeds", "export", "-c", "t.toml"]);
    insta::assert_snapshot!(exported, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <opml version="2.0">
      <head>
        <title>tollwatch</title>
      </head>
      <body>
        <outline type="rss" text="wire" title="wire" xmlUrl="https://wire.example/rss"/>
        <outline type="rss" text="coast-harbour-news" title="coast-harbour-news" xmlUrl="https://coast.example/feed?a=1&amp;b=2"/>
        <outline type="rss" text="wire-2" title="wire-2" xmlUrl="https://other.example/rss"/>
        <outline type="rss" text="post" title="post" xmlUrl="https://feeds.post.example/all"/>
        <outline type="rss" text="drop" title="drop" xmlUrl="https://drop.example/rss"/>
      </body>
    </opml>
    "#);
    let elsewhere = Desk::new();
    elsewhere.write("t.toml", "[delivery]\nmaildir = \"mail\"\n");
    elsewhere.write("mine.opml", &exported);
    elsewhere.out(&["feeds", "import", "mine.opml", "-c", "t.toml"]);
    assert_eq!(elsewhere.out(&["feeds", "export", "-c", "t.toml"]), exported, "the names stay");
    assert!(desk.fails(65, &["feeds", "import", "t.toml", "-c", "t.toml"]).contains("an OPML file is wanted"));
}

#[test]
fn a_feed_of_a_million_items_needs_no_more_memory_than_there_is() {
    let desk = Desk::new();
    let items = |n: usize, item: &str| (0..n).map(|n| item.replace('#', &n.to_string())).collect::<String>();
    desk.write(
        "huge.xml",
        format!("<rss><channel>{}</channel></rss>", items(1_000_000, "<item><guid>#</guid></item>")),
    );
    desk.write("many.xml", format!("<rss><channel>{}</channel></rss>", items(250_000, "<item><guid>#</guid></item>")));
    desk.write(
        "many.json",
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{}{{}}]}}",
            items(450_000, "{\"id\":\"#\"},")
        ),
    );
    assert!(desk.read("huge.xml").len() > 29_000_000);
    // The address space, of which what is in memory is a part.
    let parse = |file: &str| {
        let mut command = Process::command_after("ulimit -v 196608");
        command.current_dir(desk.path()).args(["feeds", "parse", file]).output().unwrap()
    };
    let huge = parse("huge.xml");
    assert_eq!(huge.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&huge.stderr).contains("more than 8388608 bytes"), "{huge:?}");
    for file in ["many.xml", "many.json"] {
        let many = parse(file);
        assert!(many.status.success(), "{file}: {}", String::from_utf8_lossy(&many.stderr));
        assert!(String::from_utf8_lossy(&many.stdout).contains("2000 items"), "{file}");
    }
}

#[test]
fn a_feed_that_cannot_be_added_leaves_the_config_as_it_was() {
    let desk = Desk::new();
    desk.write("t.toml", CONFIG);
    desk.write("conf.d/10.toml", "[[feed]]\nname = \"drop\"\nurl = \"https://drop.example/rss\"\n");
    let add = |url: &str, more: &[&str], code: i32| {
        desk.fails(code, &[["feeds", "add", "--unseen", "-c", "t.toml", url].as_slice(), more].concat())
    };
    assert!(add("https://wire.example/rss", &[], 65).contains("feed \"wire\" has this address already"));
    assert!(add("https://new.example/rss", &["--name", "wire"], 65).contains("choose another name"));
    assert!(add("https://drop.example/rss", &[], 65).contains("feed \"drop\" stands in a file of conf.d"));
    assert!(add("https://drop.example/rss", &["--name", "other"], 78).contains("is polled already"));
    assert!(add("https://new.example/rss", &["--name", "drop"], 65).contains("choose another name"));
    assert!(add("nonsense", &[], 64).contains("is no web address"));
    assert!(add("https://new.example/rss", &["--interval", "1s"], 64).contains("too short"));
    assert!(desk.fails(65, &["feeds", "remove", "drop", "-c", "t.toml"]).contains("remove it there"));
    assert!(desk.fails(66, &["feeds", "remove", "nope", "-c", "t.toml"]).contains("there is no feed `nope`"));
    assert!(desk.fails(66, &["feeds", "add", "https://x.example/", "-c", "no.toml"]).contains("no such file"));
    assert_eq!(desk.read("t.toml"), CONFIG);
    let left: Vec<String> =
        fs::read_dir(desk.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn an_edited_config_keeps_its_mode_and_stays_a_link() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let desk = Desk::new();
    desk.write("real/config", CONFIG);
    fs::set_permissions(desk.path().join("real/config"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/config", desk.path().join("t.toml")).unwrap();
    desk.out(&["feeds", "remove", "wire", "-c", "t.toml"]);
    assert!(desk.path().join("t.toml").is_symlink());
    assert_eq!(fs::metadata(desk.path().join("real/config")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!desk.read("t.toml").contains("wire"));
}

#[test]
fn a_feed_document_is_explained() {
    let desk = Desk::new();
    let feed = "<rss version=\"2.0\"><channel><title>Harbour Post</title><item><title>Ferry &amp; more</title>\
                <link>/a</link><pubDate>Mon, 10 Mar 2025 14:30:00 GMT</pubDate></item></channel></rss>";
    desk.write("feed.xml", feed);
    desk.write("page.html", "<!doctype html><html><body><p>A page.</p></body></html>");
    let told = "Harbour Post: 1 item\n10 Mar 2025 14:30  Ferry & more\n                   /a\n";
    assert_eq!(desk.out(&["feeds", "parse", "feed.xml"]), told);
    assert_eq!(desk.run_with(&["feeds", "parse", "-"], feed.as_bytes()).out, told);
    let parsed =
        desk.json(&["feeds", "parse", "--format", "json", "--base", "https://h.example/", "feed.xml"]).remove(0);
    assert_eq!(keys(&parsed), ["title", "entries", "repairs", "error"]);
    assert_eq!(keys(&parsed["entries"][0]), ["id", "link", "title", "published", "updated"]);
    assert_eq!(parsed["entries"][0]["link"], "https://h.example/a");
    let said = desk.run(&["feeds", "parse", "--format", "json", "page.html"]);
    assert_eq!(said.code, 65);
    assert!(serde_json::from_str::<Value>(&said.out).unwrap()["error"].is_string(), "{}", said.out);
}

#[test]
fn a_broken_config_is_told_with_code_78() {
    let desk = Desk::new();
    desk.write("t.toml", "[general]\ndatabse = \"x\"\n");
    assert_eq!(
        desk.fails(78, &["check", "-c", "t.toml"]),
        "t.toml:2:1: unknown key `databse` in [general]; did you mean `database`?\n1 error; nothing was started\n"
    );
    for command in [
        ["run"].as_slice(),
        &["poll"],
        &["status"],
        &["history", "1"],
        &["stories", "list"],
        &["mail", "outbox", "list"],
    ] {
        let said = desk.fails(78, &[command, &["-c", "t.toml"]].concat());
        assert!(said.contains("did you mean `database`?"), "{command:?}: {said}");
    }
    desk.write("good.toml", CONFIG);
    assert_eq!(
        desk.out(&["check", "-c", "good.toml"]),
        "good.toml is fine: 1 feed, 0 recipients, mail to Maildir mail/, database state/t.db\n"
    );
    for command in [["status"].as_slice(), &["history", "1"], &["stories", "list"], &["mail", "outbox", "list"]] {
        let said = desk.fails(66, &[command, &["-c", "good.toml"]].concat());
        assert!(said.contains("`tollwatch poll` makes it"), "{command:?}: {said}");
    }
}

/// A page as an outlet makes it.
fn page(title: &str, published: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title><meta property=\"og:site_name\" content=\"Harbour \
         Post\"><meta property=\"article:published_time\" content=\"{published}\"></head><body><article><h1>{title}</h1>\
         <p>{body}</p><p>Boats went out again at first light to search the shore of the lake for those who are still \
         not found, and the ferries stayed in harbour for the day.</p></article></body></html>"
    )
}

/// An outlet with one feed, whose second article is gone, and a config that polls it.
fn outlet(desk: &Desk) -> Server {
    let body = "The police said 27 people, \"most of them\" passengers, were killed when a ferry sank on Lake Orvane.";
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/feed" => Answer::ok(
            "<rss version=\"2.0\"><channel><title>Harbour Post</title>\
             <item><title>Ferry sinks on Lake Orvane</title><link>/ferry</link></item>\
             <item><title>Lost</title><link>/lost</link></item></channel></rss>",
        )
        .header("content-type", "application/rss+xml"),
        "/ferry" => Answer::ok(page("Ferry sinks on Lake Orvane", "2025-03-09T10:00:00Z", body))
            .header("content-type", "text/html"),
        _ => Answer::status(404),
    });
    let more = format!(
        "\n[http]\nallow_private = [\"127.0.0.1\"]\n\n[[feed]]\nname = \"harbour\"\nurl = \"{}\"\n\n\
         [[mail]]\nrecipient = \"desk@example.org\"\nwhen = \"at once\"\n",
        server.url("/feed")
    );
    let wire = CONFIG.find("[[feed]]").unwrap();
    desk.write("t.toml", format!("{}{more}", &CONFIG[..wire]));
    server
}

#[test]
fn a_first_poll_then_every_way_to_look_at_it() {
    let desk = Desk::new();
    let server = outlet(&desk);
    let told = desk.out(&["poll", "-c", "t.toml"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[0],
        "harbour  2 items, 2 new  1 article  1 figure    1 not to be had, first poll: its past is taken in without mails"
    );
    assert_eq!(lines[1], "  not read: Lost: not found (status 404)");
    assert_eq!(lines.last(), Some(&"0 mails sent"));
    assert!(desk.out(&["poll", "-c", "t.toml"]).starts_with("harbour  not due before "));
    let polled = desk.json(&["poll", "--format", "json", "-c", "t.toml"]).remove(0);
    assert_eq!(keys(&polled), ["feeds", "changes", "mails"]);
    assert_eq!(polled["feeds"][0]["answer"], "not-due");
    assert!(desk.fails(64, &["poll", "nope", "-c", "t.toml"]).contains("there is no feed `nope`"));

    // The table holds what was told, and a feed's past is not.
    assert!(desk.out(&["history", "1", "-c", "t.toml"]).starts_with("Nothing has moved in "));
    let claims = desk.json(&["history", "1", "--format", "json", "-c", "t.toml"]);
    assert_eq!((claims.len(), &claims[0]["count"], &claims[0]["verdict"]), (1, &27.into(), &"baseline".into()));
    let quote = claims[0]["quote"].as_str().unwrap();
    let csv = desk.out(&["history", "1", "--format", "csv", "--chart", "ferry.svg", "-c", "t.toml"]);
    assert_eq!(csv.lines().next(), Some(keys(&claims[0]).join(",").as_str()));
    assert!(csv.ends_with(&format!(",\"{}\",\n", quote.replace('"', "\"\""))), "{csv}");
    assert!(desk.read("ferry.svg").contains("</svg>"));
    desk.out(&["history", "1", "--chart", "ferry.png", "-c", "t.toml"]);
    assert!(fs::read(desk.path().join("ferry.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(desk.fails(64, &["history", "1", "--chart", "x.gif", "-c", "t.toml"]).contains(".png or .svg"));
    assert!(desk.fails(73, &["history", "1", "--chart", "no/x.png", "-c", "t.toml"]).contains("no/x.png"));
    assert!(desk.fails(66, &["history", "9", "-c", "t.toml"]).contains("`tollwatch stories list` shows them"));

    let story = desk.json(&["stories", "show", "1", "--format", "json", "-c", "t.toml"]).remove(0);
    assert_eq!((&story["tolls"][0]["low"], &story["with_figures"][0]["outlet"]), (&27.into(), &"Harbour Post".into()));
    let shown = desk.out(&["stories", "show", "1", "-c", "t.toml"]);
    assert!(shown.contains("\nall killed   27  police  9 Mar 2025 10:00  1\n"), "{shown}");
    let only = desk.fails(64, &["stories", "split", "1", "1", "-c", "t.toml"]);
    assert_eq!(only, "these are all articles of the story; nothing would be left in it\n");
    assert!(
        desk.fails(66, &["stories", "split", "1", "7", "-c", "t.toml"]).contains("there is no article `7` in story 1")
    );
    assert!(
        desk.fails(64, &["stories", "split", "1", "-c", "t.toml"]).contains("name them: `tollwatch stories show 1`")
    );
    desk.out(&["stories", "rename", "1", "  The \n ferry ", "-c", "t.toml"]);
    desk.out(&["stories", "mute", "1", "-c", "t.toml"]);
    assert!(desk.fails(64, &["stories", "rename", "1", " \n", "-c", "t.toml"]).contains("at least one character"));
    let story = desk.json(&["stories", "list", "--format", "json", "-c", "t.toml"]).remove(0);
    assert_eq!((&story["name"], &story["muted"]), (&"The ferry".into(), &true.into()));

    let status = desk.json(&["status", "--format", "json", "-c", "t.toml"]).remove(0);
    assert_eq!((&status["articles"], &status["items_failed"], &status["outbox"]), (&1.into(), &1.into(), &0.into()));
    let list = |more: &[&str]| desk.out(&[&["mail", "outbox", "list", "-c", "t.toml"], more].concat());
    assert_eq!(list(&[]), "no mail waits to be sent, none was set aside\n");
    assert_eq!(list(&["--state", "sent"]), "no mail is sent\n");
    for action in ["show", "retry", "drop"] {
        assert!(desk.fails(66, &["mail", "outbox", action, "7", "-c", "t.toml"]).contains("there is no mail 7"));
    }
    assert_eq!(desk.out(&["mail", "preview", "-c", "t.toml"]), "nothing waits to be mailed\n");
    assert_eq!(
        desk.out(&["mail", "preview", "--story", "1", "-c", "t.toml"]),
        "no recipient asks for what has changed last in this story\n",
        "the past is taken in without changes"
    );
    let nobody = desk.fails(66, &["mail", "preview", "--to", "nobody@example.org", "-c", "t.toml"]);
    assert!(nobody.contains("no [[mail]] for nobody@example.org"), "{nobody}");
    assert!(desk.fails(66, &["mail", "preview", "--story", "99", "-c", "t.toml"]).contains("there is no story `99`"));
    assert!(desk.fails(64, &["mail", "test", "--to", "nobody", "-c", "t.toml"]).contains("is no mail address"));
    let sent = desk.out(&["mail", "test", "-c", "t.toml"]);
    assert!(sent.starts_with("desk@example.org: sent through Maildir"), "{sent}");
    assert_eq!(fs::read_dir(desk.path().join("mail/new")).unwrap().count(), 1);
    assert_eq!(server.count("/ferry"), 1);
}

/// A change that waits for the desk, in the database of the config.
fn one_change_waits(desk: &Desk) {
    let at: jiff::Timestamp = "2025-03-09T10:00:00Z".parse().unwrap();
    let mut store = Store::open(&desk.path().join("state/t.db")).unwrap();
    let text = Text::from_parts("Ferry sinks on Lake Orvane", ["The harbour police counted 27 dead on Lake Orvane."]);
    let article = Article {
        url: "https://harbour.example/ferry".parse().unwrap(),
        outlet: "Harbour Post".to_owned(),
        language: Some("en".to_owned()),
        published: Some(at),
        modified: None,
        flags: Vec::new(),
        fingerprint: Fingerprint(7),
        text,
    };
    let rules = Rules {
        subscriptions: vec![Subscription::to(Address { name: String::new(), email: "desk@example.org".to_owned() })],
        ..Rules::default()
    };
    let fetched = Fetched { at, page_sha256: None };
    let incoming = Incoming { item: None, article, fetched, page: None, baseline: false };
    let taken = pipeline::take_in(&mut store, &mut Memory::default(), &rules, &incoming).unwrap();
    assert_eq!(taken.changes.len(), 1);
}

#[test]
fn what_goes_next_is_shown_and_what_waits_is_looked_after() {
    let desk = Desk::new();
    desk.write("t.toml", format!("{CONFIG}\n[[mail]]\nrecipient = \"desk@example.org\"\n"));
    fs::create_dir(desk.path().join("state")).unwrap();
    one_change_waits(&desk);
    let text = desk.out(&["mail", "preview", "-c", "t.toml"]);
    assert!(text.starts_with("To: desk@example.org\nSubject: "), "{text}");
    assert!(text.contains("\n\nKilled: 27 (first count), "), "{text}");
    assert!(desk.out(&["mail", "preview", "--format", "html", "-c", "t.toml"]).starts_with("<!doctype html>"));
    let eml = desk.out(&["mail", "preview", "--story", "1", "--format", "eml", "-c", "t.toml"]);
    assert!(eml.contains("\r\nX-Tollwatch-Event: first\r\n"), "{eml}");
    let written = desk.out(&["mail", "preview", "--format", "eml", "--out", "mails", "-c", "t.toml"]);
    assert!(written.starts_with("mails/story-1."), "{written}");
    assert_eq!(fs::read_dir(desk.path().join("mails")).unwrap().count(), 1);
    assert!(
        desk.json(&["mail", "outbox", "list", "--format", "json", "-c", "t.toml"]).is_empty(),
        "nothing was stored"
    );

    let mail = NewMail {
        message_id: "a@example.org".to_owned(),
        sender: "tollwatch@example.org".to_owned(),
        recipient: "desk@example.org".to_owned(),
        subject: "Ferry".to_owned(),
        story: None,
        bytes: b"Subject: Ferry\r\n\r\n27 dead\r\n".to_vec(),
    };
    let mut store = Store::open(&desk.path().join("state/t.db")).unwrap();
    store.compose(&[], &mail, "2025-03-09T10:05:00Z".parse().unwrap()).unwrap();
    let list =
        |more: &[&str]| desk.json(&[&["mail", "outbox", "list", "--format", "json", "-c", "t.toml"], more].concat());
    let queued = list(&[]).remove(0);
    assert_eq!(
        (&queued["id"], &queued["state"], &queued["recipient"]),
        (&1.into(), &"queued".into(), &mail.recipient.into())
    );
    assert_eq!(desk.out(&["mail", "outbox", "show", "1", "-c", "t.toml"]), "Subject: Ferry\r\n\r\n27 dead\r\n");
    assert_eq!(desk.out(&["mail", "outbox", "drop", "1", "-c", "t.toml"]), "mail 1 is set aside\n");
    let refused = desk.fails(65, &["mail", "outbox", "drop", "1", "-c", "t.toml"]);
    assert!(refused.contains("mail 1 is dead; only a mail that is queued can be dropped"), "{refused}");
    assert_eq!(list(&["--state", "dead", "--to", "Desk@example.org"]).remove(0)["last_reason"], "dropped by hand");
    assert!(list(&["--to", "night@example.org"]).is_empty());
    assert_eq!(desk.out(&["mail", "outbox", "retry", "1", "-c", "t.toml"]), "mail 1 is due at once\n");
    assert_eq!(list(&["--state", "queued"]).len(), 1);
}

#[test]
fn addresses_are_fetched_as_the_config_says() {
    let desk = Desk::new();
    let server = outlet(&desk);
    let (feed, article) = (server.url("/feed").to_string(), server.url("/ferry").to_string());
    let scraped = desk.json(&["scrape", "--format", "json", &article, "-c", "t.toml"]).remove(0);
    let expected = ["file", "url", "title", "outlet", "language", "published", "modified", "text", "flags"];
    assert_eq!(keys(&scraped), expected);
    assert_eq!((&scraped["url"], &scraped["outlet"]), (&article.clone().into(), &"Harbour Post".into()));
    assert!(desk.out(&["feeds", "parse", &feed, "-c", "t.toml"]).starts_with("Harbour Post: 2 items\n"));
    // Without leave from a config, nothing inside the own network is asked.
    assert!(desk.fails(69, &["scrape", &article]).contains("loopback"));
    assert_eq!(server.count("/ferry"), 1);
}

#[test]
fn a_poll_that_has_no_feed_fails() {
    let desk = Desk::new();
    let server = outlet(&desk);
    desk.write("none.toml", CONFIG.split("[[feed]]").next().unwrap());
    let said = desk.run(&["poll", "-c", "none.toml"]);
    assert_eq!((said.code, said.out.as_str()), (0, "0 mails sent\n"));
    assert!(said.err.contains("`tollwatch feeds add URL` adds one"), "{}", said.err);

    desk.write("t.toml", desk.read("t.toml").replace("/feed\"", "/none\""));
    let said = desk.run(&["poll", "-c", "t.toml"]);
    assert_eq!((said.code, said.err.as_str()), (69, "no feed could be had\n"));
    assert!(said.out.starts_with("harbour  failed: not found (status 404)\n"), "{}", said.out);
    assert_eq!(server.count("/none"), 1);
}
