//! Writes `simulator/docs/controllers.md` and its picture: `cargo run --release -p simulator --example controllers -- simulator/docs [SEEDS]`.

mod course;

use std::fmt::Write as _;
use std::path::PathBuf;

use course::{CONTROLLERS, Course, Row, Run};
use reports::plot::comparison::{Comparison, Courses, Unit};

const CAPTION: &str = "Estimates against the line (dashed), and the longest wait in its queue.";
/// The text around the tables.
const TEXT: &str = include_str!("text.txt");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("which directory?")?);
    let seeds: u64 = arguments.next().map_or(Ok(20), |number| number.parse())?;
    let mut tables = String::new();
    let mut panels = Vec::new();
    let mut bin_secs = 0.0;
    for course in Course::ALL {
        let mut rows = Vec::new();
        let mut first_runs = Vec::new();
        for controller in CONTROLLERS {
            let mut runs: Vec<Run> = (1..=seeds).map(|seed| course.run(controller, seed)).collect();
            let all: Vec<Row> = runs.iter().map(|run| run.row).collect();
            rows.push((controller, Row::mean(&all)));
            first_runs.push((controller, runs.swap_remove(0)));
        }
        table(&mut tables, course, &rows)?;
        bin_secs = first_runs[0].1.bin_secs;
        let courses = |of: fn(&Run) -> &Vec<Option<f64>>| {
            // What isn't controlled has no estimate to follow, and flattens the scale.
            let shown = first_runs.iter().filter(|(controller, _)| *controller != "fixed");
            shown.map(|(controller, run)| ((*controller).to_owned(), of(run).clone())).collect()
        };
        panels.push(Courses {
            heading: format!("{}: estimate", course.title()),
            unit: Unit::Rate,
            bound: first_runs[0].1.capacity.clone(),
            runs: courses(|run| &run.estimate),
        });
        panels.push(Courses {
            heading: format!("{}: queueing delay", course.title()),
            unit: Unit::Millis,
            bound: Vec::new(),
            runs: courses(|run| &run.queue),
        });
    }
    let title = "Congestion controllers on a line that changes".to_owned();
    let figure = Comparison { title, panels, bin_secs, run_secs: 100.0 }.figure("controllers", CAPTION);
    std::fs::create_dir_all(&directory)?;
    std::fs::write(directory.join("controllers.svg"), &figure.svg)?;
    std::fs::write(directory.join("controllers.png"), &figure.png)?;
    let text = TEXT.replace("{tables}\n", &tables).replace("{seeds}", &seeds.to_string());
    std::fs::write(directory.join("controllers.md"), text)?;
    Ok(())
}

fn table(out: &mut String, course: Course, rows: &[(&str, Row)]) -> std::fmt::Result {
    writeln!(out, "### {}\n", course.title())?;
    writeln!(
        out,
        "| controller | line used, % | with media, % | queueing delay p95, ms | loss, % | followed the rise, s | followed the fall, s | \
         capture to render p95, ms |\n|---|---|---|---|---|---|---|---|"
    )?;
    for (controller, row) in rows {
        writeln!(
            out,
            "| {controller} | {:.0} | {:.0} | {:.0} | {:.2} | {:.1} | {:.1} | {:.0} |",
            row.utilisation * 100.0,
            row.media * 100.0,
            row.queue_p95,
            row.loss * 100.0,
            row.rise,
            row.fall,
            row.render_p95,
        )?;
    }
    writeln!(out)
}
