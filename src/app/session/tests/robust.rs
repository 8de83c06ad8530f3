//! What nobody means to do: empty scripts, windows of no size, keys at random.

use super::*;
use crate::ui;

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
