//! Explanations of real runs.

use super::{LINE, client, entry, packet, server};
use crate::cluster::Cluster;
use crate::cluster::command::{Command, Deed, LabAct, Operation, Order, ServerAct, Text, Who};
use crate::cluster::config::{Config, Given};
use crate::cluster::event::Event;
use crate::cluster::fit::columns;
use crate::cluster::network::{Network, Packet};
use crate::cluster::time::Span;
use crate::cluster::types::{ClientId, Index, PacketId, ServerId, ServerSet, Term};

/// A cluster and all that happened in it.
struct Run {
    cluster: Cluster,
    recent: Vec<Event>,
}

impl Run {
    fn new(config: Config) -> Self {
        Self { cluster: Cluster::new(config), recent: Vec::new() }
    }

    fn apply(&mut self, command: &Command) {
        self.cluster.apply(command).expect("the command can be carried out");
        self.recent.extend_from_slice(self.cluster.events());
    }

    fn step(&mut self) {
        self.cluster.step();
        self.recent.extend_from_slice(self.cluster.events());
    }

    fn run(&mut self, millis: u64) {
        let end = self.cluster.now() + Span::from_millis(millis);
        while self.cluster.next_due().is_some_and(|due| due <= end) {
            self.step();
        }
        self.cluster.advance(end);
    }

    /// Steps until something is so; at most ten seconds of lab time.
    fn until(&mut self, condition: impl Fn(&Cluster) -> bool) {
        let end = self.cluster.now() + Span::from_secs(10);
        while !condition(&self.cluster) {
            assert!(self.cluster.now() < end, "it was never so");
            self.step();
        }
    }

    fn leader(&mut self) -> ServerId {
        self.until(|cluster| cluster.leader().is_some());
        self.cluster.leader().unwrap()
    }

    /// The leader and one more are parted from the rest: the leader, the one, the rest.
    fn part(&mut self) -> (ServerId, ServerId, ServerSet) {
        let leader = self.leader();
        let all = self.cluster.all();
        let rest = all.without(ServerSet::only(leader));
        let one = rest.iter().next().unwrap();
        let with = vec![Who::Server(leader), Who::Server(one)];
        self.apply(&Deed::Partition(vec![with, vec![Who::Rest]]).into());
        (leader, one, rest.without(ServerSet::only(one)))
    }

    fn entry(&self, server: ServerId, index: u64) -> String {
        entry(&self.cluster, server, Index(index), &[]).join(" ")
    }
}

fn set(client: &str, value: &str, only: Option<ServerId>) -> Command {
    let operation = Operation::Put {
        key: Text::new("x"),
        value: Text::new(value),
        version: crate::cluster::command::VersionWord::Number(Default::default()),
    };
    let (client, only) = (Some(Text::new(client)), only.map(Who::Server));
    Command::Deed(Deed::Operate(Order { client, only, ..Order::new(operation) }))
}

fn pair(one: ServerId, other: ServerId) -> ServerSet {
    [one, other].into_iter().collect()
}

#[test]
fn a_leader_says_that_it_leads() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(100);
    assert!(server(&run.cluster, leader, &[])[0].starts_with(&format!("{leader} leads term 1.")));
}

#[test]
fn an_old_leader_and_its_client_wait_for_copies() {
    let mut run = Run::new(Config::default());
    let (old, one, rest) = run.part();
    run.apply(&set("b", "9", Some(old)));
    run.run(60);
    let waits = format!("Entry 1 waits: 2 of 3 needed copies; {rest} are cut off.");
    let told = client(&run.cluster, ClientId(0), &[]).join(" ");
    assert!(told.contains(&format!("{old} appended it as entry 1 of term 1. {waits}")), "{told}");
    run.until(|cluster| cluster.leader() != Some(old));
    run.run(60);
    let (new, term) = (run.cluster.leader().unwrap(), run.cluster.term());
    assert!(run.entry(old, 1).contains(&waits));
    assert!(run.entry(one, 1).contains(&format!("{new}, the leader of term {term}, has")));
}

#[test]
fn entries_wait_for_those_who_are_down_and_asleep() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(50);
    let others = ServerSet::first(5).without(ServerSet::only(leader));
    let others: Vec<ServerId> = others.iter().collect();
    run.apply(&ServerAct::Crash.to(vec![Who::Server(others[0]), Who::Server(others[1])]));
    run.apply(&ServerAct::Sleep.to(vec![Who::Server(others[2])]));
    run.apply(&set("a", "1", Some(leader)));
    run.run(60);
    let [down, asleep] = [pair(others[0], others[1]), ServerSet::only(others[2])];
    let told = run.entry(leader, 1);
    let waits = format!("1 waits: 2 of 3 needed copies; {down} are down, {asleep} is asleep.");
    assert!(told.contains(&waits), "{told}");
}

#[test]
fn a_follower_learns_of_a_commit_after_its_leader() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(50);
    let follower = ServerSet::first(5).without(ServerSet::only(leader)).iter().next().unwrap();
    run.apply(&set("a", "1", Some(leader)));
    run.until(|cluster| cluster.server(leader).unwrap().raft.commit() > Index::ZERO);
    let applied = format!("{leader} counts it as committed, and has applied it");
    assert!(run.entry(leader, 1).contains(&applied));
    let told = run.entry(follower, 1);
    assert!(told.contains(&format!("{leader} counts it as committed.")), "{told}");
    assert!(told.contains(&format!("{follower} does not know yet")), "{told}");
}

#[test]
fn entries_of_an_older_term_wait_for_one_of_the_present() {
    let given = |server| Given { server, term: Term(2), log: vec![Term(1), Term(2)] };
    let config =
        Config { servers: 3, given: ServerId::first(3).map(given).collect(), ..Config::default() };
    let mut run = Run::new(config);
    let leader = run.leader();
    run.run(300);
    let told = run.entry(leader, 2);
    assert!(told.contains("waits: 3 copies, 2 are needed, but it is of term 2"), "{told}");
    assert!(told.ends_with("(§5.4.2)."), "{told}");
}

#[test]
fn a_candidate_is_told_why_it_was_refused() {
    let given = |number, log| Given { server: number, term: Term(1), log };
    let mut servers = ServerId::first(3);
    let short = servers.next().unwrap();
    let long = servers.map(|server| given(server, vec![Term(1)]));
    let config = Config { servers: 3, given: long.collect(), ..Config::default() };
    let mut run = Run::new(config);
    run.apply(&ServerAct::Timeout.to(vec![Who::Server(short)]));
    run.until(|cluster| cluster.server(short).unwrap().raft.refusals().len() == 2);
    let told = server(&run.cluster, short, &run.recent).join(" ");
    let refused = "S2 refused: its own log ends at 1@1, S1's is empty (§5.4.1).";
    assert!(told.contains(refused), "{told}");
}

#[test]
fn what_led_to_a_leader_is_followed_back_to_a_timer() {
    let mut run = Run::new(Config::default());
    let first = run.leader();
    run.run(150);
    run.apply(&ServerAct::Crash.to(vec![Who::Server(first)]));
    let second = run.leader();
    let told = server(&run.cluster, second, &run.recent);
    let wins = told.iter().position(|line| line.contains("wins term 2")).unwrap();
    let votes = format!("votes for {second} in term 2");
    let because: Vec<&String> =
        told[wins..].iter().filter(|line| line.starts_with("  because ")).collect();
    let [vote, stood, fired] = because[..] else { panic!("three causes: {told:?}") };
    assert!(vote.contains(" arrived: ") && vote.ends_with(&votes), "{vote}");
    assert!(stood.ends_with(&format!("{second} becomes a candidate in term 2")), "{stood}");
    assert!(fired.starts_with("  because its election timer fired: "), "{fired}");
    assert!(fired.ends_with(&format!(" ms without a word from {first}")), "{fired}");
}

#[test]
fn a_packet_is_told_with_its_fate() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    let beats = |packet: &&Packet| packet.cargo.summary().kind.name().word() == "heartbeat";
    let id = run.cluster.packets().into_iter().find(beats).unwrap().id;
    let told = packet(&run.cluster, id, &run.recent).join(" ");
    assert!(told.starts_with(&format!("Packet #{id}, from {leader} to ")), "{told}");
    assert!(told.contains(&format!("{leader} wins term 1")), "{told}");
    run.apply(&ServerAct::Isolate { from_clients: false }.to(vec![Who::Server(leader)]));
    let told = packet(&run.cluster, id, &[]).join(" ");
    assert!(told.contains(&format!(". If it arrived now: {leader} loses #{id} to ")), "{told}");
    assert!(told.ends_with(" is cut."), "{told}");
}

/// Whatever the state, every line fits, and what does not exist is said not to.
#[test]
fn every_line_fits_in_every_state() {
    for seed in 1..4 {
        let network = Network::Unreliable;
        let mut run = Run::new(Config { seed, network, ..Config::default() });
        run.leader();
        run.part();
        for name in ["a", "a client with quite a long name, longer than any room for it", "c"] {
            run.apply(&set(name, "a value of some length", None));
        }
        for round in 0..40 {
            run.run(53);
            let hit = vec![Who::Server(ServerId::from_index(round % 5))];
            match round % 8 {
                2 => run.apply(&ServerAct::Crash.to(hit)),
                3 => run.apply(&ServerAct::Restart.to(vec![Who::Down])),
                5 => run.apply(&ServerAct::Sleep.to(hit)),
                7 => run.apply(&ServerAct::Wake.to(vec![Who::All])),
                6 => run.apply(&LabAct::Heal.into()),
                _ => {}
            }
            check_width(&run);
        }
    }
}

fn check_width(run: &Run) {
    let (cluster, recent) = (&run.cluster, &run.recent[..]);
    let mut lines = Vec::new();
    for id in ServerId::first(6) {
        lines.extend(server(cluster, id, recent));
        for index in 0..5 {
            lines.extend(entry(cluster, id, Index(index), recent));
        }
    }
    for id in 0..4 {
        lines.extend(client(cluster, ClientId(id), recent));
    }
    let packets = cluster.packets();
    let sent = packets.iter().map(|packet| packet.id).chain([PacketId(u64::MAX)]);
    lines.extend(sent.flat_map(|id| packet(cluster, id, recent)));
    for line in lines {
        assert!(columns(&line) <= LINE, "{line}");
    }
}

#[test]
fn what_a_client_was_told_is_followed_back_to_its_command() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(50);
    let command = set("a", "1", Some(leader));
    run.apply(&command);
    run.until(|cluster| cluster.clients()[0].is_idle());
    let told = client(&run.cluster, ClientId(0), &run.recent);
    let [.., told_ok, commits, copies, takes, calls, typed] = &told[..] else {
        panic!("an answer and five causes: {told:?}")
    };
    assert!(told_ok.ends_with(" Client a is answered ok: x=1 is version 1."), "{told_ok}");
    assert!(
        commits.contains(&format!(" arrived: {leader} commits entry 1 of term 1")),
        "{commits}"
    );
    assert!(copies.ends_with(&format!(" copies entry 1 of {leader}")), "{copies}");
    let appends = format!(" arrived: {leader} appends client a's x=1 as entry 1 of term 1");
    assert!(takes.ends_with(&appends), "{takes}");
    assert!(calls.ends_with(" arrived: client a calls put x=1 @0"), "{calls}");
    assert_eq!(*typed, format!("  because of `{command}`"));
}
