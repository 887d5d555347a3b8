//! The table of metrics as `plenum metrics` prints it.

use std::fmt::Write as _;

use super::all;

/// All metrics for people, a paragraph each.
pub fn text() -> String {
    let mut out = String::new();
    for metric in all() {
        let labels = if metric.labels.is_empty() { "none".to_owned() } else { metric.labels.join(", ") };
        let (unit, better, headline) = (metric.unit.name(), metric.better.name(), metric.headline);
        let _ = writeln!(out, "{}  [{unit}, better: {better}, headline: {headline}]", metric.id);
        let _ = writeln!(out, "    {}", metric.definition);
        let _ = writeln!(out, "    labels: {labels}");
        if !metric.source.is_empty() {
            let _ = writeln!(out, "    source: {}", metric.source);
        }
        if let Some(rule) = metric.own_choice {
            let _ = writeln!(out, "    ★ our own choice: {rule}");
        }
    }
    out
}

/// All metrics as a JSON array, one object a line.
pub fn json() -> String {
    let lines: Vec<String> =
        all().map(|metric| serde_json::to_string(metric).expect("definitions are plain data")).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_forms_hold_every_metric() {
        let text = super::text();
        let json: Vec<serde_json::Value> = serde_json::from_str(&super::json()).expect("valid JSON");
        assert_eq!(json.len(), super::all().count());
        for (metric, entry) in super::all().zip(&json) {
            assert!(text.contains(metric.id));
            assert_eq!(entry["id"], metric.id);
            assert_eq!(entry["unit"], metric.unit.name());
            assert_eq!(entry["better"], metric.better.name());
        }
    }
}
