//! The numbers of EDN, each in one text form.
//!
//! Integers of any size, in decimal, hexadecimal (`0x1f`), octal (`017`) and any radix (`2r101`),
//! with or without the `N` that makes them arbitrary in size; ratios (`1/3`); floating point
//! (`1.5`, `1e9`); exact decimals (`1.5M`); `##NaN`, `##Inf`, `##-Inf`.

use num_bigint::BigUint;
use num_integer::Integer;

/// The most characters of a number: reading one takes more than a moment for each.
const CHARS_MAX: usize = 4_096;
/// Zeros that are written out before or behind the digits of an exact decimal.
const ZEROS_MAX: i64 = 24;

/// Whether a word can only be a number.
pub fn is_number(word: &str) -> bool {
    word.strip_prefix(['+', '-']).unwrap_or(word).starts_with(|c: char| c.is_ascii_digit())
}

/// The text form of a number, the same for all that are equal; why it is none.
pub fn read(word: &str) -> Result<Box<str>, &'static str> {
    if word.len() > CHARS_MAX {
        return Err("has too many digits");
    }
    let (is_negative, digits) = match word.strip_prefix(['+', '-']) {
        Some(rest) => (word.starts_with('-'), rest),
        None => (false, word),
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let text = if is_plain && !digits.starts_with('0') {
        digits.to_owned()
    } else if let Some((over, under)) = digits.split_once('/') {
        ratio(over, under)?
    } else if let Some(number) = radix(digits) {
        number?.to_string()
    } else {
        return floating(is_negative, digits);
    };
    let sign = if is_negative && text != "0" { "-" } else { "" };
    Ok(format!("{sign}{text}").into())
}

const NONE: &str = "is no number";

fn natural(digits: &str, radix: u32) -> Result<BigUint, &'static str> {
    let fits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    fits.then(|| BigUint::parse_bytes(digits.as_bytes(), radix)).flatten().ok_or(NONE)
}

fn ratio(over: &str, under: &str) -> Result<String, &'static str> {
    let (over, under) = (natural(over, 10)?, natural(under, 10)?);
    if under == BigUint::ZERO {
        return Err("divides by zero");
    }
    let common = over.gcd(&under);
    let (over, under) = (over / &common, under / &common);
    Ok(if under == BigUint::from(1_u8) { over.to_string() } else { format!("{over}/{under}") })
}

/// An integer in any radix; `None` if it is written as another number.
fn radix(digits: &str) -> Option<Result<BigUint, &'static str>> {
    // In a radix of its own, N is a digit.
    if let Some((radix, digits)) = digits.split_once(['r', 'R']) {
        let radix = radix.parse().ok().filter(|radix| (2..=36).contains(radix));
        return Some(
            radix
                .ok_or("has a radix that is not from 2 to 36")
                .and_then(|radix| natural(digits, radix)),
        );
    }
    let whole = digits.strip_suffix('N').unwrap_or(digits);
    if let Some(digits) = whole.strip_prefix("0x").or_else(|| whole.strip_prefix("0X")) {
        return Some(natural(digits, 16));
    }
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // As in C, what begins with a zero is octal.
    let radix = if whole.len() > 1 && whole.starts_with('0') { 8 } else { 10 };
    Some(natural(whole, radix))
}

/// Floating point, or an exact decimal.
fn floating(is_negative: bool, digits: &str) -> Result<Box<str>, &'static str> {
    let (number, is_exact) = match digits.strip_suffix('M') {
        Some(number) => (number, true),
        None => (digits, false),
    };
    let (base, exponent) = match number.split_once(['e', 'E']) {
        Some((base, exponent)) => (base, Some(exponent)),
        None => (number, None),
    };
    let (whole, fraction) = base.split_once('.').unwrap_or((base, ""));
    let exponent_digits =
        exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || !are_digits(whole)
        || !are_digits(fraction)
        || exponent_digits.is_some_and(|digits| digits.is_empty() || !are_digits(digits))
    {
        return Err(NONE);
    }
    if is_exact {
        let exponent = exponent.map_or(Ok(0), str::parse::<i32>);
        let exponent = exponent.map_err(|_| "has too large an exponent")?;
        return Ok(decimal(is_negative, whole, fraction, exponent));
    }
    let value = number.parse::<f64>().map_err(|_| NONE)?;
    Ok(double(if is_negative { -value } else { value }))
}

/// The text form of a floating-point number.
pub fn double(value: f64) -> Box<str> {
    if value.is_nan() {
        "##NaN".into()
    } else if value.is_infinite() {
        if value < 0.0 { "##-Inf".into() } else { "##Inf".into() }
    } else {
        // Not the sign of a zero.
        format!("{:?}", value + 0.0).into()
    }
}

/// An exact decimal without zeros that say nothing.
fn decimal(is_negative: bool, whole: &str, fraction: &str, exponent: i32) -> Box<str> {
    let digits = format!("{whole}{fraction}");
    let all = digits.trim_start_matches('0');
    let kept = all.trim_end_matches('0');
    if kept.is_empty() {
        return "0M".into();
    }
    // The number is 0.KEPT times ten to this.
    let point = whole.len() as i64 - (digits.len() - all.len()) as i64 + i64::from(exponent);
    let length = kept.len() as i64;
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    let sign = if is_negative { "-" } else { "" };
    let text = if (1..length).contains(&point) {
        let (whole, fraction) = kept.split_at(point as usize);
        format!("{sign}{whole}.{fraction}M")
    } else if (length..=length + ZEROS_MAX).contains(&point) {
        format!("{sign}{kept}{}M", zeros(point - length))
    } else if (-ZEROS_MAX..=0).contains(&point) {
        format!("{sign}0.{}{kept}M", zeros(-point))
    } else {
        let (first, rest) = kept.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{dot}{rest}E{}M", point - 1)
    };
    text.into()
}
