//! `series.csv`: tidy, one point a line.

use std::io;

use crate::number::number;
use crate::recording::Recording;
use crate::series::{self, COLUMNS};

/// Writes every series: time of the bin's start in seconds, metric, unit, the label columns, value.
pub(super) fn write(recording: &Recording, out: &mut dyn io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let heads = ["time_s", "metric", "unit"].into_iter().chain(COLUMNS).chain(["value"]);
    csv.write_record(heads).map_err(io_error)?;
    let times: Vec<String> = (0..recording.measure().bins())
        .map(|bin| number(recording.measure().bin_span(bin).from.as_secs_f64()))
        .collect();
    series::each(recording, |series| {
        let labels = COLUMNS.map(|column| {
            let label = series.labels.iter().find(|(name, _)| *name == column);
            label.map_or("", |(_, value)| value.as_str())
        });
        for (bin, value) in &series.points {
            let value = number(*value);
            let head = [times[*bin].as_str(), series.metric, series.unit];
            csv.write_record(head.into_iter().chain(labels).chain([value.as_str()])).map_err(io_error)?;
        }
        Ok::<(), io::Error>(())
    })?;
    csv.flush()
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
