//! One way to write a number, so that equal results are equal bytes.

/// `value` rounded to six decimals: a nanosecond of a millisecond, a millionth of a ratio.
///
/// Negative zero becomes zero, so that it never shows as "-0".
pub fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// `value` with at most six decimals and no more than it needs: "12", "0.05", "33.333333".
pub fn number(value: f64) -> String {
    rounded(value).to_string()
}

/// `value` with exactly `decimals` decimals, for tables that people read.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_stable() {
        for (value, text) in [
            (12.0, "12"),
            (0.05, "0.05"),
            (100.0 / 3.0, "33.333333"),
            (-0.000_000_1, "0"),
            (1.5e12, "1500000000000"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn tables_never_show_negative_zero() {
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(-0.01, 2), "-0.01");
        assert_eq!(fixed(1.25, 0), "1");
    }
}
