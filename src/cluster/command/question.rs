//! A question to the class, and its choices.
//!
//! A choice may say when it is so, by a condition. The cluster asks these conditions when the
//! question is answered, so what is shown as right is what is the case then, whatever seed a script
//! plays with and whatever somebody has done in between. A choice without a condition is never
//! said to be so.

use std::fmt::{Display, Formatter, Result as Written};

use super::caption::{CAPTION_COLUMNS, caption_flaw};
use super::conditions::condition;
use super::lex::Sign;
use super::reader::{Parsed, Reader};
use super::{Condition, Filler, Text};
use crate::cluster::fit::columns;

/// The fewest choices of a question.
pub const CHOICES_MIN: usize = 2;
/// The most choices of a question.
pub const CHOICES_MAX: usize = 5;
/// The most columns of a choice: behind it there is room for the hands that were counted.
pub const CHOICE_COLUMNS: usize = 40;
/// The most hands that are counted for one choice.
pub const HANDS_MAX: u32 = 9_999;

/// What a class is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub text: Text,
    pub choices: Vec<Choice>,
}

/// One answer of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub text: Text,
    /// When it is so; `None` if the lab is not to say.
    pub condition: Option<Condition>,
}

impl Question {
    /// The same with every `{name}` filled in.
    ///
    /// # Errors
    /// Those of `filler`.
    pub fn filled<F: Filler>(&self, filler: &F) -> Result<Self, F::Error> {
        let choice = |choice: &Choice| {
            let condition = &choice.condition;
            Ok(Choice {
                text: filler.text(&choice.text)?,
                condition: condition.as_ref().map(|it| it.filled(filler)).transpose()?,
            })
        };
        Ok(Self {
            text: filler.text(&self.text)?,
            choices: self.choices.iter().map(choice).collect::<Result<_, _>>()?,
        })
    }
}

impl Question {
    /// Whether the condition of a choice asks for a measure of one of these names.
    pub fn asks(&self, names: &[&str]) -> bool {
        let conditions = self.choices.iter().filter_map(|choice| choice.condition.as_ref());
        conditions.into_iter().any(|condition| asks(condition, names))
    }
}

fn asks(condition: &Condition, names: &[&str]) -> bool {
    match condition {
        Condition::And(one, two) | Condition::Or(one, two) => asks(one, names) || asks(two, names),
        Condition::Not(one) => asks(one, names),
        Condition::Is(measure) | Condition::Compare(measure, ..) => {
            names.contains(&measure.row.name)
        }
        Condition::Chance(_) => false,
    }
}

impl Display for Question {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        self.text.fmt(f)?;
        for Choice { text, condition } in &self.choices {
            // A choice that is the word `if` would begin its own condition.
            match text.as_str() {
                "if" => f.write_str(" | \"if\"")?,
                _ => write!(f, " | {text}")?,
            }
            if let Some(condition) = condition {
                write!(f, " if {condition}")?;
            }
        }
        Ok(())
    }
}

/// `TEXT | CHOICE [if CONDITION] | ...`
pub(super) fn question(reader: &mut Reader<'_>) -> Parsed<Question> {
    let spot = reader.spot();
    let text = reader.phrase(None)?;
    if let Some(flaw) = caption_flaw(text.as_str()) {
        let columns = CAPTION_COLUMNS;
        let help = format!("a question has room as a caption has: two lines of {columns} columns");
        reader.mistake(spot, flaw, Some(help));
    }
    let mut choices = Vec::new();
    while reader.sign(Sign::Bar) {
        let spot = reader.spot();
        let text = reader.phrase(Some("if"))?;
        let width = columns(text.as_str());
        if width > CHOICE_COLUMNS || text.as_str().contains('\n') {
            let message = format!("a choice has one line of {CHOICE_COLUMNS} columns at most");
            reader.mistake(spot, message, None);
        }
        let condition = if reader.keyword("if") { Some(condition(reader)?) } else { None };
        choices.push(Choice { text, condition });
        if choices.len() == CHOICES_MAX + 1 {
            let message = format!("a question has {CHOICES_MAX} choices at most");
            reader.mistake(spot, message, None);
        }
    }
    if choices.len() < CHOICES_MIN {
        reader.hint("a question has two choices at least, each behind a `|`");
        return reader.fail();
    }
    Some(Question { text, choices })
}
