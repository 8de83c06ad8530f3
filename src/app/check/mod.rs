//! `raftlab check`: are these histories linearizable?
//!
//! `read/` understands a file, whatever its form is; `judge.rs` puts it to the engines in
//! `cluster/check/linearizability`; `report.rs` says what came of it, for people or as JSON.
//! `docs/histories.md` describes the forms and what they mean.

mod history;
mod judge;
pub mod lines;
mod read;
mod report;

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cli::CheckOptions;
use super::{Ending, Mistake};
use crate::cluster::check::linearizability::Progress;
use judge::Judgement;

/// How long a verdict takes before its progress is shown.
const PATIENCE: Duration = Duration::from_millis(700);

/// Carries out `raftlab check`. Every file is judged, whatever the others are.
///
/// # Errors
/// For files that can't be read, when all others have been reported on.
pub fn run(options: &CheckOptions) -> Result<Ending, Mistake> {
    let mut out = io::stdout().lock();
    let (mut mistakes, mut worst) = (Vec::new(), Ending::Well);
    for path in &options.files {
        let name = path.display().to_string();
        let start = Instant::now();
        let history = match read::read(path, options.model) {
            Ok(history) => history,
            Err(trouble) => {
                if options.json {
                    report::unreadable(&name, &trouble, &mut out).map_err(Mistake::Output)?;
                }
                let line = trouble.line.map(|line| format!(":{line}")).unwrap_or_default();
                mistakes.push(Mistake::Usage(format!("{name}{line}: {}", trouble.why)));
                continue;
            }
        };
        let limit = options.time_limit.map(|limit| start + limit);
        let judgement = watched(&name, &history, limit);
        let judged = report::Judged { name: &name, history: &history, judgement: &judgement };
        if options.json {
            judged.json(start.elapsed(), &mut out).map_err(Mistake::Output)?;
        } else {
            judged.tell(&mut out).map_err(Mistake::Output)?;
        }
        worst = worse(worst, judged.ending());
    }
    out.flush().map_err(Mistake::Output)?;
    if mistakes.is_empty() { Ok(worst) } else { Err(Mistake::Several(mistakes)) }
}

/// A violation is worse than not to know.
const fn worse(one: Ending, other: Ending) -> Ending {
    match (one, other) {
        (Ending::Failed, _) | (_, Ending::Failed) => Ending::Failed,
        (Ending::Undecided, _) | (_, Ending::Undecided) => Ending::Undecided,
        (one, _) => one,
    }
}

/// Judges a history. Shows how far it has come if that takes long, and ends at the limit.
fn watched(name: &str, history: &history::History, limit: Option<Instant>) -> Judgement {
    let start = Instant::now();
    let bar = ProgressBar::with_draw_target(
        Some(history.operations.len() as u64),
        ProgressDrawTarget::hidden(),
    );
    let mut most = 0;
    let judgement = judge::judge(history, &mut |progress: Progress| {
        let now = Instant::now();
        if limit.is_some_and(|limit| now >= limit) {
            return ControlFlow::Break(());
        }
        if bar.is_hidden() && now - start > PATIENCE && io::stderr().is_terminal() {
            bar.set_style(style());
            bar.set_message(name.to_owned());
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        most = most.max(progress.placed as u64);
        bar.set_position(most);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    judgement
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg}: {bar:40} {pos} of {len} operations placed, {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
