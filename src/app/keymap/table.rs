//! The rows. Their order is that of the help.

use super::{
    Action, Binding, Dialog, Jump, KeyMode, Link, Look, Normal, Packet, Partition, Presenter,
    Prompt, Question,
};
use crate::app::input::Chord::{Char, Ctrl, Key, Range};
use crate::app::input::{Chord, Named};
use crate::ui::view::Pane;

/// All keys of all modes.
pub const BINDINGS: &[Binding] = &[
    // Time.
    normal(&[Char(' '), Char('p')], Normal::ToggleTime, "time", "pause or resume"),
    normal(&[Char('.')], Normal::StepShown, "step", "step to the next event shown"),
    normal(&[Char(',')], Normal::StepBack, "back", "step back to the previous event shown"),
    normal(&[Char(';')], Normal::StepVery, "", "step to the very next event, heartbeats too"),
    normal(&[Char(']')], Normal::JumpOn, "", "and a kind: go on to the next of that kind"),
    normal(&[Char('[')], Normal::JumpBack, "", "the same, back"),
    normal(&[Char('n')], Normal::NextLine, "next line", "next script line or beat"),
    normal(
        &[Char('N')],
        Normal::PreviousLine,
        "previous line",
        "previous script line or beat, of the script untouched",
    ),
    normal(&[Char('-')], Normal::Slower, "slower", "slower"),
    normal(&[Char('+'), Char('=')], Normal::Faster, "faster", "faster"),
    normal(&[Key(Named::Backspace)], Normal::AutoPace, "auto pace", "auto pace"),
    // Servers.
    normal(
        &[Range('1', '9')],
        Normal::SelectServer,
        "select",
        "select that server (more than nine: j k, or :select S12); at a question: your answer",
    ),
    normal(&[Char('0')], Normal::SelectLeader, "", "select the leader of the newest term"),
    normal(&[Char('x')], Normal::Crash, "crash", "crash the selected server"),
    normal(&[Char('X')], Normal::CrashLeader, "crash leader", "crash the leader, and select it"),
    normal(&[Char('r')], Normal::Restart, "restart", "restart the selected server"),
    normal(
        &[Char('R')],
        Normal::RestartAll,
        "restart all",
        "restart all that are down, wake all that sleep",
    ),
    normal(
        &[Char('z')],
        Normal::SleepOrWake,
        "sleep",
        "put the selected server to sleep, or wake it",
    ),
    normal(
        &[Char('i')],
        Normal::Isolate,
        "isolate",
        "isolate the selected server from its peers, or join it again",
    ),
    normal(&[Char('I')], Normal::IsolateFromAll, "", "isolate it from clients too"),
    normal(&[Char('t')], Normal::Timeout, "time out", "its election timer fires now"),
    normal(&[Char('T')], Normal::SpreadTimers, "", "spread the timers: a calm election"),
    normal(&[Char('A')], Normal::AlignTimers, "", "align the timers: a split vote"),
    normal(&[Char('D')], Normal::Wipe, "lose disk", "lose its disk (asks; only when down)"),
    // The network.
    normal(&[Char('m')], Normal::Mark, "", "mark the selected server for a partition"),
    normal(&[Char('P')], Normal::PartitionMode, "partition", "partition mode"),
    normal(
        &[Char('L')],
        Normal::LinkMode,
        "link",
        "link mode: the grid of all links, changed in place",
    ),
    look(
        &[Char('a')],
        Look::Show(Pane::Inspector),
        "",
        "all of the selected server, under the paper's names; and back",
    ),
    look(
        &[Char('Q')],
        Look::Show(Pane::Quorum),
        "",
        "quorum: who can decide, what is still needed, what is at risk; and back",
    ),
    look(
        &[Char('O')],
        Look::Show(Pane::Client),
        "",
        "operations as a client sees them: servers tried, and what Maybe leaves open; and back",
    ),
    look(&[Char('K')], Look::Show(Pane::Links), "links", "the grid of all links alone, and back"),
    normal(&[Char('H')], Normal::Heal, "heal", "heal every link"),
    normal(&[Char('o')], Normal::Networks, "", "network: a list of the named ones"),
    normal(
        &[Char('@')],
        Normal::Options,
        "",
        "options of Raft: a list, each set to what comes next",
    ),
    normal(&[Char('!')], Normal::Flaws, "", "planted flaws: a list, each switched on or off"),
    // Clients.
    normal(
        &[Char('c')],
        Normal::Write,
        "write",
        "a write, at once: the next idle client sets x to the next number",
    ),
    normal(
        &[Char('C')],
        Normal::WritePrompt,
        "",
        "the prompt, filled with that write through the selected server",
    ),
    normal(&[Char('v')], Normal::Read, "read", "a read of x, at once"),
    normal(
        &[Char('V')],
        Normal::ReadPrompt,
        "",
        "the prompt, filled with that read through the selected server",
    ),
    // The past.
    normal(&[Char('u')], Normal::Undo, "undo", "undo my last command: pause before it"),
    normal(&[Char('U')], Normal::Redo, "redo", "redo it"),
    normal(&[Char('b')], Normal::Bookmark, "", "bookmark this moment; again: take it away"),
    normal(
        &[Char('B')],
        Normal::Breakpoints,
        "",
        "breakpoints: a list, each switched off and on (:break adds one)",
    ),
    normal(
        &[Char('W')],
        Normal::Watches,
        "",
        "watched values: a list, each taken off (:watch adds one)",
    ),
    normal(&[Char('M')], Normal::PacketMode, "packets", "packet mode (by hand)"),
    // Looking.
    look(&[Key(Named::Tab)], Look::NextPane, "pane", "next pane"),
    look(&[Key(Named::BackTab)], Look::PreviousPane, "", "previous pane"),
    look(&[Char('h'), Key(Named::Left)], Look::Left, "", "left in the pane"),
    look(&[Char('j'), Key(Named::Down)], Look::Down, "", "down in the pane"),
    look(&[Char('k'), Key(Named::Up)], Look::Up, "", "up in the pane"),
    look(&[Char('l'), Key(Named::Right)], Look::Right, "", "right in the pane"),
    look(&[Key(Named::PageUp)], Look::PageUp, "", "a page up in the pane"),
    look(
        &[Key(Named::PageDown)],
        Look::PageDown,
        "",
        "a page down in the pane; at a beat, on to the next",
    ),
    look(&[Char('g'), Key(Named::Home)], Look::Top, "", "top, start"),
    look(&[Char('G'), Key(Named::End)], Look::Bottom, "", "bottom, end, follow again"),
    normal(
        &[Key(Named::Enter), Char('d')],
        Normal::Inspect,
        "inspect",
        "inspect what is selected; go to the selected line of a script",
    ),
    normal(&[Char('w')], Normal::Why, "why", "why? of what is selected"),
    look(&[Char('e')], Look::Heartbeats, "heartbeats", "heartbeats shown or hidden"),
    look(&[Char('f')], Look::Zoom, "pane alone", "this pane alone, and back"),
    look(&[Char('s')], Look::NextLayout, "layout", "next layout"),
    look(&[Char('S')], Look::PreviousLayout, "", "previous layout"),
    look(
        &[Char('E')],
        Look::Show(Pane::Diagram),
        "diagram",
        "events in space and time: a column a server, packets as lines; and back",
    ),
    look(
        &[Char('<')],
        Look::NarrowerTimeline,
        "",
        "a narrower timeline; less time in a row of the diagram",
    ),
    look(
        &[Char('>')],
        Look::WiderTimeline,
        "",
        "a wider timeline; more time in a row of the diagram",
    ),
    normal(&[Char('/')], Normal::Filter, "filter", "filter the events"),
    normal(&[Char(':')], Normal::Prompt, "command", "any command"),
    // The lab.
    normal(&[Char('y')], Normal::Copy, "copy", "copy a line that replays this moment"),
    normal(&[Ctrl('s')], Normal::Save, "save", "save the run so far as a script"),
    normal(&[Ctrl('l')], Normal::Redraw, "", "draw again"),
    normal(&[Key(Named::F(5))], Normal::Present, "", "presenter mode, and back"),
    normal(&[Char('F')], Normal::Big, "", "big: caption, map and logs alone, and back"),
    normal(&[Char('?'), Key(Named::F(1))], Normal::Help, "help", "help: legend and keys"),
    normal(&[Key(Named::Esc)], Normal::Escape, "", "close, unmark, unfilter; never quits"),
    normal(&[Ctrl('z')], Normal::Suspend, "", "back to the shell for a while (fg returns)"),
    normal(&[Char('q'), Ctrl('c')], Normal::Leave, "quit", "quit (asks once)"),
    // After [ and ].
    jump(&[Char('m')], Jump::Packet, "packet", "a packet that arrives or is dropped"),
    jump(&[Char('c')], Jump::Commit, "commit", "a commit"),
    jump(&[Char('r')], Jump::Role, "role", "a change of a role"),
    jump(&[Char('a')], Jump::Answer, "answer", "an answer that a client gets"),
    jump(&[Char('f')], Jump::Fault, "fault", "a fault"),
    jump(&[Char('l')], Jump::Line, "line", "a line of the script"),
    jump(&[Char('v')], Jump::Broken, "broken", "a broken rule, a failed expectation"),
    jump(&[Char(']'), Char('[')], Jump::Bookmark, "bookmark", "a bookmark"),
    jump(&[Key(Named::Esc), Ctrl('c')], Jump::Leave, "cancel", "cancel"),
    // Partition mode.
    partition(
        &[Range('1', '9')],
        Partition::Server,
        "server",
        "that server to the next group: A, B, C, A",
    ),
    partition(
        &[Range('a', 'e')],
        Partition::Client,
        "client",
        "that client to the next group, or to none (reaches all)",
    ),
    partition(
        &[Key(Named::Down), Key(Named::Right)],
        Partition::Next,
        "",
        "cursor to the next server (more than nine)",
    ),
    partition(
        &[Key(Named::Up), Key(Named::Left)],
        Partition::Previous,
        "",
        "cursor to the previous server",
    ),
    partition(&[Char('m')], Partition::AtCursor, "", "the server under the cursor, as by number"),
    partition(
        &[Char('l')],
        Partition::LeaderAndOne,
        "leader+1",
        "the leader and one follower against the rest",
    ),
    partition(&[Char('r')], Partition::Random, "random", "a random split"),
    partition(&[Key(Named::Backspace)], Partition::Together, "", "everybody back to A"),
    partition(&[Char('H')], Partition::Heal, "heal", "heal, and exit"),
    partition(&[Key(Named::Enter)], Partition::Cut, "cut", "cut"),
    partition(&[Key(Named::Esc), Ctrl('c')], Partition::Escape, "back", "exit, nothing cut"),
    // Link mode.
    link(
        &[Range('1', '9')],
        Link::Server,
        "from, to",
        "first the sender, then the receiver; a third press starts again (or arrows, or the mouse)",
    ),
    link(&[Range('a', 'e')], Link::Client, "", "a client, likewise"),
    link(&[Char('*')], Link::All, "all", "all servers"),
    link(&[Char('x')], Link::Cut, "cut", "cut that way"),
    link(&[Char('X')], Link::CutBoth, "both ways", "cut both ways"),
    link(&[Char('m')], Link::Mend, "mend", "mend that way"),
    link(&[Char('M')], Link::MendBoth, "", "mend both ways"),
    link(&[Char('o')], Link::Loss, "loss", "loss: 0, 10, 50, 100 %"),
    link(&[Char('s')], Link::Delay, "delay", "delay: as the network, 100, 500 ms"),
    link(&[Char('t')], Link::Duplicate, "twice", "sent twice: never, 10, 50 %"),
    link(
        &[Char('z')],
        Link::Hold,
        "hold",
        "hold packets at the end of that way; again: they arrive",
    ),
    link(&[Key(Named::Up)], Link::Up, "", "the way from the sender above"),
    link(&[Key(Named::Down)], Link::Down, "", "the way from the sender below"),
    link(&[Key(Named::Left)], Link::Left, "", "the way to the receiver at the left"),
    link(&[Key(Named::Right)], Link::Right, "", "the way to the receiver at the right"),
    link(
        &[Key(Named::Enter), Key(Named::Esc), Ctrl('c')],
        Link::Leave,
        "back",
        "exit (each press was a command)",
    ),
    // Packet mode.
    packet(&[Char('j'), Key(Named::Down)], Packet::Next, "choose", "choose the next packet"),
    packet(&[Char('k'), Key(Named::Up)], Packet::Previous, "", "choose the previous packet"),
    packet(&[Key(Named::Enter)], Packet::Deliver, "deliver", "deliver it now"),
    packet(&[Char('*')], Packet::DeliverAll, "all", "deliver all that are in flight now"),
    packet(&[Char('x')], Packet::Drop, "drop", "drop it"),
    packet(&[Char('t')], Packet::Duplicate, "twice", "send it twice"),
    packet(&[Char('s')], Packet::Delay, "delay", "delay it by 100 ms"),
    packet(&[Char('z')], Packet::Hold, "hold", "hold it, let it go"),
    packet(
        &[Char('a')],
        Packet::ByHand,
        "all by hand",
        "all by hand: nothing moves until you say so; again to end",
    ),
    packet(
        &[Range('1', '9')],
        Packet::Timer,
        "timer",
        "that server's timer fires: an election, or a leader's heartbeats",
    ),
    packet(&[Char('d')], Packet::Disks, "disks", "what was written is on every disk (slow disks)"),
    packet(&[Char('r')], Packet::Retry, "retry", "a client that waits tries the next server"),
    packet(&[Char('c')], Packet::Write, "write", "a write, as in normal mode"),
    packet(&[Char('v')], Packet::Read, "", "a read, as in normal mode"),
    packet(&[Char('u')], Packet::Undo, "undo", "undo my last command"),
    packet(&[Char('w')], Packet::Why, "why", "why was it sent"),
    packet(&[Char('i')], Packet::Inspect, "", "inspect it"),
    packet(&[Key(Named::Esc), Ctrl('c')], Packet::Leave, "back", "exit"),
    // The prompt.
    prompt(
        &[Key(Named::Enter)],
        Prompt::Run,
        "run",
        "run; a mistake keeps the line, with a caret and the nearest verb",
    ),
    prompt(&[Key(Named::Esc), Ctrl('c')], Prompt::Close, "close", "close"),
    prompt(&[Key(Named::Tab)], Prompt::Complete, "complete", "complete"),
    prompt(&[Key(Named::BackTab)], Prompt::CompleteBack, "", "complete, backwards"),
    prompt(&[Key(Named::Up)], Prompt::Older, "history", "older line that starts like this one"),
    prompt(&[Key(Named::Down)], Prompt::Newer, "", "newer line that starts like this one"),
    prompt(&[Ctrl('r')], Prompt::Search, "search", "search the history"),
    prompt(&[Key(Named::Left)], Prompt::Left, "", "left"),
    prompt(&[Key(Named::Right)], Prompt::Right, "", "right"),
    prompt(&[Ctrl('a'), Key(Named::Home)], Prompt::Start, "", "to the start"),
    prompt(&[Ctrl('e'), Key(Named::End)], Prompt::End, "", "to the end"),
    prompt(
        &[Key(Named::Backspace), Ctrl('h')],
        Prompt::DeleteBefore,
        "",
        "delete the letter before the cursor",
    ),
    prompt(
        &[Key(Named::Delete), Ctrl('d')],
        Prompt::DeleteAfter,
        "",
        "delete the letter under the cursor",
    ),
    prompt(&[Ctrl('w')], Prompt::CutWord, "", "cut a word"),
    prompt(&[Ctrl('u')], Prompt::CutToStart, "", "cut to the start"),
    prompt(&[Ctrl('k')], Prompt::CutToEnd, "", "cut to the end"),
    // Presenter mode.
    presenter(
        &[Key(Named::PageDown), Key(Named::Right)],
        Presenter::Next,
        "next beat",
        "next beat; while the script runs to it: skip there; at a question: the answer",
    ),
    presenter(
        &[Key(Named::PageUp), Key(Named::Left)],
        Presenter::Previous,
        "previous",
        "previous beat, with the state of that time, of the script untouched",
    ),
    presenter(
        &[Char(' ')],
        Presenter::Time,
        "",
        "at a beat: on; while it runs: pause; paused: resume",
    ),
    presenter(
        &[Char('b'), Char('.')],
        Presenter::Black,
        "black",
        "black screen and pause; any key brings both back",
    ),
    presenter(&[Key(Named::Home)], Presenter::First, "first beat", "first beat"),
    presenter(
        &[Key(Named::Esc)],
        Presenter::Leave,
        "end",
        "exit presenter mode; the script stays where it is",
    ),
    presenter(&[Char('q')], Presenter::Stay, "", "says: Esc first"),
    // Lists, dialogs and help.
    dialog(&[Char('j'), Key(Named::Down)], Dialog::Down, "down", "down"),
    dialog(&[Char('k'), Key(Named::Up)], Dialog::Up, "up", "up"),
    dialog(&[Key(Named::PageDown), Char(' ')], Dialog::PageDown, "page", "a page down"),
    dialog(&[Key(Named::PageUp)], Dialog::PageUp, "back", "a page up"),
    dialog(&[Char('g'), Key(Named::Home)], Dialog::Top, "", "top"),
    dialog(&[Char('G'), Key(Named::End)], Dialog::Bottom, "", "bottom"),
    dialog(
        &[Key(Named::Enter)],
        Dialog::Choose,
        "choose",
        "choose; close a text; of two futures, go to that moment",
    ),
    dialog(
        &[Char('d')],
        Dialog::Compare,
        "compare",
        "of a branch: compare it with the present future, side by side",
    ),
    dialog(&[Char('/')], Dialog::Search, "search", "search the help: keys and commands"),
    dialog(&[Key(Named::Esc), Char('q'), Char('?'), Ctrl('c')], Dialog::Close, "close", "close"),
    // Questions.
    question(&[Char('y'), Key(Named::Enter)], Question::Yes, "yes", "yes"),
    question(&[Char('n'), Key(Named::Esc)], Question::No, "no", "no"),
    question(
        &[Char('q'), Ctrl('c')],
        Question::Leave,
        "",
        "quit, if that is the question; otherwise no",
    ),
];

const fn row(
    mode: KeyMode,
    chords: &'static [Chord],
    action: Action,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { mode, chords, action, short, words }
}

const fn normal(
    chords: &'static [Chord],
    action: Normal,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Normal, chords, Action::Normal(action), short, words)
}

const fn look(
    chords: &'static [Chord],
    action: Look,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Normal, chords, Action::Look(action), short, words)
}

const fn partition(
    chords: &'static [Chord],
    action: Partition,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Partition, chords, Action::Partition(action), short, words)
}

const fn link(
    chords: &'static [Chord],
    action: Link,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Link, chords, Action::Link(action), short, words)
}

const fn prompt(
    chords: &'static [Chord],
    action: Prompt,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Prompt, chords, Action::Prompt(action), short, words)
}

const fn packet(
    chords: &'static [Chord],
    action: Packet,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { mode: KeyMode::Packet, chords, action: Action::Packet(action), short, words }
}

const fn presenter(
    chords: &'static [Chord],
    action: Presenter,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Presenter, chords, Action::Presenter(action), short, words)
}

const fn jump(
    chords: &'static [Chord],
    action: Jump,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { mode: KeyMode::Jump, chords, action: Action::Jump(action), short, words }
}

const fn dialog(
    chords: &'static [Chord],
    action: Dialog,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Dialog, chords, Action::Dialog(action), short, words)
}

const fn question(
    chords: &'static [Chord],
    action: Question,
    short: &'static str,
    words: &'static str,
) -> Binding {
    row(KeyMode::Question, chords, Action::Question(action), short, words)
}
