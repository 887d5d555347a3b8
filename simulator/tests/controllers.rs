//! Ours of GCC against the estimator of the webrtc-rs family, on the courses of `docs/controllers.md`.

#[path = "../examples/controllers/course.rs"]
#[allow(dead_code, reason = "the example draws what this only judges")]
mod course;

use course::{Course, Row};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

#[test]
fn gcc_is_at_least_as_good_as_the_baseline() {
    for course in Course::ALL {
        let [ours, baseline] = ["gcc", "webrtc-rs"].map(|controller| {
            let rows: Vec<Row> = SEEDS.map(|seed| course.run(controller, seed).row).collect();
            Row::mean(&rows)
        });
        let title = course.title();
        // What is sent again uses the line too, and of that the baseline has more: it counts as lost here.
        assert!(ours.media >= baseline.media, "{title}: {ours:?} {baseline:?}");
        assert!(ours.queue_p95 <= baseline.queue_p95, "{title}: {ours:?} {baseline:?}");
        assert!(ours.loss <= baseline.loss, "{title}: {ours:?} {baseline:?}");
        assert!(ours.rise <= baseline.rise, "{title}: {ours:?} {baseline:?}");
        assert!(ours.fall <= baseline.fall, "{title}: {ours:?} {baseline:?}");
        assert!(ours.render_p95 <= baseline.render_p95, "{title}: {ours:?} {baseline:?}");
    }
}
