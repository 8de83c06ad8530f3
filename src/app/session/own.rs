//! The prompt's own words: what is typed after `:` and is no command to the cluster.
//!
//! A table as that of the verbs: a row says how a word is written, what it does, and which function
//! does it. Completion, the word that is suggested for a misspelt one, `:help` and the page of keys
//! are made from it.

use std::fmt::Write as _;

#[cfg(feature = "scripts")]
use super::Origin;
use super::dialog::{Asking, Reading};
use super::{Effect, Mode, Session};
#[cfg(feature = "scripts")]
use crate::app::scenes;

/// One word of the prompt's own.
pub struct Own {
    pub name: &'static str,
    /// Its forms, as those of a verb.
    pub usage: &'static [&'static str],
    /// In a line.
    pub summary: &'static str,
    pub examples: &'static [&'static str],
    /// What stands after it is completed as after this verb.
    pub(super) like: Option<&'static str>,
    pub(super) act: Act,
}

/// What a word does with the rest of its line.
#[derive(Clone, Copy)]
pub(super) enum Act {
    Here(fn(&mut Session, &str)),
    /// Something that only the owner of the screen can do.
    Outside(fn(&mut Session, &str) -> Option<Effect>),
}

const fn own(
    name: &'static str,
    usage: &'static [&'static str],
    summary: &'static str,
    examples: &'static [&'static str],
    act: Act,
) -> Own {
    Own { name, usage, summary, examples, like: None, act }
}

const fn like(verb: &'static str, own: Own) -> Own {
    Own { like: Some(verb), ..own }
}

/// The table.
pub static OWN: [Own; 18] = [
    own(
        "help",
        &["help", "help WORD"],
        "all words, or what one word of the language or the prompt means",
        &["help", "help partition", "help goto"],
        Act::Here(|session, rest| session.open(Reading::help_on(rest))),
    ),
    like(
        "expect",
        own(
            "goto",
            &["goto MOMENT"],
            "to a moment: back to it, or on until it comes",
            &["goto 1.2s", "goto beat 4", "goto line 27", "goto mark cut", "goto end"],
            Act::Here(Session::go_by_name),
        ),
    ),
    like(
        "expect",
        own(
            "back",
            &["back CONDITION"],
            "back to where a condition last became true",
            &["back leader = S2"],
            Act::Here(Session::back_to),
        ),
    ),
    own(
        "select",
        &["select SERVER"],
        "selects a server, of any number",
        &["select S12"],
        Act::Here(Session::select_by_name),
    ),
    own(
        "show",
        &["show", "show PANE"],
        "one pane alone: map, logs, events, diagram, links, server, quorum, client, ...; or all again",
        &["show diagram", "show"],
        Act::Here(|session, rest| session.show_by_name(rest)),
    ),
    own(
        "branches",
        &["branches"],
        "lists the futures that were left for others",
        &["branches"],
        Act::Here(|session, _| session.open_branches()),
    ),
    own(
        "compare",
        &["compare", "compare N"],
        "the present future beside the last that was left, or the N-th of `branches`",
        &["compare", "compare 2"],
        Act::Here(Session::compare_by_number),
    ),
    own(
        "reroll",
        &["reroll", "reroll N until CONDITION [within T]"],
        "goes on with fresh randomness, or says in how many of N futures something comes true",
        &["reroll", "reroll 1000 until leader = S2 within 5s"],
        Act::Here(Session::reroll),
    ),
    own(
        "save",
        &["save FILE [expect]"],
        "saves the run so far as a script; with `expect` it expects what now holds",
        &["save mine.lab", "save mine.lab expect"],
        Act::Outside(|session, rest| session.save(rest, false)),
    ),
    own(
        "save!",
        &["save! FILE [expect]"],
        "the same, in the place of a file that this session has not written",
        &["save! mine.lab"],
        Act::Outside(|session, rest| session.save(rest, true)),
    ),
    own(
        "picture",
        &["picture FILE"],
        "saves the screen, without this line, as an SVG file; as PNG where the name ends so",
        &["picture beat3.svg"],
        Act::Outside(Session::save_picture),
    ),
    own(
        "lesson",
        &["lesson", "lesson NUMBER", "lesson NAME"],
        "leaves this session, which is kept, and begins a lesson: the next, or the one that is named",
        &["lesson 3", "lesson figure 8"],
        Act::Outside(Session::begin_lesson),
    ),
    own(
        "share",
        &["share"],
        "a link to this scene as it is now, and its QR code",
        &["share"],
        Act::Outside(|session, _| session.share_link()),
    ),
    own(
        "audience",
        &["audience"],
        "where a class finds this session to follow it, and how many do",
        &["audience"],
        Act::Here(|session, _| session.open_audience()),
    ),
    own(
        "memory",
        &["memory SIZE"],
        "how much memory the session may take",
        &["memory 24MB"],
        Act::Here(Session::grant_memory),
    ),
    own("quit", &["quit"], "leaves the lab, and asks first", &["quit"], Act::Here(leave)),
    own("q", &["q"], "the same", &["q"], Act::Here(leave)),
    // On purpose: it shows that the terminal survives a mistake of the program.
    own(
        "panic",
        &[],
        "",
        &[],
        Act::Here(|_, _| panic!("`:panic` was typed, to see whether the terminal survives it")),
    ),
];

impl Session {
    fn begin_lesson(&mut self, words: &str) -> Option<Effect> {
        if words.is_empty() {
            let next = self.next_lesson();
            if next.is_none() {
                self.refuse("which lesson? `lesson 1` is the first; `raftlab lessons` lists them");
            }
            return next.map(|number| Effect::Lesson(number.to_string()));
        }
        Some(Effect::Lesson(words.to_owned()))
    }

    /// The number of the lesson after this one.
    fn next_lesson(&self) -> Option<u32> {
        #[cfg(feature = "scripts")]
        if let Origin::File(path) = &self.origin {
            return scenes::lesson_after(path)?.number();
        }
        None
    }

    /// Whether it is one of the program's lessons.
    fn plays_a_lesson(&self) -> bool {
        #[cfg(feature = "scripts")]
        if let Origin::File(path) = &self.origin {
            return scenes::lesson_at(path).is_some();
        }
        false
    }

    /// At the end of a lesson, how to go on.
    pub(super) fn tell_of_next_lesson(&mut self) {
        if let Some(number) = self.next_lesson() {
            self.note(format!(
                "the lesson ends here: `:lesson` begins the next, {number}; Space goes on"
            ));
        } else if self.plays_a_lesson() {
            self.note("the last lesson ends here: `raftlab challenge` lists what to try now");
        }
    }
}

fn leave(session: &mut Session, _: &str) {
    session.mode = Mode::Asking(Asking::Leave);
}

/// The words that are told of.
pub fn all() -> impl Iterator<Item = &'static Own> {
    OWN.iter().filter(|own| !own.usage.is_empty())
}

pub(super) fn find(word: &str) -> Option<&'static Own> {
    let told = |own: &&Own| cfg!(debug_assertions) || !own.usage.is_empty();
    OWN.iter().find(|own| own.name == word).filter(told)
}

/// All of them, a line each.
pub(super) fn overview() -> String {
    let mut text = "The prompt's own\n".to_owned();
    for own in all() {
        let _ = writeln!(text, "  {:10} {}", own.name, own.summary.replace('`', ""));
    }
    text
}

impl Own {
    pub(super) fn run(&self, session: &mut Session, rest: &str) -> Option<Effect> {
        match self.act {
            Act::Outside(act) => act(session, rest),
            Act::Here(act) => {
                act(session, rest);
                None
            }
        }
    }

    pub(super) fn help(&self) -> String {
        let (forms, summary) = (self.usage.join("\n"), self.summary.replace('`', ""));
        let mut text = format!("{forms}\n  {summary}\n\n  Stands at the prompt.\n");
        for example in self.examples {
            let _ = writeln!(text, "    {example}");
        }
        text
    }
}
