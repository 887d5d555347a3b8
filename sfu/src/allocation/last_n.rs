//! Last-N: pictures of a few only.

use std::cmp::Reverse;

use super::Source;

/// Leaves `last_n` of the sources that are wanted: those on stage first, then by priority, then whose publisher spoke
/// last, then the lowest id. The others are given the height 0. Sources that aren't wanted don't count, nor those with
/// nothing on offer: a camera that is off takes nobody's place.
///
/// `order` is room to work in.
pub fn apply_last_n<Id: Copy + Ord>(last_n: u16, sources: &mut [Source<'_, Id>], order: &mut Vec<usize>) {
    order.clear();
    let counts = |source: &Source<'_, Id>| source.max_height > 0 && source.layers.iter().any(|o| o.active);
    order.extend((0..sources.len()).filter(|index| counts(&sources[*index])));
    order.sort_unstable_by_key(|&index| {
        let source = &sources[index];
        (Reverse(source.on_stage), Reverse(source.priority), source.recency, source.id)
    });
    for &index in order.iter().skip(usize::from(last_n)) {
        sources[index].max_height = 0;
        sources[index].beyond_last_n = Some(last_n);
    }
}
