//! What a packet in and a packet out cost, out of what conferences of several sizes cost.

/// Packets in and out, and what they cost together, ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Packets in.
    pub packets_in: f64,
    /// Packets out.
    pub packets_out: f64,
    /// Together, ns.
    pub cost: f64,
}

/// Costs that explain points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Of a packet in, ns.
    pub per_packet_in_ns: f64,
    /// Of a packet out, ns.
    pub per_packet_out_ns: f64,
    /// How far off the worst explained point is, of its cost.
    pub worst: f64,
}

/// The two costs for which the sum of the squares of the relative errors is least. `None` when the points don't tell
/// them apart, or when one would be nothing or less.
pub fn fit(points: &[Point]) -> Option<Fit> {
    let mut sums = [0.0; 5];
    for point in points {
        // cost = in * x + out * y, each side over the cost: large conferences count no more than small ones.
        let (a, b) = (point.packets_in / point.cost, point.packets_out / point.cost);
        let terms = [a * a, a * b, b * b, a, b];
        sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
    }
    let [aa, ab, bb, a, b] = sums;
    let determinant = aa * bb - ab * ab;
    // Where all have the same ratio of out to in nothing tells one from the other.
    let told_apart = determinant > 1e-6 * aa * bb;
    if !told_apart {
        return None;
    }
    let per_packet_in_ns = (a * bb - b * ab) / determinant;
    let per_packet_out_ns = (b * aa - a * ab) / determinant;
    if !(per_packet_in_ns > 0.0 && per_packet_out_ns > 0.0) {
        return None;
    }
    let off = |point: &Point| {
        let explained = point.packets_in * per_packet_in_ns + point.packets_out * per_packet_out_ns;
        (explained / point.cost - 1.0).abs()
    };
    let worst = points.iter().map(off).fold(0.0, f64::max);
    Some(Fit { per_packet_in_ns, per_packet_out_ns, worst })
}

/// The middle one; of an even number the mean of both in the middle. 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

/// How far values lie from their median, as a share of it: the median of the distances.
pub fn spread(values: &[f64]) -> f64 {
    let middle = median(values);
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    if middle > 0.0 { median(&distances) / middle } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(packets_in: f64, packets_out: f64, cost: f64) -> Point {
        Point { packets_in, packets_out, cost }
    }

    #[test]
    fn exact_costs_are_found() {
        let of = |into: f64, out: f64| point(into, out, 300.0 * into + 70.0 * out);
        let found = fit(&[of(100.0, 100.0), of(500.0, 4_000.0), of(900.0, 20_000.0)]).expect("they differ");
        assert!(
            (found.per_packet_in_ns - 300.0).abs() < 1e-6 && (found.per_packet_out_ns - 70.0).abs() < 1e-6
        );
        assert!(found.worst < 1e-9);
    }

    #[test]
    fn an_error_is_spread_over_all_and_told() {
        // By hand: x + y = 10, x + 2 y = 13 and x + 4 y = 19 are of x = 7 and y = 3; the last costs a tenth more.
        let found =
            fit(&[point(1.0, 1.0, 10.0), point(1.0, 2.0, 13.0), point(1.0, 4.0, 20.9)]).expect("told apart");
        assert!((3.0..3.8).contains(&found.per_packet_out_ns), "{found:?}");
        assert!((6.0..7.0).contains(&found.per_packet_in_ns), "{found:?}");
        assert!((0.01..0.1).contains(&found.worst), "{found:?}");
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_told() {
        assert_eq!(fit(&[]), None);
        assert_eq!(fit(&[point(1.0, 3.0, 10.0)]), None);
        assert_eq!(fit(&[point(1.0, 3.0, 10.0), point(2.0, 6.0, 20.0)]), None);
        // As if more packets cost less.
        assert_eq!(fit(&[point(1.0, 1.0, 10.0), point(1.0, 9.0, 5.0)]), None);
    }

    #[test]
    fn medians_and_spreads() {
        assert_eq!((median(&[]), median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0])), (0.0, 2.0, 2.5));
        assert_eq!(spread(&[90.0, 100.0, 105.0]), 0.05);
        assert_eq!((spread(&[]), spread(&[7.0])), (0.0, 0.0));
    }
}
