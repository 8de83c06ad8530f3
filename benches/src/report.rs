//! The report: every subject is measured, and `docs/performance.md` is written anew between its
//! marks, with the charts beside it. The text around the tables is written by hand.

mod chart;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::book::{Book, Figure, Unit, in_words};
use crate::growth::{CLIENTS, LOGS, SERVERS};
use crate::linearizability::SIZES;
use crate::{consensus, engine, frame, growth, linearizability, script, start, timeline};
use chart::Chart;

/// The tables: their headings, and what the names of their figures begin with.
const TABLES: [(&str, &str); 9] = [
    ("The engine", "engine/"),
    ("Consensus", "consensus/"),
    ("Beside a neighbour that wants the caches", "busy/"),
    ("Linearizability", "linearizability/"),
    ("Going back in time", "timeline/"),
    ("Memory", "memory/"),
    ("Frames", "frame/"),
    ("Scripts", "script/"),
    ("Start", "start/"),
];

const BEGIN: &str = "<!-- figures: made by cargo bench -p raftlab-benches --bench report -->";
const END: &str = "<!-- end of the figures -->";

/// Measures, and writes.
pub fn write() -> ExitCode {
    match measure().and_then(|book| publish(&book)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("report: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<Book, String> {
    cargo(&["build", "--release", "--locked"])?;
    let mut book = Book::quick();
    engine::measure(&mut book);
    consensus::measure(&mut book);
    book.beside_a_neighbour(|book| {
        engine::measure(book);
        consensus::measure(book);
    });
    linearizability::measure(&mut book);
    timeline::measure(&mut book);
    frame::measure(&mut book);
    script::measure(&mut book);
    start::measure(&mut book);
    growth::measure(&mut book);
    // Its allocator counts, so it is another program.
    let memory = ["-p", "raftlab-benches", "--bench", "memory", "--", "--lines"];
    book.read_lines(&cargo(&[&["bench", "--locked"], &memory[..]].concat())?);
    Ok(book)
}

fn cargo(words: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(words).current_dir(root()).output();
    let output = output.map_err(|error| format!("cargo {}: {error}", words.join(" ")))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn publish(book: &Book) -> Result<(), String> {
    let folder = root().join("docs");
    let page = folder.join("performance.md");
    let text = std::fs::read_to_string(&page).map_err(|error| format!("{page:?}: {error}"))?;
    let text = replaced(&text, &tables(book)).ok_or("the page has lost its marks")?;
    let charts = folder.join("performance");
    let saved = |path: PathBuf, text: String| {
        std::fs::write(&path, text).map_err(|error| format!("{path:?}: {error}"))
    };
    std::fs::create_dir_all(&charts).map_err(|error| format!("{charts:?}: {error}"))?;
    for (name, chart) in charts_of(book) {
        saved(charts.join(format!("{name}.svg")), chart.svg())?;
    }
    saved(page, text)
}

/// The page with what stands between the marks replaced.
fn replaced(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{figures}{END}{after}"))
}

fn tables(book: &Book) -> String {
    let mut text = format!("\n{}\n", circumstances());
    for (heading, prefix) in TABLES {
        let figures = book.figures.iter().filter(|figure| figure.name.starts_with(prefix));
        let ours: Vec<&Figure> =
            figures.clone().filter(|figure| figure.side == "raftlab").collect();
        if ours.is_empty() {
            continue;
        }
        let rivals: Vec<&Figure> = figures.filter(|figure| figure.side != "raftlab").collect();
        let _ = write!(text, "\n### {heading}\n\n");
        text.push_str(&table(&ours, &rivals));
    }
    text.push('\n');
    text
}

fn table(ours: &[&Figure], rivals: &[&Figure]) -> String {
    let mut text = String::from(if rivals.is_empty() {
        "| figure | raftlab | scatter |\n|---|---:|---:|\n"
    } else {
        "| figure | raftlab | scatter | beside it | ratio |\n|---|---:|---:|---:|---:|\n"
    });
    for figure in ours {
        let Figure { name, value, unit, scatter, .. } = figure;
        let scatter = match unit {
            Unit::PerSecond(_) if *scatter > 0.0 => format!("±{:.1} %", scatter * 100.0),
            Unit::PerSecond(_) | Unit::Times | Unit::Count(_) | Unit::Seconds | Unit::Bytes => {
                String::new()
            }
        };
        let _ = write!(text, "| `{name}` | {} | {scatter} |", in_words(*value, *unit));
        if !rivals.is_empty() {
            let of_it: Vec<_> = rivals.iter().filter(|rival| rival.name == *name).collect();
            let told =
                |rival: &&&Figure| format!("{} {}", rival.side, in_words(rival.value, *unit));
            let beside: Vec<String> = of_it.iter().map(told).collect();
            let ratios = of_it.iter().filter_map(|rival| rival.ratio);
            let ratios: Vec<String> = ratios.map(|ratio| in_words(ratio, Unit::Times)).collect();
            let _ = write!(text, " {} | {} |", beside.join("<br>"), ratios.join("<br>"));
        }
        text.push('\n');
    }
    text
}

/// On which machine, when, and with which versions.
fn circumstances() -> String {
    let told = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).current_dir(root()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let unknown = || "unknown".to_owned();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    format!(
        "Measured on {}, commit {}, with {}, on {cores} cores of {} ({} {}).",
        told("date", &["-u", "+%F"]).unwrap_or_else(unknown),
        told("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown),
        told("rustc", &["--version"]).unwrap_or_else(unknown),
        model.unwrap_or_else(|| "an unknown processor".into()),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

fn charts_of(book: &Book) -> Vec<(&'static str, Chart)> {
    let points = |prefix: &str, places: &[f64], factor: f64| -> Vec<(f64, f64)> {
        let value = |place: &f64| Some((*place, book.value(&format!("{prefix}{place}"))? * factor));
        places.iter().filter_map(value).collect()
    };
    let as_f64 = |places: &[usize]| places.iter().map(|place| *place as f64).collect::<Vec<_>>();
    let logs: Vec<f64> = LOGS.iter().map(|length| *length as f64).collect();
    let sizes: Vec<f64> = SIZES.iter().map(|size| *size as f64).collect();
    let checks = points("linearizability/generated/", &sizes, 1.0);
    let took = checks.into_iter().map(|(size, rate)| (size, size / rate * 1e3)).collect();
    vec![
        (
            "log",
            Chart {
                title: "Commits a second while the log gets longer",
                x: "entries in the log",
                y: "commits/s, five servers and 64 clients",
                points: points("growth/log/", &logs, 1.0),
            },
        ),
        (
            "checkpoint",
            Chart {
                title: "A checkpoint while the log gets longer",
                x: "entries in the log",
                y: "µs, five servers and 64 clients",
                points: points("growth/checkpoint/", &logs, 1e6),
            },
        ),
        (
            "servers",
            Chart {
                title: "Messages a second with more servers",
                x: "servers",
                y: "messages/s, heartbeats alone",
                points: points("growth/servers/", &as_f64(&SERVERS), 1.0),
            },
        ),
        (
            "clients",
            Chart {
                title: "Commits a second with more clients",
                x: "clients",
                y: "commits/s, five servers",
                points: points("growth/clients/", &as_f64(&CLIENTS), 1.0),
            },
        ),
        (
            "history",
            Chart {
                title: "Judging a longer history",
                x: "operations",
                y: "ms, ten clients and ten keys",
                points: took,
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("by hand\n{BEGIN}\nold\n{END}\nby hand too\n");
        let expected = format!("by hand\n{BEGIN}\nnew\n{END}\nby hand too\n");
        assert_eq!(replaced(&page, "new\n"), Some(expected));
        assert_eq!(replaced("no marks", "new\n"), None);
    }

    #[test]
    fn a_table_has_the_rival_beside_its_figure() {
        let mut book = Book::quick();
        book.note("engine/idle/5", 2_000_000.0, Unit::PerSecond("messages"));
        book.figures.push(Figure {
            name: "engine/idle/5".into(),
            side: "other",
            value: 1_000_000.0,
            unit: Unit::PerSecond("messages"),
            scatter: 0.0,
            ratio: Some(2.0),
        });
        let row = "| `engine/idle/5` | 2.00 M messages/s |  | other 1.00 M messages/s | 2.00 × |";
        assert!(tables(&book).contains(row), "{}", tables(&book));
    }
}
