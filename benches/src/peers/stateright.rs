//! stateright's tester for linearizability, on histories of the lab.

use raftlab::cluster::history::Record;
use raftlab::cluster::types::{Key, Outcome, Request, Value, Version};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};
use std::collections::BTreeMap;

/// The versioned map as a sequential object of theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Map(BTreeMap<Key, (Value, Version)>);

/// What a request is answered: outcome, value found, version found or made.
type Told = (Outcome, Value, Version);

impl SequentialSpec for Map {
    type Op = Request;
    type Ret = Told;

    fn invoke(&mut self, request: &Request) -> Told {
        let nothing: Value = "".into();
        match request {
            Request::Get { key } => match self.0.get(key) {
                Some((value, version)) => (Outcome::Ok, value.clone(), *version),
                None => (Outcome::NoKey, nothing, Version::ZERO),
            },
            Request::Put { key, value, version } => {
                let held = self.0.get(key).map(|(_, version)| *version);
                if held.unwrap_or(Version::ZERO) == *version {
                    self.0.insert(key.clone(), (value.clone(), version.next()));
                    return (Outcome::Ok, nothing, version.next());
                }
                let outcome = if held.is_some() { Outcome::Version } else { Outcome::NoKey };
                (outcome, nothing, held.unwrap_or(Version::ZERO))
            }
        }
    }

    fn is_valid_step(&mut self, request: &Request, told: &Told) -> bool {
        let (outcome, value, version) = self.invoke(request);
        // What a refused put says of the version is no part of a history.
        let refused = matches!(request, Request::Put { .. }) && outcome != Outcome::Ok;
        (outcome, &value) == (told.0, &told.1) && (refused || version == told.2)
    }
}

/// Whether their tester finds an order for a history in which everything has returned. It is asked
/// key by key, as ours is: of all keys at once it would never come to an end.
pub fn is_linearizable(records: &[Record]) -> bool {
    let mut keys: BTreeMap<&Key, Vec<&Record>> = BTreeMap::new();
    for record in records {
        keys.entry(record.request.key()).or_default().push(record);
    }
    keys.values().all(|records| is_key_linearizable(records))
}

fn is_key_linearizable(records: &[&Record]) -> bool {
    enum Moment<'a> {
        Call(&'a Record),
        Return(&'a Record),
    }
    let mut moments: Vec<(u64, Moment<'_>)> = Vec::new();
    for record in records.iter().copied() {
        moments.push((record.call_order, Moment::Call(record)));
        if let Some(returned) = &record.returned {
            moments.push((returned.order, Moment::Return(record)));
        }
    }
    moments.sort_by_key(|(order, _)| *order);
    let mut tester = LinearizabilityTester::new(Map::default());
    for (_, moment) in moments {
        let noted = match moment {
            Moment::Call(record) => tester.on_invoke(record.client.0, record.request.clone()),
            Moment::Return(record) => {
                let Some(returned) = &record.returned else { continue };
                let told = (returned.outcome, returned.value.clone(), returned.version);
                tester.on_return(record.client.0, told)
            }
        };
        if noted.is_err() {
            return false;
        }
    }
    tester.is_consistent()
}
