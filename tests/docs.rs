//! What README and docs say of commands is so: every `raftlab …` of their blocks is run as it is printed
//! (what would take long with fewer seeds or less time, and what needs a terminal up to where it asks
//! for one), and every option that a sentence names is one of its command.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README first, then all pages.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> =
        docs.filter(|path| path.extension().is_some_and(|it| it == "md")).collect();
    pages.sort();
    pages.insert(0, root().join("README.md"));
    pages
}

/// The words of a command line, as a shell reads them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.extend(word.take()),
            ('#', None) if word.is_none() => break,
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The commands of a page's blocks for shells.
fn commands(page: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(page).unwrap();
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).map(words);
    lines.filter(|words| words.first().is_some_and(|word| word == "raftlab")).collect()
}

/// The same, in a time that a test may take.
fn shortened(words: &[String]) -> Vec<String> {
    let mut words: Vec<String> = words[1..].to_vec();
    let command = words.first().cloned().unwrap_or_default();
    if let Some(place) = words.iter().position(|word| word == "--seeds") {
        words[place + 1] = "1..3".to_owned();
    } else if command == "hunt" {
        words.extend(["--seeds", "1..3"].map(str::to_owned));
    } else if command == "find" {
        words.extend(["--time", "1s"].map(str::to_owned));
    } else if command == "accept" {
        words.extend(["--seeds", "3", "--time", "2s"].map(str::to_owned));
    }
    words
}

fn raftlab(folder: &Path, arguments: &[String]) -> Output {
    // In a session of its own there is no terminal to be found.
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_raftlab")).args(arguments).current_dir(folder);
    command
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_CONFIG_HOME", folder.join("config"));
    command.stdin(Stdio::null()).output().unwrap()
}

/// A folder with what the pages speak of.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, from: &str| {
        let to = folder.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join(from), to).unwrap();
    };
    std::os::unix::fs::symlink(root().join("scripts"), folder.path().join("scripts")).unwrap();
    let lesson = "scripts/lessons/07_a_lost_majority_commits_nothing.lab";
    put("lesson.lab", lesson);
    put("hunt-one-vote-2.lab", lesson);
    put("raft.wasm", "tests/guests/raft_c.wasm");
    put("store/latest/history.edn", "tests/histories/register-ok.edn");
    put("jepsen.log", "tests/histories/console-ok.log");
    // The script that the page itself prints.
    let page = fs::read_to_string(root().join("docs/commands.md")).unwrap();
    let script = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    fs::write(folder.path().join("stale.lab"), script.unwrap()).unwrap();
    let to_trace = ["trace", "lesson.lab", "--format", "etcd", "--out", "run.ndjson"];
    let traced = raftlab(folder.path(), &to_trace.map(str::to_owned));
    assert!(traced.status.success(), "{traced:?}");
    let history = ["run", "stale.lab", "--history", "stale.jsonl"].map(str::to_owned);
    assert!(raftlab(folder.path(), &history).status.success());
    folder
}

#[test]
fn every_command_that_is_printed_works() {
    let folder = folder();
    let mut count = 0;
    for page in pages() {
        for words in commands(&page) {
            let line = words.join(" ");
            let output = raftlab(folder.path(), &shortened(&words));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let at_terminal = said.contains("needs a terminal") || said.contains("web/build.sh");
            // A hunt and a search may find or not; a task that nobody has solved fails.
            let may_fail = ["hunt", "find", "accept"]
                .contains(&words[1..].first().map_or("", |it| it))
                || line.contains("01_write_a_key.lab");
            let well = match output.status.code() {
                Some(0) => true,
                Some(1) => may_fail,
                Some(2) => at_terminal,
                Some(3) => ["hunt", "accept"].contains(&words[1].as_str()),
                _ => false,
            };
            assert!(well, "{}: {line}\n{}\n{said}", page.display(), output.status);
            count += 1;
        }
    }
    assert!(count > 40, "{count} commands");
}

/// The pictures of the pages were made by the commands that CONTRIBUTING has; `UPDATE_PICTURES=1` makes
/// them again.
#[test]
fn the_pictures_of_the_pages_are_made_by_their_commands() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let start = "cargo run --release -- picture ";
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(start)).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut drawn = BTreeSet::new();
    for line in lines {
        let mut words = words(&format!("picture {line}"));
        let place = words.iter().position(|word| word == "--out").unwrap() + 1;
        let path = root().join(&words[place]);
        let new = folder.path().join("new.svg");
        words[place] = new.to_str().unwrap().to_owned();
        let output = raftlab(root(), &words);
        assert!(output.status.success(), "{line}: {output:?}");
        let picture = fs::read(&new).unwrap();
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::write(&path, &picture).unwrap();
        }
        assert!(
            fs::read(&path).unwrap() == picture,
            "{} is stale: UPDATE_PICTURES=1",
            path.display()
        );
        drawn.insert(path.file_name().unwrap().to_owned());
    }
    let there = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let there = there.filter(|path| path.extension().is_some_and(|end| end == "svg"));
    let there: BTreeSet<_> = there.map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(there, drawn, "each picture has its command");
}

/// `raftlab run FILE --json`, in a sentence: its options are those of the command.
#[test]
fn every_option_that_is_named_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let help = |command: &[&str]| {
        let arguments: Vec<String> =
            command.iter().chain(&["--help"]).map(ToString::to_string).collect();
        let output = raftlab(folder.path(), &arguments);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    let whole = help(&[]).unwrap();
    let listed =
        whole.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let names: BTreeSet<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for code in text.split('`').skip(1).step_by(2) {
            let code = code.split_whitespace().collect::<Vec<&str>>().join(" ");
            for part in code.split(" | ") {
                let words: Vec<&str> = part.split(' ').collect();
                if words[0] != "raftlab" || words.len() < 2 {
                    continue;
                }
                let command = words[1];
                let text = match names.contains(command) {
                    true if command == "guest" => help(&["guest", "new"]),
                    true => help(&[command]),
                    false => Some(whole.clone()),
                };
                let text = text.unwrap_or_default();
                let options = words.iter().filter(|word| word.starts_with("--") && word.len() > 2);
                for option in options {
                    let option = option.split(['=', '[']).next().unwrap();
                    if !text.contains(option) && option != "--help" {
                        wrong.push(format!("{}: {part}: {option}", page.display()));
                    }
                }
                count += 1;
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 30, "{count} commands");
}

/// A link that names no site leads to a file or a folder of the project.
#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (link, _) in links {
            let file = link.split('#').next().unwrap_or_default();
            let elsewhere =
                file.is_empty() || file.contains(':') || file.contains(char::is_whitespace);
            if !elsewhere && !page.with_file_name(file).exists() {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}
