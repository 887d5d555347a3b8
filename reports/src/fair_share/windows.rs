//! Means over windows of bins.

use crate::recording::{Measure, Span};

/// The mean of each run of `width` bins; the k-th begins with bin k.
pub fn rolling(values: &[f64], width: usize) -> Vec<f64> {
    let means = values.windows(width.max(1)).map(|window| window.iter().sum::<f64>() / window.len() as f64);
    means.collect()
}

/// The mean of each whole window of so many seconds in `span`, one after the other; bins cut by the span's ends are
/// left out.
pub fn per_window(values: &[f64], measure: &Measure, span: Span, secs: usize) -> Vec<f64> {
    let bins = whole_bins(measure, span);
    let width = measure.bins_per_second() * secs;
    let values = &values[bins.start.min(values.len())..bins.end.min(values.len())];
    values.chunks_exact(width.max(1)).map(|window| window.iter().sum::<f64>() / width as f64).collect()
}

/// The bins that lie wholly in `span`.
pub(crate) fn whole_bins(measure: &Measure, span: Span) -> std::ops::Range<usize> {
    let width = u64::try_from(measure.bin.as_nanos()).unwrap_or(u64::MAX).max(1);
    let (from, until) = (span.from.as_nanos().div_ceil(width), span.until.as_nanos() / width);
    let place = |bin: u64| usize::try_from(bin).unwrap_or(usize::MAX);
    place(from)..place(until.max(from))
}
