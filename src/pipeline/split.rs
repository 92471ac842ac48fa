//! Articles that a person moves out of a story into one of their own.

use jiff::Timestamp;

use crate::extract;
use crate::model::{ArticleId, Story, StoryDraft, StoryProfile};
use crate::store::{Store, StoreError};
use crate::track::{self, Index};

/// Why articles cannot be moved out of a story.
#[derive(Debug, thiserror::Error)]
pub enum NotSplit {
    /// An article is none of the story.
    #[error("article {} is none of this story", .0.0)]
    NotOfStory(ArticleId),
    /// Nothing would be left of the story.
    #[error("these are all articles of the story; nothing would be left in it")]
    NothingLeft,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Moves articles out of a story into a new one, which is named after the earliest of them where no name is given. Later
/// articles join whichever of the two they are more like; those that were moved stay where a person put them.
///
/// # Errors
/// Says which article is none of the story, or that nothing would be left of it; else those of the database.
pub fn split(
    store: &mut Store,
    story: &Story,
    articles: &[ArticleId],
    name: Option<&str>,
    now: Timestamp,
) -> Result<Story, NotSplit> {
    let claims = store.claims(story.id)?;
    if claims.iter().all(|claim| articles.contains(&claim.id.article)) {
        return Err(NotSplit::NothingLeft);
    }
    let mut moved: Vec<(Timestamp, ArticleId, StoryDraft)> = Vec::new();
    for &article in articles {
        if moved.iter().any(|(_, known, _)| *known == article) {
            continue;
        }
        // The story knows an article by its first version that counts anybody.
        let first = claims.iter().filter(|claim| claim.id.article == article).min_by_key(|claim| claim.id);
        let first = first.ok_or(NotSplit::NotOfStory(article))?;
        let versions = store.article_versions(article)?;
        let version = versions.iter().find(|stored| stored.version == first.id.version);
        let alone = version.and_then(|stored| {
            match track::link(&stored.article, &extract::read(&stored.article), first.published, &Index::default(), &[])
            {
                track::Link::Opens(draft) => Some(draft),
                track::Link::Joins(_) | track::Link::Nothing => None,
            }
        });
        let unread = || StoryDraft {
            name: story.name.clone(),
            configured: None,
            at: first.published,
            profile: StoryProfile { articles: 1, ..StoryProfile::default() },
        };
        moved.push((first.published, article, alone.unwrap_or_else(unread)));
    }
    moved.sort_by_key(|(published, article, _)| (*published, *article));
    let Some((_, _, first)) = moved.first() else { return Err(NotSplit::NothingLeft) };
    let name = name.map_or_else(|| first.name.clone(), str::to_owned);
    let draft = StoryDraft { name, ..first.clone() };
    let moved: Vec<_> = moved.into_iter().map(|(_, article, draft)| (article, draft.profile)).collect();
    Ok(store.split_off(story.id, &draft, &moved, now)?)
}
