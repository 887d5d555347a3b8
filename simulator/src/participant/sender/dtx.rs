//! Which frames of a microphone are sent: all, or with DTX those that somebody speaks in.

/// Frames without speech that are still sent, 200 ms: libopus's `NB_SPEECH_FRAMES_BEFORE_DTX`.
const HANGOVER: u32 = 10;
/// One frame in so many goes on being sent in a pause, 400 ms: libopus's `MAX_CONSECUTIVE_DTX`.
const REFRESH: u32 = 20;

/// What becomes of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transmission {
    /// It is sent; the first after silence begins a talk spurt.
    Sound { begins: bool },
    /// A packet goes out that says there is none.
    Silence,
    /// Nothing goes out.
    Nothing,
}

/// Discontinuous transmission, if it is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dtx {
    enabled: bool,
    /// Frames since somebody spoke.
    inactive: u32,
}

impl Dtx {
    pub(super) const fn new(enabled: bool) -> Self {
        Dtx { enabled, inactive: 0 }
    }

    /// Takes the next frame.
    pub(super) fn next(&mut self, voice: bool) -> Transmission {
        let before = self.inactive;
        if !self.enabled || voice {
            self.inactive = 0;
            return Transmission::Sound { begins: before > HANGOVER };
        }
        self.inactive = before.saturating_add(1);
        match before.checked_sub(HANGOVER) {
            None => Transmission::Sound { begins: false },
            Some(silent) if silent.is_multiple_of(REFRESH) => Transmission::Silence,
            Some(_) => Transmission::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_one_packet_in_400_ms() {
        let mut dtx = Dtx::new(true);
        let sound = Transmission::Sound { begins: false };
        assert_eq!(dtx.next(true), sound);
        for n in 0..70 {
            let expected = match n {
                0..10 => sound,
                10 | 30 | 50 => Transmission::Silence,
                _ => Transmission::Nothing,
            };
            assert_eq!(dtx.next(false), expected, "frame {n}");
        }
        assert_eq!(dtx.next(true), Transmission::Sound { begins: true });
        assert_eq!(dtx.next(true), sound);
        // A pause for breath.
        assert_eq!(dtx.next(false), sound);
        assert_eq!(dtx.next(true), sound);
        let mut off = Dtx::new(false);
        assert!((0..100).all(|n| off.next(n < 3) == sound));
    }
}
