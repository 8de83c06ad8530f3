//! What is asked and answered, in a row of the clients.

use crate::cluster::client::{Finished, Work};
use crate::cluster::history::Returned;
use crate::cluster::types::{Answer, Outcome, Request, Version};
use crate::ui::canvas::Pen;

/// "put x=9 @2", in full or cut short.
pub(super) fn put_work(pen: &mut Pen, work: &Work) {
    match work {
        Work::Get { key } => pen.put("get ").user(key),
        Work::Put { key, value, version } => put_write(pen, "put ", key, value, Some(*version)),
        Work::Set { key, value } => put_write(pen, "set ", key, value, None),
        Work::Check { key, .. } => pen.put("check ").user(key),
        Work::Acquire { lock } => pen.put("acquire ").user(lock),
        Work::Release { lock } => pen.put("release ").user(lock),
    };
}

/// "get x", "put x=9 @2".
pub(super) fn put_request(pen: &mut Pen, request: &Request) {
    match request {
        Request::Get { key } => pen.put("get ").user(key),
        Request::Put { key, value, version } => put_write(pen, "put ", key, value, Some(*version)),
    };
}

/// The fewest columns in which a cut text still says something.
const LEAST: u16 = 4;

/// "put x=9@2". Where there is no room for a part of everything, the key tells most.
fn put_write<'a, 'b>(
    pen: &'a mut Pen<'b>,
    verb: &str,
    key: &str,
    value: &str,
    version: Option<Version>,
) -> &'a mut Pen<'b> {
    let version = version.map(|version| format!("@{version}")).unwrap_or_default();
    let behind = version.len() as u16;
    let room = pen.put(verb).room().saturating_sub(1 + behind);
    let (of_key, of_value) = (pen.user_width(key, room + 1), pen.user_width(value, room));
    if room < 2 * LEAST && of_key + of_value > room {
        // The sign between key and value is not needed then.
        return if of_key <= room + 1 { pen.user(key).put(version) } else { pen.user(key) };
    }
    let room_for_key = room.saturating_sub(of_value).max(room.div_ceil(2));
    pen.user_within(key, room_for_key).put('=');
    let room = pen.room().saturating_sub(behind);
    pen.user_within(value, room).put(version)
}

/// "ok @3"; for a get, what it found: "3 @2".
pub(super) fn put_result(pen: &mut Pen, client: &str, last: &Finished) {
    let Answer { outcome, value, version } = &last.result;
    match (&last.work, outcome) {
        (Work::Get { .. }, Outcome::Ok) => put_found(pen, value, *version),
        (Work::Acquire { .. }, Outcome::Ok) => {
            pen.put("held");
        }
        // What a release found and left alone: the lock is another's.
        (Work::Release { .. }, Outcome::Ok) if !value.is_empty() => {
            let holder = value.rsplit_once('-').map_or(&**value, |(name, _)| name);
            let room = "not 's: client  holds it".len() as u16;
            if pen.user_width(client, 40) + pen.user_width(holder, 40) + room <= pen.room() {
                pen.put("not ").user(client).put("'s: client ").user(holder).put(" holds it");
            } else {
                let room = pen.room().saturating_sub(" has it".len() as u16);
                pen.user_within(holder, room).put(" has it");
            }
        }
        (Work::Release { .. }, Outcome::Ok) => {
            pen.put("free");
        }
        (_, Outcome::Ok | Outcome::Version) => put_versioned(pen, *outcome, *version),
        (_, Outcome::NoKey | Outcome::Maybe) => {
            pen.put(outcome);
        }
    }
}

/// What one get or put was told, in the same words.
pub(super) fn put_answer(pen: &mut Pen, request: &Request, returned: &Returned) {
    match (request, returned.outcome) {
        (Request::Get { .. }, Outcome::Ok) => put_found(pen, &returned.value, returned.version),
        (Request::Put { .. }, Outcome::Ok | Outcome::Version) => {
            put_versioned(pen, returned.outcome, returned.version);
        }
        (_, outcome @ (Outcome::Version | Outcome::NoKey | Outcome::Maybe)) => {
            pen.put(outcome);
        }
    }
}

fn put_found(pen: &mut Pen, value: &str, version: Version) {
    let version = format!(" @{version}");
    let room = pen.room().saturating_sub(version.len() as u16);
    let text = if value.is_empty() { "\"\"" } else { value };
    pen.user_within(text, room).put(version);
}

fn put_versioned(pen: &mut Pen, outcome: Outcome, version: Version) {
    let (words, version) = (format!(", version {version}"), format!(" @{version}"));
    if outcome == Outcome::Ok && usize::from(pen.room()) >= "ok".len() + words.len() {
        pen.put(outcome).put(words);
        return;
    }
    // A number that is cut short is another number.
    if pen.put(outcome).room() >= version.len() as u16 {
        pen.put(version);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::canvas::Canvas;
    use crate::ui::view::View;

    fn put(width: u16, key: &str, value: &str) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
        let mut canvas = Canvas::new(&mut buffer, View::default().theme);
        let (key, value, version) = (key.into(), value.into(), Version(12));
        put_request(&mut canvas.pen_at(0, 0, width), &Request::Put { key, value, version });
        let row: String = (0..width).map(|x| buffer[(x, 0)].symbol()).collect();
        row.trim_end().to_owned()
    }

    #[test]
    fn where_there_is_no_room_for_all_the_key_tells_most() {
        let value = "v".repeat(64);
        for (width, expected) in [
            (24, "put load1-k0=vvvvvv..@12"),
            (20, "put load..=vvvv..@12"),
            (15, "put load1-k0@12"),
            (13, "put load1-k0"),
            (11, "put load1.."),
            (5, "put ."),
        ] {
            assert_eq!(put(width, "load1-k0", &value), expected, "in {width} columns");
        }
        assert_eq!(put(10, "x", "9"), "put x=9@12");
        assert_eq!(put(15, "inside", "a"), "put inside=a@12");
    }
}
