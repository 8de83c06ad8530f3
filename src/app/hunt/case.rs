//! A run as nothing but commands at places.
//!
//! Whatever began it (a plan, a load, chaos, the tasks of a person's script), a run is its start
//! and the concrete commands that acted on it. As such it can be taken apart: a command left out,
//! a server less, a time earlier. Commands that can't be carried out any more are passed over and
//! noted, so that leaving out a crash leaves out its restart too.

use std::sync::Arc;

use crate::app::stop;
use crate::cluster::Cluster;
use crate::cluster::client::{Job, Work};
use crate::cluster::command::{
    Condition, Deed, Keeping, LabAct, NodeName, Operation, Order, Place, Script, Text,
};
use crate::cluster::config::Config;
use crate::cluster::event::{EventKind, LabEvent};
use crate::cluster::flaw::Flaw;
use crate::cluster::invariant::Violation;
use crate::cluster::time::{Span, Time};
use crate::cluster::workload::Role;

/// A start and commands.
#[derive(Clone, Debug)]
pub struct Case {
    pub config: Config,
    pub flaw: Option<Flaw>,
    /// In the order of their places.
    pub commands: Vec<(Place, Deed<NodeName>)>,
    /// What is looked for: the run is over where it holds.
    pub goal: Option<Arc<Condition>>,
}

/// How a case went.
pub struct Played {
    pub violation: Option<Arc<Violation>>,
    /// When the goal was so.
    pub met: Option<Time>,
    /// Which commands were carried out.
    pub applied: Vec<bool>,
}

impl Case {
    /// The commands of a script's run with this seed, and the flaw that it plants, up to the end
    /// of the run or the place of the command that `stop` names.
    pub fn of(script: &Script, seed: u64, stop: impl Fn(&Deed<NodeName>) -> bool) -> (Self, Time) {
        let mut cluster = Cluster::with_script(script, Some(seed));
        let config = cluster.config().clone();
        let flaw = script.planted();
        let mut case = Self { config, flaw, commands: Vec::new(), goal: None };
        let mut tickets: Vec<u64> = Vec::new();
        // What the load alone does is missing when its operations are given by hand.
        let (mut moment, mut missing) = (Time::START, 0);
        while !cluster.finished() && !cluster.is_stopped() && !stop::is_asked() {
            let Some(mut place) = cluster.next_place() else { break };
            if place.time != moment {
                (moment, missing) = (place.time, 0);
            }
            let load = cluster.next_is_load();
            place.after = place.after.saturating_sub(missing);
            // By hand there are no lines beside it.
            place.acts = 0;
            cluster.step();
            missing += u32::from(load);
            for event in cluster.events() {
                let EventKind::Lab(LabEvent::Commanded { command }) = &event.kind else { continue };
                if stop(command) {
                    return (case, cluster.now());
                }
                match &**command {
                    Deed::Lab(
                        LabAct::Chaos(_) | LabAct::ChaosStop | LabAct::Load(_) | LabAct::LoadStop,
                    ) => {}
                    Deed::Keep(Keeping::Flaw(flaw, true), who) if who.is_empty() => {
                        case.flaw = Some(*flaw);
                    }
                    deed => case.commands.push((place, by_hand(deed.clone()))),
                }
            }
            tickets.resize(cluster.clients().len(), 0);
            for (client, ticket) in cluster.clients().iter().zip(&mut tickets) {
                let Some(job) = &client.job else { continue };
                if client.role != Role::Ordered && job.ticket != *ticket {
                    case.commands.push((place, order(&client.name, job)));
                }
                *ticket = job.ticket;
            }
        }
        (case, cluster.now())
    }

    /// Plays it for as long as `span` after `until`, with the flaw or without.
    pub fn play(&self, flawed: bool, until: Time) -> Played {
        self.play_seen(flawed, until, |_| {})
    }

    /// As [`Self::play`], and shows the cluster after every step and command.
    pub fn play_seen(&self, flawed: bool, until: Time, mut see: impl FnMut(&Cluster)) -> Played {
        const EVENTS_MAX: u64 = 1_000_000;
        let mut cluster = Cluster::new(Config { events_max: EVENTS_MAX, ..self.config.clone() });
        if let Some(flaw) = self.flaw.filter(|_| flawed) {
            // Of all servers, or all clients: that can't be refused.
            let _ = cluster.apply(&Deed::Keep(Keeping::Flaw(flaw, true), Vec::new()).into());
        }
        let mut applied = Vec::with_capacity(self.commands.len());
        let is_met = |cluster: &Cluster| self.goal.as_ref().is_some_and(|goal| cluster.is_so(goal));
        let mut met = is_met(&cluster);
        let goes_on =
            |cluster: &Cluster, met: bool| !met && !cluster.is_stopped() && !stop::is_asked();
        for (place, deed) in &self.commands {
            while goes_on(&cluster, met) && cluster.next_place().is_some_and(|next| next < *place) {
                cluster.step();
                see(&cluster);
                met = is_met(&cluster);
            }
            if !goes_on(&cluster, met) {
                break;
            }
            cluster.advance(place.time);
            let done = !is_busy(&cluster, deed) && cluster.apply(&deed.into()).is_ok();
            if done {
                see(&cluster);
                met = is_met(&cluster);
            }
            applied.push(done);
        }
        while goes_on(&cluster, met) && cluster.next_due().is_some_and(|due| due <= until) {
            cluster.step();
            see(&cluster);
            met = is_met(&cluster);
        }
        applied.resize(self.commands.len(), false);
        let met = met.then(|| cluster.now());
        Played { violation: cluster.violation().cloned(), met, applied }
    }

    /// Some of its commands.
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = self.commands.iter().enumerate().filter(|(place, _)| keep(*place));
        Self { commands: kept.map(|(_, command)| command.clone()).collect(), ..self.clone() }
    }

    /// When its last command comes.
    pub fn last(&self) -> Time {
        self.commands.last().map_or(Time::START, |(place, _)| place.time)
    }
}

/// Whether a client is to do something while it is at something else.
fn is_busy(cluster: &Cluster, deed: &Deed<NodeName>) -> bool {
    let Deed::Operate(Order { client: Some(name), .. }) = deed else { return false };
    cluster.client_named(name.as_str()).is_some_and(|client| !client.is_idle())
}

/// As it stands after `at`: nobody waits there.
fn by_hand(deed: Deed<NodeName>) -> Deed<NodeName> {
    match deed {
        Deed::Operate(order) => Deed::Operate(Order { nowait: false, within: None, ..order }),
        other => other,
    }
}

/// What a client of a load has just begun, as an order.
fn order(client: &Arc<str>, job: &Job) -> Deed<NodeName> {
    let text = |text: &str| Text::literal(text);
    let operation = match &job.work {
        Work::Get { key } | Work::Check { key, .. } => Operation::Get { key: text(key) },
        Work::Put { key, value, version } => {
            Operation::Put { key: text(key), value: text(value), version: *version }
        }
        Work::Set { key, value } => Operation::Set { key: text(key), value: text(value) },
        Work::Acquire { lock } => Operation::Acquire { lock: text(lock) },
        Work::Release { lock } => Operation::Release { lock: text(lock) },
    };
    let only = job.only;
    let client = Some(Text(client.clone()));
    Deed::Operate(Order { client, only, ..Order::new(operation) })
}

/// How much longer than the last that is known a run may take to break.
pub const PATIENCE: Span = Span::from_millis(1_500);
