//! What is the case instead, where a condition or a challenge wanted something else: the facts that are
//! nearest to it.

use super::guest::why_ended;
use super::scene::{list, share};
use crate::cluster::Cluster;
use crate::cluster::invariant::Invariant;
use crate::cluster::raft::RaftOption;
use crate::cluster::server::{Power, Server};
use crate::cluster::situation::{Situation, Standing};
use crate::cluster::types::Request;
use crate::cluster::words::told_when;

impl Cluster {
    /// Who leads which term: each server that does, for one that is cut off leads on.
    pub(in crate::cluster) fn leader_words(&self) -> String {
        let situation = Situation::of(self);
        let leaders = situation.leaders(self);
        if leaders.is_empty() {
            let all_down = self.servers().iter().all(|server| server.power == Power::Down);
            let instead = match all_down {
                true => format!("all {} servers are down", self.servers().len()),
                false => format!("no server leads; the highest term is {}", self.term()),
            };
            let words: Vec<String> = [instead].into_iter().chain(self.ended_words()).collect();
            return words.join("; ");
        }
        let leads = leaders.into_iter().filter_map(|id| self.server(id)).map(|server| {
            let (id, term) = (server.id, server.raft.term());
            if let Standing::Stuck(_) = situation.standing(id) {
                let way = goes_on(server);
                return format!("{id} still leads term {term}, and can commit nothing{way}");
            }
            format!("{id} leads term {term}")
        });
        leads.collect::<Vec<String>>().join("; ")
    }

    /// Which servers have ended by themselves, and why: "S2 ended on its own: out of memory".
    pub fn ended_words(&self) -> Vec<String> {
        let servers = self.servers().iter();
        let ended = servers.filter_map(|server| Some((server.id, why_ended(server)?)));
        ended.map(|(id, why)| format!("{id} ended on its own: {why}")).collect()
    }

    /// Why no entry of an older term is on a majority and waits for one of the leader's own (§5.4.2).
    pub(in crate::cluster) fn no_old_words(&self) -> String {
        let leaders = Situation::of(self).leaders(self);
        let leaders = leaders.into_iter().filter_map(|id| self.server(id));
        let words = leaders.map(|leader| {
            let (id, term) = (leader.id, leader.raft.term());
            let next = leader.raft.commit().next();
            match leader.raft.log().get(next) {
                None => format!("{id} leads term {term}, and has committed all that its log holds"),
                Some(entry) if entry.term == term => {
                    format!("{id} leads term {term}, and entry {next} is of that very term")
                }
                Some(entry) => {
                    let copies = self.copies(next, entry);
                    let (old, whose) = (entry.term, list(copies));
                    format!(
                        "{id} leads term {term}, and entry {next}, of term {old}, is in the logs of {} \
                         servers: {whose}",
                        share(self, copies)
                    )
                }
            }
        });
        let words: Vec<String> = words.collect();
        match words.is_empty() {
            true => self.leader_words(),
            false => words.join("; "),
        }
    }

    /// What there is to a rule that has not been broken.
    pub fn kept_words(&self, rule: Invariant) -> String {
        if self.servers().iter().any(|server| server.raft.is_guest()) {
            return self.violation_words();
        }
        if rule == Invariant::OneVote {
            let votes = self.servers().iter().map(vote);
            format!("no server has voted twice: {}", votes.collect::<Vec<String>>().join(", "))
        } else if rule == Invariant::OnAMajority {
            self.committed_words()
        } else if rule == Invariant::Linearizability {
            self.answer_words()
        } else {
            self.violation_words()
        }
    }

    /// The last entry that is committed, or what the leader has that is not.
    fn committed_words(&self) -> String {
        let furthest = self.servers().iter().filter(|server| server.is_running());
        let furthest = furthest.max_by_key(|server| server.raft.commit());
        let committed = furthest.and_then(|server| {
            let index = server.raft.commit();
            server.raft.log().get(index).map(|entry| (server.id, index, entry))
        });
        match committed {
            Some((id, index, entry)) => {
                let disks = self.synced(index, entry);
                let count = share(self, disks);
                format!(
                    "{id} has committed entry {index}, and {count} disks have it: {}",
                    list(disks)
                )
            }
            None => format!("no server has committed an entry; {}", self.leader_words()),
        }
    }

    /// The last get, and that it fits.
    fn answer_words(&self) -> String {
        let records = self.history().records();
        let is_get = |request: &Request| matches!(request, Request::Get { .. });
        let last = records.iter().rev().find(|record| is_get(&record.request));
        match last {
            None => "no client has read anything".to_owned(),
            Some(last) => format!(
                "one order explains every answer; the last get: {}",
                told_when(self.names(), last)
            ),
        }
    }
}

/// Why a leader that can commit nothing leads on, where the rules are the paper's.
fn goes_on(server: &Server) -> &'static str {
    let plain = !server.raft.is_guest()
        && server.flaws().is_empty()
        && !server.raft.rules().options.has(RaftOption::CheckQuorum);
    if plain { ": it has heard of no later term (§5.1)" } else { "" }
}

fn vote(server: &Server) -> String {
    let (id, term) = (server.id, server.disk.hard.term);
    match server.disk.hard.voted_for {
        Some(whom) => format!("{id} for {whom} in term {term}"),
        None => format!("{id} for nobody in term {term}"),
    }
}
