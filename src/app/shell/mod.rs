//! The half of the lab that has a terminal, files and a clock: the feature `terminal`.
//!
//! [`main`] reads the command line (`cli.rs`) and does what it says. `lab.rs` holds the loop around
//! a [`Session`](crate::app::session::Session): signals, keys and frames become its messages, and
//! `terminal.rs` shows what it draws. `headless/`, `check/`, [`hunt`] and `picture.rs` do without a
//! screen; `files/` and `stream.rs` are how anything is read or written.

#[cfg(feature = "guests")]
mod accept;
mod audience;
mod background;
mod beats;
mod cast;
mod check;
mod cli;
mod environment;
mod figures;
mod files;
mod find;
mod fleet;
#[cfg(feature = "guests")]
mod guest_new;
mod guests;
mod headless;
mod hunt;
mod keep;
mod keyboard;
mod lab;
mod library;
mod notes;
mod picture;
mod png;
mod sessions;
mod settings;
mod share;
mod signals;
mod stream;
mod system;
mod terminal;
mod trace;
mod view;
mod worksheet;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Stderr, Write};
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches};

use crate::cluster::command::{Diagnostic, Printed};
pub use check::verdict;

use cli::{Cli, Page, Subcommands};
use environment::Environment;
use stream::{Form, Ink, Stream};

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
    /// Beside it a run failed, which is the more important of the two.
    Besides(Box<Mistake>),
    /// It has been told already, as JSON.
    Told,
}

/// Reads the command line and does what it says. The status is 0 when all went well, 1 when an
/// expectation or an invariant failed, 2 for bad usage and bad input, and 3 when there was no answer
/// within the limits.
pub fn main() -> ExitCode {
    install_reports();
    let given: Vec<OsString> = std::env::args_os().collect();
    let colours = wanted_colours(&given);
    let arguments = arguments(given.into_iter());
    let cli = match parse(&arguments, colours) {
        Ok(cli) => cli,
        // Help and version, which hold nothing of others and may have colours.
        Err(help) if !help.use_stderr() => {
            return match help.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => complain(&Mistake::Output(error), colours),
            };
        }
        Err(error) => {
            let first = || arguments.get(1).and_then(|word| cli::misspelt(word));
            if let Some(meant) = first().or_else(|| cli::unknown(&arguments, &error)) {
                return complain(&Mistake::Usage(meant), colours);
            }
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
        Err(mistake) => complain(&mistake, colours),
    }
}

/// The arguments as clap reads them. `--color` may stand before a command too; a value may begin with a
/// minus, to be refused for what it is; and `help` has no help of its own.
fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    for word in given {
        let text = word.to_str().unwrap_or_default();
        let negative = text
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        match arguments.last_mut() {
            Some(option) if negative && is_option(option) => {
                option.push("=");
                option.push(word);
            }
            _ => arguments.push(word),
        }
    }
    let before = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with("--color"));
    if arguments.get(1).is_some_and(before) {
        let words = if arguments[1] == "--color" { 2 } else { 1 };
        // Behind the word that follows: a command, or a file.
        if arguments.len() > 1 + words && !arguments[1 + words].to_string_lossy().starts_with('-') {
            arguments[1..2 + words].rotate_left(words);
        }
    }
    if arguments.get(1).is_some_and(|word| word == "help") {
        if let Some(place) = arguments.iter().position(|word| word == "--color") {
            arguments.drain(place..arguments.len().min(place + 2));
        }
        arguments.retain(|word| !word.to_string_lossy().starts_with('-'));
    }
    arguments
}

/// Whether a word is an option whose value stands in the next one, if it has one.
fn is_option(word: &OsString) -> bool {
    word.to_str()
        .is_some_and(|word| word.len() > 2 && word.starts_with("--") && !word.contains('='))
}

/// What the command line says of colours, which must be known before it is understood.
fn wanted_colours(arguments: &[OsString]) -> ColorChoice {
    let words = arguments.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let words: Vec<_> = words.collect();
    let joined = words.iter().find_map(|word| word.strip_prefix("--color=").map(str::to_owned));
    let apart = || {
        let place = words.iter().position(|word| word == "--color")?;
        words.get(place + 1).map(ToString::to_string)
    };
    joined.or_else(apart).and_then(|when| when.parse().ok()).unwrap_or_default()
}

fn parse(arguments: &[OsString], colours: ColorChoice) -> Result<Cli, clap::Error> {
    let matches = Cli::command().color(colours).try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
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
        Some(Subcommands::Find(options)) => find::run(options),
        Some(Subcommands::Trace(options)) => trace::run(options),
        Some(Subcommands::View(options)) => view::run(options, cli.color),
        Some(Subcommands::Cast(options)) => cast::run(options),
        Some(Subcommands::Worksheet(options)) => worksheet::worksheet(options),
        Some(Subcommands::Picture(options)) => picture::run(options),
        Some(Subcommands::Notes(options)) => notes::run(options),
        Some(Subcommands::Sessions(options)) => sessions::run(options),
        Some(Subcommands::Share(options)) => share::link(options),
        Some(Subcommands::Page(options)) => share::page(options),
        Some(Subcommands::Lessons) => library::lessons(),
        Some(Subcommands::Lesson(options)) => library::lesson(options, cli.color),
        Some(Subcommands::Challenge(options)) => library::challenge(options, cli.color),
        Some(Subcommands::Challenges) => library::challenges(),
        Some(Subcommands::Show(options)) => library::show(options, cli.color),
        Some(Subcommands::Flaws) => print(&crate::cluster::flaw::list()),
        #[cfg(feature = "guests")]
        Some(Subcommands::Accept(options)) => accept::run(options),
        #[cfg(feature = "guests")]
        Some(Subcommands::Guest { command }) => guest_new::run(command),
        Some(Subcommands::Docs { page }) => print(&match page {
            #[cfg(feature = "guests")]
            Page::Guest => crate::cluster::guest::page(),
            Page::Vim => crate::cluster::command::editor::vim(),
            Page::Keys => super::reference::keys(),
            Page::Scripts => crate::cluster::command::reference::page(),
        }),
        Some(Subcommands::Settings(options)) => settings::run(options),
        Some(Subcommands::Completions { shell }) => print(&cli::completions(*shell)),
        Some(Subcommands::Man { command }) => {
            let page = cli::pages(command.as_deref()).map_err(Mistake::Usage)?;
            print(&String::from_utf8_lossy(&page))
        }
        None => match cli.file.as_deref().and_then(|file| cli::misspelt(file.as_os_str())) {
            Some(meant) => Err(Mistake::Usage(meant)),
            None => lab::run(cli.file.as_deref(), &cli.free, &cli.lab, cli.color),
        },
    }
}

fn print(text: &str) -> Result<Ending, Mistake> {
    let mut out = Stream::output(Form::Text);
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Mistake::Output)?;
    Ok(Ending::Well)
}

/// Says what is wrong. Whoever has closed the pipe wants to hear no more: that is said by the
/// status alone, the one that a shell gives to a process ended by SIGPIPE.
fn complain(mistake: &Mistake, colours: ColorChoice) -> ExitCode {
    match mistake {
        Mistake::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(141),
        Mistake::Besides(mistake) => {
            tell(mistake, &mut errors(colours));
            ExitCode::from(1)
        }
        _ => {
            tell(mistake, &mut errors(colours));
            ExitCode::from(2)
        }
    }
}

fn errors(colours: ColorChoice) -> Stream<Stderr> {
    let wanted = Environment::prints_colours(colours, io::stderr().is_terminal());
    Stream::errors().coloured(wanted)
}

fn tell(mistake: &Mistake, out: &mut Stream<Stderr>) {
    // Nobody is left to hear of an error here.
    let _ = match mistake {
        Mistake::Usage(message) => sentence(message, out),
        Mistake::Output(error) => sentence(&format!("can't write: {}", files::why_not(error)), out),
        Mistake::Script(diagnostics) => {
            diagnostics.iter().try_for_each(|diagnostic| diagnosis(diagnostic, out))
        }
        Mistake::Several(mistakes) => {
            mistakes.iter().for_each(|mistake| tell(mistake, out));
            Ok(())
        }
        Mistake::Besides(mistake) => {
            tell(mistake, out);
            Ok(())
        }
        Mistake::Told => Ok(()),
    };
}

fn sentence(message: &str, out: &mut Stream<Stderr>) -> io::Result<()> {
    out.ink(Ink::Wrong, "raftlab:")?;
    writeln!(out, " {message}")
}

/// What is wrong with a line of a script, as a compiler would print it.
fn diagnosis(diagnostic: &Diagnostic, out: &mut Stream<Stderr>) -> io::Result<()> {
    for (piece, text) in diagnostic.pieces() {
        let ink = match piece {
            Printed::Place => Ink::Strong,
            Printed::Message | Printed::Caret => Ink::Wrong,
            Printed::Frame => Ink::Faint,
            Printed::Source => Ink::Plain,
            Printed::Help => Ink::Help,
        };
        out.ink(ink, &text)?;
    }
    out.write_all(b"\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_value_that_begins_with_a_minus_is_one() {
        for (given, read) in [
            ("raftlab cast x --wait -3s --size 9", "raftlab cast x --wait=-3s --size 9"),
            ("raftlab check -q -3", "raftlab check -q -3"),
            ("raftlab cast --wait=4 -3", "raftlab cast --wait=4 -3"),
            ("raftlab run -- -3", "raftlab run -- -3"),
        ] {
            assert_eq!(arguments(words(given).into_iter()), words(read));
        }
    }

    #[test]
    fn color_may_stand_before_a_command() {
        for (given, read) in [
            ("raftlab --color never run x", "raftlab run --color never x"),
            ("raftlab --color=never run x", "raftlab run --color=never x"),
            ("raftlab run x --color never", "raftlab run x --color never"),
            ("raftlab --color never", "raftlab --color never"),
            ("raftlab --color never --ascii", "raftlab --color never --ascii"),
        ] {
            let read = words(read);
            assert_eq!(arguments(words(given).into_iter()), read);
            assert_eq!(wanted_colours(&read), ColorChoice::Never);
            assert!(parse(&read, ColorChoice::Never).is_ok(), "{read:?}");
        }
        assert_eq!(wanted_colours(&words("raftlab run x")), ColorChoice::Auto);
        let help = words("raftlab --color never help run --help -h");
        assert_eq!(arguments(help.into_iter()), words("raftlab help run"));
        assert!(parse(&words("raftlab --color mauve"), ColorChoice::Auto).is_err());
    }
}
