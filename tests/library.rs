//! The scripts that travel in the program, from an empty folder: they are listed, found by number and
//! by words, copied, played; and they are those of the repository.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use raftlab::cluster::flaw::FLAWS;
use tempfile::TempDir;

fn raftlab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn empty() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn ran(folder: &Path, arguments: &[&str]) -> String {
    let output = raftlab(folder, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> String {
    let folder = empty();
    let output = raftlab(folder.path(), arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
    String::from_utf8(output.stderr).unwrap()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lessons() -> Vec<String> {
    let files = std::fs::read_dir(repository().join("scripts/lessons")).unwrap();
    let mut names: Vec<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_lesson_is_listed_with_its_aim_and_copied_as_it_is() {
    let folder = empty();
    let list = ran(folder.path(), &["lessons"]);
    for (number, file) in (1..).zip(lessons()) {
        let text =
            std::fs::read_to_string(repository().join("scripts/lessons").join(&file)).unwrap();
        let (digits, name) = file.trim_end_matches(".lab").split_once('_').expect("a number");
        assert_eq!(digits.parse(), Ok(number), "{file}");
        let aim = text.lines().next().unwrap().trim_start_matches("# ");
        let aim: Vec<&str> = aim.split_whitespace().take(6).collect();
        assert!(list.contains(&name.replace('_', " ")) && list.contains(&aim.join(" ")), "{list}");
        for which in [number.to_string(), name.to_owned(), name.replace('_', " ")] {
            ran(folder.path(), &["lesson", &which, "--copy", "--force"]);
            assert_eq!(std::fs::read_to_string(folder.path().join(&file)).unwrap(), text);
            std::fs::remove_file(folder.path().join(&file)).unwrap();
        }
    }
}

/// A hundred and twenty words a minute, a minute for a question, a quarter for a beat.
#[test]
fn a_lesson_takes_about_as_long_as_it_says() {
    for file in lessons() {
        let text =
            std::fs::read_to_string(repository().join("scripts/lessons").join(&file)).unwrap();
        let begins =
            |verb: &str| text.lines().filter(move |line| line.trim().starts_with(verb)).count();
        let told = text.lines().map(str::trim).filter(|line| line.starts_with("say "));
        let words: usize = told.map(|line| line.split_whitespace().count() - 1).sum();
        let minutes = words as f64 / 120.0 + begins("ask ") as f64 + begins("beat") as f64 / 4.0;
        let comment: Vec<&str> =
            text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
        let comment = comment.join(" ");
        let (_, takes) =
            comment.split_once("Takes ").unwrap_or_else(|| panic!("{file}: how long?"));
        let (said, after) = takes.split_once(" minutes. Comes ").expect("N minutes. Comes ...");
        let said: f64 = said.parse().expect("a number of minutes");
        assert!((said - minutes).abs() <= 0.75, "{file} takes {minutes:.1} minutes, not {said}");
        assert!(
            after.starts_with("first.") || after.starts_with("after lesson"),
            "{file}: {after}"
        );
    }
}

#[test]
fn a_script_of_the_program_is_played_where_no_file_is_called_so() {
    let folder = empty();
    for name in ["lessons/01_same_log_same_map.lab", "scripts/raft/figure_8_by_hand.lab"] {
        assert!(ran(folder.path(), &["run", name]).contains("1 passed, 0 failed"), "{name}");
    }
    // A file of the folder comes first.
    std::fs::create_dir(folder.path().join("lessons")).unwrap();
    std::fs::write(folder.path().join("lessons/01_same_log_same_map.lab"), "expect term >= 9\n")
        .unwrap();
    let output = raftlab(folder.path(), &["run", "lessons/01_same_log_same_map.lab"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(refused(&["run", "lessons/09_nothing.lab"]).contains("no such file"));
}

#[test]
fn every_flaw_has_its_scene_by_its_name() {
    let folder = empty();
    let list = ran(folder.path(), &["flaws"]);
    for about in &FLAWS {
        let name = about.name.replace('-', "_");
        assert!(list.contains(&format!("raftlab show {name}")), "{name}");
        ran(folder.path(), &["show", about.name, "--copy"]);
        let copied = std::fs::read(folder.path().join(format!("{name}.lab"))).expect("the scene");
        let own = repository().join(format!("scripts/flaws/{name}.lab"));
        assert_eq!(copied, std::fs::read(own).unwrap());
    }
}

#[test]
fn a_scene_is_found_by_some_words_of_its_name() {
    let copied = |words: &[&str]| {
        let folder = empty();
        ran(folder.path(), &[&["show"], words, &["--copy"]].concat());
        let file = std::fs::read_dir(folder.path()).unwrap().next().expect("a copy");
        file.unwrap().file_name().into_string().unwrap()
    };
    assert_eq!(copied(&["figure-8"]), "figure_8_by_hand.lab");
    assert_eq!(copied(&["raft/figure_8"]), "figure_8_by_hand.lab");
    assert_eq!(copied(&["scripts/flaws/local_get.lab"]), "local_get.lab");
    assert_eq!(copied(&["Figure", "7", "repairs"]), "figure_7_leader_repairs_every_log.lab");
    assert_eq!(copied(&["mit/TestBackup3B"]), "TestBackup3B.lab");
    let several = refused(&["show", "leader"]);
    assert!(
        several.contains("name one:")
            && several.contains("raft/a_candidate_follows_the_leader_of_its_term.lab")
            && several.contains("and "),
        "{several}"
    );
    let none = refused(&["show", "figur_9"]);
    assert!(none.contains("did you mean `figure_"), "{none}");
    assert!(refused(&["lesson", "99"]).contains("there is no lesson 99"));
    assert!(refused(&["lesson", "zebra"]).contains("`raftlab lessons` lists them"));
}

#[test]
fn a_copy_replaces_nothing_unasked() {
    let folder = empty();
    ran(folder.path(), &["lesson", "2", "--copy"]);
    let file = folder.path().join("02_silence_starts_an_election.lab");
    std::fs::write(&file, "mine").unwrap();
    let output = raftlab(folder.path(), &["lesson", "2", "--copy"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--force replaces it"));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}
