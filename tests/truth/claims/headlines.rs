//! What is said of an event: what happened.

use raftlab::cluster::command::Choice;

use super::facts::*;
use super::*;

/// Every form of headline, and what must be so when it is said.
pub const HEADLINES: Forms = &[
    ("{} crashes", |step, w| {
        step.is(id(w[0])).power == Power::Down && lost(step, id(w[0])) == (0, None)
    }),
    ("{} crashes and loses {} unsynced entry", |s, w| lost(s, id(w[0])) == (n(w[1]), None)),
    ("{} crashes and loses {} unsynced entries", |s, w| lost(s, id(w[0])) == (n(w[1]), None)),
    ("{} crashes and loses its unsynced vote for {}", |s, w| {
        lost(s, id(w[0])) == (0, Some(id(w[1])))
    }),
    ("{} crashes and loses {} unsynced entry and its vote for {}", |s, w| {
        lost(s, id(w[0])) == (n(w[1]), Some(id(w[2])))
    }),
    ("{} crashes and loses {} unsynced entries and its vote for {}", |s, w| {
        lost(s, id(w[0])) == (n(w[1]), Some(id(w[2])))
    }),
    ("{} restarts with what is on its disk", |s, w| {
        let server = s.is(id(w[0]));
        *server.raft.log() == server.disk.log && server.raft.term() == server.disk.hard.term
    }),
    ("{} falls asleep", |s, w| s.is(id(w[0])).power == Power::Asleep),
    ("{} wakes", |s, w| s.was(id(w[0])).inbox.is_empty()),
    ("{} wakes and finds {} packet", |s, w| s.was(id(w[0])).inbox.len() as u64 == n(w[1])),
    ("{} wakes and finds {} packets", |s, w| s.was(id(w[0])).inbox.len() as u64 == n(w[1])),
    ("{} loses its disk", |s, w| {
        let disk = &s.is(id(w[0])).disk;
        disk.log.is_empty() && disk.hard == Default::default() && disk.snapshot.is_none()
    }),
    ("{} has a new disk, and is a new server", |s, w| {
        let server = s.is(id(w[0]));
        server.disk.log.is_empty() && server.raft.configuration().members().is_empty()
    }),
    ("{} has its clock run at rate {}", |s, w| s.is(id(w[0])).clock.as_rate() == w[1]),
    ("{} has a disk that hangs", |s, w| {
        let disk = &s.is(id(w[0])).disk;
        disk.sync.is_none() && s.is(id(w[0])).timer(TimerKind::Sync).is_none()
    }),
    ("{} has a disk that takes {} a write", |s, w| {
        s.is(id(w[0])).disk.sync.is_some_and(|sync| sync.to_string() == w[1])
    }),
    ("{} can't write {} record to its disk", write_fails),
    ("{} can't write {} records to its disk", write_fails),
    ("{} loses its power in the midst of a write", |s, w| {
        let (was, is) = (s.was(id(w[0])), s.is(id(w[0])));
        was.disk.is_writing() && is.disk.torn && is.power == Power::Down
    }),
    ("{} drops a torn record at the end of its disk", |s, w| {
        let (was, is) = (s.was(id(w[0])), s.is(id(w[0])));
        was.disk.torn && !is.disk.torn && is.disk.log == was.disk.log && is.power == Power::Up
    }),
    ("{} has its term and its vote on disk", |s, w| crashed(s, id(w[0])).0 > Term::ZERO),
    ("{} has its log up to entry {} on disk", |s, w| crashed(s, id(w[0])).1 == Index(n(w[1]))),
    ("{} ends a write", |s, _| !s.event.named_flaws().is_empty()),
    ("{} sends {} #{}: {}", |_, _| true),
    ("packet #{} is doubled as #{}", |_, _| true),
    ("{} does not get {}'s #{} yet: {}", |_, _| true),
    ("{} may get {}'s #{} now: {}", |_, _| true),
    ("{} gets {}'s #{} {} later: {}", |_, _| true),
    ("{} hears {}'s #{}: {}", |s, _| s.heard.is_some()),
    ("{} loses #{} to {}: {}", |s, w| s.flew(packet(w[1]))),
    ("{} learns that its call to {} was lost", |s, _| {
        s.happened(|kind| matches!(kind, E::Packet(_, PacketEvent::Dropped { .. })))
    }),
    ("{} asks who would vote for it in term {}", |s, w| {
        let (was, is) = (&s.was(id(w[0])).raft, &s.is(id(w[0])).raft);
        // By a flaw it takes the new term already.
        let kept = was.term() == is.term() || !s.event.flaws.is_empty();
        was.role() != Role::Leader && kept && is.term().next() == Term(n(w[1]))
    }),
    ("{} would vote for {} in term {}", |s, w| {
        asked_first(s, w[1], w[2]) && nothing_changes(s, id(w[0]))
    }),
    ("{} would not vote for {} in term {}", |s, w| {
        asked_first(s, w[1], w[2]) && nothing_changes(s, id(w[0]))
    }),
    ("{} notes that {} would vote for it in term {}", |s, w| {
        // Its own word needs no message.
        w[0] == w[1]
            || from_server(s) == Some(id(w[1]))
                && matches!(s.heard, Some((_, Cargo::Raft(Message::PreVoteReply { granted: true, term, .. })))
                    if *term == Term(n(w[2])))
    }),
    ("{} asks no longer who would vote for it, in term {}", |s, w| led(s, w, Role::PreCandidate)),
    ("{} becomes a candidate in term {}", |s, w| {
        let was = s.was(id(w[0]));
        was.raft.term().next() == Term(n(w[1])) && was.raft.role() != Role::Leader
    }),
    ("{} goes from term {} to term {}", |s, w| {
        let (was, is) = (&s.was(id(w[0])).raft, &s.is(id(w[0])).raft);
        (was.term(), is.term()) == (Term(n(w[1])), Term(n(w[2])))
    }),
    ("{} votes for {} in term {}", |s, w| {
        let raft = &s.is(id(w[0])).raft;
        (raft.term(), raft.voted_for()) == (Term(n(w[2])), Some(id(w[1])))
    }),
    ("{} refuses {} its vote in term {}", |s, w| {
        // A flaw may refuse the very candidate that has the vote: then only the answer says so.
        let (own, candidate) = (Node::Server(id(w[0])), Node::Server(id(w[1])));
        let refuses = s.happened(|kind| {
            matches!(kind, E::Packet(Flight { from, to, summary, .. }, PacketEvent::Sent)
                if (*from, *to) == (own, candidate) && summary.kind == PacketKind::VoteRefused)
        });
        refuses
            || s.is(id(w[0])).raft.voted_for() != Some(id(w[1]))
            || s.is(id(w[0])).raft.term() != Term(n(w[2]))
    }),
    ("{} counts the vote of {}: {} in term {}", |s, w| {
        gave(s, id(w[1]), id(w[0]), Term(n(w[3]))) && counted(s, id(w[0]), w[2])
    }),
    ("{} counts {}'s vote of term {}: {} in term {}", |s, w| {
        gave(s, id(w[1]), id(w[0]), Term(n(w[2]))) && counted(s, id(w[0]), w[3])
    }),
    ("{} wins term {} by {} of {} votes: {}", won),
    ("{} hands over to {}, and takes no requests", |s, w| {
        let raft = &s.is(id(w[0])).raft;
        let told = s.was(id(w[0])).raft.transfer().is_none();
        told && raft.transfer().is_some_and(|it| it.to == id(w[1])) && !raft.takes_requests()
    }),
    ("{} tells {} to become a candidate at once", |s, w| {
        s.happened(|kind| {
            matches!(kind, E::Packet(Flight { from, to, summary, .. }, PacketEvent::Sent)
                if (*from, *to) == (Node::Server(id(w[0])), Node::Server(id(w[1])))
                    && summary.kind == PacketKind::TimeoutNow)
        })
    }),
    ("{} no longer hands over to {}, and takes requests", |s, w| {
        s.was(id(w[0])).raft.transfer().is_some_and(|it| it.to == id(w[1]))
            && s.is(id(w[0])).raft.takes_requests()
    }),
    ("{} takes {}, and no entry for it", |s, w| {
        let (was, is) = (s.was(id(w[0])), s.is(id(w[0])));
        was.raft.log().last_index() == is.raft.log().last_index()
    }),
    ("{} answers {} from its map: {}", |s, w| replied(s, id(w[0]), w[1])),
    ("{} gives up the read of {}", |s, w| replied(s, id(w[0]), w[1])),
    ("{} asks all followers whether it still leads, for a read", |s, w| {
        let alone = s.after.servers().len() == 1;
        alone || s.is(id(w[0])).raft.waiting_reads().0 > 0
    }),
    ("{} gives {} the read index {}", |s, w| {
        s.happened(|kind| {
            matches!(kind, E::Packet(Flight { from, to, summary, .. }, PacketEvent::Sent)
                if (*from, *to) == (Node::Server(id(w[0])), Node::Server(id(w[1])))
                    && summary.kind == PacketKind::ReadIndexGiven { index: Index(n(w[2])) })
        })
    }),
    ("{} forgets its leader {}", |s, w| {
        let (was, is) = (&s.was(id(w[0])).raft, &s.is(id(w[0])).raft);
        (was.leader(), is.leader()) == (Some(id(w[1])), None) && was.term() == is.term()
    }),
    ("{} no longer leads term {}", |s, w| led(s, w, Role::Leader)),
    ("{} is no longer a candidate in term {}", |s, w| led(s, w, Role::Candidate)),
    ("{} appends a no-op as entry {} of term {}", |s, w| {
        let (was, is) = (&s.was(id(w[0])).raft, &s.is(id(w[0])).raft);
        let entry = is.log().get(Index(n(w[1])));
        entry.is_some_and(|entry| entry.op().is_none() && entry.term == Term(n(w[2])))
            && (was.role(), is.role()) == (Role::Candidate, Role::Leader)
            && was.log().last_index().next() == Index(n(w[1]))
    }),
    ("{} lets {} learn before voting, by entry {}", |s, w| {
        appends(s, w[2], |from, to| {
            let to_vote = to.next().unwrap_or_default().without(to.voters());
            is_set(w[1], to_vote)
                && to_vote.without(to.learners()).is_empty()
                && to.voters() == from.voters()
        })
    }),
    ("{} lets {} learn, by entry {}", |s, w| {
        appends(s, w[2], |from, to| {
            is_set(w[1], to.learners().without(from.learners())) && to.voters() == from.voters()
        })
    }),
    ("{} takes {} out, by entry {}", |s, w| {
        appends(s, w[2], |from, to| {
            is_set(w[1], from.learners().without(to.members())) && to.voters() == from.voters()
        })
    }),
    ("{} appends C_old,new as entry {}", |s, w| {
        appends(s, w[1], |from, to| to.old() == Some(from.voters()))
    }),
    ("{} appends C_new as entry {}", |s, w| {
        appends(s, w[1], |from, to| {
            from.is_joint() && !to.is_joint() && to.voters() == from.new_voters()
        })
    }),
    ("{} gives {} a vote, by entry {}", |s, w| {
        appends(s, w[2], |from, to| is_set(w[1], to.voters().without(from.voters())))
    }),
    ("{} takes the vote of {}, by entry {}", |s, w| {
        appends(s, w[2], |from, to| is_set(w[1], from.voters().without(to.voters())))
    }),
    ("{} needs majorities of old and of new voters now", |s, w| {
        s.is(id(w[0])).raft.configuration().is_joint()
    }),
    ("{} takes {} as those who vote", |s, w| {
        let all = s.is(id(w[0])).raft.configuration();
        is_set(w[1], all.voters()) && !all.is_joint()
    }),
    ("{} finds that {} has caught up, to entry {}", |s, w| {
        let known = s.is(id(w[0])).raft.progress(id(w[1]));
        known.is_some_and(|known| known.matched == Index(n(w[2])))
    }),
    ("{} no longer waits for {} to catch up", |s, w| {
        let was = s.was(id(w[0])).raft.configuration();
        let to_vote = was.next().is_some_and(|next| next.contains(id(w[1])));
        to_vote && !s.is(id(w[0])).raft.configuration().members().contains(id(w[1]))
    }),
    ("{} waits with the change of members", |s, w| s.is(id(w[0])).raft.waiting_change().is_some()),
    ("{} does not become a candidate", |s, w| {
        let server = s.is(id(w[0]));
        server.raft.role() == Role::Follower && !voters_of(s, server.id).contains(server.id)
    }),
    ("{} applies entry {}, a configuration: no key changes", |s, w| {
        let (was, is) = (s.was(id(w[0])), s.is(id(w[0])));
        let index = Index(n(w[1]));
        let entry = is.raft.log().get(index).and_then(|entry| entry.payload.configuration());
        entry.is_some() && was.rsm.applied < index && is.rsm.applied >= index
    }),
    ("{} applies entry {}, a no-op: nothing changes", |s, w| {
        let (was, is) = (&s.was(id(w[0])).rsm, &s.is(id(w[0])).rsm);
        let entry = s.is(id(w[0])).raft.log().get(Index(n(w[1])));
        was.applied < Index(n(w[1]))
            && is.applied >= Index(n(w[1]))
            && entry.is_some_and(|entry| entry.op().is_none())
    }),
    ("{} appends {} as entry {} of term {}", |s, w| {
        let entry = s.is(id(w[0])).raft.log().term(Index(n(w[2])));
        entry == Some(Term(n(w[3])))
            && s.was(id(w[0])).raft.log().last_index().next() == Index(n(w[2]))
    }),
    ("{} copies {} of {}", copies),
    ("{} puts its own {} back", |s, w| {
        entries(w[1]).all(|index| {
            s.was(id(w[0])).raft.log().get(index) == s.is(id(w[0])).raft.log().get(index)
        })
    }),
    ("{} removes entry {} of term {}", |s, w| {
        s.was(id(w[0])).raft.log().term(Index(n(w[1]))) == Some(Term(n(w[2])))
    }),
    ("{} removes {}", |s, w| {
        entries(w[1]).all(|index| s.was(id(w[0])).raft.log().get(index).is_some())
    }),
    ("{} refuses the append of {}", |s, w| from_server(s) == Some(id(w[1]))),
    ("{} refuses the append of {} after entry {}", |s, w| {
        let prev = append(s).map(|(_, prev, ..)| format!("{}@{}", prev.0, prev.1));
        from_server(s) == Some(id(w[1])) && prev.as_deref() == Some(w[2])
    }),
    ("{} counts {}'s log as equal up to entry {}", |s, w| {
        let progress = s.is(id(w[0])).raft.progress(id(w[1]));
        // A later answer in the same step may have made it a follower.
        progress.is_none_or(|one| one.matched >= Index(n(w[2])))
    }),
    ("{} steps back from entry {} to {} for {}", |s, w| {
        let next = |leader| known(leader, id(w[3])).next.0;
        let (was, is) = (next(s.was(id(w[0]))), next(s.is(id(w[0]))));
        // Where appends are in flight, the entry that the refused one began with.
        let began = was == n(w[1]) || was > n(w[1]) && s.after.config().inflight != Most::Count(1);
        (began, is) == (true, n(w[2]))
    }),
    ("{} sends {} entry {} again", |s, w| {
        s.happened(|kind| {
            matches!(kind, E::Packet(Flight { from, to, summary, .. }, PacketEvent::Sent)
            if (*from, *to) == (Node::Server(id(w[0])), Node::Server(id(w[1])))
                && matches!(summary.kind, PacketKind::Append { prev, entries, .. }
                    if prev.next() == Index(n(w[2])) && entries > 0))
        })
    }),
    ("{} takes a snapshot up to entry {}", |s, w| {
        let server = s.is(id(w[0]));
        let up_to = Index(n(w[1]));
        server.raft.log().base().index == up_to && server.rsm.applied == up_to
    }),
    ("{} sends {} its snapshot up to entry {}", |s, w| sends_snapshot(s, w, |from| from == 0)),
    ("{} sends {} its snapshot up to {} again", |s, w| sends_snapshot(s, w, |from| from == 0)),
    ("{} sends {} a snapshot again from byte {}", |s, w| {
        let from = n(w[2]) as u32 - 1;
        s.happened(|kind| {
            matches!(kind, E::Packet(Flight { to, summary, .. }, PacketEvent::Sent)
                if *to == Node::Server(id(w[1]))
                    && matches!(summary.kind, PacketKind::InstallSnapshot { from: of, .. } if of == from))
        })
    }),
    ("{} has {} of {} bytes of {}'s snapshot", |s, w| {
        let has = s.is(id(w[0])).raft.receiving().map(|(_, bytes)| u64::from(bytes));
        has == Some(n(w[1])) && n(w[1]) < n(w[2]) && from_server(s) == Some(id(w[3]))
    }),
    ("{} refuses {}'s snapshot up to entry {}", |s, w| {
        s.is(id(w[0])).raft.snapshot() == s.was(id(w[0])).raft.snapshot()
            && from_server(s) == Some(id(w[1]))
    }),
    ("{} leaves {}'s snapshot up to entry {} aside", |s, w| {
        s.was(id(w[0])).raft.commit() >= Index(n(w[2])) && from_server(s) == Some(id(w[1]))
    }),
    ("{} installs {}'s snapshot up to entry {}", |s, w| {
        let (server, up_to) = (s.is(id(w[0])), Index(n(w[2])));
        server.raft.log().base().index == up_to
            && server.raft.commit() == up_to
            && server.rsm.applied == up_to
            && from_server(s) == Some(id(w[1]))
    }),
    ("{} ignores what {} sends: {}", |s, w| from_server(s) == Some(id(w[1]))),
    ("{} commits entry {} of term {}: it is on {}", |s, w| {
        s.is(id(w[0])).raft.log().term(Index(n(w[1]))) == Some(Term(n(w[2])))
            && is_set(w[3], on_disks(s, id(w[0]), Index(n(w[1]))))
    }),
    ("{} commits {}: they are on {}", |s, w| {
        entries(w[1]).last().is_some_and(|last| is_set(w[2], on_disks(s, id(w[0]), last)))
    }),
    ("{} takes {} as committed, from {}", |s, w| {
        let (was, is) = (s.was(id(w[0])).raft.commit(), s.is(id(w[0])).raft.commit());
        let mut range = entries(w[1]);
        range.next() == Some(was.next())
            && range.last().unwrap_or(was.next()) == is
            && from_server(s) == Some(id(w[2]))
    }),
    ("{} must not count entry {} of term {} as committed yet", |s, w| {
        let raft = &s.is(id(w[0])).raft;
        raft.log().term(Index(n(w[1]))) == Some(Term(n(w[2])))
            && Term(n(w[2])) < raft.term()
            && raft.commit() < Index(n(w[1]))
    }),
    ("{} departs from a rule", |s, _| !s.event.flaws.is_empty()),
    ("{} refuses {}: it follows {}", |s, w| {
        s.is(id(w[0])).raft.leader() == Some(id(w[2])) && s.is(id(w[0])).raft.role() != Role::Leader
    }),
    ("{} refuses {}: it hands over to {}", |s, w| {
        s.is(id(w[0])).raft.transfer().is_some_and(|transfer| transfer.to == id(w[2]))
    }),
    ("{} refuses {}: it can't keep up", |s, w| {
        let most = s.after.config().uncommitted.map(u64::from);
        let raft = &s.is(id(w[0])).raft;
        let open = raft.log().iter_from(raft.commit().next());
        let open = open.filter(|(_, entry)| entry.term == raft.term()).count() as u64;
        most.is_some_and(|most| open >= most)
    }),
    ("{} sends {} no entries until it answers", |s, w| {
        let (was, is) = (&s.was(id(w[0])).raft, &s.is(id(w[0])).raft);
        was.mode(id(w[1])) == Some(Mode::Replicate) && is.mode(id(w[1])) == Some(Mode::Probe)
    }),
    ("{} refuses {}: it knows no leader", |s, w| s.is(id(w[0])).raft.leader().is_none()),
    ("{} leaves entry {} out of its map", |s, _| !s.event.flaws.is_empty()),
    ("{} applies entry {}: {}", applies),
    ("{} answers {}: {}", |s, w| replied(s, id(w[0]), w[1])),
    ("{} releases {}, which waits for entry {}", |s, w| replied(s, id(w[0]), w[1])),
    ("{} forgets {} waiting client", |s, w| waiting(s, w[0]) == n(w[1])),
    ("{} forgets {} waiting clients", |s, w| waiting(s, w[0]) == n(w[1])),
    ("{} joins", |_, _| true),
    ("{} appends a session for {} as entry {} of term {}", |s, w| {
        let term = s.is(id(w[0])).raft.log().term(Index(n(w[2])));
        sessions::registering(s).is_some_and(|(index, _)| index == Index(n(w[2])))
            && term == Some(Term(n(w[3])))
    }),
    ("{} does not carry out entry {}", sessions::not_carried_out),
    ("{} opens session {}, and session {} expires", sessions::opens_and_expires),
    ("{} opens session {}", sessions::opens),
    ("{} wants a session first", |s, _| {
        sessions::session_of(s, s.before).is_none() && s.after.config().client_sessions.is_some()
    }),
    ("{} has session {}", |s, w| sessions::session_of(s, s.after) == Some(n(w[1]))),
    ("{} has lost session {}", |s, w| {
        sessions::session_of(s, s.before) == Some(n(w[1]))
            && sessions::session_of(s, s.after).is_none()
    }),
    ("{} calls {}", |s, _| own(s).is_some()),
    ("{} asks {}, attempt {}", |s, w| asked(s, w)),
    ("{} asks {}", |s, w| asked(s, w)),
    ("{} ends its attempt at {}", |s, w| attempt(s).is_some_and(|(at, _)| at == id(w[1]))),
    ("{} is answered {}: {}", |s, w| {
        let records = s.after.history().records();
        let returned = records.iter().filter(|record| own(s) == Some(record.client));
        let last = returned.filter_map(|record| record.returned.as_ref()).next_back();
        last.is_some_and(|returned| returned.outcome.to_string() == w[1])
    }),
    ("{} ignores a late reply of {}", |s, w| from_server(s) == Some(id(w[1]))),
    ("{} abandons {}", |s, _| {
        // What it was at has ended, or the next thing has begun; a submitted put begins and ends at once.
        let call = |cluster: &raftlab::cluster::Cluster, id: ClientId| {
            cluster.clients()[id.index()].job.as_ref().map(|job| format!("{job:?}"))
        };
        own(s).is_some_and(|id| {
            let began = s.happened(
                |kind| matches!(kind, E::Client(one, ClientEvent::Called { .. }) if *one == id),
            );
            (call(s.before, id).is_some() && call(s.before, id) != call(s.after, id)) || began
        })
    }),
    ("{} has {} more to do after this", |_, _| true),
    ("{} holds the lock {}", |s, w| {
        own(s).is_some_and(|id| s.after.clients()[id.index()].holds.iter().any(|l| **l == *w[1]))
    }),
    ("{} begins to release the lock {}", |s, w| {
        own(s).is_some_and(|id| !s.after.clients()[id.index()].holds.iter().any(|l| **l == *w[1]))
    }),
    ("{} is done with {}", |_, _| true),
    ("broken: {}", |s, w| {
        s.after
            .violation()
            .is_some_and(|broken| broken.evidence.starts_with(w[0].trim_end_matches('.')))
    }),
    // The script's own.
    ("command: {}", |_, _| true),
    ("line {} runs", |_, _| true),
    ("caption: {}", |_, _| true),
    ("aside: {}", |_, _| true),
    ("spoken of: {}", |_, _| true),
    ("spoken of: entry {} of {}", |_, _| true),
    ("the class is asked: {}", |_, _| true),
    ("the oracle is asked", |_, _| true),
    ("the class says {}", |_, _| true),
    ("choice {} is so", |s, w| chosen(s) == Some(w[0].split(' ').map(n).collect())),
    ("choices {} are so", |s, w| chosen(s) == Some(w[0].split(' ').map(n).collect())),
    ("no choice is so", |s, _| chosen(s) == Some(Vec::new())),
    ("the question is over", |s, _| chosen(s).is_none()),
    ("the script waits for its presenter", |_, _| true),
    ("note: {}", |_, _| true),
    ("mark: {}", |_, _| true),
    ("pace {}", |_, _| true),
    ("line {} holds: {}", |_, _| true),
    ("line {} fails: {}", |s, _| s.after.failure().is_some()),
    ("line {} would have failed: {}", |_, _| true),
    ("task {} ends", |_, _| true),
    ("watched: {}", |_, _| true),
    ("no longer watched: {}", |_, _| true),
    ("nothing is watched any more", |_, _| true),
    ("breakpoint: {}", |_, _| true),
    ("the script ends", |s, _| s.after.finished()),
];

/// Whether a snapshot up to there leaves for the other, from such a byte on.
fn sends_snapshot(s: &Step, w: &[&str], begins: fn(u32) -> bool) -> bool {
    s.happened(|kind| {
        matches!(kind, E::Packet(Flight { from, to, summary, .. }, PacketEvent::Sent)
            if (*from, *to) == (Node::Server(id(w[0])), Node::Server(id(w[1])))
                && matches!(summary.kind, PacketKind::InstallSnapshot { last, from, .. }
                    if last == Index(n(w[2])) && begins(from)))
    })
}

/// The choices of the question that is answered of which the condition holds now; `None` where none
/// has a condition.
fn chosen(s: &Step) -> Option<Vec<u64>> {
    let question = s.before.question().expect("something has been asked");
    question.choices.iter().any(|choice| choice.condition.is_some()).then(|| {
        let holds = |choice: &Choice| {
            choice.condition.as_ref().is_some_and(|condition| s.after.is_so(condition))
        };
        (1..).zip(&question.choices).filter(|(_, choice)| holds(choice)).map(|it| it.0).collect()
    })
}

/// How many clients waited at a server, for an entry or for leave to read.
fn waiting(s: &Step, server: &str) -> u64 {
    let rsm = &s.was(id(server)).rsm;
    (rsm.waiters.len() + rsm.reads.len()) as u64
}
