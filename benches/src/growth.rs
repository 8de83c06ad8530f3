//! How cost grows with the log, the servers, the clients and the history. The points of these
//! curves are in the report's charts.

use raftlab::cluster::time::Span;
use raftlab::cluster::{Cluster, Step};

use crate::book::{Book, Round, Side, Unit};
use crate::labs::{commits, deliveries, play, served};

/// How long logs get.
pub const LOGS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// How many servers there are.
pub const SERVERS: [usize; 6] = [3, 5, 7, 9, 15, 25];
/// How many clients there are.
pub const CLIENTS: [usize; 4] = [1, 10, 100, 1_000];

/// The whole subject. The growth with the history is measured by its own subject.
pub fn measure(book: &mut Book) {
    if book.wants("growth/log") {
        log(book);
    }
    for servers in SERVERS {
        let name = format!("growth/servers/{servers}");
        if book.wants(&name) {
            let cluster = served(servers, 0);
            let span = Span::from_secs(1_000 / servers as u64);
            let amount = deliveries(&cluster, span);
            played(book, &name, "messages", &cluster, span, amount);
        }
    }
    for clients in CLIENTS {
        let name = format!("growth/clients/{clients}");
        if book.wants(&name) {
            let cluster = served(5, clients);
            let span = Span::from_millis(if clients < 10 { 5_000 } else { 500 });
            let mut copy = cluster.clone();
            play(&mut copy, span);
            let amount = commits(&copy) - commits(&cluster);
            played(book, &name, "commits", &cluster, span, amount);
        }
    }
}

/// Commits go on while the log gets longer: what do the next ones cost, and a clone?
fn log(book: &mut Book) {
    // Each client has one key of its own, so that nothing grows but the log and what hangs on it.
    let mut cluster = served(5, 64);
    for length in LOGS {
        while commits(&cluster) < length && cluster.step() == Step::Happened {}
        let span = Span::from_millis(200);
        let mut copy = cluster.clone();
        play(&mut copy, span);
        let amount = commits(&copy) - commits(&cluster);
        played(book, &format!("growth/log/{length}"), "commits", &cluster, span, amount);
        let mut clones: Vec<f64> = (0..100)
            .map(|_| {
                let begin = std::time::Instant::now();
                let copy = std::hint::black_box(cluster.clone());
                let took = begin.elapsed().as_secs_f64();
                drop(copy);
                took
            })
            .collect();
        let took = crate::book::median(&mut clones);
        book.note(&format!("growth/checkpoint/{length}"), took, Unit::Seconds);
    }
}

fn played(
    book: &mut Book,
    name: &str,
    counted: &'static str,
    cluster: &Cluster,
    span: Span,
    amount: u64,
) {
    let ours = Side::ours(|| {
        let mut copy = cluster.clone();
        let round = Round::timed(|| {
            play(&mut copy, span);
            amount
        });
        drop(copy);
        round
    });
    book.contest(name, counted, vec![ours]);
}
