//! A run that a test looks at from outside: a script played to its end, with all its events.

use raftlab::cluster::command::{Diagnostic, Script};
use raftlab::cluster::event::{Event, EventKind};
use raftlab::cluster::time::Time;
use raftlab::cluster::{Cluster, Step};

/// A finished run.
#[allow(dead_code, reason = "not every test file looks at everything")]
pub struct Run {
    pub cluster: Cluster,
    pub events: Vec<Event>,
}

#[allow(dead_code, reason = "not every test file looks at everything")]
impl Run {
    /// Plays a script with a seed. Panics unless every line of it passes and no rule is broken.
    #[track_caller]
    pub fn of(text: &str, seed: u64) -> Self {
        let script = Script::parse("test.lab", text.as_bytes()).unwrap_or_else(|mistakes| {
            let all: Vec<String> = mistakes.iter().map(Diagnostic::to_string).collect();
            panic!("{}", all.join("\n"))
        });
        let mut cluster = Cluster::with_script(&script, Some(seed));
        let mut events = Vec::new();
        while !cluster.finished() && cluster.step() == Step::Happened {
            events.extend_from_slice(cluster.events());
        }
        assert_eq!(cluster.failure(), None, "seed {seed}");
        assert_eq!(cluster.violation(), None, "seed {seed}");
        assert!(cluster.finished(), "seed {seed}: it stands still at {}", cluster.now());
        Self { cluster, events }
    }

    /// What a question finds in the events, in their order.
    pub fn all<T>(&self, wanted: impl Fn(&EventKind) -> Option<T>) -> Vec<(Time, T)> {
        let found = self.events.iter().filter_map(|event| Some((event.time, wanted(&event.kind)?)));
        found.collect()
    }
}
