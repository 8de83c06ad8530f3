//! The crate `raft` in a bare loop: nodes that hand each other their messages at once, over
//! nothing, with logs in memory. No network, no clients, no state machine, no checkers.

use raft::eraftpb::{ConfState, Message};
use raft::storage::MemStorage;
use raft::{Config, RawNode, StateRole};
use slog::{Discard, Logger, o};

use crate::book::Round;
use crate::labs::VALUE;

/// Nodes that have a leader.
pub struct Group {
    nodes: Vec<RawNode<MemStorage>>,
    leader: usize,
}

impl Group {
    /// Nodes that have elected the first of them.
    pub fn new(servers: u64) -> Self {
        let logger = Logger::root(Discard, o!());
        let voters: Vec<u64> = (1..=servers).collect();
        let nodes = (1..=servers).map(|id| {
            let config = Config {
                id,
                election_tick: 10,
                heartbeat_tick: 3,
                max_size_per_msg: 1 << 20,
                max_inflight_msgs: 256,
                batch_append: true,
                ..Config::default()
            };
            let storage =
                MemStorage::new_with_conf_state(ConfState::from((voters.clone(), vec![])));
            RawNode::new(&config, storage, &logger).expect("a good configuration")
        });
        let mut group = Self { nodes: nodes.collect(), leader: 0 };
        group.nodes[0].campaign().expect("a voter may stand");
        group.pump();
        assert_eq!(group.nodes[0].raft.state, StateRole::Leader, "nobody else stands");
        group
    }

    /// Commits so many entries, so many at a time.
    pub fn commit(&mut self, entries: u64, outstanding: u64) -> Round {
        let round = Round::timed(|| {
            for _ in 0..entries / outstanding {
                let before = self.committed();
                for _ in 0..outstanding {
                    let data = vec![0; VALUE];
                    self.nodes[self.leader].propose(vec![], data).expect("the leader takes it");
                }
                self.pump();
                assert_eq!(self.committed() - before, outstanding, "all of them are committed");
            }
            entries / outstanding * outstanding
        });
        self.compact();
        round
    }

    fn committed(&self) -> u64 {
        self.nodes[self.leader].raft.raft_log.committed
    }

    /// Lets messages pass until nobody has anything to say.
    fn pump(&mut self) {
        loop {
            let mut messages = Vec::new();
            for node in &mut self.nodes {
                turn(node, &mut messages);
            }
            if messages.is_empty() {
                return;
            }
            for message in messages {
                let to = (message.to - 1) as usize;
                self.nodes[to].step(message).expect("a message of the group");
            }
        }
    }

    /// Lets go of what is applied, so that each round finds logs of the same length.
    fn compact(&mut self) {
        for node in &mut self.nodes {
            let applied = node.raft.raft_log.applied;
            node.mut_store().wl().compact(applied).expect("it is applied");
        }
    }
}

/// What the documentation of the crate asks for, in its order.
fn turn(node: &mut RawNode<MemStorage>, messages: &mut Vec<Message>) {
    if !node.has_ready() {
        return;
    }
    let mut ready = node.ready();
    messages.extend(ready.take_messages());
    drop(ready.take_committed_entries());
    if !ready.entries().is_empty() {
        node.mut_store().wl().append(ready.entries()).expect("entries follow each other");
    }
    if let Some(state) = ready.hs() {
        node.mut_store().wl().set_hardstate(state.clone());
    }
    messages.extend(ready.take_persisted_messages());
    let mut light = node.advance(ready);
    messages.extend(light.take_messages());
    drop(light.take_committed_entries());
    node.advance_apply();
}
