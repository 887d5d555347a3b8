//! `plenum list` and `plenum metrics`.

use reports::metric;
use reports::verdict::ExitCode as Code;
use scenarios::shipped::{self, Shipped};
use serde_json::json;

use super::arguments::{Format, FormatArguments};
use super::output;

/// Lists the scenarios that ship.
pub(super) fn scenarios(arguments: &FormatArguments) -> Code {
    let all = shipped::list();
    if arguments.format == Format::Json {
        let list: Vec<_> =
            all.iter().map(|s| json!({ "name": s.name, "path": s.path, "summary": s.summary() })).collect();
        return output::print_line(serde_json::to_string_pretty(&list).expect("plain values"));
    }
    let width = all.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    let line = |scenario: &Shipped| format!("{:width$}  {}\n", scenario.name, scenario.summary());
    output::print(all.iter().map(line).collect::<String>())
}

/// Lists every metric.
pub(super) fn metrics(arguments: &FormatArguments) -> Code {
    output::print(match arguments.format {
        Format::Json => metric::json(),
        Format::Text => metric::text(),
    })
}
