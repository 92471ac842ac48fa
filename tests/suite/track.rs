//! Stories and changes: timelines of whole stories, and what must hold for every one of them.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use url::Url;

use tollwatch::model::{
    Article, ArticleId, ChangeKind, Claim, Confidence, Figure, Fingerprint, Group, Measure, NamedStory, Quantity,
    Reading, ReportedToll, Scope, Span, Status, Story, StoryId, Text, Verdict,
};
use tollwatch::track::{Incoming, Index, Link, Observed, Settings, Standing, link, observe, slug, tolls};

const STORY: StoryId = StoryId(1);

/// One version of an article, as the timelines write it.
#[derive(Debug, Clone)]
struct Issue {
    id: ArticleId,
    version: u32,
    article: Article,
    figures: Vec<Figure>,
    seen: Timestamp,
    baseline: bool,
}

impl Issue {
    fn observe(&self, past: &[Claim]) -> Observed {
        let incoming = Incoming {
            story: STORY,
            id: self.id,
            version: self.version,
            article: &self.article,
            reading: &Reading {
                tolls: self.figures.iter().map(toll).collect(),
                figures: self.figures.clone(),
                ..Reading::default()
            },
            seen: self.seen,
            baseline: self.baseline,
        };
        observe(&incoming, past, &Settings::default())
    }
}

/// An article reports all that it says.
fn toll(figure: &Figure) -> ReportedToll {
    ReportedToll {
        measure: figure.measure,
        group: figure.group,
        quantity: figure.quantity,
        source: figure.source.clone(),
        span: figure.span,
        sentence: figure.sentence,
        derived: None,
    }
}

#[test]
fn timelines_come_out_as_they_are_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/timelines");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the timelines are there").map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 6, "only {} timelines in {folder}", files.len());
    for file in files {
        let written = fs::read_to_string(&file).expect("a text file");
        let told = retold(&written);
        assert!(told == written, "{}\n{}", file.display(), first_difference(&written, &told));
    }
}

#[test]
fn a_timeline_taken_in_twice_tells_nothing_twice() {
    let issues = issues(&model_case());
    let (claims, changes) = all(&issues);
    assert!(changes > 10);
    for issue in &issues {
        let again = issue.observe(&claims);
        assert_eq!(again, Observed::default());
    }
}

#[test]
fn the_model_case_adds_up_to_what_the_observatory_said_last() {
    let (claims, _) = all(&issues(&model_case()));
    let mut shown = String::new();
    for toll in tolls(&claims) {
        let steps: Vec<String> = toll.history.iter().map(|step| step.quantity.to_string()).collect();
        let mark = if toll.standing == Standing::Told { "" } else { "  (dissents)" };
        writeln!(
            shown,
            "{} {}, {}: {}{mark}",
            toll.series.group,
            toll.series.measure,
            toll.series.source.as_deref().unwrap_or("unnamed"),
            steps.join(", "),
        )
        .expect("a string takes all");
    }
    insta::assert_snapshot!(shown, @r"
    people killed, Syrian Observatory for Human Rights: at least 700, 1,018, at least 1,300
    civilians killed, unnamed: 745, 830, at least 973, at least 1,225, 1,383
    civilians killed, health office in Latakia: 613  (dissents)
    security_forces killed, Syrian Observatory for Human Rights: dozens (24 or more), 125
    security_forces killed, unnamed: at least 300  (dissents)
    fighters killed, Syrian Observatory for Human Rights: 148
    ");
}

#[test]
fn a_date_in_the_future_is_not_believed() {
    let mut future =
        issues("article 1 | 2031-05-02T08:00Z | Norland Gazette\n12\tkilled\tpeople\tpolice\t\t\n").remove(0);
    future.article.published = Some("2041-05-02T08:00Z".parse().expect("a time"));
    let observed = future.observe(&[]);
    assert_eq!(observed.claims[0].published, future.seen);
}

#[test]
fn a_quote_is_cut_around_its_number_and_never_within_a_letter() {
    let mut issue =
        issues("article 1 | 2031-05-02T08:00Z | Norland Gazette\n12\tkilled\tpeople\tpolice\t\t\n").remove(0);
    let text = format!("Long\n\n{} 12 {}", "ä".repeat(2_000), "ö".repeat(2_000));
    let start = text.find("12").expect("the number");
    issue.figures[0].span = Span { start, end: start + 2 };
    issue.figures[0].sentence = Span { start: 6, end: text.len() };
    issue.article.text = Text::from_plain(text);
    let claim = &issue.observe(&[]).claims[0];
    assert_eq!(claim.number.of(&claim.quote), "12");
    assert!(claim.quote.len() < 1_000, "{} bytes", claim.quote.len());
}

/// Has the stories take in an article with one figure, and says what became of it.
fn tell(stories: &mut Told, time: &str, title: &str, body: &[&str], figure: Figure) -> String {
    let at: Timestamp = time.parse().expect("a time");
    let article = article("Norland Gazette", at, Text::from_parts(title, body.iter().copied()));
    place(stories, &article, &Reading { figures: vec![figure], ..Reading::default() }, at, &[])
}

#[test]
fn articles_about_one_ferry_join_and_another_ferry_does_not() {
    let mut stories = Told::default();
    let tell = |stories: &mut Told, time: &str, title: &str, body: &str| {
        tell(stories, time, title, &[body], figure(Quantity::Exactly(44), Some("police")))
    };
    let first = tell(
        &mut stories,
        "2031-04-01T08:00:00Z",
        "Ferry sinks off Port Ellery, 44 dead",
        "A ferry, the Grey Heron, sank off Port Ellery in Norland on Tuesday, the Norland coast guard said. Captain Odell is among the dead.",
    );
    let second = tell(
        &mut stories,
        "2031-04-02T08:00:00Z",
        "Divers find more bodies in the Grey Heron",
        "Divers have gone down to the ferry off Port Ellery. The Norland coast guard has counted 61 dead. Captain Odell had radioed for help.",
    );
    let other = tell(
        &mut stories,
        "2031-04-02T09:00:00Z",
        "Boat overturns on Lake Sorrel",
        "A fishing boat overturned on Lake Sorrel in the Westmark highlands. The mayor of Sorrelton, Ines Falk, spoke of a squall.",
    );
    let quake = tell(
        &mut stories,
        "2031-04-02T10:00:00Z",
        "Earthquake shakes Port Ellery",
        "An earthquake of magnitude 6.1 brought houses down in the old town, the seismic institute at Uplands said.",
    );
    assert_eq!(first, "opens Port Ellery ferry sinking, April 2031");
    assert_eq!(second, "joins 1");
    assert!(other.starts_with("opens"), "{other}");
    assert!(quake.starts_with("opens"), "{quake}");
}

#[test]
fn a_flood_is_known_again_after_two_months_though_the_title_does_not_name_it() {
    let mut stories = Told::default();
    let tell = |stories: &mut Told, time: &str, title: &str, body: &[&str], dead: u64| {
        tell(stories, time, title, body, figure(Quantity::Exactly(dead), Some("governor")))
    };
    let first = tell(
        &mut stories,
        "2023-09-12T08:00:00Z",
        "Flood in Derna, Libya: 2,214 dead",
        &[
            "A flood swept through Derna in the east of Libya on Sunday night, the governor said.",
            "Two dams had burst.",
        ],
        2_214,
    );
    let later = tell(
        &mut stories,
        "2023-11-09T08:00:00Z",
        "Governor reads out a list of 3,077",
        &[
            "The register of those lost in the flood was read out on a square in Derna on Thursday.",
            "It was long, and nobody left. Salma Werfalli held a photograph; her brothers had come from Tobruk and Benghazi.",
            "Engineers of the Norland Institute, led by Ines Falk, look at the dams. Cyprus, Malta and Tunis sent theirs home.",
        ],
        3_077,
    );
    assert_eq!([first.as_str(), later.as_str()], ["opens Derna floods, September 2023", "joins 1"]);
}

#[test]
fn the_toll_of_a_whole_war_is_another_story_than_one_day_of_it() {
    let mut stories = Told::default();
    let tell = |stories: &mut Told, time: &str, title: &str, body: &str, dead: u64| {
        tell(stories, time, title, &[body], figure(Quantity::AtLeast(dead), None))
    };
    let war = tell(
        &mut stories,
        "2025-03-06T08:00:00Z",
        "Syria after the war: a country counts",
        "More than half a million people were killed in Syria between 2011 and 2024. Families of Latakia still look for theirs.",
        500_000,
    );
    let coast = tell(
        &mut stories,
        "2025-03-08T08:00:00Z",
        "Over 700 killed in three days on Syria's coast",
        "Killings went on in Latakia and along the coast of Syria, after years of war, families said.",
        700,
    );
    let later = tell(
        &mut stories,
        "2025-03-09T08:00:00Z",
        "Killings on Syria's coast: over 1,000 dead",
        "The killings in Latakia and along the coast of Syria have not ended, families said.",
        1_000,
    );
    assert!(war.starts_with("opens"), "{war}");
    assert_eq!(coast, "opens Syria coast killings, March 2025");
    assert_eq!(later, "joins 2");
}

#[test]
fn a_story_is_named_by_the_event_of_its_title() {
    let name = |title: &str, body: &str| -> String {
        let at: Timestamp = "2031-04-01T08:00Z".parse().expect("a time");
        let article = article("Norland Gazette", at, Text::from_parts(title, [body]));
        let reading = Reading { figures: vec![figure(Quantity::Exactly(4), None)], ..Reading::default() };
        place(&mut Told::default(), &article, &reading, at, &[])
    };
    let shown = [
        name(
            "Four dead as bus falls into ravine near Port Ellery",
            "Firefighters and a helicopter came to the highway.",
        ),
        name("Gunman kills four at prayers in Port Ellery", "Police fired back. A truck burned on the highway."),
        name("Typhoon kills four at Port Ellery", "A boat sank and a bridge fell. The train line is shut."),
        name("Four killed as train hits truck at Port Ellery", "The train was late, railway staff said."),
        name("Fire in Port Ellery flats kills four", "Nine are displaced. The jail next door was evacuated."),
    ]
    .join("\n");
    insta::assert_snapshot!(shown, @r"
    opens Port Ellery bus crash, April 2031
    opens Port Ellery shooting, April 2031
    opens Port Ellery typhoon, April 2031
    opens Port Ellery train crash, April 2031
    opens Port Ellery fire, April 2031
    ");
}

#[test]
fn a_story_that_the_config_names_comes_first() {
    let named = NamedStory {
        name: "Norland unrest".to_owned(),
        places: vec!["Norland".to_owned()],
        words: vec!["protest".to_owned(), "protests".to_owned()],
        since: Some("2031-01-01T00:00Z".parse().expect("a time")),
        until: None,
    };
    let at: Timestamp = "2031-04-01T08:00Z".parse().expect("a time");
    let reading = Reading { figures: vec![figure(Quantity::Exactly(3), None)], ..Reading::default() };
    let hit = article("Gazette", at, Text::from_parts("Three die in protests", ["Protests went on in Norland."]));
    let early = at - SignedDuration::from_hours(24 * 365);
    let mut stories = Told::default();
    let named = [named];
    assert_eq!(place(&mut stories, &hit, &reading, at, &named), "opens Norland unrest");
    assert_eq!(place(&mut stories, &hit, &reading, at, &named), "joins 1");
    assert!(
        matches!(link(&hit, &reading, early, &Index::default(), &named), Link::Opens(draft) if draft.configured.is_none())
    );
    let miss = article("Gazette", at, Text::from_parts("Three die", ["Protestants met in Norlandia."]));
    assert!(
        matches!(link(&miss, &reading, at, &Index::default(), &named), Link::Opens(draft) if draft.configured.is_none())
    );
}

#[test]
fn an_article_that_counts_nobody_belongs_to_no_story() {
    let at = Timestamp::UNIX_EPOCH;
    let article = article("Gazette", at, Text::from_parts("A quiet day", ["Nothing happened."]));
    assert_eq!(link(&article, &Reading::default(), at, &Index::default(), &[]), Link::Nothing);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order in which articles come in, the tolls are the same in the end.
    #[test]
    fn any_order_of_arrival_ends_in_the_same_tolls(issues in some_issues(), seed in any::<u64>()) {
        let (claims, _) = all(&issues);
        let mut shuffled = issues;
        shuffled.sort_by_key(|issue| (seed ^ issue.id.0 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let start: Timestamp = "2031-09-01T00:00Z".parse().expect("a time");
        for (nth, issue) in (0..).zip(&mut shuffled) {
            issue.seen = start + SignedDuration::from_mins(nth);
        }
        let (claims_of_shuffled, _) = all(&shuffled);
        prop_assert_eq!(tolls(&claims), tolls(&claims_of_shuffled));
    }

    /// A claim comes of every figure; each change has a claim that was told, moves a count, and starts from what stood.
    #[test]
    fn changes_rest_on_claims(issues in some_issues()) {
        let mut past: Vec<Claim> = Vec::new();
        for issue in &issues {
            let observed = issue.observe(&past);
            prop_assert_eq!(observed.claims.len(), issue.figures.len());
            for change in &observed.changes {
                let claim = observed.claims.iter().find(|claim| claim.id == change.claim);
                prop_assert_eq!(claim.map(|claim| claim.verdict), Some(Verdict::Told));
                let before = change.before.map(Quantity::told);
                match change.kind {
                    ChangeKind::First => prop_assert_eq!(before, None),
                    ChangeKind::Rise => prop_assert!(before < Some(change.after.told())),
                    ChangeKind::Fall => prop_assert!(before > Some(change.after.told())),
                    ChangeKind::Conflict => prop_assert!(before.is_some() && before != Some(change.after.told())),
                }
            }
            past.extend(observed.claims);
        }
    }
}

fn some_issues() -> impl Strategy<Value = Vec<Issue>> {
    let quantity = prop_oneof![
        (0_u64..3_000).prop_map(Quantity::Exactly),
        (0_u64..3_000).prop_map(Quantity::AtLeast),
        (0_u64..3_000).prop_map(Quantity::AtMost),
        (0_u64..300).prop_map(|n| Quantity::About(10 * n)),
        (0_u64..300, 0_u64..300).prop_map(|(a, b)| Quantity::between(a, b)),
        prop_oneof![Just(24), Just(200), Just(2_000)].prop_map(Quantity::Vague),
    ];
    let source = prop_oneof![Just(None), Just(Some("police")), Just(Some("SOHR")), Just(Some("the ministry"))];
    let group = prop_oneof![Just(Group::People), Just(Group::Civilians)];
    let measure = prop_oneof![Just(Measure::Killed), Just(Measure::Missing)];
    let status = prop_oneof![4 => Just(Status::Current), 1 => Just(Status::Previous)];
    let figure = (quantity, source, group, measure, status).prop_map(|(quantity, source, group, measure, status)| {
        Figure { group, measure, status, ..figure(quantity, source) }
    });
    let issue = (prop::collection::vec(figure, 1..5), 0_i64..100, 0_usize..4);
    prop::collection::vec(issue, 1..12).prop_map(|drawn| {
        let start: Timestamp = "2031-08-01T00:00Z".parse().expect("a time");
        let issue = |(nth, (figures, hours, outlet)): (i64, (Vec<Figure>, i64, usize))| {
            let published = start + SignedDuration::from_hours(hours);
            let mut article = article(
                ["Gazette", "Post", "Courier", "Herald"][outlet],
                published,
                Text::from_parts("Title", ["Text."]),
            );
            article.url = Url::parse(&format!("https://example.org/{nth}")).expect("an address");
            article.fingerprint = fingerprint(nth);
            Issue {
                id: ArticleId(nth),
                version: 1,
                article,
                figures,
                seen: start + SignedDuration::from_hours(100),
                baseline: false,
            }
        };
        (1..).zip(drawn).map(issue).collect()
    })
}

/// Takes the issues in, one after the other; gives all claims and the number of changes told.
fn all(issues: &[Issue]) -> (Vec<Claim>, usize) {
    let mut claims = Vec::new();
    let mut changes = 0;
    for issue in issues {
        let observed = issue.observe(&claims);
        changes += observed.changes.len();
        claims.extend(observed.claims);
    }
    (claims, changes)
}

fn model_case() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/timelines/syria-coast.tsv"))
        .expect("the model case")
}

/// The stories told so far.
#[derive(Default)]
struct Told {
    index: Index,
    stories: HashMap<StoryId, Story>,
}

/// Puts an article where it belongs, as the caller of [`link`] does.
fn place(stories: &mut Told, article: &Article, reading: &Reading, at: Timestamp, named: &[NamedStory]) -> String {
    match link(article, reading, at, &stories.index, named) {
        Link::Joins(id) => {
            let story = stories.stories.get_mut(&id).expect("it was among them");
            stories.index.join(story, article, reading, at);
            format!("joins {id}")
        }
        Link::Opens(draft) => {
            let told = format!("opens {}", draft.name);
            let id = StoryId(stories.stories.len() as i64 + 1);
            let story = Story {
                id,
                slug: slug(&draft.name),
                name: draft.name,
                configured: draft.configured,
                muted: false,
                first: draft.at,
                last: draft.at,
                profile: draft.profile,
            };
            stories.index.add(&story);
            stories.stories.insert(id, story);
            told
        }
        Link::Nothing => "nothing".to_owned(),
    }
}

/// Runs a timeline and writes it anew, with the outcomes that came out.
fn retold(written: &str) -> String {
    let mut issues = issues(written).into_iter();
    let mut claims: Vec<Claim> = Vec::new();
    let mut outcomes: Vec<String> = Vec::new();
    let mut told = String::new();
    for line in written.lines() {
        if line.starts_with("article ") {
            let issue = issues.next().expect("an issue for each article line");
            let observed = issue.observe(&claims);
            outcomes = observed.claims.iter().map(|claim| outcome(claim, &observed)).rev().collect();
            claims.extend(observed.claims);
        }
        match line.rsplit_once('\t') {
            Some((figure, _)) if !line.starts_with('#') => {
                let outcome = outcomes.pop().expect("an outcome for each figure");
                writeln!(told, "{figure}\t{outcome}").expect("a string takes all");
            }
            _ => writeln!(told, "{line}").expect("a string takes all"),
        }
    }
    told
}

fn outcome(claim: &Claim, observed: &Observed) -> String {
    let Some(change) = observed.changes.iter().find(|change| change.claim == claim.id) else {
        return claim.verdict.to_string();
    };
    let before = change.before.map(|quantity| match quantity {
        Quantity::Vague(24) => "dozens".to_owned(),
        quantity => quantity.to_string(),
    });
    match (change.kind, before) {
        (ChangeKind::Conflict, Some(before)) => format!("conflict with {before}: {}", change.reason),
        (kind, Some(before)) => format!("{kind} from {before}: {}", change.reason),
        (kind, None) => format!("{kind}: {}", change.reason),
    }
}

fn first_difference(written: &str, told: &str) -> String {
    let pair = written.lines().zip(told.lines()).find(|(a, b)| a != b);
    pair.map_or_else(String::new, |(a, b)| format!("written: {a}\n   came: {b}"))
}

/// Reads a timeline: the form stands at the top of `syria-coast.tsv`.
fn issues(written: &str) -> Vec<Issue> {
    let mut issues: Vec<Issue> = Vec::new();
    let mut sketches: HashMap<i64, Fingerprint> = HashMap::new();
    for line in written.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if let Some(head) = line.strip_prefix("article ") {
            let parts: Vec<&str> = head.split(" | ").collect();
            let [number, published, outlet, special @ ..] = parts.as_slice() else { panic!("`{line}` is no article") };
            let number: i64 = number.parse().expect("a number");
            let special = special.first().copied().unwrap_or_default();
            let after = |word: &str| special.strip_prefix(word);
            let published: Timestamp = published.parse().expect("a time");
            let sketch = match after("copy of ") {
                Some(original) => Fingerprint(sketches[&original.parse().expect("a number")].0 ^ 0b101),
                None => fingerprint(number),
            };
            sketches.insert(number, sketch);
            let mut article = article(outlet, published, Text::from_parts("Title", []));
            article.url = Url::parse(&format!("https://example.org/{number:04}")).expect("an address");
            article.modified = Some(published);
            article.fingerprint = sketch;
            issues.push(Issue {
                id: ArticleId(number),
                version: after("version ").map_or(1, |n| n.parse().expect("a version")),
                article,
                figures: Vec::new(),
                seen: after("seen ").map_or(published, |seen| seen.parse().expect("a time")),
                baseline: special == "baseline",
            });
            continue;
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let [number, measure, group, source, known, ..] = columns.as_slice() else { panic!("`{line}` is no figure") };
        let issue = issues.last_mut().expect("an article before its figures");
        let before = if *known == "in passing" { "They told of the day. ".repeat(20) } else { String::new() };
        let before = format!("{}\n{before}", issue.article.text.as_str());
        let at = before.len();
        let since = if *known == "anew" { " since fighting resumed" } else { "" };
        let sentence = format!("{number} {measure}{since}.");
        let whole = format!("{before}{sentence}");
        issue.article.text = Text::from_plain(whole);
        let mut figure = figure(quantity(number), (!source.is_empty()).then_some(*source));
        figure.measure = measure.parse().expect("a measure");
        figure.group = group.parse().expect("a group");
        figure.span = Span { start: at, end: at + number.len() };
        figure.sentence = Span { start: at, end: at + sentence.len() };
        match *known {
            "part" => figure.scope = Scope::Part,
            "other" => figure.scope = Scope::Other,
            "previous" => figure.status = Status::Previous,
            "in passing" => figure.confidence = Confidence::per_mille(800),
            "unsure" => figure.confidence = Confidence::per_mille(200),
            "surely" => figure.confidence = Confidence::per_mille(995),
            "headline" | "anew" | "" => {}
            other => panic!("`{other}` is nothing that is known of a figure"),
        }
        if (figure.scope, figure.status) != (Scope::Story, Status::Current) {
            figure.headline = Confidence::NONE;
        }
        issue.figures.push(figure);
    }
    issues
}

fn quantity(words: &str) -> Quantity {
    let number = |text: &str| text.replace(',', "").parse::<u64>().expect("a number");
    match words {
        "dozens" => Quantity::Vague(24),
        "hundreds" => Quantity::Vague(200),
        _ => match words.split_once(' ') {
            Some(("over", n)) => Quantity::AtLeast(number(n)),
            Some(("about", n)) => Quantity::About(number(n)),
            _ => Quantity::Exactly(number(words)),
        },
    }
}

fn figure(quantity: Quantity, source: Option<&str>) -> Figure {
    Figure {
        quantity,
        measure: Measure::Killed,
        group: Group::People,
        source: source.map(str::to_owned),
        place: None,
        period: None,
        status: Status::Current,
        scope: Scope::Story,
        span: Span { start: 0, end: 1 },
        sentence: Span { start: 0, end: 1 },
        confidence: Confidence::per_mille(900),
        headline: Confidence::per_mille(900),
        rule: "timeline".into(),
        derived: None,
    }
}

fn article(outlet: &str, published: Timestamp, text: Text) -> Article {
    Article {
        url: Url::parse("https://example.org/a").expect("an address"),
        outlet: outlet.to_owned(),
        language: Some("en".to_owned()),
        published: Some(published),
        modified: None,
        text,
        flags: Vec::new(),
        fingerprint: Fingerprint(u64::MAX),
    }
}

/// A sketch far from every other: consecutive numbers, well mixed.
fn fingerprint(number: i64) -> Fingerprint {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Fingerprint((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9))
}
