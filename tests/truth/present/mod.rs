//! What `w` says of the present, held against the state, or against what a copy of the cluster does
//! when it is played on.

mod client;
mod entry;
mod packet;
mod server;
mod trial;

use std::borrow::Cow;

use raftlab::cluster::Cluster;
use raftlab::cluster::explain;
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::network::Packet;
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{ClientId, Index, Node, PacketId, ServerId, ServerSet};

use crate::books::Books;
use crate::template::best;
use crate::words::{Row, id, lists, row};

use client::CLIENT;
use entry::ENTRY;
use packet::{PACKET, comes_of_it};
use server::SERVER;

/// What is explained.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Server(ServerId),
    Entry(ServerId, Index),
    Client(ClientId),
    Packet(PacketId),
}

pub struct Scene<'a> {
    pub cluster: &'a Cluster,
    pub books: &'a Books,
    pub about: About,
}

/// Forms of sentences, and what must be so when one is said.
type Forms = &'static [(&'static str, fn(&Scene, &[&str]) -> bool)];

/// Checks everything that can be explained now; tells what is not so.
pub fn check(cluster: &Cluster, books: &Books) -> Result<(), String> {
    for server in cluster.servers() {
        let id = server.id;
        let lines = explain::server(cluster, id, &[]);
        sentences(&lines, &Scene { cluster, books, about: About::Server(id) }, SERVER)?;
        let last = server.raft.log().last_index().0;
        for index in (last.saturating_sub(3).max(1)..=last).map(Index) {
            let lines = explain::entry(cluster, id, index, &[]);
            let about = About::Entry(id, index);
            sentences(&lines, &Scene { cluster, books, about }, ENTRY)?;
        }
    }
    for client in cluster.clients() {
        let lines = explain::client(cluster, client.id, &[]);
        let about = About::Client(client.id);
        sentences(&lines, &Scene { cluster, books, about }, CLIENT)?;
    }
    for packet in cluster.packets().into_iter().take(8) {
        let text = explain::packet(cluster, packet.id, &[]).join(" ");
        let scene = Scene { cluster, books, about: About::Packet(packet.id) };
        let (words, then) = text.split_once(" If it arrived now: ").unwrap_or((&text, ""));
        sentences(&[words.to_owned()], &scene, PACKET)?;
        if !then.is_empty() && !comes_of_it(&scene, packet, then) {
            return Err(format!("{:?}: {text}", scene.about));
        }
    }
    Ok(())
}

fn sentences(lines: &[String], scene: &Scene, forms: Forms) -> Result<(), String> {
    let text = lines.join(" ");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = rest.match_indices(". ").map(|(place, _)| place + 1).find(|end| {
            rest[*end..]
                .trim_start()
                .starts_with(|one: char| one.is_uppercase() || one.is_ascii_digit())
        });
        let (sentence, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.trim_start();
        let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
        if matches!(scene.about, About::Server(_)) && scene.tells_absence(sentence) {
            continue;
        }
        match best(forms, sentence) {
            Some((holes, holds)) if holds(scene, &holes) => {}
            Some(_) => return Err(format!("not so, {:?}: {sentence}", scene.about)),
            None => return Err(format!("nobody tests this, {:?}: {sentence}", scene.about)),
        }
    }
    Ok(())
}

impl<'a> Scene<'a> {
    pub fn server(&self, word: &str) -> &'a Server {
        self.server_of(id(word))
    }

    pub fn server_of(&self, id: ServerId) -> &'a Server {
        self.cluster.server(id).expect("the server is there")
    }

    pub fn own(&self) -> &'a Server {
        match self.about {
            About::Server(id) | About::Entry(id, _) => self.server_of(id),
            About::Client(_) | About::Packet(_) => panic!("this is about no server"),
        }
    }

    pub fn all(&self) -> u64 {
        self.cluster.servers().len() as u64
    }

    /// More than half; one less where the flaw that allows it is named.
    pub fn is_enough(&self, needed: u64, by_flaw: bool) -> bool {
        let rule = self.all() / 2 + 1;
        needed == if by_flaw { (rule - 1).max(1) } else { rule }
    }

    /// The words without the note that fewer are enough for this server, and whether it was there;
    /// `None` if it is not so.
    pub fn noted<'w>(&self, words: &'w str, server: &Server) -> Option<(Cow<'w, str>, bool)> {
        let flawed = server.raft.rules().flaws.has(Flaw::SmallMajority);
        let note = format!(" (flaw small-majority: the rule is {} (§5.2))", self.all() / 2 + 1);
        let noted = words.contains(&note);
        let fewer = flawed && self.all() > 1;
        (noted == fewer).then(|| (Cow::from(words.replacen(&note, "", 1)), noted))
    }

    /// A flaw that somebody has, told as the table of flaws tells it.
    pub fn names_flaw(&self, w: &[&str]) -> bool {
        let named = |flaw: Flaw| flaw.told() == format!("flaw {}: {}", w[0], w[1]);
        self.cluster.flaws().iter().any(|(flaw, _)| named(*flaw))
    }

    /// Whether an order for packets by hand stands for a packet's link.
    pub fn stands_order(&self, packet: &Packet) -> bool {
        trial::stands_order(self.cluster, packet)
    }

    pub fn reaches_both_ways(&self, one: ServerId, other: ServerId) -> bool {
        let (one, other) = (Node::Server(one), Node::Server(other));
        self.cluster.reaches(one, other) && self.cluster.reaches(other, one)
    }

    pub fn reached(&self) -> ServerSet {
        let own = self.own().id;
        let others = self.cluster.servers().iter().filter(|other| other.id != own);
        let reached =
            others.filter(|other| other.is_running() && self.reaches_both_ways(own, other.id));
        reached.map(|other| other.id).collect()
    }

    pub fn due(&self, at: Time) -> String {
        let left = at.since(self.cluster.now());
        // Milliseconds that have begun.
        let whole = left.micros().div_ceil(1_000) * 1_000;
        let left = span(if left.micros() < 1_000 { left } else { Span(whole) });
        if self.cluster.is_by_hand() {
            format!("by hand, with {left} left")
        } else {
            format!("in {left}")
        }
    }

    /// Of which of these servers a server gets no answer, and why.
    pub fn absent(&self, own: ServerId, among: ServerSet) -> Vec<Row> {
        let with = |power: Power, hears: bool, heard: bool| -> ServerSet {
            let is = |other: &ServerId| {
                let (to, back) = (Node::Server(own), Node::Server(*other));
                let links = (self.cluster.reaches(to, back), self.cluster.reaches(back, to));
                let its = self.server_of(*other).power;
                its == power && (power != Power::Up || links == (hears, heard))
            };
            among.iter().filter(is).collect()
        };
        let mute = format!("{own} does not hear {{}}");
        let (one, many) = (format!("{{}} does not hear {own}"), format!("{{}} do not hear {own}"));
        vec![
            row("{} is cut off", "{} are cut off", with(Power::Up, false, false)),
            row(&one, &many, with(Power::Up, false, true)),
            row(&mute, &mute, with(Power::Up, true, false)),
            row("{} is down", "{} are down", with(Power::Down, false, false)),
            row("{} is asleep", "{} are asleep", with(Power::Asleep, false, false)),
        ]
    }

    /// Whether a sentence says rightly who does not answer this server: of all, or of those that a
    /// candidate has not heard from yet.
    fn tells_absence(&self, sentence: &str) -> bool {
        let own = self.own();
        let others = self.cluster.servers().iter().map(|other| other.id);
        let others: ServerSet = others.filter(|id| *id != own.id).collect();
        let silent = others.without(own.raft.votes()).without(own.raft.refusals());
        [others, silent].iter().any(|among| lists(sentence, &self.absent(own.id, *among)))
    }
}

/// As the lab writes a length of time.
pub fn span(span: Span) -> String {
    match span.micros() {
        0 => "0 ms".to_owned(),
        1..1_000 => "less than 1 ms".to_owned(),
        micros @ 1_000..1_000_000 => format!("{} ms", micros / 1_000),
        micros => format!("{}.{:02} s", micros / 1_000_000, micros % 1_000_000 / 10_000),
    }
}
