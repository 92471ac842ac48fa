//! Fetching from servers on the loopback interface, well-behaved and hostile.

use std::io::{Read, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tollwatch::http::{
    Client, Fetched, Manner, Obstacle, Oddity, Pause, Refusal, Request, Settings, Unfetched, Waiting,
};
use tollwatch::model::{Page, Secret, Validators};
use url::Url;

use crate::server::{Answer, Asked, Body, Server};

const FEED: &str = "<rss version=\"2.0\"><channel><title>Coast Daily</title></channel></rss>";

/// Settings for tests: the loopback interface is allowed, and nothing waits for long.
fn settings() -> Settings {
    Settings {
        user_agent: "tollwatch/1.2".to_owned(),
        contact: Some("https://example.org/bot".to_owned()),
        idle_timeout: Duration::from_secs(10),
        pause: Duration::from_millis(1),
        allow_private: vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
        ..Settings::default()
    }
}

fn client() -> Client {
    Client::new(settings()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-20T10:15:00Z".parse().unwrap()
}

async fn feed(client: &Client, url: Url) -> Result<tollwatch::http::Answer, Unfetched> {
    client.get(&Request::feed(url, Validators::default()), now()).await
}

async fn page(client: &Client, url: Url) -> Result<tollwatch::http::Answer, Unfetched> {
    client.get(&Request::page(url), now()).await
}

/// The failure of fetching a feed from a server that always answers alike.
async fn failure(settings: Settings, answer: impl Fn() -> Answer + Send + Sync + 'static) -> Unfetched {
    let server = Server::start(move |_| answer());
    feed(&Client::new(settings).unwrap(), server.url("/feed")).await.unwrap_err()
}

fn body(answer: tollwatch::http::Answer) -> Page {
    match answer.fetched {
        Fetched::Page(page) => page,
        Fetched::NotModified { .. } => panic!("a body was expected"),
    }
}

fn validators(etag: &str, last_modified: &str) -> Validators {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Validators { etag: some(etag), last_modified: some(last_modified) }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_feed_is_fetched_with_a_name_and_without_tracks() {
    let server = Server::start(|_| {
        Answer::ok(FEED)
            .header("content-type", "application/rss+xml")
            .header("etag", "W/\"5f\"")
            .header("last-modified", "Fri, 20 Nov 2026 09:00:00 GMT")
            .header("cache-control", "max-age=600")
            .header("set-cookie", "track=1")
    });
    let client = client();
    let answer = feed(&client, server.url("/feed?a=1")).await.unwrap();
    assert_eq!((answer.fresh_for, &answer.moved_to), (Some(Duration::from_secs(600)), &None));
    let page = body(answer);
    assert_eq!(page.url, server.url("/feed?a=1"));
    assert_eq!(page.body, FEED.as_bytes());
    assert_eq!(page.content_type.as_deref(), Some("application/rss+xml"));
    assert_eq!(page.validators, validators("W/\"5f\"", "Fri, 20 Nov 2026 09:00:00 GMT"));
    assert!(page.fetched >= now() && page.fetched < now() + Duration::from_secs(60));

    feed(&client, server.url("/feed?a=1")).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].header("user-agent"), "tollwatch/1.2 (+https://example.org/bot)");
    assert!(asked[0].header("accept").starts_with("application/atom+xml"));
    assert_eq!(asked[1].header("cookie"), "");
    assert_eq!(asked[1].header("referer"), "");
    assert_eq!(server.count("/robots.txt"), 0);
}

#[tokio::test]
async fn validators_go_back_as_they_came_and_a_304_refreshes_them() {
    let server = Server::start(|asked| match asked.header("if-none-match") {
        "\"1\"" => Answer::status(304)
            .header("etag", "\"2\"")
            .header("date", "Fri, 20 Nov 2026 10:15:00 GMT")
            .header("expires", "Fri, 20 Nov 2026 10:30:00 GMT"),
        _ => Answer::ok(FEED),
    });
    let request = Request::feed(server.url("/feed"), validators("\"1\"", "some time in 2041"));
    let answer = client().get(&request, now()).await.unwrap();
    assert_eq!(answer.fetched, Fetched::NotModified { validators: validators("\"2\"", "some time in 2041") });
    assert_eq!(answer.fresh_for, Some(Duration::from_secs(15 * 60)));
    assert_eq!(server.asked()[0].header("if-modified-since"), "some time in 2041");
}

#[tokio::test]
async fn a_304_to_an_unconditional_request_is_a_fault() {
    let told = failure(settings(), || Answer::status(304)).await;
    assert_eq!(told, Unfetched::BadAnswer { oddity: Oddity::NotModified });
}

#[tokio::test]
async fn an_empty_success_is_a_fault() {
    let told = failure(settings(), || Answer::ok("")).await;
    assert_eq!(told, Unfetched::BadAnswer { oddity: Oddity::Empty });
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let minute = Some(Duration::from_secs(60));
    assert_eq!(failure(settings(), || Answer::status(410)).await, Unfetched::Gone);
    assert_eq!(failure(settings(), || Answer::status(404)).await, Unfetched::NotFound);
    assert_eq!(failure(settings(), || Answer::status(418)).await, Unfetched::Status { code: 418, after: None });
    let busy = || Answer::status(429).header("retry-after", "60");
    assert_eq!(failure(settings(), busy).await, Unfetched::TooManyRequests { after: minute });
    let down = || Answer::status(500).header("retry-after", "60");
    assert_eq!(failure(settings(), down).await, Unfetched::Status { code: 500, after: minute });
    assert_eq!(
        failure(settings(), || Answer::status(403)).await,
        Unfetched::Forbidden { challenge: false, after: None }
    );
    let challenge =
        || Answer::of(403, Body::Whole(b"<title>Just a moment</title>".to_vec())).header("cf-mitigated", "challenge");
    assert_eq!(failure(settings(), challenge).await, Unfetched::Forbidden { challenge: true, after: None });
    let dated = || {
        Answer::status(503)
            .header("date", "Fri, 20 Nov 2026 10:15:00 GMT")
            .header("retry-after", "Fri, 20 Nov 2026 10:16:00 GMT")
    };
    assert_eq!(failure(settings(), dated).await, Unfetched::Unavailable { after: minute });
}

#[tokio::test]
async fn a_host_that_answers_429_is_left_alone_as_a_whole() {
    let server = Server::start(|_| Answer::status(429).header("retry-after", "60"));
    // The way through a proxy makes any host of this test a public one.
    let proxy = Some(server.url("/"));
    let client = Client::new(Settings { proxy, ..settings() }).unwrap();
    for path in ["/feed", "/news/1"] {
        let told = feed(&client, format!("http://busy.example{path}").parse().unwrap()).await.unwrap_err();
        assert!(matches!(told, Unfetched::TooManyRequests { after: Some(_) }), "{told:?}");
    }
    assert_eq!(server.asked().len(), 1);
    feed(&client, "http://other.example/feed".parse().unwrap()).await.unwrap_err();
    assert_eq!(server.asked().len(), 2);
}

/// One machine inside often stands for many sites: a feed maker refuses one feed because of one site's limit.
#[tokio::test]
async fn a_host_inside_is_only_left_alone_by_address() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/busy" => Answer::status(429).header("retry-after", "60"),
        _ => Answer::ok(FEED),
    });
    let client = client();
    assert!(feed(&client, server.url("/busy")).await.is_err());
    assert!(feed(&client, server.url("/feed")).await.is_ok());
}

#[tokio::test]
async fn a_fetch_that_is_given_up_leaves_its_host_to_others() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/silent" => Answer::of(200, Body::Silence),
        _ => Answer::ok(FEED),
    });
    let client = Client::new(Settings { max_parallel: 1, ..settings() }).unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(100), feed(&client, server.url("/silent"))).await;
    assert!(given_up.is_err());
    assert!(feed(&client, server.url("/feed")).await.is_ok());
}

#[tokio::test]
async fn redirects_are_followed_and_permanent_ones_told() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/old" => Answer::redirect(301, "/newer"),
        "/newer" => Answer::redirect(308, "feed"),
        "/today" => Answer::redirect(302, "/old"),
        _ => Answer::ok(FEED),
    });
    let client = client();
    let moved = feed(&client, server.url("/old")).await.unwrap();
    assert_eq!(moved.moved_to, Some(server.url("/feed")));
    assert_eq!(body(moved).url, server.url("/feed"));
    let partly = feed(&client, server.url("/today")).await.unwrap();
    assert_eq!(partly.moved_to, None);
    assert_eq!(body(partly).url, server.url("/feed"));
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server = Server::start(|_| Answer::redirect(302, "/feed"));
    let told = feed(&client(), server.url("/feed")).await.unwrap_err();
    assert_eq!(told, Unfetched::TooManyRedirects { limit: 5 });
    assert_eq!(server.count("/feed"), 6);
}

#[tokio::test]
async fn redirects_inwards_or_nowhere_are_refused() {
    for (location, expected) in [
        ("http://169.254.169.254/latest/meta-data/", Refusal::Private("a link-local address")),
        ("http://[::ffff:10.0.0.1]/", Refusal::Private("in a private network")),
        ("http://0x7f.1.1.1:80/", Refusal::Private("a loopback address")),
        ("file:///etc/passwd", Refusal::Scheme),
        ("gopher://127.0.0.1:25/", Refusal::Scheme),
    ] {
        let told = failure(settings(), move || Answer::redirect(302, location)).await;
        assert_eq!(told, Unfetched::Refused { why: expected }, "{location}");
    }
    for answer in [|| Answer::status(302), || Answer::redirect(302, "http://")] {
        assert_eq!(failure(settings(), answer).await, Unfetched::BadAnswer { oddity: Oddity::Redirect });
    }
}

#[tokio::test]
async fn the_loopback_interface_is_out_of_bounds_unless_allowed() {
    let server = Server::start(|_| Answer::ok(FEED));
    let strict = Client::new(Settings { allow_private: Vec::new(), ..settings() }).unwrap();
    for url in [server.url("/feed"), server.url_by_name("/feed")] {
        let told = feed(&strict, url).await.unwrap_err();
        assert!(matches!(told, Unfetched::Refused { why: Refusal::Private(_) }), "{told:?}");
    }
    let other_port = format!("127.0.0.1:{}", server.address().port() ^ 1);
    let other_port = Client::new(Settings { allow_private: vec![other_port], ..settings() }).unwrap();
    assert!(feed(&other_port, server.url("/feed")).await.is_err());
    assert_eq!(server.asked().len(), 0);
    let this_port = Settings { allow_private: vec![server.address().to_string()], ..settings() };
    assert!(feed(&Client::new(this_port).unwrap(), server.url("/feed")).await.is_ok());
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    // Redirects wherever the query says.
    let redirecting = |asked: &Asked| match asked.target.split_once("?to=") {
        Some((_, to)) => Answer::redirect(302, to),
        None => Answer::ok(FEED),
    };
    let (home, elsewhere) = (Server::start(redirecting), Server::start(redirecting));
    let back = home.url("/end");
    let away = elsewhere.url(&format!("/?to={back}")).to_string().replace("http://", "http://eve:x@");
    let mut url = home.url(&format!("/feed?to=/here?to={away}"));
    url.set_username("desk").unwrap();
    url.set_password(Some("hunter2")).unwrap();

    let answer = feed(&client(), url).await.unwrap();
    assert!(!format!("{answer:?}").contains("hunter2"));
    assert_eq!(body(answer).url, back);
    let sent =
        |server: &Server| server.asked().iter().map(|a| a.header("authorization").to_owned()).collect::<Vec<_>>();
    // "desk:hunter2" in Base64; once the origin has been left, not even the way back gets it.
    assert_eq!(sent(&home), ["Basic ZGVzazpodW50ZXIy", "Basic ZGVzazpodW50ZXIy", ""]);
    assert_eq!(sent(&elsewhere), [""], "nor are credentials taken from a redirect");
}

#[tokio::test]
async fn the_keys_of_a_feed_stay_with_its_origin_too() {
    let elsewhere = Server::start(|_| Answer::ok(FEED));
    let away = elsewhere.url("/feed").to_string();
    let home = Server::start(move |_| Answer::redirect(302, &away));
    let manner = Manner {
        headers: vec![("X-Key".to_owned(), Secret::new("k-17"))],
        login: Some(("desk".to_owned(), Secret::new("hunter2"))),
        ..Manner::default()
    };
    let request = Request { manner, ..Request::feed(home.url("/feed"), Validators::default()) };
    client().get(&request, now()).await.unwrap();
    let sent = |server: &Server| {
        let asked = server.asked().remove(0);
        (asked.header("x-key").to_owned(), asked.header("authorization").to_owned())
    };
    assert_eq!(sent(&home), ("k-17".to_owned(), "Basic ZGVzazpodW50ZXIy".to_owned()));
    assert_eq!(sent(&elsewhere), (String::new(), String::new()));
}

#[tokio::test]
async fn a_feed_may_have_a_proxy_of_its_own() {
    let gate = Server::start(|_| Answer::ok(FEED));
    let client = Client::new(Settings { proxies: vec![gate.url("/")], ..settings() }).unwrap();
    let manner = Manner { proxy: Some(gate.url("/")), ..Manner::default() };
    let address: Url = "http://wire.example/feed".parse().unwrap();
    let request = Request { manner, ..Request::feed(address.clone(), Validators::default()) };
    client.get(&request, now()).await.unwrap();
    assert_eq!(gate.asked()[0].target, address.as_str());
    let unknown = Manner { proxy: Some("http://other.example".parse().unwrap()), ..Manner::default() };
    let told = client.get(&Request { manner: unknown, ..request }, now()).await;
    assert_eq!(told.unwrap_err(), Unfetched::Unreachable { obstacle: Obstacle::Proxy });
}

#[tokio::test]
async fn large_bodies_are_cut_off() {
    let small = || Settings { max_feed: 100_000, ..settings() };
    let too_large = Unfetched::TooLarge { limit: 100_000 };
    assert_eq!(failure(small(), || Answer::ok(vec![b'x'; 100_001])).await, too_large);
    assert_eq!(failure(small(), || Answer::of(200, Body::Endless(vec![b'x'; 5000]))).await, too_large);
    let bomb = gzipped(&vec![0; 50 << 20]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    assert_eq!(failure(small(), move || Answer::ok(bomb.clone()).header("content-encoding", "gzip")).await, too_large);

    let server = Server::start(|_| Answer::ok(vec![b'x'; 100_000]));
    assert_eq!(body(feed(&Client::new(small()).unwrap(), server.url("/feed")).await.unwrap()).body.len(), 100_000);
}

/// A Zstandard frame (RFC 8878) without end: each block of four bytes stands for 128 KiB of zeros, and the decoder is
/// asked to keep a window of 128 MiB.
#[tokio::test]
async fn an_endless_bomb_is_cut_off() {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    // No size told; a window of 2^(10 + 17) bytes.
    const FRAME_HEADER: [u8; 2] = [0x00, 17 << 3];
    // Not the last block; one byte, repeated.
    let repeat = (128u32 << 10) << 3 | 1 << 1;
    let block = [&repeat.to_le_bytes()[..3], &[0]].concat();
    let bomb = [&MAGIC[..], &FRAME_HEADER, &block.repeat(100_000)].concat();
    let told = failure(settings(), move || Answer::ok(bomb.clone()).header("content-encoding", "zstd")).await;
    assert_eq!(told, Unfetched::TooLarge { limit: 4 << 20 });
}

#[tokio::test]
async fn compressed_bodies_are_opened_once() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/once" => Answer::ok(gzipped(FEED.as_bytes())).header("content-encoding", "gzip"),
        "/twice" => Answer::ok(gzipped(&gzipped(FEED.as_bytes()))).header("content-encoding", "gzip, gzip"),
        "/lines" => Answer::ok(gzipped(&gzipped(FEED.as_bytes())))
            .header("content-encoding", "gzip")
            .header("content-encoding", "gzip"),
        "/cut" => Answer::ok(&gzipped(FEED.as_bytes())[..40]).header("content-encoding", "gzip"),
        _ => Answer::ok(FEED).header("content-encoding", "gzip"),
    });
    let client = client();
    assert_eq!(body(feed(&client, server.url("/once")).await.unwrap()).body, FEED.as_bytes());
    assert_eq!(server.asked()[0].header("accept-encoding"), "zstd,gzip,br");
    for (path, oddity) in [("/twice", Oddity::Encoding), ("/plain", Oddity::Damaged), ("/cut", Oddity::Damaged)] {
        assert_eq!(feed(&client, server.url(path)).await.unwrap_err(), Unfetched::BadAnswer { oddity }, "{path}");
    }
    assert_ne!(body(feed(&client, server.url("/lines")).await.unwrap()).body, FEED.as_bytes());
}

#[tokio::test]
async fn silence_and_slowness_end() {
    let idle = || Settings {
        connect_timeout: Duration::from_millis(400),
        idle_timeout: Duration::from_millis(100),
        ..settings()
    };
    let waiting = |waiting| Unfetched::TimedOut { waiting };
    assert_eq!(failure(idle(), || Answer::of(200, Body::Silence)).await, waiting(Waiting::Answer));
    assert_eq!(failure(idle(), || Answer::of(200, Body::Stalling(b"<rss>".to_vec()))).await, waiting(Waiting::Body));
    let total = Settings { total_timeout: Duration::from_millis(200), ..settings() };
    let drip = || Answer::of(200, Body::Dripping(b" ".to_vec(), Duration::from_millis(5)));
    assert_eq!(failure(total, drip).await, waiting(Waiting::End));
}

#[tokio::test]
async fn broken_connections_are_told_apart() {
    let plain = || Answer::of(200, Body::BreakingOff(b"<rss>".to_vec()));
    let start = gzipped(FEED.as_bytes())[..40].to_vec();
    let compressed = move || Answer::of(200, Body::BreakingOff(start.clone())).header("content-encoding", "gzip");
    let broken_off = Unfetched::Unreachable { obstacle: Obstacle::BrokenOff };
    assert_eq!(failure(settings(), plain).await, broken_off);
    assert_eq!(failure(settings(), compressed).await, broken_off);

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told = feed(&client(), format!("http://{closed}/feed").parse().unwrap()).await.unwrap_err();
    assert_eq!(told, Unfetched::Unreachable { obstacle: Obstacle::Closed });
    assert!(!told.may_be_ours());

    let server = Server::start(|_| Answer::ok(FEED));
    let mut secure = server.url("/feed");
    secure.set_scheme("https").unwrap();
    let told = feed(&client(), secure).await.unwrap_err();
    assert!(matches!(told, Unfetched::Unreachable { obstacle: Obstacle::Tls(_) }), "{told:?}");
}

#[tokio::test]
async fn what_is_not_http_is_not_read() {
    for sent in ["SSH-2.0-OpenSSH_9.2\r\n".to_owned(), format!("HTTP/1.1 200 OK\r\n{}", "a: b\r\n".repeat(100_000))] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/feed", listener.local_addr().unwrap()).parse().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _request = stream.read(&mut [0; 4096]).unwrap();
            // The client leaves as soon as it has seen enough, and may do so in the middle.
            let _ = stream.write_all(sent.as_bytes());
            let _ = stream.read(&mut [0]);
        });
        let told = feed(&client(), url).await.unwrap_err();
        assert_eq!(told, Unfetched::Unreachable { obstacle: Obstacle::Protocol });
        server.join().unwrap();
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_our_own_fault() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Some(format!("http://{closed}").parse().unwrap());
    let client = Client::new(Settings { proxy, ..settings() }).unwrap();
    for url in ["http://news.example/feed", "https://news.example/feed"] {
        let told = feed(&client, url.parse().unwrap()).await.unwrap_err();
        assert_eq!(told, Unfetched::Unreachable { obstacle: Obstacle::Proxy }, "{url}");
        assert!(told.may_be_ours());
    }

    let guarded = Server::start(|_| Answer::status(407));
    let client = Client::new(Settings { proxy: Some(guarded.url("/")), ..settings() }).unwrap();
    for url in ["http://news.example/feed", "https://news.example/feed"] {
        let told = feed(&client, url.parse().unwrap()).await.unwrap_err();
        assert_eq!(told, Unfetched::Unreachable { obstacle: Obstacle::Proxy }, "{url}");
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_everything_but_addresses_inside() {
    let server = Server::start(|_| Answer::ok(FEED));
    let mut proxy = server.url("/");
    proxy.set_username("desk").unwrap();
    proxy.set_password(Some("p%40ss")).unwrap();
    let client = Client::new(Settings { proxy: Some(proxy), allow_private: Vec::new(), ..settings() }).unwrap();
    assert!(!format!("{client:?}").contains("p%40ss"));
    feed(&client, "http://news.example/feed".parse().unwrap()).await.unwrap();
    let told = feed(&client, "http://10.0.0.1/feed".parse().unwrap()).await.unwrap_err();
    assert_eq!(told, Unfetched::Refused { why: Refusal::Private("in a private network") });
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].target, "http://news.example/feed");
    // "desk:p@ss" in Base64.
    assert_eq!(asked[0].header("proxy-authorization"), "Basic ZGVzazpwQHNz");
}

#[tokio::test]
async fn one_host_is_asked_one_by_one() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/robots.txt" => Answer::status(404),
        _ => Answer::ok(FEED),
    });
    let client = client();
    let mut running = Vec::new();
    for n in 0..8 {
        let (client, url) = (client.clone(), server.url(&format!("/news/{n}")));
        running.push(tokio::spawn(async move { page(&client, url).await }));
    }
    for task in running {
        task.await.unwrap().unwrap();
    }
    assert_eq!(server.asked().len(), 9);
    assert_eq!(server.count("/robots.txt"), 1, "asked once for all pages");
    assert_eq!(server.most_at_once(), 1);
}

#[tokio::test]
async fn requests_to_one_host_are_spaced() {
    let server = Server::start(|_| Answer::ok(FEED));
    let pause = Duration::from_millis(40);
    let pauses = vec![Pause { host: "localhost".to_owned(), pause: Duration::ZERO }];
    let client = Client::new(Settings { pause, pauses, ..settings() }).unwrap();
    let began = std::time::Instant::now();
    for _ in 0..3 {
        feed(&client, server.url("/feed")).await.unwrap();
    }
    assert!(began.elapsed() >= 2 * pause, "three requests have two pauses between them");
    // A pause cannot be shorter than it is, but a machine can be slow: only the lower bound is held.
    for _ in 0..3 {
        feed(&client, server.url_by_name("/feed")).await.unwrap();
    }
    assert_eq!(server.most_at_once(), 1);
}

#[tokio::test]
async fn robots_txt_is_obeyed_for_pages_and_not_for_feeds() {
    let robots = |asked: &Asked| match asked.path.as_str() {
        "/robots.txt" => Answer::redirect(301, "/rules"),
        "/rules" => Answer::ok("User-agent: *\nDisallow: /\n\nUser-agent: tollwatch\nDisallow: /private/\n"),
        "/moved" => Answer::redirect(302, "/private/2"),
        _ => Answer::ok(FEED),
    };
    let server = Server::start(robots);
    let client = client();
    assert!(page(&client, server.url("/news/1")).await.is_ok());
    assert_eq!(page(&client, server.url("/private/1")).await.unwrap_err(), Unfetched::Robots);
    assert_eq!(page(&client, server.url("/moved")).await.unwrap_err(), Unfetched::Robots, "redirects are pages too");
    assert!(feed(&client, server.url("/private/feed")).await.is_ok());
    assert_eq!((server.count("/robots.txt"), server.count("/private/1"), server.count("/private/2")), (1, 0, 0));

    let server = Server::start(robots);
    let heedless = Client::new(Settings { obey_robots: false, ..settings() }).unwrap();
    assert!(page(&heedless, server.url("/private/1")).await.is_ok());
    assert_eq!(server.count("/robots.txt"), 0);
}

#[tokio::test]
async fn a_site_whose_robots_txt_fails_is_not_fetched_and_one_without_is() {
    for (status, fetched) in
        [(404, true), (403, true), (401, true), (410, true), (500, false), (503, false), (429, false)]
    {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/robots.txt" => Answer::status(status),
            _ => Answer::ok("<p>Nine died."),
        });
        assert_eq!(page(&client(), server.url("/news/1")).await.is_ok(), fetched, "{status}");
    }
}

#[tokio::test]
async fn an_endless_robots_txt_is_read_as_far_as_it_counts() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/robots.txt" => Answer::of(200, Body::Endless(b"User-agent: *\nDisallow: /private/\n".to_vec())),
        _ => Answer::ok("<p>Nine died."),
    });
    let client = client();
    assert_eq!(page(&client, server.url("/private/1")).await.unwrap_err(), Unfetched::Robots);
    assert!(page(&client, server.url("/news/1")).await.is_ok());
}

#[tokio::test]
async fn a_site_may_be_told_another_name() {
    let server = Server::start(|_| Answer::ok(FEED));
    let manner = Manner { user_agent: Some("Desk/2 (monitoring)".to_owned()), ..Manner::default() };
    let request = Request { manner, ..Request::feed(server.url("/feed"), Validators::default()) };
    client().get(&request, now()).await.unwrap();
    assert_eq!(server.asked()[0].header("user-agent"), "Desk/2 (monitoring)");
}
