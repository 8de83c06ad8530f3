//! What is written of a run while it is played: its events, its history, its page.
//!
//! A verdict must not depend on whether there is room for the evidence. So a run is played to its
//! end and reported on whatever becomes of its files, and what could not be written is told after
//! that.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{Job, Named, RunOptions, history};
use crate::app::shell::files::{Files, Kind, Old, Output};
use crate::app::shell::stream::{Form, Stream};
use crate::app::shell::trace::{Format, Lines};
use crate::app::shell::{Mistake, check};
use crate::cluster::Cluster;

pub(super) struct Records {
    trace: Option<(Record, Option<Lines>)>,
    history: Option<Record>,
    page: Option<Page>,
    /// What the script is called.
    name: String,
}

/// A file, and what went wrong when it was written to. After that nothing is written any more.
struct Record {
    file: Stream<Output>,
    state: io::Result<()>,
}

impl Record {
    const fn new(file: Output) -> Self {
        Self { file: Stream::new(file, Form::Json), state: Ok(()) }
    }

    fn write(&mut self, write: impl FnOnce(&mut Stream<Output>) -> io::Result<()>) {
        if self.state.is_ok() {
            self.state = write(&mut self.file);
        }
    }

    fn complete(self) -> Result<(), Mistake> {
        let file = self.file.into_inner();
        match self.state {
            Ok(()) => file.complete(),
            Err(error) => Err(file.unwritten(&error)),
        }
    }
}

/// A page is made of the whole history, when it is known.
struct Page {
    file: Output,
    name: String,
    lines: Vec<u8>,
}

impl Records {
    /// Begins what is asked for.
    ///
    /// # Errors
    /// All that can be refused is refused before anything runs.
    pub fn begin(
        options: &RunOptions,
        named: &Named,
        job: Job,
        files: &mut Files,
    ) -> Result<Self, Mistake> {
        let mut create = |path: &Option<PathBuf>, kind| {
            path.as_deref().map(|path| files.create(path, Old::Replace, kind)).transpose()
        };
        let trace = create(&options.trace, Kind::Json)?;
        let history = create(&options.history, Kind::Json)?;
        let page = create(&options.html, Kind::Page)?;
        let name = format!("{}, seed {}", named.script.name, job.seed);
        let script = named.script.name.to_string();
        let mut records = Self {
            name: script,
            trace: trace.map(|file| (Record::new(file), None)),
            history: history.map(Record::new),
            page: page.map(|file| Page { file, name, lines: Vec::new() }),
        };
        let servers = named.script.config.servers;
        let begin =
            |out: &mut dyn Write| history::begin(&named.script.name, job.seed, servers, out);
        if let Some(record) = &mut records.history {
            record.write(|file| begin(file));
        }
        if let Some(page) = &mut records.page {
            // A line always finds room in memory.
            let _ = begin(&mut page.lines);
        }
        Ok(records)
    }

    /// Writes what the last step has brought.
    pub fn add(&mut self, cluster: &Cluster) {
        if let Some((record, lines)) = &mut self.trace {
            record.write(|file| match lines {
                Some(lines) => lines.add(cluster, file),
                // The first step is the beginning.
                None => {
                    let lines = lines.insert(Lines::new(cluster));
                    lines.begin(&self.name, cluster, file)?;
                    lines.add(cluster, file)
                }
            });
        }
        if let Some(record) = &mut self.history {
            record.write(|file| history::add(cluster, file));
        }
        if let Some(page) = &mut self.page {
            let _ = history::add(cluster, &mut page.lines);
        }
    }

    /// The run is over: where its events and the report go the same way, its events come first.
    pub fn flush(&mut self) {
        let trace = self.trace.iter_mut().map(|(record, _)| record);
        for record in trace.chain(&mut self.history) {
            record.write(Write::flush);
        }
    }

    /// Makes the page, and gives the files their names.
    ///
    /// # Errors
    /// What could not be written; the others are.
    pub fn complete(self) -> Result<(), Mistake> {
        let trace = self.trace.into_iter().map(|(record, _)| record);
        let records = trace.chain(self.history).map(Record::complete);
        let page = self.page.map(|page| check::write_page_of(&page.name, &page.lines, page.file));
        let mut mistakes: Vec<Mistake> = records.chain(page).filter_map(Result::err).collect();
        match (mistakes.pop(), mistakes.is_empty()) {
            (None, _) => Ok(()),
            (Some(mistake), true) => Err(mistake),
            (Some(mistake), false) => {
                mistakes.push(mistake);
                Err(Mistake::Several(mistakes))
            }
        }
    }
}
