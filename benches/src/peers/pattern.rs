//! Who sends what to whom when Raft runs: a leader appends to its followers every 100 ms and when
//! clients ask for something, one append under way to each; followers acknowledge; clients hear
//! when a majority has it, and ask again at once.
//!
//! Clients share one address and one task, which is less work for a simulator than the nodes of
//! their own that they are in the lab.

use std::time::Duration;

use crate::labs::VALUE;

/// How often the leader speaks without need.
pub const HEARTBEAT: Duration = Duration::from_millis(100);

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The log up to here, to a follower that lacks so many entries.
    Append { last: u64, entries: u32 },
    /// A follower has it up to here.
    Ack { last: u64 },
    /// A client asks.
    Request { client: u32 },
    /// A client is answered.
    Reply { client: u32 },
}

const HEAD: usize = 13;
/// The most entries that an append brings, and the bytes that it then takes.
const APPEND_MAX: u64 = 64;
pub const BYTES_MAX: usize = HEAD + APPEND_MAX as usize * VALUE;

impl Message {
    /// Written to `bytes`, with values as long as the lab's: what a message carries is copied.
    pub fn encode(self, bytes: &mut Vec<u8>) {
        let (kind, number, values) = match self {
            Self::Append { last, entries } => (0, last, entries),
            Self::Ack { last } => (1, last, 0),
            Self::Request { client } => (2, u64::from(client), 1),
            Self::Reply { client } => (3, u64::from(client), 0),
        };
        bytes.clear();
        bytes.push(kind);
        bytes.extend(number.to_le_bytes());
        bytes.extend(values.to_le_bytes());
        bytes.resize(HEAD + values as usize * VALUE, b'.');
    }

    pub fn decode(bytes: &[u8]) -> Self {
        let Some((&[kind, ref numbers @ ..], _)) = bytes.split_first_chunk::<HEAD>() else {
            panic!("a message of {} bytes", bytes.len());
        };
        let &[a, b, c, d, e, f, g, h, ref entries @ ..] = numbers;
        let last = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let entries = u32::from_le_bytes(*entries);
        match kind {
            0 => Self::Append { last, entries },
            1 => Self::Ack { last },
            2 => Self::Request { client: last as u32 },
            _ => Self::Reply { client: last as u32 },
        }
    }
}

/// To whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Followers count from 0.
    Follower(usize),
    Clients,
}

/// What the leader knows.
pub struct Leader {
    /// Who asked for each entry.
    log: Vec<u32>,
    committed: u64,
    matched: Vec<u64>,
    under_way: Vec<bool>,
}

impl Leader {
    pub fn new(servers: usize) -> Self {
        let followers = servers - 1;
        Self {
            log: Vec::new(),
            committed: 0,
            matched: vec![0; followers],
            under_way: vec![false; followers],
        }
    }

    /// The heartbeat, to everybody.
    pub fn beat(&self, out: &mut Vec<(To, Message)>) {
        for (follower, matched) in self.matched.iter().enumerate() {
            out.push((To::Follower(follower), Message::Append { last: *matched, entries: 0 }));
        }
    }

    /// A client asks.
    pub fn ask(&mut self, client: u32, out: &mut Vec<(To, Message)>) {
        self.log.push(client);
        self.append(out);
    }

    /// A follower has the log up to `last`.
    pub fn ack(&mut self, follower: usize, last: u64, out: &mut Vec<(To, Message)>) {
        if last > self.matched[follower] {
            self.matched[follower] = last;
            self.under_way[follower] = false;
        }
        let mut places = self.matched.clone();
        places.push(self.log.len() as u64);
        places.sort_unstable();
        let majority = places[(places.len() - 1) / 2];
        while self.committed < majority {
            let client = self.log[self.committed as usize];
            self.committed += 1;
            out.push((To::Clients, Message::Reply { client }));
        }
        self.append(out);
    }

    fn append(&mut self, out: &mut Vec<(To, Message)>) {
        for follower in 0..self.matched.len() {
            let matched = self.matched[follower];
            let last = (self.log.len() as u64).min(matched + APPEND_MAX);
            if !self.under_way[follower] && matched < last {
                self.under_way[follower] = true;
                let entries = (last - matched) as u32;
                out.push((To::Follower(follower), Message::Append { last, entries }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_same_after_its_way() {
        let messages = [
            Message::Append { last: 7, entries: 3 },
            Message::Ack { last: u64::MAX },
            Message::Request { client: 3 },
            Message::Reply { client: 64 },
        ];
        let mut bytes = Vec::new();
        for message in messages {
            message.encode(&mut bytes);
            assert_eq!(Message::decode(&bytes), message);
        }
    }

    #[test]
    fn a_client_is_answered_once_a_majority_has_its_entry() {
        let mut leader = Leader::new(5);
        let mut out = Vec::new();
        leader.ask(9, &mut out);
        assert_eq!(out.len(), 4, "one append to each follower");
        out.clear();
        leader.ask(8, &mut out);
        leader.ack(0, 1, &mut out);
        let second = Message::Append { last: 2, entries: 1 };
        let next = (To::Follower(0), second);
        assert_eq!(out, vec![next], "the second entry waited for the first");
        out.clear();
        leader.ack(3, 1, &mut out);
        let reply = (To::Clients, Message::Reply { client: 9 });
        assert_eq!(out, vec![reply, (To::Follower(3), second)]);
    }
}
