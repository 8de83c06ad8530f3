//! Explanations of synthetic events, and of real runs.

use super::chain;
use crate::cluster::cause::Cause;
use crate::cluster::event::{Event, EventKind as E, Names, PacketEvent, RaftEvent, ServerEvent};
use crate::cluster::flaw::Flaws;
use crate::cluster::network::{Flight, PacketKind, Summary};
use crate::cluster::raft::{Configuration, Position};
use crate::cluster::time::Time;
use crate::cluster::types::{Index, Node, PacketId, ServerId, ServerSet, Term};

fn id(number: u64) -> ServerId {
    ServerId::from_number(number).unwrap()
}

fn at(millis: u64, cause: Cause, kind: E) -> Event {
    Event { time: Time(millis * 1_000), cause, flaws: Flaws::NONE, kind }
}

fn summary(kind: PacketKind) -> Summary {
    Summary { kind, term: Term(4) }
}

/// S1 wins term 4 by the vote of S3, whose disk is slow; S2 has led term 3.
fn election() -> Vec<Event> {
    let (one, two, three) = (id(1), id(2), id(3));
    let heartbeat = PacketKind::Append { prev: Index(3), entries: 0, commit: Index(3) };
    let sent = |packet, from, to, kind| {
        let (packet, from, to) = (PacketId(packet), Node::Server(from), Node::Server(to));
        E::Packet(Flight { packet, from, to, summary: summary(kind) }, PacketEvent::Sent)
    };
    let received = |packet, from, to, kind| {
        let (packet, from, to) = (PacketId(packet), Node::Server(from), Node::Server(to));
        E::Packet(Flight { packet, from, to, summary: summary(kind) }, PacketEvent::Received)
    };
    let (timer, ask, vote) =
        (Cause::ElectionTimer(one), Cause::Packet(PacketId(85)), Cause::Packet(PacketId(88)));
    let last = Position { index: Index(3), term: Term(3) };
    let (candidate, term) = (one, Term(4));
    let votes: ServerSet = [one, three].into_iter().collect();
    let (stale, before, own) = (ServerSet::EMPTY, None, last);
    let granted = E::Raft(three, RaftEvent::VoteGranted { candidate, term, own, last, before });
    let counted = E::Raft(one, RaftEvent::VoteCounted { voter: three, term, cast: term, votes });
    vec![
        at(100, Cause::Packet(PacketId(80)), received(80, two, one, heartbeat)),
        at(
            512,
            timer,
            E::Raft(
                one,
                RaftEvent::ElectionStarted {
                    term,
                    last,
                    before,
                    promised: ServerSet::EMPTY,
                    told_by: None,
                },
            ),
        ),
        at(512, timer, sent(85, one, three, PacketKind::RequestVote)),
        at(524, ask, received(85, one, three, PacketKind::RequestVote)),
        at(524, ask, granted),
        at(
            530,
            Cause::Sync(three),
            E::Server(three, ServerEvent::Synced { last: Index(3), forgets: Flaws::NONE }),
        ),
        at(530, ask, sent(88, three, one, PacketKind::VoteGranted)),
        at(541, vote, received(88, three, one, PacketKind::VoteGranted)),
        at(541, vote, counted),
        at(
            541,
            vote,
            E::Raft(one, RaftEvent::BecameLeader { term, votes, stale, all: Configuration::of(3) }),
        ),
    ]
}

#[test]
fn causes_are_followed_through_packets_and_disks_to_a_timer() {
    let events = election();
    let lines = chain::told(&Names::default(), &events, |_| true);
    let expected = [
        "0.541000s S1 wins term 4 by 2 of 3 votes: S1 and S3. 2 of 3 is a majority",
        "(§5.2).",
        "  because #88 arrived: S3 votes for S1 in term 4",
        "  because #85 arrived: S1 becomes a candidate in term 4",
        "  because its election timer fired: 412 ms without a word from S2",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn what_is_forgotten_ends_a_chain() {
    let events = election().split_off(7);
    let wins = |event: &Event| matches!(event.kind, E::Raft(_, RaftEvent::BecameLeader { .. }));
    let lines = chain::told(&Names::default(), &events, wins);
    assert_eq!(lines.last().map(String::as_str), Some("  because packet #88 arrived"));
    assert!(chain::told(&Names::default(), &[], wins).is_empty());
}
