//! The one font: lays out text and draws it into PNGs. SVGs leave the choice of a font to whoever shows them.

use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

const FAMILY: &str = "plenum";
static FONT: &[u8] = include_bytes!("../../assets/DejaVuSansCondensed-subset.ttf");
static REGISTERED: OnceLock<()> = OnceLock::new();

/// Height from the lowest descender to the highest ascender per em: what the rasteriser calls the size of a font.
const HEIGHT: f64 = 1.164;
/// From the middle of the capitals down to the baseline, em.
pub(super) const HALF_CAPITAL: f64 = 0.36;

/// The font with an em of `size` pixels.
pub(super) fn font(size: f64) -> FontDesc<'static> {
    REGISTERED.get_or_init(|| {
        assert!(register_font(FAMILY, FontStyle::Normal, FONT).is_ok(), "the shipped font is a valid font");
    });
    FontDesc::new(FontFamily::Name(FAMILY), size * HEIGHT, FontStyle::Normal)
}

/// Where the rasteriser wants the top of text whose capitals are to be centred at zero: it lays the baseline half the
/// font's height below.
pub(super) fn above_baseline(size: f64) -> f64 {
    (HALF_CAPITAL - HEIGHT / 2.0) * size
}

/// The width of `text` at `size` units.
pub(super) fn width(text: &str, size: f64) -> f64 {
    // Measured large, since the measure is in whole pixels.
    let (width, _) = font(100.0).box_size(text).expect("the registered font lays out any text");
    f64::from(width) / 100.0 * size
}

/// `text`, cut with an ellipsis where it would be wider than `room`.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let short: String = kept.iter().chain(&['…']).collect();
        if width(&short, size) <= room {
            return short;
        }
    }
    "…".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_its_room() {
        assert_eq!(fitted("bob", 10.0, 100.0), "bob");
        let cut = fitted("a participant with a very long name", 10.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0) <= 60.0, "{cut}");
        assert_eq!(fitted("name", 10.0, 0.0), "…");
    }

    #[test]
    fn names_of_many_scripts_have_glyphs() {
        let missing = width("\u{e000}", 10.0);
        assert!(missing > 0.0, "a character without a glyph has the width of the replacement box");
        for name in ["Zoë", "Łukasz", "Дмитрий", "Ελένη", "Nguyễn", "≤ ≥ → ★ – …"]
        {
            assert!(width(name, 10.0) > 0.0, "{name}");
        }
    }
}
