//! What clients are told: an operation, to try on, to give up.

use crate::cluster::client::{Job, Work};
use crate::cluster::command::{ClientAct, NodeName, Operation, Order, RoleName, Text};
use crate::cluster::event::{ClientEvent, EventKind};
use crate::cluster::flaw::Flaws;
use crate::cluster::kv::Stored;
use crate::cluster::resolve::{error, shared};
use crate::cluster::server::Server;
use crate::cluster::types::{ClientId, Request, ServerId};
use crate::cluster::{Cluster, Refusal};

impl Cluster {
    pub(super) fn refuse_clients(&self, act: ClientAct, who: &[Text]) -> Result<(), Refusal> {
        match act {
            ClientAct::Retry => self.refuse_retry(who),
            ClientAct::Abandon => self.refuse_abandon(who),
        }
    }

    pub(super) fn act_on_clients(&mut self, act: ClientAct, who: &[Text]) {
        match act {
            ClientAct::Retry => self.retry(who),
            ClientAct::Abandon => self.abandon(who),
        }
    }

    /// What is submitted is free for it, and goes to a leader.
    pub(super) fn refuse_order(&self, order: &Order<NodeName>) -> Result<(), Refusal> {
        if !matches!(order.operation, Operation::Submit { .. }) {
            return Ok(());
        }
        self.refuse_busy(order)?;
        match order.only.and_then(|server| self.server(server)) {
            Some(server) if !server.leads() => Err(error(no_leader(server))),
            Some(server) if !server.raft.takes_requests() => Err(error(format!(
                "{} hands its leadership over, and appends nothing meanwhile (dissertation §3.10)",
                server.id
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// A script's line waits for its operation, so its client has to be free for it.
    pub(super) fn refuse_busy(&self, order: &Order<NodeName>) -> Result<(), Refusal> {
        let name = order.client.as_ref().map_or("a", |name| name.as_str());
        match self.client_named(name) {
            Some(client) if !client.is_idle() => Err(error(format!(
                "client {name} is still at its last operation: one at a time; wait for it, or use \
                 another client"
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// Orders a client to do something; the ticket of the job. What is submitted is no job.
    pub(super) fn operate(
        &mut self,
        order: &Order<NodeName>,
        line: u32,
    ) -> Result<Option<u64>, Refusal> {
        let name = order.client.as_ref().map_or("a", |name| name.as_str());
        let client = self.need_client(name)?;
        let work = self.work_of(&order.operation, order.size)?;
        match (&order.operation, order.only, work) {
            (Operation::Submit { .. }, Some(server), Work::Put { key, value, version }) => {
                self.submit(client, server, Request::Put { key, value, version });
                Ok(None)
            }
            (_, only, work) => {
                self.tickets += 1;
                let ticket = self.tickets;
                let job = Job { work, since: self.now, only, call: None, line, ticket };
                self.start_job(client, job)?;
                Ok(Some(ticket))
            }
        }
    }

    /// A leader appends a put at once. In the history it is one that never returns.
    fn submit(&mut self, client: ClientId, server: ServerId, put: Request) {
        self.record_call(client, &put, Flaws::default());
        self.append_request(server, client, (None, put.clone()), None);
        self.emit(EventKind::Client(client, ClientEvent::Abandoned { call: Some(put) }));
    }

    fn work_of(&self, operation: &Operation<NodeName>, size: Option<u32>) -> Result<Work, Refusal> {
        let shared_value = |value: &Text| match size {
            Some(size) => filled_up(&value.filled(), size as usize).as_str().into(),
            None => shared(value),
        };
        Ok(match operation {
            Operation::Get { key } => Work::Get { key: shared(key) },
            Operation::Put { key, value, version } | Operation::Submit { key, value, version } => {
                Work::Put { key: shared(key), value: shared_value(value), version: *version }
            }
            Operation::Set { key, value } => {
                Work::Set { key: shared(key), value: shared_value(value) }
            }
            Operation::Check { key } => {
                let key = shared(key);
                let expected: Stored = self.achieved.get(&key).cloned().ok_or_else(|| {
                    error(format!("nothing is known of {key} yet: set it before the check"))
                })?;
                Work::Check { key, expected }
            }
            Operation::Acquire { lock } => Work::Acquire { lock: shared(lock) },
            Operation::Release { lock } => Work::Release { lock: shared(lock) },
        })
    }
}

/// A value with dots behind it, up to so many bytes.
fn filled_up(value: &str, size: usize) -> String {
    let mut text = value.to_owned();
    text.extend(std::iter::repeat_n('.', size.saturating_sub(value.len())));
    text
}

fn no_leader(server: &Server) -> String {
    let role = RoleName::of(server).word();
    format!("{} is {role}: only a leader appends what is submitted (§5.3)", server.id)
}
