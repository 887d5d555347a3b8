//! What a camera says of its layers with its packets: the video layers allocation extension
//! (`video-layers-allocation00` of WebRTC's RTP header extensions).

use sfu::DataRate;
use sfu::rtp::VideoLayersAllocation;
use sfu::rtp::video_layers_allocation::LayerAllocation;
use smallvec::SmallVec;

/// A change goes with the first packets of so many frames of each stream: libwebrtc sends it once with each stream, and
/// again whenever a rate changes, which is several times a second.
const COPIES: u8 = 3;
/// A rate is told anew when it differs by this part from the one told (ours; libwebrtc tells each).
const TOLD_CHANGE: f64 = 0.1;
/// The longest value of three streams: a head, masks, counts, and three rates of up to five bytes.
const MAX_LEN: usize = 32;

/// What one stream has to tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Announcement {
    value: SmallVec<[u8; MAX_LEN]>,
    copies: u8,
}

impl Announcement {
    /// The layers of all streams have changed; `stream` is the one that tells of it. Nothing is told of what can't be
    /// written.
    fn set(&mut self, stream: usize, layers: &VideoLayersAllocation) {
        let mut bytes = [0; MAX_LEN];
        let allocation = VideoLayersAllocation { current_stream: stream as u8, ..*layers };
        let len = allocation.write(&mut bytes).unwrap_or(0);
        self.value = SmallVec::from_slice(&bytes[..len]);
        self.copies = COPIES;
    }

    /// What the first packet of the next frame tells; empty when nothing has changed of late.
    pub(super) fn take(&mut self) -> SmallVec<[u8; MAX_LEN]> {
        if self.copies == 0 {
            return SmallVec::new();
        }
        self.copies -= 1;
        self.value.clone()
    }
}

/// Follows the rates of a camera's layers, and sees what is to be told.
#[derive(Clone, Debug, Default)]
pub(super) struct Announcer {
    told: Vec<DataRate>,
}

impl Announcer {
    /// The layers have these rates now: a list over streams of `spatial` layers each. Tells the streams if enough
    /// has changed.
    pub(super) fn update<'a>(
        &mut self,
        rates: &[DataRate],
        spatial: usize,
        streams: impl Iterator<Item = &'a mut Announcement>,
    ) {
        let differs = |(old, new): (&DataRate, &DataRate)| {
            (*old == DataRate::ZERO) != (*new == DataRate::ZERO)
                || *new < old.scale(1.0 - TOLD_CHANGE)
                || *new > old.scale(1.0 + TOLD_CHANGE)
        };
        if self.told.len() == rates.len() && !self.told.iter().zip(rates).any(differs) {
            return;
        }
        rates.clone_into(&mut self.told);
        let mut layers = VideoLayersAllocation::default();
        for (stream, rates) in rates.chunks(spatial.max(1)).enumerate() {
            layers.streams = stream as u8 + 1;
            for (spatial, rate) in rates.iter().enumerate().filter(|(_, rate)| **rate > DataRate::ZERO) {
                layers.layers[stream][spatial] = Some(LayerAllocation::new(&[*rate]));
            }
        }
        streams.enumerate().for_each(|(stream, announcement)| announcement.set(stream, &layers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_three_times_when_they_change_and_not_otherwise() {
        let kbps = |rates: [u64; 3]| rates.map(DataRate::from_kbps);
        let (mut announcer, mut streams) = (Announcer::default(), [(); 3].map(|()| Announcement::default()));
        for (rates, copies) in
            [([150, 500, 1_200], 3), ([150, 500, 1_150], 0), ([150, 500, 0], 3), ([150, 350, 0], 3)]
        {
            announcer.update(&kbps(rates), 1, streams.iter_mut());
            for (number, stream) in streams.iter_mut().enumerate() {
                for _ in 0..copies {
                    let value = stream.take();
                    let told = VideoLayersAllocation::parse(&value).expect("sound");
                    assert_eq!((told.current_stream, told.streams), (number as u8, 3));
                    let active =
                        told.active_layers().map(|(stream, _, layer)| (stream, layer.cumulative_rates()[0]));
                    let expected = (0..).zip(kbps(rates)).filter(|(_, rate)| *rate > DataRate::ZERO);
                    assert!(active.eq(expected), "{rates:?}");
                }
                assert!(stream.take().is_empty(), "{rates:?}");
            }
        }
    }
}
