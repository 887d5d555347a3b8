//! A client's data channels on its transport.

use indexmap::IndexMap;
use sfu::Time;

use super::conversation::Conversation;
use super::{Client, Surroundings};
use crate::participant::data::Directory;

/// Who is there by what the server said, and by the cast.
struct Known<'a> {
    conversation: &'a Conversation,
    cast: &'a IndexMap<String, Vec<String>>,
}

impl Directory for Known<'_> {
    fn id_of(&self, name: &str) -> Option<String> {
        self.conversation.id_of(name).map(str::to_owned)
    }

    fn place_of(&self, name: &str) -> Option<u16> {
        self.cast.get_index_of(name).and_then(|place| u16::try_from(place).ok())
    }
}

impl Client {
    pub(super) fn open_data(&mut self, now: Time, around: &mut Surroundings<'_>) {
        if let Some(data) = &mut self.data {
            data.connected(now);
            self.send_data(now, around);
        }
    }

    pub(super) fn on_data(&mut self, now: Time, packet: &[u8], around: &mut Surroundings<'_>) {
        let Client { data: Some(data), conversation, identity, .. } = self else { return };
        let known = Known { conversation, cast: &identity.cast };
        data.receive(now, packet, &known, around.observations);
        self.send_data(now, around);
    }

    pub(super) fn data_due(&mut self, now: Time, around: &mut Surroundings<'_>) {
        let Client { data: Some(data), conversation, identity, .. } = self else { return };
        if data.deadline() > now {
            return;
        }
        let known = Known { conversation, cast: &identity.cast };
        data.handle_timeout(now, &known, around.observations);
        self.send_data(now, around);
    }

    fn send_data(&mut self, now: Time, around: &mut Surroundings<'_>) {
        let Client { data: Some(data), transport, .. } = self else { return };
        while let Some(packet) = data.poll_transmit() {
            // Refused only when the transport has ended, and data with it.
            let _ = transport.send_data(now, &packet);
        }
        self.flush_transport(now, around);
    }
}
