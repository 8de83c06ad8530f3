//! Who is meant: `S3`, `leader`, `rest`, a client's name.

use super::Who;
use super::expect::{Expect, nearest};
use super::quantity::shown;
use super::reader::{Mention, Parsed, Reader};
use super::text::{Piece, Pieces, Text, is_name, is_name_character};
use crate::cluster::network::PacketName;
use crate::cluster::types::{SERVERS_MAX, ServerId};

/// A word that means servers.
#[derive(Debug)]
pub struct WhoWord {
    pub name: &'static str,
    pub who: Who,
    /// In a line, for completion and the reference.
    pub meaning: &'static str,
}

/// All words that mean servers.
pub static WORDS: [WhoWord; 11] = [
    WhoWord { name: "leader", who: Who::Leader, meaning: "the running leader of the highest term" },
    WhoWord { name: "follower", who: Who::Follower, meaning: "the lowest-numbered follower" },
    WhoWord { name: "followers", who: Who::Followers, meaning: "all running followers" },
    WhoWord { name: "candidate", who: Who::Candidate, meaning: "a server that asks for votes" },
    WhoWord {
        name: "majority",
        who: Who::Majority,
        meaning: "the leader and as many others as make a majority",
    },
    WhoWord {
        name: "minority",
        who: Who::Minority,
        meaning: "the leader and as many others as leave the rest a majority",
    },
    WhoWord {
        name: "rest",
        who: Who::Rest,
        meaning: "all servers that the line has not named before",
    },
    WhoWord { name: "all", who: Who::All, meaning: "all servers" },
    WhoWord { name: "down", who: Who::Down, meaning: "all servers that are down" },
    WhoWord { name: "random", who: Who::Random, meaning: "one server, drawn by the seed" },
    WhoWord {
        name: "some",
        who: Who::Some,
        meaning: "each server by the toss of a coin: perhaps none, perhaps all",
    },
];

/// Words that are no words here, and those that may have been meant.
const SYNONYMS: [(&str, &str); 14] = [
    ("others", "rest"),
    ("other", "rest"),
    ("remaining", "rest"),
    ("remainder", "rest"),
    ("everyone", "all"),
    ("everybody", "all"),
    ("every", "all"),
    ("servers", "all"),
    ("nodes", "all"),
    ("cluster", "all"),
    ("quorum", "majority"),
    ("crashed", "down"),
    ("dead", "down"),
    ("any", "random"),
];

/// The word for servers, or the kind of packet, that was probably meant by a client's name, if it
/// looks like a slip.
pub(in crate::cluster) fn meant(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(word, _)| *word == lower).map(|(_, right)| *right);
    let kinds = PacketName::ALL.iter().map(|kind| kind.word());
    synonym.or_else(|| nearest(name, WORDS.iter().map(|word| word.name).chain(kinds)))
}

/// What a word means, if it is one of [`WORDS`].
pub(super) fn word(word: &str) -> Option<&'static WhoWord> {
    WORDS.iter().find(|row| row.name == word)
}

/// `S3`, `s3`, `3`, `S99`: what nobody can be called but a server.
pub(super) fn looks_like_server(word: &str) -> bool {
    let digits = word.strip_prefix(['S', 's']).unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word without holes can mean nothing but servers.
pub(super) fn means_servers(text: &str) -> bool {
    word(text).is_some() || looks_like_server(text)
}

fn server(word: &str) -> Option<ServerId> {
    let digits = word.strip_prefix('S').unwrap_or(word);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() <= 3;
    ServerId::from_number(digits.parse().ok().filter(|_| plain)?)
}

fn no_server(word: &str) -> String {
    format!("there is no server {}: they are called S1 to S{SERVERS_MAX}", shown(word))
}

impl Who {
    /// A server by its own name.
    pub fn server(&self) -> Option<ServerId> {
        if let Self::Server(server) = self { Some(*server) } else { None }
    }

    /// What one word means once its holes are filled: servers, or a client by its name.
    ///
    /// # Errors
    /// A sentence, when it is neither.
    pub fn parse_word(text: &str) -> Result<Self, String> {
        if let Some(row) = word(text) {
            Ok(row.who.clone())
        } else if let Some(server) = server(text) {
            Ok(Self::Server(server))
        } else if looks_like_server(text) {
            Err(no_server(text))
        } else if is_name(text) {
            Ok(Self::Client(Text::new(text)))
        } else {
            Err(format!("{} is neither a server nor a client's name", shown(text)))
        }
    }
}

/// Whether a client may stand where a server may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clients {
    Allowed,
    Refused,
}

impl Reader<'_> {
    /// One word that means servers, or a client where it may.
    pub fn who(&mut self, clients: Clients) -> Parsed<Who> {
        self.expect(match clients {
            Clients::Allowed => Expect::Node,
            Clients::Refused => Expect::Who,
        });
        // No option is called as servers are; a client may be.
        let may_be = clients == Clients::Refused || !self.is_before_option();
        let Some(text) = self.peek_word().filter(|_| may_be) else { return self.fail() };
        let spot = self.spot();
        let who = if text.contains('{') {
            self.who_hole(text)
        } else if let Some(row) = word(text) {
            row.who.clone()
        } else if let Some(server) = server(text) {
            self.mention(spot, Mention::Server(server));
            Who::Server(server)
        } else if looks_like_server(text) {
            self.mistake(spot, no_server(text), None);
            Who::All
        } else if clients == Clients::Allowed && is_name(text) {
            self.mention(spot, Mention::Node(Text::new(text)));
            Who::Client(Text::new(text))
        } else {
            if text.contains(',') {
                self.hint("spaces stand between servers: S1 S2");
            }
            return self.fail();
        };
        self.step();
        Some(who)
    }

    fn who_hole(&mut self, text: &str) -> Who {
        let odd = Pieces::of(text).any(|piece| match piece {
            Piece::Literal(text) => !text.chars().all(is_name_character),
            Piece::Hole(_) | Piece::Stray => false,
        });
        if odd {
            let message = format!("{} can become no server's name", shown(text));
            self.mistake(self.spot(), message, Some("as {old}, or S{i}".to_owned()));
        }
        self.holes(text, self.spot(), true);
        Who::Hole(Text::new(text))
    }

    /// One or more, up to the next sign, option or `stop` word.
    pub fn who_list(&mut self, clients: Clients, stop: &[&str]) -> Parsed<Vec<Who>> {
        let mut list = vec![self.who(clients)?];
        while let Some(text) = self.peek_word()
            && !stop.contains(&text)
            && !self.is_before_option()
        {
            list.push(self.who(clients)?);
        }
        self.expect(match clients {
            Clients::Allowed => Expect::Node,
            Clients::Refused => Expect::Who,
        });
        Some(list)
    }

    /// The servers that the rest of the line names, if it names any.
    pub fn perhaps_who(&mut self) -> Parsed<Vec<Who>> {
        let who = match self.is_at_end() {
            true => Vec::new(),
            false => self.who_list(Clients::Refused, &[])?,
        };
        self.expect(Expect::Who);
        Some(who)
    }

    /// One server by its own name.
    pub fn server(&mut self) -> Parsed<ServerId> {
        self.expect(Expect::Server);
        let Some(text) = self.peek_word() else { return self.fail() };
        let spot = self.spot();
        let Some(server) = server(text) else {
            if looks_like_server(text) {
                self.mistake(spot, no_server(text), None);
                return None;
            }
            return self.fail();
        };
        self.mention(spot, Mention::Server(server));
        self.step();
        Some(server)
    }
}
