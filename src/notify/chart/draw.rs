//! Puts a plan on a canvas, pixel or vector.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle, WHITE};

use crate::notify::chart::FONT;
use crate::notify::chart::plan::{DrawnLine, Link, Mark, MarkKind, Plan, text_width};

const INK: RGBColor = RGBColor(0x1b, 0x1d, 0x20);
const QUIET: RGBColor = RGBColor(0x5c, 0x5f, 0x63);
const GRID: RGBColor = RGBColor(0xe4, 0xe2, 0xde);

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// The whole chart, from the back to the front: plate, grid, bands, lines, marks, labels.
pub(super) fn draw<DB: DrawingBackend>(plan: &Plan, area: &DrawingArea<DB, Shift>) -> Drawn<DB> {
    let pen = Pen { area, scale: plan.scale };
    area.fill(&WHITE)?;
    pen.text(&plan.title, (pen.px(12.0), pen.px(20.0)), 15.0, true, INK, HPos::Left)?;
    let (left, top, right, bottom) = plan.frame;
    for (height, name) in &plan.counts {
        pen.path(&[(left, *height), (right, *height)], GRID.stroke_width(pen.width(0.75)))?;
        pen.text(name, (left - pen.px(8.0), *height), 11.0, false, QUIET, HPos::Right)?;
    }
    for (place, name) in &plan.days {
        pen.path(&[(*place, top), (*place, bottom + pen.px(4.0))], GRID.stroke_width(pen.width(0.75)))?;
        if let Some(name) = name {
            pen.text(name, (*place, bottom + pen.px(15.0)), 11.0, false, QUIET, HPos::Center)?;
        }
    }
    pen.path(&[(left, bottom), (right, bottom)], QUIET.stroke_width(pen.width(1.0)))?;
    for line in &plan.lines {
        for band in &line.bands {
            let (left, top, right, bottom) = band.area;
            area.draw(&Rectangle::new([(left, top), (right, bottom)], line.colour.mix(band.strength).filled()))?;
        }
    }
    for link in &plan.links {
        pen.link(link)?;
    }
    for line in plan.lines.iter().rev() {
        pen.line(line)?;
    }
    for line in plan.lines.iter().rev() {
        for mark in &line.marks {
            pen.mark(mark, line.colour)?;
        }
    }
    for line in &plan.lines {
        pen.label(line, right)?;
    }
    let (_, height) = area.dim_in_pixel();
    for (above, line) in plan.note.iter().rev().enumerate() {
        let at = height as i32 - pen.px(14.0 + 13.0 * above as f64);
        pen.text(line, (pen.px(12.0), at), 10.5, false, QUIET, HPos::Left)?;
    }
    Ok(())
}

struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    scale: f64,
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn px(&self, points: f64) -> i32 {
        (points * self.scale).round() as i32
    }

    fn width(&self, points: f64) -> u32 {
        (points * self.scale).round().max(1.0) as u32
    }

    fn path(&self, points: &[(i32, i32)], style: ShapeStyle) -> Drawn<DB> {
        self.area.draw(&PathElement::new(points.to_vec(), style))
    }

    /// A text whose middle is at the height of `at`.
    fn text(&self, words: &str, at: (i32, i32), size: f64, bold: bool, ink: RGBColor, align: HPos) -> Drawn<DB> {
        let weight = if bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::Name(FONT), size * self.scale, weight);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(align, VPos::Center));
        // The backend centres the box of the font, whose upper half is emptier than the lower.
        let at = (at.0, at.1 + self.px(size * 0.09));
        self.area.draw(&Text::new(words.to_owned(), at, style))
    }

    fn line(&self, line: &DrawnLine) -> Drawn<DB> {
        let style = line.colour.stroke_width(self.width(2.0));
        let Some((dash, gap)) = line.dashes else { return self.path(&line.path, style) };
        for corner in line.path.windows(2) {
            for dash in dashes(corner[0], corner[1], self.px(dash), self.px(gap)) {
                self.path(&dash, style)?;
            }
        }
        Ok(())
    }

    fn link(&self, link: &Link) -> Drawn<DB> {
        if !link.conflict {
            return self.path(&[link.from, link.to], link.colour.stroke_width(self.width(2.0)));
        }
        for dash in dashes(link.from, link.to, self.px(1.5), self.px(3.0)) {
            self.path(&dash, link.colour.stroke_width(self.width(1.5)))?;
        }
        Ok(())
    }

    fn mark(&self, mark: &Mark, colour: RGBColor) -> Drawn<DB> {
        let radius = self.px(4.0);
        let stroke = colour.stroke_width(self.width(1.6));
        let (x, y) = mark.at;
        let beyond = match mark.kind {
            MarkKind::OrMore => Some(y - self.px(10.0)),
            MarkKind::OrFewer => Some(y + self.px(10.0)),
            MarkKind::Full | MarkKind::Ring => None,
        };
        if let Some(end) = beyond {
            let (wing, barb) = (self.px(3.0), if end < y { self.px(3.0) } else { -self.px(3.0) });
            self.path(&[(x, y), (x, end)], stroke)?;
            self.path(&[(x - wing, end + barb), (x, end), (x + wing, end + barb)], stroke)?;
        }
        if mark.lowered {
            self.triangle(mark.at, 6.0, colour)?;
            return if matches!(mark.kind, MarkKind::Full) { Ok(()) } else { self.triangle(mark.at, 2.8, WHITE) };
        }
        self.area.draw(&Circle::new(mark.at, radius, colour.filled()))?;
        if !matches!(mark.kind, MarkKind::Full) {
            self.area.draw(&Circle::new(mark.at, radius - self.px(1.7), WHITE.filled()))?;
        }
        Ok(())
    }

    /// A triangle that points down, around a point.
    fn triangle(&self, (x, y): (i32, i32), points: f64, colour: RGBColor) -> Drawn<DB> {
        let (side, above, below) = (self.px(points), self.px(points * 0.7), self.px(points));
        let corners = [(x - side, y - above), (x + side, y - above), (x, y + below)];
        self.area.draw(&Polygon::new(corners, colour.filled()))
    }

    /// The last count in bold and whose it is, at the end of the line; a thin stroke leads there when it had to move.
    fn label(&self, line: &DrawnLine, right: i32) -> Drawn<DB> {
        let (count, name, height) = &line.label;
        let end = line.path.last().copied().unwrap_or((right, *height));
        let start = right + self.px(10.0);
        self.path(&[end, (start - self.px(3.0), *height)], line.colour.stroke_width(self.width(1.0)))?;
        self.text(count, (start, *height), 12.0, true, INK, HPos::Left)?;
        let after = start + text_width(count, 12.0 * self.scale, true) + self.px(5.0);
        self.text(name, (after, *height), 12.0, false, INK, HPos::Left)
    }
}

/// Cuts a level or upright stroke into dashes.
fn dashes(from: (i32, i32), to: (i32, i32), dash: i32, gap: i32) -> Vec<[(i32, i32); 2]> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.abs().max(dy.abs());
    let point = |along: i32| {
        let along = along.min(length);
        (from.0 + dx.signum() * along.min(dx.abs()), from.1 + dy.signum() * along.min(dy.abs()))
    };
    let period = (dash + gap).max(1);
    (0..length).step_by(period as usize).map(|start| [point(start), point(start + dash)]).collect()
}
