//! The flow of a script: what waits, what is asked, what repeats.

use super::{Group, Scope, Verb, find};
use crate::cluster::command::conditions::{condition, drawn_condition, value};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::lex::Sign;
use crate::cluster::command::number::{is_plainly_number, number};
use crate::cluster::command::quantity::{self, count_range, whole};
use crate::cluster::command::reader::{Mention, Parsed, Reader, starts_with_digit};
use crate::cluster::command::who::Clients;
use crate::cluster::command::{
    Block, Bound, Command, Flow, Kind, LabAct, Place, Position, Text, Unmet,
};
use crate::cluster::time::{Span, SpanRange};

/// The most rounds of a `for` or a `repeat`.
pub const ROUNDS_MAX: u64 = 1_000_000;

pub(super) static ROWS: [Verb; 16] = [
    Verb {
        name: "run",
        group: Group::Flow,
        scope: Scope::Line,
        usage: &["run T", "run T..T"],
        summary: "lets lab time pass",
        help: "\
With a range, a length of time is drawn from it, both ends included. Lengths of time are numbers \
with a unit: us, ms, s, m or h.",
        options: &[],
        examples: &["run 2s", "run 50ms..149ms"],
        parse: |reader| {
            let fallback = SpanRange::exactly(Span::ZERO);
            let read = quantity::span_range;
            reader.quantity(Expect::SpanRange, fallback, read).map(Flow::Run).map(Command::Flow)
        },
    },
    Verb {
        name: "until",
        group: Group::Flow,
        scope: Scope::Line,
        usage: &["until CONDITION [within T]"],
        summary: "lets lab time pass until a condition holds",
        help: "\
The condition is asked after every event. If it does not come true in time the script fails and \
says what was the case instead.",
        options: &[],
        examples: &["until leader", "until converged within 5s", "until S3 is leader and term >= 4"],
        parse: |reader| {
            let condition = condition(reader)?;
            Some(Command::Flow(Flow::Until { condition, within: within(reader)? }))
        },
    },
    Verb {
        name: "expect",
        group: Group::Flow,
        scope: Scope::Line,
        usage: &["expect CONDITION"],
        summary: "the script fails unless a condition holds now",
        help: "No lab time passes. The report says what was the case instead.",
        options: &[],
        examples: &["expect safe", "expect reply = 3 @2", "expect waiting client=b and no leader"],
        parse: |reader| condition(reader).map(Flow::Expect).map(Command::Flow),
    },
    Verb {
        name: "expects",
        group: Group::Flow,
        scope: Scope::Act,
        usage: &["expects remark", "expects fail"],
        summary: "what becomes of expectations that are not met, from here on",
        help: "\
`remark`: the events say what would have failed, and the script goes on with its next line. That is \
so for an `expect` that does not hold, for a wait that runs out of time (`until`, `wait`, an \
operation), for a `check` that finds something else, and for a line that can't be carried out. \
`fail`, as it is at the start: the run stops there. A broken rule of Raft always stops it.

The lab says `expects remark` on its own when you act while a script plays: from then on its \
expectations are about another run. A recording has the line at its place.",
        options: &[],
        examples: &["expects remark", "expects fail"],
        parse: |reader| {
            if reader.keyword("remark") {
                return Some(LabAct::Expects(Unmet::Remark).into());
            }
            reader.need_word("fail")?;
            Some(LabAct::Expects(Unmet::Fail).into())
        },
    },
    Verb {
        name: "let",
        group: Group::Flow,
        scope: Scope::Line,
        usage: &[
            "let NAME = WHO...",
            "let NAME = rest of WHO...",
            "let NAME = MEASURE",
            "let NAME = N [+ N]",
            "let NAME = random N..N",
        ],
        summary: "gives a name to servers, to what a measure is now, or to a number",
        help: "\
Later lines of the same block, and of blocks inside it, say {NAME} for it. So `let old = leader` \
keeps hold of a leader that is about to lose its place, `rest of` are all servers but these, and \
`let n = committed` a number with which a later `expect committed >= {n}+1` compares. Of a value of \
a key its text is bound, of a reply its value or its outcome. `random` draws a number from the \
script's own stream, both ends included: the same with the same seed.",
        options: &[],
        examples: &[
            "let old = leader",
            "let others = rest of {old} S1",
            "let n = committed",
            "let v = {n} + 1",
            "let voted = S2 vote",
            "let k = random 1..100",
        ],
        parse: |reader| {
            let name = reader.variable()?;
            reader.need(Sign::Equal)?;
            Some(Command::Flow(Flow::Let { name, value: bound(reader)? }))
        },
    },
    Verb {
        name: "task",
        group: Group::Flow,
        scope: Scope::Block,
        usage: &["task NAME"],
        summary: "starts lines that run beside the others, up to `end`",
        help: "\
A task has a client of its own, which bears its name, and a random stream of its own. It sees the \
{names} that were bound where it starts. The run ends when all tasks have ended.",
        options: &[],
        examples: &[
            "task writer\n  loop for 2s as i\n    set x v{i}\n  end\nend\nrun 1s\ncrash leader\nwait \
             writer within 60s",
        ],
        parse: |reader| {
            let name = reader.name(Expect::Name)?;
            if name.as_str() == "every" {
                let message = "`every` can't name a task: `stop every` ends all that recurs";
                reader.mistake(reader.last_spot(), message, None);
            }
            Some(Command::Block(Block::Task { name }))
        },
    },
    Verb {
        name: "wait",
        group: Group::Flow,
        scope: Scope::Script,
        usage: &["wait TASK [within T]"],
        summary: "lets lab time pass until a task has ended",
        help: "A task that fails makes the script fail.",
        options: &[],
        examples: &["wait writer", "wait client{c} within 60s"],
        parse: |reader| {
            if let Some(time) = reader.peek_word().filter(|word| quantity::span(word).is_ok()) {
                let message = format!("`wait` waits for a task, and `{time}` is none");
                let help = format!("`run {time}` lets that much lab time pass");
                reader.mistake(reader.spot(), message, Some(help));
                return None;
            }
            let name = task(reader)?;
            Some(Command::Flow(Flow::Wait { name, within: within(reader)? }))
        },
    },
    Verb {
        name: "stop",
        group: Group::Flow,
        scope: Scope::Act,
        usage: &["stop TASK", "stop every"],
        summary: "ends a task, or with `every` all that recurs",
        help: "\
The task's open operation is not taken back: what it asked for may still happen. `stop every` ends \
every `every`.",
        options: &[],
        examples: &["stop writer", "stop every"],
        parse: |reader| {
            if reader.keyword("every") {
                return Some(Command::Flow(Flow::Stop(Text::new("every"))));
            }
            task(reader).map(Flow::Stop).map(Command::Flow)
        },
    },
    Verb {
        name: "for",
        group: Group::Flow,
        scope: Scope::Block,
        usage: &["for NAME in N..N"],
        summary: "repeats lines up to `end` with {NAME} counting, both ends included",
        help: "At most 1,000,000 rounds.",
        options: &[],
        examples: &["for c in 1..5\n  set k{c} v1 client=c{c} nowait\nend"],
        parse: |reader| {
            let name = reader.variable()?;
            reader.need_word("in")?;
            let read = |word: &str| count_range(word, ROUNDS_MAX);
            let (first, last) = reader.quantity(Expect::Numbers, (1, 1), read)?;
            Some(Command::Block(Block::For { name, first, last }))
        },
    },
    Verb {
        name: "repeat",
        group: Group::Flow,
        scope: Scope::Block,
        usage: &["repeat N [as NAME]"],
        summary: "repeats lines up to `end`; {NAME} counts the rounds from 1",
        help: "At most 1,000,000 rounds.",
        options: &[],
        examples: &["repeat 3 as i\n  crash leader\n  until new leader\n  set x v{i}\n  restart down\nend"],
        parse: |reader| {
            let read = |word: &str| whole(word, 1..=ROUNDS_MAX);
            let count = reader.quantity(Expect::Number, 1, read)? as u32;
            Some(Command::Block(Block::Repeat { count, name: counter(reader)? }))
        },
    },
    Verb {
        name: "loop",
        group: Group::Flow,
        scope: Scope::Block,
        usage: &["loop for T [as NAME]", "loop until CONDITION"],
        summary: "repeats lines up to `end` for a time, or until a condition holds",
        help: "\
`loop for`: no new round starts after T; the one that runs then is finished. {NAME} counts the \
rounds from 1. `loop until`: the condition is asked before each round.

Lab time must pass in the body (`run`, `until`, `wait`, or an operation that is waited for), or the \
loop would never end. A line that could wait need not: what it waits for may be so already, or it \
can't be carried out, which is a remark after `expects remark`. So the script fails at the loop, or \
with a remark goes on after it, when 100 rounds in a row took no lab time and nothing happened in \
them, or when 10,000 rounds in a row took no lab time. A `repeat` or `for` comes to its end by \
itself, and is stopped like that only while one of its lines can't be carried out.",
        options: &[],
        examples: &[
            "loop for 3s as i\n  set x v{i}\nend",
            "loop until S3 is leader\n  timeout S3\n  run 50ms\nend",
        ],
        parse: |reader| {
            if reader.keyword("until") {
                return condition(reader).map(Block::LoopUntil).map(Command::Block);
            }
            reader.need_word("for")?;
            let span = reader.quantity(Expect::Span, Span(1), quantity::positive_span)?;
            Some(Command::Block(Block::LoopFor { span, name: counter(reader)? }))
        },
    },
    Verb {
        name: "if",
        group: Group::Flow,
        scope: Scope::Block,
        usage: &["if CONDITION"],
        summary: "runs lines up to `else` or `end` only if a condition holds now",
        help: "\
With an `else`, the lines after it run if the condition does not hold. `chance 20%` in it is drawn \
from the script's own stream: true one time in five, and the same with the same seed.",
        options: &[],
        examples: &[
            "if chance 20%\n  crash leader\nend",
            "let target = random\nif {target} is down\n  restart {target}\nelse\n  crash \
             {target}\nend",
        ],
        parse: |reader| drawn_condition(reader).map(Block::If).map(Command::Block),
    },
    Verb {
        name: "else",
        group: Group::Flow,
        scope: Scope::Script,
        usage: &["else"],
        summary: "what an `if` does when its condition does not hold",
        help: "It stands between the `if` and its `end`.",
        options: &[],
        examples: &["if up >= 4\n  crash random\nelse\n  restart down\nend"],
        parse: |_| Some(Command::Block(Block::Else)),
    },
    Verb {
        name: "end",
        group: Group::Flow,
        scope: Scope::Script,
        usage: &["end"],
        summary: "closes a `task`, `for`, `repeat`, `loop` or `if`",
        help: "Blocks may stand inside blocks, up to 16 deep.",
        options: &[],
        examples: &["repeat 2\n  run 1s\nend"],
        parse: |_| Some(Command::Block(Block::End)),
    },
    Verb {
        name: "at",
        group: Group::Flow,
        scope: Scope::Line,
        usage: &["at T COMMAND", "at T+N COMMAND", "at T+N+M COMMAND"],
        summary: "does something at a time from the start of the run",
        help: "\
The script goes on at once. Plain `at T` acts before any event that is due then; `at T+2` after two \
events of that very moment have been handled, and `at T+2+5` when five other things have been done \
then too: lines of scripts that have run, faults at random, commands. The command is one that acts at once, not one that waits; an operation of a client is not \
waited for.",
        options: &[],
        examples: &["at 3s crash leader", "at 1.203441s+2 restart S3"],
        parse: |reader| {
            let place = reader.quantity(Expect::Place, Place::default(), quantity::place)?;
            Some(Command::Flow(Flow::At { place, command: acting(reader, "at")? }))
        },
    },
    Verb {
        name: "every",
        group: Group::Flow,
        scope: Scope::Line,
        usage: &["every T COMMAND"],
        summary: "does something again and again, until `stop every`",
        help: "The first time is one T from now. The command is one that acts at once, as for `at`.",
        options: &[],
        examples: &["every 2s crash random", "every 500ms restart down"],
        parse: |reader| {
            let span = reader.quantity(Expect::Span, Span(1), quantity::positive_span)?;
            Some(Command::Flow(Flow::Every { span, command: acting(reader, "every")? }))
        },
    },
];

/// The highest number that is drawn.
const RANDOM_MAX: u64 = 1_000_000_000;

/// What `let` gives a name to.
fn bound(reader: &mut Reader<'_>) -> Parsed<Bound> {
    let (word, second) = (reader.peek_word(), reader.peek_second_word());
    if word == Some("rest") && second == Some("of") {
        reader.step();
        reader.step();
        return reader.who_list(Clients::Refused, &[]).map(Bound::RestOf);
    }
    if word == Some("random") && second.is_some_and(starts_with_digit) {
        reader.step();
        let read = |word: &str| count_range(word, RANDOM_MAX);
        let (low, high) = reader.quantity(Expect::Numbers, (1, 1), read)?;
        return Some(Bound::Random(low, high));
    }
    // A number is one, though `3` is a server too: what is bound to it can be either.
    let is_number = word.is_some_and(is_plainly_number);
    let servers = |reader: &mut Reader<'_>| match is_number && second.is_none() {
        true => None,
        false => reader.who_list(Clients::Refused, &[]).map(Bound::Servers),
    };
    reader.either_way(servers, |reader| {
        let is_measure = reader.is_before_measure(Position::Value);
        let is_number = reader.is_before_measure(Position::Operand(Kind::Number));
        if is_measure && !is_number {
            return value(reader, Position::Value).map(Bound::Measure);
        }
        number(reader).map(Bound::Number)
    })
}

/// `[within T]`.
fn within(reader: &mut Reader<'_>) -> Parsed<Option<Span>> {
    if !reader.keyword("within") {
        return Some(None);
    }
    reader.quantity(Expect::Span, Span(1), quantity::positive_span).map(Some)
}

/// `[as NAME]`.
fn counter(reader: &mut Reader<'_>) -> Parsed<Option<Text>> {
    if reader.keyword("as") { reader.variable().map(Some) } else { Some(None) }
}

/// The name of a task that is started elsewhere.
fn task(reader: &mut Reader<'_>) -> Parsed<Text> {
    let name = reader.name(Expect::Task)?;
    reader.mention(reader.last_spot(), Mention::Task(name.clone()));
    Some(name)
}

/// The command after `at`, `every` and `did`. After `did` stands whatever the prompt does to a run.
pub(super) fn acting(reader: &mut Reader<'_>, outer: &str) -> Parsed<Box<Command>> {
    reader.expect(Expect::ActingVerb);
    let Some(verb) = reader.peek_word().and_then(find) else { return reader.fail() };
    let again = match outer {
        "at" => verb.name == "every",
        "did" => matches!(verb.name, "at" | "every" | "let" | "expect"),
        _ => false,
    };
    if verb.scope != Scope::Act && !again {
        let message = format!("`{}` can't stand after `{outer}`", verb.name);
        let help = format!("after `{outer}` stands a command that acts at once, as `crash`");
        reader.mistake(reader.spot(), message, Some(help));
        return None;
    }
    reader.step();
    (verb.parse)(reader).map(Box::new)
}
