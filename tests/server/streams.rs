//! Bad company at the media port over TCP: it is let go, others are served, and memory stays bounded.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::process::Server;

/// What connections may add to the server's memory, bytes: some kilobytes each.
const GROWTH: u64 = 24 << 20;

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.media).expect("the number is UDP's");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes a time-out");
    stream
}

/// Waits until the server has closed a connection; nothing was said before.
fn is_closed(mut stream: TcpStream) {
    let mut rest = Vec::new();
    // Closed or reset is the same to us.
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{rest:?}");
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_length_that_cannot_be_ends_the_connection_and_junk_is_counted() {
    let server = Server::start(&[]);
    let begun = Instant::now();
    for start in [&[0xff, 0xff][..], &[0x08, 0x01], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut stream = connect(&server);
        stream.write_all(start).expect("it reads");
        is_closed(stream);
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "not for want of use: {:?}", begun.elapsed());
    let before = server.metric("received_datagrams_total");
    let mut stream = connect(&server);
    // Empty ones, which say nothing; then one of each protocol's beginnings, cut as the system likes.
    let frames: Vec<u8> =
        [&[0, 0, 0, 0][..], &[0, 4, 0, 1, 0, 0], &[0, 3, 22, 254, 253], &[0, 2, 0x80, 96]].concat();
    for byte in frames.repeat(100) {
        stream.write_all(&[byte]).expect("it reads");
    }
    until("each frame is a datagram", || server.metric("received_datagrams_total") == before + 300);
    assert_eq!(server.metric("media_connections"), 1);
    drop(stream);
    until("it has gone", || server.metric("media_connections") == 0);
    assert_eq!(server.session().join("den")["type"], "joined");
}

#[test]
fn connections_of_no_use_are_let_go_and_cost_little() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_CONNECTIONS_PER_ADDRESS", "150")]);
    let quiet: Vec<TcpStream> = (0..50).map(|_| connect(&server)).collect();
    let mut loud: Vec<TcpStream> = (0..90).map(|_| connect(&server)).collect();
    until("they are there", || server.metric("media_connections") == 140);
    let warm = server.memory();
    let begun = Instant::now();
    // Half a frame of the longest kind, again and again whole ones that nobody knows, and never a valid check.
    let junk: Vec<u8> = [&[0x08, 0x00][..], &[0x80; 2_048], &[0x08, 0x00], &[0x80; 900]].concat();
    for round in 0..40 {
        loud.iter_mut().for_each(|stream| {
            let piece = if round % 2 == 0 { &junk[..] } else { &[0x80; 1_148][..] };
            // Whoever has been let go already hears nothing any more.
            let _ = stream.write_all(piece);
        });
    }
    let grown = server.memory().saturating_sub(warm);
    assert!(grown < GROWTH, "{grown} bytes");
    for stream in quiet {
        is_closed(stream);
    }
    let took = begun.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(40)).contains(&took), "{took:?}");
    until("nobody is left", || server.metric("media_connections") == 0);
    assert_eq!(server.session().join("den")["type"], "joined");
}

#[test]
fn one_address_has_so_many_media_connections_and_no_more() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_CONNECTIONS_PER_ADDRESS", "9")]);
    let streams: Vec<TcpStream> = (0..9).map(|_| connect(&server)).collect();
    until("they are there", || server.metric("media_connections") == 9);
    is_closed(connect(&server));
    assert!(server.metric("connections_refused_total") >= 1);
    drop(streams);
    until("they have gone", || server.metric("media_connections") == 0);
}

#[test]
fn without_tcp_there_is_none() {
    let server = Server::start(&[("PLENUM_SFU_MEDIA_TCP", "false")]);
    assert!(TcpStream::connect(server.media).is_err());
    let joined = server.session().join("den");
    assert!(!joined["answer"].as_str().expect("an answer").contains("tcptype"));
}
