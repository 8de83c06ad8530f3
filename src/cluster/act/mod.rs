//! What commands do. Every way of acting on the cluster comes through [`Cluster::apply`]: keys,
//! the prompt, lines of scripts and recordings. Each file has the verbs of one shape: how they are
//! called, when they can do nothing, and what they do.

mod clients;
mod disks;
mod lab;
mod links;
mod members;
mod refusal;
mod servers;
mod transfer;

pub use refusal::{Hindrance, Refusal};

use std::sync::Arc;

use super::command::{Command, Deed, Keeping, LabAct, NodeName};
use super::digest::Tag;
use super::event::{EventKind, LabEvent};
use super::flaw::Flaw;
use super::raft::{Choice, LEASE_NEEDS, RaftOption, Reads};
use super::resolve::{Scope, error};
use super::server::Server;
use super::types::ServerId;
use super::{Cause, Cluster};

/// What became of a command that was carried out.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// With its words resolved, if it is a deed.
    pub deed: Option<Arc<Deed<NodeName>>>,
    /// The job that it started, if any.
    pub ticket: Option<u64>,
}

impl Applied {
    /// The command as it is recorded: its words mean the same whenever it is done again.
    pub fn command(&self, given: &Command) -> Command {
        self.deed.as_ref().map_or_else(|| given.clone(), |deed| (&**deed).into())
    }
}

impl Cluster {
    /// Carries out a command at the present place. [`Cluster::events`] says afterwards what it
    /// brought about. Nothing is changed when an error comes back.
    ///
    /// # Errors
    /// When the command can do nothing now, with the reason: "S3 is up".
    pub fn apply(&mut self, command: &Command) -> Result<Applied, Refusal> {
        // What fails half-way is taken back whole: a run is its start and what was done to it.
        let before = self.clone();
        self.venture(command).inspect_err(|_| *self = before)
    }

    /// As [`Cluster::apply`], for one who has another copy: what could be done only in part stays
    /// done in part.
    ///
    /// # Errors
    /// The same.
    pub fn venture(&mut self, command: &Command) -> Result<Applied, Refusal> {
        self.begin_events();
        if self.is_stopped() {
            return Err(error("the run has stopped; nothing can be done to it any more"));
        }
        let mut scope = self.lab_scope.clone();
        let applied = self.perform(command, &mut scope, 0)?;
        self.lab_scope = scope;
        self.deeds += 1;
        self.acted_by(command);
        self.after();
        Ok(applied)
    }

    /// Carries out a command: its words mean what they do in `scope`, for a line of a script.
    pub(super) fn perform(
        &mut self,
        command: &Command,
        scope: &mut Scope,
        line: u32,
    ) -> Result<Applied, Refusal> {
        match command {
            Command::Deed(deed) => {
                let deed = self.resolve(deed, scope)?;
                self.refuse(&deed)?;
                if let Deed::Operate(order) = &deed
                    && !scope.queues
                {
                    self.refuse_busy(order)?;
                }
                self.carry_out_deed(deed, line)
            }
            Command::Flow(flow) => self.flow_apart(flow, scope, line).map(|()| Applied::default()),
            Command::Tell(tell) => {
                let own = self.scope_apart(scope);
                self.say(tell, &own, line).map(|()| Applied::default())
            }
            Command::Block(_) => {
                Err(error("blocks of lines stand in scripts only: open one with the lab"))
            }
            Command::Head(_) | Command::Record(_) => {
                Err(error("the head of a script can't change a cluster that runs"))
            }
        }
    }

    /// Carries out a deed as it is.
    pub(super) fn perform_deed(&mut self, deed: Deed<NodeName>, line: u32) -> Result<(), Refusal> {
        self.refuse(&deed)?;
        self.carry_out_deed(deed, line).map(|_| ())
    }

    /// Why a deed can do nothing now, if so. Checked before anything changes.
    fn refuse(&self, deed: &Deed<NodeName>) -> Result<(), Refusal> {
        if self.is_observed() {
            return Err(error(
                "a trace is only looked at: what happened stands in it, and nothing can be done",
            ));
        }
        match deed {
            Deed::Servers(act, who) => self.refuse_servers(*act, who),
            Deed::Clients(act, who) => self.refuse_clients(*act, who),
            Deed::Operate(order) => self.refuse_order(order),
            Deed::Transfer(from, to) => self.refuse_transfer(*from, *to),
            Deed::Members(act, who) => self.refuse_members(*act, who),
            Deed::Lab(act) => self.refuse_lab(act),
            Deed::Keep(Keeping::Option(Choice { option, .. }), _) if self.has_guests() => {
                Err(Refusal::Foreign(format!(
                    "{option} is an option of the lab's own Raft; these servers have another"
                )))
            }
            Deed::Keep(Keeping::Flaw(flaw, _), _) if self.has_guests() && !flaw.is_of_clients() => {
                Err(Refusal::Foreign(format!(
                    "{flaw} is a flaw of the lab's own Raft; these servers have another, with flaws of its own"
                )))
            }
            Deed::Keep(Keeping::Option(choice), who) => self.refuse_choice(*choice, who),
            Deed::Links(..)
            | Deed::Partition(_)
            | Deed::Packet(..)
            | Deed::Keep(Keeping::Flaw(..), _) => Ok(()),
        }
    }

    fn carry_out_deed(&mut self, deed: Deed<NodeName>, line: u32) -> Result<Applied, Refusal> {
        self.spend(&deed, line)?;
        self.cause = if line == 0 { Cause::Command(self.commands) } else { Cause::Line(line) };
        self.commands += 1;
        let place = self.place();
        // What is expected of a run is no part of it.
        if !matches!(deed, Deed::Lab(LabAct::Expects(_))) {
            let text = deed.to_string();
            self.digest
                .tag(Tag::Command)
                .u64(place.time.micros())
                .u64(u64::from(place.after))
                .text(&text);
        }
        let deed = Arc::new(deed);
        self.emit(EventKind::Lab(LabEvent::Commanded { command: deed.clone() }));
        if deed.is_fault() {
            self.fault_term = self
                .leader()
                .map_or(self.fault_term, |leader| self.servers[leader.index()].raft.term());
        }
        let ticket = self.act(&deed, line)?;
        Ok(Applied { deed: Some(deed), ticket })
    }

    /// What a deed does; the ticket of the job that it starts.
    fn act(&mut self, deed: &Deed<NodeName>, line: u32) -> Result<Option<u64>, Refusal> {
        match deed {
            Deed::Servers(act, who) => self.act_on_servers(*act, who),
            Deed::Links(act, ends) => self.act_on_links(*act, ends)?,
            Deed::Partition(groups) => self.partition(groups)?,
            Deed::Packet(packet, act) => self.handle_packet(*packet, *act, None)?,
            Deed::Clients(act, who) => self.act_on_clients(*act, who),
            Deed::Operate(order) => return self.operate(order, line),
            Deed::Transfer(from, to) => self.hand_over(*from, *to),
            Deed::Members(act, who) => self.change_members(*act, who),
            Deed::Keep(Keeping::Option(choice), who) => self.choose(*choice, who),
            Deed::Keep(Keeping::Flaw(flaw, on), who) => self.plant(*flaw, *on, who),
            Deed::Lab(act) => self.act_on_lab(act, line)?,
        }
        Ok(None)
    }

    /// What a trace tells of a command: which links it cut or mended is known by it alone.
    pub(super) fn follow_command(&mut self, command: &Command) {
        let mut scope = self.lab_scope.clone();
        let Command::Deed(deed) = command else { return };
        let Ok(deed) = self.resolve(deed, &mut scope) else { return };
        if deed.is_about_links() {
            // What can't be followed was no command of these servers: it is told all the same.
            drop(self.act(&deed, 0));
        }
        self.emit(EventKind::Lab(LabEvent::Commanded { command: Arc::new(deed) }));
    }

    /// A lease trusts all voters to stay with a leader that they hear.
    fn refuse_choice(&self, choice: Choice, who: &[ServerId]) -> Result<(), Refusal> {
        let all_but = |wanted: Choice| {
            let keeps = |server: &&Server| server.raft.rules().options.of(wanted.option) != wanted;
            self.servers.iter().find(keeps).map(|server| server.id)
        };
        let leases = |server: &Server| server.raft.reads() == Reads::Lease;
        let to_lease = choice.option == RaftOption::Reads && choice.place() == 2;
        let some = !who.is_empty() && who.len() < self.servers.len();
        Err(error(match all_but(RaftOption::CheckQuorum.on()) {
            Some(id) if to_lease => format!("{LEASE_NEEDS}, and {id} does not keep it"),
            None if to_lease && some => {
                "a lease is for all servers: one that does not know of it may vote too early after a \
                 restart (dissertation §6.4.1)"
                    .to_owned()
            }
            _ if choice.option == RaftOption::CheckQuorum
                && !choice.is_on()
                && self.servers.iter().any(leases) =>
            {
                format!("{LEASE_NEEDS}: `option reads index` first")
            }
            _ => return Ok(()),
        }))
    }

    /// Sets an option: for these servers, for all when none is named.
    fn choose(&mut self, choice: Choice, who: &[ServerId]) {
        for id in self.ids() {
            if who.is_empty() || who.contains(&id) {
                self.servers[id.index()].raft.choose(choice, &mut self.outbox);
                self.follow_orders(id);
            }
        }
    }

    /// Switches a flaw on or off: for these servers, for all when none is named, or for the
    /// clients if it is theirs.
    pub(super) fn plant(&mut self, flaw: Flaw, on: bool, who: &[ServerId]) {
        if flaw.is_of_clients() {
            self.client_flaws.set(flaw, on);
            return;
        }
        for server in &mut self.servers {
            if who.is_empty() || who.contains(&server.id) {
                server.raft.plant(flaw, on);
            }
        }
    }
}
