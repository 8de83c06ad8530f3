//! Who sends what to whom when Raft runs: a leader appends to its followers every 100 ms and when
//! clients ask for something, one append under way to each; followers acknowledge; clients hear
//! when a majority has it, and ask again at once.
//!
//! Clients share one address and one task, which is less work for a simulator than the nodes of
//! their own that they are in the lab.

use std::time::Duration;

/// How often the leader speaks without need.
pub const HEARTBEAT: Duration = Duration::from_millis(100);

/// A message. The number of bytes matters little: simulators hand them on, and so do we.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The log up to here, to a follower.
    Append { last: u64 },
    /// A follower has it up to here.
    Ack { last: u64 },
    /// A client asks.
    Request { client: u32 },
    /// A client is answered.
    Reply { client: u32 },
}

impl Message {
    pub fn encode(self) -> [u8; 9] {
        let (kind, number) = match self {
            Self::Append { last } => (0, last),
            Self::Ack { last } => (1, last),
            Self::Request { client } => (2, u64::from(client)),
            Self::Reply { client } => (3, u64::from(client)),
        };
        let mut bytes = [kind; 9];
        bytes[1..].copy_from_slice(&number.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: [u8; 9]) -> Self {
        let [kind, number @ ..] = bytes;
        let last = u64::from_le_bytes(number);
        match kind {
            0 => Self::Append { last },
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
            out.push((To::Follower(follower), Message::Append { last: *matched }));
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
        let last = self.log.len() as u64;
        for follower in 0..self.matched.len() {
            if !self.under_way[follower] && self.matched[follower] < last {
                self.under_way[follower] = true;
                out.push((To::Follower(follower), Message::Append { last }));
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
            Message::Append { last: 7 },
            Message::Ack { last: u64::MAX },
            Message::Request { client: 3 },
            Message::Reply { client: 64 },
        ];
        for message in messages {
            assert_eq!(Message::decode(message.encode()), message);
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
        let next = (To::Follower(0), Message::Append { last: 2 });
        assert_eq!(out, vec![next], "the second entry waited for the first");
        out.clear();
        leader.ack(3, 1, &mut out);
        let reply = (To::Clients, Message::Reply { client: 9 });
        assert_eq!(out, vec![reply, (To::Follower(3), Message::Append { last: 2 })]);
    }
}
