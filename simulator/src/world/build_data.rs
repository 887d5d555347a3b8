//! From a scenario's data channels to a participant's.

use indexmap::IndexMap;
use scenarios::Member;
use scenarios::model::Data;
use sfu::data::dcep::{Delivery, Reliability};
use sfu::{DataRate, Time};

use super::BuildError;
use crate::participant::data::{DataClient, DataConfig, Sends, TopicConfig};
use crate::random::Seed;

/// The data channels of `member`, who has place `index` in the cast; none when it has none.
pub(super) fn build_data(
    member: &Member,
    index: usize,
    seed: Seed,
    cast: &IndexMap<String, Vec<String>>,
) -> Result<Option<DataClient>, BuildError> {
    if member.data.is_empty() {
        return Ok(None);
    }
    let nobody = member.data.values().filter_map(|data| data.to.as_ref()).find(|to| !cast.contains_key(*to));
    if let Some(to) = nobody {
        return Err(BuildError::NoRecipient { from: member.name.clone(), to: to.clone() });
    }
    let topics = member.data.iter().map(|(label, data)| topic(label, data)).collect();
    let random = seed.stream(&format!("participant/{}/data", member.name));
    let reads = member.reads.map(|rate| DataRate::from_bps(rate.as_bps()));
    Ok(Some(DataClient::new(DataConfig { me: index as u16, topics, reads, random })))
}

fn topic(label: &str, data: &Data) -> TopicConfig {
    let whole = |size: scenarios::Size| u32::try_from(size.as_bytes()).unwrap_or(u32::MAX);
    let sends = match (data.every, data.at) {
        (Some(interval), _) => Sends::Every { interval, size: whole(data.size) },
        (None, Some(at)) => Sends::Once {
            at: Time::ZERO + at,
            size: data.size.as_bytes(),
            piece: whole(data.piece),
            rate: data.rate.map(|rate| DataRate::from_bps(rate.as_bps())),
        },
        (None, None) => Sends::Nothing,
    };
    let millis = |span: std::time::Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
    let reliability = match (data.max_retransmits, data.lifetime) {
        (Some(times), _) => Reliability::Retransmits(times),
        (None, Some(span)) => Reliability::Lifetime(millis(span)),
        (None, None) => Reliability::Reliable,
    };
    TopicConfig {
        label: label.to_owned(),
        sends,
        until: data.until.map_or(Time::NEVER, |until| Time::ZERO + until),
        to: data.to.clone(),
        delivery: Delivery { ordered: data.ordered, reliability },
    }
}
