//! States that only one operation can make, and what follows from the times alone.
//!
//! Such a state is there once, from that operation to the next that changes it. Who needs it comes
//! in that time: with the operation that makes it they form a block. Where the last of a block
//! makes the state of another, the two follow each other: a chain of blocks, with nothing else in
//! it that changes the state. Two chains can't be mixed, so if something of the first had returned
//! when something of the second was called, and the other way round, there is no order. For
//! registers whose written values are all different this alone decides; it is the test by zones
//! of Gibbons and Korach ("Testing Shared Memories", 1997).

use super::goals::Goals;

/// The times of some operations: the earliest return and the latest call, and whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Zone {
    returned: (u64, u32),
    called: (u64, u32),
}

impl Zone {
    fn join(self, other: Self) -> Self {
        Self { returned: self.returned.min(other.returned), called: self.called.max(other.called) }
    }

    /// Whether something in this had returned when something in `other` was called.
    const fn precedes(self, other: Self) -> bool {
        self.returned.0 < other.called.0
    }
}

/// Whether the blocks can be put in an order, as far as this looks. If not: the operations from
/// which that can be seen, or none. `times`: call and return of each operation.
pub(super) fn fit<S: Eq>(
    goals: &Goals<S>,
    times: &[(u64, u64)],
    initial: &S,
) -> Result<(), Vec<u32>> {
    let blocks = Blocks::new(goals, times, initial).ok_or_else(Vec::new)?;
    let starts = (0..blocks.zones.len()).filter(|goal| blocks.is_first[*goal]);
    let chains = starts.filter_map(|goal| blocks.chain(goal)).collect::<Result<Vec<_>, _>>()?;
    mixed(chains).map_or(Ok(()), |(one, other)| {
        let mut seen = [blocks.makers_of(one.first), blocks.makers_of(other.first)].concat();
        for zone in [one.zone, other.zone] {
            seen.extend([zone.returned.1, zone.called.1]);
        }
        Err(seen)
    })
}

/// Blocks that follow each other.
#[derive(Clone, Copy)]
struct Chain {
    zone: Zone,
    first: usize,
}

struct Blocks {
    /// By goal. `None` if nobody needs it, or it may be there more than once.
    zones: Vec<Option<Zone>>,
    /// The goal that follows on each goal at once.
    next: Vec<Option<usize>>,
    is_first: Vec<bool>,
    makers: Vec<usize>,
}

impl Blocks {
    /// `None` if one operation would have to make two states, or two to change one.
    fn new<S: Eq>(goals: &Goals<S>, times: &[(u64, u64)], initial: &S) -> Option<Self> {
        let count = goals.states.len();
        let (mut numbers, mut makers) = (vec![0; count], vec![0; count]);
        for (at, made) in goals.makes.iter().enumerate() {
            for goal in made.iter().map(|goal| *goal as usize) {
                numbers[goal] += 1;
                makers[goal] = at;
            }
        }
        let zone = |at: usize| {
            let (called, returned) = times[at];
            Zone { returned: (returned, at as u32), called: (called, at as u32) }
        };
        let is_once = |goal: &usize| numbers[*goal] == 1 && goals.states[*goal] != *initial;
        let mut zones = vec![None; count];
        for (at, wanted) in goals.wanted.iter().enumerate() {
            if let Some(goal) = wanted.map(|goal| goal as usize).filter(is_once) {
                let block: Zone = zones[goal].unwrap_or_else(|| zone(makers[goal]));
                zones[goal] = Some(block.join(zone(at)));
            }
        }
        let mut blocks =
            Self { next: vec![None; count], is_first: vec![true; count], zones, makers };
        let mut has_made = vec![false; goals.makes.len()];
        for goal in (0..count).filter(|goal| blocks.zones[*goal].is_some()).collect::<Vec<_>>() {
            let maker = blocks.makers[goal];
            if std::mem::replace(&mut has_made[maker], true) {
                return None;
            }
            let before = goals.wanted[maker].map(|before| before as usize);
            if let Some(before) = before.filter(|before| blocks.zones[*before].is_some()) {
                if blocks.next[before].replace(goal).is_some() {
                    return None;
                }
                blocks.is_first[goal] = false;
            }
        }
        Some(blocks)
    }

    /// A chain and all that follow it. An error if a block precedes an earlier one.
    fn chain(&self, first: usize) -> Option<Result<Chain, Vec<u32>>> {
        let mut chain = Chain { zone: self.zones[first]?, first };
        let mut next = self.next[first];
        while let Some((goal, zone)) = next.and_then(|goal| Some((goal, self.zones[goal]?))) {
            if zone.precedes(chain.zone) {
                let mut seen = self.makers_of(first);
                seen.extend([zone.returned.1, chain.zone.called.1]);
                return Some(Err(seen));
            }
            chain.zone = chain.zone.join(zone);
            next = self.next[goal];
        }
        Some(Ok(chain))
    }

    /// The operations that make the states of a chain.
    fn makers_of(&self, first: usize) -> Vec<u32> {
        let goals = std::iter::successors(Some(first), |goal| self.next[*goal]);
        goals.map(|goal| self.makers[goal] as u32).collect()
    }
}

/// Two chains that precede each other.
fn mixed(mut chains: Vec<Chain>) -> Option<(Chain, Chain)> {
    chains.sort_unstable_by_key(|chain| chain.zone.returned);
    // Some returned before something of theirs was called. Of these, the last that returned before
    // another's latest call is the one to look at.
    let (spread, others): (Vec<Chain>, Vec<Chain>) =
        chains.into_iter().partition(|chain| chain.zone.precedes(chain.zone));
    let are_mixed =
        |one: &Chain, other: &Chain| one.zone.precedes(other.zone) && other.zone.precedes(one.zone);
    let neighbours = spread.windows(2).map(|pair| (pair[0], pair[1]));
    let around = others.iter().filter_map(|other| {
        let after = spread.partition_point(|spread| spread.zone.precedes(other.zone));
        Some((spread[after.checked_sub(1)?], *other))
    });
    neighbours.chain(around).find(|(one, other)| are_mixed(one, other))
}
