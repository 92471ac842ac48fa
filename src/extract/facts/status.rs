//! What grammar alone says of a count's status.

use crate::extract::discourse::Line;
use crate::extract::facts::Listed;
use crate::extract::hashed::Hashed;
use crate::extract::head::{Count, Form};
use crate::extract::lexicon::FEARED;
use crate::extract::token::Token;
use crate::model::Status;

/// The fact that a count is the second of "from 27 to 26".
pub const NOW: Hashed = Hashed::of("from-to=second");

/// What grammar says of the status, however the sentence goes on: "from 27 to 26", "up from 27", "27 are feared dead".
pub fn by_grammar(line: &Line, count: &Count, facts: Listed) -> Option<Status> {
    let tokens = &line.tokens;
    if facts.ids.contains(&NOW.id()) {
        return Some(Status::Current);
    }
    if count.first > 0 && tokens[count.first - 1].reads_any(&["up from", "down from"]) {
        return Some(Status::Previous);
    }
    let before = &tokens[count.first.saturating_sub(3)..count.first];
    let behind = tokens.iter().skip(count.last + 1).take(4);
    // "Could" and "may" tell as often of something else: "as many as 40 could be seen".
    let feared = |t: &Token| t.is(FEARED) && t.lower.contains("fear");
    let feared = before.iter().chain(behind).any(feared);
    (feared && count.form == Form::Stated).then_some(Status::Projected)
}
