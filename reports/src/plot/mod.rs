//! Pictures of a run, each as SVG and as PNG from one list of marks.
//!
//! A chart is plain data with a way to get it from a [`Recording`] and a way to draw it, so that the comparison of
//! several runs can draw the same charts from several recordings. Equal data gives equal bytes.

mod axis;
pub mod bandwidth;
mod colour;
pub mod comparison;
mod course;
pub mod delay_cdf;
pub mod dumbbell;
mod figure;
mod font;
pub mod freeze_raster;
pub mod grid_curves;
pub mod heat_map;
pub mod layer_strip;
mod panel;
mod picture;
mod png;
pub mod recovery;
mod svg;
pub mod timeline;
pub mod value_cdf;
pub mod waterfall;

pub use colour::{Colour, Paint};
pub use figure::{Figure, Table};
pub use picture::{Anchor, Mark, Picture, Point, Stroke};
pub use png::SCALE;

use crate::observation::LinkIndex;
use crate::recording::Recording;

/// Links that are shown over time: those that mattered most.
const LINKS: usize = 6;
/// Links that are shown even when none of them was busy.
const LINKS_ANYWAY: usize = 2;
/// A link that carried this share of its capacity, or lost a tenth as large a share of its packets, is worth a look
/// (★ our own choice).
const BUSY: f64 = 0.5;

/// All figures of one run, in the order in which a reader wants them.
pub fn all(recording: &Recording) -> Vec<Figure> {
    let mut figures = vec![
        freeze_raster::Raster::of(recording).figure(),
        delay_cdf::figure(&delay_cdf::of(recording)),
        waterfall::figure(&waterfall::of(recording)),
        layer_strip::Layers::of(recording).figure(),
    ];
    figures.extend(timelines(recording));
    figures.extend(recovery::figure(&recovery::of(recording)));
    figures.extend(bandwidth::Spending::of(recording).figures());
    figures
}

/// The links that mattered most over time, the one that mattered most first.
fn timelines(recording: &Recording) -> Vec<Figure> {
    let mut links: Vec<(LinkIndex, f64)> = recording
        .links()
        .filter_map(|(index, _)| Some((index, timeline::interest(recording, index)?)))
        .collect();
    links.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    links.truncate(LINKS);
    let busy = links.iter().filter(|(_, interest)| *interest >= BUSY).count();
    links.truncate(busy.max(LINKS_ANYWAY));
    let name = |index: LinkIndex| figure::file_name(&format!("link-{}", recording.cast().link(index).name));
    let mut names: Vec<String> = links.iter().map(|(index, _)| name(*index)).collect();
    figure::tell_apart(&mut names);
    let links = links.into_iter().zip(names);
    links.map(|((index, _), name)| timeline::Timeline::of(recording, index).figure(&name)).collect()
}

#[cfg(test)]
mod tests;
