//! AV1 payloads, read whole and element by element, and written anew. Input: a payload.

use sfu::codec::av1::{AggregationHeader, Av1Descriptor, ObuHeader, elements, write_element_length};

pub(super) fn run(data: &[u8]) {
    let read: Result<Vec<&[u8]>, _> = elements(data).collect();
    let Ok(descriptor) = Av1Descriptor::parse(data) else { return };
    let read = read.expect("a payload that was read has sound elements");
    assert!(!read.is_empty() && read.iter().map(|element| element.len()).sum::<usize>() < data.len());
    assert!(
        descriptor.aggregation.elements == 0 || read.len() == usize::from(descriptor.aggregation.elements)
    );
    let continued = usize::from(descriptor.aggregation.continues);
    for obu in read.iter().skip(continued).filter(|obu| !obu.is_empty()) {
        let header = ObuHeader::parse(obu).expect("sound");
        let mut out = [0; 2];
        let len = header.write(&mut out);
        assert_eq!(ObuHeader::parse(&out[..len]), Ok(header));
    }
    // The same elements with a length each read as the same.
    let mut anew = vec![AggregationHeader { elements: 0, ..descriptor.aggregation }.to_byte()];
    for element in &read {
        let mut length = [0; 5];
        let len = write_element_length(element.len(), &mut length);
        anew.extend_from_slice(&length[..len]);
        anew.extend_from_slice(element);
    }
    let again = Av1Descriptor::parse(&anew).expect("what is written reads back");
    assert_eq!((again.has_sequence_header, again.layer), (descriptor.has_sequence_header, descriptor.layer));
    assert!(elements(&anew).map(|element| element.expect("sound")).eq(read));
}
