//! The recording of a session, as a text that the page keeps in the browser.

use std::cell::{Cell, RefCell};

use raftlab::app::session::Tape;

#[derive(Debug, Default)]
pub struct PageTape {
    text: RefCell<String>,
    changed: Cell<bool>,
}

impl PageTape {
    /// What is on it, if that has changed since it was asked last.
    pub fn take_changed(&self) -> Option<String> {
        self.changed.replace(false).then(|| self.text.borrow().clone())
    }
}

impl Tape for PageTape {
    fn name(&self) -> String {
        "this browser".to_owned()
    }

    fn replace(&self, text: &str) -> Result<(), String> {
        text.clone_into(&mut self.text.borrow_mut());
        self.changed.set(true);
        Ok(())
    }

    fn write_at(&self, byte: u64, text: &str) -> Result<(), String> {
        let mut all = self.text.borrow_mut();
        let place = usize::try_from(byte).unwrap_or(usize::MAX);
        if !all.is_char_boundary(place) {
            return Err("it ends before that place".to_owned());
        }
        let end = all.len().min(place.saturating_add(text.len()));
        if all.is_char_boundary(end) {
            all.replace_range(place..end, text);
        } else {
            all.truncate(place);
            all.push_str(text);
        }
        self.changed.set(true);
        Ok(())
    }

    fn discard(&self) {
        self.text.borrow_mut().clear();
        self.changed.set(true);
    }
}
