//! The border between the lab and a guest: every function that crosses it. The loader, the
//! reference page, the C header and the Rust crate are made from this table.

/// A type of a parameter or a result, as C has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Int,
    Long,
    /// An address in the guest's memory, from which the lab reads.
    From,
    /// One to which it writes.
    To,
    /// One of a text that ends with a zero.
    Text,
}

impl Type {
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Long)
    }

    pub const fn c(self) -> &'static str {
        match self {
            Self::Int => "int32_t",
            Self::Long => "int64_t",
            Self::From => "const void *",
            Self::To => "void *",
            Self::Text => "const char *",
        }
    }

    pub const fn rust(self) -> &'static str {
        match self {
            Self::Int => "i32",
            Self::Long => "i64",
            Self::From | Self::Text => "*const u8",
            Self::To => "*mut u8",
        }
    }
}

/// Whether a module must export it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Must,
    /// One of those that say so.
    Either,
    May,
}

/// A function of the border.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub name: &'static str,
    pub parameters: &'static [(&'static str, Type)],
    pub result: Option<Type>,
    pub need: Need,
    /// What it means, in one or two sentences.
    pub about: &'static str,
}

use Need::{Either, May, Must};
use Type::{From, Int, Long, Text, To};

/// The name of the lab's module: what a guest imports.
pub const MODULE: &str = "raftlab";
/// What a C library brings along.
pub const WASI: &str = "wasi_snapshot_preview1";
/// Changes when a module for the old border would not work, or work otherwise.
pub const INTERFACE: u32 = 1;

/// What a guest gives.
pub const EXPORTS: &[Call] = &[
    Call {
        name: "buffer",
        parameters: &[("length", Int)],
        result: Some(To),
        need: Must,
        about: "Room for so many bytes, into which the lab writes the next message or proposal. It is yours \
                again when the call that follows has returned; always the same place will do.",
    },
    Call {
        name: "init",
        parameters: &[("me", Int), ("servers", Int)],
        result: None,
        need: Must,
        about: "The server starts, for the first time or after a crash: servers are 0 to servers-1, and \
                the screen calls them S1, S2 and so on. Memory is fresh; the disk holds what it held. \
                Set a timer here, or nothing will ever happen.",
    },
    Call {
        name: "on_message",
        parameters: &[("from", Int), ("length", Int)],
        result: None,
        need: Must,
        about: "A message has arrived; its bytes are in the buffer.",
    },
    Call {
        name: "on_timer",
        parameters: &[("id", Int)],
        result: None,
        need: Must,
        about: "A timer has run out. It is not set any more.",
    },
    Call {
        name: "on_propose",
        parameters: &[("id", Int), ("length", Int)],
        result: None,
        need: Either,
        about: "A client's operation, in the buffer: some bytes that mean nothing to you. A leader appends \
                them and calls accepted, any other server calls refused; one of the two, and once.",
    },
    Call {
        name: "on_request",
        parameters: &[("id", Int), ("length", Int)],
        result: None,
        need: Either,
        about: "In the place of on_propose, where the whole service is yours: a client's request, in the buffer, as \
                JSON: {\"type\":\"get\",\"key\":\"x\"} or {\"type\":\"put\",\"key\":\"x\",\"value\":\"1\",\"version\":0}. \
                Call reply once, now or later. A put is carried out if its version is the key's, 0 for a key that \
                is not there, and raises that by one.",
    },
    Call {
        name: "on_campaign",
        parameters: &[],
        result: None,
        need: May,
        about: "Become a candidate now: for `timeout S2` and `t`. Timer 0 is not set any more, as if it had run \
                out. Without this function, on_timer(0) is called.",
    },
    Call {
        name: "describe",
        parameters: &[("length", Int)],
        result: Some(Text),
        need: May,
        about: "What the message in the buffer says, as a text that ends with a zero: the screen shows it with the \
                packet. It is asked of a fresh instance, which is no server and has no init behind it, and nothing \
                that it does counts.",
    },
    Call {
        name: "_initialize",
        parameters: &[],
        result: None,
        need: May,
        about: "Called before init, as compilers with a library ask for.",
    },
];

/// What a guest may call.
pub const IMPORTS: &[Call] = &[
    Call {
        name: "send",
        parameters: &[("to", Int), ("kind", Int), ("term", Long), ("data", From), ("length", Int)],
        result: None,
        need: May,
        about: "Sends bytes to a server. Kind and term are for the screen and the checkers: 0 other, 1 request \
                for a vote, 2 vote granted, 3 vote refused, 4 append, 5 appended, 6 append refused, 7 pre-vote \
                asked, 8 granted, 9 refused, 10 heartbeat. What was written before it is on disk before it leaves; \
                what is written after it may not be.",
    },
    Call {
        name: "set_timer",
        parameters: &[("id", Int), ("micros", Long)],
        result: None,
        need: May,
        about: "Sets a timer, by the server's own clock; set again, it counts from now. Timer 0 is the \
                election timer and 1 the heartbeat: the screen shows them so. 2 to 255 are free.",
    },
    Call {
        name: "cancel_timer",
        parameters: &[("id", Int)],
        result: None,
        need: May,
        about: "The timer will not run out.",
    },
    Call {
        name: "save_hard",
        parameters: &[("term", Long), ("vote", Int)],
        result: None,
        need: May,
        about: "Writes currentTerm and votedFor to disk; a vote of -1 is for nobody.",
    },
    Call {
        name: "append",
        parameters: &[("term", Long), ("data", From), ("length", Int)],
        result: None,
        need: May,
        about: "Writes an entry behind the last of the log on disk: the bytes of a proposal, or none for a no-op. \
                Where the whole service is yours, any bytes.",
    },
    Call {
        name: "truncate",
        parameters: &[("length", Long)],
        result: None,
        need: May,
        about: "Keeps so many entries of the log on disk, and removes the others.",
    },
    Call {
        name: "hard_term",
        parameters: &[],
        result: Some(Long),
        need: May,
        about: "currentTerm as written last: 0 at the very beginning.",
    },
    Call {
        name: "hard_vote",
        parameters: &[],
        result: Some(Int),
        need: May,
        about: "votedFor as written last, -1 for nobody.",
    },
    Call {
        name: "log_length",
        parameters: &[],
        result: Some(Long),
        need: May,
        about: "How many entries the log on disk has. The first is entry 1.",
    },
    Call {
        name: "entry_term",
        parameters: &[("index", Long)],
        result: Some(Long),
        need: May,
        about: "The term of an entry; 0 where there is none.",
    },
    Call {
        name: "entry_read",
        parameters: &[("index", Long), ("data", To), ("room", Int)],
        result: Some(Int),
        need: May,
        about: "Copies the bytes of an entry, as many as there is room for, and says how many it has; -1 \
                where there is no entry.",
    },
    Call {
        name: "save_blob",
        parameters: &[("data", From), ("length", Int)],
        result: None,
        need: May,
        about: "Writes bytes of your own to disk, in the place of those before, for what you keep beside term, vote and \
                log. Those have to be written as above all the same: they are what the screen shows and the \
                checkers look at.",
    },
    Call {
        name: "blob_read",
        parameters: &[("data", To), ("room", Int)],
        result: Some(Int),
        need: May,
        about: "Copies the bytes that save_blob wrote last, as many as there is room for, and says how many there are: 0 \
                at the very beginning.",
    },
    Call {
        name: "params",
        parameters: &[("text", To), ("room", Int)],
        result: Some(Int),
        need: May,
        about: "Copies the text of `raft-params=` in the head of the script or `--raft-params`, as many bytes as there \
                is room for, without a zero behind them, and says how many it has: 0 if there is none.",
    },
    Call {
        name: "report",
        parameters: &[("role", Int), ("leader", Int), ("commit", Long)],
        result: None,
        need: May,
        about: "What is not on disk: the role (0 follower, 1 candidate, 2 leader, 3 asking before it becomes a \
                candidate), the leader as far as known (-1: none), the commit index. Entries up to it are \
                applied to the key-value service, and clients are answered. Call it whenever one changes.",
    },
    Call {
        name: "progress",
        parameters: &[("peer", Int), ("next", Long), ("matched", Long)],
        result: None,
        need: May,
        about: "nextIndex and matchIndex of a follower, as its leader knows them, so that the lab can say what an entry waits for.",
    },
    Call {
        name: "votes",
        parameters: &[("voters", Long)],
        result: None,
        need: May,
        about: "Who has voted for this candidate: bit 0 is server 0.",
    },
    Call {
        name: "accepted",
        parameters: &[("id", Int), ("index", Long), ("term", Long)],
        result: None,
        need: May,
        about: "The proposal is in the log, as this entry of this term.",
    },
    Call {
        name: "refused",
        parameters: &[("id", Int), ("leader", Int)],
        result: None,
        need: May,
        about: "This server does not lead. The leader as far as known, or -1.",
    },
    Call {
        name: "reply",
        parameters: &[("id", Int), ("status", Int), ("data", From), ("length", Int)],
        result: None,
        need: May,
        about: "Answers a request: 0 it is done, 1 there is no such key, 2 the key has another version, 3 this server \
                does not lead and has done nothing, 4 it has waited too long: it may or may not be done. The bytes of a get that is \
                done are {\"value\":\"1\",\"version\":1}, those of status 2 {\"version\":1}, all others have none. What was written before it is on disk \
                before it leaves.",
    },
    Call {
        name: "now",
        parameters: &[],
        result: Some(Long),
        need: May,
        about: "Lab time in microseconds since the run began.",
    },
    Call {
        name: "random",
        parameters: &[],
        result: Some(Long),
        need: May,
        about: "A random number, of this server's own stream: the same run draws the same.",
    },
    Call {
        name: "log",
        parameters: &[("text", From), ("length", Int)],
        result: None,
        need: May,
        about: "A line for the list of events: \"S2 says: ...\".",
    },
];

/// The functions of WASI that do what they say. The others of that module answer that there is no such call.
pub const WASI_CALLS: &[&str] = &[
    "fd_write",
    "clock_time_get",
    "random_get",
    "proc_exit",
    // What runtimes ask for as they begin: there are no arguments, no environment and no folders.
    "args_sizes_get",
    "args_get",
    "environ_sizes_get",
    "environ_get",
    "fd_prestat_get",
    "sched_yield",
];

/// How often the lab's own words for messages, each by its number.
pub const KINDS: &[&str] = &[
    "other",
    "vote?",
    "vote granted",
    "vote refused",
    "append",
    "appended",
    "append refused",
    "pre-vote?",
    "pre-vote granted",
    "pre-vote refused",
    "heartbeat",
];
