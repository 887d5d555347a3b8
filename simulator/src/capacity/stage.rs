//! The simulated conferences: a scenario of them on one server and its line.

use std::fmt::Write as _;
use std::time::Duration;

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
    /// What stands for this server with `all` conferences when only `few` of them are simulated: a line as much
    /// narrower, and one core, as slow as it takes for `few` to be on it what the fullest core has. Packets wait longer
    /// for such a core than they would, never shorter. With `few` the same as `all` it is the server itself.
    pub fn slice(&self, few: u32, all: u32) -> Server {
        if few >= all {
            return self.clone();
        }
        let share = |rate: Rate| {
            let bps = u128::from(rate.as_bps()) * u128::from(few) / u128::from(all);
            Rate::from_bps(u64::try_from(bps).unwrap_or(u64::MAX).max(1))
        };
        let fullest = all.div_ceil(self.cores);
        Server {
            uplink: share(self.uplink),
            downlink: share(self.downlink),
            cores: 1,
            profile: self.profile.slower(f64::from(fullest) / f64::from(few)),
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

/// The scenario of one conference of `people` for so long, whose lines and server have no end; each line loses this
/// share of packets.
pub fn ample(people: u32, loss: f64, seed: u64, duration: Duration) -> String {
    format!(
        r#"schema = 1
name = "ample-{people}"
seed = {seed}
duration = "{}ms"

[link.far]
delay = "20ms"
loss = "{}%"

[sfu.main]
config = {{ pause_unwatched = true }}

[participant.p]
count = {people}
up = "far"
down = "far"
join = {{ uniform = ["0s", "1s"] }}
"#,
        duration.as_millis(),
        loss * 100.0,
    )
}

/// A scenario, read.
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
    fn few_conferences_stand_for_many_on_a_slice_of_the_server() {
        let (uplink, downlink) = (Rate::from_kbps(1_000), Rate::from_kbps(400));
        let server = Server { uplink, downlink, cores: 8, profile: Profile::usual() };
        assert_eq!(server.slice(5, 5), server);
        // Of 30 conferences the fullest of eight cores has four; ten on one core are as much when it is 0.4 as slow.
        let slice = server.slice(10, 30);
        assert_eq!((slice.uplink, slice.downlink), (Rate::from_bps(333_333), Rate::from_bps(133_333)));
        assert_eq!((slice.cores, slice.profile.per_packet_in_ns), (1, 0.4 * server.profile.per_packet_in_ns));
        let scenario = scenario(&text(&slice, 3, 5, 7)).expect("a valid scenario");
        let cast = scenario.expand(&mut |_| 0.0);
        assert_eq!((cast.members.len(), cast.links.len()), (15, 2));
        assert_eq!(cast.members[14].room.as_deref(), Some("c3"));
    }
}
