//! A count's course in a small drawing without axes.

use crate::track::Step;

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 44.0;
/// So much is left free above and below, for the width of the line.
const MARGIN: f64 = 4.0;

/// The points of a polyline in a box of 240 by 44: level, then straight up or down; the right end is the last step and a
/// little more. `None` where nothing has moved.
pub(super) fn points(steps: &[Step]) -> Option<String> {
    let (first, last) = (steps.first()?, steps.last()?);
    let span = last.at.duration_since(first.at).as_secs_f64();
    let highest = steps.iter().map(|step| step.quantity.told()).max()?;
    if steps.len() < 2 || span <= 0.0 || highest == 0 {
        return None;
    }
    let across = |step: &Step| step.at.duration_since(first.at).as_secs_f64() / (span * 1.12) * WIDTH;
    let up = |step: &Step| HEIGHT - MARGIN - step.quantity.told() as f64 / highest as f64 * (HEIGHT - 2.0 * MARGIN);
    let mut points = format!("0,{:.1}", up(first));
    for pair in steps.windows(2) {
        let x = across(&pair[1]);
        points.push_str(&format!(" {x:.1},{:.1} {x:.1},{:.1}", up(&pair[0]), up(&pair[1])));
    }
    points.push_str(&format!(" {WIDTH:.0},{:.1}", up(last)));
    Some(points)
}
