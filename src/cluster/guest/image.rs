//! All that a guest is between two calls: its memory in pieces, and its globals.
//!
//! A piece that has not changed since the last image is shared with it, and one that holds zeros with
//! all others of the kind, so that a checkpoint of a server that did little costs little.
#![expect(clippy::wildcard_enum_match_arm, reason = "the enums of other crates grow")]

use std::sync::{Arc, LazyLock};

use wasmi::Val;

use crate::cluster::digest::Digest;

/// How much memory is one piece.
pub(super) const PIECE: usize = 4096;

type Piece = Arc<[u8; PIECE]>;

static ZEROS: LazyLock<Piece> = LazyLock::new(|| Arc::new([0; PIECE]));

/// A guest's state.
#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    pub pieces: Vec<Piece>,
    /// Of those globals that change: all bits of each.
    pub globals: Vec<Number>,
}

/// The value of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

impl Number {
    pub fn of(value: &Val) -> Option<Self> {
        match value {
            Val::I32(value) => Some(Self::I32(*value)),
            Val::I64(value) => Some(Self::I64(*value)),
            Val::F32(value) => Some(Self::F32(value.to_bits())),
            Val::F64(value) => Some(Self::F64(value.to_bits())),
            _ => None,
        }
    }

    pub fn value(self) -> Val {
        match self {
            Self::I32(value) => Val::I32(value),
            Self::I64(value) => Val::I64(value),
            Self::F32(bits) => Val::F32(f32::from_bits(bits).into()),
            Self::F64(bits) => Val::F64(f64::from_bits(bits).into()),
        }
    }

    const fn bits(self) -> u64 {
        match self {
            Self::I32(value) => value as u32 as u64,
            Self::I64(value) => value as u64,
            Self::F32(bits) => bits as u64,
            Self::F64(bits) => bits,
        }
    }
}

impl Image {
    /// What memory and globals are now; `last` is the image to share with.
    pub fn take(memory: &[u8], globals: Vec<Number>, last: &Self) -> Self {
        let (pieces, _) = memory.as_chunks::<PIECE>();
        let pieces = pieces.iter().enumerate().map(|(at, piece)| match last.pieces.get(at) {
            Some(before) if **before == *piece => before.clone(),
            _ if *piece == **ZEROS => ZEROS.clone(),
            _ => Arc::new(*piece),
        });
        Self { pieces: pieces.collect(), globals }
    }

    /// Writes it into a memory that holds what `there` says.
    pub fn put(&self, memory: &mut [u8], there: &Self) {
        let (pieces, _) = memory.as_chunks_mut::<PIECE>();
        for (at, (piece, wanted)) in pieces.iter_mut().zip(&self.pieces).enumerate() {
            let same = there.pieces.get(at).unwrap_or(&ZEROS);
            if !Arc::ptr_eq(same, wanted) {
                *piece = **wanted;
            }
        }
    }

    pub fn bytes(&self) -> usize {
        self.pieces.len() * PIECE
    }

    /// How many bytes no other image of `known` has.
    pub fn own_bytes(&self, last: &Self) -> usize {
        let own = self.pieces.iter().enumerate().filter(|(at, piece)| {
            let shared = last.pieces.get(*at).is_some_and(|other| Arc::ptr_eq(other, piece));
            !shared && !Arc::ptr_eq(piece, &ZEROS)
        });
        own.count() * PIECE
    }

    /// A fingerprint of all of it.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::new();
        for piece in &self.pieces {
            for word in piece.as_chunks::<8>().0 {
                digest.u64(u64::from_le_bytes(*word));
            }
        }
        for global in &self.globals {
            digest.u64(global.bits());
        }
        digest.value()
    }
}
