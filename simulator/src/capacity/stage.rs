//! The simulated conferences: a scenario of them on one server and its line.

use std::fmt::Write as _;

use reports::metric;
use scenarios::{Rate, Scenario};

use super::Profile;

/// A server with its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// What it can send.
    pub uplink: Rate,
    /// What it can be sent.
    pub downlink: Rate,
    /// Its cores.
    pub cores: u32,
    /// What packets cost it.
    pub profile: Profile,
}

impl Server {
    /// One of `parts` alike parts of it. A part of a core is a core that is slower by as much: its packets wait
    /// longer than they would, never shorter.
    pub fn part(&self, parts: u32) -> Server {
        let cores = (self.cores / parts).max(1);
        let share = |rate: Rate| Rate::from_bps((rate.as_bps() / u64::from(parts)).max(1));
        Server {
            uplink: share(self.uplink),
            downlink: share(self.downlink),
            cores,
            profile: self.profile.slower(f64::from(parts) * f64::from(cores) / f64::from(self.cores)),
        }
    }
}

/// The scenario of `conferences` of `people` each. Everybody's own line is ample, with 20 ms of delay.
pub fn text(server: &Server, conferences: u32, people: u32, seed: u64) -> String {
    let Server { uplink, downlink, cores, profile } = server;
    let nanos = |cost: f64| format!("{}ns", cost.round());
    let (into, out) = (nanos(profile.per_packet_in_ns), nanos(profile.per_packet_out_ns));
    let mut text = format!(
        r#"schema = 1
name = "capacity-{conferences}x{people}"
seed = {seed}
duration = "16s"
measure = {{ from = "8s" }}

[link.server-in]
rate = "{downlink}"
shared = true
delay = "20ms"

[link.server-out]
rate = "{uplink}"
shared = true
delay = "20ms"

[sfu.main]
config = {{ pause_unwatched = true }}
cpu = {{ cores = {cores}, per_packet_in = "{into}", per_packet_out = "{out}" }}
"#
    );
    for room in 1..=conferences {
        let _ = write!(
            text,
            r#"
[participant.c{room}]
count = {people}
room = "c{room}"
up = "server-in"
down = "server-out"
join = {{ uniform = ["0s", "1s"] }}
"#
        );
    }
    text
}

/// The same, read.
///
/// # Errors
/// When there are more of them than a scenario may have.
pub fn scenario(text: &str) -> Result<Scenario, String> {
    scenarios::parse_with("capacity.toml", text, &[], &metric::names()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_server_has_a_part_of_everything() {
        let (uplink, downlink) = (Rate::from_kbps(1_000), Rate::from_kbps(400));
        let server = Server { uplink, downlink, cores: 8, profile: Profile::usual() };
        let slow = server.part(16);
        assert_eq!((slow.cores, slow.profile.per_packet_in_ns), (1, 2.0 * server.profile.per_packet_in_ns));
        let part = server.part(4);
        assert_eq!(part.profile, server.profile);
        assert_eq!((part.uplink, part.downlink, part.cores), (Rate::from_kbps(250), Rate::from_kbps(100), 2));
        let scenario = scenario(&text(&part, 3, 5, 7)).expect("a valid scenario");
        let cast = scenario.expand(&mut |_| 0.0);
        assert_eq!((cast.members.len(), cast.links.len()), (15, 2));
        assert_eq!(cast.members[14].room.as_deref(), Some("c3"));
    }
}
