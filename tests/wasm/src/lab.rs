//! What can be asked of the lab. The first line of a request says what is wanted of the script below
//! it:
//!
//! - `play SEED`: the digest at its end;
//! - `show WIDTH HEIGHT KEYS`: what the screen shows when these keys have been pressed, each of them
//!   after a second, in a session that plays it; Enter is `$`, Esc is `^`.

use std::time::Duration;

use raftlab::app::input::Chord;
use raftlab::app::input::{Input, Named};
use raftlab::app::session::{Message, Session};
use raftlab::cluster::command::Script;
use raftlab::cluster::{Cluster, Step};
use raftlab::ui;
use raftlab::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

/// The answer to a request.
pub fn answer(request: &str) -> String {
    let (wish, script) = request.split_once('\n').unwrap_or((request, ""));
    let script = match Script::parse("asked.lab", script.as_bytes()) {
        Ok(script) => script,
        Err(mistakes) => return mistakes.iter().map(ToString::to_string).collect(),
    };
    let number = |word: &str| word.parse().unwrap_or(u64::MAX);
    match wish.splitn(4, ' ').collect::<Vec<_>>()[..] {
        ["play", seed] => play(&script, number(seed)),
        ["show", width, height, keys] => {
            let length = |word| number(word).min(200) as u16;
            show(&script, Size::new(length(width), length(height)), keys)
        }
        _ => format!("play or show? {wish}"),
    }
}

fn play(script: &Script, seed: u64) -> String {
    let mut cluster = Cluster::with_script(script, Some(seed));
    while !cluster.finished() && !cluster.is_stopped() && cluster.step() == Step::Happened {}
    format!("{:016x}", cluster.digest())
}

fn show(script: &Script, size: Size, keys: &str) -> String {
    let mut session = Session::script("asked.lab".into(), script, None, Theme::default());
    session.resize(size);
    for key in keys.chars() {
        for _ in 0..20 {
            session.update(Message::Frame(Duration::from_millis(50)));
        }
        let chord = match key {
            '$' => Chord::Key(Named::Enter),
            '^' => Chord::Key(Named::Esc),
            letter => Chord::Char(letter),
        };
        session.update(Message::Input(Input::Key(chord)));
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    ui::draw_into(&mut buffer, &session.scene());
    let row = |y| (0..size.width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "\n";
    (0..size.height).map(row).collect()
}
