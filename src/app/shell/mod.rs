//! The half of the lab that has a terminal, files and a clock: the feature `terminal`.
//!
//! [`main`] reads the command line (`cli.rs`) and does what it says. `lab.rs` holds the loop around
//! a [`Session`](crate::app::session::Session): signals, keys and frames become its messages, and
//! `terminal.rs` shows what it draws. `headless/`, `check/`, [`hunt`] and `picture.rs` do without a
//! screen; `files/` and `stream.rs` are how anything is read or written.

mod budget;
mod check;
mod cli;
mod figures;
mod files;
mod fleet;
mod headless;
pub mod hunt;
mod keep;
mod keyboard;
mod lab;
mod library;
mod notes;
mod picture;
mod sessions;
mod settings;
mod signals;
mod stream;
mod terminal;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cluster::command::Diagnostic;
pub use check::verdict;

use cli::{Cli, Page, Subcommands};
use stream::{Form, Stream};

/// How a program that did what it was asked to do ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Well,
    /// An expectation or an invariant failed.
    Failed,
    /// No answer was found within the limits.
    Undecided,
    /// A signal asked the program to leave.
    Signal(i32),
}

/// Why the program could not do what it was asked to do.
#[derive(Debug)]
pub enum Mistake {
    /// What is wrong, and what to do.
    Usage(String),
    /// Everything that is wrong with a script.
    Script(Vec<Diagnostic>),
    Several(Vec<Mistake>),
    /// Standard output, or the terminal, could not be written to.
    Output(io::Error),
}

/// Reads the command line and does what it says. The status is 0 when all went well, 1 when an
/// expectation or an invariant failed, 2 for bad usage and bad input, and 3 when there was no answer
/// within the limits.
pub fn main() -> ExitCode {
    install_reports();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version, which hold nothing of others and may have colours.
        Err(help) if !help.use_stderr() => {
            return match help.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => complain(&Mistake::Output(error)),
            };
        }
        Err(error) => {
            let _ = write!(Stream::errors(), "{}", error.render());
            return ExitCode::from(2);
        }
    };
    if cli.command.is_some() {
        files::tidy_up_on_signals();
    }
    match dispatch(&cli) {
        Ok(Ending::Well) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Undecided) => ExitCode::from(3),
        // As a shell reports a process that a signal has ended.
        Ok(Ending::Signal(number)) => ExitCode::from(128 + number.clamp(0, 127) as u8),
        Err(mistake) => complain(&mistake),
    }
}

/// How panics are reported: in words that no terminal obeys, and without insisting. The hook of
/// color-eyre panics in turn when standard error is gone, and two panics at once abort.
fn install_reports() {
    let plain = color_eyre::config::Theme::new();
    let (panics, errors) = color_eyre::config::HookBuilder::new().theme(plain).into_hooks();
    // Only another library could have set one before.
    let _ = errors.install();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = writeln!(Stream::errors(), "{}", panics.panic_report(panic));
    }));
}

fn dispatch(cli: &Cli) -> Result<Ending, Mistake> {
    match &cli.command {
        Some(Subcommands::Run(options)) => headless::run(options),
        Some(Subcommands::Check(options)) => check::run(options),
        Some(Subcommands::Hunt(options)) => hunt::run(options),
        Some(Subcommands::Picture(options)) => picture::run(options),
        Some(Subcommands::Notes(options)) => notes::run(options),
        Some(Subcommands::Sessions(options)) => sessions::run(options),
        Some(Subcommands::Lessons) => library::lessons(),
        Some(Subcommands::Lesson(options)) => library::lesson(options),
        Some(Subcommands::Show(options)) => library::show(options),
        Some(Subcommands::Flaws) => print(&crate::cluster::flaw::list()),
        Some(Subcommands::Docs { page }) => print(&match page {
            Page::Keys => super::keymap::reference(),
            Page::Scripts => crate::cluster::command::reference::page(),
        }),
        None => lab::run(cli.file.as_deref(), &cli.lab),
    }
}

fn print(text: &str) -> Result<Ending, Mistake> {
    let mut out = Stream::output(Form::Text);
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Mistake::Output)?;
    Ok(Ending::Well)
}

/// Says what is wrong. Whoever has closed the pipe wants to hear no more: that is said by the
/// status alone, the one that a shell gives to a process ended by SIGPIPE.
fn complain(mistake: &Mistake) -> ExitCode {
    match mistake {
        Mistake::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(141),
        _ => {
            tell(mistake);
            ExitCode::from(2)
        }
    }
}

fn tell(mistake: &Mistake) {
    let mut out = Stream::errors();
    // Nobody is left to hear of an error here.
    let _ = match mistake {
        Mistake::Usage(message) => writeln!(out, "raftlab: {message}"),
        Mistake::Output(error) => writeln!(out, "raftlab: can't write: {error}"),
        Mistake::Script(diagnostics) => {
            diagnostics.iter().try_for_each(|diagnostic| writeln!(out, "{diagnostic}\n"))
        }
        Mistake::Several(mistakes) => {
            mistakes.iter().for_each(tell);
            Ok(())
        }
    };
}
