//! How our values stand in columns: times as milliseconds, words as text, addresses as text, quantities in three parts.

use std::fmt::Display;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::model::{Bound, Quantity, UnknownWord};
use crate::store::StoreError;

/// A time, in whole milliseconds since 1970 UTC; what is finer is cut off.
pub struct Millis(pub Timestamp);

impl ToSql for Millis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_millisecond().into())
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let millis = value.as_i64()?;
        Timestamp::from_millisecond(millis).map(Self).map_err(|_| FromSqlError::OutOfRange(millis))
    }
}

/// A span of time, in whole milliseconds; what is finer is cut off.
pub struct Span(pub SignedDuration);

impl ToSql for Span {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Span {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(SignedDuration::from_millis(value.as_i64()?)))
    }
}

/// A value that has one fixed word.
pub struct Word<T>(pub T);

impl<T: Display> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T: FromStr<Err = UnknownWord>> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}

/// An address of the web.
pub struct Link(pub Url);

impl FromSql for Link {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Url::parse(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// A number that uses all 64 bits, kept as the signed number of the same bits, since SQLite knows no other.
pub struct Bits(pub u64);

impl ToSql for Bits {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.cast_signed().into())
    }
}

impl FromSql for Bits {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|bits| Self(bits.cast_unsigned()))
    }
}

/// A list or a record, as JSON text.
pub struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// The time in a column that may be empty.
pub fn optional_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Millis>>(column)?.map(|Millis(time)| time))
}

/// A time for a column that may be empty.
pub fn millis(time: Option<Timestamp>) -> Option<Millis> {
    time.map(Millis)
}

/// The time in a column.
pub fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get::<_, Millis>(column).map(|Millis(time)| time)
}

/// The value whose word stands in a column.
pub fn word<T: FromStr<Err = UnknownWord>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get::<_, Word<T>>(column).map(|Word(value)| value)
}

/// The three parts of a quantity, for the columns of bound, low and high.
pub fn parts(quantity: Quantity) -> (Word<Bound>, Option<Bits>, Option<Bits>) {
    (Word(quantity.bound()), quantity.low().map(Bits), quantity.high().map(Bits))
}

/// The quantity whose parts stand in the columns `{prefix}bound`, `{prefix}low` and `{prefix}high`; `None` where the
/// bound is empty.
pub fn quantity(row: &Row<'_>, prefix: &str) -> rusqlite::Result<Option<Quantity>> {
    let column = format!("{prefix}bound");
    let Some(Word(bound)) = row.get::<_, Option<Word<Bound>>>(&*column)? else { return Ok(None) };
    let low = row.get::<_, Option<Bits>>(&*format!("{prefix}low"))?.map(|Bits(n)| n);
    let high = row.get::<_, Option<Bits>>(&*format!("{prefix}high"))?.map(|Bits(n)| n);
    let quantity = Quantity::from_parts(bound, low, high);
    quantity.map(Some).ok_or_else(|| unreadable(row, &column, format!("{bound} of {low:?} and {high:?}")))
}

/// As [`quantity`], where the bound may not be empty.
pub fn required_quantity(row: &Row<'_>, prefix: &str) -> rusqlite::Result<Quantity> {
    quantity(row, prefix)?.ok_or_else(|| unreadable(row, &format!("{prefix}bound"), "no quantity".to_owned()))
}

fn unreadable(row: &Row<'_>, column: &str, what: String) -> rusqlite::Error {
    let index = row.as_ref().column_index(column).unwrap_or_default();
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, what.into())
}

/// All rows that a query finds.
pub fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The one row that a query finds, if it finds any.
pub fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// The row of a query that always gives one.
pub fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, read)?)
}

/// Runs a statement; the number of rows it touched.
pub fn run(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}
