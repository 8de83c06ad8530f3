//! Who can decide, and what is in danger: for each side, how many it is of how many it needs; for
//! each candidate and leader, what it still needs; which entries may be lost or will be. All of it
//! is asked of the [`Situation`], so that nothing here can say otherwise than the map.
//!
//! ```text
//! ─ Quorum ───────────────────────────────────────────────────────────
//!  One more crash, of any one of S1, S2 and S3, and nothing can commit.
//!  Who reaches whom: a majority is 3 of 5
//!   ▮▮▮    S1 S2 S3   3 of 5, a majority: S3 leads term 2
//!   ▮▮▯    S4 S5      2 of 5, needs 1 more: S4 is stuck in term 1
//!  Still needed
//!   ▮▯▯    S4         for entry 3: needs 2 more
//!  At risk
//!   ✗ 3    S4 S5      WILL BE LOST
//! ```

use ratatui::layout::Rect;

use super::log_marks::copies;
use super::reading;
use super::sheet::{self, Row, Sheet};
use super::text::Spaced;
use super::theme::{Ground, Ink, Theme};
use super::view::{Pane, Scene, Target};
use crate::cluster::Cluster;
use crate::cluster::raft::{Configuration, Role};
use crate::cluster::server::Server;
use crate::cluster::situation::{Margin, Need, Situation, Standing};
use crate::cluster::types::{Index, ServerId, ServerSet};
use crate::cluster::words;

/// Where the servers stand, and what is said of them.
const WHO: u16 = 12;
const SAID: u16 = 28;
/// The most columns of servers that are named.
const NAMES: usize = 15;

pub fn sheet(area: Rect, scene: &Scene) -> Sheet {
    let (pane, title) = (Pane::Quorum, Pane::Quorum.name().to_owned());
    let theme = scene.view.theme;
    let situation = reading::situation(scene);
    let telling = Telling { scene, situation: &situation, theme, width: area.width };
    let mut rows = telling.margin();
    rows.extend(telling.reaches());
    rows.extend(telling.titled("Still needed", telling.needs()));
    rows.extend(telling.titled("At risk", telling.risks()));
    let remark = match situation.shared_configuration() {
        Some(all) if all.is_joint() => format!("it takes {}", both(all)),
        Some(all) => format!("a majority is {} of {}", all.quorum(), all.servers()),
        None => "servers count by different members".to_owned(),
    };
    Sheet { pane, title, remark, rows }
}

/// "2 of the 3 old and 2 of the 3 new": what a joint configuration needs (dissertation §4.3).
fn both(all: Configuration) -> String {
    let half =
        |voters: ServerSet| (Configuration::by(voters, ServerSet::EMPTY).quorum(), voters.len());
    let (old, new) = (half(all.old().unwrap_or_default()), half(all.new_voters()));
    format!("{} of the {} old and {} of the {} new", old.0, old.1, new.0, new.1)
}

struct Telling<'a> {
    scene: &'a Scene<'a>,
    situation: &'a Situation,
    theme: Theme,
    width: u16,
}

impl Telling<'_> {
    fn cluster(&self) -> &Cluster {
        self.scene.cluster
    }

    /// The verdict on top, as large as text is.
    fn margin(&self) -> Vec<Row> {
        let (text, style) = match self.situation.margin() {
            Margin::Halted { reached } => {
                let text = match self.situation.shared_configuration() {
                    Some(all) if all.is_joint() => {
                        format!("Nothing can commit: no server reaches {}.", both(all))
                    }
                    Some(all) => {
                        let quorum = all.quorum();
                        format!(
                            "Nothing can commit: no server reaches {quorum}, the most is {reached}."
                        )
                    }
                    None => {
                        "Nothing can commit: nobody who could lead reaches enough of the members \
                         in its own log."
                            .to_owned()
                    }
                };
                (text, self.theme.on(Ground::Bright))
            }
            Margin::One(servers) => {
                let who = match servers.len() {
                    1 => servers.to_string(),
                    _ => format!("any one of {}", words::servers(servers, 40)),
                };
                let text = format!("One more crash, of {who}, and nothing can commit.");
                (text, self.theme.ink(Ink::Strong).patch(self.theme.bold()))
            }
            Margin::More => {
                let text = "Whichever server crashes next, the others can still commit.".to_owned();
                (text, self.theme.ink(Ink::Text))
            }
        };
        sheet::wrapped(&text, 1, self.width, style, self.theme.glyphs).collect()
    }

    fn titled(&self, title: &str, rows: Vec<Row>) -> Vec<Row> {
        if rows.is_empty() {
            return rows;
        }
        let title = Row::of(1, self.theme.ink(Ink::Dim), title);
        std::iter::once(title).chain(rows).collect()
    }

    fn row(&self, sign: &str, servers: ServerSet, said: String, loud: bool) -> Row {
        let strong = self.theme.ink(Ink::Strong).patch(self.theme.bold());
        let mut row = Row::of(2, strong, sign);
        let names = Spaced(servers.iter()).to_string();
        let names = if names.len() <= NAMES { names } else { words::servers(servers, NAMES) };
        row.push_within(WHO, SAID - WHO - 1, strong, names);
        let style = if loud { self.theme.on(Ground::Lost) } else { self.theme.ink(Ink::Text) };
        row.push_within(SAID, self.width.saturating_sub(SAID), style, said);
        row.pointing(servers.iter().next().map(Target::Server))
    }

    /// A row for all that reach the same servers and count by the same members: what they are together.
    fn reaches(&self) -> Vec<Row> {
        let mut told: Vec<(ServerSet, ServerSet, Configuration)> = Vec::new();
        let mut silent = ServerSet::EMPTY;
        for server in self.cluster().servers() {
            let reach = self.situation.reach(server.id);
            let all = self.situation.counts_by(server.id);
            let same = |(_, other, by): &&mut (ServerSet, ServerSet, Configuration)| {
                *other == reach && *by == all
            };
            match told.iter_mut().find(same) {
                _ if reach.is_empty() => silent.insert(server.id),
                Some((servers, ..)) => servers.insert(server.id),
                None => told.push((ServerSet::only(server.id), reach, all)),
            }
        }
        let shared = self.situation.shared_configuration().is_some();
        let row = |(servers, reach, all): (ServerSet, ServerSet, Configuration)| {
            let more = all.lacks(reach);
            let (here, count) = all.voting(reach);
            let alone = if servers == reach {
                String::new()
            } else {
                format!("reaches {}: ", words::servers(reach, 30))
            };
            // Whose members these are, where not all count by the same.
            let of = if shared { String::new() } else { format!(" ({all})") };
            let part = match more {
                _ if all.voters().is_empty() => format!("{alone}knows of no members yet"),
                0 => format!("{alone}{here} of {count}{of}, a majority"),
                more => format!("{alone}{here} of {count}{of}, needs {more} more"),
            };
            self.row(
                &sheet::meter(here.min(9), more.min(9)),
                servers,
                part + &self.led(servers),
                false,
            )
        };
        let mut rows: Vec<Row> = told.into_iter().map(row).collect();
        if !silent.is_empty() {
            rows.push(self.row("✗", silent, "down or asleep".to_owned(), false));
        }
        self.titled("Who reaches whom", rows)
    }

    /// ": S3 leads term 2".
    fn led(&self, servers: ServerSet) -> String {
        let leads = |id: &ServerId| {
            let standing = self.situation.standing(*id);
            matches!(standing, Standing::Leader | Standing::Leads | Standing::Stuck(_))
        };
        let told = servers.iter().filter(leads).filter_map(|id| {
            let term = self.cluster().server(id)?.raft.term();
            let leads = self.situation.standing(id) == Standing::Leader;
            Some(format!("{id} {} term {term}", if leads { "leads" } else { "is stuck in" }))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
    }

    /// What candidates and leaders need.
    fn needs(&self) -> Vec<Row> {
        let candidates = self
            .cluster()
            .servers()
            .iter()
            .filter(|server| server.is_running() && server.raft.role() == Role::Candidate);
        let votes = candidates.map(|server| self.votes(server));
        let leaders = self.situation.leaders(self.cluster()).into_iter();
        let leaders = leaders.filter_map(|id| self.cluster().server(id));
        let copies = leaders.filter_map(|leader| {
            Some(self.copies(leader, self.situation.need(self.cluster(), leader)?))
        });
        votes.chain(copies).collect()
    }

    fn votes(&self, server: &Server) -> Row {
        let votes = server.raft.votes();
        let more = server.raft.counts_by().lacks(votes);
        let term = server.raft.term();
        let refused = match server.raft.refusals() {
            refusals if refusals.is_empty() => String::new(),
            refusals => format!("; {} refused", words::servers(refusals, 20)),
        };
        let said = format!("votes for term {term}: has {votes}, needs {more} more{refused}");
        self.row(&sheet::meter(votes.len(), more), ServerSet::only(server.id), said, false)
    }

    fn copies(&self, leader: &Server, need: Need) -> Row {
        let what = copies(&need);
        let Need { index, acked, coming, more, old_term, .. } = need;
        let coming = match coming.len() {
            0 => String::new(),
            count => format!(", {count} coming"),
        };
        let old =
            if old_term { "; of an older term, so copies do not count (§5.4.2)" } else { "" };
        let said = format!("acknowledged entry {index}: needs {more} more {what}{coming}{old}");
        self.row(&sheet::meter(acked.len(), more), ServerSet::only(leader.id), said, false)
    }

    /// Entries that will be overwritten, and those that may be; those of servers that have the same
    /// together.
    fn risks(&self) -> Vec<Row> {
        let mut risks: Vec<(Risk, ServerSet)> = Vec::new();
        for server in self.cluster().servers() {
            for risk in self.risks_of(server) {
                match risks.iter_mut().find(|(other, _)| *other == risk) {
                    Some((_, servers)) => servers.insert(server.id),
                    None => risks.push((risk, ServerSet::only(server.id))),
                }
            }
        }
        let row = |(risk, servers): (Risk, ServerSet)| {
            let entries = match risk.first < risk.last {
                true => format!("{}-{}", risk.first, risk.last),
                false => risk.first.to_string(),
            };
            match risk.lost {
                true => self.row(&format!("✗ {entries}"), servers, "WILL BE LOST".to_owned(), true),
                false => {
                    let said = "IN DANGER: a server without it could win".to_owned();
                    self.row(&format!("( {entries} )"), servers, said, true)
                }
            }
        };
        risks.into_iter().map(row).collect()
    }

    fn risks_of(&self, server: &Server) -> Vec<Risk> {
        let last = server.raft.log().last_index();
        let lost = self.situation.first_lost(self.cluster(), server);
        let danger = self.situation.first_in_danger(self.cluster(), server);
        let until = lost.map_or(last, Index::previous);
        let lost = lost.map(|first| Risk { lost: true, first, last });
        let danger = danger.filter(|first| *first <= until);
        let danger = danger.map(|first| Risk { lost: false, first, last: until });
        danger.into_iter().chain(lost).collect()
    }
}

/// Entries of a log that may be lost, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Risk {
    lost: bool,
    first: Index,
    last: Index,
}
