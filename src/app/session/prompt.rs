//! The prompt: a line that is being typed. A command of the script language, a few words of the
//! lab's own, a filter for the events, or a search of the history.

use tui_input::{Input, InputRequest};

use super::dialog::Reading;
use super::own::{self, Own};
use super::{Effect, Mode, Session};
use crate::app::keymap::{self, KeyMode};
use crate::cluster::command::complete::{Known, complete};
use crate::cluster::command::verbs::{self, Scope};
use crate::cluster::command::{Command, Diagnostic, Tell, nearest, parse_typed};
use crate::cluster::types::ServerId;
use crate::cluster::{Cluster, Refusal};
use crate::ui::view::{Mistake, Pane, Prompt, PromptKind};

/// The longest line that can be typed, in characters.
const LENGTH_MAX: usize = 2_000;
/// The most lines that the history keeps.
const HISTORY_MAX: usize = 1_000;
/// The most completions that are offered at once.
const OFFERED_MAX: usize = 50;

/// The lines that were run, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    lines: Vec<String>,
}

impl History {
    fn push(&mut self, line: &str) {
        self.lines.retain(|other| other != line);
        if self.lines.len() == HISTORY_MAX {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }
}

/// A line that is being typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    kind: PromptKind,
    input: Input,
    /// What `Tab` offers, as whole lines, with the words for the list.
    offers: Vec<Offer>,
    chosen: Option<usize>,
    mistake: Option<Mistake>,
    recall: Option<Recall>,
}

#[derive(Clone, Debug)]
struct Offer {
    word: String,
    line: String,
    cursor: usize,
}

/// Where one is in the history, and what the line was before.
#[derive(Clone, Debug)]
struct Recall {
    typed: String,
    /// How many lines from the newest.
    back: usize,
}

impl Line {
    /// The prompt for a command, with a line to begin with.
    pub fn command(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()), ..Self::default() }
    }

    /// The prompt for the filter of the events.
    pub fn filter(now: Option<&str>) -> Self {
        let input = Input::new(now.unwrap_or_default().to_owned());
        Self { kind: PromptKind::Filter, input, ..Self::default() }
    }

    /// The prompt for a word that the help is searched for.
    pub fn help() -> Self {
        Self { kind: PromptKind::Help, ..Self::default() }
    }

    /// Whether it is what a class has said to a question.
    pub fn is_answer(&self) -> bool {
        self.input.value().starts_with("answer ")
    }

    pub fn insert(&mut self, letter: char) {
        if self.input.value().chars().count() < LENGTH_MAX {
            self.edit(InputRequest::InsertChar(letter));
        }
    }

    /// A change of the line: what was offered and what was wrong was about the old one.
    fn edit(&mut self, request: InputRequest) {
        self.input.handle(request);
        self.offers.clear();
        self.chosen = None;
        self.mistake = None;
        self.recall = None;
    }

    fn replace(&mut self, text: &str, cursor: usize) {
        self.input = Input::new(text.to_owned()).with_cursor(cursor);
        self.mistake = None;
    }

    /// Deletes from the start to the cursor.
    fn cut_to_start(&mut self) {
        let rest: String = self.input.value().chars().skip(self.input.cursor()).collect();
        self.edit(InputRequest::GoToStart);
        self.replace(&rest, 0);
    }

    /// The next line, or the previous, of the history that starts like what was typed.
    fn recall(&mut self, history: &History, older: bool) {
        let (typed, back) = match &self.recall {
            Some(recall) => (recall.typed.clone(), recall.back),
            None => (self.input.value().to_owned(), 0),
        };
        let fits: Vec<&String> =
            history.lines.iter().rev().filter(|line| line.starts_with(&typed)).collect();
        let back = if older { (back + 1).min(fits.len()) } else { back.saturating_sub(1) };
        let text = match back {
            0 => typed.clone(),
            _ => fits[back - 1].clone(),
        };
        self.replace(&text, text.chars().count());
        self.offers.clear();
        self.recall = Some(Recall { typed, back });
    }

    fn complete(&mut self, cluster: &Cluster, forwards: bool) {
        if self.offers.is_empty() {
            self.offers = offers(&self.input, cluster);
            self.chosen = None;
        }
        let count = self.offers.len();
        if count == 0 {
            return;
        }
        let next = match (self.chosen, forwards) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(chosen), true) => (chosen + 1) % count,
            (Some(chosen), false) => (chosen + count - 1) % count,
        };
        self.choose(next);
    }

    fn choose(&mut self, place: usize) {
        if let Some(Offer { line, cursor, .. }) = self.offers.get(place).cloned() {
            self.replace(&line, cursor);
            self.chosen = Some(place);
            if self.offers.len() == 1 {
                self.offers.clear();
                self.chosen = None;
            }
        }
    }

    fn blame(&mut self, diagnostic: Diagnostic) {
        self.mistake = Some(Mistake {
            column: (diagnostic.column as usize).saturating_sub(1),
            width: diagnostic.width as usize,
            message: diagnostic.message,
            help: diagnostic.help,
        });
    }

    /// What the screen shows of it.
    pub fn shown(&self, history: &History) -> Prompt {
        let usage = match self.kind {
            PromptKind::Command => usage(self.input.value()),
            PromptKind::Filter | PromptKind::Help => None,
            PromptKind::History => Some(match self.found(history) {
                Some(line) => line.to_owned(),
                None => "no such line".to_owned(),
            }),
        };
        Prompt {
            kind: self.kind,
            text: self.input.value().to_owned(),
            cursor: self.input.cursor(),
            completions: self.offers.iter().map(|offer| offer.word.clone()).collect(),
            chosen: self.chosen,
            mistake: self.mistake.clone(),
            usage,
        }
    }

    /// The newest line of the history that has what is typed.
    fn found<'a>(&self, history: &'a History) -> Option<&'a str> {
        let typed = self.input.value();
        history.lines.iter().rev().find(|line| line.contains(typed)).map(String::as_str)
    }
}

/// The lines that `Tab` makes of this one.
fn offers(input: &Input, cluster: &Cluster) -> Vec<Offer> {
    let line = input.value();
    let cursor = line.char_indices().nth(input.cursor()).map_or(line.len(), |(byte, _)| byte);
    // What stands after one of the prompt's own words is completed as after a verb.
    let word = line.split(' ').next().filter(|word| word.len() < cursor);
    let (word, like) = match word.and_then(own::find) {
        Some(Own { name, like: Some(verb), .. }) => (*name, *verb),
        Some(_) => return Vec::new(),
        None => ("", ""),
    };
    let read = format!("{like}{}", &line[word.len()..]);
    let completion = complete(&read, cursor - word.len() + like.len(), &known(cluster));
    let is_first = read[..completion.start].trim().is_empty();
    let start = completion.start - like.len() + word.len();
    let (before, typed, after) = (&line[..start], &line[start..cursor], &line[cursor..]);
    let own = own::all().map(|own| own.name).filter(|name| is_first && name.starts_with(typed));
    let verbs = completion.candidates.into_iter().map(|candidate| candidate.text);
    let words = verbs.chain(own.filter(|name| *name != typed).map(str::to_owned));
    words
        .take(OFFERED_MAX)
        .map(|word| {
            let start = format!("{before}{word}");
            let cursor = start.chars().count();
            Offer { line: format!("{start}{after}"), word, cursor }
        })
        .collect()
}

fn known(cluster: &Cluster) -> Known {
    let keys: std::collections::BTreeSet<String> = (cluster.servers().iter())
        .flat_map(|server| server.rsm.kv.iter().map(|(key, _)| key.to_string()))
        .take(OFFERED_MAX)
        .collect();
    Known {
        servers: cluster.servers().len() as u8,
        clients: cluster.clients().iter().map(|client| client.name.to_string()).collect(),
        keys: keys.into_iter().collect(),
        ..Known::default()
    }
}

/// How the word at the start of the line is used.
fn usage(line: &str) -> Option<String> {
    let word = line.split_whitespace().next()?;
    let (usage, summary) = match (verbs::find(word), own::find(word)) {
        (Some(verb), _) => (verb.usage, verb.summary),
        (None, Some(own)) => (own.usage, own.summary),
        (None, None) => return None,
    };
    usage.first().map(|usage| format!("{usage}   {summary}"))
}

/// Why a line can't be typed, if its verb means something in scripts only.
fn scripts_only(line: &str) -> Option<String> {
    let verb = verbs::find(line.split_whitespace().next()?)?;
    let typed = matches!(verb.scope, Scope::Line | Scope::Act);
    (!typed).then(|| format!("`{}` stands {}", verb.name, verb.scope.about().replace('`', "")))
}

impl Session {
    pub(super) fn prompt(&mut self, action: keymap::Prompt) -> Option<Effect> {
        use keymap::Prompt as Key;
        let Mode::Prompt(line) = &mut self.mode else { return None };
        match action {
            Key::Run => return self.run_line(),
            Key::Close => self.mode = Mode::Normal,
            Key::Complete => line.complete(&self.cluster, true),
            Key::CompleteBack => line.complete(&self.cluster, false),
            Key::Older => line.recall(&self.history, true),
            Key::Newer => line.recall(&self.history, false),
            Key::Search => line.kind = PromptKind::History,
            Key::Left => line.edit(InputRequest::GoToPrevChar),
            Key::Right => line.edit(InputRequest::GoToNextChar),
            Key::Start => line.edit(InputRequest::GoToStart),
            Key::End => line.edit(InputRequest::GoToEnd),
            // As in other editors of a line: deleting where nothing is closes it.
            Key::DeleteBefore if line.input.value().is_empty() => self.mode = Mode::Normal,
            Key::DeleteBefore => line.edit(InputRequest::DeletePrevChar),
            Key::DeleteAfter => line.edit(InputRequest::DeleteNextChar),
            Key::CutWord => line.edit(InputRequest::DeletePrevWord),
            Key::CutToStart => line.cut_to_start(),
            Key::CutToEnd => line.edit(InputRequest::DeleteTillEnd),
        }
        None
    }

    /// A paste goes into the prompt as one line; elsewhere it would be a row of keys that nobody
    /// meant to press.
    pub(super) fn paste(&mut self, text: &str) {
        match &mut self.mode {
            Mode::Prompt(line) => {
                let text = text.trim_end().chars().take(LENGTH_MAX);
                text.map(|letter| if letter.is_control() { ' ' } else { letter })
                    .for_each(|letter| line.insert(letter));
            }
            _ => self.refuse("a paste needs the prompt: press : first"),
        }
    }

    /// A completion was pointed at.
    pub(super) fn choose_completion(&mut self, place: usize) {
        if let Mode::Prompt(line) = &mut self.mode {
            line.choose(place);
        }
    }

    pub(super) fn run_line(&mut self) -> Option<Effect> {
        let Mode::Prompt(line) = &mut self.mode else { return None };
        let text = line.input.value().trim().to_owned();
        match line.kind {
            PromptKind::Filter => {
                self.mode = Mode::Normal;
                self.filter((!text.is_empty()).then_some(text));
                None
            }
            PromptKind::Help => {
                self.open(Reading::Help { keys: KeyMode::Normal, search: text });
                None
            }
            PromptKind::History => {
                let found = line.found(&self.history).map(str::to_owned);
                *line = Line::command(&found.unwrap_or_default());
                None
            }
            PromptKind::Command => self.run_command(&text),
        }
    }

    fn run_command(&mut self, text: &str) -> Option<Effect> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        if text.is_empty() {
            self.mode = Mode::Normal;
            return None;
        }
        if let Some(own) = own::find(word) {
            self.history.push(text);
            self.mode = Mode::Normal;
            return own.run(self, rest.trim());
        }
        match parse_typed(text, |mention| self.cluster.knows(mention)) {
            Ok(command) => self.run_parsed(&command, text),
            Err(mut diagnostic) => {
                let words =
                    verbs::all().map(|verb| verb.name).chain(own::all().map(|own| own.name));
                let meant = nearest(word, words).filter(|_| verbs::find(word).is_none());
                if let Some(own) = meant.and_then(own::find) {
                    diagnostic.help = Some(format!("did you mean `{}`?", own.name));
                }
                if let Mode::Prompt(line) = &mut self.mode {
                    line.blame(diagnostic);
                }
            }
        }
        None
    }

    /// A line that is well formed. If it can't be carried out, it stays, with the reason.
    fn run_parsed(&mut self, command: &Command, text: &str) {
        let done = match scripts_only(text) {
            Some(why) => Err(why),
            None => self.look_or_act(command),
        };
        match done {
            Ok(()) => {
                self.history.push(text);
                if let Mode::Prompt(_) = self.mode {
                    self.mode = Mode::Normal;
                }
            }
            Err(message) => {
                if let Mode::Prompt(line) = &mut self.mode {
                    let width = text.chars().count();
                    line.mistake = Some(Mistake { column: 0, width, message, help: None });
                }
            }
        }
    }

    /// What is about how one looks at the run is the session's; all else is the cluster's.
    fn look_or_act(&mut self, command: &Command) -> Result<(), String> {
        let said = |refusal: Refusal| refusal.to_string();
        match command {
            Command::Tell(Tell::Pace(pace)) => self.set_pace(*pace),
            Command::Tell(Tell::Break(condition)) => {
                self.set_breakpoint_by_hand(&self.cluster.filled(condition).map_err(said)?, true);
            }
            Command::Tell(Tell::Unbreak(condition)) => {
                self.set_breakpoint_by_hand(&self.cluster.filled(condition).map_err(said)?, false);
            }
            Command::Tell(Tell::Watch(what)) => {
                self.watch_by_hand(&self.cluster.filled_value(what).map_err(said)?);
            }
            Command::Tell(Tell::Unwatch(what)) => {
                let what = what.as_ref().map(|what| self.cluster.filled_value(what)).transpose();
                self.unwatch_by_hand(what.map_err(said)?.as_ref());
            }
            _ => match self.set_out(command) {
                Some(done) => return done,
                None => return self.try_apply(command, "").map_err(said),
            },
        }
        Ok(())
    }

    /// One pane alone, by its word; without one, all of the layout.
    pub(super) fn show_by_name(&mut self, word: &str) {
        match Pane::EVERY.into_iter().find(|pane| pane.word() == word) {
            _ if word.is_empty() => self.leave_zoom(),
            Some(pane) if self.view.zoomed == Some(pane) => {}
            Some(pane) => self.show_pane(pane),
            None => {
                let words = Pane::EVERY.map(Pane::word).join(", ");
                self.refuse(format!("show: which pane? {words}"));
            }
        }
    }

    pub(super) fn select_by_name(&mut self, name: &str) {
        let number = name.trim_start_matches(['S', 's']).parse().unwrap_or(0);
        match ServerId::from_number(number).filter(|id| self.cluster.server(*id).is_some()) {
            Some(id) => self.select(id),
            None => self.refuse(format!("select: no server is called {name:?}; S1 is the first")),
        }
    }
}
