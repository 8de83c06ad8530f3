//! `raftlab find CONDITION`: a way to where a condition holds, and the smallest script of it.
//!
//! Two searches take turns. One goes by hand from cluster to cluster, towards the condition
//! (`by_hand.rs`): so most questions about logs, votes and leaders are answered, by a script of a few
//! lines. The other plays the runs of the hunt, with lab time, clients and faults at random, and
//! watches for the condition (`chance.rs`). What is found first is shrunk and written with its story
//! (`script.rs`). Some conditions are so in no run, and of those `forbidden.rs` says why; some in none
//! that is looked through, for want of an option: `options.rs` says which.

mod by_hand;
mod chance;
mod forbidden;
mod options;
mod script;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::cli::OtherRaft;
use super::cli::values::{flaw, limit, number, option_help, seeds};
use super::figures::{count, length};
use super::files::{self, Files, Kind, Old, is_standard, shown};
use super::hunt::free;
use super::stream::Form;
use super::{Ending, Mistake, guests};
use crate::app::hunt::plan::{Chosen, Fixed, OptionWord};
use crate::cluster::command::{Condition, Diagnostic, Reference, nearest, parse_condition};
use crate::cluster::config::Config;
use crate::cluster::flaw::Flaw;
use crate::cluster::plain::{Plain, quoted};
use crate::cluster::raft::Options;
use crate::cluster::types::{SERVERS_MAX, Term};
use crate::cluster::{Cluster, Implementation};
use by_hand::{Bounds, Come, Search};
use script::Found;

/// How long it looks when nobody says how long.
const USUAL: Duration = Duration::from_secs(60);
/// How many clusters the search by hand goes on from in its turn, and how many seeds chance plays.
const CLUSTERS: u32 = 500;
const SEEDS: u64 = 32;
/// The most clusters that are met by hand: each is remembered.
const MET_MAX: u64 = 100_000;
/// With a term and an entry to spare: so many times as many, and some more.
const SPARE: u64 = 4;
const MET_MIN: u64 = 2_000;
/// Questions in their usual words, and the conditions that ask the same.
const IN_WORDS: [(&str, &str); 2] = [
    ("two leaders", "2 of all are leader"),
    ("an entry of an old term on a majority", "old majority"),
];
/// What can be asked, where something else was.
const EXAMPLES: &str = "such as '2 of all are leader', 'S1 log = 1,1,3', 'old majority': raftlab docs \
                        scripts lists all that can be asked";
/// The fewest servers that are tried when nobody says how many.
const SERVERS: u8 = 3;

#[derive(Debug, Args)]
#[command(
    after_help = "A condition is what `expect` asks in a script: raftlab docs scripts lists \
                        all that can be asked. 'two leaders' and 'an entry of an old term on a \
                        majority' are understood, too.\n\n\
                        Status: 0 found and written, 1 not found, or forbidden by a rule, 2 for bad \
                        usage."
)]
pub struct FindOptions {
    /// What is to hold, such as 'S1 log = 1,1,3 and S2 log = 1,2', or '2 of all are leader'.
    #[arg(required = true, value_name = "CONDITION")]
    pub condition: Vec<String>,
    /// Give up after this long, such as 60s or 5m; without --seeds, after 60 s.
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub time: Option<Duration>,
    /// Of runs with faults at random, play those of the seeds from A up to, but not including, B:
    /// 1..101 are the seeds 1 to 100.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub seeds: Option<std::ops::Range<u64>>,
    /// How many servers; without it 3, or as many as the condition names.
    #[arg(long, value_name = "N",
          value_parser = number(1..=SERVERS_MAX))]
    pub servers: Option<u8>,
    /// Plant this flaw (`raftlab flaws` lists them).
    #[arg(long, value_name = "NAME", value_parser = flaw, conflicts_with = "raft")]
    pub flaw: Option<Flaw>,
    #[arg(long = "option", value_name = "NAME", help = option_help(), conflicts_with = "raft",
          value_parser = OptionWord::read)]
    pub options: Vec<OptionWord>,
    /// The file to write; without it a name made from the condition.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file to write if it is there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub other: OtherRaft,
}

/// What is looked for, and where.
pub struct Quest {
    pub condition: Condition,
    /// As it was typed, for the script and its name.
    pub text: String,
    pub fixed: Fixed,
    /// The cluster of the search by hand.
    pub config: Config,
    /// The command line that finds this again.
    pub again: String,
}

impl Quest {
    /// Whether all servers are known to keep the rules: of a guest that is not known.
    pub const fn keeps_rules(&self) -> bool {
        self.fixed.flaw.is_none() && self.fixed.raft.is_none()
    }
}

/// What was looked at.
#[derive(Default)]
struct Looked {
    clusters: u64,
    /// The largest bounds within which nothing is left.
    all_within: Option<Bounds>,
    runs: u64,
    /// The rules that were broken instead, and how often.
    broken: BTreeMap<&'static str, u64>,
}

/// Carries out `raftlab find`.
///
/// # Errors
/// For a condition that can't be read, and files that can't be written.
pub fn run(options: &FindOptions) -> Result<Ending, Mistake> {
    let mut files = Files::with_raft(&options.other)?;
    let quest = quest(options, files.raft())?;
    let old = Old::unless(options.force);
    let path = options.out.clone().unwrap_or_else(|| named(&quest.text));
    let path = if options.force || options.out.is_some() { path } else { free(path) };
    if let Some(why) = forbidden::why(&quest).or_else(|| options::missing(&quest)) {
        let mut out = files.report(Form::Text);
        writeln!(out, "Not found: {}", Plain(&why)).map_err(Mistake::Output)?;
        return Ok(Ending::Failed);
    }
    let mut draft = files.create(&path, old, Kind::Script)?;
    let begun = Instant::now();
    let (found, looked) = search(options, &quest, begun);
    let took = begun.elapsed().as_micros() as u64;
    let text = found.as_ref().map(|found| script::text(&quest, found));
    if let Some(text) = &text {
        let text = match is_standard(&path) {
            true => text.clone(),
            false => guests::named_from(&path, text),
        };
        let written = draft.write_all(text.as_bytes()).map_err(|error| draft.unwritten(&error));
        if let Err(mistake) = written.and_then(|()| draft.complete()) {
            // The search may have taken an hour: what it found is printed.
            let mut out = files.report(Form::Text);
            writeln!(out, "Found, and could not be written:\n\n{text}").map_err(Mistake::Output)?;
            return Err(mistake);
        }
    }
    let mut out = files.report(Form::Text);
    match found {
        Some(found) => say_found(&found, &looked, took, &path, &mut out),
        None => say_missing(&quest, &looked, took, &mut out),
    }
    .map_err(Mistake::Output)?;
    Ok(if text.is_some() { Ending::Well } else { Ending::Failed })
}

/// What the command line asks for.
fn quest(options: &FindOptions, other: Option<&Implementation>) -> Result<Quest, Mistake> {
    let text = options.condition.join(" ");
    let in_words = IN_WORDS.iter().find(|(words, _)| *words == text.trim());
    let text = in_words.map_or(text, |(_, condition)| (*condition).to_owned());
    let most = options.servers.unwrap_or(SERVERS_MAX);
    // That there can't be such a log is an answer, and no mistake; but no script could ask for it.
    let rules = options.flaw.is_none() && other.is_none();
    let fallen = |condition: &Condition| rules && condition.needs(&forbidden::fallen).is_some();
    let condition = match read(&text, most, true) {
        Ok(condition) if fallen(&condition) => condition,
        _ => read(&text, most, false)?,
    };
    let servers = options.servers.unwrap_or(condition.extent().server.max(SERVERS));
    let chosen = Chosen::of(&options.options);
    let raft = match chosen {
        Chosen::These { options, .. } => options,
        Chosen::Any => Options::NONE,
    };
    // Beyond what has a name any number will do by chance.
    let by_chance = options.servers.or((servers > SERVERS).then_some(servers));
    let fixed = Fixed {
        servers: by_chance,
        clients: None,
        flaw: options.flaw,
        options: chosen,
        raft: other.cloned(),
    };
    let config = Config { servers, options: raft, raft: other.cloned(), ..Config::default() };
    let again = again(options, &text);
    Ok(Quest { condition, text, fixed, config, again })
}

/// Reads a condition about so many servers, with logs that there can't be or without.
fn read(text: &str, servers: u8, fallen: bool) -> Result<Condition, Mistake> {
    let lab = Cluster::new(Config { servers, ..Config::default() });
    let known = |reference: Reference<'_>| match reference {
        Reference::Fallen(_) if fallen => Ok(()),
        _ => lab.knows(reference),
    };
    parse_condition(text, known).map_err(|diagnostic| {
        let words = nearest(text, IN_WORDS.map(|(words, _)| words));
        let meant = words.map(|words| format!("did you mean '{words}'?"));
        let help = meant.or(diagnostic.help).or_else(|| Some(EXAMPLES.to_owned()));
        Mistake::Script(vec![Diagnostic { help, ..diagnostic }])
    })
}

fn again(options: &FindOptions, text: &str) -> String {
    let mut line = format!("raftlab find {}", quoted(text));
    let mut add = |option: &str, value: String| line.push_str(&format!(" --{option} {value}"));
    if let Some(servers) = options.servers {
        add("servers", servers.to_string());
    }
    if let Some(flaw) = options.flaw {
        add("flaw", flaw.to_string());
    }
    for option in &options.options {
        add("option", option.to_string());
    }
    if let Some(seeds) = &options.seeds {
        add("seeds", format!("{}..{}", seeds.start, seeds.end));
    }
    options.other.words().into_iter().for_each(|(option, value)| add(option, value));
    line
}

/// "find-s1-log-1-1-3.lab".
fn named(text: &str) -> PathBuf {
    const LETTERS: usize = 48;
    let mut name = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    name.truncate(LETTERS);
    PathBuf::from(format!("find-{}.lab", name.trim_end_matches('-')))
}

/// The two searches in turn, until one finds something, both are over, or the time is.
fn search(options: &FindOptions, quest: &Quest, begun: Instant) -> (Option<Found>, Looked) {
    let limit = match (&options.seeds, options.time) {
        (_, Some(time)) => Some(time),
        (None, None) => Some(USUAL),
        (Some(_), None) => None,
    };
    let is_late = || limit.is_some_and(|limit| begun.elapsed() >= limit);
    let mut looked = Looked::default();
    let mut bounds = bounds(&quest.condition);
    let new = |bounds| Search::new(&quest.config, quest.fixed.flaw, &quest.condition, bounds);
    let mut hand = Some(new(bounds));
    let of_clients = quest.condition.extent().clients;
    let (mut before, mut spare) = (0, if of_clients { MET_MIN } else { MET_MAX });
    // Where nothing but servers matters, and each keeps the rules, the search by hand settles it.
    let settles = quest.keeps_rules() && !of_clients;
    let mut seeds = options.seeds.clone().unwrap_or(1..u64::MAX);
    while (hand.is_some() || !seeds.is_empty()) && !is_late() {
        if let Some(search) = &mut hand {
            let come = search.go(CLUSTERS);
            looked.clusters = before + search.count();
            match come {
                Come::Found(steps) => {
                    looked.add(search);
                    return (Some(script::small_by_hand(quest, steps)), looked);
                }
                Come::More if looked.clusters < spare => {}
                Come::More if settles && looked.all_within.is_some() => return (None, looked),
                Come::More => hand = None,
                Come::Over { all } => {
                    looked.add(search);
                    let again = all && looked.all_within.is_none();
                    if all {
                        looked.all_within = Some(bounds);
                    }
                    // Once more with a term and an entry to spare, as far as that goes.
                    before = looked.clusters;
                    spare = before * SPARE + MET_MIN;
                    bounds = Bounds { term: bounds.term.next(), entries: bounds.entries + 1 };
                    hand = again.then(|| new(bounds));
                    if settles && all && !again {
                        return (None, looked);
                    }
                }
            }
        }
        let end = seeds.start.saturating_add(SEEDS).min(seeds.end);
        let turn = seeds.start..end;
        seeds.start = end;
        if let Some(found) = chance::play(quest, turn, &is_late, &mut looked) {
            return (Some(found), looked);
        }
    }
    (None, looked)
}

impl Looked {
    /// Adds the rules that a search by hand saw broken.
    fn add(&mut self, search: &Search<'_>) {
        for (rule, times) in &search.broken {
            *self.broken.entry(rule).or_default() += times;
        }
    }
}

/// What the condition names is the least.
fn bounds(condition: &Condition) -> Bounds {
    let extent = condition.extent();
    if extent.entries > 0 {
        return Bounds { term: extent.term, entries: extent.entries };
    }
    Bounds { term: extent.term.max(Term(3)), entries: 2 }
}

fn say_found(
    found: &Found,
    looked: &Looked,
    took: u64,
    path: &Path,
    out: &mut impl Write,
) -> io::Result<()> {
    let (how, commands) = match found {
        Found::ByHand(steps) => ("by hand".to_owned(), steps.len()),
        Found::ByChance(chance) => {
            (format!("with seed {}", chance.seed), chance.case.commands.len())
        }
    };
    let commands =
        if commands == 1 { "1 command".to_owned() } else { format!("{commands} commands") };
    writeln!(out, "Found {how}, after {}: {}.", looked_at(looked), length(took))?;
    writeln!(out, "  {commands}: {}", Plain(&shown(path, "standard output")))?;
    files::tell_how_again(out, path)?;
    out.flush()
}

fn looked_at(looked: &Looked) -> String {
    let some = |number: u64, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", count(number)),
    };
    format!(
        "{} by hand and {}",
        some(looked.clusters, "cluster", "clusters"),
        some(looked.runs, "run with faults at random", "runs with faults at random")
    )
}

fn say_missing(quest: &Quest, looked: &Looked, took: u64, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Not found in {}: {}.", length(took), looked_at(looked))?;
    if let Some(Bounds { term, entries }) = looked.all_within {
        writeln!(
            out,
            "  By hand nothing is left to try: with {} servers, terms up to {term} and logs of up to \
             {entries}\n  entries, no elections, appends, copies and restarts lead there.",
            quest.config.servers
        )?;
    }
    for (rule, times) in &looked.broken {
        writeln!(out, "  {} ended where {rule} was broken first.", count(*times))?;
    }
    out.flush()
}
