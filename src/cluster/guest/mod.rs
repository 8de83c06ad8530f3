//! A Raft that was written elsewhere: a server's consensus as a WebAssembly module.
//!
//! A guest is told what happened by a call (a message, a timer, a proposal) and acts by calls back.
//! Between two calls it is nothing but memory and some globals, so it can be copied as all of the lab can:
//! go back in time, branch, be played a thousand times. What it sends, writes and reports enters the run
//! as if the lab's own Raft had; nothing else of it can be seen, and nothing else can it reach: no file,
//! no network, no clock. Its steps, its memory, its recursion and what one call brings about have bounds,
//! and a guest that breaks one has crashed, as a process does.
//!
//! - `table.rs`: the border, function by function.
//! - `loader.rs`: from a file to a [`Program`], or why not.
//! - `instance.rs`: a guest that runs, and in which words it ends.
//! - `host.rs`, `imports.rs`: what it may call.
//! - `image.rs`: all that it is between two calls.
//! - `operation.rs`: what clients want, as bytes; `service.rs`: the same where the whole service is the guest's.
//! - `reference.rs`: the page and the header that are made from the table.

mod host;
mod image;
mod imports;
mod instance;
mod limits;
mod loader;
mod operation;
mod reference;
mod service;
mod table;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

pub use host::{BYTES_MAX, EFFECTS_MAX, MESSAGE_MAX, Open, Proposed, Replied};
pub use limits::Limits;
pub use loader::{MODULE_MAX, Program, Unfit};
pub use reference::{header, page};
pub use table::{Call, EXPORTS, IMPORTS, INTERFACE, KINDS, MODULE, Need, Type, WASI, WASI_CALLS};

use host::Proposal;
use image::Image;
use instance::{Ask, Live};

use super::raft::{Context, Outbox, Raft};
use super::rng::{Entity, Rng};
use super::time::{Ppm, Span, Time};
use super::types::{ClientId, Index, Op, Request, ServerId};

/// How many requests a guest may leave unanswered at a time.
const OPEN_MAX: usize = 10_000;

/// A server's guest.
pub struct Guest {
    program: Arc<Program>,
    /// What its script tells it.
    params: Arc<str>,
    /// What it has written last beside term, vote and log.
    blob: Rc<[u8]>,
    /// Made when it is next asked something; none while its server is down.
    live: Option<Box<Live>>,
    /// The last image that was taken, and whether something has happened since.
    image: RefCell<Rc<Image>>,
    changed: bool,
    rng: Rng,
    commit: Option<Index>,
    proposals: i32,
    /// Requests that it has not answered, where the whole service is its own, and how many there were.
    open: Vec<Open>,
    requests: i32,
    /// Timers beyond those that the screen knows, each with when it is due.
    timers: Vec<(Time, u8)>,
    /// What the last call has left for the cluster.
    left: Left,
    /// Why it has ended by itself, since it began last.
    ended: Option<Rc<str>>,
}

/// What a call leaves beside the outbox.
#[derive(Clone, Debug, Default)]
pub struct Left {
    pub timers: Vec<(u8, Option<Span>)>,
    pub said: Vec<Arc<str>>,
    pub replies: Vec<Replied>,
    /// How many bytes it has written beside term, vote and log.
    pub kept: Option<u64>,
    /// Why it has ended, if it has.
    pub ended: Option<String>,
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guest({:?})", self.program)
    }
}

impl Clone for Guest {
    /// The copy goes on from an image; an instance of its own is made when it is next asked.
    fn clone(&self) -> Self {
        let image = self.image();
        Self {
            program: self.program.clone(),
            params: self.params.clone(),
            blob: self.blob.clone(),
            live: None,
            image: RefCell::new(image),
            changed: false,
            rng: self.rng.clone(),
            commit: self.commit,
            proposals: self.proposals,
            open: self.open.clone(),
            requests: self.requests,
            timers: self.timers.clone(),
            left: self.left.clone(),
            ended: self.ended.clone(),
        }
    }
}

impl Guest {
    /// The guest of a server that has not started yet.
    pub fn new(program: Arc<Program>, params: Arc<str>, id: ServerId, seed: u64) -> Self {
        let image = RefCell::new(Rc::new(program.fresh.clone()));
        Self {
            program,
            params,
            blob: Rc::default(),
            live: None,
            image,
            changed: false,
            rng: Rng::new(seed, Entity::Guest(id.index() as u64)),
            commit: None,
            proposals: 0,
            open: Vec::new(),
            requests: 0,
            timers: Vec::new(),
            left: Left::default(),
            ended: None,
        }
    }

    /// All that it is. As long as nothing happens to it, this is taken only once.
    fn image(&self) -> Rc<Image> {
        let mut last = self.image.borrow_mut();
        if self.changed
            && let Some(live) = &self.live
            && let Some(image) = live.image(&last)
        {
            *last = Rc::new(image);
        }
        last.clone()
    }

    /// A fingerprint of memory and globals.
    pub fn digest(&self) -> u64 {
        self.image().digest()
    }

    /// How much memory it has, and how much of that no fresh guest has.
    pub fn bytes(&self) -> (usize, usize) {
        let image = self.image();
        (image.bytes(), image.own_bytes(&self.program.fresh))
    }

    /// How much memory its last image has that no fresh guest has. Takes no image.
    pub fn kept_bytes(&self) -> usize {
        self.image.borrow().own_bytes(&self.program.fresh)
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// All that is not on disk is gone; there it has these bytes.
    pub fn forget(&mut self, blob: Rc<[u8]>) {
        self.blob = blob;
        self.live = None;
        self.image = RefCell::new(Rc::new(self.program.fresh.clone()));
        self.changed = false;
        self.commit = None;
        self.open.clear();
        self.timers.clear();
        self.left = Left::default();
    }

    pub fn reseed(&mut self, seed: u64, id: ServerId) {
        self.rng = Rng::new(seed, Entity::Guest(id.index() as u64));
    }

    pub fn init(&mut self, raft: &mut Raft, cx: &Context, out: &mut Outbox) {
        self.ended = None;
        let (me, servers) = (raft.id().index() as u8, raft.configuration().servers());
        self.ask(raft, cx, out, Ask::Init { me, servers });
    }

    pub fn on_message(
        &mut self,
        from: ServerId,
        bytes: &[u8],
        raft: &mut Raft,
        cx: &Context,
        out: &mut Outbox,
    ) {
        self.ask(raft, cx, out, Ask::Message { from: from.index() as u8, bytes });
    }

    pub fn on_timer(&mut self, id: u8, raft: &mut Raft, cx: &Context, out: &mut Outbox) {
        self.ask(raft, cx, out, Ask::Timer(id));
    }

    pub fn campaign(&mut self, raft: &mut Raft, cx: &Context, out: &mut Outbox) {
        self.ask(raft, cx, out, Ask::Campaign);
    }

    /// Whether it has a way of its own to be made a candidate.
    pub fn campaigns(&self) -> bool {
        self.program.campaigns
    }

    /// Proposes an operation. `None` if it has ended without an answer.
    pub fn propose(
        &mut self,
        op: &Op,
        raft: &mut Raft,
        cx: &Context,
        out: &mut Outbox,
    ) -> Option<Proposed> {
        self.proposals = self.proposals.wrapping_add(1).max(1);
        let (id, bytes) = (self.proposals, operation::write(op));
        let proposal = Some(Proposal { id, op: op.id, answer: None });
        let proposal = self.ask_about(raft, cx, out, Ask::Propose { id, bytes: &bytes }, proposal);
        let answer = proposal.and_then(|proposal| proposal.answer);
        if answer.is_none() && self.left.ended.is_none() {
            self.end("on_propose returned without accepted or refused".into());
        }
        answer
    }

    /// Whether the whole service is its own.
    pub fn serves(&self) -> bool {
        self.program.serves
    }

    /// A client's request, where the whole service is its own.
    pub fn request(
        &mut self,
        (client, call, attempt): (ClientId, u64, u32),
        request: Request,
        raft: &mut Raft,
        cx: &Context,
        out: &mut Outbox,
    ) {
        if self.open.len() >= OPEN_MAX {
            return self
                .end(format!("{OPEN_MAX} requests are not answered, and it is given no more"));
        }
        self.requests = self.requests.wrapping_add(1).max(1);
        let (id, bytes) = (self.requests, service::request(&request));
        self.open.push(Open { id, client, call, attempt, request });
        self.ask(raft, cx, out, Ask::Request { id, bytes: &bytes });
    }

    /// What was written is on disk, up to entry `last`.
    pub fn on_sync(&mut self, last: Index, raft: &mut Raft, out: &mut Outbox) {
        if let Some(commit) = self.commit.take_if(|commit| *commit <= last) {
            raft.mirror_commit(commit, out);
        }
    }

    fn ask(&mut self, raft: &mut Raft, cx: &Context, out: &mut Outbox, ask: Ask<'_>) {
        self.ask_about(raft, cx, out, ask, None);
    }

    /// Lets it run with the server's state in its host's hands, and takes that back.
    fn ask_about(
        &mut self,
        raft: &mut Raft,
        cx: &Context,
        out: &mut Outbox,
        ask: Ask<'_>,
        proposal: Option<Proposal>,
    ) -> Option<Proposal> {
        if self.left.ended.is_some() {
            return None;
        }
        if self.live.is_none() {
            match Live::restored(&self.program, self.image.get_mut()) {
                Ok(mut live) => {
                    live.store.data_mut().params = self.params.clone();
                    self.live = Some(Box::new(live));
                }
                Err(_) => {
                    self.end("it could not be started again".into());
                    return None;
                }
            }
        }
        self.changed = true;
        let live = self.live.as_mut()?;
        let host = live.store.data_mut();
        host.begin();
        (host.now, host.proposal) = (cx.now, proposal);
        std::mem::swap(&mut host.raft, raft);
        std::mem::swap(&mut host.out, out);
        std::mem::swap(&mut host.rng, &mut self.rng);
        std::mem::swap(&mut host.commit, &mut self.commit);
        std::mem::swap(&mut host.open, &mut self.open);
        std::mem::swap(&mut host.blob, &mut self.blob);
        host.last_request = self.requests;
        let asked = live.ask(&self.program, ask);
        let host = live.store.data_mut();
        std::mem::swap(&mut host.raft, raft);
        std::mem::swap(&mut host.out, out);
        std::mem::swap(&mut host.rng, &mut self.rng);
        std::mem::swap(&mut host.commit, &mut self.commit);
        std::mem::swap(&mut host.open, &mut self.open);
        std::mem::swap(&mut host.blob, &mut self.blob);
        self.left.kept = host.kept.take().or(self.left.kept);
        self.left.replies.append(&mut host.replies);
        self.left.timers.append(&mut host.timers);
        self.left.said.append(&mut host.said);
        let proposal = host.proposal.take();
        if let Err(why) = asked {
            self.end(why);
        }
        proposal
    }

    fn end(&mut self, why: String) {
        self.left.ended.get_or_insert(why);
    }

    /// What the last call has left.
    pub fn take_left(&mut self) -> Left {
        let left = std::mem::take(&mut self.left);
        if let Some(why) = &left.ended {
            self.ended = Some(why.as_str().into());
        }
        left
    }

    /// Why it has ended by itself, if it has since its start.
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    pub fn set_timer(&mut self, id: u8, due: Option<Time>) {
        self.timers.retain(|(_, other)| *other != id);
        self.timers.extend(due.map(|due| (due, id)));
        self.timers.sort_unstable();
    }

    /// The first of its other timers.
    pub fn next_timer(&self) -> Option<(Time, u8)> {
        self.timers.first().copied()
    }

    /// Its other timers are due so much later.
    pub fn delay_timers(&mut self, span: Span) {
        self.timers.iter_mut().for_each(|(due, _)| *due += span);
    }

    /// What is left of them passes at another rate from now on.
    pub fn rescale_timers(&mut self, since: Time, old: Ppm, new: Ppm) {
        for (due, _) in &mut self.timers {
            *due = since + due.since(since).at_rate(old, new);
        }
    }
}

#[cfg(test)]
mod tests;
