//! `tollwatch run` as a service: what it does on signals, and what it tells the service manager.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use tempfile::TempDir;
use tollwatch::store::{NewMail, Store};

use crate::process::{GUARD, Process};
use crate::server::{Answer, Body, Server};
use crate::smtp::{Mode, Reply, SmtpServer, Step};
use crate::watch::{page, press};

const EMPTY_FEED: &str = "<rss version=\"2.0\"><channel><title>Coast Daily</title></channel></rss>";

/// A folder with a config, and the service manager's end of the notification socket.
struct House {
    folder: TempDir,
    manager: UnixDatagram,
}

impl House {
    fn new(feeds: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manager = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        manager.set_read_timeout(Some(GUARD)).unwrap();
        let house = Self { folder, manager };
        house.write(&config(&house, feeds));
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, config: &str) {
        fs::write(self.path("tollwatch.toml"), config).unwrap();
    }

    fn start(&self, environment: &[(&str, &str)]) -> Process {
        let mut command = Process::command();
        command.args(["run", "--config"]).arg(self.path("tollwatch.toml"));
        command.env("NOTIFY_SOCKET", self.path("notify")).envs(environment.iter().copied());
        Process::from(&mut command)
    }

    /// The next status that the service manager is told by itself.
    fn status(&self) -> String {
        loop {
            let mut message = [0; 4096];
            let length = self.manager.recv(&mut message).expect("the service manager is told something");
            let message = String::from_utf8_lossy(&message[..length]).trim_end().to_owned();
            if message.starts_with("STATUS=") {
                return message;
            }
        }
    }

    /// The next message to the service manager that is more than a status.
    fn told(&self) -> String {
        loop {
            let mut message = [0; 4096];
            let length = self.manager.recv(&mut message).expect("the service manager is told something");
            let message = String::from_utf8_lossy(&message[..length]).trim_end().to_owned();
            if !message.starts_with("STATUS=") {
                return message;
            }
        }
    }
}

fn config(house: &House, feeds: &[(&str, &str)]) -> String {
    let mut config = format!(
        "[general]\ndatabase = {:?}\n[http]\nallow_private = [\"127.0.0.1\", \"localhost\"]\n\
         [delivery]\nmaildir = {:?}\n[[mail]]\nrecipient = \"desk@example.org\"\n",
        house.path("tollwatch.db"),
        house.path("mail"),
    );
    for (name, url) in feeds {
        config.push_str(&format!("[[feed]]\nname = \"{name}\"\nurl = \"{url}\"\n"));
    }
    config
}

#[test]
fn a_bad_config_is_refused_while_it_runs_and_a_good_one_takes_over() {
    let server = Server::start(|_| Answer::ok(EMPTY_FEED));
    let (coast, harbour) = (server.url("/coast"), server.url_by_name("/harbour"));
    let house = House::new(&[("coast", coast.as_str())]);
    let mut daemon = house.start(&[]);
    daemon.wait_for("polled feed=\"coast\"");
    let ready = house.told();
    assert!(ready.starts_with("READY=1\nSTATUS=1 feeds, 0 resting, 0 failing · outbox 0"), "{ready}");

    house.write("[http]\nrecipent = \"desk@example.org\"\n");
    daemon.signal("HUP");
    daemon.wait_for("the new config is refused and the old one kept");
    let reloading = house.told();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    let kept = house.told();
    assert!(kept.starts_with("READY=1\nSTATUS=the new config was refused"), "{kept}");

    house.write(&config(&house, &[("harbour", harbour.as_str())]));
    daemon.signal("HUP");
    daemon.wait_for("polled feed=\"harbour\"");
    assert!(house.told().starts_with("RELOADING=1\n"));
    assert!(house.told().starts_with("READY=1\nSTATUS=1 feeds"), "a refused config is told of no more");

    daemon.signal("TERM");
    daemon.success();
    assert_eq!(house.told(), "STOPPING=1");
    assert_eq!((server.count("/coast"), server.count("/harbour")), (1, 1));
    let feeds = Store::open(&house.path("tollwatch.db")).unwrap().feed_states().unwrap();
    assert_eq!(feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>(), ["harbour"]);
}

#[test]
fn it_ends_at_once_even_while_a_server_keeps_it_waiting() {
    let (asked, has_asked) = channel();
    let server = Server::start(move |_| {
        asked.send(()).unwrap();
        Answer::of(200, Body::Silence)
    });
    for signal in ["TERM", "INT"] {
        let house = House::new(&[("coast", server.url("/coast").as_str())]);
        let daemon = house.start(&[]);
        has_asked.recv_timeout(GUARD).expect("the feed is asked for");
        let asked_to_end = std::time::Instant::now();
        daemon.signal(signal);
        daemon.success();
        // The grace for mails under way is ten seconds, and waiting for the server would take fifteen.
        assert!(asked_to_end.elapsed().as_secs() < 8, "{:?}", asked_to_end.elapsed());
        let feed = Store::open(&house.path("tollwatch.db")).unwrap().feed_state("coast").unwrap().unwrap();
        assert_eq!(feed.last_poll, None, "the feed is due at the next start");
    }
}

#[test]
fn the_watchdog_is_fed() {
    let server = Server::start(|_| Answer::ok(EMPTY_FEED));
    let house = House::new(&[("coast", server.url("/coast").as_str())]);
    let daemon = house.start(&[("WATCHDOG_USEC", "100000")]);
    assert!(house.told().starts_with("READY=1"));
    for _ in 0..3 {
        assert_eq!(house.told(), "WATCHDOG=1");
    }
    daemon.signal("TERM");
    daemon.success();
}

/// Another writer holds the database while the answer of a poll is to be stored: the store does not answer the loop.
#[test]
fn the_watchdog_goes_hungry_while_the_store_is_stuck() {
    let (asked, has_asked) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let server = Server::start(move |_| {
        asked.send(()).unwrap();
        released.lock().unwrap().recv().unwrap();
        Answer::ok(EMPTY_FEED)
    });
    let house = House::new(&[("coast", server.url("/coast").as_str())]);
    let daemon = house.start(&[("WATCHDOG_USEC", "100000")]);
    has_asked.recv_timeout(GUARD).expect("the feed is asked for");
    let writer = rusqlite::Connection::open(house.path("tollwatch.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    release.send(()).unwrap();
    // It waits for five seconds for the other writer. In one second of them twenty pings would have come.
    house.manager.set_read_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
    let mut message = [0; 4096];
    while house.manager.recv(&mut message).is_ok() {}
    house.manager.set_read_timeout(Some(GUARD)).unwrap();
    writer.execute_batch("ROLLBACK").unwrap();
    while house.told() != "WATCHDOG=1" {}
    daemon.signal("TERM");
    // Read to the end: the socket takes only some messages that nobody reads.
    while house.told() != "STOPPING=1" {}
    daemon.success();
}

#[test]
fn a_mail_that_is_under_way_at_the_end_is_handed_over() {
    let server = Server::start(|_| Answer::ok(EMPTY_FEED));
    let (arrived, has_arrived) = channel();
    let (release, released) = channel();
    let released = Mutex::new(released);
    let postbox = SmtpServer::answering(Mode::Plain, move |step| {
        if let Step::Message(_, _) = step {
            arrived.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
        }
        Reply::Usual
    });
    let house = House::new(&[("coast", server.url("/coast").as_str())]);
    let smtp = format!("transport = \"smtp\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\n[[mail]]", postbox.port());
    house.write(&fs::read_to_string(house.path("tollwatch.toml")).unwrap().replace("[[mail]]", &smtp));
    let mail = NewMail {
        message_id: "ferry@example.org".to_owned(),
        sender: "tollwatch@example.org".to_owned(),
        recipient: "desk@example.org".to_owned(),
        subject: "Ferry".to_owned(),
        story: None,
        bytes: b"Subject: Ferry\r\n\r\n14 dead\r\n".to_vec(),
    };
    let made = "2025-03-10T06:00:00Z".parse().unwrap();
    Store::open(&house.path("tollwatch.db")).unwrap().compose(&[], &mail, made).unwrap();

    let mut daemon = house.start(&[]);
    has_arrived.recv_timeout(GUARD).expect("the mail is sent");
    daemon.signal("TERM");
    daemon.wait_for("asked to end");
    release.send(()).unwrap();
    daemon.success();
    assert_eq!(postbox.mails_in_the_end().len(), 1);
    assert_eq!(Store::open(&house.path("tollwatch.db")).unwrap().status().unwrap().mails_sent, 1);
}

/// The limit of file sizes stands for a full disk: no file of the process can grow any more.
#[test]
fn a_disk_that_is_full_during_a_poll_loses_no_article() {
    const ARTICLES: usize = 30;
    let server = press(|address| {
        if address != "coast.example/feed" {
            return Some(page("en", "Bridge of Ard reopens", &"The bridge is open to carts again. ".repeat(20)));
        }
        let long = "The bridge is open to carts again. ".repeat(2_000);
        let hosts: Vec<String> = (0..ARTICLES).map(|n| format!("http://press-{n}.example/bridge")).collect();
        let items: String = hosts
            .iter()
            .map(|link| {
                format!("<item><title>{link}</title><link>{link}</link><description>{long}</description></item>")
            })
            .collect();
        Some(Answer::ok(format!("<rss version=\"2.0\"><channel><title>Coast</title>{items}</channel></rss>")))
    });
    let house = House::new(&[]);
    let proxy = format!("[http]\nproxy = \"{}\"\n", server.url("/"));
    house.write(&config(&house, &[("coast", "http://coast.example/feed")]).replace("[http]\n", &proxy));

    let mut limited = Process::command_after("trap '' XFSZ; ulimit -f 1024");
    limited.args(["run", "--config"]).arg(house.path("tollwatch.toml")).env("NOTIFY_SOCKET", house.path("notify"));
    let mut daemon = Process::from(&mut limited);
    daemon.wait_for("nothing is started for a minute");
    let says_so = |status: &str| status.starts_with("STATUS=feed coast: ") && status.contains("; tried again at ");
    while !says_so(&house.status()) {}
    daemon.kill();
    let left = Store::open(&house.path("tollwatch.db")).unwrap();
    assert_eq!((left.status().unwrap().items_waiting, left.feed_state("coast").unwrap().unwrap().last_poll), (0, None));
    drop(left);

    let mut daemon = house.start(&[]);
    for _ in 0..ARTICLES {
        daemon.wait_for(" read: ");
    }
    daemon.signal("TERM");
    daemon.success();
    let status = Store::open(&house.path("tollwatch.db")).unwrap().status().unwrap();
    assert_eq!((status.articles, status.items_waiting, status.items_failed), (30, 0, 0));
}

#[test]
fn two_of_them_would_mail_everything_twice_so_the_second_does_not_start() {
    let server = Server::start(|_| Answer::ok(EMPTY_FEED));
    let house = House::new(&[("coast", server.url("/coast").as_str())]);
    let mut daemon = house.start(&[]);
    daemon.wait_for("polled feed=\"coast\"");
    for command in ["run", "poll"] {
        let second = Process::from(Process::command().args([command, "--config"]).arg(house.path("tollwatch.toml")));
        let (status, said) = second.end();
        assert_eq!(status.code(), Some(75), "{said}");
        assert!(said.contains("another tollwatch polls and mails from"), "{said}");
    }
    // One that was killed is in nobody's way.
    daemon.kill();
    let mut daemon = house.start(&[]);
    daemon.wait_for("started:");
    daemon.signal("TERM");
    daemon.success();
    assert_eq!(server.count("/coast"), 1);
}

#[test]
fn a_config_that_is_wrong_at_the_start_starts_nothing() {
    let house = House::new(&[]);
    house.write("[http]\nrecipent = \"desk@example.org\"\n");
    let (status, said) = house.start(&[]).end();
    assert_eq!(status.code(), Some(78), "{said}");
    assert!(said.contains("unknown key `recipent`") && said.contains("nothing was started"), "{said}");
    assert!(!house.path("tollwatch.db").exists());
}
