//! Allocations written.

use super::{
    LayerAllocation, LayerFormat, MAX_STREAMS, Masks, VideoLayersAllocation,
    VideoLayersAllocationError as Error,
};
use crate::codec::av1::write_leb128;

impl VideoLayersAllocation {
    /// Writes the extension's value to the start of `out` and returns its length: one shared mask where all streams
    /// have the same layers, and formats where every layer has one.
    ///
    /// # Errors
    /// [`Error::NoRoom`] when `out` is too short, [`Error::Inconsistent`] when a number is out of its range, a layer
    /// belongs to no stream, or some layers have a format and others none.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, Error> {
        self.check()?;
        let mut out = Out { bytes: out, at: 0 };
        if self.streams == 0 {
            out.put(&[0])?;
            return Ok(out.at);
        }
        let masks = self.masks();
        let used = &masks.0[..usize::from(self.streams)];
        let shared = if used.iter().all(|&mask| mask == used[0]) { used[0] } else { 0 };
        out.put(&[(self.current_stream << 6) | ((self.streams - 1) << 4) | shared])?;
        if shared == 0 {
            used.chunks(2).try_for_each(|pair| out.put(&[(pair[0] << 4) | pair.get(1).unwrap_or(&0)]))?;
        }
        self.write_temporal_layers(&mut out)?;
        for (_, _, layer) in self.active_layers() {
            for rate in layer.cumulative_rates() {
                let kbps = u32::try_from(rate.as_kbps()).map_err(|_| Error::Inconsistent)?;
                let mut number = [0; 5];
                let len = write_leb128(kbps, &mut number);
                out.put(&number[..len])?;
            }
        }
        for format in self.active_layers().filter_map(|(_, _, layer)| layer.format) {
            out.put(&((format.width - 1) as u16).to_be_bytes())?;
            out.put(&((format.height - 1) as u16).to_be_bytes())?;
            out.put(&[format.max_frame_rate])?;
        }
        Ok(out.at)
    }

    /// Two bits for each active layer, four layers a byte.
    fn write_temporal_layers(&self, out: &mut Out<'_>) -> Result<(), Error> {
        let mut counts = self.active_layers().map(|(_, _, layer)| layer.temporal_layers - 1);
        while let Some(first) = counts.next() {
            let rest = counts.by_ref().take(3).zip([4, 2, 0]);
            let byte = rest.fold(first << 6, |byte, (count, shift)| byte | (count << shift));
            out.put(&[byte])?;
        }
        Ok(())
    }

    fn masks(&self) -> Masks {
        let mut masks = [0; MAX_STREAMS];
        self.active_layers().for_each(|(stream, spatial, _)| masks[usize::from(stream)] |= 1 << spatial);
        Masks(masks)
    }

    fn check(&self) -> Result<(), Error> {
        let has_format = |layer: &LayerAllocation| layer.format.is_some();
        let in_range = |format: LayerFormat| {
            [format.width, format.height].iter().all(|side| (1..=0x1_0000).contains(side))
        };
        let formats = self.active_layers().filter(|(.., layer)| has_format(layer)).count();
        let sound = usize::from(self.streams) <= MAX_STREAMS
            && self.current_stream < 4
            && (self.streams > 0 || self.current_stream == 0)
            && self.active_layers().all(|(stream, ..)| stream < self.streams)
            && (formats == 0 || formats == self.active_layers().count())
            && self.active_layers().filter_map(|(.., layer)| layer.format).all(in_range);
        // A layer that wasn't made by `new` has no temporal layer at all.
        let whole = self.active_layers().all(|(.., layer)| layer.temporal_layers > 0);
        if sound && whole { Ok(()) } else { Err(Error::Inconsistent) }
    }
}

struct Out<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let end = self.at + bytes.len();
        self.bytes.get_mut(self.at..end).ok_or(Error::NoRoom)?.copy_from_slice(bytes);
        self.at = end;
        Ok(())
    }
}
