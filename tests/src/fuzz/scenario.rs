//! Scenario files. Input: the text of one.

use scenarios::parse;

/// Longer inputs only repeat what shorter ones show.
const LONGEST: usize = 16 * 1024;

pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(&data[..data.len().min(LONGEST)]) else { return };
    match parse("fuzz.toml", text, &[]) {
        Err(faults) => assert!(!faults.to_string().is_empty(), "refused without a word"),
        Ok(scenario) => {
            let cast = scenario.expand(&mut |_| 0.5);
            assert!(cast.timeline.is_sorted_by_key(|planned| planned.at));
        }
    }
}
