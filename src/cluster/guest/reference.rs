//! The page about guests and the header for C, made from the table of the border.

use std::fmt::Write as _;

use super::table::{Call, EXPORTS, IMPORTS, KINDS, Type};
use super::{BYTES_MAX, EFFECTS_MAX, MESSAGE_MAX, MODULE_MAX};
use crate::cluster::Limits;
use crate::cluster::fit::wrap;

/// What is told before the tables.
const GUIDE: &str = include_str!("guide.md");

/// The page `docs/guests.md`.
pub fn page() -> String {
    let mut page = GUIDE.to_owned();
    let _ = write!(page, "\n## What you write\n\nExports of the module, beside its `memory`.\n\n");
    table(&mut page, EXPORTS);
    let _ = write!(
        page,
        "\n## What the lab gives you\n\nImports from the module `raftlab`. In C each is called `lab_NAME`; the \
         types are those of C.\n\n"
    );
    table(&mut page, IMPORTS);
    let kinds: Vec<String> =
        KINDS.iter().enumerate().map(|(number, word)| format!("{number} {word}")).collect();
    let Limits { fuel, memory } = Limits::default();
    let _ = write!(
        page,
        "\nKinds of messages: {}.\n\n## Limits\n\nA call that goes beyond one ends the server, as a crash does: {fuel} steps \
         (`raft-fuel=`), {} MiB of memory (`raft-memory=`), calls nested 1000 deep, {EFFECTS_MAX} messages, writes and \
         reports, {} KiB a message or an entry, {} MiB of them. A module has {} MiB at most.\n",
        kinds.join(", "),
        memory >> 20,
        MESSAGE_MAX >> 10,
        BYTES_MAX >> 20,
        MODULE_MAX >> 20,
    );
    page
}

fn table(page: &mut String, calls: &[Call]) {
    page.push_str("| function | means |\n|---|---|\n");
    for call in calls {
        let _ = writeln!(page, "| `{}` | {} |", signature(call, ""), call.about);
    }
}

/// "void send(int32_t to, ...)": as C declares it.
fn signature(call: &Call, prefix: &str) -> String {
    let spaced =
        |ty: Type| if ty.c().ends_with('*') { ty.c().to_owned() } else { format!("{} ", ty.c()) };
    let result = call.result.map_or_else(|| "void ".to_owned(), spaced);
    let parameters = call.parameters.iter().map(|(name, ty)| format!("{}{name}", spaced(*ty)));
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters };
    format!("{result}{prefix}{}({parameters})", call.name)
}

/// The header `raftlab.h`.
pub fn header() -> String {
    let mut header = "\
/* What a guest of raftlab and the lab say to each other. Written by `raftlab guest new`. */
#pragma once
#include <stdint.h>

/* The kinds of messages, for the screen and the checkers. */
enum {
    OTHER,
    VOTE,
    VOTE_GRANTED,
    VOTE_REFUSED,
    APPEND,
    APPENDED,
    APPEND_REFUSED,
    PRE_VOTE,
    PRE_VOTE_GRANTED,
    PRE_VOTE_REFUSED,
    HEARTBEAT,
};

#define EXPORT(name) __attribute__((export_name(#name)))
#define LAB(name) __attribute__((import_module(\"raftlab\"), import_name(#name)))

/* ---- What you write. ---- */
"
    .to_owned();
    let declare = |header: &mut String, call: &Call, mark: &str, prefix: &str| {
        let about = wrap(call.about, 92).join("\n * ");
        let (name, signature) = (call.name, signature(call, prefix));
        let _ = write!(header, "\n/* {about} */\n{mark}({name}) {signature};\n");
    };
    for call in EXPORTS.iter().filter(|call| !call.name.starts_with('_')) {
        declare(&mut header, call, "EXPORT", "");
    }
    header.push_str("\n/* ---- What the lab gives you. ---- */\n");
    for call in IMPORTS {
        declare(&mut header, call, "LAB", "lab_");
    }
    header
}
