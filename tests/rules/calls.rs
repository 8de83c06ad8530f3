//! Calls that fail, and how often they are made again (§5.5).

use super::*;

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
