//! What nobody means to do: empty scripts, windows of no size, keys at random.

use crate::app::input::Chord;
use crate::app::input::{Mouse, MouseAct, Named};

use super::*;
use crate::cluster::rng::{Entity, Rng};
use crate::ui;
use crate::ui::view::Pane;

/// Draws the session on a screen of this size, and asks what stands there.
fn look(session: &mut Session, width: u16, height: u16) {
    let size = Size { width, height };
    session.resize(size);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    ui::draw_into(&mut buffer, &session.scene());
    for (x, y) in [(0, 0), (width / 2, height / 2), (width - 1, height - 1)] {
        ui::hit(size, &session.scene(), x, y);
    }
}

#[test]
fn a_script_without_a_line_opens_and_can_be_walked_about_in() {
    for text in ["", "\n", "\u{feff}", "\u{feff}\r\n", "# nothing\n"] {
        let mut session = script(text);
        for keys in ["Tab", "s", "f", "Down", "PgDn", "Home", "e", "?", "Esc", ": Esc", "Space"] {
            press(&mut session, keys);
            frames(&mut session, 0.1);
            for (width, height) in [(60, 16), (120, 40), (300, 100)] {
                look(&mut session, width, height);
            }
        }
    }
}

#[test]
fn no_window_is_too_small_for_what_is_open_over_it() {
    for open in ["?", "w", "e", "!", "q", "o", "P", "L", "M", ": 'put", "B", "W", "Enter"] {
        let mut session = led();
        press(&mut session, open);
        for (width, height) in [(1, 1), (2, 3), (3, 2), (1, 40), (300, 1), (59, 15), (60, 16)] {
            look(&mut session, width, height);
            for keys in ["Down", "PgDn", "Tab", "Up", "Right"] {
                press(&mut session, keys);
            }
            frames(&mut session, 0.05);
        }
    }
}

/// Seeded chance.
struct Chance(Rng);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u32) as usize]
    }
}

const NAMED: &[Named] = &[
    Named::Enter,
    Named::Esc,
    Named::Tab,
    Named::BackTab,
    Named::Backspace,
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
    Named::F(5),
    Named::F(12),
];

const LINES: &[&str] = &[
    "crash leader",
    "restart S1",
    "partition S1 S2 | rest",
    "heal",
    "set x 1",
    "load rate=100/s",
    "load stop",
    "chaos swarm",
    "chaos stop",
    "net long-reordering",
    "by-hand on",
    "by-hand off",
    "watch leader",
    "watch x on S1",
    "break term > 2",
    "compare 1",
    "back leader = S1",
    "help put",
    "flaw commit-old-term on",
    "put k \"\u{202e}\u{1b}[2J漢字\" client=z",
    "say 領導者失去了多數派",
    "note \"e\u{301}🎉\"",
    "put x 1 @18446744073709551615",
    "clock S1 100",
    "wipe S2",
    "memory 100MB",
];

/// Something that a person, a cat or a broken line does.
fn any_input(chance: &mut Chance) -> Vec<Input> {
    let typed = |letter| Input::Key(Chord::Char(letter));
    let place = |chance: &mut Chance| (chance.below(320) as u16, chance.below(110) as u16);
    match chance.below(20) {
        0..=8 => vec![typed(char::from(b' ' + chance.below(95) as u8))],
        9..=12 => vec![Input::Key(Chord::Key(*chance.one(NAMED)))],
        // Saving would write into this folder.
        13 => {
            let letter = *chance.one(&['c', 'r', 'u', 'w', 'k', 'a', 'e', 'z', 'l', 'd', 'n', 'p']);
            vec![Input::Key(Chord::Ctrl(letter))]
        }
        14..=15 => {
            let line = chance.one(LINES).chars().map(typed);
            let named = |named| Input::Key(Chord::Key(named));
            let start = [named(Named::Esc), typed(':')];
            start.into_iter().chain(line).chain([named(Named::Enter)]).collect()
        }
        16..=18 => {
            let acts =
                [MouseAct::Press, MouseAct::PressOther, MouseAct::ScrollDown, MouseAct::ScrollUp];
            let (act, (column, row)) = (*chance.one(&acts), place(chance));
            vec![Input::Mouse(Mouse { act, column, row })]
        }
        _ => {
            let texts = ["x", "漢字 é", "\u{1b}]0;t\u{7}\n", "set k \u{202e}", "e\u{301}\u{200d}"];
            vec![Input::Paste((*chance.one(&texts)).to_owned())]
        }
    }
}

/// What no cell holds that has been drawn.
const UNTOUCHED: &str = "\u{1}";

/// Every pane draws into its own area and nowhere else.
fn panes_keep_to_their_areas(session: &Session, size: Size) {
    let mut blank = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    for cell in &mut blank.content {
        cell.set_symbol(UNTOUCHED);
    }
    for pane in Pane::EVERY {
        let mut buffer = blank.clone();
        let area = ui::draw_alone(&mut buffer, &session.scene(), pane);
        let cells = buffer.content.iter().zip(&blank.content).enumerate();
        for (place, (cell, before)) in cells {
            let (x, y) = (place as u16 % size.width, place as u16 / size.width);
            let inside = area.contains((x, y).into());
            assert!(inside || cell == before, "{pane:?} draws {:?} at {x},{y}", cell.symbol());
        }
    }
}

/// Presses so many keys, from this seed on. A lab that is left is opened again.
fn play_about(seed: u64, inputs: u32, open: impl Fn() -> Session) {
    let mut chance = Chance(Rng::new(seed, Entity::Lab));
    let mut session = open();
    let mut size = Size::new(120, 40);
    for _ in 0..inputs {
        for input in any_input(&mut chance) {
            if session.update(Message::Input(input)) == Some(Effect::Leave) {
                session = open();
            }
        }
        if chance.below(8) == 0 {
            // Any, a usual one, the smallest that is drawn, one that is too small.
            let ranges = [(1, 300, 1, 100), (60, 60, 16, 24), (60, 1, 16, 1), (1, 60, 1, 16)];
            let (left, width, top, height) = *chance.one(&ranges);
            let (width, height) = (left + chance.below(width), top + chance.below(height));
            size = Size::new(width as u16, height as u16);
        }
        if chance.below(3) == 0 {
            session.update(Message::Frame(Duration::from_millis(u64::from(chance.below(60)))));
        }
        if chance.below(6) == 0 {
            look(&mut session, size.width, size.height);
        }
        if chance.below(40) == 0 && ui::layout::fits(size) {
            session.resize(size);
            panes_keep_to_their_areas(&session, size);
        }
    }
}

/// As many inputs for each lab as `RAFTLAB_MONKEY_KEYS` says.
#[test]
fn keys_and_sizes_at_random_break_nothing() {
    let inputs = std::env::var("RAFTLAB_MONKEY_KEYS").ok().and_then(|text| text.parse().ok());
    let inputs = inputs.unwrap_or(1_200);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    play_about(1, inputs, led);
    for (seed, name) in
        [(2, "lessons/07_a_lost_majority_commits_nothing.lab"), (3, "flaws/forget_log.lab")]
    {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        play_about(seed, inputs, || script(&text));
    }
    play_about(4, inputs, || script("cluster servers=25 network=unreliable\nuntil leader\nbeat\n"));
}
