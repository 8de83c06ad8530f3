//! What is said behind it: why.

use super::facts::*;
use super::*;

/// Every form of reason, and what must be so.
pub const REASONS: Forms = &[
    ("the disk survives; commit index, map and pending requests are lost", |s, _| {
        same_disk(s) && empty(s)
    }),
    ("commit index, map and pending requests are lost, and more than these", |s, _| {
        !same_disk(s) && empty(s)
    }),
    ("no write ends, and what waits for one waits on (Figure 2)", |s, _| {
        s.is(subject(s)).disk.sync.is_none()
    }),
    ("answers that depend on a write may leave only after it (Figure 2)", |s, _| {
        s.is(subject(s)).disk.sync.is_some()
    }),
    ("what is not on disk may not be answered for (Figure 2): it stops", |s, _| {
        let (was, is) = (s.was(subject(s)), s.is(subject(s)));
        is.power == Power::Down && is.disk.log == was.disk.log && is.disk.hard == was.disk.hard
    }),
    ("its only record is torn", |s, _| {
        let (was, is) = (s.was(subject(s)), s.is(subject(s)));
        is.disk.torn && is.disk.log == was.disk.log && is.disk.hard == was.disk.hard
    }),
    ("{} record of it is whole, and the last is torn", |s, w| {
        n(w[0]) == 1 && s.is(subject(s)).disk.torn
    }),
    ("{} records of it are whole, and the last is torn", |s, w| {
        n(w[0]) > 1 && s.is(subject(s)).disk.torn
    }),
    ("its checksum is wrong; no answer may have counted on what it held (Figure 2)", |s, _| {
        s.was(subject(s)).disk.torn && !s.is(subject(s)).disk.torn
    }),
    ("no configuration names it: nothing counts on what its disk held", |s, _| {
        let all = s.before.servers().iter().filter(|other| other.id != subject(s));
        all.map(|other| other.raft.configuration()).all(|it| !it.members().contains(subject(s)))
    }),
    ("its disk is empty", |s, _| {
        let disk = &s.is(subject(s)).disk;
        disk.log.is_empty() && disk.hard.term == Term::ZERO && disk.hard.voted_for.is_none()
    }),
    ("its disk holds term {}, {} and {}", |s, w| {
        let disk = &s.is(subject(s)).disk;
        let vote =
            disk.hard.voted_for.map_or("no vote".into(), |whom| format!("its vote for {whom}"));
        let (base, last) = (disk.log.base().index, disk.log.last());
        let log = match (base > Index::ZERO, disk.log.is_empty()) {
            (false, true) => "an empty log".into(),
            (false, false) => format!("its log up to {last}"),
            (true, true) => format!("a snapshot up to {last}"),
            (true, false) => format!("a snapshot up to {base}, its log up to {last}"),
        };
        (disk.hard.term, &*vote, &*log) == (Term(n(w[0])), w[1], w[2])
    }),
    ("{} leave its log (§7)", |s, w| compacted(s, w[0])),
    ("{} leaves its log (§7)", |s, w| compacted(s, w[0])),
    ("{} leave its log, as `snapshot={}` asks (§7)", |s, w| {
        compacted(s, w[0]) && s.after.config().snapshot.is_some_and(|it| it.to_string() == w[1])
    }),
    ("{} leaves its log, as `snapshot={}` asks (§7)", |s, w| {
        compacted(s, w[0]) && s.after.config().snapshot.is_some_and(|it| it.to_string() == w[1])
    }),
    ("{} needs entry {}, and its own log begins at {} (§7)", |s, w| {
        let raft = &s.is(subject(s)).raft;
        let next = raft.progress(id(w[0])).map(|known| known.next);
        next == Some(Index(n(w[1]))) && raft.log().first_index() == Index(n(w[2]))
    }),
    ("it waits for the last of them (Figure 13, InstallSnapshot 4)", |s, _| {
        s.is(subject(s)).raft.receiving().is_some()
    }),
    ("it is in term {}, and the message is of an older one (§5.1)", |s, w| {
        let term = s.is(subject(s)).raft.term();
        term == Term(n(w[0]))
            && s.heard.as_ref().is_some_and(|(_, cargo)| cargo.summary().term < term)
    }),
    ("it does not know {} to have all of its log (dissertation §4.2.1)", |s, w| {
        let E::Raft(own, RaftEvent::ConfigurationAppended { index, from, to, .. }) = s.event.kind
        else {
            return false;
        };
        let to_vote = to.next().unwrap_or_default().without(to.voters());
        let matched = |id| s.is(own).raft.progress(id).map_or(Index::ZERO, |known| known.matched);
        let lacks = |id: ServerId| matched(id) < index.previous() || !from.members().contains(id);
        is_set(w[0], to_vote) && to_vote.iter().any(lacks)
    }),
    ("{} vote as before (dissertation §4.2.1)", as_before),
    ("{} votes as before (dissertation §4.2.1)", as_before),
    ("it needs majorities of {} and of {} now (dissertation §4.3)", |s, w| {
        appended_configuration(s).is_some_and(|all| {
            is_set(w[0], all.old().unwrap_or_default()) && is_set(w[1], all.new_voters())
        })
    }),
    ("C_old,new is committed; {} vote from now on (dissertation §4.3)", from_now_on),
    ("C_old,new is committed; {} votes from now on (dissertation §4.3)", from_now_on),
    ("{} vote now, one more or fewer than before (dissertation §4.1)", one_more_or_fewer),
    ("{} votes now, one more or fewer than before (dissertation §4.1)", one_more_or_fewer),
    ("{} vote now, one more or fewer than before", one_more_or_fewer),
    (
        "entry {} is the newest configuration in its log, committed or not (dissertation §4.1)",
        |s, w| {
            s.is(subject(s))
                .raft
                .log()
                .configuration()
                .is_some_and(|(index, _)| index == Index(n(w[0])))
        },
    ),
    ("the entry that said otherwise was removed: as at the start (dissertation §4.1)", |s, _| {
        s.is(subject(s)).raft.log().configuration().is_none()
            && s.was(subject(s)).raft.log().configuration().is_some()
    }),
    ("a newer configuration was removed: entry {} counts again (dissertation §4.1)", |s, w| {
        let newest =
            |log: &raftlab::cluster::raft::Log| log.configuration().map(|(index, _)| index);
        newest(s.is(subject(s)).raft.log()) == Some(Index(n(w[0])))
            && newest(s.was(subject(s)).raft.log()) > Some(Index(n(w[0])))
    }),
    ("the snapshot brings the configuration of entry {} (§7)", |s, w| {
        let raft = &s.is(subject(s)).raft;
        raft.snapshot().is_some_and(|snapshot| snapshot.members.0 == Index(n(w[0])))
    }),
    (
        "round {} of copying took {}, less than the shortest election timeout, {} (dissertation §4.2.1)",
        |s, w| {
            let E::Raft(own, RaftEvent::CaughtUp { took, within, .. }) = s.event.kind else {
                return false;
            };
            let shortest = s.after.config().election_timeout.low.by_clock(s.is(own).clock);
            took.to_string() == w[1]
                && within.to_string() == w[2]
                && within == shortest
                && took < within
        },
    ),
    ("{} has not answered for {} (dissertation §4.2.1)", |s, w| {
        let E::Raft(_, RaftEvent::CatchUpEnded { server, silent, .. }) = s.event.kind else {
            return false;
        };
        server == id(w[0]) && silent.to_string() == w[1]
    }),
    ("in {} rounds {} never came near enough (dissertation §4.2.1)", |s, w| {
        let E::Raft(_, RaftEvent::CatchUpEnded { server, rounds, .. }) = s.event.kind else {
            return false;
        };
        server == id(w[1]) && u64::from(rounds) == n(w[0])
    }),
    (
        "it has committed no entry of term {} yet, and an earlier change may still come to count (dissertation §4.1)",
        |s, w| {
            let raft = &s.is(subject(s)).raft;
            raft.log().term(raft.commit()) != Some(Term(n(w[0]))) && raft.term() == Term(n(w[0]))
        },
    ),
    ("it learns, and has no vote (dissertation §4.2.1)", |s, _| {
        s.is(subject(s)).raft.configuration().learners().contains(subject(s))
    }),
    ("no leader has told it of any members yet", |s, _| voters_of(s, subject(s)).is_empty()),
    ("by entry {}, which is committed, it is no member any more (dissertation §4.2.2)", |s, w| {
        let raft = &s.is(subject(s)).raft;
        raft.commit() >= Index(n(w[0])) && !raft.configuration().members().contains(subject(s))
    }),
    ("it counts from when the log has it, applied or not (dissertation §4.1)", |s, _| {
        s.is(subject(s)).raft.log().configuration().is_some()
    }),
    ("C_new is committed, and its voters are {} (dissertation §4.2.2)", |s, w| {
        let raft = &s.is(subject(s)).raft;
        is_set(w[0], voters_of(s, subject(s)))
            && !voters_of(s, subject(s)).contains(subject(s))
            && raft.log().configuration().is_some_and(|(index, _)| index <= raft.commit())
    }),
    ("it has no vote, and leads nobody", |s, _| !voters_of(s, subject(s)).contains(subject(s))),
    ("these are majorities of the old and of the new voters (dissertation §4.3)", |s, _| {
        let E::Raft(own, RaftEvent::BecameLeader { votes, .. }) = s.event.kind else {
            return false;
        };
        // It may have gone on with the change in this very step.
        enough(s.was(own).raft.configuration(), votes)
    }),
    (
        "it knows that {} of {} {} entry {} on disk, majorities of old and new voters (dissertation §4.3, §5.4.2)",
        |s, _| {
            let E::Raft(_, RaftEvent::Committed { holders, all, .. }) = s.event.kind else {
                return false;
            };
            all.is_joint() && enough(all, holders)
        },
    ),
    ("a majority of {} is {}, no vote is due to {}", |s, w| {
        let E::Raft(own, RaftEvent::BecameLeader { votes, .. }) = s.event.kind else {
            return false;
        };
        majority_is(s, w) && is_set(w[2], votes.without(voters_of(s, own)))
    }),
    ("its commit index is {} already (§7)", |s, w| {
        s.was(subject(s)).raft.commit() == Index(n(w[0]))
    }),
    ("its log is empty (§7)", |s, _| s.was(subject(s)).raft.log().last().index == Index::ZERO),
    ("its log ended at {}: all of it goes (Figure 13, InstallSnapshot 7)", |s, w| {
        let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
        was.last().to_string() == w[0] && is.is_empty() && was.last().index < is.base().index
    }),
    ("its log ended at {} (§7)", |s, w| s.was(subject(s)).raft.log().last().to_string() == w[0]),
    ("its log ended at {}", |s, w| s.was(subject(s)).raft.log().last().to_string() == w[0]),
    ("its own entry {} is of term {}: its log goes (Figure 13, InstallSnapshot 7)", |s, w| {
        let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
        was.term(Index(n(w[0]))) == Some(Term(n(w[1])))
            && is.base().term != Term(n(w[1]))
            && is.is_empty()
    }),
    ("its log has entry {} too, and ends there (Figure 13, InstallSnapshot 6)", |s, w| {
        has_last(s, w[0]) && s.was(subject(s)).raft.log().last().to_string() == w[0]
    }),
    (
        "its log has entry {} too, and keeps what follows, up to {} (Figure 13, InstallSnapshot 6)",
        |s, w| {
            let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
            has_last(s, w[0])
                && is.iter().eq(was.iter_from(is.first_index()))
                && is.last_index() == Index(n(w[1]))
        },
    ),
    // Without a rule, where a flaw had it installed.
    ("its log is empty", |s, _| s.was(subject(s)).raft.log().last().index == Index::ZERO),
    ("its log has entry {} too, and ends there", |s, w| {
        has_last(s, w[0]) && s.was(subject(s)).raft.log().last().to_string() == w[0]
    }),
    ("its log has entry {} too, and keeps what follows, up to {}", |s, w| {
        let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
        has_last(s, w[0])
            && is.iter().eq(was.iter_from(is.first_index()))
            && is.last_index() == Index(n(w[1]))
    }),
    ("its own entry {} is of term {}: its log goes", |s, w| {
        let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
        was.term(Index(n(w[0]))) == Some(Term(n(w[1]))) && is.is_empty()
    }),
    ("its log ended at {}: all of it goes", |s, w| {
        let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
        was.last().to_string() == w[0] && is.is_empty()
    }),
    ("its log has entry {} too, and loses what follows, up to {}", |s, w| {
        let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
        has_last(s, w[0]) && is.is_empty() && was.last_index() == Index(n(w[1]))
    }),
    ("its timers and its packets wait until it wakes", |s, _| {
        s.is(subject(s)).timer(TimerKind::Election).is_none()
            || s.is(subject(s)).power == Power::Asleep
    }),
    ("Raft counts on disks that last: safety is void from here", |s, _| {
        s.after.checker().is_void()
    }),
    ("answers that depend on it may leave now (Figure 2)", |_, _| true),
    ("the link from {} to {} is cut", |s, w| {
        let (from, to) = (node(s, w[0]), node(s, w[1]));
        from.zip(to).is_some_and(|(from, to)| !s.before.reaches(from, to))
    }),
    ("the link from {} to {} lost it", |s, _| {
        let E::Packet(Flight { packet, .. }, PacketEvent::Dropped { .. }) = s.event.kind else {
            return false;
        };
        let packets = s.before.packets();
        packets.iter().any(|one| one.id == packet && one.loss != Loss::Arrives)
    }),
    ("{} is down", |s, w| s.is(id(w[0])).power == Power::Down),
    ("{} has restarted since; its old connections are gone", |s, w| {
        let E::Packet(Flight { packet, .. }, PacketEvent::Dropped { .. }) = s.event.kind else {
            return false;
        };
        let now = s.books.restarts.get(&id(w[0]));
        now > s.books.sent.get(&packet).and_then(|then| then.get(&id(w[0])))
    }),
    ("too many packets wait for {} already", |s, w| s.is(id(w[0])).inbox.len() >= 10_000),
    ("dropped by hand", |s, _| {
        matches!(s.event.cause, Cause::Command(_) | Cause::Line(_)) || !s.before.orders().is_empty()
    }),
    ("either the request or the reply to it", |_, _| true),
    ("no current leader's word came in time (§5.2); its log {}", |s, w| {
        silent(s) && ends(s, w[0])
    }),
    (
        "no current leader's word came in time (§5.2); it keeps term {} until a majority would (dissertation §9.6), and its log {}",
        |s, w| silent(s) && keeps_term(s, w[0]) && ends(s, w[1]),
    ),
    (
        "its election timer was fired by command; it keeps term {} until a majority would (dissertation §9.6), and its log {}",
        |s, w| fired(s) && keeps_term(s, w[0]) && ends(s, w[1]),
    ),
    ("{} hands over to it (dissertation §3.10); its log {}", |s, w| {
        let told = matches!(s.heard, Some((Node::Server(from), Cargo::Raft(Message::TimeoutNow { .. })))
            if from == id(w[0]));
        told && ends(s, w[1])
    }),
    (
        "first {} gets what it lacks: it matches up to entry {} of {} (dissertation §3.10)",
        |s, w| lacks(s, w) && n(w[1]) < n(w[2]),
    ),
    ("{} has all of its log (dissertation §3.10)", |s, w| {
        let last = s.is(subject(s)).raft.log().last_index();
        known(s.is(subject(s)), id(w[0])).matched == last
    }),
    ("{} has all of its log, up to entry {} (dissertation §3.10)", |s, w| {
        lacks(s, &[w[0], w[1], w[1]])
    }),
    ("{} matches up to entry {} of {}", |s, w| lacks(s, w) && n(w[1]) < n(w[2])),
    ("no newer term has come within {} (dissertation §3.10)", |s, w| {
        let (was, is) = (&s.was(subject(s)).raft, &s.is(subject(s)).raft);
        let since = was.transfer().map(|it| s.after.now().since(it.since));
        is.is_leader()
            && was.term() == is.term()
            && since.is_some_and(|it| {
                it.to_string() == w[0]
                    || it >= s.after.config().election_timeout.low.by_clock(s.is(subject(s)).clock)
            })
    }),
    ("it asks {} up to where it must have applied (dissertation §6.4)", |s, w| {
        s.is(subject(s)).raft.leader() == Some(id(w[0]))
    }),
    ("it answers once it is sure that it leads (dissertation §6.4)", |s, _| {
        s.was(subject(s)).raft.is_leader()
    }),
    ("its commit index is {} (dissertation §6.4)", |s, w| {
        s.is(subject(s)).raft.commit() == Index(n(w[0]))
    }),
    ("its last round of answers is still trusted (dissertation §6.4)", |s, _| {
        s.after.lease_left(s.is(subject(s))).is_some()
    }),
    ("a majority has answered since it was asked (dissertation §6.4)", |s, _| {
        s.is(subject(s)).raft.is_leader()
    }),
    ("its lease holds, and entry {} had to be applied; {} is (dissertation §6.4)", |s, w| {
        let server = s.is(subject(s));
        s.after.lease_left(server).is_some()
            && server.rsm.applied == Index(n(w[1]))
            && n(w[0]) <= n(w[1])
    }),
    (
        "its leader was confirmed, and entry {} had to be applied; {} is (dissertation §6.4)",
        |s, w| {
            let server = s.is(subject(s));
            server.rsm.applied == Index(n(w[1])) && n(w[0]) <= n(w[1])
        },
    ),
    ("its term has changed before it was confirmed", |s, _| s.is(subject(s)).raft.term() > Term(0)),
    ("it took too long", |s, _| {
        let reads = &s.was(subject(s)).rsm.reads;
        reads.iter().any(|read| s.after.now().since(read.since) >= WAITER_TIMEOUT)
    }),
    ("it no longer leads", |s, _| !s.is(subject(s)).raft.is_leader()),
    ("meanwhile it takes no requests (dissertation §3.10)", |s, _| {
        !s.is(subject(s)).raft.takes_requests()
    }),
    ("it hands its leadership over, and took nothing", |s, _| {
        s.was(subject(s)).raft.transfer().is_some()
    }),
    ("the log decides which sessions there are, {} at most (dissertation §6.3)", |s, w| {
        sessions::registering(s).is_some_and(|(_, most)| u64::from(most) == n(w[0]))
    }),
    ("put {} of session {} was done, {} (dissertation §6.3)", sessions::was_done),
    ("session {} has gone on since its put {} (dissertation §6.3)", sessions::has_gone_on),
    ("session {} is not open (dissertation §6.3)", sessions::is_not_open),
    (
        "there may be no more, and of that one the log holds nothing newer (dissertation §6.3)",
        |s, _| sessions::is_oldest(s),
    ),
    ("a session is called by the index of its entry (dissertation §6.3)", |s, _| {
        matches!(&s.event.kind, E::Server(_, ServerEvent::Registered { expired: None, .. }))
    }),
    ("by that servers know a copy of its put (dissertation §6.3)", |s, _| {
        sessions::session_of(s, s.before).is_none()
    }),
    ("now it asks for what it wanted (dissertation §6.3)", |s, _| {
        sessions::session_of(s, s.after).is_some()
    }),
    ("whether its put was carried out before, no server can tell any more", |s, _| {
        sessions::session_of(s, s.after).is_none()
    }),
    ("its put was not carried out: it opens another session and asks again", |s, _| {
        !sessions::was_carried_out(s)
    }),
    ("its session has expired, and what became of it, no server knows", |s, _| {
        sessions::session_of(s, s.after).is_none()
    }),
    ("{} entry of its term is not committed, and `uncommitted=` allows no more", uncommitted),
    ("{} entries of its term are not committed, and `uncommitted=` allows no more", uncommitted),
    ("{} append without an answer; then it goes on from entry {}", probes_again),
    ("{} appends without an answer; then it goes on from entry {}", probes_again),
    ("{} answers that too many of its entries are not committed", |s, _| {
        answered(s, WrongLeader::Busy)
    }),
    ("{} answers that it hands its leadership over", |s, _| answered(s, WrongLeader::HandsOver)),
    ("{}; it is in term {} already, and its log {}", |s, w| {
        s.is(subject(s)).raft.term() == Term(n(w[1]))
            && s.was(subject(s)).raft.term().next() == Term(n(w[1]))
            && ends(s, w[2])
    }),
    ("{} would vote for it; its log {}", |s, w| {
        // The last of them has just said so.
        let last = match s.heard {
            Some((
                Node::Server(from),
                Cargo::Raft(Message::PreVoteReply { granted: true, .. }),
            )) => from,
            _ => subject(s),
        };
        let mut votes = s.was(subject(s)).raft.votes();
        votes.insert(last);
        is_set(w[0], votes) && ends(s, w[1])
    }),
    (
        "{} would vote for it; it gave its vote to {} in this very term, and has forgotten it",
        |s, w| {
            let (own, term) = (subject(s), s.is(subject(s)).raft.term());
            s.other_votes(own, term, own) == [id(w[1])]
        },
    ),
    ("it hears from no leader; {}'s log {}, its own {} (dissertation §9.6, §5.4.1)", |s, w| {
        hears_none(s) && logs(s, w[1], w[2]).is_some_and(|(its, own)| its >= own)
    }),
    ("it hears from no leader; {}'s log {}, its own {}", |s, w| {
        hears_none(s) && logs(s, w[1], w[2]).is_some_and(|(its, own)| its < own)
    }),
    ("it heard from {} {} ago, and waits {} at least (dissertation §4.2.3)", hears_still),
    ("it heard from {} {} ago, and waits {} at least (dissertation §9.6)", hears_still),
    ("it leads term {} itself (dissertation §9.6)", leads),
    ("it leads term {} itself (dissertation §4.2.3)", leads),
    ("in {} it heard from no majority, only from {} (dissertation §6.2)", |s, w| {
        let heard: ServerSet = s.books.answered(subject(s));
        let own = s.was(subject(s));
        let heard = heard.union(ServerSet::only(own.id));
        own.raft.role() == Role::Leader
            && w[0]
                == own.timer(TimerKind::Quorum).map_or(Span::ZERO, |timer| timer.span).to_string()
            && is_set(w[1], heard)
            && !enough(own.raft.configuration(), heard)
    }),
    ("its election timer was fired by command; its log {}", |s, w| fired(s) && ends(s, w[0])),
    ("{}; it gave its vote to {} in this very term, and has forgotten it", |s, w| {
        let (own, term) = (subject(s), s.is(subject(s)).raft.term());
        s.other_votes(own, term, own) == [id(w[1])]
    }),
    ("it heard of term {}, a newer one (§5.1)", |s, w| {
        let heard = s.heard.map(|(_, message)| message.summary().term);
        heard == Some(Term(n(w[0]))) && s.was(subject(s)).raft.term() < Term(n(w[0]))
    }),
    (
        "it has voted for no other in term {}, and {}'s log {}, its own {} (§5.2, §5.4.1)",
        |s, w| {
            let (term, candidate) = (Term(n(w[0])), id(w[1]));
            let logs = logs(s, w[2], w[3]);
            s.other_votes(subject(s), term, candidate).is_empty()
                && logs.is_some_and(|(its, own)| its >= own)
        },
    ),
    (
        "it gave its vote in term {} to {}, and lost it with its disk; {}'s log {}, its own {}",
        |s, w| forgotten(s, w) && s.books.wiped.contains(&subject(s)),
    ),
    ("it gave its vote in term {} to {}, and has forgotten it; {}'s log {}, its own {}", |s, w| {
        forgotten(s, w) && !s.event.flaws.is_empty()
    }),
    ("{}'s log {}, its own {}", |s, w| {
        let none_before =
            s.other_votes(subject(s), s.is(subject(s)).raft.term(), id(w[0])).is_empty();
        // What the rule would say is not what was done.
        none_before && logs(s, w[1], w[2]).is_some_and(|(its, own)| its < own)
    }),
    ("it is in term {} already (§5.1)", |s, w| {
        let heard = s.heard.map(|(_, message)| message.summary().term);
        s.is(subject(s)).raft.term() == Term(n(w[0])) && heard < Some(Term(n(w[0])))
    }),
    ("it voted for {} in this term (§5.2)", |s, w| {
        s.is(subject(s)).raft.voted_for() == Some(id(w[0]))
    }),
    ("it voted for {} in this term", |s, w| s.is(subject(s)).raft.voted_for() == Some(id(w[0]))),
    (
        "it was started {} ago, and may have heard from a leader within {} before (dissertation §6.4.1)",
        |s, _| s.is(subject(s)).incarnation > 0,
    ),
    ("the refusal of {} answers an older append", |s, w| {
        let next = known(s.was(subject(s)), id(w[0])).next;
        let matched = known(s.was(subject(s)), id(w[0])).matched;
        refusal(s).is_some_and(|(from, prev, ..)| {
            from == id(w[0]) && (Index(prev).next() != next || Index(prev) <= matched)
        })
    }),
    ("its last round of answers is still trusted", |s, _| !s.event.flaws.is_empty()),
    ("a majority has answered since it was asked", |s, _| !s.event.flaws.is_empty()),
    ("its own log {}, {}'s {} (§5.4.1)", |s, w| {
        logs(s, w[2], w[0]).is_some_and(|(its, own)| its < own)
    }),
    ("its own log {}, {}'s {}", |s, w| logs(s, w[2], w[0]).is_some_and(|(its, own)| its >= own)),
    (
        "so far {}",
        |s, w| matches!(s.event.kind, E::Raft(_, RaftEvent::VoteCounted { votes, .. } | RaftEvent::PreVoteCounted { votes, .. }) if is_set(w[0], votes)),
    ),
    ("{} of {} is a majority (§5.2)", |s, w| {
        2 * n(w[0]) > n(w[1]) && n(w[1]) == voters(s, subject(s))
    }),
    ("a majority of {} is {}", majority_is),
    ("a majority of {} is {}, {} voted in an earlier term", |s, w| {
        majority_is(s, w) && stale(s, w[2])
    }),
    ("{} voted in an earlier term", |s, w| stale(s, w[0])),
    ("{} sent an append of this term: it has won (§5.2)", |s, w| {
        let term = s.is(subject(s)).raft.term();
        append(s).is_some_and(|(of, ..)| of == term) && s.books.leaders.contains(&(term, id(w[0])))
    }),
    ("it leads term {}, as far as it knows (§5.3)", leads),
    ("it leads term {}, as far as it knows", leads),
    ("they begin the log: nothing has to match before them (§5.3)", |s, _| {
        matches!(s.event.kind, E::Raft(_, RaftEvent::Appended { first: Index(1), .. }))
    }),
    ("they begin the log: nothing has to match before them", |s, _| {
        matches!(s.event.kind, E::Raft(_, RaftEvent::Appended { first: Index(1), .. }))
    }),
    ("its entry {} is of term {}, as {}'s is (§5.3)", as_the_leader_s),
    ("its entry {} is of term {}, as {}'s is", as_the_leader_s),
    ("entry {} is of term {} here, of term {} at the leader (§5.3)", |s, w| {
        conflict(s, w) && w[1] != w[2]
    }),
    ("entry {} is of term {} here, of term {} at the leader", |s, w| {
        conflict(s, w) && w[1] == w[2]
    }),
    ("entry {} is of term {} here, and the append ended before it", |s, w| {
        let (index, term) = (Index(n(w[0])), Term(n(w[1])));
        append(s).is_some_and(|(_, prev, terms, _)| prev.0 + terms.len() as u64 <= index.0)
            && s.was(subject(s)).raft.log().term(index) == Some(term)
    }),
    ("it is in term {}, and the append is of an older one (§5.1)", |s, w| {
        let term = Term(n(w[0]));
        s.is(subject(s)).raft.term() == term && append(s).is_some_and(|(of, ..)| of < term)
    }),
    ("its own log is empty (§5.3)", |s, _| s.is(subject(s)).raft.log().is_empty()),
    ("its own log ends at entry {} (§5.3)", |s, w| {
        let last = s.is(subject(s)).raft.log().last_index();
        last == Index(n(w[0])) && append(s).is_some_and(|(_, prev, ..)| prev.0 > last.0)
    }),
    ("it has an entry of term {} there; that term begins at {} (§5.3)", |s, w| {
        let (log, prev) = (s.is(subject(s)).raft.log(), append(s).map(|(_, prev, ..)| prev));
        let first = log.iter_from(Index(1)).find(|(_, entry)| entry.term == Term(n(w[0])));
        prev.is_some_and(|prev| log.term(Index(prev.0)) == Some(Term(n(w[0]))) && prev.1 != n(w[0]))
            && first.is_some_and(|(index, _)| index == Index(n(w[1])))
    }),
    ("the answer of {} went as far as entry {} (matchIndex, Figure 2)", |s, w| {
        let E::Raft(_, RaftEvent::Matched { index, .. }) = s.event.kind else { return false };
        matched(s, w) && index == Index(n(w[1]))
    }),
    ("the answer of {} went as far as entry {}", |s, w| {
        let E::Raft(_, RaftEvent::Matched { index, .. }) = s.event.kind else { return false };
        let before = known(s.was(subject(s)), id(w[0])).matched;
        matched(s, w) && (index > Index(n(w[1])) || before > index)
    }),
    ("{} answered that its entry {} is of term {} (§5.3)", refusal_conflict),
    ("{} answered that its entry {} is of term {}", refusal_conflict),
    ("{} answered that its last entry that could agree is {}, of term {} (§5.3)", refusal_hint),
    ("{} answered that its last entry that could agree is {}, of term {}", refusal_hint),
    ("{} answered that none of its entries before {} could agree (§5.3)", refusal_of_all),
    ("{} answered that none of its entries before {} could agree", refusal_of_all),
    ("{} answered that its log ends before entry {} (§5.3)", refusal_short),
    ("{} answered that its log ends before entry {}", refusal_short),
    ("the network reported a loss (§5.3)", |s, _| {
        s.happened(|kind| matches!(kind, E::Network(NetworkEvent::LossReported { .. })))
    }),
    ("no answer of {} has come (§5.3)", |s, w| {
        known(s.was(subject(s)), id(w[0])).replication != Replication::Idle
    }),
    ("it belongs to an older term (§5.1)", |s, _| {
        s.heard.is_some_and(|(_, message)| message.summary().term < s.is(subject(s)).raft.term())
    }),
    ("it votes as if it had heard from none (dissertation §4.2.3)", |s, _| {
        s.is(subject(s)).raft.heard_leader().is_none()
    }),
    ("it does not lead, and only a leader can say (§6.4)", |s, _| {
        let asks = |message: &Cargo| matches!(message, Cargo::Raft(Message::ReadIndex { .. }));
        s.heard.is_some_and(|(_, message)| asks(message))
            && s.is(subject(s)).raft.role() != Role::Leader
    }),
    ("it is no longer what it was when it asked", |s, _| {
        let role = s.is(subject(s)).raft.role();
        s.heard.is_some_and(|(_, message)| match message {
            Cargo::Raft(Message::VoteReply { .. }) => role != Role::Candidate,
            Cargo::Raft(Message::PreVoteReply { .. }) => role != Role::PreCandidate,
            Cargo::Raft(Message::AppendReply { .. } | Message::InstallReply { .. }) => {
                role != Role::Leader
            }
            _ => false,
        })
    }),
    ("it answers for term {}, and that is not what it asks for now", |s, w| {
        let raft = &s.is(subject(s)).raft;
        raft.role() == Role::PreCandidate && raft.term().next() != Term(n(w[0]))
    }),
    ("it leads term {} itself", |s, w| {
        let raft = &s.is(subject(s)).raft;
        raft.role() == Role::Leader && raft.term() == Term(n(w[0]))
    }),
    (
        "its matchIndex or nextIndex has moved since it asked: the answer says nothing new",
        |s, _| {
            let Some((Node::Server(from), Cargo::Raft(message))) = s.heard else { return false };
            let was = s.was(subject(s));
            let known = known(was, from);
            let (prev, result) = match message {
                Message::AppendReply { prev, result, .. } => (prev, result),
                Message::InstallReply { last, result, .. } => {
                    return match result {
                        ChunkResult::Installed(index) => known.matched > *index,
                        ChunkResult::Received(bytes) => {
                            was.raft.sending(from).is_none_or(|(snapshot, has)| {
                                snapshot.last.index != *last || has >= *bytes
                            })
                        }
                    };
                }
                _ => return false,
            };
            // While a snapshot is on its way, no refusal of an append says anything.
            let installs = was.raft.sending(from).is_some();
            match result {
                AppendResult::Matched(index) => known.matched > *index,
                AppendResult::Refused { .. } | AppendResult::Hinted { .. } => {
                    installs || known.next.previous() != *prev || known.matched >= *prev
                }
            }
        },
    ),
    (
        "it knows that {} of {} have entry {} on disk, a majority, and it is of the leader's term (§5.3, §5.4.2)",
        |s, w| held(s, w) && 2 * n(w[0]) > n(w[1]) && of_its_own_term(s, n(w[2])),
    ),
    (
        "it knows that {} of {} has entry {} on disk, a majority, and it is of the leader's term (§5.3, §5.4.2)",
        |s, w| held(s, w) && 2 * n(w[0]) > n(w[1]) && of_its_own_term(s, n(w[2])),
    ),
    ("it knows that {} of {} {} entry {} on disk", |s, w| {
        held(s, &[w[0], w[1], w[3]]) && of_its_own_term(s, n(w[3]))
    }),
    (
        "it knows that {} of {} {} entry {} on disk, which is of term {}; the leader is in term {}",
        |s, w| {
            held(s, &[w[0], w[1], w[3]])
                && s.is(subject(s)).raft.term() == Term(n(w[5]))
                && n(w[4]) < n(w[5])
        },
    ),
    ("it counts {}; but of these, {} {} entry {} on disk by now", |s, w| {
        let servers = s.after.servers();
        let forgets = servers.iter().any(|server| server.flaws().has(Flaw::ForgetLog));
        let all = voters(s, subject(s));
        held(s, &[w[1], &all.to_string(), w[3]])
            && 2 * n(w[1]) <= all
            && (s.after.checker().is_void() || forgets)
    }),
    (
        "the append of {} brings commit index {} and goes as far as entry {} (Figure 2, AppendEntries 5)",
        |s, w| {
            let E::Raft(_, RaftEvent::LearnedCommit { last, .. }) = s.event.kind else {
                return false;
            };
            brought(s, w) && last.0 == n(w[1]).min(n(w[2])) && matches_previous(s)
        },
    ),
    ("the append of {} brings commit index {} and goes as far as entry {}", brought),
    ("it counts {}, but term {} must commit an entry of its own first (§5.4.2)", |s, w| {
        let E::Raft(_, RaftEvent::OldTermWaits { index, copies, .. }) = s.event.kind else {
            return false;
        };
        let raft = &s.is(subject(s)).raft;
        let has = |id: &ServerId| raft.progress(*id).is_some_and(|one| one.matched >= index);
        let counts = raft.rules().asks(raft.configuration()).answer;
        let known: ServerSet = counts.iter().filter(has).collect();
        is_set(w[0], copies) && copies == known && raft.term() == Term(n(w[1]))
    }),
    ("only the leader takes requests (§8)", |s, _| s.is(subject(s)).raft.role() != Role::Leader),
    (
        "the put was for version {}",
        |s, w| matches!(&s.event.kind, E::Server(_, ServerEvent::Applied { op, .. }) if op.request.to_string().ends_with(&format!("@{}", w[0]))),
    ),
    ("it asks for nothing (§8)", |s, _| {
        let E::Server(server, ServerEvent::AppliedNoop { index }) = s.event.kind else {
            return false;
        };
        s.is(server).raft.log().get(index).is_some_and(|entry| entry.op().is_none())
    }),
    (
        "once it is committed, so is all before it: of earlier terms a leader commits nothing by counting (§5.4.2, §8)",
        |s, _| s.is(subject(s)).raft.role() == Role::Leader,
    ),
    ("its operation is entry {}, which is applied here now", |s, w| {
        let E::Server(server, ServerEvent::Answered { client, .. }) = s.event.kind else {
            return false;
        };
        let (index, server) = (Index(n(w[0])), s.is(server));
        let Some(entry) = server.raft.log().get(index) else { return false };
        let submitted = s.books.submitted.get(&(index, entry.term, entry.id()));
        server.rsm.applied >= index
            && submitted == Some(&client)
            && entry.op().is_some_and(|op| asks_for(s, client, &op.request))
    }),
    ("only then it appends the operation; applied so far: entry {}", |s, w| {
        let E::Server(server, ServerEvent::Answered { client, .. }) = s.event.kind else {
            return false;
        };
        s.is(server).rsm.applied >= Index(n(w[0]))
            && s.happened(|kind| {
                matches!(kind, E::Server(at, ServerEvent::Submitted { client: of, .. })
                    if (*at, *of) == (server, client))
            })
    }),
    ("applied here so far: up to entry {}", |s, w| s.is(subject(s)).rsm.applied >= Index(n(w[0]))),
    ("something else became entry {}", |s, w| {
        let other = s.is(subject(s)).raft.log().get(Index(n(w[0]))).map(|entry| entry.id());
        waiter(s).is_some_and(|waiter| Some(waiter.op) != other)
    }),
    ("its term has changed; the entry may still commit", |s, _| {
        waiter(s).is_some_and(|waiter| waiter.term != s.is(subject(s)).raft.term())
    }),
    ("it no longer leads; the entry may still commit", |s, _| {
        s.is(subject(s)).raft.role() != Role::Leader
    }),
    ("it took too long; the entry may still commit", |s, _| {
        waiter(s).is_some_and(|waiter| s.after.now().since(waiter.since) >= WAITER_TIMEOUT)
    }),
    ("pending requests are not on the disk", |s, _| s.is(subject(s)).rsm.waiters.is_empty()),
    ("no reply in time; the request may still be carried out", |s, _| {
        call_before(s).is_some_and(|call| s.after.now() >= call.until)
            || s.happened(|kind| matches!(kind, E::Lab(LabEvent::Commanded { .. })))
    }),
    ("the request or its reply was lost; the request may still be carried out", |s, _| {
        s.happened(|kind| matches!(kind, E::Network(NetworkEvent::LossReported { .. })))
    }),
    ("{} answers that it does not lead", |s, _| answered(s, WrongLeader::NotLeader)),
    ("{} answers that another operation took its place in the log", |s, _| {
        answered(s, WrongLeader::AnotherOp)
    }),
    ("{} answers that its term changed; the request may still be carried out", |s, _| {
        answered(s, WrongLeader::TermChanged)
    }),
    ("{} answers that it leads no more; the request may still be carried out", |s, _| {
        answered(s, WrongLeader::LeadershipLost)
    }),
    ("{} answers that it took too long; the request may still be carried out", |s, _| {
        answered(s, WrongLeader::TimedOut)
    }),
    ("an earlier attempt may have done it", maybe),
    ("an earlier attempt may have done it, or may do it later", maybe),
    ("a copy of the request may still run", maybe),
    ("it no longer waits for that attempt", |s, _| {
        let Some((Node::Server(_), Cargo::Client(Rpc::Reply { call, attempt, .. }))) = s.heard
        else {
            return false;
        };
        call_before(s).is_none_or(|open| {
            (open.number, open.attempt) != (u64::from(*call), *attempt) || open.asking.is_none()
        })
    }),
    ("it may be carried out, and the client never hears", |s, _| {
        // What it called has no answer, and gets none.
        let records = s.after.history().records();
        let mine = |id| records.iter().filter(move |record| record.client == id);
        let client = own(s);
        client.is_none_or(|id| mine(id).next_back().is_none_or(|one| one.returned.is_none()))
    }),
    ("a client does one thing at a time", |_, _| true),
];

/// Up to where the leader knows a server's log to match, and where its own ends.
fn lacks(s: &Step, w: &[&str]) -> bool {
    let leader = s.is(subject(s));
    known(leader, id(w[0])).matched == Index(n(w[1]))
        && leader.raft.log().last_index() == Index(n(w[2]))
}

/// Whether these entries have left its log, which begins after the last of them now.
fn compacted(s: &Step, words: &str) -> bool {
    let log = s.is(subject(s)).raft.log();
    let mut gone = entries(words);
    let last = entries(words).last();
    gone.all(|index| log.get(index).is_none()) && last == Some(log.base().index)
}

/// Whether its log had this entry, which is where its snapshot ends now.
fn has_last(s: &Step, word: &str) -> bool {
    let (was, is) = (s.was(subject(s)).raft.log(), s.is(subject(s)).raft.log());
    is.base().to_string() == word && was.term(is.base().index) == Some(is.base().term)
}

fn appended_configuration(s: &Step) -> Option<raftlab::cluster::raft::Configuration> {
    match s.event.kind {
        E::Raft(_, RaftEvent::ConfigurationAppended { to, .. }) => Some(to),
        _ => None,
    }
}

fn one_more_or_fewer(s: &Step, w: &[&str]) -> bool {
    let E::Raft(_, RaftEvent::ConfigurationAppended { from, to, .. }) = s.event.kind else {
        return false;
    };
    let (before, after) = (from.voters(), to.voters());
    is_set(w[0], after) && before.without(after).len() + after.without(before).len() == 1
}

fn from_now_on(s: &Step, w: &[&str]) -> bool {
    let E::Raft(own, RaftEvent::ConfigurationAppended { from, to, .. }) = s.event.kind else {
        return false;
    };
    let raft = &s.is(own).raft;
    let joint = raft.log().iter().find(|(_, entry)| entry.payload.configuration() == Some(from));
    let committed = joint.is_none_or(|(index, _)| index <= raft.commit());
    is_set(w[0], to.voters()) && from.is_joint() && committed
}

fn as_before(s: &Step, w: &[&str]) -> bool {
    let (own, before) = (voters_of(s, subject(s)), s.was(subject(s)).raft.configuration());
    is_set(w[0], own) && own == before.voters()
}
