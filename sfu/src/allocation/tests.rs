mod over_time;
mod plain;
mod properties;
mod stage;

use super::*;
use crate::Time;

fn offer(encoding: u8, temporal: u8, height: u16, fps: f64, bps: u64) -> LayerOffer {
    let rate = DataRate::from_bps(bps);
    LayerOffer { layer: Layer { encoding, spatial: 0, temporal }, height, fps, rate, active: true }
}

/// The nine layers of Jitsi Videobridge's `BitrateControllerTest`.
fn ladder() -> Vec<LayerOffer> {
    let rows = [
        (0, 180, [49_500, 99_000, 150_000]),
        (1, 360, [165_000, 330_000, 500_000]),
        (2, 720, [660_000, 1_320_000, 2_000_000]),
    ];
    let fps = [7.5, 15.0, 30.0];
    rows.iter()
        .flat_map(|(encoding, height, rates)| {
            (0..3).map(move |t| offer(*encoding, t as u8, *height, fps[t], rates[t]))
        })
        .collect()
}

/// Jitsi Videobridge's preferred frame rate, and no hysteresis.
fn jitsi() -> AllocationConfig {
    AllocationConfig { min_fps: 30.0, ..AllocationConfig::immediate() }
}

fn source(id: u32, max_height: u16, layers: &[LayerOffer]) -> Source<'_, u32> {
    Source::new(id, max_height, layers)
}

fn budget(kbps: u64) -> Budget {
    Budget::new(DataRate::from_kbps(kbps), DataRate::ZERO)
}

fn run(
    config: &AllocationConfig,
    now: Time,
    budget: Budget,
    sources: &[Source<'_, u32>],
) -> Vec<Decision<u32>> {
    let mut out = Vec::new();
    allocate(config, now, &budget, LineMemory::default(), sources, &mut Workspace::default(), &mut out);
    out
}

fn names(decisions: &[Decision<u32>]) -> String {
    let name = |d: &Decision<u32>| match d.layer {
        None => "-".to_string(),
        Some(Layer { encoding, temporal, .. }) => {
            let size = ["ld", "sd", "hd"][usize::from(encoding)];
            format!("{size}{}", ["7", "15", "30"][usize::from(temporal)])
        }
    };
    decisions.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// The tile tables of Jitsi Videobridge's `BitrateControllerTest` (T6.043 to T6.070): (limit, estimate in kbps,
/// layers).
const TILES: [(u16, u64, &str); 15] = [
    (180, 50, "ld7 - - -"),
    (180, 100, "ld7 ld7 - -"),
    (180, 200, "ld7 ld7 ld7 ld7"),
    (180, 300, "ld15 ld15 ld7 ld7"),
    (180, 500, "ld30 ld30 ld15 ld15"),
    (180, 550, "ld30 ld30 ld30 ld15"),
    (360, 50, "ld7 - - -"),
    (360, 200, "ld7 ld7 ld7 ld7"),
    (360, 300, "ld15 ld15 ld7 ld7"),
    (360, 350, "ld15 ld15 ld15 ld7"),
    (360, 450, "ld30 ld15 ld15 ld15"),
    (360, 550, "ld30 ld30 ld30 ld15"),
    (360, 610, "ld30 ld30 ld30 ld30"),
    (360, 1_310, "sd30 sd30 ld30 ld30"),
    (360, 1_660, "sd30 sd30 sd30 ld30"),
];

/// Last-N belongs to the caller: a source beyond it comes with height 0, as in the rows of one visible source.
#[test]
fn tile_view() {
    let layers = ladder();
    for (limit, kbps, expected) in TILES {
        let sources: Vec<_> = (0..4).map(|id| source(id, limit, &layers)).collect();
        let got = run(&jitsi(), Time::ZERO, budget(kbps), &sources);
        assert_eq!(names(&got), expected, "{kbps} kbps in tiles of {limit}");
    }
    for (limit, kbps, expected) in [(180, 100, "ld15 - - -"), (360, 510, "sd30 - - -")] {
        let tile = |id| if id == 0 { limit } else { 0 };
        let sources: Vec<_> = (0..4).map(|id| source(id, tile(id), &layers)).collect();
        let got = run(&jitsi(), Time::ZERO, budget(kbps), &sources);
        assert_eq!(names(&got), expected);
        assert_eq!(got[1].reason, Reason::PausedByView);
    }
}

/// Ibid., `SingleSourceAllocationTest`: the layers of a camera that are considered, found by raising the
/// budget. Screen shares are cameras of higher priority to us.
#[test]
fn candidate_layers() {
    let all = ladder();
    let hd = &all[6..];
    let rows: [(&[LayerOffer], u16, &str); 4] = [
        (&all, 360, "ld7 ld15 ld30 sd30"),
        (&all, 1_080, "ld7 ld15 ld30 sd30 hd30"),
        (hd, 360, "hd7 hd15 hd30"),
        (hd, 0, ""),
    ];
    for (layers, limit, expected) in rows {
        let mut seen: Vec<String> = Vec::new();
        for kbps in (10..2_500).step_by(10) {
            let one = [source(0, limit, layers)];
            let name = names(&run(&jitsi(), Time::ZERO, budget(kbps), &one));
            if name != "-" && seen.last() != Some(&name) {
                seen.push(name);
            }
        }
        assert_eq!(seen.join(" "), expected, "limit {limit}");
    }
}

#[test]
fn reasons_serialise_with_their_numbers() {
    let layers = ladder();
    let one = |kbps, limit| {
        let got = run(&jitsi(), Time::ZERO, budget(kbps), &[source(0, limit, &layers)]);
        serde_json::to_string(&got[0].reason).expect("plain numbers")
    };
    assert_eq!(one(5_000, 720), r#"{"kind":"fits_wish"}"#);
    assert_eq!(one(5_000, 180), r#"{"kind":"capped_by_tile","max_height":180}"#);
    assert_eq!(one(200, 720), r#"{"kind":"capped_by_budget","needed":350000,"left":50000}"#);
    assert_eq!(one(40, 720), r#"{"kind":"no_budget_for_base","needed":49500,"left":40000}"#);
    let silent = run(&AllocationConfig::default(), Time::ZERO, budget(100), &[source(0, 720, &[])]);
    assert_eq!(silent[0].reason, Reason::NoActiveLayer);
}

#[test]
fn audio_comes_off_first() {
    let layers = ladder();
    let budget = Budget::new(DataRate::from_kbps(100), DataRate::from_kbps(60));
    let got = run(&jitsi(), Time::ZERO, budget, &[source(0, 180, &layers)]);
    assert_eq!(names(&got), "-");
}

#[test]
fn a_layer_that_costs_no_less_than_a_higher_one_is_passed_over() {
    let layers = [offer(0, 0, 180, 30.0, 300_000), offer(1, 0, 360, 30.0, 250_000)];
    let got = run(&jitsi(), Time::ZERO, budget(260), &[source(0, 720, &layers)]);
    assert_eq!(got[0].layer, Some(Layer { encoding: 1, spatial: 0, temporal: 0 }));
}

#[test]
fn a_source_with_a_large_picture_only_waits_for_its_level() {
    let layers = ladder();
    let sources = [source(0, 360, &layers), source(1, 360, &layers), source(2, 720, &layers[6..])];
    for (kbps, expected) in [(400, "ld30 ld30 -"), (900, "ld30 sd30 -"), (970, "ld30 ld30 hd7")] {
        let got = run(&jitsi(), Time::ZERO, budget(kbps), &sources);
        assert_eq!(names(&got), expected, "{kbps} kbps");
    }
    let got = run(&jitsi(), Time::ZERO, budget(850), &sources);
    assert!(matches!(got[0].reason, Reason::SavedForOthers { .. }), "{got:?}");
}
