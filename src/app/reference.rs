//! The reference page of the keys, `docs/keys.md`.

use super::keymap::{KeyMode, Keymap};
use super::session::own;

/// The page, in Markdown.
pub fn keys() -> String {
    let mut page = String::from(
        "# Keys\n\n\
         Made from the table in `src/app/keymap/table.rs`; `UPDATE_DOCS=1 cargo test keys` writes \
         it again.\n\n\
         A rule to tell a class once: **a capital does the stronger thing, or goes back**. A key \
         that can do\nnothing now says why, in the last row.\n",
    );
    for mode in KeyMode::ALL {
        page.push_str(&format!("\n## {}\n\n| key | does |\n|---|---|\n", mode.title()));
        for binding in Keymap::default().bindings(mode) {
            let keys: Vec<String> =
                binding.chords.iter().map(|chord| format!("`{}`", chord.label())).collect();
            page.push_str(&format!("| {} | {} |\n", keys.join(" "), binding.words));
        }
    }
    page.push_str(OWN);
    for own in own::all() {
        page.push_str(&format!("| `{}` | {} |\n", own.usage.join("` or `"), own.summary));
    }
    page.push_str(MOUSE);
    page
}

const OWN: &str = "\n## Typed after `:`\n\n\
    Every verb of [the language](scripts.md) that may stand at the prompt, and words of its own, from \
    the table\nin `src/app/session/own.rs`. `Tab` completes both, `:help WORD` explains both.\n\n\
    | line | does |\n|---|---|\n";

const MOUSE: &str = "\n## Mouse\n\n\
    Click selects (server, cell, packet, event, client, link), in packet mode too; double click \
    inspects; in link\nmode a second click on a link cuts or mends it; the wheel scrolls the pane under it, and on the timeline does what `<` and `>` do; \
    keys in the footer can be\npressed. `--no-mouse` leaves the terminal's own selection alone.\n";

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn the_keys_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, keys()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page == keys(), "docs/keys.md is old: run UPDATE_DOCS=1 cargo test keys");
    }
}
