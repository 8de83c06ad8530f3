//! The configuration: which servers have a vote, and how many of them decide (§5.2, §6).
//!
//! Every question "is this a majority?" is asked here: by the rules, the checkers, the explanations
//! and the screen. Callers have a set of servers, or what each has reached, and do not count by
//! itself. While voters change there are two sets of them, old and new, and each must agree (joint
//! consensus, dissertation §4.3). *Learners* copy the log and have no vote (§4.2.1 there).
//!
//! It is small and copied: five sets of bits. Where it stands in logs and what a leader makes of it is in
//! `membership.rs`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cluster::types::{Index, SERVERS_MAX, ServerId, ServerSet};

/// Who votes, and who only copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Configuration {
    /// C_new while it is joint.
    voters: ServerSet,
    /// C_old while it is joint; else nobody.
    old: ServerSet,
    learners: ServerSet,
    /// Who is to vote once those of them who don't yet have caught up; nobody if no change waits.
    next: ServerSet,
    /// How many fewer than a majority are taken to be enough. Only a flaw takes any.
    fewer: u8,
    /// Learners count as voters do. Only by a flaw.
    learners_count: bool,
}

impl Configuration {
    /// That of a server that has not been told of any: nobody votes.
    pub const NONE: Self = Self::by(ServerSet::EMPTY, ServerSet::EMPTY);

    /// The first so many servers, each with a vote.
    pub const fn of(servers: u8) -> Self {
        Self::by(ServerSet::first(servers), ServerSet::EMPTY)
    }

    /// These vote, and these learn.
    pub const fn by(voters: ServerSet, learners: ServerSet) -> Self {
        let (old, next) = (ServerSet::EMPTY, ServerSet::EMPTY);
        Self { voters, old, learners, next, fewer: 0, learners_count: false }
    }

    /// C_old,new: from the voters of this one to those (§4.3).
    #[must_use]
    pub const fn joint(self, voters: ServerSet, learners: ServerSet) -> Self {
        Self { old: self.voters, ..Self::by(voters, learners) }
    }

    /// C_new, when C_old,new is committed.
    #[must_use]
    pub const fn new_alone(self) -> Self {
        Self { old: ServerSet::EMPTY, ..self }
    }

    /// The same voters, with these learners, of whom those in `next` are to become voters.
    #[must_use]
    pub const fn learning(self, learners: ServerSet, next: ServerSet) -> Self {
        Self { learners, next, ..self }
    }

    /// All who have a vote; while it is joint, in either half.
    pub const fn voters(self) -> ServerSet {
        self.voters.union(self.old)
    }

    /// C_old while it is joint.
    pub const fn old(self) -> Option<ServerSet> {
        if self.is_joint() { Some(self.old) } else { None }
    }

    /// C_new while it is joint, else the voters.
    pub const fn new_voters(self) -> ServerSet {
        self.voters
    }

    pub const fn is_joint(self) -> bool {
        !self.old.is_empty()
    }

    /// Those who copy the log and have no vote.
    pub const fn learners(self) -> ServerSet {
        self.learners.without(self.voters())
    }

    /// Who is to vote, if a change waits for some of them to catch up.
    pub const fn next(self) -> Option<ServerSet> {
        if self.next.is_empty() { None } else { Some(self.next) }
    }

    /// All to whom a leader sends its log.
    pub const fn members(self) -> ServerSet {
        self.voters().union(self.learners)
    }

    /// Whether another change must wait until this one has ended.
    pub const fn is_changing(self) -> bool {
        self.is_joint() || !self.next.is_empty()
    }

    /// Whether all of so many servers vote, and no change is under way.
    pub fn is_all(self, servers: usize) -> bool {
        let all = Self::of(servers as u8);
        (self.voters, self.old, self.learners, self.next)
            == (all.voters, all.old, all.learners, all.next)
    }

    /// How many servers have a vote.
    pub const fn servers(self) -> u8 {
        self.voters().len() as u8
    }

    /// How many places a list needs that has one for each member.
    pub const fn room(self) -> usize {
        self.members().end()
    }

    /// The fewest servers that can be enough: more than half of the voters (§5.2), of both halves
    /// while it is joint.
    pub const fn quorum(self) -> usize {
        self.lacks(ServerSet::EMPTY)
    }

    /// How many voters are enough if these servers are among them. Of a joint configuration that may
    /// be more than the fewest: three of five are not enough if all of them are of one half (§4.3).
    pub const fn enough_with(self, servers: ServerSet) -> usize {
        match self.lacks(servers) {
            0 => self.quorum(),
            more => self.counting(self.voters()).intersection(servers).len() + more,
        }
    }

    /// These voters, and the learners where a planted flaw counts them.
    const fn counting(self, voters: ServerSet) -> ServerSet {
        if self.learners_count { voters.union(self.learners) } else { voters }
    }

    /// How many of these voters are enough.
    const fn most_of(self, voters: ServerSet) -> usize {
        let majority = voters.len() / 2 + 1;
        let enough = majority.saturating_sub(self.fewer as usize);
        if enough == 0 { 1 } else { enough }
    }

    /// How many of these servers vote, and how many do in all.
    pub const fn voting(self, servers: ServerSet) -> (usize, usize) {
        let voters = self.voters();
        (voters.intersection(servers).len(), voters.len())
    }

    /// Whether enough voters are among these servers.
    pub const fn has_quorum(self, servers: ServerSet) -> bool {
        self.lacks(servers) == 0
    }

    /// How many more of these voters are needed beside those servers.
    const fn lacks_of(self, voters: ServerSet, servers: ServerSet) -> usize {
        self.most_of(voters).saturating_sub(self.counting(voters).intersection(servers).len())
    }

    /// How many more voters these servers need at least to be enough. Who votes in both halves counts
    /// for both.
    pub const fn lacks(self, servers: ServerSet) -> usize {
        let new = self.lacks_of(self.voters, servers);
        if !self.is_joint() {
            return new;
        }
        let old = self.lacks_of(self.old, servers);
        let both = self.voters.intersection(self.old).without(servers).len();
        let shared = if old < new { old } else { new };
        old + new - if both < shared { both } else { shared }
    }

    /// The highest index that enough voters have reached, if each has reached so much (§5.3).
    pub fn committed(self, matched: impl Fn(ServerId) -> Index) -> Index {
        let new = self.reached_by(self.voters, &matched);
        if self.is_joint() { new.min(self.reached_by(self.old, &matched)) } else { new }
    }

    fn reached_by(self, voters: ServerSet, matched: impl Fn(ServerId) -> Index) -> Index {
        let counting = self.counting(voters);
        let mut reached = [Index::ZERO; SERVERS_MAX as usize];
        let reached = &mut reached[..counting.len()];
        for (reached, voter) in reached.iter_mut().zip(counting.iter()) {
            *reached = matched(voter);
        }
        reached.sort_unstable();
        reached.iter().rev().nth(self.most_of(voters) - 1).copied().unwrap_or_default()
    }

    /// The same voters, of whom one fewer is enough, but never none: a planted flaw counts so.
    #[must_use]
    pub const fn one_fewer(self) -> Self {
        Self { fewer: 1, ..self }
    }

    /// The same, where learners count as if they voted: a planted flaw counts so.
    #[must_use]
    pub const fn with_learners(self) -> Self {
        Self { learners_count: !self.learners().is_empty(), ..self }
    }

    /// What tells it from others, for digests.
    pub const fn words(self) -> [u64; 2] {
        [self.voters.beside(self.old), self.learners.beside(self.next)]
    }

    /// The same in one, to tell entries apart by within a run; it is never shown.
    pub const fn hash(self) -> u64 {
        let [voters, learners] = self.words();
        voters ^ learners.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// "S1-3", "S1-3,6": servers in short.
pub fn brief(servers: ServerSet) -> String {
    let mut text = String::new();
    let mut ids = servers.iter().peekable();
    while let Some(first) = ids.next() {
        let mut last = first;
        while let Some(next) = ids.next_if(|next| next.index() == last.index() + 1) {
            last = next;
        }
        text.push(if text.is_empty() { 'S' } else { ',' });
        text.push_str(&first.number().to_string());
        if last > first {
            text.push(if last.number() == first.number() + 1 { ',' } else { '-' });
            text.push_str(&last.number().to_string());
        }
    }
    if text.is_empty() { "nobody".to_owned() } else { text }
}

/// "S1-3", "S1-3 +S4" with a learner, "S1-3 -> S1-4" while it is joint.
impl std::fmt::Display for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(old) = self.old() {
            write!(f, "{} -> ", brief(old))?;
        }
        f.write_str(&brief(self.voters))?;
        match self.learners() {
            ServerSet::EMPTY => Ok(()),
            learners => write!(f, " +{}", brief(learners)),
        }
    }
}

/// In JSON: how many have a vote, and who; `old` while it is joint.
#[derive(Serialize, Deserialize)]
struct Told {
    servers: u8,
    voters: Option<ServerSet>,
    old: Option<ServerSet>,
    learners: Option<ServerSet>,
    /// Who is to vote once they have caught up, while some have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<ServerSet>,
}

/// Where only their number is told, the first so many vote.
impl<'de> Deserialize<'de> for Configuration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Told { servers, voters, old, learners, next } = Told::deserialize(from)?;
        let voters = voters.unwrap_or(ServerSet::first(servers.min(SERVERS_MAX)));
        let all = Self::by(voters, learners.unwrap_or_default());
        Ok(Self { old: old.unwrap_or_default(), next: next.unwrap_or_default(), ..all })
    }
}

impl Serialize for Configuration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (servers, old, learners) = (self.servers(), self.old(), self.learners());
        let (voters, learners, next) = (Some(self.voters), Some(learners), self.next());
        Told { servers, voters, old, learners, next }.serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[u8]) -> ServerSet {
        numbers.iter().map(|number| ServerId::from_index(number - 1)).collect()
    }

    #[test]
    fn of_a_joint_configuration_more_may_be_needed_than_the_fewest() {
        let joint = Configuration::of(3).joint(set(&[3, 4, 5]), ServerSet::EMPTY);
        assert_eq!(joint.quorum(), 3);
        assert_eq!(joint.enough_with(set(&[1, 3])), 3);
        assert_eq!(joint.enough_with(set(&[1, 2])), 4);
        assert_eq!(joint.enough_with(set(&[1, 2, 3])), 4);
        assert_eq!(joint.enough_with(set(&[2, 3, 4])), 3);
        assert_eq!(Configuration::of(5).enough_with(set(&[1, 2, 3, 4])), 3);
        let learning = Configuration::by(set(&[1, 2, 3]), set(&[4]));
        assert_eq!(learning.enough_with(set(&[1, 4])), 2);
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

    /// While it is joint both halves must agree (dissertation §4.3).
    #[test]
    fn of_a_joint_configuration_both_halves_decide() {
        let joint = Configuration::of(3).joint(set(&[3, 4, 5]), ServerSet::EMPTY);
        assert_eq!((joint.voters(), joint.servers()), (set(&[1, 2, 3, 4, 5]), 5));
        assert!(!joint.has_quorum(set(&[1, 2, 3])) && !joint.has_quorum(set(&[3, 4, 5])));
        assert!(joint.has_quorum(set(&[1, 3, 4])) && joint.has_quorum(set(&[1, 2, 4, 5])));
        assert_eq!(joint.quorum(), 3, "S3 counts for both halves");
        let lacks = |numbers: &[u8]| joint.lacks(set(numbers));
        assert_eq!([lacks(&[3]), lacks(&[1, 2]), lacks(&[1, 2, 4])], [2, 2, 1]);
        let after = joint.new_alone();
        assert_eq!((after.voters(), after.is_joint(), after.quorum()), (set(&[3, 4, 5]), false, 2));
        let apart = Configuration::of(3).joint(set(&[4, 5, 6]), ServerSet::EMPTY);
        assert_eq!(apart.quorum(), 4);
    }

    /// By trying: what is lacking is as few servers as make it enough, and what is committed is the last
    /// index whose holders are enough, of all pairs of halves.
    #[test]
    fn what_a_joint_configuration_lacks_is_what_makes_it_enough() {
        let sets = || {
            (1..32_u32).map(|bits| -> ServerSet {
                ServerId::first(5).filter(|id| bits >> id.index() & 1 == 1).collect()
            })
        };
        for (old, new) in sets().flat_map(|old| sets().map(move |new| (old, new))) {
            let all = Configuration::by(old, ServerSet::EMPTY).joint(new, ServerSet::EMPTY);
            let enough = |have: ServerSet| {
                [old, new].iter().all(|half| 2 * half.intersection(have).len() > half.len())
            };
            for have in sets() {
                let more =
                    sets().chain([ServerSet::EMPTY]).filter(|more| enough(have.union(*more)));
                let fewest = more.map(|more| more.without(have).len()).min();
                assert_eq!(Some(all.lacks(have)), fewest, "{all} with {have}");
                let matched = |id: ServerId| Index(u64::from(have.contains(id)));
                assert_eq!(all.committed(matched).0 == 1, enough(have), "{all} with {have}");
            }
        }
    }

    #[test]
    fn learners_count_for_nothing() {
        let all = Configuration::of(3).learning(set(&[4, 5]), ServerSet::EMPTY);
        assert_eq!((all.voters(), all.members()), (set(&[1, 2, 3]), set(&[1, 2, 3, 4, 5])));
        assert!(!all.has_quorum(set(&[1, 4, 5])) && all.has_quorum(set(&[1, 2])));
        assert_eq!(all.committed(|id| Index(id.index() as u64)), Index(1));
        let flawed = all.with_learners();
        assert!(flawed.has_quorum(set(&[1, 4])));
        assert_eq!(flawed.committed(|id| Index(id.index() as u64)), Index(3));
    }

    #[test]
    fn nobody_decides_where_nobody_votes() {
        assert!(!Configuration::NONE.has_quorum(ServerSet::first(5)));
        assert_eq!(Configuration::NONE.committed(|_| Index(9)), Index::ZERO);
    }

    #[test]
    fn it_is_said_in_short() {
        let all = Configuration::of(3).learning(set(&[5]), ServerSet::EMPTY);
        assert_eq!(all.to_string(), "S1-3 +S5");
        let joint = all.joint(set(&[1, 2, 4, 6, 7, 8]), set(&[5]));
        assert_eq!(joint.to_string(), "S1-3 -> S1,2,4,6-8 +S5");
        assert_eq!(brief(ServerSet::EMPTY), "nobody");
    }
}
