//! The facts about a figure that lie in the article as a whole: how its value compares with the others of its kind, what
//! the sentence says of time and place, who tells it, what stands before and behind it.

use std::collections::HashSet;

use foldhash::HashMap;

use crate::extract::discourse::{Finding, Line, alike, how_near, is_piece};
use crate::extract::facts::naming::{class, form, place_of, size, telling};
use crate::extract::facts::time::Times;
use crate::extract::facts::{Alike, Facts, Likely, Questions, fact, few};
use crate::extract::hashed::{AsItIs, Hashed, hashed};
use crate::extract::lexicon::lists::OF_STANDING;
use crate::extract::lexicon::{
    BE, DENIED, DETERMINER, EARLIER, ELSEWHERE, FEARED, HAVE, MONTH, PART, PERSON, PREPOSITION, WEEKDAY,
};
use crate::extract::token::{Kind, Token};
use crate::model::{Group, Measure, Scope, Status};

/// What the article as a whole says, as far as single figures are compared with it.
pub struct Register<'a> {
    lines: &'a [Line],
    findings: &'a [Finding],
    /// Who tells a finding by grammar, by a number for each name.
    told_by: Vec<Option<usize>>,
    /// The year of the article.
    year: Option<u64>,
    times: Times,
    elsewhere: Vec<bool>,
    /// The largest count of a measure and group told before and behind each finding, elsewhere left out.
    before: Vec<Option<u64>>,
    behind: Vec<Option<u64>>,
    largest: Largest,
    headline: Largest,
    lead: Largest,
    repeats: Alike,
    by_source: HashMap<(Measure, Group, usize), u64>,
    /// The finding before of the same measure and group.
    last: Vec<Option<usize>>,
    /// Names in the headline and the lead, by their hashes.
    names: HashSet<u64, AsItIs>,
    /// How many findings there are of each group.
    kinds: [usize; Group::ALL.len()],
}

/// The largest counts of some findings: of each measure, and of each group of it.
#[derive(Debug, Default)]
struct Largest {
    of_measures: [Option<u64>; Measure::ALL.len()],
    of_series: [[Option<u64>; Group::ALL.len()]; Measure::ALL.len()],
}

impl Largest {
    fn add(&mut self, finding: &Finding) {
        let value = Some(finding.quantity.told());
        let (measure, group) = (finding.measure as usize, finding.group as usize);
        for most in [&mut self.of_measures[measure], &mut self.of_series[measure][group]] {
            *most = value.max(*most);
        }
    }

    /// Of the measure of a finding.
    fn of_measure(&self, finding: &Finding) -> Option<u64> {
        self.of_measures[finding.measure as usize]
    }

    /// Of its measure and its group.
    fn of_series(&self, finding: &Finding) -> Option<u64> {
        self.of_series[finding.measure as usize][finding.group as usize]
    }
}

impl<'a> Register<'a> {
    /// The register of an article's findings, whose groups are settled.
    pub fn of(lines: &'a [Line], findings: &'a [Finding], told_by: Vec<Option<usize>>, year: Option<u64>) -> Self {
        let count = findings.len();
        let mut register = Self {
            lines,
            findings,
            year,
            times: Times::of(lines),
            elsewhere: findings.iter().map(|f| is_elsewhere(lines, f, year)).collect(),
            told_by: Vec::new(),
            before: vec![None; count],
            behind: vec![None; count],
            largest: Largest::default(),
            headline: Largest::default(),
            lead: Largest::default(),
            repeats: alike(findings),
            by_source: HashMap::default(),
            last: vec![None; count],
            names: HashSet::default(),
            kinds: [0; Group::ALL.len()],
        };
        let mut running = Largest::default();
        let mut last = [[None; Group::ALL.len()]; Measure::ALL.len()];
        for (at, finding) in findings.iter().enumerate() {
            register.before[at] = running.of_series(finding);
            register.last[at] = last[finding.measure as usize][finding.group as usize].replace(at);
            register.kinds[finding.group as usize] += 1;
            if register.elsewhere[at] || lines[finding.line].counts[finding.count].increment {
                continue;
            }
            running.add(finding);
            register.largest.add(finding);
            match place_of(lines, finding.line).text() {
                "headline" => register.headline.add(finding),
                "first" | "lead" => register.lead.add(finding),
                _ => {}
            }
            if let Some(source) = told_by[at] {
                let most = register.by_source.entry((finding.measure, finding.group, source)).or_default();
                *most = finding.quantity.told().max(*most);
            }
        }
        let mut running = Largest::default();
        for (at, finding) in findings.iter().enumerate().rev() {
            register.behind[at] = running.of_series(finding);
            if !register.elsewhere[at] {
                running.add(finding);
            }
        }
        let opening = lines.iter().take_while(|line| line.sentence.paragraph <= 2);
        register.told_by = told_by;
        register.names =
            opening.flat_map(|line| &line.tokens).filter(|t| is_name(t)).map(|t| t.lower.hashed().id()).collect();
        register
    }

    /// The facts from which scope and status of the findings are judged.
    pub fn questions(&self, named: bool) -> Questions<'static> {
        let tellers: [fn(&Self, usize, &mut Facts); 5] =
            [Self::kind, Self::compared, Self::time_and_place, Self::words, Self::times];
        let likely = Likely { facts: 96, of_answers: 0 };
        Questions::told(self.findings.len(), tellers.len(), likely, named, |chapter, at, told| {
            tellers[chapter](self, at, &mut told.facts);
        })
    }

    /// When a finding was told.
    fn times(&self, at: usize, facts: &mut Facts) {
        let finding = &self.findings[at];
        let most = self.largest.of_series(finding);
        let count = &self.lines[finding.line].counts[finding.count];
        self.times.facts(self.lines, finding.line, count, against(finding.quantity.told(), most), facts);
    }

    fn kind(&self, at: usize, facts: &mut Facts) {
        let finding = &self.findings[at];
        let line = &self.lines[finding.line];
        let count = &line.counts[finding.count];
        let people = if finding.group == Group::People { hashed!("people") } else { hashed!("group") };
        fact!(facts, "measure=", finding.measure);
        fact!(facts, "group=", finding.group);
        fact!(facts, "found-by=", finding.rule);
        fact!(facts, "tie=", finding.tie.name());
        fact!(facts, "tie+group=", finding.tie.name(), "+", people);
        fact!(facts, "form+group=", form(count.form), "+", finding.group);
        fact!(facts, "measure+form=", finding.measure, "+", form(count.form));
        fact!(facts, "place+form=", place_of(self.lines, finding.line), "+", form(count.form));
        fact!(facts, "place+people=", place_of(self.lines, finding.line), "+", people);
        if is_piece(&line.scene(), finding.count) {
            fact!(facts, "piece+", people);
        }
        if self.elsewhere[at] {
            fact!(facts, "elsewhere");
        }
        fact!(facts, "findings=", few(self.findings.len().min(12) / 2));
        let mixed = self.kinds.iter().filter(|n| **n > 0).count();
        fact!(facts, "groups=", few(mixed.min(4)), "+", people);
    }

    /// How the value compares with the others of its kind.
    fn compared(&self, at: usize, facts: &mut Facts) {
        let finding = &self.findings[at];
        let value = finding.quantity.told();
        let count = &self.lines[finding.line].counts[finding.count];
        let form = form(count.form);
        let people = if finding.group == Group::People { hashed!("people") } else { hashed!("group") };
        let place = place_of(self.lines, finding.line);
        let of_group = against(value, self.largest.of_series(finding));
        let of_all = against(value, self.largest.of_measure(finding));
        let headline = against(value, self.headline.of_measure(finding));
        let lead = against(value, self.lead.of_measure(finding));
        let before = against(value, self.before[at]);
        let behind = against(value, self.behind[at]);
        fact!(facts, "largest-of-group=", of_group);
        fact!(facts, "largest-of-group=", of_group, "+", people);
        fact!(facts, "largest-of-group=", of_group, "+", form);
        fact!(facts, "largest-of-all=", of_all);
        fact!(facts, "largest-of-all=", of_all, "+", people);
        fact!(facts, "headline=", headline);
        fact!(facts, "headline=", headline, "+", people);
        fact!(facts, "headline=", headline, "+", place);
        fact!(facts, "lead=", lead);
        fact!(facts, "lead=", lead, "+", people);
        fact!(facts, "lead+headline=", lead, "+", headline);
        fact!(facts, "lead+tie=", lead, "+", finding.tie.name());
        fact!(facts, "before=", before);
        fact!(facts, "behind=", behind);
        fact!(facts, "before+behind=", before, "+", behind);
        fact!(facts, "before+lead=", before, "+", lead, "+", form);
        fact!(facts, "size=", size(value), "+", of_all);
        fact!(facts, "bound+lead=", finding.quantity.bound(), "+", lead);
        let same = self.repeats.with(at);
        fact!(facts, "told=", few(same.len().min(3)));
        fact!(
            facts,
            "told+large=",
            few(same.len().min(3)),
            "+",
            if value < 10 { hashed!("small") } else { hashed!("large") }
        );
        fact!(facts, "told+lead=", few(same.len().min(3)), "+", lead);
        if same.first() == Some(&at) {
            fact!(facts, "first-told");
        }
        match self.last[at] {
            None => fact!(facts, "first-of-series"),
            Some(last) => {
                let other = &self.findings[last];
                let ago = few((finding.line - other.line).min(4));
                let relation = against(value, Some(other.quantity.told()));
                fact!(facts, "last-of-series=", relation, "+", ago);
                let same_voice = match (self.told_by[at], self.told_by[last]) {
                    (Some(a), Some(b)) if a == b => hashed!("same"),
                    (Some(_), Some(_)) => hashed!("other"),
                    (None, None) => hashed!("none"),
                    _ => hashed!("one"),
                };
                fact!(facts, "last-of-series=", relation, "+by-", same_voice);
                if finding.line == other.line {
                    fact!(facts, "last-here=", relation, "+", finding.tie.name());
                }
            }
        }
        // The neighbours of the sentence, no more than a few on each side.
        let near = at.saturating_sub(6)..(at + 7).min(self.findings.len());
        let here = || near.clone().filter(|i| *i != at).map(|i| &self.findings[i]).filter(|f| f.line == finding.line);
        let of_measure = |f: &&Finding| f.measure == finding.measure;
        if here().filter(of_measure).any(|f| f.quantity.told() > value) {
            fact!(facts, "larger-here");
            fact!(facts, "larger-here+", people, "+", finding.tie.name());
        }
        if here().filter(of_measure).any(|f| f.quantity.told() < value) {
            fact!(facts, "smaller-here");
        }
        fact!(facts, "figures-here=", few(here().count().min(4)));
        let here_before = near.clone().take_while(|i| *i < at).map(|i| &self.findings[i]);
        let sum_before = here_before
            .filter(|f| f.line == finding.line && of_measure(f))
            .map(|f| f.quantity.told())
            .fold(0, u64::saturating_add);
        if sum_before > 0 && sum_before == value {
            fact!(facts, "sum-of-those-before");
        }
        self.sums(at, facts);
        match self.told_by[at] {
            None => fact!(facts, "source=none"),
            Some(source) => {
                fact!(facts, "source=named");
                let most = self.by_source.get(&(finding.measure, finding.group, source)).copied();
                fact!(facts, "largest-by-source=", against(value, most));
                fact!(facts, "largest-by-source+lead=", against(value, most), "+", lead);
            }
        }
        if let Some(antecedent) = finding.antecedent.map(|i| &self.findings[i]) {
            let relation = against(value, Some(antecedent.quantity.told()));
            fact!(facts, "antecedent=", relation, "+", finding.tie.name());
            let same = if antecedent.group == finding.group { hashed!("same") } else { hashed!("other") };
            fact!(facts, "antecedent-group=", same, "+", relation, "+", people);
        }
    }

    /// Whether neighbours of one kind add up with the value to another count: pieces of it.
    fn sums(&self, at: usize, facts: &mut Facts) {
        let finding = &self.findings[at];
        let value = finding.quantity.told();
        let total = self.largest.of_measure(finding).unwrap_or(0);
        let lead = self.lead.of_measure(finding).or(self.headline.of_measure(finding)).unwrap_or(0);
        let kin = |i: &usize| {
            let f = &self.findings[*i];
            f.measure == finding.measure && finding.line.abs_diff(f.line) <= 2 && f.quantity.told() < total
        };
        if value == 0 || value >= total {
            return;
        }
        let near: Vec<usize> = (at.saturating_sub(5)..(at + 6).min(self.findings.len())).filter(kin).collect();
        for from in 0..near.len() {
            let mut sum = 0_u64;
            for (length, i) in near[from..].iter().enumerate() {
                sum = sum.saturating_add(self.findings[*i].quantity.told());
                let holds = near[from..=from + length].contains(&at);
                if length > 0 && holds && sum > 20 && (sum == total || sum == lead) {
                    fact!(facts, "adds-up");
                    fact!(
                        facts,
                        "adds-up+",
                        if finding.group == Group::People { hashed!("people") } else { hashed!("group") }
                    );
                    return;
                }
            }
        }
    }

    fn time_and_place(&self, at: usize, facts: &mut Facts) {
        let finding = &self.findings[at];
        let line = &self.lines[finding.line];
        let tokens = &line.tokens;
        let count = &line.counts[finding.count];
        let window = &tokens[count.first.saturating_sub(25)..(count.end + 20).min(tokens.len())];
        let reads = |i: Option<usize>, word: &str| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.reads(word));
        if reads(count.first.checked_sub(1), "from") && reads(Some(count.end + 1), "to") {
            fact!(facts, "from-to=first");
        }
        let since = &tokens[count.first.saturating_sub(8)..count.first.saturating_sub(1)];
        if reads(count.first.checked_sub(1), "to")
            && since.iter().any(|t| t.reads_any(&["from", "down from", "up from"]))
        {
            fact!(facts, "from-to=second");
        }
        let saying = window.iter().filter(|t| OF_STANDING.has(&t.lower));
        let mut said: Vec<Hashed> = saying.map(|t| t.lower.hashed()).collect();
        said.sort_unstable_by_key(|word| word.text());
        said.dedup_by_key(|word| word.text());
        said.iter().for_each(|word| fact!(facts, "says=", *word));
        // A name behind a preposition: a place, a day, and whether the opening of the article has it.
        let clause = &tokens[count.first.saturating_sub(12)..(count.end + 12).min(tokens.len())];
        let own = count.first.saturating_sub(12);
        for (i, pair) in clause.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            if a.is(PREPOSITION) && !a.reads("of") && (is_name(b) || b.is(MONTH) || b.is(WEEKDAY)) {
                let side = if own + i < count.first { hashed!("before") } else { hashed!("behind") };
                let what = if b.is(MONTH) {
                    hashed!("month")
                } else if b.is(WEEKDAY) {
                    hashed!("weekday")
                } else if self.names.contains(&b.lower.hashed().id()) {
                    hashed!("known")
                } else {
                    hashed!("new")
                };
                fact!(facts, "at=", what, "+", side);
                fact!(facts, "at=", what, "+", &a.lower);
            }
        }
        let names = clause.iter().filter(|t| is_name(t) && !t.is(PERSON));
        let (known, new) = names.fold((0, 0), |(known, new), t| {
            if self.names.contains(&t.lower.hashed().id()) { (known + 1, new) } else { (known, new + 1) }
        });
        fact!(facts, "names=", few(known.min(2)), "+", few(new.min(3)));
        for year in years(window) {
            let relation = match self.year {
                Some(now) if year == now => hashed!("now"),
                Some(now) if year + 1 == now => hashed!("last"),
                Some(now) if year < now => hashed!("older"),
                Some(_) => hashed!("later"),
                None => hashed!("unknown"),
            };
            fact!(facts, "year=", relation);
        }
        let said = |tokens: &[Token]| tokens.iter().fold(0, |all, token| all | token.senses.classes);
        let close = said(&tokens[count.first.saturating_sub(4)..count.first]);
        let far = said(&tokens[count.first.saturating_sub(12)..count.first]);
        let behind = said(tokens.get(count.end + 1..(count.end + 6).min(tokens.len())).unwrap_or_default());
        for (name, class) in [
            (hashed!("earlier"), EARLIER),
            (hashed!("feared"), FEARED),
            (hashed!("denied"), DENIED),
            (hashed!("elsewhere"), ELSEWHERE),
            (hashed!("part"), PART),
        ] {
            for (side, said) in
                [(hashed!("close-before="), close), (hashed!("before="), far), (hashed!("close-behind="), behind)]
            {
                if said & class != 0 {
                    fact!(facts, side, name);
                    fact!(facts, side, name, "+", form(count.form));
                }
            }
        }
        let verb = tokens.iter().skip(count.end + 1).take(8).find(|t| t.is(BE | HAVE) || t.lower.ends_with("ed"));
        if let Some(verb) = verb {
            fact!(facts, "verb=", verb.lower.stem());
        }
        if let Some(before) = finding.predicate.filter(|p| *p > 0).map(|p| &tokens[p - 1]) {
            fact!(facts, "before-predicate=", class(before));
            fact!(facts, "before-predicate-word=", &before.lower);
        }
    }

    /// The telling words of the sentence, of the one before and of the one behind, and the words that these open with.
    fn words(&self, at: usize, facts: &mut Facts) {
        let finding = &self.findings[at];
        self.telling_words(finding, facts);
        let tokens = &self.lines[finding.line].tokens;
        for token in self.lines[..finding.line].last().map_or(&[][..], |l| l.tokens.as_slice()).iter().take(4) {
            fact!(facts, "previous-opens=", class(token));
        }
        for token in tokens.iter().take(4) {
            fact!(facts, "opens=", class(token));
            fact!(facts, "opens-word=", token.lower.stem());
        }
        if self.lines[finding.line].is_link() {
            fact!(facts, "linked");
        }
        if tokens.iter().take(2).any(|t| t.is(EARLIER | ELSEWHERE)) {
            fact!(facts, "opens-earlier-or-elsewhere");
        }
    }

    fn telling_words(&self, finding: &Finding, facts: &mut Facts) {
        let line = &self.lines[finding.line];
        let count = &line.counts[finding.count];
        let around = count.first.saturating_sub(40)..(count.end + 40).min(line.tokens.len());
        for token in line.tokens[around].iter().filter(|t| telling(t)) {
            fact!(facts, "word=", token.lower.stem());
        }
        let paragraph = line.sentence.paragraph;
        let neighbours =
            [(hashed!("before"), finding.line.checked_sub(1)), (hashed!("behind"), Some(finding.line + 1))];
        for (side, other) in neighbours {
            let Some(other) = other.and_then(|i| self.lines.get(i)) else { continue };
            let near = if other.sentence.paragraph == paragraph { hashed!("same-") } else { hashed!("next-") };
            let words = other.tokens.iter().filter(|t| telling(t)).take(30);
            words.for_each(|t| fact!(facts, near, side, "=", t.lower.stem()));
        }
    }

    /// The facts that lie in how the neighbours of each finding are judged.
    pub fn again(&self, judged: &[(Scope, Status)], named: bool) -> Questions<'static> {
        // The largest counts that were judged to be the story's and of now.
        let mut told = Largest::default();
        for (finding, _) in self.findings.iter().zip(judged).filter(|(_, j)| **j == (Scope::Story, Status::Current)) {
            told.add(finding);
        }
        let likely = Likely { facts: 32, of_answers: 0 };
        Questions::told(self.findings.len(), 1, likely, named, |_, at, chapter| {
            self.tell_again(at, judged, &told, &mut chapter.facts);
        })
    }

    fn tell_again(&self, at: usize, judged: &[(Scope, Status)], told: &Largest, facts: &mut Facts) {
        let finding = &self.findings[at];
        let value = finding.quantity.told();
        let people = if finding.group == Group::People { hashed!("people") } else { hashed!("group") };
        let (scope, status) = judged[at];
        fact!(facts, "own=", scope, "+", status);
        fact!(facts, "own=", scope, "+", people);
        let mut neighbour = |side: Hashed, other: Option<usize>| {
            let Some(other) = other else {
                fact!(facts, side, "=nobody");
                return;
            };
            let f = &self.findings[other];
            let (scope, status) = judged[other];
            let near = how_near(self.lines, finding, f);
            let kin = match (f.measure == finding.measure, f.group == finding.group) {
                (true, true) => hashed!("series"),
                (true, false) => hashed!("measure"),
                (false, _) => hashed!("other"),
            };
            fact!(facts, side, "=", scope, "+", near);
            fact!(facts, side, "=", scope, "+", near, "+", kin);
            fact!(facts, side, "=", scope, "+", near, "+", finding.tie.name());
            fact!(facts, side, "-status=", status, "+", near, "+", kin);
            fact!(facts, side, "+own=", scope, "+", judged[at].0, "+", near);
        };
        neighbour(hashed!("previous"), at.checked_sub(1));
        neighbour(hashed!("next"), Some(at + 1).filter(|i| *i < judged.len()));
        neighbour(hashed!("antecedent"), finding.antecedent);
        neighbour(hashed!("last-of-series"), self.last[at]);
        let same = self.repeats.with(at);
        let here = same.partition_point(|i| *i < at);
        neighbour(hashed!("same-before"), here.checked_sub(1).map(|i| same[i]).filter(|_| value > 2));
        neighbour(hashed!("same-after"), same.get(here + 1).copied().filter(|_| value > 2));
        let anchor = against(value, told.of_series(finding));
        let whole = against(value, told.of_measure(finding));
        fact!(facts, "anchor=", anchor);
        fact!(facts, "anchor=", anchor, "+", people);
        fact!(facts, "anchor+own=", anchor, "+", scope);
        fact!(facts, "whole=", whole, "+", people);
        fact!(facts, "whole=", whole, "+", finding.tie.name());
        fact!(facts, "whole+own=", whole, "+", scope);
    }
}

fn is_name(token: &Token) -> bool {
    token.kind == Kind::Word && token.capital && !token.is(DETERMINER | PREPOSITION | BE | HAVE)
}

fn against(value: u64, other: Option<u64>) -> Hashed<'static> {
    match other {
        None => hashed!("none"),
        Some(other) if value == other => hashed!("equal"),
        Some(other) if value > other && value <= other.saturating_mul(5) / 4 => hashed!("just-above"),
        Some(other) if value > other => hashed!("above"),
        Some(other) if value.saturating_mul(10) >= other.saturating_mul(8) => hashed!("just-below"),
        Some(other) if value.saturating_mul(2) >= other => hashed!("half"),
        Some(other) if value.saturating_mul(10) >= other => hashed!("tenth"),
        Some(_) => hashed!("far-below"),
    }
}

/// The latest year named in the article: its own, where nothing tells the date.
pub fn latest_year(lines: &[Line]) -> Option<u64> {
    lines.iter().flat_map(|line| years(&line.tokens)).max()
}

fn years(tokens: &[Token]) -> impl Iterator<Item = u64> {
    let value = |t: &Token| t.lower.parse().ok().filter(|y| (1_500..2_100).contains(y));
    tokens.iter().filter(|t| t.kind == Kind::Digits && t.lower.len() == 4).filter_map(value)
}

/// Whether a mark of another event or an older year stands near.
fn is_elsewhere(lines: &[Line], finding: &Finding, year: Option<u64>) -> bool {
    let line = &lines[finding.line];
    if line.sentence.headline {
        return false;
    }
    let count = &line.counts[finding.count];
    let around = count.first.saturating_sub(25)..(count.last + 20).min(line.tokens.len());
    around.filter(|i| !(count.first..=count.last).contains(i)).any(|i| {
        let token = &line.tokens[i];
        let counted = line.covering[i].is_some_and(|c| line.counts[c as usize].may_count_people());
        token.is(ELSEWHERE) || (!counted && years(std::slice::from_ref(token)).any(|y| year.is_some_and(|now| y < now)))
    })
}
