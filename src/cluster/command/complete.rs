//! Completion of a line that is being typed.
//!
//! The line is read up to the word under the cursor, and what the parser would have accepted
//! there are the candidates. So completion knows what the parser knows, and nothing else.

use super::expect::Expect;
use super::lex::{Kind, lex};
use super::parse::read_command;
use super::reader::Reader;
use super::script::LINE_BYTES_MAX;
use super::text::Text;
use super::verbs::{self, Scope};
use crate::cluster::types::{SERVERS_MAX, ServerId};

/// The most candidates that are offered.
pub const CANDIDATES_MAX: usize = 200;

/// The names that stand for something in the lab at present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// How many servers there are.
    pub servers: u8,
    pub clients: Vec<String>,
    /// Keys of the map, locks among them.
    pub keys: Vec<String>,
    pub marks: Vec<String>,
    pub tasks: Vec<String>,
    /// What `let` has bound.
    pub names: Vec<String>,
}

/// What could stand in the place of the word under the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where that word begins, in bytes; a candidate takes the place of what stands from here to
    /// the cursor.
    pub start: usize,
    pub candidates: Vec<Candidate>,
}

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    /// In a line; often empty.
    pub meaning: &'static str,
}

/// What could stand at `cursor` (in bytes) of `line`.
pub fn complete(line: &str, cursor: usize, known: &Known) -> Completion {
    let before = line.get(..cursor).unwrap_or(line);
    if before.len() > LINE_BYTES_MAX {
        return Completion { start: before.len(), candidates: Vec::new() };
    }
    let (start, typed) = word_under_cursor(before);
    let mut reader = Reader::new(&before[..start]);
    // Whether this much is a whole command does not matter here.
    let _ = read_command(&mut reader);
    let mut candidates: Vec<Candidate> = Vec::new();
    for what in reader.expected_at_end() {
        for candidate in offers(what, known) {
            let fits = starts_with(&candidate.text, typed) && candidate.text != typed;
            let is_new = candidates.iter().all(|other| other.text != candidate.text);
            if fits && is_new && candidates.len() < CANDIDATES_MAX {
                candidates.push(candidate);
            }
        }
    }
    Completion { start, candidates }
}

/// Where the word that ends at the end of the text begins, and the word; empty after a space or a
/// sign.
fn word_under_cursor(text: &str) -> (usize, &str) {
    let last = lex(text).pop();
    match last.map(|token| (token.kind, token.start)) {
        Some((Kind::Word(word), start)) if start + word.len() == text.len() => (start, word),
        // A quotation mark that is not closed yet.
        Some((Kind::Bad(_), start)) => (start, &text[start..]),
        Some((Kind::Word(_) | Kind::Quoted(_) | Kind::Sign(_), _)) | None => (text.len(), ""),
    }
}

/// Whether a candidate goes on from what was typed, in quotes or not. Small letters stand for
/// capitals too.
fn starts_with(candidate: &str, typed: &str) -> bool {
    let (candidate, typed) = match typed.strip_prefix('"') {
        Some(typed) => (candidate.strip_prefix('"').unwrap_or(candidate), typed),
        None => (candidate, typed),
    };
    if typed.chars().any(char::is_uppercase) {
        return candidate.starts_with(typed);
    }
    let mut letters = candidate.chars().flat_map(char::to_lowercase);
    typed.chars().all(|c| letters.next() == Some(c))
}

fn offers(what: Expect, known: &Known) -> Vec<Candidate> {
    let named = |names: &[String]| -> Vec<Candidate> {
        let word = |name: &String| Text::literal(name.as_str()).to_string();
        names.iter().map(|name| Candidate { text: word(name), meaning: "" }).collect()
    };
    let holes = || {
        let hole = |name: &String| Candidate { text: format!("{{{name}}}"), meaning: "" };
        known.names.iter().map(hole)
    };
    let servers = || {
        let ids = ServerId::first(known.servers.min(SERVERS_MAX));
        ids.map(|id| Candidate { text: id.to_string(), meaning: "" })
    };
    let fixed = || {
        let words = what.words().into_iter();
        words.map(|(word, meaning)| Candidate { text: word.to_owned(), meaning })
    };
    match what {
        Expect::Option(name) => vec![Candidate { text: format!("{name}="), meaning: "" }],
        Expect::Server => servers().collect(),
        Expect::Who => servers().chain(fixed()).chain(holes()).collect(),
        Expect::Node => {
            servers().chain(fixed()).chain(holes()).chain(named(&known.clients)).collect()
        }
        // A measure may be one of a server's; a number may be bound to a name.
        Expect::Measure(_) => fixed().chain(servers()).chain(holes()).collect(),
        Expect::Aspect(_) => fixed().collect(),
        Expect::Client => named(&known.clients),
        Expect::Key | Expect::Lock => named(&known.keys),
        Expect::Mark => named(&known.marks),
        Expect::Task => named(&known.tasks),
        // Head and blocks are for scripts; what is completed is typed at the prompt.
        Expect::Verb => verbs::all()
            .filter(|verb| matches!(verb.scope, Scope::Line | Scope::Act))
            .map(|verb| Candidate { text: verb.name.to_owned(), meaning: verb.summary })
            .collect(),
        Expect::Word(_)
        | Expect::File
        | Expect::Megabytes
        | Expect::ActingVerb
        | Expect::Network
        | Expect::Packet
        | Expect::PacketId
        | Expect::Flaw
        | Expect::RaftOption
        | Expect::Fault
        | Expect::Breaks
        | Expect::Role
        | Expect::Invariant
        | Expect::Value
        | Expect::Name
        | Expect::Span
        | Expect::SpanRange
        | Expect::Place
        | Expect::Number
        | Expect::Numbers
        | Expect::Version
        | Expect::PutVersion
        | Expect::Percent
        | Expect::Bytes
        | Expect::Most
        | Expect::ClockRate
        | Expect::LoadRate
        | Expect::Seed
        | Expect::Terms
        | Expect::Text => fixed().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Known {
            servers: 3,
            clients: names(&["a", "beta"]),
            keys: names(&["x", "two words"]),
            marks: names(&["start"]),
            tasks: names(&["writer"]),
            names: names(&["old"]),
        }
    }

    fn candidates(line: &str) -> Vec<String> {
        let completion = complete(line, line.len(), &known());
        completion.candidates.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn verbs_come_first() {
        assert_eq!(candidates("cr"), ["crash"]);
        // Whatever verb comes to those that begin so.
        let several = candidates("re");
        let wanted = ["restart", "rejoin", "release", "retry", "reseed", "reveal"];
        assert!(wanted.iter().all(|verb| several.contains(&(*verb).to_owned())), "{several:?}");
        assert!(several.iter().all(|verb| verb.starts_with("re")), "{several:?}");
        assert!(candidates("").contains(&"until".to_owned()));
        // Blocks and heads are for scripts.
        assert!(!candidates("").contains(&"task".to_owned()));
        assert_eq!(candidates("at 5s he"), ["heartbeat", "heal"]);
        assert!(candidates("at 5s unt").is_empty());
    }

    #[test]
    fn servers_clients_and_bound_names() {
        assert_eq!(candidates("crash S"), ["S1", "S2", "S3"]);
        assert_eq!(candidates("crash s"), ["S1", "S2", "S3", "some"]);
        assert_eq!(candidates("crash S1 {"), ["{old}"]);
        assert_eq!(candidates("crash b"), Vec::<String>::new());
        assert_eq!(candidates("partition S1 b"), ["beta"]);
        assert_eq!(candidates("cut S1 <"), ["<->"]);
        assert_eq!(candidates("cut S1 -"), ["->"]);
        assert!(candidates("cut S1 ").contains(&"->".to_owned()));
    }

    #[test]
    fn options_and_what_they_take() {
        assert_eq!(candidates("get x on"), ["only="]);
        assert_eq!(candidates("get x client="), ["a", "beta"]);
        assert_eq!(candidates("get x client=b"), ["beta"]);
        assert_eq!(candidates("get x client=a no"), ["nowait"]);
        assert_eq!(candidates("cluster network=unreliable-"), ["unreliable-mit"]);
        assert_eq!(candidates("put x 1 @"), ["@last"]);
        // An option that is said already is not offered again.
        assert!(!candidates("get x client=a ").contains(&"client=".to_owned()));
    }

    #[test]
    fn keys_are_offered_in_quotes_where_they_need_them() {
        assert_eq!(candidates("get "), ["x", "\"two words\""]);
        assert_eq!(candidates("get \"tw"), ["\"two words\""]);
        assert_eq!(complete("get \"tw", 7, &known()).start, 4);
    }

    #[test]
    fn conditions_and_their_parts() {
        assert_eq!(candidates("until conv"), ["converged"]);
        assert_eq!(
            candidates("until not co"),
            ["committed", "commands-left", "copies", "converged"]
        );
        assert_eq!(candidates("expect S2 vote = S"), ["S1", "S2", "S3"]);
        assert_eq!(candidates("expect term >= com"), ["committed", "commands-left"]);
        assert_eq!(candidates("expect 2 of {"), ["{old}"]);
        assert_eq!(candidates("expect 2 of S1 S2 hol"), ["holds"]);
        assert_eq!(candidates("expect S3 is f"), ["follower"]);
        assert_eq!(candidates("expect broken one"), ["one-vote"]);
        assert_eq!(candidates("expect messages <= 4 since "), ["start"]);
        assert_eq!(candidates("until leader an"), ["and"]);
        assert_eq!(candidates("until leader w"), ["within"]);
    }

    #[test]
    fn values_and_conditions_that_can_be_watched() {
        assert_eq!(candidates("watch cop"), ["copies"]);
        assert_eq!(candidates("watch conv"), ["converged"]);
        assert_eq!(candidates("watch value "), ["x", "\"two words\""]);
        assert_eq!(candidates("watch S2 ma"), ["match"]);
        assert_eq!(candidates("watch S2 next S"), ["S1", "S2", "S3"]);
        assert_eq!(candidates("watch messages since "), ["start"]);
        assert_eq!(candidates("watch S3 is f"), ["follower"]);
        assert_eq!(candidates("unwatch al"), ["all"]);
    }

    #[test]
    fn a_candidate_takes_the_place_of_the_word_before_the_cursor() {
        let completion = complete("crash lea S2", 9, &known());
        assert_eq!((completion.start, completion.candidates.len()), (6, 1));
        assert_eq!(completion.candidates[0].text, "leader");
        assert!(!completion.candidates[0].meaning.is_empty());
        // A cursor inside a character or beyond the end does no harm.
        complete("say é", 5, &known());
        complete("crash", 99, &known());
    }
}
