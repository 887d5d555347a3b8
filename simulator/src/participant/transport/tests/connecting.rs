use std::time::Duration;

use sfu::Time;
use sfu::transport::dtls::{DtlsEvent, Failure, Role, SrtpProfile};

use super::super::*;
use super::world::{Options, World};

fn is_dtls(event: &TransportEvent) -> bool {
    matches!(event, TransportEvent::DtlsConnected(_))
}

/// With 30 ms one way: check and answer 60 ms, nomination and answer by 120 ms; DTLS goes out with the
/// nomination and takes three round trips.
#[test]
fn a_client_connects_as_fast_as_a_browser() {
    for client_role in [Role::Client, Role::Server] {
        let mut world = World::new(Options { client_role, ..Options::default() });
        world.run_until(Time::from_secs(5), |_, _| true);
        assert_eq!(world.when(|event| *event == TransportEvent::IceConnected), Some(120), "{client_role:?}");
        let dtls = match client_role {
            Role::Client => 60 + 3 * 60,
            // The server starts when the nomination is there, and the client answers its last flight.
            Role::Server => 60 + 30 + 60 + 60 + 30,
        };
        assert_eq!(world.when(is_dtls), Some(dtls), "{client_role:?}");
        assert!(world.client.is_connected());
        assert!(world.events.iter().all(|(_, event)| !matches!(event, TransportEvent::Failed(_))));
        let connected = TransportEvent::DtlsConnected(SrtpProfile::AeadAes128Gcm);
        assert_eq!(world.events.iter().filter(|(_, event)| *event == connected).count(), 1);
    }
}

#[test]
fn checks_start_at_once_and_go_on_for_consent() {
    let mut world = World::new(Options::default());
    assert_eq!(world.client.deadline(), Some(Time::from_millis(50)));
    world.run_until(Time::from_secs(60), |_, _| true);
    let checks: Vec<(u64, bool)> =
        world.server.checks.iter().map(|(at, nominates)| (at.as_millis(), *nominates)).collect();
    assert_eq!(checks[..3], [(30, false), (80, false), (90, true)]);
    let consent: Vec<u64> = checks.iter().map(|(at, _)| *at).filter(|at| *at > 1_000).collect();
    assert!(consent.len() >= 22, "a check each 2.5 s: {consent:?}");
    assert!(consent.windows(2).all(|pair| pair[1] - pair[0] == 2_500), "{consent:?}");
    assert_eq!(world.when(|event| *event == TransportEvent::IceDisconnected), None);
}

#[test]
fn without_consent_the_transport_fails_after_30_s() {
    let mut world = World::new(Options::default());
    world.run_until(Time::from_secs(10), |_, _| true);
    world.run_until(Time::from_secs(60), |_, _| false);
    let disconnected = world.when(|event| *event == TransportEvent::IceDisconnected).expect("silence shows");
    let failed =
        world.when(|event| *event == TransportEvent::Failed(TransportFailure::Ice)).expect("consent ends");
    assert!((12_000..16_000).contains(&disconnected), "{disconnected}");
    assert!((38_000..41_000).contains(&failed), "{failed}");
    assert_eq!(world.client.deadline(), None);
    assert_eq!(world.client.send_rtp(&mut vec![0x80; 20]), Err(TransportError::NotConnected));
}

#[test]
fn long_and_lossy_paths_connect_too() {
    for (delay, k) in [(600, 0), (100, 3), (20, 3), (20, 4), (20, 5), (20, 7)] {
        let options = Options { delay: Duration::from_millis(delay), ..Options::default() };
        let mut world = World::new(options);
        let mut count = 0;
        world.run_until(Time::from_secs(40), |_, _| {
            count += 1;
            k == 0 || count % k != 0
        });
        assert!(world.when(is_dtls).is_some(), "delay {delay}, k {k}: {:?}", world.events);
    }
}

#[test]
fn a_wrong_fingerprint_is_refused_on_either_side() {
    for client_role in [Role::Client, Role::Server] {
        for wrong_fingerprint in [(true, false), (false, true)] {
            let mut world = World::new(Options { client_role, wrong_fingerprint, ..Options::default() });
            world.run_until(Time::from_secs(30), |_, _| true);
            let expected =
                if wrong_fingerprint.0 { Failure::FingerprintMismatch } else { Failure::PeerAlert };
            let failed = TransportEvent::Failed(TransportFailure::Dtls(expected));
            assert!(world.when(|event| *event == failed).is_some(), "{:?}", world.events);
            assert_eq!(world.when(is_dtls), None, "no keys for a stranger");
            assert!(world.server.srtp.is_none());
            assert!(matches!(world.server.events[..], [DtlsEvent::Failed(_)]), "{:?}", world.server.events);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_datagrams_in_time_and_size() {
    let run = |seed| {
        let mut world = World::new(Options { seed, ..Options::default() });
        world.run_until(Time::from_secs(20), |_, _| true);
        world.trace
    };
    for seed in 0..5 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

#[test]
fn closing_reaches_the_other_end() {
    let mut world = World::new(Options::default());
    world.run_until(Time::from_secs(5), |_, _| true);
    world.client.close(world.now);
    world.run_until(Time::from_secs(6), |_, _| true);
    assert!(matches!(world.server.events[..], [DtlsEvent::Connected(_), DtlsEvent::Closed]));
    assert!(!world.client.is_connected());
}
