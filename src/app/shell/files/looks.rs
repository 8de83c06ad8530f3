//! What a file is that was given to a command which reads other files.

use std::path::Path;

use serde_json::Value;

use super::is_standard;
use crate::cluster::command::parse_line;
use crate::cluster::plain::{plain, quoted};

/// As much of a file as tells what it is.
pub const START: usize = 4_096;

/// What files are that this program writes, or that lie beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    Script,
    Trace,
    History,
    Cast,
    Module,
    Picture,
    Page,
    /// And what unpacks it.
    Packed(&'static str),
    Binary,
}

/// Files that are no text begin so.
const MAGIC: [(&[u8], Looks); 7] = [
    (b"\x1f\x8b", Looks::Packed("gzip -dc")),
    (b"\x28\xb5\x2f\xfd", Looks::Packed("zstd -dc")),
    (b"\xfd7zXZ\0", Looks::Packed("xz -dc")),
    (b"BZh", Looks::Packed("bzip2 -dc")),
    (b"PK\x03\x04", Looks::Packed("unzip -p")),
    (b"\0asm", Looks::Module),
    (b"\x89PNG", Looks::Picture),
];

impl Looks {
    /// What a file is that begins so, as far as that can be told.
    pub fn of(start: &[u8]) -> Option<Self> {
        if let Some((_, looks)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
            return Some(*looks);
        }
        let whole = start.split(|byte| *byte == 0).next().unwrap_or_default();
        // A recording that the power failed over ends in zeros, and is one.
        match Self::of_text(&String::from_utf8_lossy(whole)) {
            looks if whole.len() == start.len() => looks,
            Some(Self::Script) => Some(Self::Script),
            _ => Some(Self::Binary),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next()?;
        let lower = first.to_ascii_lowercase();
        if first.starts_with('{') {
            return serde_json::from_str(first).ok().and_then(|value| Self::of_line(&value));
        }
        if lower.starts_with("<svg") || lower.starts_with("<!doctype") || lower.starts_with("<html")
        {
            return Some(if lower.starts_with("<svg") { Self::Picture } else { Self::Page });
        }
        let told = [first].into_iter().chain(lines).find(|line| !line.starts_with('#'))?;
        parse_line(told).is_ok().then_some(Self::Script)
    }

    /// The first line of what is written a JSON object a line.
    fn of_line(line: &Value) -> Option<Self> {
        let has = |name| line.get(name).is_some();
        if has("trace") || (has("cause") && has("time")) || line["event"].get("nid").is_some() {
            Some(Self::Trace)
        } else if line["type"] == "history" {
            Some(Self::History)
        } else if has("version") && (has("term") || has("width")) {
            Some(Self::Cast)
        } else {
            None
        }
    }

    /// "it is a trace: `raftlab view x.jsonl` opens it", where `command` can't read it.
    pub fn instead(self, path: &Path, command: &str) -> String {
        let file = quoted(&path.display().to_string());
        let file = if is_standard(path) { "-".into() } else { plain(&file) };
        match self {
            Self::Script => {
                format!("it is a script: `raftlab {file}` plays it, `raftlab run {file}` judges it")
            }
            Self::Trace => format!("it is a trace: `raftlab view {file}` opens it"),
            Self::History => format!("it is a history: `raftlab check {file}` judges it"),
            Self::Cast => format!("it is a cast: `asciinema play {file}` plays it"),
            Self::Module => {
                format!("it is a WebAssembly module: `raftlab --raft {file}` plays with it")
            }
            Self::Picture => "it is a picture".to_owned(),
            Self::Page => "it is a page for a browser".to_owned(),
            Self::Packed(unpack) => {
                format!("it is packed: `{unpack} {file} | raftlab {command} -` reads what is in it")
            }
            Self::Binary => "it is no text".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_how_it_begins() {
        for (start, looks) in [
            (&b"# told\n\ncluster servers=3\n"[..], Some(Looks::Script)),
            (b"set x 1", Some(Looks::Script)),
            (b"{\"trace\":1}\n{", Some(Looks::Trace)),
            (b"{\"event\":{\"nid\":\"1\"}}\n", Some(Looks::Trace)),
            (b"{\"type\":\"history\",\"version\":1}\n", Some(Looks::History)),
            (b"{\"version\":3,\"term\":{}}\n", Some(Looks::Cast)),
            (b"\x1f\x8b\x08abc", Some(Looks::Packed("gzip -dc"))),
            (b"\0asm\x01", Some(Looks::Module)),
            (b"a\0b", Some(Looks::Binary)),
            (b"cluster servers=3\nset x 1\n\0\0", Some(Looks::Script)),
            (b"<SVG xmlns", Some(Looks::Picture)),
            (b"{:process 0}", None),
            (b"INFO  jepsen.core 0 :invoke :read nil", None),
            (b"", None),
        ] {
            assert_eq!(Looks::of(start), looks, "{:?}", String::from_utf8_lossy(start));
        }
    }
}
