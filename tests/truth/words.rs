//! Nouns read back from sentences.

use raftlab::cluster::types::{Index, ServerId, ServerSet};

pub fn id(word: &str) -> ServerId {
    let number = word.strip_prefix('S').and_then(|number| number.parse().ok());
    number.and_then(ServerId::from_number).unwrap_or_else(|| panic!("no server: {word}"))
}

pub fn n(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| panic!("no number: {word}"))
}

/// "entry 4", "entries 4-6".
pub fn entries(words: &str) -> impl DoubleEndedIterator<Item = Index> {
    let range = words.rsplit(' ').next().unwrap_or_default();
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    (n(first)..=n(last)).map(Index)
}

/// "S1", "S1 and S2", "S1-S7 and S9".
pub fn servers(words: &str) -> ServerSet {
    let each = words.split(" and ").flat_map(|part| part.split(", "));
    let ranges = each.map(|word| word.split_once('-').unwrap_or((word, word)));
    let ids = ranges.flat_map(|(first, last)| id(first).number()..=id(last).number());
    ids.filter_map(|number| ServerId::from_number(number.into())).collect()
}

/// Whether the words name these servers; of very many only the number may be said.
pub fn is_set(words: &str, set: ServerSet) -> bool {
    match words.strip_suffix(" servers") {
        Some(count) => n(count) == set.len() as u64,
        None if words == "none" => set.is_empty(),
        None => servers(words) == set,
    }
}

#[test]
fn nouns_are_read_back() {
    assert!(entries("entries 4-6").map(|index| index.0).eq(4..=6));
    assert!(entries("entry 4").map(|index| index.0).eq(4..=4));
    assert_eq!(servers("S1, S2 and S4").to_string(), "S1, S2 and S4");
    assert_eq!(servers("S1-S3 and S7").len(), 4);
    assert!(is_set("13 servers", ServerSet::first(13)) && !is_set("S1", ServerSet::first(2)));
}
