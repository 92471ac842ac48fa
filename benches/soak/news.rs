//! What the press of the soak writes, in words of our own: invented places, bodies and events.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::world::{Dice, Event, Piece, Topic, World};

pub struct Report {
    pub title: String,
    pub paragraphs: Vec<String>,
}

/// A kind of event: what it is called, how the dead came by their deaths, who counts them, whether people are missing.
/// `{a}` stands for its place, `{b}` for the town nearby.
struct Kind {
    name: &'static str,
    when: &'static str,
    source: &'static str,
    has_missing: bool,
}

const KINDS: [Kind; 10] = [
    Kind {
        name: "ferry sinking on Lake {a}",
        when: "when a passenger ferry sank on Lake {a}",
        source: "the harbour police of {b}",
        has_missing: true,
    },
    Kind {
        name: "earthquake in {a}",
        when: "when an earthquake struck {a}",
        source: "the civil defence of {b}",
        has_missing: true,
    },
    Kind {
        name: "floods in {a}",
        when: "in the floods that swept through {a}",
        source: "the governor of {b}",
        has_missing: true,
    },
    Kind {
        name: "market bombing in {a}",
        when: "when a bomb went off at a market in {a}",
        source: "the police of {b}",
        has_missing: false,
    },
    Kind {
        name: "fighting around {a}",
        when: "in fighting around {a}",
        source: "the health ministry in {b}",
        has_missing: false,
    },
    Kind {
        name: "shelling of {a}",
        when: "in the shelling of {a}",
        source: "the health office of {b}",
        has_missing: false,
    },
    Kind {
        name: "mine collapse at {a}",
        when: "when a mine collapsed at {a}",
        source: "the mine's owners in {b}",
        has_missing: true,
    },
    Kind {
        name: "factory fire in {a}",
        when: "when a textile factory burned down in {a}",
        source: "the fire brigade of {b}",
        has_missing: false,
    },
    Kind {
        name: "landslide above {a}",
        when: "when a landslide buried houses above {a}",
        source: "the rescue service of {b}",
        has_missing: true,
    },
    Kind {
        name: "train crash near {a}",
        when: "when two trains crashed near {a}",
        source: "the railway office in {b}",
        has_missing: false,
    },
];

/// What is told of an event beside its counts.
const AROUND: [&str; 16] = [
    "The road from {b} to {a} was closed to all but ambulances, and a queue of lorries reached back to the river.",
    "Neighbours brought blankets and soup to the school of {a}, where families wait for word.",
    "The mayor of {b}, {p}, asked for tents, generators and clean water, and thanked the volunteers of the district.",
    "\"Nobody here has slept,\" said {p}, a teacher from {a}, who keeps a list of names in an exercise book.",
    "Ministers met in {b} to talk about help, and were to report to the assembly on {w}.",
    "Doctors at the hospital of {b}, which {p} leads, said that they were short of blood and of beds.",
    "Telephones in the hills behind {a} did not work, and news came down with those who walked.",
    "A government that had promised better warnings two years ago was asked what had become of them.",
    "The first funerals were held in {a} on {w}, under a grey sky, with the shops of the high street shut.",
    "Neighbouring countries offered dogs, cranes and engineers; the first of them landed at {b} in the evening.",
    "Prayers were said in the churches and mosques of {b}, and flags flew at half mast.",
    "An inquiry was opened, and its head, {p}, told reporters that it would look at papers and at people alike.",
    "Markets in {b} opened late, and the price of bread there rose within a day.",
    "Rain was forecast for the night, and the engineers at {a} feared that it would slow their work.",
    "The company that had the contract for {a} said that it would help wherever it could.",
    "Pictures from {a} showed men with shovels, and women who handed out tea beside them.",
];

/// What is told on any other day.
const ANYTHING: [&str; 36] = [
    "The council of {a} met on {w} to talk about the price of {g} and about what it can do for those who grow it.",
    "Growers around {b} say that {g} costs {n} percent more than a year ago, and that the rain has come too late.",
    "A bridge over the river at {a} will be closed for {n} weeks, the works office of the town has announced.",
    "\"We had not expected so many visitors,\" said the head of the museum in {b}, which opened on {w}.",
    "The railway between {a} and {b} is to run each hour from the spring on, twice as often as now.",
    "Teachers in {a} have asked for smaller classes; the ministry answered that it would look at the figures.",
    "The harbour of {b} handled {n} ships in the month, among them the first that burns no oil.",
    "A court in {a} heard two experts on {w} in the quarrel about the old mill, and put off its decision.",
    "Footballers of {b} won their third match in a row before {m} people, with a goal in the last minute.",
    "The bank lowered its forecast for the year, and named {g} and the weather as its reasons.",
    "A writer from {a} was given the prize of the academy for a novel about three sisters and a lighthouse.",
    "The price of {g} fell for the second week, traders in {b} said, since ships had come in from the south.",
    "Engineers want to find out by {w} why the lights went out in {n} streets of {a}.",
    "The minister opened a school in {b} and promised that others would follow within the year.",
    "A festival of choirs brings {m} singers to {a}; the inns of the valley have been full for weeks.",
    "Parliament passed the law on water by a large majority after a debate of six hours.",
    "Scientists at the institute in {b} have counted {n} kinds of moss on one hill, five of them unknown before.",
    "Owners of small shops in {a} fear for their trade, since a large one is to be built beside the motorway.",
    "The fair at {b} closed with more orders than in any year since it was founded, its office said.",
    "Two countries signed a treaty on fishing after talks that had gone on for {n} months.",
    "A cold front reaches {a} on {w}, with wind from the north and snow in the hills.",
    "The airline will fly from {b} to the coast twice a day and has ordered {n} aircraft of a new kind.",
    "Readers of the library in {a} may keep books for six weeks, and pay nothing when they bring them late.",
    "Candidates for the office of mayor spoke in the hall of {b} about buses, rents and trees.",
    "The cooperative of {m} families will meet to decide how much of the harvest of {g} it can keep back.",
    "A film about the lighthouse keepers of {a} opens in the cinemas of the capital on {w}.",
    "Inspectors looked at {n} kitchens in {b}, and found little that they did not like.",
    "The union and the owners of the yards at {a} agreed on wages for two years, and the strike is over.",
    "Visitors paid {m} crowns for a chair that once stood in the town hall of {b}.",
    "The new road shortens the way from {a} to {b} by {n} minutes, and has taken four years to build.",
    "Bees do better in the gardens of {a} than in the fields around it, a study over three summers finds.",
    "The opposition asked the government to say what the stadium in {b} will cost in the end.",
    "Swimmers from {a} brought home three medals, one of them from the longest race.",
    "The post office of {b} keeps its counter, after {m} people had signed a letter to the ministry.",
    "A comet can be seen over {a} until {w}, low in the west, by those who get up early.",
    "The theatre in {b} plays before full houses, and looks for a second stage.",
];

const GOODS: [&str; 8] = ["oil", "wheat", "olives", "coffee", "timber", "salt", "wool", "rice"];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a piece says at this time.
pub fn write(world: &World, piece: Piece, now: Timestamp) -> Report {
    let published = world.published(piece);
    let mut dice = world.words_of(&[piece.feed, piece.nth as u64]);
    match world.topic(piece) {
        Topic::Other => other(&mut dice, published),
        Topic::Passing => passing(&mut dice, published),
        Topic::Running(event) => {
            // The count is some hours old when it is printed. A copy of the agency's report has the agency's words.
            let is_copy = dice.hits(20);
            let lag = SignedDuration::from_mins(dice.below(300) as i64);
            let counted = if is_copy { published } else { published - lag };
            let counted = world.amended(piece, now).unwrap_or(counted);
            let quarter = counted.as_second().div_euclid(6 * 3_600);
            let agency = Timestamp::from_second(quarter * 6 * 3_600).unwrap_or(counted);
            match is_copy {
                true => running(world, &event, agency, &mut world.words_of(&[event.number, quarter as u64])),
                false => running(world, &event, counted, &mut dice),
            }
        }
    }
}

fn running(world: &World, event: &Event, at: Timestamp, dice: &mut Dice) -> Report {
    // Its kind and its places are the event's, whoever writes of it.
    let mut own = world.words_of(&[u64::MAX, event.number]);
    let kind = own.pick(&KINDS);
    let (a, b) = (place(own.next()), place(own.next()));
    let fill = |text: &str, dice: &mut Dice| fill(text, &a, &b, dice, at);
    let name = fill(kind.name, dice);
    let is_other_voice = dice.hits(15);
    let source = if is_other_voice { format!("the {a} Rights Monitor") } else { fill(kind.source, dice) };
    let dead = event.dead_by(at);
    let dead = if is_other_voice { dead + dead / 9 } else { dead };
    let before = event.dead_by(at - SignedDuration::from_hours(24));
    let injured = dead * (2 + own.below(3)) + own.below(9);
    let missing = (event.dead_by(event.opened + SignedDuration::from_hours(24 * 60)) - event.dead_by(at)) / 2 + 2;
    let day = weekday(at);

    let title = match dice.below(4) {
        0 => format!("Toll in {name} rises to {}", number(dead)),
        1 => format!("{} dead in {name}, {} says", number(dead), without_article(&source)),
        2 => format!("{}: {} killed", capital(&name), number(dead)),
        _ => format!("At least {} killed {}", number(dead), fill(kind.when, dice)),
    };
    let lead = match dice.below(3) {
        0 => format!("At least {} people were killed {}, {source} said on {day}.", number(dead), fill(kind.when, dice)),
        1 => format!("The death toll of the {name} has risen to {}, {source} said on {day}.", number(dead)),
        _ => format!("{} put the number of people killed in the {name} at {}.", capital(&source), number(dead)),
    };
    let mut paragraphs = vec![lead];
    let mut counts = format!("{} people were injured and were taken to {b}, {source} said.", number(injured));
    if kind.has_missing && dice.hits(70) {
        let _ = write!(counts, " Another {} people are still missing.", number(missing));
    }
    if dead >= 20 && dice.hits(40) {
        let _ = write!(counts, " {} of the dead were children.", number(dead / 5));
    }
    paragraphs.push(counts);
    if before + 2 < dead && dice.hits(40) {
        paragraphs.push(format!("The count had stood at {} the day before.", number(before)));
    }
    let around = dice.below(4) as usize + 3;
    let first = dice.below(AROUND.len() as u64) as usize;
    for two in (0..around).map(|n| [first + 2 * n, first + 2 * n + 1]) {
        let sentences = two.map(|at| fill(AROUND[at % AROUND.len()], dice));
        paragraphs.push(sentences.join(" "));
    }
    Report { title, paragraphs }
}

/// An accident of which nobody writes again.
fn passing(dice: &mut Dice, at: Timestamp) -> Report {
    let (a, b) = (place(dice.next()), place(dice.next()));
    let dead = dice.below(6) + 2;
    let day = weekday(at);
    let (title, lead) = match dice.below(3) {
        0 => (
            format!("{dead} killed in bus crash near {a}"),
            format!(
                "{} people were killed when a bus left the road near {a}, the police of {b} said on {day}.",
                number(dead)
            ),
        ),
        1 => (
            format!("{dead} die in house fire in {a}"),
            format!("{} people died in a fire in {a} on {day}, the fire brigade of {b} said.", number(dead)),
        ),
        _ => (
            format!("Gunmen kill {dead} in {a}"),
            format!(
                "Gunmen shot {} people dead in a café in {a} on {day}, according to the police of {b}.",
                number(dead)
            ),
        ),
    };
    let mut paragraphs = vec![lead];
    for _ in 0..4 {
        paragraphs.push(fill(dice.pick::<&str>(&AROUND), &a, &b, dice, at));
    }
    Report { title, paragraphs }
}

fn other(dice: &mut Dice, at: Timestamp) -> Report {
    let (a, b) = (place(dice.next()), place(dice.next()));
    let sentence = |dice: &mut Dice| fill(dice.pick::<&str>(&ANYTHING), &a, &b, dice, at);
    let first = sentence(dice);
    let title = first.split([',', ';']).next().unwrap_or(&first).trim_end_matches('.').replace('"', "");
    let mut paragraphs = vec![first];
    for _ in 0..5 + dice.below(6) {
        let sentences: Vec<String> = (0..2 + dice.below(2)).map(|_| sentence(dice)).collect();
        paragraphs.push(sentences.join(" "));
    }
    Report { title, paragraphs }
}

fn fill(text: &str, a: &str, b: &str, dice: &mut Dice, at: Timestamp) -> String {
    let text = text.replace("{a}", a).replace("{b}", b).replace("{w}", weekday(at));
    let text = text.replace("{g}", dice.pick::<&str>(&GOODS)).replace("{n}", &(2 + dice.below(60)).to_string());
    let text = text.replace("{m}", &number(1_000 + dice.below(9_000)));
    // A person belongs to a place.
    let of_the_place =
        a.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)).wrapping_mul(8) + dice.below(8);
    if text.contains("{p}") { text.replace("{p}", &person(of_the_place)) } else { text }
}

/// A place for every number: some twelve thousand.
fn place(number: u64) -> String {
    const FIRST: [&str; 16] =
        ["Ba", "Dor", "Fel", "Gur", "Hal", "Kar", "Lom", "Mer", "Nur", "Pel", "Ras", "Sol", "Tav", "Vel", "Wes", "Zar"];
    const MIDDLE: [&str; 8] = ["a", "e", "i", "o", "u", "ani", "ero", "ilo"];
    const LAST: [&str; 12] = ["bad", "dun", "gar", "kesh", "lund", "mor", "nak", "port", "ravo", "stad", "tal", "vik"];
    let mut dice = Dice::of(&[number]);
    let (first, middle, last) = (*dice.pick(&FIRST), *dice.pick(&MIDDLE), *dice.pick(&LAST));
    format!("{first}{middle}{}{last}", ["b", "d", "k", "m", "n", "r", "s", "t"][dice.below(8) as usize])
}

/// A person for every number: as a rule no two stories have one in common.
fn person(number: u64) -> String {
    const FIRST: [&str; 12] =
        ["Anna", "Boris", "Clara", "Daud", "Elena", "Farid", "Greta", "Hana", "Ivan", "Jonas", "Karim", "Lena"];
    let mut dice = Dice::of(&[number, 1]);
    let first = *dice.pick(&FIRST);
    let family = place(dice.next());
    format!("{first} {family}ov")
}

fn weekday(at: Timestamp) -> &'static str {
    DAYS[at.to_zoned(TimeZone::UTC).weekday().to_monday_zero_offset() as usize]
}

/// A number as the press prints it: 1,018.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn without_article(source: &str) -> &str {
    source.strip_prefix("the ").unwrap_or(source)
}
