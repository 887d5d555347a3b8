//! `plenum compare`: run directories, or one scenario in several variations, over the same seeds.

use std::fs;
use std::path::{Path, PathBuf};

use reports::comparison::{self, Comparison, Course, RunValues, Side};
use reports::files::RunDirectory;
use reports::verdict::ExitCode as Code;
use scenarios::Scenario;

use super::arguments::{CompareArguments, Crypto, Format, VaryArguments};
use super::measured::measure_and;
use super::output::print;
use super::pool::{side_by_side, workers};
use super::progress::Progress;
use super::{fail, load};

type Failure = (Code, String);

/// Compares and writes the report.
pub(super) fn compare(arguments: &CompareArguments) -> Code {
    match compared(arguments) {
        Ok(code) => code,
        Err((code, error)) => fail(code, error),
    }
}

fn compared(arguments: &CompareArguments) -> Result<Code, Failure> {
    let invalid = |error: String| (Code::Invalid, error);
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from("runs/compare"));
    // What would not do is found out before the first run.
    let sides = match &arguments.vary_path {
        Some(vary) => Task::Vary(variations(arguments, vary).map_err(invalid)?),
        None => Task::Read(directories(arguments).map_err(invalid)?),
    };
    let directory = RunDirectory::create(out).map_err(|error| invalid(error.to_string()))?;
    let (title, mut sides) = match sides {
        Task::Vary(variations) => {
            let title =
                format!("{}: {}", variations[0].scenario.name, arguments.vary_path.as_deref().unwrap_or(""));
            (title, run(arguments, variations)?)
        }
        Task::Read(sides) => (format!("{} runs compared", sides.len()), sides),
    };
    let base = sides.remove(0);
    let comparison = Comparison::of(title, base, sides).map_err(|error| invalid(error.to_string()))?;
    let replay = replay_line(arguments);
    comparison::write(&directory, &comparison, &replay).map_err(|error| invalid(error.to_string()))?;
    Ok(match arguments.format {
        Format::Json => print(comparison::json(&comparison)),
        Format::Text if arguments.runs.quiet => Code::Pass,
        Format::Text => {
            let report = directory.path().join("report.html");
            print(format_args!("{}\nreport: {}\n", comparison::text(&comparison), report.display()))
        }
    })
}

enum Task {
    Vary(Vec<Variation>),
    Read(Vec<Side>),
}

/// A side that is to be run.
struct Variation {
    name: String,
    scenario: Scenario,
}

/// The scenario once per value of `--vary PATH=A,B[,C]`.
fn variations(arguments: &CompareArguments, vary: &str) -> Result<Vec<Variation>, String> {
    let [name] = arguments.what.as_slice() else {
        return Err("--vary takes one scenario, not several runs".to_owned());
    };
    let Some((path, values)) = vary.split_once('=') else {
        return Err("--vary has no `=`: write --vary PATH=A,B, for instance sfu.main.config.rtx=true,false"
            .to_owned());
    };
    let values = split_values(values);
    if values.len() < 2 || values.iter().any(String::is_empty) {
        return Err(format!("--vary {path}: give two values or more, as in {path}=A,B"));
    }
    let one = |value: &String| {
        let set = format!("{path}={value}");
        let mut changes = arguments.runs.vary.clone();
        changes.set.push(set.clone());
        let mut scenario = load::load(name, &changes)?;
        scenario.seed = arguments.seed.unwrap_or(scenario.seed);
        Ok(Variation { name: set, scenario })
    };
    values.iter().map(one).collect()
}

/// Parts `text` at its commas, but for those inside brackets and quotes: `[1, 2],[3]` are two values.
fn split_values(text: &str) -> Vec<String> {
    let (mut values, mut depth, mut quote) = (vec![String::new()], 0_i32, None);
    for c in text.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values.last_mut().expect("there is always one").push(c);
    }
    values.iter().map(|value| value.trim().to_owned()).collect()
}

/// Runs every variation with every seed.
fn run(arguments: &CompareArguments, variations: Vec<Variation>) -> Result<Vec<Side>, Failure> {
    let progress = Progress::new(arguments.runs.quiet);
    let null_crypto = arguments.runs.vary.crypto == Crypto::Null;
    let seeds = |variation: &Variation| {
        let first = variation.scenario.seed;
        (0..arguments.seeds).map(move |step| first.wrapping_add(step))
    };
    let jobs: Vec<(usize, u64)> = (variations.iter().enumerate())
        .flat_map(|(at, variation)| seeds(variation).map(move |seed| (at, seed)))
        .collect();
    let one = |(at, seed): &(usize, u64)| -> Result<(RunValues, Course), Failure> {
        let scenario = &variations[*at].scenario;
        let (measured, course) = measure_and(scenario, *seed, null_crypto, &progress, Course::of)?;
        Ok((RunValues::of(&measured.sound(*seed)?), course))
    };
    let done = side_by_side(&jobs, workers(arguments.runs.jobs, jobs.len()), one);
    let mut sides: Vec<Side> =
        variations.iter().map(|one| Side { name: one.name.clone(), ..Side::default() }).collect();
    for ((at, seed), result) in jobs.iter().zip(done) {
        let crash = |said| (Code::Broken, format!("{}, seed {seed}: crash: {said}", variations[*at].name));
        let (values, course) = result.map_err(crash)??;
        sides[*at].runs.push(values);
        sides[*at].courses.push(course);
    }
    Ok(sides)
}

/// The run directories, each with one run or one per seed.
fn directories(arguments: &CompareArguments) -> Result<Vec<Side>, String> {
    if arguments.what.len() < 2 {
        return Err("give two run directories or more, or one scenario with --vary PATH=A,B".to_owned());
    }
    arguments.what.iter().map(|path| read(path)).collect()
}

fn read(name: &str) -> Result<Side, String> {
    let path = Path::new(name);
    let mut folders: Vec<PathBuf> = Vec::new();
    let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    for entry in entries {
        let entry = entry.map_err(|error| format!("{}: {error}", path.display()))?.path();
        let is_seed = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-"));
        if is_seed && entry.join("metrics.json").is_file() {
            folders.push(entry);
        }
    }
    if folders.is_empty() {
        folders.push(path.to_owned());
    }
    folders.sort();
    let mut side = Side { name: name.to_owned(), ..Side::default() };
    for folder in folders {
        side.runs.push(read_file(&folder.join("metrics.json"))?);
        let series = folder.join("series.csv");
        // Whoever moved a run elsewhere may have left its series behind.
        if let Ok(text) = fs::read_to_string(&series) {
            let course = Course::read(&text).map_err(|error| format!("{}: {error}", series.display()))?;
            side.courses.push(course);
        }
    }
    side.runs.sort_by_key(|run| run.seed);
    Ok(side)
}

fn read_file(path: &Path) -> Result<RunValues, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    RunValues::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The command that gives the same comparison again.
fn replay_line(arguments: &CompareArguments) -> String {
    let mut line = format!("plenum compare {}", arguments.what.join(" "));
    let Some(vary) = &arguments.vary_path else { return line };
    line.push_str(&format!(" --vary '{vary}' --seeds {}", arguments.seeds));
    if let Some(seed) = arguments.seed {
        line.push_str(&format!(" --seed {seed}"));
    }
    line.push_str(&changes(&arguments.runs.vary));
    line
}

/// `--set` and `--crypto` as they were given.
pub(super) fn changes(vary: &VaryArguments) -> String {
    let sets: String = vary.set.iter().map(|set| format!(" --set '{set}'")).collect();
    let crypto = if vary.crypto == Crypto::Null { " --crypto null" } else { "" };
    format!("{sets}{crypto}")
}

#[cfg(test)]
mod tests {
    use super::split_values;

    #[test]
    fn values_part_at_commas_outside_brackets_and_quotes() {
        for (text, values) in [
            ("true,false", &["true", "false"][..]),
            ("600kbps, 1Mbps ,2Mbps", &["600kbps", "1Mbps", "2Mbps"]),
            (
                "[[\"0s\", \"1Mbps\"]],[[\"0s\", \"2Mbps\"]]",
                &["[[\"0s\", \"1Mbps\"]]", "[[\"0s\", \"2Mbps\"]]"],
            ),
            ("\"a,b\",'c,d'", &["\"a,b\"", "'c,d'"]),
            ("{ a = 1, b = 2 },3", &["{ a = 1, b = 2 }", "3"]),
            ("a,", &["a", ""]),
        ] {
            assert_eq!(split_values(text), values);
        }
    }
}
