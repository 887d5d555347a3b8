//! Virtual time, as the SFU counts it and as reports and scenarios do: nanoseconds from the start of the run.

/// The same moment in the reports' type.
pub const fn report_time(time: sfu::Time) -> scenarios::Time {
    scenarios::Time::from_nanos(time.as_nanos())
}
