//! Whom a sentence tells of by name, age or kinship: "his wife, 60-year-old Ida", "their sons Jon (9) and Per", "her mother".

use smol_str::SmolStr;

use crate::extract::discourse::Line;
use crate::extract::lexicon::kin::{Kin, Sex, folded, sex_of_name};
use crate::extract::lexicon::lists::INTRODUCING;
use crate::extract::lexicon::{ADVERB, CONJUNCTION, DETERMINER, PERSON, THING};
use crate::extract::roll::age::{age, may_open, years_alone};
use crate::extract::roll::name::{given_name, is_pronoun, kin_at, name, name_words, number_before, title};
use crate::extract::roll::person::Person;
use crate::extract::token::{Kind, Token};

/// Whom a sentence tells of by name, age or kinship, whatever befell them; from a token on, which is the first behind a
/// quotation that goes on from the sentence before. Whose children or spouses they are goes to `parents`.
pub fn told_in(line: &Line, from: usize, parents: &mut Vec<Vec<SmolStr>>) -> Vec<Person> {
    let mut reader = Reader { line, told: Vec::new(), age: None, kin: None, head: None, pair: Vec::new(), parents };
    let mut at = from;
    while at < line.tokens.len() {
        at = reader.step(at).max(at + 1);
    }
    reader.flush();
    reader.told
}

/// A word for a relative that waits for the name behind it.
#[derive(Debug, Clone)]
struct Waiting {
    /// What it says.
    kin: Kin,
    /// Its first token, as "infant" before "daughter".
    first: usize,
    /// The token that is it.
    at: usize,
    /// How many they are.
    number: u64,
    /// Whose they are.
    whose: SmolStr,
    /// How many names have followed it.
    named: u64,
}

/// A sentence as it is read token by token.
struct Reader<'a> {
    line: &'a Line,
    /// Whom it has told of so far.
    told: Vec<Person>,
    /// An age that waits for who is so old: months, first token, last token.
    age: Option<(u64, usize, usize)>,
    /// A relative who waits for a name.
    kin: Option<Waiting>,
    /// Several relatives, whose names are listed behind.
    head: Option<Waiting>,
    /// Two relatives, whose names follow; the second first.
    pair: Vec<Kin>,
    /// Those who are told of as somebody's parents or spouses, by name.
    parents: &'a mut Vec<Vec<SmolStr>>,
}

/// Small words before a noun for somebody.
const DETERMINERS: &[&str] = &["the", "a", "an", "his", "her", "their"];
/// So many tokens of a quotation are a byname, not something said.
const BYNAME: usize = 4;

impl Reader<'_> {
    /// Reads on at a token; gives where to go on.
    fn step(&mut self, at: usize) -> usize {
        let tokens = &self.line.tokens;
        let token = &tokens[at];
        if token.kind == Kind::Word && !self.waits() && !may_tell(tokens, at) {
            return at + 1;
        }
        if token.is_quote() && !token.reads_any(&["'", "‘", "’"]) {
            let end = tokens[at + 1..].iter().position(|t| t.is_quote() && !t.reads_any(&["'", "‘", "’"]));
            return match end {
                Some(length) if length <= BYNAME => at + length + 2,
                Some(length) => {
                    self.flush();
                    at + length + 2
                }
                // A quotation that goes on in the next sentence.
                None if token.reads("“") => {
                    self.flush();
                    tokens.len()
                }
                None => at + 1,
            };
        }
        if let Some((months, end)) = age(tokens, at) {
            return self.aged(at, months, end);
        }
        if let Some(kin) = kin_at(tokens, at) {
            return self.relative(at, kin);
        }
        if let Some(end) = name(tokens, at) {
            return self.named(at, end);
        }
        let introduces = INTRODUCING.has(&token.lower);
        let noun = token.is(PERSON) && !token.capital && token.kind == Kind::Word;
        if token.reads(",") {
            // "His wife, 30-year-old Ida" and "his mother, and"
            let next = tokens.get(at + 1);
            let goes_on = age(tokens, at + 1).is_some()
                || name(tokens, at + 1).is_some()
                || next.is_some_and(|t| t.reads("the") || (t.is(PERSON) && !t.is(CONJUNCTION)))
                || (next.is_some_and(|t| t.reads_any(&["a", "an"])) && age(tokens, at + 2).is_some());
            if !goes_on {
                self.flush_one();
            }
        } else if token.reads("and") {
            self.flush_one();
        } else if !(introduces
            || token.reads_any(&[";", ":", "(", ")", "–", "—", "-"])
            || DETERMINERS.contains(&&*token.lower)
            || noun
            || token.is(ADVERB))
        {
            self.flush();
        }
        at + 1
    }

    /// Whether anything waits for who follows, or for the end of the phrase.
    fn waits(&self) -> bool {
        self.age.is_some() || self.kin.is_some() || self.head.is_some() || !self.pair.is_empty()
    }

    /// Reads an age: of the one told of right before it, or of the one who follows.
    fn aged(&mut self, at: usize, months: u64, end: usize) -> usize {
        let tokens = &self.line.tokens;
        let led = at.checked_sub(1).map(|i| &tokens[i]);
        let follows =
            tokens.get(end + 1).is_some_and(|_| name(tokens, end + 1).is_some() || kin_at(tokens, end + 1).is_some());
        let behind = led.is_some_and(|t| t.reads_any(&[",", "(", "–", "—", "-", "who was", "was"]))
            && self.told.last().is_some_and(|p| p.months.is_none() && p.last + 2 >= at && p.number == 1 && p.last < at);
        let adjective = tokens[end].lower.ends_with("old");
        let byname = self.told.last().is_some_and(|p| {
            p.months.is_none()
                && p.last < at
                && at - p.last <= BYNAME + 3
                && tokens[p.last + 1..at].iter().any(|t| t.reads("("))
        });
        if (behind && !(adjective && follows)) || (byname && !follows) {
            let last = self.told.last_mut().expect("there is one behind which the age stands");
            last.months = Some(months);
            last.bare = false;
            last.last = end;
            if tokens.get(end + 1).is_some_and(|t| t.reads(")")) {
                last.last = end + 1;
                return end + 2;
            }
            return end + 1;
        }
        if follows || adjective {
            self.age = Some((months, at, end));
        }
        end + 1
    }

    /// Reads a noun for a relative, who waits for a name; or who says what somebody is who was told of right before.
    fn relative(&mut self, at: usize, kin: Kin) -> usize {
        let tokens = &self.line.tokens;
        let led = at.checked_sub(1).map(|i| &tokens[i]);
        let of = tokens.get(at + 1).is_some_and(|t| t.reads_any(&["of", "to"]));
        let article = led.is_some_and(|t| t.reads_any(&["the", "a", "an"]));
        // "Ida Orvik, the widow of a miller", "Ida (wife of Jon)": of whom was just told.
        let opening = at.checked_sub(if article { 2 } else { 1 }).map(|i| &tokens[i]);
        let beside = self.told.last().is_some_and(|p| {
            p.number == 1 && !p.name.is_empty() && p.last + 2 >= at.saturating_sub(usize::from(article)) && p.last < at
        });
        let opened = opening.is_some_and(|t| t.reads_any(&[",", "(", "–", "—", "-", "was", "is"]));
        if !kin.many && beside && opened && self.kin.is_none() && (article || of) {
            let last = self.told.last_mut().expect("there is one beside whom the word stands");
            last.kin = Some(last.kin.map_or(kin, |known| known.and(kin)));
            last.bare = false;
            return if of { self.skip_whose(at + 2, kin.of_grown) } else { at + 1 };
        }
        // "His wife's brother": of her is told only whose he is.
        if tokens.get(at + 1).is_some_and(|t| t.reads_any(&["'s", "'", "’"])) {
            self.kin = None;
            self.age = None;
            return at + 2;
        }
        // "Mother and son Ida and Jon Orvik"
        if let Some(other) =
            kin_at(tokens, at + 2).filter(|other| !other.many && !kin.many && tokens[at + 1].reads("and"))
        {
            let from = at + 3 + usize::from(tokens.get(at + 3).is_some_and(|t| t.reads(",")));
            let from = age(tokens, from).map_or(from, |(_, end)| end + 1);
            if name(tokens, from).is_some_and(|end| tokens.get(end + 1).is_some_and(|t| t.reads("and"))) {
                // "Infant niece and nephew": both are.
                let young = self.kin.take().map(|waiting| waiting.kin).filter(|young| young.adult == Some(false));
                self.flush();
                self.pair = match young {
                    Some(young) => vec![other.and(young), kin.and(young)],
                    None => vec![other, kin],
                };
                return at + 3;
            }
        }
        // "Her infant daughter"
        if let Some(waiting) = &mut self.kin
            && !kin.many
            && tokens[waiting.at + 1..at].iter().all(|t| {
                t.reads_any(&[",", "a", "an"])
                    || self.age.is_some_and(|(_, first, last)| {
                        (tokens[first].span.start..=tokens[last].span.start).contains(&t.span.start)
                    })
            })
        {
            waiting.kin = kin.and(waiting.kin);
            waiting.at = at;
            return at + 1;
        }
        self.flush_one();
        let whose = self.whose(at);
        // "Ida's son Jon was killed with his mother": she is Ida.
        let told_of = |p: &Person| p.descends() && p.is_of_named();
        let next_named = name(tokens, at + 1).is_some();
        if kin.parent && is_pronoun(&whose) && !next_named && self.told.last().is_some_and(told_of) {
            return at + 1;
        }
        if kin.of_grown {
            self.grown(&whose);
        }
        // "Three children: his daughter Ida, and his sons": the children are told of one by one.
        if let Some(head) = &self.head
            && head.named == 0
        {
            let between = &tokens[head.at + 1..at];
            let opens = between.iter().any(|t| t.reads_any(&[":", "–", "—", "-", "namely"]));
            let refines = head.kin.sex.is_none() && kin.sex.is_some() && between.iter().any(|t| t.reads(","));
            if opens || refines {
                self.head = None;
            }
        }
        let number = number_before(tokens, at);
        if kin.many {
            self.flush();
            self.head = Some(Waiting { kin, first: at, at, number, whose, named: 0 });
            return if of { self.skip_whose(at + 2, kin.of_grown) } else { at + 1 };
        }
        self.kin = Some(Waiting { kin, first: at, at, number: 1, whose, named: 0 });
        if of {
            let end = self.skip_whose(at + 2, kin.of_grown);
            // "The wife of Jon Orvik, Ida": told of without a name, unless one follows.
            if !tokens.get(end).is_some_and(|t| t.reads(",")) {
                self.flush_one();
            }
            return end;
        }
        at + 1
    }

    /// Whose relative stands at `at`: the name before "'s", or the pronoun.
    fn whose(&self, at: usize) -> SmolStr {
        let tokens = &self.line.tokens;
        let from = at.saturating_sub(5);
        for i in (from..at).rev() {
            let token = &tokens[i];
            if token.reads_any(&["'s", "'"]) && i > 0 {
                return folded(&tokens[i - 1].lower);
            }
            if token.reads_any(&["his", "her", "their", "my"]) {
                return token.lower.text();
            }
            if token.kind == Kind::Mark {
                break;
            }
        }
        SmolStr::default()
    }

    /// Marks those whose child or spouse is told of as grown up: the last before the word by whose pronoun it is.
    fn grown(&mut self, whose: &str) {
        let sex = match whose {
            "his" => Some(Sex::Male),
            "her" => Some(Sex::Female),
            "their" => None,
            _ => return,
        };
        let most = if sex.is_some() { 1 } else { 2 };
        // "Their son Jon and their daughter": he is her brother.
        let sibling = |p: &Person| p.descends() && p.relation.as_ref().is_some_and(|(_, other)| other == whose);
        let fits = |p: &&mut Person| {
            !sibling(p)
                && p.number == 1
                && !p.name.is_empty()
                && (sex.is_none() || p.sex().is_none_or(|own| Some(own) == sex))
        };
        for parent in self.told.iter_mut().rev().take(3).filter(fits).take(most) {
            parent.grown = Some(true);
        }
    }

    /// Past the name of whom somebody is a relative, or the names of both parents; they are grown up if `grown`.
    fn skip_whose(&mut self, at: usize, grown: bool) -> usize {
        let tokens = &self.line.tokens;
        let mut i = at;
        while tokens.get(i).is_some_and(|t| t.is(DETERMINER) || kin_at(tokens, i).is_some()) {
            i += 1;
        }
        let Some(mut end) = name(tokens, i) else { return i };
        if grown {
            self.parents.push(name_words(&tokens[i..=end]));
        }
        if tokens.get(end + 1).is_some_and(|t| t.reads("and"))
            && let Some(other) = name(tokens, end + 2)
            && tokens.get(other + 1).is_none_or(|t| t.reads(","))
        {
            end = other;
        }
        end + 1
    }

    /// Reads a name: of the relative who waits for it, of the next in a list, or of one whose relatives follow.
    fn named(&mut self, at: usize, end: usize) -> usize {
        let tokens = &self.line.tokens;
        if tokens.get(end + 1).is_some_and(|t| t.reads_any(&["'s", "'", "’"])) {
            // "Ida's two sons": Ida is told of, not counted; and she is no child.
            let next = (end + 2..end + 8).find_map(|i| kin_at(tokens, i));
            if next.is_some_and(|kin| kin.of_grown) {
                self.parents.push(name_words(&tokens[at..=end]));
            }
            // "Their grandson (Ida's son) Jon"
            if at > 0 && tokens[at - 1].reads("(") && self.kin.is_some() {
                let close = tokens[end..].iter().take(BYNAME + 3).position(|t| t.reads(")"));
                return close.map_or(end + 2, |length| end + length + 1);
            }
            self.flush();
            return end + 2;
        }
        let age = self.age.take();
        let mut relation = None;
        let mut kin = None;
        let mut first = age.map_or(at, |(_, first, _)| first);
        if let Some(waiting) = self.kin.take() {
            first = first.min(waiting.first);
            relation = Some((tokens[waiting.at].lower.text(), waiting.whose));
            kin = Some(waiting.kin);
        } else if let Some(paired) = self.pair.pop() {
            kin = Some(paired);
            relation = Some((SmolStr::new_static("pair"), SmolStr::default()));
        } else if let Some(head) = &mut self.head {
            head.named += 1;
            kin = Some(Kin { many: false, spouses: false, ..head.kin });
            // "Their children Jon (21)": an age says more than the word.
            if head.kin.sex.is_none() {
                kin = kin.map(|kin| Kin { adult: kin.adult, ..kin });
            }
            relation = Some((tokens[head.at].lower.text(), head.whose.clone()));
        }
        let words = name_words(&tokens[at..=end]);
        let given = given_name(&tokens[at..=end]);
        let title = title(&tokens[at..=end]);
        let kin = match (kin, title) {
            (None, title) => title,
            (Some(kin), Some(title)) => Some(kin.and(title)),
            (kin, None) => kin,
        };
        let thing = |t: &Token| t.is(THING) && !t.lower.contains('-') && sex_of_name(&t.lower).is_none();
        let looks_like_thing = tokens[at..=end].iter().any(thing);
        let bare = age.is_none() && relation.is_none();
        if bare && looks_like_thing {
            self.flush();
            return end + 1;
        }
        self.told.push(Person {
            name: words,
            given,
            months: age.map(|(months, _, _)| months),
            kin,
            relation,
            grown: None,
            number: 1,
            first,
            last: end,
            bare,
            span: tokens[at].span,
            sentence: self.line.sentence.span,
        });
        self.trailed(end + 1)
    }

    /// Past what stands in brackets or between commas behind the name that was read last: "(9)", "(Umm Jon, 84)", ", 86,".
    fn trailed(&mut self, mut at: usize) -> usize {
        let tokens = &self.line.tokens;
        let last = self.told.last_mut().expect("a name was read just now");
        while tokens.get(at).is_some_and(|t| t.reads("(")) {
            let Some(length) = tokens[at + 1..].iter().take(BYNAME + 6).position(|t| t.reads(")")) else { break };
            let close = at + 1 + length;
            let mut inside = at + 1..close;
            if let Some((months, _)) = inside.clone().find_map(|i| age(tokens, i).or_else(|| years_alone(tokens, i))) {
                last.months = last.months.or(Some(months));
                last.bare = false;
            }
            let said = inside.find_map(|i| kin_at(tokens, i));
            if let Some(said) = said.filter(|said| !said.many) {
                last.kin = Some(last.kin.map_or(said, |known| known.and(said)));
            }
            last.last = close;
            at = close + 1;
        }
        if tokens.get(at).is_some_and(|t| t.reads(","))
            && last.months.is_none()
            && let Some((months, end)) = years_alone(tokens, at + 1)
        {
            last.months = Some(months);
            last.bare = false;
            last.last = end;
            return end + 1;
        }
        at
    }

    /// Tells of a relative without a name.
    fn flush_one(&mut self) {
        let Some(waiting) = self.kin.take() else {
            return;
        };
        let age = self.age.take();
        let tokens = &self.line.tokens;
        // "A mother of three was told", "for women and children": nobody's.
        let unborn = tokens[waiting.first.saturating_sub(2)..waiting.first].iter().any(|t| t.reads("unborn"));
        if (waiting.whose.is_empty() && age.is_none()) || waiting.whose == "my" || unborn {
            return;
        }
        self.told.push(Person {
            name: Vec::new(),
            given: SmolStr::default(),
            months: age.map(|(months, _, _)| months),
            kin: Some(waiting.kin),
            relation: Some((tokens[waiting.at].lower.text(), waiting.whose)),
            grown: None,
            number: waiting.number,
            first: waiting.first,
            last: waiting.at,
            bare: false,
            span: tokens[waiting.at].span,
            sentence: self.line.sentence.span,
        });
    }

    /// Ends whatever waits for names.
    fn flush(&mut self) {
        self.flush_one();
        self.age = None;
        self.pair.clear();
        let Some(head) = self.head.take() else { return };
        if head.named > 0 || head.number == 0 || head.whose.is_empty() {
            return;
        }
        let tokens = &self.line.tokens;
        self.told.push(Person {
            name: Vec::new(),
            given: SmolStr::default(),
            months: None,
            kin: Some(head.kin),
            relation: Some((tokens[head.at].lower.text(), head.whose)),
            grown: None,
            number: head.number,
            first: head.at,
            last: head.at,
            bare: false,
            span: tokens[head.at].span,
            sentence: self.line.sentence.span,
        });
    }
}

/// Whether a word may begin to tell of somebody. Where nothing waits, most words are passed by.
fn may_tell(tokens: &[Token], at: usize) -> bool {
    may_open(&tokens[at]) || tokens[at].capital || kin_at(tokens, at).is_some()
}
