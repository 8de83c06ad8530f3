//! Numbers and lengths of time, as scripts write them. Every reader is given one word and answers
//! with the quantity, or with a sentence that says what was expected.

use std::ops::RangeInclusive;

use super::{LoadRate, Place};
use crate::cluster::raft::Most;
use crate::cluster::time::{Ppm, Span, SpanRange, Time};
use crate::cluster::types::Term;

pub(super) type Read<T> = Result<T, String>;

/// The highest term that a script may speak of: far beyond any run, and safe to count up from.
pub const TERM_MAX: u64 = 1_000_000_000;

/// The longest log, in entries or bytes, and the largest chunk that the head may ask for.
pub(in crate::cluster::command) const SNAPSHOT_MAX: u64 = 1_000_000_000;

/// Clock rates: a hundredth of real time to a hundred times.
const RATES: RangeInclusive<u32> = 10_000..=100_000_000;

/// A word as messages show it: what can't be printed is escaped, what is long is shortened.
pub(super) fn shown(word: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown: String = word.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if word.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    format!("`{shown}`")
}

/// A whole number within bounds.
pub(super) fn whole(word: &str, bounds: RangeInclusive<u64>) -> Read<u64> {
    let number = digits(word).and_then(|digits| digits.parse().ok());
    number.filter(|number| bounds.contains(number)).ok_or_else(|| {
        let (low, high) = (bounds.start(), bounds.end());
        let bounds = if *high == u64::MAX {
            format!("a whole number from {low} on")
        } else {
            format!("a whole number, {low} to {}", grouped(*high))
        };
        format!("expected {bounds}, not {}", shown(word))
    })
}

fn digits(word: &str) -> Option<&str> {
    (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())).then_some(word)
}

/// "1,000,000": large bounds are hard to read otherwise.
pub(in crate::cluster) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// So many bytes: `1kB`, `1500B`, `1500`.
pub(super) fn size(word: &str, most: u64) -> Read<u32> {
    let (number, unit) = match (word.strip_suffix("kB"), word.strip_suffix('B')) {
        (Some(number), _) => (number, 1_000),
        (None, Some(number)) => (number, 1),
        (None, None) => (word, 1),
    };
    let bytes = digits(number).and_then(|digits| digits.parse::<u64>().ok());
    let bytes = bytes.and_then(|bytes| bytes.checked_mul(unit)).filter(|bytes| *bytes <= most);
    bytes.map(|bytes| bytes as u32).ok_or_else(|| {
        let most = grouped(most);
        format!("expected a number of bytes, as 1kB: {most} at most, not {}", shown(word))
    })
}

/// So much memory: `16MB`, as bytes.
pub(super) fn megabytes(word: &str) -> Read<u64> {
    const MOST: u64 = 1_024;
    let number = word.strip_suffix("MB").and_then(digits).and_then(|it| it.parse::<u64>().ok());
    number.filter(|number| (1..=MOST).contains(number)).map(|number| number << 20).ok_or_else(
        || {
            let most = grouped(MOST);
            format!("expected an amount of memory, as 16MB: {most}MB at most, not {}", shown(word))
        },
    )
}

/// A number of bytes: `64KB`, `500B`.
fn bytes(word: &str) -> Option<u32> {
    let kilo = word.strip_suffix("KB").or_else(|| word.strip_suffix("kB"));
    let (number, unit) = match (kilo, word.strip_suffix('B')) {
        (Some(number), _) => (number, 1_000),
        (None, Some(number)) => (number, 1),
        (None, None) => return None,
    };
    let bytes = digits(number)?.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=SNAPSHOT_MAX).contains(&bytes).then_some(bytes as u32)
}

/// So many at most, as `1000`, or so many bytes, as `64KB`.
pub(super) fn limit(word: &str, most: u64) -> Read<Most> {
    let number = || whole(word, 1..=most).ok().map(|n| Most::Count(n as u32));
    let limit = bytes(word).map(Most::Bytes).or_else(number);
    limit.ok_or_else(|| {
        let (most, bytes, shown) = (grouped(most), grouped(SNAPSHOT_MAX), shown(word));
        format!(
            "expected a number from 1 to {most}, or of bytes from 1B to {bytes}B, as 64KB, not {shown}"
        )
    })
}

/// How much of a snapshot travels at once: `1KB`.
pub(super) fn snapshot_chunk(word: &str) -> Read<u32> {
    bytes(word).ok_or_else(|| {
        let most = grouped(SNAPSHOT_MAX);
        format!("expected a number of bytes from 1B to {most}B, as 1KB, not {}", shown(word))
    })
}

/// A seed: decimal, or hexadecimal with `0x`.
pub(super) fn seed(word: &str) -> Read<u64> {
    let number = match word.strip_prefix("0x") {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(hex, 16).ok()
        }
        Some(_) => None,
        None => digits(word).and_then(|digits| digits.parse().ok()),
    };
    number.ok_or_else(|| format!("expected a seed of 64 bits, as 7 or 0x1f, not {}", shown(word)))
}

enum NoDecimal {
    NotANumber,
    TooFine,
}

/// A decimal number in units of 10^-`places`, exactly.
fn decimal(word: &str, places: usize) -> Result<u128, NoDecimal> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, "0"));
    // Twenty digits are more than any quantity here has, and their product fits 128 bits.
    let fits = |part: &str| digits(part).is_some() && part.len() <= 20;
    if !fits(whole) || !fits(fraction) {
        return Err(NoDecimal::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(NoDecimal::TooFine);
    }
    format!("{whole}{fraction:0<places$}").parse().map_err(|_| NoDecimal::NotANumber)
}

/// A length of lab time: "50ms", "1.5s", "2m".
pub(super) fn span(word: &str) -> Read<Span> {
    let unit_at = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at(unit_at);
    let (places, micros) = match unit {
        "us" => (0, 1),
        "ms" => (3, 1),
        "s" => (6, 1),
        "m" => (6, 60),
        "h" => (6, 3_600),
        "" if digits(number).is_some() => {
            return Err(format!("{} needs a unit: us, ms, s, m or h", shown(word)));
        }
        _ => return Err(no_span(word)),
    };
    match decimal(number, places) {
        Ok(number) if number * micros <= u128::from(Span::MAX.0) => {
            Ok(Span((number * micros) as u64))
        }
        Ok(_) => Err(format!("{} is longer than 1000 days of lab time", shown(word))),
        Err(NoDecimal::TooFine) => {
            Err(format!("{} is no whole number of microseconds", shown(word)))
        }
        Err(NoDecimal::NotANumber) => Err(no_span(word)),
    }
}

fn no_span(word: &str) -> String {
    format!("expected a length of time, as 50ms or 1.5s, not {}", shown(word))
}

/// A length of time that is not zero.
pub(super) fn positive_span(word: &str) -> Read<Span> {
    span(word).and_then(|span| match span {
        Span::ZERO => Err(format!("{} is no time at all: at least 1us", shown(word))),
        span => Ok(span),
    })
}

/// "50ms..149ms", both ends included, or one length of time.
pub(super) fn span_range(word: &str) -> Read<SpanRange> {
    let Some((low, high)) = word.split_once("..") else {
        return span(word).map(SpanRange::exactly);
    };
    let range = SpanRange { low: span(low)?, high: span(high)? };
    if range.low > range.high {
        return Err(format!("{} runs backwards: the shorter time comes first", shown(word)));
    }
    Ok(range)
}

/// A range whose shorter end is not zero.
pub(super) fn positive_range(word: &str) -> Read<SpanRange> {
    span_range(word).and_then(|range| match range.low {
        Span::ZERO => Err(format!("{} begins at no time at all: at least 1us", shown(word))),
        _ => Ok(range),
    })
}

/// "1.203441s+2": a lab time, and how many events have been handled then.
pub(super) fn place(word: &str) -> Read<Place> {
    let (time, counts) = word.split_once('+').unwrap_or((word, "0"));
    let (after, acts) = counts.split_once('+').unwrap_or((counts, "0"));
    let count = |word| whole(word, 0..=u64::from(u32::MAX)).map(|count| count as u32);
    let (after, acts) = (count(after)?, count(acts)?);
    Ok(Place { time: Time(span(time)?.micros()), after, acts })
}

/// "10%", up to four decimals.
pub(super) fn percent(word: &str) -> Read<Ppm> {
    let number = word.strip_suffix('%').and_then(|number| decimal(number, 4).ok());
    match number {
        Some(ppm) if ppm <= 1_000_000 => Ok(Ppm(ppm as u32)),
        _ => Err(format!("expected 0% to 100%, not {}", shown(word))),
    }
}

/// "1.5": how fast a clock runs, up to six decimals.
pub(super) fn clock_rate(word: &str) -> Read<Ppm> {
    match decimal(word, 6).map(u32::try_from) {
        Ok(Ok(rate)) if RATES.contains(&rate) => Ok(Ppm(rate)),
        _ => Err(format!("expected a rate from 0.01 to 100, as 1.5, not {}", shown(word))),
    }
}

/// "100/s", "max".
pub(super) fn load_rate(word: &str, bounds: RangeInclusive<u64>) -> Read<LoadRate> {
    if word == "max" {
        return Ok(LoadRate::Max);
    }
    let high = grouped(*bounds.end());
    word.strip_suffix("/s")
        .and_then(|number| whole(number, bounds).ok())
        .map(|rate| LoadRate::PerSecond(rate as u32))
        .ok_or_else(|| {
            format!("expected a rate, as 100/s, up to {high}/s, or max, not {}", shown(word))
        })
}

/// "1..5", both ends included.
pub(super) fn count_range(word: &str, longest: u64) -> Read<(u32, u32)> {
    let bounds = || 0..=u64::from(u32::MAX);
    let (first, last) = word
        .split_once("..")
        .and_then(|(first, last)| Some((whole(first, bounds()).ok()?, whole(last, bounds()).ok()?)))
        .ok_or_else(|| format!("expected a range of numbers, as 1..5, not {}", shown(word)))?;
    if first > last {
        return Err(format!("{} runs backwards: the lower number comes first", shown(word)));
    }
    if last - first >= longest {
        return Err(format!("{} has more than {} numbers", shown(word), grouped(longest)));
    }
    Ok((first as u32, last as u32))
}

/// "1,1,4": the terms of a log from index 1; "none" for the empty log.
pub(super) fn terms(word: &str) -> Read<Vec<Term>> {
    let terms = any_terms(word)?;
    fallen(&terms).map_or(Ok(terms), Err)
}

/// The same of a log that may be asked for, though none can have these terms.
pub(super) fn any_terms(word: &str) -> Read<Vec<Term>> {
    if word == "none" {
        return Ok(Vec::new());
    }
    let terms: Read<Vec<Term>> =
        word.split(',').map(|term| whole(term, 1..=TERM_MAX).map(Term)).collect();
    terms
        .map_err(|_| format!("expected the terms of a log, as 1,1,4, or none, not {}", shown(word)))
}

/// Why no log can have these terms, if they fall.
pub fn fallen(terms: &[Term]) -> Option<String> {
    let pair = terms.windows(2).find(|pair| pair[0] > pair[1])?;
    Some(format!(
        "no log has term {} after term {}: terms never decrease along a log (§5.3)",
        pair[1], pair[0]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_exact_or_refused() {
        for (word, micros) in [
            ("0s", 0),
            ("7us", 7),
            ("1.5ms", 1_500),
            ("1.203441s", 1_203_441),
            ("0.5m", 30_000_000),
            ("2h", 7_200_000_000),
            ("1.50000000s", 1_500_000),
            ("1000.000000000s", 1_000_000_000),
        ] {
            assert_eq!(span(word), Ok(Span(micros)), "{word}");
        }
        for word in [
            "",
            "s",
            "5",
            ".5s",
            "5.s",
            "1.5us",
            "0.0000001s",
            "-1s",
            "5sec",
            "1e3s",
            "99999999999s",
        ] {
            assert!(span(word).is_err(), "{word}");
        }
        assert!(
            span(&format!("{}s", "9".repeat(60_000))).is_err_and(|message| message.len() < 200)
        );
    }

    #[test]
    fn ranges_run_forwards() {
        assert_eq!(span_range("5ms..30ms"), Ok(SpanRange::millis(5, 30)));
        assert_eq!(span_range("1.5s..2s"), Ok(SpanRange::millis(1_500, 2_000)));
        assert_eq!(span_range("5ms"), Ok(SpanRange::millis(5, 5)));
        for word in ["30ms..5ms", "5..30ms", "5ms..", "..5ms", "5ms...6ms"] {
            assert!(span_range(word).is_err(), "{word}");
        }
        assert_eq!(count_range("1..5", 10), Ok((1, 5)));
        for word in ["5..1", "1..", "1..11", "1", "a..b", "0..99999999999"] {
            assert!(count_range(word, 10).is_err(), "{word}");
        }
    }

    #[test]
    fn shares_and_rates_keep_their_bounds() {
        assert_eq!(percent("0.25%"), Ok(Ppm(2_500)));
        assert_eq!(percent("100%"), Ok(Ppm::ONE));
        for word in ["300%", "100.0001%", "-1%", "5", "%", "0.00001%"] {
            assert!(percent(word).is_err(), "{word}");
        }
        assert_eq!(clock_rate("1.5"), Ok(Ppm(1_500_000)));
        for word in ["0", "101", "0.001", "-1", "x"] {
            assert!(clock_rate(word).is_err(), "{word}");
        }
        assert_eq!(load_rate("100/s", 1..=1_000), Ok(LoadRate::PerSecond(100)));
        assert_eq!(load_rate("max", 1..=1_000), Ok(LoadRate::Max));
        assert!(load_rate("100", 1..=1_000).is_err());
    }

    #[test]
    fn seeds_come_in_two_notations() {
        assert_eq!(seed("0x1F"), Ok(31));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for word in ["18446744073709551616", "0x", "0x10000000000000000", "-1", "+1", "0x+1"] {
            assert!(seed(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_log_is_a_list_of_terms_that_never_decrease() {
        assert_eq!(terms("1,1,4"), Ok(vec![Term(1), Term(1), Term(4)]));
        assert_eq!(terms("none"), Ok(vec![]));
        for word in ["4,1", "0", "1,,2", "1,", "", "x", "1000000001"] {
            assert!(terms(word).is_err(), "{word}");
        }
    }
}
