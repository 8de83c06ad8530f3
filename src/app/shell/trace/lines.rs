//! The lab's own form: a line that says what the run is, then an event a line (docs/trace.md).

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::Format;
use super::state::States;
use crate::cluster::Cluster;
use crate::cluster::digest::ENGINE;
use crate::cluster::event::{Event, EventKind, Names, RaftEvent, ServerEvent};
use crate::cluster::types::{Index, ServerId};

/// The number of the form: it is raised when a reader of an older one would go wrong.
const VERSION: u32 = 1;

/// Writes the lines of a run.
pub struct Lines {
    states: States,
}

impl Lines {
    pub fn new(cluster: &Cluster) -> Self {
        Self { states: States::new(cluster) }
    }
}

impl Format for Lines {
    fn begin(&mut self, script: &str, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        let servers: Vec<ServerId> = cluster.ids().collect();
        let clients: Vec<&str> = cluster.clients().iter().map(|client| &*client.name).collect();
        let header = json!({
            "trace": "raftlab",
            "version": VERSION,
            "program": env!("CARGO_PKG_VERSION"),
            "engine": ENGINE,
            "script": script,
            "seed": cluster.config().seed,
            "servers": servers,
            "clients": clients,
            "begin": servers.iter().filter_map(|id| begins(cluster, *id)).collect::<Vec<Value>>(),
        });
        writeln!(out, "{header}")
    }

    fn add(&mut self, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        for event in cluster.events() {
            self.states.see(event);
            writeln!(out, "{}", self.line(cluster, event)?)?;
        }
        self.states.settle(cluster);
        Ok(())
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn line(&self, cluster: &Cluster, event: &Event) -> io::Result<Value> {
        let mut value = serde_json::to_value(event)?;
        name_clients(&mut value, cluster.names());
        let Some(object) = value.as_object_mut() else { return Ok(value) };
        let (EventKind::Server(id, _) | EventKind::Raft(id, _)) = &event.kind else {
            return Ok(value);
        };
        if let (Some(state), Some(server)) = (self.states.get(*id), cluster.server(*id)) {
            object.insert("state".to_owned(), state.json(server));
        }
        if let Some((first, last)) = entries(&event.kind) {
            object.insert("entries".to_owned(), told(cluster, *id, first, last));
        }
        Ok(value)
    }
}

/// What a server holds at the start, if that is something.
fn begins(cluster: &Cluster, id: ServerId) -> Option<Value> {
    let raft = &cluster.server(id)?.raft;
    let entries = told(cluster, id, raft.log().first_index(), raft.log().last_index());
    (!raft.is_blank()).then(|| json!({ "server": id, "term": raft.term(), "entries": entries }))
}

/// The entries that an event brings into a log.
const fn entries(kind: &EventKind) -> Option<(Index, Index)> {
    match kind {
        EventKind::Raft(_, RaftEvent::Appended { first, last, .. }) => Some((*first, *last)),
        EventKind::Server(
            _,
            ServerEvent::Submitted { index, .. } | ServerEvent::Registering { index, .. },
        ) => Some((*index, *index)),
        _ => None,
    }
}

/// Entries with their terms and operations.
fn told(cluster: &Cluster, id: ServerId, first: Index, last: Index) -> Value {
    let Some(server) = cluster.server(id) else { return Value::Null };
    let log = server.raft.log();
    let entries = log.iter_from(first).take_while(|(index, _)| *index <= last);
    let told = entries.map(|(index, entry)| {
        let operation = entry.payload.to_string();
        json!({ "index": index, "term": entry.term, "operation": operation })
    });
    told.collect()
}

/// Clients by their names: where a number stands for one, and where a packet's ends are told.
fn name_clients(value: &mut Value, names: &Names) {
    let name = |number: &Value| {
        let place = number.as_u64().and_then(|number| usize::try_from(number).ok())?;
        names.clients.get(place).map(|name| Value::from(&**name))
    };
    match value {
        Value::Object(object) => {
            for key in ["from", "to", "about"] {
                let end =
                    object.get(key).and_then(Value::as_object).and_then(|end| node(end, name));
                if let Some(end) = end {
                    object.insert(key.to_owned(), end);
                }
            }
            if let Some(named) = object.get("client").and_then(name) {
                object.insert("client".to_owned(), named);
            }
            if object.get("by").is_some_and(|by| by == "client_timer")
                && let Some(named) = object.get("which").and_then(name)
            {
                object.insert("which".to_owned(), named);
            }
            object.values_mut().for_each(|value| name_clients(value, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| name_clients(value, names)),
        _ => {}
    }
}

fn node(end: &Map<String, Value>, name: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    match (end.get("Server"), end.get("Client")) {
        (Some(server), _) => Some(server.clone()),
        (None, Some(client)) => name(client),
        (None, None) => None,
    }
}
