//! What a guest of raftlab and the lab say to each other, for Rust. Written by `raftlab guest new`.

/// What a message is, for the screen and the checkers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    Other,
    Vote,
    VoteGranted,
    VoteRefused,
    Append,
    Appended,
    AppendRefused,
    PreVote,
    PreVoteGranted,
    PreVoteRefused,
    Heartbeat,
}

/// What a server reports that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Role {
    Follower,
    Candidate,
    Leader,
    PreCandidate,
}

/// How a request ended, for `reply`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    Ok,
    NoKey,
    Version,
    WrongLeader,
    Maybe,
}

/// A server. Only the disk survives a crash: after one, `new` is called again.
pub trait Guest {
    /// The server starts: servers are 0 to `servers - 1`. Set a timer, or nothing will ever happen.
    fn new(me: usize, servers: usize) -> Self;
    fn on_message(&mut self, from: usize, bytes: &[u8]);
    /// A timer has run out.
    fn on_timer(&mut self, timer: i32);
    /// A client's operation: a leader appends it and calls `accepted`, any other server `refused`.
    fn on_propose(&mut self, id: i32, _bytes: &[u8]) {
        refused(id, None);
    }
    /// A client's request as JSON, where the whole service is yours: call `reply` once, now or later.
    fn on_request(&mut self, id: i32, _bytes: &[u8]) {
        reply(id, Status::WrongLeader, b"");
    }
    /// What a message says, for the screen. No server is asked, and nothing counts that is done here.
    fn describe(_bytes: &[u8]) -> String {
        String::new()
    }
    /// Become a candidate now.
    fn on_campaign(&mut self) {
        self.on_timer(0);
    }
}

mod lab {
    #[link(wasm_import_module = "raftlab")]
    extern "C" {
        pub fn send(to: i32, kind: i32, term: i64, data: *const u8, length: i32);
        pub fn set_timer(id: i32, micros: i64);
        pub fn cancel_timer(id: i32);
        pub fn save_hard(term: i64, vote: i32);
        pub fn append(term: i64, data: *const u8, length: i32);
        pub fn truncate(length: i64);
        pub fn hard_term() -> i64;
        pub fn hard_vote() -> i32;
        pub fn log_length() -> i64;
        pub fn entry_term(index: i64) -> i64;
        pub fn entry_read(index: i64, data: *mut u8, room: i32) -> i32;
        pub fn save_blob(data: *const u8, length: i32);
        pub fn blob_read(data: *mut u8, room: i32) -> i32;
        pub fn params(text: *mut u8, room: i32) -> i32;
        pub fn report(role: i32, leader: i32, commit: i64);
        pub fn progress(peer: i32, next: i64, matched: i64);
        pub fn votes(voters: i64);
        pub fn accepted(id: i32, index: i64, term: i64);
        pub fn refused(id: i32, leader: i32);
        pub fn reply(id: i32, status: i32, data: *const u8, length: i32);
        pub fn now() -> i64;
        pub fn random() -> i64;
        pub fn log(text: *const u8, length: i32);
    }
}

fn server(server: Option<usize>) -> i32 {
    server.map_or(-1, |server| server as i32)
}

/// Sends bytes to a server. They leave once all that was written before is on disk.
pub fn send(to: usize, kind: Kind, term: u64, bytes: &[u8]) {
    unsafe { lab::send(to as i32, kind as i32, term as i64, bytes.as_ptr(), bytes.len() as i32) }
}

/// Timer 0 is the election timer and 1 the heartbeat; 2 to 255 are free.
pub fn set_timer(timer: i32, micros: u64) {
    unsafe { lab::set_timer(timer, micros as i64) }
}

pub fn cancel_timer(timer: i32) {
    unsafe { lab::cancel_timer(timer) }
}

/// Writes currentTerm and votedFor to disk.
pub fn save_hard(term: u64, vote: Option<usize>) {
    unsafe { lab::save_hard(term as i64, server(vote)) }
}

pub fn hard_term() -> u64 {
    unsafe { lab::hard_term() as u64 }
}

pub fn hard_vote() -> Option<usize> {
    usize::try_from(unsafe { lab::hard_vote() }).ok()
}

/// Writes an entry behind the last of the log on disk: the bytes of a proposal.
pub fn append(term: u64, bytes: &[u8]) {
    unsafe { lab::append(term as i64, bytes.as_ptr(), bytes.len() as i32) }
}

/// Keeps so many entries of the log on disk.
pub fn truncate(length: u64) {
    unsafe { lab::truncate(length as i64) }
}

/// How many entries there are; the first is entry 1.
pub fn log_length() -> u64 {
    unsafe { lab::log_length() as u64 }
}

/// The term of an entry; 0 where there is none.
pub fn entry_term(index: u64) -> u64 {
    unsafe { lab::entry_term(index as i64) as u64 }
}

/// The bytes of an entry.
pub fn entry(index: u64) -> Vec<u8> {
    read(|data, room| unsafe { lab::entry_read(index as i64, data, room) })
}

/// Asks how many bytes there are, and then for all of them.
fn read(copy: impl Fn(*mut u8, i32) -> i32) -> Vec<u8> {
    let length = copy(core::ptr::null_mut(), 0).max(0);
    let mut bytes = vec![0; length as usize];
    copy(bytes.as_mut_ptr(), length);
    bytes
}

/// Writes bytes of your own to disk, in the place of those before.
pub fn save_blob(bytes: &[u8]) {
    unsafe { lab::save_blob(bytes.as_ptr(), bytes.len() as i32) }
}

/// The bytes that `save_blob` wrote last.
pub fn blob() -> Vec<u8> {
    read(|data, room| unsafe { lab::blob_read(data, room) })
}

/// The text of `raft-params=` in the head of the script.
pub fn params() -> String {
    String::from_utf8_lossy(&read(|text, room| unsafe { lab::params(text, room) })).into_owned()
}

/// What is not on disk. Clients are answered up to the commit index.
pub fn report(role: Role, leader: Option<usize>, commit: u64) {
    unsafe { lab::report(role as i32, server(leader), commit as i64) }
}

/// nextIndex and matchIndex of a follower.
pub fn progress(peer: usize, next: u64, matched: u64) {
    unsafe { lab::progress(peer as i32, next as i64, matched as i64) }
}

/// Who has voted for this candidate: bit 0 is server 0.
pub fn votes(voters: u64) {
    unsafe { lab::votes(voters as i64) }
}

pub fn accepted(id: i32, index: u64, term: u64) {
    unsafe { lab::accepted(id, index as i64, term as i64) }
}

pub fn refused(id: i32, leader: Option<usize>) {
    unsafe { lab::refused(id, server(leader)) }
}

/// Answers a request; `data` is what a get has found, as JSON.
pub fn reply(id: i32, status: Status, data: &[u8]) {
    unsafe { lab::reply(id, status as i32, data.as_ptr(), data.len() as i32) }
}

/// Lab time in microseconds.
pub fn now() -> u64 {
    unsafe { lab::now() as u64 }
}

/// A random number, of this server's own stream.
pub fn random() -> u64 {
    unsafe { lab::random() as u64 }
}

/// A line for the list of events.
pub fn log(text: &str) {
    unsafe { lab::log(text.as_ptr(), text.len() as i32) }
}

/// Exports a server of this type, once: `guest!(Raft);` for a Raft under the lab's key-value service, or
/// `guest!(Raft, whole_service);` for one with a service of its own, whose `on_request` is called.
#[macro_export]
macro_rules! guest {
    ($server:ty) => {
        $crate::guest!(@exports $server, on_propose);
    };
    ($server:ty, whole_service) => {
        $crate::guest!(@exports $server, on_request);
    };
    (@exports $server:ty, $asked:ident) => {
        mod raftlab_exports {
            use super::*;
            use std::ptr::addr_of_mut;

            static mut SERVER: Option<$server> = None;
            static mut BUFFER: Vec<u8> = Vec::new();

            /// One thread, and no call within another: no other reference to it is alive.
            fn the_server() -> &'static mut $server {
                unsafe { (*addr_of_mut!(SERVER)).as_mut().expect("init comes first") }
            }

            fn bytes() -> Vec<u8> {
                unsafe { addr_of_mut!(BUFFER).replace(Vec::new()) }
            }

            /// Where these bytes stay until the next come.
            fn keep(mut bytes: Vec<u8>) -> *mut u8 {
                let at = bytes.as_mut_ptr();
                unsafe { *addr_of_mut!(BUFFER) = bytes };
                at
            }

            #[no_mangle]
            pub extern "C" fn buffer(length: i32) -> *mut u8 {
                keep(vec![0; length as usize])
            }

            #[no_mangle]
            pub extern "C" fn describe(_length: i32) -> *const u8 {
                let mut text = <$server as $crate::raftlab::Guest>::describe(&bytes());
                text.push('\0');
                keep(text.into_bytes())
            }

            #[no_mangle]
            pub extern "C" fn init(me: i32, servers: i32) {
                std::panic::set_hook(Box::new(|panic| $crate::raftlab::log(&panic.to_string())));
                let server = $crate::raftlab::Guest::new(me as usize, servers as usize);
                unsafe { SERVER = Some(server) }
            }

            #[no_mangle]
            pub extern "C" fn on_message(from: i32, _length: i32) {
                $crate::raftlab::Guest::on_message(the_server(), from as usize, &bytes());
            }

            #[no_mangle]
            pub extern "C" fn on_timer(timer: i32) {
                $crate::raftlab::Guest::on_timer(the_server(), timer);
            }

            #[no_mangle]
            pub extern "C" fn $asked(id: i32, _length: i32) {
                $crate::raftlab::Guest::$asked(the_server(), id, &bytes());
            }

            #[no_mangle]
            pub extern "C" fn on_campaign() {
                $crate::raftlab::Guest::on_campaign(the_server());
            }
        }
    };
}
