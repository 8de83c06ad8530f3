//! What a server waits for: a gauge of the silence that is left before it stands for election, a
//! leader's next heartbeat, a candidate's votes.

use super::canvas::Pen;
use super::reading;
use super::text::Millis;
use super::view::Scene;
use crate::cluster::raft::Raft;
use crate::cluster::server::Server;
use crate::cluster::situation::Standing;
use crate::cluster::time::Ppm;
use crate::cluster::timers::{Timer, TimerKind};

/// Draws what fits the server's standing; `beat` stands before a leader's figure.
pub fn draw(pen: &mut Pen, scene: &Scene, server: &Server, standing: Standing, beat: &str) {
    match standing {
        Standing::Down => {
            pen.put("off");
        }
        Standing::PreCandidate | Standing::Candidate => draw_votes(pen, scene, &server.raft),
        Standing::Leader | Standing::Stuck(_) | Standing::Leads => {
            if let Some(timer) = server.timer(TimerKind::Heartbeat) {
                draw_beat(pen, scene, beat, timer);
            }
            if server.disk.ill(scene.cluster.config().sync).is_some() && pen.room() > 1 {
                pen.put(" d");
            }
        }
        Standing::Follower | Standing::Learner | Standing::Outside | Standing::Asleep => {
            let mut behind = rate(server.clock);
            if server.disk.ill(scene.cluster.config().sync).is_some() {
                behind.push('d');
            }
            if standing == Standing::Asleep {
                behind.insert(0, '‖');
            }
            if let Some(timer) = server.timer(TimerKind::Election) {
                let left = timer.due.since(scene.cluster.now());
                let width = pen.room() - scene.view.theme.glyphs.width(&behind).min(pen.room());
                draw_gauge(pen, scene, timer, left.micros(), width.min(8));
            }
            pen.put(behind);
        }
    }
}

/// A leader's figure never stands there cut off: without the blank or the word there is room for
/// it up to a heartbeat of 999 ms, and beyond that seconds do.
fn draw_beat(pen: &mut Pen, scene: &Scene, beat: &str, timer: Timer) {
    let left = timer.due.since(scene.cluster.now());
    let spaced = Millis(left).to_string();
    let dense = spaced.replace(' ', "");
    let seconds = format!("{} s", left.micros().div_ceil(1_000_000));
    let words = [format!("{beat}{spaced}"), format!("{beat}{dense}"), spaced, dense, seconds];
    let glyphs = scene.view.theme.glyphs;
    if let Some(words) = words.iter().find(|words| glyphs.width(words) <= pen.room()) {
        pen.put(words);
    }
}

fn draw_gauge(pen: &mut Pen, scene: &Scene, timer: Timer, left: u64, width: u16) {
    let span = timer.span.micros().max(1);
    let left = left.min(span);
    let filled = (u128::from(left) * u128::from(width)).div_ceil(u128::from(span)) as u16;
    let urgent = u128::from(left) * 5 < u128::from(span);
    let bold = scene.view.theme.bold();
    for place in 0..width {
        let glyph = if place < filled { '▓' } else { '░' };
        if urgent {
            pen.put_in(bold, glyph)
        } else {
            pen.put(glyph)
        };
    }
}

/// "½", "x1.5": how fast its clock goes; nothing when it goes right.
fn rate(clock: Ppm) -> String {
    match clock {
        Ppm::ONE => String::new(),
        Ppm(500_000) => "½".to_owned(),
        other => format!("x{}", other.as_rate()),
    }
}

/// A candidate's votes by place, S1 first: `+` held, `·` asked, `-` refused, `╳` cut off.
fn draw_votes(pen: &mut Pen, scene: &Scene, raft: &Raft) {
    let servers = scene.cluster.servers();
    if servers.len() > usize::from(pen.room()) {
        pen.put(format_args!("{}/{}", raft.votes().len(), servers.len()));
        return;
    }
    for other in servers {
        let vote = if !raft.has_vote(other.id) {
            ' '
        } else if raft.votes().contains(other.id) {
            '+'
        } else if raft.refusals().contains(other.id) {
            '-'
        } else if reading::linked(scene.cluster, raft.id(), other.id) {
            '·'
        } else {
            '╳'
        };
        pen.put(vote);
    }
}
