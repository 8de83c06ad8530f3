//! `raftlab guest new`: what one needs to bring a Raft of one's own: the border as a header or a crate,
//! a small Raft to start from, and how to build it.

use super::cli::{GuestCommand, NewGuest};
use super::files::{Files, Kind, Old};
use super::{Ending, Mistake};
use crate::cluster::plain::quoted;

/// A file of a template: where it goes, and what is in it.
type File = (&'static str, &'static str);

const C: &[File] = &[
    ("raftlab.h", include_str!("../../../sdk/c/raftlab.h")),
    ("raft.c", include_str!("../../../sdk/c/raft.c")),
    ("echo.c", include_str!("../../../sdk/c/echo.c")),
    ("service.c", include_str!("../../../sdk/c/service.c")),
    ("build.sh", include_str!("../../../sdk/build.sh")),
];

const THREADS: &[File] = &[
    ("raftlab.h", include_str!("../../../sdk/c/raftlab.h")),
    ("raft.c", include_str!("../../../sdk/threads/raft.c")),
    ("rpc.h", include_str!("../../../sdk/threads/rpc.h")),
    ("threads.c", include_str!("../../../sdk/threads/threads.c")),
    ("library.c", include_str!("../../../sdk/threads/library.c")),
    ("build.sh", include_str!("../../../sdk/build.sh")),
    ("include/assert.h", include_str!("../../../sdk/threads/include/assert.h")),
    ("include/errno.h", include_str!("../../../sdk/threads/include/errno.h")),
    ("include/pthread.h", include_str!("../../../sdk/threads/include/pthread.h")),
    ("include/stdio.h", include_str!("../../../sdk/threads/include/stdio.h")),
    ("include/stdlib.h", include_str!("../../../sdk/threads/include/stdlib.h")),
    ("include/string.h", include_str!("../../../sdk/threads/include/string.h")),
    ("include/time.h", include_str!("../../../sdk/threads/include/time.h")),
    ("include/unistd.h", include_str!("../../../sdk/threads/include/unistd.h")),
];

const RUST: &[File] = &[
    ("Cargo.toml", include_str!("../../../sdk/rust/manifest.toml")),
    (".cargo/config.toml", include_str!("../../../sdk/rust/config.toml")),
    ("src/lib.rs", include_str!("../../../sdk/rust/src/lib.rs")),
    ("src/raftlab.rs", include_str!("../../../sdk/rust/src/raftlab.rs")),
];

const GO: &[File] = &[
    ("go.mod", include_str!("../../../sdk/go/manifest.mod")),
    ("raft.go", include_str!("../../../sdk/go/raft.go")),
    ("raftlab.go", include_str!("../../../sdk/go/raftlab.go")),
    ("build.sh", include_str!("../../../sdk/go/build.sh")),
];

/// The crate `raft` behind an adapter.
const RAFT_RS: &[File] = &[
    ("Cargo.toml", include_str!("../../../sdk/raft-rs/manifest.toml")),
    (".cargo/config.toml", include_str!("../../../sdk/rust/config.toml")),
    ("src/lib.rs", include_str!("../../../sdk/raft-rs/src/lib.rs")),
    ("src/raftlab.rs", include_str!("../../../sdk/rust/src/raftlab.rs")),
];

/// Carries out `raftlab guest`.
///
/// # Errors
/// When the folder can't be written, or has one of the files already: then nothing is written.
pub fn run(command: &GuestCommand) -> Result<Ending, Mistake> {
    let GuestCommand::New(options) = command;
    let (files, build) = template(options);
    let folder = &options.folder;
    let named = files.iter().map(|(name, text)| (folder.join(name), text));
    Files::default().write_all(named, Old::Keep("name another folder"), Kind::Kept)?;
    let at = |name: &str| quoted(&folder.join(name).display().to_string());
    let (file, module) = match options.rust || options.raft_rs {
        true => (at("src/lib.rs"), at("target/wasm32-unknown-unknown/release/my_raft.wasm")),
        false if options.go => (at("raft.go"), at("raft.wasm")),
        false => (at("raft.c"), at("raft.wasm")),
    };
    let what = match options.raft_rs {
        true => {
            "puts the crate `raft` into the lab: its version is in Cargo.toml, or your own fork"
        }
        false => "is a small Raft that works: change it, or put your own in its place",
    };
    let folder = quoted(&folder.display().to_string());
    super::print(&format!(
        "{file} {what}.\n\n    \
         cd {folder} && {build}\n    raftlab --raft {module}\n\n\
         raftlab docs guest has every function that crosses the border.\n"
    ))
}

const fn template(options: &NewGuest) -> (&'static [File], &'static str) {
    match options {
        NewGuest { rust: true, .. } => (RUST, "cargo build --release"),
        NewGuest { raft_rs: true, .. } => (RAFT_RS, "cargo build --release"),
        NewGuest { c_threads: true, .. } => (THREADS, "sh build.sh"),
        NewGuest { go: true, .. } => (GO, "sh build.sh"),
        _ => (C, "sh build.sh"),
    }
}
