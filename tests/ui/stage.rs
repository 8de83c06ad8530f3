//! A cluster with a view of it, for tests of the screen: commands go in as lines of the script
//! language, frames come out.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::config::Config;
use raftlab::cluster::time::Span;
use raftlab::cluster::types::{ServerId, Term};
use raftlab::ui::trace::Trace;
use raftlab::ui::view::Hint;
use raftlab::ui::{self, Scene, View};

pub struct Stage {
    pub cluster: Cluster,
    pub trace: Trace,
    pub view: View,
}

impl Stage {
    /// A cluster at its beginning.
    pub fn new(servers: u8, seed: u64) -> Self {
        let view = View { pace: "40× slower".into(), hints: hints(), ..View::default() };
        let cluster = Cluster::new(Config { servers, seed, ..Config::default() });
        let mut stage = Self { cluster, trace: Trace::default(), view };
        stage.listen();
        stage
    }

    fn listen(&mut self) {
        self.trace.extend(self.cluster.events(), self.cluster.names());
    }

    /// Carries out lines of the script language.
    pub fn act(&mut self, lines: &[&str]) {
        for line in lines {
            let command = parse_line(line).unwrap_or_else(|bad| panic!("{line}: {bad:?}"));
            self.cluster.apply(&command).unwrap_or_else(|bad| panic!("{line}: {bad}"));
            self.listen();
        }
    }

    /// Tells something by hand, and lets what follows from it at once happen.
    pub fn tell(&mut self, lines: &[&str]) {
        for line in lines {
            self.act(&[line]);
            while self.cluster.is_told_pending() {
                self.cluster.step();
                self.listen();
            }
        }
    }

    pub fn run(&mut self, millis: u64) {
        let end = self.cluster.now() + Span::from_millis(millis);
        while self.cluster.next_due().is_some_and(|due| due <= end) {
            self.cluster.step();
            self.listen();
        }
        self.cluster.advance(end);
    }

    /// Steps until something is the case, for at most a minute of lab time.
    pub fn until(&mut self, is_so: impl Fn(&Cluster) -> bool) {
        let end = self.cluster.now() + Span::from_secs(60);
        while !is_so(&self.cluster) {
            assert!(self.cluster.now() < end, "it never came to that");
            self.cluster.step();
            self.listen();
        }
    }

    pub fn until_leader(&mut self) {
        self.until(|cluster| cluster.leader().is_some());
    }

    /// Lets every client finish.
    pub fn until_idle(&mut self) {
        self.until(|cluster| cluster.clients().iter().all(|client| client.job.is_none()));
    }

    pub fn leader(&self) -> ServerId {
        self.cluster.leader().expect("a leader")
    }

    /// Any server that follows.
    pub fn follower(&self) -> ServerId {
        let leader = self.leader();
        let mut servers = self.cluster.servers().iter().map(|server| server.id);
        servers.find(|server| *server != leader).expect("a second server")
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene { cluster: &self.cluster, view: &self.view, trace: &self.trace }
    }

    pub fn frame(&self, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        ui::draw_into(&mut buffer, &self.scene());
        buffer
    }
}

/// The rows of a frame, without the blanks at their ends.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let cells: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
    cells.chunks(width).map(|row| row.concat().trim_end().to_owned()).collect()
}

/// A leader that lost its majority still leads, as far as it knows; the others have elected a
/// new one, and each side has taken a write of its own.
pub fn lost_majority() -> Stage {
    let mut stage = Stage::new(5, 7);
    stage.until_leader();
    for line in ["set x 1 client=a", "set y 5 client=b", "set x 2 client=c"] {
        stage.act(&[line]);
        stage.until_idle();
        stage.run(20);
    }
    let (old, friend) = (stage.leader(), stage.follower());
    stage.act(&[
        &format!("partition {old} {friend} | rest"),
        &format!("put x 9 @2 client=b only={old}"),
    ]);
    let term = stage.cluster.term();
    stage.until(|cluster| cluster.leader().is_some_and(|leader| newer(cluster, leader, term)));
    let new = stage.leader();
    stage.act(&[&format!("put x 3 @2 client=a only={new}")]);
    stage.until(|cluster| cluster.client_named("a").is_some_and(|client| client.job.is_none()));
    stage.run(9);
    stage
}

fn newer(cluster: &Cluster, leader: ServerId, term: Term) -> bool {
    cluster.server(leader).is_some_and(|server| server.raft.term() > term)
}

fn hints() -> Vec<Hint> {
    let keys = [
        ("Space", "stop"),
        (".", "step"),
        ("c", "write"),
        ("v", "read"),
        ("X", "crash leader"),
        ("P", "partition"),
        ("H", "heal"),
        ("-/+", "pace"),
        ("w", "why"),
        (":", "command"),
        ("?", "help"),
    ];
    keys.map(|(key, word)| Hint::new(key, word)).to_vec()
}
