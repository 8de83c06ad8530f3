//! The voice of the lab: a native reader should understand each sentence on the first reading. These
//! phrases were found to need a second one, and don't come back: not in the pages, not in the
//! scripts, and in no text of the program. What is meant is beside each. None of them
//! is a word of the script language, so none is excepted.

use std::fs;
use std::path::{Path, PathBuf};

/// A phrase, and what to say instead. `S#` is the name of any server.
const REFUSED: &[(&str, &str)] = &[
    ("time stands", "lab time is paused, the run ends here"),
    ("time stand", "pause"),
    ("what is the case", "the current state"),
    ("is told", "is answered, reports, receives"),
    ("stands for election", "becomes a candidate"),
    ("made concrete", "resolved"),
    ("makes concrete", "resolves"),
    ("goes on by itself", "runs on its own"),
    ("gives up S#", "waits so much more for it"),
    ("gives up {server}", "waits so much more for it"),
    ("tries on", "tries the next server"),
    ("whoever", "the client, server or caller that is meant"),
    ("somebody", "you, a server, a client"),
    ("anew", "again; a timer is reset"),
    ("other chance", "a new seed, fresh randomness"),
    ("in the room", "of wall time"),
    ("was ordered so", "by hand"),
    ("silence left", "time left"),
];

/// One word of a text, and where it is.
struct Word {
    line: usize,
    text: String,
}

/// The words of a text. Marks of comments are none, and a line break that is spelled `\n` parts words.
fn words(text: &str, first_line: usize) -> Vec<Word> {
    let mut words = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.replace("\\n", " ");
        let spelled = line.split_whitespace().filter(|word| !["#", "\\"].contains(word));
        let line = first_line + number;
        words.extend(spelled.map(|word| Word { line, text: word.to_lowercase() }));
    }
    words
}

/// Whether a word of a phrase is this one. Only at the ends of the phrase may other signs touch it.
fn is_word(wanted: &str, word: &str) -> bool {
    match wanted.strip_suffix('#') {
        Some(start) => word.strip_prefix(start).is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|digit| digit.is_ascii_digit())
        }),
        None => wanted == word,
    }
}

/// Where a text has a phrase: the lines at which it begins, each with the words around it.
fn found(phrase: &str, words: &[Word]) -> Vec<(usize, String)> {
    let phrase = phrase.to_lowercase();
    let wanted: Vec<&str> = phrase.split(' ').collect();
    let last = wanted.len() - 1;
    let outer = |sign: char| !sign.is_alphanumeric() && !"{}".contains(sign);
    let is_there = |place: usize| {
        wanted.iter().enumerate().all(|(number, wanted)| {
            let mut word = words[place + number].text.as_str();
            if number == 0 {
                word = word.trim_start_matches(outer);
            }
            if number == last {
                word = word.trim_end_matches(outer);
            }
            is_word(wanted, word)
        })
    };
    let places =
        (0..(words.len() + 1).saturating_sub(wanted.len())).filter(|place| is_there(*place));
    let around = |place: usize| {
        let around = &words[place.saturating_sub(4)..(place + wanted.len() + 4).min(words.len())];
        around.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    };
    places.map(|place| (words[place].line, around(place))).collect()
}

/// The texts in quotes of a program, each with the line where it begins; comments have none.
fn literals(program: &str) -> Vec<(usize, &str)> {
    let mut literals = Vec::new();
    let mut at = 0;
    let end_of = |from: usize, end: &str| {
        program[from..].find(end).map_or(program.len(), |found| from + found)
    };
    while let Some(sign) = program[at..].chars().next() {
        let rest = &program[at..];
        let is_inside_a_word = program[..at].ends_with(|sign: char| sign.is_alphanumeric());
        if rest.starts_with("//") {
            at = end_of(at, "\n");
        } else if rest.starts_with("/*") {
            at = end_of(at, "*/");
        } else if let Some(hashes) = raw(rest).filter(|_| !is_inside_a_word) {
            let start = at + hashes + 2;
            let end = end_of(start, &format!("\"{}", "#".repeat(hashes)));
            literals.push((start, &program[start..end]));
            at = end + 1 + hashes;
        } else if sign == '"' {
            let mut escaped = false;
            let ends = |sign: char| {
                let ends = sign == '"' && !escaped;
                escaped = sign == '\\' && !escaped;
                ends
            };
            let end = at + 1 + program[at + 1..].find(ends).expect("the end of a text");
            literals.push((at, &program[at + 1..end]));
            at = end + 1;
        } else if rest.starts_with("'\"'") {
            at += 3;
        } else if rest.starts_with("'\\") {
            at = end_of(at + 3, "'") + 1;
        } else {
            at += sign.len_utf8();
        }
    }
    let line = |place: usize| program[..place].matches('\n').count() + 1;
    literals.into_iter().map(|(place, text)| (line(place), text)).collect()
}

/// How many hashes a raw text has that begins here.
fn raw(rest: &str) -> Option<usize> {
    let rest = rest.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some(hashes)
}

/// All files below a folder or a file of the repository whose names end so.
fn files(place: &str, ending: &str) -> Vec<PathBuf> {
    fn walk(path: PathBuf, ending: &str, found: &mut Vec<PathBuf>) {
        if path.is_dir() {
            let entries = fs::read_dir(path).expect("a folder");
            entries.for_each(|entry| walk(entry.expect("an entry").path(), ending, found));
        } else if path.extension().is_some_and(|end| end == ending) {
            found.push(path);
        }
    }
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")).join(place), ending, &mut found);
    assert!(!found.is_empty(), "nothing in {place}");
    found.sort();
    found
}

/// Every text that a reader may see, in the order of its words, with the file that holds it.
fn texts() -> Vec<(PathBuf, Vec<Word>)> {
    let pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"];
    let pages = pages.into_iter().flat_map(|place| files(place, "md"));
    let whole = pages.chain(files("scripts", "lab")).map(|path| {
        let text = fs::read_to_string(&path).expect("a text");
        let words = words(&text, 1);
        (path, words)
    });
    let programs = files("src", "rs").into_iter().flat_map(|path| {
        let program = fs::read_to_string(&path).expect("a program");
        let literals = literals(&program);
        let words = literals.into_iter().map(|(line, text)| (path.clone(), words(text, line)));
        words.collect::<Vec<_>>()
    });
    whole.chain(programs).collect()
}

#[test]
fn no_text_has_a_phrase_that_has_to_be_read_twice() {
    let mut hits = Vec::new();
    for (path, words) in texts() {
        for (phrase, instead) in REFUSED {
            for (line, around) in found(phrase, &words) {
                let at = path.display();
                hits.push(format!("{at}:{line}: `{phrase}` in `{around}`; say: {instead}"));
            }
        }
    }
    assert!(hits.is_empty(), "{} hits:\n{}", hits.len(), hits.join("\n"));
}

#[test]
fn phrases_are_found_across_lines_and_only_where_they_are() {
    let hits = |phrase, text| found(phrase, &words(text, 1)).len();
    assert_eq!(hits("is told", "# what it\n# is told, now"), 1);
    assert_eq!(hits("is told", "\"It is told.\\nWhat is\\ntold?\""), 2);
    assert_eq!(hits("anew", "a canew, (anew)"), 1);
    assert_eq!(hits("is told", "what it is, told"), 0);
    assert_eq!(hits("gives up S#", "a gives up S12; it gives up several, and gives up S"), 1);
}

#[test]
fn texts_of_a_program_are_told_from_its_comments_and_characters() {
    let program = r##"
        // "no text"
        /* nor "this" */ let lifetime: &'static str = "one \" text";
        let sign = ('"', '\'', '\u{22}', b'"');
        let raw = (r"two \", r#"three "of" them"#, b"four");
    "##;
    let found: Vec<&str> = literals(program).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one \\\" text", "two \\", "three \"of\" them", "four"]);
}
