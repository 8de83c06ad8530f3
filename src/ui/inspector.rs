//! All of one server under the names of the paper (Figure 2), each with what it is and the section
//! that says so; then what the lab adds to it: timers, disk, waiters, clock. It is live.
//!
//! ```text
//! ─ S3 ★ LEADER ──────────────────────────────────────────────────────────────
//!  currentTerm    4                    the newest term it has heard of (§5.1)
//!  votedFor       S3                   who got its vote in this term (§5.2)
//!  log[]          7 entries, last 7@4  commands with their terms (§5.3)
//!   ✓1@1 x=1 ✓2@1 x=2 (3@4 x=9)
//! ```

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::sheet::{self, Row, Sheet};
use super::text::{Millis, Short, listed};
use super::theme::Ink;
use super::view::{About, Pane, Scene};
use super::{log_marks, reading};
use crate::cluster::Cluster;
use crate::cluster::disk::Ill;
use crate::cluster::raft::{Mode, Most, Reads, Role};
use crate::cluster::server::{Power, Server};
use crate::cluster::situation::Situation;
use crate::cluster::timers::{Timer, TimerKind};
use crate::cluster::types::{Index, ServerId};

/// Where values and explanations begin.
const VALUE: u16 = 16;
const ABOUT: u16 = 38;
/// The most clients that are named.
const WAITERS: usize = 6;
/// The most columns of a name.
const NAME: usize = 8;

/// Whom it shows: the selected server, else the leader, else the first.
fn subject<'a>(scene: &Scene<'a>) -> Option<&'a Server> {
    let chosen = scene.view.selection.server.and_then(|id| scene.cluster.server(id));
    let leads = || scene.cluster.server(scene.cluster.leader()?);
    chosen.or_else(leads).or_else(|| scene.cluster.servers().first())
}

pub fn sheet(area: Rect, scene: &Scene) -> Sheet {
    let (pane, remark) = (Pane::Inspector, "h l another server".to_owned());
    let Some(server) = subject(scene) else {
        return Sheet { pane, title: pane.name().to_owned(), remark, rows: Vec::new() };
    };
    let situation = reading::situation(scene);
    let standing = situation.standing(server.id);
    let title = format!("{} {} {}", server.id, standing.mark(), standing.word());
    let theme = scene.view.theme;
    let (name, value, about) = (theme.bold(), theme.ink(Ink::Strong), theme.ink(Ink::Dim));
    let mut rows = Vec::new();
    for fact in facts(scene.cluster, server, scene.view.withheld()) {
        let mut row = Row::of(1, name, fact.name);
        let list = fact.value.len() > usize::from(ABOUT - VALUE - 1);
        if !list {
            row.push_within(VALUE, ABOUT - VALUE - 1, value, &fact.value);
        }
        row.push_within(ABOUT, area.width.saturating_sub(ABOUT), about, fact.about);
        rows.push(row);
        if list {
            rows.extend(sheet::wrapped(&fact.value, VALUE, area.width, value, theme.glyphs));
        }
        if fact.name == LOG {
            rows.extend(log_row(area.width, scene, &situation, server));
        }
    }
    Sheet { pane, title, remark, rows }
}

/// The newest entries, as many as have room, each in the brackets that say what becomes of it.
fn log_row(width: u16, scene: &Scene, situation: &Situation, server: &Server) -> Option<Row> {
    let theme = scene.view.theme;
    let mut cells: Vec<String> = Vec::new();
    let mut room = width.saturating_sub(VALUE);
    let log = server.raft.log();
    let first = log.first_index();
    let mut index = log.last_index();
    while index >= first {
        let Some(entry) = log.get(index) else { break };
        let (open, close) = match reading::fate(scene, situation, server, index) {
            Some(fate) => fate.brackets(),
            None => (' ', ' '),
        };
        let words = log_marks::words(entry, true, theme.glyphs);
        let cell = format!("{index}:{open}{words}{close} ");
        let taken = theme.glyphs.width(&cell);
        if taken > room {
            break;
        }
        room -= taken;
        cells.push(cell);
        index = index.previous();
    }
    cells.reverse();
    (!cells.is_empty()).then(|| Row::of(VALUE, theme.ink(Ink::Text), cells.concat()))
}

/// One thing that a server has.
pub struct Fact {
    pub name: &'static str,
    pub value: String,
    /// What it is, and where the paper says so.
    pub about: &'static str,
}

const LOG: &str = "log[]";

/// Everything of one server, but for what the class is to find out.
pub fn facts(cluster: &Cluster, server: &Server, withheld: About) -> Vec<Fact> {
    let mut facts = persistent(server, withheld.votes);
    facts.extend(volatile(cluster, server, withheld.commits));
    facts.extend(lab(cluster, server, withheld.votes));
    facts
}

fn fact(name: &'static str, value: impl Into<String>, about: &'static str) -> Fact {
    Fact { name, value: value.into(), about }
}

fn persistent(server: &Server, withheld: bool) -> Vec<Fact> {
    let raft = &server.raft;
    let voted = match raft.voted_for() {
        _ if withheld => "after the answer".to_owned(),
        Some(voted) => voted.to_string(),
        None => "nobody".to_owned(),
    };
    let log = raft.log();
    let entries = match log.is_empty() {
        true if log.base().index > Index::ZERO => "nothing after its snapshot".to_owned(),
        true => "empty".to_owned(),
        false => format!("{}-{}, last {}", log.first_index(), log.last_index(), log.last()),
    };
    let mut facts = vec![
        fact("currentTerm", raft.term().to_string(), "the newest term it has heard of (§5.1)"),
        fact("votedFor", voted, "who got its vote in this term (§5.2)"),
        fact(LOG, entries, "commands, each with its term (§5.3)"),
    ];
    if let Some(snapshot) = raft.snapshot() {
        let what = format!("up to {}, {} bytes", snapshot.last, snapshot.bytes);
        facts.push(fact("snapshot", what, "stands in for the log up to there (§7)"));
    }
    facts
}

fn volatile(cluster: &Cluster, server: &Server, withheld: bool) -> Vec<Fact> {
    let raft = &server.raft;
    let shown = |index: Index| if withheld { "?".to_owned() } else { index.to_string() };
    let down = server.power == Power::Down;
    let role = match (server.power, raft.role(), raft.leader()) {
        (Power::Down, ..) => "down".to_owned(),
        (_, Role::Leader, _) => "leader".to_owned(),
        (_, Role::PreCandidate, _) => "pre-candidate".to_owned(),
        (_, Role::Candidate, _) => "candidate".to_owned(),
        (_, Role::Follower, Some(leader)) => format!("follower of {leader}"),
        (_, Role::Follower, None) => "follower of nobody".to_owned(),
    };
    let mut facts = vec![fact("role", role, "what it is in its term (§5.1)")];
    if !down {
        facts.push(fact(
            "commitIndex",
            shown(raft.commit()),
            "newest entry it knows committed (§5.3)",
        ));
    }
    if !down && cluster.tells_service() {
        facts.push(fact(
            "lastApplied",
            shown(server.rsm.applied),
            "newest entry in its map (§5.3)",
        ));
    }
    match raft.role() {
        _ if down => {}
        // What a leader knows of others stands in no line.
        Role::Leader if cluster.is_observed() => {}
        Role::Leader => {
            let others = cluster.servers().iter().filter(|other| other.id != server.id);
            let known = others.filter_map(|other| Some((other.id, raft.progress(other.id)?)));
            let (mut next, mut matched, mut modes) = (String::new(), String::new(), String::new());
            for (id, progress) in known {
                // Writing into a string does not fail.
                let _ = write!(next, "{id} {}  ", progress.next);
                let _ = write!(matched, "{id} {}  ", progress.matched);
                let mode = raft.mode(id).map_or("", Mode::word);
                let limit = cluster.config().inflight;
                let _ = match (limit, raft.in_flight(id)) {
                    (_, 0) => write!(modes, "{id} {mode}  "),
                    (Most::Count(_), flying) => write!(modes, "{id} {mode} {flying}/{limit}  "),
                    (Most::Bytes(_), _) => {
                        write!(modes, "{id} {mode} {}B/{limit}  ", raft.bytes_in_flight(id))
                    }
                };
            }
            facts.push(fact(
                "nextIndex[]",
                next.trim_end(),
                "the next entry to send to each (§5.3)",
            ));
            let about = "newest entry known to be on each (§5.3)";
            facts.push(fact("matchIndex[]", matched.trim_end(), about));
            // Where all get what is new as it comes, nothing need be said.
            let all = Mode::Replicate;
            let others = raft.configuration().members().iter().filter(|id| *id != server.id);
            if others.filter_map(|id| raft.mode(id)).any(|mode| mode != all)
                || cluster.config().inflight.is_more_than_one()
            {
                let about = "how it sends to each; appends in flight (dissertation §10.2.2)";
                facts.push(fact("progress[]", modes.trim_end(), about));
            }
        }
        Role::PreCandidate | Role::Candidate => {
            let (votes, more) = (raft.votes(), raft.counts_by().lacks(raft.votes()));
            let value = format!("{} {votes}", sheet::meter(votes.len(), more));
            facts.push(fact("votes", value, "a majority of them wins the term (§5.2)"));
        }
        Role::Follower => {}
    }
    facts
}

/// What the paper leaves open.
fn lab(cluster: &Cluster, server: &Server, withheld: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut timer = |name, timer: Option<Timer>, about| {
        let Some(timer) = timer else { return };
        let left = timer.due.since(cluster.now());
        facts.push(fact(name, format!("{} of {}", Millis(left), Millis(timer.span)), about));
    };
    timer(
        "election timer",
        server.timer(TimerKind::Election),
        "silence before it is a candidate (§5.2)",
    );
    timer("heartbeat", server.timer(TimerKind::Heartbeat), "until it speaks to all again (§5.2)");
    timer("sync", server.timer(TimerKind::Sync), "until what it wrote is on its disk");
    timer("quorum check", server.timer(TimerKind::Quorum), "dissertation §6.2");
    facts.extend(beyond(cluster, server));
    let hard = server.disk.hard;
    let voted = hard.voted_for.filter(|_| !withheld);
    let vote = voted.map_or_else(String::new, |vote| format!(", vote {vote}"));
    let dirty = match (server.disk.is_writing(), server.disk.is_dirty()) {
        (true, _) if server.disk.sync.is_none() => ", write hangs",
        (_, true) => ", writing",
        (_, false) => "",
    };
    let disk = format!("t{}{vote}, log to {}{dirty}", hard.term, server.disk.log.last_index());
    facts.push(fact("disk", disk, "all that a crash leaves (Figure 2)"));
    let state = server.disk.ill(cluster.config().sync).map(|ill| match ill {
        Ill::Slow(sync) => format!("slow, {} a write", Millis(sync)),
        Ill::Hangs => "hangs, no write ends".to_owned(),
        Ill::Fails => "fails its next write".to_owned(),
    });
    facts.extend(state.map(|state| fact("disk state", state, "answers wait for it (Figure 2)")));
    if server.power != Power::Down && cluster.tells_service() {
        facts.push(fact("keys", server.rsm.kv.len().to_string(), "how many its map holds (§2)"));
    }
    if let Some(most) = cluster.config().client_sessions.filter(|_| server.power != Power::Down) {
        let sessions = server.rsm.kv.sessions();
        let value = format!("{} of {most}, {} bytes", sessions.len(), sessions.bytes());
        facts.push(fact("sessions", value, "what it keeps of clients (dissertation §6.3)"));
    }
    if server.power != Power::Down && !cluster.is_observed() {
        facts.push(fact(
            "waiters",
            waiters(cluster, server),
            "clients that wait for an entry (§8)",
        ));
    }
    if !server.inbox.is_empty() {
        let count = server.inbox.len().to_string();
        facts.push(fact("inbox", count, "packets that wait until it wakes"));
    }
    if cluster.is_observed() {
        return facts;
    }
    facts.push(fact("clock", server.clock.as_rate(), "its own, beside lab time (§5.6)"));
    facts.push(fact("starts", server.incarnation.to_string(), "how often it was started"));
    facts
}

/// What options of Raft and a transfer add.
fn beyond(cluster: &Cluster, server: &Server) -> Vec<Fact> {
    let (raft, mut facts) = (&server.raft, Vec::new());
    let options: Vec<String> =
        raft.rules().options.iter().map(|choice| choice.to_string()).collect();
    if !options.is_empty() {
        facts.push(fact("options", options.join(" "), "what it keeps beyond Figure 2"));
    }
    let flaws: Vec<&str> = server.flaws().iter().map(|flaw| flaw.name()).collect();
    if !flaws.is_empty() {
        facts.push(fact("flaws", flaws.join(" "), "rules that it does not keep"));
    }
    if let Some(transfer) = raft.transfer() {
        let about = "it takes no requests (dissertation §3.10)";
        facts.push(fact("hands over", format!("to {}", transfer.to), about));
    }
    if raft.is_leader() && raft.reads() == Reads::Lease {
        let left = cluster.lease_left(server).unwrap_or_default();
        let whole =
            raft.rules().lease(cluster.config().election_timeout.low.by_clock(server.clock));
        let tenths = (left.micros() * 10).div_ceil(whole.micros().max(1)).min(10) as usize;
        let bar = format!("{} {}", sheet::meter(tenths, 10 - tenths), Millis(left));
        facts.push(fact("lease", bar, "how long it may read so (dissertation §6.4.1)"));
    }
    if raft.reads() != Reads::Log && server.power != Power::Down {
        let waiting = server.rsm.reads.len().to_string();
        facts.push(fact("reads", waiting, "gets without an entry that wait (dissertation §6.4)"));
    }
    facts
}

/// "b for 7, c for 8".
fn waiters(cluster: &Cluster, server: &Server) -> String {
    let waiters = &server.rsm.waiters;
    let named = waiters.iter().take(WAITERS).map(|waiter| {
        let name = cluster.names().client(waiter.client);
        format!("{} for {}", Short(name, NAME), waiter.index)
    });
    let mut named: Vec<String> = named.collect();
    match waiters.len().saturating_sub(WAITERS) {
        0 if named.is_empty() => return "nobody".to_owned(),
        0 => {}
        more => named.push(format!("{more} more")),
    }
    listed(&named)
}

/// The same as text: a line each.
pub fn lines(cluster: &Cluster, id: ServerId, withheld: About) -> Vec<String> {
    let Some(server) = cluster.server(id) else { return Vec::new() };
    let facts = facts(cluster, server, withheld);
    facts.into_iter().map(|fact| format!("{:<15}{}", fact.name, fact.value)).collect()
}
