//! The VP8 payload descriptor: read, rewritten in place, written anew. Input: numbers to write, then a payload.

use sfu::codec::vp8::{PictureId, Vp8Descriptor};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (picture, tl0, key) = (input.u16(), input.u8(), input.u8());
    let payload = input.rest();
    let Ok(descriptor) = Vp8Descriptor::parse(payload) else { return };
    assert!((1..=6).contains(&descriptor.len) && descriptor.len <= payload.len());

    let mut rewritten = payload.to_vec();
    let fits = descriptor.picture_id.is_some_and(|id| picture <= id.mask());
    assert_eq!(descriptor.rewrite_picture_id(&mut rewritten, picture).is_ok(), fits);
    let has_tl0 = descriptor.tl0_picture_index.is_some();
    assert_eq!(descriptor.rewrite_tl0_picture_index(&mut rewritten, tl0).is_ok(), has_tl0);
    let has_key = descriptor.key_index.is_some() && key <= 31;
    assert_eq!(descriptor.rewrite_key_index(&mut rewritten, key).is_ok(), has_key);
    assert_eq!(rewritten[descriptor.len..], payload[descriptor.len..], "the payload itself stays");

    let again = Vp8Descriptor::parse(&rewritten).expect("rewriting keeps the structure");
    let mut expected = descriptor;
    if fits {
        expected.picture_id = expected.picture_id.map(|id| match id {
            PictureId::Short(_) => PictureId::Short(picture as u8),
            PictureId::Long(_) => PictureId::Long(picture),
        });
    }
    expected.tl0_picture_index = expected.tl0_picture_index.map(|_| tl0);
    expected.key_index = if has_key { Some(key) } else { expected.key_index };
    assert_eq!(again, expected);

    let mut fresh = [0; 6];
    let len = descriptor.write(&mut fresh);
    let read = Vp8Descriptor::parse(&fresh[..len]).expect("what is written reads back");
    assert_eq!(read.picture_id, descriptor.picture_id);
    assert_eq!(read.temporal_id, descriptor.temporal_id);
    assert_eq!(read.tl0_picture_index, descriptor.tl0_picture_index);
}
