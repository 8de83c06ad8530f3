//! `raftlab picture`, what `--out` names, and moments that can be named.

use super::*;

#[test]
fn a_picture_is_an_svg_of_the_moment() {
    let scripts = Scripts::new();
    let script = "cluster servers=3\nuntil leader\nsay The leader is chosen.\nbeat\nset x 1\n";
    let path = scripts.write("told.lab", script);
    let svg = scripts.path("picture.svg");
    let output =
        run(&["picture", &path, "--beat", "1", "--size", "80x24", "--out", svg.to_str().unwrap()]);
    assert_eq!(status(&output), 0, "{}", err(&output));
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    assert!(picture.contains("LEADER"));
    let never = run(&["picture", &path, "--beat", "2", "--out", svg.to_str().unwrap()]);
    assert_eq!(status(&never), 2, "{}", err(&never));
    assert_eq!(scripts.names(), ["picture.svg", "told.lab"]);
}

/// The name says in which form, and what went wrong on the way is said beside the picture.
#[test]
fn a_picture_has_the_form_of_its_name_and_says_what_failed() {
    let scripts = Scripts::new();
    let path =
        scripts.write("told.lab", "cluster servers=3\nuntil leader\nbeat\nexpect no leader\n");
    let drawn = |end: &str, at: &[&str]| {
        let file = scripts.path(&format!("picture.{end}"));
        let line =
            ["picture", &path, "--size", "80x24", "--force", "--out", file.to_str().unwrap()];
        let output = run(&[&line[..], at].concat());
        (status(&output), err(&output), std::fs::read_to_string(file).unwrap())
    };
    let (ended, said, text) = drawn("txt", &[]);
    assert_eq!(ended, 1);
    assert!(said.starts_with("FAILED") && said.contains("line 4"), "{said}");
    assert!(text.contains("LEADER") && !text.contains(['\u{1b}', '<']), "{text}");
    assert_eq!(text.lines().count(), 24);
    let (ended, said, coloured) = drawn("ans", &["--beat", "1"]);
    assert_eq!((ended, &*said), (0, ""), "before it fails");
    assert!(coloured.contains("\u{1b}[") && !coloured.contains('<'));
    assert!(drawn("SVG", &["--beat", "1"]).2.starts_with("<svg"));
    let trace = scripts.path("told.mmd");
    assert_eq!(status(&run(&["trace", &path, "--out", trace.to_str().unwrap()])), 1);
    assert!(std::fs::read_to_string(trace).unwrap().contains("sequenceDiagram"));
}

/// One rule for whatever `--out` names.
#[test]
fn what_out_names_stays_unless_force_is_said() {
    let scripts = Scripts::new();
    let lesson = scripts.write("told.lab", "cluster servers=3\nsay Look.\nbeat\nuntil leader\n");
    let folder = scripts.path("beats");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap().to_owned();
    for (what, end, more) in [
        ("picture", "svg", &["--beat", "1"][..]),
        ("worksheet", "html", &[]),
        ("cast", "cast", &["--wait", "1s"]),
        ("trace", "jsonl", &[]),
        ("find", "lab", &["1 of all is leader"]),
    ] {
        let file = scripts.path(&format!("{what}.{end}"));
        let out = file.to_str().unwrap();
        let mut line = vec![what];
        line.extend(if what == "find" { None } else { Some(lesson.as_str()) });
        line.extend(more);
        line.extend(["--out", out]);
        std::fs::write(&file, "mine").unwrap();
        let kept = run(&line);
        assert_eq!(status(&kept), 2, "{what}: {}", err(&kept));
        assert!(err(&kept).contains("it is there already; --force replaces it"), "{what}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine", "{what}");
        line.push("--force");
        let made = run(&line);
        assert_eq!(status(&made), 0, "{what}: {}", err(&made));
        assert_ne!(std::fs::read_to_string(&file).unwrap(), "mine", "{what}");
    }
    let beats = ["picture", &lesson, "--beats", &folder];
    assert_eq!(status(&run(&beats)), 0);
    assert_eq!(status(&run(&beats)), 2, "the pictures are there");
    assert_eq!(status(&run(&[&beats[..], &["--force"]].concat())), 0);
}

#[test]
fn a_picture_is_taken_of_any_moment() {
    let scripts = Scripts::new();
    let script = "cluster servers=3\nuntil leader\nset x 1\nmark done\nset x 2\n";
    let path = scripts.write("told.lab", script);
    let svg = scripts.path("picture.svg");
    let out = svg.to_str().unwrap();
    let picture = |at: &str| run(&["picture", &path, "--at", at, "--out", out, "--force"]);
    let line = |of: &str| {
        let picture = std::fs::read_to_string(&svg).unwrap();
        let words: Vec<&str> = picture.split('<').filter_map(|tag| tag.split('>').nth(1)).collect();
        words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").contains(of)
    };
    for (at, shown) in
        [("line 3", "line 3 of 5"), ("mark done", "line 4 of 5"), ("5", "line 5 of 5")]
    {
        let output = picture(at);
        assert_eq!(status(&output), 0, "{}", err(&output));
        assert!(line(shown), "{at}");
    }
    for (at, why) in [
        ("line 6", "told.lab has 5 lines"),
        ("nonsense", "expected a line (14)"),
        ("beat 2", "beat 2 never comes: the script ended"),
    ] {
        let output = picture(at);
        assert_eq!(status(&output), 2, "{at}");
        assert!(err(&output).contains(why), "{}", err(&output));
    }
}

#[test]
fn a_lab_does_not_open_at_a_moment_that_cannot_come() {
    let scripts = Scripts::new();
    let path =
        scripts.write("told.lab", "cluster servers=3\nuntil leader\nbeat\nexpect term = 9\n");
    for (arguments, why) in [
        (vec![&*path, "--start-at", "line 9"], "there is no line 9: told.lab has 4 lines"),
        (vec![&*path, "--start-at", "soon"], "\"soon\" is no moment: expected a line (14)"),
        (vec!["--start-at", "beat 1"], "no script is playing"),
        (vec!["--resume", "--start-at", "1s"], "cannot be used with"),
    ] {
        let output = run(&arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(err(&output).contains(why), "{arguments:?}: {}", err(&output));
    }
    // That it comes is not enough without a terminal.
    assert!(err(&run(&[&path, "--start-at", "beat 1"])).contains("needs a terminal"));
}
