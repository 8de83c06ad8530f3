//! What the timeline tells, read from the trace's milestones: who led when, and what was done to
//! the cluster.
//!
//! A reign ends when its leader stops leading or when a leader of a newer term is elected, even
//! if the old one doesn't know it yet. A cut lasts until it is mended.

use crate::cluster::command::{Command, Ends, Who};
use crate::cluster::event::{Event, EventKind};
use crate::cluster::raft::Role;
use crate::cluster::time::Time;
use crate::cluster::types::{ServerId, ServerSet, Term};
use crate::ui::text::Spaced;

/// The time in which a server led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reign {
    pub server: ServerId,
    pub term: Term,
    pub from: Time,
    /// `None` while it lasts.
    pub until: Option<Time>,
}

/// Something done to servers at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blow {
    pub at: Time,
    /// One letter: x, r, z, w, D; or the mark of a broken rule.
    pub mark: char,
    pub servers: ServerSet,
}

/// Links that were cut for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub from: Time,
    pub until: Option<Time>,
    /// Who is cut off: "S4 S5", or "S1►S2".
    pub label: String,
    what: CutOff,
}

/// Which command undoes a cut.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CutOff {
    Partition,
    /// Of these servers.
    Isolation(Vec<Who>),
    Links(Ends),
}

/// Everything that the timeline tells, each kind in the order of its beginnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    pub reigns: Vec<Reign>,
    /// When the first server stood for election in each term.
    pub elections: Vec<(Time, Term)>,
    pub blows: Vec<Blow>,
    pub cuts: Vec<Cut>,
}

impl Story {
    /// Reads the milestones of a cluster of so many servers.
    pub fn new<'a>(milestones: impl IntoIterator<Item = &'a Event>, servers: u8) -> Self {
        let mut story = Self::default();
        for event in milestones {
            story.read(event, servers);
        }
        story
    }

    fn read(&mut self, event: &Event, servers: u8) {
        self.read_leaders(event);
        self.read_blows(event);
        if let EventKind::Commanded { command } = &event.kind {
            self.read_cuts(event.time, command, servers);
        }
    }

    fn read_leaders(&mut self, event: &Event) {
        let at = event.time;
        if let EventKind::BecameLeader { server, term, .. } = &event.kind {
            self.crown(at, *server, *term);
        } else if let EventKind::SteppedDown { server, role: Role::Leader, .. }
        | EventKind::Crashed { server, .. } = &event.kind
        {
            self.dethrone(at, *server);
        } else if let EventKind::ElectionStarted { term, .. } = &event.kind
            && self.elections.last().is_none_or(|(_, newest)| newest < term)
        {
            self.elections.push((at, *term));
        }
    }

    fn read_blows(&mut self, event: &Event) {
        let (mark, servers) = if let EventKind::Crashed { server, .. } = &event.kind {
            ('x', ServerSet::only(*server))
        } else if let EventKind::Restarted { server } = &event.kind {
            ('r', ServerSet::only(*server))
        } else if let EventKind::FellAsleep { server } = &event.kind {
            ('z', ServerSet::only(*server))
        } else if let EventKind::Woke { server, .. } = &event.kind {
            ('w', ServerSet::only(*server))
        } else if let EventKind::Wiped { server } = &event.kind {
            ('D', ServerSet::only(*server))
        } else if let EventKind::Violated { .. } = &event.kind {
            ('!', ServerSet::EMPTY)
        } else {
            return;
        };
        // The same thing done to several servers at once is one blow.
        match self.blows.last_mut() {
            Some(last) if last.at == event.time && last.mark == mark => {
                last.servers = last.servers.union(servers);
            }
            Some(_) | None => self.blows.push(Blow { at: event.time, mark, servers }),
        }
    }

    fn crown(&mut self, at: Time, server: ServerId, term: Term) {
        if let Some(last) = self.reigns.last_mut() {
            if last.term >= term {
                return;
            }
            last.until.get_or_insert(at);
        }
        self.reigns.push(Reign { server, term, from: at, until: None });
    }

    fn dethrone(&mut self, at: Time, server: ServerId) {
        if let Some(last) = self.reigns.last_mut()
            && last.server == server
        {
            last.until.get_or_insert(at);
        }
    }

    fn read_cuts(&mut self, at: Time, command: &Command, servers: u8) {
        if let Command::Partition(groups) = command {
            self.mend(at, |_| true);
            self.cut(at, apart(groups, servers), CutOff::Partition);
        } else if let Command::Isolate { who, .. } = command {
            self.cut(at, names(who), CutOff::Isolation(who.clone()));
        } else if let Command::Cut(ends) = command {
            let arrow = if ends.both { '-' } else { '►' };
            let label = format!("{}{arrow}{}", names(&ends.from), names(&ends.to));
            self.cut(at, label, CutOff::Links(ends.clone()));
        } else if let Command::Heal = command {
            self.mend(at, |_| true);
        } else if let Command::Rejoin(who) = command {
            self.mend(at, |what| *what == CutOff::Isolation(who.clone()));
        } else if let Command::Mend(mended) = command {
            self.mend(at, |what| *what == CutOff::Links(mended.clone()));
        }
    }

    fn cut(&mut self, from: Time, label: String, what: CutOff) {
        self.cuts.push(Cut { from, until: None, label, what });
    }

    fn mend(&mut self, at: Time, which: impl Fn(&CutOff) -> bool) {
        for cut in self.cuts.iter_mut().filter(|cut| which(&cut.what)) {
            cut.until.get_or_insert(at);
        }
    }
}

/// Those outside of the largest group of a partition.
fn apart(groups: &[Vec<Who>], servers: u8) -> String {
    let server = |who: &Who| if let Who::Server(server) = who { Some(*server) } else { None };
    let set = |group: &Vec<Who>| group.iter().filter_map(server).collect::<ServerSet>();
    let mut sets: Vec<ServerSet> = groups.iter().map(set).collect();
    let named = sets.iter().fold(ServerSet::EMPTY, |all, set| all.union(*set));
    sets.push(ServerSet::first(servers).without(named));
    // Of several that are largest, the first.
    let largest = sets.iter().rev().max_by_key(|set| set.len()).copied().unwrap_or_default();
    let away = ServerSet::first(servers).without(largest);
    Spaced(away.iter()).to_string()
}

/// The names in a command that has been applied: everybody in it is called by name.
fn names(who: &[Who]) -> String {
    let name = |one: &Who| match one {
        Who::Server(server) => Some(server.to_string()),
        Who::Client(name) => Some(name.as_str().to_owned()),
        Who::Leader
        | Who::Follower
        | Who::Followers
        | Who::Candidate
        | Who::Majority
        | Who::Minority
        | Who::Rest
        | Who::All
        | Who::Down
        | Who::Random
        | Who::Hole(_) => None,
    };
    who.iter().filter_map(name).collect::<Vec<_>>().join(" ")
}
