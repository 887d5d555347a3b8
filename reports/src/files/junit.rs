//! `junit.xml`: the checks as a test suite, for CI.

use std::fmt::Write as _;

use crate::verdict::{Check, Verdict};

pub(crate) fn text(scenario: &str, verdict: &Verdict) -> String {
    let name = escaped(scenario);
    let tests = verdict.checks.len() + usize::from(verdict.broken.is_some());
    let failures = verdict.checks.iter().filter(|check| !check.passed).count();
    let errors = usize::from(verdict.broken.is_some());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">");
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    );
    for check in &verdict.checks {
        case(&mut out, &name, check);
    }
    if let Some(broken) = &verdict.broken {
        let broken = escaped(broken);
        let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"invariants\">");
        let _ = writeln!(out, "      <error message=\"{broken}\"/>\n    </testcase>");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, scenario: &str, check: &Check) {
    let (demand, line) = (escaped(&check.demand), escaped(&check.line()));
    let _ = write!(out, "    <testcase classname=\"{scenario}\" name=\"{demand}\">");
    let _ = if check.passed {
        writeln!(out, "<system-out>{line}</system-out></testcase>")
    } else {
        writeln!(out, "<failure message=\"{line}\"/></testcase>")
    };
}

/// `text` for XML: markup escaped, and characters that XML 1.0 knows no way to hold replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_and_control_characters_do_no_harm() {
        assert_eq!(escaped("a<b & \"c\" \u{1}"), "a&lt;b &amp; &quot;c&quot; \u{fffd}");
    }
}
