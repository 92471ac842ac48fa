//! One poll, one article, one mail, start to end, in the order it happens.
//!
//! The functions here hold the order and nothing else: what a thing means is decided by the stages, which are plain
//! functions; what the world does is the edges' business. Each step that is stored is whole in itself, so that the
//! process may end between any two of them.

mod event;
mod look;
mod memory;
mod poll;
mod keep;
mod health;
mod network;
mod read;
mod outbox;
mod compose;
mod notice;
mod pulse;
pub mod schedule;
mod setback;
mod split;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex as Turns, Semaphore, SemaphorePermit, mpsc};
use url::Url;

use crate::clock::Clock;
use crate::http::{self, Unfetched};
use crate::mail::Mailer;
use crate::model::{Address, FeedState, NamedStory, Subscription};
use crate::scrape::Selectors;
use crate::store::{CheckKind, Checked, DueLook, Status, Store, StoreError, WaitingItem};
use crate::track;

pub use compose::{Sample, preview};
pub use event::{Answer, Event, Outcome, Taken, Turn};
pub use keep::Keep;
pub use look::look_again;
pub use memory::Memory;
pub use outbox::send_due;
pub use poll::poll;
pub use pulse::{Beat, Pulse};
pub use read::{FetchedPage, Incoming, read, take_in, take_in_as_read};
pub use schedule::{Rhythm, Spacing};
pub use split::{NotSplit, split};

use network::Network;
pub(crate) use setback::{LONGEST_WORK, SLIGHTLY};

/// How many waiting items are looked at in one go, and how many pages that are looked at again.
const ITEMS_AT_ONCE: u32 = 256;

/// A kept page may outstay its time by so long, so that many are removed in one go and not each by itself.
const PRUNING_WAITS: SignedDuration = SignedDuration::from_hours(1);

/// The texts of mails that were sent are kept at least so long.
const LEAST_KEPT_MAILS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many pages are removed in one go, so that nothing else has to wait for long.
const PAGES_AT_ONCE: u32 = 256;

/// Where more feeds than this are due at once, after an outage or a long rest of this program, they are spread over the
/// time to come.
const MANY_FEEDS: usize = 60;

/// Feeds that are spread are asked at most this long after each other, and all within the second time, the usual interval.
const SPREAD: (SignedDuration, SignedDuration) = (SignedDuration::from_secs(1), SignedDuration::from_mins(15));

/// How many documents are read side by side. One of the largest takes some 120 MB while it is read, and 32 at once took
/// more than the unit gives.
const READ_AT_ONCE: usize = 2;

/// All that the pipeline works with. Copies share the store, the client and its queues.
#[derive(Clone)]
pub struct Desk {
    store: Arc<Turns<Store>>,
    memory: Arc<Mutex<Memory>>,
    http: http::Client,
    mailer: Arc<Mailer>,
    clock: Clock,
    rules: Arc<Rules>,
    unrecorded: outbox::Unrecorded,
    network: Arc<Mutex<Network>>,
    pulse: Pulse,
    events: mpsc::UnboundedSender<Event>,
}

/// What the config settles about reading, tracking and telling.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The stories that the config names.
    pub named: Vec<NamedStory>,
    /// How claims are judged.
    pub tracking: track::Settings,
    /// Who is told what.
    pub subscriptions: Vec<Subscription>,
    /// How long the changes of a story are collected before they are mailed.
    pub collect: SignedDuration,
    /// How long the pages behind claims are kept; zero: none is.
    pub keep_pages: SignedDuration,
    /// How long after its publication an article is looked at again, each time later than the one before; empty: never.
    pub look_again: Vec<SignedDuration>,
    /// The sender of all mails.
    pub from: Address,
    /// The right side of message ids.
    pub host: String,
    /// The address of a person who can stop the mails, where recipients shall be able to write to one.
    pub operator: Option<String>,
    /// A web address where mails can be stopped; `{recipient}` and `{story}` in it stand for them.
    pub unsubscribe: Option<String>,
    /// Whether people are told of feeds that fail for long, are well again, fall silent or are gone.
    pub tell_of_feeds: bool,
}

/// Nobody is mailed, nothing is kept beside the claims, no story is named.
impl Default for Rules {
    fn default() -> Self {
        Self {
            named: Vec::new(),
            tracking: track::Settings::default(),
            subscriptions: Vec::new(),
            collect: SignedDuration::ZERO,
            keep_pages: SignedDuration::ZERO,
            look_again: Vec::new(),
            from: Address { name: String::new(), email: String::new() },
            host: String::new(),
            operator: None,
            unsubscribe: None,
            tell_of_feeds: false,
        }
    }
}

impl Rules {
    /// What a recipient wishes for, in the order of the config.
    fn wishes_of(&self, recipient: &str) -> Vec<&Subscription> {
        self.subscriptions.iter().filter(|wish| wish.recipient.email == recipient).collect()
    }
}

/// A feed to be polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: Url,
    /// How often it is polled.
    pub rhythm: Rhythm,
    /// The publisher's name, for pages that do not tell it.
    pub outlet: Option<String>,
    /// The language, for pages that do not tell it.
    pub language: Option<String>,
    /// How its polls are spread and spaced.
    pub spacing: Spacing,
    /// How many items of its first poll, the newest, are read.
    pub first_poll: usize,
    /// What is unusual about its requests.
    pub manner: http::Manner,
    /// Which of its items are kept.
    pub keep: Keep,
    /// What is known of its pages.
    pub selectors: Selectors,
}

/// What is to be done now, and when there will next be something.
#[derive(Debug, Default)]
pub struct Due {
    /// The names of the feeds to be polled, the longest overdue first.
    pub feeds: Vec<String>,
    /// The items to be read, in the order of publication.
    pub items: Vec<WaitingItem>,
    /// The articles whose pages are to be looked at again, the longest overdue first.
    pub looks: Vec<DueLook>,
    /// Whether there is a mail to compose or to send.
    pub outbox: bool,
    /// Whether kept pages have outstayed their time.
    pub pages: bool,
    /// Whether the database is to be looked through as a whole.
    pub check: bool,
    /// The earliest later time at which something is due, as far as it is known.
    pub next: Option<Timestamp>,
}

impl Desk {
    /// Puts a desk together. What happens is told to `events`, for as long as somebody listens.
    pub fn new(
        store: Store,
        http: http::Client,
        mailer: Mailer,
        clock: Clock,
        rules: Rules,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        Self {
            store: Arc::new(Turns::new(store)),
            memory: Arc::default(),
            http,
            mailer: Arc::new(mailer),
            clock,
            rules: Arc::new(rules),
            unrecorded: outbox::Unrecorded::default(),
            network: Arc::default(),
            pulse: Pulse::default(),
            events,
        }
    }

    /// The same desk under another config: the store and whoever listens stay.
    #[must_use]
    pub fn under(&self, http: http::Client, mailer: Mailer, rules: Rules) -> Self {
        Self { http, mailer: Arc::new(mailer), rules: Arc::new(rules), ..self.clone() }
    }

    /// The clock that this desk works by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The line by which the daemon's loop is asked whether it turns.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Makes the store know which feeds are polled and who is mailed; a feed that is new is due at once. Hosts that have
    /// asked to be left alone before are left alone. Where all mails wait, one is tried now: what they wait for may have
    /// been put right.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn watch(&self, feeds: &[Watched]) -> anyhow::Result<()> {
        let feeds: Vec<(String, Url)> = feeds.iter().map(|feed| (feed.name.clone(), feed.url.clone())).collect();
        let (now, rules) = (self.clock.now(), Arc::clone(&self.rules));
        let resting = self
            .with_store(move |store| {
                store.configure_feeds(&feeds, now)?;
                let recipients: Vec<&str> = rules.subscriptions.iter().map(|wish| &*wish.recipient.email).collect();
                store.configure_recipients(&recipients, now)?;
                store.try_mails_now(now)?;
                store.resting_hosts(now)
            })
            .await
            .context("storing the list of feeds")?;
        resting.iter().for_each(|(host, until)| self.http.rest(host, *until));
        Ok(())
    }

    /// Spreads the feeds that are due over the time to come, where they are many: they have been waiting for this program,
    /// and no host shall feel it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn spread_many(&self) -> anyhow::Result<()> {
        let (now, (apart, within)) = (self.clock.now(), SPREAD);
        self.with_store(move |store| match store.due_feeds(now)?.len() {
            ..=MANY_FEEDS => Ok(0),
            _ => store.spread_due(now, apart, within),
        })
        .await
        .context("spreading the feeds that are due")
        .map(drop)
    }

    /// The queue that requests to this address wait in: mostly its host.
    pub fn lane(&self, url: &Url) -> String {
        self.http.lane(url)
    }

    /// What is to be done now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn due(&self) -> anyhow::Result<Due> {
        let now = self.clock.now();
        let (looks, kept_since) = (!self.rules.look_again.is_empty(), self.pages_kept_since(now));
        let is_cut_off = self.is_cut_off();
        let mut due = self
            .with_store(move |store| {
                // One is asked now and then, until somebody answers: the one of which that is likeliest, for the others may
                // be what looks like an outage, and there may be many.
                let feeds = match is_cut_off {
                    false => store.due_feeds(now)?,
                    true => store.likeliest_due_feed(now)?.into_iter().collect(),
                };
                Ok(Due {
                    feeds,
                    items: store.waiting_items(now, ITEMS_AT_ONCE)?,
                    looks: if looks { store.due_looks(now, ITEMS_AT_ONCE)? } else { Vec::new() },
                    outbox: store.outbox_due(now)?,
                    pages: store.has_page_before(kept_since - PRUNING_WAITS)?,
                    check: store.check_due(now)?,
                    next: store.next_wake(now)?,
                })
            })
            .await
            .context("asking the database what is due")?;
        let mut network = self.network();
        if network.is_down() {
            due.items.clear();
            due.looks.clear();
            let is_time = !due.feeds.is_empty() && network.is_time_to_try(now);
            due.feeds.truncate(usize::from(is_time));
            due.next = [due.next, network.next_trial().filter(|next| *next > now)].into_iter().flatten().min();
        }
        Ok(due)
    }

    /// Takes note of whether a host could be reached. Where our own network is found to be up again, what has become due
    /// in the meantime is spread, so that nobody is met by all feeds at once.
    async fn heard(&self, address: &Url, unfetched: Option<&Unfetched>) -> anyhow::Result<()> {
        self.tell(Event::Asked { outcome: unfetched.map_or("answered", Unfetched::kind) });
        let now = self.clock.now();
        match unfetched {
            // Nobody was asked.
            Some(Unfetched::Refused { .. } | Unfetched::Robots | Unfetched::TooManyRequests { .. }) => Ok(()),
            Some(unfetched) if unfetched.may_be_ours() => {
                if self.network().unanswered(address.host_str().unwrap_or_default()) {
                    self.tell(Event::Network { at: now, is_up: false });
                }
                Ok(())
            }
            _ => {
                if !self.network().answered(now) {
                    return Ok(());
                }
                self.tell(Event::Network { at: now, is_up: true });
                let (apart, within) = SPREAD;
                self.with_store(move |store| store.spread_due(now, apart, within)).await.map(drop)
            }
        }
    }

    /// Whether a feed that could not be reached has failed, or may have been kept from us by our own network.
    fn is_the_feed_s_fault(&self, state: &FeedState) -> bool {
        self.network().is_the_feed_s_fault(state.last_poll, state.failing_since, self.clock.now())
    }

    /// Whether our own network is down, for all that is known.
    fn is_cut_off(&self) -> bool {
        self.network().is_down()
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        // What it holds is whole at any time.
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes kept pages whose time is over, the oldest and not too many in one go.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune_pages(&self) -> anyhow::Result<()> {
        let kept_since = self.pages_kept_since(self.clock.now());
        let pruned = self.with_store(move |store| store.prune_pages(kept_since, PAGES_AT_ONCE)).await;
        tracing::debug!(pages = pruned.context("removing pages whose time is over")?, "removed");
        Ok(())
    }

    /// Removes the texts of mails that were sent long ago: they are kept as long as pages, and at least a month. That they
    /// were sent, when, to whom and why stays.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune_mails(&self) -> anyhow::Result<()> {
        let kept = self.rules.keep_pages.max(LEAST_KEPT_MAILS);
        let Ok(before) = self.clock.now().checked_sub(kept) else { return Ok(()) };
        let emptied = self.with_store(move |store| store.empty_sent_mails(before)).await;
        tracing::debug!(mails = emptied.context("removing the texts of mails that were sent long ago")?, "emptied");
        Ok(())
    }

    fn pages_kept_since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.rules.keep_pages).unwrap_or(Timestamp::MIN + PRUNING_WAITS)
    }

    /// Writes again for the first time after a fault of the store: makes sure that there is room, and takes the list of
    /// feeds in as [`Desk::watch`] does.
    ///
    /// # Errors
    /// When the store still cannot be written.
    pub async fn try_writing(&self, feeds: &[Watched]) -> anyhow::Result<()> {
        self.with_store(|store| store.has_room()).await.context("trying whether there is room again")?;
        self.watch(feeds).await
    }

    /// Notes that the database was found sound when it was opened.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn opened_sound(&self) -> anyhow::Result<()> {
        let checked = Checked { kind: CheckKind::Quick, at: self.clock.now(), found: None };
        self.with_store(move |store| store.save_check(&checked)).await.context("noting that the database is sound")
    }

    /// Looks the whole database through, on a connection of its own so that nobody waits for it, and keeps what it finds;
    /// returns what damage there is.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn check_database(&self) -> anyhow::Result<Option<String>> {
        let found = match self.with_store(|store| Ok(store.path())).await? {
            Some(path) => {
                off_thread(move || Store::open_to_read(&path)?.keep_little()?.look_through()).await?.map_err(Into::into)
            }
            None => self.with_store(|store| store.look_through()).await,
        };
        let found: Option<String> = found.context("looking the database through")?;
        let checked = Checked { kind: CheckKind::Whole, at: self.clock.now(), found: found.clone() };
        self.with_store(move |store| store.save_check(&checked)).await.context("keeping what the check has found")?;
        Ok(found)
    }

    /// How things stand.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn status(&self) -> anyhow::Result<Status> {
        self.with_store(|store| store.status()).await.context("asking the database for the status")
    }

    /// Leaves the database in one tidy file.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn close(&self) -> anyhow::Result<()> {
        self.with_store(|store| store.checkpoint()).await.map(drop).context("closing the database")
    }

    /// Runs one piece of work on the store, off the async threads: the disk may take its time. Its turn is waited for before
    /// a thread is taken: those that wait for the one connection would leave none of the few for anything else.
    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> anyhow::Result<T> {
        // A panic elsewhere has rolled its transaction back: what the store holds is whole.
        let mut store = Arc::clone(&self.store).lock_owned().await;
        off_thread(move || work(&mut store)).await?.map_err(anyhow::Error::from)
    }

    /// Takes an article in, with what is kept at hand of the stories that are going on.
    async fn take_in(&self, incoming: Incoming) -> anyhow::Result<Taken> {
        let (rules, memory) = (Arc::clone(&self.rules), Arc::clone(&self.memory));
        self.with_store(move |store| {
            // A panic elsewhere has left nothing in it: it is given back whole, or not at all.
            take_in(store, &mut memory.lock().unwrap_or_else(PoisonError::into_inner), &rules, &incoming)
        })
        .await
    }

    fn tell(&self, event: Event) {
        // Nobody need be listening.
        let _ = self.events.send(event);
    }
}

/// Waits until a document from outside, a feed or a page, may be read: not many are at once, whatever is under way. To be
/// held while it is read.
async fn place_to_read() -> SemaphorePermit<'static> {
    static PLACES: Semaphore = Semaphore::const_new(READ_AT_ONCE);
    PLACES.acquire().await.expect("the semaphore is never closed")
}

/// Runs work that computes or blocks on a thread of its own. A panic in it becomes an error.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("a piece of work ended in a fault of the program")
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// SHA-256 in hex: by this a body is known again.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
