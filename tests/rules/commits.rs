//! What is committed, and when (§5.3, §5.4.2).

use super::*;

/// Who holds an entry, as far as the leader knows: what it has heard of, and its own disk.
#[test]
fn section_5_3_a_commit_names_those_who_hold_the_entry() {
    let commit = |out: &Outbox| -> Vec<(u64, u64, ServerSet)> {
        let commits = out.events.iter().filter_map(|(_, event)| match *event {
            RaftEvent::Committed { first, last, copies, .. } => Some((first.0, last.0, copies)),
            _ => None,
        });
        commits.collect()
    };
    let mut leader = Server::leading(1, 4, &[]);
    leader.submits(1);
    leader.submits(2);
    leader.hears(4, matched(4, 0, 2));
    leader.syncs();
    let out = leader.hears(2, matched(4, 0, 1));
    assert_eq!(commit(&out), [(1, 1, ids(&[1, 2, 4]))]);
    let out = leader.hears(5, matched(4, 0, 2));
    assert_eq!(commit(&out), [(2, 2, ids(&[1, 4, 5]))]);
    assert_eq!(leader.raft.holders(Index(1)), ids(&[1, 2, 4, 5]));
    assert_eq!(leader.raft.holders(Index(3)), ids(&[]));
}

#[test]
fn section_5_3_an_entry_is_committed_once_it_is_on_a_majority_of_disks() {
    let mut leader = Server::leading(1, 4, &[]);
    leader.submits(1);
    leader.hears(2, matched(4, 0, 1));
    leader.hears(2, matched(4, 0, 1));
    leader.hears(3, matched(4, 0, 1));
    assert_eq!(leader.commit(), 0, "two disks and its own memory");
    leader.syncs();
    assert_eq!(leader.commit(), 1);
    let out = leader.speaks();
    assert_eq!(appends(&out, 4)[0].2, 1, "the next append brings the news");
}

#[test]
fn section_5_3_the_commit_index_is_the_highest_that_a_majority_holds() {
    let progress = |matched: &[u64]| -> Vec<Progress> {
        let each = |index: &u64| Progress { matched: Index(*index), ..Progress::default() };
        matched.iter().map(each).collect()
    };
    let cases: [(&[u64], u64); 6] = [
        (&[7], 7),
        (&[7, 2], 2),
        (&[7, 2, 5], 5),
        (&[7, 7, 5, 5], 5),
        (&[9, 9, 3, 2, 1], 3),
        (&[0, 0, 0, 9, 9], 0),
    ];
    for (matched, index) in cases {
        let all = Configuration::of(matched.len() as u8);
        let last = RULES.on_a_majority(all, &progress(matched)).answer;
        assert_eq!(last, Index(index), "{matched:?}");
    }
}

// §5.4.2: entries of earlier terms.

#[test]
fn section_5_4_2_old_term_entries_are_not_counted() {
    let mut leader = Server::leading(1, 4, &[1, 2]);
    for follower in 2..=5 {
        leader.hears(follower, matched(4, 2, 2));
    }
    assert_eq!(leader.commit(), 0, "all five have entry 2 of term 2");
}

/// That an old entry on a majority of disks has to wait is said once: with the copy that made it
/// a majority.
#[test]
fn section_5_4_2_is_told_when_a_majority_has_an_old_entry() {
    let mut leader = Server::leading(1, 4, &[1, 2]);
    let mut told = Vec::new();
    for follower in 2..=5 {
        for out in [leader.hears(follower, matched(4, 2, 2)), leader.syncs()] {
            told.extend(out.events.iter().filter_map(|(_, event)| match *event {
                RaftEvent::OldTermWaits { index, entry, copies, .. } => {
                    Some((follower, index, entry, copies))
                }
                _ => None,
            }));
        }
    }
    assert_eq!(told, [(3, Index(2), Term(2), ids(&[1, 2, 3]))]);
}

/// A copy of what is committed is no news of the old entry behind it.
#[test]
fn section_5_4_2_a_copy_of_what_is_committed_does_not_tell_it_again() {
    let waits = |out: Outbox| {
        out.events.iter().any(|(_, event)| matches!(event, RaftEvent::OldTermWaits { .. }))
    };
    let mut leader = Server::new(1, 3, &[1, 2]);
    leader.hears(2, append(3, at(2, 2), &[], 1));
    leader.times_out();
    leader.syncs();
    leader.hears(2, vote(4, true));
    leader.hears(3, vote(4, true));
    assert!(!waits(leader.hears(2, matched(4, 2, 2))));
    assert!(waits(leader.hears(3, matched(4, 2, 2))), "three have entry 2 of term 2");
    assert!(!waits(leader.hears(4, matched(4, 0, 1))), "entry 1 is committed");
    assert_eq!(leader.commit(), 1);
}

#[test]
fn section_5_4_2_an_entry_of_the_own_term_commits_all_before_it() {
    let mut leader = Server::leading(1, 4, &[1, 2]);
    leader.submits(1);
    leader.syncs();
    leader.hears(2, matched(4, 2, 3));
    assert_eq!(leader.commit(), 0);
    leader.hears(3, matched(4, 2, 3));
    assert_eq!(leader.commit(), 3);
}

#[test]
fn section_5_4_2_is_decided_by_the_term_of_the_entry() {
    assert!(RULES.may_count(Term(4), Term(4)).answer);
    assert!(!RULES.may_count(Term(3), Term(4)).answer);
}
