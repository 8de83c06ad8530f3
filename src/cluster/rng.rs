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

    /// A whole number in `0..bound`, by multiplication and shift (Lemire, 2019, without the
    /// rejection step: the bias is below bound/2^64). 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A span of the range, both ends included.
    pub fn span(&mut self, range: SpanRange) -> Span {
        if range.low == range.high {
            // Nothing to choose. The draw counts all the same, so that a seed means what it meant
            // whatever the rule of the link; but nobody needs what was drawn.
            self.next_u64();
            return range.low;
        }
        let width = range.high.0.saturating_sub(range.low.0);
        Span(range.low.0 + self.below(width.saturating_add(1)))
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: Ppm) -> bool {
        if probability == Ppm::ZERO {
            self.next_u32();
            return false;
        }
        let draw = (u64::from(self.next_u32()) * 1_000_000) >> 32;
        draw < u64::from(probability.0)
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
