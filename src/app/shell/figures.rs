//! Figures for people: counts, lengths of time, and how much faster than real time.
//!
//! A figure says no more than was measured. Nothing is rounded up to look like something, what is
//! short is told in a smaller unit, and a ratio is made from what was measured, never from figures
//! that have been rounded for the eye.

/// "1,234,567".
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A length of time, given in microseconds: "0.024 ms" below 10 ms, then "0.184 s", "7.21 s" and
/// "1,234.1 s", to the nearest.
pub fn length(micros: u64) -> String {
    match micros {
        0 => "0 s".to_owned(),
        1..10_000 => format!("{}.{:03} ms", micros / 1_000, micros % 1_000),
        10_000..999_500 => format!("0.{:03} s", rounded(micros, 1_000)),
        999_500..9_995_000 => {
            let hundredths = rounded(micros, 10_000);
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        _ => {
            let tenths = rounded(micros, 100_000);
            format!("{}.{} s", count(tenths / 10), tenths % 10)
        }
    }
}

/// So many whole `unit`s, to the nearest.
const fn rounded(number: u64, unit: u64) -> u64 {
    number / unit + (number % unit >= unit.div_ceil(2)) as u64
}

/// How many times as fast as real time: lab time and wall time in nanoseconds. Three digits, or a
/// decimal of less than ten; three decimals of less than a tenth. `None` when no wall time was measured.
pub fn times(lab: u128, wall: u128) -> Option<String> {
    let tenths = (lab * 10).checked_div(wall)?;
    if tenths == 0 && lab > 0 {
        let thousandths = lab * 1_000 / wall;
        return Some(match thousandths {
            0 => "less than 0.001".to_owned(),
            _ => format!("0.{thousandths:03}"),
        });
    }
    if tenths < 100 {
        return Some(format!("{}.{}", tenths / 10, tenths % 10));
    }
    let mut unit = 1;
    while tenths / 10 / unit >= 1_000 {
        unit *= 10;
    }
    Some(count(u64::try_from(tenths / 10 / unit * unit).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        assert_eq!([count(0), count(999), count(1_000)], ["0", "999", "1,000"]);
        assert_eq!(count(12_345_678), "12,345,678");
    }

    #[test]
    fn what_is_short_has_a_smaller_unit_and_nothing_is_rounded_up_to_more() {
        for (micros, text) in [
            (0, "0 s"),
            (1, "0.001 ms"),
            (24, "0.024 ms"),
            (9_999, "9.999 ms"),
            (10_000, "0.010 s"),
            (10_499, "0.010 s"),
            (999_499, "0.999 s"),
            (999_500, "1.00 s"),
            (1_234_567, "1.23 s"),
            (9_994_999, "9.99 s"),
            (9_995_000, "10.0 s"),
            (1_234_049_999, "1,234.0 s"),
            (u64::MAX, "18,446,744,073,709.6 s"),
        ] {
            assert_eq!(length(micros), text, "{micros}");
        }
    }

    #[test]
    fn a_ratio_has_the_digits_that_mean_something() {
        for (lab, wall, text) in [
            (0, 5, "0.0"),
            (15, 10, "1.5"),
            (99, 10, "9.9"),
            (1_000, 10, "100"),
            (1_930_262, 24, "80,400"),
            (u128::from(u64::MAX), 1, "18,400,000,000,000,000,000"),
        ] {
            assert_eq!(times(lab, wall).as_deref(), Some(text), "{lab}/{wall}");
        }
        assert_eq!(times(1, 0), None);
    }
}
