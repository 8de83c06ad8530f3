//! From a run that breaks a rule to the smallest one that breaks the same rule; or from one that
//! leads where somebody wants to get to the smallest that leads there.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input",
//! 2002) over the commands of a [`Case`], then over everything else that makes it long to read:
//! servers, clients, who is hit, settings, times, names. Because a run is a function of its start
//! and its commands, a candidate either breaks the rule or does not, and trying costs a fraction
//! of a millisecond. Where chance has to help, other seeds are tried too.
//!
//! With a planted flaw the smallest is one of which every command can be carried out without the
//! flaw too, and breaks nothing then: the flaw is what the story is about.

use std::collections::BTreeMap;

use super::case::{Case, PATIENCE, Played};
use super::edit;
use crate::app::stop;
use crate::cluster::command::{Deed, NodeName, Place, Text};
use crate::cluster::config::Config;
use crate::cluster::invariant::Invariant;
use crate::cluster::network::Network;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::ServerId;

/// The most candidates that are played. It bounds the time, and is no clock: the same finding
/// shrinks to the same script everywhere.
const TRIES_MAX: u32 = 25_000;
/// How many seeds are tried where chance has to help.
const SEEDS: u64 = 24;
/// Beyond this many commands only leaving them out is tried.
const FEW: usize = 80;

/// What a case comes to, and must come to however small it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Breaks(Invariant),
    /// The goal of the case is so, with so many servers at least.
    Met {
        servers: u8,
    },
}

impl Target {
    /// When it came to that, if it did.
    fn time(self, played: &Played) -> Option<Time> {
        match self {
            Self::Breaks(invariant) => {
                let violation = played.violation.as_ref()?;
                (violation.invariant == invariant).then_some(violation.time)
            }
            Self::Met { .. } => played.met,
        }
    }
}

/// Shrinks a case that comes to `target` at `until`; gives the smallest, and when it does.
pub fn shrink(case: Case, target: Target, until: Time) -> Option<(Case, Time)> {
    let mut shrinker =
        Shrinker { target, until, well: case.flaw.is_none(), tries: 0, best: case.clone() };
    // The whole first: what can't be carried out by hand, or comes too late, falls off.
    if !shrinker.accept(case) {
        return None;
    }
    shrinker.run();
    shrinker.well.then_some((shrinker.best, shrinker.until))
}

struct Shrinker {
    target: Target,
    best: Case,
    /// When the best breaks.
    until: Time,
    /// Whether all of its commands can be carried out without the flaw too, and all is well then.
    /// What has once become so stays so.
    well: bool,
    tries: u32,
}

/// A pass: whether it has made the best any smaller.
type Pass = fn(&mut Shrinker) -> bool;

impl Shrinker {
    fn run(&mut self) {
        const PASSES: [Pass; 10] = [
            Shrinker::leave_out_what_fails,
            Shrinker::leave_out,
            Shrinker::fewer_servers,
            Shrinker::fewer_clients,
            Shrinker::hit_fewer,
            Shrinker::plain_settings,
            Shrinker::leave_out_by_chance,
            Shrinker::earlier,
            Shrinker::plain_names,
            Shrinker::round_times,
        ];
        for _ in 0..6 {
            let mut better = false;
            for pass in PASSES {
                better |= pass(self);
            }
            if !better || self.tries >= TRIES_MAX {
                return;
            }
        }
    }

    /// Takes a candidate as the best if it breaks the rule.
    fn accept(&mut self, candidate: Case) -> bool {
        if self.tries >= TRIES_MAX || stop::is_asked() {
            return false;
        }
        self.tries += 1;
        let horizon = self.until.max(candidate.last()) + PATIENCE;
        let played = candidate.play(true, horizon);
        let Some(time) = self.target.time(&played) else { return false };
        let kept = candidate.only(|place| played.applied[place]);
        if kept.flaw.is_some() && played.violation.is_some() {
            let without = kept.play(false, time + AFTER);
            let well = without.violation.is_none() && !without.applied.contains(&false);
            if self.well && !well {
                return false;
            }
            self.well = well;
        }
        (self.best, self.until) = (kept, time);
        true
    }

    /// As [`Self::accept`], with other seeds if this one does not.
    fn accept_by_chance(&mut self, candidate: &Case) -> bool {
        if self.accept(candidate.clone()) {
            return true;
        }
        (1..=SEEDS).any(|seed| {
            let config = Config { seed, ..candidate.config.clone() };
            self.accept(Case { config, ..candidate.clone() })
        })
    }

    fn count(&self) -> usize {
        self.best.commands.len()
    }

    /// Leaves out halves, quarters, and so on down to single commands.
    fn leave_out(&mut self) -> bool {
        let before = self.count();
        let mut size = before.div_ceil(2).max(1);
        loop {
            let mut end = self.count();
            while end > 0 {
                let start = end.saturating_sub(size);
                let candidate = self.best.only(|place| !(start..end).contains(&place));
                self.accept(candidate);
                // The best may have become shorter by more than was left out.
                end = start.min(self.count());
            }
            if size == 1 || self.tries >= TRIES_MAX {
                return self.count() < before;
            }
            size = size.div_ceil(2);
        }
    }

    /// Without the flaw an operation may still be open when its client should begin another:
    /// leaves out what can't be carried out then.
    fn leave_out_what_fails(&mut self) -> bool {
        if self.well {
            return false;
        }
        let without = self.best.play(false, self.until + AFTER);
        let candidate = self.best.only(|place| without.applied[place]);
        self.accept(candidate)
    }

    fn leave_out_by_chance(&mut self) -> bool {
        let before = self.count();
        if before > FEW {
            return false;
        }
        let mut place = self.count();
        while place > 0 {
            place -= 1;
            let candidate = self.best.only(|other| other != place);
            self.accept_by_chance(&candidate);
            place = place.min(self.count());
        }
        self.count() < before
    }

    /// The best with every command changed, or left out.
    fn changed(&self, to: edit::Change<'_>) -> Case {
        let commands = self.best.commands.iter();
        let commands = commands.filter_map(|(place, c)| Some((*place, edit::change(c, to)?)));
        Case { commands: commands.collect(), ..self.best.clone() }
    }

    fn fewer_servers(&mut self) -> bool {
        let before = self.best.config.servers;
        let least = match self.target {
            Target::Breaks(_) => 1,
            Target::Met { servers } => servers,
        };
        if self.count() > FEW || !self.best.config.given.is_empty() {
            return false;
        }
        let mut gone = before;
        while gone > 0 {
            gone -= 1;
            let servers = self.best.config.servers;
            if servers <= least || gone >= servers {
                continue;
            }
            let mut candidate = self.changed(&|who| match who {
                NodeName::Server(id) if id.index() == usize::from(gone) => None,
                NodeName::Server(id) if id.index() > usize::from(gone) => {
                    Some(NodeName::Server(ServerId::from_index(id.index() as u8 - 1)))
                }
                other => Some(other.clone()),
            });
            candidate.config.servers -= 1;
            self.accept_by_chance(&candidate);
        }
        self.best.config.servers < before
    }

    fn clients(&self) -> Vec<Text> {
        let mut clients = Vec::new();
        for who in self.best.commands.iter().flat_map(|(_, command)| edit::named(command)) {
            if let NodeName::Client(name) = who
                && !clients.contains(&name)
            {
                clients.push(name);
            }
        }
        clients
    }

    /// Leaves a client out, or lets another do its work.
    fn fewer_clients(&mut self) -> bool {
        let clients = self.clients();
        for gone in &clients {
            let without = self.changed(&|who| match who {
                NodeName::Client(name) if name == gone => None,
                other => Some(other.clone()),
            });
            if self.accept(without) || self.count() > FEW {
                continue;
            }
            for other in clients.iter().filter(|other| *other != gone) {
                let merged = self.changed(&|who| match who {
                    NodeName::Client(name) if name == gone => Some(NodeName::Client(other.clone())),
                    who => Some(who.clone()),
                });
                if merged.commands.len() == self.count() && self.accept(merged) {
                    break;
                }
            }
        }
        self.clients().len() < clients.len()
    }

    /// Of several servers that a command names, fewer.
    fn hit_fewer(&mut self) -> bool {
        let mut better = false;
        if self.count() > FEW {
            return false;
        }
        let mut place = 0;
        while place < self.count() {
            let names = edit::named(&self.best.commands[place].1);
            for gone in names.iter().filter(|_| names.len() > 1) {
                let Some((_, command)) = self.best.commands.get(place) else { break };
                let less = edit::change(command, &|who| (who != gone).then(|| who.clone()));
                if let Some(command) = less {
                    let mut candidate = self.best.clone();
                    candidate.commands[place].1 = command;
                    better |= self.accept(candidate);
                }
            }
            place += 1;
        }
        better
    }

    /// Settings as they are by default, where they don't matter.
    fn plain_settings(&mut self) -> bool {
        if self.count() > FEW {
            return false;
        }
        let plain = Config::default();
        let changes: [&dyn Fn(&mut Config); 13] = [
            &|config| config.options = Config::default().options,
            &|config| config.snapshot = Config::default().snapshot,
            &|config| config.snapshot_chunk = Config::default().snapshot_chunk,
            &|config| config.client_sessions = Config::default().client_sessions,
            &|config| config.inflight = Config::default().inflight,
            &|config| config.uncommitted = Config::default().uncommitted,
            &|config| config.network = Network::Reliable,
            &|config| config.append_max = Config::default().append_max,
            &|config| config.sync = Span::ZERO,
            &|config| config.rpc_timeout = Config::default().rpc_timeout,
            &|config| {
                config.election_timeout = Config::default().election_timeout;
                config.heartbeat = Config::default().heartbeat;
            },
            &|config| config.network = Network::Classroom,
            &|config| config.events_max = Config::default().events_max,
        ];
        let mut better = false;
        for change in changes {
            let mut candidate = self.best.clone();
            change(&mut candidate.config);
            // Reliable is plain enough.
            let same = candidate.config == self.best.config;
            let worse = self.best.config.network == Network::Reliable
                && candidate.config.network == plain.network;
            if !same && !worse {
                better |= self.accept_by_chance(&candidate);
            }
        }
        better
    }

    /// Shortens the times between commands.
    fn earlier(&mut self) -> bool {
        let before = self.best.last();
        if self.count() > FEW {
            return false;
        }
        for place in 0..self.count() {
            for share in [0, 1, 2, 3] {
                if place >= self.count() {
                    break;
                }
                let start = place
                    .checked_sub(1)
                    .map_or(Time::START, |before| self.best.commands[before].0.time);
                let gap = self.best.commands[place].0.time.since(start);
                let less = Span(gap.0 - gap.0 * share / 4);
                // What is a matter of a few milliseconds is left to them.
                if less < Span::from_millis(2) {
                    break;
                }
                let mut candidate = self.best.clone();
                for (at, _) in &mut candidate.commands[place..] {
                    *at = Place { time: at.time - less, ..Place::default() };
                }
                if self.accept(candidate) {
                    break;
                }
            }
        }
        self.best.last() < before
    }

    /// Times that can be read: whole tenths, hundredths or thousandths of a second.
    fn round_times(&mut self) -> bool {
        let mut better = false;
        if self.count() > FEW {
            return false;
        }
        let mut place = 0;
        while place < self.count() {
            for unit in [100_000, 50_000, 10_000, 5_000, 1_000] {
                let Some((at, _)) = self.best.commands.get(place) else { break };
                if at.after == 0 && at.time.0.is_multiple_of(unit) {
                    break;
                }
                let down = at.time.0 / unit * unit;
                if self.place_at(place, Time(down)) || self.place_at(place, Time(down + unit)) {
                    better = true;
                    break;
                }
            }
            place += 1;
        }
        better
    }

    /// Moves a command to another time if it stays in its order.
    fn place_at(&mut self, place: usize, time: Time) -> bool {
        let mut candidate = self.best.clone();
        candidate.commands[place].0 = Place { time, ..Place::default() };
        candidate.commands.is_sorted_by_key(|(at, _)| *at) && self.accept(candidate)
    }

    /// Clients `a`, `b`, keys `x`, `y`, values `1`, `2`.
    fn plain_names(&mut self) -> bool {
        if self.count() > FEW {
            return false;
        }
        let reworded = self.plain_words();
        let mut better = reworded.commands != self.best.commands && self.accept(reworded);
        let clients = self.clients();
        let names: Vec<Text> = ('a'..='z').map(|c| Text::new(&c.to_string())).collect();
        if clients.iter().any(|name| name.as_str().len() > 1) && clients.len() <= names.len() {
            let renamed = self.changed(&|who| match who {
                NodeName::Client(name) => {
                    let place = clients.iter().position(|other| other == name)?;
                    Some(NodeName::Client(names[place].clone()))
                }
                other => Some(other.clone()),
            });
            better |= self.accept_by_chance(&renamed);
        }
        better
    }

    fn plain_words(&self) -> Case {
        let (mut keys, mut values) = (BTreeMap::new(), BTreeMap::new());
        let mut commands = Vec::with_capacity(self.count());
        for (place, command) in &self.best.commands {
            let (mut seen_keys, mut seen_values) = (Vec::new(), Vec::new());
            words(command, &mut seen_keys, &mut seen_values);
            for key in seen_keys {
                let next = KEYS.get(keys.len()).copied().unwrap_or(key.as_str()).to_owned();
                keys.entry(key.clone()).or_insert_with(|| Text::new(&next));
            }
            for value in seen_values {
                let next = (values.len() + 1).to_string();
                // The empty value means something: a lock that is free.
                let kept = value.as_str().is_empty();
                let next = if kept { value.clone() } else { Text::new(&next) };
                values.entry(value).or_insert(next);
            }
            let command = edit::reword(
                command,
                |key| keys.get(key).unwrap_or(key).clone(),
                |value| values.get(value).unwrap_or(value).clone(),
            );
            commands.push((*place, command));
        }
        Case { commands, ..self.best.clone() }
    }
}

const KEYS: [&str; 4] = ["x", "y", "z", "w"];

/// How long the same commands must stay right without the flaw, after the flaw has broken the
/// rule.
pub const AFTER: Span = Span::from_millis(500);

/// The keys and values of an operation.
fn words(deed: &Deed<NodeName>, keys: &mut Vec<Text>, values: &mut Vec<Text>) {
    use crate::cluster::command::Operation as O;
    let Deed::Operate(order) = deed else { return };
    match &order.operation {
        O::Get { key } | O::Check { key } | O::Acquire { lock: key } | O::Release { lock: key } => {
            keys.push(key.clone());
        }
        O::Put { key, value, .. } | O::Submit { key, value, .. } | O::Set { key, value } => {
            keys.push(key.clone());
            values.push(value.clone());
        }
    }
}
