//! A story's counts as a chart.

use crate::model::{Claim, Measure, Story};

/// The file format of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A picture for mails.
    Png,
    /// A drawing for pages.
    Svg,
}

/// Draws.
pub fn chart(_story: &Story, _claims: &[Claim], _measure: Measure, _form: Form, _size: (u32, u32)) -> Vec<u8> {
    Vec::new()
}

pub(super) fn has_something_to_show(_claims: &[Claim], _measure: Measure) -> bool {
    false
}
