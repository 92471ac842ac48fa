//! Bytes of a feed to its items.
