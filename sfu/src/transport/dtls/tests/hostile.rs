use proptest::prelude::*;

use super::super::*;
use super::net::{CLIENT, Pair, SERVER, certificate, end};
use crate::Time;

const LONG: Duration = Duration::from_secs(120);

/// A record of the given type and epoch around `body`.
fn record(content_type: u8, epoch: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut record = vec![content_type, 0xfe, 0xfd];
    record.extend(epoch.to_be_bytes());
    record.extend([0, 0]);
    record.extend(sequence.to_be_bytes());
    record.extend((body.len() as u16).to_be_bytes());
    record.extend(body);
    record
}

/// A fragment of a handshake message, without the record header.
fn fragment(kind: u8, length: u32, sequence: u16, offset: u32, data: &[u8]) -> Vec<u8> {
    let mut fragment = vec![kind];
    fragment.extend(&length.to_be_bytes()[1..]);
    fragment.extend(sequence.to_be_bytes());
    fragment.extend(&offset.to_be_bytes()[1..]);
    fragment.extend(&(data.len() as u32).to_be_bytes()[1..]);
    fragment.extend(data);
    fragment
}

/// A server in the middle of a handshake: the client's two hellos are through.
fn server_in_handshake() -> Pair {
    let mut pair = Pair::new();
    let mut from_client = 0;
    pair.run(Duration::from_millis(100), |side, _| {
        from_client += usize::from(side == CLIENT);
        side == SERVER || from_client <= 2
    });
    pair
}

#[test]
fn floods_are_cut_off() {
    type Flood = fn(u32) -> Vec<u8>;
    let floods: [(&str, Flood); 4] = [
        ("early data", |n| record(23, 1, n, &[0; 1000])),
        ("early finished", |n| record(22, 1, n, &[0; 40])),
        ("fragments of far messages", |n| record(22, 0, n, &fragment(11, 9_000, n as u16, 0, &[0; 900]))),
        ("one-byte fragments", |n| record(22, 0, n, &fragment(11, 16_000, 2, n, &[0]))),
    ];
    for (name, flood) in floods {
        let mut pair = server_in_handshake();
        let results: Vec<_> = (100..3_000).map(|n| pair.ends[SERVER].handle(pair.now, &flood(n))).collect();
        let admitted: usize = results.iter().filter(|result| result.is_ok()).count();
        assert!(admitted <= 512, "{name}: {admitted} records");
        assert_eq!(results.last(), Some(&Err(DtlsError::Flood)), "{name}");
        assert!(pair.ends[SERVER].poll_transmit().is_none(), "{name}: nothing answers a flood");
    }
}

#[test]
fn an_idle_server_keeps_nothing_but_one_hello() {
    let certificate = certificate();
    let mut server = end(Role::Server, &certificate, certificate.fingerprint());
    let rows = [
        record(22, 0, 0, &fragment(1, 20_000, 0, 0, &[0; 1000])),
        record(22, 0, 0, &fragment(1, 5_000, 1, 0, &[0; 1000])),
        record(22, 0, 0, &fragment(11, 5_000, 0, 0, &[0; 1000])),
        record(22, 1, 0, &[0; 1000]),
        record(23, 1, 0, &[0; 1000]),
    ];
    for n in 0..2_000 {
        assert_eq!(
            server.handle(Time::from_millis(n), &rows[n as usize % rows.len()]),
            Err(DtlsError::Ignored)
        );
    }
    assert_eq!(server.deadline(), None);
    assert!(server.poll_transmit().is_none() && server.poll_event().is_none());
}

#[test]
fn what_is_not_authenticated_counts_no_more_once_connected() {
    let mut pair = Pair::new();
    pair.run(LONG, |_, _| true);
    let replays: Vec<(usize, Vec<u8>)> =
        pair.sent.iter().map(|(side, _, bytes)| (1 - side, bytes.clone())).collect();
    let forged = [record(21, 0, 900, &[2, 40]), record(21, 0, 901, &[1, 0]), record(20, 0, 902, &[1])];
    for (to, bytes) in replays
        .into_iter()
        .chain(forged.into_iter().flat_map(|bytes| [(CLIENT, bytes.clone()), (SERVER, bytes)]))
    {
        // A replayed Finished passes the rules and dies in the library's replay window.
        let _ = pair.ends[to].handle(pair.now, &bytes);
        assert!(pair.ends[to].is_connected());
        assert!(pair.ends[to].poll_transmit().is_none());
        assert!(pair.ends[to].poll_event().is_none());
    }
}

#[derive(Clone, Debug)]
struct Damage {
    /// Which datagram of the run, from either side.
    datagram: usize,
    at: prop::sample::Index,
    kind: u8,
    value: u8,
}

fn damage() -> impl Strategy<Value = Damage> {
    (0..12usize, any::<prop::sample::Index>(), 0..5u8, any::<u8>())
        .prop_map(|(datagram, at, kind, value)| Damage { datagram, at, kind, value })
}

impl Damage {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let at = self.at.index(bytes.len());
        let mut bytes = bytes.to_vec();
        match self.kind {
            0 => bytes[at] = self.value,
            1 => bytes.truncate(at),
            2 => bytes.insert(at, self.value),
            3 => bytes.extend_from_within(at..),
            _ => bytes[at..].fill(self.value),
        }
        bytes
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_datagrams_do_no_harm(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..20), kind in 20..24u8, epoch in 0..3u16) {
        let mut pair = server_in_handshake();
        for (index, bytes) in datagrams.iter().enumerate() {
            let _ = pair.ends[SERVER].handle(pair.now, bytes);
            let _ = pair.ends[SERVER].handle(pair.now, &record(kind, epoch, 50 + index as u32, bytes));
        }
    }

    /// A damaged copy goes in front of the datagram itself. Whatever comes of it, keys are never different
    /// on the two ends, and both ends come to an end.
    #[test]
    fn damaged_copies_never_split_the_keys(damages in prop::collection::vec(damage(), 1..4)) {
        let mut pair = Pair::new();
        let mut count = 0;
        let mut copies = Vec::new();
        pair.run(LONG, |side, bytes| {
            copies.extend(damages.iter().filter(|d| d.datagram == count).map(|d| (1 - side, d.apply(bytes))));
            count += 1;
            // Lost this time, so that the repeat meets an end that has seen the damaged copy.
            !damages.iter().any(|d| d.datagram + 1 == count)
        });
        let mut fresh = Pair::new();
        fresh.run(Duration::from_millis(50), |_, _| true);
        for (to, bytes) in &copies {
            let _ = fresh.ends[*to].handle(fresh.now, bytes);
            let _ = pair.ends[*to].handle(pair.now, bytes);
        }
        fresh.run(LONG, |_, _| true);
        for pair in [&pair, &fresh] {
            prop_assert_eq!(pair.ends.each_ref().map(Dtls::deadline), [None, None]);
            let connected = [CLIENT, SERVER].map(|side| pair.ends[side].is_connected());
            if connected == [true, true] {
                prop_assert_eq!(pair.keys(CLIENT), pair.keys(SERVER));
            }
        }
    }
}
