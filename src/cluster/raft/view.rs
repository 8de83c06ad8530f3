//! What others may ask of a server's Raft: conditions, explanations, checkers and the screen read it
//! here, and nobody but `raft` changes it or knows how it is kept.

use super::{Configuration, Index, Log, Progress, Raft, Role, Rules, ServerId, ServerSet, Term};

impl Raft {
    pub const fn id(&self) -> ServerId {
        self.id
    }

    pub const fn rules(&self) -> Rules {
        self.rules
    }

    pub const fn configuration(&self) -> Configuration {
        self.configuration
    }

    /// The configuration as this server counts by it: a planted flaw may have it count otherwise.
    pub fn counts_by(&self) -> Configuration {
        self.rules.counts_by(self.configuration).answer
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
        self.role
    }

    /// Who leads its term, as far as it has heard.
    pub const fn leader(&self) -> Option<ServerId> {
        self.leader
    }

    /// Who votes for this candidate, or made it the leader.
    pub const fn votes(&self) -> ServerSet {
        self.votes
    }

    /// Who has refused this candidate its vote.
    pub const fn refusals(&self) -> ServerSet {
        self.refusals
    }

    /// Whose votes for this candidate were given in an earlier term. Only a flaw makes any.
    pub const fn stale_votes(&self) -> ServerSet {
        self.strays
    }

    /// What this leader knows of a server, itself included; `None` if it does not lead.
    pub fn progress(&self, server: ServerId) -> Option<&Progress> {
        self.progress.get(server.index())
    }

    /// Whether it knows nothing, as at the very beginning.
    pub fn is_blank(&self) -> bool {
        self.term == Term::ZERO && self.log.last_index() == Index::ZERO
    }

    pub fn is_leader(&self) -> bool {
        self.role == Role::Leader
    }

    /// Who holds the entry at `index`, as far as this leader knows.
    pub fn holders(&self, index: Index) -> ServerSet {
        let servers = ServerId::first(self.progress.len() as u8);
        servers.filter(|server| self.progress[server.index()].matched >= index).collect()
    }
}
