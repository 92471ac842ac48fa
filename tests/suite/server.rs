//! A web server on the loopback interface for tests: a closure from request to answer, and a record of what was asked.
//!
//! It runs on a thread of its own, so that tests with and without a runtime, and those that start the whole daemon,
//! can use it alike. It goes away with the value.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{Interval, interval};
use url::Url;

/// One request, as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET` and the like.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The target as it stood on the request line: path and query, or a whole address where a proxy is asked.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
}

impl Asked {
    /// A header as text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or("(not text)"))
    }
}

/// What to answer.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

/// How a body comes.
pub enum Body {
    /// At once, with its length told.
    Whole(Vec<u8>),
    /// The same piece over and over, as fast as it is read.
    Endless(Vec<u8>),
    /// These bytes and then silence.
    Stalling(Vec<u8>),
    /// The same piece over and over, one each time the interval passes.
    Dripping(Vec<u8>, Duration),
    /// These bytes; then the connection breaks, before the length that was told.
    BreakingOff(Vec<u8>),
    /// No answer at all: not even the head.
    Silence,
}

impl Answer {
    /// Success with a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::of(200, Body::Whole(body.into()))
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self::of(status, Body::Whole(Vec::new()))
    }

    /// A redirect.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Anything.
    pub fn of(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// The same with one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
    _stop: oneshot::Sender<Infallible>,
}

#[derive(Default)]
struct Record {
    asked: Vec<Asked>,
    under_way: usize,
    most_at_once: usize,
    under_way_of: HashMap<String, usize>,
    most_at_once_of_a_host: usize,
}

impl Server {
    /// Starts a server that answers with what `handler` returns.
    pub fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("the loopback interface has free ports");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a bound listener has an address");
        let record = Arc::default();
        let (stop, stopped) = oneshot::channel();
        let (handler, shared) = (Arc::new(handler), Arc::clone(&record));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(async {
                tokio::select! {
                    () = serve(listener, handler, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, record, _stop: stop }
    }

    /// The address of a path on this server.
    pub fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().expect("a socket address and a path make a URL")
    }

    /// The same by the name `localhost`: another host to whoever goes by names.
    pub fn url_by_name(&self, path: &str) -> Url {
        let port = self.address.port();
        format!("http://localhost:{port}{path}").parse().expect("a name, a port and a path make a URL")
    }

    /// Address and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, in the order of arrival.
    pub fn asked(&self) -> Vec<Asked> {
        self.record.lock().unwrap().asked.clone()
    }

    /// How often a path has been asked for.
    pub fn count(&self, path: &str) -> usize {
        self.record.lock().unwrap().asked.iter().filter(|asked| asked.path == path).count()
    }

    /// The same for requests to one host, where this server is asked as a proxy.
    pub fn most_at_once_of_a_host(&self) -> usize {
        self.record.lock().unwrap().most_at_once_of_a_host
    }

    /// The greatest number of requests that were under way at one time, from arrival to the end of the body.
    pub fn most_at_once(&self) -> usize {
        self.record.lock().unwrap().most_at_once
    }
}

async fn serve<H>(listener: std::net::TcpListener, handler: Arc<H>, record: Arc<Mutex<Record>>)
where
    H: Fn(&Asked) -> Answer + Send + Sync + 'static,
{
    let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (handler, record) = (Arc::clone(&handler), Arc::clone(&record));
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&handler), Arc::clone(&record)));
            // A client that goes away in the middle is what many of these tests are about.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer<H>(
    request: hyper::Request<Incoming>,
    handler: Arc<H>,
    record: Arc<Mutex<Record>>,
) -> Result<hyper::Response<Sending>, Infallible>
where
    H: Fn(&Asked) -> Answer,
{
    let asked = Asked {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        target: request.uri().to_string(),
        headers: request.headers().clone(),
    };
    let under_way = UnderWay::started(record, asked.clone());
    let Answer { status, headers, body } = handler(&asked);
    if matches!(body, Body::Silence) {
        std::future::pending::<()>().await;
    }
    let mut response = hyper::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let sending = Sending { body, ticks: None, polls: 0, _under_way: under_way };
    Ok(response.body(sending).expect("the test's headers are valid"))
}

/// Counts a request as under way until it is dropped.
struct UnderWay(Arc<Mutex<Record>>, String);

impl UnderWay {
    fn started(record: Arc<Mutex<Record>>, asked: Asked) -> Self {
        let host = asked.target.split('/').nth(2).unwrap_or_default().to_owned();
        {
            let mut record = record.lock().unwrap();
            record.asked.push(asked);
            let of_host = record.under_way_of.entry(host.clone()).or_default();
            *of_host += 1;
            record.most_at_once_of_a_host = (*of_host).max(record.most_at_once_of_a_host);
            record.under_way += 1;
            record.most_at_once = record.most_at_once.max(record.under_way);
        }
        Self(record, host)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut record = self.0.lock().unwrap();
        record.under_way -= 1;
        if let Some(of_host) = record.under_way_of.get_mut(&self.1) {
            *of_host -= 1;
        }
    }
}

/// A body on its way out.
struct Sending {
    body: Body,
    ticks: Option<Interval>,
    polls: usize,
    _under_way: UnderWay,
}

impl hyper::body::Body for Sending {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let this = &mut *self;
        let again = this.polls > 0;
        this.polls += 1;
        let piece = match &this.body {
            Body::Whole(_) if again => return Poll::Ready(None),
            Body::Stalling(_) if again => return Poll::Pending,
            Body::BreakingOff(_) if this.polls == 2 => {
                // What has been written so far is sent while the body keeps waiting.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Body::BreakingOff(_) if again => {
                return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())));
            }
            Body::Dripping(piece, every) => {
                let ticks = this.ticks.get_or_insert_with(|| interval(*every));
                ready!(ticks.poll_tick(cx));
                piece
            }
            Body::Whole(piece) | Body::Endless(piece) | Body::Stalling(piece) | Body::BreakingOff(piece) => piece,
            Body::Silence => return Poll::Pending,
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.body, Body::Whole(body) if self.polls > 0 || body.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Body::Whole(body) => SizeHint::with_exact(body.len() as u64),
            Body::BreakingOff(body) => SizeHint::with_exact(body.len() as u64 + 1000),
            _ => SizeHint::default(),
        }
    }
}
