//! Who votes by a server's configuration, and what a change of members waits for.

use super::scene::{are, list};
use crate::cluster::raft::{Configuration, Raft};
use crate::cluster::server::Server;
use crate::cluster::types::{Index, ServerSet};

/// What the configuration of a server says, once members have changed.
pub(super) fn members(server: &Server) -> Vec<String> {
    let raft = &server.raft;
    let (all, index) = (raft.configuration(), raft.configuration_index());
    if all == Configuration::NONE {
        return vec!["no leader has told it of any members yet".to_owned()];
    }
    if index == Index::ZERO {
        return if raft.is_leader() { waits(raft, all) } else { Vec::new() };
    }
    let mut clauses = vec![match all.old() {
        Some(old) => format!(
            "by entry {index}, C_old,new, majorities of {} and of {} must agree (dissertation §4.3)",
            list(old),
            list(all.new_voters())
        ),
        None => {
            format!("by its newest configuration, entry {index}, {} vote", list(all.voters()))
        }
    }];
    if !raft.knows_configuration_committed() {
        clauses.push(format!(
            "entry {index} counts already, though it does not know it to be committed (dissertation §4.1)"
        ));
    }
    clauses.extend(own_part(raft, all));
    if raft.is_leader() {
        clauses.extend(waits(raft, all));
    }
    clauses
}

/// What it is itself.
fn own_part(raft: &Raft, all: Configuration) -> Option<String> {
    let id = raft.id();
    let after = all.new_voters();
    Some(if all.learners().contains(id) {
        "it learns, and has no vote (dissertation §4.2.1)".to_owned()
    } else if raft.is_leader() && !after.contains(id) {
        "it is not among them, and steps down once C_new is committed (dissertation §4.2.2)"
            .to_owned()
    } else if !all.members().contains(id) {
        "it is no member, and no leader sends it anything".to_owned()
    } else {
        return None;
    })
}

/// What a leader waits for before the next step of a change.
fn waits(raft: &Raft, all: Configuration) -> Vec<String> {
    if raft.waiting_change().is_some() {
        return vec![format!(
            "a change waits until an entry of term {} is committed (dissertation §4.1)",
            raft.term()
        )];
    }
    let learners = all.learners();
    let fresh = all.next().unwrap_or_default().without(all.voters());
    let mut clauses = Vec::new();
    if !learners.without(fresh).is_empty() {
        let them = learners.without(fresh);
        let (learn, it) = if them.len() == 1 { ("learns", "it") } else { ("learn", "them") };
        clauses.push(format!("{} {learn}, and no majority counts on {it}", list(them)));
    }
    let done: ServerSet =
        raft.catching_up().iter().filter(|it| it.done).map(|it| it.server).collect();
    if !done.is_empty() {
        clauses.push(format!("{} to vote, and caught up", are(done)));
    }
    clauses.extend(raft.catching_up().iter().filter(|it| !it.done).map(|it| {
        let matched = raft.progress(it.server).map_or(Index::ZERO, |known| known.matched);
        format!(
            "{} is to vote: round {} ends once it matches entry {}, and it matches {matched} \
             (dissertation §4.2.1)",
            it.server, it.round, it.target
        )
    }));
    clauses
}
