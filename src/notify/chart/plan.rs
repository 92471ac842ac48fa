//! What a chart shows: lines, axes and labels, in pixels. No drawing here.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plotters::style::{FontDesc, FontFamily, FontStyle, RGBColor};

use crate::model::quantity::grouped;
use crate::model::{Change, ChangeKind, Claim, Group, Measure, Quantity, Series, Story};
use crate::notify::chart::FONT;
use crate::notify::foreign::{clean_short, shorten};
use crate::notify::moved::told;
use crate::notify::so_far::short_source;
use crate::notify::wording::{in_a_cell, words_for};

/// More lines than this cannot be told apart; the ones that moved last are shown.
const MOST_LINES: usize = 8;

/// All that is drawn.
pub(super) struct Plan {
    /// Pixels for one point, of which all measures are multiples: a picture is 600 points wide, or 440 where it is so high
    /// that its letters can be larger.
    pub scale: f64,
    pub title: String,
    /// "Days in UTC. Hollow, shaded: no exact count. …", in lines that fit.
    pub note: Vec<String>,
    /// The inner area: left, top, right, bottom.
    pub frame: (i32, i32, i32, i32),
    /// Heights of the horizontal lines and what they stand for.
    pub counts: Vec<(i32, String)>,
    /// Places of the day marks and their names; where a name would not fit there is none.
    pub days: Vec<(i32, Option<String>)>,
    pub lines: Vec<DrawnLine>,
    pub links: Vec<Link>,
}

/// An upright stroke from the count that stood to one that lowers or contradicts it.
pub(super) struct Link {
    pub colour: RGBColor,
    pub from: (i32, i32),
    pub to: (i32, i32),
    /// Whether both counts stand; else the second replaces the first.
    pub conflict: bool,
}

/// A shaded area: where a count may lie that is a range or a bound.
pub(super) struct Band {
    /// Left, top, right, bottom.
    pub area: (i32, i32, i32, i32),
    /// How much of the line's colour it has, from 0 to 1.
    pub strength: f64,
}

/// One series in pixels.
pub(super) struct DrawnLine {
    pub colour: RGBColor,
    /// Dash and gap in points, where another source's count of the same group is the solid line.
    pub dashes: Option<(f64, f64)>,
    /// The corners of the steps.
    pub path: Vec<(i32, i32)>,
    pub marks: Vec<Mark>,
    /// Where a range or a bound is told.
    pub bands: Vec<Band>,
    /// The last count and whose it is, and the height where they are written.
    pub label: (String, String, i32),
}

/// A claim on a line.
pub(super) struct Mark {
    pub at: (i32, i32),
    pub kind: MarkKind,
    /// Whether the count lowers one that was told: drawn as a triangle that points down.
    pub lowered: bool,
}

pub(super) enum MarkKind {
    /// The number itself: a full dot.
    Full,
    /// "about": a ring.
    Ring,
    /// "at least", "dozens": a ring with a stroke upwards.
    OrMore,
    /// "up to": a ring with a stroke downwards.
    OrFewer,
}

/// A series with the counts that were told.
pub(super) struct Line<'a> {
    pub series: &'a Series,
    pub steps: Vec<(Timestamp, Quantity)>,
}

/// The series of a measure, each with its told counts in the order of publication; a repeated count is no step.
pub(super) fn lines(claims: &[Claim], measure: Measure) -> Vec<Line<'_>> {
    let mut claims: Vec<&Claim> = told(claims).filter(|claim| claim.series.measure == measure).collect();
    claims.sort_by_key(|claim| (claim.published, claim.id));
    let mut lines: Vec<Line> = Vec::new();
    for claim in claims {
        let step = (claim.published, claim.quantity);
        match lines.iter_mut().find(|line| line.series == &claim.series) {
            Some(line) if line.steps.last().is_some_and(|last| last.1 == step.1) => {}
            Some(line) => line.steps.push(step),
            None => lines.push(Line { series: &claim.series, steps: vec![step] }),
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.steps.last().map(|step| step.0)));
    lines.truncate(MOST_LINES);
    lines.sort_by_key(|line| line.series);
    lines
}

impl Plan {
    pub(super) fn of(story: &Story, claims: &[Claim], changes: &[Change], measure: Measure, size: (u32, u32)) -> Self {
        let lines = lines(claims, measure);
        let (width, height) = (size.0 as i32, size.1 as i32);
        let scale = (f64::from(width) / 600.0).max((f64::from(width) / 440.0).min(f64::from(height) / 320.0));
        let px = |points: f64| (points * scale).round() as i32;

        let labels: Vec<(String, String)> = labels(&lines);
        let label_width = labels.iter().map(|(count, name)| {
            text_width(count, 12.0 * scale, true) + text_width(&format!(" {name}"), 12.0 * scale, false)
        });
        let label_width = label_width.max().unwrap_or(0).min(width * 2 / 5);
        let highest = lines.iter().flat_map(|line| &line.steps).map(|(_, count)| top_of(*count)).max().unwrap_or(0);
        let ticks = ticks(highest);
        let count_width = ticks.iter().map(|tick| text_width(&grouped(*tick), 11.0 * scale, false)).max().unwrap_or(0);
        let foot = px(if f64::from(width) < 560.0 * scale { 68.0 } else { 54.0 });
        let frame = (px(12.0) + count_width + px(8.0), px(46.0), width - px(22.0) - label_width, height - foot);

        let span = Span::of(&lines, story);
        let across = |at: Timestamp| across(span, at, frame.0, frame.2);
        let top = ticks.last().copied().unwrap_or(1).max(1);
        let up = |count: u64| {
            let share = count.min(top) as f64 / top as f64;
            frame.3 - (share * f64::from(frame.3 - frame.1)).round() as i32
        };
        let days = day_marks(span, px(50.0), across);
        let changes: Vec<&Change> = changes.iter().filter(|change| change.series.measure == measure).collect();
        let lowers = |series: &Series, at: Timestamp| {
            changes.iter().any(|c| c.kind == ChangeKind::Fall && c.series == *series && c.at == at)
        };
        let mut drawn: Vec<DrawnLine> = lines
            .iter()
            .zip(labels)
            .map(|(line, (count, name))| DrawnLine {
                colour: colour(line.series.group),
                dashes: dashes(line, &lines),
                path: path(line, across, up, frame.2),
                marks: line
                    .steps
                    .iter()
                    .map(|(at, count)| mark(*count, (across(*at), up(count.told())), lowers(line.series, *at)))
                    .collect(),
                bands: bands(line, across, up, frame, px(22.0)),
                label: (count, name, line.steps.last().map_or(frame.3, |step| up(step.1.told()))),
            })
            .collect();
        let links = links(&changes, &lines, across, up);
        spread_labels(&mut drawn, px(16.0), frame.1, frame.3);
        let what = words_for(measure, Group::People).alone.to_lowercase();
        Self {
            scale,
            title: title(&clean_short(&story.name, 120), &what, width - px(24.0), 15.0 * scale),
            note: in_lines(&note(&drawn, &links), width - px(24.0), 10.5 * scale),
            frame,
            counts: ticks.iter().map(|tick| (up(*tick), grouped(*tick))).collect(),
            days,
            lines: drawn,
            links,
        }
    }
}

/// The time that the chart covers.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    to: Timestamp,
}

impl Span {
    /// From the midnight before the first count until a little after the last; at least one day.
    fn of(lines: &[Line], story: &Story) -> Self {
        let times = || lines.iter().flat_map(|line| &line.steps).map(|step| step.0);
        let first = times().min().unwrap_or(story.first);
        let last = times().max().unwrap_or(story.last).max(first);
        let from = first.to_zoned(TimeZone::UTC).start_of_day().map_or(first, |day| day.timestamp());
        let length = last.duration_since(from).max(SignedDuration::from_hours(22));
        // A twelfth more, so that the last step is seen as one.
        let to = from.checked_add(length + length / 12).unwrap_or(last);
        Self { from, to }
    }
}

fn across(span: Span, at: Timestamp, left: i32, right: i32) -> i32 {
    let share = at.duration_since(span.from).as_secs_f64() / span.to.duration_since(span.from).as_secs_f64().max(1.0);
    left + (share.clamp(0.0, 1.0) * f64::from(right - left)).round() as i32
}

/// The end of a count that needs the most room.
fn top_of(count: Quantity) -> u64 {
    count.high().unwrap_or(0).max(count.told())
}

/// Round numbers from 0 to one above the highest count, four to six of them. Counts of people: never less than 1 apart.
fn ticks(highest: u64) -> Vec<u64> {
    let highest = highest.clamp(1, u64::MAX / 4);
    let mut step = 1u64;
    'search: for magnitude in 0..18 {
        for factor in [1, 2, 5] {
            step = factor * 10u64.pow(magnitude);
            if highest / step < 5 {
                break 'search;
            }
        }
    }
    (0..=highest / step + 1).map(|n| n * step).collect()
}

/// Midnights, every so many days that their names do not touch.
fn day_marks(span: Span, least: i32, across: impl Fn(Timestamp) -> i32) -> Vec<(i32, Option<String>)> {
    let mut day = span.from.to_zoned(TimeZone::UTC);
    let day_width = across(span.from + SignedDuration::from_hours(24)) - across(span.from);
    let days = span.to.duration_since(span.from).as_hours() / 24 + 1;
    let every = [1, 2, 5, 7, 14, 30, 60, 91, 182, 365, 730, 1_825, 3_650]
        .into_iter()
        .find(|every| i64::from(day_width.max(0)) * every >= i64::from(least) || (days / every) <= 5)
        .unwrap_or(36_500);
    let one_year = span.to.to_zoned(TimeZone::UTC).year() == day.year();
    let mut marks = Vec::new();
    while day.timestamp() <= span.to && marks.len() < 40 {
        let name = day.strftime(if one_year { "%-d %b" } else { "%-d %b %y" }).to_string();
        marks.push((across(day.timestamp()), Some(name)));
        let Ok(next) = day.checked_add(jiff::Span::new().days(every)) else { break };
        day = next;
    }
    marks
}

/// The corners of the steps: level until the next count, then straight up or down.
fn path(line: &Line, across: impl Fn(Timestamp) -> i32, up: impl Fn(u64) -> i32, right: i32) -> Vec<(i32, i32)> {
    let mut path: Vec<(i32, i32)> = Vec::new();
    for (at, count) in &line.steps {
        let (x, y) = (across(*at), up(count.told()));
        if let Some(last) = path.last().copied() {
            path.push((x, last.1));
        }
        path.push((x, y));
    }
    if let Some(last) = path.last().copied() {
        path.push((right, last.1));
    }
    path
}

/// A range is shaded from end to end. A bound is shaded on its open side, fading out over `fade` pixels, but not beyond the
/// count that came next.
fn bands(
    line: &Line,
    across: impl Fn(Timestamp) -> i32,
    up: impl Fn(u64) -> i32,
    frame: (i32, i32, i32, i32),
    fade: i32,
) -> Vec<Band> {
    let mut bands = Vec::new();
    for (n, (at, count)) in line.steps.iter().enumerate() {
        let next = line.steps.get(n + 1);
        let (left, right) = (across(*at), next.map_or(frame.2, |next| across(next.0)));
        let next = next.map(|next| up(next.1.told()));
        match *count {
            Quantity::Between(low, high) => {
                bands.push(Band { area: (left, up(high), right, up(low)), strength: RANGE });
            }
            Quantity::AtLeast(low) | Quantity::Vague(low) => {
                let from = up(low);
                let end = (from - fade).max(frame.1).max(next.filter(|next| *next < from).unwrap_or(frame.1));
                bands.extend(fading(from, end).map(|(a, b, strength)| Band { area: (left, b, right, a), strength }));
            }
            Quantity::AtMost(high) => {
                let from = up(high);
                let end = (from + fade).min(frame.3).min(next.filter(|next| *next > from).unwrap_or(frame.3));
                bands.extend(fading(from, end).map(|(a, b, strength)| Band { area: (left, a, right, b), strength }));
            }
            Quantity::Exactly(_) | Quantity::About(_) => {}
        }
    }
    bands
}

/// How strongly a range is shaded.
const RANGE: f64 = 0.16;
/// In so many strips a bound fades out.
const STRIPS: i32 = 6;

/// Strips from one height to another, each paler than the one before: from, to, strength.
fn fading(from: i32, to: i32) -> impl Iterator<Item = (i32, i32, f64)> {
    let height = move |n: i32| from + (to - from) * n / STRIPS;
    (0..STRIPS).map(move |n| (height(n), height(n + 1), RANGE * 1.4 * f64::from(STRIPS - n) / f64::from(STRIPS)))
}

/// The falls and conflicts between two lines: a fall of one source against its own count stands in its line already.
fn links(changes: &[&Change], lines: &[Line], across: impl Fn(Timestamp) -> i32, up: impl Fn(u64) -> i32) -> Vec<Link> {
    let mut links = Vec::new();
    for change in changes.iter().filter(|c| matches!(c.kind, ChangeKind::Fall | ChangeKind::Conflict)) {
        let Some(line) = lines.iter().find(|line| *line.series == change.series) else { continue };
        let Some(before) = change.before else { continue };
        let own = line.steps.iter().rev().find(|step| step.0 < change.at).is_some_and(|step| step.1 == before);
        let (x, from, to) = (across(change.at), up(before.told()), up(change.after.told()));
        if !own && from != to {
            let conflict = change.kind == ChangeKind::Conflict;
            links.push(Link { colour: colour(change.series.group), from: (x, from), to: (x, to), conflict });
        }
    }
    links
}

fn mark(count: Quantity, at: (i32, i32), lowered: bool) -> Mark {
    let kind = match count {
        Quantity::Exactly(_) | Quantity::Between(..) => MarkKind::Full,
        Quantity::About(_) => MarkKind::Ring,
        Quantity::AtLeast(_) | Quantity::Vague(_) => MarkKind::OrMore,
        Quantity::AtMost(_) => MarkKind::OrFewer,
    };
    Mark { at, kind, lowered }
}

/// How the counts of other sources are drawn, one after the other, so that they are told apart: the first dashes are even,
/// the next short, the next long.
const DASHES: [(f64, f64); 3] = [(6.0, 4.0), (2.5, 2.5), (12.0, 4.0)];

/// Of several sources' counts of one group, the one with the most steps is drawn solid, and each other in dashes of its own.
fn dashes(line: &Line, lines: &[Line]) -> Option<(f64, f64)> {
    let of_group = || lines.iter().filter(|other| other.series.group == line.series.group);
    let main = of_group().max_by_key(|other| (other.steps.len(), std::cmp::Reverse(other.series)))?;
    let mut others = of_group().filter(|other| other.series != main.series);
    others.position(|other| other.series == line.series).map(|nth| DASHES[nth % DASHES.len()])
}

/// What stands at the end of each line: the count, and the group with the source.
fn labels(lines: &[Line]) -> Vec<(String, String)> {
    lines
        .iter()
        .map(|line| {
            let count = line.steps.last().map_or_else(String::new, |step| in_a_cell(step.1));
            let group = words_for(line.series.measure, line.series.group).row;
            let source = line.series.source.as_deref().map_or_else(|| "unnamed".to_owned(), |s| short_source(s).0);
            (count, format!("{group}, {source}"))
        })
        .collect()
}

/// Moves labels apart so that none covers another, as little as possible and within the frame.
fn spread_labels(lines: &mut [DrawnLine], apart: i32, top: i32, bottom: i32) {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| lines[*at].label.2);
    let mut floor = top - apart;
    for at in &order {
        let height = lines[*at].label.2.max(floor + apart);
        lines[*at].label.2 = height;
        floor = height;
    }
    let mut ceiling = bottom + apart;
    for at in order.iter().rev() {
        let height = lines[*at].label.2.min(ceiling - apart);
        lines[*at].label.2 = height;
        ceiling = height;
    }
}

fn note(lines: &[DrawnLine], links: &[Link]) -> String {
    let mark = |wanted: fn(&Mark) -> bool| lines.iter().flat_map(|line| &line.marks).any(wanted);
    let hollow = mark(|mark| !matches!(mark.kind, MarkKind::Full));
    let shaded = lines.iter().any(|line| !line.bands.is_empty());
    // All together just fit below the picture.
    let signs = [
        (hollow && shaded, "Hollow, shaded: no exact count."),
        (hollow && !shaded, "Hollow: no exact count."),
        (!hollow && shaded, "Shaded: a range."),
        (lines.iter().any(|line| line.dashes.is_some()), "Dashed: other source."),
        (mark(|mark| mark.lowered), "Triangle: lowered."),
        (links.iter().any(|link| link.conflict), "Dotted: conflict."),
    ];
    let mut note = "Days in UTC.".to_owned();
    for (_, words) in signs.iter().filter(|(is, _)| *is) {
        note.push(' ');
        note.push_str(words);
    }
    if lines.is_empty() {
        note = "No counts yet.".to_owned();
    }
    note
}

/// The story and the measure; of a long name the end gives way, and never the measure.
fn title(story: &str, what: &str, room: i32, size: f64) -> String {
    let titles = (8..=120).rev().map(|letters| format!("{}: {what}", shorten(story, letters)));
    let least = format!("{}: {what}", shorten(story, 8));
    titles.into_iter().find(|title| text_width(title, size, true) <= room).unwrap_or(least)
}

/// A text in lines that are no wider than `room`.
fn in_lines(text: &str, room: i32, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is always a line");
        let longer = format!("{last}{}{word}", if last.is_empty() { "" } else { " " });
        if !last.is_empty() && text_width(&longer, size, false) > room {
            lines.push(word.to_owned());
        } else {
            *last = longer;
        }
    }
    lines
}

/// How wide a text is in the embedded font, in pixels.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> i32 {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::Name(FONT), size, style);
    font.box_size(text).map_or(0, |(width, _)| i32::try_from(width).unwrap_or(i32::MAX / 4))
}

/// Colours that the colour-blind can tell apart on white (after M. Okabe and K. Ito, "Color Universal Design", 2008,
/// orange and sky blue darkened for thin lines).
fn colour(group: Group) -> RGBColor {
    match group {
        Group::People => RGBColor(0x1b, 0x1d, 0x20),
        Group::Civilians => RGBColor(0x00, 0x72, 0xb2),
        Group::Women => RGBColor(0xcc, 0x79, 0xa7),
        Group::Children => RGBColor(0xc9, 0x86, 0x00),
        Group::SecurityForces => RGBColor(0xd5, 0x5e, 0x00),
        Group::Fighters => RGBColor(0x00, 0x9e, 0x73),
        Group::Journalists => RGBColor(0x3a, 0x94, 0xcc),
        Group::AidWorkers => RGBColor(0x7a, 0x5a, 0xa6),
    }
}
