//! What the world remembers of a datagram on the wire, next to its bytes: a slab with reused places.

use sfu::Time;

use crate::participant::sender::MediaTag;

/// What a datagram is, for the latency's parts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tag {
    /// A publisher's media packet on its way up.
    Up { publisher: u16, media: MediaTag },
    /// A forwarded packet on its way down.
    Down {
        /// When the first copy reached the SFU.
        received: Time,
        /// When the SFU first handed it on.
        first_sent: Time,
    },
}

/// The tags of the datagrams in flight; 0 stands for none.
#[derive(Debug, Default)]
pub(super) struct Tags {
    slots: Vec<Option<Tag>>,
    free: Vec<u32>,
}

impl Tags {
    /// Keeps `tag` until it is taken.
    pub(super) fn put(&mut self, tag: Tag) -> u32 {
        if let Some(place) = self.free.pop() {
            self.slots[place as usize - 1] = Some(tag);
            return place;
        }
        self.slots.push(Some(tag));
        u32::try_from(self.slots.len()).expect("fewer than 2^32 datagrams are in flight")
    }

    /// The tag at `place`, which stays.
    pub(super) fn peek(&self, place: u32) -> Option<Tag> {
        *self.slots.get(place.checked_sub(1)? as usize)?
    }

    /// Puts another tag in the place of the one at `place`.
    pub(super) fn replace(&mut self, place: u32, tag: Tag) {
        if let Some(slot) = place.checked_sub(1).and_then(|place| self.slots.get_mut(place as usize)) {
            *slot = Some(tag);
        }
    }

    /// Takes the tag at `place` out.
    pub(super) fn take(&mut self, place: u32) -> Option<Tag> {
        let slot = place.checked_sub(1)?;
        let tag = self.slots.get_mut(slot as usize)?.take();
        if tag.is_some() {
            self.free.push(place);
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_reused_and_taken_once() {
        let mut tags = Tags::default();
        let tag = Tag::Down { received: Time::ZERO, first_sent: Time::ZERO };
        let (a, b) = (tags.put(tag), tags.put(tag));
        assert_ne!(a, b);
        assert!(tags.take(a).is_some() && tags.take(a).is_none() && tags.take(0).is_none());
        assert_eq!(tags.put(tag), a);
    }
}
