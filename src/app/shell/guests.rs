//! Modules in files: `raft=FILE` in a script and `--raft FILE` on the command line become a Raft that
//! runs.

use std::path::{Component, Path, PathBuf};

use super::Mistake;
use super::files::is_standard;
use crate::cluster::command::{Script, Setup, Text};
use crate::cluster::plain::{is_hidden, plain};
use crate::cluster::{Implementation, Limits};

/// The longest text that the command line hands to a module, in bytes.
const PARAMS_MAX: usize = 1_000;

#[cfg(feature = "guests")]
mod modules {
    use std::io::Read;
    use std::path::Path;
    use std::sync::{Arc, Mutex, PoisonError};

    use crate::app::shell::files::{self, why_not};
    use crate::cluster::Limits;
    use crate::cluster::guest::{MODULE_MAX, Program};

    type Known = (String, Limits, Arc<Program>);

    /// Every module is read once, however many scripts name it.
    static READ: Mutex<Vec<Known>> = Mutex::new(Vec::new());

    pub fn load(path: &Path, limits: Limits) -> Result<Arc<Program>, String> {
        let name = path.display().to_string();
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., program)) = read.iter().find(|it| it.0 == name && it.1 == limits) {
            return Ok(program.clone());
        }
        let mut bytes = Vec::new();
        let file = files::open(path);
        let file = file.and_then(|file| file.take(MODULE_MAX as u64 + 1).read_to_end(&mut bytes));
        file.map_err(|error| why_not(&error))?;
        let program = Program::load(&bytes, limits).map_err(|why| why.to_string())?;
        read.push((name, limits, program.clone()));
        Ok(program)
    }
}

#[cfg(not(feature = "guests"))]
mod modules {
    use std::path::Path;
    use std::sync::Arc;

    use crate::cluster::Limits;
    use crate::cluster::guest::Program;

    pub fn load(_: &Path, _: Limits) -> Result<Arc<Program>, String> {
        Err("this raftlab was built without the feature `guests`".to_owned())
    }
}

/// The Raft in a file, as the command line names it.
///
/// # Errors
/// When it can't be read, or is none.
pub fn named(path: &Path, params: &str) -> Result<Implementation, Mistake> {
    if params.len() > PARAMS_MAX || params.chars().any(is_hidden) {
        return Err(Mistake::Usage(format!(
            "--raft-params: a line of {PARAMS_MAX} bytes at most is expected"
        )));
    }
    if is_standard(path) {
        // What is found is a script that names the module, to be played again.
        return Err(Mistake::Usage("a module is read from a file, not from standard input".into()));
    }
    let file = whole(path);
    let limits = Limits::default();
    let program = modules::load(&file, limits).map_err(|why| {
        Mistake::Usage(format!("can't play with {}: {why}", plain(&path.display().to_string())))
    })?;
    program.takes(params).map_err(|why| {
        Mistake::Usage(format!("--raft-params with --raft {}: {why}", path.display()))
    })?;
    let (file, hash) = (file.display().to_string().into(), Some(program.hash()));
    Ok(Implementation { file, hash, limits, params: params.into(), program: Some(program) })
}

/// Reads the module that a script names, if it names one. `beside` is where the script lies.
///
/// # Errors
/// When the module can't be read, is none, or is not the one that the script was recorded with.
pub fn attach(script: &mut Script, beside: Option<&Path>) -> Result<(), Mistake> {
    let Some(raft) = script.config.raft.clone() else { return Ok(()) };
    let file = whole(&beside.map_or_else(PathBuf::new, Path::to_owned).join(&*raft.file));
    let host = |script: &mut Script| -> Result<(), String> {
        let program = modules::load(&file, raft.limits)?;
        if let Some(hash) = raft.hash.filter(|hash| *hash != program.hash()) {
            return Err(format!(
                "it has changed: it is {:#x} now, and this was recorded with {hash:#x}; --raft plays \
                 it with another one",
                program.hash()
            ));
        }
        script.host(program)
    };
    host(script).map_err(|why| {
        let line = script.source.iter().position(|line| line.trim_start().starts_with("cluster"));
        let line = line.map_or(1, |line| line + 1);
        Mistake::Usage(format!("{}, line {line}: raft={}: {why}", script.name, raft.file))
    })?;
    if let Some(raft) = &mut script.config.raft {
        raft.file = file.display().to_string().into();
    }
    Ok(())
}

/// The text of a script with another Raft in its servers: what it says of the timers and options of the
/// lab's own is left out.
pub fn with_raft(text: &[u8], raft: &Implementation) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(text) else { return text.to_vec() };
    let lines: Vec<Box<str>> = text.lines().map(Into::into).collect();
    let lines = Script::source_with(&lines, |head| {
        let head = Setup {
            election: None,
            heartbeat: None,
            append_max: None,
            inflight: None,
            uncommitted: None,
            client_sessions: None,
            ..head
        };
        head.with_raft(Some(raft))
    });
    let mut text = lines.join("\n");
    text.push('\n');
    text.into_bytes()
}

/// The text of a script that is to lie at `path`: a module that it names is named from its folder, so
/// that both may move together. Where they have but the root in common, it stays as it is.
pub fn named_from(path: &Path, text: &str) -> String {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let folder = whole(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder });
    let lines: Vec<Box<str>> = text.lines().map(Into::into).collect();
    let is_named = text.contains("raft=");
    let relative = |raft: Text| {
        let near = relative(Path::new(&*raft.filled()), &folder);
        near.map_or(raft, |near| Text::literal(&*near))
    };
    let change = |head: Setup| Setup { raft: head.raft.clone().map(relative), ..head };
    match is_named {
        true => {
            Script::source_with(&lines, change).iter().map(|line| format!("{line}\n")).collect()
        }
        false => text.to_owned(),
    }
}

/// The way from a folder to a file, both absolute, in the letters of a script: with `/` everywhere.
fn relative(file: &Path, folder: &Path) -> Option<String> {
    let (file, folder): (Vec<_>, Vec<_>) =
        (file.components().collect(), folder.components().collect());
    let common = file.iter().zip(&folder).take_while(|(one, other)| one == other).count();
    let is_root = |part: &Component<'_>| matches!(part, Component::RootDir | Component::Prefix(_));
    if file[..common].iter().all(is_root) {
        return None;
    }
    let up = folder[common..].iter().map(|_| "..".into());
    let down = file[common..].iter().map(|part| part.as_os_str().to_string_lossy());
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// Where a file is, whatever the folder of those who ask.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}
