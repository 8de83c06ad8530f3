//! The time that all may take, and how far it is: on a terminal a bar, and none elsewhere.
//!
//! At the end of the time, or at Ctrl-C, what is being played ends at its next step.

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::stop;

pub struct Clock {
    until: Instant,
    bar: ProgressBar,
}

impl Clock {
    /// From now on, for so long.
    pub fn start(time: Duration, quiet: bool) -> Self {
        stop::heed();
        let until = Instant::now() + time;
        // Without the thread only Ctrl-C ends it: nothing else could be done.
        drop(thread::Builder::new().name("clock".into()).spawn(move || {
            thread::sleep(time);
            stop::ask();
        }));
        if quiet || !io::stderr().is_terminal() {
            return Self { until, bar: ProgressBar::hidden() };
        }
        let template = format!(
            "{{bar:30}} {{pos}}/{{len}} {{msg}}, {{elapsed}} of {} s at most, Ctrl-C: what is known by then",
            time.as_secs()
        );
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar =
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { until, bar }
    }

    /// So many of these come next.
    pub fn begin(&self, what: &'static str, many: u64) {
        self.bar.set_length(many);
        self.bar.set_position(0);
        self.bar.set_message(what);
    }

    pub fn tick(&self) {
        self.bar.inc(1);
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Why it ends before all was played, if it does.
    pub fn stopped(&self) -> Option<&'static str> {
        let is_late = Instant::now() >= self.until;
        stop::is_asked().then_some(if is_late { "the time was over" } else { "it was stopped" })
    }
}
