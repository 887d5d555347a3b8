//! Flows over one real link, against closed forms.

mod bulk;
mod udp;

use std::net::SocketAddrV4;
use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use super::Flow;
use super::parcel::Parcel;
use crate::network::{Datagram, Ecn, Exit, Link, LinkConfig, LinkStreams, TrafficClass};
use crate::random::Seed;

fn link(config: LinkConfig) -> Link {
    Link::new(config, LinkStreams::new(Seed(7), "link/test"))
}

/// What came of a run, by flow.
#[derive(Clone, Debug, Default)]
struct Passed {
    /// Sizes on the wire of what was sent, with the times.
    sent: Vec<(Time, DataSize)>,
    /// Bytes on the wire that arrived.
    arrived: u64,
}

/// Sends the flows over the link until `end`; `see` is shown the flows after every event.
fn run(flows: &mut [Flow], link: &mut Link, end: Time, mut see: impl FnMut(Time, &[Flow])) -> Vec<Passed> {
    let mut passed = vec![Passed::default(); flows.len()];
    let any: SocketAddrV4 = "10.0.0.1:1".parse().expect("an address");
    loop {
        let due = flows.iter().filter_map(Flow::deadline).chain(link.next_event()).min();
        let Some(now) = due.filter(|&due| due <= end) else { return passed };
        while link.next_event().is_some_and(|at| at <= now)
            && let Some(exit) = link.poll(now)
        {
            let Exit::Arrived(delivered) = exit else { continue };
            let (flow, parcel) = Parcel::read(&delivered.datagram.bytes).expect("a parcel");
            flows[usize::from(flow)].arrived(now, &parcel);
            passed[usize::from(flow)].arrived += parcel.size.as_bytes();
        }
        for (index, flow) in flows.iter_mut().enumerate() {
            flow.handle_timeout(now);
            while let Some(parcel) = flow.poll(now) {
                passed[index].sent.push((now, parcel.size));
                let mut bytes = Vec::new();
                parcel.write(index as u16, &mut bytes);
                let (class, ecn) = (TrafficClass::Cross, Ecn::NotEct);
                let datagram = Datagram { from: any, to: any, bytes, class, tag: 0, ecn };
                // What a full queue drops is simply gone.
                let _ = link.enqueue(now, datagram);
            }
        }
        see(now, flows);
    }
}

fn span(from: Time, to: Time) -> f64 {
    to.since(from).as_secs_f64()
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn mbps(rate: u64) -> DataRate {
    DataRate::from_kbps(rate * 1_000)
}
