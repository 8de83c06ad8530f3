//! The keys: one table of what each key does in each mode.
//!
//! The table in `table.rs` is the only place that knows a key. What a key press means, the help,
//! the keys in the footer and the reference in `docs/keys.md` are all read from it; a test refuses
//! two rows that want the same key in one mode. To add a key: an action here, a row there, and an
//! arm where the mode's actions are carried out.
//!
//! A rule to tell a class once: a capital does the stronger thing, or goes back.

mod chosen;
mod table;

pub use chosen::{KeyNames, Keymap};
pub use table::BINDINGS;

use crate::cluster::types::first;
use strum::{EnumCount, VariantArray};

use super::input::Chord;
use crate::ui::view::Pane;

/// What the keys are for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumCount, VariantArray)]
pub enum KeyMode {
    Normal,
    /// After `[` or `]`: to which kind of thing.
    Jump,
    Partition,
    Link,
    Packet,
    Prompt,
    Presenter,
    /// A list to choose from, or a text to read.
    Dialog,
    /// A yes or no.
    Question,
}

impl KeyMode {
    pub const ALL: [Self; Self::COUNT] = first(Self::VARIANTS);

    /// Its heading in the help and in the reference.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Jump => "After ] (on to the next) and [ (back to the last)",
            Self::Partition => "Partition mode (P; marked servers start in group B)",
            Self::Link => "Link mode (L)",
            Self::Packet => "Packet mode (M)",
            Self::Prompt => "Prompt (: C V /)",
            Self::Presenter => "Presenter mode (F5; otherwise as normal mode)",
            Self::Dialog => "Lists, dialogs and help",
            Self::Question => "Questions",
        }
    }
}

/// What a key does: one enum a mode, so that each mode carries out all of its actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Normal(Normal),
    Look(Look),
    Jump(Jump),
    Packet(Packet),
    Partition(Partition),
    Link(Link),
    Prompt(Prompt),
    Presenter(Presenter),
    Dialog(Dialog),
    Question(Question),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normal {
    ToggleTime,
    StepShown,
    StepVery,
    StepBack,
    JumpOn,
    JumpBack,
    PreviousLine,
    Undo,
    Redo,
    Bookmark,
    Breakpoints,
    Watches,
    PacketMode,
    NextLine,
    Slower,
    Faster,
    AutoPace,
    SelectServer,
    SelectLeader,
    Crash,
    CrashLeader,
    Restart,
    RestartAll,
    SleepOrWake,
    Isolate,
    IsolateFromAll,
    Timeout,
    SpreadTimers,
    AlignTimers,
    Wipe,
    Mark,
    PartitionMode,
    LinkMode,
    Heal,
    Networks,
    Options,
    Flaws,
    Write,
    WritePrompt,
    Read,
    ReadPrompt,
    Inspect,
    Why,
    Filter,
    Prompt,
    Present,
    Big,
    Copy,
    Save,
    Redraw,
    Help,
    Escape,
    Suspend,
    Leave,
}

/// In normal mode too: what moves about, and changes nothing but the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    NextPane,
    PreviousPane,
    Left,
    Down,
    Up,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Heartbeats,
    Zoom,
    NextLayout,
    PreviousLayout,
    /// A pane alone, whatever the layout.
    Show(Pane),
    NarrowerTimeline,
    WiderTimeline,
}

/// What one can jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    Packet,
    Commit,
    Role,
    Answer,
    Fault,
    Line,
    Broken,
    Bookmark,
    /// What the list of events shows: the keys `.` and `,`.
    Shown,
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    Server,
    Client,
    Next,
    Previous,
    AtCursor,
    LeaderAndOne,
    Random,
    Together,
    Heal,
    Cut,
    Escape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet {
    Next,
    Previous,
    Deliver,
    DeliverAll,
    Drop,
    Duplicate,
    Delay,
    Hold,
    ByHand,
    Timer,
    Disks,
    Retry,
    Write,
    Read,
    Undo,
    Why,
    Inspect,
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Server,
    Client,
    All,
    Cut,
    CutBoth,
    Mend,
    MendBoth,
    Loss,
    Delay,
    Duplicate,
    Hold,
    Up,
    Down,
    Left,
    Right,
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    Run,
    Close,
    Complete,
    CompleteBack,
    Older,
    Newer,
    Search,
    Left,
    Right,
    Start,
    End,
    DeleteBefore,
    DeleteAfter,
    CutWord,
    CutToStart,
    CutToEnd,
}

/// What a presenter's remote does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presenter {
    Next,
    Previous,
    Time,
    Black,
    First,
    Leave,
    Stay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Choose,
    Compare,
    Search,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Yes,
    No,
    Leave,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub mode: KeyMode,
    pub chords: &'static [Chord],
    pub action: Action,
    /// A word or two for the footer; empty for keys that never stand there.
    pub short: &'static str,
    /// What it does, for the help and the reference.
    pub words: &'static str,
}

impl Binding {
    /// Its keys: "h j k l", "q Ctrl-c".
    pub fn keys(&self) -> String {
        self.chords.iter().map(|chord| chord.label()).collect::<Vec<_>>().join(" ")
    }

    /// The first of its keys, for the footer.
    pub fn key(&self) -> String {
        self.chords.first().map(|chord| chord.label()).unwrap_or_default()
    }
}

/// The keys with which one can do most, in a few words each: the first page of the help.
pub const FIRST: [(Action, &str); 15] = [
    (Action::Normal(Normal::ToggleTime), "lab time pauses, resumes"),
    (Action::Normal(Normal::StepShown), "to the next event"),
    (Action::Normal(Normal::StepBack), "back to the last event"),
    (Action::Normal(Normal::SelectServer), "select that server"),
    (Action::Normal(Normal::Write), "a client writes x"),
    (Action::Normal(Normal::Crash), "crash the selected"),
    (Action::Normal(Normal::CrashLeader), "crash the leader"),
    (Action::Normal(Normal::Restart), "restart the selected"),
    (Action::Normal(Normal::PartitionMode), "cut the network in two"),
    (Action::Normal(Normal::Heal), "heal the network"),
    (Action::Normal(Normal::Why), "why? of what is selected"),
    (Action::Look(Look::Show(Pane::Diagram)), "space and time, and back"),
    (Action::Look(Look::NextLayout), "another layout"),
    (Action::Normal(Normal::Prompt), "any command, by name"),
    (Action::Normal(Normal::Leave), "leave (asks once)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings(mode: KeyMode) -> impl Iterator<Item = &'static Binding> {
        Keymap::default().bindings(mode)
    }

    fn lookup(mode: KeyMode, pressed: Chord) -> Option<&'static Binding> {
        Keymap::default().lookup(mode, pressed)
    }

    /// The single keys of a chord.
    fn expand(chord: Chord) -> Vec<Chord> {
        match chord {
            Chord::Range(first, last) => (first..=last).map(Chord::Char).collect(),
            single => vec![single],
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_mode() {
        for mode in KeyMode::ALL {
            let mut taken: Vec<(Chord, &str)> = Vec::new();
            for binding in bindings(mode) {
                for key in binding.chords.iter().copied().flat_map(expand) {
                    let clash = taken.iter().find(|(other, _)| *other == key);
                    assert_eq!(clash, None, "{mode:?} {} and {}", key.label(), binding.words);
                    taken.push((key, binding.words));
                }
            }
        }
    }

    #[test]
    fn keys_that_the_plan_keeps_free_are_free() {
        for key in "JYZ".chars() {
            assert_eq!(lookup(KeyMode::Normal, Chord::Char(key)), None, "{key}");
        }
    }

    #[test]
    fn every_row_has_keys_and_words() {
        for binding in BINDINGS {
            assert!(!binding.chords.is_empty() && !binding.words.is_empty(), "{binding:?}");
            assert!(binding.short.len() <= 18, "{binding:?}");
        }
    }

    #[test]
    fn digits_are_one_row_of_nine_keys() {
        let five = lookup(KeyMode::Normal, Chord::Char('5')).unwrap();
        assert_eq!(five.action, Action::Normal(Normal::SelectServer));
        assert_eq!(five.keys(), "1-9");
    }
}
