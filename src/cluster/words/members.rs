//! Changes of members in words (dissertation chapter 4).

use super::spell;
use crate::cluster::raft::{Configuration, Reconfigured};
use crate::cluster::time::Span;
use crate::cluster::types::{Index, ServerId, ServerSet};

/// Room for a list of servers: in a deed, and in a reason.
const FEW: usize = 18;
const SERVERS: usize = 28;

fn few(servers: ServerSet) -> String {
    spell::servers(servers, FEW)
}

fn some(servers: ServerSet) -> String {
    spell::servers(servers, SERVERS)
}

/// What a leader's new configuration is, beside the one before.
enum Step {
    /// These begin to learn, to vote later.
    ToVote(ServerSet),
    /// These begin to learn.
    Learn(ServerSet),
    /// These learn no more.
    Forget(ServerSet),
    Joint,
    New,
    /// One server votes from now on, or does no more.
    Add(ServerSet),
    Remove(ServerSet),
}

impl Step {
    fn of(from: Configuration, to: Configuration) -> Self {
        if to.is_joint() {
            return Self::Joint;
        }
        if from.is_joint() {
            return Self::New;
        }
        let (added, removed) =
            (to.voters().without(from.voters()), from.voters().without(to.voters()));
        let learns = to.learners().without(from.learners());
        match (added, removed) {
            (ServerSet::EMPTY, ServerSet::EMPTY) => match to.next() {
                Some(next) => Self::ToVote(next.without(to.voters())),
                None if !learns.is_empty() => Self::Learn(learns),
                None => Self::Forget(from.learners().without(to.learners())),
            },
            (ServerSet::EMPTY, removed) => Self::Remove(removed),
            (added, _) => Self::Add(added),
        }
    }
}

pub(super) fn appends(index: Index, from: Configuration, to: Configuration) -> String {
    match Step::of(from, to) {
        Step::ToVote(who) => format!("lets {} learn before voting, by entry {index}", few(who)),
        Step::Learn(who) => format!("lets {} learn, by entry {index}", few(who)),
        Step::Forget(who) => format!("takes {} out, by entry {index}", few(who)),
        Step::Joint => format!("appends C_old,new as entry {index}"),
        Step::New => format!("appends C_new as entry {index}"),
        Step::Add(who) => format!("gives {} a vote, by entry {index}", few(who)),
        Step::Remove(who) => format!("takes the vote of {}, by entry {index}", few(who)),
    }
}

/// "S1 votes", "S1 and S2 vote".
fn vote(all: Configuration) -> String {
    let voters = all.voters();
    format!("{} {}", some(voters), if voters.len() == 1 { "votes" } else { "vote" })
}

pub(super) fn appended(from: Configuration, to: Configuration) -> (String, &'static str) {
    match Step::of(from, to) {
        Step::ToVote(who) => {
            (format!("it does not know {} to have all of its log", few(who)), "dissertation §4.2.1")
        }
        Step::Learn(_) | Step::Forget(_) => {
            (format!("{} as before", vote(to)), "dissertation §4.2.1")
        }
        Step::Joint => {
            let (old, new) = (to.old().unwrap_or_default(), to.new_voters());
            let facts = format!("it needs majorities of {} and of {} now", some(old), some(new));
            (facts, "dissertation §4.3")
        }
        Step::New => {
            (format!("C_old,new is committed; {} from now on", vote(to)), "dissertation §4.3")
        }
        Step::Add(_) | Step::Remove(_) => {
            (format!("{} now, one more or fewer than before", vote(to)), "dissertation §4.1")
        }
    }
}

pub(super) fn counts_by(to: Configuration) -> String {
    match to.old() {
        Some(_) => "needs majorities of old and of new voters now".to_owned(),
        None => format!("takes {} as those who vote", few(to.voters())),
    }
}

pub(super) fn reconfigured(index: Index, why: Reconfigured) -> String {
    match why {
        Reconfigured::Newer => format!(
            "entry {index} is the newest configuration in its log, committed or not (dissertation §4.1)"
        ),
        Reconfigured::FellBack if index == Index::ZERO => {
            "the entry that said otherwise was removed: as at the start (dissertation §4.1)"
                .to_owned()
        }
        Reconfigured::FellBack => format!(
            "a newer configuration was removed: entry {index} counts again (dissertation §4.1)"
        ),
        Reconfigured::Snapshot => {
            format!("the snapshot brings the configuration of entry {index} (§7)")
        }
    }
}

pub(super) fn caught_up(round: u32, took: Span, within: Span) -> String {
    format!(
        "round {round} of copying took {took}, less than the shortest election timeout, {within} \
         (dissertation §4.2.1)"
    )
}

pub(super) fn given_up(server: ServerId, rounds: u32, silent: Span) -> String {
    match rounds {
        0..10 => format!("{server} has not answered for {silent} (dissertation §4.2.1)"),
        _ => format!("in {rounds} rounds {server} never came near enough (dissertation §4.2.1)"),
    }
}

pub(super) fn stands_not(learns: bool, index: Index) -> String {
    match (learns, index) {
        (true, _) => "it learns, and has no vote (dissertation §4.2.1)".to_owned(),
        (false, Index::ZERO) => "no leader has told it of any members yet".to_owned(),
        (false, _) => format!(
            "by entry {index}, which is committed, it is no member any more (dissertation §4.2.2)"
        ),
    }
}
