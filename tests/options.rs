//! Options: what a server keeps beyond Figure 2, by the sections of the dissertation, and how each is
//! said.

#[allow(dead_code, reason = "not every test file asks everything")]
#[path = "support/raft.rs"]
mod bench;

use bench::{
    Server, append, appends, at, granted, id, ids, matched, refused, reply, vote, vote_request,
    writes_a_vote,
};
use proptest::prelude::*;
use raftlab::cluster::command::{Command, Script, complete, parse_line, reference};
use raftlab::cluster::raft::{
    AppendResult, Message, OPTIONS, Outbox, Position, RaftOption, Role, Rules, TimerOrder,
};
use raftlab::cluster::time::{Span, Time};
use raftlab::cluster::types::{ServerId, Term};
use raftlab::cluster::{Cluster, Step};

const PRE_VOTE: &[RaftOption] = &[RaftOption::PreVote];
const CHECK_QUORUM: &[RaftOption] = &[RaftOption::CheckQuorum];

const fn pre_vote_request(term: u64, last: Position) -> Message {
    Message::PreVote { call: 1, term: Term(term), last }
}

const fn pre_vote(term: u64, granted: bool) -> Message {
    Message::PreVoteReply { call: 1, term: Term(term), granted }
}

/// The answer to a pre-vote: whether it is granted, and the term in it.
fn would_vote(out: &Outbox) -> (bool, u64) {
    match out.held.as_slice() {
        [(_, Message::PreVoteReply { granted, term, .. })] => (*granted, term.0),
        other => panic!("expected an answer to a pre-vote: {other:?}"),
    }
}

fn after(server: &mut Server, millis: u64) {
    server.cx.now += Span::from_millis(millis);
}

#[test]
fn section_9_6_one_who_asks_first_begins_no_term() {
    let mut server = Server::keeping(PRE_VOTE, 1, 4, &[1, 4]);
    let out = server.times_out();
    assert_eq!((server.term(), server.raft.role()), (4, Role::PreCandidate));
    assert!(out.writes.is_empty() && out.held.is_empty() && out.election == TimerOrder::Arm);
    let asked: Vec<&Message> = out.messages.iter().map(|(_, message)| message).collect();
    assert_eq!(asked.len(), 4);
    for message in asked {
        let Message::PreVote { term, last, .. } = message else { panic!("{message:?}") };
        assert_eq!((*term, *last), (Term(5), at(2, 4)));
    }
}

#[test]
fn section_9_6_a_term_begins_when_a_majority_would_vote_for_it() {
    let mut server = Server::keeping(PRE_VOTE, 1, 4, &[]);
    server.times_out();
    server.hears(2, pre_vote(5, true));
    server.hears(2, pre_vote(5, true));
    assert_eq!((server.term(), server.raft.role()), (4, Role::PreCandidate), "S2 counts once");
    let out = server.hears(3, pre_vote(5, true));
    assert_eq!((server.term(), server.raft.role()), (5, Role::Candidate));
    assert!(writes_a_vote(&out) && out.held.len() == 4);
    server.syncs();
    server.hears(2, vote(5, true));
    server.hears(4, vote(5, true));
    assert_eq!(server.raft.role(), Role::Leader);
}

#[test]
fn section_9_6_what_is_said_of_another_term_does_not_count() {
    let mut server = Server::keeping(PRE_VOTE, 1, 4, &[]);
    server.times_out();
    for (voter, term) in [(2, 4), (3, 4), (4, 6), (5, 6)] {
        server.hears(voter, pre_vote(term, true));
    }
    assert_eq!((server.term(), server.raft.role()), (4, Role::PreCandidate));
}

#[test]
fn section_9_6_a_voter_keeps_its_term_its_vote_and_its_timer() {
    let mut server = Server::new(1, 4, &[1, 4]);
    let out = server.hears(2, pre_vote_request(9, at(2, 4)));
    assert_eq!(would_vote(&out), (true, 9), "the term that was asked for");
    assert_eq!((server.term(), server.raft.voted_for()), (4, None));
    assert!(out.writes.is_empty() && out.election == TimerOrder::Keep);
    // It would, and so it may for another.
    assert_eq!(would_vote(&server.hears(3, pre_vote_request(9, at(2, 4)))), (true, 9));
}

#[test]
fn section_9_6_who_would_not_vote_says_so() {
    let asked = |term, last| {
        let mut server = Server::new(1, 4, &[1, 4]);
        server.hears(3, vote_request(4, at(2, 4)));
        would_vote(&server.hears(2, pre_vote_request(term, last)))
    };
    assert_eq!(asked(3, at(2, 4)), (false, 4), "of an older term");
    assert_eq!(asked(4, at(2, 4)), (false, 4), "it has voted for S3 in this one");
    assert_eq!(asked(5, at(9, 1)), (false, 4), "a log that is behind");
    assert_eq!(asked(5, at(1, 4)), (false, 4), "a log that is shorter");
    assert_eq!(asked(5, at(2, 4)), (true, 5));
}

#[test]
fn section_9_6_nobody_who_hears_from_a_leader_would_vote() {
    let mut server = Server::new(1, 4, &[]);
    server.hears(2, append(4, at(0, 0), &[], 0));
    let ask = |server: &mut Server| would_vote(&server.hears(3, pre_vote_request(5, at(0, 0))));
    after(&mut server, 299);
    assert_eq!(ask(&mut server), (false, 4));
    after(&mut server, 1);
    assert_eq!(ask(&mut server), (true, 5), "the shortest election timeout is over");
    let mut leader = Server::leading(1, 4, &[]);
    assert_eq!(ask(&mut leader), (false, 4), "it leads");
    assert_eq!(leader.raft.role(), Role::Leader);
}

#[test]
fn section_9_6_a_refusal_with_a_newer_term_makes_a_follower() {
    let mut server = Server::keeping(PRE_VOTE, 1, 4, &[]);
    server.times_out();
    server.hears(2, pre_vote(4, false));
    assert_eq!(server.raft.refusals(), ids(&[2]));
    server.hears(3, pre_vote(7, false));
    assert_eq!((server.term(), server.raft.role()), (7, Role::Follower));
}

#[test]
fn section_9_6_one_who_asks_first_follows_the_leader_of_its_term() {
    let mut server = Server::keeping(PRE_VOTE, 1, 4, &[]);
    server.times_out();
    server.hears(2, append(4, at(0, 0), &[], 0));
    assert_eq!((server.raft.role(), server.raft.leader()), (Role::Follower, Some(id(2))));
    server.hears(3, pre_vote(5, true));
    server.hears(4, pre_vote(5, true));
    assert_eq!((server.term(), server.raft.role()), (4, Role::Follower), "too late");
}

#[test]
fn section_9_6_a_lost_question_is_asked_again() {
    let mut server = Server::keeping(PRE_VOTE, 1, 4, &[]);
    let out = server.times_out();
    let call = out.messages.iter().find(|(to, _)| *to == id(2)).expect("S2 is asked").1.call();
    let out = server.loses(2, call);
    assert!(matches!(out.messages.as_slice(), [(_, Message::PreVote { .. })]));
    server.hears(2, pre_vote(5, true));
    assert!(server.loses(2, out.messages[0].1.call()).messages.is_empty(), "it has answered");
}

/// The check of a leader that these have answered since the last one.
fn checks(leader: &mut Server, answered: &[u64]) -> Outbox {
    for follower in answered {
        leader.hears(*follower, matched(4, 0, 0));
    }
    leader.step(|raft, cx, out| raft.on_quorum_timeout(cx, out))
}

#[test]
fn section_6_2_a_leader_that_no_majority_answers_steps_down() {
    let mut leader = Server::keeping(CHECK_QUORUM, 1, 3, &[]);
    let out = leader.times_out();
    assert_eq!(out.quorum, TimerOrder::Keep, "a candidate has nothing to check");
    leader.syncs();
    leader.hears(2, vote(4, true));
    assert_eq!(leader.hears(3, vote(4, true)).quorum, TimerOrder::Arm);
    assert_eq!(checks(&mut leader, &[2, 3]).quorum, TimerOrder::Arm);
    assert_eq!(leader.raft.role(), Role::Leader, "three of five are a majority");
    let out = checks(&mut leader, &[2]);
    assert_eq!((leader.raft.role(), leader.term()), (Role::Follower, 4), "two are none");
    assert_eq!((out.quorum, out.heartbeat), (TimerOrder::Cancel, TimerOrder::Cancel));
    assert_eq!(out.election, TimerOrder::Arm);
}

#[test]
fn section_6_2_refusals_are_answers_and_old_ones_are_not() {
    let mut leader = Server::keeping(CHECK_QUORUM, 1, 3, &[1]);
    leader.times_out();
    leader.syncs();
    leader.hears(2, vote(4, true));
    leader.hears(3, vote(4, true));
    leader.hears(2, reply(4, 1, refused(None, 0, 0)));
    leader.hears(3, reply(3, 1, refused(None, 0, 0)));
    assert_eq!(leader.raft.active(), ids(&[2]));
}

#[test]
fn section_4_2_3_who_hears_from_a_leader_votes_for_nobody() {
    let mut server = Server::keeping(CHECK_QUORUM, 1, 4, &[]);
    server.hears(2, append(4, at(0, 0), &[], 0));
    after(&mut server, 299);
    let out = server.hears(3, vote_request(9, at(5, 5)));
    assert!(!granted(&out) && out.writes.is_empty());
    assert_eq!((server.term(), server.raft.leader()), (4, Some(id(2))));
    after(&mut server, 1);
    assert!(granted(&server.hears(3, vote_request(9, at(5, 5)))));
    assert_eq!(server.term(), 9);
    // Without the option a newer term counts whatever was heard.
    let mut plain = Server::new(1, 4, &[]);
    plain.hears(2, append(4, at(0, 0), &[], 0));
    assert!(granted(&plain.hears(3, vote_request(9, at(5, 5)))));
}

#[test]
fn section_6_4_a_leader_opens_its_term_with_a_no_op() {
    let elected = |options: &[RaftOption]| {
        let mut leader = Server::keeping(options, 1, 3, &[1]);
        leader.times_out();
        leader.syncs();
        leader.hears(2, vote(4, true));
        let out = leader.hears(3, vote(4, true));
        assert_eq!(leader.raft.role(), Role::Leader);
        (leader, out)
    };
    let (leader, out) = elected(&[]);
    assert_eq!((leader.log(), appends(&out, 2)), (vec![1], vec![(at(1, 1), vec![], 0)]));
    let (mut leader, out) = elected(&[RaftOption::Noop]);
    assert_eq!((leader.log(), appends(&out, 2)), (vec![1, 4], vec![(at(1, 1), vec![4], 0)]));
    leader.syncs();
    leader.hears(2, matched(4, 1, 1));
    leader.hears(3, matched(4, 1, 1));
    assert_eq!(leader.commit(), 0, "an entry of an older term is not committed by counting");
    leader.hears(2, matched(4, 1, 2));
    leader.hears(3, matched(4, 1, 2));
    assert_eq!(leader.commit(), 2, "the no-op is, and the older with it");
}

/// Two logs as runs of Raft leave them: equal up to somewhere, and then of terms that only one of them has.
fn two_logs() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    let lengths = prop::collection::vec((0..4_usize, any::<bool>()), 1..8);
    (prop::collection::vec(1..4_usize, 0..3), lengths).prop_map(|(common, apart)| {
        let mut logs = [Vec::new(), Vec::new()];
        let mut term = 0;
        for length in common {
            term += 1;
            logs.iter_mut().for_each(|log| log.extend(std::iter::repeat_n(term, length)));
        }
        for (length, whose) in apart {
            term += 1;
            logs[usize::from(whose)].extend(std::iter::repeat_n(term, length));
        }
        let [leader, follower] = logs;
        (leader, follower)
    })
}

/// In how many refusals a leader with the first log finds where the second agrees with it, if it goes
/// back as the rule says; and where it goes on.
fn refusals(options: &[RaftOption], (leader, follower): (&[u64], &[u64])) -> (u32, u64) {
    let leader = Server::new(1, 30, leader).raft;
    let mut follower = Server::keeping(options, 2, 30, follower);
    let (mut prev, mut count) = (leader.log().last(), 0);
    loop {
        let out = follower.hears(1, append(30, prev, &[], 0));
        let Some((_, Message::AppendReply { result, .. })) = out.held.last() else {
            panic!("expected an answer: {:?}", out.held);
        };
        if let AppendResult::Matched(_) = result {
            return (count, prev.index.0 + 1);
        }
        count += 1;
        let next = Rules::default().back_up(leader.log(), prev.index, *result).answer;
        prev = leader.log().position(next.previous()).expect("it is in the log");
    }
}

proptest! {
    /// Both find the last entry on which the logs agree, and the hint never needs more refusals.
    #[test]
    fn section_5_3_a_hint_skips_no_entry_that_agrees((leader, follower) in two_logs()) {
        let equal = leader.iter().zip(&follower).take_while(|(one, other)| one == other).count();
        let (plain, at) = refusals(&[], (&leader, &follower));
        let (hinted, hint) = refusals(&[RaftOption::RejectHint], (&leader, &follower));
        prop_assert!(at <= equal as u64 + 1 && hint <= equal as u64 + 1);
        prop_assert_eq!(hint, equal as u64 + 1, "it goes back no further than it must");
        prop_assert!(hinted <= plain, "{} and {}", hinted, plain);
    }
}

// How options are said, and what becomes of those that are said while it runs.

fn script(text: &str) -> Script {
    Script::parse("test.lab", text.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

/// A script played to its end, which must be a good one.
fn plays(text: &str) {
    let mut cluster = Cluster::with_script(&script(text), None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    assert_eq!(cluster.failure(), None);
    assert_eq!(cluster.violation(), None);
}

#[test]
fn every_option_can_be_said_in_every_place() {
    let page = reference::page();
    for about in &OPTIONS {
        let name = about.name;
        let help = reference::help(name).unwrap_or_default();
        let help = help.split_whitespace().collect::<Vec<&str>>().join(" ");
        assert!(help.contains(about.does), "{name}");
        assert!(page.contains(&format!("`{name} ")) && page.contains(about.source), "{name}");
        let completed = |line: &str| -> Vec<String> {
            let known = complete::Known::default();
            let found = complete::complete(line, line.len(), &known).candidates;
            found.into_iter().map(|it| it.text).collect()
        };
        assert!(completed("option ").iter().any(|text| text == name), "{name}");
        for choice in about.option.choices() {
            let setting = choice.setting();
            assert!(completed(&format!("option {name} ")).iter().any(|text| text == setting));
            // Some settings need another option.
            let needs = if name == "reads" { "check-quorum=on " } else { "" };
            let head = format!("cluster {needs}{name}={setting}\nrun 1s\n");
            assert_eq!(script(&head).config.options.of(about.option), choice);
            for who in ["", " S1", " S2 leader"] {
                let line = format!("option {name} {setting}{who}");
                let command = parse_line(&line).unwrap_or_else(|mistake| panic!("{mistake}"));
                assert_eq!(command.to_string(), line);
            }
            let line = format!("expect S1 option {name} {setting}");
            let said: Command = parse_line(&line).unwrap_or_else(|mistake| panic!("{mistake}"));
            assert_eq!(parse_line(&said.to_string()).as_ref(), Ok(&said));
        }
    }
}

#[test]
fn what_servers_keep_can_be_asked() {
    plays(
        "cluster servers=3 pre-vote=on\n\
         expect all of all option pre-vote\nexpect none of all option check-quorum\n\
         option pre-vote off S2\noption check-quorum on S1 S3\n\
         expect S2 option pre-vote off and not S2 option pre-vote\n\
         expect 2 of all option check-quorum and S1 option check-quorum on\n\
         crash S1\nrestart S1\nexpect S1 option check-quorum\n",
    );
}

/// A kind of packet, a setting, a server: no slip is taken for something else.
#[test]
fn a_slip_is_refused_where_it_stands() {
    let refused = |line: &str, column: u32, says: &str| {
        let text = format!("cluster servers=3\nrun 1s\n{line}\n");
        let mistakes = Script::parse("test.lab", text.as_bytes()).expect_err(line);
        let [mistake] = mistakes.as_slice() else { panic!("{mistakes:?}") };
        assert_eq!((mistake.line, mistake.column), (3, column), "{mistake}");
        let words = format!("{} {}", mistake.message, mistake.help.clone().unwrap_or_default());
        assert!(words.contains(says), "{mistake}");
    };
    refused("hold prevote S1 -> S2", 6, "pre-vote");
    refused("drop next appned S1 -> S2", 11, "append");
    refused("option pre-vote maybe", 17, "`on`");
    refused("option prevote on", 8, "pre-vote");
    refused("did 0.5s option pre-vote on S9", 29, "S9");
    refused("did 0.5s crash S4", 16, "S4");
}

/// Its timer is armed, and answers count from then on.
#[test]
fn check_quorum_can_be_switched_on_in_a_leader_that_is_cut_off() {
    plays(
        "cluster servers=3\nuntil leader\nlet old = leader\nisolate {old}\nrun 2s\n\
         expect {old} is leader\noption check-quorum on {old}\n\
         until {old} is follower within 300ms\n",
    );
    plays(
        "cluster servers=3 check-quorum=on\nuntil leader\nlet old = leader\nisolate {old}\n\
         option check-quorum off {old}\nrun 2s\nexpect {old} is leader\n",
    );
}

#[test]
fn a_leaders_check_can_be_made_by_hand() {
    plays(
        "cluster servers=3 check-quorum=on\nuntil leader\nlet old = leader\nrun 200ms\n\
         quorum {old}\nexpect {old} is leader\nisolate {old}\n\
         quorum {old}\nexpect {old} is follower\n",
    );
    let mut cluster = Cluster::with_script(&script("cluster servers=3\nuntil leader\n"), None);
    cluster.run_until(Time::START + Span::from_millis(2_000));
    let refused = |line: &str| {
        let command = parse_line(line).expect("a command");
        cluster.clone().apply(&command).expect_err(line).to_string()
    };
    assert!(refused("quorum leader").contains("option check-quorum on"));
    assert!(refused("quorum followers").contains("does not lead"));
}

// Leadership transfer (dissertation §3.10).

/// A leader of term 4 whose log is of these terms, and who of S2 and S3 has all of it.
fn leading(options: &[RaftOption], log: &[u64]) -> Server {
    let mut leader = Server::keeping(options, 1, 3, log);
    leader.times_out();
    leader.syncs();
    leader.hears(2, vote(4, true));
    leader.hears(3, vote(4, true));
    leader
}

fn hands_over(leader: &mut Server, to: u64) -> Outbox {
    leader.step(|raft, cx, out| raft.begin_transfer(id(to), cx, out))
}

/// Whom it tells to become a candidate.
fn told(out: &Outbox) -> Vec<u8> {
    let now =
        |(to, message): &(_, Message)| matches!(message, Message::TimeoutNow { .. }).then_some(*to);
    out.messages.iter().filter_map(now).map(ServerId::number).collect()
}

#[test]
fn section_3_10_who_has_everything_is_told_at_once_and_again_with_each_answer() {
    let mut leader = leading(&[], &[1]);
    leader.hears(2, matched(4, 1, 1));
    assert_eq!(told(&hands_over(&mut leader, 2)), [2]);
    assert!(!leader.raft.takes_requests());
    assert_eq!(told(&leader.hears(2, matched(4, 1, 1))), [2], "the first may have been lost");
    assert!(told(&leader.hears(3, matched(4, 1, 1))).is_empty(), "S3 is not meant");
}

#[test]
fn section_3_10_who_lacks_entries_gets_them_first() {
    let mut leader = leading(&[], &[1, 1]);
    assert!(told(&hands_over(&mut leader, 2)).is_empty());
    let out = leader.hears(2, reply(4, 2, refused(None, 0, 0)));
    assert_eq!(appends(&out, 2), [(at(0, 0), vec![1, 1], 0)]);
    assert!(told(&leader.hears(2, matched(4, 0, 1))).is_empty());
    assert_eq!(told(&leader.hears(2, matched(4, 0, 2))), [2]);
}

#[test]
fn section_3_10_after_an_election_timeout_it_goes_on() {
    let mut leader = leading(&[], &[1]);
    hands_over(&mut leader, 2);
    after(&mut leader, 299);
    leader.speaks();
    assert!(!leader.raft.takes_requests());
    after(&mut leader, 1);
    leader.speaks();
    assert!(leader.raft.takes_requests() && leader.raft.is_leader());
    assert!(told(&leader.hears(2, matched(4, 1, 1))).is_empty(), "that is over");
}

#[test]
fn section_3_10_who_is_told_stands_at_once_and_says_who_wanted_it() {
    let mut server = Server::keeping(&[RaftOption::PreVote, RaftOption::CheckQuorum], 2, 4, &[1]);
    server.hears(1, append(4, at(1, 1), &[], 0));
    server.hears(1, Message::TimeoutNow { call: 9, term: Term(3) });
    assert_eq!(server.raft.role(), Role::Follower, "a leader of an older term has no say");
    let out = server.hears(1, Message::TimeoutNow { call: 9, term: Term(4) });
    assert_eq!((server.raft.role(), server.term()), (Role::Candidate, 5), "no pre-votes");
    let asks = |(_, message): &(_, Message)| {
        matches!(message, Message::RequestVote { term: Term(5), transfer: true, .. })
    };
    assert!(out.held.len() == 4 && out.held.iter().all(asks));
    // When that comes to nothing it asks as ever.
    let out = server.times_out();
    assert!(matches!(out.messages.as_slice(), [(_, Message::PreVote { .. }), ..]));
}

#[test]
fn section_4_2_3_whom_the_leader_sends_is_not_refused_because_it_is_heard() {
    let mut server = Server::keeping(&[RaftOption::CheckQuorum], 3, 4, &[1]);
    server.hears(1, append(4, at(1, 1), &[], 0));
    let ask = |transfer| Message::RequestVote { call: 1, term: Term(5), last: at(1, 1), transfer };
    assert!(!granted(&server.hears(2, ask(false))));
    assert!(granted(&server.hears(2, ask(true))));
    assert_eq!(server.term(), 5);
}

#[test]
fn a_transfer_that_can_not_be_is_refused_with_its_reason() {
    let text = "cluster servers=3\ntimeout S1\nuntil S1 is leader\nput x 1 @0\nuntil converged\n";
    let mut cluster = Cluster::with_script(&script(text), None);
    while !cluster.finished() && cluster.step() == Step::Happened {}
    let act = |cluster: &mut Cluster, line: &str| {
        let command = parse_line(line).expect("a command");
        cluster.apply(&command).map(drop).map_err(|refusal| refusal.to_string())
    };
    for (line, says) in [
        ("transfer S2 -> S3", "S2 does not lead"),
        ("transfer S1 -> S1", "S1 leads already"),
        ("transfer follower", "does not lead"),
    ] {
        let refusal = act(&mut cluster, line).expect_err(line);
        assert!(refusal.contains(says), "{line}: {refusal}");
    }
    act(&mut cluster, "crash S3").expect("it is up");
    assert!(act(&mut cluster, "transfer S1 -> S3").expect_err("it is down").contains("S3 is down"));
    act(&mut cluster, "isolate S2").expect("it is there");
    act(&mut cluster, "transfer S1").expect("S2 runs");
    let second = act(&mut cluster, "transfer S1 -> S2").expect_err("one at a time");
    assert!(second.contains("hands over to S2 already"), "{second}");
    let submitted = act(&mut cluster, "submit x 2 @1 only=S1").expect_err("it appends nothing");
    assert!(submitted.contains("hands its leadership over"), "{submitted}");
    act(&mut cluster, "crash S2").expect("it is up");
    cluster.run_until(cluster.now() + Span::from_millis(500));
    let nobody = act(&mut cluster, "transfer S1").expect_err("nobody is left");
    assert!(nobody.contains("no other server runs"), "{nobody}");
}
