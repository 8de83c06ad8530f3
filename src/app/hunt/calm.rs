//! How long the calm at the end of a run may take.
//!
//! That somebody is never served can't be seen; that it takes longer than it can, given how large
//! and how slow everything is, can. So the bounds are made of what the seed has drawn, as follows.
//! They are generous: only a run in which something is wrong takes that long.
//!
//! **A leader.** A server that times out before the others is elected if its requests for votes
//! come to a majority before those time out themselves (§5.2, §9.3). A request takes a write of
//! term and vote and one flight, together *d*. Two servers have it hardest, for each needs the
//! other's vote. By how much one is ahead of the other changes in each round by the difference of
//! two draws from the spread *s* of the timeouts, and they elect nobody until it is more than *d*.
//! That is a random walk with steps of variance s²/6, and the chance that it stays within *d* for
//! *k* rounds is about exp(-π²s²k / 48d²): one in 10^12 after 134 d²/s² rounds. Half as many again
//! are for logs that differ (§5.4.1), where the first to time out may be one that can't win.
//!
//! **An answer.** A leader sends an append with `append-max` entries to a follower at a time, and
//! each of the *c* clients has one operation open. So its entry is committed after *c* / append-max
//! exchanges and a few. Before that its client may have to give up on a server that can't answer,
//! and to ask all others. (A leader lets go of who waits longer than its patience, who then asks
//! again: what a seed draws leaves that a quarter of room, see `plan.rs`.)
//!
//! **A lock.** The clients of a lock load take it in turns, each with nine operations in a row: they
//! take it, look who is inside, enter, leave and let go. Those who wait look again and again, and
//! their looking stands in the same queue.
//!
//! **The same log everywhere.** A follower gets entries as fast as a leader can commit them with the
//! others, or half as fast: where a heartbeat comes before the answer to an append, the append is
//! sent again. So what it has missed takes as long again as all that came before, faults and lock.

use std::fmt::Write as _;

/// Rounds of elections after which there is a leader: so many times the square of *d* over *s*, and
/// the fewest, where timeouts are spread so wide that hardly ever two come together.
const ROUNDS: u64 = 200;
const ROUNDS_MIN: u64 = 100;
/// Operations of a client that has a lock from the first look that finds it free to the last.
const OPERATIONS_A_TURN: u64 = 9;
/// The longest pause of a client between two rounds or two looks, and the time that it stays inside.
const PAUSE: u64 = 50;
const STAY: u64 = 10;

/// What the bounds are made of. All times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub servers: u64,
    pub clients: u64,
    /// The longest that a message is under way, and that a write takes.
    pub flight: u64,
    pub sync: u64,
    /// The shortest and the longest election timeout.
    pub timeout: (u64, u64),
    pub append_max: u64,
    pub rpc_timeout: u64,
    pub has_lock: bool,
    /// How long there are faults.
    pub faults: u64,
}

impl Size {
    /// From an append to its answer.
    const fn exchange(self) -> u64 {
        2 * self.flight + 2 * self.sync
    }

    fn leader(self) -> u64 {
        let request = self.flight + self.sync;
        let (low, high) = self.timeout;
        let spread = (high - low).max(1);
        let rounds = (ROUNDS * request * request).div_ceil(spread * spread).max(ROUNDS_MIN);
        rounds * (high + 2 * request)
    }

    /// From a leader's receipt of an operation to the answer.
    const fn commit(self) -> u64 {
        self.exchange() * (self.clients.div_ceil(self.append_max) + 3)
    }

    /// From a client's call to its answer, when there is a leader.
    const fn answer(self) -> u64 {
        2 * self.rpc_timeout + self.servers * 2 * self.flight + PAUSE + self.commit()
    }

    const fn turns(self) -> u64 {
        match self.has_lock {
            true => self.clients * (OPERATIONS_A_TURN * self.commit() + PAUSE + STAY),
            false => 0,
        }
    }

    /// Time for the log of a follower that has missed all to become that of the leader.
    const fn repair(self) -> u64 {
        4 * self.faults + 64 * self.exchange() + 16 * self.commit() + self.turns()
    }

    /// The lines of the calm: they must pass.
    pub fn lines(self) -> String {
        let seconds = |millis: u64| millis.div_ceil(1_000);
        // A leader may have to be elected once more at any time.
        let leader = self.leader();
        let mut text = String::from("chaos stop\nload stop\n");
        let waits = [
            ("until leader", leader),
            ("until idle", leader + self.answer() + self.turns()),
            ("set end 1 client=calm", leader + 2 * self.answer()),
            ("until converged", leader + self.repair()),
        ];
        for (wait, millis) in waits {
            // Into a string: that can't fail.
            let _ = writeln!(text, "{wait} within {}s", seconds(millis));
        }
        text + "expect safe and linearizable\n"
    }

    /// More events than a run has that comes to its end: those who wait for a lock ask for it all
    /// the time, and each of their looks is told to every server.
    pub const fn events_max(self) -> u64 {
        1_000_000 + 50 * self.servers * self.clients * self.clients
    }
}
