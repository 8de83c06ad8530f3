//! Why it happened, as a clause without a capital or a full stop: the rule with the paper's
//! section, and the figures that decided.

use super::fit::shorten;
use super::spell::{self, Spell};
use crate::cluster::check::Invariant;
use crate::cluster::event::{
    AppendRefusal, AttemptFailure, Cause, DropReason, Event, EventKind, IgnoreReason, StepDown,
    VoteRefusal,
};
use crate::cluster::raft::{Position, WrongLeader};
use crate::cluster::types::{Answer, Index, Node, Outcome, Request, ServerId, ServerSet, Term};

/// Room for a list of servers.
const SERVERS: usize = 40;
/// Room for what was the case instead of what was expected: two rows of a screen.
const ACTUAL: usize = 150;

impl Spell<'_> {
    /// The reason of an event; `None` where the headline says all.
    pub(super) fn reason(&self, event: &Event) -> Option<String> {
        use EventKind as E;
        let reason = match &event.kind {
            E::Crashed { .. } => {
                "its disk stays; commit index, map and waiters were volatile".into()
            }
            E::Restarted { .. } => "term, vote and log lasted; it applies from entry 1 anew".into(),
            E::FellAsleep { .. } => "its timers and its packets wait until it wakes".into(),
            E::Wiped { .. } => "Raft counts on disks that last: safety is void from here".into(),
            E::Synced { .. } => "answers that depend on it may leave now (Figure 2)".into(),
            E::Dropped { from, to, why, .. } => self.dropped(*from, *to, *why),
            E::LossReported { .. } => "either the request or the reply to it".into(),
            E::ElectionStarted { last, .. } => stands(event.cause, *last),
            E::TermAdopted { to, .. } => format!("it heard of term {to}, a newer one (§5.1)"),
            E::VoteGranted { candidate, .. } => granted(*candidate),
            E::VoteRefused { candidate, why, .. } => vote_refused(*candidate, *why),
            E::VoteCounted { votes, .. } => format!("so far {}", spell::servers(*votes, SERVERS)),
            E::BecameLeader { votes, servers, .. } => elected(*votes, *servers),
            E::SteppedDown { why, .. } => stepped_down(*why),
            E::Submitted { .. } => "it leads, as far as it knows; copies come next (§5.3)".into(),
            E::Appended { leader, first, .. } => appended(*leader, *first),
            E::Truncated { first, old, new, .. } => truncated(*first, *old, *new),
            E::AppendRefused { leader, why, .. } => append_refused(*leader, *why),
            E::Matched { follower, .. } => format!("{follower} said so (matchIndex, Figure 2)"),
            E::BackedUp { follower, conflict: Some(term), .. } => {
                format!("{follower} has an entry of term {term} there instead (§5.3)")
            }
            E::BackedUp { follower, conflict: None, .. } => {
                format!("the log of {follower} does not reach that far (§5.3)")
            }
            E::Resent { follower, .. } => format!("{follower} has not answered (§5.3)"),
            E::Ignored { why, .. } => ignored(*why).into(),
            E::Committed { last, term, current, .. } if term == current => {
                format!("a majority holds entry {last}, of the leader's own term (§5.3, §5.4.2)")
            }
            E::Committed { last, current, .. } => {
                format!("a majority holds entry {last}, which is not of term {current} (§5.4.2)")
            }
            E::LearnedCommit { .. } => "a leader's append brings its commit index (§5.3)".into(),
            E::OldTermWaits { term, copies, .. } => old_term(*term, *copies),
            E::Refused { .. } => "only the leader takes requests (§8)".into(),
            E::Applied { op, answer, .. } => return applied(&op.request, answer),
            E::Answered { index, .. } => format!("entry {index} is committed and applied here"),
            E::WaiterReleased { index, why, .. } => released(*index, *why),
            E::WaitersLost { .. } => "who waits is not on the disk; they will hear nothing".into(),
            E::AttemptFailed { server, why, .. } => attempt_failed(*server, *why),
            E::Returned { result, late, .. } => return returned(result.outcome, *late),
            E::LateReply { .. } => "it had given that attempt up".into(),
            E::Queued { .. } => "a client does one thing at a time".into(),
            E::Failed { actual, .. } | E::Remarked { actual, .. } => return instead(actual),
            E::Violated { violation } => rule(violation.invariant).into(),
            E::Commanded { .. }
            | E::Woke { .. }
            | E::ClockSet { .. }
            | E::Sent { .. }
            | E::Duplicated { .. }
            | E::Held { .. }
            | E::Freed { .. }
            | E::Delayed { .. }
            | E::Received { .. }
            | E::ClientCreated { .. }
            | E::Called { .. }
            | E::Asked { .. }
            | E::LockHeld { .. }
            | E::LockFree { .. }
            | E::Finished { .. }
            | E::LineRun { .. }
            | E::Said { .. }
            | E::Beat
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
        match why {
            DropReason::Lost => format!("the link from {sender} to {receiver} lost it by chance"),
            DropReason::Cut => format!("the link from {sender} to {receiver} is cut"),
            DropReason::Down => format!("{receiver} is down"),
            DropReason::OldIncarnation => {
                let server = if matches!(from, Node::Server(_)) { sender } else { receiver };
                format!("{server} crashed meanwhile; the connection died with it")
            }
            DropReason::Overflow => format!("too many packets wait for {receiver} already"),
            DropReason::ByHand => "it was ordered so".into(),
        }
    }
}

fn stands(cause: Cause, last: Position) -> String {
    match cause {
        Cause::Command(_) | Cause::Line(_) => {
            format!("its timer was told to fire; its log {}", ends(last))
        }
        Cause::Start
        | Cause::Packet(_)
        | Cause::LossReport(_)
        | Cause::ElectionTimer(_)
        | Cause::HeartbeatTimer(_)
        | Cause::WaiterTimer(_)
        | Cause::Sync(_)
        | Cause::ClientTimer(_) => {
            format!("no word from a leader in time; its log {} (§5.2)", ends(last))
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

fn granted(candidate: ServerId) -> String {
    format!("it voted for no other, and {candidate}'s log is as up to date (§5.2, §5.4.1)")
}

fn vote_refused(candidate: ServerId, why: VoteRefusal) -> String {
    match why {
        VoteRefusal::StaleTerm { own } => format!("it is in term {own} already (§5.1)"),
        VoteRefusal::VotedFor { server } => format!("it voted for {server} in this term (§5.2)"),
        VoteRefusal::LogBehind { own, candidate: its } => {
            format!("its own log {}, {candidate}'s {} (§5.4.1)", ends(own), at(its))
        }
    }
}

fn elected(votes: ServerSet, servers: u8) -> String {
    format!("{} of {servers} is a majority, and each votes once a term (§5.2)", votes.len())
}

fn stepped_down(why: StepDown) -> String {
    match why {
        StepDown::NewerTerm { term } => format!("it heard of term {term}, a newer one (§5.1)"),
        StepDown::LeaderFound { leader } => format!("{leader} leads this term (§5.2)"),
    }
}

fn appended(leader: ServerId, first: Index) -> String {
    match first.previous() {
        Index::ZERO => "nothing stands before it (§5.3)".into(),
        before => format!("up to entry {before} its log agrees with {leader}'s (§5.3)"),
    }
}

fn truncated(first: Index, old: Term, new: Term) -> String {
    format!("entry {first} is of term {old} here, of term {new} at the leader (§5.3)")
}

fn append_refused(leader: ServerId, why: AppendRefusal) -> String {
    match why {
        AppendRefusal::StaleTerm { own } => {
            format!("it is in term {own}; {leader} is in an older one (§5.1)")
        }
        AppendRefusal::TooShort { last: Index::ZERO } => "its own log is empty (§5.3)".into(),
        AppendRefusal::TooShort { last } => format!("its own log ends at entry {last} (§5.3)"),
        AppendRefusal::Conflict { own, first } => {
            format!("it has an entry of term {own} there; that term begins at {first} (§5.3)")
        }
    }
}

const fn ignored(why: IgnoreReason) -> &'static str {
    match why {
        IgnoreReason::OldTerm => "it belongs to an older term (§5.1)",
        IgnoreReason::NotInRole => "it is no longer what it was when it asked",
        IgnoreReason::Overtaken => "a later answer has overtaken it",
    }
}

fn old_term(term: Term, copies: ServerSet) -> String {
    let copies = spell::servers(copies, SERVERS);
    format!("it is on {copies}, but term {term} must commit an entry of its own first (§5.4.2)")
}

/// Only a refusal needs a reason.
fn applied(request: &Request, answer: &Answer) -> Option<String> {
    let Request::Put { version, .. } = request else { return None };
    match answer.outcome {
        Outcome::Version | Outcome::NoKey => Some(format!("the put was for version {version}")),
        Outcome::Ok | Outcome::Maybe => None,
    }
}

fn released(index: Index, why: WrongLeader) -> String {
    match why {
        WrongLeader::NotLeader => "it does not lead, and took nothing".into(),
        WrongLeader::AnotherOp => format!("another operation became entry {index}"),
        WrongLeader::TermChanged => "its term changed; the entry may commit all the same".into(),
        WrongLeader::LeadershipLost => "it leads no more; the entry may commit all the same".into(),
        WrongLeader::TimedOut => "it took too long; the entry may commit all the same".into(),
    }
}

fn attempt_failed(server: ServerId, why: AttemptFailure) -> String {
    match why {
        AttemptFailure::TimedOut => "no reply in time; it may be carried out all the same".into(),
        AttemptFailure::LossReported => {
            "the request or its reply was lost; it may be carried out all the same".into()
        }
        AttemptFailure::WrongLeader(WrongLeader::NotLeader) => format!("{server} does not lead"),
        AttemptFailure::WrongLeader(WrongLeader::AnotherOp) => {
            format!("another operation took its place in the log of {server}")
        }
        AttemptFailure::WrongLeader(WrongLeader::TermChanged) => {
            format!("the term of {server} changed; it may be carried out all the same")
        }
        AttemptFailure::WrongLeader(WrongLeader::LeadershipLost) => {
            format!("{server} leads no more; it may be carried out all the same")
        }
        AttemptFailure::WrongLeader(WrongLeader::TimedOut) => {
            format!("{server} could not commit it in time; it may be carried out all the same")
        }
    }
}

fn returned(outcome: Outcome, late: bool) -> Option<String> {
    let reason = match (outcome, late) {
        (Outcome::Maybe, true) => "an earlier attempt may have done it, or may do it later",
        (Outcome::Maybe, false) => "an earlier attempt may have done it",
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
