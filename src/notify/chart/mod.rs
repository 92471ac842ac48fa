//! A story's counts as a step chart: a line for each source's count of each group, bounds and ranges as bands, what was
//! lowered and what is in conflict marked.
//!
//! `plan` decides what is shown and where, `draw` puts it on a canvas, `png` packs the pixels. The same claims give the
//! same bytes on every machine: the font is embedded and no clock is asked.

mod draw;
mod plan;
mod png;

use std::sync::Once;

use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::drawing::IntoDrawingArea;
use plotters::style::{FontStyle, register_font};

use crate::model::{Change, Claim, Group, Measure, Story};
use crate::notify::chart::plan::Plan;
use crate::notify::wording;

/// The file format of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A picture for mails and pages: PNG, 8 bits a channel, on white.
    Png,
    /// A drawing that can be enlarged: SVG 1.1, UTF-8.
    Svg,
}

/// The name under which the embedded font is known; a browser that shows the SVG takes its own of the kind.
pub(super) const FONT: &str = "sans-serif";

/// The told counts of one measure in a story, drawn in a picture of `size` pixels (width, height; each between 200 and
/// 4,000, other sizes are brought there). The falls and conflicts among the story's changes are marked. Days are those of
/// UTC. Without counts the picture says so.
pub fn chart(
    story: &Story,
    claims: &[Claim],
    changes: &[Change],
    measure: Measure,
    form: Form,
    size: (u32, u32),
) -> Vec<u8> {
    register_fonts();
    let size = (size.0.clamp(200, 4_000), size.1.clamp(200, 4_000));
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let scale = (width / 600.0).max((width / 440.0).min(height / 320.0));
    let plan = Plan::of(story, claims, changes, measure, size, scale);
    match form {
        Form::Png => {
            let mut pixels = vec![0; size.0 as usize * size.1 as usize * 3];
            {
                let area = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
                draw::draw(&plan, &area).expect("a buffer of the right size takes every pixel");
            }
            png::encode(size, &pixels)
        }
        Form::Svg => in_svg(&plan, size).into_bytes(),
    }
}

/// Pixels for a point: letters of 11 to 13 pixels.
const ON_A_PAGE: f64 = 1.14;

/// As [`chart()`], without name and remarks, as an SVG whose letters and lines have the size of a page's own, whatever the size of the picture: for
/// pages on which it is shown as large as it is.
pub fn drawing(story: &Story, claims: &[Claim], changes: &[Change], measure: Measure, size: (u32, u32)) -> String {
    register_fonts();
    let size = (size.0.clamp(200, 4_000), size.1.clamp(200, 4_000));
    let plan = Plan::of(story, claims, changes, measure, size, ON_A_PAGE);
    // The page has the story's name above and explains the signs below.
    let title = wording::count_name(measure, Group::People).to_owned();
    in_svg(&Plan { title, note: Vec::new(), ..plan }, size)
}

fn in_svg(plan: &Plan, size: (u32, u32)) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw::draw(plan, &area).expect("a String takes every element");
    }
    text
}

/// Whether a chart would show a count that moved, and not a single mark.
pub fn has_something_to_show(claims: &[Claim], measure: Measure) -> bool {
    plan::lines(claims, measure).iter().map(|line| line.steps.len()).sum::<usize>() > 1
}

fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let regular = include_bytes!("../font/DejaVuSans-subset.ttf");
        let bold = include_bytes!("../font/DejaVuSans-Bold-subset.ttf");
        for (style, file) in [(FontStyle::Normal, regular.as_slice()), (FontStyle::Bold, bold.as_slice())] {
            assert!(register_font(FONT, style, file).is_ok(), "the embedded fonts are sound, which a test holds");
        }
    });
}
