//! What the name of a result says of it: `beat3.svg` is a picture, and `beat3.pdf` none that this program
//! draws. A name that ends otherwise would hide what is in the file from all that open it.

use std::path::Path;

use crate::cluster::command::either;
use crate::cluster::plain::Plain;

/// What a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture,
    Page,
    Cast,
    Script,
    /// An object a line.
    Json,
    Mermaid,
    Shiviz,
    /// Whatever a person keeps in the lab, under whatever name.
    Kept,
}

impl Kind {
    /// What it is called, and how the names of such files end.
    const fn about(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Picture => ("a picture", &["svg", "png", "ans", "txt"]),
            Self::Page => ("a page", &["html", "htm"]),
            Self::Cast => ("a cast", &["cast", "json", "jsonl", "ndjson"]),
            Self::Script => ("a script", &["lab"]),
            Self::Json => ("JSON lines", &["jsonl", "ndjson", "json", "log", "txt"]),
            Self::Mermaid => ("a Mermaid diagram", &["mmd", "mermaid", "md", "txt"]),
            Self::Shiviz => ("a log for ShiViz", &["log", "shiviz", "txt"]),
            Self::Kept => ("a file", &[]),
        }
    }

    /// Whether a file of this name can be one: a name without an end can be any.
    pub fn takes(self, path: &Path) -> bool {
        let (_, ends) = self.about();
        let given = end(path);
        ends.is_empty() || given.is_empty() || ends.iter().any(|end| given == *end)
    }

    /// Whether the name alone says that it is one.
    pub fn is_meant(self, path: &Path) -> bool {
        self.about().1.first().is_some_and(|end| self::end(path) == *end)
    }

    /// Why no file of this name is one.
    pub fn refusal(self, path: &Path) -> String {
        let (called, ends) = self.about();
        let known: Vec<String> = ends.iter().map(|end| format!(".{end}")).collect();
        let (known, given) = (either(&known), end(path));
        format!("it would be {called}, whose name ends with {known}, not .{}", Plain(&given))
    }
}

/// How a name ends, in small letters; `/dev/stdout` and `-` end with nothing.
pub fn end(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_in_the_file_or_nothing() {
        for (kind, name, takes) in [
            (Kind::Picture, "a.svg", true),
            (Kind::Picture, "a.PNG", true),
            (Kind::Picture, "a.pdf", false),
            (Kind::Picture, "-", true),
            (Kind::Page, "/dev/stdout", true),
            (Kind::Page, "a.svg", false),
            (Kind::Script, "hunt", true),
            (Kind::Kept, "a.pdf", true),
        ] {
            assert_eq!(kind.takes(Path::new(name)), takes, "{kind:?} {name}");
        }
        let why = Kind::Page.refusal(Path::new("a.\u{1b}x"));
        assert_eq!(why, "it would be a page, whose name ends with .html or .htm, not .\\u{1b}x");
    }
}
