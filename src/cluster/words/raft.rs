//! What a server's consensus does, in words.

use super::row::{Ask, Row, no_reason, ruled};
use super::spell::{self, count, entries, packet};
use super::{members, snapshot};
use crate::cluster::cause::Cause;
use crate::cluster::event::{AppendRefusal, IgnoreReason, RaftEvent, StepDown, VoteRefusal};
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::raft::{AppendResult, Configuration, Position, Role};
use crate::cluster::topic::{Topic, Weight};
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

/// Room for a list of servers: in a deed, and in a reason.
const FEW: usize = 22;
const SERVERS: usize = 40;

impl RaftEvent {
    pub(super) fn row(&self, cause: Cause, flaws: Flaws, ask: Ask) -> Row {
        use RaftEvent as R;
        let [leadership, voting, replication, rules] =
            [Topic::Leadership, Topic::Votes, Topic::Replication, Topic::Rules]
                .map(|topic| ask.about(topic));
        match self {
            R::PreVoteStarted { term, last } => leadership.story(
                |_| format!("asks who would vote for it in term {term}"),
                |_| asks_first(cause, *term, *last, flaws),
            ),
            R::PreVoteGranted { candidate, term, own, last } => voting.story(
                |_| format!("would vote for {candidate} in term {term}"),
                |_| {
                    let (ends, own) = (ends(*last), at(*own));
                    let facts =
                        format!("it hears from no leader; {candidate}'s log {ends}, its own {own}");
                    ruled(flaws, facts, "dissertation §9.6, §5.4.1")
                },
            ),
            R::PreVoteRefused { candidate, term, why } => voting.story(
                |_| format!("would not vote for {candidate} in term {term}"),
                |_| {
                    let (facts, section) = match (vote_refused(*candidate, *why), why) {
                        (
                            (facts, _),
                            VoteRefusal::LeaderHeard { .. } | VoteRefusal::Leads { .. },
                        ) => (facts, "dissertation §9.6"),
                        (told, _) => told,
                    };
                    ruled(flaws, facts, section)
                },
            ),
            R::PreVoteCounted { voter, term, votes } => voting.detail(
                |_| format!("notes that {voter} would vote for it in term {term}"),
                |_| format!("so far {}", spell::servers(*votes, SERVERS)),
            ),
            R::ElectionStarted { term, last, before, promised, told_by } => leadership.story(
                |_| format!("becomes a candidate in term {term}"),
                |_| stands(cause, *last, *before, (*promised, *told_by)),
            ),
            R::TermAdopted { from, to } => voting.detail(
                |_| format!("goes from term {from} to term {to}"),
                |_| format!("it heard of term {to}, a newer one (§5.1)"),
            ),
            R::VoteGranted { candidate, term, own, last, before } => voting.story(
                |_| format!("votes for {candidate} in term {term}"),
                |_| granted(*candidate, *term, (*own, *last), *before, flaws),
            ),
            R::VoteRefused { candidate, term, why } => voting.story(
                |_| format!("refuses {candidate} its vote in term {term}"),
                |_| {
                    let (facts, section) = vote_refused(*candidate, *why);
                    ruled(flaws, facts, section)
                },
            ),
            R::VoteCounted { voter, term, cast, votes } => voting.detail(
                |_| counts_vote(*voter, (*term, *cast), *votes),
                |_| format!("so far {}", spell::servers(*votes, SERVERS)),
            ),
            R::BecameLeader { term, votes, stale, all } => leadership
                .story(|_| wins(*term, *votes, *all), |_| elected(*votes, *stale, *all, flaws)),
            R::SteppedDown { role, term, why } => {
                leadership.story(|_| steps_down(*role, *term), |_| stepped_down(*why))
            }
            R::TransferStarted { to, matched, last } => leadership.story(
                |_| format!("hands over to {to}, and takes no requests"),
                |_| match matched < last {
                    true => format!(
                        "first {to} gets what it lacks: it matches up to entry {matched} of {last} \
                         (dissertation §3.10)"
                    ),
                    false => format!("{to} has all of its log (dissertation §3.10)"),
                },
            ),
            R::HandedOver { to, matched, last } => leadership.story(
                |_| format!("tells {to} to become a candidate at once"),
                |_| {
                    let facts = match matched < last {
                        true => format!("{to} matches up to entry {matched} of {last}"),
                        false => format!("{to} has all of its log, up to entry {last}"),
                    };
                    ruled(flaws, facts, "dissertation §3.10")
                },
            ),
            R::TransferAborted { to, within } => leadership.story(
                |_| format!("no longer hands over to {to}, and takes requests"),
                |_| format!("no newer term has come within {within} (dissertation §3.10)"),
            ),
            R::ReadBegun { commit } => replication.detail(
                |_| "asks all followers whether it still leads, for a read".to_owned(),
                |_| format!("its commit index is {commit} (dissertation §6.4)"),
            ),
            R::ReadIndexGiven { to, index, by_lease } => replication.detail(
                |_| format!("gives {to} the read index {index}"),
                |_| {
                    let why = match by_lease {
                        true => "its last round of answers is still trusted",
                        false => "a majority has answered since it was asked",
                    };
                    ruled(flaws, why.to_owned(), "dissertation §6.4")
                },
            ),
            R::Appended { leader, first, last, term: _, before } => replication.story(
                |_| copies(*leader, *first, *last, flaws),
                |_| ruled(flaws, appended(*leader, *first, *before), "§5.3"),
            ),
            R::Truncated { first, last, old, new } => replication.story(
                |_| removes(*first, *last, *old),
                |_| ruled(flaws, truncated(*first, *old, *new), "§5.3"),
            ),
            R::NoopAppended { index, term } => replication.story(
                |_| format!("appends a no-op as entry {index} of term {term}"),
                |_| {
                    "once it is committed, so is all before it: of earlier terms a leader commits \
                     nothing by counting (§5.4.2, §8)"
                        .to_owned()
                },
            ),
            R::ConfigurationAppended { index, term: _, from, to } => leadership.story(
                |_| members::appends(*index, *from, *to),
                |_| {
                    let (facts, section) = members::appended(*from, *to);
                    ruled(flaws, facts, section)
                },
            ),
            R::ChangeWaits { term } => leadership.story(
                |_| "waits with the change of members".to_owned(),
                |_| {
                    format!(
                        "it has committed no entry of term {term} yet, and an earlier change may \
                         still come to count (dissertation §4.1)"
                    )
                },
            ),
            R::Reconfigured { index, from: _, to, why } => leadership
                .story(|_| members::counts_by(*to), |_| members::reconfigured(*index, *why)),
            R::CaughtUp { server, round, matched, took, within } => leadership.story(
                |_| format!("finds that {server} has caught up, to entry {matched}"),
                |_| members::caught_up(*round, *took, *within),
            ),
            R::CatchUpEnded { server, rounds, silent } => leadership.story(
                |_| format!("no longer waits for {server} to catch up"),
                |_| members::given_up(*server, *rounds, *silent),
            ),
            R::LeaderForgotten { leader } => leadership.story(
                |_| format!("forgets its leader {leader}"),
                |_| "it votes as if it had heard from none (dissertation §4.2.3)".to_owned(),
            ),
            R::StandsNot { learns, index } => leadership.story(
                |_| "does not become a candidate".to_owned(),
                |_| members::stands_not(*learns, *index),
            ),
            R::AppendRefused { leader, prev, why } => {
                replication.story(|_| refuses_append(*leader, *prev), |_| append_refused(*why))
            }
            R::Matched { follower, index, said } => replication.detail(
                |_| format!("counts {follower}'s log as equal up to entry {index}"),
                |_| {
                    let facts = format!("the answer of {follower} went as far as entry {said}");
                    ruled(flaws, facts, "matchIndex, Figure 2")
                },
            ),
            R::BackedUp { refusal, follower, from, next } => replication.story(
                |_| format!("steps back from entry {from} to {next} for {follower}"),
                |_| match flaws.has(Flaw::NextBelowMatch) {
                    true => format!("the refusal of {follower} answers an older append"),
                    false => ruled(flaws, backed_up(*follower, *refusal, *from), "§5.3"),
                },
            ),
            R::Resent { follower, next } => replication.detail(
                |_| format!("sends {follower} entry {next} again"),
                |_| resent(cause, *follower),
            ),
            R::ProbesAgain { follower, next, unanswered } => replication.story(
                |_| format!("sends {follower} no entries until it answers"),
                |_| {
                    let appends = spell::count((*unanswered).into(), "append", "appends");
                    format!("{appends} without an answer; then it goes on from entry {next}")
                },
            ),
            R::SnapshotTaken { first, last, bytes: _, limit } => replication.story(
                |_| format!("takes a snapshot up to entry {}", last.index),
                |_| snapshot::taken(*first, last.index, *limit),
            ),
            R::SnapshotChosen { follower, next, first, last } => replication.story(
                |_| format!("sends {follower} its snapshot up to entry {}", last.index),
                |_| {
                    format!("{follower} needs entry {next}, and its own log begins at {first} (§7)")
                },
            ),
            R::SnapshotResent { follower, last, received } => replication.detail(
                |_| snapshot::sent_again(*follower, *last, *received),
                |_| resent(cause, *follower),
            ),
            R::ChunkReceived { leader, last: _, received, of } => replication.detail(
                |_| format!("has {received} of {of} bytes of {leader}'s snapshot"),
                |_| "it waits for the last of them (Figure 13, InstallSnapshot 4)".to_owned(),
            ),
            R::SnapshotRefused { leader, last, own } => replication.story(
                |_| format!("refuses {leader}'s snapshot up to entry {}", last.index),
                |_| format!("it is in term {own}, and the message is of an older one (§5.1)"),
            ),
            R::SnapshotSkipped { leader, last, commit } => replication.story(
                |_| format!("leaves {leader}'s snapshot up to entry {} aside", last.index),
                |_| format!("its commit index is {commit} already (§7)"),
            ),
            R::SnapshotInstalled { leader, last, own, had, end } => replication.story(
                |_| format!("installs {leader}'s snapshot up to entry {}", last.index),
                |_| snapshot::installed(*last, (*own, *had), *end, flaws),
            ),
            R::Ignored { from, summary, why } => replication.row(
                match why {
                    IgnoreReason::OldTerm | IgnoreReason::AlsoLeads => Weight::Story,
                    IgnoreReason::NotInRole
                    | IgnoreReason::NotLeader
                    | IgnoreReason::NoVote
                    | IgnoreReason::EarlierQuestion
                    | IgnoreReason::Overtaken => Weight::Detail,
                },
                |_| format!("ignores what {from} sends: {}", packet(*summary)),
                |_| ignored(*why, summary.term),
            ),
            R::Committed { first, last, term, current, copies, holders, all } => replication.story(
                |_| commits(*first, *last, *term, *holders),
                |_| committed(*last, (*term, *current), (*copies, *holders), *all, flaws),
            ),
            R::LearnedCommit { leader, first, last, commit, shown } => replication.story(
                |_| format!("takes {} as committed, from {leader}", entries(*first, *last)),
                |_| {
                    let facts = format!(
                        "the append of {leader} brings commit index {commit} and goes as far as \
                         entry {shown}"
                    );
                    ruled(flaws, facts, "Figure 2, AppendEntries 5")
                },
            ),
            R::OldTermWaits { index, entry, term, copies } => replication.story(
                |_| format!("must not count entry {index} of term {entry} as committed yet"),
                |_| old_term(*term, *copies),
            ),
            R::Saved { term, vote } => {
                voting.story(|_| saves(*term, *vote), |_| "it wrote so to its disk".to_owned())
            }
            R::Wrote { first, last, term } => replication.story(
                |_| match first < last {
                    true => format!("writes {}", entries(*first, *last)),
                    false => format!("writes entry {first} of term {term}"),
                },
                |_| "it wrote so to its disk".to_owned(),
            ),
            R::Erased { first, last, old } => replication.story(
                |_| removes(*first, *last, *old),
                |_| "it removed so on its disk".to_owned(),
            ),
            R::Stands { term, first_asks } => leadership.story(
                |_| match first_asks {
                    true => format!("asks who would vote for it after term {term}"),
                    false => format!("becomes a candidate in term {term}"),
                },
                |_| "by its own report".to_owned(),
            ),
            R::CommitReported { first, last } => replication.story(
                |_| match first <= last {
                    true => format!("takes {} as committed", entries(*first, *last)),
                    false => format!("goes back to commit index {last}"),
                },
                |_| "by its own report".to_owned(),
            ),
            // Again with every heartbeat; what comes of it is told.
            R::Departed { flaw } => rules.row(
                if *flaw == Flaw::BlindHeartbeat { Weight::Detail } else { Weight::Story },
                |_| "departs from a rule".to_owned(),
                no_reason,
            ),
        }
    }
}

fn counts_vote(voter: ServerId, (term, cast): (Term, Term), votes: ServerSet) -> String {
    let votes = count(votes.len() as u64, "vote", "votes");
    match cast == term {
        true => format!("counts the vote of {voter}: {votes} in term {term}"),
        false => format!("counts {voter}'s vote of term {cast}: {votes} in term {term}"),
    }
}

fn saves(term: Term, vote: Option<ServerId>) -> String {
    match vote {
        None => format!("is in term {term}"),
        Some(vote) => format!("is in term {term}, and votes for {vote}"),
    }
}

fn wins(term: Term, votes: ServerSet, all: Configuration) -> String {
    // A guest does not say whose.
    if votes.is_empty() {
        return format!("leads term {term}");
    }
    let (count, voters) = (votes.len(), spell::servers(votes, FEW));
    format!("wins term {term} by {count} of {} votes: {voters}", all.servers())
}

fn steps_down(role: Role, term: Term) -> String {
    match role {
        Role::Leader => format!("no longer leads term {term}"),
        Role::PreCandidate => format!("asks no longer who would vote for it, in term {term}"),
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

fn removes(first: Index, last: Index, old: Term) -> String {
    match first < last {
        true => format!("removes {}", entries(first, last)),
        false => format!("removes entry {first} of term {old}"),
    }
}

fn commits(first: Index, last: Index, term: Term, copies: ServerSet) -> String {
    let copies = match copies.is_empty() {
        true => "no disk".to_owned(),
        false => spell::servers(copies, FEW),
    };
    let entries = entries(first, last);
    match first < last {
        true => format!("commits {entries}: they are on {copies}"),
        false => format!("commits {entries} of term {term}: it is on {copies}"),
    }
}

fn stands(
    cause: Cause,
    last: Position,
    before: Option<ServerId>,
    (promised, told_by): (ServerSet, Option<ServerId>),
) -> String {
    let why = match told_by {
        Some(leader) => format!("{leader} hands over to it (dissertation §3.10)"),
        None if promised.is_empty() => silence(cause).to_owned(),
        None => format!("{} would vote for it", spell::servers(promised, SERVERS)),
    };
    match before {
        None => format!("{why}; its log {}", ends(last)),
        Some(before) => {
            format!("{why}; it gave its vote to {before} in this very term, and has forgotten it")
        }
    }
}

fn asks_first(cause: Cause, term: Term, last: Position, flaws: Flaws) -> String {
    let (silence, ends) = (silence(cause), ends(last));
    let own = term.previous();
    if !flaws.is_empty() {
        return format!("{silence}; it is in term {own} already, and its log {ends}");
    }
    format!(
        "{silence}; it keeps term {own} until a majority would (dissertation §9.6), and its log {ends}"
    )
}

/// By command, a timer may fire whatever was heard.
const fn silence(cause: Cause) -> &'static str {
    match matches!(cause, Cause::Command(_) | Cause::Line(_)) {
        true => "its election timer was fired by command",
        false => "no current leader's word came in time (§5.2)",
    }
}

fn ends(last: Position) -> String {
    match last.index {
        Index::ZERO => "is empty".into(),
        _ => format!("ends at {last}"),
    }
}

fn at(last: Position) -> String {
    match last.index {
        Index::ZERO => "is empty".into(),
        _ => format!("at {last}"),
    }
}

/// `own`, `last`: where the voter's log ends, and the candidate's.
fn granted(
    candidate: ServerId,
    term: Term,
    (own, last): (Position, Position),
    before: Option<ServerId>,
    flaws: Flaws,
) -> String {
    let logs = format!("{candidate}'s log {}, its own {}", ends(last), at(own));
    match before {
        Some(other) if flaws.is_empty() => {
            format!("it gave its vote in term {term} to {other}, and lost it with its disk; {logs}")
        }
        Some(other) => {
            format!("it gave its vote in term {term} to {other}, and has forgotten it; {logs}")
        }
        None if flaws.is_empty() => {
            format!("it has voted for no other in term {term}, and {logs} (§5.2, §5.4.1)")
        }
        None => logs,
    }
}

fn vote_refused(candidate: ServerId, why: VoteRefusal) -> (String, &'static str) {
    match why {
        VoteRefusal::StaleTerm { own } => (format!("it is in term {own} already"), "§5.1"),
        VoteRefusal::VotedFor { server } => (format!("it voted for {server} in this term"), "§5.2"),
        VoteRefusal::LogBehind { own, candidate: its } => {
            (format!("its own log {}, {candidate}'s {}", ends(own), at(its)), "§5.4.1")
        }
        VoteRefusal::LeaderHeard { leader, ago, shortest } => (
            format!("it heard from {leader} {ago} ago, and waits {shortest} at least"),
            "dissertation §4.2.3",
        ),
        VoteRefusal::JustStarted { ago, shortest } => (
            format!(
                "it was started {ago} ago, and may have heard from a leader within {shortest} before"
            ),
            "dissertation §6.4.1",
        ),
        VoteRefusal::Leads { term } => {
            (format!("it leads term {term} itself"), "dissertation §4.2.3")
        }
    }
}

fn elected(votes: ServerSet, stale: ServerSet, all: Configuration, flaws: Flaws) -> String {
    if votes.is_empty() {
        return "by its own report; whose votes it has, it does not say".into();
    }
    let (count, servers) = (votes.len(), all.servers());
    let few =
        (!all.has_quorum(votes)).then(|| format!("a majority of {servers} is {}", all.quorum()));
    let learn = votes.without(all.voters());
    let learn = (!learn.is_empty())
        .then(|| format!("no vote is due to {}", spell::servers(learn, SERVERS)));
    let whose = || format!("{} voted in an earlier term", spell::servers(stale, SERVERS));
    let clauses = [few.clone(), learn, (!stale.is_empty()).then(whose)].into_iter().flatten();
    match flaws.is_empty() {
        true if all.is_joint() => {
            "these are majorities of the old and of the new voters (dissertation §4.3)".into()
        }
        // Only who reports it by itself leads with fewer.
        true => match few {
            None => format!("{count} of {servers} is a majority (§5.2)"),
            Some(few) => format!("by its own report; {few} (§5.2)"),
        },
        false => clauses.collect::<Vec<String>>().join(", "),
    }
}

fn stepped_down(why: StepDown) -> String {
    match why {
        StepDown::NewerTerm { term } => format!("it heard of term {term}, a newer one (§5.1)"),
        StepDown::LeaderFound { leader } => {
            format!("{leader} sent an append of this term: it has won (§5.2)")
        }
        StepDown::QuorumSilent { heard, within } => format!(
            "in {within} it heard from no majority, only from {} (dissertation §6.2)",
            spell::servers(heard, SERVERS)
        ),
        StepDown::Removed { voters } => format!(
            "C_new is committed, and its voters are {} (dissertation §4.2.2)",
            spell::servers(voters, SERVERS)
        ),
        StepDown::Reported => "by its own report".into(),
    }
}

fn appended(leader: ServerId, first: Index, before: Term) -> String {
    match first.previous() {
        Index::ZERO => "they begin the log: nothing has to match before them".into(),
        index => format!("its entry {index} is of term {before}, as {leader}'s is"),
    }
}

fn truncated(first: Index, old: Term, new: Option<Term>) -> String {
    match new {
        Some(new) => format!("entry {first} is of term {old} here, of term {new} at the leader"),
        None => format!("entry {first} is of term {old} here, and the append ended before it"),
    }
}

fn append_refused(why: AppendRefusal) -> String {
    match why {
        AppendRefusal::StaleTerm { own } => {
            format!("it is in term {own}, and the append is of an older one (§5.1)")
        }
        AppendRefusal::TooShort { last: Index::ZERO } => "its own log is empty (§5.3)".into(),
        AppendRefusal::TooShort { last } => format!("its own log ends at entry {last} (§5.3)"),
        AppendRefusal::Conflict { own, first } => {
            format!("it has an entry of term {own} there; that term begins at {first} (§5.3)")
        }
    }
}

fn backed_up(follower: ServerId, refusal: AppendResult, from: Index) -> String {
    let prev = from.previous();
    match refusal {
        AppendResult::Refused { conflict: Some(term), .. } => {
            format!("{follower} answered that its entry {prev} is of term {term}")
        }
        AppendResult::Hinted { at: Position { index: Index::ZERO, .. }, .. } => {
            format!("{follower} answered that none of its entries before {prev} could agree")
        }
        AppendResult::Hinted { at, .. } => format!(
            "{follower} answered that its last entry that could agree is {}, of term {}",
            at.index, at.term
        ),
        AppendResult::Refused { conflict: None, .. } | AppendResult::Matched(_) => {
            format!("{follower} answered that its log ends before entry {prev}")
        }
    }
}

fn resent(cause: Cause, follower: ServerId) -> String {
    if let Cause::LossReport(_) = cause {
        return "the network reported a loss (§5.3)".into();
    }
    format!("no answer of {follower} has come (§5.3)")
}

fn ignored(why: IgnoreReason, term: Term) -> String {
    match why {
        IgnoreReason::OldTerm => "it belongs to an older term (§5.1)".into(),
        IgnoreReason::NotInRole => "it is no longer what it was when it asked".into(),
        IgnoreReason::NoVote => "it has no vote, and leads nobody".into(),
        IgnoreReason::NotLeader => "it does not lead, and only a leader can say (§6.4)".into(),
        IgnoreReason::EarlierQuestion => {
            format!("it answers for term {term}, and that is not what it asks for now")
        }
        IgnoreReason::AlsoLeads => format!("it leads term {term} itself"),
        IgnoreReason::Overtaken => {
            "its matchIndex or nextIndex has moved since it asked: the answer says nothing new"
                .into()
        }
    }
}

/// What the leader counted, and what there is.
fn committed(
    last: Index,
    (term, current): (Term, Term),
    (copies, holders): (ServerSet, ServerSet),
    all: Configuration,
    flaws: Flaws,
) -> String {
    let (count, servers) = (holders.len(), all.servers());
    let have = if count == 1 { "has" } else { "have" };
    // A guest does not say whom it has counted.
    if copies.is_empty() {
        return format!("by its own report; {count} of {servers} {have} entry {last} on disk");
    }
    let held = format!("it knows that {count} of {servers} {have} entry {last} on disk");
    if !flaws.is_empty() {
        return match term == current {
            true => held,
            false => format!("{held}, which is of term {term}; the leader is in term {current}"),
        };
    }
    match all.has_quorum(holders) {
        true if all.is_joint() => {
            format!("{held}, majorities of old and new voters (dissertation §4.3, §5.4.2)")
        }
        true => format!("{held}, a majority, and it is of the leader's term (§5.3, §5.4.2)"),
        false => {
            let copies = spell::servers(copies, SERVERS);
            format!("it counts {copies}; but of these, {count} {have} entry {last} on disk by now")
        }
    }
}

fn old_term(term: Term, copies: ServerSet) -> String {
    let copies = spell::servers(copies, SERVERS);
    format!("it counts {copies}, but term {term} must commit an entry of its own first (§5.4.2)")
}
