//! Sweeps of hand-made results.

use indexmap::IndexMap;

use super::*;
use crate::comparison::{Over, Quantity, RunValues};

/// Two paths of 2 and 3 values, two seeds: 12 runs.
fn plan() -> Plan {
    let text = "schema = 1\nname = \"t\"\nseed = 5\nduration = \"60s\"\n[link.a]\nrate = \"1Mbps\"\n[participant.alice]\ndown = \"a\"\n[participant.bob]\n[sweep]\nseeds = 2\ngrid.\"link.a.rate\" = [\"1Mbps\", \"2Mbps\"]\ngrid.\"participant.bob.count\" = [1, 2, 3]\n";
    let scenario = scenarios::parse("t.toml", text, &[]).expect("valid");
    let sweep = scenario.sweep.clone().expect("has a sweep");
    Plan::new("0.1.0", &scenario, &sweep, "null")
}

fn records(plan: &Plan) -> Vec<Record> {
    (0..plan.runs())
        .map(|run| {
            let (point, seed) = plan.run(run);
            let delay = Quantity::new("queue.delay_added", Over::Worst).expect("a metric");
            let fps = Quantity::new("video.fps", Over::Worst).expect("a metric");
            let mut values = vec![(fps, 30.0), (delay, point as f64 * 10.0 + seed as f64)];
            values.sort_by_key(|(quantity, _)| *quantity);
            let digest = format!("{run:x}");
            Record::of(run, RunValues { seed, digest, values, ..RunValues::default() }, Vec::new())
        })
        .collect()
}

#[test]
fn runs_are_numbered_through_grid_and_seeds() {
    let plan = plan();
    assert_eq!((plan.points(), plan.runs()), (6, 12));
    assert_eq!((plan.run(0), plan.run(1), plan.run(11)), ((0, 5), (0, 6), (5, 6)));
    assert_eq!(plan.overrides(0), ["link.a.rate=\"1Mbps\"", "participant.bob.count=1"]);
    assert_eq!(plan.overrides(5), ["link.a.rate=\"2Mbps\"", "participant.bob.count=3"]);
    assert_eq!(plan.point(2), ["\"1Mbps\"", "3"]);
    assert_eq!((plan.file(3), plan.file(11)), ("runs/03.json".to_owned(), "runs/11.json".to_owned()));
    assert_eq!(Plan::read(&plan.text()).expect("reads back"), plan);
    let mut alone = plan;
    alone.grid = IndexMap::new();
    assert_eq!((alone.points(), alone.runs(), alone.overrides(0)), (1, 2, Vec::new()));
}

#[test]
fn shards_part_the_runs() {
    for of in 1..=5 {
        let shards: Vec<Shard> = (1..=of).map(|index| Shard::new(index, of).expect("there is one")).collect();
        for run in 0..23 {
            assert_eq!(shards.iter().filter(|shard| shard.has(run)).count(), 1, "run {run} of {of} shards");
        }
    }
    for (index, of) in [(0, 3), (4, 3), (1, 0)] {
        assert_eq!(Shard::new(index, of), None);
    }
}

#[test]
fn results_read_back_and_halves_of_them_are_refused() {
    let plan = plan();
    for record in records(&plan) {
        assert_eq!(Record::read(&record.text()).expect("reads back"), record);
        let text = record.text();
        for cut in [0, 1, text.len() / 2, text.len() - 3] {
            assert!(Record::read(&text[..cut]).is_err(), "{cut} of {} bytes", text.len());
        }
    }
    let broken = Record::broken(3, 9, String::new(), "crash: an unlucky number".to_owned());
    assert_eq!(Record::read(&broken.text()).expect("reads back"), broken);
    let other = broken.text().replace("\"schema\":1", "\"schema\":2");
    assert!(matches!(Record::read(&other), Err(RecordError::Schema(2))));
}

#[test]
fn the_files_are_tidy_and_say_what_the_grid_was() {
    let plan = plan();
    let records = records(&plan);
    let mut csv = Vec::new();
    rows::csv(&plan, &records, &mut csv).expect("memory takes it");
    let csv = String::from_utf8(csv).expect("text");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("run,seed,link.a.rate,participant.bob.count,metric,over,stat,unit,better,value")
    );
    assert_eq!(csv.lines().count(), 1 + 12 * 2);
    assert!(csv.contains("11,6,2Mbps,3,queue.delay_added,worst,p95,ms,lower,56\n"), "{csv}");
}

#[test]
fn parquet_holds_what_the_csv_holds() {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::RowAccessor;

    let plan = plan();
    let records = records(&plan);
    let mut file = Vec::new();
    parquet::write(&plan, &records, &mut file).expect("memory takes it");
    let mut again = Vec::new();
    parquet::write(&plan, &records, &mut again).expect("memory takes it");
    assert_eq!(file, again, "equal results are equal bytes");
    let reader = SerializedFileReader::new(bytes::Bytes::from(file)).expect("a whole file");
    let rows: Vec<String> = (reader.get_row_iter(None).expect("rows"))
        .map(|row| {
            let row = row.expect("a row");
            let text = |column| row.get_string(column).expect("text").as_str();
            let whole = |column| row.get_ulong(column).expect("a whole number");
            let texts: Vec<&str> = (2..9).map(text).collect();
            format!("{},{},{},{}", whole(0), whole(1), texts.join(","), row.get_double(9).expect("a number"))
        })
        .collect();
    let mut csv = Vec::new();
    rows::csv(&plan, &records, &mut csv).expect("memory takes it");
    let csv = String::from_utf8(csv).expect("text");
    assert_eq!(rows, csv.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn pictures_show_medians_of_what_varies() {
    let plan = plan();
    let pictures = figures(&plan, &records(&plan));
    let names: Vec<&str> = pictures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["heat-queue.delay-added-worst", "curve-queue.delay-added-worst"], "fps doesn't vary");
    // Point 5 has 55 and 56: the median of two is between them. Rows are counts, columns rates.
    assert_eq!(pictures[0].table.rows[2], ["3", "25.5", "55.5"].map(str::to_owned));
    assert_eq!(pictures[1].table.rows[0][2..], ["5", "5.5", "6"].map(str::to_owned));
}

#[test]
fn all_files_are_written() {
    let folder = std::env::temp_dir().join(format!("plenum-sweep-files-{}", std::process::id()));
    let directory = crate::RunDirectory::create(&folder).expect("can be made");
    let plan = plan();
    let mut records = records(&plan);
    records[4] = Record::broken(4, 5, String::new(), "crash: so <it> says".to_owned());
    write(&directory, &plan, &records, "plenum sweep t").expect("can be written");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("is there");
    assert!(read("summary.md").contains("1 runs are worth nothing; the first, run 4: crash"));
    assert!(read("report.html").contains("so &lt;it&gt; says") && read("report.html").contains("<svg"));
    assert!(read("results.csv").len() > 500 && folder.join("results.parquet").is_file());
    std::fs::remove_dir_all(folder).expect("cleans up");
}
