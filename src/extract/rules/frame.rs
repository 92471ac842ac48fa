//! A verb and an end with those struck between them: "sent 30 people to hospital", "drove 200 villagers from their homes".
//! Neither the verb nor the end tells by itself.

use crate::extract::head::{Form, Head};
use crate::extract::lexicon::{ADVERB, BE, FRAMES, Frame};
use crate::extract::rules::{ANYTHING, Proposal, Rule, Scene};

/// "sent 30 people to hospital".
pub static SENT_SOMEWHERE: Rule = Rule {
    name: "sent-somewhere",
    examples: &[
        ("The gas leak sent 30 people to hospital.", &["30 injured people"]),
        ("Soldiers took 40 men from their homes.", &["40 detained people"]),
        ("Boats moved 5,000 people to shelters.", &["5,000 displaced people"]),
    ],
    look_alikes: &["The bank sent 30 people to the meeting.", "He took 40 men to the bridge."],
    wants: ANYTHING,
    read: sent_somewhere,
};

/// How many words may stand between those struck and the end.
const MOST_BETWEEN: usize = 3;

fn sent_somewhere(scene: &Scene, at: usize) -> Option<Proposal> {
    let count = &scene.counts[at];
    if scene.counts_deaths(at) || count.head == Head::Lives || count.form == Form::Zero {
        return None;
    }
    let before = count.first - scene.tokens[..count.first].iter().rev().take_while(|t| t.is(ADVERB)).count();
    let verb = before.checked_sub(1)?;
    let fits = |frame: &&Frame| (count.end + 1..count.end + 2 + MOST_BETWEEN).any(|from| ends(scene, from, frame));
    let frame = FRAMES.get(&scene.tokens[verb].lower.hashed().id())?.iter().find(fits)?;
    let passive = verb.checked_sub(1).is_some_and(|i| scene.tokens[i].is(BE));
    (!passive).then_some(Proposal {
        measure: frame.measure,
        group: None,
        cost: 1,
        predicate: verb,
        rule: SENT_SOMEWHERE.name,
    })
}

/// Whether the words of the frame's end stand at `from`.
fn ends(scene: &Scene, from: usize, frame: &Frame) -> bool {
    let mut words = frame.end;
    // A token may be several words of the lexicon.
    for token in scene.tokens.iter().skip(from) {
        match words.strip_prefix(&*token.lower) {
            Some("") => return true,
            Some(behind) if behind.starts_with(' ') => words = &behind[1..],
            _ => return false,
        }
    }
    false
}
