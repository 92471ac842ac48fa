//! Figures and a story's past to claims and changes.
