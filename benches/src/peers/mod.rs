//! Other people's programs at the same work.
//!
//! `simulators` is what turmoil and madsim run: not Raft, but who sends what to whom when Raft
//! runs. That leaves out all that Raft itself costs us, so the comparison favours them. `raft_rs`
//! is an implementation of Raft in a bare loop, without network, clients, state machine or
//! checkers. `stateright` has a tester for linearizability.

#[cfg(all(madsim, feature = "peers"))]
pub mod madsim;
pub mod pattern;
#[cfg(feature = "peers")]
pub mod raft_rs;
#[cfg(feature = "peers")]
pub mod stateright;
#[cfg(feature = "peers")]
pub mod turmoil;
