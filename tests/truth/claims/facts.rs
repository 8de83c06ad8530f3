//! What the claims are held against.

use raftlab::cluster::command::{Deed, ServerAct};

use raftlab::cluster::raft::{Configuration, Position};

use super::*;

pub fn packet(word: &str) -> raftlab::cluster::types::PacketId {
    raftlab::cluster::types::PacketId(n(word))
}

pub fn subject(step: &Step) -> ServerId {
    match step.event.subject() {
        Some(Node::Server(server)) => server,
        other => panic!("no server: {other:?}"),
    }
}

/// So many entries are not committed, and no more are taken.
pub fn uncommitted(s: &Step, w: &[&str]) -> bool {
    let raft = &s.is(subject(s)).raft;
    let open = raft.log().iter_from(raft.commit().next());
    open.filter(|(_, entry)| entry.term == raft.term()).count() as u64 == n(w[0])
        && s.after.config().uncommitted.map(u64::from) <= Some(n(w[0]))
}

/// So many appends were in flight, and the next one begins there.
pub fn probes_again(s: &Step, w: &[&str]) -> bool {
    let E::Raft(own, RaftEvent::ProbesAgain { follower, .. }) = s.event.kind else { return false };
    let known = |raft: &raftlab::cluster::raft::Raft| raft.progress(follower).map(|it| it.next);
    known(&s.is(own).raft) == Some(Index(n(w[1])))
        && u64::from(s.was(own).raft.in_flight(follower)) == n(w[0])
}

/// A write fails, and nothing of it is on the disk.
pub fn write_fails(s: &Step, w: &[&str]) -> bool {
    let (was, is) = (s.was(id(w[0])), s.is(id(w[0])));
    let E::Server(_, ServerEvent::WriteFailed { records }) = s.event.kind else { return false };
    u64::from(records) == n(w[1])
        && was.disk.is_writing()
        && is.power == Power::Down
        && is.disk.log == was.disk.log
}

/// The client that the event is about.
pub fn own(step: &Step) -> Option<ClientId> {
    match step.event.subject() {
        Some(Node::Client(client)) => Some(client),
        Some(Node::Server(_)) | None => None,
    }
}

/// "S1", "client a".
pub fn node(step: &Step, words: &str) -> Option<Node> {
    match client(step, words) {
        Some(client) => Some(Node::Client(client)),
        None => Some(Node::Server(id(words))),
    }
}

pub fn client(step: &Step, words: &str) -> Option<ClientId> {
    let name = words.strip_prefix("client ").unwrap_or(words);
    let meant = |client: &&Client| match name.strip_suffix("..") {
        Some(begin) => client.name.starts_with(begin),
        None => *client.name == *name,
    };
    step.after.clients().iter().find(meant).map(|client| client.id)
}

/// What a server had in its log and not on its disk, and a vote that was not there.
pub fn lost(step: &Step, server: ServerId) -> (u64, Option<ServerId>) {
    let was = step.was(server);
    // Of a torn write some records may be whole by now.
    let disk = if step.is(server).disk.torn { &step.is(server).disk } else { &was.disk };
    let differs = |index: &u64| was.raft.log().get(Index(*index)) != disk.log.get(Index(*index));
    let log = was.raft.log();
    let entries = (log.first_index().0..=log.last_index().0).filter(differs).count() as u64;
    let same = (was.raft.term(), was.raft.voted_for()) == (disk.hard.term, disk.hard.voted_for);
    (entries, was.raft.voted_for().filter(|_| !same))
}

/// The term and the last index that a server would have after a crash.
pub fn crashed(step: &Step, server: ServerId) -> (Term, Index) {
    let mut cluster = step.after.clone();
    if step.is(server).power != Power::Down && !cluster.is_stopped() {
        let crash =
            raftlab::cluster::command::parse_line(&format!("crash {server}")).expect("good");
        cluster.apply(&crash).expect("it is up");
    }
    let disk = &cluster.server(server).expect("it is there").disk;
    (disk.hard.term, disk.log.last_index())
}

pub fn same_disk(step: &Step) -> bool {
    let (was, is) = (&step.was(subject(step)).disk, &step.is(subject(step)).disk);
    is.torn || (was.hard, &was.log, &was.snapshot) == (is.hard, &is.log, &is.snapshot)
}

pub fn empty(step: &Step) -> bool {
    let is = step.is(subject(step));
    // What its snapshot holds is not volatile.
    let map = is.disk.snapshot.as_ref().map(|snapshot| snapshot.map.clone()).unwrap_or_default();
    is.raft.commit() == is.disk.log.base().index && is.rsm.kv == map && is.rsm.waiters.is_empty()
}

pub fn gave(step: &Step, voter: ServerId, candidate: ServerId, term: Term) -> bool {
    // A server's own vote need not leave: it counts once it is on its disk.
    let own = voter == candidate && step.was(voter).disk.hard.voted_for == Some(voter);
    let own = own || voter == candidate && step.is(voter).disk.hard.voted_for == Some(voter);
    let votes = step.books.votes.get(&(voter, term));
    own || votes.is_some_and(|votes| votes.contains(&candidate))
}

pub fn counted(step: &Step, server: ServerId, words: &str) -> bool {
    let count = n(words.split(' ').next().unwrap_or_default());
    step.is(server).raft.votes().len() as u64 == count
}

pub fn won(step: &Step, w: &[&str]) -> bool {
    let E::Raft(server, RaftEvent::BecameLeader { term, votes, stale, all: by, .. }) =
        step.event.kind
    else {
        return false;
    };
    let all = votes.without(stale).iter().all(|voter| gave(step, voter, server, term));
    let none = stale.iter().all(|voter| !gave(step, voter, server, term));
    all && none
        && is_set(w[4], votes)
        && (votes.len() as u64, u64::from(by.servers())) == (n(w[2]), n(w[3]))
        && by.voters() == step.is(server).raft.configuration().voters()
}

/// How many vote by a server's configuration.
pub fn voters(step: &Step, server: ServerId) -> u64 {
    step.is(server).raft.configuration().voters().len() as u64
}

/// Who votes by a server's configuration.
pub fn voters_of(step: &Step, server: ServerId) -> ServerSet {
    step.is(server).raft.configuration().voters()
}

/// Whether the entry at an index of the subject's log is a configuration that follows another in this way.
pub fn appends(
    step: &Step,
    index: &str,
    is: impl Fn(Configuration, Configuration) -> bool,
) -> bool {
    let (own, index) = (subject(step), Index(n(index)));
    let log = step.is(own).raft.log();
    // Before the first that a log brings there is the one of the start.
    let first = Configuration::of(step.after.config().servers);
    let from = log.configuration_at(index.previous()).map_or(first, |(_, all)| all);
    let to = log.get(index).and_then(|entry| entry.payload.configuration());
    to.is_some_and(|to| is(from, to))
}

/// Whether these are majorities of all halves.
pub fn enough(all: Configuration, servers: ServerSet) -> bool {
    let most = |half: ServerSet| 2 * half.intersection(servers).len() > half.len();
    most(all.new_voters()) && all.old().is_none_or(most)
}

pub fn majority_is(step: &Step, w: &[&str]) -> bool {
    let E::Raft(server, RaftEvent::BecameLeader { votes, .. }) = step.event.kind else {
        return false;
    };
    let (all, needed) = (n(w[0]), n(w[1]));
    let rightly = 2 * needed > all && 2 * (needed - 1) <= all;
    let valid = votes.intersection(voters_of(step, server)).len() as u64;
    rightly && all == voters(step, server) && valid < needed
}

/// None of these has given its vote in the term that was won.
pub fn stale(step: &Step, words: &str) -> bool {
    let E::Raft(server, RaftEvent::BecameLeader { term, stale, .. }) = step.event.kind else {
        return false;
    };
    is_set(words, stale) && stale.iter().all(|voter| !gave(step, voter, server, term))
}

pub fn led(step: &Step, w: &[&str], role: Role) -> bool {
    let was = &step.was(id(w[0])).raft;
    was.role() == role && was.term() == Term(n(w[1]))
}

pub fn from_server(step: &Step) -> Option<ServerId> {
    match step.heard?.0 {
        Node::Server(server) => Some(server),
        Node::Client(_) => None,
    }
}

/// The append that arrived: its term, its previous entry, the terms of its entries, its commit
/// index.
type Append = (Term, (u64, u64), Vec<Term>, Index);

pub fn append(step: &Step) -> Option<Append> {
    let (_, Cargo::Raft(Message::Append { term, prev, entries, commit, .. })) = step.heard? else {
        return None;
    };
    let terms = entries.iter().map(|entry| entry.term).collect();
    Some((*term, (prev.index.0, prev.term.0), terms, *commit))
}

/// The term that the arrived append shows at an index.
pub fn shown(step: &Step, index: u64) -> Option<Term> {
    let (_, prev, terms, _) = append(step)?;
    match index.checked_sub(prev.0)? {
        0 => Some(Term(prev.1)),
        place => terms.get(place as usize - 1).copied(),
    }
}

pub fn copies(step: &Step, w: &[&str]) -> bool {
    let log = step.is(id(w[0])).raft.log();
    from_server(step) == Some(id(w[2]))
        && entries(w[1])
            .all(|index| shown(step, index.0).is_some_and(|term| log.term(index) == Some(term)))
}

pub fn as_the_leader_s(step: &Step, w: &[&str]) -> bool {
    let own = step.is(subject(step)).raft.log().term(Index(n(w[0])));
    own == Some(Term(n(w[1]))) && own == shown(step, n(w[0]))
}

pub fn conflict(step: &Step, w: &[&str]) -> bool {
    let own = step.was(subject(step)).raft.log().term(Index(n(w[0])));
    own == Some(Term(n(w[1]))) && shown(step, n(w[0])) == Some(Term(n(w[2])))
}

pub fn ends(step: &Step, words: &str) -> bool {
    position(words) == {
        let last = step.was(subject(step)).raft.log().last();
        (last.term, last.index)
    }
}

/// "is empty", "ends at 5@3", "at 5@3", "5@3": as term and index.
pub fn position(words: &str) -> (Term, Index) {
    match words.rsplit(' ').next().and_then(|last| last.split_once('@')) {
        Some((index, term)) => (Term(n(term)), Index(n(index))),
        None => {
            assert_eq!(words, "is empty");
            (Term::ZERO, Index::ZERO)
        }
    }
}

/// Where both logs end, if the words say so rightly: the candidate's, the voter's.
pub fn logs(step: &Step, its: &str, own: &str) -> Option<((Term, Index), (Term, Index))> {
    let (_, Cargo::Raft(Message::RequestVote { last, .. } | Message::PreVote { last, .. })) =
        step.heard?
    else {
        return None;
    };
    let voter = step.was(subject(step)).raft.log().last();
    let (its, own) = (position(its), position(own));
    let right = its == (last.term, last.index) && own == (voter.term, voter.index);
    right.then_some((its, own))
}

pub fn forgotten(step: &Step, w: &[&str]) -> bool {
    logs(step, w[3], w[4]).is_some()
        && step.other_votes(subject(step), Term(n(w[0])), id(w[2])) == [id(w[1])]
}

/// No leader of its term has spoken for as long as a timer takes at least; clocks that run fast, and
/// timers that were set, aside.
pub fn silent(step: &Step) -> bool {
    let server = step.was(subject(step));
    let least = step.before.config().election_timeout.low.micros();
    let heard = step.books.heard.get(&server.id);
    let span =
        server.timer(TimerKind::Election).map_or(least, |timer| timer.span.micros().min(least));
    matches!(step.event.cause, Cause::ElectionTimer(_))
        && heard.is_none_or(|heard| heard + span <= step.after.now().micros())
}

/// Whether it has begun no term.
pub fn keeps_term(step: &Step, term: &str) -> bool {
    let (was, is) = (&step.was(subject(step)).raft, &step.is(subject(step)).raft);
    (was.term(), is.term()) == (Term(n(term)), Term(n(term)))
}

/// Whether this server has just asked who would vote for it in this term.
pub fn asked_first(step: &Step, candidate: &str, term: &str) -> bool {
    from_server(step) == Some(id(candidate))
        && matches!(step.heard, Some((_, Cargo::Raft(Message::PreVote { term: of, .. }))) if *of == Term(n(term)))
}

/// Whether neither the term nor the vote nor the timer of a server has changed.
pub fn nothing_changes(step: &Step, id: ServerId) -> bool {
    let of = |server: &Server| {
        let timer = server.timer(TimerKind::Election).map(|timer| timer.due);
        (server.raft.term(), server.raft.voted_for(), timer)
    };
    of(step.was(id)) == of(step.is(id))
}

/// Whether it has heard from no leader for as long as a timer takes at least.
pub fn hears_none(step: &Step) -> bool {
    let server = step.was(subject(step));
    let least = step.before.config().election_timeout.low.micros();
    let heard = step.books.heard.get(&server.id);
    server.raft.role() != Role::Leader
        && (server.raft.leader().is_none()
            || heard.is_none_or(|heard| heard + least <= step.after.now().micros())
            || server.clock != Ppm::ONE)
}

/// Whether it heard from this leader so long ago, and that is not long.
pub fn hears_still(s: &Step, w: &[&str]) -> bool {
    let heard = s.books.heard.get(&subject(s)).copied().unwrap_or_default();
    let ago = s.after.now().micros() - heard;
    let least = s.after.config().election_timeout.low;
    let by_its_clock = s.was(subject(s)).clock != Ppm::ONE;
    s.was(subject(s)).raft.leader() == Some(id(w[0]))
        && w[1] == Span(ago).to_string()
        && (by_its_clock || w[2] == least.to_string() && ago < least.micros())
}

pub fn fired(step: &Step) -> bool {
    step.happened(|kind| {
        matches!(kind, E::Lab(LabEvent::Commanded { command })
            if matches!(**command, Deed::Servers(ServerAct::Timeout, _)))
    })
}

pub fn leads(step: &Step, w: &[&str]) -> bool {
    let was = &step.was(subject(step)).raft;
    was.role() == Role::Leader && was.term() == Term(n(w[0]))
}

pub fn matched(step: &Step, w: &[&str]) -> bool {
    let Some((from, Cargo::Raft(message))) = step.heard else { return false };
    let said = match message {
        Message::AppendReply { result: AppendResult::Matched(said), .. }
        | Message::InstallReply { result: ChunkResult::Installed(said), .. } => *said,
        _ => return false,
    };
    from == Node::Server(id(w[0])) && said == Index(n(w[1]))
}

pub fn refusal(step: &Step) -> Option<(ServerId, u64, Option<Term>, u64)> {
    let (Node::Server(from), Cargo::Raft(Message::AppendReply { prev, result, .. })) = step.heard?
    else {
        return None;
    };
    match *result {
        AppendResult::Refused { conflict, last, .. } => Some((from, prev.0, conflict, last.0)),
        AppendResult::Matched(_) | AppendResult::Hinted { .. } => None,
    }
}

/// A hint: who gave it, what it refused, and the entry that it named.
fn hint(step: &Step) -> Option<(ServerId, Index, Position)> {
    match step.heard? {
        (Node::Server(from), Cargo::Raft(Message::AppendReply { prev, result, .. })) => {
            let AppendResult::Hinted { at, .. } = result else { return None };
            Some((from, *prev, *at))
        }
        _ => None,
    }
}

/// Whether the logs of both agree nowhere between the entry named and the one that was refused. The
/// follower's may be another by now.
fn agree_nowhere(step: &Step, (from, prev, at): (ServerId, Index, Position)) -> bool {
    let (own, its) = (step.was(subject(step)).raft.log(), step.is(from).raft.log());
    (at.index.0 + 1..=prev.0).map(Index).all(|index| {
        own.term(index).is_none()
            || own.term(index) != its.term(index)
            || step.was(subject(step)).raft.progress(from).is_some_and(|it| it.matched >= index)
    })
}

pub fn refusal_hint(step: &Step, w: &[&str]) -> bool {
    hint(step).is_some_and(|(from, prev, at)| {
        (from, at) == (id(w[0]), Position { index: Index(n(w[1])), term: Term(n(w[2])) })
            && agree_nowhere(step, (from, prev, at))
    })
}

pub fn refusal_of_all(step: &Step, w: &[&str]) -> bool {
    hint(step).is_some_and(|(from, prev, at)| {
        (from, prev, at) == (id(w[0]), Index(n(w[1])), Position::default())
            && agree_nowhere(step, (from, prev, at))
    })
}

pub fn refusal_conflict(step: &Step, w: &[&str]) -> bool {
    refusal(step).is_some_and(|(from, prev, conflict, _)| {
        (from, prev, conflict) == (id(w[0]), n(w[1]), Some(Term(n(w[2]))))
    })
}

pub fn refusal_short(step: &Step, w: &[&str]) -> bool {
    refusal(step).is_some_and(|(from, prev, conflict, last)| {
        from == id(w[0]) && prev == n(w[1]) && conflict.is_none() && last < prev
    })
}

/// Whose disks hold the entry that a leader has at an index, of those that it counts.
pub fn on_disks(step: &Step, leader: ServerId, index: Index) -> ServerSet {
    let raft = &step.is(leader).raft;
    let entry = raft.log().get(index);
    // It may have gone on to another configuration within the step.
    let all = match step.event.kind {
        E::Raft(own, RaftEvent::Committed { all, .. }) if own == leader => all,
        _ => raft.configuration(),
    };
    let counts = raft.rules().asks(all).answer;
    let servers = step.after.servers().iter().filter(|other| counts.contains(other.id));
    let counted = servers.filter(|other| match (raft.progress(other.id), &step.event.kind) {
        (Some(known), _) => known.matched >= index,
        // It has stepped down within the step, for it is no member any more.
        (None, E::Raft(_, RaftEvent::Committed { copies, .. })) => copies.contains(other.id),
        (None, _) => false,
    });
    let keeps = counted.filter(|other| !other.flaws().has(Flaw::ForgetLog));
    keeps.filter(|other| other.disk.log.get(index) == entry).map(|other| other.id).collect()
}

pub fn held(step: &Step, w: &[&str]) -> bool {
    let on = on_disks(step, subject(step), Index(n(w[2])));
    let all = match step.event.kind {
        E::Raft(_, RaftEvent::Committed { all, .. }) => u64::from(all.servers()),
        _ => voters(step, subject(step)),
    };
    (on.len() as u64, all) == (n(w[0]), n(w[1]))
}

pub fn of_its_own_term(step: &Step, index: u64) -> bool {
    let raft = &step.is(subject(step)).raft;
    raft.log().term(Index(index)) == Some(raft.term())
}

pub fn brought(step: &Step, w: &[&str]) -> bool {
    append(step).is_some_and(|(_, prev, terms, commit)| {
        (commit.0, prev.0 + terms.len() as u64) == (n(w[1]), n(w[2]))
    })
}

pub fn matches_previous(step: &Step) -> bool {
    let log = step.was(subject(step)).raft.log();
    append(step).is_some_and(|(_, prev, ..)| log.term(Index(prev.0)) == Some(Term(prev.1)))
}

pub fn applies(step: &Step, w: &[&str]) -> bool {
    let E::Server(server, ServerEvent::Applied { index, op, answer, .. }) = &step.event.kind else {
        return false;
    };
    let mut map = step.books.maps.get(server).cloned().unwrap_or_default();
    let (outcome, value, version) = books::apply(&mut map, &op.request);
    let same = (answer.outcome.to_string().as_str(), &*answer.value, answer.version.0)
        == (outcome, &*value, version);
    *index == Index(n(w[1])) && (same || !step.event.flaws.is_empty())
}

pub fn replied(step: &Step, server: ServerId, who: &str) -> bool {
    let to = client(step, who).map(Node::Client);
    step.happened(|kind| {
        matches!(kind, E::Packet(Flight { from, to: receiver, .. }, PacketEvent::Sent)
            if *from == Node::Server(server) && Some(*receiver) == to)
    })
}

pub fn asked(step: &Step, w: &[&str]) -> bool {
    attempt_of(step.after, own(step)).is_some_and(|(at, _)| at == id(w[1]))
        // It may be over within the step: a call to nobody fails at once.
        || step.happened(|kind| {
            matches!(kind, E::Packet(flight, PacketEvent::Sent)
                if flight.to == Node::Server(id(w[1])))
        })
}

pub fn attempt(step: &Step) -> Option<(ServerId, u32)> {
    attempt_of(step.before, own(step))
}

pub fn attempt_of(
    cluster: &raftlab::cluster::Cluster,
    who: Option<ClientId>,
) -> Option<(ServerId, u32)> {
    let call = cluster.client(who?)?.call()?;
    Some((call.asking?.0, call.attempt))
}

pub fn call_before<'a>(step: &Step<'a>) -> Option<&'a Call> {
    let Some(Node::Client(client)) = step.event.subject() else { return None };
    step.before.client(client)?.call()
}

pub fn asks_for(step: &Step, client: ClientId, request: &raftlab::cluster::types::Request) -> bool {
    let records = step.after.history().records().iter();
    records.filter(|record| record.client == client).any(|record| record.request == *request)
}

/// The waiter of this client at this server, before the step.
pub fn waiter(step: &Step) -> Option<Waiter> {
    let E::Server(server, ServerEvent::WaiterReleased { client, index, .. }) = step.event.kind
    else {
        return None;
    };
    let waiters = &step.was(server).rsm.waiters;
    waiters.iter().find(|one| (one.client, one.index) == (client, index)).copied()
}

pub fn answered(step: &Step, why: WrongLeader) -> bool {
    matches!(step.heard, Some((_, Cargo::Client(Rpc::Reply { reply: Reply::WrongLeader(told), .. }))) if *told == why)
}

pub fn maybe(step: &Step, _: &[&str]) -> bool {
    call_before(step).is_some_and(|call| call.maybe_executed)
}
