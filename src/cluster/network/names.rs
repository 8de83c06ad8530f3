//! The named networks: how links behave where no rule of their own says otherwise.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{EnumCount, IntoStaticStr, VariantArray};

use crate::cluster::time::{Ppm, Span, SpanRange};
use crate::cluster::types::first;

/// A network by name. `net NAME` switches all links at once.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumCount,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Network {
    /// 10–15 ms one way and no loss: slow enough to watch. The lab's default.
    Classroom,
    /// 1–5 ms and no loss.
    Reliable,
    /// CS162's: each request and each reply takes 1–5 ms and is then lost half of the time; the
    /// sender of the request learns of it when it happens.
    Unreliable,
    /// MIT's: each message takes 0–26 ms; a tenth of requests and of replies is lost. The sender
    /// of the request learns of that when it happens, and 0–99 ms later of a cut or of a server
    /// that is down.
    UnreliableMit,
    /// MIT's: two thirds of the replies come 200 ms to 2.2 s late, and so out of order.
    LongReordering,
}

/// Replies that are late beyond the usual delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// How many of the replies.
    pub share: Ppm,
    /// How much later.
    pub extra: SpanRange,
}

/// What a named network does to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub delay: SpanRange,
    pub loss: Ppm,
    pub duplicate: Ppm,
    pub late_replies: Option<Tail>,
    /// Whether the sender of a request learns at once that it, or its reply, was lost.
    pub reports_loss: bool,
    /// How many milliseconds after one of them has met a cut, or a server that is down, the sender
    /// learns that its call has failed: fewer than so many. 0: it learns nothing of that.
    pub fails_within_ms: u8,
}

impl Network {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }

    pub const fn profile(self) -> &'static Profile {
        const CALM: Profile = Profile {
            delay: SpanRange::millis(1, 5),
            loss: Ppm::ZERO,
            duplicate: Ppm::ZERO,
            late_replies: None,
            reports_loss: false,
            fails_within_ms: 0,
        };
        const CLASSROOM: Profile = Profile { delay: SpanRange::millis(10, 15), ..CALM };
        const UNRELIABLE: Profile = Profile { loss: Ppm::percent(50), reports_loss: true, ..CALM };
        // No link is faster than 1 µs.
        const UNRELIABLE_MIT: Profile = Profile {
            delay: SpanRange { low: Span(1), high: Span::from_millis(26) },
            loss: Ppm::percent(10),
            reports_loss: true,
            fails_within_ms: 100,
            ..CALM
        };
        const LATE: Tail = Tail { share: Ppm(666_667), extra: SpanRange::millis(200, 2_200) };
        const LONG_REORDERING: Profile = Profile { late_replies: Some(LATE), ..CALM };
        match self {
            Self::Classroom => &CLASSROOM,
            Self::Reliable => &CALM,
            Self::Unreliable => &UNRELIABLE,
            Self::UnreliableMit => &UNRELIABLE_MIT,
            Self::LongReordering => &LONG_REORDERING,
        }
    }

    /// In a line, for lists and help.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Classroom => "10-15 ms one way, no loss: slow enough to watch",
            Self::Reliable => "1-5 ms one way, no loss",
            Self::Unreliable => "1-5 ms, half of all requests and replies lost, senders told",
            Self::UnreliableMit => {
                "0-26 ms, a tenth of requests and replies lost, senders told, of cuts too"
            }
            Self::LongReordering => "1-5 ms, two thirds of replies 0.2-2.2 s late",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
