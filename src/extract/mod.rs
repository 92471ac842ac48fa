//! An article to its figures.
