//! What is told, but not as something that happened: plans, conditions, tales.

use crate::extract::head::Count;
use crate::extract::lexicon::{ADVERB, BE, FINITE, INTRANSITIVE, MODAL, PARTICIPLE, PREDICATE, REPORT, UNREAL};
use crate::extract::token::{Kind, Token};

/// Why such a number is no figure.
pub const REASON: &str = "has not happened";

/// Only sentences with a word of these classes can tell of what has not happened.
pub const WANTS: u64 = UNREAL | MODAL;

/// How far from a count the words are looked for that take the ground from under it, in tokens.
const REACH: usize = 12;

/// Whether those counted are told to be struck only in a plan ("planned to kill 200"), in what did not come to pass
/// ("would have killed 50"), on a condition ("if the dam fails, 10,000 may die") or in a tale ("in the film 200 die").
pub fn has_not_happened(tokens: &[Token], count: &Count) -> bool {
    let before = &tokens[count.first.saturating_sub(REACH)..count.first];
    let behind = tokens.get(count.end + 1..(count.end + REACH).min(tokens.len())).unwrap_or_default();
    is_meant(before) || is_past_unreal(before, behind) || is_conditional(tokens, count) || is_tale(tokens, behind)
}

/// "planned to kill | 200 people"
fn is_meant(before: &[Token]) -> bool {
    let Some(verb) = before.iter().rposition(|t| t.is(PREDICATE)) else { return false };
    let near = |t: &Token| t.kind == Kind::Word && !t.is(BE | REPORT);
    let direct = before.len() - verb <= 3 && before[verb + 1..].iter().all(near);
    let meant = verb.checked_sub(1).map(|i| &before[i]).is_some_and(|t| t.is(UNREAL) && t.lower.ends_with(" to"));
    direct && meant && before[verb].is(FINITE | INTRANSITIVE)
}

/// "would have killed | 50 people", "50 people | would have died"
fn is_past_unreal(before: &[Token], behind: &[Token]) -> bool {
    let would = |pair: &[Token]| {
        pair[0].reads_any(&["would", "wouldn't"]) && pair[1].reads("have") || pair[0].reads("would have")
    };
    let chain = |tokens: &[Token]| {
        let at = tokens.windows(2).position(would)?;
        let rest = tokens.get(at + 2..)?;
        let verb = rest.iter().position(|t| t.is(PARTICIPLE | INTRANSITIVE))?;
        rest[..verb].iter().all(|t| t.is(BE | ADVERB)).then_some(at + 2 + verb)
    };
    // "would have died", where the lexicon has "have died" as one word
    let died =
        |pair: &[Token]| pair[0].reads("would") && pair[1].lower.starts_with("have ") && pair[1].is(INTRANSITIVE);
    let active = chain(before).is_some_and(|verb| before.len() - verb <= 3 && before[verb].is(PARTICIPLE));
    let passive = behind.iter().take_while(|t| !t.is(PREDICATE)).count() + 1;
    let behind = &behind[..passive.min(behind.len())];
    active || chain(behind).is_some() || behind.windows(2).any(died)
}

/// "If the dam fails, | 10,000 people may die"
fn is_conditional(tokens: &[Token], count: &Count) -> bool {
    let behind = tokens.get(count.end + 1..(count.end + 5).min(tokens.len())).unwrap_or_default();
    let modal = |t: &Token| t.is(MODAL) && t.reads_any(&["may", "might", "could", "would", "will"]);
    let Some(at) = behind.iter().position(modal) else { return false };
    let dies = behind.get(at + 1..).unwrap_or_default().iter().find(|t| !t.is(BE | ADVERB));
    let dies = dies.is_some_and(|t| t.is(INTRANSITIVE | PARTICIPLE) && !t.reads("have"));
    let opens = tokens.iter().take(count.first).position(|t| t.reads_any(&["if", "unless"]));
    let opened = opens.is_some_and(|at| tokens[at..count.first].iter().any(|t| t.reads(",")));
    let closed = tokens.iter().skip(count.end + 1).take(REACH).any(|t| t.reads_any(&["if", "unless"]));
    dies && (opened || closed)
}

/// "In the film | 200 people die": told in the present.
fn is_tale(tokens: &[Token], behind: &[Token]) -> bool {
    let tale = tokens.iter().take(MOST_TOKENS).any(|t| t.is(UNREAL) && !t.lower.ends_with(" to"));
    let first = behind.iter().find(|t| !t.is(ADVERB));
    tale && first.is_some_and(|t| t.reads_any(&["die", "dies", "are", "drown", "drowns", "perish", "is"]))
}

/// So many tokens of a sentence are looked at.
const MOST_TOKENS: usize = 60;

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    fn aside(text: &str) -> Vec<String> {
        let reading = read(&article(&format!("Notes from the valley\n\n{text}\n")));
        reading.set_aside.into_iter().map(|s| s.reason.into_owned()).collect()
    }

    #[test]
    fn what_has_not_happened_is_no_figure() {
        for text in [
            "The men had planned to kill 200 worshippers.",
            "The bomb would have killed 50 people.",
            "Fifty people would have died but for the driver.",
            "If the dam fails, 10,000 people may die.",
            "About 300 people could drown if the wall breaks.",
            "In the film 200 people die on a sinking liner.",
        ] {
            assert_eq!(aside(text), [super::REASON], "{text}");
        }
    }

    #[test]
    fn what_has_happened_is_one() {
        for text in [
            "The gunmen planned the raid for a month and killed 200 worshippers.",
            "The bomb killed 50 people and would have brought down the bridge.",
            "If the count is right, 10,000 people have died.",
            "A crew shooting a film said that 20 people died in the storm.",
        ] {
            assert_eq!(aside(text), [""; 0], "{text}");
        }
    }
}
