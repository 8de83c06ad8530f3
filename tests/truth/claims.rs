//! What the words of an event claim, claim by claim, each held against the books and the states
//! around it.

use raftlab::cluster::Cause;
use raftlab::cluster::client::{Call, Client};
use raftlab::cluster::event::EventKind as E;
use raftlab::cluster::network::{Loss, PacketKind};
use raftlab::cluster::raft::{AppendResult, Message, Reply, Role, WrongLeader};
use raftlab::cluster::rsm::{WAITER_TIMEOUT, Waiter};
use raftlab::cluster::server::Power;
use raftlab::cluster::types::{ClientId, Index, Node, ServerId, ServerSet, Term};

use crate::books::{self, Step};
use crate::template::best;
use crate::words::{entries, id, is_set, n};

type Holds = fn(&Step, &[&str]) -> bool;

/// Every form of headline, and what must be so when it is said.
pub const HEADLINES: &[(&str, Holds)] = &[
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
        server.raft.log == server.disk.log && server.raft.term == server.disk.term
    }),
    ("{} falls asleep", |s, w| s.is(id(w[0])).power == Power::Asleep),
    ("{} wakes", |s, w| s.was(id(w[0])).inbox.is_empty()),
    ("{} wakes and finds {} packet", |s, w| s.was(id(w[0])).inbox.len() as u64 == n(w[1])),
    ("{} wakes and finds {} packets", |s, w| s.was(id(w[0])).inbox.len() as u64 == n(w[1])),
    ("{} loses its disk", |s, w| s.is(id(w[0])).disk == Default::default()),
    ("{} has its clock run at rate {}", |s, w| s.is(id(w[0])).clock.as_rate().to_string() == w[1]),
    ("{} has its term and its vote on disk", |s, w| crashed(s, id(w[0])).0 > Term::ZERO),
    ("{} has its log up to entry {} on disk", |s, w| crashed(s, id(w[0])).1 == Index(n(w[1]))),
    ("{} ends a write", |s, _| !s.event.kind.flaws().is_empty()),
    ("{} sends {} #{}: {}", |_, _| true),
    ("packet #{} is doubled as #{}", |_, _| true),
    ("{} does not get {}'s #{} yet: {}", |_, _| true),
    ("{} may get {}'s #{} now: {}", |_, _| true),
    ("{} gets {}'s #{} {} later: {}", |_, _| true),
    ("{} hears {}'s #{}: {}", |s, _| s.heard.is_some()),
    ("{} loses #{} to {}: {}", |s, w| s.flew(packet(w[1]))),
    ("{} learns that its call to {} was lost", |s, _| {
        s.happened(|kind| matches!(kind, E::Dropped { .. }))
    }),
    ("{} becomes a candidate in term {}", |s, w| {
        let was = s.was(id(w[0]));
        was.raft.term.next() == Term(n(w[1])) && was.raft.role != Role::Leader
    }),
    ("{} goes from term {} to term {}", |s, w| {
        let (was, is) = (&s.was(id(w[0])).raft, &s.is(id(w[0])).raft);
        (was.term, is.term) == (Term(n(w[1])), Term(n(w[2])))
    }),
    ("{} votes for {} in term {}", |s, w| {
        let raft = &s.is(id(w[0])).raft;
        (raft.term, raft.voted_for) == (Term(n(w[2])), Some(id(w[1])))
    }),
    ("{} refuses {} its vote in term {}", |s, w| {
        s.is(id(w[0])).raft.voted_for != Some(id(w[1])) || s.is(id(w[0])).raft.term != Term(n(w[2]))
    }),
    ("{} counts the vote of {}: {} in term {}", |s, w| {
        gave(s, id(w[1]), id(w[0]), Term(n(w[3]))) && counted(s, id(w[0]), w[2])
    }),
    ("{} counts {}'s vote of term {}: {} in term {}", |s, w| {
        gave(s, id(w[1]), id(w[0]), Term(n(w[2]))) && counted(s, id(w[0]), w[3])
    }),
    ("{} wins term {} by {} of {} votes: {}", won),
    ("{} no longer leads term {}", |s, w| led(s, w, Role::Leader)),
    ("{} is no longer a candidate in term {}", |s, w| led(s, w, Role::Candidate)),
    ("{} appends {} as entry {} of term {}", |s, w| {
        let entry = s.is(id(w[0])).raft.log.term(Index(n(w[2])));
        entry == Some(Term(n(w[3])))
            && s.was(id(w[0])).raft.log.last_index().next() == Index(n(w[2]))
    }),
    ("{} copies {} of {}", copies),
    ("{} puts its own {} back", |s, w| {
        entries(w[1])
            .all(|index| s.was(id(w[0])).raft.log.get(index) == s.is(id(w[0])).raft.log.get(index))
    }),
    ("{} removes entry {} of term {}", |s, w| {
        s.was(id(w[0])).raft.log.term(Index(n(w[1]))) == Some(Term(n(w[2])))
    }),
    ("{} removes {}", |s, w| {
        entries(w[1]).all(|index| s.was(id(w[0])).raft.log.get(index).is_some())
    }),
    ("{} refuses the append of {}", |s, w| from_server(s) == Some(id(w[1]))),
    ("{} refuses the append of {} after entry {}", |s, w| {
        let prev = append(s).map(|(_, prev, ..)| format!("{}@{}", prev.0, prev.1));
        from_server(s) == Some(id(w[1])) && prev.as_deref() == Some(w[2])
    }),
    ("{} counts {}'s log as equal up to entry {}", |s, w| {
        let progress = &s.is(id(w[0])).raft.progress;
        // A later answer in the same step may have made it a follower.
        progress.get(id(w[1]).index()).is_none_or(|one| one.matched >= Index(n(w[2])))
    }),
    ("{} steps back from entry {} to {} for {}", |s, w| {
        let next = |raft: &raftlab::cluster::raft::Raft| raft.progress[id(w[3]).index()].next.0;
        (next(&s.was(id(w[0])).raft), next(&s.is(id(w[0])).raft)) == (n(w[1]), n(w[2]))
    }),
    ("{} sends {} entry {} again", |s, w| {
        s.happened(|kind| {
            matches!(kind, E::Sent { from, to, summary, .. }
            if (*from, *to) == (Node::Server(id(w[0])), Node::Server(id(w[1])))
                && matches!(summary.kind, PacketKind::Append { prev, entries, .. }
                    if prev.next() == Index(n(w[2])) && entries > 0))
        })
    }),
    ("{} ignores what {} sends: {}", |s, w| from_server(s) == Some(id(w[1]))),
    ("{} commits entry {} of term {}: it is on {}", |s, w| {
        s.is(id(w[0])).raft.log.term(Index(n(w[1]))) == Some(Term(n(w[2])))
            && is_set(w[3], on_disks(s, id(w[0]), Index(n(w[1]))))
    }),
    ("{} commits {}: they are on {}", |s, w| {
        entries(w[1]).last().is_some_and(|last| is_set(w[2], on_disks(s, id(w[0]), last)))
    }),
    ("{} takes {} as committed, from {}", |s, w| {
        let (was, is) = (s.was(id(w[0])).raft.commit, s.is(id(w[0])).raft.commit);
        let mut range = entries(w[1]);
        range.next() == Some(was.next())
            && range.last().unwrap_or(was.next()) == is
            && from_server(s) == Some(id(w[2]))
    }),
    ("{} must not commit entry {} of term {} yet", |s, w| {
        let raft = &s.is(id(w[0])).raft;
        raft.log.term(Index(n(w[1]))) == Some(Term(n(w[2])))
            && Term(n(w[2])) < raft.term
            && raft.commit < Index(n(w[1]))
    }),
    ("{} departs from a rule", |s, _| !s.event.kind.flaws().is_empty()),
    ("{} refuses {}: it follows {}", |s, w| {
        s.is(id(w[0])).raft.leader == Some(id(w[2])) && s.is(id(w[0])).raft.role != Role::Leader
    }),
    ("{} refuses {}: it knows no leader", |s, w| s.is(id(w[0])).raft.leader.is_none()),
    ("{} leaves entry {} out of its map", |s, _| !s.event.kind.flaws().is_empty()),
    ("{} applies entry {}: {}", applies),
    ("{} answers {}: {}", |s, w| replied(s, id(w[0]), w[1])),
    ("{} releases {}, which waits for entry {}", |s, w| replied(s, id(w[0]), w[1])),
    ("{} forgets {} waiting client", |s, w| s.was(id(w[0])).rsm.waiters.len() as u64 == n(w[1])),
    ("{} forgets {} waiting clients", |s, w| s.was(id(w[0])).rsm.waiters.len() as u64 == n(w[1])),
    ("{} joins", |_, _| true),
    ("{} calls {}", |s, _| own(s).is_some()),
    ("{} asks {}, attempt {}", |s, w| asked(s, w)),
    ("{} asks {}", |s, w| asked(s, w)),
    ("{} ends its attempt at {}", |s, w| attempt(s).is_some_and(|(at, _)| at == id(w[1]))),
    ("{} is answered {}: {}", |s, w| {
        let records = s.after.history().records();
        let returned = records.iter().filter(|record| own(s) == Some(record.client));
        let last = returned.filter_map(|record| record.returned.as_ref()).last();
        last.is_some_and(|returned| returned.outcome.to_string() == w[1])
    }),
    ("{} ignores a late reply of {}", |s, w| from_server(s) == Some(id(w[1]))),
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

/// Every form of reason, and what must be so.
pub const REASONS: &[(&str, Holds)] = &[
    ("the disk survives; commit index, map and pending requests are lost", |s, _| {
        same_disk(s) && empty(s)
    }),
    ("commit index, map and pending requests are lost, and not they alone", |s, _| {
        !same_disk(s) && empty(s)
    }),
    ("its disk is empty", |s, _| {
        let disk = &s.is(subject(s)).disk;
        disk.log.is_empty() && disk.term == Term::ZERO && disk.voted_for.is_none()
    }),
    ("its disk holds term {}, {} and {}", |s, w| {
        let disk = &s.is(subject(s)).disk;
        let vote = disk.voted_for.map_or("no vote".into(), |whom| format!("its vote for {whom}"));
        let log = match disk.log.is_empty() {
            true => "an empty log".into(),
            false => format!("its log up to {}", disk.log.last()),
        };
        (disk.term, &*vote, &*log) == (Term(n(w[0])), w[1], w[2])
    }),
    ("its timers and its packets wait until it wakes", |s, _| {
        s.is(subject(s)).election_timer.is_none() || s.is(subject(s)).power == Power::Asleep
    }),
    ("Raft counts on disks that last: safety is void from here", |s, _| {
        s.after.checker().is_void()
    }),
    ("answers that depend on it may leave now (Figure 2)", |_, _| true),
    ("the link from {} to {} is cut", |s, w| {
        let (from, to) = (node(s, w[0]), node(s, w[1]));
        from.zip(to).is_some_and(|(from, to)| !s.before.reaches(from, to))
    }),
    ("the link from {} to {} lost it by chance", |s, _| {
        let E::Dropped { packet, .. } = s.event.kind else { return false };
        let packets = s.before.packets();
        packets.iter().any(|one| one.id == packet && one.loss != Loss::Arrives)
    }),
    ("{} is down", |s, w| s.is(id(w[0])).power == Power::Down),
    ("{} has restarted since; its old connections are gone", |s, w| {
        let E::Dropped { packet, .. } = s.event.kind else { return false };
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
    ("its election timer was fired by command; its log {}", |s, w| fired(s) && ends(s, w[0])),
    ("{}; it gave its vote to {} in this very term, and has forgotten it", |s, w| {
        let (own, term) = (subject(s), s.is(subject(s)).raft.term);
        s.other_votes(own, term, own) == [id(w[1])]
    }),
    ("it heard of term {}, a newer one (§5.1)", |s, w| {
        let heard = s.heard.map(|(_, message)| message.summary().term);
        heard == Some(Term(n(w[0]))) && s.was(subject(s)).raft.term < Term(n(w[0]))
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
        forgotten(s, w) && !s.event.kind.flaws().is_empty()
    }),
    ("{}'s log {}, its own {}", |s, w| {
        let none_before =
            s.other_votes(subject(s), s.is(subject(s)).raft.term, id(w[0])).is_empty();
        // What the rule would say is not what was done.
        none_before && logs(s, w[1], w[2]).is_some_and(|(its, own)| its < own)
    }),
    ("it is in term {} already (§5.1)", |s, w| {
        let heard = s.heard.map(|(_, message)| message.summary().term);
        s.is(subject(s)).raft.term == Term(n(w[0])) && heard < Some(Term(n(w[0])))
    }),
    ("it voted for {} in this term (§5.2)", |s, w| {
        s.is(subject(s)).raft.voted_for == Some(id(w[0]))
    }),
    ("its own log {}, {}'s {} (§5.4.1)", |s, w| {
        logs(s, w[2], w[0]).is_some_and(|(its, own)| its < own)
    }),
    ("its own log {}, {}'s {}", |s, w| logs(s, w[2], w[0]).is_some_and(|(its, own)| its >= own)),
    (
        "so far {}",
        |s, w| matches!(s.event.kind, E::VoteCounted { votes, .. } if is_set(w[0], votes)),
    ),
    ("{} of {} is a majority (§5.2)", |s, w| {
        2 * n(w[0]) > n(w[1]) && n(w[1]) == s.after.servers().len() as u64
    }),
    ("a majority of {} is {}", majority_is),
    ("a majority of {} is {}, {} voted in an earlier term", |s, w| {
        majority_is(s, w) && stale(s, w[2])
    }),
    ("{} voted in an earlier term", |s, w| stale(s, w[0])),
    ("{} sent an append of this term: it has won (§5.2)", |s, w| {
        let term = s.is(subject(s)).raft.term;
        append(s).is_some_and(|(of, ..)| of == term) && s.books.leaders.contains(&(term, id(w[0])))
    }),
    ("it leads term {}, as far as it knows (§5.3)", leads),
    ("it leads term {}, as far as it knows", leads),
    ("they begin the log: nothing has to match before them (§5.3)", |s, _| {
        matches!(s.event.kind, E::Appended { first: Index(1), .. })
    }),
    ("they begin the log: nothing has to match before them", |s, _| {
        matches!(s.event.kind, E::Appended { first: Index(1), .. })
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
            && s.was(subject(s)).raft.log.term(index) == Some(term)
    }),
    ("it is in term {}, and the append is of an older one (§5.1)", |s, w| {
        let term = Term(n(w[0]));
        s.is(subject(s)).raft.term == term && append(s).is_some_and(|(of, ..)| of < term)
    }),
    ("its own log is empty (§5.3)", |s, _| s.is(subject(s)).raft.log.is_empty()),
    ("its own log ends at entry {} (§5.3)", |s, w| {
        let last = s.is(subject(s)).raft.log.last_index();
        last == Index(n(w[0])) && append(s).is_some_and(|(_, prev, ..)| prev.0 > last.0)
    }),
    ("it has an entry of term {} there; that term begins at {} (§5.3)", |s, w| {
        let (log, prev) = (&s.is(subject(s)).raft.log, append(s).map(|(_, prev, ..)| prev));
        let first = log.iter_from(Index(1)).find(|(_, entry)| entry.term == Term(n(w[0])));
        prev.is_some_and(|prev| log.term(Index(prev.0)) == Some(Term(n(w[0]))) && prev.1 != n(w[0]))
            && first.is_some_and(|(index, _)| index == Index(n(w[1])))
    }),
    ("the answer of {} went as far as entry {} (matchIndex, Figure 2)", |s, w| {
        let E::Matched { index, .. } = s.event.kind else { return false };
        matched(s, w) && index == Index(n(w[1]))
    }),
    ("the answer of {} went as far as entry {}", |s, w| {
        let E::Matched { index, .. } = s.event.kind else { return false };
        matched(s, w) && index > Index(n(w[1]))
    }),
    ("{} answered that its entry {} is of term {} (§5.3)", refusal_conflict),
    ("{} answered that its entry {} is of term {}", refusal_conflict),
    ("{} answered that its log ends before entry {} (§5.3)", refusal_short),
    ("{} answered that its log ends before entry {}", refusal_short),
    ("the network reported a loss (§5.3)", |s, _| {
        s.happened(|kind| matches!(kind, E::LossReported { .. }))
    }),
    ("no answer of {} has come (§5.3)", |s, w| {
        s.was(subject(s)).raft.progress[id(w[0]).index()].in_flight.is_some()
    }),
    ("it belongs to an older term (§5.1)", |s, _| {
        s.heard.is_some_and(|(_, message)| message.summary().term < s.is(subject(s)).raft.term)
    }),
    ("it is no longer what it was when it asked", |s, _| {
        let role = s.is(subject(s)).raft.role;
        s.heard.is_some_and(|(_, message)| match message {
            Message::VoteReply { .. } => role != Role::Candidate,
            Message::AppendReply { .. } => role != Role::Leader,
            _ => false,
        })
    }),
    ("it leads term {} itself", |s, w| {
        let raft = &s.is(subject(s)).raft;
        raft.role == Role::Leader && raft.term == Term(n(w[0]))
    }),
    ("its matchIndex or nextIndex has moved since it asked (Figure 2)", |s, _| {
        let Some((Node::Server(from), Message::AppendReply { prev, result, .. })) = s.heard else {
            return false;
        };
        let known = s.was(subject(s)).raft.progress[from.index()];
        match result {
            AppendResult::Matched(index) => known.matched > *index,
            AppendResult::Refused { .. } => {
                known.next.previous() != *prev || known.matched >= *prev
            }
        }
    }),
    (
        "{} of {} hold entry {}, a majority, and it is of the leader's term (§5.3, §5.4.2)",
        |s, w| held(s, w) && 2 * n(w[0]) > n(w[1]) && of_its_own_term(s, n(w[2])),
    ),
    (
        "{} of {} holds entry {}, a majority, and it is of the leader's term (§5.3, §5.4.2)",
        |s, w| held(s, w) && 2 * n(w[0]) > n(w[1]) && of_its_own_term(s, n(w[2])),
    ),
    ("{} of {} hold entry {}", |s, w| held(s, w) && of_its_own_term(s, n(w[2]))),
    ("{} of {} holds entry {}", |s, w| held(s, w) && of_its_own_term(s, n(w[2]))),
    ("{} of {} hold entry {}, which is of term {}; the leader is in term {}", |s, w| {
        held(s, w) && s.is(subject(s)).raft.term == Term(n(w[4])) && n(w[3]) < n(w[4])
    }),
    ("it counts {}; but {} of {} {} entry {} by now: not all of the copies lasted", |s, w| {
        held(s, &[w[1], w[2], w[4]]) && 2 * n(w[1]) <= n(w[2]) && s.after.checker().is_void()
    }),
    (
        "the append of {} brings commit index {} and goes as far as entry {} (Figure 2, AppendEntries 5)",
        |s, w| {
            let E::LearnedCommit { last, .. } = s.event.kind else { return false };
            brought(s, w) && last.0 == n(w[1]).min(n(w[2])) && matches_previous(s)
        },
    ),
    ("the append of {} brings commit index {} and goes as far as entry {}", brought),
    ("it counts {}, but term {} must commit an entry of its own first (§5.4.2)", |s, w| {
        let E::OldTermWaits { index, copies, .. } = s.event.kind else { return false };
        let raft = &s.is(subject(s)).raft;
        let known = (1..).map_while(ServerId::from_number).zip(&raft.progress);
        let known: ServerSet =
            known.filter(|(_, one)| one.matched >= index).map(|(id, _)| id).collect();
        is_set(w[0], copies) && copies == known && raft.term == Term(n(w[1]))
    }),
    ("only the leader takes requests (§8)", |s, _| s.is(subject(s)).raft.role != Role::Leader),
    (
        "the put was for version {}",
        |s, w| matches!(&s.event.kind, E::Applied { op, .. } if op.request.to_string().ends_with(&format!("@{}", w[0]))),
    ),
    ("its operation is entry {}, which is applied here now", |s, w| {
        let E::Answered { server, client, .. } = s.event.kind else { return false };
        let (index, server) = (Index(n(w[0])), s.is(server));
        let Some(entry) = server.raft.log.get(index) else { return false };
        let submitted = s.books.submitted.get(&(index, entry.term, entry.op.id));
        server.rsm.applied >= index
            && submitted == Some(&client)
            && asks_for(s, client, &entry.op.request)
    }),
    ("applied here so far: up to entry {}", |s, w| s.is(subject(s)).rsm.applied >= Index(n(w[0]))),
    ("another operation became entry {}", |s, w| {
        let other = s.is(subject(s)).raft.log.get(Index(n(w[0]))).map(|entry| entry.op.id);
        waiter(s).is_some_and(|waiter| Some(waiter.op) != other)
    }),
    ("its term has changed; the entry may still commit", |s, _| {
        waiter(s).is_some_and(|waiter| waiter.term != s.is(subject(s)).raft.term)
    }),
    ("it no longer leads; the entry may still commit", |s, _| {
        s.is(subject(s)).raft.role != Role::Leader
    }),
    ("it took too long; the entry may still commit", |s, _| {
        waiter(s).is_some_and(|waiter| s.after.now().since(waiter.since) >= WAITER_TIMEOUT)
    }),
    ("pending requests are not on the disk", |s, _| s.is(subject(s)).rsm.waiters.is_empty()),
    ("no reply in time; the request may still be carried out", |s, _| {
        call_before(s).is_some_and(|call| s.after.now() >= call.until)
            || s.happened(|kind| matches!(kind, E::Commanded { .. }))
    }),
    ("the request or its reply was lost; the request may still be carried out", |s, _| {
        s.happened(|kind| matches!(kind, E::LossReported { .. }))
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
        let Some((Node::Server(_), Message::Reply { call, attempt, .. })) = s.heard else {
            return false;
        };
        call_before(s).is_none_or(|open| {
            (open.number, open.attempt) != (*call, *attempt) || open.asking.is_none()
        })
    }),
    ("a client does one thing at a time", |_, _| true),
];

/// Whether what a text claims is so; `None` if it is of no form.
pub fn check(step: &Step, forms: &[(&str, Holds)], text: &str) -> Option<bool> {
    // What is said of nobody begins with no subject.
    let of_nobody = step.event.subject().is_none();
    let forms = forms.iter().filter(|(form, _)| !of_nobody || !form.starts_with("{} "));
    let (holes, holds) = best(forms, text)?;
    Some(holds(step, &holes))
}

fn packet(word: &str) -> raftlab::cluster::types::PacketId {
    raftlab::cluster::types::PacketId(n(word))
}

fn subject(step: &Step) -> ServerId {
    match step.event.subject() {
        Some(Node::Server(server)) => server,
        other => panic!("no server: {other:?}"),
    }
}

/// The client that the event is about.
fn own(step: &Step) -> Option<ClientId> {
    match step.event.subject() {
        Some(Node::Client(client)) => Some(client),
        Some(Node::Server(_)) | None => None,
    }
}

/// "S1", "client a".
fn node(step: &Step, words: &str) -> Option<Node> {
    match client(step, words) {
        Some(client) => Some(Node::Client(client)),
        None => Some(Node::Server(id(words))),
    }
}

fn client(step: &Step, words: &str) -> Option<ClientId> {
    let name = words.strip_prefix("client ").unwrap_or(words);
    let meant = |client: &&Client| match name.strip_suffix("..") {
        Some(begin) => client.name.starts_with(begin),
        None => *client.name == *name,
    };
    step.after.clients().iter().find(meant).map(|client| client.id)
}

/// What a server had in its log and not on its disk, and a vote that was not there.
fn lost(step: &Step, server: ServerId) -> (u64, Option<ServerId>) {
    let was = step.was(server);
    let differs = |index: &u64| was.raft.log.get(Index(*index)) != was.disk.log.get(Index(*index));
    let entries = (1..=was.raft.log.last_index().0).filter(differs).count() as u64;
    let same = (was.raft.term, was.raft.voted_for) == (was.disk.term, was.disk.voted_for);
    (entries, was.raft.voted_for.filter(|_| !same))
}

/// The term and the last index that a server would have after a crash.
fn crashed(step: &Step, server: ServerId) -> (Term, Index) {
    let mut cluster = step.after.clone();
    if step.is(server).power != Power::Down && !cluster.is_stopped() {
        let crash =
            raftlab::cluster::command::parse_line(&format!("crash {server}")).expect("good");
        cluster.apply(&crash).expect("it is up");
    }
    let disk = &cluster.server(server).expect("it is there").disk;
    (disk.term, disk.log.last_index())
}

fn same_disk(step: &Step) -> bool {
    let (was, is) = (&step.was(subject(step)).disk, &step.is(subject(step)).disk);
    (was.term, was.voted_for, &was.log) == (is.term, is.voted_for, &is.log)
}

fn empty(step: &Step) -> bool {
    let is = step.is(subject(step));
    is.raft.commit == Index::ZERO && is.rsm.kv.iter().next().is_none() && is.rsm.waiters.is_empty()
}

fn gave(step: &Step, voter: ServerId, candidate: ServerId, term: Term) -> bool {
    // A server's own vote need not leave: it counts once it is on its disk.
    let own = voter == candidate && step.was(voter).disk.voted_for == Some(voter);
    let own = own || voter == candidate && step.is(voter).disk.voted_for == Some(voter);
    let votes = step.books.votes.get(&(voter, term));
    own || votes.is_some_and(|votes| votes.contains(&candidate))
}

fn counted(step: &Step, server: ServerId, words: &str) -> bool {
    let count = n(words.split(' ').next().unwrap_or_default());
    step.is(server).raft.votes.len() as u64 == count
}

fn won(step: &Step, w: &[&str]) -> bool {
    let E::BecameLeader { server, term, votes, stale, servers, .. } = step.event.kind else {
        return false;
    };
    let all = votes.without(stale).iter().all(|voter| gave(step, voter, server, term));
    let none = stale.iter().all(|voter| !gave(step, voter, server, term));
    all && none
        && is_set(w[4], votes)
        && (votes.len() as u64, u64::from(servers)) == (n(w[2]), n(w[3]))
        && usize::from(servers) == step.after.servers().len()
}

fn majority_is(step: &Step, w: &[&str]) -> bool {
    let E::BecameLeader { votes, .. } = step.event.kind else { return false };
    let (all, needed) = (n(w[0]), n(w[1]));
    let rightly = 2 * needed > all && 2 * (needed - 1) <= all;
    rightly && all == step.after.servers().len() as u64 && (votes.len() as u64) < needed
}

/// None of these has given its vote in the term that was won.
fn stale(step: &Step, words: &str) -> bool {
    let E::BecameLeader { server, term, stale, .. } = step.event.kind else { return false };
    is_set(words, stale) && stale.iter().all(|voter| !gave(step, voter, server, term))
}

fn led(step: &Step, w: &[&str], role: Role) -> bool {
    let was = &step.was(id(w[0])).raft;
    was.role == role && was.term == Term(n(w[1]))
}

fn from_server(step: &Step) -> Option<ServerId> {
    match step.heard?.0 {
        Node::Server(server) => Some(server),
        Node::Client(_) => None,
    }
}

/// The append that arrived: its term, its previous entry, the terms of its entries, its commit
/// index.
fn append(step: &Step) -> Option<(Term, (u64, u64), Vec<Term>, Index)> {
    let (_, Message::Append { term, prev, entries, commit, .. }) = step.heard? else { return None };
    let terms = entries.iter().map(|entry| entry.term).collect();
    Some((*term, (prev.index.0, prev.term.0), terms, *commit))
}

/// The term that the arrived append shows at an index.
fn shown(step: &Step, index: u64) -> Option<Term> {
    let (_, prev, terms, _) = append(step)?;
    match index.checked_sub(prev.0)? {
        0 => Some(Term(prev.1)),
        place => terms.get(place as usize - 1).copied(),
    }
}

fn copies(step: &Step, w: &[&str]) -> bool {
    let log = &step.is(id(w[0])).raft.log;
    from_server(step) == Some(id(w[2]))
        && entries(w[1])
            .all(|index| shown(step, index.0).is_some_and(|term| log.term(index) == Some(term)))
}

fn as_the_leader_s(step: &Step, w: &[&str]) -> bool {
    let own = step.is(subject(step)).raft.log.term(Index(n(w[0])));
    own == Some(Term(n(w[1]))) && own == shown(step, n(w[0]))
}

fn conflict(step: &Step, w: &[&str]) -> bool {
    let own = step.was(subject(step)).raft.log.term(Index(n(w[0])));
    own == Some(Term(n(w[1]))) && shown(step, n(w[0])) == Some(Term(n(w[2])))
}

fn ends(step: &Step, words: &str) -> bool {
    position(words) == {
        let last = step.was(subject(step)).raft.log.last();
        (last.term, last.index)
    }
}

/// "is empty", "ends at 5@3", "at 5@3", "5@3": as term and index.
fn position(words: &str) -> (Term, Index) {
    match words.rsplit(' ').next().and_then(|last| last.split_once('@')) {
        Some((index, term)) => (Term(n(term)), Index(n(index))),
        None => {
            assert_eq!(words, "is empty");
            (Term::ZERO, Index::ZERO)
        }
    }
}

/// Where both logs end, if the words say so rightly: the candidate's, the voter's.
fn logs(step: &Step, its: &str, own: &str) -> Option<((Term, Index), (Term, Index))> {
    let (_, Message::RequestVote { last, .. }) = step.heard? else { return None };
    let voter = step.was(subject(step)).raft.log.last();
    let (its, own) = (position(its), position(own));
    let right = its == (last.term, last.index) && own == (voter.term, voter.index);
    right.then_some((its, own))
}

fn forgotten(step: &Step, w: &[&str]) -> bool {
    logs(step, w[3], w[4]).is_some()
        && step.other_votes(subject(step), Term(n(w[0])), id(w[2])) == [id(w[1])]
}

/// No leader of its term has spoken for as long as a timer takes at least; clocks that run fast, and
/// timers that were set, aside.
fn silent(step: &Step) -> bool {
    let server = step.was(subject(step));
    let least = step.before.config().election_timeout.low.micros();
    let heard = step.books.heard.get(&server.id);
    let span = server.election_timer.map_or(least, |timer| timer.span.micros().min(least));
    matches!(step.event.cause, Cause::ElectionTimer(_))
        && heard.is_none_or(|heard| heard + span <= step.after.now().micros())
}

fn fired(step: &Step) -> bool {
    let timeout = raftlab::cluster::command::parse_line("timeout S1").expect("a good line");
    step.happened(|kind| {
        matches!(kind, E::Commanded { command }
            if std::mem::discriminant(&**command) == std::mem::discriminant(&timeout))
    })
}

fn leads(step: &Step, w: &[&str]) -> bool {
    let was = &step.was(subject(step)).raft;
    was.role == Role::Leader && was.term == Term(n(w[0]))
}

fn matched(step: &Step, w: &[&str]) -> bool {
    let Some((from, Message::AppendReply { result, .. })) = step.heard else { return false };
    from == Node::Server(id(w[0])) && *result == AppendResult::Matched(Index(n(w[1])))
}

fn refusal(step: &Step) -> Option<(ServerId, u64, Option<Term>, u64)> {
    let (Node::Server(from), Message::AppendReply { prev, result, .. }) = step.heard? else {
        return None;
    };
    match *result {
        AppendResult::Refused { conflict, last, .. } => Some((from, prev.0, conflict, last.0)),
        AppendResult::Matched(_) => None,
    }
}

fn refusal_conflict(step: &Step, w: &[&str]) -> bool {
    refusal(step).is_some_and(|(from, prev, conflict, _)| {
        (from, prev, conflict) == (id(w[0]), n(w[1]), Some(Term(n(w[2]))))
    })
}

fn refusal_short(step: &Step, w: &[&str]) -> bool {
    refusal(step).is_some_and(|(from, prev, conflict, last)| {
        from == id(w[0]) && prev == n(w[1]) && conflict.is_none() && last < prev
    })
}

/// Whose disks hold the entry that a leader has at an index, of those that it counts.
fn on_disks(step: &Step, leader: ServerId, index: Index) -> ServerSet {
    let raft = &step.is(leader).raft;
    let entry = raft.log.get(index);
    let servers = step.after.servers().iter();
    let counted = servers.filter(|other| raft.progress[other.id.index()].matched >= index);
    counted.filter(|other| other.disk.log.get(index) == entry).map(|other| other.id).collect()
}

fn held(step: &Step, w: &[&str]) -> bool {
    let on = on_disks(step, subject(step), Index(n(w[2])));
    (on.len() as u64, step.after.servers().len() as u64) == (n(w[0]), n(w[1]))
}

fn of_its_own_term(step: &Step, index: u64) -> bool {
    let raft = &step.is(subject(step)).raft;
    raft.log.term(Index(index)) == Some(raft.term)
}

fn brought(step: &Step, w: &[&str]) -> bool {
    append(step).is_some_and(|(_, prev, terms, commit)| {
        (commit.0, prev.0 + terms.len() as u64) == (n(w[1]), n(w[2]))
    })
}

fn matches_previous(step: &Step) -> bool {
    let log = &step.was(subject(step)).raft.log;
    append(step).is_some_and(|(_, prev, ..)| log.term(Index(prev.0)) == Some(Term(prev.1)))
}

fn applies(step: &Step, w: &[&str]) -> bool {
    let E::Applied { server, index, op, answer, flaws, .. } = &step.event.kind else {
        return false;
    };
    let mut map = step.books.maps.get(server).cloned().unwrap_or_default();
    let (outcome, value, version) = books::apply(&mut map, &op.request);
    let same = (answer.outcome.to_string().as_str(), &*answer.value, answer.version.0)
        == (outcome, &*value, version);
    *index == Index(n(w[1])) && (same || !flaws.is_empty())
}

fn replied(step: &Step, server: ServerId, who: &str) -> bool {
    let to = client(step, who).map(Node::Client);
    step.happened(|kind| {
        matches!(kind, E::Sent { from, to: receiver, .. }
            if *from == Node::Server(server) && Some(*receiver) == to)
    })
}

fn asked(step: &Step, w: &[&str]) -> bool {
    attempt_of(step.after, own(step)).is_some_and(|(at, _)| at == id(w[1]))
        // It may be over within the step: a call to nobody fails at once.
        || step.happened(|kind| matches!(kind, E::Sent { to, .. } if *to == Node::Server(id(w[1]))))
}

fn attempt(step: &Step) -> Option<(ServerId, u32)> {
    attempt_of(step.before, own(step))
}

fn attempt_of(
    cluster: &raftlab::cluster::Cluster,
    who: Option<ClientId>,
) -> Option<(ServerId, u32)> {
    let call = cluster.client(who?)?.call()?;
    Some((call.asking?.0, call.attempt))
}

fn call_before<'a>(step: &Step<'a>) -> Option<&'a Call> {
    let Some(Node::Client(client)) = step.event.subject() else { return None };
    step.before.client(client)?.call()
}

fn asks_for(step: &Step, client: ClientId, request: &raftlab::cluster::types::Request) -> bool {
    let records = step.after.history().records().iter();
    records.filter(|record| record.client == client).any(|record| record.request == *request)
}

/// The waiter of this client at this server, before the step.
fn waiter(step: &Step) -> Option<Waiter> {
    let E::WaiterReleased { server, client, index, .. } = step.event.kind else { return None };
    let waiters = &step.was(server).rsm.waiters;
    waiters.iter().find(|one| (one.client, one.index) == (client, index)).copied()
}

fn answered(step: &Step, why: WrongLeader) -> bool {
    matches!(step.heard, Some((_, Message::Reply { reply: Reply::WrongLeader(told), .. })) if *told == why)
}

fn maybe(step: &Step, _: &[&str]) -> bool {
    call_before(step).is_some_and(|call| call.maybe_executed)
}
