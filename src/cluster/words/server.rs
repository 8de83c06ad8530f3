//! A server's power, its disk and its state machine, in words.

use super::row::{Ask, Row, no_reason, ruled};
use super::spell::{self, count};
use crate::cluster::event::ServerEvent;
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::network::{Reply, WrongLeader};
use crate::cluster::plain::plain;
use crate::cluster::raft::Position;
use crate::cluster::sessions::Skipped;
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::{Answer, Index, Outcome, Request, ServerId, Stamp, Term};

impl ServerEvent {
    pub(super) fn row(&self, flaws: Flaws, ask: Ask) -> Row {
        use ServerEvent as E;
        let [power, replication, clients] =
            [Topic::Power, Topic::Replication, Topic::Clients].map(|topic| ask.about(topic));
        match self {
            E::Crashed { lost, vote } => {
                power.story(|_| crashes(*lost, *vote), |_| crashed(flaws).to_owned())
            }
            E::Restarted { term, vote, base, last } => power.story(
                |_| "restarts with what is on its disk".to_owned(),
                |_| restarted(*term, *vote, *base, *last),
            ),
            E::FellAsleep => power.story(
                |_| "falls asleep".to_owned(),
                |_| "its timers and its packets wait until it wakes".to_owned(),
            ),
            E::Woke { packets } => power.story(|_| wakes(*packets), no_reason),
            E::Wiped => power.story(
                |_| "loses its disk".to_owned(),
                |_| "Raft counts on disks that last: safety is void from here".to_owned(),
            ),
            E::Renewed => power.story(
                |_| "has a new disk, and is a new server".to_owned(),
                |_| "no configuration names it: nothing counts on what its disk held".to_owned(),
            ),
            E::ClockSet { rate } => {
                power.story(|_| format!("has its clock run at rate {}", rate.as_rate()), no_reason)
            }
            E::DiskSet { sync: None } => power.story(
                |_| "has a disk that hangs".to_owned(),
                |_| "no write ends, and what waits for one waits on (Figure 2)".to_owned(),
            ),
            E::DiskSet { sync: Some(sync) } => power.story(
                |_| format!("has a disk that takes {sync} a write"),
                |_| "answers that depend on a write may leave only after it (Figure 2)".to_owned(),
            ),
            E::WriteFailed { records } => power.story(
                |_| {
                    format!(
                        "can't write {} to its disk",
                        count((*records).into(), "record", "records")
                    )
                },
                |_| "what is not on disk may not be answered for (Figure 2): it stops".to_owned(),
            ),
            E::WriteTorn { kept, last: _ } => power
                .story(|_| "loses its power in the midst of a write".to_owned(), |_| torn(*kept)),
            E::RecordDropped => power.story(
                |_| "drops a torn record at the end of its disk".to_owned(),
                |_| {
                    "its checksum is wrong; no answer may have counted on what it held (Figure 2)"
                        .to_owned()
                },
            ),
            E::Synced { last, forgets } => replication.detail(
                |_| synced(*last, *forgets),
                |_| {
                    let leave = "answers that depend on it may leave now (Figure 2)";
                    forgets.is_empty().then(|| leave.to_owned())
                },
            ),
            E::Submitted { index, term, op, client } => replication.story(
                |spell| {
                    let request = spell.request_of(&op.request, *client);
                    format!("appends {request} as entry {index} of term {term}")
                },
                |_| ruled(flaws, format!("it leads term {term}, as far as it knows"), "§5.3"),
            ),
            E::Registering { index, term, entry, client } => replication.story(
                |spell| {
                    let client = spell.client(*client);
                    format!("appends a session for {client} as entry {index} of term {term}")
                },
                |_| {
                    let most = entry.most;
                    format!("the log decides which sessions there are, {most} at most (dissertation §6.3)")
                },
            ),
            // Told once: a client asks for ever, and would fill the list with one story.
            E::Refused { client, leader, again } => clients.row(
                if *again || leader.is_none() { Weight::Detail } else { Weight::Story },
                |spell| match leader {
                    Some(leader) => {
                        format!("refuses {}: it follows {leader}", spell.client(*client))
                    }
                    None => format!("refuses {}: it knows no leader", spell.client(*client)),
                },
                |_| "only the leader takes requests (§8)".to_owned(),
            ),
            E::HandsOver { client, to, again } => clients.row(
                if *again { Weight::Detail } else { Weight::Story },
                |spell| format!("refuses {}: it hands over to {to}", spell.client(*client)),
                |_| "meanwhile it takes no requests (dissertation §3.10)".to_owned(),
            ),
            E::HoldsBack { client, uncommitted, again } => clients.row(
                if *again { Weight::Detail } else { Weight::Story },
                |spell| format!("refuses {}: it can't keep up", spell.client(*client)),
                |_| {
                    let entries =
                        count(*uncommitted, "entry of its term is", "entries of its term are");
                    format!("{entries} not committed, and `uncommitted=` allows no more")
                },
            ),
            E::Applied { index, op, answer, own: _ } => replication.detail(
                |spell| match flaws.has(Flaw::ApplyOwnOnly) {
                    true => format!("leaves entry {index} out of its map"),
                    false => {
                        format!("applies entry {index}: {}", spell.result(&op.request, answer))
                    }
                },
                |_| applied(&op.request, answer, flaws),
            ),
            E::Skipped { index, op, why, own: _ } => replication.row(
                if matches!(why, Skipped::Stale) { Weight::Detail } else { Weight::Story },
                |_| format!("does not carry out entry {index}"),
                |_| skipped(op.stamp, why),
            ),
            E::Registered { index, expired, .. } => replication.row(
                if expired.is_some() { Weight::Story } else { Weight::Detail },
                |_| match expired {
                    Some(expired) => {
                        format!("opens session {index}, and session {expired} expires")
                    }
                    None => format!("opens session {index}"),
                },
                |_| {
                    match expired {
                        Some(_) => {
                            "there may be no more, and of that one the log holds nothing newer \
                         (dissertation §6.3)"
                        }
                        None => "a session is called by the index of its entry (dissertation §6.3)",
                    }
                    .to_owned()
                },
            ),
            E::ReadTaken { client, request, asks } => clients.story(
                |spell| {
                    format!("takes {}, and no entry for it", spell.request_of(request, *client))
                },
                |_| match asks {
                    Some(leader) => {
                        format!(
                            "it asks {leader} up to where it must have applied (dissertation §6.4)"
                        )
                    }
                    None => {
                        "it answers once it is sure that it leads (dissertation §6.4)".to_owned()
                    }
                },
            ),
            E::ReadAnswered { client, index, applied, by_lease, answer } => clients.story(
                |spell| {
                    format!(
                        "answers {} from its map: {}",
                        spell.client(*client),
                        spell::answer(answer)
                    )
                },
                |_| {
                    let how = match by_lease {
                        true => "its lease holds, and",
                        false => "its leader was confirmed, and",
                    };
                    let facts = match flaws.is_empty() {
                        true => format!("{how} entry {index} had to be applied; {applied} is"),
                        false => format!("applied here so far: up to entry {applied}"),
                    };
                    ruled(flaws, facts, "dissertation §6.4")
                },
            ),
            E::ReadReleased { client, why } => clients.story(
                |spell| format!("gives up the read of {}", spell.client(*client)),
                |_| match why {
                    WrongLeader::TermChanged => {
                        "its term has changed before it was confirmed".into()
                    }
                    WrongLeader::TimedOut => "it took too long".into(),
                    WrongLeader::LeadershipLost | WrongLeader::NotLeader => {
                        "it no longer leads".to_owned()
                    }
                    WrongLeader::HandsOver | WrongLeader::Busy | WrongLeader::AnotherOp => {
                        why.words().to_owned()
                    }
                },
            ),
            E::AppliedNoop { index } => replication.detail(
                |_| format!("applies entry {index}, a no-op: nothing changes"),
                |_| "it asks for nothing (§8)".to_owned(),
            ),
            E::AppliedMembers { index, all: _ } => replication.detail(
                |_| format!("applies entry {index}, a configuration: no key changes"),
                |_| {
                    "it counts from when the log has it, applied or not (dissertation §4.1)"
                        .to_owned()
                },
            ),
            E::Answered { client, index, answer } => clients.detail(
                |spell| format!("answers {}: {}", spell.client(*client), spell::answer(answer)),
                |_| answered(*index, flaws),
            ),
            E::Replied { client, reply } => clients.detail(
                |spell| match reply {
                    Reply::Done(answer) => {
                        format!("answers {}: {}", spell.client(*client), spell::answer(answer))
                    }
                    Reply::WrongLeader(why) => {
                        format!("answers {}: {}", spell.client(*client), why.words())
                    }
                    Reply::Session(session) => {
                        format!("answers {}: session {session}", spell.client(*client))
                    }
                    Reply::Expired => {
                        format!("answers {}: its session has expired", spell.client(*client))
                    }
                },
                |_| "its service is its own: the lab judges what clients are told".to_owned(),
            ),
            E::WaiterReleased { client, index, why } => clients.story(
                |spell| {
                    format!("releases {}, which waits for entry {index}", spell.client(*client))
                },
                |_| released(*index, *why),
            ),
            E::WaitersLost { count } => clients.story(
                |_| format!("forgets {}", spell::clients(*count)),
                |_| "pending requests are not on the disk".to_owned(),
            ),
            E::Kept { bytes } => replication.detail(
                |_| format!("writes {} of its own", spell::count(*bytes, "byte", "bytes")),
                |_| "what they mean, only its guest knows".to_owned(),
            ),
            E::Said { text } => {
                clients.row(Weight::Story, |_| format!("says: {}", plain(text)), no_reason)
            }
            E::Ended { why } => {
                power.story(|_| "ends on its own".to_owned(), |_| plain(why).into_owned())
            }
        }
    }
}

/// Why a committed put is not carried out.
fn skipped(stamp: Option<Stamp>, why: &Skipped) -> String {
    let Some(Stamp { session, sequence }) = stamp else { return String::new() };
    match why {
        Skipped::Copy(answer) => {
            let told = spell::answer(answer);
            format!("put {sequence} of session {session} was done, {told} (dissertation §6.3)")
        }
        Skipped::Stale => {
            format!("session {session} has gone on since its put {sequence} (dissertation §6.3)")
        }
        Skipped::Expired => format!("session {session} is not open (dissertation §6.3)"),
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

fn torn(kept: u32) -> String {
    match kept {
        0 => "its only record is torn".to_owned(),
        kept => {
            let records = count(kept.into(), "record of it is", "records of it are");
            format!("{records} whole, and the last is torn")
        }
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

const fn crashed(flaws: Flaws) -> &'static str {
    match flaws.is_empty() {
        true => "the disk survives; commit index, map and pending requests are lost",
        false => "commit index, map and pending requests are lost, and more than these",
    }
}

fn restarted(term: Term, vote: Option<ServerId>, base: Index, last: Position) -> String {
    if (term, vote, last.index) == (Term::ZERO, None, Index::ZERO) {
        return "its disk is empty".into();
    }
    let vote = vote.map_or("no vote".into(), |candidate| format!("its vote for {candidate}"));
    let log = match last.index {
        Index::ZERO => "an empty log".into(),
        index if index == base => format!("a snapshot up to {last}"),
        _ if base > Index::ZERO => format!("a snapshot up to {base}, its log up to {last}"),
        _ => format!("its log up to {last}"),
    };
    format!("its disk holds term {term}, {vote} and {log}")
}

/// Only a refusal needs a reason.
fn applied(request: &Request, answer: &Answer, flaws: Flaws) -> Option<String> {
    let Request::Put { version, .. } = request else { return None };
    match answer.outcome {
        Outcome::Ok if flaws.has(Flaw::CheckAtSubmit) => {
            Some(format!("the put was for version {version}"))
        }
        Outcome::Version | Outcome::NoKey => Some(format!("the put was for version {version}")),
        Outcome::Ok | Outcome::Maybe => None,
    }
}

fn answered(index: Index, flaws: Flaws) -> String {
    match flaws.is_empty() {
        true => format!("its operation is entry {index}, which is applied here now"),
        false if flaws.has(Flaw::ReplyBeforeCommit) => {
            format!("only then it appends the operation; applied so far: entry {index}")
        }
        false => format!("applied here so far: up to entry {index}"),
    }
}

fn released(index: Index, why: WrongLeader) -> String {
    match why {
        WrongLeader::NotLeader => "it does not lead, and took nothing".into(),
        WrongLeader::HandsOver => "it hands its leadership over, and took nothing".into(),
        WrongLeader::Busy => "it could not keep up, and took nothing".into(),
        WrongLeader::AnotherOp => format!("something else became entry {index}"),
        WrongLeader::TermChanged => "its term has changed; the entry may still commit".into(),
        WrongLeader::LeadershipLost => "it no longer leads; the entry may still commit".into(),
        WrongLeader::TimedOut => "it took too long; the entry may still commit".into(),
    }
}
