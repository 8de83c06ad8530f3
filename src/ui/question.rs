//! A question to the class: the question, its choices with their numbers, what the class says to
//! each, and how likely each is if the oracle was asked. Once it is answered, the choices that are
//! so have a tick, the others step back, and a word says that this is the answer.
//!
//! ```text
//!  HOW MANY VOTES DOES S3 NEED?
//!   1   two
//!   2 ✓ three                    ███████████████ 40 of 80 hands
//!   3   five                     ███████ 20 of 80 hands
//! ```
//!
//! It has the largest letters that leave the map and the logs their room, and keeps them and its
//! rows while it is answered, so that nothing moves.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::block::{self, Face};
use super::canvas::Canvas;
use super::glyphs::Glyphs;
use super::headline::capitals;
use super::text::wrap;
use super::theme::{Ground, Ink};
use super::view::{Choice, Question, Said, Scene, Stage, Target};

/// The columns that are kept behind block letters for what the class says.
const BAR_ROOM: u16 = 30;
/// Beside the choice of whoever looks at this screen.
const YOURS: &str = "◄ your answer";
/// The longest bar.
const BAR_MAX: u16 = 24;

/// How large a question is drawn.
struct Form {
    /// The lines of the question, and their letters; plain ones where there is no face.
    lines: Vec<String>,
    face: Option<Face>,
    /// The letters of the choices.
    choices: Option<Face>,
    /// Whether there are empty rows between.
    roomy: bool,
}

impl Form {
    /// The largest form that fits; the smallest where none does.
    fn of(question: &Question, (width, rows): (u16, u16), glyphs: Glyphs) -> Self {
        let forms = [
            (Some(Face::Large), Some(Face::Small), true),
            (Some(Face::Small), Some(Face::Small), true),
            (Some(Face::Small), Some(Face::Small), false),
            (Some(Face::Large), None, true),
            (Some(Face::Small), None, true),
            (Some(Face::Small), None, false),
            (None, None, true),
        ];
        let room = width.saturating_sub(3);
        let form = |(face, choices, roomy): (Option<Face>, Option<Face>, bool)| {
            let lines = match face {
                Some(face) => block::lines(&capitals(&question.text), face, room, glyphs)?,
                None => plain(question, room, glyphs),
            };
            let fits = choices.is_none_or(|face| {
                let start = number_columns(Some(face)) + tick_columns(Some(face));
                let room = width.saturating_sub(start + BAR_ROOM + 2);
                question
                    .choices
                    .iter()
                    .all(|choice| block::fits(&capitals(&choice.text), face, room, glyphs))
            });
            fits.then_some(Self { lines, face, choices, roomy })
        };
        let count = question.choices.len() as u16;
        let fitting = forms.into_iter().filter_map(form).find(|form| form.rows(count) <= rows);
        fitting.unwrap_or_else(|| Self {
            lines: plain(question, room, glyphs),
            face: None,
            choices: None,
            roomy: false,
        })
    }

    /// How many rows it takes with so many choices.
    fn rows(&self, choices: u16) -> u16 {
        let gap = u16::from(self.roomy);
        self.margin() + self.line_rows() + gap + choices * (self.choice_rows() + gap)
    }

    fn line_rows(&self) -> u16 {
        self.lines.len() as u16 * self.face.map_or(1, Face::rows)
    }

    /// Block letters fill their rows: one above keeps them from the edge.
    const fn margin(&self) -> u16 {
        (self.roomy && self.face.is_some()) as u16
    }

    fn choice_rows(&self) -> u16 {
        self.choices.map_or(1, Face::rows)
    }

    /// Where the choices stand, one below the other as far as there is room.
    fn choice_areas(&self, area: Rect) -> impl Iterator<Item = Rect> {
        let (gap, height) = (u16::from(self.roomy), self.choice_rows());
        let first = area.y + self.margin() + self.line_rows() + gap;
        let tops = (first..area.bottom()).step_by(usize::from(height + gap));
        let rows = tops.map(move |y| Rect { y, height, ..area });
        rows.take_while(move |row| row.bottom() <= area.bottom())
    }
}

fn plain(question: &Question, room: u16, glyphs: Glyphs) -> Vec<String> {
    wrap(&question.text, room, glyphs).map(str::to_owned).collect()
}

/// The columns of the plate with a choice's number, and of the tick behind it.
const fn number_columns(face: Option<Face>) -> u16 {
    if face.is_some() { 8 } else { 5 }
}

fn tick_columns(face: Option<Face>) -> u16 {
    face.and_then(|face| face.width("✓")).map_or(3, |width| width + 2)
}

/// How many rows the question takes in so many columns, where there are so many rows for it.
pub fn rows(question: &Question, size: (u16, u16), glyphs: Glyphs) -> u16 {
    Form::of(question, size, glyphs).rows(question.choices.len() as u16)
}

/// The choice at a row of the screen, while it can be chosen.
pub fn hit(area: Rect, scene: &Scene, y: u16) -> Option<Target> {
    let question = scene.view.drawn_question()?;
    let form = Form::of(question, (area.width, area.height), scene.view.theme.glyphs);
    let mut choices = (1..).zip(form.choice_areas(area)).take(question.choices.len());
    let (number, _) = choices.find(|(_, row)| (row.top()..row.bottom()).contains(&y))?;
    (question.stage == Stage::Asked).then_some(Target::Answer(number))
}

/// Draws the question and its choices.
pub fn draw(canvas: &mut Canvas, area: Rect, scene: &Scene) {
    let Some(question) = scene.view.drawn_question().filter(|_| !area.is_empty()) else { return };
    let theme = canvas.theme();
    canvas.fill(area, theme.ground(Ground::News));
    let form = Form::of(question, (area.width, area.height), theme.glyphs);
    let strong = theme.ink(Ink::Strong).patch(theme.bold());
    let style = match question.stage {
        Stage::Asked => strong,
        Stage::Revealed => theme.ink(Ink::Soft).patch(theme.bold()),
    };
    let mut y = area.y + form.margin();
    let mut end = area.x + 1;
    for line in &form.lines {
        end = match form.face {
            Some(face) => block::draw(canvas, (area.x + 1, y), line, face, style),
            None => {
                let mut pen = canvas.pen_at(area.x + 1, y, area.width.saturating_sub(2));
                pen.style(style).put(line);
                pen.x()
            }
        };
        y += form.face.map_or(1, Face::rows);
    }
    if question.stage == Stage::Revealed {
        let word = " ANSWER ";
        let start = area.right().saturating_sub(word.len() as u16 + 1);
        let free = form.margin() > 0 || (form.lines.len() == 1 && end + 2 < start);
        if free {
            canvas.pen_at(start, area.y, 8).style(theme.on(Ground::Bright)).put(word);
        }
    }
    if question.is_open() {
        let room = area.right().saturating_sub(end + 3);
        let words = "None of these is so.";
        if theme.glyphs.width(words) <= room {
            canvas.pen_at(end + 2, y.saturating_sub(1), room).style(strong).put(words);
        }
    }
    let bars = bars_from(question, &form, area, theme.glyphs);
    for ((number, choice), row) in (1..).zip(&question.choices).zip(form.choice_areas(area)) {
        draw_choice(canvas, row, (question, choice, number), &form, bars);
    }
}

/// The column behind the longest choice.
fn bars_from(question: &Question, form: &Form, area: Rect, glyphs: Glyphs) -> u16 {
    let width = |choice: &Choice| match form.choices {
        Some(face) => face.width(&capitals(&choice.text)).unwrap_or(0),
        None => glyphs.user_width(&choice.text, area.width),
    };
    let widest = question.choices.iter().map(width).max().unwrap_or(0);
    area.x + number_columns(form.choices) + tick_columns(form.choices) + widest + 3
}

fn draw_choice(
    canvas: &mut Canvas,
    area: Rect,
    (question, choice, number): (&Question, &Choice, u16),
    form: &Form,
    bars: u16,
) {
    let theme = canvas.theme();
    let right = choice.so == Some(true);
    let style = match question.stage {
        Stage::Asked => theme.ink(Ink::Strong).patch(theme.bold()),
        Stage::Revealed if right => theme.ink(Ink::Strong).patch(theme.bold()),
        Stage::Revealed => theme.ink(Ink::Dim),
    };
    let plate = match question.stage {
        Stage::Revealed if !right => theme.on(Ground::Gate),
        Stage::Asked | Stage::Revealed => theme.on(Ground::Bright),
    };
    let start = area.x + number_columns(form.choices);
    let text = start + tick_columns(form.choices);
    match form.choices {
        Some(face) => {
            canvas.fill(Rect { x: area.x + 1, width: 6, ..area }, plate);
            block::draw(canvas, (area.x + 3, area.y), &number.to_string(), face, plate);
            if right {
                block::draw(canvas, (start, area.y), "✓", face, style);
            }
            block::draw(canvas, (text, area.y), &capitals(&choice.text), face, style);
        }
        None => {
            canvas.pen_at(area.x + 1, area.y, 3).style(plate).put(format_args!(" {number} "));
            if right {
                canvas.pen_at(start, area.y, 3).style(style).put('✓');
            }
            let room = area.right().saturating_sub(text);
            canvas.pen_at(text, area.y, room).style(style).user_clipped(&choice.text);
        }
    }
    let middle = area.y + area.height / 2;
    let room = area.right().saturating_sub(bars + 1);
    draw_said(canvas, (bars, middle, room), (question, choice), style);
}

/// What the class says to a choice: a mark, or a bar as long as its share of the hands.
fn draw_said(
    canvas: &mut Canvas,
    (x, y, room): (u16, u16, u16),
    (question, choice): (&Question, &Choice),
    style: Style,
) {
    let glyphs = canvas.theme().glyphs;
    let all = question.hands();
    let shares = choice.share.as_ref();
    let shares = shares.map(|share| [format!("({share} of futures)"), format!("({share})")]);
    let kept = shares.as_ref().map_or(0, |[_, short]| glyphs.width(short) + 1);
    let (bar, words) = match choice.said {
        Said::Nothing if choice.own => (String::new(), vec![YOURS.to_owned(), "◄".to_owned()]),
        Said::Nothing => (String::new(), vec![String::new()]),
        Said::Chosen => (String::new(), vec![YOURS.to_owned(), "◄".to_owned()]),
        Said::Hands(hands) => {
            let mut words = vec![format!("{hands} of {all} hands"), format!("{hands}")];
            if choice.own {
                words = words
                    .iter()
                    .flat_map(|it| [format!("{it} {YOURS}"), format!("{it} ◄")])
                    .collect();
            }
            let longest = room.saturating_sub(glyphs.width(&words[0]) + 1 + kept).min(BAR_MAX);
            let share = u64::from(longest) * u64::from(hands) / u64::from(all.max(1));
            let least = u64::from(hands > 0);
            let cells = share.max(least).min(u64::from(longest)) as usize;
            (glyphs.block().to_string().repeat(cells), words)
        }
    };
    let mut pen = canvas.pen_at(x, y, room);
    pen.style(style).put(&bar);
    if !bar.is_empty() {
        pen.put(' ');
    }
    let left = pen.room().saturating_sub(kept);
    if let Some(form) = words.iter().find(|form| glyphs.width(form) <= left) {
        pen.put(form);
    }
    let fits = |share: &&String| glyphs.width(share) < pen.room();
    if let Some(share) = shares.iter().flatten().find(fits).cloned() {
        pen.put(' ').put(share);
    }
}
