//! What the keys mean at present, and what is being typed, chosen or read.

use std::borrow::Cow;

use super::Comparison;
use crate::cluster::types::{Node, ServerId};

/// A key and what it does now.
#[derive(Clone, Debug)]
pub struct Hint {
    pub key: Cow<'static, str>,
    pub word: Cow<'static, str>,
    /// What it acts on, if that is something selected. Hints about one server stand together
    /// behind its name.
    pub about: Option<ServerId>,
}

impl Hint {
    pub fn new(key: impl Into<Cow<'static, str>>, word: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), word: word.into(), about: None }
    }
}

/// What the keys mean at present.
#[derive(Clone, Debug, Default)]
pub enum Mode {
    #[default]
    Normal,
    /// Packets are handled one by one.
    Packets,
    Prompt(Prompt),
    Partition(PartitionEdit),
    Link(LinkEdit),
    Dialog(Dialog),
}

/// A line that is being typed, in the last row.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    pub kind: PromptKind,
    pub text: String,
    /// Where the cursor stands, in characters from the start.
    pub cursor: usize,
    /// What `Tab` would put in, and which of it is put in now.
    pub completions: Vec<String>,
    pub chosen: Option<usize>,
    pub mistake: Option<Mistake>,
    /// What is known of the word at the cursor: how the verb is used.
    pub usage: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PromptKind {
    #[default]
    Command,
    Filter,
    /// Search of the history of commands.
    History,
    /// Search of the help.
    Help,
}

/// What is wrong with the line, and where: in characters from the start.
#[derive(Clone, Debug)]
pub struct Mistake {
    pub column: usize,
    pub width: usize,
    pub message: String,
    pub help: Option<String>,
}

/// Groups that are being formed; nothing is cut yet.
#[derive(Clone, Debug, Default)]
pub struct PartitionEdit {
    /// The group of each server, counted from 0 for A, in the order of the servers.
    pub servers: Vec<u8>,
    /// The group of each client; `None` reaches all.
    pub clients: Vec<Option<u8>>,
    /// The server under the cursor.
    pub cursor: Option<ServerId>,
}

/// A link that is being chosen or changed.
#[derive(Clone, Debug, Default)]
pub struct LinkEdit {
    pub from: Option<End>,
    pub to: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Node(Node),
    All,
}

/// Something to read or to choose from, over the panes.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub title: String,
    pub body: DialogBody,
    /// The keys that work here.
    pub hints: Vec<Hint>,
}

#[derive(Clone, Debug)]
pub enum DialogBody {
    /// Lines to read; long ones are wrapped.
    Text(Vec<String>),
    /// One of these is to be chosen.
    List { items: Vec<ListItem>, chosen: usize },
    /// Two futures side by side.
    Comparison(Box<Comparison>),
    /// On the first page the keys that one needs, beside the marks; then all keys. Without that
    /// page, what a search has found.
    Help { first: Option<HelpGroup>, groups: Vec<HelpGroup> },
    /// A code for cameras, in rows of half blocks, and what it says.
    Code { rows: Vec<String>, text: Vec<String> },
}

#[derive(Clone, Debug)]
pub struct ListItem {
    pub name: String,
    pub note: String,
}

/// Keys of one kind, under a title.
#[derive(Clone, Debug)]
pub struct HelpGroup {
    pub title: Cow<'static, str>,
    pub rows: Vec<Hint>,
}
