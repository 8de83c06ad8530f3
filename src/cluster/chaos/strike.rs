//! What each nemesis does when it strikes: commands that begin a fault, and those that end it.
//!
//! Half of the time the victim is a server that believes that it leads: most rules are about
//! leaders that come and go.

use crate::cluster::Cluster;
use crate::cluster::command::{
    Deed, DiskAct, Ends, Fault, LabAct, LinkAct, MemberAct, NodeName, ServerAct, Text, Timers,
};
use crate::cluster::network::{LinkChange, Network};
use crate::cluster::raft::Role;
use crate::cluster::redraw::Drawn;
use crate::cluster::rng::Rng;
use crate::cluster::server::Power;
use crate::cluster::time::{Ppm, Span, SpanRange};
use crate::cluster::types::{SERVERS_MAX, ServerId, ServerSet};

/// A fault from its beginning to its end.
pub(super) struct Strike {
    pub begin: Vec<Deed<NodeName>>,
    /// None if it is over at once.
    pub end: Vec<Deed<NodeName>>,
    pub lasts: Drawn,
}

fn list(servers: ServerSet) -> Vec<ServerId> {
    servers.iter().collect()
}

fn names(servers: ServerSet) -> Vec<NodeName> {
    servers.iter().map(NodeName::Server).collect()
}

fn one_way(from: ServerSet, to: ServerSet) -> Ends<NodeName> {
    Ends { from: names(from), to: names(to), both: false }
}

fn both_ways(one: ServerSet, two: ServerSet) -> Ends<NodeName> {
    Ends { from: names(one), to: names(two), both: true }
}

impl Cluster {
    /// What this kind of fault does now; `None` if it finds nothing to do.
    pub(super) fn strike(&self, fault: Fault, rng: &mut Rng) -> Option<Strike> {
        match fault {
            Fault::Crashes => self.crashes(rng, Lasting::BeyondAnElection),
            Fault::Blinks => self.crashes(rng, Lasting::WithinAnElection),
            // Its victims are found by what happens to them.
            Fault::Ambushes => None,
            Fault::Blackouts => self.blackout(rng),
            Fault::Cuts => self.cuts(rng),
            Fault::Bridges => self.bridge(rng),
            Fault::Rings => self.ring(rng),
            Fault::Isolations => self.isolation(rng),
            Fault::Halves => self.halves(rng),
            Fault::Sleeps => self.sleeps(rng),
            Fault::Clocks => self.clocks(rng),
            Fault::Losses => {
                let loss = Some(Ppm::percent(5 + rng.below(76) as u32));
                self.change_links(rng, LinkChange { loss, ..LinkChange::default() })
            }
            Fault::Duplicates => {
                let duplicate = Some(Ppm::percent(10 + rng.below(91) as u32));
                self.change_links(rng, LinkChange { duplicate, ..LinkChange::default() })
            }
            Fault::Delays => self.delays(rng),
            Fault::Timeouts => self.time_outs(rng),
            Fault::Transfers => self.transfer(rng),
            Fault::Members => self.change(rng),
            Fault::Disks => self.disks(rng),
        }
    }

    /// The crash of a server that has just done something that it must remember.
    pub(super) fn ambush(&self, server: ServerId, rng: &mut Rng) -> Option<Strike> {
        let mut victims = ServerSet::only(server);
        if rng.chance(Ppm::percent(10)) {
            victims = victims.union(self.some(self.all(), rng));
        }
        let lasting = match rng.chance(Ppm::percent(60)) {
            true => Lasting::WithinAnElection,
            false => Lasting::BeyondAnElection,
        };
        Some(self.crash_of(victims, lasting, rng))
    }

    fn powered(&self) -> ServerSet {
        let up = self.servers.iter().filter(|server| server.power != Power::Down);
        up.map(|server| server.id).collect()
    }

    /// Each of these by the toss of a coin.
    fn some(&self, servers: ServerSet, rng: &mut Rng) -> ServerSet {
        servers.iter().filter(|_| rng.chance(Ppm::percent(50))).collect()
    }

    /// One of these servers: half of the time one that believes that it leads.
    fn victim(&self, among: ServerSet, rng: &mut Rng) -> Option<ServerId> {
        let leads = |id: &ServerId| self.servers[id.index()].raft.role() == Role::Leader;
        let leaders: Vec<ServerId> = among.iter().filter(leads).collect();
        let all: Vec<ServerId> = among.iter().collect();
        let (aimed, leader) = (rng.chance(Ppm::percent(50)), rng.pick(&leaders).copied());
        let anybody = rng.pick(&all).copied();
        if aimed { leader.or(anybody) } else { anybody }
    }

    /// In units of the shortest election timeout, quarters of it.
    fn quarters(&self, low: u64, high: u64, rng: &mut Rng) -> Drawn {
        let quarter = (self.chaos_unit().0 / 4).max(1);
        let range = SpanRange { low: Span(quarter * low), high: Span(quarter * high) };
        Drawn::new(rng, range)
    }

    fn crashes(&self, rng: &mut Rng, lasting: Lasting) -> Option<Strike> {
        let up = self.powered();
        let mut victims = ServerSet::only(self.victim(up, rng)?);
        // More than one at a time, but hardly ever a majority: nothing would happen then.
        let most = match rng.below(8) {
            0 => up.len(),
            1..4 => (self.servers.len() - 1) / 2,
            _ => 1,
        };
        for server in self.some(up, rng).iter() {
            if victims.len() < most {
                victims.insert(server);
            }
        }
        Some(self.crash_of(victims, lasting, rng))
    }

    fn crash_of(&self, victims: ServerSet, lasting: Lasting, rng: &mut Rng) -> Strike {
        let lasts = match lasting {
            Lasting::WithinAnElection => {
                let most = [Span(2), Span::from_millis(2), Span(self.chaos_unit().0 / 2)];
                let most = rng.pick(&most).copied().unwrap_or(Span(2));
                Drawn::new(rng, SpanRange { low: Span(1), high: most })
            }
            Lasting::BeyondAnElection => self.quarters(6, 20, rng),
        };
        Strike {
            begin: vec![Deed::Servers(ServerAct::Crash, list(victims))],
            end: vec![Deed::Servers(ServerAct::Restart, list(victims))],
            lasts,
        }
    }

    fn blackout(&self, rng: &mut Rng) -> Option<Strike> {
        let lasting = match rng.below(2) {
            0 => Lasting::WithinAnElection,
            _ => Lasting::BeyondAnElection,
        };
        let mut strike = self.crash_of(self.all(), lasting, rng);
        if rng.chance(Ppm::percent(30)) {
            // A majority comes back first; the rest is left to the next blackout.
            let mut order: Vec<ServerId> = self.all().iter().collect();
            rng.shuffle(&mut order);
            let first = order.into_iter().take(self.configuration().quorum()).collect();
            strike.end = vec![Deed::Servers(ServerAct::Restart, list(first))];
        }
        Some(strike)
    }

    fn cuts(&self, rng: &mut Rng) -> Option<Strike> {
        let one = ServerSet::only(self.victim(self.all(), rng)?);
        let others = self.all().without(one);
        let ends = match rng.below(4) {
            0 => one_way(others, one),
            1 => one_way(one, others),
            2 => one_way(one, self.some(others, rng)),
            _ => one_way(self.some(others, rng), one),
        };
        let named = |names: &[NodeName]| !names.is_empty();
        let both = named(&ends.from) && named(&ends.to);
        both.then(|| Strike {
            begin: vec![Deed::Links(LinkAct::Cut, ends)],
            end: vec![Deed::Servers(ServerAct::Rejoin, list(one))],
            lasts: self.quarters(1, 16, rng),
        })
    }

    /// In an order of chance: the first is the bridge, the others are two halves.
    fn bridge(&self, rng: &mut Rng) -> Option<Strike> {
        let order = self.shuffled(rng);
        let (_, others) = order.split_first()?;
        let (one, two) = others.split_at(others.len() / 2);
        let (one, two): (ServerSet, ServerSet) =
            (one.iter().copied().collect(), two.iter().copied().collect());
        (!one.is_empty()).then(|| Strike {
            begin: vec![Deed::Links(LinkAct::Cut, both_ways(one, two))],
            end: vec![Deed::Servers(ServerAct::Rejoin, list(one))],
            lasts: self.quarters(2, 16, rng),
        })
    }

    /// In a ring of chance each server hears itself and those on both sides up to a majority.
    fn ring(&self, rng: &mut Rng) -> Option<Strike> {
        let order = self.shuffled(rng);
        let (count, others) = (order.len(), self.configuration().quorum() - 1);
        let mut begin = Vec::new();
        for (place, server) in order.iter().enumerate() {
            let before = others / 2;
            let heard: ServerSet =
                (0..=others).map(|step| order[(place + count + step - before) % count]).collect();
            let deaf = self.all().without(heard);
            if !deaf.is_empty() {
                begin.push(Deed::Links(LinkAct::Cut, one_way(deaf, ServerSet::only(*server))));
            }
        }
        let end = vec![Deed::Servers(ServerAct::Rejoin, list(self.all()))];
        (!begin.is_empty()).then(|| Strike { begin, end, lasts: self.quarters(2, 16, rng) })
    }

    fn shuffled(&self, rng: &mut Rng) -> Vec<ServerId> {
        let mut order: Vec<ServerId> = self.all().iter().collect();
        rng.shuffle(&mut order);
        order
    }

    fn isolation(&self, rng: &mut Rng) -> Option<Strike> {
        let who = list(ServerSet::only(self.victim(self.powered(), rng)?));
        let from_clients = rng.chance(Ppm::percent(25));
        Some(Strike {
            begin: vec![Deed::Servers(ServerAct::Isolate { from_clients }, who.clone())],
            end: vec![Deed::Servers(ServerAct::Rejoin, who)],
            lasts: self.quarters(2, 20, rng),
        })
    }

    fn halves(&self, rng: &mut Rng) -> Option<Strike> {
        let one = self.some(self.all(), rng);
        let two = self.all().without(one);
        let mut groups = vec![names(one), names(two)];
        if rng.chance(Ppm::percent(40)) {
            for client in &self.clients {
                let group = rng.below(3) as usize;
                if let Some(group) = groups.get_mut(group) {
                    group.push(NodeName::Client(Text(client.name.clone())));
                }
            }
        }
        (!one.is_empty() && !two.is_empty()).then(|| Strike {
            begin: vec![Deed::Partition(groups)],
            // One group of all: clients that stood in one of the halves reach all servers again.
            end: vec![Deed::Partition(vec![names(self.all())])],
            lasts: self.quarters(2, 20, rng),
        })
    }

    fn sleeps(&self, rng: &mut Rng) -> Option<Strike> {
        let awake: ServerSet = self.all().iter().filter(|id| self.runs(*id)).collect();
        let mut victims = ServerSet::only(self.victim(awake, rng)?);
        if rng.chance(Ppm::percent(25)) {
            victims = victims.union(self.some(awake, rng));
        }
        Some(Strike {
            begin: vec![Deed::Servers(ServerAct::Sleep, list(victims))],
            end: vec![Deed::Servers(ServerAct::Wake, list(victims))],
            lasts: self.quarters(1, 16, rng),
        })
    }

    fn runs(&self, id: ServerId) -> bool {
        self.servers[id.index()].is_running()
    }

    fn clocks(&self, rng: &mut Rng) -> Option<Strike> {
        const RATES: [Ppm; 6] = [
            Ppm(100_000),
            Ppm(300_000),
            Ppm(700_000),
            Ppm(1_500_000),
            Ppm(3_000_000),
            Ppm(10_000_000),
        ];
        let who = list(ServerSet::only(self.victim(self.all(), rng)?));
        let rate = rng.pick(&RATES).copied()?;
        Some(Strike {
            begin: vec![Deed::Servers(ServerAct::Clock(rate), who.clone())],
            end: vec![Deed::Servers(ServerAct::Clock(Ppm::ONE), who)],
            lasts: self.quarters(4, 30, rng),
        })
    }

    /// A disk is slow or hangs for a while; fails its next write; or was slow, and the power fails in
    /// the midst of a write.
    fn disks(&self, rng: &mut Rng) -> Option<Strike> {
        let who = list(ServerSet::only(self.victim(self.powered(), rng)?));
        let deed = |act| Deed::Servers(ServerAct::Disk(act), who.clone());
        let slow = DiskAct::Sync(Some(self.quarters(1, 8, rng).span));
        let (as_ever, restart) = (
            deed(DiskAct::Sync(Some(self.config.sync))),
            Deed::Servers(ServerAct::Restart, who.clone()),
        );
        let (begin, end) = match rng.below(8) {
            0..3 => (slow, vec![as_ever]),
            3..5 => (DiskAct::Sync(None), vec![as_ever]),
            5 => (DiskAct::Fail, vec![as_ever, restart]),
            6 => (slow, vec![deed(DiskAct::Tear), as_ever, restart]),
            _ => (DiskAct::Sync(None), vec![deed(DiskAct::Tear), as_ever, restart]),
        };
        Some(Strike { begin: vec![deed(begin)], end, lasts: self.quarters(1, 20, rng) })
    }

    /// All links between servers, those of one server, or one.
    fn links_of_chance(&self, rng: &mut Rng) -> Option<Ends<NodeName>> {
        let one = ServerSet::only(self.victim(self.all(), rng)?);
        let others = self.all().without(one);
        let to = others.iter().nth(rng.below(others.len() as u64) as usize)?;
        Some(match rng.below(4) {
            0 => both_ways(self.all(), self.all()),
            1 => both_ways(one, others),
            2 => one_way(one, ServerSet::only(to)),
            _ => one_way(ServerSet::only(to), one),
        })
    }

    fn change_links(&self, rng: &mut Rng, change: LinkChange) -> Option<Strike> {
        let ends = self.links_of_chance(rng)?;
        Some(Strike {
            begin: vec![Deed::Links(LinkAct::Change(change), ends.clone())],
            end: vec![Deed::Links(LinkAct::Mend, ends)],
            lasts: self.quarters(2, 30, rng),
        })
    }

    fn delays(&self, rng: &mut Rng) -> Option<Strike> {
        if rng.chance(Ppm::percent(20)) {
            return Some(Strike {
                begin: vec![Deed::Lab(LabAct::Net(Network::LongReordering))],
                end: vec![Deed::Lab(LabAct::Net(self.config.network))],
                lasts: self.quarters(4, 20, rng),
            });
        }
        let high = self.quarters(1, 12, rng).span;
        let delay = Some(SpanRange { low: Span(1_000).min(high), high });
        self.change_links(rng, LinkChange { delay, ..LinkChange::default() })
    }

    fn transfer(&self, rng: &mut Rng) -> Option<Strike> {
        let leads = |id: &ServerId| self.servers[id.index()].raft.takes_requests();
        let leaders: Vec<ServerId> =
            self.all().iter().filter(|id| self.runs(*id)).filter(leads).collect();
        let from = *rng.pick(&leaders)?;
        let others = self.all().without(ServerSet::only(from)).iter();
        let others: Vec<ServerId> = others.filter(|id| self.runs(*id)).collect();
        let to = rng.pick(&others).copied().filter(|_| rng.chance(Ppm::percent(80)));
        let begin = vec![Deed::Transfer(from, to)];
        Some(Strike { begin, end: Vec::new(), lasts: Drawn::NOT_AT_ALL })
    }

    /// Servers are added, removed or exchanged, some of them new.
    fn change(&self, rng: &mut Rng) -> Option<Strike> {
        let raft = &self.newest_leader()?.raft;
        if raft.unready().is_some() {
            return None;
        }
        // A server that nobody counts on any more may lose its disk: it comes back as a new one.
        let left: ServerSet = self.all().iter().filter(|id| self.nobody_counts_on(*id)).collect();
        if let Some(id) = left.iter().next()
            && rng.below(3) == 0
        {
            let deed = |act| Deed::Servers(act, list(ServerSet::only(id)));
            let begin = vec![deed(ServerAct::Crash), deed(ServerAct::Wipe)];
            let end = vec![deed(ServerAct::Restart)];
            return Some(Strike { begin, end, lasts: self.quarters(1, 4, rng) });
        }
        let all = raft.configuration();
        let most = (self.config.servers + NEW_MAX).min(SERVERS_MAX);
        let next = ServerSet::first((self.servers.len() as u8 + 1).min(most));
        let (voters, others) = (all.voters(), next.without(all.voters()));
        let one = |set: ServerSet, rng: &mut Rng| {
            set.iter().nth(rng.below(set.len().max(1) as u64) as usize).map(ServerSet::only)
        };
        // Never so few that one crash halts all, unless the run began so.
        let least = usize::from(self.config.servers.min(3));
        let (act, who) = match rng.below(10) {
            0..4 => (MemberAct::Add, one(others, rng)?),
            4..7 if voters.len() > least => (MemberAct::Remove, one(voters, rng)?),
            4..7 => (MemberAct::Become, voters.without(one(voters, rng)?).union(one(others, rng)?)),
            7 if voters.len() > least => (MemberAct::Learn, one(voters, rng)?),
            7 => (MemberAct::Learn, one(others, rng)?),
            _ => {
                let some: ServerSet = self.some(next, rng);
                if some.len() < least {
                    return None;
                }
                (MemberAct::Become, some)
            }
        };
        let begin = vec![Deed::Members(act, list(who))];
        Some(Strike { begin, end: Vec::new(), lasts: Drawn::NOT_AT_ALL })
    }

    fn time_outs(&self, rng: &mut Rng) -> Option<Strike> {
        let stands = |id: &ServerId| {
            let server = &self.servers[id.index()];
            server.is_running() && server.raft.role() != Role::Leader
        };
        let able: Vec<ServerId> = self.all().iter().filter(stands).collect();
        let begin = match rng.below(6) {
            0 => Deed::Lab(LabAct::Timers(Timers::Align)),
            1 => Deed::Servers(ServerAct::Timeout, list(able.iter().copied().collect())),
            _ => Deed::Servers(ServerAct::Timeout, list(ServerSet::only(*rng.pick(&able)?))),
        };
        let nobody = matches!(&begin, Deed::Servers(ServerAct::Timeout, who) if who.is_empty());
        (!nobody).then(|| Strike { begin: vec![begin], end: Vec::new(), lasts: Drawn::NOT_AT_ALL })
    }
}

/// How many servers chance adds to those of the start, at most.
const NEW_MAX: u8 = 2;

/// How long a server stays down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasting {
    WithinAnElection,
    BeyondAnElection,
}
