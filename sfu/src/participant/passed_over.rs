//! An encoding that nobody takes: what each subscriber would take note of, packet by packet, is noted once.
//!
//! Of a simulcast most packets are of encodings that no receiver gets or is to get. All that one does to a receiver is to
//! be counted, and to move the highest number that its projection knows of; going round all receivers for that takes
//! longer than everything else that is done with the packet.

/// Packets of one encoding that every subscriber of its source has passed over, since all were last gone round.
#[derive(Debug, Default)]
pub(crate) struct PassedOver(Option<Run>);

#[derive(Clone, Copy, Debug)]
struct Run {
    /// The number of choices that had been made when it began: with another one somebody may want the encoding.
    choices: u64,
    /// The highest sequence number, extended; the projections' own when the run began.
    highest: u64,
    packets: u64,
}

impl PassedOver {
    /// Every subscriber has passed over a packet, and has `highest` as the highest number of the encoding.
    pub(crate) fn begin(&mut self, choices: u64, highest: u64) {
        debug_assert!(self.0.is_none(), "what went before was settled");
        self.0 = Some(Run { choices, highest, packets: 0 });
    }

    /// Whether all subscribers pass over the packet `sequence` too, which is then noted: it is new, follows the one before
    /// it by less than `reach`, and nobody has been given another choice meanwhile.
    pub(crate) fn takes(&mut self, choices: u64, sequence: u64, reach: u64) -> bool {
        let Some(run) = &mut self.0 else { return false };
        let follows = sequence > run.highest && sequence - run.highest < reach;
        if run.choices != choices || !follows {
            return false;
        }
        run.highest = sequence;
        run.packets += 1;
        true
    }

    /// How many packets its subscribers haven't been told of.
    pub(crate) fn pending(&self) -> u64 {
        self.0.map_or(0, |run| run.packets)
    }

    /// Ends the run: the highest number and how many packets its subscribers are to be told of, if any.
    pub(crate) fn settle(&mut self) -> Option<(u64, u64)> {
        self.0.take().filter(|run| run.packets > 0).map(|run| (run.highest, run.packets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_closely_under_the_same_choices_is_passed_over_unseen() {
        let mut passed = PassedOver::default();
        assert!(!passed.takes(3, 101, 50), "nobody has been asked yet");
        passed.begin(3, 100);
        assert_eq!((passed.pending(), passed.takes(3, 101, 50), passed.takes(3, 150, 50)), (0, true, true));
        for (why, choices, sequence) in
            [("again", 3, 150), ("late", 3, 149), ("far", 3, 200), ("choice", 4, 151)]
        {
            assert!(!passed.takes(choices, sequence, 50), "{why}");
        }
        assert_eq!((passed.pending(), passed.settle(), passed.settle()), (2, Some((150, 2)), None));
        passed.begin(4, 200);
        assert_eq!(passed.settle(), None, "they know of the packet that they were asked about");
    }
}
