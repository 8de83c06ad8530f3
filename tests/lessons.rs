//! The lessons: each passes with many seeds, asks before it shows, has one right choice to each
//! question, and says of servers only what stands beside it as a line that is checked. The guides for
//! lecturers and students hold to the lessons, and every task has a solution.

#[allow(dead_code, reason = "not every test file plays with the usual number of seeds")]
#[path = "support/pass.rs"]
mod pass;
#[path = "support/scripts.rs"]
mod scripts;

use std::collections::BTreeSet;
use std::path::Path;

use raftlab::cluster::command::{Command, Condition, Flow, Script, Tell, parse_line};
use raftlab::cluster::event::{EventKind, ScriptEvent};
use raftlab::cluster::flaw::FLAWS;
use raftlab::cluster::network::Network;
use raftlab::cluster::{Cluster, Step};

use pass::pass_few;
use scripts::scripts_of;

#[test]
fn the_lessons_pass() {
    pass_few(scripts_of("lessons").iter(), 100);
}

/// The lines between two stops, with the one that stops.
fn stretches(script: &Script) -> Vec<Vec<&Command>> {
    let commands: Vec<&Command> = script.lines.iter().map(|line| &line.command).collect();
    let stops = |command: &&Command| {
        use Tell::{Ask, Beat, Oracle, Reveal};
        matches!(command, Command::Tell(Ask(_) | Beat | Oracle | Reveal))
    };
    commands.split_inclusive(stops).map(<[_]>::to_vec).collect()
}

/// What a question asks of the very moment at which it stands must not be read off the screen: commits
/// and majorities are withheld until it is answered, logs, roles and terms are in sight.
#[test]
fn no_question_is_answered_on_its_own_screen() {
    const WITHHELD: [&str; 12] = [
        "committed",
        "applied",
        "majority",
        "safe",
        "linearizable",
        "broken",
        "waiting",
        "reply",
        "replies",
        "version",
        "vote",
        "value",
    ];
    let mut asked = 0;
    for (name, script) in scripts_of("lessons") {
        let mut commands = script.lines.iter().map(|line| &line.command).peekable();
        while let Some(command) = commands.next() {
            let Command::Tell(Tell::Ask(question)) = command else { continue };
            asked += 1;
            let stands = |command: &&Command| {
                matches!(command, Command::Flow(Flow::Expect(_)))
                    || matches!(command, Command::Tell(tell) if !matches!(tell, Tell::Reveal))
            };
            while commands.next_if(stands).is_some() {}
            // Something is done, or time passes, before the answer is shown.
            if commands.peek() != Some(&&Command::Tell(Tell::Reveal)) {
                continue;
            }
            for choice in &question.choices {
                let seen = choice.condition.as_ref().map(Condition::measured).unwrap_or_default();
                let seen = seen.into_iter().find(|measure| !WITHHELD.contains(measure));
                assert_eq!(seen, None, "{name}: {}", question.text.as_str());
            }
        }
    }
    assert!(asked > 75, "{asked}");
}

/// Predict, see, why, check yourself: a lesson asks early and at its end, and has something new to
/// say wherever it stops.
#[test]
fn the_lessons_tell_their_story() {
    let lessons = scripts_of("lessons");
    assert!(lessons.len() >= 23, "{} lessons", lessons.len());
    for (name, script) in &lessons {
        assert_eq!(script.config.network, Network::Classroom, "{name}");
        let stretches = stretches(script);
        let ending = |stretch: &Vec<&Command>| match stretch.last() {
            Some(Command::Tell(tell)) => Some(tell.clone()),
            _ => None,
        };
        let places = |wanted: fn(&Tell) -> bool| -> Vec<usize> {
            let stops = stretches.iter().map(ending).enumerate();
            stops.filter(|(_, stop)| stop.as_ref().is_some_and(wanted)).map(|(at, _)| at).collect()
        };
        let asked = places(|tell| matches!(tell, Tell::Ask(_)));
        let beats = places(|tell| matches!(tell, Tell::Beat));
        let revealed = places(|tell| matches!(tell, Tell::Reveal));
        assert!(asked.len() >= 3, "{name} asks {} questions", asked.len());
        assert!((4..=12).contains(&(asked.len() + beats.len())), "{name}");
        assert!(asked[0] <= 1, "{name} tells before it asks");
        let last = *revealed.last().expect("an answer");
        let after = beats.iter().filter(|beat| **beat > last).count();
        // What explains the answer, and what the class takes home.
        assert!(after <= 2, "{name} goes on for {after} beats after its last question");
        for (at, stretch) in stretches.iter().enumerate() {
            let says = |command: &&Command| matches!(command, Command::Tell(Tell::Say(_)));
            let new = stretch.iter().any(says);
            assert!(new || !beats.contains(&at), "{name}: stop {} shows no new caption", at + 1);
        }
    }
}

/// The servers that a text names: S1, S2, ...
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !sign.is_alphanumeric());
    let server =
        |word: &&str| word.strip_prefix('S').is_some_and(|number| number.parse::<u8>().is_ok());
    words.filter(server).map(str::to_owned).collect()
}

/// A name in a caption is fixed by a line that is checked or does something, in the same stretch: an
/// `expect`, an `until`, a deed. With any seed the run fails where such a line does not hold. The
/// choices of a question are fixed by their own conditions too.
#[test]
fn a_caption_names_only_servers_that_a_line_beside_it_fixes() {
    for (name, script) in &scripts_of("lessons") {
        for (number, stretch) in (1..).zip(stretches(script)) {
            let mut fixed = BTreeSet::new();
            let mut spoken = BTreeSet::new();
            for command in stretch {
                match command {
                    Command::Tell(Tell::Say(text)) => spoken.extend(named(text.as_str())),
                    Command::Tell(Tell::Ask(question)) => {
                        spoken.extend(named(question.text.as_str()));
                        for choice in &question.choices {
                            spoken.extend(named(choice.text.as_str()));
                            let condition = choice.condition.as_ref().map(ToString::to_string);
                            fixed.extend(named(&condition.unwrap_or_default()));
                        }
                    }
                    Command::Tell(_) => {}
                    other => fixed.extend(named(&other.to_string())),
                }
            }
            let loose: Vec<&String> = spoken.difference(&fixed).collect();
            assert!(loose.is_empty(), "{name}, up to stop {number}: no line fixes {loose:?}");
        }
    }
}

/// Who looks up only now can place each caption: none begins with a bare answer.
#[test]
fn no_caption_begins_with_a_bare_answer() {
    const BARE: [&str; 9] =
        ["yes", "no", "nobody", "none", "nothing", "never", "because", "neither", "both"];
    for (name, script) in &scripts_of("lessons") {
        for line in script.lines.iter() {
            let Command::Tell(Tell::Say(text)) = &line.command else { continue };
            let text = text.as_str().to_lowercase().replace('\n', " ");
            let words = |clause: &str| clause.split_whitespace().count();
            let sentence = text.split(['.', ':', '?', '!']).next().unwrap_or_default();
            let clause = sentence.split(',').next().unwrap_or_default();
            let bare = clause.split_whitespace().next().is_some_and(|word| BARE.contains(&word));
            let placed = words(sentence) > 1 && (!bare || words(clause) > 2);
            assert!(placed, "{name}:{}: what does `{sentence}` answer?", line.number);
        }
    }
}

/// What is said last is seen with the picture of which it speaks: what tidies up comes after a beat.
#[test]
fn the_last_caption_of_a_lesson_stands_before_the_run_goes_on() {
    for (name, script) in &scripts_of("lessons") {
        let said = |command: &Command| matches!(command, Command::Tell(Tell::Say(_)));
        let last = script.lines.iter().rposition(|line| said(&line.command)).expect("it speaks");
        // What takes no lab time may stand between.
        let stays = |line: &&&str| {
            let words = ["expect ", "point ", "aside "];
            !line.is_empty() && !words.iter().any(|word| line.starts_with(word))
        };
        let source: Vec<&str> = script.source.iter().map(AsRef::as_ref).collect();
        let after = script.lines[last].number as usize;
        let next = source[after..].iter().find(stays);
        assert!(next.is_none_or(|line| *line == "beat"), "{name}:{after}: then {next:?}");
    }
}

/// Whether a text says a choice and none of the others, each as whole words. A server or a client is spoken of
/// for many reasons, and so are yes and no.
fn gives_away<'a>(said: &str, right: &str, mut wrong: impl Iterator<Item = &'a str>) -> bool {
    let words = |text: &str| -> Vec<String> {
        let word = |sign: char| !sign.is_alphanumeric() && !"=+-<>".contains(sign);
        let words = text.split(word).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let all = words(said);
    let says = |choice: &str| {
        let choice = words(choice);
        !choice.is_empty() && all.windows(choice.len()).any(|some| some == choice)
    };
    let is_name = |text: &str| {
        let name = ["yes", "no", "a", "b", "c", "d"].contains(&text);
        name || !named(text).is_empty() && words(text).len() == 1
    };
    !is_name(right) && says(right) && !wrong.any(says)
}

#[test]
fn a_caption_that_says_the_answer_gives_it_away() {
    let gives = |said, right| gives_away(said, right, ["x=1", "nothing"].into_iter());
    assert!(gives("Five maps are empty: x=3 is\nlost.", "x=3"));
    assert!(gives("It takes Three of five.", "three"));
    // Both are spoken of, one is a part of another word, one is a server.
    assert!(!gives("Is it x=1 or x=3?", "x=3"));
    assert!(!gives("It has x=31.", "x=3"));
    assert!(!gives("S3 leads.", "S3"));
}

/// With any seed, every question of a lesson has one right choice when it is answered, and what is
/// said while it stands has not given that choice away.
#[test]
fn the_questions_of_the_lessons_have_one_answer_each() {
    let mut early = BTreeSet::new();
    for (name, script) in &scripts_of("lessons") {
        for seed in 0..20 {
            let mut cluster = Cluster::with_script(script, Some(seed));
            let (mut asked, mut told) = (0, 0);
            let mut said = String::new();
            let mut posed = None;
            while !cluster.finished() && cluster.step() == Step::Happened {
                for event in cluster.events() {
                    match &event.kind {
                        EventKind::Script(ScriptEvent::Said { text }) => said = text.to_string(),
                        EventKind::Script(ScriptEvent::Posed { question }) => {
                            assert_eq!(asked, told, "{name}: {question} comes too early");
                            asked += 1;
                            posed = Some((question.clone(), said.clone()));
                        }
                        EventKind::Script(ScriptEvent::Revealed { so }) => {
                            told += 1;
                            let right = so.iter().filter(|so| **so == Some(true)).count();
                            let at = cluster.now();
                            assert_eq!(right, 1, "{name} with seed {seed} at {at}: {so:?}");
                            let (question, said) = posed.take().expect("a question");
                            let right = so.iter().position(|so| *so == Some(true)).expect("one");
                            let right = question.choices[right].text.as_str();
                            let texts = question.choices.iter().map(|choice| choice.text.as_str());
                            let wrong = texts.filter(|text| *text != right);
                            let given = gives_away(&said, right, wrong);
                            if given {
                                early.insert(format!(
                                    "{name}: {said:?} says {right:?} before it is asked"
                                ));
                            }
                        }
                        _ => {}
                    }
                }
            }
            assert!(cluster.failure().is_none(), "{name} with seed {seed}");
            assert_eq!(asked, told, "{name} leaves a question open");
        }
    }
    assert!(early.is_empty(), "{early:#?}");
}

// The guides.

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).expect("a page")
}

/// What stands between two signs, such as backticks.
fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split_once(end)).map(|(found, _)| found)
}

fn links(text: &str) -> Vec<&str> {
    between(text, "](", ")").filter(|link| !link.starts_with(['#', 'h'])).collect()
}

/// How long a lesson says that it takes.
fn takes(file: &str) -> u32 {
    let text = std::fs::read_to_string(repository().join("docs").join(file)).expect(file);
    let (_, takes) = text.split_once("# Takes ").expect("how long it takes");
    takes.split(' ').next().and_then(|minutes| minutes.parse().ok()).expect("minutes")
}

#[test]
fn what_the_guides_link_to_is_there() {
    for name in ["teaching.md", "students.md"] {
        for link in links(&page(name)) {
            assert!(repository().join("docs").join(link).exists(), "{name} links to {link}");
        }
    }
}

#[test]
fn the_lecturers_guide_goes_through_every_lesson_in_order() {
    let page = page("teaching.md");
    let (_, by_lesson) = page.split_once("## Lesson by lesson").expect("the section");
    let heads: Vec<&str> = by_lesson.lines().filter(|line| line.starts_with("### [")).collect();
    let lessons = scripts_of("lessons");
    assert_eq!(heads.len(), lessons.len());
    for ((number, head), (file, _)) in (1..).zip(heads).zip(&lessons) {
        assert!(head.starts_with(&format!("### [{number} ")), "{head}");
        assert_eq!(links(head), [format!("../{file}")], "{head}");
    }
    for part in by_lesson.split("### [").skip(1) {
        let title = part.lines().next().unwrap_or_default();
        for what in ["- Wrong: ", "- Try ", "- Exercise: "] {
            assert!(part.contains(what), "{title}: no {what:?}");
        }
        let (_, exercise) = part.split_once("- Exercise: ").expect("an exercise");
        assert!(exercise.contains("Answer:"), "{title}: no answer");
    }
}

#[test]
fn the_minutes_of_the_plans_add_up() {
    let page = page("teaching.md");
    let (_, plans) = page.split_once("## Plans").expect("the section");
    let (plans, _) = plans.split_once("## Lesson by lesson").expect("the next section");
    let mut lectures = 0;
    for plan in plans.split("\n###").skip(1) {
        let title = plan.lines().next().expect("a title");
        let mut sum = 0;
        for row in plan.lines().filter(|line| line.starts_with("| ") && line.contains("](")) {
            let minutes: u32 =
                row[2..].split(' ').next().and_then(|it| it.parse().ok()).expect("minutes");
            let file = links(row)[0];
            assert!(minutes >= takes(file), "{title}: {file} takes {} minutes", takes(file));
            sum += minutes;
        }
        let said = title.split_once('(').and_then(|(_, rest)| rest.split_once(" minutes)"));
        match said {
            Some((said, _)) => {
                lectures += 1;
                assert_eq!(said.parse(), Ok(sum), "{title}");
                assert!(sum <= 50, "{title} is longer than a lecture");
            }
            None => assert!(!plan.contains("| minutes |") || title.contains("Eight"), "{title}"),
        }
    }
    assert_eq!(lectures, 7);
}

/// What one is told to type at the prompt is understood, and the scenes that are named are there.
#[test]
fn what_the_guides_say_to_type_is_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["teaching.md", "students.md"] {
        for span in between(&page(name).replace('\n', " "), " `", "`") {
            if let Some(line) = span.strip_prefix(':') {
                let own = ["reroll", "save", "goto", "lesson", "show"];
                if own.iter().any(|word| line.starts_with(word)) {
                    continue;
                }
                assert!(parse_line(line).is_ok(), "{name}: {span}");
            } else if let Some(scene) = span.strip_prefix("raftlab show ") {
                let arguments = ["show", scene, "--copy", "--force"];
                let status = raftlab(folder.path(), &arguments);
                assert_eq!(status, Some(0), "{name}: {span}");
            }
        }
    }
}

fn raftlab(folder: &Path, arguments: &[&str]) -> Option<i32> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_raftlab"));
    command.current_dir(folder).args(arguments).output().expect("it runs").status.code()
}

/// The page leads from what one sees to every flaw.
#[test]
fn the_students_guide_names_every_flaw() {
    let page = page("students.md");
    let (_, table) = page.split_once("| what you see |").expect("the table");
    let named: BTreeSet<&str> = table.split('`').skip(1).step_by(2).collect();
    let flaws: BTreeSet<&str> = FLAWS.iter().map(|about| about.name).collect();
    assert_eq!(named, flaws);
    assert!(page.contains(&format!("lists {} mistakes", FLAWS.len())));
}

/// Each of the twenty tasks fails as it is given, and passes with its solution, with other seeds too.
#[test]
fn every_task_is_open_and_can_be_solved() {
    const YOURS: &str = "# Your lines:\n";
    let tasks = repository().join("scripts/tasks");
    let files =
        std::fs::read_dir(&tasks).expect("a folder").map(|file| file.expect("it").file_name());
    let mut files: Vec<String> =
        files.map(|name| name.into_string().expect("a plain name")).collect();
    files.sort();
    assert_eq!(files.len(), 20);
    let listed = page("students.md");
    let folder = tempfile::tempdir().expect("a folder");
    for (number, file) in (1..).zip(files) {
        assert!(listed.contains(&format!("| {number} | [")), "task {number}");
        assert!(listed.contains(&format!("(../scripts/tasks/{file})")), "{file} is not listed");
        let task = std::fs::read_to_string(tasks.join(&file)).expect("the task");
        assert!(task.starts_with(&format!("# Task {number}: ")), "{file}");
        assert_eq!(task.matches(YOURS).count(), 1, "{file}");
        let play = |text: &str| {
            std::fs::write(folder.path().join(&file), text).expect("a file");
            raftlab(folder.path(), &["run", &file, "--seeds", "1..11"])
        };
        assert_eq!(play(&task), Some(1), "{file} is solved as it is");
        let solution = repository().join("tests/solutions").join(&file);
        let solution = std::fs::read_to_string(solution).expect("a solution");
        let solved = task.replace(YOURS, &format!("{YOURS}{solution}"));
        assert_eq!(play(&solved), Some(0), "{file} is not solved by its solution");
    }
}
