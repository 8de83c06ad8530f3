//! Every script of the project passes, with many seeds: the ten tests of the course's handout, the
//! lessons, the scenes from the paper, and those of etcd.
//!
//! What tests are worth is what they catch. The ten tests are played with each planted flaw: the
//! table in `docs/testing.md` says which of them notice.

#[path = "support/caught.rs"]
mod caught;
#[path = "support/pass.rs"]
mod pass;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/tables.rs"]
mod tables;

use raftlab::cluster::command::Command;
use raftlab::cluster::flaw::FLAWS;
use raftlab::cluster::network::Network;

use caught::{TEN, caught_by_each, count, rows_of, still_catch, table, ten_tests};
use pass::pass;
use scripts::scripts_of;

#[test]
fn the_tests_of_the_lock_pass() {
    pass(scripts_of("handout").iter().filter(|(name, _)| name.contains("/lock_")));
}

#[test]
fn the_other_tests_of_the_handout_pass() {
    pass(scripts_of("handout").iter().filter(|(name, _)| !name.contains("/lock_")));
}

#[test]
fn the_lessons_pass() {
    pass(scripts_of("lessons").iter());
}

#[test]
fn the_scenes_from_the_paper_pass() {
    pass(scripts_of("raft").iter());
}

/// Some play a thousand elections each, to count them.
#[test]
fn the_scenes_of_etcd_pass() {
    pass(scripts_of("etcd").iter().filter(|(name, _)| !name.contains("election_timeout")));
}

#[test]
fn the_timeouts_of_etcd_pass() {
    pass(scripts_of("etcd").iter().filter(|(name, _)| name.contains("election_timeout")));
}

/// How many seeds the table in docs/testing.md is made with.
const TABLE_SEEDS: u64 = 100;

#[test]
#[ignore = "minutes; it makes the table in docs/testing.md: \
            UPDATE_DOCS=1 cargo test --release --test handout -- --ignored"]
fn the_table_of_caught_flaws_is_up_to_date() {
    let tests = ten_tests();
    let caught = caught_by_each(&tests, TABLE_SEEDS);
    let heads = TEN.map(|test| test.trim_end_matches("_kvraft").replace('_', " "));
    let columns: Vec<_> = heads.iter().map(|head| (&**head, 1)).collect();
    let table = table(&columns, &tests, &caught);
    let table = format!("{table}\n\nCaught: {} of {} flaws.\n", count(&caught), FLAWS.len());
    let renew = "cargo test --release --test handout -- --ignored";
    tables::compare("caught", "tests/handout.rs", renew, &table);
}

/// What the ten tests are worth.
#[test]
fn the_ten_tests_catch_most_flaws() {
    let rows = rows_of("caught");
    assert!(rows.len() >= 19, "{} of {} flaws are caught", rows.len(), FLAWS.len());
    still_catch(&rows, &ten_tests(), 20);
}

/// A lesson stops for the class six to twelve times, and says something before each stop.
#[test]
fn the_lessons_tell_their_story() {
    let lessons = scripts_of("lessons");
    assert_eq!(lessons.len(), 3);
    for (name, script) in &lessons {
        assert_eq!(script.config.network, Network::Classroom, "{name}");
        assert_eq!(script.config.servers, 5, "{name}");
        let mut beats = 0;
        let mut asked = false;
        for line in script.lines.iter() {
            match &line.command {
                Command::Say(text) => asked = text.as_str().contains('?'),
                Command::Beat => {
                    beats += 1;
                    assert!(asked, "{name}:{}: a stop without a question", line.number);
                    asked = false;
                }
                _ => {}
            }
        }
        assert!((6..=12).contains(&beats), "{name} stops {beats} times");
    }
}

/// What stands at the top of a script is what a list of scripts can show.
#[test]
fn every_script_says_what_it_shows() {
    for folder in ["etcd", "handout", "lessons", "mit", "raft"] {
        for (name, script) in scripts_of(folder) {
            let first = script.source.first().map_or("", |line| &**line);
            assert!(first.starts_with("# "), "{name} begins with `{first}`");
            let safe = |line: &&str| line.contains("expect safe");
            let lines: Vec<&str> = script.source.iter().map(|line| &**line).collect();
            let void = lines.iter().any(|line| line.starts_with("wipe"));
            assert!(void || lines.iter().any(safe), "{name} never asks for safety");
        }
    }
}
