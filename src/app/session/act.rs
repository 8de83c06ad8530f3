//! The keys of normal mode that act on the cluster. Each finds its command, or the reason why it
//! can do nothing now.

use super::dialog::{Asking, Menu, Reading};
use super::look::Way;
use super::partition::Split;
use super::prompt::Line;
use super::time::Until;
use super::{Effect, Mode, Origin, Session};
use crate::app::input::Chord;
use crate::app::keymap::{Jump, KeyMode, Normal};
use crate::cluster::Refusal;
use crate::cluster::act::Hindrance;
use crate::cluster::client::Work;
use crate::cluster::command::{
    Command, Deed, LabAct, Operation, Order, ServerAct, Text, Timers, VersionWord, Who,
};
use crate::cluster::config::Config;
use crate::cluster::network::LinkRule;
use crate::cluster::plain::quoted;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Node, Request, ServerId, Version};
use crate::ui::view::LinkEdit;

/// The key that the keys `c` and `v` write and read.
const KEY: &str = "x";
/// How many of the newest records are searched for the largest number.
const RECENT_WRITES: usize = 1_000;

impl Session {
    pub(super) fn normal(&mut self, action: Normal, pressed: Chord) -> Option<Effect> {
        self.learn(action);
        match action {
            Normal::ToggleTime => self.toggle_time(),
            Normal::StepShown => self.step_until(Until::Shown),
            Normal::StepVery => self.step_until(Until::Any),
            Normal::StepBack => self.jump_back(Jump::Shown),
            Normal::JumpOn => self.mode = Mode::Jump(Way::Forwards),
            Normal::JumpBack => self.mode = Mode::Jump(Way::Back),
            Normal::PreviousLine => self.previous_line(),
            Normal::Undo => self.undo(),
            Normal::Redo => self.redo(),
            Normal::Bookmark => self.bookmark(),
            Normal::PacketMode => self.packet_mode(),
            Normal::Breakpoints => self.list_breakpoints(),
            Normal::Watches => self.list_watches(0),
            Normal::NextLine => self.step_until(Until::Line),
            Normal::Slower => self.slower(),
            Normal::Faster => self.faster(),
            Normal::AutoPace => self.set_pace(crate::cluster::command::Pace::Auto),
            Normal::SelectServer => self.select_by_key(pressed),
            Normal::SelectLeader => self.select_leader(),
            Normal::Crash => self.act_on_selected(ServerAct::Crash, "x"),
            Normal::CrashLeader => self.crash_leader(),
            Normal::Restart => {
                self.learn(Normal::RestartAll);
                self.act_on_selected(ServerAct::Restart, "r");
            }
            Normal::RestartAll => self.restart_all(),
            Normal::SleepOrWake => self.sleep_or_wake(),
            Normal::Isolate => self.isolate(false),
            Normal::IsolateFromAll => self.isolate(true),
            Normal::Timeout => self.act_on_selected(ServerAct::Timeout, "t"),
            Normal::SpreadTimers => self.timers(Timers::Spread, "T"),
            Normal::AlignTimers => self.timers(Timers::Align, "A"),
            Normal::Wipe => self.ask_to_wipe(),
            Normal::Mark => self.mark(),
            Normal::PartitionMode => self.partition_mode(),
            Normal::LinkMode => {
                if self.may_open(Normal::LinkMode) {
                    self.mode = Mode::Link(LinkEdit::default());
                }
            }
            Normal::Heal => self.heal(),
            Normal::Networks => {
                self.mode = Mode::Reading(Reading::menu(Menu::Networks, &self.cluster));
            }
            Normal::Options => {
                self.mode = Mode::Reading(Reading::menu(Menu::Options, &self.cluster));
            }
            Normal::Flaws => {
                self.mode = Mode::Reading(Reading::menu(Menu::Flaws, &self.cluster));
            }
            Normal::Write => drop(self.apply(&Deed::Operate(self.write()).into(), "c")),
            Normal::Read => drop(self.apply(&Deed::Operate(read()).into(), "v")),
            Normal::WritePrompt => self.order_in_prompt(self.write()),
            Normal::ReadPrompt => self.order_in_prompt(read()),
            Normal::Inspect => self.inspect(),
            Normal::Why => self.why(),
            Normal::Filter => self.mode = Mode::Prompt(Line::filter(self.view.filter.as_deref())),
            Normal::Prompt => self.mode = Mode::Prompt(Line::default()),
            Normal::Present => self.present(),
            Normal::Big => self.toggle_big(),
            Normal::Help => self.open(Reading::help(self.help_keys())),
            Normal::Escape => self.escape(),
            Normal::Leave => self.mode = Mode::Asking(Asking::Leave),
            Normal::Suspend => return Some(Effect::Suspend),
            Normal::Redraw => return Some(Effect::Redraw),
            Normal::Copy => return Some(self.copy()),
            Normal::Save => self.mode = Mode::Prompt(Line::command("save ")),
        }
        None
    }

    /// Whose keys the help has first.
    fn help_keys(&self) -> KeyMode {
        if self.presents() { KeyMode::Presenter } else { KeyMode::Normal }
    }

    fn slower(&mut self) {
        match self.pacer.slower(&self.cluster) {
            true => self.relook(),
            false => self.refuse("this is the slowest pace"),
        }
    }

    fn faster(&mut self) {
        match self.pacer.faster(&self.cluster) {
            true => self.relook(),
            false => self.refuse("this is the fastest pace"),
        }
    }

    /// The selected server; says how to select one if none is.
    fn selected(&mut self) -> Option<Server> {
        let id = self.view.selection.server;
        let server = id.and_then(|id| self.cluster.server(id)).cloned();
        if server.is_none() {
            self.refuse("no server is selected: press its number, or 0 for the leader");
        }
        server
    }

    /// The leader; says so if there is none.
    fn leader(&mut self) -> Option<ServerId> {
        let leader = self.cluster.leader();
        if leader.is_none() {
            self.refuse("there is no leader now");
        }
        leader
    }

    fn select_leader(&mut self) {
        if let Some(leader) = self.leader() {
            self.select(leader);
        }
    }

    /// Does something to the selected server. Why it can't be done is the cluster's to say.
    fn act_on_selected(&mut self, act: ServerAct, key: &str) {
        if let Some(server) = self.selected() {
            self.apply(&act.to(one(server.id)), key);
        }
    }

    fn crash_leader(&mut self) {
        let Some(leader) = self.leader() else { return };
        self.select(leader);
        self.apply(&ServerAct::Crash.to(one(leader)), "X");
    }

    fn restart_all(&mut self) {
        let (down, asleep) = (self.all(Power::Down), self.all(Power::Asleep));
        if down.is_empty() && asleep.is_empty() {
            return self.refuse("restart all: every server is up and awake");
        }
        if !down.is_empty() {
            self.apply(&ServerAct::Restart.to(down), "R");
        }
        if !asleep.is_empty() {
            self.apply(&ServerAct::Wake.to(asleep), "R");
        }
    }

    fn all(&self, power: Power) -> Vec<Who> {
        let servers = self.cluster.servers().iter();
        servers
            .filter(|server| server.power == power)
            .map(|server| Who::Server(server.id))
            .collect()
    }

    fn sleep_or_wake(&mut self) {
        let sleeps = self.selected().is_some_and(|server| server.power == Power::Asleep);
        self.act_on_selected(if sleeps { ServerAct::Wake } else { ServerAct::Sleep }, "z");
    }

    /// Cuts the selected server off, or joins it again if it is cut off like that already.
    fn isolate(&mut self, from_clients: bool) {
        let Some(server) = self.selected() else { return };
        let (id, key) = (server.id, if from_clients { "I" } else { "i" });
        let others = self.others(id, from_clients);
        if others.is_empty() {
            return self.refuse(format!("isolate: {id} has no peers"));
        }
        let cut = |other: &Node| {
            let own = Node::Server(id);
            !self.cluster.reaches(own, *other) && !self.cluster.reaches(*other, own)
        };
        if others.iter().all(cut) {
            self.apply(&ServerAct::Rejoin.to(one(id)), key);
        } else {
            self.apply(&ServerAct::Isolate { from_clients }.to(one(id)), key);
        }
    }

    /// Everybody that a server talks to.
    fn others(&self, id: ServerId, clients: bool) -> Vec<Node> {
        let servers = self.cluster.servers().iter().map(|server| server.id);
        let peers = servers.filter(|other| *other != id).map(Node::Server);
        let clients = if clients { self.cluster.clients() } else { &[] };
        peers.chain(clients.iter().map(|client| Node::Client(client.id))).collect()
    }

    fn timers(&mut self, timers: Timers, key: &str) {
        self.apply(&LabAct::Timers(timers).into(), key);
    }

    fn ask_to_wipe(&mut self) {
        let Some(id) = self.selected().map(|server| server.id) else { return };
        match self.cluster.clone().apply(&ServerAct::Wipe.to(one(id))) {
            Ok(_) => self.mode = Mode::Asking(Asking::Wipe(id)),
            Err(refusal) => self.refuse(with_key(&refusal)),
        }
    }

    fn mark(&mut self) {
        let Some(id) = self.selected().map(|server| server.id) else { return };
        if self.marked.contains(id) {
            self.marked.remove(id);
        } else {
            self.marked.insert(id);
        }
        match self.marked.is_empty() {
            true => self.note("no server is marked"),
            false => self.note(format!("marked: {}; P puts them in group B", self.marked)),
        }
    }

    fn partition_mode(&mut self) {
        if self.cluster.servers().len() < 2 {
            return self.refuse("partition: there is only one server");
        }
        if !self.may_open(Normal::PartitionMode) {
            return;
        }
        self.mode = Mode::Partition(Split::new(&self.cluster, self.marked));
    }

    pub(super) fn heal(&mut self) {
        if self.links_are_whole() {
            return self.refuse("heal: every link is whole");
        }
        self.apply(&LabAct::Heal.into(), "H");
    }

    fn links_are_whole(&self) -> bool {
        let servers = self.cluster.servers().iter().map(|server| Node::Server(server.id));
        let clients = self.cluster.clients().iter().map(|client| Node::Client(client.id));
        let nodes: Vec<Node> = servers.chain(clients).collect();
        let whole = |from: Node, to: Node| {
            let link = self.cluster.links().get(from, to);
            link.is_none_or(|link| link.rule == LinkRule::default())
        };
        nodes.iter().all(|from| nodes.iter().all(|to| whole(*from, *to)))
    }

    /// A write of the next number, by whichever verb a challenge allows.
    fn write(&self) -> Order {
        let (key, value) = (Text::new(KEY), Text::new(&self.next_number().to_string()));
        let may = |verb: &str| self.cluster.permits(verb).is_ok();
        if may("set") || !may("submit") {
            return Order::new(Operation::Set { key, value });
        }
        let version = VersionWord::Number(Version::ZERO);
        let leader = self.view.selection.server.map_or(Who::Leader, Who::Server);
        let submit = Operation::Submit { key, value, version };
        Order { only: Some(leader), ..Order::new(submit) }
    }

    /// One more than the largest number that anybody has written, or is about to write.
    fn next_number(&self) -> u64 {
        let number = |key: &str, value: &str| value.parse::<u64>().ok().filter(|_| key == KEY);
        let written = self.cluster.history().records().iter().rev().take(RECENT_WRITES);
        let written = written.filter_map(|record| match &record.request {
            Request::Put { key, value, .. } => number(key, value),
            Request::Get { .. } => None,
        });
        let clients = self.cluster.clients().iter();
        let jobs = clients.flat_map(|client| client.job.iter().chain(&client.queue));
        let ordered = jobs.filter_map(|job| match &job.work {
            Work::Set { key, value } | Work::Put { key, value, .. } => number(key, value),
            Work::Get { .. } | Work::Check { .. } | Work::Acquire { .. } | Work::Release { .. } => {
                None
            }
        });
        written.chain(ordered).max().unwrap_or(0).saturating_add(1)
    }

    /// Opens the prompt with an order, through the selected server if there is one.
    fn order_in_prompt(&mut self, order: Order) {
        let only = self.view.selection.server.map(Who::Server);
        let text = Command::Deed(Deed::Operate(Order { only, ..order })).to_string();
        self.mode = Mode::Prompt(Line::command(&text));
    }

    fn escape(&mut self) {
        if self.view.filter.is_some() {
            self.filter(None);
        } else if !self.marked.is_empty() {
            self.marked = Default::default();
        } else if self.view.zoomed.is_some() {
            self.leave_zoom();
        } else {
            self.view.selection = Default::default();
        }
        self.notice = None;
    }

    /// What replays this moment, for the clipboard: a command line, or a script of its own once
    /// you have acted.
    fn copy(&mut self) -> Effect {
        let Config { servers, seed, network, .. } = self.cluster.config();
        let text = match &self.origin {
            Origin::File(path) if self.cluster.is_observed() => {
                format!("raftlab view {}", quoted(&path.display().to_string()))
            }
            _ if self.cluster.point().deeds > 0 => self.as_script(false),
            Origin::File(path) => {
                format!("raftlab run {} --seed {seed}", quoted(&path.display().to_string()))
            }
            Origin::Free => {
                format!("raftlab --servers {servers} --network {network} --seed {seed}")
            }
        };
        let lines = text.lines().count();
        self.note(match lines {
            1 => format!("copied: {text}"),
            _ => format!("copied: {lines} lines of a script"),
        });
        Effect::Copy(text)
    }
}

/// Why something can't be done, and the key that helps.
pub(super) fn with_key(refusal: &Refusal) -> String {
    let key = match refusal {
        Refusal::Servers(reasons) => match reasons.as_slice() {
            [(_, Hindrance::Down)] => "; r restarts it",
            [(_, Hindrance::Asleep)] => "; z wakes it",
            [(_, Hindrance::Runs)] => " (x)",
            _ => "",
        },
        Refusal::NotSo(_) | Refusal::Foreign(_) | Refusal::Words(_) => "",
    };
    format!("{refusal}{key}")
}

fn one(id: ServerId) -> Vec<Who> {
    vec![Who::Server(id)]
}

fn read() -> Order {
    Order::new(Operation::Get { key: Text::new(KEY) })
}
