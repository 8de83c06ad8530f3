//! A client: what it wants, whom it asked, and why no answer has come.

use super::entry::waits_at;
use super::scene::{named, span, text};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::client::{Call, Client, Finished, Work};
use crate::cluster::event::{Event, EventKind};
use crate::cluster::network::Packet;
use crate::cluster::raft::Message;
use crate::cluster::server::Power;
use crate::cluster::types::{ClientId, Node, Request, ServerId};
use crate::cluster::words::spell;

/// Explains a client.
pub fn client(cluster: &Cluster, id: ClientId, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    let Some(client) = cluster.client(id) else {
        lines.say("there is no such client");
        return lines.0;
    };
    match &client.job {
        None => lines.say(format!("{} is idle", named(cluster, id))),
        Some(job) => {
            let since = span(cluster.now().since(job.since));
            let doing = work(&job.work);
            lines.say(format!("{} has been at `{doing}` for {since}", named(cluster, id)));
            match &job.call {
                Some(call) => lines.say_all(under_way(cluster, client, call)),
                None => lines.say("it pauses before it looks again"),
            }
            if let Some(only) = job.only {
                lines.say(format!("it may ask no server but {only}"));
            }
        }
    }
    match client.queue.len() {
        0 => {}
        1 => lines.say("one more operation waits behind this one"),
        many => lines.say(format!("{many} more operations wait behind this one")),
    }
    if let Some(last) = &client.last {
        lines.say(ended(last));
    }
    lines.0.extend(chain::told(cluster.names(), recent, |event| concerns(event, id)));
    lines.0
}

fn work(work: &Work) -> String {
    match work {
        Work::Get { key } => format!("get {}", text(key)),
        Work::Put { key, value, version } => {
            format!("put {} {} @{version}", text(key), text(value))
        }
        Work::Set { key, value } => format!("set {} {}", text(key), text(value)),
        Work::Check { key, .. } => format!("check {}", text(key)),
        Work::Acquire { lock } => format!("acquire {}", text(lock)),
        Work::Release { lock } => format!("release {}", text(lock)),
    }
}

fn ended(last: &Finished) -> String {
    let (done, took) = (work(&last.work), span(last.took));
    let by = last.server.map_or(String::new(), |server| format!(" from {server}"));
    format!("the last was `{done}`: {}{by} after {took}", spell::answer(&last.result))
}

fn under_way(cluster: &Cluster, client: &Client, call: &Call) -> Vec<String> {
    let left = span(call.until.since(cluster.now()));
    let mut clauses = Vec::new();
    match call.asking {
        None => {
            clauses.push("it has asked every server that it may, without an answer".into());
            clauses.push(match cluster.is_by_hand() {
                true => "all is by hand: it asks again when it is told to".into(),
                false => format!("it asks again in {left}"),
            });
        }
        Some((server, since)) => {
            let ago = span(cluster.now().since(since));
            let asked = match cluster.is_by_hand() {
                true => format!("it asked {server}, and all is by hand: it waits"),
                false => format!("it asked {server} {ago} ago and gives it up in {left}"),
            };
            clauses.push(match call.attempt {
                0 | 1 => asked,
                attempt => format!("{asked}; this is attempt {attempt}"),
            });
            clauses.extend(at_server(cluster, client, call, server));
        }
    }
    if call.maybe_executed && matches!(call.request, Request::Put { .. }) {
        clauses.push(
            "an earlier attempt may have been carried out: told that the version is wrong, it \
             can only say maybe"
                .into(),
        );
    }
    clauses
}

/// What the asked server makes of the request.
fn at_server(cluster: &Cluster, client: &Client, call: &Call, id: ServerId) -> Vec<String> {
    let Some(server) = cluster.server(id) else { return Vec::new() };
    let (one, two) = (Node::Client(client.id), Node::Server(id));
    let due = |packet: &Packet| span(packet.due.since(cluster.now()));
    if let Some(packet) = flying(cluster, client, call, id) {
        let (number, due) = (packet.id, due(packet));
        let what = if packet.message.is_reply() { "answer" } else { "request" };
        let doom = match (server.power, cluster.reaches(packet.from, packet.to)) {
            (Power::Down, _) => Some(format!("{id} is down: packet #{number} comes to nothing")),
            (_, false) => Some(format!("its {what} #{number} will meet a cut link")),
            (Power::Up | Power::Asleep, true) => None,
        };
        let fate = match cluster.is_by_hand() {
            true => format!("its {what} #{number} waits to be told"),
            false => format!("its {what} #{number} arrives in {due}"),
        };
        return vec![doom.unwrap_or(fate)];
    }
    let waiter = server.rsm.waiters.iter().find(|waiter| {
        waiter.client == client.id && waiter.call == call.number && waiter.attempt == call.attempt
    });
    match (server.power, waiter) {
        (Power::Down, _) => vec![format!("{id} is down: no answer will come")],
        (Power::Asleep, _) => vec![format!("{id} is asleep: it answers once it wakes")],
        (Power::Up, Some(waiter)) => vec![
            format!("{id} took it as entry {} of term {}", waiter.index, waiter.term),
            waits_at(cluster, server, waiter.index),
        ],
        (Power::Up, None) if !(cluster.reaches(one, two) && cluster.reaches(two, one)) => {
            vec![format!("the link between them is cut: no answer will come")]
        }
        (Power::Up, None) => vec!["the request or its answer was lost".into()],
    }
}

/// The request or the answer of the present attempt, if it is in flight.
fn flying<'a>(
    cluster: &'a Cluster,
    client: &Client,
    call: &Call,
    server: ServerId,
) -> Option<&'a Packet> {
    let ends = [Node::Client(client.id), Node::Server(server)];
    cluster.packets().into_iter().find(|packet| {
        let between = ends.contains(&packet.from) && ends.contains(&packet.to);
        let this = |number: u64, attempt: u32| number == call.number && attempt == call.attempt;
        between
            && match packet.message {
                Message::Request { call, attempt, .. } | Message::Reply { call, attempt, .. } => {
                    this(call, attempt)
                }
                Message::RequestVote { .. }
                | Message::VoteReply { .. }
                | Message::Append { .. }
                | Message::AppendReply { .. } => false,
            }
    })
}

/// Whether an event is part of how a client came to its present state.
fn concerns(event: &Event, id: ClientId) -> bool {
    use EventKind as E;
    let own = event.subject() == Some(Node::Client(id));
    let at_server = matches!(
        &event.kind,
        E::Refused { client, .. } | E::Submitted { client, .. } | E::WaiterReleased { client, .. }
            if *client == id
    );
    let fails = matches!(&event.kind, E::AttemptFailed { .. } | E::Returned { .. });
    at_server || (own && fails)
}
