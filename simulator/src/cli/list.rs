//! `plenum list` and `plenum metrics`.

use reports::metric;
use reports::verdict::ExitCode as Code;
use scenarios::shipped;
use serde_json::json;

use super::arguments::{Format, FormatArguments};

/// Lists the scenarios that ship.
pub(super) fn scenarios(arguments: &FormatArguments) -> Code {
    let all = shipped::list();
    if arguments.format == Format::Json {
        let list: Vec<_> =
            all.iter().map(|s| json!({ "name": s.name, "path": s.path, "summary": s.summary() })).collect();
        println!("{}", serde_json::to_string_pretty(&list).expect("plain values"));
        return Code::Pass;
    }
    let width = all.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    for scenario in all {
        println!("{:width$}  {}", scenario.name, scenario.summary());
    }
    Code::Pass
}

/// Lists every metric.
pub(super) fn metrics(arguments: &FormatArguments) -> Code {
    match arguments.format {
        Format::Json => {
            println!("{}", serde_json::to_string_pretty(&metric::json()).expect("plain values"));
        }
        Format::Text => print!("{}", metric::text()),
    }
    Code::Pass
}
