//! Telling: what those who watch see and hear, without any effect on the run.

use super::{Group, Scope, Verb};
use crate::cluster::command::caption::caption_flaw;
use crate::cluster::command::conditions::{condition, watched};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::number::number;
use crate::cluster::command::quantity::whole;
use crate::cluster::command::question::{CHOICES_MAX, HANDS_MAX, question};
use crate::cluster::command::reader::{Parsed, Reader};
use crate::cluster::command::who::Clients;
use crate::cluster::command::{Command, Pace, Tell};

/// The most that `pace` slows down or speeds up.
const PACE_MAX: u64 = 1_000_000;

pub(super) static ROWS: [Verb; 17] = [
    Verb {
        name: "say",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["say TEXT"],
        summary: "shows a caption",
        help: "\
The text runs to the end of the line, and {names} in it are filled in. It has two lines of 76 \
columns at most: words move to the second line when the first is full, a hole counts as wide as it \
is written, and a text that takes more is an error. In quotes, `\\n` starts the second line. `say \
\"\"` takes the caption away.",
        options: &[],
        examples: &[
            "say {old} and one follower lose the other three.",
            "say \"Two copies, three needed.\\nIt can't commit.\"",
        ],
        parse: say,
    },
    Verb {
        name: "beat",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["beat"],
        summary: "pauses until the presenter resumes",
        help: "No lab time passes. `raftlab run` passes over it.",
        options: &[],
        examples: &["beat"],
        parse: |_| Some(Command::Tell(Tell::Beat)),
    },
    Verb {
        name: "turn",
        group: Group::Telling,
        scope: Scope::Script,
        usage: &["turn"],
        summary: "the player's part of a challenge begins here",
        help: "\
The lab pauses as at a beat, and what you do counts. In the file your lines come next, up to `judge`. \
Any other line than a deed is free: `run`, `until` and `expect` let time pass and cost nothing.",
        options: &[],
        examples: &["turn"],
        parse: |_| Some(Command::Tell(Tell::Turn)),
    },
    Verb {
        name: "judge",
        group: Group::Telling,
        scope: Scope::Script,
        usage: &["judge"],
        summary: "the player's part of a challenge ends here",
        help: "The lines that follow say what must be so. Nothing more can be done.",
        options: &[],
        examples: &["judge"],
        parse: |_| Some(Command::Tell(Tell::Judge)),
    },
    Verb {
        name: "ask",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["ask TEXT | CHOICE [if CONDITION] | CHOICE [if CONDITION] ..."],
        summary: "asks the class, and stands still",
        help: "\
Two to five choices, numbered on the screen. The text and each choice are as they stand, or in \
quotes; {names} in them are filled in. A line that asks is a beat. The question stays on the screen \
until it is answered, and as long as it does, what would give the answer away is not shown: what \
becomes of entries, what a leader still needs, which room has a majority.

`if CONDITION` says when a choice is so. It is asked when the question is answered, so the lab never \
says of a choice what is not the case. Of a choice without it the lab says nothing.

In the lab a digit begins `answer`, and `PgDn` or `Space` goes on to the line `reveal`. Where the script \
has none before its next question, the key reveals.",
        options: &[],
        examples: &[
            "ask Who leads next? | S2 if leader = S2 | S3 if leader = S3 | nobody if no leader",
            "ask \"What if S4 crashes?\" | nothing | an election if candidate is candidate",
        ],
        parse: |reader| question(reader).map(Tell::Ask).map(Command::Tell),
    },
    Verb {
        name: "answer",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["answer CHOICE", "answer HANDS HANDS ..."],
        summary: "what the class says to the question",
        help: "\
One number is the number of a choice. As many numbers as there are choices are hands, counted for \
each. Both stand beside the choices from then on.",
        options: &[],
        examples: &["answer 2", "answer 12 40 28"],
        parse: answer,
    },
    Verb {
        name: "reveal",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["reveal"],
        summary: "marks the choices that are so, and stands still",
        help: "\
Asks the condition of each choice now, and marks those that are so. A question of which no choice has \
a condition is over, and nothing is marked. A line that reveals is a beat. What is marked stays until \
the script goes on.",
        options: &[],
        examples: &["reveal"],
        parse: |_| Some(Command::Tell(Tell::Reveal)),
    },
    Verb {
        name: "oracle",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["oracle"],
        summary: "how likely each choice of the question is, and stands still",
        help: "\
Plays 200 futures from here with fresh randomness, as `:reroll` does, and shows beside each choice that \
says when it is so in how many it is, with a margin of error. A future is at its end where a line of \
the script reveals; where none does, where a choice first becomes so. A line that asks the oracle is a \
beat. `raftlab run` passes over it.",
        options: &[],
        examples: &["oracle"],
        parse: |_| Some(Command::Tell(Tell::Oracle)),
    },
    Verb {
        name: "aside",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["aside TEXT"],
        summary: "a note for the presenter, which the class does not see",
        help: "\
The text runs to the end of the line, as that of `say`, and may be long. It stands in `raftlab notes`, \
which follows the session in a second terminal, up to the line after the next beat. The lab's own \
screen shows it only in the pane of the script, and presenting hides that pane.",
        options: &[],
        examples: &["aside Let them count the votes aloud."],
        parse: |reader| reader.rest_as_text().map(Tell::Aside).map(Command::Tell),
    },
    Verb {
        name: "point",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["point WHO...", "point WHO... entry N", "point entry N"],
        summary: "marks what is spoken of, up to the line after the next beat",
        help: "\
Servers on the map and beside the logs, or an entry in the logs: in those of WHO, or in all that have \
it. The next `point` takes its place. A server that is not there, and an entry that its log does not \
have, are errors.",
        options: &[],
        examples: &["point leader", "point S4 S5 entry 2", "point entry committed"],
        parse: point,
    },
    Verb {
        name: "note",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["note TEXT"],
        summary: "writes a remark into the events",
        help: "The text runs to the end of the line, as that of `say`, and may be long.",
        options: &[],
        examples: &["note the old leader still takes writes"],
        parse: |reader| reader.rest_as_text().map(Tell::Note).map(Command::Tell),
    },
    Verb {
        name: "mark",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["mark NAME"],
        summary: "gives this moment a name on the timeline",
        help: "`messages` and `bytes` count from it: `expect messages <= 42 since NAME`.",
        options: &[],
        examples: &["mark start", "mark round{i}"],
        parse: |reader| reader.name(Expect::Name).map(Tell::Mark).map(Command::Tell),
    },
    Verb {
        name: "break",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["break CONDITION"],
        summary: "the lab pauses whenever a condition becomes true",
        help: "\
It pauses at the very event that makes it true. `B` lists the breakpoints, and switches \
them off and on. A broken rule always ends the run. `raftlab run` passes over this line.",
        options: &[],
        examples: &["break leader = S2", "break S3 holds x = 2", "break term >= 4 and no leader"],
        parse: |reader| condition(reader).map(Tell::Break).map(Command::Tell),
    },
    Verb {
        name: "unbreak",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["unbreak CONDITION"],
        summary: "switches a breakpoint off",
        help: "As it was written after `break`. It stays in the list (`B`), where it is switched on again.",
        options: &[],
        examples: &["unbreak leader = S2"],
        parse: |reader| condition(reader).map(Tell::Unbreak).map(Command::Tell),
    },
    Verb {
        name: "watch",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["watch CONDITION", "watch VALUE"],
        summary: "keeps a condition or a value on the screen",
        help: "\
A condition is shown as true or false, a value as what it is (see *Values*), each with the lab time \
since when it is so; what has just changed has a mark. It is the state at the moment that \
is shown, in the past too. What is a value is read as one: `watch leader` says who leads. `W` lists \
what is watched. `raftlab run` passes over this line.",
        options: &[],
        examples: &["watch leader", "watch S2 log", "watch {old} holds x", "watch term >= 3"],
        parse: |reader| watched(reader).map(Tell::Watch).map(Command::Tell),
    },
    Verb {
        name: "unwatch",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["unwatch CONDITION", "unwatch VALUE", "unwatch all"],
        summary: "takes what is watched off the screen",
        help: "As it was written after `watch`. In the lab `W` lists them, and `Enter` takes one off.",
        options: &[],
        examples: &["unwatch S2 log", "unwatch all"],
        parse: |reader| {
            if reader.peek_second_word().is_none() && reader.keyword("all") {
                return Some(Command::Tell(Tell::Unwatch(None)));
            }
            watched(reader).map(|what| Command::Tell(Tell::Unwatch(Some(what))))
        },
    },
    Verb {
        name: "pace",
        group: Group::Telling,
        scope: Scope::Act,
        usage: &["pace auto", "pace real", "pace N slower", "pace N faster"],
        summary: "how lab time relates to wall time",
        help: "\
`auto` slows down for what is worth watching and skims the rest. `pace 40 slower`: one second of \
wall time is 1/40 s in the lab. `raftlab run` goes as fast as it can whatever the pace.",
        options: &[],
        examples: &["pace auto", "pace 40 slower", "pace 10 faster", "pace real"],
        parse: pace,
    },
];

fn say(reader: &mut Reader<'_>) -> Parsed<Command> {
    let mut spot = reader.spot();
    let text = reader.rest_as_text()?;
    if let Some(message) = caption_flaw(text.as_str()) {
        spot.width = 1;
        reader.mistake(spot, message, Some("say it in two captions".into()));
    }
    Some(Command::Tell(Tell::Say(text)))
}

fn point(reader: &mut Reader<'_>) -> Parsed<Command> {
    let mut who = Vec::new();
    if !reader.keyword("entry") {
        who = reader.who_list(Clients::Refused, &["entry"])?;
        if !reader.keyword("entry") {
            return Some(Command::Tell(Tell::Point { who, entry: None }));
        }
    }
    Some(Command::Tell(Tell::Point { who, entry: Some(number(reader)?) }))
}

fn answer(reader: &mut Reader<'_>) -> Parsed<Command> {
    let mut hands = Vec::new();
    while hands.is_empty() || hands.len() < CHOICES_MAX && !reader.is_at_end() {
        let read = |word: &str| whole(word, 0..=u64::from(HANDS_MAX));
        hands.push(reader.quantity(Expect::Number, 1, read)? as u32);
    }
    Some(Command::Tell(Tell::Answer(hands)))
}

fn pace(reader: &mut Reader<'_>) -> Parsed<Command> {
    if reader.keyword("auto") {
        return Some(Command::Tell(Tell::Pace(Pace::Auto)));
    }
    if reader.keyword("real") {
        return Some(Command::Tell(Tell::Pace(Pace::Real)));
    }
    let read = |word: &str| whole(word, 1..=PACE_MAX);
    reader.expect(Expect::Number);
    if !reader.peek_word().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
        return reader.fail();
    }
    let times = reader.quantity(Expect::Number, 1, read)? as u32;
    if reader.keyword("slower") {
        Some(Command::Tell(Tell::Pace(Pace::Slower(times))))
    } else if reader.keyword("faster") {
        Some(Command::Tell(Tell::Pace(Pace::Faster(times))))
    } else {
        reader.fail()
    }
}
