//! Nouns read back from sentences.

use raftlab::cluster::types::{Index, ServerId, ServerSet};

use crate::template::fit;

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

/// "S1", "S1 and S2", "S1-S7 and S9"; "13 servers" names none.
pub fn servers(words: &str) -> ServerSet {
    if words.ends_with(" servers") {
        return ServerSet::EMPTY;
    }
    read(words).unwrap_or_else(|| panic!("no servers: {words}"))
}

fn read(words: &str) -> Option<ServerSet> {
    let number = |word: &str| word.strip_prefix('S')?.parse::<u64>().ok();
    let mut all = ServerSet::EMPTY;
    for word in words.split(" and ").flat_map(|part| part.split(", ")) {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        for number in number(first)?..=number(last)? {
            all.insert(ServerId::from_number(number)?);
        }
    }
    Some(all)
}

/// Whether the words name these servers; of very many only the number may be said.
pub fn is_set(words: &str, set: ServerSet) -> bool {
    match words.strip_suffix(" servers") {
        Some(count) => count.parse() == Ok(set.len()),
        None if words == "none" || words == "no disk" => set.is_empty(),
        None => read(words) == Some(set),
    }
}

/// What may be said of some servers: of one, of several, and of whom it must be said.
pub type Row = (String, String, ServerSet);

/// "S4 is cut off", "S4 and S5 are cut off".
pub fn row(one: &str, many: &str, set: ServerSet) -> Row {
    (one.to_owned(), many.to_owned(), set)
}

/// Whether a text with commas says each of these things of its servers, and nothing more: "S4 is cut
/// off, S1 and S2 are down".
pub fn lists(text: &str, rows: &[Row]) -> bool {
    let open: Vec<&Row> = rows.iter().filter(|(.., set)| !set.is_empty()).collect();
    clauses(&text.split(", ").collect::<Vec<_>>(), &open)
}

fn clauses(parts: &[&str], open: &[&Row]) -> bool {
    if parts.is_empty() {
        return open.is_empty();
    }
    (1..=parts.len()).any(|end| {
        let clause = parts[..end].join(", ");
        open.iter().enumerate().any(|(place, (one, many, set))| {
            let form = if set.len() == 1 { one } else { many };
            let said = fit(form, &clause);
            let rest: Vec<&Row> = [&open[..place], &open[place + 1..]].concat();
            said.is_some_and(|holes| holes.first().is_none_or(|words| is_set(words, *set)))
                && clauses(&parts[end..], &rest)
        })
    })
}

#[test]
fn nouns_are_read_back() {
    assert!(entries("entries 4-6").map(|index| index.0).eq(4..=6));
    assert!(entries("entry 4").map(|index| index.0).eq(4..=4));
    assert_eq!(servers("S1, S2 and S4").to_string(), "S1, S2 and S4");
    assert_eq!(servers("S1-S3 and S7").len(), 4);
    let (down, asleep) = (ServerSet::first(2), ServerSet::only(id("S4")));
    let rows = [
        row("{} is down", "{} are down", down),
        row("{} is asleep", "{} are asleep", asleep),
        row("{} is cut off", "{} are cut off", ServerSet::EMPTY),
    ];
    assert!(lists("S4 is asleep, S1 and S2 are down", &rows));
    assert!(!lists("S4 is asleep, S1 and S3 are down", &rows));
    assert!(!lists("S1 and S2 are down", &rows));
    assert!(is_set("13 servers", ServerSet::first(13)) && !is_set("S1", ServerSet::first(2)));
}
