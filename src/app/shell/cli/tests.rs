use clap::CommandFactory;

use super::names::for_completion;
use super::*;

#[test]
fn clap_finds_the_command_line_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn seeds_are_half_open_and_forwards() {
    assert_eq!(seeds("1..101"), Ok(1..101));
    for bad in ["1", "5..5", "9..2", "a..b", "1..=3", "-1..3", "1..99999999999999999999"] {
        assert!(seeds(bad).is_err(), "{bad}");
    }
}

#[test]
fn paces_read_as_they_are_said() {
    assert_eq!(pace("40-slower"), Ok(Pace::Slower(40)));
    assert_eq!(pace("real"), Ok(Pace::Real));
    for bad in ["", "40", "0-slower", "4-quicker", "5000-faster"] {
        assert!(pace(bad).is_err(), "{bad}");
    }
}

#[test]
fn times_have_units() {
    assert_eq!(duration("4.855s"), Ok(Duration::from_millis(4_855)));
    assert_eq!(duration("700ms"), Ok(Duration::from_millis(700)));
    assert_eq!(duration("2"), Ok(Duration::from_secs(2)));
    for bad in ["", "s", "-1s", "nan", "inf", "1e99s"] {
        assert!(duration(bad).is_err(), "{bad}");
    }
}

#[test]
fn limits_have_parts_of_a_unit() {
    assert_eq!(limit("0.5s"), Ok(Duration::from_millis(500)));
    assert_eq!(limit("1.5m"), Ok(Duration::from_secs(90)));
    assert_eq!(limit("1000h"), Ok(Duration::from_secs(3_600_000)));
    for bad in ["", "5", "0s", "1001h", "-1s", "nans", "0.1ms"] {
        assert!(limit(bad).is_err(), "{bad}");
    }
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(size("120x40"), Ok(Size { width: 120, height: 40 }));
    for bad in ["120", "0x5", "501x40", "40x201", "x", "1x2x3"] {
        assert!(size(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_class_is_served_at_an_address_with_or_without_a_port() {
    for good in ["0.0.0.0:8080", "127.0.0.1", "[::1]:0", "::1"] {
        assert!(audience(good).is_ok(), "{good}");
    }
    for bad in ["", "8080", ":8080", "localhost:8080", "1.2.3.4:99999", "[::]:http", "0.0.0.0:80 x"]
    {
        let why = audience(bad).expect_err(bad);
        assert!(why.contains("0.0.0.0:8080"), "{bad}: {why}");
    }
}

/// The words of a line as a shell would make them of it, without what it does with them after.
fn words(line: &str) -> Vec<String> {
    let line = line.split([';', '|', '>', '<']).next().unwrap_or_default();
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(number, part)| match number % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

#[test]
fn every_help_ends_with_examples_that_can_be_typed_and_with_the_statuses() {
    let command = Cli::command();
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    for name in names.filter(|name| name != "help").chain(["raftlab".to_owned()]) {
        let found = help::ALL.iter().find(|(of, ..)| *of == name);
        let (_, examples, statuses) = found.unwrap_or_else(|| panic!("{name} has no examples"));
        assert!(!statuses.is_empty());
        assert!(examples.len() >= 3, "{name} has {} examples", examples.len());
        let help = help::of(&name);
        assert!(help.starts_with("Examples:\n  raftlab") && help.contains("\nStatus:\n  0  "));
        assert!(help.lines().all(|line| line.len() <= 80), "{help}");
        for (line, _) in *examples {
            let read = Cli::try_parse_from(words(line));
            assert!(read.is_ok(), "{line}: {read:?}");
        }
    }
}

#[test]
fn the_names_of_lessons_scenes_and_flaws_can_be_completed() {
    for_completion().debug_assert();
    let script = completions(Shell::Bash);
    let words: Vec<&str> = script.split(|c: char| c.is_whitespace() || c == '"').collect();
    for name in [
        "raft/figure_8_by_hand",
        "figure_8_by_hand",
        "a_leader_of_your_choice",
        "commit-old-term",
        "unreliable-mit",
        "membership=single",
    ] {
        assert!(words.contains(&name), "{name}");
    }
}

/// Zsh goes on with the command that was its first word.
#[test]
fn zsh_takes_the_first_word_for_the_command() {
    let script = completions(Shell::Zsh);
    assert!(script.contains("case $line[1] in") && !script.contains("$line[2]"), "{script}");
    assert!(script.contains("{_raftlab_commands; _files}") && !script.contains("'::file"));
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    for name in Cli::command().get_subcommands().map(clap::Command::get_name) {
        let page = String::from_utf8(pages(Some(name)).unwrap()).unwrap();
        assert!(page.contains(&format!("raftlab\\-{name}")), "{page}");
        let sections: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        let last = ["EXAMPLES", "\"EXIT STATUS\"", "FILES"];
        assert!(sections.ends_with(&last) && !sections.contains(&"EXTRA"), "{name}: {sections:?}");
        let example = help::ALL.iter().find(|(of, ..)| *of == name).unwrap().1[0].0;
        assert!(page.contains(&format!(
            "\\fB{}",
            example.replace('-', "\\-").split(['"', '\'']).next().unwrap()
        )));
    }
    assert!(pages(None).is_ok());
    assert!(pages(Some("rnu")).unwrap_err().contains("did you mean `run`?"));
}

#[test]
fn a_command_that_is_misspelt_is_recognised() {
    let meant = misspelt("rnu".as_ref()).unwrap();
    assert!(meant.contains("did you mean `raftlab run`?"), "{meant}");
    for other in ["nonsense", "run.lab", "./rnu", "--rnu", "src", "challenge", "lesson"] {
        assert_eq!(misspelt(other.as_ref()), None, "{other}");
    }
}
