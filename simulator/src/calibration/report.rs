//! What `calibrate` writes and says.

use reports::number::fixed;
use reports::plot::Table;
use serde_json::{Value, json};

use super::fit::Fit;
use super::{Calibration, Measured};
use crate::capacity::Profile;
use crate::capacity::report::aligned;
use crate::host;

/// ★ Our choices: rounds that lie further apart, or a size whose cost is explained worse, are told.
const WIDE: f64 = 0.1;
const FAR_OFF: f64 = 0.2;

impl Calibration {
    /// What `capacity` reckons with: a worker that is woken. A real one that is full has batches that are larger, so
    /// that it holds what is promised.
    pub fn profile(&self) -> Profile {
        Profile {
            machine: host::machine(),
            per_packet_in_ns: self.woken.per_packet_in_ns,
            per_packet_out_ns: self.woken.per_packet_out_ns,
        }
    }

    /// The file: a profile, and what it was made of.
    pub fn json(&self) -> String {
        let mut all = self.profile().json();
        let more = json!({
            "build": build(),
            "core": { "per_packet_in_ns": self.core.per_packet_in_ns, "per_packet_out_ns": self.core.per_packet_out_ns },
            "busy": { "per_packet_in_ns": self.busy.per_packet_in_ns, "per_packet_out_ns": self.busy.per_packet_out_ns },
            "rounds": self.rounds,
            "spread": self.spread(),
            "worst_explained": self.woken.worst,
            "load_average": self.load_average,
            "measured": self.sizes.iter().map(size_json).collect::<Vec<_>>(),
            "warnings": self.warnings(),
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
            all.extend(more);
        }
        format!("{all:#}\n")
    }

    /// Why the numbers may not be what they seem; empty when nothing speaks against them.
    pub fn warnings(&self) -> Vec<String> {
        let percent = |share: f64| format!("{} %", fixed(share * 100.0, 0));
        let mut warnings = Vec::new();
        if cfg!(debug_assertions) {
            warnings.push("this is a debug build: the program that serves is faster".to_owned());
        }
        if self.spread() > WIDE {
            warnings.push(format!(
                "rounds lie {} apart: the machine has other work to do",
                percent(self.spread())
            ));
        }
        for (what, Fit { worst, .. }) in [("the core", &self.core), ("a worker that is woken", &self.woken)] {
            if *worst > FAR_OFF {
                let worst = percent(*worst);
                warnings.push(format!("one cost in and one out explain {what} to {worst} only"));
            }
        }
        warnings
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let micros = |nanos: f64| fixed(nanos / 1e3, 2);
        let load = |load: Option<f64>| load.map_or("unknown".to_owned(), |load| fixed(load, 1));
        let mut out = format!(
            "A packet in costs {} us of a core, one out {} us ({}, {} build).\n\
             That is a worker that sleeps until something comes; one that never rests pays {} and {} us, and the core\n\
             alone, without system calls on loopback, {} and {} us.\n\
             {} rounds, {} % apart; load average {} before, {} after.\n",
            micros(self.woken.per_packet_in_ns),
            micros(self.woken.per_packet_out_ns),
            host::machine(),
            build(),
            micros(self.busy.per_packet_in_ns),
            micros(self.busy.per_packet_out_ns),
            micros(self.core.per_packet_in_ns),
            micros(self.core.per_packet_out_ns),
            self.rounds,
            fixed(self.spread() * 100.0, 1),
            load(self.load_average[0]),
            load(self.load_average[1]),
        );
        self.warnings().iter().for_each(|warning| out.push_str(&format!("warning: {warning}\n")));
        out.push('\n');
        out.push_str(&aligned(&self.table()));
        out
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            "people",
            "packets in",
            "packets out",
            "out per call",
            "core, us per packet out",
            "busy worker, us",
            "woken worker, us",
            "explained",
            "apart",
        ]);
        for size in &self.sizes {
            let Measured { people, core, busy, woken, spread } = size;
            let each = |spent: std::time::Duration, packets| spent.as_secs_f64() * 1e6 / packets as f64;
            table.row([
                people.to_string(),
                busy.packets_in.to_string(),
                busy.packets_out.to_string(),
                fixed(busy.packets_out as f64 / busy.calls_out.max(1) as f64, 1),
                fixed(each(core.spent, core.packets_out), 2),
                fixed(each(busy.spent, busy.packets_out), 2),
                fixed(each(woken.spent, woken.packets_out), 2),
                fixed(self.explained(size), 2),
                format!("{} %", fixed(spread[1] * 100.0, 1)),
            ]);
        }
        table
    }

    /// What the two costs say of a size, us for each packet out.
    fn explained(&self, size: &Measured) -> f64 {
        let Fit { per_packet_in_ns, per_packet_out_ns, .. } = self.woken;
        let (into, out) = (size.busy.packets_in as f64, size.busy.packets_out as f64);
        (into * per_packet_in_ns + out * per_packet_out_ns) / out / 1e3
    }
}

fn size_json(size: &Measured) -> Value {
    json!({
        "people": size.people,
        "packets_in": size.busy.packets_in,
        "packets_out": size.busy.packets_out,
        "calls_out": size.busy.calls_out,
        "core_ns": size.core.spent.as_nanos() as u64,
        "woken_ns": size.woken.spent.as_nanos() as u64,
        "busy_ns": size.busy.spent.as_nanos() as u64,
        "spread": size.spread,
    })
}

fn build() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}
