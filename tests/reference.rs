//! `docs/scripts.md` is what the tables of the language say.

use std::path::Path;

use raftlab::cluster::command::{Script, editor, reference};

/// With `UPDATE_DOCS=1` in the environment the page is written anew.
#[test]
fn the_reference_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scripts.md");
    let page = reference::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("docs")).expect("a folder for the page");
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        written == page,
        "docs/scripts.md is not what the tables say: UPDATE_DOCS=1 cargo test --test reference"
    );
}

/// Each verb, condition and name of the tables is in the file for Vim, and what is not is not. Where Vim
/// is, it reads the file without a complaint.
#[test]
fn the_syntax_file_for_vim_has_the_words_of_the_language() {
    let page = editor::vim();
    let words: Vec<&str> = page.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).collect();
    for word in
        ["partition", "transfer", "until", "leader", "commit-old-term", "pre-vote", "unreliable"]
    {
        assert!(words.contains(&word), "{word}");
    }
    let known = reference::page();
    let listed = page.lines().filter_map(|line| line.strip_prefix("syn keyword raftlab"));
    for word in listed.flat_map(|line| line.split(' ').skip(1)) {
        assert!(known.contains(word), "{word} stands in docs/scripts.md");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (syntax, script) = (folder.path().join("raftlab.vim"), folder.path().join("x.lab"));
    std::fs::write(&syntax, page).expect("written");
    std::fs::write(&script, "until leader within 3s\n").expect("written");
    let source = format!("source {}", syntax.display());
    let groups = "redir! > groups | for c in [1, 7, 14] | echo synIDattr(synID(1, c, 1), 'name') | endfor | redir END";
    let ran = std::process::Command::new("vim")
        .args([
            "-Nu",
            "NONE",
            "-es",
            "-c",
            "syntax on",
            "-c",
            &source,
            "-c",
            groups,
            "-c",
            "qa!",
            "x.lab",
        ])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null())
        .output();
    let Ok(output) = ran else {
        eprintln!("skipped: no vim to read the file");
        return;
    };
    let told = std::fs::read_to_string(folder.path().join("groups")).unwrap_or_default();
    let told: Vec<&str> = told.split_whitespace().collect();
    assert_eq!(told, ["raftlabVerb", "raftlabServer", "raftlabCondition"], "{output:?}");
}

#[test]
fn the_script_that_the_page_begins_with_is_a_script() {
    let page = reference::page();
    let block = page.split("```").nth(1).expect("a block of code");
    let script = block.strip_prefix("text\n").expect("plain text");
    if let Err(mistakes) = Script::parse("scripts.md", script.as_bytes()) {
        panic!("{}", mistakes[0]);
    }
}
