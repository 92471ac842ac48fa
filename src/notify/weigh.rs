//! What the steps of a count amount to for a recipient: nothing, too little, or something to be told.

use crate::model::{ChangeKind, Group, Measure, Quantity, Reason, Subscription};
use crate::notify::plan::{Mark, Step};

/// One count, from step to step; sources that take it up from each other move one line.
pub(super) struct Line<'a> {
    measure_and_group: (Measure, Group),
    source: Option<&'a str>,
    stands: Quantity,
    /// What the recipient was told last.
    pub(super) told: Option<Quantity>,
    /// The steps that wait to be told, ascending.
    pub(super) waiting: Vec<&'a Step>,
}

/// The counts of a story that something waits of. A change that begins where a count stands moves it; a first count and a
/// contradiction begin one of their own.
pub(super) fn lines(steps: &[Step]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for step in steps {
        let (change, series) = (&step.change, &step.change.series);
        let key = (series.measure, series.group);
        let moved = match (change.kind, change.before) {
            (ChangeKind::Rise | ChangeKind::Fall, Some(before)) => {
                let fits = |line: &Line<'_>| line.measure_and_group == key && line.stands == before;
                let places = (0..lines.len()).filter(|place| fits(&lines[*place]));
                places.max_by_key(|place| (lines[*place].source == series.source.as_deref(), *place))
            }
            _ => None,
        };
        let place = moved.unwrap_or_else(|| {
            lines.push(Line {
                measure_and_group: key,
                source: None,
                stands: change.after,
                told: None,
                waiting: Vec::new(),
            });
            lines.len() - 1
        });
        let line = &mut lines[place];
        (line.stands, line.source) = (change.after, series.source.as_deref());
        match step.mark {
            Mark::Told => line.told = Some(change.after),
            Mark::Waiting { .. } => line.waiting.push(step),
            Mark::Passed => {}
        }
    }
    lines.retain(|line| !line.waiting.is_empty());
    lines
}

/// What some steps of a count amount to, for one wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// There are none, or they end where they began.
    Nothing,
    /// It moved, and too little.
    TooLittle,
    /// It is to be told.
    Tells,
}

pub(super) fn weigh(wish: &Subscription, told: Option<Quantity>, steps: &[&Step]) -> Weight {
    let Some(last) = steps.last() else { return Weight::Nothing };
    let (before, after) = (told.or(steps[0].change.before), last.change.after);
    let any = |reason: Reason| steps.iter().any(|step| step.change.reason == reason);
    let contradicts = steps.iter().any(|step| step.change.kind == ChangeKind::Conflict);
    if told.is_none() && after.told() < wish.least_count {
        return Weight::TooLittle;
    }
    let Some(before) = before.filter(|_| !contradicts) else { return Weight::Tells };
    if before == after && (told.is_some() || steps.len() > 1) {
        return Weight::Nothing;
    }
    let (from, to) = (before.told(), after.told());
    let percent = |rise: u64| u128::from(rise) * 100 >= u128::from(from) * u128::from(wish.least_percent);
    match to.checked_sub(from) {
        None => Weight::Tells,
        Some(_) if any(Reason::Corrected) => Weight::Tells,
        Some(rise) if rise >= wish.least_change && percent(rise) => Weight::Tells,
        Some(_) => Weight::TooLittle,
    }
}

/// By how many people a count moved from what was told.
pub(super) fn distance(told: Option<Quantity>, steps: &[&Step]) -> u64 {
    let before = told.or(steps.first().and_then(|step| step.change.before)).map_or(0, Quantity::told);
    steps.last().map_or(0, |step| step.change.after.told().abs_diff(before))
}

/// Whether a rise is sent in quiet hours all the same.
pub(super) fn breaks_through(wish: &Subscription, before: Option<Quantity>, after: Quantity) -> bool {
    let (from, to) = (before.map_or(0, Quantity::told), after.told());
    wish.quiet_unless.is_some_and(|alarm| {
        let times = |hundredths: u32| u128::from(to) * 100 >= u128::from(from) * u128::from(hundredths);
        to > from && alarm.by.is_none_or(|by| to - from >= by) && alarm.times.is_none_or(times)
    })
}
