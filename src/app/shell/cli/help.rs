//! What stands at the end of each help: examples, which a test reads as the program would, and what
//! the status of the process means.

/// A line that can be typed, and what it does.
type Example = (&'static str, &'static str);
/// A status, and what it means.
type Status = (u8, &'static str);

const ASKED: Status = (0, "it did what it was asked to do");
const BAD: Status = (2, "bad usage or bad input: nothing was written");

/// The help of a command: its name, examples, and statuses.
pub(super) const ALL: &[(&str, &[Example], &[Status])] = &[
    (
        "raftlab",
        &[
            ("raftlab", "a lab of five servers"),
            ("raftlab lesson 1", "the first lesson"),
            ("raftlab mine.lab --start-at \"beat 2\"", "a script, from a moment on"),
        ],
        &[(0, "you quit"), BAD],
    ),
    (
        "run",
        &[
            ("raftlab run handout", "all scripts of a folder"),
            ("raftlab run mine.lab --seeds 1..101", "one script with the seeds 1 to 100"),
            ("raftlab run - --json < mine.lab", "standard input, an object a run"),
        ],
        &[
            (0, "every expectation and every rule held"),
            (1, "an expectation failed, or a rule was broken"),
            (2, "bad usage or a bad script: nothing has run; or a file could not be written"),
            (3, "nothing failed, but a run came to its budget of memory"),
        ],
    ),
    #[cfg(feature = "guests")]
    (
        "accept",
        &[
            ("raftlab accept my.wasm", "a report by rule"),
            ("raftlab accept my.wasm --html report.html", "and as a page for a browser"),
            ("raftlab accept my.wasm --json --time 10m", "for programs, with more time"),
        ],
        &[
            (0, "no rule was broken, and every test passed"),
            (1, "a rule was broken, or a test failed"),
            (2, "the module can't be played"),
            (3, "not all was played"),
        ],
    ),
    #[cfg(feature = "guests")]
    (
        "guest",
        &[
            ("raftlab guest new --c my-raft", "a small Raft in C"),
            ("raftlab guest new --rust my-raft", "in Rust"),
            ("raftlab guest new --go my-raft", "in Go"),
        ],
        &[(0, "the files were written"), BAD],
    ),
    (
        "check",
        &[
            ("raftlab check history.jsonl", "of raftlab run --history"),
            ("raftlab check store/latest/history.edn", "of Jepsen"),
            ("raftlab check a.edn --html a.html", "with a page of the evidence"),
        ],
        &[
            (0, "every history is linearizable"),
            (1, "one is not"),
            (2, "bad usage, or a file can't be read: its line, and why"),
            (3, "no answer within the limit"),
        ],
    ),
    (
        "hunt",
        &[
            ("raftlab hunt", "for a minute, from seed 1 on"),
            ("raftlab hunt --flaw local-get", "with a planted flaw"),
            ("raftlab hunt --script mine.lab --seeds 1..5001", "a script's seeds 1 to 5000"),
        ],
        &[
            (0, "nothing was found"),
            (1, "something was found, and written to hunt-RULE-SEED.lab here, or to --out"),
            (2, "bad usage, or bad input"),
            (3, "nothing was found, but not all that was asked for was played to its end"),
        ],
    ),
    (
        "find",
        &[
            ("raftlab find 'S1 log = 1,1,3 and S2 log = 1,2'", "a way to these logs"),
            ("raftlab find '2 of all are leader'", "what expect asks"),
            ("raftlab find 'broken one-vote' --flaw forget-vote", "with a flaw"),
        ],
        &[
            (0, "a way was found, and written"),
            (1, "none was found: it says how much was looked at, or what stands in its way"),
            BAD,
        ],
    ),
    (
        "trace",
        &[
            ("raftlab trace mine.lab", "an event a line"),
            ("raftlab trace mine.lab --format mermaid --out x.mmd", "a sequence diagram"),
            ("raftlab trace mine.lab --format etcd --out x.ndjson", "for TLC and `view`"),
        ],
        &[
            (0, "the script came to its end"),
            (1, "an expectation or a rule failed; the trace is written"),
            BAD,
        ],
    ),
    (
        "view",
        &[
            ("raftlab view run.ndjson", "a state trace of etcd's Raft"),
            ("raftlab view mine.jsonl", "what raftlab trace has written"),
            ("raftlab view run.ndjson --lines 5000", "not more of its lines"),
        ],
        &[(0, "you have left"), BAD],
    ),
    (
        "cast",
        &[
            ("raftlab cast mine.lab --out mine.cast", "for asciinema play"),
            ("raftlab cast mine.lab --out - --wait 2s", "to standard output"),
            ("raftlab cast mine.lab --out x.cast --size 80x24", "for a small window"),
        ],
        &[
            (0, "the script came to its end"),
            (1, "it did not; the cast is written"),
            BAD,
            (3, "the cast is written, and the script goes on after its thirty minutes"),
        ],
    ),
    (
        "worksheet",
        &[
            ("raftlab worksheet 5 --out x.html", "lesson 5, to be printed"),
            ("raftlab worksheet mine.lab --out x.html --seed 7", "a script, with another run"),
            ("raftlab worksheet 5 --out x.html --size 80x24", "with smaller pictures"),
        ],
        &[ASKED, BAD],
    ),
    (
        "challenge",
        &[
            ("raftlab challenge", "what there is to try"),
            ("raftlab challenge 2", "one, in the lab"),
            ("raftlab challenge 2 --copy", "its script, for your lines"),
            ("raftlab challenge 2 --solution", "its script, with lines that meet it"),
        ],
        &[(0, "you quit, or it is listed"), BAD],
    ),
    (
        "challenges",
        &[
            ("raftlab challenges", "aim, what is allowed, par"),
            ("raftlab challenges | less", "page by page"),
            ("raftlab challenge 1", "the first, in the lab"),
        ],
        &[ASKED],
    ),
    (
        "picture",
        &[
            ("raftlab picture mine.lab --beat 3 --out beat.svg", "the screen at a beat"),
            ("raftlab picture --at 2s --size 80x24 --out -", "of the free lab"),
            ("raftlab picture mine.lab --diagram --out run.svg", "the space-time diagram"),
        ],
        &[ASKED, BAD],
    ),
    (
        "sessions",
        &[
            ("raftlab sessions", "the newest first"),
            ("raftlab sessions --json", "the same for programs"),
            ("raftlab --resume=2", "goes on with the second of the list"),
        ],
        &[ASKED, BAD],
    ),
    (
        "notes",
        &[
            ("raftlab notes", "in a second terminal, while you present"),
            ("raftlab notes --once", "the notes of this moment"),
            ("raftlab notes | tee notes.txt", "and keep them"),
        ],
        &[ASKED, BAD],
    ),
    (
        "lessons",
        &[
            ("raftlab lessons", "what there is to learn"),
            ("raftlab lessons | less", "page by page"),
            ("raftlab lesson 1", "the first, in the lab"),
        ],
        &[ASKED],
    ),
    (
        "lesson",
        &[
            ("raftlab lesson 2", "by its number"),
            ("raftlab lesson lost majority", "by words of its name"),
            ("raftlab lesson 2 --copy", "its script into this folder, to be changed"),
        ],
        &[(0, "you quit, or it is copied"), BAD],
    ),
    (
        "show",
        &[
            ("raftlab show", "all scenes"),
            ("raftlab show figure-8", "one of them"),
            ("raftlab show raft/figure_8 --copy", "its script into this folder"),
        ],
        &[(0, "you quit, or it is copied"), BAD],
    ),
    (
        "share",
        &[
            ("raftlab share mine.lab --base https://lab.example", "a link and its code"),
            ("raftlab share mine.lab --at \"beat 3\" --base http://lab", "that opens at a beat"),
            ("raftlab share mine.lab --base http://lab --light", "for a light terminal"),
        ],
        &[ASKED, BAD],
    ),
    (
        "page",
        &[
            ("raftlab page mine.lab --out mine.html", "at its first beat"),
            ("raftlab page mine.lab --out mine.html --at 2s", "at a moment"),
            ("raftlab page mine.lab --out mine.html --web web/dist", "with that page"),
        ],
        &[ASKED, BAD],
    ),
    (
        "flaws",
        &[
            ("raftlab flaws", "each with its rule and section"),
            ("raftlab show flaws/local_get", "the scene of one"),
            ("raftlab hunt --flaw local-get", "found at random"),
        ],
        &[ASKED],
    ),
    (
        "docs",
        &[
            ("raftlab docs keys", "every key in every mode"),
            ("raftlab docs scripts", "the script language"),
            ("raftlab docs vim > raftlab.vim", "colours for scripts in Vim"),
        ],
        &[ASKED, BAD],
    ),
    (
        "settings",
        &[
            ("raftlab settings", "what can be set, what it does, and where"),
            ("raftlab settings --keys", "the names of all that keys do"),
            ("raftlab --theme light", "for once, whatever is set"),
        ],
        &[ASKED, (2, "something in the file is wrong: it is named, and the rest holds")],
    ),
    (
        "completions",
        &[
            ("raftlab completions bash > ~/.local/share/bash-completion/completions/raftlab", ""),
            ("raftlab completions zsh > ~/.zfunc/_raftlab", "with that folder in fpath"),
            ("raftlab completions fish > ~/.config/fish/completions/raftlab.fish", ""),
        ],
        &[ASKED, BAD],
    ),
    (
        "man",
        &[
            ("raftlab man > ~/.local/share/man/man1/raftlab.1", "then: man raftlab"),
            ("raftlab man run > ~/.local/share/man/man1/raftlab-run.1", ""),
            ("raftlab man hunt | man -l -", "to read it at once"),
        ],
        &[ASKED, BAD],
    ),
];

/// The end of a command's help.
pub(super) fn of(command: &str) -> String {
    let Some((_, examples, statuses)) = ALL.iter().find(|(name, ..)| *name == command) else {
        return String::new();
    };
    let width = examples.iter().map(|(line, _)| line.len()).filter(|width| *width <= 52).max();
    let width = width.unwrap_or_default();
    let mut text = String::from("Examples:\n");
    for (line, does) in *examples {
        let does = if does.is_empty() { String::new() } else { format!("  # {does}") };
        text.push_str(format!("  {line:width$}{does}").trim_end());
        text.push('\n');
    }
    text.push_str("\nStatus:\n");
    for (status, means) in *statuses {
        text.push_str(&format!("  {status}  {means}\n"));
    }
    text.push('\n');
    text.push_str(STANDARD);
    text
}

const STANDARD: &str = "Wherever a file is named, - is standard input or standard output.";

/// The same as the last sections of a manual page.
pub(super) fn man(command: &str) -> String {
    let found = ALL.iter().find(|(name, ..)| *name == command);
    let (_, examples, statuses) = found.copied().unwrap_or_default();
    // What troff would take for its own.
    let plain = |text: &str| {
        let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
        text.replace('"', "\\(dq")
    };
    let items = |items: &[(String, &str)]| -> String {
        let item = |(head, says): &(String, &str)| {
            format!(".TP\n\\fB{}\\fR\n{}\n", plain(head), plain(says))
        };
        items.iter().map(item).collect()
    };
    let examples: Vec<_> = examples.iter().map(|(line, does)| (line.to_string(), *does)).collect();
    let statuses: Vec<_> =
        statuses.iter().map(|(status, means)| (status.to_string(), *means)).collect();
    let (examples, statuses) = (items(&examples), items(&statuses));
    let standard = plain(STANDARD);
    format!(".SH EXAMPLES\n{examples}.SH \"EXIT STATUS\"\n{statuses}.SH FILES\n{standard}\n")
}
