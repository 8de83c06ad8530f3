//! Disks that are slow, hang, fail a write or break off in one: what waits for them, what is lost,
//! and what a command refuses.

#[path = "support/run.rs"]
mod run;

use raftlab::cluster::Cluster;
use raftlab::cluster::command::parse_line;
use raftlab::cluster::config::Config;
use raftlab::cluster::event::{EventKind, ServerEvent};
use raftlab::cluster::server::{Power, Server};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::ServerId;
use run::Run;

const HEAD: &str =
    "cluster servers=3 seed=1 sync=10ms\ntimeout S1\nuntil S1 is leader\nrun 150ms\n";

fn server(cluster: &Cluster, number: u8) -> &Server {
    cluster.server(ServerId::from_number(number.into()).expect("a server")).expect("it is there")
}

fn left(cluster: &Cluster, number: u8) -> Option<Span> {
    let timer = server(cluster, number).timer(TimerKind::Sync)?;
    Some(timer.due.since(cluster.now()))
}

/// A cluster at the end of a script's lines, and what becomes of commands that are given then.
fn after(lines: &str) -> Cluster {
    Run::of(&format!("{HEAD}{lines}"), 1).cluster
}

fn act(cluster: &mut Cluster, line: &str) -> Result<(), String> {
    let command = parse_line(line).expect("a command");
    cluster.apply(&command).map(|_| ()).map_err(|refusal| refusal.to_string())
}

#[test]
fn a_disk_writes_as_fast_as_it_is_told_also_what_is_under_way() {
    let mut cluster = after("submit x 1 @0 only=S1\n");
    assert_eq!(left(&cluster, 1), Some(Span::from_millis(10)));
    act(&mut cluster, "disk S1 sync=300ms").expect("done");
    assert_eq!(left(&cluster, 1), Some(Span::from_millis(300)));
    act(&mut cluster, "disk S1 sync=never").expect("done");
    assert_eq!((left(&cluster, 1), server(&cluster, 1).disk.is_writing()), (None, true));
    cluster.run_until(cluster.now() + Span::from_secs(60));
    assert_eq!(server(&cluster, 1).disk.log.len(), 0, "no write ends");
    act(&mut cluster, "disk S1 sync=2ms").expect("done");
    assert_eq!(left(&cluster, 1), Some(Span::from_millis(2)));
    cluster.run_until(cluster.now() + Span::from_millis(2));
    assert_eq!(server(&cluster, 1).disk.log.len(), 1);
    // What comes later takes as long; the others write as at the start.
    act(&mut cluster, "submit y 1 @0 only=S1").expect("done");
    assert_eq!(left(&cluster, 1), Some(Span::from_millis(2)));
    assert_eq!(server(&cluster, 2).disk.sync, Some(Span::from_millis(10)));
}

/// By hand a write ends by the command `sync`, also on a disk that hangs.
#[test]
fn a_hung_write_ends_by_hand_and_by_nothing_else() {
    let mut cluster = after("disk S2 sync=never\nsubmit x 1 @0 only=S1\nrun 200ms\nby-hand on\n");
    let on_disk = |cluster: &Cluster| server(cluster, 2).disk.log.len();
    act(&mut cluster, "settle").expect("done");
    while cluster.is_told_pending() {
        cluster.step();
    }
    assert_eq!((on_disk(&cluster), server(&cluster, 2).raft.log().len()), (0, 1));
    act(&mut cluster, "sync S2").expect("done");
    while cluster.is_told_pending() {
        cluster.step();
    }
    assert_eq!(on_disk(&cluster), 1);
    assert!(act(&mut cluster, "sync S2").is_err());
}

#[test]
fn a_sleeping_server_has_as_long_to_write_when_it_wakes_as_it_was_told_meanwhile() {
    let mut cluster = after("submit x 1 @0 only=S1\nsleep S1\nrun 3ms\n");
    act(&mut cluster, "disk S1 sync=never").expect("done");
    act(&mut cluster, "disk S1 sync=7ms").expect("done");
    cluster.run_until(cluster.now() + Span::from_millis(50));
    assert_eq!(server(&cluster, 1).disk.log.len(), 0);
    act(&mut cluster, "wake S1").expect("done");
    assert_eq!(left(&cluster, 1), Some(Span::from_millis(7)));
    cluster.run_until(cluster.now() + Span::from_millis(7));
    assert_eq!(server(&cluster, 1).disk.log.len(), 1);
}

/// Nothing that waits for the write leaves, and nothing of it is there after the restart.
#[test]
fn a_failed_write_stops_its_server_before_anybody_hears_of_it() {
    for (lines, lost) in [
        ("disk S2 fail\nsubmit x 1 @0 only=S1\nrun 100ms\n", 1),
        ("submit x 1 @0 only=S1\nuntil S2 writing\ndisk S2 fail\n", 1),
    ] {
        let run = Run::of(&format!("{HEAD}{lines}"), 1);
        let told = run.all(|kind| match kind {
            EventKind::Server(id, ServerEvent::WriteFailed { records }) => Some((*id, *records)),
            _ => None,
        });
        let told: Vec<(u8, u32)> = told.iter().map(|(_, (id, n))| (id.number(), *n)).collect();
        assert_eq!(told, [(2, 1)], "{lines}");
        let down = server(&run.cluster, 2);
        assert_eq!((down.power, down.disk.log.len(), down.disk.torn), (Power::Down, 0, false));
        let crashed = run.all(|kind| match kind {
            EventKind::Server(_, ServerEvent::Crashed { lost, .. }) => Some(*lost),
            _ => None,
        });
        assert_eq!(crashed.iter().map(|(_, lost)| *lost).collect::<Vec<_>>(), [lost]);
        let leader = server(&run.cluster, 1);
        let known = leader.raft.progress(down.id).map(|progress| progress.matched.0);
        assert_eq!(known, Some(0), "its ack never left");
        let mut cluster = run.cluster;
        act(&mut cluster, "restart S2").expect("done");
        assert!(!server(&cluster, 2).disk.fails, "a restart repairs it");
        cluster.run_until(cluster.now() + Span::from_secs(1));
        assert_eq!(server(&cluster, 2).disk.log.len(), 1);
    }
}

#[test]
fn a_disk_that_was_to_fail_is_repaired_by_any_sync() {
    let mut cluster = after("disk S2 fail\n");
    act(&mut cluster, "disk S2 sync=10ms").expect("done");
    act(&mut cluster, "submit x 1 @0 only=S1").expect("done");
    cluster.run_until(cluster.now() + Span::from_secs(1));
    assert_eq!((server(&cluster, 2).power, server(&cluster, 2).disk.log.len()), (Power::Up, 1));
}

/// All records of the write but the last are there.
#[test]
fn a_torn_write_keeps_what_is_whole_and_the_restart_drops_the_rest() {
    for entries in 2..6u64 {
        let puts: String = (0..entries).map(|n| format!("submit k{n} 1 @0 only=S1\n")).collect();
        let mut cluster = after(&format!("disk S1 sync=1ms\n{puts}run 1ms\n"));
        assert_eq!(server(&cluster, 1).disk.log.len(), 1);
        act(&mut cluster, "disk S1 tear").expect("done");
        let torn = server(&cluster, 1);
        assert_eq!((torn.power, torn.disk.torn), (Power::Down, true));
        assert_eq!(torn.disk.log.len() as u64, entries - 1);
        act(&mut cluster, "restart S1").expect("done");
        let whole = server(&cluster, 1);
        assert_eq!((whole.raft.log().len() as u64, whole.disk.torn), (entries - 1, false));
        let dropped = |event: &raftlab::cluster::event::Event| {
            matches!(event.kind, EventKind::Server(_, ServerEvent::RecordDropped))
        };
        assert!(cluster.events().iter().any(dropped));
        cluster.run_until(cluster.now() + Span::from_secs(3));
        assert!(cluster.violation().is_none());
    }
}

#[test]
fn what_a_disk_can_t_do_now_is_refused_and_changes_nothing() {
    let mut cluster = after("crash S3\nsleep S2\n");
    let refused = [
        ("disk S1 tear", "everything that S1 has written is on its disk"),
        ("disk S3 fail", "S3 is down"),
        ("disk S3 tear", "S3 is down"),
        ("disk S2 fail", "S2 sleeps"),
        ("disk S2 tear", "S2 sleeps"),
    ];
    for (line, why) in refused {
        assert_eq!(act(&mut cluster, line), Err(why.to_owned()), "{line}");
    }
    act(&mut cluster, "disk S1 fail").expect("done");
    let again = act(&mut cluster, "disk S1 fail");
    assert_eq!(again, Err("the next write of S1 fails already".to_owned()));
    // A disk that is down can be made slow all the same.
    act(&mut cluster, "disk S3 sync=never").expect("done");
    for bad in
        ["disk S1", "disk", "disk S1 sync=", "disk S1 sync=-1ms", "disk S1 hang", "disk fail"]
    {
        assert!(parse_line(bad).is_err(), "{bad}");
    }
}

/// How it writes is the disk's, and a restart changes nothing in that; a new disk is as fast.
#[test]
fn a_disk_stays_slow_over_crashes() {
    let mut cluster = after("disk S2 sync=80ms\ncrash S2\n");
    for line in ["restart S2", "crash S2", "wipe S2", "restart S2"] {
        act(&mut cluster, line).expect("done");
        assert_eq!(server(&cluster, 2).disk.sync, Some(Span::from_millis(80)), "{line}");
    }
}

/// A disk that says nothing of its time has that of the head.
#[test]
fn with_nothing_said_all_disks_take_what_the_head_says() {
    for sync in ["0s", "3ms"] {
        let run = Run::of(&format!("cluster servers=3 sync={sync}\nuntil leader\n"), 4);
        let config: &Config = run.cluster.config();
        for server in run.cluster.servers() {
            assert_eq!(server.disk.sync, Some(config.sync));
            assert_eq!(server.disk.ill(config.sync), None);
        }
        assert!(run.cluster.now() > Time::START);
    }
}
