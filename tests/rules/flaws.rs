//! What is told where a flaw decides.

use super::*;

// Planted flaws: each departs from its rule, and from nothing else.

/// A server of term 4 with this log and a flaw.
fn flawed(flaw: Flaw, log: &[u64]) -> Server {
    let mut server = Server::new(1, 4, log);
    let rules = Rules { flaws: Flaws::only(flaw), ..RULES };
    let Disk { hard, ref log, .. } = server.disk;
    server.raft = Raft::new(id(1), Configuration::of(5), rules, hard, log.clone());
    server
}

#[test]
fn a_flaw_of_voters_is_named_where_it_decides() {
    let named = |flaw, candidate, own| {
        let rules = Rules { flaws: Flaws::only(flaw), ..RULES };
        !rules.is_up_to_date(candidate, own).flaws.is_empty()
    };
    assert!(named(Flaw::LongestLogWins, at(5, 1), at(1, 2)), "granted, for its length");
    assert!(named(Flaw::LongestLogWins, at(1, 2), at(5, 1)), "refused, for its length");
    assert!(!named(Flaw::LongestLogWins, at(3, 2), at(2, 2)), "longer and up to date");
    assert!(!named(Flaw::LongestLogWins, at(2, 2), at(3, 2)), "neither");
    assert!(named(Flaw::RefuseEqualLogs, at(3, 2), at(3, 2)));
    assert!(!named(Flaw::RefuseEqualLogs, at(4, 2), at(3, 2)));
}

#[test]
fn a_tail_that_is_kept_is_what_stood_beyond_the_new_entries() {
    let mut server = flawed(Flaw::KeepConflictingTail, &[1, 1, 1]);
    server.hears(2, append(4, at(1, 1), &[2], 0));
    assert_eq!(server.log(), [1, 2, 1]);
}

#[test]
fn where_nothing_follows_an_append_there_is_nothing_to_remove() {
    let removes = |prev| {
        let mut server = flawed(Flaw::TruncateAlways, &[1, 1]);
        let out = server.hears(2, append(4, at(prev, 1), &[], 0));
        out.events.iter().any(|(_, event)| matches!(event, RaftEvent::Truncated { .. }))
    };
    assert!(removes(1));
    assert!(!removes(2), "the log ends there");
}
