//! What followers take into their logs, and leaders send them (Figure 2, §5.3).

use super::*;

// Figure 2, AppendEntries, receiver implementation.

#[test]
fn figure_2_append_entries_2_needs_the_previous_entry() {
    let mut server = Server::new(1, 4, &[1, 2, 2, 3]);
    let out = server.hears(2, append(4, at(6, 4), &[4], 0));
    assert_eq!(result(&out), refused(None, 0, 4), "its log ends before");
    let out = server.hears(2, append(4, at(3, 4), &[4], 0));
    assert_eq!(result(&out), refused(Some(2), 2, 4), "the term in conflict, and where it begins");
    assert_eq!(server.log(), [1, 2, 2, 3], "a refusal changes nothing");
    let out = server.hears(2, append(4, at(0, 0), &[], 0));
    assert_eq!(result(&out), AppendResult::Matched(Index(0)), "before the first stands nothing");
}

#[test]
fn figure_2_append_entries_2_holds_for_heartbeats_too() {
    let mut server = Server::new(1, 4, &[1, 2]);
    let out = server.hears(2, append(4, at(3, 4), &[], 3));
    assert_eq!(result(&out), refused(None, 0, 2));
    assert_eq!(server.commit(), 0);
    let out = server.hears(2, append(4, at(2, 4), &[], 2));
    assert_eq!(result(&out), refused(Some(2), 2, 2));
    assert_eq!(server.commit(), 0);
}

#[test]
fn figure_2_append_entries_3_removes_only_what_conflicts() {
    let mut server = Server::new(1, 4, &[1, 1, 2, 2, 3]);
    let out = server.hears(2, append(4, at(1, 1), &[1, 2, 4], 0));
    assert_eq!(server.log(), [1, 1, 2, 4], "the conflict at 4 and all that follows it");
    assert_eq!(result(&out), AppendResult::Matched(Index(4)));
    let writes = [Write::Truncate(Index(4)), Write::Append(entry(4, 4))];
    assert_eq!(out.writes, writes);
}

/// What is told of a removal: from where to where, of which term it was, and whose takes its place.
#[test]
fn figure_2_append_entries_3_a_removal_names_the_terms() {
    for (prev, entries, new) in [(1, &[1, 2, 4][..], 4), (3, &[3, 4], 3), (2, &[2, 4], 4)] {
        let mut server = Server::new(1, 4, &[1, 1, 2, 2, 2]);
        let term = server.raft.log().term(Index(prev)).expect("an entry");
        let out = server.hears(2, append(4, at(prev, term.0), entries, 0));
        let told = out.events.iter().find_map(|(_, event)| match *event {
            RaftEvent::Truncated { first, last, old, new, .. } => Some((first, last, old, new)),
            _ => None,
        });
        assert_eq!(
            told,
            Some((Index(4), Index(5), Term(2), Some(Term(new)))),
            "{prev} {entries:?}"
        );
    }
}

#[test]
fn figure_2_append_entries_3_leaves_what_a_late_append_does_not_know_of() {
    let mut server = Server::new(1, 4, &[1, 4, 4, 4]);
    for entries in [&[][..], &[4], &[4, 4]] {
        let out = server.hears(2, append(4, at(1, 1), entries, 0));
        assert_eq!(server.log(), [1, 4, 4, 4]);
        assert!(out.writes.is_empty(), "nothing is new");
        let last = 1 + entries.len() as u64;
        assert_eq!(result(&out), AppendResult::Matched(Index(last)), "no more than it showed");
    }
}

#[test]
fn figure_2_append_entries_4_appends_what_is_missing_once() {
    let mut server = Server::new(1, 4, &[1]);
    for _ in 0..2 {
        let out = server.hears(2, append(4, at(1, 1), &[2, 4], 0));
        assert_eq!(result(&out), AppendResult::Matched(Index(3)));
        assert_eq!(server.log(), [1, 2, 4]);
    }
    assert_eq!(server.unsynced, [Write::Append(entry(2, 2)), Write::Append(entry(3, 4))]);
}

#[test]
fn figure_2_append_entries_5_commits_no_further_than_the_last_new_entry() {
    let commit = |brought| RULES.commit_from_leader(Index(brought), Index(4), Index(9)).answer;
    assert_eq!((commit(9), commit(3)), (Index(4), Index(3)));
    let mut server = Server::new(1, 4, &[1, 4, 3]);
    server.hears(2, append(4, at(1, 1), &[4], 3));
    assert_eq!(server.commit(), 2, "its entry 3 was not shown to be the leader's");
    server.hears(2, append(4, at(1, 1), &[], 1));
    assert_eq!(server.commit(), 2, "and never goes back");
}

#[test]
fn figure_2_answers_wait_for_the_disk_and_appends_do_not() {
    let mut server = Server::new(1, 3, &[]);
    let out = server.hears(2, append(4, at(0, 0), &[4], 0));
    assert!(out.messages.is_empty() && out.held.len() == 1);
    assert!(writes_a_vote(&out), "the new term is on disk before the answer");
    let out = server.hears(3, vote_request(5, at(1, 4)));
    assert!(out.messages.is_empty() && out.held.len() == 1);
    let mut leader = Server::leading(1, 4, &[]);
    let out = leader.submits(1);
    assert!(out.held.is_empty() && out.messages.len() == 4);
}

#[test]
fn figure_2_append_entries_5_a_commit_index_is_learned_once() {
    let mut server = Server::new(1, 4, &[1, 4]);
    let mut learns = || {
        let out = server.hears(2, append(4, at(2, 4), &[], 2));
        out.events.iter().any(|(_, event)| matches!(event, RaftEvent::LearnedCommit { .. }))
    };
    assert!(learns());
    assert!(!learns(), "the next heartbeat brings nothing new");
}

// §5.3: replication.

#[test]
fn section_5_3_a_leader_sends_a_new_entry_to_everybody_at_once() {
    let mut leader = Server::leading(1, 4, &[1, 3]);
    let out = leader.submits(1);
    assert_eq!(leader.log(), [1, 3, 4]);
    for peer in 2..=5 {
        assert_eq!(appends(&out, peer), [(at(2, 3), vec![4], 0)]);
    }
}

#[test]
fn section_5_3_what_is_submitted_meanwhile_goes_out_together() {
    let mut leader = Server::leading(1, 4, &[]);
    leader.submits(1);
    assert!(leader.submits(2).messages.is_empty());
    assert!(leader.submits(3).messages.is_empty());
    let out = leader.hears(2, matched(4, 0, 1));
    assert_eq!(appends(&out, 2), [(at(1, 4), vec![4, 4], 0)]);
}

#[test]
fn section_5_3_an_append_carries_no_more_entries_than_the_limit() {
    let mut leader = Server::leading(1, 4, &[1; 10]);
    leader.cx.append_max = 3;
    let out = leader.hears(2, reply(4, 10, refused(None, 0, 0)));
    assert_eq!(appends(&out, 2), [(at(0, 0), vec![1; 3], 0)]);
    let out = leader.hears(2, matched(4, 0, 3));
    assert_eq!(appends(&out, 2), [(at(3, 1), vec![1; 3], 0)]);
}

#[test]
fn section_5_3_what_stays_unanswered_is_sent_again() {
    let mut leader = Server::leading(1, 4, &[]);
    leader.submits(1);
    leader.cx.now = Time::START + Span::from_millis(99);
    assert_eq!(appends(&leader.speaks(), 2), [(at(0, 0), vec![], 0)], "it may be on its way");
    leader.cx.now = Time::START + Span::from_millis(100);
    assert_eq!(appends(&leader.speaks(), 2), [(at(0, 0), vec![4], 0)]);
}

#[test]
fn section_5_3_a_leader_never_changes_its_own_log() {
    let mut leader = Server::leading(1, 4, &[1, 2]);
    leader.submits(1);
    let out = leader.hears(2, append(4, at(0, 0), &[3], 3));
    assert_eq!((leader.raft.role(), leader.log()), (Role::Leader, vec![1, 2, 4]));
    assert!(out.held.is_empty() && out.writes.is_empty());
}

#[test]
fn section_5_3_a_leader_backs_up_a_term_at_a_time() {
    let leader = Server::leading(1, 6, &[1, 1, 2, 4, 4, 5]);
    let back_up = |prev, refusal| RULES.back_up(leader.raft.log(), Index(prev), refusal).answer.0;
    assert_eq!(back_up(6, refused(None, 0, 2)), 3, "to the end of a short log");
    assert_eq!(back_up(6, refused(Some(3), 3, 9)), 3, "past a term that the leader lacks");
    assert_eq!(back_up(6, refused(Some(4), 2, 9)), 6, "after the leader's own last of the term");
    assert_eq!(back_up(3, refused(Some(4), 2, 9)), 3, "and always at least a step");
    assert_eq!(back_up(1, refused(Some(3), 1, 9)), 1, "and never before the first entry");
}

#[test]
fn section_5_3_a_refusal_is_answered_with_earlier_entries_at_once() {
    let mut leader = Server::leading(1, 6, &[1, 1, 4, 4, 5]);
    let refusal = |prev, result| reply(6, prev, result);
    let out = leader.hears(2, refusal(5, refused(Some(3), 3, 7)));
    assert_eq!(appends(&out, 2), [(at(2, 1), vec![4, 4, 5], 0)]);
    let out = leader.hears(2, refusal(5, refused(Some(3), 3, 7)));
    assert!(out.messages.is_empty(), "an answer to what has been superseded");
}

#[test]
fn section_5_3_a_late_refusal_moves_nothing_that_is_known_to_agree() {
    let mut leader = Server::leading(1, 4, &[1, 1, 1]);
    leader.hears(2, matched(4, 3, 3));
    let refusal = reply(4, 3, refused(None, 0, 3));
    assert!(leader.hears(2, refusal).messages.is_empty());
    let known = Progress { matched: Index(3), next: Index(4), ..Progress::default() };
    assert_eq!(leader.raft.progress(id(2)), Some(&known));
}

#[test]
fn section_5_3_an_answer_counts_for_what_its_append_brought_and_no_more() {
    let mut leader = Server::leading(1, 4, &[]);
    leader.submits(1);
    leader.submits(2);
    leader.syncs();
    leader.hears(2, matched(4, 0, 1));
    leader.hears(3, matched(4, 0, 1));
    assert_eq!(leader.commit(), 1, "entry 2 has been sent, and nobody has said that it has it");
    leader.hears(3, matched(4, 0, 0));
    assert_eq!(leader.known(3).matched, Index(1), "an answer that came late");
}

/// What an answer is to the leader: news, what it knew (as with each heartbeat), or overtaken.
#[test]
fn section_5_3_an_answer_is_news_once() {
    let told = |out: &Outbox| -> Vec<&'static str> {
        let told = out.events.iter().filter_map(|(_, event)| match *event {
            RaftEvent::Matched { .. } => Some("matched"),
            RaftEvent::Ignored { why: IgnoreReason::Overtaken, .. } => Some("overtaken"),
            _ => None,
        });
        told.collect()
    };
    let mut leader = Server::leading(1, 4, &[1, 1, 1]);
    for (prev, index, expected) in [
        (0, 2, &["matched"][..]),
        (2, 2, &[]),
        (0, 1, &["overtaken"]),
        (2, 3, &["matched"]),
        (3, 3, &[]),
        (2, 2, &["overtaken"]),
    ] {
        assert_eq!(told(&leader.hears(2, matched(4, prev, index))), expected, "{prev} {index}");
    }
}

#[test]
fn section_5_3_a_late_answer_does_not_take_back_what_is_next() {
    let mut leader = Server::leading(1, 4, &[1, 1, 1, 1]);
    leader.hears(2, matched(4, 4, 4));
    leader.hears(2, matched(4, 0, 2));
    let known = Progress { matched: Index(4), next: Index(5), ..Progress::default() };
    assert_eq!(leader.raft.progress(id(2)), Some(&known));
    leader.submits(1);
    let out = leader.hears(2, matched(4, 1, 3));
    assert!(out.messages.is_empty(), "entry 5 is under way");
    assert_eq!(leader.known(2).next, Index(5));
}
