//! madsim: the pattern of messages over its endpoints, each node at an address of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madsim::Config;
use madsim::net::Endpoint;
use madsim::runtime::Runtime;
use madsim::time::{MissedTickBehavior, interval, sleep};

use super::pattern::{BYTES_MAX, HEARTBEAT, Leader, Message, To};
use crate::book::Round;
use crate::labs::DELAY;

const TAG: u64 = 1;

/// A simulation that goes on from round to round.
pub struct World {
    runtime: Runtime,
    delivered: Arc<AtomicU64>,
}

impl World {
    /// A leader that is there from the start, its followers, and clients.
    pub fn new(servers: usize, clients: u32) -> Self {
        let mut config = Config::default();
        // The range must not be empty.
        let delay = Duration::from_millis(DELAY);
        config.net.send_latency = delay..delay + Duration::from_nanos(1);
        let runtime = Runtime::with_seed_and_config(7, config);
        let delivered = Arc::new(AtomicU64::new(0));
        for follower in 1..servers {
            let node = runtime.create_node().ip(address(follower).ip()).build();
            node.spawn(follow(address(follower), delivered.clone()));
        }
        let node = runtime.create_node().ip(address(0).ip()).build();
        node.spawn(lead(servers, delivered.clone()));
        if clients > 0 {
            let node = runtime.create_node().ip(address(200).ip()).build();
            node.spawn(ask(clients, delivered.clone()));
        }
        let mut world = Self { runtime, delivered };
        world.play(Duration::from_secs(1));
        world
    }

    /// Lets the simulated time pass.
    pub fn play(&mut self, span: Duration) -> Round {
        let before = self.delivered.load(Ordering::Relaxed);
        Round::timed(|| {
            // The sleep has to begin in there, where the clock is.
            self.runtime.block_on(async move { sleep(span).await });
            self.delivered.load(Ordering::Relaxed) - before
        })
    }
}

fn address(node: usize) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, node as u8 + 1)), 700)
}

/// Where a node's messages are copied to and from.
struct Wire {
    endpoint: Endpoint,
    sent: Vec<u8>,
    received: Vec<u8>,
    delivered: Arc<AtomicU64>,
}

impl Wire {
    async fn new(node: SocketAddr, delivered: Arc<AtomicU64>) -> Self {
        let endpoint = Endpoint::bind(node).await.expect("the address is free");
        Self { endpoint, sent: Vec::new(), received: vec![0; BYTES_MAX], delivered }
    }

    async fn next(&mut self) -> (Message, SocketAddr) {
        let received = self.endpoint.recv_from(TAG, &mut self.received).await;
        let (length, from) = received.expect("nobody closes the endpoint");
        self.delivered.fetch_add(1, Ordering::Relaxed);
        (Message::decode(&self.received[..length]), from)
    }

    async fn send(&mut self, to: SocketAddr, message: Message) {
        message.encode(&mut self.sent);
        self.endpoint.send_to(to, TAG, &self.sent).await.expect("the network takes it");
    }
}

async fn follow(own: SocketAddr, delivered: Arc<AtomicU64>) {
    let mut wire = Wire::new(own, delivered).await;
    loop {
        if let (Message::Append { last, .. }, leader) = wire.next().await {
            wire.send(leader, Message::Ack { last }).await;
        }
    }
}

async fn lead(servers: usize, delivered: Arc<AtomicU64>) {
    let mut wire = Wire::new(address(0), delivered).await;
    // Whoever is to hear the first heartbeat listens by now.
    sleep(Duration::from_millis(1)).await;
    let followers: Vec<SocketAddr> = (1..servers).map(address).collect();
    let mut clients = None;
    let mut leader = Leader::new(servers);
    let mut out = Vec::new();
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = heartbeat.tick() => leader.beat(&mut out),
            message = wire.next() => match message {
                (Message::Ack { last }, from) => {
                    let follower = followers.iter().position(|address| *address == from);
                    leader.ack(follower.unwrap_or_default(), last, &mut out);
                }
                (Message::Request { client }, from) => {
                    clients = Some(from);
                    leader.ask(client, &mut out);
                }
                (Message::Append { .. } | Message::Reply { .. }, _) => {}
            },
        }
        for (to, message) in out.drain(..) {
            let to = match to {
                To::Follower(follower) => Some(followers[follower]),
                To::Clients => clients,
            };
            if let Some(to) = to {
                wire.send(to, message).await;
            }
        }
    }
}

async fn ask(clients: u32, delivered: Arc<AtomicU64>) {
    let mut wire = Wire::new(address(200), delivered).await;
    sleep(Duration::from_millis(2)).await;
    for client in 0..clients {
        wire.send(address(0), Message::Request { client }).await;
    }
    loop {
        if let (Message::Reply { client }, _) = wire.next().await {
            wire.send(address(0), Message::Request { client }).await;
        }
    }
}
