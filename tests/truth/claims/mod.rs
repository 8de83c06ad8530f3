//! What the words of an event claim, claim by claim, each held against the books and the states
//! around it.

use raftlab::cluster::Cause;
use raftlab::cluster::client::{Call, Client};
use raftlab::cluster::event::{
    ClientEvent, EventKind as E, LabEvent, NetworkEvent, PacketEvent, RaftEvent, ServerEvent,
};
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::network::{Cargo, Flight, Loss, PacketKind, Reply, Rpc, WrongLeader};
use raftlab::cluster::raft::{AppendResult, ChunkResult, Message, Mode, Most, Replication, Role};
use raftlab::cluster::rsm::{WAITER_TIMEOUT, Waiter};
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::time::{Ppm, Span};
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::{ClientId, Index, Node, ServerId, ServerSet, Term};

use crate::books::{self, Step, known};
use crate::template::best;
use crate::words::{entries, id, is_set, n};

mod facts;
mod headlines;
mod reasons;
mod sessions;

pub use headlines::HEADLINES;
pub use reasons::REASONS;

/// Forms of sentences, and what must be so when one is said.
pub type Forms = &'static [(&'static str, fn(&Step, &[&str]) -> bool)];

/// Whether what a text claims is so; `None` if it is of no form.
pub fn check(step: &Step, forms: Forms, text: &str) -> Option<bool> {
    // What is said of nobody begins with no subject.
    let of_nobody = step.event.subject().is_none();
    let forms = forms.iter().filter(|(form, _)| !of_nobody || !form.starts_with("{} "));
    let (holes, holds) = best(forms, text)?;
    Some(holds(step, &holes))
}
