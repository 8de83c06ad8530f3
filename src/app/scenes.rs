//! The scripts that travel in the program: all of the folder `scripts`, under the names that they
//! have there. One is found by its path, or by some words of its name.
//!
//! They are the feature `scripts`: a lab in WebAssembly that is handed its script needs none.

use std::collections::BTreeSet;
use std::path::Path;

use include_dir::{Dir, File, include_dir};

static SCRIPTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scripts");

/// The folder of the lessons.
pub const LESSONS: &str = "lessons";
/// The folder of the challenges.
pub const CHALLENGES: &str = "challenges";
/// The most scenes that are named where several have a name.
const NAMED_MAX: usize = 12;
/// Of so many that begin with the same words the shortest name is meant; of more, none.
const ALIKE_MAX: usize = 4;

/// The folders, in the order in which a newcomer wants them, and what is in each.
pub const FOLDERS: [(&str, &str); 10] = [
    (LESSONS, "stories for a class, with questions"),
    ("tasks", "a start and an end: a student writes the lines between, and `raftlab run` judges"),
    (CHALLENGES, "come to where the judge wants you, with few commands: raftlab challenge"),
    ("raft", "scenes from the paper and around it: each is called by what it shows"),
    ("exam", "questions of exams: which logs can arise, who may win, which entries are safe"),
    ("flaws", "what breaks when one rule is missing: one scene for each planted flaw"),
    ("handout", "the ten tests of a course, and those of its lock"),
    ("mit", "the tests of MIT 6.5840, under their names"),
    ("etcd", "scenes of the tests of etcd's Raft, under their names"),
    ("checkers", "what the checkers take for right, and for wrong"),
];

/// A script of the program.
#[derive(Clone, Copy)]
pub struct Scene {
    file: &'static File<'static>,
}

impl Scene {
    /// As it lies in the folder `scripts`: "lessons/02_lost_majority.lab".
    pub fn path(self) -> &'static str {
        self.file.path().to_str().unwrap_or_default()
    }

    pub fn text(self) -> &'static [u8] {
        self.file.contents()
    }

    fn folder(self) -> &'static str {
        self.path().split('/').next().unwrap_or_default()
    }

    /// "figure_8_by_hand"; of a lesson without its number.
    pub fn name(self) -> &'static str {
        let stem = self.file.path().file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        match stem.split_once('_') {
            Some((number, name)) if self.number_is(number) => name,
            Some(_) | None => stem,
        }
    }

    fn number_is(self, digits: &str) -> bool {
        self.is_numbered() && digits.parse::<u32>().is_ok()
    }

    fn is_numbered(self) -> bool {
        matches!(self.folder(), LESSONS | CHALLENGES)
    }

    /// The number of a lesson, or of a challenge.
    pub fn number(self) -> Option<u32> {
        let stem = self.file.path().file_stem()?.to_str()?;
        stem.split('_').next()?.parse().ok().filter(|_| self.is_numbered())
    }

    /// The comment with which it begins, as one text.
    pub fn about(self) -> String {
        let text = self.file.contents_utf8().unwrap_or_default();
        let comment = text.lines().map_while(|line| line.strip_prefix('#'));
        comment.map(str::trim).collect::<Vec<_>>().join(" ")
    }

    /// What it is about, in its first sentence.
    pub fn aim(self) -> String {
        let about = self.about();
        about.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
    }

    /// "6 minutes, after lesson 1.": how a lesson says how long it takes and what comes before.
    pub fn takes(self) -> Option<String> {
        let about = self.about();
        let (_, takes) = about.rsplit_once("Takes ")?;
        Some(takes.to_owned())
    }
}

/// All scripts, folder by folder.
pub fn all() -> impl Iterator<Item = Scene> {
    FOLDERS.iter().flat_map(|(folder, _)| within(folder))
}

/// Those of a folder, in the order of their names, with those of the folders in it.
pub fn within(folder: &str) -> Vec<Scene> {
    fn collect(dir: &'static Dir<'static>, scenes: &mut Vec<Scene>) {
        dir.dirs().for_each(|dir| collect(dir, scenes));
        let scripts =
            dir.files().filter(|file| file.path().extension().is_some_and(|end| end == "lab"));
        scenes.extend(scripts.map(|file| Scene { file }));
    }
    let mut scenes = Vec::new();
    SCRIPTS.get_dir(folder).into_iter().for_each(|dir| collect(dir, &mut scenes));
    scenes.sort_by_key(|scene| scene.path());
    scenes
}

/// The script of the program that a path names: as it lies in the folder `scripts`, with or without
/// that folder's name.
pub fn read(path: &Path) -> Option<&'static [u8]> {
    let path = path.strip_prefix("scripts").unwrap_or(path);
    SCRIPTS.get_file(path).map(File::contents)
}

/// What the scripts and folders of the program are called that lie in the folder of this path.
pub fn beside(path: &Path) -> impl Iterator<Item = &'static str> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let folder = folder.strip_prefix("scripts").unwrap_or(folder).to_owned();
    let folders = FOLDERS.iter().map(|(name, _)| *name);
    let folders = folders.filter(|_| folder.as_os_str().is_empty()).collect::<Vec<_>>();
    let beside = all().filter(move |scene| Path::new(scene.path()).parent() == Some(&*folder));
    let scripts = beside.filter_map(|scene| Path::new(scene.path()).file_name()?.to_str());
    folders.into_iter().chain(scripts)
}

/// The lesson of this number, or with these words in its name.
///
/// # Errors
/// When there is none, or there are several.
pub fn lesson(words: &str) -> Result<Scene, String> {
    let lessons = within(LESSONS);
    match words.parse::<u32>() {
        Err(_) => find(&lessons, words, "lesson"),
        Ok(number) => {
            let scene = lessons.iter().find(|lesson| lesson.number() == Some(number));
            let missing = || {
                format!(
                    "there is no lesson {number}: they are 1 to {}, see `raftlab lessons`",
                    lessons.len()
                )
            };
            scene.copied().ok_or_else(missing)
        }
    }
}

/// The lesson at this path, and those that are taught after it.
fn lessons_from(path: &Path) -> impl Iterator<Item = Scene> {
    let path = path.strip_prefix("scripts").unwrap_or(path);
    within(LESSONS).into_iter().skip_while(move |lesson| Path::new(lesson.path()) != path)
}

/// The number of the lesson at this path.
pub fn lesson_at(path: &Path) -> Option<u32> {
    lessons_from(path).next()?.number()
}

/// The lesson that is taught after the one at this path.
pub fn lesson_after(path: &Path) -> Option<Scene> {
    lessons_from(path).nth(1)
}

/// The script that these words name: the one that is called so, the shortest of a few names that begin
/// so, or the only one that has them.
///
/// # Errors
/// Which ones are meant by the words, or the nearest name.
pub fn find(scenes: &[Scene], words: &str, what: &str) -> Result<Scene, String> {
    let plain = |text: &str| -> String {
        let text = text.trim().trim_end_matches(".lab").to_lowercase();
        text.replace([' ', '-', '/'], "_")
    };
    let wanted = plain(words);
    let wanted = wanted.strip_prefix("scripts_").unwrap_or(&wanted).to_owned();
    // By its name, or with its folder.
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<Scene> {
        let is_named = |scene: &Scene| is(&plain(scene.name())) || is(&plain(scene.path()));
        scenes.iter().copied().filter(is_named).collect()
    };
    if let [scene] = named(&|name| name == wanted)[..] {
        return Ok(scene);
    }
    let begins = named(&|name| name.starts_with(&wanted));
    if begins.len() <= ALIKE_MAX
        && let Some(scene) = begins.iter().min_by_key(|scene| scene.name().len())
    {
        return Ok(*scene);
    }
    let path = |scene: &Scene| plain(scene.path());
    let has = |scene: &&Scene| wanted.split('_').all(|word| path(scene).contains(word));
    let having: Vec<Scene> = scenes.iter().filter(has).copied().collect();
    match having[..] {
        [scene] => Ok(scene),
        [] => Err(nothing_like(scenes, words, &wanted, what)),
        _ => {
            let names: Vec<&str> =
                having.iter().take(NAMED_MAX).map(|scene| scene.path()).collect();
            let more = match having.len() - names.len() {
                0 => String::new(),
                more => format!("\n  and {more} more"),
            };
            Err(format!(
                "{} {what}s have `{words}` in their names; name one:\n  {}{more}",
                having.len(),
                names.join("\n  ")
            ))
        }
    }
}

/// The words, with the nearest word of all names for each that is in none.
fn spelt(scenes: &[Scene], wanted: &str) -> Option<String> {
    let known: BTreeSet<&str> = scenes.iter().flat_map(|scene| scene.name().split('_')).collect();
    let known = || known.iter().copied();
    let right = |word| match known().any(|known| known.contains(word)) {
        true => Some(word),
        false => crate::cluster::command::nearest(word, known()),
    };
    let words: Option<Vec<&str>> = wanted.split('_').map(right).collect();
    Some(words?.join(" "))
}

fn nothing_like(scenes: &[Scene], words: &str, wanted: &str, what: &str) -> String {
    let likeness = |scene: &&Scene| {
        let likeness = strsim::jaro_winkler(&scene.name().to_lowercase(), wanted);
        (likeness * 1_000.0) as u32
    };
    let nearest = scenes.iter().max_by_key(likeness).filter(|scene| likeness(scene) > 700);
    let near = nearest.map(|scene| scene.name().to_owned()).or_else(|| spelt(scenes, wanted));
    let meant = near.map_or(String::new(), |near| format!(": did you mean `{near}`?"));
    let count = scenes.iter().filter(|scene| scene.is_numbered()).count();
    let (there, list) = match what {
        "lesson" | "challenge" if meant.is_empty() => (format!(": they are 1 to {count}"), what),
        "lesson" | "challenge" => (meant, what),
        _ => (meant, "show"),
    };
    let plural = if list == what { "s" } else { "" };
    format!("there is no {what} called `{words}`{there} (`raftlab {list}{plural}` lists them)")
}
