//! Which packets of a pause in speech go no further (Opus DTX).

use crate::codec::opus;

/// How many packets of a pause are forwarded: the first tells the receiver's decoder that comfort noise begins, the
/// others make up for loss. libopus then goes on every 400 ms, which nobody needs for as long as nobody speaks.
const KEPT: u8 = 3;

/// Counts the packets of each pause of one source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SilenceGate {
    newest: u64,
    packets: u8,
}

impl SilenceGate {
    /// Whether a packet is one too many of a pause. `sequence` is extended; a late packet begins and ends no pause.
    pub(crate) fn cuts(&mut self, sequence: u64, payload: &[u8]) -> bool {
        let silent = opus::is_dtx(payload);
        if sequence >= self.newest {
            self.newest = sequence;
            self.packets = if silent { self.packets.saturating_add(1) } else { 0 };
        }
        silent && self.packets > KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_three_of_a_pause_pass() {
        let (speech, dtx): (&[u8], &[u8]) = (&[0x78; 40], &[0x78]);
        // number, payload, whether it is cut
        let rows = [
            (1, speech, false),
            (2, dtx, false),
            (3, dtx, false),
            (4, dtx, false),
            (5, dtx, true),
            (7, dtx, true),
            // Late speech is speech, and the pause goes on behind it.
            (6, speech, false),
            (8, dtx, true),
            (9, speech, false),
            (10, dtx, false),
            // Late silence of the pause before: there is room for it in this one.
            (8, dtx, false),
            (11, dtx, false),
            (12, dtx, false),
            (13, dtx, true),
        ];
        let mut gate = SilenceGate::default();
        for (n, (sequence, payload, cut)) in rows.into_iter().enumerate() {
            assert_eq!(gate.cuts(sequence, payload), cut, "row {n}");
        }
    }
}
