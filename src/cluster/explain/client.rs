//! A client: what it wants, whom it asked, and why no answer has come.

use super::coming::Way;
use super::entry::waits_for;
use super::scene::{due, named, span, text};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::client::{Call, Client, Finished, Work, outcome_of_put};
use crate::cluster::event::{ClientEvent, Event, EventKind, ServerEvent};
use crate::cluster::flaw::Flaw;
use crate::cluster::network::{Hand, Loss, Packet, Rpc};
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{ClientId, Node, Outcome, ServerId};
use crate::cluster::words::spell;

/// Explains a client.
pub fn client(cluster: &Cluster, id: ClientId, recent: &[Event]) -> Vec<String> {
    let mut lines = Lines::default();
    let Some(client) = cluster.client(id) else {
        lines.say("there is no such client");
        return lines.0;
    };
    match &client.job {
        None if cluster.is_observed() => {
            lines.say("the trace tells of no get or put that is open");
        }
        Some(job) if cluster.is_observed() => {
            let since = span(cluster.now().since(job.since));
            lines.say(format!(
                "{} has been at `{}` for {since}",
                named(cluster, id),
                work(&job.work)
            ));
        }
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
    if let Some(session) = client.session {
        lines.say(format!("it has session {session} (dissertation §6.3)"));
    }
    match client.queue.len() {
        0 => {}
        1 => lines.say("one more operation waits behind this one"),
        many => lines.say(format!("{many} more operations wait behind this one")),
    }
    if let Some(last) = &client.last {
        lines.say(ended(last));
    }
    lines.0.extend(chain::told(cluster.names(), recent, |event| concerns(event, client)));
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
                true => format!("all is by hand: it asks again by `retry`, with {left} left"),
                false => format!("it asks again in {left}"),
            });
        }
        Some((server, since)) => {
            let ago = span(cluster.now().since(since));
            let asked = match cluster.is_by_hand() {
                true => format!("it asked {server}, and all is by hand: it waits"),
                false => format!("it asked {server} {ago} ago; it ends this attempt in {left}"),
            };
            clauses.push(match call.attempt {
                0 | 1 => asked,
                attempt => format!("{asked}; this is attempt {attempt}"),
            });
            clauses.extend(at_server(cluster, client, call, server));
        }
    }
    if call.registers {
        clauses.push("it asks for a session first (dissertation §6.3)".into());
    }
    if call.maybe_executed
        && let Some(session) = client.session
    {
        clauses.push(format!(
            "an earlier attempt may have been carried out: as long as session {session} is open, a \
             copy of it gets the same answer (dissertation §6.3)"
        ));
    } else if call.maybe_executed && call.request.is_put() {
        clauses.push(match outcome_of_put(Outcome::Version, true, cluster.client_flaws).answer {
            Outcome::Maybe => "an earlier attempt may have been carried out: if the version is \
                               wrong, the answer is maybe"
                .into(),
            Outcome::Ok | Outcome::NoKey | Outcome::Version => Flaw::NeverMaybe.told(),
        });
    }
    clauses
}

/// What the asked server makes of the request.
fn at_server(cluster: &Cluster, client: &Client, call: &Call, id: ServerId) -> Vec<String> {
    let Some(server) = cluster.server(id) else { return Vec::new() };
    if let Some(packet) = flying(cluster, client, call, id) {
        let (number, due) = (packet.id, due(cluster, packet.due));
        let what = if packet.cargo.is_reply() { "answer" } else { "request" };
        let untouched = packet.loss == Loss::Arrives && cluster.order_for(packet).is_none();
        let fate = match Way::of(cluster, packet) {
            _ if server.power == Power::Down => {
                return vec![format!("{id} is down: the {what} #{number} will be lost")];
            }
            _ if packet.incarnation != server.incarnation => {
                return vec![format!(
                    "{id} has restarted since: the {what} #{number} will be lost"
                )];
            }
            Way::Held if packet.hand == Hand::Held => "is held by hand".to_owned(),
            Way::Held => "will be held by hand".to_owned(),
            // Neither chance nor a hand: the link.
            Way::Lost if untouched => "will meet a cut link".to_owned(),
            Way::Lost => "will be lost on its way".to_owned(),
            _ if packet.due > call.until && !cluster.is_by_hand() => {
                format!("is due {due}, too late: this attempt ends before")
            }
            Way::Flying | Way::Inbox | Way::Disk => format!("is due {due}"),
        };
        return vec![format!("the {what} #{number} {fate}")];
    }
    let waiter = server.rsm.waiters.iter().find(|waiter| {
        waiter.client == client.id && waiter.call == call.number && waiter.attempt == call.attempt
    });
    match (server.power, waiter) {
        (Power::Down, _) => vec![format!("{id} is down: no answer will come")],
        (_, Some(waiter)) => {
            let (index, term) = (waiter.index, waiter.term);
            let sleeps = (server.power == Power::Asleep).then(|| format!("{id} is asleep"));
            let took = format!("{id} appended it as entry {index} of term {term}");
            let settled = match server.awaited(waiter) {
                Some(_) => waits_for(cluster, server, index),
                None => format!("another entry stands there by now, and {id} has not said so yet"),
            };
            [Some(took), sleeps, Some(settled)].into_iter().flatten().collect()
        }
        (Power::Up, None) if cluster.landed().any(|packet| is_of(packet, client, call)) => {
            vec![format!("the request has come to {id} just now")]
        }
        (Power::Asleep, None) if waits_in_inbox(server, client, call) => {
            vec![format!("{id} is asleep: the request waits there")]
        }
        (Power::Up | Power::Asleep, None) => {
            let lost = "the request or its answer was lost".to_owned();
            let cut = cut_between(cluster, client.id, id);
            [Some(lost), cut].into_iter().flatten().collect()
        }
    }
}

/// In which direction the link between a client and a server is cut now, if it is.
fn cut_between(cluster: &Cluster, client: ClientId, server: ServerId) -> Option<String> {
    let (one, two) = (Node::Client(client), Node::Server(server));
    let name = named(cluster, client);
    match (cluster.reaches(one, two), cluster.reaches(two, one)) {
        (true, true) => None,
        (false, false) => Some(format!("the link between {name} and {server} is cut")),
        (false, true) => Some(format!("the link from {name} to {server} is cut")),
        (true, false) => Some(format!("the link from {server} to {name} is cut")),
    }
}

/// Whether the request of the present attempt lies in the inbox of a sleeping server.
fn waits_in_inbox(server: &Server, client: &Client, call: &Call) -> bool {
    server.inbox.iter().any(|packet| is_of(packet, client, call))
}

/// Whether a packet is the request of the present attempt.
fn is_of(packet: &Packet, client: &Client, call: &Call) -> bool {
    packet.from == Node::Client(client.id)
        && packet.cargo.client().is_some_and(|rpc| rpc.attempt() == (call.number, call.attempt))
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
        let this = |rpc: &Rpc| rpc.attempt() == (call.number, call.attempt);
        between && packet.cargo.client().is_some_and(this)
    })
}

/// Whether an event is part of how a client came to its present state: what ended the last thing
/// that it did if it is idle, else what its present one has met. What becomes of an attempt after
/// its end is no part of it.
fn concerns(event: &Event, client: &Client) -> bool {
    use EventKind as E;
    let own = event.subject() == Some(Node::Client(client.id));
    let Some(job) = &client.job else {
        return own
            && matches!(
                &event.kind,
                E::Client(_, ClientEvent::Returned { .. } | ClientEvent::Abandoned { .. })
            );
    };
    let asking = job.call.as_ref().and_then(|call| call.asking);
    let at_server = match &event.kind {
        E::Server(
            server,
            ServerEvent::Refused { client: of, .. }
            | ServerEvent::Submitted { client: of, .. }
            | ServerEvent::Registering { client: of, .. }
            | ServerEvent::WaiterReleased { client: of, .. },
        ) => {
            *of == client.id
                && asking.is_some_and(|(asked, since)| asked == *server && event.time >= since)
        }
        _ => false,
    };
    let ends = matches!(
        &event.kind,
        E::Client(_, ClientEvent::AttemptFailed { .. } | ClientEvent::Returned { .. })
    );
    at_server || (own && ends && event.time >= job.since)
}
