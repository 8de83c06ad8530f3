//! Retries: what is asked again at once when the network tells that a call has failed (§5.1 and
//! §5.5: servers retry RPCs).
//!
//! A retry can fail too, and each failure is told. So that trouble on one link never becomes a
//! storm, two rules hold. Only the failure of the newest call is answered with another one: what
//! older calls came to is no news, and one retry at a time is outstanding. And every peer has a
//! store of [`REPEATS_MAX`] repetitions, which each heartbeat fills up by [`REPEATS_A_BEAT`]: enough
//! for a bad moment, and a peer that nothing reaches costs so many requests a heartbeat, however
//! long that lasts.

use super::{Context, Message, Outbox, Raft, Role};
use crate::cluster::types::ServerId;

/// How many calls to a peer may be repeated in a row. A candidate has no more than these.
pub const REPEATS_MAX: u8 = 8;
/// How many more with each of a leader's heartbeats.
pub const REPEATS_A_BEAT: u8 = 2;

/// What a candidate or a leader has asked one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The newest call that may be repeated: for a vote, or a heartbeat. 0: none.
    pub call: u32,
    /// How many calls may still be repeated.
    pub repeats: u8,
}

/// At the beginning of a candidacy. A leader goes on with what is left of its own.
impl Default for Asked {
    fn default() -> Self {
        Self { call: 0, repeats: REPEATS_MAX }
    }
}

impl Asked {
    /// One repetition less, if there is one.
    const fn spend(&mut self) -> bool {
        let any = self.repeats > 0;
        self.repeats = self.repeats.saturating_sub(1);
        any
    }

    /// A heartbeat is due.
    pub(super) fn fill_up(&mut self) {
        self.repeats = (self.repeats + REPEATS_A_BEAT).min(REPEATS_MAX);
    }
}

impl Raft {
    /// The number of its next call.
    pub(super) const fn next_call(&mut self) -> u32 {
        self.calls = self.calls.wrapping_add(1);
        self.calls
    }

    /// Whether it made this call since it was started last.
    pub const fn has_made(&self, call: u32) -> bool {
        call > self.calls_before
    }

    /// The network tells that a call to `peer` has failed: the request or its answer was lost.
    pub fn on_loss(&mut self, peer: ServerId, call: u32, cx: &Context, out: &mut Outbox) {
        match self.role {
            Role::Leader => self.send_again(peer, call, cx, out),
            Role::Candidate => self.ask_again(peer, call, out),
            Role::Follower => {}
        }
    }

    /// Entries are sent again as often as may be; a heartbeat once, for the next is never far.
    fn send_again(&mut self, peer: ServerId, call: u32, cx: &Context, out: &mut Outbox) {
        let asked = &mut self.asked[peer.index()];
        match &mut self.progress[peer.index()].in_flight {
            Some(append) if append.call == call => {
                // If not now, then with the next heartbeat.
                append.lost = true;
                if asked.spend() {
                    self.resend(peer, cx, out);
                }
            }
            Some(_) | None if asked.call == call && asked.spend() => {
                self.send_append(peer, 0, cx, out);
                self.asked[peer.index()].call = 0;
            }
            Some(_) | None => {}
        }
    }

    /// Asks for a vote once more, unless the peer has answered since.
    fn ask_again(&mut self, peer: ServerId, call: u32, out: &mut Outbox) {
        let answered = self.votes.contains(peer) || self.refusals.contains(peer);
        let asked = &mut self.asked[peer.index()];
        if asked.call == call && !answered && asked.spend() {
            self.ask_for_vote(peer, out);
        }
    }

    /// A candidate's request to one peer. It leaves when the term and its own vote are on disk.
    pub(super) fn ask_for_vote(&mut self, peer: ServerId, out: &mut Outbox) {
        let call = self.next_call();
        self.asked[peer.index()].call = call;
        let last = self.log.last();
        out.held.push((peer, Message::RequestVote { call, term: self.term, last }));
    }
}
