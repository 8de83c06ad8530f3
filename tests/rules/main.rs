//! Raft's rules, named by the sections of the paper and the parts of its Figure 2, asked of one
//! server from outside: what it hears, what it then says, writes and knows.

#[allow(dead_code, reason = "not every test file asks everything")]
#[path = "../support/raft.rs"]
mod bench;
mod calls;
mod commits;
mod elections;
mod flaws;
mod logs;

use bench::{
    Server, append, appends, at, calls, entry, granted, id, ids, matched, refused, reply, result,
    vote, vote_request, writes_a_vote,
};
use raftlab::cluster::disk::Disk;
use raftlab::cluster::event::{IgnoreReason, RaftEvent};
use raftlab::cluster::flaw::{Flaw, Flaws};
use raftlab::cluster::raft::{
    AppendResult, Configuration, Message, Options, Outbox, Progress, REPEATS_A_BEAT, REPEATS_MAX,
    Raft, Role, Rules, TimerOrder, Write,
};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{Index, ServerId, ServerSet, Term};

/// A server without flaws.
const RULES: Rules = Rules { flaws: Flaws::NONE, options: Options::NONE };
