//! `raftlab share`: a scene as a link and its QR code. `raftlab page`: a scene as one file, the lab
//! itself with its script in it.
//!
//! The page comes from `web/build.sh`. It lies in a folder, or in the program, if that was built with
//! the feature `web`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cli::{PageOptions, ShareOptions};
use super::files::{Files, Kind, Old, why_not};
use super::{Ending, Mistake, print};
use crate::app::address::{self, Scene};
use crate::app::session::{Moment, Session};
use crate::cluster::Implementation;
use crate::cluster::command::Script;
use crate::ui::theme::Theme;

/// What the page is called.
const PAGE: &str = "raftlab.html";
/// Where it is built.
const DIST: &str = "web/dist";
/// Where a script goes in it, as `web/build.sh` leaves it.
const PLACE: &str = "<!--scene-->";
/// What hosts Rafts of others, beside it, and where the page has its module.
const GUESTS: &str = "raftlab-guests.bin";
const MODULE: &str = "id=\"module\">";
/// Which build both are of: in a `meta` of the page, and in the first line of what hosts.
const BUILD: &str = "name=\"raftlab-build\" content=\"";
const HOSTS: &str = "raftlab-guests ";
/// The largest page that is taken for one.
const PAGE_MAX: u64 = 64 * 1024 * 1024;

#[cfg(feature = "web")]
const BUILT_IN: Option<&str> =
    Some(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/raftlab.html")));
#[cfg(not(feature = "web"))]
const BUILT_IN: Option<&str> = None;
#[cfg(feature = "web")]
const GUESTS_BUILT_IN: Option<&[u8]> =
    Some(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/raftlab-guests.bin")));
#[cfg(not(feature = "web"))]
const GUESTS_BUILT_IN: Option<&[u8]> = None;

/// Prints a link to a scene, and its code.
///
/// # Errors
/// For bad scripts, moments that never come, and links that would be too long.
pub fn link(options: &ShareOptions) -> Result<Ending, Mistake> {
    let Some(base) = &options.base else {
        return Err(Mistake::Usage(
            "where does the page lie? --base https://example.org/raftlab.html says it; web/build.sh \
             makes the page, and raftlab page makes one file of it and a script"
                .into(),
        ));
    };
    let (scene, script) = read(&mut Files::with_raft(&options.other)?, &options.file)?;
    if let Some(moment) = &options.at {
        session(&script).go_to(moment).map_err(|why| Mistake::Usage(format!("--at: {why}")))?;
    }
    let scene = Scene { at: options.at.as_ref().map_or_else(String::new, Moment::word), ..scene };
    let link = scene.link(base).map_err(Mistake::Usage)?;
    let mut text = String::new();
    let room = match io::stdout().is_terminal() {
        true => crossterm::terminal::size().map_or(usize::MAX, |(columns, _)| columns.into()),
        false => usize::MAX,
    };
    let columns = |rows: &[String]| rows.first().map_or(0, |row| row.chars().count());
    match address::code(&link) {
        Some(rows) if columns(&rows) > room => {
            let _ = writeln!(
                text,
                "(Its QR code is {} columns wide, and this terminal {room}: with smaller letters, or in \
                 a file, it is whole.)",
                columns(&rows)
            );
        }
        Some(rows) => {
            for row in rows {
                let row = if options.light { turned(&row) } else { row };
                let _ = writeln!(text, "{row}");
            }
        }
        None => text.push_str("(The link is too long for a QR code.)\n"),
    }
    print(&format!("{text}{link}\n"))
}

/// The same code where what is drawn is dark.
fn turned(row: &str) -> String {
    let other = |sign| match sign {
        '█' => ' ',
        '▀' => '▄',
        '▄' => '▀',
        _ => '█',
    };
    row.chars().map(other).collect()
}

/// Writes a page with a scene in it.
///
/// # Errors
/// For bad scripts, moments that never come, and when there is no page to write.
pub fn page(options: &PageOptions) -> Result<Ending, Mistake> {
    let mut files = Files::with_raft(&options.other)?;
    let (scene, script) = read(&mut files, &options.file)?;
    let page = template(options.web.as_deref(), script.config.raft.as_ref())?;
    let at = match &options.at {
        Some(moment) => {
            session(&script).go_to(moment).map_err(|why| Mistake::Usage(format!("--at: {why}")))?;
            moment.word()
        }
        // A script may have none.
        None if session(&script).go_to(&Moment::Beat(1)).is_ok() => Moment::Beat(1).word(),
        None => String::new(),
    };
    let old = Old::unless(options.force);
    let mut file = files.create(&options.out, old, Kind::Page)?;
    let text = filled(&page, &Scene { at, ..scene })?;
    file.write_all(text.as_bytes()).map_err(|error| file.unwritten(&error))?;
    file.complete()?;
    Ok(Ending::Well)
}

/// The page that a class opens to follow a session whose servers have this Raft.
pub fn for_audience(
    folder: Option<&Path>,
    raft: Option<&Implementation>,
) -> Result<String, Mistake> {
    let page = template(folder, raft)?;
    let (before, after) = parts(&page)?;
    Ok(format!("{before}{}{after}", said("audience", &true.into())))
}

/// What stands before and after the place of a scene.
fn parts(page: &str) -> Result<(&str, &str), Mistake> {
    let parts = page.split_once(PLACE).filter(|(_, after)| after.contains(MODULE));
    parts.ok_or_else(|| strange(PAGE))
}

/// The page with a scene in it, as a text that no browser takes for anything else.
fn filled(page: &str, scene: &Scene) -> Result<String, Mistake> {
    let (before, after) = parts(page)?;
    let json = serde_json::json!({ "name": scene.name, "text": scene.text, "at": scene.at });
    Ok(format!("{before}{}{after}", said("scene", &json)))
}

/// What the page is told, by this name.
fn said(id: &str, json: &serde_json::Value) -> String {
    // Within a string of JSON these stand for the same letters, and no tag begins.
    let json = json.to_string().replace('<', "\\u003c").replace('>', "\\u003e");
    format!("<script type=\"application/json\" id=\"{id}\">{json}</script>")
}

/// The page: from this folder, from the program, or from where it is built. If servers have a Raft of their
/// own, it has that and the module that hosts it.
fn template(folder: Option<&Path>, raft: Option<&Implementation>) -> Result<String, Mistake> {
    let page = match (folder, BUILT_IN) {
        (None, Some(page)) => page.to_owned(),
        (folder, _) => String::from_utf8_lossy(&built(folder, PAGE)?).into_owned(),
    };
    let Some(raft) = raft else { return Ok(page) };
    let hosts = match (folder, GUESTS_BUILT_IN) {
        (None, Some(hosts)) => Cow::Borrowed(hosts),
        (folder, _) => Cow::Owned(built(folder, GUESTS)?),
    };
    let module = fs::read(&*raft.file).map_err(|error| {
        Mistake::Usage(format!("can't read {}: {}", raft.file, why_not(&error)))
    })?;
    let name = Path::new(&*raft.file).file_name().unwrap_or_default().to_string_lossy();
    let guest = serde_json::json!({ "name": name, "raft": STANDARD.encode(module) });
    let (before, after) = parts(&page)?;
    let hosts = hosts_for(&page, &hosts)?;
    let old =
        after.split_once(MODULE).and_then(|(start, rest)| Some((start, rest.split_once('<')?.1)));
    let (start, rest) = old.ok_or_else(|| strange(PAGE))?;
    let hosts = STANDARD.encode(hosts);
    Ok(format!("{before}{}{PLACE}{start}{MODULE}{hosts}<{rest}", said("guest", &guest)))
}

/// The module that hosts Rafts of others, if it is of the same build as the page.
fn hosts_for<'a>(page: &str, hosts: &'a [u8]) -> Result<&'a [u8], Mistake> {
    let build = page.split_once(BUILD).and_then(|(_, rest)| rest.split_once('"'));
    let (build, _) = build.ok_or_else(|| strange(PAGE))?;
    let head = format!("{HOSTS}{build}\n");
    hosts.strip_prefix(head.as_bytes()).ok_or_else(|| {
        Mistake::Usage(format!(
            "{GUESTS} is not of the same build as {PAGE} beside it: web/build.sh makes both"
        ))
    })
}

/// What `web/build.sh` has made.
fn built(folder: Option<&Path>, name: &str) -> Result<Vec<u8>, Mistake> {
    let path = folder.unwrap_or(Path::new(DIST)).join(name);
    let read = match fs::metadata(&path) {
        // A pipe would be waited for, and a device may have no end.
        Ok(there) if !there.is_file() => Err("it is no regular file".to_owned()),
        Ok(there) if there.len() > PAGE_MAX => Err("it is too large".to_owned()),
        Ok(_) => fs::read(&path).map_err(|error| why_not(&error)),
        Err(error) => Err(why_not(&error)),
    };
    read.map_err(|why| {
        Mistake::Usage(format!(
            "can't read the page {}: {why}. web/build.sh in the folder of raftlab's source makes it, \
             --web DIR says where it is",
            path.display()
        ))
    })
}

fn strange(name: &str) -> Mistake {
    Mistake::Usage(format!("{name} is not what web/build.sh makes: build it again"))
}

/// A file as a scene and as a script.
///
/// # Errors
/// For a file that can't be read, and a bad script.
pub fn read(files: &mut Files, path: &Path) -> Result<(Scene, Script), Mistake> {
    let (script, text) = files.script_and_text(path)?;
    let scene = Scene { name: script.name.to_string(), text, at: String::new() };
    Ok((scene, script))
}

fn session(script: &Script) -> Session {
    let name = script.name.to_string();
    let mut session = Session::file(name.into(), script, (None, Vec::new()), Theme::default());
    // What was recorded has to be done again first; what then is refused, the moment refuses too.
    let _ = session.finish();
    session
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_says_is_a_text_in_the_page_and_nothing_more() {
        let hostile = "say </script><script>alert(1)</script><!--\n";
        let scene =
            Scene { name: "<img src=x>".to_owned(), text: hostile.to_owned(), at: String::new() };
        let built = "<p>before</p><!--scene--><p id=\"module\">after</p>";
        let page = filled(built, &scene).expect("a place");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(page.matches("</script").count(), 1, "{page}");
        assert!(!page.contains("<img") && !page.contains("<!--"), "{page}");
        let json =
            page.split_once("id=\"scene\">").and_then(|(_, rest)| rest.split_once("</script>"));
        let read: serde_json::Value = serde_json::from_str(json.expect("a scene").0).expect("JSON");
        assert_eq!(read["text"], hostile);
        for other in ["", "<p>another page</p>", "<p>cut short</p><!--scene--><script"] {
            assert!(filled(other, &scene).is_err(), "{other}");
        }
    }

    #[test]
    fn what_hosts_a_raft_is_of_the_same_build_as_the_page() {
        let page = format!("<meta {BUILD}77aa\">");
        let hosts = |bytes: &[u8]| hosts_for(&page, bytes).map(<[u8]>::to_vec);
        assert_eq!(hosts(b"raftlab-guests 77aa\n\x5d\0").ok(), Some(b"\x5d\0".to_vec()));
        for other in [&b""[..], b"\x1f\x8b", b"raftlab-guests 77ab\n\x5d", b"raftlab-guests 77aa"] {
            assert!(hosts(other).is_err(), "{other:?}");
        }
        assert!(hosts_for("<p>an old page</p>", b"raftlab-guests 77aa\n").is_err());
    }

    #[test]
    fn a_page_is_a_file_of_some_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join(PAGE);
        let why = || match built(Some(folder.path()), PAGE) {
            Err(Mistake::Usage(why)) => why,
            _ => panic!("that is no page"),
        };
        assert!(why().contains("no such file"), "{}", why());
        fs::create_dir(&page).expect("a folder");
        assert!(why().contains("no regular file"), "{}", why());
        fs::remove_dir(&page).expect("a folder");
        #[cfg(unix)]
        {
            // Without an end.
            std::os::unix::fs::symlink("/dev/zero", &page).expect("a link");
            assert!(why().contains("no regular file"), "{}", why());
            fs::remove_file(&page).expect("a link");
        }
        fs::File::create(&page).and_then(|file| file.set_len(PAGE_MAX + 1)).expect("a file");
        assert!(why().contains("too large"), "{}", why());
    }
}
