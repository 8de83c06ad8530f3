//! How much memory somebody grants, in words.
//!
//! What is compared with it are the estimates of `cluster/weight.rs`, which are the same on every
//! machine of 64 bits: a run that comes to its budget on one does so on all, at the same step. With
//! pointers of 32 bits, as in WebAssembly, a run takes less.

/// What a session, or a run without a screen, may take when nobody says otherwise: 1 GB.
pub const BUDGET: u64 = 1_000_000_000;
/// The least and the most that somebody may say.
const LEAST: u64 = 10_000_000;
const MOST: u64 = 1_000_000_000_000;

/// "500MB", "2GB": a size in bytes.
///
/// # Errors
/// A sentence that says what was expected.
pub fn size(text: &str) -> Result<u64, String> {
    let word = text.trim().to_uppercase();
    let (number, unit) = match (word.strip_suffix("MB"), word.strip_suffix("GB")) {
        (Some(number), _) => (number, 1_000_000),
        (_, Some(number)) => (number, 1_000_000_000),
        (None, None) => ("", 0),
    };
    let bytes = number.trim().parse().ok().and_then(|number: u64| number.checked_mul(unit));
    match bytes {
        Some(bytes) if (LEAST..=MOST).contains(&bytes) => Ok(bytes),
        Some(_) | None => {
            Err(format!("expected a size from {} to {}, as 2GB", words(LEAST), words(MOST)))
        }
    }
}

/// "1.5 GB", "512 MB".
pub fn words(bytes: u64) -> String {
    let megabytes = bytes / 1_000_000;
    match (megabytes / 1_000, megabytes % 1_000 / 100) {
        (0, _) => format!("{megabytes} MB"),
        (gigabytes, 0) => format!("{gigabytes} GB"),
        (gigabytes, tenths) => format!("{gigabytes}.{tenths} GB"),
    }
}

/// What is said of a run that takes so much where no lab goes on with it.
pub fn told(taken: u64, budget: u64) -> String {
    let (taken, double) = (words(taken), words(2 * budget).replace(' ', ""));
    format!("it takes {taken} of memory, its budget; --memory {double} gives it more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_said() {
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size(" 500 mb "), Ok(500_000_000));
        assert_eq!(words(1_500_000_000), "1.5 GB");
        assert_eq!(words(2_000_000_000), "2 GB");
        assert_eq!(words(512_000_000), "512 MB");
        for wrong in ["", "2", "GB", "-1GB", "9MB", "1001GB", "99999999999999999999GB", "2TB"] {
            let expected = "expected a size from 10 MB to 1000 GB, as 2GB";
            assert_eq!(size(wrong).unwrap_err(), expected, "{wrong}");
        }
    }
}
