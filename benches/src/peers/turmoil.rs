//! turmoil: the pattern of messages over its simulated UDP. Its ticks are of a millisecond, as
//! long as a message takes; they are its default.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use turmoil::net::UdpSocket;
use turmoil::{Builder, Result, Sim};

use super::pattern::{BYTES_MAX, HEARTBEAT, Leader, Message, To};
use crate::book::Round;
use crate::labs::DELAY;

const PORT: u16 = 700;

/// A simulation that goes on from round to round.
pub struct World {
    sim: Sim<'static>,
    delivered: Rc<Cell<u64>>,
}

impl World {
    /// A leader that is there from the start, its followers, and clients.
    pub fn new(servers: usize, clients: u32) -> Self {
        let mut sim = Builder::new()
            .simulation_duration(Duration::from_secs(1_000_000_000))
            .tick_duration(Duration::from_millis(1))
            .min_message_latency(Duration::from_millis(DELAY))
            .max_message_latency(Duration::from_millis(DELAY))
            .udp_capacity(100_000)
            .rng_seed(7)
            .build();
        let delivered = Rc::new(Cell::new(0));
        for follower in 1..servers {
            let delivered = delivered.clone();
            sim.host(name(follower), move || follow(delivered.clone()));
        }
        let count = delivered.clone();
        sim.host(name(0), move || lead(servers, count.clone()));
        if clients > 0 {
            let count = delivered.clone();
            sim.host("clients", move || ask(clients, count.clone()));
        }
        let mut world = Self { sim, delivered };
        world.play(Duration::from_secs(1));
        world
    }

    /// Lets the simulated time pass.
    pub fn play(&mut self, span: Duration) -> Round {
        let before = self.delivered.get();
        let end = self.sim.elapsed() + span;
        Round::timed(|| {
            while self.sim.elapsed() < end {
                self.sim.step().expect("no host of the bench fails");
            }
            self.delivered.get() - before
        })
    }
}

fn name(server: usize) -> String {
    format!("s{server}")
}

fn address(server: usize) -> SocketAddr {
    SocketAddr::new(turmoil::lookup(name(server)), PORT)
}

/// Where a host's messages are copied to and from.
struct Wire {
    socket: UdpSocket,
    sent: Vec<u8>,
    received: Vec<u8>,
    delivered: Rc<Cell<u64>>,
}

impl Wire {
    async fn new(delivered: Rc<Cell<u64>>) -> Result<Self> {
        let socket = UdpSocket::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT)).await?;
        Ok(Self { socket, sent: Vec::new(), received: vec![0; BYTES_MAX], delivered })
    }

    async fn next(&mut self) -> Result<(Message, SocketAddr)> {
        let (length, from) = self.socket.recv_from(&mut self.received).await?;
        self.delivered.set(self.delivered.get() + 1);
        Ok((Message::decode(&self.received[..length]), from))
    }

    async fn send(&mut self, to: SocketAddr, message: Message) -> Result {
        message.encode(&mut self.sent);
        self.socket.send_to(&self.sent, to).await?;
        Ok(())
    }
}

async fn follow(delivered: Rc<Cell<u64>>) -> Result {
    let mut wire = Wire::new(delivered).await?;
    loop {
        if let (Message::Append { last, .. }, leader) = wire.next().await? {
            wire.send(leader, Message::Ack { last }).await?;
        }
    }
}

async fn lead(servers: usize, delivered: Rc<Cell<u64>>) -> Result {
    let mut wire = Wire::new(delivered).await?;
    let followers: Vec<SocketAddr> = (1..servers).map(address).collect();
    let mut clients = None;
    let mut leader = Leader::new(servers);
    let mut out = Vec::new();
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = heartbeat.tick() => leader.beat(&mut out),
            message = wire.next() => match message? {
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
                wire.send(to, message).await?;
            }
        }
    }
}

async fn ask(clients: u32, delivered: Rc<Cell<u64>>) -> Result {
    let mut wire = Wire::new(delivered).await?;
    let leader = address(0);
    for client in 0..clients {
        wire.send(leader, Message::Request { client }).await?;
    }
    loop {
        if let (Message::Reply { client }, _) = wire.next().await? {
            wire.send(leader, Message::Request { client }).await?;
        }
    }
}
