//! Members are added and removed: what is asked of the leader, and why it can't be done (dissertation chapter 4).

use crate::cluster::command::MemberAct;
use crate::cluster::raft::{Configuration, RaftOption, Unready, Wanted, brief};
use crate::cluster::resolve::error;
use crate::cluster::server::Server;
use crate::cluster::types::{SERVERS_MAX, ServerId, ServerSet};
use crate::cluster::{Cluster, Refusal};

impl MemberAct {
    /// Who is to vote and to learn after it.
    fn wanted(self, all: Configuration, who: ServerSet) -> Wanted {
        let (voters, learners) = (all.voters(), all.learners());
        match self {
            Self::Add => Wanted { voters: voters.union(who), learners: learners.without(who) },
            Self::Remove => Wanted { voters: voters.without(who), learners: learners.without(who) },
            Self::Become => Wanted { voters: who, learners: learners.without(who) },
            Self::Learn => Wanted { voters: voters.without(who), learners: learners.union(who) },
        }
    }

    /// Why nothing would come of it, or no good.
    fn hindrance(self, all: Configuration, who: ServerSet) -> Option<String> {
        let wanted = self.wanted(all, who);
        let (now, them) = (all.voters(), brief(who));
        let is = |what: &str| match who.len() {
            1 => format!("{them} is {what} already"),
            _ => format!("{them} are {}s already", what.trim_start_matches("a ")),
        };
        if wanted.voters.is_empty() {
            return Some(format!(
                "{} would leave nobody who votes: a cluster has a voter at least",
                self.words()
            ));
        }
        if wanted != (Wanted { voters: now, learners: all.learners() }) {
            return None;
        }
        Some(match self {
            Self::Add => is("a voting member"),
            Self::Remove if who.len() == 1 => format!("{them} is no member: the members are {all}"),
            Self::Remove => format!("none of {them} is a member: the members are {all}"),
            Self::Become => format!("the voting members are {} already", brief(now)),
            Self::Learn => is("a learner"),
        })
    }
}

impl Cluster {
    pub(super) fn refuse_members(&self, act: MemberAct, who: &[ServerId]) -> Result<(), Refusal> {
        if self.has_guests() {
            let message = "the lab's own Raft changes its members; these servers have another";
            return Err(Refusal::Foreign(message.to_owned()));
        }
        let who: ServerSet = who.iter().copied().collect();
        self.refuse_new(act, who)?;
        let Some(leader) = self.newest_leader().filter(|leader| leader.is_running()) else {
            return Err(error("nobody leads: members change through a leader (dissertation §4.1)"));
        };
        let (id, raft) = (leader.id, &leader.raft);
        if let Some(transfer) = raft.transfer() {
            let message = format!(
                "{id} hands over to {}, and takes nothing until that has ended",
                transfer.to
            );
            return Err(error(message));
        }
        if let Some(why) = raft.unready() {
            return Err(error(match why {
                Unready::Changing(all) => format!(
                    "a change of members is under way already ({}): one at a time",
                    under_way(all)
                ),
                Unready::Uncommitted(index) => format!(
                    "the last change, entry {index}, is not committed yet: one at a time (dissertation §4.1)"
                ),
                Unready::Waits(Wanted { voters, .. }) => {
                    format!("a change of members to {} waits already: one at a time", brief(voters))
                }
            }));
        }
        let all = raft.configuration();
        if let Some(why) = act.hindrance(all, who) {
            return Err(error(why));
        }
        let Wanted { voters, .. } = act.wanted(all, who);
        let changed = all.voters().without(voters).len() + voters.without(all.voters()).len();
        if raft.changes_singly() && changed > 1 {
            return Err(error(format!(
                "with {}=single one voter is added or removed at a time (dissertation §4.1), and these are {changed}",
                RaftOption::Membership
            )));
        }
        Ok(())
    }

    /// Servers that are not there yet are added in the order of their numbers, and are there to be members.
    fn refuse_new(&self, act: MemberAct, who: ServerSet) -> Result<(), Refusal> {
        let there = self.servers.len();
        for (count, new) in (there..).zip(who.iter().filter(|id| id.index() >= there)) {
            let next = ServerId::from_index(count as u8);
            if act == MemberAct::Remove {
                let last = ServerId::from_index(count as u8 - 1);
                return Err(error(format!("there is no {new}: the servers are S1 to {last}")));
            }
            if new != next {
                return Err(error(match count < usize::from(SERVERS_MAX) {
                    true => format!("there is no {new} yet: the next new server is {next}"),
                    false => format!("the lab has {SERVERS_MAX} servers at most"),
                }));
            }
        }
        Ok(())
    }

    pub(super) fn change_members(&mut self, act: MemberAct, who: &[ServerId]) {
        let who: ServerSet = who.iter().copied().collect();
        self.has_changed_members = true;
        while self.servers.len() < who.end() {
            self.add_server();
        }
        let Some(leader) = self.newest_leader().map(|leader| leader.id) else { return };
        let wanted = act.wanted(self.servers[leader.index()].raft.configuration(), who);
        self.step_raft(leader, |raft, cx, out| raft.begin_change(wanted, cx, out));
    }

    /// A server that nobody has told of any other: it keeps the options that the leader keeps, and the flaws
    /// that all have.
    fn add_server(&mut self) {
        let id = ServerId::from_index(self.servers.len() as u8);
        let mut server = Server::new(id, Configuration::NONE, &self.config);
        let leader = self.newest_leader().map(|leader| leader.raft.rules().options);
        for choice in leader.unwrap_or_default().iter() {
            server.raft.choose(choice, &mut self.outbox);
        }
        let flaws =
            self.servers.iter().map(Server::flaws).reduce(|one, other| one.intersection(other));
        for flaw in flaws.unwrap_or_default().iter() {
            server.raft.plant(flaw, true);
        }
        server.raft.starts(self.now);
        self.servers.push(server);
        self.links.add_server(self.seed);
        if let Some(checker) = &mut self.checker {
            checker.add_server();
        }
    }
}

/// "S1-3 -> S1-4": what a change is about.
fn under_way(all: Configuration) -> String {
    match all.next() {
        Some(next) => format!("{} -> {}", brief(all.voters()), brief(next)),
        None => all.to_string(),
    }
}
