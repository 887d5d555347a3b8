//! Nothing that a file can hold may panic.

use proptest::prelude::*;

use crate::parse;
use crate::tests::HEAD;

proptest! {
    #[test]
    fn random_text_never_panics(text in "\\PC*") {
        let _ = parse("r.toml", &text, &[]).map_err(|faults| faults.to_string());
    }

    /// TOML-like lines get further than random characters.
    #[test]
    fn random_scenarios_never_panic(lines in proptest::collection::vec(line(), 0..12)) {
        let _ = parse("r.toml", &format!("{HEAD}{}", lines.join("\n")), &[]).map_err(|faults| faults.to_string());
    }

    #[test]
    fn random_overrides_never_panic(path in "[a-z.*?0-9]{0,24}", value in "\\PC{0,12}") {
        let change = crate::Override::new(format!("{path}={value}"));
        let _ = parse("r.toml", HEAD, &[change]).map_err(|faults| faults.to_string());
    }
}

fn line() -> impl Strategy<Value = String> {
    let header = prop_oneof![
        Just("link.a"),
        Just("link.b.queue"),
        Just("participant.x"),
        Just("participant.alice.publish.cam"),
        Just("sfu.main.config"),
        Just("measure"),
        Just("sweep"),
        Just("participant.x.view"),
    ];
    let list = prop_oneof![Just("at"), Just("expect"), Just("applied"), Just("traffic")];
    let key = prop_oneof![
        Just("rate"),
        Just("loss"),
        Just("delay"),
        Just("queue"),
        Just("depth"),
        Just("up"),
        Just("down"),
        Just("join"),
        Just("codec"),
        Just("layers"),
        Just("time"),
        Just("mute"),
        Just("link"),
        Just("metric"),
        Just("stat"),
        Just("min"),
        Just("max"),
        Just("where"),
        Just("grid"),
        Just("seeds"),
        Just("publish"),
    ];
    let value = prop_oneof![
        Just("\"1Mbps\""),
        Just("\"5s\""),
        Just("\"3%\""),
        Just("\"a\""),
        Just("3"),
        Just("0.5"),
        Just("[]"),
        Just("[[\"0s\", \"1Mbps\"]]"),
        Just("{ base = \"1ms\" }"),
        Just("{ uniform = [\"0s\", \"5s\"] }"),
        Just("{ codec = \"vp8\" }"),
        Just("true"),
        Just("{ \"link.a.rate\" = [\"1Mbps\", 3] }"),
        Just("\"*\""),
    ];
    prop_oneof![
        header.prop_map(|name| format!("[{name}]")),
        list.prop_map(|name| format!("[[{name}]]")),
        (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
    ]
}
