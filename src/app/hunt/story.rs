//! The script that a finding becomes: what a person reads, and `raftlab run` plays.
//!
//! Each command stands in a line of its own with its time, and between them comments tell what
//! came of it. With a planted flaw the head says what the script shows, so that `raftlab run`
//! plays it twice: with the flaw it must break just that rule, without it all must be well.

use std::fmt::Write as _;

use super::case::Case;
use super::play::{Finding, Name, Outcome, keeps_a_lock, outcome, play};
use crate::cluster::Implementation;
use crate::cluster::command::{
    CAPTION_COLUMNS, Deed, Flow, Head, NodeName, Place, Script, Setup, Tell, Text, Variant,
    caption_lines,
};
use crate::cluster::config::Config;
use crate::cluster::event::{ClientEvent, EventKind, LabEvent, RaftEvent, ServerEvent};
use crate::cluster::flaw::{Breaks, Flaw};
use crate::cluster::plain::plain;
use crate::cluster::raft::Role;
use crate::cluster::time::{Span, Time};
use crate::cluster::words::rule;
use crate::cluster::{Cluster, FailureKind};

/// The most comments between two commands.
const COMMENTS_MAX: usize = 6;

/// The line of the head that says what the cluster is; what is as by default is left out.
pub fn head(config: &Config) -> String {
    let plain = Config::default();
    let unless = |same: bool| !same;
    let setup = Setup {
        servers: Some(config.servers),
        seed: Some(config.seed),
        network: unless(config.network == plain.network).then_some(config.network),
        election: unless(config.election_timeout == plain.election_timeout)
            .then_some(config.election_timeout),
        heartbeat: unless(config.heartbeat == plain.heartbeat).then_some(config.heartbeat),
        append_max: unless(config.append_max == plain.append_max).then_some(config.append_max),
        inflight: unless(config.inflight == plain.inflight).then_some(config.inflight),
        uncommitted: config.uncommitted,
        snapshot: config.snapshot,
        snapshot_chunk: config.snapshot_chunk,
        client_sessions: config.client_sessions,
        sync: unless(config.sync == plain.sync).then_some(config.sync),
        rpc_timeout: unless(config.rpc_timeout == plain.rpc_timeout).then_some(config.rpc_timeout),
        options: config.options,
        ..Setup::default()
    }
    .with_raft(config.raft.as_ref());
    Head::Cluster(setup).to_string()
}

/// The lines of the head: the cluster, start states, and what is shown.
pub fn head_lines(config: &Config, flaw: Option<Flaw>, breaks: Breaks) -> Vec<String> {
    let mut lines = vec![head(config)];
    if !config.clients.is_empty() {
        let names = config.clients.iter().map(|name| Text::new(name)).collect();
        lines.push(Head::Clients(names).to_string());
    }
    for given in &config.given {
        let (server, term, log) = (given.server, given.term, given.log.clone());
        lines.push(Head::Given { server, term, log }.to_string());
    }
    lines.extend(flaw.map(|flaw| Head::Shows { flaw, breaks }.to_string()));
    lines
}

/// What to watch, for a class that is shown the script. It stands after the lines that put down
/// commands for later: those for the very beginning must not come after it.
pub fn caption(flaw: Flaw) -> Option<String> {
    let about = flaw.about();
    let sentence = |text: &str| {
        let mut letters = text.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}.", letters.as_str())
    };
    let text = format!("{}\n{}", sentence(about.departure), sentence(about.watch));
    let fits = text.lines().all(|line| line.chars().count() <= CAPTION_COLUMNS)
        && caption_lines(&text).len() <= 2;
    fits.then(|| Tell::Say(Text::literal(text)).to_string())
}

/// The comment at the top.
pub fn title(found: &Finding, flaw: Option<Flaw>, again: &str) -> String {
    let mut text = String::new();
    let what = match flaw {
        Some(flaw) => format!("With the flaw {flaw}: {} is broken.", found.word()),
        None => format!("{} is broken.", found.word()),
    };
    let evidence = found.told();
    let rule = match found {
        Finding::Broken(violation) => format!("The rule: {}.", rule(violation.invariant)),
        Finding::Unmet(failure, _) => match failure.kind {
            FailureKind::Late => "The rule: once all faults have ended, everybody is served.",
            FailureKind::Unmet | FailureKind::Foreign | FailureKind::Limit => {
                "The rule: what the script expects."
            }
        }
        .to_owned(),
    };
    for line in [what.as_str(), rule.as_str(), evidence.as_str()] {
        for line in wrapped(line) {
            let _ = writeln!(text, "# {line}");
        }
    }
    let _ = writeln!(text, "# Found by: {again}");
    text
}

/// Lines of at most 98 columns.
pub fn wrapped(text: &str) -> Vec<String> {
    const COLUMNS: usize = 98;
    let plain = plain(text);
    let mut lines: Vec<String> = vec![String::new()];
    for word in plain.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= COLUMNS {
            let _ = write!(line, " {word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A case that breaks a rule at `until`, as a script.
pub fn tell(case: &Case, until: Time, again: &str) -> Option<String> {
    let told = comments(case, until);
    let violation = case.play(true, until).violation?;
    let found = Finding::Broken(violation.clone());
    let mut text = title(&found, case.flaw, again);
    for line in head_lines(&case.config, case.flaw, Breaks::Safety(violation.invariant)) {
        let _ = writeln!(text, "{line}");
    }
    for (place, comments) in told.iter().enumerate() {
        if let Some((place, command)) = place.checked_sub(1).and_then(|p| case.commands.get(p)) {
            let _ = writeln!(text, "{}", at(*place, command));
        }
        for comment in comments {
            let _ = writeln!(text, "#   {comment}");
        }
    }
    let last = until.max(case.last());
    if let Some(caption) = case.flaw.and_then(caption) {
        let _ = writeln!(text, "{caption}");
    }
    let _ = writeln!(text, "run {}", Span(last.0.div_ceil(10_000) * 10_000 + 10_000));
    let _ = writeln!(text, "expect safe and linearizable");
    Some(text)
}

/// "at 1.203441s crash S3".
pub fn at(place: Place, deed: &Deed<NodeName>) -> String {
    Flow::At { place, command: Box::new(deed.into()) }.to_string()
}

/// What came of each command: first what came before any.
pub fn comments(case: &Case, until: Time) -> Vec<Vec<String>> {
    let mut told: Vec<Vec<String>> = vec![Vec::new()];
    case.play_seen(true, until, |cluster| {
        for event in cluster.events() {
            if matches!(event.kind, EventKind::Lab(LabEvent::Commanded { .. })) {
                told.push(Vec::new());
            } else if is_told(&event.kind) {
                let line = format!("{} {}", event.time, event.headline(cluster.names()));
                told.last_mut().expect("there is always a list").push(line);
            }
        }
    });
    told.iter_mut().for_each(short);
    told
}

/// Not too many comments, and nothing in them that a terminal would obey.
pub fn short(comments: &mut Vec<String>) {
    if comments.len() > COMMENTS_MAX {
        let more = comments.len() - COMMENTS_MAX + 1;
        comments.drain(2..2 + more);
        comments.insert(2, "...".to_owned());
    }
    for comment in comments {
        *comment = plain(comment).into_owned();
    }
}

/// The turns of the story.
pub const fn is_told(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Raft(
            _,
            RaftEvent::ElectionStarted { .. }
                | RaftEvent::Stands { .. }
                | RaftEvent::Saved { vote: Some(_), .. }
                | RaftEvent::Erased { .. }
                | RaftEvent::VoteGranted { .. }
                | RaftEvent::BecameLeader { .. }
                | RaftEvent::SteppedDown { role: Role::Leader, .. }
        ) | EventKind::Server(_, ServerEvent::Submitted { .. } | ServerEvent::Registering { .. })
            | EventKind::Raft(
                _,
                RaftEvent::Committed { .. }
                    | RaftEvent::Truncated { .. }
                    | RaftEvent::Departed { .. }
            )
            | EventKind::Client(
                _,
                ClientEvent::Returned { .. }
                    | ClientEvent::LockHeld { .. }
                    | ClientEvent::LockFree { .. }
            )
            | EventKind::Lab(LabEvent::Violated { .. })
    )
}

/// Whether a script does what is said of it: with the flaw, or as it stands, it ends in `name`;
/// without the flaw it passes.
pub fn holds(text: &str, name: &Name, raft: Option<&Implementation>) -> bool {
    fails(text, name, raft) && passes(text, raft)
}

/// The run of a script in which it has its flaw, or not. A Raft that it names is this one.
fn end(text: &str, variant: Variant, raft: Option<&Implementation>) -> Option<(Script, Cluster)> {
    let mut script = Script::parse("found", text.as_bytes()).ok()?;
    if let Some(named) = &mut script.config.raft {
        *named = raft?.clone();
    }
    let script = script.variants().find(|script| script.variant == variant)?;
    let cluster = play(&script, None, |_| {});
    Some((script, cluster))
}

/// Whether a script ends in `name`, with its flaw if it shows one.
pub fn fails(text: &str, name: &Name, raft: Option<&Implementation>) -> bool {
    fails_within(text, name, raft, &mut { u64::MAX })
}

/// As [`fails`], and takes the events of the run from those that are left.
pub fn fails_within(
    text: &str,
    name: &Name,
    raft: Option<&Implementation>,
    left: &mut u64,
) -> bool {
    let Some((script, cluster)) = end(text, Variant::With, raft) else { return false };
    *left = left.saturating_sub(cluster.handled());
    let Outcome::Found(found) = outcome(&cluster) else { return false };
    let is_shown = match &found {
        Finding::Unmet(failure, _) => {
            let is_late = failure.kind == FailureKind::Late;
            (is_late || script.shows.is_none()) && !keeps_a_lock(&cluster)
        }
        Finding::Broken(_) => true,
    };
    is_shown && found.name() == *name
}

/// Whether a script passes without the flaw that it shows; true if it shows none.
pub fn passes(text: &str, raft: Option<&Implementation>) -> bool {
    passes_within(text, raft, &mut { u64::MAX })
}

/// As [`passes`], and takes the events of the run from those that are left.
pub fn passes_within(text: &str, raft: Option<&Implementation>, left: &mut u64) -> bool {
    let Some((_, cluster)) = end(text, Variant::Without, raft) else { return true };
    *left = left.saturating_sub(cluster.handled());
    matches!(outcome(&cluster), Outcome::Well)
}
