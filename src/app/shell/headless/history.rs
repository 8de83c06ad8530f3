//! `raftlab run --history FILE`: what clients asked and were told, and what was done to the
//! servers and the network meanwhile, line by line as it happens.

use std::io::{self, Write};

use crate::app::shell::check::lines::{
    Call, Fault, Function, Head, Line, Model, Outcome, Return, VERSION,
};
use crate::cluster::Cluster;
use crate::cluster::command::{Deed, LabAct, NodeName};
use crate::cluster::event::{ClientEvent, Event, EventKind, LabEvent};
use crate::cluster::types::{self, Answer, Request};

/// Writes the first line.
pub(super) fn begin(
    script: &str,
    seed: u64,
    servers: u8,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let (script, seed) = (Some(script.to_owned()), Some(seed));
    let head =
        Head { version: VERSION, model: Model::Versioned, script, seed, servers: Some(servers) };
    write(&Line::History(head), out)
}

/// Writes what the last step of a cluster has to do with the history.
pub(super) fn add(cluster: &Cluster, out: &mut impl Write) -> io::Result<()> {
    cluster
        .events()
        .iter()
        .filter_map(|event| line(cluster, event))
        .try_for_each(|line| write(&line, out))
}

fn write(line: &Line, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn line(cluster: &Cluster, event: &Event) -> Option<Line> {
    let at_us = Some(event.time.micros());
    let name = |client| cluster.names().client(client).to_owned();
    match &event.kind {
        EventKind::Client(client, ClientEvent::Called { request, .. }) => {
            let (f, value, version) = match request {
                Request::Get { .. } => (Function::Get, None, None),
                Request::Put { value, version, .. } => {
                    (Function::Put, Some(value.to_string()), Some(version.0))
                }
            };
            let (client, key) = (name(*client), request.key().to_string());
            Some(Line::Call(Call { client, f, key, value, old: None, version, at_us }))
        }
        EventKind::Client(client, ClientEvent::Returned { request, result, late, unknown }) => {
            let Answer { outcome, value, version } = result;
            let is_ok = *outcome == types::Outcome::Ok;
            let found = is_ok && matches!(request, Request::Get { .. });
            Some(Line::Return(Return {
                client: name(*client),
                outcome: if *unknown { Outcome::Unknown } else { word(*outcome) },
                value: found.then(|| value.to_string()),
                version: is_ok.then_some(version.0),
                late: *late,
                at_us,
            }))
        }
        EventKind::Client(client, ClientEvent::Abandoned { call: Some(_) }) => {
            Some(Line::Return(Return {
                client: name(*client),
                outcome: Outcome::Unknown,
                value: None,
                version: None,
                late: false,
                at_us,
            }))
        }
        EventKind::Lab(LabEvent::Commanded { command }) if disturbs(command) => {
            Some(Line::Fault(Fault { what: command.to_string(), at_us }))
        }
        _ => None,
    }
}

const fn word(outcome: types::Outcome) -> Outcome {
    match outcome {
        types::Outcome::Ok => Outcome::Ok,
        types::Outcome::NoKey => Outcome::NoKey,
        types::Outcome::Version => Outcome::Version,
        types::Outcome::Maybe => Outcome::Maybe,
    }
}

/// Whether a deed does something to servers, links or packets, and not just by a client.
fn disturbs(deed: &Deed<NodeName>) -> bool {
    !matches!(deed, Deed::Operate(_) | Deed::Lab(LabAct::Load(_) | LabAct::LoadStop))
}
