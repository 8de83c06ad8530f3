//! The present situation, as somebody sees it who sees all servers at once: who can hear whom,
//! who can do what, what is committed and what is in danger.
//!
//! A server knows only what it has been told. The screen shows more: that a leader is stuck, that
//! an entry will be lost. Every pane takes these facts from here, so that no two of them can
//! disagree about what a majority is, who is up, or who reaches whom. Nothing here is kept: a
//! [`Situation`] is derived from the cluster whenever it is needed, and costs the same however
//! long the run is.

use super::Cluster;
use super::raft::{AppendResult, ChunkResult, Configuration, Message, Position, Role};
use super::server::{Power, Server};
use super::types::{Index, Node, ServerId, ServerSet, Term};

/// Who can hear whom, who can do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The servers by who hears whom, in the order of their lowest numbers. Servers that are down
    /// belong where their links lead.
    pub rooms: Vec<Room>,
    /// By server.
    standings: Vec<Standing>,
    /// By server: the running servers that it hears and that hear it, itself included if it runs.
    mutual: Vec<ServerSet>,
    /// The servers whose logs would win an election if all could speak to each other (§5.4.1).
    electable: ServerSet,
    /// By server: by which configuration it counts, and who would vote for it as far as logs go.
    counts: Vec<Configuration>,
    voters: Vec<ServerSet>,
    /// The configuration in force.
    configuration: Configuration,
}

/// Servers of which each hears each other, directly or through others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    pub members: ServerSet,
    /// The members that are up: neither down nor asleep.
    pub up: ServerSet,
    pub vote: Vote,
    /// By which it has a majority or not: that of its leader, or of who would lead here. While members
    /// change, two rooms may count differently.
    pub configuration: Configuration,
    /// Rooms (by their place in the list) that hear some of these members without being heard:
    /// messages get there, and no answer comes back.
    pub heard_by: Vec<usize>,
}

/// What the servers of a room can decide together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// A leader with a majority is here.
    Led(ServerId),
    /// Too few are here; yet their leader commits, by a planted flaw.
    LedByTooFew(ServerId),
    /// A majority is here, and no leader that can commit.
    CanElect,
    /// A majority is here; it obeys a leader whom it hears and who does not hear it.
    Obeys(ServerId),
    /// Too few.
    No,
    /// It is not told.
    Untold,
}

impl Vote {
    /// Whether a majority is here.
    pub const fn is_majority(self) -> bool {
        match self {
            Self::Led(_) | Self::CanElect | Self::Obeys(_) => true,
            Self::LedByTooFew(_) | Self::No | Self::Untold => false,
        }
    }
}

/// What a server is to somebody who sees them all. The server itself may believe otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It leads and can commit: with the running servers that it reaches both ways, and that are
    /// in no newer term, it has a majority (§5.2, §5.3).
    Leader,
    /// It believes that it leads, and cannot commit.
    Stuck(Stuck),
    /// It believes that it leads; whether it can commit is not told.
    Leads,
    /// It asks who would vote for it, before it begins a term (dissertation §9.6).
    PreCandidate,
    Candidate,
    Follower,
    /// It copies the log, and has no vote by the configuration in force (dissertation §4.2.1).
    Learner,
    /// It runs, and is no member by the configuration in force.
    Outside,
    Asleep,
    Down,
}

impl Standing {
    /// Whether it believes that it leads.
    pub const fn leads(self) -> bool {
        matches!(self, Self::Leader | Self::Stuck(_) | Self::Leads)
    }

    /// Whether it waits to hear from a leader, if it does not sleep.
    pub const fn is_quiet(self) -> bool {
        matches!(self, Self::Follower | Self::Learner | Self::Outside | Self::Asleep)
    }

    pub const fn mark(self) -> char {
        match self {
            Self::Leader | Self::Leads => '★',
            Self::Stuck(_) => '☆',
            Self::PreCandidate | Self::Candidate => '△',
            Self::Follower => '○',
            Self::Learner => '◦',
            Self::Outside => '·',
            Self::Asleep => 'z',
            Self::Down => '✗',
        }
    }

    /// The role in at most twelve letters, the same wherever there is room for them.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Leader | Self::Leads => "LEADER",
            Self::Stuck(_) => "STUCK LEADER",
            Self::PreCandidate => "PRE-VOTE",
            Self::Candidate => "CANDIDATE",
            Self::Follower => "follower",
            Self::Learner => "learner",
            Self::Outside => "no member",
            Self::Asleep => "ASLEEP",
            Self::Down => "DOWN",
        }
    }
}

/// Why a leader cannot commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Enough servers hear it, and it hears too few of them.
    Deaf,
    /// It reaches too few servers.
    Alone,
    /// It reaches enough servers, and too many of them are in a newer term.
    Outdated,
}

/// What becomes of an entry in a server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is committed, and this server knows that; or it is on the disk of one that is down.
    Known,
    /// It is committed, and this running server has not been told, or forgot it in a crash.
    Committed,
    /// It is not committed. No server without it could win an election.
    Safe,
    /// It is not committed, and a server without it could win an election.
    Open,
    /// Another entry is committed at its index, or at the index of one before it: it will be
    /// overwritten as soon as a leader with the committed entries speaks to this server (§5.3).
    Lost,
}

impl Fate {
    /// Whether the entry is committed, or on every server that can win an election.
    pub const fn stays(self) -> bool {
        match self {
            Self::Known | Self::Committed | Self::Safe => true,
            Self::Open | Self::Lost => false,
        }
    }

    /// What stands before and behind the entry, wherever it is drawn.
    pub const fn brackets(self) -> (char, char) {
        match self {
            Self::Known => ('✓', ' '),
            Self::Committed => ('[', ']'),
            Self::Safe | Self::Open => ('(', ')'),
            Self::Lost => ('✗', ' '),
        }
    }
}

/// What a leader still needs before it can commit an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The entry that it waits for.
    pub index: Index,
    /// Who has it, as far as this leader has been told; itself as soon as it is on its disk.
    pub acked: ServerSet,
    /// Servers whose acknowledgement is on its way and will arrive if nothing changes.
    pub coming: ServerSet,
    /// How many more acknowledgements it needs.
    pub more: usize,
    /// Servers that have it in memory and not yet on their disk: they can't acknowledge it yet.
    pub in_memory: ServerSet,
    /// A majority has it on disk: what it lacks are answers, be they on their way or not.
    pub untold: bool,
    /// The entry is of an older term: counting copies does not commit it; an entry of this
    /// leader's own term does (§5.4.2).
    pub old_term: bool,
}

/// How near the cluster is to a halt: to where no server can commit, or be elected, any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Margin {
    /// There it is: no running server reaches a majority both ways, the best so many.
    Halted { reached: usize },
    /// If any one of these crashes, it is there.
    One(ServerSet),
    /// No single crash brings it there.
    More,
}

impl Situation {
    pub fn of(cluster: &Cluster) -> Self {
        let configuration = cluster.configuration();
        let servers = cluster.servers();
        let counts: Vec<Configuration> =
            servers.iter().map(|server| cluster.configuration_of(server)).collect();
        let mutual: Vec<ServerSet> = servers.iter().map(|server| mutual(cluster, server)).collect();
        let standing = |server: &Server| standing(cluster, server, mutual[server.id.index()]);
        let standings: Vec<Standing> = servers.iter().map(standing).collect();
        let mut rooms: Vec<Room> = cluster
            .groups()
            .into_iter()
            .map(|members| room(cluster, members, configuration))
            .collect();
        let heard_by: Vec<Vec<usize>> =
            rooms.iter().map(|room| heard_by(cluster, &rooms, room.members)).collect();
        let electable = electable(cluster);
        let voters = voters(cluster, &counts);
        let mut situation =
            Self { rooms: Vec::new(), standings, mutual, electable, counts, voters, configuration };
        for (room, heard_by) in rooms.iter_mut().zip(heard_by) {
            room.vote = situation.vote(cluster, room.up);
            room.configuration = situation.decides_by(cluster, room);
            room.heard_by = heard_by;
            situation.place_those_without_vote(room);
        }
        situation.rooms = rooms;
        situation
    }

    /// By which configuration a room decides: that of its leader; else of who can decide here, those of
    /// the newest logs first, or where nobody can, of who runs or is there.
    fn decides_by(&self, cluster: &Cluster, room: &Room) -> Configuration {
        let decides = room.up.iter().filter(|id| self.decides(*id, ServerSet::EMPTY)).collect();
        let leads = room.up.iter().filter(|id| self.standing(*id).leads()).collect();
        let newest = |among: ServerSet| {
            let newness = |id: &ServerId| {
                let server = cluster.server(*id);
                let last = server.map(|server| server.raft.log().last());
                let term = server.map(|server| server.raft.term());
                let leads = term.filter(|_| self.standing(*id).leads());
                (leads, last.map(|last| (last.term, last.index)), std::cmp::Reverse(*id))
            };
            among.iter().max_by_key(newness)
        };
        let who = match room.vote {
            Vote::Led(leader) | Vote::LedByTooFew(leader) => Some(leader),
            Vote::CanElect | Vote::Obeys(_) => newest(decides),
            Vote::No | Vote::Untold => newest(leads),
        };
        let who = who.or_else(|| newest(room.up)).or_else(|| newest(room.members));
        who.map_or(self.configuration, |id| self.counts_by(id))
    }

    /// Who follows without a vote, by the configuration of its room.
    fn place_those_without_vote(&mut self, room: &Room) {
        for id in room.up.iter() {
            let Some(standing) = self.standings.get_mut(id.index()) else { continue };
            if *standing == Standing::Follower && room.configuration.learners().contains(id) {
                *standing = Standing::Learner;
            } else if *standing == Standing::Follower && !room.configuration.members().contains(id)
            {
                *standing = Standing::Outside;
            }
        }
    }

    /// By which configuration a server counts: the newest in its own log (dissertation §4.1).
    pub fn counts_by(&self, server: ServerId) -> Configuration {
        self.counts.get(server.index()).copied().unwrap_or(Configuration::NONE)
    }

    /// The configuration by which all count that run; `None` while some count by another.
    pub fn shared_configuration(&self) -> Option<Configuration> {
        let mut running = self.rooms.iter().flat_map(|room| room.up.iter());
        let first = running.next().map_or(self.configuration, |id| self.counts_by(id));
        running.all(|id| self.counts_by(id) == first).then_some(first)
    }

    /// The same as far as it may be told while a class is asked about it: who hears whom, and what
    /// each server holds of itself. What follows from all of that together is left out: who can
    /// commit, and what a room can decide.
    pub fn untold(mut self) -> Self {
        for standing in self.standings.iter_mut().filter(|standing| standing.leads()) {
            *standing = Standing::Leads;
        }
        for room in &mut self.rooms {
            room.vote = Vote::Untold;
        }
        self
    }

    /// The servers whose logs would win an election if all could speak to each other (§5.4.1).
    pub fn electable_in(cluster: &Cluster) -> ServerSet {
        electable(cluster)
    }

    /// Whether these servers are a majority.
    pub const fn is_majority(&self, servers: ServerSet) -> bool {
        self.configuration.has_quorum(servers)
    }

    pub fn standing(&self, server: ServerId) -> Standing {
        self.standings.get(server.index()).copied().unwrap_or(Standing::Down)
    }

    /// The running servers that this one hears and that hear it; itself too, if it runs.
    pub fn reach(&self, server: ServerId) -> ServerSet {
        self.mutual.get(server.index()).copied().unwrap_or(ServerSet::EMPTY)
    }

    /// Whether a server could lead and commit if these were down: by the configuration by which it
    /// counts it reaches a majority, and leads already or has a vote and could get those of a majority.
    fn decides(&self, server: ServerId, down: ServerSet) -> bool {
        let counts = self.counts_by(server);
        let with = match self.standing(server).leads() {
            true => self.reach(server),
            false if !counts.voters().contains(server) => return false,
            false => self.voters.get(server.index()).copied().unwrap_or_default(),
        };
        let with = self.reach(server).intersection(with).without(down);
        !down.contains(server) && counts.has_quorum(with)
    }

    /// Whether some running server could if these were down.
    fn decides_without(&self, down: ServerSet) -> bool {
        let mut all = ServerSet::first(self.mutual.len() as u8).iter();
        all.any(|server| self.decides(server, down))
    }

    /// How near the cluster is to a halt, as the links are now.
    pub fn margin(&self) -> Margin {
        if !self.decides_without(ServerSet::EMPTY) {
            let voters = |(reach, counts): (&ServerSet, &Configuration)| counts.voting(*reach).0;
            let reached = self.mutual.iter().zip(&self.counts).map(voters).max().unwrap_or(0);
            return Margin::Halted { reached };
        }
        let all = ServerSet::first(self.mutual.len() as u8);
        let ends = |server: &ServerId| !self.decides_without(ServerSet::only(*server));
        let critical: ServerSet = all.iter().filter(ends).collect();
        if critical.is_empty() { Margin::More } else { Margin::One(critical) }
    }

    /// Whether all servers run, and each hears each other directly.
    pub fn is_whole(&self) -> bool {
        self.mutual.iter().all(|reach| reach.len() == self.mutual.len())
    }

    /// Whether two that run in a room don't hear each other, and are in it by what others hear.
    pub fn has_gap(&self, room: &Room) -> bool {
        room.up.iter().any(|id| !room.up.without(self.reach(id)).is_empty())
    }

    /// The place of the room in which a server is.
    pub fn room_of(&self, server: ServerId) -> usize {
        self.rooms.iter().position(|room| room.members.contains(server)).unwrap_or(0)
    }

    /// Whether two rooms are parted one way only: the first is heard by the second.
    pub fn one_way(&self, from: usize, to: usize) -> bool {
        self.rooms.get(from).is_some_and(|room| room.heard_by.contains(&to))
    }

    /// All servers that believe they lead, those of the newest term first.
    pub fn leaders(&self, cluster: &Cluster) -> Vec<ServerId> {
        let leads = |server: &&Server| self.standing(server.id).leads();
        let mut leaders: Vec<&Server> = cluster.servers().iter().filter(leads).collect();
        leaders.sort_by_key(|server| std::cmp::Reverse(server.raft.term()));
        leaders.into_iter().map(|server| server.id).collect()
    }

    /// What becomes of the entry at `index` of a server's log; `None` if there is none.
    pub fn fate(&self, cluster: &Cluster, server: &Server, index: Index) -> Option<Fate> {
        let entry = server.raft.log().get(index)?;
        let committed = cluster.checker().committed();
        let kept = |at: Index| server.raft.log().term(at) == cluster.checker().committed_term(at);
        // After a disk was lost two entries may be committed at one index, and nothing is certain.
        if cluster.checker().is_void() && index <= committed && !kept(index) {
            let counts = |other: &Server| {
                other.raft.commit() >= index && other.raft.log().term(index) == Some(entry.term)
            };
            return Some(match cluster.servers().iter().any(counts) {
                true if counts(server) || server.power == Power::Down => Fate::Known,
                true => Fate::Committed,
                false => Fate::Open,
            });
        }
        Some(if index <= committed {
            match kept(index) {
                true if server.power == Power::Down || index <= server.raft.commit() => Fate::Known,
                true => Fate::Committed,
                false => Fate::Lost,
            }
        } else if committed > Index::ZERO && !kept(committed) && !cluster.checker().is_void() {
            Fate::Lost
        } else if self.electable.without(cluster.copies(index, entry)).is_empty() {
            Fate::Safe
        } else {
            Fate::Open
        })
    }

    /// The first entry of a server's log that will be overwritten, if one will.
    pub fn first_lost(&self, cluster: &Cluster, server: &Server) -> Option<Index> {
        // A log agrees with the committed one up to where it departs from it (Log Matching).
        let lost = |index| self.fate(cluster, server, index) == Some(Fate::Lost);
        first_such(server.raft.log().first_index(), server.raft.log().last_index(), lost)
    }

    /// The first entry of a server's log that may be lost: a server without it could win an
    /// election, and no leader that can commit has it. `None` if there is none.
    pub fn first_in_danger(&self, cluster: &Cluster, server: &Server) -> Option<Index> {
        let log = server.raft.log();
        let is = |index: Index| {
            log.get(index).is_some_and(|entry| {
                let copies = cluster.copies(index, entry);
                let led = copies.iter().any(|id| self.standing(id) == Standing::Leader);
                !led && self.fate(cluster, server, index) == Some(Fate::Open)
            })
        };
        // Who has an entry has those before it (Log Matching): what follows one in danger is too.
        let first = cluster.checker().committed().next().max(log.first_index());
        first_such(first, log.last_index(), is)
    }

    /// What a leader, stuck or not, needs to commit more: the next entry that it may commit by
    /// counting, and with it all before (§5.4.2). `None` if it has committed all that it holds, or
    /// does not lead, or where that is not told.
    pub fn need(&self, cluster: &Cluster, leader: &Server) -> Option<Need> {
        if !matches!(self.standing(leader.id), Standing::Leader | Standing::Stuck(_)) {
            return None;
        }
        let raft = &leader.raft;
        // Whom a guest has counted, it need not say.
        if raft.is_guest() {
            return None;
        }
        let next = raft.commit().next();
        let own = raft.log().first_of_term(raft.term()).max(next);
        let counts = |index: &Index| {
            let term = raft.log().term(*index)?;
            Some(raft.rules().may_count(term, raft.term()).answer)
        };
        let index = [next, own].into_iter().find(|index| counts(index) == Some(true));
        let index = index.unwrap_or(next);
        let old_term = !counts(&index)?;
        let acked = raft.holders(index);
        let coming = coming(cluster, leader, index).without(acked);
        // A planted flaw may let it commit with fewer, and by copies alone.
        let more = raft.counts_by().lacks(acked);
        let has = |server: &&Server| server.raft.log().term(index) == raft.log().term(index);
        let copies = cluster.servers().iter().filter(has).map(|server| server.id).collect();
        let unsynced = |id: &ServerId| {
            cluster.server(*id).is_some_and(|server| server.disk.first_unsynced() <= index)
        };
        let in_memory: ServerSet = ServerSet::iter(copies).filter(unsynced).collect();
        let on_disk = copies.without(in_memory);
        let untold = raft.counts_by().has_quorum(on_disk);
        Some(Need { index, acked, coming, more, in_memory, untold, old_term })
    }

    /// What a room can decide.
    fn vote(&self, cluster: &Cluster, up: ServerSet) -> Vote {
        let led = up.iter().find(|id| self.standing(*id) == Standing::Leader);
        let enough = |id: ServerId| self.decides(id, ServerSet::EMPTY);
        match led {
            Some(leader) if enough(leader) => return Vote::Led(leader),
            Some(leader) => return Vote::LedByTooFew(leader),
            None => {}
        }
        if !up.iter().any(enough) {
            return Vote::No;
        }
        let obeyed = |id: ServerId| cluster.server(id).and_then(|server| server.raft.leader());
        let deaf = |id: &ServerId| self.standing(*id) == Standing::Stuck(Stuck::Deaf);
        let term = |id: ServerId| cluster.server(id).map(|server| server.raft.term());
        // The first whom its word does not hold back becomes a candidate, and moves the others on.
        let holds = |leader: &ServerId| {
            up.iter().all(|id| reaches(cluster, *leader, id) && term(id) <= term(*leader))
        };
        match up.iter().filter_map(obeyed).find(deaf).filter(holds) {
            Some(leader) if !up.contains(leader) => Vote::Obeys(leader),
            Some(_) | None => Vote::CanElect,
        }
    }
}

/// The first index of which something holds that holds of all after the first.
fn first_such(first: Index, last: Index, is: impl Fn(Index) -> bool) -> Option<Index> {
    if last < first || !is(last) {
        return None;
    }
    let (mut low, mut high) = (first.0, last.0);
    while low < high {
        let middle = low + (high - low) / 2;
        if is(Index(middle)) { high = middle } else { low = middle + 1 }
    }
    Some(Index(low))
}

fn reaches(cluster: &Cluster, from: ServerId, to: ServerId) -> bool {
    cluster.reaches(Node::Server(from), Node::Server(to))
}

fn running(cluster: &Cluster) -> impl Iterator<Item = &Server> {
    cluster.servers().iter().filter(|server| server.is_running())
}

fn mutual(cluster: &Cluster, server: &Server) -> ServerSet {
    if !server.is_running() {
        return ServerSet::EMPTY;
    }
    let linked = |other: &&Server| {
        reaches(cluster, server.id, other.id) && reaches(cluster, other.id, server.id)
    };
    running(cluster).filter(linked).map(|other| other.id).collect()
}

/// What a server is, as far as it does not take a vote.
fn standing(cluster: &Cluster, server: &Server, mutual: ServerSet) -> Standing {
    match (server.power, server.raft.role()) {
        (Power::Down, _) => Standing::Down,
        (Power::Asleep, _) => Standing::Asleep,
        (Power::Up, Role::Follower) => Standing::Follower,
        (Power::Up, Role::PreCandidate) => Standing::PreCandidate,
        (Power::Up, Role::Candidate) => Standing::Candidate,
        (Power::Up, Role::Leader) => match stuck(cluster, server, mutual) {
            Some(why) => Standing::Stuck(why),
            None => Standing::Leader,
        },
    }
}

/// Why a leader cannot commit; `None` if it can.
fn stuck(cluster: &Cluster, leader: &Server, mutual: ServerSet) -> Option<Stuck> {
    // A planted flaw may let it commit with fewer.
    let all = leader.raft.counts_by();
    let not_newer = |id: &ServerId| {
        cluster.server(*id).is_some_and(|server| server.raft.term() <= leader.raft.term())
    };
    if all.has_quorum(mutual.iter().filter(not_newer).collect()) {
        return None;
    }
    if all.has_quorum(mutual) {
        return Some(Stuck::Outdated);
    }
    let hear_it = running(cluster).filter(|other| reaches(cluster, leader.id, other.id));
    let hear_it = hear_it.map(|other| other.id).collect();
    Some(if all.has_quorum(hear_it) { Stuck::Deaf } else { Stuck::Alone })
}

fn room(cluster: &Cluster, members: ServerSet, configuration: Configuration) -> Room {
    let is_up = |id: &ServerId| cluster.server(*id).is_some_and(Server::is_running);
    let up = members.iter().filter(is_up).collect();
    Room { members, up, vote: Vote::No, configuration, heard_by: Vec::new() }
}

/// The other rooms that hear some of these members, without being heard by any.
fn heard_by(cluster: &Cluster, rooms: &[Room], members: ServerSet) -> Vec<usize> {
    let any = |from: ServerSet, to: ServerSet| {
        from.iter().any(|one| to.iter().any(|other| reaches(cluster, one, other)))
    };
    let hears = |(_, other): &(usize, &Room)| {
        other.members != members && any(members, other.members) && !any(other.members, members)
    };
    rooms.iter().enumerate().filter(hears).map(|(place, _)| place).collect()
}

/// By server: who would vote for it as far as logs go (§5.4.1). While all that run count by the same
/// members a majority is told by links alone, and everybody would. When they count by different ones, a
/// server with older members has an older log too, and servers with a newer log refuse it.
fn voters(cluster: &Cluster, counts: &[Configuration]) -> Vec<ServerSet> {
    let mut used = running(cluster).map(|server| counts[server.id.index()]);
    let first = used.next();
    if used.all(|one| Some(one) == first) {
        return vec![cluster.all(); counts.len()];
    }
    let newness = |server: &Server| {
        let last = server.raft.log().last();
        (last.term, last.index)
    };
    let of = |server: &Server| {
        let not_newer = |other: &&Server| newness(other) <= newness(server);
        cluster.servers().iter().filter(not_newer).map(|other| other.id).collect()
    };
    cluster.servers().iter().map(of).collect()
}

/// The servers whose logs are at least as up to date as those of a majority.
/// Each counts by the newest configuration in its own log, and who has no vote stands for nothing.
fn electable(cluster: &Cluster) -> ServerSet {
    let newness = |last: Position| (last.term, last.index);
    let wins = |server: &&Server| {
        let own = newness(server.raft.log().last());
        let older = |other: &&Server| own >= newness(other.raft.log().last());
        let agree = cluster.servers().iter().filter(older).map(|other| other.id).collect();
        server.raft.may_stand() && server.raft.configuration().has_quorum(agree)
    };
    cluster.servers().iter().filter(wins).map(|server| server.id).collect()
}

/// Whose acknowledgement of the entry at `index` is in flight to the leader and will arrive as
/// things are.
fn coming(cluster: &Cluster, leader: &Server, index: Index) -> ServerSet {
    let acknowledges = |message: &Message, term: Term| {
        let (Message::AppendReply { term: of, result: AppendResult::Matched(matched), .. }
        | Message::InstallReply { term: of, result: ChunkResult::Installed(matched), .. }) =
            message
        else {
            return false;
        };
        *of == term && *matched >= index
    };
    let packets = cluster.packets();
    let counted = packets.iter().filter_map(|packet| match (packet.from, packet.to) {
        (Node::Server(from), Node::Server(to))
            if to == leader.id
                && packet.cargo.raft().is_some_and(|it| acknowledges(it, leader.raft.term()))
                && packet.will_arrive()
                && reaches(cluster, from, to) =>
        {
            Some(from)
        }
        (Node::Server(_) | Node::Client(_), _) => None,
    });
    counted.collect()
}

#[cfg(test)]
mod tests;
