//! Arbitrary commands, for properties: the printed form reads back, and no line does harm.

mod conditions;
mod head;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use conditions::{condition, measure, watched};
use head::{challenge, clients, given, head, raft, shows};

use super::caption::caption_flaw;
use super::measures;
use super::quantity::SNAPSHOT_MAX;
use super::question::{CHOICE_COLUMNS, CHOICES_MAX, CHOICES_MIN, Choice, Question};
use super::verbs::{self, Scope};
use super::{
    Argument, Base, Block, Bound, Challenge, Command, Compare, Condition, Deed, DiskAct, Ends,
    Fate, Flow, Group, Head, Keeping, Kind, LabAct, LinkAct, Load, LoadKeys, LoadKind, LoadRate,
    Measure, Number, Operand, Operation, Order, Pace, PacketAct, PatternKind, Place, Position,
    Quantity, Reach, ReplyPattern, Reseed, RoleName, ServerAct, Setup, Takes, Tell, Text,
    VersionWord, Watched, Who, parse_line, who,
};
use crate::cluster::command::{Fault, Faults};
use crate::cluster::fit::columns;
use crate::cluster::flaw::{Breaks, FLAWS};
use crate::cluster::invariant::Invariant;
use crate::cluster::network::{LinkChange, Network, PacketName};
use crate::cluster::raft::{Choice as Setting, Most, OPTIONS, Options, RaftOption};
use crate::cluster::time::{Ppm, Span, SpanRange, Time};
use crate::cluster::types::{Outcome, PacketId, ServerId, Term, Version};

fn name() -> impl Strategy<Value = Text> {
    "[a-rt-z][a-zA-Z0-9_-]{0,8}(\\{[a-z]{1,4}\\})?"
        .prop_filter("not a word for servers", |name| who::word(name).is_none())
        .prop_map(|name| Text::new(&name))
}

fn variable() -> impl Strategy<Value = Text> {
    "[a-rt-zA-RT-Z][a-zA-Z0-9_-]{0,8}"
        .prop_filter("not a word for servers", |name| who::word(name).is_none())
        .prop_map(|name| Text::new(&name))
}

/// Keys and values: anything, with and without holes.
fn word() -> impl Strategy<Value = Text> {
    prop_oneof![
        "[a-z0-9]{1,6}".prop_map(|word| Text::new(&word)),
        any::<String>().prop_map(Text::literal),
        "[ -z|}~é\t\n]{0,8}\\{[a-z]{1,3}\\}[ -z|}~]{0,3}".prop_map(|word| Text::new(&word)),
        select(vec!["ok", "maybe", "", "->", "a=b", "#", "#1", "@2", "|", "client", "nowait"])
            .prop_map(Text::new),
    ]
}

fn caption() -> impl Strategy<Value = Text> {
    word().prop_filter("fits", |text| caption_flaw(text.as_str()).is_none())
}

fn question() -> impl Strategy<Value = Question> {
    let text = || caption().prop_filter("says something", |text| !text.as_str().trim().is_empty());
    let fits =
        |text: &Text| columns(text.as_str()) <= CHOICE_COLUMNS && !text.as_str().contains('\n');
    let text_of_choice = prop_oneof![text().prop_filter("fits", fits), Just(Text::new("if"))];
    let choice =
        (text_of_choice, of(condition())).prop_map(|(text, condition)| Choice { text, condition });
    (text(), vec(choice, CHOICES_MIN..=CHOICES_MAX))
        .prop_map(|(text, choices)| Question { text, choices })
}

fn server() -> impl Strategy<Value = ServerId> {
    (0..25u8).prop_map(ServerId::from_index)
}

fn servers_word() -> impl Strategy<Value = Who> {
    prop_oneof![
        server().prop_map(Who::Server),
        select(who::WORDS.iter().map(|row| row.who.clone()).collect::<Vec<_>>()),
        select(vec!["{old}", "S{i}"]).prop_map(|word| Who::Hole(Text::new(word))),
    ]
}

fn servers() -> impl Strategy<Value = Vec<Who>> {
    vec(servers_word(), 1..4)
}

fn client() -> impl Strategy<Value = Who> {
    name().prop_map(|name| if name.has_holes() { Who::Hole(name) } else { Who::Client(name) })
}

fn nodes() -> impl Strategy<Value = Vec<Who>> {
    vec(prop_oneof![servers_word(), client()], 1..4)
}

fn ends() -> impl Strategy<Value = Ends> {
    (nodes(), nodes(), any::<bool>()).prop_map(|(from, to, both)| Ends { from, to, both })
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![1..5_000u64, 1..=Span::MAX.0, (1..5_000u64).prop_map(|ms| ms * 1_000)]
        .prop_map(Span)
}

fn range() -> impl Strategy<Value = SpanRange> {
    (span(), span()).prop_map(|(one, two)| SpanRange { low: one.min(two), high: one.max(two) })
}

fn share() -> impl Strategy<Value = Ppm> {
    (0..=1_000_000u32).prop_map(Ppm)
}

fn log() -> impl Strategy<Value = Vec<Term>> {
    vec(1..=1_000u64, 0..6).prop_map(|mut terms| {
        terms.sort_unstable();
        terms.into_iter().map(Term).collect()
    })
}

fn plus() -> impl Strategy<Value = i64> {
    select(vec![0, 1, -1, 1_000_000_000_000])
}

/// A number that no measure is part of.
fn plain_number() -> impl Strategy<Value = Number> {
    let hole = |word| Base::Hole(Text::new(word));
    prop_oneof![
        any::<u64>().prop_map(Number::from),
        (select(vec!["{n}", "1{n}"]), plus())
            .prop_map(move |(word, plus)| Number { base: hole(word), plus }),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    let measure = measure(Position::Operand(Kind::Number)).prop_map(Box::new);
    prop_oneof![
        3 => plain_number(),
        1 => (measure, plus()).prop_map(|(it, plus)| Number { base: Base::Measure(it), plus }),
    ]
}

fn compare() -> impl Strategy<Value = Compare> {
    select(vec![Compare::Equal, Compare::AtLeast, Compare::AtMost])
}

fn order() -> impl Strategy<Value = Command> {
    let version = prop_oneof![
        any::<u64>().prop_map(|version| VersionWord::Number(Version(version))),
        Just(VersionWord::Last),
        plus().prop_map(|plus| {
            VersionWord::Hole(Number { base: Base::Hole(Text::new("{v}")), plus })
        }),
    ];
    let operation = prop_oneof![
        word().prop_map(|key| Operation::Get { key }),
        (word(), word(), version).prop_map(|(key, value, version)| Operation::Put {
            key,
            value,
            version
        }),
        (word(), word()).prop_map(|(key, value)| Operation::Set { key, value }),
        word().prop_map(|key| Operation::Check { key }),
        word().prop_map(|lock| Operation::Acquire { lock }),
        word().prop_map(|lock| Operation::Release { lock }),
    ];
    let size = of(select(vec![0, 1, 999, 1_000, 65_000, 65_536]));
    (operation, of(name()), of(servers_word()), size, any::<bool>(), of(span())).prop_map(
        |(operation, client, only, size, nowait, within)| {
            let writes = matches!(operation, Operation::Put { .. } | Operation::Set { .. });
            let size = size.filter(|_| writes);
            Command::Deed(Deed::Operate(Order { operation, client, only, size, nowait, within }))
        },
    )
}

fn submit() -> impl Strategy<Value = Command> {
    order().prop_filter_map("a put", |command| {
        let Command::Deed(Deed::Operate(order)) = command else { return None };
        let Operation::Put { key, value, version } = order.operation else { return None };
        let operation = Operation::Submit { key, value, version };
        Some(Command::Deed(Deed::Operate(Order {
            operation,
            nowait: false,
            within: None,
            ..order
        })))
    })
}

/// What `let` gives a name to. A number that is one word is read as that, and `{n}` as a server.
fn bound() -> impl Strategy<Value = Bound> {
    let sum = number().prop_filter("no server", |number| {
        !matches!(number, Number { base: Base::Hole(_), plus: 0 })
    });
    let who = servers().prop_filter("no number", |who| who.len() > 1 || who[0] != Who::Random);
    let measure = measure(Position::Value).prop_filter("no number, no server", |measure| {
        measure.row.answers != Kind::Number && measure.to_string() != "leader"
    });
    prop_oneof![
        who.prop_map(Bound::Servers),
        servers().prop_map(Bound::RestOf),
        sum.prop_map(Bound::Number),
        measure.prop_map(Bound::Measure),
        (0..1_000u32, 0..1_000u32).prop_map(|(low, more)| Bound::Random(low, low + more)),
    ]
}

fn load() -> impl Strategy<Value = Command> {
    let rate = prop_oneof![
        3 => (1..=100_000u32).prop_map(LoadRate::PerSecond),
        1 => Just(LoadRate::Max),
    ];
    let keys = prop_oneof![
        (1..=100_000u32).prop_map(LoadKeys::Shared),
        (1..=100_000u32).prop_map(LoadKeys::Each),
    ];
    let requests = (keys, rate, share(), 0..=65_536u32, share()).prop_map(
        |(keys, rate, reads, value, ahead)| LoadKind::Requests { keys, rate, reads, value, ahead },
    );
    let kind = prop_oneof![requests, Just(LoadKind::Lock)];
    (kind, 1..=2_000u32, of(span())).prop_map(|(kind, clients, span)| {
        Command::Deed(Deed::Lab(LabAct::Load(Load { kind, clients, span })))
    })
}

/// Groups that don't overlap, as far as the line can tell.
fn partition() -> impl Strategy<Value = Command> {
    (vec(1..4usize, 1..5), client(), any::<bool>()).prop_map(|(sizes, client, rest)| {
        let mut next = 0;
        let mut groups: Vec<Vec<Who>> = Vec::new();
        for size in sizes {
            let members = next..next + size as u8;
            next += size as u8;
            groups.push(members.map(|index| Who::Server(ServerId::from_index(index))).collect());
        }
        if rest {
            groups.push(vec![Who::Rest]);
        }
        groups[0].push(client);
        Command::Deed(Deed::Partition(groups))
    })
}

fn link() -> impl Strategy<Value = Command> {
    (ends(), of(share()), of(range()), of(share()))
        .prop_filter("changes something", |(_, loss, delay, duplicate)| {
            loss.is_some() || delay.is_some() || duplicate.is_some()
        })
        .prop_map(|(ends, loss, delay, duplicate)| {
            LinkAct::Change(LinkChange { loss, delay, duplicate }).to(ends)
        })
}

/// What the examples of all verbs do, so that a verb of a known shape is among them.
fn examples<T: Clone + std::fmt::Debug + 'static>(
    of: fn(Deed) -> Option<T>,
) -> impl Strategy<Value = T> {
    let lines = verbs::all().flat_map(|verb| verb.examples).flat_map(|example| example.lines());
    let deeds = lines.filter_map(|line| match parse_line(line) {
        Ok(Command::Deed(deed)) => of(deed),
        _ => None,
    });
    select(deeds.collect::<Vec<T>>())
}

/// Every shape of a deed with what the examples do, to anybody.
fn shaped() -> impl Strategy<Value = Command> {
    let act = examples(|deed| match deed {
        Deed::Servers(act, _) => Some(act),
        _ => None,
    });
    let on_servers = (act, servers()).prop_map(|(act, who)| act.to(who));
    let act = examples(|deed| match deed {
        Deed::Links(act, _) if act.word() != "duplicate" => Some(act),
        _ => None,
    });
    let on_links = (act, ends()).prop_map(|(act, ends)| act.to(ends));
    let act = examples(|deed| match deed {
        Deed::Clients(act, _) => Some(act),
        _ => None,
    });
    let by_clients =
        (act, vec(name(), 1..4)).prop_map(|(act, names)| Command::Deed(Deed::Clients(act, names)));
    let lab = examples(|deed| match deed {
        Deed::Lab(act) => Some(act),
        _ => None,
    });
    prop_oneof![3 => on_servers, 3 => on_links, 1 => by_clients, 3 => lab.prop_map(Command::from)]
}

fn packets() -> impl Strategy<Value = Command> {
    let packet = || of(select(PacketName::ALL.to_vec()));
    let count = || of(1..10_000u32);
    let delay = || (1..1_000_000u64).prop_map(|span| Fate::Delay(Span(span)));
    let fate = || prop_oneof![Just(Fate::Drop), delay()];
    let any_fate = prop_oneof![Just(Fate::Duplicate), fate()];
    let act = prop_oneof![
        select(vec![PacketAct::Deliver, PacketAct::Hold]),
        any_fate.prop_map(PacketAct::Meets)
    ];
    let on_links = prop_oneof![
        (packet(), count()).prop_map(|(name, count)| LinkAct::Hold { name, count }),
        (packet(), count()).prop_map(|(name, count)| LinkAct::Release { name, count }),
        (fate(), packet()).prop_map(|(fate, name)| LinkAct::Next { fate, name }),
        (of(fate()), packet(), count()).prop_map(|(fate, name, count)| LinkAct::Flying {
            fate,
            name,
            count
        }),
    ];
    // What clients and servers say to each other is never duplicated.
    let between_servers = || {
        let named = |name: &PacketName| !matches!(name, PacketName::Request | PacketName::Reply);
        let names: Vec<PacketName> = PacketName::ALL.into_iter().filter(named).collect();
        let ends = (servers(), servers(), any::<bool>());
        (of(select(names)), ends.prop_map(|(from, to, both)| Ends { from, to, both }))
    };
    let twice = Fate::Duplicate;
    prop_oneof![
        4 => (on_links, ends()).prop_map(|(act, ends)| act.to(ends)),
        1 => (any::<u32>(), act)
            .prop_map(|(packet, act)| Command::Deed(Deed::Packet(PacketId(packet.into()), act))),
        1 => between_servers()
            .prop_map(move |(name, ends)| LinkAct::Next { fate: twice, name }.to(ends)),
        1 => (between_servers(), count()).prop_map(move |((name, ends), count)| {
            LinkAct::Flying { fate: Some(twice), name, count }.to(ends)
        }),
        1 => submit(),
    ]
}

fn snapshots() -> impl Strategy<Value = (Option<Most>, Option<u32>)> {
    (of(most(SNAPSHOT_MAX as u32)), of(1..=SNAPSHOT_MAX as u32))
}

fn most(count: u32) -> impl Strategy<Value = Most> {
    prop_oneof![(1..=count).prop_map(Most::Count), (1..=SNAPSHOT_MAX as u32).prop_map(Most::Bytes),]
}

fn options() -> impl Strategy<Value = Options> {
    vec(setting(), 0..4).prop_map(|choices| {
        let mut options: Options = choices.into_iter().collect();
        // A lease needs it.
        if options.of(RaftOption::Reads).place() == 2 {
            options.set(RaftOption::CheckQuorum.on());
        }
        options
    })
}

fn setting() -> impl Strategy<Value = Setting> {
    let every = OPTIONS.iter().flat_map(|about| about.option.choices());
    select(every.collect::<Vec<Setting>>())
}

fn option() -> impl Strategy<Value = Command> {
    let who = prop_oneof![Just(Vec::new()), servers()];
    (setting(), who).prop_map(|(choice, who)| Deed::Keep(Keeping::Option(choice), who).into())
}

fn flaw() -> impl Strategy<Value = Command> {
    let who = prop_oneof![Just(Vec::new()), servers()];
    (select(FLAWS.to_vec()), any::<bool>(), who).prop_map(|(about, on, who)| {
        let who = if about.flaw.is_of_clients() { Vec::new() } else { who };
        Command::Deed(Deed::Keep(Keeping::Flaw(about.flaw, on), who))
    })
}

/// Commands that may stand after `at` and `every`.
fn acting() -> impl Strategy<Value = Command> {
    let about_servers = prop_oneof![
        any::<bool>().prop_map(|from_clients| ServerAct::Isolate { from_clients }),
        (10_000..=100_000_000u32).prop_map(|rate| ServerAct::Clock(Ppm(rate))),
        of(span()).prop_map(|span| ServerAct::Disk(DiskAct::Sync(span))),
        select(vec![DiskAct::Fail, DiskAct::Tear]).prop_map(ServerAct::Disk),
    ];
    let telling = prop_oneof![
        caption().prop_map(Tell::Say),
        Just(Tell::Beat),
        question().prop_map(Tell::Ask),
        vec(0..=9_999u32, 1..=5).prop_map(Tell::Answer),
        Just(Tell::Reveal),
        Just(Tell::Oracle),
        word().prop_map(Tell::Aside),
        (servers(), of(plain_number())).prop_map(|(who, entry)| Tell::Point { who, entry }),
        plain_number().prop_map(|entry| Tell::Point { who: Vec::new(), entry: Some(entry) }),
        condition().prop_map(Tell::Break),
        condition().prop_map(Tell::Unbreak),
        word().prop_map(Tell::Note),
        name().prop_map(Tell::Mark),
        watched().prop_map(Tell::Watch),
        of(watched()).prop_map(Tell::Unwatch),
        select(vec![Pace::Auto, Pace::Real, Pace::Slower(40), Pace::Faster(10)])
            .prop_map(Tell::Pace),
    ];
    prop_oneof![
        6 => shaped(),
        1 => (about_servers, servers()).prop_map(|(act, who)| act.to(who)),
        1 => partition(),
        1 => select(Network::ALL.to_vec()).prop_map(|network| LabAct::Net(network).into()),
        1 => link(),
        3 => order(),
        1 => load(),
        1 => vec(select(Fault::ALL.to_vec()), 1..4)
            .prop_map(|faults| LabAct::Chaos(Faults::These(faults)).into()),
        1 => vec(select(Fault::ALL.to_vec()), 0..3)
            .prop_map(|faults| LabAct::Chaos(Faults::Swarm(faults)).into()),
        1 => (any::<u64>(), select(vec![Reach::Draws, Reach::All]))
            .prop_map(|(seed, reach)| LabAct::Reseed(Reseed { seed, reach }).into()),
        1 => flaw(),
        1 => option(),
        1 => packets(),
        1 => prop_oneof![name(), Just(Text::new("every"))]
            .prop_map(Flow::Stop).prop_map(Command::Flow),
        2 => telling.prop_map(Command::Tell),
    ]
}

fn flow() -> impl Strategy<Value = Command> {
    let place = (0..=Span::MAX.0, any::<u32>(), any::<u32>())
        .prop_map(|(time, after, acts)| Place { time: Time(time), after, acts });
    prop_oneof![
        range().prop_map(Flow::Run).prop_map(Command::Flow),
        (condition(), of(span()))
            .prop_map(|(condition, within)| Command::Flow(Flow::Until { condition, within })),
        condition().prop_map(Flow::Expect).prop_map(Command::Flow),
        (variable(), bound()).prop_map(|(name, value)| Command::Flow(Flow::Let { name, value })),
        name().prop_map(|name| Command::Block(Block::Task { name })),
        (name(), of(span())).prop_map(|(name, within)| Command::Flow(Flow::Wait { name, within })),
        (variable(), any::<u32>(), 0..1_000_000u32).prop_map(|(name, first, more)| {
            Command::Block(Block::For { name, first, last: first.saturating_add(more) })
        }),
        (1..=1_000_000u32, of(variable()))
            .prop_map(|(count, name)| Command::Block(Block::Repeat { count, name })),
        (span(), of(variable()))
            .prop_map(|(span, name)| Command::Block(Block::LoopFor { span, name })),
        condition().prop_map(Block::LoopUntil).prop_map(Command::Block),
        (condition(), share()).prop_map(|(condition, share)| {
            let chance = Box::new(Condition::Chance(share));
            Command::Block(Block::If(Condition::And(chance, Box::new(condition))))
        }),
        condition().prop_map(Block::If).prop_map(Command::Block),
        Just(Command::Block(Block::Else)),
        Just(Command::Block(Block::End)),
        Just(Command::Tell(Tell::Turn)),
        Just(Command::Tell(Tell::Judge)),
        (place, acting()).prop_map(|(place, command)| Command::Flow(Flow::At {
            place,
            command: Box::new(command)
        })),
        (span(), acting()).prop_map(|(span, command)| Command::Flow(Flow::Every {
            span,
            command: Box::new(command)
        })),
    ]
}

/// Any command at all.
pub(crate) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![1 => head(), 1 => raft(), 1 => given(), 1 => shows(), 1 => challenge(), 1 => clients(), 8 => acting(), 8 => flow()]
}

/// Lines that are nearly right: words of the language and of examples in any order.
fn near_line() -> impl Strategy<Value = String> {
    let mut words: Vec<String> = ["|", "->", "<->", "=", ">=", "(", ")", "\"", "\\", "{", "}", "@"]
        .map(str::to_owned)
        .to_vec();
    for verb in verbs::all() {
        words.push(verb.name.to_owned());
        words.extend(
            verb.examples.iter().flat_map(|line| line.split_whitespace().map(str::to_owned)),
        );
    }
    vec((select(words), select(vec![" ", " ", " ", ""])), 0..12)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + gap).collect())
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(command in command()) {
        let printed = command.to_string();
        let read = parse_line(&printed);
        prop_assert_eq!(read.as_ref(), Ok(&command), "{}", printed);
        prop_assert!(!printed.chars().any(char::is_control), "{:?}", printed);
    }

    #[test]
    fn what_acts_may_stand_after_at(command in acting()) {
        let verb = command.to_string().split(' ').next().map(str::to_owned).unwrap_or_default();
        prop_assert_eq!(verbs::find(&verb).map(|verb| verb.scope), Some(Scope::Act));
    }

    #[test]
    fn any_line_is_read_or_refused_with_a_place(line in "\\PC{0,60}|[ -~\t]{0,60}") {
        check_line(&line)?;
    }

    #[test]
    fn lines_that_are_nearly_right_do_no_harm(line in near_line()) {
        check_line(&line)?;
    }
}

/// A line is a command that prints to itself, or a mistake inside the line.
fn check_line(line: &str) -> Result<(), TestCaseError> {
    match parse_line(line) {
        Ok(command) => {
            let printed = command.to_string();
            let again = parse_line(&printed);
            prop_assert_eq!(again.as_ref(), Ok(&command), "{} from {}", printed, line);
        }
        Err(mistake) => {
            let length = line.chars().count() as u32;
            prop_assert!((1..=length + 1).contains(&mistake.column), "{mistake}");
            prop_assert!(mistake.width >= 1 && !mistake.message.is_empty(), "{mistake}");
        }
    }
    let known = super::complete::Known { servers: 5, ..Default::default() };
    super::complete::complete(line, line.len() / 2, &known);
    super::complete::complete(line, line.len(), &known);
    Ok(())
}
