//! What Figure 2 leaves open: rules that Rafts in production add to it. A server keeps none of
//! them unless the head of a script or a command switches it on, and servers of one cluster may
//! differ, as they do while a cluster is upgraded server by server.
//!
//! The rules themselves stand in `rules.rs`. Sections are those of Ongaro's dissertation,
//! "Consensus: Bridging Theory and Practice".

use serde::{Deserialize, Serialize};

/// One such rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RaftOption {
    PreVote,
    CheckQuorum,
}

/// What is said of an option.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub option: RaftOption,
    pub name: &'static str,
    /// What a server does that keeps it.
    pub does: &'static str,
    pub source: &'static str,
}

/// Every option, in the order of [`RaftOption`].
pub static OPTIONS: [About; 2] = [
    About {
        option: RaftOption::PreVote,
        name: "pre-vote",
        does: "before a server asks for votes in a new term, it asks who would vote for it, and \
               keeps its term until a majority would",
        source: "dissertation §9.6",
    },
    About {
        option: RaftOption::CheckQuorum,
        name: "check-quorum",
        does: "a leader that no majority answers for an election timeout steps down, and a server \
               that hears from a leader votes for nobody",
        source: "dissertation §6.2, §4.2.3",
    },
];

impl RaftOption {
    pub fn about(self) -> &'static About {
        &OPTIONS[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.about().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        OPTIONS.iter().find(|about| about.name == name).map(|about| about.option)
    }
}

impl std::fmt::Display for RaftOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The options that a server keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<RaftOption>", into = "Vec<RaftOption>")]
pub struct Options(u8);

impl Options {
    pub const NONE: Self = Self(0);

    pub const fn has(self, option: RaftOption) -> bool {
        self.0 & (1 << option as u8) != 0
    }

    pub const fn set(&mut self, option: RaftOption, on: bool) {
        if on {
            self.0 |= 1 << option as u8;
        } else {
            self.0 &= !(1 << option as u8);
        }
    }

    pub fn iter(self) -> impl Iterator<Item = RaftOption> {
        OPTIONS.iter().map(|about| about.option).filter(move |option| self.has(*option))
    }
}

impl FromIterator<RaftOption> for Options {
    fn from_iter<I: IntoIterator<Item = RaftOption>>(options: I) -> Self {
        let mut set = Self::NONE;
        options.into_iter().for_each(|option| set.set(option, true));
        set
    }
}

impl From<Vec<RaftOption>> for Options {
    fn from(options: Vec<RaftOption>) -> Self {
        options.into_iter().collect()
    }
}

impl From<Options> for Vec<RaftOption> {
    fn from(options: Options) -> Self {
        options.iter().collect()
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
            let json = serde_json::to_string(&about.option).expect("an option is a word");
            assert_eq!(json, format!("\"{}\"", about.name));
        }
    }
}
