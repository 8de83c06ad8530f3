//! The scripts that the arguments of a command mean: files, all scripts of a folder, or those that a
//! pattern fits. Shells of Unix fill patterns in; that of Windows leaves it to the program, and so
//! does whoever quotes one.

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::{is_standard, why_not};
use crate::app::shell::{Mistake, library};
use crate::cluster::plain::Plain;

/// The most files that one argument may mean.
const FILES_MAX: usize = 10_000;
/// How deep folders may lie in one another.
const DEPTH_MAX: usize = 20;
/// How the names of scripts end.
const SCRIPT: &str = "lab";

/// The scripts that these arguments mean, in their order; those of a folder by name.
///
/// # Errors
/// Everything that is wrong: a folder without scripts, a pattern that fits none, too many.
pub fn scripts(named: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    all(named, |path| {
        let mut found = Vec::new();
        if path.is_dir() {
            below(path, DEPTH_MAX, &mut found).map_err(|error| {
                format!("can't read {}: {}", Plain(&name(path)), why_not(&error))
            })?;
            found.sort();
        } else if !path.exists() {
            found = library::within_folder(path);
        }
        match (found.len(), path.is_dir()) {
            (0, true) => Err(format!("there is no script (*.{SCRIPT}) in {}", Plain(&name(path)))),
            (0, false) => Ok(None),
            (_, _) => Ok(Some(found)),
        }
    })
}

/// The files that these arguments mean, in their order.
///
/// # Errors
/// A pattern that fits none, or too many.
pub fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    all(named, |_| Ok(None))
}

fn all(
    named: &[PathBuf],
    folder: impl Fn(&Path) -> Result<Option<Vec<PathBuf>>, String>,
) -> Result<Vec<PathBuf>, Mistake> {
    let (mut paths, mut mistakes) = (Vec::new(), Vec::new());
    for path in named {
        let found = match folder(path) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => fitting(path),
            Err(why) => Err(why),
        };
        match found {
            Ok(found) if found.len() > FILES_MAX => mistakes.push(Mistake::Usage(format!(
                "{} means more than {FILES_MAX} files",
                Plain(&name(path))
            ))),
            Ok(found) => paths.extend(found),
            Err(why) => mistakes.push(Mistake::Usage(why)),
        }
    }
    if mistakes.is_empty() { Ok(paths) } else { Err(Mistake::Several(mistakes)) }
}

/// What fits a pattern, here or else among the program's own scripts; anything else means itself.
fn fitting(path: &Path) -> Result<Vec<PathBuf>, String> {
    let text = path.to_str().filter(|text| text.contains(['*', '?', '[']));
    let Some(text) = text.filter(|_| !is_standard(path) && !path.exists()) else {
        return Ok(vec![path.to_owned()]);
    };
    // A name that only looks like a pattern is a file that is not there.
    let Ok(pattern) = Pattern::new(text) else { return Ok(vec![path.to_owned()]) };
    let found = glob::glob(text).map_err(|error| error.to_string())?;
    let mut found: Vec<PathBuf> = found.filter_map(Result::ok).take(FILES_MAX + 1).collect();
    if found.is_empty() {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        found = library::fitting(|path| pattern.matches_with(path, options));
    }
    match found.len() {
        0 => Err(format!("no file fits {}", Plain(text))),
        _ => Ok(found),
    }
}

/// The scripts in a folder and in those below it. Links to folders are not followed: they may go in a
/// circle.
fn below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if depth > 0 {
                below(&path, depth - 1, found)?;
            }
        } else if path.extension().is_some_and(|end| end == SCRIPT) {
            found.push(path);
        }
        if found.len() > FILES_MAX {
            break;
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(arguments: &[&Path]) -> Result<Vec<PathBuf>, String> {
        let named: Vec<PathBuf> = arguments.iter().map(|path| path.to_path_buf()).collect();
        scripts(&named).map_err(|mistake| format!("{mistake:?}"))
    }

    #[test]
    fn folders_and_patterns_mean_the_scripts_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("deep/er")).unwrap();
        fs::create_dir_all(path("empty")).unwrap();
        for name in ["b.lab", "a.lab", "deep/er/c.lab", "notes.txt", "[x].lab"] {
            fs::write(path(name), "").unwrap();
        }
        let all = ["[x].lab", "a.lab", "b.lab", "deep/er/c.lab"].map(path);
        assert_eq!(means(&[folder.path()]).unwrap(), all);
        assert_eq!(means(&[&path("?.lab")]).unwrap(), ["a.lab", "b.lab"].map(path));
        assert_eq!(means(&[&path("[x].lab")]).unwrap(), [path("[x].lab")], "a name comes first");
        assert_eq!(means(&[Path::new("-"), &path("no.lab")]).unwrap().len(), 2, "said elsewhere");
        assert!(means(&[&path("empty")]).unwrap_err().contains("no script"));
        assert!(means(&[&path("*.edn")]).unwrap_err().contains("no file fits"));
    }

    #[test]
    fn the_scripts_of_the_program_have_folders_and_patterns_too() {
        let lessons = means(&[Path::new("lessons")]).unwrap();
        assert!(
            lessons.contains(&PathBuf::from("lessons/01_same_log_same_map.lab")),
            "{lessons:?}"
        );
        assert_eq!(means(&[Path::new("lessons/*.lab")]).unwrap(), lessons);
        assert_eq!(means(&[Path::new("less*.lab")]).ok(), None);
    }
}
