//! What stands for guests in a lab that was built without them: there are none.

#[path = "guest/limits.rs"]
mod limits;

use std::rc::Rc;
use std::sync::Arc;

pub use limits::Limits;

use super::network::Reply;
use super::raft::{Context, Outbox, Raft};
use super::time::{Ppm, Span, Time};
use super::types::{ClientId, Index, Op, Request, ServerId, Term};

/// There is none.
#[derive(Clone, Debug)]
pub enum Guest {}

/// There is none.
#[derive(Debug)]
pub enum Program {}

/// What becomes of an operation that was proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    Accepted { index: Index, term: Term },
    Refused { leader: Option<ServerId> },
}

/// A client's request that is not answered yet.
#[derive(Clone, Debug)]
pub struct Open {
    pub client: ClientId,
    pub call: u64,
    pub attempt: u32,
}

/// What a guest answers.
#[derive(Clone, Debug)]
pub struct Replied {
    pub to: Open,
    pub reply: Reply,
}

/// What a call leaves beside the outbox.
#[derive(Clone, Debug, Default)]
pub struct Left {
    pub timers: Vec<(u8, Option<Span>)>,
    pub said: Vec<Arc<str>>,
    pub replies: Vec<Replied>,
    pub kept: Option<u64>,
    pub ended: Option<String>,
}

impl Guest {
    pub fn ended(&self) -> Option<&str> {
        match *self {}
    }
}

impl Program {
    pub const fn hash(&self) -> u64 {
        match *self {}
    }

    pub fn serves(&self) -> bool {
        match *self {}
    }

    pub fn takes(&self, _: &str) -> Result<(), String> {
        match *self {}
    }

    pub fn describe(&self, _: &[u8]) -> Option<String> {
        match *self {}
    }
}

impl Guest {
    pub fn new(program: Arc<Program>, _: Arc<str>, _: ServerId, _: u64) -> Self {
        match *program {}
    }

    pub fn digest(&self) -> u64 {
        match *self {}
    }

    pub fn bytes(&self) -> (usize, usize) {
        match *self {}
    }

    pub fn kept_bytes(&self) -> usize {
        match *self {}
    }

    pub fn forget(&mut self, _: Rc<[u8]>) {
        match *self {}
    }

    pub fn reseed(&mut self, _: u64, _: ServerId) {
        match *self {}
    }

    pub fn init(&mut self, _: &mut Raft, _: &Context, _: &mut Outbox) {
        match *self {}
    }

    pub fn on_message(&mut self, _: ServerId, _: &[u8], _: &mut Raft, _: &Context, _: &mut Outbox) {
        match *self {}
    }

    pub fn on_timer(&mut self, _: u8, _: &mut Raft, _: &Context, _: &mut Outbox) {
        match *self {}
    }

    pub fn campaign(&mut self, _: &mut Raft, _: &Context, _: &mut Outbox) {
        match *self {}
    }

    pub fn campaigns(&self) -> bool {
        match *self {}
    }

    pub fn propose(
        &mut self,
        _: &Op,
        _: &mut Raft,
        _: &Context,
        _: &mut Outbox,
    ) -> Option<Proposed> {
        match *self {}
    }

    pub fn serves(&self) -> bool {
        match *self {}
    }

    pub fn request(
        &mut self,
        _: (ClientId, u64, u32),
        _: Request,
        _: &mut Raft,
        _: &Context,
        _: &mut Outbox,
    ) {
        match *self {}
    }

    pub fn on_sync(&mut self, _: Index, _: &mut Raft, _: &mut Outbox) {
        match *self {}
    }

    pub fn take_left(&mut self) -> Left {
        match *self {}
    }

    pub fn set_timer(&mut self, _: u8, _: Option<Time>) {
        match *self {}
    }

    pub fn next_timer(&self) -> Option<(Time, u8)> {
        match *self {}
    }

    pub fn delay_timers(&mut self, _: Span) {
        match *self {}
    }

    pub fn rescale_timers(&mut self, _: Time, _: Ppm, _: Ppm) {
        match *self {}
    }
}
