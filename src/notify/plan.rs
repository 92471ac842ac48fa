//! What a recipient is mailed now, and when to look again: one decision over what waits, what they were told, what they
//! wish for, and the time.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Change, Quantity, Reason, Story, StoryId, Subscription, Timing};
use crate::notify::hours::{after_quiet, is_quiet, last_weekly, next_slot};
use crate::notify::rules::{Origin, wants};
use crate::notify::weigh::{Weight, breaks_through, distance, lines, weigh};

/// A change that has waited so long, too small to be told, is let go: its story has ended.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(60 * 24);

/// In this time the mails to a recipient are counted for their cap.
const CAPPED: SignedDuration = SignedDuration::from_hours(1);

/// How one recipient stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// What they wish for; not empty.
    pub wishes: &'a [&'a Subscription],
    /// The stories of which something waits for them.
    pub stories: &'a [StorySoFar<'a>],
    /// When the mails were made that told them changes within the last hour, in any order.
    pub mails: &'a [Timestamp],
    /// When the last mail was made that told them of a change.
    pub last_news: Option<Timestamp>,
    /// When the last sign of life was made for them.
    pub last_sign: Option<Timestamp>,
    /// Since when they are in the config.
    pub since: Timestamp,
    /// How long the changes of a story are collected before they are mailed at once.
    pub collect: SignedDuration,
}

/// All changes of a story, as one recipient stands to them.
#[derive(Debug, Clone)]
pub struct StorySoFar<'a> {
    /// The story.
    pub story: &'a Story,
    /// Its changes in the order in which they were found.
    pub steps: Vec<Step>,
}

/// A change as one recipient stands to it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number in the store.
    pub id: i64,
    /// The change.
    pub change: Change,
    /// What has become of it.
    pub mark: Mark,
}

/// What has become of a change, for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A mail tells it that was not refused.
    Told,
    /// It waits to be told.
    Waiting {
        /// Since when.
        heard: Timestamp,
        /// Who published it.
        outlet: String,
        /// The feeds that carry the article.
        feeds: Vec<String>,
    },
    /// It was no business of theirs, came to nothing, or never reached them.
    Passed,
}

/// What is to be done for a recipient.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The mails to be made now, in this order.
    pub mails: Vec<Due>,
    /// Changes that need not be told any more: nobody asks for them, or they came to nothing.
    pub over: Vec<i64>,
    /// When to look again, if nothing comes in before; `None`: not before.
    pub next: Option<Timestamp>,
}

/// A mail to be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Due {
    /// About one story.
    Letter(Telling),
    /// About several.
    Digest {
        /// The stories; not empty.
        stories: Vec<Telling>,
        /// The wish that it answers, by its place among the recipient's.
        wish: usize,
        /// The cap on mails, where that is why these stories come in one.
        capped: Option<u32>,
    },
    /// That all is well, though nothing has moved.
    SignOfLife {
        /// The wish that it answers, by its place among the recipient's.
        wish: usize,
    },
}

/// What a mail tells of one story.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// The story.
    pub story: StoryId,
    /// The wish that it answers, by its place among the recipient's.
    pub wish: usize,
    /// The numbers of the changes, ascending.
    pub changes: Vec<i64>,
    /// For the first change of a count, what this recipient was told of it last, if they were told anything.
    pub told: Vec<(i64, Quantity)>,
    /// The feeds that brought it.
    pub feeds: Vec<String>,
}

/// Decides what a recipient is mailed at `now`.
///
/// A count is told when it has moved far enough from what this recipient was told last; what moved before and since is
/// told with it. What goes back to where it was in the meantime comes to nothing. A fall of a count that they were told,
/// unless it is of a kind that falls by itself, is sent at once whatever the rhythm. In quiet hours only rises go out that
/// break through, with what else waits of their story. Where the cap leaves too few mails, the last of them tells of all
/// stories that are left; when it leaves none, they wait until it does.
pub fn plan(standing: &Standing<'_>, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let stories: Vec<News<'_>> =
        standing.stories.iter().filter_map(|story| news(story, standing, now, &mut plan.over)).collect();
    let digests = due_digests(&stories, now);
    let mut letters = Vec::new();
    let mut rest = Vec::new();
    let (mut digest_wish, mut waiting) = (None, Vec::new());
    for story in stories {
        let is_letter = story.asks().any(|ask| ask.alone && ask.at <= now);
        let joins = story.asks().find(|ask| may_join(ask, &digests, standing, now)).map(|ask| ask.wish);
        match joins {
            _ if is_letter => letters.push(story),
            Some(wish) => {
                digest_wish = digest_wish.or(Some(wish));
                rest.push(story);
            }
            None => waiting.push(story),
        }
    }
    letters.sort_by_key(|story| (Reverse(story.size()), story.story));

    let cap = standing.wishes.iter().filter_map(|wish| wish.most_an_hour).min();
    let made: Vec<Timestamp> = standing.mails.iter().copied().filter(|made| now < *made + CAPPED).collect();
    let room = cap.map_or(usize::MAX, |cap| (cap as usize).saturating_sub(made.len()));
    let needed = letters.len() + usize::from(!rest.is_empty());
    let mut capped = None;
    if needed > 0 && room == 0 {
        plan.next = made.iter().min().map(|first| *first + CAPPED);
        letters.clear();
        rest.clear();
    } else if needed > room {
        let left = letters.split_off(room - 1);
        digest_wish = digest_wish.or_else(|| left.first().map(|story| story.wish(now)));
        rest.extend(left);
        capped = cap;
    }
    let news_goes_out = needed > 0 && room > 0;
    plan.mails.extend(letters.iter().map(|story| Due::Letter(story.telling(now))));
    if let Some(wish) = digest_wish.filter(|_| !rest.is_empty()) {
        rest.sort_by_key(|story| story.story);
        let stories = rest.iter().map(|story| story.telling(now)).collect();
        plan.mails.push(Due::Digest { stories, wish, capped });
    }

    let asked = waiting.iter().flat_map(|story| story.asks().map(|ask| ask.at));
    plan.next = asked.filter(|at| *at > now).chain(plan.next).min();
    sign_of_life(standing, now, news_goes_out, &mut plan);
    plan
}

/// What there is to tell of a story.
struct News<'a> {
    story: StoryId,
    counts: Vec<Moved<'a>>,
}

/// A count that has moved far enough for one wish or more.
struct Moved<'a> {
    /// The steps that are to be told, ascending.
    steps: Vec<&'a Step>,
    told: Option<Quantity>,
    size: u64,
    asks: Vec<Ask>,
}

/// That a wish asks for a count to be told.
#[derive(Debug, Clone, Copy)]
struct Ask {
    wish: usize,
    /// From when on; where that has passed, now or the end of the quiet hours.
    at: Timestamp,
    /// Whether in a mail about its story alone.
    alone: bool,
}

impl<'a> News<'a> {
    fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.counts.iter().flat_map(|count| &count.asks)
    }

    fn size(&self) -> u64 {
        self.counts.iter().map(|count| count.size).max().unwrap_or(0)
    }

    /// The wish that a mail made now answers: one that is due, if any is.
    fn wish(&self, now: Timestamp) -> usize {
        self.asks().min_by_key(|ask| (ask.at > now, !ask.alone, ask.wish)).map_or(0, |ask| ask.wish)
    }

    fn telling(&self, now: Timestamp) -> Telling {
        let steps = || self.counts.iter().flat_map(|count| count.steps.iter());
        let mut changes: Vec<i64> = steps().map(|step| step.id).collect();
        changes.sort_unstable();
        let mut feeds: Vec<String> = steps().flat_map(|step| step.mark.feeds().iter().cloned()).collect();
        feeds.sort_unstable();
        feeds.dedup();
        let told = self.counts.iter().filter_map(|count| Some((count.steps.first()?.id, count.told?)));
        Telling { story: self.story, wish: self.wish(now), changes, told: told.collect(), feeds }
    }
}

impl Mark {
    fn feeds(&self) -> &[String] {
        match self {
            Self::Waiting { feeds, .. } => feeds,
            Self::Told | Self::Passed => &[],
        }
    }
}

/// The wishes whose digest is due now.
fn due_digests(stories: &[News<'_>], now: Timestamp) -> Vec<usize> {
    let due = stories.iter().flat_map(News::asks).filter(|ask| !ask.alone && ask.at <= now);
    due.map(|ask| ask.wish).collect()
}

/// Whether what a wish asks for goes into a digest now: with one that is due, but not in quiet hours.
fn may_join(ask: &Ask, digests: &[usize], standing: &Standing<'_>, now: Timestamp) -> bool {
    let wish = standing.wishes[ask.wish];
    !ask.alone && digests.contains(&ask.wish) && !is_quiet(now, wish.quiet, &wish.zone)
}

/// What there is to tell of a story; what is over is put aside.
fn news<'a>(
    so_far: &'a StorySoFar<'a>,
    standing: &Standing<'_>,
    now: Timestamp,
    over: &mut Vec<i64>,
) -> Option<News<'a>> {
    let mut counts = Vec::new();
    for line in lines(&so_far.steps) {
        let (mut asks, mut asked_for, mut must_wait) = (Vec::new(), vec![false; line.waiting.len()], false);
        for (place, wish) in standing.wishes.iter().enumerate() {
            let mut wanted = Vec::new();
            for (step, asked_for) in line.waiting.iter().zip(&mut asked_for) {
                if is_wanted(wish, so_far.story, step) {
                    *asked_for = true;
                    wanted.push(*step);
                }
            }
            match weigh(wish, line.told, &wanted) {
                Weight::Nothing => {}
                Weight::TooLittle => must_wait = true,
                Weight::Tells => asks.push(ask(wish, place, line.told, &wanted, standing.collect, now)),
            }
        }
        let steps: Vec<&Step> =
            line.waiting.iter().zip(&asked_for).filter(|(_, asked_for)| **asked_for).map(|(step, _)| *step).collect();
        over.extend(line.waiting.iter().zip(&asked_for).filter(|(_, asked_for)| !**asked_for).map(|(step, _)| step.id));
        if asks.is_empty() {
            let is_old = |step: &Step| step.mark.heard().is_none_or(|heard| heard + LONGEST_WAIT < now);
            over.extend(steps.iter().filter(|step| !must_wait || is_old(step)).map(|step| step.id));
            continue;
        }
        let size = distance(line.told, &steps);
        counts.push(Moved { steps, told: line.told, size, asks });
    }
    (!counts.is_empty()).then_some(News { story: so_far.story.id, counts })
}

impl Mark {
    fn heard(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { heard, .. } => Some(*heard),
            Self::Told | Self::Passed => None,
        }
    }
}

fn is_wanted(wish: &Subscription, story: &Story, step: &Step) -> bool {
    let Mark::Waiting { outlet, feeds, .. } = &step.mark else { return false };
    wants(wish, story, &step.change, Origin { outlet, feeds: Some(feeds) })
}

/// When and how a wish asks for a count whose steps tell.
fn ask(
    wish: &Subscription,
    place: usize,
    told: Option<Quantity>,
    steps: &[&Step],
    collect: SignedDuration,
    now: Timestamp,
) -> Ask {
    // What came in before, and what was taken back in between, was too little, and made nobody wait.
    let since = run_of(steps, |steps| weigh(wish, told, steps) == Weight::Tells).unwrap_or(now);
    let last = &steps[steps.len() - 1].change;
    let fell = told.is_some_and(|told| last.after.told() < told.told()) && last.reason != Reason::Fewer;
    let at_once = wish.timing == Timing::AtOnce || fell;
    let due = if at_once { Some(since + collect) } else { next_slot(wish.timing, since, &wish.zone) };
    let at = due.unwrap_or(since).max(now);
    let before = told.or(steps[0].change.before);
    let loud = |steps: &[&Step]| steps.last().is_some_and(|last| breaks_through(wish, before, last.change.after));
    let loud_since = if is_quiet(at, wish.quiet, &wish.zone) { run_of(steps, loud) } else { None };
    // A digest in quiet hours waits for their end, and what breaks through goes alone: there is one digest a period.
    let alone = at_once || loud_since.is_some();
    let end = after_quiet(at, wish.quiet, &wish.zone);
    Ask { wish: place, at: loud_since.map_or(end, |since| at.max(since + collect).min(end)), alone }
}

/// Since when something has held of the steps up to each one, until the last; `None` where it does not hold of all.
fn run_of(steps: &[&Step], holds: impl Fn(&[&Step]) -> bool) -> Option<Timestamp> {
    let first = (1..=steps.len()).rev().take_while(|length| holds(&steps[..*length])).last()?;
    steps[first - 1].mark.heard()
}

/// A mail that all is well, in a week without any other; and when the next one may be due.
fn sign_of_life(standing: &Standing<'_>, now: Timestamp, news_goes_out: bool, plan: &mut Plan) {
    for (place, wish) in standing.wishes.iter().enumerate() {
        let Some((day, time)) = wish.sign_of_life else { continue };
        let Some(slot) = last_weekly(day, time, now, &wish.zone) else { continue };
        let week_before = last_weekly(day, time, slot - SignedDuration::from_secs(1), &wish.zone);
        let was_silent = week_before
            .is_some_and(|before| standing.since < before && standing.last_news.is_none_or(|at| at < before));
        let at = after_quiet(now, wish.quiet, &wish.zone);
        let is_due = was_silent && !news_goes_out && standing.last_sign.is_none_or(|at| at < slot);
        if is_due && at <= now {
            plan.mails.push(Due::SignOfLife { wish: place });
        }
        let next = if is_due && at > now { Some(at) } else { next_slot(Timing::Weekly(day, time), now, &wish.zone) };
        plan.next = [plan.next, next].into_iter().flatten().min();
    }
}
