//! A history as it was read, whatever its form was: operations from call to return, and faults.

use std::collections::BTreeMap;

use super::lines::{Function, Model, Outcome};
use super::read::{FailedCas, Trouble};

/// The most operations, and the most clients, of a history.
const OPERATIONS_MAX: usize = 10_000_000;
const CLIENTS_MAX: usize = 100_000;

#[derive(Clone, Debug)]
pub struct History {
    pub model: Model,
    /// What wrote it: "JSON lines", "EDN", "console log".
    pub form: &'static str,
    /// The clients' names, in the order of their first calls.
    pub clients: Vec<String>,
    /// In the order of their calls.
    pub operations: Vec<Operation>,
    /// What was done to servers and links, or what `:nemesis` says of that.
    pub faults: Vec<Fault>,
    /// How many times a cas failed of which it is not certain why, and how that was read.
    pub failed_cas: u64,
    pub failed_cas_read: FailedCas,
    /// How many calls, returns and faults there are: where their order ends.
    pub end: u64,
}

/// A moment: its place in the order of the file, where that is, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub order: u64,
    pub line: u64,
    pub at_us: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Place of its client in [`History::clients`].
    pub client: u32,
    pub asked: Asked,
    pub called: Moment,
    pub told: Told,
    /// `None` if nobody knows how it ended.
    pub returned: Option<Moment>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub f: Function,
    pub key: Option<String>,
    /// What is written. Empty for reads.
    pub value: String,
    /// What a cas expects.
    pub old: String,
    /// The version that a put is for.
    pub version: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub outcome: Option<Outcome>,
    /// What was found.
    pub value: String,
    pub version: u64,
    pub late: bool,
}

impl Told {
    pub const UNKNOWN: Self = Self { outcome: None, value: String::new(), version: 0, late: false };

    pub fn of(outcome: Outcome, value: String) -> Self {
        Self { outcome: Some(outcome), value, ..Self::UNKNOWN }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub what: String,
    pub at: Moment,
}

/// Joins calls and returns.
pub struct Builder {
    history: History,
    ids: BTreeMap<String, u32>,
    /// The open operation of each client.
    open: Vec<Option<usize>>,
    keyed: Option<bool>,
}

impl Builder {
    pub fn new(model: Model, form: &'static str) -> Self {
        let (clients, operations, faults) = (Vec::new(), Vec::new(), Vec::new());
        let (failed_cas, failed_cas_read) = (0, FailedCas::default());
        let history = History {
            model,
            form,
            clients,
            operations,
            faults,
            failed_cas,
            failed_cas_read,
            end: 0,
        };
        Self { history, ids: BTreeMap::new(), open: Vec::new(), keyed: None }
    }

    fn moment(&mut self, line: u64, at_us: Option<u64>) -> Moment {
        self.history.end += 1;
        Moment { order: self.history.end, line, at_us }
    }

    pub fn call(
        &mut self,
        client: &str,
        asked: Asked,
        line: u64,
        at_us: Option<u64>,
    ) -> Result<(), Trouble> {
        let refuse = |why: String| Err(Trouble::at(line, why));
        if self.history.operations.len() >= OPERATIONS_MAX {
            return refuse(format!("there are more than {OPERATIONS_MAX} operations"));
        }
        if *self.keyed.get_or_insert(asked.key.is_some()) != asked.key.is_some() {
            return refuse("some operations name a key, and some don't".to_owned());
        }
        let id = match self.ids.get(client) {
            Some(id) => *id,
            None if self.history.clients.len() >= CLIENTS_MAX => {
                return refuse(format!("there are more than {CLIENTS_MAX} clients"));
            }
            None => {
                let id = self.history.clients.len() as u32;
                self.history.clients.push(client.to_owned());
                self.ids.insert(client.to_owned(), id);
                self.open.push(None);
                id
            }
        };
        if let Some(before) = self.open[id as usize] {
            let called = self.history.operations[before].called.line;
            return refuse(format!(
                "client {client} asks again, and what it asked in line {called} is still open"
            ));
        }
        self.open[id as usize] = Some(self.history.operations.len());
        let called = self.moment(line, at_us);
        let told = Told::UNKNOWN;
        self.history.operations.push(Operation { client: id, asked, called, told, returned: None });
        Ok(())
    }

    /// What a client has open.
    pub fn open(&self, client: &str, line: u64) -> Result<&Asked, Trouble> {
        let open = self.ids.get(client).and_then(|id| self.open[*id as usize]);
        let open = open.ok_or_else(|| {
            Trouble::at(line, format!("client {client} is answered, and has asked nothing"))
        })?;
        Ok(&self.history.operations[open].asked)
    }

    /// A client is answered, or gives up without an answer.
    pub fn end(
        &mut self,
        client: &str,
        told: Told,
        line: u64,
        at_us: Option<u64>,
    ) -> Result<(), Trouble> {
        self.open(client, line)?;
        let moment = self.moment(line, at_us);
        let Some(id) = self.ids.get(client) else { return Ok(()) };
        let Some(place) = self.open[*id as usize].take() else { return Ok(()) };
        let operation = &mut self.history.operations[place];
        operation.returned = told.outcome.is_some().then_some(moment);
        operation.told = told;
        Ok(())
    }

    /// A cas has failed: how that is read.
    pub fn failed_cas(&mut self, read: FailedCas) {
        self.history.failed_cas += 1;
        self.history.failed_cas_read = read;
    }

    pub fn fault(&mut self, what: String, line: u64, at_us: Option<u64>) {
        let at = self.moment(line, at_us);
        self.history.faults.push(Fault { what, at });
    }

    pub fn finish(self) -> History {
        self.history
    }
}
