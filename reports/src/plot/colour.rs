//! Colours: a palette that colour-blind people can tell apart, on light and on dark ground.
//!
//! The hues are those of Okabe and Ito ("Color Universal Design", 2008). Ink and paper are left to the page, so that
//! one picture serves both of its themes.

/// A colour by its part in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// What text is written in: dark on light ground, light on dark.
    Ink,
    /// The ground itself.
    Paper,
    /// The same in both themes: red, green, blue.
    Rgb(u8, u8, u8),
}

/// A colour and how much it covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    /// Which colour.
    pub colour: Colour,
    /// 0 is invisible, 1 covers.
    pub opacity: f64,
}

impl Paint {
    /// `colour` that covers.
    pub const fn solid(colour: Colour) -> Self {
        Paint { colour, opacity: 1.0 }
    }

    /// `colour` that lets the ground through.
    pub const fn faint(colour: Colour, opacity: f64) -> Self {
        Paint { colour, opacity }
    }
}

/// Text.
pub(super) const INK: Paint = Paint::solid(Colour::Ink);
/// Text of second rank: units, ticks.
pub(super) const MUTED: Paint = Paint::faint(Colour::Ink, 0.72);
/// Grid lines.
pub(super) const GRID: Paint = Paint::faint(Colour::Ink, 0.13);
/// Frames and baselines.
pub(super) const FRAME: Paint = Paint::faint(Colour::Ink, 0.45);
/// The ground behind what isn't measured.
pub(super) const SHADE: Paint = Paint::faint(Colour::Ink, 0.06);

/// Blue.
pub(super) const BLUE: Colour = Colour::Rgb(0x00, 0x7a, 0xc0);
/// Sky blue.
pub(super) const SKY: Colour = Colour::Rgb(0x56, 0xb4, 0xe9);
/// Orange.
pub(super) const ORANGE: Colour = Colour::Rgb(0xe6, 0x9f, 0x00);
/// Vermilion: what is wrong.
pub(super) const VERMILION: Colour = Colour::Rgb(0xd5, 0x5e, 0x00);
/// Bluish green.
pub(super) const GREEN: Colour = Colour::Rgb(0x00, 0x9e, 0x73);
/// Reddish purple.
pub(super) const PURPLE: Colour = Colour::Rgb(0xcc, 0x79, 0xa7);
/// Grey of middle lightness.
pub(super) const GREY: Colour = Colour::Rgb(0x8a, 0x8f, 0x98);
/// Yellow, pale enough to need a neighbour.
pub(super) const YELLOW: Colour = Colour::Rgb(0xd8, 0xc8, 0x2a);
/// Dark teal.
pub(super) const TEAL: Colour = Colour::Rgb(0x1b, 0x6e, 0x7a);
/// Indigo.
pub(super) const INDIGO: Colour = Colour::Rgb(0x5b, 0x5f, 0xc7);

/// Colours for things without an order, the most different first.
pub(super) const SERIES: [Colour; 6] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY];

/// `colour` mixed with white (`share` above 0) or black (below): shades of one hue for the parts of one stage.
pub(super) fn shade(colour: Colour, share: f64) -> Colour {
    let Colour::Rgb(red, green, blue) = colour else { return colour };
    let towards = if share > 0.0 { 255.0 } else { 0.0 };
    let mix = |part: u8| {
        let part = f64::from(part);
        (part + (towards - part) * share.abs().min(1.0)).round() as u8
    };
    Colour::Rgb(mix(red), mix(green), mix(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_to_white_and_to_black() {
        let grey = Colour::Rgb(100, 100, 100);
        for (share, part) in [(0.0, 100), (0.5, 178), (1.0, 255), (-0.5, 50), (-1.0, 0)] {
            assert_eq!(shade(grey, share), Colour::Rgb(part, part, part), "{share}");
        }
        assert_eq!(shade(Colour::Ink, 0.5), Colour::Ink);
    }

    /// Relative luminance as WCAG 2.2 defines it, and from it the contrast of two colours.
    fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { libm::pow((part + 0.055) / 1.055, 2.4) }
        };
        let luminance =
            |(r, g, b): (u8, u8, u8)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_hue_stands_out_on_both_grounds() {
        for colour in [BLUE, SKY, ORANGE, VERMILION, GREEN, PURPLE, GREY, INDIGO] {
            let Colour::Rgb(r, g, b) = colour else { panic!("{colour:?} is no hue") };
            assert!(contrast((r, g, b), (255, 255, 255)) > 2.0, "{colour:?} on white");
            assert!(contrast((r, g, b), (0x16, 0x19, 0x1d)) > 3.0, "{colour:?} on dark");
        }
    }
}
