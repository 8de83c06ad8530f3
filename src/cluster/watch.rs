//! What is the case with what somebody watches, in a few words. It changes nothing and draws
//! nothing: a run is the same whoever watches what.

use super::Cluster;
use super::command::{Aspect, Measure, Text, Watched, Who};
use super::conditions::role_of;
use super::kv::Stored;
use super::server::{Power, Server};
use super::types::{Index, ServerId};

/// What is said where there is nothing to say.
const NONE: &str = "-";

impl Cluster {
    /// What is the case now, in a few words: a condition is true or false, a value what it is.
    pub fn watched(&self, watched: &Watched) -> String {
        match watched {
            Watched::Condition(condition) => self.is_so(condition).to_string(),
            Watched::Value(value) => self.measured(value).unwrap_or_else(|| NONE.to_owned()),
        }
    }

    fn measured(&self, value: &Measure) -> Option<String> {
        Some(match value {
            Measure::Leader => {
                let leader = self.server(self.leader()?)?;
                format!("{}, term {}", leader.id, leader.raft.term)
            }
            Measure::Term => self.term().to_string(),
            Measure::Committed => self.committed().to_string(),
            Measure::Applied => self.applied().to_string(),
            Measure::Up => {
                self.servers.iter().filter(|server| server.power != Power::Down).count().to_string()
            }
            Measure::Packets => self.packets().len().to_string(),
            Measure::Messages(mark) => {
                self.traffic_since(mark.as_ref(), &self.lab_scope).requests.to_string()
            }
            Measure::Bytes(mark) => {
                self.traffic_since(mark.as_ref(), &self.lab_scope).bytes.to_string()
            }
            Measure::Copies(index) => self.copies_words(*index)?,
            Measure::Key(key) => self.key_words(key)?,
            Measure::Holder(lock) => {
                let lock = self.lab_scope.fill(lock).ok()?;
                self.holder(&lock)?.name.to_string()
            }
            Measure::Reply(client) => self.reply_words(client.as_ref())?,
            Measure::Of(who, aspect) => self.aspect(self.watched_server(who)?, aspect)?,
        })
    }

    fn watched_server(&self, who: &Who) -> Option<&Server> {
        let server = self.servers_of(who, Default::default())?.iter().next()?;
        self.server(server)
    }

    /// "2 of 5: S1 S2": the copies of the entry that the leader has there; without a leader, of the
    /// one of the highest term.
    fn copies_words(&self, index: Index) -> Option<String> {
        let entries = || self.servers.iter().filter_map(|server| server.raft.log.get(index));
        let leader = self.leader().and_then(|leader| self.server(leader));
        let its = leader.and_then(|leader| leader.raft.log.get(index));
        let entry = its.or_else(|| entries().max_by_key(|entry| entry.term))?;
        let holders = self.copies(index, entry);
        let names: Vec<String> = holders.iter().map(|id: ServerId| id.to_string()).collect();
        Some(format!("{} of {}: {}", holders.len(), self.servers.len(), names.join(" ")))
    }

    /// "3 @2 on 4": the newest value, and on how many servers it is.
    fn key_words(&self, key: &Text) -> Option<String> {
        let key = self.lab_scope.fill(key).ok()?;
        let running = || self.servers.iter().filter(|server| server.power != Power::Down);
        let stored = || running().filter_map(|server| server.rsm.kv.get(&key));
        let newest = stored().max_by_key(|stored| stored.version)?;
        let count = stored().filter(|other| *other == newest).count();
        Some(format!("{} on {count}", words(newest)))
    }

    fn reply_words(&self, client: Option<&Text>) -> Option<String> {
        let name = match client {
            Some(name) => self.lab_scope.fill(name).ok()?,
            None => "a".into(),
        };
        let client = self.client_named(&name)?;
        if !client.is_idle() {
            return Some("waits".to_owned());
        }
        let last = &client.last.as_ref()?.result;
        Some(match last.value.is_empty() {
            true => format!("{} @{}", last.outcome, last.version),
            false => format!("{} {} @{}", last.outcome, last.value, last.version),
        })
    }

    fn aspect(&self, server: &Server, aspect: &Aspect) -> Option<String> {
        let raft = &server.raft;
        let known = |other: &Who| {
            let other = self.watched_server(other)?.id;
            raft.progress.get(other.index()).filter(|_| raft.is_leader() && other != server.id)
        };
        Some(match aspect {
            Aspect::Role => role_of(server).word().to_owned(),
            Aspect::Term => raft.term.to_string(),
            Aspect::Vote => raft.voted_for?.to_string(),
            Aspect::Log => raft.log.last().to_string(),
            Aspect::Committed => raft.commit.to_string(),
            Aspect::Applied => server.rsm.applied.to_string(),
            Aspect::Holds(key) => words(server.rsm.kv.get(&self.lab_scope.fill(key).ok()?)?),
            Aspect::Next(other) => known(other)?.next.to_string(),
            Aspect::Match(other) => known(other)?.matched.to_string(),
        })
    }
}

fn words(stored: &Stored) -> String {
    format!("{} @{}", stored.value, stored.version)
}

#[cfg(test)]
mod tests {
    use crate::cluster::Cluster;
    use crate::cluster::command::{Command, parse_line};
    use crate::cluster::config::Config;
    use crate::cluster::time::{Span, Time};

    /// A lab of three: S1 leads term 1, x is 7, and S3 is down.
    fn lab() -> Cluster {
        let mut cluster = Cluster::new(Config { servers: 3, ..Config::default() });
        let lines = ["timeout S1", "put x 7 @0 client=b only=S1", "crash S3"];
        for (place, line) in (1..).zip(lines) {
            cluster.apply(&parse_line(line).unwrap()).unwrap();
            cluster.run_until(Time::START + Span::from_millis(place * 300));
        }
        cluster
    }

    fn watched(cluster: &Cluster, line: &str) -> String {
        match parse_line(&format!("watch {line}")) {
            Ok(Command::Watch(watched)) => cluster.watched(&watched),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_value_says_what_is_the_case() {
        let cluster = lab();
        for (line, expected) in [
            ("leader", "S1, term 1"),
            ("term", "1"),
            ("committed", "1"),
            ("applied", "1"),
            ("up", "2"),
            ("copies 1", "3 of 3: S1 S2 S3"),
            ("copies 2", "-"),
            ("value x", "7 @1 on 2"),
            ("value y", "-"),
            ("holder door", "-"),
            ("reply client=b", "ok @1"),
            ("reply", "-"),
            ("S1 role", "leader"),
            ("S3 role", "down"),
            ("S2 term", "1"),
            ("S2 vote", "S1"),
            ("S2 log", "1@1"),
            ("S2 committed", "1"),
            ("S2 applied", "1"),
            ("S2 holds x", "7 @1"),
            ("S1 next S2", "2"),
            ("S1 match S3", "1"),
            ("S2 match S3", "-"),
            ("leader = S1", "true"),
            ("term >= 2", "false"),
        ] {
            assert_eq!(watched(&cluster, line), expected, "{line}");
        }
        let number = |line| watched(&cluster, line).parse::<u64>().unwrap();
        assert!(number("messages") > 5 && number("bytes") > number("messages"));
        assert_eq!(number("packets"), cluster.packets().len() as u64);
        let fresh = Cluster::new(Config::default());
        assert_eq!(
            (watched(&fresh, "leader"), watched(&fresh, "S1 vote")),
            ("-".into(), "-".into())
        );
    }
}
