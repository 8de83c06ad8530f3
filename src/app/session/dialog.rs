//! What is open over the panes: texts to read, a list to choose from, the help, and questions
//! that want a yes.

use super::own::{self, Own};
use super::prompt::Line;
use super::{Effect, Mode, Session, first};
use crate::app::keymap::{self, Action, Dialog, KeyMode, Keymap, Question};
use crate::cluster::command::{Command, Deed, Keeping, LabAct, ServerAct, Who, reference, verbs};
use crate::cluster::flaw::{About, Bearer, FLAWS};
use crate::cluster::network::Network;
use crate::cluster::raft::{Choice, OPTIONS, OptionAbout};
use crate::cluster::types::ServerId;
use crate::cluster::{Cluster, words};
use crate::ui;
use crate::ui::view::{self, DialogBody, HelpGroup, Hint, Kept, ListItem};

/// Something to read, or to choose from.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Text {
        title: String,
        lines: Vec<String>,
    },
    /// A code for cameras, in rows, and what it says.
    Code {
        title: String,
        rows: Vec<String>,
        text: Vec<String>,
    },
    /// Where a class finds the session, as a code; the session knows the rest.
    Audience {
        rows: Vec<String>,
    },
    List {
        menu: Menu,
        chosen: usize,
    },
    Branches {
        items: Vec<ListItem>,
        chosen: usize,
    },
    Breakpoints {
        items: Vec<ListItem>,
        chosen: usize,
    },
    Watches {
        items: Vec<ListItem>,
        chosen: usize,
    },
    /// Two futures side by side.
    Comparison,
    /// How far what is under way has come.
    Working,
    /// What the lab is, when it opens.
    Card,
    /// All of it, or what a search has found.
    Help {
        keys: KeyMode,
        search: String,
    },
}

/// A list of things to choose from, each of which is a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Menu {
    Networks,
    Options,
    Flaws,
}

impl Menu {
    const fn title(self) -> &'static str {
        match self {
            Self::Networks => "Network",
            Self::Options => "Options of Raft",
            Self::Flaws => "Planted flaws",
        }
    }

    const fn len(self) -> usize {
        match self {
            Self::Networks => Network::ALL.len(),
            Self::Options => OPTIONS.len(),
            Self::Flaws => FLAWS.len(),
        }
    }

    fn items(self, cluster: &Cluster) -> Vec<ListItem> {
        match self {
            Self::Networks => networks(cluster),
            Self::Options => options(cluster),
            Self::Flaws => flaws(cluster),
        }
    }

    /// What choosing an item does, and the keys that did it.
    fn command(self, chosen: usize, cluster: &Cluster) -> (Command, &'static str) {
        match self {
            Self::Networks => (LabAct::Net(Network::ALL[chosen]).into(), "o Enter"),
            Self::Options => {
                let all = cluster.servers().iter().map(|server| server.raft.rules().options);
                let option = OPTIONS[chosen].option;
                let least = all.map(|kept| kept.of(option)).min_by_key(|it| it.place());
                let choice = least.map_or(option.on(), Choice::next);
                (Deed::Keep(Keeping::Option(choice), Vec::new()).into(), "@ Enter")
            }
            Self::Flaws => {
                let flaw = FLAWS[chosen].flaw;
                let on = !cluster.flaws().iter().any(|(planted, _)| *planted == flaw);
                (Deed::Keep(Keeping::Flaw(flaw, on), Vec::new()).into(), "! Enter")
            }
        }
    }

    /// Whether the list stays open, so that one sees what the choice has changed.
    const fn stays(self) -> bool {
        match self {
            Self::Networks => false,
            Self::Options | Self::Flaws => true,
        }
    }
}

/// What a yes would do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asking {
    Leave,
    /// The disk of this server is lost.
    Wipe(ServerId),
}

impl Reading {
    pub fn text(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self::Text { title: title.into(), lines }
    }

    /// The help, with the keys of this mode first.
    pub const fn help(keys: KeyMode) -> Self {
        Self::Help { keys, search: String::new() }
    }

    /// Help on a word of the script language, or on all verbs.
    pub fn help_on(word: &str) -> Self {
        let lines = |text: String| text.lines().map(str::to_owned).collect();
        if word.is_empty() {
            return Self::text("Commands", lines(own::overview() + &reference::overview()));
        }
        match own::find(word).map(Own::help).or_else(|| reference::help(word)) {
            Some(text) => Self::text(word, lines(text)),
            None => Self::text(
                word,
                vec![
                    format!("There is no help on {word:?}."),
                    "All commands are listed by :help without a word.".into(),
                ],
            ),
        }
    }

    /// A list, from what is now chosen on.
    pub fn menu(menu: Menu, cluster: &Cluster) -> Self {
        let now = match menu {
            Menu::Networks => Network::ALL.iter().position(|item| *item == cluster.network()),
            Menu::Options => None,
            Menu::Flaws => cluster.flaws().first().map(|(flaw, _)| *flaw as usize),
        };
        Self::List { menu, chosen: now.unwrap_or(0) }
    }

    /// Why the script can't go on.
    pub fn failure(cluster: &Cluster) -> Self {
        let Some(failure) = cluster.failure() else { return Self::text("Failed", Vec::new()) };
        let source = cluster
            .script()
            .and_then(|script| script.source.get(failure.line.wrapping_sub(1) as usize))
            .map(|line| format!("{:>4} | {}", failure.line, line.trim_end()));
        let told = [
            String::new(),
            format!("Expected: {}", failure.expected),
            format!("Instead:  {}", failure.actual),
            String::new(),
            format!("The run ends at {}. You can still inspect everything.", failure.time),
        ];
        Self::text(
            format!("Line {} failed", failure.line),
            source.into_iter().chain(told).collect(),
        )
    }

    /// Which rule was broken, and the evidence.
    pub fn violation(cluster: &Cluster) -> Self {
        let Some(violation) = cluster.violation() else { return Self::text("Safe", Vec::new()) };
        let mut lines = vec![format!("At {}: {}.", violation.time, violation.evidence)];
        let records = cluster.history().records();
        let clashing = violation.records.iter().filter_map(|place| records.get(*place));
        let told = clashing.map(|record| words::told_when(cluster.names(), record));
        lines.extend(told.map(|told| format!("! {told}")));
        lines.push(String::new());
        lines.push(format!("The invariant: {}.", words::rule(violation.invariant)));
        let planted = cluster.flaws();
        let acted = cluster.checker().acted();
        for flaw in acted.iter() {
            let about = flaw.about();
            lines.push(String::new());
            lines.push(format!("The missing rule: {} ({}).", about.rule, about.source));
            lines.push(match planted.iter().find(|(one, _)| *one == flaw) {
                Some((_, bearer)) => format!("Planted in {bearer}: {flaw}, {}.", about.departure),
                // A trace tells what was planted, and not until when.
                None if cluster.is_observed() => {
                    format!("It was planted: {flaw}, {}.", about.departure)
                }
                None => format!("Planted until it was switched off: {flaw}, {}.", about.departure),
            });
        }
        let idle = planted.iter().filter(|(flaw, _)| !acted.has(*flaw));
        let idle: Vec<String> = idle.map(|(flaw, _)| flaw.to_string()).collect();
        if !idle.is_empty() {
            lines.push(String::new());
            lines.push(format!("Planted too, without effect so far: {}.", idle.join(", ")));
        }
        lines.push(String::new());
        let how = "The run ends here. You can still inspect everything; , steps back.";
        lines.push(how.to_owned());
        Self::text(format!("Broken: {}", violation.invariant.name()), lines)
    }

    /// The keys that make sense here.
    pub const fn keys(&self) -> &'static [Dialog] {
        match self {
            Self::Text { .. } | Self::Code { .. } | Self::Audience { .. } => {
                &[Dialog::Down, Dialog::Up, Dialog::Close]
            }
            // Any key closes it.
            Self::Card => &[],
            Self::Help { .. } => &[Dialog::PageDown, Dialog::PageUp, Dialog::Search, Dialog::Close],
            Self::Working => &[Dialog::Close],
            Self::Branches { .. } => {
                &[Dialog::Down, Dialog::Up, Dialog::Choose, Dialog::Compare, Dialog::Close]
            }
            Self::List { .. }
            | Self::Breakpoints { .. }
            | Self::Watches { .. }
            | Self::Comparison => &[Dialog::Down, Dialog::Up, Dialog::Choose, Dialog::Close],
        }
    }

    pub fn shown(&self, keymap: Keymap, cluster: &Cluster) -> view::Dialog {
        let keys = self.keys().iter().copied();
        let hints = keys.filter_map(|key| super::hints::hint(keymap, Action::Dialog(key)));
        let (title, body) = match self {
            Self::Text { title, lines } => (title.clone(), DialogBody::Text(lines.clone())),
            Self::Code { title, rows, text } => {
                (title.clone(), DialogBody::Code { rows: rows.clone(), text: text.clone() })
            }
            Self::List { menu, chosen } => {
                let items = menu.items(cluster);
                (menu.title().into(), DialogBody::List { items, chosen: *chosen })
            }
            Self::Branches { items, chosen } => {
                let (items, chosen) = (items.clone(), *chosen);
                ("Branches".into(), DialogBody::List { items, chosen })
            }
            Self::Breakpoints { items, chosen } => {
                let (items, chosen) = (items.clone(), *chosen);
                ("Breakpoints".into(), DialogBody::List { items, chosen })
            }
            Self::Watches { items, chosen } => {
                let (items, chosen) = (items.clone(), *chosen);
                ("Watched (Enter takes it off)".into(), DialogBody::List { items, chosen })
            }
            // The session has it, and shows it.
            Self::Comparison | Self::Working | Self::Audience { .. } => {
                (String::new(), DialogBody::Text(Vec::new()))
            }
            Self::Card => {
                let lines = first::card(first::Whose::of(cluster)).map(str::to_owned).to_vec();
                ("raftlab".into(), DialogBody::Text(lines))
            }
            Self::Help { keys, search } if search.is_empty() => {
                let body = DialogBody::Help {
                    first: Some(first_keys(keymap, *keys)),
                    groups: help_groups(keymap),
                };
                ("Help".into(), body)
            }
            Self::Help { search, .. } => {
                let body = DialogBody::Help { first: None, groups: found(keymap, search) };
                (format!("Help: {}", search.escape_debug()), body)
            }
        };
        view::Dialog { title, body, hints: hints.collect() }
    }
}

impl Asking {
    pub fn shown(self, keymap: Keymap, recording: Option<String>, kept: &Kept) -> view::Dialog {
        let (title, lines) = match self {
            Self::Leave => (
                "Leave?".to_owned(),
                match (kept, recording) {
                    (Kept::Not(why), _) => vec![
                        format!("What was done is not recorded: {why}."),
                        ":save NAME.lab keeps it elsewhere; else it will be gone.".to_owned(),
                    ],
                    (Kept::Off, _) => vec![
                        "This session is not recorded: it will be gone.".to_owned(),
                        ":save NAME.lab keeps what was done as a script.".to_owned(),
                    ],
                    (Kept::Well, Some(name)) => vec![
                        "Your session is saved as a script. Continue it with raftlab --resume:"
                            .to_owned(),
                        name,
                    ],
                    (Kept::Well, None) => {
                        vec!["You have changed nothing, so there is nothing to keep.".to_owned()]
                    }
                },
            ),
            Self::Wipe(id) => (
                format!("Lose the disk of {id}?"),
                vec![format!(
                    "Term, vote and log of {id} will be gone. Raft does not allow for that: safety \
                     is void after it."
                )],
            ),
        };
        Self::asked(title, lines, keymap)
    }

    /// A trace is only looked at.
    pub fn leave_trace(keymap: Keymap) -> view::Dialog {
        let lines = vec!["Its file is as it was: a trace is only looked at.".to_owned()];
        Self::asked("Leave?".to_owned(), lines, keymap)
    }

    fn asked(title: String, lines: Vec<String>, keymap: Keymap) -> view::Dialog {
        let keys = [Question::Yes, Question::No];
        let hints =
            keys.into_iter().filter_map(|key| super::hints::hint(keymap, Action::Question(key)));
        view::Dialog { title, body: DialogBody::Text(lines), hints: hints.collect() }
    }
}

fn networks(cluster: &Cluster) -> Vec<ListItem> {
    let now = |network: Network| if network == cluster.network() { " (now)" } else { "" };
    let item = |network: Network| ListItem {
        name: network.name().into(),
        note: format!("{}{}", network.describe(), now(network)),
    };
    Network::ALL.into_iter().map(item).collect()
}

fn options(cluster: &Cluster) -> Vec<ListItem> {
    let item = |about: &OptionAbout| {
        let now = match cluster.keeping(about.option).as_slice() {
            [(choice, _)] => choice.setting().to_owned(),
            several => {
                let each = several.iter().map(|(it, who)| format!("{} on {who}", it.setting()));
                each.collect::<Vec<String>>().join(", ")
            }
        };
        ListItem { name: about.name.into(), note: format!("{now}: {}", about.does) }
    };
    OPTIONS.iter().map(item).collect()
}

fn flaws(cluster: &Cluster) -> Vec<ListItem> {
    let planted = cluster.flaws();
    let item = |about: &About| {
        let bearer = planted.iter().find(|(flaw, _)| *flaw == about.flaw);
        let now = match bearer {
            None => String::new(),
            Some((_, Bearer::Servers(servers))) => format!("ON in {servers}: "),
            Some((_, Bearer::AllServers | Bearer::Clients)) => "ON: ".to_owned(),
        };
        ListItem { name: about.name.into(), note: format!("{now}{}", about.departure) }
    };
    FLAWS.iter().map(item).collect()
}

/// The keys that one needs: of a mode its own; else the fifteen with which one can do most.
fn first_keys(keys: Keymap, mode: KeyMode) -> HelpGroup {
    let title = match mode {
        KeyMode::Normal => "The first keys (PgDn: all)",
        mode => mode.title(),
    };
    let rows = match mode {
        KeyMode::Normal => keymap::FIRST
            .iter()
            .filter_map(|(action, words)| Some(Hint::new(keys.binding_of(*action)?.key(), *words)))
            .collect(),
        mode => {
            let told = keys.bindings(mode).filter(|binding| !binding.short.is_empty());
            told.take(keymap::FIRST.len()).map(|key| Hint::new(key.key(), key.short)).collect()
        }
    };
    HelpGroup { title: title.into(), rows }
}

/// The keys and the words of the language that have this word.
fn found(keys: Keymap, search: &str) -> Vec<HelpGroup> {
    let wanted = search.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let mut groups: Vec<HelpGroup> = help_groups(keys);
    for group in &mut groups {
        group.rows.retain(|hint| has(&hint.key) || has(&hint.word));
    }
    let verbs = verbs::all().filter(|verb| has(verb.name) || has(verb.summary));
    let verbs = verbs.map(|verb| Hint::new(verb.name, verb.summary)).collect();
    groups.push(HelpGroup { title: "Commands (:)".into(), rows: verbs });
    groups.retain(|group| !group.rows.is_empty());
    if groups.is_empty() {
        let rows = vec![Hint::new("/", "another word")];
        groups.push(HelpGroup { title: "Nothing has that word".into(), rows });
    }
    groups
}

/// Every key of every mode.
fn help_groups(keys: Keymap) -> Vec<HelpGroup> {
    let group = |mode: KeyMode| HelpGroup {
        title: mode.title().into(),
        rows: keys.bindings(mode).map(help_row).collect(),
    };
    KeyMode::ALL.into_iter().map(group).collect()
}

fn help_row(binding: &'static keymap::Binding) -> Hint {
    Hint::new(binding.keys(), binding.words)
}

impl Session {
    /// Opens something to read, from its top.
    pub(super) fn open(&mut self, reading: Reading) {
        self.view.scroll.dialog = 0;
        match std::mem::replace(&mut self.mode, Mode::Reading(reading)) {
            under @ (Mode::Packet | Mode::Partition(_) | Mode::Link(_)) => self.under = under,
            Mode::Reading(Reading::Working) => {}
            _ => self.under = Mode::Normal,
        }
    }

    pub(super) fn read(&mut self, action: Dialog) {
        match action {
            Dialog::Down => self.turn(1),
            Dialog::Up => self.turn(-1),
            Dialog::PageDown => self.turn(self.dialog_page()),
            Dialog::PageUp => self.turn(-self.dialog_page()),
            Dialog::Top => self.turn(i16::MIN),
            Dialog::Bottom => self.turn(i16::MAX),
            Dialog::Choose => self.choose_from_list(),
            Dialog::Compare => match self.mode {
                Mode::Reading(Reading::Branches { chosen, .. }) => self.compare(chosen),
                _ => self.refuse("d compares futures, and those are listed by :branches"),
            },
            Dialog::Search => match self.mode {
                Mode::Reading(Reading::Help { .. }) => self.mode = Mode::Prompt(Line::help()),
                _ => self.refuse("/ searches the help: ?"),
            },
            Dialog::Close if self.works() => self.stop_work(),
            Dialog::Close => self.close(),
        }
    }

    /// What is seen of the dialog at once.
    fn dialog_page(&self) -> i16 {
        let shown = ui::dialog_extent(self.size, &self.scene()).shown;
        i16::try_from(shown).unwrap_or(i16::MAX).max(1)
    }

    /// Back to what lies under the dialog.
    pub(super) fn close(&mut self) {
        self.comparing = None;
        self.mode = std::mem::take(&mut self.under);
        if matches!(self.mode, Mode::Packet) {
            self.choose_some_packet();
        }
    }

    /// Scrolls, or moves the choice.
    pub(super) fn turn(&mut self, by: i16) {
        match &mut self.mode {
            Mode::Reading(Reading::List { menu, chosen }) => {
                let last = menu.len() - 1;
                *chosen = chosen.saturating_add_signed(isize::from(by)).min(last);
            }
            Mode::Reading(
                Reading::Branches { items, chosen }
                | Reading::Breakpoints { items, chosen }
                | Reading::Watches { items, chosen },
            ) => {
                let last = items.len().saturating_sub(1);
                *chosen = chosen.saturating_add_signed(isize::from(by)).min(last);
            }
            Mode::Reading(Reading::Comparison) => self.turn_comparison(by),
            _ => {
                let extent = ui::dialog_extent(self.size, &self.scene());
                let most = extent.total.saturating_sub(extent.shown) as u16;
                let scroll = self.view.scroll.dialog.saturating_add_signed(by);
                self.view.scroll.dialog = scroll.min(most);
            }
        }
    }

    /// An item was pointed at.
    pub(super) fn choose_item(&mut self, place: usize) {
        if let Mode::Reading(Reading::Comparison) = self.mode {
            return self.choose_in_comparison(place);
        }
        if let Mode::Reading(Reading::List { menu, chosen }) = &mut self.mode {
            *chosen = place.min(menu.len() - 1);
            self.choose_from_list();
        } else if let Mode::Reading(
            Reading::Branches { items, chosen }
            | Reading::Breakpoints { items, chosen }
            | Reading::Watches { items, chosen },
        ) = &mut self.mode
        {
            *chosen = place.min(items.len().saturating_sub(1));
            self.choose_from_list();
        }
    }

    fn choose_from_list(&mut self) {
        if let Mode::Reading(Reading::Branches { chosen, .. }) = self.mode {
            self.mode = Mode::Normal;
            return self.switch_branch(chosen);
        }
        if let Mode::Reading(Reading::Comparison) = self.mode {
            return self.go_to_compared();
        }
        if let Mode::Reading(Reading::Breakpoints { chosen, .. }) = self.mode {
            return self.switch_breakpoint(chosen);
        }
        if let Mode::Reading(Reading::Watches { chosen, .. }) = self.mode {
            return self.take_off_watch(chosen);
        }
        if let Mode::Reading(Reading::Working) = self.mode {
            return;
        }
        let Mode::Reading(Reading::List { menu, chosen }) = self.mode else { return self.close() };
        if !menu.stays() {
            self.mode = Mode::Normal;
        }
        let (command, keys) = menu.command(chosen, &self.cluster);
        self.apply(&command, keys);
    }

    pub(super) fn answer(&mut self, answer: Question) -> Option<Effect> {
        let Mode::Asking(asking) = self.mode else { return None };
        self.mode = Mode::Normal;
        match (answer, asking) {
            (Question::Yes | Question::Leave, Asking::Leave) => return Some(Effect::Leave),
            (Question::Yes, Asking::Wipe(id)) => {
                self.apply(&ServerAct::Wipe.to(vec![Who::Server(id)]), "D y");
            }
            (Question::No, _) | (Question::Leave, Asking::Wipe(_)) => {}
        }
        None
    }
}
