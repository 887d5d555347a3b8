//! Round trips without media on the way back: reference times and their echoes (RFC 3611 sections 4.4 and 4.5).
//!
//! Whoever sends sender reports learns the round trip from the report blocks that quote them. A participant that
//! only receives sends none, and neither do we to one that only sends: they ask with a reference time instead.

use std::time::Duration;

use smallvec::SmallVec;

use crate::rtcp::reception::units_of_65536;
use crate::rtcp::report::round_trip;
use crate::rtcp::{self, DelaySinceLastReference, NtpTime};
use crate::time::Time;

/// Reporters of one participant that are remembered. A browser has one for all its streams; another SSRC's
/// reference time takes the place of the oldest.
const MAX_REPORTERS: usize = 4;

/// The last reference time of one reporter.
#[derive(Clone, Copy, Debug)]
struct Heard {
    ssrc: u32,
    middle: u32,
    at: Time,
}

/// Reference times to and from one participant.
#[derive(Debug, Default)]
pub(crate) struct ReferenceTimes {
    /// Those that were not answered yet, the oldest first.
    heard: SmallVec<[Heard; MAX_REPORTERS]>,
    /// Our own last one.
    asked: Option<NtpTime>,
}

impl ReferenceTimes {
    /// The reporter `ssrc` told its wall clock.
    pub(crate) fn on_reference(&mut self, now: Time, ssrc: u32, time: NtpTime) {
        if let Some(known) = self.heard.iter().position(|heard| heard.ssrc == ssrc) {
            self.heard.remove(known);
        } else if self.heard.len() == MAX_REPORTERS {
            self.heard.remove(0);
        }
        self.heard.push(Heard { ssrc, middle: time.middle(), at: now });
    }

    /// Whether somebody waits for an answer.
    pub(crate) fn is_asked(&self) -> bool {
        !self.heard.is_empty()
    }

    /// Appends the answers to what was asked since the last call; each is given once.
    pub(crate) fn write_answers(&mut self, out: &mut Vec<u8>, local_ssrc: u32, now: Time) {
        let delays: SmallVec<[DelaySinceLastReference; MAX_REPORTERS]> = self
            .heard
            .drain(..)
            .map(|heard| DelaySinceLastReference {
                ssrc: heard.ssrc,
                last_reference: heard.middle,
                delay: units_of_65536(now, heard.at),
            })
            .collect();
        rtcp::write_delays_since_last_reference(out, local_ssrc, &delays);
    }

    /// Appends a reference time of our own.
    pub(crate) fn write_question(&mut self, out: &mut Vec<u8>, local_ssrc: u32, now: Time) {
        let time = NtpTime::from_time(now);
        self.asked = Some(time);
        rtcp::write_reference_times(out, local_ssrc, &[time]);
    }

    /// The round trip that an answer proves, if it quotes our last question.
    pub(crate) fn round_trip(&self, now: Time, answer: &DelaySinceLastReference) -> Option<Duration> {
        let asked = self.asked.filter(|asked| asked.middle() == answer.last_reference)?;
        round_trip(NtpTime::from_time(now), asked.middle(), answer.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, XrBlock};

    fn answers(times: &mut ReferenceTimes, now: Time) -> Vec<(u32, u32, u32)> {
        let mut out = Vec::new();
        times.write_answers(&mut out, 1, now);
        let mut found = Vec::new();
        for packet in rtcp::packets(&out).into_iter().flatten() {
            let Packet::ExtendedReport(report) = packet else { continue };
            for block in report.blocks() {
                let XrBlock::Delays(delays) = block else { continue };
                found.extend(delays.iter().map(|item| (item.ssrc, item.last_reference, item.delay)));
            }
        }
        found
    }

    #[test]
    fn the_last_reference_time_of_each_reporter_is_answered_once() {
        let mut times = ReferenceTimes::default();
        let at = Time::from_millis;
        times.on_reference(at(1_000), 7, NtpTime(0x1_0000_0000));
        times.on_reference(at(1_250), 8, NtpTime(0x2_0000_0000));
        times.on_reference(at(1_500), 7, NtpTime(0x3_0000_0000));
        // 0.75 s and 0.5 s in units of 1/65,536 s.
        assert_eq!(answers(&mut times, at(2_000)), [(8, 0x2_0000, 49_152), (7, 0x3_0000, 32_768)]);
        assert_eq!(answers(&mut times, at(3_000)), []);
    }

    #[test]
    fn no_more_reporters_are_remembered_than_may_be() {
        let mut times = ReferenceTimes::default();
        for ssrc in 0..1_000 {
            times.on_reference(Time::from_secs(1), ssrc, NtpTime(1 << 32));
        }
        let ssrcs: Vec<u32> = answers(&mut times, Time::from_secs(1)).iter().map(|item| item.0).collect();
        assert_eq!(ssrcs, [996, 997, 998, 999]);
    }

    #[test]
    fn only_an_answer_to_the_last_question_proves_a_round_trip() {
        let mut times = ReferenceTimes::default();
        let answer = |last_reference, delay| DelaySinceLastReference { ssrc: 1, last_reference, delay };
        let asked = NtpTime::from_time(Time::from_secs(5)).middle();
        assert_eq!(times.round_trip(Time::from_secs(5), &answer(asked, 0)), None);
        times.write_question(&mut Vec::new(), 1, Time::from_secs(5));
        // Half a second later, of which a quarter was spent there.
        let half = Time::from_millis(5_500);
        assert_eq!(times.round_trip(half, &answer(asked, 16_384)), Some(Duration::from_millis(250)));
        assert_eq!(times.round_trip(half, &answer(asked + 1, 16_384)), None);
        assert_eq!(times.round_trip(half, &answer(0, 0)), None);
    }
}
