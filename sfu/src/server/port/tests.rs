use std::net::UdpSocket as Plain;
use std::time::Duration;

use super::*;
use crate::rtcp::Ecn;
use crate::sink::{PacketClass, Segment};
use crate::transport::Carrier;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn peer(text: &str) -> Plain {
    let socket = Plain::bind(address(text)).expect("there is a port");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket takes a time-out");
    socket
}

fn port(at: &[&str]) -> Port {
    let bound = Bound::bind(at.iter().map(|at| address(at))).expect("there are ports");
    assert_eq!(bound.addresses().len(), at.len());
    bound.open().expect("the runtime takes them")
}

fn both() -> Port {
    port(&["127.0.0.1:0", "[::1]:0"])
}

fn of(port: &Port, is_four: bool) -> SocketAddr {
    let socket = if is_four { &port.four } else { &port.six };
    socket.as_ref().expect("there is one").socket.local_addr().expect("it is bound")
}

/// Datagrams of these lengths, each with its own content.
fn datagrams(lengths: &[usize]) -> (Vec<u8>, Vec<Segment>) {
    let bytes = lengths.iter().enumerate().flat_map(|(n, len)| vec![n as u8; *len]).collect();
    let segment =
        |len: &usize| Segment { len: *len, class: PacketClass::Video, forwarded: None, ecn: Ecn::NotEct };
    (bytes, lengths.iter().map(segment).collect())
}

fn received(socket: &Plain, count: usize) -> Vec<(usize, u8)> {
    let mut buffer = [0; 2_000];
    let next = |_| socket.recv(&mut buffer).map(|len| (len, buffer[0])).expect("it came");
    (0..count).map(next).collect()
}

#[tokio::test]
async fn both_families_send_each_datagram_by_itself_in_few_calls() {
    let port = both();
    let lengths = [1_100, 1_100, 1_100, 300, 90, 1_400, 1_400];
    let (bytes, segments) = datagrams(&lengths);
    // The runtime learns of it when it looks for the first time.
    for socket in port.sockets() {
        socket.socket.writable().await.expect("the sockets are open");
    }
    let expected: Vec<(usize, u8)> = lengths.iter().zip(0..).map(|(len, n)| (*len, n)).collect();
    for at in ["127.0.0.1:0", "[::1]:0"] {
        let peer = peer(at);
        let to = peer.local_addr().expect("it is bound");
        let mut traffic = Traffic::default();
        port.send(
            &Transmit { from: to, to, carrier: Carrier::Udp, bytes: &bytes, segments: &segments },
            &mut traffic,
        );
        assert_eq!(received(&peer, lengths.len()), expected, "{at}");
        let Traffic { datagrams, bytes, calls, refused } = traffic;
        assert_eq!((datagrams, bytes, refused), (7, lengths.iter().sum::<usize>() as u64, 0));
        assert!(calls <= 7, "{calls}");
        // Where the system can, those of 1,100 and the shorter one behind them go in one.
        let most = if at.starts_with('[') { &port.six } else { &port.four };
        if most.as_ref().is_some_and(|socket| socket.state.max_gso_segments() > 1) {
            assert_eq!(calls, 4);
        }
    }
}

#[tokio::test]
async fn what_came_is_handed_on_with_its_source() {
    let port = both();
    let mut basket = Basket::default();
    for (at, is_four) in [("127.0.0.1:0", true), ("[::1]:0", false)] {
        let peer = peer(at);
        for n in 0..100_u8 {
            peer.send_to(&[n; 77], of(&port, is_four)).expect("loopback takes it");
        }
        let mut seen = Vec::new();
        while seen.len() < 100 {
            port.readable().await.expect("the sockets are open");
            port.read(&mut basket, |from, ecn, datagram| {
                assert_eq!(ecn, Ecn::NotEct);
                assert_eq!((from, datagram.len()), (peer.local_addr().expect("it is bound"), 77));
                seen.push(datagram[0]);
            });
        }
        assert_eq!(seen, (0..100).collect::<Vec<u8>>());
    }
}

#[tokio::test]
async fn what_goes_nowhere_is_counted_and_not_waited_for() {
    let port = port(&["127.0.0.1:0"]);
    let (bytes, segments) = datagrams(&[100, 100, 100]);
    let mut traffic = Traffic::default();
    let to = address("[::1]:9");
    port.send(
        &Transmit { from: to, to, carrier: Carrier::Udp, bytes: &bytes, segments: &segments },
        &mut traffic,
    );
    assert_eq!(traffic, Traffic { refused: 3, ..Traffic::default() });
}

#[tokio::test]
async fn marks_go_out_and_come_in() {
    for at in ["127.0.0.1:0", "[::1]:0"] {
        let (sender, receiver) = (port(&[at]), port(&[at]));
        for socket in sender.sockets() {
            socket.socket.writable().await.expect("the sockets are open");
        }
        let to = of(&receiver, at.starts_with('1'));
        // No two alike side by side, or they would come as one, without their mark.
        let marks = [Ecn::Ect1, Ecn::NotEct, Ecn::Ect1, Ecn::Ect0, Ecn::Ce];
        let (bytes, mut segments) = datagrams(&[200; 5]);
        segments.iter_mut().zip(marks).for_each(|(segment, ecn)| segment.ecn = ecn);
        let mut traffic = Traffic::default();
        let transmit = Transmit { from: to, to, carrier: Carrier::Udp, bytes: &bytes, segments: &segments };
        sender.send(&transmit, &mut traffic);
        assert_eq!((traffic.datagrams, traffic.refused), (5, 0));
        let (mut basket, mut seen) = (Basket::default(), Vec::new());
        while seen.len() < marks.len() {
            receiver.readable().await.expect("the sockets are open");
            receiver.read(&mut basket, |_, ecn, datagram| seen.push((datagram[0], ecn)));
        }
        assert_eq!(seen, (0..).zip(marks).collect::<Vec<(u8, Ecn)>>(), "{at}");
    }
}
