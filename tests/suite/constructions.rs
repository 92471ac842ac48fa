//! The reader of figures on every English construction that carries a count, and on the look-alikes that carry none:
//! `tests/cases/constructions.tsv` holds what a careful reader takes from each, and whether the reader gets it today.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use tollwatch::extract::read;
use tollwatch::model::{Article, Bound, Figure, Fingerprint, Group, Measure, Quantity, Scope, Status, Text};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/constructions.tsv");
/// How many entries the list of constructions has.
const ENTRIES: usize = 308;

#[test]
#[expect(clippy::print_stdout, reason = "the count by family is what this test is read for")]
fn every_construction_is_read_as_its_case_says() {
    let file = fs::read_to_string(FILE).unwrap_or_else(|e| panic!("{FILE}: {e}"));
    let cases: Vec<Case> = file.lines().filter(|line| !line.starts_with('#')).map(Case::parse).collect();
    let missing = entries_without_a_case(&cases);
    assert!(missing.is_empty(), "{FILE} has no case, or none in its place in the order, for the entries {missing:?}");

    let read: Vec<Vec<Figure>> = cases.iter().map(|case| figures(case.text)).collect();
    let right: Vec<bool> = cases.iter().zip(&read).map(|(case, read)| agree(&case.expected, read)).collect();
    println!("{}", by_family(&cases, &right));
    if std::env::var_os("TOLLWATCH_BLESS").is_some_and(|value| value == "1") {
        fs::write(FILE, blessed(&file, &right)).unwrap_or_else(|e| panic!("{FILE}: {e}"));
        return;
    }
    let mut failures = String::new();
    for ((case, read), right) in cases.iter().zip(&read).zip(right).filter(|((case, _), right)| case.ok != *right) {
        let what = if right { "is read rightly now: mark it `ok`" } else { "is no longer read rightly" };
        let shown: Vec<String> = read.iter().map(shown).collect();
        let shown = if shown.is_empty() { "-".to_owned() } else { shown.join("; ") };
        let (number, text, wanted) = (case.number, case.text, case.wanted);
        let _ = writeln!(failures, "\n{number} {what}\n    {text}\n    expected: {wanted}\n    read:     {shown}");
    }
    assert!(
        failures.is_empty(),
        "TOLLWATCH_BLESS=1 renews the last column of {FILE}, where that is right.\n{failures}"
    );
}

#[test]
fn a_mark_is_compared_where_it_is_written() {
    let read = figures("The army said in a statement that 12 rebels had been killed.");
    assert_eq!(read.len(), 1, "{read:?}");
    let agrees = |wanted: &str| agree(&expected("a case", wanted), &read);
    assert!(agrees("12 killed fighters") && agrees("12 killed fighters @army !current"));
    assert!(!agrees("at least 12 killed fighters") && !agrees("12 killed people") && !agrees("-"));
    assert!(!agrees("12 killed fighters @rebels") && !agrees("12 killed fighters @-"));
    assert!(!agrees("12 killed fighters !previous") && !agrees("12 killed fighters; 12 killed fighters"));
}

/// A line of the file.
struct Case<'a> {
    number: &'a str,
    family: &'a str,
    text: &'a str,
    wanted: &'a str,
    expected: Vec<Expected>,
    ok: bool,
}

/// A figure as a careful reader takes it; what is `None` is not compared.
struct Expected {
    quantity: Quantity,
    measure: Measure,
    group: Group,
    source: Option<String>,
    status: Option<Status>,
    scope: Option<Scope>,
}

impl<'a> Case<'a> {
    fn parse(line: &'a str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let [number, family, text, wanted, today] = fields[..] else {
            panic!("expected number, family, text, expected and today with tabs between them, found: {line}");
        };
        assert!(matches!(today, "ok" | "wrong"), "{number}: the last column is `ok` or `wrong`, not `{today}`");
        Self { number, family, text, wanted, expected: expected(number, wanted), ok: today == "ok" }
    }

    /// The number of the entry, without the letter of the form.
    fn entry(&self) -> usize {
        let digits = self.number.trim_end_matches(|c: char| c.is_ascii_lowercase());
        digits.parse().unwrap_or_else(|_| panic!("`{}` is no number of an entry", self.number))
    }
}

/// The entries that have no case, that stand out of order, or that have two cases of one number.
fn entries_without_a_case(cases: &[Case]) -> Vec<usize> {
    let mut missing: BTreeSet<usize> = (1..=ENTRIES).collect();
    let mut last = (0, "");
    for case in cases {
        let here = (case.entry(), case.number);
        if here > last {
            missing.remove(&here.0);
        } else {
            missing.insert(here.0);
        }
        last = here;
    }
    missing.into_iter().collect()
}

/// "12 killed people @army; about 30 injured people", or "-" for none.
fn expected(number: &str, wanted: &str) -> Vec<Expected> {
    if wanted == "-" {
        return Vec::new();
    }
    let one = |figure: &str| expected_figure(figure).unwrap_or_else(|| panic!("{number}: `{figure}` is no figure"));
    wanted.split("; ").map(one).collect()
}

/// "at least 12 killed people @army !previous ~part"
fn expected_figure(figure: &str) -> Option<Expected> {
    let apart = figure.replace(" @", "\n@").replace(" !", "\n!").replace(" ~", "\n~");
    let mut parts = apart.lines();
    let mut core = parts.next()?.rsplitn(3, ' ');
    let (group, measure) = (core.next()?.parse().ok()?, core.next()?.parse().ok()?);
    let quantity = quantity(core.next()?)?;
    let mut expected = Expected { quantity, measure, group, source: None, status: None, scope: None };
    for mark in parts {
        match mark.split_at(1) {
            ("@", "-") => expected.source = Some(String::new()),
            ("@", name) => expected.source = Some(name.to_owned()),
            ("!", status) => expected.status = Some(status.parse().ok()?),
            (_, scope) => expected.scope = Some(scope.parse().ok()?),
        }
    }
    Some(expected)
}

/// The quantity that is shown so.
fn quantity(shown: &str) -> Option<Quantity> {
    let number = |text: &str| text.replace(',', "").parse::<u64>().ok();
    let quantity = if let Some(n) = shown.strip_prefix("at least ") {
        Quantity::from_parts(Bound::AtLeast, number(n), None)
    } else if let Some(n) = shown.strip_prefix("up to ") {
        Quantity::from_parts(Bound::AtMost, None, number(n))
    } else if let Some(n) = shown.strip_prefix("about ") {
        Quantity::from_parts(Bound::About, number(n), number(n))
    } else if let Some((_, n)) = shown.split_once(" (") {
        Quantity::from_parts(Bound::Vague, number(n.strip_suffix(" or more)")?), None)
    } else if let Some((low, high)) = shown.split_once(" to ") {
        Quantity::from_parts(Bound::Range, number(low), number(high))
    } else {
        Quantity::from_parts(Bound::Exact, number(shown), number(shown))
    };
    quantity.filter(|quantity| quantity.to_string() == shown)
}

/// The figures of a text under a title that says nothing.
fn figures(text: &str) -> Vec<Figure> {
    let article = Article {
        url: "https://example.org/a".parse().expect("a valid address"),
        outlet: "Example Wire".to_owned(),
        language: Some("en".to_owned()),
        published: None,
        modified: None,
        text: Text::from_parts("Notes from the valley", text.split(" / ")),
        flags: Vec::new(),
        fingerprint: Fingerprint(0),
    };
    read(&article).figures
}

fn agree(expected: &[Expected], read: &[Figure]) -> bool {
    expected.len() == read.len() && expected.iter().zip(read).all(|(wanted, read)| wanted.agrees(read))
}

impl Expected {
    fn agrees(&self, read: &Figure) -> bool {
        (self.quantity, self.measure, self.group) == (read.quantity, read.measure, read.group)
            && self.status.is_none_or(|status| status == read.status)
            && self.scope.is_none_or(|scope| scope == read.scope)
            && self.source.as_deref().is_none_or(|name| same_source(name, read.source.as_deref().unwrap_or_default()))
    }
}

/// Whether two names mean one source: all words of the shorter stand in the longer, so that "the ministry" is the health
/// ministry and "AFP" is the AFP tally.
fn same_source(wanted: &str, read: &str) -> bool {
    let words = |name: &str| -> BTreeSet<String> {
        name.split_whitespace()
            .map(str::to_lowercase)
            .filter(|word| !matches!(word.as_str(), "the" | "a" | "an"))
            .collect()
    };
    let (wanted, read) = (words(wanted), words(read));
    wanted.is_empty() == read.is_empty() && (wanted.is_subset(&read) || read.is_subset(&wanted))
}

/// A figure as the file would write it, with all its marks.
fn shown(figure: &Figure) -> String {
    let Figure { quantity, measure, group, status, scope, .. } = figure;
    let source = figure.source.as_deref().unwrap_or("-");
    format!("{quantity} {measure} {group} @{source} !{status} ~{scope}")
}

/// How many cases are read rightly, in all and of each family.
fn by_family(cases: &[Case], right: &[bool]) -> String {
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (case, right) in cases.iter().zip(right) {
        let (ok, all) = families.entry(case.family).or_default();
        *ok += usize::from(*right);
        *all += 1;
    }
    let each: Vec<String> = families.iter().map(|(family, (ok, all))| format!("{family} {ok}/{all}")).collect();
    let ok = right.iter().filter(|right| **right).count();
    format!("{ok} of {} constructions are read rightly: {}", cases.len(), each.join(", "))
}

/// The file with its last column as the reader reads today.
fn blessed(file: &str, right: &[bool]) -> String {
    let mut right = right.iter();
    let mut renewed = String::with_capacity(file.len());
    for line in file.lines() {
        if line.starts_with('#') {
            renewed.push_str(line);
        } else {
            let (kept, _) = line.rsplit_once('\t').expect("a case was read from this line");
            let today = if *right.next().expect("one reading a case") { "ok" } else { "wrong" };
            let _ = write!(renewed, "{kept}\t{today}");
        }
        renewed.push('\n');
    }
    renewed
}
