//! The configuration: which servers have a vote, and how many of them decide (§5.2, §6).
//!
//! Every question "is this a majority?" is asked here: by the rules, the checkers, the explanations
//! and the screen. Today all servers vote, in one configuration for the whole run. While the members
//! change (§6) there will be two sets of voters, each of which must agree, and servers that copy
//! the log without a vote: whoever asks has a set of servers, or what each has reached, and does
//! not count by itself.

use crate::cluster::types::{Index, SERVERS_MAX, ServerId, ServerSet};

/// Who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    voters: ServerSet,
    /// How many fewer than a majority are taken to be enough. Only a flaw takes any.
    fewer: u8,
}

impl Configuration {
    /// The first so many servers, each with a vote.
    pub const fn of(servers: u8) -> Self {
        Self { voters: ServerSet::first(servers), fewer: 0 }
    }

    pub const fn voters(self) -> ServerSet {
        self.voters
    }

    /// How many servers it is made of.
    pub const fn servers(self) -> u8 {
        self.voters.len() as u8
    }

    /// How many voters are enough: more than half (§5.2).
    pub const fn quorum(self) -> usize {
        let majority = self.voters.len() / 2 + 1;
        let enough = majority - self.fewer as usize;
        if enough == 0 { 1 } else { enough }
    }

    /// Whether enough voters are among these servers.
    pub const fn has_quorum(self, servers: ServerSet) -> bool {
        self.lacks(servers) == 0
    }

    /// How many more voters these servers need to be enough.
    pub const fn lacks(self, servers: ServerSet) -> usize {
        self.quorum().saturating_sub(self.voters.intersection(servers).len())
    }

    /// The highest index that enough voters have reached, if each has reached so much (§5.3).
    pub fn committed(self, matched: impl Fn(ServerId) -> Index) -> Index {
        let mut reached = [Index::ZERO; SERVERS_MAX as usize];
        let reached = &mut reached[..self.voters.len()];
        for (reached, voter) in reached.iter_mut().zip(self.voters.iter()) {
            *reached = matched(voter);
        }
        reached.sort_unstable();
        reached.iter().rev().nth(self.quorum() - 1).copied().unwrap_or_default()
    }

    /// The same voters, of whom one fewer is enough, but never none: a planted flaw counts so.
    #[must_use]
    pub const fn one_fewer(self) -> Self {
        Self { fewer: 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[u8]) -> ServerSet {
        numbers.iter().map(|number| ServerId::from_index(number - 1)).collect()
    }

    #[test]
    fn more_than_half_of_the_voters_are_enough() {
        let quorums: Vec<usize> =
            (1..=6).map(|servers| Configuration::of(servers).quorum()).collect();
        assert_eq!(quorums, [1, 2, 2, 3, 3, 4]);
        let five = Configuration::of(5);
        assert!(five.has_quorum(set(&[1, 3, 5])) && !five.has_quorum(set(&[1, 3])));
        assert_eq!([set(&[]), set(&[2]), set(&[1, 2, 3, 4])].map(|it| five.lacks(it)), [3, 2, 0]);
        assert_eq!(five.lacks(set(&[5, 6, 7])), 2, "who has no vote does not count");
    }

    /// What `committed` finds is the last index whose holders are enough.
    #[test]
    fn committed_is_as_far_as_enough_voters_have_come() {
        for servers in 1..=5 {
            for configuration in
                [Configuration::of(servers), Configuration::of(servers).one_fewer()]
            {
                for draw in 0..3_u64.pow(u32::from(servers)) {
                    let matched =
                        |server: ServerId| Index(draw / 3_u64.pow(server.index() as u32) % 3);
                    let holders = |index: u64| -> ServerSet {
                        let has = |server: &ServerId| matched(*server) >= Index(index);
                        ServerId::first(servers).filter(has).collect()
                    };
                    let last = (0..3).rev().find(|index| configuration.has_quorum(holders(*index)));
                    assert_eq!(Some(configuration.committed(matched).0), last);
                }
            }
        }
    }

    #[test]
    fn one_fewer_is_never_none() {
        let quorums: Vec<usize> =
            (1..=6).map(|servers| Configuration::of(servers).one_fewer().quorum()).collect();
        assert_eq!(quorums, [1, 1, 1, 2, 2, 3]);
    }
}
