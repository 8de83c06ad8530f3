//! What can be done to links, and to packets on them.

use crate::cluster::command::{Ends, LinkAct, NodeName, PacketAct};
use crate::cluster::network::{LinkChange, LinkRule, Links};
use crate::cluster::resolve::error;
use crate::cluster::types::{ClientId, Node};
use crate::cluster::{Cluster, Refusal};

impl Cluster {
    pub(super) fn act_on_links(
        &mut self,
        act: LinkAct,
        ends: &Ends<NodeName>,
    ) -> Result<(), Refusal> {
        let links = self.links_of(ends)?;
        match act {
            LinkAct::Cut => self.each_link(&links, Links::cut),
            LinkAct::Mend => self.each_link(&links, Links::mend),
            LinkAct::Change(change) => self.each_link(&links, |links, from, to| {
                links.get_mut(from, to).map(|link| change_rule(&mut link.rule, change))
            }),
            LinkAct::Hold { name, count } => return self.hold_packets(name, &links, count),
            LinkAct::Release { name, count } => {
                return self.release_packets(name, Some(&links), count);
            }
            LinkAct::Next { fate, name } => return self.order_fate(fate, name, &links),
            LinkAct::Flying { fate, name, count } => {
                let act = fate.map_or(PacketAct::Deliver, PacketAct::Meets);
                return self.handle_flying(act, name, &links, count);
            }
        }
        Ok(())
    }

    fn each_link(
        &mut self,
        links: &[(Node, Node)],
        mut act: impl FnMut(&mut Links, Node, Node) -> Option<()>,
    ) {
        for (from, to) in links {
            act(&mut self.links, *from, *to);
        }
    }

    /// The links that are meant, of which there has to be one.
    fn links_of(&mut self, ends: &Ends<NodeName>) -> Result<Vec<(Node, Node)>, Refusal> {
        let (from, to) = (self.nodes(&ends.from)?, self.nodes(&ends.to)?);
        let ends = Ends { from, to, both: ends.both };
        let links = ends.ways().map(|(from, to)| (*from, *to)).filter(|(from, to)| from != to);
        let mut links: Vec<(Node, Node)> = links.collect();
        links.retain(|(from, to)| self.links.get_mut(*from, *to).is_some());
        if links.is_empty() { Err(error("there is no link between these")) } else { Ok(links) }
    }

    /// Cuts every link between groups and mends those within. Clients that no group names, and
    /// those yet to come, reach all.
    pub(super) fn partition(&mut self, groups: &[Vec<NodeName>]) -> Result<(), Refusal> {
        let mut group_of: Vec<(Node, usize)> = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            group_of.extend(self.nodes(group)?.into_iter().map(|node| (node, number)));
        }
        let unnamed: Vec<ClientId> = self
            .clients
            .iter()
            .map(|client| client.id)
            .filter(|id| !group_of.iter().any(|(node, _)| *node == Node::Client(*id)))
            .collect();
        for (from, one) in &group_of {
            for (to, two) in &group_of {
                match one == two {
                    true => self.links.join(*from, *to),
                    false => self.links.cut(*from, *to),
                };
            }
        }
        self.links.end_isolation();
        for client in unnamed.into_iter().map(Node::Client) {
            for server in self.ids().map(Node::Server) {
                self.links.join(client, server);
                self.links.join(server, client);
            }
        }
        Ok(())
    }
}

fn change_rule(rule: &mut LinkRule, change: LinkChange) {
    rule.loss = change.loss.or(rule.loss);
    rule.delay = change.delay.or(rule.delay);
    rule.duplicate = change.duplicate.or(rule.duplicate);
}
