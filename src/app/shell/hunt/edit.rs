//! Changes of a command that keep it a command: a server or a client fewer, or another name.

use crate::cluster::command::{Command, Ends, Operation, Order, Text, Who};

/// What becomes of each server or client that a command names; `None` leaves it out.
pub type Change<'a> = &'a dyn Fn(&Who) -> Option<Who>;

/// The command with every name changed; `None` if nobody is left for it to act on.
pub fn change(command: &Command, to: Change<'_>) -> Option<Command> {
    let list = |whos: &[Who]| -> Option<Vec<Who>> {
        let whos: Vec<Who> = whos.iter().filter_map(to).collect();
        (!whos.is_empty()).then_some(whos)
    };
    let ends = |ends: &Ends| -> Option<Ends> {
        Some(Ends { from: list(&ends.from)?, to: list(&ends.to)?, both: ends.both })
    };
    Some(match command {
        Command::Crash(who) => Command::Crash(list(who)?),
        Command::Restart(who) => Command::Restart(list(who)?),
        Command::Sleep(who) => Command::Sleep(list(who)?),
        Command::Wake(who) => Command::Wake(list(who)?),
        Command::Wipe(who) => Command::Wipe(list(who)?),
        Command::Timeout(who) => Command::Timeout(list(who)?),
        Command::Heartbeat(who) => Command::Heartbeat(list(who)?),
        Command::Sync(who) => Command::Sync(list(who)?),
        Command::Rejoin(who) => Command::Rejoin(list(who)?),
        Command::Clock { who, rate } => Command::Clock { who: list(who)?, rate: *rate },
        Command::Isolate { who, from_clients } => {
            Command::Isolate { who: list(who)?, from_clients: *from_clients }
        }
        Command::Flaw { flaw, on, who } if !who.is_empty() => {
            Command::Flaw { flaw: *flaw, on: *on, who: list(who)? }
        }
        Command::Partition(groups) => {
            let groups: Vec<Vec<Who>> = groups.iter().filter_map(|group| list(group)).collect();
            (groups.len() > 1).then_some(Command::Partition(groups))?
        }
        Command::Cut(both) => Command::Cut(ends(both)?),
        Command::Mend(both) => Command::Mend(ends(both)?),
        Command::Link { ends: both, change } => {
            Command::Link { ends: ends(both)?, change: *change }
        }
        Command::Operate(order) => Command::Operate(Order {
            client: match &order.client {
                Some(name) => match to(&Who::Client(name.clone()))? {
                    Who::Client(name) => Some(name),
                    other => Some(Text::new(&other.to_string())),
                },
                None => None,
            },
            only: match &order.only {
                Some(who) => Some(to(who)?),
                None => None,
            },
            ..order.clone()
        }),
        // The others name nobody that a hunt has to do with.
        Command::Cluster(_)
        | Command::Clients(_)
        | Command::Given { .. }
        | Command::Shows { .. }
        | Command::Record(_)
        | Command::Timers(_)
        | Command::Heal
        | Command::Net(_)
        | Command::Hold { .. }
        | Command::Release { .. }
        | Command::Next { .. }
        | Command::Packet { .. }
        | Command::Flying { .. }
        | Command::ByHand(_)
        | Command::Retry(_)
        | Command::Abandon(_)
        | Command::Settle
        | Command::Load(_)
        | Command::LoadStop
        | Command::Chaos(_)
        | Command::ChaosStop
        | Command::Reseed(_)
        | Command::Expects(_)
        | Command::Flaw { .. }
        | Command::Run(_)
        | Command::Until { .. }
        | Command::Expect(_)
        | Command::Let { .. }
        | Command::Task { .. }
        | Command::Wait { .. }
        | Command::For { .. }
        | Command::Repeat { .. }
        | Command::LoopFor { .. }
        | Command::LoopUntil(_)
        | Command::If(_)
        | Command::Else
        | Command::End
        | Command::At { .. }
        | Command::Every { .. }
        | Command::Stop(_)
        | Command::Say(_)
        | Command::Beat
        | Command::Ask(_)
        | Command::Answer(_)
        | Command::Reveal
        | Command::Oracle
        | Command::Aside(_)
        | Command::Point { .. }
        | Command::Note(_)
        | Command::Mark(_)
        | Command::Break(_)
        | Command::Unbreak(_)
        | Command::Watch(_)
        | Command::Unwatch(_)
        | Command::Pace(_) => command.clone(),
    })
}

/// Everybody that a command names.
pub fn named(command: &Command) -> Vec<Who> {
    let seen = std::cell::RefCell::new(Vec::new());
    change(command, &|who| {
        seen.borrow_mut().push(who.clone());
        Some(who.clone())
    });
    seen.into_inner()
}

/// The command with keys and values changed.
pub fn reword(
    command: &Command,
    key: impl Fn(&Text) -> Text,
    value: impl Fn(&Text) -> Text,
) -> Command {
    let Command::Operate(order) = command else { return command.clone() };
    let operation = match &order.operation {
        Operation::Get { key: k } => Operation::Get { key: key(k) },
        Operation::Put { key: k, value: v, version } => {
            Operation::Put { key: key(k), value: value(v), version: version.clone() }
        }
        Operation::Submit { key: k, value: v, version } => {
            Operation::Submit { key: key(k), value: value(v), version: version.clone() }
        }
        Operation::Set { key: k, value: v } => Operation::Set { key: key(k), value: value(v) },
        Operation::Check { key: k } => Operation::Check { key: key(k) },
        Operation::Acquire { lock } => Operation::Acquire { lock: key(lock) },
        Operation::Release { lock } => Operation::Release { lock: key(lock) },
    };
    Command::Operate(Order { operation, ..order.clone() })
}
