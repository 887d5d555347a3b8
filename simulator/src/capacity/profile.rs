//! What packets cost a processor.

use serde_json::{Value, json};

/// The version of the file's structure.
const SCHEMA: u64 = 1;

/// Costs in between are believed, ns: below it not even a cipher runs, and above it nobody is served.
const CREDIBLE: (f64, f64) = (10.0, 1e7);

/// The cost of packets on one machine, system calls included where `calibrate` has measured them.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Which machine, or where the numbers are from.
    pub machine: String,
    /// To receive a packet, ns of one core.
    pub per_packet_in_ns: f64,
    /// To send a packet, ns of one core.
    pub per_packet_out_ns: f64,
}

impl Profile {
    /// What `capacity` reckons with unless it is told otherwise: the costs that the scenarios which ship
    /// declare.
    pub fn usual() -> Profile {
        Profile {
            machine: "built in: the costs that shipped scenarios declare, 2 us in and 1 us out".to_owned(),
            per_packet_in_ns: 2_000.0,
            per_packet_out_ns: 1_000.0,
        }
    }

    /// A machine on which everything takes `factor` times as long.
    pub fn slower(&self, factor: f64) -> Profile {
        Profile {
            machine: self.machine.clone(),
            per_packet_in_ns: self.per_packet_in_ns * factor,
            per_packet_out_ns: self.per_packet_out_ns * factor,
        }
    }

    /// Reads a profile's file.
    ///
    /// # Errors
    /// What is missing, or can't be a cost.
    pub fn read(text: &str) -> Result<Profile, String> {
        let all: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        match all.get("schema").and_then(Value::as_u64) {
            Some(SCHEMA) => {}
            Some(other) => return Err(format!("schema {other} isn't known; this version reads {SCHEMA}")),
            None => return Err("not a profile: it has no `schema`".to_owned()),
        }
        let cost = |key: &str| match all.get(key).and_then(Value::as_f64) {
            Some(cost) if cost >= CREDIBLE.0 && cost <= CREDIBLE.1 => Ok(cost),
            Some(cost) => Err(format!("`{key}` is {cost}: a packet costs 10 ns at least and 10 ms at most")),
            None => Err(format!("`{key}` is missing, a number of nanoseconds")),
        };
        let machine = all.get("machine").and_then(Value::as_str).ok_or("`machine` is missing, a text")?;
        Ok(Profile {
            machine: machine.to_owned(),
            per_packet_in_ns: cost("per_packet_in_ns")?,
            per_packet_out_ns: cost("per_packet_out_ns")?,
        })
    }

    /// As part of a result.
    pub fn json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "machine": self.machine,
            "per_packet_in_ns": self.per_packet_in_ns,
            "per_packet_out_ns": self.per_packet_out_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let usual = Profile::usual();
        assert_eq!(Profile::read(&usual.json().to_string()), Ok(usual));
    }

    #[test]
    fn faults_are_named() {
        for (text, said) in [
            ("nothing", "not JSON"),
            ("{}", "no `schema`"),
            (r#"{"schema":2}"#, "schema 2"),
            (r#"{"schema":1}"#, "`machine`"),
            (r#"{"schema":1,"machine":"x"}"#, "`per_packet_in_ns` is missing"),
            (r#"{"schema":1,"machine":"x","per_packet_in_ns":9}"#, "10 ns at least"),
            (
                r#"{"schema":1,"machine":"x","per_packet_in_ns":1,"per_packet_out_ns":2e9}"#,
                "`per_packet_in_ns` is 1:",
            ),
            (r#"{"schema":1,"machine":"x","per_packet_in_ns":99,"per_packet_out_ns":2e7}"#, "10 ms at most"),
            (r#"{"schema":1,"machine":"x","per_packet_in_ns":"99"}"#, "`per_packet_in_ns` is missing"),
            (r#"{"schema":1,"uplink_bps":9,"conferences":3}"#, "`machine` is missing"),
        ] {
            let error = Profile::read(text).expect_err("a fault");
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
