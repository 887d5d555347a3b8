//! Round trips by extended reports (RFC 3611 sections 4.4 and 4.5): for a client that sends nothing, and for an SFU
//! that sends nothing to the client.

use std::time::Duration;

use sfu::Time;
use sfu::rtcp::{self, DelaySinceLastReference, ExtendedReport, NtpTime, XrBlock};

/// What a client asks and answers about the round trip.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RoundTrips {
    /// Whose last reference time is to be answered: its SSRC, its time's middle bits, and when it came.
    heard: Option<(u32, u32, Time)>,
    /// The client's own last reference time.
    asked: Option<NtpTime>,
    rtt: Option<Duration>,
}

impl RoundTrips {
    /// Takes a report that is meant for `reporter`.
    pub(super) fn on_report(&mut self, now: Time, reporter: u32, report: ExtendedReport<'_>) {
        for block in report.blocks() {
            match block {
                XrBlock::ReferenceTime(time) => self.heard = Some((report.sender_ssrc, time.middle(), now)),
                XrBlock::Delays(delays) => {
                    let own = delays.iter().find(|item| item.ssrc == reporter);
                    self.rtt = own.and_then(|item| self.proved(now, &item)).or(self.rtt);
                }
                XrBlock::Unknown(_) => {}
            }
        }
    }

    fn proved(&self, now: Time, item: &DelaySinceLastReference) -> Option<Duration> {
        let asked = self.asked.filter(|asked| asked.middle() == item.last_reference)?;
        let spent = now.since(time_of(asked));
        Some(spent.saturating_sub(Duration::from_nanos(u64::from(item.delay) * 1_000_000_000 / 65_536)))
    }

    /// Appends the answer to what was asked since the last one, and the client's own question if it `asks`.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, reporter: u32, now: Time, asks: bool) {
        if let Some((ssrc, last_reference, at)) = self.heard.take() {
            let units = now.since(at).as_nanos() * 65_536 / 1_000_000_000;
            let delay = u32::try_from(units).unwrap_or(u32::MAX);
            let item = DelaySinceLastReference { ssrc, last_reference, delay };
            rtcp::write_delays_since_last_reference(out, reporter, &[item]);
        }
        if asks {
            let time = NtpTime::from_time(now);
            self.asked = Some(time);
            rtcp::write_reference_times(out, reporter, &[time]);
        }
    }

    /// The last round trip that an answer proved.
    pub(super) const fn rtt(&self) -> Option<Duration> {
        self.rtt
    }
}

/// The moment that [`NtpTime::from_time`] was given, to the nanosecond below.
fn time_of(ntp: NtpTime) -> Time {
    let (seconds, fraction) = (ntp.0 >> 32, ntp.0 & 0xffff_ffff);
    Time::from_nanos(seconds * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `from` writes at `now`, taken by `to` at `arrival`; each calls itself by the SSRC that goes with it.
    fn exchange(from: (&mut RoundTrips, u32, bool), to: (&mut RoundTrips, u32), now: Time, arrival: Time) {
        let mut out = Vec::new();
        from.0.write(&mut out, from.1, now, from.2);
        for packet in rtcp::packets(&out).into_iter().flatten() {
            if let rtcp::Packet::ExtendedReport(report) = packet {
                to.0.on_report(arrival, to.1, report);
            }
        }
    }

    #[test]
    fn a_question_and_its_answer_prove_the_round_trip() {
        let at = Time::from_millis;
        let (mut client, mut server) = (RoundTrips::default(), RoundTrips::default());
        // 30 ms there, 700 ms of waiting, 50 ms back.
        exchange((&mut client, 1, true), (&mut server, 2), at(1_000), at(1_030));
        exchange((&mut server, 2, false), (&mut client, 1), at(1_730), at(1_780));
        let rtt = client.rtt().expect("proved");
        assert!(rtt.abs_diff(Duration::from_millis(80)) < Duration::from_micros(20), "{rtt:?}");
        assert_eq!(server.rtt(), None, "it never asked");
        // Nothing is answered twice, and an answer to somebody else proves nothing.
        let mut out = Vec::new();
        server.write(&mut out, 2, at(2_000), false);
        assert!(out.is_empty());
        let mut other = RoundTrips::default();
        exchange((&mut other, 9, true), (&mut server, 2), at(3_000), at(3_000));
        exchange((&mut server, 2, false), (&mut client, 1), at(3_000), at(9_000));
        assert_eq!(client.rtt(), Some(rtt));
    }
}
