use scenarios::units::Size;

use super::*;
use crate::network::{Ecn, TrafficClass};

fn datagram(tag: u32) -> Datagram {
    let any = "10.0.0.1:1".parse().expect("an address");
    Datagram { from: any, to: any, bytes: Vec::new(), class: TrafficClass::Video, tag, ecn: Ecn::NotEct }
}

fn made(receiver: u16, tag: u32) -> Made {
    Made { receiver: Some(receiver), datagram: datagram(tag) }
}

/// Two microseconds for a packet in, one for a packet out.
fn cpu(cores: u32, rooms: &[u16], socket_buffer: u64) -> Cpu {
    let model = Model {
        cores,
        per_packet_in: Duration::from_micros(2),
        per_packet_out: Duration::from_micros(1),
        socket_buffer: Size::from_bytes(socket_buffer),
    };
    Cpu::new(model, rooms, Time::ZERO)
}

fn read(cpu: &mut Cpu, at: u64) -> Option<u32> {
    cpu.take_read(Time::from_micros(at)).map(|datagram| datagram.tag)
}

fn departed(cpu: &mut Cpu, at: u64) -> Option<u32> {
    cpu.take_departed(Time::from_micros(at)).map(|made| made.datagram.tag)
}

#[test]
fn packets_wait_for_each_other_and_for_what_the_one_before_made() {
    let us = Time::from_micros;
    let mut cpu = cpu(1, &[0], 10_000);
    assert!(cpu.arrive(us(10), Some(0), datagram(1)).is_none());
    assert!(cpu.arrive(us(10), Some(0), datagram(2)).is_none());
    assert_eq!(cpu.deadline(), us(12));
    assert_eq!(read(&mut cpu, 11), None);
    assert_eq!(read(&mut cpu, 12), Some(1));
    cpu.depart(us(12), [11, 12, 13].map(|tag| made(0, tag)).into_iter());
    assert_eq!(cpu.deadline(), us(13));
    assert_eq!(departed(&mut cpu, 14), Some(11));
    assert_eq!(departed(&mut cpu, 14), Some(12));
    assert_eq!(departed(&mut cpu, 14), None);
    assert_eq!(departed(&mut cpu, 15), Some(13));
    assert_eq!(cpu.deadline(), us(17), "the second is read once the first is dealt with");
    assert_eq!(read(&mut cpu, 17), Some(2));
    let (busy, longest_wait) = (Duration::from_micros(2 + 3 + 2), Duration::from_micros(5));
    assert_eq!(cpu.used(), [WorkerUse { busy, dropped: 0, longest_wait }]);
}

#[test]
fn rooms_take_turns_with_the_cores_and_dont_wait_for_each_other() {
    let us = Time::from_micros;
    // Three rooms, two cores: the third room shares the first one's worker.
    let mut cpu = cpu(2, &[0, 1, 2], 10_000);
    for place in 0..3 {
        assert!(cpu.arrive(us(10), Some(place), datagram(u32::from(place))).is_none());
    }
    assert_eq!((read(&mut cpu, 12), read(&mut cpu, 12), read(&mut cpu, 12)), (Some(0), Some(1), None));
    cpu.depart(us(12), [made(1, 11), made(0, 10)].into_iter());
    assert_eq!((departed(&mut cpu, 13), departed(&mut cpu, 13)), (Some(10), Some(11)));
    assert_eq!(read(&mut cpu, 14), None, "it waits for what was made for the first room");
    assert_eq!(read(&mut cpu, 15), Some(2));
    assert_eq!(cpu.used().iter().map(|used| used.busy.as_micros()).collect::<Vec<_>>(), [5, 3]);
}

#[test]
fn cores_without_a_room_have_no_worker() {
    assert_eq!(cpu(8, &[0, 0, 1], 10_000).used().len(), 2);
    assert_eq!(cpu(1, &[], 10_000).used().len(), 1);
}

#[test]
fn a_full_socket_drops_and_counts_and_a_read_packet_makes_room() {
    let us = Time::from_micros;
    // The smallest packet takes 28 + 384 bytes, that is 512, and 256 beside.
    let mut cpu = cpu(1, &[0], 3 * 768);
    for tag in 1..=3 {
        assert!(cpu.arrive(us(10), Some(0), datagram(tag)).is_none());
    }
    assert_eq!(cpu.arrive(us(10), Some(0), datagram(4)).map(|refused| refused.tag), Some(4));
    assert_eq!(read(&mut cpu, 12), Some(1));
    assert!(cpu.arrive(us(12), Some(0), datagram(5)).is_none());
    assert_eq!(cpu.used()[0].dropped, 1);
}

#[test]
fn a_datagram_takes_as_much_of_the_buffer_as_linux_says() {
    for (payload, kept) in [(0, 768), (100, 768), (101, 1_280), (612, 1_280), (1_200, 2_304), (1_472, 2_304)]
    {
        assert_eq!(kept_by_system(payload), kept, "{payload}");
    }
}

#[test]
fn what_comes_before_the_measured_time_does_not_count() {
    let us = Time::from_micros;
    let mut cpu = Cpu::new(cpu(1, &[0], 768).model, &[0], us(100));
    assert!(cpu.arrive(us(10), Some(0), datagram(1)).is_none());
    assert!(cpu.arrive(us(10), Some(0), datagram(2)).is_some());
    assert_eq!(cpu.used(), [WorkerUse::default()]);
}
