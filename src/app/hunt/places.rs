//! Interesting places: what runs must reach for a hunt to mean anything.
//!
//! A hunt in which nothing was ever truncated has not tested truncation. So each run is watched,
//! by its events alone, and the hunt prints how many runs came to each place and how often.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Extra, OptionWord};
use crate::cluster::Cluster;
use crate::cluster::client::Work;
use crate::cluster::event::{
    ClientEvent, DropReason, EventKind, IgnoreReason, NetworkEvent, PacketEvent, RaftEvent,
    ServerEvent, StepDown, VoteRefusal,
};
use crate::cluster::network::{Flight, PacketKind, PacketName, WrongLeader};
use crate::cluster::raft::{AppendResult, Payload, RaftOption, Reconfigured, Role};
use crate::cluster::server::Server;
use crate::cluster::sessions::Skipped;
use crate::cluster::types::{ClientId, Index, Node, Outcome, PacketId, ServerId, ServerSet, Term};

/// Whose runs tell that they came to a place: of a guest only its disk, its packets and its reports show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    Anyone,
    /// The lab's own service, below which any Raft may be.
    LabService,
    /// The lab's own Raft.
    LabRaft,
}

macro_rules! places {
    ($($name:ident $servers:literal $teller:ident $text:literal,)*) => {
        /// A place worth reaching.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Place { $($name,)* }

        impl Place {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What it is, for the table.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// With fewer servers no run comes there that keeps the rules.
            pub const fn servers(self) -> u8 {
                match self { $(Self::$name => $servers,)* }
            }

            /// Whose runs tell that they came there.
            pub const fn teller(self) -> Teller {
                match self { $(Self::$name => Teller::$teller,)* }
            }
        }
    };
}

// An election needs the vote of another in a cluster of two: nobody leads it without the other's log
// and the other's knowing.
places! {
    Truncated 3 Anyone "a follower removes entries that conflict with the leader's",
    AnotherOp 3 LabService "another operation is applied where a client waits",
    WaitedTooLong 1 LabService "a client is released because its entry was not committed in time",
    Deposed 2 LabService "a client is released because its leader was deposed",
    WaitersLost 1 LabService "a server crashes while clients wait at it",
    Maybe 1 Anyone "a client gets maybe",
    LatePut 1 Anyone "a put returns while a copy of it may still run",
    LateReply 1 Anyone "a reply comes after its client has given up",
    OldTermWaits 2 LabRaft "an entry of an old term is on a majority and is not committed by counting",
    RestartInTerm 1 Anyone "a server restarts within a term in which it had voted",
    UnsyncedLost 1 Anyone "a crash loses entries that were not yet on disk",
    AllDown 1 Anyone "all servers are down at once",
    StaleVote 2 Anyone "a vote of an older term arrives",
    StaleAppend 2 Anyone "an append of an older term arrives",
    Overtaken 2 Anyone "an append arrives after a newer one of the same leader",
    OvertakenReply 2 LabRaft "an answer to an append comes after a newer one",
    CommitBeyond 2 LabRaft "an append carries a commit index beyond its last entry",
    Duplicated 2 Anyone "a packet arrives twice",
    BackedUp 2 LabRaft "a leader goes back in a follower's log",
    VoteRefusedLog 2 LabRaft "a vote is refused because the candidate's log is behind",
    VoteRefusedTwice 2 LabRaft "a vote is refused because it was given to another",
    SplitVote 2 Anyone "an election ends without a leader",
    OldLeader 3 Anyone "two servers believe that they lead, in different terms",
    OldLeaderTakes 3 LabService "a deposed leader takes an operation",
    Reapplied 1 LabService "an entry is applied again after a restart",
    OldConnection 1 Anyone "a request dies with the server's last incarnation",
    LockMaybe 1 Anyone "a lock is held although its put was told maybe",
    PreVoteRefused 2 LabRaft "a pre-vote is refused because a leader is heard",
    PreVoteFails 2 LabRaft "a server asks who would vote for it, and begins no term",
    QuorumLost 2 LabRaft "a leader steps down because no majority answers",
    ReadByIndex 2 LabRaft "a get that took no entry is answered",
    ReadAtFollower 3 LabRaft "a follower answers a get that took no entry",
    ReadGivenUp 3 LabRaft "a get that took no entry is given up",
    NoopCommits 2 Anyone "a no-op commits what an older term left",
    TakenOver 1 LabRaft "a leader hands over, and the other wins",
    TransferFails 2 LabRaft "a leader hands over in vain, and goes on",
    VoteHeld 3 LabRaft "a vote is refused because a leader is heard",
    SnapshotTaken 1 LabRaft "a server takes a snapshot",
    SnapshotRestart 1 LabRaft "a server restarts from a snapshot",
    SnapshotInstalled 2 LabRaft "a follower installs a snapshot",
    SnapshotKeepsSuffix 2 LabRaft "a snapshot keeps the entries that follow it in a follower's log",
    SnapshotConflicts 3 LabRaft "a snapshot replaces a log that conflicts with it",
    SnapshotLate 2 LabRaft "a snapshot arrives that brings nothing new",
    SnapshotBetween 2 LabRaft "a leader takes a newer snapshot while one is on its way",
    ChunkResent 2 LabRaft "a leader sends a chunk of a snapshot again",
    SnapshotAfresh 2 LabRaft "a follower crashes with a part of a snapshot",
    BelowBase 2 LabRaft "an append arrives that begins below a follower's snapshot",
    Learned 1 LabRaft "a server begins to learn, with a vote to come",
    Joint 2 LabRaft "a leader needs majorities of old and of new voters",
    ChangeEnds 2 LabRaft "a leader appends C_new",
    ChangeGoesOn 2 LabRaft "a new leader goes on with a change that another began",
    GivenUp 2 LabRaft "a leader no longer waits for a server to catch up",
    LeaderLeaves 2 LabRaft "a leader steps down because it is no member any more",
    RemovedStands 2 LabRaft "a server that is no member asks for votes or pre-votes",
    FellBack 3 LabRaft "a follower goes back to an older configuration",
    MembersInSnapshot 2 LabRaft "a snapshot brings a follower a configuration",
    LearnerSilent 2 LabRaft "a learner's election timer runs out, and it does not stand",
    WriteFails 1 Anyone "a server stops because a write fails",
    WriteTorn 2 Anyone "a server restarts, and drops the torn record of a write",
    TornKept 3 Anyone "of a torn write some records are whole",
    DiskLags 2 Anyone "an entry is committed that its leader's own disk does not have",
    Renewed 2 LabRaft "a server that is no member loses its disk, and is a new one",
    HungHeard 2 Anyone "a leader whose disk hangs is heard",
    SessionCopy 1 LabRaft "a copy of a put gets the answer of the first",
    SessionExpired 1 LabRaft "a put is applied whose session has expired",
    HintSkips 1 LabRaft "a refusal skips entries of later terms than the leader's",
}

impl Place {
    /// What servers must keep for a run to come there.
    pub const fn needs(self) -> Option<OptionWord> {
        match self {
            Self::PreVoteRefused | Self::PreVoteFails => {
                Some(OptionWord::One(RaftOption::PreVote.on()))
            }
            Self::ReadByIndex | Self::ReadAtFollower | Self::ReadGivenUp => {
                Some(OptionWord::One(RaftOption::Reads.on()))
            }
            // Swarms hand over where any option is on.
            Self::TakenOver | Self::TransferFails => {
                Some(OptionWord::One(RaftOption::PreVote.on()))
            }
            Self::HintSkips => Some(OptionWord::One(RaftOption::RejectHint.on())),
            Self::NoopCommits => Some(OptionWord::One(RaftOption::Noop.on())),
            Self::QuorumLost | Self::VoteHeld => {
                Some(OptionWord::One(RaftOption::CheckQuorum.on()))
            }
            Self::SnapshotTaken
            | Self::SnapshotRestart
            | Self::SnapshotInstalled
            | Self::SnapshotKeepsSuffix
            | Self::SnapshotConflicts
            | Self::SnapshotLate
            | Self::SnapshotBetween
            | Self::ChunkResent
            | Self::SnapshotAfresh
            | Self::BelowBase => Some(OptionWord::Extra(Extra::Snapshot)),
            Self::Learned
            | Self::Joint
            | Self::ChangeEnds
            | Self::ChangeGoesOn
            | Self::GivenUp
            | Self::LeaderLeaves
            | Self::RemovedStands
            | Self::FellBack
            | Self::Renewed
            | Self::LearnerSilent => Some(OptionWord::Extra(Extra::Members)),
            Self::WriteFails
            | Self::WriteTorn
            | Self::TornKept
            | Self::DiskLags
            | Self::HungHeard => Some(OptionWord::Extra(Extra::Disks)),
            Self::SessionCopy | Self::SessionExpired => Some(OptionWord::Extra(Extra::Sessions)),
            // Both are needed.
            Self::MembersInSnapshot => Some(OptionWord::Any),
            _ => None,
        }
    }

    /// What keeps runs from coming there: with sessions no copy of a put runs late, and a client that
    /// hears maybe of a lock has lost its session.
    pub const fn is_ruled_out_by(self, extra: Extra) -> bool {
        matches!((self, extra), (Self::LatePut | Self::LockMaybe, Extra::Sessions))
    }
}

/// How often each place was reached.
pub type Counts = [u64; Place::ALL.len()];

/// Watches one run.
#[derive(Debug)]
pub struct Watch {
    pub counts: Counts,
    /// The newest append that arrived on each link, with its term.
    newest: BTreeMap<(Node, Node), (Term, PacketId)>,
    /// The copies of packets in flight.
    copies: BTreeSet<PacketId>,
    /// The servers that have crashed before.
    crashed: ServerSet,
    /// Those whose newest candidacy a leader that hands over has asked for.
    heirs: ServerSet,
    /// Servers that have a part of a snapshot.
    parts: ServerSet,
    /// Clients whose put of a lock was told maybe.
    maybe: BTreeSet<u32>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            counts: [0; Place::ALL.len()],
            newest: BTreeMap::new(),
            copies: BTreeSet::new(),
            crashed: ServerSet::EMPTY,
            heirs: ServerSet::EMPTY,
            parts: ServerSet::EMPTY,
            maybe: BTreeSet::new(),
        }
    }
}

impl Watch {
    fn reach(&mut self, place: Place) {
        self.counts[place as usize] += 1;
    }

    /// Looks at what the last step brought about.
    pub fn see(&mut self, cluster: &Cluster) {
        for event in cluster.events() {
            self.event(cluster, &event.kind);
        }
    }

    /// Nothing is rare about most events.
    fn event(&mut self, cluster: &Cluster, kind: &EventKind) {
        match kind {
            EventKind::Server(server, event) => self.server(cluster, *server, event),
            EventKind::Raft(server, event) => self.raft(cluster, *server, event),
            EventKind::Packet(flight, PacketEvent::Received) => self.received(cluster, *flight),
            EventKind::Packet(_, PacketEvent::Dropped { why: DropReason::OldIncarnation, .. }) => {
                self.reach(Place::OldConnection);
            }
            EventKind::Network(NetworkEvent::Duplicated { copy, .. }) => {
                self.copies.insert(*copy);
            }
            EventKind::Client(client, event) => self.client(cluster, *client, event),
            EventKind::Packet(..)
            | EventKind::Network(NetworkEvent::LossReported { .. })
            | EventKind::Script(_)
            | EventKind::Lab(_) => {}
        }
    }

    fn server(&mut self, cluster: &Cluster, server: ServerId, event: &ServerEvent) {
        match event {
            ServerEvent::WaiterReleased { why, .. } => self.reach(match why {
                WrongLeader::AnotherOp => Place::AnotherOp,
                WrongLeader::TimedOut => Place::WaitedTooLong,
                WrongLeader::TermChanged
                | WrongLeader::LeadershipLost
                | WrongLeader::NotLeader
                | WrongLeader::HandsOver
                | WrongLeader::Busy => Place::Deposed,
            }),
            ServerEvent::ReadAnswered { .. } => {
                let leads = cluster.server(server).is_some_and(Server::leads);
                self.reach(if leads { Place::ReadByIndex } else { Place::ReadAtFollower });
            }
            ServerEvent::ReadReleased { .. } => self.reach(Place::ReadGivenUp),
            ServerEvent::Skipped { why: Skipped::Copy(_), .. } => self.reach(Place::SessionCopy),
            ServerEvent::Skipped { why: Skipped::Expired, .. } => {
                self.reach(Place::SessionExpired);
            }
            ServerEvent::WaitersLost { .. } => self.reach(Place::WaitersLost),
            ServerEvent::Crashed { lost, .. } => {
                if self.parts.contains(server) {
                    self.parts.remove(server);
                    self.reach(Place::SnapshotAfresh);
                }
                if *lost > 0 {
                    self.reach(Place::UnsyncedLost);
                }
                self.crashed.insert(server);
                if cluster.servers().iter().all(|server| !server.is_running()) {
                    self.reach(Place::AllDown);
                }
            }
            ServerEvent::Renewed => self.reach(Place::Renewed),
            ServerEvent::WriteFailed { .. } => self.reach(Place::WriteFails),
            ServerEvent::WriteTorn { kept, .. } if *kept > 0 => self.reach(Place::TornKept),
            ServerEvent::RecordDropped => self.reach(Place::WriteTorn),
            ServerEvent::Restarted { base, .. } => {
                if base.0 > 0 {
                    self.reach(Place::SnapshotRestart);
                }
                let own = cluster.server(server).map(|server| &server.disk);
                let others = cluster.servers().iter().map(|other| other.raft.term()).max();
                let voted = own.is_some_and(|disk| disk.hard.voted_for.is_some());
                if voted && own.map(|disk| disk.hard.term) == others {
                    self.reach(Place::RestartInTerm);
                }
            }
            ServerEvent::Submitted { term, .. } if *term < cluster.checker().led_term() => {
                self.reach(Place::OldLeaderTakes);
            }
            ServerEvent::Applied { index, .. } if index.0 == 1 && self.crashed.contains(server) => {
                self.reach(Place::Reapplied);
            }
            _ => {}
        }
    }

    fn raft(&mut self, cluster: &Cluster, server: ServerId, event: &RaftEvent) {
        match event {
            RaftEvent::SnapshotTaken { .. } => {
                self.reach(Place::SnapshotTaken);
                let raft = cluster.server(server).map(|server| &server.raft);
                let all = || cluster.servers().iter().map(|other| other.id);
                if raft.is_some_and(|raft| all().any(|other| raft.sending(other).is_some())) {
                    self.reach(Place::SnapshotBetween);
                }
            }
            RaftEvent::ChunkReceived { .. } => self.parts.insert(server),
            RaftEvent::SnapshotResent { received, .. } if *received > 0 => {
                self.reach(Place::ChunkResent);
            }
            RaftEvent::SnapshotSkipped { .. } => self.reach(Place::SnapshotLate),
            RaftEvent::SnapshotInstalled { last, had, end, .. } => {
                self.parts.remove(server);
                self.reach(Place::SnapshotInstalled);
                if *end > last.index {
                    self.reach(Place::SnapshotKeepsSuffix);
                }
                if had.is_some_and(|term| term != last.term) {
                    self.reach(Place::SnapshotConflicts);
                }
            }
            RaftEvent::Truncated { .. } | RaftEvent::Erased { .. } => self.reach(Place::Truncated),
            RaftEvent::OldTermWaits { .. } => self.reach(Place::OldTermWaits),
            RaftEvent::BackedUp { refusal, from, .. } => {
                self.reach(Place::BackedUp);
                if let AppendResult::Hinted { at, last, .. } = refusal
                    && at.index < (*last).min(from.previous().previous())
                {
                    self.reach(Place::HintSkips);
                }
            }
            RaftEvent::Ignored { why: IgnoreReason::Overtaken, .. } => {
                self.reach(Place::OvertakenReply);
            }
            RaftEvent::VoteRefused { why, .. } => match why {
                VoteRefusal::LogBehind { .. } => self.reach(Place::VoteRefusedLog),
                VoteRefusal::VotedFor { .. } => self.reach(Place::VoteRefusedTwice),
                VoteRefusal::LeaderHeard { .. }
                | VoteRefusal::Leads { .. }
                | VoteRefusal::JustStarted { .. } => {
                    self.reach(Place::VoteHeld);
                }
                VoteRefusal::StaleTerm { .. } => {}
            },
            RaftEvent::PreVoteRefused {
                why: VoteRefusal::LeaderHeard { .. } | VoteRefusal::Leads { .. },
                ..
            } => self.reach(Place::PreVoteRefused),
            RaftEvent::SteppedDown { role: Role::PreCandidate, .. } => {
                self.reach(Place::PreVoteFails);
            }
            RaftEvent::SteppedDown { why: StepDown::QuorumSilent { .. }, .. } => {
                self.reach(Place::QuorumLost);
            }
            RaftEvent::ElectionStarted { told_by: Some(_), .. } => self.heirs.insert(server),
            RaftEvent::PreVoteStarted { .. } => self.stands(cluster, server),
            RaftEvent::ElectionStarted { term, .. } => {
                self.stands(cluster, server);
                self.heirs.remove(server);
                self.votes_for_itself(cluster, *term);
            }
            // That is how the disk of a guest tells it.
            RaftEvent::Saved { term, vote: Some(vote) } if *vote == server => {
                self.votes_for_itself(cluster, *term);
            }
            RaftEvent::Committed { first, last, .. } => {
                if cluster.server(server).is_some_and(|it| it.disk.log.last_index() < *last) {
                    self.reach(Place::DiskLags);
                }
                let log = cluster.server(server).map(|server| server.raft.log());
                let entry = |index: Index| log.and_then(|log| log.get(index));
                let is_noop = entry(*last).is_some_and(|entry| entry.payload == Payload::Noop);
                if is_noop
                    && first < last
                    && entry(*first).map(|one| one.term) != entry(*last).map(|one| one.term)
                {
                    self.reach(Place::NoopCommits);
                }
            }
            RaftEvent::TransferAborted { .. } => self.reach(Place::TransferFails),
            RaftEvent::ConfigurationAppended { from, to, .. } => {
                if to.next().is_some() {
                    self.reach(Place::Learned);
                }
                if to.is_joint() {
                    self.reach(Place::Joint);
                } else if from.is_joint() {
                    self.reach(Place::ChangeEnds);
                }
            }
            RaftEvent::CatchUpEnded { .. } => self.reach(Place::GivenUp),
            RaftEvent::SteppedDown { why: StepDown::Removed { .. }, .. } => {
                self.reach(Place::LeaderLeaves);
            }
            RaftEvent::Reconfigured { why, .. } => match why {
                Reconfigured::FellBack => self.reach(Place::FellBack),
                Reconfigured::Snapshot => self.reach(Place::MembersInSnapshot),
                Reconfigured::Newer => {}
            },
            RaftEvent::StandsNot { learns: true, .. } => self.reach(Place::LearnerSilent),
            RaftEvent::BecameLeader { all, .. } => {
                if all.is_changing() {
                    self.reach(Place::ChangeGoesOn);
                }
                if self.heirs.contains(server) {
                    self.reach(Place::TakenOver);
                }
                let leads = |role| role == Role::Leader;
                let running = cluster.servers().iter().filter(|server| server.is_running());
                if running.filter(|server| leads(server.raft.role())).count() > 1 {
                    self.reach(Place::OldLeader);
                }
            }
            _ => {}
        }
    }

    /// A server asks for votes, or whether it would get them.
    fn stands(&mut self, cluster: &Cluster, server: ServerId) {
        if !cluster.configuration().members().contains(server) {
            self.reach(Place::RemovedStands);
        }
    }

    /// A server begins an election.
    fn votes_for_itself(&mut self, cluster: &Cluster, term: Term) {
        if term.0 > cluster.checker().led_term().0 + 1 {
            self.reach(Place::SplitVote);
        }
    }

    fn client(&mut self, cluster: &Cluster, client: ClientId, event: &ClientEvent) {
        match event {
            ClientEvent::Returned { result, late, .. } => {
                if *late {
                    self.reach(Place::LatePut);
                }
                if result.outcome == Outcome::Maybe {
                    self.reach(Place::Maybe);
                    let job = cluster.client(client).and_then(|client| client.job.as_ref());
                    if job.is_some_and(|job| matches!(job.work, Work::Acquire { .. })) {
                        self.maybe.insert(client.0);
                    }
                }
            }
            ClientEvent::LockHeld { .. } if self.maybe.remove(&client.0) => {
                self.reach(Place::LockMaybe);
            }
            ClientEvent::LateReply { .. } => self.reach(Place::LateReply),
            _ => {}
        }
    }

    fn received(&mut self, cluster: &Cluster, flight: Flight) {
        let Flight { packet, from, to, summary } = flight;
        if self.copies.remove(&packet) {
            self.reach(Place::Duplicated);
        }
        let server = |node| if let Node::Server(id) = node { cluster.server(id) } else { None };
        let is_older = |server: &Server| summary.term < server.raft.term();
        if summary.kind == PacketKind::VoteGranted && server(to).is_some_and(is_older) {
            self.reach(Place::StaleVote);
        }
        if let PacketKind::Append { prev, entries, commit } = summary.kind {
            if server(to).is_some_and(|server| prev < server.raft.log().base().index) {
                self.reach(Place::BelowBase);
            }
            if commit.0 > prev.0 + u64::from(entries) {
                self.reach(Place::CommitBeyond);
            }
        }
        if matches!(summary.kind.name(), PacketName::Append | PacketName::Heartbeat) {
            let hangs = |it: &Server| it.disk.sync.is_none() && it.disk.is_writing();
            if server(from).is_some_and(hangs) {
                self.reach(Place::HungHeard);
            }
            self.append(cluster, (from, to), (summary.term, packet));
        }
    }

    fn append(&mut self, cluster: &Cluster, link: (Node, Node), packet: (Term, PacketId)) {
        let Node::Server(to) = link.1 else { return };
        if cluster.server(to).is_some_and(|server| packet.0 < server.raft.term()) {
            self.reach(Place::StaleAppend);
        }
        let newest = self.newest.entry(link).or_insert(packet);
        if newest.0 == packet.0 && packet.1 < newest.1 {
            self.reach(Place::Overtaken);
        } else {
            *newest = packet;
        }
    }
}
