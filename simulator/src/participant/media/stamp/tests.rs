use std::time::Duration;

use proptest::prelude::*;
use sfu::Time;

use super::*;

fn video() -> VideoStamp {
    VideoStamp {
        publisher: 513,
        source: 2,
        encoding: 1,
        spatial: 2,
        temporal: 2,
        key: true,
        frame: 70_000,
        index: 3,
        count: 9,
        ordinal: 1_000_000,
        captured: Time::from_nanos(0x0102_0304_0506_0708),
        encode: Duration::from_micros(7_500),
        width: 1280,
        height: 720,
        references: [1, 4, 0],
    }
}

fn audio() -> AudioStamp {
    AudioStamp {
        publisher: 7,
        source: 1,
        voiced: true,
        ordinal: 99,
        captured: Time::from_millis(1234),
        encode: Duration::from_millis(21),
    }
}

#[test]
fn both_stamps_read_back_what_they_wrote() {
    let mut out = [0; VideoStamp::LEN];
    video().write(&mut out);
    assert_eq!(VideoStamp::read(&out), Ok(video()));
    assert_eq!(video().encoded(), video().captured + Duration::from_micros(7_500));
    let mut out = [0; AudioStamp::LEN];
    audio().write(&mut out);
    assert_eq!(AudioStamp::read(&out), Ok(audio()));
}

#[test]
fn stamps_fit_their_budgets() {
    const { assert!(VideoStamp::LEN <= 40 && AudioStamp::LEN <= 24) }
}

#[test]
fn one_kind_is_not_the_other() {
    let mut out = [0; 64];
    audio().write(&mut out);
    assert_eq!(VideoStamp::read(&out), Err(StampError::Kind));
    assert_eq!(AudioStamp::read(&out[..22]), Err(StampError::Truncated));
}

proptest! {
    #[test]
    fn any_changed_byte_is_noticed(at in 0..VideoStamp::LEN, by in 1u8..255) {
        // Fletcher-16 works modulo 255: 0x00 and 0xff are the one pair that it can't tell apart.
        let mut out = [0; VideoStamp::LEN];
        video().write(&mut out);
        let before = out[at];
        out[at] = before.wrapping_add(by);
        prop_assume!(out[at] % 255 != before % 255);
        prop_assert!(VideoStamp::read(&out).is_err());
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = VideoStamp::read(&bytes);
        let _ = AudioStamp::read(&bytes);
    }
}
