//! What becomes of the files that a session names.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::MetadataExt;

use super::*;

fn saving(path: &Path, text: &str, replace: bool) -> Saving {
    Saving { name: path.to_str().unwrap().to_owned(), text: text.to_owned(), replace }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn only_its_own_files_are_replaced_by_a_session_that_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (folder.path().join("mine.lab"), folder.path().join("theirs.lab"));
    fs::write(&theirs, "# by hand\n").unwrap();
    let mut shelf = Shelf::default();
    let refused = shelf.save(&saving(&theirs, "run 1s\n", false)).unwrap_err();
    assert!(refused.contains(":save! replaces it"), "{refused}");
    assert_eq!(read(&theirs), "# by hand\n");
    for text in ["run 1s\n", "run 2s\n"] {
        assert_eq!(shelf.save(&saving(&mine, text, false)), Ok(()));
        assert_eq!(read(&mine), text);
    }
    fs::write(&mine, "# edited since\n").unwrap();
    assert!(shelf.save(&saving(&mine, "run 3s\n", false)).is_err());
    assert_eq!(read(&mine), "# edited since\n");
    assert_eq!(shelf.save(&saving(&mine, "run 4s\n", true)), Ok(()));
    assert_eq!(read(&mine), "run 4s\n");
    let nowhere = shelf.save(&saving(Path::new("/dev/null/no/such/folder/x.lab"), "", true));
    assert!(nowhere.unwrap_err().contains("can't write"));
    for screen in ["-", "/dev/stdout"] {
        assert!(shelf.save(&saving(Path::new(screen), "", true)).is_err(), "{screen}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
}

#[test]
fn a_recording_is_never_replaced_by_what_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("session.lab"), folder.path().join("link.lab"));
    let mut shelf = Shelf { recording: Some(path.clone()), saved: Vec::new() };
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let tape = FileTape { path: path.clone() };
    let refused = |shelf: &mut Shelf, name: &Path| {
        let why = shelf.save(&saving(name, "# a script\n", true)).unwrap_err();
        assert!(why.contains("recorded there"), "{why}");
    };
    refused(&mut shelf, &path);
    assert!(!path.exists());
    tape.replace("# recorded\n").unwrap();
    refused(&mut shelf, &path);
    refused(&mut shelf, &link);
    assert_eq!(read(&path), "# recorded\n");
}

#[test]
fn a_tape_is_written_whole_and_gone_on_with_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/session.lab");
    let tape = FileTape { path: path.clone() };
    assert!(tape.write_at(0, "nothing is there yet").is_err());
    assert!(!path.exists());
    tape.replace("one\nlast\n").unwrap();
    tape.write_at(4, "two\nlast\n").unwrap();
    assert_eq!(read(&path), "one\ntwo\nlast\n");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "nobody else may read it");
    tape.replace("three\n").unwrap();
    assert_eq!(read(&path), "three\n");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    tape.discard();
    assert!(!path.exists());
    // A folder that is none.
    fs::write(&path, "").unwrap();
    let tape = FileTape { path: path.join("session.lab") };
    assert!(tape.replace("one\n").is_err());
}
