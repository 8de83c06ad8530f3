//! What the lab says of an event is so.
//!
//! Every sentence that an event makes is taken apart by its form alone, and each claim in it is held
//! against books that are kept from the run: who has given a vote to whom, what each disk holds, what
//! an append brought, on whose behalf an entry stands in the log. A sentence of a form that nobody
//! knows here fails: what is said and not tested can't be trusted. And where an event names a planted
//! flaw, the same step without the flaw must come to something else.

mod books;
mod claims;
mod present;
mod template;
mod words;

use std::fs;
use std::path::Path;

use raftlab::cluster::Cluster;
use raftlab::cluster::command::{Command, Deed, Script, parse_line};
use raftlab::cluster::event::{
    EventKind as E, LabEvent, PacketEvent, RaftEvent, ScriptEvent, ServerEvent,
};
use raftlab::cluster::flaw::{FLAWS, Flaw, Flaws};
use raftlab::cluster::raft::RaftOption;

use books::{Books, Step};

/// A run under watch.
struct Watched {
    name: String,
    cluster: Cluster,
    books: Books,
    /// Whether each step is tried without its flaws, too.
    tries: bool,
    /// After how many steps the present is explained, each time; never, if 0.
    explains: usize,
}

impl Watched {
    fn new(name: String, script: &Script, seed: Option<u64>) -> Self {
        let cluster = Cluster::with_script(script, seed);
        Self { name, cluster, books: Books::default(), tries: false, explains: 0 }
    }

    /// To the end, or for so many steps.
    fn play(&mut self, steps: usize) {
        for number in 0..steps {
            // What is told by hand for this moment happens before anything else.
            let still = !self.cluster.is_told_pending() && self.cluster.landed().next().is_none();
            if self.explains > 0 && number % self.explains == 0 && still {
                self.explain();
            }
            if self.cluster.finished() || self.cluster.is_stopped() {
                return;
            }
            let before = self.cluster.clone();
            self.cluster.step();
            self.look(&before);
        }
    }

    /// What is said of the present, at this moment.
    fn explain(&self) {
        if let Err(wrong) = present::check(&self.cluster, &self.books) {
            panic!("{} at {}: {wrong}", self.name, self.cluster.now());
        }
    }

    fn look(&mut self, before: &Cluster) {
        let after = &self.cluster;
        let heard = books::heard(before, after, &self.books);
        let heard = heard.as_ref().map(|(from, message)| (*from, message));
        for event in after.events() {
            let step = Step { before, after, books: &self.books, event, heard };
            let names = after.names();
            let (headline, reason) = (event.headline(names), event.reason(names));
            self.holds(&step, claims::HEADLINES, &headline);
            // A flaw's own sentence comes after the facts.
            let told: Vec<String> = event.named_flaws().iter().map(Flaw::told).collect();
            let facts = reason.as_deref().map(|reason| {
                let flaws = told.join("; ");
                let facts = reason.strip_suffix(&flaws).expect("it names every flaw");
                facts.strip_suffix("; ").unwrap_or(facts)
            });
            if let Some(facts) = facts.filter(|facts| !facts.is_empty())
                && !matches!(
                    event.kind,
                    E::Lab(LabEvent::Violated { .. })
                        | E::Script(ScriptEvent::Failed { .. } | ScriptEvent::Remarked { .. })
                )
            {
                self.holds(&step, claims::REASONS, facts);
            }
            self.books.note(after, event);
        }
        self.books.keep(after);
        if self.tries {
            self.try_without(before);
        }
    }

    fn holds(&self, step: &Step, forms: claims::Forms, text: &str) {
        let place = format!("{} at {}: {text}", self.name, step.after.now());
        match claims::check(step, forms, text) {
            Some(true) => {}
            Some(false) => panic!("not so: {place}\n{:?}", step.event),
            None => panic!("nobody tests this: {place}\n{:?}", step.event),
        }
    }

    /// The same step with no flaw at work: what an event names as decided by one is not decided so,
    /// and whatever comes out otherwise, a flaw is named for it.
    fn try_without(&self, before: &Cluster) {
        let mut trial = before.clone();
        if trial.is_stopped() || trial.flaws().is_empty() {
            return;
        }
        for (flaw, _) in before.flaws() {
            let off = parse_line(&format!("flaw {flaw} off")).expect("a good line");
            trial.apply(&off).expect("it can be taken away");
        }
        trial.step();
        let told = |cluster: &Cluster| -> Vec<String> {
            let telling = cluster.events().iter().filter(|event| !is_bookkeeping(&event.kind));
            telling.map(|event| event.headline(cluster.names())).collect()
        };
        // That a waiter is held is told once, and not at every look.
        let held =
            self.books.holds_waiters && told(&trial).iter().all(|it| it.contains("releases"));
        let named = self.cluster.events().iter().any(|event| !event.named_flaws().is_empty());
        let place = format!("{} at {}", self.name, self.cluster.now());
        if told(&trial) != told(&self.cluster) {
            assert!(
                named || held,
                "{place}: {:#?} without the flaw {:#?}",
                told(&self.cluster),
                told(&trial)
            );
        }
        for event in self.cluster.events().iter().filter(|event| decides_now(event)) {
            let same = trial.events().iter().any(|it| it.kind == event.kind);
            assert!(!same, "{place}: {event:?} comes without its flaw");
        }
    }
}

/// What is not the server's own doing, or differs in numbers only.
const fn is_bookkeeping(kind: &E) -> bool {
    matches!(
        kind,
        E::Lab(LabEvent::Violated { .. })
            | E::Script(ScriptEvent::LineRun { .. } | ScriptEvent::Failed { .. })
            | E::Packet(_, PacketEvent::Sent)
    )
}

/// Whether the flaw that an event names acted in this very step, and not in one before, so that the
/// event would be another without it.
fn decides_now(event: &raftlab::cluster::event::Event) -> bool {
    let earlier = match &event.kind {
        E::Raft(
            _,
            RaftEvent::VoteGranted { before, .. } | RaftEvent::ElectionStarted { before, .. },
        ) => before.is_some(),
        E::Raft(_, RaftEvent::BecameLeader { stale, .. }) => !stale.is_empty(),
        E::Raft(_, RaftEvent::Committed { .. }) => {
            event.flaws.has(Flaw::AckWholeLog) || event.flaws.has(Flaw::AckBeforeSync)
        }
        // What is lost of the disk, or left out of the map, is not told by numbers.
        E::Server(_, ServerEvent::Crashed { .. } | ServerEvent::Applied { .. }) => true,
        _ => false,
    };
    !event.flaws.is_empty() && !earlier
}

fn read(path: &Path) -> Script {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.display().to_string();
    Script::parse(&name, &text).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}"))
}

fn scripts(folder: &str) -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(folder);
    let files = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn parsed(text: &str) -> Script {
    Script::parse("test.lab", text.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

/// What `w` says of the present is held here against who is there from the start: `tests/members.rs` asks
/// what it says while members change.
fn changes_members(script: &Script) -> bool {
    let changes = |line: &raftlab::cluster::command::Line| {
        matches!(line.command, Command::Deed(Deed::Members(..)))
    };
    script.lines.iter().any(changes)
}

#[test]
fn what_is_said_of_each_flaw_at_work_is_so_and_names_it() {
    for script in scripts("flaws").iter().flat_map(Script::variants) {
        for seed in 1..=5 {
            let name = format!("{} {:?} seed {seed}", script.name, script.variant);
            let mut run = Watched::new(name, &script, Some(seed));
            run.tries = seed == 1;
            run.explains = match seed {
                _ if changes_members(&script) => 0,
                1 => 3,
                _ => 13,
            };
            run.play(usize::MAX);
        }
    }
}

#[test]
fn each_flaw_at_work_is_named_by_its_scene() {
    for about in &FLAWS {
        let script = scripts("flaws")
            .into_iter()
            .find(|script| script.shows.as_ref().is_some_and(|shows| shows.flaw == about.flaw));
        let script = script.expect("every flaw has a scene").variants().next().expect("with it");
        let (mut cluster, mut named) = (Cluster::with_script(&script, None), Flaws::NONE);
        while !cluster.finished() && !cluster.is_stopped() {
            cluster.step();
            let flaws = cluster.events().iter().map(|event| event.flaws);
            named = flaws.fold(named, Flaws::union);
        }
        assert!(named.has(about.flaw), "{} is never named", about.name);
    }
}

#[test]
fn what_is_said_in_scenes_and_lessons_is_so() {
    // Where servers take snapshots by themselves, entries come and leave their log within one step: the
    // forms hold what is said against the log after it, so they have nothing to say of such a run.
    let by_command = |script: &&Script| script.config.snapshot.is_none();
    for script in scripts("raft").iter().chain(&scripts("lessons")).filter(by_command) {
        let mut run = Watched::new(script.name.to_string(), script, None);
        run.explains = if changes_members(script) { 0 } else { 50 };
        run.play(usize::MAX);
    }
}

/// Runs under faults at random: crashes, cuts one way, sleepers, clocks, losses, timers that fire.
fn swarm(servers: u8, network: &str, more: &str) -> Script {
    parsed(&format!(
        "cluster servers={servers} seed=1 network={network} sync=3ms\nchaos swarm\n\
         load clients=3 keys=2 rate=60/s for 3s\n{more}run 3s\n"
    ))
}

#[test]
fn what_is_said_under_faults_at_random_is_so() {
    for seed in 1..=64 {
        let network = ["reliable", "unreliable", "long-reordering"][seed as usize % 3];
        let mut script = swarm(if seed % 2 == 0 { 3 } else { 5 }, network, "");
        let options = [
            RaftOption::PreVote,
            RaftOption::CheckQuorum,
            RaftOption::Noop,
            RaftOption::Reads,
            RaftOption::RejectHint,
        ];
        let has = |(place, option): (u64, RaftOption)| {
            (((seed / 3) >> place) & 1 == 1).then_some(option.on())
        };
        script.config.options = (0..).zip(options).filter_map(has).collect();
        // Fewer than there are clients: some expire.
        script.config.client_sessions = (seed % 5 == 0).then_some(2);
        let mut run = Watched::new(format!("swarm {seed}"), &script, Some(seed));
        run.explains = 40;
        run.play(1_500);
    }
}
