//! `raftlab trace`: the events of a run, in the forms of others too.
//!
//! A form is a function of what happens: it sees the cluster after every step, with the events of that
//! step, and writes. `lines.rs` is the lab's own, which `raftlab run --trace` writes; `mermaid.rs`
//! draws a sequence diagram, `shiviz.rs` gives vector clocks, `etcd.rs` the state trace that a TLA+
//! specification reads. docs/trace.md describes them.

mod etcd;
mod lines;
mod mermaid;
mod shiviz;
mod state;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::cli::OtherRaft;
use super::cli::values::{number, seed};
use super::files::{Files, Kind, Old};
use super::{Ending, Mistake, headless};
use crate::app::budget::Budget;
use crate::cluster::time::Span;
use crate::cluster::{Cluster, Step};

pub use lines::Lines;

/// A form in which a run is written.
pub trait Format {
    /// Why a run, as far as it has come, can't be told in this form, if that is so.
    fn cant_tell(&self, _: &Cluster) -> Option<&'static str> {
        None
    }

    /// For how long the run goes on after a broken rule, so that its reader sees what comes of that.
    fn goes_on(&self) -> Span {
        Span::ZERO
    }

    /// What stands before the first event.
    ///
    /// # Errors
    /// Those of `out`, here and below.
    fn begin(&mut self, script: &str, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()>;

    /// What the last step has brought.
    ///
    /// # Errors
    /// Those of `out`.
    fn add(&mut self, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()>;

    /// What stands behind the last event.
    ///
    /// # Errors
    /// Those of `out`.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// In which form a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// The lab's own: an event a line, in JSON (docs/trace.md).
    Lines,
    /// A sequence diagram for Mermaid.
    Mermaid,
    /// Events with vector clocks, for ShiViz.
    Shiviz,
    /// The state trace of etcd's Raft, for TLA+ tools.
    Etcd,
}

#[derive(Debug, Args)]
pub struct TraceOptions {
    /// The script.
    pub file: PathBuf,
    /// In which form; without it as the name of the file says, or else lines.
    #[arg(long, value_enum)]
    pub format: Option<Form>,
    /// The file to write; without it, standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: PathBuf,
    /// Replace the file to write if it is there already.
    #[arg(long)]
    pub force: bool,
    /// Play with this seed instead of the script's own.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Of a Mermaid diagram, the most arrows and notes.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = number(1..=1_000_000usize))]
    pub lines: usize,
    /// Give up when the run takes so much memory, such as 500MB or 2GB (1GB).
    #[arg(long, value_name = "SIZE", value_parser = crate::app::memory::size)]
    pub memory: Option<u64>,
    #[command(flatten)]
    pub other: OtherRaft,
}

impl Form {
    const fn kind(self) -> Kind {
        match self {
            Self::Lines | Self::Etcd => Kind::Json,
            Self::Mermaid => Kind::Mermaid,
            Self::Shiviz => Kind::Shiviz,
        }
    }

    /// The form of which the name of a file speaks.
    fn of(path: &Path) -> Self {
        let meant = |form: &Self| form.kind().is_meant(path);
        [Self::Lines, Self::Mermaid].into_iter().find(meant).unwrap_or(Self::Lines)
    }
}

/// What writes a form of this cluster's run; of a diagram not more than so many lines.
pub fn format(form: Form, cluster: &Cluster, lines: usize) -> Box<dyn Format> {
    match form {
        Form::Lines => Box::new(Lines::new(cluster)),
        Form::Mermaid => Box::new(mermaid::Mermaid::new(lines)),
        Form::Shiviz => Box::new(shiviz::Shiviz::default()),
        Form::Etcd => Box::new(etcd::Etcd::new(cluster)),
    }
}

/// Carries out `raftlab trace`.
///
/// # Errors
/// For a script that can't be read, and a file that can't be written.
pub fn run(options: &TraceOptions) -> Result<Ending, Mistake> {
    let mut files = Files::with_raft(&options.other)?;
    let script = files.script(&options.file)?;
    let mut cluster = Cluster::with_script(&script, options.seed);
    let form = options.format.unwrap_or_else(|| Form::of(&options.out));
    let mut format = format(form, &cluster, options.lines);
    if let Some(why) = format.cant_tell(&cluster) {
        return Err(Mistake::Usage(why.into()));
    }
    let mut file = files.create(&options.out, Old::unless(options.force), form.kind())?;
    if form == Form::Etcd {
        // The run may come to what this form can't tell.
        file = file.hold();
    }
    let budget = Budget::new(options.memory);
    // When a rule was broken, and what was said of it, in a form that tells what comes of that.
    let (mut broken, mut ending) = (None, None);
    let mut played = || -> io::Result<Option<String>> {
        format.begin(&script.name, &cluster, &mut file)?;
        format.add(&cluster, &mut file)?;
        while !cluster.finished() || broken.is_some() {
            if broken.is_some_and(|at| at + format.goes_on() < cluster.now()) {
                break;
            }
            let step = cluster.step();
            format.add(&cluster, &mut file)?;
            if let Some(why) = budget.exceeded(&cluster) {
                return Ok(Some(why));
            }
            if let Some(why) = format.cant_tell(&cluster) {
                return Ok(Some(why.into()));
            }
            if step != Step::Happened {
                let of_a_rule = broken.is_some() || cluster.violation().is_some();
                if format.goes_on() == Span::ZERO || !of_a_rule {
                    break;
                }
                ending.get_or_insert_with(|| headless::ending(&options.file, &script, &cluster));
                if !cluster.overlook() {
                    break;
                }
                broken.get_or_insert(cluster.now());
            }
        }
        format.end(&mut file)?;
        Ok(None)
    };
    match played() {
        Ok(None) => file.complete()?,
        Ok(Some(why)) => return Err(Mistake::Usage(why)),
        Err(error) => return Err(file.unwritten(&error)),
    }
    Ok(ending.unwrap_or_else(|| headless::ending(&options.file, &script, &cluster)))
}
