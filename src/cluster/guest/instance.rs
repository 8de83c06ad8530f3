//! A guest that runs: its instance, the calls to it, and in which words a call ends that goes wrong.
#![expect(clippy::wildcard_enum_match_arm, reason = "the enums of other crates grow")]

use std::rc::Rc;

use wasmi::errors::ErrorKind;
use wasmi::{Error, Global, Memory, Store, StoreLimitsBuilder, TrapCode, TypedFunc};

use super::host::{Ended, Host};
use super::image::{Image, Number, PIECE};
use super::loader::{GLOBAL, Program};
use crate::cluster::raft::{Configuration, HardState, Log, Outbox, Raft, Rules};
use crate::cluster::rng::{Entity, Rng};
use crate::cluster::time::Time;
use crate::cluster::types::ServerId;

const PAGE: usize = 64 << 10;
/// The most steps and the most bytes of what a guest says of a message.
const WORDS_FUEL: u64 = 1_000_000;
const WORDS_MAX: usize = 200;

/// What a guest is asked to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask<'a> {
    Init { me: u8, servers: u8 },
    Message { from: u8, bytes: &'a [u8] },
    Timer(u8),
    Propose { id: i32, bytes: &'a [u8] },
    Request { id: i32, bytes: &'a [u8] },
    Campaign,
}

impl Ask<'_> {
    const fn name(self) -> &'static str {
        match self {
            Self::Init { .. } => "init",
            Self::Message { .. } => "on_message",
            Self::Timer(_) => "on_timer",
            Self::Propose { .. } => "on_propose",
            Self::Request { .. } => "on_request",
            Self::Campaign => "on_campaign",
        }
    }
}

/// An instance with what is asked of it most.
pub(super) struct Live {
    pub store: Store<Host>,
    memory: Memory,
    globals: Vec<Global>,
    buffer: TypedFunc<i32, i32>,
    init: TypedFunc<(i32, i32), ()>,
    on_message: TypedFunc<(i32, i32), ()>,
    on_timer: TypedFunc<i32, ()>,
    /// on_propose, or on_request where the whole service is its own.
    on_asked: TypedFunc<(i32, i32), ()>,
    on_campaign: Option<TypedFunc<(), ()>>,
    describe: Option<TypedFunc<i32, i32>>,
    initialize: Option<TypedFunc<(), ()>>,
}

/// A host with nothing in it yet. What it holds is put there for each call.
fn blank(program: &Program) -> Host {
    let id = ServerId::from_index(0);
    let (rules, hard) = (Rules::default(), HardState::default());
    let limit = program.limits.memory as usize;
    Host {
        raft: Raft::new(id, Configuration::of(1), rules, hard, Log::new()),
        out: Outbox::default(),
        rng: Rng::new(0, Entity::Guest(0)),
        now: Time::START,
        limits: StoreLimitsBuilder::new().memory_size(limit).table_elements(1 << 20).build(),
        proposal: None,
        serves: program.serves,
        open: Vec::new(),
        last_request: 0,
        replies: Vec::new(),
        wrote: false,
        first_new: None,
        commit: None,
        timers: Vec::new(),
        params: "".into(),
        blob: Rc::default(),
        kept: None,
        said: Vec::new(),
        effects: 0,
        bytes: 0,
    }
}

/// The state of an instance that has done nothing yet.
pub(super) fn fresh(program: &Program) -> Result<Image, String> {
    let live = Live::start(program).map_err(|error| match error.kind() {
        ErrorKind::Instantiation(_) | ErrorKind::Memory(_) => {
            let megabytes = program.limits.memory >> 20;
            format!("it does not start ({error}); a server has {megabytes} MiB of memory")
        }
        _ => format!("it does not start: {}", words(program, "its start", &error)),
    })?;
    live.image(&Image::default()).ok_or_else(|| "it has globals of a kind unknown here".into())
}

/// What a message says, by a fresh instance.
pub(super) fn description(program: &Program, message: &[u8]) -> Result<String, String> {
    let told = Live::start(program).and_then(|mut live| live.describe(program, message));
    told.map_err(|error| match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => format!("it ran {} steps", grouped(WORDS_FUEL)),
        _ => words(program, "describe", &error),
    })
}

impl Live {
    /// An instance as it begins.
    pub fn start(program: &Program) -> Result<Self, Error> {
        let mut store = Store::new(&program.engine, blank(program));
        store.limiter(|host| &mut host.limits);
        store.set_fuel(program.limits.fuel)?;
        let instance = program.linker.instantiate_and_start(&mut store, &program.module)?;
        let globals = (0..program.globals)
            .filter_map(|nth| instance.get_global(&store, &format!("{GLOBAL}{nth}")));
        let globals = globals.collect();
        let memory = instance.get_memory(&store, "memory");
        let memory = memory.ok_or_else(|| Error::host(Ended("it has no memory".into())))?;
        Ok(Self {
            memory,
            globals,
            buffer: instance.get_typed_func(&store, "buffer")?,
            init: instance.get_typed_func(&store, "init")?,
            on_message: instance.get_typed_func(&store, "on_message")?,
            on_timer: instance.get_typed_func(&store, "on_timer")?,
            on_asked: {
                let name = if program.serves { "on_request" } else { "on_propose" };
                instance.get_typed_func(&store, name)?
            },
            on_campaign: instance.get_typed_func(&store, "on_campaign").ok(),
            describe: instance.get_typed_func(&store, "describe").ok(),
            initialize: instance.get_typed_func(&store, "_initialize").ok(),
            store,
        })
    }

    /// An instance that goes on where an image was taken.
    pub fn restored(program: &Program, image: &Image) -> Result<Self, Error> {
        let mut live = Self::start(program)?;
        let more = image.bytes().saturating_sub(live.memory.data(&live.store).len());
        if more > 0 {
            live.memory.grow(&mut live.store, (more / PAGE) as u64)?;
        }
        image.put(live.memory.data_mut(&mut live.store), &program.fresh);
        for (global, number) in live.globals.iter().zip(&image.globals) {
            global.set(&mut live.store, number.value())?;
        }
        debug_assert!(PAGE.is_multiple_of(PIECE));
        Ok(live)
    }

    /// All that it is now; pieces that `last` has too are shared with it.
    pub fn image(&self, last: &Image) -> Option<Image> {
        let globals = self.globals.iter().map(|global| Number::of(&global.get(&self.store)));
        let globals = globals.collect::<Option<Vec<_>>>()?;
        Some(Image::take(self.memory.data(&self.store), globals, last))
    }

    /// Asks it to do something.
    pub fn ask(&mut self, program: &Program, ask: Ask<'_>) -> Result<(), String> {
        let fuel = program.limits.fuel;
        let asked = self.store.set_fuel(fuel).and_then(|()| self.call(ask));
        asked.map_err(|error| {
            let words = words(program, ask.name(), &error);
            match (error.as_trap_code(), self.store.data().last_words()) {
                (Some(TrapCode::UnreachableCodeReached), Some(said)) => {
                    format!("{words}; it said: {said}")
                }
                _ => words,
            }
        })
    }

    fn call(&mut self, ask: Ask<'_>) -> Result<(), Error> {
        match ask {
            Ask::Init { me, servers } => {
                if let Some(initialize) = self.initialize {
                    initialize.call(&mut self.store, ())?;
                }
                self.init.call(&mut self.store, (me.into(), servers.into()))
            }
            Ask::Message { from, bytes } => {
                let length = self.hand_over(bytes)?;
                self.on_message.call(&mut self.store, (from.into(), length))
            }
            Ask::Timer(id) => self.on_timer.call(&mut self.store, id.into()),
            Ask::Propose { id, bytes } | Ask::Request { id, bytes } => {
                let length = self.hand_over(bytes)?;
                self.on_asked.call(&mut self.store, (id, length))
            }
            Ask::Campaign => match self.on_campaign {
                Some(on_campaign) => on_campaign.call(&mut self.store, ()),
                None => self.on_timer.call(&mut self.store, 0),
            },
        }
    }

    fn describe(&mut self, program: &Program, message: &[u8]) -> Result<String, Error> {
        let instance = self.describe.ok_or_else(|| Error::host(Ended("it has none".into())))?;
        self.store.set_fuel(WORDS_FUEL.min(program.limits.fuel))?;
        if let Some(initialize) = self.initialize {
            initialize.call(&mut self.store, ())?;
        }
        let length = self.hand_over(message)?;
        let at = instance.call(&mut self.store, length)? as u32 as usize;
        let Some(text) = self.memory.data(&self.store).get(at..) else {
            return Err(Error::host(Ended(format!("a text at {at}, outside of its memory"))));
        };
        let text = &text[..text.len().min(WORDS_MAX)];
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        Ok(String::from_utf8_lossy(&text[..end]).trim().to_owned())
    }

    /// Writes bytes where the guest has room for them.
    fn hand_over(&mut self, bytes: &[u8]) -> Result<i32, Error> {
        let at = self.buffer.call(&mut self.store, bytes.len() as i32)?;
        let written = self.memory.write(&mut self.store, at as u32 as usize, bytes);
        written.map_err(|_| {
            let (at, length) = (at as u32, bytes.len());
            Error::host(Ended(format!(
                "buffer: {length} bytes at {at} are not all within its memory"
            )))
        })?;
        Ok(bytes.len() as i32)
    }
}

/// Why a call has ended a guest. The engine's own texts change with its version, so these are ours.
fn words(program: &Program, name: &str, error: &Error) -> String {
    if let Some(Ended(text)) = error.downcast_ref::<Ended>() {
        return format!("{text} (in {name})");
    }
    if let Some(status) = error.i32_exit_status() {
        return format!("exit({status}) in {name}");
    }
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => {
            let steps = grouped(program.limits.fuel);
            format!("ran {steps} steps in {name}: an endless loop?")
        }
        Some(TrapCode::StackOverflow) => {
            format!("calls nested too deeply in {name}: an endless recursion?")
        }
        Some(TrapCode::MemoryOutOfBounds) => format!("an address outside of its memory in {name}"),
        Some(TrapCode::UnreachableCodeReached) => {
            format!("gave up in {name} (a panic, a failed assertion or an abort)")
        }
        Some(TrapCode::IntegerDivisionByZero) => format!("divided by zero in {name}"),
        Some(TrapCode::IntegerOverflow | TrapCode::BadConversionToInteger) => {
            format!("a number too large for its type in {name}")
        }
        Some(
            TrapCode::TableOutOfBounds | TrapCode::IndirectCallToNull | TrapCode::BadSignature,
        ) => format!("called through a bad function pointer in {name}"),
        Some(TrapCode::GrowthOperationLimited) => {
            format!("wanted more than {} MiB of memory in {name}", program.limits.memory >> 20)
        }
        _ => format!("could not go on in {name}"),
    }
}

/// "50,000,000".
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
