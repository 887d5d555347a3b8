use std::cell::RefCell;
use std::rc::Rc;

use super::*;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a socket address")
}

fn one_datagram(time: u64, from: &str, to: &str, size: u64) -> String {
    let mut digest = Digest::new();
    digest.datagram(Time::from_nanos(time), address(from), address(to), DataSize::from_bytes(size));
    digest.value()
}

#[test]
fn every_field_counts() {
    let base = one_datagram(1, "10.0.0.1:5000", "10.0.0.2:6000", 100);
    let others = [
        one_datagram(2, "10.0.0.1:5000", "10.0.0.2:6000", 100),
        one_datagram(1, "10.0.0.3:5000", "10.0.0.2:6000", 100),
        one_datagram(1, "10.0.0.1:5001", "10.0.0.2:6000", 100),
        one_datagram(1, "10.0.0.1:5000", "10.0.0.4:6000", 100),
        one_datagram(1, "10.0.0.1:5000", "10.0.0.2:6001", 100),
        one_datagram(1, "10.0.0.1:5000", "10.0.0.2:6000", 101),
        one_datagram(1, "[::1]:5000", "10.0.0.2:6000", 100),
    ];
    assert!(others.iter().all(|other| *other != base), "{others:?}");
    assert_eq!(one_datagram(1, "10.0.0.1:5000", "10.0.0.2:6000", 100), base);
}

#[test]
fn parts_of_an_event_do_not_run_together() {
    let value = |kind: &str, source: &str, content: &[u8]| {
        let mut digest = Digest::new();
        digest.event(Time::ZERO, kind, source, content);
        digest.value()
    };
    assert_ne!(value("ab", "c", b""), value("a", "bc", b""));
    assert_ne!(value("a", "b", b"c"), value("a", "bc", b""));
}

#[test]
fn known_value() {
    let mut digest = Digest::new();
    digest.datagram(
        Time::from_millis(5),
        address("10.0.0.1:5000"),
        address("[2001:db8::1]:6000"),
        DataSize::from_bytes(1250),
    );
    digest.event(Time::from_millis(6), "freeze", "alice/bob/cam", &[1, 2, 3]);
    assert_eq!(digest.events(), 2);
    assert_eq!(digest.value(), "19ec5cc4955d7a763c424b4df2eec437");
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn traced(sizes: &[u64]) -> (Vec<u8>, String) {
    let sink = Shared::default();
    let mut digest = Digest::with_trace(Box::new(sink.clone()));
    for (n, &size) in sizes.iter().enumerate() {
        let time = Time::from_millis(n as u64);
        let (from, to) = (address("10.0.0.1:5000"), address("10.0.0.2:6000"));
        digest.datagram(time, from, to, DataSize::from_bytes(size));
        digest.event(time, "key", "alice/cam", &[n as u8, 0xab]);
    }
    let value = digest.finish().expect("writing to memory");
    let text = sink.0.borrow().clone();
    (text, value)
}

#[test]
fn the_first_difference_is_found_by_event() {
    let (a, digest_a) = traced(&[100, 200, 300]);
    let (b, digest_b) = traced(&[100, 201, 300]);
    assert_ne!(digest_a, digest_b);
    let found = first_difference(&a[..], &b[..]).expect("readable").expect("they differ");
    assert_eq!(found.event, 3);
    assert_eq!(found.left.as_deref(), Some("1000000 datagram 10.0.0.1:5000 10.0.0.2:6000 200"));
    assert_eq!(found.right.as_deref(), Some("1000000 datagram 10.0.0.1:5000 10.0.0.2:6000 201"));
    let (shorter, _) = traced(&[100, 200]);
    let found = first_difference(&a[..], &shorter[..]).expect("readable").expect("they differ");
    assert_eq!((found.event, found.right), (5, None));
    assert_eq!(first_difference(&a[..], &a[..]).expect("readable"), None);
}

#[test]
fn a_trace_does_not_change_the_digest() {
    let (text, traced) = traced(&[100]);
    let mut plain = Digest::new();
    let (from, to) = (address("10.0.0.1:5000"), address("10.0.0.2:6000"));
    plain.datagram(Time::ZERO, from, to, DataSize::from_bytes(100));
    plain.event(Time::ZERO, "key", "alice/cam", &[0, 0xab]);
    assert_eq!(plain.value(), traced);
    assert!(text.ends_with(b"0 key alice/cam 00ab\n"));
}

#[test]
fn a_full_disk_is_reported() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut digest = Digest::with_trace(Box::new(Full));
    digest.event(Time::ZERO, "a", "b", b"");
    digest.event(Time::ZERO, "a", "b", b"");
    assert!(digest.finish().is_err());
}
