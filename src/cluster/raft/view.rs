//! What others may ask of a server's Raft: conditions, explanations, checkers and the screen read it
//! here, and nobody but `raft` changes it or knows how it is kept.

use super::{
    Configuration, Index, Log, Progress, Raft, Role, Rules, ServerId, ServerSet, State, Term, Time,
};

impl Raft {
    pub const fn id(&self) -> ServerId {
        self.id
    }

    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// The configuration as this server counts by it: a planted flaw may have it count otherwise.
    pub fn counts_by(&self) -> Configuration {
        self.rules.counts_by(self.configuration()).answer
    }

    /// When this follower last heard from the leader of its term.
    pub const fn heard_leader(&self) -> Option<Time> {
        let State::Follower { leader: Some((_, heard)) } = self.state else { return None };
        Some(heard)
    }

    /// Who has answered this leader since its last check for a quorum, itself included.
    pub const fn active(&self) -> ServerSet {
        match &self.state {
            State::Leader(leader) => leader.active,
            State::Follower { .. } | State::PreCandidate(_) | State::Candidate(_) => {
                ServerSet::EMPTY
            }
        }
    }

    /// currentTerm.
    pub const fn term(&self) -> Term {
        self.term
    }

    /// votedFor.
    pub const fn voted_for(&self) -> Option<ServerId> {
        self.voted_for
    }

    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// commitIndex.
    pub const fn commit(&self) -> Index {
        self.commit
    }

    pub const fn role(&self) -> Role {
        match self.state {
            State::Follower { .. } => Role::Follower,
            State::PreCandidate(_) => Role::PreCandidate,
            State::Candidate(_) => Role::Candidate,
            State::Leader(_) => Role::Leader,
        }
    }

    pub const fn is_leader(&self) -> bool {
        matches!(self.state, State::Leader(_))
    }

    /// Who leads its term, as far as it has heard.
    pub const fn leader(&self) -> Option<ServerId> {
        match self.state {
            State::Follower { leader: Some((leader, _)) } => Some(leader),
            State::Follower { leader: None } | State::PreCandidate(_) | State::Candidate(_) => None,
            State::Leader(_) => Some(self.id),
        }
    }

    /// Who votes for this candidate, would vote for this pre-candidate, or made it the leader.
    pub const fn votes(&self) -> ServerSet {
        match &self.state {
            State::Follower { .. } => ServerSet::EMPTY,
            State::PreCandidate(candidate) | State::Candidate(candidate) => candidate.votes,
            State::Leader(leader) => leader.votes,
        }
    }

    /// Who has refused this candidate its vote.
    pub const fn refusals(&self) -> ServerSet {
        match &self.state {
            State::PreCandidate(candidate) | State::Candidate(candidate) => candidate.refusals,
            State::Follower { .. } | State::Leader(_) => ServerSet::EMPTY,
        }
    }

    /// Whose votes for this candidate were given in an earlier term. Only a flaw makes any.
    pub const fn stale_votes(&self) -> ServerSet {
        match &self.state {
            State::Candidate(candidate) => candidate.strays,
            State::Follower { .. } | State::PreCandidate(_) | State::Leader(_) => ServerSet::EMPTY,
        }
    }

    /// What this leader knows of a server, itself included; `None` if it does not lead.
    pub fn progress(&self, server: ServerId) -> Option<&Progress> {
        match &self.state {
            State::Leader(leader) => leader.progress.get(server.index()),
            State::Follower { .. } | State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    /// Who holds the entry at `index`, as far as this leader knows.
    pub fn holders(&self, index: Index) -> ServerSet {
        let has = |known: &Progress| known.matched >= index;
        let holds = |server: &ServerId| self.progress(*server).is_some_and(has);
        self.rules.asks(self.configuration()).answer.iter().filter(holds).collect()
    }

    /// Whether it knows nothing, as at the very beginning.
    pub fn is_blank(&self) -> bool {
        self.term == Term::ZERO && self.log.last_index() == Index::ZERO
    }
}
