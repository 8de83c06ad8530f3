//! `chaos stop`: the calm after it.
//!
//! Every fault ends, whoever made it: sleeping servers wake, those that are down start, clocks
//! keep lab time, links and network are what they were at the start. From then on Raft promises
//! progress: a leader, and answers for all who wait. Each part of it is a command of its own, as
//! a person would give it, and only what has something to do is said.

use crate::cluster::command::{Command, Who};
use crate::cluster::resolve::Scope;
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Ppm;
use crate::cluster::{Cluster, CommandError};

impl Cluster {
    pub(in crate::cluster) fn calm(&mut self, line: u32) -> Result<(), CommandError> {
        self.end_chaos();
        for command in self.calming() {
            self.perform(&command, &mut Scope::of_nobody(self.config.seed), line)?;
        }
        Ok(())
    }

    fn calming(&self) -> Vec<Command> {
        let those = |wanted: fn(&Server) -> bool| -> Vec<Who> {
            let servers = self.servers.iter().filter(|server| wanted(server));
            servers.map(|server| Who::Server(server.id)).collect()
        };
        let asleep = those(|server| server.power == Power::Asleep);
        let down = those(|server| server.power == Power::Down);
        let odd = those(|server| server.clock != Ppm::ONE);
        let network = self.config.network;
        let commands = [
            (self.network != network).then_some(Command::Net(network)),
            (!self.links.are_untouched()).then_some(Command::Heal),
            (!odd.is_empty()).then_some(Command::Clock { who: odd, rate: Ppm::ONE }),
            (!asleep.is_empty()).then_some(Command::Wake(asleep)),
            (!down.is_empty()).then_some(Command::Restart(down)),
        ];
        commands.into_iter().flatten().collect()
    }
}
