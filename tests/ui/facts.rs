//! The screen equals the facts. What the top row, the titles of rooms, the tabs of clients and the
//! cells of logs say is compared with what these tests find out for themselves from links, servers
//! and the events of the run, at random moments of random runs and in chosen scenes.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::stage::{Stage, rows};
use raftlab::cluster::Cluster;
use raftlab::cluster::event::{EventKind, RaftEvent};
use raftlab::cluster::raft::Role;
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::types::{Index, Node, Request, ServerId, Term};
use raftlab::ui::glyphs::Glyphs;
use raftlab::ui::theme::Paper;

/// A stage, and what was committed on it: by index, the term.
struct Truth {
    stage: Stage,
    committed: BTreeMap<u64, Term>,
}

impl Truth {
    fn new(servers: u8, seed: u64) -> Self {
        Self { stage: Stage::new(servers, seed), committed: BTreeMap::new() }
    }

    fn act(&mut self, line: &str) {
        let command = raftlab::cluster::command::parse_line(line).expect("a command");
        // What can't be done now is not done.
        if self.stage.cluster.apply(&command).is_ok() {
            self.stage.trace.extend(self.stage.cluster.events(), self.stage.cluster.names());
            self.note();
        }
    }

    fn steps(&mut self, steps: u32) {
        for _ in 0..steps {
            self.stage.cluster.step();
            self.stage.trace.extend(self.stage.cluster.events(), self.stage.cluster.names());
            self.note();
        }
    }

    fn note(&mut self) {
        let cluster = &self.stage.cluster;
        for event in cluster.events() {
            if let EventKind::Raft(server, RaftEvent::Committed { first, last, .. }) = &event.kind {
                let log = cluster.server(*server).expect("it exists").raft.log();
                for index in first.0..=last.0 {
                    if let Some(term) = log.term(Index(index)) {
                        self.committed.entry(index).or_insert(term);
                    }
                }
            }
        }
    }

    fn frame(&self, width: u16, height: u16) -> Vec<String> {
        rows(&self.stage.frame(width, height))
    }
}

fn linked(cluster: &Cluster, one: ServerId, other: ServerId) -> bool {
    let (one, other) = (Node::Server(one), Node::Server(other));
    cluster.reaches(one, other) && cluster.reaches(other, one)
}

/// The servers by rooms: a number for each.
fn rooms(cluster: &Cluster) -> Vec<usize> {
    let ids: Vec<ServerId> = cluster.config().server_ids().collect();
    let mut room: Vec<usize> = (0..ids.len()).collect();
    for _ in 0..ids.len() {
        for one in &ids {
            for other in &ids {
                if linked(cluster, *one, *other) {
                    let lowest = room[one.index()].min(room[other.index()]);
                    room[one.index()] = lowest;
                    room[other.index()] = lowest;
                }
            }
        }
    }
    room
}

/// Whether a leader can commit.
fn can_commit(cluster: &Cluster, leader: &Server) -> bool {
    let with = |other: &&Server| {
        other.power == Power::Up
            && (other.id == leader.id || linked(cluster, leader.id, other.id))
            && other.raft.term() <= leader.raft.term()
    };
    2 * cluster.servers().iter().filter(with).count() > cluster.servers().len()
}

fn check_top(truth: &Truth, frame: &[String]) {
    let cluster = &truth.stage.cluster;
    let top = &format!("{} ", frame[0]);
    let mut first = true;
    let mut leaders: Vec<&Server> = cluster
        .servers()
        .iter()
        .filter(|server| server.power == Power::Up && server.raft.role() == Role::Leader)
        .collect();
    leaders.sort_by_key(|server| {
        (!can_commit(cluster, server), std::cmp::Reverse(server.raft.term()))
    });
    for leader in &leaders {
        let (id, term) = (leader.id, leader.raft.term());
        let words = match can_commit(cluster, leader) {
            true => format!("{id} LEADS TERM {term} "),
            false => format!("{id} STUCK in term {term} "),
        };
        // Later ones may have no room.
        if first {
            assert!(top.contains(&words), "{words:?} is not in {top:?}");
        }
        first = false;
    }
    for server in cluster.servers() {
        if !leaders.iter().any(|leader| leader.id == server.id) {
            let id = server.id;
            assert!(!top.contains(&format!("{id} LEADS")), "{id} does not lead: {top:?}");
            assert!(!top.contains(&format!("{id} STUCK")), "{id} does not lead: {top:?}");
        }
    }
    if leaders.is_empty() {
        assert!(!top.contains("LEADS"), "nobody leads: {top:?}");
    }
}

fn check_titles(truth: &Truth, frame: &[String]) {
    let cluster = &truth.stage.cluster;
    let rooms = rooms(cluster);
    let mut names: Vec<usize> = rooms.clone();
    names.sort_unstable();
    names.dedup();
    let servers = cluster.servers().len();
    let all = frame.join("\n");
    for room in &names {
        let members = cluster.servers().iter().filter(|server| rooms[server.id.index()] == *room);
        let alive = members.clone().filter(|server| server.power == Power::Up).count();
        let count = match alive == members.count() {
            true => format!("{alive} of {servers}"),
            false => format!("{alive} up of {servers}"),
        };
        let short = format!("{alive}/{servers}");
        assert!(all.contains(&count) || all.contains(&short), "{count:?} is not in\n{all}");
    }
    let enough = |server: &Server| {
        let with = cluster.servers().iter().filter(|other| {
            other.power == Power::Up
                && (other.id == server.id || linked(cluster, server.id, other.id))
        });
        server.power == Power::Up && 2 * with.count() > servers
    };
    let majority = cluster.servers().iter().any(enough);
    let said = ["MAJORITY", "CAN ELECT", "OBEY S", "ALL CONNECTED"];
    let rest = all.replace("NO MAJORITY", "");
    let says = said.iter().any(|word| rest.contains(word));
    assert_eq!(says, majority, "whether there is a majority:\n{all}");
    if names.len() == 1 && majority {
        assert!(!all.contains("NO MAJORITY"), "{all}");
    }
}

/// The cells of each log that are on the screen, as the row of its server has them.
fn check_logs(truth: &Truth, frame: &[String]) {
    let cluster = &truth.stage.cluster;
    let highest = truth.committed.keys().max().copied().unwrap_or(0);
    let head = frame
        .iter()
        .position(|row| row.contains("committed up to") || row.contains("nothing committed"));
    let Some(head) = head else { panic!("no logs in\n{}", frame.join("\n")) };
    if highest > 0 {
        let words = format!("committed up to {highest} ");
        assert!(format!("{} ", frame[head]).contains(&words), "{words:?}: {:?}", frame[head]);
    }
    // The numbers of the entries that are shown stand behind how far the log is committed.
    let numbers = frame[head].split_once("committed").map_or("", |(_, rest)| rest);
    let numbers = numbers.trim_start_matches(" up to").trim_start();
    let numbers =
        numbers.strip_prefix(&highest.to_string()).filter(|_| highest > 0).unwrap_or(numbers);
    let first = numbers.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(1);
    for server in cluster.servers() {
        let name = format!(" {} ", server.id);
        let row = frame[head + 1..]
            .iter()
            .find(|row| row.chars().skip(1).take(6).collect::<String>().contains(&name[1..]));
        let Some(row) = row else { continue };
        let log = server.raft.log();
        let kept = |index: u64| truth.committed.get(&index).copied() == log.term(Index(index));
        let mut rest = row.as_str();
        for (index, entry) in log.iter_from(Index(first)) {
            let Request::Put { key, value, .. } = &entry.op.request else { continue };
            let text = format!("t{} {key}={value}", entry.term);
            let Some(at) = rest.find(&text) else { continue };
            let mark = rest[..at].chars().next_back().unwrap_or(' ');
            let expected = if index.0 <= highest {
                match kept(index.0) {
                    true if server.power != Power::Down && server.raft.commit() >= index => '✓',
                    true => '[',
                    false => '✗',
                }
            } else if highest > 0 && !kept(highest) {
                '✗'
            } else {
                '('
            };
            assert_eq!(mark, expected, "entry {index} of {}: {row:?}", server.id);
            rest = &rest[at + text.len()..];
        }
    }
}

fn check(truth: &mut Truth) {
    for paper in [Paper::Dark, Paper::Light] {
        truth.stage.view.theme.paper = paper;
        for (width, height) in [(80, 24), (120, 40)] {
            let frame = truth.frame(width, height);
            check_top(truth, &frame);
            check_titles(truth, &frame);
            check_logs(truth, &frame);
        }
        // At the largest scale words are in block letters, which ASCII leaves to plain ones.
        truth.stage.view.theme.glyphs = Glyphs::Ascii;
        let frame = truth.frame(200, 60);
        check_top(truth, &frame);
        check_titles(truth, &frame);
        truth.stage.view.theme.glyphs = Glyphs::Unicode;
    }
}

#[test]
fn scenes_that_were_misread_say_what_is_so() {
    let scenes: [&[&str]; 5] = [
        // A leader that lost its majority, with a write that will be lost.
        &["timeout S4", "set x 1", "partition S4 S5 | S1 S2 S3", "put x 2 @1 client=b nowait"],
        // A leader that is heard by all, and hears nobody.
        &["timeout S1", "set x 1", "cut S2 S3 S4 S5 -> S1", "put x 2 @1 client=b nowait"],
        // Three groups, a server down.
        &["timeout S2", "set x 1", "partition S1 S2 | S3 S4 | S5", "crash S3"],
        // A bridge: S3 hears both sides, which don't hear each other.
        &["timeout S3", "set x 1", "cut S1 S2 <-> S4 S5"],
        // Everybody alone.
        &["timeout S1", "isolate S1 S2 S3 S4 S5"],
    ];
    for scene in scenes {
        let mut truth = Truth::new(5, 7);
        for line in scene {
            truth.act(line);
            truth.steps(60);
            check(&mut truth);
        }
        for _ in 0..20 {
            truth.steps(25);
            check(&mut truth);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn at_any_moment_the_screen_says_what_is_so(
        servers in prop::sample::select(vec![1u8, 2, 3, 4, 5, 7, 9]),
        seed in 0u64..1_000,
        steps in proptest::collection::vec(1u32..200, 1..8),
    ) {
        let mut truth = Truth::new(servers, seed);
        truth.act("load clients=3 keys=2 rate=40/s value=2");
        truth.act("chaos swarm");
        for steps in steps {
            truth.steps(steps);
            if truth.stage.cluster.violation().is_none() {
                check(&mut truth);
            }
        }
    }
}
