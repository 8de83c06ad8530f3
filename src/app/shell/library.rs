//! `raftlab lessons`, `lesson` and `show`: the scripts that travel in the program
//! ([`scenes`](crate::app::scenes)), listed, played and copied.
//!
//! Wherever a script is named and no such file is there, the one of the program is meant:
//! `raftlab run lessons/01_same_log_same_map.lab` works in an empty folder (`files/`).

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ColorChoice;

use super::cli::{FreeOptions, SceneOptions};
use super::files::{Files, Old};
use super::{Ending, Mistake, lab, print};
use crate::app::scenes::{self, FOLDERS, LESSONS, Scene, all, find, within};

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

/// What lessons are called.
pub fn lesson_names() -> Vec<&'static str> {
    within(LESSONS).into_iter().map(Scene::name).collect()
}

/// What scenes are called, each with its folder.
pub fn scene_names() -> Vec<&'static str> {
    all().map(|scene| scene.path().trim_end_matches(".lab")).collect()
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
    let old = if options.force { Old::Replace } else { Old::Keep("--force replaces it") };
    let mut copy = Files::default().create(name, old)?;
    copy.write_all(scene.text()).map_err(|error| copy.unwritten(&error))?;
    copy.complete()?;
    print(&format!("{} is written: raftlab {} plays it.\n", name.display(), name.display()))
}
