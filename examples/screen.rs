//! The lab without a terminal: keys go in, a drawn screen comes out as an SVG file.
//! `cargo run --example screen > lab.svg`.

use std::time::Duration;

use raftlab::app::input::Chord;
use raftlab::app::input::Input;
use raftlab::app::session::{Message, Session};
use raftlab::cluster::config::Config;
use raftlab::ui;
use raftlab::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

fn main() {
    let mut session = Session::free(Config::default(), Theme::default());
    session.resize(Size::new(120, 40));
    for _ in 0..600 {
        session.update(Message::Frame(Duration::from_millis(16)));
    }
    session.update(Message::Input(Input::Key(Chord::Char('c'))));
    session.update(Message::Frame(Duration::from_millis(16)));
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    ui::draw_into(&mut buffer, &session.scene());
    println!("{}", ui::export::svg(&buffer, ui::export::Paper::Dark));
}
