//! The press of the soak: which feeds there are, when each brings a piece, and which events go on in the meantime.
//!
//! All of it follows from a seed, so that a server without memory can answer, and that two runs see the same news.

use jiff::{SignedDuration, Timestamp};

/// Numbers that follow from a seed: splitmix64, whose spread is all that is asked of it.
pub struct Dice(u64);

impl Dice {
    pub fn of(parts: &[u64]) -> Self {
        let mut dice = Self(0x6a09_e667_f3bc_c908);
        for part in parts {
            dice.0 ^= *part;
            dice.0 = dice.next();
        }
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }

    /// Whether one of so many in a hundred is hit.
    pub fn hits(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What a feed's server is known for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Validators that can be relied on.
    Good,
    /// No validators: each answer is the whole feed.
    Bare,
    /// A comment that changes with each answer, and the ETag with it.
    Touched,
    /// An `&` that stands bare, and a tag that is never closed.
    Garbled,
    /// Its answer comes in pieces.
    Slow,
    /// Answers from another address for now (302).
    Away,
    /// Moved for good (301).
    Moved,
    /// 429 now and then, with an hour to wait.
    Limited,
    /// 500 for some hours or days, each ten days.
    Failing,
    /// The same, with connections that break.
    Breaking,
    /// The same, without a word.
    Silent,
    /// The same, with a page to log in at.
    Captive,
    /// 410 from the twelfth day on.
    Gone,
}

/// Of a thousand feeds so many have each habit; all others are good.
const HABITS: [(u64, Habit); 12] = [
    (100, Habit::Bare),
    (30, Habit::Touched),
    (20, Habit::Garbled),
    (20, Habit::Slow),
    (20, Habit::Away),
    (10, Habit::Moved),
    (10, Habit::Limited),
    (20, Habit::Failing),
    (10, Habit::Breaking),
    (3, Habit::Silent),
    (5, Habit::Captive),
    (3, Habit::Gone),
];

/// A piece that a feed brings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub feed: u64,
    /// From below zero, for what was there before the beginning.
    pub nth: i64,
}

/// What a piece is about.
pub enum Topic {
    /// An event that many report while its count rises.
    Running(Event),
    /// An accident of which nobody writes again.
    Passing,
    /// Anything else.
    Other,
}

/// An event that goes on for days.
#[derive(Clone, Copy)]
pub struct Event {
    pub number: u64,
    pub opened: Timestamp,
    lasts: SignedDuration,
    /// How many are dead in the end.
    dead: u64,
}

impl Event {
    /// How many dead had been counted by then: fast at first, ever more slowly later.
    pub fn dead_by(&self, at: Timestamp) -> u64 {
        let part = at.duration_since(self.opened).as_secs_f64() / self.lasts.as_secs_f64();
        let counted = self.dead as f64 * (1.0 - (-4.0 * part.max(0.01)).exp());
        (counted as u64).max(3)
    }
}

pub struct World {
    pub seed: u64,
    pub begin: Timestamp,
}

const HOUR: i64 = 3_600;
/// An event each so often. Each lasts twelve days on average, so that 36 are going on at any time.
const BETWEEN_EVENTS: i64 = 8 * HOUR;
const LONGEST_EVENT: i64 = 20 * 24 * HOUR;

/// What the dice are thrown for, so that no two throws are the same.
mod about {
    pub const HABIT: u64 = 1;
    pub const SPELL: u64 = 2;
    pub const TIME: u64 = 3;
    pub const TOPIC: u64 = 4;
    pub const EVENT: u64 = 5;
    pub const AMENDED: u64 = 6;
    pub const LIMITED: u64 = 7;
    pub const PAGE: u64 = 8;
    pub const WORDS: u64 = 9;
}

impl World {
    /// How many seconds lie between two pieces of a feed: of twenty feeds one is a wire with a piece in two hours, four
    /// bring two a day, nine one in two days, six one in ten days.
    pub fn gap(feed: u64) -> i64 {
        match feed % 20 {
            0 => 2 * HOUR,
            1..=4 => 12 * HOUR,
            5..=13 => 48 * HOUR,
            _ => 10 * 24 * HOUR,
        }
    }

    /// Every twenty-fifth feed is polled each hour, whatever its pace.
    pub fn has_own_interval(feed: u64) -> bool {
        feed % 25 == 7
    }

    /// How many pieces a feed shows.
    pub fn shown(feed: u64) -> i64 {
        if feed.is_multiple_of(20) { 20 } else { 6 }
    }

    /// Every tenth feed is a section of another one's outlet: it is on the same host and shows some of the same pieces.
    pub fn main_feed(feed: u64) -> u64 {
        if feed % 10 == 3 { feed - 1 } else { feed }
    }

    pub fn host(feed: u64) -> String {
        format!("outlet-{}.example", Self::main_feed(feed))
    }

    pub fn habit(&self, feed: u64) -> Habit {
        let mut thrown = self.dice(&[about::HABIT, feed]).below(1_000);
        for (share, habit) in HABITS {
            match thrown.checked_sub(share) {
                None => return habit,
                Some(left) => thrown = left,
            }
        }
        Habit::Good
    }

    /// Whether a feed that has bad spells has one: of three hours to three days, one in ten days.
    pub fn has_a_spell(&self, feed: u64, now: Timestamp) -> bool {
        let since = now.duration_since(self.begin).as_secs();
        let period = 10 * 24 * HOUR;
        let mut dice = self.dice(&[about::SPELL, feed, since.div_euclid(period) as u64]);
        let begins = dice.below(7 * 24 * HOUR as u64) as i64;
        let lasts = 3 * HOUR + dice.below(69 * HOUR as u64) as i64;
        (begins..begins + lasts).contains(&since.rem_euclid(period))
    }

    /// Whether a server that limits us does so in this hour.
    pub fn is_limited(&self, feed: u64, now: Timestamp) -> bool {
        self.dice(&[about::LIMITED, feed, (now.as_second() / HOUR) as u64]).hits(8)
    }

    pub fn published(&self, piece: Piece) -> Timestamp {
        let gap = Self::gap(piece.feed);
        let into = self.dice(&[about::TIME, piece.feed, piece.nth as u64]).below(gap as u64);
        self.begin + SignedDuration::from_secs(piece.nth * gap + into as i64)
    }

    /// The pieces that a feed shows, the newest first.
    pub fn pieces(&self, feed: u64, now: Timestamp) -> Vec<Piece> {
        let own = self.newest(feed, now).take(Self::shown(feed) as usize);
        let of_the_outlet = self.newest(Self::main_feed(feed), now);
        let shared = of_the_outlet.take(if Self::main_feed(feed) == feed { 0 } else { 4 });
        own.chain(shared).collect()
    }

    fn newest(&self, feed: u64, now: Timestamp) -> impl Iterator<Item = Piece> {
        let latest = now.duration_since(self.begin).as_secs().div_euclid(Self::gap(feed));
        let is_out = self.published(Piece { feed, nth: latest }) <= now;
        (0..).map(move |n| Piece { feed, nth: latest - n - i64::from(!is_out) })
    }

    /// Of a hundred pieces twelve report an event that goes on, three an accident.
    pub fn topic(&self, piece: Piece) -> Topic {
        let mut dice = self.dice(&[about::TOPIC, piece.feed, piece.nth as u64]);
        match dice.below(100) {
            0..12 => self.running_at(self.published(piece), &mut dice).map_or(Topic::Other, Topic::Running),
            12..15 => Topic::Passing,
            _ => Topic::Other,
        }
    }

    fn running_at(&self, at: Timestamp, dice: &mut Dice) -> Option<Event> {
        let since = at.duration_since(self.begin).as_secs();
        let numbers = (since - LONGEST_EVENT).div_euclid(BETWEEN_EVENTS)..=since.div_euclid(BETWEEN_EVENTS);
        let running = numbers.map(|number| self.event(number)).filter(|event| {
            let age = at.duration_since(event.opened);
            !age.is_negative() && age < event.lasts
        });
        let running: Vec<Event> = running.collect();
        (!running.is_empty()).then(|| *dice.pick(&running))
    }

    fn event(&self, number: i64) -> Event {
        let mut dice = self.dice(&[about::EVENT, number as u64]);
        let into = dice.below(BETWEEN_EVENTS as u64) as i64;
        // Most events have some dozens of dead, few have thousands.
        let dead = 12.0 * 1.8_f64.powi(dice.below(10) as i32);
        Event {
            number: number.unsigned_abs() * 2 + u64::from(number < 0),
            opened: self.begin + SignedDuration::from_secs(number * BETWEEN_EVENTS + into),
            lasts: SignedDuration::from_secs(LONGEST_EVENT - dice.below(16 * 24 * HOUR as u64) as i64),
            dead: dead as u64 + dice.below(dead as u64),
        }
    }

    /// When a piece is changed in place: one in sixteen, three hours after it has gone up.
    pub fn amended(&self, piece: Piece, now: Timestamp) -> Option<Timestamp> {
        let amended = self.published(piece) + SignedDuration::from_hours(3);
        let is_one = self.dice(&[about::AMENDED, piece.feed, piece.nth as u64]).hits(6);
        (is_one && amended <= now).then_some(amended)
    }

    /// One page in a hundred is not there, another one fails at times.
    pub fn page_status(&self, piece: Piece, now: Timestamp) -> u16 {
        let mut dice = self.dice(&[about::PAGE, piece.feed, piece.nth as u64]);
        match dice.below(100) {
            0 => 404,
            1 if dice.next().wrapping_add((now.as_second() / 300) as u64).is_multiple_of(3) => 503,
            _ => 200,
        }
    }

    /// What the words of something are chosen by.
    pub fn words_of(&self, parts: &[u64]) -> Dice {
        let mut own = vec![about::WORDS];
        own.extend(parts);
        self.dice(&own)
    }

    fn dice(&self, parts: &[u64]) -> Dice {
        let mut own = vec![self.seed];
        own.extend(parts);
        Dice::of(&own)
    }
}
