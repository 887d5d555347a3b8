//! The course of a value over time, thinned to what a picture can show.

use super::picture::Point;

/// Columns beyond which a curve is thinned: about one per unit of a panel's width.
const COLUMNS: usize = 400;

/// Bins as stretches of points without a gap, at the middle of each bin of `secs` seconds; thinned.
///
/// A value between two gaps becomes a stretch of the bin's width, so that it can be seen.
pub(super) fn segments(values: impl IntoIterator<Item = Option<f64>>, secs: f64) -> Vec<Vec<Point>> {
    let mut segments: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    let mut bins = 0;
    for (bin, value) in values.into_iter().enumerate() {
        bins = bin + 1;
        let Some(value) = value else {
            open = false;
            continue;
        };
        if !open {
            segments.push(Vec::new());
            open = true;
        }
        let points = segments.last_mut().expect("one was pushed when it was not open");
        points.push(((bin as f64 + 0.5) * secs, value));
    }
    for points in &mut segments {
        if let [(at, value)] = points[..] {
            *points = vec![(at - secs / 2.0, value), (at + secs / 2.0, value)];
        }
        *points = envelope(points, bins.div_ceil(COLUMNS));
    }
    segments
}

/// Of every `group` points the first, the lowest, the highest and the last, in order of time: extremes stay.
fn envelope(points: &[Point], group: usize) -> Vec<Point> {
    if group <= 2 {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(points.len() / group * 4 + 4);
    for chunk in points.chunks(group) {
        let by_value = |a: &usize, b: &usize| chunk[*a].1.total_cmp(&chunk[*b].1).then(a.cmp(b));
        let lowest = (0..chunk.len()).min_by(by_value).unwrap_or(0);
        let highest = (0..chunk.len()).max_by(by_value).unwrap_or(0);
        let mut places = [0, lowest, highest, chunk.len() - 1];
        places.sort_unstable();
        let mut last = None;
        for place in places {
            if last != Some(place) {
                kept.push(chunk[place]);
                last = Some(place);
            }
        }
    }
    kept
}

/// Means of groups of bins, so that at most `columns` are left, and how many seconds each covers: for areas, whose
/// surface must stay what it was.
pub(super) fn means(values: &[f64], secs: f64, columns: usize) -> (Vec<f64>, f64) {
    let group = values.len().div_ceil(columns).max(1);
    let mean = |chunk: &[f64]| chunk.iter().sum::<f64>() / chunk.len() as f64;
    (values.chunks(group).map(mean).collect(), secs * group as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_interrupt_and_single_values_have_width() {
        let values = [Some(1.0), Some(2.0), None, Some(3.0), None];
        let expected = [vec![(0.1, 1.0), (0.3, 2.0)], vec![(0.6, 3.0), (0.8, 3.0)]];
        let found = segments(values, 0.2);
        assert_eq!(found.len(), 2);
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found.0 - expected.0).abs() < 1e-9 && found.1 == expected.1, "{found:?}");
        }
    }

    #[test]
    fn thinning_keeps_every_extreme() {
        let mut values = vec![Some(5.0); 40_000];
        values[12_345] = Some(99.0);
        values[23_456] = Some(-7.0);
        let points: Vec<Point> = segments(values, 0.2).concat();
        assert!(points.len() <= 4 * COLUMNS, "{}", points.len());
        let has = |wanted: f64| points.iter().any(|(_, value)| *value == wanted);
        assert!(has(99.0) && has(-7.0));
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order of time");
    }

    #[test]
    fn means_keep_the_surface() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let (thinned, secs) = means(&values, 0.2, 400);
        assert!(thinned.len() <= 400);
        assert!((secs - 0.6).abs() < 1e-9);
        assert_eq!(thinned[0], 1.0);
        assert_eq!(means(&values[..300], 0.2, 400).0.len(), 300);
    }
}
