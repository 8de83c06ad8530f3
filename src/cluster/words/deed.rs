//! What happened, as a verb phrase whose subject is the event's server or client: "wins term 4
//! by 3 of 5 votes: S1, S2 and S3". Where an event has no subject the phrase stands
//! alone.

use super::spell::{self, Spell, count, entries, packet};
use crate::cluster::command::Spaced;
use crate::cluster::event::{Event, EventKind};
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::network::Summary;
use crate::cluster::raft::{Position, Role};
use crate::cluster::types::{
    Answer, ClientId, Index, Node, Op, PacketId, Request, ServerId, ServerSet, Term,
};

/// Room for a list of servers.
const SERVERS: usize = 22;

impl Spell<'_> {
    /// The verb phrase of an event.
    pub(super) fn deed(&self, event: &Event) -> String {
        use EventKind as E;
        match &event.kind {
            E::Commanded { command } => format!("command: {command}"),
            E::Crashed { lost, vote, .. } => crashes(*lost, *vote),
            E::Restarted { .. } => "restarts with what is on its disk".into(),
            E::FellAsleep { .. } => "falls asleep".into(),
            E::Woke { packets, .. } => wakes(*packets),
            E::Wiped { .. } => "loses its disk".into(),
            E::ClockSet { rate, .. } => format!("has its clock run at rate {}", rate.as_rate()),
            E::Synced { last, forgets, .. } => synced(*last, *forgets),
            E::Sent { packet, to, summary, .. } => self.sends(*packet, *to, *summary),
            E::Duplicated { packet, copy } => format!("packet #{packet} is doubled as #{copy}"),
            E::Held { packet: id, from, summary, .. } => {
                format!("does not get {}'s #{id} yet: {}", self.node(*from), packet(*summary))
            }
            E::Freed { packet: id, from, summary, .. } => {
                format!("may get {}'s #{id} now: {}", self.node(*from), packet(*summary))
            }
            E::Delayed { packet: id, from, summary, span, .. } => {
                format!("gets {}'s #{id} {span} later: {}", self.node(*from), packet(*summary))
            }
            E::Received { packet, from, summary, .. } => self.hears(*packet, *from, *summary),
            E::Dropped { packet, to, summary, .. } => self.misses(*packet, *to, *summary),
            E::LossReported { about, .. } => self.told_of_loss(*about),
            E::ElectionStarted { term, .. } => format!("becomes a candidate in term {term}"),
            E::TermAdopted { from, to, .. } => format!("goes from term {from} to term {to}"),
            E::VoteGranted { candidate, term, .. } => votes_for(*candidate, *term),
            E::VoteRefused { candidate, term, .. } => refuses_vote(*candidate, *term),
            E::VoteCounted { voter, term, cast, votes, .. } => {
                counts_vote(*voter, (*term, *cast), *votes)
            }
            E::BecameLeader { term, votes, servers, .. } => wins(*term, *votes, *servers),
            E::SteppedDown { role, term, .. } => steps_down(*role, *term),
            E::Submitted { index, term, op, client, .. } => self.takes(*index, *term, op, *client),
            E::Appended { leader, first, last, .. } => copies(*leader, *first, *last, event.flaws),
            E::Truncated { first, last, old, .. } => removes(*first, *last, *old),
            E::AppendRefused { leader, prev, .. } => refuses_append(*leader, *prev),
            E::Matched { follower, index, .. } => counts_copies(*follower, *index),
            E::BackedUp { follower, from, next, .. } => steps_back(*follower, *from, *next),
            E::Resent { follower, next, .. } => format!("sends {follower} entry {next} again"),
            E::Ignored { from, summary, .. } => ignores(*from, *summary),
            E::Committed { first, last, term, holders: on, .. } => {
                commits(*first, *last, *term, *on)
            }
            E::LearnedCommit { leader, first, last, .. } => learns_commit(*leader, *first, *last),
            E::Departed { .. } => "departs from a rule".into(),
            E::OldTermWaits { index, entry, .. } => must_not_commit(*index, *entry),
            E::Refused { client, leader, .. } => self.sends_away(*client, *leader),
            E::Applied { index, .. } if event.flaws.has(Flaw::ApplyOwnOnly) => {
                format!("leaves entry {index} out of its map")
            }
            E::Applied { index, op, answer, .. } => self.applies(*index, &op.request, answer),
            E::Answered { client, answer, .. } => self.tells(*client, answer),
            E::WaiterReleased { client, index, .. } => self.gives_up(*client, *index),
            E::WaitersLost { count, .. } => format!("forgets {}", spell::clients(*count)),
            E::ClientCreated { .. } => "joins".into(),
            E::Called { request, .. } => format!("calls {}", self.call(request)),
            E::Asked { server, attempt, .. } => asks(*server, *attempt),
            E::AttemptFailed { server, .. } => format!("ends its attempt at {server}"),
            E::Returned { request, result, .. } => self.is_told(request, result),
            E::Abandoned { call: Some(request), .. } => format!("abandons {}", self.call(request)),
            E::Abandoned { call: None, .. } => "abandons its operation".into(),
            E::LateReply { server, .. } => format!("ignores a late reply of {server}"),
            E::Queued { waiting, .. } => format!("has {waiting} more to do after this"),
            E::LockHeld { lock, .. } => format!("holds the lock {}", self.text(lock)),
            E::LockFree { lock, .. } => format!("begins to release the lock {}", self.text(lock)),
            E::Finished { what, .. } => format!("is done with {what}"),
            E::LineRun { line, .. } => format!("line {line} runs"),
            E::Said { text } => format!("caption: {}", text.replace('\n', " ")),
            E::Beat => "the script waits for its presenter".into(),
            E::Posed { question } => format!("the class is asked: {question}"),
            E::Counted { hands } => format!("the class says {}", Spaced(hands)),
            E::Revealed { so } => reveals(so),
            E::OracleAsked => "the oracle is asked".into(),
            E::Aside { text } => format!("aside: {text}"),
            E::Pointed { servers, entry } => points(*servers, *entry),
            E::Noted { text } => format!("note: {text}"),
            E::BreakpointSet { condition, on: true } => format!("breakpoint: {condition}"),
            E::BreakpointSet { condition, on: false } => format!("breakpoint off: {condition}"),
            E::Watched { what, .. } => format!("watched: {what}"),
            E::Unwatched { what: Some(what) } => format!("no longer watched: {what}"),
            E::Unwatched { what: None } => "nothing is watched any more".into(),
            E::Marked { name } => format!("mark: {name}"),
            E::Paced { pace } => crate::cluster::command::Command::Pace(pace.0).to_string(),
            // Somebody has asked, and no line of a script.
            E::Expected { line: 0, command } => format!("{command}: it is so"),
            E::Expected { line, command } => format!("line {line} holds: {command}"),
            E::TaskEnded { task } => format!("task {task} ends"),
            E::ScriptEnded => "the script ends".into(),
            E::Failed { line, expected, .. } => fails(*line, expected),
            E::Remarked { line, expected, .. } => would_fail(*line, expected),
            E::Violated { violation } => format!("broken: {}", violation.evidence),
        }
    }

    fn sends(&self, id: PacketId, to: Node, summary: Summary) -> String {
        format!("sends {} #{id}: {}", self.node(to), packet(summary))
    }

    fn hears(&self, id: PacketId, from: Node, summary: Summary) -> String {
        format!("hears {}'s #{id}: {}", self.node(from), packet(summary))
    }

    fn misses(&self, id: PacketId, to: Node, summary: Summary) -> String {
        format!("loses #{id} to {}: {}", self.node(to), packet(summary))
    }

    fn told_of_loss(&self, about: Node) -> String {
        format!("learns that its call to {} was lost", self.node(about))
    }

    fn takes(&self, index: Index, term: Term, op: &Op, client: ClientId) -> String {
        let request = self.request_of(&op.request, client);
        format!("appends {request} as entry {index} of term {term}")
    }

    fn sends_away(&self, client: ClientId, leader: Option<ServerId>) -> String {
        match leader {
            Some(leader) => format!("refuses {}: it follows {leader}", self.client(client)),
            None => format!("refuses {}: it knows no leader", self.client(client)),
        }
    }

    fn applies(&self, index: Index, request: &Request, answer: &Answer) -> String {
        format!("applies entry {index}: {}", self.result(request, answer))
    }

    fn tells(&self, client: ClientId, answer: &Answer) -> String {
        format!("answers {}: {}", self.client(client), spell::answer(answer))
    }

    fn gives_up(&self, client: ClientId, index: Index) -> String {
        format!("releases {}, which waits for entry {index}", self.client(client))
    }

    fn is_told(&self, request: &Request, result: &Answer) -> String {
        format!("is answered {}: {}", result.outcome, self.result(request, result))
    }
}

fn crashes(lost: u64, vote: Option<ServerId>) -> String {
    let entries = count(lost, "unsynced entry", "unsynced entries");
    match (lost, vote) {
        (0, None) => "crashes".into(),
        (0, Some(vote)) => format!("crashes and loses its unsynced vote for {vote}"),
        (_, None) => format!("crashes and loses {entries}"),
        (_, Some(vote)) => format!("crashes and loses {entries} and its vote for {vote}"),
    }
}

fn wakes(packets: u32) -> String {
    match packets {
        0 => "wakes".into(),
        packets => format!("wakes and finds {}", count(packets.into(), "packet", "packets")),
    }
}

/// A server that keeps something in memory only has less on its disk than it has written.
fn synced(last: Index, forgets: Flaws) -> String {
    match last {
        _ if !forgets.is_empty() => "ends a write".into(),
        Index::ZERO => "has its term and its vote on disk".into(),
        last => format!("has its log up to entry {last} on disk"),
    }
}

fn votes_for(candidate: ServerId, term: Term) -> String {
    format!("votes for {candidate} in term {term}")
}

fn refuses_vote(candidate: ServerId, term: Term) -> String {
    format!("refuses {candidate} its vote in term {term}")
}

fn counts_vote(voter: ServerId, (term, cast): (Term, Term), votes: ServerSet) -> String {
    let votes = count(votes.len() as u64, "vote", "votes");
    match cast == term {
        true => format!("counts the vote of {voter}: {votes} in term {term}"),
        false => format!("counts {voter}'s vote of term {cast}: {votes} in term {term}"),
    }
}

fn wins(term: Term, votes: ServerSet, servers: u8) -> String {
    let voters = spell::servers(votes, SERVERS);
    format!("wins term {term} by {} of {servers} votes: {voters}", votes.len())
}

fn steps_down(role: Role, term: Term) -> String {
    match role {
        Role::Leader => format!("no longer leads term {term}"),
        Role::Candidate => format!("is no longer a candidate in term {term}"),
        Role::Follower => format!("remains a follower in term {term}"),
    }
}

fn copies(leader: ServerId, first: Index, last: Index, flaws: Flaws) -> String {
    match flaws.has(Flaw::KeepConflictingTail) {
        true => format!("puts its own {} back", entries(first, last)),
        false => format!("copies {} of {leader}", entries(first, last)),
    }
}

fn refuses_append(leader: ServerId, prev: Position) -> String {
    match prev.index {
        Index::ZERO => format!("refuses the append of {leader}"),
        _ => format!("refuses the append of {leader} after entry {prev}"),
    }
}

fn counts_copies(follower: ServerId, index: Index) -> String {
    format!("counts {follower}'s log as equal up to entry {index}")
}

fn steps_back(follower: ServerId, from: Index, next: Index) -> String {
    format!("steps back from entry {from} to {next} for {follower}")
}

fn ignores(from: ServerId, summary: Summary) -> String {
    format!("ignores what {from} sends: {}", packet(summary))
}

fn must_not_commit(index: Index, entry: Term) -> String {
    format!("must not commit entry {index} of term {entry} yet")
}

fn removes(first: Index, last: Index, old: Term) -> String {
    match first < last {
        true => format!("removes {}", entries(first, last)),
        false => format!("removes entry {first} of term {old}"),
    }
}

fn commits(first: Index, last: Index, term: Term, copies: ServerSet) -> String {
    let copies = match copies.is_empty() {
        true => "no disk".to_owned(),
        false => spell::servers(copies, SERVERS),
    };
    let entries = entries(first, last);
    match first < last {
        true => format!("commits {entries}: they are on {copies}"),
        false => format!("commits {entries} of term {term}: it is on {copies}"),
    }
}

fn learns_commit(leader: ServerId, first: Index, last: Index) -> String {
    format!("takes {} as committed, from {leader}", entries(first, last))
}

fn asks(server: ServerId, attempt: u32) -> String {
    match attempt {
        0 | 1 => format!("asks {server}"),
        attempt => format!("asks {server}, attempt {attempt}"),
    }
}

fn fails(line: u32, expected: &str) -> String {
    match line {
        0 => format!("not so: {expected}"),
        line => format!("line {line} fails: {expected}"),
    }
}

/// "S1 and S2, entry 3 are meant".
fn points(servers: ServerSet, entry: Option<Index>) -> String {
    match entry {
        Some(index) => format!("spoken of: entry {index} of {servers}"),
        None => format!("spoken of: {servers}"),
    }
}

/// "choice 2 is so".
fn reveals(so: &[Option<bool>]) -> String {
    let right = (1..).zip(so).filter(|(_, so)| **so == Some(true));
    let right: Vec<u32> = right.map(|(number, _)| number).collect();
    match right.as_slice() {
        [] if so.iter().all(Option::is_none) => "the question is over".into(),
        [] => "no choice is so".into(),
        [one] => format!("choice {one} is so"),
        many => format!("choices {} are so", Spaced(many)),
    }
}

fn would_fail(line: u32, expected: &str) -> String {
    match line {
        0 => format!("not so: {expected}"),
        line => format!("line {line} would have failed: {expected}"),
    }
}
