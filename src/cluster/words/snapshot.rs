//! Snapshots in words (§7, Figure 13).

use super::row::ruled;
use super::spell::entries;
use crate::cluster::flaw::Flaws;
use crate::cluster::raft::{Most, Position};
use crate::cluster::types::{Index, ServerId, Term};

pub(super) fn taken(first: Index, last: Index, limit: Option<Most>) -> String {
    let leave = if first < last { "leave" } else { "leaves" };
    let gone = format!("{} {leave} its log", entries(first, last));
    match limit {
        None => format!("{gone} (§7)"),
        Some(limit) => format!("{gone}, as `snapshot={limit}` asks (§7)"),
    }
}

pub(super) fn sent_again(follower: ServerId, last: Index, received: u32) -> String {
    match received {
        0 => format!("sends {follower} its snapshot up to {last} again"),
        bytes => format!("sends {follower} a snapshot again from byte {}", u64::from(bytes) + 1),
    }
}

/// `own`: where the log ended; `had`: the term of its entry at the snapshot's last index; `end`: where
/// the log ends now.
pub(super) fn installed(
    last: Position,
    (own, had): (Position, Option<Term>),
    end: Index,
    flaws: Flaws,
) -> String {
    let index = last.index;
    let (facts, section) = match had {
        Some(term) if term == last.term && own.index == index => (
            format!("its log has entry {last} too, and ends there"),
            "Figure 13, InstallSnapshot 6",
        ),
        Some(term) if term == last.term && end > index => (
            format!("its log has entry {last} too, and keeps what follows, up to {end}"),
            "Figure 13, InstallSnapshot 6",
        ),
        Some(term) if term == last.term => (
            format!("its log has entry {last} too, and loses what follows, up to {}", own.index),
            "Figure 13, InstallSnapshot 6",
        ),
        Some(term) => (
            format!("its own entry {index} is of term {term}: its log goes"),
            "Figure 13, InstallSnapshot 7",
        ),
        None if own.index == Index::ZERO => ("its log is empty".to_owned(), "§7"),
        None if own.index < index => {
            (format!("its log ended at {own}: all of it goes"), "Figure 13, InstallSnapshot 7")
        }
        None => (format!("its log ended at {own}"), "§7"),
    };
    ruled(flaws, facts, section)
}
