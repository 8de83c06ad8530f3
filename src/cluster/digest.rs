//! A fingerprint of a run: 64-bit FNV-1a, chained over explicit little-endian encodings.
//!
//! Two runs with the same digest handled the same items at the same times. What is hashed is
//! written out field by field, never a memory layout or a serialised form, so that the digest
//! means the same on every machine and in every build. Explanations, causes, packet numbers and
//! checkers never enter it.

use serde::{Deserialize, Serialize};

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
/// What so many bytes of zero multiply a hash by: each is a multiplication and nothing else.
const ZEROES: [u64; 9] = {
    let mut powers = [1_u64; 9];
    let mut zeroes = 1;
    while zeroes < powers.len() {
        powers[zeroes] = powers[zeroes - 1].wrapping_mul(PRIME);
        zeroes += 1;
    }
    powers
};

/// The number of the engine's rules. Recordings name it; pinned digests change only with it.
pub const ENGINE: u32 = 2;

/// The byte that says what it is that enters the digest. None ever means something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    Packet = 0,
    ElectionTimer = 1,
    HeartbeatTimer = 2,
    WaiterTimer = 3,
    SyncTimer = 4,
    Client = 6,
    Load = 7,
    LoadEnd = 8,
    Call = 9,
    Return = 10,
    Command = 11,
    QuorumTimer = 12,
    GuestTimer = 13,
}

/// The byte that says what a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CargoTag {
    RequestVote = 1,
    VoteReply = 2,
    Append = 3,
    AppendReply = 4,
    Request = 5,
    Reply = 6,
    PreVote = 7,
    PreVoteReply = 8,
    Foreign = 9,
    TimeoutNow = 10,
    ReadIndex = 11,
    ReadIndexReply = 12,
    InstallSnapshot = 13,
    InstallReply = 14,
    Register = 15,
}

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

    pub fn tag(&mut self, tag: Tag) -> &mut Self {
        self.u8(tag as u8)
    }

    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// Eight bytes. Most numbers are small: the zeroes at their end are taken in one, and most of all
    /// are below 256: those with their only byte.
    #[inline]
    pub fn u64(&mut self, value: u64) -> &mut Self {
        if value < 256 {
            self.0 = (self.0 ^ value).wrapping_mul(ZEROES[8]);
            return self;
        }
        let zeroes = value.leading_zeros() as usize / 8;
        self.bytes(&value.to_le_bytes()[..8 - zeroes]);
        self.0 = self.0.wrapping_mul(ZEROES[zeroes]);
        self
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
    fn a_number_is_its_eight_bytes() {
        for shift in 0..64 {
            for value in [1_u64 << shift, u64::MAX >> shift, 0x0102_0300_0405_0600 >> shift, 0] {
                let bytes = Digest::new().bytes(&value.to_le_bytes()).value();
                assert_eq!(Digest::new().u64(value).value(), bytes, "{value:#x}");
            }
        }
    }

    #[test]
    fn agrees_with_the_published_vectors() {
        // From the FNV reference code: the empty input, "a" and "foobar".
        assert_eq!(Digest::new().value(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Digest::new().bytes(b"a").value(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Digest::new().bytes(b"foobar").value(), 0x8594_4171_f739_67e8);
    }
}
