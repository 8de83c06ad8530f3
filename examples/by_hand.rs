//! A run without a script: commands, one after the other, and what they bring about.
//! `cargo run --example by_hand`.

use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::config::Config;
use raftlab::cluster::time::Time;

fn main() {
    let clients = vec!["a".to_owned()];
    let mut cluster = Cluster::new(Config { servers: 3, seed: 7, clients, ..Config::default() });
    cluster.run_until(Time(1_000_000));
    for line in ["put x 1 @0 client=a", "crash leader"] {
        let command = parse_line(line).expect("a command");
        if let Err(why) = cluster.apply(&command) {
            println!("{line}: {why}");
        }
        let until = cluster.now().micros() + 1_000_000;
        while cluster.now().micros() < until && cluster.next_due().is_some() {
            cluster.step();
            for event in cluster.events() {
                println!("{} {}", event.time, event.headline(cluster.names()));
            }
        }
    }
    println!("digest {:016x}", cluster.digest());
}
