//! `docs/scripts.md` is what the tables of the language say.

use std::path::Path;

use raftlab::cluster::command::{Script, reference};

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

#[test]
fn the_script_that_the_page_begins_with_is_a_script() {
    let page = reference::page();
    let block = page.split("```").nth(1).expect("a block of code");
    let script = block.strip_prefix("text\n").expect("plain text");
    if let Err(mistakes) = Script::parse("scripts.md", script.as_bytes()) {
        panic!("{}", mistakes[0]);
    }
}
