//! The lab's own form of a history: JSON, one object a line, as `docs/histories.md` tells.
//!
//! The first line says what the history is of; then a line for each call, each return and each
//! fault, in the order in which they happened. That order is what counts. Times, in microseconds,
//! are for people.

use serde::{Deserialize, Serialize};

/// The version of the form that this program writes and reads.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// The first line.
    History(Head),
    Call(Call),
    Return(Return),
    Fault(Fault),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub version: u32,
    pub model: Model,
    /// The script that was played, with which seed and how many servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<u8>,
}

/// The sequential object that a history is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// The map of the lab: get, and put at a version.
    Versioned,
    /// Registers: read, write, cas.
    Register,
    /// A store of texts: get, put, append.
    Store,
}

impl Model {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Versioned => "versioned",
            Self::Register => "register",
            Self::Store => "store",
        }
    }
}

/// A client asks. It has one operation open at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub client: String,
    pub f: Function,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What a `cas` expects to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The version that a put is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    Get,
    Put,
    Append,
    Read,
    Write,
    Cas,
}

impl Function {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Append => "append",
            Self::Read => "read",
            Self::Write => "write",
            Self::Cas => "cas",
        }
    }

    /// "a get", "an append".
    pub fn with_article(self) -> String {
        let article = if self == Self::Append { "an" } else { "a" };
        format!("{article} {}", self.name())
    }
}

/// A client is answered. A call that has no return may have taken effect, or may yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    pub client: String,
    pub outcome: Outcome,
    /// What was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The version found, or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// A copy of this put may still run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ok,
    /// Of the versioned map: the key is absent.
    NoKey,
    /// Of the versioned map: it is at another version.
    Version,
    /// Of the versioned map: it was carried out, or was not.
    Maybe,
    /// Of a cas: the register held something else.
    Refused,
    /// It has certainly not taken effect, and never will.
    Failed,
    /// The client has given up: it may have taken effect, or may yet.
    Unknown,
}

/// What was done to the servers or the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<u64>,
}
