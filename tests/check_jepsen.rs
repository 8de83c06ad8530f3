//! What Jepsen's histories mean: values and their equality, processes, failures, keys, and the forms
//! in which the same is written.

#[path = "support/check.rs"]
#[allow(dead_code, reason = "not every test file asks everything")]
mod support;

use serde_json::Value;

use support::{err, out, raftlab, status, verdict, written};

/// Client 0 writes one value, and client 1 then reads the other.
fn stored(written: &str, read: &str) -> String {
    format!(
        "{{:process 0 :type :invoke :f :write :value {written}}}\n\
         {{:process 0 :type :ok :f :write :value {written}}}\n\
         {{:process 1 :type :invoke :f :read :value nil}}\n\
         {{:process 1 :type :ok :f :read :value {read}}}\n"
    )
}

#[test]
fn what_was_stored_may_be_read_back_in_any_spelling() {
    for (written, read) in [
        ("[:up {:n 2}]", "(:up {:n 2N})"),
        ("#{:a :b [3]}", "#{(3) :b :a}"),
        ("{:a 1, \"b\" #{2}}", "{\"b\" #{0x2} :a 01}"),
        ("1/2", "2/4"),
        ("2.50M", "25e-1M"),
        ("1.0", "1e0"),
        ("\"caf\\u00e9\"", "\"café\""),
        ("\\space", "\\u0020"),
        ("#point [1 2]", "#point (1 2)"),
        ("##Inf", "1e999"),
        ("##NaN", "##NaN"),
    ] {
        assert_eq!(verdict(&stored(written, read)), 0, "{written} and {read}");
    }
}

#[test]
fn what_is_another_value_was_not_stored() {
    for (written, read) in [
        ("1", "1.0"),
        ("1", "1M"),
        ("1.0", "1.0M"),
        ("1", "\"1\""),
        ("nil", "\"nil\""),
        ("a", ":a"),
        ("\"a\"", "\\a"),
        ("#point [1 2]", "[1 2]"),
        ("#point [1 2]", "#vector [1 2]"),
        ("[1 2]", "[2 1]"),
        ("#{1 2}", "[1 2]"),
        ("{:a 1}", "[[:a 1]]"),
        ("[]", "nil"),
        ("false", "nil"),
    ] {
        assert_eq!(verdict(&stored(written, read)), 1, "{written} and {read}");
    }
}

#[test]
fn what_is_no_part_of_a_history_is_passed_over() {
    let text = format!(
        "; begun\n#_ {{:process 5, :type :ok}} [{} ^{{:line 3}} {{:process 2, :type :invoke, :f \
         #_ :write :read #_ #_ :a :b, :took 3.25M, :odd ##-Inf, :at #inst \"2024-02-29\"}}]\n; end",
        stored("3", "3")
    );
    let (_folder, path) = written(&text);
    let output = raftlab(&["check", &path]);
    assert_eq!(status(&output), 0, "{}{}", out(&output), err(&output));
    assert!(
        out(&output).contains("(3 operations of 3 clients; register, EDN)"),
        "{}",
        out(&output)
    );
}

#[test]
fn every_process_is_a_client_and_only_the_nemesis_is_none() {
    for name in ["\"worker 1\"", ":worker", "worker", "[1 2]", "-1", "\"nemesis\"", "nil"] {
        let text = format!(
            "{{:process :nemesis :type :info :f :cut :value \"all\"}}\n{}\
             {{:process :nemesis :type :info :f :heal}}\n",
            stored("1", "9").replace(":process 1", &format!(":process {name}"))
        );
        let (_folder, path) = written(&text);
        let output = raftlab(&["check", &path]);
        let told = out(&output);
        assert_eq!(status(&output), 1, "{name}: {told}{}", err(&output));
        assert!(told.contains("(2 operations of 2 clients, 2 faults;"), "{name}: {told}");
        assert!(told.contains(&format!("client {name}  read -> 9")), "{name}: {told}");
    }
}

#[test]
fn two_spellings_are_one_process_and_two_values_are_two() {
    let same = stored("1", "1").replace(":process 1", ":process 0x0");
    let other = stored("1", "1").replace(":process 1", ":process \"0\"");
    for (text, clients) in [(same, "of 1 client;"), (other, "of 2 clients;")] {
        let (_folder, path) = written(&text);
        let output = raftlab(&["check", &path]);
        assert!(out(&output).contains(clients), "{}{}", out(&output), err(&output));
    }
}

#[test]
fn where_no_client_does_anything_there_is_nothing_to_judge() {
    let head = "{\"type\":\"history\",\"version\":1,\"model\":\"versioned\"}\n";
    let fault = "{\"type\":\"fault\",\"what\":\"crash S1\"}\n";
    for text in [
        "()".to_owned(),
        "[] ; nobody came".to_owned(),
        "#_{:process 0 :type :invoke :f :read}".to_owned(),
        "{:process :nemesis :type :info :f :start}".to_owned(),
        "{\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"start\"}".to_owned(),
        ":nemesis\t:info\t:start\tnil".to_owned(),
        head.to_owned(),
        format!("{head}{fault}"),
    ] {
        let (_folder, path) = written(&text);
        let output = raftlab(&["check", &path]);
        assert_eq!(status(&output), 2, "{text}: {}", out(&output));
        let why = "there is no operation of a client in it: nothing to judge";
        assert!(err(&output).contains(why), "{text}: {}", err(&output));
        let told = raftlab(&["check", "--json", &path]);
        let told: Value = serde_json::from_str(&out(&told)).unwrap();
        assert_eq!(told["verdict"], "unreadable", "{told}");
    }
}

/// 4 is stored, and a cas from 4 to 5 fails.
fn failed_cas(error: &str) -> String {
    format!(
        "{{:process 0 :type :invoke :f :write :value 4}}\n\
         {{:process 0 :type :ok :f :write :value 4}}\n\
         {{:process 1 :type :invoke :f :cas :value [4 5]}}\n\
         {{:process 1 :type :fail :f :cas :value [4 5]{error}}}\n"
    )
}

#[test]
fn a_cas_that_failed_has_not_taken_place_and_may_be_read_as_an_answer() {
    for (error, is_answer) in [
        ("", true),
        (" :error [:precondition-failed \"\"]", true),
        (" :error :key-does-not-exist", true),
        (" :error [22 \"no\"]", true),
        (" :error nil", true),
        (" :error :timeout", false),
        (" :error [14 \"aborted\"]", false),
    ] {
        let (_folder, path) = written(failed_cas(error));
        let lax = raftlab(&["check", &path]);
        assert_eq!(status(&lax), 0, "{error}: {}", out(&lax));
        let strict = raftlab(&["check", "--strict-cas", &path]);
        assert_eq!(status(&strict), i32::from(is_answer), "{error}: {}", out(&strict));
        assert_eq!(out(&lax).contains("1 failed cas read as not done)"), is_answer, "{error}");
        assert_eq!(out(&strict).contains("1 failed cas read as answers)"), is_answer, "{error}");
    }
}

#[test]
fn programs_are_told_how_a_failed_cas_was_read() {
    let (_folder, path) = written(failed_cas(""));
    for (option, read) in [(None, "not done"), (Some("--strict-cas"), "answers")] {
        let arguments: Vec<&str> = ["check", "--json", &path].into_iter().chain(option).collect();
        let told: Value = serde_json::from_str(&out(&raftlab(&arguments))).unwrap();
        assert_eq!((&told["failed_cas"], &told["failed_cas_read_as"]), (&1.into(), &read.into()));
    }
}

#[test]
fn what_failed_is_named_when_it_alone_would_explain_an_answer() {
    let (_folder, path) = written(
        "{:process 0 :type :invoke :f :write :value 40}\n\
         {:process 0 :type :ok :f :write :value 40}\n\
         {:process 3 :type :invoke :f :write :value 77}\n\
         {:process 4 :type :invoke :f :cas :value [40 77]}\n\
         {:process 3 :type :fail :f :write :value 77 :error :no-leader}\n\
         {:process 4 :type :fail :f :cas :value [40 77]}\n\
         {:process 5 :type :invoke :f :write :value 78}\n\
         {:process 5 :type :fail :f :write :value 78}\n\
         {:process 0 :type :invoke :f :read :value nil}\n\
         {:process 0 :type :ok :f :read :value 77}\n",
    );
    let output = raftlab(&["check", &path]);
    let told = out(&output);
    assert_eq!(status(&output), 1, "{told}");
    let part = "Only operations that failed would explain it.\n    lines 9-10  client 0  read -> 77\n  \
                What failed took no effect:\n    lines 3-5  client 3  write 77 -> failed\n    \
                lines 4-6  client 4  cas 40 to 77 -> failed\n";
    assert!(told.contains(part) && !told.contains("nobody"), "{told}");
    let told = out(&raftlab(&["check", "--json", &path]));
    let told: Value = serde_json::from_str(&told).unwrap();
    let lines: Vec<&Value> =
        told["failed"].as_array().unwrap().iter().map(|one| &one["called_line"]).collect();
    assert_eq!(lines, [&Value::from(3), &Value::from(4)]);
    assert_eq!(told["smallest"], true);
    // Where nobody has even tried, nobody is named.
    let (_folder, path) = written(stored("1", "2"));
    let told = out(&raftlab(&["check", &path]));
    assert!(
        told.contains("It reads 2, which nobody writes.") && !told.contains("failed"),
        "{told}"
    );
}

type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

/// A write, a nemesis, a cas, and a read that finds `read`.
const fn rows(read: &str) -> [Row<'_>; 7] {
    [
        ("0", "invoke", "write", "4"),
        ("0", "ok", "write", "4"),
        (":nemesis", "info", "start", "nil"),
        ("1", "invoke", "cas", "[4 2.5]"),
        ("1", "ok", "cas", "[4 2.5]"),
        ("0", "invoke", "read", "nil"),
        ("0", "ok", "read", read),
    ]
}

fn as_edn((process, kind, f, value): Row<'_>) -> String {
    format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n")
}

fn as_columns((process, kind, f, value): Row<'_>) -> String {
    format!("{process}\t:{kind}\t:{f}\t{value}\n")
}

fn as_json((process, kind, f, value): Row<'_>) -> String {
    let process = if process == ":nemesis" { "\"nemesis\"" } else { process };
    let value = value.replace("nil", "null").replace(' ', ",");
    format!("{{\"process\":{process},\"type\":\"{kind}\",\"f\":\"{f}\",\"value\":{value}}}\n")
}

#[test]
fn the_same_history_has_the_same_verdict_in_every_form() {
    for (read, expected) in [("2.5", 0), ("4", 1)] {
        let all = |line: &dyn Fn(Row<'_>) -> String| rows(read).map(line).concat();
        for (form, text) in [
            ("EDN", all(&as_edn)),
            ("EDN", format!("({})", all(&as_edn))),
            ("columns of Jepsen", all(&as_columns)),
            ("columns of Jepsen", all(&|row| as_columns(row).replace('\t', "   "))),
            ("JSON lines of Jepsen", all(&as_json)),
            ("console log", all(&|row| format!("INFO  jepsen.util - {}", as_columns(row)))),
        ] {
            let (_folder, path) = written(&text);
            let output = raftlab(&["check", &path]);
            let told = out(&output);
            assert_eq!(status(&output), expected, "{form}: {told}{}", err(&output));
            let first = format!("(3 operations of 2 clients, 1 fault; register, {form})");
            assert!(told.contains(&first), "{told}");
            let evidence = told.contains("cas 4 to 2.5 -> done") && told.contains("read -> 4");
            assert_eq!(evidence, expected == 1, "{told}");
        }
    }
}

#[test]
fn numbers_of_json_keep_every_digit() {
    let history = |read: &str| {
        format!(
            "{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":12345678901234567890123}}\n\
             {{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":12345678901234567890123}}\n\
             {{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}}\n\
             {{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":{read}}}\n"
        )
    };
    assert_eq!(verdict(&history("12345678901234567890123")), 0);
    assert_eq!(verdict(&history("12345678901234567890124")), 1);
    assert_eq!(verdict(&history("12345678901234567890123.0")), 1);
}

#[test]
fn the_first_read_tells_whether_pairs_have_keys_in_them() {
    // Two registers: each read finds what was written to its own.
    let keyed = "{:process 0 :type :invoke :f :write :value [:x 1]}\n\
                 {:process 0 :type :ok :f :write :value [:x 1]}\n\
                 {:process 0 :type :invoke :f :write :value [:y 2]}\n\
                 {:process 0 :type :ok :f :write :value [:y 2]}\n\
                 {:process 0 :type :invoke :f :read :value [:x nil]}\n\
                 {:process 0 :type :ok :f :read :value (:x 1)}\n";
    assert_eq!(verdict(keyed), 0);
    // One register, which holds pairs.
    assert_eq!(verdict(&keyed.replace("[:x nil]", "nil")), 1);
    assert_eq!(verdict(&keyed.replace("[:x nil]", "nil").replace("(:x 1)", "[:y 2]")), 0);
    // No read at all: it makes no difference, and is no error.
    let writes: String = keyed.lines().take(4).map(|line| format!("{line}\n")).collect();
    assert_eq!(verdict(&writes), 0);
    for (text, why) in [
        (keyed.replace("[:y 2]", "7"), ":3: some operations name a key, and some don't: line 5"),
        (
            format!("{}{{:process 1 :type :invoke :f :read :value [:x nil]}}", stored("1", "1")),
            ":5: some operations name a key, and some don't: line 3 names none",
        ),
        (
            keyed.replacen(":value", ":key 5 :value", 1),
            ":3: some operations name a key, and some don't: line 1 names one",
        ),
        (keyed.replace("(:x 1)", "(:y 1)"), ":6: the answer is about another key"),
        (keyed.replace("(:x 1)", "1"), ":6: the answer names no key"),
    ] {
        let (_folder, path) = written(&text);
        let output = raftlab(&["check", &path]);
        assert_eq!(status(&output), 2, "{text}: {}", out(&output));
        assert!(err(&output).contains(why), "{why}: {}", err(&output));
    }
}

#[test]
fn a_form_that_can_not_be_read_is_named_with_what_to_do() {
    for (text, why) in [
        (
            "[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}]",
            "one JSON array; put an operation on",
        ),
        ("3 :invoke :write 4\nand so on", ":2: expected columns as in `3 :invoke :write 4`"),
        ("3 :invoke :write [4", ":1: what begins here has no end"),
        ("3 :invoke", ":1: expected what is asked for"),
        ("{\"process\":0,\"type\":\"begin\",\"f\":\"read\"}", ":1: :type is \"begin\""),
        ("{\"process\":0,\"f\":\"read\"}", ":1: missing field `type`"),
        ("{:process 0 :type :invoke :f :put :value 4}", ":1: a store holds texts: expected one"),
        ("{:process 0 :type :invoke :f :read :value 0x}", ":1: \"0x\" is no number"),
    ] {
        let (_folder, path) = written(text);
        let output = raftlab(&["check", &path]);
        assert_eq!(status(&output), 2, "{text}: {}", out(&output));
        assert!(err(&output).contains(why), "{why}: {}", err(&output));
    }
    let deep =
        format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":{}", "[".repeat(99));
    let deep = format!("{deep}{}}}", "]".repeat(99));
    let (_folder, path) = written(deep);
    assert!(err(&raftlab(&["check", &path])).contains("nested more than 32 deep"));
}

/// A Maybe says that the key was at another version at one moment of it, unless it was carried out.
#[test]
fn a_maybe_says_something_of_the_moment_at_which_it_was_handled() {
    let history = |late: &str, found: (&str, u64)| {
        let (value, version) = found;
        format!(
            r#"{{"type":"history","version":1,"model":"versioned"}}
{{"type":"call","client":"p","f":"put","key":"k","value":"new","version":0}}
{{"type":"return","client":"p","outcome":"ok","version":1}}
{{"type":"call","client":"p","f":"put","key":"k","value":"more","version":1}}
{{"type":"return","client":"p","outcome":"maybe"{late}}}
{{"type":"call","client":"p","f":"get","key":"k"}}
{{"type":"return","client":"p","outcome":"ok","value":"{value}","version":{version}}}
"#
        )
    };
    for late in ["", ",\"late\":true"] {
        assert_eq!(verdict(&history(late, ("more", 2))), 0, "carried out{late}");
        assert_eq!(verdict(&history(late, ("new", 1))), 1, "at its version all the time{late}");
        // Another client was at work meanwhile, so it may have been: both ways are right.
        let other =
            r#"{"type":"call","client":"q","f":"put","key":"k","value":"else","version":1}"#;
        let history = history(late, ("else", 2)).replacen(
            "{\"type\":\"call\",\"client\":\"p\",\"f\":\"put\",\"key\":\"k\",\"value\":\"more\"",
            &format!("{other}\n{{\"type\":\"call\",\"client\":\"p\",\"f\":\"put\",\"key\":\"k\",\"value\":\"more\""),
            1,
        );
        assert_eq!(verdict(&history), 0, "another has written{late}");
    }
}
