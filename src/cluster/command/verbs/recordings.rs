//! Recordings: what was done by hand, at its places.

use super::flow::acting;
use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::quantity::{self, whole};
use crate::cluster::command::reader::{Options, Parsed, Reader};
use crate::cluster::command::recording::{FORM, Header, Record};
use crate::cluster::command::{Command, Place};

pub(super) static ROWS: [Verb; 5] = [
    Verb {
        name: "recording",
        group: Group::Recordings,
        scope: Scope::Recording,
        usage: &["recording form=N engine=N [seed=N] [script=NAME]"],
        summary: "what follows was recorded",
        help: "\
The lab opens such a file where it was left, and `raftlab run` plays it. `form=` is the number of the \
form, 1: a newer one is refused. `engine=` is the number of the engine's rules; by others a seed may \
mean another run, and that is said. `seed=` is the seed, if it was not the script's own, and \
`script=` what the script was called.

After this line stand `did`, `reached`, and what was on the screen in the end: `watch`, `break`, \
`unbreak`, `pace` and `bookmark`.",
        options: &[],
        examples: &[
            "recording form=1 engine=1",
            "recording form=1 engine=1 seed=0x1f script=lesson.lab",
        ],
        parse: recording,
    },
    Verb {
        name: "did",
        group: Group::Recordings,
        scope: Scope::Recording,
        usage: &["did T COMMAND", "did T+N COMMAND", "did T+N+M COMMAND"],
        summary: "says what was done by hand, and where in the run",
        help: "\
As `at`, but it is no line that runs: it comes from outside of the script, wherever in the file it \
stands outside of blocks, and means what it means at the prompt. So `expect`, `let`, `at` and \
`every` may follow too. Of several at one place the first comes first.",
        options: &[],
        examples: &[
            "did 0.097818s crash S5",
            "did 2.5s+0+1 set x 1 client=a",
            "did 3s every 2s crash random",
            "did 4.9s+3 expect leader = S2",
        ],
        parse: |reader| {
            let place = place(reader)?;
            let command = acting(reader, "did")?;
            Some(Command::Record(Record::Did { place, command }))
        },
    },
    Verb {
        name: "reached",
        group: Group::Recordings,
        scope: Scope::Recording,
        usage: &["reached T", "reached T+N", "reached T+N+M"],
        summary: "the run goes on at least as far as this place",
        help: "`raftlab run` ends there, if the script has ended before.",
        options: &[],
        examples: &["reached 4.9s+3"],
        parse: |reader| Some(Command::Record(Record::Reached(place(reader)?))),
    },
    Verb {
        name: "branch",
        group: Group::Recordings,
        scope: Scope::Recording,
        usage: &["branch same=N"],
        summary: "a future that was left ends here, and another follows",
        help: "\
Its first N commands are those of the future before it. The last is the present one: that is what \
`raftlab run` plays. In the lab the others are listed by `:branches`.",
        options: &[],
        examples: &["branch same=2"],
        parse: |reader| {
            reader.need_option("same")?;
            let read = |word: &str| whole(word, 0..=u64::from(u32::MAX));
            let same = reader.quantity(Expect::Number, 0, read)? as u32;
            Some(Command::Record(Record::Branch { same }))
        },
    },
    Verb {
        name: "bookmark",
        group: Group::Recordings,
        scope: Scope::Recording,
        usage: &["bookmark T", "bookmark T+N", "bookmark T+N+M"],
        summary: "a place of the present future to come back to",
        help: "In the lab `b` sets one, and takes it away.",
        options: &[],
        examples: &["bookmark 1.203441s+2"],
        parse: |reader| Some(Command::Record(Record::Bookmark(place(reader)?))),
    },
];

fn place(reader: &mut Reader<'_>) -> Parsed<Place> {
    reader.quantity(Expect::Place, Place::default(), quantity::place)
}

fn recording(reader: &mut Reader<'_>) -> Parsed<Command> {
    let verb = reader.last_spot();
    let number = |reader: &mut Reader<'_>| {
        let read = |word: &str| whole(word, 1..=u64::from(u32::MAX));
        reader.quantity(Expect::Number, 1, read).map(|number| number as u32)
    };
    reader.need_option("form")?;
    let form = number(reader)?;
    if form > FORM {
        let message = format!(
            "this recording has form {form}: a newer raftlab has written it, and this one reads \
             form {FORM}"
        );
        reader.mistake(verb, message, None);
        // What else the line says is for those who know that form.
        let _ = reader.rest_as_text();
        return Some(Command::Record(Record::Begins(Header { form, ..Header::default() })));
    }
    reader.need_option("engine")?;
    let engine = number(reader)?;
    let (mut seed, mut script) = (None, None);
    let mut options = Options::new(&["seed", "script"]);
    while let Some(name) = options.next(reader)? {
        match name {
            "seed" => seed = Some(reader.quantity(Expect::Seed, 0, quantity::seed)?),
            _ => script = Some(reader.text(Expect::Name)?),
        }
    }
    Some(Command::Record(Record::Begins(Header { form, engine, seed, script })))
}
