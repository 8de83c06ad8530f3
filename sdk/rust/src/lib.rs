//! A small Raft after Figure 2 of the paper, as a guest of raftlab: a place to start from.
//!
//! The disk holds term, vote and log; the lab keeps it over crashes and shows it on the screen. A
//! message leaves once all that was written before it is on disk. So: first save, then send.

#[macro_use]
pub mod raftlab;

use raftlab::{
    append, cancel_timer, entry, entry_term, hard_term, hard_vote, log_length, random, save_hard,
    send, set_timer, truncate, Guest, Kind, Role,
};

const ELECTION: i32 = 0;
const HEARTBEAT: i32 = 1;

struct Raft {
    me: usize,
    servers: usize,
    role: Role,
    leader: Option<usize>,
    commit: u64,
    votes: u64,
    next: Vec<u64>,
    matched: Vec<u64>,
}

guest!(Raft);

/// All messages: entries follow an append, each with its term and its length before it.
#[derive(Clone, Copy)]
struct Message {
    kind: Kind,
    term: u64,
    index: u64,
    log_term: u64,
    commit: u64,
}

const KINDS: [Kind; 7] = [
    Kind::Other,
    Kind::Vote,
    Kind::VoteGranted,
    Kind::VoteRefused,
    Kind::Append,
    Kind::Appended,
    Kind::AppendRefused,
];

impl Message {
    fn bytes(self) -> Vec<u8> {
        let fields = [self.kind as u64, self.term, self.index, self.log_term, self.commit];
        fields.iter().flat_map(|field| field.to_le_bytes()).collect()
    }

    fn read(bytes: &mut &[u8]) -> Self {
        let kind = KINDS[number(bytes) as usize];
        let (term, index) = (number(bytes), number(bytes));
        Self { kind, term, index, log_term: number(bytes), commit: number(bytes) }
    }
}

fn number(bytes: &mut &[u8]) -> u64 {
    let (first, rest) = bytes.split_at(8);
    *bytes = rest;
    u64::from_le_bytes(first.try_into().expect("eight bytes"))
}

fn election_timer() {
    set_timer(ELECTION, 300_000 + random() % 300_000); // 300 to 600 ms (§5.2)
}

fn tell(to: usize, kind: Kind, index: u64) {
    let term = hard_term();
    send(to, kind, term, &Message { kind, term, index, log_term: 0, commit: 0 }.bytes());
}

/// What a message says, for the details of a packet on the screen.
fn words(mut bytes: &[u8]) -> String {
    let Message { kind, index, log_term, commit, .. } = Message::read(&mut bytes);
    match kind {
        Kind::Vote => format!("its log ends at entry {index} of term {log_term}"),
        Kind::Append => format!("after entry {index} of term {log_term}, commit {commit}"),
        Kind::Appended => format!("its log is the leader's up to entry {index}"),
        Kind::AppendRefused => format!("the leader shall go back to entry {index}"),
        _ => String::new(),
    }
}

impl Raft {
    fn report(&self) {
        raftlab::report(self.role, self.leader, self.commit);
    }

    fn others(&self) -> impl Iterator<Item = usize> {
        let me = self.me;
        (0..self.servers).filter(move |server| *server != me)
    }

    fn is_majority(&self, set: u64) -> bool {
        set.count_ones() as usize > self.servers / 2
    }

    fn become_follower(&mut self, term: u64, leader: Option<usize>) {
        if term > hard_term() {
            save_hard(term, None);
        }
        if self.role == Role::Leader {
            cancel_timer(HEARTBEAT);
        }
        if self.role != Role::Follower {
            election_timer();
        }
        self.role = Role::Follower;
        self.leader = leader;
    }

    /// Sends a follower what it lacks, or a heartbeat (§5.3).
    fn replicate(&self, to: usize) {
        let (term, index, kind) = (hard_term(), self.next[to] - 1, Kind::Append);
        let log_term = entry_term(index);
        let mut bytes = Message { kind, term, index, log_term, commit: self.commit }.bytes();
        for index in self.next[to]..=log_length() {
            let entry = entry(index);
            bytes.extend(entry_term(index).to_le_bytes());
            bytes.extend((entry.len() as u64).to_le_bytes());
            bytes.extend(entry);
            if bytes.len() > 32_768 {
                break;
            }
        }
        let is_heartbeat = self.next[to] > log_length();
        send(to, if is_heartbeat { Kind::Heartbeat } else { kind }, term, &bytes);
    }

    fn replicate_to_all(&self) {
        self.others().for_each(|to| self.replicate(to));
        set_timer(HEARTBEAT, 100_000);
    }

    fn count_commit(&mut self) {
        for index in (self.commit + 1..=log_length()).rev() {
            if entry_term(index) != hard_term() {
                return; // only entries of its own term are counted (§5.4.2)
            }
            let have = self.others().filter(|other| self.matched[*other] >= index);
            if self.is_majority(have.fold(1 << self.me, |set, other| set | 1 << other)) {
                self.commit = index;
                return;
            }
        }
    }

    fn count_votes(&mut self) {
        raftlab::votes(self.votes);
        if self.role != Role::Candidate || !self.is_majority(self.votes) {
            return;
        }
        self.role = Role::Leader;
        self.leader = Some(self.me);
        cancel_timer(ELECTION);
        self.next = vec![log_length() + 1; self.servers];
        self.matched = vec![0; self.servers];
        self.replicate_to_all();
    }

    fn on_vote(&mut self, from: usize, message: Message) {
        // Whose log is older must not win: it may lack what is committed (§5.4.1).
        let last = log_length();
        let fresh = (message.log_term, message.index) >= (entry_term(last), last);
        let free = hard_vote().is_none_or(|vote| vote == from);
        let grants = message.term == hard_term() && free && fresh;
        if grants {
            save_hard(hard_term(), Some(from));
            election_timer();
        }
        tell(from, if grants { Kind::VoteGranted } else { Kind::VoteRefused }, 0);
    }

    fn on_append(&mut self, from: usize, message: Message, mut entries: &[u8]) {
        if message.term < hard_term() {
            return tell(from, Kind::AppendRefused, log_length());
        }
        self.become_follower(message.term, Some(from));
        election_timer();
        let (mut index, last) = (message.index, log_length());
        if index > last || (index > 0 && entry_term(index) != message.log_term) {
            // The leader goes back behind the whole term that is in the way (§5.3, end).
            let other = entry_term(index.min(last));
            let back = (1..=index).rev().find(|at| entry_term(*at) != other).unwrap_or(0);
            return tell(from, Kind::AppendRefused, if index > last { last } else { back });
        }
        while !entries.is_empty() {
            let (term, length) = (number(&mut entries), number(&mut entries));
            let (bytes, rest) = entries.split_at(length as usize);
            entries = rest;
            index += 1;
            // An entry that contradicts the leader's goes, with all behind it (§5.3).
            if index <= log_length() && entry_term(index) != term {
                truncate(index - 1);
            }
            if index > log_length() {
                append(term, bytes);
            }
        }
        // Only what is known to be as the leader has it (Figure 2, AppendEntries 5).
        self.commit = self.commit.max(message.commit.min(index));
        tell(from, Kind::Appended, index);
    }

    fn on_appended(&mut self, from: usize, message: Message) {
        if self.role != Role::Leader || message.term != hard_term() {
            return;
        }
        if message.kind == Kind::AppendRefused {
            let back = (message.index + 1).min(self.next[from] - 1);
            self.next[from] = back.max(self.matched[from] + 1);
            self.replicate(from);
        } else if message.index > self.matched[from] {
            self.matched[from] = message.index;
            self.next[from] = message.index + 1;
            self.count_commit();
            if self.next[from] <= log_length() {
                self.replicate(from);
            }
        }
        raftlab::progress(from, self.next[from], self.matched[from]);
    }
}

impl Guest for Raft {
    fn new(me: usize, servers: usize) -> Self {
        election_timer();
        let (role, leader, commit, votes) = (Role::Follower, None, 0, 0);
        let (next, matched) = (Vec::new(), Vec::new());
        let raft = Self { me, servers, role, leader, commit, votes, next, matched };
        raft.report();
        raft
    }

    fn describe(bytes: &[u8]) -> String {
        words(bytes)
    }

    fn on_campaign(&mut self) {
        if self.role == Role::Leader {
            return;
        }
        self.role = Role::Candidate;
        self.leader = None;
        save_hard(hard_term() + 1, Some(self.me));
        self.votes = 1 << self.me;
        self.report();
        let (kind, term, index) = (Kind::Vote, hard_term(), log_length());
        let message = Message { kind, term, index, log_term: entry_term(index), commit: 0 };
        self.others().for_each(|to| send(to, kind, term, &message.bytes()));
        election_timer();
        self.count_votes();
        self.report();
    }

    fn on_message(&mut self, from: usize, mut bytes: &[u8]) {
        let message = Message::read(&mut bytes);
        if message.term > hard_term() {
            self.become_follower(message.term, None); // a newer term (§5.1)
        }
        match message.kind {
            Kind::Vote => self.on_vote(from, message),
            Kind::Append => self.on_append(from, message, bytes),
            Kind::Appended | Kind::AppendRefused => self.on_appended(from, message),
            Kind::VoteGranted if message.term == hard_term() && self.role == Role::Candidate => {
                self.votes |= 1 << from;
                self.count_votes();
            }
            _ => {}
        }
        self.report();
    }

    fn on_timer(&mut self, timer: i32) {
        match timer {
            ELECTION => self.on_campaign(),
            HEARTBEAT if self.role == Role::Leader => self.replicate_to_all(),
            _ => {}
        }
    }

    fn on_propose(&mut self, id: i32, bytes: &[u8]) {
        if self.role != Role::Leader {
            return raftlab::refused(id, self.leader);
        }
        append(hard_term(), bytes);
        raftlab::accepted(id, log_length(), hard_term());
        self.replicate_to_all();
        self.count_commit();
        self.report();
    }
}
