//! Those told of side by side: "two drivers and a guard were abducted" are three, though no number says so.

use crate::extract::discourse::{Finding, Line, is_piece};
use crate::extract::head::{Count, Form, Head};
use crate::extract::lexicon::lists::JOINING;
use crate::extract::lexicon::{ADVERB, BE, HAVE, INCLUDE, MODAL, PREDICATE, RELATIVE, REPORT, SUBORDINATOR};
use crate::extract::token::Token;
use crate::model::Span;

/// The figures, by the spans of their numbers, of which a text tells as of different people to whom the same happened: two
/// and more in the order of the text.
pub fn joined(lines: &[Line], findings: &[Finding]) -> Vec<Vec<Span>> {
    let mut chains: Vec<Vec<Span>> = Vec::new();
    let mut chain: Vec<Span> = Vec::new();
    let mut sure = 0; // how many of the chain an "and" has joined so far
    let mut close = |chain: &mut Vec<Span>, sure: &mut usize| {
        chain.truncate(*sure);
        if (2..=MOST_TERMS).contains(&chain.len()) {
            chains.push(std::mem::take(chain));
        }
        chain.clear();
        *sure = 0;
    };
    for pair in findings.windows(2) {
        let [left, right] = pair else { continue };
        let link = if left.measure == right.measure { link(lines, left, right) } else { None };
        let Some(link) = link else {
            close(&mut chain, &mut sure);
            continue;
        };
        if chain.is_empty() {
            chain.push(left.span);
        }
        chain.push(right.span);
        if link == Link::And {
            sure = chain.len();
        }
    }
    close(&mut chain, &mut sure);
    chains.extend(lines.iter().enumerate().flat_map(|(at, line)| taken_up(at, line, findings)));
    chains.truncate(MOST_CHAINS);
    chains
}

/// So many are told of side by side at the most, and so often in an article: what goes on longer is a table.
const MOST_TERMS: usize = 12;
const MOST_CHAINS: usize = 40;

/// So many sentences back a sum that is taken up may begin.
const TAKEN_UP: usize = 4;

/// "All five were freed", after three and two more: the text itself adds up those told of before.
fn taken_up(at: usize, line: &Line, findings: &[Finding]) -> Vec<Vec<Span>> {
    let all = |c: &&Count| {
        let led = c.first.checked_sub(1).is_some_and(|i| line.tokens[i].reads_any(&["all", "the"]));
        led && c.form == Form::Stated && c.may_count_people() && c.quantity.told() > 1
    };
    let told = |total: u64| -> Option<Vec<Span>> {
        let behind = findings.partition_point(|f| f.line < at);
        let before = findings[..behind].iter().rev().take(MOST_TERMS).take_while(|f| f.line + TAKEN_UP >= at);
        let measure = findings[..behind].last()?.measure;
        let mut terms: Vec<Span> = Vec::new();
        let mut sum = 0_u64;
        for finding in before.filter(|f| f.measure == measure) {
            sum = sum.saturating_add(finding.quantity.told());
            terms.push(finding.span);
            if sum >= total {
                break;
            }
        }
        terms.reverse();
        (sum == total && terms.len() > 1).then_some(terms)
    };
    line.counts.iter().filter(all).filter_map(|c| told(c.quantity.told())).collect()
}

/// How two figures are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// By a word.
    And,
    /// By a comma, which joins only in a list that a word ends.
    Comma,
}

/// How many tokens may part two who are told of side by side.
const MOST_BETWEEN: usize = 10;

fn link(lines: &[Line], left: &Finding, right: &Finding) -> Option<Link> {
    let (line, other) = (&lines[right.line], &lines[left.line]);
    let (a, b) = (&other.counts[left.count], &line.counts[right.count]);
    if is_another(b) && right.line - left.line <= 1 && !b.partitive {
        // "A man who killed another": the first is not among the dead.
        let object = b.first.checked_sub(1).is_some_and(|i| line.tokens[i].is(PREDICATE));
        return (!object).then_some(Link::And);
    }
    if left.line != right.line || b.first <= a.end || [a, b].iter().any(|c| c.partitive || c.form == Form::Zero) {
        return None;
    }
    let scene = line.scene();
    if is_piece(&scene, left.count) || is_piece(&scene, right.count) || b.increment {
        return None;
    }
    let between = scene.between(a.end, b.first);
    let foreign = |t: &Token| {
        t.is(INCLUDE | RELATIVE | SUBORDINATOR | REPORT | BE | HAVE | MODAL)
            || t.senses.measure.is_some()
            || t.reads_any(&["among", "both", ":", ";"])
            || t.is_dash()
    };
    if between.len() > MOST_BETWEEN || between.iter().any(foreign) {
        return None;
    }
    let last = between.iter().rev().find(|t| !t.is(ADVERB))?;
    if JOINING.has(&last.lower) {
        Some(Link::And)
    } else {
        (last.reads(",") && matches!(b.head, Head::Person(_))).then_some(Link::Comma)
    }
}

/// "Another died of his burns": one more than those told of before.
fn is_another(count: &Count) -> bool {
    count.form == Form::Single && count.increment
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    fn whole(text: &str) -> Vec<String> {
        let reading = read(&article(&format!("Notes from the valley\n\n{text}\n")));
        let people = reading.tolls.iter().filter(|t| t.group == crate::model::Group::People);
        people.map(|t| format!("{} {}", t.measure, t.quantity)).collect()
    }

    #[test]
    fn those_told_of_side_by_side_are_added() {
        assert_eq!(whole("Two drivers and a guard were abducted near Tarsa."), ["abducted 3"]);
        assert_eq!(whole("Four nurses, a cook and two guards were killed in Tarsa."), ["killed 7"]);
        assert_eq!(
            whole("Three drivers were kidnapped near Tarsa. Two more were kidnapped in Brenn. All five were freed."),
            ["abducted 5"]
        );
        assert_eq!(whole("One farmer was shot dead and another died of his wounds."), ["killed 2"]);
    }

    #[test]
    fn a_piece_of_those_told_of_is_not_added() {
        assert_eq!(whole("Nine people, among them two nurses and a cook, were killed in Tarsa."), ["killed 9"]);
        assert_eq!(whole("Two nurses were killed and a guard was wounded."), ["killed 2", "injured 1"]);
        assert_eq!(whole("Four people, a cook and three guards, were killed in Tarsa."), ["killed 4"]);
    }
}
