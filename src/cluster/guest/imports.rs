//! The functions that a guest may call, each handed on to its [`Host`].

use wasmi::{Caller, Engine, Error, Extern, ExternType, Linker, Memory, Module, Val};

use super::host::{Done, Ended, Host};
use super::loader::Unfit;
use super::table::{MODULE, WASI, WASI_CALLS};

type At<'a> = Caller<'a, Host>;

fn memory(caller: &At<'_>) -> Result<Memory, Error> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(Error::host(Ended("it has no memory".into()))),
    }
}

fn outside(what: &str, at: i32, length: i32) -> Error {
    let (at, length) = (at as u32, length as u32);
    Error::host(Ended(format!("{what}: {length} bytes at {at} are not all within its memory")))
}

/// Bytes of its memory, and the host beside them.
fn with_bytes<T>(
    caller: &mut At<'_>,
    what: &str,
    (at, length): (i32, i32),
    act: impl FnOnce(&mut Host, &[u8]) -> Done<T>,
) -> Result<T, Error> {
    let memory = memory(caller)?;
    let (bytes, host) = memory.data_and_store_mut(&mut *caller);
    let from = at as u32 as usize;
    let part = from.checked_add(length as u32 as usize).and_then(|to| bytes.get(from..to));
    let Some(part) = part else { return Err(outside(what, at, length)) };
    act(host, part).map_err(Error::host)
}

fn write(caller: &mut At<'_>, what: &str, at: i32, bytes: &[u8]) -> Result<(), Error> {
    let memory = memory(caller)?;
    let written = memory.write(&mut *caller, at as u32 as usize, bytes);
    written.map_err(|_| outside(what, at, bytes.len() as i32))
}

/// As many of these bytes as there is room for; how many there are.
fn copy(caller: &mut At<'_>, what: &str, bytes: &[u8], at: i32, room: i32) -> Result<i32, Error> {
    write(caller, what, at, &bytes[..bytes.len().min(room.max(0) as usize)])?;
    Ok(bytes.len() as i32)
}

fn read_number(caller: &At<'_>, at: i32) -> Result<i32, Error> {
    let mut bytes = [0; 4];
    let read = memory(caller)?.read(caller, at as u32 as usize, &mut bytes);
    read.map_err(|_| outside("fd_write", at, 4))?;
    Ok(i32::from_le_bytes(bytes))
}

fn by<T>(mut caller: At<'_>, act: impl FnOnce(&mut Host) -> Done<T>) -> Result<T, Error> {
    act(caller.data_mut()).map_err(Error::host)
}

/// All that this module wants.
pub(super) fn linker(engine: &Engine, module: &Module) -> Result<Linker<Host>, Unfit> {
    let mut linker = Linker::new(engine);
    raftlab(&mut linker)
        .and_then(|()| wasi(&mut linker))
        .map_err(|error| Unfit(error.to_string()))?;
    for import in module.imports().filter(|import| import.module() == WASI) {
        let (name, ExternType::Func(ty)) = (import.name(), import.ty()) else { continue };
        if WASI_CALLS.contains(&name) {
            continue;
        }
        // There is no such call here (ENOSYS).
        let answered = linker.func_new(WASI, name, ty.clone(), |_, _, results| {
            results.iter_mut().for_each(|result| *result = Val::I32(52));
            Ok(())
        });
        answered.map_err(|error| Unfit(error.to_string()))?;
    }
    Ok(linker)
}

fn raftlab(linker: &mut Linker<Host>) -> Result<(), wasmi::errors::LinkerError> {
    linker.func_wrap(
        MODULE,
        "send",
        |mut at: At<'_>, to: i32, kind: i32, term: i64, data: i32, length: i32| {
            with_bytes(&mut at, "send", (data, length), |host, bytes| {
                host.send(to, kind, term, bytes)
            })
        },
    )?;
    linker.func_wrap(MODULE, "set_timer", |at: At<'_>, id: i32, micros: i64| {
        by(at, |host| host.set_timer(id, micros))
    })?;
    linker.func_wrap(MODULE, "cancel_timer", |at: At<'_>, id: i32| {
        by(at, |host| host.cancel_timer(id))
    })?;
    linker.func_wrap(MODULE, "save_hard", |at: At<'_>, term: i64, vote: i32| {
        by(at, |host| host.save_hard(term, vote))
    })?;
    linker.func_wrap(MODULE, "append", |mut at: At<'_>, term: i64, data: i32, length: i32| {
        with_bytes(&mut at, "append", (data, length), |host, bytes| host.append(term, bytes))
    })?;
    linker.func_wrap(MODULE, "truncate", |at: At<'_>, length: i64| {
        by(at, |host| host.truncate(length))
    })?;
    linker.func_wrap(MODULE, "hard_term", |at: At<'_>| at.data().raft.term().0 as i64)?;
    linker.func_wrap(MODULE, "hard_vote", |at: At<'_>| {
        at.data().raft.voted_for().map_or(-1, |vote| vote.index() as i32)
    })?;
    linker
        .func_wrap(MODULE, "log_length", |at: At<'_>| at.data().raft.log().last_index().0 as i64)?;
    linker.func_wrap(MODULE, "entry_term", |at: At<'_>, index: i64| {
        let index = crate::cluster::types::Index(index.max(0) as u64);
        at.data().raft.log().term(index).map_or(0, |term| term.0 as i64)
    })?;
    linker.func_wrap(
        MODULE,
        "entry_read",
        |mut at: At<'_>, index: i64, data: i32, room: i32| -> Result<i32, Error> {
            let Some(bytes) = at.data().entry(index) else { return Ok(-1) };
            copy(&mut at, "entry_read", &bytes, data, room)
        },
    )?;
    linker.func_wrap(MODULE, "save_blob", |mut at: At<'_>, data: i32, length: i32| {
        with_bytes(&mut at, "save_blob", (data, length), Host::save_blob)
    })?;
    linker.func_wrap(MODULE, "blob_read", |mut at: At<'_>, data: i32, room: i32| {
        let blob = at.data().blob.clone();
        copy(&mut at, "blob_read", &blob, data, room)
    })?;
    linker.func_wrap(MODULE, "params", |mut at: At<'_>, data: i32, room: i32| {
        let params = at.data().params.clone();
        copy(&mut at, "params", params.as_bytes(), data, room)
    })?;
    linker.func_wrap(MODULE, "report", |at: At<'_>, role: i32, leader: i32, commit: i64| {
        by(at, |host| host.report(role, leader, commit))
    })?;
    linker.func_wrap(MODULE, "progress", |at: At<'_>, peer: i32, next: i64, matched: i64| {
        by(at, |host| host.progress(peer, next, matched))
    })?;
    linker
        .func_wrap(MODULE, "votes", |at: At<'_>, voters: i64| by(at, |host| host.votes(voters)))?;
    linker.func_wrap(MODULE, "accepted", |at: At<'_>, id: i32, index: i64, term: i64| {
        by(at, |host| host.accepted(id, index, term))
    })?;
    linker.func_wrap(MODULE, "refused", |at: At<'_>, id: i32, leader: i32| {
        by(at, |host| host.refused(id, leader))
    })?;
    linker.func_wrap(
        MODULE,
        "reply",
        |mut at: At<'_>, id: i32, status: i32, data: i32, length: i32| {
            with_bytes(&mut at, "reply", (data, length), |host, bytes| {
                host.reply(id, status, bytes)
            })
        },
    )?;
    linker.func_wrap(MODULE, "now", |at: At<'_>| at.data().now.micros() as i64)?;
    linker.func_wrap(MODULE, "random", |mut at: At<'_>| at.data_mut().rng.next_u64() as i64)?;
    linker.func_wrap(MODULE, "log", |mut at: At<'_>, text: i32, length: i32| {
        with_bytes(&mut at, "log", (text, length), Host::log)
    })?;
    Ok(())
}

/// What a C library asks of its system.
fn wasi(linker: &mut Linker<Host>) -> Result<(), wasmi::errors::LinkerError> {
    linker.func_wrap(
        WASI,
        "fd_write",
        |mut at: At<'_>, _file: i32, list: i32, count: i32, written: i32| -> Result<i32, Error> {
            let mut total = 0i32;
            for nth in 0..count.clamp(0, 64) {
                let place = list.wrapping_add(nth * 8);
                let (data, length) = (read_number(&at, place)?, read_number(&at, place + 4)?);
                with_bytes(&mut at, "fd_write", (data, length), Host::log)?;
                total = total.saturating_add(length);
            }
            write(&mut at, "fd_write", written, &total.to_le_bytes())?;
            Ok(0)
        },
    )?;
    linker.func_wrap(
        WASI,
        "clock_time_get",
        |mut at: At<'_>, _clock: i32, _precision: i64, out: i32| -> Result<i32, Error> {
            // A run begins at 0, which to Go is no time at all.
            let nanoseconds = (at.data().now.micros() * 1_000).max(1);
            write(&mut at, "clock_time_get", out, &nanoseconds.to_le_bytes())?;
            Ok(0)
        },
    )?;
    linker.func_wrap(
        WASI,
        "random_get",
        |mut at: At<'_>, out: i32, length: i32| -> Result<i32, Error> {
            let length = (length as u32 as usize).min(1 << 16);
            let bytes: Vec<u8> = (0..length).map(|_| at.data_mut().rng.next_u32() as u8).collect();
            write(&mut at, "random_get", out, &bytes)?;
            Ok(0)
        },
    )?;
    linker.func_wrap(WASI, "proc_exit", |_: At<'_>, status: i32| -> Result<(), Error> {
        Err(Error::i32_exit(status))
    })?;
    // Runtimes ask for these as they begin, and give up where there is no answer.
    for (sizes, texts) in [("args_sizes_get", "args_get"), ("environ_sizes_get", "environ_get")] {
        linker.func_wrap(
            WASI,
            sizes,
            move |mut at: At<'_>, count: i32, bytes: i32| -> Result<i32, Error> {
                write(&mut at, sizes, count, &[0; 4])?;
                write(&mut at, sizes, bytes, &[0; 4])?;
                Ok(0)
            },
        )?;
        linker.func_wrap(WASI, texts, |_: At<'_>, _list: i32, _texts: i32| 0)?;
    }
    // No folder is open (EBADF).
    linker.func_wrap(WASI, "fd_prestat_get", |_: At<'_>, _file: i32, _out: i32| 8)?;
    linker.func_wrap(WASI, "sched_yield", |_: At<'_>| 0)?;
    Ok(())
}
