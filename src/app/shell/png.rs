//! Pictures as their file's name wants them: SVG as it was drawn, or PNG (feature `png`, by resvg).

use std::borrow::Cow;
use std::path::Path;

use super::Mistake;

/// What is written into a file of this name: a picture, or another text as it is.
///
/// # Errors
/// For a PNG, in a program that makes none, or on a system without a font.
pub fn picture<'a>(path: &Path, text: &'a str) -> Result<Cow<'a, [u8]>, Mistake> {
    match path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png")) {
        true => png(text).map(Cow::Owned).map_err(Mistake::Usage),
        false => Ok(Cow::Borrowed(text.as_bytes())),
    }
}

#[cfg(not(feature = "png"))]
fn png(_: &str) -> Result<Vec<u8>, String> {
    Err("this raftlab draws no PNG: name the file .svg, or build raftlab with cargo install --path . \
         --locked --features png"
        .into())
}

/// Twice as large as the SVG: sharp on a slide.
#[cfg(feature = "png")]
fn png(svg: &str) -> Result<Vec<u8>, String> {
    use resvg::{tiny_skia, usvg};

    const SCALE: f32 = 2.0;
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_system_fonts();
    // What is called `monospace` is one of them: the crate takes it for a font that few systems have, and
    // leaves text out where that is missing.
    let first = fonts.faces().filter(|face| face.monospaced).find_map(|face| face.families.first());
    let Some((family, _)) = first.cloned() else {
        return Err("no font is installed that the text of a PNG could be drawn with".into());
    };
    fonts.set_monospace_family(family);
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size();
    let (width, height) = ((size.width() * SCALE) as u32, (size.height() * SCALE) as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or("the picture has no size")?;
    let scale = tiny_skia::Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"4\"/>";

    #[test]
    fn the_name_says_what_a_picture_becomes() {
        let svg = picture(Path::new("x.svg"), SVG).expect("as it is");
        assert_eq!(&*svg, SVG.as_bytes());
        let png = picture(Path::new("x.PNG"), SVG);
        match (png, cfg!(feature = "png")) {
            (Err(Mistake::Usage(why)), false) => assert!(why.contains("--features png"), "{why}"),
            (Ok(bytes), true) => assert_eq!(bytes[..4], *b"\x89PNG"),
            (Err(Mistake::Usage(why)), true) => assert!(why.contains("no font"), "{why}"),
            (other, feature) => panic!("{:?} with {feature}", other.map(|bytes| bytes.len())),
        }
    }

    /// Opened again, a picture is twice as large and has the colours and the letters that were drawn.
    #[cfg(feature = "png")]
    #[test]
    fn a_picture_holds_what_was_drawn() {
        use resvg::tiny_skia::Pixmap;

        let drawn = |text: &str| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"40\">\
                 <rect width=\"80\" height=\"40\" fill=\"#ff0000\"/>\
                 <text x=\"8\" y=\"30\" font-family=\"monospace\" font-size=\"20\" fill=\"#ffffff\">{text}</text></svg>"
            );
            png(&svg).map(|bytes| Pixmap::decode_png(&bytes).expect("a PNG"))
        };
        let Ok(written) = drawn("S1") else {
            eprintln!("skipped: no font is installed");
            return;
        };
        assert_eq!((written.width(), written.height()), (160, 80));
        let corner = written.pixel(0, 0).expect("a pixel");
        assert_eq!((corner.red(), corner.green(), corner.blue()), (255, 0, 0));
        let white =
            |picture: &Pixmap| picture.pixels().iter().filter(|pixel| pixel.green() > 200).count();
        assert!(white(&written) > 50, "letters");
        assert_eq!(white(&drawn("").expect("drawn")), 0);
    }
}
