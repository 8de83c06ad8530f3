//! Help and the reference page, made from the tables of verbs, conditions and words.

use std::fmt::Write as _;

use super::check::NAMES_MAX;
use super::measures::{self, Row};
use super::script::{
    BYTES_MAX, DEPTH_MAX, IDLE_ROUNDS_MAX, LINE_BYTES_MAX, LINES_MAX, LINES_NOW_MAX, RECURRING_MAX,
    ROUNDS_NOW_MAX, SCHEDULED_MAX, TASKS_MAX,
};
use super::verbs::{self, Group, Verb};
use super::who;
use crate::cluster::config::CLIENTS_MAX;
use crate::cluster::flaw::{About, FLAWS, Flaw};
use crate::cluster::invariant::Invariant;
use crate::cluster::network::Network;
use crate::cluster::raft::{OPTIONS, OptionAbout, RaftOption};
use crate::cluster::types::SERVERS_MAX;

/// How wide the texts of help are on a terminal, in columns, and in the page.
const COLUMNS: usize = 76;
const PAGE_COLUMNS: usize = 100;

/// Help on one word of the language, for a terminal: a verb, a condition, a word for servers or a
/// network. `None` when it is none of these.
pub fn help(word: &str) -> Option<String> {
    let mut topics: Vec<String> = Vec::new();
    topics.extend(verbs::find(word).map(verb_help));
    for row in measures::all().filter(|row| row.name.split(' ').any(|part| part == word)) {
        topics.push(measure_help(row));
    }
    topics.extend(who::word(word).map(|row| format!("{}\n  {}\n", row.name, row.meaning)));
    topics.extend(
        Network::from_name(word)
            .map(|network| format!("net {network}\n  {}\n", network.describe())),
    );
    topics.extend(Flaw::from_name(word).map(|flaw| {
        let About { name, departure, rule, source, .. } = flaw.about();
        format!("flaw {name} on\n  {departure}\n  the rule: {rule} ({source})\n")
    }));
    topics.extend(RaftOption::from_name(word).map(|option| {
        let OptionAbout { name, settings, does, help, source, .. } = option.about();
        let mut text = format!("option {name} {}\n", settings.join("|"));
        text.push_str(&wrapped(&format!("{does} ({source})"), "  ", COLUMNS));
        text.push('\n');
        text.push_str(&wrapped(help, "  ", COLUMNS));
        let _ = writeln!(text, "\n    cluster {name}={}", settings[1]);
        text
    }));
    (!topics.is_empty()).then(|| topics.join("\n"))
}

/// All verbs, a line each, by group: for a terminal.
pub fn overview() -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "{}", group.title());
        for verb in verbs::all().filter(|verb| verb.group == group) {
            let _ = writeln!(text, "  {:10} {}", verb.name, verb.summary);
        }
    }
    text
}

fn measure_help(row: &Row) -> String {
    let mut text = format!("{}\n", row.usage.join("\n"));
    text.push_str(&wrapped(&plain(row.summary), "  ", COLUMNS));
    for example in row.examples {
        let _ = writeln!(text, "    expect {example}");
    }
    text
}

fn verb_help(verb: &Verb) -> String {
    let mut text = verb.usage.join("\n");
    let _ = write!(text, "\n  {}\n\n", verb.summary);
    for line in verb.help.lines() {
        text.push_str(&wrapped(&plain(line), "  ", COLUMNS));
    }
    let options = verb.options();
    if !options.is_empty() {
        text.push('\n');
    }
    let widest = options.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, meaning) in options {
        let under = format!("\n  {:widest$}  ", "");
        let meaning = wrapped(meaning, "", COLUMNS - 2 - widest);
        let _ = writeln!(text, "  {name:widest$}  {}", meaning.trim_end().replace('\n', &under));
    }
    let _ = writeln!(text, "\n  Stands {}.", plain(verb.scope.about()));
    for line in examples(verb).lines() {
        let _ = writeln!(text, "    {line}");
    }
    text
}

/// The examples, a line each; those of several lines apart from each other.
fn examples(verb: &Verb) -> String {
    let several = verb.examples.iter().any(|example| example.contains('\n'));
    verb.examples.join(if several { "\n\n" } else { "\n" }) + "\n"
}

/// Without the marks of Markdown.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// A paragraph broken into lines of so many columns, each behind `indent`.
fn wrapped(paragraph: &str, indent: &str, columns: usize) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > columns {
            text.push('\n');
            width = 0;
        }
        let gap = if width == 0 { indent } else { " " };
        text.push_str(gap);
        text.push_str(word);
        width += gap.len() + length;
    }
    text.push('\n');
    text
}

/// The reference of the whole language, as Markdown.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    words_for_servers(&mut page);
    for group in Group::ALL {
        let _ = write!(page, "\n## {}\n\n{}", group.title(), for_page(group.about()));
        for verb in verbs::all().filter(|verb| verb.group == group) {
            verb_section(&mut page, verb);
        }
    }
    conditions(&mut page);
    networks(&mut page);
    options(&mut page);
    flaws(&mut page);
    limits(&mut page);
    page
}

fn words_for_servers(page: &mut String) {
    let _ = write!(page, "\n## Who\n\n{}\n", for_page(WHO));
    table(page, ("Word", "Means"));
    row(page, "S3", "the server of that number; `3` is the same");
    for word in &who::WORDS {
        row(page, word.name, word.meaning);
    }
    row(page, "{old}", "what `let old = ...` has bound; `S{i}` is put together");
    row(page, "b", "a client, in `partition`, `cut`, `mend` and `link`");
}

fn verb_section(page: &mut String, verb: &Verb) {
    let _ = write!(page, "\n### `{}`\n\n```text\n{}\n```\n\n", verb.name, verb.usage.join("\n"));
    let mut letters = verb.summary.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let summary: String = first.chain(letters).collect();
    let _ = write!(page, "{}\n{}", for_page(&format!("{summary}.")), for_page(verb.help));
    let options = verb.options();
    if !options.is_empty() {
        page.push('\n');
        table(page, ("Option", "Means"));
        for (name, meaning) in options {
            row(page, &name, meaning);
        }
    }
    let _ = write!(page, "\nStands {}.\n\n```text\n", verb.scope.about());
    page.push_str(&examples(verb));
    page.push_str("```\n");
}

/// Paragraphs, wrapped.
fn for_page(text: &str) -> String {
    text.lines().map(|line| wrapped(line, "", PAGE_COLUMNS)).collect()
}

fn table(page: &mut String, (left, right): (&str, &str)) {
    let _ = write!(page, "| {left} | {right} |\n|---|---|\n");
}

fn row(page: &mut String, code: &str, text: &str) {
    let _ = writeln!(page, "| `{}` | {} |", code.replace('|', "\\|"), text.replace('|', "\\|"));
}

fn conditions(page: &mut String) {
    let _ = write!(page, "\n## Conditions\n\n{}\n", for_page(CONDITIONS));
    table(page, ("What", "Asks"));
    for row in measures::all() {
        self::row(page, &row.usage.join("` or `"), row.summary);
    }
    page.push_str("\nThe invariants, for `broken`:\n\n");
    for invariant in Invariant::ALL {
        let _ = writeln!(page, "- `{}`", invariant.name());
    }
}

fn networks(page: &mut String) {
    page.push_str("\n## Networks\n\n");
    table(page, ("Name", "How a link behaves"));
    for network in Network::ALL {
        row(page, network.name(), network.describe());
    }
}

fn options(page: &mut String) {
    page.push_str("\n## Options of Raft\n\n");
    table(page, ("Name and settings", "What a server does that keeps it"));
    for OptionAbout { name, settings, help, source, .. } in &OPTIONS {
        row(page, &format!("{name} {}", settings.join("|")), &format!("{help} ({source})"));
    }
}

fn flaws(page: &mut String) {
    page.push_str("\n## Flaws\n\n");
    table(page, ("Name", "What is done instead of the rule"));
    for About { name, departure, rule, source, .. } in &FLAWS {
        row(page, name, &format!("{departure}; the rule: {rule} ({source})"));
    }
}

fn limits(page: &mut String) {
    page.push_str("\n## Limits\n\n");
    table(page, ("What", "At most"));
    let mib = BYTES_MAX / (1024 * 1024);
    let kib = LINE_BYTES_MAX / 1024;
    for (what, most) in [
        ("Servers", SERVERS_MAX.to_string()),
        ("Clients", CLIENTS_MAX.to_string()),
        ("Bytes of a script", format!("{mib} MiB")),
        ("Lines of a script", LINES_MAX.to_string()),
        ("Bytes of a line", format!("{kib} KiB")),
        ("Names of tasks, and of marks", NAMES_MAX.to_string()),
        ("Blocks inside blocks", DEPTH_MAX.to_string()),
        ("Rounds of `for` and `repeat`", verbs::ROUNDS_MAX.to_string()),
        ("Tasks that a run starts", TASKS_MAX.to_string()),
        ("`every` lines at work", RECURRING_MAX.to_string()),
        ("Commands that wait for their places (`at`)", SCHEDULED_MAX.to_string()),
        ("Rounds in a row that take no lab time", ROUNDS_NOW_MAX.to_string()),
        ("Those in which nothing happens either", IDLE_ROUNDS_MAX.to_string()),
        ("Lines at one moment of lab time", LINES_NOW_MAX.to_string()),
        ("A length of time", "1000 days".to_owned()),
        ("A delay, at least", "1us".to_owned()),
    ] {
        let _ = writeln!(page, "| {what} | {most} |");
    }
}

/// What comes before the tables.
const INTRODUCTION: &str = include_str!("reference.md");

const WHO: &str = "\
Words that mean servers. They become servers when the line runs, and are recorded so. Where one \
server is wanted, a word that means several at that moment is an error.";

const CONDITIONS: &str = "\
What can be asked of the present, and changes nothing. `until`, `expect`, `if`, `loop until` and `break` ask \
whether it is so; `watch` shows it, and `let` binds it, without the comparison. Where nothing answers, as \
where no server leads, a comparison does not hold, and `watch` shows a `-`.

Numbers are compared with `=`, `>=` or `<=`, the rest with `=`. On the right stands what is wanted, a \
`{name}` that is bound to it, or another measure: `S1 log = S2 log`. To a number something can be added: \
`committed >= {n}+1`, `S3 next = S3 last + 1`.

`and`, `or` and `not` join conditions: `not` binds tighter than `and`, and `and` tighter than `or`, and \
parentheses group. WHO is one server; of a word that means several, as `followers`, it must be true of \
each. A quantity stands before `of`: `2 of {group} hold x = 3` is true of two or more, and there are \
`all of`, `any of` and `none of`. Where no client is named the task's own is meant.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_language_has_help() {
        for verb in verbs::all() {
            let text = help(verb.name).expect("a verb has help");
            assert!(text.contains(verb.summary) && text.contains(verb.usage[0]));
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
            assert!(!verb.summary.ends_with('.') && verb.help.ends_with('.'), "{}", verb.name);
        }
        for word in ["converged", "holds", "rest", "unreliable-mit"] {
            assert!(help(word).is_some(), "{word}");
        }
        assert_eq!(help("nonsense"), None);
    }

    #[test]
    fn the_overview_has_a_line_for_every_verb() {
        let overview = overview();
        for verb in verbs::all() {
            assert!(overview.lines().any(|line| line.trim_start().starts_with(verb.name)));
        }
    }
}
