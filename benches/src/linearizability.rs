//! Judging histories: those that the lab itself makes, of a hundred to a million operations, and
//! the files of a folder that `RAFTLAB_HISTORIES` names.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use raftlab::cluster::check::linearizability::live::check_history;
use raftlab::cluster::history::Record;
use raftlab::cluster::{Cluster, Step};

use crate::book::{Book, Round, Side, Unit};
use crate::labs::lab;

/// How many operations the histories have.
pub const SIZES: [u64; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];
/// The longest history that the peer is asked about. Its time grows much faster than the history.
#[cfg(feature = "peers")]
const PEER_MAX: u64 = 100;

/// The whole subject.
pub fn measure(book: &mut Book) {
    for size in SIZES {
        let name = format!("linearizability/generated/{size}");
        if book.wants(&name) {
            generated(book, &name, size);
        }
    }
    match std::env::var_os("RAFTLAB_HISTORIES").map(PathBuf::from) {
        Some(folder) if book.wants("linearizability/files") => files(book, &folder),
        Some(_) => {}
        None => println!("skipped: files, for RAFTLAB_HISTORIES names no folder with histories"),
    }
}

/// Ten clients on ten keys, until they have been told so much.
pub fn history(operations: u64) -> Cluster {
    let mut cluster = lab("cluster servers=3 seed=7 network=reliable max-events=2000000000\n\
        until leader\nload clients=10 keys=10 rate=100000/s for 100000s\nrun 100000s\n");
    while (cluster.history().len() as u64) < operations && cluster.step() == Step::Happened {}
    // Whoever has called is told.
    let line = raftlab::cluster::command::parse_line("load stop").expect("a good line");
    cluster.apply(&line).expect("a load runs");
    let open = |cluster: &Cluster| cluster.clients().iter().any(|client| client.job.is_some());
    while open(&cluster) && cluster.step() == Step::Happened {}
    cluster
}

fn generated(book: &mut Book, name: &str, size: u64) {
    let cluster = history(size);
    let records: Vec<Record> = cluster.history().records().iter().cloned().collect();
    let amount = records.len() as u64;
    let ours = Side::ours(|| {
        Round::timed(|| {
            assert!(check_history(records.iter()).is_ok(), "the lab's own history");
            amount
        })
    });
    let sides = [ours].into_iter().chain(peer(&records)).collect();
    book.contest(name, "operations", sides);
}

/// The peer, for as many operations as it can bear.
#[cfg(feature = "peers")]
fn peer(records: &[Record]) -> Option<Side<'_>> {
    use crate::peers::stateright::is_linearizable;
    let amount = records.len() as u64;
    (amount <= PEER_MAX).then(|| {
        Side::new("stateright", move || {
            Round::timed(|| {
                assert!(is_linearizable(records), "the lab's own history");
                amount
            })
        })
    })
}

#[cfg(not(feature = "peers"))]
fn peer(_: &[Record]) -> Option<Side<'_>> {
    None
}

/// Every file is judged as `raftlab check` judges it, its reading included: by the program itself.
fn files(book: &mut Book, folder: &Path) {
    let Some(program) = program() else {
        println!("skipped: files, for there is no target/release/raftlab: cargo build --release");
        return;
    };
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        // What tells about the histories is none.
        .filter(|path| path.extension().is_none_or(|end| end != "md" && end != "tsv"))
        .collect();
    names.sort();
    let mut slowest = (Duration::ZERO, String::new());
    let mut decided = 0_u64;
    let begin = Instant::now();
    for path in &names {
        let before = Instant::now();
        let mut check = Command::new(&program);
        let status =
            check.arg("check").arg(path).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let took = before.elapsed();
        if status.is_ok_and(|status| matches!(status.code(), Some(0 | 1))) {
            decided += 1;
        }
        if took > slowest.0 {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            slowest = (took, name);
        }
    }
    let took = begin.elapsed().as_secs_f64();
    book.note("linearizability/files/count", names.len() as f64, Unit::Count("files"));
    book.note("linearizability/files/decided", decided as f64, Unit::Count("files"));
    book.note("linearizability/files/all", took, Unit::Seconds);
    println!("the slowest of them is {}", slowest.1);
    book.note("linearizability/files/verdicts", verdicts(&program, &names), Unit::Seconds);
    book.note("linearizability/files/slowest", slowest.0.as_secs_f64(), Unit::Seconds);
}

/// How long the program takes for all files, one after the other, if nobody asks what is wrong. The
/// best of five times: it is over so soon that anything else weighs.
fn verdicts(program: &Path, names: &[PathBuf]) -> f64 {
    let time = || {
        let mut check = Command::new(program);
        check.args(["check", "--verdict"]).args(names).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let status = check.status();
        assert!(status.is_ok_and(|status| matches!(status.code(), Some(0 | 1))));
        begin.elapsed().as_secs_f64()
    };
    (0..5).map(|_| time()).fold(f64::INFINITY, f64::min)
}

/// The program as it was last built.
pub fn program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.parent()?.parent()?.join("raftlab");
    program.is_file().then_some(program)
}
