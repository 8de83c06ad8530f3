//! Tables in the pages, such as `docs/testing.md`, that tests make.

use std::path::Path;

/// The part of `docs/testing.md` between the mark of that name and the next end must be `table`.
/// With `UPDATE_DOCS=1` it is written instead.
pub fn compare(name: &str, maker: &str, renew: &str, table: &str) {
    compare_in("docs/testing.md", name, maker, renew, table);
}

/// The same of any page.
pub fn compare_in(page: &str, name: &str, maker: &str, renew: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let page = std::fs::read_to_string(&path).expect(page).replace("\r\n", "\n");
    let (begin, end) = (format!("<!-- {name}: made by {maker} -->\n"), "<!-- end -->");
    let (before, rest) = page.split_once(&begin).expect("the mark");
    let (old, after) = rest.split_once(end).expect("the end of the table");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).expect("written");
        return;
    }
    assert_eq!(old, table, "renew it with UPDATE_DOCS=1 {renew}");
}
