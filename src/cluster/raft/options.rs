//! What Figure 2 leaves open: rules that Rafts in production add to it. A server keeps none of
//! them unless the head of a script or a command switches it on, and servers of one cluster may
//! differ, as they do while a cluster is upgraded server by server.
//!
//! The rules themselves stand in `rules.rs`. Sections are those of Ongaro's dissertation,
//! "Consensus: Bridging Theory and Practice".

use serde::{Deserialize, Serialize};

/// Why options contradict each other.
pub const LEASE_NEEDS: &str = "a lease (reads=lease) needs check-quorum: voters stay with a leader that they hear (dissertation \
     §6.4.1)";

/// One such rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaftOption {
    PreVote,
    CheckQuorum,
    Noop,
    Reads,
    Membership,
    RejectHint,
}

/// An option with what it is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub option: RaftOption,
    /// A place among its settings.
    setting: u8,
}

/// What is said of an option.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub option: RaftOption,
    pub name: &'static str,
    /// What it can be set to. The first is what holds where nothing is said.
    pub settings: &'static [&'static str],
    /// In a line: what a server does that keeps it.
    pub does: &'static str,
    /// In full, with the sections.
    pub help: &'static str,
    pub source: &'static str,
}

/// What most can be set to.
const SWITCH: &[&str] = &["off", "on"];

/// Every option, in the order of [`RaftOption`].
pub static OPTIONS: [About; 6] = [
    About {
        option: RaftOption::PreVote,
        name: "pre-vote",
        settings: SWITCH,
        does: "a server asks who would vote for it before it begins a term",
        help: "\
A server whose election timer runs out first asks who would vote for it, and keeps its term until a \
majority would; nobody would who has heard from a leader within the shortest election timeout.",
        source: "dissertation §9.6",
    },
    About {
        option: RaftOption::CheckQuorum,
        name: "check-quorum",
        settings: SWITCH,
        does: "a leader that no majority answers steps down, and a server that hears from a leader \
               votes for nobody",
        help: "\
Once in the shortest election timeout a leader looks whether a majority has answered since it looked \
last, and steps down if none has: so within twice that time. And no server that has heard from a \
leader within it votes, or takes the newer term.",
        source: "dissertation §6.2, §4.2.3",
    },
    About {
        option: RaftOption::Noop,
        name: "noop",
        settings: SWITCH,
        does: "a new leader appends an entry that asks for nothing",
        help: "\
A leader may not commit entries of earlier terms by counting copies, and can't tell which of them are \
committed. So it opens its term with a no-op; once that is committed, so is all that came before. \
Without it old entries wait for the next command.",
        source: "§8; dissertation §6.4",
    },
    About {
        option: RaftOption::Reads,
        name: "reads",
        settings: &["log", "index", "lease"],
        does: "gets are answered by entries of the log, by a round of heartbeats, or by a lease",
        help: "\
`log`: a get is an entry as a put is. `index`: the leader notes its commit index, asks all followers \
whether it still leads, and answers once a majority has said so; a follower asks its leader for the index. \
`lease`: the last such round is trusted for nine tenths of the shortest election timeout, for nobody votes \
for another within it; this needs check-quorum, and clocks that differ by a tenth at most. With both, an \
entry of the leader's own term must be committed first: `noop=on` has it do so at once.",
        source: "dissertation §6.4, §6.4.1",
    },
    About {
        option: RaftOption::Membership,
        name: "membership",
        settings: &["joint", "single"],
        does: "members change jointly, or one server at a time",
        help: "\
`joint`: any members may change at once; majorities of the old and of the new ones decide together until \
all know of the change. `single`: one server is added or removed at a time, and no joint configuration is \
needed; before it, the leader must have committed an entry of its own term: `noop=on` has it do so.",
        source: "dissertation §4.1, §4.3",
    },
    About {
        option: RaftOption::RejectHint,
        name: "reject-hint",
        settings: SWITCH,
        does: "who refuses an append names the last of its entries that could agree with the leader's",
        help: "\
Terms never decrease along a log. So of the entries before the one that the leader asked about, those of \
a later term can't agree with its log. Who refuses an append skips them, and names the last of the others, \
its term, and the first of that term; the leader goes back to its own last entry up to there that is of \
no later term. Without it only the leader skips entries, a conflicting term at a time.",
        source: "§5.3, end",
    },
];

impl RaftOption {
    pub const fn about(self) -> &'static About {
        &OPTIONS[self as usize]
    }

    pub const fn name(self) -> &'static str {
        self.about().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        OPTIONS.iter().find(|about| about.name == name).map(|about| about.option)
    }

    /// With this setting, if it has one of that name.
    pub fn set(self, setting: &str) -> Option<Choice> {
        let place = self.about().settings.iter().position(|name| *name == setting)?;
        Some(Choice { option: self, setting: place as u8 })
    }

    /// Set to "on", or to the first that asks for more than Figure 2.
    pub const fn on(self) -> Choice {
        Choice { option: self, setting: 1 }
    }

    /// Every way in which it can be set.
    pub fn choices(self) -> impl Iterator<Item = Choice> {
        (0..self.about().settings.len() as u8).map(move |setting| Choice { option: self, setting })
    }
}

impl std::fmt::Display for RaftOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A bound on what is counted or on its bytes: on a log before a snapshot takes its place (§7), and on
/// appends in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Most {
    Count(u32),
    Bytes(u32),
}

impl Most {
    pub const fn is_more_than_one(self) -> bool {
        !matches!(self, Self::Count(1))
    }

    /// Whether so many, of so many bytes, are as much as it allows.
    pub const fn is_reached(self, count: u64, bytes: u64) -> bool {
        match self {
            Self::Count(most) => count >= most as u64,
            Self::Bytes(most) => bytes >= most as u64,
        }
    }
}

impl std::fmt::Display for Most {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(most) => write!(f, "{most}"),
            Self::Bytes(most) if most % 1_000 == 0 => write!(f, "{}KB", most / 1_000),
            Self::Bytes(most) => write!(f, "{most}B"),
        }
    }
}

impl Choice {
    /// The name of what it is set to.
    pub fn setting(self) -> &'static str {
        self.option.about().settings[usize::from(self.setting)]
    }

    /// Its place among the settings of its option.
    pub const fn place(self) -> u8 {
        self.setting
    }

    /// The setting after this one, and after the last the first.
    #[must_use]
    pub fn next(self) -> Self {
        let setting = (self.setting + 1) % self.option.about().settings.len() as u8;
        Self { setting, ..self }
    }

    /// Whether it asks for more than Figure 2.
    pub const fn is_on(self) -> bool {
        self.setting > 0
    }
}

/// As the head of a script says it.
impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.option, self.setting())
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, setting) = text.split_once('=').unwrap_or((text, "on"));
        RaftOption::from_name(name)
            .and_then(|option| option.set(setting))
            .ok_or_else(|| format!("{text:?} is no option of Raft"))
    }
}

/// The options that a server keeps, each with its setting: two bits for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Options(u16);

impl Options {
    pub const NONE: Self = Self(0);

    /// Whether it is set to anything but its first setting.
    pub const fn has(self, option: RaftOption) -> bool {
        self.setting(option) > 0
    }

    const fn setting(self, option: RaftOption) -> u16 {
        self.0 >> (2 * option as u16) & 3
    }

    pub const fn of(self, option: RaftOption) -> Choice {
        Choice { option, setting: self.setting(option) as u8 }
    }

    pub const fn set(&mut self, Choice { option, setting }: Choice) {
        let place = 2 * option as u16;
        self.0 = self.0 & !(3 << place) | (setting as u16) << place;
    }

    /// Those that are not at their first setting.
    pub fn iter(self) -> impl Iterator<Item = Choice> {
        OPTIONS.iter().map(move |about| self.of(about.option)).filter(|choice| choice.is_on())
    }
}

impl FromIterator<Choice> for Options {
    fn from_iter<I: IntoIterator<Item = Choice>>(choices: I) -> Self {
        let mut set = Self::NONE;
        choices.into_iter().for_each(|choice| set.set(choice));
        set
    }
}

impl TryFrom<Vec<String>> for Options {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        names.iter().map(|name| name.parse::<Choice>()).collect()
    }
}

impl From<Options> for Vec<String> {
    fn from(options: Options) -> Self {
        options.iter().map(|choice| choice.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_options() {
        for (place, about) in OPTIONS.iter().enumerate() {
            assert_eq!(about.option as usize, place, "{}", about.name);
            assert_eq!(RaftOption::from_name(about.name), Some(about.option));
            assert!((2..=4).contains(&about.settings.len()), "{}: two bits", about.name);
        }
    }

    #[test]
    fn every_setting_is_kept_beside_the_others_and_is_said_in_json() {
        let mut all = Options::NONE;
        for about in &OPTIONS {
            for choice in about.option.choices() {
                let before = all;
                all.set(choice);
                assert_eq!(all.of(about.option), choice);
                assert_eq!(choice.to_string().parse(), Ok(choice));
                let others = OPTIONS.iter().map(|other| other.option);
                for other in others.filter(|other| *other != about.option) {
                    assert_eq!(all.of(other), before.of(other), "{choice} leaves {other}");
                }
                let json = serde_json::to_string(&all).expect("words");
                assert_eq!(serde_json::from_str::<Options>(&json).expect("words"), all);
            }
        }
    }
}
