//! What a challenge leaves of the keys: those that do a deed which its head does not allow are offered
//! nowhere, and a mode of keys that could do nothing is not entered.

use super::Session;
use crate::app::keymap::{Action, Link, Normal, Packet, Partition};

/// The verbs of which a key does one; none where it only looks, or goes about in time.
pub(super) const fn verbs(action: Action) -> &'static [&'static str] {
    match action {
        Action::Normal(key) => normal(key),
        Action::Packet(key) => packet(key),
        Action::Partition(Partition::Cut) => &["partition"],
        Action::Partition(Partition::Heal) => &["heal"],
        Action::Link(key) => link(key),
        _ => &[],
    }
}

const fn normal(key: Normal) -> &'static [&'static str] {
    match key {
        Normal::Crash | Normal::CrashLeader => &["crash"],
        Normal::Restart => &["restart"],
        Normal::RestartAll => &["restart", "wake"],
        Normal::SleepOrWake => &["sleep", "wake"],
        Normal::Isolate | Normal::IsolateFromAll => &["isolate", "rejoin"],
        Normal::Timeout => &["timeout"],
        Normal::SpreadTimers | Normal::AlignTimers => &["timers"],
        Normal::Wipe => &["wipe"],
        Normal::PartitionMode => &["partition"],
        Normal::LinkMode => &["cut", "mend", "link", "hold", "deliver"],
        Normal::Heal => &["heal"],
        Normal::Write => &["set", "submit"],
        Normal::Read => &["get"],
        _ => &[],
    }
}

const fn packet(key: Packet) -> &'static [&'static str] {
    match key {
        Packet::Deliver | Packet::DeliverAll => &["deliver"],
        Packet::Drop => &["drop"],
        Packet::Duplicate => &["duplicate"],
        Packet::Delay => &["delay"],
        Packet::Hold => &["hold", "deliver"],
        Packet::ByHand => &["by-hand"],
        Packet::Timer => &["timeout", "heartbeat"],
        Packet::Disks => &["sync"],
        Packet::Retry => &["retry"],
        Packet::Write => normal(Normal::Write),
        Packet::Read => normal(Normal::Read),
        _ => &[],
    }
}

const fn link(key: Link) -> &'static [&'static str] {
    match key {
        Link::Cut | Link::CutBoth => &["cut"],
        Link::Mend | Link::MendBoth => &["mend"],
        Link::Loss | Link::Delay | Link::Duplicate => &["link"],
        Link::Hold => &["hold", "deliver"],
        _ => &[],
    }
}

impl Session {
    /// Whether a challenge, if one is played, leaves this key something to do now.
    pub(super) fn is_allowed(&self, action: Action) -> bool {
        let verbs = verbs(action);
        verbs.is_empty() || verbs.iter().any(|verb| self.cluster.permits(verb).is_ok())
    }

    /// The same of a key that opens a mode: says why it opens nothing, and what else would help.
    pub(super) fn may_open(&mut self, key: Normal) -> bool {
        if self.is_allowed(Action::Normal(key)) {
            return true;
        }
        let first = normal(key).first().copied().unwrap_or_default();
        if let Err(refusal) = self.cluster.permits(first) {
            let other = match key {
                Normal::PartitionMode => Normal::LinkMode,
                _ => Normal::PartitionMode,
            };
            let binding = self.keys.binding_of(Action::Normal(other));
            let way = binding.filter(|_| self.is_allowed(Action::Normal(other)));
            let way = way.map(|row| format!(": press {} ({})", row.key(), row.short));
            self.refuse(format!("{refusal}{}", way.unwrap_or_default()));
        }
        false
    }
}
