//! Polite, bounded, guarded fetching.
