//! Rows of the layers that receivers got.

use super::builder::{Builder, with};
use crate::observation::Flow;
use crate::recording::layers::LayerUse;

pub(super) fn add(rows: &mut Builder<'_>) {
    let measured = rows.measure().span();
    for flow in rows.recording.flows() {
        let Some(video) = flow.video() else { continue };
        let usage = video.layers.usage(measured);
        if !usage.total.is_zero() {
            add_flow(rows, flow.flow, &usage);
        }
    }
}

fn add_flow(rows: &mut Builder<'_>, flow: Flow, usage: &LayerUse) {
    let labels = rows.flow_labels(flow);
    let whole = usage.total.as_secs_f64();
    let top = rows.cast().source(flow.publisher, flow.source).layers.len().saturating_sub(1);
    let (mut at_top, mut at_none) = (0.0, 0.0);
    // A share rests on the bins that it covers.
    let bins = usage.total.as_nanos() / rows.measure().bin.as_nanos().max(1);
    let samples = u64::try_from(bins).unwrap_or(u64::MAX);
    for (layer, time) in &usage.times {
        let time = time.as_secs_f64();
        match layer {
            None => at_none += time,
            Some(layer) if usize::from(layer.spatial) >= top => at_top += time,
            Some(_) => {}
        }
        let name = layer.map_or_else(|| "none".to_owned(), |layer| layer.to_string());
        rows.ratio("layer_share", &with(&labels, "layer", name), samples, time, whole);
    }
    rows.ratio("layer_share.top", &labels, samples, at_top, whole);
    rows.ratio("layer_share.none", &labels, samples, at_none, whole);
    let below = usage.below_entitled.as_secs_f64();
    rows.ratio("layer_share.below_entitled", &labels, samples, below, whole);
    rows.ratio("layer_switches", &labels, samples, usage.switches as f64, whole / 60.0);
    rows.number("layer_switches.oscillation", &labels, samples, usage.oscillations as f64);
}
