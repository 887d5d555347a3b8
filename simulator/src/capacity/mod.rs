//! How many conferences a server and its line carry, and what gives out first.

pub mod formula;
pub mod limits;
mod profile;
pub mod report;
pub mod search;
pub mod stage;

use reports::summary::{RunHeader, Summary};

use crate::world::{Settings, World};
use formula::{Bounds, Demand, demand};
use limits::{Quality, Scarce, Strain, scarce};
pub use profile::Profile;
use stage::Server;

/// People that the SFU takes at a time.
const PLACES: u32 = 2_000;
/// What one simulation carries, bit/s, when it can take seconds.
pub const THOROUGH: f64 = 1e9;
/// The same when there are many of them.
pub const BRIEF: f64 = 250e6;

/// One simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// How many conferences the whole server was to carry.
    pub conferences: u32,
    /// How people were served.
    pub quality: Quality,
    /// How hard it was on the server.
    pub strain: Strain,
    /// What participants or the SFU complained of, the first of it.
    pub complaint: Option<String>,
}

impl Trial {
    /// Whether every limit was kept.
    pub fn fits(&self) -> bool {
        self.complaint.is_none() && self.quality.broken().is_empty()
    }
}

/// What was found for one size of conference.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// People in a conference.
    pub people: u32,
    /// Conferences that fit.
    pub conferences: u32,
    /// What gives out first.
    pub scarce: Scarce,
    /// What one conference takes, by the formula.
    pub demand: Demand,
    /// What the formula says.
    pub bounds: Bounds,
    /// Conferences that were simulated at a time, at most; of more, these stood for all.
    pub few: u32,
    /// The simulations, in their order; none where the formula alone answered.
    pub trials: Vec<Trial>,
}

impl Answer {
    /// What the formula alone says for conferences of `people`.
    pub fn by_formula(server: &Server, people: u32) -> Answer {
        let demand = demand(people, &server.profile);
        let bounds = demand.bounds(server.uplink, server.downlink, server.cores);
        let places = f64::from(PLACES / people);
        let conferences = bounds.least().min(places).floor() as u32;
        let scarce = if bounds.least() > places { Scarce::Places } else { limits::least(&demand, &bounds) };
        Answer { people, conferences, scarce, demand, bounds, few: 0, trials: Vec::new() }
    }

    /// The simulation of exactly so many conferences, if there was one.
    pub fn trial(&self, conferences: u32) -> Option<&Trial> {
        self.trials.iter().find(|trial| trial.conferences == conferences)
    }
}

/// How many conferences of `people` fit, by simulation. One simulation carries `at_once` bit/s or so.
///
/// # Errors
/// A scenario that can't be built.
pub fn answer(server: &Server, people: u32, seed: u64, at_once: f64) -> Result<Answer, String> {
    let mut answer = Answer::by_formula(server, people);
    answer.few = few(at_once, answer.demand.uplink.bps);
    let (few, picture_bps, mut trials) = (answer.few, answer.demand.picture_bps, Vec::new());
    let found = search::most(answer.conferences, PLACES / people, |all| {
        let simulated = few.min(all);
        let trial = attempt(&server.slice(simulated, all), simulated, people, seed, picture_bps)?;
        let fits = trial.fits();
        trials.push(Trial { conferences: all, ..trial });
        Ok::<bool, String>(fits)
    })?;
    answer.trials = trials;
    answer.conferences = found.most;
    answer.scarce = match found.refused.and_then(|count| answer.trial(count)) {
        Some(trial) => scarce(&trial.strain, &trial.quality, &answer.bounds, trial.conferences),
        None => Scarce::Places,
    };
    Ok(answer)
}

/// Conferences of `each` bit/s that are simulated at most, in `at_once` bit/s.
fn few(at_once: f64, each: f64) -> u32 {
    (at_once / each).ceil().max(2.0) as u32
}

/// Simulates so many conferences.
fn attempt(
    server: &Server,
    conferences: u32,
    people: u32,
    seed: u64,
    picture_bps: f64,
) -> Result<Trial, String> {
    let scenario = stage::scenario(&stage::text(server, conferences, people, seed))?;
    let settings = Settings { seed, null_crypto: true, ..Settings::default() };
    let world = World::new(&scenario, settings).map_err(|error| error.to_string())?;
    let outcome = world.run(|_| ()).map_err(|error| error.to_string())?;
    let header = RunHeader { scenario: scenario.name.clone(), seeds: vec![seed], digest: outcome.digest };
    let summary = Summary::of(&outcome.recording, header);
    let measured = (scenario.duration - scenario.measure.from).as_secs_f64();
    Ok(Trial {
        conferences,
        quality: Quality::of(&summary, picture_bps),
        strain: Strain::of(&summary, &outcome.workers, measured),
        complaint: outcome.failures.first().cloned(),
    })
}

#[cfg(test)]
mod tests {
    use scenarios::Rate;

    use super::*;

    fn server(kbps: u64, cores: u32) -> Server {
        let line = Rate::from_kbps(kbps);
        Server { uplink: line, downlink: line, cores, profile: Profile::usual() }
    }

    #[test]
    fn a_simulation_carries_so_much_and_two_conferences_at_least() {
        assert_eq!((few(1e9, 100e6), few(1e9, 101e6), few(1e9, 2e9)), (10, 10, 2));
    }

    #[test]
    fn the_formula_names_what_is_least() {
        // Two people take 3.78 Mbps of the uplink and 5.2 Mbps of the downlink, and 1.9 ms of a core each second.
        let answer = Answer::by_formula(&server(100_000, 2), 2);
        assert_eq!((answer.conferences, answer.scarce), (19, Scarce::Downlink));
        let answer = Answer::by_formula(&server(100_000, 2), 10);
        assert_eq!((answer.conferences, answer.scarce), (1, Scarce::Uplink));
        let answer = Answer::by_formula(&server(100_000_000, 2), 10);
        assert_eq!((answer.conferences, answer.scarce), (156, Scarce::Cpu));
        let answer = Answer::by_formula(&server(100_000_000, 64), 2);
        assert_eq!((answer.conferences, answer.scarce), (1_000, Scarce::Places));
    }

    #[test]
    fn a_thin_line_carries_what_the_formula_says() {
        let answer = answer(&server(6_000, 1), 2, 7, BRIEF).expect("it can be simulated");
        assert_eq!((answer.conferences, answer.scarce), (1, Scarce::Downlink), "{:?}", answer.trials);
        assert_eq!(answer.trials.iter().map(|trial| trial.conferences).collect::<Vec<_>>(), [1, 2]);
    }

    /// So many fit that one more or less is a twentieth: there the answer is within a tenth of the formula.
    #[test]
    fn where_the_line_gives_out_the_formula_is_right_to_a_tenth() {
        let answer = answer(&server(100_000, 2), 2, 7, BRIEF).expect("it can be simulated");
        let by_formula = answer.bounds.bandwidth();
        assert_eq!((answer.scarce, by_formula.floor()), (Scarce::Downlink, 19.0));
        let ratio = f64::from(answer.conferences) / by_formula;
        assert!((0.9..1.1).contains(&ratio), "{ratio} {:?}", answer.trials);
    }

    #[test]
    fn packets_that_find_a_socket_full_are_a_metric_that_moves() {
        let dropped = |cpu: &str| {
            let text = stage::ample(3, 0.0, 7, std::time::Duration::from_secs(4));
            let scenario = stage::scenario(&text.replace("[sfu.main]", &format!("[sfu.main]\n{cpu}")));
            let settings = Settings { seed: 7, null_crypto: true, ..Settings::default() };
            let world = World::new(&scenario.expect("valid"), settings).expect("it can be built");
            let summary = Summary::of(&world.run(|_| ()).expect("no files").recording, RunHeader::default());
            let rows = summary.of_metric("sfu.socket_dropped");
            rows.map(|row| row.stat(reports::metric::Stat::Mean)).collect::<Vec<f64>>()
        };
        assert!(dropped("").is_empty(), "a processor without costs has no queue");
        assert_eq!(
            dropped("cpu = { cores = 1, per_packet_in = \"2us\", per_packet_out = \"1us\" }"),
            [0.0; 3]
        );
        let slow =
            "cpu = { cores = 1, per_packet_in = \"2ms\", per_packet_out = \"1ms\", socket_buffer = \"8kB\" }";
        assert!(dropped(slow).iter().all(|packets| *packets > 10.0), "{:?}", dropped(slow));
    }

    #[test]
    fn a_slow_processor_gives_out_first() {
        let profile =
            Profile { per_packet_in_ns: 600_000.0, per_packet_out_ns: 300_000.0, ..Profile::usual() };
        let server = Server { profile, ..server(100_000, 1) };
        let answer = answer(&server, 2, 7, BRIEF).expect("it can be simulated");
        assert_eq!((answer.conferences, answer.scarce), (1, Scarce::Cpu), "{:?}", answer.trials);
    }
}
