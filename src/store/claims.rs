//! Claims: put in once, read often, never altered.

use rusqlite::{Connection, Row, named_params};

use crate::model::{ArticleId, Claim, ClaimId, Confidence, Fingerprint, Series, Span, StoryId};
use crate::store::sql::{Bits, Link, Millis, Word, all, parts, required_quantity, run, time, word};
use crate::store::{Store, StoreError};

impl Store {
    /// All claims of a story and of those merged into it, in the order of publication.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claims(&self, story: StoryId) -> Result<Vec<Claim>, StoreError> {
        of_story(&self.connection, story)
    }
}

pub(super) fn of_story(connection: &Connection, story: StoryId) -> Result<Vec<Claim>, StoreError> {
    let sql = "SELECT * FROM claims WHERE story IN (SELECT id FROM stories WHERE id = ?1 OR merged_into = ?1)
               ORDER BY published, id";
    all(connection, sql, [story.0], |row| claim(row, story))
}

pub(super) fn insert(connection: &Connection, claim: &Claim) -> Result<(), StoreError> {
    let (bound, low, high) = parts(claim.quantity);
    run(
        connection,
        r#"INSERT INTO claims (article, version, nth, story, measure, "group", source, bound, low, high, status, scope,
               place, period, said_by, quote, number_start, number_end, span_start, span_end, rule, confidence, outlet,
               url, published, seen, fingerprint, verdict)
           VALUES (:article, :version, :nth, :story, :measure, :group, :source, :bound, :low, :high, :status, :scope,
               :place, :period, :said_by, :quote, :number_start, :number_end, :span_start, :span_end, :rule,
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
