//! The lines of a page that are its article: those that the extraction library found, set right by where they stand.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::blocks::{Block, Kind};
use super::body::{length, tidy};
use super::chaff::is_chaff;
use super::dates;
use super::stated;

/// How much text, in characters, something beside a very short article may hold.
const SMALL: usize = 150;

/// How long a teaser may be, in characters.
const LONGEST_TEASER: usize = 500;

/// How many letters a paragraph has at least that is taken for the start of an article from a box called otherwise.
const SHORTEST_LEAD: usize = 60;

/// How many paragraphs an article has at least before what follows it may be teasers.
const FEWEST_SENTENCES: usize = 3;

/// Reads the body again from the page itself, guided by what the extraction library found in it. The library loses the
/// words of links, spaces around them, and single paragraphs in the middle or at the top; the page has them whole.
/// A live blog's entries look like teasers, so that these are left in it.
pub fn set_right(found: &[String], page: &[Block], title: &str, live: bool) -> Vec<String> {
    let found_length = length(found);
    let mut chosen = choose(found, page);
    let told: usize = page.iter().zip(&chosen).filter(|(_, c)| **c).map(|(b, _)| b.text.chars().count()).sum();
    if told * 10 < found_length * 7 {
        // The library found text that is not among the lines of the page: it knows better.
        return tidy(found);
    }
    for (chosen, block) in chosen.iter_mut().zip(page) {
        *chosen &= !block.removed;
    }
    let beside = beside(page, &chosen, found_length);
    for (chosen, beside) in chosen.iter_mut().zip(&beside) {
        *chosen &= !beside;
    }
    take_in_siblings(page, &beside, &mut chosen);
    let is_text = |b: &Block| {
        b.kind != Kind::Title && !same_words(&b.text, title) && !is_chaff(&b.text) && !dates::is_date_line(&b.text)
    };
    let mut lines: Vec<usize> = (0..page.len()).filter(|&i| chosen[i] && is_text(&page[i])).collect();
    trim(page, &mut lines);
    let bylines = lines.iter().take_while(|&&i| is_byline(&page[i].text)).count();
    lines.drain(..bylines);
    if !live {
        leave_out_teasers(page, &mut lines);
    }
    lines.into_iter().map(|i| page[i].text.clone()).collect()
}

/// Of the sentences of a page, a body holds at least so much, in hundredths of their characters, if the library has found
/// it: the rest is comments, teasers and what is asked of the reader. On 79 saved pages of news sites, a body that is
/// right holds less on six, and one that is wrong always.
const MOST: usize = 70;

/// Whether a body may be all that a page has to say: set beside the sentences outside links.
pub fn holds_most(body: &[String], page: &[Block]) -> bool {
    let is_sentence = |block: &&Block| {
        block.kind == Kind::Paragraph && !block.removed && block.link_share() < 25 && ends_as_sentence(&block.text)
    };
    let sentences: usize = page.iter().filter(is_sentence).map(|block| block.text.chars().count()).sum();
    !body.is_empty() && length(body) * 100 >= sentences * MOST
}

/// Takes off what stands before and after an article: lines that are links, which within it may be its lists, and lines
/// apart from where most of the text stands.
fn trim(page: &[Block], lines: &mut Vec<usize>) {
    let mut weight: HashMap<usize, usize> = HashMap::new();
    let whole: usize = lines.iter().map(|&i| page[i].text.len()).sum();
    for block in lines.iter().map(|&i| &page[i]).filter(|b| ends_as_sentence(&b.text)) {
        *weight.entry(block.group).or_default() += block.text.len();
        *weight.entry(block.outer).or_default() += block.text.len();
    }
    let is_near = |number: usize| weight.get(&number).is_some_and(|w| w * 10 >= whole);
    let belongs = |&i: &usize| {
        let block = &page[i];
        block.link_share() < 90 && (is_near(block.group) || is_near(block.outer) || ends_as_sentence(&block.text))
    };
    let start = lines.iter().position(belongs).unwrap_or(0);
    let end = lines.iter().rposition(belongs).map_or(lines.len(), |last| last + 1);
    lines.truncate(end);
    lines.drain(..start);
}

/// Leaves out teasers: small boxes with a line that is a link and a few words under it. They are the worst to leave in,
/// since they tell other tolls in whole sentences. Within an article only few are taken out: in a list of many things
/// each has its link.
fn leave_out_teasers(page: &[Block], lines: &mut Vec<usize>) {
    let mut held: HashMap<usize, usize> = HashMap::new();
    for block in page {
        *held.entry(block.group).or_default() += block.text.chars().count();
        if block.outer != block.group {
            *held.entry(block.outer).or_default() += block.text.chars().count();
        }
    }
    let is_small = |number: usize| held.get(&number).is_some_and(|held| *held <= LONGEST_TEASER);
    let mut teaser = vec![false; page.len()];
    for i in 1..page.len() {
        let (above, block) = (&page[i - 1], &page[i]);
        let in_one_box = (above.group == block.group && is_small(block.group))
            || (above.outer == block.outer && is_small(block.outer));
        if in_one_box && (teaser[i - 1] || is_pointer(above)) {
            teaser[i - 1] = true;
            teaser[i] = true;
        }
    }
    let length = |lines: &mut dyn Iterator<Item = &usize>| lines.map(|&i| page[i].text.chars().count()).sum::<usize>();
    let sentences = lines.iter().filter(|&&i| !teaser[i] && ends_as_sentence(&page[i].text)).count();
    if sentences < FEWEST_SENTENCES {
        return;
    }
    let end = lines.iter().rposition(|&i| !teaser[i]).map_or(0, |last| last + 1);
    lines.truncate(end);
    let within = length(&mut lines.iter().filter(|&&i| teaser[i]));
    if within * 4 <= length(&mut lines.iter()) {
        lines.retain(|&i| !teaser[i]);
    }
}

/// Which lines of the page the library found. Where a text stands in the page twice, only one of them is chosen.
fn choose(found: &[String], page: &[Block]) -> Vec<bool> {
    let mut left: HashMap<u64, usize> = HashMap::new();
    for line in found {
        for gram in grams(line) {
            *left.entry(gram).or_default() += 1;
        }
    }
    let covered = |block: &Block, left: &HashMap<u64, usize>| {
        let grams = grams(&block.text);
        let hits = grams.iter().filter(|g| left.get(g).is_some_and(|n| *n > 0)).count();
        !grams.is_empty() && hits * 5 >= grams.len() * 2
    };
    // The groups of siblings that hold most of the text are served first.
    let mut weight: HashMap<usize, usize> = HashMap::new();
    for block in page.iter().filter(|b| covered(b, &left)) {
        *weight.entry(block.group).or_default() += block.text.len();
    }
    let mut order: Vec<usize> = (0..page.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(weight.get(&page[i].group).copied().unwrap_or(0)));
    let mut chosen = vec![false; page.len()];
    for i in order {
        if covered(&page[i], &left) {
            chosen[i] = true;
            for gram in grams(&page[i].text) {
                if let Some(n) = left.get_mut(&gram) {
                    *n = n.saturating_sub(1);
                }
            }
        }
    }
    chosen
}

/// Which lines stand beside the article by the class of what holds them, unless that holds much of the text that was
/// found: then the class speaks of something else ("article with-sidebar").
fn beside(page: &[Block], chosen: &[bool], found_length: usize) -> Vec<bool> {
    let mut within: HashMap<usize, usize> = HashMap::new();
    for (block, _) in page.iter().zip(chosen).filter(|(b, chosen)| **chosen && b.furniture > 0) {
        *within.entry(block.furniture).or_default() += block.text.chars().count();
    }
    let is_beside = |block: &Block| {
        let held = within.get(&block.furniture).copied().unwrap_or(0);
        block.furniture > 0 && (held * 10 < found_length * 2 || (held < SMALL && held * 10 < found_length * 5))
    };
    let mut beside: Vec<bool> = page.iter().map(is_beside).collect();
    // Sentences without links between the title and the body are its start, whatever the box is called ("teaser-content"):
    // behind a paywall it is the part that everybody may read.
    let first = chosen.iter().zip(page).position(|(chosen, block)| *chosen && block.furniture == 0);
    let title = page[..first.unwrap_or(0)].iter().rposition(|block| block.kind == Kind::Title);
    if let (Some(first), Some(title)) = (first, title) {
        for i in title..first {
            let block = &page[i];
            let is_lead = block.kind == Kind::Paragraph
                && block.outer == page[first].outer
                && block.linked == (0, block.linked.1)
                && block.linked.1 >= SHORTEST_LEAD
                && ends_as_sentence(&block.text);
            beside[i] &= !is_lead;
        }
    }
    // Where so much would go, each paragraph is in a box of its own that is only called so ("text-widget").
    let going = page.iter().zip(chosen).zip(&beside).filter(|((_, chosen), beside)| **chosen && **beside);
    let going: usize = going.map(|((block, _), _)| block.text.chars().count()).sum();
    if going * 10 > found_length * 4 { vec![false; page.len()] } else { beside }
}

/// Takes in paragraphs that the library passed over: among siblings that it took, or in a wrapper beside theirs.
fn take_in_siblings(page: &[Block], beside: &[bool], chosen: &mut [bool]) {
    let mut groups: HashMap<usize, Taken> = HashMap::new();
    let mut outers: HashMap<usize, Taken> = HashMap::new();
    for (i, block) in page.iter().enumerate().filter(|(i, b)| chosen[*i] && b.kind == Kind::Paragraph) {
        for (taken, number) in [(&mut groups, block.group), (&mut outers, block.outer)] {
            let taken = taken.entry(number).or_insert(Taken { lines: 0, first: i, last: i });
            taken.lines += 1;
            taken.last = i;
        }
    }
    let most = groups.values().max_by_key(|taken| taken.lines).copied().filter(|taken| taken.lines >= 2);
    for (i, block) in page.iter().enumerate() {
        if chosen[i] || beside[i] || block.removed || block.kind == Kind::Title {
            continue;
        }
        if block.kind == Kind::Row {
            // A table between the paragraphs.
            chosen[i] = most.is_some_and(|around| around.spans(i)) && block.linked.0 == 0 && block.linked.1 >= 3;
            continue;
        }
        let (letters, links) = (block.linked.1, block.link_share());
        let (group, outer) = (groups.get(&block.group), outers.get(&block.outer));
        // A quotation, a list or a box that stands between paragraphs that were taken.
        if groups.get(&block.outer).is_some_and(|around| around.lines >= 2 && around.spans(i)) {
            chosen[i] = links < 25 && letters >= 10;
            continue;
        }
        if block.kind != Kind::Paragraph || !ends_as_sentence(&block.text) {
            continue;
        }
        let enough = |taken: &&Taken| taken.lines >= 2;
        chosen[i] = match (group.filter(enough), outer.filter(enough)) {
            (Some(taken), _) if taken.spans(i) => letters >= 20 && links < 50,
            (Some(_), _) => letters >= 60 && links < 25,
            (None, Some(taken)) => i < taken.last && letters >= 60 && links < 25,
            (None, None) => false,
        };
    }
}

/// How many lines of a group were taken, and between which places in the page.
#[derive(Debug, Clone, Copy)]
struct Taken {
    lines: usize,
    first: usize,
    last: usize,
}

impl Taken {
    fn spans(&self, place: usize) -> bool {
        (self.first..self.last).contains(&place)
    }
}

/// Whether a line is nothing but a link to something else: it is linked as a whole and is no sentence.
fn is_pointer(block: &Block) -> bool {
    block.link_share() >= 90 && !ends_as_sentence(&block.text)
}

/// Whether a line says when the article was published, and by whom perhaps: "05/10/2026 - Posted by Clara Dias".
fn is_byline(text: &str) -> bool {
    !ends_as_sentence(text) && !stated::dates_in(text, false).is_empty()
}

/// How much two texts have in common, in hundredths: twice the shared runs of three words by all of them.
pub fn likeness(a: &[String], b: &[String]) -> usize {
    let mut left: HashMap<u64, usize> = HashMap::new();
    let (mut all, mut shared) = (0, 0);
    for gram in a.iter().flat_map(|line| grams(line)) {
        *left.entry(gram).or_default() += 1;
        all += 1;
    }
    for gram in b.iter().flat_map(|line| grams(line)) {
        all += 1;
        if let Some(n) = left.get_mut(&gram).filter(|n| **n > 0) {
            *n -= 1;
            shared += 2;
        }
    }
    shared * 100 / all.max(1)
}

fn ends_as_sentence(text: &str) -> bool {
    let end =
        text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']'));
    end.ends_with(['.', '!', '?', '…', ':', '。', '！', '？', '؟', '।', '۔'])
}

fn same_words(a: &str, b: &str) -> bool {
    let words =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    words(a) == words(b)
}

/// Hashes of each three words in a row; of a shorter line, of all its words.
fn grams(text: &str) -> Vec<u64> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let hash = |words: &[&str]| {
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        hasher.finish()
    };
    words.windows(words.len().min(3)).map(hash).collect()
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::super::blocks::blocks;
    use super::*;

    const PAGE: &str = "<div><a href=/>Home</a></div><div class=story><h1>Toll at 31</h1>\
        <div class=stamp>Updated: 9 March 2025, 21:30 GMT</div>\
        <p>The <a href=x>regional health office</a> counted 31 dead, <b>17</b> of them on Sunday.</p>\
        <p>It gave the figures of the towns in a list, which is to be brought up to date at noon.</p>\
        <ul><li>Tarvik: 24 dead</li><li>Sern: 7 dead</li></ul>\
        <ul><li><a href=y>Orrin floods kill 12</a></li></ul>\
        <p>Nine of the injured are in a grave state and were flown to the capital.</p></div>\
        <div class=more><div><p>Ferry sinks, 112 dead</p></div></div>";

    fn right(found: &[&str]) -> Vec<String> {
        let found: Vec<String> = found.iter().map(|line| (*line).to_owned()).collect();
        set_right(&found, &blocks(&Html::parse_document(PAGE), &[]), "Toll at 31", false)
    }

    #[test]
    fn what_the_library_lost_is_taken_from_the_page() {
        // The words of the link, the second paragraph and the list are missing; the title and a teaser are too much.
        let body = right(&[
            "Toll at 31",
            "Updated: 9 March 2025, 21:30 GMT",
            "The counted 31 dead, 17 of them on Sunday.",
            "Nine of the injured are in a grave state and were flown to the capital.",
            "Ferry sinks, 112 dead",
        ]);
        assert_eq!(
            body,
            [
                "The regional health office counted 31 dead, 17 of them on Sunday.",
                "It gave the figures of the towns in a list, which is to be brought up to date at noon.",
                "Tarvik: 24 dead",
                "Sern: 7 dead",
                "Nine of the injured are in a grave state and were flown to the capital.",
            ]
        );
    }

    #[test]
    fn a_body_without_most_of_the_sentences_of_its_page_is_not_believed() {
        let page = blocks(&Html::parse_document(PAGE), &[]);
        let last = "Nine of the injured are in a grave state and were flown to the capital.";
        assert!(!holds_most(&[], &page));
        assert!(!holds_most(&right(&[last]), &page));
        assert!(holds_most(&right(&["The counted 31 dead, 17 of them on Sunday.", last]), &page));
    }

    #[test]
    fn paragraphs_in_boxes_of_their_own_stay() {
        let paragraphs: Vec<String> = (1..9)
            .map(|n| format!("In the town number {n} the office counted {n} dead and as many missing."))
            .collect();
        let page: String = paragraphs.iter().map(|p| format!("<div class='text widget'><p>{p}</p></div>")).collect();
        assert_eq!(set_right(&paragraphs, &blocks(&Html::parse_document(&page), &[]), "", false), paragraphs);
    }

    #[test]
    fn teasers_after_an_article_are_taken_off() {
        let report = "<p>Crews found 31 bodies.</p><p>Nine are missing.</p><p>The search goes on.</p>";
        let teasers =
            "<article><h2><a href=x>Quake kills 19</a></h2><p>A quake killed 19 on Tuesday.</p></article>".repeat(2);
        let page = blocks(&Html::parse_document(&format!("<article>{report}</article><div>{teasers}</div>")), &[]);
        let all: Vec<String> = page.iter().map(|b| b.text.clone()).collect();
        assert_eq!(
            set_right(&all, &page, "", false),
            ["Crews found 31 bodies.", "Nine are missing.", "The search goes on."]
        );
        assert_eq!(set_right(&all, &page, "", true), all, "entries of a live blog");
    }

    #[test]
    fn a_text_that_the_page_does_not_show_is_left_as_it_was_found() {
        let found = "A text that a script holds and the markup does not, of nine words and more than that.";
        assert_eq!(right(&[found]), [found]);
    }
}
