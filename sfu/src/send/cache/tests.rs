//! Rows of galene's packet cache and str0m's RTX cache. The rows of mediasoup's retransmission buffer that
//! order packets by timestamp and refuse newer numbers with older timestamps have no counterpart: the
//! projection refuses such packets before they come here. Those of str0m's growing ring have none either:
//! ours takes its memory once, and evicts young packets when the bound on packets is met.

use proptest::prelude::*;

use super::*;

fn cache(packets: usize, bytes: usize, secs: u64) -> PacketCache {
    PacketCache::new(CacheLimits { packets, bytes, age: Duration::from_secs(secs) })
}

fn store(cache: &mut PacketCache, sequence: u64, ms: u64, payload: &[u8]) -> bool {
    let arrived = Time::from_millis(ms);
    let timestamp = sequence as u32 * 3000;
    let extension = FrameExtension::None;
    cache.insert(CachedPacket { sequence, timestamp, marker: sequence % 2 == 1, arrived, extension, payload })
}

#[test]
fn finds_what_was_stored() {
    let mut cache = cache(16, 1000, 1);
    assert!(store(&mut cache, 13, 0, b"thirteen") && store(&mut cache, 17, 1, b"seventeen"));
    let found = cache.get(Time::ZERO, 13).expect("13 was stored");
    assert_eq!((found.payload, found.marker, found.timestamp), (&b"thirteen"[..], true, 39_000));
    assert_eq!(cache.get(Time::ZERO, 17).expect("17 was stored").payload, b"seventeen");
    assert_eq!(cache.get(Time::ZERO, 42), None);
    // 29 takes the place of 13, and 13 doesn't take it back.
    assert!(store(&mut cache, 29, 2, b"x"));
    assert!(!store(&mut cache, 13, 3, b"thirteen"));
    assert_eq!(cache.get(Time::ZERO, 13), None);
    cache.flush();
    assert_eq!(cache.get(Time::ZERO, 17), None);
    assert!(store(&mut cache, 13, 3, b"thirteen"));
}

#[test]
fn an_extension_is_kept_with_its_packet() {
    let mut cache = cache(16, 30, 1);
    let packet = |sequence, extension| CachedPacket {
        sequence,
        timestamp: 0,
        marker: false,
        arrived: Time::ZERO,
        extension,
        payload: b"payload",
    };
    let kept = [
        packet(1, FrameExtension::Dependency(b"\x80\x00\x01")),
        packet(2, FrameExtension::Marking(b"\xc0")),
        packet(3, FrameExtension::None),
    ];
    assert!(kept.iter().all(|packet| cache.insert(*packet)));
    assert!(kept.iter().all(|packet| cache.get(Time::ZERO, packet.sequence) == Some(*packet)));
    // Its bytes count: three more don't fit beside all of these.
    assert!(cache.insert(packet(4, FrameExtension::Dependency(b"\x80\x00\x01"))));
    assert_eq!(cache.get(Time::ZERO, 1), None);
    // What no datagram holds isn't kept.
    assert!(!cache.insert(packet(5, FrameExtension::Marking(&[0; 256]))));
}

#[test]
fn bounds_packets_and_age() {
    let mut one = cache(1, 100, 3);
    assert!(store(&mut one, 1, 0, &[0; 8]) && store(&mut one, 2, 0, &[0; 8]));
    assert!(one.get(Time::ZERO, 1).is_none() && one.get(Time::ZERO, 2).is_some());
    let mut young = cache(400, 10_000, 1);
    for i in 1..=200 {
        store(&mut young, i, i * 10, &[0; 8]);
    }
    let now = Time::from_secs(2);
    let found = [99, 100, 200].map(|sequence| young.get(now, sequence).is_some());
    assert_eq!(found, [false, true, true]);
    let mut ring = cache(4, 100, 10);
    for (sequence, secs) in [(5, 0), (7, 2), (8, 3)] {
        store(&mut ring, sequence, secs * 1000, &[0; 8]);
    }
    let found = [5, 7, 8].map(|sequence| ring.get(Time::from_secs(13), sequence).is_some());
    assert_eq!(found, [false, false, true]);
}

#[test]
fn bounds_bytes() {
    let mut cache = cache(64, 100, 1);
    assert!(!store(&mut cache, 0, 0, &[0; 101]));
    for i in 1..=5 {
        assert!(store(&mut cache, i, 0, &[i as u8; 30]));
    }
    // Three payloads of 30 bytes, 10 skipped at the end, then two more over the first two.
    let found: Vec<u64> = (1..=5).filter(|i| cache.get(Time::ZERO, *i).is_some()).collect();
    assert_eq!(found, [3, 4, 5]);
    let mut none = PacketCache::new(CacheLimits { packets: 0, bytes: 0, age: Duration::ZERO });
    assert!(!store(&mut none, 1, 0, &[1]));
    assert_eq!(none.get(Time::ZERO, 1), None);
}

proptest! {
    #[test]
    fn never_returns_other_bytes(steps in proptest::collection::vec((0u64..300, 0usize..90), 1..300)) {
        let mut cache = cache(32, 256, 1);
        let fill = |sequence: u64, len: usize| vec![(sequence % 251) as u8; len];
        let mut lengths = std::collections::BTreeMap::new();
        for (sequence, len) in steps {
            if store(&mut cache, sequence, 0, &fill(sequence, len)) {
                lengths.insert(sequence, len);
                prop_assert!(cache.get(Time::ZERO, sequence).is_some());
            }
            let found = (0..300).filter_map(|s| cache.get(Time::ZERO, s));
            let mut bytes = 0;
            for packet in found {
                bytes += packet.payload.len();
                prop_assert_eq!(packet.payload, &fill(packet.sequence, lengths[&packet.sequence])[..]);
            }
            prop_assert!(bytes <= 256);
        }
    }
}
