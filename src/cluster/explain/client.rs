//! A client: what it wants, whom it asked, and why no answer has come.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use super::coming::Way;
use super::entry::waits_for;
use super::scene::{due, named, span, text};
use super::{Lines, chain};
use crate::cluster::Cluster;
use crate::cluster::client::{Call, Client, Finished, Work, outcome_of_put};
use crate::cluster::event::{ClientEvent, Event, EventKind, ServerEvent};
use crate::cluster::flaw::Flaw;
use crate::cluster::network::{Hand, Loss, Packet, WrongLeader};
use crate::cluster::reads::WaitingRead;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{ClientId, Node, Outcome, ServerId, SessionId};
use crate::cluster::words::spell;

impl Cluster {
    /// What a client is at, in a line.
    pub(in crate::cluster) fn told_of(&self, id: ClientId) -> String {
        client(self, id, &[]).join(" ")
    }
}

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
        lines.say(match is_open(cluster, session) {
            true => format!("it has session {session} (dissertation §6.3)"),
            false => format!(
                "session {session} has expired, and it has not heard of that (dissertation §6.3)"
            ),
        });
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
        clauses.push(match is_open(cluster, session) {
            true => format!(
                "an earlier attempt may have been carried out: as long as session {session} is open, \
                 a copy of it gets the same answer (dissertation §6.3)"
            ),
            false => format!(
                "an earlier attempt may have been carried out, and session {session} has expired: \
                 without an answer from before that, the answer is maybe (dissertation §6.3)"
            ),
        });
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

/// Whether a session is open in the newest state that a server has.
fn is_open(cluster: &Cluster, session: SessionId) -> bool {
    let running = cluster.servers().iter().filter(|server| server.power != Power::Down);
    let newest = running.max_by_key(|server| server.rsm.applied);
    newest.is_none_or(|server| {
        server.rsm.applied < session.index() || server.rsm.kv.sessions().get(session).is_some()
    })
}

/// What the asked server makes of the request.
fn at_server(cluster: &Cluster, client: &Client, call: &Call, id: ServerId) -> Vec<String> {
    let Some(server) = cluster.server(id) else { return Vec::new() };
    if let Some(packet) = cluster.in_flight_for(client) {
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
    let sleeps = (server.power == Power::Asleep).then(|| format!("{id} is asleep"));
    if let Some(read) = holds_read(server, client, call) {
        return [Some(read_words(cluster, server, read)), sleeps].into_iter().flatten().collect();
    }
    match (server.power, waiter) {
        (Power::Down, _) => {
            let down = format!("{id} is down: no answer will come");
            [Some(down), super::guest::ended(server)].into_iter().flatten().collect()
        }
        (_, Some(waiter)) => {
            let (index, term) = (waiter.index, waiter.term);
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
        // What it makes of a request, it need not say.
        (Power::Up | Power::Asleep, None) if server.raft.serves() => {
            vec![format!("{id} has not answered, or its answer was lost")]
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

/// The get of the present attempt, where the server took it without an entry.
fn holds_read<'a>(server: &'a Server, client: &Client, call: &Call) -> Option<&'a WaitingRead> {
    server.rsm.reads.iter().find(|read| {
        (read.client, read.call, read.attempt) == (client.id, call.number, call.attempt)
    })
}

/// What such a get waits for (dissertation §6.4).
fn read_words(cluster: &Cluster, server: &Server, read: &WaitingRead) -> String {
    let (id, raft, applied) = (server.id, &server.raft, server.rsm.applied);
    let known = raft.rules().may_read(raft.log().term(raft.commit()), raft.term()).answer;
    let what = match (read.must_give_up((raft.term(), raft.role()), cluster.now()), read.index) {
        (Some(WrongLeader::TermChanged), _) => {
            return format!("{id} has a newer term since it took the get, and gives it up");
        }
        (Some(WrongLeader::LeadershipLost), _) => {
            return format!("{id} no longer leads since it took the get, and gives it up");
        }
        (Some(_), _) => return format!("{id} has held the get for too long, and gives it up"),
        (None, Some(index)) => {
            format!("it has applied entry {index}, and has applied {applied}")
        }
        (None, None) if !read.leads => "its leader says up to where it must have applied".into(),
        (None, None) if !known => format!("an entry of term {} is committed", raft.term()),
        (None, None) => "a majority has answered that it leads".into(),
    };
    format!("{id} answers it once {what} (dissertation §6.4)")
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
