//! `raftlab lessons`, `lesson` and `show`: the scripts that travel in the program
//! ([`scenes`](crate::app::scenes)), listed, played and copied.
//!
//! Wherever a script is named and no such file is there, the one of the program is meant:
//! `raftlab run lessons/01_same_log_same_map.lab` works in an empty folder (`files/`).

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ColorChoice;
use include_dir::{Dir, File, include_dir};

use super::cli::{ChallengeOptions, FreeOptions, SceneOptions};
use super::files::{Files, Kind, Old};
use super::{Ending, Mistake, lab, print};
use crate::app::scenes::{self, CHALLENGES, FOLDERS, LESSONS, Scene, all, find, within};
use crate::cluster::command::{Challenge, Diagnostic, Script};

/// Lines that meet the challenges, under their names.
static SOLUTIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/app/shell/solutions");

/// All scripts of a folder, each with its path and its text.
#[cfg(feature = "guests")]
pub fn scripts(folder: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    within(folder).into_iter().map(|scene| (scene.path(), scene.text()))
}

/// The scripts of one of the program's folders, as they are called: none if there is no such folder.
pub fn within_folder(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.strip_prefix("scripts").unwrap_or(folder);
    let inside = |scene: &Scene| Path::new(scene.path()).starts_with(folder);
    if folder.as_os_str().is_empty() {
        return Vec::new();
    }
    fitting_scene(inside)
}

/// The scripts whose paths a pattern fits, with the folder `scripts` before them or without.
pub fn fitting(fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    fitting_scene(|scene| fits(scene.path()) || fits(&format!("scripts/{}", scene.path())))
}

fn fitting_scene(is: impl Fn(&Scene) -> bool) -> Vec<PathBuf> {
    all().filter(is).map(|scene| PathBuf::from(scene.path())).collect()
}

/// What the scenes of a folder are called.
pub fn names(folder: &str) -> Vec<&'static str> {
    within(folder).into_iter().map(Scene::name).collect()
}

/// What scenes are called: where only one is called so, alone, and all with their folders.
pub fn scene_names() -> Vec<&'static str> {
    let names: Vec<&str> = all().map(Scene::name).collect();
    let is_only = |name: &&&str| names.iter().filter(|other| other == name).count() == 1;
    let alone = names.iter().filter(is_only).copied();
    alone.chain(all().map(|scene| scene.path().trim_end_matches(".lab"))).collect()
}

/// `raftlab lessons`: what there is to learn, in the order in which it is taught.
pub fn lessons() -> Result<Ending, Mistake> {
    let mut text = String::new();
    for scene in within(LESSONS) {
        let number = scene.number().unwrap_or_default();
        let _ = writeln!(text, "{number:>2}  {}", scene.name().replace('_', " "));
        wrapped(&mut text, &scene.aim());
        if let Some(takes) = scene.takes() {
            wrapped(&mut text, &format!("Takes {takes}"));
        }
    }
    text.push_str(
        "\nraftlab lesson 2 starts one: Space resumes at a beat, F5 presents it to a class, q quits.\n\
         raftlab lesson 2 --copy writes its script into this folder, to be changed.\n\
         raftlab show lists the scenes that there are beside these.\n",
    );
    print(&text)
}

/// A paragraph below a heading.
fn wrapped(text: &mut String, paragraph: &str) {
    const WIDTH: usize = 76;
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let width = word.chars().count();
        if column == 0 || column + 1 + width > WIDTH {
            text.push_str(if column == 0 { "    " } else { "\n    " });
            column = width;
        } else {
            text.push(' ');
            column += 1 + width;
        }
        text.push_str(word);
    }
    text.push('\n');
}

/// `raftlab lesson WHICH`.
pub fn lesson(options: &SceneOptions, colours: ColorChoice) -> Result<Ending, Mistake> {
    let words = options.name.join(" ");
    if words.is_empty() {
        return which(options, "lesson").and_then(|()| self::lessons());
    }
    open(scenes::lesson(&words).map_err(Mistake::Usage)?, options, colours)
}

/// Which script `:lesson` means, as it is called in the program.
///
/// # Errors
/// When there is none such.
pub fn path_of_lesson(words: &str) -> Result<&'static Path, String> {
    scenes::lesson(words).map(|scene| Path::new(scene.path()))
}

/// `raftlab challenge [WHICH]`.
pub fn challenge(options: &ChallengeOptions, colours: ColorChoice) -> Result<Ending, Mistake> {
    let scene = &options.scene;
    if scene.name.is_empty() {
        return which(scene, "challenge").and_then(|()| challenges());
    }
    let found = numbered(&scene.name.join(" ")).map_err(Mistake::Usage)?;
    if options.hint {
        let about = found.about();
        let hint = about.split_once("Hint: ").map_or("there is none", |(_, hint)| hint);
        return print(&format!("{hint}\n"));
    }
    if options.solution {
        return print(&solved(found).map_err(Mistake::Usage)?);
    }
    open(found, scene, colours)
}

/// A challenge with lines that meet it at the player's turn.
///
/// # Errors
/// Why it can't be met.
fn solved(challenge: Scene) -> Result<String, String> {
    let name = Path::new(challenge.path()).file_name().unwrap_or_default();
    let text = std::str::from_utf8(challenge.text()).unwrap_or_default();
    let lines = SOLUTIONS.get_file(name).and_then(File::contents_utf8);
    match (lines, text.split_once("\nturn\n")) {
        (Some(lines), Some((before, after))) => Ok(format!("{before}\nturn\n{lines}{after}")),
        _ => Err(format!("there is no solution. {}", challenge.about())),
    }
}

/// The challenge of this number, or with these words in its name.
fn numbered(words: &str) -> Result<Scene, String> {
    let challenges = within(CHALLENGES);
    let Ok(number) = words.parse::<u32>() else { return find(&challenges, words, "challenge") };
    let scene = challenges.iter().find(|scene| scene.number() == Some(number));
    let missing = || {
        format!(
            "there is no challenge {number}: they are 1 to {}, see `raftlab challenges`",
            challenges.len()
        )
    };
    scene.copied().ok_or_else(missing)
}

/// What is allowed in a scene, if it is a challenge.
fn challenge_of(scene: Scene) -> Option<Arc<Challenge>> {
    Script::parse(scene.path(), scene.text()).ok()?.challenge
}

/// What there is to try: aim, what is allowed, par.
pub fn challenges() -> Result<Ending, Mistake> {
    let mut text = String::new();
    for scene in within(CHALLENGES) {
        let number = scene.number().unwrap_or_default();
        let _ = writeln!(text, "{number:>2}  {}", scene.name().replace('_', " "));
        wrapped(&mut text, &scene.aim());
        if let Some(Challenge { commands, par, .. }) = challenge_of(scene).as_deref() {
            let allowed =
                challenge_of(scene).map(|challenge| challenge.allowed()).unwrap_or_default();
            let par = match par {
                Some(par) => format!("par {par}"),
                None => "can't be done: why?".to_owned(),
            };
            let plural = if *commands == 1 { "" } else { "s" };
            wrapped(&mut text, &format!("{commands} command{plural} of {allowed}; {par}."));
        }
    }
    text.push_str(
        "\nraftlab challenge 2 starts one: act at its turn, then Space lets the judge speak.\n\
         raftlab challenge 2 --hint says a little more; --copy writes its script into this folder:\n\
         put your lines between `turn` and `judge`, and raftlab run judges them.\n\
         raftlab challenge 2 --solution prints the script with lines that meet it.\n",
    );
    print(&text)
}

/// Refuses a challenge of the program in which a line is changed that is not the player's.
///
/// # Errors
/// The first such line.
pub fn unchanged(script: &Script) -> Result<(), Mistake> {
    let Some(challenge) = &script.challenge else { return Ok(()) };
    let of_it = |scene: &Scene| challenge_of(*scene).is_some_and(|own| own.name == challenge.name);
    let Some(scene) = within(CHALLENGES).into_iter().find(of_it) else { return Ok(()) };
    let text = std::str::from_utf8(scene.text()).unwrap_or_default();
    let told = |line: &(usize, &str)| {
        let line = line.1.trim();
        !line.is_empty() && !line.starts_with('#')
    };
    let own: Vec<&str> =
        text.lines().map(str::trim).enumerate().filter(told).map(|line| line.1).collect();
    let alone = script.alone();
    let theirs: Vec<(usize, &str)> =
        alone.source.iter().map(|line| line.trim()).enumerate().filter(told).collect();
    let place = |lines: &[&str], word: &str| lines.iter().position(|line| *line == word);
    let words: Vec<&str> = theirs.iter().map(|line| line.1).collect();
    let (Some(turn), Some(judge)) = (place(&own, "turn"), place(&own, "judge")) else {
        return Ok(());
    };
    let (Some(_), Some(judged)) = (place(&words, "turn"), place(&words, "judge")) else {
        return Ok(());
    };
    let before = own[..=turn].iter().zip(&theirs);
    let after = own[judge..].iter().zip(&theirs[judged..]);
    let wrong = before.chain(after).find(|(own, line)| **own != line.1);
    let missing = own.len() - judge != theirs.len() - judged;
    let last = theirs.last().copied().unwrap_or_default();
    let (line, should) = match wrong {
        Some((should, line)) => (*line, format!("it is `{should}`")),
        None if missing => (last, "lines behind `judge` are missing, or are too many".to_owned()),
        None => return Ok(()),
    };
    let message = format!("a line of the challenge {} is changed", challenge.name.as_str());
    let help = format!("{should}: raftlab challenge {} --copy", scene.number().unwrap_or_default());
    Err(Mistake::Script(vec![Diagnostic::of_line(
        &script.name,
        line.0 as u32 + 1,
        line.1,
        message,
        Some(help),
    )]))
}

/// `raftlab show WHICH`.
pub fn show(options: &SceneOptions, colours: ColorChoice) -> Result<Ending, Mistake> {
    let words = options.name.join(" ");
    if words.is_empty() {
        return which(options, "show").and_then(|()| print(&list()));
    }
    open(
        find(&all().collect::<Vec<_>>(), &words, "scene").map_err(Mistake::Usage)?,
        options,
        colours,
    )
}

/// Nothing is named, and so nothing can be copied.
fn which(options: &SceneOptions, verb: &str) -> Result<(), Mistake> {
    let missing = || Mistake::Usage(format!("which one? raftlab {verb} NAME --copy"));
    if options.copy { Err(missing()) } else { Ok(()) }
}

fn list() -> String {
    let mut text = String::new();
    for (folder, about) in FOLDERS {
        let _ = writeln!(text, "{folder}: {about}");
        for scene in within(folder) {
            let _ = writeln!(text, "    {}", scene.name());
        }
    }
    text.push_str("\nraftlab show NAME starts one, and a few words of its name are enough.\n");
    text
}

fn open(scene: Scene, options: &SceneOptions, colours: ColorChoice) -> Result<Ending, Mistake> {
    if !options.copy {
        return lab::run(
            Some(Path::new(scene.path())),
            &FreeOptions::default(),
            &options.lab,
            colours,
        );
    }
    let name = Path::new(Path::new(scene.path()).file_name().unwrap_or_default());
    let old = Old::unless(options.force);
    let mut copy = Files::default().create(name, old, Kind::Script)?;
    copy.write_all(scene.text()).map_err(|error| copy.unwritten(&error))?;
    copy.complete()?;
    let name = name.display();
    let judged = match challenge_of(scene) {
        Some(_) => format!(
            "Put your lines between `turn` and `judge`, and raftlab run {name} judges them.\n"
        ),
        None => String::new(),
    };
    print(&format!("{name} is written: raftlab {name} plays it.\n{judged}"))
}
