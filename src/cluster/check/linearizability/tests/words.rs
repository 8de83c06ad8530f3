//! What is said of operations, states and clashes, model by model.

use super::super::register::{Access, Operation, Register};
use super::super::store::{self, Store};
use super::super::versioned::{Exchange, Held, Reply, Versioned};
use super::super::{Model, Timed};
use crate::cluster::types::{Outcome, Request, Version};

const fn timed<O>(operation: O, called: u64, returned: u64) -> Timed<O> {
    Timed { operation, called, returned: Some(returned) }
}

fn reply(outcome: Outcome, value: &str, version: u64, late: bool) -> Reply {
    Reply { outcome, value: value.into(), version: Version(version), late }
}

fn get(outcome: Outcome, value: &str, version: u64) -> Exchange {
    let reply = Some(reply(outcome, value, version, false));
    Exchange { request: Request::Get { key: "k".into() }, reply }
}

fn put(value: &str, version: u64, told: Option<(Outcome, u64)>) -> Exchange {
    let (key, value) = ("k".into(), value.into());
    let reply = told.map(|(outcome, version)| reply(outcome, "", version, false));
    Exchange { request: Request::Put { key, value, version: Version(version) }, reply }
}

#[test]
fn exchanges_in_words() {
    use Outcome::{Maybe, NoKey, Ok, Version as Changed};
    let say = |exchange: &Exchange| Versioned.describe(exchange);
    assert_eq!(say(&get(Ok, "a", 3)), "get k -> a @3");
    assert_eq!(say(&get(Ok, "", 3)), "get k -> ok @3");
    assert_eq!(say(&get(NoKey, "", 0)), "get k -> nokey");
    assert_eq!(say(&put("a", 2, Some((Ok, 3)))), "put k=a @2 -> ok @3");
    assert_eq!(say(&put("a", 2, Some((Changed, 5)))), "put k=a @2 -> version");
    assert_eq!(say(&put("a", 2, None)), "put k=a @2 -> ?");
    let late = Some(reply(Maybe, "", 0, true));
    let late = Exchange { reply: late, ..put("a", 2, None) };
    assert_eq!(say(&late), "put k=a @2 -> maybe, a copy may still run");
    let state = |version, value: &str| {
        Versioned.describe_state(&Held { version: Version(version), value: value.into() })
    };
    assert_eq!([state(0, ""), state(4, "a")], ["the key is absent", "the key holds a @4"]);
}

#[test]
fn accesses_in_words() {
    let mut model = Register::new("nil");
    let (key, none) = (model.key("r"), model.key(""));
    let [one, two] = ["1", "2"].map(|value| model.value(value));
    let cas = |done| Access::CompareAndSet { old: one, new: two, done };
    for (access, words) in [
        (Access::Read(Some(one)), "read r -> 1"),
        (Access::Read(None), "read r -> ?"),
        (Access::Write(two), "write r 2"),
        (cas(Some(true)), "cas r 1 to 2 -> done"),
        (cas(Some(false)), "cas r 1 to 2 -> refused"),
        (cas(None), "cas r 1 to 2 -> ?"),
    ] {
        assert_eq!(model.describe(&Operation { key, access }), words);
    }
    assert_eq!(model.describe(&Operation { key: none, access: Access::Write(two) }), "write 2");
    assert_eq!(model.describe_state(&two), "the register holds 2");
}

fn store(access: store::Access) -> store::Operation {
    store::Operation { key: "k".into(), access }
}

#[test]
fn texts_in_words() {
    use store::Access::{Append, Get, Put};
    let say = |access| Store.describe(&store(access));
    assert_eq!(say(Get(Some("a b".into()))), "get k -> \"a b\"");
    assert_eq!(say(Get(None)), "get k -> ?");
    assert_eq!(say(Put("a".into())), "put k \"a\"");
    assert_eq!(say(Append("b".into())), "append k \"b\"");
    assert_eq!(Store.describe_state(&"ab".into()), "the value is \"ab\"");
    let (a, b, c) = ("a".repeat(24), "b".repeat(24), "c".repeat(24));
    let whole = format!("{a}{b}{c}");
    assert_eq!(say(Put(whole.as_str().into())), format!("put k \"{whole}\""));
    let long = format!("{a}-{b}{c}");
    assert_eq!(say(Put(long.as_str().into())), format!("put k \"{a}\" (25 more) \"{c}\""));
}

/// An operation that failed would have explained what it would have written.
#[test]
fn what_failed_would_explain_what_it_would_have_made() {
    use Outcome::{Ok, Version as Changed};
    let explains = |failed, found| Versioned.would_explain(&failed, &found);
    let failed = || put("a", 2, Some((Changed, 0)));
    assert!(explains(failed(), get(Ok, "a", 3)));
    assert!(explains(failed(), put("b", 3, Some((Ok, 4)))), "whatever it wrote");
    assert!(!explains(failed(), get(Ok, "b", 3)), "another value");
    assert!(!explains(failed(), get(Ok, "a", 2)), "another version");
    assert!(!explains(failed(), get(Outcome::NoKey, "a", 3)), "it found nothing");
    assert!(!explains(failed(), put("b", 3, Some((Changed, 4)))), "it was refused");
    assert!(!explains(failed(), put("b", 3, None)) && !explains(get(Ok, "a", 2), get(Ok, "a", 3)));
    let mut other = get(Ok, "a", 3);
    other.request = Request::Get { key: "other".into() };
    assert!(!explains(failed(), other), "another key");

    use store::Access::{Append, Get, Put};
    let explains =
        |failed, found: &str| Store.would_explain(&store(failed), &store(Get(Some(found.into()))));
    assert!(explains(Put("b".into()), "abc") && explains(Append("b".into()), "abc"));
    assert!(!explains(Put("d".into()), "abc") && !explains(Append("".into()), "abc"));
    assert!(!explains(Get(Some("b".into())), "abc"));
    let other = store::Operation { key: "other".into(), access: Get(Some("abc".into())) };
    assert!(!Store.would_explain(&store(Put("b".into())), &other), "another key");

    let mut model = Register::default();
    let (key, other) = (model.key("r"), model.key("s"));
    let [one, two] = ["1", "2"].map(|value| model.value(value));
    let operation = |key, access| Operation { key, access };
    let cas = |old, new| Access::CompareAndSet { old, new, done: Some(false) };
    for (failed, found, expected) in [
        (Access::Write(one), Access::Read(Some(one)), true),
        (Access::Write(one), Access::Read(Some(two)), false),
        (cas(two, one), Access::Read(Some(one)), true),
        (cas(two, one), cas(one, two), true),
        (cas(one, two), cas(one, two), false),
        (Access::Write(one), Access::Read(None), false),
        (Access::Read(Some(one)), Access::Read(Some(one)), false),
    ] {
        let (failed, found) = (operation(key, failed), operation(key, found));
        assert_eq!(model.would_explain(&failed, &found), expected, "{failed:?} {found:?}");
        let elsewhere = Operation { key: other, ..found };
        assert!(!model.would_explain(&failed, &elsewhere));
    }
}

/// The reason that is given for a clash of these, of which `history` is all that happened.
fn reason(history: &[Timed<Exchange>], clashing: &[usize]) -> String {
    let clashing: Vec<_> = clashing.iter().map(|place| &history[*place]).collect();
    Versioned.explain(history, &clashing).unwrap_or_default()
}

#[test]
fn one_exchange_that_is_impossible_is_explained() {
    use Outcome::{Maybe, NoKey, Ok, Version as Changed};
    let alone = |exchange| reason(&[timed(exchange, 1, 2)], &[0]);
    assert_eq!(alone(get(Changed, "", 0)), "Only a put can be answered version.");
    assert_eq!(alone(get(Maybe, "", 0)), "Only a put can be answered maybe.");
    assert_eq!(alone(get(Ok, "a", 3)), "It needs a put of a at version 2; there is none.");
    assert_eq!(alone(put("a", 3, Some((Ok, 4)))), "It needs a put at version 2; there is none.");
    for told in [(Changed, 9), (NoKey, 0), (Maybe, 0)] {
        assert_eq!(alone(put("a", 3, Some(told))), "");
    }
    assert_eq!((alone(get(NoKey, "", 3)), alone(get(Ok, "", 0))), (String::new(), String::new()));
    let beside = |writes: Exchange, called| {
        let history = [timed(get(Ok, "a", 3), 1, 4), timed(writes, called, called + 7)];
        reason(&history, &[0])
    };
    let late = "It ended before any put of a at version 2 was asked for.";
    assert_eq!(beside(put("a", 2, None), 5), late);
    assert_eq!(beside(put("a", 2, None), 3), "", "it may have written that");
    let none = "It needs a put of a at version 2; there is none.";
    assert_eq!(beside(put("b", 2, None), 3), none);
    assert_eq!(beside(put("a", 1, None), 3), none);
    assert_eq!(beside(get(Ok, "a", 3), 3), none);
}

#[test]
fn two_exchanges_that_exclude_each_other_are_explained() {
    use Outcome::{NoKey, Ok, Version as Changed};
    let two = |one, other| reason(&[timed(one, 1, 2), timed(other, 3, 4)], &[0, 1]);
    let back = |known, shown| {
        format!(
            "The first ended when the key was at version {known} or above; the second began after \
             that, and its answer is that of version {shown}."
        )
    };
    assert_eq!(two(get(Ok, "b", 2), get(Ok, "a", 1)), back(2, 1));
    assert_eq!(two(put("b", 1, Some((Ok, 2))), put("c", 1, Some((Ok, 2)))), back(2, 1));
    assert_eq!(two(put("b", 7, Some((Changed, 0))), get(NoKey, "", 0)), back(1, 0));
    let at_once = |one, other| reason(&[timed(one, 1, 3), timed(other, 2, 4)], &[0, 1]);
    assert_eq!(
        at_once(put("b", 1, Some((Ok, 2))), put("c", 1, Some((Ok, 2)))),
        "Both puts say that they made version 2; only one can have."
    );
    let values = "Version 2 has one value; they say b and c.";
    assert_eq!(at_once(get(Ok, "b", 2), get(Ok, "c", 2)), values);
    assert_eq!(at_once(put("b", 1, Some((Ok, 2))), get(Ok, "c", 2)), values);
    assert_eq!(two(get(Ok, "b", 2), get(Ok, "c", 2)), values, "of one version");
    assert_eq!(at_once(get(Ok, "b", 2), get(Ok, "c", 3)), "", "of two versions");
    let history: Vec<_> = (0..3).map(|at| timed(get(Ok, "a", 1), 2 * at, 2 * at + 1)).collect();
    assert_eq!((reason(&history, &[0, 1, 2]), reason(&history, &[])), Default::default());
}

#[test]
fn a_read_of_what_nobody_wrote_is_explained() {
    let mut model = Register::default();
    let key = model.key("");
    let [one, two] = ["1", "2"].map(|value| model.value(value));
    let access = |access| Operation { key, access };
    let cas = |done| Access::CompareAndSet { old: two, new: one, done };
    let read = timed(access(Access::Read(Some(one))), 2, 5);
    let said = |other: Access, called| {
        let history = [read.clone(), timed(access(other), called, called + 9)];
        model.explain(&history, &[&history[0]]).unwrap_or_default()
    };
    assert_eq!(said(Access::Write(two), 1), "It reads 1, which nobody writes.");
    assert_eq!(said(cas(Some(false)), 1), "It reads 1, which nobody writes.");
    for writes in [Access::Write(one), cas(Some(true)), cas(None)] {
        assert_eq!(said(writes, 6), "It reads 1 before anybody writes 1.");
        assert_eq!(said(writes, 4), "");
    }
    let write = timed(access(Access::Write(one)), 1, 2);
    assert_eq!(model.explain(std::slice::from_ref(&write), &[&write]), None);

    use store::Access::{Append, Get, Put};
    let got = timed(store(Get(Some("abc".into()))), 1, 2);
    let said = |access| {
        let history = [got.clone(), timed(store(access), 3, 4)];
        Store.explain(&history, &[&history[0]])
    };
    let none = "It gets \"abc\", which nobody wrote.";
    assert_eq!(said(Put("d".into())).as_deref(), Some(none));
    assert_eq!(said(Get(Some("abc".into()))).as_deref(), Some(none));
    assert_eq!((said(Put("abc".into())), said(Append("c".into()))), (None, None));
    assert_eq!(Store.explain(std::slice::from_ref(&got), &[&got, &got]), None);
}
