//! Explanations of real runs.

use super::{LINE, client, entry, headline, packet, server, waits};
use crate::cluster::Cluster;
use crate::cluster::command::{Command, Operation, Order, Text, Who};
use crate::cluster::config::{Config, Given};
use crate::cluster::event::Event;
use crate::cluster::network::{Network, Packet};
use crate::cluster::raft::Role;
use crate::cluster::time::Span;
use crate::cluster::types::{ClientId, Index, PacketId, ServerId, ServerSet, Term};
use crate::cluster::words::fit::columns;

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
        let all = ServerSet::first(self.cluster.config().servers);
        let rest = all.without(ServerSet::only(leader));
        let one = rest.iter().next().unwrap();
        let with = vec![Who::Server(leader), Who::Server(one)];
        self.apply(&Command::Partition(vec![with, vec![Who::Rest]]));
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
    Command::Operate(Order { client, only, ..Order::new(operation) })
}

fn pair(one: ServerId, other: ServerId) -> ServerSet {
    [one, other].into_iter().collect()
}

#[test]
fn a_calm_cluster_is_told_in_one_sentence() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(100);
    let others = ServerSet::first(5).without(ServerSet::only(leader));
    assert_eq!(headline(&run.cluster), [format!("{leader} leads term 1 with {others}.")]);
    assert!(server(&run.cluster, leader, &[])[0].starts_with(&format!("{leader} leads term 1.")));
}

#[test]
fn before_the_first_election_the_next_candidate_is_told() {
    let run = Run::new(Config::default());
    let [sentence] = &headline(&run.cluster)[..] else { panic!("one sentence") };
    let timers = run.cluster.servers().iter().map(|server| (server.election_timer, server.id));
    let (_, next) = timers.map(|(timer, id)| (timer.unwrap().due, id)).min().unwrap();
    assert!(sentence.starts_with(&format!("Nobody leads; {next} is the next to stand")));
}

#[test]
fn an_old_leader_and_its_client_wait_for_copies() {
    let mut run = Run::new(Config::default());
    let (old, one, rest) = run.part();
    run.apply(&set("b", "9", Some(old)));
    run.run(60);
    assert_eq!(
        headline(&run.cluster),
        [
            format!("{old} leads term 1 with {one}: 2 of 5, no majority."),
            format!("{rest} are cut off: 3 of 5, a majority."),
            format!("Client b waits for {old}, which has no majority."),
        ]
    );
    let waits = format!("Entry 1 waits: 2 of 3 needed copies; {rest} are cut off.");
    let told = client(&run.cluster, ClientId(0), &[]).join(" ");
    assert!(told.contains(&format!("{old} took it as entry 1 of term 1. {waits}")), "{told}");
    run.until(|cluster| cluster.leader() != Some(old));
    run.run(60);
    let (new, term) = (run.cluster.leader().unwrap(), run.cluster.term());
    let with = rest.without(ServerSet::only(new));
    assert_eq!(
        headline(&run.cluster),
        [
            format!("{new} leads term {term} with {with}."),
            format!("{} are cut off: 2 of 5, no majority.", pair(old, one)),
            format!("Client b waits for {old}, which still believes that it leads."),
        ]
    );
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
    run.apply(&Command::Crash(vec![Who::Server(others[0]), Who::Server(others[1])]));
    run.apply(&Command::Sleep(vec![Who::Server(others[2])]));
    run.apply(&set("a", "1", Some(leader)));
    run.run(60);
    let [down, asleep] = [pair(others[0], others[1]), ServerSet::only(others[2])];
    assert_eq!(
        waits(&run.cluster, Index(1)),
        format!("entry 1 waits: 2 of 3 needed copies; {down} are down, {asleep} is asleep")
    );
    let told = headline(&run.cluster);
    assert!(told.contains(&format!("{down} are down.")));
    assert!(told.contains(&format!("{asleep} is asleep: only 2 of 5 run.")));
}

#[test]
fn a_follower_learns_of_a_commit_after_its_leader() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(50);
    let follower = ServerSet::first(5).without(ServerSet::only(leader)).iter().next().unwrap();
    run.apply(&set("a", "1", Some(leader)));
    run.until(|cluster| cluster.server(leader).unwrap().raft.commit == Index(1));
    assert!(
        run.entry(leader, 1).contains(&format!("It is committed, and {leader} has applied it"))
    );
    assert!(run.entry(follower, 1).contains(&format!("{follower} does not know yet")));
    assert_eq!(waits(&run.cluster, Index(1)), "entry 1 is committed");
    assert_eq!(waits(&run.cluster, Index(2)), "no server has an entry 2");
}

#[test]
fn entries_of_an_older_term_wait_for_one_of_the_present() {
    let given = |server| Given { server, term: Term(2), log: vec![Term(1), Term(2)] };
    let config =
        Config { servers: 3, given: ServerId::first(3).map(given).collect(), ..Config::default() };
    let mut run = Run::new(config);
    run.leader();
    run.run(300);
    let waits = waits(&run.cluster, Index(2));
    assert!(
        waits.starts_with("entry 2 waits: 3 copies, 2 are needed, but it is of term 2"),
        "{waits}"
    );
    assert!(waits.ends_with("(§5.4.2)"), "{waits}");
}

#[test]
fn why_nobody_leads() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    run.run(50);
    run.apply(&Command::Crash(vec![Who::Server(leader)]));
    let told = headline(&run.cluster);
    assert!(told[0].starts_with("Nobody leads; "), "{told:?}");
    assert_eq!(told[1], format!("{leader} is down."));
    run.apply(&Command::Isolate { who: vec![Who::All], from_clients: false });
    let told = headline(&run.cluster);
    assert_eq!(told[0], "Nobody leads: no majority can talk to each other.");
    run.apply(&Command::Crash(vec![Who::All]));
    assert_eq!(headline(&run.cluster)[0], "Nobody leads: no server runs.");
}

#[test]
fn a_split_vote_is_told_with_its_votes() {
    let mut run = Run::new(Config::default());
    let both = [1, 2].map(|number| Who::Server(ServerId::from_number(number).unwrap()));
    run.apply(&Command::Crash(vec![Who::Server(ServerId::from_number(5).unwrap())]));
    run.apply(&Command::Timeout(both.to_vec()));
    run.until(|cluster| {
        let candidates = cluster.servers().iter();
        candidates.filter(|server| server.raft.role == Role::Candidate).count() == 2
    });
    let told = headline(&run.cluster);
    assert!(told[0].starts_with("Nobody leads: the votes of term 1 split (S1 "), "{told:?}");
}

#[test]
fn a_candidate_is_told_why_it_was_refused() {
    let given = |number, log| Given { server: number, term: Term(1), log };
    let mut servers = ServerId::first(3);
    let short = servers.next().unwrap();
    let long = servers.map(|server| given(server, vec![Term(1)]));
    let config = Config { servers: 3, given: long.collect(), ..Config::default() };
    let mut run = Run::new(config);
    run.apply(&Command::Timeout(vec![Who::Server(short)]));
    run.until(|cluster| cluster.server(short).unwrap().raft.refusals.len() == 2);
    let told = server(&run.cluster, short, &run.recent).join(" ");
    let refused = "S2 refused: its own log ends at 1@1, S1's is empty (§5.4.1).";
    assert!(told.contains(refused), "{told}");
}

#[test]
fn what_led_to_a_leader_is_followed_back_to_a_timer() {
    let mut run = Run::new(Config::default());
    let first = run.leader();
    run.run(150);
    run.apply(&Command::Crash(vec![Who::Server(first)]));
    let second = run.leader();
    let told = server(&run.cluster, second, &run.recent);
    let wins = told.iter().position(|line| line.contains("wins term 2")).unwrap();
    let votes = format!("votes for {second} in term 2");
    let because: Vec<&String> =
        told[wins..].iter().filter(|line| line.starts_with("  because ")).collect();
    let [vote, stood, fired] = because[..] else { panic!("three causes: {told:?}") };
    assert!(vote.contains(" arrived: ") && vote.ends_with(&votes), "{vote}");
    assert!(stood.ends_with(&format!("{second} stands for election in term 2")), "{stood}");
    assert!(fired.starts_with("  because its election timer fired: "), "{fired}");
    assert!(fired.ends_with(&format!(" ms without a word from {first}")), "{fired}");
}

#[test]
fn a_packet_is_told_with_its_fate() {
    let mut run = Run::new(Config::default());
    let leader = run.leader();
    let beats = |packet: &&Packet| packet.message.summary().kind.name().word() == "heartbeat";
    let id = run.cluster.packets().into_iter().find(beats).unwrap().id;
    let told = packet(&run.cluster, id, &run.recent).join(" ");
    assert!(told.starts_with(&format!("Packet #{id}, from {leader} to ")), "{told}");
    assert!(told.contains(&format!("{leader} wins term 1")), "{told}");
    run.apply(&Command::Isolate { who: vec![Who::Server(leader)], from_clients: false });
    let told = packet(&run.cluster, id, &[]).join(" ");
    assert!(told.ends_with("and will be lost: the link is cut."), "{told}");
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
                2 => run.apply(&Command::Crash(hit)),
                3 => run.apply(&Command::Restart(vec![Who::Down])),
                5 => run.apply(&Command::Sleep(hit)),
                7 => run.apply(&Command::Wake(vec![Who::All])),
                6 => run.apply(&Command::Heal),
                _ => {}
            }
            check_width(&run);
        }
    }
}

fn check_width(run: &Run) {
    let (cluster, recent) = (&run.cluster, &run.recent[..]);
    for sentence in headline(cluster) {
        assert!(columns(&sentence) <= 2 * LINE, "{sentence}");
    }
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
    assert!(told_ok.ends_with(" Client a is told ok: x=1 is version 1."), "{told_ok}");
    assert!(
        commits.contains(&format!(" arrived: {leader} commits entry 1 of term 1")),
        "{commits}"
    );
    assert!(copies.ends_with(&format!(" copies entry 1 of {leader}")), "{copies}");
    assert!(takes.ends_with(&format!(" arrived: {leader} takes x=1 of a as entry 1 of term 1")));
    assert!(calls.ends_with(" arrived: client a calls put x=1 @0"), "{calls}");
    assert_eq!(*typed, format!("  because of `{command}`"));
}
