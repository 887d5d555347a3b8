//! What a video receiver does as time passes: release, decode, show, give up, ask.

use std::time::Duration;

use sfu::Time;

use super::{Decoding, Rendered, VideoOutput, VideoReceiver};
use crate::participant::receive::feedback::Feedback;
use crate::participant::receive::frame_buffer::Frame;
use crate::participant::receive::reference::References;

/// How far before the last picture a switch may begin: a key frame that is repaired for longer than that has been given
/// up by the SFU.
const MAX_STEP_BACK: Duration = Duration::from_secs(1);

type Sink<'a> = dyn FnMut(VideoOutput<'_>) + 'a;

/// The first complete frame of a buffer in which nothing can be decoded.
#[derive(Clone, Copy, Debug)]
struct Stuck {
    is_base: bool,
    start: u64,
    /// When waiting for what it needs ends.
    until: Time,
}

impl VideoReceiver {
    /// Does everything that is due, and finds the next deadline.
    pub(super) fn advance(&mut self, now: Time, sink: &mut Sink<'_>) {
        let mut next = self.play(now, sink);
        let mut stuck = self.stuck(next);
        if stuck.is_some_and(|stuck| now >= stuck.until || self.is_hopeless(stuck)) {
            (next, stuck) = self.start_over(now, sink);
        }
        self.ask_for_packets(now, sink);
        // An ask that was the last may leave a frame without hope.
        if stuck.is_some_and(|stuck| self.is_hopeless(stuck)) {
            (next, stuck) = self.start_over(now, sink);
        }
        self.ask_for_key_frame(now, sink);
        self.deadline = self.next_deadline(next, stuck);
    }

    /// Gives up whatever lies before the next key frame, and plays what that lets go.
    fn start_over(&mut self, now: Time, sink: &mut Sink<'_>) -> (Option<Time>, Option<Stuck>) {
        let upto = self.next_key_start();
        self.give_up(now, upto, sink);
        let next = self.play(now, sink);
        (next, self.stuck(next))
    }

    /// Shows what is decoded and releases what is due: one frame is in the decoder at a time. When the next frame
    /// that can be decoded is due.
    fn play(&mut self, now: Time, sink: &mut Sink<'_>) -> Option<Time> {
        loop {
            if let Some(decoding) = &self.decoding {
                if decoding.until > now {
                    return self.candidate().map(|(_, due)| due);
                }
                if let Some(rendered) = &decoding.show {
                    self.counters.frames_rendered += 1;
                    sink(VideoOutput::Rendered(rendered));
                }
                self.decoding = None;
            }
            match self.candidate() {
                Some((index, due)) if due <= now => self.release(now, index, sink),
                next => return next.map(|(_, due)| due),
            }
        }
    }

    /// The first frame that can be decoded, and when it is due.
    fn candidate(&self) -> Option<(usize, Time)> {
        let decodable = |frame: &Frame| frame.facts().is_some_and(|facts| self.references.allow(&facts));
        let index = self.frames.iter().position(decodable)?;
        self.frames.get(index).map(|frame| (index, self.playout.due(frame.media)))
    }

    /// Hands the frame at `index` to the decoder; whatever lies before it is passed over for good.
    fn release(&mut self, now: Time, index: usize, sink: &mut Sink<'_>) {
        for _ in 0..index {
            let passed = self.frames.pop();
            self.discard(passed, sink);
        }
        let frame = self.frames.pop().expect("the candidate is in the buffer");
        let facts = frame.facts().expect("the candidate is complete");
        self.settle(facts.last_sequence + 1);
        let key = facts.is_key();
        let truly_key = facts.layers[0].stamp().key;
        let sound = !frame.mixed && self.references.truly_allow(&facts) && truly_key == key;
        self.health.torn += u64::from(!sound);
        self.references.decoded(&facts);
        if key {
            self.key_request.satisfied();
        }
        let stamp = frame.shown();
        let until = now + self.config.decode.time(stamp.width, stamp.height);
        let is_newer = self.last_captured.is_none_or(|(last, _)| stamp.captured > last);
        // At a switch the new encoding may begin with the very picture that the old one ended with, or with one before
        // it where a key frame came late: it is decoded, and not shown.
        let step_back = |(last, encoding): (Time, u8)| {
            encoding != stamp.encoding && last.since(stamp.captured) <= MAX_STEP_BACK
        };
        let is_switch = self.last_captured.is_some_and(step_back);
        let superseded = self.is_superseded(now, &self.references);
        self.health.replayed += u64::from(!is_newer && !is_switch);
        self.health.superseded += u64::from(is_newer && superseded);
        let shows = is_newer && !superseded;
        if shows {
            self.last_captured = Some((stamp.captured, stamp.encoding));
        }
        self.decoding = Some(Decoding { until, show: shows.then(|| rendered(&frame, now, until)) });
    }

    /// Whether the next frame is here, decodable and due already, so that showing the one before is pointless.
    fn is_superseded(&self, now: Time, references: &References) -> bool {
        self.frames.get(0).is_some_and(|next| {
            next.facts().is_some_and(|facts| references.allow(&facts)) && self.playout.due(next.media) <= now
        })
    }

    /// The first complete frame, when nothing in the buffer can be decoded though the stream was running.
    fn blocked(&self) -> Option<&Frame> {
        let complete = self.frames.iter().find(|frame| frame.journey.is_some())?;
        (!self.references.lost() && self.candidate().is_none()).then_some(complete)
    }

    /// What is stuck, when `next` is the next frame that can be decoded.
    fn stuck(&self, next: Option<Time>) -> Option<Stuck> {
        let blocked = if next.is_some() { None } else { self.blocked() };
        blocked.map(|frame| Stuck {
            is_base: self.is_base(frame),
            start: frame.start(),
            until: self.playout.due(frame.media) + self.max_wait,
        })
    }

    /// Whether a base frame waits for something that will never come.
    fn is_hopeless(&self, stuck: Stuck) -> bool {
        stuck.is_base && !self.nack.waits_below(stuck.start)
    }

    fn is_base(&self, frame: &Frame) -> bool {
        self.references.temporal(frame.layers()) == 0
    }

    /// Where a key frame starts that has begun to arrive; behind everything when none has.
    fn next_key_start(&self) -> u64 {
        let key = self.frames.iter().find(|frame| frame.starts_key()).map(Frame::start);
        key.unwrap_or_else(|| self.history.as_ref().map_or(0, |history| history.highest() + 1))
    }

    /// Waits for nothing below `upto` any longer: only a key frame helps.
    pub(super) fn give_up(&mut self, now: Time, upto: u64, sink: &mut Sink<'_>) {
        if let (Some(frame), Some(last), Some(history)) =
            (self.blocked(), self.references.last_sequence(), &self.history)
        {
            // What was dropped here for want of room was there.
            let arrived = self.made_room <= last + 1 && history.contains_all(last + 1..frame.start());
            let whole = arrived && self.is_base(frame);
            self.health.broken_chain += u64::from(whole);
        }
        self.references.lose();
        self.pass(upto, sink);
        self.key_request.want(now);
    }

    /// The stream starts anew at `first`, with no relation to what was before.
    pub(super) fn restart(&mut self, now: Time, first: u64, sink: &mut Sink<'_>) {
        self.pass(u64::MAX, sink);
        if let Some(history) = &mut self.history {
            self.expected_before += history.expected();
            history.restart(first);
        }
        self.made_room = 0;
        self.nack.restart();
        self.references.lose();
        self.key_request.begin(now);
    }

    /// Makes room for a frame by passing over the oldest.
    pub(super) fn drop_oldest(&mut self, sink: &mut Sink<'_>) {
        let oldest = self.frames.pop();
        let end = oldest.as_ref().map_or(0, Frame::end);
        self.made_room = self.made_room.max(end);
        self.discard(oldest, sink);
        self.settle(end);
    }

    /// Passes over all frames that lie before `end`.
    fn pass(&mut self, end: u64, sink: &mut Sink<'_>) {
        while let Some(frame) = self.frames.pop_before(end) {
            self.discard(Some(frame), sink);
        }
        self.settle(end);
    }

    /// Accounts for all packets below `end`.
    fn settle(&mut self, end: u64) {
        if let Some(history) = &mut self.history {
            history.settle(end, &mut self.counters);
        }
        self.nack.forget_before(end);
    }

    fn discard(&mut self, frame: Option<Frame>, sink: &mut Sink<'_>) {
        if let Some(frame) = frame.filter(|frame| frame.journey.is_some()) {
            self.counters.frames_undecodable += 1;
            let stamp = frame.shown();
            let (layer, temporal) = (stamp.layer(), stamp.temporal);
            sink(VideoOutput::Undecodable { layer, temporal, captured: stamp.captured });
        }
    }

    fn ask_for_packets(&mut self, now: Time, sink: &mut Sink<'_>) {
        if self.nack.due() > now {
            return;
        }
        let round = self.nack.collect(now, &mut self.sequences);
        if self.sequences.is_empty() {
            return;
        }
        self.counters.nack_packets += 1;
        self.counters.nack_sequences += self.sequences.len() as u64;
        self.counters.nack_repeats += round.repeats;
        sink(VideoOutput::Feedback(Feedback::Nack { ssrc: self.config.ssrc, sequences: &self.sequences }));
    }

    fn ask_for_key_frame(&mut self, now: Time, sink: &mut Sink<'_>) {
        if self.key_request.due() > now {
            return;
        }
        if let Some(arriving) = self.frames.iter().find(|frame| frame.starts_key()) {
            let until = arriving.began + self.max_wait;
            if until > now {
                return self.key_request.postpone(until);
            }
        }
        self.key_request.sent(now);
        self.counters.pli += 1;
        sink(VideoOutput::Feedback(Feedback::Pli { ssrc: self.config.ssrc }));
    }

    fn next_deadline(&self, next: Option<Time>, stuck: Option<Stuck>) -> Time {
        let playing = match (&self.decoding, stuck) {
            (Some(decoding), _) => decoding.until,
            (None, Some(stuck)) => stuck.until,
            (None, None) => next.unwrap_or(Time::NEVER),
        };
        playing.min(self.nack.due()).min(self.key_request.due())
    }
}

fn rendered(frame: &Frame, released: Time, rendered_at: Time) -> Rendered {
    let (base, stamp) = (frame.layers()[0].stamp(), frame.shown());
    let journey = frame.journey.as_ref().expect("a released frame is complete");
    Rendered {
        layer: stamp.layer(),
        temporal: stamp.temporal,
        frame: stamp.frame,
        key: base.key,
        size: (u32::from(stamp.width), u32::from(stamp.height)),
        captured: stamp.captured,
        rendered_at,
        parts: journey.parts(released, rendered_at),
    }
}
