//! A fingerprint of a run: 64-bit FNV-1a, chained over explicit little-endian encodings.
//!
//! Two runs with the same digest handled the same items at the same times. What is hashed is
//! written out field by field, never a memory layout or a serialised form, so that the digest
//! means the same on every machine and in every build. Explanations, causes, packet numbers and
//! checkers never enter it.

use serde::{Deserialize, Serialize};

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The number of the engine's rules. Recordings name it; pinned digests change only with it.
pub const ENGINE: u32 = 1;

/// A running FNV-1a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Digest {
    pub const fn new() -> Self {
        Self(OFFSET)
    }

    pub const fn value(self) -> u64 {
        self.0
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
        self
    }

    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// A text, its length first, so that "ab" + "c" differs from "a" + "bc".
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.u64(text.len() as u64).bytes(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn agrees_with_the_published_vectors() {
        // From the FNV reference code: the empty input, "a" and "foobar".
        assert_eq!(Digest::new().value(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Digest::new().bytes(b"a").value(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Digest::new().bytes(b"foobar").value(), 0x8594_4171_f739_67e8);
    }
}
