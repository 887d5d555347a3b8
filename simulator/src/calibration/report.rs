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
    /// What `capacity` reckons with.
    pub fn profile(&self) -> Profile {
        Profile {
            machine: host::machine(),
            per_packet_in_ns: self.server.per_packet_in_ns,
            per_packet_out_ns: self.server.per_packet_out_ns,
        }
    }

    /// The file: a profile, and what it was made of.
    pub fn json(&self) -> String {
        let mut all = self.profile().json();
        let more = json!({
            "build": build(),
            "core": { "per_packet_in_ns": self.core.per_packet_in_ns, "per_packet_out_ns": self.core.per_packet_out_ns },
            "rounds": self.rounds,
            "spread": self.spread(),
            "worst_explained": self.server.worst,
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
        for (what, Fit { worst, .. }) in [("the core", &self.core), ("the server", &self.server)] {
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
             Of that the core itself takes {} and {} us, system calls on loopback the rest.\n\
             {} rounds, {} % apart; load average {} before, {} after.\n",
            micros(self.server.per_packet_in_ns),
            micros(self.server.per_packet_out_ns),
            host::machine(),
            build(),
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
            "server, us per packet out",
            "explained",
            "apart",
        ]);
        for size in &self.sizes {
            let Measured { people, core, server, spread } = size;
            let each = |spent: std::time::Duration, packets| spent.as_secs_f64() * 1e6 / packets as f64;
            table.row([
                people.to_string(),
                server.packets_in.to_string(),
                server.packets_out.to_string(),
                fixed(server.packets_out as f64 / server.calls_out.max(1) as f64, 1),
                fixed(each(core.spent, core.packets_out), 2),
                fixed(each(server.spent, server.packets_out), 2),
                fixed(self.explained(size), 2),
                format!("{} %", fixed(spread[1] * 100.0, 1)),
            ]);
        }
        table
    }

    /// What the two costs say of a size, us for each packet out.
    fn explained(&self, size: &Measured) -> f64 {
        let Fit { per_packet_in_ns, per_packet_out_ns, .. } = self.server;
        let (into, out) = (size.server.packets_in as f64, size.server.packets_out as f64);
        (into * per_packet_in_ns + out * per_packet_out_ns) / out / 1e3
    }
}

fn size_json(size: &Measured) -> Value {
    json!({
        "people": size.people,
        "packets_in": size.server.packets_in,
        "packets_out": size.server.packets_out,
        "calls_out": size.server.calls_out,
        "core_ns": size.core.spent.as_nanos() as u64,
        "server_ns": size.server.spent.as_nanos() as u64,
        "spread": size.spread,
    })
}

fn build() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}
