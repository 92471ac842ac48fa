//! What is kept: SQLite.
