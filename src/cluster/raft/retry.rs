//! Retries: what is asked again at once when the network tells that a call has failed (§5.1 and
//! §5.5: servers retry RPCs).
//!
//! A retry can fail too, and each failure is told. So that trouble on one link never becomes a
//! storm, two rules hold. Only the failure of the newest call is answered with another one: what
//! older calls came to is no news, and one retry at a time is outstanding. And every peer has a
//! store of [`REPEATS_MAX`] repetitions, which each heartbeat fills up by [`REPEATS_A_BEAT`]: enough
//! for a bad moment, and a peer that nothing reaches costs so many requests a heartbeat, however
//! long that lasts.

use super::{Context, Message, Outbox, Raft, Replication, State};
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

/// The calls that a server has made. Their numbers go on over restarts, as those of connections
/// do: what becomes of an old call is not taken for news of a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Calls {
    made: u32,
    /// How many of them before it was started last.
    before: u32,
}

impl Calls {
    /// The number of the next call.
    pub(super) const fn next(&mut self) -> u32 {
        self.made = self.made.wrapping_add(1);
        self.made
    }

    /// How many have been made.
    pub(super) const fn made(self) -> u32 {
        self.made
    }

    pub(super) const fn started_again(self) -> Self {
        Self { before: self.made, ..self }
    }
}

impl Raft {
    /// Whether it made this call since it was started last.
    pub const fn has_made(&self, call: u32) -> bool {
        call > self.calls.before
    }

    /// The network tells that a call to `peer` has failed: the request or its answer was lost.
    pub fn on_loss(&mut self, peer: ServerId, call: u32, cx: &Context, out: &mut Outbox) {
        match self.state {
            State::Leader(_) => self.send_again(peer, call, cx, out),
            State::PreCandidate(_) | State::Candidate(_) => self.ask_again(peer, call, out),
            State::Follower { .. } => {}
        }
    }

    /// Entries are sent again as often as may be; a heartbeat once, for the next is never far.
    fn send_again(&mut self, peer: ServerId, call: u32, cx: &Context, out: &mut Outbox) {
        if cx.pipelines() && self.is_in_flight(peer, call) {
            self.probe_again(peer, out);
            let State::Leader(leader) = &mut self.state else { return };
            if leader.asked[peer.index()].spend() {
                self.send_append(peer, 0, cx, out);
            }
            return;
        }
        let State::Leader(leader) = &mut self.state else { return };
        // What it asked earlier, it may have asked one who is no member here.
        let known = leader.progress.get_mut(peer.index()).zip(leader.asked.get_mut(peer.index()));
        let Some((progress, asked)) = known else { return };
        match &mut progress.replication {
            Replication::UnderWay { call: newest, lost, .. }
            | Replication::Snapshot { call: newest, lost, .. }
                if *newest == call =>
            {
                // If not now, then with the next heartbeat.
                *lost = true;
                if asked.spend() {
                    self.resend(peer, cx, out);
                }
            }
            _ if asked.call == call && asked.spend() => {
                self.send_append(peer, 0, cx, out);
                if let State::Leader(leader) = &mut self.state {
                    leader.asked[peer.index()].call = 0;
                }
            }
            Replication::UnderWay { .. } | Replication::Snapshot { .. } | Replication::Idle => {}
        }
    }

    /// Asks for a vote once more, unless the peer has answered since.
    fn ask_again(&mut self, peer: ServerId, call: u32, out: &mut Outbox) {
        let (State::PreCandidate(candidate) | State::Candidate(candidate)) = &mut self.state else {
            return;
        };
        let answered = candidate.votes.contains(peer) || candidate.refusals.contains(peer);
        let Some(asked) = candidate.asked.get_mut(peer.index()) else { return };
        if asked.call == call && !answered && asked.spend() {
            self.ask_for_vote(peer, out);
        }
    }

    /// A candidate's request to one peer. It leaves when the term and its own vote are on disk; a
    /// pre-candidate's promises nothing and leaves at once.
    pub(super) fn ask_for_vote(&mut self, peer: ServerId, out: &mut Outbox) {
        let (last, term) = (self.log.last(), self.term);
        match &mut self.state {
            State::PreCandidate(candidate) => {
                let call = self.calls.next();
                candidate.asked[peer.index()].call = call;
                out.messages.push((peer, Message::PreVote { call, term: term.next(), last }));
            }
            State::Candidate(candidate) => {
                let call = self.calls.next();
                candidate.asked[peer.index()].call = call;
                let transfer = candidate.told_by.is_some();
                out.held.push((peer, Message::RequestVote { call, term, last, transfer }));
            }
            State::Follower { .. } | State::Leader(_) => {}
        }
    }
}
