//! The state of the view: what is selected, where one has scrolled to, what the clock does, what
//! is typed. The application fills it in; the screen only reads it.
//!
//! Nothing here is part of a run. Scroll positions may lie outside of what there is to see: the
//! panes bring them back into range when they draw.

mod comparison;
mod mode;
mod pane;

pub use comparison::Comparison;
pub use mode::{
    Dialog, DialogBody, End, HelpGroup, Hint, LinkEdit, ListItem, Mistake, Mode, PartitionEdit,
    Prompt, PromptKind,
};
pub use pane::{Lists, Pane};

use std::borrow::Cow;
use std::sync::Arc;

use strum::{EnumCount, VariantArray};

use crate::cluster::Cluster;
use crate::cluster::event::DropReason;
use crate::cluster::network::Summary;
use crate::cluster::raft::Entry;
use crate::cluster::time::{Span, Time};
use crate::cluster::timeline::Point;
use crate::cluster::types::{ClientId, Index, Key, Node, PacketId, ServerId, ServerSet, first};
use crate::ui::text::Moment;
use crate::ui::theme::Theme;
use crate::ui::trace::Trace;

/// Everything that a frame is made from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub cluster: &'a Cluster,
    pub view: &'a View,
    /// What has happened so far.
    pub trace: &'a Trace,
}

/// The state of the view.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub theme: Theme,
    pub layout: Layout,
    pub focus: Pane,
    /// This pane alone, between the headline and the footer.
    pub zoomed: Option<Pane>,
    pub selection: Selection,
    pub scroll: Scroll,
    pub clock: Clock,
    /// How lab time relates to the room, in words: "40× slower", "real time, fixed".
    pub pace: Cow<'static, str>,
    pub caption: Option<Arc<str>>,
    /// The script asks next, with nothing done before: what about.
    pub asks_next: Option<About>,
    /// What the class is asked, or has just been told.
    pub question: Option<Question>,
    /// What is spoken of.
    pub pointed: Option<Pointed>,
    /// Where the script stands; `None` without a script.
    pub script: Option<ScriptPlace>,
    pub last_command: Option<LastCommand>,
    pub mode: Mode,
    /// What the last row says for three seconds.
    pub notice: Option<Notice>,
    /// The keys that make sense now, most useful first; shown as far as they fit.
    pub hints: Vec<Hint>,
    /// The filter of the events, as it was typed.
    pub filter: Option<String>,
    pub fading: Fading,
    /// What is watched, in the order in which it was asked for.
    pub watches: Vec<WatchRow>,
    /// Moments that somebody has bookmarked, or at which a breakpoint was reached.
    pub pins: Vec<Pin>,
    pub timeline: TimelineWindow,
    /// What a row of the space-time diagram is.
    pub diagram: Rows,
    /// The selected event and its causes, by their numbers in the [`Trace`], in order.
    pub causes: Vec<u64>,
    pub light: Light,
    /// Set while somebody presents: nothing of what comes is on the screen, and no keys.
    pub presented: Option<Presented>,
    pub size: Marks,
    pub voice: Voice,
    pub kept: Kept,
}

/// Whether what is done is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// It was not asked for.
    #[default]
    Off,
    Well,
    /// It can't be, and why.
    Not(String),
}

/// Who says what the script says and asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    #[default]
    Screen,
    /// A page around the screen, in its own letters: the rows are for the panes.
    Page,
}

/// A question to the class, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub text: Arc<str>,
    pub choices: Vec<Choice>,
    pub stage: Stage,
    pub about: About,
}

/// What a question's choices are about, of what is told beside other questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What is committed, applied or read.
    pub commits: bool,
    /// Who has whose vote.
    pub votes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Asked,
    /// What is so is marked, until lab time or the script goes on.
    Revealed,
}

/// A choice of a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub text: Arc<str>,
    /// What the class says to it.
    pub said: Said,
    /// Whether it is so; `None` as long as that is not told, and for ever where nobody can.
    pub so: Option<bool>,
    /// In how many futures of many it is so.
    pub share: Option<String>,
    /// Whoever looks at this screen is one of a class, and says this.
    pub own: bool,
}

/// What is spoken of: these servers, or an entry of their logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pointed {
    pub servers: ServerSet,
    pub entry: Option<Index>,
}

/// What a class says to a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Said {
    #[default]
    Nothing,
    /// This is what it chose.
    Chosen,
    Hands(u32),
}

impl Question {
    /// How many hands were counted in all.
    pub fn hands(&self) -> u32 {
        let hands = |choice: &Choice| match choice.said {
            Said::Hands(hands) => hands,
            Said::Nothing | Said::Chosen => 0,
        };
        self.choices.iter().map(hands).sum()
    }

    /// Whether nothing is so of what the lab can tell.
    pub fn is_open(&self) -> bool {
        let told = self.choices.iter().filter_map(|choice| choice.so);
        self.stage == Stage::Revealed && told.clone().next().is_some() && !told.clone().any(|so| so)
    }
}

/// How far a presentation has come, in beats; of none in the free lab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presented {
    pub beat: u32,
    pub of: u32,
}

/// How large things are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marks {
    /// As large as leaves room for all of a layout.
    #[default]
    Usual,
    /// What is said, the map and the logs alone, in the largest marks that fit.
    Big,
}

impl View {
    /// Whether this server is selected, or spoken of.
    pub fn is_marked(&self, server: ServerId) -> bool {
        let spoken = |pointed: Pointed| pointed.entry.is_none() && pointed.servers.contains(server);
        self.selection.server == Some(server) || self.pointed.is_some_and(spoken)
    }

    /// Whether this entry of its log is spoken of.
    pub fn points_at(&self, server: ServerId, index: Index) -> bool {
        self.pointed
            .is_some_and(|pointed| pointed.entry == Some(index) && pointed.servers.contains(server))
    }

    /// Whether a question stands, or comes next, so that nothing may give its answer away.
    pub fn withholds(&self) -> bool {
        let asked = |question: &Question| question.stage == Stage::Asked;
        self.asks_next.is_some() || self.question.as_ref().is_some_and(asked)
    }

    /// Whether that question is about what is committed.
    pub fn withholds_commits(&self) -> bool {
        self.withheld().commits
    }

    /// Whether it is about votes.
    pub fn withholds_votes(&self) -> bool {
        self.withheld().votes
    }

    /// What is not told beside what is told beside no question.
    pub fn withheld(&self) -> About {
        let standing = || self.question.as_ref().map(|question| question.about);
        let asked = self.asks_next.or_else(standing).filter(|_| self.withholds());
        asked.unwrap_or_default()
    }

    /// The caption that the screen itself says.
    pub fn drawn_caption(&self) -> Option<&Arc<str>> {
        self.caption.as_ref().filter(|_| self.voice == Voice::Screen)
    }

    /// The question that the screen itself asks.
    pub fn drawn_question(&self) -> Option<&Question> {
        self.question.as_ref().filter(|_| self.voice == Voice::Screen)
    }

    /// Whether the screen is for a class, which needs no keys.
    pub fn is_for_class(&self) -> bool {
        self.presented.is_some() || self.size == Marks::Big
    }
}

/// Whether anything is to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Light {
    #[default]
    On,
    /// Somebody talks, and nobody is to look at the screen.
    Black,
}

/// Which panes share the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, VariantArray)]
pub enum Layout {
    #[default]
    All,
    Logs,
    Map,
    ClientsAndValues,
    /// The space-time diagram, with the events beside it where there is room.
    Diagram,
    /// A server, who can decide, and a client, looked at closely.
    Closely,
    /// Only while a script plays.
    Script,
}

impl Layout {
    pub const EVERY: [Self; Self::COUNT] = first(Self::VARIANTS);

    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Logs => "logs",
            Self::Map => "map",
            Self::ClientsAndValues => "clients and values",
            Self::Diagram => "space and time",
            Self::Closely => "closely",
            Self::Script => "script",
        }
    }
}

/// What is selected, one of each kind.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub server: Option<ServerId>,
    /// An entry of the selected server's log.
    pub entry: Option<Index>,
    pub client: Option<ClientId>,
    pub packet: Option<PacketId>,
    pub key: Option<Key>,
    /// An event, by its number in the [`Trace`].
    pub event: Option<u64>,
    /// A line of the script, by its number.
    pub line: Option<u32>,
    /// A way, from its sender to its receiver.
    pub link: Option<(Node, Node)>,
}

impl Selection {
    pub fn is_entry(&self, server: ServerId, index: Index) -> bool {
        self.server == Some(server) && self.entry == Some(index)
    }
}

/// How far each pane has been scrolled. `None` follows the newest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    /// The first index of the logs that is shown; all servers share it.
    pub logs: Option<Index>,
    /// The last event that is shown, by its number in the [`Trace`].
    pub events: Option<u64>,
    /// The first row that is shown.
    pub servers: u16,
    pub clients: u32,
    pub values: u32,
    pub in_flight: u32,
    /// The first column of the space-time diagram.
    pub columns: u16,
    /// The first row of what is looked at closely.
    pub sheet: u16,
    /// The first line of the script that is shown; `None` follows the line that has run last.
    pub script: Option<u32>,
    pub dialog: u16,
}

/// What lab time does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    #[default]
    Runs,
    /// Idle time passes fast; packets are not drawn.
    Skims,
    Stands(Stands),
    /// One looks at the past; the run goes on to `newest`.
    Past {
        newest: Time,
    },
    /// A rule is broken; the cluster says which.
    Broken,
}

/// Why time stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Somebody stopped it.
    Paused,
    /// Beat `number` of `of` of the script.
    Beat {
        number: u32,
        of: u32,
    },
    /// A caption is being read; the script waits.
    Caption,
    /// A question to the class.
    Question,
    /// It follows another session, which says how far lab time goes.
    Following,
    /// A prompt, a mode, help or a dialog is open.
    Open,
    Breakpoint,
    /// The session has come to its budget of memory.
    Memory,
    /// An expectation of the script was not met.
    Failed,
    /// The script has come to its end.
    Ended,
}

impl Clock {
    /// Whether lab time passes.
    pub const fn moves(&self) -> bool {
        match self {
            Self::Runs | Self::Skims => true,
            Self::Stands(_) | Self::Past { .. } | Self::Broken => false,
        }
    }
}

/// A script that plays, and where it stands.
#[derive(Clone, Debug, Default)]
pub struct ScriptPlace {
    pub name: Arc<str>,
    /// The line that has run last, and how many there are.
    pub line: u32,
    pub of: u32,
    /// The text, a line each.
    pub source: Arc<[Box<str>]>,
    /// The lines that have run, by their numbers.
    pub seen: imbl::OrdMap<u32, SeenLine>,
    /// Where its tasks are: the line that each has run last.
    pub current: Vec<u32>,
    /// You have acted: what its captions say was written for another run.
    pub departed: bool,
}

/// A line that has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenLine {
    pub came: Came,
    /// Just after it ran, the last time that it did.
    pub at: Point,
}

/// What a line has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    Ran,
    /// What it expects was so.
    Held,
    /// It would have failed, had nobody acted.
    Remarked,
    /// It has stopped the run.
    Failed,
}

/// The command that was applied last.
#[derive(Clone, Debug)]
pub struct LastCommand {
    /// In the script language.
    pub text: String,
    /// The keys that made it, if keys did: "P 4 5 Enter".
    pub keys: Option<String>,
}

/// A word of the last row that stays for three seconds.
#[derive(Clone, Debug)]
pub struct Notice {
    pub kind: NoticeKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// What was done.
    Note,
    /// Why it could not be done.
    Refusal,
}

/// What is gone and still shown for a moment.
#[derive(Clone, Debug, Default)]
pub struct Fading {
    /// Packets that died within the last half second in the room.
    pub lost: Vec<LostPacket>,
    /// Entries removed from logs within the last second in the room.
    pub removed: Vec<RemovedEntry>,
}

#[derive(Clone, Debug)]
pub struct LostPacket {
    pub packet: PacketId,
    pub from: Node,
    pub to: Node,
    pub summary: Summary,
    pub why: DropReason,
}

#[derive(Clone, Debug)]
pub struct RemovedEntry {
    pub server: ServerId,
    pub index: Index,
    pub entry: Entry,
}

/// A moment that is marked on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    pub at: Time,
    pub kind: PinKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinKind {
    Bookmark,
    Breakpoint,
}

/// Something that is watched, as it is at the moment that is shown.
#[derive(Clone, Debug)]
pub struct WatchRow {
    pub name: String,
    pub value: String,
    pub since: Since,
    /// It has just changed.
    pub fresh: bool,
}

/// Since when something is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    At(Time),
    /// Longer than since this moment.
    Before(Time),
}

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(time) => write!(f, "since {}", Moment(*time)),
            Self::Before(time) => write!(f, "before {}", Moment(*time)),
        }
    }
}

/// The part of the run that the timeline shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineWindow {
    pub span: TimelineSpan,
    /// How far the run goes, when one looks at the past; `None` is now.
    pub newest: Option<Time>,
    /// A moment that is pointed at.
    pub cursor: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineSpan {
    Whole,
    Last(Span),
}

impl Default for TimelineWindow {
    fn default() -> Self {
        Self { span: TimelineSpan::Last(Span::from_secs(5)), newest: None, cursor: None }
    }
}

/// What a row of the space-time diagram is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// A moment at which something happened.
    #[default]
    Moments,
    /// So much lab time.
    Each(Span),
}

/// Something on the screen that one can point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Pane(Pane),
    Server(ServerId),
    Entry {
        server: ServerId,
        index: Index,
    },
    Client(ClientId),
    Key(Key),
    Packet(PacketId),
    /// The way from one to the other.
    Link(Node, Node),
    /// By its number in the [`Trace`].
    Event(u64),
    /// A line of the script, by its number.
    Line(u32),
    Moment(Time),
    /// Something that is watched, by its place in their list.
    Watch(usize),
    /// A key of the footer or of a dialog, by its place among its hints.
    Hint(usize),
    /// An item of a list, a completion of the prompt.
    Choice(usize),
    /// A choice of the question that stands, by its number.
    Answer(u32),
}

/// Which part of what a pane has is shown, in rows; for the logs, in indexes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first that is shown, as the pane's scroll counts.
    pub first: u64,
    pub shown: u64,
    pub total: u64,
}
