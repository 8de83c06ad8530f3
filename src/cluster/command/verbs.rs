//! The table of verbs.
