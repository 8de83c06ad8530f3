//! What clients are ordered to do, made of gets and puts.
//!
//! `set` puts at the version that the client last learned, until done: Ok, and it is done; told
//! Maybe, it reads, and is done if its own put stands there; told Version or NoKey, it reads and
//! goes on at the version found. `check` gets, and must find exactly what was last achieved. The
//! lock's procedures are in `lock.rs`.

use super::client::{Finished, Job, Work};
use super::command::Text;
use super::config::QUEUED_MAX;
use super::event::{ClientEvent, EventKind};
use super::flaw::Flaws;
use super::kv::Stored;
use super::redraw::Drawn;
use super::resolve::error;
use super::types::{Answer, ClientId, Key, Outcome, Request, ServerId, Value, Version};
use super::{Cluster, Refusal};

/// What a procedure does next.
pub(super) enum Next {
    /// A get or a put; through which flaws, if the rule would not make it.
    Call(Request, Flaws),
    /// Wait a little, then begin again.
    Pause,
    Done(Answer),
}

impl Next {
    /// A get or a put that the rule asks for.
    pub(super) const fn call(request: Request) -> Self {
        Self::Call(request, Flaws::NONE)
    }
}

impl Cluster {
    /// Starts a job, or queues it behind the client's open one.
    pub(super) fn start_job(&mut self, id: ClientId, job: Job) -> Result<(), Refusal> {
        let client = &mut self.clients[id.index()];
        if client.job.is_some() {
            if client.queue.len() >= QUEUED_MAX {
                let message = format!(
                    "{} has {QUEUED_MAX} operations waiting already; let some of them end",
                    client.name
                );
                return Err(error(message));
            }
            client.queue.push_back(job);
            let waiting = client.queue.len() as u32;
            self.emit(EventKind::Client(id, ClientEvent::Queued { waiting }));
            return Ok(());
        }
        self.begin_job(id, job);
        Ok(())
    }

    fn begin_job(&mut self, id: ClientId, job: Job) {
        let client = &mut self.clients[id.index()];
        // A lock is held until its release is called, however long the release takes.
        let freed = if let Work::Release { lock } = &job.work {
            let place = client.holds.iter().position(|held| held == lock);
            place.map(|place| client.holds.remove(place))
        } else {
            None
        };
        client.job = Some(job);
        if let Some(lock) = freed {
            self.emit(EventKind::Client(id, ClientEvent::LockFree { lock }));
        }
        self.continue_job(id);
    }

    /// Begins a job, or goes on with it after a pause.
    pub(super) fn continue_job(&mut self, id: ClientId) {
        let client = &self.clients[id.index()];
        let Some(job) = &client.job else { return self.on_load_pause(id) };
        let request = match &job.work {
            Work::Get { key } | Work::Check { key, .. } => Request::Get { key: key.clone() },
            Work::Put { key, value, version } => put(key, value, *version),
            Work::Set { key, value } => match client.known.get(key) {
                Some(known) => put(key, value, known.version),
                None => Request::Get { key: key.clone() },
            },
            Work::Acquire { lock } | Work::Release { lock } => Request::Get { key: lock.clone() },
        };
        self.call(id, request, Flaws::NONE);
    }

    /// A get or put of the client's job has returned.
    pub(super) fn on_call_done(
        &mut self,
        id: ClientId,
        server: ServerId,
        request: Request,
        result: Answer,
    ) {
        let client = &self.clients[id.index()];
        let Some(job) = &client.job else { return };
        let next = match &job.work {
            Work::Get { .. } | Work::Put { .. } | Work::Check { .. } => Next::Done(result),
            Work::Set { key, value } => after_set(key, value, &request, result),
            Work::Acquire { lock } => super::lock::acquire(lock, &client.lock_id, &request, result),
            Work::Release { lock } => {
                let flaws = self.client_flaws;
                super::lock::release(lock, &client.lock_id, &request, result, flaws)
            }
        };
        match next {
            Next::Call(request, flaws) => self.call(id, request, flaws),
            Next::Pause => {
                let pause = Drawn::new(&mut self.clients[id.index()].rng, super::client::PAUSE);
                self.pause_client(id, pause);
            }
            Next::Done(result) => self.finish_job(id, server, result),
        }
    }

    fn finish_job(&mut self, id: ClientId, server: ServerId, result: Answer) {
        let now = self.now;
        let client = &mut self.clients[id.index()];
        let Some(Job { work, since, line, ticket, .. }) = client.job.take() else { return };
        self.note_achieved(id, &work, &result);
        self.judge(&work, &result, line);
        let took = now.since(since);
        let finished = Finished { work, result, server: Some(server), at: now, took };
        self.clients[id.index()].last = Some(finished);
        self.on_job_done(id, ticket);
        self.on_load_job_done(id);
        self.next_job(id);
    }

    /// A client that is free does what it was ordered next.
    fn next_job(&mut self, id: ClientId) {
        let client = &mut self.clients[id.index()];
        if client.job.is_none()
            && let Some(next) = client.queue.pop_front()
        {
            self.begin_job(id, next);
        }
    }

    /// Clients give up what they have open: its call stays open in the history for good.
    pub(super) fn abandon(&mut self, clients: &[Text]) {
        for name in clients {
            let Some(id) = self.client_named(name.as_str()).map(|client| client.id) else {
                continue;
            };
            let client = &mut self.clients[id.index()];
            let Some(Job { ticket, call, .. }) = client.job.take() else { continue };
            (client.pause, client.last) = (None, None);
            self.cancel_client_timer(id);
            self.emit(EventKind::Client(
                id,
                ClientEvent::Abandoned { call: call.map(|call| call.request) },
            ));
            self.on_job_done(id, ticket);
            self.next_job(id);
        }
    }

    /// Why none of these clients has anything to give up.
    pub(super) fn refuse_abandon(&self, clients: &[Text]) -> Result<(), Refusal> {
        let mut reasons = Vec::new();
        for name in clients.iter().map(Text::as_str) {
            match self.client_named(name) {
                None => return Err(error(format!("there is no client {name}"))),
                Some(client) if !client.role.takes_orders() => {
                    return Err(error(format!(
                        "client {name} works for the load: `load stop` ends it"
                    )));
                }
                Some(client) if client.is_idle() => {
                    reasons.push(format!("client {name} has no operation open"));
                }
                Some(_) => return Ok(()),
            }
        }
        Err(error(reasons.join("; ")))
    }

    /// What the end of a job means beside its result: `check` compares with what the script
    /// achieved, and the lock has a holder or none.
    fn note_achieved(&mut self, id: ClientId, work: &Work, result: &Answer) {
        match work {
            Work::Set { key, value } => {
                let stored = Stored { value: value.clone(), version: result.version };
                self.achieved.set(key, stored);
            }
            Work::Put { key, value, .. } if result.outcome == Outcome::Ok => {
                let stored = Stored { value: value.clone(), version: result.version };
                self.achieved.set(key, stored);
            }
            Work::Acquire { lock } => {
                // Whoever takes a lock that it holds already holds it once.
                let holds = &mut self.clients[id.index()].holds;
                if !holds.contains(lock) {
                    holds.push(lock.clone());
                }
                self.emit(EventKind::Client(id, ClientEvent::LockHeld { lock: lock.clone() }));
            }
            Work::Get { .. } | Work::Put { .. } | Work::Check { .. } | Work::Release { .. } => {}
        }
    }
}

pub(super) fn put(key: &Key, value: &Value, version: Version) -> Request {
    Request::Put { key: key.clone(), value: value.clone(), version }
}

fn after_set(key: &Key, value: &Value, request: &Request, result: Answer) -> Next {
    match request {
        Request::Put { .. } => match result.outcome {
            Outcome::Ok => Next::Done(result),
            Outcome::Maybe | Outcome::Version | Outcome::NoKey => {
                Next::call(Request::Get { key: key.clone() })
            }
        },
        // Values are unique in a script, so finding one's own means that it was put.
        Request::Get { .. } if result.outcome == Outcome::Ok && result.value == *value => {
            Next::Done(result)
        }
        Request::Get { .. } => Next::call(put(key, value, result.version)),
    }
}
