//! How fast the world turns: messages delivered in a second of the processor, through the whole path.
//!
//! A message counts when it arrives. Before that it was sent under its link's rule and lay in the
//! queue; then Raft stepped, entries were applied, events were made with their causes, and the
//! checkers looked at them. Nothing is switched off.

use raftlab::cluster::time::Span;

use crate::book::{Book, Round, Side, Unit};
use crate::labs::{deliveries, play, served};

/// Cluster sizes: the smallest that survives a crash, the usual one, and up to the largest.
const SERVERS: [usize; 4] = [3, 5, 9, 25];

/// The whole subject.
pub fn measure(book: &mut Book) {
    if cfg!(not(madsim)) {
        println!("skipped: madsim, which asks for a build with RUSTFLAGS=\"--cfg madsim\"");
    }
    for servers in SERVERS {
        contest(book, "idle", servers, 0, Span::from_secs(3_000 / servers as u64));
    }
    if let Some(rate) = book.value("engine/idle/5") {
        let cluster = served(5, 0);
        let minute = Span::from_secs(60);
        let messages = deliveries(&cluster, minute) as f64 / 60.0;
        book.note("engine/idle/5/lab-seconds", rate / messages, Unit::PerSecond("lab seconds"));
    }
    for servers in SERVERS {
        contest(book, "one-client", servers, 1, Span::from_secs(24 / servers as u64 + 1));
    }
    for servers in SERVERS {
        contest(book, "64-clients", servers, 64, Span::from_millis(3_000 / servers as u64));
    }
}

fn contest(book: &mut Book, pattern: &str, servers: usize, clients: usize, span: Span) {
    let name = format!("engine/{pattern}/{servers}");
    if !book.wants(&name) {
        return;
    }
    let cluster = served(servers, clients);
    let amount = deliveries(&cluster, span);
    let ours = Side::ours(|| {
        let mut copy = cluster.clone();
        let round = Round::timed(|| {
            play(&mut copy, span);
            amount
        });
        drop(copy);
        round
    });
    let mut sides = vec![ours];
    add_peers(&mut sides, servers, clients, span);
    book.contest(&name, "messages", sides);
}

#[cfg(feature = "peers")]
fn add_peers(sides: &mut Vec<Side<'_>>, servers: usize, clients: usize, span: Span) {
    use crate::peers;
    // Their rounds are shorter: the work is the same every second, and idle seconds cost them much.
    let share = if clients == 0 { 50 } else { 4 };
    let span = std::time::Duration::from_micros(span.micros() / share);
    let mut world = peers::turmoil::World::new(servers, clients as u32);
    sides.push(Side::new("turmoil", move || world.play(span)));
    #[cfg(madsim)]
    {
        let mut world = peers::madsim::World::new(servers, clients as u32);
        sides.push(Side::new("madsim", move || world.play(span)));
    }
}

#[cfg(not(feature = "peers"))]
fn add_peers(_: &mut Vec<Side<'_>>, _: usize, _: usize, _: Span) {}
