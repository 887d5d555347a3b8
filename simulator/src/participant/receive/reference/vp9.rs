//! VP9 in non-flexible mode: libwebrtc's rules (`RtpVp9RefFinder`), applied in decode order.
//!
//! A picture's references follow from its id's place in the group of pictures that the last scalability structure
//! declared. So ids must not close over pictures that are left out.

use super::Decoded;
use super::vp8::ahead;
use crate::participant::receive::links::{Group, Vp9Links};

/// Picture ids have 15 bits (RFC 9628 section 4.2).
const ID_MASK: u16 = 0x7fff;
/// Spatial layers that three bits can name.
const LAYERS: usize = 8;

/// What the descriptors of the frames decoded so far said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vp9State {
    group: Group,
    /// The picture that the group starts with.
    start: u16,
    /// The last picture decoded, and its TL0PICIDX.
    last: u16,
    tl0: u8,
    /// The pictures decoded of each spatial layer, back from the last.
    layers: [Decoded; LAYERS],
}

impl Vp9State {
    /// Begins with the base layer of a key picture; `None` without a scalability structure.
    pub(super) fn key(links: &Vp9Links) -> Option<Vp9State> {
        let mut layers = [Decoded::default(); LAYERS];
        layers[0] = Decoded::ONE;
        let (last, tl0) = (links.picture_id, links.tl0);
        Some(Vp9State { group: links.group?, start: last, last, tl0, layers })
    }

    /// Whether the frame may be decoded.
    pub(super) fn allows(&self, links: &Vp9Links) -> bool {
        let same_picture = links.picture_id == self.last;
        let Some(step) = ahead(links.picture_id, self.last, ID_MASK).or(same_picture.then_some(0)) else {
            return false;
        };
        let base = if links.temporal == 0 && step > 0 { self.tl0.wrapping_add(1) } else { self.tl0 };
        if links.tl0 != base {
            return false;
        }
        let layer = usize::from(links.spatial);
        let below = !links.inter_layer || (step == 0 && layer > 0 && self.layers[layer - 1].contains(0));
        below && (!links.inter_picture || self.has_references(links, step))
    }

    fn has_references(&self, links: &Vp9Links, step: u32) -> bool {
        let place = u32::from(links.picture_id.wrapping_sub(self.start) & ID_MASK);
        let (temporal, diffs) = self.group.picture(place);
        let decoded = &self.layers[usize::from(links.spatial)];
        diffs.iter().filter(|&&diff| diff != 0).map(|&diff| u32::from(diff)).all(|diff| {
            // No picture of a lower temporal layer between the two may be missing: it might have been the point at
            // which to step up.
            let gap_free = (1..diff.min(place + 1)).all(|back| {
                let lower = self.group.picture(place - back).0 < temporal;
                !lower || back.checked_sub(step).is_some_and(|back| self.has_picture(back))
            });
            gap_free && diff.checked_sub(step).is_some_and(|back| decoded.contains(back))
        })
    }

    fn has_picture(&self, back: u32) -> bool {
        self.layers.iter().any(|layer| layer.contains(back))
    }

    /// Takes note that the frame was decoded.
    pub(super) fn decoded(&mut self, links: &Vp9Links) {
        let step = u32::from(links.picture_id.wrapping_sub(self.last) & ID_MASK);
        if step > 0 {
            self.layers.iter_mut().for_each(|layer| layer.shift(step));
        }
        self.layers[usize::from(links.spatial)].mark();
        (self.last, self.tl0) = (links.picture_id, links.tl0);
        if let Some(group) = links.group.filter(|_| links.temporal == 0) {
            (self.group, self.start) = (group, links.picture_id);
        }
    }
}
