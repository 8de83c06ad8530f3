//! What stands in many places of a run at once, and is kept once.
//!
//! An operation lies in every log, a value in every map, in the history and in the checkers' books,
//! and a checkpoint shares nearly all of it. So nearly everything that grows is counted by
//! reference, and every commit counts dozens of times up and down. A run lives on one thread,
//! wherever its script came from: nothing of it need be counted in a way that other threads can
//! see, which took a seventh of the time with 64 clients. What comes with a script (`Arc<str>`,
//! commands) is shared by the threads that play it, and becomes a text of the run where names are
//! resolved.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use imbl::shared_ptr::RcK;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list whose clones share what is the same.
pub type Vector<T> = imbl::GenericVector<T, RcK>;
/// An ordered map whose clones share what is the same.
pub type OrdMap<K, V> = imbl::GenericOrdMap<K, V, RcK>;
/// A map by hash. Only `keyed.rs` may have one: its order means nothing.
pub(super) type HashMap<K, V, S> = imbl::GenericHashMap<K, V, S, RcK>;

/// A text that never changes, as thin as a pointer. The empty one is nothing at all: every put is
/// answered with it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RcStr(Option<Rc<Letters>>);

#[derive(PartialEq, Eq)]
struct Letters(Box<str>);

impl RcStr {
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |letters| &letters.0)
    }
}

impl Deref for RcStr {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for RcStr {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for RcStr {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<&str> for RcStr {
    fn from(text: &str) -> Self {
        Self((!text.is_empty()).then(|| Rc::new(Letters(text.into()))))
    }
}

impl From<String> for RcStr {
    fn from(text: String) -> Self {
        Self((!text.is_empty()).then(|| Rc::new(Letters(text.into()))))
    }
}

/// As of the text itself, so that a map can be asked with one.
impl Hash for RcStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for RcStr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RcStr {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other)
    }
}

impl PartialEq<str> for RcStr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for RcStr {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for RcStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for RcStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl Serialize for RcStr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for RcStr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_thin_as_a_pointer_and_the_empty_one_is_nothing() {
        assert_eq!(size_of::<RcStr>(), size_of::<usize>());
        assert_eq!(RcStr::from(""), RcStr::default());
        assert!(RcStr::from(String::new()).0.is_none());
    }

    #[test]
    fn texts_compare_hash_and_read_as_what_they_say() {
        let texts = ["", "a", "ab", "b", "ä"].map(RcStr::from);
        assert!(texts.is_sorted() && texts[1] != texts[2] && texts[1] == "a");
        let map: HashMap<RcStr, usize, foldhash::fast::FixedState> =
            (0..).zip(&texts).map(|(place, text)| (text.clone(), place)).collect();
        assert!((0..).zip(&texts).all(|(place, text)| map.get(text.as_str()) == Some(&place)));
        let json = serde_json::to_string(&texts).expect("texts");
        assert_eq!(json, r#"["","a","ab","b","ä"]"#);
        assert_eq!(serde_json::from_str::<[RcStr; 5]>(&json).expect("texts"), texts);
    }
}
