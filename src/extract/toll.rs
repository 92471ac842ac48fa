//! What a careful reader would say the article reports: a row for each measure, group and source.

use foldhash::HashSet;

use crate::extract::roll::Roll;
use crate::model::{Confidence, Figure, Group, Measure, Quantity, ReportedToll, Scope, Span, Status};

/// What an article tells besides its figures.
#[derive(Debug, Default)]
pub struct Besides {
    /// Those struck of whom it gives no number.
    pub untold: Vec<Untold>,
    /// Figures of which it tells side by side, by the spans of their numbers.
    pub joined: Vec<Vec<Span>>,
    /// Figures of those who died in the end, by the spans of their numbers.
    pub died: HashSet<Span>,
    /// The dead of whom it tells one by one.
    pub rolls: [Roll; 3],
}

/// The reported tolls of an article: for each measure and group the counts of the highest rank, current ones before
/// earlier ones and whole ones before parts, one for each source, the largest first. `opening` is where the headline and
/// the first paragraph end.
pub fn tolls(figures: &[Figure], opening: usize, besides: &Besides) -> Vec<ReportedToll> {
    let reported = reported(figures);
    let dead = dead_in_the_end(&reported, besides);
    let mut rows: Vec<ReportedToll> = Vec::new();
    for measure in Measure::ALL {
        let mut of_measure: Vec<&Figure> = reported.iter().copied().filter(|f| f.measure == *measure).collect();
        if *measure == Measure::Killed && of_measure.iter().all(|f| f.quantity.told() == 0) {
            of_measure.extend(&dead);
        }
        // Who died of wounds is not among the wounded.
        if *measure == Measure::Injured {
            of_measure.retain(|f| !besides.died.contains(&f.span));
        }
        rows.extend(of_one_measure(&of_measure, opening, &besides.joined));
        if *measure == Measure::Killed {
            called(&mut rows, &besides.rolls, &of_measure);
        }
        // Those wounded who are not counted may be the same as died.
        let all_died = *measure == Measure::Injured && !besides.died.is_empty();
        if !all_died && !rows.iter().any(|r| r.measure == *measure && r.quantity.told() > 0) {
            let untold = besides.untold.iter().filter(|u| u.measure == *measure).max_by_key(|u| u.least);
            rows.extend(untold.map(Untold::row));
        }
    }
    rows
}

/// Adds the women and children of the roll of the dead, where the roll tells of nearly all of them: two women named among
/// sixty dead are not all the women. What is told of a group at the beginning stands, whatever the roll holds.
fn called(rows: &mut Vec<ReportedToll>, rolls: &[Roll], figures: &[&Figure]) {
    let whole = |group: Group| matches!(group, Group::People | Group::Civilians);
    let of_people = rows.iter().filter(|r| r.measure == Measure::Killed && whole(r.group));
    let mut wholes: Vec<u64> = of_people.map(|r| r.quantity.told()).collect();
    let Some(most) = wholes.iter().copied().max() else { return };
    // The first count of all, told before anybody is named, though a later number is larger.
    let first = figures.iter().filter(|f| whole(f.group) && is_whole(f)).min_by_key(|f| f.span.start);
    let first = first.filter(|f| rolls.iter().all(|roll| f.sentence.start < roll.from)).map(|f| f.quantity.told());
    wholes.extend(first);
    let far = |roll: &&Roll| wholes.iter().map(|told| told.abs_diff(roll.all)).min();
    let Some(roll) = rolls.iter().min_by_key(far) else { return };
    // In a wider type: the largest numbers have no multiples in their own.
    let tenths = |number: u64, tenths: u128| u128::from(number) * tenths;
    let called = tenths(roll.all, 10);
    let nearly_all = first == Some(roll.all) || (tenths(most, 6)..=tenths(most, 13)).contains(&called);
    let agrees = nearly_all && wholes.iter().any(|told| roll.all.abs_diff(*told) <= *told / 4);
    for (group, tally) in [(Group::Women, &roll.women), (Group::Children, &roll.children)] {
        let Some((span, sentence)) = tally.first.filter(|_| tally.sure > 0) else { continue };
        let of_group = |r: &ReportedToll| r.measure == Measure::Killed && r.group == group;
        let stated: Vec<&ReportedToll> = rows.iter().filter(|r| of_group(r)).collect();
        let outdone = stated.iter().all(|r| r.sentence.start >= roll.from && r.quantity.told() < tally.sure);
        // A boy who was killed leaves no room for a woman where one was killed.
        let other = |r: &&ReportedToll| {
            r.measure == Measure::Killed && matches!(r.group, Group::Women | Group::Children) && r.group != group
        };
        let others = rows.iter().filter(other).map(|r| r.quantity.told()).max().unwrap_or_default();
        if others.saturating_add(tally.sure) > most {
            continue;
        }
        let holds = if stated.is_empty() { nearly_all } else { agrees && outdone };
        if !holds {
            continue;
        }
        rows.retain(|r| !of_group(r));
        rows.push(ReportedToll {
            measure: Measure::Killed,
            group,
            quantity: Quantity::between(tally.sure, tally.sure.saturating_add(tally.open)),
            source: None,
            span,
            sentence,
            derived: Some(format!("of {} who are told of one by one", roll.all)),
        });
    }
}

/// The figures of those who died in the end, as figures of dead.
fn dead_in_the_end(figures: &[&Figure], besides: &Besides) -> Vec<Figure> {
    let dead = |f: &&&Figure| f.status == Status::Current && besides.died.contains(&f.span);
    let as_dead = |f: &&Figure| Figure {
        measure: Measure::Killed,
        derived: Some(format!("told of as {}, then as dead", f.measure)),
        ..(*f).clone()
    };
    figures.iter().filter(dead).map(as_dead).collect()
}

fn of_one_measure(figures: &[&Figure], opening: usize, joined: &[Vec<Span>]) -> Vec<ReportedToll> {
    let Some(measure) = figures.first().map(|f| f.measure) else { return Vec::new() };
    // The whole is told by people or civilians; a piece of either is none where the other is told as a whole.
    let whole = |f: &Figure| matches!(f.group, Group::People | Group::Civilians);
    let best = figures.iter().filter(|f| whole(f)).map(|f| rank_of_reading(f)).max();
    // What the outlet itself opens with is what it makes of its sources' counts.
    let opens = |f: &Figure| f.source.is_none() && f.span.start < opening && is_whole(f) && f.quantity.told() > 0;
    let own_voice: Vec<u64> = figures.iter().filter(|f| whole(f) && opens(f)).map(|f| f.quantity.told()).collect();
    // "Over 1,200", where a source has 1,225: the outlet rounds what the source counts.
    let rounded = |f: &Figure| own_voice.iter().any(|own| own.abs_diff(f.quantity.told()) <= own / 20);
    let kept = |f: &Figure| own_voice.is_empty() || opens(f) || rounded(f);
    let mut rows = Vec::new();
    for group in Group::ALL.iter().filter(|group| figures.iter().any(|f| f.group == **group)) {
        let of_group = figures.iter().copied().filter(|f| f.group == *group);
        let of_group: Vec<&Figure> = if matches!(group, Group::People | Group::Civilians) {
            of_group.filter(|f| Some(rank_of_reading(f)) == best && kept(f)).collect()
        } else {
            let opened = figures.iter().any(|f| f.group == *group && opens(f));
            of_group.filter(|f| !opened || opens(f)).collect()
        };
        rows.extend(of_group_by_source(&of_group));
    }
    let told = rows.iter().filter(|r| r.group == Group::People).map(|r| r.quantity.told()).max();
    if let Some(terms) = side_by_side(figures, joined) {
        let sum = added(&terms, measure);
        if told.is_none_or(|told| told < sum.quantity.told()) {
            rows.retain(|r| r.group != Group::People || terms.iter().all(|f| f.span != r.span));
            rows.push(sum);
            return rows;
        }
    }
    match told {
        None => rows.extend(summed(&rows, measure)),
        Some(told) => rows.extend(together(figures, measure).filter(|sum| sum.quantity.told() > told)),
    }
    rows
}

/// A count of the story as a whole that the text stands by.
fn is_whole(figure: &Figure) -> bool {
    (figure.status, figure.scope) == (Status::Current, Scope::Story)
}

/// "Two drivers and a guard were abducted": those told of side by side, where no number but theirs is as large. People of
/// no kind are added only where they are few: of many, those named beside them are mostly some of them.
fn side_by_side<'a>(figures: &[&'a Figure], joined: &[Vec<Span>]) -> Option<Vec<&'a Figure>> {
    let counts = |f: &&Figure| f.status == Status::Current && f.quantity.told() > 0;
    let largest = figures.iter().copied().filter(counts).map(|f| f.quantity.told()).max()?;
    let of_chain = |chain: &Vec<Span>| -> Option<Vec<&'a Figure>> {
        let terms: Vec<&'a Figure> =
            figures.iter().copied().filter(counts).filter(|f| chain.contains(&f.span)).collect();
        let (first, others) = terms.split_first()?;
        // "Four people, a cook and three guards": the first is what the others come to.
        let apposition = first.quantity.told() == others.iter().map(|f| f.quantity.told()).fold(0, u64::saturating_add);
        let whole = terms.len() == chain.len()
            && terms.iter().any(|f| f.quantity.told() == largest)
            && (largest <= FEW || terms.iter().all(|f| f.group != Group::People))
            && figures.iter().filter(|f| is_whole(f) && !chain.contains(&f.span)).all(|f| f.quantity.told() < largest);
        (whole && (!apposition || others.len() == 1)).then_some(terms)
    };
    joined.iter().find_map(of_chain)
}

/// So many people are few.
const FEW: u64 = 10;

/// The whole of several counts.
fn added(terms: &[&Figure], measure: Measure) -> ReportedToll {
    let total: u64 = terms.iter().map(|f| f.quantity.told()).fold(0, u64::saturating_add);
    let sum = terms.iter().map(|f| f.quantity.told().to_string()).collect::<Vec<_>>().join(" + ");
    let exact = terms.iter().all(|f| matches!(f.quantity, Quantity::Exactly(_)));
    ReportedToll {
        measure,
        group: Group::People,
        quantity: if exact { Quantity::Exactly(total) } else { Quantity::AtLeast(total) },
        source: terms[0].source.clone().filter(|source| terms.iter().all(|f| f.source.as_ref() == Some(source))),
        span: terms[0].span,
        sentence: terms[0].sentence,
        derived: Some(format!("{sum} = {total}")),
    }
}

/// "A man and a teenager were hurt", "killed six children and two adults": those told of in one sentence, each as a whole,
/// where no number tells how many they are together.
fn together(figures: &[&Figure], measure: Measure) -> Option<ReportedToll> {
    let small = |f: &&&Figure| is_whole(f) && matches!(f.quantity, Quantity::Exactly(_)) && f.quantity.told() > 0;
    let people = figures.iter().filter(|f| f.group == Group::People).map(|f| f.quantity.told()).max()?;
    let others = figures.iter().filter(|f| f.group != Group::People && is_whole(f)).map(|f| f.quantity.told()).max()?;
    // Where people are more than any kind among them, they are the whole.
    if people > others || (people == others && people > 1) {
        return None;
    }
    let of_sentence = |first: &&&Figure| -> Vec<&Figure> {
        let mut told: Vec<&Figure> = Vec::new();
        for figure in figures.iter().filter(small).filter(|f| f.sentence == first.sentence) {
            if people == 1 || !told.iter().any(|other| other.group == figure.group) {
                told.push(figure);
            }
        }
        told
    };
    let terms = figures.iter().filter(small).map(|f| of_sentence(&f)).find(|terms| terms.len() > 1)?;
    Some(added(&terms, measure))
}

/// Somebody of whom the article tells what befell them, but not how many they are: "his sister was killed", "several
/// shops burned and residents were hurt".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// What happened.
    pub measure: Measure,
    /// How many they are at the least: one who is named, two where they are told of in the plural.
    pub least: u64,
    /// The word for them.
    pub span: Span,
    /// The sentence that holds it.
    pub sentence: Span,
}

impl Untold {
    fn row(&self) -> ReportedToll {
        let (quantity, how) = match self.least {
            1 => (Quantity::Exactly(1), "one is told of, without a number"),
            least => (Quantity::AtLeast(least), "told of in the plural, without a number"),
        };
        ReportedToll {
            measure: self.measure,
            group: Group::People,
            quantity,
            source: None,
            span: self.span,
            sentence: self.sentence,
            derived: Some(how.to_owned()),
        }
    }
}

/// The figures that the article reports: those of its own event. An article whose every figure seems to be another
/// event's is taken to be about the one that it tells of first.
fn reported(figures: &[Figure]) -> Vec<&Figure> {
    let own: Vec<&Figure> = figures.iter().filter(|f| f.scope != Scope::Other).collect();
    if !own.is_empty() {
        return own;
    }
    let lead = figures.iter().min_by_key(|f| f.span.start).map(|f| f.sentence);
    figures.iter().filter(|f| Some(f.sentence) == lead).collect()
}

/// The rows of one measure and group.
fn of_group_by_source(figures: &[&Figure]) -> Vec<ReportedToll> {
    let best = figures.iter().map(|f| rank_of_reading(f)).max();
    let mut chosen: Vec<&Figure> = figures.iter().copied().filter(|f| Some(rank_of_reading(f)) == best).collect();
    chosen.sort_by_key(|f| std::cmp::Reverse(f.quantity.told()));
    let mut rows: Vec<ReportedToll> = Vec::new();
    let (named, own_voice): (Vec<&Figure>, Vec<&Figure>) = chosen.into_iter().partition(|f| f.source.is_some());
    for figure in named {
        if rows.len() == MOST_SOURCES {
            break;
        }
        if !rows.iter().any(|row| same_source(row, figure)) {
            rows.push(row(figure));
        }
    }
    // What the outlet says in its own voice is a row of its own only where it is no repetition of a named source.
    let told = own_voice.into_iter().find(|f| !rows.iter().any(|row| repeats(f.quantity, row.quantity)));
    rows.extend(told.map(row));
    rows.sort_by_key(|row| std::cmp::Reverse(row.quantity.told()));
    rows
}

/// The most sources that one count has rows of, the largest counts first: each figure is compared with all rows.
const MOST_SOURCES: usize = 50;

fn row(figure: &Figure) -> ReportedToll {
    ReportedToll {
        measure: figure.measure,
        group: figure.group,
        quantity: figure.quantity,
        source: figure.source.clone(),
        span: figure.span,
        sentence: figure.sentence,
        derived: figure.derived.clone(),
    }
}

/// Whether a row and a figure have one source, by whatever part of its name, and counts that can be squared.
fn same_source(row: &ReportedToll, figure: &Figure) -> bool {
    match (row.source.as_deref(), figure.source.as_deref()) {
        (Some(a), Some(b)) => {
            let (a, b) = (a.to_lowercase(), b.to_lowercase());
            a == b || (row.quantity == figure.quantity && (a.contains(&b) || b.contains(&a)))
        }
        (None, None) => true,
        _ => false,
    }
}

/// Whether a count says no more than another: the same number, a bound that it satisfies, a rounding.
fn repeats(quantity: Quantity, other: Quantity) -> bool {
    let (told, whole) = (quantity.told(), other.told());
    match quantity {
        Quantity::AtLeast(_) | Quantity::Vague(_) => told <= whole,
        Quantity::AtMost(_) => told >= whole,
        Quantity::About(_) => told.abs_diff(whole).saturating_mul(20) <= whole,
        _ => told == whole,
    }
}

/// A reading that is rather wrong than right counts only where there is none better.
fn rank_of_reading(figure: &Figure) -> (bool, u8) {
    (figure.confidence >= Confidence::per_mille(500), rank(figure))
}

fn rank(figure: &Figure) -> u8 {
    match (figure.status, figure.scope) {
        (Status::Current, Scope::Story) => 4,
        (Status::Current, _) => 3,
        (Status::Projected, _) => 2,
        (Status::Previous, _) => 1,
        (Status::Disputed, _) => 0,
    }
}

/// The whole count where the article gives groups only.
fn summed(rows: &[ReportedToll], measure: Measure) -> Option<ReportedToll> {
    let mut parts: Vec<&ReportedToll> = Vec::new();
    for row in rows.iter().filter(|r| r.measure == measure) {
        if !parts.iter().any(|p| p.group == row.group) {
            parts.push(row);
        }
    }
    // Women, children, journalists and aid workers are some of the civilians where there are civilians enough.
    let civilians = parts.iter().find(|p| p.group == Group::Civilians).map(|p| p.quantity.told());
    let within = [Group::Women, Group::Children, Group::Journalists, Group::AidWorkers];
    parts.retain(|p| !(within.contains(&p.group) && civilians.is_some_and(|all| p.quantity.told() <= all)));
    let total: u64 = parts.iter().map(|p| p.quantity.told()).fold(0, u64::saturating_add);
    let exact = parts.iter().all(|p| matches!(p.quantity, Quantity::Exactly(_)));
    let sum = parts.iter().map(|p| p.quantity.told().to_string()).collect::<Vec<_>>().join(" + ");
    let first = parts.first()?;
    let quantity = match parts.as_slice() {
        [only] => only.quantity,
        _ if exact => Quantity::Exactly(total),
        _ => Quantity::AtLeast(total),
    };
    Some(ReportedToll {
        measure,
        group: Group::People,
        quantity,
        source: first.source.clone().filter(|source| parts.iter().all(|p| p.source.as_ref() == Some(source))),
        span: first.span,
        sentence: first.sentence,
        derived: Some(if parts.len() > 1 {
            format!("{sum} = {total}")
        } else {
            format!("only {} are told of", first.group.label())
        }),
    })
}

#[cfg(test)]
mod tests {
    use crate::extract::read;
    use crate::extract::tests::article;

    fn rows(text: &str) -> Vec<String> {
        let shown = |t: &crate::model::ReportedToll| {
            let by = t.source.as_ref().map(|s| format!(", by {s}")).unwrap_or_default();
            let how = t.derived.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
            format!("{} {} {}{by}{how}", t.measure, t.group, t.quantity)
        };
        read(&article(text)).tolls.iter().map(shown).collect()
    }

    #[test]
    fn the_outlets_own_voice_adds_no_row_to_the_source_it_repeats() {
        let found = rows(
            "Over 1,200 civilians killed in Tarsa valley\n\nThe Tarsa Rights Network said that 1,225 civilians were killed.",
        );
        assert_eq!(
            found,
            [
                "killed civilians 1,225, by Tarsa Rights Network",
                "killed people 1,225, by Tarsa Rights Network (only civilians are told of)"
            ]
        );
    }
}
