//! Sentences with holes. What the lab says is taken apart by what it says alone: nothing here
//! knows how the words are made.

/// What stands in the holes of a template, if the text is of its form. A hole takes one character at
/// least.
pub fn fit<'a>(template: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let (first, rest) = template.split_once("{}").unwrap_or((template, ""));
    let last = rest.rsplit("{}").next().unwrap_or_default();
    let may_fit = text.starts_with(first)
        && text.ends_with(last)
        && template.split("{}").all(|literal| text.contains(literal));
    let mut holes = Vec::new();
    (may_fit && fill(template, text, &mut holes)).then_some(holes)
}

fn fill<'a>(template: &str, text: &'a str, holes: &mut Vec<&'a str>) -> bool {
    let Some((before, after)) = template.split_once("{}") else { return template == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let next = after.split("{}").next().unwrap_or_default();
    let ends = rest.char_indices().map(|(place, letter)| place + letter.len_utf8());
    for end in ends.filter(|end| rest[*end..].starts_with(next)) {
        let known = holes.len();
        holes.push(&rest[..end]);
        if fill(after, &rest[end..], holes) {
            return true;
        }
        holes.truncate(known);
    }
    false
}

/// Of several forms that fit, the one that leaves least to its holes, with what stands in them.
pub fn best<'a, 'b, T>(
    forms: impl IntoIterator<Item = &'b (&'b str, T)>,
    text: &'a str,
) -> Option<(Vec<&'a str>, &'b T)>
where
    T: 'b,
{
    let fitting = forms.into_iter().filter_map(|(form, it)| Some((form, fit(form, text)?, it)));
    let most = fitting.max_by_key(|(form, holes, _)| form.len() - 2 * holes.len());
    most.map(|(_, holes, it)| (holes, it))
}

#[test]
fn holes_take_what_stands_between() {
    assert_eq!(fit("{} wins term {}", "S1 wins term 4"), Some(vec!["S1", "4"]));
    assert_eq!(fit("{} of {}", "S1 and S2 of 5 of 6"), Some(vec!["S1 and S2", "5 of 6"]));
    assert_eq!(fit("{} wins", "S1 wins term 4"), None);
    assert_eq!(fit("up to {}", "up to "), None);
    assert_eq!(fit("crashes", "crashes"), Some(Vec::new()));
}
