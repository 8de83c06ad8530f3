//! What one client sees: its present call, or its last, with every server that it has tried and what
//! came of it. Where it was told Maybe, or would be, the two histories that are possible stand side
//! by side, each with what the client would find; what another client's answer rules out has a cross.
//!
//! ```text
//! ─ Client b ─────────────────────────────────────────────────────────
//!  put x=9 @2: maybe, after 1.10 s
//!  1  S4  0.258  no answer in time     1.00 s
//!  2  S3  1.260  wrong version
//!  Two histories: which one it is, b cannot know
//!  it was carried out              it was not
//!  x=2  @2                         x=2  @2
//!  x=9  @3  by b                   x=3  @3  by a
//!  ✗ ruled out: a's put made @3    ✓ a was told ok @3
//! ```
//!
//! A put is carried out if the key is at its version, which it then raises by one (the service's one
//! rule). So another's put that made the next version, or a read that found it, tells the two apart.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::sheet::{self, Row, Sheet};
use super::text::{Moment, Seconds, Short};
use super::theme::{Ground, Ink, Theme};
use super::view::{Pane, Scene, Target};
use crate::cluster::client::{Call, Client, Finished};
use crate::cluster::event::{AttemptFailure, ClientEvent as C, Event, EventKind, ServerEvent as S};
use crate::cluster::explain;
use crate::cluster::history::{Record, Returned};
use crate::cluster::sessions::Skipped;
use crate::cluster::time::Time;
use crate::cluster::types::{
    ClientId, Index, Key, OpId, Outcome, Request, ServerId, Value, Version,
};

/// How far back attempts are looked for, in events; and other clients' answers, in records.
const EVENTS_MAX: usize = 6_000;
const RECORDS_MAX: usize = 2_000;
/// The most attempts that are listed: the newest.
const ATTEMPTS_MAX: usize = 12;
/// The most columns of a name, a key, a value.
const NAME: usize = 10;
const TEXT: usize = 14;
/// The most keys that are listed.
const KEYS: usize = 12;

/// Whom it shows: the selected client, else one that waits, else the one that was answered last.
fn subject<'a>(scene: &Scene<'a>) -> Option<&'a Client> {
    let clients = scene.cluster.clients();
    let chosen = scene.view.selection.client.and_then(|id| scene.cluster.client(id));
    let waits = || clients.iter().find(|client| client.job.is_some());
    let answered = || {
        let ended = clients.iter().filter(|client| client.last.is_some());
        ended.max_by_key(|client| client.last.as_ref().map(|last| last.at))
    };
    chosen.or_else(waits).or_else(answered).or_else(|| clients.first())
}

pub fn sheet(area: Rect, scene: &Scene) -> Sheet {
    let (pane, remark) = (Pane::Client, "h l another client".to_owned());
    let Some(client) = subject(scene) else {
        let rows = vec![Row::of(1, scene.view.theme.ink(Ink::Dim), "there are no clients")];
        return Sheet { pane, title: pane.name().to_owned(), remark, rows };
    };
    let title = format!("Client {}", Short(&client.name, 2 * NAME));
    let view = ClientView { scene, client, theme: scene.view.theme, width: area.width };
    Sheet { pane, title, remark, rows: view.rows() }
}

/// A get or a put, open or ended.
struct Asked<'a> {
    request: &'a Request,
    since: Time,
    maybe: bool,
}

struct ClientView<'a> {
    scene: &'a Scene<'a>,
    client: &'a Client,
    theme: Theme,
    width: u16,
}

impl ClientView<'_> {
    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let now = explain::client(self.scene.cluster, self.client.id, &[]).join(" ");
        let text = self.theme.ink(Ink::Text);
        rows.extend(sheet::wrapped(&now, 1, self.width, text, self.theme.glyphs));
        rows.extend(self.last_put().map(|asked| self.histories(&asked)).unwrap_or_default());
        let attempts = self.attempts();
        rows.extend(self.titled("Servers tried", attempts));
        rows.extend(self.titled("What it last learned", self.known()));
        rows
    }

    fn titled(&self, title: &str, rows: Vec<Row>) -> Vec<Row> {
        if rows.is_empty() {
            return rows;
        }
        let title = Row::of(1, self.theme.bold(), title);
        std::iter::once(title).chain(rows).collect()
    }

    /// Every server that the newest call was sent to, and what came of it.
    fn attempts(&self) -> Vec<Row> {
        let mut tries: Vec<Try> = Vec::new();
        let mut end: Option<(Time, String)> = None;
        for (number, event) in self.scene.trace.events().rev().take(EVENTS_MAX) {
            let EventKind::Client(id, what) = &event.kind else { continue };
            if *id != self.client.id {
                continue;
            }
            match what {
                C::Called { .. } => break,
                C::Returned { result, .. } => {
                    end = Some((event.time, result.outcome.to_string()));
                }
                C::AttemptFailed { why, .. } => end = Some((event.time, failed(*why).to_owned())),
                C::Asked { server, attempt } => {
                    let (server, attempt) = (*server, *attempt);
                    tries.push(Try { number, server, attempt, at: event.time, end: end.take() });
                }
                _ => {}
            }
        }
        tries.truncate(ATTEMPTS_MAX);
        tries.reverse();
        tries.iter().map(|attempt| self.attempt(attempt)).collect()
    }

    fn attempt(&self, attempt: &Try) -> Row {
        let (dim, text) = (self.theme.ink(Ink::Dim), self.theme.ink(Ink::Text));
        let mut row = Row::of(2, dim, attempt.attempt.to_string());
        row.push(7, self.theme.bold(), attempt.server.to_string());
        row.push(12, dim, Moment(attempt.at).to_string());
        let now = self.scene.cluster.now();
        let (said, until) = match &attempt.end {
            Some((at, said)) => (said.as_str(), *at),
            None => ("waits", now),
        };
        row.push_within(21, 26, text, said);
        row.push(48, dim, Seconds(until.since(attempt.at)).to_string());
        row.pointing(Some(Target::Event(attempt.number)))
    }

    /// The put that is open, or was the last that ended.
    fn last_put(&self) -> Option<Asked<'_>> {
        if let Some(Call { request, since, maybe_executed, .. }) = self.client.call() {
            return Some(Asked {
                request,
                since: *since,
                maybe: *maybe_executed && self.client.session.is_none(),
            });
        }
        let Finished { result, .. } = self.client.last.as_ref()?;
        let records = self.scene.cluster.history().records();
        let own = records.iter().rev().take(RECORDS_MAX);
        let mut own = own.filter(|record| record.client == self.client.id);
        let record = own.find(|record| record.returned.is_some())?;
        let maybe = result.outcome == Outcome::Maybe
            || record.returned.as_ref().is_some_and(|told| told.outcome == Outcome::Maybe);
        Some(Asked { request: &record.request, since: record.called, maybe })
    }

    /// The two histories that fit what this client knows, side by side.
    fn histories(&self, asked: &Asked) -> Vec<Row> {
        let Request::Put { key, value, version } = asked.request else { return Vec::new() };
        if !asked.maybe {
            return Vec::new();
        }
        let half = self.width / 2;
        let (text, strong) = (self.theme.ink(Ink::Text), self.theme.bold());
        let name = Short(&self.client.name, NAME).to_string();
        let made = Version(version.0.saturating_add(1));
        let put = |value: &str| format!("{}={}", Short(key, TEXT), Short(value, TEXT));
        let before = match version.0 {
            0 => format!("{} does not exist", Short(key, TEXT)),
            _ => match self.value_at(key, *version) {
                Some(value) => format!("{}  @{version}", put(&value)),
                None => format!("{}  @{version}", Short(key, TEXT)),
            },
        };
        let evidence = self.evidence(key, value, made);
        let mut rows = vec![Row::of(
            1,
            strong,
            format!("Maybe: two histories are possible, and {name} can't tell which"),
        )];
        let mut pair = |style: Style, left: String, right: String| {
            let mut row = Row::default();
            row.push_within(2, half.saturating_sub(3), style, left);
            row.push_within(half, self.width.saturating_sub(half), style, right);
            rows.push(row);
        };
        pair(strong, format!("{} was carried out", put(value)), "it was not".to_owned());
        pair(text, before.clone(), before);
        let other = match &evidence.other {
            Some((client, value)) => format!("{}  @{made}  by {client}", put(value)),
            None => format!("@{made} is still free, or another's"),
        };
        pair(text, format!("{}  @{made}  by {name}", put(value)), other);
        let (yes, no) = (evidence.against_it(made), evidence.for_it(made));
        let said = |against: &Option<String>, other: &Option<String>| match (against, other) {
            (Some(why), _) => format!("✗ ruled out: {why}"),
            (None, Some(_)) => "the only one left".to_owned(),
            (None, None) => "possible, as far as clients know".to_owned(),
        };
        pair(text, said(&yes, &no), said(&no, &yes));
        rows.extend(self.in_fact(asked));
        rows
    }

    /// What clients were told of the version that the put would have made.
    fn evidence(&self, key: &Key, value: &Value, made: Version) -> Evidence {
        let mut evidence = Evidence::default();
        let names = self.scene.cluster.names();
        let name = |id: ClientId| Short(names.client(id), NAME).to_string();
        let records = self.scene.cluster.history().records().iter().rev().take(RECORDS_MAX);
        for Record { client, request, returned, .. } in records {
            let Some(Returned { outcome: Outcome::Ok, value: found, version, .. }) = returned
            else {
                continue;
            };
            if *version != made || request.key() != key {
                continue;
            }
            match request {
                Request::Put { value: other, .. } => {
                    evidence.other = Some((name(*client), other.clone()));
                }
                Request::Get { .. } if found == value => evidence.seen = Some(name(*client)),
                Request::Get { .. } => evidence.unseen = Some((name(*client), found.clone())),
            }
        }
        evidence
    }

    /// The value that some client is known to have put at a version, or found there.
    fn value_at(&self, key: &Key, version: Version) -> Option<Value> {
        let records = self.scene.cluster.history().records().iter().rev().take(RECORDS_MAX);
        let told = records.filter(|record| record.request.key() == key);
        told.filter_map(|record| {
            let returned = record.returned.as_ref()?;
            let is = returned.outcome == Outcome::Ok && returned.version == version;
            is.then(|| match &record.request {
                Request::Put { value, .. } => value.clone(),
                Request::Get { .. } => returned.value.clone(),
            })
        })
        .next()
    }

    /// What the lab knows, and no client: whether an entry with this put has been applied.
    fn in_fact(&self, asked: &Asked) -> Option<Row> {
        let (mut own, mut applied): (Vec<OpId>, Vec<(OpId, Index)>) = Default::default();
        let mut expired = Vec::new();
        let mut oldest = 0;
        for (number, event) in self.scene.trace.events().rev().take(EVENTS_MAX) {
            oldest = number;
            if event.time < asked.since {
                oldest = 0;
                break;
            }
            note(event, self.client.id, asked.request, &mut own, &mut applied, &mut expired);
        }
        // What came before is not remembered.
        if oldest > 0 {
            return None;
        }
        let entry = applied.iter().find(|(op, _)| own.contains(op)).map(|(_, index)| *index);
        let waits = self.scene.cluster.servers().iter().any(|server| {
            let log = server.raft.log();
            let open = log.iter_from(server.raft.commit().next());
            open.take(100).any(|(_, entry)| own.contains(&entry.id()))
        });
        let expired = own.iter().any(|op| expired.contains(op));
        let said = match entry {
            Some(index) => format!("In fact it was carried out, as entry {index}."),
            // Its session is gone for good.
            None if expired => {
                "In fact it was not carried out, and never will be: its session had expired."
                    .to_owned()
            }
            None if waits => {
                "In fact it is not carried out so far; its entry is in a log.".to_owned()
            }
            None => "In fact it is not carried out so far.".to_owned(),
        };
        Some(Row::of(1, self.theme.on(Ground::Bright), format!(" {said} ")))
    }

    fn known(&self) -> Vec<Row> {
        let row = |(key, stored): (&Key, &crate::cluster::kv::Stored)| {
            let mut row = Row::of(2, self.theme.bold(), Short(key, TEXT).to_string());
            let said = format!("{}  @{}", Short(&stored.value, 2 * TEXT), stored.version);
            row.push(2 + TEXT as u16 + 3, self.theme.ink(Ink::Text), said);
            row
        };
        self.client.known.iter().take(KEYS).map(row).collect()
    }
}

/// Collects what became of a client's put: the operations that servers made of it, and those of all
/// that were applied with success or came after their session had expired.
fn note(
    event: &Event,
    client: ClientId,
    request: &Request,
    own: &mut Vec<OpId>,
    applied: &mut Vec<(OpId, Index)>,
    expired: &mut Vec<OpId>,
) {
    match &event.kind {
        EventKind::Server(_, S::Submitted { op, client: of, .. })
            if *of == client && op.request == *request =>
        {
            own.push(op.id);
        }
        EventKind::Server(_, S::Applied { index, op, answer, .. })
            if answer.outcome == Outcome::Ok && op.request == *request =>
        {
            applied.push((op.id, *index));
        }
        EventKind::Server(_, S::Skipped { op, why: Skipped::Expired, .. }) => expired.push(op.id),
        _ => {}
    }
}

/// One server that was asked.
struct Try {
    number: u64,
    server: ServerId,
    attempt: u32,
    at: Time,
    end: Option<(Time, String)>,
}

/// What clients were told of one version of a key.
#[derive(Default)]
struct Evidence {
    /// Whose put made it, and its value.
    other: Option<(String, Value)>,
    /// Who read this put's value there, and who another.
    seen: Option<String>,
    unseen: Option<(String, Value)>,
}

impl Evidence {
    /// Why the put was not carried out.
    fn against_it(&self, made: Version) -> Option<String> {
        let put = self.other.as_ref().map(|(who, _)| format!("{who} was told ok @{made}"));
        put.or_else(|| {
            let (who, value) = self.unseen.as_ref()?;
            Some(format!("{who} read {} @{made}", Short(value, TEXT)))
        })
    }

    /// Why it was.
    fn for_it(&self, made: Version) -> Option<String> {
        let own = self.other.is_none().then_some(self.seen.as_ref()).flatten()?;
        Some(format!("{own} read its value @{made}"))
    }
}

const fn failed(why: AttemptFailure) -> &'static str {
    match why {
        AttemptFailure::TimedOut => "no answer in time",
        AttemptFailure::LossReported => "the call was lost",
        AttemptFailure::WrongLeader(why) => why.words(),
    }
}
