//! The library itself, without our seam around it, as the peer: what we rewrite another implementation reads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtc_sctp::{
    ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Event, Payload as Contents,
    PayloadProtocolIdentifier, StreamEvent,
};
use rtc_shared::TransportProtocol;

use crate::Time;
use crate::data::{Association, AssociationEvent, AssociationSeed, Payload, Side};
use crate::transport::dtls::opaque_instant;

#[test]
fn talks_to_the_bare_library_both_ways_and_closes_streams_with_it() {
    let address: SocketAddr = "127.0.0.1:5000".parse().expect("an address");
    let config = Arc::new(EndpointConfig::new());
    let mut endpoint = Endpoint::new(address, TransportProtocol::UDP, config, None);
    let mut now = Time::from_secs(1);
    let client = ClientConfig::default();
    let (_, mut bare) = endpoint.connect(opaque_instant(now), client, address).expect("a free place");
    // Numbers far from the wrap, which the bare library doesn't survive where overflow is checked.
    let mut ours = Association::new(Side::Accept, AssociationSeed::from_bytes(&[2; AssociationSeed::LEN]));
    let (mut at_ours, mut at_bare, mut resets) = (Vec::new(), Vec::new(), 0);
    let message = Bytes::from(vec![9; 50_000]);
    let mut written = false;
    for step in 0..400 {
        now += Duration::from_millis(20);
        bare.handle_timeout(opaque_instant(now));
        ours.handle_timeout(now);
        while let Some(transmit) = bare.poll_transmit(opaque_instant(now)) {
            let Contents::RawEncode(packets) = transmit.message else { continue };
            packets.iter().for_each(|packet| ours.handle(now, packet).expect("honest packets are taken"));
        }
        while let Some(packet) = ours.poll_transmit() {
            let handled = endpoint.handle(opaque_instant(now), address, None, packet);
            let (_, DatagramEvent::AssociationEvent(event)) = handled.expect("our tags are the peer's")
            else {
                panic!("nobody asked for a second association");
            };
            bare.handle_event(event);
        }
        while let Some(event) = bare.poll() {
            if let Event::Stream(StreamEvent::Readable { id }) = event {
                let mut stream = bare.stream(id).expect("it is readable");
                while let Ok(Some(chunks)) = stream.read_sctp() {
                    at_bare.push(chunks.to_payload(1 << 20).expect("short enough").freeze());
                }
            }
        }
        while let Some(event) = ours.poll_event() {
            match event {
                AssociationEvent::Message { data, .. } => at_ours.push(data),
                AssociationEvent::Reset { .. } => resets += 1,
                _ => {}
            }
        }
        if ours.is_established() && !written {
            written = true;
            let mut stream = bare.open_stream(0, PayloadProtocolIdentifier::Binary).expect("free");
            stream.write(opaque_instant(now), &message).expect("writable");
        }
        if at_ours.len() == 1 && at_bare.is_empty() && step % 50 == 0 {
            assert!(ours.send(now, 0, Payload::Binary, &message));
        }
        if step == 300 {
            bare.stream(0).expect("open").close(opaque_instant(now)).expect("established");
        }
    }
    assert_eq!(at_ours, std::slice::from_ref(&message));
    assert_eq!(at_bare.first(), Some(&message));
    assert_eq!(resets, 1);
}
