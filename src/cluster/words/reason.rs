//! Why it happened, as a clause without a capital or a full stop: the facts that decided and, where
//! they followed a rule, the rule with the paper's section.
//!
//! A reason says what was compared, not what should follow from it: "its entry 4 is of term 3, as
//! S2's is" can be seen in both logs; that all before it is the same is a theorem, which holds as
//! long as every server keeps every rule. Where a planted flaw decided, the facts stand alone, and
//! the flaw follows with its departure and the rule that was not kept.

use super::fit::shorten;
use super::spell::{self, Spell};
use crate::cluster::check::Invariant;
use crate::cluster::event::{
    AppendRefusal, AttemptFailure, Cause, DropReason, Event, EventKind, IgnoreReason, StepDown,
    VoteRefusal,
};
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::network::WrongLeader;
use crate::cluster::raft::{Configuration, Position};
use crate::cluster::types::{Answer, Index, Node, Outcome, Request, ServerId, ServerSet, Term};

/// Room for a list of servers.
const SERVERS: usize = 40;
/// Room for what was the case instead of what was expected: two rows of a screen.
const ACTUAL: usize = 150;

impl Spell<'_> {
    /// The reason of an event; `None` where the headline says all.
    pub(super) fn reason(&self, event: &Event) -> Option<String> {
        let flaws = event.named_flaws().iter().map(Flaw::told);
        let clauses: Vec<String> = self.facts(event).into_iter().chain(flaws).collect();
        (!clauses.is_empty()).then(|| clauses.join("; "))
    }

    /// The facts that decided, with their rule unless a flaw decided otherwise.
    fn facts(&self, event: &Event) -> Option<String> {
        use EventKind as E;
        let flaws = event.flaws;
        let ruled = |facts: String, section: &str| match flaws.is_empty() {
            true => format!("{facts} ({section})"),
            false => facts,
        };
        let reason = match &event.kind {
            E::Crashed { .. } => crashed(flaws).into(),
            E::Restarted { term, vote, last, .. } => restarted(*term, *vote, *last),
            E::FellAsleep { .. } => "its timers and its packets wait until it wakes".into(),
            E::Wiped { .. } => "Raft counts on disks that last: safety is void from here".into(),
            E::Synced { forgets, .. } if forgets.is_empty() => {
                "answers that depend on it may leave now (Figure 2)".into()
            }
            E::Dropped { from, to, why, .. } => self.dropped(*from, *to, *why),
            E::LossReported { .. } => "either the request or the reply to it".into(),
            E::ElectionStarted { last, before, .. } => stands(event.cause, *last, *before),
            E::TermAdopted { to, .. } => format!("it heard of term {to}, a newer one (§5.1)"),
            E::VoteGranted { candidate, term, own, last, before, .. } => {
                granted(*candidate, *term, (*own, *last), *before, flaws)
            }
            E::VoteRefused { candidate, why, .. } => {
                let (facts, section) = vote_refused(*candidate, *why);
                ruled(facts, section)
            }
            E::VoteCounted { votes, .. } => format!("so far {}", spell::servers(*votes, SERVERS)),
            E::BecameLeader { votes, stale, servers, .. } => {
                elected(*votes, *stale, *servers, flaws)
            }
            E::SteppedDown { why, .. } => stepped_down(*why),
            E::Submitted { term, .. } => {
                ruled(format!("it leads term {term}, as far as it knows"), "§5.3")
            }
            E::Appended { leader, first, before, .. } => {
                ruled(appended(*leader, *first, *before), "§5.3")
            }
            E::Truncated { first, old, new, .. } => ruled(truncated(*first, *old, *new), "§5.3"),
            E::AppendRefused { why, .. } => append_refused(*why),
            E::Matched { follower, said, .. } => {
                let facts = format!("the answer of {follower} went as far as entry {said}");
                ruled(facts, "matchIndex, Figure 2")
            }
            E::BackedUp { follower, conflict, from, .. } => {
                ruled(backed_up(*follower, *conflict, *from), "§5.3")
            }
            E::Resent { follower, .. } => resent(event.cause, *follower),
            E::Ignored { summary, why, .. } => ignored(*why, summary.term),
            E::Committed { .. } => return committed(&event.kind, flaws),
            E::LearnedCommit { leader, commit, shown, .. } => {
                let facts = format!(
                    "the append of {leader} brings commit index {commit} and goes as far as \
                     entry {shown}"
                );
                ruled(facts, "Figure 2, AppendEntries 5")
            }
            E::OldTermWaits { term, copies, .. } => old_term(*term, *copies),
            E::Refused { .. } => "only the leader takes requests (§8)".into(),
            E::Applied { op, answer, .. } => return applied(&op.request, answer, flaws),
            E::Answered { index, .. } => match flaws.is_empty() {
                true => format!("its operation is entry {index}, which is applied here now"),
                false if flaws.has(Flaw::ReplyBeforeCommit) => {
                    format!("only then it appends the operation; applied so far: entry {index}")
                }
                false => format!("applied here so far: up to entry {index}"),
            },
            E::WaiterReleased { index, why, .. } => released(*index, *why),
            E::WaitersLost { .. } => "pending requests are not on the disk".into(),
            E::AttemptFailed { server, why, .. } => attempt_failed(*server, *why),
            E::Returned { result, late, .. } => return returned(result.outcome, *late, flaws),
            E::Abandoned { .. } => "it may be carried out, and the client never hears".into(),
            E::LateReply { .. } => "it no longer waits for that attempt".into(),
            E::Queued { .. } => "a client does one thing at a time".into(),
            E::Failed { actual, .. } | E::Remarked { actual, .. } => return instead(actual),
            E::Violated { violation } => rule(violation.invariant).into(),
            E::Commanded { .. }
            | E::Woke { .. }
            | E::ClockSet { .. }
            | E::Synced { .. }
            | E::Sent { .. }
            | E::Duplicated { .. }
            | E::Held { .. }
            | E::Freed { .. }
            | E::Delayed { .. }
            | E::Received { .. }
            | E::Departed { .. }
            | E::ClientCreated { .. }
            | E::Called { .. }
            | E::Asked { .. }
            | E::LockHeld { .. }
            | E::LockFree { .. }
            | E::Finished { .. }
            | E::LineRun { .. }
            | E::Said { .. }
            | E::Beat
            | E::Posed { .. }
            | E::Counted { .. }
            | E::Revealed { .. }
            | E::OracleAsked
            | E::Aside { .. }
            | E::Pointed { .. }
            | E::Noted { .. }
            | E::BreakpointSet { .. }
            | E::Watched { .. }
            | E::Unwatched { .. }
            | E::Marked { .. }
            | E::Paced { .. }
            | E::Expected { .. }
            | E::TaskEnded { .. }
            | E::ScriptEnded => return None,
        };
        Some(reason)
    }

    fn dropped(&self, from: Node, to: Node, why: DropReason) -> String {
        let (sender, receiver) = (self.node(from), self.node(to));
        let server = if matches!(to, Node::Server(_)) { &receiver } else { &sender };
        match why {
            DropReason::Lost => format!("the link from {sender} to {receiver} lost it"),
            DropReason::Cut => format!("the link from {sender} to {receiver} is cut"),
            DropReason::Down => format!("{server} is down"),
            DropReason::OldIncarnation => {
                format!("{server} has restarted since; its old connections are gone")
            }
            DropReason::Overflow => format!("too many packets wait for {receiver} already"),
            DropReason::ByHand => "dropped by hand".into(),
        }
    }
}

const fn crashed(flaws: Flaws) -> &'static str {
    match flaws.is_empty() {
        true => "the disk survives; commit index, map and pending requests are lost",
        false => "commit index, map and pending requests are lost, and more than these",
    }
}

fn restarted(term: Term, vote: Option<ServerId>, last: Position) -> String {
    if (term, vote, last.index) == (Term::ZERO, None, Index::ZERO) {
        return "its disk is empty".into();
    }
    let vote = vote.map_or("no vote".into(), |candidate| format!("its vote for {candidate}"));
    let log = match last.index {
        Index::ZERO => "an empty log".into(),
        _ => format!("its log up to {last}"),
    };
    format!("its disk holds term {term}, {vote} and {log}")
}

/// By command, a timer may fire whatever was heard.
fn stands(cause: Cause, last: Position, before: Option<ServerId>) -> String {
    let why = match cause {
        Cause::Command(_) | Cause::Line(_) => "its election timer was fired by command",
        Cause::Start
        | Cause::Packet(_)
        | Cause::LossReport(_)
        | Cause::ElectionTimer(_)
        | Cause::HeartbeatTimer(_)
        | Cause::WaiterTimer(_)
        | Cause::Sync(_)
        | Cause::ClientTimer(_) => "no current leader's word came in time (§5.2)",
    };
    match before {
        None => format!("{why}; its log {}", ends(last)),
        Some(before) => {
            format!("{why}; it gave its vote to {before} in this very term, and has forgotten it")
        }
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
    }
}

fn elected(votes: ServerSet, stale: ServerSet, servers: u8, flaws: Flaws) -> String {
    let (count, all) = (votes.len(), Configuration::of(servers));
    let few =
        (!all.has_quorum(votes)).then(|| format!("a majority of {servers} is {}", all.quorum()));
    let whose = || format!("{} voted in an earlier term", spell::servers(stale, SERVERS));
    let clauses = [few, (!stale.is_empty()).then(whose)].into_iter().flatten();
    match flaws.is_empty() {
        true => format!("{count} of {servers} is a majority (§5.2)"),
        false => clauses.collect::<Vec<String>>().join(", "),
    }
}

fn stepped_down(why: StepDown) -> String {
    match why {
        StepDown::NewerTerm { term } => format!("it heard of term {term}, a newer one (§5.1)"),
        StepDown::LeaderFound { leader } => {
            format!("{leader} sent an append of this term: it has won (§5.2)")
        }
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

fn backed_up(follower: ServerId, conflict: Option<Term>, from: Index) -> String {
    let prev = from.previous();
    match conflict {
        Some(term) => format!("{follower} answered that its entry {prev} is of term {term}"),
        None => format!("{follower} answered that its log ends before entry {prev}"),
    }
}

fn resent(cause: Cause, follower: ServerId) -> String {
    match cause {
        Cause::LossReport(_) => "the network reported a loss (§5.3)".into(),
        Cause::Start
        | Cause::Command(_)
        | Cause::Packet(_)
        | Cause::ElectionTimer(_)
        | Cause::HeartbeatTimer(_)
        | Cause::WaiterTimer(_)
        | Cause::Sync(_)
        | Cause::ClientTimer(_)
        | Cause::Line(_) => format!("no answer of {follower} has come (§5.3)"),
    }
}

fn ignored(why: IgnoreReason, term: Term) -> String {
    match why {
        IgnoreReason::OldTerm => "it belongs to an older term (§5.1)".into(),
        IgnoreReason::NotInRole => "it is no longer what it was when it asked".into(),
        IgnoreReason::AlsoLeads => format!("it leads term {term} itself"),
        IgnoreReason::Overtaken => {
            "its matchIndex or nextIndex has moved since it asked: the answer says nothing new"
                .into()
        }
    }
}

/// What the leader counted, and what there is.
fn committed(kind: &EventKind, flaws: Flaws) -> Option<String> {
    let EventKind::Committed { last, term, current, copies, holders, servers, .. } = kind else {
        return None;
    };
    let (count, all) = (holders.len(), Configuration::of(*servers));
    let have = if count == 1 { "has" } else { "have" };
    let held = format!("it knows that {count} of {servers} {have} entry {last} on disk");
    if !flaws.is_empty() {
        return Some(match term == current {
            true => held,
            false => format!("{held}, which is of term {term}; the leader is in term {current}"),
        });
    }
    Some(match all.has_quorum(*holders) {
        true => format!("{held}, a majority, and it is of the leader's term (§5.3, §5.4.2)"),
        false => {
            let copies = spell::servers(*copies, SERVERS);
            format!("it counts {copies}; but of these, {count} {have} entry {last} on disk by now")
        }
    })
}

fn old_term(term: Term, copies: ServerSet) -> String {
    let copies = spell::servers(copies, SERVERS);
    format!("it counts {copies}, but term {term} must commit an entry of its own first (§5.4.2)")
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

fn released(index: Index, why: WrongLeader) -> String {
    match why {
        WrongLeader::NotLeader => "it does not lead, and took nothing".into(),
        WrongLeader::AnotherOp => format!("another operation became entry {index}"),
        WrongLeader::TermChanged => "its term has changed; the entry may still commit".into(),
        WrongLeader::LeadershipLost => "it no longer leads; the entry may still commit".into(),
        WrongLeader::TimedOut => "it took too long; the entry may still commit".into(),
    }
}

fn attempt_failed(server: ServerId, why: AttemptFailure) -> String {
    match why {
        AttemptFailure::TimedOut => "no reply in time; the request may still be carried out".into(),
        AttemptFailure::LossReported => {
            "the request or its reply was lost; the request may still be carried out".into()
        }
        AttemptFailure::WrongLeader(WrongLeader::NotLeader) => {
            format!("{server} answers that it does not lead")
        }
        AttemptFailure::WrongLeader(WrongLeader::AnotherOp) => {
            format!("{server} answers that another operation took its place in the log")
        }
        AttemptFailure::WrongLeader(WrongLeader::TermChanged) => {
            format!("{server} answers that its term changed; the request may still be carried out")
        }
        AttemptFailure::WrongLeader(WrongLeader::LeadershipLost) => {
            format!("{server} answers that it leads no more; the request may still be carried out")
        }
        AttemptFailure::WrongLeader(WrongLeader::TimedOut) => {
            format!("{server} answers that it took too long; the request may still be carried out")
        }
    }
}

fn returned(outcome: Outcome, late: bool, flaws: Flaws) -> Option<String> {
    let reason = match (outcome, late) {
        (Outcome::Maybe, true) => "an earlier attempt may have done it, or may do it later",
        (Outcome::Maybe, false) => "an earlier attempt may have done it",
        (Outcome::NoKey | Outcome::Version, _) if flaws.has(Flaw::NeverMaybe) => {
            "an earlier attempt may have done it"
        }
        (Outcome::Ok | Outcome::NoKey | Outcome::Version, true) => {
            "a copy of the request may still run"
        }
        (Outcome::Ok | Outcome::NoKey | Outcome::Version, false) => return None,
    };
    Some(reason.into())
}

fn instead(actual: &str) -> Option<String> {
    (!actual.is_empty()).then(|| shorten(actual, ACTUAL))
}

/// The rule in words.
pub const fn rule(invariant: Invariant) -> &'static str {
    match invariant {
        Invariant::ElectionSafety => "at most one leader a term, ever (§5.2)",
        Invariant::LeaderAppendOnly => "a leader never changes its own log but at its end (§5.3)",
        Invariant::LogMatching => "same index and term: same entry, and the same before it (§5.3)",
        Invariant::LeaderCompleteness => "a leader holds all that was committed before (§5.4)",
        Invariant::StateMachineSafety => "nobody applies another operation at an index (§5.4.3)",
        Invariant::OneVote => "at most one vote a server a term, ever (§5.2)",
        Invariant::TermsInOrder => "terms never decrease along a log (§5.3)",
        Invariant::OnAMajority => "what is committed is on the disks of a majority (§5.3)",
        Invariant::CommitMonotone => "a commit index never goes back, nor beyond the log",
        Invariant::SameMap => "who has applied the same entries has the same map",
        Invariant::Versions => "a key's version is the number of puts done on it",
        Invariant::Waiters => "nobody waits at a server that has long lost its term",
        Invariant::LockExclusion => "at most one client holds a lock",
        Invariant::Linearizability => "one order of all operations explains every answer",
    }
}
