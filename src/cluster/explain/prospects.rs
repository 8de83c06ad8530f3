//! Whether a server could win, if it became a candidate now: tried out on copies of it and of those
//! that it reaches, so that the answer is that of the rules they keep.

use super::scene::{absent, asked, fewer, list, present};
use crate::cluster::Cluster;
use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::raft::{Message, Outbox, RaftEvent, RaftOption, VoteRefusal};
use crate::cluster::server::Server;
use crate::cluster::types::{ServerId, ServerSet};

/// How those answer that can be asked.
#[derive(Default)]
struct Poll {
    grant: ServerSet,
    newer_term: ServerSet,
    voted: ServerSet,
    newer_log: ServerSet,
    hears: ServerSet,
    leads: ServerSet,
    young: ServerSet,
    /// Those that vote for it though they have voted, which they lost with their disks.
    forgot: ServerSet,
    /// Those that refuse through flaws, and which.
    flawed: ServerSet,
    refused: Flaws,
    /// Those through which others grant their votes.
    flaws: Flaws,
}

/// Whether it could win, and whose votes it would get or miss.
pub(super) fn prospects(cluster: &Cluster, server: &Server) -> String {
    let poll = poll(cluster, server);
    let votes = poll.grant.union(ServerSet::only(server.id));
    let needed = server.raft.counts_by().enough_with(votes);
    let count = needed - server.raft.counts_by().lacks(votes);
    if server.raft.counts_by().has_quorum(votes) {
        let could = match poll.grant.is_empty() {
            true => "it could win: its own vote is enough".to_owned(),
            false => format!("it could win: {} would vote for it", list(poll.grant)),
        };
        let forgot = (!poll.forgot.is_empty())
            .then(|| format!("a lost disk held another vote of {}", list(poll.forgot)));
        let flaws = poll.flaws.iter().map(|flaw| format!("flaw {flaw}"));
        let few = fewer(server).filter(|_| !server.raft.configuration().has_quorum(votes));
        let against: Vec<String> = few.into_iter().chain(flaws).chain(forgot).collect();
        return match (against.is_empty(), poll.grant.is_empty()) {
            (true, true) => format!("{could} (§5.2)"),
            (true, false) => format!("{could} (§5.2, §5.4.1)"),
            (false, _) => format!("{could} ({})", against.join("; ")),
        };
    }
    let whose = |set: ServerSet, one: &str, many: &str, section: &str| {
        let verb = if set.len() == 1 { one } else { many };
        (!set.is_empty()).then(|| format!("{} {verb} ({section})", list(set)))
    };
    let section = match server.raft.rules().options.has(RaftOption::PreVote) {
        true => "dissertation §9.6",
        false => "dissertation §4.2.3",
    };
    let heard = "heard from a leader within the shortest election timeout";
    let flaws: Vec<&str> = poll.refused.iter().map(Flaw::name).collect();
    let why = [
        whose(poll.newer_term, "is in a newer term", "are in a newer term", "§5.1"),
        whose(poll.voted, "has voted for another", "have voted for another", "§5.2"),
        whose(poll.newer_log, "has a newer log", "have newer logs", "§5.4.1"),
        whose(poll.hears, &format!("has {heard}"), &format!("have {heard}"), section),
        whose(poll.young, "has just started", "have just started", "dissertation §6.4.1"),
        whose(poll.leads, "leads", "lead", section),
        whose(poll.flawed, "would refuse", "would refuse", &format!("flaw {}", flaws.join(", "))),
    ];
    let reach = present(cluster, server.id);
    let away = absent(cluster, server.id, asked(server).without(reach));
    let why: Vec<String> = why.into_iter().flatten().chain(away).collect();
    let note = fewer(server).map_or(String::new(), |by| format!(" ({by})"));
    // What they have heard from a leader is soon long ago.
    let now = if poll.hears.is_empty() { "" } else { " now" };
    format!("it could not win{now}: {count} of {needed} needed votes{note}; {}", why.join(", "))
}

fn poll(cluster: &Cluster, server: &Server) -> Poll {
    let mut out = Outbox::default();
    let mut candidate = server.raft.clone();
    candidate.on_election_timeout(&cluster.context(server.id), &mut out);
    let mut poll = Poll::default();
    let reach = present(cluster, server.id);
    let requests = out.held.drain(..).chain(out.messages.drain(..));
    for (to, request) in requests.filter(|(to, _)| reach.contains(*to)) {
        let Some(voter) = cluster.server(to) else { continue };
        ask(voter, server.id, request, cluster, &mut poll);
    }
    poll
}

/// One voter's answer, tried out on a copy.
fn ask(voter: &Server, candidate: ServerId, request: Message, cluster: &Cluster, poll: &mut Poll) {
    let (id, mut out) = (voter.id, Outbox::default());
    voter.raft.clone().receive(candidate, request, &cluster.context(id), &mut out);
    for (flaws, event) in out.events {
        if let RaftEvent::VoteGranted { before, .. } = event {
            poll.grant.insert(id);
            poll.flaws = poll.flaws.union(flaws);
            if before.is_some() && flaws.is_empty() {
                poll.forgot.insert(id);
            }
        } else if let RaftEvent::PreVoteGranted { .. } = event {
            poll.grant.insert(id);
            poll.flaws = poll.flaws.union(flaws);
        } else if let RaftEvent::VoteRefused { why, .. } | RaftEvent::PreVoteRefused { why, .. } =
            event
        {
            poll.refused = poll.refused.union(flaws);
            match why {
                _ if !flaws.is_empty() => poll.flawed.insert(id),
                VoteRefusal::StaleTerm { .. } => poll.newer_term.insert(id),
                VoteRefusal::VotedFor { .. } => poll.voted.insert(id),
                VoteRefusal::LogBehind { .. } => poll.newer_log.insert(id),
                VoteRefusal::LeaderHeard { .. } => poll.hears.insert(id),
                VoteRefusal::Leads { .. } => poll.leads.insert(id),
                VoteRefusal::JustStarted { .. } => poll.young.insert(id),
            }
        }
    }
}
