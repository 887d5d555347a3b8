//! The state of every object as JSON, for people who ask why.
//!
//! It looks at everything, so it is not for hot paths. Keys come in a stable order, numbers are exact, and two calls at
//! the same moment give the same text. What tells who somebody is (names, network addresses, labels of data channels) is left out unless it is
//! asked for; keys, passwords and user name fragments are never in it.

mod conference;
mod data;
mod downlink;
mod participant;
mod source;

use serde_json::{Value, json};

use crate::core::Sfu;
use crate::statistics::{CopyTotals, IngressTotals};
use crate::time::Time;
use crate::transport::demux::Protocol;

/// Whether personal data is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Personal {
    /// No names, no addresses, no labels.
    #[default]
    Redacted,
    /// All as they are: for whoever may see them.
    Shown,
}

impl Personal {
    /// `text`, if it may be shown.
    fn show(self, text: impl FnOnce() -> String) -> Value {
        match self {
            Personal::Redacted => Value::from("redacted"),
            Personal::Shown => Value::from(text()),
        }
    }
}

impl Sfu {
    /// The state of everything at `now`.
    pub fn debug_state(&self, now: Time, personal: Personal) -> Value {
        let participants = self.participant_ids().filter_map(|id| self.participant(id).map(|p| (id, p)));
        let participants: Vec<Value> = participants
            .map(|(id, participant)| participant::state(self, id, participant, now, personal))
            .collect();
        let conferences = self.conferences().map(|one| conference::state(self, one, personal));
        json!({
            "at_ms": millis(now),
            "deadline_ms": millis(self.deadline()),
            "conferences": conferences.collect::<Vec<Value>>(),
            "participants": participants,
            "census": self.census(),
            "ingress": ingress(self.ingress()),
            "copies": copies(self.copies()),
            "recovered": self.recovered(),
            "undelivered": self.undelivered(),
        })
    }
}

fn ingress(totals: &IngressTotals) -> Value {
    let IngressTotals { datagrams, bytes, drops, .. } = totals;
    let taken = json!({
        "stun": totals.taken(Protocol::Stun),
        "dtls": totals.taken(Protocol::Dtls),
        "rtp": totals.taken(Protocol::Rtp),
        "rtcp": totals.taken(Protocol::Rtcp),
    });
    json!({ "datagrams": datagrams, "bytes": bytes, "taken": taken, "drops": drops })
}

fn copies(totals: &CopyTotals) -> Value {
    let CopyTotals { forwarded, replayed, withheld, asked, answered, unrepaired } = totals;
    json!({
        "forwarded": forwarded,
        "replayed": replayed,
        "withheld": withheld,
        "asked": asked,
        "answered": answered,
        "unrepaired": unrepaired,
    })
}

/// A moment in milliseconds; nothing for never.
fn millis(at: Time) -> Option<f64> {
    (at < Time::NEVER).then(|| at.as_nanos() as f64 / 1e6)
}
