//! Moments of a run by name: a line of the script, a beat, a mark, a time, a place, a condition.

use std::fmt;

use crate::cluster::command::{
    Command, Condition, Flow, Place, meant, parse_condition, parse_line,
};
use crate::cluster::time::{Span, Time};

/// How far a moment may lie from the start.
pub(super) const FAR: Span = Span::from_secs(24 * 3_600);

/// A moment of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Everything that is due then has happened.
    Time(Time),
    /// Before whatever comes next at that place.
    Place(Place),
    /// This beat of the script, counted from 1.
    Beat(u32),
    /// Just after this line of the script has run.
    Line(u32),
    Mark(String),
    /// It is so.
    Condition(Condition),
    /// The end of the script.
    End,
}

impl Moment {
    /// What somebody means by `14`, `beat 3`, `1.2s`, `1.203441s+2`, `mark NAME`, `leader = S2`.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        let number = |digits: &str, what: &str| {
            let number = digits.parse::<u32>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("which {what}? a number from 1 on, as {what} 3"))
        };
        match word {
            "end" if rest.is_empty() => return Ok(Self::End),
            "line" => return number(rest, "line").map(Self::Line),
            "beat" => return number(rest, "beat").map(Self::Beat),
            "mark" if rest.is_empty() => return Err("which mark? as mark NAME".into()),
            "mark" => return Ok(Self::Mark(rest.to_owned())),
            _ => {}
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return number(text, "line").map(Self::Line);
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return place(text);
        }
        parse_condition(text, |_| Ok(())).map(Self::Condition).map_err(|diagnostic| {
            let guess = diagnostic.help.filter(|help| help.ends_with('?'));
            let meant = match meant(word, ["beat", "line", "mark", "end"]) {
                meant if meant.is_empty() => guess.map(|help| format!(": {help}")),
                meant => Some(meant),
            };
            let meant = meant.unwrap_or_default();
            format!("{text:?} is no moment: expected {EXPECTED}{meant}")
        })
    }

    /// Whether only a script has such moments.
    pub(super) const fn is_of_a_script(&self) -> bool {
        match self {
            Self::Beat(_) | Self::Line(_) | Self::Mark(_) | Self::End => true,
            Self::Time(_) | Self::Place(_) | Self::Condition(_) => false,
        }
    }
}

/// What a moment can be, for those who have written something else.
pub(super) const EXPECTED: &str = "a line (14), a beat (beat 3), a time (1.2s), a place (1.203441s+2), a \
                        mark (mark NAME), end, or a condition (leader = S2)";

/// A time, or a place within one.
fn place(text: &str) -> Result<Moment, String> {
    // A number with a point and no unit is in seconds.
    let unit = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let unit = if unit { "s" } else { "" };
    match parse_line(&format!("at {text}{unit} heal")) {
        Ok(Command::Flow(Flow::At { place, .. })) if place.time > Time::START + FAR => {
            Err("a day of lab time is the farthest that one can go".into())
        }
        Ok(Command::Flow(Flow::At { place, .. })) if text.contains('+') => Ok(Moment::Place(place)),
        Ok(Command::Flow(Flow::At { place, .. })) => Ok(Moment::Time(place.time)),
        Err(diagnostic) if diagnostic.message.contains("longer than") => Err(diagnostic.message),
        Ok(_) | Err(_) => Err(format!("{text:?} is no moment: expected {EXPECTED}")),
    }
}

impl Moment {
    /// As [`Moment::read`] reads it.
    pub fn word(&self) -> String {
        match self {
            Self::End => "end".to_owned(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => time.fmt(f),
            Self::Place(place) => place.fmt(f),
            Self::Beat(number) => write!(f, "beat {number}"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Mark(name) => write!(f, "mark {name}"),
            Self::Condition(condition) => condition.fmt(f),
            Self::End => f.write_str("the end of the script"),
        }
    }
}
