//! A script with many seeds, as a test of one's own would play it: `cargo run --example seeds`.

use raftlab::cluster::command::Script;
use raftlab::cluster::{Cluster, Step};

const SCRIPT: &str = "\
cluster servers=5
until leader
set x 1
crash leader
set x 2
expect reply = ok
restart all
until converged within 10s
expect safe and linearizable
";

fn main() {
    let script = Script::parse("seeds.lab", SCRIPT.as_bytes()).unwrap_or_else(|mistakes| {
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"));
    });
    for seed in 1..=100 {
        let mut cluster = Cluster::with_script(&script, Some(seed));
        while !cluster.finished() && cluster.step() == Step::Happened {}
        if let Some(failure) = cluster.failure() {
            println!("seed {seed}: line {}: {}", failure.line, failure.actual);
        }
        if let Some(broken) = cluster.violation() {
            println!("seed {seed}: {}", broken.evidence);
        }
    }
    println!("100 seeds played");
}
