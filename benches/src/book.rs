//! The book of figures: measures works, in turns where there are several, and writes down what
//! came of it.
//!
//! A [`Round`] is the same piece of work each time, so rounds can be compared: with those of the
//! same program to see how much they scatter, with those of a peer that took turns with them to
//! see who is faster. Medians are reported, for a machine never slows down evenly.

use std::fmt::Write as _;
use std::time::Duration;

use cpu_time::ProcessTime;
use criterion::{BenchmarkId, Criterion, Throughput};

use crate::neighbour::{self, Neighbour};

/// How long one side of a contest is measured, at least.
const TIME_OF_A_SIDE: Duration = Duration::from_millis(1_500);
/// The word that asks for a neighbour.
const BUSY: &str = "--busy";
/// The fewest and the most rounds of a contest.
const ROUNDS: (u32, u32) = (5, 200);

/// One piece of work, done.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// How much was done, in what the contest counts.
    pub amount: u64,
    pub took: Duration,
}

impl Round {
    /// Does some work under the clock of the processor, which stands while others have it: on a busy machine a
    /// long round is interrupted more often than a short one. The work says how much it was.
    pub fn timed(work: impl FnOnce() -> u64) -> Self {
        let begin = ProcessTime::now();
        let amount = work();
        Self { amount, took: begin.elapsed() }
    }

    fn rate(self) -> f64 {
        self.amount as f64 / self.took.as_secs_f64()
    }
}

/// Somebody who can do a piece of work.
pub struct Side<'a> {
    pub name: &'static str,
    /// Does it once more, from the same beginning.
    pub round: Box<dyn FnMut() -> Round + 'a>,
}

impl<'a> Side<'a> {
    pub fn new(name: &'static str, round: impl FnMut() -> Round + 'a) -> Self {
        Self { name, round: Box::new(round) }
    }

    /// The lab itself.
    pub fn ours(round: impl FnMut() -> Round + 'a) -> Self {
        Self::new("raftlab", round)
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many of something in a second of the processor.
    PerSecond(&'static str),
    /// So many times.
    Times,
    /// So many of something.
    Count(&'static str),
    Seconds,
    Bytes,
}

/// A value in its unit, as people write it: "4.1 M messages/s", "12 µs", "384 bytes".
pub fn in_words(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond(what) => format!("{} {what}/s", short(value)),
        Unit::Times => format!("{} ×", digits(value)),
        Unit::Count(what) => format!("{} {what}", short(value)),
        Unit::Seconds => match value {
            value if value < 1e-6 => format!("{} ns", digits(value * 1e9)),
            value if value < 1e-3 => format!("{} µs", digits(value * 1e6)),
            value if value < 1.0 => format!("{} ms", digits(value * 1e3)),
            value => format!("{} s", digits(value)),
        },
        Unit::Bytes => match value {
            value if value < 10e3 => format!("{} bytes", digits(value)),
            value if value < 10e6 => format!("{} kB", digits(value / 1e3)),
            value => format!("{} MB", digits(value / 1e6)),
        },
    }
}

fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{} M", digits(value / 1e6)),
        value if value >= 10e3 => format!("{} k", digits(value / 1e3)),
        // Nobody wants to read of 57.0 files.
        value if value.fract() == 0.0 => format!("{value:.0}"),
        value => digits(value),
    }
}

/// Three digits that count.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A figure that was measured.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured: "engine/idle/5".
    pub name: String,
    /// Whose figure it is: "raftlab" or a peer.
    pub side: &'static str,
    pub value: f64,
    pub unit: Unit,
    /// How far half of the rounds lie from the median at most, as a share of it.
    pub scatter: f64,
    /// How many times the peer's figure ours is, from rounds in turns.
    pub ratio: Option<f64>,
}

/// Where figures are written down.
pub struct Book {
    criterion: Option<Criterion>,
    /// Only what has this in its name.
    filter: Option<String>,
    /// The fewest and the most rounds of a contest.
    rounds: (u32, u32),
    /// Who wants the caches, too. The names of what is measured beside it begin with `busy/`.
    neighbour: Option<Neighbour>,
    pub figures: Vec<Figure>,
}

impl Book {
    /// For a bench target: criterion measures each side by itself, filters by what the command
    /// line says and compares with what it has seen before; then the sides take turns. With `--busy`
    /// they only take turns, beside a neighbour: what counts there is the ratio.
    pub fn with_criterion() -> Self {
        neighbour::be_one_if_asked();
        if std::env::args().any(|word| word == BUSY) {
            return Self { neighbour: Some(Neighbour::start()), ..Self::without_criterion() };
        }
        let criterion = Criterion::default()
            .sample_size(10)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2))
            .configure_from_args();
        // `cargo test` asks whether the benches work, not how fast they are.
        let rounds = if std::env::args().any(|word| word == "--bench") { ROUNDS } else { (1, 1) };
        Self { criterion: Some(criterion), filter: filter(), rounds, ..Self::quick() }
    }

    /// For the report: every figure, without criterion.
    pub const fn quick() -> Self {
        Self { criterion: None, filter: None, rounds: ROUNDS, neighbour: None, figures: Vec::new() }
    }

    /// Measures something beside a neighbour that wants the caches.
    pub fn beside_a_neighbour(&mut self, measure: impl FnOnce(&mut Self)) {
        self.neighbour = Some(Neighbour::start());
        measure(self);
        self.neighbour = None;
    }

    /// The name that a figure has in the book.
    fn named(&self, name: &str) -> String {
        if self.neighbour.is_some() { format!("busy/{name}") } else { name.to_owned() }
    }

    /// Without criterion too, but what the command line asks for.
    pub fn without_criterion() -> Self {
        Self { filter: filter(), ..Self::quick() }
    }

    /// Measures everybody's rate at the same work. The first side is ours.
    pub fn contest(&mut self, name: &str, counted: &'static str, mut sides: Vec<Side<'_>>) {
        if !self.wants(name) {
            return;
        }
        self.ask_criterion(name, &mut sides);
        let rounds = take_turns(&mut sides, self.rounds);
        let unit = Unit::PerSecond(counted);
        let name = self.named(name);
        let mut line = format!("{name}:");
        for (place, side) in sides.iter().enumerate() {
            let rates: Vec<f64> = rounds.iter().map(|turn| turn[place].rate()).collect();
            let ratios = rounds.iter().map(|turn| turn[0].rate() / turn[place].rate());
            let ratio = (place > 0).then(|| median(&mut ratios.collect::<Vec<_>>()));
            let (value, scatter) = middle(rates);
            let _ = write!(line, " {} {}", side.name, in_words(value, unit));
            if let Some(ratio) = ratio {
                let _ = write!(line, ": {}", in_words(ratio, Unit::Times));
            }
            line.push(',');
            let (name, side) = (name.clone(), side.name);
            self.figures.push(Figure { name, side, value, unit, scatter, ratio });
        }
        let kind = if sides.len() > 1 { "ratio" } else { "rate" };
        println!("{kind} {} ({} rounds)", line.trim_end_matches(','), rounds.len());
    }

    /// Writes down what was measured in another way.
    pub fn note(&mut self, name: &str, value: f64, unit: Unit) {
        let name = self.named(name);
        println!("figure {name}: {}", in_words(value, unit));
        let figure = Figure { name, side: "raftlab", value, unit, scatter: 0.0, ratio: None };
        self.figures.push(figure);
    }

    /// The value of a figure of ours that is written down already.
    pub fn value(&self, name: &str) -> Option<f64> {
        let name = self.named(name);
        let ours = |figure: &&Figure| figure.name == name && figure.side == "raftlab";
        self.figures.iter().find(ours).map(|figure| figure.value)
    }

    /// Whether the command line asks for this one.
    pub fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()))
    }

    /// All figures of ours as lines that [`Book::read_lines`] reads.
    pub fn lines(&self) -> String {
        let line = |figure: &Figure| {
            let unit = match figure.unit {
                Unit::Bytes => "bytes",
                Unit::Seconds => "seconds",
                Unit::Times => "times",
                Unit::Count(what) | Unit::PerSecond(what) => what,
            };
            format!("line\t{}\t{}\t{unit}\n", figure.name, figure.value)
        };
        self.figures.iter().map(line).collect()
    }

    /// Writes down figures that the program which counts memory has measured.
    pub fn read_lines(&mut self, text: &str) {
        for line in text.lines() {
            if let ["line", name, value, unit] = line.split('\t').collect::<Vec<_>>()[..]
                && let Ok(value) = value.parse()
            {
                let unit = match unit {
                    "bytes" => Unit::Bytes,
                    "seconds" => Unit::Seconds,
                    "commits" => Unit::Count("commits"),
                    _ => Unit::Count("a message"),
                };
                self.note(name, value, unit);
            }
        }
    }

    fn ask_criterion(&mut self, name: &str, sides: &mut [Side<'_>]) {
        let Some(criterion) = &mut self.criterion else { return };
        let mut group = criterion.benchmark_group(name);
        for side in sides {
            let mut amount = 0;
            let round = &mut side.round;
            group.bench_function(BenchmarkId::from_parameter(side.name), |bencher| {
                bencher.iter_custom(|rounds| {
                    (0..rounds)
                        .map(|_| {
                            let done = round();
                            amount = done.amount;
                            done.took
                        })
                        .sum()
                });
            });
            group.throughput(Throughput::Elements(amount));
        }
        group.finish();
    }
}

/// The part of the command line that criterion filters by: the first word that is no option and no
/// option's value.
fn filter() -> Option<String> {
    const ALONE: [&str; 7] =
        ["--bench", "--test", "--list", "--exact", "--quick", "--verbose", BUSY];
    let words: Vec<String> = std::env::args().collect();
    let free = words.windows(2).find(|pair| {
        let after_value = pair[0].starts_with('-') && !ALONE.contains(&pair[0].as_str());
        !pair[1].starts_with('-') && !after_value
    });
    free.map(|pair| pair[1].clone())
}

/// Lets the sides work in turns until each has worked long enough.
fn take_turns(sides: &mut [Side<'_>], (fewest, most): (u32, u32)) -> Vec<Vec<Round>> {
    let mut turns: Vec<Vec<Round>> = Vec::new();
    // The first turn warms everything up.
    let first: Duration =
        sides.iter_mut().map(|side| (side.round)().took).max().unwrap_or_default();
    let fitting = TIME_OF_A_SIDE.as_secs_f64() / first.as_secs_f64().max(1e-6);
    for _ in 0..(fitting as u32).clamp(fewest, most) {
        turns.push(sides.iter_mut().map(|side| (side.round)()).collect());
    }
    turns
}

/// The median, and how far half of the values lie from it at most, as a share of it.
fn middle(mut values: Vec<f64>) -> (f64, f64) {
    let middle = median(&mut values);
    let mut away: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    (middle, median(&mut away) / middle)
}

/// The value in the middle; 0 of none.
pub fn median(values: &mut [f64]) -> f64 {
    share(values, 0.5)
}

/// The value that this share of all values don't exceed; 0 of none.
pub fn share(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len().saturating_sub(1) as f64 * share).round() as usize;
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_with_three_digits_that_count() {
        let told = [
            in_words(4_123_456.0, Unit::PerSecond("messages")),
            in_words(160_234.0, Unit::PerSecond("commits")),
            in_words(0.000_012_34, Unit::Seconds),
            in_words(0.25, Unit::Times),
            in_words(384.0, Unit::Bytes),
            in_words(57.0, Unit::Count("files")),
        ];
        assert_eq!(
            told,
            ["4.12 M messages/s", "160 k commits/s", "12.3 µs", "0.25 ×", "384 bytes", "57 files"]
        );
    }

    #[test]
    fn medians_and_shares_are_values_that_were_seen() {
        assert!((median(&mut [5.0, 1.0, 3.0]) - 3.0).abs() < 1e-9);
        let mut values: Vec<f64> = (0..=100).map(f64::from).collect();
        assert!((share(&mut values, 0.99) - 99.0).abs() < 1e-9);
        assert!(median(&mut []).abs() < 1e-9);
    }

    #[test]
    fn a_contest_tells_how_many_times_the_rival_we_are() {
        let round = |millis| move || Round { amount: 1_000, took: Duration::from_millis(millis) };
        let mut book = Book::quick();
        let sides = vec![Side::ours(round(500)), Side::new("slow", round(1_500))];
        book.contest("a/b", "turns", sides);
        let [ours, slow] = &book.figures[..] else { panic!("two figures") };
        assert_eq!((ours.ratio, slow.ratio.map(f64::round)), (None, Some(3.0)));
        assert!((ours.value - 2_000.0).abs() < 1e-6);
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let mut book = Book::quick();
        book.note("memory/entry", 384.5, Unit::Bytes);
        book.note("memory/requests/idle", 0.25, Unit::Count("a message"));
        let mut copy = Book::quick();
        copy.read_lines(&format!("noise\n{}", book.lines()));
        let told =
            |book: &Book| book.figures.iter().map(|it| (it.value, it.unit)).collect::<Vec<_>>();
        assert_eq!(told(&copy), told(&book));
    }
}
