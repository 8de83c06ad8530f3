//! Linearizability of what clients are told, judged while they are told it.
//!
//! Calls and returns are read from the events of each step, in their order; the history has the
//! records. When an answer makes every order impossible, the evidence is gathered once: the few
//! operations that clash, whatever the others did.

use super::linearizability::live::{Live, Open, judge_key};
use crate::cluster::Cluster;
use crate::cluster::history::Record;
use crate::cluster::types::ClientId;
use crate::cluster::words::told;

/// The most operations that a sentence names.
const NAMED_MAX: usize = 4;

/// The ghost state that follows the clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    live: Live,
    /// How many gets and puts have been called: where the next one's record is.
    calls: usize,
    /// Each client's last call. A client has one operation open at most.
    last: Vec<Open>,
}

/// Answers that can't all be right.
pub(super) struct Clash {
    pub evidence: String,
    /// The operations that clash, by their places in the history.
    pub records: Vec<usize>,
}

impl Answers {
    /// Whether the history so far is linearizable.
    pub const fn are_linearizable(&self) -> bool {
        self.live.wrong().is_none()
    }

    /// A client calls: its record is the next of the history.
    #[inline(never)]
    pub fn called(&mut self, cluster: &Cluster, client: ClientId) {
        let place = self.calls;
        self.calls += 1;
        if self.last.len() <= client.index() {
            self.last.resize(client.index() + 1, Open::default());
        }
        if let Some(record) = cluster.history().records().get(place) {
            self.last[client.index()] = self.live.called(place, record);
        }
    }

    /// A client's open call returns.
    #[inline(never)]
    pub fn returned(&mut self, cluster: &Cluster, client: ClientId) {
        let Some(open) = self.last.get(client.index()).copied() else { return };
        if let Some(record) = cluster.history().records().get(open.place) {
            self.live.returned(open, record);
        }
    }

    /// Which answers clash; `None` while the history is linearizable.
    pub fn clash(&self, cluster: &Cluster) -> Option<Clash> {
        let wrong = self.live.wrong()?;
        let records = cluster.history().records();
        let evidence = judge_key(records.iter(), records.get(wrong)?.request.key())?;
        let mut clashing = evidence.clashing;
        if clashing.is_empty() {
            clashing.push(wrong);
        }
        let named: Vec<&Record> = clashing.iter().filter_map(|at| records.get(*at)).collect();
        let mut text = sentence(cluster, &named);
        if let Some(because) = &evidence.because {
            text = format!("{text}. {}", because.trim_end_matches('.'));
        }
        Some(Clash { evidence: text, records: clashing })
    }
}

/// "a's put x=1 @0 says ok @1, b's get x says nokey: they can't both be right". In the order of
/// their calls: a reason behind it may speak of the first and the second.
fn sentence(cluster: &Cluster, records: &[&Record]) -> String {
    let named = records.iter().take(NAMED_MAX).map(|record| told(cluster.names(), record));
    let mut named: Vec<String> = named.collect();
    if records.len() > NAMED_MAX {
        named.push(format!("and {} more", records.len() - NAMED_MAX));
    }
    let verdict = match records.len() {
        1 => "it can't be right",
        2 => "they can't both be right",
        _ => "they can't all be right",
    };
    format!("{}: {verdict}", named.join(", "))
}

#[cfg(test)]
pub mod tests {
    use super::{sentence, told};
    use crate::cluster::command::Script;
    use crate::cluster::invariant::Invariant;
    use crate::cluster::network::Reply;
    use crate::cluster::types::{Answer, Outcome, ServerId, Version};
    use crate::cluster::{Cluster, Step};

    /// A cluster stopped by an answer that can't be right: b found no x after a had written it.
    pub fn clashed() -> Cluster {
        let mut cluster = written("get x client=b nowait\nrun 1s");
        forge(&mut cluster, "b", Outcome::NoKey, "", 0);
        cluster
    }

    /// A cluster in which a has written x=1 and been told so.
    fn written(then: &str) -> Cluster {
        let text = format!("cluster servers=3 seed=7\nuntil leader\nput x 1 @0\n{then}");
        let script = Script::parse("test.lab", text.as_bytes()).expect("a script");
        let mut cluster = Cluster::with_script(&script, None);
        while cluster.history().len() < 2 {
            assert_eq!(cluster.step(), Step::Happened);
        }
        cluster
    }

    /// The open call of a client gets an answer that no server gave.
    fn forge(cluster: &mut Cluster, client: &str, outcome: Outcome, value: &str, version: u64) {
        let client = cluster.client_named(client).expect("the client");
        let call = client.call().expect("an open call");
        let (id, number, attempt) = (client.id, call.number, call.attempt);
        let answer = Answer { outcome, value: value.into(), version: Version(version) };
        cluster.begin_events();
        cluster.on_reply(id, ServerId::from_index(0), number, attempt, Reply::Done(answer));
        cluster.after();
    }

    #[test]
    fn a_stale_answer_stops_the_run_and_names_what_clashes() {
        let mut cluster = clashed();
        let violation = cluster.violation().expect("a broken rule").clone();
        assert_eq!(violation.invariant, Invariant::Linearizability);
        assert_eq!(violation.records, [0, 1]);
        assert!(
            violation.evidence.starts_with(
                "a's put x=1 @0 says ok @1, b's get x says nokey: they can't both be right"
            ),
            "{}",
            violation.evidence
        );
        assert!(!cluster.checker().is_linearizable());
        assert_eq!(cluster.step(), Step::Stopped);
    }

    #[test]
    fn an_answer_that_is_wrong_by_itself_is_named_alone() {
        let mut cluster = written("get x client=b nowait\nrun 1s");
        forge(&mut cluster, "b", Outcome::Ok, "7", 9);
        let violation = cluster.violation().expect("a broken rule");
        assert_eq!(violation.records, [1]);
        assert_eq!(
            violation.evidence,
            "b's get x says 7 @9: it can't be right. It needs a put of 7 at version 8; there is none"
        );
    }

    #[test]
    fn of_many_answers_four_are_named_and_the_others_counted() {
        let cluster = written("get x client=b nowait\nrun 1s");
        let record = cluster.history().records().get(0).expect("a's put");
        let says = |count: usize| sentence(&cluster, &vec![record; count]);
        let one = told(cluster.names(), record);
        assert_eq!(says(1), format!("{one}: it can't be right"));
        assert_eq!(says(2), format!("{one}, {one}: they can't both be right"));
        let four = [one.as_str(); 4].join(", ");
        assert_eq!(says(4), format!("{four}: they can't all be right"));
        assert_eq!(says(5), format!("{four}, and 1 more: they can't all be right"));
        assert_eq!(says(7), format!("{four}, and 3 more: they can't all be right"));
    }

    #[test]
    fn a_right_answer_breaks_nothing() {
        let mut cluster = written("get x client=b nowait\nrun 1s");
        forge(&mut cluster, "b", Outcome::Ok, "1", 1);
        assert_eq!(cluster.violation(), None);
        assert!(cluster.checker().is_linearizable());
    }

    #[test]
    fn a_copy_of_a_run_is_judged_by_itself() {
        let mut cluster = written("get x client=b nowait\nrun 1s");
        let copy = cluster.clone();
        forge(&mut cluster, "b", Outcome::NoKey, "", 0);
        assert!(copy.checker().is_linearizable() && !cluster.checker().is_linearizable());
    }

    #[test]
    fn a_script_can_wait_for_the_clash() {
        let mut cluster =
            written("get x client=b nowait\nuntil broken linearizability and not linearizable");
        forge(&mut cluster, "b", Outcome::NoKey, "", 0);
        assert_eq!(cluster.failure(), None);
        assert!(cluster.violation().is_some());
    }
}
