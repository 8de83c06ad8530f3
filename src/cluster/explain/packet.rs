//! A packet in flight: what it says, what it is for, and what will become of it.

use super::scene::{named, span};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind};
use crate::cluster::network::{Hand, Packet};
use crate::cluster::raft::{AppendResult, Entries, Message, Position, Reply};
use crate::cluster::server::Power;
use crate::cluster::types::{Index, Node, PacketId, ServerId};
use crate::cluster::words::spell::entries;

/// Explains a packet.
pub fn packet(cluster: &Cluster, id: PacketId, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    match cluster.packets().into_iter().find(|packet| packet.id == id) {
        None => lines.say(format!("packet #{id} is not in flight")),
        Some(packet) => {
            let (from, to) = (who(cluster, packet.from), who(cluster, packet.to));
            lines.say(format!("packet #{id}, from {from} to {to}: {}", says(&packet.message)));
            lines.say(purpose(&packet.message, &to));
            lines.say(fate(cluster, packet, &to));
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

fn says(message: &Message) -> String {
    match message {
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
            format!("an ack: the logs agree up to entry {index}")
        }
        Message::AppendReply {
            result: AppendResult::Refused { conflict, first, last }, ..
        } => match conflict {
            Some(term) => format!("a refusal: it holds term {term} there, from {first} on"),
            None => format!("a refusal: its log ends at entry {last}"),
        },
        Message::Request { attempt, .. } => format!("a client's request, attempt {attempt}"),
        Message::Reply { reply: Reply::Done(answer), .. } => {
            format!("the answer, {}", answer.outcome)
        }
        Message::Reply { reply: Reply::WrongLeader(_), .. } => "no answer: not by me".into(),
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

fn purpose(message: &Message, to: &str) -> String {
    match message {
        Message::RequestVote { .. } => {
            format!("{to} votes if it has not voted for another and its log is no newer (§5.4.1)")
        }
        Message::VoteReply { granted: true, .. } => {
            format!("votes of a majority make {to} the leader (§5.2)")
        }
        Message::VoteReply { granted: false, .. } => {
            format!("{to} does not count it; a newer term would make {to} a follower (§5.1)")
        }
        Message::Append { entries, prev, .. } if entries.is_empty() => {
            format!("it keeps {to} from standing for election, and brings the commit index (§5.2)")
                + &match prev.index {
                    Index::ZERO => String::new(),
                    index => format!("; refused, if {to} has another entry {index}"),
                }
        }
        Message::Append { prev, .. } => {
            format!("{to} takes them if its own log has {prev} just before them (§5.3)")
        }
        Message::AppendReply { result: AppendResult::Matched(_), .. } => {
            format!("what a majority has matched, {to} may commit (§5.3)")
        }
        Message::AppendReply { result: AppendResult::Refused { .. }, .. } => {
            format!("{to} goes back in its log until both agree (§5.3)")
        }
        Message::Request { .. } => format!("{to} takes it into its log if it leads (§8)"),
        Message::Reply { reply: Reply::Done(_), .. } => format!("{to} has its answer then"),
        Message::Reply { reply: Reply::WrongLeader(why), .. } if why.may_execute() => {
            format!("{to} asks the next server; this request may be carried out all the same")
        }
        Message::Reply { reply: Reply::WrongLeader(_), .. } => {
            format!("{to} asks the next server")
        }
    }
}

/// Cuts and power are tested on arrival; as they are now, this becomes of it.
fn fate(cluster: &Cluster, packet: &Packet, to: &str) -> String {
    if packet.hand == Hand::Held {
        return "it is held here, and arrives when `release` lets it".to_owned();
    }
    let left = packet.due.since(cluster.now());
    if cluster.is_by_hand() {
        return format!("all is by hand: it waits to be told, {} before its end", span(left));
    }
    let due = span(left);
    let power = |server: ServerId| cluster.server(server).map(|server| server.power);
    let receiver = match packet.to {
        Node::Server(server) => power(server),
        Node::Client(_) => Some(Power::Up),
    };
    if !cluster.reaches(packet.from, packet.to) {
        return format!("it is due in {due}, and will be lost: the link is cut");
    }
    match receiver {
        Some(Power::Down) => format!("it is due in {due}, and will be lost: {to} is down"),
        Some(Power::Asleep) => format!("it is due in {due}, and waits there until {to} wakes"),
        Some(Power::Up) | None => format!("it is due in {due}"),
    }
}

/// The sending of a packet, and its end once it has come to one.
fn concerns(event: &Event, id: PacketId) -> bool {
    use EventKind as E;
    matches!(
        event.kind,
        E::Sent { packet, .. }
        | E::Held { packet, .. }
        | E::Freed { packet, .. }
        | E::Delayed { packet, .. }
        | E::Received { packet, .. }
        | E::Dropped { packet, .. }
        | E::Duplicated { copy: packet, .. } if packet == id
    )
}
