//! What the timeline tells, read from the trace's milestones: who led when, and what was done to
//! the cluster.
//!
//! A reign ends when its leader stops leading or when a leader of a newer term is elected, even
//! if the old one doesn't know it yet. A cut lasts until it is mended.

use crate::cluster::command::{Command, Ends, Named, Who};
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
    pub letter: char,
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
        let (letter, servers) = if let EventKind::Crashed { server, .. } = &event.kind {
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
            Some(last) if last.at == event.time && last.letter == letter => {
                last.servers = last.servers.union(servers);
            }
            Some(_) | None => self.blows.push(Blow { at: event.time, letter, servers }),
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
    let set = |group: &Vec<Who>| group.iter().filter_map(Who::server).collect::<ServerSet>();
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
    let name = |one: &Who| {
        one.named().map(|named| match named {
            Named::Server(server) => server.to_string(),
            Named::Client(name) => name.as_str().to_owned(),
        })
    };
    who.iter().filter_map(name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cluster::event::{Cause, StepDown};
    use crate::cluster::raft::Position;

    fn server(number: u64) -> ServerId {
        ServerId::from_number(number).unwrap()
    }

    fn who(numbers: &[u64]) -> Vec<Who> {
        numbers.iter().map(|number| Who::Server(server(*number))).collect()
    }

    fn story(events: Vec<(u64, EventKind)>) -> Story {
        let event = |(at, kind)| Event { time: Time(at), cause: Cause::Start, kind };
        let events: Vec<Event> = events.into_iter().map(event).collect();
        Story::new(&events, 5)
    }

    fn stands(number: u64, term: u64) -> EventKind {
        let (server, term) = (server(number), Term(term));
        EventKind::ElectionStarted { server, term, last: Position::default() }
    }

    fn wins(number: u64, term: u64) -> EventKind {
        let (server, term) = (server(number), Term(term));
        EventKind::BecameLeader { server, term, votes: ServerSet::first(3), servers: 5 }
    }

    fn commanded(command: Command) -> EventKind {
        EventKind::Commanded { command: Arc::new(command) }
    }

    fn reign(number: u64, term: u64, from: u64, until: Option<u64>) -> Reign {
        let until = until.map(Time);
        Reign { server: server(number), term: Term(term), from: Time(from), until }
    }

    #[test]
    fn a_reign_ends_with_the_next_or_with_its_leader() {
        let newer = StepDown::NewerTerm { term: Term(4) };
        let steps_down =
            |role| EventKind::SteppedDown { server: server(4), role, term: Term(4), why: newer };
        let story = story(vec![
            (10, stands(1, 1)),
            (20, wins(1, 1)),
            (30, EventKind::Crashed { server: server(1), lost: 0 }),
            (40, stands(2, 2)),
            (45, stands(3, 2)),
            (50, stands(4, 3)),
            (60, wins(4, 3)),
            (70, wins(2, 4)),
            // The old leader hears of it later.
            (80, steps_down(Role::Leader)),
            (90, steps_down(Role::Candidate)),
        ]);
        let expected =
            [reign(1, 1, 20, Some(30)), reign(4, 3, 60, Some(70)), reign(2, 4, 70, None)];
        assert_eq!(story.reigns, expected);
        let elections: Vec<(u64, u64)> =
            story.elections.iter().map(|(at, term)| (at.0, term.0)).collect();
        assert_eq!(elections, [(10, 1), (40, 2), (50, 3)]);
    }

    #[test]
    fn what_happens_to_several_at_once_is_told_once() {
        let crash = |number| EventKind::Crashed { server: server(number), lost: 0 };
        let restart = EventKind::Restarted { server: server(1) };
        let story = story(vec![(10, crash(1)), (10, crash(3)), (10, restart), (20, crash(1))]);
        let told: Vec<(u64, char, String)> = story
            .blows
            .iter()
            .map(|blow| (blow.at.0, blow.letter, blow.servers.to_string()))
            .collect();
        let expected = [(10, 'x', "S1 and S3"), (10, 'r', "S1"), (20, 'x', "S1")];
        assert_eq!(told, expected.map(|(at, mark, who)| (at, mark, who.to_owned())));
    }

    fn cuts(commands: Vec<(u64, Command)>) -> Vec<(u64, Option<u64>, String)> {
        let events = commands.into_iter().map(|(at, command)| (at, commanded(command))).collect();
        let cuts = story(events).cuts.into_iter();
        cuts.map(|cut| (cut.from.0, cut.until.map(|at| at.0), cut.label)).collect()
    }

    #[test]
    fn a_cut_lasts_until_it_is_mended() {
        let away = |numbers: &[u64]| Command::Isolate { who: who(numbers), from_clients: false };
        let ends = Ends { from: who(&[1]), to: who(&[2]), both: false };
        let cuts = cuts(vec![
            (10, away(&[4])),
            (20, Command::Cut(ends.clone())),
            (30, Command::Rejoin(who(&[4]))),
            (40, Command::Mend(ends)),
            (50, away(&[5])),
            (60, Command::Heal),
        ]);
        let expected = [(10, Some(30), "S4"), (20, Some(40), "S1►S2"), (50, Some(60), "S5")];
        assert_eq!(cuts, expected.map(|(from, until, who)| (from, until, who.to_owned())));
    }

    #[test]
    fn a_partition_names_those_outside_of_the_largest_group() {
        let partition =
            |groups: &[&[u64]]| Command::Partition(groups.iter().map(|group| who(group)).collect());
        let cuts = cuts(vec![
            (10, partition(&[&[4, 5], &[1, 2, 3]])),
            // S2 to S5, whom no group names, are the largest.
            (20, partition(&[&[1]])),
            (30, partition(&[&[1, 2], &[3, 4]])),
        ]);
        let expected = [(10, Some(20), "S4 S5"), (20, Some(30), "S1"), (30, None, "S3 S4 S5")];
        assert_eq!(cuts, expected.map(|(from, until, who)| (from, until, who.to_owned())));
    }
}
