//! What one seed of the hunt plays: a script, drawn from the seed.
//!
//! Everything that could matter is drawn: how many servers, how tight their timers are, how slow
//! disk and network, what the clients do, and, in the run itself, which faults come and go
//! (`chaos swarm`). Runs are short and keys few, so that operations clash while leaders change.
//! Each run ends in a calm, in which what Raft promises must come true: a leader, an answer for
//! everybody, the same log everywhere, all within times that follow from what was drawn (`calm.rs`).

use std::fmt::Write as _;

use strum::{EnumCount, IntoStaticStr, VariantArray};

use super::calm::Size;
use crate::cluster::Implementation;
use crate::cluster::command::{Script, either, meant};
use crate::cluster::flaw::Flaw;
use crate::cluster::raft::{Choice, OPTIONS, OptionAbout, Options, RaftOption};
use crate::cluster::rng::{Entity, Rng};
use crate::cluster::rsm::WAITER_TIMEOUT;
use crate::cluster::sessions::SESSIONS;
use crate::cluster::types::first;

/// What is fixed for all seeds; the rest is drawn.
#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// How many servers.
    pub servers: Option<u8>,
    /// How many clients its load has.
    pub clients: Option<u32>,
    /// A flaw that is planted at the start.
    pub flaw: Option<Flaw>,
    pub options: Chosen,
    /// Whose Raft the servers have, if not the lab's own.
    pub raft: Option<Implementation>,
}

/// What a hunt can bring beside the options of Raft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Extra {
    /// Servers take snapshots.
    Snapshot,
    /// Members change.
    Members,
    /// Disks are slow, hang, fail and break off.
    Disks,
    /// Appends are pipelined.
    Inflight,
    /// Clients have sessions.
    Sessions,
}

impl Extra {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    const fn does(self) -> &'static str {
        match self {
            Self::Snapshot => "servers take snapshots",
            Self::Members => "members change",
            Self::Disks => "disks are slow, hang, fail and break off",
            Self::Inflight => "appends leave without waiting for answers",
            Self::Sessions => "clients have sessions",
        }
    }
}

/// What all servers keep beyond Figure 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// These options, and whether each [`Extra`].
    These { options: Options, extras: [bool; Extra::ALL.len()] },
    /// The seed draws them.
    Any,
}

impl Default for Chosen {
    fn default() -> Self {
        Self::These { options: Options::NONE, extras: [false; Extra::ALL.len()] }
    }
}

impl Chosen {
    /// From the words of the command line.
    pub fn of(words: &[OptionWord]) -> Self {
        if words.contains(&OptionWord::Any) {
            return Self::Any;
        }
        let one = |word: &OptionWord| match word {
            OptionWord::One(option) => Some(*option),
            OptionWord::Extra(_) | OptionWord::Any => None,
        };
        let options = with_what_reads_need(words.iter().filter_map(one).collect());
        let extras = Extra::ALL.map(|extra| words.contains(&OptionWord::Extra(extra)));
        Self::These { options, extras }
    }

    /// Whether runs may have what stands behind this word.
    pub fn brings(self, word: OptionWord) -> bool {
        match (self, word) {
            (Self::Any, _) => true,
            (Self::These { .. }, OptionWord::Any) => false,
            (Self::These { options, .. }, OptionWord::One(choice)) => {
                options.of(choice.option).place() >= choice.place()
            }
            (Self::These { extras, .. }, OptionWord::Extra(extra)) => extras[extra as usize],
        }
    }

    /// As a result names them: those of two shares are the same in whatever order they were said.
    pub fn names(self) -> Vec<String> {
        match self {
            Self::These { options, .. } => {
                let extras = Extra::ALL.into_iter().filter(|extra| self.has(*extra, false));
                let extras = extras.map(|extra| extra.name().to_owned());
                Vec::from(options).into_iter().chain(extras).collect()
            }
            Self::Any => vec![OptionWord::Any.to_string()],
        }
    }

    /// Whether it brings something; where the seed draws, whether that was `drawn`.
    const fn has(self, extra: Extra, drawn: bool) -> bool {
        match self {
            Self::These { extras, .. } => extras[extra as usize],
            Self::Any => drawn,
        }
    }

    /// Those of a seed, by a stream of their own: with none the seed plays what it always has.
    fn drawn(self, seed: u64, flaw: Option<Flaw>) -> Options {
        let mut options = self.drawn_alone(seed);
        // Nothing comes of it where gets are entries of the log.
        if flaw == Some(Flaw::ReadIndexEarly) && !options.has(RaftOption::Reads) {
            options.set(RaftOption::Reads.on());
            options = with_what_reads_need(options);
        }
        if self.members(seed, flaw) {
            // Who was removed and does not know it asks for votes again and again, and disturbs those who
            // keep Figure 2 alone (dissertation §4.2.3).
            options.set(RaftOption::PreVote.on());
            if flaw == Some(Flaw::ChangeBeforeCommit) {
                options.set(RaftOption::Membership.on());
            }
            // One server at a time needs an entry of the leader's own term, which no-ops bring.
            if options.has(RaftOption::Membership) && flaw.is_none() {
                options.set(RaftOption::Noop.on());
            }
        }
        options
    }

    /// Whether members change in the run of a seed.
    fn members(self, seed: u64, flaw: Option<Flaw>) -> bool {
        let drawn = Rng::new(seed, Entity::Chaos(u64::MAX - 3)).below(3) == 0;
        self.has(Extra::Members, drawn) || flaw.is_some_and(Flaw::is_of_members)
    }

    /// How many appends may be under way, and how much may be open: by a stream of their own, too.
    fn inflight(self, seed: u64) -> &'static str {
        let mut rng = Rng::new(seed, Entity::Chaos(u64::MAX - 5));
        let bounds = [
            " inflight=2",
            " inflight=3",
            " inflight=8",
            " inflight=3 uncommitted=20",
            " inflight=200B",
        ];
        // Of what the seed draws, too few runs would have it for its places to be reached.
        if self.has(Extra::Inflight, false) { pick(&mut rng, &bounds) } else { "" }
    }

    /// How many sessions servers keep: as many as there are clients, or a few more, so that some expire
    /// where word of one was lost. With fewer, clients could take each other's for ever.
    fn sessions(self, seed: u64, clients: u32) -> Option<String> {
        let mut rng = Rng::new(seed, Entity::Chaos(u64::MAX - 6));
        let most = pick(&mut rng, &[clients, clients, clients + 1, 2 * clients, SESSIONS]);
        let drawn = rng.below(4) == 0;
        self.has(Extra::Sessions, drawn).then(|| format!(" client-sessions={most}"))
    }

    /// Whether disks are among the faults of a seed.
    fn disks(self, seed: u64, flaw: Option<Flaw>) -> bool {
        let drawn = Rng::new(seed, Entity::Chaos(u64::MAX - 4)).below(3) == 0;
        self.has(Extra::Disks, drawn) || flaw.is_some_and(Flaw::is_of_disks)
    }

    fn drawn_alone(self, seed: u64) -> Options {
        match self {
            Self::These { options, .. } => options,
            Self::Any => {
                let mut rng = Rng::new(seed, Entity::Chaos(u64::MAX - 1));
                let draw = |about: &OptionAbout| {
                    let choices: Vec<Choice> = about.option.choices().collect();
                    pick(&mut rng, &choices)
                };
                let mut options: Options = OPTIONS.iter().map(draw).collect();
                // Faults at random break clocks, and a lease with them.
                if options.has(RaftOption::Reads) {
                    options.set(RaftOption::Reads.on());
                }
                with_what_reads_need(options)
            }
        }
    }

    /// How soon servers take snapshots, and how much of one a message carries: by a stream of its
    /// own, too. Logs are short, so that a follower that was away for a moment needs a snapshot.
    fn snapshots(self, seed: u64, flaw: Option<Flaw>) -> Option<String> {
        let mut rng = Rng::new(seed, Entity::Chaos(u64::MAX - 2));
        let drawn = rng.below(2) == 0;
        if !self.has(Extra::Snapshot, drawn) && !flaw.is_some_and(Flaw::is_of_snapshots) {
            return None;
        }
        let limit = pick(&mut rng, &["1", "2", "3", "5", "10", "40", "100B", "1KB"]);
        let chunk = pick(&mut rng, &["", "", " snapshot-chunk=10B", " snapshot-chunk=30B"]);
        Some(format!(" snapshot={limit}{chunk}"))
    }
}

/// A read waits for an entry of its leader's term, which no-ops bring; and a lease trusts that a leader
/// without a majority steps down (dissertation §6.4).
fn with_what_reads_need(mut options: Options) -> Options {
    if options.has(RaftOption::Reads) {
        options.set(RaftOption::Noop.on());
    }
    if options.of(RaftOption::Reads).place() == LEASE {
        options.set(RaftOption::CheckQuorum.on());
    }
    options
}

/// The place of `lease` among the settings of reads.
const LEASE: u8 = 2;

/// What stands after `--option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionWord {
    One(Choice),
    Extra(Extra),
    Any,
}

impl OptionWord {
    pub fn read(word: &str) -> Result<Self, String> {
        let known = Self::all().find(|known| known.said() == word);
        known.or_else(|| word.parse().ok().map(Self::One)).ok_or_else(|| {
            let names: Vec<String> = Self::all().map(Self::said).collect();
            let meant = meant(word, names.iter().map(String::as_str));
            format!("expected {}{meant}", either(&names))
        })
    }

    /// As people write it: `on` goes without saying.
    pub fn said(self) -> String {
        self.to_string().trim_end_matches("=on").to_owned()
    }

    /// What it does, for help.
    pub fn does(self) -> &'static str {
        match self {
            Self::One(choice) => choice.option.about().does,
            Self::Extra(extra) => extra.does(),
            Self::Any => "as the seed draws them",
        }
    }

    /// All that can be said.
    pub fn all() -> impl Iterator<Item = Self> {
        let choices = OPTIONS.iter().flat_map(|about| about.option.choices());
        let choices = choices.filter(|choice| choice.is_on()).map(Self::One);
        choices.chain(Extra::ALL.map(Self::Extra)).chain([Self::Any])
    }
}

impl std::fmt::Display for OptionWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(option) => option.fmt(f),
            Self::Extra(extra) => f.write_str(extra.name()),
            Self::Any => f.write_str("any"),
        }
    }
}

fn pick<T: Copy>(rng: &mut Rng, items: &[T]) -> T {
    items[rng.below(items.len() as u64) as usize]
}

/// The script of a seed, as text.
pub fn text(seed: u64, fixed: &Fixed) -> String {
    // Not the stream of any nemesis.
    let mut rng = Rng::new(seed, Entity::Chaos(u64::MAX));
    let rng = &mut rng;
    let servers = pick(rng, &[3, 3, 3, 5, 5]);
    // One flight, at most. What the network does beyond that, it does while there is chaos.
    let (network, flight) =
        pick(rng, &[("reliable", 5), ("reliable", 5), ("reliable", 5), ("classroom", 15)]);
    let weather = pick(rng, &["", "", "", "unreliable-mit", "unreliable", "long-reordering"]);
    let sync = pick(rng, &[0, 0, 1, 5, 20]);
    // Raft asks that an exchange be shorter than an election timeout (§5.6), and clients must be
    // patient enough for an answer.
    let exchange = 2 * flight + 2 * sync;
    let low = pick(rng, &[50, 100, 150, 300]).max(2 * exchange);
    let high = low + low * pick(rng, &[10, 50, 100, 200]) / 100;
    let heartbeat = low / pick(rng, &[2, 4, 6]);
    let append_max = pick(rng, &[1_000, 1_000, 1, 2, 3]);
    let clients = fixed.clients.unwrap_or(pick(rng, &[2, 3, 4, 5, 8]));
    // Small appends carry little. A server waits for an entry for so long and no longer, and clients
    // that have to ask again before their turn has come add to the queue faster than it gets shorter.
    let turns_max = (WAITER_TIMEOUT.micros() / 1_000 * 3 / 4 / exchange).max(1);
    let append_max = append_max.max(u64::from(clients).div_ceil(turns_max));
    // Of a guest these are not known: it is taken to have those of the course's tests.
    let (low, high, append_max) = match fixed.raft {
        None => (low, high, append_max),
        Some(_) => (300, 600, 1_000),
    };
    let turns = u64::from(clients).div_ceil(append_max);
    let rpc = pick(rng, &[60, 150, 400, 1_000]).max(3 * exchange * turns);
    let (keys, rate) = (pick(rng, &[1, 1, 2, 3]), pick(rng, &[20, 60, 150, 400]));
    let (reads, ahead) = (pick(rng, &[10, 40, 70]), pick(rng, &[0, 0, 10, 30]));
    let lock = rng.below(6) == 0;
    let span = pick(rng, &[1, 2, 3]);
    let servers = fixed.servers.unwrap_or(servers);
    let size = Size {
        servers: servers.into(),
        clients: clients.into(),
        flight,
        sync,
        timeout: (low, high),
        append_max,
        rpc_timeout: rpc,
        has_lock: lock,
        faults: span * 1_000,
    };
    let timers = match fixed.raft {
        None => {
            format!("election={low}ms..{high}ms heartbeat={heartbeat}ms append-max={append_max} ")
        }
        Some(_) => String::new(),
    };
    let mut text = format!(
        "cluster servers={servers} seed={seed} network={network} {timers}sync={sync}ms \
         rpc-timeout={rpc}ms max-events={}",
        size.events_max()
    );
    for option in fixed.options.drawn(seed, fixed.flaw).iter() {
        let _ = write!(text, " {option}");
    }
    text.push_str(&fixed.options.snapshots(seed, fixed.flaw).unwrap_or_default());
    text.push_str(fixed.options.inflight(seed));
    text.push_str(&fixed.options.sessions(seed, clients).unwrap_or_default());
    text.push('\n');
    if let Some(flaw) = fixed.flaw {
        let _ = writeln!(text, "flaw {flaw} on");
    }
    let _ = match lock {
        true => writeln!(text, "load lock clients={clients}"),
        false => writeln!(
            text,
            "load clients={clients} keys={keys} rate={rate}/s reads={reads}% ahead={ahead}% value=3"
        ),
    };
    if !weather.is_empty() {
        let _ = writeln!(text, "net {weather}");
    }
    let members = if fixed.options.members(seed, fixed.flaw) { " members" } else { "" };
    let disks = if fixed.options.disks(seed, fixed.flaw) { " disks" } else { "" };
    let _ = write!(text, "chaos swarm{members}{disks}\nrun {span}s\n{}", size.lines());
    text
}

/// The script of a seed.
pub fn script(seed: u64, fixed: &Fixed) -> Script {
    let text = text(seed, fixed);
    let mut script =
        Script::parse("hunt", text.as_bytes()).expect("a plan is a well formed script");
    script.config.raft.clone_from(&fixed.raft);
    script
}
