//! The stamp of a video packet.

use std::time::Duration;

use sfu::Time;

use super::{Reader, StampError, Writer, check};

/// How many frames a frame can refer to: VP8 and VP9 use three reference buffers (RFC 6386 section 9.7).
pub const MAX_REFERENCES: usize = 3;

const KIND: u8 = 0xa7;
const KEY: u8 = 1;

/// Who made a video packet, of what, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoStamp {
    /// The publisher's place in the cast.
    pub publisher: u16,
    /// The publisher's source.
    pub source: u8,
    /// The simulcast encoding, 0 the lowest.
    pub encoding: u8,
    /// The spatial layer within the encoding's stream, 0 the lowest; at most 7.
    pub spatial: u8,
    /// The temporal layer, 0 the base; at most 7.
    pub temporal: u8,
    /// Whether the frame is a key frame.
    pub key: bool,
    /// The frame's number within its encoding, each spatial layer of a picture with its own; dropped captures take
    /// none.
    pub frame: u32,
    /// The packet's place in its frame, from 0.
    pub index: u16,
    /// How many packets the frame has.
    pub count: u16,
    /// The packet's number within its encoding.
    pub ordinal: u32,
    /// When the picture was captured.
    pub captured: Time,
    /// Capture to the encoder's output; on the wire in nanoseconds, at most 4.29 s.
    pub encode: Duration,
    /// Picture width, px.
    pub width: u16,
    /// Picture height, px.
    pub height: u16,
    /// The frames that decoding needs, as distances back from `frame`; 0 stands for none.
    pub references: [u8; MAX_REFERENCES],
}

impl VideoStamp {
    /// Length on the wire, bytes.
    pub const LEN: usize = 39;

    /// When the encoder gave the frame out.
    pub fn encoded(&self) -> Time {
        self.captured + self.encode
    }

    /// The layer as reports count it: the simulcast encoding, or the spatial layer of the one encoding.
    pub const fn layer(&self) -> u8 {
        self.encoding + self.spatial
    }

    fn layer_byte(&self) -> u8 {
        ((self.spatial & 7) << 4) | ((self.temporal & 7) << 1) | (u8::from(self.key) * KEY)
    }

    /// The stamp of the packet `ahead` packets after this one in the same frame; before it when that is negative.
    #[must_use]
    pub fn moved(&self, ahead: i64) -> VideoStamp {
        let index = (i64::from(self.index) + ahead) as u16;
        VideoStamp { index, ordinal: self.ordinal.wrapping_add(ahead as u32), ..*self }
    }

    /// Writes the stamp to the start of `out`.
    ///
    /// # Panics
    /// When `out` is shorter than [`VideoStamp::LEN`].
    pub fn write(&self, out: &mut [u8]) {
        let out: &mut [u8; Self::LEN] = out.first_chunk_mut().expect("the caller made room for a stamp");
        let mut w = Writer { out, at: 0 };
        w.put([KIND]);
        w.put(self.publisher.to_be_bytes());
        w.put([self.source, self.encoding, self.layer_byte()]);
        w.put(self.frame.to_be_bytes());
        w.put(self.index.to_be_bytes());
        w.put(self.count.to_be_bytes());
        w.put(self.ordinal.to_be_bytes());
        w.put(self.captured.as_nanos().to_be_bytes());
        w.put(u32::try_from(self.encode.as_nanos()).unwrap_or(u32::MAX).to_be_bytes());
        w.put(self.width.to_be_bytes());
        w.put(self.height.to_be_bytes());
        w.put(self.references);
        let body: &[u8; Self::LEN - 2] = w.out.first_chunk().expect("shorter than the stamp");
        let sum = check(body);
        w.put(sum.to_be_bytes());
        debug_assert_eq!(w.at, Self::LEN);
    }

    /// Reads the stamp at the start of `bytes`.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn read(bytes: &[u8]) -> Result<VideoStamp, StampError> {
        let bytes: &[u8; Self::LEN] = bytes.first_chunk().ok_or(StampError::Truncated)?;
        if bytes[0] != KIND {
            return Err(StampError::Kind);
        }
        let (body, sum): (&[u8; Self::LEN - 2], _) =
            bytes.split_first_chunk().expect("shorter than the stamp");
        if check(body).to_be_bytes() != sum {
            return Err(StampError::Damaged);
        }
        let mut r = Reader { bytes: &body[1..] };
        let publisher = u16::from_be_bytes(r.take());
        let [source, encoding, flags] = r.take();
        Ok(VideoStamp {
            publisher,
            source,
            encoding,
            spatial: flags >> 4 & 7,
            temporal: flags >> 1 & 7,
            key: flags & KEY != 0,
            frame: u32::from_be_bytes(r.take()),
            index: u16::from_be_bytes(r.take()),
            count: u16::from_be_bytes(r.take()),
            ordinal: u32::from_be_bytes(r.take()),
            captured: Time::from_nanos(u64::from_be_bytes(r.take())),
            encode: Duration::from_nanos(u64::from(u32::from_be_bytes(r.take()))),
            width: u16::from_be_bytes(r.take()),
            height: u16::from_be_bytes(r.take()),
            references: r.take(),
        })
    }
}
