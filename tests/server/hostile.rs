//! Floods, slow and huge requests, other sites' pages: others are served all the same, and memory stays bounded.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use serde_json::json;
use tungstenite::Message;

use super::process::{Server, Session};

/// What a flood may add to the server's memory, bytes: buffers of the system's library, and some thousands of counters.
const GROWTH: u64 = 24 << 20;

/// Somebody can still join.
fn is_alive(server: &Server) -> Session {
    let mut session = server.session();
    assert_eq!(session.join("others")["type"], "joined");
    session
}

/// A datagram that begins as those of a protocol do, and goes on as nobody would.
fn datagram(kind: u64, number: u64, buffer: &mut [u8; 1_200]) -> &[u8] {
    // SplitMix64: cheap, and the same in each run.
    let mut state = number;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    };
    for chunk in buffer.chunks_mut(8) {
        chunk.copy_from_slice(&next().to_le_bytes()[..chunk.len()]);
    }
    let head: &[u8] = match kind {
        // A binding request with its cookie (RFC 8489 section 5).
        0 => &[0, 1, 0, 60, 0x21, 0x12, 0xa4, 0x42],
        // A handshake record with a ClientHello (RFC 6347 section 4.3.2).
        1 => &[22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 160, 1, 0, 0, 148],
        // RTP, RTCP, and nothing that there is.
        2 => &[0x80, 96],
        3 => &[0x80, 200],
        _ => &[255],
    };
    buffer[..head.len()].copy_from_slice(head);
    let len = match kind {
        0 => 80,
        1 => 173,
        _ => 40 + (next() % 1_160) as usize,
    };
    &buffer[..len]
}

#[test]
fn floods_at_the_media_port_are_counted_and_leave_nothing_behind() {
    let server = Server::start(&[]);
    let session = is_alive(&server);
    let sockets: Vec<UdpSocket> =
        (0..32).map(|_| UdpSocket::bind("127.0.0.1:0").expect("there is a port")).collect();
    let mut buffer = [0; 1_200];
    let mut flood = |from: u64, count: u64| {
        for number in from..from + count {
            let socket = &sockets[number as usize % sockets.len()];
            // What the system has no room for is lost, as on a line.
            let _ = socket.send_to(datagram(number % 5, number, &mut buffer), server.media);
        }
    };
    flood(0, 20_000);
    let warm = server.memory();
    flood(20_000, 200_000);
    let grown = server.memory().saturating_sub(warm);
    assert!(grown < GROWTH, "{grown} bytes");
    let received = server.metric("received_datagrams_total");
    assert!(received > 1_000, "the flood came through: {received}");
    let page = Server::http(server.admin, "GET", "/metrics", "");
    let dropped = |line: &str| line.starts_with("plenum_sfu_received_dropped_datagrams_total{");
    let dropped = page.lines().filter(|line| dropped(line)).filter_map(|line| line.rsplit(' ').next());
    let dropped: u64 = dropped.map(|count| count.parse::<u64>().expect("a number")).sum();
    assert!(dropped >= received, "{dropped} of {received} dropped, each for a reason");
    drop(is_alive(&server));
    drop(session);
}

#[test]
fn who_is_slow_with_a_request_is_not_waited_for() {
    let server = Server::start(&[]);
    let begun = Instant::now();
    let mut slow = TcpStream::connect(server.page).expect("the server listens");
    slow.write_all(b"GET / HT").expect("it reads");
    slow.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes a time-out");
    drop(is_alive(&server));
    // It may be told that it was too slow, and then there is nothing more.
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn one_address_has_so_many_connections_and_no_more() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_CONNECTIONS_PER_ADDRESS", "5")]);
    let mut sessions: Vec<Session> = (0..5).map(|_| server.session()).collect();
    assert_eq!(Server::http(server.page, "GET", "/", ""), "", "not even the page");
    assert_eq!(sessions[4].join("den")["type"], "joined", "who is in stays in");
    sessions.pop();
    let again = Instant::now() + Duration::from_secs(10);
    while Server::http(server.page, "GET", "/health", "").is_empty() {
        assert!(Instant::now() < again, "the place is free again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(server.metric("connections_refused_total") >= 1);
}

#[test]
fn who_says_too_much_is_listened_to_later() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_MESSAGES_PER_SECOND", "5")]);
    let mut session = server.session();
    let begun = Instant::now();
    for _ in 0..80 {
        session.say(&json!({ "type": "leave" }));
    }
    for _ in 0..80 {
        assert_eq!(session.hear().expect("an answer to each")["code"], "not_joined");
    }
    // 50 at once, 30 at five a second.
    let took = begun.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(30)).contains(&took), "{took:?}");
}

#[test]
fn huge_messages_and_other_sites_pages_are_refused() {
    let server = Server::start(&[]);
    let mut session = server.session();
    let huge = Message::Text("x".repeat(400 * 1024).into());
    // The server may have closed before all of it was sent.
    let _ = session.0.send(huge);
    assert!(session.hear().is_none_or(|answer| answer["type"] == "error"));
    let upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: https://evil.example\r\n";
    let answer = Server::http(server.page, "GET", "/ws", upgrade);
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let long = format!("X-Long: {}\r\n", "y".repeat(64 * 1024));
    let answer = Server::http(server.page, "GET", "/", &long);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    let mut offer = is_alive(&server);
    let sections = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(5_000);
    offer.say(&json!({ "type": "leave" }));
    offer.say(&json!({
        "type": "join", "version": 1, "conference": "den", "name": "eve", "offer": format!("v=0\r\n{sections}"),
    }));
    assert_eq!(offer.hear().expect("an answer")["code"], "sdp");
    drop(is_alive(&server));
}
