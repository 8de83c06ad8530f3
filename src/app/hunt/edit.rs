//! Changes of a deed that keep it one: a server or a client fewer, or another name.

use std::convert::Infallible;

use crate::cluster::command::{Deed, NodeName, Order, Text, Words};
use crate::cluster::types::ServerId;

/// What becomes of each server or client that a deed names; `None` leaves it out.
pub type Change<'a> = &'a dyn Fn(&NodeName) -> Option<NodeName>;

/// Nobody is left for a deed to act on.
struct Nobody;

struct Changed<'a>(Change<'a>);

impl Changed<'_> {
    fn of(&self, id: ServerId) -> Option<ServerId> {
        (self.0)(&NodeName::Server(id))?.server()
    }
}

impl Words<NodeName, NodeName> for Changed<'_> {
    type Error = Nobody;

    fn servers(&mut self, who: &[ServerId]) -> Result<Vec<ServerId>, Nobody> {
        some(who.iter().filter_map(|id| self.of(*id)))
    }

    fn server(&mut self, who: &ServerId) -> Result<ServerId, Nobody> {
        self.of(*who).ok_or(Nobody)
    }

    fn members(&mut self, who: &[ServerId]) -> Result<Vec<ServerId>, Nobody> {
        self.servers(who)
    }

    fn nodes(&mut self, who: &[NodeName]) -> Result<Vec<NodeName>, Nobody> {
        some(who.iter().filter_map(self.0))
    }

    fn client(&mut self, name: &Text) -> Result<Text, Nobody> {
        match (self.0)(&NodeName::Client(name.clone())) {
            Some(NodeName::Client(name)) => Ok(name),
            Some(NodeName::Server(_)) | None => Err(Nobody),
        }
    }

    fn order(&mut self, order: &Order<NodeName>) -> Result<Order<NodeName>, Nobody> {
        let client = order.client.as_ref().map(|name| self.client(name)).transpose()?;
        let only = order.only.map(|id| self.of(id).ok_or(Nobody)).transpose()?;
        Ok(Order { client, only, ..order.clone() })
    }
}

fn some<T>(left: impl Iterator<Item = T>) -> Result<Vec<T>, Nobody> {
    let left: Vec<T> = left.collect();
    if left.is_empty() { Err(Nobody) } else { Ok(left) }
}

/// The deed with every name changed; `None` if nobody is left for it to act on.
pub fn change(deed: &Deed<NodeName>, to: Change<'_>) -> Option<Deed<NodeName>> {
    let Deed::Partition(groups) = deed else { return deed.try_map(Changed(to)).ok() };
    let groups = groups.iter().filter_map(|group| Changed(to).nodes(group).ok());
    let groups: Vec<Vec<NodeName>> = groups.collect();
    (groups.len() > 1).then_some(Deed::Partition(groups))
}

/// Everybody that a deed names.
pub fn named(deed: &Deed<NodeName>) -> Vec<NodeName> {
    let seen = std::cell::RefCell::new(Vec::new());
    change(deed, &|who| {
        seen.borrow_mut().push(who.clone());
        Some(who.clone())
    });
    seen.into_inner()
}

/// The deed with keys and values changed.
pub fn reword(
    deed: &Deed<NodeName>,
    mut key: impl FnMut(&Text) -> Text,
    mut value: impl FnMut(&Text) -> Text,
) -> Deed<NodeName> {
    let Deed::Operate(order) = deed else { return deed.clone() };
    let Ok(operation) = order.operation.try_map::<_, Infallible>(
        |text| Ok(key(text)),
        |text| Ok(value(text)),
        |_, version| Ok(*version),
    );
    Deed::Operate(Order { operation, ..order.clone() })
}
