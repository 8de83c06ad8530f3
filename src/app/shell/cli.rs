//! The command line. `cli/values.rs` reads what options are given, `cli/help.rs` has what stands at the
//! end of each help, `cli/names.rs` what a shell may complete.

mod help;
mod names;
pub(super) mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use ratatui::layout::Size;

use super::cast::CastOptions;
use super::check::lines::Model;
use super::find::FindOptions;
use super::settings::dress;
use super::trace::TraceOptions;
use super::view::ViewOptions;
use super::worksheet::WorksheetOptions;
use crate::app::hunt::plan::OptionWord;
use crate::app::session::Moment;
use crate::cluster::command::Pace;
use crate::cluster::flaw::Flaw;
use crate::cluster::network::Network;
use crate::cluster::plain::quoted;
use crate::cluster::types::SERVERS_MAX;
use crate::ui::theme::Dress;
use values::{
    audience, duration, flaw, limit, network, number, option_help, seed, seeds, shard, size,
};

pub use names::{completions, misspelt, pages, unknown};
pub use values::pace;

/// See and drive a Raft-replicated key-value service in a terminal.
#[derive(Debug, Parser)]
#[command(
    name = "raftlab",
    version,
    args_conflicts_with_subcommands = true,
    after_help = help::of("raftlab")
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Subcommands>,
    /// A script to play in the lab.
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub free: FreeOptions,
    #[command(flatten)]
    pub lab: LabOptions,
    /// Colours of the lab, of help and of errors: as the terminal and NO_COLOR say, always, or never.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

/// What the lab begins with where no script is named.
#[derive(Clone, Debug, Default, Args)]
pub struct FreeOptions {
    /// How many servers, without a file.
    #[arg(long, value_name = "N", conflicts_with = "file",
          value_parser = number(1..=SERVERS_MAX))]
    pub servers: Option<u8>,
    /// The network, without a file.
    #[arg(long, value_name = "NAME", conflicts_with = "file", value_parser = network)]
    pub network: Option<Network>,
    /// Go on with the newest recorded session, where it was left; or with the one of this number
    /// or name, as raftlab sessions lists them.
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true,
          default_missing_value = "",
          conflicts_with_all = ["file", "servers", "network", "seed", "start_at", "raft"])]
    pub resume: Option<String>,
    #[command(flatten)]
    pub other: OtherRaft,
}

/// A Raft that is not the lab's own.
#[derive(Clone, Debug, Default, Args)]
pub struct OtherRaft {
    /// The Raft of all servers: a WebAssembly module (raftlab guest new begins one).
    #[arg(long, value_name = "FILE")]
    pub raft: Option<PathBuf>,
    /// A text for that module, which says what it means.
    #[arg(long, value_name = "TEXT", requires = "raft")]
    pub raft_params: Option<String>,
}

impl OtherRaft {
    /// The options that say the same, for a command line that a person types.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let file = self.raft.as_ref().map(|path| ("raft", quoted(&path.display().to_string())));
        let params = self.raft_params.as_deref().map(|text| ("raft-params", quoted(text)));
        file.into_iter().chain(params).collect()
    }
}

#[derive(Debug, Subcommand)]
pub enum Subcommands {
    /// Play scripts without a terminal, as fast as the machine goes.
    #[command(after_help = help::of("run"))]
    Run(RunOptions),
    /// Judge histories: are they linearizable?
    #[command(after_help = help::of("check"))]
    Check(CheckOptions),
    /// Hunt for broken rules: thousands of runs with faults at random. What is found is shrunk to
    /// the smallest script that shows it.
    #[command(after_help = help::of("hunt"))]
    Hunt(HuntOptions),
    /// Find a way to where a condition holds, and write the smallest script of it.
    #[command(after_help = help::of("find"))]
    Find(FindOptions),
    /// Play a script and write what happens: as lines of JSON, a sequence diagram for Mermaid, a log for
    /// ShiViz, or a state trace as etcd's Raft writes it.
    #[command(after_help = help::of("trace"))]
    Trace(TraceOptions),
    /// Look at a trace in the lab's screen: of etcd's Raft, or one that raftlab trace has written.
    #[command(after_help = help::of("view"))]
    View(ViewOptions),
    /// Record a script as it plays, for asciinema (asciicast v3), with its beats as markers.
    #[command(after_help = help::of("cast"))]
    Cast(CastOptions),
    /// Make a worksheet of a lesson: what it asks, with pictures and room for answers, and the
    /// solutions at the end; a page for a browser.
    #[command(after_help = help::of("worksheet"))]
    Worksheet(WorksheetOptions),
    /// Write a picture of the screen as an SVG file; as PNG where its name ends so (feature png).
    #[command(after_help = help::of("picture"))]
    Picture(PictureOptions),
    /// List the sessions that were recorded, the newest first.
    #[command(after_help = help::of("sessions"))]
    Sessions(SessionsOptions),
    /// Follow a session, and print what the lecturer reads and the class does not see: the notes of
    /// this beat, the question and its answer, what is said next.
    #[command(after_help = help::of("notes"))]
    Notes(NotesOptions),
    /// List the lessons: what each is about, how long it takes, what comes before.
    #[command(after_help = help::of("lessons"))]
    Lessons,
    /// Start a lesson, by its number or a word of its name.
    #[command(after_help = help::of("lesson"))]
    Lesson(SceneOptions),
    /// Start a challenge, by its number or a word of its name; without one, list them: come to where
    /// the judge wants you, with few commands.
    #[command(after_help = help::of("challenge"))]
    Challenge(ChallengeOptions),
    /// List the challenges: aim, what is allowed, par.
    #[command(after_help = help::of("challenges"))]
    Challenges,
    /// Start a scene of the program's own scripts, by some words of its name; without any, list them.
    #[command(after_help = help::of("show"))]
    Show(SceneOptions),
    /// Print a link to a scene, for a browser, and its QR code.
    #[command(after_help = help::of("share"))]
    Share(ShareOptions),
    /// Write a scene as one file for a browser: the lab itself, which opens there without a network.
    #[command(after_help = help::of("page"))]
    Page(PageOptions),
    /// List the flaws that can be planted: rule, section, what to watch.
    #[command(after_help = help::of("flaws"))]
    Flaws,
    /// Judge a Raft of your own: the tests of courses, the scenes of the paper, baits and a hunt.
    #[cfg(feature = "guests")]
    #[command(after_help = help::of("accept"))]
    Accept(AcceptOptions),
    /// Bring a Raft of your own, compiled to WebAssembly.
    #[cfg(feature = "guests")]
    #[command(after_help = help::of("guest"))]
    Guest {
        #[command(subcommand)]
        command: GuestCommand,
    },
    /// Print a reference page, in Markdown: `docs keys`, `docs scripts` or `docs guest`; or, with
    /// `docs vim`, a syntax file for Vim.
    #[command(after_help = help::of("docs"))]
    Docs { page: Page },
    /// Print what can be set for good, with its default, and what is set.
    #[command(after_help = help::of("settings"))]
    Settings(SettingsOptions),
    /// Print what makes a shell complete commands, options, and the names of lessons, scenes and flaws.
    #[command(after_help = help::of("completions"))]
    Completions { shell: Shell },
    /// Print a manual page: of raftlab, or of one of its commands.
    #[command(after_help = help::of("man"))]
    Man { command: Option<String> },
}

/// Where the lab begins, and what the terminal can do.
#[derive(Clone, Debug, Default, Args)]
pub struct LabOptions {
    /// The seed of the run: the same seed, the same run.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// The pace to begin with: auto, real, 40-slower, 10-faster.
    #[arg(long, value_name = "PACE", value_parser = pace)]
    pub pace: Option<Pace>,
    /// Open with time standing at a moment: a line (14), a beat (beat 3), a time (1.2s), a place
    /// (1.203441s+2), a mark (mark NAME), end, or a condition (leader = S2).
    #[arg(long, value_name = "MOMENT", value_parser = Moment::read)]
    pub start_at: Option<Moment>,
    /// Stand still when the session takes so much memory, such as 500MB or 2GB (1GB).
    #[arg(long, value_name = "SIZE", value_parser = crate::app::memory::size)]
    pub memory: Option<u64>,
    /// Where the page of the lab lies (web/build.sh makes it): links to scenes lead there.
    #[arg(long, value_name = "URL", value_parser = crate::app::address::base)]
    pub base: Option<String>,
    /// Let a class follow on its own screens, at an address that the lab shows; without ADDR on
    /// this machine alone, with 0.0.0.0:8080 for all who reach it.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true,
          default_missing_value = "127.0.0.1:0", value_parser = audience)]
    pub audience: Option<SocketAddr>,
    /// Where a class finds it, when a proxy with TLS stands before --audience.
    #[arg(long, value_name = "URL", requires = "audience",
          value_parser = crate::app::address::base)]
    pub proxy: Option<String>,
    /// The folder with the page that web/build.sh has made, for --audience.
    #[arg(long, value_name = "DIR", requires = "audience")]
    pub web: Option<PathBuf>,
    /// Don't write the session down.
    #[arg(long)]
    pub no_record: bool,
    /// Leave the mouse to the terminal's own selection.
    #[arg(long)]
    pub no_mouse: bool,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
    /// How it looks: dark, light, high-contrast or monochrome; without it as the settings say, or
    /// the terminal's background.
    #[arg(long, value_name = "NAME", value_parser = dress)]
    pub theme: Option<Dress>,
}

#[derive(Debug, Args)]
pub struct RunOptions {
    /// The scripts; of a folder, all in it and below.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Play with this seed instead of the script's own.
    #[arg(long, value_name = "N", conflicts_with = "seeds", value_parser = seed)]
    pub seed: Option<u64>,
    /// Play with every seed from A up to, but not including, B: 1..101 are the seeds 1 to 100.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub seeds: Option<std::ops::Range<u64>>,
    /// Print one JSON object a run.
    #[arg(long)]
    pub json: bool,
    /// Write the events of the run as JSON lines (one script, one seed).
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Write what clients asked and were told as JSON lines (one script, one seed).
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Write a page with that history, for a browser (one script, one seed).
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub other: OtherRaft,
    /// Play everything twice and compare the digests.
    #[arg(long)]
    pub check_determinism: bool,
    /// Print only what went wrong.
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
    /// Stop a run when it takes so much memory, such as 500MB or 2GB (1GB). Each run has so much
    /// for itself, and as many are played at a time as there are cores.
    #[arg(long, value_name = "SIZE", value_parser = crate::app::memory::size)]
    pub memory: Option<u64>,
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    /// The histories: the lab's JSON lines, or EDN, JSON lines, columns or a console log of Jepsen.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Judge by this model, instead of the one that the file tells.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<Model>,
    /// Read a cas that failed as an answer: the register held something else. Without it, a cas that
    /// failed just did not take place.
    #[arg(long)]
    pub strict_cas: bool,
    /// Write a page with the history, for a browser (one history).
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print one JSON object a file.
    #[arg(long)]
    pub json: bool,
    /// Print only which histories are not linearizable, or could not be judged.
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
    /// Only the verdict: don't look for what is wrong, which can take longer.
    #[arg(long, conflicts_with = "html")]
    pub verdict: bool,
    /// Give up on a file after so long, such as 10s or 500ms.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub time_limit: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct SessionsOptions {
    /// Print one JSON object a session.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SettingsOptions {
    /// Print the names of all that keys do, to give them others.
    #[arg(long)]
    pub keys: bool,
}

#[derive(Debug, Default, Args)]
pub struct HuntOptions {
    /// Play every seed from A up to, but not including, B: 1..101 are the seeds 1 to 100.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub seeds: Option<std::ops::Range<u64>>,
    /// Stop after this long, such as 60s or 5m.
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub time: Option<Duration>,
    /// How many servers; without it 3 or 5, as the seed draws them.
    #[arg(long, value_name = "N", conflicts_with = "script",
          value_parser = number(1..=SERVERS_MAX))]
    pub servers: Option<u8>,
    /// How many clients; without it 2 to 8, as the seed draws them.
    #[arg(long, value_name = "N", conflicts_with = "script",
          value_parser = number(1..=200u32))]
    pub clients: Option<u32>,
    /// Plant this flaw (`raftlab flaws` lists them).
    #[arg(long, value_name = "NAME", value_parser = flaw, conflicts_with = "raft")]
    pub flaw: Option<Flaw>,
    #[arg(long = "option", value_name = "NAME", help = option_help(), conflicts_with_all = ["script", "raft"],
          value_parser = OptionWord::read)]
    pub options: Vec<OptionWord>,
    #[command(flatten)]
    pub other: OtherRaft,
    /// Vary the seed of this script instead, and shrink it.
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Don't stop at the first finding: one script for each thing that goes wrong.
    #[arg(long)]
    pub keep_going: bool,
    /// The file to write; without it a name that tells what was found.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file to write if it is there already.
    #[arg(long)]
    pub force: bool,
    /// Play only the I-th of N shares of the seeds.
    #[arg(long, value_name = "I/N", value_parser = shard, requires = "seeds")]
    pub shard: Option<(u64, u64)>,
    /// Print the result as one line of JSON.
    #[arg(long)]
    pub json: bool,
    /// Print only what was found.
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
    /// Stop a run when it takes so much memory, such as 500MB or 2GB (1GB). Each run has so much
    /// for itself, and as many are played at a time as there are cores.
    #[arg(long, value_name = "SIZE", value_parser = crate::app::memory::size)]
    pub memory: Option<u64>,
    /// Make one result of the results of all shares.
    #[arg(long, value_name = "FILE", num_args = 1..,
          conflicts_with_all = ["seeds", "time", "servers", "clients", "flaw", "options", "script",
                                "keep_going", "shard", "raft"])]
    pub merge: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct NotesOptions {
    /// The session to follow, by its name; without it, the one that was written last.
    pub session: Option<String>,
    /// Print the notes of this moment, and end.
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub struct PictureOptions {
    /// A script; without one, the lab of five servers.
    pub file: Option<PathBuf>,
    /// The moment of the picture: a time such as 4.855s, or whatever --start-at takes. Without
    /// it, the end of the script.
    #[arg(long, value_name = "MOMENT", value_parser = Moment::read)]
    pub at: Option<Moment>,
    /// The beat of the picture, counted from 1.
    #[arg(long, value_name = "N", conflicts_with = "at", requires = "file",
          value_parser = number(1..=u32::MAX))]
    pub beat: Option<u32>,
    /// Columns and rows of the terminal.
    #[arg(long, value_name = "WxH", default_value = "120x40", value_parser = size)]
    pub size: Size,
    /// The screen of presenter mode: no keys, no script, nothing of what comes.
    #[arg(long)]
    pub present: bool,
    /// Answer the question that stands at that moment.
    #[arg(long)]
    pub reveal: bool,
    /// The screen of big mode: the caption, the map and the logs alone.
    #[arg(long)]
    pub big: bool,
    /// The space-time diagram instead: a column a server, time downwards, packets as lines.
    #[arg(long, conflicts_with_all = ["present", "reveal", "big"])]
    pub diagram: bool,
    /// The moment with which the diagram begins: it has as many rows as it needs.
    #[arg(long, value_name = "MOMENT", requires = "diagram", value_parser = Moment::read)]
    pub from: Option<Moment>,
    /// The file to write.
    #[arg(long, value_name = "FILE", required_unless_present = "beats")]
    pub out: Option<PathBuf>,
    /// Replace the file to write, or the pictures of beats, if they are there already.
    #[arg(long)]
    pub force: bool,
    /// Write a picture of each beat into this folder instead.
    #[arg(long, value_name = "DIR", requires = "file",
          conflicts_with_all = ["out", "at", "beat", "diagram", "reveal", "from"])]
    pub beats: Option<PathBuf>,
    /// Play with this seed instead of the script's own.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Give up when the run takes so much memory, such as 500MB or 2GB (1GB).
    #[arg(long, value_name = "SIZE", value_parser = crate::app::memory::size)]
    pub memory: Option<u64>,
    /// How it looks: dark, light, high-contrast or monochrome.
    #[arg(long, value_name = "NAME", value_parser = dress)]
    pub theme: Option<Dress>,
    /// The same as --theme light.
    #[arg(long, conflicts_with = "theme")]
    pub light: bool,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
    #[command(flatten)]
    pub other: OtherRaft,
}

#[derive(Debug, Args)]
pub struct ShareOptions {
    /// The script.
    pub file: PathBuf,
    /// The moment at which it opens: whatever --start-at takes.
    #[arg(long, value_name = "MOMENT", value_parser = Moment::read)]
    pub at: Option<Moment>,
    /// Where the page of the lab lies (web/build.sh makes it).
    #[arg(long, value_name = "URL", value_parser = crate::app::address::base)]
    pub base: Option<String>,
    /// A terminal with a light background: the code is drawn the other way round.
    #[arg(long)]
    pub light: bool,
    #[command(flatten)]
    pub other: OtherRaft,
}

#[derive(Debug, Args)]
pub struct PageOptions {
    /// The script.
    pub file: PathBuf,
    /// The moment at which it opens: whatever --start-at takes. Without it, the first beat.
    #[arg(long, value_name = "MOMENT", value_parser = Moment::read)]
    pub at: Option<Moment>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file to write if it is there already.
    #[arg(long)]
    pub force: bool,
    /// The folder with the page that web/build.sh has made.
    #[arg(long, value_name = "DIR")]
    pub web: Option<PathBuf>,
    #[command(flatten)]
    pub other: OtherRaft,
}

#[derive(Debug, Args)]
pub struct SceneOptions {
    /// A number, or words of a name.
    #[arg(value_name = "NAME")]
    pub name: Vec<String>,
    /// Write its script into this folder, to be read and changed, instead.
    #[arg(long)]
    pub copy: bool,
    /// Replace the file that --copy writes if it is there already.
    #[arg(long, requires = "copy")]
    pub force: bool,
    #[command(flatten)]
    pub lab: LabOptions,
}

#[cfg(feature = "guests")]
#[derive(Debug, Args)]
pub struct AcceptOptions {
    /// The WebAssembly module.
    #[arg(value_name = "FILE")]
    pub raft: PathBuf,
    /// A text for the module, which says what that means.
    #[arg(long, value_name = "TEXT")]
    pub raft_params: Option<String>,
    /// Print one JSON object, with the scripts.
    #[arg(long)]
    pub json: bool,
    /// Write the report as a page too: one file for a browser.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// How many seeds hunt in it (500).
    #[arg(long, value_name = "N", value_parser = number(0..=1_000_000u64))]
    pub seeds: Option<u64>,
    /// Play the scripts of this folder only; may be said more than once. What is not played is not
    /// passed.
    #[arg(long, value_name = "NAME", value_parser = ["handout", "mit", "raft", "etcd", "flaws"])]
    pub folder: Vec<String>,
    /// Say only what went wrong, and show no progress.
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
    /// How long all may take, such as 60s or 10m (5m): what was not played by then is not passed.
    #[arg(long, value_name = "TIME", value_parser = limit)]
    pub time: Option<Duration>,
}

#[cfg(feature = "guests")]
#[derive(Debug, Subcommand)]
pub enum GuestCommand {
    /// Write a small Raft to start from into a folder, with what it needs to be built.
    New(NewGuest),
}

#[cfg(feature = "guests")]
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("language").required(true)))]
pub struct NewGuest {
    /// In C: a header, a Raft in one file, a build line.
    #[arg(long, group = "language")]
    pub c: bool,
    /// In C with threads: pthread_create, mutex, usleep, and calls that wait for their answer.
    #[arg(long, group = "language")]
    pub c_threads: bool,
    /// In Rust: a crate.
    #[arg(long, group = "language")]
    pub rust: bool,
    /// In Go: a module.
    #[arg(long, group = "language")]
    pub go: bool,
    /// The crate `raft` (TiKV's), behind an adapter.
    #[arg(long, group = "language")]
    pub raft_rs: bool,
    /// The folder to write into.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct ChallengeOptions {
    /// Print a hint instead.
    #[arg(long, conflicts_with_all = ["copy", "solution"])]
    pub hint: bool,
    /// Print its script with lines that meet it, instead.
    #[arg(long, conflicts_with = "copy")]
    pub solution: bool,
    #[command(flatten)]
    pub scene: SceneOptions,
}

/// The reference pages that the program makes from its own tables.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Page {
    /// Every key in every mode (docs/keys.md).
    Keys,
    /// Every verb of the script language (docs/scripts.md).
    Scripts,
    /// A syntax file for Vim and Neovim: scripts in colours.
    Vim,
    /// A Raft of your own, and every function between it and the lab (docs/guests.md).
    #[cfg(feature = "guests")]
    Guest,
}

#[cfg(test)]
mod tests;
