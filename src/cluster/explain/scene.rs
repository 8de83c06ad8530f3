//! What the explanations share: who takes part in what, and how figures are said.

use crate::cluster::Cluster;
use crate::cluster::fit::shorten;
use crate::cluster::flaw::Flaw;
use crate::cluster::raft::{Configuration, Role};
use crate::cluster::server::{Power, Server};
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{ClientId, Node, ServerId, ServerSet};
use crate::cluster::words::spell;

/// Room for a list of servers.
const SERVERS: usize = 36;
/// Room for a key, a value or a name that a user chose.
const TEXT: usize = 16;

/// Why a server takes no part in what another wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// The links between them are cut, both ways.
    CutOff,
    /// It does not hear the other; the other hears it.
    Deaf,
    /// It hears the other, which does not hear it.
    Mute,
    Down,
    Asleep,
}

impl Absence {
    const ALL: [Self; 5] = [Self::CutOff, Self::Deaf, Self::Mute, Self::Down, Self::Asleep];
}

/// Why `other` can't answer `server`; `None` if it can.
pub(super) fn absence(cluster: &Cluster, server: ServerId, other: ServerId) -> Option<Absence> {
    let (one, two) = (Node::Server(server), Node::Server(other));
    match cluster.server(other)?.power {
        Power::Down => Some(Absence::Down),
        Power::Asleep => Some(Absence::Asleep),
        Power::Up => match (cluster.reaches(one, two), cluster.reaches(two, one)) {
            (true, true) => None,
            (false, false) => Some(Absence::CutOff),
            (false, true) => Some(Absence::Deaf),
            (true, false) => Some(Absence::Mute),
        },
    }
}

/// The others that can answer `server`.
pub(super) fn present(cluster: &Cluster, server: ServerId) -> ServerSet {
    others(cluster, server).iter().filter(|id| absence(cluster, server, *id).is_none()).collect()
}

/// All members but one, by its own configuration.
pub(super) fn others(cluster: &Cluster, server: ServerId) -> ServerSet {
    let all = cluster.server(server).map(|server| server.raft.configuration());
    all.map_or(ServerSet::EMPTY, Configuration::members).without(ServerSet::only(server))
}

/// Whom a server asks for votes.
pub(super) fn asked(server: &Server) -> ServerSet {
    let raft = &server.raft;
    raft.rules().asks(raft.configuration()).answer.without(ServerSet::only(server.id))
}

/// Of these servers, those that can't answer `server`, as clauses: "S4 is cut off".
pub(super) fn absent(cluster: &Cluster, server: ServerId, among: ServerSet) -> Vec<String> {
    let with = |why: Absence| -> ServerSet {
        among.iter().filter(|id| absence(cluster, server, *id) == Some(why)).collect()
    };
    let said = Absence::ALL.into_iter().map(|why| (with(why), why));
    said.filter(|(set, _)| !set.is_empty())
        .map(|(set, why)| match why {
            Absence::CutOff => format!("{} cut off", are(set)),
            Absence::Deaf if set.len() == 1 => format!("{set} does not hear {server}"),
            Absence::Deaf => format!("{} do not hear {server}", list(set)),
            Absence::Mute => format!("{server} does not hear {}", list(set)),
            Absence::Down => format!("{} down", are(set)),
            Absence::Asleep => format!("{} asleep", are(set)),
        })
        .collect()
}

/// As the screen counts down: a millisecond that has begun is a whole one.
pub(super) fn begun(left: Span) -> Span {
    match left.micros() {
        0..1_000 => left,
        micros => Span(micros.div_ceil(1_000) * 1_000),
    }
}

/// When something is due: "in 91 ms". While all is by hand, no time passes.
pub(super) fn due(cluster: &Cluster, at: Time) -> String {
    let left = span(begun(at.since(cluster.now())));
    match cluster.is_by_hand() {
        true => format!("by hand, with {left} left"),
        false => format!("in {left}"),
    }
}

/// That fewer than a majority are enough for a server, through a flaw.
pub(super) fn fewer(server: &Server) -> Option<String> {
    let (needed, rule) = (server.raft.counts_by().quorum(), server.raft.configuration().quorum());
    (needed < rule).then(|| format!("flaw {}: the rule is {rule} (§5.2)", Flaw::SmallMajority))
}

/// "S1 has", "S1 and S2 have".
pub(super) fn have(set: ServerSet) -> String {
    format!("{} {}", list(set), if set.len() == 1 { "has" } else { "have" })
}

/// "the answer of S1 is", "the answers of S1 and S2 are".
pub(super) fn answers_are(set: ServerSet) -> String {
    match set.len() {
        1 => format!("the answer of {} is", list(set)),
        _ => format!("the answers of {} are", list(set)),
    }
}

/// "S1 is", "S1 and S2 are".
pub(super) fn are(set: ServerSet) -> String {
    format!("{} {}", list(set), if set.len() == 1 { "is" } else { "are" })
}

/// "S1", "S1 and S2", "S1-S7 and S9".
pub(super) fn list(set: ServerSet) -> String {
    spell::servers(set, SERVERS)
}

/// "3 of 5": how many of these vote, of all who do.
pub(super) fn share(cluster: &Cluster, servers: ServerSet) -> String {
    let (count, voters) = cluster.voting(servers);
    format!("{count} of {voters}")
}

/// The leader of a newer term, beside which this running leader is a stale one.
pub(super) fn newer_leader<'a>(cluster: &'a Cluster, server: &Server) -> Option<&'a Server> {
    let newest = cluster.server(cluster.leader()?)?;
    let leads = server.is_running() && server.raft.role() == Role::Leader;
    (leads && newest.raft.term() > server.raft.term()).then_some(newest)
}

/// A client as it is spoken of: "client a".
pub(super) fn named(cluster: &Cluster, client: ClientId) -> String {
    spell::titled(&name(cluster, client))
}

/// A user's text, short.
pub(super) fn text(text: &str) -> String {
    if text.is_empty() { "\"\"".to_owned() } else { shorten(text, TEXT) }
}

/// A client's bare name.
pub(super) fn name(cluster: &Cluster, client: ClientId) -> String {
    text(cluster.names().client(client))
}

/// "412 ms", "1.25 s".
pub(super) fn span(span: Span) -> String {
    let micros = span.micros();
    match micros {
        0 => "0 ms".to_owned(),
        1..1_000 => "less than 1 ms".to_owned(),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}
