//! The keymap of a person: the table, with keys of their own choice for some of its rows.
//!
//! A row is called by what it does, as the code calls it: "crash-leader", and with its mode where
//! that is not the normal one: "packet.deliver-all". Nothing else in the program knows which keys were
//! chosen: what a press means, the help and the footer are read from the same rows.

use std::fmt::{self, Display, Formatter};

use super::{Action, BINDINGS, Binding, KeyMode};
use crate::app::input::{Chord, Named};
use crate::cluster::command::meant;

/// The rows that are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// Made once for a program's life.
    rows: &'static [Binding],
}

impl Default for Keymap {
    fn default() -> Self {
        Self { rows: BINDINGS }
    }
}

impl Keymap {
    /// The table with these keys for rows of these names; and what of them is refused, and why. A
    /// row that is refused keeps its own keys.
    pub fn with(wanted: &[(&str, Vec<String>)]) -> (Self, Vec<String>) {
        let mut rows = BINDINGS.to_vec();
        let mut refused = Vec::new();
        for (name, keys) in wanted {
            if let Err(why) = change(&mut rows, name, keys) {
                refused.push(format!("{name}: {why}"));
            }
        }
        // Two that are both changed may want one key, so all are asked again.
        let clashing = |rows: &[Binding], row: &Binding| {
            row.chords.iter().find_map(|chord| Some((chord.label(), taken(rows, row, *chord)?)))
        };
        while let Some(place) = (0..rows.len()).rev().find(|place| {
            rows[*place] != BINDINGS[*place] && clashing(&rows, &rows[*place]).is_some()
        }) {
            let (key, other) = clashing(&rows, &rows[place]).unwrap_or_default();
            refused.push(format!("{}: {key} is {other} already", name(&rows[place])));
            rows[place] = BINDINGS[place];
        }
        let same = rows == BINDINGS;
        (if same { Self::default() } else { Self { rows: rows.leak() } }, refused)
    }

    /// The rows of a mode, in the order of the help.
    pub fn bindings(self, mode: KeyMode) -> impl Iterator<Item = &'static Binding> {
        self.rows.iter().filter(move |binding| binding.mode == mode)
    }

    /// What `pressed` does in `mode`; `None` if nothing.
    pub fn lookup(self, mode: KeyMode, pressed: Chord) -> Option<&'static Binding> {
        self.bindings(mode).find(|row| row.chords.iter().any(|chord| chord.includes(pressed)))
    }

    /// The row of an action, for the footer. Every action has one: a test looks.
    pub fn binding_of(self, action: Action) -> Option<&'static Binding> {
        self.rows.iter().find(|binding| binding.action == action)
    }
}

fn change(rows: &mut [Binding], name_wanted: &str, keys: &[String]) -> Result<(), String> {
    let place = rows.iter().position(|row| name(row) == name_wanted).ok_or_else(|| {
        let names: Vec<String> = rows.iter().map(name).collect();
        let meant = meant(name_wanted, names.iter().map(String::as_str));
        format!("there is no such action{meant}")
    })?;
    if keys.is_empty() {
        return Err("expected a key".to_owned());
    }
    if rows[place].chords.iter().any(|chord| matches!(chord, Chord::Range(..))) {
        return Err("its keys are the digits or letters that it is about".to_owned());
    }
    let chords: Result<Vec<Chord>, String> = keys.iter().map(|key| chord(key)).collect();
    rows[place].chords = chords?.leak();
    Ok(())
}

/// What else a key does in the mode of a row.
fn taken(rows: &[Binding], row: &Binding, chord: Chord) -> Option<String> {
    let others = rows.iter().filter(|other| other.mode == row.mode && other.action != row.action);
    let meant = |other: &&Binding| other.chords.iter().any(|known| known.includes(chord));
    others.into_iter().find(meant).map(name)
}

/// A key as its label says it.
fn chord(label: &str) -> Result<Chord, String> {
    const NAMED: [Named; 16] = [
        Named::Backspace,
        Named::Enter,
        Named::Esc,
        Named::Tab,
        Named::BackTab,
        Named::Delete,
        Named::Insert,
        Named::Up,
        Named::Down,
        Named::Left,
        Named::Right,
        Named::Home,
        Named::End,
        Named::PageUp,
        Named::PageDown,
        Named::F(1),
    ];
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_control() => return Ok(Chord::Char(letter)),
        _ => {}
    }
    if label == "Space" {
        return Ok(Chord::Char(' '));
    }
    let named = NAMED.into_iter().find(|named| named.to_string().eq_ignore_ascii_case(label));
    if let Some(named) = named {
        return Ok(Chord::Key(named));
    }
    let number = label.strip_prefix('F').and_then(|number| number.parse().ok());
    if let Some(number @ 1..=12) = number {
        return Ok(Chord::Key(Named::F(number)));
    }
    let held = label.strip_prefix("Ctrl-").and_then(|rest| {
        let mut letters = rest.chars();
        letters.next().filter(|letter| letter.is_ascii_lowercase() && letters.next().is_none())
    });
    held.map(Chord::Ctrl).ok_or_else(|| {
        format!("{label} is no key: expected one such as Y, F2, PgUp, Space, Ctrl-y")
    })
}

/// What a row is called: the words of its action, without the mode where that is the normal one.
fn name(row: &Binding) -> String {
    let code = format!("{:?}", row.action);
    let (mode, action) = code.split_once('(').unwrap_or(("", &code));
    let mut name = String::new();
    if !matches!(mode, "Normal" | "Look") {
        name = format!("{}.", mode.to_lowercase());
    }
    let letters = action.chars().filter(|letter| *letter != ')');
    for letter in letters {
        let begins = letter.is_uppercase() || letter == '(';
        if begins && !name.is_empty() && !name.ends_with(['-', '.']) {
            name.push('-');
        }
        if letter != '(' {
            name.extend(letter.to_lowercase());
        }
    }
    name
}

/// The names of all rows, with their keys and what they do.
#[derive(Clone, Copy, Debug)]
pub struct KeyNames(pub Keymap);

impl Display for KeyNames {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for mode in KeyMode::ALL {
            writeln!(f, "{}", mode.title())?;
            for row in self.0.bindings(mode) {
                writeln!(f, "  {:28} {:14} {}", name(row), row.keys(), row.words)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keymap::Normal;

    fn with(wanted: &[(&str, &str)]) -> (Keymap, Vec<String>) {
        let wanted: Vec<(&str, Vec<String>)> =
            wanted.iter().map(|(name, key)| (*name, vec![(*key).to_owned()])).collect();
        Keymap::with(&wanted)
    }

    #[test]
    fn the_keys_that_hold_are_listed() {
        let named = |keys: Keymap| {
            let list = KeyNames(keys).to_string();
            list.lines().find(|line| line.trim().starts_with("crash-leader ")).map(str::to_owned)
        };
        let (own, _) = with(&[("crash-leader", "F9")]);
        let (before, after) = (named(Keymap::default()).unwrap(), named(own).unwrap());
        assert!(before.contains(" X ") && after.contains(" F9 "), "{before}\n{after}");
    }

    #[test]
    fn every_row_has_a_name_of_its_own_and_keys_that_can_be_said() {
        let mut names: Vec<String> = BINDINGS.iter().map(name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        for row in BINDINGS {
            for key in row.chords.iter().filter(|chord| !matches!(chord, Chord::Range(..))) {
                assert_eq!(chord(&key.label()), Ok(*key));
            }
        }
    }

    #[test]
    fn a_chosen_key_does_it_and_the_old_one_does_no_more() {
        let (keys, refused) = with(&[("crash-leader", "Y"), ("show-diagram", "F9")]);
        assert_eq!(refused, Vec::<String>::new());
        let action = |key| keys.lookup(KeyMode::Normal, key).map(|row| row.action);
        assert_eq!(action(Chord::Char('Y')), Some(Action::Normal(Normal::CrashLeader)));
        assert_eq!(action(Chord::Char('X')), None);
        let row = keys.binding_of(Action::Normal(Normal::CrashLeader)).unwrap();
        assert_eq!(row.key(), "Y");
    }

    #[test]
    fn two_may_change_places_and_clashes_are_refused() {
        let (keys, refused) = with(&[("crash", "X"), ("crash-leader", "x")]);
        assert_eq!(refused, Vec::<String>::new());
        let row = keys.lookup(KeyMode::Normal, Chord::Char('x')).unwrap();
        assert_eq!(row.action, Action::Normal(Normal::CrashLeader));
        for (wanted, why) in [
            (&[("why", "x")][..], "why: x is crash already"),
            (&[("why", "Y"), ("heal", "Y")][..], "Y is"),
            (&[("wyh", "Y")][..], "did you mean `why`?"),
            (&[("why", "Hyper-y")][..], "no key"),
            (&[("select-server", "Y")][..], "digits"),
            (&[("why", "5")][..], "select-server already"),
        ] {
            let (keys, refused) = with(wanted);
            assert!(refused.len() == 1 && refused[0].contains(why), "{refused:?}");
            assert!(keys.binding_of(Action::Normal(Normal::Why)).is_some());
            assert!(keys.lookup(KeyMode::Normal, Chord::Char('5')).is_some());
        }
    }
}
