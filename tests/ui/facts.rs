//! The screen equals the facts. What the top row, the titles of rooms, the tabs of clients and the
//! cells of logs say is compared with what these tests find out for themselves from links, servers
//! and the events of the run: at every beat of every lesson, where every flaw breaks its rule, in
//! chosen scenes, and at random moments of random runs. While a question stands, what would answer
//! it is nowhere on the screen.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::scripts::scripts_of;
use crate::stage::{Stage, rows};
use raftlab::cluster::command::Script;
use raftlab::cluster::event::{Event, EventKind, RaftEvent, ScriptEvent};
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::raft::Role;
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::types::{Index, Node, Request, ServerId, Term};
use raftlab::cluster::{Cluster, Step};
use raftlab::ui::glyphs::Glyphs;
use raftlab::ui::theme::Paper;
use raftlab::ui::trace::Trace;
use raftlab::ui::view::{About, Choice, Clock, Pane, Presented, Question, Said, Stage as Asking};

/// A stage, and what was committed on it: by index, the term.
struct Truth {
    stage: Stage,
    committed: BTreeMap<u64, Term>,
}

impl Truth {
    fn new(servers: u8, seed: u64) -> Self {
        Self { stage: Stage::new(servers, seed), committed: BTreeMap::new() }
    }

    /// A script at its beginning.
    fn script(script: &Script) -> Self {
        let mut truth = Self::new(1, 0);
        truth.stage.cluster = Cluster::with_script(script, None);
        truth.stage.trace = Trace::default();
        truth.note();
        truth
    }

    /// Plays on to the next event of a script of which something is so; whether there is one.
    fn until(&mut self, is: impl Fn(&ScriptEvent) -> bool) -> bool {
        while !self.stage.cluster.finished() && self.stage.cluster.step() == Step::Happened {
            self.stage.trace.extend(self.stage.cluster.events(), self.stage.cluster.names());
            self.note();
            let told = |event: &Event| matches!(&event.kind, EventKind::Script(it) if is(it));
            if self.stage.cluster.events().iter().any(told) {
                return true;
            }
        }
        false
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
    let ids: Vec<ServerId> = cluster.ids().collect();
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
    if !cluster.all_vote() {
        // Not all servers vote then: `tests/members.rs` checks what the screen says of that.
        return;
    }
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
            true => format!("★ {id} LEADER OF TERM {term} "),
            false => format!("☆ {id} STUCK LEADER OF  TERM {term} "),
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
            assert!(!top.contains(&format!("{id} LEADER")), "{id} does not lead: {top:?}");
            assert!(!top.contains(&format!("{id} STUCK")), "{id} does not lead: {top:?}");
        }
    }
    if leaders.is_empty() {
        assert!(!top.contains("LEADER OF"), "nobody leads: {top:?}");
    }
}

fn check_titles(truth: &Truth, frame: &[String]) {
    let cluster = &truth.stage.cluster;
    if !cluster.all_vote() {
        // Not all servers vote then: `tests/members.rs` checks what the screen says of that.
        return;
    }
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
    let said = ["MAJORITY", "ALL CONNECTED"];
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
    check_calm(truth, &frame[head]);
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
            let Some(Request::Put { key, value, .. }) = entry.op().map(|op| &op.request) else {
                continue;
            };
            let text = format!("t{} {key}={value}", entry.term);
            let Some(at) = rest.find(&text) else { continue };
            let mark = rest[..at].chars().next_back().unwrap_or(' ');
            let expected = if index.0 <= highest {
                match kept(index.0) {
                    // A server that is down knows nothing: its disk holds what is committed.
                    true if server.power == Power::Down || server.raft.commit() >= index => '✓',
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

/// Whether nothing is in danger: each entry is committed, or on every server whose log would win an election.
fn check_calm(truth: &Truth, heading: &str) {
    let cluster = &truth.stage.cluster;
    if !cluster.all_vote() {
        return;
    }
    let last = |server: &Server| {
        let position = server.raft.log().last();
        (position.term, position.index)
    };
    let servers = cluster.servers();
    let wins = |server: &&Server| {
        2 * servers.iter().filter(|other| last(other) <= last(server)).count() > servers.len()
    };
    let winners: Vec<&Server> = servers.iter().filter(wins).collect();
    let settled = |server: &Server| {
        server.raft.log().iter_from(Index(1)).all(|(index, entry)| {
            let is_here = |other: &&Server| other.raft.log().term(index) == Some(entry.term);
            match truth.committed.get(&index.0) {
                Some(term) => *term == entry.term,
                None => winners.iter().all(is_here),
            }
        })
    };
    let some = servers.iter().any(|server| !server.raft.log().is_empty());
    let calm = some && cluster.flaws().is_empty() && servers.iter().all(settled);
    assert_eq!(heading.contains("nothing in danger"), calm, "{heading}");
    let Some((_, leader)) = heading.split_once("safe while ") else { return };
    let named = |server: &&Server| leader.starts_with(&format!("{} leads", server.id));
    let leader = servers.iter().find(named).expect("a server is named");
    assert!(leader.raft.role() == Role::Leader && can_commit(cluster, leader), "{heading}");
    for (index, entry) in servers.iter().flat_map(|server| server.raft.log().iter_from(Index(1))) {
        let committed = truth.committed.get(&index.0) == Some(&entry.term);
        let held = leader.raft.log().term(index) == Some(entry.term);
        let everywhere = winners.iter().all(|it| it.raft.log().term(index) == Some(entry.term));
        assert!(committed || held || everywhere, "entry {index}: {heading}");
    }
}

/// Which client waits for which server: under the server, in the list, or at the foot of a room.
fn check_clients(truth: &Truth, frame: &[String]) {
    let cluster = &truth.stage.cluster;
    let all = frame.join("\n");
    let few = cluster.clients().len() <= 3;
    for client in cluster.clients().iter().filter(|client| client.job.is_some() && few) {
        let name = &client.name;
        let asking = client.call().and_then(|call| call.asking);
        let Some((server, _)) = asking else { continue };
        let words = [
            format!(" {name}  waits"),
            format!(" {name}  asks {server}"),
            format!(" {name}  hears"),
            format!("{name} at {server}"),
        ];
        let shared = format!("{name} ");
        let said = words.iter().any(|words| all.contains(words))
            || all.lines().any(|row| row.contains('▲') && row.contains(&shared));
        assert!(said, "client {name} waits for {server}:\n{all}");
    }
}

/// Checks every size and theme; `check_one` is given the frames in which words are plain ones.
fn each(truth: &mut Truth, check_one: impl Fn(&Truth, &[String], bool)) {
    for paper in [Paper::Dark, Paper::Light] {
        truth.stage.view.theme.paper = paper;
        for (width, height) in [(80, 24), (120, 40)] {
            check_one(truth, &truth.frame(width, height), true);
        }
        // At the largest scale words are in block letters, which ASCII leaves to plain ones.
        truth.stage.view.theme.glyphs = Glyphs::Letters;
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            check_one(truth, &truth.frame(width, height), false);
        }
        truth.stage.view.theme.glyphs = Glyphs::Unicode;
    }
    truth.stage.view.theme.paper = Paper::Dark;
}

fn check(truth: &mut Truth) {
    each(truth, |truth, frame, signs| {
        if signs {
            check_top(truth, frame);
            check_logs(truth, frame);
        }
        check_titles(truth, frame);
    });
}

/// The same, where every client has room.
fn check_all(truth: &mut Truth) {
    check(truth);
    each(truth, |truth, frame, signs| {
        if signs {
            check_clients(truth, frame);
        }
    });
}

/// S1 hears nobody and is heard: beside each other the rooms have a gate, and above each other the wall
/// says it.
#[test]
fn a_wall_says_who_is_heard_through_it() {
    let mut truth = Truth::new(5, 1);
    truth.act("timeout S1");
    truth.steps(60);
    truth.act("cut all -> S1");
    for (width, height, word) in [(120, 40, "B HEARS A"), (60, 50, " CUT, BUT B HEARS A ")] {
        let all = truth.frame(width, height).join("\n");
        assert!(all.contains(word), "{all}");
        assert!(!all.contains(" CUT  "), "{all}");
    }
    truth.act("cut S1 -> all");
    assert!(truth.frame(60, 50).join("\n").contains(" CUT "));
    assert!(!truth.frame(60, 50).join("\n").contains("BUT"));
}

/// What would answer a question to the class, or be a hint.
const TELLING: [&str; 14] = [
    "voted for",
    "STUCK",
    "MAJORITY",
    "needs ",
    "IN DANGER",
    "nothing in danger",
    "safe while",
    "WILL LOSE",
    "CONFLICTS",
    "≠",
    "✗t",
    " waits",
    "HEARS TOO FEW",
    " up of ",
];

/// While it is asked something, the class is told nothing of it.
fn check_withheld(truth: &mut Truth) {
    let question = Question {
        text: "What then?".into(),
        choices: ["one", "two"].map(choice).to_vec(),
        stage: Asking::Asked,
        about: About { commits: true, votes: true },
    };
    let servers = truth.stage.cluster.servers().len();
    let count = format!(" of {servers}");
    for presented in [None, Some(Presented::default())] {
        truth.stage.view.question = Some(question.clone());
        truth.stage.view.presented = presented;
        each(truth, |_, frame, _| {
            // Which entries are shown is said with their number.
            let rows =
                frame.iter().filter(|row| !row.contains(" Logs ") && !row.contains("entries"));
            let all = rows.cloned().collect::<Vec<_>>().join("\n");
            for word in TELLING.iter().copied().chain([count.as_str(), "committed"]) {
                assert!(!all.contains(word), "{word:?} gives it away:\n{all}");
            }
        });
    }
    truth.stage.view.question = None;
    truth.stage.view.presented = None;
}

fn choice(text: &str) -> Choice {
    Choice { text: text.into(), said: Said::Nothing, so: None, share: None, own: false }
}

#[test]
fn every_beat_of_every_lesson_says_what_is_so() {
    for (name, script) in scripts_of("lessons") {
        let mut truth = Truth::script(&script);
        let mut beats = 0;
        while truth.until(|event| matches!(event, ScriptEvent::Beat | ScriptEvent::Posed { .. })) {
            beats += 1;
            check_all(&mut truth);
            check_withheld(&mut truth);
        }
        assert!(beats >= 5, "{name}");
    }
}

/// The row that says it is not cut, at any size; and what it says of servers and logs is so.
#[test]
fn where_a_flaw_breaks_its_rule_all_of_it_is_said() {
    for (name, script) in scripts_of("flaws") {
        let mut truth = Truth::script(&script);
        while truth.until(|_| true) {}
        let Some(violation) = truth.stage.cluster.violation().cloned() else { continue };
        truth.stage.view.clock = Clock::Broken;
        let counts =
            truth.stage.cluster.flaws().iter().all(|(flaw, _)| *flaw != Flaw::SmallMajority);
        each(&mut truth, |truth, frame, signs| {
            let all = frame.join(" ");
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let said = words(&all);
            let proof = words(violation.evidence.trim_end_matches('.'));
            if signs {
                assert!(said.contains(&proof), "{name}: {proof:?} is cut:\n{}", frame.join("\n"));
                assert!(said.contains("The rule: "), "{name}:\n{}", frame.join("\n"));
            }
            // Below what is said of the rule.
            let map = frame.iter().position(|row| row.contains(" of ") && row.contains('▮'));
            if let Some(map) = map.filter(|_| counts && signs) {
                check_titles(truth, &frame[map..]);
            }
        });
        // Every server and every entry that proves it is marked.
        let buffer = truth.stage.frame(80, 24);
        let red = truth.stage.view.theme.broken().bg;
        let marked = buffer.content.iter().filter(|cell| Some(cell.bg) == red).count();
        assert!(violation.servers.is_empty() || marked > 0, "{name}");
    }
}

/// Two of a room that don't hear each other are named, and which one is deaf where it is only one.
#[test]
fn a_room_says_who_has_no_link() {
    for (cut, says) in [
        ("cut S1 <-> S3", "NO LINK S1-S3"),
        ("cut S1 -> S3", "S3 DEAF TO S1"),
        ("cut S3 -> S1", "S1 DEAF TO S3"),
    ] {
        let mut truth = Truth::new(3, 5);
        truth.act("timeout S2");
        truth.steps(60);
        truth.act(cut);
        let said = truth.frame(120, 40).join("\n");
        assert!(said.contains(says), "{cut}: {said}");
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
            check_all(&mut truth);
        }
        for _ in 0..20 {
            truth.steps(25);
            check(&mut truth);
        }
    }
}

#[test]
fn what_a_leader_needs_and_its_disk_stand_beside_each_other() {
    let mut truth = Truth::new(5, 4);
    let scene = [
        "timeout S1",
        "set x 1 client=a",
        "crash S4",
        "disk S1 sync=never",
        "disk S3 fail",
        "set x 2 client=b nowait",
    ];
    for line in scene {
        truth.act(line);
        truth.steps(60);
    }
    let row = |frame: &[String], words: &str| frame.iter().any(|row| row.contains(words));
    let frame = truth.frame(80, 24);
    assert!(row(&frame, " needs 1 "), "{}", frame.join("\n"));
    assert!(row(&frame, "LEADER  disk!"), "{}", frame.join("\n"));
    let frame = truth.frame(120, 40);
    assert!(
        row(&frame, " needs 1 on disk ") && row(&frame, " disk hangs "),
        "{}",
        frame.join("\n")
    );
    // The write of S3 failed, it crashed, and its disk is sound again.
    assert!(!truth.stage.cluster.servers()[2].is_running());
    assert!(!row(&frame, " disk fails "), "{}", frame.join("\n"));
}

#[test]
fn of_a_joint_configuration_the_quorum_pane_names_both_majorities() {
    let mut truth = Truth::new(3, 30);
    let lines = ["timeout S1", "members S3 S4 S5", "partition S1 S2 | S3 S4 S5"];
    for line in lines {
        truth.act(line);
        // Until S4 and S5 have learned, and the joint configuration is in S1's log.
        while line.starts_with("members") && !truth.stage.cluster.configuration().is_joint() {
            truth.steps(1);
        }
        truth.steps(if line.starts_with("timeout") { 60 } else { 0 });
    }
    truth.stage.view.focus = Pane::Quorum;
    truth.stage.view.zoomed = Some(Pane::Quorum);
    let all = truth.frame(120, 40).join("\n");
    // S2, which does not know of the change, reaches two of three, and S1 would not vote for it.
    let words =
        "Nothing can commit: nobody who could lead reaches enough of the members in its own log.";
    assert!(all.contains(words), "{all}");
    assert!(all.contains("2 of 5 (S1-3 -> S3-5), needs 2 more"), "{all}");
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
