//! A link is a scene: the script, and the moment at which it opens, in the part of an address after
//! `#`, which browsers keep to themselves.
//!
//! `https://example.org/raftlab.html#at=beat%203&lab=1.7.eNpT…`: the form of the link, the
//! [`ENGINE`] with which it was made, and name and text of the script, compressed (zlib) and in the
//! letters that every mail and chat leaves alone (base64url). The script stands last, and zlib ends with
//! a sum of it all, so a link that was cut short anywhere is known to be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as LETTERS;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use qrcode::{Color, EcLevel, QrCode};

use super::moment::Moment;
use crate::cluster::command::BYTES_MAX;
use crate::cluster::digest::ENGINE;
use crate::cluster::plain::quoted;

/// The form of the links that are made.
const FORM: &str = "1";
/// The longest link: longer ones are cut by mail, chat and some servers.
pub const LENGTH_MAX: usize = 8_000;
/// The longest address of a page, and the longest name of a script in a link.
const BASE_MAX: usize = 1_000;
const NAME_MAX: usize = 200;

/// What a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    pub name: String,
    pub text: String,
    /// A [`Moment`] in words, or nothing.
    pub at: String,
}

/// The address of a page, as a person wrote it.
///
/// # Errors
/// When it is none that a script could be added to.
pub fn base(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected the address of the page, as https://example.org/raftlab.html";
    // Schemes have no case (RFC 3986, 3.1).
    let known = text.split_once("://").is_some_and(|(scheme, rest)| {
        let scheme = scheme.to_ascii_lowercase();
        matches!(&scheme[..], "https" | "http" | "file") && !rest.is_empty()
    });
    let usual = |letter: char| letter.is_ascii_graphic() && !"#<>\"'`\\".contains(letter);
    if known && !text.is_ascii() {
        return Err("an address has letters of ASCII alone: copied from a browser it has others \
                    spelled out (xn--mnchen-3ya.de for münchen.de, %C3%BC for ü behind the host)"
            .to_owned());
    }
    if known && text.len() <= BASE_MAX && text.chars().all(usual) {
        Ok(text.to_owned())
    } else {
        Err(format!("{EXPECTED}, without # and of {BASE_MAX} characters at most"))
    }
}

impl Scene {
    /// The link to this scene on the page at `base`.
    ///
    /// # Errors
    /// When it would be too long.
    pub fn link(&self, base: &str) -> Result<String, String> {
        let name: String =
            self.name.chars().filter(|letter| *letter != '\n').take(NAME_MAX).collect();
        let packed = compress_to_vec_zlib(format!("{name}\n{}", self.text).as_bytes(), 10);
        let at = match self.at.trim() {
            "" => String::new(),
            at => format!("at={}&", escaped(at)),
        };
        let link = format!("{base}#{at}lab={FORM}.{ENGINE}.{}", LETTERS.encode(packed));
        if link.len() > LENGTH_MAX {
            return Err(format!(
                "the link would have {} characters, and more than {LENGTH_MAX} are cut on their way: \
                 hand out one file instead (raftlab page)",
                link.len()
            ));
        }
        Ok(link)
    }

    /// What the part of a link after `#` names, and what has to be said of it.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn of_link(fragment: &str) -> Result<(Self, Option<String>), String> {
        let (mut at, mut lab) = (String::new(), None);
        for part in fragment.trim_start_matches('#').split('&') {
            match part.split_once('=') {
                Some(("at", moment)) => at = unescaped(moment).ok_or(CUT)?,
                Some(("lab", scene)) => lab = Some(scene),
                // What others add to links on their way.
                _ => {}
            }
        }
        let lab = lab.ok_or("this link names no scene: what stands after # has no `lab=`")?;
        let mut parts = lab.splitn(3, '.');
        let mut part = || parts.next().ok_or(CUT);
        let (form, engine, packed) = (part()?, part()?, part()?);
        if form != FORM {
            return Err(format!(
                "this link is of form {}, and this page reads form {FORM}: another version of \
                 raftlab has made it",
                quoted(form)
            ));
        }
        if packed.len() > 2 * LENGTH_MAX {
            return Err(format!("this link is longer than {LENGTH_MAX} characters"));
        }
        let engine: u32 = engine.parse().map_err(|_| CUT)?;
        let packed = LETTERS.decode(packed).map_err(|_| CUT)?;
        let most = BYTES_MAX + NAME_MAX * 4 + 1;
        let bytes = decompress_to_vec_zlib_with_limit(&packed, most).map_err(|_| CUT)?;
        let text = String::from_utf8(bytes).map_err(|_| CUT)?;
        let (name, text) = text.split_once('\n').ok_or(CUT)?;
        if !at.is_empty() {
            Moment::read(&at)?;
        }
        let other = (engine != ENGINE).then(|| {
            format!("this link was made with engine {engine}, and this is {ENGINE}: the run may be another")
        });
        Ok((Self { name: name.to_owned(), text: text.to_owned(), at }, other))
    }
}

/// What is wrong with most links that can't be read.
const CUT: &str = "this link was cut short or changed on its way: ask for the whole of it";

/// A text as it may stand in an address.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            // As people write it.
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A QR code in rows of half blocks, each two of its rows high, with its quiet margin. Blocks are what
/// is light, so on a dark screen it is as on paper. `None` for more than a code can hold.
pub fn code(link: &str) -> Option<Vec<String>> {
    const MARGIN: usize = 2;
    let code = QrCode::with_error_correction_level(link, EcLevel::L).ok()?;
    let (width, colours) = (code.width(), code.to_colors());
    let light = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < width);
        let dark = inside(x).zip(inside(y)).map(|(x, y)| colours[y * width + x] == Color::Dark);
        dark != Some(true)
    };
    let side = width + 2 * MARGIN;
    let sign = |x: usize, y: usize| match (light(x, y), y + 1 >= side || light(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let row = |y: usize| (0..side).map(|x| sign(x, y)).collect();
    Some((0..side).step_by(2).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(at: &str) -> Scene {
        let text =
            "cluster servers=5 seed=7\nuntil leader\nsay {leader} <b>&\"leads\" ü\n".to_owned();
        Scene { name: "stale.lab".to_owned(), text, at: at.to_owned() }
    }

    #[test]
    fn a_link_brings_the_scene_back_and_holds_only_what_every_mail_leaves_alone() {
        for at in ["", "beat 3", "leader = S2", "1.203441s+2", "mark a&b=c%"] {
            let link = scene(at).link("https://example.org/lab.html").expect("short");
            let plain =
                |letter: char| letter.is_ascii_alphanumeric() || ":/.-_#=&%".contains(letter);
            assert!(link.chars().all(plain), "{link}");
            let (_, fragment) = link.split_once('#').expect("a fragment");
            assert_eq!(Scene::of_link(fragment), Ok((scene(at), None)), "{link}");
        }
    }

    #[test]
    fn a_link_that_was_cut_or_changed_says_so() {
        let link = scene("beat 12").link("").expect("short");
        let fragment = &link[1..];
        for end in 0..fragment.len() {
            assert!(Scene::of_link(&fragment[..end]).is_err(), "cut after {end}: {fragment}");
        }
        for at in fragment.find("lab=").expect("a script") + 4..fragment.len() - 1 {
            let mut changed = fragment.to_owned().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let read = Scene::of_link(&String::from_utf8(changed).expect("letters"));
            assert!(read.is_err(), "changed at {at}: {read:?}");
        }
    }

    #[test]
    fn another_form_is_refused_and_another_engine_is_told() {
        let link = scene("").link("").expect("short");
        let form = link.replace("#lab=1.", "#lab=2.");
        assert!(Scene::of_link(&form).expect_err("another form").contains("form"));
        let engine = link.replace(&format!(".{ENGINE}."), &format!(".{}.", ENGINE + 1));
        let (_, told) = Scene::of_link(&engine).expect("a scene");
        assert!(told.expect("said").contains(&format!("engine {}", ENGINE + 1)));
    }

    #[test]
    fn what_is_too_long_is_refused_and_unpacks_to_no_more_than_a_script() {
        let mut number = 7_u32;
        let mut line = || {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("# {number}\n")
        };
        let text = (0..5_000).map(|_| line()).collect();
        let long = Scene { text, ..scene("") }.link("").expect_err("too long");
        assert!(long.contains("raftlab page"), "{long}");
        let bomb = compress_to_vec_zlib(&vec![b'#'; 50 * BYTES_MAX], 10);
        let link = format!("lab={FORM}.{ENGINE}.{}", LETTERS.encode(&bomb));
        assert!(Scene::of_link(&link).is_err());
    }

    #[test]
    fn only_addresses_of_pages_are_bases() {
        for good in [
            "https://a.org/x.html",
            "HTTPS://A.org",
            "http://10.0.0.7:8080/",
            "file:///home/a/raftlab.html",
        ] {
            assert_eq!(base(good), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "a.org",
            "https://",
            "://a.org",
            "javascript:alert(1)",
            "javascript://a.org/%0aalert(1)",
            "https://a.org/#x",
            "https://a b",
            "https://münchen.de/",
            "http://\u{7}",
        ] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_code_is_square_with_light_margins() {
        let code = code("https://example.org/raftlab.html").expect("room");
        let columns = code[0].chars().count();
        assert_eq!(code.len(), columns.div_ceil(2));
        assert!(code[0].chars().all(|sign| sign == '█'), "{code:#?}");
        assert!(code.iter().all(|row| row.starts_with("██") && row.ends_with("██")), "{code:#?}");
        assert_eq!(super::code(&"x".repeat(5_000)), None);
    }
}
