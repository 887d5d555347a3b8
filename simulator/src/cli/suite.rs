//! Suites: `suite:<name>` stands for all cases of one, and a table tells what came of each.

use reports::verdict::ExitCode as Code;
use scenarios::Scenario;
use scenarios::model::CongestionControl;
use scenarios::shipped;

use super::run_directory::Finished;

const PREFIX: &str = "suite:";

/// Whether `name` stands for a suite.
pub(super) fn is_suite(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// The names with each suite's cases in its place.
///
/// # Errors
/// What is wrong, ready to be printed: a suite that there isn't.
pub(super) fn expand(names: &[String]) -> Result<Vec<String>, String> {
    let mut expanded = Vec::new();
    for name in names {
        let Some(suite) = name.strip_prefix(PREFIX) else {
            expanded.push(name.clone());
            continue;
        };
        let cases = shipped::suite(suite).ok_or_else(|| {
            let known = shipped::SUITES.map(|suite| format!("{PREFIX}{suite}")).join(", ");
            format!("no suite is called '{suite}'\n  hint: there is {known}")
        })?;
        expanded.extend(cases.iter().map(|case| case.name.to_owned()));
    }
    Ok(expanded)
}

/// One case in the table.
pub(super) struct Row {
    case: String,
    controller: &'static str,
    code: Code,
    passed: usize,
    runs: usize,
    broken: Vec<String>,
}

impl Row {
    /// What came of the runs of a case; a run that did not end is not among those `finished`.
    pub(super) fn new(scenario: &Scenario, code: Code, runs: usize, finished: &[&Finished]) -> Row {
        let broken = finished.iter().flat_map(|run| run.broken());
        Row {
            case: scenario.name.clone(),
            controller: controller(at_bottleneck(scenario)),
            code,
            passed: finished.iter().filter(|run| run.code == Code::Pass).count(),
            runs,
            broken: broken.collect(),
        }
    }
}

/// The controller of whoever sends at the bottleneck: the SFU, or without it who calls.
fn at_bottleneck(scenario: &Scenario) -> CongestionControl {
    let caller = scenario.participants.values().find(|participant| participant.calls.is_some());
    caller.map_or(scenario.sfu().1.congestion_control, |caller| caller.congestion_control)
}

const fn controller(control: CongestionControl) -> &'static str {
    match control {
        CongestionControl::Gcc => "gcc",
        CongestionControl::Scream => "scream",
        CongestionControl::ScreamV1 => "scream-v1",
        CongestionControl::Nada => "nada",
        CongestionControl::Fixed => "fixed",
        CongestionControl::WebrtcRs => "webrtc-rs",
    }
}

/// A verdict per case, and below it every demand that does not hold.
pub(super) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.case.len()).max().unwrap_or(0).max("case".len());
    let mut text = format!("{:width$}  controller  runs passed  verdict\n", "case");
    for row in rows {
        let verdict = match row.code {
            Code::Pass => "pass",
            Code::ExpectationFailed => "fail",
            _ => "broken",
        };
        let passed = format!("{} of {}", row.passed, row.runs);
        text.push_str(&format!("{:width$}  {:10}  {passed:>11}  {verdict}\n", row.case, row.controller));
    }
    for row in rows.iter().filter(|row| !row.broken.is_empty()) {
        text.push_str(&format!("\n{}\n", row.case));
        row.broken.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    let passed = rows.iter().filter(|row| row.code == Code::Pass).count();
    text.push_str(&format!(
        "\n{passed} of {} cases pass. The thresholds are this project's own.\n",
        rows.len()
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_replaced_by_its_cases() {
        let names = ["ten-party".to_owned(), "suite:rfc8867".to_owned()];
        let expanded = expand(&names).expect("there is such a suite");
        assert_eq!(expanded[0], "ten-party");
        assert!(expanded.len() > 2 && expanded[1..].iter().all(|name| name.starts_with("rfc8867")));
        let error = expand(&["suite:rfc8876".to_owned()]).expect_err("there is none");
        assert!(error.contains("suite:rfc8867"), "{error}");
    }

    #[test]
    fn the_table_has_a_verdict_per_case_and_what_is_broken() {
        let row = |case: &str, code, passed, broken: &[&str]| Row {
            case: case.to_owned(),
            controller: "gcc",
            code,
            passed,
            runs: 2,
            broken: broken.iter().map(|line| (*line).to_owned()).collect(),
        };
        let rows = [row("one", Code::Pass, 2, &[]), row("two", Code::ExpectationFailed, 1, &["FAIL it"])];
        let lines: Vec<String> = table(&rows).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "case  controller  runs passed  verdict");
        assert_eq!(lines[1], "one   gcc              2 of 2  pass");
        assert_eq!(lines[2], "two   gcc              1 of 2  fail");
        assert_eq!(lines[4..6], ["two", "  FAIL it"]);
        assert!(lines[7].starts_with("1 of 2 cases pass."));
    }
}
