//! Writes the report of a made-up run, to look at it: `cargo run -p reports --example sample_report -- DIR [PEOPLE [SECONDS]]`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::path::PathBuf;

use reports::html;
use reports::plot;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("which directory?")?);
    let people = arguments.next().map_or(Ok(10), |number| number.parse())?;
    let seconds = arguments.next().map_or(Ok(60), |number| number.parse())?;
    let run = sample::Sample::new(people, seconds);
    std::fs::create_dir_all(directory.join("plots"))?;
    let figures = plot::all(&run.recording);
    for figure in &figures {
        std::fs::write(directory.join("plots").join(format!("{}.svg", figure.name)), &figure.svg)?;
        std::fs::write(directory.join("plots").join(format!("{}.png", figure.name)), &figure.png)?;
    }
    std::fs::write(directory.join("report.html"), html::render(&run.input(&figures)))?;
    Ok(())
}
