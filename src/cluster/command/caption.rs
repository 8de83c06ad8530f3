//! Captions: how the text of `say` is broken into the two lines that the screen has for it.
//!
//! Words are put on a line as long as they fit, and the wide letters of East Asia one by one; a `\n` in a text in quotes starts the next line.
//! A hole counts as wide as it is written, braces included, for only the run knows what fills it.

use crate::cluster::fit::{columns, parts};

/// The most lines of a caption.
pub const CAPTION_LINES: usize = 2;
/// The most columns of one of its lines.
pub const CAPTION_COLUMNS: usize = 76;

/// The lines of a caption; more than [`CAPTION_LINES`], or wider than [`CAPTION_COLUMNS`], only
/// when the text does not fit.
pub fn caption_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut width = 0;
        for word in paragraph.split_whitespace() {
            let mut blank = " ";
            for part in parts(word) {
                let more = columns(part);
                if !line.is_empty() && width + blank.len() + more > CAPTION_COLUMNS {
                    lines.push(std::mem::take(&mut line));
                    width = 0;
                }
                if !line.is_empty() {
                    line.push_str(blank);
                    width += blank.len();
                }
                line.push_str(part);
                width += more;
                blank = "";
            }
        }
        lines.push(line);
    }
    lines
}

/// Why a caption does not fit its place.
pub fn caption_flaw(text: &str) -> Option<String> {
    let lines = caption_lines(text);
    let widest = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
    if widest > CAPTION_COLUMNS {
        return Some(format!(
            "a caption has lines of {CAPTION_COLUMNS} columns at most, and one word here has {widest}"
        ));
    }
    (lines.len() > CAPTION_LINES).then(|| {
        format!(
            "a caption has {CAPTION_LINES} lines of {CAPTION_COLUMNS} columns at most, and this \
             one takes {}",
            lines.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_move_to_the_next_line_whole() {
        let text = format!("{} {}", "x".repeat(70), "y".repeat(10));
        assert_eq!(caption_lines(&text), ["x".repeat(70), "y".repeat(10)]);
        assert_eq!(caption_lines("one\ntwo"), ["one", "two"]);
        assert_eq!(caption_lines(""), [""]);
    }

    #[test]
    fn a_caption_is_two_lines_of_76_columns_at_most() {
        let line = "x".repeat(CAPTION_COLUMNS);
        assert_eq!(caption_flaw(&format!("{line} {line}")), None);
        assert!(caption_flaw(&format!("{line} {line} x")).is_some());
        assert!(caption_flaw(&format!("{line}x")).is_some());
        assert!(caption_flaw("a\nb\nc").is_some());
        // A wide character takes two columns, and a line may end behind each.
        assert_eq!(caption_flaw(&"漢".repeat(76)), None);
        assert_eq!(caption_lines(&"漢".repeat(39)), ["漢".repeat(38), "漢".into()]);
        assert!(caption_flaw(&"漢".repeat(77)).is_some());
    }
}
