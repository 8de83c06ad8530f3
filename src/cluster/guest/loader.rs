//! From the bytes of a file to a [`Program`], or to words that say why not.
//!
//! A guest's whole state must be seen from outside, so that it can be put back: its memory, and its
//! globals that change. Compilers export few of those, so the export section is written again with all
//! of them in it. What can't be seen at all (tables that change, segments that are dropped, memory that
//! others share) is refused; no compiler that was tried makes any.
#![expect(clippy::wildcard_enum_match_arm, reason = "the enums of other crates grow")]

use std::fmt;
use std::sync::Arc;

use wasmi::{CompilationMode, Config, Engine, ExternType, FuncType, Linker, Module, ValType};
use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};

use super::Limits;
use super::host::Host;
use super::image::Image;
use super::table::{Call, EXPORTS, IMPORTS, INTERFACE, MODULE, Need, Type, WASI};
use super::{imports, instance};
use crate::cluster::digest::Digest;

/// The largest module that is read, in bytes.
pub const MODULE_MAX: usize = 32 << 20;
/// Under this name and a number a global that changes is exported.
pub(super) const GLOBAL: &str = "raftlab:global:";

/// A module that can be a server's Raft, ready to run.
pub struct Program {
    pub(super) engine: Engine,
    pub(super) module: Module,
    pub(super) linker: Linker<Host>,
    pub(super) limits: Limits,
    /// How many globals change.
    pub(super) globals: u32,
    /// What memory holds before anything has run.
    pub(super) fresh: Image,
    pub(super) campaigns: bool,
    pub(super) serves: bool,
    describes: bool,
    hash: u64,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({:016x})", self.hash)
    }
}

/// Why a file is no guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

type Fit<T> = Result<T, Unfit>;

fn unfit<T>(text: impl Into<String>) -> Fit<T> {
    Err(Unfit(text.into()))
}

impl Program {
    /// Reads a module.
    ///
    /// # Errors
    ///
    /// It is none, or not one that can be a server.
    pub fn load(bytes: &[u8], limits: Limits) -> Fit<Arc<Self>> {
        is_module(bytes)?;
        let Rewritten { bytes: module, globals } = rewrite(bytes)?;
        let engine = Engine::new(&engine_config());
        let module = match Module::new(&engine, &module) {
            Ok(module) => module,
            Err(error) => return unfit(format!("it is not a valid WebAssembly module: {error}")),
        };
        exports_fit(&module)?;
        imports_fit(&module)?;
        let linker = imports::linker(&engine, &module)?;
        let mut hash = Digest::new();
        hash.u64(u64::from(INTERFACE)).u64(bytes.len() as u64);
        for word in bytes.chunks(8) {
            let mut all = [0; 8];
            all[..word.len()].copy_from_slice(word);
            hash.u64(u64::from_le_bytes(all));
        }
        let has = |name| module.get_export(name).is_some();
        let (campaigns, serves) = (has("on_campaign"), has("on_request"));
        let describes = has("describe");
        let (fresh, hash) = (Image::default(), hash.value());
        let mut program = Self {
            engine,
            module,
            linker,
            limits,
            globals,
            fresh,
            campaigns,
            serves,
            describes,
            hash,
        };
        program.fresh = instance::fresh(&program).map_err(Unfit)?;
        Ok(Arc::new(program))
    }

    /// The fingerprint of the file and of the border.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// Whether the whole service is its own: clients' requests are for it, and the lab has no map.
    pub const fn serves(&self) -> bool {
        self.serves
    }

    /// Whether it takes a text of parameters: one that never asks for it would leave it unread.
    ///
    /// # Errors
    /// Why not.
    pub fn takes(&self, params: &str) -> Result<(), String> {
        let mut imports = self.module.imports();
        match params.is_empty() || imports.any(|it| (it.module(), it.name()) == (MODULE, "params"))
        {
            true => Ok(()),
            false => Err("it takes no parameters: it does not import raftlab.params".to_owned()),
        }
    }

    /// What a message says, if the module has words for it. They come from an instance of their own, and
    /// nothing of a run depends on them.
    pub fn describe(&self, message: &[u8]) -> Option<String> {
        if !self.describes {
            return None;
        }
        let words = instance::description(self, message);
        Some(words.unwrap_or_else(|why| format!("its describe fails: {why}")))
    }

    pub const fn limits(&self) -> Limits {
        self.limits
    }
}

fn engine_config() -> Config {
    let mut config = Config::default();
    config.consume_fuel(true).compilation_mode(CompilationMode::Eager);
    config.set_max_recursion_depth(1_000);
    config.wasm_multi_memory(false);
    config
}

fn is_module(bytes: &[u8]) -> Fit<()> {
    const HOW: &str =
        "build it with clang --target=wasm32 or cargo --target wasm32-unknown-unknown";
    if bytes.len() > MODULE_MAX {
        return unfit(format!("it has more than {} MiB, the most for a module", MODULE_MAX >> 20));
    }
    match bytes {
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => Ok(()),
        [b'\0', b'a', b's', b'm', _, 0, 1, 0, ..] => {
            unfit(format!("it is a WebAssembly component, not a module: {HOW}"))
        }
        [] => unfit(format!("it is empty: {HOW}")),
        [0x7f, b'E', b'L', b'F', ..] => {
            unfit(format!("it is a program for this machine, not for WebAssembly: {HOW}"))
        }
        _ => unfit(format!("it is not a WebAssembly module: {HOW}")),
    }
}

struct Rewritten {
    bytes: Vec<u8>,
    globals: u32,
}

/// The same module with all globals exported that change.
fn rewrite(bytes: &[u8]) -> Fit<Rewritten> {
    let broken = |error: wasmparser::BinaryReaderError| {
        Unfit(format!("it is not a valid WebAssembly module: {error}"))
    };
    let (mut out, mut mutable) = (bytes.get(..8).unwrap_or_default().to_vec(), Vec::new());
    let (mut imported, mut memories, mut has_exports) = (0, 0, false);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(broken)?;
        let section = payload.as_section();
        match payload {
            Payload::ImportSection(reader) => {
                for import in reader {
                    let import = import.map_err(broken)?;
                    match import.ty {
                        TypeRef::Func(_) => {}
                        TypeRef::Memory(_) => {
                            return unfit(
                                "it imports its memory, as programs with threads do: \
                                 build it without threads, and let it have its own",
                            );
                        }
                        TypeRef::Global(_) => imported += 1,
                        TypeRef::Table(_) | TypeRef::Tag(_) => {
                            let (module, name) = (import.module, import.name);
                            return unfit(format!(
                                "it imports {module}.{name}, which is no function"
                            ));
                        }
                    }
                }
            }
            Payload::MemorySection(reader) => {
                memories += reader.count();
                for memory in reader {
                    if memory.map_err(broken)?.shared {
                        return unfit("its memory is shared between threads: build it without");
                    }
                }
            }
            Payload::GlobalSection(reader) => {
                for (at, global) in (imported..).zip(reader) {
                    let ty = global.map_err(broken)?.ty;
                    if ty.mutable && matches!(ty.content_type, wasmparser::ValType::Ref(_)) {
                        return unfit(
                            "a global of it holds a reference and changes, which can't be put back",
                        );
                    }
                    if ty.mutable {
                        mutable.push(at);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let reader = body.get_operators_reader().map_err(broken)?;
                for operator in reader {
                    changes_nothing_hidden(&operator.map_err(broken)?)?;
                }
            }
            _ => {}
        }
        let Some((id, range)) = section else { continue };
        // Its name, and what a debugger wants.
        if id == 0 {
            continue;
        }
        let Some(content) = bytes.get(range) else { return unfit("it ends within a section") };
        if id == 7 {
            has_exports = true;
            out.push(7);
            let more = with_globals(content, &mutable).map_err(broken)?;
            number(more.len() as u32, &mut out);
            out.extend(more);
        } else {
            out.push(id);
            number(content.len() as u32, &mut out);
            out.extend_from_slice(content);
        }
    }
    if !has_exports {
        return unfit(missing(&[]));
    }
    if memories != 1 {
        return unfit(format!("it has {memories} memories, and a server has one"));
    }
    Ok(Rewritten { bytes: out, globals: mutable.len() as u32 })
}

/// The content of an export section with these globals behind it.
fn with_globals(content: &[u8], globals: &[u32]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let reader = wasmparser::BinaryReader::new(content, 0);
    let exports = wasmparser::ExportSectionReader::new(reader)?;
    let mut all = Vec::new();
    number(exports.count() + globals.len() as u32, &mut all);
    for export in exports {
        let export = export?;
        let kind = match export.kind {
            ExternalKind::Func => 0,
            ExternalKind::Table => 1,
            ExternalKind::Memory => 2,
            ExternalKind::Global => 3,
            ExternalKind::Tag => 4,
        };
        text(export.name, &mut all);
        all.push(kind);
        number(export.index, &mut all);
    }
    for (nth, global) in globals.iter().enumerate() {
        text(&format!("{GLOBAL}{nth}"), &mut all);
        all.push(3);
        number(*global, &mut all);
    }
    Ok(all)
}

fn text(text: &str, out: &mut Vec<u8>) {
    number(text.len() as u32, out);
    out.extend_from_slice(text.as_bytes());
}

/// A number as WebAssembly writes it, seven bits at a time.
fn number(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Whether an instruction changes only what can be seen and put back.
fn changes_nothing_hidden(operator: &Operator<'_>) -> Fit<()> {
    let what = match operator {
        Operator::TableSet { .. }
        | Operator::TableGrow { .. }
        | Operator::TableFill { .. }
        | Operator::TableCopy { .. }
        | Operator::TableInit { .. } => "changes a table of functions",
        Operator::ElemDrop { .. } | Operator::DataDrop { .. } => "drops a segment",
        _ => return Ok(()),
    };
    unfit(format!(
        "it {what} while it runs, which the lab can't put back when it goes back in time"
    ))
}

fn signature(call: &Call) -> FuncType {
    let value = |ty: &Type| if ty.is_wide() { ValType::I64 } else { ValType::I32 };
    let parameters: Vec<ValType> = call.parameters.iter().map(|(_, ty)| value(ty)).collect();
    FuncType::new(parameters, call.result.iter().map(value).collect::<Vec<_>>())
}

/// "(i32, i64) -> i32".
fn spelled(ty: &FuncType) -> String {
    let list = |all: &[ValType]| {
        all.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect::<Vec<_>>().join(", ")
    };
    match ty.results() {
        [] => format!("({})", list(ty.params())),
        results => format!("({}) -> {}", list(ty.params()), list(results)),
    }
}

/// What is not there, and what is.
fn missing(there: &[&str]) -> String {
    let needed = EXPORTS.iter().filter(|call| call.need == Need::Must).map(|call| call.name);
    let mut without: Vec<&str> =
        needed.chain(["memory"]).filter(|name| !there.contains(name)).collect();
    if !either().any(|name| there.contains(&name)) {
        without.push("on_propose (or on_request)");
    }
    let has = match there {
        [] => "nothing".to_owned(),
        there => there.join(", "),
    };
    format!(
        "it does not export {} (it exports {has}); `raftlab guest new` writes one that does",
        without.join(", ")
    )
}

/// Those of which it exports one: the Raft under the lab's service, or a service of its own.
fn either() -> impl Iterator<Item = &'static str> {
    EXPORTS.iter().filter(|call| call.need == Need::Either).map(|call| call.name)
}

fn exports_fit(module: &Module) -> Fit<()> {
    let all: Vec<_> = module.exports().filter(|it| !it.name().starts_with(GLOBAL)).collect();
    let there: Vec<&str> = all.iter().map(wasmi::ExportType::name).collect();
    let must = EXPORTS.iter().filter(|call| call.need == Need::Must).map(|call| call.name);
    let has = |name: &str| there.contains(&name);
    if must.chain(["memory"]).any(|name| !has(name)) || !either().any(has) {
        return unfit(missing(&there));
    }
    if either().all(has) {
        return unfit(
            "it exports on_propose and on_request: the first is for a Raft under the lab's service, the second \
             for a service of its own, and it can be one of them",
        );
    }
    for export in &all {
        let call = EXPORTS.iter().find(|call| call.name == export.name());
        match (export.name(), call, export.ty()) {
            ("memory", _, ExternType::Memory(_)) | (_, None, _) => {}
            (name, Some(call), ExternType::Func(ty)) if *ty != signature(call) => {
                let (is, wanted) = (spelled(ty), spelled(&signature(call)));
                return unfit(format!("its {name} is {is}, and should be {wanted}"));
            }
            (_, Some(_), ExternType::Func(_)) => {}
            (name, ..) => return unfit(format!("its {name} is not what its name says")),
        }
    }
    Ok(())
}

fn imports_fit(module: &Module) -> Fit<()> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let ExternType::Func(ty) = import.ty() else {
            return unfit(format!("it imports {from}.{name}, which is no function"));
        };
        match from {
            MODULE => {
                let Some(call) = IMPORTS.iter().find(|call| call.name == name) else {
                    return unfit(unknown(from, name));
                };
                if *ty != signature(call) {
                    let (is, wanted) = (spelled(ty), spelled(&signature(call)));
                    return unfit(format!("it calls {name} as {is}, and it is {wanted}"));
                }
            }
            WASI => {}
            _ => return unfit(unknown(from, name)),
        }
    }
    Ok(())
}

fn unknown(from: &str, name: &str) -> String {
    let mut all: Vec<&str> = IMPORTS.iter().map(|call| call.name).collect();
    let near = all.iter().find(|other| **other == name || strsim::levenshtein(other, name) <= 2);
    let hint = near.map(|near| format!("; {MODULE}.{near} is there")).unwrap_or_default();
    all.sort_unstable();
    format!(
        "it wants {from}.{name}, which the lab does not have{hint} (it has: {})",
        all.join(", ")
    )
}
