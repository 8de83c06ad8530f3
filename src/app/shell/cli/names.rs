//! The command line as others want it: shells that complete it, manual pages, and whoever has
//! misspelt a command.

use std::ffi::OsStr;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, help};
use crate::app::shell::library;
use crate::cluster::command::nearest;
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
        move |command: Command| command.mut_arg("flaw", |arg| arg.value_parser(names(flaws)))
    };
    Cli::command()
        .mut_arg("network", |arg| arg.value_parser(names(networks)))
        .mut_arg("theme", |arg| arg.value_parser(names(Dress::ALL.map(Dress::name).to_vec())))
        .mut_subcommand("hunt", with_flaw(flaws.clone()))
        .mut_subcommand("find", with_flaw(flaws))
        .mut_subcommand("lesson", scene(library::lesson_names()))
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
        Some(name) => cli.find_subcommand(name).ok_or_else(|| {
            let near = nearest(name, commands());
            let meant = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
            format!("there is no command `{name}`{meant}")
        })?,
    };
    let mut text = Vec::new();
    let made = clap_mangen::Man::new(page.clone()).render(&mut text);
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
