//! The VP9 payload descriptor: read, rewritten in place, written anew. Input: numbers to write, then a payload.

use sfu::codec::vp9::{PictureId, Vp9Descriptor};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (picture, tl0) = (input.u16(), input.u8());
    let payload = input.rest();
    let Ok(descriptor) = Vp9Descriptor::parse(payload) else { return };
    assert!((1..=payload.len()).contains(&descriptor.len));

    let mut rewritten = payload.to_vec();
    let fits = descriptor.picture_id.is_some_and(|id| picture <= id.mask());
    assert_eq!(descriptor.rewrite_picture_id(&mut rewritten, picture).is_ok(), fits);
    let has_tl0 = descriptor.tl0_picture_index.is_some();
    assert_eq!(descriptor.rewrite_tl0_picture_index(&mut rewritten, tl0).is_ok(), has_tl0);
    assert_eq!(rewritten[descriptor.len..], payload[descriptor.len..], "the payload itself stays");

    let again = Vp9Descriptor::parse(&rewritten).expect("rewriting keeps the form");
    let mut expected = descriptor;
    if fits {
        expected.picture_id = expected.picture_id.map(|id| match id {
            PictureId::Short(_) => PictureId::Short(picture as u8),
            PictureId::Long(_) => PictureId::Long(picture),
        });
    }
    expected.tl0_picture_index = expected.tl0_picture_index.map(|_| tl0);
    assert_eq!(again, expected);

    let structure = descriptor.structure(payload);
    if let Some(structure) = structure {
        assert_eq!(structure, again.structure(&rewritten).expect("rewriting keeps the structure"));
        let group = structure.group.map_or(0, |group| group.iter().count());
        assert_eq!(group, structure.group.map_or(0, |group| group.len()));
    }
    let mut fresh = vec![0; payload.len() + 1];
    let len = descriptor.write(structure.as_ref(), &mut fresh);
    let read = Vp9Descriptor::parse(&fresh[..len]).expect("what is written reads back");
    assert_eq!(read, descriptor);
    assert_eq!(read.structure(&fresh), structure);
}
