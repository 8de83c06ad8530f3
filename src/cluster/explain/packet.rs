//! A packet in flight: what it says, what it is for, and what will become of it.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use super::coming::most_telling;
use super::scene::{named, span};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::command::Fate;
use crate::cluster::event::{Event, EventKind, NetworkEvent, PacketEvent};
use crate::cluster::network::{Cargo, Hand, Loss, Packet, Reply, Rpc};
use crate::cluster::orders::Act;
use crate::cluster::plain::plain;
use crate::cluster::raft::{AppendResult, Chunk, ChunkResult, Entries, Message, Position};
use crate::cluster::types::{Index, Node, PacketId};
use crate::cluster::words::packet_words;
use crate::cluster::words::spell::{count, entries};

/// Explains a packet.
pub fn packet(cluster: &Cluster, id: PacketId, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    match cluster.packets().into_iter().find(|packet| packet.id == id) {
        None => lines.say(format!("packet #{id} is not in flight")),
        Some(packet) => {
            let (from, to) = (who(cluster, packet.from), who(cluster, packet.to));
            lines.say(format!(
                "packet #{id}, from {from} to {to}: {}",
                says(cluster, &packet.cargo)
            ));
            lines.say_all(stale(cluster, packet).or_else(|| purpose(cluster, packet, &to)));
            lines.say_all(fate(cluster, packet));
        }
    }
    lines.0.extend(chain::told(cluster.names(), recent, |event| concerns(event, id)));
    lines.0
}

fn who(cluster: &Cluster, node: Node) -> String {
    match node {
        Node::Server(server) => server.to_string(),
        Node::Client(client) => named(cluster, client),
    }
}

fn says(cluster: &Cluster, cargo: &Cargo) -> String {
    let message = match cargo {
        Cargo::Raft(message) => message,
        Cargo::Told(summary) => return packet_words(*summary),
        Cargo::Client(Rpc::Request { attempt, .. }) => {
            return format!("a client's request, attempt {attempt}");
        }
        Cargo::Client(Rpc::Reply { reply: Reply::Done(answer), .. }) => {
            return format!("the answer, {}", answer.outcome);
        }
        Cargo::Client(Rpc::Register { attempt, .. }) => {
            return format!("a client's wish for a session, attempt {attempt}");
        }
        Cargo::Client(Rpc::Reply { reply: Reply::Session(session), .. }) => {
            return format!("word of session {session}");
        }
        Cargo::Client(Rpc::Reply { reply: Reply::Expired, .. }) => {
            return "word that the session has expired".into();
        }
        Cargo::Client(Rpc::Reply { reply: Reply::WrongLeader(_), .. }) => {
            return "a refusal of the request".into();
        }
    };
    match message {
        Message::PreVote { term, last, .. } => {
            format!("a pre-vote request for term {term}; the sender's log ends at {last}")
        }
        Message::PreVoteReply { term, granted: true, .. } => format!("a pre-vote for term {term}"),
        Message::PreVoteReply { term, granted: false, .. } => {
            format!("a refused pre-vote, from term {term}")
        }
        Message::RequestVote { term, last, .. } => {
            format!("a vote request for term {term}; the candidate's log ends at {last}")
        }
        Message::VoteReply { term, granted: true, .. } => format!("a vote in term {term}"),
        Message::VoteReply { term, granted: false, .. } => {
            format!("a refused vote, from term {term}")
        }
        Message::Append { term, prev, entries, commit, .. } => {
            format!("{} of term {term}, commit {commit}", append(*prev, entries))
        }
        Message::AppendReply { result: AppendResult::Matched(Index::ZERO), .. } => "an ack".into(),
        Message::AppendReply { result: AppendResult::Matched(index), .. } => {
            format!("an ack up to entry {index}")
        }
        Message::AppendReply {
            result: AppendResult::Refused { conflict, first, last }, ..
        } => match conflict {
            Some(term) => format!("a refusal: it holds term {term} there, from {first} on"),
            None => format!("a refusal: its log ends at entry {last}"),
        },
        Message::AppendReply { result: AppendResult::Hinted { at, .. }, .. } => match at.index {
            Index::ZERO => "a refusal: none of its entries before that could agree".to_owned(),
            index => {
                format!(
                    "a refusal: its last entry that could agree is {index}, of term {}",
                    at.term
                )
            }
        },
        Message::InstallSnapshot { term, chunk, .. } => {
            let Chunk { snapshot, from, to } = chunk;
            let what = match (*from, *to) == (0, snapshot.bytes) {
                true => "a snapshot".to_owned(),
                false => format!("bytes {}-{to} of {} of a snapshot", from + 1, snapshot.bytes),
            };
            format!("{what} up to {} in term {term}", snapshot.last)
        }
        Message::InstallReply { result: ChunkResult::Received(bytes), .. } => {
            format!("an ack of the first {bytes} bytes of a snapshot")
        }
        Message::InstallReply { result: ChunkResult::Installed(index), .. } => {
            format!("an ack up to entry {index}")
        }
        Message::ReadIndex { term, .. } => {
            format!(
                "a question to the leader of term {term}: up to where must a read have applied?"
            )
        }
        Message::ReadIndexReply { index, .. } => {
            format!("leave to read once all is applied up to entry {index}")
        }
        Message::TimeoutNow { term, .. } => {
            format!("the leader of term {term} tells the receiver to become a candidate at once")
        }
        Message::Foreign { kind, term, bytes } => {
            let program = cluster.config().raft.as_ref().and_then(|raft| raft.program.as_ref());
            let told = program.and_then(|program| program.describe(bytes));
            let bytes = count(bytes.len() as u64, "byte", "bytes");
            let words = kind.words(*term);
            match told.as_deref() {
                Some("") => format!("{words}, {bytes}"),
                Some(told) => format!("{words}, {bytes}: {}", plain(told)),
                None => format!("{words}, {bytes}; what they say, only its guest knows"),
            }
        }
    }
}

fn append(prev: Position, sent: &Entries) -> String {
    let first = Index(prev.index.0.saturating_add(1));
    let last = Index(prev.index.0.saturating_add(sent.len() as u64));
    let what = match sent.len() {
        0 => "a heartbeat".to_owned(),
        _ => entries(first, last),
    };
    match prev.index {
        Index::ZERO => what,
        _ => format!("{what} after {prev}"),
    }
}

/// That its receiver is in a newer term than its sender was, so that it is only refused.
fn stale(cluster: &Cluster, packet: &Packet) -> Option<String> {
    let (Node::Server(_), Node::Server(to)) = (packet.from, packet.to) else {
        return given_up(cluster, packet);
    };
    let raft = &cluster.server(to)?.raft;
    // What a guest does with it, it does not say.
    let ruled = raft.rules().flaws.is_empty() && !raft.is_guest();
    let old = packet.cargo.summary().term < raft.term() && ruled;
    old.then(|| format!("{to} is in a newer term, {} (§5.1)", raft.term()))
}

/// That the client's attempt to which it belongs is over, so that an answer comes too late.
fn given_up(cluster: &Cluster, packet: &Packet) -> Option<String> {
    let ((Node::Client(id), _) | (_, Node::Client(id))) = (packet.from, packet.to) else {
        return None;
    };
    let (call, attempt) = packet.cargo.client()?.attempt();
    let name = named(cluster, id);
    (!cluster.is_current(id, call, attempt)).then(|| match packet.cargo.is_reply() {
        true => format!("it comes too late: {name} no longer waits for this attempt"),
        false => format!("{name} no longer waits for this attempt; it may still be carried out"),
    })
}

/// What a message of this kind is for, by the rules. Nothing is said of a server that departs from
/// some of them.
fn purpose(cluster: &Cluster, packet: &Packet, to: &str) -> Option<String> {
    if let Node::Server(id) = packet.to {
        let server = cluster.server(id)?;
        let is_append = matches!(
            packet.cargo,
            Cargo::Raft(Message::Append { .. } | Message::InstallSnapshot { .. })
        );
        let leads_too = server.raft.is_leader() && is_append;
        if leads_too || !server.flaws().is_empty() {
            return None;
        }
    }
    let message = match &packet.cargo {
        Cargo::Raft(message) => message,
        Cargo::Told(_) => return None,
        Cargo::Client(rpc) => return Some(purpose_for_a_client(rpc, to)),
    };
    Some(match message {
        Message::ReadIndex { .. } => {
            format!("{to} answers once it is sure that it still leads (dissertation §6.4)")
        }
        Message::ReadIndexReply { .. } => {
            format!("{to} answers its client from its own map then (dissertation §6.4)")
        }
        Message::TimeoutNow { .. } => {
            format!("{to} becomes a candidate, and takes over if it wins (dissertation §3.10)")
        }
        Message::PreVote { .. } => {
            format!(
                "{to} says whether it would vote, and neither its term nor its vote changes \
                 (dissertation §9.6)"
            )
        }
        Message::PreVoteReply { granted: true, .. } => {
            "with those of a majority a term begins (dissertation §9.6)".into()
        }
        Message::PreVoteReply { granted: false, .. } => {
            "a refusal is not counted; a newer term makes a follower (§5.1)".into()
        }
        Message::RequestVote { .. } => {
            format!("{to} votes once a term, and for no log that is behind its own (§5.2, §5.4.1)")
        }
        Message::VoteReply { granted: true, .. } => {
            "the votes of a majority make a leader (§5.2)".into()
        }
        Message::VoteReply { granted: false, .. } => {
            "a refusal is not counted; a newer term makes a follower (§5.1)".into()
        }
        Message::Append { entries, .. } if entries.is_empty() => {
            format!("it resets the election timer of {to} and brings the commit index (§5.2, §5.3)")
        }
        Message::Append { .. } => {
            format!("{to} takes them if its log has the entry before them (§5.3)")
        }
        Message::AppendReply { result: AppendResult::Matched(_), .. } => {
            "what is on a majority can be committed (§5.3)".into()
        }
        Message::AppendReply {
            result: AppendResult::Refused { .. } | AppendResult::Hinted { .. },
            ..
        } => {
            format!("{to} goes back in its log until both agree (§5.3)")
        }
        Message::InstallSnapshot { chunk, .. } if chunk.to < chunk.snapshot.bytes => {
            format!("{to} keeps it until the rest has come (Figure 13, InstallSnapshot 4)")
        }
        Message::InstallSnapshot { .. } => {
            format!("{to} begins again with it, unless it has committed as much (§7)")
        }
        Message::InstallReply { result: ChunkResult::Received(_), .. } => {
            format!("{to} sends what follows (Figure 13)")
        }
        Message::InstallReply { result: ChunkResult::Installed(_), .. } => {
            format!("{to} goes on with the entries that follow (§7)")
        }
        Message::Foreign { .. } => return None,
    })
}

fn purpose_for_a_client(rpc: &Rpc, to: &str) -> String {
    match rpc {
        Rpc::Request { .. } | Rpc::Register { .. } => "only the leader takes requests (§8)".into(),
        Rpc::Reply { reply: Reply::Done(_), .. } => "it ends the call".into(),
        Rpc::Reply { reply: Reply::WrongLeader(why), .. } if why.may_execute() => {
            format!("{to} asks again; this request may still be carried out")
        }
        Rpc::Reply { reply: Reply::WrongLeader(_), .. } => format!("{to} asks again"),
        Rpc::Reply { reply: Reply::Session(_), .. } => {
            format!("{to} names it in each put (dissertation §6.3)")
        }
        Rpc::Reply { reply: Reply::Expired, .. } => {
            format!("{to} needs another session (dissertation §6.3)")
        }
    }
}

/// What becomes of it, as links, power, orders and servers are now.
fn fate(cluster: &Cluster, packet: &Packet) -> Vec<String> {
    let waits = match (packet.hand, cluster.is_by_hand()) {
        (Hand::Held, _) => "it is held here, and arrives when `release` lets it".to_owned(),
        (_, true) => format!("all is by hand: it waits, {}", left(cluster, packet)),
        (_, false) => format!("it is due in {}", left(cluster, packet)),
    };
    if packet.loss != Loss::Arrives {
        return vec![waits, "it will be lost on its way".into()];
    }
    let order = cluster.order_for(packet).and_then(|place| cluster.orders().get(place));
    if let Some(order) = order {
        let what = match order.act {
            Act::Hold { .. } => "held",
            Act::Next(Fate::Drop) => "dropped",
            Act::Next(Fate::Duplicate) => "duplicated",
            Act::Next(Fate::Delay(_)) => "delayed",
        };
        return vec![waits, format!("it will be {what} by hand when it arrives")];
    }
    let events = cluster.if_it_arrived(packet);
    let comes_of_it = match most_telling(&events) {
        Some(event) => event.told(cluster.names()),
        None if events.is_empty() => format!("{} sleeps: it waits there", who(cluster, packet.to)),
        None if events
            .iter()
            .any(|event| matches!(event.kind, EventKind::Packet(_, PacketEvent::Sent))) =>
        {
            format!("{} would answer, and nothing else would change", who(cluster, packet.to))
        }
        None => "nothing would change".into(),
    };
    vec![waits, format!("if it arrived now: {}", lower(&comes_of_it))]
}

fn left(cluster: &Cluster, packet: &Packet) -> String {
    span(packet.due.since(cluster.now()))
}

/// A sentence after a colon; names keep their capital.
fn lower(sentence: &str) -> String {
    match sentence.strip_prefix("Client ") {
        Some(rest) => format!("client {rest}"),
        None => sentence.to_owned(),
    }
}

/// The sending of a packet, and its end once it has come to one.
fn concerns(event: &Event, id: PacketId) -> bool {
    match event.kind {
        EventKind::Packet(flight, _) => flight.packet == id,
        EventKind::Network(NetworkEvent::Duplicated { copy, .. }) => copy == id,
        _ => false,
    }
}
