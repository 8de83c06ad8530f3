//! Partition mode: servers and clients are put in groups, and cut apart with Enter.

use super::{Mode, Session};
use crate::app::input::Chord;
use crate::app::keymap::Partition;
use crate::cluster::Cluster;
use crate::cluster::command::{Command, Deed, Text, Who};
use crate::cluster::rng::{Entity, Rng};
use crate::cluster::types::{ServerId, ServerSet};
use crate::ui::view::PartitionEdit;

/// How many groups the keys can make: A, B and C.
const GROUPS: u8 = 3;

/// The groups so far, and the keys that made them.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub edit: PartitionEdit,
    pub keys: String,
    /// How often a random split has been asked for.
    draws: u64,
}

impl Split {
    /// Everybody in group A but the marked, who are in B. Clients reach all.
    pub fn new(cluster: &Cluster, marked: ServerSet) -> Self {
        let group = |id: ServerId| u8::from(marked.contains(id));
        let servers = cluster.servers().iter().map(|server| group(server.id)).collect();
        let clients = vec![None; cluster.clients().len()];
        let edit = PartitionEdit { servers, clients, cursor: None };
        Self { edit, keys: "P".into(), draws: 0 }
    }

    fn next_group(&mut self, id: ServerId) {
        if let Some(group) = self.edit.servers.get_mut(id.index()) {
            *group = (*group + 1) % GROUPS;
        }
    }

    fn next_client_group(&mut self, client: usize) {
        if let Some(group) = self.edit.clients.get_mut(client) {
            *group = match *group {
                None => Some(0),
                Some(group) if group + 1 < GROUPS => Some(group + 1),
                Some(_) => None,
            };
        }
    }

    fn move_cursor(&mut self, step: usize) {
        let count = self.edit.servers.len();
        let next = match self.edit.cursor {
            Some(here) => (here.index() + step) % count,
            None => 0,
        };
        self.edit.cursor = Some(ServerId::from_index(next as u8));
    }

    /// These servers in A, the others in B.
    fn side(&mut self, chosen: ServerSet) {
        for (group, id) in self.edit.servers.iter_mut().zip((0..).map(ServerId::from_index)) {
            *group = u8::from(!chosen.contains(id));
        }
    }

    /// The command that cuts the groups apart; `None` while all servers are in one.
    fn command(&self, cluster: &Cluster) -> Option<Command> {
        let mut groups = vec![Vec::new(); usize::from(GROUPS)];
        for (group, server) in self.edit.servers.iter().zip(cluster.servers()) {
            groups[usize::from(*group)].push(Who::Server(server.id));
        }
        if groups.iter().filter(|group| !group.is_empty()).count() < 2 {
            return None;
        }
        for (group, client) in self.edit.clients.iter().zip(cluster.clients()) {
            if let Some(group) = group {
                groups[usize::from(*group)].push(Who::Client(Text::new(&client.name)));
            }
        }
        groups.retain(|group| !group.is_empty());
        Some(Command::Deed(Deed::Partition(groups)))
    }
}

impl Session {
    pub(super) fn partition(&mut self, action: Partition, pressed: Chord) {
        let Mode::Partition(split) = &mut self.mode else { return };
        split.keys.push(' ');
        split.keys.push_str(&pressed.label());
        match action {
            Partition::Server => self.partition_server(pressed),
            Partition::Client => self.partition_client(pressed),
            Partition::Next => split.move_cursor(1),
            Partition::Previous => split.move_cursor(split.edit.servers.len().saturating_sub(1)),
            Partition::AtCursor => match split.edit.cursor {
                Some(id) => split.next_group(id),
                None => self.refuse("the arrows choose a server first"),
            },
            Partition::LeaderAndOne => self.partition_leader_and_one(),
            Partition::Random => split.draw(&self.cluster),
            Partition::Together => split.side(ServerSet::first(split.edit.servers.len() as u8)),
            Partition::Heal => {
                self.mode = Mode::Normal;
                self.heal();
            }
            Partition::Cut => self.cut(),
            Partition::Escape => self.mode = Mode::Normal,
        }
    }

    fn partition_server(&mut self, pressed: Chord) {
        let (Mode::Partition(split), Chord::Char(digit)) = (&mut self.mode, pressed) else {
            return;
        };
        let number = digit.to_digit(10).map_or(0, u64::from);
        let servers = split.edit.servers.len();
        match ServerId::from_number(number).filter(|id| id.index() < servers) {
            Some(id) => split.next_group(id),
            None => self.refuse(format!("there are only {servers} servers")),
        }
    }

    fn partition_client(&mut self, pressed: Chord) {
        let Chord::Char(letter) = pressed else { return };
        let name = letter.to_string();
        let client = self.cluster.client_named(&name).map(|client| client.id);
        match (&mut self.mode, client) {
            (Mode::Partition(split), Some(client)) => split.next_client_group(client.index()),
            _ => self.refuse(format!("no client is called {name}")),
        }
    }

    fn partition_leader_and_one(&mut self) {
        let leader = self.cluster.leader();
        let (Mode::Partition(split), Some(leader)) = (&mut self.mode, leader) else {
            return self.refuse("there is no leader now");
        };
        let running = self.cluster.servers().iter().filter(|server| server.is_running());
        let follower = running.map(|server| server.id).find(|id| *id != leader);
        split.side([leader].into_iter().chain(follower).collect());
    }

    fn cut(&mut self) {
        let Mode::Partition(split) = &self.mode else { return };
        let keys = split.keys.clone();
        match split.command(&self.cluster) {
            Some(command) => {
                if self.apply(&command, &keys) {
                    self.marked = ServerSet::EMPTY;
                    self.mode = Mode::Normal;
                }
            }
            None => self.refuse("all servers are in one group: press the numbers of some"),
        }
    }
}

impl Split {
    /// A random split in two, the same for the same moment and the same presses.
    fn draw(&mut self, cluster: &Cluster) {
        let count = self.edit.servers.len();
        let mut rng = Rng::new(cluster.digest() ^ self.draws, Entity::Lab);
        self.draws += 1;
        let bits = rng.next_u32();
        // The first two stay apart, so that there are always two groups.
        let apart = 1 + rng.next_u32() as usize % (count - 1);
        let one = |index: usize| index != apart && (index == 0 || bits >> index & 1 == 1);
        self.side((0..count).filter(|index| one(*index)).map(id).collect());
    }
}

fn id(index: usize) -> ServerId {
    ServerId::from_index(index as u8)
}
