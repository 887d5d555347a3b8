//! The pictures and the page of a comparison.

use super::difference::{Difference, Finding};
use super::table::{self, LEGEND, readable};
use super::{Against, Comparison, Over, Side};
use crate::html::{Document, Section, document};
use crate::metric;
use crate::plot::dumbbell::{self, Dumbbell, Tone};
use crate::plot::value_cdf::{self, Spread};
use crate::plot::{Figure, Table};

/// Rows of a dumbbell picture: those that moved most.
const ROWS: usize = 20;
/// Panels of cumulative curves.
const PANELS: usize = 6;

/// What moved on each side, and how the metrics that moved most are spread.
pub fn figures(comparison: &Comparison) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (at, against) in comparison.others.iter().enumerate() {
        let shown = moved_most(against);
        let rows: Vec<Dumbbell> = shown.iter().map(|difference| dumbbell(difference)).collect();
        let name = if at == 0 { "moved".to_owned() } else { format!("moved-{}", at + 1) };
        let names = (comparison.base.name.as_str(), against.side.name.as_str());
        let heading = format!("What moved: {}", against.side.name);
        figures.push(dumbbell::figure(&name, &heading, names, &rows, pairs(&shown)));
    }
    figures.extend(super::courses::figure(comparison));
    figures.extend(spread(comparison));
    figures
}

/// The differences worth a row, those that are sure before those that aren't, then by their relative size.
fn moved_most(against: &Against) -> Vec<&Difference> {
    let mut all = table::leading(against);
    all.retain(|difference| !difference.pairs.is_empty());
    let size = |one: &Difference| {
        let whole = one.base.abs().max(one.other.abs());
        if whole > 0.0 { one.median.abs() / whole } else { 0.0 }
    };
    let is_open = |one: &Difference| one.finding() == Finding::Unclear;
    all.sort_by(|a, b| {
        is_open(a).cmp(&is_open(b)).then(size(b).total_cmp(&size(a))).then(a.quantity.cmp(&b.quantity))
    });
    all.truncate(ROWS);
    all
}

fn dumbbell(difference: &Difference) -> Dumbbell {
    let quantity = &difference.quantity;
    let widest = difference.base.abs().max(difference.other.abs());
    let unit = if matches!(quantity.unit(), "count" | "ratio") { "" } else { quantity.unit() };
    let show = |value: f64| readable(value, widest);
    let words = format!("{} to {} {unit}", show(difference.base), show(difference.other));
    Dumbbell {
        name: quantity.definition.id.to_owned(),
        detail: detail(difference),
        base: difference.base,
        other: difference.other,
        pairs: difference.pairs.iter().map(|pair| (pair.base, pair.other)).collect(),
        interval: difference.interval,
        tone: match difference.finding() {
            Finding::Worse => Tone::Worse,
            Finding::Better => Tone::Better,
            _ => Tone::Open,
        },
        words: words.trim_end().to_owned(),
    }
}

fn detail(difference: &Difference) -> String {
    let quantity = &difference.quantity;
    match quantity.over {
        Over::NeverSeen => "label sets never seen".to_owned(),
        over => format!("{}, {}, {}", over.words(), quantity.stat(), quantity.unit()),
    }
}

/// The numbers behind a picture: every pair.
fn pairs(shown: &[&Difference]) -> Table {
    let mut table = Table::new(&["metric", "of", "seed", "base", "other", "difference"]);
    for difference in shown {
        for pair in &difference.pairs {
            let numbers = [pair.base, pair.other, pair.difference()].map(crate::number::number);
            let [base, other, change] = numbers;
            let (id, over) = (difference.quantity.definition.id, difference.quantity.over.words());
            table.row([id.to_owned(), over.to_owned(), pair.seed.to_string(), base, other, change]);
        }
    }
    table.cut("all of them are in compare.json.")
}

/// Cumulative curves of the metrics that moved most on any side.
fn spread(comparison: &Comparison) -> Option<Figure> {
    let mut ids: Vec<&'static str> = Vec::new();
    for against in &comparison.others {
        for difference in moved_most(against) {
            let id = difference.quantity.definition.id;
            if !ids.contains(&id) && has_spread(&comparison.base, id) {
                ids.push(id);
            }
        }
    }
    ids.truncate(PANELS);
    let sides: Vec<&Side> =
        std::iter::once(&comparison.base).chain(comparison.others.iter().map(|one| &one.side)).collect();
    let spreads: Vec<Spread> = (ids.iter())
        .map(|id| {
            let definition = metric::find(id).expect("differences are of metrics of the table");
            Spread {
                heading: format!("{id}, {}", definition.headline),
                unit: definition.unit.name().to_owned(),
                sides: sides.iter().map(|side| values(side, id)).collect(),
            }
        })
        .collect();
    let names: Vec<&str> = sides.iter().map(|side| side.name.as_str()).collect();
    let heading = "How what moved most is spread over all label sets";
    (!spreads.is_empty()).then(|| value_cdf::figure("spread", heading, &names, &spreads))
}

fn has_spread(side: &Side, id: &str) -> bool {
    side.runs.iter().any(|run| run.spread.iter().any(|(known, _)| *known == id))
}

fn values(side: &Side, id: &str) -> Vec<f64> {
    let of_metric = side.runs.iter().flat_map(|run| &run.spread).filter(|(known, _)| *known == id);
    let mut values: Vec<f64> = of_metric.flat_map(|(_, values)| values.iter().copied()).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The page.
pub fn page(comparison: &Comparison, figures: &[Figure], replay: &str) -> String {
    let numbers = comparison
        .others
        .iter()
        .map(|against| (against.side.name.clone(), table::table(&table::leading(against))));
    let folded = comparison.others.iter().map(|against| {
        let all: Vec<&Difference> = against.differences.iter().collect();
        (format!("All {} quantities of {}", all.len(), against.side.name), table::table(&all))
    });
    let mut short = comparison.notes();
    short.splice(0..0, comparison.others.iter().map(table::in_words));
    let sections = vec![
        Section { id: "short", heading: "In short".to_owned(), words: short, ..Section::default() },
        Section { id: "pictures", heading: "Pictures".to_owned(), figures, ..Section::default() },
        Section {
            id: "numbers",
            heading: "Numbers".to_owned(),
            words: vec![LEGEND.to_owned()],
            tables: numbers.collect(),
            folded: folded.collect(),
            ..Section::default()
        },
        Section {
            id: "again",
            heading: "To have it again".to_owned(),
            code: vec![replay.to_owned()],
            ..Section::default()
        },
    ];
    document(&Document {
        title: comparison.title.clone(),
        about: table::sides(comparison),
        small: seeds(comparison),
        banner: None,
        sections,
    })
}

fn seeds(comparison: &Comparison) -> String {
    let mut seeds: Vec<u64> =
        comparison.others.iter().flat_map(|against| against.seeds.iter().copied()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    format!("seeds {}", seeds.join(", "))
}
