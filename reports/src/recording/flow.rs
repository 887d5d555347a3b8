//! All that is kept of one flow.

use std::time::Duration;

use scenarios::Time;

use super::av_skew::{AvSkew, Playing};
use super::first_media::FirstMediaRecord;
use super::freeze::FreezeRecord;
use super::key_frame_wait::KeyFrameWaits;
use super::layers::LayerTimeline;
use super::measure::{Measure, Span};
use super::pending::Pending;
use crate::Histogram;
use crate::observation::{Flow, FlowCounters, LatencyParts, MediaKind, SoundRecovery};

/// One bin of a flow's series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowBin {
    /// Frames rendered, or pieces of audio played.
    pub presented: u32,
    /// Width times height of the frames rendered.
    pub pixels: u32,
    /// Sum of their delays from capture, µs.
    pub delay_sum_us: u32,
    /// Media payload bytes received.
    pub media_bytes: u32,
    /// Media packets expected.
    pub expected: u32,
    /// Of these, lost before repair.
    pub lost_before: u32,
    /// Of these, lost after repair.
    pub lost_after: u32,
}

/// All that is kept of one flow.
#[derive(Clone, Debug)]
pub struct FlowRecord {
    /// Which flow.
    pub flow: Flow,
    /// When it was wanted.
    pub subscriptions: Vec<Span>,
    pub(crate) subscribed_since: Option<Time>,
    /// The series, by bin; shorter than the run when nothing came at its end.
    pub bins: Vec<FlowBin>,
    /// The bin that is being filled, and its number: it lies with the rest until it is complete.
    filling: Option<(usize, FlowBin)>,
    /// From intent to first frame or sample.
    pub first: FirstMediaRecord,
    /// Counters as of the start of the measured time and as of the last report.
    pub counters: CounterRecord,
    /// When a frame was last rendered, or audio last played.
    pub last_presented: Option<Time>,
    /// What only video or only audio has.
    pub media: MediaRecord,
}

/// What only one kind of media has.
#[derive(Clone, Debug)]
pub enum MediaRecord {
    /// A video flow.
    Video(Box<VideoRecord>),
    /// An audio flow.
    Audio(Box<AudioRecord>),
}

/// What is kept of a video flow.
#[derive(Clone, Debug, Default)]
pub struct VideoRecord {
    /// Capture to render, ns.
    pub total: Histogram,
    /// Its parts, in the order of [`LatencyParts::NAMES`], ns.
    pub parts: [Histogram; LatencyParts::NAMES.len()],
    /// Freezes and the harmonic frame rate.
    pub freezes: FreezeRecord,
    /// Forwarded layers.
    pub layers: LayerTimeline,
    /// Waits for key frames.
    pub key_frames: KeyFrameWaits,
    /// Against the publisher's sound.
    pub skew: AvSkew,
    pending: Pending<{ 1 + LatencyParts::NAMES.len() }>,
}

impl VideoRecord {
    /// A frame was shown in the measured time, `delay` after its capture; its `parts` in ns.
    pub(crate) fn shown(&mut self, delay: Duration, parts: &[u64; LatencyParts::NAMES.len()]) {
        let mut sample = [nanos(delay); 1 + LatencyParts::NAMES.len()];
        sample[1..].copy_from_slice(parts);
        if self.pending.push(sample) {
            self.count_pending();
        }
    }

    fn count_pending(&mut self) {
        self.pending.count(std::iter::once(&mut self.total).chain(&mut self.parts));
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// What is kept of an audio flow.
#[derive(Clone, Debug, Default)]
pub struct AudioRecord {
    /// Capture to playout, ns.
    pub mouth_to_ear: Histogram,
    /// Arrival to playout, ns.
    pub jitter_buffer: Histogram,
    /// Sound played in the measured time.
    pub played: Duration,
    /// Sound concealed in the measured time.
    pub concealed: Duration,
    /// Longest run of concealment in the measured time.
    pub longest_gap: Duration,
    /// Runs of concealment in the measured time.
    pub gaps: u64,
    /// What plays at the moment.
    pub(crate) playing: Option<Playing>,
    /// Of the sound played, what came as redundancy (RFC 2198) of a later packet.
    pub recovered_red: Duration,
    /// Of the sound played, what came as in-band FEC in the next packet.
    pub recovered_fec: Duration,
    /// Comfort noise in pauses that the sender left out; neither played nor concealed.
    pub silent: Duration,
    run: Duration,
    pending: Pending<2>,
}

impl AudioRecord {
    pub(crate) fn played(&mut self, length: Duration, measured: bool) {
        self.run = Duration::ZERO;
        if measured {
            self.played += length;
        }
    }

    /// A piece began to play in the measured time, `delay` after its capture.
    pub(crate) fn heard(&mut self, delay: Duration, jitter_buffer: Duration) {
        if self.pending.push([nanos(delay), nanos(jitter_buffer)]) {
            self.count_pending();
        }
    }

    pub(crate) fn recovered(&mut self, by: SoundRecovery, length: Duration) {
        *match by {
            SoundRecovery::Red => &mut self.recovered_red,
            SoundRecovery::InBandFec => &mut self.recovered_fec,
        } += length;
    }

    fn count_pending(&mut self) {
        self.pending.count([&mut self.mouth_to_ear, &mut self.jitter_buffer].into_iter());
    }

    pub(crate) fn concealed(&mut self, length: Duration, measured: bool) {
        if !measured {
            return;
        }
        self.gaps += u64::from(self.run.is_zero());
        self.run += length;
        self.concealed += length;
        self.longest_gap = self.longest_gap.max(self.run);
    }
}

/// Counters at the two ends of the measured time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CounterRecord {
    warm_up: FlowCounters,
    last: FlowCounters,
    /// The end of the subscriptions before.
    before: FlowCounters,
    /// The last report as it came.
    reported: FlowCounters,
    /// A subscription has begun since.
    renewed: bool,
}

impl CounterRecord {
    /// Takes a report; answers what was added since the one before it, or `None` when a counter fell.
    pub(crate) fn take(
        &mut self,
        at: Time,
        counters: &FlowCounters,
        measure: &Measure,
    ) -> Option<FlowCounters> {
        if std::mem::take(&mut self.renewed) && difference(counters, &self.reported).is_none() {
            self.before = self.last;
        }
        self.reported = *counters;
        let counters = sum(&self.before, counters);
        let step = difference(&counters, &self.last)?;
        self.last = counters;
        if at <= measure.from {
            self.warm_up = counters;
        }
        Some(step)
    }

    /// Another subscription begins. Its counters begin at zero, unless it is the same stream again after a mute.
    pub(crate) fn renew(&mut self) {
        self.renewed = true;
    }

    /// What was counted in the measured time.
    pub fn measured(&self) -> FlowCounters {
        difference(&self.last, &self.warm_up).expect("reports that fall are not taken")
    }
}

fn sum(one: &FlowCounters, other: &FlowCounters) -> FlowCounters {
    FlowCounters {
        expected: one.expected + other.expected,
        lost_before_repair: one.lost_before_repair + other.lost_before_repair,
        lost_after_repair: one.lost_after_repair + other.lost_after_repair,
        media_bytes: one.media_bytes + other.media_bytes,
        rtx_bytes: one.rtx_bytes + other.rtx_bytes,
        rtx_useful: one.rtx_useful + other.rtx_useful,
        rtx_late: one.rtx_late + other.rtx_late,
        rtx_duplicate: one.rtx_duplicate + other.rtx_duplicate,
        fec_packets: one.fec_packets + other.fec_packets,
        fec_discarded: one.fec_discarded + other.fec_discarded,
        fec_bytes: one.fec_bytes + other.fec_bytes,
        fec_recovered: one.fec_recovered + other.fec_recovered,
        nack_packets: one.nack_packets + other.nack_packets,
        nack_sequences: one.nack_sequences + other.nack_sequences,
        nack_repeats: one.nack_repeats + other.nack_repeats,
        pli: one.pli + other.pli,
        frames_undecodable: one.frames_undecodable + other.frames_undecodable,
        frames_rendered: one.frames_rendered + other.frames_rendered,
    }
}

fn difference(later: &FlowCounters, earlier: &FlowCounters) -> Option<FlowCounters> {
    Some(FlowCounters {
        expected: later.expected.checked_sub(earlier.expected)?,
        lost_before_repair: later.lost_before_repair.checked_sub(earlier.lost_before_repair)?,
        lost_after_repair: later.lost_after_repair.checked_sub(earlier.lost_after_repair)?,
        media_bytes: later.media_bytes.checked_sub(earlier.media_bytes)?,
        rtx_bytes: later.rtx_bytes.checked_sub(earlier.rtx_bytes)?,
        rtx_useful: later.rtx_useful.checked_sub(earlier.rtx_useful)?,
        rtx_late: later.rtx_late.checked_sub(earlier.rtx_late)?,
        rtx_duplicate: later.rtx_duplicate.checked_sub(earlier.rtx_duplicate)?,
        fec_packets: later.fec_packets.checked_sub(earlier.fec_packets)?,
        fec_discarded: later.fec_discarded.checked_sub(earlier.fec_discarded)?,
        fec_bytes: later.fec_bytes.checked_sub(earlier.fec_bytes)?,
        fec_recovered: later.fec_recovered.checked_sub(earlier.fec_recovered)?,
        nack_packets: later.nack_packets.checked_sub(earlier.nack_packets)?,
        nack_sequences: later.nack_sequences.checked_sub(earlier.nack_sequences)?,
        nack_repeats: later.nack_repeats.checked_sub(earlier.nack_repeats)?,
        pli: later.pli.checked_sub(earlier.pli)?,
        frames_undecodable: later.frames_undecodable.checked_sub(earlier.frames_undecodable)?,
        frames_rendered: later.frames_rendered.checked_sub(earlier.frames_rendered)?,
    })
}

impl FlowRecord {
    pub(crate) fn new(flow: Flow, kind: MediaKind) -> Self {
        let media = match kind {
            MediaKind::Video => MediaRecord::Video(Box::default()),
            MediaKind::Audio => MediaRecord::Audio(Box::default()),
        };
        FlowRecord {
            flow,
            subscriptions: Vec::new(),
            subscribed_since: None,
            bins: Vec::new(),
            filling: None,
            first: FirstMediaRecord::default(),
            counters: CounterRecord::default(),
            last_presented: None,
            media,
        }
    }

    /// What only video has, when it is video.
    pub fn video(&self) -> Option<&VideoRecord> {
        match &self.media {
            MediaRecord::Video(video) => Some(video),
            MediaRecord::Audio(_) => None,
        }
    }

    /// What only audio has, when it is audio.
    pub fn audio(&self) -> Option<&AudioRecord> {
        match &self.media {
            MediaRecord::Audio(audio) => Some(audio),
            MediaRecord::Video(_) => None,
        }
    }

    /// Audio or video.
    pub fn kind(&self) -> MediaKind {
        match &self.media {
            MediaRecord::Audio(_) => MediaKind::Audio,
            MediaRecord::Video(_) => MediaKind::Video,
        }
    }

    /// Subscribed time inside `within`.
    pub fn subscribed_time(&self, within: Span) -> Duration {
        self.subscriptions.iter().map(|span| span.overlap(within).length()).sum()
    }

    /// The bins of every whole second of subscribed measured time.
    pub fn seconds(&self, measure: &Measure) -> impl Iterator<Item = &[FlowBin]> + use<'_> {
        let seconds: Vec<_> = self.subscriptions.iter().flat_map(|span| measure.seconds(*span)).collect();
        seconds.into_iter().map(|bins| {
            let end = bins.end.min(self.bins.len());
            &self.bins[bins.start.min(end)..end]
        })
    }

    /// The run is over: counts what waits to be counted.
    pub(crate) fn finish(&mut self) {
        self.put_bin();
        match &mut self.media {
            MediaRecord::Video(video) => {
                video.count_pending();
                video.skew.count_pending();
            }
            MediaRecord::Audio(audio) => audio.count_pending(),
        }
    }

    /// The bin `number`, to be filled.
    fn bin(&mut self, number: usize) -> &mut FlowBin {
        if self.filling.is_none_or(|(filling, _)| filling != number) {
            self.put_bin();
        }
        let bins = &self.bins;
        &mut self.filling.get_or_insert_with(|| (number, bins.get(number).copied().unwrap_or_default())).1
    }

    /// Puts the bin that is being filled into its place.
    fn put_bin(&mut self) {
        let Some((number, bin)) = self.filling.take() else { return };
        if number >= self.bins.len() {
            self.bins.resize(number + 1, FlowBin::default());
        }
        self.bins[number] = bin;
    }

    /// A frame or a piece of audio was presented, in bin `bin`.
    pub(crate) fn presented(&mut self, at: Time, bin: usize, captured: Time, pixels: u32) {
        let bin = self.bin(bin);
        let delay = u32::try_from(at.since(captured).as_micros()).unwrap_or(u32::MAX);
        bin.presented += 1;
        bin.pixels = bin.pixels.saturating_add(pixels);
        bin.delay_sum_us = bin.delay_sum_us.saturating_add(delay);
        self.last_presented = Some(at);
    }

    /// Books `step` into the bin that ends at `at`, or holds it.
    pub(crate) fn counted(&mut self, at: Time, step: &FlowCounters, measure: &Measure) {
        let narrow = |wide: u64| u32::try_from(wide).unwrap_or(u32::MAX);
        let bin = self.bin(measure.bin_of(at.saturating_sub(Duration::from_nanos(1))));
        bin.media_bytes = bin.media_bytes.saturating_add(narrow(step.media_bytes));
        bin.expected = bin.expected.saturating_add(narrow(step.expected));
        bin.lost_before = bin.lost_before.saturating_add(narrow(step.lost_before_repair));
        bin.lost_after = bin.lost_after.saturating_add(narrow(step.lost_after_repair));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_a_run_of_concealment() {
        let mut audio = AudioRecord::default();
        let packet = Duration::from_millis(20);
        audio.concealed(packet, false);
        for step in "ppccpcccp".chars() {
            match step {
                'p' => audio.played(packet, true),
                _ => audio.concealed(packet, true),
            }
        }
        assert_eq!((audio.gaps, audio.longest_gap), (2, 3 * packet));
        assert_eq!((audio.played, audio.concealed), (4 * packet, 5 * packet));
    }

    #[test]
    fn counters_are_counted_from_the_end_of_the_warm_up() {
        let measure = Measure::new(Time::from_secs(1), Time::from_secs(3));
        let mut record = CounterRecord::default();
        let counters = |expected, pli| FlowCounters { expected, pli, ..FlowCounters::default() };
        let take = |record: &mut CounterRecord, secs, counters| {
            record.take(Time::from_secs(secs), &counters, &measure).map(|step| step.expected)
        };
        assert_eq!(take(&mut record, 1, counters(100, 2)), Some(100));
        assert_eq!(take(&mut record, 2, counters(180, 2)), Some(80));
        assert_eq!(take(&mut record, 3, counters(300, 3)), Some(120));
        assert_eq!(record.measured(), counters(200, 1));
        assert_eq!(take(&mut record, 3, counters(299, 3)), None, "a counter fell");
        assert_eq!(record.measured(), counters(200, 1));
        // The same stream after a mute goes on; a new one begins at zero.
        assert_eq!(take(&mut record, 3, counters(300, 3)), Some(0));
        record.renew();
        assert_eq!(take(&mut record, 3, counters(310, 3)), Some(10));
        record.renew();
        assert_eq!(take(&mut record, 3, counters(5, 0)), Some(5));
        assert_eq!(take(&mut record, 3, counters(6, 1)), Some(1));
        assert_eq!(record.measured(), counters(216, 2));
    }
}
