//! What is kept, in bytes, and how often memory is asked for.
//!
//! The allocator counts, so this subject has a program of its own: counting costs time, and would
//! be in every other figure. What is reported is what stands in memory afterwards and did not
//! before, with all that hangs on it, as the allocator was asked for it.

use std::time::Duration;

use raftlab::app::input::Chord;
use raftlab::app::input::{Input, Named};
use raftlab::app::session::{Message, Session};
use raftlab::cluster::config::Config;
use raftlab::cluster::time::Span;
use raftlab::cluster::{Cluster, Step};
use raftlab::ui::theme::Theme;
use raftlab::ui::trace::{DETAILS_MAX, Trace};
use raftlab::ui::view::{Clock, Stands};
use ratatui::layout::Size;

use crate::book::{Book, Unit};
use crate::labs::{commits, deliveries, play, seconds, served};
use crate::timeline::{HOUR, keep, start};

/// What the allocator has counted so far.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// Bytes that are taken now.
    pub bytes: f64,
    /// How often memory was asked for, or for more of it.
    pub requests: f64,
}

/// The whole subject. `count` asks the allocator.
pub fn measure(book: &mut Book, count: &dyn Fn() -> Count) {
    entries(book, count, "memory/entry", || start(2_000));
    entries(book, count, "memory/entry/64-clients", || served(5, 64));
    if book.wants("memory/event") {
        events(book, count);
    }
    if ["hour", "checkpoint"].iter().any(|part| book.wants(&format!("memory/{part}"))) {
        timeline(book, count);
    }
    for (name, load) in [("idle", ""), ("load", "load clients=5 keys=100 rate=100/s")] {
        if book.wants(&format!("memory/night/{name}")) {
            night(book, count, name, load);
        }
    }
    for (name, clients) in [("idle", 0), ("one-client", 1), ("64-clients", 64)] {
        let name = format!("memory/requests/{name}");
        if !book.wants(&name) {
            continue;
        }
        let mut cluster = served(5, clients);
        let span = Span::from_secs(if clients == 0 { 100 } else { 2 });
        let messages = deliveries(&cluster, span) as f64;
        let before = count();
        play(&mut cluster, span);
        let each = (count().requests - before.requests) / messages;
        book.note(&name, each, Unit::Count("a message"));
    }
}

/// How a run grows with each entry that is committed: five logs and maps, the history, the
/// checkers' own books; and how the lab thinks that it grows, by which it knows when to stand.
fn entries(book: &mut Book, count: &dyn Fn() -> Count, name: &str, run: fn() -> Cluster) {
    if !book.wants(name) {
        return;
    }
    let mut cluster = run();
    let mut reach = |length: u64| {
        while commits(&cluster) < length && cluster.step() == Step::Happened {}
        (commits(&cluster) as f64, count().bytes, cluster.bytes() as f64)
    };
    let (few, before, estimated_before) = reach(20_000);
    let (many, after, estimated_after) = reach(120_000);
    let each = |before: f64, after: f64| (after - before) / (many - few);
    book.note(name, each(before, after), Unit::Bytes);
    book.note(&format!("{name}/estimate"), each(estimated_before, estimated_after), Unit::Bytes);
}

/// Events are kept for showing only, the newest of them.
fn events(book: &mut Book, count: &dyn Fn() -> Count) {
    let mut cluster = start(2_000);
    let mut trace = Trace::default();
    let mut kept = 0;
    let mut bytes = 0.0;
    while kept < DETAILS_MAX / 2 && cluster.step() == Step::Happened {
        kept += cluster.events().len();
        let before = count().bytes;
        trace.extend(cluster.events(), cluster.names());
        bytes += count().bytes - before;
    }
    book.note("memory/event", bytes / kept as f64, Unit::Bytes);
}

/// A lab that is left alone overnight, ten times as fast as real time: eight hours of frames, as the
/// loop would hand them over. It stands when it has come to its budget.
fn night(book: &mut Book, count: &dyn Fn() -> Count, name: &str, load: &str) {
    const FRAME: Duration = Duration::from_millis(16);
    const NIGHT: Duration = Duration::from_secs(8 * 3_600);
    let nothing = count().bytes;
    let mut session = Session::free(Config::default(), Theme::default());
    session.resize(Size::new(120, 40));
    for line in ["pace 10 faster", load] {
        let keys = line.chars().map(Chord::Char);
        for key in [Chord::Char(':')].into_iter().chain(keys).chain([Chord::Key(Named::Enter)]) {
            session.update(Message::Input(Input::Key(key)));
        }
    }
    let frames = NIGHT.as_millis() / FRAME.as_millis();
    let stands = |session: &Session| session.scene().view.clock == Clock::Stands(Stands::Memory);
    for _ in 0..frames {
        session.update(Message::Frame(FRAME));
        if stands(&session) {
            break;
        }
    }
    let name = format!("memory/night/{name}");
    let cluster = session.scene().cluster;
    book.note(&format!("{name}/lab-time"), seconds(cluster.now()), Unit::Seconds);
    book.note(&format!("{name}/commits"), commits(cluster) as f64, Unit::Count("commits"));
    book.note(&format!("{name}/taken"), count().bytes - nothing, Unit::Bytes);
    book.note(&format!("{name}/estimate"), session.bytes() as f64, Unit::Bytes);
}

/// An hour with its timeline. What goes when the timeline goes is what it alone has kept.
fn timeline(book: &mut Book, count: &dyn Fn() -> Count) {
    let nothing = count().bytes;
    let (cluster, timeline) = keep(HOUR);
    let both = count().bytes;
    let checkpoints = timeline.checkpoints();
    drop(timeline);
    let alone = count().bytes;
    book.note("memory/hour", both - nothing, Unit::Bytes);
    book.note("memory/hour/newest-state", alone - nothing, Unit::Bytes);
    book.note("memory/hour/timeline", both - alone, Unit::Bytes);
    book.note("memory/checkpoint", (both - alone) / checkpoints as f64, Unit::Bytes);
    drop(cluster);
}
