//! EDN: the text is cut into its outermost forms, and each is then read by `clojure-reader`.
//!
//! To cut, it is enough to know strings, comments and brackets. So a form that is too long, or
//! nested too deep for a reader that recurses, is refused before it is read, and a history of any
//! length costs memory for one form at a time.

use clojure_reader::edn::{Edn, read_string};

use super::super::lines::Model;
use super::{History, PIECE_MAX, Trouble, jepsen, quoted, too_long};

/// How deep brackets may be nested in an operation.
const DEPTH_MAX: usize = 32;

/// A history: operations one after the other, or in one vector or list.
pub fn parse(text: &str, model: Option<Model>) -> Result<History, Trouble> {
    let mut forms = Forms::new(text, 1);
    forms.enter();
    jepsen::parse_maps(forms, model)
}

/// Reads one form that [`Forms`] has cut out.
pub fn read(line: u64, form: &str) -> Result<Edn<'_>, Trouble> {
    read_string(form)
        .map_err(|error| Trouble::at(line, format!("{} is no EDN: {:?}", quoted(form), error.code)))
}

/// The outermost forms of a text, each with the line on which it begins.
pub struct Forms<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// The bracket that ends the sequence of forms, if one began it, and the line of that.
    inside: Option<(u8, u64)>,
}

impl<'a> Forms<'a> {
    pub const fn new(text: &'a str, line: u64) -> Self {
        Self { text, at: 0, line, inside: None }
    }

    /// If the next form is a vector or a list: goes on with what is in it.
    fn enter(&mut self) {
        self.skip_blanks();
        let closing = match self.peek() {
            Some(b'[') => b']',
            Some(b'(') => b')',
            Some(_) | None => return,
        };
        self.inside = Some((closing, self.line));
        self.at += 1;
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => self.line += 1,
                b';' => {
                    self.skip_comment();
                    continue;
                }
                b' ' | b'\t' | b'\r' | b',' | b'\x0c' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// Goes to the end of the form that begins here.
    fn skip_form(&mut self) -> Result<(), Trouble> {
        let (start, line) = (self.at, self.line);
        let mut open: Vec<u8> = Vec::new();
        // Tags behind each other nest as brackets do.
        let mut tags = 0;
        loop {
            if self.at - start > PIECE_MAX {
                return Err(too_long(line));
            }
            let Some(byte) = self.peek() else {
                return Err(Trouble::at(line, "what begins here has no end"));
            };
            if open.len().max(tags) > DEPTH_MAX {
                let why = format!("forms are nested more than {DEPTH_MAX} deep");
                return Err(Trouble::at(self.line, why));
            }
            match byte {
                b'(' | b'[' | b'{' => {
                    open.push(match byte {
                        b'(' => b')',
                        b'[' => b']',
                        _ => b'}',
                    });
                    self.at += 1;
                }
                b')' | b']' | b'}' => {
                    if open.pop() != Some(byte) {
                        let why = format!("a {:?} that nothing opens", char::from(byte));
                        return Err(Trouble::at(self.line, why));
                    }
                    self.at += 1;
                }
                b'"' => self.skip_string(line)?,
                b'#' => {
                    // A tag belongs to the form behind it.
                    let set = self.text.as_bytes().get(self.at + 1) == Some(&b'{');
                    if set {
                        self.at += 1
                    } else {
                        self.skip_word()
                    }
                    self.skip_blanks();
                    tags += 1;
                    continue;
                }
                b'\n' | b' ' | b'\t' | b'\r' | b',' | b'\x0c' | b';' => {
                    self.skip_blanks();
                    continue;
                }
                _ => self.skip_word(),
            }
            tags = 0;
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    fn skip_string(&mut self, begun: u64) -> Result<(), Trouble> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.at += 1,
                b'\n' => self.line += 1,
                _ => {}
            }
            self.at += 1;
            if self.at - start > PIECE_MAX {
                return Err(too_long(begun));
            }
        }
        self.at = self.text.len();
        Err(Trouble::at(begun, "a string that begins here has no end"))
    }

    /// A number, a keyword, a symbol, a character: what ends at a blank or a bracket.
    fn skip_word(&mut self) {
        if self.peek() == Some(b'\\') {
            self.at += 1;
        }
        let rest = &self.text[self.at..];
        let mut characters = rest.char_indices();
        characters.next();
        let is_end = |c: char| c.is_whitespace() || "()[]{}\",;".contains(c);
        let end = characters.find(|(_, character)| is_end(*character));
        self.at += end.map_or(rest.len(), |(place, _)| place);
    }
}

impl<'a> Iterator for Forms<'a> {
    type Item = Result<(u64, &'a str), Trouble>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blanks();
        let Some(byte) = self.peek() else {
            let (_, line) = self.inside.take()?;
            return Some(Err(Trouble::at(line, "the bracket that opens here is never closed")));
        };
        if self.inside.is_some_and(|(closing, _)| closing == byte) {
            self.inside = None;
            self.at += 1;
            self.skip_blanks();
            self.peek()?;
            let why = "something follows after the end of the history";
            return Some(Err(Trouble::at(self.line, why)));
        }
        let (start, line) = (self.at, self.line);
        if let Err(trouble) = self.skip_form() {
            self.at = self.text.len();
            self.inside = None;
            return Some(Err(trouble));
        }
        Some(Ok((line, &self.text[start..self.at])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(u64, &str)> {
        let mut forms = Forms::new(text, 1);
        forms.enter();
        forms.map(Result::unwrap).collect()
    }

    #[test]
    fn forms_are_cut_where_they_end() {
        assert_eq!(
            cut("{:a 1}\n{:b \"}\\\"{\"} 7"),
            [(1, "{:a 1}"), (2, "{:b \"}\\\"{\"}"), (2, "7")]
        );
        assert_eq!(
            cut("[{:a [1 2]} ; note }\n\n#x.Y{:b #{1}}]"),
            [(1, "{:a [1 2]}"), (3, "#x.Y{:b #{1}}"),]
        );
        assert_eq!(cut(":a\\b \\] nil"), [(1, ":a\\b"), (1, "\\]"), (1, "nil")]);
        assert!(cut(" ,\n; nothing").is_empty());
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for (text, line) in [("\n{:a", 2), ("[1 2", 1), ("1\n]", 2), ("{:a [1}", 1), ("\"a\n", 1)] {
            let mut forms = Forms::new(text, 1);
            forms.enter();
            let trouble = forms.find_map(Result::err).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!(trouble.line, Some(line), "{text:?}: {}", trouble.why);
        }
    }

    #[test]
    fn no_depth_and_no_length_overflows() {
        for text in ["[".repeat(100_000), "{:a ".repeat(100_000), "#a ".repeat(1_000_000)] {
            assert!(Forms::new(&text, 1).any(|form| form.is_err()));
        }
        let long = format!("\"{}\"", "x".repeat(PIECE_MAX + 1));
        assert!(Forms::new(&long, 1).any(|form| form.is_err()));
    }
}
