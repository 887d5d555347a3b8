//! Traffic of others on the lines.

use std::net::{Ipv4Addr, SocketAddrV4};

use reports::observation::LinkIndex;
use scenarios::FlowInstance;
use scenarios::model::{Files as ScenarioFiles, FilesStart, TcpWindow, TrafficKind};
use sfu::{DataRate, DataSize, Time};

use super::build_lines::schedule;
use super::{Event, World};
use crate::event_queue::{EventClass, EventQueue, NodeId, TimerId};
use crate::network::{Datagram, Ecn, TrafficClass};
use crate::random::{Seed, Stream};
use crate::traffic::Flow;
use crate::traffic::bulk::{Bulk, BulkConfig, Files, WindowKind};
use crate::traffic::parcel::Parcel;
use crate::traffic::udp::{Pattern, Udp, UdpConfig};
use crate::virtual_time::report_time;

/// Behind all participants in the order of events.
const NODE: NodeId = NodeId(u16::MAX);

/// A flow on its line.
pub(super) struct CrossFlow {
    flow: Flow,
    line: u16,
    timer: TimerId,
}

pub(super) fn build_flows(
    cast: &scenarios::Cast,
    seed: Seed,
    end: Time,
    queue: &mut EventQueue<Event>,
) -> Vec<CrossFlow> {
    let built = |(index, instance): (usize, &FlowInstance)| {
        let base = cast.links[instance.line.0].definition.delay.base;
        let flow = flow(instance, seed.stream(&instance.name), base, end);
        let timer = queue.add_timer(EventClass::Timer, NODE, Event::Flow(index as u16));
        queue.arm(timer, flow.deadline());
        CrossFlow { flow, line: instance.line.0 as u16, timer }
    };
    cast.traffic.iter().enumerate().map(built).collect()
}

fn flow(instance: &FlowInstance, stream: Stream, base: std::time::Duration, end: Time) -> Flow {
    let definition = &instance.definition;
    let from = Time::ZERO + definition.from;
    let until = definition.to.map_or(end, |to| Time::ZERO + to);
    let rate = |rate: &scenarios::Rate| DataRate::from_bps(rate.as_bps());
    let size = |size: &scenarios::Size| DataSize::from_bytes(size.as_bytes());
    let (pattern, packet) = match &definition.kind {
        TrafficKind::Cbr { rate, packet } => (Pattern::Constant(schedule(rate, DataRate::ZERO)), packet),
        TrafficKind::OnOff { rate: burst, busy, idle, packet } => {
            (Pattern::OnOff { rate: rate(burst), busy: *busy, idle: *idle }, packet)
        }
        TrafficKind::RandomWalk { rate: first, step, every, bounds: [least, most], packet } => {
            let bounds = (rate(least), rate(most));
            (Pattern::Walk { rate: rate(first), step: rate(step), every: *every, bounds }, packet)
        }
        TrafficKind::Tcp { cc, segment, back, files } => {
            let of_files = |files: &ScenarioFiles| Files {
                size: (size(&files.size[0]), size(&files.size[1])),
                idle: files.idle,
                starts_on: files.start == FilesStart::On,
            };
            let config = BulkConfig {
                window: match cc {
                    TcpWindow::Reno => WindowKind::Reno,
                    TcpWindow::Cubic => WindowKind::Cubic,
                },
                segment: size(segment),
                back: back.unwrap_or(base),
                from,
                until,
                files: files.as_ref().map(of_files),
            };
            return Flow::Tcp(Box::new(Bulk::new(config, stream)));
        }
    };
    Flow::Udp(Udp::new(UdpConfig { pattern, packet: size(packet), from, until }, stream))
}

/// Who sends on the flow of this index; its far end has the next port.
fn address(flow: u16) -> SocketAddrV4 {
    let [high, low] = flow.to_be_bytes();
    SocketAddrV4::new(Ipv4Addr::new(10, 254, high, low), 5_001)
}

impl World {
    pub(super) fn flow_due(&mut self, index: u16) {
        self.flows[usize::from(index)].flow.handle_timeout(self.now);
        self.pump_flow(index);
    }

    /// A packet of cross traffic is at the far end of its line.
    pub(super) fn cross_arrived(&mut self, datagram: Datagram) {
        let size = datagram.wire_size().as_bytes() as u32;
        let read = Parcel::read(&datagram.bytes);
        self.pool.put(datagram.bytes);
        let (index, parcel) = read.expect("what flows send is read as it was written");
        let CrossFlow { flow, line, .. } = &mut self.flows[usize::from(index)];
        if matches!(flow, Flow::Udp(_)) && !self.over {
            self.recorder.unresponsive(report_time(self.now), LinkIndex(*line), size);
        }
        flow.arrived(self.now, &parcel);
        self.pump_flow(index);
    }

    fn pump_flow(&mut self, index: u16) {
        let (from, line) = (address(index), self.flows[usize::from(index)].line);
        let mut to = from;
        to.set_port(from.port() + 1);
        while let Some(parcel) = self.flows[usize::from(index)].flow.poll(self.now) {
            let mut bytes = self.pool.take();
            parcel.write(index, &mut bytes);
            let class = TrafficClass::Cross;
            self.enqueue(line, Datagram { from, to, bytes, class, tag: 0, ecn: Ecn::NotEct });
        }
        let CrossFlow { flow, timer, .. } = &self.flows[usize::from(index)];
        self.queue.arm(*timer, flow.deadline());
    }
}
