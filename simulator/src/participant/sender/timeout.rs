//! What happens when time passes: capture, encode, pace, send, report.

use std::time::Duration;

use sfu::congestion::pacer::Pacer;
use sfu::{DataRate, DataSize, Time};

use super::header::HEADER_LEN;
use super::media_sender::MediaSender;
use super::output::Output;
use super::source::Source;

/// Cameras skip pictures while the pacer would need longer for what waits. Our own choice: libwebrtc once
/// did so at its `kMaxQueueLengthMs` of 2 s.
const BEHIND: Duration = Duration::from_millis(500);
/// The pacer exceeds its rate rather than let a frame wait longer (libwebrtc,
/// `PacingController::kMaxExpectedQueueLength`).
const MAX_WAIT: Duration = Duration::from_secs(2);
/// An estimate is told when it changed by this share …
const TOLD_CHANGE: f64 = 0.02;
/// … and this long after the last one.
const TOLD_INTERVAL: Duration = Duration::from_millis(100);

impl MediaSender {
    /// When [`handle_timeout`](Self::handle_timeout) has something to do next; [`Time::NEVER`] before the
    /// start.
    pub fn deadline(&self) -> Time {
        if !self.started {
            return Time::NEVER;
        }
        let sources = self.sources.iter().map(Source::deadline).min().unwrap_or(Time::NEVER);
        sources.min(self.wire.rates.deadline()).min(self.next_departure()).min(self.reports_due())
    }

    /// Whether a turn has something to do even before the deadline: with what came since the last one, with an
    /// estimate that was not told yet, or with a queue whose bound may call for a higher rate. None of them wakes
    /// the sender; they are seen to with whatever wakes its owner.
    pub const fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Does all that is due at `now`; nothing before.
    pub fn handle_timeout(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) {
        if !self.started {
            return;
        }
        self.wire.rates.tick(now);
        self.allocate(now);
        self.run_sources(now, output);
        self.pace(now, output);
        self.report(now, output);
        let untold = !self.tell_estimate(now, output);
        self.unsettled = untold || !self.queue.is_empty();
    }

    /// Audio leaves at once; video goes to the pacer's queue when it is encoded.
    fn run_sources(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) {
        let behind = self.wire.pacer.rate().time_for(self.queue.size()) > BEHIND;
        for source in &mut self.sources {
            match source {
                Source::Microphone(microphone) => microphone.send(now, &mut self.wire, output),
                Source::Camera(camera) => {
                    camera.capture(now, behind);
                    camera.take_encoded(now, &mut self.queue, output);
                }
            }
        }
    }

    /// When the next paced packet leaves: at the probe's pace during one, at the pacer's otherwise.
    fn next_departure(&self) -> Time {
        match self.wire.rates.probing().next_send_time() {
            Time::NEVER if self.queue.is_empty() => Time::NEVER,
            Time::NEVER if self.wire.rates.window_is_full() => Time::NEVER,
            Time::NEVER => self.wire.pacer.next_send_time(),
            probe => probe,
        }
    }

    /// Sets the pacer to the controller's rate, or to what keeps the queue within its bound.
    pub(super) fn set_pacing(&mut self, now: Time) {
        let pacing = self.wire.rates.pacing_rate();
        let (queued, waited) = (self.queue.size(), self.queue.waited(now));
        self.wire.pacer.set_rate(now, Pacer::rate_for_queue(pacing, queued, waited, MAX_WAIT));
    }

    fn pace(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) {
        self.set_pacing(now);
        loop {
            // As in libwebrtc no probe begins before there is media: padding needs a stream to go on.
            if self.carrier.is_some() {
                self.wire.rates.prepare_probe(now);
            }
            if self.next_departure() > now {
                return;
            }
            self.send_next(now, output);
        }
    }

    /// Sends one packet: a repair before new video, padding only when a probe has nothing else.
    fn send_next(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) {
        if self.wire.rates.probing().wants_padding() && self.send_padding(now, output) {
            return;
        }
        if let Some(repair) = self.queue.pop_repair() {
            let camera =
                self.sources[usize::from(repair.source)].camera_mut().expect("only video is repaired");
            let encoding = &mut camera.encodings[usize::from(repair.encoding)];
            let sent = encoding.send_repair(now, &camera.mid, repair.sequence, &mut self.wire, output);
            if let Some(payload) = sent {
                let size = DataSize::from_bytes((HEADER_LEN + payload) as u64) + self.config.overhead;
                self.repairs.on_sent(now, size);
            }
        } else if let Some(frame) = self.queue.front() {
            let place = (frame.source, frame.encoding);
            let camera = self.sources[usize::from(place.0)].camera_mut().expect("only video is queued");
            let encoding = &mut camera.encodings[usize::from(place.1)];
            let payload = encoding.send_media(now, &camera.mid, frame, &mut self.wire, output);
            self.queue.on_sent(payload);
            self.carrier = Some(place);
        } else {
            let sent = self.send_padding(now, output);
            debug_assert!(sent, "a stream whose frames have all left takes padding");
        }
    }

    /// Sends a packet of padding in the size that the probe wants, if there is a stream for it.
    fn send_padding(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) -> bool {
        let Some((source, encoding)) = self.carrier else { return false };
        let size = self.wire.rates.probing().packet_size() - self.config.overhead;
        let camera = self.sources[usize::from(source)].camera_mut().expect("only video carries padding");
        let encoding = &mut camera.encodings[usize::from(encoding)];
        let takes = encoding.takes_padding();
        if takes {
            encoding.send_padding(now, &camera.mid, size, &mut self.wire, output);
        }
        takes
    }

    /// Tells the estimate when it has changed; `false` when it is too early to do so.
    fn tell_estimate(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) -> bool {
        let (estimate, (told, at)) = (self.wire.rates.target(), self.told);
        let changed = estimate < told.scale(1.0 - TOLD_CHANGE) || estimate > told.scale(1.0 + TOLD_CHANGE);
        let told_lately = now.since(at) < TOLD_INTERVAL && told != DataRate::ZERO;
        if changed && !told_lately {
            self.told = (estimate, now);
            output(Output::Estimate(estimate));
        }
        !(changed && told_lately)
    }
}
