//! The lines of heads.

use super::*;

pub(super) fn head() -> impl Strategy<Value = Command> {
    let timing = (of((200_000u64..1_000_000, 0..1_000_000u64)), of(1..200_000u64));
    (
        (of(1..=25u8), of(any::<u64>()), of(select(Network::ALL.to_vec()))),
        timing,
        (
            (of(1..=1_000_000u32), of(most(1_000)), of(1..=1_000_000u32)),
            snapshots(),
            (of(1..=10_000u32), of(span()), of(span())),
        ),
        (of(1..=1_000_000_000_000u64), options()),
    )
        .prop_map(
            |((servers, seed, network), (election, heartbeat), more, (events_max, options))| {
                let (appends, (snapshot, snapshot_chunk), others) = more;
                let (client_sessions, sync, rpc_timeout) = others;
                let (append_max, inflight, uncommitted) = appends;
                let election = election
                    .map(|(low, width)| SpanRange { low: Span(low), high: Span(low + width) });
                let heartbeat = heartbeat.map(Span);
                Command::Head(Head::Cluster(Setup {
                    servers,
                    seed,
                    network,
                    election,
                    heartbeat,
                    append_max,
                    inflight,
                    uncommitted,
                    snapshot,
                    snapshot_chunk,
                    client_sessions,
                    sync,
                    rpc_timeout,
                    events_max,
                    options,
                    ..Setup::default()
                }))
            },
        )
}

/// A head with a Raft of another's, which knows none of the options of the lab's own.
pub(super) fn raft() -> BoxedStrategy<Command> {
    let limits = (of(1..=100_000_000_000u64), of(1..=1_024u64), of(any::<u64>()));
    (word(), of(any::<u64>()), of(word()), limits)
        .prop_map(|(file, seed, raft_params, (raft_fuel, memory, raft_hash))| {
            let raft_memory = memory.map(|megabytes| megabytes << 20);
            let raft = Some(file);
            let setup = Setup {
                seed,
                raft,
                raft_params,
                raft_fuel,
                raft_memory,
                raft_hash,
                ..Setup::default()
            };
            Command::Head(Head::Cluster(setup))
        })
        .boxed()
}

pub(super) fn given() -> impl Strategy<Value = Command> {
    (server(), log(), 0..1_000u64).prop_map(|(server, log, more)| {
        let last = log.last().map_or(0, |term| term.0);
        Command::Head(Head::Given { server, term: Term(last + more), log })
    })
}

pub(super) fn clients() -> impl Strategy<Value = Command> {
    let name = "[a-rt-z][a-z0-9]{2,6}"
        .prop_filter("no word for servers", |name| who::word(name).is_none());
    prop::collection::btree_set(name, 1..5).prop_map(|names| {
        Command::Head(Head::Clients(names.iter().map(|name| Text::new(name)).collect()))
    })
}

pub(super) fn shows() -> impl Strategy<Value = Command> {
    let safety = select(Invariant::ALL.to_vec()).prop_map(Breaks::Safety);
    let breaks = prop_oneof![safety, Just(Breaks::Liveness)];
    (select(FLAWS.to_vec()), breaks)
        .prop_map(|(about, breaks)| Command::Head(Head::Shows { flaw: about.flaw, breaks }))
}

pub(super) fn challenge() -> impl Strategy<Value = Command> {
    let allow = vec(select(vec!["crash", "cut", "timeout", "deliver", "put"]), 1..4);
    (name(), 1..=1_000u32, allow, of(1..=1_000u32)).prop_map(|(name, commands, allow, par)| {
        let allow = allow.into_iter().map(Text::new).collect();
        Command::Head(Head::Challenge(Challenge { name, commands, allow, par }))
    })
}
