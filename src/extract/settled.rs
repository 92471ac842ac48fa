//! What grammar alone settles of a count's standing, whatever the weights make of it.
//!
//! A rule is a named value: sentences in which it must hold, look-alikes in which it must not, and the test itself. A rule
//! earns its place by being right nearly always on the labelled articles; what is less sure is a fact for the weights.

use crate::extract::discourse::Line;
use crate::extract::head::{Count, Form, Head};
use crate::extract::lexicon::lists::{MEN, OF_A_DAY, RUMOURS};
use crate::extract::lexicon::{
    BE, CONJUNCTION, COUNT, DENIED, EARLIER, ELSEWHERE, FEARED, GAINING, MODEL, PART, PERSON, PLACING, PREDICATE,
    PREPOSITION, REPORT, TIME, TOLL, WEEKDAY,
};
use crate::extract::rules::ANYTHING;
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Scope, Status};

/// A construction that settles whether the text stands by a count, or which count it is.
#[derive(Debug)]
pub struct Rule<T: 'static> {
    /// Its name.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests read it"))]
    pub name: &'static str,
    /// What it settles.
    pub says: T,
    /// Sentences with the first number in them for which it must hold.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests read them"))]
    pub examples: &'static [(&'static str, &'static str)],
    /// Sentences that look alike, with a number for which it must not hold.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests read them"))]
    pub look_alikes: &'static [(&'static str, &'static str)],
    /// Of these classes a word must stand in the line, or the rule need not be asked.
    pub wants: u64,
    /// Whether it holds for the count at this place of the line.
    pub holds: fn(&Line, usize) -> bool,
}

/// The rules of status, in the order in which they are asked.
pub static STATUSES: &[Rule<Status>] = &[
    Rule {
        name: "up-from",
        says: Status::Previous,
        examples: &[
            ("The death toll is 31, up from 27 on Monday.", "27"),
            ("Forty people are missing, down from 52 this morning.", "52"),
        ],
        look_alikes: &[
            ("The death toll is 31, up from 27 on Monday.", "31"),
            ("The year saw 39 deaths at work, down from 48 in 2017.", "48"),
            ("The group counted 39 deaths at sea, down from 48 last year.", "48"),
        ],
        wants: EARLIER,
        // The count of another year is no earlier count of the same.
        holds: |line, at| {
            let other = |t: &Token| {
                t.is(ELSEWHERE) || t.is(TIME) && !t.is(EARLIER | WEEKDAY) && !OF_A_DAY.has(&t.lower) || is_year(t)
            };
            before(line, at, 1).iter().any(is_up_from) && !behind(line, at, 5).iter().any(other)
        },
    },
    Rule {
        name: "is-up-from",
        says: Status::Current,
        examples: &[("The death toll stood at 973 on Saturday, up from 830 a day earlier.", "973")],
        look_alikes: &[("The first count was 12, and the water has gone up from the cellar.", "12")],
        wants: EARLIER,
        holds: |line, at| {
            let end = line.counts[at].end;
            let behind = behind(line, at, 10);
            let Some(far) = behind.iter().position(is_up_from) else { return false };
            let alone = |at: &usize| line.covering[*at].is_none_or(|c| !line.counts[c as usize].may_count_people());
            let mut between = end + 1..end + 1 + far;
            let next = line.covering.get(end + 2 + far).copied().flatten();
            between.all(|i| alone(&i) && !line.tokens[i].reads(";")) && next.is_some()
        },
    },
    Rule {
        name: "feared",
        says: Status::Projected,
        examples: &[("About 12 people are feared dead.", "About 12"), ("They feared that 40 had drowned.", "40")],
        look_alikes: &[
            ("The 12 dead had feared nothing all their lives.", "12"),
            ("The doctors fear for three of the wounded.", "three"),
            ("Scores feared dead, 150 on the roads", "150"),
            ("The mayor, who had feared 300 dead, was wrong.", "300"),
            ("Two found, seven feared trapped", "seven"),
        ],
        wants: FEARED,
        // "Could" and "may" tell as often of something else: "as many as 40 could be seen".
        holds: |line, at| {
            let count = &line.counts[at];
            let from = count.first.saturating_sub(3);
            let from = (from..count.first).rev().find(|i| line.tokens[*i].kind == Kind::Mark).unwrap_or(from);
            let until = (count.last + 5).min(line.tokens.len());
            let feared = |i: usize| {
                let token = &line.tokens[i];
                let goes_on = |i: usize, words: &[&str]| line.tokens.get(i).is_some_and(|t| t.reads_any(words));
                let of_them = !goes_on(i + 1, &["for", "buried", "swept away", "trapped"])
                    && (i == 0 || !goes_on(i - 1, &["had", "by", "anyone", "of"]));
                token.is(FEARED) && token.lower.contains("fear") && of_them
            };
            count.form == Form::Stated && (from..count.first).chain(count.last + 1..until).any(feared)
        },
    },
    Rule {
        name: "modelled",
        says: Status::Projected,
        examples: &[
            ("Models estimate that the quake killed 1,000 to 10,000 people.", "1,000 to 10,000"),
            ("A computer simulation puts the deaths at 300.", "300"),
        ],
        look_alikes: &[("The model of the ship was hit, and 12 people died.", "12")],
        wants: MODEL,
        holds: |line, at| {
            let before = before(line, at, 12);
            let model = before.iter().rposition(|t| t.is(MODEL));
            let told = |from: usize| before[from + 1..].iter().take(3).any(|t| t.is(REPORT | FEARED) && !t.is(BE));
            model.is_some_and(|from| told(from) && !before[from..].iter().any(|t| t.reads_any(&[",", ";"])))
        },
    },
    Rule {
        name: "rumoured",
        says: Status::Disputed,
        examples: &[
            ("Rumours of 12 dead in the hills are going round.", "12"),
            ("A rumour on the market had it that 40 had drowned.", "40"),
            ("The governor rejected the figure of 17.", "17"),
        ],
        look_alikes: &[
            ("Police denied a rumour, and counted the bodies of 12 people.", "12"),
            ("He rejected talk of a cover-up: 12 had died.", "12"),
            ("He dismissed the chief of the 12 guards.", "12"),
        ],
        wants: DENIED,
        holds: |line, at| {
            let before = before(line, at, 10);
            let Some(denied) = before.iter().rposition(|t| t.is(DENIED)) else { return false };
            let behind = &before[denied + 1..];
            let told = behind.iter().rposition(|t| t.reads_any(&["of", "that", "about"]));
            let named = RUMOURS.has(&before[denied].lower) || behind.iter().any(|t| t.is(TOLL | COUNT));
            let parted = behind.iter().any(|t| t.reads_any(&[",", ";", ":", "and", "but"]));
            named && !parted && told.is_some_and(|told| behind.len() - told <= 4)
        },
    },
    Rule {
        name: "now-says",
        says: Status::Current,
        examples: &[
            ("Initial reports said 15 people had died; officials now say 12.", "12"),
            ("An earlier count was 27; the ministry now puts the dead at 31.", "31"),
        ],
        look_alikes: &[
            ("Until now officials had said 12.", "12"),
            ("18:05 - Toll now 24, according to the health office.", "24"),
        ],
        wants: EARLIER,
        // Without an earlier count beside it, "now" may be the now of an old entry.
        holds: |line, at| {
            let before = before(line, at, 6);
            let Some(now) = before.iter().rposition(|t| t.reads("now")) else { return false };
            let first = line.counts[at].first;
            let earlier = line.tokens[..first].iter().rev().take(30).any(|t| t.is(EARLIER));
            let until =
                now.checked_sub(1).is_some_and(|i| before[i].reads_any(&["until", "till", "by", "up to", "even"]));
            let beside = [now.checked_sub(1), Some(now + 1)].into_iter().flatten();
            let told =
                beside.filter_map(|i| before.get(i)).any(|t| t.is(REPORT | TOLL) || t.reads_any(&["stands", "stand"]));
            let parted =
                before[now..].iter().any(|t| t.reads_any(&[";", ","]) || t.is(EARLIER | FEARED) || is_up_from(t));
            earlier && told && !until && !parted
        },
    },
    Rule {
        name: "earlier-report",
        says: Status::Previous,
        examples: &[
            ("Initial reports said 15 people had died; officials now say 12.", "15"),
            ("A previous headline said 15 people had died.", "15"),
        ],
        look_alikes: &[("Initial reports said 15 people had died; officials now say 12.", "12")],
        wants: EARLIER | ELSEWHERE,
        holds: |line, at| is_of_an_earlier_report(line, at),
    },
    Rule {
        name: "had-counted-earlier",
        says: Status::Previous,
        examples: &[
            ("It had counted more than 700 a day earlier.", "more than 700"),
            ("The ministry had put the dead at 12 a week earlier.", "12"),
        ],
        look_alikes: &[
            ("It has counted 12, two more than a day earlier.", "12"),
            ("It had counted 12 by Monday, when the search ended.", "12"),
        ],
        wants: EARLIER,
        holds: |line, at| {
            let parts = |t: &&Token| t.kind != Kind::Mark;
            let mut before = before(line, at, 6).iter().rev().take_while(parts);
            // The lexicon has "had counted" as one word.
            let had = before.any(|t| t.is(EARLIER) && t.lower.starts_with("had "));
            let earlier = |t: &Token| t.is(EARLIER) || t.reads_any(&["earlier", "before"]);
            had && behind(line, at, 4).iter().take_while(parts).any(earlier)
        },
    },
    Rule {
        name: "corrected",
        says: Status::Current,
        examples: &[("Police corrected an earlier figure of 15 dead, saying 12 people had died.", "12")],
        look_alikes: &[("Police repeated an earlier figure of 15 dead, saying 12 people were hurt.", "15")],
        wants: EARLIER | ELSEWHERE,
        holds: |line, at| {
            let said = before(line, at, 3).iter().any(|t| t.reads("saying"));
            let earlier = (at.saturating_sub(2)..at).any(|i| is_of_an_earlier_report(line, i));
            said && earlier
        },
    },
];

/// The rules of scope, in the order in which they are asked.
pub static SCOPES: &[Rule<Scope>] = &[
    Rule {
        name: "another-article",
        says: Scope::Other,
        examples: &[("Read more: Bus crash in the hills kills 30", "30")],
        look_alikes: &[("Police: Bus crash in the hills kills 30", "30"), ("Read more of the 12 who died here.", "12")],
        wants: ANYTHING,
        holds: |line, _| line.is_link(),
    },
    Rule {
        name: "added-to-the-toll",
        says: Scope::Part,
        examples: &[
            ("Thirty people died overnight, pushing the toll to 973.", "Thirty"),
            ("The ministry added 499 missing people to the death toll.", "499"),
        ],
        look_alikes: &[("Thirty people died overnight, pushing the toll to 973.", "973")],
        wants: TOLL | COUNT,
        holds: |line, at| raises_a_toll(line, at) || is_added(line, at),
    },
    Rule {
        name: "day-alone",
        says: Scope::Part,
        examples: &[("On Tuesday alone nine people were killed.", "nine"), ("Six died on Sunday alone.", "Six")],
        look_alikes: &[("He was alone on Sunday, when nine people were killed.", "nine")],
        wants: WEEKDAY | PART,
        holds: |line, at| {
            near(line, at, 5, |pair| pair[0].is(WEEKDAY) && pair[1].reads("alone") || is_day_alone(&pair[1]))
        },
    },
    Rule {
        name: "last-hours",
        says: Scope::Part,
        examples: &[("In the last 24 hours 61 people were killed.", "61")],
        look_alikes: &[
            ("In the last 24 hours the rain stopped; 61 people are dead.", "61"),
            ("Shelling killed 13 people in the past 24 hours.", "13"),
        ],
        wants: PART,
        // Behind the count the hours are often all that the report is about.
        holds: |line, at| {
            let opening = &line.tokens[..line.counts[at].first];
            let hours = opening.iter().rposition(is_last_hours).filter(|_| opening.len() <= 8);
            let parts = |t: &Token| t.reads_any(&[";", ":"]) || t.is_dash();
            hours.is_some_and(|hours| {
                (hours + 1..opening.len()).all(|i| line.covering[i].is_none() && !parts(&opening[i]))
            })
        },
    },
    Rule {
        name: "hours-toll",
        says: Scope::Part,
        examples: &[("The 24-hour toll is 61.", "61"), ("Tinakaf: 24-hour toll 61", "61")],
        look_alikes: &[("The 24-hour strike ended, and the toll is 61.", "61")],
        wants: TOLL,
        holds: |line, at| {
            let before = before(line, at, 8);
            let hours = |t: &Token| t.reads_any(&["24-hour", "48-hour", "daily"]);
            before.windows(2).any(|pair| hours(&pair[0]) && pair[1].is(TOLL))
        },
    },
    Rule {
        name: "men-beside-women",
        says: Scope::Part,
        examples: &[
            ("The dead are 23 men and 19 women.", "23"),
            ("Two adults, two children killed in house fire", "Two"),
        ],
        look_alikes: &[
            ("The dead are 23 men and 19 women.", "19"),
            ("A blast killed 12 men at the gate.", "12"),
            ("A blast killed 12 people, two of them children.", "12"),
        ],
        wants: PERSON,
        // Men are no group of their own, so that those told of beside women and children are a piece of all.
        holds: |line, at| {
            let men = |count: &Count| {
                let noun = &line.tokens[count.end];
                count.head == Head::Person(Group::People) && MEN.has(&noun.lower)
            };
            let beside = |count: &Count| {
                matches!(count.head, Head::Person(Group::Women | Group::Children)) && count.form == Form::Stated
            };
            let (count, near) = (&line.counts[at], at.saturating_sub(2)..(at + 3).min(line.counts.len()));
            let apart = |other: &Count| (count.first.max(other.first)).saturating_sub(count.end.min(other.end)) <= 10;
            count.form == Form::Stated && men(count) && line.counts[near].iter().any(|c| beside(c) && apart(c))
        },
    },
    Rule {
        name: "by-place",
        says: Scope::Part,
        examples: &[("The storm killed seven people in Arvel, three in Borun and two in Celt.", "seven")],
        look_alikes: &[("The storm killed seven people in Arvel and hurt three.", "seven")],
        wants: PLACING,
        holds: |line, at| {
            let here = |at: usize| placed(line, at);
            let near = |other: Option<usize>| {
                let other = other.filter(|i| *i < line.counts.len())?;
                let (a, b) = if other < at { (other, at) } else { (at, other) };
                let between = &line.tokens[line.counts[a].end + 1..line.counts[b].first.max(line.counts[a].end + 1)];
                let listed = between.last().is_some_and(|t| t.reads(",") || t.is(CONJUNCTION));
                let plain = between.len() <= 7 && !between.iter().any(|t| t.is(PREDICATE | BE));
                let kin = line.counts[b].state.is_none() && line.counts[b].form == Form::Stated;
                (listed && plain && kin && here(other)? != here(at)?).then_some(())
            };
            near(at.checked_sub(1)).or_else(|| near(Some(at + 1))).is_some()
        },
    },
];

/// What grammar says of a count's status.
pub fn status(line: &Line, at: usize) -> Option<Status> {
    STATUSES.iter().find(|rule| rule.wants & line.said != 0 && (rule.holds)(line, at)).map(|rule| rule.says)
}

/// What grammar says of which count it is.
pub fn scope(line: &Line, at: usize) -> Option<Scope> {
    SCOPES.iter().find(|rule| rule.wants & line.said != 0 && (rule.holds)(line, at)).map(|rule| rule.says)
}

/// The tokens before a count, so many at the most.
fn before(line: &Line, at: usize, most: usize) -> &[Token] {
    let first = line.counts[at].first;
    &line.tokens[first.saturating_sub(most)..first]
}

/// The tokens behind a count's phrase, so many at the most.
fn behind(line: &Line, at: usize, most: usize) -> &[Token] {
    let end = line.counts[at].end + 1;
    line.tokens.get(end..(end + most).min(line.tokens.len())).unwrap_or_default()
}

/// Whether two words beside each other, nearer to this count than to another, say something.
fn near(line: &Line, at: usize, most: usize, says: impl Fn(&[Token]) -> bool) -> bool {
    let parts = |t: &Token| t.reads_any(&[";", ":"]) || t.is_dash();
    let other =
        |i: usize| line.covering[i].is_some_and(|c| c as usize != at && line.counts[c as usize].may_count_people());
    let count = &line.counts[at];
    let from = (count.first.saturating_sub(most + 1)..count.first).rev().find(|i| parts(&line.tokens[*i]) || other(*i));
    let from = from.map_or(count.first.saturating_sub(most + 1), |i| i + 1);
    let until =
        (count.end + 1..(count.end + 2 + most).min(line.tokens.len())).find(|i| parts(&line.tokens[*i]) || other(*i));
    let until = until.unwrap_or((count.end + 2 + most).min(line.tokens.len()));
    let before = line.tokens[from..count.first].windows(2).any(&says);
    before || line.tokens.get(count.end + 1..until).unwrap_or_default().windows(2).any(says)
}

/// "on monday alone", where the lexicon has it as one word.
fn is_day_alone(token: &Token) -> bool {
    token.lower.ends_with(" alone")
}

/// "in the last 24 hours", where the lexicon has it as one word.
fn is_last_hours(token: &Token) -> bool {
    token.reads_any(&[
        "in the last 24 hours",
        "in the past 24 hours",
        "over the past 24 hours",
        "over the last 24 hours",
    ])
}

fn is_year(token: &Token) -> bool {
    token.kind == Kind::Digits && token.lower.len() == 4 && token.lower.starts_with(['1', '2'])
}

fn is_up_from(token: &Token) -> bool {
    token.reads_any(&["up from", "down from"])
}

/// "Initial reports said 15", "an earlier toll of 15", "a previous headline said that 15".
fn is_of_an_earlier_report(line: &Line, at: usize) -> bool {
    let before = before(line, at, 9);
    let clause = before.iter().rposition(|t| t.reads_any(&[";", ",", "but", "now"])).map_or(0, |i| i + 1);
    let before = &before[clause..];
    // "A preliminary toll" is often all there is.
    let vague = |t: &Token| {
        t.lower.contains("from") || t.lower.contains("first") || t.reads_any(&["preliminary", "not the", "last count"])
    };
    let marks = |t: &Token| (t.is(EARLIER) && !vague(t)) || t.reads("a previous");
    // "Earlier reports" may be one word of the lexicon.
    let is_marked = |at: usize| {
        is_report(&before[at]) && (marks(&before[at]) || before[at.saturating_sub(2)..at].iter().any(marks))
    };
    let marked = (0..before.len()).any(is_marked);
    let other =
        line.counts[..at].iter().any(|c| c.may_count_people() && c.first > line.counts[at].first.saturating_sub(6));
    marked && !other
}

fn is_report(token: &Token) -> bool {
    let word = token.lower.rsplit(' ').next().unwrap_or_default();
    token.is(COUNT | TOLL) || ["reports", "report", "headline", "version", "figure", "toll", "count"].contains(&word)
}

/// "Thirty people died overnight, | pushing the toll to 973"
fn raises_a_toll(line: &Line, at: usize) -> bool {
    let count = &line.counts[at];
    let Some(next) = line.counts.get(at + 1) else { return false };
    let between = line.tokens.get(count.end + 1..next.first).unwrap_or_default();
    let Some(gaining) = between.iter().position(|t| t.is(GAINING)) else { return false };
    let behind = &between[gaining + 1..];
    let toll = behind.iter().any(|t| t.is(TOLL | COUNT));
    let to = behind.last().is_some_and(|t| t.reads_any(&["to", "up to"]));
    let whole = next.quantity.told() > count.quantity.told() && count.quantity.told() > 0;
    toll && to && whole && !behind.iter().any(|t| t.reads("from")) && between.len() <= 30
}

/// "added | 499 missing people | to the death toll"
fn is_added(line: &Line, at: usize) -> bool {
    let added = before(line, at, 2).iter().any(|t| t.reads_any(&["added", "adds", "adding"]));
    let behind = behind(line, at, 6);
    let to = behind.iter().position(|t| t.reads("to"));
    added && to.is_some_and(|to| behind[to + 1..].iter().take(4).any(|t| t.is(TOLL | COUNT)))
}

/// The name of the place right behind a count: "three | in Borun".
fn placed(line: &Line, at: usize) -> Option<&str> {
    let [preposition, name] = behind(line, at, 2) else { return None };
    let fits = preposition.is(PLACING) && preposition.is(PREPOSITION) && name.capital && name.kind == Kind::Word;
    fits.then_some(&*name.lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::tests::article;
    use crate::extract::{lexicon, work};

    /// Whether a rule holds for the number that is written so.
    fn holds<T>(rule: &Rule<T>, sentence: &str, number: &str) -> bool {
        let text = format!("Notes from the valley\n\n{sentence}\n");
        let lines = work::lines(&article(&text), lexicon::for_language("en").expect("a lexicon of English"));
        let all = lines.iter().flat_map(|line| (0..line.counts.len()).map(move |at| (line, at)));
        let found = all.clone().find(|(line, at)| line.counts[*at].span(&line.tokens).of(&text) == number);
        let (line, at) = found.unwrap_or_else(|| panic!("{number} is counted in: {sentence}"));
        rule.wants & line.said != 0 && (rule.holds)(line, at)
    }

    fn check<T>(rules: &[Rule<T>]) -> Vec<String> {
        let mut wrong = Vec::new();
        for rule in rules {
            let right = rule.examples.iter().map(|e| (e, true)).chain(rule.look_alikes.iter().map(|e| (e, false)));
            for ((sentence, number), expected) in right {
                if holds(rule, sentence, number) != expected {
                    wrong.push(format!("{}: {number} in: {sentence}", rule.name));
                }
            }
        }
        wrong
    }

    #[test]
    fn every_rule_holds_for_its_examples_and_for_no_look_alike() {
        assert_eq!([check(STATUSES), check(SCOPES)].concat(), [""; 0]);
    }
}
