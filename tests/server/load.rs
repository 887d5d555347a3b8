//! The load generator against the server, small: everybody gets everything. What it costs is not looked at here.

use std::path::Path;
use std::time::Duration;

use sfu::load::{Plan, ServerUnderLoad, Shape, run};
use sfu::transport::Carrier;

fn start() -> ServerUnderLoad {
    ServerUnderLoad::start(Path::new(env!("CARGO_BIN_EXE_plenum-sfu")), 2).expect("it was built")
}

#[test]
fn everybody_gets_everything_once() {
    let rows = [
        (Shape::Fan(6), 2, Carrier::Udp, 6 * 2),
        (Shape::All(4), 1, Carrier::Udp, 4 * 3),
        (Shape::All(3), 2, Carrier::Tcp, 3 * 2 * 2),
    ];
    for (shape, rooms, carrier, copies) in rows {
        let server = start();
        let plan =
            Plan { shape, rooms, carrier, span: Duration::from_secs(2), patience: Duration::from_secs(60) };
        let report = run(&server, &plan).expect("all connect, and everything flows");
        assert_eq!((report.missing, report.repeated), (0, 0), "{report:?}");
        // Each publisher sends 50 packets of sound and 130 of pictures a second; a busy machine makes some late.
        let expected = f64::from(copies) * 180.0 * 2.0;
        let share = report.packets as f64 / expected;
        assert!((0.8..1.2).contains(&share), "{report:?}");
        let strange = |doubt: &String| doubt.contains("should be") || doubt.contains("be sent");
        assert!(!report.doubts.iter().any(strange), "{report:?}");
        assert!(
            report.delay_p50 > 0.0 && report.delay_p50 <= report.delay_p99 && report.cpu_per_packet > 0.0
        );
    }
}

#[test]
fn a_crowd_that_finds_no_place_is_told_why() {
    let server = start();
    let (span, patience) = (Duration::from_secs(1), Duration::ZERO);
    let plan = Plan { shape: Shape::Fan(2), rooms: 1, carrier: Carrier::Udp, span, patience };
    let error = run(&server, &plan).expect_err("nobody connects in no time");
    assert!(error.to_string().contains("not everybody is connected"), "{error}");
}
