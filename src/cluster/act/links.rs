//! What can be done to links, and to packets on them.

use crate::cluster::command::{Command, Deed, Ends, NodeName};
use crate::cluster::network::{LinkChange, LinkRule, Links, PacketName};
use crate::cluster::resolve::error;
use crate::cluster::time::Span;
use crate::cluster::types::{ClientId, Node};
use crate::cluster::words::Weight;
use crate::cluster::{Cluster, Refusal};

/// One verb about links, or about packets on links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAct {
    Cut,
    Mend,
    Change(LinkChange),
    /// What comes to the end of its way is held there.
    Hold {
        name: Option<PacketName>,
        /// So many on each link; all until they are released when not said.
        count: Option<u32>,
    },
    /// What is held arrives.
    Release {
        name: Option<PacketName>,
        count: Option<u32>,
    },
    /// What becomes of the next packet on each link.
    Next {
        fate: Fate,
        name: Option<PacketName>,
    },
    /// What becomes of the packets that are in flight; they arrive now when no fate is said.
    Flying {
        fate: Option<Fate>,
        name: Option<PacketName>,
        /// The first so many on each link; all when not said.
        count: Option<u32>,
    },
}

/// What can become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Drop,
    Duplicate,
    /// It arrives so much later.
    Delay(Span),
}

/// What can be done with one packet by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketAct {
    /// It arrives now.
    Deliver,
    Hold,
    Meets(Fate),
}

impl LinkAct {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Mend => "mend",
            Self::Change(_) => "link",
            Self::Hold { .. } => "hold",
            Self::Release { .. } => "release",
            Self::Next { fate, .. } | Self::Flying { fate: Some(fate), .. } => fate.word(),
            Self::Flying { fate: None, .. } => "deliver",
        }
    }

    /// A list of packets shows by itself what is done with them, but for a copy.
    pub(in crate::cluster) const fn weight(self) -> Weight {
        match self {
            Self::Flying { fate: Some(Fate::Duplicate), .. } => Weight::Story,
            Self::Flying { .. } => Weight::Detail,
            Self::Cut
            | Self::Mend
            | Self::Change(_)
            | Self::Hold { .. }
            | Self::Release { .. }
            | Self::Next { .. } => Weight::Story,
        }
    }

    /// A command that does it to these.
    pub const fn to(self, ends: Ends) -> Command {
        Command::Deed(Deed::Links(self, ends))
    }
}

impl Fate {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Delay(_) => "delay",
        }
    }

    /// By how much it delays.
    pub const fn delay(self) -> Option<Span> {
        match self {
            Self::Delay(span) => Some(span),
            Self::Drop | Self::Duplicate => None,
        }
    }
}

impl PacketAct {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Hold => "hold",
            Self::Meets(fate) => fate.word(),
        }
    }

    pub(in crate::cluster) const fn weight(self) -> Weight {
        match self {
            Self::Meets(Fate::Duplicate) => Weight::Story,
            Self::Deliver | Self::Hold | Self::Meets(Fate::Drop | Fate::Delay(_)) => Weight::Detail,
        }
    }
}

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
