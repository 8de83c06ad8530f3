//! `:share`: the scene that is on the screen as a link, which opens it in a browser.

use super::dialog::Reading;
use super::{Effect, Moment, Origin, Screen, Session};
use crate::app::address::{self, Scene};
use crate::cluster::command::Place;
use crate::ui::view::{self, Stands};

impl Session {
    /// Where the page lies to which links lead.
    pub fn set_base(&mut self, base: String) {
        self.base = Some(base);
    }

    /// A class finds this session at an address, and so many follow it.
    pub fn set_audience(&mut self, address: &str, followers: usize) {
        let before = self.audience.replace((address.to_owned(), followers));
        if before.is_some_and(|(_, before)| before != followers) {
            self.note(format!("{followers} follow"));
        }
        self.screen = Screen::Stale;
        self.show();
    }

    /// `:audience`: where the class finds this session.
    pub fn open_audience(&mut self) {
        let Some((address, _)) = &self.audience else {
            return self
                .refuse("nobody can follow: raftlab --audience=0.0.0.0:8080 serves a class");
        };
        self.open(Reading::Audience { rows: address::code(address).unwrap_or_default() });
        self.screen = Screen::Stale;
        self.show();
    }

    /// The same, with as many as follow by now.
    pub(super) fn shown_audience(&self, rows: &[String]) -> Option<view::Dialog> {
        let (address, followers) = self.audience.as_ref()?;
        let follow = match followers {
            1 => "1 does now".to_owned(),
            many => format!("{many} do now"),
        };
        let text = vec![address.clone(), format!("Who opens it follows this session: {follow}.")];
        let shown = Reading::Code { title: "Follow".to_owned(), rows: rows.to_vec(), text };
        Some(shown.shown(self.keys, &self.cluster))
    }

    /// The link to what is on the screen, on the clipboard and as a code.
    pub(super) fn share_link(&mut self) -> Option<Effect> {
        if self.cluster.is_observed() {
            self.refuse("a trace is no script: no link can make it again");
            return None;
        }
        let Some(base) = &self.base else {
            self.refuse(
                "where does the page lie? raftlab --base https://example.org/raftlab.html says it",
            );
            return None;
        };
        match self.linked().link(base) {
            Ok(link) => {
                let rows = address::code(&link).unwrap_or_default();
                let text = vec![
                    "It is on the clipboard, and opens what you see:".to_owned(),
                    link.clone(),
                ];
                self.open(Reading::Code { title: "A link to this scene".to_owned(), rows, text });
                Some(Effect::Copy(link))
            }
            Err(why) => {
                self.refuse(why);
                None
            }
        }
    }

    /// What a link to the present moment names: the script that plays, as it is, and where it has
    /// come; or, once a person has acted, the run up to now.
    fn linked(&self) -> Scene {
        let name = match &self.origin {
            Origin::Free => "shared.lab".to_owned(),
            Origin::File(path) => path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        };
        let untouched = self.cluster.point().deeds == 0;
        let own = self.cluster.script().filter(|script| {
            untouched && script.seed() == self.cluster.config().seed && script.recording.is_none()
        });
        let Some(script) = own else {
            return Scene { name, text: self.as_script(false), at: String::new() };
        };
        let text = script.source.iter().flat_map(|line| [line, "\n"]).collect();
        let at = match (&self.halt, self.cluster.place()) {
            (_, place) if place == Place::default() => String::new(),
            (Some(Stands::Beat { number, .. }), _) => Moment::Beat(*number).word(),
            (_, place) => Moment::Place(place).word(),
        };
        Scene { name, text, at }
    }
}
