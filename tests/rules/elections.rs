//! Terms, votes and who may win (§5.1, §5.2, §5.4.1).

use super::*;

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
