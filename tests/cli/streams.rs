//! Standard input and output, files that are no regular ones, and what reaches a terminal.

use super::*;

/// Runs a line of the shell in the folder, with the program as `$0`.
fn shell(scripts: &Scripts, line: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", line, env!("CARGO_BIN_EXE_raftlab")]).stdin(Stdio::null());
    command.current_dir(scripts.0.path()).env_remove("RUST_BACKTRACE").output().unwrap()
}

fn read(scripts: &Scripts, name: &str) -> String {
    std::fs::read_to_string(scripts.path(name)).unwrap()
}

#[test]
fn a_dash_is_standard_input_or_output() {
    let scripts = Scripts::new();
    scripts.good();
    scripts.failing();
    let piped = shell(
        &scripts,
        "$0 run - --history - 2>told < good.lab | $0 check - --html page.html \
         && $0 picture - --out - < good.lab | head -c 4",
    );
    assert_eq!(status(&piped), 0, "{}{}", out(&piped), err(&piped));
    let told = out(&piped);
    assert!(told.contains("standard input: linearizable") && told.ends_with("<svg"), "{told}");
    assert!(read(&scripts, "told").contains("1 passed, 0 failed"), "the report goes elsewhere");
    assert!(read(&scripts, "page.html").starts_with("<!"));
    let hunted = shell(
        &scripts,
        "$0 hunt --flaw local-get --seeds 1..200 --out - 2>/dev/null | $0 run - && \
         $0 hunt --flaw local-get --seeds 1..200 --json > share; $0 hunt --merge - < share",
    );
    assert!(out(&hunted).contains("2 passed, 0 failed"), "{}{}", out(&hunted), err(&hunted));
    assert!(out(&hunted).contains("One run failed."), "{}{}", out(&hunted), err(&hunted));
    let twice = shell(&scripts, "$0 run - - < good.lab");
    assert_eq!(status(&twice), 2);
    assert!(err(&twice).contains("standard input: it can be read once"), "{}", err(&twice));
    let both = shell(&scripts, "$0 run good.lab --trace - --history /dev/stdout");
    assert_eq!(status(&both), 2);
    assert!(err(&both).contains("it is written"), "{}", err(&both));
    let wrong = shell(&scripts, "echo nonsense | $0 run -");
    assert_eq!(status(&wrong), 2);
    assert!(err(&wrong).contains("standard input:1:1"), "{}", err(&wrong));
}

#[test]
fn what_is_no_regular_file_is_written_into_and_stays_what_it_is() {
    let scripts = Scripts::new();
    scripts.good();
    let output = shell(
        &scripts,
        "set -e; mkfifo fifo; cat fifo > out1 & $0 run good.lab --trace fifo; wait
         $0 run good.lab --trace /dev/stdout 2>/dev/null | tail -1 > out2
         $0 run good.lab --trace /dev/fd/7 7> out3
         echo before > out4; $0 run good.lab --trace /dev/stdout >> out4 2>/dev/null
         $0 run good.lab --trace /dev/null --history /dev/null
         ln -s /dev/null null; $0 run good.lab --trace null
         test -p fifo -a -c /dev/null -a -L null",
    );
    assert_eq!(status(&output), 0, "{}{}", out(&output), err(&output));
    let lines = |name: &str| read(&scripts, name).lines().count();
    assert_eq!((lines("out1"), lines("out2")), (lines("out3"), 1));
    assert!(lines("out1") > 20);
    assert!(read(&scripts, "out4").starts_with("before\n{"), "{}", read(&scripts, "out4"));
    assert_eq!(lines("out4"), lines("out1") + 1);
    let all = ["fifo", "good.lab", "null", "out1", "out2", "out3", "out4"];
    assert_eq!(scripts.names(), all);
}

#[test]
fn no_file_that_is_read_is_written() {
    let scripts = Scripts::new();
    scripts.good();
    let before = read(&scripts, "good.lab");
    shell(&scripts, "ln -s good.lab soft; ln good.lab hard; $0 run good.lab --history h.jsonl");
    let history = read(&scripts, "h.jsonl");
    for line in [
        "run good.lab --trace good.lab",
        "run good.lab --history soft",
        "run soft --html hard",
        "run hard --trace - >> good.lab",
        "run - --trace soft < good.lab",
        "picture good.lab --force --out ./soft",
        "hunt --script good.lab --seeds 1..3 --force --out hard",
        "check h.jsonl --html h.jsonl",
    ] {
        let output = shell(&scripts, &format!("$0 {line}"));
        assert_eq!(status(&output), 2, "{line}: {}{}", out(&output), err(&output));
        assert!(err(&output).contains("by this very command"), "{line}: {}", err(&output));
        assert_eq!(out(&output), "", "{line}");
    }
    assert_eq!(read(&scripts, "good.lab"), before);
    assert_eq!(read(&scripts, "h.jsonl"), history);
    assert_eq!(scripts.names(), ["good.lab", "h.jsonl", "hard", "soft"]);
}

#[test]
fn a_hunt_replaces_nothing_unless_it_is_told_to() {
    let scripts = Scripts::new();
    scripts.write("kept.lab", "# mine\n");
    let hunt = "$0 hunt --flaw local-get --seeds 1..200";
    let refused = shell(&scripts, &format!("{hunt} --out kept.lab"));
    assert_eq!(status(&refused), 2, "{}", out(&refused));
    assert!(err(&refused).contains("--force replaces it"), "{}", err(&refused));
    assert_eq!(read(&scripts, "kept.lab"), "# mine\n");
    let forced =
        shell(&scripts, &format!("{hunt} --out kept.lab --force && false || {hunt}; {hunt}"));
    assert_eq!(status(&forced), 1, "{}", err(&forced));
    assert!(read(&scripts, "kept.lab").contains("local-get"));
    let names = scripts.names();
    assert_eq!(names.len(), 3, "each hunt has a file of its own: {names:?}");
    assert!(names.iter().any(|name| name.ends_with("-2.lab")), "{names:?}");
}

#[test]
fn a_reader_that_leaves_is_no_mistake_whatever_it_was_given() {
    let scripts = Scripts::new();
    scripts.good();
    scripts.write("long.lab", "load rate=1000/s\nrun 20s\n");
    for line in [
        "run long.lab --trace -",
        "run long.lab --history /dev/stdout",
        "docs scripts",
        "--help",
        "picture good.lab --out -",
        "flaws",
    ] {
        let output = shell(&scripts, &format!("$0 {line} | true; exit ${{PIPESTATUS[0]}}"));
        assert!(
            [0, 141].contains(&status(&output)),
            "{line}: {} {}",
            status(&output),
            err(&output)
        );
        let told = err(&output);
        assert!(told.is_empty() || told.contains("passed"), "{line}: {told}");
    }
}

/// As `nohup` starts a program, and a shell one in the background.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_at_the_start_is_ignored() {
    let scripts = Scripts::new();
    let line = |trap: &str| {
        let hunt = "$0 hunt --time 4s --quiet & sleep 2; kill -HUP $!; wait $!; echo ended $?";
        shell(&scripts, &format!("{trap}{hunt}"))
    };
    let ignored = line("trap '' HUP; ");
    assert!(out(&ignored).contains("ended 0"), "{}{}", out(&ignored), err(&ignored));
    // Without that it is what stops a hunt early.
    let heard = line("");
    assert!(out(&heard).contains("ended 3"), "{}{}", out(&heard), err(&heard));
}

#[cfg(unix)]
#[test]
fn a_hunt_that_is_stopped_tells_what_it_has_found() {
    let scripts = Scripts::new();
    let line = "$0 hunt --flaw local-get --keep-going --time 5m --out found.lab & sleep 5; \
                kill -TERM $!; wait $!; echo ended $?";
    let stopped = shell(&scripts, line);
    let told = out(&stopped);
    for words in
        ["stopped before its time was over", "Seed ", "as it was found, written to", "ended 1"]
    {
        assert!(told.contains(words), "{words}: {told}{}", err(&stopped));
    }
    let again =
        shell(&scripts, "$(grep -o 'raftlab hunt .*' found.lab | sed \"s|raftlab|$0|\") --quiet");
    assert_eq!(
        status(&again),
        1,
        "what is in the file finds it again: {}",
        read(&scripts, "found.lab")
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_comes_to_the_limit_of_the_shell_leaves_no_draft() {
    let scripts = Scripts::new();
    scripts.good();
    let before = scripts.names();
    let limited = shell(&scripts, "ulimit -f 1; $0 run good.lab --trace t.jsonl");
    assert_eq!(status(&limited), 2, "{}", err(&limited));
    assert!(out(&limited).contains("1 passed") && err(&limited).contains("can't write t.jsonl"));
    assert_eq!(scripts.names(), before);
}

#[test]
fn a_cast_that_is_longer_than_one_may_be_says_so() {
    let scripts = Scripts::new();
    let long =
        "cluster servers=3 seed=7\nuntil leader\nbeat\nset x 1\nbeat\nset x 2\nbeat\nset x 3\n";
    scripts.write("long.lab", long);
    let cast = shell(&scripts, "$0 cast long.lab --out x.cast --wait 1200s --size 60x16");
    assert_eq!(status(&cast), 3, "{}{}", out(&cast), err(&cast));
    assert!(err(&cast).contains("30 minutes") && !err(&cast).contains("FAILED"), "{}", err(&cast));
    assert!(read(&scripts, "x.cast").ends_with("\"x\",\"1\"]\n"));
    let cast = shell(&scripts, "$0 cast long.lab --out y.cast --wait 1s --size 60x16");
    assert_eq!(status(&cast), 0, "{}{}", out(&cast), err(&cast));
}

#[test]
fn nothing_that_comes_from_others_reaches_the_streams_as_an_escape() {
    let scripts = Scripts::new();
    let name = "a\u{1b}]0;title\u{7}\u{202e}\u{61c}\u{9b}b.lab";
    scripts.write(name, "cluster servers=3\nuntil leader\nset \"\\u{1b}k\" 1\nexpect term = 99\n");
    scripts.write("bad.lab", "until \u{1b}[2Jnow\nclient \u{202e}x\nset x \u{200b}\u{7f}\n");
    let field = "{\"type\":\"history\",\"version\":1,\"model\":\"register\",\"\\u001b]0;t\\u0007\\u061c\":1}\n";
    scripts.write("field.jsonl", field);
    scripts.write("merge.json", "{\"\\u001b]0;t\\u0007\":1}\n");
    scripts.write("console.log", "\u{1b}[31m1\t:invoke\t:wri\u{202e}te\t3\n");
    scripts.write("values.edn", "[{:type :invoke, :f :\u{61c}w, :process \"\u{202e}\"}]");
    let all = scripts.names();
    let mut lines: Vec<String> = Vec::new();
    for name in &all {
        let quoted = format!("'{name}'");
        for command in [
            "run",
            "run --json",
            "check",
            "check --json",
            "hunt --merge",
            "picture --out /dev/null --at 1s",
        ] {
            lines.push(format!("$0 {command} {quoted}"));
        }
        lines.push(format!("$0 {quoted}"));
        lines.push(format!("$0 run 'no such {name}'"));
        lines.push(format!("$0 run {quoted} --seed '{name}'"));
        lines.push(format!("$0 hunt --flaw '{name}'"));
        lines.push(format!("$0 '{name}' '{name}'"));
        lines.push(format!("$0 --start-at '{name}'"));
        lines.push(format!("$0 run {quoted} --trace '/dev/null/{name}'"));
        lines.push(format!("$0 run {quoted} --trace - --json"));
    }
    for line in lines {
        let output = shell(&scripts, &line);
        assert!(status(&output) < 4, "{line}: {}", err(&output));
        for text in [out(&output), err(&output)] {
            let unsafe_ones: Vec<char> =
                text.chars().filter(|c| *c != '\n' && is_obeyed(*c)).collect();
            assert!(unsafe_ones.is_empty(), "{line}: {unsafe_ones:?} in {text:?}");
        }
    }
    let failed = run(&["run", "--json", scripts.path(name).to_str().unwrap()]);
    assert!(objects(&failed)[0]["script"].as_str().unwrap().ends_with(name), "JSON loses nothing");
}

/// What a terminal obeys, or what hides or turns a text: by its own list, not by the program's.
fn is_obeyed(c: char) -> bool {
    let hides = ['\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}'];
    c.is_control()
        || hides.contains(&c)
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2060}'..='\u{2069}').contains(&c)
}
