//! What the diagram tells: flights of packets, marks on the columns, and what was done to the
//! links. Read from the newest events backwards, for what came of a packet says whether it was
//! news, and no farther than there are rows.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::cause::Cause;
use crate::cluster::event::{
    ClientEvent as C, DropReason, Event, EventKind as E, LabEvent, PacketEvent as P,
    RaftEvent as R, ServerEvent as S,
};
use crate::cluster::network::{Cargo, Flight, Packet, PacketKind, Reply, Summary};
use crate::cluster::raft::{AppendResult, Message};
use crate::cluster::time::Time;
use crate::cluster::topic::Weight;
use crate::cluster::types::{ClientId, Index, Node, Outcome, PacketId, Request, Term};
use crate::ui::glyphs::Glyphs;
use crate::ui::log_marks;
use crate::ui::map::brings_commit;
use crate::ui::view::{Rows, Scene};

/// The most events that are looked at.
const EVENTS_MAX: usize = 6_000;
/// How many of them may lie below what is seen: there the lines end that leave it.
const AHEAD: u64 = 400;
/// The most flights that say what they are.
pub const LABELS_MAX: usize = 200;
/// The most columns of a key or a value.
const TEXT: u16 = 6;

/// What happened in a part of the run.
pub struct Tale<'a> {
    pub flights: Vec<Line>,
    pub marks: Vec<Mark>,
    /// What was done to links, and a rule that was broken: what goes across all columns, in order.
    pub deeds: Vec<(u64, &'a Event)>,
    /// The clients that did something, in order.
    pub clients: Vec<ClientId>,
    /// When something happened, in order, each moment once.
    pub moments: Vec<Time>,
    /// The last moment that is to be seen.
    pub bottom: Time,
    /// Where the bound on the work has cut it off: nothing is known of what came before.
    pub since: Option<Time>,
}

/// A packet on its way, or on a part of it.
pub struct Line {
    pub from: Node,
    pub to: Node,
    pub term: Term,
    pub what: String,
    /// A heartbeat that brought nothing, or the answer to one.
    pub routine: bool,
    /// When it was sent, if that is known, and the event that says so, if it was looked at.
    pub sent: Option<Time>,
    pub sending: Option<u64>,
    pub end: End,
    /// It belongs to the causes of what is selected.
    pub lit: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Arrives(u64, Time),
    Lost(u64, Time, DropReason),
    /// It flies, with so many thousandths of its way behind it.
    Flies(u32),
    /// Later than anything that was looked at.
    Beyond,
}

impl Line {
    /// The event for which the line stands: its end, else its beginning.
    pub fn number(&self) -> Option<u64> {
        match self.end {
            End::Arrives(number, _) | End::Lost(number, ..) => Some(number),
            End::Flies(_) | End::Beyond => self.sending,
        }
    }
}

/// A few letters on a column.
pub struct Mark {
    pub number: u64,
    pub time: Time,
    pub node: Node,
    pub text: String,
    pub look: Look,
}

/// How a mark looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It leads from now on.
    Leads(Term),
    Term(Term),
    Strong,
    Plain,
    Dim,
    Lost,
}

impl<'a> Tale<'a> {
    /// What there is to tell for so many rows.
    pub fn of(scene: &'a Scene<'a>, rows: u16) -> Self {
        let (trace, now) = (scene.trace, scene.cluster.now());
        let chosen = scene.view.scroll.events.and_then(|number| Some((number, trace.get(number)?)));
        let bottom = chosen.map_or(now, |(_, event)| event.time);
        let end = chosen.map_or(trace.end(), |(number, _)| number.saturating_add(AHEAD));
        let top = match scene.view.diagram {
            // Lines from above begin where they were sent.
            Rows::Moments => None,
            Rows::Each(span) => {
                let rows = u64::from(rows).saturating_mul(2);
                Some(Time(bottom.micros().saturating_sub(span.micros().saturating_mul(rows))))
            }
        };
        let mut reading = Reading::new(scene, bottom, usize::from(rows));
        let mut since = None;
        for (looked, (number, event)) in trace.events_before(end).rev().enumerate() {
            if looked >= EVENTS_MAX {
                since = Some(event.time);
                break;
            }
            if top.is_some_and(|top| event.time < top) || reading.is_full(event.time) {
                break;
            }
            reading.read(number, event);
        }
        reading.end(since)
    }
}

/// The tale in the making, from its end to its beginning.
struct Reading<'a> {
    scene: &'a Scene<'a>,
    bottom: Time,
    rows: usize,
    /// Whether heartbeats that bring nothing are told too.
    all: bool,
    /// The packets that something came of.
    news: BTreeSet<PacketId>,
    open: BTreeMap<PacketId, Line>,
    done: Vec<Line>,
    marks: Vec<Mark>,
    deeds: Vec<(u64, &'a Event)>,
    clients: BTreeSet<ClientId>,
    /// What clients and servers say to each other, from the last to the first.
    said: Vec<Said>,
    /// From the last to the first.
    moments: Vec<Time>,
    /// How many of them are not below of what is seen.
    above: usize,
}

/// What a client asks, or a server tells it: their packets carry no more than that they do.
struct Said {
    time: Time,
    by: Node,
    client: ClientId,
    words: String,
}

impl<'a> Reading<'a> {
    fn new(scene: &'a Scene<'a>, bottom: Time, rows: usize) -> Self {
        let now = scene.cluster.now();
        let mut reading = Self {
            scene,
            bottom,
            rows,
            all: scene.trace.listing().detail < Weight::Story,
            news: BTreeSet::new(),
            open: BTreeMap::new(),
            done: Vec::new(),
            marks: Vec::new(),
            deeds: Vec::new(),
            clients: BTreeSet::new(),
            said: Vec::new(),
            moments: Vec::new(),
            above: 0,
        };
        if bottom == now {
            reading.moment(now);
        }
        for packet in scene.cluster.packets() {
            if is_news(packet, scene) {
                reading.news.insert(packet.id);
            }
            let all = packet.due.since(packet.sent).micros().max(1);
            let part = (now.since(packet.sent).micros().saturating_mul(1_000) / all).min(1_000);
            let line = reading.line(packet.flight(), End::Flies(part as u32));
            // What was sent below of what is seen is of no concern.
            if packet.sent <= bottom {
                reading.open.insert(packet.id, Line { sent: Some(packet.sent), ..line });
            }
        }
        let waits = scene.cluster.clients().iter().filter(|client| client.job.is_some());
        reading.clients.extend(waits.map(|client| client.id));
        reading
    }

    /// Whether the moments before this one have no row. Twice as many are told: lines that come
    /// from above begin there.
    fn is_full(&self, time: Time) -> bool {
        self.scene.view.diagram == Rows::Moments
            && self.above > 2 * self.rows
            && self.moments.last() != Some(&time)
    }

    fn moment(&mut self, time: Time) {
        if self.moments.last() != Some(&time) {
            self.moments.push(time);
            self.above += usize::from(time <= self.bottom);
        }
    }

    fn line(&self, flight: Flight, end: End) -> Line {
        let Flight { packet, from, to, summary } = flight;
        Line {
            from,
            to,
            term: summary.term,
            what: words(summary),
            routine: is_routine(summary) && !self.news.contains(&packet),
            sent: None,
            sending: None,
            end,
            lit: false,
        }
    }

    fn read(&mut self, number: u64, event: &'a Event) {
        if let Cause::Packet(packet) = event.cause
            && (event.weight() == Weight::Story || is_progress(&event.kind))
            && !matches!(event.kind, E::Packet(..))
        {
            self.news.insert(packet);
        }
        self.listen(event);
        match &event.kind {
            E::Packet(flight, happened) => self.read_packet(number, event.time, *flight, happened),
            E::Lab(deed) if goes_across(deed) => {
                self.deeds.push((number, event));
                self.moment(event.time);
            }
            E::Lab(_) | E::Server(..) | E::Raft(..) | E::Client(..) => {
                self.read_mark(number, event)
            }
            E::Network(_) | E::Script(_) => {}
        }
    }

    fn read_packet(&mut self, number: u64, time: Time, flight: Flight, happened: &P) {
        let lit = self.scene.view.causes.binary_search(&number).is_ok();
        let end = match happened {
            P::Received => End::Arrives(number, time),
            P::Dropped { why, .. } => End::Lost(number, time, *why),
            P::Sent => {
                let line = self.open.remove(&flight.packet);
                let mut line = line.unwrap_or_else(|| self.line(flight, End::Beyond));
                if line.routine && !self.all && !lit {
                    return;
                }
                (line.sent, line.sending) = (Some(time), Some(number));
                line.lit |= lit;
                self.moment(time);
                return self.finish(line);
            }
            P::Held | P::Freed | P::Delayed { .. } => return,
        };
        let mut line = self.line(flight, end);
        if line.routine && !self.all && !lit {
            return;
        }
        line.lit |= lit;
        self.moment(time);
        self.open.insert(flight.packet, line);
    }

    fn listen(&mut self, event: &Event) {
        let glyphs = self.scene.view.theme.glyphs;
        let (by, client, words) = match &event.kind {
            E::Client(client, C::Called { request }) => {
                (Node::Client(*client), *client, call(request, glyphs))
            }
            E::Server(
                server,
                S::Answered { client, answer, .. }
                | S::Replied { client, reply: Reply::Done(answer) },
            ) => {
                let words = match answer.outcome {
                    Outcome::Ok => format!("ok @{}", answer.version),
                    outcome => outcome.to_string(),
                };
                (Node::Server(*server), *client, words)
            }
            E::Server(
                server,
                S::Refused { client, .. }
                | S::WaiterReleased { client, .. }
                | S::Replied { client, reply: Reply::WrongLeader(_) },
            ) => (Node::Server(*server), *client, "no leader".to_owned()),
            _ => return,
        };
        self.said.push(Said { time: event.time, by, client, words });
    }

    /// Lets packets between a client and a server say what was said last.
    fn quote(&self, line: &mut Line) {
        let client = match (line.from, line.to) {
            (Node::Client(client), _) | (_, Node::Client(client)) => client,
            (Node::Server(_), Node::Server(_)) => return,
        };
        let is = |said: &&Said| {
            said.by == line.from && said.client == client && Some(said.time) <= line.sent
        };
        if let Some(said) = self.said.iter().find(is) {
            line.what.clone_from(&said.words);
        }
    }

    fn finish(&mut self, line: Line) {
        for node in [line.from, line.to] {
            if let Node::Client(client) = node {
                self.clients.insert(client);
            }
        }
        self.done.push(line);
    }

    fn read_mark(&mut self, number: u64, event: &Event) {
        let (subject, glyphs) = (event.subject(), self.scene.view.theme.glyphs);
        let Some((text, look)) = mark(&event.kind, glyphs) else { return };
        let hidden = self.scene.view.withholds_commits() && tells_of_commits(&event.kind);
        let Some(node) = subject.filter(|_| !hidden) else { return };
        if let Node::Client(client) = node {
            self.clients.insert(client);
        }
        self.moment(event.time);
        self.marks.push(Mark { number, time: event.time, node, text, look });
    }

    fn end(mut self, since: Option<Time>) -> Tale<'a> {
        // What was sent before anything that was looked at.
        for (_, line) in std::mem::take(&mut self.open) {
            if self.all || line.lit || !line.routine {
                self.finish(line);
            }
        }
        let mut flights = std::mem::take(&mut self.done);
        // What brings news is drawn first, and the newest of it: where there is no room for all.
        flights.sort_by_key(|line| (!line.lit, line.routine, std::cmp::Reverse(line.sent)));
        flights.iter_mut().take(LABELS_MAX).for_each(|line| self.quote(line));
        self.marks.reverse();
        self.deeds.reverse();
        self.moments.reverse();
        Tale {
            flights,
            marks: self.marks,
            deeds: self.deeds,
            clients: self.clients.into_iter().collect(),
            moments: self.moments,
            bottom: self.bottom,
            since,
        }
    }
}

/// Whether a packet in flight brings news, as far as its receiver is concerned.
fn is_news(packet: &Packet, scene: &Scene) -> bool {
    let message = match &packet.cargo {
        Cargo::Raft(message) => message,
        Cargo::Told(summary) => {
            return !matches!(summary.kind, PacketKind::Append { entries: 0, .. });
        }
        Cargo::Client(_) => return true,
    };
    match message {
        Message::Append { entries, commit, .. } => {
            !entries.is_empty() || brings_commit(*commit, packet.to, scene.cluster)
        }
        Message::AppendReply { prev, result: AppendResult::Matched(matched), .. } => matched > prev,
        _ => true,
    }
}

/// Whether packets like this come by the hundred, and bring something now and then.
const fn is_routine(summary: Summary) -> bool {
    matches!(summary.kind, PacketKind::Append { entries: 0, .. } | PacketKind::Appended { .. })
}

/// What no list shows unasked, and what says all the same that a packet was news.
const fn is_progress(event: &E) -> bool {
    matches!(event, E::Raft(_, R::Matched { .. } | R::LearnedCommit { .. }))
}

/// Whether it is about no server alone: a rule is broken, or a command changes links, and no event
/// but the command itself tells of that.
fn goes_across(event: &LabEvent) -> bool {
    let LabEvent::Commanded { command } = event else { return true };
    command.is_about_links()
}

const fn tells_of_commits(event: &E) -> bool {
    matches!(
        event,
        E::Raft(_, R::Committed { .. } | R::LearnedCommit { .. } | R::CommitReported { .. })
    )
}

/// What a packet is, in a few letters.
fn words(summary: Summary) -> String {
    match summary.kind {
        PacketKind::PreVote => "pre-vote?".to_owned(),
        PacketKind::RequestVote => "vote?".to_owned(),
        PacketKind::PreVoteGranted | PacketKind::VoteGranted => "yes".to_owned(),
        PacketKind::PreVoteRefused | PacketKind::VoteRefused | PacketKind::AppendRefused { .. } => {
            "no".to_owned()
        }
        PacketKind::Append { entries: 0, commit, .. } => format!("commit {commit}"),
        PacketKind::Append { prev, entries, .. } => {
            span("entry ", "entries ", prev.next(), Index(prev.0.saturating_add(entries.into())))
        }
        PacketKind::Appended { matched } => format!("has {matched}"),
        PacketKind::TimeoutNow => "take over".to_owned(),
        PacketKind::ReadIndex => "read?".to_owned(),
        PacketKind::ReadIndexGiven { index } => format!("read {index}"),
        PacketKind::InstallSnapshot { last, from, to, of } => {
            log_marks::snapshot(last, from, to, of)
        }
        PacketKind::ChunkReceived { bytes } => format!("has {bytes} bytes"),
        PacketKind::SnapshotInstalled { matched } => format!("has {matched}"),
        PacketKind::ClientRequest => "asks".to_owned(),
        PacketKind::ClientReply => "answer".to_owned(),
        PacketKind::Foreign { what } => what.word().to_owned(),
    }
}

/// "+3", "+3–5": entries with a word before them for one and for several.
fn span(one: &str, many: &str, first: Index, last: Index) -> String {
    if first < last { format!("{many}{first}–{last}") } else { format!("{one}{first}") }
}

/// What stands on the column of the server or client that did it.
fn mark(event: &E, glyphs: Glyphs) -> Option<(String, Look)> {
    Some(match event {
        E::Raft(_, event) => match event {
            R::ElectionStarted { term, .. } => (format!("△ t{term}"), Look::Term(*term)),
            R::BecameLeader { term, .. } => (format!("★ t{term}"), Look::Leads(*term)),
            R::SteppedDown { term, .. } => (format!("○ t{term}"), Look::Term(*term)),
            R::Stands { term, .. } => (format!("△ t{term}"), Look::Term(*term)),
            R::Saved { term, .. } => (format!("t{term}"), Look::Term(*term)),
            R::Wrote { first, last, .. } => (span("+", "+", *first, *last), Look::Plain),
            R::Erased { first, last, .. } => (span("✗", "✗", *first, *last), Look::Lost),
            R::CommitReported { last, .. } => (format!("✓{last}"), Look::Plain),
            R::TermAdopted { to, .. } => (format!("t{to}"), Look::Term(*to)),
            R::Appended { first, last, .. } => (span("+", "+", *first, *last), Look::Plain),
            R::Truncated { first, last, .. } => (span("✗", "✗", *first, *last), Look::Lost),
            R::Committed { last, .. } => (format!("✓{last}"), Look::Strong),
            R::LearnedCommit { last, .. } => (format!("✓{last}"), Look::Plain),
            _ => return None,
        },
        E::Server(_, event) => match event {
            S::Crashed { .. } => ("✗ down".to_owned(), Look::Strong),
            S::Restarted { .. } => ("up".to_owned(), Look::Strong),
            S::FellAsleep => ("z".to_owned(), Look::Strong),
            S::Woke { .. } => ("awake".to_owned(), Look::Strong),
            S::Wiped => ("disk lost".to_owned(), Look::Lost),
            S::Submitted { index, op, .. } => {
                (format!("+{index} {}", request(&op.request, glyphs)), Look::Plain)
            }
            S::Registering { index, .. } => (format!("+{index} session"), Look::Plain),
            S::Skipped { index, .. } => (format!("{index} again"), Look::Plain),
            _ => return None,
        },
        E::Client(_, event) => match event {
            C::SessionOpened { session } => (format!("session {session}"), Look::Plain),
            C::SessionLost { .. } => ("expired".to_owned(), Look::Lost),
            C::Called { request: asked } => (call(asked, glyphs), Look::Strong),
            C::Returned { result, .. } => match result.outcome {
                Outcome::Maybe => ("maybe".to_owned(), Look::Lost),
                outcome => (outcome.to_string(), Look::Strong),
            },
            C::AttemptFailed { server, .. } => (format!("✗ {server}"), Look::Dim),
            C::Abandoned { .. } => ("gives up".to_owned(), Look::Dim),
            _ => return None,
        },
        _ => return None,
    })
}

/// "x=3", "x?": an entry of a log.
fn request(request: &Request, glyphs: Glyphs) -> String {
    let clip = |text: &str| glyphs.shown(text, TEXT);
    match request {
        Request::Get { key } => format!("{}?", clip(key)),
        Request::Put { key, value, .. } => format!("{}={}", clip(key), clip(value)),
    }
}

/// "put x=3", "get x".
fn call(asked: &Request, glyphs: Glyphs) -> String {
    match asked {
        Request::Get { key } => format!("get {}", glyphs.shown(key, TEXT)),
        Request::Put { .. } => format!("put {}", request(asked, glyphs)),
    }
}
