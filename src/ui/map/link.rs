//! What is wrong with the links between servers, half-way on them: cuts, loss, delays.

use crate::cluster::Cluster;
use crate::cluster::network::LinkRule;
use crate::cluster::time::{Ppm, Span};
use crate::cluster::types::{Node, ServerId, ServerSet};

use super::places::Places;

/// With more cut links than this between groups, the groups alone are shown: a forest of
/// crosses says less.
const CROSSES_MAX: usize = 12;

/// Something to write on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub text: String,
    pub kind: SignKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignKind {
    Cut,
    /// Loss or delay.
    Rule,
}

/// The signs of all links between servers that are not as the network says.
pub fn signs(places: &Places, cluster: &Cluster, groups: &[ServerSet]) -> Vec<Sign> {
    let ids: Vec<ServerId> = cluster.config().server_ids().collect();
    let pairs = || {
        let later = |one: ServerId| ids.iter().filter(move |other| **other > one);
        ids.iter().flat_map(move |one| later(*one).map(move |other| (*one, *other)))
    };
    let apart =
        |one, other| !groups.iter().any(|group| group.contains(one) && group.contains(other));
    let between = pairs().filter(|(one, other)| apart(*one, *other)).count();
    let crosses = between <= CROSSES_MAX && places.form.is_ring();
    pairs()
        .filter(|(one, other)| crosses || !apart(*one, *other))
        .flat_map(|(one, other)| of_pair(places, cluster, one, other))
        .collect()
}

fn of_pair(places: &Places, cluster: &Cluster, one: ServerId, other: ServerId) -> Vec<Sign> {
    let rule = |from, to| {
        let link = cluster.links().get(Node::Server(from), Node::Server(to));
        link.map(|link| link.rule).unwrap_or_default()
    };
    let (there, back) = (rule(one, other), rule(other, one));
    let sign = |kind, text, from, to, share| at(places, kind, text, from, to, share);
    let mut signs = Vec::new();
    match (there.cut, back.cut) {
        (true, true) => signs.push(sign(SignKind::Cut, "╳".to_owned(), one, other, 0.5)),
        (true, false) => signs.push(one_way(places, one, other)),
        (false, true) => signs.push(one_way(places, other, one)),
        (false, false) => {}
    }
    let (there, back) = (words(&there), words(&back));
    if there == back {
        signs.extend(there.map(|text| sign(SignKind::Rule, text, one, other, 0.5)));
    } else {
        signs.extend(there.map(|text| sign(SignKind::Rule, text, one, other, 0.7)));
        signs.extend(back.map(|text| sign(SignKind::Rule, text, other, one, 0.7)));
    }
    signs.into_iter().flatten().collect()
}

/// A cut one way stands on the side of the receiver that hears nothing.
fn one_way(places: &Places, from: ServerId, to: ServerId) -> Option<Sign> {
    let (start, end) = (places.rects.get(from.index())?, places.rects.get(to.index())?);
    let text = if end.x >= start.x { "►╳" } else { "╳◄" };
    at(places, SignKind::Cut, text.to_owned(), from, to, 0.75)
}

/// A sign at this share of the way between two servers.
fn at(
    places: &Places,
    kind: SignKind,
    text: String,
    from: ServerId,
    to: ServerId,
    share: f64,
) -> Option<Sign> {
    let width = text.chars().count() as u16;
    let (x, y) = places.way(from.index(), to.index(), width)?.cell(share);
    Some(Sign { x, y, width, text, kind })
}

/// "10%", "500ms" or both; `None` for a link that is as the network says.
fn words(rule: &LinkRule) -> Option<String> {
    let loss = rule.loss.filter(|loss| *loss != Ppm::ZERO).map(|loss| loss.to_string());
    let delay = rule.delay.filter(|delay| delay.high != Span::ZERO).map(|delay| {
        if delay.low == delay.high {
            delay.high.to_string()
        } else {
            shortest(delay.low, delay.high)
        }
    });
    let twice = rule.duplicate.filter(|share| *share != Ppm::ZERO).map(|_| "2x".to_owned());
    let words: Vec<String> = [loss, delay, twice].into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// "5-30ms" where both ends are in milliseconds, else as scripts write it.
fn shortest(low: Span, high: Span) -> String {
    let (low, high) = (low.to_string(), high.to_string());
    match (low.strip_suffix("ms"), high.ends_with("ms")) {
        (Some(number), true) => format!("{number}-{high}"),
        _ => format!("{low}..{high}"),
    }
}
