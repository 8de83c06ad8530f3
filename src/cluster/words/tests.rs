//! Every event in words: short enough whatever the figures, and in the paper's voice.

mod source;

use std::rc::Rc;

use proptest::prelude::*;

use super::HEADLINE;
use crate::cluster::cause::Cause;
use crate::cluster::event::{
    DropReason, Event, EventKind as E, Names, PacketEvent, RaftEvent, ServerEvent, VoteRefusal,
};
use crate::cluster::fit::columns;
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::network::{Flight, PacketKind, Summary};
use crate::cluster::raft::{Configuration, Position};
use crate::cluster::time::Time;
use crate::cluster::topic::Weight;
use crate::cluster::types::{
    ClientId, Index, Node, Op, OpId, PacketId, Request, ServerId, ServerSet, Term, Version,
};
use source::source;

proptest! {
    #[test]
    fn every_headline_is_short_and_nothing_panics(mut source in source()) {
        let clients = source.texts.iter().map(|text| text.as_str().into()).collect();
        let names = Names { clients };
        for event in source.events() {
            let (headline, deed) = (event.headline(&names), event.deed(&names));
            prop_assert!(columns(&headline) <= HEADLINE, "{headline}");
            prop_assert!(columns(&deed) <= HEADLINE, "{deed}");
            prop_assert!(!headline.is_empty());
            prop_assert_ne!(event.reason(&names), Some(String::new()));
            prop_assert!(event.cause_words(&names).starts_with("because "));
        }
    }
}

fn names() -> Names {
    Names { clients: ["a", "b", "a client with quite a long name"].map(Into::into).into() }
}

fn server(number: u64) -> ServerId {
    ServerId::from_number(number).unwrap()
}

fn servers(numbers: &[u64]) -> ServerSet {
    numbers.iter().map(|number| server(*number)).collect()
}

fn put(key: &str, value: &str) -> Rc<Op> {
    let request = Request::Put { key: key.into(), value: value.into(), version: Version(2) };
    Rc::new(Op::new(OpId { server: server(4), number: 1 }, request))
}

fn told(cause: Cause, kind: E) -> String {
    through(Flaws::NONE, cause, kind)
}

fn through(flaws: Flaws, cause: Cause, kind: E) -> String {
    Event { time: Time::START, cause, flaws, kind }.told(&names())
}

fn tells(kind: E) -> String {
    told(Cause::Packet(PacketId(412)), kind)
}

#[test]
fn elections_are_told_by_their_rules() {
    let (three, one, term) = (server(3), server(1), Term(4));
    let position = |index, term| Position { index: Index(index), term: Term(term) };
    let why = VoteRefusal::LogBehind { own: position(5, 3), candidate: position(4, 2) };
    assert_eq!(
        tells(E::Raft(three, RaftEvent::VoteRefused { candidate: one, term, why })),
        "S3 refuses S1 its vote in term 4. Its own log ends at 5@3, S1's at 4@2 (§5.4.1)."
    );
    let votes = servers(&[1, 2, 3]);
    let stale = ServerSet::EMPTY;
    assert_eq!(
        tells(E::Raft(
            server(2),
            RaftEvent::BecameLeader { term, votes, stale, all: Configuration::of(5) }
        )),
        "S2 wins term 4 by 3 of 5 votes: S1, S2 and S3. 3 of 5 is a majority (§5.2)."
    );
    let (last, before) = (position(3, 2), None);
    assert_eq!(
        told(
            Cause::ElectionTimer(one),
            E::Raft(
                one,
                RaftEvent::ElectionStarted {
                    term,
                    last,
                    before,
                    promised: ServerSet::EMPTY,
                    told_by: None
                }
            )
        ),
        "S1 becomes a candidate in term 4. \
         No current leader's word came in time (§5.2); its log ends at 3@2."
    );
    assert_eq!(
        told(
            Cause::Command(7),
            E::Raft(
                one,
                RaftEvent::ElectionStarted {
                    term,
                    last,
                    before,
                    promised: ServerSet::EMPTY,
                    told_by: None
                }
            )
        ),
        "S1 becomes a candidate in term 4. \
         Its election timer was fired by command; its log ends at 3@2."
    );
    let own = position(2, 2);
    assert_eq!(
        tells(E::Raft(three, RaftEvent::VoteGranted { candidate: one, term, own, last, before })),
        "S3 votes for S1 in term 4. It has voted for no other in term 4, and S1's log ends at \
         3@2, its own at 2@2 (§5.2, §5.4.1)."
    );
}

#[test]
fn a_flaw_that_decided_is_named_with_the_rule_that_was_not_kept() {
    let (server, term, votes) = (server(2), Term(4), servers(&[1, 2]));
    let (stale, cause) = (ServerSet::EMPTY, Cause::Packet(PacketId(412)));
    assert_eq!(
        through(
            Flaws::only(Flaw::SmallMajority),
            cause,
            E::Raft(
                server,
                RaftEvent::BecameLeader { term, votes, stale, all: Configuration::of(5) }
            )
        ),
        "S2 wins term 4 by 2 of 5 votes: S1 and S2. A majority of 5 is 3; flaw small-majority: one \
         server less than a majority is enough; the rule: a majority is more than half of all \
         servers (§5.2)."
    );
    let flaw = Flaw::VoteTwice;
    assert_eq!(
        through(Flaws::only(flaw), cause, E::Raft(server, RaftEvent::Departed { flaw })),
        "S2 departs from a rule. Flaw vote-twice: every accepted append clears the vote; the rule: \
         the vote of a term is kept until the term ends (Figure 2, RequestVote 2; §5.2)."
    );
}

#[test]
fn entries_are_told_from_taking_to_committing() {
    let (index, term, client) = (Index(4), Term(3), ClientId(1));
    let op = put("x", "9");
    assert_eq!(
        tells(E::Server(server(4), ServerEvent::Submitted { index, term, op, client })),
        "S4 appends client b's x=9 as entry 4 of term 3. \
         It leads term 3, as far as it knows (§5.3)."
    );
    let copies = servers(&[1, 2, 3]);
    assert_eq!(
        tells(E::Raft(
            server(2),
            RaftEvent::Committed {
                first: index,
                last: index,
                term,
                current: term,
                copies,
                holders: copies,
                all: Configuration::of(5)
            }
        )),
        "S2 commits entry 4 of term 3: it is on S1, S2 and S3. \
         It knows that 3 of 5 have entry 4 on disk, a majority, and it is of the leader's term \
         (§5.3, §5.4.2)."
    );
    assert_eq!(
        tells(E::Raft(
            server(1),
            RaftEvent::LearnedCommit {
                leader: server(2),
                first: index,
                last: index,
                commit: index,
                shown: Index(5)
            }
        )),
        "S1 takes entry 4 as committed, from S2. The append of S2 brings commit index 4 and goes \
         as far as entry 5 (Figure 2, AppendEntries 5)."
    );
    let (entry, term) = (Term(2), Term(4));
    assert_eq!(
        tells(E::Raft(server(1), RaftEvent::OldTermWaits { index, entry, term, copies })),
        "S1 must not count entry 4 of term 2 as committed yet. \
         It counts S1, S2 and S3, but term 4 must commit an entry of its own first (§5.4.2)."
    );
}

#[test]
fn long_texts_and_many_servers_give_way() {
    let (index, term, client) = (Index(1234), Term(5678), ClientId(2));
    let op = put("a key of some length", "a value of some length");
    let submitted = E::Server(server(25), ServerEvent::Submitted { index, term, op, client });
    assert_eq!(
        tells(submitted).split(". I").next(),
        Some("S25 appends client a..'s a..=a.. as entry 1234 of term 5678")
    );
    let won = |votes: ServerSet| {
        let (server, term, stale) = (server(25), Term(4), ServerSet::EMPTY);
        tells(E::Raft(
            server,
            RaftEvent::BecameLeader { term, votes, stale, all: Configuration::of(25) },
        ))
    };
    let run: Vec<u64> = (13..=25).collect();
    assert!(won(servers(&run)).starts_with("S25 wins term 4 by 13 of 25 votes: S13-S25."));
    let odd: Vec<u64> = (1..=25).step_by(2).collect();
    assert!(won(servers(&odd)).starts_with("S25 wins term 4 by 13 of 25 votes: 13 servers."));
}

#[test]
fn causes_say_whose_timer_it_was() {
    let (server_1, last) = (server(1), Position::default());
    let (term, before) = (Term(2), None);
    let kind = E::Raft(
        server_1,
        RaftEvent::ElectionStarted {
            term,
            last,
            before,
            promised: ServerSet::EMPTY,
            told_by: None,
        },
    );
    let caused = |cause| {
        Event { time: Time::START, cause, flaws: Flaws::NONE, kind: kind.clone() }
            .cause_words(&names())
    };
    assert_eq!(caused(Cause::ElectionTimer(server(1))), "because its election timer fired");
    assert_eq!(caused(Cause::ElectionTimer(server(2))), "because S2's election timer fired");
    assert_eq!(caused(Cause::Packet(PacketId(412))), "because packet #412 arrived");
}

#[test]
fn heartbeats_stay_out_of_lists_and_what_clients_lose_does_not() {
    let dropped = |kind, why| {
        let (from, to) = (Node::Server(server(1)), Node::Server(server(2)));
        let summary = Summary { kind, term: Term(1) };
        let kind = E::Packet(
            Flight { packet: PacketId(1), from, to, summary },
            PacketEvent::Dropped { why, again: false },
        );
        Event { time: Time::START, cause: Cause::Start, flaws: Flaws::NONE, kind }.weight()
    };
    let append = |entries| PacketKind::Append { prev: Index(1), entries, commit: Index(1) };
    assert_eq!(dropped(append(0), DropReason::Lost), Weight::Detail);
    assert_eq!(dropped(append(1), DropReason::Lost), Weight::Detail);
    assert_eq!(dropped(PacketKind::VoteGranted, DropReason::Cut), Weight::Detail);
    assert_eq!(dropped(PacketKind::VoteGranted, DropReason::Lost), Weight::Story);
    assert_eq!(dropped(PacketKind::ClientRequest, DropReason::Cut), Weight::Story);
}
