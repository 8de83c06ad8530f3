//! Clients that work by themselves: `load …`.
//!
//! Requests: each client asks at its share of the rate, gets and puts mixed, on random keys;
//! what is due while it is still busy is passed over, so a slow cluster is not buried. At the
//! rate `max` it asks again as soon as it is answered: as much as the cluster bears. Lock: each
//! client takes the lock, checks that nobody is inside, writes its name, stays for 10 ms, clears
//! it, and lets go, over and over.

use serde::{Deserialize, Serialize};

use super::client::{Job, Work};
use super::command::{Load, LoadKeys, LoadKind, LoadRate};
use super::event::{EventKind, ScriptEvent};
use super::redraw::Drawn;
use super::rng::{Entity, Rng};
use super::time::{Ppm, Span, SpanRange};
use super::types::{ClientId, Key, Value, Version};
use super::{Cause, Cluster, FailureKind, Item, Refusal};

/// What a client does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Nothing: it does what it is told.
    Ordered,
    /// Gets and puts at random, one every `every` on average; without it, one after the other.
    Requests {
        mix: Mix,
        every: Option<Span>,
    },
    Lock(LockStage),
}

/// What the requests of a load are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    pub keys: LoadKeys,
    /// How many are gets; the others are puts.
    pub reads: Ppm,
    /// The length of values in bytes.
    pub value: u32,
    /// How many of the puts name the version after the one that the client knows.
    pub ahead: Ppm,
}

/// Where in its round a lock client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockStage {
    Acquiring,
    /// Reading the key that says who is inside.
    Looking,
    Entering,
    /// Inside, for 10 ms.
    Staying,
    Leaving,
    Releasing,
}

impl Role {
    pub const fn takes_orders(self) -> bool {
        matches!(self, Self::Ordered)
    }
}

/// The load that runs.
#[derive(Clone, Debug)]
pub(super) struct LoadState {
    pub(super) rng: Rng,
    /// Clients that have not yet come to rest after the end of the load.
    clients: u32,
    ending: bool,
    puts: u64,
    /// Where keys and values are put together.
    text: String,
}

/// What values are filled up with.
const DOTS: &str = "................................................................";
const LOCK: &str = "lock";
const INSIDE: &str = "inside";
const STAY: Span = Span::from_millis(10);

impl Cluster {
    pub(super) fn load_runs(&self) -> bool {
        self.load.is_some()
    }

    pub(super) fn begin_load(&mut self, load: &Load) -> Result<(), Refusal> {
        let rng = Rng::new(self.seed, Entity::Load);
        let mut state =
            LoadState { rng, clients: load.clients, ending: false, puts: 0, text: String::new() };
        let (prefix, role) = match load.kind {
            LoadKind::Requests { keys, rate, reads, value, ahead } => {
                let every = |rate: u32| {
                    let every = 1_000_000 * u64::from(load.clients) / u64::from(rate.max(1));
                    Span(every.max(1))
                };
                let every = match rate {
                    LoadRate::PerSecond(rate) => Some(every(rate)),
                    LoadRate::Max => None,
                };
                ("load", Role::Requests { mix: Mix { keys, reads, value, ahead }, every })
            }
            LoadKind::Lock => ("lock", Role::Lock(LockStage::Acquiring)),
        };
        let mut ids = Vec::new();
        for number in 1..=load.clients {
            ids.push(self.need_client(&format!("{prefix}{number}"))?);
        }
        for id in ids {
            self.clients[id.index()].role = role;
            let width = match role {
                Role::Requests { every: Some(every), .. } => every.0,
                Role::Requests { every: None, .. } | Role::Lock(_) | Role::Ordered => 1_000,
            };
            let range = SpanRange { low: Span::ZERO, high: Span(width - 1) };
            let first = Drawn::new(&mut state.rng, range);
            self.queue.push((self.now + first.span).micros(), Item::Load(id, first));
        }
        self.load = Some(state);
        if let Some(span) = load.span {
            self.queue.push((self.now + span).micros(), Item::LoadEnd);
        }
        Ok(())
    }

    /// No new request, no new round; what is open ends in its own time.
    pub(super) fn stop_load(&mut self) {
        if let Some(load) = &mut self.load {
            load.ending = true;
        }
    }

    /// A load client's turn.
    pub(super) fn on_load_timer(&mut self, id: ClientId) {
        self.cause = Cause::ClientTimer(id);
        self.load_turn(id);
    }

    fn load_turn(&mut self, id: ClientId) {
        let Some(mut load) = self.load.take() else { return };
        let role = self.clients[id.index()].role;
        match role {
            Role::Ordered => {}
            Role::Requests { .. } | Role::Lock(LockStage::Acquiring) if load.ending => {
                self.clients[id.index()].role = Role::Ordered;
                load.clients -= 1;
            }
            Role::Requests { mix, every } => {
                if let Some(every) = every {
                    let (low, high) = (Span(every.0 / 2), Span(every.0 + every.0 / 2));
                    let next = Drawn::at_rate(&mut load.rng, SpanRange { low, high }, Ppm::ONE);
                    let due = self.now + next.span;
                    self.queue.push(due.micros(), Item::Load(id, next));
                }
                if self.clients[id.index()].is_idle() {
                    let work = self.random_work(id, &mut load, mix);
                    self.load_job(id, work);
                }
            }
            Role::Lock(stage) => self.lock_turn(id, stage),
        }
        self.load = Some(load).filter(|load| load.clients > 0);
    }

    fn random_work(&mut self, id: ClientId, load: &mut LoadState, mix: Mix) -> Work {
        let Mix { keys, reads, value: bytes, ahead } = mix;
        let mut draw = |keys: u32| load.rng.below(u64::from(keys.max(1)));
        let (text, client) = (&mut load.text, &self.clients[id.index()]);
        let mut digits = itoa::Buffer::new();
        text.clear();
        let number = match keys {
            LoadKeys::Shared(keys) => draw(keys),
            LoadKeys::Each(keys) => {
                text.push_str(&client.name);
                text.push('-');
                draw(keys)
            }
        };
        text.push('k');
        text.push_str(digits.format(number));
        // A key that the client knows stands in logs, maps and histories already.
        let (key, version): (Key, Version) = match client.known.get_key_value(text.as_str()) {
            Some((key, known)) => (key.clone(), known.version),
            None => (text.as_str().into(), Version::ZERO),
        };
        if load.rng.chance(reads) {
            return Work::Get { key };
        }
        load.puts += 1;
        // Nothing is drawn where nothing is asked for: a seed means what it meant.
        let is_ahead = ahead != Ppm::ZERO && load.rng.chance(ahead);
        let version = if is_ahead { version.next() } else { version };
        // Unique, and as long as asked for.
        let number = digits.format(load.puts);
        let mut dots = (bytes as usize).saturating_sub(number.len());
        text.clear();
        while dots > 0 {
            let some = &DOTS[..dots.min(DOTS.len())];
            text.push_str(some);
            dots -= some.len();
        }
        text.push_str(number);
        Work::Put { key, value: text.as_str().into(), version }
    }

    fn load_job(&mut self, id: ClientId, work: Work) {
        self.tickets += 1;
        let (since, ticket) = (self.now, self.tickets);
        let job = Job { work, since, only: None, call: None, line: 0, ticket };
        if let Err(error) = self.start_job(id, job) {
            let text = format!("load: {error}").into();
            self.emit(EventKind::Script(ScriptEvent::Noted { text }));
        }
    }

    /// Does what the stage of the round asks for.
    fn lock_turn(&mut self, id: ClientId, stage: LockStage) {
        let lock: Key = LOCK.into();
        let inside: Key = INSIDE.into();
        let client = &self.clients[id.index()];
        let version = client.known.get(&inside).map_or(Version::ZERO, |known| known.version);
        let own: Value = (&*client.name).into();
        let work = match stage {
            LockStage::Acquiring => Work::Acquire { lock },
            LockStage::Looking => Work::Get { key: inside },
            LockStage::Entering => Work::Put { key: inside, value: own, version },
            LockStage::Staying => return,
            LockStage::Leaving => Work::Set { key: inside, value: "".into() },
            LockStage::Releasing => Work::Release { lock },
        };
        self.load_job(id, work);
    }

    /// A job of a load client has ended: on to the next stage of its round.
    pub(super) fn on_load_job_done(&mut self, id: ClientId) {
        let client = &self.clients[id.index()];
        let stage = match client.role {
            // Its next turn has come, within the same step: asking again is no event of its own.
            Role::Requests { every: None, .. } => return self.load_turn(id),
            Role::Requests { every: Some(_), .. } | Role::Ordered => return,
            Role::Lock(stage) => stage,
        };
        let found = client.last.as_ref().map(|last| last.result.value.clone()).unwrap_or_default();
        let next = match stage {
            LockStage::Acquiring => LockStage::Looking,
            LockStage::Looking => {
                if !found.is_empty() {
                    let evidence =
                        format!("{} holds the lock and finds {found} inside", client.name);
                    self.fail(0, FailureKind::Unmet, "nobody else is inside", &evidence);
                }
                LockStage::Entering
            }
            LockStage::Entering => {
                self.clients[id.index()].role = Role::Lock(LockStage::Staying);
                self.set_client_timer(id, self.now + STAY);
                return;
            }
            LockStage::Staying | LockStage::Leaving => LockStage::Releasing,
            LockStage::Releasing => LockStage::Acquiring,
        };
        self.clients[id.index()].role = Role::Lock(next);
        self.queue.push(self.now.micros(), Item::Load(id, Drawn::NOT_AT_ALL));
    }

    /// A client's timer without a job: the 10 ms inside are over.
    pub(super) fn on_load_pause(&mut self, id: ClientId) {
        if self.clients[id.index()].role == Role::Lock(LockStage::Staying) {
            self.clients[id.index()].role = Role::Lock(LockStage::Leaving);
            self.lock_turn(id, LockStage::Leaving);
        }
    }
}
