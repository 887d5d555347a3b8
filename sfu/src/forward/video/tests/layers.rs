//! Spatial layers: what is left out of VP9 whose layers depend on each other in key pictures only, and what that does
//! to frames that come late.

use super::*;
use crate::forward::video::layered::{self, Mode};

/// The camera and the receiver of a stream, whose pictures have one packet a frame.
struct Stream {
    encoding: layered::Encoding,
    projection: VideoProjection,
}

impl Stream {
    fn new(mode: Mode) -> Self {
        let start = layered::Start { sequence: 70_000, timestamp: 9, ..layered::Start::default() };
        let projection = projection(Layer { encoding: 0, spatial: 2, temporal: 2 });
        Stream { encoding: layered::Encoding::new(mode, 0, start), projection }
    }

    fn picture(&mut self, key: bool) -> Vec<IngressVideo> {
        let picture = self.encoding.picture(key, Time::ZERO, || 1);
        picture.packets.iter().map(|sent| sent.packet).collect()
    }

    fn take(&mut self, packet: &IngressVideo) -> Result<u16, DropReason> {
        self.projection.project(packet).map(|out| out.sequence16())
    }

    /// Sends this many pictures; the spatial layers of the frames that go out.
    fn send(&mut self, pictures: usize, key: bool) -> Vec<u8> {
        let packets: Vec<_> = (0..pictures).flat_map(|n| self.picture(key && n == 0)).collect();
        let out = packets.iter().filter(|packet| self.take(packet).is_ok());
        out.map(|packet| packet.frame.spatial).collect()
    }
}

/// A random run with seed 17010623537133730518 showed it.
#[test]
fn a_frame_late_over_a_key_picture_stays_out_when_its_layer_was_left_out_before() {
    let mut s = Stream::new(Mode::Vp9Key);
    // That the stream is such shows with layer 1 of the first picture behind the key picture.
    assert_eq!(s.send(4, true), [0, 1, 2, 0, 2, 2, 2]);
    // The source has turned its upper layers off; what is left was left out before.
    assert!(!s.encoding.set_active(1));
    assert!(s.send(3, false).is_empty());
    assert_eq!(s.projection.wants_key_frame(), None, "it may be loss");
    let late = s.picture(false);
    assert_eq!(s.send(1, true), [0]);
    assert_eq!(s.take(&late[0]), Err(DropReason::SpatialLayer), "it refers to what was left out");
    assert_eq!(s.send(4, false), [0; 4]);
}

#[test]
fn a_frame_of_an_earlier_key_picture_says_nothing_of_the_layers_now() {
    let mut s = Stream::new(Mode::Vp9Key);
    let key = s.picture(true);
    assert!(key[..2].iter().all(|packet| s.take(packet).is_ok()));
    assert_eq!(s.send(3, false), [0, 1, 2, 1, 2, 1, 2]);
    s.encoding.set_active(1);
    assert_eq!(s.send(2, true), [0, 0]);
    // Layer 2 of the old key picture: it fills its hole, but there is no such layer any more.
    assert_eq!(s.take(&key[2]), Ok(103));
    assert_eq!(s.send(3, false), [0; 3]);
    assert_eq!(s.projection.wants_key_frame(), None);
}

#[test]
fn a_layer_that_comes_late_in_a_key_picture_counts_from_then_on() {
    let mut s = Stream::new(Mode::Vp9Key);
    let key = s.picture(true);
    assert!(key[..2].iter().all(|packet| s.take(packet).is_ok()));
    assert_eq!(s.send(2, false), [0, 1, 2, 1, 2]);
    assert_eq!(s.take(&key[2]), Ok(103));
    assert_eq!(s.send(2, false), [2, 2]);
}

#[test]
fn what_begins_to_depend_on_a_layer_left_out_waits_for_a_key_picture() {
    let mut s = Stream::new(Mode::Vp9Key);
    s.send(4, true);
    // The encoder lets layers depend on each other again, without a key picture.
    let mut picture = s.picture(false);
    for packet in &mut picture {
        packet.frame.inter_layer = packet.frame.spatial > 0;
        packet.frame.used_above = packet.frame.spatial < 2;
    }
    let refused = Err(DropReason::SpatialLayer);
    let out: Vec<_> = picture.iter().map(|packet| s.take(packet)).collect();
    assert_eq!(out[..2], [refused, refused]);
    assert!(out[2].is_err());
    assert_eq!(s.projection.wants_key_frame(), Some(0));
    assert_eq!(s.send(1, true), [0, 1, 2]);
    assert_eq!(s.projection.wants_key_frame(), None);
}

/// More is wanted, so that a layer that begins anew is let through: but one that was lost in one picture goes on in the
/// next, and that goes out without it.
#[test]
fn a_picture_after_a_lost_layer_goes_out_with_its_end() {
    let mut s = Stream::new(Mode::Vp9);
    s.projection.set_target(Some(Layer { encoding: 0, spatial: 0, temporal: 2 }));
    assert_eq!(s.send(2, true), [0, 0]);
    s.projection.set_target(Some(Layer { encoding: 0, spatial: 1, temporal: 2 }));
    assert_eq!(s.send(2, false), [0, 0]);
    let lossy = s.picture(false);
    assert!(s.take(&lossy[0]).is_ok());
    for _ in 0..2 {
        let picture = s.picture(false);
        let base = s.projection.project(&picture[0]).expect("the base layer goes out");
        assert!(base.marker);
        assert!(picture[1..].iter().all(|packet| s.take(packet).is_err()));
    }
}
