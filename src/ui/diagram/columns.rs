//! Who has which column: servers in their order, then the clients that did something. When there
//! are more than have room, a part of them is seen, and the title says which.

use ratatui::layout::Rect;

use super::tale::Tale;
use crate::cluster::types::Node;
use crate::ui::text::digits;
use crate::ui::view::{Extent, Scene};

/// The fewest cells from one column to the next.
const LEAST: u16 = 5;
/// The most: beyond it lines grow flat and nothing gets clearer.
const MOST: u16 = 30;

/// The most columns of a client's name.
pub const NAME: u16 = 8;

/// The columns that are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    nodes: Vec<Node>,
    /// How many there are beside those, before and behind.
    pub before: usize,
    pub behind: usize,
    /// Where the first begins; times stand before it.
    pub left: u16,
    /// From one to the next.
    pub width: u16,
    /// How wide a time is.
    pub times: u16,
}

impl Columns {
    pub fn of(body: Rect, scene: &Scene, tale: &Tale) -> Self {
        let servers = scene.cluster.servers().iter().map(|server| Node::Server(server.id));
        let nodes: Vec<Node> =
            servers.chain(tale.clients.iter().copied().map(Node::Client)).collect();
        let times = digits(scene.cluster.now().micros() / 1_000_000) + 4;
        // A time, the band of what is cut, and a blank beside each.
        let left = body.x + (times + 4).min(body.width);
        let room = body.right().saturating_sub(left);
        let fit = usize::from(room / LEAST).clamp(1, nodes.len().max(1));
        let before = usize::from(scene.view.scroll.columns).min(nodes.len().saturating_sub(fit));
        let behind = nodes.len().saturating_sub(before + fit);
        let nodes: Vec<Node> = nodes.into_iter().skip(before).take(fit).collect();
        let width = (room / nodes.len().max(1) as u16).clamp(1, MOST);
        Self { nodes, before, behind, left, width, times }
    }

    pub fn iter(&self) -> impl Iterator<Item = (u16, Node)> + '_ {
        (0..).zip(&self.nodes).map(|(place, node)| (self.left + place * self.width, *node))
    }

    /// Where a node's column stands, if it is seen.
    pub fn x(&self, node: Node) -> Option<u16> {
        let place = self.nodes.iter().position(|seen| *seen == node)?;
        Some(self.left + place as u16 * self.width)
    }

    pub fn extent(&self) -> Extent {
        let (first, shown) = (self.before as u64, self.nodes.len() as u64);
        Extent { first, shown, total: first + shown + self.behind as u64 }
    }

    /// The node in whose column a cell is.
    pub fn node_at(&self, x: u16) -> Option<Node> {
        let place = usize::from(x.checked_sub(self.left)? / self.width.max(1));
        self.nodes.get(place).copied()
    }

    /// "S1 to S16 of 25 servers and 3 clients": what is seen, if something is left out.
    pub fn part(&self, scene: &Scene) -> Option<String> {
        let (first, last) = (self.nodes.first()?, self.nodes.last()?);
        let names = scene.cluster.names();
        let all = self.before + self.nodes.len() + self.behind;
        (all > self.nodes.len()).then(|| {
            let shown = |node: &Node| scene.view.theme.glyphs.shown(&names.node(*node), NAME);
            format!("columns {} to {} of {all} (h l)", shown(first), shown(last))
        })
    }
}
