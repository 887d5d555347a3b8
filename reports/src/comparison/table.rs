//! A comparison as rows of cells, for the terminal, for Markdown and for the page.

use super::difference::{Difference, Finding};
use super::{Against, Comparison};
use crate::number::fixed;
use crate::plot::Table;

/// Heads of the columns.
pub(super) const HEADS: [&str; 9] =
    ["metric", "of", "unit", "base", "other", "difference", "95 % interval", "seeds worse", "finding"];

/// What the columns mean.
pub(super) const LEGEND: &str = "base, other: medians over the paired seeds. difference: the median of other less base, pair by pair, with its bootstrap interval of 95 % (2000 resamples, seeded). seeds worse: the share of pairs in which the other side is worse. finding: unclear where the interval holds zero. One interval in twenty misses by luck alone, so of many metrics a few will.";

/// Shown where there is nothing.
const NONE: &str = "–";

/// Quantities that differ in any pair.
pub(super) fn changed(against: &Against) -> Vec<&Difference> {
    against.differences.iter().filter(|difference| !difference.is_same()).collect()
}

/// Those that lead: each metric by its worst and mean participant, or as a whole. What is left out lies between
/// them, and is in `compare.json`.
pub(super) fn leading(against: &Against) -> Vec<&Difference> {
    let is_between = |difference: &Difference| difference.quantity.over == super::Over::P95;
    changed(against).into_iter().filter(|difference| !is_between(difference)).collect()
}

/// The cells of a row.
pub(super) fn cells(difference: &Difference) -> [String; HEADS.len()] {
    let quantity = &difference.quantity;
    let scale = [difference.base, difference.other, difference.median].map(f64::abs);
    let show = |value: f64| readable(value, scale.into_iter().fold(0.0, f64::max));
    let paired = !difference.pairs.is_empty();
    let value = |value: f64| if paired { show(value) } else { NONE.to_owned() };
    let relative = difference.relative().filter(|_| paired);
    let relative = relative.map_or(String::new(), |share| format!(" ({} %)", signed(share * 100.0, 1)));
    let interval = difference.interval.map_or(NONE.to_owned(), |(low, high)| {
        let widest = low.abs().max(high.abs()).max(difference.median.abs());
        format!("{} to {}", plus(low, &readable(low, widest)), plus(high, &readable(high, widest)))
    });
    let median = if paired {
        format!("{}{relative}", plus(difference.median, &show(difference.median)))
    } else {
        NONE.to_owned()
    };
    [
        quantity.definition.id.to_owned(),
        quantity.over.words().to_owned(),
        quantity.unit().to_owned(),
        value(difference.base),
        value(difference.other),
        median,
        interval,
        difference.worse.map_or(NONE.to_owned(), |share| format!("{} %", fixed(share * 100.0, 0))),
        finding(difference),
    ]
}

fn finding(difference: &Difference) -> String {
    let mut words = difference.finding().name().to_owned();
    for (count, side) in [(difference.only_base, "base"), (difference.only_other, "other")] {
        if count > 0 {
            words.push_str(&format!("; {count} seeds on {side} only"));
        }
    }
    words
}

/// A number with as many decimals as a number of the size of `widest` deserves: four significant digits.
pub(crate) fn readable(value: f64, widest: f64) -> String {
    let decimals = match widest {
        large if large >= 1000.0 => 0,
        large if large >= 100.0 => 1,
        large if large >= 10.0 => 2,
        large if large >= 1.0 => 3,
        large if large >= 0.1 => 4,
        _ => 6,
    };
    let text = fixed(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn plus(value: f64, text: &str) -> String {
    if value > 0.0 && text != "0" { format!("+{text}") } else { text.to_owned() }
}

fn signed(value: f64, decimals: usize) -> String {
    plus(value, &fixed(value, decimals))
}

/// `differences` as a table.
pub(super) fn table(differences: &[&Difference]) -> Table {
    let mut table = Table::new(&HEADS);
    differences.iter().for_each(|difference| table.row(cells(difference)));
    table
}

/// In a sentence: how many moved, and which way.
pub(super) fn in_words(against: &Against) -> String {
    let count = |finding: Finding| against.differences.iter().filter(|one| one.finding() == finding).count();
    let seeds = match against.seeds.len() {
        1 => "1 pair of seeds".to_owned(),
        many => format!("{many} pairs of seeds"),
    };
    format!(
        "{}: over {seeds}, worse: {}, better: {}, different without being either: {}, unclear: {}, the same: {}.",
        against.side.name,
        count(Finding::Worse),
        count(Finding::Better),
        count(Finding::Different),
        count(Finding::Unclear),
        count(Finding::Same)
    )
}

/// The name of the first side, and of all others.
pub(super) fn sides(comparison: &Comparison) -> String {
    let others: Vec<&str> = comparison.others.iter().map(|against| against.side.name.as_str()).collect();
    format!("base: {}; against it: {}", comparison.base.name, others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_that_count() {
        for (value, widest, text) in [
            (1234.56, 1234.56, "1235"),
            (123.456, 200.0, "123.5"),
            (0.012_345, 0.02, "0.012345"),
            (0.0, 0.0, "0"),
            (-2.5, 3.0, "-2.5"),
            (1.5, 15_000.0, "2"),
            (100.0, 10.0, "100"),
        ] {
            assert_eq!(readable(value, widest), text, "{value}");
        }
        assert_eq!(plus(2.0, "2"), "+2");
        assert_eq!(plus(0.000_000_1, "0"), "0");
    }
}
