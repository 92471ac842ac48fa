//! What a person decides about stories, and what later articles make of it.

use std::collections::BTreeSet;
use std::fs;

use tollwatch::model::{Article, ArticleId, Fingerprint, Story, Text};
use tollwatch::pipeline::{self, Incoming, Memory, NotSplit, Rules, Taken};
use tollwatch::scrape;
use tollwatch::store::{Fetched, Store};
use tollwatch::track;

use crate::process::Process;
use crate::watch::time;

/// Two raids on one village within three days, as outlets report them.
const FIRST: [(&str, &str, &str); 2] = [
    (
        "2025-03-03T10:00:00Z",
        "12 killed in raid on Orvane",
        "Twelve people were killed in a raid on the village of Orvane on Monday, the Tarsa Rights Group said.\n\
         Gunmen of the Red Falcons came over the Kasra bridge at dawn and fired at the bakery in the Millers' Lane.",
    ),
    (
        "2025-03-07T10:00:00Z",
        "Red Falcons raid on Orvane killed 14, group says",
        "The raid of the Red Falcons on the village of Orvane killed 14 people, the Tarsa Rights Group said.\n\
         Two of those who were shot at the bakery in the Millers' Lane died, and the Kasra bridge is still closed.",
    ),
];
const SECOND: [(&str, &str, &str); 2] = [
    (
        "2025-03-05T10:00:00Z",
        "31 killed in raid on Orvane",
        "Thirty-one people were killed in a raid on the village of Orvane on Wednesday, governor Halim Dask said.\n\
         Soldiers of the Fourth Brigade burned the grain store and the Saint Mira clinic before they left at noon.",
    ),
    (
        "2025-03-08T10:00:00Z",
        "Fourth Brigade raid on Orvane killed 35, governor says",
        "The raid of the Fourth Brigade on the village of Orvane killed 35 people, governor Halim Dask said.\n\
         Four patients of the Saint Mira clinic died of their burns, and the grain store is lost.",
    ),
];

fn take_in(store: &mut Store, report: (&str, &str, &str)) -> Story {
    take_in_with(store, &mut Memory::default(), report).story.expect("it counts people")
}

fn take_in_with(store: &mut Store, memory: &mut Memory, (published, title, text): (&str, &str, &str)) -> Taken {
    let text = Text::from_parts(title, text.lines());
    let slug = title.replace(' ', "-").to_lowercase();
    let article = Article {
        url: format!("https://orvane.example/{slug}").parse().unwrap(),
        outlet: "Orvane Herald".to_owned(),
        language: Some("en".to_owned()),
        published: Some(time(published)),
        modified: None,
        flags: Vec::new(),
        fingerprint: Fingerprint(scrape::fingerprint(text.body()).0),
        text,
    };
    let fetched = Fetched { at: time(published), page_sha256: None };
    let incoming = Incoming { item: None, article, fetched, page: None, baseline: false };
    pipeline::take_in(store, memory, &Rules::default(), &incoming).unwrap()
}

/// A ferry that sinks far from Orvane.
const FERRY: [(&str, &str, &str); 2] = [
    (
        "2025-03-04T08:00:00Z",
        "Ferry sinks off Port Ellery, 31 drowned",
        "Thirty-one people drowned when the ferry Grey Heron sank off Port Ellery, the Norland coast guard said.",
    ),
    (
        "2025-03-08T10:00:00Z",
        "Divers find more bodies in the Grey Heron off Port Ellery",
        "The sinking of the ferry Grey Heron off Port Ellery killed 35 people, the Norland coast guard said.",
    ),
];

#[test]
fn what_is_kept_at_hand_changes_nothing_of_what_is_made_of_an_article() {
    let (mut kept, mut memory) = (Store::in_memory().unwrap(), Memory::default());
    let mut anew = Store::in_memory().unwrap();
    for report in [FIRST[0], FERRY[0], SECOND[0], FIRST[1], FERRY[1], SECOND[1], FIRST[1]] {
        let with_memory = take_in_with(&mut kept, &mut memory, report);
        let without = take_in_with(&mut anew, &mut Memory::default(), report);
        assert_eq!(with_memory.story, without.story, "{report:?}");
        assert_eq!(with_memory.claims, without.claims, "{report:?}");
        assert_eq!(with_memory.changes, without.changes, "{report:?}");
    }
    assert_eq!(kept.stories().unwrap().len(), 2);
}

#[test]
fn what_another_program_decides_is_noticed_by_the_next_article() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tollwatch.db");
    let (mut daemon, mut memory) = (Store::open(&path).unwrap(), Memory::default());
    let one = take_in_with(&mut daemon, &mut memory, FIRST[0]).story.unwrap();
    let other = take_in_with(&mut daemon, &mut memory, FERRY[0]).story.unwrap();
    assert_ne!(one.id, other.id);
    Store::open(&path).unwrap().merge_story(other.id, one.id).unwrap();
    let later = take_in_with(&mut daemon, &mut memory, FERRY[1]);
    assert_eq!(later.story.unwrap().id, one.id);
    let rise = later.changes.iter().find(|change| change.after.told() == 35).expect("35 is news to the merged story");
    assert_eq!(rise.before.map(|before| before.told()), Some(31), "the claims of both are its past");
}

/// Three shootings of one summer, of which the first is told of twice; the last is in another town of the same state.
const SHOOTINGS: [(&str, &str, &str); 4] = [
    (
        "2025-06-02T10:00:00Z",
        "Boy, 9, killed in Miami drive-by shooting",
        "A 9-year-old boy was killed on Sunday night when a gunman fired at a porch on Sabal Avenue in Miami, police said.\n\
         Detectives asked anyone who saw a grey van to call Crime Stoppers. He died at Saint Orla Medical Center.",
    ),
    (
        "2025-06-10T10:00:00Z",
        "Man charged in Sabal Avenue shooting",
        "A man was charged on Monday in the shooting that killed a 9-year-old boy on his porch on Sabal Avenue in Miami.\n\
         Police found the grey van behind a laundry in Ferrow Park.",
    ),
    (
        "2025-07-14T10:00:00Z",
        "Teen killed in Miami shooting, police say",
        "A 16-year-old was killed on Sunday when someone fired into a barber's in the Ostley quarter of Miami, police said.\n\
         Detectives asked anyone who saw a man on a moped to call Crime Stoppers. The teenager died in hospital.",
    ),
    (
        "2025-07-16T10:00:00Z",
        "Girl, 12, killed in shooting in Dunmarrow",
        "A 12-year-old girl was killed on Tuesday when a shot went off in a house in Dunmarrow, Florida, police said.\n\
         Detectives said it was an accident. She died at the hospital.",
    ),
];

#[test]
fn the_next_shooting_in_a_city_is_another_story() {
    let mut store = Store::in_memory().unwrap();
    let stories = SHOOTINGS.map(|report| take_in(&mut store, report).id);
    assert_eq!(stories[0], stories[1], "a suspect is charged after a week");
    let told: BTreeSet<_> = stories[1..].iter().collect();
    assert_eq!(told.len(), 3, "{stories:?}");
}

/// Makes a store take the two raids for one.
fn fill(store: &mut Store) -> Story {
    let one = take_in(store, FIRST[0]);
    let other = take_in(store, SECOND[0]);
    if other.id != one.id {
        store.merge_story(other.id, one.id).unwrap();
    }
    store.story(one.id).unwrap().unwrap()
}

fn one_story() -> (Store, Story) {
    let mut store = Store::in_memory().unwrap();
    let story = fill(&mut store);
    (store, story)
}

#[test]
fn later_articles_join_whichever_part_they_are_more_like() {
    let (mut store, story) = one_story();
    let new = pipeline::split(&mut store, &story, &[ArticleId(2)], None, time("2025-03-06T00:00:00Z")).unwrap();
    assert_ne!(new.id, story.id);
    assert_eq!((new.first, new.last), (time(SECOND[0].0), time(SECOND[0].0)));
    assert_eq!(take_in(&mut store, FIRST[1]).id, story.id);
    assert_eq!(take_in(&mut store, SECOND[1]).id, new.id);
    let killed = |story: &Story| {
        let tolls = track::tolls(&store.claims(story.id).unwrap());
        tolls.iter().map(|toll| toll.quantity.told()).max()
    };
    assert_eq!((killed(&story), killed(&new)), (Some(14), Some(35)));
}

#[test]
fn what_a_person_decided_on_the_command_line_survives_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("t.db");
    let config = folder.path().join("t.toml");
    fs::write(&config, format!("[general]\ndatabase = {database:?}\n")).unwrap();
    let run = |arguments: &[&str]| {
        let output = Process::command().args(arguments).arg("-c").arg(&config).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), said)
    };
    let mut store = Store::open(&database).unwrap();
    let story = fill(&mut store);
    drop(store);
    assert_eq!(run(&["stories", "split", "1", "--name", "x"]).0, 64, "a name is that of a new story");
    let address = "https://orvane.example/31-killed-in-raid-on-orvane";
    let (code, said) = run(&["stories", "split", "1", address, "--name", " Clinic\nraid "]);
    let new = Store::open(&database).unwrap().find_story("clinic-raid").unwrap().expect("it was just opened").id;
    let expected = format!(
        "1 article of {} moved to story {new}, Clinic raid; `tollwatch stories merge {new} --into 1` undoes it\n",
        story.name
    );
    assert_eq!((code, said), (0, expected));
    assert_eq!(run(&["stories", "split", "1", "2"]).0, 66, "it is not there any more");

    let mut store = Store::open(&database).unwrap();
    assert_eq!(take_in(&mut store, SECOND[1]).slug, "clinic-raid");
    drop(store);
    let (_, shown) = run(&["stories", "show", "clinic-raid"]);
    assert!(shown.contains("\narticle  published (UTC)") && shown.contains("\n2        5 Mar 2025 10:00"), "{shown}");
    run(&["stories", "merge", "clinic-raid", "--into", "1"]);
    assert_eq!(Store::open(&database).unwrap().find_story("clinic-raid").unwrap().unwrap().id, story.id);
}

#[test]
fn a_name_that_a_person_gives_is_kept_and_a_later_decision_overrides() {
    let (mut store, story) = one_story();
    let at = time("2025-03-06T00:00:00Z");
    let new = pipeline::split(&mut store, &story, &[ArticleId(2)], Some("Clinic raid"), at).unwrap();
    assert_eq!((new.name.as_str(), new.slug.as_str()), ("Clinic raid", "clinic-raid"));
    take_in(&mut store, SECOND[1]);
    let third = pipeline::split(&mut store, &new, &[ArticleId(2), ArticleId(2)], None, at).unwrap();
    assert_eq!(third.profile.articles, 1, "an article that is named twice is moved once");
    store.merge_story(third.id, story.id).unwrap();
    let articles: BTreeSet<i64> = store.claims(story.id).unwrap().iter().map(|claim| claim.id.article.0).collect();
    assert_eq!(articles, BTreeSet::from([1, 2]));
}

#[test]
fn a_story_is_not_emptied_and_not_split_by_another_s_articles() {
    let (mut store, story) = one_story();
    let at = time("2025-03-06T00:00:00Z");
    let both = pipeline::split(&mut store, &story, &[ArticleId(1), ArticleId(2)], None, at);
    assert!(matches!(both, Err(NotSplit::NothingLeft)), "{both:?}");
    let none = pipeline::split(&mut store, &story, &[], None, at);
    assert!(matches!(none, Err(NotSplit::NothingLeft)), "{none:?}");
    let stranger = pipeline::split(&mut store, &story, &[ArticleId(9)], None, at);
    assert!(matches!(stranger, Err(NotSplit::NotOfStory(ArticleId(9)))), "{stranger:?}");
    assert_eq!(store.stories().unwrap().len(), 1);
}
