//! The crate `raft` (TiKV's raft-rs), unchanged, as a guest of raftlab: an adapter between its
//! `RawNode` and the lab. Put your own fork in Cargo.toml, and see what you have changed.
//!
//! The crate counts ticks of 50 ms, which are timer 2. Timers 0 and 1 are set for the screen, to when the
//! ticks will have brought about an election or a heartbeat. Servers are 0 to servers-1 for the lab and
//! 1 to servers for the crate.
//!
//! The crate leaves it to its transport that requests arrive, and the lab's packets get lost. So the last
//! request to each server is sent again with every tick until it is answered, as a connection would.

#[macro_use]
pub mod raftlab;

use prost::Message as _;
use raft::eraftpb::{ConfState, Entry, HardState, Message, MessageType, Snapshot};
use raft::{Config, GetEntriesContext, RaftState, RawNode, StateRole, Storage, StorageError};
use raftlab::{Guest, Kind, Role};

const ELECTION: i32 = 0;
const HEARTBEAT: i32 = 1;
const TICK: i32 = 2;
const TICK_MICROS: u64 = 50_000;

/// The lab's disk, as the crate reads it.
struct Disk {
    servers: u64,
}

impl Storage for Disk {
    fn initial_state(&self) -> raft::Result<RaftState> {
        let vote = raftlab::hard_vote().map_or(0, |vote| vote as u64 + 1);
        let hard_state = HardState { term: raftlab::hard_term(), vote, commit: 0 };
        let voters = (1..=self.servers).collect();
        Ok(RaftState { hard_state, conf_state: ConfState { voters, ..ConfState::default() } })
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        let entry = |index| {
            let (term, data) = (raftlab::entry_term(index), raftlab::entry(index));
            Entry { index, term, data, ..Entry::default() }
        };
        let mut entries: Vec<Entry> = (low..high).map(entry).collect();
        raft::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match index > raftlab::log_length() {
            true => Err(StorageError::Unavailable.into()),
            false => Ok(raftlab::entry_term(index)),
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(raftlab::log_length())
    }

    fn snapshot(&self, _: u64, _: u64) -> raft::Result<Snapshot> {
        Err(StorageError::SnapshotTemporarilyUnavailable.into())
    }
}

/// Seeds of the crate's random numbers.
fn random_bytes(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    bytes.iter_mut().for_each(|byte| *byte = raftlab::random() as u8);
    Ok(())
}

getrandom::register_custom_getrandom!(random_bytes);

struct Server {
    me: usize,
    node: RawNode<Disk>,
    /// When the last tick was.
    ticked: u64,
    /// The commit index, once all entries up to it are written.
    committed: u64,
    /// The last request to each server that it has not answered.
    unanswered: Vec<Option<Message>>,
}

guest!(Server);

/// What a message is, for the screen.
fn kind(message: &Message) -> Kind {
    let refuses = message.reject;
    match message.msg_type() {
        MessageType::MsgRequestVote => Kind::Vote,
        MessageType::MsgRequestVoteResponse if refuses => Kind::VoteRefused,
        MessageType::MsgRequestVoteResponse => Kind::VoteGranted,
        MessageType::MsgRequestPreVote => Kind::PreVote,
        MessageType::MsgRequestPreVoteResponse if refuses => Kind::PreVoteRefused,
        MessageType::MsgRequestPreVoteResponse => Kind::PreVoteGranted,
        MessageType::MsgAppend => Kind::Append,
        MessageType::MsgAppendResponse if refuses => Kind::AppendRefused,
        MessageType::MsgAppendResponse => Kind::Appended,
        MessageType::MsgHeartbeat => Kind::Heartbeat,
        _ => Kind::Other,
    }
}

fn server(id: u64) -> Option<usize> {
    usize::try_from(id).ok()?.checked_sub(1)
}

fn send(to: usize, message: &Message) {
    raftlab::send(to, kind(message), message.term, &message.encode_to_vec());
}

impl Server {
    fn send(&mut self, messages: Vec<Message>) {
        for message in messages {
            let Some(to) = server(message.to) else { continue };
            send(to, &message);
            if let Kind::Vote | Kind::PreVote | Kind::Append = kind(&message) {
                self.unanswered[to] = Some(message);
            }
        }
    }

    /// Requests that were not answered go out again, as long as they are of its term.
    fn send_again(&mut self) {
        let raft = &self.node.raft;
        let (term, follows) = (raft.term, raft.state == StateRole::Follower);
        for (to, request) in self.unanswered.iter_mut().enumerate() {
            match request {
                Some(message) if !follows && message.term >= term => send(to, message),
                _ => *request = None,
            }
        }
    }

    /// Carries out what the crate is ready with, in its order: messages that may leave at once, what has
    /// to be written, messages that wait for that.
    fn carry_out(&mut self) {
        while self.node.has_ready() {
            let mut ready = self.node.ready();
            self.send(ready.take_messages());
            // Who leads no longer says so before its log changes.
            if let Some(hard) = ready.hs() {
                raftlab::save_hard(hard.term, server(hard.vote));
            }
            self.report();
            for entry in ready.take_entries() {
                if entry.index <= raftlab::log_length() {
                    raftlab::truncate(entry.index - 1);
                }
                raftlab::append(entry.term, &entry.data);
            }
            self.send(ready.take_persisted_messages());
            let mut light = self.node.advance(ready);
            self.send(light.take_messages());
            self.node.advance_apply();
        }
        self.committed = self.node.raft.raft_log.committed;
        self.report();
        self.show_timers();
    }

    fn report(&self) {
        let raft = &self.node.raft;
        let role = match raft.state {
            StateRole::Follower => Role::Follower,
            StateRole::Candidate => Role::Candidate,
            StateRole::PreCandidate => Role::PreCandidate,
            StateRole::Leader => Role::Leader,
        };
        raftlab::report(role, server(raft.leader_id), self.committed);
        if role == Role::Leader {
            for (id, progress) in raft.prs().iter() {
                if let Some(peer) = server(*id).filter(|peer| *peer != self.me) {
                    raftlab::progress(peer, progress.next_idx, progress.matched);
                }
            }
        }
    }

    /// When the ticks will have come to an election, or a heartbeat, as the screen shows it.
    fn show_timers(&self) {
        let raft = &self.node.raft;
        let (timer, other, ticks) = match raft.state {
            StateRole::Leader => {
                let ticks = raft.heartbeat_timeout().saturating_sub(raft.heartbeat_elapsed());
                (HEARTBEAT, ELECTION, ticks)
            }
            _ => {
                let timeout = raft.randomized_election_timeout();
                (ELECTION, HEARTBEAT, timeout.saturating_sub(raft.election_elapsed))
            }
        };
        let due = self.ticked + ticks.max(1) as u64 * TICK_MICROS;
        raftlab::cancel_timer(other);
        raftlab::set_timer(timer, due.saturating_sub(raftlab::now()));
    }
}

impl Guest for Server {
    fn new(me: usize, servers: usize) -> Self {
        let config = Config {
            id: me as u64 + 1,
            election_tick: 10, // 500 to 1000 ms
            heartbeat_tick: 2, // 100 ms
            max_size_per_msg: 32 << 10,
            max_inflight_msgs: 256,
            // Without it a request of a newer term resets the election timer, whether it gets the vote or
            // not: a server that can't win may then keep all others from standing.
            pre_vote: true,
            ..Config::default()
        };
        let (disk, ticked) = (Disk { servers: servers as u64 }, raftlab::now());
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let node = RawNode::new(&config, disk, &logger).expect("a configuration");
        let unanswered = vec![None; servers];
        let mut server = Self { me, node, ticked, committed: 0, unanswered };
        raftlab::set_timer(TICK, TICK_MICROS);
        server.carry_out();
        server
    }

    fn on_message(&mut self, from: usize, bytes: &[u8]) {
        if let Ok(message) = Message::decode(bytes) {
            match message.msg_type() {
                MessageType::MsgRequestVoteResponse
                | MessageType::MsgRequestPreVoteResponse
                | MessageType::MsgAppendResponse => self.unanswered[from] = None,
                _ => {}
            }
            // What it refuses to take is as good as lost.
            let _ = self.node.step(message);
        }
        self.carry_out();
    }

    fn on_timer(&mut self, timer: i32) {
        if timer == TICK {
            self.ticked = raftlab::now();
            raftlab::set_timer(TICK, TICK_MICROS);
            self.send_again();
            self.node.tick();
            self.carry_out();
        }
    }

    fn on_propose(&mut self, id: i32, bytes: &[u8]) {
        if self.node.raft.state != StateRole::Leader
            || self.node.propose(Vec::new(), bytes.to_vec()).is_err()
        {
            raftlab::refused(id, server(self.node.raft.leader_id));
            return self.carry_out();
        }
        let index = self.node.raft.raft_log.last_index();
        let term = self.node.raft.term;
        self.carry_out();
        raftlab::accepted(id, index, term);
    }

    fn describe(bytes: &[u8]) -> String {
        let Ok(message) = Message::decode(bytes) else { return String::new() };
        let Message { index, log_term, commit, ref entries, .. } = message;
        let (what, count) = (message.msg_type(), entries.len());
        format!("{what:?}, entry {index} of term {log_term}, entries: {count}, commit {commit}")
    }

    fn on_campaign(&mut self) {
        // An election at once, as at a handover: without asking first who would vote. Who stands already
        // begins again as it does by itself; a leader can't, and nothing happens.
        let raft = &self.node.raft;
        let _ = match raft.state {
            StateRole::Follower => {
                let mut message = Message { from: raft.id, to: raft.id, ..Message::default() };
                message.term = raft.term;
                message.set_msg_type(MessageType::MsgTimeoutNow);
                self.node.step(message)
            }
            _ => self.node.campaign(),
        };
        self.carry_out();
    }
}
