//! What the timeline tells, read from the trace's milestones: who led when, and what was done to
//! the cluster.
//!
//! A reign ends when its leader stops leading or when a leader of a newer term is elected, even
//! if the old one doesn't know it yet. A cut lasts until all of it is mended.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "looks for what changes links among all commands"
)]

use std::sync::Arc;

use crate::cluster::command::{Deed, Ends, LabAct, LinkAct, NodeName, ServerAct};
use crate::cluster::event::{Event, EventKind, LabEvent, RaftEvent, ScriptEvent, ServerEvent};
use crate::cluster::raft::Role;
use crate::cluster::time::Time;
use crate::cluster::types::{SERVERS_MAX, ServerId, ServerSet, Term};
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
    /// One letter: x, r, z, w, D; E for an expectation that failed; or the mark of a broken rule.
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
    /// What is still cut of it.
    links: CutLinks,
}

/// Links that a command has cut and nobody has mended yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct CutLinks {
    /// For each sending server, those that don't hear it.
    servers: Vec<ServerSet>,
    /// Between clients and servers, from and to.
    clients: Vec<(NodeName, NodeName)>,
}

impl CutLinks {
    fn none() -> Self {
        let servers = vec![ServerSet::EMPTY; usize::from(SERVERS_MAX)];
        Self { servers, clients: Vec::new() }
    }

    /// All links between these sets, both ways.
    fn between(sets: &[ServerSet], servers: u8) -> Self {
        let all = ServerSet::first(servers);
        let mut links = Self::none();
        for set in sets {
            for server in set.iter() {
                links.servers[server.index()] = all.without(*set);
            }
        }
        links
    }

    fn of(ends: &Ends<NodeName>) -> Self {
        let mut links = Self::none();
        for (from, to) in ends.ways() {
            match (from.server(), to.server()) {
                (Some(from), Some(to)) => links.servers[from.index()].insert(to),
                (Some(_), None) | (None, Some(_) | None) => {
                    links.clients.push((from.clone(), to.clone()));
                }
            }
        }
        links
    }

    fn mend(&mut self, ends: &Ends<NodeName>) {
        for (from, to) in ends.ways() {
            match (from.server(), to.server()) {
                (Some(from), Some(to)) => self.servers[from.index()].remove(to),
                (Some(_), None) | (None, Some(_) | None) => {
                    self.clients.retain(|cut| (&cut.0, &cut.1) != (from, to));
                }
            }
        }
    }

    /// Mends all links between these servers and those that are not isolated.
    fn rejoin(&mut self, back: ServerSet, isolated: ServerSet) {
        for server in back.iter() {
            self.servers[server.index()] = self.servers[server.index()].intersection(isolated);
        }
        for (sender, unheard) in self.servers.iter_mut().enumerate() {
            if !isolated.contains(ServerId::from_index(sender as u8)) {
                *unheard = unheard.without(back);
            }
        }
    }

    /// A server that is added hears none of those that are isolated, nor they it.
    fn add(&mut self, new: ServerId, isolated: ServerSet) {
        for alone in
            isolated.iter().filter(|id| !self.servers[id.index()].is_empty()).collect::<Vec<_>>()
        {
            self.servers[alone.index()].insert(new);
            self.servers[new.index()].insert(alone);
        }
    }

    fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.servers.iter().all(|unheard| unheard.is_empty())
    }
}

/// Which servers are isolated after a command, as the network sees it.
fn isolated_after(isolated: ServerSet, deed: &Deed<NodeName>) -> ServerSet {
    let set = |who: &[ServerId]| -> ServerSet { who.iter().copied().collect() };
    match deed {
        Deed::Servers(ServerAct::Isolate { .. }, who) => isolated.union(set(who)),
        Deed::Servers(ServerAct::Rejoin, who) => isolated.without(set(who)),
        Deed::Links(LinkAct::Mend, ends) => {
            // A server that hears another again is not isolated any more.
            let pairs = ends.ways().filter_map(|(from, to)| Some((from.server()?, to.server()?)));
            pairs.fold(isolated, |left, (from, to)| {
                left.without(ServerSet::only(from)).without(ServerSet::only(to))
            })
        }
        Deed::Partition(_) | Deed::Lab(LabAct::Heal) => ServerSet::EMPTY,
        _ => isolated,
    }
}

/// Everything that the timeline tells, each kind in the order of its beginnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    pub reigns: Vec<Reign>,
    /// When the first server stood for election in each term.
    pub elections: Vec<(Time, Term)>,
    pub blows: Vec<Blow>,
    pub cuts: Vec<Cut>,
    /// The moments that the script has named.
    pub marks: Vec<(Time, Arc<str>)>,
    /// Servers that `isolate` has cut off and nothing has joined again.
    isolated: ServerSet,
    /// How many servers have been added to those of the start.
    added: u8,
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
        if let EventKind::Script(ScriptEvent::Marked { name }) = &event.kind {
            self.marks.push((event.time, name.clone()));
        }
        if let EventKind::Lab(LabEvent::Commanded { command }) = &event.kind {
            self.read_cuts(event.time, command, servers);
        }
    }

    fn read_leaders(&mut self, event: &Event) {
        let at = event.time;
        if let EventKind::Raft(server, RaftEvent::BecameLeader { term, .. }) = &event.kind {
            self.crown(at, *server, *term);
        } else if let EventKind::Raft(server, RaftEvent::SteppedDown { role: Role::Leader, .. })
        | EventKind::Server(server, ServerEvent::Crashed { .. }) = &event.kind
        {
            self.dethrone(at, *server);
        } else if let EventKind::Raft(
            _,
            RaftEvent::ElectionStarted { term, .. } | RaftEvent::Stands { term, first_asks: false },
        ) = &event.kind
            && self.elections.last().is_none_or(|(_, newest)| newest < term)
        {
            self.elections.push((at, *term));
        }
    }

    fn read_blows(&mut self, event: &Event) {
        let (letter, servers) =
            if let EventKind::Server(server, ServerEvent::Crashed { .. }) = &event.kind {
                ('x', ServerSet::only(*server))
            } else if let EventKind::Server(server, ServerEvent::Restarted { .. }) = &event.kind {
                ('r', ServerSet::only(*server))
            } else if let EventKind::Server(server, ServerEvent::FellAsleep) = &event.kind {
                ('z', ServerSet::only(*server))
            } else if let EventKind::Server(server, ServerEvent::Woke { .. }) = &event.kind {
                ('w', ServerSet::only(*server))
            } else if let EventKind::Server(server, ServerEvent::Wiped | ServerEvent::Renewed) =
                &event.kind
            {
                ('D', ServerSet::only(*server))
            } else if let EventKind::Lab(LabEvent::Violated { .. }) = &event.kind {
                ('!', ServerSet::EMPTY)
            } else if let EventKind::Script(ScriptEvent::Failed { .. }) = &event.kind {
                ('E', ServerSet::EMPTY)
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

    fn read_cuts(&mut self, at: Time, deed: &Deed<NodeName>, servers: u8) {
        self.isolated = isolated_after(self.isolated, deed);
        if let Deed::Members(_, who) = deed {
            self.add(who.iter().copied().collect(), servers);
        }
        let servers = servers + self.added;
        match deed {
            Deed::Partition(groups) => {
                self.mend(at, |links| *links = CutLinks::none());
                let sets = sets(groups, servers);
                self.cut(at, apart(&sets, servers), CutLinks::between(&sets, servers));
            }
            Deed::Servers(ServerAct::Isolate { .. }, who) => {
                let away: ServerSet = who.iter().copied().collect();
                let mut sets: Vec<ServerSet> = away.iter().map(ServerSet::only).collect();
                sets.push(ServerSet::first(servers).without(away));
                let label = Spaced(who.iter()).to_string();
                self.cut(at, label, CutLinks::between(&sets, servers));
            }
            Deed::Links(LinkAct::Cut, ends) => {
                let arrow = if ends.both { '-' } else { '►' };
                let label =
                    format!("{}{arrow}{}", Spaced(ends.from.iter()), Spaced(ends.to.iter()));
                self.cut(at, label, CutLinks::of(ends));
            }
            Deed::Lab(LabAct::Heal) => self.mend(at, |links| *links = CutLinks::none()),
            Deed::Servers(ServerAct::Rejoin, who) => {
                let (back, isolated) = (who.iter().copied().collect(), self.isolated);
                self.mend(at, |links| links.rejoin(back, isolated));
            }
            Deed::Links(LinkAct::Mend, ends) => self.mend(at, |links| links.mend(ends)),
            _ => {}
        }
    }

    /// Of these those that are new are there from now on.
    fn add(&mut self, who: ServerSet, servers: u8) {
        for new in who.iter().filter(|id| id.number() > servers + self.added) {
            let isolated = self.isolated;
            for cut in self.cuts.iter_mut().filter(|cut| cut.until.is_none()) {
                cut.links.add(new, isolated);
            }
        }
        self.added = self.added.max((who.end() as u8).saturating_sub(servers));
    }

    /// The servers by who hears whom, both ways, directly or through others.
    fn groups(&self, servers: u8) -> Vec<ServerSet> {
        let servers = servers + self.added;
        let mut heard = vec![ServerSet::first(servers); usize::from(SERVERS_MAX)];
        for cut in self.cuts.iter().filter(|cut| cut.until.is_none()) {
            for (from, unheard) in cut.links.servers.iter().enumerate() {
                heard[from] = heard[from].without(*unheard);
            }
        }
        let hears = |one: ServerId, other: ServerId| heard[other.index()].contains(one);
        ServerSet::first(servers).groups(|one, other| hears(one, other) && hears(other, one))
    }

    fn cut(&mut self, from: Time, label: String, links: CutLinks) {
        self.cuts.push(Cut { from, until: None, label, links });
    }

    /// A cut is over when nothing of it is left.
    fn mend(&mut self, at: Time, how: impl Fn(&mut CutLinks)) {
        for cut in self.cuts.iter_mut().filter(|cut| cut.until.is_none()) {
            how(&mut cut.links);
            cut.until = cut.links.is_empty().then_some(at);
        }
    }
}

/// The servers by who heard whom, from each moment on at which that changed: of the time since
/// `from`, and at its beginning.
pub fn rooms<'a>(
    milestones: impl IntoIterator<Item = &'a Event>,
    servers: u8,
    from: Time,
) -> Vec<(Time, Vec<ServerSet>)> {
    let mut story = Story::default();
    let mut rooms = Vec::new();
    for event in milestones {
        let EventKind::Lab(LabEvent::Commanded { command }) = &event.kind else { continue };
        if event.time >= from && rooms.is_empty() {
            rooms.push((Time::START, story.groups(servers)));
        }
        story.read_cuts(event.time, command, servers);
        if event.time >= from {
            rooms.push((event.time, story.groups(servers)));
        }
    }
    if rooms.is_empty() {
        rooms.push((Time::START, story.groups(servers)));
    }
    rooms.dedup_by(|later, before| later.1 == before.1);
    rooms
}

/// The groups of a partition; servers that nobody names are one more.
fn sets(groups: &[Vec<NodeName>], servers: u8) -> Vec<ServerSet> {
    let set =
        |group: &Vec<NodeName>| group.iter().filter_map(NodeName::server).collect::<ServerSet>();
    let mut sets: Vec<ServerSet> = groups.iter().map(set).collect();
    let named = sets.iter().fold(ServerSet::EMPTY, |all, set| all.union(*set));
    sets.push(ServerSet::first(servers).without(named));
    sets
}

/// Those outside of the largest group of a partition; of several that are largest, the first.
fn apart(sets: &[ServerSet], servers: u8) -> String {
    let largest = sets.iter().rev().max_by_key(|set| set.len()).copied().unwrap_or_default();
    let away = ServerSet::first(servers).without(largest);
    Spaced(away.iter()).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::cluster::Cluster;
    use crate::cluster::cause::Cause;
    use crate::cluster::command::verbs::{self, Scope};
    use crate::cluster::command::{Text, parse_line};
    use crate::cluster::config::Config;
    use crate::cluster::event::StepDown;
    use crate::cluster::flaw::Flaws;
    use crate::cluster::raft::{Configuration, Position};
    use crate::cluster::types::Node;

    fn server(number: u64) -> ServerId {
        ServerId::from_number(number).unwrap()
    }

    fn list(numbers: &[u64]) -> Vec<ServerId> {
        numbers.iter().map(|number| server(*number)).collect()
    }

    fn who(numbers: &[u64]) -> Vec<NodeName> {
        list(numbers).into_iter().map(NodeName::Server).collect()
    }

    fn story(events: Vec<(u64, EventKind)>) -> Story {
        let event =
            |(at, kind)| Event { time: Time(at), cause: Cause::Start, flaws: Flaws::NONE, kind };
        let events: Vec<Event> = events.into_iter().map(event).collect();
        Story::new(&events, 5)
    }

    fn stands(number: u64, term: u64) -> EventKind {
        let (server, term) = (server(number), Term(term));
        let (last, before) = (Position::default(), None);
        EventKind::Raft(
            server,
            RaftEvent::ElectionStarted {
                term,
                last,
                before,
                promised: ServerSet::EMPTY,
                told_by: None,
            },
        )
    }

    fn wins(number: u64, term: u64) -> EventKind {
        let (server, term) = (server(number), Term(term));
        EventKind::Raft(
            server,
            RaftEvent::BecameLeader {
                term,
                votes: ServerSet::first(3),
                stale: ServerSet::EMPTY,
                all: Configuration::of(5),
            },
        )
    }

    fn crashes(number: u64) -> EventKind {
        let server = server(number);
        EventKind::Server(server, ServerEvent::Crashed { lost: 0, vote: None })
    }

    fn commanded(command: Deed<NodeName>) -> EventKind {
        EventKind::Lab(LabEvent::Commanded { command: Arc::new(command) })
    }

    fn reign(number: u64, term: u64, from: u64, until: Option<u64>) -> Reign {
        let until = until.map(Time);
        Reign { server: server(number), term: Term(term), from: Time(from), until }
    }

    #[test]
    fn a_reign_ends_with_the_next_or_with_its_leader() {
        let newer = StepDown::NewerTerm { term: Term(4) };
        let steps_down = |role| {
            EventKind::Raft(server(4), RaftEvent::SteppedDown { role, term: Term(4), why: newer })
        };
        let story = story(vec![
            (10, stands(1, 1)),
            (20, wins(1, 1)),
            (30, crashes(1)),
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
        let (term, vote, last) = (Term(1), None, Position::default());
        let restart = EventKind::Server(
            server(1),
            ServerEvent::Restarted { term, vote, base: last.index, last },
        );
        let story =
            story(vec![(10, crashes(1)), (10, crashes(3)), (10, restart), (20, crashes(1))]);
        let told: Vec<(u64, char, String)> = story
            .blows
            .iter()
            .map(|blow| (blow.at.0, blow.letter, blow.servers.to_string()))
            .collect();
        let expected = [(10, 'x', "S1 and S3"), (10, 'r', "S1"), (20, 'x', "S1")];
        assert_eq!(told, expected.map(|(at, mark, who)| (at, mark, who.to_owned())));
    }

    fn cuts(commands: Vec<(u64, Deed<NodeName>)>) -> Vec<(u64, Option<u64>, String)> {
        let events = commands.into_iter().map(|(at, command)| (at, commanded(command))).collect();
        let cuts = story(events).cuts.into_iter();
        cuts.map(|cut| (cut.from.0, cut.until.map(|at| at.0), cut.label)).collect()
    }

    #[test]
    fn a_cut_lasts_until_it_is_mended() {
        let away = |numbers: &[u64]| {
            Deed::Servers(ServerAct::Isolate { from_clients: false }, list(numbers))
        };
        let ends = Ends { from: who(&[1]), to: who(&[2]), both: false };
        let cuts = cuts(vec![
            (10, away(&[4])),
            (20, Deed::Links(LinkAct::Cut, ends.clone())),
            (30, Deed::Servers(ServerAct::Rejoin, list(&[4]))),
            (40, Deed::Links(LinkAct::Mend, ends)),
            (50, away(&[5])),
            (60, Deed::Lab(LabAct::Heal)),
        ]);
        let expected = [(10, Some(30), "S4"), (20, Some(40), "S1►S2"), (50, Some(60), "S5")];
        assert_eq!(cuts, expected.map(|(from, until, who)| (from, until, who.to_owned())));
    }

    #[test]
    fn a_cut_lasts_as_long_as_anything_of_it() {
        let away = |numbers: &[u64]| {
            Deed::Servers(ServerAct::Isolate { from_clients: false }, list(numbers))
        };
        let ends = |from: &[u64], to: &[u64], both| Ends { from: who(from), to: who(to), both };
        let client = |from_client: bool| {
            let (a, server) = (vec![NodeName::Client(Text::new("a"))], who(&[5]));
            let (from, to) = if from_client { (a, server) } else { (server, a) };
            Ends { from, to, both: false }
        };
        let cuts = cuts(vec![
            (10, away(&[4, 5])),
            (20, Deed::Links(LinkAct::Cut, ends(&[1], &[2, 3], true))),
            (25, Deed::Links(LinkAct::Cut, client(true))),
            (30, Deed::Servers(ServerAct::Rejoin, list(&[4]))),
            (35, Deed::Links(LinkAct::Mend, client(false))),
            (40, Deed::Links(LinkAct::Mend, ends(&[2], &[1], true))),
            (50, Deed::Links(LinkAct::Mend, ends(&[3], &[1], false))),
            (60, Deed::Links(LinkAct::Mend, ends(&[1, 2], &[3], false))),
            (70, Deed::Servers(ServerAct::Rejoin, list(&[1, 5]))),
            (80, Deed::Lab(LabAct::Heal)),
        ]);
        let expected =
            [(10, Some(70), "S4 S5"), (20, Some(60), "S1-S2 S3"), (25, Some(80), "a►S5")];
        assert_eq!(cuts, expected.map(|(from, until, who)| (from, until, who.to_owned())));
    }

    #[test]
    fn a_partition_names_those_outside_of_the_largest_group() {
        let partition =
            |groups: &[&[u64]]| Deed::Partition(groups.iter().map(|group| who(group)).collect());
        let cuts = cuts(vec![
            (10, partition(&[&[4, 5], &[1, 2, 3]])),
            // S2 to S5, whom no group names, are the largest.
            (20, partition(&[&[1]])),
            (30, partition(&[&[1, 2], &[3, 4]])),
        ]);
        let expected = [(10, Some(20), "S4 S5"), (20, Some(30), "S1"), (30, None, "S3 S4 S5")];
        assert_eq!(cuts, expected.map(|(from, until, who)| (from, until, who.to_owned())));
    }

    /// What is done to links, with servers by number; and all examples of verbs that act, so that a
    /// verb that somebody adds is among them.
    fn line() -> impl Strategy<Value = String> {
        let server = || 1..6u8;
        let acting = verbs::all().filter(|verb| verb.scope == Scope::Act);
        let examples = acting.flat_map(|verb| verb.examples.iter().copied());
        let examples: Vec<&str> = examples.filter(|line| !line.contains('\n')).collect();
        prop_oneof![
            (server(), server()).prop_map(|(a, b)| format!("partition S{a} | S{b} | rest")),
            (server(), server()).prop_map(|(a, b)| format!("isolate S{a} S{b}")),
            (server(), server()).prop_map(|(a, b)| format!("rejoin S{a} S{b}")),
            (server(), server()).prop_map(|(a, b)| format!("cut S{a} -> S{b}")),
            (server(), server()).prop_map(|(a, b)| format!("mend S{a} <-> S{b}")),
            Just("heal".to_owned()),
            proptest::sample::select(examples).prop_map(str::to_owned),
        ]
    }

    proptest! {
        /// The timeline reads cuts from commands; the cluster has them.
        #[test]
        fn what_is_told_as_cut_is_cut(lines in prop::collection::vec(line(), 1..16)) {
            let mut cluster = Cluster::new(Config::default());
            let mut events = Vec::new();
            for line in &lines {
                let command = parse_line(line);
                if command.is_ok_and(|command| cluster.apply(&command).is_ok()) {
                    events.extend(cluster.events().iter().cloned());
                }
            }
            let story = Story::new(&events, cluster.config().servers);
            let open: Vec<&Cut> = story.cuts.iter().filter(|cut| cut.until.is_none()).collect();
            for (from, to) in (0..5).flat_map(|from| (0..5).map(move |to| (from, to))) {
                let (from, to) = (ServerId::from_index(from), ServerId::from_index(to));
                let told = open.iter().any(|cut| cut.links.servers[from.index()].contains(to));
                let heard = cluster.reaches(Node::Server(from), Node::Server(to));
                prop_assert_eq!(told, !heard, "{} to {}", from, to);
            }
            let told = rooms(&events, cluster.config().servers, Time::START);
            let now = cluster.groups();
            prop_assert_eq!(told.last().map(|(_, groups)| groups), Some(&now));
        }
    }
}
