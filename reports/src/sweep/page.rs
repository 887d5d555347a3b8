//! What a finished sweep leaves behind, but for the plan and the results themselves.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::rows::{self, plain};
use super::{Plan, Record, parquet};
use crate::comparison::bootstrap::median;
use crate::comparison::{Over, Quantity, readable};
use crate::files::{FilesError, RunDirectory, cell};
use crate::html::{Document, Section, document};
use crate::plot::grid_curves::{self, Curves, Line};
use crate::plot::heat_map::{self, HeatMap};
use crate::plot::{Figure, Table};

/// What is drawn, if it differs between points: what people notice first (★ our own choice).
const DRAWN: [(&str, Over); 12] = [
    ("video.capture_to_render", Over::Worst),
    ("audio.mouth_to_ear", Over::Worst),
    ("video.freeze_w3c.ratio", Over::Worst),
    ("video.fps", Over::Worst),
    ("video.quality.ratio", Over::Mean),
    ("layer_share.top", Over::Mean),
    ("video.bitrate", Over::Mean),
    ("audio.concealed_ratio", Over::Worst),
    ("queue.delay_added", Over::Worst),
    ("loss.after_repair", Over::Worst),
    ("time_to_first_frame", Over::Worst),
    ("join.time", Over::Worst),
];
/// Quantities with pictures at most.
const PICTURES: usize = 8;
/// Lines in one picture at most.
const LINES: usize = 6;

/// Writes `results.parquet`, `results.csv`, `summary.md`, `report.html` and its pictures. `records` are all of the
/// plan's, or a shard's, in order.
///
/// # Errors
/// The first file that could not be written.
pub fn write(
    directory: &RunDirectory,
    plan: &Plan,
    records: &[Record],
    replay: &str,
) -> Result<(), FilesError> {
    directory.write_with("results.csv", |out| rows::csv(plan, records, out))?;
    let mut columns = Vec::new();
    parquet::write(plan, records, &mut columns).expect("memory takes every column of a fixed schema");
    directory.write("results.parquet", &columns)?;
    let figures = figures(plan, records);
    for figure in &figures {
        directory.write(&format!("plots/{}.svg", figure.name), figure.svg.as_bytes())?;
        directory.write(&format!("plots/{}.png", figure.name), &figure.png)?;
    }
    directory.write("summary.md", markdown(plan, records).as_bytes())?;
    directory.write("report.html", page(plan, records, &figures, replay).as_bytes())
}

/// The numbers of one quantity at each point of the grid.
struct Field<'a> {
    plan: &'a Plan,
    quantity: Quantity,
    /// By point, the numbers of the seeds that have one.
    points: Vec<Vec<f64>>,
}

impl<'a> Field<'a> {
    fn of(plan: &'a Plan, records: &[Record], quantity: Quantity) -> Self {
        let mut points = vec![Vec::new(); plan.points()];
        for record in records {
            points[plan.run(record.run).0].extend(record.get(&quantity));
        }
        Field { plan, quantity, points }
    }

    /// Whether its median differs anywhere.
    fn varies(&self) -> bool {
        let mut medians = self.points.iter().filter(|point| !point.is_empty()).map(|point| middle(point));
        let first = medians.next();
        medians.any(|other| Some(other) != first)
    }

    fn heading(&self) -> String {
        let Quantity { definition, over, .. } = &self.quantity;
        let unit = self.quantity.unit();
        format!("{}, {}, {}, {unit}", definition.id, self.quantity.stat(), over.words())
    }

    /// The numbers of all points at which each of `fixed` paths has its value.
    fn at(&self, fixed: &[(usize, &str)]) -> Vec<f64> {
        let fits = |point: &usize| {
            let values = self.plan.point(*point);
            fixed.iter().all(|(path, value)| values[*path] == *value)
        };
        (0..self.plan.points()).filter(fits).flat_map(|point| self.points[point].iter().copied()).collect()
    }
}

fn middle(values: &[f64]) -> f64 {
    median(&mut values.to_vec())
}

/// Paths that have more than one value.
fn axes(plan: &Plan) -> Vec<usize> {
    (0..plan.grid.len()).filter(|path| plan.grid[*path].len() > 1).collect()
}

/// Heat maps over the first two paths, and curves over the first.
pub fn figures(plan: &Plan, records: &[Record]) -> Vec<Figure> {
    let axes = axes(plan);
    let Some(first) = axes.first() else { return Vec::new() };
    let quantities = DRAWN.iter().filter_map(|(id, over)| Quantity::new(id, *over));
    let fields = quantities.map(|quantity| Field::of(plan, records, quantity)).filter(Field::varies);
    let rest: Vec<&str> =
        axes.iter().skip(2).map(|path| plan.grid.get_index(*path).expect("in the grid").0.as_str()).collect();
    let note = if rest.is_empty() {
        String::new()
    } else {
        format!("Taken over all values of {}.", rest.join(", "))
    };
    let mut figures = Vec::new();
    for field in fields.take(PICTURES) {
        let name = format!("{}-{}", field.quantity.definition.id, field.quantity.over.name());
        if let Some(second) = axes.get(1) {
            let map = heat_map(&field, *first, *second);
            figures.push(heat_map::figure(
                &format!("heat-{name}"),
                &map,
                &format!("Medians over the seeds. {note}"),
            ));
        }
        figures.push(grid_curves::figure(
            &format!("curve-{name}"),
            &curves(&field, *first, axes.get(1)),
            &note,
        ));
    }
    figures
}

fn path_of(plan: &Plan, path: usize) -> (&str, &[String]) {
    let (name, values) = plan.grid.get_index(path).expect("axes are paths of the grid");
    (name, values)
}

fn heat_map(field: &Field<'_>, across: usize, down: usize) -> HeatMap {
    let ((across_name, columns), (down_name, rows)) =
        (path_of(field.plan, across), path_of(field.plan, down));
    let cells: Vec<Vec<Option<f64>>> = (rows.iter())
        .map(|row| {
            let cell = |column: &String| {
                let values = field.at(&[(across, column), (down, row)]);
                (!values.is_empty()).then(|| middle(&values))
            };
            columns.iter().map(cell).collect()
        })
        .collect();
    let widest = cells.iter().flatten().flatten().fold(0.0, |most: f64, value| most.max(value.abs()));
    let words = |cell: &Option<f64>| cell.map_or("–".to_owned(), |value| readable(value, widest));
    HeatMap {
        heading: field.heading(),
        across: (across_name.to_owned(), columns.iter().map(|value| plain(value)).collect()),
        down: (down_name.to_owned(), rows.iter().map(|value| plain(value)).collect()),
        words: cells.iter().map(|row| row.iter().map(words).collect()).collect(),
        cells,
    }
}

fn curves(field: &Field<'_>, across: usize, by: Option<&usize>) -> Curves {
    let (name, values) = path_of(field.plan, across);
    let line = |fixed: Option<(usize, &str)>| {
        let points = values.iter().map(|value| {
            let fixed: Vec<(usize, &str)> = std::iter::once((across, value.as_str())).chain(fixed).collect();
            let found = field.at(&fixed);
            let least = found.iter().copied().fold(f64::INFINITY, f64::min);
            let most = found.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (!found.is_empty()).then(|| [least, middle(&found), most])
        });
        let name = fixed.map_or(String::new(), |(path, value)| {
            format!("{} = {}", path_of(field.plan, path).0, plain(value))
        });
        Line { name, points: points.collect() }
    };
    let lines = match by {
        None => vec![line(None)],
        Some(by) => {
            let of_path = path_of(field.plan, *by).1;
            // Of many values every so-manieth, so that both ends stay.
            let shown = of_path.len().min(LINES);
            let place = |at: usize| if shown < 2 { 0 } else { at * (of_path.len() - 1) / (shown - 1) };
            (0..shown).map(|at| line(Some((*by, of_path[place(at)].as_str())))).collect()
        }
    };
    let values = values.iter().map(|value| plain(value)).collect();
    Curves { heading: field.heading(), across: (name.to_owned(), values), lines }
}

/// Every point with the medians of what is drawn.
fn table(plan: &Plan, records: &[Record], quantities: &[Quantity]) -> Table {
    let mut table = Table::new(&["point"]);
    table.heads.extend(plan.grid.keys().cloned());
    table.heads.push("runs".to_owned());
    let fields: Vec<Field<'_>> =
        quantities.iter().map(|quantity| Field::of(plan, records, *quantity)).collect();
    table.heads.extend(fields.iter().map(Field::heading));
    for point in 0..plan.points() {
        let runs = records.iter().filter(|record| plan.run(record.run).0 == point).count();
        let mut row = vec![point.to_string()];
        row.extend(plan.point(point).into_iter().map(plain));
        row.push(runs.to_string());
        row.extend(fields.iter().map(|field| match field.points[point].as_slice() {
            [] => "–".to_owned(),
            values => readable(middle(values), middle(values).abs()),
        }));
        table.row(row);
    }
    table
}

/// Quantities for tables: those of pictures that any run has.
fn tabled(records: &[Record]) -> Vec<Quantity> {
    let known: BTreeSet<Quantity> =
        records.iter().flat_map(|record| record.values.iter().map(|(quantity, _)| *quantity)).collect();
    DRAWN.iter().filter_map(|(id, over)| Quantity::new(id, *over)).filter(|one| known.contains(one)).collect()
}

fn in_words(plan: &Plan, records: &[Record]) -> Vec<String> {
    let (points, seeds) = (plan.points(), plan.seeds.len());
    let mut words =
        vec![format!("{points} points × {seeds} seeds = {} runs; {} are here.", plan.runs(), records.len())];
    let broken: Vec<&Record> = records.iter().filter(|record| record.broken.is_some()).collect();
    if let Some(first) = broken.first() {
        let why = first.broken.as_deref().unwrap_or_default();
        words.push(format!("{} runs are worth nothing; the first, run {}: {why}", broken.len(), first.run));
    }
    let failed = records.iter().filter(|record| !record.failed.is_empty()).count();
    words.push(format!(
        "In {failed} runs an expectation of the scenario failed, which a sweep doesn't judge."
    ));
    words
}

fn markdown(plan: &Plan, records: &[Record]) -> String {
    let mut out = format!("# Sweep of {}\n\n", cell(&plan.scenario));
    for words in in_words(plan, records) {
        let _ = writeln!(out, "{}\n", cell(&words));
    }
    let table = table(plan, records, &tabled(records));
    let mut line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    line(&table.heads);
    line(&vec!["---".to_owned(); table.heads.len()]);
    table.rows.iter().for_each(|row| line(row));
    out.push_str(
        "\nMedians over the seeds. Every number of every run is in `results.parquet` and `results.csv`.\n",
    );
    out
}

fn page(plan: &Plan, records: &[Record], figures: &[Figure], replay: &str) -> String {
    let numbers = table(plan, records, &tabled(records));
    let sections = vec![
        Section {
            id: "short",
            heading: "In short".to_owned(),
            words: in_words(plan, records),
            ..Section::default()
        },
        Section { id: "pictures", heading: "Pictures".to_owned(), figures, ..Section::default() },
        Section {
            id: "numbers",
            heading: "Numbers".to_owned(),
            words: vec![
                "Medians over the seeds. Every number of every run is in results.parquet and results.csv."
                    .to_owned(),
            ],
            tables: vec![("Points of the grid".to_owned(), numbers.cut("all of them are in summary.md."))],
            ..Section::default()
        },
        Section {
            id: "again",
            heading: "To have it again".to_owned(),
            code: vec![replay.to_owned()],
            ..Section::default()
        },
    ];
    let seeds: Vec<String> = plan.seeds.iter().map(u64::to_string).collect();
    document(&Document {
        title: format!("Sweep of {}", plan.scenario),
        small: format!("seeds {} · plenum {} · {} crypto", seeds.join(", "), plan.tool_version, plan.crypto),
        sections,
        ..Document::default()
    })
}
