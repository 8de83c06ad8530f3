//! What becomes of the files that are there already.

#![allow(clippy::unwrap_used)]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;
use crate::app::shell::files::{Files, Kind};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn create(path: &Path, old: Old) -> Result<Output, Mistake> {
    Files::default().create(path, old, Kind::Kept)
}

fn why(refused: Result<Output, Mistake>) -> String {
    match refused {
        Err(Mistake::Usage(why)) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn a_complete_file_replaces_the_old_one_and_inherits_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
    let mut file = create(&path, Old::Replace).unwrap();
    file.write_all(b"new").unwrap();
    file.flush().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    file.complete().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o604);
    assert_eq!(names(folder.path()), ["out.txt"]);
}

#[test]
fn an_abandoned_file_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = create(&folder.path().join("out.txt"), Old::Replace).unwrap();
    file.write_all(b"half").unwrap();
    drop(file);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("far")).unwrap();
    symlink("far/there", path("link")).unwrap();
    for text in ["made through the link", "replaced through the link"] {
        let mut file = create(&path("link"), Old::Replace).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.complete().unwrap();
        assert_eq!(fs::read_to_string(path("far/there")).unwrap(), text);
        assert_eq!(fs::read_link(path("link")).unwrap(), Path::new("far/there"));
        assert_eq!(names(&path("far")), ["there"]);
    }
}

#[test]
fn a_file_of_several_names_keeps_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    fs::write(&one, "a rather long old text").unwrap();
    fs::hard_link(&one, &other).unwrap();
    let mut file = create(&one, Old::Replace).unwrap();
    file.write_all(b"new").unwrap();
    file.complete().unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), "new");
    assert_eq!(names(folder.path()), ["one", "other"]);
}

#[test]
fn what_is_there_stays_when_it_is_to_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let keep = Old::Keep("say --force");
    let first = create(&path, keep).unwrap();
    // Somebody is quicker.
    let mut second = create(&path, keep).unwrap();
    second.write_all(b"first come").unwrap();
    second.complete().unwrap();
    assert!(first.complete().is_err());
    assert!(why(create(&path, keep)).contains("out.txt: it is there already; say --force"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "first come");
    assert_eq!(names(folder.path()), ["out.txt"]);
}

#[test]
fn a_device_is_written_into_and_stays_one() {
    let mut file = create(Path::new("/dev/null"), Old::Keep("never")).unwrap();
    file.write_all(b"gone").unwrap();
    file.complete().unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    let mut full = create(Path::new("/dev/full"), Old::Replace).unwrap();
    full.write_all(b"no room").unwrap();
    assert!(full.complete().is_err());
}

#[test]
fn what_is_read_is_not_written_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("in"), "read").unwrap();
    symlink("in", path("soft")).unwrap();
    fs::hard_link(path("in"), path("hard")).unwrap();
    let mut files = Files::default();
    assert_eq!(files.read(&path("soft"), 10).unwrap(), b"read");
    for name in ["in", "soft", "hard", "../".to_owned().as_str()] {
        let refused = files.create(&path(name), Old::Replace, Kind::Kept);
        let why = why(refused);
        assert!(why.contains("it is read") || why.contains("folder"), "{name}: {why}");
    }
    let _first = files.create(&path("out"), Old::Replace, Kind::Kept).unwrap();
    assert!(why(files.create(&path("./out"), Old::Replace, Kind::Kept)).contains("it is written"));
    // Of what keeps nothing one can have any number.
    let null = Path::new("/dev/null");
    let _both = [
        files.create(null, Old::Replace, Kind::Kept),
        files.create(null, Old::Replace, Kind::Kept),
    ]
    .map(|file| file.map_err(|_| ()).unwrap());
    assert_eq!(fs::read_to_string(path("in")).unwrap(), "read");
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for path in
        [folder.path(), Path::new("/dev/null/no/such/folder/out"), Path::new(".."), Path::new("")]
    {
        assert!(create(path, Old::Replace).is_err(), "{path:?}");
    }
}
