//! Snapshots by §7 and Figure 13, asked of one server from outside: what it hears, what it then says,
//! writes and keeps.

#[path = "support/raft.rs"]
#[allow(dead_code, reason = "what other tests of one server need")]
mod bench;

use bench::{Server, append, appends, at, entry, id, matched, refused, reply, result};
use raftlab::cluster::event::{IgnoreReason, RaftEvent};
use raftlab::cluster::flaw::{Flaw, Flaws};
use raftlab::cluster::kv::Kv;
use raftlab::cluster::raft::{
    AppendResult, Chunk, ChunkResult, Message, Most, Outbox, Raft, Replication, Role, Rules,
};
use raftlab::cluster::time::Span;
use raftlab::cluster::types::{Index, Request, Term, Version};

/// A map with so many keys.
fn map(keys: u64) -> Kv {
    let mut map = Kv::default();
    for key in 0..keys {
        let (key, value) = (format!("k{key}").as_str().into(), "v".into());
        map.apply(&Request::Put { key, value, version: Version::ZERO });
    }
    map
}

/// A map of this many keys takes the number of keys, then each with its value and version.
const fn bytes(keys: u64) -> u32 {
    (4 + keys * (4 + 2 + 4 + 1 + 8)) as u32
}

fn compact(server: &mut Server, index: u64, keys: u64) -> Outbox {
    server.step(|raft, _, out| raft.take_snapshot(Index(index), &map(keys), None, out))
}

/// The chunks that were sent.
fn chunks(out: &Outbox) -> Vec<(u32, Chunk)> {
    let chunk = |message: &Message| match message {
        Message::InstallSnapshot { call, chunk, .. } => Some((*call, chunk.clone())),
        _ => None,
    };
    out.messages.iter().filter_map(|(_, message)| chunk(message)).collect()
}

fn answer(out: &Outbox) -> ChunkResult {
    match out.held[..] {
        [(_, Message::InstallReply { result, .. })] => result,
        ref other => panic!("{other:?}"),
    }
}

/// A leader of term 4 whose log has given way to a snapshot up to its third entry, and the whole of
/// that, as it is sent to S3.
fn leader_and_chunk(keys: u64) -> (Server, Chunk) {
    let mut leader = Server::leading(1, 4, &[1, 1, 2]);
    compact(&mut leader, 3, keys);
    leader.syncs();
    let out = leader.hears(3, reply(4, 3, refused(None, 0, 0)));
    let [(_, chunk)] = &chunks(&out)[..] else { panic!("{out:?}") };
    let chunk = chunk.clone();
    (leader, chunk)
}

/// S3 in term 4 with this log and a flaw.
fn flawed(flaw: Flaw, log: &[u64]) -> Server {
    let mut server = Server::new(3, 4, log);
    let rules = Rules { flaws: Flaws::only(flaw), ..Rules::default() };
    let (all, disk) = (server.raft.configuration(), &server.disk);
    server.raft = Raft::new(id(3), all, rules, disk.hard, disk.log.clone());
    server
}

fn install(term: u64, chunk: Chunk) -> Message {
    Message::InstallSnapshot { call: 7, term: Term(term), chunk }
}

#[test]
fn section_7_the_log_begins_after_the_snapshot() {
    let mut server = Server::new(1, 4, &[1, 1, 2, 3]);
    let out = compact(&mut server, 3, 2);
    assert_eq!((server.raft.log().base(), server.log()), (at(3, 2), vec![3]));
    assert_eq!(server.raft.snapshot().map(|it| (it.last, it.bytes)), Some((at(3, 2), bytes(2))));
    assert_eq!(server.disk.log.len(), 4, "nothing is written before the sync");
    assert!(out.messages.is_empty() && out.held.is_empty());
    server.syncs();
    assert_eq!(server.disk.log, *server.raft.log());
    assert_eq!(server.disk.snapshot.as_deref(), server.raft.snapshot());
    assert!(compact(&mut server, 3, 2).events.is_empty(), "there is nothing new to take");
    // Its log counts as before where logs are compared.
    assert_eq!(server.raft.log().last(), at(4, 3));
}

#[test]
fn section_7_a_server_starts_with_what_its_snapshot_covers() {
    let mut server = Server::new(1, 4, &[1, 1, 2, 3]);
    compact(&mut server, 3, 2);
    server.syncs();
    let mut again = server.raft.restarted(server.disk.hard, server.disk.log.clone());
    again.begin_with(server.disk.snapshot.clone());
    assert_eq!((again.commit(), again.log().last()), (Index(3), at(4, 3)));
    assert_eq!(again.snapshot(), server.raft.snapshot());
}

#[test]
fn section_7_what_lies_below_a_snapshot_matches_every_leader() {
    let mut server = Server::new(1, 4, &[1, 1, 2, 3]);
    compact(&mut server, 3, 2);
    // A slow append: entries 2 to 5, of which the snapshot covers the first two.
    let out = server.hears(2, append(4, at(1, 1), &[1, 2, 3, 4], 3));
    assert_eq!(result(&out), AppendResult::Matched(Index(5)));
    assert_eq!(server.log(), [3, 4]);
    let out = server.hears(2, append(4, at(0, 0), &[1], 3));
    assert_eq!((result(&out), server.log()), (AppendResult::Matched(Index(1)), vec![3, 4]));
}

#[test]
fn section_7_a_limit_is_reached_by_applied_entries_or_by_bytes() {
    let server = Server::new(1, 4, &[1, 1, 2, 3]);
    let log = server.raft.log();
    for (limit, applied, reached) in [
        (Most::Count(3), 2, false),
        (Most::Count(3), 3, true),
        (Most::Bytes(log.bytes() as u32), 1, true),
        (Most::Bytes(log.bytes() as u32 + 1), 4, false),
    ] {
        assert_eq!(limit.is_reached(applied, log.bytes()), reached, "{limit}");
    }
    assert_eq!(log.bytes(), 4 * entry(1, 1).bytes());
    let words = [Most::Count(5), Most::Bytes(64_000), Most::Bytes(10)];
    assert_eq!(words.map(|limit| limit.to_string()), ["5", "64KB", "10B"]);
}

#[test]
fn figure_13_a_leader_sends_a_snapshot_where_its_log_begins_too_late() {
    let (mut leader, chunk) = leader_and_chunk(2);
    assert_eq!((chunk.from, chunk.to, chunk.snapshot.last), (0, bytes(2), at(3, 2)));
    assert_eq!(leader.raft.sending(id(3)).map(|(it, got)| (it.last, got)), Some((at(3, 2), 0)));
    // It is a word of the leader: the next heartbeat says nothing more, until it stays unanswered.
    leader.cx.now += Span::from_millis(99);
    assert_eq!(chunks(&leader.speaks()), []);
    leader.cx.now += Span::from_millis(1);
    let again = chunks(&leader.speaks());
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].1, chunk);
    // An old refusal changes nothing.
    let out = leader.hears(3, reply(4, 3, refused(None, 0, 0)));
    assert!(out.messages.is_empty(), "{out:?}");
    // When it is installed, entries follow.
    leader.submits(9);
    let result = ChunkResult::Installed(Index(3));
    let reply = Message::InstallReply { call: 7, term: Term(4), last: Index(3), result };
    let out = leader.hears(3, reply);
    assert_eq!(appends(&out, 3).len(), 1);
    assert_eq!((leader.known(3).matched, leader.known(3).next), (Index(3), Index(4)));
    assert_eq!(leader.raft.sending(id(3)), None);
}

#[test]
fn figure_13_an_answer_to_an_append_makes_a_snapshot_needless() {
    let (mut leader, _) = leader_and_chunk(2);
    leader.hears(3, matched(4, 0, 3));
    assert_eq!(leader.raft.sending(id(3)), None);
    assert_eq!(leader.known(3).replication, Replication::Idle);
    assert_eq!(leader.known(3).next, Index(4));
}

#[test]
fn figure_13_a_loss_that_is_told_has_the_chunk_sent_again() {
    let mut leader = Server::leading(1, 4, &[1, 1, 2]);
    compact(&mut leader, 3, 2);
    let out = leader.hears(3, reply(4, 3, refused(None, 0, 0)));
    let (call, chunk) = chunks(&out)[0].clone();
    let again = chunks(&leader.loses(3, call));
    assert_eq!(again[0].1, chunk);
    assert_eq!(chunks(&leader.loses(3, call)), [], "only the newest call is repeated");
}

#[test]
fn figure_13_a_snapshot_replaces_a_log_that_lacks_its_last_entry() {
    for log in [&[][..], &[1], &[1, 1, 1, 1], &[1, 3, 3]] {
        let (_, chunk) = leader_and_chunk(2);
        let mut server = Server::new(3, 4, log);
        let out = server.hears(1, install(4, chunk.clone()));
        assert_eq!(answer(&out), ChunkResult::Installed(Index(3)));
        assert_eq!((server.raft.log().last(), server.log()), (at(3, 2), vec![]), "{log:?}");
        assert_eq!(server.commit(), 3);
        assert_eq!(out.installed.as_deref(), Some(&*chunk.snapshot));
        assert_eq!(server.disk.log.len(), log.len(), "the answer waits for the disk");
        server.syncs();
        assert_eq!(server.disk.log, *server.raft.log());
        // Entries follow.
        let out = server.hears(1, append(4, at(3, 2), &[4], 4));
        assert_eq!((result(&out), server.commit()), (AppendResult::Matched(Index(4)), 4));
    }
}

#[test]
fn figure_13_what_follows_the_snapshots_last_entry_stays() {
    let (_, chunk) = leader_and_chunk(2);
    let mut server = Server::new(3, 4, &[1, 1, 2, 3, 3]);
    let out = server.hears(1, install(4, chunk.clone()));
    assert_eq!(answer(&out), ChunkResult::Installed(Index(3)));
    assert_eq!((server.log(), server.raft.log().last()), (vec![3, 3], at(5, 3)));
    server.syncs();
    assert_eq!(server.disk.log, *server.raft.log());
    let mut other = flawed(Flaw::DropSuffix, &[1, 1, 2, 3, 3]);
    let out = other.hears(1, install(4, chunk));
    assert_eq!((other.log(), other.raft.log().last()), (vec![], at(3, 2)));
    assert!(out.events.iter().any(|(flaws, _)| flaws.has(Flaw::DropSuffix)));
}

#[test]
fn section_7_a_snapshot_moves_nothing_back() {
    let (_, chunk) = leader_and_chunk(2);
    let with = |flaw: Option<Flaw>| {
        let mut server = match flaw {
            None => Server::new(3, 4, &[1, 1, 2, 3]),
            Some(flaw) => flawed(flaw, &[1, 1, 2, 3]),
        };
        server.hears(1, append(4, at(4, 3), &[4], 5));
        let out = server.hears(1, install(4, chunk.clone()));
        (server, out)
    };
    let (server, out) = with(None);
    assert_eq!((server.commit(), server.log()), (5, vec![1, 1, 2, 3, 4]));
    assert_eq!(answer(&out), ChunkResult::Installed(Index(5)), "it has as much as that");
    assert!(out.writes.is_empty() && out.installed.is_none());
    let (server, _) = with(Some(Flaw::SnapshotMovesBack));
    assert_eq!(server.commit(), 3);
}

#[test]
fn figure_13_an_older_term_is_refused_and_a_newer_one_adopted() {
    let (_, chunk) = leader_and_chunk(2);
    let mut server = Server::new(3, 5, &[1]);
    let out = server.hears(1, install(4, chunk.clone()));
    assert!(matches!(out.held[0].1, Message::InstallReply { term: Term(5), .. }));
    assert_eq!((server.log(), server.commit()), (vec![1], 0));
    let mut candidate = Server::new(3, 3, &[1]);
    candidate.times_out();
    assert_eq!(candidate.raft.role(), Role::Candidate);
    candidate.hears(1, install(4, chunk));
    assert_eq!(candidate.raft.role(), Role::Follower, "it is the word of a leader");
    assert_eq!((candidate.raft.leader(), candidate.commit()), (Some(id(1)), 3));
}

#[test]
fn figure_13_chunks_make_a_snapshot_when_all_are_there() {
    let (_, whole) = leader_and_chunk(2);
    let part = |from, to| install(4, Chunk { snapshot: whole.snapshot.clone(), from, to });
    let of = bytes(2);
    let mut server = Server::new(3, 4, &[1]);
    let mut hears = |message| answer(&server.hears(1, message));
    assert_eq!(hears(part(0, 20)), ChunkResult::Received(20));
    assert_eq!(hears(part(0, 20)), ChunkResult::Received(20), "a copy");
    assert_eq!(hears(part(30, of)), ChunkResult::Received(20), "what follows a gap is asked for");
    assert_eq!(hears(part(20, 30)), ChunkResult::Received(30));
    assert_eq!(server.raft.receiving(), Some((at(3, 2), 30)));
    assert_eq!((server.commit(), server.log()), (0, vec![1]), "nothing before the last is there");
    let out = server.hears(1, part(30, of));
    assert_eq!((answer(&out), server.commit()), (ChunkResult::Installed(Index(3)), 3));
    assert_eq!(server.raft.receiving(), None);
    // What it had is in memory: after a crash it begins again.
    let mut server = Server::new(3, 4, &[1]);
    server.hears(1, part(0, 20));
    server.raft = server.raft.restarted(server.disk.hard, server.disk.log.clone());
    assert_eq!(answer(&server.hears(1, part(20, of))), ChunkResult::Received(0));
}

#[test]
fn figure_13_a_leader_sends_chunk_after_chunk() {
    let mut leader = Server::leading(1, 4, &[1, 1, 2]);
    leader.cx.snapshot_chunk = 20;
    compact(&mut leader, 3, 2);
    let out = leader.hears(3, reply(4, 3, refused(None, 0, 0)));
    let (call, first) = chunks(&out)[0].clone();
    assert_eq!((first.from, first.to), (0, 20));
    let got = |call, bytes| {
        let result = ChunkResult::Received(bytes);
        Message::InstallReply { call, term: Term(4), last: Index(3), result }
    };
    let out = leader.hears(3, got(call, 20));
    let (next, second) = chunks(&out)[0].clone();
    assert_eq!((second.from, second.to), (20, 40));
    // The answer to an older chunk comes twice.
    let out = leader.hears(3, got(call, 20));
    assert!(out.messages.is_empty());
    let overtaken = |(_, event): &(_, RaftEvent)| {
        matches!(event, RaftEvent::Ignored { why: IgnoreReason::Overtaken, .. })
    };
    assert!(out.events.iter().any(overtaken));
    // A follower that has lost what it had is sent all of it again.
    let out = leader.hears(3, got(next, 0));
    assert_eq!(chunks(&out)[0].1.from, 0);
    // One that has begun to arrive is sent to its end, whatever is newer; else the newer one.
    let call = chunks(&leader.hears(3, got(chunks(&out)[0].0, 20)))[0].0;
    leader.submits(9);
    leader.syncs();
    compact(&mut leader, 4, 3);
    let out = leader.hears(3, got(call, 40));
    assert_eq!(chunks(&out)[0].1.snapshot.last, at(3, 2));
    let out = leader.hears(3, got(chunks(&out)[0].0, 0));
    assert_eq!(chunks(&out)[0].1.snapshot.last, at(4, 4));
}
