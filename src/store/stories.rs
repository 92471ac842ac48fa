//! Stories: found, opened, grown, and what people do to them by hand.

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, params};

use crate::model::{ArticleId, Story, StoryDraft, StoryId, StoryProfile};
use crate::store::sql::{Json, Millis, all, first, run, time};
use crate::store::{Store, StoreError, alerts, assignments, claims};

/// A slug is cut to this many characters, at a hyphen where there is one.
const LONGEST_SLUG: usize = 60;

impl Store {
    /// Every story that is not merged into another, the latest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stories(&self) -> Result<Vec<Story>, StoreError> {
        let sql = "SELECT * FROM stories WHERE merged_into IS NULL ORDER BY last DESC, id DESC";
        all(&self.connection, sql, [], story)
    }

    /// The story of a number; where it was merged into another, that other.
    ///
    /// # Errors
    /// Those of the database.
    pub fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        by_id(&self.connection, id)
    }

    /// The story that a person means by its number or its slug; where it was merged into another, that other.
    ///
    /// # Errors
    /// Those of the database.
    pub fn find_story(&self, reference: &str) -> Result<Option<Story>, StoreError> {
        if let Ok(number) = reference.parse() {
            return self.story(StoryId(number));
        }
        let sql = "SELECT id FROM stories WHERE slug = ?1";
        match first(&self.connection, sql, [reference], |row| row.get(0).map(StoryId))? {
            Some(id) => self.story(id),
            None => Ok(None),
        }
    }

    /// Gives a story another name. Its slug stays, so that what was written down still finds it.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where there is no such story.
    pub fn rename_story(&mut self, id: StoryId, name: &str) -> Result<(), StoreError> {
        found(run(&self.connection, "UPDATE stories SET name = ?2 WHERE id = ?1", params![id.0, name])?, id)
    }

    /// Mutes a story, or lets it be told again. What was waiting to be told of it when it was muted is dropped.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where there is no such story.
    pub fn mute_story(&mut self, id: StoryId, muted: bool) -> Result<(), StoreError> {
        let transaction = self.write()?;
        found(run(&transaction, "UPDATE stories SET muted = ?2 WHERE id = ?1", params![id.0, muted])?, id)?;
        if muted {
            alerts::drop_of_story(&transaction, id)?;
        }
        Ok(transaction.commit()?)
    }

    /// Merges a story into another: from now on its claims, changes and mails count as the other's, and its articles join
    /// the other. Its own row stays as it was, so that [`Store::split_story`] undoes it.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where one of them does not exist, or both are one story already.
    pub fn merge_story(&mut self, id: StoryId, into: StoryId) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let missing = |id: StoryId| StoreError::NoSuch { what: "story of its own", id: id.0 };
        let mut from = by_id(&transaction, id)?.ok_or_else(|| missing(id))?;
        let mut into = by_id(&transaction, into)?.filter(|into| into.id != from.id).ok_or_else(|| missing(into))?;
        join_profiles(&mut into.profile, &from.profile, u32::saturating_add);
        // The row of a story that is merged holds the words of its own articles alone: those that were merged into it go
        // with it, and stay where they went when this merger is undone.
        let merged = all(&transaction, "SELECT * FROM stories WHERE merged_into = ?1", [from.id.0], story)?;
        merged.iter().for_each(|other| join_profiles(&mut from.profile, &other.profile, u32::saturating_sub));
        update(&transaction, &from)?;
        run(
            &transaction,
            "UPDATE stories SET merged_into = ?2 WHERE id = ?1 OR merged_into = ?1",
            params![from.id.0, into.id.0],
        )?;
        into.first = into.first.min(from.first);
        into.last = into.last.max(from.last);
        into.configured = into.configured.or(from.configured);
        update(&transaction, &into)?;
        Ok(transaction.commit()?)
    }

    /// Makes a story that was merged into another a story of its own again.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] where no such story was merged.
    pub fn split_story(&mut self, id: StoryId) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let mut from = by_id(&transaction, id)?.ok_or(StoreError::NoSuch { what: "story", id: id.0 })?;
        let sql = "UPDATE stories SET merged_into = NULL WHERE id = ?1 AND merged_into IS NOT NULL";
        if run(&transaction, sql, [id.0])? == 0 {
            return Err(StoreError::NoSuch { what: "merged story", id: id.0 });
        }
        if let Some(own) = by_id(&transaction, id)? {
            join_profiles(&mut from.profile, &own.profile, u32::saturating_sub);
            from.configured = from.configured.filter(|name| own.configured.as_ref() != Some(name));
            update(&transaction, &from)?;
        }
        Ok(transaction.commit()?)
    }
}

/// Adds the words of one profile to another's, or takes them away; a word that is left in no article falls away.
pub(super) fn join_profiles(profile: &mut StoryProfile, other: &StoryProfile, join: fn(u32, u32) -> u32) {
    profile.articles = join(profile.articles, other.articles);
    for (words, others) in [
        (&mut profile.places, &other.places),
        (&mut profile.names, &other.names),
        (&mut profile.events, &other.events),
        (&mut profile.terms, &other.terms),
    ] {
        for (word, &count) in others {
            let known = words.entry(word.clone()).or_default();
            *known = join(*known, count);
        }
        words.retain(|_, count| *count > 0);
    }
}

pub(super) fn active(connection: &Connection, since: Timestamp, mut each: impl FnMut(Story)) -> Result<(), StoreError> {
    let sql = "SELECT * FROM stories WHERE merged_into IS NULL AND (last >= ?1 OR configured IS NOT NULL) ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    for story in statement.query_map([Millis(since)], story)? {
        each(story?);
    }
    Ok(())
}

pub(super) fn insert(connection: &Connection, draft: &StoryDraft) -> Result<Story, StoreError> {
    let slug = free_slug(connection, &slug(&draft.name))?;
    run(
        connection,
        "INSERT INTO stories (slug, name, configured, first, last, profile)
         VALUES (:slug, :name, :configured, :at, :at, :profile)",
        named_params! {
            ":slug": slug,
            ":name": draft.name,
            ":configured": draft.configured,
            ":at": Millis(draft.at),
            ":profile": Json(&draft.profile),
        },
    )?;
    Ok(Story {
        id: StoryId(connection.last_insert_rowid()),
        slug,
        name: draft.name.clone(),
        configured: draft.configured.clone(),
        muted: false,
        first: draft.at,
        last: draft.at,
        profile: draft.profile.clone(),
    })
}

pub(super) fn update(connection: &Connection, story: &Story) -> Result<(), StoreError> {
    let rows = run(
        connection,
        "UPDATE stories SET configured = :configured, first = :first, last = :last, profile = :profile WHERE id = :id",
        named_params! {
            ":id": story.id.0,
            ":configured": story.configured,
            ":first": Millis(story.first),
            ":last": Millis(story.last),
            ":profile": Json(&story.profile),
        },
    )?;
    found(rows, story.id)
}

pub(super) fn of_article(connection: &Connection, id: ArticleId) -> Result<Option<Story>, StoreError> {
    match assignments::home(connection, id)? {
        Some(story) => by_id(connection, story),
        None => Ok(None),
    }
}

/// The publication of the earliest and of the latest claim of a story; `None` where it has no claims.
pub(super) fn times(connection: &Connection, id: StoryId) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let claims = claims::of_story(connection, id)?;
    Ok(claims.first().zip(claims.last()).map(|(first, last)| (first.published, last.published)))
}

/// The row of a story, though it may have been merged into another.
pub(super) fn unmerged(connection: &Connection, id: StoryId) -> Result<Option<Story>, StoreError> {
    first(connection, "SELECT * FROM stories WHERE id = ?1", [id.0], story)
}

pub(super) fn by_id(connection: &Connection, id: StoryId) -> Result<Option<Story>, StoreError> {
    let sql = "SELECT * FROM stories WHERE id = (SELECT coalesce(merged_into, id) FROM stories WHERE id = ?1)";
    first(connection, sql, [id.0], story)
}

fn found(rows: usize, id: StoryId) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NoSuch { what: "story", id: id.0 }) } else { Ok(()) }
}

fn story(row: &Row<'_>) -> rusqlite::Result<Story> {
    Ok(Story {
        id: StoryId(row.get("id")?),
        slug: row.get("slug")?,
        name: row.get("name")?,
        configured: row.get("configured")?,
        muted: row.get("muted")?,
        first: time(row, "first")?,
        last: time(row, "last")?,
        profile: row.get::<_, Json<_>>("profile")?.0,
    })
}

/// `syria-coast-killings`, then `syria-coast-killings-2`, and so on.
fn free_slug(connection: &Connection, slug: &str) -> Result<String, StoreError> {
    let mut candidate = slug.to_owned();
    let mut number = 1;
    let sql = "SELECT 1 FROM stories WHERE slug = ?1";
    while first(connection, sql, [&candidate], |_| Ok(()))?.is_some() {
        number += 1;
        candidate = format!("{slug}-{number}");
    }
    Ok(candidate)
}

/// A name as it is typed on the command line: letters and digits in lower case, everything between them one hyphen.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for part in name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’') {
        let word: String = part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if word.is_empty() {
            continue;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word);
    }
    if let Some((end, _)) = slug.char_indices().nth(LONGEST_SLUG) {
        slug.truncate(slug[..end].rfind('-').unwrap_or(end));
    }
    // A slug of digits alone would be read as a story's number.
    match slug.parse::<i64>() {
        Ok(_) => format!("story-{slug}"),
        Err(_) if slug.is_empty() => "story".to_owned(),
        Err(_) => slug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Intake;
    use crate::store::samples::{draft, minute, one_story};

    fn active_since(intake: &Intake<'_>, at: i64) -> Vec<Story> {
        let mut stories = Vec::new();
        intake.active_stories(minute(at), |story| stories.push(story)).unwrap();
        stories
    }

    #[test]
    fn a_story_is_opened_found_and_grows() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let mut story = intake.open_story(&draft("Port Ardo ferry")).unwrap();
        assert_eq!(active_since(&intake, 1), std::slice::from_ref(&story));
        assert_eq!(active_since(&intake, 2), []);
        story.last = minute(8);
        story.profile.articles = 2;
        story.profile.names.insert("Lena Oak".to_owned(), 1);
        intake.save_story(&story).unwrap();
        intake.commit().unwrap();
        for reference in ["port-ardo-ferry", "1"] {
            assert_eq!(store.find_story(reference).unwrap().as_ref(), Some(&story), "{reference}");
        }
        assert_eq!(store.find_story("port-ardo").unwrap(), None);
    }

    #[test]
    fn stories_of_one_name_have_slugs_of_their_own() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let slugs = ["Quake!", "Quake", "quake 2", "Quake"].map(|name| intake.open_story(&draft(name)).unwrap().slug);
        assert_eq!(slugs, ["quake", "quake-2", "quake-2-2", "quake-3"]);
    }

    #[test]
    fn a_story_that_the_config_names_never_grows_too_old_to_join() {
        let mut store = Store::in_memory().unwrap();
        let intake = store.intake().unwrap();
        let named = StoryDraft { configured: Some("Ferry".to_owned()), ..draft("Ferry") };
        let story = intake.open_story(&named).unwrap();
        assert_eq!(active_since(&intake, 99), [story]);
    }

    #[test]
    fn a_person_renames_a_story_and_an_article_does_not() {
        let mut store = Store::in_memory().unwrap();
        let (id, _) = one_story(&mut store, "daily.example/a", &[], minute(9));
        let before = store.story(id).unwrap().unwrap();
        store.rename_story(id, "The Ardo disaster").unwrap();
        store.mute_story(id, true).unwrap();
        let intake = store.intake().unwrap();
        intake.save_story(&before).unwrap();
        intake.commit().unwrap();
        let after = store.find_story("port-ardo-ferry").unwrap().unwrap();
        assert_eq!((after.name.as_str(), after.muted), ("The Ardo disaster", true));
        assert!(matches!(store.rename_story(StoryId(9), "x"), Err(StoreError::NoSuch { what: "story", id: 9 })));
    }

    #[test]
    fn merged_stories_are_one_until_they_are_split() {
        let mut store = Store::in_memory().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|link| one_story(&mut store, link, &[], minute(9)).0);
        store.merge_story(c, b).unwrap();
        store.merge_story(b, a).unwrap();
        let ids = |store: &Store| store.stories().unwrap().iter().map(|story| story.id).collect::<Vec<_>>();
        assert_eq!(ids(&store), [a]);
        assert_eq!(store.story(c).unwrap().unwrap().id, a);
        assert_eq!(store.find_story("port-ardo-ferry-3").unwrap().unwrap().id, a);
        assert_eq!(store.claims(a).unwrap().len(), 3);
        assert!(store.claims(a).unwrap().iter().all(|claim| claim.story == a));
        assert!(store.changes(a).unwrap().iter().all(|stored| stored.change.story == a));
        assert!(store.merge_story(a, c).is_err(), "they are one already");
        assert_eq!(store.story(a).unwrap().unwrap().profile.places["Port Ardo"], 3, "what fits either joins it");

        store.split_story(c).unwrap();
        assert_eq!(ids(&store), [c, a]);
        assert_eq!((store.claims(a).unwrap().len(), store.claims(c).unwrap().len()), (2, 1));
        assert_eq!(store.story(a).unwrap().unwrap().profile.places["Port Ardo"], 2);
        assert!(store.split_story(a).is_err());
    }

    #[test]
    fn a_name_becomes_a_slug() {
        assert_eq!(slug("Syria coast killings, March 2025"), "syria-coast-killings-march-2025");
        assert_eq!(slug("Côte d’Azur: people's  march"), "côte-dazur-peoples-march");
        assert_eq!(slug("2025"), "story-2025");
        assert_eq!(slug(" … "), "story");
        assert_eq!(slug(&"harbour ".repeat(20)), "harbour-harbour-harbour-harbour-harbour-harbour-harbour");
        assert_eq!(slug(&"é".repeat(80)), "é".repeat(60));
    }
}
