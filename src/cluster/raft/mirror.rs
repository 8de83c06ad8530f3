//! A Raft that another program runs, as far as that shows: its disk and its reports, in the place
//! where everybody looks.
//!
//! Nothing is decided here. What is saved, appended and removed is on its way to the disk, so it can't
//! disagree with it; role, leader and commit index are what the program says. Who asks the
//! [`Raft`] behind such a server gets these, and the checkers hold them to the paper's rules.

use super::retry::Asked;
use super::{
    Candidacy, Entry, HardState, Index, Leadership, Outbox, Progress, Raft, RaftEvent, Role,
    ServerId, ServerSet, State, StepDown, Time, Write,
};

/// What a program says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub role: Role,
    /// Who leads, as far as it has heard.
    pub leader: Option<ServerId>,
    pub commit: Index,
}

impl Raft {
    /// currentTerm and votedFor are written.
    pub(in crate::cluster) fn mirror_hard(&mut self, hard: HardState, out: &mut Outbox) {
        if hard == (HardState { term: self.term, voted_for: self.voted_for }) {
            return;
        }
        let ends = hard.term != self.term && self.is_leader();
        (self.term, self.voted_for) = (hard.term, hard.voted_for);
        self.write_vote(out);
        out.emit(RaftEvent::Saved { term: hard.term, vote: hard.voted_for });
        // Who leads a term does not lead the next by that.
        if ends {
            self.take_role(Role::Follower, None, Time::START, out);
        }
    }

    /// An entry is written behind the last.
    pub(in crate::cluster) fn mirror_append(&mut self, entry: Entry, out: &mut Outbox) {
        let term = entry.term;
        out.writes.push(Write::Append(entry.clone()));
        self.log.push(entry);
        let at = self.log.last_index();
        match out.events.last_mut() {
            Some((_, RaftEvent::Wrote { last, term: of, .. })) if last.next() == at => {
                (*last, *of) = (at, term);
            }
            _ => out.emit(RaftEvent::Wrote { first: at, last: at, term }),
        }
    }

    /// All entries from here on are removed.
    pub(in crate::cluster) fn mirror_truncate(&mut self, first: Index, out: &mut Outbox) {
        let last = self.log.last_index();
        let Some(old) = self.log.term(first).filter(|_| first <= last) else { return };
        self.log.truncate(first);
        out.writes.push(Write::Truncate(first));
        out.emit(RaftEvent::Erased { first, last, old });
    }

    /// Role and leader are what the program says they are.
    pub(in crate::cluster) fn mirror_role(&mut self, report: Report, now: Time, out: &mut Outbox) {
        let Report { role, leader, .. } = report;
        if role != self.role() || (role == Role::Follower && leader != self.leader()) {
            self.take_role(role, leader, now, out);
        } else if let State::Follower { leader: Some((_, heard)) } = &mut self.state {
            *heard = now;
        }
    }

    fn take_role(&mut self, role: Role, leader: Option<ServerId>, now: Time, out: &mut Outbox) {
        let (before, term) = (self.role(), self.term);
        let room = self.room();
        let asked = || vec![Asked::default(); room];
        // What it has said of its votes before it won.
        let candidate = if let State::Candidate(it) = &self.state { Some(it) } else { None };
        let votes = candidate.map_or(ServerSet::EMPTY, |candidate| candidate.votes);
        self.state = match role {
            Role::Follower => State::Follower { leader: leader.map(|leader| (leader, now)) },
            Role::PreCandidate => {
                State::PreCandidate(Candidacy { asked: asked(), ..Candidacy::default() })
            }
            Role::Candidate => {
                State::Candidate(Candidacy { asked: asked(), ..Candidacy::default() })
            }
            Role::Leader => State::Leader(Leadership {
                votes,
                progress: vec![Progress::default(); room],
                asked: asked(),
                transfer: None,
                reading: super::reads::Reading::default(),
                active: ServerSet::EMPTY,
                sending: Vec::new(),
                catching: Vec::new(),
                wanted: None,
                pipeline: super::Pipeline::default(),
                strays: ServerSet::EMPTY,
            }),
        };
        if before == role {
            return;
        }
        let candidacy = before == Role::Candidate && role == Role::Leader;
        if before != Role::Follower && !candidacy {
            out.emit(RaftEvent::SteppedDown { role: before, term, why: StepDown::Reported });
        }
        match role {
            Role::Follower => {}
            Role::PreCandidate | Role::Candidate => {
                out.emit(RaftEvent::Stands { term, first_asks: role == Role::PreCandidate });
            }
            Role::Leader => {
                let (stale, all) = (ServerSet::EMPTY, self.configuration());
                out.emit(RaftEvent::BecameLeader { term, votes, stale, all });
            }
        }
    }

    /// The commit index is what the program says it is, however wrong.
    pub(in crate::cluster) fn mirror_commit(&mut self, commit: Index, out: &mut Outbox) {
        if commit == self.commit {
            return;
        }
        let (first, last) = (self.commit.next().min(commit.next()), commit);
        self.commit = commit;
        out.emit(match self.is_leader() {
            true => RaftEvent::Committed {
                first,
                last,
                term: self.log.term(last).unwrap_or_default(),
                current: self.term,
                copies: ServerSet::EMPTY,
                holders: ServerSet::EMPTY,
                all: self.configuration(),
            },
            false => RaftEvent::CommitReported { first, last },
        });
    }

    /// nextIndex and matchIndex of a follower.
    pub(in crate::cluster) fn mirror_progress(
        &mut self,
        peer: ServerId,
        next: Index,
        matched: Index,
    ) {
        if let State::Leader(leader) = &mut self.state
            && let Some(progress) = leader.progress.get_mut(peer.index())
        {
            (progress.next, progress.matched) = (next, matched);
        }
    }

    /// Who has voted for this candidate.
    pub(in crate::cluster) fn mirror_votes(&mut self, voters: ServerSet) {
        match &mut self.state {
            State::PreCandidate(candidate) | State::Candidate(candidate) => {
                candidate.votes = voters
            }
            State::Leader(leader) => leader.votes = voters,
            State::Follower { .. } => {}
        }
    }
}
