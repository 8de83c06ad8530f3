//! `chaos stop`: the calm after it.
//!
//! Every fault ends, whoever made it: sleeping servers wake, those that are down start, clocks
//! keep lab time, disks write as they did, links and network are what they were at the start. From then on Raft promises
//! progress: a leader, and answers for all who wait. Each part of it is a command of its own, as
//! a person would give it, and only what has something to do is said.

use crate::cluster::command::{Deed, DiskAct, LabAct, NodeName, ServerAct};
use crate::cluster::server::{Power, Server};
use crate::cluster::time::Ppm;
use crate::cluster::types::ServerId;
use crate::cluster::{Cluster, Refusal};

impl Cluster {
    pub(in crate::cluster) fn calm(&mut self, line: u32) -> Result<(), Refusal> {
        self.end_chaos();
        for deed in self.calming() {
            self.perform_deed(deed, line)?;
        }
        Ok(())
    }

    fn calming(&self) -> Vec<Deed<NodeName>> {
        let usual = Some(self.config.sync);
        let those = |wanted: &dyn Fn(&Server) -> bool| -> Vec<ServerId> {
            let servers = self.servers.iter().filter(|server| wanted(server));
            servers.map(|server| server.id).collect()
        };
        let asleep = those(&|server| server.power == Power::Asleep);
        let down = those(&|server| server.power == Power::Down);
        let odd = those(&|server| server.clock != Ppm::ONE);
        let ill = those(&|server| server.disk.sync != usual || server.disk.fails);
        let network = self.config.network;
        let deeds = [
            (self.network != network).then_some(Deed::Lab(LabAct::Net(network))),
            (!self.links.are_untouched()).then_some(Deed::Lab(LabAct::Heal)),
            (!odd.is_empty()).then_some(Deed::Servers(ServerAct::Clock(Ppm::ONE), odd)),
            (!ill.is_empty()).then_some(Deed::Servers(ServerAct::Disk(DiskAct::Sync(usual)), ill)),
            (!asleep.is_empty()).then_some(Deed::Servers(ServerAct::Wake, asleep)),
            (!down.is_empty()).then_some(Deed::Servers(ServerAct::Restart, down)),
        ];
        deeds.into_iter().flatten().collect()
    }
}
