//! Why a source got the layer that it got.

use serde::{Serialize, Serializer};

use crate::DataRate;

/// Why this layer and none higher, with the numbers to recompute it. Rates in bit/s.
///
/// `needed` is what the next candidate layer costs beyond the one given, and `left` what was free for it when
/// its turn came: the raise or keep part of the budget (whichever applied to that layer) less what had been
/// granted by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// The highest layer on offer.
    FitsWish,
    /// The highest layer that the tile shows; higher ones are on offer.
    CappedByTile {
        /// The tile's height.
        max_height: u16,
        /// The frame rate wished for, if that is limited.
        #[serde(skip_serializing_if = "is_unlimited")]
        max_fps: u8,
    },
    /// The next layer doesn't fit.
    CappedByBudget {
        /// See above.
        #[serde(serialize_with = "bps")]
        needed: DataRate,
        /// See above; less than `needed`.
        #[serde(serialize_with = "bps")]
        left: DataRate,
    },
    /// The next layer fits, but another source's turn came before and its layer didn't fit: the first source
    /// doesn't take what is being saved up, or it would lose it again when the budget grows; and nobody does while a
    /// source on stage lacks something.
    SavedForOthers {
        /// See above.
        #[serde(serialize_with = "bps")]
        needed: DataRate,
        /// See above; `needed` at least.
        #[serde(serialize_with = "bps")]
        left: DataRate,
    },
    /// The next layer fits, but not for long enough yet.
    HeldByHysteresis {
        /// See above.
        #[serde(serialize_with = "bps")]
        needed: DataRate,
        /// See above; `needed` at least.
        #[serde(serialize_with = "bps")]
        left: DataRate,
        /// How long it has fitted, in milliseconds …
        fitted_millis: u64,
        /// … and has to.
        required_millis: u64,
    },
    /// Not even the lowest layer fits.
    NoBudgetForBase {
        /// See above.
        #[serde(serialize_with = "bps")]
        needed: DataRate,
        /// See above; less than `needed`.
        #[serde(serialize_with = "bps")]
        left: DataRate,
    },
    /// The receiver doesn't show the source.
    PausedByView,
    /// Others come before the source, and are as many as the receiver wants to see.
    BeyondLastN {
        /// How many those are.
        last_n: u16,
    },
    /// The source sends nothing.
    NoActiveLayer,
}

/// Serialises a rate as a number of bits per second.
pub(super) fn bps<S: Serializer>(rate: &DataRate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(rate.as_bps())
}

fn is_unlimited(fps: &u8) -> bool {
    *fps == u8::MAX
}
