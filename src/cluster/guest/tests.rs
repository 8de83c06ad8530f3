//! What is refused before anything runs, and in which words.

use super::*;
use crate::cluster::Limits;

const RAFT: &[u8] = include_bytes!("../../../tests/guests/raft_c.wasm");

fn refusal(bytes: &[u8]) -> String {
    Program::load(bytes, Limits::default()).expect_err("no guest").to_string()
}

/// A module of these sections.
fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        assert!(content.len() < 128);
        out.extend([*id, content.len() as u8]);
        out.extend_from_slice(content);
    }
    out
}

/// Another text of the same length in the module's names.
fn renamed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = RAFT.windows(from.len()).position(|part| part == from.as_bytes()).expect("a name");
    let mut bytes = RAFT.to_vec();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[test]
fn what_is_no_guest_is_refused_with_words() {
    // A type () -> (), and a memory of one page.
    let (types, functions, memory) = (&[1, 0x60, 0, 0], &[1, 0], &[1, 0, 1]);
    let exported = [1, 6, b'm', b'e', b'm', b'o', b'r', b'y', 2, 0];
    // One function, whose code is this.
    let with_code = |code: &[u8]| {
        let body = [&[1, code.len() as u8 + 2, 0][..], code, &[0x0b]].concat();
        let table: &[u8] = &[1, 0x70, 0, 1];
        module(&[(1, types), (3, functions), (4, table), (5, memory), (7, &exported), (10, &body)])
    };
    let import = |kind: &[u8]| [&[1, 3, b'e', b'n', b'v', 1, b'x'][..], kind].concat();
    for (bytes, words) in [
        (b"".to_vec(), "it is empty"),
        (b"\x7fELF and more".to_vec(), "a program for this machine"),
        (b"#include <stdio.h>".to_vec(), "it is not a WebAssembly module: build it with clang"),
        (b"\0asm\x0d\0\x01\0".to_vec(), "a WebAssembly component"),
        (b"\0asm\x01\0\0\0\x01\x7f".to_vec(), "it is not a valid WebAssembly module"),
        (vec![0; MODULE_MAX + 1], "it has more than 32 MiB"),
        (
            module(&[]),
            "it does not export buffer, init, on_message, on_timer, memory, on_propose (or on_request) (it exports nothing)",
        ),
        (
            module(&[(5, memory), (7, &exported)]),
            "it does not export buffer, init, on_message, on_timer, on_propose (or on_request) (it exports memory)",
        ),
        (module(&[(2, &import(&[2, 0, 1]))]), "it imports its memory"),
        (module(&[(2, &import(&[1, 0x70, 0, 1]))]), "it imports env.x, which is no function"),
        (module(&[(5, &[1, 3, 1, 1])]), "its memory is shared between threads"),
        (module(&[(7, &[0])]), "it has 0 memories, and a server has one"),
        // table.set 0 of what table.get 0 gives; elem.drop 0.
        (with_code(&[0x41, 0, 0x41, 0, 0x25, 0, 0x26, 0]), "it changes a table of functions"),
        (with_code(&[0xfc, 0x0d, 0]), "it drops a segment"),
        (renamed("on_timer", "on_tiger"), "it does not export on_timer (it exports "),
        (
            renamed("entry_read", "entry_reed"),
            "it wants raftlab.entry_reed, which the lab does not have; raftlab.entry_read is there",
        ),
        (
            renamed("set_timer", "save_hard"),
            "it calls save_hard as (i32, i64), and it is (i64, i32)",
        ),
    ] {
        let refusal = refusal(&bytes);
        assert!(refusal.contains(words), "{refusal:?} does not say {words:?}");
    }
}

/// Whatever bytes of a module are cut off or changed: it is refused or runs, and nothing else.
#[test]
fn a_broken_module_is_refused_or_loaded() {
    for end in (0..RAFT.len()).step_by(7) {
        let _ = Program::load(&RAFT[..end], Limits::default());
    }
    for at in (8..RAFT.len()).step_by(11) {
        let mut bytes = RAFT.to_vec();
        bytes[at] ^= 0x15;
        let _ = Program::load(&bytes, Limits { fuel: 100_000, memory: 1 << 20 });
    }
}

#[test]
fn memory_that_the_limits_do_not_allow_is_refused() {
    let small = Limits { memory: 32 << 10, ..Limits::default() };
    let refusal = Program::load(RAFT, small).expect_err("too little memory").to_string();
    assert!(refusal.contains("it does not start"), "{refusal}");
}

/// The header says what the table says, and the table what the linker has.
#[test]
fn the_fingerprint_is_that_of_the_bytes() {
    let load = |bytes: &[u8]| Program::load(bytes, Limits::default()).expect("a guest");
    assert_eq!(load(RAFT).hash(), load(RAFT).hash());
    let mut other = RAFT.to_vec();
    // A section with a name and nothing else.
    other.extend([0, 2, 1, b'x']);
    assert_ne!(load(RAFT).hash(), load(&other).hash());
}
