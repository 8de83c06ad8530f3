//! What others may read of a [`Cluster`]: plain questions, each answered from the present state.

use std::sync::Arc;

use super::client::Client;
use super::command::{Command, Flow, Place, Script, Unmet};
use super::config::Config;
use super::event::{Event, Names};
use super::flaw::{Bearer, Flaw, Flaws};
use super::history::History;
use super::invariant::Violation;
use super::network::{Links, Loss, Network, Packet, Reply, Rpc, Traffic};
use super::raft::{Choice, Configuration, Entry, Log, RaftOption, Role};
use super::rsm::Waiter;
use super::server::{Power, Server};
use super::time::{Span, Time};
use super::timeline::Point;
use super::types::{ClientId, Index, Node, ServerId, ServerSet, Term};
use super::{Cluster, Failure, Item};

impl Cluster {
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The present lab time.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The present place: the time, and how many events have been handled at it.
    pub const fn place(&self) -> Place {
        Place { time: self.now, after: self.handled_now, acts: self.acts_now }
    }

    /// Where in its run it is.
    pub const fn point(&self) -> Point {
        Point { steps: self.steps, deeds: self.deeds, time: self.now }
    }

    /// How much work a step is now, for whoever does a bounded amount of it at a time: as much as
    /// so many usual steps. Each task that waits asks its condition after every step.
    pub const fn work(&self) -> u32 {
        1 + self.waiting.len() as u32 / 8
    }

    /// How many [`Event`]s there have been: the number of the next one.
    pub const fn emitted(&self) -> u64 {
        self.emitted + self.events.len() as u64
    }

    /// How many events have been handled since the start.
    pub const fn handled(&self) -> u64 {
        self.handled
    }

    /// How many commands have been applied since the start.
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server called `id`; `None` if the cluster has fewer.
    pub fn server(&self, id: ServerId) -> Option<&Server> {
        self.servers.get(id.index())
    }

    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    pub fn client_named(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|client| &*client.name == name)
    }

    pub const fn names(&self) -> &Names {
        &self.names
    }

    pub const fn links(&self) -> &Links {
        &self.links
    }

    /// The named network under the links' own rules.
    pub const fn network(&self) -> Network {
        self.network
    }

    pub const fn history(&self) -> &History {
        &self.history
    }

    /// What the last step or command brought about.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The script whose tasks run here.
    pub const fn script(&self) -> Option<&Script> {
        self.script.as_ref()
    }

    /// To what an option of Raft is set, and on which servers.
    pub fn keeping(&self, option: RaftOption) -> Vec<(Choice, ServerSet)> {
        let on = |choice: Choice| {
            let keeps = |server: &&Server| server.raft.rules().options.of(option) == choice;
            let who = self.servers.iter().filter(keeps).map(|server| server.id).collect();
            (choice, who)
        };
        option.choices().map(on).filter(|(_, who): &(_, ServerSet)| !who.is_empty()).collect()
    }

    /// For how long a leader answers reads by its lease; `None` where it has none.
    pub fn lease_left(&self, server: &Server) -> Option<Span> {
        let shortest = server.in_lab_time(self.config.election_timeout.low);
        let until = server.raft.lease_until(shortest).filter(|_| server.leads())?;
        (until > self.now).then(|| until.since(self.now))
    }

    /// The flaws that are planted now, and who has them.
    pub fn flaws(&self) -> Vec<(Flaw, Bearer)> {
        let anywhere = |flaws: Flaws, server: &Server| flaws.union(server.flaws());
        let all = self.servers.iter().fold(self.client_flaws, anywhere);
        let bearer = |flaw: Flaw| {
            let have = |server: &&Server| server.flaws().has(flaw);
            let servers: ServerSet =
                self.servers.iter().filter(have).map(|server| server.id).collect();
            match servers.len() {
                0 => Bearer::Clients,
                some if some == self.servers.len() => Bearer::AllServers,
                _ => Bearer::Servers(servers),
            }
        };
        all.iter().map(|flaw| (flaw, bearer(flaw))).collect()
    }

    /// The line of the script at which the run stands: that of the first task that has not ended.
    pub fn standing_line(&self) -> u32 {
        self.standing_task().0
    }

    /// The expectation that stopped the run.
    pub const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// What expectations that are not met come to now.
    pub const fn unmet(&self) -> Unmet {
        self.unmet
    }

    /// How many expectations were not met and were only noted.
    pub const fn remarks(&self) -> u64 {
        self.remarks
    }

    /// The first rule that was broken.
    pub const fn violation(&self) -> Option<&Arc<Violation>> {
        self.violation.as_ref()
    }

    /// What servers have sent each other so far.
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The request of a client's present attempt, or the answer to it, if it is in flight.
    pub fn in_flight_for(&self, client: &Client) -> Option<&Packet> {
        let call = client.call()?;
        let (server, _) = call.asking?;
        let ends = [Node::Client(client.id), Node::Server(server)];
        self.packets_unordered().find(|packet| {
            let this = |rpc: &Rpc| rpc.attempt() == (call.number, call.attempt);
            ends.contains(&packet.from)
                && ends.contains(&packet.to)
                && packet.cargo.client().is_some_and(this)
        })
    }

    /// What a client will hear, if nothing changes.
    pub fn hears(&self, client: &Client) -> Option<&Reply> {
        match self.in_flight_for(client)?.cargo.client()? {
            Rpc::Reply { reply, .. } => Some(reply),
            Rpc::Request { .. } | Rpc::Register { .. } => None,
        }
    }

    /// Whether the client of a waiter still waits for this answer: it may have given up, asked
    /// another server, or been answered.
    pub fn is_awaited(&self, waiter: &Waiter) -> bool {
        let client = self.client(waiter.client);
        let call = client.and_then(Client::call).filter(|call| call.asking.is_some());
        call.is_some_and(|call| (call.number, call.attempt) == (waiter.call, waiter.attempt))
    }

    /// All packets in flight, in the order in which they are due; those that are held too.
    pub fn packets(&self) -> Vec<&Packet> {
        let mut packets: Vec<&Packet> = self.packets_unordered().collect();
        packets.sort_by_key(|packet| (packet.due, packet.id));
        packets
    }

    /// How many packets are in flight, those that are held too.
    pub fn packet_count(&self) -> u64 {
        self.packets_unordered().count() as u64
    }

    /// What has come to the end of its flight at this very moment, and is taken in next.
    pub fn landed(&self) -> impl Iterator<Item = &Packet> {
        self.queue.iter().filter_map(|(_, _, item)| {
            let Item::Landed(packet) = item else { return None };
            (packet.loss == Loss::Arrives).then_some(packet)
        })
    }

    fn packets_unordered(&self) -> impl Iterator<Item = &Packet> {
        let flying = self.queue.iter().filter_map(|(_, _, item)| {
            if let Item::Packet(packet) = item { Some(packet) } else { None }
        });
        flying.chain(&self.held)
    }

    /// Whether what comes next is a load's own doing, which the same operations by hand would not
    /// need.
    pub fn next_is_load(&self) -> bool {
        match self.queue.peek() {
            Some(Item::Load(..) | Item::LoadEnd) => true,
            Some(Item::Client(client)) => self.clients[client.index()].is_idle(),
            Some(
                Item::Packet(_)
                | Item::Landed(_)
                | Item::Line
                | Item::Timer(..)
                | Item::Chaos(_)
                | Item::Task(_)
                | Item::Recurring(_)
                | Item::Settle(..),
            )
            | None => false,
        }
    }

    /// The place before whatever comes next.
    pub fn next_place(&self) -> Option<Place> {
        self.next_due().map(|due| self.place_at(due))
    }

    /// When the next thing is due; `None` when nothing is pending, or all is by hand and nothing
    /// was told.
    pub fn next_due(&self) -> Option<Time> {
        let pending = self.next_pending();
        match self.has_doings() {
            true => self.next_doing_due().into_iter().chain(pending).min(),
            false => pending,
        }
    }

    /// The same, of what nobody does from outside.
    pub(super) fn next_pending(&self) -> Option<Time> {
        let queued = self.next_queued();
        let Some(((place, _), _)) = self.scheduled.first_key_value() else { return queued };
        let reached = |time: &Time| !self.is_by_hand() || *time <= self.now;
        Some(place.time).filter(reached).into_iter().chain(queued).min()
    }

    /// Whether anything is still to happen before this place, or was put down for just there.
    pub fn is_before(&self, place: Place) -> bool {
        let put_down = self.scheduled.keys().next().is_some_and(|(first, _)| *first <= place);
        let put_down = put_down || self.next_doing().is_some_and(|first| first < place);
        let due = self.next_queued();
        let comes =
            |due| self.place_at(due) < place || (due <= place.time && self.puts_down_next());
        put_down || due.is_some_and(comes)
    }

    /// Whether the script's line that comes next puts something down for later. Such lines have no
    /// place of their own.
    pub(super) fn puts_down_next(&self) -> bool {
        self.next_line().is_some_and(|line| matches!(line.command, Command::Flow(Flow::At { .. })))
    }

    /// The running leader of the highest term.
    pub fn leader(&self) -> Option<ServerId> {
        self.servers
            .iter()
            .filter(|server| server.is_running() && server.raft.role() == Role::Leader)
            .max_by_key(|server| server.raft.term())
            .map(|server| server.id)
    }

    /// The leader of the newest term that any server has been elected for, while it runs. A leader
    /// of an older term is none, whatever it believes.
    pub fn newest_leader(&self) -> Option<&Server> {
        let leader = self.server(self.leader()?)?;
        (leader.raft.term() >= self.checker().led_term()).then_some(leader)
    }

    /// The highest term that a running server knows.
    pub fn term(&self) -> Term {
        let running = self.servers.iter().filter(|server| server.is_running());
        running.map(|server| server.raft.term()).max().unwrap_or_default()
    }

    /// All servers that are there, in order: members or not.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = ServerId> + Clone + use<> {
        ServerId::first(self.servers.len() as u8)
    }

    /// The same as a set.
    pub const fn all(&self) -> ServerSet {
        ServerSet::first(self.servers.len() as u8)
    }

    /// How many of these vote by the configuration in force, and how many do in all.
    pub fn voting(&self, servers: ServerSet) -> (usize, usize) {
        self.configuration().voting(servers)
    }

    /// By which configuration a server counts: the newest in its own log (dissertation §4.1).
    pub fn configuration_of(&self, server: &Server) -> Configuration {
        match self.has_changed_members {
            false => Configuration::of(self.config.servers),
            true => server.raft.configuration(),
        }
    }

    /// The configuration in force: who votes, and how many are enough. It is that of the newest leader;
    /// where nobody leads, of the server whose log is most up to date, for nobody else is sure to win. What
    /// only a server that is down knows of, nobody counts by.
    pub fn configuration(&self) -> Configuration {
        if !self.has_changed_members {
            return Configuration::of(self.config.servers);
        }
        let ends = |server: &&Server| {
            let last = server.raft.log().last();
            (last.term, last.index, std::cmp::Reverse(server.id))
        };
        let running = || self.servers.iter().filter(|server| server.power != Power::Down);
        let newest = self
            .newest_leader()
            .or_else(|| running().max_by_key(ends))
            .or_else(|| self.servers.iter().max_by_key(ends));
        newest.map_or(Configuration::NONE, |server| server.raft.configuration())
    }

    /// Whether every server has a vote by that, and no change is under way: then nothing has to be said of
    /// members.
    pub fn all_vote(&self) -> bool {
        self.configuration().is_all(self.servers.len())
    }

    /// Whether a log has this very entry at `index`, or a snapshot instead: that covers what was
    /// committed there (§7).
    fn has(&self, log: &Log, index: Index, entry: &Entry) -> bool {
        match log.base().index >= index {
            true => self.checker().committed_term(index) == Some(entry.term),
            false => log.get(index) == Some(entry),
        }
    }

    /// Which servers' logs have this very entry at `index`, or a snapshot that covers it.
    pub fn copies(&self, index: Index, entry: &Entry) -> ServerSet {
        let has = |server: &&Server| self.has(server.raft.log(), index, entry);
        self.servers.iter().filter(has).map(|server| server.id).collect()
    }

    /// Who has the entry that the newest leader has at an index; where there is none, that of the
    /// highest term.
    pub fn copies_at(&self, index: Index) -> Option<ServerSet> {
        let entries = || self.servers.iter().filter_map(|server| server.raft.log().get(index));
        let its = self.newest_leader().and_then(|leader| leader.raft.log().get(index));
        if let Some(entry) = its.or_else(|| entries().max_by_key(|entry| entry.term)) {
            return Some(self.copies(index, entry));
        }
        // Where it stands in no log any more, snapshots cover it.
        let covers = |server: &&Server| server.raft.log().base().index >= index;
        let covering: ServerSet = self.servers.iter().filter(covers).map(|one| one.id).collect();
        (!covering.is_empty()).then_some(covering)
    }

    /// Which of these have it on their disks too: only such copies can be acknowledged.
    pub fn synced(&self, index: Index, entry: &Entry) -> ServerSet {
        let wrote = |id: &ServerId| {
            self.server(*id).is_some_and(|server| self.has(&server.disk.log, index, entry))
        };
        self.copies(index, entry).iter().filter(wrote).collect()
    }

    /// Whether a message could get from `from` to `to` as the links are cut now.
    pub fn reaches(&self, from: Node, to: Node) -> bool {
        !self.links.is_cut(from, to)
    }

    /// The servers by who hears whom: two are in one group when there is a way both ways
    /// between them, directly or through others. The groups are in the order of their lowest
    /// numbers; without a cut there is one.
    pub fn groups(&self) -> Vec<ServerSet> {
        let reaches = |one, other| self.reaches(Node::Server(one), Node::Server(other));
        let all = self.all();
        all.groups(|one, other| reaches(one, other) && reaches(other, one))
    }

    pub fn client(&self, id: ClientId) -> Option<&Client> {
        self.clients.get(id.index())
    }
}
