//! What a person has chosen for good: one JSON file in the platform's folder for configurations.
//!
//! [`SETTINGS`] is the only place that knows what can be set: what reads the file, what `raftlab
//! settings` prints and what names a near word for a misspelt one all come from it. What is wrong in
//! the file is told, on the lab's screen too, and the rest of it holds. What the command line says comes
//! before what the file says.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use etcetera::{BaseStrategy, choose_base_strategy};
use serde_json::{Map, Value};

use super::cli::{self, SettingsOptions};
use super::files::{no_json, why_not};
use super::stream::{Form, Stream};
use super::{Ending, Mistake};
use crate::app::keymap::{KeyNames, Keymap};
use crate::cluster::command::{Pace, meant};
use crate::ui::theme::Dress;

/// The most bytes of the file.
const BYTES_MAX: u64 = 64 * 1024;

/// What can be set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `None`: as the terminal's background is.
    pub dress: Option<Dress>,
    pub pace: Option<Pace>,
    /// `None`: as the locale says.
    pub ascii: Option<bool>,
    pub memory: Option<u64>,
    pub big: bool,
    /// Where the page lies to which links lead.
    pub base: Option<String>,
    pub motion: Motion,
    pub keys: Keymap,
}

/// How often the screen is drawn while things move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// As often as anything has changed.
    #[default]
    Smooth,
    /// Four times a second.
    Calm,
}

impl Motion {
    /// How long a picture stays at least.
    pub const fn rest(self) -> Duration {
        match self {
            Self::Smooth => Duration::ZERO,
            Self::Calm => Duration::from_millis(250),
        }
    }
}

/// One thing that can be set.
struct Setting {
    name: &'static str,
    /// What holds when it is not set, as it would stand in the file.
    default: &'static str,
    about: &'static str,
    set: fn(&mut Settings, &Value) -> Result<(), Vec<String>>,
}

const SETTINGS: &[Setting] = &[
    Setting {
        name: "theme",
        default: "\"auto\"",
        about: "dark, light, high-contrast or monochrome; auto: dark or light, as the terminal's own \
                background is",
        set: |settings, value| {
            settings.dress = match text(value)? {
                "auto" => None,
                name => Some(dress(name).map_err(one)?),
            };
            Ok(())
        },
    },
    Setting {
        name: "pace",
        default: "\"auto\"",
        about: "the pace to begin with: auto, real, 40-slower, 10-faster",
        set: |settings, value| {
            settings.pace = Some(cli::pace(text(value)?).map_err(one)?);
            Ok(())
        },
    },
    Setting {
        name: "ascii",
        default: "\"auto\"",
        about: "true: ASCII characters only; false: all signs; auto: as the locale says",
        set: |settings, value| {
            settings.ascii = match value {
                Value::String(word) if word == "auto" => None,
                value => Some(yes(value)?),
            };
            Ok(())
        },
    },
    Setting {
        name: "memory",
        default: "\"1GB\"",
        about: "how much memory a session may take before it pauses",
        set: |settings, value| {
            settings.memory = Some(crate::app::memory::size(text(value)?).map_err(one)?);
            Ok(())
        },
    },
    Setting {
        name: "base",
        default: "\"\"",
        about: "the address of the lab's page (web/build.sh makes it), to which links to scenes lead",
        set: |settings, value| {
            settings.base = match text(value)? {
                "" => None,
                address => Some(crate::app::address::base(address).map_err(one)?),
            };
            Ok(())
        },
    },
    Setting {
        name: "big",
        default: "false",
        about: "true: the lab opens in big mode, as F switches it",
        set: |settings, value| {
            settings.big = yes(value)?;
            Ok(())
        },
    },
    Setting {
        name: "motion",
        default: "true",
        about: "false: the screen is drawn four times a second at most, for slow lines and tired eyes",
        set: |settings, value| {
            settings.motion = if yes(value)? { Motion::Smooth } else { Motion::Calm };
            Ok(())
        },
    },
    Setting {
        name: "keys",
        default: "{}",
        about: "other keys, such as {\"crash-leader\": \"Y\", \"why\": [\"w\", \"F2\"]}; the names are those \
                of raftlab settings --keys",
        set: |settings, value| {
            let Value::Object(wanted) = value else {
                return Err(one("expected an object such as {\"why\": \"F2\"}".to_owned()));
            };
            let (mut wrong, mut names) = (Vec::new(), Vec::new());
            for (name, keys) in wanted {
                match chords(keys) {
                    Some(keys) => names.push((name.as_str(), keys)),
                    None => wrong.push(format!("{name}: expected a key such as \"Y\", or a list")),
                }
            }
            let (keys, refused) = Keymap::with(&names);
            settings.keys = keys;
            wrong.extend(refused);
            if wrong.is_empty() { Ok(()) } else { Err(wrong) }
        },
    },
];

fn one(why: String) -> Vec<String> {
    vec![why]
}

fn text(value: &Value) -> Result<&str, Vec<String>> {
    value.as_str().ok_or_else(|| one("expected a text in quotes".to_owned()))
}

fn yes(value: &Value) -> Result<bool, Vec<String>> {
    value.as_bool().ok_or_else(|| one("expected true or false".to_owned()))
}

fn chords(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(key) => Some(vec![key.clone()]),
        Value::Array(keys) => keys.iter().map(|key| key.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A theme by its name.
///
/// # Errors
/// The names there are.
pub fn dress(name: &str) -> Result<Dress, String> {
    let names = Dress::ALL.map(Dress::name);
    Dress::ALL
        .into_iter()
        .find(|dress| dress.name() == name)
        .ok_or_else(|| format!("expected one of {}{}", names.join(", "), meant(name, names)))
}

/// Where the file is.
///
/// # Errors
/// When this person has no such folder.
fn path() -> io::Result<PathBuf> {
    let none = |error| io::Error::new(io::ErrorKind::NotFound, error);
    let places = choose_base_strategy().map_err(none)?;
    Ok(places.config_dir().join("raftlab").join("settings.json"))
}

/// What is set, and what is wrong with it.
pub fn load() -> (Settings, Vec<String>) {
    let Ok(path) = path() else { return Default::default() };
    match read(&path) {
        Ok(None) => Default::default(),
        Ok(Some(text)) => parsed(&text),
        Err(error) => {
            let (path, why) = (path.display(), why_not(&error));
            (Settings::default(), one(format!("settings can't be read from {path}: {why}")))
        }
    }
}

fn read(path: &std::path::Path) -> io::Result<Option<String>> {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if about.is_dir() {
        return Err(io::Error::other("it is a folder, where a file is expected"));
    }
    if !about.is_file() || about.len() > BYTES_MAX {
        return Err(io::Error::other(format!("it is no file of {BYTES_MAX} bytes at most")));
    }
    fs::read_to_string(path).map(Some)
}

fn parsed(text: &str) -> (Settings, Vec<String>) {
    let mut settings = Settings::default();
    let fields: Map<String, Value> = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) => {
            let why = format!("settings are no JSON object: {}", no_json(&error));
            return (settings, one(why));
        }
    };
    let mut wrong = Vec::new();
    for (name, value) in &fields {
        match SETTINGS.iter().find(|setting| setting.name == name) {
            Some(setting) => {
                let whys = (setting.set)(&mut settings, value).err().unwrap_or_default();
                wrong.extend(whys.into_iter().map(|why| format!("setting {name}: {why}")));
            }
            None => {
                let meant = meant(name, SETTINGS.iter().map(|setting| setting.name));
                wrong.push(format!("there is no setting {name}{meant}"));
            }
        }
    }
    (settings, wrong)
}

/// Carries out `raftlab settings`.
///
/// # Errors
/// When nothing can be printed, and for what is wrong with the file, once all else is said.
pub fn run(options: &SettingsOptions) -> Result<Ending, Mistake> {
    let mut out = Stream::output(Form::Text);
    let (settings, wrong) = load();
    let text = if options.keys { KeyNames(settings.keys).to_string() } else { table() };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Mistake::Output)?;
    match wrong.len() {
        0 => Ok(Ending::Well),
        _ => Err(Mistake::Several(wrong.into_iter().map(Mistake::Usage).collect())),
    }
}

/// What can be set, what it does, and what is set now.
fn table() -> String {
    match path() {
        Ok(path) => told(&path.display().to_string(), read(&path).ok().flatten().as_deref()),
        Err(error) => told(&format!("nowhere: {error}"), None),
    }
}

fn told(place: &str, text: Option<&str>) -> String {
    let set: Option<Map<String, Value>> =
        text.map_or_else(|| Some(Map::new()), |text| serde_json::from_str(text).ok());
    let mut page = format!("Settings are read from {place}.\n");
    page.push_str(match &set {
        None => "What stands there can't be read, so these hold:\n\n",
        Some(set) if set.is_empty() => {
            "Nothing is set there, so these hold; the file would be an object of those to change:\n\n"
        }
        Some(_) => "These are the defaults, and what is set instead:\n\n",
    });
    let set = set.unwrap_or_default();
    for Setting { name, default, about, set: read, .. } in SETTINGS {
        let now = set.get(*name).map_or_else(String::new, |value| {
            let refused = read(&mut Settings::default(), value).is_err();
            format!("   {} {value}", if refused { "refused, see below:" } else { "now" })
        });
        page.push_str(&format!("  \"{name}\": {default}{now}\n      {about}\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_read_and_changes_nothing() {
        for setting in SETTINGS {
            let (_, wrong) = parsed(&format!("{{\"{}\": {}}}", setting.name, setting.default));
            assert_eq!(wrong, Vec::<String>::new(), "{}", setting.name);
            assert!(table().contains(setting.name) && table().contains(setting.about));
        }
    }

    #[test]
    fn what_is_set_holds_only_if_nothing_is_wrong_with_it() {
        let page = told("here", Some(r#"{"theme": "lihgt", "big": true}"#));
        assert!(page.contains("\"auto\"   refused, see below: \"lihgt\"\n"), "{page}");
        assert!(page.contains("false   now true\n"), "{page}");
        assert!(told("here", Some("{")).contains("can't be read"));
        assert!(told("here", Some("{}")).contains("Nothing is set there"));
        assert!(told("here", None).contains("Nothing is set there"));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_holds() {
        let (settings, wrong) = parsed(
            r#"{"thme": "light", "theme": "lihgt", "big": true, "pace": "4-slower", "motion": 3,
                "keys": {"crash-leader": "Y", "wyh": "F2", "why": "x"}, "memory": "2GB"}"#,
        );
        assert!(settings.big && settings.pace == Some(Pace::Slower(4)) && settings.dress.is_none());
        assert_eq!(settings.memory, Some(2_000_000_000));
        let all = wrong.join("\n");
        for part in [
            "no setting thme: did you mean `theme`?",
            "did you mean `light`?",
            "true or false",
            "did you mean `why`?",
            "why: x is crash already",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert_eq!(wrong.len(), 5, "{all}");
        for broken in ["", "[]", "{\"big\": tru}", "{\"big\": true"] {
            assert!(parsed(broken).1[0].contains("no JSON object"), "{broken}");
        }
    }
}
