//! The small predicates of the paper's Figure 2, each with its section, to be read beside it.
//!
//! The rest of the module says when to ask; what the answer is stands here and nowhere else.

use super::{AppendResult, Log, Position, Progress};
use crate::cluster::types::{Index, ServerId, ServerSet, Term, majority};

/// A vote goes to one candidate a term: the first, or the same again (Figure 2, RequestVote 2).
pub fn may_vote_for(voted_for: Option<ServerId>, candidate: ServerId) -> bool {
    voted_for.is_none_or(|other| other == candidate)
}

/// Whether a candidate's log is at least as up to date as the voter's: the later last term wins,
/// then the longer log (§5.4.1).
pub fn is_up_to_date(candidate: Position, own: Position) -> bool {
    (candidate.term, candidate.index) >= (own.term, own.index)
}

/// Whether these servers are a majority of the cluster (§5.1).
pub fn is_majority(servers: ServerSet, cluster: u8) -> bool {
    servers.len() >= majority(usize::from(cluster))
}

/// Whether the log has the entry that the leader's entries follow (Figure 2, AppendEntries 2).
pub fn has_previous(log: &Log, prev: Position) -> bool {
    log.term(prev.index) == Some(prev.term)
}

/// Whether the entry at `index` conflicts with the leader's, which has `term` (Figure 2,
/// AppendEntries 3). Only then may anything be removed: a delayed append may be a mere prefix of
/// what has arrived since.
pub fn conflicts(log: &Log, index: Index, term: Term) -> bool {
    log.term(index).is_some_and(|own| own != term)
}

/// The commit index that a follower may take from its leader: not beyond the last entry that
/// this message showed to be the leader's (Figure 2, AppendEntries 5).
pub fn commit_from_leader(leader_commit: Index, last_new: Index) -> Index {
    leader_commit.min(last_new)
}

/// The highest index that a majority is known to hold.
pub fn on_a_majority(progress: &[Progress]) -> Index {
    let mut matched: smallvec::SmallVec<[Index; 25]> =
        progress.iter().map(|follower| follower.matched).collect();
    matched.sort_unstable_by(|one, two| two.cmp(one));
    matched.get(majority(progress.len()) - 1).copied().unwrap_or_default()
}

/// A leader commits only entries of its own term by counting copies; older ones are committed
/// with them (§5.4.2 and Figure 8).
pub fn may_count(entry: Term, current: Term) -> bool {
    entry == current
}

/// Where the leader goes on after a refusal of what followed `prev` (§5.3, end): past the whole
/// conflicting term if the leader lacks it, else after the leader's own last entry of it.
pub fn back_up(log: &Log, prev: Index, refusal: AppendResult) -> Index {
    let AppendResult::Refused { conflict, first, last } = refusal else { return prev.next() };
    let next = match conflict {
        None => last.next(),
        Some(term) => log.last_of_term(term).map_or(first, Index::next),
    };
    // Always at least one step back, and never before the first entry.
    next.min(prev).max(Index(1))
}
