//! What agreement costs: puts committed in a second of the processor, by five servers, with the network
//! between them and between clients and servers, the history of all answers, and every checker.
//!
//! Clients put values of 64 bytes, each its next one when the last one is answered. So there are
//! as many outstanding as there are clients.

use raftlab::cluster::time::Span;

use crate::book::{Book, Round, Side, Unit};
use crate::labs::{commits, play, served};

/// How many puts are outstanding, and for how long a round plays.
const OUTSTANDING: [(usize, Span); 2] = [(1, Span::from_secs(10)), (64, Span::from_secs(1))];

/// The whole subject.
pub fn measure(book: &mut Book) {
    for (clients, span) in OUTSTANDING {
        let name = format!("consensus/outstanding-{clients}");
        if !book.wants(&name) {
            continue;
        }
        let cluster = served(5, clients);
        let mut copy = cluster.clone();
        let handled = play(&mut copy, span);
        let amount = commits(&copy) - commits(&cluster);
        let ours = Side::ours(|| {
            let mut copy = cluster.clone();
            let round = Round::timed(|| {
                play(&mut copy, span);
                amount
            });
            assert_eq!(commits(&copy) - commits(&cluster), amount, "the same run, another end");
            round
        });
        let mut sides = vec![ours];
        add_peers(&mut sides, clients as u64);
        book.contest(&name, "commits", sides);
        let each = handled as f64 / amount as f64;
        book.note(&format!("{name}/events"), each, Unit::Count("events a commit"));
    }
}

/// The same number of nodes and outstanding entries, and entries as long as our values.
#[cfg(feature = "peers")]
fn add_peers(sides: &mut Vec<Side<'_>>, outstanding: u64) {
    let mut group = crate::peers::raft_rs::Group::new(5);
    sides.push(Side::new("raft-rs", move || group.commit(10_000, outstanding)));
}

#[cfg(not(feature = "peers"))]
fn add_peers(_: &mut Vec<Side<'_>>, _: u64) {}
