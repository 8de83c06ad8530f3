//! What is asked of the cluster as a whole.

use std::borrow::Cow;

use super::{Answer, Ask, ROW, Row, holds, number, stored, stored_words, truth};
use crate::cluster::command::{Argument, Kind, Takes};
use crate::cluster::types::Index;

pub(super) static ROWS: [Row; 31] = [
    Row {
        name: "leader",
        answers: Kind::Server,
        usage: &["leader", "leader = WHO"],
        summary: "the running leader of the highest term; alone, that there is one",
        examples: &["leader", "leader = S2"],
        ask: Ask::Lab(|asked| asked.cluster.leader().map(Answer::Server)),
        words: Some(|asked, _| {
            let leader = asked.cluster.server(asked.cluster.leader()?)?;
            Some(format!("{}, term {}", leader.id, leader.raft.term()))
        }),
        why: Some(|asked, _| asked.cluster.leader_words()),
        ..ROW
    },
    Row {
        name: "no leader",
        answers: Kind::Truth,
        usage: &["no leader"],
        summary: "no running server leads",
        examples: &["no leader"],
        ask: Ask::Lab(|asked| truth(asked.cluster.leader().is_none())),
        why: Some(|asked, _| asked.cluster.leader_words()),
        ..ROW
    },
    Row {
        name: "new leader",
        answers: Kind::Truth,
        usage: &["new leader"],
        summary: "a leader of a later term than there was at the last fault",
        examples: &["new leader"],
        ask: Ask::Lab(|asked| {
            let before = asked.cluster.fault_term;
            truth(asked.cluster.leader_term().is_some_and(|term| term > before))
        }),
        why: Some(|asked, _| asked.cluster.leader_words()),
        ..ROW
    },
    Row {
        name: "term",
        usage: &["term >= N"],
        summary: "the highest term among running servers",
        examples: &["term >= 4"],
        ask: Ask::Lab(|asked| number(asked.cluster.term().0)),
        ..ROW
    },
    Row {
        name: "committed",
        usage: &["committed >= N"],
        summary: "the highest commit index among running servers",
        examples: &["committed >= 5", "committed = {n}+1"],
        ask: Ask::Lab(|asked| number(asked.cluster.committed().0)),
        ..ROW
    },
    Row {
        name: "committed",
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["committed KEY = VALUE [@V]"],
        summary: "some running server has applied this value",
        examples: &["committed x = 3"],
        ask: Ask::Somewhere(holds),
        why: Some(stored_words),
        ..ROW
    },
    Row {
        name: "applied",
        usage: &["applied >= N"],
        summary: "the lowest applied index among running members",
        examples: &["applied >= 5"],
        ask: Ask::Lab(|asked| number(asked.cluster.applied().0)),
        ..ROW
    },
    Row {
        name: "applied",
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["applied KEY = VALUE [@V]"],
        summary: "every running server has applied this value",
        examples: &["applied x = 3"],
        ask: Ask::Everywhere(holds),
        why: Some(stored_words),
        ..ROW
    },
    Row {
        name: "up",
        usage: &["up >= N"],
        summary: "how many servers are up, sleeping ones included",
        examples: &["up >= 4"],
        ask: Ask::Lab(|asked| number(asked.cluster.up())),
        ..ROW
    },
    Row {
        name: "members",
        answers: Kind::Servers,
        usage: &["members = WHO..."],
        summary: "who votes by the configuration in force: the newest leader's, or where nobody leads that of the most up-to-date log",
        examples: &["members = S1 S2 S3"],
        ask: Ask::Lab(|asked| Some(Answer::Servers(asked.cluster.configuration().voters()))),
        ..ROW
    },
    Row {
        name: "learners",
        answers: Kind::Servers,
        usage: &["learners = WHO..."],
        summary: "who learns by it, without a vote",
        examples: &["learners = S6", "learners = none"],
        ask: Ask::Lab(|asked| Some(Answer::Servers(asked.cluster.configuration().learners()))),
        ..ROW
    },
    Row {
        name: "joint",
        answers: Kind::Truth,
        usage: &["joint"],
        summary: "it needs majorities of old and of new voters (dissertation §4.3)",
        examples: &["joint", "not joint"],
        ask: Ask::Lab(|asked| truth(asked.cluster.configuration().is_joint())),
        ..ROW
    },
    Row {
        name: "majority",
        usage: &["majority = N"],
        summary: "how many of those who vote are a majority, up or down",
        examples: &["majority = 3"],
        ask: Ask::Lab(|asked| number(asked.cluster.configuration().quorum() as u64)),
        ..ROW
    },
    Row {
        name: "commands-left",
        usage: &["commands-left >= N"],
        summary: "how many commands the player of a challenge may still give, in all before it begins",
        examples: &["commands-left >= 1"],
        ask: Ask::Lab(|asked| number(asked.cluster.commands_left().into())),
        ..ROW
    },
    Row {
        name: "packets",
        usage: &["packets = N"],
        summary: "how many packets are in flight or held",
        examples: &["packets = 0"],
        ask: Ask::Lab(|asked| number(asked.cluster.packet_count())),
        ..ROW
    },
    Row {
        name: "messages",
        takes: Takes::Since,
        usage: &["messages <= N [since MARK]"],
        summary: "how many requests the servers have sent each other",
        examples: &["messages <= 42 since start"],
        ask: Ask::Lab(|asked| number(asked.cluster.traffic_since(asked.name()).requests)),
        ..ROW
    },
    Row {
        name: "bytes",
        takes: Takes::Since,
        usage: &["bytes <= N [since MARK]"],
        summary: "how many bytes the servers have sent each other",
        examples: &["bytes <= 200000 since start"],
        ask: Ask::Lab(|asked| number(asked.cluster.traffic_since(asked.name()).bytes)),
        ..ROW
    },
    Row {
        name: "copies",
        takes: Takes::Index,
        usage: &["copies N >= N"],
        summary: "how many servers have the entry of that index, the leader's or else that of the highest term: 2 of 5, S1 S2",
        examples: &["copies 5 >= 3", "copies {n} = 2"],
        ask: Ask::Lab(|asked| {
            let copies = asked.cluster.copies_at(Index(asked.number));
            number(copies.map_or(0, |holders| holders.len() as u64))
        }),
        words: Some(|asked, _| {
            let holders = asked.cluster.copies_at(Index(asked.number))?;
            let names: Vec<String> = holders.iter().map(|id| id.to_string()).collect();
            let all = asked.cluster.servers.len();
            Some(format!("{} of {all}: {}", holders.len(), names.join(" ")))
        }),
        ..ROW
    },
    Row {
        name: "old majority",
        answers: Kind::Truth,
        usage: &["old majority"],
        summary: "an entry of a term older than its leader's is on a majority, and not committed",
        examples: &["old majority"],
        ask: Ask::Lab(|asked| truth(asked.cluster.old_on_a_majority().is_some())),
        why: Some(|asked, _| match asked.cluster.old_on_a_majority() {
            Some((leader, index)) => {
                format!("entry {index} of the leader {leader} is on a majority, and not committed")
            }
            None => asked.cluster.no_old_words(),
        }),
        ..ROW
    },
    Row {
        name: "value",
        takes: Takes::Key,
        answers: Kind::Value,
        usage: &["value KEY = VALUE [@V]"],
        summary: "the newest value of a key, its version, and how many servers have it",
        examples: &["value x = 3", "value \"two words\" = 7 @2"],
        ask: Ask::Lab(|asked| {
            asked.cluster.newest(asked.name()?).map(|(newest, _)| stored(newest))
        }),
        words: Some(|asked, _| {
            let (newest, count) = asked.cluster.newest(asked.name()?)?;
            Some(format!("{} on {count}", stored(newest)))
        }),
        ..ROW
    },
    Row {
        name: "version",
        takes: Takes::Key,
        usage: &["version KEY = N"],
        summary: "the newest version of a key; 0 where there is no such key",
        examples: &["version x = {v}+1"],
        ask: Ask::Lab(|asked| {
            let newest = asked.cluster.newest(asked.name()?);
            number(newest.map_or(0, |(newest, _)| newest.version.0))
        }),
        ..ROW
    },
    Row {
        name: "holder",
        takes: Takes::Lock,
        answers: Kind::Client,
        usage: &["holder LOCK = CLIENT"],
        summary: "the client that holds the lock",
        examples: &["holder door = b"],
        ask: Ask::Lab(|asked| {
            let holder = asked.cluster.holder(asked.name()?)?;
            Some(Answer::Client(Cow::Borrowed(&*holder.name)))
        }),
        why: Some(|asked, _| {
            let lock = asked.name().unwrap_or_default();
            match asked.cluster.holder(lock) {
                Some(client) => format!("client {} holds {lock}", client.name),
                None => format!("no client holds {lock}"),
            }
        }),
        ..ROW
    },
    Row {
        name: "reply",
        takes: Takes::Client,
        answers: Kind::Reply,
        usage: &[
            "reply = ok|nokey|version|maybe [@V] [client=NAME]",
            "reply = VALUE [@V] [client=NAME]",
        ],
        summary: "how the client's last operation ended, or the value that its get found",
        examples: &["reply = maybe", "reply = 3 @2", "reply = \"ok\" client=b"],
        ask: Ask::Lab(|asked| {
            let client = asked.client()?;
            let last = client.last.as_ref().filter(|_| client.is_idle())?;
            Some(Answer::Value {
                outcome: Some(last.result.outcome),
                value: Some(Cow::Borrowed(&*last.result.value)),
                version: Some(last.result.version),
            })
        }),
        words: Some(|asked, _| {
            let client = asked.client()?;
            (!client.is_idle()).then(|| "waits".to_owned())
        }),
        why: Some(|asked, _| asked.client_words()),
        ..ROW
    },
    Row {
        name: "replies",
        takes: Takes::Outcome,
        usage: &["replies ok|nokey|version|maybe >= N"],
        summary: "how many gets and puts have been answered so",
        examples: &["replies ok >= 10", "replies maybe = 0"],
        ask: Ask::Lab(|asked| {
            let Argument::Outcome(outcome) = asked.argument else { return None };
            number(asked.cluster.history.count(*outcome))
        }),
        ..ROW
    },
    Row {
        takes: Takes::Hole,
        usage: &["{NAME} >= N"],
        summary: "a number that the script has bound",
        examples: &["{n} >= 3", "{n} = committed"],
        ask: Ask::Lab(|asked| number(asked.number)),
        ..ROW
    },
    Row {
        name: "waiting",
        takes: Takes::Client,
        answers: Kind::Truth,
        usage: &["waiting [client=NAME]"],
        summary: "the client's operation is still open",
        examples: &["waiting client=b"],
        ask: Ask::Lab(|asked| truth(asked.client().is_some_and(|client| !client.is_idle()))),
        why: Some(|asked, _| asked.client_words()),
        ..ROW
    },
    Row {
        name: "idle",
        answers: Kind::Truth,
        usage: &["idle"],
        summary: "no client has an operation open",
        examples: &["idle"],
        ask: Ask::Lab(|asked| truth(asked.cluster.busy().is_none())),
        why: Some(|asked, _| match asked.cluster.busy() {
            Some(client) => asked.cluster.told_of(client.id),
            None => "no client has an operation open".to_owned(),
        }),
        ..ROW
    },
    Row {
        name: "converged",
        answers: Kind::Truth,
        usage: &["converged"],
        summary: "one leader in the highest term, and all that it reaches have its log",
        examples: &["converged"],
        ask: Ask::Lab(|asked| truth(asked.cluster.unconverged().is_none())),
        why: Some(|asked, _| {
            let why = asked.cluster.unconverged();
            why.unwrap_or_else(|| "all that the leader reaches have its log".to_owned())
        }),
        ..ROW
    },
    Row {
        name: "safe",
        answers: Kind::Truth,
        usage: &["safe"],
        summary: "no invariant has been broken; once a disk was lost, none is checked",
        examples: &["safe"],
        ask: Ask::Lab(|asked| truth(asked.cluster.violation.is_none())),
        words: Some(|asked, _| asked.cluster.checker().is_void().then(|| "void".to_owned())),
        why: Some(|asked, _| asked.cluster.violation_words()),
        ..ROW
    },
    Row {
        name: "linearizable",
        answers: Kind::Truth,
        usage: &["linearizable"],
        summary: "one order of all operations explains what clients have been told",
        examples: &["linearizable"],
        ask: Ask::Lab(|asked| truth(asked.cluster.checker().is_linearizable())),
        why: Some(|asked, _| {
            let clash = asked.cluster.checker().clash_words(asked.cluster);
            clash.unwrap_or_else(|| "what clients were told is linearizable".to_owned())
        }),
        ..ROW
    },
    Row {
        name: "broken",
        takes: Takes::Invariant,
        answers: Kind::Truth,
        usage: &["broken INVARIANT"],
        summary: "this invariant has been broken",
        examples: &["broken election-safety"],
        ask: Ask::Lab(|asked| {
            let broken = asked.cluster.violation.as_ref().map(|broken| broken.invariant);
            truth(broken.is_some_and(|broken| *asked.argument == Argument::Invariant(broken)))
        }),
        why: Some(|asked, _| asked.cluster.violation_words()),
        ..ROW
    },
];
