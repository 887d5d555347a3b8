//! The metrics that expectations can name. They are declared elsewhere and come in from outside.

/// What an expectation needs to know about a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricName<'a> {
    /// Its id, such as `video.freeze_w3c.ratio`.
    pub id: &'a str,
    /// Its unit in `metrics.json`: `ms`, `kbps`, `bytes`, `ratio`, `count` or `px`.
    pub unit: &'a str,
    /// The labels of its series.
    pub labels: &'a [&'a str],
}
