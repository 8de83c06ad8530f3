//! From beat to beat of a lesson: `raftlab picture --beats`, `raftlab worksheet`, `raftlab cast`.

use std::process::{Command, Output, Stdio};

use raftlab::cluster::command::Script;
use serde_json::Value;
use tempfile::TempDir;

/// A lesson of the test's own: those of the program are renamed and rewritten.
const LESSON: &str = "lost_majority.lab";
const TEXT: &str = include_str!("beats_lesson/lost_majority.lab");

fn raftlab(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.current_dir(folder.path()).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn made(arguments: &[&str], file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(LESSON), TEXT).unwrap();
    let output = raftlab(&folder, arguments);
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {wrong}");
    std::fs::read_to_string(folder.path().join(file)).unwrap()
}

/// How many beats and questions the lesson has: none of them stands in a loop.
fn counted() -> (usize, usize) {
    let script = Script::parse("lesson", TEXT.as_bytes()).unwrap();
    let begins = |word: &str| script.source.iter().filter(|line| line.starts_with(word)).count();
    (begins("beat") + begins("ask ") + begins("reveal") + begins("oracle"), begins("ask "))
}

#[test]
fn every_beat_has_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("p")).unwrap();
    std::fs::write(folder.path().join(LESSON), TEXT).unwrap();
    let output = raftlab(&folder, &["picture", LESSON, "--beats", "p", "--size", "80x24"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (beats, _) = counted();
    let mut pictures: Vec<String> = Vec::new();
    for number in 1..=beats {
        let path = folder.path().join(format!("p/beat-{number:02}.svg"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        assert!(text.starts_with("<svg") && text.ends_with("</svg>\n"));
        assert!(!pictures.contains(&text), "beat {number} looks as another");
        pictures.push(text);
    }
    assert_eq!(std::fs::read_dir(folder.path().join("p")).unwrap().count(), beats);
    let one = ["picture", LESSON, "--beat", "2", "--size", "80x24", "--out", "one.svg"];
    assert_eq!(made(&one, "one.svg"), pictures[1], "as --beat draws it");
}

#[test]
fn a_worksheet_asks_what_the_lesson_asks_and_solves_it_at_the_end() {
    let page = made(&["worksheet", LESSON, "--out", "x.html"], "x.html");
    let (_, questions) = counted();
    let (sheet, solutions) = page.split_once("<h2>Solutions</h2>").expect("solutions");
    // One section more has the marks.
    assert_eq!(sheet.matches("<section>").count(), 1 + sheet.matches("<svg").count());
    assert_eq!(sheet.matches("class=\"room\"").count(), questions);
    assert_eq!(solutions.matches("class=\"question\"").count(), questions);
    assert_eq!(solutions.matches("class=\"so\"").count(), questions, "{solutions}");
    assert!(!sheet.contains("&#10003;"), "nothing is answered before the end");
    assert!(solutions.contains("class=\"so\">yes"), "S4 appends what it can't commit: {solutions}");
    assert!(page.contains("--start-at \"beat 3\""));
    assert!(!page.replace("http://www.w3.org/2000/svg", "").contains("http"));
    assert!(!page.contains("\\u{"), "a caption of two lines is two lines");
}

/// The words of a page outside its pictures.
fn words(page: &str) -> String {
    let mut parts = page.split("<svg");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |words, part| words + part.split_once("</svg>").unwrap().1)
}

/// What the pictures of a page say.
fn page_in_pictures(page: &str) -> String {
    let pictures = page.split("<svg").skip(1).map(|part| part.split_once("</svg>").unwrap().0);
    let texts = pictures.flat_map(|picture| picture.split("<text").skip(1));
    let word = |text: &str| text.split_once('>').unwrap().1.split('<').next().unwrap().to_owned();
    texts.map(|text| word(text) + " ").collect()
}

#[test]
fn what_explains_an_answer_stands_among_the_solutions_alone() {
    for entry in std::fs::read_dir(lessons()).unwrap() {
        let path = entry.unwrap().path();
        let script = Script::parse("lesson", &std::fs::read(&path).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("x.html");
        let made = raftlab(&folder, &["worksheet", path.to_str().unwrap(), "--out", "x.html"]);
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        let whole = std::fs::read_to_string(out).unwrap();
        let page = words(&whole);
        let (sheet, solutions) = page.split_once("<h2>Solutions</h2>").unwrap();
        let asked: Vec<&str> =
            script.source.iter().filter_map(|l| l.strip_prefix("ask ")).collect();
        let name = path.display();
        assert_eq!(sheet.matches("class=\"room\"").count(), asked.len(), "{name}");
        assert_eq!(solutions.matches("class=\"so\"").count(), asked.len(), "{name}: {solutions}");
        // What the lesson is to teach answers some of it.
        let aim = script.source[0].strip_prefix("# ").expect("a comment");
        assert!(solutions.contains(aim) && !sheet.contains(aim), "{name}: {aim}");
        let pages: Vec<&str> = sheet.split("<section>").collect();
        for solution in solutions.split("<section>").skip(1) {
            let number = solution.split("<h3>").nth(1).unwrap().split('<').next().unwrap();
            let number: usize = number.parse().unwrap();
            let reasons =
                solution.split("<p>").skip(1).map(|told| told.split("</p>").next().unwrap());
            let reasons: Vec<&str> = reasons.collect();
            assert!(!reasons.is_empty(), "{name}: why is {solution}");
            // Who is at the next question knows it; nobody does before.
            for told in reasons {
                let asked = pages[..=number].concat();
                assert!(!asked.contains(told), "{name}: {told}");
            }
        }
        let pictures = page_in_pictures(&whole);
        // Each is asked once, and answered once; the pictures say neither.
        for ask in asked {
            let question =
                ask.split('|').next().unwrap().trim().trim_matches('"').replace("\\n", " ");
            if question.contains('{') {
                continue;
            }
            assert_eq!(sheet.matches(&question).count(), 1, "{name}: {question}");
            assert_eq!(solutions.matches(&question).count(), 1, "{name}: {question}");
            assert!(!pictures.contains(&question), "{name}: {question} is in a picture");
        }
    }
}

fn lessons() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/lessons")
}

#[test]
fn a_lesson_is_named_by_its_number() {
    let page = made(&["worksheet", "5", "--out", "x.html"], "x.html");
    assert!(page.contains("<h1>05 a majority commits</h1>"));
    assert!(page.contains("raftlab lesson 5 --start-at"));
}

#[test]
fn a_worksheet_links_to_each_beat_of_a_page_where_one_is_named() {
    let base = "https://example.org/raftlab.html";
    let page = made(&["worksheet", LESSON, "--out", "x.html", "--base", base], "x.html");
    let links = page.matches(&format!("<a href=\"{base}#at=")).count();
    assert_eq!(links, page.matches("--start-at").count());
    assert!(links > 0);
}

/// A screen is put together from what the cast writes: it ends as the last picture of the lab does.
#[test]
fn a_cast_is_an_asciicast_with_a_marker_at_each_beat() {
    let cast = made(&["cast", LESSON, "--out", "x.cast", "--wait", "1s"], "x.cast");
    let mut lines = cast.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    assert_eq!((&head["version"], &head["term"]["cols"]), (&3.into(), &100.into()));
    let events: Vec<Value> = lines.collect();
    let (mut markers, mut whole) = (0, 0.0);
    let size = |cells: u16| std::num::NonZero::new(cells).unwrap();
    let mut screen = vt100::Parser::new(size(30), size(100), 0);
    let mut words = String::new();
    for event in &events {
        let (since, code, data) =
            (event[0].as_f64().unwrap(), event[1].as_str().unwrap(), event[2].as_str().unwrap());
        assert!(since >= 0.0);
        whole += since;
        match code {
            "o" => screen.process(data.as_bytes()),
            "m" => {
                markers += 1;
                assert_eq!(data, format!("beat {markers}"));
                words.push_str(&screen.screen().contents());
            }
            "x" => assert_eq!(data, "0"),
            other => panic!("{other}"),
        }
    }
    let (beats, _) = counted();
    assert_eq!(markers, beats);
    assert_eq!(events.last().unwrap()[1], "x");
    assert!(whole > beats as f64 && whole < 600.0, "{whole}");
    assert!(words.contains("S4"), "{words}");
}

#[test]
fn what_has_no_beats_or_fails_is_refused_and_nothing_is_written() {
    for (text, arguments) in [
        ("cluster servers=3\nrun 1s\n", &["worksheet", "x.lab", "--out", "y"][..]),
        ("beat\nexpect leader\nbeat\n", &["worksheet", "x.lab", "--out", "y"]),
        ("beat\n", &["picture", "x.lab", "--beats", "x.lab"]),
        ("beat\n", &["picture", "x.lab"]),
        ("beat\n", &["cast", "absent.lab", "--out", "y"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.lab"), text).unwrap();
        let output = raftlab(&folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{arguments:?}");
    }
}

/// Nothing is written where one of the pictures can't be; of a script that fails, those until then are.
#[test]
fn all_pictures_are_written_or_none_and_their_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let script = "until leader\nbeat\nrun 1ms\nbeat\nexpect no leader\nbeat\n";
    std::fs::write(folder.path().join("x.lab"), script).unwrap();
    let beats = |into: &str| {
        let output = raftlab(&folder, &["picture", "x.lab", "--beats", into]);
        let said = String::from_utf8(output.stderr).unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder.path().join(into))
            .map(|entries| entries.map(|entry| entry.unwrap().file_name()).collect())
            .unwrap_or_default();
        names.sort();
        (output.status.code(), said, names)
    };
    let (ended, said, names) = beats("deep/new");
    assert_eq!(
        (ended, names),
        (Some(1), vec!["beat-01.svg".into(), "beat-02.svg".into()]),
        "{said}"
    );
    assert!(said.contains("FAILED x.lab") && said.contains("line 5"), "{said}");
    std::fs::create_dir(folder.path().join("old")).unwrap();
    std::fs::write(folder.path().join("old/beat-02.svg"), "mine").unwrap();
    let (ended, said, names) = beats("old");
    assert_eq!((ended, names), (Some(2), vec!["beat-02.svg".into()]), "{said}");
}
