//! Exports are read back here: the SVG by a small reader that refuses what is not well-formed,
//! the ANSI text by a terminal.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::*;

/// An element: its name, its attributes and, for a text, its letters.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> f32 {
        self.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.name)).parse().unwrap()
    }
}

fn unescaped(text: &str) -> String {
    let bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    assert!(!bare.contains(['&', '<', '>']), "not escaped: {text}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Reads well-formed XML of one level inside the root.
fn elements(svg: &str) -> Vec<Element> {
    let mut rest = svg;
    let mut open: Vec<String> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    while let Some(start) = rest.find('<') {
        let text = unescaped(&rest[..start]);
        match (open.last(), elements.last_mut()) {
            (Some(name), Some(last)) if name == "text" || name == "style" => last.text = text,
            _ => assert_eq!(text.trim(), "", "text outside of an element"),
        }
        let end = start + rest[start..].find('>').expect("an open tag");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let closed = attributes.ends_with('/');
        elements.push(Element {
            name: name.to_owned(),
            attributes: pairs(attributes.trim_end_matches('/')),
            text: String::new(),
        });
        if !closed {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    elements
}

fn pairs(attributes: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").expect("an attribute");
        let (value, after) = after.split_once('"').expect("a closing quote");
        assert!(pairs.iter().all(|(other, _)| other != key), "{key} twice");
        pairs.push((key.trim().to_owned(), value.to_owned()));
        rest = after.trim();
    }
    pairs
}

fn buffer(lines: &[(&str, Style)]) -> Buffer {
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap() as u16;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, lines.len() as u16));
    for (row, (line, style)) in (0..).zip(lines) {
        buffer.set_string(0, row, line, *style);
    }
    buffer
}

#[test]
fn words_stand_in_their_columns() {
    let svg = svg(&buffer(&[("", Style::new()), ("  S1 <&>", Style::new())]), Paper::Dark);
    let elements = elements(&svg);
    let texts: Vec<&Element> = elements.iter().filter(|one| one.name == "text").collect();
    let placed: Vec<(f32, f32, &str)> =
        texts.iter().map(|one| (one.number("x"), one.number("textLength"), &*one.text)).collect();
    assert_eq!(placed, [(18.0, 18.0, "S1"), (45.0, 27.0, "<&>")]);
    // The second row of eighteen units each.
    assert!(texts.iter().all(|one| (18.0..36.0).contains(&one.number("y"))));
    assert_eq!((elements[0].number("width"), elements[0].number("height")), (72.0, 36.0));
}

#[test]
fn symbols_are_centred_and_lines_are_drawn() {
    let svg = svg(&buffer(&[("★─╗▐", Style::new())]), Paper::Light);
    let elements = elements(&svg);
    let star = elements.iter().find(|one| one.text == "★").unwrap();
    assert_eq!((star.number("x"), star.get("text-anchor")), (4.5, Some("middle")));
    let path = elements.iter().find(|one| one.name == "path").unwrap().get("d").unwrap();
    assert_eq!(path, "M9 9H18M24 18V7.5H18M21 18V10.5H18");
    let half = elements.iter().rfind(|one| one.name == "rect").unwrap();
    assert_eq!((half.number("x"), half.number("width")), (31.5, 4.5));
}

#[test]
fn colours_and_modifiers_are_kept() {
    let filled = Style::new().bg(Color::Rgb(0x56, 0xB4, 0xE9)).fg(Color::Black);
    let reversed = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
    let faint = Style::new().add_modifier(Modifier::DIM | Modifier::CROSSED_OUT);
    let svg = svg(&buffer(&[("a", filled), ("b", reversed), ("c", faint)]), Paper::Dark);
    let elements = elements(&svg);
    let text = |letter| elements.iter().find(|one| one.text == letter).unwrap();
    let grounds: Vec<Option<&str>> =
        elements.iter().filter(|one| one.name == "rect").map(|one| one.get("fill")).collect();
    assert_eq!(grounds, [Some("#12161c"), Some("#56b4e9"), Some("#e4e7eb")]);
    assert_eq!(text("a").get("fill"), Some("#000000"));
    assert_eq!(text("b").get("fill"), Some("#12161c"));
    assert_eq!(text("b").get("font-weight"), Some("bold"));
    assert_eq!(text("c").get("fill-opacity"), Some("0.60"));
    assert_eq!(text("c").get("text-decoration"), Some("line-through"));
}

#[test]
fn the_256_colours_are_those_of_xterm() {
    let hex = |number| {
        let style = Style::new().bg(Color::Indexed(number));
        let svg = svg(&buffer(&[(" ", style)]), Paper::Dark);
        let elements = elements(&svg);
        let ground = elements.iter().rfind(|one| one.name == "rect").unwrap();
        ground.get("fill").unwrap().to_owned()
    };
    assert_eq!([16, 74, 178, 231].map(hex), ["#000000", "#5fafd7", "#d7af00", "#ffffff"]);
    assert_eq!([232, 255].map(hex), ["#080808", "#eeeeee"]);
}

#[test]
fn no_control_character_leaves_the_screen() {
    let mut buffer = buffer(&[("ab", Style::new())]);
    buffer.cell_mut((0, 0)).unwrap().set_symbol("\u{1b}");
    assert_eq!(ansi(&buffer), "?b\n");
    assert!(svg(&buffer, Paper::Dark).contains(">?b</text>"));
}

/// A wide letter stands in the first of its two cells, and is drawn around the middle of both.
#[test]
fn wide_letters_keep_their_two_columns() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 7, 1));
    buffer.set_string(0, 0, "漢a字🎉", Style::new());
    assert_eq!(ansi(&buffer), "漢a字🎉\n");
    let svg = svg(&buffer, Paper::Dark);
    let elements = elements(&svg);
    let texts = elements.iter().filter(|one| one.name == "text");
    let placed: Vec<(f32, &str)> = texts.map(|one| (one.number("x"), &*one.text)).collect();
    assert_eq!(placed, [(9.0, "漢"), (18.0, "a"), (36.0, "字"), (54.0, "🎉")]);
}

#[test]
fn ansi_text_names_styles_once_and_ends_without_one() {
    let bold = Style::new().add_modifier(Modifier::BOLD).fg(Color::Indexed(74));
    let buffer = buffer(&[("plain  ", Style::new()), ("bold", bold)]);
    assert_eq!(ansi(&buffer), "plain\n\x1b[0;1;38;5;74mbold\x1b[0m\n");
}

fn any_style() -> impl Strategy<Value = Style> {
    let colour = || {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Green),
            Just(Color::LightBlue),
            any::<u8>().prop_map(Color::Indexed),
            any::<[u8; 3]>().prop_map(|[red, green, blue]| Color::Rgb(red, green, blue)),
        ]
    };
    let modifiers = [Modifier::empty(), Modifier::BOLD, Modifier::REVERSED, Modifier::UNDERLINED];
    (colour(), colour(), proptest::sample::select(modifiers.to_vec()))
        .prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

fn any_buffer() -> impl Strategy<Value = Buffer> {
    let symbol = proptest::sample::select("ab <>&\"'★─║▓►é".chars().collect::<Vec<_>>());
    proptest::collection::vec((symbol, any_style()), 60).prop_map(|cells| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 5));
        for (cell, (symbol, style)) in buffer.content.iter_mut().zip(cells) {
            cell.set_char(symbol).set_style(style);
        }
        buffer
    })
}

proptest! {
    /// A terminal that reads the text shows the same screen.
    #[test]
    fn ansi_text_read_back_is_the_screen(buffer in any_buffer()) {
        let mut terminal = vt100::Parser::new(5.try_into().unwrap(), 12.try_into().unwrap(), 0);
        terminal.process(ansi(&buffer).trim_end_matches('\n').replace('\n', "\r\n").as_bytes());
        for y in 0..5 {
            for x in 0..12 {
                let cell = &buffer[(x, y)];
                let read = terminal.screen().cell(y, x).unwrap();
                let symbol = if read.contents().is_empty() { " " } else { read.contents() };
                prop_assert_eq!(symbol, cell.symbol());
                prop_assert_eq!(read.bold(), cell.modifier.contains(Modifier::BOLD));
                prop_assert_eq!(read.inverse(), cell.modifier.contains(Modifier::REVERSED));
                let expected = match cell.bg {
                    Color::Reset => vt100::Color::Default,
                    Color::Green => vt100::Color::Idx(2),
                    Color::LightBlue => vt100::Color::Idx(12),
                    Color::Indexed(number) => vt100::Color::Idx(number),
                    Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
                    other => panic!("{other}"),
                };
                prop_assert_eq!(read.bgcolor(), expected);
            }
        }
    }

    /// Every glyph is in the SVG, in its row and column.
    #[test]
    fn every_glyph_is_in_its_cell(buffer in any_buffer()) {
        let svg = svg(&buffer, Paper::Light);
        let mut found = vec![' '; 60];
        for element in elements(&svg).iter().filter(|one| one.name == "text") {
            let row = (element.number("y") / 18.0) as usize;
            let column = (element.number("x") / 9.0) as usize;
            for (offset, letter) in element.text.chars().enumerate() {
                found[row * 12 + column + offset] = letter;
            }
        }
        for (cell, found) in buffer.content().iter().zip(found) {
            let drawn = "─║▓".contains(cell.symbol());
            let expected = if drawn { " " } else { cell.symbol() };
            prop_assert_eq!(expected, found.to_string());
        }
    }
}
