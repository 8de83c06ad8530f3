//! What the terminal can show, as far as the environment tells.

use clap::ColorChoice;

use super::system;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::{Colours, Paper, Theme};

/// The environment variables that matter here.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub no_color: Option<String>,
    pub colorterm: Option<String>,
    pub term: Option<String>,
    /// The locale of characters: the first of LC_ALL, LC_CTYPE and LANG that is set.
    pub locale: Option<String>,
    /// Colours of the terminal by number, "15;0": its text, and last its background.
    pub colorfgbg: Option<String>,
}

impl Environment {
    /// That of the process.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let told = Self {
            no_color: set("NO_COLOR"),
            colorterm: set("COLORTERM"),
            term: set("TERM"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set),
            colorfgbg: set("COLORFGBG"),
        };
        system::known(told)
    }

    /// The same, as somebody wants colours.
    pub fn with_colours(mut self, wanted: ColorChoice) -> Self {
        match wanted {
            ColorChoice::Auto => {}
            ColorChoice::Never => self.no_color = Some("1".to_owned()),
            ColorChoice::Always => {
                self.no_color = None;
                if matches!(self.term.as_deref(), None | Some("dumb")) {
                    self.term = Some("xterm-256color".to_owned());
                }
            }
        }
        self
    }

    /// Whether what is printed has colours.
    pub fn prints_colours(wanted: ColorChoice, is_terminal: bool) -> bool {
        let there = wanted == ColorChoice::Always || is_terminal;
        let obeyed = Self::of_process().with_colours(wanted).colours() != Colours::None;
        there && obeyed && system::obeys_escapes()
    }

    /// Colours and glyphs for a terminal in this environment.
    pub fn theme(&self) -> Theme {
        Theme { colours: self.colours(), glyphs: self.glyphs(), ..Theme::default() }
    }

    /// Whether the terminal is dark or light, as far as it says so here.
    pub fn paper(&self) -> Option<Paper> {
        let background: u8 = self.colorfgbg.as_ref()?.rsplit(';').next()?.parse().ok()?;
        Some(if matches!(background, 7 | 9..=15) { Paper::Light } else { Paper::Dark })
    }

    fn colours(&self) -> Colours {
        let term = self.term.as_deref().unwrap_or_default();
        if self.no_color.is_some() || matches!(term, "" | "dumb") || term.starts_with("vt") {
            return Colours::None;
        }
        match self.colorterm.as_deref() {
            Some("truecolor" | "24bit") => Colours::True,
            _ if term.contains("direct") => Colours::True,
            _ if term.contains("256color") => Colours::Full256,
            _ => Colours::Sixteen,
        }
    }

    /// The signs of the table need UTF-8, and one column each: languages in which some of them
    /// may take two get them in ASCII, and letters as they are.
    fn glyphs(&self) -> Glyphs {
        let locale = self.locale.as_deref().unwrap_or_default().to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let wide = ["zh", "ja", "ko"].iter().any(|language| locale.starts_with(language));
        match (utf8, wide) {
            (true, false) => Glyphs::Unicode,
            (true, true) => Glyphs::Letters,
            (false, _) => Glyphs::Ascii,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colours(term: &str, colorterm: &str, no_color: &str) -> Colours {
        let set = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        let environment = Environment {
            no_color: set(no_color),
            colorterm: set(colorterm),
            term: set(term),
            ..Environment::default()
        };
        environment.theme().colours
    }

    #[test]
    fn colours_follow_the_terminal_and_the_wish_for_none() {
        assert_eq!(colours("xterm-256color", "truecolor", ""), Colours::True);
        assert_eq!(colours("xterm-256color", "", ""), Colours::Full256);
        assert_eq!(colours("linux", "", ""), Colours::Sixteen);
        assert_eq!(colours("xterm-256color", "truecolor", "1"), Colours::None);
        assert_eq!(colours("dumb", "truecolor", ""), Colours::None);
        assert_eq!(colours("", "", ""), Colours::None);
    }

    #[test]
    fn the_last_of_the_colours_is_the_background() {
        let paper = |colours: &str| {
            let colorfgbg = Some(colours.to_owned());
            Environment { colorfgbg, ..Environment::default() }.paper()
        };
        assert_eq!(paper("0;15"), Some(Paper::Light));
        assert_eq!(paper("15;default;0"), Some(Paper::Dark));
        assert_eq!(paper("0;default"), None);
        assert_eq!(Environment::default().paper(), None);
    }

    #[test]
    fn glyphs_need_utf8_and_one_column() {
        let glyphs = |locale: &str| {
            let locale = Some(locale.to_owned());
            Environment { locale, ..Environment::default() }.theme().glyphs
        };
        assert_eq!(glyphs("de_DE.UTF-8"), Glyphs::Unicode);
        assert_eq!(glyphs("C.utf8"), Glyphs::Unicode);
        assert_eq!(glyphs("ja_JP.UTF-8"), Glyphs::Letters);
        assert_eq!(glyphs("zh_TW.Big5"), Glyphs::Ascii);
        assert_eq!(glyphs("en_US.ISO-8859-1"), Glyphs::Ascii);
        assert_eq!(glyphs("C"), Glyphs::Ascii);
    }
}
