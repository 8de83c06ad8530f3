//! Seeded chance, the same on every machine.
//!
//! Each entity that draws (a directed link, a server, a client, a task) has a generator of its
//! own, seeded by hash(seed, kind, entity). So taking one command out of a run doesn't reshuffle
//! what the others draw. The algorithm is PCG-XSH-RR 64/32 (O'Neill, 2014), named and portable;
//! the sampling on top is ours, since the libraries' samplers may change their values between
//! minor versions. No floats, no `usize`: both differ between machines.

use rand::Rng as _;
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::time::{Ppm, Span, SpanRange};

/// One entity's source of chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng(Pcg32);

/// All that is drawn for one packet. It takes one number of its link's generator, and each draw is
/// made from that by a place of its own (SplitMix64; Steele, Lea and Flood, 2014). So a draw for
/// which a rule has no use need not be made, and a change of the rule leaves the other draws as
/// they were: those of this packet and those of later ones.
#[derive(Clone, Copy, Debug)]
pub struct Lot(u64);

/// What kind of entity draws. The numbers are part of what a seed means: never change them.
#[derive(Clone, Copy, Debug)]
pub enum Entity {
    Link {
        from: u64,
        to: u64,
    },
    Server(u64),
    Client(u64),
    Task(u64),
    /// `random` in a command that nobody's task runs.
    Lab,
    Load,
    Chaos(u64),
    Guest(u64),
}

impl Rng {
    /// The generator of `entity` in a run seeded with `seed`.
    pub fn new(seed: u64, entity: Entity) -> Self {
        let (kind, first, second) = match entity {
            Entity::Link { from, to } => (1, from, to),
            Entity::Server(server) => (2, server, 0),
            Entity::Client(client) => (3, client, 0),
            Entity::Task(task) => (4, task, 0),
            Entity::Lab => (5, 0, 0),
            Entity::Load => (6, 0, 0),
            Entity::Chaos(chaos) => (7, chaos, 0),
            Entity::Guest(server) => (8, server, 0),
        };
        let mut state = Digest::new();
        state.u64(seed).u64(kind).u64(first).u64(second);
        let mut stream = Digest::new();
        stream.u64(second).u64(first).u64(kind).u64(seed);
        Self(Pcg32::new(state.value(), stream.value()))
    }

    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// The lot of a packet.
    pub fn lot(&mut self) -> Lot {
        Lot(self.next_u64())
    }

    /// A whole number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        below(self.next_u64(), bound)
    }

    /// A span of the range, both ends included.
    pub fn span(&mut self, range: SpanRange) -> Span {
        within(self.next_u64(), range)
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: Ppm) -> bool {
        happens(self.next_u32(), probability)
    }

    /// One of `items`; `None` when there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let place = self.below(items.len() as u64);
        items.get(place as usize)
    }

    /// Fisher and Yates's shuffle.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

impl Lot {
    /// The number that is drawn at a place.
    fn number(self, place: u64) -> u64 {
        let state = self.0.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A span of the range, both ends included.
    pub fn span(self, place: u64, range: SpanRange) -> Span {
        within(self.number(place), range)
    }

    /// True with the given probability.
    pub fn chance(self, place: u64, probability: Ppm) -> bool {
        probability != Ppm::ZERO && happens((self.number(place) >> 32) as u32, probability)
    }
}

/// By multiplication and shift (Lemire, 2019, without the rejection step: the bias is below
/// bound/2^64).
fn below(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

fn within(draw: u64, range: SpanRange) -> Span {
    let width = range.high.0.saturating_sub(range.low.0);
    Span(range.low.0 + below(draw, width.saturating_add(1)))
}

fn happens(draw: u32, probability: Ppm) -> bool {
    ((u64::from(draw) * 1_000_000) >> 32) < u64::from(probability.0)
}

#[cfg(test)]
mod tests {
    use super::Lot;

    #[test]
    fn a_lots_numbers_are_those_of_splitmix64() {
        // What the reference code by Vigna gives for the seed 1234567.
        let numbers: Vec<u64> = (0..3).map(|place| Lot(1_234_567).number(place)).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
