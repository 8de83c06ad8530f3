//! Who may know whom: `src/cluster` nothing above it, `src/ui` the cluster, and the lab's half of
//! `src/app` both, but not `src/app/shell`. None of them knows a file, a clock, a process or a
//! terminal: so the lab is one value, and builds where there is none of these.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What only `src/app/shell` may use.
const OUTSIDE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "axum",
    "clap",
    "clap_complete",
    "clap_mangen",
    "color_eyre",
    "cpu_time",
    "crossterm",
    "etcetera",
    "futures_util",
    "getrandom",
    "glob",
    "hyper",
    "hyper_util",
    "indicatif",
    "ratatui::backend",
    "ratatui::crossterm",
    "rustix",
    "tempfile",
    "tokio",
    "winapi_util",
];

/// What is above consensus: it tells its own events, and others pass them on.
const RAFT_KNOWS_NOT: [&str; 8] = [
    "crate::cluster::check",
    "crate::cluster::command",
    "crate::cluster::event",
    "crate::cluster::network",
    "super::check",
    "super::command",
    "super::event",
    "super::network",
];

/// The files of a folder, without its tests and without those below `but`.
fn sources(folder: &str, but: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, but: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
            if is_test || path == but {
                continue;
            }
            if path.is_dir() {
                walk(&path, but, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join(folder), &root.join(but), &mut found);
    assert!(found.len() > 7, "{folder} has other files than {found:?}");
    found
}

/// A program without its comments, its tests and its white space around `::`.
fn code(text: &str) -> String {
    let is_tests = |rest: &&str| {
        let line = rest.lines().next().unwrap_or_default();
        line.contains("mod ") && line.ends_with('{')
    };
    let tests =
        text.match_indices("#[cfg(test)]\n").map(|(at, mark)| (at, &text[at + mark.len()..]));
    let end = tests.filter(|(_, rest)| is_tests(&rest.trim_start())).map(|(at, _)| at).next();
    let lines = text[..end.unwrap_or(text.len())]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// All paths that a program names: those of `use`, each written out, and those between.
fn paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("use ") {
        paths.extend(plain_paths(before));
        // The word may also stand in a text.
        let begun = before.rsplit('\n').next().unwrap_or_default().trim();
        rest = after;
        if begun.is_empty() || begun.starts_with("pub") {
            let (tree, next) = after.split_once(';').unwrap_or((after, ""));
            expand("", tree, &mut paths);
            rest = next;
        }
    }
    paths.extend(plain_paths(rest));
    paths
}

fn plain_paths(code: &str) -> impl Iterator<Item = String> {
    let is_part = |letter: char| letter.is_alphanumeric() || "_:".contains(letter);
    code.split(move |letter| !is_part(letter)).filter(|path| path.contains("::")).map(str::to_owned)
}

/// Writes a tree of `use` out: `a::{b, c::{d as e}}` names `a::b` and `a::c::d`.
fn expand(stem: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((start, group)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default().trim();
        return paths.push(format!("{stem}{name}"));
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[from..at].trim().is_empty() {
                    expand(&format!("{stem}{}", start.trim()), &group[from..at], paths);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

fn is_below(path: &str, refused: &str) -> bool {
    let path = path.trim_start_matches(':');
    path.strip_prefix(refused).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// While the class is asked something, what would answer it is left out in one place. So panes do
/// not derive the situation: they are told it. (The headline says nothing at all then.)
#[test]
fn panes_know_of_the_situation_what_is_told() {
    for file in sources("src/ui", "") {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a source file");
        let told = ["reading.rs", "sentences.rs"].contains(&name.as_str());
        assert!(
            told || !text.contains("Situation::of("),
            "{name} is told it by reading::situation"
        );
    }
}

#[test]
fn nobody_knows_who_is_above_and_only_the_shell_knows_what_is_outside() {
    let rooms: [(&str, &str, &[&str]); 4] = [
        ("src/cluster/raft", "", &RAFT_KNOWS_NOT),
        ("src/cluster", "", &["crate::ui", "crate::app"]),
        ("src/ui", "", &["crate::app"]),
        ("src/app", "src/app/shell", &["crate::app::shell", "super::shell", "super::super::shell"]),
    ];
    let mut wrong = Vec::new();
    for (folder, but, above) in rooms {
        for file in sources(folder, but) {
            let text = fs::read_to_string(&file).expect("a source");
            let named = paths(&code(&text));
            let is_refused =
                |path: &&String| above.iter().chain(OUTSIDE).any(|refused| is_below(path, refused));
            let refused = named.iter().filter(is_refused);
            wrong.extend(refused.map(|path| format!("{}: {path}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "what the lab must not know:\n{}", wrong.join("\n"));
}

/// Consensus is a room of its own: it is handed what its disk held and what has arrived, hands out
/// what is to be done, and knows none of those who carry that out. It carries operations, and in
/// snapshots the map that they lead to, and looks into neither.
#[test]
fn raft_knows_no_disk_no_server_and_no_cluster() {
    let known =
        ["digest", "event", "flaw", "growing", "kv", "network", "raft", "shared", "time", "types"];
    let mut seen = 0;
    for file in sources("src/cluster", "").iter().filter(|file| file.parent().is_some_and(is_raft))
    {
        let named = paths(&code(&fs::read_to_string(file).expect("a source")));
        let of_cluster = |path: &String| {
            let rest = path.trim_start_matches(':').strip_prefix("crate::cluster::")?;
            Some(rest.split("::").next().unwrap_or_default().to_owned())
        };
        let rooms: Vec<String> = named.iter().filter_map(of_cluster).collect();
        seen += rooms.len();
        let stranger = rooms.iter().find(|room| !known.contains(&room.as_str()));
        assert_eq!(stranger, None, "{}", file.display());
        let above = if file.ends_with("mod.rs") { "super" } else { "super::super" };
        let above = named.iter().find(|path| is_below(path, above));
        assert_eq!(above, None, "{}: name it from the crate", file.display());
    }
    assert!(seen > 20, "only {seen} names were read");
}

fn is_raft(folder: &Path) -> bool {
    folder.ends_with("cluster/raft")
}

/// The rooms of a folder: its folders and files, and which others each names. What the folder's own
/// file names belongs to the whole, and so do the files of `but`; a name that it hands on is that of
/// the room from which it comes.
fn rooms(folder: &str, but: impl Fn(&str) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let own = code(&fs::read_to_string(root.join("mod.rs")).expect("the folder's own file"));
    let module: Vec<&str> = folder.split('/').skip(1).collect();
    let is_room =
        |name: &str| root.join(name).is_dir() || root.join(format!("{name}.rs")).is_file();
    let mut handed_on = BTreeMap::new();
    for path in own.split("pub use ").skip(1).filter_map(|rest| rest.split_once(';')) {
        let mut named = Vec::new();
        expand("", path.0, &mut named);
        for (room, name) in named.iter().filter_map(|path| path.split_once("::")) {
            handed_on.insert(name.to_owned(), room.to_owned());
        }
    }
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources(folder, "") {
        let place = file.strip_prefix(&root).expect("below the folder").with_extension("");
        let mut place: Vec<&str> =
            place.iter().map(|part| part.to_str().expect("a name")).collect();
        place.pop_if(|last| *last == "mod");
        let text = code(&fs::read_to_string(&file).expect("a source"));
        let Some(room) = place.first().filter(|_| place.len() > 1 || !but(&text)) else { continue };
        let named = rooms.entry((*room).to_owned()).or_default();
        let here: Vec<&str> = module.iter().copied().chain(place.iter().copied()).collect();
        for path in paths(&text) {
            let mut parts = path.trim_start_matches(':').split("::").peekable();
            let mut from = match parts.peek() {
                Some(&"crate") => Vec::new(),
                Some(&("super" | "self")) => here.clone(),
                _ => continue,
            };
            while let Some(step) = parts.next_if(|part| ["crate", "super", "self"].contains(part)) {
                if step == "super" {
                    from.pop();
                }
            }
            from.extend(parts);
            let Some(name) = from.strip_prefix(&module[..]).and_then(|rest| rest.first()) else {
                continue;
            };
            let other =
                if is_room(name) { Some(*name) } else { handed_on.get(*name).map(String::as_str) };
            named.extend(other.filter(|other| other != room).map(str::to_owned));
        }
    }
    rooms
}

/// Rooms that come back to themselves: what is left when those that name no other, or that no other
/// names, are taken away again and again.
fn circles(mut rooms: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let there: BTreeSet<String> = rooms.keys().cloned().collect();
        rooms.values_mut().for_each(|named| named.retain(|other| there.contains(other)));
        let named: BTreeSet<String> = rooms.values().flatten().cloned().collect();
        let before = rooms.len();
        rooms.retain(|room, others| !others.is_empty() && named.contains(room));
        if rooms.len() == before {
            return rooms;
        }
    }
}

/// Of two rooms one can be read without the other. In `src/cluster` a file that gives `Cluster` methods
/// is a part of that one value, as `mod.rs` is; its folders are rooms all the same.
#[test]
fn no_room_knows_one_that_knows_it() {
    let of_the_cluster = |text: &str| text.contains("impl Cluster {");
    let cluster = rooms("src/cluster", of_the_cluster);
    assert!(
        cluster["command"].contains("network") && cluster["act"].contains("command"),
        "{cluster:?}"
    );
    for rooms in [cluster, rooms("src/ui", |_| false), rooms("src/app", |_| false)] {
        assert!(rooms.len() > 10, "{rooms:?}");
        let circles = circles(rooms);
        assert!(circles.is_empty(), "each of these leads back to itself: {circles:#?}");
    }
}

/// A newcomer looks a file up in the architecture: each has its place in the table of its room, and what
/// stands there is a file.
#[test]
fn the_architecture_says_of_each_file_and_folder_where_it_belongs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/architecture.md")).expect("the page");
    let mut wrong = Vec::new();
    for folder in ["src/cluster", "src/ui", "src/app", "src/app/shell"] {
        let title = format!("### Where to find what in `{folder}`\n");
        let (_, part) = page.split_once(&title).expect("a table of the folder");
        let part = part.split("\n#").next().unwrap_or_default();
        let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        let named = rows.flat_map(|row| row.split(", ")).map(|name| name.trim_matches('`'));
        let named: BTreeSet<String> = named.map(str::to_owned).collect();
        let files = sources(folder, "").into_iter().filter_map(|file| {
            let place = file.strip_prefix(root.join(folder)).expect("below the folder");
            let mut parts = place.iter().map(|part| part.to_string_lossy().into_owned());
            let first = parts.next()?;
            let has_table = folder == "src/app" && ["shell", "mod.rs"].contains(&&*first);
            (!has_table).then(|| if parts.next().is_some() { first + "/" } else { first })
        });
        let files: BTreeSet<String> = files.collect();
        wrong.extend(files.difference(&named).map(|name| format!("{folder}/{name} has no row")));
        let gone = named.iter().filter(|name| !root.join(folder).join(name).exists());
        wrong.extend(gone.map(|name| format!("{folder}/{name} has a row, and is not there")));
    }
    assert!(wrong.is_empty(), "docs/architecture.md: {wrong:#?}");
}

/// Where a log begins is for the log to say: once a snapshot stands in for its first entries (§7), that
/// is not entry 1.
#[test]
fn nobody_but_the_log_takes_it_to_begin_at_1() {
    let literal = |file: &&PathBuf| {
        let text = fs::read_to_string(file).expect("a source");
        code(&text).contains("Index(1)") && !file.ends_with("raft/log.rs")
    };
    let files = sources("src", "");
    let found: Vec<&PathBuf> = files.iter().filter(literal).collect();
    assert!(found.is_empty(), "ask the log for its first index: {found:?}");
}

#[test]
fn every_way_to_name_what_is_outside_is_seen() {
    let ways = [
        "use std::fs;\n",
        "use std::fs::{self, File};\n",
        "pub(super) use std::{fmt, time::{Duration, SystemTime as Wall}};\n",
        "fn now() -> u64 {\n    let now = std::time::Instant::now();\n",
        "fn has(name: &str) -> bool { ::std::env::var(name).is_ok() }\n",
        "use ratatui::{\n    backend::{Backend, CrosstermBackend},\n    Terminal,\n};\n",
        "use clap::Parser;\n",
        "    use tokio::time::sleep;\n",
        "fn told() { \"in use \"; std::process::exit(1); }\n",
    ];
    for way in ways {
        let named = paths(&code(way));
        let seen = |path: &String| OUTSIDE.iter().any(|refused| is_below(path, refused));
        assert!(named.iter().any(seen), "{way}{named:?}");
    }
    let allowed = "//! See std::fs.\nuse std::time::Duration;\nuse std::fmt;\n\
                   fn told() -> &'static str { \"use it; clap\" }\n\
                   #[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    let named = paths(&code(allowed));
    let seen = |path: &&String| OUTSIDE.iter().any(|refused| is_below(path, refused));
    assert_eq!(named.iter().find(seen), None, "{named:?}");
}

#[test]
fn without_the_feature_terminal_no_crate_for_one_is_needed() {
    let cargo = std::env::var_os("CARGO").expect("tests are run by cargo");
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--locked", "--no-default-features", "--edges", "normal"]);
    tree.args(["--package", "raftlab", "--prefix", "none", "--format", "{p}"]);
    let tree = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo");
    assert!(tree.status.success(), "{tree:?}");
    let tree = String::from_utf8(tree.stdout).expect("names of crates");
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains(&"ratatui"), "{crates:?}");
    for refused in ["clap", "color-eyre", "crossterm", "indicatif", "mimalloc", "rustix", "tokio"] {
        assert!(!crates.contains(&refused), "{refused} is needed");
    }
}
