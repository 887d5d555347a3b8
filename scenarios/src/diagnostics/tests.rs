use super::*;

fn fault(text: &str, span: std::ops::Range<usize>) -> Diagnostic {
    let place = Place::new(&Source::new("room.toml", text), span);
    Diagnostic { place, message: "unit missing".into(), hint: "write \"25ms\"".into() }
}

#[test]
fn points_at_the_text() {
    let shown = fault("schema = 1\n\tdelay = 25 # base\n", 20..22).to_string();
    let expected =
        "room.toml:2:10: unit missing\n    \tdelay = 25 # base\n    \t        ^^\n  hint: write \"25ms\"";
    assert_eq!(shown, expected);
}

#[test]
fn columns_count_characters() {
    let text = "name = \"Zoë ☎\"; x";
    let start = text.find('x').expect("there is one");
    assert_eq!(fault(text, start..start + 1).position(), Position { line: 1, column: 17 });
}

#[test]
fn survives_spans_at_and_past_the_end() {
    for span in [0..0, 3..3, 3..99, 99..120] {
        let shown = fault("é\n", span.clone()).to_string();
        assert!(shown.contains("unit missing"), "{span:?}: {shown}");
    }
}

#[test]
fn underlines_the_first_line_only() {
    let shown = fault("a = [\n1,\n2]", 4..11).to_string();
    assert!(shown.contains("    a = [\n        ^\n"), "{shown}");
}

#[test]
fn miette_renders_file_message_and_hint() {
    let faults = Diagnostics { faults: vec![fault("delay = 25\n", 8..10)] };
    let mut shown = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    handler.render_report(&mut shown, &faults).expect("writing into a string");
    for part in ["room.toml:1:9", "unit missing", "write \"25ms\""] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn nearest_forgives_slips_only() {
    let known = ["queue", "rate", "delay"];
    assert_eq!(nearest("queu", &known), Some("queue"));
    assert_eq!(nearest("raet", &known), Some("rate"));
    assert_eq!(nearest("bandwidth", &known), None);
    assert_eq!(nearest(&"x".repeat(10_000), &known), None);
}
