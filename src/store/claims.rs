//! Claims: put in once, read often, never altered.

use rusqlite::{Connection, Row, named_params, params};

use crate::model::{ArticleId, Claim, ClaimId, Confidence, Fingerprint, Series, Span, StoryId};
use crate::store::assignments::AS_ONE;
use crate::store::sql::{Bits, Link, Millis, Word, all, first, parts, required_quantity, run, time, word};
use crate::store::{Store, StoreError, stories};

impl Store {
    /// All claims of a story and of those merged into it, in the order of publication; those of an article that a person
    /// moved are where it was moved to.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claims(&self, story: StoryId) -> Result<Vec<Claim>, StoreError> {
        of_story(&self.connection, story)
    }

    /// The claim of a name, under the story that it belongs to now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claim(&self, id: ClaimId) -> Result<Option<Claim>, StoreError> {
        let Some(story) = stories::of_article(&self.connection, id.article)? else { return Ok(None) };
        let sql = "SELECT * FROM claims WHERE article = ?1 AND version = ?2 AND nth = ?3";
        let name = params![id.article.0, id.version, id.nth];
        first(&self.connection, sql, name, |row| claim(row, story.id))
    }
}

pub(super) fn of_story(connection: &Connection, story: StoryId) -> Result<Vec<Claim>, StoreError> {
    let sql = format!(
        "SELECT c.* FROM claims c WHERE c.story IN {AS_ONE}
             AND NOT EXISTS (SELECT 1 FROM assignments a WHERE a.article = c.article)
         UNION ALL
         SELECT c.* FROM assignments a JOIN claims c ON c.article = a.article WHERE a.story IN {AS_ONE}
         ORDER BY published, id"
    );
    all(connection, &sql, [story.0], |row| claim(row, story))
}

pub(super) fn insert(connection: &Connection, claim: &Claim) -> Result<(), StoreError> {
    let (bound, low, high) = parts(claim.quantity);
    run(
        connection,
        r#"INSERT INTO claims (article, version, nth, story, measure, "group", source, bound, low, high, status, scope,
               place, period, said_by, quote, number_start, number_end, span_start, span_end, derived, rule, confidence, outlet,
               url, published, seen, fingerprint, verdict)
           VALUES (:article, :version, :nth, :story, :measure, :group, :source, :bound, :low, :high, :status, :scope,
               :place, :period, :said_by, :quote, :number_start, :number_end, :span_start, :span_end, :derived, :rule,
               :confidence, :outlet, :url, :published, :seen, :fingerprint, :verdict)"#,
        named_params! {
            ":article": claim.id.article.0,
            ":version": claim.id.version,
            ":nth": claim.id.nth,
            ":story": claim.story.0,
            ":measure": Word(claim.series.measure),
            ":group": Word(claim.series.group),
            ":source": claim.series.source,
            ":bound": bound,
            ":low": low,
            ":high": high,
            ":status": Word(claim.status),
            ":scope": Word(claim.scope),
            ":place": claim.place,
            ":period": claim.period,
            ":said_by": claim.said_by,
            ":quote": claim.quote,
            ":number_start": Bits(claim.number.start as u64),
            ":number_end": Bits(claim.number.end as u64),
            ":span_start": Bits(claim.span.start as u64),
            ":span_end": Bits(claim.span.end as u64),
            ":derived": claim.derived,
            ":rule": claim.rule,
            ":confidence": claim.confidence.as_per_mille(),
            ":outlet": claim.outlet,
            ":url": claim.url.as_str(),
            ":published": Millis(claim.published),
            ":seen": Millis(claim.seen),
            ":fingerprint": Bits(claim.fingerprint.0),
            ":verdict": Word(claim.verdict),
        },
    )?;
    Ok(())
}

fn claim(row: &Row<'_>, story: StoryId) -> rusqlite::Result<Claim> {
    Ok(Claim {
        id: ClaimId { article: ArticleId(row.get("article")?), version: row.get("version")?, nth: row.get("nth")? },
        story,
        series: series(row)?,
        quantity: required_quantity(row, "")?,
        status: word(row, "status")?,
        scope: word(row, "scope")?,
        place: row.get("place")?,
        period: row.get("period")?,
        said_by: row.get("said_by")?,
        quote: row.get("quote")?,
        number: span(row, "number_start", "number_end")?,
        span: span(row, "span_start", "span_end")?,
        derived: row.get("derived")?,
        rule: row.get("rule")?,
        confidence: Confidence::per_mille(row.get("confidence")?),
        outlet: row.get("outlet")?,
        url: row.get::<_, Link>("url")?.0,
        published: time(row, "published")?,
        seen: time(row, "seen")?,
        fingerprint: Fingerprint(row.get::<_, Bits>("fingerprint")?.0),
        verdict: word(row, "verdict")?,
    })
}

pub(super) fn series(row: &Row<'_>) -> rusqlite::Result<Series> {
    Ok(Series { measure: word(row, "measure")?, group: word(row, "group")?, source: row.get("source")? })
}

fn span(row: &Row<'_>, start: &str, end: &str) -> rusqlite::Result<Span> {
    let offset = |column| row.get::<_, Bits>(column).map(|Bits(n)| n as usize);
    Ok(Span { start: offset(start)?, end: offset(end)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Group, Measure, Quantity, Scope, Status, Verdict};
    use crate::store::samples::{article, claim, draft, fetched, minute, one_story};

    fn any_quantity() -> impl Strategy<Value = Quantity> {
        prop_oneof![
            any::<u64>().prop_map(Quantity::Exactly),
            any::<u64>().prop_map(Quantity::AtLeast),
            any::<u64>().prop_map(Quantity::AtMost),
            any::<u64>().prop_map(Quantity::About),
            any::<(u64, u64)>().prop_map(|(a, b)| Quantity::between(a, b)),
            any::<u64>().prop_map(Quantity::Vague),
        ]
    }

    fn any_word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
        prop::sample::select(all)
    }

    fn any_claim(id: ClaimId, story: StoryId) -> impl Strategy<Value = Claim> {
        let words = (
            any_word(Measure::ALL),
            any_word(Group::ALL),
            any_word(Status::ALL),
            any_word(Scope::ALL),
            any_word(Verdict::ALL),
        );
        let texts = (any::<Option<String>>(), any::<Option<String>>(), any::<Option<String>>(), any::<String>());
        let numbers = (any_quantity(), 0..=1_000_u16, any::<u64>(), 0..10_000_usize, 0..10_000_usize);
        (words, texts, numbers).prop_map(move |(words, texts, numbers)| Claim {
            series: Series { measure: words.0, group: words.1, source: texts.0 },
            status: words.2,
            scope: words.3,
            verdict: words.4,
            place: texts.1.clone(),
            period: texts.2,
            said_by: texts.1.clone(),
            derived: texts.1,
            quote: texts.3.clone(),
            rule: texts.3,
            confidence: Confidence::per_mille(numbers.1),
            fingerprint: Fingerprint(numbers.2),
            number: Span { start: numbers.3, end: numbers.3 + 2 },
            span: Span { start: numbers.4, end: numbers.4 + 2 },
            ..claim(id, story, numbers.0)
        })
    }

    proptest! {
        #[test]
        fn any_claim_comes_back_as_it_was(given in any_claim(
            ClaimId { article: ArticleId(1), version: 1, nth: 1 },
            StoryId(1),
        )) {
            let mut store = Store::in_memory().unwrap();
            let intake = store.intake().unwrap();
            let article = intake.add_article(&article("daily.example/a", "31 died."), &fetched(minute(1))).unwrap();
            let story = intake.open_story(&draft("Port Ardo ferry")).unwrap().id;
            prop_assert_eq!((article, story), (given.id.article, given.story));
            intake.add_claims(std::slice::from_ref(&given)).unwrap();
            prop_assert_eq!(intake.claims(story).unwrap(), [given]);
        }
    }

    #[test]
    fn claims_are_in_the_order_of_publication_not_of_arrival() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let article = intake.add_article(&article("daily.example/a", "31 died."), &fetched(minute(1))).unwrap();
        let story = intake.open_story(&draft("Port Ardo ferry")).unwrap().id;
        let at = |nth, published| Claim {
            published: minute(published),
            ..claim(ClaimId { article, version: 1, nth }, story, Quantity::Exactly(nth.into()))
        };
        intake.add_claims(&[at(1, 30), at(2, 10), at(3, 10)]).unwrap();
        let order: Vec<u32> = intake.claims(story).unwrap().iter().map(|claim| claim.id.nth).collect();
        assert_eq!(order, [2, 3, 1]);
    }

    #[test]
    fn what_was_claimed_and_told_cannot_be_altered() {
        let mut store = Store::in_memory().unwrap();
        one_story(&mut store, "daily.example/a", &[], minute(5));
        for sql in [
            "UPDATE claims SET low = 32, high = 32",
            "DELETE FROM claims",
            "INSERT OR REPLACE INTO claims SELECT * FROM claims",
            "UPDATE changes SET after_low = 32",
            "DELETE FROM changes",
            "INSERT OR REPLACE INTO changes SELECT * FROM changes",
            "UPDATE article_versions SET text = 'Nobody died.'",
            "DELETE FROM article_versions",
        ] {
            let error = store.connection.execute(sql, []).unwrap_err();
            assert!(error.to_string().ends_with("append-only"), "{sql}: {error}");
        }
    }

    #[test]
    fn a_claim_needs_its_article_version_and_its_story() {
        let mut store = Store::in_memory().unwrap();
        let (story, _) = one_story(&mut store, "daily.example/a", &[], minute(5));
        let intake = store.intake().unwrap();
        let id = |version, nth| ClaimId { article: ArticleId(1), version, nth };
        assert!(intake.add_claims(&[claim(id(2, 1), story, Quantity::Exactly(31))]).is_err(), "no such version");
        assert!(intake.add_claims(&[claim(id(1, 2), StoryId(9), Quantity::Exactly(31))]).is_err(), "no such story");
        assert!(intake.add_claims(&[claim(id(1, 1), story, Quantity::Exactly(32))]).is_err(), "there already");
    }
}
