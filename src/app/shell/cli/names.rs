//! The command line as others want it: shells that complete it, manual pages, and whoever has
//! misspelt a command.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::builder::{PossibleValuesParser, Resettable};
use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, help};
use crate::app::hunt::plan::OptionWord;
use crate::app::scenes::{CHALLENGES, LESSONS};
use crate::app::shell::library;
use crate::cluster::command::{either, meant, nearest};
use crate::cluster::flaw::FLAWS;
use crate::cluster::network::Network;
use crate::ui::theme::Dress;

/// What a shell reads to complete the command line.
pub fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut for_completion(), "raftlab", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell != Shell::Zsh {
        return script;
    }
    // The first word is a command or a file. As clap_complete writes it, Zsh takes it for the file and
    // waits for the command behind it, so that it completes nothing of any command.
    let own_file = |line: &&str| !line.starts_with("'::file -- ");
    let lines: Vec<&str> = script.lines().filter(own_file).collect();
    lines
        .join("\n")
        .replacen(r#"":: :_raftlab_commands""#, r#"":: :{_raftlab_commands; _files}""#, 1)
        .replace("$line[2]", "$line[1]")
        + "\n"
}

/// The command line with the names that options take, for a shell to complete.
pub(super) fn for_completion() -> Command {
    let flaws: Vec<&'static str> = FLAWS.iter().map(|about| about.flaw.name()).collect();
    let networks: Vec<&'static str> = Network::ALL.map(Network::name).to_vec();
    let names = |names: Vec<&'static str>| PossibleValuesParser::new(names);
    let scene = |wanted: Vec<&'static str>| {
        move |command: Command| command.mut_arg("name", |arg| arg.value_parser(names(wanted)))
    };
    let with_flaw = |flaws: Vec<&'static str>| {
        move |command: Command| {
            let options =
                PossibleValuesParser::new(OptionWord::all().map(|word| &*word.said().leak()));
            command
                .mut_arg("flaw", |arg| arg.value_parser(names(flaws)))
                .mut_arg("options", |arg| arg.value_parser(options))
        }
    };
    Cli::command()
        .mut_arg("network", |arg| arg.value_parser(names(networks)))
        .mut_arg("theme", |arg| arg.value_parser(names(Dress::ALL.map(Dress::name).to_vec())))
        .mut_subcommand("hunt", with_flaw(flaws.clone()))
        .mut_subcommand("find", with_flaw(flaws))
        .mut_subcommand("challenge", scene(library::names(CHALLENGES)))
        .mut_subcommand("lesson", scene(library::names(LESSONS)))
        .mut_subcommand("show", scene(library::scene_names()))
        .mut_subcommand("man", |command| {
            command.mut_arg("command", |arg| arg.value_parser(names(commands().collect())))
        })
}

/// The commands: each has its help.
fn commands() -> impl Iterator<Item = &'static str> {
    help::ALL.iter().map(|(name, ..)| *name).filter(|name| *name != "raftlab")
}

/// The manual page of the program, or of one of its commands; or what is wrong with that name.
///
/// # Errors
/// When there is no such command.
pub fn pages(command: Option<&str>) -> Result<Vec<u8>, String> {
    let mut cli = Cli::command();
    cli.build();
    let page = match command {
        None => &cli,
        Some(name) => cli
            .find_subcommand(name)
            .ok_or_else(|| format!("there is no command `{name}`{}", meant(name, commands())))?,
    };
    let name = command.unwrap_or("raftlab");
    // What stands at the end of the help has sections of its own here.
    let page = page.clone().after_help(Resettable::Reset);
    let mut text = Vec::new();
    let made = clap_mangen::Man::new(page).render(&mut text);
    text.extend(help::man(name).into_bytes());
    made.map(|()| text).map_err(|error| error.to_string())
}

/// What is wrong with a first word that is neither a command nor a file, if it is nearly a command.
pub fn misspelt(word: &OsStr) -> Option<String> {
    let text = word.to_str()?;
    if text.starts_with('-') || text.contains(['.', '/', '\\']) || Path::new(word).exists() {
        return None;
    }
    if Cli::command().find_subcommand(text).is_some() {
        return None;
    }
    let near = nearest(text, commands())?;
    Some(format!("there is no command and no file `{text}`: did you mean `raftlab {near}`?"))
}

/// What is wrong with a word that should be a command of a command: `guest nwe`, `help rnu`.
pub fn unknown(arguments: &[OsString], error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let mut line = String::from("raftlab");
    let mut command = Cli::command();
    for word in arguments.iter().skip(1).map(|word| word.to_string_lossy()) {
        if word == wrong.as_str() {
            break;
        }
        if let Some(sub) = command.find_subcommand(&*word).cloned() {
            line += &format!(" {word}");
            command = sub;
        }
    }
    let is_first = arguments
        .iter()
        .skip(1)
        .find(|word| *word != "help")
        .is_some_and(|first| first == wrong.as_str());
    if line == "raftlab" && !is_first {
        return Some(format!("`{wrong}` is one word too many: raftlab plays one script"));
    }
    let known = command.get_subcommands().map(Command::get_name);
    let known: Vec<&str> = known.filter(|name| *name != "help").collect();
    Some(match nearest(wrong, known.iter().copied()) {
        Some(near) => {
            format!("there is no command `{line} {wrong}`: did you mean `{line} {near}`?")
        }
        None if known.len() > FEW => {
            format!("there is no command `{line} {wrong}`: `{line} --help` lists them")
        }
        None => {
            let known: Vec<String> = known.iter().map(|name| format!("`{line} {name}`")).collect();
            format!("there is no command `{line} {wrong}`: there is {}", either(&known))
        }
    })
}

/// So many commands can be named in one sentence.
const FEW: usize = 5;
