//! Raft's rules, named by the sections of the paper and the parts of its Figure 2, asked of one
//! server from outside: what it hears, what it then says, writes and knows.

#[allow(dead_code, reason = "not every test file asks everything")]
#[path = "support/raft.rs"]
mod bench;

use bench::{
    Server, append, appends, at, calls, entry, granted, id, ids, matched, refused, reply, result,
    vote, vote_request, writes_a_vote,
};
use raftlab::cluster::disk::Disk;
use raftlab::cluster::event::{IgnoreReason, RaftEvent};
use raftlab::cluster::flaw::{Flaw, Flaws};
use raftlab::cluster::raft::{
    AppendResult, Configuration, Message, Options, Outbox, Progress, REPEATS_A_BEAT, REPEATS_MAX,
    Raft, Role, Rules, TimerOrder, Write,
};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Index, ServerId, ServerSet, Term};

/// A server without flaws.
const RULES: Rules = Rules { flaws: Flaws::NONE, options: Options::NONE };

// §5.1: terms.

#[test]
fn section_5_1_a_higher_term_makes_anybody_a_follower() {
    let messages = [
        vote_request(9, at(0, 0)),
        vote(9, false),
        append(9, at(0, 0), &[], 0),
        reply(9, 0, refused(None, 0, 0)),
    ];
    for message in messages {
        let mut leader = Server::leading(1, 4, &[1]);
        let out = leader.hears(5, message.clone());
        assert_eq!((leader.raft.role(), leader.term()), (Role::Follower, 9), "{message:?}");
        assert_eq!(out.heartbeat, TimerOrder::Cancel);
        assert_eq!(out.election, TimerOrder::Arm, "a follower waits for a leader again");
        assert!(writes_a_vote(&out), "the new term goes to the disk");
    }
}

#[test]
fn section_5_1_requests_of_an_older_term_are_refused_with_the_newer_one() {
    let mut server = Server::new(1, 5, &[1]);
    let out = server.hears(2, vote_request(4, at(9, 4)));
    assert!(!granted(&out));
    assert!(matches!(out.held[0].1, Message::VoteReply { term: Term(5), .. }));
    let out = server.hears(2, append(4, at(1, 1), &[4], 1));
    assert_eq!(result(&out), refused(None, 0, 1));
    assert!(matches!(out.held[0].1, Message::AppendReply { term: Term(5), .. }));
    assert_eq!((server.log(), server.commit()), (vec![1], 0));
    assert_eq!(out.election, TimerOrder::Keep, "an old leader's word is no leader's word");
}

#[test]
fn section_5_1_replies_of_an_older_term_count_for_nothing() {
    let mut candidate = Server::new(1, 3, &[]);
    candidate.times_out();
    candidate.times_out();
    candidate.syncs();
    assert_eq!(candidate.term(), 5);
    for voter in 2..=5 {
        candidate.hears(voter, vote(4, true));
    }
    assert_eq!(candidate.raft.role(), Role::Candidate);

    let mut leader = Server::leading(1, 5, &[]);
    leader.submits(1);
    leader.syncs();
    for follower in 2..=5 {
        leader.hears(follower, matched(4, 0, 1));
    }
    assert_eq!(leader.commit(), 0);
}

#[test]
fn section_5_1_a_term_begins_without_a_leader() {
    let mut server = Server::new(1, 3, &[]);
    server.hears(2, append(4, at(0, 0), &[], 0));
    assert_eq!(server.raft.leader(), Some(id(2)));
    server.hears(3, vote_request(5, at(0, 0)));
    assert_eq!((server.term(), server.raft.leader()), (5, None), "S2 led term 4");
    server.hears(3, append(5, at(0, 0), &[], 0));
    assert_eq!(server.raft.leader(), Some(id(3)));
    server.times_out();
    assert_eq!((server.term(), server.raft.leader()), (6, None), "S3 led term 5");
}

// §5.2: elections.

#[test]
fn section_5_2_a_timeout_begins_an_election_in_the_next_term() {
    let mut server = Server::new(2, 3, &[1, 3]);
    let out = server.times_out();
    assert_eq!((server.raft.role(), server.term()), (Role::Candidate, 4));
    assert_eq!(server.raft.voted_for(), Some(id(2)));
    assert_eq!(out.election, TimerOrder::Arm, "for the case of a split vote");
    let (term, last) = (Term(4), at(2, 3));
    let asked = (1..).zip([1, 3, 4, 5]).map(|(call, peer)| {
        let request = Message::RequestVote { call, term, last, transfer: false };
        (id(peer), request)
    });
    assert_eq!(out.held, asked.collect::<Vec<_>>(), "once its own vote is on disk");
    assert!(out.messages.is_empty());
}

#[test]
fn section_5_2_an_own_vote_counts_once_it_is_on_disk() {
    let mut server = Server::new(1, 0, &[]);
    server.times_out();
    server.hears(2, vote(1, true));
    server.hears(3, vote(1, true));
    assert_eq!(server.raft.role(), Role::Candidate);
    server.syncs();
    assert_eq!(server.raft.role(), Role::Leader);
}

/// What reaches the disk meanwhile is no vote: entries of its time as a follower, or the vote for
/// itself in an earlier term.
#[test]
fn section_5_2_an_own_vote_is_that_of_its_term_and_for_itself() {
    let candidate_with = |written: fn(&mut Disk)| {
        let mut server = Server::new(1, 3, &[1]);
        server.times_out();
        server.hears(2, vote(4, true));
        server.hears(3, vote(4, true));
        let mut disk = server.disk.clone();
        written(&mut disk);
        server.step(|raft, cx, out| raft.on_sync(disk.hard, disk.log.last_index(), cx, out));
        server.raft.role()
    };
    assert_eq!(candidate_with(|disk| disk.log.push(entry(2, 3))), Role::Candidate);
    assert_eq!(candidate_with(|disk| disk.hard.voted_for = Some(id(1))), Role::Candidate);
    let own = |disk: &mut Disk| (disk.hard.term, disk.hard.voted_for) = (Term(4), Some(id(1)));
    assert_eq!(candidate_with(own), Role::Leader);
}

#[test]
fn section_5_2_a_majority_of_votes_wins_and_each_voter_counts_once() {
    let mut server = Server::new(1, 0, &[]);
    server.times_out();
    server.syncs();
    server.hears(2, vote(1, true));
    server.hears(2, vote(1, true));
    server.hears(3, vote(1, false));
    assert_eq!(server.raft.role(), Role::Candidate);
    server.hears(4, vote(1, true));
    assert_eq!(server.raft.role(), Role::Leader);
    assert_eq!(server.raft.votes(), ids(&[1, 2, 4]));
}

#[test]
fn section_5_2_a_majority_is_more_than_half() {
    for (servers, enough) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (25, 13)] {
        let votes: ServerSet = ServerId::first(enough).collect();
        assert!(RULES.is_majority(Configuration::of(servers), votes).answer);
        let votes: ServerSet = ServerId::first(enough - 1).collect();
        assert!(!RULES.is_majority(Configuration::of(servers), votes).answer);
    }
}

#[test]
fn section_5_2_one_vote_a_term_to_the_first_who_asks() {
    let mut server = Server::new(1, 3, &[]);
    assert!(granted(&server.hears(2, vote_request(4, at(0, 0)))));
    assert!(!granted(&server.hears(3, vote_request(4, at(9, 3)))));
    assert!(granted(&server.hears(2, vote_request(4, at(0, 0)))), "its answer may have been lost");
    assert!(granted(&server.hears(3, vote_request(5, at(0, 0)))), "a new term, a new vote");
}

#[test]
fn section_5_2_the_vote_is_kept_through_a_crash() {
    let mut server = Server::new(1, 3, &[]);
    let out = server.hears(2, vote_request(4, at(0, 0)));
    assert!(writes_a_vote(&out));
    server.syncs();
    server.raft = server.raft.restarted(server.disk.hard, server.disk.log.clone());
    assert_eq!((server.term(), server.raft.voted_for()), (4, Some(id(2))));
    assert!(!granted(&server.hears(3, vote_request(4, at(0, 0)))));
}

#[test]
fn section_5_2_the_term_stays_open_for_a_vote_after_a_refusal() {
    let mut server = Server::new(1, 3, &[1, 2]);
    assert!(!granted(&server.hears(2, vote_request(4, at(1, 1)))));
    assert_eq!((server.term(), server.raft.voted_for()), (4, None));
    assert!(granted(&server.hears(3, vote_request(4, at(2, 2)))));
}

#[test]
fn section_5_2_a_candidate_bows_to_the_leader_of_its_term_only() {
    let mut server = Server::new(1, 3, &[]);
    server.times_out();
    server.hears(2, append(3, at(0, 0), &[], 0));
    assert_eq!(server.raft.role(), Role::Candidate);
    let out = server.hears(2, append(4, at(0, 0), &[], 0));
    assert_eq!((server.raft.role(), server.raft.leader()), (Role::Follower, Some(id(2))));
    assert_eq!(out.election, TimerOrder::Arm);
    assert_eq!(server.raft.voted_for(), Some(id(1)), "its vote in this term stays its own");
}

#[test]
fn section_5_2_who_steps_down_has_no_votes_left() {
    let candidate = || {
        let mut server = Server::new(1, 3, &[]);
        server.times_out();
        server.syncs();
        server.hears(2, vote(4, true));
        server.hears(3, vote(4, false));
        assert_eq!((server.raft.votes(), server.raft.refusals()), (ids(&[1, 2]), ids(&[3])));
        server
    };
    for word in [append(4, at(0, 0), &[], 0), vote_request(5, at(0, 0)), vote(5, false)] {
        let mut server = candidate();
        server.hears(4, word);
        assert_eq!((server.raft.votes(), server.raft.refusals()), (ids(&[]), ids(&[])));
        server.hears(5, vote(4, true));
        assert_eq!((server.raft.role(), server.raft.votes()), (Role::Follower, ids(&[])));
    }
    let mut leader = Server::leading(1, 4, &[]);
    leader.hears(5, vote_request(5, at(0, 0)));
    assert_eq!((leader.raft.votes(), leader.raft.progress(id(2))), (ids(&[]), None));
}

#[test]
fn section_5_2_a_new_leader_speaks_to_everybody_at_once() {
    let mut server = Server::new(1, 0, &[]);
    server.times_out();
    server.syncs();
    server.hears(2, vote(1, true));
    let out = server.hears(3, vote(1, true));
    for peer in 2..=5 {
        assert_eq!(appends(&out, peer), [(at(0, 0), vec![], 0)]);
    }
    assert_eq!((out.election, out.heartbeat), (TimerOrder::Cancel, TimerOrder::Arm));
    assert!(server.log().is_empty(), "no entry opens a term");
}

#[test]
fn section_5_2_only_a_leaders_word_or_a_given_vote_restarts_the_timer() {
    let mut server = Server::new(1, 3, &[1, 3]);
    assert_eq!(server.hears(2, vote_request(3, at(2, 3))).election, TimerOrder::Arm);
    assert_eq!(server.hears(3, vote_request(3, at(2, 3))).election, TimerOrder::Keep);
    assert_eq!(server.hears(3, vote_request(4, at(1, 1))).election, TimerOrder::Keep);
    assert_eq!(server.hears(4, vote(4, true)).election, TimerOrder::Keep);
    assert_eq!(server.hears(5, append(4, at(7, 4), &[], 0)).election, TimerOrder::Arm);
}

#[test]
fn section_5_2_a_leader_does_not_stand_for_election() {
    let mut leader = Server::leading(1, 4, &[]);
    leader.times_out();
    assert_eq!((leader.raft.role(), leader.term()), (Role::Leader, 4));
}

// §5.4.1: the election restriction.

#[test]
fn section_5_4_1_the_later_last_term_is_more_up_to_date_then_the_longer_log() {
    let cases = [
        (at(1, 2), at(5, 1), true),
        (at(5, 1), at(1, 2), false),
        (at(3, 2), at(3, 2), true),
        (at(4, 2), at(3, 2), true),
        (at(2, 2), at(3, 2), false),
        (at(0, 0), at(0, 0), true),
        (at(0, 0), at(1, 1), false),
    ];
    for (candidate, own, up_to_date) in cases {
        assert_eq!(RULES.is_up_to_date(candidate, own).answer, up_to_date, "{candidate} for {own}");
        let log: Vec<u64> = (1..=own.index.0).map(|_| own.term.0).collect();
        let mut voter = Server::new(1, 3, &log);
        let out = voter.hears(2, vote_request(4, candidate));
        assert_eq!(granted(&out), up_to_date, "{candidate} asks one whose log ends at {own}");
    }
}

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

// §5.5 and §5.1: calls that fail are made again.

/// Follows one peer: each time the newest call to it fails. How many calls that makes.
fn calls_until_it_gives_up(server: &mut Server, first: &Outbox, peer: u64) -> usize {
    let mut newest = calls(first, peer);
    let mut made = newest.len();
    while let Some(call) = newest.pop() {
        newest = calls(&server.loses(peer, call), peer);
        assert!(newest.len() <= 1, "one retry at a time");
        made += newest.len();
        assert!(made < 1_000, "it never gives up");
    }
    made
}

#[test]
fn section_5_5_a_call_that_has_failed_is_made_again_at_once() {
    let mut leader = Server::leading(1, 4, &[]);
    let sent = leader.submits(1);
    let out = leader.loses(3, calls(&sent, 3)[0]);
    assert_eq!(appends(&out, 3), [(at(0, 0), vec![4], 0)]);
    assert_eq!(out.messages.len(), 1, "to the one whom it concerns");

    let mut candidate = Server::new(1, 0, &[]);
    let asked = candidate.times_out();
    let out = candidate.loses(3, calls(&asked, 3)[0]);
    assert!(matches!(out.held[..], [(peer, Message::RequestVote { .. })] if peer == id(3)));
    candidate.hears(3, vote(1, false));
    let out = candidate.loses(3, calls(&out, 3)[0]);
    assert!(out.held.is_empty(), "S3 has answered since");
}

/// However many reports come: of older calls, of copies, of calls that were answered.
#[test]
fn section_5_5_only_the_newest_call_is_worth_another_one() {
    let mut leader = Server::leading(1, 4, &[]);
    let first = calls(&leader.submits(1), 2)[0];
    leader.cx.now = Time::START + Span::from_millis(100);
    let second = calls(&leader.speaks(), 2)[0];
    assert!(leader.loses(2, first).messages.is_empty(), "the second is under way");
    let third = calls(&leader.loses(2, second), 2)[0];
    assert!(leader.loses(2, second).messages.is_empty(), "and a copy of the second: the third is");
    leader.hears(2, matched(4, 0, 1));
    assert!(leader.loses(2, third).messages.is_empty(), "S2 has answered since");

    let mut candidate = Server::new(1, 0, &[]);
    let first = calls(&candidate.times_out(), 2)[0];
    let second = calls(&candidate.times_out(), 2)[0];
    assert!(candidate.loses(2, first).held.is_empty(), "that was an earlier term");
    assert_eq!(candidate.loses(2, second).held.len(), 1);
    assert!(candidate.loses(2, second).held.is_empty());
}

#[test]
fn section_5_5_a_peer_that_nothing_reaches_costs_a_few_calls_a_heartbeat() {
    let mut leader = Server::leading(1, 4, &[]);
    let entries = leader.submits(1);
    let (most, a_beat) = (1 + usize::from(REPEATS_MAX), 1 + usize::from(REPEATS_A_BEAT));
    assert_eq!(calls_until_it_gives_up(&mut leader, &entries, 2), most);
    for _ in 0..3 {
        // Sooner than a heartbeat's time: what is known to be lost need not be waited for.
        leader.cx.now += Span::from_millis(30);
        let beat = leader.speaks();
        assert_eq!(appends(&beat, 2), [(at(0, 0), vec![4], 0)]);
        assert_eq!(calls_until_it_gives_up(&mut leader, &beat, 2), a_beat);
    }
    assert!(leader.submits(2).messages.is_empty(), "a new entry goes with those before it");

    let mut candidate = Server::new(1, 0, &[]);
    for _ in 0..2 {
        let asked = candidate.times_out();
        assert_eq!(calls_until_it_gives_up(&mut candidate, &asked, 2), most);
    }
}

#[test]
fn section_5_5_a_lost_heartbeat_is_repeated_once() {
    let mut leader = Server::leading(1, 4, &[]);
    for _ in 0..3 {
        let beat = leader.speaks();
        let again = leader.loses(2, calls(&beat, 2)[0]);
        assert_eq!(appends(&again, 2), [(at(0, 0), vec![], 0)]);
        assert!(leader.loses(2, calls(&again, 2)[0]).messages.is_empty());
    }
    // While entries are under way, a lost heartbeat brings no second copy of them.
    leader.submits(1);
    let beat = leader.speaks();
    assert_eq!(appends(&leader.loses(2, calls(&beat, 2)[0]), 2), [(at(0, 0), vec![], 0)]);
}

#[test]
fn section_5_5_who_asks_nobody_repeats_nothing() {
    let mut server = Server::leading(1, 4, &[]);
    let call = calls(&server.submits(1), 2)[0];
    server.hears(5, append(5, at(0, 0), &[], 0));
    let out = server.loses(2, call);
    assert!(out.messages.is_empty() && out.held.is_empty(), "it follows S5 now");
    server.times_out();
    let out = server.loses(2, call);
    assert!(out.messages.is_empty() && out.held.is_empty(), "what it asks now is another thing");
}

#[test]
fn an_answer_carries_the_number_of_its_call() {
    let mut server = Server::new(2, 1, &[]);
    let call = 77;
    let (term, prev) = (Term(2), at(0, 0));
    let append =
        Message::Append { call, term, prev, entries: Default::default(), commit: Index(0) };
    for message in
        [append, Message::RequestVote { call, term: Term(3), last: prev, transfer: false }]
    {
        let out = server.hears(1, message);
        assert_eq!(out.held[0].1.call(), call);
    }
}

#[test]
fn a_restarted_server_knows_its_calls_from_those_of_its_earlier_life() {
    let mut server = Server::leading(1, 4, &[]);
    let sent = server.submits(1);
    let old: Vec<u32> = (2..=5).flat_map(|peer| calls(&sent, peer)).collect();
    assert!(old.len() == 4 && old.iter().all(|call| server.raft.has_made(*call)));
    server.raft = server.raft.restarted(server.disk.hard, server.disk.log.clone());
    assert!(!old.iter().any(|call| server.raft.has_made(*call)));
    let new = calls(&server.times_out(), 2)[0];
    assert!(server.raft.has_made(new) && old.iter().all(|call| new > *call));
}

#[test]
fn a_server_is_blank_until_it_has_a_term_or_an_entry() {
    let blank = |term, log: &[u64]| Server::new(1, term, log).raft.is_blank();
    assert!(blank(0, &[]));
    assert!(!blank(1, &[]) && !blank(0, &[1]) && !blank(1, &[1]));
}

// Planted flaws: each departs from its rule, and from nothing else.

/// A server of term 4 with this log and a flaw.
fn flawed(flaw: Flaw, log: &[u64]) -> Server {
    let mut server = Server::new(1, 4, log);
    let rules = Rules { flaws: Flaws::only(flaw), ..RULES };
    let Disk { hard, ref log, .. } = server.disk;
    server.raft = Raft::new(id(1), Configuration::of(5), rules, hard, log.clone());
    server
}

#[test]
fn a_flaw_of_voters_is_named_where_it_decides() {
    let named = |flaw, candidate, own| {
        let rules = Rules { flaws: Flaws::only(flaw), ..RULES };
        !rules.is_up_to_date(candidate, own).flaws.is_empty()
    };
    assert!(named(Flaw::LongestLogWins, at(5, 1), at(1, 2)), "granted, for its length");
    assert!(named(Flaw::LongestLogWins, at(1, 2), at(5, 1)), "refused, for its length");
    assert!(!named(Flaw::LongestLogWins, at(3, 2), at(2, 2)), "longer and up to date");
    assert!(!named(Flaw::LongestLogWins, at(2, 2), at(3, 2)), "neither");
    assert!(named(Flaw::RefuseEqualLogs, at(3, 2), at(3, 2)));
    assert!(!named(Flaw::RefuseEqualLogs, at(4, 2), at(3, 2)));
}

#[test]
fn a_tail_that_is_kept_is_what_stood_beyond_the_new_entries() {
    let mut server = flawed(Flaw::KeepConflictingTail, &[1, 1, 1]);
    server.hears(2, append(4, at(1, 1), &[2], 0));
    assert_eq!(server.log(), [1, 2, 1]);
}

#[test]
fn where_nothing_follows_an_append_there_is_nothing_to_remove() {
    let removes = |prev| {
        let mut server = flawed(Flaw::TruncateAlways, &[1, 1]);
        let out = server.hears(2, append(4, at(prev, 1), &[], 0));
        out.events.iter().any(|(_, event)| matches!(event, RaftEvent::Truncated { .. }))
    };
    assert!(removes(1));
    assert!(!removes(2), "the log ends there");
}
